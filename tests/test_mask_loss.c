/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "fit/mask_loss.h"

#include "suite.h"

#define N 50

/* The gradient is that of the loss, for a mask, for all of it and for none. */
START_TEST (gradients_are_those_of_the_loss)
{
  SstRandom random = sst_random_init (4, 1);
  float logits[N], mask[N], d[N], unused[N];

  for (int i = 0; i < N; i++) {
    logits[i] = sst_random_normal (&random, 2.f);
    mask[i] = _i == 0 ? sst_random_uniform (&random, 0.f, 1.f) : _i - 1.f;
  }
  sst_mask_loss (logits, mask, N, 1.f, d);
  for (int i = 0; i < N; i++) {
    const float saved = logits[i], step = 1e-2f;
    double change;

    logits[i] = saved + step;
    change = sst_mask_loss (logits, mask, N, 1.f, unused);
    logits[i] = saved - step;
    change -= sst_mask_loss (logits, mask, N, 1.f, unused);
    logits[i] = saved;
    ck_assert_double_eq_tol (change / (2.0 * step), d[i], 1e-4);
  }
}
END_TEST

/* One cell of target weighs as much as all others together. */
START_TEST (one_cell_of_target_weighs_as_all_others)
{
  float logits[N] = { 0.f }, mask[N] = { 1.f }, d[N], loss;
  double others = 0.0;

  loss = sst_mask_loss (logits, mask, N, 3.f, d);
  ck_assert_double_eq_tol (loss, log (2.0), 1e-5);
  for (int i = 1; i < N; i++)
    others += d[i];
  ck_assert_double_eq_tol (d[0], -0.75, 1e-5);
  ck_assert_double_eq_tol (others, 0.75, 1e-5);
}
END_TEST

static Suite *
mask_loss_suite (void)
{
  Suite *suite = suite_create ("mask loss");
  TCase *tcase = tcase_create ("mask loss");

  tcase_add_loop_test (tcase, gradients_are_those_of_the_loss, 0, 3);
  tcase_add_test (tcase, one_cell_of_target_weighs_as_all_others);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (mask_loss)
