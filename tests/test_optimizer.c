/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/optimizer.h"

#include "suite.h"

#define N 5
#define NO_CLIP 1e9f

/* Of sum_i s_i (x_i - goal_i)^2 / 2, very different scales. */
static const float scales[N] = { 1e-3f, 0.1f, 1.f, 30.f, 1000.f };
static const float goals[N] = { 1.f, -2.f, 0.5f, 3.f, -0.25f };

static void
gradient_of (const float *x, float *gradient)
{
  for (int i = 0; i < N; i++)
    gradient[i] = scales[i] * (x[i] - goals[i]);
}

START_TEST (a_quadratic_is_minimized)
{
  const float start[N] = { 0.f };
  SstOptimizer *optimizer = sst_optimizer_new (N, start);
  float gradient[N];

  for (int t = 0; t < 2000; t++) {
    gradient_of (optimizer->parameters, gradient);
    sst_optimizer_step (optimizer, gradient, 0.02f * (1.f - t / 2000.f), 0.f,
        NO_CLIP, 0.9f);
  }
  ck_assert_uint_eq (optimizer->step, 2000);
  for (int i = 0; i < N; i++) {
    ck_assert_float_eq_tol (optimizer->parameters[i], goals[i], 1e-2f);
    ck_assert_float_eq_tol (optimizer->mean[i], goals[i], 1e-2f);
  }
  sst_optimizer_free (&optimizer);
  ck_assert_ptr_null (optimizer);
  sst_optimizer_free (&optimizer);
}
END_TEST

/* Others stay to the bit, and their gradient is no part of the norm. */
START_TEST (parameters_left_out_stay)
{
  const float start[N] = { 0.3f, -1.f, 2.f, 0.f, 5.f };
  const float gradient[N] = { 3.f, 100.f, NAN, 4.f, 1000.f };
  const SstSpan spans[] = { {0, 1}, {3, 1} };
  SstOptimizer *optimizer = sst_optimizer_new (N, start);

  optimizer->anchor = gradient;
  optimizer->n_anchored = N;
  optimizer->pull = 0.5f;
  sst_optimizer_train_only (optimizer, spans, G_N_ELEMENTS (spans));
  ck_assert_float_eq (sst_optimizer_step (optimizer, gradient, 0.1f, 0.1f,
          NO_CLIP, 0.5f), 5.f);
  for (int i = 0; i < N; i++) {
    const gboolean trained = i == 0 || i == 3;

    ck_assert_int_eq (optimizer->parameters[i] != start[i], trained);
    ck_assert_int_eq (optimizer->mean[i] != start[i], trained);
  }
  sst_optimizer_free (&optimizer);
}
END_TEST

/* The steps of Adam as the paper has them, in double precision. */
START_TEST (steps_are_those_of_the_paper)
{
  const float start[N] = { 0.3f, -1.f, 2.f, 0.f, 5.f };
  const float rate = 0.01f, decay = 0.1f, ema = 0.99f;
  SstOptimizer *optimizer = sst_optimizer_new (N, start);
  double x[N], mean[N], m[N] = { 0.0 }, v[N] = { 0.0 };
  float gradient[N];

  for (int i = 0; i < N; i++)
    x[i] = mean[i] = start[i];
  optimizer->decay[1] = optimizer->decay[4] = 1.f;
  for (int t = 1; t <= 50; t++) {
    const double keep = fmin (ema, (1.0 + t) / (10.0 + t));
    double norm = 0.0;

    for (int i = 0; i < N; i++) {
      const double g = gradient[i] = sinf (t * (i + 1.f));

      norm += g * g;
      m[i] = 0.9 * m[i] + 0.1 * g;
      v[i] = 0.999 * v[i] + 0.001 * g * g;
      x[i] -= rate * (m[i] / (1.0 - pow (0.9, t)) / (sqrt (v[i] / (1.0
                      - pow (0.999, t))) + 1e-8)
          + (i == 1 || i == 4 ? decay : 0.0) * x[i]);
      mean[i] = keep * mean[i] + (1.0 - keep) * x[i];
    }
    ck_assert_double_eq_tol (sst_optimizer_step (optimizer, gradient, rate,
            decay, NO_CLIP, ema), sqrt (norm), 1e-5);
    for (int i = 0; i < N; i++) {
      ck_assert_double_eq_tol (optimizer->parameters[i], x[i], 1e-4);
      ck_assert_double_eq_tol (optimizer->mean[i], mean[i], 1e-4);
    }
  }
  sst_optimizer_free (&optimizer);
}
END_TEST

/* Without a gradient, what decays shrinks and what doesn't stays to the bit. */
START_TEST (decay_shrinks_what_it_should)
{
  const float start[N] = { 1.f, 1.f, -1.f, -1.f, 0.f }, zero[N] = { 0.f };
  SstOptimizer *optimizer = sst_optimizer_new (N, start);

  optimizer->decay[0] = optimizer->decay[2] = 1.f;
  for (int t = 0; t < 10; t++)
    ck_assert_float_eq (sst_optimizer_step (optimizer, zero, 0.1f, 0.5f, 1.f,
            0.9f), 0.f);
  for (int i = 0; i < N; i++) {
    if (optimizer->decay[i] > 0.f)
      ck_assert_float_eq_tol (optimizer->parameters[i],
          start[i] * powf (1.f - 0.05f, 10.f), 1e-5f);
    else
      ck_assert_float_eq (optimizer->parameters[i], start[i]);
  }
  sst_optimizer_free (&optimizer);
}
END_TEST

/* A gradient too long counts as one of just that length. */
START_TEST (a_long_gradient_is_clipped)
{
  const float start[N] = { 0.f };
  SstOptimizer *clipped = sst_optimizer_new (N, start);
  SstOptimizer *plain = sst_optimizer_new (N, start);

  for (int t = 0; t < 20; t++) {
    float gradient[N], unit[N];
    double norm = 0.0;

    for (int i = 0; i < N; i++) {
      gradient[i] = (t % 2 ? 1e20f : 7.f) * cosf (i + 0.1f * t);
      norm += (double) gradient[i] * gradient[i];
    }
    norm = sqrt (norm);
    for (int i = 0; i < N; i++)
      unit[i] = (float) (gradient[i] * 2.0 / norm);
    ck_assert_double_eq_tol (sst_optimizer_step (clipped, gradient, 0.01f, 0.f,
            2.f, 0.9f) / norm, 1.0, 1e-5);
    sst_optimizer_step (plain, unit, 0.01f, 0.f, 2.1f, 0.9f);
    for (int i = 0; i < N; i++) {
      ck_assert_float_eq_tol (clipped->parameters[i], plain->parameters[i],
          1e-5f);
      ck_assert_float_eq_tol (clipped->second[i], plain->second[i], 1e-5f);
    }
  }
  /* a short one is left as it is */
  for (int i = 0; i < N; i++)
    clipped->first[i] = 0.f;
  sst_optimizer_step (clipped, (const float[N]) { 0.5f }, 0.01f, 0.f, 2.f,
      0.9f);
  ck_assert_float_eq_tol (clipped->first[0], 0.05f, 1e-6f);
  sst_optimizer_free (&clipped);
  sst_optimizer_free (&plain);
}
END_TEST

/* The mean follows fast at first, then as slowly as was asked. */
START_TEST (the_mean_follows_fast_and_then_slowly)
{
  const float start[1] = { 0.f };
  SstOptimizer *optimizer = sst_optimizer_new (1, start);
  float before;

  sst_optimizer_step (optimizer, (const float[1]) { -1.f }, 1.f, 0.f, NO_CLIP,
      0.999f);
  ck_assert_float_eq_tol (optimizer->parameters[0], 1.f, 1e-5f);
  ck_assert_float_gt (optimizer->mean[0], 0.5f);
  optimizer->step = 1000000;
  before = optimizer->mean[0];
  sst_optimizer_step (optimizer, (const float[1]) { -1.f }, 1.f, 0.f, NO_CLIP,
      0.999f);
  ck_assert_float_eq_tol (optimizer->mean[0], before + 0.001f
      * (optimizer->parameters[0] - before), 1e-6f);
  sst_optimizer_free (&optimizer);
}
END_TEST

/* Where a number is none, nothing has happened at all. */
START_TEST (a_gradient_with_nan_changes_nothing)
{
  static const float bad[] = { NAN, INFINITY, -INFINITY, 3e38f };
  const float start[N] = { 1.f, 2.f, 3.f, 4.f, 5.f };
  SstOptimizer *optimizer = sst_optimizer_new (N, start);
  float gradient[N], saved[5][N];

  for (int i = 0; i < N; i++)
    optimizer->decay[i] = 1.f;
  gradient_of (optimizer->parameters, gradient);
  sst_optimizer_step (optimizer, gradient, 0.1f, 0.1f, 1.f, 0.9f);
  memcpy (saved[0], optimizer->parameters, sizeof (saved[0]));
  memcpy (saved[1], optimizer->mean, sizeof (saved[0]));
  memcpy (saved[2], optimizer->first, sizeof (saved[0]));
  memcpy (saved[3], optimizer->second, sizeof (saved[0]));
  memcpy (saved[4], optimizer->decay, sizeof (saved[0]));
  for (guint k = 0; k < G_N_ELEMENTS (bad); k++) {
    gradient_of (optimizer->parameters, gradient);
    gradient[k] = bad[k];
    gradient[4] = bad[k];       /* two of the last: a norm too large */
    ck_assert (!isfinite (sst_optimizer_step (optimizer, gradient, 0.1f, 0.1f,
                1.f, 0.9f)));
    ck_assert_uint_eq (optimizer->step, 1);
    ck_assert_mem_eq (saved[0], optimizer->parameters, sizeof (saved[0]));
    ck_assert_mem_eq (saved[1], optimizer->mean, sizeof (saved[0]));
    ck_assert_mem_eq (saved[2], optimizer->first, sizeof (saved[0]));
    ck_assert_mem_eq (saved[3], optimizer->second, sizeof (saved[0]));
    ck_assert_mem_eq (saved[4], optimizer->decay, sizeof (saved[0]));
  }
  sst_optimizer_free (&optimizer);
}
END_TEST

static Suite *
optimizer_suite (void)
{
  Suite *suite = suite_create ("optimizer");
  TCase *tcase = tcase_create ("optimizer");

  tcase_add_test (tcase, a_quadratic_is_minimized);
  tcase_add_test (tcase, steps_are_those_of_the_paper);
  tcase_add_test (tcase, parameters_left_out_stay);
  tcase_add_test (tcase, decay_shrinks_what_it_should);
  tcase_add_test (tcase, a_long_gradient_is_clipped);
  tcase_add_test (tcase, the_mean_follows_fast_and_then_slowly);
  tcase_add_test (tcase, a_gradient_with_nan_changes_nothing);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (optimizer)
