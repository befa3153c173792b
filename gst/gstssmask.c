/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <math.h>

#include "gstssmask.h"

GType
gst_ss_mask_part_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {GST_SS_MASK_NONE, "No masks", "none"},
    {GST_SS_MASK_BOX, "The part of the picture that is in the target's box",
        "box"},
    {GST_SS_MASK_WINDOW, "The square around it in which the mask is looked for",
        "window"},
    {GST_SS_MASK_PICTURE, "The whole picture", "picture"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type)) {
    const GType t = g_enum_register_static ("GstSsMaskPart", values);

    g_once_init_leave (&type, t);
  }
  return type;
}

typedef struct
{
  gint x, y, width, height;     /* pixels of the picture */
} Part;

/* Cuts a box to whole pixels of the picture; FALSE where nothing is left. */
static gboolean
cut (const SstBox * box, gint width, gint height, Part * part)
{
  const gdouble x0 = fmax (floor (box->x), 0.), y0 = fmax (floor (box->y), 0.);
  const gdouble x1 = fmin (ceil ((gdouble) box->x + box->width), width);
  const gdouble y1 = fmin (ceil ((gdouble) box->y + box->height), height);

  if (!(x1 > x0 && y1 > y0))
    return FALSE;
  *part = (Part) { (gint) x0, (gint) y0, (gint) (x1 - x0), (gint) (y1 - y0) };
  return TRUE;
}

static gboolean
part_of (const SstTarget * target, GstSsMaskPart which, gint width,
    gint height, Part * part)
{
  if (target->mask == NULL)
    return FALSE;
  switch (which) {
    case GST_SS_MASK_BOX:
      return cut (&target->now.box, width, height, part);
    case GST_SS_MASK_WINDOW:
      return cut (&target->mask->window, width, height, part);
    case GST_SS_MASK_PICTURE:
      *part = (Part) { 0, 0, width, height };
      return TRUE;
    default:
      return FALSE;
  }
}

/* The bytes of a part. */
static GstBuffer *
draw (const SstMask * mask, const Part * part)
{
  const gsize size = (gsize) part->width * part->height;
  GstBuffer *const buffer = gst_buffer_new_allocate (NULL, size, NULL);
  const SstBox region = { part->x, part->y, part->width, part->height };
  GstMapInfo map;

  if (buffer == NULL || !gst_buffer_map (buffer, &map, GST_MAP_WRITE)) {
    gst_clear_buffer ((GstBuffer **) & buffer);
    return NULL;
  }
  sst_mask_draw (mask, &region, part->width, part->height, map.data,
      part->width);
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

void
gst_ss_mask_set_fields (GstStructure * structure, const SstTarget * target,
    GstSsMaskPart which, gint width, gint height)
{
  GstBuffer *buffer;
  Part part;

  if (!part_of (target, which, width, height, &part)
      || (buffer = draw (target->mask, &part)) == NULL)
    return;
  gst_structure_set (structure,
      "mask", GST_TYPE_BUFFER, buffer,
      "mask-columns", G_TYPE_INT, part.width,
      "mask-rows", G_TYPE_INT, part.height,
      "mask-x", G_TYPE_DOUBLE, (gdouble) part.x,
      "mask-y", G_TYPE_DOUBLE, (gdouble) part.y,
      "mask-width", G_TYPE_DOUBLE, (gdouble) part.width,
      "mask-height", G_TYPE_DOUBLE, (gdouble) part.height, NULL);
  gst_buffer_unref (buffer);
}

void
gst_ss_mask_transform (GstStructure * structure, gdouble xx, gdouble x0,
    gdouble yy, gdouble y0, gboolean turned)
{
  gdouble x, y, width, height;

  if (!gst_structure_get (structure, "mask-x", G_TYPE_DOUBLE, &x,
          "mask-y", G_TYPE_DOUBLE, &y, "mask-width", G_TYPE_DOUBLE, &width,
          "mask-height", G_TYPE_DOUBLE, &height, NULL))
    return;
  if (turned || !(xx > 0.0 && yy > 0.0)) {
    gst_structure_remove_fields (structure, "mask", "mask-columns",
        "mask-rows", "mask-x", "mask-y", "mask-width", "mask-height", NULL);
    return;
  }
  gst_structure_set (structure,
      "mask-x", G_TYPE_DOUBLE, xx * x + x0,
      "mask-y", G_TYPE_DOUBLE, yy * y + y0,
      "mask-width", G_TYPE_DOUBLE, xx * width,
      "mask-height", G_TYPE_DOUBLE, yy * height, NULL);
}

#if defined (HAVE_ANALYTICS) && GST_CHECK_VERSION (1, 26, 0)
void
gst_ss_mask_add_analytics (GstAnalyticsRelationMeta * meta,
    const SstTarget * target, guint object, GstSsMaskPart which, gint width,
    gint height)
{
  GstAnalyticsSegmentationMtd segmentation;
  guint id = 1;                 /* of the only region; what is 0 is none */
  gsize offset[GST_VIDEO_MAX_PLANES] = { 0 };
  gint stride[GST_VIDEO_MAX_PLANES] = { 0 };
  GstBuffer *buffer;
  GstMapInfo map;
  Part part;

  if (!part_of (target, which, width, height, &part)
      || (buffer = draw (target->mask, &part)) == NULL)
    return;
  stride[0] = part.width;
  if (gst_buffer_map (buffer, &map, GST_MAP_READWRITE)) {
    for (gsize i = 0; i < map.size; i++)
      map.data[i] = map.data[i] != 0;
    gst_buffer_unmap (buffer, &map);
  }
  /* rows without padding, which GStreamer's own layout of GRAY8 has */
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_FORMAT_GRAY8, part.width, part.height, 1, offset, stride);
  if (gst_analytics_relation_meta_add_segmentation_mtd (meta, buffer,
          GST_SEGMENTATION_TYPE_INSTANCE, 1, &id, part.x, part.y, part.width,
          part.height, &segmentation))
    gst_analytics_relation_meta_set_relation (meta,
        GST_ANALYTICS_REL_TYPE_CONTAIN, segmentation.id, object);
}
#endif
