/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Learner, for its own sources (internal): the parts that they share.
 *
 *   learner.c          life, what any thread may ask
 *   learner_streams.c  the streams' side
 *   learner_work.c     the worker: mines, trains and has it judged
 *
 * A learner is three things, one for each kind of thread. */

#pragma once

#include <sstrack/learner.h>

#include "fit/trainer.h"
#include "stream/gather.h"
#include "stream/intake.h"
#include "stream/jury.h"
#include "stream/replay.h"
#include "stream/toning.h"
#include "stream/turns.h"

G_BEGIN_DECLS

/* Any thread's, under the lock. */
typedef struct
{
  GMutex lock;
  GCond changed;
  SstLearnerParams params;
  SstLearnerStats stats;
  SstModel *published;
  SstTurns turns;               /* of the streams */
  SstWindow *ready;             /* NULL: the worker wants one */
  size_t fixed_size, filling_size, ready_size, mining_size, replay_size;
  SstTime watched;              /* of the stream, so far; of several, of the one that
                                 * is watched longest */
  SstTime reset_at;             /* watched at the last soft reset */
  guint n_take_back;            /* accepted models, asked for */
  gboolean reset;               /* asked for */
  gboolean woken;
} SstLearnerShared;

/* The worker's. */
typedef struct
{
  SstModel *base;
  SstJury *jury;
  SstTrainer *trainer;          /* NULL: there was nothing to do yet */
  SstGather *gather;
  SstWindowJudge *judge;
  SstReplay *replay;
  SstToning *toning;
  SstWindow *mining;            /* taken, not done with */
  gboolean judged;              /* it, and found good */
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
  SstProof proof;               /* asked of the model that was brought last:
                                 * BETTER of weights, NONE of a tone that goes
                                 * back */
  SstModel *softened;           /* the accepted one after a soft reset; NULL:
                                 * none since then */
} SstLearnerWorker;

/* A stream's. */
struct _SstLearnerStream
{
  SstTurn turn;                 /* under the lock; comes first */
  SstLearner *learner;
  SstIntake *intake;            /* the stream's thread */
  /* Under the lock. */
  gboolean by_params;           /* goes by the learner's params, not by these: */
  SstLearnFrom from;
  SstLearnPause paused_when;
  SstTime watched;              /* as the learner's when it came, and since then */
  guint64 taken;
};

struct _SstLearner
{
  SstLearnerShared shared;
  SstLearnerStream *own;        /* the stream's thread; NULL: none was shown */
  SstLearnerWorker worker;
};

/* Puts what a stream says of itself in the place of what params say. Under the
 * lock. */
void sst_learner_heed_stream (const SstLearner * learner, guint number,
    SstLearnerParams * params);

/* Whether a soft reset is due. Under the lock. */
gboolean sst_learner_reset_is_due (const SstLearner * learner);

/* Whether somebody else has something for the worker. Under the lock. */
gboolean sst_learner_is_asked (const SstLearner * learner);

G_END_DECLS
