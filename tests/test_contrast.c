/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "suite.h"
#include "toy.h"

#include "fit/contrast.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N 7
#define DIM 6
#define ENTRIES 11
#define BEFORE 0.25f
#define SCALE 0.7f

typedef struct
{
  SstEmbeddings batch;
  guint sources[N];
  float weights[N];
  float u[N * DIM], v[N * DIM], du[N * DIM], dv[N * DIM];
  int matches[N];
  SstQueue *queue;
  float tau;
  float *scratch;
} Fixture;

static void
clear (Fixture * f)
{
  for (int i = 0; i < N * DIM; i++)
    f->du[i] = f->dv[i] = BEFORE;
}

static void
setup (Fixture * f, guint64 seed)
{
  const guint sources[N] = { 1, 2, 2, 3, 4, 5, 6 };
  const float weights[N] = { 1, 0.5f, 1, 0, 0.2f, 1, 1 };
  float entries[ENTRIES * DIM];
  guint entry_sources[ENTRIES];
  SstRandom random = sst_random_init (seed, 1);

  memcpy (f->sources, sources, sizeof sources);
  memcpy (f->weights, weights, sizeof weights);
  f->batch = (SstEmbeddings) {N, DIM, f->sources, f->weights};
  f->tau = 0.3f;
  toy_fill (&random, f->u, N * DIM, 0.5f);
  toy_fill (&random, f->v, N * DIM, 0.5f);
  toy_fill (&random, entries, ENTRIES * DIM, 0.5f);
  for (int k = 0; k < ENTRIES; k++)
    entry_sources[k] = k;
  for (int i = 0; i < N; i++)
    f->matches[i] = i == 2 ? 9 : -1;
  f->queue = sst_queue_new (ENTRIES, DIM, 0);
  sst_queue_restore (f->queue, ENTRIES, 0, entries, NULL, entry_sources);
  f->scratch = g_new (float, MAX (sst_nt_xent_scratch_size (N, DIM),
          sst_info_nce_scratch_size (f->queue, N)));
  clear (f);
}

static void
teardown (Fixture * f)
{
  sst_queue_free (&f->queue);
  g_free (f->scratch);
}

static float
nt_xent (gpointer data)
{
  Fixture *f = data;

  return sst_nt_xent (&f->batch, f->u, f->v, f->tau, SCALE, f->du, f->dv,
      f->scratch);
}

static float
info_nce (gpointer data)
{
  Fixture *f = data;

  return sst_info_nce (&f->batch, f->u, f->v, f->queue, f->matches, f->tau,
      SCALE, f->du, f->dv, f->scratch);
}

static const ToyLoss losses[] = { nt_xent, info_nce };

START_TEST (gradients_are_those_of_the_loss)
{
  float du[N * DIM], dv[N * DIM];
  Fixture f;

  setup (&f, 5);
  losses[_i] (&f);
  memcpy (du, f.du, sizeof du);
  memcpy (dv, f.dv, sizeof dv);
  toy_check_gradient (losses[_i], &f, f.u, N * DIM, du, BEFORE, SCALE);
  toy_check_gradient (losses[_i], &f, f.v, N * DIM, dv, BEFORE, SCALE);

  /* Weights and sources left out. */
  f.batch.weights = NULL;
  f.batch.sources = NULL;
  clear (&f);
  losses[_i] (&f);
  memcpy (du, f.du, sizeof du);
  memcpy (dv, f.dv, sizeof dv);
  toy_check_gradient (losses[_i], &f, f.u, N * DIM, du, BEFORE, SCALE);
  toy_check_gradient (losses[_i], &f, f.v, N * DIM, dv, BEFORE, SCALE);
  teardown (&f);
}
END_TEST

/* A row of weight 0 has no say and no gradient, whatever it holds. */
START_TEST (rows_of_weight_0_have_no_say)
{
  float before;
  Fixture f;

  setup (&f, 6);
  before = losses[_i] (&f);
  f.u[3 * DIM] = NAN;
  f.v[3 * DIM + 1] = INFINITY;
  clear (&f);
  ck_assert_float_eq (losses[_i] (&f), before);
  for (int j = 0; j < DIM; j++) {
    ck_assert_float_eq (f.du[3 * DIM + j], BEFORE);
    ck_assert_float_eq (f.dv[3 * DIM + j], BEFORE);
  }
  teardown (&f);
}
END_TEST

/* Rows of one source are negatives of each other where they surely show
 * different things, and only those. */
START_TEST (things_apart_in_one_source_are_negatives)
{
  const guint one[N] = { 1, 1, 1, 1, 1, 1, 1 };
  guint8 apart[N * N] = { 0 };
  float all, du[N * DIM], dv[N * DIM];
  Fixture f;

  setup (&f, 9);
  f.batch.sources = NULL;
  all = nt_xent (&f);
  memcpy (du, f.du, sizeof du);
  memcpy (dv, f.dv, sizeof dv);

  f.batch.sources = one;
  f.batch.apart = apart;
  clear (&f);
  ck_assert_float_eq (nt_xent (&f), 0.f);
  for (int i = 0; i < N; i++)
    for (int k = 0; k < N; k++)
      apart[i * N + k] = i != k;
  ck_assert_float_eq (nt_xent (&f), all);
  ck_assert_mem_eq (f.du, du, sizeof du);
  ck_assert_mem_eq (f.dv, dv, sizeof dv);

  /* two of them alone: the others' gradient is nothing */
  memset (apart, 0, sizeof apart);
  apart[0 * N + 4] = apart[4 * N + 0] = TRUE;
  clear (&f);
  ck_assert_float_gt (nt_xent (&f), 0.f);
  for (int i = 0; i < N; i++)
    ck_assert_int_eq (f.du[i * DIM] != BEFORE, i == 0 || i == 4);
  memcpy (du, f.du, sizeof du);
  toy_check_gradient (nt_xent, &f, f.u, N * DIM, du, BEFORE, SCALE);
  teardown (&f);
}
END_TEST

/* Two pairs along the axes: everything is known by hand. */
START_TEST (losses_are_as_computed_by_hand)
{
  const float u[] = { 1, 0, 0, 1 };
  const float key[] = { 1, 0, 0.6f, 0.8f };
  const guint same[] = { 8, 8 }, different[] = { 8, 9 };
  const SstEmbeddings one = { 2, 2, same, NULL };
  const SstEmbeddings two = { 2, 2, different, NULL };
  const float tau = 0.5f;
  float du[4] = { 0 }, dv[4] = { 0 }, scratch[64];
  SstQueue *queue = sst_queue_new (4, 2, 0);

  ck_assert_float_eq_tol (sst_nt_xent (&two, u, u, tau, 1.f, du, dv, scratch),
      log (1.0 + 2.0 * exp (-2.0)), 1e-6);
  ck_assert_float_lt (du[0], 0.f);
  memset (du, 0, sizeof du);
  memset (dv, 0, sizeof dv);
  ck_assert_float_eq (sst_nt_xent (&one, u, u, tau, 1.f, du, dv, scratch), 0.f);

  ck_assert_float_eq (sst_info_nce (&two, u, key, queue, NULL, tau, 1.f, du, dv,
          scratch), 0.f);
  sst_queue_push (queue, &two, u, NULL);
  /* Each has the other's entry for a negative, at a right angle. */
  ck_assert_float_eq_tol (sst_info_nce (&two, u, key, queue, NULL, tau, 1.f, du,
          NULL, scratch), 0.5 * (log (1.0 + exp (-2.0)) +
          log (1.0 + exp (-1.6))), 1e-6);
  /* Its own match is no negative, and then the first row has none left. */
  ck_assert_float_eq_tol (sst_info_nce (&two, u, key, queue, (int[]) {1, -1},
          tau, 1.f, du, dv, scratch), log (1.0 + exp (-1.6)), 1e-6);
  ck_assert_float_eq (dv[0], 0.f);
  ck_assert_float_lt (dv[3], 0.f);
  sst_queue_free (&queue);
}
END_TEST

/* Sprites: CLASSES kinds, every instance a bit different from the others of its
 * kind, seen under what changes from view to view (light, pose) and is larger
 * than the difference. */
#define IN 32
#define OUT 16
#define CLASSES 4
#define SPRITES 48

typedef struct
{
  float kinds[CLASSES * IN], mixing[IN * IN];
  float instance, view;
} World;

static void
world_init (World * world, guint64 seed)
{
  SstRandom random = sst_random_init (seed, 2);

  toy_fill (&random, world->kinds, CLASSES * IN, 1.f);
  toy_fill (&random, world->mixing, IN * IN, 1.f / sqrtf (IN));
  world->instance = 0.5f;
  world->view = 1.5f;
}

static void
draw_instance (const World * world, SstRandom * random, int kind,
    float *instance)
{
  const int k = kind < 0 ? (int) sst_random_below (random, CLASSES) : kind;

  toy_fill (random, instance, IN / 2, world->instance);
  for (int j = 0; j < IN / 2; j++)
    instance[j] += world->kinds[k * IN + j];
}

static void
draw_view (const World * world, SstRandom * random, const float *instance,
    float *x)
{
  float raw[IN];

  toy_fill (random, raw, IN / 2, 0.1f);
  toy_fill (random, raw + IN / 2, IN / 2, world->view);
  for (int j = 0; j < IN / 2; j++)
    raw[j] += instance[j];
  for (int j = 0; j < IN; j++) {
    x[j] = 0.f;
    for (int l = 0; l < IN; l++)
      x[j] += world->mixing[j * IN + l] * raw[l];
  }
}

/* n instances of that kind, or of random ones if kind < 0, in two views. */
static void
world_draw (const World * world, SstRandom * random, int n, int kind,
    float *first, float *second)
{
  float instance[IN / 2];

  for (int i = 0; i < n; i++) {
    draw_instance (world, random, kind, instance);
    draw_view (world, random, instance, first + i * IN);
    draw_view (world, random, instance, second + i * IN);
  }
}

typedef struct
{
  float margin, recall, least, mean;
} Quality;

/* Among sprites of one kind that were not seen in training: the hard case. */
static Quality
judge (const World * world, const ToyLinear * encoder)
{
  float x[2][SPRITES * IN], z[2][SPRITES * OUT], norms[SPRITES];
  SstRandom random = sst_random_init (1000, 3);
  Quality q = { 0, 0, 0, 0 };

  for (int kind = 0; kind < CLASSES; kind++) {
    world_draw (world, &random, SPRITES, kind, x[0], x[1]);
    for (int view = 0; view < 2; view++)
      toy_forward (encoder, x[view], SPRITES, z[view], norms);
    q.margin += toy_margin (z[0], z[1], SPRITES, OUT) / CLASSES;
    q.recall += toy_recall (z[0], z[1], SPRITES, OUT) / CLASSES;
  }
  world_draw (world, &random, SPRITES, -1, x[0], x[1]);
  toy_forward (encoder, x[0], SPRITES, z[0], norms);
  toy_spread (z[0], SPRITES, OUT, &q.least, &q.mean);
  return q;
}

#define BATCH 32

static Quality
train_nt_xent (const World * world, int steps)
{
  ToyLinear *encoder = toy_linear_new (IN, OUT, 4);
  float x[2][BATCH * IN], z[2][BATCH * OUT], dz[2][BATCH * OUT];
  float norms[2][BATCH];
  float *scratch = g_new (float, sst_nt_xent_scratch_size (BATCH, OUT));
  const SstEmbeddings batch = { BATCH, OUT, NULL, NULL };
  SstRandom random = sst_random_init (5, 5);
  Quality quality;

  for (int step = 0; step < steps; step++) {
    world_draw (world, &random, BATCH, -1, x[0], x[1]);
    memset (dz, 0, sizeof dz);
    for (int view = 0; view < 2; view++)
      toy_forward (encoder, x[view], BATCH, z[view], norms[view]);
    sst_nt_xent (&batch, z[0], z[1], 0.5f, 1.f, dz[0], dz[1], scratch);
    for (int view = 0; view < 2; view++)
      toy_backward (encoder, x[view], z[view], norms[view], dz[view], BATCH,
          NULL);
    toy_step (encoder, 0.5f);
  }
  quality = judge (world, encoder);
  toy_linear_free (&encoder);
  g_free (scratch);
  return quality;
}

/* Tells sprites of one kind apart: the similarity of two views rises above that
 * of all others. */
START_TEST (instances_of_one_kind_are_told_apart)
{
  Quality before, after;
  World world;

  world_init (&world, 11);
  before = train_nt_xent (&world, 0);
  after = train_nt_xent (&world, 400);
  printf ("NT-Xent: margin %.3f -> %.3f, recall %.3f -> %.3f\n",
      before.margin, after.margin, before.recall, after.recall);
  ck_assert_float_lt (before.margin, 0.f);
  ck_assert_float_gt (after.margin, 0.05f);
  ck_assert_float_gt (after.recall, 0.9f);
}
END_TEST

/* Views of one source, nearly the same, are not torn apart; they are if nobody
 * says so. */
START_TEST (views_of_one_source_are_not_torn_apart)
{
  float within[2] = { 0.f, 0.f };
  float scratch[2 * 8 * (2 * 8 + OUT)];
  guint sources[8];

  for (int aware = 0; aware < 2; aware++) {
    const SstEmbeddings batch = { 8, OUT, aware ? sources : NULL, NULL };
    SstRandom random = sst_random_init (9, 1);
    float z[2][8 * OUT], dz[2][8 * OUT], axes[2 * OUT];

    toy_fill (&random, axes, 2 * OUT, 1.f);
    for (int view = 0; view < 2; view++) {
      toy_fill (&random, z[view], 8 * OUT, 0.2f);
      for (int i = 0; i < 8 * OUT; i++)
        z[view][i] += axes[i / (4 * OUT) * OUT + i % OUT];
    }
    for (int i = 0; i < 8; i++)
      sources[i] = i / 4;
    for (int step = 0; step < 200; step++) {
      memset (dz, 0, sizeof dz);
      sst_nt_xent (&batch, z[0], z[1], 0.5f, 1.f, dz[0], dz[1], scratch);
      for (int view = 0; view < 2; view++) {
        for (int i = 0; i < 8 * OUT; i++)
          z[view][i] -= 0.5f * dz[view][i];
        toy_normalize (z[view], 8, OUT);
      }
    }
    for (int i = 0; i < 8; i++)
      for (int j = 0; j < OUT; j++)
        within[aware] += z[0][i * OUT + j] * z[0][i / 4 * 4 * OUT + j] / 8;
  }
  printf ("within a source: %.3f, unaware %.3f\n", within[1], within[0]);
  ck_assert_float_gt (within[1], 0.9f);
  ck_assert_float_lt (within[0], 0.6f);
}
END_TEST

static Quality
train_info_nce (const World * world, int steps)
{
  ToyLinear *encoder = toy_linear_new (IN, OUT, 4);
  float x[2][BATCH * IN], z[2][BATCH * OUT], dz[BATCH * OUT];
  float norms[2][BATCH];
  SstQueue *queue = sst_queue_new (256, OUT, 0);
  float *scratch = g_new (float, sst_info_nce_scratch_size (queue, BATCH));
  guint sources[BATCH];
  const SstEmbeddings batch = { BATCH, OUT, sources, NULL };
  SstRandom random = sst_random_init (5, 5);
  Quality quality;

  for (int step = 0; step < steps; step++) {
    world_draw (world, &random, BATCH, -1, x[0], x[1]);
    for (int i = 0; i < BATCH; i++)
      sources[i] = step * BATCH + i;
    for (int view = 0; view < 2; view++)
      toy_forward (encoder, x[view], BATCH, z[view], norms[view]);
    memset (dz, 0, sizeof dz);
    sst_info_nce (&batch, z[0], z[1], queue, NULL, 0.2f, 1.f, dz, NULL,
        scratch);
    sst_queue_push (queue, &batch, z[1], NULL);
    toy_backward (encoder, x[0], z[0], norms[0], dz, BATCH, NULL);
    toy_step (encoder, 0.2f);
  }
  quality = judge (world, encoder);
  toy_linear_free (&encoder);
  sst_queue_free (&queue);
  g_free (scratch);
  return quality;
}

/* Finds the same thing again, and uses every dimension for it. */
START_TEST (every_dimension_is_used)
{
  Quality before, after;
  World world;

  world_init (&world, 11);
  before = train_info_nce (&world, 0);
  after = train_info_nce (&world, 400);
  printf ("InfoNCE: margin %.3f -> %.3f, recall %.3f -> %.3f, spread %.2f, "
      "least %.2f\n", before.margin, after.margin, before.recall, after.recall,
      after.mean, after.least);
  ck_assert_float_lt (before.recall, 0.2f);
  ck_assert_float_gt (after.recall, 0.8f);
  ck_assert_float_gt (after.margin, 0.05f);
  ck_assert_float_gt (after.least, 0.5f);
}
END_TEST

static Suite *
contrast_suite (void)
{
  Suite *suite = suite_create ("contrast");
  TCase *tcase = tcase_create ("contrast");

  tcase_add_loop_test (tcase, gradients_are_those_of_the_loss, 0,
      G_N_ELEMENTS (losses));
  tcase_add_loop_test (tcase, rows_of_weight_0_have_no_say, 0,
      G_N_ELEMENTS (losses));
  tcase_add_test (tcase, things_apart_in_one_source_are_negatives);
  tcase_add_test (tcase, losses_are_as_computed_by_hand);
  tcase_add_test (tcase, instances_of_one_kind_are_told_apart);
  tcase_add_test (tcase, views_of_one_source_are_not_torn_apart);
  tcase_add_test (tcase, every_dimension_is_used);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (contrast)
