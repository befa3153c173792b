/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Learner: how much it takes at most, and that it can be stopped. */

#include "suite.h"
#include "watcher.h"

#include <check.h>
#include <stdlib.h>

/* Where nobody works, no more than a window is taken. */
START_TEST (no_more_than_a_window_waits_for_the_worker)
{
  const SstLearnerParams params = watcher_params ();
  Watcher w = watcher_new (&params, watcher_small_model ());
  Scene *scene = watcher_street (WATCHER_WIDTH, WATCHER_HEIGHT);
  SstLearnerStats stats;
  guint n_wanted = 0;

  for (int t = 0; t < 2 * WATCHER_WINDOW; t++) {
    const SstFrame frame = scene_render (scene, t);

    n_wanted += sst_learner_wants (w.learner, w.time);
    watcher_push (&w, &frame, NULL, 0);
  }
  stats = watcher_stats (&w);
  ck_assert_uint_eq (n_wanted, 32);
  ck_assert_uint_eq (stats.taken, 32);
  ck_assert_uint_eq (stats.windows, 1);
  ck_assert_uint_eq (stats.frames, 2 * WATCHER_WINDOW);
  watcher_mine (&w);
  ck_assert (sst_learner_wants (w.learner, w.time));
  sst_learner_interrupt (w.learner);    /* nothing is there to end */
  ck_assert_uint_eq (watcher_stats (&w).windows, 1);
  watcher_clear (&w);
  scene_free (&scene);
}
END_TEST

/* The least memory, and windows of all shapes. */
START_TEST (the_least_memory_is_held)
{
  static const int sizes[][2] = { {640, 360}, {480, 480}, {270, 480} };
  SstLearnerParams params = watcher_params ();
  Watcher w;

  params.memory = SST_LEARNER_MIN_MEMORY;
  params.learning_rate = 1e3f;  /* to rest rather than to train */
  w = watcher_new (&params, watcher_model ());
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    Scene *scene = watcher_street (sizes[i][0], sizes[i][1]);

    for (int t = 0; t < WATCHER_WINDOW + 6; t++) {
      watcher_show (&w, scene, 1);
      ck_assert_uint_le (watcher_stats (&w).memory, params.memory);
    }
    /* one is filled while one is mined */
    while (!sst_learner_wants (w.learner, w.time)) {
      watcher_work (&w, 1);
      ck_assert_uint_le (watcher_stats (&w).memory, params.memory);
    }
    scene_free (&scene);
  }
  ck_assert_uint_ge (watcher_stats (&w).windows, G_N_ELEMENTS (sizes));
  ck_assert_uint_gt (watcher_stats (&w).tracklets, 0);
  watcher_clear (&w);
}
END_TEST

static gpointer
stop_soon (gpointer pace)
{
  g_usleep (50000);
  sst_pace_stop (pace);
  return NULL;
}

/* Stopped anywhere, it goes on, and comes to the same. */
START_TEST (stopping_changes_no_result)
{
  const SstLearnerParams params = watcher_params ();
  SstPace *pace = sst_pace_new ();
  double loss[2];
  guint64 n[2];

  for (int run = 0; run < 2; run++) {
    Watcher w = watcher_new (&params, watcher_model ());
    Scene *scene = watcher_street (WATCHER_WIDTH, WATCHER_HEIGHT);

    watcher_show (&w, scene, WATCHER_PART);
    sst_learner_interrupt (w.learner);
    for (int i = 0; i < 8; i++) {
      if (run == 1) {
        sst_pace_stop (pace);
        ck_assert_int_eq (sst_learner_work (w.learner, pace),
            SST_LEARNER_STOPPED);
        sst_pace_resume (pace);
      }
      if (run == 1 && i < 4) {  /* and in the middle */
        GThread *const thread = g_thread_new ("stop", stop_soon, pace);

        sst_pace_set_share (pace, 0.01);
        ck_assert_int_eq (sst_learner_work (w.learner, pace),
            SST_LEARNER_STOPPED);
        g_thread_join (thread);
        sst_pace_resume (pace);
        sst_pace_set_share (pace, 1.0);
      }
      ck_assert_int_eq (sst_learner_work (w.learner, run == 1 ? pace : NULL),
          SST_LEARNER_WORKED);
    }
    loss[run] = watcher_stats (&w).loss;
    n[run] = watcher_stats (&w).steps;
    watcher_clear (&w);
    scene_free (&scene);
  }
  ck_assert_uint_gt (n[0], 3);
  ck_assert_uint_eq (n[0], n[1]);
  ck_assert (loss[0] == loss[1]);
  sst_pace_free (&pace);
}
END_TEST

/* Who asks before there was any work gets an answer from the first piece of
 * it, for which nothing is made; two who ask get one. */
START_TEST (a_question_before_any_work_is_answered)
{
  const SstLearnerParams params = watcher_params ();
  Watcher w = watcher_new (&params, watcher_small_model ());

  sst_learner_rollback (w.learner);
  sst_learner_rollback (w.learner);
  ck_assert_int_eq (watcher_work (&w, 1), SST_LEARNER_ROLLED_BACK);
  ck_assert_uint_eq (watcher_stats (&w).rolled_back, 1);
  watcher_work (&w, 5);
  ck_assert_uint_eq (watcher_stats (&w).rolled_back, 1);
  sst_learner_reset (w.learner);
  ck_assert_int_eq (watcher_work (&w, 1), SST_LEARNER_RESET);
  ck_assert_uint_eq (watcher_stats (&w).resets, 1);
  ck_assert_uint_lt (watcher_stats (&w).memory, 1 << 20);
  watcher_clear (&w);
}
END_TEST

static Suite *
learner_bounds_suite (void)
{
  Suite *suite = suite_create ("learner bounds");
  TCase *tcase = tcase_create ("learner_bounds");

  tcase_add_test (tcase, no_more_than_a_window_waits_for_the_worker);
  tcase_add_test (tcase, the_least_memory_is_held);
  tcase_add_test (tcase, stopping_changes_no_result);
  tcase_add_test (tcase, a_question_before_any_work_is_answered);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (learner_bounds)
