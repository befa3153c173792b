/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Pool: the mean of a map over a box, and how much of each cell a box covers.
 *
 * Maps are planes of side x side cells; a box is in cells, and counts as at least
 * one cell large, moved inside the map.
 *
 * Thread-safety: pure functions. */

#pragma once

#include <glib.h>
#include <sstrack/box.h>

G_BEGIN_DECLS

/* mean: channels floats. */
void sst_pool_box_forward (int channels, int side, const float *x,
    const SstBox * box, float *mean);

/* Adds to dx. */
void sst_pool_box_backward (int channels, int side, const SstBox * box,
    const float *dmean, float *dx);

/* cover: side x side floats, the share of each cell that is in the box, 0..1. */
void sst_pool_box_cover (int side, const SstBox * box, float *cover);

G_END_DECLS
