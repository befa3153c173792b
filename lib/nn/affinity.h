/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Affinity (internal): how alike the cells of two feature maps are.
 *
 * The arithmetic that frame reconstruction (fit/reconstruct.h) and the cluster
 * sampler (mask/cluster.h) share. Maps are planes [C][n], n cells in rows of the map
 * one after the other.
 *
 *   u_i = f_i / sqrt (|f_i|^2 + e)         e: SST_AFFINITY_EPSILON
 *   S_ij = <u_i, v_j>                      the cosine, -1..1
 *   A_ij = exp (S_ij / tau) / sum_j' exp (S_ij' / tau)
 *
 * (Lai, Lu and Xie, "MAST", arXiv 2002.07793, equation 1; Jabri, Owens and
 * Efros, arXiv 2006.14613, equation 1.)
 *
 * Thread-safety: pure functions. Deterministic. They allocate nothing. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SST_AFFINITY_EPSILON 1e-6f

/* unit: [C][n], may be planes itself. inverse_norm: n floats,
 * 1 / sqrt (|f|^2 + e). */
void sst_affinity_normalize (const float * planes, int channels, int n,
    float * unit, float * inverse_norm);

/* Adds to dplanes the gradient of the planes, given the one of unit:
 *   df = (du - u <u, du>) / sqrt (|f|^2 + e).
 * dot: n floats of scratch. */
void sst_affinity_normalize_backward (const float * unit,
    const float * inverse_norm, const float * dunit, int channels, int n,
    float * dot, float * dplanes);

/* sums[i, j] = <u_i, v_j>: n x m floats in rows of m. */
void sst_affinity_cosines (const float * u, int n, const float * v, int m,
    int channels, float * cosines);

/* Turns a row of m scores, which are divided by temperature first, into shares
 * that sum to 1. A score of SST_AFFINITY_NEVER gets none; a row of nothing else
 * becomes zeros. Returns whether any has a share. exp() is a polynomial with a
 * relative error of 2e-7. */
gboolean sst_affinity_softmax (float * row, int m, float temperature);

#define SST_AFFINITY_NEVER (-1e30f)

/* d scores = shares (dshares - sum_j shares_j dshares_j) / temperature, in
 * place of dshares. */
void sst_affinity_softmax_backward (const float * shares, int m,
    float temperature, float * dshares);

/* mean over j of exp ((cosine_j - 1) / temperature), 0..1: the kernel density
 * of m cells about one. */
float sst_affinity_density (const float * cosines, int m, float temperature);

G_END_DECLS
