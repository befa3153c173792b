/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Learner: several streams. */

#include "suite.h"
#include "watcher.h"

#include <check.h>
#include <stdlib.h>

#include "stream/learner_private.h"

#define N 3

typedef struct
{
  SstLearner *learner;
  SstLearnerStream *streams[N];
  Scene *scene;
  SstTime time[N];
} Site;

static Site
site_new (const SstLearnerParams * params)
{
  SstModel *const base = watcher_small_model ();
  Site site = { .scene = watcher_street (WATCHER_WIDTH, WATCHER_HEIGHT) };

  site.learner = sst_learner_new (params, base);
  sst_model_unref (base);
  for (int i = 0; i < N; i++) {
    site.streams[i] = sst_learner_add_stream (site.learner);
    site.time[i] = (SstTime) i * 1000 * SST_SECOND;
  }
  scene_render (site.scene, 0);
  return site;
}

static void
site_clear (Site * site)
{
  for (int i = 0; i < N; i++)
    sst_learner_stream_free (&site->streams[i]);
  sst_learner_free (&site->learner);
  scene_free (&site->scene);
}

/* A frame of a stream, in a scene that stands still: nobody looks. */
static void
push (Site * site, int i)
{
  const SstFrame frame = scene_frame (site->scene);

  sst_learner_stream_push (site->streams[i], &frame, site->time[i], NULL, 0);
}

/* The next one, where it is wanted. */
static void
show (Site * site, int i)
{
  if (sst_learner_stream_wants (site->streams[i], site->time[i]))
    push (site, i);
  site->time[i] += WATCHER_FRAME;
}

/* Takes the window that waits away, as the worker does; returns its stream's
 * number, or -1. */
static int
take_window (Site * site)
{
  SstLearnerShared *const shared = &site->learner->shared;
  SstWindow *window;
  int number = -1;

  g_mutex_lock (&shared->lock);
  window = g_steal_pointer (&shared->ready);
  g_mutex_unlock (&shared->lock);
  if (window != NULL)
    number = (int) window->stream;
  sst_window_free (&window);
  return number;
}

/* Streams fill one window after the other, never two at a time. */
START_TEST (one_window_at_a_time)
{
  const SstLearnerParams params = watcher_params ();
  Site site = site_new (&params);
  SstLearnerStats stats;
  guint windows[N] = { 0 };

  for (int t = 0; t < 2 * WATCHER_WINDOW; t++)
    for (int i = 0; i < N; i++)
      show (&site, i);
  sst_learner_get_stats (site.learner, &stats);
  ck_assert_uint_eq (stats.windows, 1);
  ck_assert_uint_eq (stats.taken, SST_WINDOW_LENGTH);
  ck_assert_uint_le (stats.memory, SST_WINDOW_MAX_SIZE);
  ck_assert_uint_eq (sst_learner_stream_taken (site.streams[0]),
      SST_WINDOW_LENGTH);
  ck_assert_uint_eq (sst_learner_stream_taken (site.streams[1]), 0);

  for (int t = 0; t < 7 * WATCHER_WINDOW; t++)
    for (int i = 0; i < N; i++) {
      const int number = take_window (&site);

      if (number >= 0)
        windows[number]++;
      show (&site, i);
    }
  for (int i = 0; i < N; i++)
    ck_assert_uint_ge (windows[i], 2);
  site_clear (&site);
}
END_TEST

/* One that goes, or stands still, in the middle of its window. */
START_TEST (who_goes_holds_nobody_up)
{
  const SstLearnerParams params = watcher_params ();
  Site site = site_new (&params);
  SstLearnerStats stats;

  for (int t = 0; t < 10; t++)
    show (&site, 0);
  sst_learner_get_stats (site.learner, &stats);
  ck_assert_uint_gt (stats.memory, 0);
  sst_learner_stream_free (&site.streams[0]);
  ck_assert_ptr_null (site.streams[0]);
  sst_learner_get_stats (site.learner, &stats);
  ck_assert_uint_eq (stats.memory, 0);

  for (int t = 0; t < 10; t++)
    show (&site, 1);
  ck_assert_uint_gt (sst_learner_stream_taken (site.streams[1]), 0);
  for (int t = 0; t < 4 * WATCHER_WINDOW; t++)
    show (&site, 2);
  ck_assert_int_eq (take_window (&site), 2);

  /* it comes back: the half window is gone, and it has its turn */
  for (int t = 0; t < 2 * WATCHER_WINDOW; t++)
    show (&site, 1);
  ck_assert_int_eq (take_window (&site), 1);
  site_clear (&site);
}
END_TEST

/* Time goes by once, however many streams there are. */
START_TEST (time_is_the_longest_streams)
{
  SstLearnerParams params = watcher_params ();
  const SstTime time = 200 * WATCHER_FRAME;
  Site site;
  int t = 0;

  params.reset_after = time;
  site = site_new (&params);
  for (; t < 195; t++)
    for (int i = 0; i < N; i++)
      show (&site, i);
  take_window (&site);
  for (int i = 0; i < N; i++)
    push (&site, i);
  ck_assert (!sst_learner_reset_is_due (site.learner));
  site.time[1] += 10 * WATCHER_FRAME;
  push (&site, 1);
  ck_assert (sst_learner_reset_is_due (site.learner));
  site_clear (&site);
}
END_TEST

/* What is said of a stream holds for its windows alone. */
START_TEST (each_has_its_settings)
{
  SstLearnerParams params = watcher_params (), heeded;
  Site site = site_new (&params);

  sst_learner_stream_set_params (site.streams[1], SST_LEARN_FROM_ROI,
      SST_LEARN_PAUSE_CUT);
  heeded = params;
  sst_learner_heed_stream (site.learner, 0, &heeded);
  ck_assert_int_eq (heeded.from, params.from);
  sst_learner_heed_stream (site.learner, 1, &heeded);
  ck_assert_int_eq (heeded.from, SST_LEARN_FROM_ROI);
  ck_assert_int_eq (heeded.paused_when, SST_LEARN_PAUSE_CUT);

  /* one that is left: the learner's own */
  sst_learner_stream_free (&site.streams[1]);
  heeded = params;
  sst_learner_heed_stream (site.learner, 1, &heeded);
  ck_assert_int_eq (heeded.from, params.from);
  site_clear (&site);
}
END_TEST

static Suite *
learner_streams_suite (void)
{
  Suite *suite = suite_create ("learner streams");
  TCase *tcase = tcase_create ("streams");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, one_window_at_a_time);
  tcase_add_test (tcase, who_goes_holds_nobody_up);
  tcase_add_test (tcase, time_is_the_longest_streams);
  tcase_add_test (tcase, each_has_its_settings);
  return suite;
}

SUITE_MAIN (learner_streams)
