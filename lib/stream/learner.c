/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "stream/learner_private.h"

SstLearner *
sst_learner_new (const SstLearnerParams * params, SstModel * base)
{
  g_return_val_if_fail (params != NULL, NULL);
  g_return_val_if_fail (base != NULL, NULL);

  SstLearner *const learner = g_new0 (SstLearner, 1);
  SstLearnerShared *const shared = &learner->shared;
  SstLearnerWorker *const w = &learner->worker;

  g_mutex_init (&shared->lock);
  g_cond_init (&shared->changed);
  shared->params = *params;
  shared->published = sst_model_ref (base);
  sst_turns_init (&shared->turns);
  w->base = sst_model_ref (base);
  w->base_footage = sst_footage_new ();
  w->toning = sst_toning_new ();
  w->check_steps = MAX (params->check_steps, 1);
  w->rate_scale = 1.f;
  return learner;
}

void
sst_learner_free (SstLearner ** learner)
{
  SstLearner *l = *learner;

  if (l == NULL)
    return;
  sst_jury_free (&l->worker.jury);
  sst_trainer_free (&l->worker.trainer);
  sst_toning_free (&l->worker.toning);
  sst_gather_free (&l->worker.gather);
  sst_window_judge_free (&l->worker.judge);
  sst_replay_free (&l->worker.replay);
  sst_learner_stream_free (&l->own);
  sst_turns_clear (&l->shared.turns);
  sst_window_free (&l->shared.ready);
  sst_window_free (&l->worker.mining);
  sst_footage_free (&l->worker.footage);
  sst_tracklets_free (&l->worker.tracklets);
  sst_footage_free (&l->worker.base_footage);
  sst_model_unref (l->worker.softened);
  sst_model_unref (l->worker.base);
  sst_model_unref (l->shared.published);
  g_mutex_clear (&l->shared.lock);
  g_cond_clear (&l->shared.changed);
  g_clear_pointer (learner, g_free);
}

void
sst_learner_set_params (SstLearner * learner, const SstLearnerParams * params)
{
  g_return_if_fail (learner != NULL);
  g_return_if_fail (params != NULL);

  SstLearnerShared *const shared = &learner->shared;

  g_mutex_lock (&shared->lock);
  shared->params.from = params->from;
  shared->params.paused_when = params->paused_when;
  shared->params.profile = params->profile;
  shared->params.tone = params->tone;
  shared->params.reset_after = params->reset_after;
  shared->params.learning_rate = params->learning_rate;
  g_mutex_unlock (&shared->lock);
}

gboolean
sst_learner_reset_is_due (const SstLearner * learner)
{
  const SstLearnerShared *const shared = &learner->shared;

  return shared->params.reset_after > 0
      && shared->watched - shared->reset_at >= shared->params.reset_after;
}

gboolean
sst_learner_is_asked (const SstLearner * learner)
{
  const SstLearnerShared *const shared = &learner->shared;

  return shared->ready != NULL || shared->reset || shared->n_take_back > 0
      || sst_learner_reset_is_due (learner);
}

/* --- any thread --------------------------------------------------------- */

void
sst_learner_wait (SstLearner * learner, gint64 timeout)
{
  g_return_if_fail (learner != NULL);

  SstLearnerShared *const shared = &learner->shared;
  const gint64 end = g_get_monotonic_time () + timeout;

  g_mutex_lock (&shared->lock);
  while (!sst_learner_is_asked (learner) && !shared->woken)
    if (!g_cond_wait_until (&shared->changed, &shared->lock, end))
      break;
  shared->woken = FALSE;
  g_mutex_unlock (&shared->lock);
}

void
sst_learner_wake (SstLearner * learner)
{
  g_return_if_fail (learner != NULL);

  SstLearnerShared *const shared = &learner->shared;

  g_mutex_lock (&shared->lock);
  shared->woken = TRUE;
  g_cond_broadcast (&shared->changed);
  g_mutex_unlock (&shared->lock);
}

SstModel *
sst_learner_get_model (SstLearner * learner)
{
  g_return_val_if_fail (learner != NULL, NULL);

  SstLearnerShared *const shared = &learner->shared;
  SstModel *model;

  g_mutex_lock (&shared->lock);
  model = sst_model_ref (shared->published);
  g_mutex_unlock (&shared->lock);
  return model;
}

void
sst_learner_rollback (SstLearner * learner)
{
  g_return_if_fail (learner != NULL);

  SstLearnerShared *const shared = &learner->shared;

  g_mutex_lock (&shared->lock);
  shared->n_take_back++;
  g_cond_broadcast (&shared->changed);
  g_mutex_unlock (&shared->lock);
}

void
sst_learner_reset (SstLearner * learner)
{
  g_return_if_fail (learner != NULL);

  SstLearnerShared *const shared = &learner->shared;

  g_mutex_lock (&shared->lock);
  shared->reset = TRUE;
  g_cond_broadcast (&shared->changed);
  g_mutex_unlock (&shared->lock);
}

void
sst_learner_get_stats (SstLearner * learner, SstLearnerStats * stats)
{
  g_return_if_fail (learner != NULL);
  g_return_if_fail (stats != NULL);

  SstLearnerShared *const shared = &learner->shared;

  g_mutex_lock (&shared->lock);
  *stats = shared->stats;
  stats->memory = shared->fixed_size + shared->filling_size
      + shared->ready_size + shared->mining_size + shared->replay_size;
  g_mutex_unlock (&shared->lock);
}
