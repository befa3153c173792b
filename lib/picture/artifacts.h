/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Artifacts (internal): the traces of a camera and a coder in a picture: noise,
 * and the edges of blocks.
 *
 * Noise is the median of a second difference both ways, after Immerkaer, "Fast
 * Noise Variance Estimation", 1996. Blocks are those of 8 x 8 samples of JPEG and
 * the MPEG codecs: how much more a component changes from sample to sample at
 * one in eight places than just before and behind it, on the mean, each way. Any
 * place will do, since pictures are cut; those scaled after decoding show none.
 *
 * Cameras smooth their noise, of which second differences then see little. They
 * can't hide the noise between a picture and the next (denoise.h).
 *
 * Thread-safety: functions of their arguments. */

#pragma once

#include "picture/image.h"

G_BEGIN_DECLS

/* Of Y, Cb and Cr, in levels of 255. */
typedef struct
{
  float noise[3];               /* standard deviation */
  float blocks[3];              /* height of the steps; about 0: there are none */
  float flicker;                /* of luma: sst_denoiser_measure() */
} SstArtifacts;

/* Of the piece that is looked at, in the middle of a frame, at most. */
#define SST_ARTIFACTS_WIDTH 256
#define SST_ARTIFACTS_HEIGHT 144

/* Looks at that piece; takes 1.6 ms, and allocates. flicker is 0. */
SstArtifacts sst_artifacts_measure (SstSampler * sampler,
    const SstFrame * frame);

/* A copy of that piece's luma, not scaled, to measure flicker with; NULL where it is
 * too small for that. */
SstImage *sst_artifacts_copy_piece (SstSampler * sampler, const SstFrame * frame);

G_END_DECLS
