/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Marks: whether a buffer's flags vouch for its picture. GAP is on pictures
 * that were made to fill a hole, mostly by repeating the one before (videorate
 * does), and CORRUPTED on those that a decoder does not vouch for. Decoders
 * that joined a stream in its middle may never take that back: pictures that
 * are marked for long are looked at all the same.
 *
 * Thread-safety: a plain value of the streaming thread. */

#pragma once

#include <gst/gst.h>
#include <sstrack/tracker.h>

G_BEGIN_DECLS

/* So long a row of marked buffers is waited for one without a mark. */
#define GST_SS_MARKS_PATIENCE (2 * GST_SECOND)

typedef enum
{
  GST_SS_PICTURE_NEW,           /* to be looked at */
  GST_SS_PICTURE_REPEATED,      /* nothing new: GAP */
  GST_SS_PICTURE_BROKEN,        /* not to be looked at: CORRUPTED */
} GstSsPicture;

typedef struct
{
  gboolean in_row;              /* the last buffer was marked */
  SstTime row_began;            /* at this time */
} GstSsMarks;

/* Before the first buffer, and after a jump: a row begins anew. */
void gst_ss_marks_reset (GstSsMarks * marks);

/* Judges a buffer, of that time, by its marks. CORRUPTED counts for nothing once
 * the row of marked buffers has lasted for GST_SS_MARKS_PATIENCE. */
GstSsPicture gst_ss_marks_judge (GstSsMarks * marks, GstBuffer * buffer,
    SstTime now);

/* Whether the row of marked buffers has lasted that long. */
gboolean gst_ss_marks_overdue (const GstSsMarks * marks, SstTime now);

G_END_DECLS
