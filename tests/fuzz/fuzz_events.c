/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* What a stream and an application may do to sstracker, in any order:
 * frames with regions of interest on them, other caps, flushes, segments,
 * gaps, clicks, and its action signals. A byte says what, the next ones
 * with which numbers. What comes out carries boxes that are finite. */

#include "fuzz.h"

#include <math.h>

#include <gst/check/gstharness.h>
#include <gst/video/navigation.h>
#include <gst/video/video.h>

#include "gstsstracker.h"
#include "gstsstrackmeta.h"

#define MAX_THINGS 40
#define FRAME_TIME (GST_SECOND / 25)

typedef struct
{
  const uint8_t *at, *end;
  GstHarness *harness;
  GstElement *tracker;
  GstClockTime time;
  gint width, height;
} Play;

static guint8
take_byte (Play * play)
{
  return play->at < play->end ? *play->at++ : 0;
}

/* From a little before the picture to a little behind it, or far away. */
static gdouble
take_number (Play * play)
{
  const guint8 byte = take_byte (play);

  switch (byte) {
    case 0xff:
      return NAN;
    case 0xfe:
      return INFINITY;
    case 0xfd:
      return -1e30;
    default:
      return byte - 16.0;
  }
}

static void
set_caps (Play * play)
{
  GstCaps *caps;

  play->width = 32 + take_byte (play) % 96;
  play->height = 32 + take_byte (play) % 96;
  caps = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING,
      take_byte (play) % 2 == 0 ? "GRAY8" : "RGB", "width", G_TYPE_INT,
      play->width, "height", G_TYPE_INT, play->height, "framerate",
      GST_TYPE_FRACTION, 25, 1, NULL);
  gst_harness_push_event (play->harness, gst_event_new_caps (caps));
  gst_caps_unref (caps);
}

/* A frame, perhaps with a box on it that a detector might have made, of any
 * size; perhaps too short for its caps. */
static void
push_frame (Play * play)
{
  const guint8 how = take_byte (play);
  const gsize size = (gsize) (play->width + 3) * 3 * play->height;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL,
      how % 16 == 15 ? size / 8 : size, NULL);

  gst_buffer_memset (buffer, 0, take_byte (play), size);
  GST_BUFFER_PTS (buffer) = how % 8 == 7 ? GST_CLOCK_TIME_NONE : play->time;
  play->time += FRAME_TIME;
  if (how % 2 == 1) {
    const guint x = take_byte (play), y = take_byte (play);
    const guint width = take_byte (play), height = take_byte (play);

    gst_buffer_add_video_region_of_interest_meta (buffer,
        how % 4 == 1 ? "face" : NULL, x, y, width, height * (how & 0x40 ?
            G_MAXUINT / 256 : 1));
  }
  gst_harness_push (play->harness, buffer);
}

static void
push_event (Play * play)
{
  const guint8 kind = take_byte (play);
  GstSegment segment;

  switch (kind % 6) {
    case 0:
      gst_harness_push_event (play->harness, gst_event_new_flush_start ());
      gst_harness_push_event (play->harness,
          gst_event_new_flush_stop (kind & 0x80));
      gst_segment_init (&segment, GST_FORMAT_TIME);
      gst_harness_push_event (play->harness, gst_event_new_segment (&segment));
      break;
    case 1:
      gst_segment_init (&segment,
          kind & 0x80 ? GST_FORMAT_BYTES : GST_FORMAT_TIME);
      segment.start = segment.position = take_byte (play) * FRAME_TIME;
      segment.rate = kind & 0x40 ? -1.0 : 1.0;
      segment.stop = segment.start + GST_SECOND;
      gst_harness_push_event (play->harness, gst_event_new_segment (&segment));
      break;
    case 2:
      play->time = take_byte (play) * FRAME_TIME;
      gst_harness_push_event (play->harness, gst_event_new_gap (play->time,
              take_byte (play) * FRAME_TIME));
      break;
    case 3:
      gst_harness_push_event (play->harness,
          gst_event_new_stream_start (kind & 0x80 ? "one" : "two"));
      break;
    case 4:
      gst_harness_push_upstream_event (play->harness,
          gst_event_new_navigation (gst_structure_new
              ("application/x-gst-navigation", "event", G_TYPE_STRING,
                  kind & 0x80 ? "mouse-button-press" : kind & 0x40 ?
                  "mouse-button-release" : "mouse-move", "button", G_TYPE_INT,
                  (gint) take_byte (play) % 5, "pointer_x", G_TYPE_DOUBLE,
                  take_number (play), "pointer_y", G_TYPE_DOUBLE,
                  take_number (play), NULL)));
      break;
    default:
      set_caps (play);
      break;
  }
}

static void
call (Play * play)
{
  const guint8 kind = take_byte (play);
  const gdouble x = take_number (play), y = take_number (play);
  const gdouble width = take_number (play), height = take_number (play);
  guint64 id = kind / 4;

  switch (kind % 4) {
    case 0:
      g_signal_emit_by_name (play->tracker, "add-target", x, y, width, height,
          &id);
      break;
    case 1:
      g_signal_emit_by_name (play->tracker, "update-target", id, x, y, width,
          height);
      break;
    case 2:
      g_signal_emit_by_name (play->tracker, "remove-target", id);
      break;
    default:
      g_signal_emit_by_name (play->tracker, "reset");
      break;
  }
}

static void
set_property (Play * play)
{
  const guint8 kind = take_byte (play), value = take_byte (play);

  switch (kind % 6) {
    case 0:
      g_object_set (play->tracker, "max-targets", 1 + value % 4, NULL);
      break;
    case 1:
      g_object_set (play->tracker, "reset-on", value % 16, NULL);
      break;
    case 2:
      g_object_set (play->tracker, "init-box", value & 1 ?
          "10,10,20,20;5%,5%,40%,40%" : "", NULL);
      break;
    case 3:
      g_object_set (play->tracker, "overlay", value & 1, NULL);
      break;
    case 4:
      g_object_set (play->tracker, "init-from", value % 4, NULL);
      break;
    default:
      g_object_set (play->tracker, "lost-timeout", value * FRAME_TIME, NULL);
      break;
  }
}

static void
check_output (Play * play)
{
  GArray *const proposals = g_array_new (FALSE, FALSE, sizeof (SstProposal));
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (play->harness)) != NULL) {
    gst_ss_track_meta_collect (buffer, proposals);
    gst_buffer_unref (buffer);
  }
  for (guint i = 0; i < proposals->len; i++) {
    const SstBox *const box = &g_array_index (proposals, SstProposal, i).box;

    g_assert_true (isfinite (box->x) && isfinite (box->y)
        && isfinite (box->width) && isfinite (box->height));
  }
  g_array_unref (proposals);
}

static void
ignore_log (GstDebugCategory * category, GstDebugLevel level,
    const gchar * file, const gchar * function, gint line, GObject * object,
    GstDebugMessage * message, gpointer data)
{
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  Play play = {.at = data,.end = data + size };

  if (!gst_is_initialized ()) {
    gst_init (NULL, NULL);
    /* What the library complains of is what it is asked to. */
    gst_debug_remove_log_function (NULL);
    gst_debug_add_log_function (ignore_log, NULL, NULL);
    g_assert_true (GST_ELEMENT_REGISTER (sstracker, NULL));
  }
  play.tracker = gst_element_factory_make ("sstracker", NULL);
  g_object_set (play.tracker, "model", "none", "select-on-click", TRUE, NULL);
  play.harness = gst_harness_new_with_element (play.tracker, "sink", "src");
  set_caps (&play);
  for (guint i = 0; i < MAX_THINGS && play.at < play.end; i++) {
    switch (take_byte (&play) % 8) {
      case 0:
        push_event (&play);
        break;
      case 1:
        call (&play);
        break;
      case 2:
        set_property (&play);
        break;
      default:
        push_frame (&play);
        break;
    }
    check_output (&play);
  }
  gst_harness_push_event (play.harness, gst_event_new_eos ());
  gst_harness_teardown (play.harness);
  gst_object_unref (play.tracker);
  return 0;
}
