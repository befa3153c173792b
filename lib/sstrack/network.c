/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <sstrack/network.h>

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <sstrack/nn/conv.h>
#include <sstrack/nn/correlate.h>
#include <sstrack/nn/standardize.h>
#include <sstrack/nn/winograd.h>
#include <sstrack/simd.h>

#define N_STEM 3
#define MAX_BLOCKS 8
#define MAX_LAYERS (N_STEM + 2 * MAX_BLOCKS + 5)
#define MAX_SPECS (3 * MAX_LAYERS + 2)

/* Cells of the template that are correlated, each way. */
#define CELLS_SIDE 8
#define CELLS (CELLS_SIDE * CELLS_SIDE)

/* The scale of the cosines before training. */
#define INITIAL_SCALE 4.f
/* A residual branch starts small (Zhang et al., "Fixup", 2019). */
#define RESIDUAL_GAIN 0.3f
/* A cell is the centre with this probability before training. */
#define INITIAL_SCORE -3.f

/* Luma is brought to mean 0 and, in part, to a standard deviation of 1, so that
 * a dark picture says as much as a bright one; chroma is only scaled. */
#define LUMA_SHARE 0.5f
#define LUMA_FLOOR 30.f
#define CHROMA_SCALE 20.f

typedef struct
{
  SstConvShape shape[SST_N_ROLES];      /* the head has no template's */
  gboolean standardized, relu;
  size_t weights, gain, bias;   /* in the parameters, and in the kernels */
  gboolean winograd[SST_N_ROLES];
  size_t transformed, flipped;  /* in the kernels; flipped for training */
} Layer;

/* Where the activations of a role lie in its trace. */
typedef struct
{
  int side;                     /* of the input, pixels */
  int n_cells;                  /* of the features */
  size_t input;
  size_t output[MAX_LAYERS];    /* by layer */
  size_t cells;                 /* template: the middle, of length 1; search:
                                 * all cells, of length 1 */
  size_t length;                /* what they were divided by */
  size_t head;                  /* search: cosines, then reduced features */
  size_t total;
} Plan;

struct _SstNetwork
{
  SstNetworkConfig config;
  Layer layers[MAX_LAYERS];
  int n_layers;
  int neck, reduce, head1, head2, out;  /* layers */
  size_t scale, embed;          /* parameters that are no convolution's */
  size_t n_parameters;
  size_t kernels_size[2];       /* by whether training */
  SstTensorSpec specs[MAX_SPECS];
  char names[MAX_SPECS][SST_WEIGHTS_MAX_NAME + 1];
  int n_specs;
  Plan plans[SST_N_ROLES];
  size_t buffer_size;           /* the largest activation */
  size_t scratch_size;          /* of the convolutions */
  gboolean stem_frozen;
};

/* Blocks of floats are kept apart by whole cache lines. */
static size_t
align (size_t size)
{
  return (size + 15) & ~(size_t) 15;
}

static size_t
add_spec (SstNetwork * network, const char *layer, const char *part,
    int n_dims, const int *dims)
{
  SstTensorSpec *const spec = &network->specs[network->n_specs];
  char *const name = network->names[network->n_specs];
  const size_t offset = network->n_parameters;
  size_t size = 1;

  g_snprintf (name, SST_WEIGHTS_MAX_NAME + 1, "%s.%s", layer, part);
  spec->name = name;
  spec->n_dims = n_dims;
  for (int i = 0; i < n_dims; i++) {
    spec->dims[i] = dims[i];
    size *= dims[i];
  }
  network->n_specs++;
  network->n_parameters += size;
  return offset;
}

static const int role_sides[SST_N_ROLES] = {
  SST_TEMPLATE_SIDE, SST_SEARCH_SIDE, SST_CLOSE_SIDE
};

/* side: of the layer's input in a search region. */
static int
add_layer (SstNetwork * network, const char *name, int in, int out, int kernel,
    int stride, int side, gboolean standardized, gboolean relu)
{
  Layer *const layer = &network->layers[network->n_layers];
  const int dims[4] = { out, in, kernel, kernel };

  *layer = (Layer) {
    .standardized = standardized, .relu = relu
  };
  for (int role = 0; role < SST_N_ROLES; role++) {
    const int cells = side * role_sides[role] / SST_SEARCH_SIDE;

    layer->shape[role] = (SstConvShape) {
      in, out, kernel, stride, cells, cells
    };
    layer->winograd[role] = sst_winograd_suits (&layer->shape[role]);
    network->buffer_size = MAX (network->buffer_size,
        MAX (sst_conv_in_size (&layer->shape[role]),
            sst_conv_out_size (&layer->shape[role])));
    network->scratch_size = MAX (network->scratch_size,
        sst_conv_scratch_size (&layer->shape[role]));
    if (layer->winograd[role])
      network->scratch_size = MAX (network->scratch_size,
          sst_winograd_scratch_size (&layer->shape[role]));
  }
  layer->weights = add_spec (network, name, "weight", 4, dims);
  if (standardized)
    layer->gain = add_spec (network, name, "gain", 1, dims);
  layer->bias = add_spec (network, name, "bias", 1, dims);
  return network->n_layers++;
}

static void
plan_kernels (SstNetwork * network)
{
  size_t size = align (network->n_parameters);

  for (int training = 0; training < 2; training++) {
    for (int i = 0; i < network->n_layers; i++) {
      Layer *const layer = &network->layers[i];

      if (!layer->winograd[SST_ROLE_SEARCH])
        continue;
      if (training)
        layer->flipped = size;
      else
        layer->transformed = size;
      size += align (sst_winograd_weights_size (
              &layer->shape[SST_ROLE_SEARCH]));
    }
    network->kernels_size[training] = size;
  }
}

static void
plan_trace (SstNetwork * network, SstNetworkRole role)
{
  Plan *const plan = &network->plans[role];
  const int features = network->config.channels[2];
  const gboolean searches = role != SST_ROLE_TEMPLATE;
  const int last = searches ? network->n_layers : network->neck + 1;
  int compared = CELLS;
  size_t at = 0;

  plan->side = role_sides[role];
  plan->n_cells = (plan->side / SST_NETWORK_STRIDE)
      * (plan->side / SST_NETWORK_STRIDE);
  if (searches)
    compared = plan->n_cells;
  plan->input = at;
  at += align ((size_t) 3 * plan->side * plan->side);
  for (int i = 0; i < last; i++) {
    if (i == network->reduce)
      continue;                 /* in the head's input */
    plan->output[i] = at;
    at += align (sst_conv_out_size (&network->layers[i].shape[role]));
  }
  plan->cells = at;
  at += align ((size_t) features * compared);
  plan->length = at;
  at += align (compared);
  if (searches) {
    plan->head = at;
    plan->output[network->reduce] = at + (size_t) CELLS * compared;
    at += align ((size_t) (CELLS + network->config.reduced) * compared);
  }
  plan->total = at;
}

static gboolean
check_config (const SstNetworkConfig * config, GError ** error)
{
  const int sizes[] = { config->channels[0], config->channels[1],
    config->channels[2], config->reduced, config->head, config->embedding
  };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    if (sizes[i] < 1 || sizes[i] > 256) {
      g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_ARCHITECTURE,
          "a network layer of %d channels; 1 to 256 are allowed", sizes[i]);
      return FALSE;
    }
  }
  if (config->blocks < 0 || config->blocks > MAX_BLOCKS) {
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_ARCHITECTURE,
        "%d residual blocks; 0 to %d are allowed", config->blocks, MAX_BLOCKS);
    return FALSE;
  }
  return TRUE;
}

SstNetwork *
sst_network_new (const SstNetworkConfig * config, GError ** error)
{
  const int *const channels = config->channels;
  const int one = 1, embed[2] = { config->embedding, channels[2] };
  SstNetwork *network;
  int in = 3, side = SST_SEARCH_SIDE;

  if (!check_config (config, error))
    return NULL;
  network = g_new0 (SstNetwork, 1);
  network->config = *config;
  for (int i = 0; i < N_STEM; i++) {
    char name[16];

    g_snprintf (name, sizeof (name), "stem%d", i);
    add_layer (network, name, in, channels[i], 3, 2, side, TRUE, TRUE);
    in = channels[i];
    side /= 2;
  }
  for (int i = 0; i < 2 * config->blocks; i++) {
    char name[16];

    g_snprintf (name, sizeof (name), "block%d%c", i / 2, i % 2 ? 'b' : 'a');
    add_layer (network, name, in, in, 3, 1, side, TRUE, i % 2 == 0);
  }
  network->neck = add_layer (network, "neck", in, in, 1, 1, side, FALSE, FALSE);
  network->reduce = add_layer (network, "reduce", in, config->reduced, 1, 1,
      side, TRUE, TRUE);
  network->head1 = add_layer (network, "head0", CELLS + config->reduced,
      config->head, 3, 1, side, TRUE, TRUE);
  network->head2 = add_layer (network, "head1", config->head, config->head, 3,
      1, side, TRUE, TRUE);
  network->out = add_layer (network, "out", config->head, SST_NETWORK_OUTPUTS,
      1, 1, side, FALSE, FALSE);
  network->scale = add_spec (network, "correlation", "scale", 1, &one);
  network->embed = add_spec (network, "embedding", "weight", 2, embed);
  plan_kernels (network);
  for (int role = 0; role < SST_N_ROLES; role++)
    plan_trace (network, role);
  network->buffer_size = align (MAX (network->buffer_size,
          (size_t) MAX (CELLS, in) * SST_NETWORK_CELLS));
  network->scratch_size = align (network->scratch_size);
  return network;
}

void
sst_network_free (SstNetwork ** network)
{
  g_clear_pointer (network, g_free);
}

size_t
sst_network_freeze_stem (SstNetwork * network)
{
  network->stem_frozen = TRUE;
  return network->layers[N_STEM].weights;
}

const SstNetworkConfig *
sst_network_get_config (const SstNetwork * network)
{
  return &network->config;
}

#define DESCRIPTION \
  "siamese-1 channels=%d,%d,%d blocks=%d reduced=%d head=%d embedding=%d"

static char *
describe (const SstNetworkConfig * config)
{
  return g_strdup_printf (DESCRIPTION, config->channels[0],
      config->channels[1], config->channels[2], config->blocks,
      config->reduced, config->head, config->embedding);
}

char *
sst_network_describe (const SstNetwork * network)
{
  return describe (&network->config);
}

gboolean
sst_network_parse (const char *architecture, SstNetworkConfig * config,
    GError ** error)
{
  gboolean known = FALSE;

  if (sscanf (architecture, DESCRIPTION, &config->channels[0],
          &config->channels[1], &config->channels[2], &config->blocks,
          &config->reduced, &config->head, &config->embedding) == 7) {
    /* sscanf() takes more spellings, and numbers that do not fit */
    char *const text = describe (config);

    known = g_str_equal (text, architecture);
    g_free (text);
  }
  if (!known) {
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_ARCHITECTURE,
        "the weights are of the architecture '%s', which this version does not "
        "know", architecture);
    return FALSE;
  }
  return check_config (config, error);
}

const SstTensorSpec *
sst_network_specs (const SstNetwork * network, int *n)
{
  *n = network->n_specs;
  return network->specs;
}

size_t
sst_network_n_parameters (const SstNetwork * network)
{
  return network->n_parameters;
}

void
sst_network_init_parameters (const SstNetwork * network, SstRandom * random,
    float *parameters)
{
  memset (parameters, 0, network->n_parameters * sizeof (float));
  for (int i = 0; i < network->n_layers; i++) {
    const Layer *const layer = &network->layers[i];
    const SstConvShape *const shape = &layer->shape[0];
    const size_t n = sst_conv_weights_size (shape);
    const gboolean second = i >= N_STEM && i < network->neck
        && (i - N_STEM) % 2 == 1;

    for (size_t k = 0; k < n; k++)
      parameters[layer->weights + k] = sst_random_normal (random,
          sqrtf (shape->out_channels / (float) n));
    if (layer->standardized)
      for (int c = 0; c < shape->out_channels; c++)
        parameters[layer->gain + c] = second ? RESIDUAL_GAIN : 1.f;
  }
  /* the output starts from the same small box everywhere */
  for (int k = 0; k < SST_NETWORK_OUTPUTS * network->config.head; k++)
    parameters[network->layers[network->out].weights + k] *= 0.1f;
  parameters[network->layers[network->out].bias] = INITIAL_SCORE;
  parameters[network->scale] = INITIAL_SCALE;
  for (int k = 0; k < network->config.embedding * network->config.channels[2];
      k++)
    parameters[network->embed + k] = sst_random_normal (random,
        1.f / sqrtf (network->config.channels[2]));
}

size_t
sst_network_kernels_size (const SstNetwork * network, gboolean training)
{
  return network->kernels_size[training ? 1 : 0];
}

void
sst_network_fold (const SstNetwork * network, const float *parameters,
    gboolean training, float *kernels)
{
  memcpy (kernels, parameters, network->n_parameters * sizeof (float));
  for (int i = 0; i < network->n_layers; i++) {
    const Layer *const layer = &network->layers[i];
    const SstConvShape *const shape = &layer->shape[SST_ROLE_SEARCH];
    const float *const weights = kernels + layer->weights;

    if (layer->standardized)
      sst_standardize_forward (shape->out_channels,
          (int) (sst_conv_weights_size (shape) / shape->out_channels),
          parameters + layer->weights, parameters + layer->gain,
          kernels + layer->weights);
    if (!layer->winograd[SST_ROLE_SEARCH])
      continue;
    sst_winograd_transform_weights (shape, weights, FALSE,
        kernels + layer->transformed);
    if (training)
      sst_winograd_transform_weights (shape, weights, TRUE,
          kernels + layer->flipped);
  }
}

void
sst_network_fold_backward (const SstNetwork * network,
    const float *parameters, const float *dkernels, float *dparameters)
{
  for (int i = 0; i < network->n_layers; i++) {
    const Layer *const layer = &network->layers[i];
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
  for (size_t k = network->scale; k < network->n_parameters; k++)
    dparameters[k] += dkernels[k];
}

size_t
sst_network_trace_size (const SstNetwork * network, SstNetworkRole role)
{
  return network->plans[role].total;
}

/* Buffers of gradients that the backward pass needs at a time. */
#define N_BUFFERS 3

size_t
sst_network_workspace_size (const SstNetwork * network, gboolean training)
{
  return network->scratch_size
      + (training ? N_BUFFERS * network->buffer_size : 0);
}

static float *
buffer (const SstNetwork * network, float *workspace, int i)
{
  return workspace + network->scratch_size + i * network->buffer_size;
}

SST_MULTIVERSION static void
measure_luma (const float *luma, size_t pixels, float *mean, float *scale)
{
  double sum = 0.0, squares = 0.0;

  for (size_t i = 0; i < pixels; i++) {
    sum += luma[i];
    squares += luma[i] * luma[i];
  }
  sum /= pixels;
  *mean = (float) sum;
  *scale = 1.f / (LUMA_SHARE * sqrtf ((float) fmax (squares / pixels
              - sum * sum, 0.0)) + LUMA_FLOOR);
}

SST_MULTIVERSION static void
normalize (const float *x, float mean, float scale, size_t n, float *y)
{
  for (size_t i = 0; i < n; i++)
    y[i] = (x[i] - mean) * scale;
}

static void
normalize_input (const float *sample, size_t pixels, float *input)
{
  float mean, scale;

  measure_luma (sample, pixels, &mean, &scale);
  normalize (sample, mean, scale, pixels, input);
  normalize (sample + pixels, 0.f, 1.f / CHROMA_SCALE, 2 * pixels,
      input + pixels);
}

/* The part of a search region from that pixel on, as it looks in the whole. */
static void
normalize_part (const float *sample, int left, int top, float *input)
{
  const size_t pixels = (size_t) SST_SEARCH_SIDE * SST_SEARCH_SIDE;
  float mean, scale;

  measure_luma (sample, pixels, &mean, &scale);
  for (int c = 0; c < 3; c++) {
    for (int y = 0; y < SST_CLOSE_SIDE; y++) {
      const float *const row = sample + c * pixels
          + (size_t) (top + y) * SST_SEARCH_SIDE + left;

      normalize (row, c == 0 ? mean : 0.f,
          c == 0 ? scale : 1.f / CHROMA_SCALE, SST_CLOSE_SIDE, input);
      input += SST_CLOSE_SIDE;
    }
  }
}

SST_MULTIVERSION static void
add_rectified (const float *x, float *y, size_t n)
{
  for (size_t i = 0; i < n; i++)
    y[i] = x[i] + y[i] > 0.f ? x[i] + y[i] : 0.f;
}

SST_MULTIVERSION static void
add (const float *x, float *y, size_t n)
{
  for (size_t i = 0; i < n; i++)
    y[i] += x[i];
}

static void
run_layer (const SstNetwork * network, const float *kernels, int i,
    SstNetworkRole role, const float *x, float *y, float *workspace)
{
  const Layer *const layer = &network->layers[i];
  const SstConvShape *const shape = &layer->shape[role];
  const float *const bias = kernels + layer->bias;

  if (layer->winograd[role])
    sst_winograd_forward (shape, x, kernels + layer->transformed, bias,
        layer->relu, y, workspace);
  else
    sst_conv_forward (shape, x, kernels + layer->weights, bias, layer->relu,
        y, workspace);
}

/* Overwrites dx, unless it is NULL; adds the gradient of the kernels. */
static void
run_layer_backward (const SstNetwork * network, const float *kernels, int i,
    SstNetworkRole role, const float *x, const float *y, float *dy, float *dx,
    float *dkernels, float *workspace)
{
  const Layer *const layer = &network->layers[i];
  const SstConvShape *const shape = &layer->shape[role];

  if (layer->relu)
    sst_relu_backward (y, dy, sst_conv_out_size (shape));
  if (layer->winograd[role])
    sst_winograd_backward_weights (shape, x, dy, dkernels + layer->weights,
        workspace);
  else
    sst_conv_backward_weights (shape, x, dy, dkernels + layer->weights, NULL,
        workspace);
  sst_conv_backward_bias (shape, dy, dkernels + layer->bias);
  if (dx == NULL)
    return;
  if (layer->winograd[role])
    sst_winograd_backward_input (shape, dy, kernels + layer->flipped, dx,
        workspace);
  else
    sst_conv_backward_input (shape, dy, kernels + layer->weights, dx,
        workspace);
}

static size_t
features_size (const SstNetwork * network, SstNetworkRole role)
{
  return sst_conv_out_size (&network->layers[N_STEM - 1].shape[role]);
}

/* From the input, which is in the trace. */
static const float *
run_backbone (const SstNetwork * network, const float *kernels,
    SstNetworkRole role, float *trace, float *workspace)
{
  const Plan *const plan = &network->plans[role];
  const float *x = trace + plan->input;

  for (int i = 0; i < network->neck; i++) {
    float *const y = trace + plan->output[i];

    run_layer (network, kernels, i, role, x, y, workspace);
    if (i >= N_STEM && (i - N_STEM) % 2 == 1)
      add_rectified (trace + plan->output[i - 2], y, features_size (network,
              role));
    x = y;
  }
  run_layer (network, kernels, network->neck, role, x,
      trace + plan->output[network->neck], workspace);
  return x;
}

/* d: the features' gradient, in buffer 0; destroyed. */
static void
run_backbone_backward (const SstNetwork * network, const float *kernels,
    SstNetworkRole role, const float *trace, float *dkernels,
    float *workspace)
{
  const Plan *const plan = &network->plans[role];
  float *d = buffer (network, workspace, 0);
  float *other = buffer (network, workspace, 1);
  float *third = buffer (network, workspace, 2);

  for (int b = network->config.blocks - 1; b >= 0; b--) {
    const int first = N_STEM + 2 * b, second = first + 1;
    const float *const x = trace + plan->output[first - 1];
    const float *const middle = trace + plan->output[first];
    const gboolean ends = b == 0 && network->stem_frozen;

    sst_relu_backward (trace + plan->output[second], d,
        features_size (network, role));
    run_layer_backward (network, kernels, second, role, middle, NULL, d,
        other, dkernels, workspace);
    run_layer_backward (network, kernels, first, role, x, middle, other,
        ends ? NULL : third, dkernels, workspace);
    if (!ends)
      add (third, d, features_size (network, role));
  }
  if (network->stem_frozen)
    return;
  for (int i = N_STEM - 1; i >= 0; i--) {
    float *const swap = d;

    run_layer_backward (network, kernels, i, role,
        trace + (i > 0 ? plan->output[i - 1] : plan->input),
        trace + plan->output[i], d, i > 0 ? other : NULL, dkernels, workspace);
    d = other;
    other = swap;
  }
}

void
sst_network_template (const SstNetwork * network, const float *kernels,
    const float *sample, float *trace, float *workspace)
{
  const Plan *const plan = &network->plans[SST_ROLE_TEMPLATE];
  const int channels = network->config.channels[2];

  normalize_input (sample, (size_t) plan->side * plan->side,
      trace + plan->input);
  run_backbone (network, kernels, SST_ROLE_TEMPLATE, trace, workspace);
  sst_central_cells_forward (channels, SST_TEMPLATE_SIDE / SST_NETWORK_STRIDE,
      CELLS_SIDE, trace + plan->output[network->neck], trace + plan->cells);
  sst_normalize_cells_forward (channels, CELLS, trace + plan->cells,
      trace + plan->cells, trace + plan->length);
}

size_t
sst_network_cells_size (const SstNetwork * network)
{
  return (size_t) network->config.channels[2] * CELLS;
}

const float *
sst_network_template_cells (const SstNetwork * network, const float *trace)
{
  return trace + network->plans[SST_ROLE_TEMPLATE].cells;
}

/* From the input, which is in the trace, to the output. */
static void
run_search (const SstNetwork * network, const float *kernels,
    SstNetworkRole role, const float *cells, float *trace, float *workspace)
{
  const Plan *const plan = &network->plans[role];
  const int channels = network->config.channels[2];
  const float *const features = run_backbone (network, kernels, role, trace,
      workspace);

  sst_normalize_cells_forward (channels, plan->n_cells,
      trace + plan->output[network->neck], trace + plan->cells,
      trace + plan->length);
  sst_correlate_forward (channels, CELLS, plan->n_cells,
      kernels[network->scale], cells, trace + plan->cells, trace + plan->head);
  run_layer (network, kernels, network->reduce, role, features,
      trace + plan->output[network->reduce], workspace);
  run_layer (network, kernels, network->head1, role, trace + plan->head,
      trace + plan->output[network->head1], workspace);
  run_layer (network, kernels, network->head2, role,
      trace + plan->output[network->head1],
      trace + plan->output[network->head2], workspace);
  run_layer (network, kernels, network->out, role,
      trace + plan->output[network->head2],
      trace + plan->output[network->out], workspace);
}

void
sst_network_search (const SstNetwork * network, const float *kernels,
    const float *cells, const float *sample, float *trace, float *workspace)
{
  const Plan *const plan = &network->plans[SST_ROLE_SEARCH];

  normalize_input (sample, (size_t) plan->side * plan->side,
      trace + plan->input);
  run_search (network, kernels, SST_ROLE_SEARCH, cells, trace, workspace);
}

void
sst_network_search_close (const SstNetwork * network, const float *kernels,
    const float *cells, const float *sample, int x, int y, float *trace,
    float *workspace, float *output)
{
  const Plan *const plan = &network->plans[SST_ROLE_CLOSE];
  const float *from = trace + plan->output[network->out];

  normalize_part (sample, x * SST_NETWORK_STRIDE, y * SST_NETWORK_STRIDE,
      trace + plan->input);
  run_search (network, kernels, SST_ROLE_CLOSE, cells, trace, workspace);
  for (int k = 0; k < SST_NETWORK_OUTPUTS; k++) {
    for (int row = 0; row < SST_CLOSE_GRID; row++) {
      memcpy (output + k * SST_NETWORK_CELLS + (y + row) * SST_NETWORK_GRID
          + x, from, SST_CLOSE_GRID * sizeof (float));
      from += SST_CLOSE_GRID;
    }
  }
}

const float *
sst_network_output (const SstNetwork * network, const float *trace)
{
  return trace + network->plans[SST_ROLE_SEARCH].output[network->out];
}

const float *
sst_network_features (const SstNetwork * network, SstNetworkRole role,
    const float *trace)
{
  return trace + network->plans[role].output[network->neck - 1];
}

const float *
sst_network_fine_features (const SstNetwork * network, SstNetworkRole role,
    const float *trace)
{
  return trace + network->plans[role].output[1];
}

int
sst_network_best_cell (const float *scores)
{
  int best = 0;

  for (int i = 1; i < SST_NETWORK_CELLS; i++)
    if (scores[i] > scores[best])
      best = i;
  return best;
}

SstBox
sst_network_box (const float *output, int x, int y)
{
  const float *const at = output + y * SST_NETWORK_GRID + x;
  const float cx = (x + 0.5f) * SST_NETWORK_STRIDE;
  const float cy = (y + 0.5f) * SST_NETWORK_STRIDE;
  float side[4];

  for (int i = 0; i < 4; i++)
    side[i] = SST_NETWORK_UNIT * expf (fminf (fmaxf (at[(1 + i)
                    * SST_NETWORK_CELLS], -SST_NETWORK_LOG_LIMIT),
            SST_NETWORK_LOG_LIMIT));    /* what is no number gives the least */
  return (SstBox) { cx - side[0], cy - side[1], side[0] + side[2],
    side[1] + side[3]
  };
}

void
sst_network_template_backward (const SstNetwork * network,
    const float *kernels, const float *trace, const float *dcells,
    const float *dfeatures, float *dkernels, float *workspace)
{
  const Plan *const plan = &network->plans[SST_ROLE_TEMPLATE];
  const int channels = network->config.channels[2];
  const size_t size = features_size (network, SST_ROLE_TEMPLATE);
  float *const d = buffer (network, workspace, 0);
  float *const other = buffer (network, workspace, 1);

  if (dcells != NULL) {
    float *const third = buffer (network, workspace, 2);

    sst_normalize_cells_backward (channels, CELLS, trace + plan->cells,
        trace + plan->length, dcells, third);
    sst_central_cells_backward (channels,
        SST_TEMPLATE_SIDE / SST_NETWORK_STRIDE, CELLS_SIDE, third, other);
    run_layer_backward (network, kernels, network->neck, SST_ROLE_TEMPLATE,
        sst_network_features (network, SST_ROLE_TEMPLATE, trace), NULL, other,
        d, dkernels, workspace);
  } else {
    memset (d, 0, size * sizeof (float));
  }
  if (dfeatures != NULL)
    add (dfeatures, d, size);
  run_backbone_backward (network, kernels, SST_ROLE_TEMPLATE, trace, dkernels,
      workspace);
}

/* Leaves the features' gradient in buffer 0. */
static void
run_head_backward (const SstNetwork * network, const float *kernels,
    const float *cells, const float *trace, const float *doutput,
    float *dkernels, float *dcells, float *workspace)
{
  const Plan *const plan = &network->plans[SST_ROLE_SEARCH];
  const int channels = network->config.channels[2];
  const float *const features =
      sst_network_features (network, SST_ROLE_SEARCH, trace);
  float *const a = buffer (network, workspace, 0);
  float *const b = buffer (network, workspace, 1);
  float *const c = buffer (network, workspace, 2);

  memcpy (a, doutput, (size_t) SST_NETWORK_OUTPUTS * SST_NETWORK_CELLS
      * sizeof (float));
  run_layer_backward (network, kernels, network->out, SST_ROLE_SEARCH,
      trace + plan->output[network->head2], NULL, a, b, dkernels, workspace);
  run_layer_backward (network, kernels, network->head2, SST_ROLE_SEARCH,
      trace + plan->output[network->head1],
      trace + plan->output[network->head2], b, a, dkernels, workspace);
  run_layer_backward (network, kernels, network->head1, SST_ROLE_SEARCH,
      trace + plan->head, trace + plan->output[network->head1], a, b,
      dkernels, workspace);
  /* b: the gradient of the cosines, then of the reduced features */
  sst_correlate_backward (channels, CELLS, SST_NETWORK_CELLS,
      kernels[network->scale], cells, trace + plan->cells, b, dcells, c,
      dkernels + network->scale);
  sst_normalize_cells_backward (channels, SST_NETWORK_CELLS,
      trace + plan->cells, trace + plan->length, c, c);
  run_layer_backward (network, kernels, network->neck, SST_ROLE_SEARCH,
      features, NULL, c, a, dkernels, workspace);
  run_layer_backward (network, kernels, network->reduce, SST_ROLE_SEARCH,
      features, trace + plan->output[network->reduce],
      b + (size_t) CELLS * SST_NETWORK_CELLS, c, dkernels, workspace);
  add (c, a, features_size (network, SST_ROLE_SEARCH));
}

void
sst_network_search_backward (const SstNetwork * network,
    const float *kernels, const float *cells, const float *trace,
    const float *doutput, const float *dfeatures, float *dkernels,
    float *dcells, float *workspace)
{
  const size_t size = features_size (network, SST_ROLE_SEARCH);
  float *const d = buffer (network, workspace, 0);

  if (doutput != NULL)
    run_head_backward (network, kernels, cells, trace, doutput, dkernels,
        dcells, workspace);
  else
    memset (d, 0, size * sizeof (float));
  if (dfeatures != NULL)
    add (dfeatures, d, size);
  run_backbone_backward (network, kernels, SST_ROLE_SEARCH, trace, dkernels,
      workspace);
}

/* How much of cell i the stretch from lo to hi covers, at least one cell's
 * worth in all. */
static float
cover (int i, float lo, float hi)
{
  return fmaxf (fminf (hi, i + 1.f) - fmaxf (lo, (float) i), 0.f);
}

static void
stretch (float from, float length, int cells, float *lo, float *hi)
{
  const float half = 0.5f * fmaxf (length / SST_NETWORK_STRIDE, 1.f);
  const float middle = CLAMP ((from + 0.5f * length) / SST_NETWORK_STRIDE,
      0.5f, cells - 0.5f);

  *lo = fmaxf (middle - half, 0.f);
  *hi = fminf (middle + half, (float) cells);
}

float
sst_network_embed (const SstNetwork * network, const float *kernels,
    SstNetworkRole role, const float *trace, const SstBox * box,
    float *pooled, float *embedding)
{
  const int cells = network->plans[role].side / SST_NETWORK_STRIDE;
  const int channels = network->config.channels[2];
  const int dimensions = network->config.embedding;
  const float *features = sst_network_features (network, role, trace);
  float x_lo, x_hi, y_lo, y_hi, length = 1e-6f;

  stretch (box->x, box->width, cells, &x_lo, &x_hi);
  stretch (box->y, box->height, cells, &y_lo, &y_hi);
  for (int c = 0; c < channels; c++, features += (size_t) cells * cells) {
    float sum = 0.f;

    for (int y = (int) y_lo; y < cells && y < y_hi; y++)
      for (int x = (int) x_lo; x < cells && x < x_hi; x++)
        sum += features[y * cells + x] * cover (y, y_lo, y_hi)
            * cover (x, x_lo, x_hi);
    pooled[c] = sum / ((x_hi - x_lo) * (y_hi - y_lo));
  }
  cblas_sgemv (CblasRowMajor, CblasNoTrans, dimensions, channels, 1.f,
      kernels + network->embed, channels, pooled, 1, 0.f, embedding, 1);
  for (int k = 0; k < dimensions; k++)
    length += embedding[k] * embedding[k];
  length = sqrtf (length);
  for (int k = 0; k < dimensions; k++)
    embedding[k] /= length;
  return length;
}

void
sst_network_embed_backward (const SstNetwork * network,
    const float *kernels, SstNetworkRole role, const SstBox * box,
    const float *pooled, const float *embedding, float length,
    const float *dembedding, float *dfeatures, float *dkernels)
{
  const int cells = network->plans[role].side / SST_NETWORK_STRIDE;
  const int channels = network->config.channels[2];
  const int dimensions = network->config.embedding;
  float mapped[256], dpooled[256];
  float x_lo, x_hi, y_lo, y_hi, along = 0.f;

  for (int k = 0; k < dimensions; k++)
    along += embedding[k] * dembedding[k];
  for (int k = 0; k < dimensions; k++)
    mapped[k] = (dembedding[k] - embedding[k] * along) / length;
  cblas_sger (CblasRowMajor, dimensions, channels, 1.f, mapped, 1, pooled, 1,
      dkernels + network->embed, channels);
  cblas_sgemv (CblasRowMajor, CblasTrans, dimensions, channels, 1.f,
      kernels + network->embed, channels, mapped, 1, 0.f, dpooled, 1);

  stretch (box->x, box->width, cells, &x_lo, &x_hi);
  stretch (box->y, box->height, cells, &y_lo, &y_hi);
  for (int c = 0; c < channels; c++, dfeatures += (size_t) cells * cells) {
    const float share = dpooled[c] / ((x_hi - x_lo) * (y_hi - y_lo));

    for (int y = (int) y_lo; y < cells && y < y_hi; y++)
      for (int x = (int) x_lo; x < cells && x < x_hi; x++)
        dfeatures[y * cells + x] += share * cover (y, y_lo, y_hi)
            * cover (x, x_lo, x_hi);
  }
}
