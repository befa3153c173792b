/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <sstrack/learner.h>

#include <math.h>
#include <string.h>

#include "base/blas.h"
#include "fit/trainer.h"
#include "footage/pattern.h"
#include "stream/exposure.h"
#include "stream/gather.h"
#include "stream/jury.h"
#include "stream/replay.h"
#include "stream/window.h"

/* --- what to tune ------------------------------------------------------- */

/* Training. */
#define RATE 2e-4f              /* of the normal profile */
#define GENTLE 0.5f             /* of that, of the gentle one */
#define WARMUP_STEPS 8
#define EMA 0.98f
#define CLIP 1.f
#define ANCHOR 1.f
#define FREEZE_STEM FALSE
#define TRACKLET_SHARE 0.25f    /* of a batch */
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

/* The tone. */
#define MIN_EXPOSED 4           /* windows looked at before one is proposed, and
                                 * from one to the next */
#define MIN_TONE_DISTANCE 0.3f  /* from the accepted and the refused one */
#define MAX_GLARING 2           /* windows in a row */

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

/* Bytes of scratch: the trainer's for each lane beside the network's. */
#define LANE_SIZE ((size_t) 6 << 20)

#define TIME_NONE G_MAXUINT64

struct _SstLearner
{
  /* any thread, under the lock */
  GMutex lock;
  GCond changed;
  SstLearnerParams params;
  SstLearnerStats stats;
  SstModel *published;
  SstWindow *ready;             /* NULL: the worker wants one */
  size_t fixed_size, filling_size, ready_size, mining_size, replay_size;
  SstTime watched;              /* of the stream, so far */
  SstTime reset_at;             /* watched at the last soft reset */
  guint n_take_back;            /* accepted models, asked for */
  gboolean reset;               /* asked for */
  gboolean woken;

  /* the stream's thread */
  SstWindow *filling;
  SstTime last;                 /* time heard of, or TIME_NONE */
  SstTime passed;               /* of the stream, not yet in watched */

  /* the worker's */
  SstModel *base;
  SstJury *jury;
  SstTrainer *trainer;
  SstGather *gather;
  SstWindowJudge *judge;
  SstReplay *replay;
  SstWindow *mining;            /* taken, not done with */
  guint64 n_mined;
  SstFootage *base_footage;
  SstFootage *footage;          /* of the trainer; NULL: base_footage */
  SstTracklets *tracklets;
  guint check_steps;
  guint steps_owed, steps_more;
  guint since_check;            /* steps */
  guint tries;                  /* snapshots that were no better, in a row */
  guint bad_steps, rollbacks;   /* in a row */
  guint rest;                   /* windows to come before it goes on */
  float rate_scale;
  float kept, tried;            /* tracklets, fading */
  guint64 trainer_step;
  SstTone tone;                 /* with which the stream's pictures are seen;
                                 * set by see_as() and the jury */
  SstExposure *exposure;
  SstTone proposed_tone, refused_tone;  /* the last ones */
  guint64 retry_at;             /* n_mined, for the refused one */
  guint64 n_mined_at_tone;      /* n_mined at the last proposal */
  SstProof proof;               /* asked of what was brought last: BETTER of
                                 * weights, NONE of a tone that goes back */
  guint glaring;                /* windows in a row */
  SstModel *softened;           /* the accepted one after a soft reset; NULL:
                                 * none since then */
};

/* --- names -------------------------------------------------------------- */

/* --- making ------------------------------------------------------------- */

/* Bytes of everything but windows. */
static size_t
fixed_size (const SstLearner * learner)
{
  const SstNetwork *const network = sst_model_network (learner->base);
  const size_t n = sst_network_n_parameters (network);
  const size_t softened = 2 * n + sst_network_kernels_size (network, FALSE);
  const size_t floats = 8 * n + sst_network_kernels_size (network, TRUE)
      + softened
      + N_LANES * (n + sst_network_workspace_size (network, TRUE)
      + SST_TEMPLATE_SIZE + SST_SEARCH_SIZE
      + sst_network_trace_size (network, SST_ROLE_TEMPLATE)
      + sst_network_trace_size (network, SST_ROLE_SEARCH));

  return SST_GATHER_SIZE + sst_jury_size (learner->jury)
      + N_LANES * LANE_SIZE + floats * sizeof (float)
      + sst_footage_size (learner->base_footage);
}

static SstTrainer *
trainer_new (const SstLearner * learner, const SstLearnerParams * params)
{
  SstTrainerParams p;

  sst_trainer_params_init (&p);
  p.seed = params->seed;
  p.batch = params->batch;
  p.bfloat = TRUE;
  p.learning_rate = RATE;
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
  return sst_trainer_new (&p, learner->base, learner->base_footage, NULL);
}

SstLearner *
sst_learner_new (const SstLearnerParams * params, SstModel * base)
{
  SstLearner *learner = g_new0 (SstLearner, 1);

  g_mutex_init (&learner->lock);
  g_cond_init (&learner->changed);
  learner->params = *params;
  learner->published = sst_model_ref (base);
  learner->filling = sst_window_new ();
  learner->last = TIME_NONE;
  learner->base = sst_model_ref (base);
  learner->base_footage = sst_footage_new ();
  learner->tone = learner->proposed_tone = learner->refused_tone =
      SST_TONE_NEUTRAL;
  learner->exposure = sst_exposure_new ();
  learner->check_steps = MAX (params->check_steps, 1);
  learner->rate_scale = 1.f;
  return learner;
}

/* Makes what the worker needs, in pieces: most of the work are the pictures.
 * Returns FALSE where the pace says stop; it goes on from there. */
static gboolean
prepare (SstLearner * learner, const SstLearnerParams * params,
    SstPace * pace)
{
  const size_t memory = MAX (params->memory, SST_LEARNER_MIN_MEMORY);
  /* one window is filled or waits while another is mined */
  const size_t windows = 2 * SST_WINDOW_MAX_SIZE;
  size_t fixed;

  if (!sst_pattern_fill (learner->base_footage, BASE_SEED, N_BASE_PICTURES,
          BASE_WIDTH, BASE_HEIGHT, pace))
    return FALSE;
  learner->jury = sst_jury_new (learner->base, params->check_pairs,
      &learner->tone);
  learner->trainer = trainer_new (learner, params);
  learner->gather = sst_gather_new (params->seed);
  learner->judge = sst_window_judge_new ();
  fixed = fixed_size (learner);
  learner->replay = sst_replay_new (params->seed,
      memory - MIN (memory, fixed + windows));
  g_mutex_lock (&learner->lock);
  learner->fixed_size = fixed;
  g_mutex_unlock (&learner->lock);
  return TRUE;
}

void
sst_learner_free (SstLearner ** learner)
{
  SstLearner *l = *learner;

  if (l == NULL)
    return;
  sst_jury_free (&l->jury);
  sst_trainer_free (&l->trainer);
  sst_exposure_free (&l->exposure);
  sst_gather_free (&l->gather);
  sst_window_judge_free (&l->judge);
  sst_replay_free (&l->replay);
  sst_window_free (&l->filling);
  sst_window_free (&l->ready);
  sst_window_free (&l->mining);
  sst_footage_free (&l->footage);
  sst_tracklets_free (&l->tracklets);
  sst_footage_free (&l->base_footage);
  sst_model_unref (l->softened);
  sst_model_unref (l->base);
  sst_model_unref (l->published);
  g_mutex_clear (&l->lock);
  g_cond_clear (&l->changed);
  g_clear_pointer (learner, g_free);
}

void
sst_learner_set_params (SstLearner * learner, const SstLearnerParams * params)
{
  g_mutex_lock (&learner->lock);
  learner->params.from = params->from;
  learner->params.paused_when = params->paused_when;
  learner->params.profile = params->profile;
  learner->params.tone = params->tone;
  learner->params.reset_after = params->reset_after;
  learner->params.learning_rate = params->learning_rate;
  g_mutex_unlock (&learner->lock);
}

/* --- the stream's thread ------------------------------------------------ */

/* Hands the window over, where it has enough in it. A window is begun only
 * where none waits, so that there is room for it. */
static void
end_window (SstLearner * learner)
{
  const guint n = sst_window_length (learner->filling);

  if (n == 0)
    return;
  g_mutex_lock (&learner->lock);
  learner->stats.windows++;
  learner->filling_size = 0;
  if (n >= SST_WINDOW_MIN_LENGTH) {
    learner->ready_size = sst_window_size (learner->filling);
    learner->ready = learner->filling;
    learner->filling = NULL;
    g_cond_broadcast (&learner->changed);
  } else
    learner->stats.windows_refused[SST_REFUSED_CUT]++;
  g_mutex_unlock (&learner->lock);
  sst_window_free (&learner->filling);
  learner->filling = sst_window_new ();
}

/* Under the lock. */
static gboolean
reset_is_due (const SstLearner * learner)
{
  return learner->params.reset_after > 0
      && learner->watched - learner->reset_at >= learner->params.reset_after;
}

/* Whether somebody else has something for the worker. Under the lock. */
static gboolean
is_asked (const SstLearner * learner)
{
  return learner->ready != NULL || learner->reset || learner->n_take_back > 0
      || reset_is_due (learner);
}

static gboolean
is_behind (SstLearner * learner)
{
  gboolean behind;

  g_mutex_lock (&learner->lock);
  behind = learner->ready != NULL;
  g_mutex_unlock (&learner->lock);
  return behind;
}

/* Counts the stream's time, without jumps. */
static void
count_time (SstLearner * learner, SstTime time)
{
  if (learner->last != TIME_NONE && time > learner->last
      && time - learner->last <= SST_WINDOW_MAX_GAP)
    learner->passed += time - learner->last;
  learner->last = time;
}

gboolean
sst_learner_wants (SstLearner * learner, SstTime time)
{
  const SstWindow *const window = learner->filling;

  count_time (learner, time);
  if (sst_window_length (window) == 0)
    return !is_behind (learner);
  /* one that does not continue it ends it and begins another */
  return !sst_window_continues (window, window->width, window->height, time)
      || sst_window_is_due (window, time);
}

void
sst_learner_push (SstLearner * learner, const SstFrame * frame, SstTime time,
    const SstProposal * proposals, guint n)
{
  gboolean take;

  count_time (learner, time);
  if (!sst_window_continues (learner->filling, frame->width, frame->height,
          time))
    end_window (learner);
  take = sst_window_length (learner->filling) == 0 ? !is_behind (learner)
      : sst_window_is_due (learner->filling, time);
  if (take)
    sst_window_add (learner->filling, frame, time, proposals, n);

  g_mutex_lock (&learner->lock);
  learner->stats.frames++;
  learner->stats.taken += take;
  learner->filling_size = sst_window_size (learner->filling);
  learner->watched += learner->passed;
  learner->passed = 0;
  if (reset_is_due (learner))
    g_cond_broadcast (&learner->changed);
  g_mutex_unlock (&learner->lock);
  if (sst_window_length (learner->filling) == SST_WINDOW_LENGTH)
    end_window (learner);
}

void
sst_learner_interrupt (SstLearner * learner)
{
  end_window (learner);
  learner->last = TIME_NONE;
}

/* --- mining ------------------------------------------------------------- */

/* Hands the trainer the windows that there are now. */
static void
renew_data (SstLearner * learner)
{
  SstFootage *footage = sst_footage_new ();
  SstTracklets *tracklets = sst_tracklets_new ();
  const guint n_base = sst_footage_n_clips (learner->base_footage);
  float weight = 0.f;
  guint copies;

  sst_replay_get (learner->replay, FALSE, footage, tracklets);
  /* synth.c draws a clip by the root of its length */
  for (guint i = 0; i < sst_footage_n_clips (footage); i++)
    weight += sqrtf ((float) sst_clip_length (sst_footage_clip (footage, i)));
  copies = (guint) MAX (1.f, roundf (weight * BASE_SHARE
          / (1.f - BASE_SHARE) / n_base));
  for (guint i = 0; i < copies * n_base; i++) {
    const SstClip *const clip = sst_footage_clip (learner->base_footage,
        i % n_base);
    char *const name = g_strdup_printf ("%s-%u", clip->name, i / n_base);

    sst_clip_add (sst_footage_add_clip (footage, name),
        sst_image_ref (g_ptr_array_index (clip->images, 0)), 0);
    g_free (name);
  }
  sst_trainer_set_data (learner->trainer, footage, tracklets);
  sst_footage_free (&learner->footage);
  sst_tracklets_free (&learner->tracklets);
  learner->footage = footage;
  learner->tracklets = tracklets;
}

/* --- the tone ------------------------------------------------------------ */

static SstTone
tone_of (const SstModel * model)
{
  return sst_tone_or_neutral (sst_model_tone (model));
}

/* Sees the stream's pictures as a model does. */
static void
see_as (SstLearner * learner, const SstModel * model)
{
  learner->tone = tone_of (model);
}

/* Learns what the camera's pictures are like, notices another light than that
 * of the tone in use, and has them seen with that tone from now on. Nobody else
 * has them yet. */
static void
expose (SstLearner * learner)
{
  const SstClip *const clip = sst_footage_clip (learner->mining->footage, 0);
  const SstTone tone = tone_of (sst_jury_accepted (learner->jury));
  SstExposureLook look;

  sst_window_measure_flicker (learner->mining);
  look = sst_exposure_add (learner->exposure, clip,
      &learner->mining->artifacts);
  learner->glaring = sst_exposure_is_glaring (&look, &tone)
      ? learner->glaring + 1 : 0;
  for (guint i = 0; i < sst_clip_length (clip); i++)
    ((SstImage *) g_ptr_array_index (clip->images, i))->frame.tone =
        &learner->tone;
}

/* Brings a model before the jury, with the windows held out; takes over the
 * reference. */
static void
bring (SstLearner * learner, SstModel * candidate, SstProof proof)
{
  SstFootage *footage = sst_footage_new ();
  SstTracklets *tracklets = sst_tracklets_new ();

  sst_replay_get (learner->replay, TRUE, footage, tracklets);
  sst_jury_bring (learner->jury, candidate, proof,
      sst_replay_version (learner->replay, TRUE), footage, tracklets);
  sst_model_unref (candidate);
  learner->proof = proof;
}

/* The accepted weights, to see with another tone. */
static void
bring_tone (SstLearner * learner, const SstTone * tone, SstProof proof)
{
  bring (learner, sst_model_new_with_tone (sst_jury_accepted (learner->jury),
          tone), proof);
  learner->proposed_tone = *tone;
  learner->n_mined_at_tone = learner->n_mined;
}

/* Where the light is another than that of the tone in use, the base's serves
 * until that light is known. */
static gboolean
withdraw_tone (SstLearner * learner)
{
  const SstTone base = tone_of (learner->base);
  const SstTone tone = tone_of (sst_jury_accepted (learner->jury));

  if (learner->glaring < MAX_GLARING
      || memcmp (&tone, &base, sizeof (SstTone)) == 0)
    return FALSE;
  sst_exposure_reset (learner->exposure);
  learner->retry_at = 0;
  bring_tone (learner, &base, SST_PROOF_NONE);
  return TRUE;
}

/* Brings the tone for what was seen so far, where it would be a new one. */
static gboolean
propose_tone (SstLearner * learner)
{
  const SstTone tone_in_use = tone_of (sst_jury_accepted (learner->jury));
  SstExposureLook look;
  SstTone tone;

  if (sst_exposure_n_clips (learner->exposure) < MIN_EXPOSED
      || learner->n_mined < learner->n_mined_at_tone + MIN_EXPOSED
      || sst_replay_n_windows (learner->replay, TRUE) < MIN_HELD_WINDOWS)
    return FALSE;
  look = sst_exposure_look (learner->exposure);
  tone = sst_exposure_tone (&look);
  if (learner->n_mined < learner->retry_at
      && sst_tone_distance (&tone, &learner->refused_tone, look.mean)
      < MIN_TONE_DISTANCE) {
    /* not the noise: that is taken off over time, which pairs don't show */
    const float noise = tone.noise;

    tone = tone_in_use;
    tone.noise = noise;
  }
  if (sst_tone_distance (&tone, &tone_in_use, look.mean) < MIN_TONE_DISTANCE)
    return FALSE;
  bring_tone (learner, &tone, SST_PROOF_NOT_WORSE);
  return TRUE;
}

/* Keeps what was found in a window, and grants steps for it. */
static void
store_window (SstLearner * learner, const SstTracklets * tracklets)
{
  const guint version = sst_replay_version (learner->replay, FALSE);

  if (!sst_replay_add (learner->replay,
          sst_footage_clip (learner->mining->footage, 0), tracklets))
    return;
  if (learner->rest > 0)
    learner->rest--;
  if (sst_replay_version (learner->replay, FALSE) == version) {
    sst_jury_forget (learner->jury);    /* another one is held out */
    return;
  }
  renew_data (learner);
  learner->steps_owed = STEPS_OWED;
  learner->steps_more = MIN (learner->steps_more + STEPS_MORE, STEPS_SAVED);
}

static gboolean
yield_is_low (const SstLearner * learner)
{
  return learner->tried >= YIELD_TRIED
      && learner->kept < MIN_YIELD * learner->tried;
}

static void
finish_window (SstLearner * learner)
{
  sst_window_free (&learner->mining);
  learner->n_mined++;
  g_mutex_lock (&learner->lock);
  learner->mining_size = 0;
  learner->replay_size = sst_replay_size (learner->replay);
  learner->stats.resting = learner->rest > 0;
  g_mutex_unlock (&learner->lock);
}

/* Judges the window and has it seen with the tone, once, however often mining
 * starts anew. Returns FALSE where it is not to be learned from. */
static gboolean
begin_window (SstLearner * learner, const SstLearnerParams * params)
{
  const SstClip *const clip = sst_footage_clip (learner->mining->footage, 0);
  SstRefused reason;

  if (sst_clip_frame (clip, 0)->tone != NULL)
    return TRUE;
  if (sst_window_judge (learner->judge, learner->mining, params->paused_when,
          &reason)) {
    expose (learner);
    return TRUE;
  }
  g_mutex_lock (&learner->lock);
  learner->stats.windows_refused[reason]++;
  g_mutex_unlock (&learner->lock);
  return FALSE;
}

/* The waiting window, from judging it to having it in the replay. */
static SstLearnerEvent
mine (SstLearner * learner, const SstLearnerParams * params, SstPace * pace)
{
  guint64 refused[SST_N_REFUSED] = { 0 };
  guint64 n, n_failed;
  SstTracklets *tracklets;
  SstModel *teacher;
  gboolean done;

  if (!begin_window (learner, params)) {
    finish_window (learner);
    return SST_LEARNER_WORKED;
  }
  see_as (learner, sst_jury_accepted (learner->jury));
  tracklets = sst_tracklets_new ();
  teacher = sst_trainer_snapshot (learner->trainer, NULL);
  if (teacher == NULL)          /* not finite; the guards see to that */
    teacher = sst_model_ref (sst_jury_accepted (learner->jury));
  done = sst_gather_run (learner->gather, learner->mining, learner->n_mined,
      params->from, teacher, pace, tracklets, refused);
  sst_model_unref (teacher);
  if (done) {
    n = sst_tracklets_length (tracklets);
    n_failed = refused[SST_REFUSED_SHORT] + refused[SST_REFUSED_CYCLE]
        + refused[SST_REFUSED_DISAGREED];
    learner->kept = YIELD_MEMORY * learner->kept + n;
    learner->tried = YIELD_MEMORY * learner->tried + n + n_failed;
    /* what flow can't follow may be noise */
    if (n > 0 || n_failed <= MAX_PLAIN_FAILED)
      store_window (learner, tracklets);
    g_mutex_lock (&learner->lock);
    learner->stats.tracklets += n;
    for (int i = 0; i < SST_N_REFUSED; i++)
      learner->stats.tracklets_refused[i] += refused[i];
    g_mutex_unlock (&learner->lock);
    finish_window (learner);
  }
  sst_tracklets_free (&tracklets);
  return done ? SST_LEARNER_WORKED : SST_LEARNER_STOPPED;
}

/* --- going back --------------------------------------------------------- */

/* Publishes what the jury accepts. */
static void
publish (SstLearner * learner)
{
  SstModel *model = sst_model_ref (sst_jury_accepted (learner->jury));
  SstModel *old;
  SstJuryScores scores;

  sst_jury_get_scores (learner->jury, &scores);
  g_mutex_lock (&learner->lock);
  old = learner->published;
  learner->published = model;
  learner->stats.score = scores.score;
  learner->stats.stream_gain = scores.stream_gain;
  g_mutex_unlock (&learner->lock);
  sst_model_unref (old);
}

/* Moves the weights by share of the way to a model, to start again from
 * there. */
static void
go_back (SstLearner * learner, SstModel * model, float share)
{
  sst_trainer_pull (learner->trainer, model, share);
  sst_jury_dismiss (learner->jury);
  learner->since_check = 0;
  learner->tries = 0;
  learner->bad_steps = 0;
  g_mutex_lock (&learner->lock);
  learner->stats.drift = sst_trainer_drift (learner->trainer);
  g_mutex_unlock (&learner->lock);
}

/* What to go back to: the last accepted weights, as soft resets left them. */
static SstModel *
last_good (const SstLearner * learner)
{
  return learner->softened != NULL ? learner->softened
      : sst_jury_accepted (learner->jury);
}

static void
soften_last_good (SstLearner * learner)
{
  SstModel *const from = last_good (learner);
  const SstNetwork *const network = sst_model_network (from);
  const size_t n = sst_network_n_parameters (network);
  float *x, *to;

  if (from == learner->base)
    return;
  x = g_new (float, n);
  to = g_new (float, n);
  sst_model_get_parameters (from, x);
  sst_model_get_parameters (learner->base, to);
  for (size_t i = 0; i < n; i++)
    x[i] += RESET_SHARE * (to[i] - x[i]);
  sst_model_unref (learner->softened);
  learner->softened = sst_model_new (sst_network_get_config (network), x, NULL,
      NULL);
  g_free (x);
  g_free (to);
}

/* Student and teacher go back. */
static SstLearnerEvent
roll_back (SstLearner * learner)
{
  go_back (learner, last_good (learner), 1.f);
  if (++learner->rollbacks == MAX_ROLLBACKS) {
    learner->rollbacks = 0;
    learner->rate_scale = fmaxf (0.5f * learner->rate_scale, MIN_RATE_SCALE);
    learner->rest = REST_WINDOWS;
  }
  g_mutex_lock (&learner->lock);
  learner->stats.rolled_back++;
  learner->stats.resting = learner->rest > 0;
  g_mutex_unlock (&learner->lock);
  return SST_LEARNER_ROLLED_BACK;
}

static SstLearnerEvent
roll_back_by_request (SstLearner * learner, guint n)
{
  learner->refused_tone = tone_of (sst_jury_accepted (learner->jury));
  learner->retry_at = G_MAXUINT64;
  for (guint i = 0; i < MIN (n, SST_JURY_MAX_ROLLBACKS); i++)
    sst_jury_roll_back (learner->jury);
  g_clear_pointer (&learner->softened, sst_model_unref);
  go_back (learner, sst_jury_accepted (learner->jury), 1.f);
  learner->rollbacks = 0;
  publish (learner);
  g_mutex_lock (&learner->lock);
  learner->stats.rolled_back++;
  g_mutex_unlock (&learner->lock);
  return SST_LEARNER_ROLLED_BACK;
}

static SstLearnerEvent
reset_by_request (SstLearner * learner)
{
  sst_jury_reset (learner->jury);
  g_clear_pointer (&learner->softened, sst_model_unref);
  go_back (learner, learner->base, 1.f);
  sst_replay_clear (learner->replay);
  sst_exposure_reset (learner->exposure);
  learner->retry_at = 0;
  learner->glaring = 0;
  renew_data (learner);
  learner->steps_owed = learner->steps_more = 0;
  learner->kept = learner->tried = 0.f;
  learner->rate_scale = 1.f;
  learner->rollbacks = learner->rest = 0;
  publish (learner);
  g_mutex_lock (&learner->lock);
  learner->reset_at = learner->watched;
  learner->replay_size = 0;
  learner->stats.resets++;
  learner->stats.resting = FALSE;
  g_mutex_unlock (&learner->lock);
  return SST_LEARNER_RESET;
}

static SstLearnerEvent
reset_softly (SstLearner * learner)
{
  go_back (learner, learner->base, RESET_SHARE);
  soften_last_good (learner);
  learner->rate_scale = 1.f;
  g_mutex_lock (&learner->lock);
  learner->reset_at = learner->watched;
  learner->stats.resets++;
  g_mutex_unlock (&learner->lock);
  return SST_LEARNER_RESET;
}

/* --- training ----------------------------------------------------------- */

static SstLearnerEvent
train (SstLearner * learner, const SstLearnerParams * params, SstPace * pace)
{
  const float rate = params->learning_rate > 0.f ? params->learning_rate
      : params->profile == SST_LEARN_GENTLE ? GENTLE * RATE : RATE;
  SstTrainerReport report;
  float drift;

  see_as (learner, sst_jury_accepted (learner->jury));
  sst_trainer_set_learning_rate (learner->trainer,
      rate * learner->rate_scale);
  sst_trainer_set_pace (learner->trainer, pace);
  sst_trainer_step (learner->trainer, 0.f, &report);
  sst_trainer_set_pace (learner->trainer, NULL);
  if (report.step == learner->trainer_step)
    return SST_LEARNER_STOPPED;
  learner->trainer_step = report.step;
  if (learner->steps_owed > 0)
    learner->steps_owed--;
  else
    learner->steps_more--;
  learner->bad_steps = report.finite ? 0 : learner->bad_steps + 1;
  learner->since_check += report.finite;
  drift = sst_trainer_drift (learner->trainer);
  g_mutex_lock (&learner->lock);
  if (report.finite) {
    double *const loss = &learner->stats.loss;

    *loss = learner->stats.steps == 0 ? report.loss
        : 0.95 * *loss + 0.05 * report.loss;
    learner->stats.steps++;
  } else
    learner->stats.bad_steps++;
  if (isfinite (drift))
    learner->stats.drift = drift;
  g_mutex_unlock (&learner->lock);
  if (learner->bad_steps > MAX_BAD_STEPS || !(drift <= MAX_DRIFT))
    return roll_back (learner);
  return SST_LEARNER_WORKED;
}

/* --- judging ------------------------------------------------------------ */

static gboolean
can_check (const SstLearner * learner)
{
  return learner->since_check >= learner->check_steps
      && sst_replay_n_windows (learner->replay, TRUE) >= MIN_HELD_WINDOWS;
}

static SstLearnerEvent
refuse (SstLearner * learner, gboolean go_back_now)
{
  g_mutex_lock (&learner->lock);
  learner->stats.refused++;
  g_mutex_unlock (&learner->lock);
  if (go_back_now || ++learner->tries == MAX_TRIES)
    return roll_back (learner);
  return SST_LEARNER_REFUSED;
}

/* The running mean of the weights, to see pictures as the accepted model does;
 * NULL where it is not finite. */
static SstModel *
take_snapshot (const SstLearner * learner)
{
  const SstTone *const tone =
      sst_model_tone (sst_jury_accepted (learner->jury));
  SstModel *const snapshot = sst_trainer_snapshot (learner->trainer, NULL);
  SstModel *toned;

  if (snapshot == NULL || tone == NULL)
    return snapshot;
  toned = sst_model_new_with_tone (snapshot, tone);
  sst_model_unref (snapshot);
  return toned;
}

static SstLearnerEvent
bring_snapshot (SstLearner * learner)
{
  SstModel *const candidate = take_snapshot (learner);

  learner->since_check = 0;
  if (candidate == NULL)        /* not finite */
    return refuse (learner, TRUE);
  bring (learner, candidate, SST_PROOF_BETTER);
  return SST_LEARNER_WORKED;
}

/* Does what the jury says of a tone. Weights in training stay as they are. */
static SstLearnerEvent
conclude_tone (SstLearner * learner, SstVerdict verdict)
{
  if (verdict == SST_VERDICT_ACCEPTED) {
    learner->glaring = 0;
    publish (learner);
    if (learner->proof != SST_PROOF_NONE)
      return SST_LEARNER_ACCEPTED;
    g_mutex_lock (&learner->lock);
    learner->stats.rolled_back++;
    g_mutex_unlock (&learner->lock);
    return SST_LEARNER_ROLLED_BACK;
  }
  /* it may have been bad luck: few windows are held out yet */
  learner->refused_tone = learner->proposed_tone;
  learner->retry_at = 2 * learner->n_mined;
  g_mutex_lock (&learner->lock);
  learner->stats.refused++;
  g_mutex_unlock (&learner->lock);
  return SST_LEARNER_REFUSED;
}

/* The next part of judging. Returns FALSE where there is nothing to judge;
 * else event is set. */
static gboolean
judge (SstLearner * learner, SstPace * pace, SstLearnerEvent * event)
{
  const SstVerdict verdict = sst_jury_work (learner->jury, pace);
  SstJuryScores scores;

  if (verdict == SST_VERDICT_NONE)
    return FALSE;
  *event = verdict == SST_VERDICT_STOPPED ? SST_LEARNER_STOPPED
      : SST_LEARNER_WORKED;
  if (verdict == SST_VERDICT_STOPPED)
    return TRUE;
  sst_jury_get_scores (learner->jury, &scores);
  g_mutex_lock (&learner->lock);
  learner->stats.base_score = scores.base_score;
  learner->stats.score = scores.score;
  learner->stats.spread = scores.spread;
  learner->stats.accepted += verdict == SST_VERDICT_ACCEPTED
      && learner->proof != SST_PROOF_NONE;
  g_mutex_unlock (&learner->lock);
  if (verdict == SST_VERDICT_OPEN)
    return TRUE;
  if (learner->proof != SST_PROOF_BETTER) {
    *event = conclude_tone (learner, verdict);
  } else if (verdict == SST_VERDICT_ACCEPTED) {
    learner->tries = learner->rollbacks = 0;
    learner->rate_scale = fminf (2.f * learner->rate_scale, 1.f);
    g_clear_pointer (&learner->softened, sst_model_unref);
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
  g_mutex_lock (&learner->lock);
  if (learner->mining == NULL && learner->ready != NULL) {
    learner->mining = learner->ready;
    learner->mining_size = learner->ready_size;
    learner->ready = NULL;
    learner->ready_size = 0;
  }
  g_mutex_unlock (&learner->lock);
}

static SstLearnerEvent
work (SstLearner * learner, SstPace * pace)
{
  gboolean asked, reset, soft, may_train;
  guint n_take_back;
  SstLearnerParams params;
  SstLearnerEvent event;

  if (!sst_pace_wait (pace))
    return SST_LEARNER_STOPPED;
  g_mutex_lock (&learner->lock);
  params = learner->params;
  asked = is_asked (learner);
  g_mutex_unlock (&learner->lock);
  if (learner->trainer == NULL) {
    if (!asked)
      return SST_LEARNER_IDLE;
    if (!prepare (learner, &params, pace))
      return SST_LEARNER_STOPPED;
  }

  g_mutex_lock (&learner->lock);
  reset = learner->reset;
  n_take_back = learner->n_take_back;
  soft = reset_is_due (learner);
  learner->reset = FALSE;
  learner->n_take_back = 0;
  g_mutex_unlock (&learner->lock);
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
  may_train = learner->rest == 0 && !yield_is_low (learner);
  if (may_train && learner->steps_owed > 0)
    return train (learner, &params, pace);
  take_window (learner);
  if (learner->mining != NULL)
    return mine (learner, &params, pace);
  if (may_train && learner->steps_more > 0)
    return train (learner, &params, pace);
  return SST_LEARNER_IDLE;
}

SstLearnerEvent
sst_learner_work (SstLearner * learner, SstPace * pace)
{
  SstLearnerEvent event;

  sst_blas_begin ();
  event = work (learner, pace);
  sst_blas_end ();
  return event;
}

void
sst_learner_wait (SstLearner * learner, gint64 timeout)
{
  const gint64 end = g_get_monotonic_time () + timeout;

  g_mutex_lock (&learner->lock);
  while (!is_asked (learner) && !learner->woken)
    if (!g_cond_wait_until (&learner->changed, &learner->lock, end))
      break;
  learner->woken = FALSE;
  g_mutex_unlock (&learner->lock);
}

void
sst_learner_wake (SstLearner * learner)
{
  g_mutex_lock (&learner->lock);
  learner->woken = TRUE;
  g_cond_broadcast (&learner->changed);
  g_mutex_unlock (&learner->lock);
}

SstModel *
sst_learner_get_model (SstLearner * learner)
{
  SstModel *model;

  g_mutex_lock (&learner->lock);
  model = sst_model_ref (learner->published);
  g_mutex_unlock (&learner->lock);
  return model;
}

void
sst_learner_rollback (SstLearner * learner)
{
  g_mutex_lock (&learner->lock);
  learner->n_take_back++;
  g_cond_broadcast (&learner->changed);
  g_mutex_unlock (&learner->lock);
}

void
sst_learner_reset (SstLearner * learner)
{
  g_mutex_lock (&learner->lock);
  learner->reset = TRUE;
  g_cond_broadcast (&learner->changed);
  g_mutex_unlock (&learner->lock);
}

void
sst_learner_get_stats (SstLearner * learner, SstLearnerStats * stats)
{
  g_mutex_lock (&learner->lock);
  *stats = learner->stats;
  stats->memory = learner->fixed_size + learner->filling_size
      + learner->ready_size + learner->mining_size + learner->replay_size;
  g_mutex_unlock (&learner->lock);
}
