/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "stream/jury.h"

#include <string.h>

#include "footage/pattern.h"
#include "stream/check.h"

#define MAX_LOSS 0.005f         /* on the base pairs */
/* What weights have to gain in one of the two, and so many standard errors; and
 * may lose in the other. */
#define MIN_TRACK_GAIN 0.01f
#define MIN_KNOW_GAIN 0.02f
#define MIN_GAIN_ERRORS 2.f
#define MAX_WEIGHTS_LOSS_ERRORS 1.f
#define MIN_THINGS 6
/* The same on pairs. Those that were better by 0.005, surely, tracked worse. */
#define MIN_PAIR_GAIN 0.02f
#define MIN_PAIR_GAIN_ERRORS 2.5f
#define MAX_LOSS_ERRORS 2.f     /* of a tone */
#define MIN_TRACKLETS 6
#define MIN_SPREAD 0.5f         /* of the base model's */

/* The same pictures and pairs for every jury, and not those that are trained
 * on. */
#define SEED 2002
#define N_PICTURES 16
#define PICTURE_WIDTH 320
#define PICTURE_HEIGHT 240
#define PICTURES_SIZE ((size_t) N_PICTURES * PICTURE_WIDTH * PICTURE_HEIGHT \
    * 3 / 2)

/* Of a check: a source of pairs, a pair, and what a network works with. */
#define CHECK_SIZE ((size_t) 11 << 20)
/* Of a rehearsal: a tracker with its workshop. */
#define REHEARSAL_SIZE ((size_t) 24 << 20)

typedef enum
{
  CHECK_BASE,
  CHECK_STREAM,
  CHECK_SYNTH,
  N_CHECKS
} CheckKind;

/* A model with what the checks say of it. */
typedef struct
{
  SstModel *model;              /* NULL: none */
  gboolean known[N_CHECKS];
  float scores[N_CHECKS][SST_JURY_MAX_PAIRS];
  float spread;                 /* of CHECK_BASE */
  float gain;                   /* over the base on the stream's pairs, when it
                                 * was accepted */
  gboolean rehearsed;
  SstRehearsalScores rehearsal;
  SstGain track, know;          /* over the base, when it was last judged */
} Judged;

struct _SstJury
{
  guint n_pairs;                /* of a check */
  guint n_things;               /* of a rehearsal */
  SstProof proof;               /* asked of the candidate */
  Judged base, candidate;
  Judged accepted, previous;    /* accepted: no model where it is the base;
                                 * the same of the one before it */
  SstFootage *base_footage;
  SstFootage *footage;          /* the evidence; NULL: none yet */
  SstTracklets *tracklets;
  SstRehearsal *stage;          /* of these; NULL: not yet */
  guint version;
  float spread;
  SstGain tried_track, tried_know, tried_pairs; /* of the last candidate */
};

SstJury *
sst_jury_new (SstModel * base, guint n_pairs, guint n_things)
{
  SstJury *jury = g_new0 (SstJury, 1);

  jury->n_pairs = CLAMP (n_pairs, 2, SST_JURY_MAX_PAIRS);
  jury->n_things = n_things;
  jury->base.model = sst_model_ref (base);
  jury->base_footage = sst_footage_new ();
  return jury;
}

void
sst_jury_forget (SstJury * jury)
{
  sst_rehearsal_free (&jury->stage);
  sst_footage_free (&jury->footage);
  sst_tracklets_free (&jury->tracklets);
}

void
sst_jury_free (SstJury ** jury)
{
  SstJury *const j = *jury;

  if (j == NULL)
    return;
  sst_jury_forget (j);
  sst_footage_free (&j->base_footage);
  sst_model_unref (j->base.model);
  sst_model_unref (j->candidate.model);
  sst_model_unref (j->accepted.model);
  sst_model_unref (j->previous.model);
  g_clear_pointer (jury, g_free);
}

/* Replaces what is there; takes over the reference. */
static void
set_judged (Judged * judged, Judged other)
{
  sst_model_unref (judged->model);
  *judged = other;
}

void
sst_jury_bring (SstJury * jury, SstModel * candidate, SstProof proof,
    guint version, SstFootage * footage, SstTracklets * tracklets)
{
  Judged *const all[] = { &jury->base, &jury->accepted, &jury->previous };

  set_judged (&jury->candidate, (Judged) {
      .model = sst_model_ref (candidate) });
  jury->proof = proof;
  if (jury->footage != NULL && jury->version == version) {
    sst_footage_free (&footage);
    sst_tracklets_free (&tracklets);
    return;
  }
  sst_jury_forget (jury);
  jury->version = version;
  jury->footage = footage;
  jury->tracklets = tracklets;
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    all[i]->known[CHECK_STREAM] = all[i]->known[CHECK_SYNTH] =
        all[i]->rehearsed = FALSE;
}

void
sst_jury_dismiss (SstJury * jury)
{
  set_judged (&jury->candidate, (Judged) { .model = NULL });
}

/* Few of them say more about themselves than about the stream. */
static gboolean
has_tracklets (const SstJury * jury)
{
  return sst_tracklets_length (jury->tracklets) >= MIN_TRACKLETS;
}

/* Runs a check of a model unless it is known. Returns TRUE where it took time:
 * verdict is set. */
static gboolean
run_check (SstJury * jury, Judged * judged, CheckKind kind, SstPace * pace,
    SstVerdict * verdict)
{
  const SstTone tone = sst_tone_or_neutral (sst_model_tone (judged->model));
  SstCheck *check;

  if (judged->known[kind] || (kind == CHECK_STREAM && !has_tracklets (jury)))
    return FALSE;
  if (kind != CHECK_BASE)
    sst_footage_see (jury->footage, &tone);
  /* made for each run, so that only one at a time takes memory */
  check = sst_check_new (kind == CHECK_BASE ? jury->base_footage
      : jury->footage, kind == CHECK_STREAM ? jury->tracklets : NULL, SEED,
      jury->n_pairs);
  judged->known[kind] = sst_check_run (check, judged->model, pace,
      judged->scores[kind], kind == CHECK_BASE ? &judged->spread : NULL);
  sst_check_free (&check);
  *verdict = judged->known[kind] ? SST_VERDICT_OPEN : SST_VERDICT_STOPPED;
  return TRUE;
}

/* Whether there are enough things to judge by. */
static gboolean
has_things (SstJury * jury)
{
  if (jury->stage == NULL)
    jury->stage = sst_rehearsal_new (jury->footage, jury->tracklets,
        jury->n_things);
  return sst_rehearsal_n_tracks (jury->stage) >= MIN_THINGS
      || sst_rehearsal_n_known (jury->stage) >= MIN_THINGS;
}

/* The same of a rehearsal. */
static gboolean
run_rehearsal (SstJury * jury, Judged * judged, SstPace * pace,
    SstVerdict * verdict)
{
  const SstTone tone = sst_tone_or_neutral (sst_model_tone (judged->model));

  if (judged->rehearsed)
    return FALSE;
  sst_footage_see (jury->footage, &tone);
  judged->rehearsed = sst_rehearsal_run (jury->stage, judged->model,
      pace, &judged->rehearsal);
  *verdict = judged->rehearsed ? SST_VERDICT_OPEN : SST_VERDICT_STOPPED;
  return TRUE;
}

/* Of b over a, which both had the present rehearsal. */
static SstGain
gain_of (const float *a, const float *b, guint n)
{
  SstGain gain = { .n = n };
  float error;

  if (n == 0)
    return gain;
  gain.gain = sst_check_compare (a, b, n, &error);
  gain.error = error;
  return gain;
}

static SstGain
track_gain (const SstJury * jury, const Judged * a, const Judged * b)
{
  return gain_of (a->rehearsal.track, b->rehearsal.track,
      sst_rehearsal_n_tracks (jury->stage));
}

static SstGain
know_gain (const SstJury * jury, const Judged * a, const Judged * b)
{
  return gain_of (a->rehearsal.know, b->rehearsal.know,
      sst_rehearsal_n_known (jury->stage));
}

/* Fewer things say more about themselves than about the place. */
static gboolean
is_better (const SstGain * gain, float least)
{
  return gain->n >= MIN_THINGS && gain->gain > least
      && gain->gain > MIN_GAIN_ERRORS * gain->error;
}

static gboolean
is_worse (const SstGain * gain)
{
  return gain->n >= MIN_THINGS && !(gain->gain >= -MAX_WEIGHTS_LOSS_ERRORS
      * gain->error);
}

static float
mean_of (const float *scores, guint n)
{
  float sum = 0.f;

  for (guint i = 0; i < n; i++)
    sum += scores[i];
  return sum / n;
}

/* Gain of b over a on what the stream showed. */
static float
stream_gain (const SstJury * jury, const Judged * a, const Judged * b,
    float *error)
{
  const guint n = jury->n_pairs;
  const guint n_real = has_tracklets (jury) ? n : 0;
  const Judged *const judged[] = { a, b };
  float scores[2][2 * SST_JURY_MAX_PAIRS];

  for (int i = 0; i < 2; i++) {
    memcpy (scores[i], judged[i]->scores[CHECK_SYNTH],
        n * sizeof (float));
    memcpy (scores[i] + n, judged[i]->scores[CHECK_STREAM],
        n_real * sizeof (float));
  }
  return sst_check_compare (scores[0], scores[1], n + n_real, error);
}

/* The candidate becomes the accepted model. */
static SstVerdict
accept (SstJury * jury)
{
  set_judged (&jury->previous, jury->accepted);
  jury->accepted = jury->candidate;
  jury->candidate.model = NULL;
  return SST_VERDICT_ACCEPTED;
}

static gboolean
is_proved (SstJury * jury, const Judged * accepted)
{
  float error;
  const float gain = stream_gain (jury, accepted, &jury->candidate, &error);

  jury->tried_pairs = (SstGain) { gain, error, jury->n_pairs
        * (has_tracklets (jury) ? 2 : 1) };

  /* so that what is not a number fails */
  return jury->proof == SST_PROOF_BETTER
      ? gain > MIN_PAIR_GAIN && gain > MIN_PAIR_GAIN_ERRORS * error
      : gain >= -MAX_LOSS_ERRORS * error;
}

/* The next part of judging by pairs of the stream. */
static SstVerdict
judge_pairs (SstJury * jury, Judged * accepted, SstPace * pace)
{
  Judged *const candidate = &jury->candidate, *const base = &jury->base;
  SstVerdict verdict;

  if (run_check (jury, accepted, CHECK_STREAM, pace, &verdict)
      || run_check (jury, accepted, CHECK_SYNTH, pace, &verdict)
      || run_check (jury, candidate, CHECK_STREAM, pace, &verdict)
      || run_check (jury, candidate, CHECK_SYNTH, pace, &verdict))
    return verdict;
  if (!is_proved (jury, accepted)) {
    sst_jury_dismiss (jury);
    return SST_VERDICT_NO_BETTER;
  }
  /* for its gain over the base, which is only reported */
  if (run_check (jury, base, CHECK_STREAM, pace, &verdict)
      || run_check (jury, base, CHECK_SYNTH, pace, &verdict))
    return verdict;
  candidate->gain = stream_gain (jury, base, candidate, NULL);
  candidate->track = accepted->track;
  candidate->know = accepted->know;
  return accept (jury);
}

/* Whether what things do speaks for the candidate. */
static gboolean
is_proved_by_things (const SstJury * jury)
{
  const SstGain *const track = &jury->tried_track, *const know =
      &jury->tried_know;

  return !is_worse (track) && !is_worse (know)
      && (jury->proof == SST_PROOF_HOLDS || is_better (track, MIN_TRACK_GAIN)
      || is_better (know, MIN_KNOW_GAIN));
}

/* The next part of judging by what things do. */
static SstVerdict
judge_things (SstJury * jury, Judged * accepted, SstPace * pace)
{
  Judged *const candidate = &jury->candidate, *const base = &jury->base;
  SstVerdict verdict;

  if (run_rehearsal (jury, base, pace, &verdict)
      || run_rehearsal (jury, accepted, pace, &verdict))
    return verdict;
  if (accepted != base) {
    accepted->track = track_gain (jury, base, accepted);
    accepted->know = know_gain (jury, base, accepted);
    if (is_worse (&accepted->track) || is_worse (&accepted->know)) {
      sst_jury_reset (jury);
      return SST_VERDICT_REVOKED;
    }
  }
  if (run_rehearsal (jury, candidate, pace, &verdict))
    return verdict;
  jury->tried_track = track_gain (jury, accepted, candidate);
  jury->tried_know = know_gain (jury, accepted, candidate);
  candidate->track = track_gain (jury, base, candidate);
  candidate->know = know_gain (jury, base, candidate);
  if (!is_proved_by_things (jury)) {
    sst_jury_dismiss (jury);
    return SST_VERDICT_NO_BETTER;
  }
  candidate->gain = accepted->gain;
  return accept (jury);
}

SstVerdict
sst_jury_work (SstJury * jury, SstPace * pace)
{
  Judged *const candidate = &jury->candidate, *const base = &jury->base;
  Judged *const accepted = jury->accepted.model != NULL ? &jury->accepted
      : base;
  SstVerdict verdict;
  float gain;

  if (!sst_pattern_fill (jury->base_footage, SEED, N_PICTURES, PICTURE_WIDTH,
          PICTURE_HEIGHT, pace))
    return SST_VERDICT_STOPPED;
  if (run_check (jury, base, CHECK_BASE, pace, &verdict)) {
    jury->spread = base->spread;
    return verdict;
  }
  if (candidate->model == NULL)
    return SST_VERDICT_NONE;
  if (run_check (jury, candidate, CHECK_BASE, pace, &verdict)) {
    jury->spread = candidate->spread;
    return verdict;
  }
  gain = sst_check_compare (base->scores[CHECK_BASE],
      candidate->scores[CHECK_BASE], jury->n_pairs, NULL);
  /* so that what is not a number fails */
  if (!(gain >= -MAX_LOSS)
      || !(candidate->spread >= MIN_SPREAD * base->spread)) {
    sst_jury_dismiss (jury);
    return SST_VERDICT_WORSE;
  }
  if (jury->proof == SST_PROOF_NONE)
    return accept (jury);
  return jury->proof != SST_PROOF_NOT_WORSE && has_things (jury)
      ? judge_things (jury, accepted, pace)
      : judge_pairs (jury, accepted, pace);
}

SstModel *
sst_jury_accepted (const SstJury * jury)
{
  return jury->accepted.model != NULL ? jury->accepted.model
      : jury->base.model;
}

void
sst_jury_roll_back (SstJury * jury)
{
  sst_jury_dismiss (jury);
  set_judged (&jury->accepted, jury->previous);
  jury->previous = (Judged) { .model = NULL };
}

void
sst_jury_reset (SstJury * jury)
{
  for (int i = 0; i < SST_JURY_MAX_ROLLBACKS; i++)
    sst_jury_roll_back (jury);
  sst_jury_forget (jury);
}

void
sst_jury_get_scores (const SstJury * jury, SstJuryScores * scores)
{
  const Judged *const accepted = jury->accepted.model != NULL ?
      &jury->accepted : &jury->base;

  *scores = (SstJuryScores) {
    .base_score = mean_of (jury->base.scores[CHECK_BASE], jury->n_pairs),
    .score = mean_of (accepted->scores[CHECK_BASE], jury->n_pairs),
    .stream_gain = accepted->gain,
    .track = accepted->track,
    .know = accepted->know,
    .spread = jury->spread,
    .tried_track = jury->tried_track,
    .tried_know = jury->tried_know,
    .tried_pairs = jury->tried_pairs
  };
}

size_t
sst_jury_size (const SstJury * jury)
{
  const SstNetwork *const network = sst_model_network (jury->base.model);
  const size_t model = sizeof (float) * (2 * sst_network_n_parameters (network)
      + sst_network_kernels_size (network, FALSE));

  return CHECK_SIZE + REHEARSAL_SIZE + 2 * model + PICTURES_SIZE;
}
