/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Several sstrain that learn one model together. The learner is scripted
 * (scripted_learner.h). */

#include <string.h>

#include <glib/gstdio.h>
#include <sstrack/model.h>

#include "model/model_private.h"
#include "scripted_learner.h"

#include "test_sstracker_common.h"

/* How long to wait for what other threads do. */
#define PATIENCE (60 * G_USEC_PER_SEC)
#define N_CAMERAS 8

static Fixture *
camera_new (const gchar * launch)
{
  return fixture_new (launch, NULL);
}

/* Stops a camera's sstrain and starts it, now that there is a bus to warn
 * on. */
static void
restart (Fixture * f)
{
  gst_element_set_state (f->tracker, GST_STATE_READY);
  fail_unless (gst_element_set_state (f->tracker, GST_STATE_PLAYING)
      == GST_STATE_CHANGE_SUCCESS);
}

static gchar *
dup_stat (GstElement * element, const gchar * field)
{
  GstStructure *stats;
  gchar *text;

  g_object_get (element, "stats", &stats, NULL);
  text = g_strdup (gst_structure_get_string (stats, field));
  gst_structure_free (stats);
  return text;
}

static void
expect_stat (GstElement * element, const gchar * field, const gchar * value)
{
  gchar *text = dup_stat (element, field);

  fail_unless_equals_string (text, value);
  g_free (text);
}

/* Waits until the stats' string is that value. */
static void
wait_for_stat (GstElement * element, const gchar * field, const gchar * value)
{
  const gint64 end = g_get_monotonic_time () + PATIENCE;
  gchar *text;

  while (g_strcmp0 (text = dup_stat (element, field), value) != 0) {
    fail_unless (g_get_monotonic_time () < end, "%s is %s, not %s", field, text,
        value);
    g_free (text);
    g_usleep (2000);
  }
  g_free (text);
}

/* The next message of a camera's sstrain; free it. */
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

/* All cameras tell of the same model; returns it. */
static gchar *
expect_message (Fixture ** cameras, guint n, const gchar * name)
{
  gchar *model = NULL;

  for (guint i = 0; i < n; i++) {
    GstStructure *structure = wait_for_message (cameras[i], name);
    guint64 members = 0;

    fail_unless (gst_structure_get_uint64 (structure, "members", &members));
    fail_unless_equals_uint64 (members, n);
    fail_unless_equals_string (gst_structure_get_string (structure, "group"),
        "site");
    if (i == 0)
      model = g_strdup (gst_structure_get_string (structure, "model"));
    fail_unless_equals_string (gst_structure_get_string (structure, "model"),
        model);
    gst_structure_free (structure);
  }
  return model;
}

/* ---- together ---- */

GST_START_TEST (one_model_for_all)
{
  Fixture *cameras[3];
  gchar *base, *one, *model;

  script_clear ();
  for (guint i = 0; i < 3; i++)
    cameras[i] = camera_new ("sstracker name=tracker ! sstrain name=t "
        "group=site");
  fail_unless_equals_int (script_counts ().learners, 1);
  fail_unless_equals_int (script_counts ().streams, 3);
  fail_unless (!script_counts ().params.tone);
  base = dup_stat (cameras[0]->tracker, "model");
  expect_stat (cameras[1]->tracker, "group", "site");
  fail_unless_equals_uint64 (get_train_stat (cameras[2], "members"), 3);

  fixture_run (cameras[0], 4);
  fixture_run (cameras[1], 2);
  fail_unless_equals_int (script_counts ().pushed, 6);
  fail_unless_equals_uint64 (get_train_stat (cameras[0], "taken"), 4);
  fail_unless_equals_uint64 (get_train_stat (cameras[1], "taken"), 2);
  fail_unless_equals_uint64 (get_train_stat (cameras[2], "taken"), 0);

  script_add (SST_LEARNER_ACCEPTED);
  one = expect_message (cameras, 3, "sstrain/accepted");
  fail_unless (g_strcmp0 (one, base) != 0);
  for (guint i = 0; i < 3; i++) {
    GstElement *tracker =
        gst_bin_get_by_name (GST_BIN (cameras[i]->h->element), "tracker");

    fixture_run (cameras[i], 1);
    wait_for_stat (tracker, "model", one);
    gst_object_unref (tracker);
  }

  /* what one of them is asked for holds for all */
  g_signal_emit_by_name (cameras[1]->tracker, "rollback");
  model = expect_message (cameras, 3, "sstrain/rolled-back");
  fail_unless_equals_string (model, base);
  g_free (model);
  for (guint i = 0; i < 3; i++) {
    expect_no_warning (cameras[i]);
    fixture_free (cameras[i]);
  }
  fail_unless_equals_int (script_counts ().learners, 0);
  fail_unless_equals_int (script_counts ().streams, 0);
  g_free (base);
  g_free (one);
}

GST_END_TEST;

/* Without a group, and of another one, each is for itself. */
GST_START_TEST (apart_without_a_name)
{
  static const gchar *const launches[] = {
    "sstrain name=t", "sstrain name=t group=\"\"", "sstrain name=t group=a",
    "sstrain name=t group=b"
  };
  Fixture *cameras[4];

  script_clear ();
  for (guint i = 0; i < 4; i++)
    cameras[i] = camera_new (launches[i]);
  fail_unless_equals_int (script_counts ().learners, 4);
  fail_unless (script_counts ().params.tone == FALSE);
  expect_stat (cameras[0]->tracker, "group", "");
  expect_stat (cameras[3]->tracker, "group", "b");
  for (guint i = 0; i < 4; i++) {
    fail_unless_equals_uint64 (get_train_stat (cameras[i], "members"), 1);
    fixture_free (cameras[i]);
  }
  fail_unless_equals_int (script_counts ().learners, 0);
}

GST_END_TEST;

/* The worker works while one of them may. */
GST_START_TEST (rests_when_all_rest)
{
  Fixture *cameras[2];
  guint worked;

  script_clear ();
  for (guint i = 0; i < 2; i++)
    cameras[i] = camera_new ("sstrain name=t group=site cpu-share=1");
  script_repeat (SST_LEARNER_REFUSED);
  g_object_set (cameras[0]->tracker, "enabled", FALSE, NULL);
  gst_structure_free (wait_for_message (cameras[0], "sstrain/refused"));
  gst_structure_free (wait_for_message (cameras[1], "sstrain/refused"));
  fixture_run (cameras[0], 2);
  fail_unless_equals_int (script_counts ().pushed, 0);
  g_object_set (cameras[1]->tracker, "enabled", FALSE, NULL);
  g_usleep (G_USEC_PER_SEC / 10);
  worked = script_counts ().worked;
  g_usleep (G_USEC_PER_SEC / 10);
  fail_unless_equals_int (script_counts ().worked, worked);
  for (guint i = 0; i < 2; i++)
    fixture_free (cameras[i]);
}

GST_END_TEST;

/* ---- coming and going ---- */

GST_START_TEST (later_ones_get_what_there_is)
{
  Fixture *cameras[2];
  GstElement *tracker;
  gchar *one, *two;

  script_clear ();
  cameras[0] = camera_new ("sstrain name=t group=site");
  script_add (SST_LEARNER_ACCEPTED);
  one = expect_message (cameras, 1, "sstrain/accepted");
  cameras[1] = camera_new ("sstracker name=tracker ! sstrain name=t "
      "group=site");
  expect_stat (cameras[1]->tracker, "model", one);
  tracker = gst_bin_get_by_name (GST_BIN (cameras[1]->h->element), "tracker");
  fixture_run (cameras[1], 2);
  wait_for_stat (tracker, "model", one);

  /* the first one goes, the other one learns on */
  fixture_free (cameras[0]);
  fail_unless_equals_int (script_counts ().learners, 1);
  fail_unless_equals_int (script_counts ().streams, 1);
  script_add (SST_LEARNER_ACCEPTED);
  two = expect_message (&cameras[1], 1, "sstrain/accepted");
  fail_unless (g_strcmp0 (one, two) != 0);
  fixture_run (cameras[1], 1);
  wait_for_stat (tracker, "model", two);
  gst_object_unref (tracker);

  /* nobody is there: the next ones begin anew */
  fixture_free (cameras[1]);
  fail_unless_equals_int (script_counts ().learners, 0);
  cameras[0] = camera_new ("sstrain name=t group=site");
  fail_unless_equals_uint64 (get_train_stat (cameras[0], "accepted"), 0);
  fixture_free (cameras[0]);
  g_free (one);
  g_free (two);
}

GST_END_TEST;

/* Figures and model of a member that has left are as they were then. */
GST_START_TEST (figures_stay)
{
  Fixture *cameras[2];
  gchar *one, *two;

  script_clear ();
  for (guint i = 0; i < 2; i++)
    cameras[i] = camera_new ("sstrain name=t group=site");
  fixture_run (cameras[0], 3);
  script_add (SST_LEARNER_ACCEPTED);
  one = expect_message (cameras, 2, "sstrain/accepted");
  gst_element_set_state (cameras[0]->tracker, GST_STATE_READY);
  script_add (SST_LEARNER_ACCEPTED);
  two = expect_message (&cameras[1], 1, "sstrain/accepted");
  fail_unless (pop_message (cameras[0], "sstrain/accepted") == NULL);
  expect_stat (cameras[0]->tracker, "model", one);
  expect_stat (cameras[1]->tracker, "model", two);
  fail_unless_equals_uint64 (get_train_stat (cameras[0], "taken"), 3);
  fail_unless_equals_uint64 (get_train_stat (cameras[0], "accepted"), 1);
  fail_unless_equals_uint64 (get_train_stat (cameras[1], "accepted"), 2);
  for (guint i = 0; i < 2; i++)
    fixture_free (cameras[i]);
  g_free (one);
  g_free (two);
}

GST_END_TEST;

/* ---- files ---- */

/* One that can't write hinders nobody; those with one file are no strangers. */
GST_START_TEST (each_saves_where_it_is_told)
{
  gchar *directory = g_dir_make_tmp ("sst-group-XXXXXX", NULL);
  gchar *path = g_build_filename (directory, "site.sst", NULL);
  gchar *launches[] = {
    g_strdup_printf ("sstrain name=t group=site save-location=%s/no/x.sst",
        directory),
    g_strdup_printf ("sstrain name=t group=site save-location=%s", path),
    g_strdup_printf ("sstrain name=t group=site save-location=%s", path),
  };
  const gint64 end = g_get_monotonic_time () + PATIENCE;
  Fixture *cameras[3];
  SstWeights *weights;
  gchar *model;

  script_clear ();
  for (guint i = 0; i < 3; i++)
    cameras[i] = camera_new (launches[i]);
  restart (cameras[0]);
  expect_warning (cameras[0], "can not be saved");
  script_add (SST_LEARNER_ACCEPTED);
  model = expect_message (cameras, 3, "sstrain/accepted");
  while (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    fail_unless (g_get_monotonic_time () < end);
    g_usleep (2000);
  }
  weights = sst_weights_load (path, NULL);
  fail_unless (weights != NULL);
  fail_unless_equals_string (sst_weights_get_checksum (weights), model);
  sst_weights_unref (weights);
  for (guint i = 0; i < 3; i++) {
    expect_no_warning (cameras[i]);
    fixture_free (cameras[i]);
    g_free (launches[i]);
  }
  g_unlink (path);
  g_rmdir (directory);
  g_free (directory);
  g_free (path);
  g_free (model);
}

GST_END_TEST;

/* ---- what they have to have in common ---- */

static void
write_model (const gchar * path, guint64 seed)
{
  static const SstNetworkConfig tiny = { {4, 6, 8}, 1, 5, 7, 6 };
  SstModel *model = sst_model_new_random (&tiny, seed, NULL);

  fail_unless (sst_weights_save (sst_model_weights (model), path, NULL));
  sst_model_unref (model);
}

/* Whether an sstrain of these properties starts; its error else. */
static gboolean
starts (const gchar * properties, gchar ** said)
{
  gchar *launch = g_strdup_printf ("sstrain group=site %s", properties);
  GstElement *train = gst_parse_launch (launch, NULL);
  GstBus *bus = gst_bus_new ();
  gboolean started;
  GstMessage *message;
  GError *error;

  gst_element_set_bus (train, bus);
  started = gst_element_set_state (train, GST_STATE_PAUSED)
      != GST_STATE_CHANGE_FAILURE;
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  fail_unless ((message == NULL) == started);
  *said = NULL;
  if (message != NULL) {
    gst_message_parse_error (message, &error, NULL);
    fail_unless (g_error_matches (error, GST_RESOURCE_ERROR,
            GST_RESOURCE_ERROR_SETTINGS));
    *said = g_strdup (error->message);
    g_error_free (error);
    gst_message_unref (message);
  }
  gst_element_set_state (train, GST_STATE_NULL);
  gst_element_set_bus (train, NULL);
  gst_object_unref (bus);
  gst_object_unref (train);
  g_free (launch);
  return started;
}

GST_START_TEST (another_base_is_refused)
{
  gchar *directory = g_dir_make_tmp ("sst-group-XXXXXX", NULL);
  gchar *a = g_build_filename (directory, "a.sst", NULL);
  gchar *b = g_build_filename (directory, "b.sst", NULL);
  gchar *launch = g_strdup_printf ("sstrain name=t group=site model=%s", a);
  gchar *text, *said;
  Fixture *camera;

  script_clear ();
  write_model (a, 1);
  write_model (b, 2);
  camera = camera_new (launch);

  text = g_strdup_printf ("model=%s", b);
  fail_unless (!starts (text, &said));
  fail_unless (strstr (said, "the group \"site\" started from") != NULL, "%s",
      said);
  g_free (said);
  g_free (text);
  fail_unless_equals_int (script_counts ().streams, 1);

  /* the same in another file, and what was learned here and goes on */
  write_model (b, 1);
  text = g_strdup_printf ("model=%s", b);
  fail_unless (starts (text, &said), "%s", said);
  g_free (text);
  write_model (b, 3);
  text = g_strdup_printf ("model=%s save-location=%s", b, b);
  fail_unless (starts (text, &said), "%s", said);
  g_free (text);

  fixture_free (camera);
  g_unlink (a);
  g_unlink (b);
  g_rmdir (directory);
  g_free (directory);
  g_free (a);
  g_free (b);
  g_free (launch);
}

GST_END_TEST;

GST_START_TEST (the_first_ones_settings_hold)
{
  Fixture *cameras[2];

  script_clear ();
  cameras[0] = camera_new ("sstrain name=t group=site reset-after=5 seed=3");
  expect_no_warning (cameras[0]);
  cameras[1] = camera_new ("sstrain name=t group=site reset-after=9 seed=3 "
      "cpu-share=0.9");
  restart (cameras[1]);
  expect_warning (cameras[1], "set \"cpu-share\", \"reset-after\" alike");
  fail_unless_equals_uint64 (script_counts ().params.reset_after, 5);

  /* what is one's own says nothing of the others' */
  g_object_set (cameras[1]->tracker, "learn-from", 1, NULL);
  fail_unless_equals_uint64 (script_counts ().params.reset_after, 5);
  fail_unless_equals_int (script_counts ().params.from, 1);
  g_object_set (cameras[1]->tracker, "profile", 0, NULL);
  fail_unless_equals_uint64 (script_counts ().params.reset_after, 5);
  fail_unless_equals_int (script_counts ().params.profile, SST_LEARN_GENTLE);
  g_object_set (cameras[1]->tracker, "reset-after", (guint64) 11, NULL);
  fail_unless_equals_uint64 (script_counts ().params.reset_after, 11);
  for (guint i = 0; i < 2; i++)
    fixture_free (cameras[i]);
}

GST_END_TEST;

/* One share for all of them: of the time that they learn together, each says
 * the same of it. */
GST_START_TEST (one_share)
{
  Fixture *cameras[4];
  gdouble share = 1.0, other;
  guint64 used = 0;

  script_clear ();
  for (guint i = 0; i < 4; i++)
    cameras[i] = camera_new ("sstrain name=t group=site cpu-share=0.2");
  script_repeat (SST_LEARNER_WORKED);
  while (used < 100 * GST_MSECOND) {
    GstStructure *stats;

    g_usleep (G_USEC_PER_SEC / 50);
    g_object_get (cameras[3]->tracker, "stats", &stats, NULL);
    fail_unless (gst_structure_get (stats, "cpu-share", G_TYPE_DOUBLE, &share,
            "cpu-used", G_TYPE_UINT64, &used, NULL));
    gst_structure_free (stats);
  }
  fail_unless (share > 0.0 && share < 0.35, "%f", share);
  {
    GstStructure *stats;

    g_object_get (cameras[0]->tracker, "stats", &stats, NULL);
    fail_unless (gst_structure_get (stats, "cpu-share", G_TYPE_DOUBLE, &other,
            NULL));
    gst_structure_free (stats);
  }
  fail_unless (other < 0.35, "%f", other);
  for (guint i = 0; i < 4; i++)
    fixture_free (cameras[i]);
}

GST_END_TEST;

/* ---- all at once ---- */

static gint stop_camera;

typedef struct
{
  guint seed;
  guint n_starts;
} Camera;

/* A camera that comes and goes, is shown frames, asked, and changed
 * meanwhile. */
static gpointer
come_and_go (gpointer data)
{
  Camera *camera = data;
  GRand *random = g_rand_new_with_seed (camera->seed);

  while (!g_atomic_int_get (&stop_camera)) {
    Fixture *f = camera_new ("sstracker ! sstrain name=t group=site "
        "cpu-share=1");

    gst_harness_set_drop_buffers (f->h, TRUE);
    for (gint i = g_rand_int_range (random, 0, 6); i > 0; i--) {
      gst_harness_push (f->h, fixture_buffer (f));
      if (i % 2 == 0)
        g_object_set (f->tracker, "enabled", i % 4 == 0, "cpu-share",
            g_rand_double_range (random, 0.5, 1.0), NULL);
      if (i == 3)
        g_signal_emit_by_name (f->tracker, "rollback");
      fail_unless (get_train_stat (f, "members") >= 1);
    }
    gst_element_set_state (f->h->element, GST_STATE_NULL);
    fixture_free (f);
    camera->n_starts++;
  }
  g_rand_free (random);
  return NULL;
}

GST_START_TEST (cameras_come_and_go)
{
  const gint64 end = g_get_monotonic_time () + G_USEC_PER_SEC / 2;
  GThread *threads[N_CAMERAS];
  Camera cameras[N_CAMERAS];

  script_clear ();
  script_repeat (SST_LEARNER_ACCEPTED);
  g_atomic_int_set (&stop_camera, 0);
  for (guint i = 0; i < N_CAMERAS; i++) {
    cameras[i] = (Camera) { i, 0 };
    threads[i] = g_thread_new ("camera", come_and_go, &cameras[i]);
  }
  while (g_get_monotonic_time () < end)
    g_usleep (G_USEC_PER_SEC / 50);
  g_atomic_int_set (&stop_camera, 1);
  for (guint i = 0; i < N_CAMERAS; i++) {
    g_thread_join (threads[i]);
    fail_unless (cameras[i].n_starts > 0);
  }
  fail_unless_equals_int (script_counts ().learners, 0);
  fail_unless_equals_int (script_counts ().streams, 0);
}

GST_END_TEST;

GST_PLUGIN_STATIC_DECLARE (sstracker);

static Suite *
sstrain_group_suite (void)
{
  Suite *s = suite_create ("sstrain group");
  TCase *tc = tcase_create ("together");

  GST_PLUGIN_STATIC_REGISTER (sstracker);
  tcase_add_test (tc, one_model_for_all);
  tcase_add_test (tc, apart_without_a_name);
  tcase_add_test (tc, rests_when_all_rest);
  tcase_add_test (tc, later_ones_get_what_there_is);
  tcase_add_test (tc, figures_stay);
  tcase_add_test (tc, each_saves_where_it_is_told);
  suite_add_tcase (s, tc);

  tc = tcase_create ("terms");
  tcase_add_test (tc, another_base_is_refused);
  tcase_add_test (tc, the_first_ones_settings_hold);
  tcase_add_test (tc, one_share);
  suite_add_tcase (s, tc);

  tc = tcase_create ("races");
  tcase_add_test (tc, cameras_come_and_go);
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (sstrain_group);
