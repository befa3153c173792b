/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* First: a target's mask from nothing but its box.
 *
 * Logits of a pixel, added up:
 *
 *   prior    highest in the box's middle, 0 on the ellipse in it
 *   novelty  how much less the pixel's cell is like cells outside the box than
 *            these are like one another, in standard deviations (mean of the 3
 *            most alike, those right beside it left out)
 *   barrier  logarithm of how sharply the pixel is divided from what is outside
 *            the box (barrier.h)
 *   color    of what has been taken for target so far (color.h), in turns
 *   network  its mask, where there is one
 *
 * smoothed along edges. Outside the box nothing is target. What fills less than
 * a fifth or more than nineteen of twenty parts of the box is nothing to go by:
 * the bias is moved until it does not, and if that fails it is the ellipse.
 *
 * Thread-safety: belongs to one thread at a time. Deterministic. */

#pragma once

#include "mask/view.h"
#include "model/network.h"

G_BEGIN_DECLS

/* The answer of the network's search of a region: a plane of SST_NETWORK_CELLS
 * logits, and where that was. */
typedef struct
{
  SstBox region;                /* pixels of the picture */
  const float *logits;
} SstMaskHint;

typedef struct
{
  float prior, novelty, barrier, color, network, bias; /* the weight of each */
  float smoothness;             /* lambda of smooth.h */
} SstMaskFirstParams;

/* For masks of which the box alone is wanted: without a barrier, which makes better
 * masks and worse boxes (docs/lab/masks.md). */
void sst_mask_first_params_init (SstMaskFirstParams * params);

/* For masks that are shown. */
void sst_mask_first_params_init_shown (SstMaskFirstParams * params);

typedef struct _SstMaskFirst SstMaskFirst;

/* Memory to work in. params NULL: the defaults. */
SstMaskFirst *sst_mask_first_new (const SstMaskFirstParams * params);
void sst_mask_first_free (SstMaskFirst ** first);

/* Makes the first mask of the target in box, in the view's window.
 * n_channels: of the view's cells. hint: NULL or the network's mask. */
void sst_mask_first_make (SstMaskFirst * first, const SstMaskView * view,
    int n_channels, const SstBox * box, const SstMaskHint * hint,
    SstMask * mask);

/* The logits of a hint at the cells of a window, SST_MASK_CELLS, limited. */
void sst_mask_hint_cells (const SstMaskHint * hint, const SstBox * window,
    float *cells);

G_END_DECLS
