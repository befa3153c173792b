/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Augment (internal): makes training pictures differ as cameras, light and codecs
 * make them differ, and hides parts of them.
 *
 * All of it works in place on square tensors as of SST_SAMPLE_YCC: 3 planes of
 * side rows of side floats, luma 0..255, chroma -128..128. Both ranges hold
 * afterwards too. Sides are 8..SST_AUGMENT_MAX_SIDE pixels.
 *
 * Thread-safety: all state is in the arguments. The same generator gives the
 * same result. */

#pragma once

#include "base/random.h"
#include "footage/pair.h"

G_BEGIN_DECLS

#define SST_AUGMENT_MAX_SIDE 512

/* Farthest that motion blurs, pixels to each side. */
#define SST_AUGMENT_REACH 8

/* Floats of scratch memory that a tensor of that side takes. */
#define SST_AUGMENT_SCRATCH(side) \
  (4 * (side) * (side) + ((side) + 2 * SST_AUGMENT_REACH) \
      * ((side) + 2 * SST_AUGMENT_REACH))

/* A camera, a light and a codec at random. In the order of the light's way:
 * low light; a tone curve, contrast and brightness; a colour cast, hue and
 * saturation, or (gray) no colour; blur out of focus or by motion in any
 * direction; then, at that resolution or a lower one, noise and the quantised
 * 8x8 DCT of JPEG.
 *
 * strength: 0 leaves the tensor as it is, 1 is for training; scales both how
 *     often and how much.
 * scratch: SST_AUGMENT_SCRATCH (side) floats. */
void sst_augment_photometric (float *tensor, int side, float strength,
    gboolean gray, SstRandom * random, float *scratch);

/* The same for both tensors of a pair, independently, so that a network has to
 * see past it. The template, which mostly is a good look at the target, gets 0.6
 * of strength. 12 % have no colour; where one has none, the other mostly has none
 * either.
 *
 * scratch: SST_AUGMENT_SCRATCH (SST_SEARCH_SIDE) floats. */
void sst_augment_pair (SstPair * pair, float strength, SstRandom * random,
    float *scratch);

/* Turns left and right round, in both tensors and boxes of a pair. */
void sst_augment_mirror (SstPair * pair);

/* Blob: a soft mask of random shape (ellipse, star, rectangle with or without
 * round corners, two or three of these together), a square of
 * SST_AUGMENT_BLOB_SIDE rows of as many floats 0..1. It covers
 * SST_AUGMENT_BLOB_MARGIN times the box of the shape each way: its edge, at one
 * half, touches all four sides of that box. */
#define SST_AUGMENT_BLOB_SIDE 96
#define SST_AUGMENT_BLOB_SIZE (SST_AUGMENT_BLOB_SIDE * SST_AUGMENT_BLOB_SIDE)
#define SST_AUGMENT_BLOB_MARGIN 1.25f

void sst_augment_blob (float *blob, SstRandom * random);

/* Lays a patch over the tensor.
 *
 * box: where, pixels of the tensor; may reach outside it. Sides > 0.
 * patch: 3 planes of height rows of width floats; stretched (bilinear) to box,
 *     so it should have about its resolution.
 * blob: the shape within box, or NULL for all of it. */
void sst_augment_paste (float *tensor, int side, const SstBox * box,
    const float *patch, int width, int height, const float *blob);

/* The same with the pixels of a region of a picture, read at the box's
 * resolution (halved where box is larger than the tensor).
 *
 * scratch: SST_AUGMENT_SCRATCH (side) floats. */
void sst_augment_paste_frame (float *tensor, int side, const SstBox * box,
    SstSampler * sampler, const SstFrame * frame, const SstBox * region,
    const float *blob, float *scratch);

G_END_DECLS
