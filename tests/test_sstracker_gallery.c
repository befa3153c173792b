/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Seen before: what sstracker remembers of its targets, and tells. */

#include <math.h>
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "test_sstracker_common.h"

#define REMEMBERS "sstracker name=t gallery-timeout=10000000000 "

/* The first target of a buffer. */
static const GstStructure *
get_fields (GstBuffer * buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "GstSsTrackMeta");
  const GValue *list = gst_structure_get_value (gst_custom_meta_get_structure
      (meta), "targets");

  return gst_value_get_structure (gst_value_list_get_value (list, 0));
}

/* What the target is seen as in the next frame; 0: nothing. */
static guint64
seen_as (Fixture * f)
{
  GstBuffer *buffer = fixture_push (f);
  guint64 id = 0;

  gst_structure_get_uint64 (get_fields (buffer), "seen-as", &id);
  gst_buffer_unref (buffer);
  return id;
}

/* Follows the thing for n frames, and ends it. */
static void
follow (Fixture * f, int n)
{
  fixture_follow (f);
  fixture_run (f, n);
  g_signal_emit_by_name (f->tracker, "reset");
  fixture_run (f, 1);
}

/* Fails unless that was told once, of a target. Returns the similarity. */
static gdouble
expect_seen (Fixture * f, guint64 id, guint64 earlier, const gchar * source)
{
  GstStructure *structure = pop_message (f, "sstracker/seen-before");
  gdouble similarity;
  guint64 value;

  fail_unless (structure != NULL);
  fail_unless (gst_structure_get_uint64 (structure, "id", &value));
  fail_unless_equals_uint64 (value, id);
  fail_unless (gst_structure_get_uint64 (structure, "seen-as", &value));
  fail_unless_equals_uint64 (value, earlier);
  fail_unless_equals_string (gst_structure_get_string (structure,
          "seen-as-source"), source);
  fail_unless (gst_structure_get_double (structure, "similarity",
          &similarity));
  fail_unless (gst_structure_get_uint64 (structure, "running-time", &value));
  gst_structure_free (structure);
  fail_unless (pop_message (f, "sstracker/seen-before") == NULL);
  return similarity;
}

GST_START_TEST (without_a_gallery_nothing_is_remembered)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstStructure *similar;

  follow (f, 25);
  fixture_follow (f);
  fixture_run (f, 30);
  fail_unless_equals_uint64 (seen_as (f), 0);
  g_signal_emit_by_name (f->tracker, "find-similar", G_GUINT64_CONSTANT (1), 3,
      &similar);
  fail_unless (similar == NULL);
  fail_unless (pop_message (f, "sstracker/seen-before") == NULL);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (a_target_that_comes_back_is_seen_before)
{
  gchar *path = g_build_filename (g_get_tmp_dir (), "sstracker-gallery-XXXXXX",
      NULL);
  const int fd = g_mkstemp (path);
  gchar *launch = g_strdup_printf (REMEMBERS "json-location=%s", path);
  Fixture *f = fixture_new (launch, NULL);
  GstStructure *similar;
  const GValue *list;
  gchar *text;
  gdouble similarity;

  fail_unless (fd >= 0);
  close (fd);
  follow (f, 25);
  fixture_follow (f);
  fixture_run (f, 5);
  fail_unless_equals_uint64 (seen_as (f), 0);   /* it is too early */
  fixture_run (f, 30);
  fail_unless_equals_uint64 (seen_as (f), 1);
  similarity = expect_seen (f, 2, 1, "t");
  fail_unless (similarity > 0.8 && similarity <= 1.0);

  g_signal_emit_by_name (f->tracker, "find-similar", G_GUINT64_CONSTANT (2), 3,
      &similar);
  fail_unless (gst_structure_has_name (similar, "sstracker/similar"));
  list = gst_structure_get_value (similar, "targets");
  fail_unless_equals_int (gst_value_list_get_size (list), 1);
  gst_structure_free (similar);
  g_signal_emit_by_name (f->tracker, "find-similar", G_GUINT64_CONSTANT (9), 3,
      &similar);
  list = gst_structure_get_value (similar, "targets");
  fail_unless_equals_int (gst_value_list_get_size (list), 0);
  gst_structure_free (similar);
  fixture_free (f);

  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  fail_unless (strstr (text, "\"seen_as\":{\"id\":1,\"source\":\"t\","
          "\"similarity\":0.") != NULL);
  g_free (text);
  g_unlink (path);
  g_free (launch);
  g_free (path);
}

GST_END_TEST;

/* Two trackers of two pipelines share a gallery by its name; a third one has
 * another. */
GST_START_TEST (trackers_share_a_gallery_by_its_name)
{
  Fixture *a = fixture_new (REMEMBERS "gallery-name=floor", NULL);
  Fixture *b = fixture_new (REMEMBERS "gallery-name=floor", NULL);
  Fixture *c = fixture_new (REMEMBERS, NULL);

  gst_element_set_name (c->tracker, "alone");
  fixture_run (b, 1);
  fixture_run (c, 1);
  follow (a, 25);
  fixture_free (a);
  fixture_follow (b);
  fixture_follow (c);
  fixture_run (b, 35);
  fixture_run (c, 35);
  fail_unless_equals_uint64 (seen_as (b), 1);
  expect_seen (b, 1, 1, "t");
  fail_unless_equals_uint64 (seen_as (c), 0);
  fixture_free (b);

  /* nobody is left who remembers */
  b = fixture_new (REMEMBERS "gallery-name=floor", NULL);
  fixture_follow (b);
  fixture_run (b, 35);
  fail_unless_equals_uint64 (seen_as (b), 0);
  fixture_free (b);
  fixture_free (c);
}

GST_END_TEST;

GST_START_TEST (embeddings_are_written_and_have_unit_length)
{
  Fixture *f = fixture_new ("sstracker name=t embedding=all", NULL);
  guint told = 0;

  fixture_follow (f);
  for (int i = 0; i < 12; i++) {
    GstBuffer *buffer = fixture_push (f), *vector = NULL;
    gdouble squares = 0.0;
    GstMapInfo map;

    gst_structure_get (get_fields (buffer), "embedding", GST_TYPE_BUFFER,
        &vector, NULL);
    fail_unless (vector != NULL || i > 0);
    if (vector != NULL) {
      told++;
      fail_unless (gst_buffer_map (vector, &map, GST_MAP_READ));
      for (gsize k = 0; k < map.size / sizeof (float); k++) {
        float value;

        memcpy (&value, map.data + k * sizeof (float), sizeof (float));
        squares += value * value;
      }
      gst_buffer_unmap (vector, &map);
      gst_buffer_unref (vector);
      fail_unless (fabs (squares - 1.0) < 1e-3);
    }
    gst_buffer_unref (buffer);
  }
  fail_unless (told >= 2 && told <= 5);

  gst_util_set_object_arg (G_OBJECT (f->tracker), "embedding", "none");
  for (int i = 0; i < 8; i++) {
    GstBuffer *buffer = fixture_push (f);

    fail_if (gst_structure_has_field (get_fields (buffer), "embedding"));
    gst_buffer_unref (buffer);
  }
  fixture_free (f);
}

GST_END_TEST;

/* ---- threads ---- */

static gpointer
ask (gpointer data)
{
  Fixture *const f = data;

  for (int i = 0; i < 300; i++) {
    GstStructure *similar = NULL;

    g_signal_emit_by_name (f->tracker, "find-similar",
        G_GUINT64_CONSTANT (1), 5, &similar);
    g_clear_pointer (&similar, gst_structure_free);
  }
  return NULL;
}

GST_START_TEST (any_thread_may_ask)
{
  Fixture *f = fixture_new (REMEMBERS, NULL);
  GThread *thread = g_thread_new ("ask", ask, f);

  follow (f, 12);
  fixture_follow (f);
  fixture_run (f, 12);
  gst_element_set_state (f->tracker, GST_STATE_READY);
  g_thread_join (thread);
  fixture_free (f);
}

GST_END_TEST;

static Suite *
sstracker_gallery_suite (void)
{
  Suite *suite = suite_create ("sstracker-gallery");
  TCase *tcase = tcase_create ("gallery");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 120);
  tcase_add_test (tcase, without_a_gallery_nothing_is_remembered);
  tcase_add_test (tcase, a_target_that_comes_back_is_seen_before);
  tcase_add_test (tcase, trackers_share_a_gallery_by_its_name);
  tcase_add_test (tcase, embeddings_are_written_and_have_unit_length);
  tcase_add_test (tcase, any_thread_may_ask);
  return suite;
}

GST_CHECK_MAIN (sstracker_gallery);
