/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Pose (internal): two questions about pairs of embeddings that video answers by
 * itself (Sümer, Dencker and Ommer, 2017): spatial placement, whether a crop
 * belongs to the target, and temporal ordering, whether two crops of a target
 * are close in time. At run time the first says whether the target is there, the
 * second whether a template has grown stale.
 *
 * Both compare embeddings of one network (Siamese), of dim floats and unit
 * length, with a small head. The parameters of a head are one array that the
 * caller owns, gradients another of the same layout; sst_*_specs() name the
 * tensors in it, in their order and with nothing between, for optimiser and
 * model file, and return the floats of all.
 *
 * Losses are balanced between the two answers (bce.h). Gradients are added to
 * the arrays given, times scale; the value returned is not scaled.
 *
 * Thread-safety: pure functions; every thread brings its own scratch. */

#pragma once

#include <sstrack/weights.h>

#include "base/random.h"
#include "fit/queue.h"

G_BEGIN_DECLS

/* Placement: logit = sum_j a_j u_j w_j + b, a cosine that knows which dimensions
 * tell targets apart; u of the template, w of a crop. */

#define SST_PLACEMENT_N_TENSORS 2

/* Overlap with the target from which on a crop belongs to it, and up to which it
 * doesn't. A crop between the two teaches nothing. */
#define SST_PLACEMENT_INSIDE 0.6f
#define SST_PLACEMENT_OUTSIDE 0.3f

size_t sst_placement_specs (int dim,
    SstTensorSpec specs[SST_PLACEMENT_N_TENSORS]);

/* a = 10, b = -5: the cosine at first, undecided at 0.5. */
void sst_placement_init (int dim, float *params);

/* The crops that are compared with the targets of a batch. */
typedef struct
{
  int n, dim;
  const int *targets;           /* n: row of u that a crop is compared with; NULL:
                                 * the row of the crop itself */
  const float *ious;            /* n: overlap with the target's box, 0..1; < 0:
                                 * not known, left out; 0 for all crops where the
                                 * target is absent */
  const float *weights;         /* n, >= 0, or NULL: 1 each */
} SstPlacement;

/* u, du: as many rows as targets refers to. w, dw: n x dim.
 * scratch: 2 n floats. */
float sst_placement_loss (const SstPlacement * placement, const float *params,
    const float *u, const float *w, float scale, float *dparams, float *du,
    float *dw, float *scratch);

/* How likely w is the target of u, 0..1; at training's balance of crops that
 * belong to it and crops that don't, so that 0.5 is the threshold between. */
float sst_placement_score (int dim, const float *params, const float *u,
    const float *w);

/* Ordering: a two-layer perceptron of SST_ORDERING_HIDDEN leaky rectifiers over
 * (a, b, a b), each scaled to a variance of about 1. The product is the
 * comparison, which holds for things never seen in training, where
 * concatenation alone has to learn it from examples. */

#define SST_ORDERING_HIDDEN 32
#define SST_ORDERING_N_TENSORS 4

size_t sst_ordering_specs (int dim,
    SstTensorSpec specs[SST_ORDERING_N_TENSORS]);

/* He initialisation (2015), from random; the output layer starts at 0.5 for
 * everything. */
void sst_ordering_init (int dim, SstRandom * random, float *params);

/* Which pairs are close, which are far; seconds, 0 < near < from < to. */
typedef struct
{
  float near;                   /* t1: close if |dt| is no more */
  float from, to;               /* t2, t3: far if |dt| is from one to the other;
                                 * beyond, anything may have come back */
  gboolean directed;            /* close only forward in time (dt > 0); backward
                                 * counts as far: asks for the order too */
} SstOrdering;

/* 1: close, 0: far, -1: teaches nothing. seconds: from a to b; 0, as of two views
 * of one picture, teaches nothing. recurring: what is seen comes back in the clip
 * (repetition mining), so that far in time is not different: never far. */
float sst_ordering_label (const SstOrdering * ordering, float seconds,
    gboolean recurring);

/* labels: n, as above. a, b, da, db: n x dim. The sources of the batch don't
 * matter. scratch: sst_ordering_scratch_size (n, dim) floats. */
float sst_ordering_loss (const SstEmbeddings * batch, const float *params,
    const float *a, const float *b, const float *labels, float scale,
    float *dparams, float *da, float *db, float *scratch);

/* How likely a and b are close in time, 0..1, 0.5 between.
 * scratch: sst_ordering_scratch_size (1, dim) floats. */
float sst_ordering_score (int dim, const float *params, const float *a,
    const float *b, float *scratch);

size_t sst_ordering_scratch_size (int n, int dim);

G_END_DECLS
