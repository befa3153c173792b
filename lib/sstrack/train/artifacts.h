/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Artifacts (internal): what a camera and a coder add to a picture: noise, and
 * the edges of blocks.
 *
 * Noise is the median of a second difference both ways, after Immerkaer, "Fast
 * Noise Variance Estimation", 1996. Blocks are those of 8 x 8 samples of JPEG and
 * the MPEG codecs: how much more a component changes from sample to sample at
 * one in eight places than just before and behind it, on the mean, each way. Any
 * place will do, since pictures are cut; those scaled after decoding show none.
 *
 * Thread-safety: functions of their arguments. */

#pragma once

#include <sstrack/frame.h>

G_BEGIN_DECLS

/* Of Y, Cb and Cr, in levels of 255. */
typedef struct
{
  float noise[3];               /* standard deviation */
  float blocks[3];              /* height of the steps; about 0: there are none */
} SstArtifacts;

/* Looks at a piece in the middle of a frame, of 256 x 144 pixels at most; takes
 * 1.6 ms, and allocates. */
SstArtifacts sst_artifacts_measure (const SstFrame * frame);

G_END_DECLS
