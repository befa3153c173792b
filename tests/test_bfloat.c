/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Convolutions in bfloat16 against those in floats. Where the CPU can't do
 * them, nothing but that they say so. */

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/random.h"
#include "nn/bfloat.h"
#include "nn/conv.h"

#include "suite.h"


static const SstConvShape cases[] = {
  /* a network's on a search region and on a template */
  {3, 16, 3, 2, 192, 192},
  {3, 32, 3, 2, 96, 96},
  {16, 32, 3, 2, 96, 96},
  {32, 48, 3, 2, 96, 96},
  {16, 32, 3, 2, 48, 48},
  {32, 64, 3, 2, 48, 48},
  {32, 64, 3, 2, 24, 24},
  {64, 64, 3, 1, 24, 24},
  {96, 96, 3, 1, 24, 24},
  {64, 64, 3, 1, 12, 12},
  {64, 128, 3, 2, 24, 24},
  {96, 128, 3, 2, 24, 24},
  {96, 128, 3, 2, 12, 12},
  {128, 128, 3, 1, 12, 12},
  {128, 128, 3, 1, 6, 6},
  {96, 64, 3, 1, 24, 24},
  {128, 64, 3, 1, 24, 24},
  {64, 64, 1, 1, 24, 24},
  {64, 32, 1, 1, 24, 24},
  {128, 64, 1, 1, 24, 24},
  {128, 64, 1, 1, 12, 12},
  {64, 6, 1, 1, 24, 24},
  /* sides and channels that fill no tile */
  {1, 1, 1, 1, 1, 1},
  {1, 1, 3, 1, 1, 1},
  {1, 1, 3, 2, 1, 1},
  {1, 1, 3, 2, 2, 2},
  {3, 5, 3, 1, 2, 3},
  {3, 5, 3, 2, 2, 3},
  {3, 20, 3, 1, 6, 31},
  {2, 20, 3, 2, 12, 61},
  {17, 1, 3, 1, 5, 9},
  {17, 1, 3, 2, 5, 9},
  {5, 33, 3, 1, 7, 6},
  {5, 33, 3, 2, 7, 6},
  {5, 33, 1, 1, 7, 6},
  {33, 47, 1, 1, 1, 31},
  {20, 18, 3, 1, 13, 33},
  {20, 18, 3, 2, 13, 33},
  {4, 16, 3, 1, 1, 19},
  {4, 16, 3, 2, 1, 19},
  {2, 3, 3, 1, 23, 1},
  {2, 3, 3, 2, 23, 1},
  {66, 70, 3, 1, 9, 17},
  {66, 70, 3, 2, 9, 17},
  {40, 24, 3, 2, 32, 62},
  {2, 17, 3, 2, 5, 501},
};

#define N_CASES ((int) G_N_ELEMENTS (cases))

/* n floats, and pages before and behind that nobody may touch. */
typedef struct
{
  float *floats;
  size_t n;
  char *pages;
  size_t size;
} Fenced;

/* The floats end where the second such page begins, or begin where the first
 * one ends. */
static Fenced
fenced_new (size_t n, gboolean at_end)
{
  const size_t page = sysconf (_SC_PAGESIZE);
  const size_t inner = (n * sizeof (float) + page - 1) / page * page;
  Fenced fenced = {.n = n,.size = inner + 2 * page };

  fenced.pages = mmap (NULL, fenced.size, PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ck_assert (fenced.pages != MAP_FAILED);
  memset (fenced.pages, 0xff, fenced.size);
  ck_assert_int_eq (mprotect (fenced.pages, page, PROT_NONE), 0);
  ck_assert_int_eq (mprotect (fenced.pages + page + inner, page, PROT_NONE), 0);
  fenced.floats = (float *) (fenced.pages + page);
  if (at_end)
    fenced.floats = (float *) (fenced.pages + page + inner) - n;
  return fenced;
}

/* Whether what shares a page with the floats is as it was. */
static gboolean
is_intact (const Fenced *fenced)
{
  const size_t page = sysconf (_SC_PAGESIZE);
  const char *const first = (const char *) fenced->floats;
  const char *const last = (const char *) (fenced->floats + fenced->n);

  for (const char *byte = fenced->pages + page; byte < first; byte++)
    if (*byte != (char) 0xff)
      return FALSE;
  for (const char *byte = last; byte < fenced->pages + fenced->size - page;
      byte++)
    if (*byte != (char) 0xff)
      return FALSE;
  return TRUE;
}

typedef enum
{ NORMAL, INTEGERS } Values;

static void
fill (const Fenced *fenced, SstRandom *random, Values values)
{
  for (size_t i = 0; i < fenced->n; i++)
    fenced->floats[i] = values == NORMAL ? sst_random_normal (random, 1.f)
        : (float) sst_random_below (random, 17) - 8.f;
}

enum
{ X, DY, WEIGHTS, BIAS, Y, DX, DWEIGHTS, PREPARED, FLIPPED, SCRATCH, N_PARTS };

typedef struct
{
  SstConvShape shape;
  Fenced parts[N_PARTS];
  /* the same in floats */
  float *y, *dx, *dweights, *scratch;
} Case;

static Case
case_new (const SstConvShape *shape, Values values, gboolean at_end)
{
  const size_t sizes[N_PARTS] = { sst_conv_in_size (shape),
    sst_conv_out_size (shape), sst_conv_weights_size (shape),
    shape->out_channels, sst_conv_out_size (shape), sst_conv_in_size (shape),
    sst_conv_weights_size (shape), sst_bfloat_weights_size (shape),
    sst_bfloat_weights_size (shape), sst_bfloat_scratch_size (shape)
  };
  SstRandom random = sst_random_init (1, values);
  Case c = { *shape };

  for (int i = 0; i < N_PARTS; i++)
    c.parts[i] = fenced_new (sizes[i], at_end);
  for (int i = 0; i <= BIAS; i++)
    fill (&c.parts[i], &random, values);
  fill (&c.parts[DWEIGHTS], &random, values);
  c.y = g_new (float, sizes[Y]);
  c.dx = g_new (float, sizes[DX]);
  c.dweights = g_memdup2 (c.parts[DWEIGHTS].floats,
      sizes[DWEIGHTS] * sizeof (float));
  c.scratch = g_new (float, sst_conv_scratch_size (shape) + 1);
  sst_bfloat_prepare_weights (shape, c.parts[WEIGHTS].floats, FALSE,
      c.parts[PREPARED].floats);
  sst_bfloat_prepare_weights (shape, c.parts[WEIGHTS].floats, TRUE,
      c.parts[FLIPPED].floats);
  return c;
}

static void
case_clear (Case *c)
{
  for (int i = 0; i < N_PARTS; i++) {
    ck_assert (is_intact (&c->parts[i]));
    munmap (c->parts[i].pages, c->parts[i].size);
  }
  g_free (c->y);
  g_free (c->dx);
  g_free (c->dweights);
  g_free (c->scratch);
}

static void
run_forward (Case *c, gboolean bias, gboolean relu)
{
  const float *const start = bias ? c->parts[BIAS].floats : NULL;

  sst_conv_forward (&c->shape, c->parts[X].floats, c->parts[WEIGHTS].floats,
      start, relu, c->y, c->scratch);
  sst_bfloat_forward (&c->shape, c->parts[X].floats, c->parts[PREPARED].floats,
      start, relu, c->parts[Y].floats, c->parts[SCRATCH].floats);
}

static void
run_backward (Case *c)
{
  sst_conv_backward_input (&c->shape, c->parts[DY].floats,
      c->parts[WEIGHTS].floats, c->dx, c->scratch);
  sst_conv_backward_weights (&c->shape, c->parts[X].floats, c->parts[DY].floats,
      c->dweights, c->scratch);
  sst_bfloat_backward_input (&c->shape, c->parts[DY].floats,
      c->parts[FLIPPED].floats, c->parts[DX].floats, c->parts[SCRATCH].floats);
  sst_bfloat_backward_weights (&c->shape, c->parts[X].floats,
      c->parts[DY].floats, c->parts[DWEIGHTS].floats,
      c->parts[SCRATCH].floats);
}

static void
assert_equal (const Fenced *values, const float *expected)
{
  /* an assertion costs far more than what it asserts */
  for (size_t i = 0; i < values->n; i++)
    if (values->floats[i] != expected[i])
      ck_assert_float_eq (values->floats[i], expected[i]);
}

/* Rounding two factors to 8 bits each shifts a sum by some 0.3% of what such
 * sums are, in the root of the mean square, over however many cells. */
static void
assert_near (const Fenced *values, const float *expected)
{
  double largest = 0., worst = 0., squares = 0., errors = 0.;

  for (size_t i = 0; i < values->n; i++) {
    const double error = fabs ((double) values->floats[i] - expected[i]);

    if (!isfinite (values->floats[i]))
      ck_abort_msg ("value %zu is not finite", i);
    largest = MAX (largest, fabs (expected[i]));
    worst = MAX (worst, error);
    squares += (double) expected[i] * expected[i];
    errors += error * error;
  }
  ck_assert_double_le (worst, 1e-2 * largest);
  if (values->n >= 1000)
    ck_assert_double_le (errors, 3e-3 * 3e-3 * squares);
}

/* Small integers are exact in 8 bits, and so are their sums. */
START_TEST (small_integers_are_exact)
{
  for (int at_end = 0; at_end < 2; at_end++) {
    Case c = case_new (&cases[_i], INTEGERS, at_end);

    for (int variant = 0; variant < 4; variant++) {
      run_forward (&c, variant & 2, variant & 1);
      assert_equal (&c.parts[Y], c.y);
    }
    run_backward (&c);
    assert_equal (&c.parts[DX], c.dx);
    assert_equal (&c.parts[DWEIGHTS], c.dweights);
    case_clear (&c);
  }
}
END_TEST

START_TEST (errors_are_small)
{
  Case c = case_new (&cases[_i], NORMAL, FALSE);

  run_forward (&c, TRUE, FALSE);
  assert_near (&c.parts[Y], c.y);
  run_backward (&c);
  assert_near (&c.parts[DX], c.dx);
  assert_near (&c.parts[DWEIGHTS], c.dweights);
  case_clear (&c);
}
END_TEST

/* A factor just between two numbers of 8 bits becomes the even one. */
START_TEST (ties_are_rounded_to_even)
{
  const SstConvShape shape = { 1, 1, 1, 1, 1, 4 };
  const float x[4] = { 257.f, 259.f, 257.5f, -259.f }, weight = 1.f;
  const float expected[4] = { 256.f, 260.f, 258.f, -260.f };
  float *const prepared = g_new (float, sst_bfloat_weights_size (&shape));
  float *const scratch = g_new (float, sst_bfloat_scratch_size (&shape));
  float y[4];

  sst_bfloat_prepare_weights (&shape, &weight, FALSE, prepared);
  sst_bfloat_forward (&shape, x, prepared, NULL, FALSE, y, scratch);
  for (int i = 0; i < 4; i++)
    ck_assert_float_eq (y[i], expected[i]);
  g_free (prepared);
  g_free (scratch);
}
END_TEST

/* A NaN is one afterwards, where a tap sees it and only there. */
START_TEST (a_nan_stays_where_a_tap_sees_it)
{
  const SstConvShape shape = { 20, 20, 3, 1, 9, 9 };
  Case c = case_new (&shape, NORMAL, FALSE);

  c.parts[X].floats[4 * 9 + 4] = NAN;
  run_forward (&c, TRUE, TRUE);
  for (int y = 0; y < 9; y++)
    for (int x = 0; x < 9; x++)
      ck_assert_int_eq (isnan (c.parts[Y].floats[7 * 81 + y * 9 + x]) != 0,
          ABS (y - 4) <= 1 && ABS (x - 4) <= 1);
  case_clear (&c);
}
END_TEST

/* Threads at the same time, each with its own scratch and tiles. */
static gpointer
repeat_forward (gpointer data)
{
  const Case *const c = data;
  const size_t n = sst_conv_out_size (&c->shape);
  float *const y = g_new (float, n);
  float *const scratch = g_new (float, sst_bfloat_scratch_size (&c->shape));
  gboolean same = TRUE;

  for (int i = 0; i < 50 && same; i++) {
    sst_bfloat_forward (&c->shape, c->parts[X].floats,
        c->parts[PREPARED].floats, NULL, FALSE, y, scratch);
    same = memcmp (y, c->parts[Y].floats, n * sizeof (float)) == 0;
  }
  g_free (scratch);
  g_free (y);
  return GINT_TO_POINTER (same);
}

START_TEST (threads_give_the_same_bits)
{
  /* of different configurations of the tiles */
  const SstConvShape shapes[2] = { {20, 20, 3, 1, 24, 24}, {64, 6, 1, 1, 9, 9}
  };
  GThread *threads[4];
  Case c[2];

  for (int i = 0; i < 2; i++) {
    c[i] = case_new (&shapes[i], NORMAL, FALSE);
    run_forward (&c[i], FALSE, FALSE);
  }
  for (int i = 0; i < 4; i++)
    threads[i] = g_thread_new (NULL, repeat_forward, &c[i % 2]);
  for (int i = 0; i < 4; i++)
    ck_assert (GPOINTER_TO_INT (g_thread_join (threads[i])));
  for (int i = 0; i < 2; i++)
    case_clear (&c[i]);
}
END_TEST

START_TEST (one_by_one_and_three_by_three_can_be_done)
{
  SstConvShape shape = { 64, 64, 3, 1, 24, 24 };
  const gboolean available = sst_bfloat_available ();

  ck_assert_int_eq (sst_bfloat_can (&shape), available);
  ck_assert_int_eq (sst_bfloat_suits (&shape), available);
  shape.stride = 2;
  ck_assert_int_eq (sst_bfloat_can (&shape), available);
  ck_assert_int_eq (sst_bfloat_suits (&shape), available);
  shape.kernel = 1;
  ck_assert (!sst_bfloat_can (&shape));
  ck_assert (!sst_bfloat_suits (&shape));
  shape.stride = 1;
  ck_assert_int_eq (sst_bfloat_can (&shape), available);
  ck_assert_int_eq (sst_bfloat_suits (&shape), available);
  shape.out_channels = 6;
  ck_assert_int_eq (sst_bfloat_can (&shape), available);
  ck_assert (!sst_bfloat_suits (&shape));
  shape.kernel = 5;
  ck_assert (!sst_bfloat_can (&shape));
  ck_assert (!sst_bfloat_suits (&shape));
}
END_TEST

static Suite *
bfloat_suite (void)
{
  Suite *const suite = suite_create ("bfloat");
  TCase *const tcase = tcase_create ("bfloat");

  tcase_add_test (tcase, one_by_one_and_three_by_three_can_be_done);
  if (sst_bfloat_available ()) {
    tcase_add_loop_test (tcase, small_integers_are_exact, 0, N_CASES);
    tcase_add_loop_test (tcase, errors_are_small, 0, N_CASES);
    tcase_add_test (tcase, ties_are_rounded_to_even);
    tcase_add_test (tcase, a_nan_stays_where_a_tap_sees_it);
    tcase_add_test (tcase, threads_give_the_same_bits);
  } else {
    suite_skips = "this CPU multiplies no matrices in bfloat16";
  }
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (bfloat)
