/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Correlate: how much every cell of one map is like every chosen cell of
 * another (pixel-wise correlation, Yan et al., "Alpha-Refine", 2021).
 *
 * Cells are vectors across the planes of a map. They are brought to length 1
 * first, so that a correlation is a cosine.
 *
 * Thread-safety: pure functions. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Brings every cell to length 1 (x / sqrt (|x|^2 + 1e-6)).
 * x, out: channels planes of cells floats; may be the same. length: cells
 * floats, the length that each was divided by; for the backward pass, may be
 * NULL. */
void sst_normalize_cells_forward (int channels, int cells, const float *x,
    float *out, float *length);

/* dx = the gradient of x; may be dout itself. out, length: of the forward pass. */
void sst_normalize_cells_backward (int channels, int cells, const float *out,
    const float *length, const float *dout, float *dx);

/* Copies a side x side patch from the middle of planes of width x width cells. */
void sst_central_cells_forward (int channels, int width, int side,
    const float *x, float *out);

/* The transpose: zeroes dx and puts dout into its middle. */
void sst_central_cells_backward (int channels, int width, int side,
    const float *dout, float *dx);

/* out[k][j] = scale * sum_c a[c][k] b[c][j].
 * a: channels x n_a; b: channels x n_b; out: n_a x n_b. */
void sst_correlate_forward (int channels, int n_a, int n_b, float scale,
    const float *a, const float *b, float *out);

/* Overwrites da and db, adds to *dscale. dout: gradient of out. */
void sst_correlate_backward (int channels, int n_a, int n_b, float scale,
    const float *a, const float *b, const float *dout, float *da, float *db,
    float *dscale);

G_END_DECLS
