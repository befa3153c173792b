/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <math.h>

#include "gstsspoints.h"

static void
append (GValue * list, GstStructure * point)
{
  GValue item = G_VALUE_INIT;

  g_value_init (&item, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&item, point);
  gst_value_list_append_and_take_value (list, &item);
}

void
gst_ss_points_set_field (GstStructure * structure, const SstTarget * target)
{
  GValue list = G_VALUE_INIT;

  if (target->n_points == 0)
    return;
  g_value_init (&list, GST_TYPE_LIST);
  for (guint i = 0; i < target->n_points; i++) {
    const SstTargetPoint *const point = &target->points[i];

    append (&list, gst_structure_new ("point",
            "x", G_TYPE_DOUBLE, (gdouble) point->x,
            "y", G_TYPE_DOUBLE, (gdouble) point->y,
            "likeness", G_TYPE_DOUBLE, (gdouble) point->likeness,
            "visible", G_TYPE_BOOLEAN, point->visible, NULL));
  }
  gst_structure_take_value (structure, "points", &list);
}

void
gst_ss_points_transform (GstStructure * structure, gdouble xx, gdouble xy,
    gdouble x0, gdouble yx, gdouble yy, gdouble y0)
{
  const GValue *const old = gst_structure_get_value (structure, "points");
  GValue list = G_VALUE_INIT;

  if (old == NULL || !GST_VALUE_HOLDS_LIST (old))
    return;
  g_value_init (&list, GST_TYPE_LIST);
  for (guint i = 0; i < gst_value_list_get_size (old); i++) {
    const GValue *const item = gst_value_list_get_value (old, i);
    GstStructure *point;
    gdouble x, y;

    if (!GST_VALUE_HOLDS_STRUCTURE (item)
        || !gst_structure_get (gst_value_get_structure (item), "x",
            G_TYPE_DOUBLE, &x, "y", G_TYPE_DOUBLE, &y, NULL))
      continue;
    point = gst_structure_copy (gst_value_get_structure (item));
    gst_structure_set (point, "x", G_TYPE_DOUBLE, xx * x + xy * y + x0,
        "y", G_TYPE_DOUBLE, yx * x + yy * y + y0, NULL);
    append (&list, point);
  }
  gst_structure_take_value (structure, "points", &list);
}

#if defined (HAVE_ANALYTICS) && GST_CHECK_VERSION (1, 30, 0)
void
gst_ss_points_add_analytics (GstAnalyticsRelationMeta * meta,
    const SstTarget * target, guint object)
{
  for (guint i = 0; i < target->n_points; i++) {
    const SstTargetPoint *const point = &target->points[i];
    GstAnalyticsKeypointMtd keypoint;

    if (gst_analytics_relation_meta_add_keypoint_mtd (meta,
            GST_ANALYTICS_KEYPOINT_DIMENSIONS_2D, (gint) floorf (point->x),
            (gint) floorf (point->y), 0, point->visible ?
            GST_ANALYTICS_KEYPOINT_VISIBILITY_VISIBLE :
            GST_ANALYTICS_KEYPOINT_VISIBILITY_UNKNOWN,
            fmaxf (point->likeness, 0.f), &keypoint))
      gst_analytics_relation_meta_set_relation (meta,
          GST_ANALYTICS_REL_TYPE_CONTAIN, object, keypoint.id);
  }
}
#endif
