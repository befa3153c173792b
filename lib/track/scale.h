/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Scale (internal): how much larger or smaller the target became.
 *
 * A linear regressor that answers 1 for the target's own box and less, as a
 * Gaussian, for boxes of other sizes about the same centre: ridge regression on
 * the features of SST_SCALE_N sizes in geometric steps, solved in its dual form
 * (as many unknowns as sizes) and averaged over time. The idea of a filter of
 * its own for the size is from Danelljan et al., DSST, 2014.
 *
 * Thread-safety: belongs to one thread at a time. */

#pragma once

#include "picture/features.h"

G_BEGIN_DECLS

#define SST_SCALE_N 17          /* sizes looked at, odd */
#define SST_SCALE_STEP 1.02f    /* between neighbours */
#define SST_SCALE_SIDE 32       /* pixels of a sample */

typedef struct _SstScale SstScale;

SstScale *sst_scale_new (const SstFeatureSource * features);
void sst_scale_free (SstScale ** scale);

/* Floats that a regressor works in. */
size_t sst_scale_work_size (const SstScale * scale);

/* Lends it memory to work in, sst_scale_work_size() floats, until the next call:
 * many can share it. It has to have some when it learns and estimates. Only from
 * an estimate to sst_scale_learn_estimated() what is in it is needed. work NULL:
 * none. */
void sst_scale_lend (SstScale * scale, float *work);

/* Learns what the sizes around box look like. rate: share of the new, 0..1; the
 * first call after a reset learns at 1. */
void sst_scale_learn (SstScale * scale, SstSampler * sampler,
    const SstFrame * frame, const SstBox * box, float rate);

/* Factor on the size of box, within the range looked at. *certainty: how much
 * the best size's answer stands out, 0..1. The factor is 1, the certainty 0,
 * before anything was learned and where no size answers, as in a flat picture. */
float sst_scale_estimate (SstScale * scale, SstSampler * sampler,
    const SstFrame * frame, const SstBox * box, float *certainty);

/* Learns from the sizes that the last estimate looked at, without another look.
 * factor: of the target's size, as it is held to be now, on that of the box
 * given to the estimate. Out of the range looked at, or where there was nothing
 * to estimate with, nothing is learned. rate: as above. */
void sst_scale_learn_estimated (SstScale * scale, float factor, float rate);

void sst_scale_reset (SstScale * scale);

G_END_DECLS
