/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Likeness: how much every cell of a search region is like the target, and how
 * much like what is around it, wherever in the template.
 *
 * With c_kj the cosine of template cell k and search cell j, and w_k how much of
 * the template's cell is target (0..1),
 *
 *   F_j = 1 + log (sum_k w_k e^(b (c_kj - 1)) / sum_k w_k + e) / b
 *   B_j the same with 1 - w_k
 *
 * a soft maximum (log of a kernel density) of the cosines, -1..1: the global
 * half of a discriminative segmentation (after Lukezic, Matas and Kristan,
 * "D3S", 2020, geometrically invariant model, whose hard mean of the best K is
 * here a sum that has a gradient everywhere).
 *
 * Thread-safety: pure functions. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* cosines: n rows of m. inside: w, n floats. out: F then B, m floats each.
 * sums: 2 x m floats that the backward pass needs. */
void sst_likeness_forward (int n, int m, const float *cosines,
    const float *inside, float *out, float *sums);

/* Adds to dcosines. dout: gradients of F, then of B. sums: of the forward
 * pass. */
void sst_likeness_backward (int n, int m, const float *cosines,
    const float *inside, const float *sums, const float *dout,
    float *dcosines);

G_END_DECLS
