/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* What becomes of the targets where the stream ends, jumps or changes. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <math.h>
#include <string.h>

#include "gstsstrackerprivate.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ss_tracker_debug);
#define GST_CAT_DEFAULT gst_ss_tracker_debug

/* Differences of shape that are rounding: rows or columns of the smaller
 * picture, as encoders round to whole blocks, and relative, of a picture of few
 * rows. */
#define ROUNDED_TO 16.0
#define SAME_ASPECT 0.1

static gboolean
gst_ss_tracker_is_waiting (const GstSsTracker * self)
{
  return self->targets != NULL && sst_targets_n_waiting (self->targets) > 0;
}

/* Says what ended because of the stream, whose clock starts anew. */
static void
gst_ss_tracker_tell_end (GstSsTracker * self, SstEndReason reason)
{
  const guint n = gst_ss_tracker_n_running (self);
  GstSsTrackerMessages messages;

  GST_OBJECT_LOCK (self);
  messages = self->settings.messages;
  GST_OBJECT_UNLOCK (self);

  if (n > 0)
    GST_INFO_OBJECT (self, "%u targets end: %s", n,
        sst_end_reason_to_string (reason));
  gst_ss_tracker_tell_events (self, messages);
  gst_ss_clock_restart (&self->filter.clock);
  gst_ss_marks_reset (&self->filter.marks);
  self->told_no_room = FALSE;
}

void
gst_ss_tracker_end_all (GstSsTracker * self, SstEndReason reason)
{
  if (self->targets != NULL)
    sst_targets_end_all (self->targets, reason);
  gst_ss_tracker_tell_end (self, reason);
}

/* Whether targets of the property "init-box" are there, or any are about to
 * start. */
static gboolean
gst_ss_tracker_has_set_targets (const GstSsTracker * self)
{
  guint n;
  const SstTarget *targets = gst_ss_tracker_get_targets (self, &n);

  if (gst_ss_tracker_is_waiting (self))
    return TRUE;
  for (guint i = 0; i < n; i++)
    if (targets[i].origin == SST_ORIGIN_SETTING)
      return TRUE;
  return FALSE;
}

/* A flush that ends the targets. What was asked for before any frame but the
 * preroll's was seen was meant for where a player goes from there: it starts
 * anew in the next frame. */
static void
gst_ss_tracker_end_flushed (GstSsTracker * self)
{
  if (self->n_since_flush != 1) {
    gst_ss_tracker_end_all (self, SST_END_FLUSH);
    return;
  }
  self->boxes_move |= gst_ss_tracker_has_set_targets (self);
  sst_targets_begin_again (self->targets, SST_END_FLUSH);
  gst_ss_tracker_tell_end (self, SST_END_FLUSH);
}

static void
gst_ss_tracker_flushed (GstSsTracker * self)
{
  gboolean reset;

  GST_OBJECT_LOCK (self);
  reset = (self->settings.reset_on & GST_SS_TRACKER_RESET_ON_FLUSH) != 0;
  GST_OBJECT_UNLOCK (self);

  if (reset)
    gst_ss_tracker_end_flushed (self);
  else if (gst_ss_tracker_n_running (self) > 0)
    sst_targets_discontinuity (self->targets);
  self->went_back = !gst_ss_tracker_has_set_targets (self);
  self->n_since_flush = 0;
  gst_ss_clock_flush (&self->filter.clock);
}

/* The stream jumped: ends the targets if reset-on has the flag, or else makes
 * them search wider. */
static void
gst_ss_tracker_jump (GstSsTracker * self, GstSsTrackerResetOn flag,
    SstEndReason reason)
{
  gboolean reset;

  GST_OBJECT_LOCK (self);
  reset = (self->settings.reset_on & flag) != 0;
  GST_OBJECT_UNLOCK (self);

  if (reset)
    gst_ss_tracker_end_all (self, reason);
  else if (gst_ss_tracker_n_running (self) > 0)
    sst_targets_discontinuity (self->targets);
}

static gdouble
display_aspect (const GstVideoInfo * info)
{
  return (gdouble) GST_VIDEO_INFO_WIDTH (info) * GST_VIDEO_INFO_PAR_N (info) /
      ((gdouble) GST_VIDEO_INFO_HEIGHT (info) *
      MAX (GST_VIDEO_INFO_PAR_D (info), 1));
}

/* Whether two pictures are of one shape, scaled and rounded. */
static gboolean
have_same_shape (const GstVideoInfo * a, const GstVideoInfo * b)
{
  const gboolean a_is_smaller =
      GST_VIDEO_INFO_HEIGHT (a) < GST_VIDEO_INFO_HEIGHT (b);
  const GstVideoInfo *small = a_is_smaller ? a : b;
  const GstVideoInfo *large = a_is_smaller ? b : a;
  const gdouble ratio = display_aspect (small) / display_aspect (large);
  const gdouble rows = fabs (ratio - 1.0) * GST_VIDEO_INFO_HEIGHT (small);
  const gdouble columns =
      fabs (1.0 / ratio - 1.0) * GST_VIDEO_INFO_WIDTH (small);

  return fabs (ratio - 1.0) < SAME_ASPECT && MIN (rows, columns) < ROUNDED_TO;
}

gboolean
gst_ss_tracker_take_caps (GstSsTracker * self, GstCaps * incaps)
{
  const GstVideoInfo old = self->filter.info;
  GstVideoInfo info;

  if (!gst_ss_filter_parse_caps (&self->filter, incaps, &info))
    return FALSE;

  /* Caps may come before the start is through, where a pad is linked late. */
  if (g_atomic_int_get (&self->running) && self->have_info
      && (GST_VIDEO_INFO_WIDTH (&info) != GST_VIDEO_INFO_WIDTH (&old)
          || GST_VIDEO_INFO_HEIGHT (&info) != GST_VIDEO_INFO_HEIGHT (&old))) {
    /* A larger or smaller picture of the same shape is the same scene. */
    if (!have_same_shape (&info, &old))
      gst_ss_tracker_jump (self, GST_SS_TRACKER_RESET_ON_CAPS, SST_END_CAPS);
    if (gst_ss_tracker_n_running (self) > 0
        || gst_ss_tracker_is_waiting (self)) {
      const gfloat sx = (gfloat) GST_VIDEO_INFO_WIDTH (&info) /
          (gfloat) GST_VIDEO_INFO_WIDTH (&old);
      const gfloat sy = (gfloat) GST_VIDEO_INFO_HEIGHT (&info) /
          (gfloat) GST_VIDEO_INFO_HEIGHT (&old);

      GST_INFO_OBJECT (self, "targets follow the size by %.3f x %.3f", sx, sy);
      sst_targets_rescale (self->targets, sx, sy);
    }
  }
  self->filter.info = info;
  self->have_info = TRUE;
  return TRUE;
}

static void
gst_ss_tracker_stream_started (GstSsTracker * self, GstEvent * event)
{
  const gchar *stream_id;

  gst_event_parse_stream_start (event, &stream_id);
  if (self->stream_id != NULL && strcmp (self->stream_id, stream_id) != 0)
    gst_ss_tracker_jump (self, GST_SS_TRACKER_RESET_ON_STREAM_START,
        SST_END_STREAM_START);
  g_free (self->stream_id);
  self->stream_id = g_strdup (stream_id);
  /* Others may learn from this one. */
  GST_OBJECT_LOCK (self);
  self->store_serial = 0;
  GST_OBJECT_UNLOCK (self);
}

void
gst_ss_tracker_take_event (GstSsTracker * self, GstEvent * event)
{
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      gst_ss_tracker_stream_started (self, event);
      break;
    case GST_EVENT_FLUSH_STOP:
      gst_ss_tracker_flushed (self);
      break;
    case GST_EVENT_SEGMENT:
      if (self->have_segment) {
        GstSsTrackerResetOn reset_on;

        GST_OBJECT_LOCK (self);
        reset_on = self->settings.reset_on;
        GST_OBJECT_UNLOCK (self);
        if ((reset_on & GST_SS_TRACKER_RESET_ON_SEGMENT) != 0)
          gst_ss_tracker_end_all (self, SST_END_SEGMENT);
      }
      self->have_segment = TRUE;
      gst_ss_clock_segment (&self->filter.clock);
      break;
    case GST_EVENT_EOS:
      gst_ss_tracker_end_all (self, SST_END_EOS);
      gst_ss_tracker_finish_json (self);
      break;
    default:
      break;
  }
}
