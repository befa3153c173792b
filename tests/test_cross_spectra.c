/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/cross_spectra.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "suite.h"

static float *
noise (GRand * rand, size_t n)
{
  float *values = g_new (float, n);

  for (size_t i = 0; i < n; i++)
    values[i] = (float) g_rand_double_range (rand, -1.0, 1.0);
  return values;
}

/* out = sum_i w_i X_i (X_i^H in), as the header defines it: no matrix. */
static double *
define (int n_channels, size_t n, int n_spectra, float *const *spectra,
    const double *weights, const float *in)
{
  double *out = g_new0 (double, 2 * n * n_channels);

  for (size_t k = 0; k < n; k++) {
    for (int i = 0; i < n_spectra; i++) {
      double re = 0.0, im = 0.0;

      for (int d = 0; d < n_channels; d++) {
        const float *const x = spectra[i] + 2 * n * d;
        const float *const f = in + 2 * n * d;

        re += (double) x[k] * f[k] + (double) x[n + k] * f[n + k];
        im += (double) x[k] * f[n + k] - (double) x[n + k] * f[k];
      }
      for (int c = 0; c < n_channels; c++) {
        const float *const x = spectra[i] + 2 * n * c;

        out[2 * n * c + k] += weights[i] * (x[k] * re - x[n + k] * im);
        out[2 * n * c + n + k] += weights[i] * (x[k] * im + x[n + k] * re);
      }
    }
  }
  return out;
}

/* Spectra come one, four and two at a time, and fade. Frequencies fill whole
 * groups or not. */
START_TEST (spectra_are_as_defined)
{
  static const struct
  {
    int n_channels;
    size_t n;
  } cases[] = {
    {1, 1}, {2, 7}, {3, 8}, {5, 41}, {19, 1200},
  };
  static const int rounds[] = { 1, 4, 2 };
  const int n_channels = cases[_i].n_channels;
  const size_t n = cases[_i].n, size = 2 * n * n_channels;
  GRand *const rand = g_rand_new_with_seed (17 + _i);
  SstCrossSpectra *s = sst_cross_spectra_new (n_channels, n);
  float *const in = noise (rand, size), *const out = g_new (float, size);
  float *spectra[7];
  double weights[7];

  for (int pass = 0; pass < 2; pass++) {
    int total = 0;

    for (guint r = 0; r < G_N_ELEMENTS (rounds); r++) {
      const float kept = 0.6f + 0.1f * r;
      float now[4];

      for (int i = 0; i < total; i++)
        weights[i] *= kept;
      for (int i = 0; i < rounds[r]; i++) {
        now[i] = 0.1f + 0.2f * i;
        weights[total + i] = now[i];
        spectra[total + i] = noise (rand, size);
      }
      sst_cross_spectra_add (s, kept, rounds[r],
          (const float *const *) spectra + total, now);
      total += rounds[r];
    }
    sst_cross_spectra_multiply (s, 0.5f, in, out);
    {
      double *const expected = define (n_channels, n, total, spectra, weights,
          in);

      for (size_t i = 0; i < size; i++)
        if (!(fabs (out[i] - 0.5 * expected[i]) < 3e-4))
          ck_abort_msg ("%zu: %g instead of %g", i, (double) out[i],
              0.5 * expected[i]);
      g_free (expected);
    }
    for (int i = 0; i < total; i++)
      g_free (spectra[i]);
    sst_cross_spectra_clear (s);
    sst_cross_spectra_multiply (s, 1.f, in, out);
    for (size_t i = 0; i < size; i++)
      ck_assert_float_eq (out[i], 0.f);
  }
  g_free (in);
  g_free (out);
  g_rand_free (rand);
  sst_cross_spectra_free (&s);
  ck_assert_ptr_null (s);
  sst_cross_spectra_free (&s);
}
END_TEST

static Suite *
cross_spectra_suite (void)
{
  Suite *suite = suite_create ("cross_spectra");
  TCase *tcase = tcase_create ("cross_spectra");

  tcase_add_loop_test (tcase, spectra_are_as_defined, 0, 5);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (cross_spectra)
