/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* The metadata of a frame about its targets, in the forms that others
 * understand:
 *
 *   GstVideoRegionOfInterestMeta
 *       of every target that is not lost and reaches into the picture: id,
 *       roi_type (the label, or "object"), the box in whole pixels, cut to the
 *       picture, and a param structure "sstracker" with the fields of
 *       gstsstarget.h and "source" (string), the element's name: ids of
 *       several trackers, and of detectors, are the same numbers. Elements that
 *       make new buffers (videoconvert) drop params, so what is lost has no
 *       region: it would pass for seen.
 *   GstSsTrackMeta
 *       all targets in full; see gstsstrackmeta.h.
 *   GstAnalyticsRelationMeta (where GStreamer is 1.24 or newer)
 *       of every target a TrackingMtd, set lost where it is; of those that
 *       have a region also an ODMtd with box, label and confidence, related
 *       to it (RELATE_TO); where GStreamer is 1.26 or newer, of those that have
 *       a mask also a SegmentationMtd (gstssmask.h), and with 1.30 of points
 *       KeypointMtds (gstsspoints.h).
 *
 * Metadata that is there already is never touched; an analytics meta that is
 * there is added to. */

#pragma once

#include <gst/gst.h>
#include <sstrack/targets.h>

#include "gstsstarget.h"

G_BEGIN_DECLS

#define GST_SS_META_PARAM_NAME "sstracker"

typedef struct
{
  const gchar *source;          /* name of the element */
  guint64 frame;
  GstClockTime running_time;
  GstSsTargetParts parts;       /* the parts that are written of them */
} GstSsMetaFrame;

/* Attaches n_targets (1 or more) that run to a writable buffer. */
void gst_ss_meta_attach (GstBuffer * buffer, const GstSsMetaFrame * frame,
    const SstTarget * targets, guint n_targets);

G_END_DECLS
