/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Optimizer (internal): AdamW with clipping (Loshchilov and Hutter, "Decoupled
 * Weight Decay Regularization", 2019), and a running mean of the parameters
 * (Polyak averaging), which is what gets shipped.
 *
 * Thread-safety: belongs to one thread at a time. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  size_t n;                     /* parameters */
  float *parameters;            /* being trained */
  float *mean;                  /* the running mean */
  float *first, *second;        /* moments of the gradient */
  float *decay;                 /* 1 where weight decay applies, else 0 */
  guint64 step;                 /* steps taken */
} SstOptimizer;

/* Starts from a copy of the parameters; no parameter decays (see decay). */
SstOptimizer *sst_optimizer_new (size_t n, const float *parameters);
void sst_optimizer_free (SstOptimizer ** optimizer);

/* One step against the gradient. clip: largest norm of the gradient, which is
 * shrunk to it. ema: share of the running mean that a step keeps, less in the
 * first steps. Returns the norm before clipping; where it is not finite, nothing
 * was changed. */
float sst_optimizer_step (SstOptimizer * optimizer, const float *gradient,
    float rate, float weight_decay, float clip, float ema);

G_END_DECLS
