/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* What sstracker tells: messages and lines of JSON. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstssmeta.h"
#include "gstsstarget.h"
#include "gstsstrackerprivate.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ss_tracker_debug);
#define GST_CAT_DEFAULT gst_ss_tracker_debug

static void
add_times (GstStructure * structure, const Times * times)
{
  gst_structure_set (structure,
      "timestamp", G_TYPE_UINT64, times->pts,
      "stream-time", G_TYPE_UINT64, times->stream_time,
      "running-time", G_TYPE_UINT64, times->running_time, NULL);
}

void
gst_ss_tracker_post_state (GstSsTracker * self, const SstTarget * target,
    const gchar * reason)
{
  GstStructure *structure =
      gst_ss_target_to_structure (target, "sstracker/state");

  gst_structure_set (structure, "reason", G_TYPE_STRING, reason, NULL);
  add_times (structure, &self->times);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
}

void
gst_ss_tracker_post_selected (GstSsTracker * self, const SstTarget * target,
    const Settings * settings)
{
  GstStructure *structure;

  GST_DEBUG_OBJECT (self, "target %" G_GUINT64_FORMAT " selected", target->id);
  if (settings->messages == GST_SS_TRACKER_MESSAGES_NONE)
    return;
  structure = gst_ss_target_to_structure (target, "sstracker/selected");
  add_times (structure, &self->times);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
}

void
gst_ss_tracker_post_seen_before (GstSsTracker * self, const SstTarget * target)
{
  GstStructure *structure =
      gst_ss_target_to_structure (target, "sstracker/seen-before");

  add_times (structure, &self->times);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
}

void
gst_ss_tracker_post_frame (GstSsTracker * self)
{
  const GstSsTargetParts parts = { GST_SS_MASK_NONE, 0, 0, FALSE };
  GstStructure *structure = gst_structure_new ("sstracker/frame",
      "frame", G_TYPE_UINT64, self->n_frames,
      "width", G_TYPE_INT, GST_VIDEO_INFO_WIDTH (&self->info),
      "height", G_TYPE_INT, GST_VIDEO_INFO_HEIGHT (&self->info), NULL);

  add_times (structure, &self->times);
  gst_ss_targets_set_list (structure, "targets",
      (const SstTarget *) (const void *) self->shown->data, self->shown->len,
      &parts);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
}

void
gst_ss_tracker_post_no_room (GstSsTracker * self, guint n)
{
  const SstTime now = self->clock.now;
  GstStructure *structure;

  self->n_turned_away += n;
  if (self->n_turned_away == 0
      || (self->told_no_room && now - self->no_room_at < GST_SECOND))
    return;

  structure = gst_structure_new ("sstracker/no-room",
      "count", G_TYPE_UINT64, self->n_turned_away, NULL);
  add_times (structure, &self->times);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
  self->n_turned_away = 0;
  self->told_no_room = TRUE;
  self->no_room_at = now;
}

/* Says why a box that was asked for is not followed. */
static void
warn_refused (GstSsTracker * self, const SstTarget * target)
{
  const SstBox *box = &target->asked;
  GError *error = NULL;

  if (target->end_reason == SST_END_NO_ROOM) {
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("Can not follow target %" G_GUINT64_FORMAT " as well: there are as "
            "many targets as \"max-targets\" allows.", target->id), (NULL));
    return;
  }

  sst_tracker_check_box (box, GST_VIDEO_INFO_WIDTH (&self->info),
      GST_VIDEO_INFO_HEIGHT (&self->info), &error);
  GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
      ("Can not follow the box %g,%g,%g,%g (target %" G_GUINT64_FORMAT
          "): %s", box->x, box->y, box->width, box->height, target->id,
          error != NULL ? error->message : "it can not be learned"),
      ("picture of %dx%d", GST_VIDEO_INFO_WIDTH (&self->info),
          GST_VIDEO_INFO_HEIGHT (&self->info)));
  g_clear_error (&error);
}

void
gst_ss_tracker_note_end (GstSsTracker * self, const SstTarget * target,
    const gchar * reason)
{
  const GstSsJsonEnd end = { *target, reason };
  /* who reads a line a frame sees the end of the stream by the end of the
   * file */
  const gboolean is_read = g_strcmp0 (reason, "eos") != 0;

  if (self->json != NULL && is_read)
    g_array_append_val (self->ended, end);
}

void
gst_ss_tracker_write_json (GstSsTracker * self, gboolean is_frame,
    const GstSsTargetParts * parts)
{
  const GstSsJsonFrame frame = {
    .frame = self->n_frames,
    .pts = self->times.pts,
    .running_time = self->times.running_time,
    .width = GST_VIDEO_INFO_WIDTH (&self->info),
    .height = GST_VIDEO_INFO_HEIGHT (&self->info),
    .is_frame = is_frame,
    .masks = parts != NULL && parts->mask != GST_SS_MASK_NONE,
    .embeddings = parts != NULL && parts->embedding,
  };
  GError *error = NULL;
  const gboolean written = gst_ss_json_write (self->json, &frame,
      (const SstTarget *) (const void *) self->shown->data, self->shown->len,
      self->ended, &error);

  if (written)
    g_array_set_size (self->ended, 0);
  GST_OBJECT_LOCK (self);
  if (written)
    self->stats.json_lines++;
  else
    self->stats.json_dropped++;
  GST_OBJECT_UNLOCK (self);

  if (error != NULL) {
    gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_WARNING,
        error->domain, error->code, g_strdup (error->message), NULL, __FILE__,
        GST_FUNCTION, __LINE__);
    g_clear_error (&error);
  }
}

void
gst_ss_tracker_finish_json (GstSsTracker * self)
{
  if (self->json != NULL && self->ended->len > 0)
    gst_ss_tracker_write_json (self, FALSE, NULL);
}

void
gst_ss_tracker_tell_events (GstSsTracker * self, const Settings * settings)
{
  guint started = 0, lost = 0, recovered = 0, ended = 0, n_running = 0;

  for (guint i = 0; i < self->shown->len; i++) {
    const SstTarget *target = &g_array_index (self->shown, SstTarget, i);
    const gboolean refused = target->end_reason == SST_END_REFUSED
        || target->end_reason == SST_END_NO_ROOM;

    if (target->recognized) {
      GST_DEBUG_OBJECT (self, "target %" G_GUINT64_FORMAT " looks like %"
          G_GUINT64_FORMAT " of %s (%.2f)", target->id, target->seen_as.id,
          target->seen_as.source, target->seen_as.similarity);
      if (settings->messages != GST_SS_TRACKER_MESSAGES_NONE)
        gst_ss_tracker_post_seen_before (self, target);
    }
    if (target->event != SST_EVENT_NONE) {
      GST_DEBUG_OBJECT (self, "target %" G_GUINT64_FORMAT " \"%s\" %s %s at "
          "%.1f,%.1f %.1fx%.1f", target->id, target->label,
          sst_event_to_string (target->event),
          sst_end_reason_to_string (target->end_reason), target->now.box.x,
          target->now.box.y, target->now.box.width, target->now.box.height);
      started += target->event == SST_EVENT_STARTED;
      lost += target->event == SST_EVENT_LOST;
      recovered += target->event == SST_EVENT_RECOVERED;
      ended += target->event == SST_EVENT_ENDED && !refused;
      if (target->event == SST_EVENT_ENDED && refused)
        warn_refused (self, target);
      if (target->event == SST_EVENT_ENDED)
        gst_ss_tracker_note_end (self, target,
            sst_end_reason_to_string (target->end_reason));
      if (settings->messages != GST_SS_TRACKER_MESSAGES_NONE)
        gst_ss_tracker_post_state (self, target,
            sst_end_reason_to_string (target->end_reason));
    }
    if (target->now.state != SST_STATE_ENDED) {
      if (n_running != i)
        g_array_index (self->shown, SstTarget, n_running) = *target;
      n_running++;
    }
  }
  g_array_set_size (self->shown, n_running);

  GST_OBJECT_LOCK (self);
  self->stats.started += started;
  self->stats.lost += lost;
  self->stats.recovered += recovered;
  self->stats.ended += ended;
  self->stats.targets = n_running;
  GST_OBJECT_UNLOCK (self);
}
