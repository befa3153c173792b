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

#if GST_CHECK_VERSION (1, 26, 0)
/* The first segmentation of a frame; NULL: none. Its masks, to be let go of. */
static GstBuffer *
get_masks (GstBuffer * buffer, GstAnalyticsSegmentationMtd * segmentation,
    GstVideoRectangle * part)
{
  GstAnalyticsRelationMeta *meta =
      gst_buffer_get_analytics_relation_meta (buffer);
  gpointer state = NULL;
  guint width, height;
  GstBuffer *masks;

  if (!gst_analytics_relation_meta_iterate (meta, &state,
          gst_analytics_segmentation_mtd_get_mtd_type (), segmentation))
    return NULL;
  masks = gst_analytics_segmentation_mtd_get_mask (segmentation, &part->x,
      &part->y, &width, &height);
  part->w = (gint) width;
  part->h = (gint) height;
  return masks;
}

/* A target's structure in GstSsTrackMeta. */
static const GstStructure *
get_structure (GstBuffer * buffer)
{
  return gst_value_get_structure (gst_value_list_get_value
      (gst_structure_get_value (gst_custom_meta_get_structure
              (gst_buffer_get_custom_meta (buffer, "GstSsTrackMeta")),
              "targets"), 0));
}

/* The segmentation has what the structure has, pixel by pixel. */
static void
assert_same_mask (GstBuffer * buffer)
{
  const GstStructure *const structure = get_structure (buffer);
  GstAnalyticsSegmentationMtd segmentation;
  GstAnalyticsODMtd object;
  GstVideoRectangle part;
  GstBuffer *const masks = get_masks (buffer, &segmentation, &part);
  const GstVideoMeta *video;
  GstMapInfo ours, theirs;
  gdouble x, y;
  gint columns, rows;
  gsize index = 1;

  fail_unless (masks != NULL);
  fail_unless (gst_structure_get (structure, "mask-x", G_TYPE_DOUBLE, &x,
          "mask-y", G_TYPE_DOUBLE, &y, "mask-columns", G_TYPE_INT, &columns,
          "mask-rows", G_TYPE_INT, &rows, NULL));
  fail_unless (part.x == (gint) x && part.y == (gint) y && part.w == columns
      && part.h == rows);
  fail_unless_equals_int (gst_analytics_segmentation_mtd_get_region_count
      (&segmentation), 1);
  fail_unless (gst_analytics_segmentation_mtd_get_region_index (&segmentation,
          &index, 1));
  fail_unless (gst_analytics_relation_meta_get_direct_related
      (gst_buffer_get_analytics_relation_meta (buffer), segmentation.id,
          GST_ANALYTICS_REL_TYPE_CONTAIN, gst_analytics_od_mtd_get_mtd_type (),
          NULL, &object));
  fail_unless_equals_int (object.id, get_object (buffer, 0).id);

  video = gst_buffer_get_video_meta (masks);
  fail_unless (video != NULL && video->format == GST_VIDEO_FORMAT_GRAY8);
  fail_unless (video->width == (guint) columns && video->height ==
      (guint) rows);
  fail_unless (gst_buffer_map (masks, &theirs, GST_MAP_READ));
  fail_unless (gst_buffer_map (gst_value_get_buffer (gst_structure_get_value
              (structure, "mask")), &ours, GST_MAP_READ));
  fail_unless (video->offset[0] + (gsize) video->stride[0] * (rows - 1)
      + columns <= theirs.size);
  for (gint i = 0; i < columns * rows; i++)
    fail_unless_equals_int (theirs.data[video->offset[0] +
            i / columns * video->stride[0] + i % columns],
        ours.data[i] == 255);
  gst_buffer_unmap (gst_value_get_buffer (gst_structure_get_value (structure,
              "mask")), &ours);
  gst_buffer_unmap (masks, &theirs);
  gst_buffer_unref (masks);
}

/* Of every width, for rows that are padded show at some of them. */
GST_START_TEST (masks_are_written_as_segmentations)
{
  Fixture *f = fixture_new ("sstracker name=t model=none mask=box", NULL);
  guint widths = 0;

  for (gint i = 0; i < 4; i++) {
    gchar *box = g_strdup_printf ("100,60,%d,70", 80 + i);
    GstBuffer *buffer;
    gint columns;

    g_object_set (f->tracker, "init-box", box, NULL);
    buffer = fixture_push (f);
    assert_same_mask (buffer);
    fail_unless (gst_structure_get_int (get_structure (buffer),
            "mask-columns", &columns));
    widths |= 1u << columns % 4;
    gst_buffer_unref (buffer);
    g_free (box);
  }
  fail_unless_equals_int (widths, 15);
  fixture_free (f);
}

GST_END_TEST;

/* Adds masks of a quarter of the picture's size to a frame: region 3 is the
 * left part of the box, region 7 a place elsewhere. Rows are padded, and the
 * last `missing` bytes are left out. */
static void
add_masks (GstBuffer * buffer, const SstBox * box, gsize padding, gsize missing)
{
  const gsize stride = WIDTH / 2 + padding;
  gsize offset[GST_VIDEO_MAX_PLANES] = { 0 };
  gint strides[GST_VIDEO_MAX_PLANES] = { (gint) stride };
  const gsize size = stride * (HEIGHT / 2) - missing;
  guint8 *const data = g_malloc (size);
  GstBuffer *const masks = gst_buffer_new_wrapped (data, size);
  GstAnalyticsSegmentationMtd segmentation;
  guint ids[] = { 0, 7, 3 };

  for (gsize i = 0; i < size; i++) {
    const gfloat x = (i % stride + 0.5f) * 2.f, y = (i / stride + 0.5f) * 2.f;

    data[i] = x >= box->x && x < box->x + box->width && y >= box->y
        && y < box->y + box->height ? 3 : x < 20.f && y < 20.f ? 7 : 0;
    if (i % stride >= WIDTH / 2)
      data[i] = 3;              /* nobody reads it */
  }
  gst_buffer_add_video_meta_full (masks, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_FORMAT_GRAY8, WIDTH / 2, HEIGHT / 2, 1, offset, strides);
  fail_unless (gst_analytics_relation_meta_add_segmentation_mtd
      (gst_buffer_add_analytics_relation_meta (buffer), masks,
          GST_SEGMENTATION_TYPE_INSTANCE, G_N_ELEMENTS (ids), ids, 0, 0, WIDTH,
          HEIGHT, &segmentation));
}

/* A segmentation upstream says which pixels of the box are the target. */
GST_START_TEST (segmentations_are_taken_as_masks)
{
  static const struct
  {
    gfloat share;               /* of the box's width that is the region */
    gsize padding, missing;
    gboolean taken;
  } cases[] = {
    {0.6f, 0, 0, TRUE},
    {0.6f, 12, 0, TRUE},
    {0.6f, 12, 12, TRUE},       /* the last row's padding */
    {0.6f, 0, 1, FALSE},        /* less than its layout says */
    {0.f, 0, 0, FALSE},
  };
  Fixture *f = fixture_new ("sstracker name=t model=none mask=picture", NULL);
  GstBuffer *buffer;
  const GstStructure *structure;
  SstBox part;
  GstMapInfo map;
  gdouble area = 0., middle = 0.;

  fixture_follow (f);
  buffer = fixture_buffer (f);
  part = fixture_truth (f);
  part.width *= cases[__i__].share;
  add_masks (buffer, &part, cases[__i__].padding, cases[__i__].missing);
  buffer = fixture_push_buffer (f, buffer);
  structure = get_structure (buffer);
  fail_unless (gst_structure_has_field (structure, "mask"));
  fail_unless (gst_buffer_map (gst_value_get_buffer (gst_structure_get_value
              (structure, "mask")), &map, GST_MAP_READ));
  fail_unless_equals_int (map.size, WIDTH * HEIGHT);
  for (gint i = 0; i < WIDTH * HEIGHT; i++) {
    area += map.data[i] / 255.;
    middle += map.data[i] / 255. * (i % WIDTH + 0.5);
  }
  gst_buffer_unmap (gst_value_get_buffer (gst_structure_get_value (structure,
              "mask")), &map);
  part = fixture_truth (f);
  fail_unless (area > 0.);
  middle /= area;
  area /= 0.6 * part.width * part.height;
  if (cases[__i__].taken) {
    fail_unless (fabs (area - 1.) < 0.1, "%g of it", area);
    fail_unless (fabs (middle - (part.x + 0.3 * part.width)) < 2.);
  } else {
    fail_unless (area > 1.1, "%g of it", area);
  }
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;
#endif

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
#if GST_CHECK_VERSION (1, 26, 0)
  tcase_add_test (tc, masks_are_written_as_segmentations);
  tcase_add_loop_test (tc, segmentations_are_taken_as_masks, 0, 5);
#endif
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (sstracker_analytics);
