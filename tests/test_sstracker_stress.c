/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Everything at once, from several threads, while frames flow. What is tested
 * is that nothing breaks: the thread and the address sanitizer look on. */

#include <gst/video/navigation.h>

#include "test_sstracker_common.h"

#define STRESS_TIME (G_USEC_PER_SEC / 2)

/* Small frames, so that many pass. */
#define SMALL_CAPS "video/x-raw,format=NV12,width=64,height=48,framerate=25/1"

static GstHarness *
make_harness (void)
{
  GstHarness *h = gst_harness_new ("sstracker");

  gst_harness_set_src_caps_str (h, SMALL_CAPS);
  gst_harness_set_drop_buffers (h, TRUE);
  g_object_set (h->element, "init-box", "10,10,20,20", NULL);
  return h;
}

static GstHarnessThread *
stress_buffers (GstHarness * h, GstBuffer ** buffer)
{
  GstCaps *caps = gst_caps_from_string (SMALL_CAPS);
  GstHarnessThread *thread;
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  *buffer = gst_harness_create_buffer (h, 64 * 48 * 3 / 2);
  gst_buffer_memset (*buffer, 0, 90, 64 * 48 * 3 / 2);
  gst_buffer_memset (*buffer, 1000, 190, 400);
  GST_BUFFER_PTS (*buffer) = 0;
  GST_BUFFER_DURATION (*buffer) = FRAME_TIME;
  thread = gst_harness_stress_push_buffer_start (h, caps, &segment, *buffer);
  gst_caps_unref (caps);
  return thread;
}

/* Races for some time, and until frames went through meanwhile; under the
 * thread sanitizer one that starts all targets anew can take seconds. */
static void
wait_for_frames (GstHarness * h)
{
  const guint before = gst_harness_buffers_received (h);
  int i;

  g_usleep (STRESS_TIME);
  for (i = 0; i < 2000 && gst_harness_buffers_received (h) <= before + 5; i++)
    g_usleep (G_USEC_PER_SEC / 20);
  fail_unless (i < 2000, "hardly a frame went through");
}

GST_START_TEST (properties_change_while_frames_flow)
{
  static const gchar *boxes[] = { "1,1,20,20", "20,20,20,20;5,5,9,9", "", "x" };
  GstHarness *h = make_harness ();
  GstHarnessThread *threads[12];
  GstBuffer *buffer;
  GValue value = G_VALUE_INIT;
  guint n = 0;

  threads[n++] = stress_buffers (h, &buffer);
  for (guint i = 0; i < G_N_ELEMENTS (boxes); i++) {
    g_value_init (&value, G_TYPE_STRING);
    g_value_set_string (&value, boxes[i]);
    threads[n++] = gst_harness_stress_property_start_full (h, "init-box",
        &value, 2000);
    g_value_unset (&value);
  }
  g_value_init (&value, G_TYPE_BOOLEAN);
  g_value_set_boolean (&value, TRUE);
  threads[n++] = gst_harness_stress_property_start_full (h, "overlay", &value,
      1000);
  g_value_set_boolean (&value, FALSE);
  threads[n++] = gst_harness_stress_property_start_full (h, "overlay", &value,
      1300);
  g_value_unset (&value);
  g_value_init (&value, G_TYPE_UINT);
  for (guint i = 1; i < 4; i++) {
    g_value_set_uint (&value, i);
    threads[n++] = gst_harness_stress_property_start_full (h, "n-threads",
        &value, 3000 + i);
  }
  g_value_unset (&value);
  wait_for_frames (h);
  while (n > 0)
    gst_harness_stress_thread_stop (threads[--n]);
  gst_buffer_unref (buffer);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Two threads that call and ask without pause. */
static gint stop_calling;

static gpointer
call_actions (gpointer element)
{
  guint64 id = 0, calls = 0;

  while (!g_atomic_int_get (&stop_calling)) {
    g_signal_emit_by_name (element, "add-target", 5., 5., 20., 20., &id);
    if (calls % 3 == 0)
      g_signal_emit_by_name (element, "remove-target", id);
    if (calls % 50 == 0)
      g_signal_emit_by_name (element, "reset");
    calls++;
    g_usleep (300);
  }
  return NULL;
}

static gpointer
ask_stats (gpointer element)
{
  while (!g_atomic_int_get (&stop_calling)) {
    GstStructure *stats;

    g_object_get (element, "stats", &stats, NULL);
    gst_structure_free (stats);
    g_usleep (200);
  }
  return NULL;
}

GST_START_TEST (actions_come_while_frames_flow)
{
  GstHarness *h = make_harness ();
  GstHarnessThread *threads[2];
  GThread *callers[3];
  GstBuffer *buffer;
  GstEvent *click;

  g_object_set (h->element, "select-on-click", TRUE, "max-targets", 4, NULL);
  g_atomic_int_set (&stop_calling, 0);
  threads[0] = stress_buffers (h, &buffer);
  click = gst_navigation_event_new_mouse_button_press (3, 20, 20,
      GST_NAVIGATION_MODIFIER_NONE);
  threads[1] = gst_harness_stress_push_upstream_event_start_full (h, click,
      500);
  for (guint i = 0; i < 2; i++)
    callers[i] = g_thread_new ("caller", call_actions, h->element);
  callers[2] = g_thread_new ("asker", ask_stats, h->element);
  wait_for_frames (h);
  g_atomic_int_set (&stop_calling, 1);
  for (guint i = 0; i < 3; i++)
    g_thread_join (callers[i]);
  gst_harness_stress_thread_stop (threads[1]);
  gst_harness_stress_thread_stop (threads[0]);
  gst_buffer_unref (buffer);
  gst_event_unref (click);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Takes the element up and down; counts how often. */
static gint n_restarts;

static gpointer
change_states (gpointer element)
{
  while (!g_atomic_int_get (&stop_calling)) {
    gst_element_set_state (element, GST_STATE_NULL);
    gst_element_set_state (element, GST_STATE_PLAYING);
    g_atomic_int_inc (&n_restarts);
    g_usleep (20000);
  }
  return NULL;
}

GST_START_TEST (actions_come_while_states_change)
{
  GstHarness *h = make_harness ();
  GThread *callers[3];
  int i;

  /* Ids are wanted while the set comes and goes. */
  g_atomic_int_set (&stop_calling, 0);
  g_atomic_int_set (&n_restarts, 0);
  callers[0] = g_thread_new ("caller", call_actions, h->element);
  callers[1] = g_thread_new ("asker", ask_stats, h->element);
  callers[2] = g_thread_new ("changer", change_states, h->element);
  g_usleep (STRESS_TIME);
  /* how long that takes depends on how busy the machine is */
  for (i = 0; i < 2000 && g_atomic_int_get (&n_restarts) < 4; i++)
    g_usleep (G_USEC_PER_SEC / 20);
  fail_unless (i < 2000, "hardly a change of state");
  g_atomic_int_set (&stop_calling, 1);
  for (i = 0; i < 3; i++)
    g_thread_join (callers[i]);
  gst_harness_teardown (h);
}

GST_END_TEST;

GST_START_TEST (events_come_while_frames_flow)
{
  GstHarness *h = make_harness ();
  GstHarnessThread *threads[3];
  GstBuffer *buffer;
  GstEvent *qos = gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 2.0, 1000, 0);
  GstEvent *custom = gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM_OOB,
      gst_structure_new_empty ("test"));

  threads[0] = stress_buffers (h, &buffer);
  threads[1] = gst_harness_stress_push_upstream_event_start_full (h, qos, 300);
  threads[2] = gst_harness_stress_push_event_start_full (h, custom, 300);
  wait_for_frames (h);
  for (guint i = 3; i-- > 0;)
    gst_harness_stress_thread_stop (threads[i]);
  gst_event_unref (qos);
  gst_event_unref (custom);
  gst_buffer_unref (buffer);
  gst_harness_teardown (h);
}

GST_END_TEST;

static Suite *
sstracker_stress_suite (void)
{
  Suite *s = suite_create ("sstracker stress");
  TCase *tc = tcase_create ("races");

  tcase_add_test (tc, properties_change_while_frames_flow);
  tcase_add_test (tc, actions_come_while_frames_flow);
  tcase_add_test (tc, actions_come_while_states_change);
  tcase_add_test (tc, events_come_while_frames_flow);
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (sstracker_stress);
