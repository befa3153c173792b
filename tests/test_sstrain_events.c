/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* What sstrain does with what learning comes to: messages, files, models for
 * trackers; what it hands to the learner; and all of that while the states
 * change. The learner is scripted (scripted_learner.h). */

#include <dlfcn.h>
#include <string.h>

#include <glib/gstdio.h>

#include "scripted_learner.h"

#include "test_sstracker_common.h"

/* How long to wait for what other threads do. */
#define PATIENCE (60 * G_USEC_PER_SEC)

static gboolean no_thread;

/* In the place of GLib's: there may be none for a worker. */
GThread *
g_thread_try_new (const gchar * name, GThreadFunc function, gpointer data,
    GError ** error)
{
  static GThread *(*make) (const gchar *, GThreadFunc, gpointer, GError **);

  if (no_thread && g_strcmp0 (name, "sstrain") == 0) {
    g_set_error_literal (error, G_THREAD_ERROR, G_THREAD_ERROR_AGAIN,
        "none left");
    return NULL;
  }
  if (make == NULL)
    *(void **) &make = dlsym (RTLD_NEXT, "g_thread_try_new");
  return make (name, function, data, error);
}

static Fixture *
train_new (const gchar * launch)
{
  script_clear ();
  return fixture_new (launch, NULL);
}

static gchar *
dup_stat (Fixture * f, const gchar * field)
{
  GstStructure *stats;
  gchar *text;

  g_object_get (f->tracker, "stats", &stats, NULL);
  text = g_strdup (gst_structure_get_string (stats, field));
  gst_structure_free (stats);
  return text;
}

/* The next message of sstrain's; free it. */
static GstStructure *
wait_for_message (Fixture * f, const gchar * name)
{
  const gint64 end = g_get_monotonic_time () + PATIENCE;
  GstStructure *structure;

  while ((structure = pop_message (f, name)) == NULL) {
    fail_unless (g_get_monotonic_time () < end, "no %s", name);
    g_usleep (2000);
  }
  return structure;
}

/* Lets the event happen and returns the model that is in use then. */
static gchar *
happen (Fixture * f, SstLearnerEvent event, const gchar * name)
{
  GstStructure *structure;
  gchar *model;

  script_add (event);
  structure = wait_for_message (f, name);
  model = g_strdup (gst_structure_get_string (structure, "model"));
  fail_unless_equals_int (strlen (model), 64);
  gst_structure_free (structure);
  return model;
}

/* The checksum of the model in a file, NULL where there is no file. */
static gchar *
read_checksum (const gchar * path)
{
  GError *error = NULL;
  SstWeights *weights = sst_weights_load (path, &error);
  gchar *checksum;

  if (weights == NULL) {
    fail_unless (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT),
        "%s", error->message);
    g_error_free (error);
    return NULL;
  }
  checksum = g_strdup (sst_weights_get_checksum (weights));
  sst_weights_unref (weights);
  return checksum;
}

static void
wait_for_file (const gchar * path, const gchar * expected)
{
  const gint64 end = g_get_monotonic_time () + PATIENCE;
  gchar *checksum;

  while (g_strcmp0 (checksum = read_checksum (path), expected) != 0) {
    fail_unless (g_get_monotonic_time () < end, "%s is not in %s", expected,
        path);
    g_free (checksum);
    g_usleep (2000);
  }
  g_free (checksum);
}

static void
remove_directory (gchar * directory)
{
  GDir *rest = g_dir_open (directory, 0, NULL);

  fail_unless (g_dir_read_name (rest) == NULL);
  g_dir_close (rest);
  g_rmdir (directory);
  g_free (directory);
}

/* ---- messages ---- */

GST_START_TEST (events_of_the_learner_become_messages)
{
  Fixture *f = train_new ("sstrain name=t");
  gchar *base = dup_stat (f, "model");
  gchar *one, *two, *model, *now;
  GstStructure *structure;
  gdouble score, base_score;
  guint64 steps, n, time;

  fixture_run (f, 3);
  script_add (SST_LEARNER_ACCEPTED);
  structure = wait_for_message (f, "sstrain/accepted");
  fail_unless (gst_structure_get (structure, "score", G_TYPE_DOUBLE, &score,
          "base-score", G_TYPE_DOUBLE, &base_score, "steps", G_TYPE_UINT64,
          &steps, "accepted", G_TYPE_UINT64, &n, "running-time", G_TYPE_UINT64,
          &time, NULL));
  fail_unless_equals_float (score, 0.875);
  fail_unless_equals_float (base_score, 0.75);
  fail_unless_equals_uint64 (steps, 1234);
  fail_unless_equals_uint64 (n, 1);
  fail_unless_equals_uint64 (time, 2 * FRAME_TIME);
  fail_unless (g_str_has_prefix (gst_structure_get_string (structure,
              "learned"), "learned from 57 things that moved"));
  fail_unless (gst_structure_get (structure, "things", G_TYPE_UINT64, &n,
          "know-gain", G_TYPE_DOUBLE, &score, NULL));
  fail_unless_equals_uint64 (n, 57);
  fail_unless_equals_float (score, 0.125);
  one = g_strdup (gst_structure_get_string (structure, "model"));
  fail_unless (g_strcmp0 (base, one) != 0);
  gst_structure_free (structure);
  now = dup_stat (f, "model");
  fail_unless_equals_string (now, one);
  g_free (now);

  two = happen (f, SST_LEARNER_ACCEPTED, "sstrain/accepted");
  fail_unless (g_strcmp0 (one, two) != 0);
  model = happen (f, SST_LEARNER_REFUSED, "sstrain/refused");
  fail_unless_equals_string (model, two);
  g_free (model);

  /* on request */
  g_signal_emit_by_name (f->tracker, "rollback");
  structure = wait_for_message (f, "sstrain/rolled-back");
  fail_unless_equals_string (gst_structure_get_string (structure, "model"),
      one);
  gst_structure_free (structure);
  g_signal_emit_by_name (f->tracker, "reset-to-base");
  structure = wait_for_message (f, "sstrain/reset");
  fail_unless_equals_string (gst_structure_get_string (structure, "model"),
      base);
  gst_structure_free (structure);

  /* on its own */
  model = happen (f, SST_LEARNER_ACCEPTED, "sstrain/accepted");
  g_free (model);
  model = happen (f, SST_LEARNER_RESET, "sstrain/reset");
  fail_unless_equals_string (model, base);
  g_free (model);
  expect_no_warning (f);
  g_free (base);
  g_free (one);
  g_free (two);
  fixture_free (f);
}

GST_END_TEST;

/* Switched off it does no work, but what is asked for. */
GST_START_TEST (a_disabled_element_answers_and_rests)
{
  Fixture *f = train_new ("sstrain name=t enabled=false");
  guint worked;

  script_repeat (SST_LEARNER_WORKED);
  fixture_run (f, 10);
  fail_unless_equals_int (script_counts ().wants, 0);
  fail_unless_equals_int (script_counts ().worked, 0);
  g_signal_emit_by_name (f->tracker, "rollback");
  gst_structure_free (wait_for_message (f, "sstrain/rolled-back"));

  g_object_set (f->tracker, "enabled", TRUE, NULL);
  while (script_counts ().worked < 3)
    g_usleep (1000);
  fixture_run (f, 10);
  fail_unless_equals_int (script_counts ().pushed, 10);
  fail_unless_equals_int (script_counts ().interrupts, 0);

  g_object_set (f->tracker, "enabled", FALSE, NULL);
  fixture_run (f, 10);
  fail_unless_equals_int (script_counts ().pushed, 10);
  fail_unless_equals_int (script_counts ().interrupts, 1);
  g_usleep (G_USEC_PER_SEC / 10);
  worked = script_counts ().worked;
  g_usleep (G_USEC_PER_SEC / 5);
  fail_unless_equals_int (script_counts ().worked, worked);
  fixture_free (f);
  fail_unless_equals_int (script_counts ().learners, 0);
}

GST_END_TEST;

GST_START_TEST (settings_reach_the_learner)
{
  Fixture *f = train_new ("sstrain name=t seed=7 memory-limit=400000000 "
      "learn-from=roi paused-when=cut profile=gentle reset-after=5");
  SstLearnerParams params = script_counts ().params;

  fail_unless_equals_uint64 (params.seed, 7);
  fail_unless_equals_uint64 (params.memory, 400000000);
  fail_unless_equals_int (params.from, SST_LEARN_FROM_ROI);
  fail_unless_equals_int (params.paused_when, SST_LEARN_PAUSE_CUT);
  fail_unless_equals_int (params.profile, SST_LEARN_GENTLE);
  fail_unless_equals_uint64 (params.reset_after, 5);

  g_object_set (f->tracker, "learn-from", 3, "paused-when", 1, "profile", 1,
      "reset-after", (guint64) 9, NULL);
  params = script_counts ().params;
  fail_unless_equals_int (params.from, 3);
  fail_unless_equals_int (params.paused_when, SST_LEARN_PAUSE_STILL);
  fail_unless_equals_int (params.profile, SST_LEARN_NORMAL);
  fail_unless_equals_uint64 (params.reset_after, 9);
  fixture_free (f);
}

GST_END_TEST;

/* The worker stays within its share, and stats say what it used: of that
 * much CPU time, however long it takes to get it. */
GST_START_TEST (the_share_is_kept_and_stats_say_so)
{
  Fixture *f = train_new ("sstrain name=t cpu-share=0.2");
  gdouble share = 1.0;
  guint64 used = 0;

  script_repeat (SST_LEARNER_WORKED);
  while (used < 200 * GST_MSECOND) {
    GstStructure *stats;

    g_usleep (G_USEC_PER_SEC / 50);
    g_object_get (f->tracker, "stats", &stats, NULL);
    fail_unless (gst_structure_get (stats, "cpu-share", G_TYPE_DOUBLE, &share,
            "cpu-used", G_TYPE_UINT64, &used, NULL));
    gst_structure_free (stats);
  }
  fail_unless (share > 0.0 && share < 0.3, "%f", share);
  fixture_free (f);
}

GST_END_TEST;

/* A piece of work without an end is left for what was asked for, when there is
 * nothing to do any more, and when the element stops. */
GST_START_TEST (endless_work_is_left_when_it_has_to_be)
{
  static const gchar *const asked[][2] = {
    {"reset-to-base", "sstrain/reset"}, {"rollback", "sstrain/rolled-back"},
    {"reset-to-base", "sstrain/reset"}
  };
  Fixture *f = train_new ("sstrain name=t cpu-share=1");

  script_never_end ();
  script_repeat (SST_LEARNER_WORKED);
  for (guint i = 0; i < G_N_ELEMENTS (asked); i++) {
    const guint worked = script_counts ().worked;

    g_signal_emit_by_name (f->tracker, asked[i][0]);
    gst_structure_free (wait_for_message (f, asked[i][1]));
    while (script_counts ().worked < worked + 2)        /* at it again */
      g_usleep (1000);
  }
  g_object_set (f->tracker, "enabled", FALSE, NULL);
  g_object_set (f->tracker, "enabled", TRUE, NULL);
  fixture_free (f);
  fail_unless_equals_int (script_counts ().learners, 0);
}

GST_END_TEST;

/* ---- files ---- */

GST_START_TEST (accepted_models_are_saved)
{
  gchar *directory = g_dir_make_tmp ("sst-save-XXXXXX", NULL);
  gchar *path = g_build_filename (directory, "m.sst", NULL);
  gchar *other = g_build_filename (directory, "n.sst", NULL);
  Fixture *f = train_new ("sstrain name=t");
  gchar *base = dup_stat (f, "model");
  gchar *model, *earlier;

  g_object_set (f->tracker, "save-location", path, NULL);
  g_free (happen (f, SST_LEARNER_REFUSED, "sstrain/refused"));
  fail_if (g_file_test (path, G_FILE_TEST_EXISTS));

  /* The message comes after the file. */
  model = happen (f, SST_LEARNER_ACCEPTED, "sstrain/accepted");
  earlier = read_checksum (path);
  fail_unless_equals_string (earlier, model);
  g_free (model);
  g_free (happen (f, SST_LEARNER_ACCEPTED, "sstrain/accepted"));
  model = happen (f, SST_LEARNER_ROLLED_BACK, "sstrain/rolled-back");
  fail_unless_equals_string (model, earlier);
  wait_for_file (path, model);

  /* Another place gets what there is, also while it is switched off. */
  g_object_set (f->tracker, "enabled", FALSE, NULL);
  g_object_set (f->tracker, "save-location", other, NULL);
  wait_for_file (other, model);
  g_free (model);
  g_object_set (f->tracker, "enabled", TRUE, NULL);
  model = happen (f, SST_LEARNER_RESET, "sstrain/reset");
  fail_unless_equals_string (model, base);
  wait_for_file (other, base);
  wait_for_file (path, earlier);

  g_object_set (f->tracker, "save-location", "/nowhere/m.sst", NULL);
  g_free (happen (f, SST_LEARNER_ACCEPTED, "sstrain/accepted"));
  g_free (happen (f, SST_LEARNER_ACCEPTED, "sstrain/accepted"));
  expect_warning (f, "/nowhere");
  expect_no_warning (f);

  g_unlink (path);
  g_unlink (other);
  g_free (model);
  g_free (earlier);
  g_free (base);
  g_free (path);
  g_free (other);
  fixture_free (f);
  remove_directory (directory);
}

GST_END_TEST;

/* Who reads the file while it is written over and over sees whole models. */
GST_START_TEST (readers_see_whole_models)
{
  gchar *directory = g_dir_make_tmp ("sst-save-XXXXXX", NULL);
  gchar *path = g_build_filename (directory, "m.sst", NULL);
  gchar *launch = g_strdup_printf ("sstrain name=t save-location=%s", path);
  Fixture *f = train_new (launch);
  guint n_seen = 0;
  gchar *last = NULL;

  for (guint i = 0; i < 15; i++)
    script_add (SST_LEARNER_ACCEPTED);
  for (guint n = 0; n < 15;) {
    gchar *checksum = read_checksum (path);
    GstStructure *message = pop_message (f, "sstrain/accepted");

    n_seen += g_strcmp0 (checksum, last) != 0;
    n += message != NULL;
    g_clear_pointer (&message, gst_structure_free);
    g_free (last);
    last = checksum;
    g_usleep (50000);           /* the worker steps back for everybody */
  }
  fail_unless (n_seen >= 2);
  g_free (last);
  fixture_free (f);
  g_unlink (path);
  g_free (path);
  g_free (launch);
  remove_directory (directory);
}

GST_END_TEST;

static gboolean
is_resting (Fixture * f)
{
  GstStructure *stats;
  gboolean resting;

  g_object_get (f->tracker, "stats", &stats, NULL);
  fail_unless (gst_structure_get_boolean (stats, "resting", &resting));
  gst_structure_free (stats);
  return resting;
}

/* In PAUSED the worker leaves what it is at, and answers what it is asked;
 * unless it is told to go on. */
GST_START_TEST (a_paused_worker_rests_and_answers)
{
  Fixture *f = train_new ("sstrain name=t");
  guint worked;

  fail_if (is_resting (f));
  script_repeat (SST_LEARNER_WORKED);
  while (script_counts ().worked < 3)
    g_usleep (1000);
  gst_element_set_state (f->tracker, GST_STATE_PAUSED);
  fail_unless (is_resting (f));
  g_signal_emit_by_name (f->tracker, "rollback");
  gst_structure_free (wait_for_message (f, "sstrain/rolled-back"));
  while (!is_resting (f))       /* it notes that it has answered */
    g_usleep (1000);
  worked = script_counts ().worked;
  g_usleep (G_USEC_PER_SEC / 5);
  fail_unless (script_counts ().worked <= worked + 1);
  g_object_set (f->tracker, "paused-when", 15, NULL);
  fail_if (is_resting (f));
  worked = script_counts ().worked;
  while (script_counts ().worked < worked + 3)
    g_usleep (1000);
  g_object_set (f->tracker, "paused-when", 31, NULL);
  fail_unless (is_resting (f));
  gst_element_set_state (f->tracker, GST_STATE_PLAYING);
  fail_if (is_resting (f));
  worked = script_counts ().worked;
  while (script_counts ().worked < worked + 3)
    g_usleep (1000);
  fixture_free (f);
}

GST_END_TEST;

/* ---- frames ---- */

GST_START_TEST (interruptions_end_a_window)
{
  Fixture *f = train_new ("sstrain name=t");
  GstSegment segment;
  GstBuffer *buffer;
  guint n;

  /* a window that never began is not interrupted */
  script_want (FALSE);
  fixture_run (f, 5);
  gst_harness_push_event (f->h, gst_event_new_stream_start ("one"));
  fail_unless_equals_int (script_counts ().interrupts, 0);
  script_want (TRUE);

  for (guint i = 0; i < 6; i++) {
    fixture_run (f, 3);
    n = script_counts ().interrupts;
    switch (i) {
      case 0:
        gst_harness_push_event (f->h, gst_event_new_stream_start ("two"));
        break;
      case 1:
        gst_segment_init (&segment, GST_FORMAT_TIME);
        segment.start = 10;
        gst_harness_push_event (f->h, gst_event_new_segment (&segment));
        break;
      case 2:
        gst_harness_push_event (f->h, gst_event_new_flush_start ());
        gst_harness_push_event (f->h, gst_event_new_flush_stop (TRUE));
        gst_segment_init (&segment, GST_FORMAT_TIME);
        gst_harness_push_event (f->h, gst_event_new_segment (&segment));
        break;
      case 3:
        gst_harness_set_src_caps_str (f->h, "video/x-raw,format=I420,"
            "width=160,height=120,framerate=25/1");
        buffer = gst_buffer_new_allocate (NULL, 160 * 120 * 3 / 2, NULL);
        gst_buffer_memset (buffer, 0, 99, 160 * 120 * 3 / 2);
        GST_BUFFER_PTS (buffer) = (guint) f->t * FRAME_TIME;
        gst_buffer_unref (fixture_push_buffer (f, buffer));
        fail_unless_equals_int (script_counts ().width, 160);
        fail_unless_equals_int (script_counts ().interrupts, n + 1);
        gst_harness_set_src_caps_str (f->h, I420_CAPS);
        n++;
        break;
      case 4:
        buffer = fixture_buffer (f);
        GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
        gst_buffer_unref (fixture_push_buffer (f, buffer));
        /* what a leaky queue marks is not a jump */
        fail_unless_equals_int (script_counts ().interrupts, n);
        n--;
        break;
      case 5:
        gst_harness_push_event (f->h, gst_event_new_eos ());
        break;
    }
    fail_unless_equals_int (script_counts ().interrupts, n + 1);
  }
  fixture_free (f);
}

GST_END_TEST;

/* Time goes on where the stream's stands still, and that is said once. */
GST_START_TEST (times_that_stand_still_are_told_once)
{
  Fixture *f = train_new ("sstrain name=t");
  GstMessage *message;
  GError *error;

  for (guint i = 0; i < 40; i++) {
    GstBuffer *buffer = fixture_buffer (f);

    GST_BUFFER_PTS (buffer) = 0;
    gst_buffer_unref (fixture_push_buffer (f, buffer));
  }
  fail_unless (script_counts ().time >= 30 * FRAME_TIME);
  message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING);
  fail_unless (message != NULL);
  gst_message_parse_warning (message, &error, NULL);
  fail_unless (strstr (error->message, "timestamps of the stream") != NULL);
  g_error_free (error);
  gst_message_unref (message);
  fail_unless (gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING) == NULL);
  fixture_free (f);
}

GST_END_TEST;

/* Time goes on over a seek. */
GST_START_TEST (time_goes_on_over_a_seek)
{
  Fixture *f = train_new ("sstrain name=t");
  SstTime before;
  GstSegment segment;
  GstBuffer *buffer;

  fixture_run (f, 20);
  before = script_counts ().time;
  fail_unless_equals_uint64 (before, 19 * FRAME_TIME);
  gst_harness_push_event (f->h, gst_event_new_flush_start ());
  gst_harness_push_event (f->h, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (f->h, gst_event_new_segment (&segment));
  f->t = 0;
  fixture_run (f, 3);
  before += 3 * FRAME_TIME;
  fail_unless_equals_uint64 (script_counts ().time, before);

  /* one wrong time, a day ahead */
  buffer = fixture_buffer (f);
  GST_BUFFER_PTS (buffer) += 24 * 60 * 60 * GST_SECOND;
  gst_buffer_unref (fixture_push_buffer (f, buffer));
  fail_unless (script_counts ().time > before + 23 * 60 * 60 * GST_SECOND);
  before = script_counts ().time;
  fixture_run (f, 3);
  fail_unless_equals_uint64 (script_counts ().time, before + 3 * FRAME_TIME);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (marked_frames_are_left_out)
{
  Fixture *f = train_new ("sstrain name=t");
  static const guint flags[] = {
    GST_BUFFER_FLAG_GAP, GST_BUFFER_FLAG_CORRUPTED
  };
  GstBuffer *buffer;

  for (guint i = 0; i < G_N_ELEMENTS (flags); i++) {
    buffer = fixture_buffer (f);
    GST_BUFFER_FLAG_SET (buffer, flags[i]);
    buffer = fixture_push_buffer (f, buffer);
    fail_unless (GST_BUFFER_FLAG_IS_SET (buffer, flags[i]));
    gst_buffer_unref (buffer);
  }
  fail_unless_equals_int (script_counts ().pushed, 0);
  fixture_run (f, 1);
  fail_unless_equals_int (script_counts ().pushed, 1);

  gst_harness_set_src_caps_str (f->h, I420_CAPS ",interlace-mode=interleaved");
  fixture_run (f, 1);
  fail_unless_equals_int (script_counts ().pushed, 1);

  gst_harness_set_src_caps_str (f->h, I420_CAPS ",interlace-mode=mixed");
  buffer = fixture_buffer (f);
  GST_BUFFER_FLAG_SET (buffer, GST_VIDEO_BUFFER_FLAG_INTERLACED);
  gst_buffer_unref (fixture_push_buffer (f, buffer));
  fail_unless_equals_int (script_counts ().pushed, 1);
  fixture_run (f, 1);
  fail_unless_equals_int (script_counts ().pushed, 2);
  fixture_free (f);
}

GST_END_TEST;

/* An error that says so, and the next start works, of another one too, to which
 * nothing is in the way. */
GST_START_TEST (no_thread_to_be_had_is_an_error)
{
  GstElement *train = gst_element_factory_make ("sstrain", NULL);
  GstElement *other = gst_element_factory_make ("sstrain", NULL);
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  GError *error;

  script_clear ();
  gst_element_set_bus (train, bus);
  gst_element_set_bus (other, bus);
  g_object_set (train, "save-location", "/tmp/no-thread.sst", NULL);
  g_object_set (other, "save-location", "/tmp/no-thread.sst", NULL);
  no_thread = TRUE;
  fail_unless_equals_int (gst_element_set_state (train, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (strstr (error->message, "no thread") != NULL);
  g_clear_error (&error);
  gst_message_unref (message);
  fail_unless_equals_int (script_counts ().learners, 0);

  no_thread = FALSE;
  fail_if (gst_element_set_state (other, GST_STATE_PAUSED) ==
      GST_STATE_CHANGE_FAILURE);
  fail_unless (gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING) == NULL);
  gst_element_set_state (other, GST_STATE_NULL);
  fail_if (gst_element_set_state (train, GST_STATE_PAUSED) ==
      GST_STATE_CHANGE_FAILURE);
  gst_element_set_state (train, GST_STATE_NULL);
  gst_element_set_bus (train, NULL);
  gst_element_set_bus (other, NULL);
  gst_object_unref (other);
  gst_object_unref (bus);
  gst_object_unref (train);
}

GST_END_TEST;

/* What is left out for ever is said, and what only a mark speaks against is
 * learned from in the end. */
GST_START_TEST (frames_left_out_for_ever_are_told)
{
  Fixture *f = train_new ("sstrain name=t");

  for (guint i = 0; i < 60; i++) {
    GstBuffer *buffer = fixture_buffer (f);

    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_CORRUPTED);
    gst_buffer_unref (fixture_push_buffer (f, buffer));
    if (i < 50) {
      fail_unless_equals_int (script_counts ().pushed, 0);
      expect_no_warning (f);
    }
  }
  fail_unless_equals_int (script_counts ().pushed, 10);
  expect_warning (f, "marked as corrupted");

  gst_harness_set_src_caps_str (f->h, I420_CAPS ",interlace-mode=interleaved");
  fixture_run (f, 3);
  expect_warning (f, "Interlaced");
  expect_no_warning (f);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (targets_and_regions_are_proposed)
{
  Fixture *f = train_new ("sstracker name=tracker ! sstrain name=t "
      "learn-from=targets+roi");
  GstElement *tracker =
      gst_bin_get_by_name (GST_BIN (f->h->element), "tracker");
  GstBuffer *buffer;
  ScriptCounts counts;
  SstBox truth;
  guint64 id;

  g_object_set (tracker, "init-from", 1, NULL);
  fixture_run (f, 1);
  fail_unless_equals_int (script_counts ().n_proposals, 0);

  /* what the tracker follows; that it said so as a region, too, is no news */
  truth = fixture_truth (f);
  g_signal_emit_by_name (tracker, "add-target", (gdouble) truth.x,
      (gdouble) truth.y, (gdouble) truth.width, (gdouble) truth.height, &id);
  fixture_run (f, 3);
  counts = script_counts ();
  fail_unless_equals_int (counts.n_proposals, 1);
  truth = fixture_truth (f);
  fail_unless (sst_box_iou (&truth, &counts.proposals[0].box) > 0.6f);
  fail_unless (counts.proposals[0].id != 0 && !counts.proposals[0].lost);
  fail_unless (counts.proposals[0].confidence > 0.2f);

  /* what another element saw */
  buffer = fixture_buffer (f);
  gst_buffer_add_video_region_of_interest_meta (buffer, "car", 10, 20, 30, 40);
  gst_buffer_unref (fixture_push_buffer (f, buffer));
  counts = script_counts ();
  fail_unless_equals_int (counts.n_proposals, 2);
  fail_unless (counts.proposals[1].id == 0
      && counts.proposals[1].box.x == 10.f
      && counts.proposals[1].box.height == 40.f);

  g_object_set (f->tracker, "learn-from", 2, NULL);
  buffer = fixture_buffer (f);
  gst_buffer_add_video_region_of_interest_meta (buffer, "car", 10, 20, 30, 40);
  gst_buffer_unref (fixture_push_buffer (f, buffer));
  fail_unless_equals_int (script_counts ().n_proposals, 1);

  /* a target that leaves is a loss */
  for (int i = 0; i < 40; i++) {
    buffer = fixture_buffer (f);
    gst_buffer_memset (buffer, 0, 128, gst_buffer_get_size (buffer));
    gst_buffer_unref (fixture_push_buffer (f, buffer));
  }
  counts = script_counts ();
  fail_unless_equals_int (counts.n_proposals, 1);
  fail_unless (counts.proposals[0].lost);

  /* nobody needs them */
  g_object_set (f->tracker, "learn-from", 1, "paused-when", 0, NULL);
  fixture_run (f, 1);
  fail_unless_equals_int (script_counts ().n_proposals, 0);
  gst_object_unref (tracker);
  fixture_free (f);
}

GST_END_TEST;

/* Metadata that is not what it should be. */
GST_START_TEST (odd_metadata_is_borne)
{
  static const gchar *odd[] = {
    "GstSsTrackMeta;",
    "GstSsTrackMeta, targets=(int)3;",
    "GstSsTrackMeta, targets=(int){ 1, 2 };",
    "GstSsTrackMeta, targets=(structure){ \"target, id=(guint64)0;\" };",
    "GstSsTrackMeta, targets=(structure){ \"target;\" };",
    "GstSsTrackMeta, targets=(structure){ \"target, id=(guint64)5, "
        "x=(double)nan, y=(double)1, width=(double)3, height=(double)4;\" };",
    "GstSsTrackMeta, targets=(structure){ \"target, id=(guint64)5, "
        "x=(double)1, y=(double)1, width=(double)-3, height=(double)4;\" };",
  };
  Fixture *f = train_new ("sstrain name=t");

  for (guint i = 0; i < G_N_ELEMENTS (odd); i++) {
    GstStructure *structure = gst_structure_from_string (odd[i], NULL);
    GstBuffer *buffer = fixture_buffer (f);
    GstCustomMeta *meta =
        gst_buffer_add_custom_meta (buffer, "GstSsTrackMeta");

    fail_unless (structure != NULL, "%s", odd[i]);
    for (gint n = 0; n < gst_structure_n_fields (structure); n++) {
      const gchar *field = gst_structure_nth_field_name (structure, (guint) n);

      gst_structure_set_value (gst_custom_meta_get_structure (meta), field,
          gst_structure_get_value (structure, field));
    }
    gst_structure_free (structure);
    gst_buffer_unref (fixture_push_buffer (f, buffer));
    fail_unless_equals_int (script_counts ().n_proposals, 0);
  }
  fail_unless_equals_int (script_counts ().pushed, G_N_ELEMENTS (odd));
  fixture_free (f);
}

GST_END_TEST;

/* ---- with trackers ---- */

static void
wait_for_tracker (Fixture * f, GstElement * tracker, const gchar * model)
{
  const gint64 end = g_get_monotonic_time () + PATIENCE;
  gboolean same = FALSE;

  while (!same) {
    GstStructure *stats;

    fixture_run (f, 1);
    g_object_get (tracker, "stats", &stats, NULL);
    same = g_strcmp0 (gst_structure_get_string (stats, "model"), model) == 0;
    gst_structure_free (stats);
    fail_unless (same || g_get_monotonic_time () < end,
        "the tracker did not get %s", model);
  }
}

GST_START_TEST (trackers_take_the_accepted_model)
{
  Fixture *f = train_new ("sstracker name=tracker ! sstrain name=t ! "
      "sstracker name=after ! sstracker name=other model-name=other");
  GstElement *tracker =
      gst_bin_get_by_name (GST_BIN (f->h->element), "tracker");
  GstElement *after = gst_bin_get_by_name (GST_BIN (f->h->element), "after");
  GstElement *other = gst_bin_get_by_name (GST_BIN (f->h->element), "other");
  gchar *base = dup_stat (f, "model");
  gchar *model;

  wait_for_tracker (f, tracker, base);
  model = happen (f, SST_LEARNER_ACCEPTED, "sstrain/accepted");
  wait_for_tracker (f, tracker, model);
  wait_for_tracker (f, after, model);
  wait_for_tracker (f, other, base);
  g_free (model);

  g_signal_emit_by_name (f->tracker, "reset-to-base");
  wait_for_tracker (f, tracker, base);
  wait_for_tracker (f, after, base);
  g_free (base);
  gst_object_unref (tracker);
  gst_object_unref (after);
  gst_object_unref (other);
  fixture_free (f);
}

GST_END_TEST;

static gint stop_asking;

static gpointer
ask (gpointer train)
{
  for (guint i = 0; !g_atomic_int_get (&stop_asking); i++) {
    GstStructure *stats;

    g_object_get (train, "stats", &stats, NULL);
    gst_structure_free (stats);
    g_object_set (train, "enabled", i % 5 != 0, "learn-from", 1 + i % 7,
        "paused-when", i % 16, "profile", i % 2, "cpu-share", 0.5 + i % 2 * 0.4,
        "reset-after", (guint64) i, NULL);
    if (i % 7 == 0)
      g_signal_emit_by_name (train, "rollback");
    if (i % 23 == 0)
      g_signal_emit_by_name (train, "reset-to-base");
    g_usleep (1500);
  }
  return NULL;
}

/* Models come as fast as they can while frames flow, properties change, and the
 * elements are stopped in the middle of it. */
GST_START_TEST (models_come_while_elements_stop)
{
  for (guint i = 0; i < 2; i++) {
    Fixture *f = train_new ("sstracker init-box=90,110,48,40 ! "
        "sstrain name=t cpu-share=1");
    GThread *asker, *pusher;

    script_repeat (SST_LEARNER_ACCEPTED);
    gst_harness_set_drop_buffers (f->h, TRUE);
    g_atomic_int_set (&stop_asking, 0);
    asker = g_thread_new ("asker", ask, f->tracker);
    pusher = g_thread_new ("pusher", fixture_push_all, f);
    g_usleep (G_USEC_PER_SEC / 4);
    while (script_counts ().pushed < 5)
      g_usleep (G_USEC_PER_SEC / 50);
    gst_element_set_state (f->h->element, i % 2 == 0 ? GST_STATE_READY :
        GST_STATE_NULL);
    g_thread_join (pusher);
    g_atomic_int_set (&stop_asking, 1);
    g_thread_join (asker);
    fixture_free (f);
    fail_unless_equals_int (script_counts ().learners, 0);
  }
}

GST_END_TEST;

GST_PLUGIN_STATIC_DECLARE (sstracker);

static Suite *
sstrain_events_suite (void)
{
  Suite *s = suite_create ("sstrain events");
  TCase *tc = tcase_create ("worker");

  GST_PLUGIN_STATIC_REGISTER (sstracker);
  tcase_add_test (tc, events_of_the_learner_become_messages);
  tcase_add_test (tc, a_disabled_element_answers_and_rests);
  tcase_add_test (tc, settings_reach_the_learner);
  tcase_add_test (tc, the_share_is_kept_and_stats_say_so);
  tcase_add_test (tc, endless_work_is_left_when_it_has_to_be);
  suite_add_tcase (s, tc);

  tc = tcase_create ("files");
  tcase_add_test (tc, accepted_models_are_saved);
  tcase_add_test (tc, readers_see_whole_models);
  suite_add_tcase (s, tc);

  tc = tcase_create ("frames");
  tcase_add_test (tc, a_paused_worker_rests_and_answers);
  tcase_add_test (tc, interruptions_end_a_window);
  tcase_add_test (tc, times_that_stand_still_are_told_once);
  tcase_add_test (tc, time_goes_on_over_a_seek);
  tcase_add_test (tc, marked_frames_are_left_out);
  tcase_add_test (tc, frames_left_out_for_ever_are_told);
  tcase_add_test (tc, no_thread_to_be_had_is_an_error);
  tcase_add_test (tc, targets_and_regions_are_proposed);
  tcase_add_test (tc, odd_metadata_is_borne);
  suite_add_tcase (s, tc);

  tc = tcase_create ("trackers");
  tcase_add_test (tc, trackers_take_the_accepted_model);
  tcase_add_test (tc, models_come_while_elements_stop);
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (sstrain_events);
