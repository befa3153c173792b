/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "suite.h"
#include "toy.h"

#include "fit/multilabel.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N 5
#define DIM 4
#define FEATURES 3
#define ENTRIES 9
#define BEFORE 0.25f
#define SCALE 0.7f

typedef struct
{
  SstMultilabel multilabel;
  SstEmbeddings batch;
  guint sources[N];
  float weights[N];
  SstQueue *dictionary;
  float g[N * FEATURES], z[N * DIM], dz[N * DIM];
  float *scratch;
} Fixture;

static void
setup (Fixture * f)
{
  const guint sources[N] = { 1, 2, 2, 3, 4 };
  const float weights[N] = { 1, 0.5f, 1, 0, 2 };
  float qz[ENTRIES * DIM], qg[ENTRIES * FEATURES];
  guint entry_sources[ENTRIES];
  SstRandom random = sst_random_init (5, 1);

  f->multilabel = (SstMultilabel) {3, 4.f};
  memcpy (f->sources, sources, sizeof sources);
  memcpy (f->weights, weights, sizeof weights);
  f->batch = (SstEmbeddings) {N, DIM, f->sources, f->weights};
  toy_fill (&random, f->g, N * FEATURES, 0.5f);
  toy_fill (&random, f->z, N * DIM, 0.5f);
  toy_fill (&random, qg, ENTRIES * FEATURES, 0.5f);
  toy_fill (&random, qz, ENTRIES * DIM, 0.5f);
  for (int k = 0; k < ENTRIES; k++)
    entry_sources[k] = k;
  f->dictionary = sst_queue_new (ENTRIES, DIM, FEATURES);
  sst_queue_restore (f->dictionary, ENTRIES, 0, qz, qg, entry_sources);
  f->scratch = g_new (float, sst_multilabel_scratch_size (&f->multilabel,
          f->dictionary, N));
  for (int i = 0; i < N * DIM; i++)
    f->dz[i] = BEFORE;
}

static void
teardown (Fixture * f)
{
  sst_queue_free (&f->dictionary);
  g_free (f->scratch);
}

static float
loss (gpointer data)
{
  Fixture *f = data;

  return sst_multilabel_loss (&f->multilabel, f->dictionary, &f->batch, f->g,
      f->z, SCALE, f->dz, f->scratch);
}

START_TEST (gradients_are_those_of_the_loss)
{
  float dz[N * DIM], before;
  Fixture f;

  setup (&f);
  before = loss (&f);
  memcpy (dz, f.dz, sizeof dz);
  toy_check_gradient (loss, &f, f.z, N * DIM, dz, BEFORE, SCALE);
  for (int j = 0; j < DIM; j++)
    ck_assert_float_eq (dz[3 * DIM + j], BEFORE);
  f.z[3 * DIM] = NAN;
  f.g[3 * FEATURES] = NAN;
  ck_assert_float_eq (loss (&f), before);
  teardown (&f);
}
END_TEST

/* Labels against what sorting gives. */
START_TEST (labels_are_those_of_sorting)
{
  float targets[N * ENTRIES];
  Fixture f;

  setup (&f);
  sst_multilabel_targets (&f.multilabel, f.dictionary, &f.batch, f.g, targets,
      f.scratch);
  for (int i = 0; i < N; i++) {
    float sims[ENTRIES];

    for (int d = 0; d < ENTRIES; d++) {
      sims[d] = 0.f;
      for (int j = 0; j < FEATURES; j++)
        sims[d] += f.g[i * FEATURES + j]
            * f.dictionary->features[d * FEATURES + j];
    }
    for (int d = 0; d < ENTRIES; d++) {
      const gboolean out = i == 3 || (guint) d == f.sources[i];
      int rank = 0;

      for (int e = 0; e < ENTRIES; e++)
        rank += sims[e] > sims[d] && (guint) e != f.sources[i];
      ck_assert_float_eq (targets[i * ENTRIES + d], out ? -1.f : rank < 3);
    }
  }

  /* All alike: the first of the others. */
  memset (f.g, 0, sizeof f.g);
  sst_multilabel_targets (&f.multilabel, f.dictionary, &f.batch, f.g, targets,
      f.scratch);
  for (int d = 0; d < ENTRIES; d++)
    ck_assert_float_eq (targets[d], d == 1 ? -1.f : d < 4);

  /* Nothing to tell apart. */
  f.dictionary->length = f.dictionary->next = 4;
  ck_assert_float_gt (loss (&f), 0.f);
  f.multilabel.top_k = 4;
  ck_assert_float_eq (loss (&f), 0.f);
  f.dictionary->length = f.dictionary->next = 0;
  ck_assert_float_eq (loss (&f), 0.f);
  teardown (&f);
}
END_TEST

START_TEST (the_loss_is_as_computed_by_hand)
{
  const float entries[] = { 1, 0, 0, 1, -1, 0 };
  const float x[] = { 1, 0 };
  const guint sources[] = { 0, 1, 2 }, source[] = { 9 };
  const SstMultilabel multilabel = { 1, 2.f };
  SstQueue *dictionary = sst_queue_new (3, 2, 2);
  float dz[2] = { 0 }, scratch[8];

  sst_queue_restore (dictionary, 3, 0, entries, entries, sources);
  ck_assert_float_eq_tol (sst_multilabel_loss (&multilabel, dictionary,
          &(SstEmbeddings) {1, 2, source, NULL}, x, x, 1.f, dz, scratch),
      0.5 * log (1 + exp (-2.0)) + 0.25 * (log (2.0) + log (1 + exp (-2.0))),
      1e-6);
  sst_queue_free (&dictionary);
}
END_TEST

/* Scenes: SEEN of KINDS sprites each, of different sizes, in front of scenery
 * that changes all the time and says nothing. */
#define IN 48
#define G 24
#define Z 16
#define KINDS 10
#define SEEN 3
#define BATCH 32
#define MAX_CAPACITY 512
#define TEST 64

typedef struct
{
  float kinds[KINDS * IN], mixing[IN * IN];
} World;

static void
world_init (World * world)
{
  SstRandom random = sst_random_init (41, 2);

  toy_fill (&random, world->kinds, KINDS * IN, 1.f);
  toy_fill (&random, world->mixing, IN * IN, 1.f / sqrtf (IN));
}

/* n scenes: what is in them, a bit each, and two views. */
static void
world_draw (const World * world, SstRandom * random, int n, guint * contents,
    float *first, float *second)
{
  for (int i = 0; i < n; i++) {
    float size[KINDS] = { 0 };

    contents[i] = 0;
    for (int left = SEEN; left > 0;) {
      const guint kind = sst_random_below (random, KINDS);

      if (contents[i] & 1u << kind)
        continue;
      contents[i] |= 1u << kind;
      size[kind] = sst_random_uniform (random, 0.7f, 1.3f);
      left--;
    }
    for (int view = 0; view < 2; view++) {
      float *x = (view == 0 ? first : second) + i * IN;
      float raw[IN];

      for (int j = 0; j < IN; j++) {
        raw[j] = sst_random_normal (random, j < IN / 2 ? 0.4f : 2.5f);
        for (int k = 0; k < KINDS && j < IN / 2; k++)
          raw[j] += size[k] * world->kinds[k * IN + j];
      }
      for (int j = 0; j < IN; j++) {
        x[j] = 0.f;
        for (int l = 0; l < IN; l++)
          x[j] += world->mixing[j * IN + l] * raw[l];
      }
    }
  }
}

typedef struct
{
  float labels;                 /* mean average precision of the ranking by g */
  float logits;                 /* and by z */
  float chance;
  float positives;              /* share of label positives that are true */
} Quality;

/* How well the dictionary's entries that show two of the same sprites, or more,
 * are told from the others. */
static Quality
judge (const World * world, const ToyLinear * backbone,
    const ToyLinear * projector, int top_k)
{
  float x[2][MAX_CAPACITY * IN], g[MAX_CAPACITY * G], z[MAX_CAPACITY * Z];
  float qg[TEST * G], qz[TEST * Z], norms[MAX_CAPACITY];
  guint contents[MAX_CAPACITY], queries[TEST];
  float similarities[MAX_CAPACITY];
  gboolean alike[MAX_CAPACITY];
  SstRandom random = sst_random_init (900, 1);
  Quality q = { 0 };

  world_draw (world, &random, TEST, queries, x[0], x[1]);
  toy_forward (backbone, x[0], TEST, qg, norms);
  toy_forward (projector, qg, TEST, qz, norms);
  world_draw (world, &random, 256, contents, x[0], x[1]);
  toy_forward (backbone, x[0], 256, g, norms);
  toy_forward (projector, g, 256, z, norms);
  for (int i = 0; i < TEST; i++) {
    for (int d = 0; d < 256; d++) {
      const guint common = queries[i] & contents[d];

      alike[d] = (common & (common - 1)) != 0;
      q.chance += (float) alike[d] / TEST / 256;
      similarities[d] = 0.f;
      for (int j = 0; j < G; j++)
        similarities[d] += qg[i * G + j] * g[d * G + j];
    }
    q.labels += toy_average_precision (similarities, alike, 256) / TEST;
    for (int d = 0; d < 256; d++) {
      int rank = 0;

      for (int e = 0; e < 256; e++)
        rank += similarities[e] > similarities[d];
      q.positives += (float) (rank < top_k && alike[d]) / top_k / TEST;
    }
    for (int d = 0; d < 256; d++) {
      similarities[d] = 0.f;
      for (int j = 0; j < Z; j++)
        similarities[d] += qz[i * Z + j] * z[d * Z + j];
    }
    q.logits += toy_average_precision (similarities, alike, 256) / TEST;
  }
  return q;
}

/* Trains backbone and projector by the multi-label loss alone. The labels come
 * from the other view; single: from z as well as the logits. */
static Quality
train (const World * world, int steps, int capacity, int top_k,
    gboolean single)
{
  const SstMultilabel multilabel = { top_k, 10.f };
  ToyLinear *backbone = toy_linear_new (IN, G, 3);
  ToyLinear *projector = toy_linear_new (G, Z, 4);
  SstQueue *dictionary = sst_queue_new (capacity, Z, single ? Z : G);
  float x[2][BATCH * IN], g[2][BATCH * G], z[2][BATCH * Z];
  float dg[BATCH * G], dz[BATCH * Z];
  float norms_g[2][BATCH], norms_z[2][BATCH];
  float *scratch = g_new (float, sst_multilabel_scratch_size (&multilabel,
          dictionary, BATCH));
  guint contents[BATCH], sources[BATCH];
  const SstEmbeddings batch = { BATCH, Z, sources, NULL };
  SstRandom random = sst_random_init (6, 1);
  Quality quality;

  for (int step = 0; step < steps; step++) {
    world_draw (world, &random, BATCH, contents, x[0], x[1]);
    for (int i = 0; i < BATCH; i++)
      sources[i] = step * BATCH + i;
    for (int view = 0; view < 2; view++) {
      toy_forward (backbone, x[view], BATCH, g[view], norms_g[view]);
      toy_forward (projector, g[view], BATCH, z[view], norms_z[view]);
    }
    memset (dz, 0, sizeof dz);
    sst_multilabel_loss (&multilabel, dictionary, &batch,
        single ? z[1] : g[1], z[0], 1.f, dz, scratch);
    sst_queue_push (dictionary, &batch, z[1], single ? z[1] : g[1]);
    toy_backward (projector, g[0], z[0], norms_z[0], dz, BATCH, dg);
    toy_backward (backbone, x[0], g[0], norms_g[0], dg, BATCH, NULL);
    toy_step (projector, 0.3f);
    toy_step (backbone, 0.3f);
  }
  quality = judge (world, backbone, projector, top_k);
  toy_linear_free (&backbone);
  toy_linear_free (&projector);
  sst_queue_free (&dictionary);
  g_free (scratch);
  return quality;
}

/* Scenes with the same sprites find each other, by what the loss is given (g)
 * as well as by what it trains (z). Labels from z alone serve g less. */
START_TEST (scenes_with_the_same_sprites_find_each_other)
{
  World world;
  Quality before, two, one;

  world_init (&world);
  before = train (&world, 0, 256, 16, FALSE);
  two = train (&world, 300, 256, 16, FALSE);
  one = train (&world, 300, 256, 16, TRUE);
  printf ("mAP by g %.3f -> %.3f, one dictionary %.3f; by z %.3f -> %.3f, one "
      "dictionary %.3f; true labels %.3f -> %.3f; chance %.3f\n",
      before.labels, two.labels, one.labels, before.logits, two.logits,
      one.logits, before.positives, two.positives, two.chance);
  ck_assert_float_gt (two.labels, before.labels + 0.1f);
  ck_assert_float_gt (two.labels, 2 * two.chance);
  ck_assert_float_gt (two.logits, 2.5f * two.chance);
  ck_assert_float_gt (two.positives, before.positives + 0.1f);
  ck_assert_float_gt (two.labels, one.labels + 0.02f);
}
END_TEST

/* It is not a matter of one choice of D and k. */
START_TEST (scenes_are_found_in_other_sizes)
{
  static const int capacities[] = { 64, 512 }, top_ks[] = { 1, 8, 32 };
  World world;

  world_init (&world);
  for (int c = 0; c < 2; c++)
    for (int k = 0; k < 3; k++) {
      const Quality q = train (&world, 150, capacities[c], top_ks[k], FALSE);

      printf ("D %d, k %d: mAP by g %.3f, by z %.3f\n", capacities[c],
          top_ks[k], q.labels, q.logits);
      ck_assert_float_gt (q.logits, 2 * q.chance);
    }
}
END_TEST

static Suite *
multilabel_suite (void)
{
  Suite *suite = suite_create ("multilabel");
  TCase *tcase = tcase_create ("multilabel");

  tcase_add_test (tcase, gradients_are_those_of_the_loss);
  tcase_add_test (tcase, labels_are_those_of_sorting);
  tcase_add_test (tcase, the_loss_is_as_computed_by_hand);
  tcase_add_test (tcase, scenes_with_the_same_sprites_find_each_other);
  tcase_add_test (tcase, scenes_are_found_in_other_sizes);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (multilabel)
