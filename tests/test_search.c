/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/search.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"
#include "track/recognition.h"

#define WIDTH 640
#define HEIGHT 360

/* Within a round every place of the picture is in a window. */
START_TEST (sees_the_whole_picture)
{
  static const float sides[] = { 64.f, 160.f, 300.f, 900.f };
  const float side = sides[_i];
  const SstBox lost = { 300.f, 100.f, side / 4.f, side / 4.f };
  static guint8 seen[HEIGHT / 4][WIDTH / 4];
  SstSearch search;
  guint n = 0;

  memset (seen, 0, sizeof seen);
  sst_search_start (&search);
  do {
    float x, y, factor;

    sst_search_next (&search, WIDTH, HEIGHT, &lost, side, _i % 2, &x,
        &y, &factor);
    ck_assert_float_ge (factor, 1.f);
    ck_assert (x >= 0.f && x <= WIDTH && y >= 0.f && y <= HEIGHT);
    for (int v = 0; v < HEIGHT / 4; v++)
      for (int u = 0; u < WIDTH / 4; u++)
        if (fabsf (4.f * u - x) <= 0.5f * factor * side
            && fabsf (4.f * v - y) <= 0.5f * factor * side)
          seen[v][u] = 1;
    n++;
  } while (search.n_left > 0);
  ck_assert_uint_le (n, SST_SEARCH_MAX_WINDOWS);
  for (int v = 0; v < HEIGHT / 4; v++)
    for (int u = 0; u < WIDTH / 4; u++)
      ck_assert (seen[v][u]);
}
END_TEST

START_TEST (begins_where_it_was)
{
  const SstBox lost = { 400.f, 200.f, 30.f, 30.f };
  SstSearch search;
  float x, y, factor, before = 0.f;

  sst_search_start (&search);
  for (int i = 0; i < 12; i++) {
    float distance;

    sst_search_next (&search, WIDTH, HEIGHT, &lost, 120.f, FALSE, &x,
        &y, &factor);
    distance = hypotf (x - 415.f, y - 215.f);
    ck_assert_float_ge (distance, before);
    before = distance;
  }
}
END_TEST

/* What left at an edge comes back at one. */
START_TEST (looks_along_the_edges)
{
  const SstBox lost = { 600.f, 150.f, 40.f, 40.f };
  SstSearch search;
  float x, y, factor;
  gboolean middle = FALSE;

  sst_search_start (&search);
  for (int i = 0; i < 8; i++) {
    sst_search_next (&search, WIDTH, HEIGHT, &lost, 120.f, FALSE, &x,
        &y, &factor);
    middle |= x > 61.f && x < WIDTH - 61.f && y > 61.f && y < HEIGHT - 61.f;
  }
  ck_assert (!middle);
}
END_TEST

START_TEST (rounds_differ_in_size)
{
  const SstBox lost = { 300.f, 150.f, 40.f, 40.f };
  SstSearch search;
  float x, y, factor, least = 10.f, most = 0.f;

  sst_search_start (&search);
  while (search.round < 3) {
    sst_search_next (&search, WIDTH, HEIGHT, &lost, 160.f, _i, &x, &y,
        &factor);
    least = fminf (least, factor);
    most = fmaxf (most, factor);
  }
  ck_assert_float_gt (most, 1.9f * least);
}
END_TEST

/* Another picture, another target: nothing is out of range. */
START_TEST (bears_changes)
{
  SstSearch search;

  sst_search_start (&search);
  for (int i = 0; i < 500; i++) {
    const float width = 1 + i * 37 % 4000, height = 1 + i * 91 % 3000;
    const SstBox lost = { i * 13 % 4000 - 100.f, i * 7 % 300 - 50.f,
      3 + i % 50, 3 + i % 90
    };
    float x, y, factor;

    sst_search_next (&search, width, height, &lost, 16 + i % 600, i % 2,
        &x, &y, &factor);
    ck_assert (isfinite (x) && isfinite (y) && factor > 0.f);
    ck_assert_int_le (search.columns * search.rows, SST_SEARCH_MAX_WINDOWS);
  }
}
END_TEST

/* ---- recognition ---- */

START_TEST (all_evidence_counts)
{
  const SstEvidence good = { 0.8f, 0.85f, 0.8f, 0.92f };
  SstEvidence worse = good;
  const float best = sst_recognition_probability (&good);

  ck_assert_float_gt (best, 0.9f);
  switch (_i) {
    case 0:
      worse.score = 0.2f;
      break;
    case 1:
      worse.quality = 0.4f;
      break;
    case 2:
      worse.response = 0.1f;
      break;
    default:
      worse.portrait = 0.6f;
  }
  ck_assert_float_lt (sst_recognition_probability (&worse), best - 0.02f);
  worse = (SstEvidence) { 0.2f, 0.5f, 0.3f, 0.6f };
  ck_assert_float_lt (sst_recognition_probability (&worse), 0.1f);
}
END_TEST

static SstTrialState
try (float probability, gboolean near, guint * n)
{
  SstTrialState verdict = SST_TRIAL_OPEN;
  SstTrial trial;

  sst_trial_start (&trial, probability, near);
  for (*n = 1; verdict == SST_TRIAL_OPEN && *n < 1000; ++*n)
    verdict = sst_trial_add (&trial, probability);
  return verdict;
}

START_TEST (a_trial_takes_time)
{
  guint sure, near, unsure, n;

  ck_assert_int_eq (try (0.95f, FALSE, &sure), SST_TRIAL_HELD);
  ck_assert_int_eq (try (0.95f, TRUE, &near), SST_TRIAL_HELD);
  ck_assert_int_eq (try (0.7f, FALSE, &unsure), SST_TRIAL_HELD);
  ck_assert_uint_ge (near, 4);
  ck_assert_uint_ge (sure, near);
  ck_assert_uint_gt (unsure, sure);
  /* what is as likely as not is never held */
  ck_assert_int_eq (try (0.5f, FALSE, &n), SST_TRIAL_FAILED);
  ck_assert_int_eq (try (0.1f, FALSE, &n), SST_TRIAL_FAILED);
  ck_assert_uint_le (n, 3);
}
END_TEST

/* One bad frame among good ones is a blink; many are not. */
START_TEST (a_trial_bears_a_blink)
{
  SstTrial trial;
  SstTrialState verdict = SST_TRIAL_OPEN;

  sst_trial_start (&trial, 0.9f, FALSE);
  sst_trial_add (&trial, 0.9f);
  ck_assert_int_eq (sst_trial_add (&trial, 0.2f), SST_TRIAL_OPEN);
  for (int i = 0; i < 10 && verdict == SST_TRIAL_OPEN; i++)
    verdict = sst_trial_add (&trial, 0.9f);
  ck_assert_int_eq (verdict, SST_TRIAL_HELD);
  sst_trial_start (&trial, 0.9f, FALSE);
  verdict = SST_TRIAL_OPEN;
  for (int i = 0; i < 3 && verdict == SST_TRIAL_OPEN; i++)
    verdict = sst_trial_add (&trial, 0.02f);
  ck_assert_int_eq (verdict, SST_TRIAL_FAILED);
}
END_TEST

static Suite *
search_suite (void)
{
  Suite *suite = suite_create ("search");
  TCase *tcase = tcase_create ("search");

  tcase_add_loop_test (tcase, sees_the_whole_picture, 0, 4);
  tcase_add_test (tcase, begins_where_it_was);
  tcase_add_test (tcase, looks_along_the_edges);
  tcase_add_loop_test (tcase, rounds_differ_in_size, 0, 2);
  tcase_add_test (tcase, bears_changes);
  tcase_add_loop_test (tcase, all_evidence_counts, 0, 4);
  tcase_add_test (tcase, a_trial_takes_time);
  tcase_add_test (tcase, a_trial_bears_a_blink);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (search)
