/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Conv: two-dimensional convolution of one image, forward and backward.
 *
 * Tensors are planes of rows (channel, y, x). The padding is kernel / 2 zeros on
 * every side, so that an output has ceil (side / stride) cells each way. Weights
 * are out_channels x in_channels x kernel x kernel.
 *
 * A matrix product over the unfolded image (im2col and sgemm); 1 x 1 needs no
 * unfolding. Every shape works, on any processor; kernel.h says where there is a
 * faster way.
 *
 * Thread-safety: pure functions; every thread brings its own scratch. */

#pragma once

#include "nn/conv_shape.h"

G_BEGIN_DECLS

/* Floats of scratch that any of the three functions needs. */
size_t sst_conv_scratch_size (const SstConvShape * shape);

/* y = w * x + b, then max (y, 0) if relu. bias: out_channels floats, or NULL.
 * y may not overlap x. */
void sst_conv_forward (const SstConvShape * shape, const float *x,
    const float *weights, const float *bias, gboolean relu, float *y,
    float *scratch);

/* dx = the gradient of the input; overwritten. dy: gradient of the output
 * before its activation (see sst_relu_backward()). */
void sst_conv_backward_input (const SstConvShape * shape, const float *dy,
    const float *weights, float *dx, float *scratch);

/* Adds the gradient of the weights. */
void sst_conv_backward_weights (const SstConvShape * shape, const float *x,
    const float *dy, float *dweights, float *scratch);

/* Adds the gradient of the bias. */
void sst_conv_backward_bias (const SstConvShape * shape, const float *dy,
    float *dbias);

/* Zeroes dy where y, the output of a rectifier, is not positive. */
void sst_relu_backward (const float *y, float *dy, size_t n);

G_END_DECLS
