/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Trainer, for its own sources (internal): the parts that they share. Names are
 * short, as nobody else includes this.
 *
 *   trainer.c              life, pairs, a step
 *   trainer_checkpoint.c   a run that is left and goes on */

#pragma once

#include "base/crew.h"
#include "fit/auxiliary.h"
#include "fit/box_loss.h"
#include "fit/forward.h"
#include "fit/optimizer.h"
#include "fit/trainer.h"
#include "footage/synth.h"

G_BEGIN_DECLS

/* A batch is shared out to at most this many lanes, whatever the number of
 * threads, and their gradients are summed in order: the same sums on every
 * machine. */
#define MAX_LANES 16

/* One pair of the batch on its way forward and back. Without auxiliary losses a
 * pair is done with before its lane takes the next: its buffers are then the
 * lane's, that is those of its first item. */
typedef struct
{
  SstPair pair;
  float *trace[2];              /* by role */
  float *doutput, *dcells;
  float *dfeatures[2];          /* by role */
  float *middle[2];             /* by role; NULL where there are no other
                                 * ranks */
  SstRandom random;
  SstBoxTerms terms;
  float mask, iou;
} Item;

/* What one job works with. */
typedef struct
{
  SstSynth *synth;
  SstTrackletSampler *tracklets;
  SstForward *forward;          /* NULL: no forward tracking */
  const float *kernels;         /* the trainer's */
  float *workspace;
  float *dkernels;
} Lane;

struct _SstTrainer
{
  SstTrainerParams params;
  SstNetworkConfig config;
  SstNetwork *network;
  SstAuxiliary *auxiliary;      /* NULL: none of its terms has a weight */
  SstOptimizer *optimizer;      /* of the network's parameters, then of the
                                 * auxiliary losses' */
  size_t n;                     /* parameters of the network */
  float *start;                 /* they were so at first */
  float *kernels, *dparameters;
  Lane lanes[MAX_LANES];
  guint n_lanes;
  guint n_place;                /* first clips, of one place */
  guint n_mine, first;          /* pairs of the batch that are this rank's, and
                                 * the first one's number in it */
  Item *items;                  /* n_mine of them */
  float sums[8];                /* of the report, over the ranks */
  guint n_buffers;              /* of the first so many the buffers are their
                                 * own */
  SstCrew *crew;
  guint64 step;                 /* also counts steps left out */
  float progress;               /* of the step being made */
  gboolean stopped;             /* it, by the pace */
};

G_END_DECLS
