/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Contrast (internal): losses that pull two views of a thing together and push
 * everything else away.
 *
 * s (a, b) = a . b / tau, of vectors of unit length; nothing here normalises, and
 * the gradients are those with respect to the vectors as given, for the
 * network's own normalisation to pass on. A loss is the mean over the rows of a
 * batch, weighted by SstEmbeddings.weights.
 *
 * Gradients are added to the arrays given, times scale; the value returned is not
 * scaled. Sums are in a fixed order.
 *
 * Thread-safety: pure functions; every thread brings its own scratch. */

#pragma once

#include "fit/queue.h"

G_BEGIN_DECLS

/* Instance contrast: normalised-temperature cross entropy (Chen et al., SimCLR,
 * 2020; in SSTrack, Zheng et al., 2025, over targets pooled in two views, tau
 * 0.5). With the 2 n vectors x = u_0 .. u_n-1, v_0 .. v_n-1 and p (i) the other
 * view of x_i,
 *
 *   l_i = -log (exp s (x_i, x_p(i)) / sum_k exp s (x_i, x_k)),
 *
 * k over p (i) and all vectors of other sources, or that show surely other things.
 * A row with no negatives is left
 * out; the loss is 0 if all are.
 *
 * u, v, du, dv: n x dim. scratch: sst_nt_xent_scratch_size (n, dim) floats. */
float sst_nt_xent (const SstEmbeddings * batch, const float *u, const float *v,
    float tau, float scale, float *du, float *dv, float *scratch);

size_t sst_nt_xent_scratch_size (int n, int dim);

/* InfoNCE (van den Oord et al., 2018; He et al., MoCo, 2020), tau 0.07 to 0.2:
 *
 *   l_i = -log (exp s (q_i, k_i) / (exp s (q_i, k_i) + sum_m exp s (q_i, n_m))),
 *
 * n_m over the entries of the queue that come from another source. With the other
 * view of the same thing for k this is the intra term of IIVCL (Fan et al.,
 * 2023), with the nearest neighbour from other sources its inter term: L = L_intra
 * + lambda L_inter, lambda rising from 0 as neighbours become true.
 *
 * queries, positives, dqueries: n x dim. dpositives: likewise, or NULL where
 * positives are constants, as from an averaged network or the queue. matches: n,
 * the entry of the queue that is the positive itself and so no negative, -1: none;
 * or NULL: none at all. A row with no negatives is left out.
 * scratch: sst_info_nce_scratch_size (queue, n) floats. */
float sst_info_nce (const SstEmbeddings * batch, const float *queries,
    const float *positives, const SstQueue * queue, const int *matches,
    float tau, float scale, float *dqueries, float *dpositives, float *scratch);

size_t sst_info_nce_scratch_size (const SstQueue * queue, int n);

G_END_DECLS
