/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Selection by pointer: navigation events of a video sink become requests.
 *
 *   left press, drag, release, or the same with a finger
 *                                start a target in the box that was dragged
 *   left click                   start a target at the point
 *   right click                  end the target at the point
 *   wheel up or down, key "+", "-"
 *                                the target at the point becomes the next larger
 *                                or smaller thing there
 *   key "r"                      end all targets
 *
 * Coordinates are pixels of the stream at the element, as the elements
 * between here and the sink translated them. */

#pragma once

#include <gst/gst.h>

#include "gstssrequest.h"

G_BEGIN_DECLS

/* A pointer that moves less than this between press and release clicked. */
#define GST_SS_CLICK_SLACK 4.0

typedef struct
{
  gboolean pressed;             /* the left button is down since (x, y) */
  gdouble x, y;
  gdouble to_x, to_y;           /* where the pointer is since */
  guint finger;                 /* that went down last */
  gdouble at_x, at_y;           /* where the pointer was last; for keys */
  gdouble scrolled;             /* steps of the wheel that are not a whole one yet */
} GstSsClick;

typedef enum
{
  GST_SS_CLICK_FOREIGN,         /* not for us: pass the event on */
  GST_SS_CLICK_TAKEN,           /* part of a gesture that goes on */
  GST_SS_CLICK_REQUEST,         /* request was filled */
} GstSsClickResult;

/* Looks at a navigation event. The caller keeps the event. */
GstSsClickResult gst_ss_click_handle (GstSsClick * click, GstEvent * event,
    GstSsRequest * request);

/* The box that a drag under way would select; FALSE: there is none. */
gboolean gst_ss_click_get_drag (const GstSsClick * click, SstBox * box);

G_END_DECLS
