/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Metadata: what is in it, and what it goes through. */

#include <math.h>
#include <string.h>

#include "test_sstracker_common.h"

/* An sstracker with a target at 100,60 80x90, and something behind it. */
static Fixture *
fixture_before (const gchar * rest)
{
  gchar *launch = g_strdup_printf ("sstracker name=t ! %s", rest);
  Fixture *f = fixture_new (launch, NULL);

  g_object_set (f->tracker, "init-box", "100,60,80,90", NULL);
  g_free (launch);
  return f;
}

static void
assert_found (GstBuffer * buffer, float x, float y, float width, float height)
{
  Found found = get_target (buffer, 0);

  fail_unless (fabsf (found.box.x - x) < 0.01f
      && fabsf (found.box.y - y) < 0.01f
      && fabsf (found.box.width - width) < 0.01f
      && fabsf (found.box.height - height) < 0.01f, "%g,%g %gx%g",
      found.box.x, found.box.y, found.box.width, found.box.height);
}

static void
assert_region (GstBuffer * buffer, guint x, guint y, guint w, guint h)
{
  GstVideoRegionOfInterestMeta *region = get_region (buffer, 1);

  fail_unless (region != NULL);
  fail_unless (region->x == x && region->y == y && region->w == w
      && region->h == h, "%u,%u %ux%u", region->x, region->y, region->w,
      region->h);
}

static const GstStructure *
get_structure (GstBuffer * buffer)
{
  return gst_custom_meta_get_structure (gst_buffer_get_custom_meta (buffer,
          "GstSsTrackMeta"));
}

static gint
get_int (const GstStructure * structure, const gchar * field)
{
  gint value = -1;

  fail_unless (gst_structure_get_int (structure, field, &value), "%s", field);
  return value;
}

GST_START_TEST (metadata_holds_the_target)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);

  /* Nothing to say, nothing added. */
  GstBuffer *buffer = fixture_push (f);
  fail_unless (gst_buffer_get_custom_meta (buffer, "GstSsTrackMeta") == NULL);
  fail_unless_equals_int (count_regions (buffer), 0);
  gst_buffer_unref (buffer);

  fixture_follow (f);
  for (guint i = 1; i < 4; i++) {
    GstVideoRegionOfInterestMeta *region;
    const GstStructure *structure, *target;
    Found found, in_region;
    const GValue *list;
    guint64 number;
    guint version;

    buffer = fixture_push (f);
    structure = get_structure (buffer);
    fail_unless (gst_structure_get_uint (structure, "version", &version));
    fail_unless_equals_int (version, 1);
    fail_unless_equals_string (gst_structure_get_string (structure, "source"),
        "t");
    fail_unless (gst_structure_get_uint64 (structure, "frame", &number));
    fail_unless_equals_uint64 (number, i);
    fail_unless (gst_structure_get_uint64 (structure, "running-time",
            &number));
    fail_unless_equals_uint64 (number, i * FRAME_TIME);
    fail_unless_equals_int (get_int (structure, "width"), WIDTH);
    fail_unless_equals_int (get_int (structure, "height"), HEIGHT);
    list = gst_structure_get_value (structure, "targets");
    fail_unless (GST_VALUE_HOLDS_LIST (list));
    target = gst_value_get_structure (gst_value_list_get_value (list, 0));
    fail_unless (gst_structure_has_name (target, "target"));
    fail_unless_equals_int (gst_structure_n_fields (target), 14);
    found = get_target (buffer, 0);
    fail_unless_equals_uint64 (found.first_seen, FRAME_TIME);
    fail_unless_equals_uint64 (found.last_seen, i * FRAME_TIME);

    /* The region is the same box in whole pixels, its param the same target. */
    fail_unless_equals_int (count_regions (buffer), 1);
    region = get_region (buffer, 1);
    fail_unless (region->roi_type == g_quark_from_static_string ("object"));
    fail_unless (fabsf (region->x - found.box.x) <= 0.51f);
    fail_unless (fabsf (region->y - found.box.y) <= 0.51f);
    fail_unless (fabsf (region->w - found.box.width) <= 1.01f);
    fail_unless (fabsf (region->h - found.box.height) <= 1.01f);
    fail_unless_equals_int (g_list_length (region->params), 1);
    in_region = read_target (gst_video_region_of_interest_meta_get_param
        (region, "sstracker"));
    fail_unless (memcmp (&in_region, &found, sizeof found) == 0);
    gst_buffer_unref (buffer);
  }
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (a_region_is_inside_the_picture)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstBuffer *buffer;

  g_object_set (f->tracker, "init-box", "-20,200,60,70", NULL);
  buffer = fixture_push (f);
  assert_found (buffer, -20, 200, 60, 70);
  assert_region (buffer, 0, 200, 40, 40);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (videoconvert_keeps_metadata)
{
  Fixture *f = fixture_before ("videoconvert ! "
      "capsfilter caps=video/x-raw,format=RGB");
  GstBuffer *buffer = fixture_push (f);

  assert_found (buffer, 100, 60, 80, 90);
  assert_region (buffer, 100, 60, 80, 90);
  fail_unless_equals_int (get_int (get_structure (buffer), "width"), WIDTH);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (videoscale_scales_metadata)
{
  /* Pixels need not be square for the shape to stay. */
  static const struct
  {
    const gchar *caps;
    gint width, height;
    float x, y, w, h;
  } cases[] = {
    {"width=160,height=120", 160, 120, 50, 30, 40, 45},
    {"width=640,height=480", 640, 480, 200, 120, 160, 180},
    {"width=160,height=240", 160, 240, 50, 60, 40, 90},
    {"width=480,height=360,pixel-aspect-ratio=1/1", 480, 360, 150, 90, 120,
        135},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    gchar *rest = g_strdup_printf ("videoscale ! "
        "capsfilter caps=video/x-raw,%s", cases[i].caps);
    Fixture *f = fixture_before (rest);
    GstBuffer *buffer = fixture_push (f);

    assert_found (buffer, cases[i].x, cases[i].y, cases[i].w, cases[i].h);
    fail_unless_equals_int (get_int (get_structure (buffer), "width"),
        cases[i].width);
    fail_unless_equals_int (get_int (get_structure (buffer), "height"),
        cases[i].height);
    assert_region (buffer, (guint) cases[i].x, (guint) cases[i].y,
        (guint) cases[i].w, (guint) cases[i].h);
    gst_buffer_unref (buffer);
    fixture_free (f);
    g_free (rest);
  }
}

GST_END_TEST;

GST_START_TEST (videoscale_scales_velocities)
{
  Fixture *f = fixture_new ("sstracker name=t messages=frame ! videoscale ! "
      "capsfilter caps=video/x-raw,width=640,height=480", NULL);
  gboolean moved = FALSE;

  fixture_follow (f);
  for (int i = 0; i < 12; i++) {
    GstBuffer *buffer = fixture_push (f);
    const Found scaled = get_target (buffer, 0);
    GstStructure *structure = pop_message (f, "sstracker/frame");
    const Found here = read_target (gst_value_get_structure
        (gst_value_list_get_value (gst_structure_get_value (structure,
                    "targets"), 0)));

    fail_unless (fabs (scaled.vx - 2 * here.vx) < 1e-3);
    fail_unless (fabs (scaled.vy - 2 * here.vy) < 1e-3);
    fail_unless (scaled.confidence == here.confidence);
    moved |= here.vx > 1.0;
    gst_structure_free (structure);
    gst_buffer_unref (buffer);
  }
  fail_unless (moved);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (letterboxed_boxes_are_right_or_missing)
{
  /* 320x240 into 320x320: borders of 40 rows. The box is right or missing. */
  Fixture *f = fixture_before ("videoscale add-borders=true ! "
      "capsfilter caps=video/x-raw,width=320,height=320,"
      "pixel-aspect-ratio=1/1");
  GstBuffer *buffer = fixture_push (f);

#if GST_CHECK_VERSION(1,28,0)
  assert_found (buffer, 100, 100, 80, 90);
#else
  fail_unless_equals_int (count_targets (buffer), 0);
#endif
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (cropped_boxes_are_right_or_missing)
{
  Fixture *f = fixture_before ("videocrop left=30 top=20");
  GstBuffer *buffer = fixture_push (f);

#if GST_CHECK_VERSION(1,28,0)
  assert_found (buffer, 70, 40, 80, 90);
#else
  fail_unless_equals_int (count_targets (buffer), 0);
#endif
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

#if GST_CHECK_VERSION(1,28,0)
/* Older ones copy what they should not: nothing a meta could do about it. */
GST_START_TEST (flipped_boxes_are_right_or_missing)
{
  Fixture *f = fixture_before ("videoflip method=horizontal-flip");
  GstBuffer *buffer = fixture_push (f);

  fail_unless (fabsf (get_target (buffer, 0).box.x - 140.f) <= 1.f);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;
#endif

GST_START_TEST (queue_and_tee_keep_metadata)
{
  Fixture *f = fixture_before ("tee ! queue ! videobalance brightness=0.1");
  GstBuffer *buffer = fixture_push (f);

  assert_found (buffer, 100, 60, 80, 90);
  assert_region (buffer, 100, 60, 80, 90);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (copies_are_independent)
{
  Fixture *f = fixture_before ("identity");
  GstBuffer *buffer = fixture_push (f);
  GstBuffer *copy = gst_buffer_copy_deep (buffer);

  gst_structure_set (gst_custom_meta_get_structure (gst_buffer_get_custom_meta
          (copy, "GstSsTrackMeta")), "width", G_TYPE_INT, 1, NULL);
  fail_unless_equals_int (get_int (get_structure (buffer), "width"), WIDTH);
  gst_buffer_unref (buffer);
  assert_found (copy, 100, 60, 80, 90);
  gst_buffer_unref (copy);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (foreign_metadata_stays)
{
  Fixture *f = fixture_new ("sstracker name=t init-from=property", NULL);
  GstCaps *reference = gst_caps_new_empty_simple ("timestamp/x-test");

  g_object_set (f->tracker, "init-box", "100,60,80,90", NULL);
  /* Twice: as the only owner of the buffer, and with others. */
  for (int shared = 0; shared < 2; shared++) {
    GstBuffer *buffer = fixture_buffer (f), *other = NULL;
    GstVideoRegionOfInterestMeta *region =
        gst_buffer_add_video_region_of_interest_meta (buffer, "face", 5, 6, 7,
        8);
    GstReferenceTimestampMeta *time;

    region->id = 4711;
    region->parent_id = 12;
    gst_video_region_of_interest_meta_add_param (region,
        gst_structure_new ("roi/x264", "delta-qp", G_TYPE_DOUBLE, -1., NULL));
    gst_buffer_add_reference_timestamp_meta (buffer, reference, 42, 43);
    if (shared)
      other = gst_buffer_ref (buffer);
    buffer = fixture_push_buffer (f, buffer);

    region = get_region (buffer, 4711);
    fail_unless (region->x == 5 && region->y == 6 && region->w == 7
        && region->h == 8 && region->parent_id == 12);
    fail_unless_equals_int (g_list_length (region->params), 1);
    time = gst_buffer_get_reference_timestamp_meta (buffer, reference);
    fail_unless (time->timestamp == 42 && time->duration == 43);
    fail_unless_equals_int (count_regions (buffer), 2);
    if (other != NULL) {
      /* The one that others hold got nothing. */
      fail_unless_equals_int (count_regions (other), 1);
      fail_unless_equals_int (count_targets (other), 0);
      gst_buffer_unref (other);
    }
    gst_buffer_unref (buffer);
  }
  gst_caps_unref (reference);
  fixture_free (f);
}

GST_END_TEST;

/* Somebody else's structure under our name, through the transform. */
GST_START_TEST (an_odd_structure_of_our_name_is_borne)
{
  const GType types[] = { G_TYPE_INT, GST_TYPE_STRUCTURE };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    Fixture *f = fixture_new ("sstracker name=t ! videoscale ! "
        "capsfilter caps=video/x-raw,width=160,height=120", NULL);
    GstBuffer *buffer = fixture_buffer (f);
    GstStructure *structure = gst_custom_meta_get_structure
        (gst_buffer_add_custom_meta (buffer, "GstSsTrackMeta"));
    GValue list = G_VALUE_INIT, item = G_VALUE_INIT;

    g_value_init (&list, GST_TYPE_LIST);
    g_value_init (&item, types[i]);
    gst_value_list_append_and_take_value (&list, &item);
    gst_structure_take_value (structure, "targets", &list);
    buffer = fixture_push_buffer (f, buffer);
    fail_unless_equals_int (get_int (get_structure (buffer), "width"), 160);
    gst_buffer_unref (buffer);
    fixture_free (f);
  }
}

GST_END_TEST;

GST_START_TEST (two_in_a_row_write_each_their_own)
{
  Fixture *f = fixture_new ("sstracker name=t ! sstracker name=u "
      "init-box=10,10,40,40", NULL);
  GstBuffer *buffer;
  gpointer state = NULL;
  GstMeta *meta;
  guint n = 0;

  g_object_set (f->tracker, "init-box", "100,60,80,90", NULL);
  buffer = fixture_push (f);
  while ((meta = gst_buffer_iterate_meta (buffer, &state)) != NULL) {
    if (meta->info == gst_meta_get_info ("GstSsTrackMeta"))
      n++;
  }
  fail_unless_equals_int (n, 2);
  fail_unless_equals_int (count_regions (buffer), 2);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

static Suite *
sstracker_meta_suite (void)
{
  Suite *s = suite_create ("sstracker metadata");
  TCase *tc = tcase_create ("metadata");

  tcase_add_test (tc, metadata_holds_the_target);
  tcase_add_test (tc, a_region_is_inside_the_picture);
  tcase_add_test (tc, videoconvert_keeps_metadata);
  tcase_add_test (tc, videoscale_scales_metadata);
  tcase_add_test (tc, videoscale_scales_velocities);
  tcase_add_test (tc, letterboxed_boxes_are_right_or_missing);
  tcase_add_test (tc, cropped_boxes_are_right_or_missing);
#if GST_CHECK_VERSION(1,28,0)
  tcase_add_test (tc, flipped_boxes_are_right_or_missing);
#endif
  tcase_add_test (tc, queue_and_tee_keep_metadata);
  tcase_add_test (tc, copies_are_independent);
  tcase_add_test (tc, foreign_metadata_stays);
  tcase_add_test (tc, an_odd_structure_of_our_name_is_borne);
  tcase_add_test (tc, two_in_a_row_write_each_their_own);
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (sstracker_meta);
