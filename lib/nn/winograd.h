/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Winograd (internal): 3 x 3 convolution at stride 1, padded by 1, of one image
 * by minimal filtering, F(4 x 4, 3 x 3): Lavin and Gray, "Fast Algorithms for
 * Convolutional Neural Networks", 2015, with the points 0, +-1, +-2 and
 * infinity.
 *
 * An output tile of 4 x 4 costs 36 multiplications a pair of channels in place
 * of 144. Each of the 36 places in a tile is a matrix product over channels;
 * the transforms before and after run on vectors of channels.
 *
 * Tensors are as in conv.h: planes of rows, height x width in and out, any size
 * from 1. The weights are transformed once a model or training step; their
 * memory, and the scratch, is fastest at an address that 64 divides.
 *
 * The transforms are of a worse condition than a direct sum. On unit normal
 * data the largest error, relative to the largest output, is 9e-6 forward and
 * backward to the input (96 channels) and 5e-6 backward to the weights.
 *
 * Thread-safety: pure functions; every thread brings its own scratch. No
 * allocation. The same input gives the same bits on the same kind of CPU. */

#pragma once

#include "nn/conv_shape.h"

G_BEGIN_DECLS

/* Whether the functions below do this shape, which is 3 x 3 at stride 1, and
 * all faster than im2col and sgemm: that takes 8 channels in and 8 x 8 cells.
 * They are right for fewer. */
gboolean sst_winograd_suits (const SstConvShape * shape);

/* Floats of transformed weights; as many flipped. */
size_t sst_winograd_weights_size (const SstConvShape * shape);

/* Floats of scratch that any of the functions below needs. */
size_t sst_winograd_scratch_size (const SstConvShape * shape);

/* weights: as in conv.h, of the forward convolution, which shape is as well.
 * flipped: for sst_winograd_backward_input(), whose weights are these with in
 * and out exchanged and turned by 180 degrees. */
void sst_winograd_transform_weights (const SstConvShape * shape,
    const float *weights, gboolean flipped, float *transformed);

/* y = w * x + b, then max (y, 0) if relu. bias: out_channels floats, or NULL.
 * y may not overlap x. */
void sst_winograd_forward (const SstConvShape * shape, const float *x,
    const float *transformed, const float *bias, gboolean relu, float *y,
    float *scratch);

/* dx = the gradient of the input; overwritten. flipped: weights transformed so.
 * dy: gradient of the output before its activation. */
void sst_winograd_backward_input (const SstConvShape * shape, const float *dy,
    const float *flipped, float *dx, float *scratch);

/* Adds the gradient of the weights, as they were before the transform. Turning
 * the sums over the tiles into it has a fixed cost, as high as that of the sums
 * for an image of 8 x 8. */
void sst_winograd_backward_weights (const SstConvShape * shape, const float *x,
    const float *dy, float *dweights, float *scratch);

G_END_DECLS
