/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/lookalikes.h"

#include <check.h>
#include <math.h>
#include <sstrack/model.h>
#include <string.h>

#include "suite.h"
#include "track/peak.h"
#include "twins.h"

#define SIZE 40.f
#define FRAME 0.04f

/* ---- tracks and candidates ---- */

static SstApart
next (SstLookalikes * lookalikes, const SstCandidate * candidates, int n,
    int *chosen)
{
  int main = 0;

  for (int i = 1; i < n; i++)
    if (candidates[i].strength > candidates[main].strength)
      main = i;
  sst_lookalikes_predict (lookalikes, NULL, FRAME);
  return sst_lookalikes_match (lookalikes, candidates, n, main, SIZE, SIZE,
      chosen);
}

/* One goes right, one left, and they meet in frame 30; while they are near
 * there is one candidate between them. The other one looks more like the target
 * from then on: by that much. Returns what the last candidate chosen was: 0,
 * the target. */
static int
cross (float advantage, SstApart * last, gboolean * covered)
{
  SstLookalikes lookalikes;
  int chosen = -1;

  sst_lookalikes_reset (&lookalikes);
  *covered = FALSE;
  for (int t = 0; t < 60; t++) {
    const float a = 100.f + 3.f * t, b = 280.f - 3.f * t;
    const gboolean near = fabsf (a - b) < 0.5f * SIZE;
    const SstCandidate candidates[] = {
      {near ? 0.5f * (a + b) : a, 50.f, 1.f},
      {b, 52.f, t < 30 ? 0.8f : 1.f + advantage}
    };

    *last = next (&lookalikes, candidates, near ? 1 : 2, &chosen);
    if (*last == SST_APART_COVERED) {
      *covered = TRUE;
      ck_assert_float_eq_tol (lookalikes.tracks[0].x, a, 3.f);
    }
  }
  return chosen;
}

START_TEST (twins_cross)
{
  SstApart last;
  gboolean covered;

  ck_assert_int_eq (cross (0.1f, &last, &covered), 0);
  ck_assert_int_eq (last, SST_APART_OTHER);
  ck_assert (covered);
}
END_TEST

START_TEST (alone_it_is_the_highest)
{
  SstLookalikes lookalikes;

  sst_lookalikes_reset (&lookalikes);
  for (int t = 0; t < 40; t++) {
    /* it jumps, and noise comes and goes */
    const SstCandidate candidates[] = {
      {100.f + 60.f * (t % 7), 50.f, 1.f},
      {300.f + 50.f * (t % 3), 90.f + 70.f * (t % 2), 0.6f},
    };
    int chosen;

    ck_assert_int_eq (next (&lookalikes, candidates, 2, &chosen),
        SST_APART_PLAIN);
    ck_assert_int_eq (chosen, 0);
  }
}
END_TEST

/* What looks like it stands beside it; it goes behind something. */
START_TEST (what_is_left_is_not_it)
{
  SstLookalikes lookalikes;
  int chosen;

  sst_lookalikes_reset (&lookalikes);
  for (int t = 0; t < 20; t++) {
    const SstCandidate both[] = {
      {100.f + t, 50.f, 1.f}, {165.f, 50.f, 0.7f}
    };

    ck_assert_int_eq (next (&lookalikes, both, 2, &chosen), SST_APART_PLAIN);
  }
  ck_assert_int_eq (next (&lookalikes, &(SstCandidate) { 165.f, 50.f, 0.7f },
          1, &chosen), SST_APART_ABSENT);
  ck_assert_float_eq_tol (lookalikes.tracks[0].x, 120.f, 1.f);
}
END_TEST

START_TEST (the_camera_moves_what_is_known)
{
  SstLookalikes lookalikes;
  SstCameraMotion camera = SST_CAMERA_MOTION_IDENTITY;
  const SstCandidate first = { 100.f, 50.f, 1.f };
  int chosen;

  sst_lookalikes_reset (&lookalikes);
  sst_lookalikes_match (&lookalikes, &first, 1, 0, SIZE, SIZE, &chosen);
  camera.tx = 30.f;
  sst_lookalikes_predict (&lookalikes, &camera, FRAME);
  ck_assert_float_eq_tol (lookalikes.tracks[0].x, 130.f, 1e-3f);
  sst_lookalikes_rescale (&lookalikes, 0.5f, 2.f);
  ck_assert_float_eq_tol (lookalikes.tracks[0].x, 65.f, 1e-3f);
  ck_assert_float_eq_tol (lookalikes.tracks[0].y, 100.f, 1e-3f);
}
END_TEST

/* Any numbers: what is chosen is one of them, and tracks stay bounded. */
START_TEST (bears_anything)
{
  SstLookalikes lookalikes;
  guint k = 0;

  sst_lookalikes_reset (&lookalikes);
  for (int t = 0; t < 2000; t++) {
    SstCandidate candidates[SST_CANDIDATES_MAX];
    const int n = 1 + (int) (scene_random (5, k++) * 5.99f);
    int chosen = -1;

    for (int i = 0; i < n; i++, k += 3)
      candidates[i] = (SstCandidate) {
        200.f * scene_random (5, k), 200.f * scene_random (5, k + 1),
        0.1f + scene_random (5, k + 2)
      };
    next (&lookalikes, candidates, n, &chosen);
    ck_assert_int_ge (chosen, 0);
    ck_assert_int_lt (chosen, n);
    ck_assert_int_ge (lookalikes.n_tracks, 1);
    ck_assert_int_le (lookalikes.n_tracks, 1 + SST_LOOKALIKES_MAX);
    ck_assert (isfinite (lookalikes.tracks[0].x));
  }
}
END_TEST

/* ---- places of a response ---- */

START_TEST (places_are_listed_by_height)
{
  static float response[SST_RESPONSE_GRID * SST_RESPONSE_GRID];
  SstSpot spots[3];

  memset (response, 0, sizeof response);
  response[10 * SST_RESPONSE_GRID + 10] = 0.5f;
  response[10 * SST_RESPONSE_GRID + 11] = 0.4f; /* its slope */
  response[30 * SST_RESPONSE_GRID + 40] = 0.9f;
  response[47 * SST_RESPONSE_GRID + 47] = 0.7f;
  response[0] = response[1] = 0.3f;     /* one of equals */
  ck_assert_int_eq (sst_peak_list (response, 0.2f, spots, 3), 3);
  ck_assert_float_eq (spots[0].value, 0.9f);
  ck_assert_float_eq (spots[0].x, 40 - SST_RESPONSE_GRID / 2);
  ck_assert_float_eq (spots[1].value, 0.7f);
  ck_assert_float_eq (spots[2].value, 0.5f);
  ck_assert_float_gt (spots[2].x, 10 - SST_RESPONSE_GRID / 2);
  ck_assert_int_eq (sst_peak_list (response, 0.6f, spots, 3), 2);
  response[30 * SST_RESPONSE_GRID + 40] = 0.f;
  ck_assert_int_eq (sst_peak_list (response, 0.2f, spots, 3), 3);
  ck_assert_float_eq (spots[2].value, 0.3f);
}
END_TEST

/* ---- rendered ---- */

/* With and without a model: of a few scenes none ends on the twin. */
START_TEST (drawn_twins)
{
  SstModel *model = _i == 0 ? sst_model_builtin () : NULL;
  guint right = 0;

  for (guint number = 0; number < 4; number++) {
    const TwinsOutcome outcome = twins_run (number, model, FALSE);

    right += outcome == TWINS_RIGHT;
    ck_assert_int_ne (outcome, TWINS_WRONG);
  }
  ck_assert_uint_ge (right, 4);
  sst_model_unref (model);
}
END_TEST

static Suite *
lookalikes_suite (void)
{
  Suite *suite = suite_create ("lookalikes");
  TCase *tcase = tcase_create ("lookalikes");

  tcase_add_test (tcase, twins_cross);
  tcase_add_test (tcase, alone_it_is_the_highest);
  tcase_add_test (tcase, what_is_left_is_not_it);
  tcase_add_test (tcase, the_camera_moves_what_is_known);
  tcase_add_test (tcase, bears_anything);
  tcase_add_test (tcase, places_are_listed_by_height);
  suite_add_tcase (suite, tcase);

  tcase = tcase_create ("twins");
  tcase_set_timeout (tcase, 120);
  tcase_add_loop_test (tcase, drawn_twins, 0, 2);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (lookalikes)
