/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sstrack/frame.h>

#include "suite.h"

/* Bytes of a unit of each plane, a letter each; x is padding. */
static const struct
{
  SstFormat format;
  const char *plane[3];
  gboolean halved;              /* chroma has half the rows */
} formats[] = {
  {SST_FORMAT_I420, {"Y", "U", "V"}, TRUE},
  {SST_FORMAT_YV12, {"Y", "V", "U"}, TRUE},
  {SST_FORMAT_NV12, {"Y", "UV"}, TRUE},
  {SST_FORMAT_NV21, {"Y", "VU"}, TRUE},
  {SST_FORMAT_YUY2, {"YUYV"}, FALSE},
  {SST_FORMAT_UYVY, {"UYVY"}, FALSE},
  {SST_FORMAT_GRAY8, {"Y"}, FALSE},
  {SST_FORMAT_RGB, {"RGB"}, FALSE},
  {SST_FORMAT_BGR, {"BGR"}, FALSE},
  {SST_FORMAT_RGBX, {"RGBx"}, FALSE},
  {SST_FORMAT_BGRX, {"BGRx"}, FALSE},
  {SST_FORMAT_XRGB, {"xRGB"}, FALSE},
  {SST_FORMAT_XBGR, {"xBGR"}, FALSE},
  {SST_FORMAT_P010, {"xY", "xUxV"}, TRUE},
  {SST_FORMAT_I420_10, {"Yx", "Ux", "Vx"}, TRUE},
};

static const int sides[] = { 1, 2, 3, 4, 5, 16, 17, 639, 640, 32767, 32768 };

static guint8 memory[3][1];

/* Pixels that a unit of plane p of formats[f] covers. */
static int
unit_pixels (int f, int p)
{
  return p > 0 || (strlen (formats[f].plane[p]) == 4
      && strchr (formats[f].plane[p], 'Y')) ? 2 : 1;
}

/* Bytes of a row of plane p of formats[f]. */
static int
row_bytes (int f, int p, int width)
{
  const int pixels = unit_pixels (f, p);

  return (width + pixels - 1) / pixels * (int) strlen (formats[f].plane[p]);
}

static int
n_planes (int f)
{
  int n = 0;

  while (n < 3 && formats[f].plane[n])
    n++;
  return n;
}

static SstFrame
make_frame (int f, int width, int height)
{
  SstFrame frame = { formats[f].format };

  frame.width = width;
  frame.height = height;
  for (int p = 0; p < n_planes (f); p++) {
    frame.plane[p] = memory[p];
    frame.stride[p] = row_bytes (f, p, width);
  }
  return frame;
}

static void
check_error (const SstFrame * frame, SstFrameError code)
{
  GError *error = NULL;

  ck_assert (!sst_frame_validate (frame, &error));
  ck_assert (g_error_matches (error, SST_FRAME_ERROR, (int) code));
  ck_assert_uint_gt (strlen (error->message), 0);
  g_clear_error (&error);
  ck_assert (!sst_frame_validate (frame, NULL));
}

START_TEST (formats_have_their_planes_and_colors)
{
  const int f = _i;
  const SstFormat format = formats[f].format;
  const gboolean rgb = strchr (formats[f].plane[0], 'R') != NULL;

  ck_assert_int_eq (sst_format_n_planes (format), n_planes (f));
  ck_assert_int_eq (sst_format_is_rgb (format), rgb);
  ck_assert_int_eq (sst_format_has_color (format), format != SST_FORMAT_GRAY8);
}
END_TEST

START_TEST (unknown_formats_are_refused)
{
  const int bad[] = { SST_FORMAT_UNKNOWN, SST_FORMAT_NV12_10_32 + 1, -1,
    G_MAXINT, G_MININT
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    SstFrame frame = make_frame (0, 8, 8);

    frame.format = (SstFormat) bad[i];
    check_error (&frame, SST_FRAME_ERROR_FORMAT);
    ck_assert_int_eq (sst_format_n_planes (frame.format), 0);
    ck_assert (!sst_format_has_color (frame.format));
    ck_assert (!sst_format_is_rgb (frame.format));
  }
}
END_TEST

START_TEST (frames_of_any_size_and_stride_are_valid)
{
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++) {
    for (guint j = 0; j < G_N_ELEMENTS (sides); j++) {
      SstFrame frame = make_frame (_i, sides[i], sides[j]);
      GError *error = NULL;

      ck_assert (sst_frame_validate (&frame, &error));
      ck_assert_ptr_null (error);
      for (int p = 0; p < n_planes (_i); p++)
        frame.stride[p] = -frame.stride[p];
      ck_assert (sst_frame_validate (&frame, NULL));
      for (int p = 0; p < n_planes (_i); p++)
        frame.stride[p] = frame.stride[p] * 3 - 5;
      ck_assert (sst_frame_validate (&frame, NULL));
    }
  }
}
END_TEST

START_TEST (bad_sizes_are_refused)
{
  const int bad[] = { 0, -1, SST_FRAME_MAX_SIDE + 1, G_MAXINT, G_MININT };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    SstFrame frame = make_frame (_i, 8, 8);

    frame.width = bad[i];
    check_error (&frame, SST_FRAME_ERROR_SIZE);
    frame.width = 8;
    frame.height = bad[i];
    check_error (&frame, SST_FRAME_ERROR_SIZE);
  }
}
END_TEST

START_TEST (bad_planes_are_refused)
{
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++) {
    for (int p = 0; p < n_planes (_i); p++) {
      SstFrame frame = make_frame (_i, sides[i], 7);
      const ptrdiff_t row = frame.stride[p];
      const ptrdiff_t bad[] = { 0, row - 1, 1 - row };

      for (guint s = 0; s < G_N_ELEMENTS (bad); s++) {
        frame.stride[p] = bad[s];
        check_error (&frame, SST_FRAME_ERROR_PLANE);
      }
      frame.stride[p] = PTRDIFF_MIN;
      ck_assert (sst_frame_validate (&frame, NULL));
      frame.stride[p] = row;
      frame.plane[p] = NULL;
      check_error (&frame, SST_FRAME_ERROR_PLANE);
    }
  }
}
END_TEST

START_TEST (components_lie_where_the_format_says)
{
  const char *const names = sst_format_is_rgb (formats[_i].format) ? "RGB"
      : sst_format_has_color (formats[_i].format) ? "YUV" : "Y";

  for (guint i = 0; i < G_N_ELEMENTS (sides); i++) {
    for (guint j = 0; j < G_N_ELEMENTS (sides); j++) {
      SstFrame frame = make_frame (_i, sides[i], sides[j]);

      for (int p = 0; p < n_planes (_i); p++)
        frame.stride[p] = (p % 2 ? -1 : 1) * (frame.stride[p] + p);

      for (int c = 0; names[c]; c++) {
        const SstComponent component = sst_frame_component (&frame, c);
        const gboolean chroma = names[c] == 'U' || names[c] == 'V';
        const char *unit, *at, *next;
        int p = 0;

        while (!strchr (formats[_i].plane[p], names[c]))
          p++;
        unit = formats[_i].plane[p];
        at = strchr (unit, names[c]);
        next = strchr (at + 1, names[c]);

        ck_assert_ptr_eq (component.data, frame.plane[p] + (at - unit));
        ck_assert_int_eq (component.stride, frame.stride[p]);
        ck_assert_int_eq (component.step,
            next ? next - at : (int) strlen (unit));
        ck_assert_int_eq (component.x_shift, chroma);
        ck_assert_int_eq (component.y_shift, chroma && formats[_i].halved);
        ck_assert_int_eq (component.width,
            chroma ? (sides[i] + 1) / 2 : sides[i]);
        ck_assert_int_eq (component.height,
            chroma && formats[_i].halved ? (sides[j] + 1) / 2 : sides[j]);
        /* Its last sample lies within the row. */
        ck_assert_int_lt ((component.width - 1) * component.step + (at - unit),
            row_bytes (_i, p, sides[i]));
      }
    }
  }
}
END_TEST

/* Three samples in a word: rows of whole words, and of chroma no more than they
 * hold. */
START_TEST (three_samples_of_a_word_are_read)
{
  static const struct
  {
    int width, row, chroma;
  } cases[] = { {1, 4, 1}, {2, 4, 1}, {3, 4, 1}, {4, 8, 2}, {5, 8, 3},
    {6, 8, 3}, {7, 12, 4}, {9, 12, 4}, {640, 856, 320}, {32768, 43692, 16384}
  };

  ck_assert_int_eq (sst_format_n_planes (SST_FORMAT_NV12_10_32), 2);
  ck_assert (sst_format_has_color (SST_FORMAT_NV12_10_32));
  ck_assert (!sst_format_is_rgb (SST_FORMAT_NV12_10_32));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    SstFrame frame = { SST_FORMAT_NV12_10_32 };

    frame.width = cases[i].width;
    frame.height = 5;
    for (int p = 0; p < 2; p++) {
      frame.plane[p] = memory[p];
      frame.stride[p] = cases[i].row;
    }
    ck_assert (sst_frame_validate (&frame, NULL));
    for (int c = 0; c < 3; c++) {
      const SstComponent component = sst_frame_component (&frame, c);

      ck_assert_int_eq (component.packing, SST_PACKING_WORDS);
      ck_assert_ptr_eq (component.data, memory[c > 0]);
      ck_assert_int_eq (component.first, c == 2);
      ck_assert_int_eq (component.step, c > 0 ? 2 : 1);
      ck_assert_int_eq (component.width,
          c > 0 ? cases[i].chroma : cases[i].width);
      ck_assert_int_eq (component.height, c > 0 ? 3 : 5);
    }
    for (int p = 0; p < 2; p++) {
      frame.stride[p]--;
      check_error (&frame, SST_FRAME_ERROR_PLANE);
      frame.stride[p]++;
    }
  }
}
END_TEST

static Suite *
frame_suite (void)
{
  const int n = G_N_ELEMENTS (formats);
  Suite *suite = suite_create ("frame");
  TCase *tcase = tcase_create ("frame");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, formats_have_their_planes_and_colors, 0, n);
  tcase_add_test (tcase, unknown_formats_are_refused);
  tcase_add_loop_test (tcase, frames_of_any_size_and_stride_are_valid, 0, n);
  tcase_add_loop_test (tcase, bad_sizes_are_refused, 0, n);
  tcase_add_loop_test (tcase, bad_planes_are_refused, 0, n);
  tcase_add_loop_test (tcase, components_lie_where_the_format_says, 0, n);
  tcase_add_test (tcase, three_samples_of_a_word_are_read);

  return suite;
}

SUITE_MAIN (frame)
