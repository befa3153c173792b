/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/video/video.h>
#ifdef HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

#include "gstssgiven.h"

/* Overlap from which on a mask is that of a target. */
#define SAME_IOU 0.5f
/* Sides of a mask. */
#define MAX_SIDE 32768

/* A mask that came with a frame: over 127 target. */
typedef struct
{
  const guint8 *data;
  gsize stride;
  gint columns, rows;
  SstBox part;                  /* of the picture */
} Given;

void
gst_ss_given_register (void)
{
  static gsize registered = 0;
  static const gchar *tags[] = {
    GST_META_TAG_VIDEO_STR, GST_META_TAG_VIDEO_SIZE_STR,
    GST_META_TAG_VIDEO_ORIENTATION_STR, NULL
  };

  if (g_once_init_enter (&registered)) {
    /* An application may have registered it before. */
    if (gst_meta_get_info (GST_SS_MASK_META_NAME) == NULL)
      gst_meta_register_custom (GST_SS_MASK_META_NAME, tags, NULL, NULL, NULL);
    g_once_init_leave (&registered, 1);
  }
}

static gfloat
get_side (const GstStructure * structure, const gchar * field, gfloat otherwise)
{
  gdouble value = otherwise;

  gst_structure_get_double (structure, field, &value);
  return (gfloat) value;
}

static gboolean
is_picture (const SstBox * part)
{
  return part->x > -MAX_SIDE && part->y > -MAX_SIDE && part->x < MAX_SIDE
      && part->y < MAX_SIDE && part->width > 0.f && part->height > 0.f
      && part->width <= MAX_SIDE && part->height <= MAX_SIDE;
}

/* Reads what a meta has; returns its bytes, NULL where that is no mask. */
static GstBuffer *
given_read (Given * given, const GstStructure * structure,
    const SstFrame * frame)
{
  const GValue *const value = gst_structure_get_value (structure, "mask");
  GstBuffer *buffer;

  if (value == NULL || !GST_VALUE_HOLDS_BUFFER (value)
      || (buffer = gst_value_get_buffer (value)) == NULL
      || !gst_structure_get (structure, "mask-columns", G_TYPE_INT,
          &given->columns, "mask-rows", G_TYPE_INT, &given->rows, NULL)
      || given->columns < 1 || given->rows < 1 || given->columns > MAX_SIDE
      || given->rows > MAX_SIDE
      || gst_buffer_get_size (buffer)
      != (gsize) given->columns * given->rows)
    return NULL;
  given->stride = (gsize) given->columns;
  given->part = (SstBox) { get_side (structure, "mask-x", 0.f),
    get_side (structure, "mask-y", 0.f),
    get_side (structure, "mask-width", frame->width),
    get_side (structure, "mask-height", frame->height)
  };
  return is_picture (&given->part) ? buffer : NULL;
}

/* Where in the picture the mask is; FALSE where nowhere. */
static gboolean
given_bounds (const Given * given, SstBox * box)
{
  const gfloat sx = given->part.width / given->columns;
  const gfloat sy = given->part.height / given->rows;
  gint x0 = given->columns, x1 = 0, y0 = given->rows, y1 = 0;

  for (gint y = 0; y < given->rows; y++) {
    for (gint x = 0; x < given->columns; x++) {
      if (given->data[y * given->stride + x] <= 127)
        continue;
      x0 = MIN (x0, x);
      x1 = MAX (x1, x + 1);
      y0 = MIN (y0, y);
      y1 = y + 1;
    }
  }
  *box = (SstBox) { given->part.x + x0 * sx, given->part.y + y0 * sy,
    (x1 - x0) * sx, (y1 - y0) * sy
  };
  return x1 > x0;
}

static gboolean
has_started (SstTargets * all)
{
  guint n;
  const SstTarget *const targets = sst_targets_get (all, &n);

  for (guint i = 0; i < n; i++)
    if (targets[i].event == SST_EVENT_STARTED)
      return TRUE;
  return FALSE;
}

/* The target that started in this frame and is where the mask is; 0: none. */
static guint64
find_target (SstTargets * all, const SstBox * bounds)
{
  gfloat most = SAME_IOU;
  guint64 id = 0;
  guint n;
  const SstTarget *const targets = sst_targets_get (all, &n);

  for (guint i = 0; i < n; i++) {
    const gfloat iou = sst_box_iou (&targets[i].now.box, bounds);

    if (targets[i].event == SST_EVENT_STARTED && iou >= most) {
      most = iou;
      id = targets[i].id;
    }
  }
  return id;
}

/* The whole picture with the mask in it; bytes, to be freed. */
static guint8 *
draw (const Given * given, gint width, gint height)
{
  guint8 *const data = g_malloc0 ((gsize) width * height);

  for (gint y = 0; y < height; y++) {
    const gfloat v = (y + 0.5f - given->part.y) * given->rows
        / given->part.height;

    if (v < 0.f || v >= given->rows)
      continue;
    for (gint x = 0; x < width; x++) {
      const gfloat u = (x + 0.5f - given->part.x) * given->columns
          / given->part.width;

      if (u >= 0.f && u < given->columns)
        data[(gsize) y * width + x] =
            given->data[(gsize) v * given->stride + (gsize) u];
    }
  }
  return data;
}

static const gchar *
offer (const Given * given, const SstFrame * frame, SstTargets * targets)
{
  SstBox bounds;
  guint8 *data;
  guint64 id;
  gboolean taken;

  if (!has_started (targets))
    return NULL;
  if (!given_bounds (given, &bounds))
    return "it is empty";
  id = find_target (targets, &bounds);
  if (id == 0)
    return NULL;
  data = draw (given, frame->width, frame->height);
  taken = sst_targets_give_mask (targets, id, frame, &(SstMaskPicture) {
      data, frame->width, frame->height, frame->width});
  g_free (data);
  return taken ? NULL : "it fills the target's box";
}

/* The same of a custom meta. */
static const gchar *
offer_structure (const GstStructure * structure, const SstFrame * frame,
    SstTargets * targets)
{
  const gchar *complaint;
  GstBuffer *bytes;
  GstMapInfo map;
  Given given;

  bytes = given_read (&given, structure, frame);
  if (bytes == NULL)
    return "its size is not that of its bytes";
  if (!gst_buffer_map (bytes, &map, GST_MAP_READ))
    return "its bytes can not be read";
  given.data = map.data;
  complaint = offer (&given, frame, targets);
  gst_buffer_unmap (bytes, &map);
  return complaint;
}

#if defined (HAVE_ANALYTICS) && GST_CHECK_VERSION (1, 26, 0)
/* Offers each region of a segmentation whose masks are GRAY8; others are
 * not for us. */
static void
offer_regions (const GstAnalyticsSegmentationMtd * segmentation,
    const SstFrame * frame, SstTargets * targets)
{
  gint x, y;
  guint width, height;
  GstBuffer *const bytes =
      gst_analytics_segmentation_mtd_get_mask (segmentation, &x, &y, &width,
      &height);
  const GstVideoMeta *const video = bytes != NULL ?
      gst_buffer_get_video_meta (bytes) : NULL;
  GstMapInfo map;

  if (video != NULL && video->format == GST_VIDEO_FORMAT_GRAY8
      && video->width > 0 && video->height > 0 && video->stride[0] > 0
      && gst_buffer_map (bytes, &map, GST_MAP_READ)) {
    guint8 *const one = g_malloc (map.size);
    const Given given = {
      .data = one,
      .stride = (gsize) video->stride[0],
      .columns = (gint) video->width,
      .rows = (gint) video->height,
      .part = {x, y, width, height},
    };
    guint8 most = 0;

    if (video->offset[0] == 0
        && given.stride * (given.rows - 1) + given.columns <= map.size)
      for (gsize i = 0; i < map.size; i++)
        most = MAX (most, map.data[i]);
    /* what is 0 is none */
    for (guint region = 1; region <= most && is_picture (&given.part);
        region++) {
      for (gsize i = 0; i < map.size; i++)
        one[i] = map.data[i] == region ? 255 : 0;
      offer (&given, frame, targets);
    }
    g_free (one);
    gst_buffer_unmap (bytes, &map);
  }
  if (bytes != NULL)
    gst_buffer_unref (bytes);
}

static void
offer_analytics (GstBuffer * buffer, const SstFrame * frame,
    SstTargets * targets)
{
  GstAnalyticsRelationMeta *const meta =
      gst_buffer_get_analytics_relation_meta (buffer);
  gpointer state = NULL;
  GstAnalyticsMtd mtd;

  while (meta != NULL && gst_analytics_relation_meta_iterate (meta, &state,
          gst_analytics_segmentation_mtd_get_mtd_type (), &mtd))
    offer_regions ((const GstAnalyticsSegmentationMtd *) &mtd, frame, targets);
}
#endif

const gchar *
gst_ss_given_offer (GstBuffer * buffer, const SstFrame * frame,
    SstTargets * targets)
{
  const GstMetaInfo *const info = gst_meta_get_info (GST_SS_MASK_META_NAME);
  const gchar *complaint = NULL;
  gpointer state = NULL;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta (buffer, &state)) != NULL) {
    const gchar *const why = meta->info == info ?
        offer_structure (gst_custom_meta_get_structure ((GstCustomMeta *) meta),
        frame, targets) : NULL;

    if (why != NULL)
      complaint = why;
  }
#if defined (HAVE_ANALYTICS) && GST_CHECK_VERSION (1, 26, 0)
  offer_analytics (buffer, frame, targets);
#endif
  return complaint;
}
