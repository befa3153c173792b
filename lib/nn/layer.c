/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "nn/layer.h"

#include "nn/standardize.h"

/* bfloat: for all sizes or none, as the weights are prepared in one way. */
void
sst_layer_init (SstLayer * layer, int in, int out, int kernel, int stride,
    const int *sides, gboolean standardized, gboolean relu, gboolean bfloat)
{
  *layer = (SstLayer) {
    .standardized = standardized, .relu = relu
  };
  for (int i = 0; i < SST_LAYER_SIZES; i++) {
    layer->shape[i] = (SstConvShape) {
      in, out, kernel, stride, sides[i], sides[i]
    };
    bfloat = bfloat && sst_kernel_choose (&layer->shape[i], TRUE)->rounds;
  }
  for (int i = 0; i < SST_LAYER_SIZES; i++)
    layer->kernel[i] = sst_kernel_choose (&layer->shape[i], bfloat);
}

size_t
sst_layer_scratch_size (const SstLayer * layer)
{
  size_t size = 0;

  for (int i = 0; i < SST_LAYER_SIZES; i++)
    size = MAX (size, layer->kernel[i]->scratch_size (&layer->shape[i]));
  return size;
}

/* The kernel that has the weights prepared, NULL where none has. Sizes that it
 * does not suit take them as they are. */
static const SstKernel *
preparing_kernel (const SstLayer * layer)
{
  for (int i = 0; i < SST_LAYER_SIZES; i++)
    if (layer->kernel[i]->prepare != NULL)
      return layer->kernel[i];
  return NULL;
}

size_t
sst_layer_transformed_size (const SstLayer * layer)
{
  const SstKernel *const kernel = preparing_kernel (layer);

  return kernel != NULL ? kernel->weights_size (&layer->shape[0]) : 0;
}

size_t
sst_layer_weights_size (const SstLayer * layer)
{
  return sst_conv_weights_size (&layer->shape[0]);
}

static void
prepare (const SstLayer * layer, const float *weights, gboolean flipped,
    float *prepared)
{
  const SstKernel *const kernel = preparing_kernel (layer);

  if (kernel != NULL)
    kernel->prepare (&layer->shape[0], weights, flipped, prepared);
}

void
sst_layer_fold (const SstLayer * layer, const float *parameters,
    gboolean training, float *kernels)
{
  const SstConvShape *const shape = &layer->shape[0];
  float *const weights = kernels + layer->weights;

  if (layer->standardized)
    sst_standardize_forward (shape->out_channels,
        (int) (sst_conv_weights_size (shape) / shape->out_channels),
        parameters + layer->weights, parameters + layer->gain, weights);
  prepare (layer, weights, FALSE, kernels + layer->transformed);
  if (training)
    prepare (layer, weights, TRUE, kernels + layer->flipped);
}

void
sst_layer_fold_backward (const SstLayer * layer, const float *parameters,
    const float *dkernels, float *dparameters)
{
  const SstConvShape *const shape = &layer->shape[0];
  const size_t n = sst_conv_weights_size (shape);

  if (layer->standardized)
    sst_standardize_backward (shape->out_channels,
        (int) (n / shape->out_channels), parameters + layer->weights,
        parameters + layer->gain, dkernels + layer->weights,
        dparameters + layer->weights, dparameters + layer->gain);
  else
    for (size_t k = 0; k < n; k++)
      dparameters[layer->weights + k] += dkernels[layer->weights + k];
  for (int c = 0; c < shape->out_channels; c++)
    dparameters[layer->bias + c] += dkernels[layer->bias + c];
}

void
sst_layer_forward (const SstLayer * layer, int size, const float *kernels,
    const float *x, float *y, float *scratch)
{
  const SstKernel *const kernel = layer->kernel[size];

  kernel->forward (&layer->shape[size], x, kernels + (kernel->prepare != NULL
          ? layer->transformed : layer->weights), kernels + layer->bias,
      layer->relu, y, scratch);
}

void
sst_layer_backward (const SstLayer * layer, int size, const float *kernels,
    const float *x, const float *y, float *dy, float *dx, float *dkernels,
    float *scratch)
{
  const SstKernel *const kernel = layer->kernel[size];
  const SstConvShape *const shape = &layer->shape[size];

  if (layer->relu)
    sst_relu_backward (y, dy, sst_conv_out_size (shape));
  sst_conv_backward_bias (shape, dy, dkernels + layer->bias);
  kernel->backward_weights (shape, x, dy, dkernels + layer->weights, scratch);
  if (dx != NULL)
    kernel->backward_input (shape, dy, kernels + (kernel->prepare != NULL
            ? layer->flipped : layer->weights), dx, scratch);
}
