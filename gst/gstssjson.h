/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* JSON lines: one object a frame, written as it happens.
 *
 *   {"v":1,"n":17,"pts":680000000,"running_time":680000000,
 *    "width":640,"height":360,
 *    "targets":[{"id":1,"label":"","state":"tracking","confidence":0.93,
 *      "box":[101.5,52.0,80.2,119.7],"first_seen":0,"last_seen":680000000}]}
 *
 * (on one line). A target whose mask is told has it as "mask":
 * {"size":[360,640],"counts":"..."}, rows, columns and COCO's compressed run
 * lengths of the whole picture. One that has points has "points": [[x, y, likeness,
 * visible], ...] (gstsspoints.h). One that looks like an earlier one has that as "seen_as":
 * {"id":1,"source":"sstracker0","similarity":0.87}. "embedding" is a list of numbers that
 * say what it looks like, where that is asked for, in the frames in which it was drawn
 * anew (about every fifth). A line that tells of targets that ended since the last one
 * also has "ended": these as above, each with "reason" (as in the messages). Targets that
 * end with the stream, or when the element stops, come in a line of their own, without
 * "n" and "pts". Times are nanoseconds; pts is null where the buffer has none,
 * running_time does not go back while targets are followed.
 *
 * Lines are written whole and at once, and never hold the stream up for long:
 *
 *   - A FIFO that nobody reads yet is tried again with every line.
 *   - A reader that is slow is waited for, 100 ms at most; one that stands
 *     still after that gets no more until it moves.
 *   - A line that can't be written is dropped, and counted; of one that was
 *     written in part, the rest goes out first when there is room again. */

#pragma once

#include <gst/gst.h>
#include <sstrack/targets.h>

G_BEGIN_DECLS

typedef struct _GstSsJson GstSsJson;

typedef struct
{
  guint64 frame;
  GstClockTime pts;             /* may be GST_CLOCK_TIME_NONE */
  GstClockTime running_time;
  gint width, height;
  gboolean is_frame;            /* FALSE: only tells which targets ended */
  gboolean masks;               /* of the targets are told */
  gboolean embeddings;          /* the same */
} GstSsJsonFrame;

/* Opens a file (emptied unless another one of this process writes to it), a FIFO,
 * a device, or standard output for "-". Returns NULL and sets error (domain
 * GST_RESOURCE_ERROR) if that can't be written, or if the plugin was built without
 * JSON. */
GstSsJson *gst_ss_json_open (const gchar * location, GError ** error);

/* Closes *json and sets it to NULL. *json may be NULL. */
void gst_ss_json_close (GstSsJson ** json);

/* Writes a line. ended: SstTarget, to be told in it. Returns FALSE if it was
 * dropped; the first time error is set (domain GST_RESOURCE_ERROR) to why. */
gboolean gst_ss_json_write (GstSsJson * json, const GstSsJsonFrame * frame,
    const SstTarget * targets, guint n_targets, const GArray * ended,
    GError ** error);

G_END_DECLS
