/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* How targets start and end: init-box, action signals, regions from upstream,
 * clicks; and the messages about them. */

#include <gst/video/navigation.h>
#include <math.h>

#include "test_sstracker_common.h"

static void
assert_box (const SstBox * box, float x, float y, float width, float height)
{
  fail_unless (fabsf (box->x - x) < 0.01f && fabsf (box->y - y) < 0.01f
      && fabsf (box->width - width) < 0.01f
      && fabsf (box->height - height) < 0.01f, "%g,%g %gx%g", box->x, box->y,
      box->width, box->height);
}

static guint64
add_target (Fixture * f, gdouble x, gdouble y, gdouble width, gdouble height)
{
  guint64 id = 0;

  g_signal_emit_by_name (f->tracker, "add-target", x, y, width, height, &id);
  return id;
}

GST_START_TEST (a_target_is_followed)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  float worst = 1.f;

  fixture_follow (f);
  for (int i = 0; i < 30; i++) {
    GstBuffer *buffer = fixture_push (f);
    const SstBox truth = fixture_truth (f);
    Found found;

    fail_unless_equals_int (count_targets (buffer), 1);
    found = get_target (buffer, 0);
    fail_unless_equals_uint64 (found.id, 1);
    fail_unless_equals_string (found.state, "tracking");
    fail_unless_equals_string (found.event, i == 0 ? "started" : "");
    fail_unless_equals_uint64 (found.first_seen, 0);
    fail_unless_equals_uint64 (found.last_seen, (guint) i * FRAME_TIME);
    fail_unless (found.confidence > 0.3 && found.confidence <= 1.0);
    fail_if (found.predicted);
    worst = MIN (worst, sst_box_iou (&found.box, &truth));
    gst_buffer_unref (buffer);
  }
  fail_unless (worst > 0.5f, "overlap %g", worst);
  fail_unless_equals_uint64 (expect_event (f, "started", ""), 1);
  expect_no_event (f);
  fail_unless_equals_uint64 (get_stat (f, "frames"), 30);
  fail_unless_equals_uint64 (get_stat (f, "tracked-frames"), 30);
  fail_unless_equals_uint64 (get_stat (f, "started"), 1);
  fail_unless_equals_uint64 (get_stat (f, "targets"), 1);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (init_box_is_taken_to_the_bit)
{
  /* What is asked for is what the first frame carries, to the bit. */
  static const struct
  {
    const gchar *text;
    guint n;
    SstBox last;
  } cases[] = {
    {"60,80,40,50", 1, {60, 80, 40, 50}},
    {"  60 , 80 ,40,\t50 ", 1, {60, 80, 40, 50}},
    {"60.5,80.25,4e1,+50", 1, {60.5f, 80.25f, 40, 50}},
    {"10%,20%,25%,50%", 1, {32, 48, 80, 120}},
    {"10%, 48 ,80,50 %", 1, {32, 48, 80, 120}},
    {"-5,-5,40,40", 1, {-5, -5, 40, 40}},
    {"60,80,40,50;10%,20%,25%,50%", 2, {32, 48, 80, 120}},
    {"1,2,30,40; 100,100,50,50; ", 2, {100, 100, 50, 50}},
    {"", 0, {0}},
    {"   ", 0, {0}},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    Fixture *f = fixture_new ("sstracker name=t", NULL);
    GstBuffer *buffer;

    g_object_set (f->tracker, "init-box", cases[i].text, NULL);
    buffer = fixture_push (f);
    fail_unless_equals_int (count_targets (buffer), cases[i].n);
    if (cases[i].n > 0) {
      const Found found = get_target (buffer, cases[i].n - 1);

      assert_box (&found.box, cases[i].last.x, cases[i].last.y,
          cases[i].last.width, cases[i].last.height);
    }
    expect_no_warning (f);
    gst_buffer_unref (buffer);
    fixture_free (f);
  }
}

GST_END_TEST;

GST_START_TEST (garbage_in_init_box_is_told_with_its_place)
{
  static const struct
  {
    const gchar *text, *message;
  } cases[] = {
    {"hello", "box 1, character 1: \"hello\" is not a number, x was expected"},
    {"10,20,30", "box 1, character 9: the end stands where a comma and height"},
    {"10,20,30,", "character 10: the end is not a number, height"},
    {"10,,30,40", "box 1, character 4: \",\" is not a number, y"},
    {"10,20,30,40,50", "character 12: \",\" stands where"},
    {"10;20;30;40", "a comma and y"},
    {"10 20 30 40", "a comma and y"},
    {"1,2,30,40;x", "box 2, character 11: \"x\" is not a number"},
    {";1,2,3,4", "box 1, character 1: \";\" is not a number"},
    {"nan,0,40,40", "is not a number"},
    {"0,0,inf,40", "is not a number"},
    {"0x10,0,40,40", "is not a number"},
    {"1e99,0,40,40", "x is out of range"},
    {"0,0,-40,40", "width must be larger than 0"},
    {"0,0,40,0", "height must be larger than 0"},
    {"0,0,40%%,40", "comma"},
    {"0.1,0.1,0.2,0.2", "width is less than a pixel (parts of the picture are "
          "given with %: \"20%\")"},
    {"10,10,20,20\xff", "stands where"},
    {"\xff", "is not a number"},
  };

  Fixture *f = fixture_new ("sstracker name=t", NULL);

  g_object_set (f->tracker, "init-box", "60,80,40,50", NULL);
  fixture_run (f, 1);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstBuffer *buffer;

    g_object_set (f->tracker, "init-box", cases[i].text, NULL);
    buffer = fixture_push (f);
    expect_warning (f, cases[i].message);
    /* The old targets run on, and it is said once. */
    fail_unless_equals_int (count_targets (buffer), 1);
    fail_unless_equals_uint64 (get_target (buffer, 0).id, 1);
    gst_buffer_unref (buffer);
    fixture_run (f, 1);
    expect_no_warning (f);
  }
  fail_unless_equals_uint64 (get_stat (f, "ended"), 0);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (a_new_init_box_replaces_its_own_targets)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstBuffer *buffer;
  guint64 id;

  g_object_set (f->tracker, "init-box", "60,80,40,50;150,80,40,50", NULL);
  id = add_target (f, 10, 10, 40, 40);
  buffer = fixture_push (f);
  fail_unless_equals_int (count_targets (buffer), 3);
  gst_buffer_unref (buffer);
  for (int i = 0; i < 3; i++)
    expect_event (f, "started", "");

  /* While playing: those of the property go, the other one stays. */
  g_object_set (f->tracker, "init-box", "200,150,40,50", NULL);
  buffer = fixture_push (f);
  fail_unless_equals_int (count_targets (buffer), 2);
  fail_unless_equals_uint64 (get_target (buffer, 0).id, id);
  fail_unless_equals_uint64 (get_target (buffer, 1).id, 4);
  fail_unless_equals_string (get_target (buffer, 1).event, "started");
  gst_buffer_unref (buffer);
  expect_event (f, "ended", "removed");
  expect_event (f, "ended", "removed");
  fail_unless_equals_uint64 (expect_event (f, "started", ""), 4);

  /* The same again starts anew. */
  g_object_set (f->tracker, "init-box", "200,150,40,50", NULL);
  buffer = fixture_push (f);
  fail_unless_equals_int (count_targets (buffer), 2);
  fail_unless_equals_uint64 (get_target (buffer, 1).id, 5);
  gst_buffer_unref (buffer);
  fail_unless_equals_uint64 (expect_event (f, "ended", "removed"), 4);
  fail_unless_equals_uint64 (expect_event (f, "started", ""), 5);

  /* "" ends them. */
  g_object_set (f->tracker, "init-box", "", NULL);
  buffer = fixture_push (f);
  fail_unless_equals_int (count_targets (buffer), 1);
  fail_unless_equals_uint64 (get_target (buffer, 0).id, id);
  gst_buffer_unref (buffer);
  fail_unless_equals_uint64 (expect_event (f, "ended", "removed"), 5);
  expect_no_event (f);
  fail_unless_equals_uint64 (get_stat (f, "ended"), 4);
  fixture_free (f);
}

GST_END_TEST;

/* Before the stream starts it is an error. */
GST_START_TEST (garbage_in_init_box_prevents_a_start)
{
  GstElement *tracker = gst_element_factory_make ("sstracker", NULL);
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  GError *error;

  g_object_set (tracker, "init-box", "0.1,0.1,0.2,0.2", NULL);
  gst_element_set_bus (tracker, bus);
  fail_unless_equals_int (gst_element_set_state (tracker, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (strstr (error->message, "init-box") != NULL
      && strstr (error->message, "%") != NULL, "%s", error->message);
  g_clear_error (&error);
  gst_message_unref (message);
  gst_element_set_state (tracker, GST_STATE_NULL);
  gst_element_set_bus (tracker, NULL);
  gst_object_unref (bus);
  gst_object_unref (tracker);
}

GST_END_TEST;

/* What no picture could hold is refused at once, as it was given. */
GST_START_TEST (an_impossible_target_is_refused_at_once)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);

  fail_unless_equals_uint64 (add_target (f, 10, 10, -5, 20), 0);
  expect_warning (f, "10,10,-5,20");
  fail_unless_equals_uint64 (add_target (f, NAN, 10, 20, 20), 0);
  expect_warning (f, "nan,10,20,20");
  fail_unless_equals_uint64 (add_target (f, 60, 80, 40, 50), 1);
  fixture_run (f, 1);
  expect_event (f, "started", "");
  expect_no_event (f);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (boxes_outside_are_refused_one_by_one)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstBuffer *buffer;

  g_object_set (f->tracker, "init-box",
      "900,900,40,40;60,80,40,50;10,10,1,1;-39,80,40,40", NULL);
  buffer = fixture_push (f);
  /* What can be followed is. */
  fail_unless_equals_int (count_targets (buffer), 1);
  fail_unless_equals_uint64 (get_target (buffer, 0).id, 2);
  gst_buffer_unref (buffer);
  expect_warning (f, "900,900,40,40");
  expect_warning (f, "10,10,1,1");
  expect_warning (f, "-39,80,40,40");
  expect_no_warning (f);
  fail_unless_equals_uint64 (get_stat (f, "started"), 1);
  fail_unless_equals_uint64 (get_stat (f, "ended"), 0);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (init_from_says_which_source_counts)
{
  Fixture *f = fixture_new ("sstracker name=t init-from=roi", NULL);
  GstBuffer *buffer;

  g_object_set (f->tracker, "init-box", "60,80,40,50", NULL);
  buffer = fixture_push (f);
  fail_unless_equals_int (count_targets (buffer), 0);
  gst_buffer_unref (buffer);

  /* It waited. */
  gst_util_set_object_arg (G_OBJECT (f->tracker), "init-from", "property");
  buffer = fixture_push (f);
  fail_unless_equals_int (count_targets (buffer), 1);
  gst_buffer_unref (buffer);

  /* Regions do not count now. */
  buffer = fixture_buffer (f);
  gst_buffer_add_video_region_of_interest_meta (buffer, "car", 200, 100, 40,
      40);
  buffer = fixture_push_buffer (f, buffer);
  fail_unless_equals_int (count_targets (buffer), 1);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (actions_add_and_remove)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstBuffer *buffer;

  fail_unless_equals_uint64 (add_target (f, 60, 80, 40, 50), 1);
  fail_unless_equals_uint64 (add_target (f, 150, 80, 40, 50), 2);
  fail_unless_equals_uint64 (add_target (f, 220, 150, 40, 50), 3);
  buffer = fixture_push (f);
  fail_unless_equals_int (count_targets (buffer), 3);
  gst_buffer_unref (buffer);

  g_signal_emit_by_name (f->tracker, "remove-target", (guint64) 2);
  g_signal_emit_by_name (f->tracker, "remove-target", (guint64) 99);
  g_signal_emit_by_name (f->tracker, "remove-target", (guint64) 0);
  buffer = fixture_push (f);
  fail_unless_equals_int (count_targets (buffer), 2);
  fail_unless_equals_uint64 (get_target (buffer, 0).id, 1);
  fail_unless_equals_uint64 (get_target (buffer, 1).id, 3);
  gst_buffer_unref (buffer);

  /* What is asked for before a reset is forgotten, what comes after is not. */
  g_object_set (f->tracker, "init-box", "10,10,40,40", NULL);
  add_target (f, 10, 10, 40, 40);
  g_signal_emit_by_name (f->tracker, "reset");
  fail_unless_equals_uint64 (add_target (f, 100, 100, 40, 40), 5);
  buffer = fixture_push (f);
  fail_unless_equals_int (count_targets (buffer), 1);
  fail_unless_equals_uint64 (get_target (buffer, 0).id, 5);
  gst_buffer_unref (buffer);

  g_signal_emit_by_name (f->tracker, "reset");
  buffer = fixture_push (f);
  fail_unless_equals_int (count_targets (buffer), 0);
  fail_unless_equals_int (count_regions (buffer), 0);
  gst_buffer_unref (buffer);

  for (guint64 id = 1; id <= 3; id++)
    fail_unless_equals_uint64 (expect_event (f, "started", ""), id);
  fail_unless_equals_uint64 (expect_event (f, "ended", "removed"), 2);
  fail_unless_equals_uint64 (expect_event (f, "ended", "removed"), 1);
  fail_unless_equals_uint64 (expect_event (f, "ended", "removed"), 3);
  fail_unless_equals_uint64 (expect_event (f, "started", ""), 5);
  fail_unless_equals_uint64 (expect_event (f, "ended", "removed"), 5);
  expect_no_event (f);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (targets_may_be_added_before_the_start)
{
  GstElement *tracker = gst_element_factory_make ("sstracker", NULL);
  GstHarness *h;
  GstBuffer *buffer;
  guint64 id = 0, removed = 0;
  Scene *scene = scene_new (WIDTH, HEIGHT, 3);
  SstFrame view = scene_render (scene, 0);
  GstVideoInfo info;

  gst_object_ref_sink (tracker);
  g_signal_emit_by_name (tracker, "add-target", 60., 80., 40., 50., &id);
  g_signal_emit_by_name (tracker, "add-target", 160., 80., 40., 50., &removed);
  g_signal_emit_by_name (tracker, "remove-target", removed);
  fail_unless_equals_uint64 (id, 1);
  fail_unless_equals_uint64 (removed, 2);

  h = gst_harness_new_with_element (tracker, "sink", "src");
  gst_harness_set_src_caps_str (h, I420_CAPS);
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);
  buffer = gst_harness_push_and_pull (h, buffer_from_view (&view, &info));
  fail_unless_equals_int (count_targets (buffer), 1);
  fail_unless_equals_uint64 (get_target (buffer, 0).id, id);
  gst_buffer_unref (buffer);
  gst_harness_teardown (h);
  gst_object_unref (tracker);
  scene_free (&scene);
}

GST_END_TEST;

GST_START_TEST (hostile_boxes_start_nothing)
{
  static const gdouble boxes[][4] = {
    {NAN, 0, 40, 40}, {0, INFINITY, 40, 40}, {0, 0, -40, 40}, {0, 0, 0, 0},
    {1e300, 0, 40, 40}, {0, 0, 1e300, 1e300}, {-1e9, -1e9, 2e9, 2e9},
    {0, 0, G_MINDOUBLE, G_MINDOUBLE}, {319.9, 239.9, 40, 40},
  };

  Fixture *f = fixture_new ("sstracker name=t overlay=true", NULL);
  GstBuffer *buffer;

  for (guint i = 0; i < G_N_ELEMENTS (boxes); i++) {
    const guint64 id = add_target (f, boxes[i][0], boxes[i][1], boxes[i][2],
        boxes[i][3]);

    buffer = fixture_push (f);
    fail_unless_equals_int (count_targets (buffer), 0);
    gst_buffer_unref (buffer);
    /* No picture could hold most of them. */
    fail_unless_equals_int (id > 0, i == G_N_ELEMENTS (boxes) - 1);
    if (id > 0)
      fail_unless_equals_uint64 (expect_event (f, "ended", "refused"), id);
    expect_no_event (f);
    expect_warning (f, "Can not follow the box");
    expect_no_warning (f);
  }
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (too_many_requests_are_told_once)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  guint64 id = 1;
  guint n;

  for (n = 0; n < 10000 && id != 0; n++)
    id = add_target (f, 10, 10, 40, 40);
  fail_unless (n > 1000 && n < 10000);
  expect_warning (f, "Too many requests");
  /* what gives nothing back says so, too, and all of it once */
  g_signal_emit_by_name (f->tracker, "update-target", (guint64) 1, 10.0, 10.0,
      40.0, 40.0);
  g_signal_emit_by_name (f->tracker, "remove-target", (guint64) 1);
  expect_no_warning (f);
  g_signal_emit_by_name (f->tracker, "reset");
  fail_unless (add_target (f, 10, 10, 40, 40) != 0);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (max_targets_bounds_the_set)
{
  Fixture *f = fixture_new ("sstracker name=t max-targets=2", NULL);
  GstBuffer *buffer;

  g_object_set (f->tracker, "init-box",
      "10,10,40,40;60,80,40,50;150,80,40,40", NULL);
  buffer = fixture_push (f);
  fail_unless_equals_int (count_targets (buffer), 2);
  gst_buffer_unref (buffer);
  expect_warning (f, "max-targets");
  expect_event (f, "started", "");
  expect_event (f, "started", "");
  fail_unless_equals_uint64 (expect_event (f, "ended", "no-room"), 3);

  /* While playing: more room, then less, which ends none. */
  g_object_set (f->tracker, "max-targets", 3, NULL);
  add_target (f, 200, 100, 40, 40);
  buffer = fixture_push (f);
  fail_unless_equals_int (count_targets (buffer), 3);
  gst_buffer_unref (buffer);
  g_object_set (f->tracker, "max-targets", 1, NULL);
  buffer = fixture_push (f);
  fail_unless_equals_int (count_targets (buffer), 3);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (regions_start_targets)
{
  Fixture *f = fixture_new ("sstracker name=t init-label=car", NULL);
  GstVideoRegionOfInterestMeta *region;
  GstBuffer *buffer = fixture_buffer (f);
  Found found;

  region = gst_buffer_add_video_region_of_interest_meta (buffer, "car", 66, 90,
      48, 40);
  region->id = 77;
  gst_video_region_of_interest_meta_add_param (region,
      gst_structure_new ("detection", "confidence", G_TYPE_DOUBLE, 0.7, NULL));
  gst_buffer_add_video_region_of_interest_meta (buffer, "tree", 200, 20, 40,
      40);
  buffer = fixture_push_buffer (f, buffer);

  fail_unless_equals_int (count_targets (buffer), 1);
  found = get_target (buffer, 0);
  fail_unless_equals_string (found.label, "car");
  assert_box (&found.box, 66, 90, 48, 40);
  /* Theirs are there as they were, ours was added. */
  fail_unless_equals_int (count_regions (buffer), 3);
  region = get_region (buffer, 77);
  fail_unless (region != NULL);
  fail_unless_equals_int (region->x, 66);
  fail_unless (gst_video_region_of_interest_meta_get_param (region,
          "detection") != NULL);
  region = get_region (buffer, 1);
  fail_unless (region->roi_type == g_quark_from_static_string ("car"));
  gst_buffer_unref (buffer);

  /* The label may change while playing. */
  g_object_set (f->tracker, "init-label", NULL, NULL);
  buffer = fixture_buffer (f);
  gst_buffer_add_video_region_of_interest_meta (buffer, "tree", 200, 20, 40,
      40);
  buffer = fixture_push_buffer (f, buffer);
  fail_unless_equals_int (count_targets (buffer), 2);
  fail_unless_equals_string (get_target (buffer, 1).label, "tree");
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

/* Detectors write signed numbers into the region's unsigned ones. */
GST_START_TEST (regions_beyond_the_border_start_there)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstBuffer *buffer = fixture_buffer (f);
  Found found;

  gst_buffer_add_video_region_of_interest_meta (buffer, "car", (guint) -6,
      (guint) -8, 48, 40);
  buffer = fixture_push_buffer (f, buffer);
  fail_unless_equals_int (count_targets (buffer), 1);
  found = get_target (buffer, 0);
  assert_box (&found.box, -6, -8, 48, 40);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (regions_correct_their_target)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);

  /* A detector every tenth frame, off by two pixels: one target stays. */
  for (int i = 0; i < 31; i++) {
    GstBuffer *buffer = fixture_buffer (f);

    if (i % 10 == 0) {
      const SstBox truth = fixture_truth (f);

      gst_buffer_add_video_region_of_interest_meta (buffer, "car",
          (guint) truth.x + 2, (guint) truth.y, 48, 40);
    }
    buffer = fixture_push_buffer (f, buffer);
    fail_unless_equals_int (count_targets (buffer), 1);
    fail_unless_equals_uint64 (get_target (buffer, 0).id, 1);
    gst_buffer_unref (buffer);
  }
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (regions_of_our_own_are_ignored)
{
  /* The second takes nothing from the first, straight or through a
   * videoconvert, which drops what marks our regions. */
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
      GstCustomMeta *meta =
          gst_buffer_get_custom_meta (buffer, "GstSsTrackMeta");

      fail_unless_equals_int (count_regions (buffer), 1);
      fail_unless_equals_int (count_targets (buffer), 1);
      fail_unless_equals_string (gst_structure_get_string
          (gst_custom_meta_get_structure (meta), "source"), "t");
      gst_buffer_unref (buffer);
    }
    fixture_free (f);
  }
}

GST_END_TEST;

GST_START_TEST (messages_tell_states_and_frames)
{
  Fixture *f = fixture_new ("sstracker name=t messages=frame", NULL);
  GstStructure *structure;
  const GValue *list;
  guint64 number;
  gint size;

  /* One a frame, also without targets. */
  fixture_run (f, 1);
  structure = pop_message (f, "sstracker/frame");
  list = gst_structure_get_value (structure, "targets");
  fail_unless_equals_int (gst_value_list_get_size (list), 0);
  gst_structure_free (structure);

  fixture_follow (f);
  fixture_run (f, 1);
  structure = pop_message (f, "sstracker/state");
  fail_unless_equals_string (read_target (structure).event, "started");
  fail_unless (gst_structure_get_uint64 (structure, "timestamp", &number));
  fail_unless_equals_uint64 (number, FRAME_TIME);
  fail_unless (gst_structure_get_uint64 (structure, "stream-time", &number));
  fail_unless_equals_uint64 (number, FRAME_TIME);
  fail_unless (gst_structure_get_uint64 (structure, "running-time", &number));
  fail_unless_equals_uint64 (number, FRAME_TIME);
  gst_structure_free (structure);
  structure = pop_message (f, "sstracker/frame");
  fail_unless (gst_structure_get_uint64 (structure, "frame", &number));
  fail_unless_equals_uint64 (number, 1);
  fail_unless (gst_structure_get_uint64 (structure, "timestamp", &number));
  fail_unless_equals_uint64 (number, FRAME_TIME);
  fail_unless (gst_structure_get_int (structure, "width", &size));
  fail_unless_equals_int (size, WIDTH);
  fail_unless (gst_structure_get_int (structure, "height", &size));
  fail_unless_equals_int (size, HEIGHT);
  list = gst_structure_get_value (structure, "targets");
  fail_unless_equals_int (gst_value_list_get_size (list), 1);
  fail_unless_equals_uint64 (read_target (gst_value_get_structure
          (gst_value_list_get_value (list, 0))).id, 1);
  gst_structure_free (structure);

  gst_util_set_object_arg (G_OBJECT (f->tracker), "messages", "state");
  fixture_run (f, 2);
  fail_unless (pop_message (f, "sstracker/frame") == NULL);
  g_signal_emit_by_name (f->tracker, "reset");
  fixture_run (f, 1);
  expect_event (f, "ended", "removed");

  gst_util_set_object_arg (G_OBJECT (f->tracker), "messages", "none");
  fixture_follow (f);
  fixture_run (f, 2);
  g_signal_emit_by_name (f->tracker, "reset");
  fixture_run (f, 1);
  expect_no_event (f);
  fail_unless (pop_message (f, "sstracker/frame") == NULL);
  fixture_free (f);
}

GST_END_TEST;

/* ---- loss ---- */

/* Runs until an event, at most n frames. Returns the last buffer. */
static GstBuffer *
run_until (Fixture * f, const gchar * event, int n)
{
  for (int i = 0; i < n; i++) {
    GstBuffer *buffer = fixture_push (f);

    if (count_targets (buffer) == 0
        || g_strcmp0 (get_target (buffer, 0).event, event) == 0)
      return buffer;
    gst_buffer_unref (buffer);
  }
  fail ("not %s within %d frames", event, n);
  return NULL;
}

GST_START_TEST (loss_and_recovery_are_told)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstBuffer *buffer;
  Found found;

  scene_sprite (f->scene, f->thing)->vx = 0;
  scene_sprite (f->scene, f->thing)->vy = 0;
  fixture_follow (f);
  fixture_run (f, 15);
  expect_event (f, "started", "");

  scene_sprite (f->scene, f->thing)->hidden = TRUE;
  buffer = run_until (f, "lost", 75);
  expect_event (f, "lost", "");
  found = get_target (buffer, 0);
  fail_unless_equals_string (found.state, "lost");
  fail_unless (found.predicted);
  fail_unless (found.last_seen < GST_BUFFER_PTS (buffer));
  /* A lost target has no region, which would pass for seen. */
  fail_unless_equals_int (count_regions (buffer), 0);
  gst_buffer_unref (buffer);
  fail_unless_equals_uint64 (get_stat (f, "lost"), 1);

  scene_sprite (f->scene, f->thing)->hidden = FALSE;
  buffer = run_until (f, "recovered", 75);
  fail_unless_equals_uint64 (expect_event (f, "recovered", ""), 1);
  fail_unless_equals_int (count_regions (buffer), 1);
  gst_buffer_unref (buffer);
  fail_unless_equals_uint64 (get_stat (f, "recovered"), 1);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (a_lost_target_ends_in_time)
{
  Fixture *f = fixture_new ("sstracker name=t lost-timeout=200000000", NULL);
  GstBuffer *buffer;

  fixture_follow (f);
  fixture_run (f, 10);
  expect_event (f, "started", "");
  scene_sprite (f->scene, f->thing)->hidden = TRUE;
  gst_buffer_unref (run_until (f, "lost", 75));
  expect_event (f, "lost", "");
  /* 200 ms are 5 frames. */
  for (int i = 0; i < 4; i++) {
    buffer = fixture_push (f);
    fail_unless_equals_int (count_targets (buffer), 1);
    gst_buffer_unref (buffer);
  }
  buffer = fixture_push (f);
  fail_unless_equals_int (count_targets (buffer), 0);
  gst_buffer_unref (buffer);
  fail_unless_equals_uint64 (expect_event (f, "ended", "timeout"), 1);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (min_confidence_bounds_the_state)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstBuffer *buffer;

  fixture_follow (f);
  fixture_run (f, 3);
  /* While playing; nothing is ever that sure for long. */
  g_object_set (f->tracker, "min-confidence", 1.0, NULL);
  for (int i = 0; i < 10; i++) {
    buffer = fixture_push (f);
    if (get_target (buffer, 0).confidence < 1.0)
      fail_unless (g_strcmp0 (get_target (buffer, 0).state, "tracking") != 0);
    gst_buffer_unref (buffer);
  }
  fixture_free (f);
}

GST_END_TEST;

/* Of thousands of regions so many count as there can be targets. */
GST_START_TEST (thousands_of_regions_are_bounded)
{
  Fixture *f = fixture_new ("sstracker name=t max-targets=1 model=none", NULL);
  GstBuffer *buffer = fixture_buffer (f);
  GstStructure *structure;
  guint64 count;

  for (guint i = 0; i < 3000; i++)
    gst_buffer_add_video_region_of_interest_meta (buffer, "car", i % 75 * 4,
        i / 75 * 4, 3, 3)->id = (gint) i;
  gst_buffer_unref (fixture_push_buffer (f, buffer));
  structure = pop_message (f, "sstracker/no-room");
  fail_unless (gst_structure_get_uint64 (structure, "count", &count));
  fail_unless_equals_uint64 (count, 1023);
  gst_structure_free (structure);
  fixture_free (f);
}

GST_END_TEST;

/* Nothing to start from: said once. */
GST_START_TEST (no_source_is_told)
{
  Fixture *f = fixture_new ("sstracker name=t init-from=roi", NULL);

  for (guint i = 0; i < 270; i++) {
    GstBuffer *buffer = fixture_buffer (f);

    f->t = 0;
    GST_BUFFER_PTS (buffer) = i * FRAME_TIME;
    gst_buffer_unref (fixture_push_buffer (f, buffer));
    if (i < 250)
      expect_no_warning (f);
  }
  expect_warning (f, "attached a region");
  expect_no_warning (f);
  fixture_free (f);

  f = fixture_new ("sstracker name=t init-from=roi init-box=10,10,40,40", NULL);
  fixture_run (f, 3);
  expect_warning (f, "leaves out");
  expect_no_warning (f);
  fixture_free (f);
}

GST_END_TEST;

/* What an application asks for is not remembered for ever. */
GST_START_TEST (labels_that_are_wanted_are_let_go)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);

  for (guint i = 0; i < 5; i++) {
    gchar *label = g_strdup_printf ("wanted-%u", i);

    g_object_set (f->tracker, "init-label", label, NULL);
    fixture_run (f, 1);
    fail_unless_equals_int (g_quark_try_string (label), 0);
    g_free (label);
  }
  fixture_free (f);
}

GST_END_TEST;

/* What is turned away is said, once a second. */
GST_START_TEST (no_room_is_told_once_a_second)
{
  Fixture *f = fixture_new ("sstracker name=t max-targets=1", NULL);
  guint64 count, total = 0;
  guint n_told = 0;
  GstStructure *structure;

  fixture_follow (f);
  for (guint i = 0; i < 60; i++) {
    GstBuffer *buffer = fixture_buffer (f);

    gst_buffer_add_video_region_of_interest_meta (buffer, "car", 10 + i % 2,
        170, 40, 40);
    gst_buffer_unref (fixture_push_buffer (f, buffer));
  }
  while ((structure = pop_message (f, "sstracker/no-room")) != NULL) {
    fail_unless (gst_structure_get_uint64 (structure, "count", &count));
    fail_unless (gst_structure_has_field (structure, "running-time"));
    gst_structure_free (structure);
    total += count;
    n_told++;
  }
  fail_unless_equals_int (n_told, 3);
  fail_unless (total >= 50 && total <= 60);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (threads_change_nothing_and_a_budget_coasts)
{
  /* The results do not depend on the threads; a budget makes some coast. */
  SstBox one[3][10];
  guint coasted = 0;

  for (int run = 0; run < 3; run++) {
    Fixture *f = fixture_new ("sstracker name=t", NULL);

    g_object_set (f->tracker, "init-box",
        "66,90,48,40;150,80,40,50;220,150,40,50", "n-threads", run == 1 ? 4 : 1,
        NULL);
    for (int i = 0; i < 10; i++) {
      GstBuffer *buffer = fixture_push (f);

      g_object_set (f->tracker, "budget", run == 2 ? 1 : 0, NULL);
      fail_unless_equals_int (count_targets (buffer), 3);
      one[run][i] = get_target (buffer, 2).box;
      for (guint k = 0; k < 3; k++)
        coasted += run == 2 && get_target (buffer, k).predicted;
      gst_buffer_unref (buffer);
    }
    fixture_free (f);
  }
  fail_unless (memcmp (one[0], one[1], sizeof one[0]) == 0);
  fail_unless_equals_int (coasted, 18);
}

GST_END_TEST;

/* ---- clicks ---- */

static gboolean
press (Fixture * f, gint button, gdouble x, gdouble y)
{
  return gst_harness_push_upstream_event (f->h,
      gst_navigation_event_new_mouse_button_press (button, x, y,
          GST_NAVIGATION_MODIFIER_NONE));
}

static gboolean
release (Fixture * f, gint button, gdouble x, gdouble y)
{
  return gst_harness_push_upstream_event (f->h,
      gst_navigation_event_new_mouse_button_release (button, x, y,
          GST_NAVIGATION_MODIFIER_NONE));
}

static guint
count_upstream_navigation (Fixture * f)
{
  GstEvent *event;
  guint n = 0;

  while ((event = gst_harness_try_pull_upstream_event (f->h)) != NULL) {
    n += GST_EVENT_TYPE (event) == GST_EVENT_NAVIGATION;
    gst_event_unref (event);
  }
  return n;
}

static gboolean
touch (Fixture * f, gboolean down, gdouble x, gdouble y)
{
  return gst_harness_push_upstream_event (f->h, down ?
      gst_navigation_event_new_touch_down (7, x, y, 1.0,
          GST_NAVIGATION_MODIFIER_NONE) : gst_navigation_event_new_touch_up (7,
          x, y, GST_NAVIGATION_MODIFIER_NONE));
}

/* What is dragged beyond the picture ends at its border, by mouse or finger. */
GST_START_TEST (a_drag_ends_at_the_border)
{
  for (guint by_touch = 0; by_touch < 2; by_touch++) {
    Fixture *f = fixture_new ("sstracker name=t select-on-click=true", NULL);
    GstBuffer *buffer;
    SstBox box;

    fixture_run (f, 1);
    if (by_touch) {
      touch (f, TRUE, 280, 200);
      touch (f, FALSE, 900, 700);
    } else {
      press (f, 1, 280, 200);
      release (f, 1, 900, 700);
    }
    buffer = fixture_push (f);
    box = get_target (buffer, 0).box;
    fail_unless_equals_float (box.x, 280);
    fail_unless_equals_float (box.y, 200);
    fail_unless_equals_float (box.width, WIDTH - 280);
    fail_unless_equals_float (box.height, HEIGHT - 200);
    gst_buffer_unref (buffer);
    expect_no_warning (f);
    fixture_free (f);
  }
}

GST_END_TEST;

GST_START_TEST (clicks_pass_where_they_are_off)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstBuffer *buffer;

  fixture_run (f, 1);
  press (f, 1, 100, 100);
  release (f, 1, 100, 100);
  press (f, 3, 100, 100);
  fail_unless_equals_int (count_upstream_navigation (f), 3);
  buffer = fixture_push (f);
  fail_unless_equals_int (count_targets (buffer), 0);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

/* Whether something is drawn into the next frame. */
static gboolean
is_drawn_into (Fixture * f)
{
  GstBuffer *buffer = fixture_buffer (f), *plain =
      gst_buffer_copy_deep (buffer);
  GstMapInfo map;
  gboolean drawn;

  buffer = fixture_push_buffer (f, buffer);
  gst_buffer_map (buffer, &map, GST_MAP_READ);
  drawn = gst_buffer_memcmp (plain, 0, map.data, map.size) != 0;
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (plain);
  gst_buffer_unref (buffer);
  return drawn;
}

/* Who drags sees the box, in a picture with the overlay alone. */
GST_START_TEST (a_drag_is_drawn)
{
  Fixture *f = fixture_new ("sstracker name=t select-on-click=true", NULL);

  for (int overlay = 0; overlay < 2; overlay++) {
    g_object_set (f->tracker, "overlay", overlay, NULL);
    fail_if (is_drawn_into (f));
    press (f, 1, 140, 130);
    fail_if (is_drawn_into (f));
    gst_harness_push_upstream_event (f->h,
        gst_navigation_event_new_mouse_move (100, 90,
            GST_NAVIGATION_MODIFIER_NONE));
    fail_unless_equals_int (is_drawn_into (f), overlay);
    /* back to where it began, it is none */
    gst_harness_push_upstream_event (f->h,
        gst_navigation_event_new_mouse_move (141, 130,
            GST_NAVIGATION_MODIFIER_NONE));
    fail_if (is_drawn_into (f));
    g_object_set (f->tracker, "select-on-click", FALSE, NULL);
    g_object_set (f->tracker, "select-on-click", TRUE, NULL);
  }
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (clicks_and_drags_select)
{
  Fixture *f = fixture_new ("sstracker name=t select-on-click=true", NULL);
  GstBuffer *buffer;
  Found found;

  fixture_run (f, 1);

  /* A box, dragged from its lower right corner. */
  fail_unless (press (f, 1, 140, 130));
  gst_harness_push_upstream_event (f->h,
      gst_navigation_event_new_mouse_move (120, 110,
          GST_NAVIGATION_MODIFIER_NONE));
  fail_unless (release (f, 1, 100, 90));
  /* What was not for us went on. */
  fail_unless_equals_int (count_upstream_navigation (f), 1);
  buffer = fixture_push (f);
  fail_unless_equals_int (count_targets (buffer), 1);
  found = get_target (buffer, 0);
  assert_box (&found.box, 100, 90, 40, 40);
  gst_buffer_unref (buffer);

  /* A click: an eighth of the height, or click-size. */
  press (f, 1, 200, 60);
  release (f, 1, 202, 61);
  buffer = fixture_push (f);
  found = get_target (buffer, 1);
  assert_box (&found.box, 185, 45, 30, 30);
  gst_buffer_unref (buffer);
  g_object_set (f->tracker, "click-size", 50, NULL);
  press (f, 1, 250, 200);
  release (f, 1, 250, 200);
  buffer = fixture_push (f);
  found = get_target (buffer, 2);
  assert_box (&found.box, 225, 175, 50, 50);
  gst_buffer_unref (buffer);

  /* A click on what is detected there takes its box and label. */
  press (f, 1, 50, 200);
  release (f, 1, 50, 200);
  g_object_set (f->tracker, "init-from", 0, NULL);
  buffer = fixture_buffer (f);
  gst_buffer_add_video_region_of_interest_meta (buffer, "street", 0, 100, 300,
      140);
  gst_buffer_add_video_region_of_interest_meta (buffer, "cat", 30, 180, 40, 36);
  buffer = fixture_push_buffer (f, buffer);
  fail_unless_equals_int (count_targets (buffer), 4);
  found = get_target (buffer, 3);
  fail_unless_equals_string (found.label, "cat");
  assert_box (&found.box, 30, 180, 40, 36);
  gst_buffer_unref (buffer);

  /* The right button ends the target under it, and only that. */
  press (f, 3, 50, 200);
  release (f, 3, 50, 200);
  press (f, 3, 5, 5);
  buffer = fixture_push (f);
  fail_unless_equals_int (count_targets (buffer), 3);
  gst_buffer_unref (buffer);

  /* A release without a press, and other buttons and keys, are not ours. */
  count_upstream_navigation (f);
  release (f, 1, 100, 100);
  press (f, 2, 100, 100);
  gst_harness_push_upstream_event (f->h,
      gst_navigation_event_new_key_press ("q", GST_NAVIGATION_MODIFIER_NONE));
  fail_unless_equals_int (count_upstream_navigation (f), 3);
  buffer = fixture_push (f);
  fail_unless_equals_int (count_targets (buffer), 3);
  gst_buffer_unref (buffer);

  gst_harness_push_upstream_event (f->h,
      gst_navigation_event_new_key_press ("r", GST_NAVIGATION_MODIFIER_NONE));
  fail_unless_equals_int (count_upstream_navigation (f), 0);
  buffer = fixture_push (f);
  fail_unless_equals_int (count_targets (buffer), 0);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (too_many_clicks_are_told_once)
{
  Fixture *f = fixture_new ("sstracker name=t select-on-click=true", NULL);

  for (guint n = 0; n < 10000; n++)
    press (f, 3, 10, 10);
  expect_warning (f, "Too many requests");
  expect_no_warning (f);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (hostile_clicks_are_borne)
{
  Fixture *f = fixture_new ("sstracker name=t select-on-click=true", NULL);
  static const gdouble places[] = { -1e30, 1e30, 0, -5, 319.999, 1e9 };

  fixture_run (f, 1);
  press (f, 1, NAN, 10);
  release (f, 1, INFINITY, 10);
  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    press (f, 1, places[i], places[G_N_ELEMENTS (places) - 1 - i]);
    release (f, 1, places[(i + 1) % G_N_ELEMENTS (places)], 10);
    press (f, 3, places[i], places[i]);
    gst_buffer_unref (fixture_push (f));
  }
  fail_unless_equals_uint64 (get_stat (f, "frames"), 7);
  fixture_free (f);
}

GST_END_TEST;

static Suite *
sstracker_targets_suite (void)
{
  Suite *s = suite_create ("sstracker targets");
  TCase *tc = tcase_create ("start and end");

  tcase_add_test (tc, a_target_is_followed);
  tcase_add_test (tc, init_box_is_taken_to_the_bit);
  tcase_add_test (tc, garbage_in_init_box_is_told_with_its_place);
  tcase_add_test (tc, a_new_init_box_replaces_its_own_targets);
  tcase_add_test (tc, garbage_in_init_box_prevents_a_start);
  tcase_add_test (tc, an_impossible_target_is_refused_at_once);
  tcase_add_test (tc, boxes_outside_are_refused_one_by_one);
  tcase_add_test (tc, init_from_says_which_source_counts);
  tcase_add_test (tc, actions_add_and_remove);
  tcase_add_test (tc, targets_may_be_added_before_the_start);
  tcase_add_test (tc, hostile_boxes_start_nothing);
  tcase_add_test (tc, too_many_requests_are_told_once);
  tcase_add_test (tc, max_targets_bounds_the_set);
  tcase_add_test (tc, regions_start_targets);
  tcase_add_test (tc, regions_beyond_the_border_start_there);
  tcase_add_test (tc, regions_correct_their_target);
  tcase_add_test (tc, regions_of_our_own_are_ignored);
  tcase_add_test (tc, messages_tell_states_and_frames);
  suite_add_tcase (s, tc);

  tc = tcase_create ("loss and limits");
  tcase_add_test (tc, loss_and_recovery_are_told);
  tcase_add_test (tc, a_lost_target_ends_in_time);
  tcase_add_test (tc, min_confidence_bounds_the_state);
  tcase_add_test (tc, thousands_of_regions_are_bounded);
  tcase_add_test (tc, no_source_is_told);
  tcase_add_test (tc, labels_that_are_wanted_are_let_go);
  tcase_add_test (tc, no_room_is_told_once_a_second);
  tcase_add_test (tc, threads_change_nothing_and_a_budget_coasts);
  suite_add_tcase (s, tc);

  tc = tcase_create ("clicks");
  tcase_add_test (tc, a_drag_ends_at_the_border);
  tcase_add_test (tc, clicks_pass_where_they_are_off);
  tcase_add_test (tc, a_drag_is_drawn);
  tcase_add_test (tc, clicks_and_drags_select);
  tcase_add_test (tc, too_many_clicks_are_told_once);
  tcase_add_test (tc, hostile_clicks_are_borne);
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (sstracker_targets);
