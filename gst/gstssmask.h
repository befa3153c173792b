/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Masks in the stream: the form in which a frame carries them.
 *
 * In GstSsTrackMeta (gstsstrackmeta.h) a target that has a mask has these fields
 * more:
 *
 *   mask                       GstBuffer   GRAY8, a byte a pixel, rows without
 *                                          padding: 255 target, 0 not
 *   mask-columns, mask-rows    int         its size
 *   mask-x, mask-y, mask-width, mask-height
 *                              double      the part of the picture that it
 *                                          covers, in pixels
 *
 * As the tracker writes it a byte is a pixel of the picture. Where the picture is
 * scaled or cropped behind it the part moves and grows as the box does, and the
 * bytes stay: a reader that wants a byte a pixel stretches them over the part.
 * Where the picture is turned or mirrored the mask is left behind rather than
 * wrong.
 *
 * On GStreamer 1.26 and newer an analytics meta gets a GstAnalyticsSegmentationMtd
 * of it, which CONTAINs the target's object. */

#pragma once

#include <gst/video/video.h>
#include <sstrack/targets.h>

#ifdef HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

G_BEGIN_DECLS

/* Which part of the picture a mask that is written covers. */
typedef enum
{
  GST_SS_MASK_NONE,
  GST_SS_MASK_BOX,
  GST_SS_MASK_WINDOW,
  GST_SS_MASK_PICTURE,
} GstSsMaskPart;

#define GST_TYPE_SS_MASK_PART (gst_ss_mask_part_get_type ())
GType gst_ss_mask_part_get_type (void);

/* Adds the fields above to a target's structure, where the target has a mask of
 * which something is in that part. width, height: of the picture. */
void gst_ss_mask_set_fields (GstStructure * structure,
    const SstTarget * target, GstSsMaskPart part, gint width, gint height);

/* Moves the fields with the picture: x' = xx x + x0, y' = yy y + y0. Removes them
 * where turned is set, or a factor is not positive. */
void gst_ss_mask_transform (GstStructure * structure, gdouble xx, gdouble x0,
    gdouble yy, gdouble y0, gboolean turned);

#if defined (HAVE_ANALYTICS) && GST_CHECK_VERSION (1, 26, 0)
/* Adds the mask to an analytics meta, related to the object of that id. */
void gst_ss_mask_add_analytics (GstAnalyticsRelationMeta * meta,
    const SstTarget * target, guint object, GstSsMaskPart part, gint width,
    gint height);
#endif

G_END_DECLS
