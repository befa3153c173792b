/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* libgstsstrack: it reads what sstracker wrote, and is not misled by what
 * somebody else did. */

#include <string.h>
#include <gst/sstrack/sstrack.h>

#include "test_sstracker_common.h"

GST_START_TEST (a_frame_is_what_was_written)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstBuffer *buffer = fixture_push (f);
  GPtrArray *all = gst_ss_track_frame_get_all (buffer);

  /* Without a target there is nothing. */
  fail_unless_equals_int (all->len, 0);
  fail_unless (gst_ss_track_frame_get (buffer, NULL) == NULL);
  g_ptr_array_unref (all);
  gst_buffer_unref (buffer);

  fixture_follow (f);
  for (guint i = 1; i < 4; i++) {
    GstSsTrackFrame *frame;
    GstSsTrackTarget *target;
    Found found;

    buffer = fixture_push (f);
    found = get_target (buffer, 0);
    frame = gst_ss_track_frame_get (buffer, "t");
    gst_buffer_unref (buffer);  /* it is a copy */
    fail_unless (frame != NULL);
    fail_unless_equals_string (gst_ss_track_frame_get_source (frame), "t");
    fail_unless_equals_uint64 (gst_ss_track_frame_get_number (frame), i);
    fail_unless_equals_uint64 (gst_ss_track_frame_get_running_time (frame),
        i * FRAME_TIME);
    fail_unless_equals_int (gst_ss_track_frame_get_width (frame), WIDTH);
    fail_unless_equals_int (gst_ss_track_frame_get_height (frame), HEIGHT);
    fail_unless_equals_int (gst_ss_track_frame_get_targets (frame)->len, 1);
    fail_unless (gst_ss_track_frame_find_target (frame, found.id + 1) == NULL);

    target = gst_ss_track_frame_find_target (frame, found.id);
    fail_unless (target != NULL);
    /* It outlives its frame where somebody keeps it. */
    gst_ss_track_target_ref (target);
    gst_ss_track_frame_unref (frame);
    fail_unless_equals_uint64 (target->id, found.id);
    fail_unless_equals_string (target->label, "");
    fail_unless (target->state == GST_SS_TRACK_STATE_TRACKING);
    fail_unless (target->event == (i == 1 ? GST_SS_TRACK_EVENT_STARTED :
            GST_SS_TRACK_EVENT_NONE));
    fail_unless_equals_float (target->confidence, found.confidence);
    fail_unless_equals_float (target->x, (gdouble) found.box.x);
    fail_unless_equals_float (target->y, (gdouble) found.box.y);
    fail_unless_equals_float (target->width, (gdouble) found.box.width);
    fail_unless_equals_float (target->height, (gdouble) found.box.height);
    fail_unless_equals_float (target->velocity_x, found.vx);
    fail_unless_equals_float (target->velocity_y, found.vy);
    fail_unless (target->predicted == found.predicted);
    fail_unless_equals_uint64 (target->first_seen, found.first_seen);
    fail_unless_equals_uint64 (target->last_seen, found.last_seen);
    gst_ss_track_target_unref (target);
  }
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (trackers_in_a_row_have_a_frame_each)
{
  Fixture *f = fixture_new ("sstracker name=t ! sstracker name=u "
      "init-from=property init-box=10,10,40,40", NULL);
  GstSsTrackFrame *frame;
  GstBuffer *buffer;
  GPtrArray *all;

  fixture_follow (f);
  buffer = fixture_push (f);
  all = gst_ss_track_frame_get_all (buffer);
  fail_unless_equals_int (all->len, 2);
  fail_unless_equals_string (gst_ss_track_frame_get_source (all->pdata[0]),
      "t");
  fail_unless_equals_string (gst_ss_track_frame_get_source (all->pdata[1]),
      "u");
  g_ptr_array_unref (all);

  frame = gst_ss_track_frame_get (buffer, "u");
  fail_unless (frame != NULL);
  fail_unless_equals_float (((GstSsTrackTarget *) g_ptr_array_index
          (gst_ss_track_frame_get_targets (frame), 0))->width, 40.0);
  gst_ss_track_frame_unref (frame);
  frame = gst_ss_track_frame_get (buffer, NULL);
  fail_unless_equals_string (gst_ss_track_frame_get_source (frame), "t");
  gst_ss_track_frame_unref (frame);
  fail_unless (gst_ss_track_frame_get (buffer, "v") == NULL);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (a_message_is_a_target)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstStructure *structure;
  GstSsTrackTarget *target;

  fixture_follow (f);
  fixture_run (f, 1);
  structure = pop_message (f, "sstracker/state");
  fail_unless (structure != NULL);
  target = gst_ss_track_target_from_structure (structure);
  gst_structure_free (structure);
  fail_unless (target != NULL);
  fail_unless_equals_uint64 (target->id, 1);
  fail_unless (target->event == GST_SS_TRACK_EVENT_STARTED);
  fail_unless (gst_ss_track_target_get_mask (target, NULL, NULL, NULL, NULL,
          NULL, NULL) == NULL);
  gst_ss_track_target_unref (target);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (foreign_structures_are_refused)
{
  GstStructure *structure = gst_structure_new_empty ("target");
  GstSsTrackTarget *target;

  fail_unless (gst_ss_track_target_from_structure (structure) == NULL);
  gst_structure_set (structure, "id", G_TYPE_UINT64, (guint64) 7,
      "x", G_TYPE_DOUBLE, 1.0, "y", G_TYPE_DOUBLE, 2.0,
      "width", G_TYPE_DOUBLE, 3.0, NULL);
  fail_unless (gst_ss_track_target_from_structure (structure) == NULL);
  gst_structure_set (structure, "height", G_TYPE_DOUBLE, 4.0,
      "state", G_TYPE_STRING, "asleep", "event", G_TYPE_INT, 3, NULL);
  target = gst_ss_track_target_from_structure (structure);
  gst_structure_free (structure);
  fail_unless (target != NULL);
  fail_unless_equals_uint64 (target->id, 7);
  fail_unless_equals_float (target->height, 4.0);
  fail_unless_equals_string (target->label, "");
  fail_unless (target->state == GST_SS_TRACK_STATE_UNKNOWN);
  fail_unless (target->event == GST_SS_TRACK_EVENT_NONE);
  gst_ss_track_target_unref (target);
}

GST_END_TEST;

/* A target with a mask of 3 by 2 whose buffer has so many bytes, at most 8. */
static GstSsTrackTarget *
make_masked (gsize n_bytes)
{
  GstBuffer *mask = gst_buffer_new_memdup ("\xff\xff\xff\xff\xff\xff\0\0",
      n_bytes);
  GstStructure *structure = gst_structure_new ("target",
      "id", G_TYPE_UINT64, (guint64) 1, "x", G_TYPE_DOUBLE, 0.0,
      "y", G_TYPE_DOUBLE, 0.0, "width", G_TYPE_DOUBLE, 6.0,
      "height", G_TYPE_DOUBLE, 4.0, "mask", GST_TYPE_BUFFER, mask,
      "mask-columns", G_TYPE_INT, 3, "mask-rows", G_TYPE_INT, 2,
      "mask-x", G_TYPE_DOUBLE, 1.0, "mask-y", G_TYPE_DOUBLE, 2.0,
      "mask-width", G_TYPE_DOUBLE, 6.0, "mask-height", G_TYPE_DOUBLE, 4.0,
      NULL);
  GstSsTrackTarget *target;

  gst_buffer_unref (mask);
  target = gst_ss_track_target_from_structure (structure);
  gst_structure_free (structure);
  return target;
}

GST_START_TEST (masks_are_read)
{
  GstSsTrackTarget *target = make_masked (8);
  gdouble x, y, width, height;
  gint columns, rows;
  GBytes *bytes = gst_ss_track_target_get_mask (target, &columns, &rows, &x, &y,
      &width, &height);

  fail_unless (bytes != NULL);
  fail_unless_equals_int (g_bytes_get_size (bytes), 6);
  fail_unless (memcmp (g_bytes_get_data (bytes, NULL),
          "\xff\xff\xff\xff\xff\xff", 6) == 0);
  fail_unless_equals_int (columns, 3);
  fail_unless_equals_int (rows, 2);
  fail_unless_equals_float (x, 1.0);
  fail_unless_equals_float (y, 2.0);
  fail_unless_equals_float (width, 6.0);
  fail_unless_equals_float (height, 4.0);
  g_bytes_unref (bytes);
  gst_ss_track_target_unref (target);

  /* One that is said to be larger than it is is none. */
  target = make_masked (5);
  fail_unless (gst_ss_track_target_get_mask (target, &columns, NULL, NULL, NULL,
          NULL, NULL) == NULL);
  fail_unless_equals_int (columns, 0);
  gst_ss_track_target_unref (target);
}

GST_END_TEST;

GST_START_TEST (the_mask_of_a_tracker_is_read)
{
  Fixture *f = fixture_new ("sstracker name=t mask=box", NULL);
  GstSsTrackFrame *frame;
  GstSsTrackTarget *target;
  GstBuffer *buffer;
  gint columns, rows;
  GBytes *bytes;

  fixture_follow (f);
  buffer = fixture_push (f);
  frame = gst_ss_track_frame_get (buffer, NULL);
  target = gst_ss_track_frame_find_target (frame, 1);
  bytes = gst_ss_track_target_get_mask (target, &columns, &rows, NULL, NULL,
      NULL, NULL);
  fail_unless (bytes != NULL);
  fail_unless_equals_int (g_bytes_get_size (bytes), columns * rows);
  fail_unless (columns >= target->width && rows >= target->height);
  g_bytes_unref (bytes);
  gst_ss_track_frame_unref (frame);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (points_and_earlier_targets_are_read)
{
  const gchar *text = "target, id=(guint64)7, x=0.0, y=0.0, width=6.0,"
      " height=4.0, seen-as=(guint64)3, seen-as-source=(string)door,"
      " similarity=(double)0.9,"
      " points=(structure){ \"point, x=(double)1.5, y=(double)2.5,"
      " likeness=(double)0.75, visible=(boolean)true;\","
      " \"point, x=(double)4.0;\" }";
  GstStructure *structure = gst_structure_from_string (text, NULL);
  GstSsTrackTarget *target;
  gdouble x, y, likeness, similarity;
  const gchar *source;

  fail_unless (structure != NULL);
  target = gst_ss_track_target_from_structure (structure);
  gst_structure_free (structure);
  fail_unless_equals_int (gst_ss_track_target_get_seen_as (target, &source,
          &similarity), 3);
  fail_unless_equals_string (source, "door");
  fail_unless_equals_float (similarity, 0.9);
  /* one without all of its fields is none */
  fail_unless_equals_int (gst_ss_track_target_get_n_points (target), 1);
  fail_unless (gst_ss_track_target_get_point (target, 0, &x, &y, &likeness));
  fail_unless_equals_float (x, 1.5);
  fail_unless_equals_float (y, 2.5);
  fail_unless_equals_float (likeness, 0.75);
  fail_if (gst_ss_track_target_get_point (target, 1, &x, NULL, NULL));
  fail_unless_equals_float (x, 0.0);
  gst_ss_track_target_unref (target);

  target = make_masked (8);
  fail_unless_equals_int (gst_ss_track_target_get_seen_as (target, &source,
          NULL), 0);
  fail_unless (source == NULL);
  fail_unless_equals_int (gst_ss_track_target_get_n_points (target), 0);
  gst_ss_track_target_unref (target);
}

GST_END_TEST;

GST_START_TEST (the_points_of_a_tracker_are_read)
{
  Fixture *f = fixture_new ("sstracker name=t points=4", NULL);
  GstSsTrackFrame *frame;
  GstSsTrackTarget *target;
  GstBuffer *buffer;
  gdouble x, y;

  fixture_follow (f);
  fixture_run (f, 3);
  buffer = fixture_push (f);
  frame = gst_ss_track_frame_get (buffer, NULL);
  target = gst_ss_track_frame_find_target (frame, 1);
  fail_unless (gst_ss_track_target_get_n_points (target) >= 4);
  gst_ss_track_target_get_point (target, 0, &x, &y, NULL);
  fail_unless (x > target->x - target->width
      && x < target->x + 2.0 * target->width);
  gst_ss_track_frame_unref (frame);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

static Suite *
track_frame_suite (void)
{
  Suite *s = suite_create ("track_frame");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, a_frame_is_what_was_written);
  tcase_add_test (tc, trackers_in_a_row_have_a_frame_each);
  tcase_add_test (tc, a_message_is_a_target);
  tcase_add_test (tc, foreign_structures_are_refused);
  tcase_add_test (tc, masks_are_read);
  tcase_add_test (tc, the_mask_of_a_tracker_is_read);
  tcase_add_test (tc, points_and_earlier_targets_are_read);
  tcase_add_test (tc, the_points_of_a_tracker_are_read);
  return s;
}

GST_CHECK_MAIN (track_frame);
