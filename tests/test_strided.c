/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sstrack/nn/strided.h>
#include <sstrack/random.h>

/* Of the largest value, for unit normal data. */
#define TOLERANCE 5e-6

static const SstConvShape shapes[] = {
  {3, 16, 3, 2, 96, 96},
  {32, 64, 3, 2, 24, 24},
  {16, 32, 3, 2, 49, 47},
  {1, 1, 3, 2, 1, 1},
  {1, 1, 3, 2, 2, 2},
  {3, 5, 3, 2, 2, 3},
  {17, 1, 3, 2, 5, 9},
  {5, 33, 3, 2, 7, 6},
  {20, 18, 3, 2, 13, 29},
  {4, 16, 3, 2, 1, 19},
  {2, 3, 3, 2, 23, 1},
  {2, 17, 3, 2, 5, 501},
};

#define N_SHAPES ((int) G_N_ELEMENTS (shapes))

/* Just as many floats as asked, so that tools see any access beyond. */
static float *
new_floats (SstRandom *random, size_t n)
{
  float *const floats = malloc (n * sizeof (float));

  for (size_t i = 0; i < n; i++)
    floats[i] = sst_random_normal (random, 1.f);
  return floats;
}

typedef void (*Visit) (size_t out, size_t in, size_t tap, gpointer data);

/* Every pair of cells, out and in, that a weight, tap, joins. */
static void
for_each_tap (const SstConvShape *shape, Visit visit, gpointer data)
{
  const int height = sst_conv_out_height (shape);
  const int width = sst_conv_out_width (shape);
  size_t out = 0;

  for (int o = 0; o < shape->out_channels; o++)
    for (int oy = 0; oy < height; oy++)
      for (int ox = 0; ox < width; ox++, out++)
        for (int tap = 0; tap < shape->in_channels * 9; tap++) {
          const int y = 2 * oy + tap % 9 / 3 - 1, x = 2 * ox + tap % 3 - 1;

          if (y >= 0 && y < shape->height && x >= 0 && x < shape->width)
            visit (out, ((size_t) tap / 9 * shape->height + y) * shape->width
                + x, (size_t) o * shape->in_channels * 9 + tap, data);
        }
}

/* sums[to] += a * b, each at their own index. */
typedef struct
{
  double *sums;
  const float *a, *b;
} Sums;

static void
visit_forward (size_t out, size_t in, size_t tap, gpointer data)
{
  const Sums *const s = data;

  s->sums[out] += (double) s->a[tap] * s->b[in];
}

static void
visit_input (size_t out, size_t in, size_t tap, gpointer data)
{
  const Sums *const s = data;

  s->sums[in] += (double) s->a[tap] * s->b[out];
}

static void
visit_weights (size_t out, size_t in, size_t tap, gpointer data)
{
  const Sums *const s = data;

  s->sums[tap] += (double) s->a[in] * s->b[out];
}

static double *
reference_forward (const SstConvShape *shape, const float *x,
    const float *weights, const float *bias, gboolean relu)
{
  const int n = (int) sst_conv_out_size (shape);
  double *const y = calloc (n, sizeof (double));

  for_each_tap (shape, visit_forward, &(Sums) { y, weights, x });
  for (int j = 0; j < n; j++) {
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
  SstConvShape shape;
  float *x, *dy, *weights, *bias;
  float *y, *dx, *dweights;     /* results; dweights is added to */
  float *scratch;
} Case;

static Case
case_new (int s, guint64 seed)
{
  const SstConvShape *const shape = &shapes[s];
  SstRandom random = sst_random_init (seed, s);
  Case c = { *shape };

  c.x = new_floats (&random, sst_conv_in_size (shape));
  c.dy = new_floats (&random, sst_conv_out_size (shape));
  c.weights = new_floats (&random, sst_conv_weights_size (shape));
  c.bias = new_floats (&random, shape->out_channels);
  c.y = new_floats (&random, sst_conv_out_size (shape));
  c.dx = new_floats (&random, sst_conv_in_size (shape));
  c.dweights = new_floats (&random, sst_conv_weights_size (shape));
  c.scratch = new_floats (&random, sst_strided_scratch_size (shape));
  /* What was there must not count. */
  memset (c.scratch, 0xff, sst_strided_scratch_size (shape) * sizeof (float));
  return c;
}

static void
case_clear (Case *c)
{
  free (c->x);
  free (c->dy);
  free (c->weights);
  free (c->bias);
  free (c->y);
  free (c->dx);
  free (c->dweights);
  free (c->scratch);
}

START_TEST (test_forward)
{
  Case c = case_new (_i, 1);

  for (int variant = 0; variant < 4; variant++) {
    const gboolean relu = variant & 1;
    const float *const bias = variant & 2 ? c.bias : NULL;
    double *const expected =
        reference_forward (&c.shape, c.x, c.weights, bias, relu);
    double error;

    sst_strided_forward (&c.shape, c.x, c.weights, bias, relu, c.y,
        c.scratch);
    error = error_of (c.y, expected, sst_conv_out_size (&c.shape));
    ck_assert_double_le (error, TOLERANCE);
    for (size_t i = 0; relu && i < sst_conv_out_size (&c.shape); i++)
      ck_assert (c.y[i] >= 0.f);
    free (expected);
  }
  case_clear (&c);
}

END_TEST
START_TEST (test_backward_input)
{
  Case c = case_new (_i, 2);
  const size_t n = sst_conv_in_size (&c.shape);
  double *const expected = calloc (n, sizeof (double));
  double error;

  for_each_tap (&c.shape, visit_input, &(Sums) { expected, c.weights, c.dy });
  sst_strided_backward_input (&c.shape, c.dy, c.weights, c.dx, c.scratch);
  error = error_of (c.dx, expected, n);
  ck_assert_double_le (error, TOLERANCE);
  free (expected);
  case_clear (&c);
}

END_TEST
START_TEST (test_backward_weights)
{
  Case c = case_new (_i, 3);
  const size_t n = sst_conv_weights_size (&c.shape);
  double *const expected = calloc (n, sizeof (double));
  double error;

  for (size_t i = 0; i < n; i++)
    expected[i] = c.dweights[i];
  for_each_tap (&c.shape, visit_weights, &(Sums) { expected, c.x, c.dy });
  sst_strided_backward_weights (&c.shape, c.x, c.dy, c.dweights, c.scratch);
  error = error_of (c.dweights, expected, n);
  ck_assert_double_le (error, TOLERANCE);
  free (expected);
  case_clear (&c);
}

END_TEST
/* The gradients are those of what forward computes: it is linear, so a
 * difference of any size will do. */
START_TEST (test_finite_differences)
{
  Case c = case_new (_i, 4);
  const size_t n_out = sst_conv_out_size (&c.shape);
  SstRandom random = sst_random_init (5, _i);
  double scale = 0.;

  memset (c.dweights, 0, sst_conv_weights_size (&c.shape) * sizeof (float));
  sst_strided_backward_input (&c.shape, c.dy, c.weights, c.dx, c.scratch);
  sst_strided_backward_weights (&c.shape, c.x, c.dy, c.dweights, c.scratch);

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
      sst_strided_forward (&c.shape, c.x, c.weights, NULL, FALSE, c.y,
          c.scratch);
      loss[side] = 0.;
      for (size_t i = 0; i < n_out; i++)
        loss[side] += (double) c.dy[i] * c.y[i];
    }
    values[at] = kept;
    ck_assert_double_le (fabs ((loss[1] - loss[0]) / 2.
            - (of_weights ? c.dweights[at] : c.dx[at])), TOLERANCE * scale);
  }
  case_clear (&c);
}

END_TEST
/* Wherever the scratch is and whatever it held. */
START_TEST (test_deterministic)
{
  Case c = case_new (_i, 6);
  const size_t n = sst_strided_scratch_size (&c.shape);
  const size_t n_out = sst_conv_out_size (&c.shape);
  const size_t n_weights = sst_conv_weights_size (&c.shape);
  float *const y = calloc (n_out, sizeof (float));
  float *const dweights = malloc (n_weights * sizeof (float));
  float *const memory = malloc ((n + 1) * sizeof (float));

  memset (memory, 0x7f, (n + 1) * sizeof (float));
  memcpy (dweights, c.dweights, n_weights * sizeof (float));
  sst_strided_forward (&c.shape, c.x, c.weights, c.bias, TRUE, y, memory);
  sst_strided_forward (&c.shape, c.x, c.weights, c.bias, TRUE, c.y,
      memory + 1);
  ck_assert_mem_eq (y, c.y, n_out * sizeof (float));
  sst_strided_backward_weights (&c.shape, c.x, c.dy, dweights, memory);
  sst_strided_backward_weights (&c.shape, c.x, c.dy, c.dweights, memory + 1);
  ck_assert_mem_eq (dweights, c.dweights, n_weights * sizeof (float));
  free (memory);
  free (dweights);
  free (y);
  case_clear (&c);
}

END_TEST
START_TEST (test_suits)
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
int
main (void)
{
  Suite *const suite = suite_create ("strided");
  TCase *const tcase = tcase_create ("strided");
  SRunner *runner;
  int failed;

  tcase_add_loop_test (tcase, test_forward, 0, N_SHAPES);
  tcase_add_loop_test (tcase, test_backward_input, 0, N_SHAPES);
  tcase_add_loop_test (tcase, test_backward_weights, 0, N_SHAPES);
  tcase_add_loop_test (tcase, test_finite_differences, 0, N_SHAPES);
  tcase_add_loop_test (tcase, test_deterministic, 0, N_SHAPES);
  tcase_add_test (tcase, test_suits);
  suite_add_tcase (suite, tcase);
  runner = srunner_create (suite);
  srunner_run_all (runner, CK_NORMAL);
  failed = srunner_ntests_failed (runner);
  srunner_free (runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
