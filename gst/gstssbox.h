/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Boxes as text, the way a person writes them:
 *
 *   boxes := [ box { ";" box } [ ";" ] ]
 *   box   := value "," value "," value "," value       x, y, width, height
 *   value := number [ "%" ]
 *
 * and points the same way, as boxes without a size:
 *
 *   points := [ point { ";" point } [ ";" ] ]
 *   point  := value "," value                          x, y
 *
 * A number is a decimal one with a point, whatever the locale. A bare number
 * counts pixels; with "%", hundredths of the picture's width (x, width) or
 * height (y, height). Both may be mixed. Spaces are allowed around every
 * part. */

#pragma once

#include <gst/gst.h>
#include <sstrack/box.h>

G_BEGIN_DECLS

/* Boxes in one text, at most. */
#define GST_SS_BOX_MAX 1024

typedef struct
{
  gdouble value[4];             /* x, y, width, height */
  gboolean percent[4];
} GstSsBox;

/* Appends the boxes of text to boxes (a GArray of GstSsBox). Text that is empty
 * or NULL holds none. Returns FALSE, leaves boxes as it was and sets error
 * (domain GST_RESOURCE_ERROR) to what is wrong and where if text can't be
 * read. */
gboolean gst_ss_box_parse (const gchar * text, GArray * boxes, GError ** error);

/* The same of points, whose width and height are 0. */
gboolean gst_ss_box_parse_points (const gchar * text, GArray * points,
    GError ** error);

/* The box in pixels of a picture of that size. */
SstBox gst_ss_box_resolve (const GstSsBox * box, gint width, gint height);

G_END_DECLS
