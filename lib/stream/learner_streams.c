/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "stream/learner_private.h"

/* --- life --------------------------------------------------------------- */

SstLearnerStream *
sst_learner_add_stream (SstLearner * learner)
{
  g_return_val_if_fail (learner != NULL, NULL);

  SstLearnerShared *const shared = &learner->shared;
  SstLearnerStream *const stream = g_new0 (SstLearnerStream, 1);

  stream->learner = learner;
  stream->intake = sst_intake_new ();
  g_mutex_lock (&shared->lock);
  sst_turns_add (&shared->turns, &stream->turn);
  stream->from = shared->params.from;
  stream->paused_when = shared->params.paused_when;
  stream->watched = shared->watched;
  g_mutex_unlock (&shared->lock);
  return stream;
}

void
sst_learner_stream_free (SstLearnerStream ** stream)
{
  SstLearnerStream *const s = *stream;
  SstLearnerShared *shared;

  if (s == NULL)
    return;
  shared = &s->learner->shared;
  g_mutex_lock (&shared->lock);
  if (shared->turns.holder == &s->turn)
    shared->filling_size = 0;
  sst_turns_remove (&shared->turns, &s->turn);
  g_mutex_unlock (&shared->lock);
  sst_intake_free (&s->intake);
  g_clear_pointer (stream, g_free);
}

/* The one that a learner has without being told. */
static SstLearnerStream *
own_stream (SstLearner * learner)
{
  if (learner->own == NULL) {
    learner->own = sst_learner_add_stream (learner);
    g_mutex_lock (&learner->shared.lock);
    learner->own->by_params = TRUE;
    g_mutex_unlock (&learner->shared.lock);
  }
  return learner->own;
}

void
sst_learner_stream_set_params (SstLearnerStream * stream, SstLearnFrom from,
    SstLearnPause paused_when)
{
  g_return_if_fail (stream != NULL);

  SstLearnerShared *const shared = &stream->learner->shared;

  g_mutex_lock (&shared->lock);
  stream->from = from;
  stream->paused_when = paused_when;
  g_mutex_unlock (&shared->lock);
}

guint64
sst_learner_stream_taken (SstLearnerStream * stream)
{
  g_return_val_if_fail (stream != NULL, 0);

  SstLearnerShared *const shared = &stream->learner->shared;
  guint64 taken;

  g_mutex_lock (&shared->lock);
  taken = stream->taken;
  g_mutex_unlock (&shared->lock);
  return taken;
}

void
sst_learner_heed_stream (const SstLearner * learner, guint number,
    SstLearnerParams * params)
{
  const GPtrArray *const all = learner->shared.turns.all;

  for (guint i = 0; i < all->len; i++) {
    const SstLearnerStream *const stream = g_ptr_array_index (all, i);

    if (stream->turn.number != number || stream->by_params)
      continue;
    params->from = stream->from;
    params->paused_when = stream->paused_when;
  }
}

/* --- the stream's thread ------------------------------------------------ */

/* Hands the window over, where it has enough in it. A window is begun only
 * where none waits, so that there is room for it. */
static void
end_window (SstLearnerStream * stream)
{
  SstLearnerShared *const shared = &stream->learner->shared;
  const guint n = sst_window_length (sst_intake_window (stream->intake));
  SstWindow *window;

  if (n == 0)
    return;
  window = sst_intake_steal (stream->intake);
  window->stream = stream->turn.number;
  g_mutex_lock (&shared->lock);
  if (sst_turns_end (&shared->turns, &stream->turn)) {
    shared->stats.windows++;
    shared->filling_size = 0;
    if (n >= SST_WINDOW_MIN_LENGTH) {
      shared->ready_size = sst_window_size (window);
      shared->ready = g_steal_pointer (&window);
      g_cond_broadcast (&shared->changed);
    } else
      shared->stats.windows_refused[SST_REFUSED_CUT]++;
  }
  g_mutex_unlock (&shared->lock);
  sst_window_free (&window);
}

/* Whether it may begin a window; take: and does. */
static gboolean
may_begin (SstLearnerStream * stream, SstTime time, gboolean take)
{
  SstLearnerShared *const shared = &stream->learner->shared;
  gboolean may;

  g_mutex_lock (&shared->lock);
  may = shared->ready == NULL
      && sst_turns_ask (&shared->turns, &stream->turn, time);
  if (may && take)
    sst_turns_take (&shared->turns, &stream->turn);
  g_mutex_unlock (&shared->lock);
  return may;
}

gboolean
sst_learner_stream_wants (SstLearnerStream * stream, SstTime time)
{
  g_return_val_if_fail (stream != NULL, FALSE);

  SstIntakeFate fate;

  sst_intake_count (stream->intake, time);
  fate = sst_intake_decide (stream->intake, 0, 0, time);
  return fate == SST_INTAKE_BEGIN ? may_begin (stream, time, FALSE)
      : fate != SST_INTAKE_PASS;
}

/* Drops a window that was taken away, as it stood still for too long. */
static void
drop_lost_window (SstLearnerStream * stream)
{
  SstLearnerShared *const shared = &stream->learner->shared;
  SstWindow *window;
  gboolean lost;

  if (sst_window_length (sst_intake_window (stream->intake)) == 0)
    return;
  g_mutex_lock (&shared->lock);
  lost = shared->turns.holder != &stream->turn;
  g_mutex_unlock (&shared->lock);
  if (!lost)
    return;
  window = sst_intake_steal (stream->intake);
  sst_window_free (&window);
}

void
sst_learner_stream_push (SstLearnerStream * stream, const SstFrame * frame,
    SstTime time, const SstProposal * proposals, guint n)
{
  g_return_if_fail (stream != NULL);
  g_return_if_fail (frame != NULL);

  SstLearner *const learner = stream->learner;
  SstLearnerShared *const shared = &learner->shared;
  const SstWindow *window;
  SstIntakeFate fate;
  gboolean take;

  drop_lost_window (stream);
  fate = sst_intake_decide (stream->intake, frame->width, frame->height, time);
  sst_intake_count (stream->intake, time);
  if (fate == SST_INTAKE_TURN)
    end_window (stream);
  take = fate == SST_INTAKE_TAKE
      || (fate != SST_INTAKE_PASS && may_begin (stream, time, TRUE));
  if (take)
    sst_intake_add (stream->intake, frame, time, proposals, n);

  window = sst_intake_window (stream->intake);
  g_mutex_lock (&shared->lock);
  shared->stats.frames++;
  shared->stats.taken += take;
  stream->taken += take;
  if (take && sst_turns_grow (&shared->turns, &stream->turn))
    shared->filling_size = sst_window_size (window);
  stream->watched += sst_intake_take_passed (stream->intake);
  shared->watched = MAX (shared->watched, stream->watched);
  if (sst_learner_reset_is_due (learner))
    g_cond_broadcast (&shared->changed);
  g_mutex_unlock (&shared->lock);
  if (sst_window_length (window) == SST_WINDOW_LENGTH)
    end_window (stream);
}

void
sst_learner_stream_interrupt (SstLearnerStream * stream)
{
  g_return_if_fail (stream != NULL);

  end_window (stream);
  sst_intake_interrupt (stream->intake);
}

/* --- a learner with one stream ------------------------------------------ */

gboolean
sst_learner_wants (SstLearner * learner, SstTime time)
{
  g_return_val_if_fail (learner != NULL, FALSE);

  return sst_learner_stream_wants (own_stream (learner), time);
}

void
sst_learner_push (SstLearner * learner, const SstFrame * frame, SstTime time,
    const SstProposal * proposals, guint n)
{
  g_return_if_fail (learner != NULL);

  sst_learner_stream_push (own_stream (learner), frame, time, proposals, n);
}

void
sst_learner_interrupt (SstLearner * learner)
{
  g_return_if_fail (learner != NULL);

  sst_learner_stream_interrupt (own_stream (learner));
}
