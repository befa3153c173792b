/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* BCE (internal): binary cross entropy of logits, balanced between the classes. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* 1 / (1 + exp (-logit)) */
float sst_sigmoid (float logit);

/* log (1 + exp x), without overflow. */
float sst_softplus (float x);

/* L = 1/2 mean over positives of log (1 + exp (-l)) + 1/2 mean over negatives of
 * log (1 + exp l), so that few positives weigh as much as many negatives.
 *
 * targets: > 0 positive, 0 negative, < 0 ignored. weights: n, >= 0, of the means;
 * or NULL. A class without members adds nothing. dlogits: the derivatives,
 * overwritten, 0 where ignored; may be logits itself. */
float sst_balanced_bce (const float *logits, const float *targets,
    const float *weights, int n, float *dlogits);

G_END_DECLS
