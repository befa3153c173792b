/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <math.h>
#include <string.h>

#include "model/model_private.h"
#include "scripted_learner.h"

#define N_MODELS 64
#define WORK_TIME 20000         /* microseconds */

struct _SstLearner
{
  SstModel *models[N_MODELS];   /* accepted, the base first */
  guint n_models;
  gboolean rollback, reset, woken;
  guint64 steps, counts[SST_LEARNER_STOPPED + 1];
};

struct _SstLearnerStream
{
  SstLearner *learner;
  guint64 taken;
};

/* Everything is under this lock. */
static GMutex lock;
static GCond cond;
static ScriptCounts counts;
static gboolean wanted = TRUE;
static GQueue script = G_QUEUE_INIT;
static SstLearnerEvent repeated = SST_LEARNER_IDLE;
static guint n_made;
static gboolean never_ends;

void
script_clear (void)
{
  const guint learners = counts.learners, streams = counts.streams;

  g_mutex_lock (&lock);
  counts = (ScriptCounts) { .learners = learners, .streams = streams };
  wanted = TRUE;
  g_queue_clear (&script);
  repeated = SST_LEARNER_IDLE;
  never_ends = FALSE;
  g_mutex_unlock (&lock);
}

ScriptCounts
script_counts (void)
{
  ScriptCounts copy;

  g_mutex_lock (&lock);
  copy = counts;
  g_mutex_unlock (&lock);
  return copy;
}

void
script_want (gboolean want)
{
  g_mutex_lock (&lock);
  wanted = want;
  g_mutex_unlock (&lock);
}

void
script_add (SstLearnerEvent event)
{
  g_mutex_lock (&lock);
  g_queue_push_tail (&script, GINT_TO_POINTER (event));
  g_cond_broadcast (&cond);
  g_mutex_unlock (&lock);
}

void
script_never_end (void)
{
  g_mutex_lock (&lock);
  never_ends = TRUE;
  g_mutex_unlock (&lock);
}

void
script_repeat (SstLearnerEvent event)
{
  g_mutex_lock (&lock);
  repeated = event;
  g_cond_broadcast (&cond);
  g_mutex_unlock (&lock);
}

SstLearner *
sst_learner_new (const SstLearnerParams * params, SstModel * base)
{
  SstLearner *learner = g_new0 (SstLearner, 1);

  learner->models[0] = sst_model_ref (base);
  learner->n_models = 1;
  g_mutex_lock (&lock);
  counts.learners++;
  counts.params = *params;
  g_mutex_unlock (&lock);
  return learner;
}

void
sst_learner_free (SstLearner ** learner)
{
  if (*learner == NULL)
    return;
  for (guint i = 0; i < (*learner)->n_models; i++)
    sst_model_unref ((*learner)->models[i]);
  g_free (*learner);
  *learner = NULL;
  g_mutex_lock (&lock);
  counts.learners--;
  g_mutex_unlock (&lock);
}

SstLearnerStream *
sst_learner_add_stream (SstLearner * learner)
{
  SstLearnerStream *stream = g_new0 (SstLearnerStream, 1);

  stream->learner = learner;
  g_mutex_lock (&lock);
  counts.streams++;
  g_mutex_unlock (&lock);
  return stream;
}

void
sst_learner_stream_free (SstLearnerStream ** stream)
{
  if (*stream == NULL)
    return;
  g_free (*stream);
  *stream = NULL;
  g_mutex_lock (&lock);
  counts.streams--;
  g_mutex_unlock (&lock);
}

void
sst_learner_stream_set_params (SstLearnerStream * stream, SstLearnFrom from,
    SstLearnPause paused_when)
{
  g_mutex_lock (&lock);
  counts.params.from = from;
  counts.params.paused_when = paused_when;
  g_mutex_unlock (&lock);
}

guint64
sst_learner_stream_taken (SstLearnerStream * stream)
{
  guint64 taken;

  g_mutex_lock (&lock);
  taken = stream->taken;
  g_mutex_unlock (&lock);
  return taken;
}

void
sst_learner_set_params (SstLearner * learner, const SstLearnerParams * params)
{
  g_mutex_lock (&lock);
  counts.params.profile = params->profile;
  counts.params.tone = params->tone;
  counts.params.reset_after = params->reset_after;
  g_mutex_unlock (&lock);
}

gboolean
sst_learner_stream_wants (SstLearnerStream * stream, SstTime time)
{
  gboolean want;

  g_mutex_lock (&lock);
  counts.wants++;
  want = wanted;
  g_mutex_unlock (&lock);
  return want;
}

void
sst_learner_stream_push (SstLearnerStream * stream, const SstFrame * frame,
    SstTime time, const SstProposal * proposals, guint n)
{
  g_mutex_lock (&lock);
  counts.pushed++;
  stream->taken++;
  counts.width = frame->width;
  counts.height = frame->height;
  counts.time = time;
  counts.n_proposals = MIN (n, G_N_ELEMENTS (counts.proposals));
  for (guint i = 0; i < counts.n_proposals; i++)
    counts.proposals[i] = proposals[i];
  g_mutex_unlock (&lock);
}

void
sst_learner_stream_interrupt (SstLearnerStream * stream)
{
  g_mutex_lock (&lock);
  counts.interrupts++;
  g_mutex_unlock (&lock);
}

/* Another model of the base's kind; with the lock held. */
static SstModel *
make_model (SstLearner * learner)
{
  const SstNetworkConfig *const config =
      sst_network_get_config (sst_model_network (learner->models[0]));

  return sst_model_new_random (config, 100 + n_made++, NULL);
}

static gboolean
burn_time (SstPace * pace, gboolean forever)
{
  static volatile double sum;   /* so that the work is not left out */
  const gint64 end = g_get_monotonic_time () + WORK_TIME;

  while (forever || g_get_monotonic_time () < end) {
    for (int i = 0; i < 20000; i++)
      sum = sqrt (sum + i);
    if (!sst_pace_wait (pace))
      return FALSE;
  }
  return TRUE;
}

SstLearnerEvent
sst_learner_work (SstLearner * learner, SstPace * pace)
{
  SstLearnerEvent event;
  gboolean forever;

  if (!sst_pace_wait (pace))
    return SST_LEARNER_STOPPED;
  g_mutex_lock (&lock);
  counts.worked++;
  forever = never_ends;
  if (learner->reset) {
    learner->reset = FALSE;
    event = SST_LEARNER_RESET;
  } else if (learner->rollback) {
    learner->rollback = FALSE;
    event = SST_LEARNER_ROLLED_BACK;
  } else if (!g_queue_is_empty (&script)) {
    event = (SstLearnerEvent) GPOINTER_TO_INT (g_queue_pop_head (&script));
  } else {
    event = repeated;
  }

  if (event == SST_LEARNER_ACCEPTED) {
    if (learner->n_models == N_MODELS)
      sst_model_unref (learner->models[--learner->n_models]);
    learner->models[learner->n_models++] = make_model (learner);
  } else if (event == SST_LEARNER_ROLLED_BACK && learner->n_models > 1) {
    sst_model_unref (learner->models[--learner->n_models]);
  }
  while (event == SST_LEARNER_RESET && learner->n_models > 1)
    sst_model_unref (learner->models[--learner->n_models]);
  learner->counts[event]++;
  g_mutex_unlock (&lock);

  if (event == SST_LEARNER_WORKED && !burn_time (pace, forever))
    event = SST_LEARNER_STOPPED;
  return event;
}

void
sst_learner_wait (SstLearner * learner, gint64 timeout)
{
  const gint64 end = g_get_monotonic_time () + timeout;

  g_mutex_lock (&lock);
  while (!learner->woken && g_queue_is_empty (&script)
      && repeated == SST_LEARNER_IDLE
      && g_cond_wait_until (&cond, &lock, end));
  learner->woken = FALSE;
  g_mutex_unlock (&lock);
}

void
sst_learner_wake (SstLearner * learner)
{
  g_mutex_lock (&lock);
  learner->woken = TRUE;
  g_cond_broadcast (&cond);
  g_mutex_unlock (&lock);
}

SstModel *
sst_learner_get_model (SstLearner * learner)
{
  SstModel *model;

  g_mutex_lock (&lock);
  model = sst_model_ref (learner->models[learner->n_models - 1]);
  g_mutex_unlock (&lock);
  return model;
}

void
sst_learner_rollback (SstLearner * learner)
{
  g_mutex_lock (&lock);
  learner->rollback = TRUE;
  g_mutex_unlock (&lock);
}

void
sst_learner_reset (SstLearner * learner)
{
  g_mutex_lock (&lock);
  learner->reset = TRUE;
  g_mutex_unlock (&lock);
}

void
sst_learner_get_stats (SstLearner * learner, SstLearnerStats * stats)
{
  *stats = (SstLearnerStats) { .base_score = 0.75, .score = 0.875 };
  g_mutex_lock (&lock);
  stats->frames = counts.pushed;
  stats->accepted = learner->counts[SST_LEARNER_ACCEPTED];
  stats->refused = learner->counts[SST_LEARNER_REFUSED];
  stats->rolled_back = learner->counts[SST_LEARNER_ROLLED_BACK];
  stats->resets = learner->counts[SST_LEARNER_RESET];
  stats->tracklets_refused[SST_REFUSED_CYCLE] = 17;
  stats->steps = 1234;
  stats->things = 57;
  stats->know = (SstLearnerGain) { 0.125, 0.05, 9 };
  g_mutex_unlock (&lock);
}
