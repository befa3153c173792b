/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssclock.h"

/* Duration of a frame where nothing says it. */
#define FALLBACK_DURATION (GST_SECOND / 30)

/* Frames may be that much out of order; what is further back has jumped, as
 * after one wrong time far ahead. */
#define MAX_DISORDER GST_SECOND

/* A running time beyond that, some 146 years, is none; times since 1970, which
 * some sources give, are. A guessed frame is not longer than that. */
#define MAX_TIME ((GstClockTime) 1 << 62)
#define MAX_DURATION (3600 * GST_SECOND)

/* A step takes at most this part of the time that is left: 39 hours at first,
 * then less. */
#define STEPS_LEFT 65536

/* Frames that are nearer to each other than this, or than half of what they
 * should be, have times that stand still, once there are so many in a row:
 * drivers write zeros, or milliseconds for nanoseconds. */
#define STILL_STEP GST_MSECOND
#define STILL_FRAMES 5

void
gst_ss_clock_reset (GstSsClock * clock)
{
  *clock = (GstSsClock) { 0 };
}

void
gst_ss_clock_flush (GstSsClock * clock)
{
  clock->jumps = TRUE;
  clock->next = 0;
}

void
gst_ss_clock_segment (GstSsClock * clock)
{
  clock->jumps = TRUE;
}

static GstClockTime
get_duration (const GstVideoInfo * info, GstBuffer * buffer)
{
  GstClockTime duration = FALLBACK_DURATION;

  if (GST_VIDEO_INFO_FPS_N (info) > 0)
    duration = gst_util_uint64_scale_int (GST_SECOND,
        GST_VIDEO_INFO_FPS_D (info), GST_VIDEO_INFO_FPS_N (info));
  if (GST_BUFFER_DURATION_IS_VALID (buffer)
      && GST_BUFFER_DURATION (buffer) <= MAX_DURATION)
    duration = GST_BUFFER_DURATION (buffer);
  return MIN (duration, MAX_DURATION);
}

static GstClockTime
get_running_time (const GstSsClock * clock, const GstSegment * segment,
    GstBuffer * buffer)
{
  GstClockTime running_time = GST_CLOCK_TIME_NONE;

  if (segment->format == GST_FORMAT_TIME && GST_BUFFER_PTS_IS_VALID (buffer))
    running_time = gst_segment_to_running_time (segment, GST_FORMAT_TIME,
        GST_BUFFER_PTS (buffer));
  return GST_CLOCK_TIME_IS_VALID (running_time) && running_time <= MAX_TIME ?
      running_time : clock->next;
}

/* Whether times have stood still for so long that they say nothing. */
static gboolean
stands_still (GstSsClock * clock, gint64 now, GstClockTime duration)
{
  if (now >= (gint64) (clock->now + MIN (STILL_STEP, duration / 2)))
    clock->n_still = 0;
  else if (clock->n_still < STILL_FRAMES)
    clock->n_still++;
  return clock->n_still == STILL_FRAMES;
}

GstClockTime
gst_ss_clock_advance (GstSsClock * clock, const GstSegment * segment,
    const GstVideoInfo * info, GstBuffer * buffer)
{
  const GstClockTime duration = get_duration (info, buffer);
  const GstClockTime running_time =
      get_running_time (clock, segment, buffer);
  const gint64 last = (gint64) clock->now;
  const gint64 longest = (G_MAXINT64 - last) / STEPS_LEFT;
  const gint64 disorder = clock->jumps ? 0 : (gint64) MAX_DISORDER;
  gint64 now = (gint64) running_time + clock->offset;

  clock->next = MIN (running_time + duration, MAX_TIME);
  if (clock->started) {
    const gboolean still = stands_still (clock, now, duration);

    if (still || now < last - disorder || now - last > longest) {
      now = last + MIN (still || now < last ? (gint64) duration : longest,
          longest);
      clock->offset = now - (gint64) running_time;
    }
    clock->stood_still |= still;
  }
  clock->jumps = FALSE;
  clock->started = TRUE;
  clock->now = (SstTime) MAX (last, now);
  return clock->now;
}

void
gst_ss_clock_restart (GstSsClock * clock)
{
  clock->now = clock->offset = 0;
}

void
gst_ss_clock_warn (GstElement * element, GstBuffer * buffer)
{
  GST_ELEMENT_WARNING (element, STREAM, FORMAT,
      ("The timestamps of the stream stand still. Frames are taken to follow "
          "each other by their duration or the framerate."),
      ("%" GST_PTR_FORMAT, buffer));
}
