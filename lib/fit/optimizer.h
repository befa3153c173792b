/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Optimizer (internal): AdamW with clipping (Loshchilov and Hutter, "Decoupled
 * Weight Decay Regularization", 2019), and a running mean of the parameters
 * (Polyak averaging), which is the one that gets shipped.
 *
 * Thread-safety: belongs to one thread at a time. */

#pragma once

#include "fit/span.h"

G_BEGIN_DECLS

typedef struct
{
  size_t n;                     /* parameters */
  float *parameters;            /* being trained */
  float *mean;                  /* the running mean */
  float *first, *second;        /* moments of the gradient */
  float *decay;                 /* 1 where weight decay applies, else 0 */
  guint64 step;                 /* steps taken */
  GArray *trained;              /* of SstSpan: the others stay as they are */
  const float *anchor;          /* the caller's: the first n_anchored
                                 * parameters are drawn to it, each step by
                                 * rate x pull of the way (L2-SP, decoupled as
                                 * weight decay is; Li et al., "Explicit
                                 * Inductive Bias for Transfer Learning", 2018) */
  size_t n_anchored;
  float pull;
} SstOptimizer;

/* Starts from a copy of the parameters; all are trained, none decays (see decay)
 * or is anchored. */
SstOptimizer *sst_optimizer_new (size_t n, const float *parameters);
void sst_optimizer_free (SstOptimizer ** optimizer);

/* Trains nothing but these parameters from now on; spans are in order and apart,
 * and copied. The gradient's norm is theirs as well. */
void sst_optimizer_train_only (SstOptimizer * optimizer,
    const SstSpan * spans, guint n);

/* One step against the gradient. clip: largest norm of the gradient, which is
 * shrunk to it. ema: share of the running mean that a step keeps, less in the
 * first steps. Returns the norm before clipping; where it is not finite, nothing
 * was changed. */
float sst_optimizer_step (SstOptimizer * optimizer, const float *gradient,
    float rate, float weight_decay, float clip, float ema);

/* Moves the first n parameters, and their mean, by share (0..1) of the way to
 * those given; at 1 they are copied, and the moments of all forgotten. */
void sst_optimizer_pull (SstOptimizer * optimizer, const float *parameters,
    size_t n, float share);

G_END_DECLS
