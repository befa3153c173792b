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

/* A message about what happened to a target. */
static void
gst_ss_tracker_post_state (GstSsTracker * self, const SstTarget * target)
{
  GstStructure *structure =
      gst_ss_target_to_structure (target, "sstracker/state");

  gst_structure_set (structure, "reason", G_TYPE_STRING,
      sst_end_reason_to_string (target->end_reason), NULL);
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

static void
post_seen_before (GstSsTracker * self, const SstTarget * target)
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
  guint n;
  const SstTarget *targets = gst_ss_tracker_get_targets (self, &n);
  GstStructure *structure = gst_structure_new ("sstracker/frame",
      "frame", G_TYPE_UINT64, self->n_frames,
      "width", G_TYPE_INT, GST_VIDEO_INFO_WIDTH (&self->filter.info),
      "height", G_TYPE_INT, GST_VIDEO_INFO_HEIGHT (&self->filter.info), NULL);

  add_times (structure, &self->times);
  gst_ss_targets_set_list (structure, "targets", targets, n, &parts);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
}

void
gst_ss_tracker_post_no_room (GstSsTracker * self, guint n)
{
  const SstTime now = self->filter.clock.now;
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

/* Says why a target that was asked for is not followed. */
static void
warn_refused (GstSsTracker * self, const SstTarget * target)
{
  const SstBox *box = &target->asked;

  if (target->end_reason == SST_END_NO_ROOM) {
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("Can not follow target %" G_GUINT64_FORMAT " as well: there are as "
            "many targets as \"max-targets\" allows.", target->id), (NULL));
    return;
  }

  GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
      ("Can not follow the box %g,%g,%g,%g (target %" G_GUINT64_FORMAT
          "): %s", box->x, box->y, box->width, box->height, target->id,
          target->error != NULL ? target->error->message :
          "it can not be learned"),
      ("picture of %dx%d", GST_VIDEO_INFO_WIDTH (&self->filter.info),
          GST_VIDEO_INFO_HEIGHT (&self->filter.info)));
}

/* Says why a target does not go where somebody said that it is. */
static void
warn_not_corrected (GstSsTracker * self, const SstTarget * target)
{
  const SstBox *box = &target->asked;

  GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
      ("Target %" G_GUINT64_FORMAT " can not be in the box %g,%g,%g,%g, it "
          "stays where it is: %s", target->id, box->x, box->y, box->width,
          box->height, target->error->message), (NULL));
}

/* Who reads a line a frame sees the end of the stream by the end of the file;
 * all other ends are told in the next line of JSON. */
static void
note_end (GstSsTracker * self, const SstTarget * target)
{
  if (self->json != NULL && target->end_reason != SST_END_EOS)
    g_array_append_val (self->ended, *target);
}

void
gst_ss_tracker_write_json (GstSsTracker * self, gboolean is_frame,
    const GstSsTargetParts * parts)
{
  const GstSsJsonFrame frame = {
    .frame = self->n_frames,
    .pts = self->times.pts,
    .running_time = self->times.running_time,
    .width = GST_VIDEO_INFO_WIDTH (&self->filter.info),
    .height = GST_VIDEO_INFO_HEIGHT (&self->filter.info),
    .is_frame = is_frame,
    .masks = parts != NULL && parts->mask != GST_SS_MASK_NONE,
    .embeddings = parts != NULL && parts->embedding,
  };
  guint n;
  const SstTarget *targets = gst_ss_tracker_get_targets (self, &n);
  GError *error = NULL;
  const gboolean written = gst_ss_json_write (self->json, &frame, targets, n,
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

static gboolean
is_refused (const SstTarget * target)
{
  return target->end_reason == SST_END_REFUSED
      || target->end_reason == SST_END_NO_ROOM;
}

static void
tell_recognized (GstSsTracker * self, const SstTarget * target,
    GstSsTrackerMessages messages)
{
  GST_DEBUG_OBJECT (self, "target %" G_GUINT64_FORMAT " looks like %"
      G_GUINT64_FORMAT " of %s (%.2f)", target->id, target->seen_as.id,
      target->seen_as.source, target->seen_as.similarity);
  if (messages != GST_SS_TRACKER_MESSAGES_NONE)
    post_seen_before (self, target);
}

static void
tell_event (GstSsTracker * self, const SstTarget * target,
    GstSsTrackerMessages messages)
{
  GST_DEBUG_OBJECT (self, "target %" G_GUINT64_FORMAT " \"%s\" %s %s at "
      "%.1f,%.1f %.1fx%.1f", target->id, target->label,
      sst_event_to_string (target->event),
      sst_end_reason_to_string (target->end_reason), target->now.box.x,
      target->now.box.y, target->now.box.width, target->now.box.height);
  if (is_refused (target))
    warn_refused (self, target);
  if (target->event == SST_EVENT_ENDED)
    note_end (self, target);
  if (messages != GST_SS_TRACKER_MESSAGES_NONE)
    gst_ss_tracker_post_state (self, target);
}

void
gst_ss_tracker_tell_events (GstSsTracker * self, GstSsTrackerMessages messages)
{
  guint n, n_events[SST_EVENT_ENDED + 1] = { 0, }, n_refused = 0;
  const SstTarget *targets = gst_ss_tracker_get_targets (self, &n);

  for (guint i = 0; i < n; i++) {
    const SstTarget *target = &targets[i];

    n_events[target->event]++;
    n_refused += is_refused (target);
    if (target->recognized)
      tell_recognized (self, target, messages);
    if (target->event != SST_EVENT_NONE)
      tell_event (self, target, messages);
    if (target->error != NULL && !is_refused (target))
      warn_not_corrected (self, target);
  }
  if (self->targets != NULL)
    sst_targets_forget_ended (self->targets);

  GST_OBJECT_LOCK (self);
  self->stats.started += n_events[SST_EVENT_STARTED];
  self->stats.lost += n_events[SST_EVENT_LOST];
  self->stats.recovered += n_events[SST_EVENT_RECOVERED];
  self->stats.ended += n_events[SST_EVENT_ENDED] - n_refused;
  self->stats.targets = n - n_events[SST_EVENT_ENDED];
  GST_OBJECT_UNLOCK (self);
}
