/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* What sstrain makes of what its group learns: what it writes and gives to
 * trackers, its messages, and the figures of the stats. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssclaim.h"
#include "gstsstrainprivate.h"

#define GST_CAT_DEFAULT gst_ss_train_debug

void
gst_ss_train_look (GstSsTrain * self)
{
  if (self->group == NULL)
    return;
  gst_ss_train_group_look (self->group, &self->figures);
  self->taken = sst_learner_stream_taken (self->stream);
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

/* With the lock held. */
static void
set_group (GstStructure * structure, const GstSsTrain * self)
{
  gst_structure_set (structure,
      "group", G_TYPE_STRING, self->group_name,
      "members", G_TYPE_UINT64, (guint64) self->figures.n_members, NULL);
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

  return self->settings.enabled && !paused;
}

GstStructure *
gst_ss_train_make_stats (GstSsTrain * self)
{
  const SstLearnerStats *stats = &self->figures.learner;
  GstStructure *structure;

  gst_ss_train_look (self);
  structure = gst_structure_new ("sstrain/stats",
      "frames", G_TYPE_UINT64, atomic_load (&self->n_frames),
      "taken", G_TYPE_UINT64, self->taken,
      "windows", G_TYPE_UINT64, stats->windows,
      "tracklets", G_TYPE_UINT64, stats->tracklets,
      "bad-steps", G_TYPE_UINT64, stats->bad_steps,
      "resting", G_TYPE_BOOLEAN, stats->resting
      || !self->figures.may_work,
      "memory", G_TYPE_UINT64, (guint64) stats->memory,
      "cpu-used", G_TYPE_UINT64, self->figures.cpu_used,
      "cpu-share", G_TYPE_DOUBLE, self->figures.cpu_share, NULL);
  set_group (structure, self);
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
  if (self->group != NULL)
    gst_ss_train_group_direct (self->group, self, gst_ss_train_may_work (self),
        gst_ss_train_has_to_save (self));
}

GstSsTrainTerms
gst_ss_train_get_terms (const GstSsTrain * self)
{
  const Settings *settings = &self->settings;
  GstSsTrainTerms terms = { settings->cpu_share };
  SstLearnerParams *const params = &terms.params;

  sst_learner_params_init (params);
  params->seed = settings->seed;
  params->from = (SstLearnFrom) settings->learn_from;
  params->paused_when = (SstLearnPause)
      (settings->paused_when & ~GST_SS_TRAIN_PAUSED_WHEN_PAUSED);
  params->profile = (SstLearnProfile) settings->profile;
  /* it is one camera's */
  params->tone = settings->tone && *self->group_name == '\0';
  params->memory = settings->memory_limit;
  params->reset_after = settings->reset_after;
  return terms;
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
  gconstpointer party;

  g_mutex_lock (&self->lock);
  party = gst_ss_train_party (self);
  g_mutex_unlock (&self->lock);
  if (!gst_ss_claim (self, party, claim))
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

/* The message of what a piece of work came to; NULL: none is worth one. */
static const gchar *
name_event (SstLearnerEvent event)
{
  switch (event) {
    case SST_LEARNER_ACCEPTED:
      return "sstrain/accepted";
    case SST_LEARNER_REFUSED:
      return "sstrain/refused";
    case SST_LEARNER_ROLLED_BACK:
      return "sstrain/rolled-back";
    case SST_LEARNER_RESET:
      return "sstrain/reset";
    default:
      return NULL;
  }
}

/* Does what a piece of work came to. */
static void
gst_ss_train_conclude (GstSsTrain * self, SstLearnerEvent event,
    SstModel * model)
{
  const gchar *const name = name_event (event);
  GstStructure *structure = NULL;
  gboolean changed;

  g_mutex_lock (&self->lock);
  gst_ss_train_look (self);
  changed = model != self->model;
  if (changed)
    gst_ss_train_replace_model (&self->model, model);
  if (name != NULL) {
    structure = gst_structure_new (name, "running-time", G_TYPE_UINT64,
        atomic_load (&self->running_time), NULL);
    set_group (structure, self);
    set_scores (structure, &self->figures.learner, model);
  }
  g_mutex_unlock (&self->lock);

  if (changed)
    gst_ss_train_publish (self, model, FALSE);
  gst_ss_train_save_accepted (self);
  if (structure == NULL)
    return;
  GST_INFO_OBJECT (self, "%" GST_PTR_FORMAT, structure);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
}

const GstSsTrainCalls gst_ss_train_calls = {
  gst_ss_train_save_accepted, gst_ss_train_conclude
};
