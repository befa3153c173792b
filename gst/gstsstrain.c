/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/**
 * SECTION:element-sstrain
 * @title: sstrain
 * @short_description: makes the model better with the stream it works on
 *
 * Learns from the frames that pass, without labels, so that trackers see better
 * through this camera than with the model that they came with. It passes every
 * buffer on as it is, inline or behind a tee, and works in one thread of its
 * own with a bounded share of a core (#GstSsTrain:cpu-share) and bounded memory
 * (#GstSsTrain:memory-limit). When that is too little for the stream, it looks
 * at less of it.
 *
 * ## How it learns
 *
 * Windows of a few seconds are kept, shrunk, in memory. In each, things are
 * followed forward and back again; what comes back to where it started, and
 * what the network agrees with, is trained on, mixed with synthetic pairs.
 * With #GstSsTrain:tone, contrast, colours, noise and focus of the camera are
 * learned, too. Where to look for things is #GstSsTrain:learn-from. A place
 * behind an sstracker lets it learn from that one's targets; not behind one
 * that draws (its property overlay), as the boxes would be part of the
 * pictures.
 *
 * ## Why it does no harm
 *
 * The base model never changes. Now and then what was learned is checked: a
 * snapshot is accepted only where it is not worse than the base on pairs that
 * have nothing to do with the stream, and better on windows of the stream that
 * were not trained on (a tone: not worse). Training that goes wrong, or gets no
 * better for long, is rolled back, and every #GstSsTrain:reset-after it goes
 * half of the way back to the base. Frames that are interlaced or marked as GAP
 * or CORRUPTED are not learned from, and nothing is learned across a jump in
 * the stream or a second without a frame (the mark DISCONT is no jump: a leaky
 * queue sets it wherever it dropped a frame). Where all are marked as CORRUPTED
 * for two seconds, or interlaced, a warning says so once; after that time they
 * are learned from as if they were not marked.
 *
 * No picture or part of one leaves the memory. With #GstSsTrain:save-location
 * unset, nothing is written but what #GstSsTrain::save is told to.
 *
 * ## Who uses it
 *
 * An sstracker of the same stream in the same pipeline, with nothing to
 * configure: it takes each accepted snapshot between two frames. One of another
 * stream, or with a model of its own, by #GstSsTrain:model-name. One in another
 * process, by watching the file that #GstSsTrain:save-location names.
 *
 * Several cameras that see alike learn one model together with
 * #GstSsTrain:group.
 *
 * ## What is posted on the bus
 *
 * Element messages "sstrain/accepted", "sstrain/refused", "sstrain/rolled-back"
 * and "sstrain/reset", with the fields
 *
 * - "model" (string): SHA-256 of the model in use now
 * - "group" (string), "members" (guint64): as in #GstSsTrain:stats; each member
 *   posts its own message
 * - "score", "base-score" (gdouble): of that model and of the base on pairs
 *   that have nothing to do with the stream, 0..1
 * - "learned" (string): what was learned so far, as a sentence: from how many
 *   things, and what the model in use gained by it, with its standard error
 * - "stream-gain" (gdouble): what the model was better than the base by on
 *   pairs of the stream when it was accepted by these
 * - "track-gain", "track-error", "know-gain", "know-error" (gdouble), "things",
 *   "things-together" (guint64): as in #GstSsTrain:stats
 * - "luma-gain", "luma-offset", "cb-gain", "cr-gain", "softness",
 *   "sharpness", "noise" (gdouble): the tone with which it sees the camera's
 *   pictures; 1, 0, 1, 1, 1, 0, 0: as they are
 * - "drift", "spread", "loss" (gdouble), "steps" (guint64), "accepted",
 *   "refused", "rolled-back", "resets" (guint64): as in #GstSsTrain:stats
 * - "running-time" (guint64): of the last frame that passed
 *
 * A #GstSsTrain:save-location that can't be written to is a warning, once, and
 * learning goes on.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 -m v4l2src ! videoconvert ! \
 *     sstrain save-location=camera.sst ! \
 *     sstracker init-box="40%,30%,20%,40%" overlay=true ! videoconvert ! \
 *     autovideosink
 * ]| Follow something, learn from whatever moves, and keep what was learned.
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert ! tee name=t \
 *     t. ! queue ! sstracker init-box="40%,30%,20%,40%" ! fakesink \
 *     t. ! queue leaky=downstream ! \
 *         sstrain save-location=camera.sst cpu-share=0.5 ! fakesink
 * ]| Learn in a branch of its own.
 *
 * ## Debug levels of the category "sstrain"
 *
 * WARNING what also goes to the bus; INFO runs, caps, snapshots; DEBUG the
 * worker's pieces of work, interruptions; LOG frames that were taken.
 *
 * Since: 0.1
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>
#include <gst/video/video.h>
#include <sstrack/learner.h>
#include <sstrack/targets.h>

#include "gstssclaim.h"
#include "gstssdetections.h"
#include "gstssframe.h"
#include "gstssmodel.h"
#include "gstssmodelstore.h"
#include "gstssproperty.h"
#include "gstsstrackmeta.h"
#include "gstsstrainprivate.h"

GST_DEBUG_CATEGORY (gst_ss_train_debug);
#define GST_CAT_DEFAULT gst_ss_train_debug

/* Value of sstracker's property model that is of no use here. */
#define MODEL_NONE "none"

enum
{
  SIGNAL_SAVE,
  SIGNAL_ROLLBACK,
  SIGNAL_RESET_TO_BASE,
  LAST_SIGNAL
};

static guint signals[LAST_SIGNAL];

#define gst_ss_train_parent_class parent_class

G_DEFINE_TYPE (GstSsTrain, gst_ss_train, GST_TYPE_SS_FILTER);

GST_ELEMENT_REGISTER_DEFINE (sstrain, "sstrain", GST_RANK_NONE,
    GST_TYPE_SS_TRAIN);

void
gst_ss_train_replace_model (SstModel ** field, SstModel * model)
{
  if (model != NULL)
    sst_model_ref (model);
  sst_model_unref (*field);
  *field = model;
}

/* ---- lifecycle ---- */

/* Says early what would go wrong hours later. */
static void
gst_ss_train_check_location (GstSsTrain * self, const gchar * location)
{
  gchar *directory = g_path_get_dirname (location);

  if (g_file_test (location, G_FILE_TEST_EXISTS)
      && !g_file_test (location, G_FILE_TEST_IS_REGULAR)) {
    gst_ss_train_warn_save (self, location, "it is not a regular file");
  } else if (g_access (directory, W_OK | X_OK) != 0) {
    gst_ss_train_warn_save (self, location, g_strerror (errno));
  }
  g_free (directory);
}

void
gst_ss_train_claim_location (GstSsTrain * self)
{
  gchar *claim = NULL, *old;
  gconstpointer party;

  g_mutex_lock (&self->lock);
  if (self->settings.save_location != NULL
      && *self->settings.save_location != '\0') {
    gchar *path = g_canonicalize_filename (self->settings.save_location, NULL);

    claim = g_strconcat ("file ", path, NULL);
    g_free (path);
  }
  old = self->claimed;
  self->claimed = claim;
  party = gst_ss_train_party (self);
  g_mutex_unlock (&self->lock);

  if (old != NULL && g_strcmp0 (old, claim) != 0)
    gst_ss_unclaim (self, old);
  if (claim != NULL && !gst_ss_claim (self, party, claim))
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("Another sstrain has the same \"save-location\"; each overwrites what "
            "the other learned."), ("%s", claim));
  g_free (old);
}

/* What the streaming thread works with, before it first runs. */
static void
gst_ss_train_clear_stream (GstSsTrain * self)
{
  gst_video_info_init (&self->filter.info);
  gst_ss_filter_restart (&self->filter);
  self->warned_interlaced = FALSE;
  self->interrupted = TRUE;
}

/* stream_id may be NULL: none. */
static void
gst_ss_train_set_stream (GstSsTrain * self, const gchar * stream_id)
{
  gchar *old;

  g_mutex_lock (&self->lock);
  old = self->stream_id;
  self->stream_id = g_strdup (stream_id);
  g_mutex_unlock (&self->lock);
  g_free (old);
}

/* Says where the group has other settings than this element. */
static void
gst_ss_train_warn_terms (GstSsTrain * self, const gchar * group,
    GstSsTrainTerm differs)
{
  gchar *names;

  if (differs == 0)
    return;
  names = gst_ss_train_terms_describe (differs);
  GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
      ("The group \"%s\" learns with other settings, which hold here too: set "
          "%s alike on all of its members, or while it runs.", group, names),
      (NULL));
  g_free (names);
}

/* Begins to learn, alone or with others; from base, or with own_base FALSE from
 * what these learn. */
static gboolean
gst_ss_train_join (GstSsTrain * self, SstModel * base, gboolean own_base)
{
  GstSsTrainTerm differs;
  GstSsTrainGroup *group;
  GstSsTrainTerms terms;
  GError *error = NULL;
  SstModel *model;
  const gchar *name;

  g_mutex_lock (&self->lock);
  gst_ss_train_replace_model (&self->base, base);
  gst_ss_train_replace_model (&self->model, base);
  gst_ss_train_replace_model (&self->saved, base);
  self->warned_save = FALSE;
  self->figures = (GstSsTrainFigures) { .cpu_used = 0 };
  self->taken = 0;
  self->group_name = name = g_intern_string (self->settings.group);
  terms = gst_ss_train_get_terms (self);
  g_mutex_unlock (&self->lock);

  group = gst_ss_train_group_join (name, self, &gst_ss_train_calls, base,
      own_base, &terms, &differs, &error);
  if (group == NULL)
    goto failed;

  g_mutex_lock (&self->lock);
  self->group = group;
  self->stream = gst_ss_train_group_stream (group, self);
  model = gst_ss_train_group_dup_model (group);
  gst_ss_train_replace_model (&self->base, gst_ss_train_group_base (group));
  gst_ss_train_replace_model (&self->saved, self->base);
  gst_ss_train_replace_model (&self->model, model);
  g_mutex_unlock (&self->lock);
  sst_model_unref (model);
  gst_ss_train_warn_terms (self, name, differs);
  return TRUE;

  /* ERRORS */
failed:
  if (error->domain == G_THREAD_ERROR)
    GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT,
        ("There is no thread to be had to learn in: %s.", error->message),
        (NULL));
  else
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("Can not learn with the others: %s. Set the same \"model\" on all of "
            "them, or another \"group\".", error->message), (NULL));
  g_clear_error (&error);
  return FALSE;
}

static gboolean
gst_ss_train_start (GstBaseTransform * trans)
{
  GstSsTrain *self = GST_SS_TRAIN (trans);
  SstModel *base = NULL;
  gchar *model, *location;
  guint64 max_operations;
  gboolean goes_on, joined;

  g_mutex_lock (&self->lock);
  max_operations = self->settings.max_operations;
  model = g_strdup (self->settings.model);
  location = g_strdup (self->settings.save_location);
  g_mutex_unlock (&self->lock);

  if (g_strcmp0 (model, MODEL_NONE) == 0)
    goto no_network;
  /* It will be there once something was accepted. */
  goes_on = model != NULL && g_strcmp0 (model, location) == 0;
  if (goes_on && !g_file_test (model, G_FILE_TEST_EXISTS))
    g_clear_pointer (&model, g_free);
  if (!gst_ss_model_load (GST_ELEMENT (self), model, max_operations,
          "or leave it unset for the built-in model", &base))
    goto no_model;
  if (base == NULL)
    goto no_builtin;

  atomic_store (&self->n_frames, 0);
  atomic_store (&self->running_time, 0);
  joined = gst_ss_train_join (self, base, !goes_on);
  sst_model_unref (base);
  if (!joined)
    goto no_model;
  gst_ss_train_offer (self);
  if (location != NULL && *location != '\0')
    gst_ss_train_check_location (self, location);
  gst_ss_train_claim_location (self);
  g_mutex_lock (&self->lock);
  gst_ss_train_direct (self);
  g_mutex_unlock (&self->lock);
  atomic_store (&self->running, TRUE);

  g_free (location);
  g_free (model);
  return TRUE;

  /* ERRORS */
no_network:
  GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
      ("There is nothing to train without a network: set the property "
          "\"model\" to a file of weights (.sst), or leave it unset for the "
          "built-in model."), ("model=" MODEL_NONE));
  goto no_model;
no_builtin:
  GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND,
      ("No model is built in: set the property \"model\" to a file of weights "
          "(.sst)."), (NULL));
no_model:
  g_free (location);
  g_free (model);
  return FALSE;
}

static gboolean
gst_ss_train_stop (GstBaseTransform * trans)
{
  GstSsTrain *self = GST_SS_TRAIN (trans);
  GstSsTrainFigures figures;
  GstSsTrainGroup *group;

  /* The streaming thread has left. */
  gst_ss_train_clear_stream (self);
  atomic_store (&self->running, FALSE);

  g_mutex_lock (&self->lock);
  gst_ss_train_look (self);
  group = self->group;
  self->group = NULL;
  self->stream = NULL;
  g_mutex_unlock (&self->lock);
  if (group == NULL)
    return TRUE;
  gst_ss_train_group_leave (&group, self, &figures);
  gst_ss_unclaim (self, NULL);
  gst_ss_train_set_stream (self, NULL);

  /* What was accepted last may wait to be written. */
  gst_ss_train_save_accepted (self);
  g_mutex_lock (&self->lock);
  self->figures = figures;
  self->name_claimed = FALSE;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static void
gst_ss_train_set_playing (GstSsTrain * self, gboolean playing)
{
  g_mutex_lock (&self->lock);
  self->playing = playing;
  gst_ss_train_direct (self);
  g_mutex_unlock (&self->lock);
}

static GstStateChangeReturn
gst_ss_train_change_state (GstElement * element, GstStateChange transition)
{
  GstSsTrain *self = GST_SS_TRAIN (element);
  GstStateChangeReturn change;

  if (transition == GST_STATE_CHANGE_NULL_TO_READY)
    gst_ss_model_store_ensure (element, &self->filter.store);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING)
    gst_ss_train_set_playing (self, TRUE);
  else if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED)
    gst_ss_train_set_playing (self, FALSE);
  change = GST_ELEMENT_CLASS (parent_class)->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL)
    gst_ss_model_store_leave (element, &self->filter.store);
  return change;
}

static void
gst_ss_train_set_context (GstElement * element, GstContext * context)
{
  gst_ss_model_store_set_context (element, context,
      &GST_SS_FILTER (element)->store);
  GST_ELEMENT_CLASS (parent_class)->set_context (element, context);
}

/* ---- the stream ---- */

/* What follows has nothing to do with what came before. */
static void
gst_ss_train_interrupt (GstSsTrain * self)
{
  if (self->interrupted || !atomic_load (&self->running))
    return;
  GST_DEBUG_OBJECT (self, "interrupted");
  sst_learner_stream_interrupt (self->stream);
  self->interrupted = TRUE;
}

static gboolean
gst_ss_train_set_caps (GstBaseTransform * trans, GstCaps * incaps,
    GstCaps * outcaps)
{
  GstSsTrain *self = GST_SS_TRAIN (trans);
  GstVideoInfo info;

  if (!gst_ss_filter_parse_caps (&self->filter, incaps, &info))
    return FALSE;

  gst_ss_train_interrupt (self);
  self->filter.info = info;
  return TRUE;
}

static gboolean
gst_ss_train_sink_event (GstBaseTransform * trans, GstEvent * event)
{
  GstSsTrain *self = GST_SS_TRAIN (trans);
  const gchar *stream_id;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_FLUSH_STOP:
      gst_ss_train_interrupt (self);
      gst_ss_clock_flush (&self->filter.clock);
      break;
    case GST_EVENT_SEGMENT:
      gst_ss_train_interrupt (self);
      gst_ss_clock_segment (&self->filter.clock);
      break;
    case GST_EVENT_STREAM_START:
      gst_ss_train_interrupt (self);
      gst_event_parse_stream_start (event, &stream_id);
      gst_ss_train_set_stream (self, stream_id);
      if (atomic_load (&self->running))
        gst_ss_train_offer (self);
      break;
    case GST_EVENT_EOS:
      gst_ss_train_interrupt (self);
      break;
    default:
      break;
  }

  return GST_BASE_TRANSFORM_CLASS (parent_class)->sink_event (trans, event);
}

/* Between the fields of one picture things move. */
static gboolean
is_interlaced (const GstVideoInfo * info, GstBuffer * buffer)
{
  switch (GST_VIDEO_INFO_INTERLACE_MODE (info)) {
    case GST_VIDEO_INTERLACE_MODE_PROGRESSIVE:
      return FALSE;
    case GST_VIDEO_INTERLACE_MODE_MIXED:
      return GST_BUFFER_FLAG_IS_SET (buffer, GST_VIDEO_BUFFER_FLAG_INTERLACED);
    default:
      return TRUE;
  }
}

/* What trackers and detectors upstream know of the frame. */
static void
gst_ss_train_collect (GstSsTrain * self, GstBuffer * buffer)
{
  const guint from = atomic_load (&self->learn_from);

  g_array_set_size (self->proposals, 0);
  if ((from & GST_SS_TRAIN_LEARN_FROM_TARGETS) != 0
      || (atomic_load (&self->paused_when) & GST_SS_TRAIN_PAUSED_WHEN_LOST))
    gst_ss_track_meta_collect (buffer, self->proposals);
  if ((from & GST_SS_TRAIN_LEARN_FROM_ROI) == 0)
    return;

  g_array_set_size (self->detections, 0);
  gst_ss_detections_collect (buffer, NULL, self->detections);
  for (guint i = 0; i < self->detections->len; i++) {
    const SstDetection *detection =
        &g_array_index (self->detections, SstDetection, i);
    const SstProposal proposal = {
      .box = detection->box,
      .confidence = detection->confidence,
    };

    g_array_append_val (self->proposals, proposal);
  }
}

/* Hands a frame to the learner, which copies it small. */
static GstFlowReturn
gst_ss_train_take (GstSsTrain * self, GstBuffer * buffer)
{
  GstVideoFrame frame;
  SstFrame view;

  if (!gst_ss_filter_map (&self->filter, buffer, GST_MAP_READ,
          "read; it passes without being looked at", &frame, &view))
    return self->filter.memory_failed ? GST_FLOW_ERROR : GST_FLOW_OK;

  gst_ss_train_collect (self, buffer);
  sst_learner_stream_push (self->stream, &view, self->filter.clock.now,
      (const SstProposal *) (const void *) self->proposals->data,
      self->proposals->len);
  self->interrupted = FALSE;
  gst_video_frame_unmap (&frame);
  GST_LOG_OBJECT (self, "took the frame at %" GST_TIME_FORMAT ", %u proposals",
      GST_TIME_ARGS (self->filter.clock.now), self->proposals->len);
  return GST_FLOW_OK;
}

/* Whether a buffer has a picture to learn from. */
static gboolean
gst_ss_train_is_usable (GstSsTrain * self, GstBuffer * buffer)
{
  const GstSsPicture picture =
      gst_ss_marks_judge (&self->filter.marks, buffer, self->filter.clock.now);

  if (picture != GST_SS_PICTURE_NEW)
    return FALSE;
  if (is_interlaced (&self->filter.info, buffer)) {
    if (!self->warned_interlaced) {
      self->warned_interlaced = TRUE;
      GST_ELEMENT_WARNING (self, STREAM, FORMAT,
          ("Interlaced frames are not learned from; put a deinterlacer before "
              "this element."), (NULL));
    }
    return FALSE;
  }
  gst_ss_filter_warn_marks (&self->filter, "learned from");
  return TRUE;
}

static GstFlowReturn
gst_ss_train_transform_ip (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstSsTrain *self = GST_SS_TRAIN (trans);

  atomic_store_explicit (&self->running_time,
      gst_ss_filter_advance (&self->filter, buffer), memory_order_relaxed);
  atomic_fetch_add_explicit (&self->n_frames, 1, memory_order_relaxed);

  if (!atomic_load (&self->running))
    return GST_FLOW_OK;
  if (!atomic_load_explicit (&self->enabled, memory_order_relaxed)) {
    gst_ss_train_interrupt (self);
    return GST_FLOW_OK;
  }
  if (!gst_ss_train_is_usable (self, buffer))
    return GST_FLOW_OK;

  if (sst_learner_stream_wants (self->stream, self->filter.clock.now))
    return gst_ss_train_take (self, buffer);
  return GST_FLOW_OK;
}

/* ---- action signals ---- */

static gboolean
gst_ss_train_save (GstSsTrain * self, const gchar * path)
{
  SstModel *model = NULL;
  GError *error = NULL;
  gboolean saved;

  if (path == NULL || *path == '\0')
    return FALSE;

  g_mutex_lock (&self->lock);
  gst_ss_train_replace_model (&model, self->model);
  g_mutex_unlock (&self->lock);
  if (model == NULL) {
    GST_INFO_OBJECT (self, "nothing to save before the first start");
    return FALSE;
  }

  saved = sst_model_save (model, path, &error);
  if (!saved) {
    GST_ELEMENT_WARNING (self, RESOURCE, OPEN_WRITE,
        ("Could not save the model: %s.", error->message), (NULL));
    g_clear_error (&error);
  }
  sst_model_unref (model);
  return saved;
}

static void
gst_ss_train_ask (GstSsTrain * self, void (*what) (SstLearner *))
{
  g_mutex_lock (&self->lock);
  if (self->group != NULL)
    gst_ss_train_group_ask (self->group, what);
  g_mutex_unlock (&self->lock);
}

static void
gst_ss_train_rollback (GstSsTrain * self)
{
  gst_ss_train_ask (self, sst_learner_rollback);
}

static void
gst_ss_train_reset_to_base (GstSsTrain * self)
{
  gst_ss_train_ask (self, sst_learner_reset);
}

static void
gst_ss_train_finalize (GObject * object)
{
  GstSsTrain *self = GST_SS_TRAIN (object);

  g_free (self->settings.model);
  g_free (self->settings.save_location);
  g_free (self->settings.model_name);
  g_free (self->settings.group);
  g_free (self->stream_id);
  g_free (self->published);
  g_free (self->claimed);
  sst_model_unref (self->base);
  sst_model_unref (self->model);
  sst_model_unref (self->saved);
  g_array_unref (self->proposals);
  g_array_unref (self->detections);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
gst_ss_train_init (GstSsTrain * self)
{
  g_mutex_init (&self->lock);
  self->settings = (Settings) {
    .enabled = DEFAULT_PROP_ENABLED,
    .paused_when = DEFAULT_PROP_PAUSED_WHEN,
    .cpu_share = DEFAULT_PROP_CPU_SHARE,
    .memory_limit = DEFAULT_PROP_MEMORY_LIMIT,
    .max_operations = DEFAULT_PROP_MAX_OPERATIONS,
    .learn_from = DEFAULT_PROP_LEARN_FROM,
    .seed = DEFAULT_PROP_SEED,
    .profile = DEFAULT_PROP_PROFILE,
    .tone = DEFAULT_PROP_TONE,
    .reset_after = DEFAULT_PROP_RESET_AFTER,
    .model_name = g_strdup (DEFAULT_PROP_MODEL_NAME),
    .group = g_strdup (DEFAULT_PROP_GROUP),
  };
  self->group_name = g_intern_static_string (DEFAULT_PROP_GROUP);
  gst_ss_train_apply_settings (self, 0);
  gst_ss_train_clear_stream (self);
  self->proposals = g_array_new (FALSE, FALSE, sizeof (SstProposal));
  self->detections = g_array_new (FALSE, FALSE, sizeof (SstDetection));

  /* The buffers that come in go out; transform_ip() only sees them. */
  gst_base_transform_set_passthrough (GST_BASE_TRANSFORM (self), TRUE);
}

static void
gst_ss_train_install_signals (GObjectClass * object_class)
{
  const GType type = G_TYPE_FROM_CLASS (object_class);
  const GSignalFlags flags = G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION;

  /**
   * GstSsTrain::save:
   * @train: the element
   * @path: a file
   *
   * Writes the model in use, of this run or the last one, as
   * #GstSsTrain:save-location does. Where that fails, a warning on the bus says
   * why.
   *
   * Returns: whether it was written
   *
   * Since: 0.1
   */
  signals[SIGNAL_SAVE] = g_signal_new_class_handler ("save", type, flags,
      G_CALLBACK (gst_ss_train_save), NULL, NULL, NULL, G_TYPE_BOOLEAN, 1,
      G_TYPE_STRING);

  /**
   * GstSsTrain::rollback:
   * @train: the element
   *
   * Takes the last accepted snapshot back: the one before it is used again, or
   * the base. Emitted twice, it goes back twice, perhaps with one message.
   * Learning goes on from there. Without effect while the element is stopped.
   *
   * Since: 0.1
   */
  signals[SIGNAL_ROLLBACK] = g_signal_new_class_handler ("rollback", type,
      flags, G_CALLBACK (gst_ss_train_rollback), NULL, NULL, NULL,
      G_TYPE_NONE, 0);

  /**
   * GstSsTrain::reset-to-base:
   * @train: the element
   *
   * Forgets what was learned: the base is used again, and learning starts anew.
   * Without effect while the element is stopped.
   *
   * Since: 0.1
   */
  signals[SIGNAL_RESET_TO_BASE] = g_signal_new_class_handler ("reset-to-base",
      type, flags, G_CALLBACK (gst_ss_train_reset_to_base), NULL, NULL, NULL,
      G_TYPE_NONE, 0);
}

static void
gst_ss_train_class_init (GstSsTrainClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_ss_train_debug, "sstrain", 0,
      "Learns from video");
  GST_SS_FILTER_CLASS (klass)->debug = gst_ss_train_debug;

  object_class->set_property = gst_ss_train_set_property;
  object_class->get_property = gst_ss_train_get_property;
  object_class->finalize = gst_ss_train_finalize;
  gst_ss_train_install_properties (object_class);
  gst_ss_train_install_signals (object_class);

  gst_element_class_set_static_metadata (element_class,
      "Trainer of object tracking", "Filter/Analyzer/Video",
      "Learns from the video that passes, without labels, and gives better "
      "weights to sstracker", "The sstracker authors");
  element_class->change_state = GST_DEBUG_FUNCPTR (gst_ss_train_change_state);
  element_class->set_context = GST_DEBUG_FUNCPTR (gst_ss_train_set_context);

  trans_class->start = GST_DEBUG_FUNCPTR (gst_ss_train_start);
  trans_class->stop = GST_DEBUG_FUNCPTR (gst_ss_train_stop);
  trans_class->set_caps = GST_DEBUG_FUNCPTR (gst_ss_train_set_caps);
  trans_class->sink_event = GST_DEBUG_FUNCPTR (gst_ss_train_sink_event);
  trans_class->transform_ip = GST_DEBUG_FUNCPTR (gst_ss_train_transform_ip);

  gst_type_mark_as_plugin_api (GST_TYPE_SS_TRAIN_LEARN_FROM, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_SS_TRAIN_PAUSED_WHEN, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_SS_TRAIN_PROFILE, 0);
}
