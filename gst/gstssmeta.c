/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/video/video.h>
#ifdef HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

#include "gstssmeta.h"
#include "gstsspoints.h"
#include "gstsstarget.h"
#include "gstsstrackmeta.h"

static void
attach_region (GstBuffer * buffer, const GstSsMetaFrame * frame,
    const SstTarget * target)
{
  GstVideoRegionOfInterestMeta *region;
  GstStructure *param;
  gint x, y, w, h;

  if (target->now.state == SST_STATE_LOST
      || !gst_ss_target_clip (target, frame->parts.width, frame->parts.height,
          &x, &y, &w, &h))
    return;

  region = gst_buffer_add_video_region_of_interest_meta_id (buffer,
      gst_ss_target_label_quark (target), x, y, w, h);
  region->id = (gint) (target->id & G_MAXINT);
  param = gst_ss_target_to_structure (target, GST_SS_META_PARAM_NAME);
  gst_structure_set (param, "source", G_TYPE_STRING, frame->source, NULL);
  gst_video_region_of_interest_meta_add_param (region, param);
}

#ifdef HAVE_ANALYTICS
static void
attach_analytics (GstBuffer * buffer, const GstSsMetaFrame * frame,
    const SstTarget * targets, guint n_targets)
{
  GstAnalyticsRelationMeta *meta =
      gst_buffer_get_analytics_relation_meta (buffer);

  if (meta == NULL) {
    GstAnalyticsRelationMetaInitParams params = {
      .initial_relation_order = 2 * n_targets,
      .initial_buf_size = 128 * (gsize) n_targets,
    };

    meta = gst_buffer_add_analytics_relation_meta_full (buffer, &params);
  }

  for (guint i = 0; i < n_targets; i++) {
    const SstTarget *target = &targets[i];
    GstAnalyticsTrackingMtd tracking;
    GstAnalyticsODMtd object;
    gint x, y, w, h;

    if (!gst_analytics_relation_meta_add_tracking_mtd (meta, target->id,
            target->now.first_seen, &tracking))
      continue;
    gst_analytics_tracking_mtd_update_last_seen (&tracking,
        target->now.last_seen);
    if (target->now.state == SST_STATE_LOST) {
      gst_analytics_tracking_mtd_set_lost (&tracking);
      continue;
    }
    if (gst_ss_target_clip (target, frame->parts.width, frame->parts.height,
            &x, &y, &w, &h)
        && gst_analytics_relation_meta_add_od_mtd (meta,
            gst_ss_target_label_quark (target), x, y, w, h,
            target->now.confidence, &object)) {
      gst_analytics_relation_meta_set_relation (meta,
          GST_ANALYTICS_REL_TYPE_RELATE_TO, object.id, tracking.id);
#if GST_CHECK_VERSION (1, 26, 0)
      gst_ss_mask_add_analytics (meta, target, object.id, frame->parts.mask,
          frame->parts.width, frame->parts.height);
#endif
#if GST_CHECK_VERSION (1, 30, 0)
      gst_ss_points_add_analytics (meta, target, object.id);
#endif
    }
  }
}
#endif

void
gst_ss_meta_attach (GstBuffer * buffer, const GstSsMetaFrame * frame,
    const SstTarget * targets, guint n_targets)
{
  for (guint i = 0; i < n_targets; i++)
    attach_region (buffer, frame, &targets[i]);
  gst_ss_track_meta_add (buffer, frame->source, frame->frame,
      frame->running_time, &frame->parts, targets, n_targets);
#ifdef HAVE_ANALYTICS
  attach_analytics (buffer, frame, targets, n_targets);
#endif
}
