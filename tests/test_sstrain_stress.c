/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* sstrain, learning, beside sstracker, with everything at once from several
 * threads. What is tested is that nothing breaks: the thread and the address
 * sanitizer look on. test_sstrain_events does it with more models. */

#include "test_sstracker_common.h"

#define STRESS_TIME (G_USEC_PER_SEC / 2)

static gint stop_asking;

static gpointer
ask (gpointer train)
{
  for (guint i = 0; !g_atomic_int_get (&stop_asking); i++) {
    GstStructure *stats;

    g_object_get (train, "stats", &stats, NULL);
    gst_structure_free (stats);
    g_object_set (train, "enabled", i % 9 != 0, "learn-from", 1 + i % 7,
        "paused-when", i % 16, "profile", i % 2, "cpu-share", 0.5 + i % 2 * 0.4,
        "reset-after", (guint64) GST_SECOND, NULL);
    if (i % 31 == 0)
      g_signal_emit_by_name (train, "rollback");
    if (i % 67 == 0)
      g_signal_emit_by_name (train, "reset-to-base");
    g_usleep (5000);
  }
  return NULL;
}

GST_START_TEST (elements_stop_at_work)
{
  for (guint i = 0; i < 3; i++) {
    Fixture *f = fixture_new ("sstracker init-box=90,110,48,40 ! "
        "sstrain name=t cpu-share=1", NULL);
    GThread *asker, *pusher;

    gst_harness_set_drop_buffers (f->h, TRUE);
    g_atomic_int_set (&stop_asking, 0);
    asker = g_thread_new ("asker", ask, f->tracker);
    pusher = g_thread_new ("pusher", fixture_push_all, f);
    g_usleep (STRESS_TIME);
    while (get_train_stat (f, "taken") < 3)
      g_usleep (G_USEC_PER_SEC / 50);
    gst_element_set_state (f->h->element, i % 2 == 0 ? GST_STATE_READY :
        GST_STATE_NULL);
    g_thread_join (pusher);
    g_atomic_int_set (&stop_asking, 1);
    g_thread_join (asker);
    fixture_free (f);
  }
}

GST_END_TEST;

GST_START_TEST (states_change_while_somebody_asks)
{
  GstHarness *h = gst_harness_new ("sstrain");
  GstHarnessThread *states = gst_harness_stress_statechange_start_full (h,
      20000);
  GThread *asker;

  g_atomic_int_set (&stop_asking, 0);
  asker = g_thread_new ("asker", ask, h->element);
  g_usleep (STRESS_TIME);
  g_atomic_int_set (&stop_asking, 1);
  g_thread_join (asker);
  fail_unless (gst_harness_stress_thread_stop (states) > 0);
  gst_harness_teardown (h);
}

GST_END_TEST;

static Suite *
sstrain_stress_suite (void)
{
  Suite *s = suite_create ("sstrain stress");
  TCase *tc = tcase_create ("races");

  tcase_add_test (tc, elements_stop_at_work);
  tcase_add_test (tc, states_change_while_somebody_asks);
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (sstrain_stress);
