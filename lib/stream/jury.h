/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Jury (internal): decides which snapshots of a network in training are accepted.
 *
 * A candidate has to pass the check of
 *
 *   base    synthetic pairs of pictures that belong to no stream (check.h,
 *           pattern.h): on the mean at most 0.005 worse than the base model, and
 *           its templates no more alike than twice the base model's (collapse)
 *
 * and, on the windows held out, weights are judged by what they are used for
 * (rehearsal.h), thing by thing, with the standard error of the mean of the
 * differences:
 *
 *   track   the cycle IoU of things that are followed there and back, and
 *   know    recall@1 among things seen together: in one of the two it has to be
 *           better than the last accepted model, by more than two standard errors
 *           and 0.01 (track) or 0.02 (know), in neither worse by more than one
 *
 * What was accepted stays under watch: where it is worse than the base by more than
 * one standard error on the windows that are there when the next candidate is
 * judged, it is revoked.
 *
 * Where there are fewer than six things for both, weights are judged by pairs:
 *
 *   stream  pairs of tracklets held out (six or more), and
 *   synth   synthetic pairs of their pictures: both together better than the last
 *           accepted model, by more than 0.02 of IoU and 2.5 standard errors of the
 *           mean of the differences, pair by pair
 *
 * So is a candidate with the weights of the accepted model and another tone
 * (tone.h), and then "better" is "not worse by more than two standard errors": a
 * tone is not found by trying, but follows from thousands of pictures, and that it
 * helps over long tracks does not show in all pairs. A tone that only goes back to
 * that of the base need not be good on the stream.
 *
 * It remembers the model accepted before the last, to go back to. A check takes
 * a second or so, and judging is done a check at a time.
 *
 * Thread-safety: belongs to one thread at a time. */

#pragma once

#include <sstrack/pace.h>

#include "footage/footage.h"
#include "footage/tracklet.h"
#include "model/model_private.h"
#include "stream/rehearsal.h"

G_BEGIN_DECLS

typedef enum
{
  SST_VERDICT_NONE,             /* nobody is there to be judged */
  SST_VERDICT_OPEN,             /* a check was run, there is more to do */
  SST_VERDICT_STOPPED,          /* the pace said stop; the check starts anew */
  SST_VERDICT_ACCEPTED,
  SST_VERDICT_NO_BETTER,        /* not surely better than the accepted model */
  SST_VERDICT_WORSE,            /* worse on the base pairs, or collapsed */
  SST_VERDICT_REVOKED,          /* the accepted model is: it is worse than the base,
                                 * which is the accepted one again; the candidate
                                 * is dropped */
} SstVerdict;

/* How much better than the base a model is, over so many things. */
typedef struct
{
  double gain, error;           /* mean and its standard error */
  guint n;                      /* 0: nothing is known */
} SstGain;

typedef struct
{
  double base_score;            /* base pairs, the base model; 0: not yet known */
  double score;                 /* the same, the accepted model */
  double stream_gain;           /* held-out pairs, the accepted model over the
                                 * base, when it was accepted by these; 0 for the
                                 * base, and one that had nothing to prove */
  SstGain track, know;          /* of the accepted model, when it was last judged */
  double spread;                /* of the last candidate on the base pairs */
  SstGain tried_track, tried_know;      /* of the last candidate that was judged by
                                         * them, over the accepted model; n 0: none
                                         * was */
  SstGain tried_pairs;          /* the same by pairs of the stream */
} SstJuryScores;

/* The conditions that a candidate has to meet on the stream. */
typedef enum
{
  SST_PROOF_BETTER,             /* weights */
  SST_PROOF_NOT_WORSE,          /* a tone */
  SST_PROOF_HOLDS,              /* weights of others, in a place that did not make
                                 * them: by what things do not worse than the
                                 * accepted model by more than one standard error;
                                 * by pairs as a tone */
  SST_PROOF_NONE,               /* the base pairs are all */
} SstProof;

typedef struct _SstJury SstJury;

#define SST_JURY_MAX_PAIRS 256
#define SST_JURY_MAX_ROLLBACKS 2

/* Makes a jury; base is the first accepted model. n_pairs: of a check, 2 ..
 * SST_JURY_MAX_PAIRS; n_things: that are followed, and known, at most, up
 * to SST_REHEARSAL_MAX_THINGS; few take less time, and let chance decide. The pictures
 * of the base pairs are made by the first sst_jury_work(), in a few tenths of a
 * second. */
SstJury *sst_jury_new (SstModel * base, guint n_pairs, guint n_things);
void sst_jury_free (SstJury ** jury);

/* Brings a model to be judged with the windows held out now, in place of one whose
 * judging is not over; takes a reference. It is of the base's configuration.
 *
 * footage: a clip at least; tracklets: may be none; they become the jury's. A
 *     model sees the evidence's pictures with its tone. The same evidence as before
 *     has the same version, and is dropped. */
void sst_jury_bring (SstJury * jury, SstModel * candidate, SstProof proof,
    guint version, SstFootage * footage, SstTracklets * tracklets);

/* Lets go of the windows that were brought to judge with. Not while somebody is
 * judged. */
void sst_jury_forget (SstJury * jury);

/* Drops the candidate. */
void sst_jury_dismiss (SstJury * jury);

/* Runs the next check: the base's own first, then the candidate's. Where the
 * verdict is one, the candidate is gone. pace may be NULL; it is asked between
 * pictures and pairs. */
SstVerdict sst_jury_work (SstJury * jury, SstPace * pace);

/* The model accepted last; it belongs to the jury. */
SstModel *sst_jury_accepted (const SstJury * jury);

/* Accepts again the model that was accepted before the last, or the base; or
 * the base, and forgets. Drops the candidate. After SST_JURY_MAX_ROLLBACKS it
 * is the base in any case. */
void sst_jury_roll_back (SstJury * jury);
void sst_jury_reset (SstJury * jury);

void sst_jury_get_scores (const SstJury * jury, SstJuryScores * scores);

/* Bytes of its pictures, those brought left out, of scratch memory, and of two
 * models: the base and the one accepted are others' as well. */
size_t sst_jury_size (const SstJury * jury);

G_END_DECLS
