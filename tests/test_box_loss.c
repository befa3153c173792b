/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "fit/box_loss.h"

#include "suite.h"

#define CELLS SST_NETWORK_CELLS
#define GRID SST_NETWORK_GRID
#define SIZE (SST_NETWORK_OUTPUTS * CELLS)

static const SstBoxTerms all = { 1.f, 2.f, 5.f, 0.5f };

/* In the middle, at the border, mostly outside, tiny, huge, long. */
static const SstBox boxes[] = {
  {70.3f, 61.2f, 47.f, 52.f},
  {-10.f, 150.f, 50.f, 44.f},
  {-60.f, -45.f, 70.f, 60.f},
  {100.f, 90.f, 1.f, 1.5f},
  {-100.f, -150.f, 420.f, 380.f},
  {20.f, 99.f, 150.f, 4.f},
};

/* Outputs about what a network gives. */
static void
draw_output (guint64 seed, float *output)
{
  SstRandom random = sst_random_init (seed, 1);

  for (int i = 0; i < SIZE; i++)
    output[i] = sst_random_normal (&random, 0.7f);
}

/* The output that says it all right. */
static void
right_output (const SstBox * box, float *output)
{
  const float right = box->x + box->width, bottom = box->y + box->height;
  int best = 0;
  float nearest = G_MAXFLOAT;

  for (int i = 0; i < CELLS; i++) {
    const float x = (i % GRID + 0.5f) * SST_NETWORK_STRIDE;
    const float y = (i / GRID + 0.5f) * SST_NETWORK_STRIDE;
    const float off = hypotf (x - sst_box_center_x (box),
        y - sst_box_center_y (box));

    output[i] = -12.f;
    output[1 * CELLS + i] = logf (fmaxf (x - box->x, 0.1f) / SST_NETWORK_UNIT);
    output[2 * CELLS + i] = logf (fmaxf (y - box->y, 0.1f) / SST_NETWORK_UNIT);
    output[3 * CELLS + i] = logf (fmaxf (right - x, 0.1f) / SST_NETWORK_UNIT);
    output[4 * CELLS + i] = logf (fmaxf (bottom - y, 0.1f) / SST_NETWORK_UNIT);
    output[5 * CELLS + i] = 12.f;
    if (off < nearest) {
      nearest = off;
      best = i;
    }
  }
  output[best] = 12.f;
}

static double
total (const SstBoxTerms * terms, const SstBoxTerms * weights)
{
  return (double) weights->focal * terms->focal + weights->giou * terms->giou
      + weights->l1 * terms->l1 + weights->quality * terms->quality;
}

static double
loss_of (const float *output, const SstBox * box, gboolean present,
    const SstBoxTerms * weights)
{
  float doutput[SIZE], iou;
  const SstBoxTerms terms = sst_box_loss (output, box, present, weights, 1.f,
      doutput, &iou);

  return total (&terms, weights);
}

/* Every plane of the output, by differences at a fifth of the cells. The
 * quality's target is a constant: no gradient goes to the box by it. */
static void
check_gradient (const SstBox * box, gboolean present,
    const SstBoxTerms * weights, gboolean boxes_too)
{
  float output[SIZE], gradient[SIZE], iou;
  SstBoxTerms terms;

  draw_output (7, output);
  terms = sst_box_loss (output, box, present, weights, 3.f, gradient, &iou);
  ck_assert (iou >= 0.f && iou <= 1.f);
  ck_assert (isfinite (total (&terms, weights)));
  for (int i = 0; i < SIZE; i++) {
    const int plane = i / CELLS;
    const float saved = output[i], step = 1e-2f;
    double low, high;

    ck_assert (isfinite (gradient[i]));
    if ((plane >= 1 && plane <= 4 && !boxes_too)
        || (i % CELLS + plane) % 5 != 0)
      continue;
    output[i] = saved - step;
    low = loss_of (output, box, present, weights);
    output[i] = saved + step;
    high = loss_of (output, box, present, weights);
    output[i] = saved;
    ck_assert_msg (fabs (3.0 * (high - low) / (2.0 * step) - gradient[i])
        < 2e-3 + 0.02 * fabsf (gradient[i]),
        "box %g,%g %g x %g, plane %d, cell %d: %g, differences give %g",
        box->x, box->y, box->width, box->height, plane, i % CELLS,
        gradient[i], 3.0 * (high - low) / (2.0 * step));
  }
}

START_TEST (gradients_are_those_of_the_loss)
{
  check_gradient (&boxes[_i], TRUE, &(SstBoxTerms) { .focal = 1.f }, TRUE);
  check_gradient (&boxes[_i], TRUE, &(SstBoxTerms) { .giou = 1.f }, TRUE);
  check_gradient (&boxes[_i], TRUE, &(SstBoxTerms) { .l1 = 1.f }, TRUE);
  check_gradient (&boxes[_i], TRUE, &(SstBoxTerms) { .quality = 1.f }, FALSE);
  check_gradient (&boxes[_i], TRUE, &all, FALSE);
  check_gradient (&boxes[_i], FALSE, &all, TRUE);
}
END_TEST

/* A term of weight 0 has no gradient, and terms are reported all the same. */
START_TEST (a_term_of_weight_0_is_reported_alone)
{
  const SstBoxTerms one[4] = { {1.f, 0.f, 0.f, 0.f}, {0.f, 1.f, 0.f, 0.f},
    {0.f, 0.f, 1.f, 0.f}, {0.f, 0.f, 0.f, 1.f}
  };
  const float weight[4] = { all.focal, all.giou, all.l1, all.quality };
  float output[SIZE], sum[SIZE] = { 0.f }, doutput[SIZE], iou;
  SstBoxTerms terms = { 0 };

  draw_output (3, output);
  for (int k = 0; k < 4; k++) {
    const SstBoxTerms again = sst_box_loss (output, &boxes[0], TRUE, &one[k],
        weight[k], doutput, &iou);

    if (k == 0)
      terms = again;
    ck_assert_mem_eq (&again, &terms, sizeof (terms));
    for (int i = 0; i < SIZE; i++) {
      const int plane = i / CELLS;

      if (k == 0 ? plane != 0 : k == 3 ? plane != 5 : plane == 0 || plane == 5)
        ck_assert_float_eq (doutput[i], 0.f);
      sum[i] += doutput[i];
    }
  }
  ck_assert (terms.focal > 0.f && terms.giou > 0.f && terms.l1 > 0.f
      && terms.quality > 0.f);
  sst_box_loss (output, &boxes[0], TRUE, &all, 1.f, doutput, &iou);
  for (int i = 0; i < SIZE; i++)
    ck_assert_float_eq_tol (doutput[i], sum[i], 1e-5f);
}
END_TEST

/* An absent target: any score costs, boxes do not matter, nor does where it is
 * said to be. */
START_TEST (an_absent_target_has_no_box_to_miss)
{
  float output[SIZE], doutput[SIZE], iou = 5.f;
  SstBoxTerms terms, other;

  draw_output (4, output);
  terms = sst_box_loss (output, &boxes[0], FALSE, &all, 1.f, doutput, &iou);
  ck_assert_float_eq (iou, 0.f);
  ck_assert_float_gt (terms.focal, 0.f);
  ck_assert_float_eq (terms.giou, 0.f);
  ck_assert_float_eq (terms.l1, 0.f);
  ck_assert_float_eq (terms.quality, 0.f);
  for (int i = 0; i < SIZE; i++)
    ck_assert (i < CELLS ? doutput[i] > 0.f : doutput[i] == 0.f);
  other = sst_box_loss (output, &(SstBox) { NAN, NAN, NAN, NAN }, FALSE, &all,
      1.f, doutput, &iou);
  ck_assert_mem_eq (&terms, &other, sizeof (terms));
  for (int i = 0; i < CELLS; i++)
    output[i] = -30.f;
  terms = sst_box_loss (output, &boxes[0], FALSE, &all, 1.f, doutput, &iou);
  ck_assert_float_lt (terms.focal, 1e-9f);
}
END_TEST

/* Nothing is better than the right answer, and it costs next to nothing. */
START_TEST (the_right_answer_costs_least)
{
  const SstBox box = { 61.f, 73.f, 46.f, 38.f };
  float output[SIZE], moved[SIZE], doutput[SIZE], iou;
  SstRandom random = sst_random_init (6, 1);
  SstBoxTerms terms;
  double best;

  right_output (&box, output);
  terms = sst_box_loss (output, &box, TRUE, &all, 1.f, doutput, &iou);
  best = total (&terms, &all);
  ck_assert_float_eq_tol (iou, 1.f, 1e-4f);
  ck_assert_float_lt (fabsf (terms.giou), 1e-4f);
  ck_assert_float_lt (terms.l1, 1e-5f);
  ck_assert_float_lt (terms.quality, 1e-3f);
  ck_assert_float_lt (terms.focal, 1e-3f);
  for (int t = 0; t < 60; t++) {
    const int plane = t % SST_NETWORK_OUTPUTS;

    memcpy (moved, output, sizeof (moved));
    for (int i = 0; i < CELLS; i++)
      moved[plane * CELLS + i] += sst_random_normal (&random, plane == 0
          || plane == 5 ? 9.f : 0.3f);
    ck_assert_double_gt (loss_of (moved, &box, TRUE, &all), best);
  }
  /* the whole answer, for a target elsewhere, of another size, or absent */
  right_output (&(SstBox) { 93.f, 73.f, 46.f, 38.f }, moved);
  ck_assert_double_gt (loss_of (moved, &box, TRUE, &all), best + 0.5);
  right_output (&(SstBox) { 69.f, 73.f, 30.f, 38.f }, moved);
  ck_assert_double_gt (loss_of (moved, &box, TRUE, &all), best + 0.1);
  ck_assert_double_gt (loss_of (output, &box, FALSE, &all), 0.5);
}
END_TEST

/* Down its gradient the loss gets near nothing, wherever the target is. */
START_TEST (descent_finds_every_target)
{
  float output[SIZE], doutput[SIZE], iou;
  const SstBox *const box = &boxes[_i];
  double first = 0.0, last = 0.0;

  draw_output (8, output);
  for (int t = 0; t < 400; t++) {
    const SstBoxTerms terms = sst_box_loss (output, box, TRUE, &all, 1.f,
        doutput, &iou);

    last = total (&terms, &all);
    if (t == 0)
      first = last;
    for (int i = 0; i < SIZE; i++)
      output[i] -= 0.3f * doutput[i] / (fabsf (doutput[i]) + 0.01f) * (1.f
          - t / 400.f);
  }
  ck_assert_msg (last < 0.25 * first, "%g to %g", first, last);
}
END_TEST

/* Whatever the numbers, what comes out is some. */
START_TEST (extreme_numbers_give_finite_losses)
{
  static const float levels[] = { 0.f, 4.f, -4.f, 50.f, -50.f, 200.f, -200.f,
    1e6f, -1e6f
  };
  static const SstBox extremes[] = {
    {0.f, 0.f, 192.f, 192.f}, {96.f, 96.f, 1e-3f, 1e-3f},
    {-1e5f, -1e5f, 2e5f, 2e5f}, {1e6f, 1e6f, 10.f, 10.f},
    {-1e6f, 50.f, 10.f, 10.f}, {96.f, 96.f, 0.f, 0.f},
  };
  float output[SIZE], doutput[SIZE], iou;

  for (guint b = 0; b < G_N_ELEMENTS (extremes); b++)
    for (guint k = 0; k < G_N_ELEMENTS (levels); k++)
      for (int sign = -1; sign <= 1; sign += 2) {
        SstBoxTerms terms;

        for (int i = 0; i < SIZE; i++)
          output[i] = i % 2 ? levels[k] : sign * levels[k];
        terms = sst_box_loss (output, &extremes[b], TRUE, &all, 1.f, doutput,
            &iou);
        ck_assert_msg (isfinite (terms.focal) && isfinite (terms.giou)
            && isfinite (terms.l1) && isfinite (terms.quality),
            "box %u, level %g: %g %g %g %g", b, levels[k], terms.focal,
            terms.giou, terms.l1, terms.quality);
        ck_assert (iou >= 0.f && iou <= 1.f);
        for (int i = 0; i < SIZE; i++)
          ck_assert (isfinite (doutput[i]));
      }
}
END_TEST

static Suite *
box_loss_suite (void)
{
  Suite *suite = suite_create ("box_loss");
  TCase *tcase = tcase_create ("box_loss");

  tcase_add_loop_test (tcase, gradients_are_those_of_the_loss, 0,
      G_N_ELEMENTS (boxes));
  tcase_add_test (tcase, a_term_of_weight_0_is_reported_alone);
  tcase_add_test (tcase, an_absent_target_has_no_box_to_miss);
  tcase_add_test (tcase, the_right_answer_costs_least);
  tcase_add_loop_test (tcase, descent_finds_every_target, 0,
      G_N_ELEMENTS (boxes));
  tcase_add_test (tcase, extreme_numbers_give_finite_losses);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (box_loss)
