/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Alike (internal): whether a cell is like the target of the first frame or like
 * its background, wherever in the window it lies.
 *
 *   kappa (F - B)
 *
 * F: mean of the 3 highest cosines with target cells, B: the same with
 * background cells (the geometrically invariant model of Lukezic, Matas and
 * Kristan, "D3S", CVPR 2020). Cells are coarse ones (view.h); of each class so
 * many are kept, evenly spread.
 *
 * Thread-safety: belongs to one thread at a time. Allocates at creation only. */

#pragma once

#include "mask/view.h"

G_BEGIN_DECLS

/* Cells that are kept of a class, at most. */
#define SST_ALIKE_CELLS 256

/* Labels over and under which a cell stands for its class. */
#define SST_ALIKE_TARGET 0.6f
#define SST_ALIKE_OTHER 0.4f

typedef struct _SstAlike SstAlike;

SstAlike *sst_alike_new (int n_channels);
void sst_alike_free (SstAlike ** alike);

/* Keeps cells of a view: n_channels planes of SST_COARSE_CELLS.
 * labels: 0..1, whether a cell is target. */
void sst_alike_start (SstAlike * alike, const float *cells,
    const float *labels);

/* Writes the votes of all cells, SST_MASK_CELLS of them, those of coarse cells with
 * others between. Looks at the rows y0 .. y1 - 1 of cells alone; cells beyond them
 * are 0, as all are where a class is empty. */
void sst_alike_vote (SstAlike * alike, const float *cells, int y0, int y1,
    float *votes);

G_END_DECLS
