/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Learner: a stream, a worker, and a third that asks and changes things. What
 * is tested is that nothing breaks: the thread and the address sanitizer look
 * on. */

#include "suite.h"
#include "watcher.h"

#include <check.h>
#include <stdlib.h>

#define N_STEPS 3
#define N_FRAMES 300            /* at least */

typedef struct
{
  SstLearner *learner;
  SstPace *pace;
  gboolean quit;                /* atomic */
  int n_stopped;                /* atomic */
} Worker;

static gpointer
run_worker (gpointer data)
{
  Worker *const worker = data;

  while (!g_atomic_int_get (&worker->quit)) {
    const SstLearnerEvent event = sst_learner_work (worker->learner,
        worker->pace);

    if (event == SST_LEARNER_IDLE)
      sst_learner_wait (worker->learner, G_USEC_PER_SEC);
    else if (event == SST_LEARNER_STOPPED) {
      g_atomic_int_inc (&worker->n_stopped);
      sst_learner_wait (worker->learner, 1000);
    }
  }
  return NULL;
}

/* The pace stops the worker in the middle of what it does. */
START_TEST (the_pace_stops_the_worker_anywhere)
{
  SstLearnerParams params = watcher_params ();
  Scene *scene = watcher_street (WATCHER_WIDTH, WATCHER_HEIGHT);
  Worker worker = { .pace = sst_pace_new () };
  SstModel *base = watcher_model ();
  SstLearnerStats stats = { .steps = 0 };
  SstTime time = 0;
  GThread *thread;
  int n_stopped;

  params.reset_after = 30 * 30 * WATCHER_FRAME;
  worker.learner = sst_learner_new (&params, base);
  thread = g_thread_new ("worker", run_worker, &worker);
  for (int t = 0; t < N_FRAMES || stats.steps < N_STEPS;
      t++, time += WATCHER_FRAME) {
    SstModel *model;

    if (sst_learner_wants (worker.learner, time)) {
      const SstFrame frame = scene_render (scene, t);

      sst_learner_push (worker.learner, &frame, time, NULL, 0);
    }
    sst_learner_get_stats (worker.learner, &stats);
    model = sst_learner_get_model (worker.learner);
    ck_assert_ptr_nonnull (model);
    sst_model_unref (model);
    /* less and less often, as checks start anew */
    if ((t & (t - 1)) == 0) {
      sst_pace_stop (worker.pace);
      g_usleep (5000);
      sst_pace_resume (worker.pace);
    }
    if (t % 100 == 60)
      sst_learner_rollback (worker.learner);
    if (t % 150 == 140)
      sst_learner_interrupt (worker.learner);
    params.profile = t % 2;
    sst_learner_set_params (worker.learner, &params);
    g_usleep (5000);
  }
  n_stopped = g_atomic_int_get (&worker.n_stopped);
  sst_pace_stop (worker.pace);
  sst_learner_reset (worker.learner);
  while (g_atomic_int_get (&worker.n_stopped) == n_stopped)
    g_usleep (1000);
  g_atomic_int_set (&worker.quit, TRUE);
  sst_learner_wake (worker.learner);
  g_thread_join (thread);
  sst_pace_resume (worker.pace);
  ck_assert_int_eq (sst_learner_work (worker.learner, worker.pace),
      SST_LEARNER_RESET);
  sst_learner_free (&worker.learner);
  sst_pace_free (&worker.pace);
  sst_model_unref (base);
  scene_free (&scene);
}
END_TEST

static Suite *
learner_threads_suite (void)
{
  Suite *suite = suite_create ("learner threads");
  TCase *tcase = tcase_create ("learner_threads");

  tcase_add_test (tcase, the_pace_stops_the_worker_anywhere);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (learner_threads)
