/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* The kernels of the table (nn/kernel.h), at each level that the machine has
 * (cpu.h), against the same sums in double precision. With --bench: how long
 * each takes, and how much faster it is than its plain twin. */

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/random.h"
#include "nn/bfloat.h"
#include "nn/kernel.h"
#include "nn/strided.h"
#include "nn/winograd.h"

#include "suite.h"

/* Errors, as a share of the largest value, for unit normal data. */
static const struct
{
  const char *kernel;
  double most;
} tolerances[] = {
  {"bfloat", 1e-2},
  {"strided", 5e-6},
  {"winograd", 2e-5},
  {"unfolded", 5e-6},
};

static const struct
{
  const char *kernel;
  SstConvShape shape;
} cases[] = {
  {"strided", {3, 16, 3, 2, 96, 96}},
  {"strided", {32, 64, 3, 2, 24, 24}},
  {"strided", {16, 32, 3, 2, 49, 47}},
  {"strided", {1, 1, 3, 2, 1, 1}},
  {"strided", {1, 1, 3, 2, 2, 2}},
  {"strided", {3, 5, 3, 2, 2, 3}},
  {"strided", {17, 1, 3, 2, 5, 9}},
  {"strided", {5, 33, 3, 2, 7, 6}},
  {"strided", {20, 18, 3, 2, 13, 29}},
  {"strided", {4, 16, 3, 2, 1, 19}},
  {"strided", {2, 3, 3, 2, 23, 1}},
  {"strided", {2, 17, 3, 2, 5, 501}},
  {"winograd", {64, 64, 3, 1, 12, 12}},
  {"winograd", {96, 48, 3, 1, 8, 8}},
  {"winograd", {16, 32, 3, 1, 48, 44}},
  {"winograd", {1, 1, 3, 1, 1, 1}},
  {"winograd", {1, 1, 3, 1, 4, 4}},
  {"winograd", {3, 5, 3, 1, 2, 3}},
  {"winograd", {17, 1, 3, 1, 5, 9}},
  {"winograd", {5, 33, 3, 1, 7, 6}},
  {"winograd", {20, 18, 3, 1, 13, 23}},
  {"winograd", {4, 16, 3, 1, 1, 19}},
  {"bfloat", {64, 64, 3, 1, 12, 12}},
  {"bfloat", {16, 32, 3, 2, 48, 44}},
  {"bfloat", {5, 33, 3, 1, 7, 6}},
  {"unfolded", {16, 32, 3, 2, 49, 47}},
  {"unfolded", {17, 1, 3, 1, 5, 9}},
  {"unfolded", {4, 16, 3, 1, 1, 19}},
  {"unfolded", {1, 1, 3, 2, 1, 1}},
};

#define N_CASES ((int) G_N_ELEMENTS (cases))

/* What is tested: each case at each level that there is for it. */
static struct
{
  int at;                       /* of cases */
  SstCpuLevel level;
} runs[N_CASES * SST_N_CPU_LEVELS];
static int n_runs;

static const SstKernel *
kernel_named (const char *name)
{
  guint n;
  const SstKernel *const kernels = sst_kernels (&n);

  for (guint i = 0; i < n; i++)
    if (strcmp (kernels[i].name, name) == 0)
      return &kernels[i];
  ck_abort_msg ("no kernel is called \"%s\"", name);
}

static double
tolerance_of (const SstKernel *kernel)
{
  for (guint i = 0; i < G_N_ELEMENTS (tolerances); i++)
    if (strcmp (tolerances[i].kernel, kernel->name) == 0)
      return tolerances[i].most;
  ck_abort_msg ("no tolerance for \"%s\"", kernel->name);
}

/* Whether a kernel is there at a level, and not as it is at the one below. */
static gboolean
differs_at (const SstKernel *kernel, int level)
{
  return level >= (int) kernel->lowest && level <= (int) kernel->highest;
}

static void
list_runs (void)
{
  sst_cpu_limit (SST_CPU_AMX);
  for (int level = 0; level < SST_N_CPU_LEVELS && sst_cpu_has (level); level++)
    for (int i = 0; i < N_CASES; i++)
      if (differs_at (kernel_named (cases[i].kernel), level)) {
        runs[n_runs].at = i;
        runs[n_runs++].level = level;
      }
}

/* Just as many floats as asked, so that tools see any access beyond. */
static float *
new_floats (SstRandom *random, size_t n)
{
  float *const floats = malloc (n * sizeof (float));

  for (size_t i = 0; i < n; i++)
    floats[i] = sst_random_normal (random, 1.f);
  return floats;
}

/* For every pair of cells, out and in, that a weight, tap, joins: sums[to] +=
 * a * b, each at their own index. */
typedef enum
{ SUM_OUT, SUM_IN, SUM_TAPS } SumTo;

static void
sum_products (const SstConvShape *shape, SumTo to, const float *a,
    const float *b, double *sums)
{
  const int height = sst_conv_out_height (shape);
  const int width = sst_conv_out_width (shape);
  size_t out = 0;

  for (int o = 0; o < shape->out_channels; o++)
    for (int oy = 0; oy < height; oy++)
      for (int ox = 0; ox < width; ox++, out++)
        for (int k = 0; k < shape->in_channels * 9; k++) {
          const int y = shape->stride * oy + k % 9 / 3 - 1;
          const int x = shape->stride * ox + k % 3 - 1;
          const size_t tap = (size_t) o * shape->in_channels * 9 + k;
          const size_t in = ((size_t) k / 9 * shape->height + y)
              * shape->width + x;

          if (y < 0 || y >= shape->height || x < 0 || x >= shape->width)
            continue;
          if (to == SUM_OUT)
            sums[out] += (double) a[tap] * b[in];
          else if (to == SUM_IN)
            sums[in] += (double) a[tap] * b[out];
          else
            sums[tap] += (double) a[in] * b[out];
        }
}

static double *
reference_forward (const SstConvShape *shape, const float *x,
    const float *weights, const float *bias, gboolean relu)
{
  const size_t n = sst_conv_out_size (shape);
  double *const y = calloc (n, sizeof (double));

  sum_products (shape, SUM_OUT, weights, x, y);
  for (size_t j = 0; j < n; j++) {
    if (bias)
      y[j] += bias[j / (n / shape->out_channels)];
    if (relu)
      y[j] = MAX (y[j], 0.);
  }
  return y;
}

/* The largest error relative to the largest value. */
static double
error_of (const float *values, const double *expected, size_t n)
{
  double error = 0., largest = 0.;

  for (size_t i = 0; i < n; i++) {
    ck_assert (isfinite (values[i]));
    error = MAX (error, fabs (values[i] - expected[i]));
    largest = MAX (largest, fabs (expected[i]));
  }
  return largest > 0. ? error / largest : error;
}

typedef struct
{
  const SstKernel *kernel;
  SstConvShape shape;
  float *x, *dy, *weights, *bias;
  float *y, *dx, *dweights;     /* results; dweights is added to */
  float *transformed, *flipped; /* weights as the kernel takes them */
  float *scratch;
} Case;

static void
case_transform (Case *c)
{
  if (c->kernel->prepare == NULL)
    return;
  c->kernel->prepare (&c->shape, c->weights, FALSE, c->transformed);
  c->kernel->prepare (&c->shape, c->weights, TRUE, c->flipped);
}

static Case
case_new (const SstKernel *kernel, const SstConvShape *shape, guint64 seed)
{
  const size_t n_scratch = kernel->scratch_size (shape);
  SstRandom random = sst_random_init (seed, shape->in_channels);
  Case c = { kernel, *shape };

  c.x = new_floats (&random, sst_conv_in_size (shape));
  c.dy = new_floats (&random, sst_conv_out_size (shape));
  c.weights = new_floats (&random, sst_conv_weights_size (shape));
  c.bias = new_floats (&random, shape->out_channels);
  c.y = new_floats (&random, sst_conv_out_size (shape));
  c.dx = new_floats (&random, sst_conv_in_size (shape));
  c.dweights = new_floats (&random, sst_conv_weights_size (shape));
  c.transformed = c.flipped = c.weights;
  if (kernel->prepare != NULL) {
    c.transformed = new_floats (&random, kernel->weights_size (shape));
    c.flipped = new_floats (&random, kernel->weights_size (shape));
  }
  c.scratch = new_floats (&random, n_scratch);
  /* What was there must not count. */
  memset (c.scratch, 0xff, n_scratch * sizeof (float));
  case_transform (&c);
  return c;
}

/* The case of a run; goes to its level. */
static Case
case_of_run (int run, guint64 seed)
{
  const int i = runs[run].at;

  sst_cpu_limit (runs[run].level);
  return case_new (kernel_named (cases[i].kernel), &cases[i].shape, seed);
}

static void
case_clear (Case *c)
{
  if (c->kernel->prepare != NULL) {
    free (c->transformed);
    free (c->flipped);
  }
  free (c->x);
  free (c->dy);
  free (c->weights);
  free (c->bias);
  free (c->y);
  free (c->dx);
  free (c->dweights);
  free (c->scratch);
}

START_TEST (results_are_sums_of_products)
{
  Case c = case_of_run (_i, 1);

  for (int variant = 0; variant < 4; variant++) {
    const gboolean relu = variant & 1;
    const float *const bias = variant & 2 ? c.bias : NULL;
    double *const expected =
        reference_forward (&c.shape, c.x, c.weights, bias, relu);
    double error;

    c.kernel->forward (&c.shape, c.x, c.transformed, bias, relu, c.y,
        c.scratch);
    error = error_of (c.y, expected, sst_conv_out_size (&c.shape));
    ck_assert_double_le (error, tolerance_of (c.kernel));
    for (size_t i = 0; relu && i < sst_conv_out_size (&c.shape); i++)
      ck_assert (c.y[i] >= 0.f);
    free (expected);
  }
  case_clear (&c);
}
END_TEST

START_TEST (gradients_of_the_input_are_sums_of_products)
{
  Case c = case_of_run (_i, 2);
  const size_t n = sst_conv_in_size (&c.shape);
  double *const expected = calloc (n, sizeof (double));
  double error;

  sum_products (&c.shape, SUM_IN, c.weights, c.dy, expected);
  c.kernel->backward_input (&c.shape, c.dy, c.flipped, c.dx, c.scratch);
  error = error_of (c.dx, expected, n);
  ck_assert_double_le (error, tolerance_of (c.kernel));
  free (expected);
  case_clear (&c);
}
END_TEST

START_TEST (gradients_of_the_weights_are_sums_of_products)
{
  Case c = case_of_run (_i, 3);
  const size_t n = sst_conv_weights_size (&c.shape);
  double *const expected = calloc (n, sizeof (double));
  double error;

  for (size_t i = 0; i < n; i++)
    expected[i] = c.dweights[i];
  sum_products (&c.shape, SUM_TAPS, c.x, c.dy, expected);
  c.kernel->backward_weights (&c.shape, c.x, c.dy, c.dweights, c.scratch);
  error = error_of (c.dweights, expected, n);
  ck_assert_double_le (error, tolerance_of (c.kernel));
  free (expected);
  case_clear (&c);
}
END_TEST

/* The gradients are those of what forward computes: it is linear, so a
 * difference of any size will do. */
START_TEST (gradients_are_those_of_the_results)
{
  Case c = case_of_run (_i, 4);
  const size_t n_out = sst_conv_out_size (&c.shape);
  SstRandom random = sst_random_init (5, _i);
  double scale = 0.;

  memset (c.dweights, 0, sst_conv_weights_size (&c.shape) * sizeof (float));
  c.kernel->backward_input (&c.shape, c.dy, c.flipped, c.dx, c.scratch);
  c.kernel->backward_weights (&c.shape, c.x, c.dy, c.dweights, c.scratch);

  for (size_t i = 0; i < n_out; i++)
    scale += c.dy[i] * c.dy[i];
  scale = sqrt (scale * 9 * c.shape.in_channels);

  for (int probe = 0; probe < 10; probe++) {
    const gboolean of_weights = probe & 1;
    float *const values = of_weights ? c.weights : c.x;
    const size_t n = of_weights ? sst_conv_weights_size (&c.shape)
        : sst_conv_in_size (&c.shape);
    const size_t at = sst_random_below (&random, (guint) n);
    const float kept = values[at];
    double loss[2];

    for (int side = 0; side < 2; side++) {
      values[at] = side ? kept + 1.f : kept - 1.f;
      case_transform (&c);
      c.kernel->forward (&c.shape, c.x, c.transformed, NULL, FALSE, c.y,
          c.scratch);
      loss[side] = 0.;
      for (size_t i = 0; i < n_out; i++)
        loss[side] += (double) c.dy[i] * c.y[i];
    }
    values[at] = kept;
    ck_assert_double_le (fabs ((loss[1] - loss[0]) / 2.
            - (of_weights ? c.dweights[at] : c.dx[at])),
        tolerance_of (c.kernel) * scale);
  }
  case_clear (&c);
}
END_TEST

/* Wherever the scratch is and whatever it held. */
START_TEST (the_same_input_gives_the_same_bits)
{
  Case c = case_of_run (_i, 6);
  const size_t n = c.kernel->scratch_size (&c.shape);
  const size_t n_out = sst_conv_out_size (&c.shape);
  const size_t n_weights = sst_conv_weights_size (&c.shape);
  float *const y = calloc (n_out, sizeof (float));
  float *const dweights = malloc (n_weights * sizeof (float));
  float *const memory = malloc ((n + 1) * sizeof (float));

  memset (memory, 0x7f, (n + 1) * sizeof (float));
  memcpy (dweights, c.dweights, n_weights * sizeof (float));
  c.kernel->forward (&c.shape, c.x, c.transformed, c.bias, TRUE, y, memory);
  c.kernel->forward (&c.shape, c.x, c.transformed, c.bias, TRUE, c.y,
      memory + 1);
  ck_assert_mem_eq (y, c.y, n_out * sizeof (float));
  c.kernel->backward_weights (&c.shape, c.x, c.dy, dweights, memory);
  c.kernel->backward_weights (&c.shape, c.x, c.dy, c.dweights, memory + 1);
  ck_assert_mem_eq (dweights, c.dweights, n_weights * sizeof (float));
  free (memory);
  free (dweights);
  free (y);
  case_clear (&c);
}
END_TEST

START_TEST (a_limit_hides_the_levels_above_it)
{
  for (int level = SST_N_CPU_LEVELS - 1; level >= 0; level--) {
    sst_cpu_limit (level);
    for (int above = level + 1; above < SST_N_CPU_LEVELS; above++)
      ck_assert (!sst_cpu_has (above));
  }
  ck_assert (sst_cpu_has (SST_CPU_PLAIN));
  ck_assert (!sst_bfloat_available ());
  ck_assert_str_eq (sst_cpu_level_to_string (SST_CPU_AVX512), "avx512");
}
END_TEST

/* Each kernel is tested, at the highest level that it differs at. */
START_TEST (every_kernel_is_tested)
{
  guint n;
  const SstKernel *const kernels = sst_kernels (&n);

  sst_cpu_limit (SST_CPU_AMX);
  for (guint k = 0; k < n; k++) {
    gboolean tested = !sst_cpu_has (kernels[k].lowest);

    for (int run = 0; run < n_runs; run++)
      tested |= strcmp (cases[runs[run].at].kernel, kernels[k].name) == 0
          && (runs[run].level == kernels[k].highest
          || !sst_cpu_has (runs[run].level + 1));
    ck_assert_msg (tested, "%s", kernels[k].name);
  }
}
END_TEST

START_TEST (the_first_kernel_that_suits_is_chosen)
{
  const SstConvShape wide = { 64, 64, 3, 1, 24, 24 };
  const SstConvShape strided = { 3, 16, 3, 2, 96, 96 };
  const SstConvShape pointwise = { 64, 6, 1, 1, 24, 24 };

  for (int level = 0; level < SST_N_CPU_LEVELS; level++) {
    sst_cpu_limit (level);
    ck_assert_str_eq (sst_kernel_choose (&wide, FALSE)->name, "winograd");
    ck_assert_str_eq (sst_kernel_choose (&strided, FALSE)->name,
        sst_cpu_has (SST_CPU_FMA) ? "strided" : "unfolded");
    ck_assert_str_eq (sst_kernel_choose (&pointwise, FALSE)->name, "unfolded");
    ck_assert_str_eq (sst_kernel_choose (&wide, TRUE)->name,
        sst_cpu_has (SST_CPU_AMX) ? "bfloat" : "winograd");
  }
}
END_TEST

START_TEST (strided_does_three_by_three_at_stride_two)
{
  SstConvShape shape = { 3, 16, 3, 2, 192, 192 };
  /* the CPU decides, for every shape of these */
  const gboolean suits = sst_strided_suits (&shape);

  shape.width = shape.height = 1;
  ck_assert_int_eq (sst_strided_suits (&shape), suits);
  shape.stride = 1;
  ck_assert (!sst_strided_suits (&shape));
  shape.stride = 2;
  shape.kernel = 5;
  ck_assert (!sst_strided_suits (&shape));
  shape.kernel = 1;
  ck_assert (!sst_strided_suits (&shape));
}
END_TEST

START_TEST (winograd_does_three_by_three_at_stride_one)
{
  SstConvShape shape = { 64, 64, 3, 1, 24, 24 };

  ck_assert (sst_winograd_suits (&shape));
  shape.stride = 2;
  ck_assert (!sst_winograd_suits (&shape));
  shape.stride = 1;
  shape.kernel = 5;
  ck_assert (!sst_winograd_suits (&shape));
  shape.kernel = 1;
  ck_assert (!sst_winograd_suits (&shape));
  shape.kernel = 3;
  shape.in_channels = 3;
  ck_assert (!sst_winograd_suits (&shape));
  shape.in_channels = 64;
  shape.height = 4;
  ck_assert (!sst_winograd_suits (&shape));
}
END_TEST

/* Milliseconds of the thread for a call, the best of some. */
static double
time_of (void (*run) (const Case *), const Case *c)
{
  double best = INFINITY;

  for (int i = 0; i < 40; i++) {
    struct timespec from, to;

    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &from);
    run (c);
    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &to);
    best = MIN (best, (to.tv_sec - from.tv_sec) * 1e3
        + (to.tv_nsec - from.tv_nsec) / 1e6);
  }
  return best;
}

static void
run_forward (const Case *c)
{
  c->kernel->forward (&c->shape, c->x, c->transformed, c->bias, TRUE, c->y,
      c->scratch);
}

static void
run_input (const Case *c)
{
  c->kernel->backward_input (&c->shape, c->dy, c->flipped, c->dx, c->scratch);
}

static void
run_weights (const Case *c)
{
  c->kernel->backward_weights (&c->shape, c->x, c->dy, c->dweights, c->scratch);
}

/* Shapes of the networks, and some beside them. */
static const SstConvShape bench_shapes[] = {
  {64, 64, 3, 1, 24, 24},
  {96, 64, 3, 1, 24, 24},
  {48, 48, 3, 1, 24, 24},
  {16, 16, 3, 1, 24, 24},
  {64, 64, 3, 1, 12, 12},
  {32, 32, 3, 1, 48, 48},
  {128, 128, 3, 1, 12, 12},
  {64, 64, 1, 1, 24, 24},
  {128, 64, 1, 1, 24, 24},
  {64, 6, 1, 1, 24, 24},
  {3, 16, 3, 2, 192, 192},
  {16, 32, 3, 2, 96, 96},
  {32, 64, 3, 2, 48, 48},
  {64, 128, 3, 2, 24, 24},
};

/* A line: milliseconds for y, dx and dw, and how many times faster than the
 * twin's, which are measured where the kernel is the twin. */
static void
bench_one (const SstKernel *kernel, const SstConvShape *shape,
    SstCpuLevel level, double twin[3])
{
  void (*const ways[]) (const Case *) = { run_forward, run_input, run_weights };
  Case c = case_new (kernel, shape, 1);

  printf ("%-10s %-8s %3d to %3d, %d x %d / %d, %3d x %-3d  ", kernel->name,
      sst_cpu_level_to_string (level), shape->in_channels, shape->out_channels,
      shape->kernel, shape->kernel, shape->stride, shape->width, shape->height);
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++) {
    const double ms = time_of (ways[i], &c);

    if (kernel->highest == SST_CPU_PLAIN)
      twin[i] = ms;
    printf (" %8.3f (%5.2f)", ms, twin[i] / ms);
  }
  printf ("\n");
  case_clear (&c);
}

/* For each shape the plain twin, then each kernel that suits it, by level. */
START_TEST (every_kernel_is_timed)
{
  guint n;
  const SstKernel *const kernels = sst_kernels (&n);

  printf ("%-10s %-8s %-33s %16s %16s %16s\n", "kernel", "level", "shape",
      "y, ms", "dx", "dw");
  for (guint i = 0; i < G_N_ELEMENTS (bench_shapes); i++) {
    const SstConvShape *const shape = &bench_shapes[i];
    double twin[3];

    sst_cpu_limit (SST_CPU_AMX);
    for (int level = 0; level < SST_N_CPU_LEVELS && sst_cpu_has (level);
        level++) {
      sst_cpu_limit (level);
      for (guint k = n; k-- > 0;)
        if (differs_at (&kernels[k], level) && kernels[k].suits (shape))
          bench_one (&kernels[k], shape, level, twin);
      sst_cpu_limit (SST_CPU_AMX);
    }
  }
}
END_TEST

static Suite *
kernels_suite (void)
{
  Suite *const suite = suite_create ("kernels");
  TCase *tcase = tcase_create ("kernels");

  list_runs ();
  tcase_add_test (tcase, a_limit_hides_the_levels_above_it);
  tcase_add_test (tcase, every_kernel_is_tested);
  tcase_add_test (tcase, the_first_kernel_that_suits_is_chosen);
  tcase_add_loop_test (tcase, results_are_sums_of_products, 0, n_runs);
  tcase_add_loop_test (tcase, gradients_of_the_input_are_sums_of_products,
      0, n_runs);
  tcase_add_loop_test (tcase, gradients_of_the_weights_are_sums_of_products,
      0, n_runs);
  tcase_add_loop_test (tcase, gradients_are_those_of_the_results, 0, n_runs);
  tcase_add_loop_test (tcase, the_same_input_gives_the_same_bits, 0, n_runs);
  tcase_add_test (tcase, strided_does_three_by_three_at_stride_two);
  tcase_add_test (tcase, winograd_does_three_by_three_at_stride_one);
  suite_add_tcase (suite, tcase);

  /* takes a while, and says nothing that a test could judge */
  if (g_strcmp0 (g_getenv ("CK_RUN_CASE"), "bench") == 0) {
    tcase = tcase_create ("bench");
    tcase_set_timeout (tcase, 600);
    tcase_add_test (tcase, every_kernel_is_timed);
    suite_add_tcase (suite, tcase);
  }
  return suite;
}

SUITE_MAIN (kernels)
