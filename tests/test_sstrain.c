/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* sstrain: properties, the model, states, what passes through it, and that it
 * writes nothing. What learning comes to is in test_sstrain_events. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/inotify.h>

#include <glib/gstdio.h>

#include <sstrack/learner.h>

#include "model/model_private.h"

#include "test_sstracker_common.h"

/* ---- properties ---- */

GST_START_TEST (every_property_has_its_default_and_manual)
{
  check_property_defaults ("sstrain", 15);
}

GST_END_TEST;

GST_START_TEST (defaults_are_the_documented_ones)
{
  GstElement *train = gst_element_factory_make ("sstrain", NULL);
  gchar *model, *save_location, *model_name, *group;
  gboolean enabled, tone, qos;
  guint paused_when, learn_from;
  guint64 memory_limit, max_operations, seed, reset_after;
  gdouble cpu_share;
  gint profile;

  g_object_get (train, "model", &model, "save-location", &save_location,
      "model-name", &model_name, "enabled", &enabled, "paused-when",
      &paused_when, "learn-from", &learn_from, "memory-limit", &memory_limit,
      "seed", &seed, "reset-after", &reset_after, "cpu-share", &cpu_share,
      "profile", &profile, "tone", &tone, "qos", &qos,
      "max-operations", &max_operations, "group", &group, NULL);
  fail_unless_equals_string (group, "");
  g_free (group);
  fail_unless_equals_uint64 (max_operations, 1000000000);
  fail_unless (model == NULL && save_location == NULL);
  fail_unless_equals_string (model_name, "");
  fail_unless (enabled);
  fail_unless_equals_int (paused_when, 31);
  fail_unless_equals_int (learn_from, 3);
  fail_unless_equals_uint64 (memory_limit, 448 << 20);
  fail_unless_equals_uint64 (seed, 1);
  fail_unless_equals_uint64 (reset_after, 3600 * GST_SECOND);
  fail_unless_equals_float (cpu_share, 0.25);
  fail_unless_equals_int (profile, 1);
  fail_unless (tone);
  fail_if (qos);
  g_free (model_name);
  gst_object_unref (train);
}

GST_END_TEST;

GST_START_TEST (properties_are_set_read_and_notified)
{
  static const PropertyCase cases[] = {
    {"model", "m.sst"}, {"save-location", "/tmp/x.sst"}, {"enabled", "false"},
    {"paused-when", "lost+cut"}, {"paused-when", "paused"},
    {"cpu-share", "0.01"}, {"cpu-share", "1"},
    {"max-operations", "0"}, {"memory-limit", "400000000"},
    {"learn-from", "motion+targets+roi"},
    {"seed", "18446744073709551615"}, {"seed", "0"}, {"profile", "gentle"},
    {"reset-after", "0"}, {"reset-after", "18446744073709551615"},
    {"model-name", "door"}, {"group", "site"},
  };

  check_property_cases ("sstrain", cases, G_N_ELEMENTS (cases));
}

GST_END_TEST;

GST_START_TEST (ranges_are_the_documented_ones)
{
  GObjectClass *object_class =
      g_type_class_ref (g_type_from_name ("GstSsTrain"));
  GParamSpecDouble *share = G_PARAM_SPEC_DOUBLE (g_object_class_find_property
      (object_class, "cpu-share"));
  GParamSpecUInt64 *memory = G_PARAM_SPEC_UINT64 (g_object_class_find_property
      (object_class, "memory-limit"));

  fail_unless (share->minimum == 0.01 && share->maximum == 1.0);
  fail_unless_equals_uint64 (memory->minimum, SST_LEARNER_MIN_MEMORY);
  fail_unless_equals_uint64 (memory->maximum, G_MAXSIZE);
  g_type_class_unref (object_class);
}

GST_END_TEST;

GST_START_TEST (the_documented_properties_are_controllable)
{
  GObjectClass *object_class =
      g_type_class_ref (g_type_from_name ("GstSsTrain"));

  fail_unless (g_object_class_find_property (object_class, "enabled")->flags &
      GST_PARAM_CONTROLLABLE);
  fail_unless (g_object_class_find_property (object_class, "cpu-share")->flags &
      GST_PARAM_CONTROLLABLE);
  fail_if (g_object_class_find_property (object_class, "model")->flags &
      GST_PARAM_CONTROLLABLE);
  g_type_class_unref (object_class);
}

GST_END_TEST;

/* What properties take besides numbers and texts is in the plugin's manual. */
GST_START_TEST (types_of_properties_are_in_the_manual)
{
  check_plugin_api ("GstSsTrain");
}

GST_END_TEST;

GST_START_TEST (stats_have_their_fields)
{
  static const struct
  {
    const gchar *name;
    GType type;
  } fields[] = {
    {"frames", G_TYPE_UINT64}, {"taken", G_TYPE_UINT64},
    {"windows", G_TYPE_UINT64}, {"tracklets", G_TYPE_UINT64},
    {"steps", G_TYPE_UINT64}, {"bad-steps", G_TYPE_UINT64},
    {"accepted", G_TYPE_UINT64}, {"refused", G_TYPE_UINT64},
    {"rolled-back", G_TYPE_UINT64}, {"resets", G_TYPE_UINT64},
    {"score", G_TYPE_DOUBLE}, {"base-score", G_TYPE_DOUBLE},
    {"stream-gain", G_TYPE_DOUBLE}, {"drift", G_TYPE_DOUBLE},
    {"spread", G_TYPE_DOUBLE}, {"loss", G_TYPE_DOUBLE},
    {"resting", G_TYPE_BOOLEAN}, {"cpu-used", G_TYPE_UINT64},
    {"cpu-share", G_TYPE_DOUBLE}, {"memory", G_TYPE_UINT64},
    {"group", G_TYPE_STRING}, {"members", G_TYPE_UINT64},
    {"model", G_TYPE_STRING}, {"luma-gain", G_TYPE_DOUBLE},
    {"luma-offset", G_TYPE_DOUBLE}, {"cb-gain", G_TYPE_DOUBLE},
    {"cr-gain", G_TYPE_DOUBLE}, {"softness", G_TYPE_DOUBLE},
    {"sharpness", G_TYPE_DOUBLE}, {"noise", G_TYPE_DOUBLE},
  };
  Fixture *f;
  GstElement *train = gst_element_factory_make ("sstrain", NULL);
  GstStructure *stats;
  guint64 frames;

  /* there before the first start, too */
  g_object_get (train, "stats", &stats, NULL);
  fail_unless_equals_string (gst_structure_get_string (stats, "model"), "");
  gst_structure_free (stats);
  gst_object_unref (train);

  f = fixture_new ("sstrain name=t", NULL);
  fixture_run (f, 12);
  g_object_get (f->tracker, "stats", &stats, NULL);
  fail_unless (gst_structure_has_name (stats, "sstrain/stats"));
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    fail_unless (gst_structure_has_field_typed (stats, fields[i].name,
            fields[i].type), "%s", fields[i].name);
  for (guint i = 0; i < SST_N_REFUSED; i++) {
    static const gchar *prefixes[] = { "windows", "tracklets" };

    for (guint p = 0; p < 2; p++) {
      gchar *field = g_strdup_printf ("%s-refused-%s", prefixes[p],
          sst_refused_to_string ((SstRefused) i));

      fail_unless (gst_structure_has_field_typed (stats, field, G_TYPE_UINT64),
          "%s", field);
      g_free (field);
    }
  }
  fail_unless (gst_structure_get_uint64 (stats, "frames", &frames));
  fail_unless_equals_uint64 (frames, 12);
  fail_unless_equals_int (strlen (gst_structure_get_string (stats, "model")),
      64);
  gst_structure_free (stats);

  /* those of the last run stay */
  gst_element_set_state (f->tracker, GST_STATE_NULL);
  g_object_get (f->tracker, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, "frames", &frames));
  fail_unless_equals_uint64 (frames, 12);
  gst_structure_free (stats);
  fixture_free (f);
}

GST_END_TEST;

/* ---- the model ---- */

/* run_with_model() with an sstrain. */
static GError *
run_model (const gchar * model)
{
  return run_with_model ("videotestsrc pattern=ball num-buffers=3 ! "
      "video/x-raw,width=64,height=48 ! sstrain name=t enabled=false ! "
      "fakesink", model, NULL, NULL);
}

static void
expect_model_error (GError * error, GstResourceError code, const gchar * path,
    const gchar * reason)
{
  check_model_error (error, code, path, reason, "built-in model");
}

/* A base that is legal, and costs more than anybody has time for. */
GST_START_TEST (a_slow_base_is_refused)
{
  SstNetworkConfig config = SST_NETWORK_CONFIG_DEFAULT;
  gchar *directory = g_dir_make_tmp ("sst-model-XXXXXX", NULL);
  gchar *path = g_build_filename (directory, "m.sst", NULL);
  SstModel *model;

  config.channels[2] = config.head = 256;
  model = sst_model_new_random (&config, 1, NULL);
  fail_unless (sst_weights_save (sst_model_weights (model), path, NULL));
  expect_model_error (run_model (path), GST_RESOURCE_ERROR_SETTINGS, path,
      "\"max-operations\"");
  sst_model_unref (model);
  g_unlink (path);
  g_rmdir (directory);
  g_free (path);
  g_free (directory);
}

GST_END_TEST;

GST_START_TEST (bad_bases_are_errors)
{
  fail_unless (run_model (NULL) == NULL);
  fail_unless (run_model ("") == NULL);
  expect_model_error (run_model ("none"), GST_RESOURCE_ERROR_SETTINGS, "",
      "nothing to train");
  check_model_files (run_model, expect_model_error);
}

GST_END_TEST;

/* One command line for a service: what was saved, or the built-in model while
 * nothing is. */
GST_START_TEST (a_base_may_be_the_file_to_be_saved)
{
  GstElement *train = gst_element_factory_make ("sstrain", NULL);
  gchar *directory = g_dir_make_tmp ("sst-model-XXXXXX", NULL);
  gchar *path = g_build_filename (directory, "m.sst", NULL);

  g_object_set (train, "model", path, "save-location", path, NULL);
  fail_if (gst_element_set_state (train, GST_STATE_PAUSED) ==
      GST_STATE_CHANGE_FAILURE);
  gst_element_set_state (train, GST_STATE_NULL);
  gst_object_unref (train);
  fail_unless_equals_int (g_rmdir (directory), 0);
  g_free (path);
  g_free (directory);
}

GST_END_TEST;

/* ---- states and events ---- */

static void
wait_for_state (GstElement * pipeline)
{
  fail_unless_equals_int (gst_element_get_state (pipeline, NULL, NULL,
          60 * GST_SECOND), GST_STATE_CHANGE_SUCCESS);
}

static void
wait_for_eos (GstElement * pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
      GST_MESSAGE_ERROR | GST_MESSAGE_EOS);

  fail_unless (message != NULL);
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_EOS);
  gst_message_unref (message);
  gst_object_unref (bus);
}

GST_START_TEST (states_go_up_and_down)
{
  GstElement *pipeline = gst_parse_launch ("videotestsrc pattern=ball ! "
      "video/x-raw,width=160,height=120 ! sstrain ! fakesink", NULL);

  for (int i = 0; i < 4; i++) {
    gst_element_set_state (pipeline, GST_STATE_PAUSED);
    wait_for_state (pipeline);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    wait_for_state (pipeline);
    gst_element_set_state (pipeline, i == 1 ? GST_STATE_READY : GST_STATE_NULL);
    wait_for_state (pipeline);
  }
  /* without a frame */
  for (int i = 0; i < 3; i++) {
    gst_element_set_state (pipeline, GST_STATE_READY);
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
  gst_object_unref (pipeline);
}

GST_END_TEST;

GST_START_TEST (an_unused_element_can_be_dropped)
{
  for (int i = 0; i < 3; i++) {
    GstElement *train = gst_element_factory_make ("sstrain", NULL);

    ASSERT_OBJECT_REFCOUNT (train, "train", 1);
    g_signal_emit_by_name (train, "rollback");
    g_signal_emit_by_name (train, "reset-to-base");
    gst_object_unref (train);
  }
}

GST_END_TEST;

/* The worker leaves what it is at when it has to; test_cut counts what it does
 * until it notices. */
GST_START_TEST (the_worker_leaves_its_work)
{
  Fixture *f = fixture_new ("sstrain name=t cpu-share=1", NULL);

  fixture_run (f, 150);
  while (get_train_stat (f, "windows") == 0
      || get_train_stat (f, "memory") < 64 << 20)
    g_usleep (G_USEC_PER_SEC / 50);
  gst_element_set_state (f->tracker, GST_STATE_NULL);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (seeks_are_borne)
{
  GstElement *pipeline = gst_parse_launch
      ("videotestsrc pattern=ball num-buffers=200 ! "
      "video/x-raw,width=160,height=120 ! sstrain name=t ! fakesink", NULL);
  GstElement *train = gst_bin_get_by_name (GST_BIN (pipeline), "t");
  GstStructure *stats;
  guint64 frames;

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  wait_for_state (pipeline);
  for (gint64 i = 4; i > 0; i--) {
    fail_unless (gst_element_seek_simple (pipeline, GST_FORMAT_TIME,
            GST_SEEK_FLAG_FLUSH, i * GST_SECOND / 2));
    wait_for_state (pipeline);
  }
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_for_eos (pipeline);
  g_object_get (train, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, "frames", &frames));
  fail_unless (frames > 100);
  gst_structure_free (stats);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (train);
  gst_object_unref (pipeline);
}

GST_END_TEST;

/* ---- what passes ---- */

static const gchar *formats[] = {
  "NV12", "NV21", "I420", "YV12", "YUY2", "UYVY", "GRAY8", "RGB", "BGR",
  "RGBx", "BGRx", "xRGB", "xBGR", "RGBA", "BGRA", "ARGB", "ABGR"
};

static const gint sizes[][2] = { {1, 1}, {2, 1}, {1, 3}, {17, 13}, {65, 49},
  {160, 120}
};

/* The very buffer comes out, as it was, whoever else holds it. */
static void
check_passes (GstHarness * h, const GstVideoInfo * info, GstClockTime pts,
    gboolean shared)
{
  GstBuffer *buffer =
      gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (info), NULL);
  GstBuffer *other = NULL;
  GstBuffer *copy;
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < map.size; i++)
    map.data[i] = (guint8) (scene_random ((guint) pts, (guint) i) * 255.f);
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = pts;
  copy = gst_buffer_copy_deep (buffer);
  if (shared)
    other = gst_buffer_ref (buffer);

  fail_unless_equals_int (gst_harness_push (h, buffer), GST_FLOW_OK);
  fail_unless (gst_harness_pull (h) == buffer);
  gst_buffer_map (copy, &map, GST_MAP_READ);
  fail_unless (gst_buffer_memcmp (buffer, 0, map.data, map.size) == 0);
  gst_buffer_unmap (copy, &map);
  gst_buffer_unref (buffer);
  gst_buffer_unref (copy);
  gst_clear_buffer (&other);
}

GST_START_TEST (every_format_is_taken)
{
  GstHarness *h = gst_harness_new ("sstrain");
  GstClockTime pts = 0;

  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
      GstCaps *caps = gst_caps_new_simple ("video/x-raw",
          "format", G_TYPE_STRING, formats[f],
          "width", G_TYPE_INT, sizes[s][0], "height", G_TYPE_INT, sizes[s][1],
          "framerate", GST_TYPE_FRACTION, 25, 1, NULL);
      GstVideoInfo info;

      fail_unless (gst_video_info_from_caps (&info, caps));
      gst_harness_set_src_caps (h, caps);
      for (guint t = 0; t < 4; t++, pts += GST_SECOND / 4)
        check_passes (h, &info, pts, t % 2 == 1);
    }
  }
  gst_harness_teardown (h);
}

GST_END_TEST;

GST_START_TEST (unsupported_caps_are_refused)
{
  check_refused_caps ("sstrain");
}

GST_END_TEST;

/* A buffer that the caps do not describe passes, with one warning. */
GST_START_TEST (short_buffers_pass_with_one_warning)
{
  Fixture *f = fixture_new ("sstrain name=t", NULL);

  for (guint t = 0; t < 40; t++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 100, NULL);

    GST_BUFFER_PTS (buffer) = t * FRAME_TIME;
    fail_unless (fixture_push_buffer (f, buffer) == buffer);
    gst_buffer_unref (buffer);
  }
  expect_warning (f, "can not be read");
  expect_no_warning (f);
  fixture_free (f);
}

GST_END_TEST;

static GstPadProbeReturn
note_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer queue)
{
  g_queue_push_tail (queue, GST_PAD_PROBE_INFO_BUFFER (info));
  return GST_PAD_PROBE_OK;
}

/* In a branch of a tee the buffers are the ones of the other branch. */
GST_START_TEST (buffers_of_a_tee_are_not_touched)
{
  static const gchar *names[] = { "a", "b" };
  GstElement *pipeline = gst_parse_launch
      ("videotestsrc pattern=ball num-buffers=60 ! "
      "video/x-raw,width=160,height=120 ! tee name=tee ! queue ! "
      "fakesink name=a tee. ! queue ! sstrain ! fakesink name=b", NULL);
  GQueue seen[2] = { G_QUEUE_INIT, G_QUEUE_INIT };

  for (guint i = 0; i < 2; i++) {
    GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), names[i]);
    GstPad *pad = gst_element_get_static_pad (sink, "sink");

    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, note_buffer, &seen[i],
        NULL);
    gst_object_unref (pad);
    gst_object_unref (sink);
  }
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_for_eos (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  fail_unless_equals_int (g_queue_get_length (&seen[0]), 60);
  fail_unless_equals_int (g_queue_get_length (&seen[1]), 60);
  while (!g_queue_is_empty (&seen[0]))
    fail_unless (g_queue_pop_head (&seen[0]) == g_queue_pop_head (&seen[1]));
  gst_object_unref (pipeline);
}

GST_END_TEST;

/* ---- files ---- */

GST_START_TEST (save_writes_a_model)
{
  Fixture *f = fixture_new ("sstrain name=t", NULL);
  GstElement *idle = gst_element_factory_make ("sstrain", NULL);
  gchar *directory = g_dir_make_tmp ("sst-save-XXXXXX", NULL);
  gchar *path = g_build_filename (directory, "m.sst", NULL);
  GstStructure *stats;
  SstModel *model;
  gboolean saved = TRUE;

  g_signal_emit_by_name (idle, "save", path, &saved);
  fail_if (saved);
  gst_object_unref (idle);

  fixture_run (f, 3);
  g_signal_emit_by_name (f->tracker, "save", path, &saved);
  fail_unless (saved);
  model = sst_model_load (path, NULL);
  fail_unless (model != NULL);
  g_object_get (f->tracker, "stats", &stats, NULL);
  fail_unless_equals_string (gst_structure_get_string (stats, "model"),
      sst_weights_get_checksum (sst_model_weights (model)));
  gst_structure_free (stats);
  sst_model_unref (model);
  g_unlink (path);

  expect_no_warning (f);
  g_signal_emit_by_name (f->tracker, "save", "/nowhere/to/be/m.sst", &saved);
  fail_if (saved);
  expect_warning (f, "/nowhere/to/be");
  g_signal_emit_by_name (f->tracker, "save", NULL, &saved);
  fail_if (saved);

  /* once stopped, that of the last run */
  gst_element_set_state (f->tracker, GST_STATE_NULL);
  g_signal_emit_by_name (f->tracker, "save", path, &saved);
  fail_unless (saved);
  g_unlink (path);
  g_rmdir (directory);
  g_free (path);
  g_free (directory);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (an_unwritable_location_is_a_warning)
{
  static const gchar *locations[] = { "/nowhere/to/be/m.sst", "/" };

  for (guint i = 0; i < G_N_ELEMENTS (locations); i++) {
    GstElement *pipeline = gst_parse_launch ("videotestsrc num-buffers=3 ! "
        "sstrain name=t ! fakesink", NULL);
    GstElement *train = gst_bin_get_by_name (GST_BIN (pipeline), "t");
    GstBus *bus = gst_element_get_bus (pipeline);
    GstMessage *message;
    GError *error;

    g_object_set (train, "save-location", locations[i], NULL);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
        GST_MESSAGE_WARNING | GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    fail_unless (message != NULL);
    fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_WARNING);
    gst_message_parse_warning (message, &error, NULL);
    fail_unless (g_error_matches (error, GST_RESOURCE_ERROR,
            GST_RESOURCE_ERROR_OPEN_WRITE));
    fail_unless (strstr (error->message, "save-location") != NULL);
    g_error_free (error);
    gst_message_unref (message);
    /* once, and it goes on */
    message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
        GST_MESSAGE_WARNING | GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    fail_unless (message != NULL);
    fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_EOS);
    gst_message_unref (message);
    gst_element_set_state (pipeline, GST_STATE_NULL);
    gst_object_unref (bus);
    gst_object_unref (train);
    gst_object_unref (pipeline);
  }
}

GST_END_TEST;

/* Regular files that the process has open to write, but for standard output
 * and what it had before. */
static guint
count_open_files (void)
{
  GDir *fds = g_dir_open ("/proc/self/fd", 0, NULL);
  const gchar *fd;
  guint n = 0;

  if (fds == NULL)
    return 0;
  while ((fd = g_dir_read_name (fds)) != NULL) {
    gchar *link = g_strconcat ("/proc/self/fd/", fd, NULL);
    gchar *info = g_strconcat ("/proc/self/fdinfo/", fd, NULL);
    gchar *target = g_file_read_link (link, NULL);
    gchar *text = NULL;
    const gchar *flags;

    if (target != NULL && g_file_test (target, G_FILE_TEST_IS_REGULAR)
        && g_file_get_contents (info, &text, NULL, NULL)
        && (flags = strstr (text, "flags:")) != NULL
        && (g_ascii_strtoull (flags + 6, NULL, 8) & O_ACCMODE) != O_RDONLY)
      n++;
    g_free (text);
    g_free (target);
    g_free (info);
    g_free (link);
  }
  g_dir_close (fds);
  return n;
}

/* While it learns with save-location unset, nothing appears in any directory
 * that programs put files in without being told, and no file is open to
 * write. */
GST_START_TEST (nothing_is_written_unasked)
{
  static const gchar *variables[] = {
    "TMPDIR", "HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"
  };
  gchar *directory = g_dir_make_tmp ("sst-private-XXXXXX", NULL);
  gchar *before = g_get_current_dir ();
  const int watch = inotify_init1 (IN_NONBLOCK | IN_CLOEXEC);
  union
  {
    struct inotify_event event;
    char bytes[4096];
  } seen;
  Fixture *f;
  guint n_open;
  GDir *rest;

  fail_unless (watch >= 0);
  for (guint i = 0; i < G_N_ELEMENTS (variables); i++)
    g_setenv (variables[i], directory, TRUE);
  fail_unless_equals_int (g_chdir (directory), 0);
  fail_unless (inotify_add_watch (watch, directory,
          IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_DELETE) >= 0);

  f = fixture_new ("sstrain name=t cpu-share=1", NULL);
  n_open = count_open_files ();
  for (guint i = 0; i < 15; i++) {
    fixture_run (f, 10);
    g_usleep (G_USEC_PER_SEC / 20);
    fail_unless (count_open_files () <= n_open);
  }
  gst_harness_push_event (f->h, gst_event_new_eos ());
  fixture_free (f);

  fail_unless_equals_int (read (watch, &seen, sizeof seen), -1);
  fail_unless_equals_int (errno, EAGAIN);
  rest = g_dir_open (directory, 0, NULL);
  fail_unless (g_dir_read_name (rest) == NULL);
  g_dir_close (rest);

  /* The watch does see files. */
  fail_unless (g_file_set_contents ("x", "y", 1, NULL));
  fail_unless (read (watch, &seen, sizeof seen) > 0);
  g_unlink ("x");
  close (watch);
  fail_unless_equals_int (g_chdir (before), 0);
  g_rmdir (directory);
  g_free (before);
  g_free (directory);
}

GST_END_TEST;

/* Warnings of a pipeline that runs to its end which have that text in them. */
static guint
count_warnings (const gchar * launch, const gchar * text)
{
  GstElement *pipeline = gst_parse_launch (launch, NULL);
  GstBus *bus = gst_element_get_bus (pipeline);
  gboolean done = FALSE;
  guint n = 0;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (!done) {
    GstMessage *message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
        GST_MESSAGE_WARNING | GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

    fail_unless (message != NULL, "%s", launch);
    done = GST_MESSAGE_TYPE (message) != GST_MESSAGE_WARNING;
    if (!done) {
      GError *error;

      gst_message_parse_warning (message, &error, NULL);
      n += strstr (error->message, text) != NULL;
      g_error_free (error);
    } else {
      fail_unless (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
    }
    gst_message_unref (message);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
  return n;
}

#define SOURCE "videotestsrc num-buffers=3 ! video/x-raw,width=64,height=48 ! "
#define TRAIN "sstrain enabled=false "

/* Two that would get in each other's way say so: at one stream, of one name, or
 * with one file. */
GST_START_TEST (two_in_each_others_way_are_told)
{
  static const struct
  {
    const gchar *first, *second;        /* properties */
    gboolean one_stream;
    guint n_names, n_files;
  } cases[] = {
    {"", "", TRUE, 1, 0},
    {"", "model-name=x", TRUE, 0, 0},
    {"", "", FALSE, 0, 0},
    {"model-name=x", "model-name=x", FALSE, 1, 0},
    {"save-location=/tmp/x.sst", "save-location=/tmp/./x.sst", FALSE, 0, 1},
    {"save-location=/tmp/x.sst", "save-location=/tmp/y.sst", FALSE, 0, 0},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    gchar *launch = g_strconcat (SOURCE TRAIN, cases[i].first, " ! ",
        cases[i].one_stream ? "" : "fakesink " SOURCE, TRAIN, cases[i].second,
        " ! fakesink", NULL);

    fail_unless_equals_int (count_warnings (launch,
            "Another sstrain gives models"), cases[i].n_names);
    fail_unless_equals_int (count_warnings (launch,
            "Another sstrain has the same"), cases[i].n_files);
    g_free (launch);
  }
}

GST_END_TEST;

static Suite *
sstrain_suite (void)
{
  Suite *s = suite_create ("sstrain");
  TCase *tc = tcase_create ("properties");

  /* So that its types can be asked for by name. */
  gst_object_unref (gst_element_factory_make ("sstrain", NULL));

  tcase_add_test (tc, every_property_has_its_default_and_manual);
  tcase_add_test (tc, defaults_are_the_documented_ones);
  tcase_add_test (tc, properties_are_set_read_and_notified);
  tcase_add_test (tc, ranges_are_the_documented_ones);
  tcase_add_test (tc, the_documented_properties_are_controllable);
  tcase_add_test (tc, types_of_properties_are_in_the_manual);
  tcase_add_test (tc, stats_have_their_fields);
  suite_add_tcase (s, tc);

  tc = tcase_create ("states");
  tcase_add_test (tc, bad_bases_are_errors);
  tcase_add_test (tc, a_slow_base_is_refused);
  tcase_add_test (tc, a_base_may_be_the_file_to_be_saved);
  tcase_add_test (tc, two_in_each_others_way_are_told);
  tcase_add_test (tc, states_go_up_and_down);
  tcase_add_test (tc, an_unused_element_can_be_dropped);
  tcase_add_test (tc, the_worker_leaves_its_work);
  tcase_add_test (tc, seeks_are_borne);
  suite_add_tcase (s, tc);

  tc = tcase_create ("frames");
  tcase_add_test (tc, every_format_is_taken);
  tcase_add_test (tc, unsupported_caps_are_refused);
  tcase_add_test (tc, short_buffers_pass_with_one_warning);
  tcase_add_test (tc, buffers_of_a_tee_are_not_touched);
  suite_add_tcase (s, tc);

  tc = tcase_create ("files");
  tcase_add_test (tc, save_writes_a_model);
  tcase_add_test (tc, an_unwritable_location_is_a_warning);
  tcase_add_test (tc, nothing_is_written_unasked);
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (sstrain);
