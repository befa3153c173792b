/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* GstAnalytics, where GStreamer has it: what is written, what is read. */

#include <gst/analytics/analytics.h>
#include <math.h>

#include "test_sstracker_common.h"

static guint
count_mtds (GstBuffer * buffer, GstAnalyticsMtdType type)
{
  GstAnalyticsRelationMeta *meta =
      gst_buffer_get_analytics_relation_meta (buffer);
  gpointer state = NULL;
  GstAnalyticsMtd mtd;
  guint n = 0;

  while (meta != NULL
      && gst_analytics_relation_meta_iterate (meta, &state, type, &mtd))
    n++;
  return n;
}

/* The i-th object of a frame. */
static GstAnalyticsODMtd
get_object (GstBuffer * buffer, guint i)
{
  GstAnalyticsRelationMeta *meta =
      gst_buffer_get_analytics_relation_meta (buffer);
  gpointer state = NULL;
  GstAnalyticsMtd mtd;

  do
    fail_unless (gst_analytics_relation_meta_iterate (meta, &state,
            gst_analytics_od_mtd_get_mtd_type (), &mtd));
  while (i-- > 0);
  return mtd;
}

static void
assert_object (GstBuffer * buffer, const gchar * label, gint x, gint y, gint w,
    gint h)
{
  GstAnalyticsODMtd object = get_object (buffer, 0);
  gint box[4];
  gfloat confidence;

  fail_unless (gst_analytics_od_mtd_get_obj_type (&object) ==
      g_quark_from_string (label));
  fail_unless (gst_analytics_od_mtd_get_location (&object, &box[0], &box[1],
          &box[2], &box[3], &confidence));
  fail_unless (box[0] == x && box[1] == y && box[2] == w && box[3] == h,
      "%d,%d %dx%d", box[0], box[1], box[2], box[3]);
  fail_unless (confidence > 0.f && confidence <= 1.f);
}

/* The tracking that an object is related to. */
static void
get_tracking (GstBuffer * buffer, guint i, guint64 * id, gboolean * lost)
{
  GstAnalyticsRelationMeta *meta =
      gst_buffer_get_analytics_relation_meta (buffer);
  GstAnalyticsODMtd object = get_object (buffer, i);
  GstAnalyticsTrackingMtd tracking;
  GstClockTime first_seen, last_seen;

  fail_unless (gst_analytics_relation_meta_get_direct_related (meta, object.id,
          GST_ANALYTICS_REL_TYPE_RELATE_TO,
          gst_analytics_tracking_mtd_get_mtd_type (), NULL, &tracking));
  fail_unless (gst_analytics_tracking_mtd_get_info (&tracking, id, &first_seen,
          &last_seen, lost));
  fail_unless (first_seen <= last_seen);
}

static void
add_object (GstBuffer * buffer, const gchar * label, gint x, gint y, gint w,
    gint h)
{
  GstAnalyticsRelationMeta *meta =
      gst_buffer_get_analytics_relation_meta (buffer);
  GstAnalyticsODMtd object;

  if (meta == NULL)
    meta = gst_buffer_add_analytics_relation_meta (buffer);
  fail_unless (gst_analytics_relation_meta_add_od_mtd (meta,
          g_quark_from_string (label), x, y, w, h, 0.75f, &object));
}

GST_START_TEST (targets_are_written_as_mtds)
{
  static const gchar *launches[] = {
    "sstracker name=t",
    "sstracker name=t ! videoconvert ! capsfilter caps=video/x-raw,format=RGB",
    "sstracker name=t ! videoscale ! "
        "capsfilter caps=video/x-raw,width=640,height=480",
  };

  for (guint i = 0; i < G_N_ELEMENTS (launches); i++) {
    const gint k = i == 2 ? 2 : 1;
    Fixture *f = fixture_new (launches[i], NULL);
    gboolean lost = TRUE;
    GstBuffer *buffer;
    guint64 id = 0;

    buffer = fixture_push (f);
    fail_unless (gst_buffer_get_analytics_relation_meta (buffer) == NULL);
    gst_buffer_unref (buffer);

    g_object_set (f->tracker, "init-box", "100,60,80,90;-20,200,60,60", NULL);
    buffer = fixture_push (f);
    fail_unless_equals_int (count_mtds (buffer,
            gst_analytics_od_mtd_get_mtd_type ()), 2);
    fail_unless_equals_int (count_mtds (buffer,
            gst_analytics_tracking_mtd_get_mtd_type ()), 2);
    assert_object (buffer, "object", 100 * k, 60 * k, 80 * k, 90 * k);
    get_tracking (buffer, 0, &id, &lost);
    fail_unless_equals_uint64 (id, 1);
    fail_if (lost);
    get_tracking (buffer, 1, &id, &lost);
    fail_unless_equals_uint64 (id, 2);
    gst_buffer_unref (buffer);
    fixture_free (f);
  }
}

GST_END_TEST;

GST_START_TEST (lost_targets_have_no_object)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  gboolean saw_lost = FALSE;

  fixture_follow (f);
  fixture_run (f, 10);
  scene_sprite (f->scene, f->thing)->hidden = TRUE;
  for (int i = 0; i < 75 && !saw_lost; i++) {
    GstBuffer *buffer = fixture_push (f);
    GstAnalyticsRelationMeta *meta =
        gst_buffer_get_analytics_relation_meta (buffer);
    gpointer state = NULL;
    GstAnalyticsMtd mtd;
    guint64 id;
    GstClockTime seen[2];

    fail_unless (gst_analytics_relation_meta_iterate (meta, &state,
            gst_analytics_tracking_mtd_get_mtd_type (), &mtd));
    fail_unless (gst_analytics_tracking_mtd_get_info ((GstAnalyticsTrackingMtd
                *) &mtd, &id, &seen[0], &seen[1], &saw_lost));
    fail_unless_equals_int (saw_lost,
        g_strcmp0 (get_target (buffer, 0).state, "lost") == 0);
    /* What is lost was not seen: no object. */
    fail_unless_equals_int (count_mtds (buffer,
            gst_analytics_od_mtd_get_mtd_type ()), saw_lost ? 0 : 1);
    gst_buffer_unref (buffer);
  }
  fail_unless (saw_lost);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (objects_start_targets)
{
  Fixture *f = fixture_new ("sstracker name=t init-label=car", NULL);
  GstBuffer *buffer = fixture_buffer (f);
  GstAnalyticsODMtd object;
  gfloat confidence;
  gint box[4];

  add_object (buffer, "tree", 10, 10, 50, 50);
  add_object (buffer, "car", 66, 90, 48, 40);
  buffer = fixture_push_buffer (f, buffer);
  fail_unless_equals_int (count_targets (buffer), 1);
  fail_unless_equals_string (get_target (buffer, 0).label, "car");
  fail_unless (get_target (buffer, 0).box.x == 66.f);
  /* One meta; theirs is in it as it was. */
  fail_unless_equals_int (gst_buffer_get_n_meta (buffer,
          GST_ANALYTICS_RELATION_META_API_TYPE), 1);
  fail_unless_equals_int (count_mtds (buffer,
          gst_analytics_od_mtd_get_mtd_type ()), 3);
  object = get_object (buffer, 0);
  fail_unless (gst_analytics_od_mtd_get_location (&object, &box[0], &box[1],
          &box[2], &box[3], &confidence));
  fail_unless (box[0] == 10 && box[2] == 50 && confidence == 0.75f);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (an_object_in_two_forms_counts_once)
{
  /* Some detectors write both forms; an object is one all the same. */
  Fixture *f = fixture_new ("sstracker name=t", NULL);

  for (int i = 0; i < 3; i++) {
    GstBuffer *buffer = fixture_buffer (f);

    add_object (buffer, "car", 66 + i, 90, 48, 40);
    gst_buffer_add_video_region_of_interest_meta (buffer, "car",
        66 + (guint) i, 90, 48, 40);
    buffer = fixture_push_buffer (f, buffer);
    fail_unless_equals_int (count_targets (buffer), 1);
    gst_buffer_unref (buffer);
  }
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (mtds_of_our_own_are_ignored)
{
  static const gchar *launches[] = {
    "sstracker name=t ! sstracker",
    "sstracker name=t ! videoconvert ! capsfilter caps=video/x-raw,format=RGB "
        "! sstracker",
  };

  for (guint i = 0; i < G_N_ELEMENTS (launches); i++) {
    Fixture *f = fixture_new (launches[i], NULL);

    g_object_set (f->tracker, "init-box", "60,80,40,50", NULL);
    for (int t = 0; t < 5; t++) {
      GstBuffer *buffer = fixture_push (f);

      fail_unless_equals_int (count_mtds (buffer,
              gst_analytics_od_mtd_get_mtd_type ()), 1);
      gst_buffer_unref (buffer);
    }
    fixture_free (f);
  }
}

GST_END_TEST;

static Suite *
sstracker_analytics_suite (void)
{
  Suite *s = suite_create ("sstracker analytics");
  TCase *tc = tcase_create ("analytics");

  tcase_add_test (tc, targets_are_written_as_mtds);
  tcase_add_test (tc, lost_targets_have_no_object);
  tcase_add_test (tc, objects_start_targets);
  tcase_add_test (tc, an_object_in_two_forms_counts_once);
  tcase_add_test (tc, mtds_of_our_own_are_ignored);
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (sstracker_analytics);
