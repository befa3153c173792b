/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* The worker of sstrain: what it does between windows, what it writes and gives
 * to trackers, and the figures of the stats. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/resource.h>
#endif

#include "gstssclaim.h"
#include "gstsstrainprivate.h"

#define GST_CAT_DEFAULT gst_ss_train_debug

/* How nice the worker is to the threads of the pipeline. */
#define WORKER_NICENESS 10
/* The worker looks up at least that often while it waits for pictures. */
#define WAIT_TIME (1 * G_USEC_PER_SEC)
/* The time that "cpu-share" of the stats is measured over, how often the CPU
 * time used is noted at most. */
#define SHARE_TIME (10 * G_USEC_PER_SEC)
#define NOTE_INTERVAL (G_USEC_PER_SEC / 2)

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

void
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
  gchar *learned = sst_learner_describe (stats);

  set_tone (structure, model);
  gst_structure_set (structure,
      "model", G_TYPE_STRING, model != NULL ?
      sst_weights_get_checksum (sst_model_weights (model)) : "",
      "score", G_TYPE_DOUBLE, stats->score,
      "base-score", G_TYPE_DOUBLE, stats->base_score,
      "stream-gain", G_TYPE_DOUBLE, stats->stream_gain,
      "things", G_TYPE_UINT64, stats->things,
      "things-together", G_TYPE_UINT64, stats->together,
      "track-gain", G_TYPE_DOUBLE, stats->track.gain,
      "track-error", G_TYPE_DOUBLE, stats->track.error,
      "know-gain", G_TYPE_DOUBLE, stats->know.gain,
      "know-error", G_TYPE_DOUBLE, stats->know.error,
      "learned", G_TYPE_STRING, learned,
      "drift", G_TYPE_DOUBLE, stats->drift,
      "spread", G_TYPE_DOUBLE, stats->spread,
      "loss", G_TYPE_DOUBLE, stats->loss,
      "steps", G_TYPE_UINT64, stats->steps,
      "accepted", G_TYPE_UINT64, stats->accepted,
      "refused", G_TYPE_UINT64, stats->refused,
      "rolled-back", G_TYPE_UINT64, stats->rolled_back,
      "resets", G_TYPE_UINT64, stats->resets, NULL);
  g_free (learned);
}

/* With the lock held. */
static gboolean
gst_ss_train_may_work (const GstSsTrain * self)
{
  const gboolean paused = !self->playing
      && (self->settings.paused_when & GST_SS_TRAIN_PAUSED_WHEN_PAUSED) != 0;

  return (self->settings.enabled && !paused) || self->asked != self->answered;
}

GstStructure *
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

/* With the lock held. */
static gboolean
gst_ss_train_has_to_save (const GstSsTrain * self)
{
  return self->settings.save_location != NULL
      && *self->settings.save_location != '\0' && self->model != self->saved;
}

void
gst_ss_train_direct (GstSsTrain * self)
{
  if (self->learner == NULL)
    return;
  /* What was asked for goes before what the worker is at. */
  if (!atomic_load (&self->stopping) && gst_ss_train_may_work (self)
      && self->taken == self->asked)
    sst_pace_resume (self->pace);
  else
    sst_pace_stop (self->pace);
  g_cond_signal (&self->cond);
  sst_learner_wake (self->learner);
}

SstLearnerParams
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

void
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

void
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
    gst_ss_train_replace_model (&self->saved, model);
  }
  g_mutex_unlock (&self->lock);
  if (location == NULL)
    return;

  if (sst_model_save (model, location, &error)) {
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
      &self->filter.store);
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

void
gst_ss_train_offer (GstSsTrain * self)
{
  SstModel *model = NULL;
  gboolean told, again;

  do {
    g_mutex_lock (&self->lock);
    gst_ss_train_replace_model (&model, self->model);
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
    gst_ss_train_replace_model (&self->model, model);
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

gpointer
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
    if (self->taken != asked) {
      self->taken = asked;
      gst_ss_train_direct (self);
    }
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
