/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Mask loss (internal): how wrong the network's mask of a search region is, with
 * its gradient.
 *
 * The cross-entropy of the mask's logits z with how much of each cell is target,
 * m in 0..1, in which the target weighs as much as all that is not:
 *
 *   L = (sum m log (1 + e^-z) / sum m + sum (1 - m) log (1 + e^z) / sum (1 - m)) / 2
 *
 * Thread-safety: pure function. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns L. logits, mask: n floats. scale: of the gradient. dlogits:
 * overwritten. Without any target the first half is 0. */
float sst_mask_loss (const float *logits, const float *mask, int n,
    float scale, float *dlogits);

G_END_DECLS
