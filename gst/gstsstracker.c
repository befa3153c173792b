/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/**
 * SECTION:element-sstracker
 * @title: sstracker
 * @short_description: follows things in video
 *
 * Point it at something in a picture: it follows it, says how sure it is, says
 * when it has lost it, and finds it again. It needs no detector and no GPU, and
 * works on the formats that cameras and decoders give.
 *
 * ## What is followed
 *
 * Targets start from #GstSsTracker:init-box, from the action signal
 * #GstSsTracker::add-target, from clicks in a window
 * (#GstSsTracker:select-on-click), and from what elements upstream detected
 * (#GstVideoRegionOfInterestMeta; object detections of GstAnalytics where
 * GStreamer is 1.24 or newer), which also corrects the targets that run. Each
 * takes effect on the next frame, also while playing. A target has an id, from
 * 1, that is not used again in a run, and is in one of these states:
 *
 * - `tracking`: seen and followed
 * - `uncertain`: followed, but it may be something else, or hidden
 * - `lost`: not seen; its box is the last one seen, and the picture is searched
 * - `ended`: removed, or lost for longer than #GstSsTracker:lost-timeout
 *
 * ## What comes out
 *
 * The frames, each of them, unchanged unless #GstSsTracker:overlay draws.
 *
 * On every frame with targets, metadata: #GstVideoRegionOfInterestMeta of those
 * that are not lost (with a structure "sstracker", which the next element that
 * makes new buffers will drop), the custom meta "GstSsTrackMeta" of all, and
 * GstAnalytics tracking and object detection where GStreamer is 1.24 or
 * newer. Targets that ended are not listed. Others' metadata stays as it is.
 *
 * On the bus (#GstSsTracker:messages), element messages. "sstracker/state" has
 * the fields of a target, that is "id" (guint64), "label", "state", "event"
 * (strings; event is "started", "lost", "recovered" or "ended"), "confidence",
 * "x", "y", "width", "height", "velocity-x", "velocity-y" (gdouble),
 * "predicted" (gboolean), "first-seen" and "last-seen" (guint64, running
 * time), and besides "reason" (string: why it ended: "removed", "timeout",
 * "refused", "no-room", "displaced", "eos", "flush", "segment", "stream-start",
 * "caps" or "stop"), "timestamp", "stream-time" and "running-time" (guint64, of
 * the frame). Where running time goes back or stands still while targets are
 * followed, as after a flush that does not end them, what is reported here and
 * elsewhere goes on. "sstracker/frame" has the last three, "frame" (guint64,
 * from 0), "width", "height" (gint) and "targets", a #GstValueList of target
 * structures. "sstracker/no-room" has them, too, and "count" (guint64), how
 * often a target or a detector's box was turned away for want of room
 * (#GstSsTracker:max-targets) since it was said last; it is once a second of
 * the stream at most.
 *
 * ## Seen before
 *
 * With #GstSsTracker:gallery-timeout the element remembers what its targets
 * looked like for so long after they ended. About a second after a target
 * started it is compared with those that ended or are lost, and with all of
 * other trackers that share the gallery (#GstSsTracker:gallery-name): so
 * somebody who leaves one camera is known in the next one. What it looks like
 * is told once, by the message "sstracker/seen-before" with the fields of a
 * target, among them "seen-as" (guint64, the earlier target's id),
 * "seen-as-source" (string, the element that followed it) and "similarity"
 * (gdouble, 0 to 1), and "timestamp", "stream-time" and "running-time"; from
 * then on the target's metadata has these fields, its JSON "seen_as". The id
 * stays its own. #GstSsTracker::find-similar asks at any time.
 *
 * This is off unless it is asked for. It compares appearance: the colours of
 * what is in the box, and what a network that was made for tracking says of it.
 * It knows no faces and no persons: two people dressed alike are one to it, and
 * one who changed clothes is another. Of 158 returns within the same scene or
 * clip it knew six of ten; for one in twenty it named another, mostly a
 * look-alike. All of it lies in memory, of at most 128 targets; nothing is
 * written or sent, and it is gone when the last element that shares it stops.
 *
 * In a file or pipe (#GstSsTracker:json-location), a JSON object a line; what
 * ended is in its list "ended", with the reason, but for the end of the stream,
 * which is that of the file.
 *
 * ## Models that change
 *
 * The network may be replaced while targets run, by one of the same
 * architecture:
 *
 * - by what `sstrain` learns from the same stream in the same pipeline, or
 *   under the name that #GstSsTracker:model-name says; not where
 *   #GstSsTracker:model alone was set. Elements find each other through a
 *   #GstContext of the type "sstracker.model-store", as GL displays are shared;
 *   an application that sets the same context on two pipelines shares models
 *   between them. They last as long as the pipeline, through restarts.
 * - by a file, with #GstSsTracker:reload. That is how processes share.
 *
 * A new model takes effect between two frames, at once for targets that start.
 * Those that run follow one after the other, in a frame or two each, so that no
 * frame takes much longer, and keep what they know of their target.
 * "model" in #GstSsTracker:stats says which one is in use.
 *
 * ## Jumps in the stream
 *
 * #GstSsTracker:reset-on says what ends the targets. A flush, another stream
 * or a picture of another shape that does not makes the tracker search wider in
 * the next frame, as does time between two frames or a cut. The mark DISCONT
 * says nothing about the picture and changes nothing: a leaky queue sets it
 * wherever it dropped a frame. A new segment, format or framerate changes
 * nothing either; a picture that is scaled takes the targets along.
 * A frame that is marked as GAP is taken for the one before again: targets
 * stay as they are. In one that is marked as CORRUPTED they move on by their
 * motion. They start in the next frame without such a mark, or, where none
 * comes for two seconds, in one with it; after that time what is marked as
 * CORRUPTED is looked at as if it was not, which a warning says once. At the
 * end of the stream, and when the element stops, targets end too. Interlaced
 * pictures are seen with both fields woven together.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc pattern=ball num-buffers=300 ! \
 *     sstracker init-box=20,100,40,40 overlay=true ! videoconvert ! \
 *     autovideosink
 * ]| Follow what is in a box of the first picture, and show it.
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert ! \
 *     sstracker select-on-click=true overlay=true ! videoconvert ! xvimagesink
 * ]| Follow what is clicked on.
 * |[
 * gst-launch-1.0 -q videotestsrc pattern=ball num-buffers=90 ! \
 *     sstracker init-box="20,100,40,40;50%,50%,10%,10%" json-location=- ! \
 *     fakesink
 * ]| Two targets, as JSON lines on standard output.
 *
 * ## Debug levels of the category "sstracker"
 *
 * WARNING what also goes to the bus; INFO runs, caps, resets; DEBUG what
 * happens to targets, requests; LOG every frame. GST_PERFORMANCE tells of
 * frames that had to be copied to be drawn into.
 *
 * Since: 0.1
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include <gst/video/video.h>
#include <sstrack/model.h>
#include <sstrack/select.h>
#include <sstrack/targets.h>

#include "gstssbox.h"
#include "gstssdetections.h"
#include "gstssgiven.h"
#include "gstssmeta.h"
#include "gstsstrackerprivate.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ss_tracker_debug);
#define GST_CAT_DEFAULT gst_ss_tracker_debug
GST_DEBUG_CATEGORY_STATIC (CAT_PERFORMANCE);

/* That long nothing was detected before it is said that nothing starts. */
#define DETECTOR_PATIENCE (10 * GST_SECOND)
#define gst_ss_tracker_parent_class parent_class

G_DEFINE_TYPE_WITH_CODE (GstSsTracker, gst_ss_tracker,
    GST_TYPE_SS_FILTER, G_IMPLEMENT_INTERFACE (GST_TYPE_PRESET, NULL));

GST_ELEMENT_REGISTER_DEFINE (sstracker, "sstracker", GST_RANK_NONE,
    GST_TYPE_SS_TRACKER);

/* ---- lifecycle ---- */

SstTargets *
gst_ss_tracker_ensure_targets (GstSsTracker * self)
{
  if (self->targets == NULL)
    self->targets = sst_targets_new (NULL);
  return self->targets;
}

const SstTarget *
gst_ss_tracker_get_targets (const GstSsTracker * self, guint * n)
{
  *n = 0;
  return self->targets != NULL ? sst_targets_get (self->targets, n) : NULL;
}

guint
gst_ss_tracker_n_running (const GstSsTracker * self)
{
  guint n;

  gst_ss_tracker_get_targets (self, &n);
  return n;
}

/* Whether init-box can be read; error says why not. */
static gboolean
gst_ss_tracker_check_init_box (GstSsTracker * self, GError ** error)
{
  gboolean readable;
  gchar *text;

  GST_OBJECT_LOCK (self);
  text = g_strdup (self->init_box);
  GST_OBJECT_UNLOCK (self);
  readable = gst_ss_box_parse (text, self->boxes, error);
  g_array_set_size (self->boxes, 0);
  g_free (text);
  return readable;
}

static void
gst_ss_tracker_join_gallery (GstSsTracker * self)
{
  SstAlbum *album;
  gchar *name;

  GST_OBJECT_LOCK (self);
  name = self->settings.gallery_timeout > 0 ?
      g_strdup (self->gallery_name != NULL ? self->gallery_name : "") : NULL;
  GST_OBJECT_UNLOCK (self);
  if (name == NULL)
    return;
  album = gst_ss_gallery_join (name);

  GST_OBJECT_LOCK (self);
  self->album = album;
  self->album_name = name;
  self->album_member = sst_album_join (album);
  self->album_source = g_intern_string (GST_OBJECT_NAME (self));
  self->album_now = 0;
  GST_OBJECT_UNLOCK (self);
}

static void
gst_ss_tracker_leave_gallery (GstSsTracker * self)
{
  SstAlbum *album;
  gchar *name;

  GST_OBJECT_LOCK (self);
  album = g_steal_pointer (&self->album);
  name = g_steal_pointer (&self->album_name);
  GST_OBJECT_UNLOCK (self);
  gst_ss_gallery_leave (name, &album);
  g_free (name);
}

static gboolean
gst_ss_tracker_start (GstBaseTransform * trans)
{
  GstSsTracker *self = GST_SS_TRACKER (trans);
  gchar *location;
  GError *error = NULL;

  GST_OBJECT_LOCK (self);
  location = g_strdup (self->json_location);
  GST_OBJECT_UNLOCK (self);

  if (!gst_ss_tracker_check_init_box (self, &error))
    goto no_box;

  if (!gst_ss_tracker_start_model (self))
    goto no_model;
  if (location != NULL && *location != '\0') {
    self->json = gst_ss_json_open (location, &error);
    if (self->json == NULL)
      goto no_json;
  }

  self->have_info = FALSE;
  self->have_params = FALSE;
  self->went_back = FALSE;
  self->had_boxes = self->boxes_move = FALSE;
  g_array_set_size (self->clicked, 0);
  self->n_since_flush = 0;
  self->warned_mask = FALSE;
  self->have_segment = FALSE;
  self->n_frames = 0;
  self->times =
      (Times) { GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, 0 };
  gst_ss_filter_restart (&self->filter);
  self->n_turned_away = 0;
  self->told_no_room = FALSE;
  self->told_no_source = FALSE;

  gst_ss_tracker_join_gallery (self);
  GST_OBJECT_LOCK (self);
  sst_targets_set_model (gst_ss_tracker_ensure_targets (self), self->learned,
      NULL);
  self->init_box_pending = self->init_box != NULL && *self->init_box != '\0';
  self->click = (GstSsClick) { .pressed = FALSE };
  self->warned_requests = FALSE;
  self->stats = (GstSsStats) { 0 };
  gst_ss_stats_set_model (&self->stats, self->learned);
  GST_OBJECT_UNLOCK (self);
  g_atomic_int_set (&self->running, TRUE);

  g_free (location);
  return TRUE;

  /* ERRORS */
no_box:
  GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
      ("The property \"init-box\" can not be read: %s.", error->message),
      (NULL));
  g_clear_error (&error);
no_model:
  g_free (location);
  return FALSE;
no_json:
  gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR,
      error->domain, error->code, g_strdup (error->message),
      g_strdup_printf ("json-location=%s", location), __FILE__, GST_FUNCTION,
      __LINE__);
  g_clear_error (&error);
  gst_ss_tracker_stop_model (self);
  g_free (location);
  return FALSE;
}

static gboolean
gst_ss_tracker_stop (GstBaseTransform * trans)
{
  GstSsTracker *self = GST_SS_TRACKER (trans);
  SstTargets *targets;

  g_atomic_int_set (&self->running, FALSE);
  gst_ss_tracker_end_all (self, SST_END_STOP);
  gst_ss_tracker_finish_json (self);
  gst_ss_json_close (&self->json);
  g_array_set_size (self->ended, 0);
  g_clear_pointer (&self->stream_id, g_free);

  GST_OBJECT_LOCK (self);
  targets = self->targets;
  self->targets = NULL;
  self->stats.targets = 0;
  g_array_set_size (self->requests, 0);
  GST_OBJECT_UNLOCK (self);

  sst_targets_free (&targets);
  gst_ss_tracker_leave_gallery (self);
  gst_ss_tracker_drop_selector (self);
  gst_ss_tracker_stop_model (self);
  return TRUE;
}

/* ---- caps, allocation and events ---- */

static gboolean
gst_ss_tracker_set_caps (GstBaseTransform * trans, GstCaps * incaps,
    GstCaps * outcaps)
{
  return gst_ss_tracker_take_caps (GST_SS_TRACKER (trans), incaps);
}

static gboolean
gst_ss_tracker_sink_event (GstBaseTransform * trans, GstEvent * event)
{
  gst_ss_tracker_take_event (GST_SS_TRACKER (trans), event);
  return GST_BASE_TRANSFORM_CLASS (parent_class)->sink_event (trans, event);
}

static gboolean
gst_ss_tracker_src_event (GstBaseTransform * trans, GstEvent * event)
{
  GstSsTracker *self = GST_SS_TRACKER (trans);

  if (GST_EVENT_TYPE (event) == GST_EVENT_NAVIGATION) {
    GstSsClickResult result = GST_SS_CLICK_FOREIGN;
    GstSsRequest request;

    GST_OBJECT_LOCK (self);
    if (self->settings.select_on_click)
      result = gst_ss_click_handle (&self->click, event, &request);
    GST_OBJECT_UNLOCK (self);

    if (result == GST_SS_CLICK_REQUEST)
      gst_ss_tracker_ask (self, &request);
    if (result != GST_SS_CLICK_FOREIGN) {
      GST_DEBUG_OBJECT (self, "took %" GST_PTR_FORMAT, event);
      gst_event_unref (event);
      return TRUE;
    }
  }

  return GST_BASE_TRANSFORM_CLASS (parent_class)->src_event (trans, event);
}

/* ---- sharing models ---- */

static void
gst_ss_tracker_set_context (GstElement * element, GstContext * context)
{
  GstSsTracker *self = GST_SS_TRACKER (element);
  gboolean none;

  GST_OBJECT_LOCK (self);
  none = g_strcmp0 (self->model, MODEL_NONE) == 0;
  GST_OBJECT_UNLOCK (self);
  if (!none) {
    gst_ss_model_store_set_context (element, context, &self->filter.store);
    /* It may be another store, which counts by itself. */
    GST_OBJECT_LOCK (self);
    self->store_serial = 0;
    GST_OBJECT_UNLOCK (self);
  }

  GST_ELEMENT_CLASS (parent_class)->set_context (element, context);
}

/* ---- a frame ---- */

/* Finds the frame's times, and moves the set's clock on. */
static void
gst_ss_tracker_take_times (GstSsTracker * self, GstBuffer * buffer)
{
  const GstSegment *segment = &GST_BASE_TRANSFORM (self)->segment;
  Times *times = &self->times;

  *times =
      (Times) { GST_BUFFER_PTS (buffer), GST_CLOCK_TIME_NONE, 0 };
  if (segment->format == GST_FORMAT_TIME
      && GST_CLOCK_TIME_IS_VALID (times->pts))
    times->stream_time =
        gst_segment_to_stream_time (segment, GST_FORMAT_TIME, times->pts);
  times->running_time = gst_ss_filter_advance (&self->filter, buffer);
}

/* How the set takes part in the gallery. */
static void
gst_ss_tracker_set_membership (GstSsTracker * self, const Settings * settings,
    SstMembership * membership)
{
  if (self->album == NULL)      /* changes with start() and stop() alone */
    return;
  *membership = (SstMembership) {
    .album = self->album, .member = self->album_member,
    .source = self->album_source, .timeout = settings->gallery_timeout,
    .epoch = gst_ss_tracker_epoch (self),
  };
  GST_OBJECT_LOCK (self);
  self->album_now = membership->epoch + self->filter.clock.now;
  GST_OBJECT_UNLOCK (self);
}

static void
gst_ss_tracker_apply_params (GstSsTracker * self, const Settings * settings)
{
  SstTargetsParams params = SST_TARGETS_PARAMS_DEFAULT;

  params.tracker.min_confidence = (float) settings->min_confidence;
  params.max_targets = settings->max_targets;
  params.lost_timeout = settings->lost_timeout;
  params.budget = settings->budget;
  params.search_windows = settings->search_windows;
  params.n_threads = settings->n_threads;
  params.camera_motion = settings->camera_motion;
  if (settings->mask != GST_SS_MASK_NONE
      || settings->effect != GST_SS_EFFECT_NONE)
    params.tracker.mask_interval = (int) settings->mask_interval;
  params.tracker.mask_box = settings->mask_box;
  params.tracker.point_grid = (int) settings->points;
  params.mask_targets = settings->mask_targets;
  gst_ss_tracker_set_membership (self, settings, &params.membership);

  if (self->have_params
      && params.tracker.min_confidence == self->params.tracker.min_confidence
      && params.max_targets == self->params.max_targets
      && params.lost_timeout == self->params.lost_timeout
      && params.budget == self->params.budget
      && params.search_windows == self->params.search_windows
      && params.n_threads == self->params.n_threads
      && params.camera_motion == self->params.camera_motion
      && params.tracker.mask_interval == self->params.tracker.mask_interval
      && params.tracker.mask_box == self->params.tracker.mask_box
      && params.tracker.point_grid == self->params.tracker.point_grid
      && params.mask_targets == self->params.mask_targets
      && params.membership.epoch == self->params.membership.epoch)
    return;

  sst_targets_set_params (self->targets, &params);
  self->params = params;
  self->have_params = TRUE;
}

/* Whether the stream went back, to or before where the boxes of init-box began,
 * so that they begin again. */
static gboolean
gst_ss_tracker_begins_again (GstSsTracker * self)
{
  const gboolean went_back = self->went_back;

  if (self->boxes_move)
    self->boxes_began = self->times.stream_time;
  self->went_back = self->boxes_move = FALSE;
  return went_back && self->had_boxes
      && (!GST_CLOCK_TIME_IS_VALID (self->times.stream_time)
      || !GST_CLOCK_TIME_IS_VALID (self->boxes_began)
      || self->times.stream_time <= self->boxes_began);
}

/* Takes the settings, and what was asked for since the last frame. A frame that
 * can not be looked at leaves that for the next. */
static void
gst_ss_tracker_take_settings (GstSsTracker * self, GstBuffer * buffer,
    gboolean usable, Settings * settings)
{
  const gboolean again = usable && gst_ss_tracker_begins_again (self);
  gchar *init_box = NULL;

  GST_OBJECT_LOCK (self);
  *settings = self->settings;
  if (g_strcmp0 (self->wanted_label, self->init_label) != 0) {
    g_free (self->wanted_label);
    self->wanted_label = g_strdup (self->init_label);
  }
  if (usable) {
    if (self->requests->len > 0) {
      GArray *requests = self->requests;

      self->requests = self->taken;
      self->taken = requests;
    }
    if ((self->init_box_pending || again)
        && (settings->init_from & GST_SS_TRACKER_INIT_FROM_PROPERTY) != 0) {
      if (self->init_box_pending)
        self->boxes_began = self->times.stream_time;
      self->init_box_pending = FALSE;
      init_box = g_strdup (self->init_box != NULL ? self->init_box : "");
    }
  }
  GST_OBJECT_UNLOCK (self);

  gst_ss_tracker_apply_params (self, settings);
  gst_ss_tracker_take_model (self);
  if (self->taken->len > 0)
    gst_ss_tracker_apply_requests (self, buffer, settings);
  if (init_box != NULL) {
    gst_ss_tracker_apply_init_box (self, init_box);
    g_free (init_box);
  }
}

/* Says once that init-from leaves nothing that a target could start from. */
static void
gst_ss_tracker_check_sources (GstSsTracker * self, const Settings * settings)
{
  const SstTime now = self->filter.clock.now;
  gboolean waits;

  if (self->told_no_source)
    return;
  if (self->n_frames == 0)
    self->first_frame = now;
  GST_OBJECT_LOCK (self);
  waits = self->init_box_pending && self->init_box != NULL
      && *self->init_box != '\0'
      && (settings->init_from & GST_SS_TRACKER_INIT_FROM_PROPERTY) == 0;
  GST_OBJECT_UNLOCK (self);

  if (waits) {
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("\"init-box\" starts nothing, as \"init-from\" leaves out "
            "\"property\"."), (NULL));
    self->told_no_source = TRUE;
  } else if (self->detections->len > 0 || gst_ss_tracker_n_running (self) > 0) {
    self->told_no_source = settings->init_from == GST_SS_TRACKER_INIT_FROM_ROI;
  } else if (settings->init_from == GST_SS_TRACKER_INIT_FROM_ROI
      && now > self->first_frame
      && now - self->first_frame >= DETECTOR_PATIENCE) {
    GST_ELEMENT_WARNING (self, RESOURCE, NOT_FOUND,
        ("No element before this one has attached a region%s%s for %u "
            "seconds, and \"init-from\" allows nothing else to start from.",
            self->wanted_label != NULL && *self->wanted_label != '\0' ?
            " with the label " : "", self->wanted_label != NULL ?
            self->wanted_label : "", (guint) (DETECTOR_PATIENCE / GST_SECOND)),
        (NULL));
    self->told_no_source = TRUE;
  }
}

/* Targets that have just started take the masks that came with the frame. */
static void
gst_ss_tracker_take_masks (GstSsTracker * self, GstBuffer * buffer,
    const SstFrame * view)
{
  const gchar *const complaint =
      gst_ss_given_offer (buffer, view, self->targets);

  if (complaint == NULL || self->warned_mask)
    return;
  self->warned_mask = TRUE;
  GST_ELEMENT_WARNING (self, STREAM, FORMAT,
      ("A mask that came with a frame is not used: %s.", complaint), (NULL));
}

static void
gst_ss_tracker_track (GstSsTracker * self, GstBuffer * buffer,
    GstSsPicture picture)
{
  GstVideoFrame frame;
  SstFrame view;

  if (picture == GST_SS_PICTURE_REPEATED) {
    sst_targets_repeat (self->targets, self->filter.clock.now);
  } else if (picture == GST_SS_PICTURE_NEW
      && gst_ss_filter_map (&self->filter, buffer, GST_MAP_READ,
          "read; it passes without being looked at", &frame, &view)) {
    sst_targets_process (self->targets, &view, self->filter.clock.now,
        (const SstDetection *) (const void *) self->detections->data,
        self->detections->len);
    if (self->params.tracker.mask_interval > 0
        || self->params.tracker.point_grid > 0
        || self->params.tracker.mask_box)
      gst_ss_tracker_take_masks (self, buffer, &view);
    gst_video_frame_unmap (&frame);
  } else {
    sst_targets_process (self->targets, NULL, self->filter.clock.now, NULL, 0);
  }
}

/* What hides all but the targets hides everything where there is none. */
static gboolean
hides_all (const Settings * settings)
{
  return settings->effect == GST_SS_EFFECT_BLUR_OTHERS
      || settings->effect == GST_SS_EFFECT_SPOTLIGHT;
}

static void
gst_ss_tracker_draw (GstSsTracker * self, GstBuffer * buffer,
    const Settings * settings)
{
  guint n;
  const SstTarget *targets = gst_ss_tracker_get_targets (self, &n);
  GstVideoFrame frame;
  gboolean dragging;
  SstFrame view;
  SstBox drag;

  GST_OBJECT_LOCK (self);
  dragging = settings->overlay && settings->select_on_click
      && gst_ss_click_get_drag (&self->click, &drag);
  GST_OBJECT_UNLOCK (self);
  if (n == 0 && !dragging && !hides_all (settings))
    return;
  if (!gst_buffer_is_all_memory_writable (buffer))
    GST_CAT_DEBUG_OBJECT (CAT_PERFORMANCE, self,
        "copying a picture that others hold, to draw into it");
  if (!gst_ss_filter_map (&self->filter, buffer, GST_MAP_READWRITE,
          "drawn into; it passes as it is", &frame, &view))
    return;
  gst_ss_effect_apply (self->effect, &frame, settings->effect, targets, n);
  if (settings->overlay)
    gst_ss_overlay_draw (&frame, &settings->style, self->effect, targets, n);
  if (dragging)
    gst_ss_overlay_draw_drag (&frame, &settings->style, &drag);
  gst_video_frame_unmap (&frame);
}

/* Whether something is drawn in a frame. */
static gboolean
is_drawn (GstBuffer * buffer, const Settings * settings)
{
  /* A buffer that fills a hole may have no picture at all. */
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP)
      && gst_buffer_get_size (buffer) == 0)
    return FALSE;
  return settings->overlay || settings->effect != GST_SS_EFFECT_NONE;
}

static void
gst_ss_tracker_publish (GstSsTracker * self, GstBuffer * buffer,
    const Settings * settings)
{
  const GstSsTargetParts parts = {
    .mask = settings->mask,
    .width = GST_VIDEO_INFO_WIDTH (&self->filter.info),
    .height = GST_VIDEO_INFO_HEIGHT (&self->filter.info),
    .embedding = settings->embedding == GST_SS_TRACKER_EMBEDDING_ALL,
  };
  guint n;
  const SstTarget *targets = gst_ss_tracker_get_targets (self, &n);

  if (n > 0) {
    gchar *name = gst_object_get_name (GST_OBJECT (self));
    const GstSsMetaFrame frame = {
      .source = name,
      .frame = self->n_frames,
      .running_time = self->times.running_time,
      .parts = parts,
    };

    gst_ss_meta_attach (buffer, &frame, targets, n);
    g_free (name);
  }
  if (is_drawn (buffer, settings))
    gst_ss_tracker_draw (self, buffer, settings);
  if (settings->messages == GST_SS_TRACKER_MESSAGES_FRAME)
    gst_ss_tracker_post_frame (self);
  if (self->json != NULL)
    gst_ss_tracker_write_json (self, TRUE, &parts);
}

/* Whether something that was asked for waits for a picture. */
static gboolean
gst_ss_tracker_is_asked (GstSsTracker * self)
{
  gboolean asked;

  GST_OBJECT_LOCK (self);
  asked = self->requests->len > 0 || (self->init_box_pending
      && (self->settings.init_from & GST_SS_TRACKER_INIT_FROM_PROPERTY) != 0);
  GST_OBJECT_UNLOCK (self);
  return asked;
}

/* What there is to see in a buffer. Nothing that is asked for waits without
 * end. */
static GstSsPicture
gst_ss_tracker_judge (GstSsTracker * self, GstBuffer * buffer)
{
  const GstSsPicture picture =
      gst_ss_marks_judge (&self->filter.marks, buffer, self->filter.clock.now);

  if (!gst_ss_marks_overdue (&self->filter.marks, self->filter.clock.now))
    return picture;
  if (picture == GST_SS_PICTURE_REPEATED)
    return gst_ss_tracker_is_asked (self) ? GST_SS_PICTURE_NEW : picture;

  gst_ss_filter_warn_marks (&self->filter, "looked at");
  return picture;
}

static GstFlowReturn
gst_ss_tracker_transform_ip (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstSsTracker *self = GST_SS_TRACKER (trans);
  const GstClockTime began = gst_util_get_timestamp ();
  GstSsPicture picture;
  gboolean usable, busy;
  Settings settings;

  if (!g_atomic_int_get (&self->running))
    return GST_FLOW_OK;
  gst_ss_tracker_take_times (self, buffer);
  picture = gst_ss_tracker_judge (self, buffer);
  usable = picture == GST_SS_PICTURE_NEW;
  gst_ss_tracker_take_settings (self, buffer, usable, &settings);

  g_array_set_size (self->detections, 0);
  if (usable && (settings.init_from & GST_SS_TRACKER_INIT_FROM_ROI) != 0)
    gst_ss_detections_collect (buffer, self->wanted_label, self->detections);

  gst_ss_tracker_check_sources (self, &settings);

  /* The set says whether a frame matters to it. */
  busy = self->detections->len > 0 || sst_targets_wants_frames (self->targets);
  if (busy) {
    gst_ss_tracker_track (self, buffer, picture);
    if (self->filter.memory_failed)
      return GST_FLOW_ERROR;
    gst_ss_tracker_tell_events (self, settings.messages);
    if (settings.messages != GST_SS_TRACKER_MESSAGES_NONE)
      gst_ss_tracker_post_no_room (self,
          sst_targets_n_turned_away (self->targets));
  }
  gst_ss_tracker_publish (self, buffer, &settings);

  GST_LOG_OBJECT (self, "frame %" G_GUINT64_FORMAT " at %" GST_TIME_FORMAT
      ": %u targets, %u detections", self->n_frames,
      GST_TIME_ARGS (self->times.running_time), gst_ss_tracker_n_running (self),
      self->detections->len);
  self->n_frames++;
  self->n_since_flush++;

  GST_OBJECT_LOCK (self);
  self->stats.frames++;
  if (busy)
    gst_ss_stats_add_time (&self->stats, gst_util_get_timestamp () - began);
  GST_OBJECT_UNLOCK (self);
  return GST_FLOW_OK;
}

/* ---- object ---- */

static void
gst_ss_tracker_finalize (GObject * object)
{
  GstSsTracker *self = GST_SS_TRACKER (object);

  gst_ss_json_close (&self->json);
  sst_targets_free (&self->targets);
  gst_ss_tracker_leave_gallery (self);
  gst_ss_tracker_stop_model (self);
  g_free (self->gallery_name);
  g_free (self->stream_id);
  gst_ss_effect_free (&self->effect);
  gst_ss_tracker_drop_selector (self);
  g_array_unref (self->clicked);
  g_array_unref (self->ended);
  g_array_unref (self->near);
  g_array_unref (self->detections);
  g_array_unref (self->boxes);
  g_array_unref (self->taken);
  g_array_unref (self->requests);
  g_free (self->model_name);
  g_free (self->model);
  g_free (self->json_location);
  g_free (self->init_box);
  g_free (self->init_label);
  g_free (self->wanted_label);

  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
gst_ss_tracker_init (GstSsTracker * self)
{
  self->settings = (Settings) {
    .init_from = DEFAULT_PROP_INIT_FROM,
    .max_targets = DEFAULT_PROP_MAX_TARGETS,
    .lost_timeout = DEFAULT_PROP_LOST_TIMEOUT,
    .min_confidence = DEFAULT_PROP_MIN_CONFIDENCE,
    .budget = DEFAULT_PROP_BUDGET,
    .search_windows = DEFAULT_PROP_SEARCH_WINDOWS,
    .camera_motion = DEFAULT_PROP_CAMERA_MOTION,
    .reset_on = DEFAULT_PROP_RESET_ON,
    .overlay = DEFAULT_PROP_OVERLAY,
    .style = { DEFAULT_PROP_OVERLAY_THICKNESS, DEFAULT_PROP_OVERLAY_LABELS },
    .messages = DEFAULT_PROP_MESSAGES,
    .select_on_click = DEFAULT_PROP_SELECT_ON_CLICK,
    .click_size = DEFAULT_PROP_CLICK_SIZE,
    .click_fit = DEFAULT_PROP_CLICK_FIT,
    .n_threads = DEFAULT_PROP_N_THREADS,
    .mask = DEFAULT_PROP_MASK,
    .mask_interval = DEFAULT_PROP_MASK_INTERVAL,
    .mask_targets = DEFAULT_PROP_MASK_TARGETS,
    .mask_box = DEFAULT_PROP_MASK_BOX,
    .points = DEFAULT_PROP_POINTS,
    .effect = DEFAULT_PROP_EFFECT,
    .gallery_timeout = DEFAULT_PROP_GALLERY_TIMEOUT,
    .embedding = DEFAULT_PROP_EMBEDDING,
  };
  self->gallery_name = g_strdup (DEFAULT_PROP_GALLERY_NAME);
  self->init_label = g_strdup (DEFAULT_PROP_INIT_LABEL);
  self->model_name = g_strdup (DEFAULT_PROP_MODEL_NAME);
  self->max_operations = DEFAULT_PROP_MAX_OPERATIONS;
  self->reload = DEFAULT_PROP_RELOAD;
  self->requests = g_array_new (FALSE, FALSE, sizeof (GstSsRequest));
  self->taken = g_array_new (FALSE, FALSE, sizeof (GstSsRequest));
  self->boxes = g_array_new (FALSE, FALSE, sizeof (GstSsBox));
  self->detections = g_array_new (FALSE, FALSE, sizeof (SstDetection));
  self->near = g_array_new (FALSE, FALSE, sizeof (SstDetection));
  self->effect = gst_ss_effect_new ();
  self->clicked = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->ended = g_array_new (FALSE, FALSE, sizeof (SstTarget));
}

static void
gst_ss_tracker_class_init (GstSsTrackerClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_GET (CAT_PERFORMANCE, "GST_PERFORMANCE");
  GST_SS_FILTER_CLASS (klass)->debug = gst_ss_tracker_debug;

  object_class->set_property = gst_ss_tracker_set_property;
  object_class->get_property = gst_ss_tracker_get_property;
  object_class->finalize = gst_ss_tracker_finalize;
  gst_ss_tracker_install_properties (object_class);
  gst_ss_tracker_install_signals (object_class);

  element_class->set_context = GST_DEBUG_FUNCPTR (gst_ss_tracker_set_context);
  gst_element_class_set_static_metadata (element_class, "Object tracker",
      "Filter/Analyzer/Video",
      "Follows things in video from a box, says how sure it is, and finds them "
      "again", "The sstracker authors");

  trans_class->start = GST_DEBUG_FUNCPTR (gst_ss_tracker_start);
  trans_class->stop = GST_DEBUG_FUNCPTR (gst_ss_tracker_stop);
  trans_class->set_caps = GST_DEBUG_FUNCPTR (gst_ss_tracker_set_caps);
  trans_class->sink_event = GST_DEBUG_FUNCPTR (gst_ss_tracker_sink_event);
  trans_class->src_event = GST_DEBUG_FUNCPTR (gst_ss_tracker_src_event);
  trans_class->transform_ip = GST_DEBUG_FUNCPTR (gst_ss_tracker_transform_ip);

  gst_type_mark_as_plugin_api (GST_TYPE_SS_TRACKER_MESSAGES, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_SS_TRACKER_INIT_FROM, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_SS_TRACKER_RESET_ON, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_SS_TRACKER_EMBEDDING, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_SS_MASK_PART, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_SS_EFFECT_KIND, 0);
}
