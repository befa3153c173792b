/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* GstSsFilter: the base class of sstracker and sstrain. A filter looks at the
 * frames that pass, in the formats of GST_SS_FRAME_CAPS, in place; it drops none
 * that is late, brings controlled properties to each frame's time, takes part in the
 * sharing of models, and says once a run what is wrong with the stream.
 *
 * Thread-safety: the comments of the fields say which threads may touch them; the
 * functions are for the streaming thread. */

#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

#include "gstssclock.h"
#include "gstssframe.h"
#include "gstssmarks.h"
#include "gstssmodelstore.h"

G_BEGIN_DECLS

#define GST_TYPE_SS_FILTER (gst_ss_filter_get_type ())
#define GST_SS_FILTER(object) \
    (G_TYPE_CHECK_INSTANCE_CAST ((object), GST_TYPE_SS_FILTER, GstSsFilter))
#define GST_SS_FILTER_CLASS(klass) \
    (G_TYPE_CHECK_CLASS_CAST ((klass), GST_TYPE_SS_FILTER, GstSsFilterClass))
#define GST_SS_FILTER_GET_CLASS(object) \
    (G_TYPE_INSTANCE_GET_CLASS ((object), GST_TYPE_SS_FILTER, GstSsFilterClass))

typedef struct
{
  GstBaseTransform parent;

  GstSsModelStore *store;       /* that models are shared by; under the object lock.
                                 * NULL: the element takes no part */

  /* Of the streaming thread. */
  GstVideoInfo info;            /* of the caps */
  GstSsClock clock;             /* the library's time */
  GstSsMarks marks;
  gboolean memory_failed;       /* an error said that no frame can be mapped */
  gboolean warned_map, warned_marks, warned_times;
} GstSsFilter;

typedef struct
{
  GstBaseTransformClass parent;

  GstDebugCategory *debug;      /* the element's; class_init() sets it */
} GstSsFilterClass;

GType gst_ss_filter_get_type (void);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstSsFilter, gst_object_unref);

/* Before the first buffer of a run: clock and marks begin anew, and whatever was
 * said may be said again. */
void gst_ss_filter_restart (GstSsFilter * self);

/* Reads the layout of the frames from caps. FALSE, with a line in the log, where
 * they are no caps of frames; info is not set then. */
gboolean gst_ss_filter_parse_caps (GstSsFilter * self, GstCaps * caps,
    GstVideoInfo * info);

/* Moves the clock to a buffer and returns its running time by the clock; warns once
 * where the stream's times stand still. */
GstClockTime gst_ss_filter_advance (GstSsFilter * self, GstBuffer * buffer);

/* Maps a frame (gst_ss_frame_map()). Where that can't be done it returns FALSE: with
 * an error, and memory_failed set, where no frame can be mapped, or else with one
 * warning a run, "A frame can not be %s.". */
gboolean gst_ss_filter_map (GstSsFilter * self, GstBuffer * buffer, GstMapFlags flags,
    const gchar * otherwise, GstVideoFrame * frame, SstFrame * view);

/* Warns once where all frames have been marked as corrupted for long, so that they
 * are used (gst_ss_marks_overdue()): "they are %s all the same". */
void gst_ss_filter_warn_marks (GstSsFilter * self, const gchar * used);

G_END_DECLS
