/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Layer (internal): a convolution of the network, with the steps before and
 * after it: standardised weights, a rectifier, and which of the kernels computes
 * it.
 *
 * A layer is run on images of up to SST_LAYER_SIZES sizes (a template, a search
 * region, a part of it). Its parameters lie in the network's block of parameters
 * and, folded, in that of kernels: at weights, gain and bias in both.
 *
 * Thread-safety: a layer is immutable once planned; the functions are pure but
 * for the blocks they are given. */

#pragma once

#include "nn/conv.h"
#include "nn/kernel.h"

G_BEGIN_DECLS

#define SST_LAYER_SIZES 3

typedef struct
{
  SstConvShape shape[SST_LAYER_SIZES];
  gboolean standardized, relu;
  const SstKernel *kernel[SST_LAYER_SIZES];
  size_t weights, gain, bias;   /* in the parameters, and in the kernels */
  size_t transformed, flipped;  /* in the kernels; flipped for training */
} SstLayer;

/* sides: of the input, by size. bfloat: convolve in bfloat16 where that is
 * faster on this CPU. The offsets are the caller's to set. */
void sst_layer_init (SstLayer * layer, int in, int out, int kernel, int stride,
    const int *sides, gboolean standardized, gboolean relu, gboolean bfloat);

/* Floats of scratch of the functions below, and of transformed weights (as many
 * flipped), 0 where there are none. */
size_t sst_layer_scratch_size (const SstLayer * layer);
size_t sst_layer_transformed_size (const SstLayer * layer);

/* Floats of the weights, and of an output. */
size_t sst_layer_weights_size (const SstLayer * layer);
static inline size_t
sst_layer_out_size (const SstLayer *layer, int size)
{
  return sst_conv_out_size (&layer->shape[size]);
}

/* Standardises and transforms the weights; kernels holds a copy of the parameters
 * already. */
void sst_layer_fold (const SstLayer * layer, const float *parameters,
    gboolean training, float *kernels);

/* Adds to the parameters' gradient that of the kernels. */
void sst_layer_fold_backward (const SstLayer * layer, const float *parameters,
    const float *dkernels, float *dparameters);

void sst_layer_forward (const SstLayer * layer, int size,
    const float *kernels, const float *x, float *y, float *scratch);

/* dy: gradient of y, which is destroyed. x, y: of the forward pass; y may be NULL
 * where the layer has no rectifier. dx: overwritten, or NULL. Adds to dkernels. */
void sst_layer_backward (const SstLayer * layer, int size,
    const float *kernels, const float *x, const float *y, float *dy,
    float *dx, float *dkernels, float *scratch);

G_END_DECLS
