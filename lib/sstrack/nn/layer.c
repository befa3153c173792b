/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <sstrack/nn/layer.h>

#include <sstrack/nn/standardize.h>
#include <sstrack/nn/winograd.h>

void
sst_layer_init (SstLayer * layer, int in, int out, int kernel, int stride,
    const int *sides, gboolean standardized, gboolean relu)
{
  *layer = (SstLayer) {
    .standardized = standardized, .relu = relu
  };
  for (int i = 0; i < SST_LAYER_SIZES; i++) {
    layer->shape[i] = (SstConvShape) {
      in, out, kernel, stride, sides[i], sides[i]
    };
    layer->winograd[i] = sst_winograd_suits (&layer->shape[i]);
  }
}

size_t
sst_layer_scratch_size (const SstLayer * layer)
{
  size_t size = 0;

  for (int i = 0; i < SST_LAYER_SIZES; i++) {
    size = MAX (size, sst_conv_scratch_size (&layer->shape[i]));
    if (layer->winograd[i])
      size = MAX (size, sst_winograd_scratch_size (&layer->shape[i]));
  }
  return size;
}

static gboolean
is_transformed (const SstLayer * layer)
{
  for (int i = 0; i < SST_LAYER_SIZES; i++)
    if (layer->winograd[i])
      return TRUE;
  return FALSE;
}

size_t
sst_layer_transformed_size (const SstLayer * layer)
{
  return is_transformed (layer) ? sst_winograd_weights_size (&layer->shape[0])
      : 0;
}

size_t
sst_layer_weights_size (const SstLayer * layer)
{
  return sst_conv_weights_size (&layer->shape[0]);
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
  if (!is_transformed (layer))
    return;
  sst_winograd_transform_weights (shape, weights, FALSE,
      kernels + layer->transformed);
  if (training)
    sst_winograd_transform_weights (shape, weights, TRUE,
        kernels + layer->flipped);
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
  const SstConvShape *const shape = &layer->shape[size];
  const float *const bias = kernels + layer->bias;

  if (layer->winograd[size])
    sst_winograd_forward (shape, x, kernels + layer->transformed, bias,
        layer->relu, y, scratch);
  else
    sst_conv_forward (shape, x, kernels + layer->weights, bias, layer->relu,
        y, scratch);
}

void
sst_layer_backward (const SstLayer * layer, int size, const float *kernels,
    const float *x, const float *y, float *dy, float *dx, float *dkernels,
    float *scratch)
{
  const SstConvShape *const shape = &layer->shape[size];
  float *const dweights = dkernels + layer->weights;

  if (layer->relu)
    sst_relu_backward (y, dy, sst_conv_out_size (shape));
  if (layer->winograd[size])
    sst_winograd_backward_weights (shape, x, dy, dweights, scratch);
  else
    sst_conv_backward_weights (shape, x, dy, dweights, NULL, scratch);
  sst_conv_backward_bias (shape, dy, dkernels + layer->bias);
  if (dx == NULL)
    return;
  if (layer->winograd[size])
    sst_winograd_backward_input (shape, dy, kernels + layer->flipped, dx,
        scratch);
  else
    sst_conv_backward_input (shape, dy, kernels + layer->weights, dx, scratch);
}
