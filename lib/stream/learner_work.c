/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "stream/learner_private.h"

#include <math.h>
#include <string.h>

#include "base/blas.h"
#include "base/cut.h"
#include "footage/pattern.h"
#include "model/difference.h"

/* --- what to tune ------------------------------------------------------- */

/* Training. */
#define RATE 1e-3f              /* of the normal profile */
#define WHOLE_RATE 2e-4f        /* the same, of all weights */
#define GENTLE 0.5f             /* of that, of the gentle one */
#define WARMUP_STEPS 8
#define EMA 0.98f
#define CLIP 1.f
#define ANCHOR 1.f
#define FREEZE_STEM FALSE
#define TRACKLET_SHARE 0.5f     /* of a batch */
#define TOGETHER 4              /* of these, seen together */
#define INSTANCE 0.5f           /* weight of telling them apart */
#define TEMPERATURE 0.1f
#define BASE_SHARE 0.5f         /* of the synthetic pairs' clips */
#define N_LANES 1               /* one thread needs no more */

/* How much of it. */
#define STEPS_OWED 12           /* for a new window, before the next is mined */
#define STEPS_MORE 48           /* that may follow while there is no next one */
#define STEPS_SAVED 120         /* such steps that may come together */

/* Gathering. */
#define MIN_YIELD 0.1f          /* tracklets that pass, of those tried: fewer
                                 * pause training */
#define YIELD_MEMORY 0.8f       /* what a window counts, a window later */
#define MAX_PLAIN_FAILED 2      /* of a window that is kept for its pictures */
#define YIELD_TRIED 8.f         /* fewer say nothing */

/* Judging. */
#define MIN_HELD_WINDOWS 2
#define MAX_TRIES 8             /* snapshots that are no better, before the
                                 * weights go back */

/* Guards. */
#define MAX_BAD_STEPS 3         /* in a row */
#define MAX_DRIFT 0.15f
#define MAX_ROLLBACKS 3         /* in a row, before it rests */
#define REST_WINDOWS 2
#define MIN_RATE_SCALE (1.f / 64.f)
#define RESET_SHARE 0.5f        /* of the way to the base */

/* The pictures to train on that belong to no stream. */
#define N_BASE_PICTURES 24
#define BASE_WIDTH 320
#define BASE_HEIGHT 240
#define BASE_SEED 1001

/* Bytes of scratch: the trainer's for each lane beside the network's, and what
 * each pair of a batch keeps beside its traces. */
#define LANE_SIZE ((size_t) 6 << 20)
#define PAIR_FLOATS (SST_TEMPLATE_SIZE + SST_SEARCH_SIZE \
    + 8 * SST_NETWORK_CELLS)

/* --- making ------------------------------------------------------------- */

/* Bytes of everything but windows. */
static size_t
fixed_size (const SstLearner * learner, int batch)
{
  const SstLearnerWorker *const w = &learner->worker;
  const SstNetwork *const network = sst_model_network (w->base);
  const size_t n = sst_network_n_parameters (network);
  const size_t softened = 2 * n + sst_network_kernels_size (network, FALSE);
  const size_t features = sst_network_get_config (network)->channels[2]
      * (size_t) (SST_NETWORK_CELLS + SST_TEMPLATE_MASK_SIDE
      * SST_TEMPLATE_MASK_SIDE);
  const size_t floats = 8 * n + sst_network_kernels_size (network, TRUE)
      + softened
      + N_LANES * (n + sst_network_workspace_size (network, TRUE))
      + batch * (PAIR_FLOATS + features + sst_network_cells_size (network)
      + sst_network_trace_size (network, SST_ROLE_TEMPLATE)
      + sst_network_trace_size (network, SST_ROLE_SEARCH));

  return SST_GATHER_SIZE + sst_jury_size (w->jury)
      + N_LANES * LANE_SIZE + floats * sizeof (float)
      + sst_footage_size (w->base_footage);
}

static float
rate_of (const SstLearnerParams * params)
{
  const float rate = params->whole ? WHOLE_RATE : RATE;

  return params->learning_rate > 0.f ? params->learning_rate
      : params->profile == SST_LEARN_GENTLE ? GENTLE * rate : rate;
}

static SstTrainer *
trainer_new (const SstLearner * learner, const SstLearnerParams * params)
{
  const SstLearnerWorker *const w = &learner->worker;
  SstTrainerParams p;

  sst_trainer_params_init (&p);
  p.seed = params->seed;
  p.batch = params->batch;
  p.bfloat = TRUE;
  p.learning_rate = rate_of (params);
  p.final_rate = 1.f;
  p.weight_decay = 0.f;         /* the anchor does that, towards the base */
  p.clip = CLIP;
  p.ema = EMA;
  p.warmup_steps = WARMUP_STEPS;
  p.tracklet_share = TRACKLET_SHARE;
  p.n_threads = 0;
  p.n_lanes = N_LANES;
  p.anchor = ANCHOR;
  p.freeze_stem = FREEZE_STEM;
  p.adapters = !params->whole;
  p.together = TOGETHER;
  p.weights.instance = INSTANCE;
  p.temperature = TEMPERATURE;
  return sst_trainer_new (&p, w->base, w->base_footage, NULL);
}

/* Makes what the worker needs, in pieces: most of the work are the pictures.
 * Returns FALSE where the pace says stop; it goes on from there. */
static gboolean
prepare (SstLearner * learner, const SstLearnerParams * params,
    SstPace * pace)
{
  SstLearnerWorker *const w = &learner->worker;
  SstLearnerShared *const shared = &learner->shared;
  const size_t memory = MAX (params->memory, SST_LEARNER_MIN_MEMORY);
  /* one window is filled or waits while another is mined */
  const size_t windows = 2 * SST_WINDOW_MAX_SIZE;
  size_t fixed;

  if (!sst_pattern_fill (w->base_footage, BASE_SEED, N_BASE_PICTURES,
          BASE_WIDTH, BASE_HEIGHT, pace))
    return FALSE;
  w->jury = sst_jury_new (w->base, params->check_pairs, params->check_things);
  w->trainer = trainer_new (learner, params);
  w->gather = sst_gather_new (params->seed);
  w->judge = sst_window_judge_new ();
  fixed = fixed_size (learner, params->batch);
  w->replay = sst_replay_new (params->seed,
      memory - MIN (memory, fixed + windows));
  g_mutex_lock (&shared->lock);
  shared->fixed_size = fixed;
  g_mutex_unlock (&shared->lock);
  return TRUE;
}

/* --- mining ------------------------------------------------------------- */

/* Hands the trainer the windows that there are now, and the base's pictures so
 * often that they have their share. */
static void
renew_data (SstLearner * learner)
{
  SstLearnerWorker *const w = &learner->worker;
  SstFootage *footage = sst_footage_new ();
  SstTracklets *tracklets = sst_tracklets_new ();
  const guint n_base = sst_footage_n_clips (w->base_footage);
  float weight = 0.f;
  guint times;

  sst_replay_get (w->replay, FALSE, footage, tracklets);
  /* synth.c draws a clip by the root of its length */
  for (guint i = 0; i < sst_footage_n_clips (footage); i++)
    weight += sqrtf ((float) sst_clip_length (sst_footage_clip (footage, i)));
  sst_trainer_set_place (w->trainer, sst_footage_n_clips (footage));
  times = (guint) MAX (1.f, roundf (weight * BASE_SHARE
          / (1.f - BASE_SHARE) / n_base));
  for (guint i = 0; i < times * n_base; i++)
    sst_footage_list (footage, w->base_footage, i % n_base);
  sst_trainer_set_data (w->trainer, footage, tracklets);
  sst_footage_free (&w->footage);
  sst_tracklets_free (&w->tracklets);
  w->footage = footage;
  w->tracklets = tracklets;
}

static SstTone
tone_of (const SstModel * model)
{
  return sst_tone_or_neutral (sst_model_tone (model));
}

/* Has pictures of the stream seen as the accepted model sees them. */
static void
see (const SstLearner * learner, SstFootage * footage)
{
  const SstTone tone = tone_of (sst_jury_accepted (learner->worker.jury));

  sst_footage_see (footage, &tone);
}

/* Learns what the camera's pictures are like. */
static void
expose (SstLearner * learner)
{
  SstLearnerWorker *const w = &learner->worker;
  const SstTone tone = tone_of (sst_jury_accepted (w->jury));

  sst_window_measure_flicker (w->mining);
  sst_toning_add (w->toning, sst_footage_clip (w->mining->footage, 0),
      &w->mining->artifacts, &tone);
}

/* Brings a model before the jury, with the windows held out; takes over the
 * reference. */
static void
bring (SstLearner * learner, SstModel * candidate, SstProof proof)
{
  SstLearnerWorker *const w = &learner->worker;
  SstFootage *footage = sst_footage_new ();
  SstTracklets *tracklets = sst_tracklets_new ();

  sst_replay_get (w->replay, TRUE, footage, tracklets);
  sst_jury_bring (w->jury, candidate, proof,
      sst_replay_version (w->replay, TRUE), footage, tracklets);
  sst_model_unref (candidate);
  w->proof = proof;
}

/* The accepted weights, to see with another tone. */
static void
bring_tone (SstLearner * learner, const SstTone * tone, SstProof proof)
{
  SstLearnerWorker *const w = &learner->worker;

  bring (learner, sst_model_new_with_tone (sst_jury_accepted (w->jury),
          tone), proof);
  sst_toning_brought (w->toning, tone, w->n_mined);
}

/* Where the light is another than that of the tone in use, the base's serves
 * until that light is known. */
static gboolean
withdraw_tone (SstLearner * learner)
{
  SstLearnerWorker *const w = &learner->worker;
  const SstTone base = tone_of (w->base);
  const SstTone tone = tone_of (sst_jury_accepted (w->jury));

  if (!sst_toning_withdraw (w->toning, &tone, &base))
    return FALSE;
  bring_tone (learner, &base, SST_PROOF_NONE);
  return TRUE;
}

/* Brings the tone for what was seen so far, where it would be a new one. */
static gboolean
propose_tone (SstLearner * learner)
{
  SstLearnerWorker *const w = &learner->worker;
  const SstTone in_use = tone_of (sst_jury_accepted (w->jury));
  SstTone tone;

  if (sst_replay_n_windows (w->replay, TRUE) < MIN_HELD_WINDOWS
      || !sst_toning_propose (w->toning, &in_use, w->n_mined, &tone))
    return FALSE;
  bring_tone (learner, &tone, SST_PROOF_NOT_WORSE);
  return TRUE;
}

/* Keeps what was found in a window, and grants steps for it. */
static void
store_window (SstLearner * learner, const SstTracklets * tracklets)
{
  SstLearnerWorker *const w = &learner->worker;
  const guint version = sst_replay_version (w->replay, FALSE);

  if (!sst_replay_add (w->replay, w->mining->stream,
          sst_footage_clip (w->mining->footage, 0), tracklets))
    return;
  if (w->rest > 0)
    w->rest--;
  if (sst_replay_version (w->replay, FALSE) == version) {
    sst_jury_forget (w->jury);    /* another one is held out */
    return;
  }
  renew_data (learner);
  w->steps_owed = STEPS_OWED;
  w->steps_more = MIN (w->steps_more + STEPS_MORE, STEPS_SAVED);
}

static gboolean
yield_is_low (const SstLearner * learner)
{
  const SstLearnerWorker *const w = &learner->worker;

  return w->tried >= YIELD_TRIED
      && w->kept < MIN_YIELD * w->tried;
}

static void
finish_window (SstLearner * learner)
{
  SstLearnerWorker *const w = &learner->worker;
  SstLearnerShared *const shared = &learner->shared;

  sst_window_free (&w->mining);
  w->judged = FALSE;
  w->n_mined++;
  g_mutex_lock (&shared->lock);
  shared->mining_size = 0;
  shared->replay_size = sst_replay_size (w->replay);
  shared->stats.resting = w->rest > 0;
  g_mutex_unlock (&shared->lock);
}

/* Judges the window and looks at its light, once, however often mining
 * starts anew. good: whether it is to be learned from. Returns FALSE where
 * the pace says stop. */
static gboolean
begin_window (SstLearner * learner, const SstLearnerParams * params,
    SstPace * pace, gboolean * good)
{
  SstLearnerWorker *const w = &learner->worker;
  SstLearnerShared *const shared = &learner->shared;
  SstRefused reason;

  *good = TRUE;
  if (w->judged)
    return TRUE;
  sst_cut_begin (pace);
  *good = sst_window_judge (w->judge, w->mining, params->paused_when,
      &reason);
  if (sst_cut_end ())
    return FALSE;
  w->judged = *good;
  if (*good) {
    expose (learner);
    return TRUE;
  }
  g_mutex_lock (&shared->lock);
  shared->stats.windows_refused[reason]++;
  g_mutex_unlock (&shared->lock);
  return TRUE;
}

/* What tells whether a tracklet holds; NULL: told to stop. */
static SstModel *
make_teacher (const SstLearner * learner, SstPace * pace)
{
  const SstLearnerWorker *const w = &learner->worker;
  SstModel *teacher;

  if (!sst_pace_wait (pace))
    return NULL;
  sst_cut_begin (pace);
  teacher = sst_trainer_snapshot (w->trainer, NULL, NULL, NULL);
  if (sst_cut_end ()) {
    sst_model_unref (teacher);
    return NULL;
  }
  /* where it is not finite the guards see to that */
  return teacher != NULL ? teacher
      : sst_model_ref (sst_jury_accepted (w->jury));
}

/* Adds what moves, and what of that is seen beside others. */
static void
count_things (const SstTracklets * tracklets, SstLearnerStats * stats)
{
  const guint n = sst_tracklets_length (tracklets);

  for (guint i = 0; i < n; i++) {
    const SstTracklet *const one = sst_tracklets_get (tracklets, i);
    guint k = 0;

    while (k < n && !sst_tracklets_are_apart (one, sst_tracklets_get (tracklets,
                k)))
      k++;
    stats->things += one->moving;
    stats->together += k < n;
  }
}

/* The waiting window, from judging it to having it in the replay. */
static SstLearnerEvent
mine (SstLearner * learner, const SstLearnerParams * params, SstPace * pace)
{
  SstLearnerWorker *const w = &learner->worker;
  SstLearnerShared *const shared = &learner->shared;
  guint64 refused[SST_N_REFUSED] = { 0 };
  guint64 n, n_failed;
  SstTracklets *tracklets;
  SstModel *teacher;
  gboolean good, done;

  if (!begin_window (learner, params, pace, &good))
    return SST_LEARNER_STOPPED;
  if (!good) {
    finish_window (learner);
    return SST_LEARNER_WORKED;
  }
  see (learner, w->mining->footage);
  teacher = make_teacher (learner, pace);
  if (teacher == NULL)
    return SST_LEARNER_STOPPED;
  tracklets = sst_tracklets_new ();
  done = sst_gather_run (w->gather, w->mining, w->n_mined,
      params->from, teacher, pace, tracklets, refused);
  sst_model_unref (teacher);
  if (done) {
    n = sst_tracklets_length (tracklets);
    n_failed = refused[SST_REFUSED_SHORT] + refused[SST_REFUSED_CYCLE]
        + refused[SST_REFUSED_DISAGREED];
    w->kept = YIELD_MEMORY * w->kept + n;
    w->tried = YIELD_MEMORY * w->tried + n + n_failed;
    /* what flow can't follow may be noise */
    if (n > 0 || n_failed <= MAX_PLAIN_FAILED)
      store_window (learner, tracklets);
    g_mutex_lock (&shared->lock);
    shared->stats.tracklets += n;
    count_things (tracklets, &shared->stats);
    for (int i = 0; i < SST_N_REFUSED; i++)
      shared->stats.tracklets_refused[i] += refused[i];
    g_mutex_unlock (&shared->lock);
    finish_window (learner);
  }
  sst_tracklets_free (&tracklets);
  return done ? SST_LEARNER_WORKED : SST_LEARNER_STOPPED;
}

/* --- going back --------------------------------------------------------- */

static SstLearnerGain
gain_of (const SstGain * gain)
{
  return (SstLearnerGain) { gain->gain, gain->error, gain->n };
}

/* Publishes what the jury accepts. */
static void
publish (SstLearner * learner)
{
  SstLearnerWorker *const w = &learner->worker;
  SstLearnerShared *const shared = &learner->shared;
  SstModel *model = sst_model_ref (sst_jury_accepted (w->jury));
  SstModel *old;
  SstJuryScores scores;

  sst_jury_get_scores (w->jury, &scores);
  g_mutex_lock (&shared->lock);
  old = shared->published;
  shared->published = model;
  shared->stats.score = scores.score;
  shared->stats.stream_gain = scores.stream_gain;
  shared->stats.track = gain_of (&scores.track);
  shared->stats.know = gain_of (&scores.know);
  g_mutex_unlock (&shared->lock);
  sst_model_unref (old);
}

/* Moves the weights by share of the way to a model, to start again from
 * there. */
static void
go_back (SstLearner * learner, SstModel * model, float share)
{
  SstLearnerWorker *const w = &learner->worker;
  SstLearnerShared *const shared = &learner->shared;

  sst_trainer_pull (w->trainer, model, share);
  sst_jury_dismiss (w->jury);
  w->since_check = 0;
  w->tries = 0;
  w->bad_steps = 0;
  g_mutex_lock (&shared->lock);
  shared->stats.drift = sst_trainer_drift (w->trainer);
  g_mutex_unlock (&shared->lock);
}

/* What to go back to: the last accepted weights, as soft resets left them. */
static SstModel *
last_good (const SstLearner * learner)
{
  const SstLearnerWorker *const w = &learner->worker;

  return w->softened != NULL ? w->softened
      : sst_jury_accepted (w->jury);
}

static void
soften_last_good (SstLearner * learner)
{
  SstLearnerWorker *const w = &learner->worker;
  SstModel *const from = last_good (learner);
  const SstNetwork *const network = sst_model_network (from);
  const size_t n = sst_network_n_parameters (network);
  float *x, *to;

  if (from == w->base)
    return;
  x = g_new (float, n);
  to = g_new (float, n);
  sst_model_get_parameters (from, x);
  sst_model_get_parameters (w->base, to);
  for (size_t i = 0; i < n; i++)
    x[i] += RESET_SHARE * (to[i] - x[i]);
  sst_model_unref (w->softened);
  w->softened = sst_model_new (sst_network_get_config (network), x, NULL,
      NULL, NULL);
  g_free (x);
  g_free (to);
}

/* Student and teacher go back. */
static SstLearnerEvent
roll_back (SstLearner * learner)
{
  SstLearnerWorker *const w = &learner->worker;
  SstLearnerShared *const shared = &learner->shared;

  go_back (learner, last_good (learner), 1.f);
  if (++w->rollbacks == MAX_ROLLBACKS) {
    w->rollbacks = 0;
    w->rate_scale = fmaxf (0.5f * w->rate_scale, MIN_RATE_SCALE);
    w->rest = REST_WINDOWS;
  }
  g_mutex_lock (&shared->lock);
  shared->stats.rolled_back++;
  shared->stats.resting = w->rest > 0;
  g_mutex_unlock (&shared->lock);
  return SST_LEARNER_ROLLED_BACK;
}

static SstLearnerEvent
roll_back_by_request (SstLearner * learner, guint n)
{
  SstLearnerWorker *const w = &learner->worker;
  SstLearnerShared *const shared = &learner->shared;
  const SstTone tone = tone_of (sst_jury_accepted (w->jury));

  sst_toning_taken_back (w->toning, &tone);
  for (guint i = 0; i < MIN (n, SST_JURY_MAX_ROLLBACKS); i++)
    sst_jury_roll_back (w->jury);
  g_clear_pointer (&w->softened, sst_model_unref);
  go_back (learner, sst_jury_accepted (w->jury), 1.f);
  w->rollbacks = 0;
  publish (learner);
  g_mutex_lock (&shared->lock);
  shared->stats.rolled_back++;
  g_mutex_unlock (&shared->lock);
  return SST_LEARNER_ROLLED_BACK;
}

static SstLearnerEvent
reset_by_request (SstLearner * learner)
{
  SstLearnerWorker *const w = &learner->worker;
  SstLearnerShared *const shared = &learner->shared;

  sst_jury_reset (w->jury);
  g_clear_pointer (&w->softened, sst_model_unref);
  go_back (learner, w->base, 1.f);
  sst_replay_clear (w->replay);
  sst_toning_reset (w->toning);
  renew_data (learner);
  w->steps_owed = w->steps_more = 0;
  w->kept = w->tried = 0.f;
  w->rate_scale = 1.f;
  w->rollbacks = w->rest = 0;
  publish (learner);
  g_mutex_lock (&shared->lock);
  shared->reset_at = shared->watched;
  shared->replay_size = 0;
  shared->stats.resets++;
  shared->stats.resting = FALSE;
  g_mutex_unlock (&shared->lock);
  return SST_LEARNER_RESET;
}

static SstLearnerEvent
reset_softly (SstLearner * learner)
{
  SstLearnerWorker *const w = &learner->worker;
  SstLearnerShared *const shared = &learner->shared;

  go_back (learner, w->base, RESET_SHARE);
  soften_last_good (learner);
  w->rate_scale = 1.f;
  g_mutex_lock (&shared->lock);
  shared->reset_at = shared->watched;
  shared->stats.resets++;
  g_mutex_unlock (&shared->lock);
  return SST_LEARNER_RESET;
}

/* --- training ----------------------------------------------------------- */

static SstLearnerEvent
train (SstLearner * learner, const SstLearnerParams * params, SstPace * pace)
{
  SstLearnerWorker *const w = &learner->worker;
  SstLearnerShared *const shared = &learner->shared;
  SstTrainerReport report;
  float drift;

  if (w->footage != NULL)
    see (learner, w->footage);
  sst_trainer_set_learning_rate (w->trainer,
      rate_of (params) * w->rate_scale);
  sst_trainer_set_pace (w->trainer, pace);
  sst_trainer_step (w->trainer, 0.f, &report);
  sst_trainer_set_pace (w->trainer, NULL);
  if (report.step == w->trainer_step)
    return SST_LEARNER_STOPPED;
  w->trainer_step = report.step;
  if (w->steps_owed > 0)
    w->steps_owed--;
  else
    w->steps_more--;
  w->bad_steps = report.finite ? 0 : w->bad_steps + 1;
  w->since_check += report.finite;
  drift = sst_trainer_drift (w->trainer);
  g_mutex_lock (&shared->lock);
  if (report.finite) {
    double *const loss = &shared->stats.loss;

    *loss = shared->stats.steps == 0 ? report.loss
        : 0.95 * *loss + 0.05 * report.loss;
    shared->stats.steps++;
  } else
    shared->stats.bad_steps++;
  if (isfinite (drift))
    shared->stats.drift = drift;
  g_mutex_unlock (&shared->lock);
  if (w->bad_steps > MAX_BAD_STEPS || !(drift <= MAX_DRIFT))
    return roll_back (learner);
  return SST_LEARNER_WORKED;
}

/* --- judging ------------------------------------------------------------ */

static gboolean
can_check (const SstLearner * learner)
{
  const SstLearnerWorker *const w = &learner->worker;

  return w->since_check >= w->check_steps
      && sst_replay_n_windows (w->replay, TRUE) >= MIN_HELD_WINDOWS;
}

static SstLearnerEvent
refuse (SstLearner * learner, gboolean go_back_now)
{
  SstLearnerWorker *const w = &learner->worker;
  SstLearnerShared *const shared = &learner->shared;

  g_mutex_lock (&shared->lock);
  shared->stats.refused++;
  g_mutex_unlock (&shared->lock);
  if (go_back_now || ++w->tries == MAX_TRIES)
    return roll_back (learner);
  return SST_LEARNER_REFUSED;
}

/* The running mean of the weights, to see pictures as the accepted model does;
 * NULL where it is not finite. */
static SstModel *
take_snapshot (const SstLearner * learner)
{
  const SstLearnerWorker *const w = &learner->worker;
  char *const base = sst_difference_dup_base (sst_model_weights (w->base));
  char *const metadata = g_strdup_printf ("base=%s\nsteps=%" G_GUINT64_FORMAT
      "\n", base, w->trainer_step);
  SstModel *const snapshot = sst_trainer_snapshot (w->trainer,
      sst_model_tone (sst_jury_accepted (w->jury)), metadata, NULL);

  g_free (metadata);
  g_free (base);
  return snapshot;
}

static SstLearnerEvent
bring_snapshot (SstLearner * learner)
{
  SstLearnerWorker *const w = &learner->worker;
  SstModel *const candidate = take_snapshot (learner);

  w->since_check = 0;
  if (candidate == NULL)        /* not finite */
    return refuse (learner, TRUE);
  bring (learner, candidate, SST_PROOF_BETTER);
  return SST_LEARNER_WORKED;
}

/* Does what the jury says of a tone. Weights in training stay as they are. */
static SstLearnerEvent
conclude_tone (SstLearner * learner, SstVerdict verdict)
{
  SstLearnerWorker *const w = &learner->worker;
  SstLearnerShared *const shared = &learner->shared;

  if (verdict == SST_VERDICT_ACCEPTED) {
    sst_toning_accepted (w->toning);
    publish (learner);
    if (w->proof != SST_PROOF_NONE)
      return SST_LEARNER_ACCEPTED;
    g_mutex_lock (&shared->lock);
    shared->stats.rolled_back++;
    g_mutex_unlock (&shared->lock);
    return SST_LEARNER_ROLLED_BACK;
  }
  sst_toning_refused (w->toning, w->n_mined);
  g_mutex_lock (&shared->lock);
  shared->stats.refused++;
  g_mutex_unlock (&shared->lock);
  return SST_LEARNER_REFUSED;
}

/* What was accepted has not kept what it promised: the base is published again,
 * and training goes on from there. */
static SstLearnerEvent
revoke_accepted (SstLearner * learner)
{
  g_clear_pointer (&learner->worker.softened, sst_model_unref);
  publish (learner);
  return roll_back (learner);
}

/* The next part of judging. Returns FALSE where there is nothing to judge;
 * else event is set. */
static gboolean
judge (SstLearner * learner, SstPace * pace, SstLearnerEvent * event)
{
  SstLearnerWorker *const w = &learner->worker;
  SstLearnerShared *const shared = &learner->shared;
  const SstVerdict verdict = sst_jury_work (w->jury, pace);
  SstJuryScores scores;

  if (verdict == SST_VERDICT_NONE)
    return FALSE;
  *event = verdict == SST_VERDICT_STOPPED ? SST_LEARNER_STOPPED
      : SST_LEARNER_WORKED;
  if (verdict == SST_VERDICT_STOPPED)
    return TRUE;
  sst_jury_get_scores (w->jury, &scores);
  g_mutex_lock (&shared->lock);
  shared->stats.base_score = scores.base_score;
  shared->stats.score = scores.score;
  shared->stats.spread = scores.spread;
  shared->stats.accepted += verdict == SST_VERDICT_ACCEPTED
      && w->proof != SST_PROOF_NONE;
  g_mutex_unlock (&shared->lock);
  if (verdict == SST_VERDICT_OPEN)
    return TRUE;
  if (verdict == SST_VERDICT_REVOKED) {
    *event = revoke_accepted (learner);
  } else if (w->proof != SST_PROOF_BETTER) {
    *event = conclude_tone (learner, verdict);
  } else if (verdict == SST_VERDICT_ACCEPTED) {
    w->tries = w->rollbacks = 0;
    w->rate_scale = fminf (2.f * w->rate_scale, 1.f);
    g_clear_pointer (&w->softened, sst_model_unref);
    publish (learner);
    *event = SST_LEARNER_ACCEPTED;
  } else
    *event = refuse (learner, verdict == SST_VERDICT_WORSE);
  return TRUE;
}

/* --- the worker --------------------------------------------------------- */

/* Takes the window that waits, if there is one and none is being mined. */
static void
take_window (SstLearner * learner)
{
  SstLearnerWorker *const w = &learner->worker;
  SstLearnerShared *const shared = &learner->shared;

  g_mutex_lock (&shared->lock);
  if (w->mining == NULL && shared->ready != NULL) {
    w->mining = shared->ready;
    shared->mining_size = shared->ready_size;
    shared->ready = NULL;
    shared->ready_size = 0;
  }
  g_mutex_unlock (&shared->lock);
}

/* Takes what somebody asked to take back where nothing was learned yet:
 * there is nothing to do. Returns whether there was anything. */
static gboolean
take_back_nothing (SstLearner * learner, SstLearnerEvent * event)
{
  SstLearnerShared *const shared = &learner->shared;
  gboolean asked;

  g_mutex_lock (&shared->lock);
  asked = shared->reset || shared->n_take_back > 0;
  *event = shared->reset ? SST_LEARNER_RESET : SST_LEARNER_ROLLED_BACK;
  if (shared->reset)
    shared->stats.resets++;
  else if (asked)
    shared->stats.rolled_back++;
  shared->reset = FALSE;
  shared->n_take_back = 0;
  g_mutex_unlock (&shared->lock);
  return asked;
}

static SstLearnerEvent
work (SstLearner * learner, SstPace * pace)
{
  SstLearnerWorker *const w = &learner->worker;
  SstLearnerShared *const shared = &learner->shared;
  gboolean asked, reset, soft, may_train;
  guint n_take_back;
  SstLearnerParams params;
  SstLearnerEvent event;

  if (!sst_pace_wait (pace))
    return SST_LEARNER_STOPPED;
  g_mutex_lock (&shared->lock);
  params = shared->params;
  asked = sst_learner_is_asked (learner);
  g_mutex_unlock (&shared->lock);
  if (w->trainer == NULL) {
    if (take_back_nothing (learner, &event))
      return event;
    if (!asked)
      return SST_LEARNER_IDLE;
    if (!prepare (learner, &params, pace))
      return SST_LEARNER_STOPPED;
  }

  g_mutex_lock (&shared->lock);
  reset = shared->reset;
  n_take_back = shared->n_take_back;
  soft = sst_learner_reset_is_due (learner);
  shared->reset = FALSE;
  shared->n_take_back = 0;
  g_mutex_unlock (&shared->lock);
  if (reset)
    return reset_by_request (learner);
  if (n_take_back > 0)
    return roll_back_by_request (learner, n_take_back);
  if (soft)
    return reset_softly (learner);
  if (judge (learner, pace, &event))
    return event;
  if (withdraw_tone (learner) || (params.tone && propose_tone (learner)))
    return SST_LEARNER_WORKED;
  if (can_check (learner))
    return bring_snapshot (learner);
  may_train = w->rest == 0 && !yield_is_low (learner);
  if (may_train && w->steps_owed > 0)
    return train (learner, &params, pace);
  take_window (learner);
  if (w->mining != NULL) {
    g_mutex_lock (&shared->lock);
    sst_learner_heed_stream (learner, w->mining->stream, &params);
    g_mutex_unlock (&shared->lock);
    return mine (learner, &params, pace);
  }
  if (may_train && w->steps_more > 0)
    return train (learner, &params, pace);
  return SST_LEARNER_IDLE;
}

SstLearnerEvent
sst_learner_work (SstLearner * learner, SstPace * pace)
{
  g_return_val_if_fail (learner != NULL, SST_LEARNER_IDLE);

  SstLearnerEvent event;

  sst_blas_begin ();
  event = work (learner, pace);
  sst_blas_end ();
  return event;
}
