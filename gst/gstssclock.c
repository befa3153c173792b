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
  if (clock->started
      && now + (clock->jumps ? 0 : MAX_DISORDER) < clock->now) {
    now = clock->now + duration;
    clock->offset = now - running_time;
  }
  clock->jumps = FALSE;
  clock->started = TRUE;
  clock->now = MAX (clock->now, now);
  return running_time;
}
