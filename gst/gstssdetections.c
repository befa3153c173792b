/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/video/video.h>
#ifdef HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

#include "gstssdetections.h"
#include "gstssmeta.h"
#include "gstsstrackmeta.h"

/* Detections of a frame that count. More can't be targets, and what is done
 * with them grows with their square. */
#define MAX_DETECTIONS 1024

static gboolean
label_passes (const gchar * wanted, GQuark label)
{
  return wanted == NULL || *wanted == '\0'
      || g_strcmp0 (wanted, g_quark_to_string (label)) == 0;
}

/* A label may be any bytes; those of targets end up in structures and JSON. */
static const gchar *
valid_label (GQuark label)
{
  const gchar *text = g_quark_to_string (label);
  const gchar *interned;
  gchar *valid;

  if (text == NULL || g_utf8_validate (text, -1, NULL))
    return text;
  valid = g_utf8_make_valid (text, -1);
  interned = g_intern_string (valid);
  g_free (valid);
  return interned;
}

static gboolean
find_confidence (const GstStructure * param, gfloat * confidence)
{
  const GValue *value = gst_structure_get_value (param, "confidence");
  GValue number = G_VALUE_INIT;
  gboolean found;

  if (value == NULL
      || !g_value_type_transformable (G_VALUE_TYPE (value), G_TYPE_FLOAT))
    return FALSE;
  g_value_init (&number, G_TYPE_FLOAT);
  found = g_value_transform (value, &number);
  if (found)
    *confidence = CLAMP (g_value_get_float (&number), 0.f, 1.f);
  g_value_unset (&number);
  return found;
}

static void
collect_regions (GstBuffer * buffer, const gchar * label,
    const GArray * listed, GArray * detections)
{
  gpointer state = NULL;
  GstMeta *meta;

  while (detections->len < MAX_DETECTIONS
      && (meta = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) != NULL) {
    GstVideoRegionOfInterestMeta *region =
        (GstVideoRegionOfInterestMeta *) meta;
    SstDetection detection = {
      /* what sticks out at the left or the top comes as a signed number */
      .box = {(gfloat) (gint) region->x, (gfloat) (gint) region->y,
          (gfloat) region->w, (gfloat) region->h},
      .label = valid_label (region->roi_type),
      .confidence = 1.f,
    };

    if (!label_passes (label, region->roi_type)
        || gst_video_region_of_interest_meta_get_param (region,
            GST_SS_META_PARAM_NAME) != NULL
        /* The param is gone after a videoconvert; our own meta is not. */
        || (region->id > 0 && gst_ss_track_meta_lists (listed, &detection.box,
                (guint64) region->id)))
      continue;

    for (GList * item = region->params; item != NULL; item = item->next) {
      if (find_confidence (item->data, &detection.confidence))
        break;
    }
    g_array_append_val (detections, detection);
  }
}

#ifdef HAVE_ANALYTICS
/* Overlap above which a region and a detection of one frame are one thing. */
#define SAME_OBJECT_IOU 0.8f

static gboolean
is_region (const GArray * detections, guint n_regions, const SstBox * box)
{
  for (guint i = 0; i < n_regions; i++) {
    if (sst_box_iou (&g_array_index (detections, SstDetection, i).box, box)
        > SAME_OBJECT_IOU)
      return TRUE;
  }
  return FALSE;
}

static void
collect_analytics (GstBuffer * buffer, const gchar * label,
    const GArray * listed, GArray * detections)
{
  GstAnalyticsRelationMeta *meta =
      gst_buffer_get_analytics_relation_meta (buffer);
  const guint n_regions = detections->len;
  gpointer state = NULL;
  GstAnalyticsMtd mtd;

  if (meta == NULL)
    return;

  while (detections->len < MAX_DETECTIONS
      && gst_analytics_relation_meta_iterate (meta, &state,
          gst_analytics_od_mtd_get_mtd_type (), &mtd)) {
    GstAnalyticsODMtd *object = (GstAnalyticsODMtd *) &mtd;
    const GQuark type = gst_analytics_od_mtd_get_obj_type (object);
    SstDetection detection = { .label = valid_label (type) };
    gfloat confidence;
    gint x, y, w, h;

    if (!label_passes (label, type)
        || !gst_analytics_od_mtd_get_location (object, &x, &y, &w, &h,
            &confidence))
      continue;
    detection.box = (SstBox) { (gfloat) x, (gfloat) y, (gfloat) w, (gfloat) h };
    detection.confidence = CLAMP (confidence, 0.f, 1.f);
    if (is_region (detections, n_regions, &detection.box)
        || gst_ss_track_meta_lists (listed, &detection.box, 0))
      continue;
    g_array_append_val (detections, detection);
  }
}
#endif

void
gst_ss_detections_collect (GstBuffer * buffer, const gchar * label,
    GArray * detections)
{
  GArray *listed = g_array_new (FALSE, FALSE, sizeof (GstSsListed));

  gst_ss_track_meta_list (buffer, listed);
  collect_regions (buffer, label, listed, detections);
#ifdef HAVE_ANALYTICS
  collect_analytics (buffer, label, listed, detections);
#endif
  g_array_unref (listed);
}

const SstDetection *
gst_ss_detections_at (const GArray * detections, gfloat x, gfloat y)
{
  const SstDetection *best = NULL;

  for (guint i = 0; i < detections->len; i++) {
    const SstDetection *detection =
        &g_array_index (detections, SstDetection, i);
    const SstBox *box = &detection->box;

    if (x >= box->x && x < box->x + box->width
        && y >= box->y && y < box->y + box->height
        && (best == NULL || sst_box_scale (box) < sst_box_scale (&best->box)))
      best = detection;
  }
  return best;
}
