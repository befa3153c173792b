/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Moves (internal): which cells of a window do not move as the camera does.
 *
 * The residual of motion enhancement (model/enhance.h) between one view and the next,
 * its strength in each cell, and of that a running mean over views: a target's window
 * goes with its box, so that parts of the target stay in their cells. A cell's vote is
 *
 *   clip ((s - median) / (mean + 0.5), -1, 4) - 1
 *
 * s: that strength, blurred by (1, 2, 1) both ways; median, mean: of cells outside the
 * box.
 *
 * Thread-safety: belongs to one thread at a time. Allocates at creation only, but a
 * sampler that is not warm. Deterministic. */

#pragma once

#include <sstrack/motion.h>

#include "mask/view.h"

G_BEGIN_DECLS

typedef struct _SstMoves SstMoves;

SstMoves *sst_moves_new (void);
void sst_moves_free (SstMoves ** moves);

/* The first view; all before is forgotten. */
void sst_moves_start (SstMoves * moves, const SstMaskView * view);

/* Floats of scratch of sst_moves_next(). */
#define SST_MOVES_SCRATCH (4 * SST_MASK_PIXELS)

/* The next view. camera: from the frame of the last view to this one; where it is not
 * known (NULL, little support, a cut) nothing is learned of this view. */
void sst_moves_next (SstMoves * moves, SstSampler * sampler,
    const SstMaskView * view, const SstCameraMotion * camera, float *scratch);

/* The votes of the cells of the last view, SST_MASK_CELLS; all 0 where nothing is
 * known. box: of the target, pixels of the picture. */
void sst_moves_vote (const SstMoves * moves, const SstMaskView * view,
    const SstBox * box, float *votes);

G_END_DECLS
