/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "picture/features.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

#define SIDE 48
#define PIXELS (SIDE * SIDE)

/* The channels of the hand-made source, in their order. */
#define ORIENTATIONS 9
#define LUMA_BINS 6
#define CHROMA 4
#define FIRST_LUMA ORIENTATIONS
#define FIRST_CHROMA (FIRST_LUMA + LUMA_BINS)

typedef struct
{
  const SstFeatureSource *source;
  GRand *rand;
  int n, cells;                 /* of a grid: a side, all */
  float *sample;                /* 3 planes of SIDE x SIDE */
  float *scratch;
} Fixture;

static void
setup (Fixture * f, const char *test)
{
  const char *const given = getenv ("SST_TEST_SEED");
  const guint32 seed =
      given ? (guint32) strtoul (given, NULL, 0) : g_random_int ();

  printf ("%s: SST_TEST_SEED=%u\n", test, seed);
  f->source = sst_features_handmade ();
  ck_assert_ptr_eq (f->source, sst_features_handmade ());
  ck_assert_int_eq (f->source->space, SST_SAMPLE_YCC);
  ck_assert_int_eq (f->source->n_channels, FIRST_CHROMA + CHROMA);
  ck_assert_int_eq (SIDE % f->source->stride, 0);
  f->rand = g_rand_new_with_seed (seed);
  f->n = SIDE / f->source->stride;
  f->cells = f->n * f->n;
  f->sample = g_new0 (float, 3 * PIXELS);
  f->scratch = g_new (float, f->source->scratch_size (f->source, SIDE));
}

static void
teardown (Fixture * f)
{
  g_rand_free (f->rand);
  g_free (f->sample);
  g_free (f->scratch);
}

/* Fills a plane of the sample: whole numbers, so that sums are exact. */
static void
fill_noise (Fixture * f, int plane, int low, int high)
{
  for (int i = 0; i < PIXELS; i++)
    f->sample[plane * PIXELS + i] =
        (float) g_rand_int_range (f->rand, low, high);
}

/* The channels, in new memory that has just their size. */
static float *
extract (Fixture * f)
{
  float *const channels = g_new (float, f->source->n_channels * f->cells);

  f->source->extract (f->source, f->sample, SIDE, f->scratch, channels);
  return channels;
}

static double
energy (const Fixture * f, const float *channels, int channel)
{
  double sum = 0.0;

  for (int i = 0; i < f->cells; i++)
    sum += fabs ((double) channels[channel * f->cells + i]);
  return sum;
}

/* Every plane has zero mean and is finite; the same in, the same out, whatever
 * lies in the scratch memory. */
START_TEST (planes_have_zero_mean)
{
  Fixture f;

  setup (&f, "mean");
  for (int k = 0; k < 20; k++) {
    float *first, *again;
    double top = 0.0;

    fill_noise (&f, 0, 0, 256);
    fill_noise (&f, 1, -128, 129);
    fill_noise (&f, 2, -128, 129);
    first = extract (&f);
    for (int c = 0; c < f.source->n_channels; c++) {
      double sum = 0.0;

      for (int i = 0; i < f.cells; i++) {
        ck_assert (isfinite (first[c * f.cells + i]));
        sum += first[c * f.cells + i];
      }
      ck_assert_double_eq_tol (sum / f.cells, 0, 1e-6);
      top = fmax (top, energy (&f, first, c));
    }
    ck_assert_double_gt (top, 1);

    memset (f.scratch, k, f.source->scratch_size (f.source, SIDE)
        * sizeof (float));
    again = extract (&f);
    ck_assert_mem_eq (first, again,
        f.source->n_channels * f.cells * sizeof (float));
    g_free (first);
    g_free (again);
  }
  teardown (&f);
}
END_TEST

/* A soft step whose gradient points along an angle. */
static void
fill_step (Fixture * f, double angle, double low, double high)
{
  for (int y = 0; y < SIDE; y++) {
    for (int x = 0; x < SIDE; x++) {
      const double d = (x - 0.5 * (SIDE - 1)) * cos (angle)
          + (y - 0.5 * (SIDE - 1)) * sin (angle);

      f->sample[y * SIDE + x] = (float) (low + (high - low)
          / (1 + exp (-d / 1.5)));
    }
  }
}

static int
strongest_orientation (const Fixture * f, const float *channels)
{
  int best = 0;

  for (int b = 1; b < ORIENTATIONS; b++)
    if (energy (f, channels, b) > energy (f, channels, best))
      best = b;
  return best;
}

/* A step edge is seen by the channel of its direction: b pi / 9, clockwise. */
START_TEST (an_edge_is_seen_by_its_direction)
{
  Fixture f;

  setup (&f, "orientation");
  for (int k = 0; k < 4 * ORIENTATIONS; k++) {
    /* up to 0.35 of a bin to either side */
    const double off = g_rand_double_range (f.rand, -0.35, 0.35);
    const int expected = k % ORIENTATIONS;
    float *channels;

    fill_step (&f, G_PI * (k + off) / ORIENTATIONS, 50, 180);
    channels = extract (&f);
    ck_assert_int_eq (strongest_orientation (&f, channels), expected);
    for (int b = 0; b < ORIENTATIONS; b++) {
      const int far = abs (b - expected);

      if (MIN (far, ORIENTATIONS - far) > 2)
        ck_assert_double_lt (energy (&f, channels, b),
            0.1 * energy (&f, channels, expected));
    }
    g_free (channels);
  }
  teardown (&f);
}
END_TEST

/* The negative has the same orientations; a brighter picture too, and the same
 * chroma, but not the same luma. */
START_TEST (negatives_and_brightness_keep_orientations)
{
  Fixture f;
  float *plain, *negative, *bright;

  setup (&f, "contrast and brightness");
  fill_noise (&f, 0, 20, 200);
  fill_noise (&f, 1, -40, 40);
  fill_noise (&f, 2, -40, 40);
  plain = extract (&f);
  for (int i = 0; i < PIXELS; i++)
    f.sample[i] += 30;
  bright = extract (&f);
  for (int i = 0; i < PIXELS; i++)
    f.sample[i] = 255 - f.sample[i];
  negative = extract (&f);

  ck_assert_mem_eq (plain, bright, FIRST_LUMA * f.cells * sizeof (float));
  ck_assert_mem_eq (plain, negative, FIRST_LUMA * f.cells * sizeof (float));
  ck_assert_mem_eq (plain + FIRST_CHROMA * f.cells,
      bright + FIRST_CHROMA * f.cells, CHROMA * f.cells * sizeof (float));
  for (int c = 0; c < FIRST_LUMA; c++)
    ck_assert_double_gt (energy (&f, plain, c), 0.1);
  ck_assert_mem_ne (plain + FIRST_LUMA * f.cells, bright + FIRST_LUMA * f.cells,
      LUMA_BINS * f.cells * sizeof (float));

  g_free (plain);
  g_free (negative);
  g_free (bright);
  teardown (&f);
}
END_TEST

/* Contrast alone does not change much where there is some. */
START_TEST (contrast_alone_changes_little)
{
  Fixture f;
  float *strong, *weak;
  double difference = 0.0, sum = 0.0;

  setup (&f, "gain");
  fill_noise (&f, 0, 0, 256);
  strong = extract (&f);
  for (int i = 0; i < PIXELS; i++)
    f.sample[i] *= 0.5f;
  weak = extract (&f);
  for (int i = 0; i < ORIENTATIONS * f.cells; i++) {
    difference += fabs ((double) strong[i] - weak[i]);
    sum += fabs ((double) strong[i]);
  }
  ck_assert_double_lt (difference, 0.1 * sum);
  g_free (strong);
  g_free (weak);
  teardown (&f);
}
END_TEST

/* Each level of luma rises in the bin that is nearest to it. */
START_TEST (luma_rises_in_the_nearest_bin)
{
  Fixture f;

  setup (&f, "luma");
  for (int b = 0; b < LUMA_BINS; b++) {
    const int inside = 5 * f.n + 6;
    float *channels;
    int best = 0;

    /* a cell of that level on a ground far from it */
    for (int i = 0; i < PIXELS; i++) {
      const int cell = i / SIDE / f.source->stride * f.n
          + i % SIDE / f.source->stride;

      f.sample[i] = cell == inside ? 51.f * b + g_rand_int_range (f.rand, -9,
          10) : b < 3 ? 255.f : 0.f;
    }
    channels = extract (&f);
    for (int k = 1; k < LUMA_BINS; k++)
      if (channels[(FIRST_LUMA + k) * f.cells + inside]
          > channels[(FIRST_LUMA + best) * f.cells + inside])
        best = k;
    ck_assert_int_eq (best, b);
    ck_assert_float_gt (channels[(FIRST_LUMA + b) * f.cells + inside], 0.2f);
    g_free (channels);
  }
  teardown (&f);
}
END_TEST

/* Chroma goes to the channel of its component and sign; grey has none. */
START_TEST (chroma_goes_by_component_and_sign)
{
  Fixture f;
  float *channels;

  setup (&f, "chroma");
  fill_noise (&f, 0, 0, 256);
  channels = extract (&f);
  for (int i = FIRST_CHROMA * f.cells; i < (FIRST_CHROMA + CHROMA) * f.cells;
      i++)
    ck_assert_float_eq (channels[i], 0);
  g_free (channels);

  for (int c = 0; c < CHROMA; c++) {
    const int plane = 1 + c / 2;

    memset (f.sample + PIXELS, 0, 2 * PIXELS * sizeof (float));
    if (c % 2 == 0)
      fill_noise (&f, plane, 0, 31);
    else
      fill_noise (&f, plane, -30, 1);
    channels = extract (&f);
    for (int k = 0; k < CHROMA; k++) {
      if (k == c)
        ck_assert_double_gt (energy (&f, channels, FIRST_CHROMA + k), 0.1);
      else
        ck_assert_double_eq (energy (&f, channels, FIRST_CHROMA + k), 0);
    }
    g_free (channels);
  }
  teardown (&f);
}
END_TEST

/* Nothing to see: all zero. */
START_TEST (a_flat_picture_has_no_features)
{
  static const float levels[][3] = {
    {0, 0, 0}, {255, 0, 0}, {128, 128, -128}, {77.7f, -3.3f, 21.1f},
  };
  Fixture f;

  setup (&f, "flat");
  for (guint k = 0; k < G_N_ELEMENTS (levels); k++) {
    float *channels;

    for (int i = 0; i < 3 * PIXELS; i++)
      f.sample[i] = levels[k][i / PIXELS];
    channels = extract (&f);
    for (int i = 0; i < f.source->n_channels * f.cells; i++)
      ck_assert_double_eq_tol (channels[i], 0, 1e-5);
    g_free (channels);
  }
  teardown (&f);
}
END_TEST

/* Content that moves by a cell moves the channels by a cell; their means, and
 * what is near the border, aside. */
START_TEST (channels_move_with_the_content)
{
  static const int shifts[][2] = { {1, 0}, {0, 1}, {-1, 0}, {1, -1} };
  const int margin = 3;
  Fixture f;
  float *world;

  setup (&f, "shift");
  /* patches of 6 x 6 pixels and noise */
  world = g_new0 (float, 3 * 4 * PIXELS);
  for (int i = 0; i < 3 * 4 * PIXELS; i++) {
    const int x = i % (2 * SIDE), y = i / (2 * SIDE);

    if (x % 6 == 0 && y % 6 == 0) {
      const int level = i < 4 * PIXELS ? g_rand_int_range (f.rand, 10, 240)
          : g_rand_int_range (f.rand, -60, 60);

      for (int k = 0; k < 36; k++)
        world[i + k / 6 * 2 * SIDE + k % 6] = (float) (level
            + g_rand_int_range (f.rand, -10, 11));
    }
  }

  for (guint k = 0; k < G_N_ELEMENTS (shifts); k++) {
    const int dx = shifts[k][0], dy = shifts[k][1];
    float *channels[2];

    for (int moved = 0; moved < 2; moved++) {
      const int x0 = SIDE / 2 - moved * dx * f.source->stride;
      const int y0 = SIDE / 2 - moved * dy * f.source->stride;

      for (int i = 0; i < 3 * PIXELS; i++)
        f.sample[i] = world[i / PIXELS * 4 * PIXELS
            + (y0 + i / SIDE % SIDE) * 2 * SIDE + x0 + i % SIDE];
      channels[moved] = extract (&f);
    }
    for (int c = 0; c < f.source->n_channels; c++) {
      double offset = 0.0, largest = 0.0;
      int count = 0;

      for (int pass = 0; pass < 2; pass++) {
        for (int y = margin; y < f.n - margin; y++) {
          for (int x = margin; x < f.n - margin; x++) {
            const double a = channels[0][c * f.cells + y * f.n + x];
            const double b = channels[1][c * f.cells + (y + dy) * f.n + x + dx];

            if (pass == 0) {
              offset += b - a;
              count++;
            } else {
              ck_assert_double_eq_tol (b - a, offset / count, 2e-6);
              largest = fmax (largest, fabs (a));
            }
          }
        }
      }
      ck_assert_double_gt (largest, 0.005);
    }
    g_free (channels[0]);
    g_free (channels[1]);
  }
  g_free (world);
  teardown (&f);
}
END_TEST

static Suite *
features_suite (void)
{
  Suite *suite = suite_create ("features");
  TCase *tcase = tcase_create ("features");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, planes_have_zero_mean);
  tcase_add_test (tcase, an_edge_is_seen_by_its_direction);
  tcase_add_test (tcase, negatives_and_brightness_keep_orientations);
  tcase_add_test (tcase, contrast_alone_changes_little);
  tcase_add_test (tcase, luma_rises_in_the_nearest_bin);
  tcase_add_test (tcase, chroma_goes_by_component_and_sign);
  tcase_add_test (tcase, a_flat_picture_has_no_features);
  tcase_add_test (tcase, channels_move_with_the_content);

  return suite;
}

SUITE_MAIN (features)
