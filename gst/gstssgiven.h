/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Given masks: the masks of targets that elements upstream attach to a frame.
 *
 * A buffer carries a custom meta "GstSsMaskMeta" for each of them, which this
 * plugin registers, with the fields
 *
 *   mask                       GstBuffer   GRAY8, a byte a pixel, rows without
 *                                          padding: over 127 target, else not
 *   mask-columns, mask-rows    int         its size
 *   mask-x, mask-y, mask-width, mask-height
 *                              double      the part of the picture that it
 *                                          covers, in pixels; without them all
 *                                          of it
 *
 * (as GstSsTrackMeta has them, gstssmask.h). On GStreamer 1.26 and newer
 * each region of a GstAnalyticsSegmentationMtd with GRAY8 masks is one too.
 * A target that starts in that frame, and whose box overlaps the mask's
 * bounds by half, starts with that mask in place of one that is made of its
 * box. */

#pragma once

#include <gst/gst.h>
#include <sstrack/targets.h>

G_BEGIN_DECLS

#define GST_SS_MASK_META_NAME "GstSsMaskMeta"

/* Registers the meta; more than once does no harm. */
void gst_ss_given_register (void);

/* Gives the targets that started in this frame the masks in its buffer.
 * frame: as it was processed. Returns NULL, or, where a mask was not used
 * that should have been, why: a static text. */
const gchar *gst_ss_given_offer (GstBuffer * buffer, const SstFrame * frame,
    SstTargets * targets);

G_END_DECLS
