/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* What live cameras and the applications around them do: marks of what was
 * dropped, clocks that stand still, players that seek and loop, elements that
 * are taken out. */

#include <string.h>
#include <gst/video/navigation.h>

#include "test_sstracker_common.h"

/* A picture with a texture in it, whatever its size. */
static GstBuffer *
push_gray (Fixture * f, gint width, gint height)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, (gsize) width * height,
      NULL);
  GstMapInfo map;

  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_WRITE));
  for (gsize i = 0; i < map.size; i++)
    map.data[i] = (guint8) ((i * 2654435761u) >> 13);
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = (guint) f->t++ * FRAME_TIME;
  return fixture_push_buffer (f, buffer);
}

static void
push_event (Fixture * f, GstEvent * event)
{
  fail_unless (gst_harness_push_event (f->h, event));
}

/* A leaky queue marks what follows a frame that it dropped. The mark changes
 * nothing, however often it comes. */
GST_START_TEST (marks_of_a_leaky_queue_change_nothing)
{
  Fixture *plain = fixture_new ("sstracker name=t", NULL);
  Fixture *marked = fixture_new ("sstracker name=t", NULL);

  fixture_follow (plain);
  fixture_follow (marked);
  for (int i = 0; i < 25; i++) {
    GstBuffer *a = fixture_buffer (plain);
    GstBuffer *b = fixture_buffer (marked);
    Found expected, found;

    GST_BUFFER_FLAG_SET (b, GST_BUFFER_FLAG_DISCONT);
    a = fixture_push_buffer (plain, a);
    b = fixture_push_buffer (marked, b);
    expected = get_target (a, 0);
    found = get_target (b, 0);
    fail_unless (memcmp (&found, &expected, sizeof found) == 0);
    gst_buffer_unref (a);
    gst_buffer_unref (b);
  }
  fixture_free (plain);
  fixture_free (marked);
}

GST_END_TEST;

/* Times as some drivers write them: zeros, or milliseconds for nanoseconds. */
GST_START_TEST (times_that_stand_still_are_borne)
{
  static const GstClockTime steps[] = { 0, 40, 40000 };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    Fixture *f = fixture_new ("sstracker name=t lost-timeout=2000000000", NULL);
    guint64 id;

    fixture_follow (f);
    for (guint t = 0; t < 90; t++) {
      GstBuffer *buffer;

      if (t == 10)
        scene_sprite (f->scene, f->thing)->hidden = TRUE;
      buffer = fixture_buffer (f);
      GST_BUFFER_PTS (buffer) = t * steps[i];
      gst_buffer_unref (fixture_push_buffer (f, buffer));
    }
    id = expect_event (f, "started", "");
    fail_unless_equals_uint64 (expect_event (f, "lost", ""), id);
    fail_unless_equals_uint64 (expect_event (f, "ended", "timeout"), id);
    expect_warning (f, "timestamps of the stream stand still");
    expect_no_warning (f);
    fixture_free (f);
  }
}

GST_END_TEST;

static guint64
running_time_of (GstBuffer * buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "GstSsTrackMeta");
  guint64 time;

  fail_unless (meta != NULL);
  fail_unless (gst_structure_get_uint64 (gst_custom_meta_get_structure (meta),
          "running-time", &time));
  return time;
}

/* A sender that starts its times anew, and frames of which only some have one:
 * what is reported has one clock. */
GST_START_TEST (reports_have_one_clock)
{
  static const int times[] = {
    1000, 1001, -1, 1003, -1, -1, 1004, 0, 1, 2, -1, 3
  };
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  guint64 last = 0;

  fixture_follow (f);
  for (guint i = 0; i < G_N_ELEMENTS (times); i++) {
    GstBuffer *buffer = fixture_buffer (f);
    Found found;

    GST_BUFFER_PTS (buffer) = times[i] < 0 ? GST_CLOCK_TIME_NONE :
        (guint) times[i] * FRAME_TIME;
    buffer = fixture_push_buffer (f, buffer);
    found = get_target (buffer, 0);
    fail_unless_equals_uint64 (found.first_seen, 1000 * FRAME_TIME);
    fail_unless (running_time_of (buffer) >= MAX (last, found.first_seen));
    fail_unless_equals_uint64 (found.last_seen, running_time_of (buffer));
    last = running_time_of (buffer);
    gst_buffer_unref (buffer);
  }
  fail_unless (last < 1020 * FRAME_TIME);
  expect_no_warning (f);
  fixture_free (f);
}

GST_END_TEST;

/* Encoders round sizes to whole blocks of 16: that is the same scene. */
GST_START_TEST (sizes_rounded_to_blocks_are_one_scene)
{
  static const struct
  {
    gint width, height;
    const gchar *reason;        /* NULL: the target stays */
  } cases[] = {
    {640, 352, NULL}, {640, 368, NULL}, {320, 176, NULL}, {176, 96, NULL},
    {424, 240, NULL}, {1280, 736, NULL}, {640, 480, "caps"}, {352, 288, "caps"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    Fixture *f = fixture_new ("sstracker name=t init-box=\"30%,30%,30%,30%\"",
        "video/x-raw,format=GRAY8,width=1280,height=720,framerate=25/1");
    gchar *caps = g_strdup_printf ("video/x-raw,format=GRAY8,width=%d,"
        "height=%d,framerate=25/1", cases[i].width, cases[i].height);

    gst_buffer_unref (push_gray (f, 1280, 720));
    expect_event (f, "started", "");
    gst_harness_set_src_caps_str (f->h, caps);
    gst_buffer_unref (push_gray (f, cases[i].width, cases[i].height));
    if (cases[i].reason != NULL)
      expect_event (f, "ended", cases[i].reason);
    expect_no_event (f);
    fixture_free (f);
    g_free (caps);
  }
}

GST_END_TEST;

/* As a player seeks: what follows is at frame t. */
static void
seek_to (Fixture * f, int t)
{
  GstSegment segment;

  push_event (f, gst_event_new_flush_start ());
  push_event (f, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = (guint) t * FRAME_TIME;
  push_event (f, gst_event_new_segment (&segment));
  f->t = t;
}

static void
expect_targets (GstBuffer * buffer, guint n)
{
  fail_unless_equals_int (count_targets (buffer), n);
  gst_buffer_unref (buffer);
}

/* A player that loops: the boxes of the property start again where it goes back
 * to where they began, and nowhere else. */
GST_START_TEST (a_loop_starts_its_boxes_again)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  guint64 id;

  f->t = 2;
  fixture_follow (f);
  fixture_run (f, 5);
  expect_event (f, "started", "");
  push_event (f, gst_event_new_eos ());
  expect_event (f, "ended", "eos");
  for (int round = 0; round < 2; round++) {
    seek_to (f, 2 * round);
    expect_targets (fixture_push (f), 1);
    fixture_run (f, 3);
    id = expect_event (f, "started", "");
    fail_unless_equals_uint64 (id, 2 + round);
    seek_to (f, 3 + round);
    fail_unless_equals_uint64 (expect_event (f, "ended", "flush"), id);
    expect_targets (fixture_push (f), 0);
    expect_no_event (f);
  }

  /* What was taken back stays so. */
  seek_to (f, 0);
  fixture_run (f, 2);
  expect_event (f, "started", "");
  g_signal_emit_by_name (f->tracker, "reset");
  fixture_run (f, 1);
  expect_event (f, "ended", "removed");
  seek_to (f, 0);
  expect_targets (fixture_push (f), 0);
  expect_no_event (f);
  fixture_free (f);
}

GST_END_TEST;

/* A player that starts at a position: PAUSED, seek, PLAYING. What was asked for
 * before starts there, and begins again there. */
GST_START_TEST (a_start_at_a_position_begins_there)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstBuffer *buffer;
  SstBox box, truth;
  guint64 id;

  f->t = 20;
  fixture_follow (f);
  f->t = 0;
  scene_render (f->scene, 0);
  g_signal_emit_by_name (f->tracker, "add-target", 20.0, 20.0, 40.0, 40.0, &id);
  expect_targets (fixture_push (f), 2);
  expect_event (f, "started", "");
  expect_event (f, "started", "");

  seek_to (f, 20);
  buffer = fixture_push (f);
  fail_unless_equals_uint64 (get_target (buffer, 0).id, id);
  fail_unless_equals_uint64 (get_target (buffer, 1).id, id + 1);
  expect_targets (buffer, 2);
  fail_unless_equals_uint64 (expect_event (f, "started", ""), id);
  fail_unless_equals_uint64 (expect_event (f, "started", ""), id + 1);
  fixture_run (f, 5);
  buffer = fixture_push (f);
  box = get_target (buffer, 1).box;
  truth = fixture_truth (f);
  fail_unless (sst_box_iou (&box, &truth) > 0.6f);
  gst_buffer_unref (buffer);
  expect_no_event (f);

  seek_to (f, 20);
  expect_targets (fixture_push (f), 1);
  fixture_free (f);
}

GST_END_TEST;

static void
click (Fixture * f, gdouble x, gdouble y)
{
  gst_harness_push_upstream_event (f->h,
      gst_navigation_event_new_mouse_button_press (1, x, y,
          GST_NAVIGATION_MODIFIER_NONE));
  gst_harness_push_upstream_event (f->h,
      gst_navigation_event_new_mouse_button_release (1, x, y,
          GST_NAVIGATION_MODIFIER_NONE));
}

static void
drag (Fixture * f, gdouble x, gdouble y, gdouble to_x, gdouble to_y)
{
  gst_harness_push_upstream_event (f->h,
      gst_navigation_event_new_mouse_button_press (1, x, y,
          GST_NAVIGATION_MODIFIER_NONE));
  gst_harness_push_upstream_event (f->h,
      gst_navigation_event_new_mouse_button_release (1, to_x, to_y,
          GST_NAVIGATION_MODIFIER_NONE));
}

/* A double click, and a click on what is followed, start nothing. */
GST_START_TEST (clicks_on_one_thing_start_one_target)
{
  Fixture *f = fixture_new ("sstracker name=t select-on-click=true", NULL);
  GstStructure *selected;
  guint64 id, number;

  click (f, 90, 110);
  click (f, 92, 111);
  expect_targets (fixture_push (f), 1);
  id = expect_event (f, "started", "");
  click (f, 95, 105);
  expect_targets (fixture_push (f), 1);
  selected = pop_message (f, "sstracker/selected");
  fail_unless (selected != NULL);
  fail_unless (gst_structure_get_uint64 (selected, "id", &number));
  fail_unless_equals_uint64 (number, id);
  gst_structure_free (selected);
  expect_no_event (f);
  click (f, 250, 60);
  expect_targets (fixture_push (f), 2);
  fixture_free (f);
}

GST_END_TEST;

/* Where there is no room the newest click takes the place of the oldest, but
 * not of what was asked for otherwise. */
GST_START_TEST (the_newest_click_replaces_the_oldest)
{
  Fixture *f = fixture_new ("sstracker name=t select-on-click=true "
      "max-targets=2 init-box=20,180,40,40", NULL);
  GstBuffer *buffer;

  fixture_run (f, 1);
  expect_event (f, "started", "");
  for (guint64 id = 2; id <= 4; id++) {
    click (f, 80 * (id - 1), 60);
    buffer = fixture_push (f);
    if (id > 2)
      fail_unless_equals_uint64 (expect_event (f, "ended", "removed"), id - 1);
    fail_unless_equals_uint64 (expect_event (f, "started", ""), id);
    gst_buffer_unref (buffer);
    buffer = fixture_push (f);
    fail_unless_equals_uint64 (get_target (buffer, 0).id, 1);
    fail_unless_equals_uint64 (get_target (buffer, 1).id, id);
    expect_targets (buffer, 2);
  }
  expect_no_warning (f);

  /* A drag is a click; what can't be followed takes nobody's place. */
  drag (f, 200, 150, 240, 200);
  buffer = fixture_push (f);
  fail_unless_equals_uint64 (expect_event (f, "ended", "removed"), 4);
  fail_unless_equals_uint64 (expect_event (f, "started", ""), 5);
  expect_targets (buffer, 2);
  drag (f, WIDTH + 10, 150, WIDTH + 60, 200);
  expect_targets (fixture_push (f), 2);
  fail_unless_equals_uint64 (expect_event (f, "ended", "refused"), 6);
  fixture_free (f);
}

GST_END_TEST;

/* A detector of the application's own corrects a target, which keeps its id,
 * also when it is lost. */
GST_START_TEST (an_update_corrects_its_target)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstBuffer *buffer;
  SstBox box, truth;
  guint64 id;

  fixture_follow (f);
  fixture_run (f, 5);
  id = expect_event (f, "started", "");
  scene_sprite (f->scene, f->thing)->hidden = TRUE;
  fixture_run (f, 30);
  expect_event (f, "lost", "");
  scene_sprite (f->scene, f->thing)->hidden = FALSE;
  scene_sprite (f->scene, f->thing)->x += 70;
  scene_render (f->scene, f->t);
  truth = fixture_truth (f);
  g_signal_emit_by_name (f->tracker, "update-target", id, (gdouble) truth.x,
      (gdouble) truth.y, (gdouble) truth.width, (gdouble) truth.height);
  buffer = fixture_push (f);
  fail_unless_equals_uint64 (get_target (buffer, 0).id, id);
  fail_unless_equals_string (get_target (buffer, 0).state, "tracking");
  box = get_target (buffer, 0).box;
  fail_unless (sst_box_iou (&box, &truth) > 0.99f);
  gst_buffer_unref (buffer);
  fail_unless_equals_uint64 (expect_event (f, "recovered", ""), id);
  fixture_run (f, 10);
  buffer = fixture_push (f);
  truth = fixture_truth (f);
  box = get_target (buffer, 0).box;
  fail_unless (sst_box_iou (&box, &truth) > 0.6f);
  gst_buffer_unref (buffer);

  g_signal_emit_by_name (f->tracker, "update-target", id + 1, 10.0, 10.0, 40.0,
      40.0);
  fixture_run (f, 1);
  expect_no_warning (f);
  g_signal_emit_by_name (f->tracker, "update-target", id, 10.0, 10.0, 1.0,
      40.0);
  buffer = fixture_push (f);
  expect_warning (f, "can not be in the box 10,10,1,40");
  truth = fixture_truth (f);
  box = get_target (buffer, 0).box;
  fail_unless (sst_box_iou (&box, &truth) > 0.6f);
  gst_buffer_unref (buffer);
  expect_no_event (f);
  fixture_free (f);
}

GST_END_TEST;

/* Two trackers in a row have the same ids; whose a region is stands in it. */
GST_START_TEST (a_region_says_which_tracker_wrote_it)
{
  Fixture *f = fixture_new ("sstracker name=t init-from=property ! "
      "sstracker name=u init-from=property init-box=200,20,40,40", NULL);
  guint n[2] = { 0, 0 };
  gpointer state = NULL;
  GstBuffer *buffer;
  GstMeta *meta;

  fixture_follow (f);
  buffer = fixture_push (f);
  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) != NULL) {
    GstVideoRegionOfInterestMeta *region =
        (GstVideoRegionOfInterestMeta *) meta;
    GstStructure *param =
        gst_video_region_of_interest_meta_get_param (region, "sstracker");
    const gchar *source = gst_structure_get_string (param, "source");
    const gboolean is_t = g_strcmp0 (source, "t") == 0;

    fail_unless_equals_int (region->id, 1);
    fail_unless (is_t || g_strcmp0 (source, "u") == 0, "%s", source);
    fail_unless_equals_int (region->x < 150, is_t);
    n[!is_t]++;
  }
  fail_unless (n[0] == 1 && n[1] == 1);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

static Suite *
sstracker_live_suite (void)
{
  Suite *s = suite_create ("sstracker live");
  TCase *tc = tcase_create ("live");

  tcase_add_test (tc, marks_of_a_leaky_queue_change_nothing);
  tcase_add_test (tc, times_that_stand_still_are_borne);
  tcase_add_test (tc, reports_have_one_clock);
  tcase_add_test (tc, sizes_rounded_to_blocks_are_one_scene);
  tcase_add_test (tc, a_loop_starts_its_boxes_again);
  tcase_add_test (tc, a_start_at_a_position_begins_there);
  tcase_add_test (tc, clicks_on_one_thing_start_one_target);
  tcase_add_test (tc, the_newest_click_replaces_the_oldest);
  tcase_add_test (tc, an_update_corrects_its_target);
  tcase_add_test (tc, a_region_says_which_tracker_wrote_it);
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (sstracker_live);
