/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "picture/sampler.h"

#include "suite.h"

/* Bytes of a unit of each plane, a letter each; x is padding. */
static const struct
{
  SstFormat format;
  const char *plane[3];
} formats[] = {
  {SST_FORMAT_I420, {"Y", "U", "V"}},
  {SST_FORMAT_YV12, {"Y", "V", "U"}},
  {SST_FORMAT_NV12, {"Y", "UV"}},
  {SST_FORMAT_NV21, {"Y", "VU"}},
  {SST_FORMAT_YUY2, {"YUYV"}},
  {SST_FORMAT_UYVY, {"UYVY"}},
  {SST_FORMAT_GRAY8, {"Y"}},
  {SST_FORMAT_RGB, {"RGB"}},
  {SST_FORMAT_BGR, {"BGR"}},
  {SST_FORMAT_RGBX, {"RGBx"}},
  {SST_FORMAT_BGRX, {"BGRx"}},
  {SST_FORMAT_XRGB, {"xRGB"}},
  {SST_FORMAT_XBGR, {"xBGR"}},
  {SST_FORMAT_P010, {"xY", "xUxV"}},
  /* ten bits: the letter is where they begin */
  {SST_FORMAT_I420_10, {"Yx", "Ux", "Vx"}},
  /* a word of three samples, see write_word() */
  {SST_FORMAT_NV12_10_32, {"Y", "UV"}},
};

#define N_FORMATS ((int) G_N_ELEMENTS (formats))
#define SPACES 3
/* Of values up to 255, after a matrix with factors up to 2, or a gain of 3. */
#define TOLERANCE 4e-3

/* A picture whose planes have just the bytes that they need, so that tools
 * see any access beyond. The components are kept apart from it as well. */
typedef struct
{
  SstFrame frame;
  guint8 *memory[3];
  guint8 *plane[3];             /* as in frame, to be written */
  gsize size[3];
  int n_components;
  guint8 *component[3];
  int width[3], height[3];
  int x_shift[3], y_shift[3];
} Picture;

/* Where a sample of a component is; NULL where there is no such component. */
static guint8 *
picture_sample (Picture * picture, int f, char name, int x, int y)
{
  for (int p = 0; p < 3 && formats[f].plane[p]; p++) {
    const char *const unit = formats[f].plane[p];
    int places[4], n = 0;

    for (int i = 0; unit[i]; i++) {
      if (unit[i] == name)
        places[n++] = i;
    }
    if (n > 0)
      return picture->plane[p] + picture->frame.stride[p] * y
          + (gsize) (x / n) * strlen (unit) + places[x % n];
  }
  return NULL;
}

/* Sample i of a row of words of three; the low 2 bits of ten are left as they
 * are. */
static void
write_word (guint8 * row, int i, guint8 value)
{
  for (int bit = 0; bit < 8; bit++) {
    const int at = i % 3 * 10 + 2 + bit;
    guint8 *const byte = row + i / 3 * 4 + at / 8;

    *byte = (guint8) ((*byte & ~(1 << at % 8)) | (value >> bit & 1) << at % 8);
  }
}

/* Of what a sample has beside its 8 bits, nothing changes. */
static void
write_sample (Picture * picture, int f, char name, int x, int y, guint8 value)
{
  if (formats[f].format == SST_FORMAT_NV12_10_32) {
    const int p = name != 'Y';

    write_word (picture->plane[p] + picture->frame.stride[p] * y,
        p ? 2 * x + (name == 'V') : x, value);
  } else {
    guint8 *const at = picture_sample (picture, f, name, x, y);

    if (formats[f].format == SST_FORMAT_I420_10) {
      at[0] = (guint8) ((at[0] & 3) | value << 2);
      at[1] = (guint8) ((at[1] & ~3) | value >> 6);
    } else {
      *at = value;
    }
  }
}

/* constant: -1 for random samples. extra: bytes after each row. */
static Picture
make_picture (GRand * rand, int f, int width, int height, int extra,
    gboolean upside_down, int constant)
{
  const gboolean rgb = strchr (formats[f].plane[0], 'R') != NULL;
  const gboolean packed = strlen (formats[f].plane[0]) == 4 && !rgb;
  const gboolean gray = formats[f].format == SST_FORMAT_GRAY8;
  const gboolean words = formats[f].format == SST_FORMAT_NV12_10_32;
  Picture picture = { {formats[f].format} };

  picture.frame.width = width;
  picture.frame.height = height;
  picture.n_components = gray ? 1 : 3;

  for (int p = 0; p < 3 && formats[f].plane[p]; p++) {
    const int per_unit = packed || p > 0 ? 2 : 1;
    const int row = words ? (width + 2) / 3 * 4
        : (width + per_unit - 1) / per_unit
        * (int) strlen (formats[f].plane[p]);
    const int rows = p > 0 ? (height + 1) / 2 : height;
    const gsize before = (gsize) (rows - 1) * (row + extra);

    picture.size[p] = before + row;
    picture.memory[p] = malloc (picture.size[p]);
    for (gsize i = 0; i < picture.size[p]; i++)
      picture.memory[p][i] = (guint8) g_rand_int (rand);
    picture.plane[p] = picture.memory[p] + (upside_down ? before : 0);
    picture.frame.plane[p] = picture.plane[p];
    picture.frame.stride[p] = upside_down ? -(row + extra) : row + extra;
  }

  for (int c = 0; c < picture.n_components; c++) {
    const gboolean chroma = !rgb && c > 0;

    picture.x_shift[c] = chroma;
    picture.y_shift[c] = chroma && !packed;
    picture.width[c] = chroma ? (width + 1) / 2 : width;
    if (words && chroma)        /* what a row holds */
      picture.width[c] = MIN (picture.width[c], (width + 2) / 3 * 3 / 2);
    picture.height[c] = picture.y_shift[c] ? (height + 1) / 2 : height;
    picture.component[c] = g_malloc (picture.width[c] * picture.height[c]);
    for (int y = 0; y < picture.height[c]; y++) {
      for (int x = 0; x < picture.width[c]; x++) {
        const guint8 value = (guint8) (constant >= 0 ? constant + 10 * c
            : (int) g_rand_int_range (rand, 0, 256));

        picture.component[c][y * picture.width[c] + x] = value;
        write_sample (&picture, f, (rgb ? "RGB" : "YUV")[c], x, y, value);
      }
    }
  }
  ck_assert (sst_frame_validate (&picture.frame, NULL));
  return picture;
}

/* Changes all bytes that are no sample. */
static void
change_padding (Picture * picture, int f, GRand * rand)
{
  const char *const names = picture->n_components == 1 ? "Y"
      : strchr (formats[f].plane[0], 'R') ? "RGB" : "YUV";

  for (int p = 0; p < 3 && formats[f].plane[p]; p++) {
    for (gsize i = 0; i < picture->size[p]; i++)
      picture->memory[p][i] = (guint8) g_rand_int (rand);
  }
  for (int c = 0; c < picture->n_components; c++) {
    for (int y = 0; y < picture->height[c]; y++) {
      for (int x = 0; x < picture->width[c]; x++)
        write_sample (picture, f, names[c], x, y,
            picture->component[c][y * picture->width[c] + x]);
    }
  }
}

static void
clear_picture (Picture * picture)
{
  for (int i = 0; i < 3; i++) {
    free (picture->memory[i]);
    g_free (picture->component[i]);
  }
}

/* The header's definition, written down once more: value of a component at
 * output pixel (x, y), in double precision. */
static double
reference_component (const Picture * picture, int c, const SstBox * region,
    SstSampleSpace space, int out_width, int out_height, int x, int y)
{
  const SstTone *const tone = space == SST_SAMPLE_RGB ? NULL
      : picture->frame.tone;
  const int size[2] = { picture->width[c], picture->height[c] };
  const double shrink[2] = { picture->x_shift[c] ? 2 : 1,
    picture->y_shift[c] ? 2 : 1
  };
  const double s[2] = { region->width / shrink[0] / out_width,
    region->height / shrink[1] / out_height
  };
  const double center[2] = { region->x / shrink[0] + (x + 0.5) * s[0],
    region->y / shrink[1] + (y + 0.5) * s[1]
  };
  int n[2] = { 0, 0 }, at[2][16];
  double weight[2][16], sum = 0, total = 0;

  for (int axis = 0; axis < 2; axis++) {
    const double softness = tone != NULL ? tone->softness / shrink[axis] : 1;
    const double h = fmax (fmax (s[axis], 1), softness);
    const double grid = ceil (2 * h / SST_SAMPLER_MAX_TAPS);
    double i = (floor ((center[axis] - h) / grid) - 2) * grid;

    for (int k = 0; k < 16; k++, i += grid) {
      const double w = 1 - fabs (i + 0.5 - center[axis]) / h;

      /* At the ends rounding decides; such a weight does not matter. */
      if (w > 1e-9) {
        at[axis][n[axis]] = (int) fmin (fmax (i, 0), size[axis] - 1);
        weight[axis][n[axis]++] = w;
      }
    }
    if (n[axis] < 1 || n[axis] > SST_SAMPLER_MAX_TAPS)
      ck_abort_msg ("%d taps", n[axis]);
  }
  for (int j = 0; j < n[1]; j++) {
    for (int i = 0; i < n[0]; i++) {
      const double w = weight[0][i] * weight[1][j];

      sum += w * picture->component[c][at[1][j] * size[0] + at[0][i]];
      total += w;
    }
  }
  return sum / total;
}

static double
clamp (double v, double low, double high)
{
  return v < low ? low : v > high ? high : v;
}

static void
reference_tone (const SstTone * tone, gboolean has_color, double out[3])
{
  out[0] = clamp (out[0] * tone->luma_gain + tone->luma_offset, 0, 255);
  for (int c = 0; c < 2 && has_color; c++)
    out[1 + c] = clamp (out[1 + c] * tone->chroma_gain[c]
        + tone->chroma_offset[c], -128, 128);
}

/* Output pixel of all planes. The coefficients are those usually printed, to
 * be independent of how the sampler derives them. */
static void
reference_pixel (const Picture * picture, const double value[3],
    SstSampleSpace space, double out[3])
{
  static const double coefficients[3][4] = {
    {1.402, 0.344136, 0.714136, 1.772},
    {1.5748, 0.187324, 0.468124, 1.8556},
    {1.4746, 0.164553, 0.571353, 1.8814},
  };
  const SstFormat format = picture->frame.format;
  const double *m = coefficients[picture->frame.matrix];
  double y = value[0], cb = 0, cr = 0;

  if (sst_format_is_rgb (format)) {
    const double r = value[0], g = value[1], b = value[2];

    y = 0.299 * r + 0.587 * g + 0.114 * b;
    out[0] = space == SST_SAMPLE_RGB ? r : y;
    out[1] = space == SST_SAMPLE_RGB ? g : (b - y) / 1.772;
    out[2] = space == SST_SAMPLE_RGB ? b : (r - y) / 1.402;
    if (space != SST_SAMPLE_RGB && picture->frame.tone != NULL)
      reference_tone (picture->frame.tone, TRUE, out);
    return;
  }

  if (!picture->frame.full_range)
    y = (y - 16) * 255 / 219;
  if (format != SST_FORMAT_GRAY8) {
    cb = value[1] - 128;
    cr = value[2] - 128;
    if (!picture->frame.full_range) {
      cb *= 255. / 224;
      cr *= 255. / 224;
    }
  }
  if (space == SST_SAMPLE_RGB) {
    out[0] = clamp (y + m[0] * cr, 0, 255);
    out[1] = clamp (y - m[1] * cb - m[2] * cr, 0, 255);
    out[2] = clamp (y + m[3] * cb, 0, 255);
  } else {
    out[0] = y;
    out[1] = cb;
    out[2] = cr;
    if (picture->frame.tone != NULL)
      reference_tone (picture->frame.tone, format != SST_FORMAT_GRAY8, out);
    out[0] = clamp (out[0], 0, 255);
    out[1] = clamp (out[1], -128, 128);
    out[2] = clamp (out[2], -128, 128);
  }
}

/* Samples into exactly as much memory as is needed. */
static float *
sample (SstSampler * sampler, const SstFrame * frame, const SstBox * region,
    SstSampleSpace space, int width, int height)
{
  const gsize n = (gsize) width * height * sst_sample_space_n_planes (space);
  float *tensor = malloc (n * sizeof (float));

  for (gsize i = 0; i < n; i++)
    tensor[i] = NAN;
  sst_sampler_sample (sampler, frame, region, space, width, height, tensor);
  return tensor;
}

static void
check_region (SstSampler * sampler, const Picture * picture,
    const SstBox * region, SstSampleSpace space, int width, int height)
{
  const int n_planes = sst_sample_space_n_planes (space);
  float *tensor =
      sample (sampler, &picture->frame, region, space, width, height);

  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++) {
      double value[3] = { 0 }, expected[3];

      for (int c = 0; c < picture->n_components; c++)
        value[c] = reference_component (picture, c, region, space, width,
            height, x, y);
      reference_pixel (picture, value, space, expected);
      for (int p = 0; p < n_planes; p++) {
        const float got = tensor[((gsize) p * height + y) * width + x];

        /* Check's assertions are slow even where they hold. */
        if (fabs (got - expected[p]) < TOLERANCE)
          continue;
        ck_abort_msg ("format %d, %d x %d, region %.9g,%.9g,%.9g,%.9g, "
            "space %d, plane %d (%d, %d) of %d x %d: %.9g rather than %.9g",
            (int) picture->frame.format, picture->frame.width,
            picture->frame.height, (double) region->x, (double) region->y,
            (double) region->width, (double) region->height, (int) space, p, x,
            y, width, height, (double) got, expected[p]);
      }
    }
  }
  free (tensor);
}

static GRand *
new_rand (const char *test, int i)
{
  const char *given = g_getenv ("SST_TEST_SEED");
  const guint32 seed =
      given ? (guint32) g_ascii_strtoull (given, NULL, 10) : g_random_int ();

  printf ("%s %d: SST_TEST_SEED=%u\n", test, i, seed);
  fflush (stdout);
  return g_rand_new_with_seed (seed);
}

static float
uniform (GRand * rand, double low, double high)
{
  return (float) g_rand_double_range (rand, low, high);
}

static const int picture_sides[][2] = {
  {1, 1}, {3, 5}, {17, 13}, {2, 2}, {1, 40}, {40, 1}, {31, 64}, {129, 66},
  {300, 211},
};

/* Not so much that rounding shows. */
static SstTone
random_tone (GRand * rand)
{
  SstTone tone = SST_TONE_NEUTRAL;

  tone.luma_gain = uniform (rand, 0.2, 3.);
  tone.luma_offset = uniform (rand, -200., 100.);
  for (int c = 0; c < 2; c++) {
    tone.chroma_gain[c] = uniform (rand, 0., 3.);
    tone.chroma_offset[c] = uniform (rand, -50., 50.);
  }
  tone.softness = uniform (rand, 1., SST_TONE_MAX_SOFTNESS);
  return tone;
}

/* Sharpened luma is what a narrow kernel sees, and so many times again what
 * a wide one makes less of it. */
START_TEST (sharpness_adds_what_a_wide_kernel_loses)
{
  enum { SIDE = 40, N = SIDE * SIDE };
  const float amount = 1.5f, blur = 0.01f;
  const int f = _i;
  GRand *rand = new_rand ("sharpness", f);
  Picture picture = make_picture (rand, f, 300, 211, 0, FALSE, -1);
  SstSampler *sampler = sst_sampler_new ();
  /* close, at the border, and so far away that there is nothing to sharpen */
  static const SstBox regions[] = {
    {100.f, 90.f, 30.f, 30.f}, {-20.f, 150.f, 60.f, 80.f},
    {-300.f, -400.f, 900.f, 900.f}
  };

  for (guint i = 0; i < G_N_ELEMENTS (regions); i++) {
    for (int s = 0; s < SPACES; s++) {
      const SstSampleSpace space = (SstSampleSpace) s;
      static float narrow[3 * N], wide[3 * N], out[3 * N];
      const int n = N * sst_sample_space_n_planes (space);
      SstTone tone = random_tone (rand);
      double most = 0.;

      tone.luma_gain = 1.2f;
      tone.luma_offset = -10.f;
      tone.softness = 1.f;
      picture.frame.tone = &tone;
      sst_sampler_sample (sampler, &picture.frame, &regions[i], space, SIDE,
          SIDE, narrow);
      tone.softness = 2.45f * blur * sqrtf (300.f * 211.f);
      sst_sampler_sample (sampler, &picture.frame, &regions[i], space, SIDE,
          SIDE, wide);
      tone.softness = 1.f;
      tone.sharpness = amount;
      tone.blur = blur;
      ck_assert (sst_tone_is_valid (&tone));
      sst_sampler_sample (sampler, &picture.frame, &regions[i], space, SIDE,
          SIDE, out);
      for (int k = 0; k < n; k++) {
        const double expected = space == SST_SAMPLE_RGB || k >= N ? narrow[k]
            : clamp (narrow[k] + amount * (narrow[k] - wide[k]), 0., 255.);

        ck_assert_double_eq_tol (out[k], expected, 1e-3);
        most = fmax (most, fabs (out[k] - narrow[k]));
      }
      ck_assert ((most > 1.) == (i < 2 && space != SST_SAMPLE_RGB));
    }
  }
  picture.frame.tone = NULL;
  sst_sampler_free (&sampler);
  clear_picture (&picture);
  g_rand_free (rand);
}
END_TEST

START_TEST (samples_are_those_of_the_reference)
{
  const int f = _i;
  GRand *rand = new_rand ("reference", f);
  SstSampler *sampler = sst_sampler_new ();

  for (guint i = 0; i < G_N_ELEMENTS (picture_sides) * 3; i++) {
    const int *side = picture_sides[i / 3];
    Picture picture = make_picture (rand, f, side[0], side[1],
        g_rand_boolean (rand) ? g_rand_int_range (rand, 1, 20) : 0,
        g_rand_boolean (rand), -1);
    const double w = side[0], h = side[1];

    for (int kind = 0; kind < 9; kind++) {
      const SstSampleSpace space = (SstSampleSpace) ((kind + i) % SPACES);
      const int width = g_rand_int_range (rand, 1, 24);
      const int height = g_rand_int_range (rand, 1, 24);
      const SstTone tone = random_tone (rand);
      SstBox region;

      picture.frame.full_range = g_rand_boolean (rand);
      picture.frame.matrix = (SstMatrix) g_rand_int_range (rand, 0, 3);
      picture.frame.tone = g_rand_boolean (rand) ? &tone : NULL;
      switch (kind) {
        case 0:                /* the whole */
          region = (SstBox) { 0, 0, (float) w, (float) h };
          break;
        case 1:                /* inside */
          region.width = uniform (rand, 0.01, w);
          region.height = uniform (rand, 0.01, h);
          region.x = uniform (rand, 0, w - region.width);
          region.y = uniform (rand, 0, h - region.height);
          break;
        case 2:                /* a tiny one */
          region = (SstBox) { uniform (rand, -1, w), uniform (rand, -1, h),
            uniform (rand, 1e-6, 1), uniform (rand, 1e-6, 1)
          };
          break;
        case 3:                /* far larger than the picture */
          region = sst_box_from_center (uniform (rand, 0, w),
              uniform (rand, 0, h), uniform (rand, w, 50 * w),
              uniform (rand, h, 50 * h));
          break;
        case 4:                /* far outside */
          region = (SstBox) { uniform (rand, -5e6, 5e6),
            uniform (rand, -5e6, 5e6), uniform (rand, 1, 1000),
            uniform (rand, 1, 1000)
          };
          break;
        case 5:                /* a large one that just touches */
          region = (SstBox) { 0, 0, uniform (rand, 1, 5e6),
            uniform (rand, 1, 5e6)
          };
          region.x = -region.width + uniform (rand, -10, 10);
          region.y = (float) h + uniform (rand, -10, 10);
          break;
        case 6:                /* a pixel for a pixel, shifted */
          region = (SstBox) { uniform (rand, -30, w), uniform (rand, -30, h),
            (float) width, (float) height
          };
          break;
        case 7:                /* multiples: taps on whole steps */
          region = (SstBox) { (float) g_rand_int_range (rand, -20, 20),
            (float) g_rand_int_range (rand, -20, 20),
            (float) (width * g_rand_int_range (rand, 1, 40)),
            (float) (height * g_rand_int_range (rand, 1, 40))
          };
          break;
        default:               /* straddling */
          region = sst_box_from_center (uniform (rand, -w / 2, w * 1.5),
              uniform (rand, -h / 2, h * 1.5), uniform (rand, 0.1, 2 * w),
              uniform (rand, 0.1, 2 * h));
          break;
      }
      check_region (sampler, &picture, &region, space, width, height);
    }
    clear_picture (&picture);
  }

  sst_sampler_free (&sampler);
  ck_assert_ptr_null (sampler);
  g_rand_free (rand);
}
END_TEST

/* Every range, matrix and space, on few pixels. */
START_TEST (every_matrix_and_range_is_read)
{
  GRand *rand = new_rand ("colors", _i);
  SstSampler *sampler = sst_sampler_new ();
  Picture picture = make_picture (rand, _i, 40, 40, 0, FALSE, -1);
  const SstBox region = { 3.25f, 1.5f, 20.f, 22.f };

  for (int full = 0; full < 2; full++) {
    for (int matrix = SST_MATRIX_BT601; matrix <= SST_MATRIX_BT2020; matrix++) {
      for (int space = 0; space < SPACES; space++) {
        picture.frame.full_range = full;
        picture.frame.matrix = (SstMatrix) matrix;
        check_region (sampler, &picture, &region, (SstSampleSpace) space, 21,
            11);
      }
    }
  }

  clear_picture (&picture);
  sst_sampler_free (&sampler);
  g_rand_free (rand);
}
END_TEST

/* Sizes of real use, larger than all vectors. */
START_TEST (large_samples_are_those_of_the_reference)
{
  GRand *rand = new_rand ("large", _i);
  SstSampler *sampler = sst_sampler_new ();
  Picture picture = make_picture (rand, _i, 641, 359, 7, FALSE, -1);
  const float sides[] = { 30, 129, 300, 900 };

  for (guint i = 0; i < G_N_ELEMENTS (sides); i++) {
    const SstBox region = sst_box_from_center (uniform (rand, 0, 641),
        uniform (rand, 0, 359), sides[i], sides[i]);

    check_region (sampler, &picture, &region, SST_SAMPLE_YCC, 192, 192);
  }

  clear_picture (&picture);
  sst_sampler_free (&sampler);
  g_rand_free (rand);
}
END_TEST

START_TEST (a_constant_picture_gives_constant_samples)
{
  GRand *rand = new_rand ("constant", _i);
  SstSampler *sampler = sst_sampler_new ();
  Picture picture = make_picture (rand, _i, 37, 23, 3, FALSE, 100);

  picture.frame.full_range = TRUE;
  for (int i = 0; i < 60; i++) {
    const SstSampleSpace space = (SstSampleSpace) (i % SPACES);
    const double size = pow (10, g_rand_double_range (rand, -3, 4));
    const SstBox region = { uniform (rand, -100, 100),
      uniform (rand, -100, 100), (float) size, (float) (size * 0.7)
    };
    const int n_planes = sst_sample_space_n_planes (space);
    const double value[3] = { 100, 110, 120 };
    double expected[3];
    float *tensor = sample (sampler, &picture.frame, &region, space, 33, 18);

    reference_pixel (&picture, value, space, expected);
    for (int p = 0; p < n_planes; p++) {
      for (int k = 0; k < 33 * 18; k++) {
        if (!(fabs (tensor[p * 33 * 18 + k] - expected[p]) < 2e-4))
          ck_abort_msg ("%.9g", (double) tensor[p * 33 * 18 + k]);
      }
    }
    free (tensor);
  }

  clear_picture (&picture);
  sst_sampler_free (&sampler);
  g_rand_free (rand);
}
END_TEST

/* What is no sample has no influence, nor has what was sampled before. */
START_TEST (padding_and_history_have_no_influence)
{
  GRand *rand = new_rand ("padding", _i);
  SstSampler *used = sst_sampler_new ();

  for (int i = 0; i < 30; i++) {
    const int width = g_rand_int_range (rand, 1, 60);
    const int height = g_rand_int_range (rand, 1, 60);
    const int out = g_rand_int_range (rand, 1, 60);
    const SstSampleSpace space = (SstSampleSpace) (i % SPACES);
    const gsize bytes = sizeof (float) * out * out
        * sst_sample_space_n_planes (space);
    const SstBox region = { uniform (rand, -100, 100),
      uniform (rand, -100, 100), uniform (rand, 0.1, 500),
      uniform (rand, 0.1, 500)
    };
    SstSampler *fresh = sst_sampler_new ();
    Picture picture = make_picture (rand, _i, width, height,
        g_rand_int_range (rand, 0, 40), g_rand_boolean (rand), -1);
    float *before = sample (used, &picture.frame, &region, space, out, out);
    float *after;

    change_padding (&picture, _i, rand);
    after = sample (fresh, &picture.frame, &region, space, out, out);
    ck_assert_mem_eq (before, after, bytes);

    free (before);
    free (after);
    clear_picture (&picture);
    sst_sampler_free (&fresh);
  }
  sst_sampler_free (&used);
  g_rand_free (rand);
}
END_TEST

/* Nothing but finite values within the bounds, wherever the region is. */
START_TEST (any_region_gives_finite_samples)
{
  static const float places[] = { 0, -1, 0.3f, 17, 1e6f, -1e6f, 2147483648.f,
    -2147483648.f, 1e10f, -1e18f, 1e30f, -1e30f, FLT_MAX, -FLT_MAX, FLT_MIN
  };
  static const float lengths[] = { 1e-45f, FLT_MIN, 1e-6f, 1, 33, 1e6f,
    4294967296.f, 1e15f, 1e30f, FLT_MAX
  };
  GRand *rand = new_rand ("extreme", _i);
  SstSampler *sampler = sst_sampler_new ();
  Picture picture = make_picture (rand, _i, 19, 21, 0, FALSE, -1);
  const guint n = G_N_ELEMENTS (places) * G_N_ELEMENTS (lengths);

  for (guint i = 0; i < n; i++) {
    for (guint j = 0; j < n; j += 7) {
      const guint k = (j + i) % n;
      const SstBox region = { places[i % G_N_ELEMENTS (places)],
        places[k % G_N_ELEMENTS (places)],
        lengths[i / G_N_ELEMENTS (places)], lengths[k / G_N_ELEMENTS (places)]
      };
      const SstSampleSpace space = (SstSampleSpace) ((i + j) % SPACES);
      float *tensor = sample (sampler, &picture.frame, &region, space, 9, 7);

      for (int p = 0; p < sst_sample_space_n_planes (space) * 63; p++) {
        const gboolean chroma = space == SST_SAMPLE_YCC && p >= 63;

        if (!(tensor[p] >= (chroma ? -128 : 0)
                && tensor[p] <= (chroma ? 128 : 255)))
          ck_abort_msg ("%.9g", (double) tensor[p]);
      }
      free (tensor);
      if (fabsf (region.x) < 1e7f && fabsf (region.y) < 1e7f && j % 21 == 0)
        check_region (sampler, &picture, &region, space, 9, 7);
    }
  }

  clear_picture (&picture);
  sst_sampler_free (&sampler);
  g_rand_free (rand);
}
END_TEST

/* A region of whole pixels at their own size is a copy. */
START_TEST (a_region_of_whole_pixels_is_a_copy)
{
  GRand *rand = new_rand ("identity", 0);
  SstSampler *sampler = sst_sampler_new ();
  const SstBox region = { 0, 0, 31, 17 };
  Picture picture = make_picture (rand, 0, 31, 17, 0, FALSE, -1);
  float *tensor;

  picture.frame.full_range = TRUE;
  tensor = sample (sampler, &picture.frame, &region, SST_SAMPLE_LUMA, 31, 17);
  for (int i = 0; i < 31 * 17; i++)
    ck_assert_float_eq (tensor[i], picture.component[0][i]);

  free (tensor);
  clear_picture (&picture);
  sst_sampler_free (&sampler);
  g_rand_free (rand);
}
END_TEST

/* Chroma lies in the middle of its luma samples: a ramp in both stays one. */
START_TEST (chroma_lies_amid_its_luma)
{
  GRand *rand = new_rand ("chroma", 0);
  SstSampler *sampler = sst_sampler_new ();
  const SstBox region = { 10.3f, 11.7f, 14, 20 };
  Picture picture = make_picture (rand, 0, 64, 64, 0, FALSE, -1);
  float *tensor;

  picture.frame.full_range = TRUE;
  for (int y = 0; y < 64; y++) {
    for (int x = 0; x < 64; x++) {
      *picture_sample (&picture, 0, 'Y', x, y) = (guint8) (2 * x);
      *picture_sample (&picture, 0, 'U', x / 2, y / 2) =
          (guint8) (4 * (x / 2) + 1);
      *picture_sample (&picture, 0, 'V', x / 2, y / 2) =
          (guint8) (4 * (y / 2) + 1);
    }
  }
  tensor = sample (sampler, &picture.frame, &region, SST_SAMPLE_YCC, 7, 10);
  for (int y = 0; y < 10; y++) {
    for (int x = 0; x < 7; x++) {
      const double u = 10.3 + 2 * x + 1, v = 11.7 + 2 * y + 1;
      const float *at = tensor + y * 7 + x;

      ck_assert_double_eq_tol (at[0], 2 * u - 1, 1e-3);
      ck_assert_double_eq_tol (at[70], 2 * u - 1 - 128, 1e-3);
      ck_assert_double_eq_tol (at[140], 2 * v - 1 - 128, 1e-3);
    }
  }

  free (tensor);
  clear_picture (&picture);
  sst_sampler_free (&sampler);
  g_rand_free (rand);
}
END_TEST

/* Known colours of known standards. */
START_TEST (known_colors_are_those_of_the_standards)
{
  static const struct
  {
    SstMatrix matrix;
    gboolean full;
    guint8 yuv[3];
    int rgb[3];
  } known[] = {
    {SST_MATRIX_BT601, FALSE, {81, 90, 240}, {255, 0, 0}},
    {SST_MATRIX_BT601, FALSE, {145, 54, 34}, {0, 255, 0}},
    {SST_MATRIX_BT601, FALSE, {41, 240, 110}, {0, 0, 255}},
    {SST_MATRIX_BT601, TRUE, {76, 85, 255}, {255, 0, 0}},
    {SST_MATRIX_BT709, FALSE, {63, 102, 240}, {255, 0, 0}},
    {SST_MATRIX_BT709, FALSE, {173, 42, 26}, {0, 255, 0}},
    {SST_MATRIX_BT709, FALSE, {32, 240, 118}, {0, 0, 255}},
    {SST_MATRIX_BT2020, FALSE, {74, 97, 240}, {255, 0, 0}},
    {SST_MATRIX_BT709, FALSE, {235, 128, 128}, {255, 255, 255}},
    {SST_MATRIX_BT709, FALSE, {16, 128, 128}, {0, 0, 0}},
    {SST_MATRIX_BT709, FALSE, {3, 128, 128}, {0, 0, 0}},
    {SST_MATRIX_BT2020, TRUE, {255, 128, 128}, {255, 255, 255}},
  };
  SstSampler *sampler = sst_sampler_new ();
  const SstBox region = { 0, 0, 1, 1 };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++) {
    const SstFrame frame = { SST_FORMAT_I420, known[i].matrix, known[i].full,
      1, 1, {known[i].yuv, known[i].yuv + 1, known[i].yuv + 2}, {1, 1, 1}
    };
    float rgb[3], luma;

    sst_sampler_sample (sampler, &frame, &region, SST_SAMPLE_RGB, 1, 1, rgb);
    for (int c = 0; c < 3; c++)
      ck_assert_double_eq_tol (rgb[c], known[i].rgb[c], 2.5);
    sst_sampler_sample (sampler, &frame, &region, SST_SAMPLE_LUMA, 1, 1,
        &luma);
    ck_assert_float_ge (luma, 0);
  }
  sst_sampler_free (&sampler);
}
END_TEST

START_TEST (null_is_freed_in_peace)
{
  SstSampler *sampler = NULL;

  sst_sampler_free (&sampler);
  ck_assert_ptr_null (sampler);
}
END_TEST

static Suite *
sampler_suite (void)
{
  Suite *suite = suite_create ("sampler");
  TCase *tcase = tcase_create ("sampler");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, sharpness_adds_what_a_wide_kernel_loses, 0,
      N_FORMATS);
  tcase_add_loop_test (tcase, samples_are_those_of_the_reference, 0, N_FORMATS);
  tcase_add_loop_test (tcase, every_matrix_and_range_is_read, 0, N_FORMATS);
  tcase_add_loop_test (tcase, large_samples_are_those_of_the_reference, 0,
      N_FORMATS);
  tcase_add_loop_test (tcase, a_constant_picture_gives_constant_samples, 0,
      N_FORMATS);
  tcase_add_loop_test (tcase, padding_and_history_have_no_influence, 0,
      N_FORMATS);
  tcase_add_loop_test (tcase, any_region_gives_finite_samples, 0, N_FORMATS);
  tcase_add_test (tcase, a_region_of_whole_pixels_is_a_copy);
  tcase_add_test (tcase, chroma_lies_amid_its_luma);
  tcase_add_test (tcase, known_colors_are_those_of_the_standards);
  tcase_add_test (tcase, null_is_freed_in_peace);

  return suite;
}

SUITE_MAIN (sampler)
