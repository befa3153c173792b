/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* View (internal): a window of a picture as the masks see it, pixels and cells.
 *
 * A cell of SST_MASK_CELL pixels is one vector of length 1: the hand-made
 * channels (features.h, length 1), the mean colour, and the network's features
 * at stride 4, less their mean over the target's first window and over their
 * deviation there (length 1). Without a network the first two.
 *
 * Thread-safety: an eye belongs to one thread at a time. Allocates at creation
 * only. */

#pragma once

#include <sstrack/mask.h>
#include <sstrack/model.h>

#include "picture/sampler.h"

G_BEGIN_DECLS

/* Coarse cells, each way, and all of them. */
#define SST_COARSE_GRID (SST_MASK_GRID / 2)
#define SST_COARSE_CELLS (SST_COARSE_GRID * SST_COARSE_GRID)

/* The features that were seen. */
typedef struct
{
  SstBox window;
  float *sample;                /* SST_SAMPLE_YCC, SST_MASK_SIDE squared */
  float *cells;                 /* planes of SST_MASK_CELLS */
  float *coarse;                /* planes of SST_COARSE_CELLS, each the mean of
                                 * four cells, of length 1 */
  guint8 inside[SST_MASK_CELLS];        /* whether the cell's middle lies in the
                                         * picture */
} SstMaskView;

typedef struct _SstMaskEye SstMaskEye;

/* model: NULL for none; a reference is taken. */
SstMaskEye *sst_mask_eye_new (SstModel * model);
void sst_mask_eye_free (SstMaskEye ** eye);

/* Floats of a cell, planes of a view. */
int sst_mask_eye_n_channels (const SstMaskEye * eye);

/* Floats that a look needs, undefined before and after it; and of a view. Both
 * multiples of a cache line. model: the eye's. */
size_t sst_mask_eye_scratch_size (const SstModel * model);
size_t sst_mask_view_size (const SstModel * model);

/* A view whose planes lie in so much memory, at the start of a cache line. */
void sst_mask_view_place (const SstMaskEye * eye, float *memory,
    SstMaskView * view);

/* Looks at a window. first: measures the mean and deviation of the features in
 * this window, which later ones are seen with. scratch: at the start of a cache
 * line. */
void sst_mask_eye_look (SstMaskEye * eye, SstSampler * sampler,
    const SstFrame * frame, const SstBox * window, gboolean first,
    float *scratch, SstMaskView * view);

/* The means of each four cells of a plane. */
void sst_mask_coarse_means (const float *cells, float *coarse);

/* The window for a box: the square around its middle that is factor times its
 * size, or tall times its longer side if that is more. */
SstBox sst_mask_window (const SstBox * box, float factor, float tall);

G_END_DECLS
