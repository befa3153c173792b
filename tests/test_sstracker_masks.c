/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Masks in the stream: metadata and where it goes, JSON, what is drawn. */

#include <math.h>
#include <string.h>

#include <gst/video/navigation.h>

#include "test_sstracker_common.h"

/* --- metadata --- */

typedef struct
{
  GstBuffer *bytes;
  gint columns, rows;
  gdouble x, y, width, height;
} Mask;

static const GstStructure *
first_target (GstBuffer * buffer)
{
  const GstStructure *const structure =
      gst_custom_meta_get_structure (gst_buffer_get_custom_meta (buffer,
          "GstSsTrackMeta"));

  return gst_value_get_structure (gst_value_list_get_value
      (gst_structure_get_value (structure, "targets"), 0));
}

/* FALSE where the first target has none. The bytes belong to the buffer. */
static gboolean
get_mask (GstBuffer * buffer, Mask * mask)
{
  const GstStructure *const target = first_target (buffer);
  const GValue *bytes = gst_structure_get_value (target, "mask");

  if (bytes == NULL) {
    fail_if (gst_structure_has_field (target, "mask-x"));
    return FALSE;
  }
  mask->bytes = gst_value_get_buffer (bytes);
  fail_unless (gst_structure_get (target, "mask-columns", G_TYPE_INT,
          &mask->columns, "mask-rows", G_TYPE_INT, &mask->rows, "mask-x",
          G_TYPE_DOUBLE, &mask->x, "mask-y", G_TYPE_DOUBLE, &mask->y,
          "mask-width", G_TYPE_DOUBLE, &mask->width, "mask-height",
          G_TYPE_DOUBLE, &mask->height, NULL));
  fail_unless_equals_int (gst_buffer_get_size (mask->bytes),
      mask->columns * mask->rows);
  return TRUE;
}

/* Pixels of the picture that are target, and their mean place. */
static gdouble
measure (const Mask * mask, gdouble * x, gdouble * y)
{
  const gdouble pixel = mask->width / mask->columns * mask->height
      / mask->rows;
  gdouble n = 0.;
  GstMapInfo map;

  *x = *y = 0.;
  fail_unless (gst_buffer_map (mask->bytes, &map, GST_MAP_READ));
  for (gint i = 0; i < mask->columns * mask->rows; i++) {
    fail_unless (map.data[i] == 0 || map.data[i] == 255);
    if (map.data[i] == 0)
      continue;
    n += 1.;
    *x += mask->x + (i % mask->columns + 0.5) * mask->width / mask->columns;
    *y += mask->y + (i / mask->columns + 0.5) * mask->height / mask->rows;
  }
  gst_buffer_unmap (mask->bytes, &map);
  *x /= n;
  *y /= n;
  return n * pixel;
}

static void
assert_covers (GstBuffer * buffer, const SstBox * truth)
{
  gdouble area, x, y;
  Mask mask;

  fail_unless (get_mask (buffer, &mask));
  area = measure (&mask, &x, &y) / (truth->width * truth->height);
  fail_unless (area > 0.6 && area < 1.2, "area %g", area);
  fail_unless (fabs (x - sst_box_center_x (truth)) < 0.15 * truth->width);
  fail_unless (fabs (y - sst_box_center_y (truth)) < 0.15 * truth->height);
}

GST_START_TEST (a_mask_covers_its_target)
{
  static const gchar *parts[] = { "box", "window", "picture" };
  Fixture *f = fixture_new ("sstracker name=t model=none", NULL);

  fixture_follow (f);
  fixture_run (f, 2);
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++) {
    GstBuffer *buffer;
    SstBox truth;
    Mask mask;

    gst_util_set_object_arg (G_OBJECT (f->tracker), "mask", parts[i]);
    /* it starts in the first of these frames */
    fixture_run (f, 1);
    buffer = fixture_push (f);
    truth = fixture_truth (f);
    assert_covers (buffer, &truth);
    fail_unless (get_mask (buffer, &mask));
    fail_unless (mask.width == mask.columns && mask.height == mask.rows);
    fail_unless (mask.x >= 0. && mask.y >= 0.);
    fail_unless (mask.x + mask.width <= WIDTH
        && mask.y + mask.height <= HEIGHT);
    if (i == 0)
      fail_unless (fabs (mask.width - get_target (buffer, 0).box.width) <= 2.);
    if (i == 2)
      fail_unless (mask.columns == WIDTH && mask.rows == HEIGHT);
    gst_buffer_unref (buffer);
  }

  /* off again */
  gst_util_set_object_arg (G_OBJECT (f->tracker), "mask", "none");
  for (guint i = 0; i < 2; i++) {
    GstBuffer *buffer = fixture_push (f);
    Mask mask;

    fail_if (get_mask (buffer, &mask));
    gst_buffer_unref (buffer);
  }
  fixture_free (f);
}

GST_END_TEST;

/* Adds a mask to a buffer: 255 in a part of the thing's box, columns x rows
 * bytes for the picture. */
static void
add_given (GstBuffer * buffer, const SstBox * box, gint columns, gint rows,
    gsize size)
{
  guint8 *const data = g_malloc0 (size);
  GstBuffer *const bytes = gst_buffer_new_wrapped (data, size);
  GstStructure *const structure =
      gst_custom_meta_get_structure (gst_buffer_add_custom_meta (buffer,
          "GstSsMaskMeta"));

  for (gsize i = 0; i < size; i++) {
    const gfloat x = (i % columns + 0.5f) * WIDTH / columns;
    const gfloat y = (i / columns + 0.5f) * HEIGHT / rows;

    if (x >= box->x && x < box->x + box->width && y >= box->y
        && y < box->y + box->height)
      data[i] = 255;
  }
  gst_structure_set (structure, "mask", GST_TYPE_BUFFER, bytes,
      "mask-columns", G_TYPE_INT, columns, "mask-rows", G_TYPE_INT, rows, NULL);
  gst_buffer_unref (bytes);
}

/* What another element says is target is the first mask; what is no mask of the
 * target gets a warning, and the target one of its box. */
GST_START_TEST (a_given_mask_is_the_first)
{
  static const struct
  {
    gfloat share;               /* of the box's width that is target */
    gint columns, rows;
    gsize size;
    gboolean good;
  } cases[] = {
    {0.6f, WIDTH, HEIGHT, WIDTH * HEIGHT, TRUE},
    {0.6f, WIDTH / 2, HEIGHT / 2, WIDTH * HEIGHT / 4, TRUE},
    {0.f, WIDTH, HEIGHT, WIDTH * HEIGHT, FALSE},        /* empty */
    {1.1f, WIDTH, HEIGHT, WIDTH * HEIGHT, FALSE},       /* full */
    {0.6f, WIDTH, HEIGHT, WIDTH * HEIGHT / 2, FALSE},   /* of another size */
  };
  Fixture *f = fixture_new ("sstracker name=t model=none mask=picture", NULL);
  GstMessage *warning;
  GstBuffer *buffer, *out;
  SstBox part, box;
  gdouble area, x, y;
  Mask mask;

  fixture_follow (f);
  buffer = fixture_buffer (f);
  part = fixture_truth (f);
  box = part;
  part.width *= cases[__i__].share;
  if (cases[__i__].share > 1.f)
    part = sst_box_from_center (sst_box_center_x (&box),
        sst_box_center_y (&box), 1.1f * box.width, 1.1f * box.height);
  add_given (buffer, &part, cases[__i__].columns, cases[__i__].rows,
      cases[__i__].size);
  out = fixture_push_buffer (f, buffer);
  fail_unless (get_mask (out, &mask));
  area = measure (&mask, &x, &y);
  warning = gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING);
  fail_unless ((warning == NULL) == cases[__i__].good);
  if (warning != NULL)
    gst_message_unref (warning);
  if (cases[__i__].good) {
    fail_unless (fabs (area / (part.width * part.height) - 1.) < 0.1,
        "%g of it", area / (part.width * part.height));
    fail_unless (fabs (x - sst_box_center_x (&part)) < 2.);
  } else {
    fail_unless (area > 0.6 * box.width * box.height
        && area < 0.99 * box.width * box.height);
  }
  gst_buffer_unref (out);
  fixture_free (f);
}

GST_END_TEST;

/* Whether masks are made or not, boxes are the same. */
GST_START_TEST (masks_change_no_box)
{
  Fixture *with = fixture_new ("sstracker name=t model=none mask=box", NULL);
  Fixture *without = fixture_new ("sstracker name=t model=none", NULL);

  fixture_follow (with);
  fixture_follow (without);
  for (guint i = 0; i < 6; i++) {
    GstBuffer *a = fixture_push (with), *b = fixture_push (without);
    const Found one = get_target (a, 0), other = get_target (b, 0);

    fail_unless (memcmp (&one.box, &other.box, sizeof one.box) == 0);
    gst_buffer_unref (a);
    gst_buffer_unref (b);
  }
  fixture_free (with);
  fixture_free (without);
}

GST_END_TEST;

/* Between the frames in which it is made the mask goes with the box. */
GST_START_TEST (a_mask_goes_with_the_box_in_between)
{
  Fixture *f = fixture_new ("sstracker name=t model=none mask=window "
      "mask-interval=1000", NULL);
  GstBuffer *buffer;
  SstBox truth;

  fixture_follow (f);
  fixture_run (f, 6);
  buffer = fixture_push (f);
  truth = fixture_truth (f);
  assert_covers (buffer, &truth);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (mask_targets_limits_the_masks)
{
  Fixture *f = fixture_new ("sstracker name=t model=none mask=box "
      "mask-targets=1", NULL);
  GstBuffer *buffer;
  const GValue *list;
  SstBox truth;
  guint64 id;

  fixture_follow (f);
  fixture_run (f, 1);
  truth = fixture_truth (f);
  g_signal_emit_by_name (f->tracker, "add-target", (gdouble) truth.x + 60.,
      (gdouble) truth.y + 50., 40., 40., &id);
  fixture_run (f, 1);
  buffer = fixture_push (f);
  list = gst_structure_get_value (gst_custom_meta_get_structure
      (gst_buffer_get_custom_meta (buffer, "GstSsTrackMeta")), "targets");
  fail_unless_equals_int (gst_value_list_get_size (list), 2);
  fail_unless (gst_structure_has_field (gst_value_get_structure
          (gst_value_list_get_value (list, 0)), "mask"));
  fail_if (gst_structure_has_field (gst_value_get_structure
          (gst_value_list_get_value (list, 1)), "mask"));
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

/* Behind a scaler the part that a mask covers is where the box is. */
GST_START_TEST (videoscale_takes_masks_along)
{
  Fixture *f = fixture_new ("sstracker name=t model=none mask=box ! videoscale "
      "! capsfilter caps=video/x-raw,width=160,height=120 ! videoconvert "
      "! capsfilter caps=video/x-raw,format=RGB", NULL);
  GstBuffer *buffer;
  SstBox truth;
  Mask mask;

  fixture_follow (f);
  fixture_run (f, 2);
  buffer = fixture_push (f);
  truth = fixture_truth (f);
  truth = (SstBox) { truth.x / 2.f, truth.y / 2.f, truth.width / 2.f,
    truth.height / 2.f
  };
  assert_covers (buffer, &truth);
  fail_unless (get_mask (buffer, &mask));
  fail_unless (mask.width * 2. == mask.columns
      && mask.height * 2. == mask.rows);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

/* --- what is drawn --- */

static const gchar *formats[] = {
  "NV12", "I420", "YUY2", "GRAY8", "RGB", "xBGR", "BGRA", "P010_10LE",
  "I420_10LE", "NV12_10LE32"
};

#define SIDE_X 96
#define SIDE_Y 72

/* Noise on the left, nothing but grey on the right, in RGB terms of no matter
 * what; returns a picture that is different in every pixel. */
static GstBuffer *
make_noise (const GstVideoInfo * info)
{
  GstBuffer *buffer =
      gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (info), NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < map.size; i++)
    map.data[i] = (guint8) (scene_random (1, (guint) i) * 255.f);
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

/* How much a region of a picture differs from another's: mean difference of the
 * first component, as unpacked by GStreamer to 8 bits. */
static gdouble
difference (const GstVideoInfo * info, GstBuffer * a, GstBuffer * b, gint x0,
    gint y0, gint x1, gint y1)
{
  GstVideoFrame frame[2];
  guint8 row[2][SIDE_X * 8];
  gdouble sum = 0.;

  fail_unless (gst_video_frame_map (&frame[0], info, a, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&frame[1], info, b, GST_MAP_READ));
  for (gint y = y0; y < y1; y++) {
    for (gint k = 0; k < 2; k++)
      info->finfo->unpack_func (info->finfo, GST_VIDEO_PACK_FLAG_NONE, row[k],
          frame[k].data, info->stride, 0, y, SIDE_X);
    for (gint x = x0; x < x1; x++) {
      const gboolean wide = GST_VIDEO_FORMAT_INFO_DEPTH (info->finfo, 0) > 8;
      const gint at = wide ? 8 * x + 3 : 4 * x + 1;

      sum += abs (row[0][at] - row[1][at]);
    }
  }
  gst_video_frame_unmap (&frame[0]);
  gst_video_frame_unmap (&frame[1]);
  return sum / ((x1 - x0) * (y1 - y0));
}

/* Pushes noise through an effect, with a target in the middle whose mask has no
 * turn, so that it is its box: 24..72 x 18..54. */
GST_START_TEST (effects_change_the_target_alone)
{
  static const struct
  {
    const gchar *name;
    gboolean inside, outside;   /* what changes */
  } effects[] = {
    {"none", FALSE, FALSE}, {"blur-others", FALSE, TRUE},
    {"blur-targets", TRUE, FALSE}, {"spotlight", FALSE, TRUE}
  };
  gchar *text = g_strdup_printf ("video/x-raw,format=%s,width=%d,height=%d,"
      "framerate=25/1", formats[__i__], SIDE_X, SIDE_Y);
  GstCaps *caps = gst_caps_from_string (text);
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  for (guint i = 0; i < G_N_ELEMENTS (effects); i++) {
    GstHarness *h = gst_harness_new_parse ("sstracker name=t model=none");
    GstElement *t = gst_harness_find_element (h, "sstracker");
    GstBuffer *buffer = make_noise (&info), *before, *out;
    gdouble inside, outside;

    gst_harness_set_src_caps (h, gst_caps_ref (caps));
    g_object_set (t, "init-box", "0,0,9,9;24,18,48,36",
        "mask-targets", 1, NULL);
    gst_util_set_object_arg (G_OBJECT (t), "effect",
        effects[i].name);
    before = gst_buffer_copy_deep (buffer);
    out = gst_harness_push_and_pull (h, buffer);
    /* well inside any mask of the box; well outside the box */
    inside = difference (&info, before, out, 44, 34, 52, 38);
    outside = difference (&info, before, out, 80, 20, 96, 60);
    fail_unless ((inside > 8.) == effects[i].inside, "%s, %s: inside %g",
        formats[__i__], effects[i].name, inside);
    fail_unless ((outside > 8.) == effects[i].outside, "%s, %s: outside %g",
        formats[__i__], effects[i].name, outside);
    if (!effects[i].outside)
      fail_unless (outside == 0.);
    gst_buffer_unref (before);
    gst_buffer_unref (out);
    gst_object_unref (t);
    gst_harness_teardown (h);
  }
  gst_caps_unref (caps);
  g_free (text);
}

GST_END_TEST;

/* What is hidden stays hidden: without a target the whole picture is. */
GST_START_TEST (without_a_target_all_is_hidden)
{
  Fixture *f = fixture_new ("sstracker name=t model=none "
      "effect=blur-others", NULL);
  GstBuffer *buffer = fixture_buffer (f);
  GstBuffer *before = gst_buffer_copy_deep (buffer);
  GstBuffer *out = fixture_push_buffer (f, buffer);
  GstMapInfo map;

  gst_buffer_map (before, &map, GST_MAP_READ);
  fail_if (gst_buffer_memcmp (out, 0, map.data, map.size) == 0);
  gst_buffer_unmap (before, &map);
  gst_buffer_unref (before);
  gst_buffer_unref (out);
  fixture_free (f);
}

GST_END_TEST;

/* The overlay tints a target that has a mask: more of the picture changes. */
GST_START_TEST (the_overlay_tints_a_mask)
{
  gint changed[2] = { 0, 0 };

  for (guint i = 0; i < 2; i++) {
    Fixture *f = fixture_new ("sstracker name=t model=none overlay=true "
        "overlay-labels=false", NULL);
    GstBuffer *buffer, *before, *out;
    GstMapInfo a, b;

    if (i == 1)
      gst_util_set_object_arg (G_OBJECT (f->tracker), "mask", "box");
    fixture_follow (f);
    buffer = fixture_buffer (f);
    before = gst_buffer_copy_deep (buffer);
    out = fixture_push_buffer (f, buffer);
    gst_buffer_map (before, &a, GST_MAP_READ);
    gst_buffer_map (out, &b, GST_MAP_READ);
    for (gsize k = 0; k < WIDTH * HEIGHT; k++)
      changed[i] += a.data[k] != b.data[k];
    gst_buffer_unmap (before, &a);
    gst_buffer_unmap (out, &b);
    gst_buffer_unref (before);
    gst_buffer_unref (out);
    fixture_free (f);
  }
  fail_unless (changed[0] > 0);
  fail_unless (changed[1] > 3 * changed[0], "%d, %d", changed[0], changed[1]);
}

GST_END_TEST;

/* --- a click --- */

static Found
click_at (Fixture * f, const SstBox * truth)
{
  GstBuffer *buffer;
  Found found;

  gst_harness_push_upstream_event (f->h,
      gst_navigation_event_new_mouse_button_press (1,
          sst_box_center_x (truth), sst_box_center_y (truth),
          GST_NAVIGATION_MODIFIER_NONE));
  gst_harness_push_upstream_event (f->h,
      gst_navigation_event_new_mouse_button_release (1,
          sst_box_center_x (truth), sst_box_center_y (truth),
          GST_NAVIGATION_MODIFIER_NONE));
  buffer = fixture_push (f);
  found = get_target (buffer, 0);
  gst_buffer_unref (buffer);
  return found;
}

/* Without a network click-fit selects the square; with one the thing. */
GST_START_TEST (click_fit_selects_the_thing)
{
  static const gchar *launches[] = {
    "sstracker name=t select-on-click=true model=none click-fit=true",
    "sstracker name=t select-on-click=true click-fit=true"
  };
  float iou[2];

  for (guint i = 0; i < 2; i++) {
    Fixture *f = fixture_new (launches[i], NULL);
    SstBox truth;
    Found found;

    fixture_run (f, 1);
    truth = fixture_truth (f);
    found = click_at (f, &truth);
    iou[i] = sst_box_iou (&found.box, &truth);
    if (i == 0)
      fail_unless (found.box.width == found.box.height);
    fixture_free (f);
  }
  fail_unless (iou[1] > iou[0] + 0.1f, "%g, %g", iou[0], iou[1]);
}

GST_END_TEST;

static Suite *
sstracker_masks_suite (void)
{
  Suite *s = suite_create ("sstracker_masks");
  TCase *tc = tcase_create ("general");

  tcase_add_test (tc, a_mask_covers_its_target);
  tcase_add_loop_test (tc, a_given_mask_is_the_first, 0, 5);
  tcase_add_test (tc, masks_change_no_box);
  tcase_add_test (tc, a_mask_goes_with_the_box_in_between);
  tcase_add_test (tc, mask_targets_limits_the_masks);
  tcase_add_test (tc, videoscale_takes_masks_along);
  tcase_add_loop_test (tc, effects_change_the_target_alone, 0,
      G_N_ELEMENTS (formats));
  tcase_add_test (tc, without_a_target_all_is_hidden);
  tcase_add_test (tc, the_overlay_tints_a_mask);
  tcase_add_test (tc, click_fit_selects_the_thing);
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (sstracker_masks);
