/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Properties, their ranges and defaults; states; what the factory says. */

#include <errno.h>
#include <math.h>
#include <string.h>

#include <glib/gstdio.h>

#include "model/model_private.h"

#include "test_sstracker_common.h"

GST_START_TEST (every_property_has_its_default_and_manual)
{
  check_property_defaults ("sstracker", 33);
}

GST_END_TEST;

GST_START_TEST (defaults_are_the_documented_ones)
{
  GstElement *tracker = gst_element_factory_make ("sstracker", NULL);
  gchar *init_box, *init_label, *json_location, *model, *model_name;
  guint init_from, max_targets, budget, search_windows;
  guint thickness, click_size, n_threads;
  guint reset_on;
  guint64 lost_timeout;
  guint64 max_operations;
  gdouble min_confidence;
  gboolean camera_motion, overlay, labels, select_on_click, qos, reload;
  gint messages;

  g_object_get (tracker, "init-box", &init_box, "init-from", &init_from,
      "init-label", &init_label, "max-targets", &max_targets, "lost-timeout",
      &lost_timeout, "min-confidence", &min_confidence, "budget", &budget,
      "camera-motion", &camera_motion, "reset-on", &reset_on, "overlay",
      &overlay, "overlay-thickness", &thickness, "overlay-labels", &labels,
      "messages", &messages, "json-location", &json_location, "model", &model,
      "select-on-click", &select_on_click, "click-size", &click_size,
      "n-threads", &n_threads, "qos", &qos, "model-name", &model_name,
      "reload", &reload, "search-windows", &search_windows, "max-operations",
      &max_operations, NULL);
  fail_unless_equals_uint64 (max_operations, 1000000000);
  fail_unless (init_box == NULL && init_label == NULL);
  fail_unless (json_location == NULL && model == NULL);
  fail_unless_equals_int (init_from, 3);
  fail_unless_equals_int (max_targets, 16);
  fail_unless_equals_uint64 (lost_timeout, 10 * GST_SECOND);
  fail_unless_equals_float (min_confidence, 0.2);
  fail_unless_equals_int (budget, 0);
  fail_unless_equals_int (search_windows, 1);
  fail_unless (camera_motion);
  fail_unless_equals_int (reset_on, 1 | 4 | 8);
  fail_if (overlay);
  fail_unless_equals_int (thickness, 0);
  fail_unless (labels);
  fail_unless_equals_int (messages, 1);
  fail_if (select_on_click);
  fail_unless_equals_int (click_size, 0);
  fail_unless_equals_int (n_threads, 1);
  fail_if (qos);
  fail_unless_equals_string (model_name, "");
  fail_if (reload);
  g_free (model_name);
  gst_object_unref (tracker);
}

GST_END_TEST;

GST_START_TEST (properties_are_set_read_and_notified)
{
  static const PropertyCase cases[] = {
    {"init-box", "1,2,3,4"}, {"init-from", "roi"}, {"init-label", "car"},
    {"max-targets", "1024"}, {"max-targets", "1"},
    {"lost-timeout", "18446744073709551615"}, {"lost-timeout", "0"},
    {"min-confidence", "1"}, {"min-confidence", "0"}, {"budget", "1024"},
    {"search-windows", "0"},
    {"camera-motion", "false"}, {"reset-on", "segment+caps"},
    {"overlay", "true"}, {"overlay-thickness", "64"},
    {"overlay-labels", "false"}, {"messages", "frame"}, {"messages", "none"},
    {"json-location", "/tmp/x"}, {"model", "m.sst"},
    {"model-name", "street"}, {"reload", "true"},
    {"max-operations", "0"}, {"max-operations", "18446744073709551615"},
    {"select-on-click", "true"}, {"click-size", "8192"}, {"n-threads", "64"},
  };

  check_property_cases ("sstracker", cases, G_N_ELEMENTS (cases));
}

GST_END_TEST;

GST_START_TEST (ranges_are_the_documented_ones)
{
  static const struct
  {
    const gchar *name;
    gdouble minimum, maximum;
  } cases[] = {
    {"max-targets", 1, 1024}, {"budget", 0, 1024},
    {"search-windows", 0, 1024},
    {"overlay-thickness", 0, 64}, {"click-size", 0, 8192},
    {"n-threads", 1, 64},
  };

  GObjectClass *object_class = g_type_class_ref (g_type_from_name
      ("GstSsTracker"));

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    GParamSpecUInt *spec = G_PARAM_SPEC_UINT (g_object_class_find_property
        (object_class, cases[i].name));

    fail_unless (spec->minimum == cases[i].minimum
        && spec->maximum == cases[i].maximum, "%s", cases[i].name);
  }
  g_type_class_unref (object_class);
}

GST_END_TEST;

GST_START_TEST (the_documented_properties_are_controllable)
{
  static const gchar *names[] = {
    "min-confidence", "overlay", "overlay-thickness", "overlay-labels"
  };
  GObjectClass *object_class = g_type_class_ref (g_type_from_name
      ("GstSsTracker"));

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    fail_unless (g_object_class_find_property (object_class, names[i])->flags &
        GST_PARAM_CONTROLLABLE);
  fail_if (g_object_class_find_property (object_class, "init-box")->flags &
      GST_PARAM_CONTROLLABLE);
  g_type_class_unref (object_class);
}

GST_END_TEST;

/* What properties take besides numbers and texts is in the plugin's manual. */
GST_START_TEST (types_of_properties_are_in_the_manual)
{
  check_plugin_api ("GstSsTracker");
}

GST_END_TEST;

/* Of the pipelines below; NULL: as by default. */
static const gchar *max_operations;

/* run_with_model() with an sstracker. */
static GError *
run_model (const gchar * model)
{
  return run_with_model ("videotestsrc pattern=ball num-buffers=3 ! "
      "video/x-raw,width=64,height=48 ! "
      "sstracker name=t init-box=10,10,20,20 ! fakesink", model,
      max_operations, "none");
}

static void
expect_model_error (GError * error, GstResourceError code, const gchar * path,
    const gchar * reason)
{
  check_model_error (error, code, path, reason, "\"none\"");
}

/* A file that is legal, and costs more than anybody has time for. */
GST_START_TEST (a_slow_model_is_refused)
{
  const SstNetworkConfig quick = SST_NETWORK_CONFIG_DEFAULT;
  SstNetworkConfig slow = quick;
  gchar *directory = g_dir_make_tmp ("sst-model-XXXXXX", NULL);
  gchar *path = g_build_filename (directory, "m.sst", NULL);
  SstModel *model;
  gchar *cost;

  slow.channels[2] = slow.head = 256;
  model = sst_model_new_random (&slow, 1, NULL);
  cost = g_strdup_printf ("%" G_GUINT64_FORMAT, sst_model_operations (model));
  fail_unless (sst_weights_save (sst_model_weights (model), path, NULL));
  max_operations = NULL;
  expect_model_error (run_model (path), GST_RESOURCE_ERROR_SETTINGS, path,
      cost);
  expect_model_error (run_model (path), GST_RESOURCE_ERROR_SETTINGS, path,
      "\"max-operations\"");
  max_operations = cost;
  fail_unless (run_model (path) == NULL);
  max_operations = "0";
  fail_unless (run_model (path) == NULL);
  sst_model_unref (model);

  /* usual ones have room: the built-in one, twice over */
  model = sst_model_builtin ();
  fail_unless (model == NULL || sst_model_operations (model) < 500000000);
  sst_model_unref (model);
  model = sst_model_new_random (&quick, 1, NULL);
  fail_unless (sst_weights_save (sst_model_weights (model), path, NULL));
  max_operations = "100000000";
  expect_model_error (run_model (path), GST_RESOURCE_ERROR_SETTINGS, path,
      max_operations);
  max_operations = NULL;
  sst_model_unref (model);
  g_unlink (path);
  g_rmdir (directory);
  g_free (cost);
  g_free (path);
  g_free (directory);
}

GST_END_TEST;

GST_START_TEST (bad_models_are_errors)
{
  fail_unless (run_model (NULL) == NULL);
  fail_unless (run_model ("") == NULL);
  fail_unless (run_model ("none") == NULL);
  check_model_files (run_model, expect_model_error);
}

GST_END_TEST;

GST_START_TEST (states_go_up_and_down)
{
  GstElement *pipeline = gst_parse_launch ("videotestsrc pattern=ball ! "
      "video/x-raw,width=64,height=48 ! "
      "sstracker name=t init-box=10,10,20,20 ! fakesink", NULL);
  GstElement *tracker = gst_bin_get_by_name (GST_BIN (pipeline), "t");

  for (int i = 0; i < 3; i++) {
    gst_element_set_state (pipeline, GST_STATE_PAUSED);
    fail_unless_equals_int (gst_element_get_state (pipeline, NULL, NULL,
            10 * GST_SECOND), GST_STATE_CHANGE_SUCCESS);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    fail_unless_equals_int (gst_element_get_state (pipeline, NULL, NULL,
            10 * GST_SECOND), GST_STATE_CHANGE_SUCCESS);
    gst_element_set_state (pipeline, i == 1 ? GST_STATE_READY : GST_STATE_NULL);
    fail_unless_equals_int (gst_element_get_state (pipeline, NULL, NULL,
            10 * GST_SECOND), GST_STATE_CHANGE_SUCCESS);
  }
  /* A lone element, with requests that never found a frame. */
  for (int i = 0; i < 3; i++) {
    guint64 id = 0;

    g_signal_emit_by_name (tracker, "add-target", 1., 2., 30., 30., &id);
    fail_unless_equals_uint64 (id, (guint) i + 1);
  }
  gst_object_unref (tracker);
  gst_object_unref (pipeline);
}

GST_END_TEST;

GST_START_TEST (an_unused_element_can_be_dropped)
{
  for (int i = 0; i < 3; i++) {
    GstElement *tracker = gst_element_factory_make ("sstracker", NULL);

    ASSERT_OBJECT_REFCOUNT (tracker, "tracker", 1);
    gst_object_unref (tracker);
  }
}

GST_END_TEST;

GST_START_TEST (unsupported_caps_are_refused)
{
  check_refused_caps ("sstracker");
}

GST_END_TEST;

GST_START_TEST (stats_count_frames_and_times)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstStructure *stats;
  gdouble mean, p95, max;

  fixture_run (f, 3);
  fail_unless_equals_uint64 (get_stat (f, "frames"), 3);
  fail_unless_equals_uint64 (get_stat (f, "tracked-frames"), 0);
  fixture_follow (f);
  fixture_run (f, 10);
  fail_unless_equals_uint64 (get_stat (f, "frames"), 13);
  fail_unless_equals_uint64 (get_stat (f, "tracked-frames"), 10);
  g_object_get (f->tracker, "stats", &stats, NULL);
  fail_unless (gst_structure_get (stats, "mean-us", G_TYPE_DOUBLE, &mean,
          "p95-us", G_TYPE_DOUBLE, &p95, "max-us", G_TYPE_DOUBLE, &max, NULL));
  fail_unless (mean > 0.0 && p95 > 0.0 && mean <= max && p95 <= max);
  /* Of ten frames the slowest is the 95th percentile, to a bucket. */
  fail_unless (p95 >= max / 1.1);
  gst_structure_free (stats);
  fixture_free (f);
}

GST_END_TEST;

static Suite *
sstracker_properties_suite (void)
{
  Suite *s = suite_create ("sstracker properties");
  TCase *tc = tcase_create ("properties");

  /* So that its types can be asked for by name. */
  gst_object_unref (gst_element_factory_make ("sstracker", NULL));

  tcase_add_test (tc, every_property_has_its_default_and_manual);
  tcase_add_test (tc, defaults_are_the_documented_ones);
  tcase_add_test (tc, properties_are_set_read_and_notified);
  tcase_add_test (tc, ranges_are_the_documented_ones);
  tcase_add_test (tc, the_documented_properties_are_controllable);
  tcase_add_test (tc, types_of_properties_are_in_the_manual);
  tcase_add_test (tc, stats_count_frames_and_times);
  suite_add_tcase (s, tc);

  tc = tcase_create ("states and caps");
  tcase_add_test (tc, bad_models_are_errors);
  tcase_add_test (tc, a_slow_model_is_refused);
  tcase_add_test (tc, states_go_up_and_down);
  tcase_add_test (tc, an_unused_element_can_be_dropped);
  tcase_add_test (tc, unsupported_caps_are_refused);
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (sstracker_properties);
