/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssfilter.h"

/* The element's, as it is the element that says it. */
#define GST_CAT_DEFAULT (GST_SS_FILTER_GET_CLASS (self)->debug)

#define gst_ss_filter_parent_class parent_class

G_DEFINE_ABSTRACT_TYPE (GstSsFilter, gst_ss_filter, GST_TYPE_BASE_TRANSFORM);

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_SS_FRAME_CAPS));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_SS_FRAME_CAPS));

void
gst_ss_filter_restart (GstSsFilter * self)
{
  gst_ss_clock_reset (&self->clock);
  gst_ss_marks_reset (&self->marks);
  self->memory_failed = FALSE;
  self->warned_map = self->warned_marks = self->warned_times = FALSE;
}

gboolean
gst_ss_filter_parse_caps (GstSsFilter * self, GstCaps * caps,
    GstVideoInfo * info)
{
  if (!gst_video_info_from_caps (info, caps)) {
    GST_WARNING_OBJECT (self, "invalid caps %" GST_PTR_FORMAT, caps);
    return FALSE;
  }
  GST_INFO_OBJECT (self, "caps %" GST_PTR_FORMAT, caps);
  return TRUE;
}

GstClockTime
gst_ss_filter_advance (GstSsFilter * self, GstBuffer * buffer)
{
  const GstClockTime running_time = gst_ss_clock_advance (&self->clock,
      &self->parent.segment, &self->info, buffer);

  if (self->clock.stood_still && !self->warned_times) {
    self->warned_times = TRUE;
    gst_ss_clock_warn (GST_ELEMENT (self), buffer);
  }
  return running_time;
}

gboolean
gst_ss_filter_map (GstSsFilter * self, GstBuffer * buffer, GstMapFlags flags,
    const gchar * otherwise, GstVideoFrame * frame, SstFrame * view)
{
  gchar *reason;

  if (gst_ss_frame_map (&self->info, buffer, flags, frame, view))
    return TRUE;

  reason = gst_ss_frame_explain_memory (buffer);
  if (reason != NULL) {
    self->memory_failed = TRUE;
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("%s", reason),
        ("%" GST_PTR_FORMAT, buffer));
    g_free (reason);
  } else if (!self->warned_map) {
    self->warned_map = TRUE;
    GST_ELEMENT_WARNING (self, STREAM, FORMAT,
        ("A frame can not be %s.", otherwise),
        ("%" GST_PTR_FORMAT, buffer));
  }
  return FALSE;
}

void
gst_ss_filter_warn_marks (GstSsFilter * self, const gchar * used)
{
  if (self->warned_marks
      || !gst_ss_marks_overdue (&self->marks, self->clock.now))
    return;
  self->warned_marks = TRUE;
  GST_ELEMENT_WARNING (self, STREAM, DECODE,
      ("All frames have been marked as corrupted for %u seconds; they are %s "
          "all the same.", (guint) (GST_SS_MARKS_PATIENCE / GST_SECOND), used),
      (NULL));
}

static gboolean
gst_ss_filter_propose_allocation (GstBaseTransform * trans,
    GstQuery * decide_query, GstQuery * query)
{
  if (!GST_BASE_TRANSFORM_CLASS (parent_class)->propose_allocation (trans,
          decide_query, query))
    return FALSE;
  gst_ss_frame_limit_allocation (query);
  return TRUE;
}

static gboolean
gst_ss_filter_query (GstBaseTransform * trans, GstPadDirection direction,
    GstQuery * query)
{
  if (gst_ss_model_store_handle_query (GST_ELEMENT (trans), query,
          &GST_SS_FILTER (trans)->store))
    return TRUE;
  return GST_BASE_TRANSFORM_CLASS (parent_class)->query (trans, direction,
      query);
}

/* Brings controlled properties to the frame's time. */
static void
gst_ss_filter_before_transform (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstClockTime stream_time;

  if (trans->segment.format != GST_FORMAT_TIME
      || !GST_BUFFER_PTS_IS_VALID (buffer))
    return;

  stream_time = gst_segment_to_stream_time (&trans->segment, GST_FORMAT_TIME,
      GST_BUFFER_PTS (buffer));
  if (GST_CLOCK_TIME_IS_VALID (stream_time))
    gst_object_sync_values (GST_OBJECT (trans), stream_time);
}

static void
gst_ss_filter_finalize (GObject * object)
{
  g_clear_object (&GST_SS_FILTER (object)->store);
  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
gst_ss_filter_init (GstSsFilter * self)
{
  gst_video_info_init (&self->info);
  gst_ss_filter_restart (self);
  gst_base_transform_set_in_place (GST_BASE_TRANSFORM (self), TRUE);
  /* A frame that comes late is passed on, not dropped. */
  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM (self), FALSE);
  gst_ss_frame_watch_caps (GST_ELEMENT (self),
      GST_BASE_TRANSFORM_SINK_PAD (self));
}

static void
gst_ss_filter_class_init (GstSsFilterClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  object_class->finalize = gst_ss_filter_finalize;

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);

  trans_class->propose_allocation =
      GST_DEBUG_FUNCPTR (gst_ss_filter_propose_allocation);
  trans_class->query = GST_DEBUG_FUNCPTR (gst_ss_filter_query);
  trans_class->before_transform =
      GST_DEBUG_FUNCPTR (gst_ss_filter_before_transform);

  gst_type_mark_as_plugin_api (GST_TYPE_SS_FILTER, 0);
}
