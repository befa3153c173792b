/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Box loss (internal): how wrong the network's output for a search region is,
 * with its gradient.
 *
 * On the map of scores s, p = sigmoid (s), against a Gaussian bump h around the
 * target's centre (as wide as 0.18 of its sides), the focal loss of SSTrack
 * (Zheng et al. 2025, after Law and Deng, "CornerNet", 2018):
 *
 *   - (1 - p)^2 log p           where h is 1 (the cell of the centre),
 *   - (1 - h)^4 p^2 log (1 - p) elsewhere.
 *
 * On the boxes of the cells where h > 0.4, weighed by h: 1 - GIoU (Rezatofighi et
 * al. 2019) and L1, the mean distance of the four sides over the region's side;
 * and the cross-entropy of the quality with the IoU that the box really has
 * (Jiang et al., "IoU-Net", 2018). An absent target has only the scores' part,
 * with h = 0.
 *
 * Thread-safety: pure functions. */

#pragma once

#include "model/network.h"

G_BEGIN_DECLS

typedef struct
{
  float focal, giou, l1, quality;
} SstBoxTerms;

/* Returns the terms before their weights.
 *
 * output: sst_network_output(). box: pixels of the search region.
 * weights: of the terms; scale: of the gradient.
 * doutput: as large as output; overwritten.
 * iou: of the box at the true centre's cell; 0 where the target is absent. */
SstBoxTerms sst_box_loss (const float *output, const SstBox * box,
    gboolean present, const SstBoxTerms * weights, float scale,
    float *doutput, float *iou);

G_END_DECLS
