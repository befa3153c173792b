/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "nn/layer.h"

#include "nn/bfloat.h"
#include "nn/standardize.h"
#include "nn/winograd.h"

/* One way for all sizes where it prepares the weights. */
static SstLayerWay
choose_way (const SstConvShape * shape, gboolean bfloat)
{
  if (bfloat)
    return SST_LAYER_BFLOAT;
  return sst_winograd_suits (shape) ? SST_LAYER_WINOGRAD : SST_LAYER_DIRECT;
}

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
    bfloat = bfloat && sst_bfloat_suits (&layer->shape[i]);
  }
  for (int i = 0; i < SST_LAYER_SIZES; i++)
    layer->way[i] = choose_way (&layer->shape[i], bfloat);
}

size_t
sst_layer_scratch_size (const SstLayer * layer)
{
  size_t size = 0;

  for (int i = 0; i < SST_LAYER_SIZES; i++) {
    const SstConvShape *const shape = &layer->shape[i];

    size = MAX (size, sst_conv_scratch_size (shape));
    if (layer->way[i] == SST_LAYER_WINOGRAD)
      size = MAX (size, sst_winograd_scratch_size (shape));
    if (layer->way[i] == SST_LAYER_BFLOAT)
      size = MAX (size, sst_bfloat_scratch_size (shape));
  }
  return size;
}

/* How the weights are prepared, if they are. */
static SstLayerWay
preparation (const SstLayer * layer)
{
  SstLayerWay way = SST_LAYER_DIRECT;

  for (int i = 0; i < SST_LAYER_SIZES; i++)
    way = MAX (way, layer->way[i]);
  return way;
}

size_t
sst_layer_transformed_size (const SstLayer * layer)
{
  switch (preparation (layer)) {
    case SST_LAYER_WINOGRAD:
      return sst_winograd_weights_size (&layer->shape[0]);
    case SST_LAYER_BFLOAT:
      return sst_bfloat_weights_size (&layer->shape[0]);
    default:
      return 0;
  }
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
  const SstLayerWay way = preparation (layer);

  if (way == SST_LAYER_WINOGRAD)
    sst_winograd_transform_weights (&layer->shape[0], weights, flipped,
        prepared);
  else if (way == SST_LAYER_BFLOAT)
    sst_bfloat_prepare_weights (&layer->shape[0], weights, flipped, prepared);
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
  const SstConvShape *const shape = &layer->shape[size];
  const float *const bias = kernels + layer->bias;

  switch (layer->way[size]) {
    case SST_LAYER_WINOGRAD:
      sst_winograd_forward (shape, x, kernels + layer->transformed, bias,
          layer->relu, y, scratch);
      break;
    case SST_LAYER_BFLOAT:
      sst_bfloat_forward (shape, x, kernels + layer->transformed, bias,
          layer->relu, y, scratch);
      break;
    default:
      sst_conv_forward (shape, x, kernels + layer->weights, bias, layer->relu,
          y, scratch);
      break;
  }
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
  sst_conv_backward_bias (shape, dy, dkernels + layer->bias);
  switch (layer->way[size]) {
    case SST_LAYER_WINOGRAD:
      sst_winograd_backward_weights (shape, x, dy, dweights, scratch);
      if (dx != NULL)
        sst_winograd_backward_input (shape, dy, kernels + layer->flipped, dx,
            scratch);
      break;
    case SST_LAYER_BFLOAT:
      sst_bfloat_backward_weights (shape, x, dy, dweights, scratch);
      if (dx != NULL)
        sst_bfloat_backward_input (shape, dy, kernels + layer->flipped, dx,
            scratch);
      break;
    default:
      sst_conv_backward_weights (shape, x, dy, dweights, NULL, scratch);
      if (dx != NULL)
        sst_conv_backward_input (shape, dy, kernels + layer->weights, dx,
            scratch);
      break;
  }
}
