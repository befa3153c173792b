/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#pragma once

#include <gst/gst.h>
#include <gst/sstrack/trackapi.h>
#include <gst/sstrack/tracktarget.h>

G_BEGIN_DECLS

/**
 * GstSsTrackFrame:
 *
 * What one tracker says of a frame: a copy of a buffer's custom meta
 * "GstSsTrackMeta", whose own name is taken by GStreamer's type of it. A frame
 * without targets has none.
 *
 * In another process than the tracker's (unixfdsrc), the plugin has to be
 * loaded before the first buffer comes:
 * gst_plugin_load_by_name ("sstracker").
 */
typedef struct _GstSsTrackFrame GstSsTrackFrame;

#define GST_TYPE_SS_TRACK_FRAME (gst_ss_track_frame_get_type ())
GST_SS_TRACK_API GType gst_ss_track_frame_get_type (void);

/**
 * gst_ss_track_frame_get:
 * @buffer: a frame
 * @source: (nullable): name of the sstracker that is meant, or %NULL for the
 *   first in the stream
 *
 * Returns: (transfer full) (nullable): what that tracker says of the frame, or
 *   %NULL where it says nothing, or in a version that is not known here.
 */
GST_SS_TRACK_API GstSsTrackFrame *gst_ss_track_frame_get (GstBuffer * buffer,
    const gchar * source);

/**
 * gst_ss_track_frame_get_all:
 * @buffer: a frame
 *
 * Returns: (transfer container) (element-type GstSsTrackFrame): what all trackers
 *   say of the frame, in the order in which it passed them; empty where none does.
 *   The array lets go of its elements when it is freed.
 */
GST_SS_TRACK_API GPtrArray *gst_ss_track_frame_get_all (GstBuffer * buffer);

/**
 * gst_ss_track_frame_ref:
 * @frame: a frame
 *
 * Returns: (transfer full): @frame
 */
GST_SS_TRACK_API GstSsTrackFrame *gst_ss_track_frame_ref (GstSsTrackFrame * frame);

/**
 * gst_ss_track_frame_unref:
 * @frame: (transfer full): a frame
 */
GST_SS_TRACK_API void gst_ss_track_frame_unref (GstSsTrackFrame * frame);

/**
 * gst_ss_track_frame_get_source:
 * @frame: a frame
 *
 * Returns: name of the element that wrote it; it lives as long as @frame.
 */
GST_SS_TRACK_API const gchar *gst_ss_track_frame_get_source (const
    GstSsTrackFrame * frame);

/**
 * gst_ss_track_frame_get_number:
 * @frame: a frame
 *
 * Returns: number of the frame in the run, from 0.
 */
GST_SS_TRACK_API guint64 gst_ss_track_frame_get_number (const GstSsTrackFrame *
    frame);

/**
 * gst_ss_track_frame_get_running_time:
 * @frame: a frame
 *
 * Returns: of the frame, nanoseconds.
 */
GST_SS_TRACK_API GstClockTime gst_ss_track_frame_get_running_time (const
    GstSsTrackFrame * frame);

/**
 * gst_ss_track_frame_get_width:
 * @frame: a frame
 *
 * Returns: width of the picture that the boxes are in, pixels.
 */
GST_SS_TRACK_API gint gst_ss_track_frame_get_width (const GstSsTrackFrame * frame);

/**
 * gst_ss_track_frame_get_height:
 * @frame: a frame
 *
 * Returns: height of the picture that the boxes are in, pixels.
 */
GST_SS_TRACK_API gint gst_ss_track_frame_get_height (const GstSsTrackFrame *
    frame);

/**
 * gst_ss_track_frame_get_targets:
 * @frame: a frame
 *
 * Returns: (transfer none) (element-type GstSsTrackTarget): the targets, sorted
 *   by id; they live as long as @frame.
 */
GST_SS_TRACK_API GPtrArray *gst_ss_track_frame_get_targets (const GstSsTrackFrame *
    frame);

/**
 * gst_ss_track_frame_find_target:
 * @frame: a frame
 * @id: a target's id
 *
 * Returns: (transfer none) (nullable): the target, which lives as long as
 *   @frame, or %NULL where it is not in this frame.
 */
GST_SS_TRACK_API GstSsTrackTarget *gst_ss_track_frame_find_target (const
    GstSsTrackFrame * frame, guint64 id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstSsTrackFrame, gst_ss_track_frame_unref)
G_END_DECLS
