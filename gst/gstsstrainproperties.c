/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* The properties of sstrain. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssmodel.h"
#include "gstssproperty.h"
#include "gstsstrainprivate.h"

#define GST_CAT_DEFAULT gst_ss_train_debug

enum
{
  PROP_0,
  PROP_MODEL,
  PROP_SAVE_LOCATION,
  PROP_ENABLED,
  PROP_PAUSED_WHEN,
  PROP_CPU_SHARE,
  PROP_MEMORY_LIMIT,
  PROP_MAX_OPERATIONS,
  PROP_LEARN_FROM,
  PROP_SEED,
  PROP_PROFILE,
  PROP_TONE,
  PROP_RESET_AFTER,
  PROP_MODEL_NAME,
  PROP_GROUP,
  PROP_STATS,
};

/* The library's flags and the properties' are the same numbers. */
G_STATIC_ASSERT ((guint) GST_SS_TRAIN_LEARN_FROM_MOTION ==
    (guint) SST_LEARN_FROM_MOTION);

G_STATIC_ASSERT ((guint) GST_SS_TRAIN_LEARN_FROM_TARGETS ==
    (guint) SST_LEARN_FROM_TARGETS);

G_STATIC_ASSERT ((guint) GST_SS_TRAIN_LEARN_FROM_ROI ==
    (guint) SST_LEARN_FROM_ROI);

G_STATIC_ASSERT ((guint) GST_SS_TRAIN_PAUSED_WHEN_STILL ==
    (guint) SST_LEARN_PAUSE_STILL);

G_STATIC_ASSERT ((guint) GST_SS_TRAIN_PAUSED_WHEN_LOST ==
    (guint) SST_LEARN_PAUSE_LOST);

G_STATIC_ASSERT ((guint) GST_SS_TRAIN_PAUSED_WHEN_BLURRED ==
    (guint) SST_LEARN_PAUSE_BLURRED);

G_STATIC_ASSERT ((guint) GST_SS_TRAIN_PAUSED_WHEN_CUT ==
    (guint) SST_LEARN_PAUSE_CUT);

G_STATIC_ASSERT ((guint) GST_SS_TRAIN_PROFILE_GENTLE ==
    (guint) SST_LEARN_GENTLE);

G_STATIC_ASSERT ((guint) GST_SS_TRAIN_PROFILE_NORMAL ==
    (guint) SST_LEARN_NORMAL);

GType
gst_ss_train_learn_from_get_type (void)
{
  static gsize type = 0;
  static const GFlagsValue values[] = {
    {GST_SS_TRAIN_LEARN_FROM_MOTION, "Moving regions that it finds itself",
        "motion"},
    {GST_SS_TRAIN_LEARN_FROM_TARGETS,
        "What an sstracker upstream follows confidently", "targets"},
    {GST_SS_TRAIN_LEARN_FROM_ROI,
        "Where elements upstream detected something", "roi"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_flags_register_static ("GstSsTrainLearnFrom",
            values));
  return type;
}

GType
gst_ss_train_paused_when_get_type (void)
{
  static gsize type = 0;
  static const GFlagsValue values[] = {
    {GST_SS_TRAIN_PAUSED_WHEN_STILL, "Nothing moves", "still"},
    {GST_SS_TRAIN_PAUSED_WHEN_LOST, "An sstracker upstream lost its target",
        "lost"},
    {GST_SS_TRAIN_PAUSED_WHEN_BLURRED,
        "The picture has no sharp edge, or next to no contrast", "blurred"},
    {GST_SS_TRAIN_PAUSED_WHEN_CUT,
        "Scene changes follow each other too fast", "cut"},
    {GST_SS_TRAIN_PAUSED_WHEN_PAUSED, "The pipeline is in PAUSED", "paused"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_flags_register_static ("GstSsTrainPausedWhen",
            values));
  return type;
}

GType
gst_ss_train_profile_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {GST_SS_TRAIN_PROFILE_GENTLE, "Smaller steps", "gentle"},
    {GST_SS_TRAIN_PROFILE_NORMAL, "Normal steps", "normal"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstSsTrainProfile",
            values));
  return type;
}

void
gst_ss_train_apply_settings (GstSsTrain * self, GstSsTrainTerm which)
{
  const Settings *settings = &self->settings;
  GstSsTrainTerms terms;

  atomic_store (&self->enabled, settings->enabled);
  atomic_store (&self->learn_from, settings->learn_from);
  atomic_store (&self->paused_when, settings->paused_when);
  if (self->group == NULL)
    return;

  terms = gst_ss_train_get_terms (self);
  sst_learner_stream_set_params (self->stream, terms.params.from,
      terms.params.paused_when);
  if (which != 0)
    gst_ss_train_group_set_terms (self->group, &terms, which);
  gst_ss_train_direct (self);
}

/* What of the group's a property is; 0: nothing. */
static GstSsTrainTerm
find_term (guint prop_id)
{
  switch (prop_id) {
    case PROP_CPU_SHARE:
      return GST_SS_TRAIN_TERM_CPU_SHARE;
    case PROP_PROFILE:
      return GST_SS_TRAIN_TERM_PROFILE;
    case PROP_TONE:
      return GST_SS_TRAIN_TERM_TONE;
    case PROP_RESET_AFTER:
      return GST_SS_TRAIN_TERM_RESET_AFTER;
    default:
      return 0;
  }
}

void
gst_ss_train_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  GstSsTrain *self = GST_SS_TRAIN (object);
  Settings *settings = &self->settings;
  gboolean changed = FALSE, writes_elsewhere;

  g_mutex_lock (&self->lock);
  switch (prop_id) {
    case PROP_MODEL:
      changed = update_string (&settings->model, value);
      break;
    case PROP_SAVE_LOCATION:
      changed = update_string (&settings->save_location, value);
      if (changed) {
        gst_ss_train_replace_model (&self->saved, self->base);
        self->warned_save = FALSE;
      }
      break;
    case PROP_ENABLED:
      UPDATE (settings->enabled, g_value_get_boolean (value));
      break;
    case PROP_PAUSED_WHEN:
      UPDATE (settings->paused_when, g_value_get_flags (value));
      break;
    case PROP_CPU_SHARE:
      UPDATE (settings->cpu_share, g_value_get_double (value));
      break;
    case PROP_MAX_OPERATIONS:
      UPDATE (settings->max_operations, g_value_get_uint64 (value));
      break;
    case PROP_MEMORY_LIMIT:
      UPDATE (settings->memory_limit, g_value_get_uint64 (value));
      break;
    case PROP_LEARN_FROM:
      UPDATE (settings->learn_from, g_value_get_flags (value));
      break;
    case PROP_SEED:
      UPDATE (settings->seed, g_value_get_uint64 (value));
      break;
    case PROP_PROFILE:
      UPDATE (settings->profile, (GstSsTrainProfile) g_value_get_enum (value));
      break;
    case PROP_TONE:
      UPDATE (settings->tone, g_value_get_boolean (value));
      break;
    case PROP_RESET_AFTER:
      UPDATE (settings->reset_after, g_value_get_uint64 (value));
      break;
    case PROP_MODEL_NAME:
      changed = update_string (&settings->model_name, value);
      break;
    case PROP_GROUP:
      changed = update_string (&settings->group, value);
      if (settings->group == NULL)
        settings->group = g_strdup (DEFAULT_PROP_GROUP);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
  if (changed)
    gst_ss_train_apply_settings (self, find_term (prop_id));
  writes_elsewhere = changed && prop_id == PROP_SAVE_LOCATION
      && self->group != NULL;
  g_mutex_unlock (&self->lock);

  if (writes_elsewhere)
    gst_ss_train_claim_location (self);
  if (changed)
    g_object_notify_by_pspec (object, pspec);
}

void
gst_ss_train_get_property (GObject * object, guint prop_id, GValue * value,
    GParamSpec * pspec)
{
  GstSsTrain *self = GST_SS_TRAIN (object);
  const Settings *settings = &self->settings;

  g_mutex_lock (&self->lock);
  switch (prop_id) {
    case PROP_MODEL:
      g_value_set_string (value, settings->model);
      break;
    case PROP_SAVE_LOCATION:
      g_value_set_string (value, settings->save_location);
      break;
    case PROP_ENABLED:
      g_value_set_boolean (value, settings->enabled);
      break;
    case PROP_PAUSED_WHEN:
      g_value_set_flags (value, settings->paused_when);
      break;
    case PROP_CPU_SHARE:
      g_value_set_double (value, settings->cpu_share);
      break;
    case PROP_MAX_OPERATIONS:
      g_value_set_uint64 (value, settings->max_operations);
      break;
    case PROP_MEMORY_LIMIT:
      g_value_set_uint64 (value, settings->memory_limit);
      break;
    case PROP_LEARN_FROM:
      g_value_set_flags (value, settings->learn_from);
      break;
    case PROP_SEED:
      g_value_set_uint64 (value, settings->seed);
      break;
    case PROP_PROFILE:
      g_value_set_enum (value, settings->profile);
      break;
    case PROP_TONE:
      g_value_set_boolean (value, settings->tone);
      break;
    case PROP_RESET_AFTER:
      g_value_set_uint64 (value, settings->reset_after);
      break;
    case PROP_MODEL_NAME:
      g_value_set_string (value, settings->model_name);
      break;
    case PROP_GROUP:
      g_value_set_string (value, settings->group);
      break;
    case PROP_STATS:
      g_value_take_boxed (value, gst_ss_train_make_stats (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
  g_mutex_unlock (&self->lock);
}

void
gst_ss_train_install_properties (GObjectClass * object_class)
{
  const GParamFlags ready = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
      G_PARAM_EXPLICIT_NOTIFY | GST_PARAM_MUTABLE_READY;
  const GParamFlags playing = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
      G_PARAM_EXPLICIT_NOTIFY | GST_PARAM_MUTABLE_PLAYING;
  const GParamFlags controllable = playing | GST_PARAM_CONTROLLABLE;

  /**
   * GstSsTrain:model:
   *
   * File of weights (`.sst`) to start from, the base that nothing accepted is
   * worse than. Unset (or ""), the model that is built in. A file that is
   * missing, damaged or of another architecture is an error at the start. Set,
   * it is also what its trackers get at the start.
   *
   * A file that is also the one of #GstSsTrain:save-location need not be there
   * yet: then it is the built-in model.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MODEL,
      g_param_spec_string ("model", "Model",
          "File of weights (.sst) to start from (unset = built-in)",
          DEFAULT_PROP_MODEL, ready));

  /**
   * GstSsTrain:save-location:
   *
   * File that the model in use is written to whenever that changes: accepted,
   * rolled back or reset. It is written under another name in the same
   * directory, brought to the disk and renamed, so that whoever reads it sees
   * all of one model. Unset (or ""), nothing is ever written.
   *
   * The file is not read: to go on from it at the next start, set
   * #GstSsTrain:model too.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_SAVE_LOCATION,
      g_param_spec_string ("save-location", "Save location",
          "File to write accepted weights to (unset = nothing is written)",
          DEFAULT_PROP_SAVE_LOCATION, playing));

  /**
   * GstSsTrain:enabled:
   *
   * Learn. While it is off, frames are not looked at, and the worker rests.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_ENABLED,
      g_param_spec_boolean ("enabled", "Enabled", "Learn from what passes",
          DEFAULT_PROP_ENABLED, controllable));

  /**
   * GstSsTrain:paused-when:
   *
   * Conditions of the stream in which nothing is learned; `paused`: while the
   * pipeline is in PAUSED, the worker rests.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_PAUSED_WHEN,
      g_param_spec_flags ("paused-when", "Paused when",
          "When not to learn", GST_TYPE_SS_TRAIN_PAUSED_WHEN,
          DEFAULT_PROP_PAUSED_WHEN, playing));

  /**
   * GstSsTrain:cpu-share:
   *
   * The worker's share of one core's time, at most.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_CPU_SHARE,
      g_param_spec_double ("cpu-share", "CPU share",
          "Upper bound of the worker's share of one core", 0.01, 1.0,
          DEFAULT_PROP_CPU_SHARE, controllable));

  /**
   * GstSsTrain:max-operations:
   *
   * What the file of #GstSsTrain:model may cost its trackers for each target in
   * each frame, counted in multiplications; 0: whatever it costs. A file that
   * costs more is an error at the start, which names the figure to set. The
   * built-in model is not asked.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MAX_OPERATIONS,
      g_param_spec_uint64 ("max-operations", "Max operations",
          "Multiplications for a target in a frame that the network of "
          "\"model\" may cost (0 = any number)", 0, G_MAXUINT64,
          DEFAULT_PROP_MAX_OPERATIONS, ready));

  /**
   * GstSsTrain:memory-limit:
   *
   * Bytes that pictures and training buffers may take, the model not counted;
   * at least 320 MiB. Less is refused with a warning, and the limit stays.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MEMORY_LIMIT,
      g_param_spec_uint64 ("memory-limit", "Memory limit",
          "Bound of the memory for pictures and training (bytes)",
          SST_LEARNER_MIN_MEMORY, G_MAXSIZE, DEFAULT_PROP_MEMORY_LIMIT, ready));

  /**
   * GstSsTrain:learn-from:
   *
   * What in the stream to learn from.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_LEARN_FROM,
      g_param_spec_flags ("learn-from", "Learn from",
          "What in the stream to learn from", GST_TYPE_SS_TRAIN_LEARN_FROM,
          DEFAULT_PROP_LEARN_FROM, playing));

  /**
   * GstSsTrain:seed:
   *
   * Seed of everything that is random in learning. Which frames are taken
   * still depends on how fast the machine is.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_SEED,
      g_param_spec_uint64 ("seed", "Seed", "Seed of what is random", 0,
          G_MAXUINT64, DEFAULT_PROP_SEED, ready));

  /**
   * GstSsTrain:profile:
   *
   * How strongly to learn.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_PROFILE,
      g_param_spec_enum ("profile", "Profile", "How strongly to learn",
          GST_TYPE_SS_TRAIN_PROFILE, DEFAULT_PROP_PROFILE, playing));

  /**
   * GstSsTrain:tone:
   *
   * Whether it also learns how far the camera's pictures are from usual ones
   * in contrast, brightness, colour, noise and focus, so that trackers see them
   * as if they were usual. Switched off, it proposes no other; one that was
   * accepted before stays, unless the light becomes another one.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_TONE,
      g_param_spec_boolean ("tone", "Tone",
          "Also learn the camera's contrast, colours, noise and focus",
          DEFAULT_PROP_TONE, playing));

  /**
   * GstSsTrain:reset-after:
   *
   * After that much of the stream's time, in nanoseconds, the weights go half
   * of the way back to the base; 0 is never.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_RESET_AFTER,
      g_param_spec_uint64 ("reset-after", "Reset after",
          "Time between soft resets to the base (ns, 0 = never)", 0,
          G_MAXUINT64, DEFAULT_PROP_RESET_AFTER, playing));

  /**
   * GstSsTrain:model-name:
   *
   * Trackers of the pipeline with the same name get what is learned here.
   * Unset (or ""), those get it that see the same stream (by its id, which is
   * the same in all branches of a tee) and have no #GstSsTracker:model set.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MODEL_NAME,
      g_param_spec_string ("model-name", "Model name",
          "Pairs this element with trackers of the same model-name",
          DEFAULT_PROP_MODEL_NAME, ready));

  /**
   * GstSsTrain:group:
   *
   * The elements of the process that have the same name here learn one model
   * together, from all their streams, with one worker and its
   * #GstSsTrain:cpu-share: for cameras of one site that see alike. Each gives
   * it to its own trackers, saves it where it is told to, and posts its
   * messages. One that comes later goes on from what the others have, and one
   * that stops or fails takes nothing away. Unset (or ""), each learns for
   * itself.
   *
   * All start from the same #GstSsTrain:model; another one is an error at the
   * start, where it is not also the file of #GstSsTrain:save-location. What is
   * #GstSsTrain:cpu-share, #GstSsTrain:memory-limit, #GstSsTrain:seed,
   * #GstSsTrain:profile and #GstSsTrain:reset-after for all are those of the
   * first one that starts; a warning says where another one's differ, and what
   * is set later, on any of them, holds for all. #GstSsTrain:tone is one
   * camera's, and is not learned in a group.
   *
   * Since: 0.2
   */
  g_object_class_install_property (object_class, PROP_GROUP,
      g_param_spec_string ("group", "Group",
          "Learn one model together with others of that name (unset = alone)",
          DEFAULT_PROP_GROUP, ready));

  /**
   * GstSsTrain:stats:
   *
   * Figures of this run, or of the last one, "sstrain/stats". All numbers are
   * guint64, where nothing else is said:
   *
   * - "frames": buffers that passed; "taken": of those, kept in a window
   * - "group" (string): as the property, "" for none; "members": how many
   *   elements learn together, 1 alone. What follows is of all of them
   * - "windows": windows filled
   * - "tracklets": pieces of tracks that were accepted, to train with or to
   *   check with
   * - "windows-refused-REASON", "tracklets-refused-REASON": how many were not,
   *   for REASON "still" (nothing moved), "lost" (a tracker upstream lost its
   *   target), "blurred", "cut" (across a scene change), "short", "cycle" (did
   *   not come back to where it started), "disagreed" (flow and network say
   *   different things) and "small"
   * - "steps", "bad-steps": of training; bad: with something that is not a
   *   number
   * - "accepted", "refused", "rolled-back", "resets": snapshots
   * - "score", "base-score" (gdouble): of the model in use and of the base, on
   *   pairs that have nothing to do with the stream, 0..1
   * - "stream-gain" (gdouble): what the model in use was better than the base
   *   by on pairs of the stream when its tone was accepted; 0 for the base, and
   *   after a tone was withdrawn
   * - "things": of the tracklets, those that move; "things-together": of these,
   *   those that were seen beside others, which surely are not the same
   * - "track-gain", "track-error" (gdouble): how much better than the base the
   *   model in use holds on to things of the stream that it was not trained on
   *   (IoU after a second or two, there and back; lost: 0), and the standard
   *   error of that, when it was last judged; 0 for the base
   * - "know-gain", "know-error" (gdouble): the same of the share of things,
   *   seen together with others, that it knows again among them
   * - "learned" (string): all of that as a sentence
   * - "drift" (gdouble): distance of the weights in training from the base's,
   *   relative to these
   * - "spread" (gdouble): how different the features of different things are,
   *   in the last snapshot checked
   * - "loss" (gdouble): mean of the last steps
   * - "resting" (gboolean): the worker has nothing to do: after three rollbacks
   *   in a row, not enabled, or in PAUSED
   * - "cpu-used": nanoseconds of CPU time that the worker used; "cpu-share"
   *   (gdouble): its share of a core over the last ten seconds
   * - "memory": bytes held
   * - "model" (string): SHA-256 of the model in use, "" before the first start
   * - "luma-gain", "luma-offset", "cb-gain", "cr-gain", "softness",
   *   "sharpness", "noise" (gdouble): the tone with which it sees the camera's
   *   pictures, which are scaled and shifted by these, smoothed and sharpened,
   *   and averaged over time where there is noise; 1, 0, 1, 1, 1, 0, 0: as they
   *   are
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics", "Figures of the run",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}
