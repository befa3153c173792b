/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Recognition (internal): whether what was found is the lost target again.
 *
 * A look is judged by three things together: the answers of the network and of
 * the on-line model, and how much it is like the target's gallery. The weights
 * are a logistic model, fitted on data/dev (docs/lab/identity.md). Things that
 * look alike in one frame need not in the next: so a claim is on trial, a
 * sequential probability ratio test (Wald 1945), until its frames together
 * speak for it or against it. A wrong claim costs more than silence: it takes
 * more to hold than to fail.
 *
 * Thread-safety: plain values; one thread at a time. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  float score, quality;         /* of the network at the peak, 0..1 */
  float response;               /* of the on-line model, over its usual one */
  float portrait;               /* likeness with the gallery, -1..1 */
} SstEvidence;

/* P (it is the target), 0..1. */
float sst_recognition_probability (const SstEvidence * evidence);

typedef enum
{
  SST_TRIAL_OPEN,
  SST_TRIAL_HELD,
  SST_TRIAL_FAILED,
} SstTrialState;

typedef struct
{
  guint n_looks;
  float odds;                   /* logarithm */
} SstTrial;

/* A claim of that probability; near: where the target was lost, where it is
 * likelier than anywhere else. */
void sst_trial_start (SstTrial * trial, float probability, gboolean near);

/* Another frame's. */
SstTrialState sst_trial_add (SstTrial * trial, float probability);

G_END_DECLS
