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
 * In a file or pipe (#GstSsTracker:json-location), a JSON object a line; what
 * ended is in its list "ended", with the reason.
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

#include <math.h>
#include <string.h>
#include <gst/video/video.h>
#include <sstrack/model.h>
#include <sstrack/select.h>
#include <sstrack/targets.h>

#include "gstssbox.h"
#include "gstssclick.h"
#include "gstssclock.h"
#include "gstssdetections.h"
#include "gstsseffect.h"
#include "gstssframe.h"
#include "gstssjson.h"
#include "gstssmarks.h"
#include "gstssmeta.h"
#include "gstssmodel.h"
#include "gstssmodelstore.h"
#include "gstssmodelwatch.h"
#include "gstssmask.h"
#include "gstssoverlay.h"
#include "gstssproperty.h"
#include "gstssrequest.h"
#include "gstssstats.h"
#include "gstsstarget.h"
#include "gstsstracker.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ss_tracker_debug);
#define GST_CAT_DEFAULT gst_ss_tracker_debug
GST_DEBUG_CATEGORY_STATIC (CAT_PERFORMANCE);

#define DEFAULT_PROP_INIT_BOX NULL
#define DEFAULT_PROP_INIT_FROM \
    (GST_SS_TRACKER_INIT_FROM_PROPERTY | GST_SS_TRACKER_INIT_FROM_ROI)
#define DEFAULT_PROP_INIT_LABEL NULL
#define DEFAULT_PROP_MAX_TARGETS 16
#define DEFAULT_PROP_LOST_TIMEOUT (10 * GST_SECOND)
#define DEFAULT_PROP_MIN_CONFIDENCE 0.2
#define DEFAULT_PROP_BUDGET 0
#define DEFAULT_PROP_SEARCH_WINDOWS 1
#define DEFAULT_PROP_CAMERA_MOTION TRUE
#define DEFAULT_PROP_RESET_ON (GST_SS_TRACKER_RESET_ON_FLUSH | \
    GST_SS_TRACKER_RESET_ON_STREAM_START | GST_SS_TRACKER_RESET_ON_CAPS)
#define DEFAULT_PROP_OVERLAY FALSE
#define DEFAULT_PROP_OVERLAY_THICKNESS 0
#define DEFAULT_PROP_OVERLAY_LABELS TRUE
#define DEFAULT_PROP_MESSAGES GST_SS_TRACKER_MESSAGES_STATE
#define DEFAULT_PROP_JSON_LOCATION NULL
#define DEFAULT_PROP_MODEL NULL
#define DEFAULT_PROP_MODEL_NAME ""
#define DEFAULT_PROP_MAX_OPERATIONS GST_SS_DEFAULT_MAX_OPERATIONS
#define DEFAULT_PROP_RELOAD FALSE
#define DEFAULT_PROP_SELECT_ON_CLICK FALSE
#define DEFAULT_PROP_CLICK_SIZE 0
#define DEFAULT_PROP_CLICK_FIT FALSE
#define DEFAULT_PROP_N_THREADS 1
#define DEFAULT_PROP_MASK GST_SS_MASK_NONE
#define DEFAULT_PROP_MASK_INTERVAL 1
#define DEFAULT_PROP_MASK_TARGETS 4
#define DEFAULT_PROP_MASK_BOX FALSE
#define DEFAULT_PROP_EFFECT GST_SS_EFFECT_NONE

/* Value of the property model: no learned model. */
#define MODEL_NONE "none"

enum
{
  PROP_0,
  PROP_INIT_BOX,
  PROP_INIT_FROM,
  PROP_INIT_LABEL,
  PROP_MAX_TARGETS,
  PROP_LOST_TIMEOUT,
  PROP_MIN_CONFIDENCE,
  PROP_BUDGET,
  PROP_SEARCH_WINDOWS,
  PROP_CAMERA_MOTION,
  PROP_RESET_ON,
  PROP_OVERLAY,
  PROP_OVERLAY_THICKNESS,
  PROP_OVERLAY_LABELS,
  PROP_MESSAGES,
  PROP_JSON_LOCATION,
  PROP_MODEL,
  PROP_MODEL_NAME,
  PROP_MAX_OPERATIONS,
  PROP_RELOAD,
  PROP_SELECT_ON_CLICK,
  PROP_CLICK_SIZE,
  PROP_CLICK_FIT,
  PROP_N_THREADS,
  PROP_MASK,
  PROP_MASK_INTERVAL,
  PROP_MASK_TARGETS,
  PROP_MASK_BOX,
  PROP_EFFECT,
  PROP_STATS,
};

enum
{
  SIGNAL_ADD_TARGET,
  SIGNAL_UPDATE_TARGET,
  SIGNAL_REMOVE_TARGET,
  SIGNAL_RESET,
  LAST_SIGNAL
};

static guint signals[LAST_SIGNAL];

/* Differences of shape that are rounding: rows or columns of the smaller
 * picture, as encoders round to whole blocks, and relative, of a picture of few
 * rows. */
#define ROUNDED_TO 16.0
#define SAME_ASPECT 0.1
/* Of any picture, as in the caps. */
#define LARGEST_SIDE 32768
/* Requests that may wait for a frame. */
#define MAX_REQUESTS 4096
/* click-size 0: this part of the picture's height, but no less than that. */
#define CLICK_HEIGHT_DIVISOR 8
#define CLICK_MIN_SIDE 16
/* That long nothing was detected before it is said that nothing starts. */
#define DETECTOR_PATIENCE (10 * GST_SECOND)

/* What is read once a frame. */
typedef struct
{
  GstSsTrackerInitFrom init_from;
  guint max_targets;
  GstClockTime lost_timeout;
  gdouble min_confidence;
  guint budget, search_windows;
  gboolean camera_motion;
  GstSsTrackerResetOn reset_on;
  gboolean overlay;
  GstSsOverlayStyle style;
  GstSsTrackerMessages messages;
  gboolean select_on_click;
  guint click_size;
  gboolean click_fit;
  guint n_threads;
  GstSsMaskPart mask;
  guint mask_interval, mask_targets;
  gboolean mask_box;
  GstSsEffectKind effect;
} Settings;

/* Times of a frame. */
typedef struct
{
  GstClockTime pts, stream_time;        /* may be GST_CLOCK_TIME_NONE */
  GstClockTime running_time;    /* by the set's clock */
} Times;

struct _GstSsTracker
{
  GstBaseTransform parent;

  /* Under the object lock. */
  Settings settings;
  gchar *init_label;
  gchar *init_box;
  gboolean init_box_pending;    /* it waits for a frame */
  gchar *json_location, *model, *model_name;
  guint64 max_operations;
  gboolean reload;
  GArray *requests;             /* GstSsRequest, waiting for a frame */
  GstSsClick click;
  GstSsStats stats;
  /* The pointer changes under the lock in start() and stop(), and when an id is
   * wanted earlier; the set itself belongs to the streaming thread, all but
   * sst_targets_reserve_id(). */
  SstTargets *targets;
  GstSsModelStore *store;       /* from start() to stop(), or as it was set;
                                 * NULL: takes no part */
  guint store_serial;           /* of the store when it was last looked at */
  SstModel *learned;            /* in use, from start() to stop(); NULL: none.
                                 * Only the streaming thread changes it */
  SstModel *reloaded;           /* waits for a frame */

  GstSsModelWatch *watch;       /* of start() and stop() */

  gint running;                 /* atomic; pads let buffers through before
                                 * start() has returned */

  /* Of the streaming thread. */
  GstVideoInfo info;
  gboolean have_info;
  SstModel *shared;             /* last taken from the store */
  SstTargetsParams params;      /* the set has these */
  gboolean have_params;
  GstSsJson *json;
  GArray *taken;                /* GstSsRequest, scratch */
  gchar *wanted_label;          /* init_label, as of this frame */
  GArray *boxes;                /* GstSsBox, scratch */
  GArray *detections;           /* SstDetection, of this frame */
  GArray *near;                 /* SstDetection, scratch */
  GArray *shown;                /* SstTarget, of the last frame; running ones,
                                 * once the events were told */
  GArray *ended;                /* GstSsJsonEnd, since the last line */
  GArray *clicked;              /* guint64, targets of clicks, oldest first */
  guint n_clicked;              /* of them, in this frame */
  SstBox last_clicked;          /* the last one of these */
  GArray *kept;                 /* SstTarget, scratch */
  GstSsEffect *effect;
  SstSelector *selector;        /* NULL: nothing was selected yet */
  SstModel *selector_model;     /* that it was made with */
  gboolean waiting;             /* targets were added and have not started */
  guint64 n_since_flush;        /* frames */
  gboolean went_back;           /* by a flush, perhaps to where the boxes of
                                 * init-box began */
  GstClockTime boxes_began;     /* stream time, if that is known */
  gboolean had_boxes;           /* of init-box, since the last reset */
  gboolean boxes_move;          /* they begin anew in the next frame */
  gboolean warned_map, warned_times;
  gboolean memory_failed;       /* an error said that frames are not mapped */
  gchar *stream_id;
  gboolean have_segment;
  guint64 n_frames;
  Times times;                  /* of the last frame */
  GstSsClock clock;             /* the set's */
  GstSsMarks marks;
  gboolean warned_marks;
  guint64 n_turned_away;        /* not told yet */
  gboolean told_no_source;      /* or there is one */
  SstTime first_frame;          /* on the clock */
  gboolean told_no_room;
  SstTime no_room_at;           /* when it was told last */
};

#define gst_ss_tracker_parent_class parent_class
G_DEFINE_TYPE (GstSsTracker, gst_ss_tracker, GST_TYPE_BASE_TRANSFORM);
GST_ELEMENT_REGISTER_DEFINE (sstracker, "sstracker", GST_RANK_NONE,
    GST_TYPE_SS_TRACKER);

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_SS_FRAME_CAPS));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_SS_FRAME_CAPS));

#define GST_TYPE_SS_TRACKER_MESSAGES (gst_ss_tracker_messages_get_type ())
static GType
gst_ss_tracker_messages_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {GST_SS_TRACKER_MESSAGES_NONE, "No messages", "none"},
    {GST_SS_TRACKER_MESSAGES_STATE,
        "When a target starts, is lost, is found again or ends", "state"},
    {GST_SS_TRACKER_MESSAGES_FRAME, "These, and one for each frame", "frame"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstSsTrackerMessages",
            values));
  return type;
}

#define GST_TYPE_SS_TRACKER_INIT_FROM (gst_ss_tracker_init_from_get_type ())
static GType
gst_ss_tracker_init_from_get_type (void)
{
  static gsize type = 0;
  static const GFlagsValue values[] = {
    {GST_SS_TRACKER_INIT_FROM_PROPERTY, "The property init-box", "property"},
    {GST_SS_TRACKER_INIT_FROM_ROI,
        "Regions and objects that elements upstream detected", "roi"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_flags_register_static ("GstSsTrackerInitFrom",
            values));
  return type;
}

#define GST_TYPE_SS_TRACKER_RESET_ON (gst_ss_tracker_reset_on_get_type ())
static GType
gst_ss_tracker_reset_on_get_type (void)
{
  static gsize type = 0;
  static const GFlagsValue values[] = {
    {GST_SS_TRACKER_RESET_ON_FLUSH, "A flush, as of a seek", "flush"},
    {GST_SS_TRACKER_RESET_ON_SEGMENT, "A new segment", "segment"},
    {GST_SS_TRACKER_RESET_ON_STREAM_START, "Another stream", "stream-start"},
    {GST_SS_TRACKER_RESET_ON_CAPS, "A picture of another shape", "caps"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_flags_register_static ("GstSsTrackerResetOn",
            values));
  return type;
}

/* ---- messages ---- */

static void
add_times (GstStructure * structure, const Times * times)
{
  gst_structure_set (structure,
      "timestamp", G_TYPE_UINT64, times->pts,
      "stream-time", G_TYPE_UINT64, times->stream_time,
      "running-time", G_TYPE_UINT64, times->running_time, NULL);
}

static void
post_state (GstSsTracker * self, const SstTarget * target, const gchar * reason)
{
  GstStructure *structure =
      gst_ss_target_to_structure (target, "sstracker/state");

  gst_structure_set (structure, "reason", G_TYPE_STRING, reason, NULL);
  add_times (structure, &self->times);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
}

/* Says which target somebody clicked on. */
static void
post_selected (GstSsTracker * self, const SstTarget * target,
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
post_frame (GstSsTracker * self)
{
  GstStructure *structure = gst_structure_new ("sstracker/frame",
      "frame", G_TYPE_UINT64, self->n_frames,
      "width", G_TYPE_INT, GST_VIDEO_INFO_WIDTH (&self->info),
      "height", G_TYPE_INT, GST_VIDEO_INFO_HEIGHT (&self->info), NULL);

  add_times (structure, &self->times);
  gst_ss_targets_set_list (structure, "targets",
      (const SstTarget *) (const void *) self->shown->data, self->shown->len,
      GST_SS_MASK_NONE, 0, 0);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
}

/* Tells of what had no room, once a second at most. */
static void
post_no_room (GstSsTracker * self, guint n)
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

/* ---- lifecycle ---- */

/* With the object lock held. */
static SstTargets *
gst_ss_tracker_ensure_targets (GstSsTracker * self)
{
  if (self->targets == NULL)
    self->targets = sst_targets_new (NULL);
  return self->targets;
}

/* Notes for the next JSON line that a target ended. reason: static. */
static void
gst_ss_tracker_note_end (GstSsTracker * self, const SstTarget * target,
    const gchar * reason)
{
  const GstSsJsonEnd end = { *target, reason };

  if (self->json != NULL)
    g_array_append_val (self->ended, end);
}

/* Writes a JSON line: of the present frame, or only of what ended. */
static void
gst_ss_tracker_write_json (GstSsTracker * self, gboolean is_frame,
    gboolean masks)
{
  const GstSsJsonFrame frame = {
    .frame = self->n_frames,
    .pts = self->times.pts,
    .running_time = self->times.running_time,
    .width = GST_VIDEO_INFO_WIDTH (&self->info),
    .height = GST_VIDEO_INFO_HEIGHT (&self->info),
    .is_frame = is_frame,
    .masks = masks,
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

/* Writes what no frame tells any more. */
static void
gst_ss_tracker_finish_json (GstSsTracker * self)
{
  if (self->json != NULL && self->ended->len > 0)
    gst_ss_tracker_write_json (self, FALSE, FALSE);
}

/* Ends all that run, at once, and says so. reason: static. */
static void
gst_ss_tracker_end_all (GstSsTracker * self, const gchar * reason)
{
  GstSsTrackerMessages messages;
  guint n_ended = self->shown->len;

  GST_OBJECT_LOCK (self);
  messages = self->settings.messages;
  self->stats.ended += n_ended;
  self->stats.targets = 0;
  GST_OBJECT_UNLOCK (self);

  if (n_ended > 0)
    GST_INFO_OBJECT (self, "%u targets end: %s", n_ended, reason);
  for (guint i = 0; i < n_ended; i++) {
    SstTarget *target = &g_array_index (self->shown, SstTarget, i);

    target->event = SST_EVENT_ENDED;
    target->now.state = SST_STATE_ENDED;
    target->now.confidence = 0.f;
    target->now.predicted = TRUE;
    gst_ss_tracker_note_end (self, target, reason);
    if (messages != GST_SS_TRACKER_MESSAGES_NONE)
      post_state (self, target, reason);
  }
  g_array_set_size (self->shown, 0);
  self->waiting = FALSE;
  if (self->targets != NULL)
    sst_targets_clear (self->targets);
  gst_ss_clock_restart (&self->clock);
  gst_ss_marks_reset (&self->marks);
  self->told_no_room = FALSE;
}

/* Takes the targets that somebody asked for out of those shown, into `kept`. */
static void
gst_ss_tracker_keep_asked (GstSsTracker * self)
{
  guint n_left = 0;

  g_array_set_size (self->kept, 0);
  for (guint i = 0; i < self->shown->len; i++) {
    const SstTarget target = g_array_index (self->shown, SstTarget, i);

    if (target.origin == SST_ORIGIN_DETECTION)
      g_array_index (self->shown, SstTarget, n_left++) = target;
    else
      g_array_append_val (self->kept, target);
  }
  g_array_set_size (self->shown, n_left);
}

/* A flush that ends the targets. What was asked for before any frame but the
 * preroll's was seen was meant for where a player goes from there: it starts
 * anew in the next frame. */
static void
gst_ss_tracker_end_flushed (GstSsTracker * self)
{
  const gboolean prerolled = self->n_since_flush == 1;

  if (prerolled)
    gst_ss_tracker_keep_asked (self);
  gst_ss_tracker_end_all (self, "flush");
  if (!prerolled)
    return;
  for (guint i = 0; i < self->kept->len; i++) {
    const SstTarget *target = &g_array_index (self->kept, SstTarget, i);

    sst_targets_add (self->targets, target->id, &target->now.box,
        target->label, target->origin);
    self->waiting = TRUE;
    self->boxes_move |= target->origin == SST_ORIGIN_SETTING;
  }
}

/* Whether targets of the property "init-box" are there, or about to start. */
static gboolean
gst_ss_tracker_has_set_targets (const GstSsTracker * self)
{
  if (self->waiting)
    return TRUE;
  for (guint i = 0; i < self->shown->len; i++) {
    if (g_array_index (self->shown, SstTarget, i).origin == SST_ORIGIN_SETTING)
      return TRUE;
  }
  return FALSE;
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
  else if (self->shown->len > 0)
    sst_targets_discontinuity (self->targets);
  self->went_back = !gst_ss_tracker_has_set_targets (self);
  self->n_since_flush = 0;
  gst_ss_clock_flush (&self->clock);
}

/* The stream jumped: ends the targets if reset-on has the flag, or else makes
 * them search wider. */
static void
gst_ss_tracker_jump (GstSsTracker * self, GstSsTrackerResetOn flag,
    const gchar * reason)
{
  gboolean reset;

  GST_OBJECT_LOCK (self);
  reset = (self->settings.reset_on & flag) != 0;
  GST_OBJECT_UNLOCK (self);

  if (reset)
    gst_ss_tracker_end_all (self, reason);
  else if (self->shown->len > 0)
    sst_targets_discontinuity (self->targets);
}

/* Called in the watch's thread, with what the file of the property "model" now
 * holds. */
static void
gst_ss_tracker_reloaded (SstModel * model, const GError * error, gpointer data)
{
  GstSsTracker *self = GST_SS_TRACKER (data);
  SstModel *present = NULL, *old = NULL;
  GError *refusal = NULL;

  if (model != NULL) {
    GST_OBJECT_LOCK (self);
    if (self->learned != NULL)
      present = sst_model_ref (self->learned);
    GST_OBJECT_UNLOCK (self);
  }
  if (present != NULL && !sst_tracker_check_model (present, model, &refusal))
    error = refusal;
  sst_model_unref (present);
  if (error != NULL)
    goto refused;

  GST_OBJECT_LOCK (self);
  old = self->reloaded;
  self->reloaded = sst_model_ref (model);
  GST_OBJECT_UNLOCK (self);
  sst_model_unref (old);
  return;

  /* ERRORS */
refused:
  GST_ELEMENT_WARNING (self, RESOURCE, READ,
      ("The file of \"model\" has changed, but can not be used; the model that "
          "was loaded before stays: %s.", error->message), (NULL));
  g_clear_error (&refusal);
}

/* Watches the file of weights. Without that the element still works. */
static void
gst_ss_tracker_watch (GstSsTracker * self, const gchar * location)
{
  GError *error = NULL;

  self->watch = gst_ss_model_watch_new (location, gst_ss_tracker_reloaded, self,
      &error);
  if (self->watch == NULL) {
    GST_ELEMENT_WARNING (self, RESOURCE, READ,
        ("Can not watch the file of \"model\" for changes: %s.",
            error->message), ("model=%s", location));
    g_clear_error (&error);
  }
}

static void
gst_ss_tracker_drop_selector (GstSsTracker * self)
{
  sst_selector_free (&self->selector);
  sst_model_unref (self->selector_model);
  self->selector_model = NULL;
}

static void
gst_ss_tracker_stop_model (GstSsTracker * self)
{
  SstModel *models[3];

  gst_ss_model_watch_free (&self->watch);
  gst_ss_model_store_leave (GST_ELEMENT (self), &self->store);

  GST_OBJECT_LOCK (self);
  models[0] = g_steal_pointer (&self->learned);
  models[1] = g_steal_pointer (&self->shared);
  models[2] = g_steal_pointer (&self->reloaded);
  GST_OBJECT_UNLOCK (self);

  for (guint i = 0; i < G_N_ELEMENTS (models); i++)
    sst_model_unref (models[i]);
}

/* Loads the model that the property names, NULL where that is none, and joins
 * those who share models. Posts an error and returns FALSE where it can't be
 * had. */
static gboolean
gst_ss_tracker_start_model (GstSsTracker * self)
{
  SstModel *model = NULL;
  gchar *location;
  gboolean reload, loaded = TRUE;
  guint64 max_operations;

  GST_OBJECT_LOCK (self);
  location = g_strdup (self->model);
  max_operations = self->max_operations;
  reload = self->reload;
  GST_OBJECT_UNLOCK (self);

  if (g_strcmp0 (location, MODEL_NONE) != 0) {
    /* First, so that no change of the file falls between. */
    if (reload && location != NULL && *location != '\0')
      gst_ss_tracker_watch (self, location);
    else if (reload)
      GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
          ("\"reload\" has no file to watch: \"model\" is not set."), (NULL));
    loaded = gst_ss_model_load (GST_ELEMENT (self), location, max_operations,
        "leave it unset for the built-in model, or set it to \"" MODEL_NONE
        "\"", &model);
    if (loaded)
      gst_ss_model_store_ensure (GST_ELEMENT (self), &self->store);
  } else {
    gst_ss_model_store_leave (GST_ELEMENT (self), &self->store);
  }
  g_free (location);

  GST_OBJECT_LOCK (self);
  self->learned = model;
  self->store_serial = 0;
  GST_OBJECT_UNLOCK (self);
  if (!loaded)
    gst_ss_tracker_stop_model (self);
  return loaded;
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
  self->waiting = self->went_back = FALSE;
  self->had_boxes = self->boxes_move = FALSE;
  g_array_set_size (self->clicked, 0);
  self->n_since_flush = 0;
  self->warned_map = self->warned_times = self->memory_failed = FALSE;
  self->have_segment = FALSE;
  self->n_frames = 0;
  self->times =
      (Times) { GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, 0 };
  gst_ss_clock_reset (&self->clock);
  gst_ss_marks_reset (&self->marks);
  self->warned_marks = FALSE;
  self->n_turned_away = 0;
  self->told_no_room = FALSE;
  self->told_no_source = FALSE;

  GST_OBJECT_LOCK (self);
  gst_ss_tracker_ensure_targets (self);
  self->init_box_pending = self->init_box != NULL && *self->init_box != '\0';
  self->click = (GstSsClick) { FALSE, 0.0, 0.0, 0.0, 0.0, 0 };
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
  gst_ss_tracker_end_all (self, "stop");
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
  gst_ss_tracker_drop_selector (self);
  gst_ss_tracker_stop_model (self);
  return TRUE;
}

/* ---- caps and allocation ---- */

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

static gboolean
gst_ss_tracker_set_caps (GstBaseTransform * trans, GstCaps * incaps,
    GstCaps * outcaps)
{
  GstSsTracker *self = GST_SS_TRACKER (trans);
  const gfloat old_width = (gfloat) GST_VIDEO_INFO_WIDTH (&self->info);
  const gfloat old_height = (gfloat) GST_VIDEO_INFO_HEIGHT (&self->info);
  GstVideoInfo info;

  if (!gst_video_info_from_caps (&info, incaps))
    goto invalid_caps;

  GST_INFO_OBJECT (self, "caps %" GST_PTR_FORMAT, incaps);
  /* Caps may come before the start is through, where a pad is linked late. */
  if (g_atomic_int_get (&self->running) && self->have_info
      && (GST_VIDEO_INFO_WIDTH (&info) != GST_VIDEO_INFO_WIDTH (&self->info)
          || GST_VIDEO_INFO_HEIGHT (&info) !=
          GST_VIDEO_INFO_HEIGHT (&self->info))) {
    /* A larger or smaller picture of the same shape is the same scene. */
    if (!have_same_shape (&info, &self->info))
      gst_ss_tracker_jump (self, GST_SS_TRACKER_RESET_ON_CAPS, "caps");
    if (self->shown->len > 0 || self->waiting) {
      const gfloat sx = (gfloat) GST_VIDEO_INFO_WIDTH (&info) / old_width;
      const gfloat sy = (gfloat) GST_VIDEO_INFO_HEIGHT (&info) / old_height;

      GST_INFO_OBJECT (self, "targets follow the size by %.3f x %.3f", sx, sy);
      sst_targets_rescale (self->targets, sx, sy);
      for (guint i = 0; i < self->shown->len; i++) {
        SstBox *box = &g_array_index (self->shown, SstTarget, i).now.box;

        *box = (SstBox) { box->x * sx, box->y * sy, box->width * sx,
            box->height * sy };
      }
    }
  }
  self->info = info;
  self->have_info = TRUE;
  return TRUE;

  /* ERRORS */
invalid_caps:
  GST_WARNING_OBJECT (self, "invalid caps %" GST_PTR_FORMAT, incaps);
  return FALSE;
}

static gboolean
gst_ss_tracker_propose_allocation (GstBaseTransform * trans,
    GstQuery * decide_query, GstQuery * query)
{
  if (!GST_BASE_TRANSFORM_CLASS (parent_class)->propose_allocation (trans,
          decide_query, query))
    return FALSE;
  gst_ss_frame_limit_allocation (query);
  return TRUE;
}

/* ---- events ---- */

static void
gst_ss_tracker_stream_started (GstSsTracker * self, GstEvent * event)
{
  const gchar *stream_id;

  gst_event_parse_stream_start (event, &stream_id);
  if (self->stream_id != NULL && strcmp (self->stream_id, stream_id) != 0)
    gst_ss_tracker_jump (self, GST_SS_TRACKER_RESET_ON_STREAM_START,
        "stream-start");
  g_free (self->stream_id);
  self->stream_id = g_strdup (stream_id);
  /* Others may learn from this one. */
  GST_OBJECT_LOCK (self);
  self->store_serial = 0;
  GST_OBJECT_UNLOCK (self);
}

static gboolean
gst_ss_tracker_sink_event (GstBaseTransform * trans, GstEvent * event)
{
  GstSsTracker *self = GST_SS_TRACKER (trans);

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
          gst_ss_tracker_end_all (self, "segment");
      }
      self->have_segment = TRUE;
      gst_ss_clock_segment (&self->clock);
      break;
    case GST_EVENT_EOS:
      gst_ss_tracker_end_all (self, "eos");
      gst_ss_tracker_finish_json (self);
      break;
    default:
      break;
  }

  return GST_BASE_TRANSFORM_CLASS (parent_class)->sink_event (trans, event);
}

/* With the object lock held. FALSE where too many wait already. */
static gboolean
gst_ss_tracker_queue (GstSsTracker * self, const GstSsRequest * request)
{
  if (self->requests->len >= MAX_REQUESTS)
    return FALSE;
  g_array_append_val (self->requests, *request);
  return TRUE;
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
    if (result == GST_SS_CLICK_REQUEST)
      gst_ss_tracker_queue (self, &request);
    GST_OBJECT_UNLOCK (self);

    if (result != GST_SS_CLICK_FOREIGN) {
      GST_DEBUG_OBJECT (self, "took %" GST_PTR_FORMAT, event);
      gst_event_unref (event);
      return TRUE;
    }
  }

  return GST_BASE_TRANSFORM_CLASS (parent_class)->src_event (trans, event);
}

/* ---- sharing models ---- */

static gboolean
gst_ss_tracker_query (GstBaseTransform * trans, GstPadDirection direction,
    GstQuery * query)
{
  if (gst_ss_model_store_handle_query (GST_ELEMENT (trans), query,
          &GST_SS_TRACKER (trans)->store))
    return TRUE;
  return GST_BASE_TRANSFORM_CLASS (parent_class)->query (trans, direction,
      query);
}

static void
gst_ss_tracker_set_context (GstElement * element, GstContext * context)
{
  GstSsTracker *self = GST_SS_TRACKER (element);
  gboolean none;

  GST_OBJECT_LOCK (self);
  none = g_strcmp0 (self->model, MODEL_NONE) == 0;
  GST_OBJECT_UNLOCK (self);
  if (!none) {
    gst_ss_model_store_set_context (element, context, &self->store);
    /* It may be another store, which counts by itself. */
    GST_OBJECT_LOCK (self);
    self->store_serial = 0;
    GST_OBJECT_UNLOCK (self);
  }

  GST_ELEMENT_CLASS (parent_class)->set_context (element, context);
}

/* ---- action signals ---- */

static guint64
gst_ss_tracker_add_target (GstSsTracker * self, gdouble x, gdouble y,
    gdouble width, gdouble height)
{
  GstSsRequest request = {
    .kind = GST_SS_REQUEST_ADD,
    .box = {(gfloat) x, (gfloat) y, (gfloat) width, (gfloat) height},
  };
  GError *error = NULL;
  gboolean queued;

  if (!sst_tracker_check_box (&request.box, LARGEST_SIDE, LARGEST_SIDE, &error))
    goto refused;

  GST_OBJECT_LOCK (self);
  request.id = sst_targets_reserve_id (gst_ss_tracker_ensure_targets (self));
  queued = gst_ss_tracker_queue (self, &request);
  GST_OBJECT_UNLOCK (self);

  if (!queued) {
    GST_WARNING_OBJECT (self, "too many requests wait for a frame");
    return 0;
  }
  GST_DEBUG_OBJECT (self, "target %" G_GUINT64_FORMAT " requested", request.id);
  return request.id;

  /* ERRORS */
refused:
  GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
      ("Can not follow the box %g,%g,%g,%g: %s", x, y, width, height,
          error->message), (NULL));
  g_clear_error (&error);
  return 0;
}

static void
gst_ss_tracker_update_target (GstSsTracker * self, guint64 id, gdouble x,
    gdouble y, gdouble width, gdouble height)
{
  const GstSsRequest request = {
    .kind = GST_SS_REQUEST_UPDATE,
    .id = id,
    .box = {(gfloat) x, (gfloat) y, (gfloat) width, (gfloat) height},
  };

  GST_OBJECT_LOCK (self);
  gst_ss_tracker_queue (self, &request);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_ss_tracker_remove_target (GstSsTracker * self, guint64 id)
{
  const GstSsRequest request = { .kind = GST_SS_REQUEST_REMOVE, .id = id };

  GST_OBJECT_LOCK (self);
  gst_ss_tracker_queue (self, &request);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_ss_tracker_reset (GstSsTracker * self)
{
  const GstSsRequest request = { .kind = GST_SS_REQUEST_RESET };

  GST_OBJECT_LOCK (self);
  /* What was asked for before has no effect any more. */
  g_array_set_size (self->requests, 0);
  self->init_box_pending = FALSE;
  gst_ss_tracker_queue (self, &request);
  GST_OBJECT_UNLOCK (self);
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
  times->running_time =
      gst_ss_clock_advance (&self->clock, segment, &self->info, buffer);
  if (self->clock.stood_still && !self->warned_times) {
    self->warned_times = TRUE;
    gst_ss_clock_warn (GST_ELEMENT (self), buffer);
  }
}

static void
gst_ss_tracker_apply_params (GstSsTracker * self, const Settings * settings)
{
  SstTargetsParams params = SST_TARGETS_PARAMS_DEFAULT;

  params.tracker.model = self->learned;
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
  params.mask_targets = settings->mask_targets;

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
      && params.mask_targets == self->params.mask_targets)
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

/* Replaces the targets that the property started by those of a new value. */
static void
gst_ss_tracker_apply_init_box (GstSsTracker * self, const gchar * text)
{
  GError *error = NULL;

  g_array_set_size (self->boxes, 0);
  if (!gst_ss_box_parse (text, self->boxes, &error))
    goto invalid;

  sst_targets_remove_all (self->targets, SST_ORIGIN_SETTING);
  for (guint i = 0; i < self->boxes->len; i++) {
    const SstBox box =
        gst_ss_box_resolve (&g_array_index (self->boxes, GstSsBox, i),
        GST_VIDEO_INFO_WIDTH (&self->info),
        GST_VIDEO_INFO_HEIGHT (&self->info));

    sst_targets_add (self->targets, 0, &box, NULL, SST_ORIGIN_SETTING);
    self->waiting = TRUE;
  }
  self->had_boxes = self->boxes->len > 0;
  GST_DEBUG_OBJECT (self, "%u targets from init-box", self->boxes->len);
  return;

  /* ERRORS */
invalid:
  GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
      ("The property \"init-box\" can not be read, it changes nothing: %s.",
          error->message), (NULL));
  g_clear_error (&error);
}

static gboolean
is_inside (const SstBox * box, gfloat x, gfloat y)
{
  return x >= box->x && x < box->x + box->width
      && y >= box->y && y < box->y + box->height;
}

/* The smallest target of the last frame around a point; NULL: none. */
static const SstTarget *
gst_ss_tracker_target_at (const GstSsTracker * self, gfloat x, gfloat y)
{
  const SstTarget *best = NULL;

  for (guint i = 0; i < self->shown->len; i++) {
    const SstTarget *target = &g_array_index (self->shown, SstTarget, i);

    if (is_inside (&target->now.box, x, y)
        && (best == NULL || sst_box_scale (&target->now.box) <
            sst_box_scale (&best->now.box)))
      best = target;
  }
  return best;
}

/* Makes room for what was clicked on: ends the oldest target of a click. */
static void
gst_ss_tracker_make_room (GstSsTracker * self, const Settings * settings)
{
  guint n_running = self->shown->len + self->n_clicked;
  guint i = 0;

  while (n_running >= settings->max_targets && i < self->clicked->len) {
    if (sst_targets_remove (self->targets,
            g_array_index (self->clicked, guint64, i)))
      n_running--;
    i++;
  }
  if (i > 0)
    g_array_remove_range (self->clicked, 0, i);
}

/* Starts a target that was clicked on or dragged around. */
static void
gst_ss_tracker_add_clicked (GstSsTracker * self, const Settings * settings,
    const SstBox * box, const gchar * label)
{
  guint64 id;

  gst_ss_tracker_make_room (self, settings);
  id = sst_targets_add (self->targets, 0, box, label, SST_ORIGIN_USER);
  g_array_append_val (self->clicked, id);
  self->last_clicked = *box;
  self->n_clicked++;
  self->waiting = TRUE;
}

/* Forgets which targets were clicked on, of those that ended. */
static void
gst_ss_tracker_forget_clicked (GstSsTracker * self)
{
  guint n = 0;

  for (guint i = 0; i < self->clicked->len; i++) {
    const guint64 id = g_array_index (self->clicked, guint64, i);
    gboolean runs = FALSE;

    for (guint k = 0; k < self->shown->len && !runs; k++)
      runs = g_array_index (self->shown, SstTarget, k).id == id;
    if (runs)
      g_array_index (self->clicked, guint64, n++) = id;
  }
  g_array_set_size (self->clicked, n);
}

static gboolean
gst_ss_tracker_map (GstSsTracker * self, GstBuffer * buffer, GstMapFlags flags,
    const gchar * otherwise, GstVideoFrame * frame, SstFrame * view);

/* The box of the thing at a place of the picture; box stays as it is where none
 * is found, or there is no network to find it with. */
static void
gst_ss_tracker_fit_click (GstSsTracker * self, GstBuffer * buffer, gfloat x,
    gfloat y, SstBox * box)
{
  GstVideoFrame frame;
  SstFrame view;
  SstBox thing;

  if (self->selector_model != self->learned)
    gst_ss_tracker_drop_selector (self);
  if (self->learned == NULL
      || !gst_ss_tracker_map (self, buffer, GST_MAP_READ,
          "read; the click selects a square", &frame, &view))
    return;
  if (self->selector == NULL) {
    self->selector = sst_selector_new (self->learned);
    self->selector_model = sst_model_ref (self->learned);
  }
  if (sst_selector_thing (self->selector, &view, x, y, &thing))
    *box = thing;
  gst_video_frame_unmap (&frame);
}

/* Selects the target where somebody clicked; where none is followed, starts one
 * in what was detected there, or else in what is seen there or in a square. */
static void
gst_ss_tracker_add_at (GstSsTracker * self, GstBuffer * buffer,
    const Settings * settings, gfloat x, gfloat y)
{
  const SstTarget *target = gst_ss_tracker_target_at (self, x, y);
  const SstDetection *detection;
  const gfloat side = settings->click_size > 0 ?
      (gfloat) settings->click_size :
      (gfloat) MAX (GST_VIDEO_INFO_HEIGHT (&self->info) /
      CLICK_HEIGHT_DIVISOR, CLICK_MIN_SIDE);
  SstBox box = sst_box_from_center (x, y, side, side);

  if (target != NULL && target->now.state != SST_STATE_LOST) {
    post_selected (self, target, settings);
    return;
  }
  /* A double click is one. */
  if (self->n_clicked > 0 && is_inside (&self->last_clicked, x, y))
    return;

  g_array_set_size (self->near, 0);
  gst_ss_detections_collect (buffer, NULL, self->near);
  detection = gst_ss_detections_at (self->near, x, y);
  if (detection != NULL) {
    gst_ss_tracker_add_clicked (self, settings, &detection->box,
        detection->label);
    return;
  }
  if (settings->click_fit)
    gst_ss_tracker_fit_click (self, buffer, x, y, &box);
  gst_ss_tracker_add_clicked (self, settings, &box, NULL);
}

/* What of a box lies in the picture; one without a size where nothing does. */
static SstBox
gst_ss_tracker_clip (const GstSsTracker * self, const SstBox * box)
{
  const gfloat width = (gfloat) GST_VIDEO_INFO_WIDTH (&self->info);
  const gfloat height = (gfloat) GST_VIDEO_INFO_HEIGHT (&self->info);
  const gfloat left = CLAMP (box->x, 0.f, width);
  const gfloat top = CLAMP (box->y, 0.f, height);

  return (SstBox) { left, top, CLAMP (box->x + box->width, 0.f, width) - left,
      CLAMP (box->y + box->height, 0.f, height) - top };
}

/* Ends the smallest target of the last frame around a point. */
static void
gst_ss_tracker_remove_at (GstSsTracker * self, gfloat x, gfloat y)
{
  const SstTarget *target = gst_ss_tracker_target_at (self, x, y);

  if (target != NULL)
    sst_targets_remove (self->targets, target->id);
}

/* Tells where a target is, or says why it can not be there. */
static void
gst_ss_tracker_correct (GstSsTracker * self, const GstSsRequest * request)
{
  const SstBox *box = &request->box;
  GError *error = NULL;

  if (sst_tracker_check_box (box, GST_VIDEO_INFO_WIDTH (&self->info),
          GST_VIDEO_INFO_HEIGHT (&self->info), &error)) {
    if (!sst_targets_correct (self->targets, request->id, box))
      GST_DEBUG_OBJECT (self, "no target %" G_GUINT64_FORMAT " to update",
          request->id);
    return;
  }
  GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
      ("Target %" G_GUINT64_FORMAT " can not be in the box %g,%g,%g,%g, it "
          "stays where it is: %s", request->id, box->x, box->y, box->width,
          box->height, error->message), (NULL));
  g_clear_error (&error);
}

static void
gst_ss_tracker_apply_requests (GstSsTracker * self, GstBuffer * buffer,
    const Settings * settings)
{
  gst_ss_tracker_forget_clicked (self);
  self->n_clicked = 0;
  for (guint i = 0; i < self->taken->len; i++) {
    const GstSsRequest *request = &g_array_index (self->taken, GstSsRequest, i);
    SstBox box;

    switch (request->kind) {
      case GST_SS_REQUEST_ADD:
        if (request->id != 0)
          sst_targets_add (self->targets, request->id, &request->box, NULL,
              SST_ORIGIN_USER);
        else
          gst_ss_tracker_add_clicked (self, settings, &request->box, NULL);
        self->waiting = TRUE;
        break;
      case GST_SS_REQUEST_ADD_DRAGGED:
        box = gst_ss_tracker_clip (self, &request->box);
        sst_targets_add (self->targets, 0, &box, NULL, SST_ORIGIN_USER);
        self->waiting = TRUE;
        break;
      case GST_SS_REQUEST_ADD_AT:
        gst_ss_tracker_add_at (self, buffer, settings, request->box.x,
            request->box.y);
        break;
      case GST_SS_REQUEST_UPDATE:
        gst_ss_tracker_correct (self, request);
        break;
      case GST_SS_REQUEST_REMOVE:
        sst_targets_remove (self->targets, request->id);
        break;
      case GST_SS_REQUEST_REMOVE_AT:
        gst_ss_tracker_remove_at (self, request->box.x, request->box.y);
        break;
      case GST_SS_REQUEST_RESET:
        sst_targets_remove_all (self->targets, -1);
        self->had_boxes = FALSE;
        break;
    }
  }
  g_array_set_size (self->taken, 0);
}

/* Goes on with another model, unless it has the weights of the present one. */
static void
gst_ss_tracker_swap_model (GstSsTracker * self, SstModel * model,
    const gchar * origin)
{
  const SstWeights *weights = sst_model_weights (model);
  const gchar *checksum = sst_weights_get_checksum (weights);
  SstModel *old = self->learned;
  GError *error = NULL;

  if (old != NULL && strcmp (checksum,
          sst_weights_get_checksum (sst_model_weights (old))) == 0)
    return;
  if (!sst_targets_set_model (self->targets, model, &error))
    goto refused;

  GST_INFO_OBJECT (self, "model from %s: %s, SHA-256 %s", origin,
      sst_weights_get_architecture (weights), checksum);
  GST_OBJECT_LOCK (self);
  self->learned = sst_model_ref (model);
  gst_ss_stats_set_model (&self->stats, model);
  self->stats.model_swaps++;
  GST_OBJECT_UNLOCK (self);
  sst_model_unref (old);
  return;

  /* ERRORS */
refused:
  GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
      ("Can not go on with the model from %s, the present one stays: %s.",
          origin, error->message), (NULL));
  g_clear_error (&error);
}

/* The name of the models to take from the pipeline; NULL: none. A model that
 * was asked for stays, unless a name was asked for, too. With the object lock
 * held. */
static gchar *
gst_ss_tracker_shared_name (const GstSsTracker * self)
{
  const gboolean named = self->model_name != NULL && *self->model_name != '\0';
  const gboolean own = self->model != NULL && *self->model != '\0';

  if (own && !named)
    return NULL;
  return gst_ss_model_store_make_name (self->model_name, self->stream_id);
}

/* Looks for another model, as elements that learn publish them, or in the file
 * that changed. Of both the file's is taken: somebody put it there. */
static void
gst_ss_tracker_take_model (GstSsTracker * self)
{
  SstModel *reloaded, *shared = NULL;
  GstSsModelStore *store = NULL;
  gchar *name = NULL;

  GST_OBJECT_LOCK (self);
  reloaded = g_steal_pointer (&self->reloaded);
  if (self->store != NULL) {
    const guint serial = gst_ss_model_store_serial (self->store);

    if (serial != self->store_serial) {
      self->store_serial = serial;
      name = gst_ss_tracker_shared_name (self);
      if (name != NULL)
        store = g_object_ref (self->store);
    }
  }
  GST_OBJECT_UNLOCK (self);

  if (store != NULL) {
    shared = gst_ss_model_store_get (store, name);
    g_object_unref (store);
    g_free (name);
  }
  /* The store's news may have been of another name. */
  if (shared != NULL && shared != self->shared) {
    sst_model_unref (self->shared);
    self->shared = sst_model_ref (shared);
    if (reloaded == NULL)
      gst_ss_tracker_swap_model (self, shared, "the pipeline");
  }
  if (reloaded != NULL)
    gst_ss_tracker_swap_model (self, reloaded, "the file");
  sst_model_unref (shared);
  sst_model_unref (reloaded);
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
  const SstTime now = self->clock.now;
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
  } else if (self->detections->len > 0 || self->shown->len > 0) {
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

/* Maps a frame, or says once that it can not be done, and what comes of it. */
static gboolean
gst_ss_tracker_map (GstSsTracker * self, GstBuffer * buffer, GstMapFlags flags,
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

/* Tells of what happened in the frame, and then forgets what ended. */
static void
gst_ss_tracker_tell_events (GstSsTracker * self, const Settings * settings)
{
  guint started = 0, lost = 0, recovered = 0, ended = 0, n_running = 0;

  for (guint i = 0; i < self->shown->len; i++) {
    const SstTarget *target = &g_array_index (self->shown, SstTarget, i);
    const gboolean refused = target->end_reason == SST_END_REFUSED
        || target->end_reason == SST_END_NO_ROOM;

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
        post_state (self, target,
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

static void
gst_ss_tracker_track (GstSsTracker * self, GstBuffer * buffer,
    GstSsPicture picture)
{
  const SstTarget *targets;
  GstVideoFrame frame;
  SstFrame view;
  guint n_targets;

  if (picture == GST_SS_PICTURE_REPEATED) {
    sst_targets_repeat (self->targets, self->clock.now);
  } else if (picture == GST_SS_PICTURE_NEW
      && gst_ss_tracker_map (self, buffer, GST_MAP_READ,
          "read; it passes without being looked at", &frame, &view)) {
    sst_targets_process (self->targets, &view, self->clock.now,
        (const SstDetection *) (const void *) self->detections->data,
        self->detections->len);
    gst_video_frame_unmap (&frame);
    self->waiting = sst_targets_n_waiting (self->targets) > 0;
  } else {
    sst_targets_process (self->targets, NULL, self->clock.now, NULL, 0);
  }

  targets = sst_targets_get (self->targets, &n_targets);
  g_array_set_size (self->shown, 0);
  g_array_append_vals (self->shown, targets, n_targets);
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
  const SstTarget *targets =
      (const SstTarget *) (const void *) self->shown->data;
  GstVideoFrame frame;
  gboolean dragging;
  SstFrame view;
  SstBox drag;

  GST_OBJECT_LOCK (self);
  dragging = settings->overlay && settings->select_on_click
      && gst_ss_click_get_drag (&self->click, &drag);
  GST_OBJECT_UNLOCK (self);
  if (self->shown->len == 0 && !dragging && !hides_all (settings))
    return;
  if (!gst_buffer_is_all_memory_writable (buffer))
    GST_CAT_DEBUG_OBJECT (CAT_PERFORMANCE, self,
        "copying a picture that others hold, to draw into it");
  if (!gst_ss_tracker_map (self, buffer, GST_MAP_READWRITE,
          "drawn into; it passes as it is", &frame, &view))
    return;
  gst_ss_effect_apply (self->effect, &frame, settings->effect, targets,
      self->shown->len);
  if (settings->overlay)
    gst_ss_overlay_draw (&frame, &settings->style, self->effect, targets,
        self->shown->len);
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

/* Masks belong to the set, and are its own until the next frame. */
static void
gst_ss_tracker_forget_masks (GstSsTracker * self)
{
  for (guint i = 0; i < self->shown->len; i++)
    g_array_index (self->shown, SstTarget, i).mask = NULL;
}

static void
gst_ss_tracker_publish (GstSsTracker * self, GstBuffer * buffer,
    const Settings * settings)
{
  if (self->shown->len > 0) {
    gchar *name = gst_object_get_name (GST_OBJECT (self));
    const GstSsMetaFrame frame = {
      .source = name,
      .frame = self->n_frames,
      .running_time = self->times.running_time,
      .width = GST_VIDEO_INFO_WIDTH (&self->info),
      .height = GST_VIDEO_INFO_HEIGHT (&self->info),
      .mask = settings->mask,
    };

    gst_ss_meta_attach (buffer, &frame,
        (const SstTarget *) (const void *) self->shown->data, self->shown->len);
    g_free (name);
  }
  if (is_drawn (buffer, settings))
    gst_ss_tracker_draw (self, buffer, settings);
  if (settings->messages == GST_SS_TRACKER_MESSAGES_FRAME)
    post_frame (self);
  if (self->json != NULL)
    gst_ss_tracker_write_json (self, TRUE, settings->mask != GST_SS_MASK_NONE);
  gst_ss_tracker_forget_masks (self);
}

static void
gst_ss_tracker_before_transform (GstBaseTransform * trans, GstBuffer * buffer)
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
      gst_ss_marks_judge (&self->marks, buffer, self->clock.now);

  if (!gst_ss_marks_overdue (&self->marks, self->clock.now))
    return picture;
  if (picture == GST_SS_PICTURE_REPEATED)
    return gst_ss_tracker_is_asked (self) ? GST_SS_PICTURE_NEW : picture;

  if (!self->warned_marks) {
    self->warned_marks = TRUE;
    GST_ELEMENT_WARNING (self, STREAM, DECODE,
        ("All frames have been marked as corrupted for %u seconds; they are "
            "looked at all the same.",
            (guint) (GST_SS_MARKS_PATIENCE / GST_SECOND)), (NULL));
  }
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
    if (self->memory_failed)
      return GST_FLOW_ERROR;
    gst_ss_tracker_tell_events (self, &settings);
    if (settings.messages != GST_SS_TRACKER_MESSAGES_NONE)
      post_no_room (self, sst_targets_n_turned_away (self->targets));
  }
  gst_ss_tracker_publish (self, buffer, &settings);

  GST_LOG_OBJECT (self, "frame %" G_GUINT64_FORMAT " at %" GST_TIME_FORMAT
      ": %u targets, %u detections", self->n_frames,
      GST_TIME_ARGS (self->times.running_time), self->shown->len,
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

/* ---- properties ---- */

static void
gst_ss_tracker_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  GstSsTracker *self = GST_SS_TRACKER (object);
  Settings *settings = &self->settings;
  gboolean changed = FALSE;

  GST_OBJECT_LOCK (self);
  switch (prop_id) {
    case PROP_INIT_BOX:
      changed = update_string (&self->init_box, value);
      self->init_box_pending = TRUE;
      break;
    case PROP_INIT_FROM:
      UPDATE (settings->init_from, g_value_get_flags (value));
      break;
    case PROP_INIT_LABEL:
      changed = update_string (&self->init_label, value);
      break;
    case PROP_MAX_TARGETS:
      UPDATE (settings->max_targets, g_value_get_uint (value));
      break;
    case PROP_LOST_TIMEOUT:
      UPDATE (settings->lost_timeout, g_value_get_uint64 (value));
      break;
    case PROP_MIN_CONFIDENCE:
      UPDATE (settings->min_confidence, g_value_get_double (value));
      break;
    case PROP_BUDGET:
      UPDATE (settings->budget, g_value_get_uint (value));
      break;
    case PROP_SEARCH_WINDOWS:
      UPDATE (settings->search_windows, g_value_get_uint (value));
      break;
    case PROP_CAMERA_MOTION:
      UPDATE (settings->camera_motion, g_value_get_boolean (value));
      break;
    case PROP_RESET_ON:
      UPDATE (settings->reset_on, g_value_get_flags (value));
      break;
    case PROP_OVERLAY:
      UPDATE (settings->overlay, g_value_get_boolean (value));
      break;
    case PROP_OVERLAY_THICKNESS:
      UPDATE (settings->style.thickness, g_value_get_uint (value));
      break;
    case PROP_MASK:
      UPDATE (settings->mask, (GstSsMaskPart) g_value_get_enum (value));
      break;
    case PROP_MASK_INTERVAL:
      UPDATE (settings->mask_interval, g_value_get_uint (value));
      break;
    case PROP_MASK_TARGETS:
      UPDATE (settings->mask_targets, g_value_get_uint (value));
      break;
    case PROP_MASK_BOX:
      UPDATE (settings->mask_box, g_value_get_boolean (value));
      break;
    case PROP_EFFECT:
      UPDATE (settings->effect, (GstSsEffectKind) g_value_get_enum (value));
      break;
    case PROP_OVERLAY_LABELS:
      UPDATE (settings->style.labels, g_value_get_boolean (value));
      break;
    case PROP_MESSAGES:
      UPDATE (settings->messages, (GstSsTrackerMessages)
          g_value_get_enum (value));
      break;
    case PROP_JSON_LOCATION:
      changed = update_string (&self->json_location, value);
      break;
    case PROP_MODEL:
      changed = update_string (&self->model, value);
      break;
    case PROP_MODEL_NAME:
      changed = update_string (&self->model_name, value);
      break;
    case PROP_MAX_OPERATIONS:
      UPDATE (self->max_operations, g_value_get_uint64 (value));
      break;
    case PROP_RELOAD:
      UPDATE (self->reload, g_value_get_boolean (value));
      break;
    case PROP_SELECT_ON_CLICK:
      UPDATE (settings->select_on_click, g_value_get_boolean (value));
      self->click.pressed = FALSE;
      break;
    case PROP_CLICK_FIT:
      UPDATE (settings->click_fit, g_value_get_boolean (value));
      break;
    case PROP_CLICK_SIZE:
      UPDATE (settings->click_size, g_value_get_uint (value));
      break;
    case PROP_N_THREADS:
      UPDATE (settings->n_threads, g_value_get_uint (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);

  if (changed)
    g_object_notify_by_pspec (object, pspec);
}

static void
gst_ss_tracker_get_property (GObject * object, guint prop_id, GValue * value,
    GParamSpec * pspec)
{
  GstSsTracker *self = GST_SS_TRACKER (object);
  const Settings *settings = &self->settings;

  GST_OBJECT_LOCK (self);
  switch (prop_id) {
    case PROP_INIT_BOX:
      g_value_set_string (value, self->init_box);
      break;
    case PROP_INIT_FROM:
      g_value_set_flags (value, settings->init_from);
      break;
    case PROP_INIT_LABEL:
      g_value_set_string (value, self->init_label);
      break;
    case PROP_MAX_TARGETS:
      g_value_set_uint (value, settings->max_targets);
      break;
    case PROP_LOST_TIMEOUT:
      g_value_set_uint64 (value, settings->lost_timeout);
      break;
    case PROP_MIN_CONFIDENCE:
      g_value_set_double (value, settings->min_confidence);
      break;
    case PROP_BUDGET:
      g_value_set_uint (value, settings->budget);
      break;
    case PROP_SEARCH_WINDOWS:
      g_value_set_uint (value, settings->search_windows);
      break;
    case PROP_CAMERA_MOTION:
      g_value_set_boolean (value, settings->camera_motion);
      break;
    case PROP_RESET_ON:
      g_value_set_flags (value, settings->reset_on);
      break;
    case PROP_OVERLAY:
      g_value_set_boolean (value, settings->overlay);
      break;
    case PROP_OVERLAY_THICKNESS:
      g_value_set_uint (value, settings->style.thickness);
      break;
    case PROP_MASK:
      g_value_set_enum (value, settings->mask);
      break;
    case PROP_MASK_INTERVAL:
      g_value_set_uint (value, settings->mask_interval);
      break;
    case PROP_MASK_TARGETS:
      g_value_set_uint (value, settings->mask_targets);
      break;
    case PROP_MASK_BOX:
      g_value_set_boolean (value, settings->mask_box);
      break;
    case PROP_EFFECT:
      g_value_set_enum (value, settings->effect);
      break;
    case PROP_OVERLAY_LABELS:
      g_value_set_boolean (value, settings->style.labels);
      break;
    case PROP_MESSAGES:
      g_value_set_enum (value, (gint) settings->messages);
      break;
    case PROP_JSON_LOCATION:
      g_value_set_string (value, self->json_location);
      break;
    case PROP_MODEL:
      g_value_set_string (value, self->model);
      break;
    case PROP_MODEL_NAME:
      g_value_set_string (value, self->model_name);
      break;
    case PROP_MAX_OPERATIONS:
      g_value_set_uint64 (value, self->max_operations);
      break;
    case PROP_RELOAD:
      g_value_set_boolean (value, self->reload);
      break;
    case PROP_SELECT_ON_CLICK:
      g_value_set_boolean (value, settings->select_on_click);
      break;
    case PROP_CLICK_FIT:
      g_value_set_boolean (value, settings->click_fit);
      break;
    case PROP_CLICK_SIZE:
      g_value_set_uint (value, settings->click_size);
      break;
    case PROP_N_THREADS:
      g_value_set_uint (value, settings->n_threads);
      break;
    case PROP_STATS:
      g_value_take_boxed (value, gst_ss_stats_to_structure (&self->stats));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

/* ---- object ---- */

static void
gst_ss_tracker_finalize (GObject * object)
{
  GstSsTracker *self = GST_SS_TRACKER (object);

  gst_ss_json_close (&self->json);
  sst_targets_free (&self->targets);
  gst_ss_tracker_stop_model (self);
  g_free (self->stream_id);
  g_array_unref (self->shown);
  g_array_unref (self->kept);
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
    .effect = DEFAULT_PROP_EFFECT,
  };
  self->init_label = g_strdup (DEFAULT_PROP_INIT_LABEL);
  self->model_name = g_strdup (DEFAULT_PROP_MODEL_NAME);
  self->max_operations = DEFAULT_PROP_MAX_OPERATIONS;
  self->reload = DEFAULT_PROP_RELOAD;
  self->requests = g_array_new (FALSE, FALSE, sizeof (GstSsRequest));
  self->taken = g_array_new (FALSE, FALSE, sizeof (GstSsRequest));
  self->boxes = g_array_new (FALSE, FALSE, sizeof (GstSsBox));
  self->detections = g_array_new (FALSE, FALSE, sizeof (SstDetection));
  self->near = g_array_new (FALSE, FALSE, sizeof (SstDetection));
  self->shown = g_array_new (FALSE, FALSE, sizeof (SstTarget));
  self->kept = g_array_new (FALSE, FALSE, sizeof (SstTarget));
  self->effect = gst_ss_effect_new ();
  self->clicked = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->ended = g_array_new (FALSE, FALSE, sizeof (GstSsJsonEnd));

  gst_base_transform_set_in_place (GST_BASE_TRANSFORM (self), TRUE);
  /* A frame that comes late is passed on, not dropped. */
  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM (self), FALSE);
}

static void
gst_ss_tracker_install_properties (GObjectClass * object_class)
{
  const GParamFlags ready = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
      G_PARAM_EXPLICIT_NOTIFY | GST_PARAM_MUTABLE_READY;
  const GParamFlags playing = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
      G_PARAM_EXPLICIT_NOTIFY | GST_PARAM_MUTABLE_PLAYING;
  const GParamFlags controllable = playing | GST_PARAM_CONTROLLABLE;

  /**
   * GstSsTracker:init-box:
   *
   * Boxes to start targets in, "x,y,width,height" in pixels of the picture,
   * several separated by ";". A value may be followed by "%" and then is a part
   * of the picture's width or height: "10%,20%,5%,5%". The whole list takes
   * effect on the next frame, also while playing: its targets replace those
   * that the property started before, "" ends them. Setting the same value
   * again starts anew.
   *
   * Text that can't be read is an error at the start, and while playing
   * changes nothing and gives a warning on the bus, as does a box that can't
   * be followed, which also ends as a target at once ("refused").
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_INIT_BOX,
      g_param_spec_string ("init-box", "Initial boxes",
          "Boxes to follow, \"x,y,width,height\" in pixels or with %, several "
          "separated by \";\"; replaces the targets it started before",
          DEFAULT_PROP_INIT_BOX, playing));

  /**
   * GstSsTracker:init-from:
   *
   * Where targets come from, beside #GstSsTracker::add-target and clicks. With
   * `roi`, regions that an element upstream attached start targets, correct
   * those they match, and end their loss; what a tracker like this one attached
   * is left out. Where that leaves nothing to start from, a warning says so.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_INIT_FROM,
      g_param_spec_flags ("init-from", "Start from",
          "What starts targets", GST_TYPE_SS_TRACKER_INIT_FROM,
          DEFAULT_PROP_INIT_FROM, playing));

  /**
   * GstSsTracker:init-label:
   *
   * Only regions from upstream with this label count; unset or "", all do.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_INIT_LABEL,
      g_param_spec_string ("init-label", "Label to start from",
          "Take only regions from upstream that have this label",
          DEFAULT_PROP_INIT_LABEL, playing));

  /**
   * GstSsTracker:max-targets:
   *
   * Targets at a time. A lower value ends none that run. Where another has no
   * room, the one that has been lost longest ends ("displaced"). Where none is
   * lost, the other is turned away, which "sstracker/no-room" says.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MAX_TARGETS,
      g_param_spec_uint ("max-targets", "Maximum targets",
          "Targets at a time", 1, 1024, DEFAULT_PROP_MAX_TARGETS, playing));

  /**
   * GstSsTracker:lost-timeout:
   *
   * A target that stays lost for that long ends, in nanoseconds of the
   * stream's time; 18446744073709551615 is never.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_LOST_TIMEOUT,
      g_param_spec_uint64 ("lost-timeout", "Timeout of lost targets",
          "How long a lost target is searched for before it ends (ns)", 0,
          G_MAXUINT64, DEFAULT_PROP_LOST_TIMEOUT, playing));

  /**
   * GstSsTracker:min-confidence:
   *
   * Below this confidence a target is uncertain, and lost when that lasts.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MIN_CONFIDENCE,
      g_param_spec_double ("min-confidence", "Minimum confidence",
          "Confidence below which a target is uncertain", 0.0, 1.0,
          DEFAULT_PROP_MIN_CONFIDENCE, controllable));

  /**
   * GstSsTracker:budget:
   *
   * Targets that are looked at in one frame, the most urgent first; the others
   * move on by their motion and take their turn. 0 looks at all.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_BUDGET,
      g_param_spec_uint ("budget", "Budget",
          "Targets looked at in a frame (0 = all)", 0, 1024,
          DEFAULT_PROP_BUDGET, playing));

  /**
   * GstSsTracker:search-windows:
   *
   * Places of the picture that are searched in one frame for all lost targets
   * together, which take turns. Each costs about as much as a look at a target
   * that is followed. 0 searches two places for each of them.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_SEARCH_WINDOWS,
      g_param_spec_uint ("search-windows", "Search windows",
          "Places searched in a frame for all lost targets together (0 = two "
          "for each)", 0, 1024, DEFAULT_PROP_SEARCH_WINDOWS, playing));

  /**
   * GstSsTracker:camera-motion:
   *
   * Estimate how the camera moves and take it into account.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_CAMERA_MOTION,
      g_param_spec_boolean ("camera-motion", "Camera motion",
          "Estimate and compensate the camera's motion",
          DEFAULT_PROP_CAMERA_MOTION, playing));

  /**
   * GstSsTracker:reset-on:
   *
   * What ends all targets: a flush (as of a seek), a new segment, a stream with
   * another id, caps with another size and display aspect ratio (a
   * difference of less than 16 rows or columns is rounding, as encoders do it).
   * The default
   * leaves out segments: they also come in the middle of a scene.
   *
   * The boxes of #GstSsTracker:init-box start again, where their targets ended,
   * after a flush that goes back to or before where they began, as in a player
   * that loops. What was asked for when no frame but the preroll's was seen
   * starts anew in the first frame after the flush, with the same id, and
   * "started" is told again: that is how players start at a position. In other
   * cases set the property again.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_RESET_ON,
      g_param_spec_flags ("reset-on", "Reset on",
          "What in the stream ends all targets", GST_TYPE_SS_TRACKER_RESET_ON,
          DEFAULT_PROP_RESET_ON, playing));

  /**
   * GstSsTracker:overlay:
   *
   * Draw the targets into the picture: a colour for each, which stays, the line
   * whole while it is tracked, dashed while uncertain, dotted when lost.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_OVERLAY,
      g_param_spec_boolean ("overlay", "Overlay",
          "Draw the targets into the picture", DEFAULT_PROP_OVERLAY,
          controllable));

  /**
   * GstSsTracker:overlay-thickness:
   *
   * Thickness of the lines that are drawn, in pixels. 0 goes by the picture's
   * height, 2 for 480 rows.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_OVERLAY_THICKNESS,
      g_param_spec_uint ("overlay-thickness", "Overlay thickness",
          "Thickness of the overlay's lines in pixels (0 = by the height)", 0,
          64, DEFAULT_PROP_OVERLAY_THICKNESS, controllable));

  /**
   * GstSsTracker:overlay-labels:
   *
   * Also draw id, label and confidence.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_OVERLAY_LABELS,
      g_param_spec_boolean ("overlay-labels", "Overlay labels",
          "Draw id, label and confidence beside the boxes",
          DEFAULT_PROP_OVERLAY_LABELS, controllable));

  /**
   * GstSsTracker:mask:
   *
   * Say of each target which pixels it has, and of which part of the picture
   * that is written: its box, the window in which it is looked for, or all. The
   * mask goes into GstSsTrackMeta (fields of gstssmask.h), as run lengths into
   * the JSON lines, as a GstAnalyticsSegmentationMtd into the analytics meta
   * (GStreamer 1.26 or newer), and #GstSsTracker:overlay tints it.
   *
   * A frame costs about 5 ms more for each target with one (a core of 2024).
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MASK,
      g_param_spec_enum ("mask", "Mask",
          "Part of the picture of which targets' masks are written",
          GST_TYPE_SS_MASK_PART, DEFAULT_PROP_MASK, playing));

  /**
   * GstSsTracker:mask-interval:
   *
   * Every so many frames masks are made; between them they move and grow with
   * the box.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MASK_INTERVAL,
      g_param_spec_uint ("mask-interval", "Mask interval",
          "Frames from a mask that is made to the next", 1, 1000,
          DEFAULT_PROP_MASK_INTERVAL, playing));

  /**
   * GstSsTracker:mask-targets:
   *
   * At most so many targets have masks: those that were added first.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MASK_TARGETS,
      g_param_spec_uint ("mask-targets", "Mask targets",
          "Targets that have a mask, at most", 1, 1024,
          DEFAULT_PROP_MASK_TARGETS, playing));

  /**
   * GstSsTracker:mask-box:
   *
   * Mix the boxes of targets with what their masks say, as far as these are
   * trusted: better boxes of what changes its shape. Without masks
   * (#GstSsTracker:mask) they are made only in frames in which a target is in
   * doubt.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MASK_BOX,
      g_param_spec_boolean ("mask-box", "Mask box",
          "Mix boxes with what masks say", DEFAULT_PROP_MASK_BOX, playing));

  /**
   * GstSsTracker:effect:
   *
   * Change the picture by where the targets are, for privacy or to point at
   * them. Where something is to be hidden, what is in doubt is hidden (see
   * gstsseffect.h). Masks are made for it as #GstSsTracker:mask-interval and
   * #GstSsTracker:mask-targets say; a target without one is its box.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_EFFECT,
      g_param_spec_enum ("effect", "Effect",
          "What is done to the picture by where the targets are",
          GST_TYPE_SS_EFFECT_KIND, DEFAULT_PROP_EFFECT, playing));

  /**
   * GstSsTracker:messages:
   *
   * What is posted on the bus.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MESSAGES,
      g_param_spec_enum ("messages", "Messages",
          "What is posted on the bus", GST_TYPE_SS_TRACKER_MESSAGES,
          DEFAULT_PROP_MESSAGES, playing));

  /**
   * GstSsTracker:json-location:
   *
   * Where to write a JSON object a frame, each on a line: a file (emptied
   * first), a FIFO, or "-" for standard output. Several elements may write to
   * one file or FIFO. A new value takes effect with the next start. A reader
   * that is missing or does not keep up costs lines, whole ones, and never
   * waiting: see "json-dropped" in #GstSsTracker:stats.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_JSON_LOCATION,
      g_param_spec_string ("json-location", "JSON location",
          "File or FIFO to write JSON lines to, \"-\" for standard output",
          DEFAULT_PROP_JSON_LOCATION, ready));

  /**
   * GstSsTracker:model:
   *
   * File of weights (`.sst`) of the network. Unset (or ""), the model that is
   * built in, if there is one; "none", no network: hand-made features alone
   * follow the targets. A file that is missing, damaged or of another
   * architecture is an error at the start. It is read at the start, and again
   * when it changes if #GstSsTracker:reload says so. To load a file of that
   * name, say "./none".
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MODEL,
      g_param_spec_string ("model", "Model",
          "File of weights (.sst) of the network (unset = built-in, "
          "\"none\" = hand-made features only)",
          DEFAULT_PROP_MODEL, ready));

  /**
   * GstSsTracker:model-name:
   *
   * Go on with the models that elements which learn (`sstrain`) publish under
   * this name in the pipeline. #GstSsTracker:model is what it starts with. With
   * "none" there, nothing is taken.
   *
   * Unset (or ""), it takes what is learned from the same stream (by its id,
   * which is the same in all branches of a tee), but nothing if
   * #GstSsTracker:model is set.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MODEL_NAME,
      g_param_spec_string ("model-name", "Model name",
          "Name under which models are shared in the pipeline",
          DEFAULT_PROP_MODEL_NAME, ready));

  /**
   * GstSsTracker:max-operations:
   *
   * What the file of #GstSsTracker:model may cost for each target in each
   * frame, counted in multiplications, which do not depend on the machine; 0:
   * whatever it costs. A file that costs more is an error at the start, which
   * names the figure to set. The built-in model is not asked. A file may come
   * from anywhere, and the largest that can be written takes half a second.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MAX_OPERATIONS,
      g_param_spec_uint64 ("max-operations", "Max operations",
          "Multiplications for a target in a frame that the network of "
          "\"model\" may cost (0 = any number)", 0, G_MAXUINT64,
          DEFAULT_PROP_MAX_OPERATIONS, ready));

  /**
   * GstSsTracker:reload:
   *
   * Watch the file of #GstSsTracker:model, and go on with what it holds when it
   * was replaced (best by renaming another to its name, which is never half
   * written) or rewritten. One that is damaged or of another architecture gives
   * a warning on the bus and changes nothing. It is read in another thread. A
   * change behind a symbolic link is seen within some seconds.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_RELOAD,
      g_param_spec_boolean ("reload", "Reload",
          "Load the file of weights again when it changes",
          DEFAULT_PROP_RELOAD, ready));

  /**
   * GstSsTracker:select-on-click:
   *
   * Take the pointer's events from a video sink: drag a box with the left
   * button or a finger, or click, to start a target; what is dragged beyond the
   * picture ends at its border; click on one with the right button to
   * end it; press "r" to end all. A click takes the region of an element
   * upstream where there is one, or else a square of
   * #GstSsTracker:click-size. A click on what is followed starts nothing; the
   * message "sstracker/selected", like "sstracker/state", says which target it
   * was. Where there is no room the oldest target of a click makes way. What is
   * taken is not passed on upstream.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_SELECT_ON_CLICK,
      g_param_spec_boolean ("select-on-click", "Select on click",
          "Select targets by mouse in the sink's window",
          DEFAULT_PROP_SELECT_ON_CLICK, playing));

  /**
   * GstSsTracker:click-size:
   *
   * Side of the box around a click, in pixels; 0 takes an eighth of the
   * picture's height.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_CLICK_SIZE,
      g_param_spec_uint ("click-size", "Click size",
          "Side of the box around a click in pixels (0 = height / 8)", 0,
          8192, DEFAULT_PROP_CLICK_SIZE, playing));

  /**
   * GstSsTracker:click-fit:
   *
   * A click selects the thing that is there, not a square
   * (#GstSsTracker:click-size): its box is found in the picture with the
   * network, which takes about 0.1 s. Without a network, or where no thing is
   * found, it is the square.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_CLICK_FIT,
      g_param_spec_boolean ("click-fit", "Click fit",
          "A click selects the thing that is there, not a square",
          DEFAULT_PROP_CLICK_FIT, playing));

  /**
   * GstSsTracker:n-threads:
   *
   * Threads that share the targets of a frame. The results do not depend on
   * it.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_N_THREADS,
      g_param_spec_uint ("n-threads", "Threads",
          "Threads that share the targets of a frame", 1, 64,
          DEFAULT_PROP_N_THREADS, playing));

  /**
   * GstSsTracker:stats:
   *
   * Figures of this run, or of the last one, "application/x-sstracker-stats":
   *
   * - "frames" (guint64): buffers that passed
   * - "tracked-frames" (guint64): those that were worked on; only these are
   *   timed
   * - "mean-us", "p95-us", "max-us" (gdouble): microseconds such a frame took:
   *   mean, 95th percentile (to 9 %), maximum
   * - "targets" (guint): running now
   * - "started", "lost", "recovered", "ended" (guint64): how often that
   *   happened to a target
   * - "json-lines", "json-dropped" (guint64): written and dropped
   * - "model" (string): SHA-256 of the model in use, "" without one
   * - "model-swaps" (guint64): how often another model took over
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics", "Figures of the run",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
gst_ss_tracker_install_signals (GObjectClass * object_class)
{
  /**
   * GstSsTracker::add-target:
   * @tracker: the element
   * @x: left edge of the box, in pixels of the picture
   * @y: its top edge
   * @width: its width
   * @height: its height
   *
   * Starts a target with the next frame. May be called at any time, from any
   * thread; before the element is started the request waits for the first
   * frame. A box that can't be followed in the picture that comes gives a
   * warning and a message that the target ended ("refused").
   *
   * Returns: the target's id; 0, with a warning, if no picture could have such
   * a
   *     box, or too many requests wait for a frame
   *
   * Since: 0.1
   */
  signals[SIGNAL_ADD_TARGET] = g_signal_new_class_handler ("add-target",
      G_TYPE_FROM_CLASS (object_class), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_ss_tracker_add_target), NULL, NULL, NULL,
      G_TYPE_UINT64, 4, G_TYPE_DOUBLE, G_TYPE_DOUBLE, G_TYPE_DOUBLE,
      G_TYPE_DOUBLE);

  /**
   * GstSsTracker::update-target:
   * @tracker: the element
   * @id: a target
   * @x: left edge of the box, in pixels of the picture
   * @y: its top edge
   * @width: its width
   * @height: its height
   *
   * Says where a target is in the next frame, as a detector of the
   * application's own saw it, or a person at a screen: the target keeps its id,
   * takes the box, learns what it shows, and is not lost any more. An id that
   * is not there is ignored; a box that can't be followed gives a warning and
   * changes nothing.
   *
   * Since: 0.1
   */
  signals[SIGNAL_UPDATE_TARGET] = g_signal_new_class_handler ("update-target",
      G_TYPE_FROM_CLASS (object_class), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_ss_tracker_update_target), NULL, NULL, NULL,
      G_TYPE_NONE, 5, G_TYPE_UINT64, G_TYPE_DOUBLE, G_TYPE_DOUBLE,
      G_TYPE_DOUBLE, G_TYPE_DOUBLE);

  /**
   * GstSsTracker::remove-target:
   * @tracker: the element
   * @id: a target
   *
   * Ends a target with the next frame. An id that is not there is ignored.
   *
   * Since: 0.1
   */
  signals[SIGNAL_REMOVE_TARGET] = g_signal_new_class_handler ("remove-target",
      G_TYPE_FROM_CLASS (object_class), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_ss_tracker_remove_target), NULL, NULL, NULL,
      G_TYPE_NONE, 1, G_TYPE_UINT64);

  /**
   * GstSsTracker::reset:
   * @tracker: the element
   *
   * Ends all targets with the next frame, and takes back what was asked for
   * and has not happened yet. Ids go on.
   *
   * Since: 0.1
   */
  signals[SIGNAL_RESET] = g_signal_new_class_handler ("reset",
      G_TYPE_FROM_CLASS (object_class), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_ss_tracker_reset), NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
gst_ss_tracker_class_init (GstSsTrackerClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_GET (CAT_PERFORMANCE, "GST_PERFORMANCE");

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
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);

  trans_class->start = GST_DEBUG_FUNCPTR (gst_ss_tracker_start);
  trans_class->stop = GST_DEBUG_FUNCPTR (gst_ss_tracker_stop);
  trans_class->set_caps = GST_DEBUG_FUNCPTR (gst_ss_tracker_set_caps);
  trans_class->propose_allocation =
      GST_DEBUG_FUNCPTR (gst_ss_tracker_propose_allocation);
  trans_class->query = GST_DEBUG_FUNCPTR (gst_ss_tracker_query);
  trans_class->sink_event = GST_DEBUG_FUNCPTR (gst_ss_tracker_sink_event);
  trans_class->src_event = GST_DEBUG_FUNCPTR (gst_ss_tracker_src_event);
  trans_class->before_transform =
      GST_DEBUG_FUNCPTR (gst_ss_tracker_before_transform);
  trans_class->transform_ip = GST_DEBUG_FUNCPTR (gst_ss_tracker_transform_ip);

  gst_type_mark_as_plugin_api (GST_TYPE_SS_TRACKER_MESSAGES, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_SS_TRACKER_INIT_FROM, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_SS_TRACKER_RESET_ON, 0);
}
