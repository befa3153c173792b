/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Points through the element: asked for, told, drawn. And the wheel, which
 * takes the next larger or smaller thing. */

#include <math.h>
#include <string.h>

#include <gst/video/navigation.h>

#include "test_sstracker_common.h"

/* The points of the first target; NULL where it has none. */
static const GValue *
get_points (GstBuffer * buffer)
{
  const GstStructure *const structure =
      gst_custom_meta_get_structure (gst_buffer_get_custom_meta (buffer,
          "GstSsTrackMeta"));
  const GValue *const target = gst_value_list_get_value
      (gst_structure_get_value (structure, "targets"), 0);

  return gst_structure_get_value (gst_value_get_structure (target), "points");
}

static void
get_point (const GValue * points, guint i, gdouble * x, gdouble * y,
    gboolean * visible)
{
  gdouble likeness;

  fail_unless (gst_structure_get (gst_value_get_structure
          (gst_value_list_get_value (points, i)), "x", G_TYPE_DOUBLE, x, "y",
          G_TYPE_DOUBLE, y, "likeness", G_TYPE_DOUBLE, &likeness, "visible",
          G_TYPE_BOOLEAN, visible, NULL));
  fail_unless (likeness >= -1. && likeness <= 1.01);
}

/* They come in the order in which they were asked for, with a target that
 * starts in the same frame, and follow the picture through a scaler. */
GST_START_TEST (points_are_told_and_follow_the_picture)
{
  Fixture *f = fixture_new ("sstracker name=t model=none ! videoscale "
      "! capsfilter caps=video/x-raw,width=160,height=120", NULL);
  const GValue *points;
  GstBuffer *buffer;
  gdouble x, y;
  gboolean visible;
  SstBox truth;
  guint64 id;
  guint n;

  scene_render (f->scene, 0);
  truth = scene_truth (f->scene, f->thing).box;
  g_signal_emit_by_name (f->tracker, "add-target", (gdouble) truth.x,
      (gdouble) truth.y, (gdouble) truth.width, (gdouble) truth.height, &id);
  {
    gchar *const text = g_strdup_printf ("%d,%d; 50%% , 10%%;",
        (gint) sst_box_center_x (&truth), (gint) sst_box_center_y (&truth));

    g_signal_emit_by_name (f->tracker, "add-points", id, text, &n);
    g_free (text);
  }
  fail_unless_equals_int (n, 2);
  g_signal_emit_by_name (f->tracker, "add-points", id, "1,2,3", &n);
  fail_unless_equals_int (n, 0);
  expect_warning (f, "a point is x,y");
  g_signal_emit_by_name (f->tracker, "add-points", id + 1, "1,2", &n);
  fail_unless_equals_int (n, 1);

  buffer = fixture_push (f);
  points = get_points (buffer);
  fail_unless_equals_int (gst_value_list_get_size (points), 2);
  get_point (points, 0, &x, &y, &visible);
  fail_unless (visible);
  fail_unless (fabs (x - (gint) sst_box_center_x (&truth) / 2.) < 0.1);
  fail_unless (fabs (y - (gint) sst_box_center_y (&truth) / 2.) < 0.1);
  get_point (points, 1, &x, &y, &visible);
  fail_unless (fabs (x - 80.) < 0.1 && fabs (y - 12.) < 0.1);
  gst_buffer_unref (buffer);

  fixture_run (f, 5);
  buffer = fixture_push (f);
  truth = fixture_truth (f);
  points = get_points (buffer);
  get_point (points, 0, &x, &y, &visible);
  fail_unless (visible);
  fail_unless (fabs (x - sst_box_center_x (&truth) / 2.) < 3.);
  fail_unless (fabs (y - sst_box_center_y (&truth) / 2.) < 3.);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

/* The grid is on the target, and targets beyond mask-targets have none. */
GST_START_TEST (the_grid_lies_on_targets_with_masks)
{
  Fixture *f = fixture_new ("sstracker name=t model=none points=4 "
      "mask-targets=1", NULL);
  const GValue *points;
  GstBuffer *buffer;
  SstBox truth;
  guint64 id;
  guint n;

  fixture_follow (f);
  fixture_run (f, 3);
  buffer = fixture_push (f);
  truth = fixture_truth (f);
  points = get_points (buffer);
  n = gst_value_list_get_size (points);
  fail_unless (n >= 6 && n <= 16, "%u points", n);
  for (guint i = 0; i < n; i++) {
    gboolean visible;
    gdouble x, y;

    get_point (points, i, &x, &y, &visible);
    fail_unless (x > truth.x - 3. && y > truth.y - 3.
        && x < truth.x + truth.width + 3. && y < truth.y + truth.height + 3.);
  }
  gst_buffer_unref (buffer);
  g_signal_emit_by_name (f->tracker, "add-target", 200., 150., 40., 40., &id);
  fixture_run (f, 1);
  buffer = fixture_push (f);
  fail_unless_equals_int (count_targets (buffer), 2);
  fail_if (gst_structure_has_field (gst_value_get_structure
          (gst_value_list_get_value (gst_structure_get_value
                  (gst_custom_meta_get_structure (gst_buffer_get_custom_meta
                          (buffer, "GstSsTrackMeta")), "targets"), 1)),
          "points"));
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

/* Luma at the middle of the thing, where a point was put. */
static gint
luma_there (const gchar * launch, gboolean with_point)
{
  Fixture *f = fixture_new (launch, NULL);
  GstVideoInfo info;
  GstVideoFrame frame;
  GstBuffer *buffer;
  gboolean visible;
  SstBox truth;
  gdouble x, y;
  gint luma;
  guint n;

  scene_render (f->scene, 0);
  truth = scene_truth (f->scene, f->thing).box;
  fixture_follow (f);
  fixture_run (f, 1);
  if (with_point) {
    gchar *const text = g_strdup_printf ("%g,%g",
        sst_box_center_x (&truth), sst_box_center_y (&truth));

    g_signal_emit_by_name (f->tracker, "add-points", G_GUINT64_CONSTANT (1),
        text, &n);
    g_free (text);
  }
  buffer = fixture_push (f);
  x = sst_box_center_x (&truth);
  y = sst_box_center_y (&truth);
  if (with_point)
    get_point (get_points (buffer), 0, &x, &y, &visible);
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);
  fail_unless (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
  luma = GST_VIDEO_FRAME_COMP_DATA (&frame, 0)[(gint) y
      * GST_VIDEO_FRAME_COMP_STRIDE (&frame, 0) + (gint) x];
  gst_video_frame_unmap (&frame);
  gst_buffer_unref (buffer);
  fixture_free (f);
  return luma;
}

GST_START_TEST (points_are_drawn)
{
  const gchar *const launch = "sstracker name=t model=none overlay=true "
      "overlay-labels=false overlay-thickness=3";
  /* the first target's colour */
  const gint green = luma_there (launch, TRUE);

  fail_unless (abs (green - luma_there (launch, FALSE)) > 8);
  fail_unless_equals_int (green, luma_there (launch, TRUE));
}

GST_END_TEST;

/* ---- the wheel ---- */

static void
scroll (Fixture * f, const SstBox * at, gdouble steps)
{
  gst_harness_push_upstream_event (f->h,
      gst_navigation_event_new_mouse_scroll (sst_box_center_x (at),
          sst_box_center_y (at), 0., steps, GST_NAVIGATION_MODIFIER_NONE));
}

static Found
next_target (Fixture * f)
{
  GstBuffer *const buffer = fixture_push (f);
  Found found;

  fail_unless_equals_int (count_targets (buffer), 1);
  found = get_target (buffer, 0);
  gst_buffer_unref (buffer);
  return found;
}

static float
area (const Found * found)
{
  return found->box.width * found->box.height;
}

/* With a network (where there is one) and without: up is larger, down is
 * smaller, half a step is none, the id stays; keys do the same where the
 * pointer is. */
GST_START_TEST (the_wheel_takes_the_next_thing)
{
  static const gchar *launches[] = {
    "sstracker name=t select-on-click=true model=none",
    "sstracker name=t select-on-click=true"
  };
  Fixture *f = fixture_new (launches[__i__], NULL);
  Found begun, larger, smaller;
  SstBox truth;

  fixture_follow (f);
  begun = next_target (f);
  truth = fixture_truth (f);
  scroll (f, &truth, 0.5);
  larger = next_target (f);
  fail_unless_equals_string (larger.event, "");
  scroll (f, &truth, 0.5);
  larger = next_target (f);
  fail_unless_equals_string (larger.event, "started");
  fail_unless (larger.id == begun.id);
  fail_unless (area (&larger) > 1.25f * area (&begun));
  truth = fixture_truth (f);
  gst_harness_push_upstream_event (f->h,
      gst_navigation_event_new_mouse_move (sst_box_center_x (&truth),
          sst_box_center_y (&truth), GST_NAVIGATION_MODIFIER_NONE));
  gst_harness_push_upstream_event (f->h,
      gst_navigation_event_new_key_press ("minus",
          GST_NAVIGATION_MODIFIER_NONE));
  smaller = next_target (f);
  fail_unless (smaller.id == begun.id);
  fail_unless (area (&smaller) < 0.8f * area (&larger));
  /* where nothing is, and nothing was clicked on, nothing happens */
  scroll (f, &(SstBox) { 2.f, 2.f, 2.f, 2.f }, 1.);
  smaller = next_target (f);
  fail_unless_equals_string (smaller.event, "");
  fixture_free (f);
}

GST_END_TEST;

static Suite *
sstracker_points_suite (void)
{
  Suite *s = suite_create ("sstracker_points");
  TCase *tc = tcase_create ("general");

  tcase_add_test (tc, points_are_told_and_follow_the_picture);
  tcase_add_test (tc, the_grid_lies_on_targets_with_masks);
  tcase_add_test (tc, points_are_drawn);
  tcase_add_loop_test (tc, the_wheel_takes_the_next_thing, 0, 2);
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (sstracker_points);
