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
 * ## What is posted on the bus
 *
 * Element messages "sstrain/accepted", "sstrain/refused", "sstrain/rolled-back"
 * and "sstrain/reset", with the fields
 *
 * - "model" (string): SHA-256 of the model in use now
 * - "score", "base-score" (gdouble): of that model and of the base on pairs
 *   that have nothing to do with the stream, 0..1
 * - "stream-gain" (gdouble): what the model was better than the base by on the
 *   stream when it was accepted
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

#ifdef __linux__
#include <sys/resource.h>
#endif

#include "gstssclaim.h"
#include "gstssclock.h"
#include "gstssdetections.h"
#include "gstssframe.h"
#include "gstssmarks.h"
#include "gstssmodel.h"
#include "gstssmodelstore.h"
#include "gstssproperty.h"
#include "gstsstrackmeta.h"
#include "gstsstrain.h"

GST_DEBUG_CATEGORY_STATIC (gst_ss_train_debug);
#define GST_CAT_DEFAULT gst_ss_train_debug

#define DEFAULT_PROP_MODEL NULL
#define DEFAULT_PROP_SAVE_LOCATION NULL
#define DEFAULT_PROP_ENABLED TRUE
#define DEFAULT_PROP_PAUSED_WHEN \
    (GST_SS_TRAIN_PAUSED_WHEN_STILL | GST_SS_TRAIN_PAUSED_WHEN_LOST | \
    GST_SS_TRAIN_PAUSED_WHEN_BLURRED | GST_SS_TRAIN_PAUSED_WHEN_CUT | \
    GST_SS_TRAIN_PAUSED_WHEN_PAUSED)
#define DEFAULT_PROP_CPU_SHARE 0.25
#define DEFAULT_PROP_MAX_OPERATIONS GST_SS_DEFAULT_MAX_OPERATIONS
#define DEFAULT_PROP_MEMORY_LIMIT ((guint64) 448 << 20)
#define DEFAULT_PROP_LEARN_FROM \
    (GST_SS_TRAIN_LEARN_FROM_MOTION | GST_SS_TRAIN_LEARN_FROM_TARGETS)
#define DEFAULT_PROP_SEED 1
#define DEFAULT_PROP_PROFILE GST_SS_TRAIN_PROFILE_NORMAL
#define DEFAULT_PROP_TONE TRUE
#define DEFAULT_PROP_RESET_AFTER (3600 * GST_SECOND)
#define DEFAULT_PROP_MODEL_NAME ""

/* Value of sstracker's property model that is of no use here. */
#define MODEL_NONE "none"

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
  PROP_STATS,
};

enum
{
  SIGNAL_SAVE,
  SIGNAL_ROLLBACK,
  SIGNAL_RESET_TO_BASE,
  LAST_SIGNAL
};

static guint signals[LAST_SIGNAL];

/* How nice the worker is to the threads of the pipeline. */
#define WORKER_NICENESS 10
/* The worker looks up at least that often while it waits for pictures. */
#define WAIT_TIME (1 * G_USEC_PER_SEC)

/* The time that "cpu-share" of the stats is measured over, how often the CPU
 * time used is noted at most, and room for notes of more than that time. */
#define SHARE_TIME (10 * G_USEC_PER_SEC)
#define NOTE_INTERVAL (G_USEC_PER_SEC / 2)
#define N_NOTES 32

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

typedef struct
{
  gchar *model, *save_location, *model_name;
  gboolean enabled;
  GstSsTrainPausedWhen paused_when;
  gdouble cpu_share;
  guint64 memory_limit, max_operations;
  GstSsTrainLearnFrom learn_from;
  guint64 seed;
  GstSsTrainProfile profile;
  gboolean tone;
  GstClockTime reset_after;
} Settings;

/* CPU time that the worker had used at a time; microseconds, nanoseconds. */
typedef struct
{
  gint64 time;
  guint64 used;
} Note;

/* Figures of a run, all but the frames. */
typedef struct
{
  SstLearnerStats learner;
  guint64 cpu_used;             /* nanoseconds */
  gdouble cpu_share;
} Figures;

struct _GstSsTrain
{
  GstBaseTransform parent;

  /* The streaming thread never takes the lock, but to set controlled
   * properties. */
  GMutex lock;
  GCond cond;                   /* the worker's, where it may not work */
  /* Under the lock. */
  Settings settings;
  guint asked, answered;        /* rollbacks and resets */
  gboolean playing;             /* the state is PLAYING */
  gboolean warned_save;
  SstModel *base, *model;       /* model: in use; of this run or the last */
  SstModel *saved;              /* what was written, the base at first */
  Figures figures;              /* of the last look */
  gchar *stream_id;             /* of the stream that passes; NULL: none yet */
  gchar *published;             /* name of what is in the store; NULL: none */
  gboolean name_claimed;        /* others were told of it in this run */
  gchar *claimed;               /* file to save to that others were told of */
  Note notes[N_NOTES];          /* a ring */
  guint n_notes, first_note;

  /* Change from start() to stop() only, under the lock. */
  SstLearner *learner;
  SstPace *pace;
  GThread *worker;
  atomic_bool stopping;
  /* Pads let buffers through before start() has returned. */
  atomic_bool running;

  GstSsModelStore *store;       /* from READY on; under the object lock */

  /* Written by the streaming thread, read by all. */
  _Atomic guint64 n_frames, running_time;
  /* What of the settings the streaming thread goes by. */
  atomic_bool enabled;
  atomic_uint learn_from, paused_when;

  /* Of the streaming thread. */
  GstVideoInfo info;
  GstSsClock clock;
  GstSsMarks marks;
  gboolean warned_map, warned_marks, warned_interlaced, warned_times;
  gboolean interrupted;         /* nothing was pushed since */
  GArray *proposals;            /* SstProposal, scratch */
  GArray *detections;           /* SstDetection, scratch */
};

#define gst_ss_train_parent_class parent_class
G_DEFINE_TYPE (GstSsTrain, gst_ss_train, GST_TYPE_BASE_TRANSFORM);
GST_ELEMENT_REGISTER_DEFINE (sstrain, "sstrain", GST_RANK_NONE,
    GST_TYPE_SS_TRAIN);

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_SS_FRAME_CAPS));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_SS_FRAME_CAPS));

#define GST_TYPE_SS_TRAIN_LEARN_FROM (gst_ss_train_learn_from_get_type ())
static GType
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

#define GST_TYPE_SS_TRAIN_PAUSED_WHEN (gst_ss_train_paused_when_get_type ())
static GType
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

#define GST_TYPE_SS_TRAIN_PROFILE (gst_ss_train_profile_get_type ())
static GType
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

static void
replace_model (SstModel ** field, SstModel * model)
{
  if (model != NULL)
    sst_model_ref (model);
  sst_model_unref (*field);
  *field = model;
}

/* ---- figures; with the lock held ---- */

/* Share of a core used in the last SHARE_TIME, or since the start. */
static gdouble
gst_ss_train_measure_share (const GstSsTrain * self, gint64 now, guint64 used)
{
  const gint64 from = now - SHARE_TIME;
  Note then = self->notes[self->first_note];

  for (guint i = 1; i < self->n_notes && then.time < from; i++) {
    const Note *next = &self->notes[(self->first_note + i) % N_NOTES];

    if (next->time > from) {
      /* between the two, as if it had worked evenly */
      then.used += (guint64) ((gdouble) (next->used - then.used) *
          (gdouble) (from - then.time) / (gdouble) (next->time - then.time));
      then.time = from;
    } else {
      then = *next;
    }
  }
  return now > then.time ? (gdouble) (used - then.used) / 1000.0 /
      (gdouble) (now - then.time) : 0.0;
}

static void
gst_ss_train_look (GstSsTrain * self)
{
  const gint64 now = g_get_monotonic_time ();
  guint64 used;
  gint64 last;

  if (self->learner == NULL)
    return;

  sst_learner_get_stats (self->learner, &self->figures.learner);
  used = sst_pace_get_used (self->pace);
  self->figures.cpu_used = used;
  self->figures.cpu_share = gst_ss_train_measure_share (self, now, used);

  last = self->notes[(self->first_note + self->n_notes - 1) % N_NOTES].time;
  if (now - last < NOTE_INTERVAL)
    return;
  if (self->n_notes == N_NOTES)
    self->first_note = (self->first_note + 1) % N_NOTES;
  else
    self->n_notes++;
  self->notes[(self->first_note + self->n_notes - 1) % N_NOTES] =
      (Note) { now, used };
}

static void
set_refused (GstStructure * structure, const gchar * prefix,
    const guint64 * refused)
{
  for (guint i = 0; i < SST_N_REFUSED; i++) {
    gchar *field = g_strdup_printf ("%s-%s", prefix,
        sst_refused_to_string ((SstRefused) i));

    gst_structure_set (structure, field, G_TYPE_UINT64, refused[i], NULL);
    g_free (field);
  }
}

static void
set_tone (GstStructure * structure, const SstModel * model)
{
  const SstTone tone = sst_tone_or_neutral (model != NULL ?
      sst_model_tone (model) : NULL);

  gst_structure_set (structure,
      "luma-gain", G_TYPE_DOUBLE, (gdouble) tone.luma_gain,
      "luma-offset", G_TYPE_DOUBLE, (gdouble) tone.luma_offset,
      "cb-gain", G_TYPE_DOUBLE, (gdouble) tone.chroma_gain[0],
      "cr-gain", G_TYPE_DOUBLE, (gdouble) tone.chroma_gain[1],
      "softness", G_TYPE_DOUBLE, (gdouble) tone.softness,
      "sharpness", G_TYPE_DOUBLE, (gdouble) tone.sharpness,
      "noise", G_TYPE_DOUBLE, (gdouble) tone.noise, NULL);
}

/* What messages have too. */
static void
set_scores (GstStructure * structure, const SstLearnerStats * stats,
    SstModel * model)
{
  set_tone (structure, model);
  gst_structure_set (structure,
      "model", G_TYPE_STRING, model != NULL ?
      sst_weights_get_checksum (sst_model_weights (model)) : "",
      "score", G_TYPE_DOUBLE, stats->score,
      "base-score", G_TYPE_DOUBLE, stats->base_score,
      "stream-gain", G_TYPE_DOUBLE, stats->stream_gain,
      "drift", G_TYPE_DOUBLE, stats->drift,
      "spread", G_TYPE_DOUBLE, stats->spread,
      "loss", G_TYPE_DOUBLE, stats->loss,
      "steps", G_TYPE_UINT64, stats->steps,
      "accepted", G_TYPE_UINT64, stats->accepted,
      "refused", G_TYPE_UINT64, stats->refused,
      "rolled-back", G_TYPE_UINT64, stats->rolled_back,
      "resets", G_TYPE_UINT64, stats->resets, NULL);
}

/* With the lock held. */
static gboolean
gst_ss_train_may_work (const GstSsTrain * self)
{
  const gboolean paused = !self->playing
      && (self->settings.paused_when & GST_SS_TRAIN_PAUSED_WHEN_PAUSED) != 0;

  return (self->settings.enabled && !paused) || self->asked != self->answered;
}

static GstStructure *
gst_ss_train_make_stats (GstSsTrain * self)
{
  const SstLearnerStats *stats = &self->figures.learner;
  GstStructure *structure;

  gst_ss_train_look (self);
  structure = gst_structure_new ("sstrain/stats",
      "frames", G_TYPE_UINT64, atomic_load (&self->n_frames),
      "taken", G_TYPE_UINT64, stats->taken,
      "windows", G_TYPE_UINT64, stats->windows,
      "tracklets", G_TYPE_UINT64, stats->tracklets,
      "bad-steps", G_TYPE_UINT64, stats->bad_steps,
      "resting", G_TYPE_BOOLEAN, stats->resting
      || !gst_ss_train_may_work (self),
      "memory", G_TYPE_UINT64, (guint64) stats->memory,
      "cpu-used", G_TYPE_UINT64, self->figures.cpu_used,
      "cpu-share", G_TYPE_DOUBLE, self->figures.cpu_share, NULL);
  set_scores (structure, stats, self->model);
  set_refused (structure, "windows-refused", stats->windows_refused);
  set_refused (structure, "tracklets-refused", stats->tracklets_refused);
  return structure;
}

/* ---- the worker ---- */

/* With the lock held. */
static gboolean
gst_ss_train_has_to_save (const GstSsTrain * self)
{
  return self->settings.save_location != NULL
      && *self->settings.save_location != '\0' && self->model != self->saved;
}

/* Lets the worker work, or makes it leave what it is at; with the lock held. */
static void
gst_ss_train_direct (GstSsTrain * self)
{
  if (self->learner == NULL)
    return;
  if (!atomic_load (&self->stopping) && gst_ss_train_may_work (self))
    sst_pace_resume (self->pace);
  else
    sst_pace_stop (self->pace);
  g_cond_signal (&self->cond);
  sst_learner_wake (self->learner);
}

/* The learner's part of the settings; with the lock held. */
static SstLearnerParams
gst_ss_train_get_params (const GstSsTrain * self)
{
  const Settings *settings = &self->settings;
  SstLearnerParams params;

  sst_learner_params_init (&params);
  params.seed = settings->seed;
  params.from = (SstLearnFrom) settings->learn_from;
  params.paused_when = (SstLearnPause)
      (settings->paused_when & ~GST_SS_TRAIN_PAUSED_WHEN_PAUSED);
  params.profile = (SstLearnProfile) settings->profile;
  params.tone = settings->tone;
  params.memory = settings->memory_limit;
  params.reset_after = settings->reset_after;
  return params;
}

/* Priority is a thread's own on Linux; elsewhere it would be the process's. */
static void
lower_priority (GstSsTrain * self)
{
#ifdef __linux__
  if (setpriority (PRIO_PROCESS, (id_t) gettid (), WORKER_NICENESS) != 0)
    GST_DEBUG_OBJECT (self, "could not lower the worker's priority");
#endif
}

static void
gst_ss_train_warn_save (GstSsTrain * self, const gchar * location,
    const gchar * reason)
{
  gboolean warned;

  g_mutex_lock (&self->lock);
  warned = self->warned_save;
  self->warned_save = TRUE;
  g_mutex_unlock (&self->lock);

  if (!warned)
    GST_ELEMENT_WARNING (self, RESOURCE, OPEN_WRITE,
        ("What is learned can not be saved: %s. Learning goes on; set the "
            "property \"save-location\" to a file that can be written.",
            reason), ("save-location=%s", location));
}

/* Writes the model in use to save-location unless it is there. */
static void
gst_ss_train_save_accepted (GstSsTrain * self)
{
  gchar *location = NULL;
  SstModel *model = NULL;
  GError *error = NULL;

  g_mutex_lock (&self->lock);
  if (gst_ss_train_has_to_save (self)) {
    location = g_strdup (self->settings.save_location);
    model = sst_model_ref (self->model);
    /* One that can't be written is not tried again. */
    replace_model (&self->saved, model);
  }
  g_mutex_unlock (&self->lock);
  if (location == NULL)
    return;

  if (sst_weights_save (sst_model_weights (model), location, &error)) {
    GST_INFO_OBJECT (self, "wrote %s", location);
  } else {
    gst_ss_train_warn_save (self, location, error->message);
    g_clear_error (&error);
  }
  sst_model_unref (model);
  g_free (location);
}

/* The key of the claim of a name in a store. */
static gchar *
make_claim (GstSsModelStore * store, const gchar * name)
{
  return g_strdup_printf ("model %p %s", (gpointer) store, name);
}

/* Says that somebody else gives models under the same name. */
static void
gst_ss_train_claim_name (GstSsTrain * self, GstSsModelStore * store,
    const gchar * name)
{
  gchar *claim = make_claim (store, name);

  if (!gst_ss_claim (self, claim))
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("Another sstrain gives models to the same trackers; they use what "
            "either accepted last. Set \"model-name\" on both, and on the "
            "trackers."), (NULL));
  g_free (claim);
}

/* Takes the name that models are published under now, and gives up an earlier
 * one, with what is there. NULL where the stream is not known yet. */
static gchar *
gst_ss_train_take_name (GstSsTrain * self, GstSsModelStore * store)
{
  gchar *name, *old = NULL;
  gboolean claim;

  g_mutex_lock (&self->lock);
  name = gst_ss_model_store_make_name (self->settings.model_name,
      self->stream_id);
  if (name != NULL && g_strcmp0 (name, self->published) != 0) {
    old = self->published;
    self->published = g_strdup (name);
    self->name_claimed = FALSE;
  }
  claim = name != NULL && !self->name_claimed;
  self->name_claimed |= claim;
  g_mutex_unlock (&self->lock);

  if (old != NULL) {
    gchar *old_claim = make_claim (store, old);

    gst_ss_unclaim (self, old_claim);
    gst_ss_model_store_withdraw (store, old);
    g_free (old_claim);
    g_free (old);
  }
  if (claim)
    gst_ss_train_claim_name (self, store, name);
  return name;
}

/* Gives a model to the trackers of the pipeline; with only_replace, where they
 * got one before. */
static void
gst_ss_train_publish (GstSsTrain * self, SstModel * model,
    gboolean only_replace)
{
  GstSsModelStore *store = gst_ss_model_store_ref (GST_ELEMENT (self),
      &self->store);
  SstModel *old;
  gchar *name;

  if (store == NULL)
    return;
  name = gst_ss_train_take_name (self, store);
  if (name != NULL) {
    old = gst_ss_model_store_get (store, name);
    if (old != NULL || !only_replace)
      gst_ss_model_store_publish (store, name, model);
    sst_model_unref (old);
  }
  g_object_unref (store);
  g_free (name);
}

/* Gives the model in use to the trackers, at the start and where they are
 * others than before. They keep the model of their own until there is a better
 * one, unless this element was told which to start from. What an earlier run
 * gave them is not better: this one does not know it. */
static void
gst_ss_train_offer (GstSsTrain * self)
{
  SstModel *model = NULL;
  gboolean told, again;

  do {
    g_mutex_lock (&self->lock);
    replace_model (&model, self->model);
    told = self->model != self->base || (self->settings.model != NULL
        && *self->settings.model != '\0');
    g_mutex_unlock (&self->lock);
    gst_ss_train_publish (self, model, !told);

    /* The worker may have published a newer one in between. */
    g_mutex_lock (&self->lock);
    again = model != self->model;
    g_mutex_unlock (&self->lock);
  } while (again);
  sst_model_unref (model);
}

/* Does what a piece of work came to. */
static void
gst_ss_train_conclude (GstSsTrain * self, SstLearnerEvent event)
{
  SstModel *model = sst_learner_get_model (self->learner);
  const gchar *name;
  GstStructure *structure;
  SstLearnerStats stats;
  gboolean changed;
  gchar *full_name;

  switch (event) {
    case SST_LEARNER_ACCEPTED:
      name = "accepted";
      break;
    case SST_LEARNER_REFUSED:
      name = "refused";
      break;
    case SST_LEARNER_ROLLED_BACK:
      name = "rolled-back";
      break;
    case SST_LEARNER_RESET:
      name = "reset";
      break;
    default:
      name = NULL;
      break;
  }

  g_mutex_lock (&self->lock);
  gst_ss_train_look (self);
  stats = self->figures.learner;
  changed = model != self->model;
  if (changed)
    replace_model (&self->model, model);
  g_mutex_unlock (&self->lock);

  if (changed)
    gst_ss_train_publish (self, model, FALSE);
  gst_ss_train_save_accepted (self);
  if (name != NULL) {
    full_name = g_strconcat ("sstrain/", name, NULL);
    structure = gst_structure_new (full_name, "running-time", G_TYPE_UINT64,
        atomic_load (&self->running_time), NULL);
    set_scores (structure, &stats, model);
    GST_INFO_OBJECT (self, "%" GST_PTR_FORMAT, structure);
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_element (GST_OBJECT (self), structure));
    g_free (full_name);
  }
  sst_model_unref (model);
}

static gpointer
gst_ss_train_work (gpointer data)
{
  GstSsTrain *self = data;

  lower_priority (self);
  while (!atomic_load (&self->stopping)) {
    SstLearnerEvent event;
    gboolean may_work;
    guint asked;

    gst_ss_train_save_accepted (self);

    g_mutex_lock (&self->lock);
    while (!gst_ss_train_may_work (self) && !gst_ss_train_has_to_save (self)
        && !atomic_load (&self->stopping))
      g_cond_wait (&self->cond, &self->lock);
    may_work = gst_ss_train_may_work (self);
    asked = self->asked;
    g_mutex_unlock (&self->lock);
    if (!may_work)
      continue;

    event = sst_learner_work (self->learner, self->pace);
    GST_LOG_OBJECT (self, "%s", sst_learner_event_to_string (event));
    gst_ss_train_conclude (self, event);

    g_mutex_lock (&self->lock);
    if (event != SST_LEARNER_STOPPED && self->answered != asked) {
      self->answered = asked;
      gst_ss_train_direct (self);
    }
    g_mutex_unlock (&self->lock);
    if (event == SST_LEARNER_IDLE && !atomic_load (&self->stopping))
      sst_learner_wait (self->learner, WAIT_TIME);
  }
  return NULL;
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

/* Tells others which file is written to, and says where one of them writes to
 * the same. */
static void
gst_ss_train_claim_location (GstSsTrain * self)
{
  gchar *claim = NULL, *old;

  g_mutex_lock (&self->lock);
  if (self->settings.save_location != NULL
      && *self->settings.save_location != '\0') {
    gchar *path = g_canonicalize_filename (self->settings.save_location, NULL);

    claim = g_strconcat ("file ", path, NULL);
    g_free (path);
  }
  old = self->claimed;
  self->claimed = claim;
  g_mutex_unlock (&self->lock);

  if (old != NULL && g_strcmp0 (old, claim) != 0)
    gst_ss_unclaim (self, old);
  if (claim != NULL && !gst_ss_claim (self, claim))
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("Another sstrain has the same \"save-location\"; each overwrites what "
            "the other learned."), ("%s", claim));
  g_free (old);
}

/* What the streaming thread works with, before it first runs. */
static void
gst_ss_train_clear_stream (GstSsTrain * self)
{
  gst_video_info_init (&self->info);
  gst_ss_clock_reset (&self->clock);
  gst_ss_marks_reset (&self->marks);
  self->warned_map = self->warned_marks = self->warned_interlaced = FALSE;
  self->warned_times = FALSE;
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

/* Lets go of what start() made, the last figures kept. */
static void
gst_ss_train_drop_learner (GstSsTrain * self)
{
  SstLearner *learner;
  SstPace *pace;

  g_mutex_lock (&self->lock);
  gst_ss_train_look (self);
  self->name_claimed = FALSE;
  learner = self->learner;
  pace = self->pace;
  self->learner = NULL;
  self->pace = NULL;
  g_mutex_unlock (&self->lock);

  sst_learner_free (&learner);
  sst_pace_free (&pace);
}

static gboolean
gst_ss_train_start (GstBaseTransform * trans)
{
  GstSsTrain *self = GST_SS_TRAIN (trans);
  SstModel *base = NULL;
  SstLearnerParams params;
  gchar *model, *location;
  guint64 max_operations;
  GError *error = NULL;

  g_mutex_lock (&self->lock);
  max_operations = self->settings.max_operations;
  model = g_strdup (self->settings.model);
  location = g_strdup (self->settings.save_location);
  params = gst_ss_train_get_params (self);
  g_mutex_unlock (&self->lock);

  if (g_strcmp0 (model, MODEL_NONE) == 0)
    goto no_network;
  /* It will be there once something was accepted. */
  if (model != NULL && g_strcmp0 (model, location) == 0
      && !g_file_test (model, G_FILE_TEST_EXISTS))
    g_clear_pointer (&model, g_free);
  if (!gst_ss_model_load (GST_ELEMENT (self), model, max_operations,
          "or leave it unset for the built-in model", &base))
    goto no_model;
  if (base == NULL)
    goto no_builtin;

  atomic_store (&self->n_frames, 0);
  atomic_store (&self->running_time, 0);
  atomic_store (&self->stopping, FALSE);

  g_mutex_lock (&self->lock);
  replace_model (&self->base, base);
  replace_model (&self->model, base);
  replace_model (&self->saved, base);
  self->warned_save = FALSE;
  self->asked = self->answered = 0;
  self->figures = (Figures) { .cpu_used = 0 };
  self->notes[0] = (Note) { g_get_monotonic_time (), 0 };
  self->first_note = 0;
  self->n_notes = 1;
  self->learner = sst_learner_new (&params, base);
  self->pace = sst_pace_new ();
  sst_pace_set_share (self->pace, self->settings.cpu_share);
  gst_ss_train_direct (self);
  g_mutex_unlock (&self->lock);

  gst_ss_train_offer (self);
  if (location != NULL && *location != '\0')
    gst_ss_train_check_location (self, location);
  gst_ss_train_claim_location (self);
  self->worker =
      g_thread_try_new ("sstrain", gst_ss_train_work, self, &error);
  if (self->worker == NULL)
    goto no_thread;
  atomic_store (&self->running, TRUE);

  sst_model_unref (base);
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
no_thread:
  GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT,
      ("There is no thread to be had to learn in: %s.", error->message),
      (NULL));
  g_clear_error (&error);
  gst_ss_train_drop_learner (self);
  sst_model_unref (base);
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

  /* The streaming thread has left. */
  gst_ss_train_clear_stream (self);
  if (self->worker == NULL)
    return TRUE;

  atomic_store (&self->running, FALSE);
  g_mutex_lock (&self->lock);
  atomic_store (&self->stopping, TRUE);
  gst_ss_train_direct (self);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->worker);
  self->worker = NULL;
  gst_ss_unclaim (self, NULL);
  gst_ss_train_set_stream (self, NULL);

  /* What was accepted last may wait to be written. */
  gst_ss_train_save_accepted (self);

  gst_ss_train_drop_learner (self);
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
    gst_ss_model_store_ensure (element, &self->store);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING)
    gst_ss_train_set_playing (self, TRUE);
  else if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED)
    gst_ss_train_set_playing (self, FALSE);
  change = GST_ELEMENT_CLASS (parent_class)->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL)
    gst_ss_model_store_leave (element, &self->store);
  return change;
}

static void
gst_ss_train_set_context (GstElement * element, GstContext * context)
{
  gst_ss_model_store_set_context (element, context,
      &GST_SS_TRAIN (element)->store);
  GST_ELEMENT_CLASS (parent_class)->set_context (element, context);
}

static gboolean
gst_ss_train_query (GstBaseTransform * trans, GstPadDirection direction,
    GstQuery * query)
{
  if (gst_ss_model_store_handle_query (GST_ELEMENT (trans), query,
          &GST_SS_TRAIN (trans)->store))
    return TRUE;
  return GST_BASE_TRANSFORM_CLASS (parent_class)->query (trans, direction,
      query);
}

/* ---- the stream ---- */

/* What follows has nothing to do with what came before. */
static void
gst_ss_train_interrupt (GstSsTrain * self)
{
  if (self->interrupted || !atomic_load (&self->running))
    return;
  GST_DEBUG_OBJECT (self, "interrupted");
  sst_learner_interrupt (self->learner);
  self->interrupted = TRUE;
}

static gboolean
gst_ss_train_set_caps (GstBaseTransform * trans, GstCaps * incaps,
    GstCaps * outcaps)
{
  GstSsTrain *self = GST_SS_TRAIN (trans);
  GstVideoInfo info;

  if (!gst_video_info_from_caps (&info, incaps))
    goto invalid_caps;

  GST_INFO_OBJECT (self, "caps %" GST_PTR_FORMAT, incaps);
  gst_ss_train_interrupt (self);
  self->info = info;
  return TRUE;

  /* ERRORS */
invalid_caps:
  GST_WARNING_OBJECT (self, "invalid caps %" GST_PTR_FORMAT, incaps);
  return FALSE;
}

static gboolean
gst_ss_train_propose_allocation (GstBaseTransform * trans,
    GstQuery * decide_query, GstQuery * query)
{
  if (!GST_BASE_TRANSFORM_CLASS (parent_class)->propose_allocation (trans,
          decide_query, query))
    return FALSE;
  gst_ss_frame_limit_allocation (query);
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
      gst_ss_clock_flush (&self->clock);
      break;
    case GST_EVENT_SEGMENT:
      gst_ss_train_interrupt (self);
      gst_ss_clock_segment (&self->clock);
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

static void
gst_ss_train_before_transform (GstBaseTransform * trans, GstBuffer * buffer)
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
  gchar *reason;

  if (!gst_ss_frame_map (&self->info, buffer, GST_MAP_READ, &frame, &view))
    goto failed;

  gst_ss_train_collect (self, buffer);
  sst_learner_push (self->learner, &view, self->clock.now,
      (const SstProposal *) (const void *) self->proposals->data,
      self->proposals->len);
  self->interrupted = FALSE;
  gst_video_frame_unmap (&frame);
  GST_LOG_OBJECT (self, "took the frame at %" GST_TIME_FORMAT ", %u proposals",
      GST_TIME_ARGS (self->clock.now), self->proposals->len);
  return GST_FLOW_OK;

  /* ERRORS */
failed:
  reason = gst_ss_frame_explain_memory (buffer);
  if (reason != NULL) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("%s", reason),
        ("%" GST_PTR_FORMAT, buffer));
    g_free (reason);
    return GST_FLOW_ERROR;
  }
  if (!self->warned_map) {
    self->warned_map = TRUE;
    GST_ELEMENT_WARNING (self, STREAM, FORMAT,
        ("A frame can not be read; it passes without being looked at."),
        ("%" GST_PTR_FORMAT, buffer));
  }
  return GST_FLOW_OK;
}

/* Whether a buffer has a picture to learn from. */
static gboolean
gst_ss_train_is_usable (GstSsTrain * self, GstBuffer * buffer)
{
  const GstSsPicture picture =
      gst_ss_marks_judge (&self->marks, buffer, self->clock.now);

  if (picture != GST_SS_PICTURE_NEW)
    return FALSE;
  if (is_interlaced (&self->info, buffer)) {
    if (!self->warned_interlaced) {
      self->warned_interlaced = TRUE;
      GST_ELEMENT_WARNING (self, STREAM, FORMAT,
          ("Interlaced frames are not learned from; put a deinterlacer before "
              "this element."), (NULL));
    }
    return FALSE;
  }
  if (gst_ss_marks_overdue (&self->marks, self->clock.now)
      && !self->warned_marks) {
    self->warned_marks = TRUE;
    GST_ELEMENT_WARNING (self, STREAM, DECODE,
        ("All frames have been marked as corrupted for %u seconds; they are "
            "learned from all the same.",
            (guint) (GST_SS_MARKS_PATIENCE / GST_SECOND)), (NULL));
  }
  return TRUE;
}

static GstFlowReturn
gst_ss_train_transform_ip (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstSsTrain *self = GST_SS_TRAIN (trans);

  atomic_store_explicit (&self->running_time,
      gst_ss_clock_advance (&self->clock, &trans->segment, &self->info, buffer),
      memory_order_relaxed);
  atomic_fetch_add_explicit (&self->n_frames, 1, memory_order_relaxed);
  if (self->clock.stood_still && !self->warned_times) {
    self->warned_times = TRUE;
    gst_ss_clock_warn (GST_ELEMENT (self), buffer);
  }

  if (!atomic_load (&self->running))
    return GST_FLOW_OK;
  if (!atomic_load_explicit (&self->enabled, memory_order_relaxed)) {
    gst_ss_train_interrupt (self);
    return GST_FLOW_OK;
  }
  if (!gst_ss_train_is_usable (self, buffer))
    return GST_FLOW_OK;

  if (sst_learner_wants (self->learner, self->clock.now))
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
  replace_model (&model, self->model);
  g_mutex_unlock (&self->lock);
  if (model == NULL) {
    GST_INFO_OBJECT (self, "nothing to save before the first start");
    return FALSE;
  }

  saved = sst_weights_save (sst_model_weights (model), path, &error);
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
  if (self->learner != NULL) {
    what (self->learner);
    self->asked++;
    gst_ss_train_direct (self);
  }
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

/* ---- properties ---- */

/* What the settings mean for the threads; with the lock held. */
static void
gst_ss_train_apply_settings (GstSsTrain * self)
{
  const Settings *settings = &self->settings;
  SstLearnerParams params;

  atomic_store (&self->enabled, settings->enabled);
  atomic_store (&self->learn_from, settings->learn_from);
  atomic_store (&self->paused_when, settings->paused_when);
  if (self->learner == NULL)
    return;

  params = gst_ss_train_get_params (self);
  sst_learner_set_params (self->learner, &params);
  sst_pace_set_share (self->pace, settings->cpu_share);
  gst_ss_train_direct (self);
}

static void
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
        replace_model (&self->saved, self->base);
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
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
  if (changed)
    gst_ss_train_apply_settings (self);
  writes_elsewhere = changed && prop_id == PROP_SAVE_LOCATION
      && self->learner != NULL;
  g_mutex_unlock (&self->lock);

  if (writes_elsewhere)
    gst_ss_train_claim_location (self);
  if (changed)
    g_object_notify_by_pspec (object, pspec);
}

static void
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
    case PROP_STATS:
      g_value_take_boxed (value, gst_ss_train_make_stats (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
  g_mutex_unlock (&self->lock);
}

static void
gst_ss_train_finalize (GObject * object)
{
  GstSsTrain *self = GST_SS_TRAIN (object);

  g_free (self->settings.model);
  g_free (self->settings.save_location);
  g_free (self->settings.model_name);
  g_free (self->stream_id);
  g_free (self->published);
  g_free (self->claimed);
  sst_model_unref (self->base);
  sst_model_unref (self->model);
  sst_model_unref (self->saved);
  g_clear_object (&self->store);
  g_array_unref (self->proposals);
  g_array_unref (self->detections);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (parent_class)->finalize (object);
}

static void
gst_ss_train_init (GstSsTrain * self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
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
  };
  gst_ss_train_apply_settings (self);
  gst_ss_train_clear_stream (self);
  self->proposals = g_array_new (FALSE, FALSE, sizeof (SstProposal));
  self->detections = g_array_new (FALSE, FALSE, sizeof (SstDetection));

  /* The buffers that come in go out; transform_ip() only sees them. */
  gst_base_transform_set_in_place (GST_BASE_TRANSFORM (self), TRUE);
  gst_base_transform_set_passthrough (GST_BASE_TRANSFORM (self), TRUE);
  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM (self), FALSE);
}

static void
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
   * GstSsTrain:stats:
   *
   * Figures of this run, or of the last one, "sstrain/stats". All numbers are
   * guint64, where nothing else is said:
   *
   * - "frames": buffers that passed; "taken": of those, kept in a window
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
   *   by on the stream when it was accepted; 0 for the base, and after a tone
   *   was withdrawn
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

  object_class->set_property = gst_ss_train_set_property;
  object_class->get_property = gst_ss_train_get_property;
  object_class->finalize = gst_ss_train_finalize;
  gst_ss_train_install_properties (object_class);
  gst_ss_train_install_signals (object_class);

  gst_element_class_set_static_metadata (element_class,
      "Trainer of object tracking", "Filter/Analyzer/Video",
      "Learns from the video that passes, without labels, and gives better "
      "weights to sstracker", "The sstracker authors");
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  element_class->change_state = GST_DEBUG_FUNCPTR (gst_ss_train_change_state);
  element_class->set_context = GST_DEBUG_FUNCPTR (gst_ss_train_set_context);

  trans_class->start = GST_DEBUG_FUNCPTR (gst_ss_train_start);
  trans_class->stop = GST_DEBUG_FUNCPTR (gst_ss_train_stop);
  trans_class->set_caps = GST_DEBUG_FUNCPTR (gst_ss_train_set_caps);
  trans_class->propose_allocation =
      GST_DEBUG_FUNCPTR (gst_ss_train_propose_allocation);
  trans_class->query = GST_DEBUG_FUNCPTR (gst_ss_train_query);
  trans_class->sink_event = GST_DEBUG_FUNCPTR (gst_ss_train_sink_event);
  trans_class->before_transform =
      GST_DEBUG_FUNCPTR (gst_ss_train_before_transform);
  trans_class->transform_ip = GST_DEBUG_FUNCPTR (gst_ss_train_transform_ip);

  gst_type_mark_as_plugin_api (GST_TYPE_SS_TRAIN_LEARN_FROM, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_SS_TRAIN_PAUSED_WHEN, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_SS_TRAIN_PROFILE, 0);
}
