/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* What streams do: gaps, jumps, flushes, segments, new caps, odd timestamps,
 * shared buffers, several runs and several elements. */

#include <math.h>
#include <string.h>

#include "test_sstracker_common.h"

/* Pushes a frame with a flag set. */
static GstBuffer *
push_flagged (Fixture * f, GstBufferFlags flag)
{
  GstBuffer *buffer = fixture_buffer (f);

  GST_BUFFER_FLAG_SET (buffer, flag);
  return fixture_push_buffer (f, buffer);
}

static void
push_event (Fixture * f, GstEvent * event)
{
  fail_unless (gst_harness_push_event (f->h, event));
}

static void
push_segment (Fixture * f, GstClockTime start, GstClockTime base)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = start;
  segment.base = base;
  push_event (f, gst_event_new_segment (&segment));
}

static void
flush (Fixture * f)
{
  push_event (f, gst_event_new_flush_start ());
  push_event (f, gst_event_new_flush_stop (TRUE));
}

static void
drop_events (Fixture * f)
{
  GstStructure *structure;

  while ((structure = pop_message (f, "sstracker/state")) != NULL)
    gst_structure_free (structure);
}

static void
expect_targets (GstBuffer * buffer, guint n)
{
  fail_unless_equals_int (count_targets (buffer), n);
  gst_buffer_unref (buffer);
}

GST_START_TEST (gaps_and_corrupted_frames_are_coasted_over)
{
  static const GstBufferFlags flags[] = {
    GST_BUFFER_FLAG_GAP, GST_BUFFER_FLAG_CORRUPTED
  };

  for (guint i = 0; i < G_N_ELEMENTS (flags); i++) {
    Fixture *f = fixture_new ("sstracker name=t", NULL);
    GstBuffer *buffer;
    Found before, found;

    /* What is asked for waits for a frame that can be looked at. */
    fixture_follow (f);
    expect_targets (push_flagged (f, flags[i]), 0);
    expect_no_event (f);
    f->t = 0;
    for (int k = 0; k < 12; k++) {
      buffer = fixture_push (f);
      before = get_target (buffer, 0);
      gst_buffer_unref (buffer);
    }
    fail_unless_equals_uint64 (expect_event (f, "started", ""), 1);

    /* It moves on unseen; or nothing is new, and it stays. */
    buffer = push_flagged (f, flags[i]);
    found = get_target (buffer, 0);
    fail_unless_equals_uint64 (found.last_seen, before.last_seen);
    if (flags[i] == GST_BUFFER_FLAG_GAP) {
      fail_if (found.predicted);
      fail_unless (memcmp (&found.box, &before.box, sizeof found.box) == 0);
      fail_unless (found.confidence == before.confidence);
    } else {
      fail_unless (found.predicted);
      fail_unless (found.confidence <= before.confidence);
    }
    gst_buffer_unref (buffer);
    buffer = fixture_push (f);
    fail_if (get_target (buffer, 0).predicted);
    gst_buffer_unref (buffer);
    expect_no_warning (f);
    fixture_free (f);
  }
}

GST_END_TEST;

/* A still scene at 5 fps, repeated to 30 as videorate does it. */
GST_START_TEST (repeated_frames_are_no_evidence)
{
  Fixture *f = fixture_new ("sstracker name=t overlay=true", NULL);

  fixture_follow (f);
  for (guint i = 0; i < 180; i++) {
    const int t = f->t;
    GstBuffer *buffer = fixture_buffer (f), *plain;
    GstMapInfo map;
    Found found;

    f->t = (i + 1) % 6 == 0 ? t + 1 : t;        /* the next real frame */
    GST_BUFFER_PTS (buffer) = i * GST_SECOND / 30;
    if (i % 6 != 0)
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
    plain = gst_buffer_copy_deep (buffer);
    buffer = fixture_push_buffer (f, buffer);
    found = get_target (buffer, 0);
    fail_unless_equals_string (found.state, "tracking");
    fail_if (found.predicted);
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    fail_unless (gst_buffer_memcmp (plain, 0, map.data, map.size) != 0,
        "nothing is drawn in frame %u", i);
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (plain);
    gst_buffer_unref (buffer);
  }
  expect_event (f, "started", "");
  expect_no_event (f);
  expect_no_warning (f);
  fixture_free (f);
}

GST_END_TEST;

/* What is lost ends in time and what is removed at once, though no picture is
 * new; what is asked for starts after a while all the same. */
GST_START_TEST (endless_repeats_do_not_stop_time)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);

  fixture_follow (f);
  fixture_run (f, 3);
  expect_event (f, "started", "");
  fixture_follow (f);
  for (guint i = 0; i < 52; i++) {
    gst_buffer_unref (push_flagged (f, GST_BUFFER_FLAG_GAP));
    if (i < 49)
      expect_no_event (f);
  }
  expect_event (f, "ended", "removed");
  expect_event (f, "started", "");
  fixture_free (f);
}

GST_END_TEST;

/* Intra refresh that was joined in its middle: every frame is marked. */
GST_START_TEST (frames_corrupted_for_ever_are_looked_at)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  SstBox truth, box;
  GstBuffer *buffer;

  fixture_follow (f);
  for (guint i = 0; i < 50; i++)
    expect_targets (push_flagged (f, GST_BUFFER_FLAG_CORRUPTED), 0);
  expect_no_warning (f);
  fixture_follow (f);
  for (guint i = 0; i < 10; i++) {
    buffer = push_flagged (f, GST_BUFFER_FLAG_CORRUPTED);
    truth = fixture_truth (f);
    box = get_target (buffer, 0).box;
    fail_unless (sst_box_iou (&truth, &box) > 0.5f);
    fail_if (get_target (buffer, 0).predicted);
    gst_buffer_unref (buffer);
  }
  expect_warning (f, "marked as corrupted");
  expect_no_warning (f);

  /* After a good one a mark counts again. */
  expect_targets (fixture_push (f), 1);
  buffer = push_flagged (f, GST_BUFFER_FLAG_CORRUPTED);
  fail_unless (get_target (buffer, 0).predicted);
  gst_buffer_unref (buffer);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (a_gap_event_ends_nothing)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);

  fixture_follow (f);
  fixture_run (f, 3);
  push_event (f, gst_event_new_gap (3 * FRAME_TIME, 2 * FRAME_TIME));
  f->t += 2;
  expect_targets (fixture_push (f), 1);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (a_discontinuity_is_bridged)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstBuffer *buffer;
  SstBox truth, box;

  fixture_follow (f);
  fixture_run (f, 10);
  /* 8 frames are missing. */
  f->t += 8;
  buffer = push_flagged (f, GST_BUFFER_FLAG_DISCONT);
  truth = fixture_truth (f);
  box = get_target (buffer, 0).box;
  fail_unless (sst_box_iou (&truth, &box) > 0.5f);
  expect_targets (buffer, 1);
  expect_event (f, "started", "");
  expect_no_event (f);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (a_flush_ends_targets)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstBuffer *buffer;

  fixture_follow (f);
  fixture_run (f, 3);
  flush (f);
  push_segment (f, 0, 0);
  expect_event (f, "started", "");
  expect_event (f, "ended", "flush");
  f->t = 1;
  expect_targets (fixture_push (f), 0);

  /* Set again it starts again, in the new time; ids go on. */
  fixture_follow (f);
  buffer = fixture_push (f);
  fail_unless_equals_uint64 (get_target (buffer, 0).id, 2);
  fail_unless_equals_uint64 (get_target (buffer, 0).first_seen,
      2 * FRAME_TIME);
  expect_targets (buffer, 1);

  /* Without the flag the targets stay, and what is reported of them has one
   * clock, though running time starts anew. */
  g_object_set (f->tracker, "reset-on", 0, NULL);
  fixture_run (f, 8);
  flush (f);
  push_segment (f, 10 * FRAME_TIME, 0);
  expect_event (f, "started", "");
  for (int i = 0; i < 5; i++) {
    buffer = fixture_push (f);
    fail_unless_equals_uint64 (get_target (buffer, 0).last_seen,
        (guint) (11 + i) * FRAME_TIME);
    fail_unless_equals_uint64 (get_target (buffer, 0).first_seen,
        2 * FRAME_TIME);
    expect_targets (buffer, 1);
  }
  expect_no_event (f);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (a_segment_that_goes_on_ends_nothing)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstStructure *structure;
  GstBuffer *buffer;
  guint64 number;

  fixture_follow (f);
  fixture_run (f, 3);
  expect_event (f, "started", "");

  /* Time goes on: nothing happens, except that the times are right. */
  push_segment (f, 3 * FRAME_TIME, GST_SECOND);
  buffer = fixture_push (f);
  fail_unless_equals_uint64 (get_target (buffer, 0).last_seen, GST_SECOND);
  expect_targets (buffer, 1);
  expect_no_event (f);

  gst_util_set_object_arg (G_OBJECT (f->tracker), "reset-on", "segment");
  push_segment (f, 4 * FRAME_TIME, 2 * GST_SECOND);
  structure = pop_message (f, "sstracker/state");
  fail_unless_equals_string (gst_structure_get_string (structure, "reason"),
      "segment");
  fail_unless (gst_structure_get_uint64 (structure, "running-time", &number));
  fail_unless_equals_uint64 (number, GST_SECOND);
  fail_unless (gst_structure_get_uint64 (structure, "timestamp", &number));
  fail_unless_equals_uint64 (number, 3 * FRAME_TIME);
  gst_structure_free (structure);
  expect_targets (fixture_push (f), 0);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (another_stream_ends_targets)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);

  fixture_follow (f);
  push_event (f, gst_event_new_stream_start ("one"));
  push_event (f, gst_event_new_caps (gst_caps_from_string (I420_CAPS)));
  push_segment (f, 0, 0);
  fixture_run (f, 2);
  expect_event (f, "started", "");
  /* The same stream again. */
  push_event (f, gst_event_new_stream_start ("one"));
  expect_targets (fixture_push (f), 1);
  expect_no_event (f);
  push_event (f, gst_event_new_stream_start ("two"));
  expect_event (f, "ended", "stream-start");
  expect_targets (fixture_push (f), 0);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (the_end_of_the_stream_ends_targets)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstEvent *event;

  fixture_follow (f);
  fixture_run (f, 3);
  push_event (f, gst_event_new_eos ());
  expect_event (f, "started", "");
  expect_event (f, "ended", "eos");
  fail_unless_equals_uint64 (get_stat (f, "ended"), 1);
  fail_unless_equals_uint64 (get_stat (f, "targets"), 0);
  do
    event = gst_harness_pull_event (f->h);
  while (GST_EVENT_TYPE (event) != GST_EVENT_EOS
      && (gst_event_unref (event), TRUE));
  gst_event_unref (event);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (a_stream_without_frames_ends_in_peace)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);

  fixture_follow (f);
  push_event (f, gst_event_new_eos ());
  expect_no_event (f);
  fail_unless_equals_uint64 (get_stat (f, "frames"), 0);
  fixture_free (f);
}

GST_END_TEST;

/* ---- caps ---- */

/* A frame of the scene in another size or format. */
static GstBuffer *
push_converted (Fixture * f, const gchar * caps)
{
  GstSample *from, *to;
  GstCaps *in_caps = gst_caps_from_string (I420_CAPS);
  GstCaps *out_caps = gst_caps_from_string (caps);
  GstBuffer *buffer = fixture_buffer (f);

  gst_harness_set_src_caps (f->h, gst_caps_ref (out_caps));
  from = gst_sample_new (buffer, in_caps, NULL, NULL);
  to = gst_video_convert_sample (from, out_caps, 5 * GST_SECOND, NULL);
  fail_unless (to != NULL);
  gst_buffer_unref (buffer);
  buffer = gst_buffer_copy (gst_sample_get_buffer (to));
  gst_sample_unref (from);
  gst_sample_unref (to);
  gst_caps_unref (in_caps);
  gst_caps_unref (out_caps);
  return fixture_push_buffer (f, buffer);
}

GST_START_TEST (caps_change_under_a_target)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstBuffer *buffer;
  SstBox truth, box;

  fixture_follow (f);
  fixture_run (f, 3);
  expect_event (f, "started", "");

  /* The framerate: it goes on. */
  gst_harness_set_src_caps_str (f->h,
      "video/x-raw,format=I420,width=320,height=240,framerate=50/1");
  expect_targets (fixture_push (f), 1);

  /* The format. */
  expect_targets (push_converted (f,
          "video/x-raw,format=NV12,width=320,height=240,framerate=25/1"), 1);

  /* The size, of the same shape: the target goes along. */
  buffer = push_converted (f,
      "video/x-raw,format=RGB,width=640,height=480,framerate=25/1");
  truth = fixture_truth (f);
  truth = (SstBox) { 2 * truth.x, 2 * truth.y, 2 * truth.width,
      2 * truth.height };
  box = get_target (buffer, 0).box;
  fail_unless (sst_box_iou (&truth, &box) > 0.5f, "%g,%g %gx%g", box.x, box.y,
      box.width, box.height);
  expect_targets (buffer, 1);
  /* And with pixels that are not square. */
  expect_targets (push_converted (f, "video/x-raw,format=RGB,width=320,"
          "height=480,framerate=25/1,pixel-aspect-ratio=2/1"), 1);
  expect_no_event (f);

  /* Another shape. */
  expect_targets (push_converted (f, "video/x-raw,format=RGB,width=320,"
          "height=120,framerate=25/1,pixel-aspect-ratio=1/1"), 0);
  expect_event (f, "ended", "caps");

  /* Which may be asked not to end them. */
  gst_harness_set_src_caps_str (f->h, I420_CAPS);
  g_object_set (f->tracker, "reset-on", 0, NULL);
  fixture_follow (f);
  fixture_run (f, 2);
  expect_event (f, "started", "");
  expect_targets (push_converted (f, "video/x-raw,format=I420,width=320,"
          "height=120,framerate=25/1,pixel-aspect-ratio=1/1"), 1);
  expect_no_event (f);
  fixture_free (f);
}

GST_END_TEST;

/* ---- times ---- */

GST_START_TEST (frames_without_times_have_some)
{
  static const struct
  {
    const gchar *framerate;
    GstClockTime duration, step;
  } cases[] = {
    {"25/1", GST_CLOCK_TIME_NONE, 40 * GST_MSECOND},
    {"0/1", GST_CLOCK_TIME_NONE, GST_SECOND / 30},
    {"0/1", 50 * GST_MSECOND, 50 * GST_MSECOND},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    gchar *caps = g_strdup_printf ("video/x-raw,format=I420,width=320,"
        "height=240,framerate=%s", cases[i].framerate);
    Fixture *f = fixture_new ("sstracker name=t", caps);

    fixture_follow (f);
    for (guint t = 0; t < 5; t++) {
      GstBuffer *buffer = fixture_buffer (f);

      GST_BUFFER_PTS (buffer) = GST_CLOCK_TIME_NONE;
      GST_BUFFER_DURATION (buffer) = cases[i].duration;
      buffer = fixture_push_buffer (f, buffer);
      fail_unless_equals_uint64 (get_target (buffer, 0).last_seen,
          t * cases[i].step);
      fail_if (GST_BUFFER_PTS_IS_VALID (buffer));
      gst_buffer_unref (buffer);
    }
    fixture_free (f);
    g_free (caps);
  }
}

GST_END_TEST;

GST_START_TEST (times_that_go_back_are_borne)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  static const guint64 pts[] = { 5, 6, 3, 7, 7, 0, 8 };

  fixture_follow (f);
  for (guint i = 0; i < G_N_ELEMENTS (pts); i++) {
    GstBuffer *buffer = fixture_buffer (f);

    GST_BUFFER_PTS (buffer) = pts[i] * FRAME_TIME;
    buffer = fixture_push_buffer (f, buffer);
    fail_unless_equals_int (count_targets (buffer), 1);
    fail_unless (get_target (buffer, 0).last_seen >= pts[i] * FRAME_TIME);
    gst_buffer_unref (buffer);
  }
  fixture_free (f);
}

GST_END_TEST;

/* What a hostile stream may say the time is: afterwards a target that is gone
 * is lost and ends as ever. */
GST_START_TEST (times_that_wrap_are_borne)
{
  for (guint wrong = 0; wrong < 4; wrong++) {
    Fixture *f = fixture_new ("sstracker name=t", wrong == 3 ?
        "video/x-raw,format=I420,width=320,height=240,framerate=1/2147483647"
        : NULL);
    GstBuffer *buffer;

    g_object_set (f->tracker, "lost-timeout", GST_SECOND, NULL);
    fixture_follow (f);
    for (guint i = 0; i < 40; i++) {
      buffer = fixture_buffer (f);
      if (wrong == 0 && i == 5)
        GST_BUFFER_PTS (buffer) = G_MAXUINT64 - 1;
      if (wrong == 1 && i == 5)
        GST_BUFFER_DURATION (buffer) = G_MAXUINT64 - 1;
      if (wrong == 2)
        GST_BUFFER_PTS (buffer) = i % 2 * ((guint64) 1 << 61);
      if (wrong == 3) {
        GST_BUFFER_PTS (buffer) = 0;
        GST_BUFFER_DURATION (buffer) = GST_CLOCK_TIME_NONE;
        push_segment (f, 0, (40 - i) * GST_SECOND);
      }
      gst_buffer_unref (fixture_push_buffer (f, buffer));
    }
    /* That leaves the times that the clock gives: they still pass. */
    fixture_follow (f);
    gst_buffer_unref (fixture_push (f));
    drop_events (f);
    for (guint i = 0; i < 100; i++) {
      buffer = fixture_buffer (f);
      gst_buffer_memset (buffer, 0, 128, gst_buffer_get_size (buffer));
      gst_buffer_unref (fixture_push_buffer (f, buffer));
    }
    expect_event (f, "lost", "");
    expect_event (f, "ended", "timeout");
    fixture_free (f);
  }
}

GST_END_TEST;

GST_START_TEST (segments_in_bytes_are_borne)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstSegment segment;

  fixture_follow (f);
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  push_event (f, gst_event_new_segment (&segment));
  for (guint t = 0; t < 4; t++) {
    GstBuffer *buffer = fixture_push (f);

    fail_unless_equals_uint64 (get_target (buffer, 0).last_seen,
        t * FRAME_TIME);
    gst_buffer_unref (buffer);
  }
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (reverse_playback_is_followed)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  GstSegment segment;

  fixture_follow (f);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = -1.0;
  segment.start = 0;
  segment.stop = 20 * FRAME_TIME;
  push_event (f, gst_event_new_segment (&segment));
  for (guint t = 0; t < 6; t++) {
    GstBuffer *buffer = fixture_buffer (f);

    GST_BUFFER_PTS (buffer) = (20 - t) * FRAME_TIME;
    buffer = fixture_push_buffer (f, buffer);
    fail_unless_equals_uint64 (get_target (buffer, 0).last_seen,
        t * FRAME_TIME);
    gst_buffer_unref (buffer);
  }
  fixture_free (f);
}

GST_END_TEST;

/* ---- frames ---- */

GST_START_TEST (an_unreadable_frame_passes_with_a_warning)
{
  Fixture *f = fixture_new ("sstracker name=t overlay=true", NULL);
  GstBuffer *buffer;

  fixture_follow (f);
  /* Too short for the caps, empty: they pass, and it is said once. */
  for (int i = 0; i < 3; i++) {
    buffer = i == 1 ? gst_buffer_new () : gst_buffer_new_allocate (NULL, 100,
        NULL);
    buffer = fixture_push_buffer (f, buffer);
    fail_unless_equals_int (gst_buffer_get_size (buffer), i == 1 ? 0 : 100);
    expect_targets (buffer, 0);
  }
  expect_warning (f, "can not be read");
  expect_no_warning (f);

  /* What was asked for happens in the first good frame. */
  expect_targets (fixture_push (f), 1);
  /* A bad one in between is coasted over. */
  buffer = fixture_push_buffer (f, gst_buffer_new_allocate (NULL, 100, NULL));
  fail_unless (get_target (buffer, 0).predicted);
  expect_targets (buffer, 1);
  expect_no_warning (f);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (an_idle_tracker_maps_nothing)
{
  Fixture *f = fixture_new ("sstracker name=t overlay=true", NULL);
  GstBuffer *buffer, *pushed;

  /* Without a target even a frame that can't be read is no matter. */
  pushed = gst_buffer_new_allocate (NULL, 100, NULL);
  buffer = fixture_push_buffer (f, pushed);
  fail_unless (buffer == pushed);
  fail_unless_equals_int (count_regions (buffer), 0);
  expect_targets (buffer, 0);
  expect_no_warning (f);
  fail_unless_equals_uint64 (get_stat (f, "frames"), 1);
  fail_unless_equals_uint64 (get_stat (f, "tracked-frames"), 0);
  fixture_free (f);
}

GST_END_TEST;

/* Memory of a device: it can be mapped, or not. */
typedef struct
{
  GstMemory memory;
  guint8 *data;                 /* NULL: can not be mapped */
} FakeMemory;

typedef GstAllocator FakeAllocator;
typedef GstAllocatorClass FakeAllocatorClass;
static GType fake_allocator_get_type (void);
G_DEFINE_TYPE (FakeAllocator, fake_allocator, GST_TYPE_ALLOCATOR);

static guint n_maps;

static gpointer
fake_map (GstMemory * memory, gsize maxsize, GstMapFlags flags)
{
  n_maps++;
  return ((FakeMemory *) memory)->data;
}

static void
fake_unmap (GstMemory * memory)
{
}

static void
fake_free (GstAllocator * allocator, GstMemory * memory)
{
  g_free (((FakeMemory *) memory)->data);
  g_free (memory);
}

static void
fake_allocator_class_init (FakeAllocatorClass * klass)
{
  klass->free = fake_free;
}

static void
fake_allocator_init (FakeAllocator * allocator)
{
  allocator->mem_type = "VAMemory";
  allocator->mem_map = fake_map;
  allocator->mem_unmap = fake_unmap;
}

/* Takes over buffer: the same in such memory. */
static GstBuffer *
to_fake (GstBuffer * buffer, gboolean mappable)
{
  GstAllocator *allocator = g_object_new (fake_allocator_get_type (), NULL);
  FakeMemory *memory = g_new0 (FakeMemory, 1);
  const gsize size = gst_buffer_get_size (buffer);
  GstBuffer *fake = gst_buffer_new ();

  gst_memory_init (&memory->memory, GST_MEMORY_FLAG_NO_SHARE, allocator, NULL,
      size, 0, 0, size);
  if (mappable) {
    memory->data = g_malloc (size);
    gst_buffer_extract (buffer, 0, memory->data, size);
  }
  gst_buffer_copy_into (fake, buffer, GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  gst_buffer_append_memory (fake, &memory->memory);
  gst_buffer_unref (buffer);
  gst_object_unref (allocator);
  return fake;
}

#define FAKE_CAPS "video/x-raw(memory:VAMemory)%s"

/* What can be mapped is looked at where it lies, and passes as it came. */
GST_START_TEST (memory_of_a_device_is_mapped_in_place)
{
  gchar *caps = g_strdup_printf (FAKE_CAPS, strchr (I420_CAPS, ','));
  Fixture *f = fixture_new ("sstracker name=t", caps);

  fixture_follow (f);
  n_maps = 0;
  for (guint i = 0; i < 3; i++) {
    GstBuffer *buffer = to_fake (fixture_buffer (f), TRUE);
    GstMemory *memory = gst_buffer_peek_memory (buffer, 0);

    buffer = fixture_push_buffer (f, buffer);
    fail_unless (gst_buffer_peek_memory (buffer, 0) == memory);
    fail_if (get_target (buffer, 0).predicted);
    expect_targets (buffer, 1);
  }
  fail_unless_equals_int (n_maps, 3);
  expect_no_warning (f);
  fixture_free (f);
  g_free (caps);
}

GST_END_TEST;

/* What can not is an error that says what to put before the element. */
GST_START_TEST (memory_that_cannot_be_mapped_is_an_error)
{
  gchar *caps = g_strdup_printf (FAKE_CAPS, strchr (I420_CAPS, ','));
  Fixture *f = fixture_new (__i__ ? "sstrain name=t" : "sstracker name=t",
      caps);
  GstFlowReturn flow = GST_FLOW_OK;
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  GError *error = NULL;

  gst_element_set_bus (f->tracker, bus);
  if (__i__ == 0)
    g_object_set (f->tracker, "init-box", "20%,20%,30%,30%", NULL);
  for (guint i = 0; i < 40 && flow == GST_FLOW_OK; i++)
    flow = gst_harness_push (f->h, to_fake (fixture_buffer (f), FALSE));
  fail_unless_equals_int (flow, GST_FLOW_ERROR);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (strstr (error->message, "VAMemory") != NULL);
  fail_unless (strstr (error->message, "vapostproc") != NULL);
  g_clear_error (&error);
  gst_message_unref (message);
  gst_element_set_bus (f->tracker, f->bus);
  gst_object_unref (bus);
  fixture_free (f);
  g_free (caps);
}

GST_END_TEST;

/* Neither can a layout that only a device knows, of which caps tell from
 * GStreamer 1.24 on. */
GST_START_TEST (the_layout_of_a_device_is_an_error)
{
  Fixture *f = fixture_new (__i__ ? "sstrain name=t" : "sstracker name=t",
      NULL);
  GstCaps *caps = gst_caps_from_string ("video/x-raw(memory:DMABuf), "
      "format=DMA_DRM, drm-format=(string)NV12:0x0100000000000002, "
      "width=320, height=240, framerate=30/1");
  GstPad *sink = gst_element_get_static_pad (f->tracker, "sink");
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  GError *error = NULL;

  gst_element_set_bus (f->tracker, bus);
  fail_if (gst_pad_send_event (sink, gst_event_new_caps (caps)));
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (strstr (error->message, "DMA_DRM") != NULL);
  fail_unless (strstr (error->message, "vapostproc") != NULL);
  g_clear_error (&error);
  gst_message_unref (message);
  gst_element_set_bus (f->tracker, f->bus);
  gst_object_unref (bus);
  gst_object_unref (sink);
  gst_caps_unref (caps);
  fixture_free (f);
}

GST_END_TEST;

/* A source that asks before it sends them gets no, and people get to know why,
 * once, where it had nothing else to offer. */
GST_START_TEST (asking_for_the_layout_of_a_device_is_told)
{
  static const gchar device[] = "video/x-raw(memory:DMABuf), format=DMA_DRM, "
      "drm-format=(string)NV12:0x0100000000000002";
  Fixture *f = fixture_new (__i__ ? "sstrain name=t" : "sstracker name=t",
      NULL);
  GstPad *sink = gst_element_get_static_pad (f->tracker, "sink");
  GstCaps *both = gst_caps_from_string (device), *alone, *answer;

  alone = gst_caps_copy (both);
  gst_caps_append (both, gst_caps_from_string ("video/x-raw, format=NV12"));
  answer = gst_pad_query_caps (sink, both);
  fail_if (gst_caps_is_empty (answer));
  gst_caps_unref (answer);
  expect_no_warning (f);
  for (guint i = 0; i < 2; i++) {
    answer = gst_pad_query_caps (sink, alone);
    fail_unless (gst_caps_is_empty (answer));
    gst_caps_unref (answer);
    fail_if (gst_pad_query_accept_caps (sink, alone));
  }
  expect_warning (f, "DMA_DRM) can not be read here; put vapostproc");
  expect_no_warning (f);
  gst_object_unref (sink);
  gst_caps_unref (alone);
  gst_caps_unref (both);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (qos_drops_nothing)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);

  fixture_follow (f);
  for (int i = 0; i < 20; i++) {
    fixture_run (f, 1);
    /* Downstream says that everything is far too late. */
    gst_harness_push_upstream_event (f->h,
        gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 10.0, GST_SECOND,
            (guint) i * FRAME_TIME));
  }
  fail_unless_equals_int (gst_harness_buffers_received (f->h), 20);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (padded_rows_are_offered_where_they_are_taken)
{
  /* Padded rows are welcome where downstream takes them, and only there: our
   * buffers go on as they came. Pictures that are a part of their buffer never
   * are. */
  for (int i = 0; i < 4; i++) {
    const gboolean downstream = i & 1;
    Fixture *f = fixture_new (i & 2 ? "sstrain name=t" : "sstracker name=t",
        NULL);
    GstCaps *caps = gst_caps_from_string (I420_CAPS);
    GstQuery *query;
    GstPad *pad;

    if (downstream) {
      gst_harness_add_propose_allocation_meta (f->h, GST_VIDEO_META_API_TYPE,
          NULL);
      gst_harness_add_propose_allocation_meta (f->h,
          GST_VIDEO_CROP_META_API_TYPE, NULL);
    }
    fixture_run (f, 1);
    query = gst_query_new_allocation (caps, TRUE);
    pad = gst_element_get_static_pad (f->tracker, "sink");
    fail_unless (gst_pad_query (pad, query));
    fail_unless_equals_int (gst_query_find_allocation_meta (query,
            GST_VIDEO_META_API_TYPE, NULL), downstream);
    fail_if (gst_query_find_allocation_meta (query,
            GST_VIDEO_CROP_META_API_TYPE, NULL));
    gst_object_unref (pad);
    gst_query_unref (query);
    gst_caps_unref (caps);
    fixture_free (f);
  }
}

GST_END_TEST;

GST_START_TEST (the_latency_is_that_of_upstream)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);

  gst_harness_set_upstream_latency (f->h, 7 * GST_MSECOND);
  fixture_run (f, 1);
  fail_unless_equals_uint64 (gst_harness_query_latency (f->h),
      7 * GST_MSECOND);
  fixture_free (f);
}

GST_END_TEST;

/* ---- runs and elements ---- */

GST_START_TEST (a_second_run_equals_the_first)
{
  Fixture *f = fixture_new ("sstracker name=t", NULL);
  Found found[2][20];

  fixture_follow (f);
  for (int run = 0; run < 2; run++) {
    f->t = 0;
    for (int i = 0; i < 20; i++) {
      GstBuffer *buffer = fixture_push (f);

      found[run][i] = get_target (buffer, 0);
      gst_buffer_unref (buffer);
    }
    fail_unless_equals_uint64 (get_stat (f, "frames"), 20);
    fail_unless_equals_uint64 (get_stat (f, "started"), 1);
    gst_element_set_state (f->tracker, GST_STATE_READY);
    gst_element_set_state (f->tracker, GST_STATE_PLAYING);
    push_event (f, gst_event_new_stream_start ("again"));
    push_event (f, gst_event_new_caps (gst_caps_from_string (I420_CAPS)));
    push_segment (f, 0, 0);
  }
  fail_unless (memcmp (found[0], found[1], sizeof found[0]) == 0);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (two_elements_know_nothing_of_each_other)
{
  /* Of one name, in one process, in turns: neither knows of the other. */
  Fixture *a = fixture_new ("sstracker name=t", NULL);
  Fixture *b = fixture_new ("sstracker name=t", NULL);

  fixture_follow (a);
  for (int i = 0; i < 5; i++) {
    expect_targets (fixture_push (a), 1);
    expect_targets (fixture_push (b), 0);
  }
  g_object_set (b->tracker, "init-box", "10,10,40,40;100,100,40,40", NULL);
  for (int i = 0; i < 5; i++) {
    GstBuffer *buffer = fixture_push (b);

    fail_unless_equals_uint64 (get_target (buffer, 0).id, 1);
    expect_targets (buffer, 2);
    expect_targets (fixture_push (a), 1);
  }
  fixture_free (a);
  expect_targets (fixture_push (b), 2);
  fixture_free (b);
}

GST_END_TEST;

static GstPadProbeReturn
add_to_sum (GstPad * pad, GstPadProbeInfo * info, gpointer sum)
{
  GstMapInfo map;

  gst_buffer_map (GST_PAD_PROBE_INFO_BUFFER (info), &map, GST_MAP_READ);
  g_checksum_update (sum, map.data, (gssize) map.size);
  gst_buffer_unmap (GST_PAD_PROBE_INFO_BUFFER (info), &map);
  return GST_PAD_PROBE_OK;
}

/* Runs a pipeline to its end. Returns the sum of what reached its sink
 * "plain". */
static gchar *
run_and_sum (const gchar * launch)
{
  GstElement *pipeline = gst_parse_launch (launch, NULL);
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), "plain");
  GstPad *pad = gst_element_get_static_pad (sink, "sink");
  GstBus *bus = gst_element_get_bus (pipeline);
  GChecksum *sum = g_checksum_new (G_CHECKSUM_MD5);
  GstMessage *message;
  gchar *text;

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, add_to_sum, sum, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message != NULL
      && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  text = g_strdup (g_checksum_get_string (sum));
  g_checksum_free (sum);
  gst_object_unref (bus);
  gst_object_unref (pad);
  gst_object_unref (sink);
  gst_object_unref (pipeline);
  return text;
}

#define BALL "videotestsrc pattern=ball num-buffers=20 ! " \
    "video/x-raw,format=I420,width=64,height=48 ! "

GST_START_TEST (the_other_branch_of_a_tee_stays_undrawn)
{
  /* The other branch of a tee sees the picture as it was. */
  gchar *shared = run_and_sum (BALL "tee name=tee "
      "tee. ! queue ! sstracker overlay=true init-box=10,10,30,30 ! fakesink "
      "tee. ! queue ! fakesink name=plain");
  gchar *alone = run_and_sum (BALL "fakesink name=plain");
  gchar *drawn = run_and_sum (BALL
      "sstracker overlay=true init-box=10,10,30,30 ! fakesink name=plain");

  fail_unless_equals_string (shared, alone);
  fail_if (strcmp (drawn, alone) == 0);
  g_free (shared);
  g_free (alone);
  g_free (drawn);
}

GST_END_TEST;

static Suite *
sstracker_stream_suite (void)
{
  Suite *s = suite_create ("sstracker streams");
  TCase *tc = tcase_create ("jumps");

  tcase_add_test (tc, gaps_and_corrupted_frames_are_coasted_over);
  tcase_add_test (tc, repeated_frames_are_no_evidence);
  tcase_add_test (tc, endless_repeats_do_not_stop_time);
  tcase_add_test (tc, frames_corrupted_for_ever_are_looked_at);
  tcase_add_test (tc, a_gap_event_ends_nothing);
  tcase_add_test (tc, a_discontinuity_is_bridged);
  tcase_add_test (tc, a_flush_ends_targets);
  tcase_add_test (tc, a_segment_that_goes_on_ends_nothing);
  tcase_add_test (tc, another_stream_ends_targets);
  tcase_add_test (tc, the_end_of_the_stream_ends_targets);
  tcase_add_test (tc, a_stream_without_frames_ends_in_peace);
  tcase_add_test (tc, caps_change_under_a_target);
  suite_add_tcase (s, tc);

  tc = tcase_create ("times");
  tcase_add_test (tc, frames_without_times_have_some);
  tcase_add_test (tc, times_that_go_back_are_borne);
  tcase_add_test (tc, times_that_wrap_are_borne);
  tcase_add_test (tc, segments_in_bytes_are_borne);
  tcase_add_test (tc, reverse_playback_is_followed);
  suite_add_tcase (s, tc);

  tc = tcase_create ("frames");
  tcase_add_test (tc, an_unreadable_frame_passes_with_a_warning);
  tcase_add_test (tc, an_idle_tracker_maps_nothing);
  tcase_add_test (tc, memory_of_a_device_is_mapped_in_place);
  tcase_add_loop_test (tc, memory_that_cannot_be_mapped_is_an_error, 0, 2);
  tcase_add_loop_test (tc, the_layout_of_a_device_is_an_error, 0, 2);
  tcase_add_loop_test (tc, asking_for_the_layout_of_a_device_is_told, 0, 2);
  tcase_add_test (tc, qos_drops_nothing);
  tcase_add_test (tc, padded_rows_are_offered_where_they_are_taken);
  tcase_add_test (tc, the_latency_is_that_of_upstream);
  suite_add_tcase (s, tc);

  tc = tcase_create ("runs");
  tcase_add_test (tc, a_second_run_equals_the_first);
  tcase_add_test (tc, two_elements_know_nothing_of_each_other);
  tcase_add_test (tc, the_other_branch_of_a_tee_stays_undrawn);
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (sstracker_stream);
