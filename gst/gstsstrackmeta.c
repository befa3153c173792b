/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <math.h>
#include <gst/video/video.h>

#include "gstsspoints.h"
#include "gstsstarget.h"
#include "gstsstrackmeta.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ss_tracker_debug);
#define GST_CAT_DEFAULT gst_ss_tracker_debug

/* Overlap above which two boxes are the same one, rounded or cut to the
 * picture. */
#define SAME_BOX_IOU 0.5f

/* x' = xx x + xy y + x0, y' = yx x + yy y + y0: where the picture's points
 * went. Every transform of the picture that is handled is of this kind. */
typedef struct
{
  gdouble xx, xy, x0, yx, yy, y0;
} Affine;

static gdouble
get_double (const GstStructure * target, const gchar * field)
{
  gdouble value = 0.0;

  gst_structure_get_double (target, field, &value);
  return value;
}

/* The list of targets, NULL where a structure from elsewhere has none. */
static const GValue *
get_targets (const GstStructure * structure)
{
  const GValue *list = gst_structure_get_value (structure, "targets");

  return list != NULL && GST_VALUE_HOLDS_LIST (list) ? list : NULL;
}

static const GstStructure *
get_target (const GValue * list, guint i)
{
  const GValue *item = gst_value_list_get_value (list, i);

  return GST_VALUE_HOLDS_STRUCTURE (item) ? gst_value_get_structure (item) :
      NULL;
}

/* A box stays upright: one that turned becomes the box around it. */
static void
transform_target (GstStructure * target, const Affine * map)
{
  const gdouble w = get_double (target, "width");
  const gdouble h = get_double (target, "height");
  const gdouble cx = get_double (target, "x") + w / 2.0;
  const gdouble cy = get_double (target, "y") + h / 2.0;
  const gdouble vx = get_double (target, "velocity-x");
  const gdouble vy = get_double (target, "velocity-y");
  const gdouble new_w = fabs (map->xx) * w + fabs (map->xy) * h;
  const gdouble new_h = fabs (map->yx) * w + fabs (map->yy) * h;

  gst_structure_set (target,
      "x", G_TYPE_DOUBLE, map->xx * cx + map->xy * cy + map->x0 - new_w / 2.0,
      "y", G_TYPE_DOUBLE, map->yx * cx + map->yy * cy + map->y0 - new_h / 2.0,
      "width", G_TYPE_DOUBLE, new_w, "height", G_TYPE_DOUBLE, new_h,
      "velocity-x", G_TYPE_DOUBLE, map->xx * vx + map->xy * vy,
      "velocity-y", G_TYPE_DOUBLE, map->yx * vx + map->yy * vy, NULL);
  gst_ss_mask_transform (target, map->xx, map->x0, map->yy, map->y0,
      map->xy != 0.0 || map->yx != 0.0);
  gst_ss_points_transform (target, map->xx, map->xy, map->x0, map->yx, map->yy,
      map->y0);
}

static void
transform_structure (GstStructure * structure, const Affine * map,
    const GstVideoInfo * out_info)
{
  const GValue *old = get_targets (structure);
  GValue list = G_VALUE_INIT;

  gst_structure_set (structure,
      "width", G_TYPE_INT, GST_VIDEO_INFO_WIDTH (out_info),
      "height", G_TYPE_INT, GST_VIDEO_INFO_HEIGHT (out_info), NULL);
  if (old == NULL)
    return;

  g_value_init (&list, GST_TYPE_LIST);
  for (guint i = 0; i < gst_value_list_get_size (old); i++) {
    const GstStructure *target = get_target (old, i);
    GValue item = G_VALUE_INIT;
    GstStructure *moved;

    if (target == NULL)
      continue;
    moved = gst_structure_copy (target);
    transform_target (moved, map);
    g_value_init (&item, GST_TYPE_STRUCTURE);
    g_value_take_boxed (&item, moved);
    gst_value_list_append_and_take_value (&list, &item);
  }
  gst_structure_take_value (structure, "targets", &list);
}

/* The factors of a scaled picture, by which everything in it scaled:
 *
 *   sx = out_width / in_width,  sy = out_height / in_height
 *
 * That is only so if no border was added. A scaler may add some where the
 * display aspect ratios DAR = (width * par_n) / (height * par_d) differ, and
 * before GStreamer 1.28 nothing tells whether it did; FALSE is returned then.
 * With ratio r = DAR_out / DAR_in, the borders would take 1 - 1/r of the width
 * where r > 1, 1 - r of the height where r < 1: what rounds to a pixel on
 * either side does not count. */
static gboolean
affine_from_scale (const GstVideoMetaTransform * scale, Affine * map)
{
  const GstVideoInfo *in = scale->in_info, *out = scale->out_info;
  const gdouble sx = (gdouble) GST_VIDEO_INFO_WIDTH (out) /
      MAX (GST_VIDEO_INFO_WIDTH (in), 1);
  const gdouble sy = (gdouble) GST_VIDEO_INFO_HEIGHT (out) /
      MAX (GST_VIDEO_INFO_HEIGHT (in), 1);
  const gdouble r = sx / MAX (sy, 1e-9) *
      GST_VIDEO_INFO_PAR_N (out) * GST_VIDEO_INFO_PAR_D (in) /
      MAX ((gdouble) GST_VIDEO_INFO_PAR_D (out) * GST_VIDEO_INFO_PAR_N (in), 1);
  const gdouble borders = r > 1.0 ?
      GST_VIDEO_INFO_WIDTH (out) * (1.0 - 1.0 / r) :
      GST_VIDEO_INFO_HEIGHT (out) * (1.0 - r);

  *map = (Affine) { .xx = sx, .yy = sy };
  return borders < 2.0;
}

#if GST_CHECK_VERSION(1,28,0)
/* The matrix maps in_rectangle, its corner at the origin, into out_rectangle.
 * A perspective is not handled. */
static gboolean
affine_from_matrix (const GstVideoMetaTransformMatrix * m, Affine * map)
{
  const gdouble in_x = m->in_rectangle.x, in_y = m->in_rectangle.y;

  if (m->matrix[2][0] != 0.f || m->matrix[2][1] != 0.f
      || m->matrix[2][2] == 0.f)
    return FALSE;

  *map = (Affine) {
    .xx = (gdouble) m->matrix[0][0] / m->matrix[2][2],
    .xy = (gdouble) m->matrix[0][1] / m->matrix[2][2],
    .yx = (gdouble) m->matrix[1][0] / m->matrix[2][2],
    .yy = (gdouble) m->matrix[1][1] / m->matrix[2][2],
  };
  map->x0 = (gdouble) m->matrix[0][2] / m->matrix[2][2]
      - map->xx * in_x - map->xy * in_y + m->out_rectangle.x;
  map->y0 = (gdouble) m->matrix[1][2] / m->matrix[2][2]
      - map->yx * in_x - map->yy * in_y + m->out_rectangle.y;
  return TRUE;
}
#endif

static gboolean
copy_field (GQuark field, const GValue * value, gpointer structure)
{
  gst_structure_id_set_value (structure, field, value);
  return TRUE;
}

/* Called by elements that make a new buffer from one with the meta. FALSE: the
 * new one goes without. */
static gboolean
track_meta_transform (GstBuffer * transbuf, GstCustomMeta * meta,
    GstBuffer * buffer, GQuark type, gpointer data, gpointer user_data)
{
  const GstVideoInfo *out_info = NULL;
  GstCustomMeta *copy;
  GstStructure *structure;
  Affine map;

  if (GST_VIDEO_META_TRANSFORM_IS_SCALE (type)) {
    const GstVideoMetaTransform *scale = data;

    if (!affine_from_scale (scale, &map)) {
      GST_DEBUG ("the picture may have got borders, leaving the meta behind");
      return FALSE;
    }
    out_info = scale->out_info;
#if GST_CHECK_VERSION(1,28,0)
  } else if (GST_VIDEO_META_TRANSFORM_IS_MATRIX (type)) {
    const GstVideoMetaTransformMatrix *matrix = data;

    if (!affine_from_matrix (matrix, &map))
      return FALSE;
    out_info = matrix->out_info;
#endif
  } else if (!GST_META_TRANSFORM_IS_COPY (type)) {
    return FALSE;
  }

  copy = gst_buffer_add_custom_meta (transbuf, GST_SS_TRACK_META_NAME);
  if (copy == NULL)
    return FALSE;
  structure = gst_custom_meta_get_structure (copy);
  gst_structure_remove_all_fields (structure);
  gst_structure_foreach (gst_custom_meta_get_structure (meta), copy_field,
      structure);
  if (out_info != NULL)
    transform_structure (structure, &map, out_info);
  return TRUE;
}

void
gst_ss_track_meta_register (void)
{
  static gsize registered = 0;
  static const gchar *tags[] = {
    GST_META_TAG_VIDEO_STR, GST_META_TAG_VIDEO_SIZE_STR,
    GST_META_TAG_VIDEO_ORIENTATION_STR, NULL
  };

  if (g_once_init_enter (&registered)) {
    /* An application may have registered it before. */
    if (gst_meta_get_info (GST_SS_TRACK_META_NAME) == NULL)
      gst_meta_register_custom (GST_SS_TRACK_META_NAME, tags,
          track_meta_transform, NULL, NULL);
    g_once_init_leave (&registered, 1);
  }
}

void
gst_ss_track_meta_add (GstBuffer * buffer, const gchar * source,
    guint64 frame, GstClockTime running_time, const GstSsTargetParts * parts,
    const SstTarget * targets, guint n_targets)
{
  GstCustomMeta *meta =
      gst_buffer_add_custom_meta (buffer, GST_SS_TRACK_META_NAME);
  GstStructure *structure;

  g_return_if_fail (meta != NULL);

  structure = gst_custom_meta_get_structure (meta);
  gst_structure_set (structure,
      "version", G_TYPE_UINT, GST_SS_TRACK_META_VERSION,
      "source", G_TYPE_STRING, source,
      "frame", G_TYPE_UINT64, frame,
      "running-time", G_TYPE_UINT64, running_time,
      "width", G_TYPE_INT, parts->width, "height", G_TYPE_INT, parts->height,
      NULL);
  gst_ss_targets_set_list (structure, "targets", targets, n_targets, parts);
}

static SstBox
get_box (const GstStructure * target)
{
  return (SstBox) {
    (gfloat) get_double (target, "x"), (gfloat) get_double (target, "y"),
    (gfloat) get_double (target, "width"),
    (gfloat) get_double (target, "height")
  };
}

/* The next meta of a tracker. */
static const GstStructure *
iterate_metas (GstBuffer * buffer, gpointer * state)
{
  const GstMetaInfo *info = gst_meta_get_info (GST_SS_TRACK_META_NAME);
  GstMeta *meta;

  if (info == NULL)
    return NULL;

  while ((meta = gst_buffer_iterate_meta (buffer, state)) != NULL) {
    if (meta->info == info)
      return gst_custom_meta_get_structure ((GstCustomMeta *) meta);
  }
  return NULL;
}

static void
list_targets (const GstStructure * structure, GArray * listed)
{
  const GValue *list = get_targets (structure);
  const guint n = list != NULL ? gst_value_list_get_size (list) : 0;

  for (guint i = 0; i < n; i++) {
    const GstStructure *target = get_target (list, i);
    GstSsListed item = { 0 };

    if (target == NULL)
      continue;
    item.box = get_box (target);
    gst_structure_get_uint64 (target, "id", &item.id);
    g_array_append_val (listed, item);
  }
}

void
gst_ss_track_meta_list (GstBuffer * buffer, GArray * listed)
{
  const GstStructure *structure;
  gpointer state = NULL;

  while ((structure = iterate_metas (buffer, &state)) != NULL)
    list_targets (structure, listed);
}

gboolean
gst_ss_track_meta_lists (const GArray * listed, const SstBox * box, guint64 id)
{
  for (guint i = 0; i < listed->len; i++) {
    const GstSsListed *item = &g_array_index (listed, GstSsListed, i);

    if ((id == 0 || id == item->id)
        && sst_box_iou (box, &item->box) > SAME_BOX_IOU)
      return TRUE;
  }
  return FALSE;
}

static void
collect_targets (const GstStructure * structure, GArray * proposals)
{
  const GValue *list = get_targets (structure);
  const guint n = list != NULL ? gst_value_list_get_size (list) : 0;
  const gchar *source = gst_structure_get_string (structure, "source");
  const guint64 tracker =
      (guint64) (source != NULL ? g_str_hash (source) : 0) << 32;

  for (guint i = 0; i < n; i++) {
    const GstStructure *target = get_target (list, i);
    SstProposal proposal = { 0 };
    gboolean predicted = FALSE;

    if (target == NULL || !gst_structure_get_uint64 (target, "id",
            &proposal.id) || proposal.id == 0)
      continue;
    gst_structure_get_boolean (target, "predicted", &predicted);
    proposal.id += tracker;
    proposal.box = get_box (target);
    proposal.lost = g_strcmp0 (gst_structure_get_string (target, "state"),
        sst_state_to_string (SST_STATE_LOST)) == 0;
    if (!predicted)
      proposal.confidence =
          (float) CLAMP (get_double (target, "confidence"), 0.0, 1.0);
    /* It may have come from another process. */
    if (isfinite (proposal.confidence) && isfinite (proposal.box.x)
        && isfinite (proposal.box.y) && isfinite (proposal.box.width)
        && isfinite (proposal.box.height) && proposal.box.width > 0.f
        && proposal.box.height > 0.f)
      g_array_append_val (proposals, proposal);
  }
}

void
gst_ss_track_meta_collect (GstBuffer * buffer, GArray * proposals)
{
  const GstStructure *structure;
  gpointer state = NULL;

  while ((structure = iterate_metas (buffer, &state)) != NULL)
    collect_targets (structure, proposals);
}
