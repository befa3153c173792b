/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Recall (internal): labels that alike cells of earlier frames had.
 *
 * A memory is the coarse cells (view.h) of a frame and their labels. A cell's
 * label is the mean of those in all memories that lie within SST_RECALL_RADIUS of
 * it in the window, each weighing exp (cosine / tau): the window goes with the target, so
 * what was there is near (label propagation of Jabri, Owens and Efros, arXiv
 * 2006.14613, over all neighbours rather than the best ones, which costs less to
 * work out and gives the same with a smaller tau).
 *
 * Thread-safety: belongs to one thread at a time. Allocates at creation only. */

#pragma once

#include "mask/view.h"

G_BEGIN_DECLS

/* Coarse cells each way. */
#define SST_RECALL_RADIUS 2

typedef struct _SstRecall SstRecall;

SstRecall *sst_recall_new (int n_channels);
void sst_recall_free (SstRecall ** recall);

/* Keeps a frame's coarse cells (n_channels planes) and their labels (0..1). first: as
 * the first frame, and forgets the last one; else as the last one. */
void sst_recall_keep (SstRecall * recall, const float *cells,
    const float *labels, gboolean first);

/* Writes logits of the labels of a row of cells (n_channels planes of
 * SST_MASK_CELLS), all or those from x0 to x1 - 1 and some beside them. Needs a
 * first frame. */
void sst_recall_vote (SstRecall * recall, const float *cells, int y, int x0,
    int x1, float *votes);

G_END_DECLS
