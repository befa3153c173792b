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
#include <time.h>

#define DIM 3
#define FEATURES 2

/* Row i says i everywhere, and comes from source 10 i. */
static void
push (SstQueue * queue, int from, int n, int left_out)
{
  float embeddings[16 * DIM], features[16 * FEATURES], weights[16];
  guint sources[16];
  const SstEmbeddings batch = { n, DIM, sources, weights };

  for (int i = 0; i < n; i++) {
    for (int j = 0; j < DIM; j++)
      embeddings[i * DIM + j] = from + i;
    for (int j = 0; j < FEATURES; j++)
      features[i * FEATURES + j] = -(from + i);
    sources[i] = 10 * (from + i);
    weights[i] = from + i != left_out;
  }
  sst_queue_push (queue, &batch, embeddings, features);
}

START_TEST (the_oldest_entries_are_overwritten)
{
  SstQueue *queue = sst_queue_new (5, DIM, FEATURES), *copy;

  push (queue, 0, 4, 2);
  ck_assert_int_eq (queue->length, 3);
  push (queue, 4, 3, -1);
  push (queue, 7, 12, -1);
  ck_assert_int_eq (queue->length, 5);
  for (int age = 0; age < 5; age++) {
    const int k = (queue->next + 5 - 1 - age) % 5;

    ck_assert_float_eq (queue->embeddings[k * DIM + 2], 18 - age);
    ck_assert_float_eq (queue->features[k * FEATURES], age - 18);
    ck_assert_uint_eq (queue->sources[k], 10 * (18 - age));
  }

  copy = sst_queue_new (5, DIM, FEATURES);
  ck_assert (sst_queue_restore (copy, queue->length, queue->next,
          queue->embeddings, queue->features, queue->sources));
  push (queue, 30, 2, -1);
  push (copy, 30, 2, -1);
  ck_assert_int_eq (copy->next, queue->next);
  ck_assert_mem_eq (copy->embeddings, queue->embeddings,
      sizeof (float) * 5 * DIM);
  ck_assert_mem_eq (copy->features, queue->features,
      sizeof (float) * 5 * FEATURES);
  ck_assert_mem_eq (copy->sources, queue->sources, sizeof (guint) * 5);
  sst_queue_free (&copy);
  ck_assert_ptr_null (copy);
  sst_queue_free (&queue);
}
END_TEST

START_TEST (impossible_states_are_refused)
{
  static const int cases[][2] = { {-1, 0}, {6, 0}, {5, 5}, {5, -1}, {3, 2} };
  SstQueue *queue = sst_queue_new (5, DIM, FEATURES);
  const float zeros[5 * DIM] = { 0 };
  const guint sources[5] = { 0 };

  push (queue, 1, 2, -1);
  ck_assert (!sst_queue_restore (queue, cases[_i][0], cases[_i][1], zeros,
          zeros, sources));
  ck_assert_int_eq (queue->length, 2);
  ck_assert_float_eq (queue->embeddings[0], 1.f);
  sst_queue_free (&queue);
}
END_TEST

#define LARGE 4096
#define LARGE_DIM 64
#define QUERIES 32

/* Every answer is what looking at all entries one by one gives. */
START_TEST (answers_are_those_of_a_full_search)
{
  SstQueue *queue = sst_queue_new (LARGE, LARGE_DIM, 0);
  float *embeddings = g_new (float, LARGE * LARGE_DIM);
  float *scratch = g_new (float, sst_queue_scratch_size (queue, QUERIES));
  float queries[QUERIES * LARGE_DIM], similarities[QUERIES];
  float weights[QUERIES], found[QUERIES * LARGE_DIM];
  guint sources[LARGE], query_sources[QUERIES];
  int entries[QUERIES];
  SstEmbeddings batch = { QUERIES, LARGE_DIM, query_sources, weights };
  SstRandom random = sst_random_init (3, 1);
  clock_t start;

  toy_fill (&random, queries, QUERIES * LARGE_DIM, 1.f);
  toy_normalize (queries, QUERIES, LARGE_DIM);
  toy_fill (&random, embeddings, LARGE * LARGE_DIM, 1.f);
  toy_normalize (embeddings, LARGE, LARGE_DIM);
  for (int k = 0; k < LARGE; k++)
    sources[k] = sst_random_below (&random, 5);
  for (int i = 0; i < QUERIES; i++) {
    query_sources[i] = sst_random_below (&random, 5);
    weights[i] = i != 7;
  }

  sst_queue_nearest (queue, &batch, queries, entries, similarities, scratch);
  for (int i = 0; i < QUERIES; i++)
    ck_assert_int_eq (entries[i], -1);

  sst_queue_restore (queue, LARGE, 17, embeddings, NULL, sources);
  for (int aware = 0; aware < 2; aware++) {
    batch.sources = aware ? query_sources : NULL;
    sst_queue_nearest (queue, &batch, queries, entries, similarities, scratch);
    for (int i = 0; i < QUERIES; i++) {
      double top = -2.0;
      int best = -1;

      for (int k = 0; k < LARGE; k++) {
        double sum = 0.0;

        for (int j = 0; j < LARGE_DIM; j++)
          sum += (double) queries[i * LARGE_DIM + j]
              * embeddings[k * LARGE_DIM + j];
        if (sum > top && (!aware || sources[k] != query_sources[i])) {
          top = sum;
          best = k;
        }
      }
      ck_assert_int_eq (entries[i], i == 7 ? -1 : best);
      ck_assert_float_eq_tol (similarities[i], i == 7 ? 0.0 : top, 1e-5);
    }
    sst_queue_gather (queue, entries, QUERIES, found);
    ck_assert_mem_eq (found, embeddings + entries[0] * LARGE_DIM,
        sizeof (float) * LARGE_DIM);
    ck_assert_float_eq (found[7 * LARGE_DIM], 0.f);
  }

  start = clock ();
  for (int i = 0; i < 20; i++)
    sst_queue_nearest (queue, &batch, queries, entries, similarities, scratch);
  printf ("nearest of %d x %d x %d: %.3f ms\n", QUERIES, LARGE, LARGE_DIM,
      (clock () - start) * 1e3 / 20 / CLOCKS_PER_SEC);

  /* Only its own source: no neighbour. */
  for (int k = 0; k < LARGE; k++)
    sources[k] = query_sources[0];
  sst_queue_restore (queue, LARGE, 0, embeddings, NULL, sources);
  sst_queue_nearest (queue, &batch, queries, entries, similarities, scratch);
  ck_assert_int_eq (entries[0], -1);
  sst_queue_free (&queue);
  g_free (embeddings);
  g_free (scratch);
}
END_TEST

/* Whatever the distribution, and after it moves, the share turned away is the
 * quantile asked for; before it has come down, nothing passes. */
START_TEST (the_threshold_keeps_to_its_quantile)
{
  static const float quantiles[] = { 0.2f, 0.5f, 0.9f };
  const float quantile = quantiles[_i];
  SstThreshold threshold = { 1.f, 0.005f };
  SstRandom random = sst_random_init (8, 1);

  for (int i = 0; i < 50; i++)
    ck_assert (!sst_threshold_pass (&threshold,
            0.5f + sst_random_normal (&random, 0.1f), quantile));
  for (int phase = 0; phase < 2; phase++) {
    int passed = 0;

    for (int i = 0; i < 8000; i++) {
      const float mean = phase == 0 ? 0.3f : 0.7f;
      const gboolean pass = sst_threshold_pass (&threshold,
          mean + sst_random_normal (&random, 0.1f), quantile);

      passed += pass && i >= 4000;
    }
    ck_assert_float_eq_tol (passed / 4000.f, 1.f - quantile, 0.02f);
  }
}
END_TEST

/* Sprites of CLASSES kinds in clips: every clip shows one instance of a kind,
 * under what changes from view to view and drowns it at first. */
#define IN 40
#define OUT 16
#define CLASSES 6
#define BATCH 32
#define STEPS 600
#define EARLY 60

typedef struct
{
  float kinds[CLASSES * IN];
  float mixing[IN * IN];
} World;

static void
world_init (World * world, guint64 seed)
{
  SstRandom random = sst_random_init (seed, 2);

  toy_fill (&random, world->kinds, CLASSES * IN, 0.7f);
  toy_fill (&random, world->mixing, IN * IN, 1.f / sqrtf (IN));
}

static void
world_draw (const World * world, SstRandom * random, int n, int *kinds,
    float *first, float *second)
{
  float instance[IN], raw[IN];

  for (int i = 0; i < n; i++) {
    kinds[i] = (int) sst_random_below (random, CLASSES);
    for (int j = 0; j < IN / 2; j++)
      instance[j] = world->kinds[kinds[i] * IN + j]
          + sst_random_normal (random, 0.7f);
    for (int view = 0; view < 2; view++) {
      float *x = (view == 0 ? first : second) + i * IN;

      for (int j = 0; j < IN; j++)
        raw[j] = j < IN / 2 ? instance[j] + sst_random_normal (random, 0.2f)
            : sst_random_normal (random, 1.5f);
      for (int j = 0; j < IN; j++) {
        x[j] = 0.f;
        for (int l = 0; l < IN; l++)
          x[j] += world->mixing[j * IN + l] * raw[l];
      }
    }
  }
}

/* Shares of false neighbours, which are of another kind. */
typedef struct
{
  float early, late;            /* of all, at the start and at the end */
  float early_taken, late_taken;        /* of those that passed the threshold */
  int n_early_taken, n_late_taken;
} Neighbors;

/* Trains with the intra term and, rising to that weight, the inter term. */
static Neighbors
train (const World * world, float inter)
{
  ToyLinear *encoder = toy_linear_new (IN, OUT, 4);
  SstQueue *queue = sst_queue_new (512, OUT, 0);
  float *scratch = g_new (float, sst_info_nce_scratch_size (queue, BATCH));
  float x[2][BATCH * IN], z[2][BATCH * OUT], dz[BATCH * OUT];
  float norms[2][BATCH], near[BATCH * OUT], similarities[BATCH];
  float taken[BATCH];
  guint sources[BATCH];
  int kinds[BATCH], entry_kinds[512], entries[BATCH];
  const SstEmbeddings batch = { BATCH, OUT, sources, NULL };
  const SstEmbeddings accepted = { BATCH, OUT, sources, taken };
  SstThreshold threshold = { 1.f, 0.005f };
  SstRandom random = sst_random_init (5, 5);
  Neighbors count = { 0 };
  int n_early = 0, n_late = 0;

  for (int step = 0; step < STEPS; step++) {
    const float progress = (float) step / STEPS;
    const gboolean early = step < EARLY, late = step >= STEPS - EARLY;

    world_draw (world, &random, BATCH, kinds, x[0], x[1]);
    for (int i = 0; i < BATCH; i++)
      sources[i] = step * BATCH + i;
    for (int view = 0; view < 2; view++)
      toy_forward (encoder, x[view], BATCH, z[view], norms[view]);
    sst_queue_nearest (queue, &batch, z[0], entries, similarities, scratch);
    sst_queue_gather (queue, entries, BATCH, near);
    for (int i = 0; i < BATCH; i++) {
      const gboolean wrong = entries[i] >= 0
          && entry_kinds[entries[i]] != kinds[i];

      taken[i] = entries[i] >= 0
          && sst_threshold_pass (&threshold, similarities[i],
          0.9f - 0.6f * progress);
      if (entries[i] < 0)
        continue;
      if (early) {
        count.early += wrong;
        n_early++;
        count.early_taken += wrong && taken[i] > 0.f;
        count.n_early_taken += taken[i] > 0.f;
      } else if (late) {
        count.late += wrong;
        n_late++;
        count.late_taken += wrong && taken[i] > 0.f;
        count.n_late_taken += taken[i] > 0.f;
      }
    }
    memset (dz, 0, sizeof dz);
    sst_info_nce (&batch, z[0], z[1], queue, NULL, 0.2f, 1.f, dz, NULL,
        scratch);
    sst_info_nce (&accepted, z[0], near, queue, entries, 0.2f,
        inter * progress, dz, NULL, scratch);
    for (int i = 0; i < BATCH; i++)
      entry_kinds[(queue->next + i) % 512] = kinds[i];
    sst_queue_push (queue, &batch, z[1], NULL);
    toy_backward (encoder, x[0], z[0], norms[0], dz, BATCH, NULL);
    toy_step (encoder, 0.2f);
  }
  count.early /= n_early;
  count.late /= n_late;
  count.early_taken /= MAX (count.n_early_taken, 1);
  count.late_taken /= MAX (count.n_late_taken, 1);
  toy_linear_free (&encoder);
  sst_queue_free (&queue);
  g_free (scratch);
  return count;
}

/* Neighbours become true, and while most are false few are taken, the better
 * ones. */
START_TEST (true_neighbors_are_taken)
{
  World world;
  Neighbors n;

  world_init (&world, 21);
  n = train (&world, 0.5f);
  printf ("false neighbours %.3f -> %.3f; taken %.3f of %d -> %.3f of %d\n",
      n.early, n.late, n.early_taken, n.n_early_taken, n.late_taken,
      n.n_late_taken);
  ck_assert_float_lt (n.late, 0.7f * n.early);
  ck_assert_float_lt (n.early_taken, 0.5f * n.early);
  ck_assert_int_lt (n.n_early_taken, n.n_late_taken / 3);
  ck_assert_float_lt (n.late_taken, n.late);
}
END_TEST

#define POOL 240
#define POOL_STEPS 300

/* Share of the vectors whose nearest neighbour is of their own kind. */
static float
same_kind (const float *z)
{
  int same = 0;

  for (int i = 0; i < POOL; i++) {
    float top = -2.f;
    int best = -1;

    for (int k = 0; k < POOL; k++) {
      float s = 0.f;

      for (int j = 0; j < OUT; j++)
        s += z[i * OUT + j] * z[k * OUT + j];
      if (k != i && s > top) {
        top = s;
        best = k;
      }
    }
    same += best % CLASSES == i % CLASSES;
  }
  return (float) same / POOL;
}

/* Moves the embeddings themselves, of which each starts with some resemblance
 * to its kind, and returns how many find their kind in the end. */
static float
gather (float inter, float *before)
{
  SstQueue *queue = sst_queue_new (512, OUT, 0);
  float *scratch = g_new (float, sst_info_nce_scratch_size (queue, BATCH));
  float kinds[CLASSES * OUT], pool[POOL * OUT];
  float z[BATCH * OUT], keys[BATCH * OUT], dz[BATCH * OUT], near[BATCH * OUT];
  float similarities[BATCH], taken[BATCH];
  guint sources[BATCH];
  int entries[BATCH];
  const SstEmbeddings batch = { BATCH, OUT, sources, NULL };
  const SstEmbeddings accepted = { BATCH, OUT, sources, taken };
  SstThreshold threshold = { 1.f, 0.005f };
  SstRandom random = sst_random_init (31, 1);

  toy_fill (&random, kinds, CLASSES * OUT, 1.f);
  toy_fill (&random, pool, POOL * OUT, 1.f);
  for (int i = 0; i < POOL * OUT; i++)
    pool[i] += kinds[i / OUT % CLASSES * OUT + i % OUT];
  toy_normalize (pool, POOL, OUT);
  *before = same_kind (pool);

  for (int step = 0; step < POOL_STEPS; step++) {
    for (int i = 0; i < BATCH; i++) {
      sources[i] = (step * BATCH + i) * 7 % POOL;
      for (int j = 0; j < OUT; j++) {
        z[i * OUT + j] = pool[sources[i] * OUT + j];
        keys[i * OUT + j] = z[i * OUT + j] + sst_random_normal (&random, 0.05f);
      }
    }
    toy_normalize (keys, BATCH, OUT);
    sst_queue_nearest (queue, &batch, z, entries, similarities, scratch);
    sst_queue_gather (queue, entries, BATCH, near);
    for (int i = 0; i < BATCH; i++)
      taken[i] = entries[i] >= 0
          && sst_threshold_pass (&threshold, similarities[i], 0.2f);
    memset (dz, 0, sizeof dz);
    sst_info_nce (&batch, z, keys, queue, NULL, 0.2f, 1.f, dz, NULL, scratch);
    sst_info_nce (&accepted, z, near, queue, entries, 0.2f, inter, dz, NULL,
        scratch);
    sst_queue_push (queue, &batch, keys, NULL);
    for (int i = 0; i < BATCH; i++)
      for (int j = 0; j < OUT; j++)
        pool[sources[i] * OUT + j] -= 3.f * dz[i * OUT + j];
    toy_normalize (pool, POOL, OUT);
  }
  sst_queue_free (&queue);
  g_free (scratch);
  return same_kind (pool);
}

/* Left to the intra term, instances scatter whatever their kind; neighbours
 * keep kinds together. */
START_TEST (neighbors_keep_kinds_together)
{
  float before;
  const float intra = gather (0.f, &before);
  const float both = gather (0.5f, &before);

  printf ("own kind nearest: %.3f -> %.3f intra only, %.3f with inter\n",
      before, intra, both);
  ck_assert_float_gt (both, intra + 0.25f);
}
END_TEST

static Suite *
queue_suite (void)
{
  Suite *suite = suite_create ("queue");
  TCase *tcase = tcase_create ("queue");

  tcase_add_test (tcase, the_oldest_entries_are_overwritten);
  tcase_add_loop_test (tcase, impossible_states_are_refused, 0, 5);
  tcase_add_test (tcase, answers_are_those_of_a_full_search);
  tcase_add_loop_test (tcase, the_threshold_keeps_to_its_quantile, 0, 3);
  tcase_add_test (tcase, true_neighbors_are_taken);
  tcase_add_test (tcase, neighbors_keep_kinds_together);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (queue)
