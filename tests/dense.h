/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Dense: what the tests of dense correspondence share. Features that need no
 * training, and the truth of a drawn scene cell by cell. */

#pragma once

#include "scene.h"

#include <sstrack/box.h>

G_BEGIN_DECLS

/* Planes of a dense_features() map: the hand-made channels, and the mean
 * colour. */
int dense_n_channels (void);

/* Features of a region of the frame, sampled to side x side pixels, in cells of
 * stride x stride pixels; stride 4, 8 or 16. To be freed with g_free(). */
float *dense_features (const SstFrame * frame, const SstBox * region, int side,
    int stride);

/* The region as SST_SAMPLE_YCC. To be freed with g_free(). */
float *dense_sample (const SstFrame * frame, const SstBox * region, int side);

/* Share of each cell that a sprite covers, 0..1, in the frame last drawn. The
 * sprite stands upright; later ones are not taken into account. */
void dense_mask (const Scene * scene, int sprite, SceneShape shape,
    const SstBox * region, int side, int stride, float * mask);

/* Area under the receiver operating characteristic: how often a cell inside
 * (mask > 0.5) scores higher than one outside; ties count half. */
float dense_auc (const float * score, const float * mask, int n);

/* Pearson's correlation coefficient. */
float dense_correlation (const float * a, const float * b, int n);

/* Intersection over union of what is over 0.5. */
float dense_jaccard (const float * a, const float * b, int n);

G_END_DECLS
