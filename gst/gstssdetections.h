/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Detections of elements upstream, from the metadata that a frame carries:
 * GstVideoRegionOfInterestMeta, and object detections of GstAnalytics where
 * GStreamer is 1.24 or newer. Metadata that a tracker like this one attached
 * are left out, and an object that is there in both forms counts once. Of
 * thousands the first 1,024 count. Nothing is removed or changed. */

#pragma once

#include <gst/gst.h>
#include <sstrack/targets.h>

G_BEGIN_DECLS

/* Appends the detections in buffer to detections (a GArray of SstDetection).
 * label: those of this label only, or NULL for all.
 *
 * The confidence is that of the analytics meta, or a number named "confidence"
 * in one of a region's params, 1 where there is none. */
void gst_ss_detections_collect (GstBuffer * buffer, const gchar * label,
    GArray * detections);

/* The smallest detection around a point, or NULL. */
const SstDetection *gst_ss_detections_at (const GArray * detections, gfloat x,
    gfloat y);

G_END_DECLS
