/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Adapters (internal): the few parameters that fit a trained network to one
 * place.
 *
 * Gain and bias of each channel (Rebuffi et al., "Learning multiple visual domains
 * with residual adapters", 2017, in their smallest form; Frankle et al., "Training
 * BatchNorm and Only BatchNorm", 2021), the scales of the comparison, the matrix of
 * the embedding, and the last layer of the heads: about 0.7 % of the default
 * network. The kernels, which decide what can be seen at all, stay. So what a place
 * teaches is small, cannot take away much, and can be taken off again
 * (difference.h).
 *
 * Thread-safety: a pure function. */

#pragma once

#include "fit/span.h"
#include "model/network.h"

G_BEGIN_DECLS

/* Of all parameters, at most so many are adapters, in any network whose layers
 * are as wide as usual. */
#define SST_ADAPTERS_MAX_SHARE 0.05f

/* Where the adapters lie in the network's parameters: array of SstSpan, apart and
 * in order; the caller's (g_array_unref()). */
GArray *sst_adapters_of (const SstNetwork * network);

G_END_DECLS
