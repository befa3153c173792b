/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Learner: makes a model better with the stream that it works on, and never
 * worse.
 *
 * Pictures go in from the thread that has them, a window (a few seconds) at a
 * time, shrunk into bounded memory; where the learner has enough to do, they are
 * not even looked at. A worker mines tracklets in each window (mine.h), keeps
 * what the teacher agrees with (verify.h), trains the student (trainer.h) on
 * them, on synthetic pairs of the stream's pictures and of pictures that belong
 * to no stream (pattern.h), and now and then asks whether the result is better.
 *
 * Safeguards (methods.md, section 5):
 *   - The base model is never changed, and the loss pulls towards it.
 *   - The teacher, the student's slow mean, decides what a tracklet is worth; it
 *     alone is ever published.
 *   - A tracklet has to come back to its start (cycle consistency), to be agreed
 *     on by flow and network, to be large enough and long enough, not across a
 *     cut, not in a picture without motion, texture or sharpness.
 *   - Training draws in random order from a reservoir of windows and from the
 *     base pictures.
 *   - Steps are few, bounded in norm and slow.
 *   - Only a hundredth of the weights is trained at all, and a model says which
 *     one it was learned from ("base" in its metadata).
 *   - A snapshot is accepted where it is not worse than the base on synthetic
 *     pairs of the base pictures, and, on held-out windows of the stream, holds
 *     tracks better than the last accepted, or tells things that are seen together
 *     apart better, and does the other no worse. Where it is worse than the base,
 *     or no better eight times in a row, the weights go back to the last accepted;
 *     after three times in a row the rate is halved, and learning rests.
 *   - A model that was accepted is taken back where it is worse than the base on
 *     later windows.
 *   - Every reset_after the weights go half of the way back to the base, and so
 *     do the weights that a rollback restores, until a snapshot is accepted.
 *   - Steps with anything that is not a number are left out, and several of them
 *     roll back; so do embeddings that all look alike (collapse) and weights that
 *     went further from the base than a bound (drift).
 *   - Pictures live in memory only. The learner writes nothing.
 *
 * There are no batch statistics in this network: nothing has to be frozen.
 *
 * A learner can see several streams, of as many cameras, and makes one model that
 * is better for all of them together: they take turns in showing it a window, and each
 * has its share of what is held out. A tone is one camera's: with several, leave it off.
 *
 * Thread-safety: what shows a stream belongs to one thread (the stream's),
 * sst_learner_work() to one other (the worker's); they may run at the same time,
 * and so may several streams. Functions that say "any thread" may be called from
 * any. */

#pragma once

#include <sstrack/api.h>
#include <sstrack/frame.h>
#include <sstrack/learn.h>
#include <sstrack/model.h>
#include <sstrack/pace.h>
#include <sstrack/time.h>

G_BEGIN_DECLS

typedef enum
{
  SST_LEARN_GENTLE,             /* half of the rate */
  SST_LEARN_NORMAL,
} SstLearnProfile;

typedef struct
{
  guint64 seed;                 /* default 1 */
  SstLearnFrom from;            /* default motion and targets */
  SstLearnPause paused_when;    /* default all */
  SstLearnProfile profile;      /* default normal */
  gboolean tone;                /* whether it also finds the tone for the camera's
                                 * pictures (tone.h); default yes */
  size_t memory;                /* bytes of windows and training buffers, the
                                 * model left out; at least SST_LEARNER_MIN_MEMORY;
                                 * default 448 MiB */
  SstTime reset_after;          /* of the stream's time, jumps left out, with several
                                 * of the longest; 0 never; default 1 h */
  float learning_rate;          /* 0 (default): by the profile */
  gboolean whole;               /* whether all weights are trained; default no: the
                                 * adapters alone, a hundredth of them (gains and
                                 * biases of channels, the embedding's matrix, the
                                 * heads' last layer) */
  int batch;                    /* pairs a step; default 8; each takes 5 MB */
  guint check_steps;            /* steps from a snapshot to the next, 1 or more;
                                 * default 100 */
  guint check_pairs;            /* that a check judges by, 2..256; default 256 */
  guint check_things;           /* that are followed, and told apart, to judge by,
                                 * at most 256; fewer than 6: pairs of pictures
                                 * instead, as where fewer things move; default
                                 * 24 */
} SstLearnerParams;

#define SST_LEARNER_MIN_MEMORY ((size_t) 320 << 20)

SST_API void sst_learner_params_init (SstLearnerParams * params);

typedef struct _SstLearner SstLearner;

/* Makes a learner that starts from base; takes a reference. The worker's memory is
 * made by sst_learner_work() when there is work for the first time, in about a
 * second. */
SST_API SstLearner *sst_learner_new (const SstLearnerParams * params,
    SstModel * base);
SST_API void sst_learner_free (SstLearner ** learner);

/* Changes from, paused_when, profile, tone, reset_after and learning_rate. Any
 * thread. */
SST_API void sst_learner_set_params (SstLearner * learner,
    const SstLearnerParams * params);

/* Whether a picture of that time would be taken: a window is being filled and its
 * next picture is due, or a new window is wanted. Costs nothing: a caller that has
 * to work to get at the frame or the proposals asks first. Asked about every frame,
 * the learner knows how much of the stream has gone by, whether it wanted the frame
 * or not (reset_after). The stream's thread. */
SST_API gboolean sst_learner_wants (SstLearner * learner, SstTime time);

/* A picture of the stream; copied (shrunk) where it is wanted, otherwise only
 * counted. time: the stream's, nanoseconds; one that goes back, or jumps by more
 * than a second, ends the window. A frame of another size ends it too.
 * proposals: boxes known in this frame; n may be 0. The stream's thread. */
SST_API void sst_learner_push (SstLearner * learner, const SstFrame * frame,
    SstTime time, const SstProposal * proposals, guint n);

/* The stream is interrupted (a seek, a gap, another stream): the window ends
 * here. The stream's thread. */
SST_API void sst_learner_interrupt (SstLearner * learner);

/* One of several streams; what the three functions above do, of each. A stream
 * that stands still, or is not shown any more, does not hold up the others. */
typedef struct _SstLearnerStream SstLearnerStream;

/* Any thread. The stream goes before its learner does. */
SST_API SstLearnerStream *sst_learner_add_stream (SstLearner * learner);

/* Takes a stream out and sets *stream to NULL, which may be NULL; what was learned
 * from it stays. Any thread, the stream's having ended. */
SST_API void sst_learner_stream_free (SstLearnerStream ** stream);

/* What to learn of this stream and when not to; at first as the learner's
 * params. Any thread. */
SST_API void sst_learner_stream_set_params (SstLearnerStream * stream,
    SstLearnFrom from, SstLearnPause paused_when);

/* Pictures of this stream that were kept in a window. Any thread. */
SST_API guint64 sst_learner_stream_taken (SstLearnerStream * stream);

/* The stream's thread. */
SST_API gboolean sst_learner_stream_wants (SstLearnerStream * stream,
    SstTime time);
SST_API void sst_learner_stream_push (SstLearnerStream * stream,
    const SstFrame * frame, SstTime time, const SstProposal * proposals, guint n);
SST_API void sst_learner_stream_interrupt (SstLearnerStream * stream);

/* The result of a piece of work. */
typedef enum
{
  SST_LEARNER_IDLE,             /* there is nothing to do until more is pushed */
  SST_LEARNER_WORKED,
  SST_LEARNER_ACCEPTED,         /* there is a new published model */
  SST_LEARNER_REFUSED,          /* the snapshot was not better */
  SST_LEARNER_ROLLED_BACK,      /* a guard or a request put the weights back; the
                                 * published model may be an older one now */
  SST_LEARNER_RESET,            /* softly (reset_after), or by request: to base */
  SST_LEARNER_STOPPED,          /* the pace said stop */
} SstLearnerEvent;

/* "idle", "worked", "accepted", ... */
SST_API const char *sst_learner_event_to_string (SstLearnerEvent event);

/* Does the next piece of work, up to some seconds of time where pace (may be
 * NULL) does not interrupt it. Goes on where it was stopped or starts the piece
 * anew. The worker's thread. */
SST_API SstLearnerEvent sst_learner_work (SstLearner * learner, SstPace * pace);

/* Blocks until there may be something to do, at most timeout microseconds. The
 * worker's thread; sst_learner_wake() ends it from any. */
SST_API void sst_learner_wait (SstLearner * learner, gint64 timeout);
SST_API void sst_learner_wake (SstLearner * learner);

/* The published model, the base at first; a new reference. Any thread. */
SST_API SstModel *sst_learner_get_model (SstLearner * learner);

/* Asks the worker to publish the last but one accepted model again (the base,
 * where there is none) and to go on from there; asked twice before it comes to
 * that, it goes back twice. Or to forget all and start from the base. Takes
 * effect in the next sst_learner_work() that is not stopped. Any thread. */
SST_API void sst_learner_rollback (SstLearner * learner);
SST_API void sst_learner_reset (SstLearner * learner);

/* How much better than the base the published model is, as of when it was judged
 * last. */
typedef struct
{
  double gain;                  /* mean of so many differences */
  double error;                 /* its standard error */
  guint n;                      /* things; 0: nobody asked yet, or it is the base */
} SstLearnerGain;

typedef struct
{
  guint64 frames;               /* pushed */
  guint64 taken;                /* of those, kept in a window */
  guint64 windows;              /* filled */
  guint64 windows_refused[SST_N_REFUSED];
  guint64 tracklets;            /* accepted, to train with or held out */
  guint64 things;               /* of those, the moving ones */
  guint64 together;             /* of those, things that others were seen beside,
                                 * which surely are not the same */
  guint64 tracklets_refused[SST_N_REFUSED];
  guint64 steps, bad_steps;     /* bad: with something that is not a number */
  guint64 accepted, refused, rolled_back, resets;       /* snapshots */
  double base_score;            /* base pairs, the base model, 0..1 */
  double score;                 /* the same, the published model */
  double stream_gain;           /* held-out pairs of the stream, the published
                                 * model's tone over the base's, when it was
                                 * accepted; 0 for the base, and after a tone was
                                 * withdrawn */
  SstLearnerGain track;         /* cycle IoU of things that are followed for a second
                                 * or two and back, held out; lost: 0 */
  SstLearnerGain know;          /* share of the things seen together with others
                                 * that are known again among them, held out */
  double drift;                 /* of the student: distance of its weights from
                                 * the base's, relative to their length */
  double spread;                /* of the last snapshot checked, see check.h */
  double loss;                  /* mean of the last steps */
  gboolean resting;             /* after three rollbacks in a row */
  size_t memory;                /* bytes held now */
} SstLearnerStats;

/* Any thread. */
SST_API void sst_learner_get_stats (SstLearner * learner, SstLearnerStats * stats);

/* The learning so far as a sentence, for people who look after a camera: from how
 * many things, how many of them seen beside others, and what the published model
 * gained, with its standard error. Free with g_free(). */
SST_API char *sst_learner_describe (const SstLearnerStats * stats);

G_END_DECLS
