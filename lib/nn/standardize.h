/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Standardize: standardised kernels, in the place of batch normalisation.
 *
 * Scaled weight standardisation (Qiao et al., "Micro-Batch Training with
 * Batch-Channel Normalization and Weight Standardization", 2019; Brock et al.,
 * "Characterizing Signal Propagation to Close the Performance Gap in
 * Unnormalized ResNets", 2021): the weights w of an output channel become
 *
 *   gain * gamma * (w - mean (w)) / (sqrt (var (w) + 1e-6) * sqrt (n)),
 *
 * n weights a channel, gamma = sqrt (2 / (1 - 1 / pi)) for a rectifier. It keeps
 * the scale of activations without any statistics of the data: nothing to freeze
 * or to go stale on a stream, and it folds into the weights once.
 *
 * Thread-safety: pure functions. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* weights: channels x n. gain: channels floats. out: channels x n. */
void sst_standardize_forward (int channels, int n, const float *weights,
    const float *gain, float *out);

/* Adds the gradients of weights and gain; dout is that of out. */
void sst_standardize_backward (int channels, int n, const float *weights,
    const float *gain, const float *dout, float *dweights, float *dgain);

G_END_DECLS
