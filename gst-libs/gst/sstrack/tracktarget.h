/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#pragma once

#include <gst/gst.h>
#include <gst/sstrack/trackapi.h>

G_BEGIN_DECLS

/**
 * GstSsTrackState:
 * @GST_SS_TRACK_STATE_UNKNOWN: none of these; it may be from a newer tracker
 * @GST_SS_TRACK_STATE_TRACKING: seen and followed
 * @GST_SS_TRACK_STATE_UNCERTAIN: followed, but it may be something else, or
 *   hidden
 * @GST_SS_TRACK_STATE_LOST: not seen; the box is the last one seen
 * @GST_SS_TRACK_STATE_ENDED: followed no longer; only in messages
 *
 * How it goes with a target.
 */
typedef enum
{
  GST_SS_TRACK_STATE_UNKNOWN,
  GST_SS_TRACK_STATE_TRACKING,
  GST_SS_TRACK_STATE_UNCERTAIN,
  GST_SS_TRACK_STATE_LOST,
  GST_SS_TRACK_STATE_ENDED,
} GstSsTrackState;

/**
 * GstSsTrackEvent:
 * @GST_SS_TRACK_EVENT_NONE: nothing
 * @GST_SS_TRACK_EVENT_STARTED: it is new
 * @GST_SS_TRACK_EVENT_LOST: it was lost
 * @GST_SS_TRACK_EVENT_RECOVERED: it was found again
 * @GST_SS_TRACK_EVENT_ENDED: it ended; only in messages
 *
 * What happened to a target in this frame.
 */
typedef enum
{
  GST_SS_TRACK_EVENT_NONE,
  GST_SS_TRACK_EVENT_STARTED,
  GST_SS_TRACK_EVENT_LOST,
  GST_SS_TRACK_EVENT_RECOVERED,
  GST_SS_TRACK_EVENT_ENDED,
} GstSsTrackEvent;

#define GST_TYPE_SS_TRACK_STATE (gst_ss_track_state_get_type ())
GST_SS_TRACK_API GType gst_ss_track_state_get_type (void);

#define GST_TYPE_SS_TRACK_EVENT (gst_ss_track_event_get_type ())
GST_SS_TRACK_API GType gst_ss_track_event_get_type (void);

typedef struct _GstSsTrackTarget GstSsTrackTarget;

/**
 * GstSsTrackTarget:
 * @id: never used twice in a run of its tracker, from 1; other trackers, and
 *   detectors, use the same numbers
 * @label: what a detector called it, "" where none did
 * @state: how it goes
 * @event: what happened in this frame
 * @confidence: 0 to 1, how probably the box is on the target
 * @x: left side of the box, pixels of the picture, which it may reach out of
 * @y: upper side of the box, pixels
 * @width: of the box, pixels
 * @height: of the box, pixels
 * @velocity_x: pixels a second, without the camera's own motion
 * @velocity_y: pixels a second, without the camera's own motion
 * @predicted: nothing was seen in this frame, the box is a guess
 * @first_seen: running time of the first frame, nanoseconds
 * @last_seen: running time of the frame that it was seen in last, nanoseconds
 *
 * A target as it is in one frame. Read only.
 */
struct _GstSsTrackTarget
{
  guint64 id;
  const gchar *label;
  GstSsTrackState state;
  GstSsTrackEvent event;
  gdouble confidence;
  gdouble x;
  gdouble y;
  gdouble width;
  gdouble height;
  gdouble velocity_x;
  gdouble velocity_y;
  gboolean predicted;
  GstClockTime first_seen;
  GstClockTime last_seen;

  /*< private >*/
  gpointer _reserved[8];
};

#define GST_TYPE_SS_TRACK_TARGET (gst_ss_track_target_get_type ())
GST_SS_TRACK_API GType gst_ss_track_target_get_type (void);

/**
 * gst_ss_track_target_from_structure:
 * @structure: one of a GstSsTrackMeta's "targets", the param "sstracker" of a
 *   region of interest, or the structure of a message "sstracker/state" or
 *   "sstracker/selected"
 *
 * Numbers that the structure does not have are 0, texts are "".
 *
 * Returns: (transfer full) (nullable): the target, or %NULL where the structure
 *   has no "id" or no box, and so is none.
 */
GST_SS_TRACK_API GstSsTrackTarget *gst_ss_track_target_from_structure (const
    GstStructure * structure);

/**
 * gst_ss_track_target_ref:
 * @target: a target
 *
 * Returns: (transfer full): @target
 */
GST_SS_TRACK_API GstSsTrackTarget *gst_ss_track_target_ref (GstSsTrackTarget *
    target);

/**
 * gst_ss_track_target_unref:
 * @target: (transfer full): a target
 */
GST_SS_TRACK_API void gst_ss_track_target_unref (GstSsTrackTarget * target);

/**
 * gst_ss_track_target_get_mask:
 * @target: a target
 * @columns: (out) (optional): bytes in a row
 * @rows: (out) (optional): rows
 * @x: (out) (optional): left side of the part that the mask covers, in pixels
 *   of the picture
 * @y: (out) (optional): upper side of that part
 * @width: (out) (optional): of that part
 * @height: (out) (optional): of that part
 *
 * Which pixels are the target (the property "mask" of sstracker): a byte a
 * pixel, row after row, 255 target, 0 not. Where the picture was scaled behind
 * the tracker, @columns and @rows are not @width and @height: stretch the bytes
 * over the part. Without a mask the numbers are 0.
 *
 * Returns: (transfer full) (nullable): @columns times @rows bytes, or %NULL
 *   where the target has no mask.
 */
GST_SS_TRACK_API GBytes *gst_ss_track_target_get_mask (const GstSsTrackTarget *
    target, gint * columns, gint * rows, gdouble * x, gdouble * y,
    gdouble * width, gdouble * height);

/**
 * gst_ss_track_target_get_seen_as:
 * @target: a target
 * @source: (out) (optional) (transfer none) (nullable): the tracker that followed
 *   the earlier one, valid as long as @target
 * @similarity: (out) (optional): of both, 0 to 1
 *
 * Which earlier target it looks like, where sstracker was asked to know
 * (gallery-timeout): in appearance, which is no proof that it is the same.
 *
 * Returns: the earlier one's id; 0 where there is none
 */
GST_SS_TRACK_API guint64 gst_ss_track_target_get_seen_as (const
    GstSsTrackTarget * target, const gchar ** source, gdouble * similarity);

/**
 * gst_ss_track_target_get_n_points:
 * @target: a target
 *
 * Returns: how many points are carried along with it (add-points, points)
 */
GST_SS_TRACK_API guint gst_ss_track_target_get_n_points (const
    GstSsTrackTarget * target);

/**
 * gst_ss_track_target_get_point:
 * @target: a target
 * @index: which one, in the order in which they were added, from 0
 * @x: (out) (optional): pixels of the picture
 * @y: (out) (optional): pixels of the picture
 * @likeness: (out) (optional): with its first appearance, -1 to 1; 0 where the
 *   target was not looked at
 *
 * Returns: whether it is seen there; else the place is a guess, or with an @index
 *   of gst_ss_track_target_get_n_points() or more there is no such point, and the
 *   numbers are 0.
 */
GST_SS_TRACK_API gboolean gst_ss_track_target_get_point (const
    GstSsTrackTarget * target, guint index, gdouble * x, gdouble * y,
    gdouble * likeness);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstSsTrackTarget, gst_ss_track_target_unref)
G_END_DECLS
