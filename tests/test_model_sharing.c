/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Trackers go on with models that others publish in the pipeline, or that are
 * written to their file. */

#include <unistd.h>

#include <glib/gstdio.h>

#include "model/model_private.h"


#include "../gst/gstssmodelstore.h"
#include "test_sstracker_common.h"

/* How long something that takes a moment may take. */
#define PATIENCE (30 * (gint64) G_USEC_PER_SEC)

static const SstNetworkConfig tiny = { {4, 6, 8}, 1, 5, 7, 6 };
static const SstNetworkConfig other = { {4, 6, 8}, 1, 5, 8, 6 };

static SstModel *
make_model (guint64 seed)
{
  return sst_model_new_random (&tiny, seed, NULL);
}

static const gchar *
checksum_of (SstModel * model)
{
  return sst_weights_get_checksum (sst_model_weights (model));
}

static void
save (SstModel * model, const gchar * path)
{
  fail_unless (sst_weights_save (sst_model_weights (model), path, NULL));
}

/* The store of the element that a pad belongs to; a reference. NULL: none. */
static GstSsModelStore *
query_store (GstPad * pad)
{
  GstQuery *query = gst_query_new_context (GST_SS_MODEL_STORE_CONTEXT);
  GstSsModelStore *store = NULL;
  GstContext *context;

  if (gst_pad_query (pad, query)) {
    gst_query_parse_context (query, &context);
    gst_structure_get (gst_context_get_structure (context), "store",
        GST_TYPE_SS_MODEL_STORE, &store, NULL);
    fail_unless (store != NULL);
  }
  gst_query_unref (query);
  return store;
}

static GstSsModelStore *
get_store (GstElement * tracker)
{
  GstPad *pad = gst_element_get_static_pad (tracker, "src");
  GstSsModelStore *store = query_store (pad);

  gst_object_unref (pad);
  return store;
}

static gboolean
has_store (GstElement * tracker, GstSsModelStore * expected)
{
  GstSsModelStore *store = get_store (tracker);
  const gboolean has = store == expected;

  g_clear_object (&store);
  return has;
}

/* --- the store ---------------------------------------------------------- */

GST_START_TEST (a_store_keeps_the_newest_of_each_name)
{
  GstSsModelStore *store = g_object_new (GST_TYPE_SS_MODEL_STORE, NULL);
  SstModel *a = make_model (1), *b = make_model (2), *got;
  guint serial = gst_ss_model_store_serial (store);

  fail_unless (gst_ss_model_store_get (store, "") == NULL);
  gst_ss_model_store_publish (store, "", a);
  fail_unless (gst_ss_model_store_serial (store) != serial);
  fail_unless (gst_ss_model_store_get (store, "x") == NULL);
  gst_ss_model_store_publish (store, "x", b);
  serial = gst_ss_model_store_serial (store);
  got = gst_ss_model_store_get (store, "");
  fail_unless (got == a);
  sst_model_unref (got);
  fail_unless_equals_int (gst_ss_model_store_serial (store), serial);
  gst_ss_model_store_publish (store, "", b);
  fail_unless (gst_ss_model_store_serial (store) != serial);
  sst_model_unref (a);          /* the last one */
  got = gst_ss_model_store_get (store, "");
  fail_unless (got == b);
  g_object_unref (store);
  sst_model_unref (b);
  sst_model_unref (got);
}

GST_END_TEST;

/* --- who shares --------------------------------------------------------- */

/* As if in two branches: they can not see each other. */
#define TWO "sstracker name=a sstracker name=b "

static GstContext *
wait_for_context (GstBus * bus)
{
  GstMessage *message = gst_bus_timed_pop_filtered (bus, PATIENCE * 1000,
      GST_MESSAGE_HAVE_CONTEXT);
  GstContext *context;
  gchar *text;

  fail_unless (message != NULL);
  gst_message_parse_have_context (message, &context);
  fail_unless (gst_context_has_context_type (context,
          GST_SS_MODEL_STORE_CONTEXT));
  /* what gst-launch-1.0 prints of it */
  text = gst_structure_to_string (gst_context_get_structure (context));
  fail_unless (strstr (text, "store=(GstSsModelStore)\"0x") != NULL, "%s",
      text);
  g_free (text);
  gst_message_unref (message);
  return context;
}

/* Two trackers, neither before the other: one store, made once, that stays
 * through restarts and goes with the pipeline. One that wants no model takes no
 * part. */
GST_START_TEST (trackers_of_a_pipeline_have_one_store)
{
  GstElement *pipeline = gst_parse_launch (TWO "sstracker name=c model=none",
      NULL);
  GstElement *a = gst_bin_get_by_name (GST_BIN (pipeline), "a");
  GstElement *b = gst_bin_get_by_name (GST_BIN (pipeline), "b");
  GstElement *c = gst_bin_get_by_name (GST_BIN (pipeline), "c");
  GstBus *bus = gst_element_get_bus (pipeline);
  GstSsModelStore *store = NULL;
  GstMessage *message;
  gpointer gone;

  for (int run = 0; run < 2; run++) {
    fail_unless (has_store (a, NULL));
    gst_element_set_state (pipeline, GST_STATE_PAUSED);
    if (run == 0) {
      store = get_store (a);
      fail_unless (store != NULL);
      gst_context_unref (wait_for_context (bus));
    }
    fail_unless (has_store (a, store));
    fail_unless (has_store (b, store));
    fail_unless (has_store (c, NULL));

    gst_element_set_state (pipeline, GST_STATE_READY);
    gst_element_set_state (b, GST_STATE_NULL);
    fail_unless (has_store (b, NULL));
    gst_element_set_state (pipeline, GST_STATE_PAUSED);
    fail_unless (has_store (a, store));
    fail_unless (has_store (b, store));
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_HAVE_CONTEXT);
    fail_unless (message == NULL);
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
  gone = store;
  g_object_add_weak_pointer (G_OBJECT (store), &gone);
  g_object_unref (store);
  gst_object_unref (bus);
  gst_object_unref (c);
  gst_object_unref (b);
  gst_object_unref (a);
  gst_object_unref (pipeline);
  fail_unless (gone == NULL);
}

GST_END_TEST;

/* Neighbours find each other without a bin, either way. */
GST_START_TEST (neighbors_find_each_other)
{
  GstElement *first = gst_element_factory_make ("sstracker", "first");
  GstElement *second = gst_element_factory_make ("sstracker", "second");
  GstElement *elements[2] = { first, second };
  GstSsModelStore *store;

  gst_object_ref_sink (first);
  gst_object_ref_sink (second);
  fail_unless (gst_element_link (first, second));
  gst_element_set_state (elements[__i__ % 2], GST_STATE_PAUSED);
  store = get_store (elements[__i__ % 2]);
  fail_unless (store != NULL);
  gst_element_set_state (elements[(__i__ + 1) % 2], GST_STATE_PAUSED);
  fail_unless (has_store (first, store));
  fail_unless (has_store (second, store));
  gst_element_set_state (first, GST_STATE_NULL);
  gst_element_set_state (second, GST_STATE_NULL);
  g_object_unref (store);
  gst_object_unref (first);
  gst_object_unref (second);
}

GST_END_TEST;

static GstBusSyncReply
answer (GstBus * bus, GstMessage * message, gpointer context)
{
  const gchar *type;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_NEED_CONTEXT
      && gst_message_parse_context_type (message, &type)
      && g_str_equal (type, GST_SS_MODEL_STORE_CONTEXT))
    gst_element_set_context (GST_ELEMENT (GST_MESSAGE_SRC (message)), context);
  return GST_BUS_PASS;
}

/* An application sets the context of one pipeline on another, or answers when
 * it is asked for. */
GST_START_TEST (applications_share_between_pipelines)
{
  GstElement *one = gst_parse_launch (TWO, NULL);
  GstElement *two = gst_parse_launch (TWO, NULL);
  GstElement *a = gst_bin_get_by_name (GST_BIN (one), "a");
  GstElement *b = gst_bin_get_by_name (GST_BIN (two), "b");
  GstBus *bus = gst_element_get_bus (one), *bus_two = gst_element_get_bus (two);
  GstSsModelStore *store;
  GstContext *context;

  gst_element_set_state (one, GST_STATE_PAUSED);
  context = wait_for_context (bus);
  if (__i__ == 0)
    gst_element_set_context (two, context);
  else
    gst_bus_set_sync_handler (bus_two, answer, context, NULL);
  gst_element_set_state (two, GST_STATE_PAUSED);
  store = get_store (a);
  fail_unless (store != NULL);
  fail_unless (has_store (b, store));
  gst_element_set_state (two, GST_STATE_NULL);
  gst_element_set_state (one, GST_STATE_NULL);
  gst_bus_set_sync_handler (bus_two, NULL, NULL, NULL);
  g_object_unref (store);
  gst_context_unref (context);
  gst_object_unref (bus_two);
  gst_object_unref (bus);
  gst_object_unref (b);
  gst_object_unref (a);
  gst_object_unref (two);
  gst_object_unref (one);
}

GST_END_TEST;

/* --- publishing --------------------------------------------------------- */

typedef struct
{
  Fixture *f;
  gchar *directory, *path, *temporary;
  SstModel *model;              /* that the tracker starts with */
  GstSsModelStore *store;
} Share;

/* Of the models that are shared. */
#define NAME "street"

/* options: more properties of the tracker. */
static Share *
share_new (const gchar * options)
{
  Share *share = g_new0 (Share, 1);
  gchar *launch;

  share->directory = g_dir_make_tmp ("sst-share-XXXXXX", NULL);
  share->path = g_build_filename (share->directory, "m.sst", NULL);
  share->temporary = g_build_filename (share->directory, "m.tmp", NULL);
  share->model = make_model (1);
  save (share->model, share->path);
  launch = g_strdup_printf ("sstracker name=t model=%s model-name=" NAME " %s",
      share->path, options);
  share->f = fixture_new (launch, NULL);
  g_free (launch);
  share->store = get_store (share->f->tracker);
  fail_unless (share->store != NULL);
  fixture_follow (share->f);
  fixture_run (share->f, 3);
  return share;
}

static void
share_free (Share * share)
{
  expect_no_warning (share->f);
  fixture_free (share->f);
  g_object_unref (share->store);
  g_unlink (share->path);
  g_unlink (share->temporary);
  fail_unless_equals_int (g_rmdir (share->directory), 0);
  g_free (share->directory);
  g_free (share->temporary);
  g_free (share->path);
  sst_model_unref (share->model);
  g_free (share);
}

static gboolean
uses (Fixture * f, SstModel * model)
{
  GstStructure *stats = NULL;
  gboolean same;

  g_object_get (f->tracker, "stats", &stats, NULL);
  same = g_strcmp0 (gst_structure_get_string (stats, "model"),
      model != NULL ? checksum_of (model) : "") == 0;
  gst_structure_free (stats);
  return same;
}

/* Pushes frames until that model is in use. */
static void
run_until (Fixture * f, SstModel * model)
{
  const gint64 end = g_get_monotonic_time () + PATIENCE;

  while (!uses (f, model)) {
    fail_unless (g_get_monotonic_time () < end);
    fixture_run (f, 1);
    g_usleep (2000);
  }
}

static void
run_until_warning (Fixture * f, const gchar * text)
{
  GstMessage *message = gst_bus_timed_pop_filtered (f->bus, PATIENCE * 1000,
      GST_MESSAGE_WARNING);

  fail_unless (message != NULL, "no warning of \"%s\"", text);
  g_queue_push_tail (&f->warnings, message);
  expect_warning (f, text);
}

/* From the next frame on the newest model of the name is in use, and a target
 * that runs goes on. */
GST_START_TEST (a_published_model_is_used_at_once)
{
  const gchar *name = NAME, *other_name = "x";
  Share *share = share_new ("");
  Fixture *f = share->f;
  SstModel *models[2] = { make_model (2), make_model (3) };
  SstModel *same = make_model (3);
  SstModel *foreign = sst_model_new_random (&other, 1, NULL);
  GstBuffer *buffer;

  fail_unless (uses (f, share->model));
  fail_unless_equals_uint64 (get_stat (f, "model-swaps"), 0);
  expect_event (f, "started", "");

  gst_ss_model_store_publish (share->store, other_name, models[0]);
  fixture_run (f, 1);
  fail_unless (uses (f, share->model));
  for (int i = 0; i < 2; i++) {
    gst_ss_model_store_publish (share->store, name, models[i]);
    fail_unless (!uses (f, models[i]));
    fixture_run (f, 1);
    fail_unless (uses (f, models[i]));
    fail_unless_equals_uint64 (get_stat (f, "model-swaps"), i + 1);
    fixture_run (f, 3);
  }
  gst_ss_model_store_publish (share->store, name, models[1]);
  fixture_run (f, 1);
  gst_ss_model_store_publish (share->store, name, same);
  fixture_run (f, 1);
  gst_ss_model_store_publish (share->store, other_name, models[0]);
  fixture_run (f, 1);
  fail_unless_equals_uint64 (get_stat (f, "model-swaps"), 2);
  expect_no_warning (f);

  gst_ss_model_store_publish (share->store, name, foreign);
  fixture_run (f, 3);
  expect_warning (f, sst_weights_get_architecture (sst_model_weights
          (foreign)));
  expect_no_warning (f);
  fail_unless (uses (f, models[1]));
  gst_ss_model_store_publish (share->store, name, models[0]);
  buffer = fixture_push (f);
  fail_unless (uses (f, models[0]));
  fail_unless_equals_int (count_targets (buffer), 1);
  fail_unless_equals_uint64 (get_target (buffer, 0).id, 1);
  gst_buffer_unref (buffer);

  share_free (share);
  sst_model_unref (foreign);
  sst_model_unref (same);
  sst_model_unref (models[1]);
  sst_model_unref (models[0]);
}

GST_END_TEST;

/* The name under which models of the stream that passes are shared, where none
 * was set. */
static gchar *
name_of_stream (Fixture * f)
{
  GstPad *pad = gst_element_get_static_pad (f->tracker, "sink");
  gchar *id = gst_pad_get_stream_id (pad);
  gchar *name = gst_ss_model_store_make_name ("", id);

  fail_unless (name != NULL);
  g_free (id);
  gst_object_unref (pad);
  return name;
}

/* Without a name a tracker takes what is learned from its own stream, also when
 * it gets another one. */
GST_START_TEST (a_stream_has_its_own_model)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstSsModelStore *store = get_store (f->tracker);
  gchar *name = name_of_stream (f);
  SstModel *base = sst_model_builtin (), *models[2];

  fail_unless (base != NULL);
  for (guint i = 0; i < 2; i++)
    models[i] = sst_model_new_random (sst_network_get_config
        (sst_model_network (base)), i, NULL);
  fail_unless (gst_ss_model_store_make_name (NULL, NULL) == NULL);

  gst_ss_model_store_publish (store, "\nanother stream", models[0]);
  gst_ss_model_store_publish (store, "door", models[0]);
  fixture_run (f, 2);
  fail_unless (uses (f, base));
  gst_ss_model_store_publish (store, name, models[1]);
  fixture_run (f, 1);
  fail_unless (uses (f, models[1]));
  gst_harness_push_event (f->h, gst_event_new_stream_start ("another stream"));
  fixture_run (f, 1);
  fail_unless (uses (f, models[0]));
  gst_ss_model_store_withdraw (store, name);
  fail_unless (gst_ss_model_store_get (store, name) == NULL);

  fixture_free (f);
  g_object_unref (store);
  g_free (name);
  sst_model_unref (models[1]);
  sst_model_unref (models[0]);
  sst_model_unref (base);
}

GST_END_TEST;

/* What was asked for stays. */
GST_START_TEST (a_model_that_was_asked_for_stays)
{
  Share *share = share_new ("model-name=\"\"");
  gchar *name = name_of_stream (share->f);
  SstModel *model = make_model (2);

  gst_ss_model_store_publish (share->store, name, model);
  fixture_run (share->f, 3);
  fail_unless (uses (share->f, share->model));
  share_free (share);
  g_free (name);
  sst_model_unref (model);
}

GST_END_TEST;

/* Another store counts by itself, what was published before too; without a
 * model nothing is taken. */
GST_START_TEST (another_store_counts_by_itself)
{
  GstSsModelStore *store = g_object_new (GST_TYPE_SS_MODEL_STORE, NULL);
  GstContext *context = gst_context_new (GST_SS_MODEL_STORE_CONTEXT, TRUE);
  Share *share = share_new ("");
  SstModel *model = make_model (2), *later = make_model (3);
  Fixture *f = share->f;

  gst_structure_set (gst_context_writable_structure (context), "store",
      GST_TYPE_SS_MODEL_STORE, store, NULL);
  gst_ss_model_store_publish (share->store, NAME, later);
  fixture_run (f, 1);
  fail_unless (uses (f, later));
  gst_ss_model_store_publish (store, NAME, model);
  fail_unless_equals_int (gst_ss_model_store_serial (store),
      gst_ss_model_store_serial (share->store));
  gst_element_set_context (f->tracker, context);
  fail_unless (has_store (f->tracker, store));
  fixture_run (f, 1);
  fail_unless (uses (f, model));

  gst_element_set_state (f->tracker, GST_STATE_NULL);
  fail_unless (has_store (f->tracker, NULL));
  gst_element_set_state (f->tracker, GST_STATE_PLAYING);
  fail_unless (has_store (f->tracker, store));
  fail_unless (uses (f, share->model));
  gst_element_set_state (f->tracker, GST_STATE_NULL);
  g_object_set (f->tracker, "model", "none", NULL);
  gst_element_set_context (f->tracker, context);
  gst_element_set_state (f->tracker, GST_STATE_PLAYING);
  fail_unless (has_store (f->tracker, NULL));
  fail_unless (uses (f, NULL));

  share_free (share);
  gst_context_unref (context);
  g_object_unref (store);
  sst_model_unref (later);
  sst_model_unref (model);
}

GST_END_TEST;

/* --- the file ----------------------------------------------------------- */

static void
rewrite (const gchar * path, const gchar * bytes, gsize size)
{
  FILE *file = fopen (path, "wb");

  fail_unless (file != NULL);
  fail_unless_equals_int (fwrite (bytes, 1, size, file), size);
  fail_unless_equals_int (fclose (file), 0);
}

GST_START_TEST (a_changed_file_is_loaded)
{
  Share *share = share_new ("reload=true");
  Fixture *f = share->f;
  SstModel *models[4] = { make_model (2), make_model (3), make_model (4),
    make_model (5)
  };
  SstModel *foreign = sst_model_new_random (&other, 1, NULL);
  gchar *bytes;
  gsize size;

  /* Renamed into place, twice, and rewritten in place. */
  for (int i = 0; i < 2; i++) {
    save (models[i], share->temporary);
    fail_unless_equals_int (g_rename (share->temporary, share->path), 0);
    run_until (f, models[i]);
  }
  save (models[2], share->temporary);
  fail_unless (g_file_get_contents (share->temporary, &bytes, &size, NULL));
  rewrite (share->path, bytes, size);
  run_until (f, models[2]);
  fail_unless_equals_uint64 (get_stat (f, "model-swaps"), 3);
  expect_no_warning (f);

  /* Half a file, damage, another architecture. */
  rewrite (share->path, bytes, size / 2);
  run_until_warning (f, "short");
  bytes[size / 2] ^= 1;
  rewrite (share->path, bytes, size);
  run_until_warning (f, "damaged");
  save (foreign, share->temporary);
  fail_unless_equals_int (g_rename (share->temporary, share->path), 0);
  run_until_warning (f,
      sst_weights_get_architecture (sst_model_weights (foreign)));
  fixture_run (f, 3);
  fail_unless (uses (f, models[2]));
  fail_unless_equals_uint64 (get_stat (f, "model-swaps"), 3);

  /* Removed: nothing to go on with. Back again. */
  g_unlink (share->path);
  save (models[3], share->path);
  run_until (f, models[3]);
  while (gst_bus_have_pending (f->bus))
    gst_message_unref (gst_bus_pop (f->bus));

  /* The store and the file: who comes last. Other news of the store do not
   * bring back what it had. */
  gst_ss_model_store_publish (share->store, NAME, models[0]);
  fixture_run (f, 1);
  fail_unless (uses (f, models[0]));
  save (models[1], share->path);
  run_until (f, models[1]);
  gst_ss_model_store_publish (share->store, "else", models[2]);
  fixture_run (f, 2);
  fail_unless (uses (f, models[1]));
  gst_ss_model_store_publish (share->store, NAME, models[2]);
  fixture_run (f, 1);
  fail_unless (uses (f, models[2]));
  while (gst_bus_have_pending (f->bus))
    gst_message_unref (gst_bus_pop (f->bus));

  g_free (bytes);
  share_free (share);
  sst_model_unref (foreign);
  for (int i = 0; i < 4; i++)
    sst_model_unref (models[i]);
}

GST_END_TEST;

static void
link_to (const gchar * directory, const gchar * content, const gchar * name)
{
  gchar *path = g_build_filename (directory, name, NULL);
  gchar *temporary = g_build_filename (directory, "link.tmp", NULL);

  fail_unless_equals_int (symlink (content, temporary), 0);
  fail_unless_equals_int (g_rename (temporary, path), 0);
  g_free (temporary);
  g_free (path);
}

/* Behind links: another file renamed to the name that the path leads to, and a
 * link in the path that leads elsewhere from now on. */
GST_START_TEST (links_are_followed_to_the_file)
{
  gchar *directory = g_dir_make_tmp ("sst-links-XXXXXX", NULL);
  gchar *folders[2], *files[2], *temporary, *path, *launch;
  SstModel *models[3] = { make_model (2), make_model (3), make_model (4) };
  Fixture *f;

  for (int i = 0; i < 2; i++) {
    gchar *name = g_strdup_printf ("v%d", i + 1);

    folders[i] = g_build_filename (directory, name, NULL);
    files[i] = g_build_filename (folders[i], "m.sst", NULL);
    fail_unless_equals_int (g_mkdir (folders[i], 0700), 0);
    save (models[i], files[i]);
    g_free (name);
  }
  temporary = g_build_filename (directory, "m.tmp", NULL);
  path = g_build_filename (directory, "m.sst", NULL);
  link_to (directory, "v1", "current");
  link_to (directory, "current/m.sst", "m.sst");

  launch = g_strdup_printf ("sstracker name=t reload=true model=%s", path);
  f = fixture_new (launch, NULL);
  fixture_run (f, 1);
  fail_unless (uses (f, models[0]));
  link_to (directory, "v2", "current");
  run_until (f, models[1]);
  save (models[2], temporary);
  fail_unless_equals_int (g_rename (temporary, files[1]), 0);
  run_until (f, models[2]);
  expect_no_warning (f);
  fixture_free (f);

  g_unlink (path);
  g_free (path);
  path = g_build_filename (directory, "current", NULL);
  g_unlink (path);
  for (int i = 0; i < 2; i++) {
    g_unlink (files[i]);
    fail_unless_equals_int (g_rmdir (folders[i]), 0);
    g_free (files[i]);
    g_free (folders[i]);
  }
  fail_unless_equals_int (g_rmdir (directory), 0);
  for (int i = 0; i < 3; i++)
    sst_model_unref (models[i]);
  g_free (launch);
  g_free (path);
  g_free (temporary);
  g_free (directory);
}

GST_END_TEST;

/* Nothing to watch: said. */
GST_START_TEST (reload_without_a_file_is_told)
{
  GstElement *tracker = gst_element_factory_make ("sstracker", NULL);
  GstBus *bus = gst_bus_new ();
  GstMessage *message;

  g_object_set (tracker, "reload", TRUE, NULL);
  gst_element_set_bus (tracker, bus);
  gst_element_set_state (tracker, GST_STATE_PAUSED);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  fail_unless (message != NULL);
  gst_message_unref (message);
  gst_element_set_state (tracker, GST_STATE_NULL);
  gst_element_set_bus (tracker, NULL);
  gst_object_unref (bus);
  gst_object_unref (tracker);
}

GST_END_TEST;

/* Where a model's tone takes noise off over time, frames matter before there is
 * a target; else they don't. */
GST_START_TEST (frames_before_a_target_matter_to_a_tone)
{
  for (guint noisy = 0; noisy < 2; noisy++) {
    gchar *path = g_build_filename (g_get_tmp_dir (), "sst-night.sst", NULL);
    gchar *launch = g_strdup_printf ("sstracker name=t model=%s", path);
    SstModel *plain = make_model (2), *model;
    SstTone tone = SST_TONE_NEUTRAL;
    Fixture *f;

    tone.luma_gain = 2.f;
    tone.noise = noisy ? 3.f : 0.f;
    model = sst_model_new_with_tone (plain, &tone);
    fail_unless (model != NULL);
    save (model, path);
    f = fixture_new (launch, NULL);
    fixture_run (f, 5);
    fail_unless_equals_uint64 (get_stat (f, "tracked-frames"), noisy ? 5 : 0);
    fixture_follow (f);
    fixture_run (f, 5);
    fail_unless_equals_uint64 (get_stat (f, "started"), 1);
    fixture_free (f);
    g_unlink (path);
    g_free (launch);
    g_free (path);
    sst_model_unref (model);
    sst_model_unref (plain);
  }
}

GST_END_TEST;

/* Without "reload" the file is read once. */
GST_START_TEST (without_reload_a_file_is_read_once)
{
  Share *share = share_new ("");
  SstModel *model = make_model (2);

  save (model, share->path);
  g_usleep (G_USEC_PER_SEC / 5);
  fixture_run (share->f, 2);
  fail_unless (uses (share->f, share->model));
  sst_model_unref (model);
  share_free (share);
}

GST_END_TEST;

/* --- threads ------------------------------------------------------------ */

typedef struct
{
  GstSsModelStore *store;
  const gchar *path, *temporary;
  SstModel *models[2];
  gint stop;                    /* atomic */
} Publisher;

static gpointer
publish (gpointer data)
{
  Publisher *p = data;

  for (guint i = 0; !g_atomic_int_get (&p->stop); i++) {
    gst_ss_model_store_publish (p->store, i % 5 == 4 ? "x" : NAME,
        p->models[i % 2]);
    g_usleep (2000);
  }
  return NULL;
}

static gpointer
write_files (gpointer data)
{
  Publisher *p = data;

  for (guint i = 0; !g_atomic_int_get (&p->stop); i++) {
    save (p->models[i % 2], p->temporary);
    g_rename (p->temporary, p->path);
    g_usleep (10000);
  }
  return NULL;
}

/* Models come all the time, from the pipeline and from the file, while frames
 * flow, and trackers start and stop. */
GST_START_TEST (models_come_while_trackers_start_and_stop)
{
  Share *share = share_new ("reload=true");
  gchar *launch = g_strdup_printf ("sstracker name=t reload=true model=%s "
      "model-name=" NAME, share->path);
  GstContext *context = gst_context_new (GST_SS_MODEL_STORE_CONTEXT, TRUE);
  Publisher publisher = {
    .store = share->store, .path = share->path, .temporary = share->temporary,
    .models = { make_model (2), make_model (3) },
  };
  GThread *threads[2];
  const gint64 end = g_get_monotonic_time () + PATIENCE;

  gst_structure_set (gst_context_writable_structure (context), "store",
      GST_TYPE_SS_MODEL_STORE, share->store, NULL);
  threads[0] = g_thread_new ("publish", publish, &publisher);
  threads[1] = g_thread_new ("write", write_files, &publisher);
  for (int run = 0; run < 3; run++) {
    Fixture *f = fixture_new (launch, NULL);

    fixture_follow (f);
    fixture_run (f, 2);
    gst_element_set_context (f->tracker, context);
    fixture_run (f, 3);
    fail_unless (has_store (f->tracker, share->store));
    for (int i = 0; i < 3; i++) {
      gst_element_set_state (f->tracker, GST_STATE_NULL);
      gst_element_set_state (f->tracker, GST_STATE_PLAYING);
      g_usleep (run * 5000);
    }
    expect_no_warning (f);
    fixture_free (f);
    fixture_run (share->f, 5);
  }
  while (get_stat (share->f, "model-swaps") < 5) {
    fixture_run (share->f, 1);
    fail_unless (g_get_monotonic_time () < end);
  }
  g_atomic_int_set (&publisher.stop, TRUE);
  g_thread_join (threads[1]);
  g_thread_join (threads[0]);
  fixture_run (share->f, 1);
  fail_unless (uses (share->f, publisher.models[0])
      || uses (share->f, publisher.models[1]));

  g_free (launch);
  gst_context_unref (context);
  share_free (share);
  sst_model_unref (publisher.models[1]);
  sst_model_unref (publisher.models[0]);
}

GST_END_TEST;

GST_PLUGIN_STATIC_DECLARE (sstracker);

static Suite *
model_sharing_suite (void)
{
  Suite *s = suite_create ("model sharing");
  TCase *tc = tcase_create ("general");

  GST_PLUGIN_STATIC_REGISTER (sstracker);
  suite_add_tcase (s, tc);
  tcase_add_test (tc, a_store_keeps_the_newest_of_each_name);
  tcase_add_test (tc, trackers_of_a_pipeline_have_one_store);
  tcase_add_loop_test (tc, neighbors_find_each_other, 0, 2);
  tcase_add_loop_test (tc, applications_share_between_pipelines, 0, 2);
  tcase_add_test (tc, a_published_model_is_used_at_once);
  tcase_add_test (tc, a_stream_has_its_own_model);
  tcase_add_test (tc, a_model_that_was_asked_for_stays);
  tcase_add_test (tc, another_store_counts_by_itself);
  tcase_add_test (tc, a_changed_file_is_loaded);
  tcase_add_test (tc, links_are_followed_to_the_file);
  tcase_add_test (tc, reload_without_a_file_is_told);
  tcase_add_test (tc, frames_before_a_target_matter_to_a_tone);
  tcase_add_test (tc, without_reload_a_file_is_read_once);
  tcase_add_test (tc, models_come_while_trackers_start_and_stop);
  return s;
}

GST_CHECK_MAIN (model_sharing);
