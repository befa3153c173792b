/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* A clock for the library, made of a stream's times: it goes on through seeks
 * and new segments, where running time may start anew, behind a wrong time far
 * ahead, and through streams that give no times at all.
 *
 * Nothing in a stream stops it: what can't be a time is taken for none, and no
 * step is so long that steps like it could reach the end of time.
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
} GstSsClock;

/* Before the first buffer. */
void gst_ss_clock_reset (GstSsClock * clock);

/* A flush: running time may start anew, from 0 where buffers have no times. */
void gst_ss_clock_flush (GstSsClock * clock);

/* A new segment: running time may start anew. */
void gst_ss_clock_segment (GstSsClock * clock);

/* The running time of a time of the clock, 0 for one before it. */
GstClockTime gst_ss_clock_to_running_time (const GstSsClock * clock,
    SstTime time);

/* Moves the clock to a buffer. Returns the buffer's running time, guessed where
 * it can't be known. */
GstClockTime gst_ss_clock_advance (GstSsClock * clock,
    const GstSegment * segment, const GstVideoInfo * info, GstBuffer * buffer);

G_END_DECLS
