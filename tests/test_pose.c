/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "suite.h"
#include "toy.h"

#include "fit/pose.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N 6
#define CROPS 9
#define DIM 5
#define PLACEMENT_SIZE (DIM + 1)
#define ORDERING_SIZE ((3 * DIM + 2) * SST_ORDERING_HIDDEN + 1)
#define BEFORE 0.25f
#define SCALE 0.7f

/* The tensors follow one another and fill the array. */
START_TEST (tensors_fill_the_array)
{
  SstTensorSpec placement[SST_PLACEMENT_N_TENSORS];
  SstTensorSpec ordering[SST_ORDERING_N_TENSORS];
  size_t size = 0;

  ck_assert_uint_eq (sst_placement_specs (DIM, placement), PLACEMENT_SIZE);
  for (int i = 0; i < SST_PLACEMENT_N_TENSORS; i++)
    size += sst_tensor_spec_size (&placement[i]);
  ck_assert_uint_eq (size, PLACEMENT_SIZE);
  size = 0;
  ck_assert_uint_eq (sst_ordering_specs (DIM, ordering), ORDERING_SIZE);
  for (int i = 0; i < SST_ORDERING_N_TENSORS; i++)
    size += sst_tensor_spec_size (&ordering[i]);
  ck_assert_uint_eq (size, ORDERING_SIZE);
}
END_TEST

typedef struct
{
  SstPlacement placement;
  SstEmbeddings batch;
  int targets[CROPS];
  float ious[CROPS], weights[CROPS], labels[N];
  float u[N * DIM], w[CROPS * DIM], du[N * DIM], dw[CROPS * DIM];
  float params[ORDERING_SIZE], dparams[ORDERING_SIZE];
  float *scratch;
} Fixture;

static void
setup (Fixture * f)
{
  const int targets[CROPS] = { 0, 0, 1, 1, 1, 2, 4, 4, 3 };
  const float ious[CROPS] = { 0.9f, 0, 0.6f, 0.3f, 0.45f, 1, 0.2f, 0.7f, -1 };
  const float weights[CROPS] = { 1, 0.5f, 1, 0.3f, 1, 0, 1, 1, 1 };
  const float labels[N] = { 1, 0, 0, -1, 1, 0 };
  SstRandom random = sst_random_init (12, 1);

  memcpy (f->targets, targets, sizeof targets);
  memcpy (f->ious, ious, sizeof ious);
  memcpy (f->weights, weights, sizeof weights);
  memcpy (f->labels, labels, sizeof labels);
  f->placement = (SstPlacement) {CROPS, DIM, f->targets, f->ious, f->weights};
  f->batch = (SstEmbeddings) {N, DIM, NULL, f->weights};
  toy_fill (&random, f->u, N * DIM, 0.5f);
  toy_fill (&random, f->w, CROPS * DIM, 0.5f);
  toy_fill (&random, f->params, ORDERING_SIZE, 0.5f);
  for (int i = 0; i < N * DIM; i++)
    f->du[i] = BEFORE;
  for (int i = 0; i < CROPS * DIM; i++)
    f->dw[i] = BEFORE;
  for (int i = 0; i < ORDERING_SIZE; i++)
    f->dparams[i] = BEFORE;
  f->scratch = g_new (float, MAX (2 * CROPS,
          sst_ordering_scratch_size (N, DIM)));
}

static float
placement_loss (gpointer data)
{
  Fixture *f = data;

  return sst_placement_loss (&f->placement, f->params, f->u, f->w, SCALE,
      f->dparams, f->du, f->dw, f->scratch);
}

static float
ordering_loss (gpointer data)
{
  Fixture *f = data;

  return sst_ordering_loss (&f->batch, f->params, f->u, f->w, f->labels, SCALE,
      f->dparams, f->du, f->dw, f->scratch);
}

START_TEST (gradients_are_those_of_the_losses)
{
  static const ToyLoss losses[] = { placement_loss, ordering_loss };
  static const int sizes[] = { PLACEMENT_SIZE, ORDERING_SIZE };
  static const int rows[] = { CROPS, N };
  Fixture f, first;

  setup (&f);
  losses[_i] (&f);
  first = f;
  toy_check_gradient (losses[_i], &f, f.u, N * DIM, first.du, BEFORE, SCALE);
  toy_check_gradient (losses[_i], &f, f.w, rows[_i] * DIM, first.dw, BEFORE,
      SCALE);
  toy_check_gradient (losses[_i], &f, f.params, sizes[_i], first.dparams,
      BEFORE, SCALE);
  g_free (f.scratch);
}
END_TEST

/* What is neither inside nor outside, or unknown, or of weight 0, may hold
 * anything. */
START_TEST (rows_left_out_may_hold_anything)
{
  const int crops[] = { 4, 5, 8 };
  float before;
  Fixture f;

  setup (&f);
  before = placement_loss (&f);
  for (int i = 0; i < 3; i++)
    f.w[crops[i] * DIM] = NAN;
  ck_assert_float_eq (placement_loss (&f), before);
  g_free (f.scratch);

  setup (&f);
  before = ordering_loss (&f);
  f.u[3 * DIM] = f.w[3 * DIM + 1] = NAN;
  ck_assert_float_eq (ordering_loss (&f), before);
  f.weights[5] = 0.f;
  before = ordering_loss (&f);
  f.u[5 * DIM] = NAN;
  ck_assert_float_eq (ordering_loss (&f), before);
  for (int i = 0; i < ORDERING_SIZE; i++)
    ck_assert (isfinite (f.dparams[i]));
  for (int i = 0; i < N * DIM; i++)
    ck_assert (isfinite (f.du[i]));
  g_free (f.scratch);
}
END_TEST

START_TEST (labels_of_order_go_by_the_gap)
{
  SstOrdering ordering = { 0.5f, 2.f, 6.f, FALSE };

  ck_assert_float_eq (sst_ordering_label (&ordering, 0.5f, FALSE), 1.f);
  ck_assert_float_eq (sst_ordering_label (&ordering, -0.5f, TRUE), 1.f);
  ck_assert_float_eq (sst_ordering_label (&ordering, 0.f, FALSE), -1.f);
  ck_assert_float_eq (sst_ordering_label (&ordering, 1.f, FALSE), -1.f);
  ck_assert_float_eq (sst_ordering_label (&ordering, -2.f, FALSE), 0.f);
  ck_assert_float_eq (sst_ordering_label (&ordering, 6.f, FALSE), 0.f);
  ck_assert_float_eq (sst_ordering_label (&ordering, 3.f, TRUE), -1.f);
  ck_assert_float_eq (sst_ordering_label (&ordering, 7.f, FALSE), -1.f);
  ordering.directed = TRUE;
  ck_assert_float_eq (sst_ordering_label (&ordering, 0.5f, FALSE), 1.f);
  ck_assert_float_eq (sst_ordering_label (&ordering, -0.5f, FALSE), 0.f);
}
END_TEST

/* A world in which what is seen of a thing is its looks and, in other
 * directions, what changes all the time and says nothing. */
#define IN 32
#define LOOKS 16
#define OUT 16
#define BATCH 32
#define TEST 400

static void
mix (const float *mixing, SstRandom * random, const float *looks, float *x)
{
  float raw[IN];

  for (int j = 0; j < IN; j++)
    raw[j] = j < LOOKS ? looks[j] + sst_random_normal (random, 0.3f)
        : sst_random_normal (random, 1.5f);
  for (int j = 0; j < IN; j++) {
    x[j] = 0.f;
    for (int l = 0; l < IN; l++)
      x[j] += mixing[j * IN + l] * raw[l];
  }
}

/* A crop shows as much of the target as it overlaps, and of what is around. */
static void
draw_placement (const float *mixing, SstRandom * random, int n, float *first,
    float *second, float *ious)
{
  for (int i = 0; i < n; i++) {
    float looks[LOOKS], crop[LOOKS];

    toy_fill (random, looks, LOOKS, 1.f);
    toy_fill (random, crop, LOOKS, 1.f);
    ious[i] = sst_random_uniform (random, 0.f, 1.f);
    for (int j = 0; j < LOOKS; j++)
      crop[j] = ious[i] * looks[j] + (1.f - ious[i]) * crop[j];
    mix (mixing, random, looks, first + i * IN);
    mix (mixing, random, crop, second + i * IN);
  }
}

/* Crops of targets never seen, told apart. */
START_TEST (unseen_crops_are_told_apart)
{
  ToyLinear *encoder = toy_linear_new (IN, OUT, 4);
  float mixing[IN * IN], x[2][TEST * IN], z[2][TEST * OUT], dz[2][TEST * OUT];
  float norms[2][TEST], ious[TEST], scores[TEST];
  float params[OUT + 1], dparams[OUT + 1], scratch[2 * BATCH];
  gboolean inside[TEST];
  const SstPlacement placement = { BATCH, OUT, NULL, ious, NULL };
  SstRandom random = sst_random_init (3, 1);
  float auc[2];
  int right = 0, n;

  toy_fill (&random, mixing, IN * IN, 1.f / sqrtf (IN));
  sst_placement_init (OUT, params);
  for (int trained = 0; trained < 2; trained++) {
    for (int step = 0; step < 400 * trained; step++) {
      draw_placement (mixing, &random, BATCH, x[0], x[1], ious);
      memset (dz[0], 0, sizeof dz[0]);
      memset (dz[1], 0, sizeof dz[1]);
      memset (dparams, 0, sizeof dparams);
      for (int view = 0; view < 2; view++)
        toy_forward (encoder, x[view], BATCH, z[view], norms[view]);
      sst_placement_loss (&placement, params, z[0], z[1], 1.f, dparams, dz[0],
          dz[1], scratch);
      for (int view = 0; view < 2; view++)
        toy_backward (encoder, x[view], z[view], norms[view], dz[view], BATCH,
            NULL);
      toy_step (encoder, 0.2f);
      for (int i = 0; i <= OUT; i++)
        params[i] -= 1.f * dparams[i];
    }

    draw_placement (mixing, &random, TEST, x[0], x[1], ious);
    for (int view = 0; view < 2; view++)
      toy_forward (encoder, x[view], TEST, z[view], norms[view]);
    n = 0;
    right = 0;
    for (int i = 0; i < TEST; i++) {
      if (ious[i] > SST_PLACEMENT_OUTSIDE && ious[i] < SST_PLACEMENT_INSIDE)
        continue;
      inside[n] = ious[i] >= SST_PLACEMENT_INSIDE;
      scores[n] = sst_placement_score (OUT, params, z[0] + i * OUT,
          z[1] + i * OUT);
      ck_assert (scores[n] >= 0.f && scores[n] <= 1.f);
      right += inside[n] == (scores[n] > 0.5f);
      n++;
    }
    auc[trained] = toy_roc_auc (scores, inside, n);
  }
  printf ("placement: AUC %.3f -> %.3f, right at 0.5: %.3f\n", auc[0], auc[1],
      (float) right / n);
  ck_assert_float_lt (auc[0], 0.8f);
  ck_assert_float_gt (auc[1], 0.9f);
  ck_assert_float_gt ((float) right / n, 0.8f);
  toy_linear_free (&encoder);
}
END_TEST

/* A target whose looks drift: a random walk that returns to the mean. In a
 * looping one they go round instead, and are back after two seconds. */
#define FRAMES 60              /* twice the longest distance, at least */
#define RATE 10.f               /* frames a second */
#define LOOP 20

static void
draw_walk (SstRandom * random, gboolean loop, float looks[FRAMES][LOOKS])
{
  float base[LOOKS], axes[2][LOOKS];

  toy_fill (random, base, LOOKS, 1.f);
  toy_fill (random, axes[0], LOOKS, 1.f);
  toy_fill (random, axes[1], LOOKS, 1.f);
  for (int t = 0; t < FRAMES; t++)
    for (int j = 0; j < LOOKS; j++) {
      const float turn = 2.f * (float) G_PI * t / LOOP;

      if (loop)
        looks[t][j] = base[j] + axes[0][j] * cosf (turn)
            + axes[1][j] * sinf (turn);
      else
        looks[t][j] = t == 0 ? base[j] : 0.97f * looks[t - 1][j]
            + sst_random_normal (random, 0.24f);
    }
}

/* Pairs of moments of targets, each of its own; every other one loops if there
 * are to be loops. Whole turns apart is recurring. */
static void
draw_ordering (const float *mixing, SstRandom * random, int n, gboolean loops,
    float *first, float *second, float *seconds, gboolean * recurring)
{
  float looks[FRAMES][LOOKS];

  for (int i = 0; i < n; i++) {
    const gboolean loop = loops && i % 2 == 1;
    const gboolean near = sst_random_chance (random, 0.5f);
    const int t = (int) sst_random_below (random, FRAMES);
    int apart = near ? 1 + (int) sst_random_below (random, 3)
        : loop ? LOOP : 20 + (int) sst_random_below (random, 10);

    if (t + apart >= FRAMES || (t - apart >= 0
            && sst_random_chance (random, 0.5f)))
      apart = -apart;
    draw_walk (random, loop, looks);
    mix (mixing, random, looks[t], first + i * IN);
    mix (mixing, random, looks[t + apart], second + i * IN);
    seconds[i] = apart / RATE;
    recurring[i] = loop && !near;
  }
}

typedef struct
{
  float before, after;          /* share of right answers about new targets */
  float recurring;              /* mean score of what came back */
} Accuracy;

static Accuracy
train_ordering (gboolean loops, gboolean mined)
{
  const SstOrdering ordering = { 0.35f, 1.8f, 3.f, FALSE };
  ToyLinear *encoder = toy_linear_new (IN, OUT, 4);
  SstTensorSpec specs[SST_ORDERING_N_TENSORS];
  const size_t size = sst_ordering_specs (OUT, specs);
  float *params = g_new (float, size), *dparams = g_new (float, size);
  float *scratch = g_new (float, sst_ordering_scratch_size (BATCH, OUT));
  float mixing[IN * IN], x[2][TEST * IN], z[2][TEST * OUT], dz[2][TEST * OUT];
  float norms[2][TEST], seconds[TEST], labels[BATCH];
  gboolean recurring[TEST];
  const SstEmbeddings batch = { BATCH, OUT, NULL, NULL };
  SstRandom random = sst_random_init (13, 1);
  Accuracy accuracy = { 0 };

  toy_fill (&random, mixing, IN * IN, 1.f / sqrtf (IN));
  sst_ordering_init (OUT, &random, params);
  for (int trained = 0; trained < 2; trained++) {
    float right = 0.f;
    int n_back = 0, n = 0;

    for (int step = 0; step < 500 * trained; step++) {
      draw_ordering (mixing, &random, BATCH, loops, x[0], x[1], seconds,
          recurring);
      for (int i = 0; i < BATCH; i++)
        labels[i] = sst_ordering_label (&ordering, seconds[i],
            mined && recurring[i]);
      memset (dz[0], 0, sizeof dz[0]);
      memset (dz[1], 0, sizeof dz[1]);
      memset (dparams, 0, sizeof (float) * size);
      for (int view = 0; view < 2; view++)
        toy_forward (encoder, x[view], BATCH, z[view], norms[view]);
      sst_ordering_loss (&batch, params, z[0], z[1], labels, 1.f, dparams,
          dz[0], dz[1], scratch);
      for (int view = 0; view < 2; view++)
        toy_backward (encoder, x[view], z[view], norms[view], dz[view], BATCH,
            NULL);
      toy_step (encoder, 0.2f);
      for (size_t i = 0; i < size; i++)
        params[i] -= 0.3f * dparams[i];
    }

    draw_ordering (mixing, &random, TEST, loops, x[0], x[1], seconds,
        recurring);
    for (int view = 0; view < 2; view++)
      toy_forward (encoder, x[view], TEST, z[view], norms[view]);
    accuracy.recurring = 0.f;
    for (int i = 0; i < TEST; i++) {
      const float score = sst_ordering_score (OUT, params, z[0] + i * OUT,
          z[1] + i * OUT, scratch);

      if (recurring[i]) {
        accuracy.recurring += score;
        n_back++;
      } else {
        right += score == 0.5f ? 0.5f
            : (score > 0.5f) == (fabsf (seconds[i]) <= ordering.near);
        n++;
      }
    }
    *(trained ? &accuracy.after : &accuracy.before) = right / n;
    if (n_back > 0)
      accuracy.recurring /= n_back;
  }
  toy_linear_free (&encoder);
  g_free (params);
  g_free (dparams);
  g_free (scratch);
  return accuracy;
}

/* Learned from some targets, it holds for others; things that come back
 * contradict it, unless they are kept out. */
START_TEST (an_order_is_learned_for_other_targets)
{
  const Accuracy drift = train_ordering (FALSE, FALSE);
  const Accuracy naive = train_ordering (TRUE, FALSE);
  const Accuracy mined = train_ordering (TRUE, TRUE);

  printf ("ordering: %.3f -> %.3f; with loops %.3f, mined %.3f; score of what "
      "came back %.3f, mined %.3f\n", drift.before, drift.after, naive.after,
      mined.after, naive.recurring, mined.recurring);
  ck_assert_float_eq (drift.before, 0.5f);
  ck_assert_float_gt (drift.after, 0.7f);
  ck_assert_float_gt (mined.after, naive.after + 0.1f);
  ck_assert_float_gt (mined.recurring, naive.recurring + 0.15f);
}
END_TEST

static Suite *
pose_suite (void)
{
  Suite *suite = suite_create ("pose");
  TCase *tcase = tcase_create ("pose");

  tcase_add_test (tcase, tensors_fill_the_array);
  tcase_add_loop_test (tcase, gradients_are_those_of_the_losses, 0, 2);
  tcase_add_test (tcase, rows_left_out_may_hold_anything);
  tcase_add_test (tcase, labels_of_order_go_by_the_gap);
  tcase_add_test (tcase, unseen_crops_are_told_apart);
  tcase_add_test (tcase, an_order_is_learned_for_other_targets);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (pose)
