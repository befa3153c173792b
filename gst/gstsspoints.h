/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Points in the stream: the form in which a frame carries them.
 *
 * In GstSsTrackMeta (gstsstrackmeta.h) a target that has points has a field more,
 * "points": a GstValueList of GstStructure "point", in the order in which they were
 * added, each with
 *
 *   x, y         double    pixels of the picture
 *   likeness     double    -1 to 1: how alike its surroundings are to the
 *                          first ones; 0 where the target was not looked at
 *   visible      boolean   it is seen there; else the place is a guess
 *
 * They follow the picture as the box does, also where it is turned.
 *
 * Where GStreamer has it (1.30) an analytics meta gets a GstAnalyticsKeypointMtd of
 * each, which the target's object CONTAINs. */

#pragma once

#include <gst/gst.h>
#include <sstrack/targets.h>

#ifdef HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

G_BEGIN_DECLS

/* Adds the field to a target's structure, where the target has points. */
void gst_ss_points_set_field (GstStructure * structure,
    const SstTarget * target);

/* Moves them with the picture: x' = xx x + xy y + x0, y' = yx x + yy y + y0. */
void gst_ss_points_transform (GstStructure * structure, gdouble xx, gdouble xy,
    gdouble x0, gdouble yx, gdouble yy, gdouble y0);

#if defined (HAVE_ANALYTICS) && GST_CHECK_VERSION (1, 30, 0)
/* Adds the points to an analytics meta, related to the object of that id. */
void gst_ss_points_add_analytics (GstAnalyticsRelationMeta * meta,
    const SstTarget * target, guint object);
#endif

G_END_DECLS
