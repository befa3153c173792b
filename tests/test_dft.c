/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/dft.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

static const int sides[] = { 2, 8, 10, 48 };

#define N_SIDES ((int) G_N_ELEMENTS (sides))
/* Of values up to 1, over the square root of the number of terms. */
#define TOLERANCE 4e-6
#define UNTOUCHED -12345.f

/* A plan, and count grids of noise from -1 to 1. */
typedef struct
{
  GRand *rand;
  int n, m, count;
  size_t cells, plane;
  SstDft *dft;
  float *grids, *work;
} Fixture;

static void
setup (Fixture * f, const char *test, int n, int count)
{
  const char *const given = getenv ("SST_TEST_SEED");
  const guint32 seed =
      given ? (guint32) strtoul (given, NULL, 0) : g_random_int ();

  printf ("%s, n %d: SST_TEST_SEED=%u\n", test, n, seed);
  *f = (Fixture) {
  .n = n,.m = n / 2 + 1,.count = count};
  f->rand = g_rand_new_with_seed (seed);
  f->cells = (size_t) n * n;
  f->plane = (size_t) n * f->m;
  f->dft = sst_dft_get (n);
  f->grids = g_new (float, f->cells * count);
  for (size_t i = 0; i < f->cells * count; i++)
    f->grids[i] = (float) g_rand_double_range (f->rand, -1, 1);
  f->work = g_new (float, sst_dft_work_size (f->dft));
  for (size_t i = 0; i < sst_dft_work_size (f->dft); i++)
    f->work[i] = NAN;
}

static void
teardown (Fixture * f)
{
  sst_dft_free (&f->dft);
  ck_assert_ptr_null (f->dft);
  g_free (f->grids);
  g_free (f->work);
  g_rand_free (f->rand);
}

static SstDftRect
random_part (GRand * rand, int n)
{
  SstDftRect r;

  r.x0 = g_rand_int_range (rand, 0, n);
  r.y0 = g_rand_int_range (rand, 0, n);
  r.x1 = g_rand_int_range (rand, r.x0, n) + 1;
  r.y1 = g_rand_int_range (rand, r.y0, n) + 1;
  return r;
}

static gboolean
is_inside (const SstDftRect * part, int x, int y)
{
  return x >= part->x0 && x < part->x1 && y >= part->y0 && y < part->y1;
}

/* The definition, for one frequency and the cells of a part. */
static void
reference (const float *grid, int n, const SstDftRect * part, int kx, int ky,
    double *re, double *im)
{
  *re = *im = 0.0;
  for (int y = part->y0; y < part->y1; y++) {
    for (int x = part->x0; x < part->x1; x++) {
      const double angle = -2.0 * G_PI * ((kx * x + ky * y) % n) / n;

      *re += grid[y * n + x] * cos (angle);
      *im += grid[y * n + x] * sin (angle);
    }
  }
}

static void
check_spectrum (const Fixture * f, const float *grid, const SstDftRect * part,
    const float *spectrum)
{
  const double tolerance = TOLERANCE * f->n;

  for (int ky = 0; ky < f->n; ky++) {
    for (int kx = 0; kx < f->m; kx++) {
      const float *const at = spectrum + ky * f->m + kx;
      double re, im;

      reference (grid, f->n, part, kx, ky, &re, &im);
      if (!(fabs (at[0] - re) < tolerance
              && fabs (at[f->plane] - im) < tolerance))
        ck_abort_msg ("(%d, %d): %g %+g i instead of %g %+g i", kx, ky,
            (double) at[0], (double) at[f->plane], re, im);
    }
  }
}

/* Every frequency of several grids, against the definition. */
START_TEST (every_frequency_is_as_defined)
{
  Fixture f;
  float *spectra;

  setup (&f, "forward", sides[_i], 3);
  spectra = g_new (float, 2 * f.plane * f.count);
  sst_dft_forward (f.dft, f.grids, f.count, NULL, f.work, spectra);
  for (int i = 0; i < f.count; i++) {
    const SstDftRect all = { 0, 0, f.n, f.n };

    check_spectrum (&f, f.grids + i * f.cells, &all, spectra + 2 * i * f.plane);
  }
  g_free (spectra);
  teardown (&f);
}
END_TEST

/* Cells outside a part count as zero and are not read. */
START_TEST (cells_outside_a_part_are_not_read)
{
  Fixture f;
  float *spectra, *poisoned;

  setup (&f, "forward, part", sides[_i], 2);
  spectra = g_new (float, 2 * f.plane * f.count);
  poisoned = g_new (float, f.cells * f.count);
  for (int k = 0; k < (f.n > 10 ? 3 : 40); k++) {
    const SstDftRect part = random_part (f.rand, f.n);

    for (int i = 0; i < f.count * f.n * f.n; i++)
      poisoned[i] = is_inside (&part, i % f.n, i / f.n % f.n)
          ? f.grids[i] : NAN;
    sst_dft_forward (f.dft, poisoned, f.count, &part, f.work, spectra);
    for (int i = 0; i < f.count; i++)
      check_spectrum (&f, f.grids + i * f.cells, &part,
          spectra + 2 * i * f.plane);
  }
  g_free (spectra);
  g_free (poisoned);
  teardown (&f);
}
END_TEST

/* The inverse restores the grids; cells outside a part are not written. */
START_TEST (the_inverse_restores_the_grid)
{
  Fixture f;
  float *spectra, *back;

  setup (&f, "inverse", sides[_i], 3);
  spectra = g_new (float, 2 * f.plane * f.count);
  back = g_new (float, f.cells * f.count);
  sst_dft_forward (f.dft, f.grids, f.count, NULL, f.work, spectra);
  for (int k = 0; k < 40; k++) {
    const SstDftRect all = { 0, 0, f.n, f.n };
    const SstDftRect part = k == 0 ? all : random_part (f.rand, f.n);

    for (size_t i = 0; i < f.cells * f.count; i++)
      back[i] = UNTOUCHED;
    sst_dft_inverse (f.dft, spectra, f.count, k == 0 ? NULL : &part, f.work,
        back);
    for (int i = 0; i < f.count * f.n * f.n; i++) {
      if (is_inside (&part, i % f.n, i / f.n % f.n))
        ck_assert_double_eq_tol (back[i], f.grids[i], TOLERANCE);
      else
        ck_assert_float_eq (back[i], UNTOUCHED);
    }
  }
  g_free (spectra);
  g_free (back);
  teardown (&f);
}
END_TEST

/* The energy of a grid is that of its spectrum over n^2, where the columns that
 * a half spectrum leaves out count through those that they mirror. */
START_TEST (energy_is_kept)
{
  Fixture f;
  float *spectrum;
  double grid = 0.0, sum = 0.0;

  setup (&f, "Parseval", sides[_i], 1);
  spectrum = g_new (float, 2 * f.plane);
  sst_dft_forward (f.dft, f.grids, 1, NULL, f.work, spectrum);
  for (size_t i = 0; i < f.cells; i++)
    grid += (double) f.grids[i] * f.grids[i];
  for (size_t i = 0; i < 2 * f.plane; i++) {
    const int kx = (int) (i % f.m);

    sum += (kx == 0 || kx == f.n / 2 ? 1.0 : 2.0) * spectrum[i] * spectrum[i];
  }
  ck_assert_double_eq_tol (sum / f.cells, grid, 1e-6 * grid);
  g_free (spectrum);
  teardown (&f);
}
END_TEST

START_TEST (null_is_freed_in_peace)
{
  SstDft *dft = NULL;

  sst_dft_free (&dft);
  ck_assert_ptr_null (dft);
}
END_TEST

static Suite *
dft_suite (void)
{
  Suite *suite = suite_create ("dft");
  TCase *tcase = tcase_create ("dft");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, every_frequency_is_as_defined, 0, N_SIDES);
  tcase_add_loop_test (tcase, cells_outside_a_part_are_not_read, 0, N_SIDES);
  tcase_add_loop_test (tcase, the_inverse_restores_the_grid, 0, N_SIDES);
  tcase_add_loop_test (tcase, energy_is_kept, 0, N_SIDES);
  tcase_add_test (tcase, null_is_freed_in_peace);

  return suite;
}

SUITE_MAIN (dft)
