/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <math.h>

#include "gstssgallery.h"
#include "gstsspoints.h"
#include "gstsstarget.h"

GstStructure *
gst_ss_target_to_structure (const SstTarget * target, const gchar * name)
{
  const SstTrackerResult *now = &target->now;
  GstStructure *structure = gst_structure_new (name,
      "id", G_TYPE_UINT64, target->id,
      "label", G_TYPE_STRING, target->label,
      "state", G_TYPE_STRING, sst_state_to_string (now->state),
      "event", G_TYPE_STRING, sst_event_to_string (target->event),
      "confidence", G_TYPE_DOUBLE, (gdouble) now->confidence,
      "x", G_TYPE_DOUBLE, (gdouble) now->box.x,
      "y", G_TYPE_DOUBLE, (gdouble) now->box.y,
      "width", G_TYPE_DOUBLE, (gdouble) now->box.width,
      "height", G_TYPE_DOUBLE, (gdouble) now->box.height,
      "velocity-x", G_TYPE_DOUBLE, (gdouble) now->vx,
      "velocity-y", G_TYPE_DOUBLE, (gdouble) now->vy,
      "predicted", G_TYPE_BOOLEAN, now->predicted,
      "first-seen", G_TYPE_UINT64, now->first_seen,
      "last-seen", G_TYPE_UINT64, now->last_seen, NULL);

  gst_ss_gallery_set_fields (structure, target);
  return structure;
}

void
gst_ss_targets_set_list (GstStructure * structure, const gchar * field,
    const SstTarget * targets, guint n_targets, const GstSsTargetParts * parts)
{
  GValue list = G_VALUE_INIT;

  g_value_init (&list, GST_TYPE_LIST);
  for (guint i = 0; i < n_targets; i++) {
    GstStructure *target = gst_ss_target_to_structure (&targets[i], "target");
    GValue item = G_VALUE_INIT;

    gst_ss_mask_set_fields (target, &targets[i], parts->mask, parts->width,
        parts->height);
    gst_ss_points_set_field (target, &targets[i]);
    if (parts->embedding)
      gst_ss_gallery_set_embedding (target, &targets[i]);
    g_value_init (&item, GST_TYPE_STRUCTURE);
    g_value_take_boxed (&item, target);
    gst_value_list_append_and_take_value (&list, &item);
  }
  gst_structure_take_value (structure, field, &list);
}

GQuark
gst_ss_target_label_quark (const SstTarget * target)
{
  return g_quark_from_string (target->label[0] != '\0' ? target->label :
      "object");
}

gboolean
gst_ss_target_clip (const SstTarget * target, gint width, gint height,
    gint * x, gint * y, gint * w, gint * h)
{
  const SstBox *box = &target->now.box;
  /* fmin() and fmax() also turn what is not a number into one. */
  const gint x0 = (gint) fmin (fmax (roundf (box->x), 0.0), width);
  const gint y0 = (gint) fmin (fmax (roundf (box->y), 0.0), height);
  const gint x1 = (gint) fmin (fmax (roundf (box->x + box->width), 0.0), width);
  const gint y1 =
      (gint) fmin (fmax (roundf (box->y + box->height), 0.0), height);

  *x = x0;
  *y = y0;
  *w = x1 - x0;
  *h = y1 - y0;
  return *w > 0 && *h > 0;
}
