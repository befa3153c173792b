/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sstrack/nn/winograd.h>
#include <sstrack/random.h>

/* Of the largest value, for unit normal data. */
#define TOLERANCE 2e-5

static const SstConvShape shapes[] = {
  {64, 64, 3, 1, 12, 12},
  {96, 48, 3, 1, 8, 8},
  {16, 32, 3, 1, 48, 44},
  {1, 1, 3, 1, 1, 1},
  {1, 1, 3, 1, 4, 4},
  {3, 5, 3, 1, 2, 3},
  {17, 1, 3, 1, 5, 9},
  {5, 33, 3, 1, 7, 6},
  {20, 18, 3, 1, 13, 23},
  {4, 16, 3, 1, 1, 19},
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

/* For every pair of cells, out and in, that a weight, tap, joins. */
#define FOR_EACH_TAP(shape, out, in, tap) \
  for (int o = 0; o < (shape)->out_channels; o++) \
    for (int i = 0; i < (shape)->in_channels; i++) \
      for (int k = 0, tap = (o * (shape)->in_channels + i) * 9; k < 9; \
          k++, tap++) \
        for (int yy = MAX (1 - k / 3, 0); \
            yy < MIN ((shape)->height, (shape)->height + 1 - k / 3); yy++) \
          for (int xx = MAX (1 - k % 3, 0), \
              out = (o * (shape)->height + yy) * (shape)->width + xx, \
              in = (i * (shape)->height + yy + k / 3 - 1) * (shape)->width \
              + xx + k % 3 - 1; \
              xx < MIN ((shape)->width, (shape)->width + 1 - k % 3); \
              xx++, out++, in++)

static double *
reference_forward (const SstConvShape *shape, const float *x,
    const float *weights, const float *bias, gboolean relu)
{
  const int n = (int) sst_conv_out_size (shape);
  double *const y = calloc (n, sizeof (double));

  FOR_EACH_TAP (shape, out, in, tap)
    y[out] += (double) weights[tap] * x[in];
  for (int j = 0; j < n; j++) {
    if (bias)
      y[j] += bias[j / (shape->height * shape->width)];
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
  float *transformed, *flipped, *scratch;
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
  c.transformed = new_floats (&random, sst_winograd_weights_size (shape));
  c.flipped = new_floats (&random, sst_winograd_weights_size (shape));
  c.scratch = new_floats (&random, sst_winograd_scratch_size (shape));
  /* What was there must not count. */
  memset (c.scratch, 0xff, sst_winograd_scratch_size (shape) * sizeof (float));
  sst_winograd_transform_weights (shape, c.weights, FALSE, c.transformed);
  sst_winograd_transform_weights (shape, c.weights, TRUE, c.flipped);
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
  free (c->transformed);
  free (c->flipped);
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

    sst_winograd_forward (&c.shape, c.x, c.transformed, bias, relu, c.y,
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

  FOR_EACH_TAP (&c.shape, out, in, tap)
    expected[in] += (double) c.weights[tap] * c.dy[out];
  sst_winograd_backward_input (&c.shape, c.dy, c.flipped, c.dx, c.scratch);
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
  FOR_EACH_TAP (&c.shape, out, in, tap)
    expected[tap] += (double) c.x[in] * c.dy[out];
  sst_winograd_backward_weights (&c.shape, c.x, c.dy, c.dweights, c.scratch);
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
  sst_winograd_backward_input (&c.shape, c.dy, c.flipped, c.dx, c.scratch);
  sst_winograd_backward_weights (&c.shape, c.x, c.dy, c.dweights, c.scratch);

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
      sst_winograd_transform_weights (&c.shape, c.weights, FALSE,
          c.transformed);
      sst_winograd_forward (&c.shape, c.x, c.transformed, NULL, FALSE, c.y,
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
  const size_t n = sst_winograd_scratch_size (&c.shape);
  const size_t n_out = sst_conv_out_size (&c.shape);
  const size_t n_weights = sst_conv_weights_size (&c.shape);
  float *const y = calloc (n_out, sizeof (float));
  float *const dweights = malloc (n_weights * sizeof (float));
  float *const memory = malloc ((n + 1) * sizeof (float));

  memset (memory, 0x7f, (n + 1) * sizeof (float));
  memcpy (dweights, c.dweights, n_weights * sizeof (float));
  sst_winograd_forward (&c.shape, c.x, c.transformed, c.bias, TRUE, y, memory);
  sst_winograd_forward (&c.shape, c.x, c.transformed, c.bias, TRUE, c.y,
      memory + 1);
  ck_assert_mem_eq (y, c.y, n_out * sizeof (float));
  sst_winograd_backward_weights (&c.shape, c.x, c.dy, dweights, memory);
  sst_winograd_backward_weights (&c.shape, c.x, c.dy, c.dweights, memory + 1);
  ck_assert_mem_eq (dweights, c.dweights, n_weights * sizeof (float));
  free (memory);
  free (dweights);
  free (y);
  case_clear (&c);
}

END_TEST
START_TEST (test_suits)
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
int
main (void)
{
  Suite *const suite = suite_create ("winograd");
  TCase *const tcase = tcase_create ("winograd");
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
