/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Upsample: planes to twice their sides, between their cells (bilinear, the
 * border repeated), and back.
 *
 * Cell i of an output row lies at (i + 0.5) / 2 - 0.5 of the input's: it is 3/4
 * of the nearer cell and 1/4 of the one beyond.
 *
 * Thread-safety: pure functions. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* y += x enlarged. x: channels planes of side x side; y: of twice that. */
void sst_upsample_add (int channels, int side, const float *x, float *y);

/* dx = the gradient of x; overwritten. dy: of y. */
void sst_upsample_backward (int channels, int side, const float *dy,
    float *dx);

G_END_DECLS
