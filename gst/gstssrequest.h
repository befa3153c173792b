/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Request: a wish of an application or a viewer, queued until the next frame. */

#pragma once

#include <glib.h>
#include <sstrack/box.h>

G_BEGIN_DECLS

typedef enum
{
  GST_SS_REQUEST_ADD,           /* id, box: start a target */
  GST_SS_REQUEST_ADD_DRAGGED,   /* box: start a target in the part of it that
                                 * lies in the picture */
  GST_SS_REQUEST_ADD_AT,        /* box.x, box.y: start what stands there */
  GST_SS_REQUEST_LARGER_AT,     /* box.x, box.y: the target there, or else the last that
                                 * was clicked on, becomes the next larger thing */
  GST_SS_REQUEST_SMALLER_AT,    /* the same, smaller */
  GST_SS_REQUEST_UPDATE,        /* id, box: where a target is */
  GST_SS_REQUEST_ADD_POINT,     /* id, box.x, box.y: a point of a target */
  GST_SS_REQUEST_REMOVE,        /* id: end a target */
  GST_SS_REQUEST_REMOVE_AT,     /* box.x, box.y: end the target there */
  GST_SS_REQUEST_RESET,         /* end all targets */
} GstSsRequestKind;

typedef struct
{
  GstSsRequestKind kind;
  guint64 id;                   /* ADD: a reserved one; UPDATE, REMOVE: a target */
  SstBox box;
  gboolean percent[2];          /* ADD_POINT: box.x, box.y are hundredths of the
                                 * picture's sides */
} GstSsRequest;

G_END_DECLS
