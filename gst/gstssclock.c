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
  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    return GST_BUFFER_DURATION (buffer);
  if (GST_VIDEO_INFO_FPS_N (info) > 0)
    return gst_util_uint64_scale_int (GST_SECOND, GST_VIDEO_INFO_FPS_D (info),
        GST_VIDEO_INFO_FPS_N (info));
  return FALLBACK_DURATION;
}

/* Whether times have stood still for so long that they say nothing. */
static gboolean
stands_still (GstSsClock * clock, SstTime now, GstClockTime duration)
{
  if (now >= clock->now + MIN (STILL_STEP, duration / 2))
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
  GstClockTime running_time = GST_CLOCK_TIME_NONE;
  SstTime now;

  if (segment->format == GST_FORMAT_TIME && GST_BUFFER_PTS_IS_VALID (buffer))
    running_time = gst_segment_to_running_time (segment, GST_FORMAT_TIME,
        GST_BUFFER_PTS (buffer));
  if (!GST_CLOCK_TIME_IS_VALID (running_time))
    running_time = clock->next;
  clock->next = running_time + duration;

  now = running_time + clock->offset;
  if (clock->started) {
    const gboolean still = stands_still (clock, now, duration);

    if (still || now + (clock->jumps ? 0 : MAX_DISORDER) < clock->now) {
      now = clock->now + duration;
      clock->offset = now - running_time;
    }
    clock->stood_still |= still;
  }
  clock->jumps = FALSE;
  clock->started = TRUE;
  clock->now = MAX (clock->now, now);
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
