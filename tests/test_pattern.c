/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "footage/pattern.h"

#include "suite.h"

#define WIDTH 240
#define HEIGHT 180
#define N 12

static const guint8 *
plane_of (const SstImage * image, int plane)
{
  ck_assert (sst_frame_validate (&image->frame, NULL));
  return image->frame.plane[plane];
}

static double
deviation (const guint8 * plane, int n)
{
  double sum = 0.0, squares = 0.0;

  for (int i = 0; i < n; i++) {
    sum += plane[i];
    squares += (double) plane[i] * plane[i];
  }
  return sqrt (squares / n - sum / n * (sum / n));
}

/* Mean difference of blocks side by side, of that many pixels a side. */
static double
edges (const guint8 * luma, int side)
{
  const int columns = WIDTH / side, rows = HEIGHT / side;
  double sum = 0.0;

  for (int y = 0; y < rows; y++) {
    double last = 0.0;

    for (int x = 0; x < columns; x++) {
      double mean = 0.0;

      for (int v = 0; v < side; v++)
        for (int u = 0; u < side; u++)
          mean += luma[(y * side + v) * WIDTH + x * side + u];
      mean /= side * side;
      sum += x > 0 ? fabs (mean - last) : 0.0;
      last = mean;
    }
  }
  return sum / (rows * (columns - 1));
}

START_TEST (the_same_seed_gives_the_same_picture)
{
  SstImage *a = sst_pattern_image (3, WIDTH, HEIGHT);
  SstImage *b = sst_pattern_image (3, WIDTH, HEIGHT);
  SstImage *c = sst_pattern_image (4, WIDTH, HEIGHT);

  ck_assert_uint_eq (sst_image_size (a), sst_image_size (b));
  ck_assert_mem_eq (a->data, b->data, sst_image_size (a));
  ck_assert_mem_ne (a->data, c->data, sst_image_size (a));
  sst_image_unref (a);
  sst_image_unref (b);
  sst_image_unref (c);
}
END_TEST

/* Pictures differ in light, contrast and colour; in each there is something to
 * see, small and large; its values are those of limited range. */
START_TEST (pictures_differ_and_show_something)
{
  double contrast[N], color[N], fine[N];
  double least = 1e9, most = 0.0;

  for (guint i = 0; i < N; i++) {
    SstImage *image = sst_pattern_image (100 + i, WIDTH, HEIGHT);
    const guint8 *const luma = plane_of (image, 0);
    guint8 lowest = 255, highest = 0;

    contrast[i] = deviation (luma, WIDTH * HEIGHT);
    color[i] = deviation (plane_of (image, 1), WIDTH * HEIGHT / 4);
    fine[i] = edges (luma, 1);
    ck_assert_msg (contrast[i] > 5.0 && contrast[i] < 90.0,
        "picture %u has a contrast of %g", i, contrast[i]);
    for (int side = 1; side <= 16; side *= 4)
      ck_assert_msg (edges (luma, side) > 0.7
          && edges (luma, side) > 0.05 * contrast[i],
          "picture %u: %g at %d pixels", i, edges (luma, side), side);
    for (int k = 0; k < WIDTH * HEIGHT; k++) {
      lowest = MIN (lowest, luma[k]);
      highest = MAX (highest, luma[k]);
    }
    ck_assert (lowest >= 16 && highest <= 235);
    sst_image_unref (image);
  }
  for (guint i = 0; i < N; i++) {
    least = fmin (least, contrast[i]);
    most = fmax (most, contrast[i]);
  }
  ck_assert_msg (most > 1.8 * least, "contrasts of %g to %g", least, most);
  least = 1e9, most = 0.0;
  for (guint i = 0; i < N; i++) {
    least = fmin (least, color[i]);
    most = fmax (most, color[i]);
  }
  ck_assert_msg (most > 3.0 * least, "colours of %g to %g", least, most);
  least = 1e9, most = 0.0;
  for (guint i = 0; i < N; i++) {
    least = fmin (least, fine[i] / contrast[i]);
    most = fmax (most, fine[i] / contrast[i]);
  }
  ck_assert_msg (most > 1.5 * least, "fine edges of %g to %g", least, most);
}
END_TEST

/* Correlation of luma falls with the distance as it does in photographs:
 * slowly, and without a period. */
START_TEST (luma_correlates_as_in_photographs)
{
  double at[3] = { 0.0 };
  static const int way[3] = { 1, 8, 64 };

  for (guint i = 0; i < N; i++) {
    SstImage *image = sst_pattern_image (200 + i, WIDTH, HEIGHT);
    const guint8 *const luma = plane_of (image, 0);
    const double variance = pow (deviation (luma, WIDTH * HEIGHT), 2.0);

    for (int k = 0; k < 3; k++) {
      double squares = 0.0;

      for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x + way[k] < WIDTH; x++)
          squares += pow (luma[y * WIDTH + x] - luma[y * WIDTH + x + way[k]],
              2.0);
      at[k] += (1.0 - 0.5 * squares / (HEIGHT * (WIDTH - way[k])) / variance)
          / N;
    }
    sst_image_unref (image);
  }
  ck_assert_msg (at[0] > 0.6 && at[1] > 0.15 && at[1] < 0.85 * at[0]
      && at[2] < 0.8 * at[1], "correlations %g, %g, %g", at[0], at[1], at[2]);
}
END_TEST

START_TEST (pictures_of_any_size_are_painted)
{
  static const int sizes[][2] = { {1, 1}, {2, 1}, {1, 7}, {3, 3}, {17, 5},
  {63, 241}, {641, 3}
  };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    SstImage *image = sst_pattern_image (i, sizes[i][0], sizes[i][1]);

    ck_assert_int_eq (image->frame.width, sizes[i][0]);
    ck_assert_int_eq (image->frame.height, sizes[i][1]);
    ck_assert_ptr_nonnull (plane_of (image, 0));
    if (sizes[i][0] * sizes[i][1] > 50)
      ck_assert_double_gt (deviation (plane_of (image, 0),
              sizes[i][0] * sizes[i][1]), 1.0);
    sst_image_unref (image);
  }
}
END_TEST

START_TEST (footage_has_a_clip_a_picture)
{
  SstFootage *a = sst_pattern_footage (1, 4, 65, 47);
  SstFootage *b = sst_pattern_footage (1, 3, 65, 47);
  SstFootage *c = sst_pattern_footage (2, 3, 65, 47);

  ck_assert_uint_eq (sst_footage_n_clips (a), 4);
  ck_assert_uint_eq (sst_footage_n_images (a), 4);
  for (guint i = 0; i < 3; i++) {
    const SstClip *const clip = sst_footage_clip (a, i);
    const SstImage *const image = g_ptr_array_index (clip->images, 0);
    char name[16];

    g_snprintf (name, sizeof (name), "pattern-%u", i);
    ck_assert_str_eq (clip->name, name);
    ck_assert_int_eq (image->frame.width, 65);
    ck_assert_int_eq (image->frame.height, 47);
    for (guint k = 0; k < 3; k++) {
      const SstImage *const same =
          g_ptr_array_index (sst_footage_clip (b, k)->images, 0);
      const SstImage *const other =
          g_ptr_array_index (sst_footage_clip (c, k)->images, 0);

      ck_assert ((memcmp (image->data, same->data, sst_image_size (image))
              == 0) == (i == k));
      ck_assert_mem_ne (image->data, other->data, sst_image_size (image));
    }
  }
  sst_footage_free (&a);
  sst_footage_free (&b);
  sst_footage_free (&c);
  a = sst_pattern_footage (1, 0, 10, 10);
  ck_assert_uint_eq (sst_footage_n_clips (a), 0);
  sst_footage_free (&a);
}
END_TEST

static Suite *
pattern_suite (void)
{
  Suite *suite = suite_create ("pattern");
  TCase *tcase = tcase_create ("pattern");

  tcase_add_test (tcase, the_same_seed_gives_the_same_picture);
  tcase_add_test (tcase, pictures_differ_and_show_something);
  tcase_add_test (tcase, luma_correlates_as_in_photographs);
  tcase_add_test (tcase, pictures_of_any_size_are_painted);
  tcase_add_test (tcase, footage_has_a_clip_a_picture);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (pattern)
