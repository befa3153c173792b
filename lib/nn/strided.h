/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Strided (internal): 3 x 3 convolution at stride 2, padded by 1, of one image,
 * without the unfolded matrix: some output rows at a time, the input they see
 * is split into its even and odd columns and rows. Then every tap reads a run
 * of neighbours, and a block of the result is summed in registers.
 *
 * Tensors and scratch are as in conv.h, whose functions come here by
 * themselves; any size from 1, any alignment. Sums run in another order than
 * im2col and sgemm, so that results differ from theirs by rounding.
 *
 * Thread-safety: pure functions; every thread brings its own scratch. No
 * allocation. The same input gives the same bits on the same kind of CPU. */

#pragma once

#include "nn/conv_shape.h"

G_BEGIN_DECLS

/* Whether the functions below do this shape, 3 x 3 at stride 2, and faster than
 * im2col and sgemm: that takes a CPU with AVX2 and FMA. They are right on
 * others. */
gboolean sst_strided_suits (const SstConvShape * shape);

/* Floats of scratch that any of the functions below needs. */
size_t sst_strided_scratch_size (const SstConvShape * shape);

/* y = w * x + b, then max (y, 0) if relu. bias: out_channels floats, or NULL.
 * y may not overlap x. */
void sst_strided_forward (const SstConvShape * shape, const float *x,
    const float *weights, const float *bias, gboolean relu, float *y,
    float *scratch);

/* dx = the gradient of the input; overwritten. dy: gradient of the output
 * before its activation. */
void sst_strided_backward_input (const SstConvShape * shape, const float *dy,
    const float *weights, float *dx, float *scratch);

/* Adds the gradient of the weights. */
void sst_strided_backward_weights (const SstConvShape * shape, const float *x,
    const float *dy, float *dweights, float *scratch);

G_END_DECLS
