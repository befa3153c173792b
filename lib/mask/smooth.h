/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Smooth (internal): a mask whose edges are the picture's.
 *
 * The mean field of an Ising model with contrast-sensitive neighbours (the
 * energy of Boykov and Jolly, "Interactive graph cuts", 2001; mean field in
 * place of the cut, so that the result is a probability):
 *
 *   m_i = sigmoid (z_i + lambda sum_j w_ij (2 m_j - 1)),
 *   w_ij = exp (-|c_i - c_j|^2 / (2 mean |c - c'|^2)),   j: 4 neighbours of i
 *
 * a fixed number of rounds, row by row, downwards and upwards in turn.
 *
 * Thread-safety: pure functions. Nothing allocates. */

#pragma once

#include <sstrack/mask.h>

G_BEGIN_DECLS

/* The weights of the neighbours to the right and below of every pixel.
 * sample: SST_SAMPLE_YCC, SST_MASK_SIDE squared. */
void sst_smooth_weights (const float *sample, float *right, float *below);

/* logits: z. m: written, 0..1. */
void sst_smooth (const float *logits, const float *right, const float *below,
    float lambda, int rounds, float *m);

G_END_DECLS
