/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* A clock for the library, made of a stream's times: running time, as long as
 * that goes on. It goes on through seeks and new segments, where running time
 * may start anew, behind a wrong time far ahead, and through streams that give
 * no times at all or times that stand still. Reports have its times.
 *
 * Nothing in a stream stops it: a number that can't be a time is taken for
 * none, and no step is so long that steps like it could reach the end of time.
 *
 * Thread-safety: a plain value of the streaming thread. */

#pragma once

#include <gst/video/video.h>
#include <sstrack/tracker.h>

G_BEGIN_DECLS

typedef struct
{
  SstTime now;                  /* of the last buffer; never goes back */
  gint64 offset;                /* now = running time + offset */
  GstClockTime next;            /* running time expected where none is given */
  gboolean started;             /* a buffer was seen */
  gboolean jumps;               /* running time may start anew */
  guint n_still;                /* buffers in a row whose time did not pass */
  gboolean stood_still;         /* it went on without the stream's times */
} GstSsClock;

/* Before the first buffer. */
void gst_ss_clock_reset (GstSsClock * clock);

/* A flush: running time may start anew, from 0 where buffers have no times. */
void gst_ss_clock_flush (GstSsClock * clock);

/* A new segment: running time may start anew. */
void gst_ss_clock_segment (GstSsClock * clock);

/* Nothing depends on earlier times: it is running time again. */
void gst_ss_clock_restart (GstSsClock * clock);

/* Moves the clock to a buffer and returns its time (now). It is guessed where it
 * can't be known, by the buffer's duration or the framerate; so it is where
 * times have stood still for five buffers. */
GstClockTime gst_ss_clock_advance (GstSsClock * clock,
    const GstSegment * segment, const GstVideoInfo * info, GstBuffer * buffer);

/* Says on the bus that the clock stood still; once a run is enough. buffer: the
 * present one. */
void gst_ss_clock_warn (GstElement * element, GstBuffer * buffer);

G_END_DECLS
