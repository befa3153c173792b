/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "model/network_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cut.h"
#include "base/floats.h"

/* The scale of the cosines before training. */
#define INITIAL_SCALE 4.f
/* A residual branch starts small (Zhang et al., "Fixup", 2019). */
#define RESIDUAL_GAIN 0.3f
/* A cell is the centre with this probability before training. */
#define INITIAL_SCORE -3.f

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

/* divided: by how much the layer's input is smaller than the picture. */
static int
add_layer (SstNetwork * network, const char *name, int in, int out, int kernel,
    int stride, int divided, gboolean standardized, gboolean relu)
{
  SstLayer *const layer = &network->layers[network->n_layers];
  const int dims[4] = { out, in, kernel, kernel };
  int sides[SST_N_ROLES];

  for (int role = 0; role < SST_N_ROLES; role++)
    sides[role] = role_sides[role] / divided;
  sst_layer_init (layer, in, out, kernel, stride, sides, standardized, relu,
      network->bfloat);
  for (int role = 0; role < SST_N_ROLES; role++)
    network->buffer_size = MAX (network->buffer_size,
        MAX (sst_conv_in_size (&layer->shape[role]),
            sst_conv_out_size (&layer->shape[role])));
  network->scratch_size = MAX (network->scratch_size,
      sst_layer_scratch_size (layer));
  layer->weights = add_spec (network, name, "weight", 4, dims);
  if (standardized)
    layer->gain = add_spec (network, name, "gain", 1, dims);
  layer->bias = add_spec (network, name, "bias", 1, dims);
  return network->n_layers++;
}

/* The convolution that leads to a stage, and its residual blocks. */
static void
add_stage (SstNetwork * network, int s, int in, int out, int blocks)
{
  const int stride = 2 << s;
  char name[32];

  g_snprintf (name, sizeof (name), "stem%d", s);
  network->stage[s] = add_layer (network, name, in, out, 3, 2, stride / 2,
      TRUE, TRUE);
  network->blocks[s] = blocks;
  for (int i = 0; i < 2 * blocks; i++) {
    const char part = i % 2 ? 'b' : 'a';

    if (stride == SST_NETWORK_STRIDE)
      g_snprintf (name, sizeof (name), "block%d%c", i / 2, part);
    else
      g_snprintf (name, sizeof (name), "block%d.%d%c", stride, i / 2, part);
    add_layer (network, name, out, out, 3, 1, stride, TRUE, i % 2 == 0);
  }
}

static void
add_backbone (SstNetwork * network)
{
  const SstNetworkConfig *const config = &network->config;
  const int *const channels = config->channels;

  add_stage (network, 0, 3, channels[0], 0);
  add_stage (network, 1, channels[0], channels[1], config->blocks4);
  add_stage (network, 2, channels[1], channels[2], config->blocks);
  network->stage[3] = network->lateral = SST_NO_LAYER;
  if (config->channels16 == 0)
    return;
  add_stage (network, 3, channels[2], config->channels16, config->blocks16);
  network->lateral = add_layer (network, "lateral", config->channels16,
      channels[2], 1, 1, 2 * SST_NETWORK_STRIDE, TRUE, FALSE);
}

static void
add_head (SstNetwork * network)
{
  const SstNetworkConfig *const config = &network->config;
  const int width = config->channels[2], head = config->head;
  const int stride = SST_NETWORK_STRIDE;
  const int n_outputs = sst_network_n_outputs (network);

  network->n_compared = config->target ? SST_TEMPLATE_CELLS : SST_MIDDLE_CELLS;
  network->n_head = SST_MIDDLE_CELLS + (config->target ? 2 : 0)
      + config->reduced;
  network->neck = add_layer (network, "neck", width, width, 1, 1, stride,
      FALSE, FALSE);
  network->reduce = add_layer (network, "reduce", width, config->reduced, 1, 1,
      stride, TRUE, TRUE);
  network->head0 = add_layer (network, "head0", network->n_head, head, 3, 1,
      stride, TRUE, TRUE);
  network->head1 = network->score_tower = network->box_tower =
      network->out_box = SST_NO_LAYER;
  if (config->towers) {
    network->score_tower = add_layer (network, "score0", head, head, 3, 1,
        stride, TRUE, TRUE);
    network->out = add_layer (network, "score", head, 1, 1, 1, stride, FALSE,
        FALSE);
    network->box_tower = add_layer (network, "box0", head, head, 3, 1, stride,
        TRUE, TRUE);
    network->out_box = add_layer (network, "box", head, n_outputs - 1, 1, 1,
        stride, FALSE, FALSE);
  } else {
    network->head1 = add_layer (network, "head1", head, head, 3, 1, stride,
        TRUE, TRUE);
    network->out = add_layer (network, "out", head, n_outputs, 1, 1, stride,
        FALSE, FALSE);
  }
}

static void
add_other_parameters (SstNetwork * network)
{
  const SstNetworkConfig *const config = &network->config;
  const int one = 1, embed[2] = { config->embedding, config->channels[2] };
  const int film[2] = { 2 * config->reduced, sst_network_n_traits (network) };

  network->scale = add_spec (network, "correlation", "scale", 1, &one);
  if (config->target) {
    network->likeness = add_spec (network, "likeness", "scale", 1, &one);
    network->film = add_spec (network, "film", "weight", 2, film);
    network->film_bias = add_spec (network, "film", "bias", 1, film);
  }
  network->embed = add_spec (network, "embedding", "weight", 2, embed);
}

static void
plan_kernels (SstNetwork * network)
{
  size_t size = sst_floats_round_up (network->n_parameters);

  for (int training = 0; training < 2; training++) {
    for (int i = 0; i < network->n_layers; i++) {
      SstLayer *const layer = &network->layers[i];

      if (training)
        layer->flipped = size;
      else
        layer->transformed = size;
      size += sst_floats_round_up (sst_layer_transformed_size (layer));
    }
    network->kernels_size[training] = size;
  }
}

static void
plan_cells (SstNetwork * network)
{
  size_t size = sst_network_unit_cells_size (network);

  if (network->config.target) {
    network->inside = size;
    size += network->n_compared;
    network->modulation = size;
    size += 2 * network->config.reduced;
  }
  network->cells_size = size;
}

static void
plan_head (SstNetwork * network, SstNetworkPlan * plan, size_t * at)
{
  const size_t n = plan->n_cells;

  if (network->config.target) {
    plan->cosines = *at;
    *at += sst_floats_round_up (network->n_compared * n);
    plan->sums = *at;
    *at += sst_floats_round_up (2 * n);
    plan->output[network->reduce] = *at;
    *at += sst_floats_round_up (network->config.reduced * n);
  }
  plan->head = *at;
  if (!network->config.target)
    plan->output[network->reduce] = *at + SST_MIDDLE_CELLS * n;
  *at += sst_floats_round_up (network->n_head * n);
  plan->output[network->out] = *at;
  if (network->out_box != SST_NO_LAYER)
    plan->output[network->out_box] = *at + n;
  *at += sst_floats_round_up (sst_network_n_outputs (network) * n);
}

/* Whether a layer's output has its place in plan_head(). */
static gboolean
is_placed (const SstNetwork * network, int i)
{
  return i == network->reduce || i == network->out || i == network->out_box;
}

static void
plan_trace (SstNetwork * network, SstNetworkRole role)
{
  SstNetworkPlan *const plan = &network->plans[role];
  const size_t features = network->config.channels[2];
  const gboolean searches = role != SST_ROLE_TEMPLATE;
  const int last = searches ? network->n_layers : network->neck + 1;
  size_t at = 0;

  plan->side = role_sides[role];
  plan->n_cells = (plan->side / SST_NETWORK_STRIDE)
      * (plan->side / SST_NETWORK_STRIDE);
  plan->input = at;
  at += sst_floats_round_up ((size_t) 3 * plan->side * plan->side);
  for (int i = 0; i < last; i++) {
    if (is_placed (network, i))
      continue;
    plan->output[i] = at;
    at += sst_floats_round_up (sst_layer_out_size (&network->layers[i], role));
  }
  if (network->lateral != SST_NO_LAYER) {
    plan->fused = at;
    at += sst_floats_round_up (features * plan->n_cells);
  } else {
    plan->fused = plan->output[network->neck - 1];
  }
  plan->cells = at;
  at += sst_floats_round_up (searches ? features * plan->n_cells
      : network->cells_size);
  plan->length = at;
  at += sst_floats_round_up (searches ? plan->n_cells : network->n_compared);
  plan->pooled = at;
  if (searches)
    plan_head (network, plan, &at);
  else
    at += sst_floats_round_up (sst_network_n_traits (network));
  plan->total = at;
}

static gboolean
check_config (const SstNetworkConfig * config, GError ** error)
{
  const int sizes[] = { config->channels[0], config->channels[1],
    config->channels[2], config->reduced, config->head, config->embedding,
    config->channels16 > 0 ? config->channels16 : 1
  };
  const int blocks[] = { config->blocks, config->blocks4, config->blocks16 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    if (sizes[i] < 1 || sizes[i] > SST_NETWORK_MAX_CHANNELS) {
      g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_ARCHITECTURE,
          "a network layer of %d channels; 1 to 256 are allowed", sizes[i]);
      return FALSE;
    }
  }
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++) {
    if (blocks[i] < 0 || blocks[i] > SST_MAX_BLOCKS) {
      g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_ARCHITECTURE,
          "%d residual blocks; 0 to %d are allowed", blocks[i],
          SST_MAX_BLOCKS);
      return FALSE;
    }
  }
  if (config->channels16 < 0 || (config->channels16 == 0
          && config->blocks16 > 0)) {
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_ARCHITECTURE,
        "%d channels for the residual blocks at stride 16",
        config->channels16);
    return FALSE;
  }
  return TRUE;
}

static SstNetwork *
network_new (const SstNetworkConfig * config, gboolean bfloat,
    GError ** error)
{
  SstNetwork *network;

  if (!check_config (config, error))
    return NULL;
  network = g_new0 (SstNetwork, 1);
  network->config = *config;
  network->bfloat = bfloat;
  add_backbone (network);
  add_head (network);
  add_other_parameters (network);
  plan_kernels (network);
  plan_cells (network);
  for (int role = 0; role < SST_N_ROLES; role++)
    plan_trace (network, role);
  network->buffer_size = sst_floats_round_up (MAX (network->buffer_size,
          (size_t) MAX (network->n_compared, config->channels[2])
          * SST_NETWORK_CELLS));
  network->scratch_size = sst_floats_round_up (network->scratch_size);
  return network;
}

SstNetwork *
sst_network_new (const SstNetworkConfig * config, GError ** error)
{
  return network_new (config, FALSE, error);
}

SstNetwork *
sst_network_new_bfloat (const SstNetworkConfig * config, GError ** error)
{
  return network_new (config, TRUE, error);
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
  return network->layers[network->stage[2] + 1].weights;
}

const SstNetworkConfig *
sst_network_get_config (const SstNetwork * network)
{
  return &network->config;
}

int
sst_network_n_outputs (const SstNetwork * network)
{
  return network->config.mask ? SST_NETWORK_MAX_OUTPUTS : SST_NETWORK_OUTPUTS;
}

#define FIRST \
  "siamese-1 channels=%d,%d,%d blocks=%d reduced=%d head=%d embedding=%d"
#define SECOND \
  "siamese-2 channels=%d,%d,%d,%d blocks=%d,%d,%d reduced=%d head=%d " \
  "embedding=%d towers=%d target=%d mask=%d"

static char *
describe (const SstNetworkConfig * c)
{
  if (c->blocks4 == 0 && c->channels16 == 0 && !c->towers && !c->target
      && !c->mask)
    return g_strdup_printf (FIRST, c->channels[0], c->channels[1],
        c->channels[2], c->blocks, c->reduced, c->head, c->embedding);
  return g_strdup_printf (SECOND, c->channels[0], c->channels[1],
      c->channels[2], c->channels16, c->blocks4, c->blocks, c->blocks16,
      c->reduced, c->head, c->embedding, c->towers, c->target, c->mask);
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
  SstNetworkConfig c = { {0}, 0 };
  gboolean known = sscanf (architecture, FIRST, &c.channels[0],
      &c.channels[1], &c.channels[2], &c.blocks, &c.reduced, &c.head,
      &c.embedding) == 7
      || sscanf (architecture, SECOND, &c.channels[0], &c.channels[1],
      &c.channels[2], &c.channels16, &c.blocks4, &c.blocks, &c.blocks16,
      &c.reduced, &c.head, &c.embedding, &c.towers, &c.target, &c.mask) == 13;

  if (known) {
    /* sscanf() takes more spellings, and numbers that do not fit */
    char *const text = describe (&c);

    known = g_str_equal (text, architecture);
    g_free (text);
  }
  if (!known) {
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_ARCHITECTURE,
        "the weights are of the architecture '%s', which this version does not "
        "know", architecture);
    return FALSE;
  }
  *config = c;
  config->towers = c.towers != 0;
  config->target = c.target != 0;
  config->mask = c.mask != 0;
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

/* Whether the layer ends a residual branch. */
static gboolean
ends_branch (const SstNetwork * network, int i)
{
  for (int s = 0; s < SST_N_STAGES; s++) {
    const int first = network->stage[s] + 1;

    if (network->stage[s] != SST_NO_LAYER && i >= first
        && i < first + 2 * network->blocks[s])
      return (i - first) % 2 == 1;
  }
  return i == network->lateral;
}

static void
draw_normals (SstRandom * random, float sigma, size_t n, float *x)
{
  for (size_t k = 0; k < n; k++)
    x[k] = sst_random_normal (random, sigma);
}

/* The output starts from the same small box everywhere. */
static void
soften_output (const SstNetwork * network, int i, float *parameters)
{
  const SstLayer *const layer = &network->layers[i];

  for (size_t k = 0; k < sst_layer_weights_size (layer); k++)
    parameters[layer->weights + k] *= 0.1f;
}

void
sst_network_init_parameters (const SstNetwork * network, SstRandom * random,
    float *parameters)
{
  const SstNetworkConfig *const config = &network->config;

  memset (parameters, 0, network->n_parameters * sizeof (float));
  for (int i = 0; i < network->n_layers; i++) {
    const SstLayer *const layer = &network->layers[i];
    const size_t n = sst_layer_weights_size (layer);
    const int out = layer->shape[0].out_channels;

    draw_normals (random, sqrtf (out / (float) n), n,
        parameters + layer->weights);
    if (layer->standardized)
      for (int c = 0; c < out; c++)
        parameters[layer->gain + c] = ends_branch (network, i) ? RESIDUAL_GAIN
            : 1.f;
  }
  soften_output (network, network->out, parameters);
  if (network->out_box != SST_NO_LAYER)
    soften_output (network, network->out_box, parameters);
  parameters[network->layers[network->out].bias] = INITIAL_SCORE;
  parameters[network->scale] = INITIAL_SCALE;
  if (config->target)
    parameters[network->likeness] = INITIAL_SCALE;
  draw_normals (random, 1.f / sqrtf (config->channels[2]),
      (size_t) config->embedding * config->channels[2],
      parameters + network->embed);
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
  for (int i = 0; i < network->n_layers && !sst_cut_is_due (); i++)
    sst_layer_fold (&network->layers[i], parameters, training, kernels);
}

void
sst_network_fold_backward (const SstNetwork * network,
    const float *parameters, const float *dkernels, float *dparameters)
{
  for (int i = 0; i < network->n_layers && !sst_cut_is_due (); i++)
    sst_layer_fold_backward (&network->layers[i], parameters, dkernels,
        dparameters);
  for (size_t k = network->scale; k < network->n_parameters; k++)
    dparameters[k] += dkernels[k];
}

guint64
sst_network_operations (const SstNetwork * network, SstNetworkRole role)
{
  const gboolean searches = role != SST_ROLE_TEMPLATE;
  const int last = searches ? network->n_layers : network->neck + 1;
  guint64 sum = searches ? (guint64) network->n_compared
      * network->plans[role].n_cells * network->config.channels[2] : 0;

  for (int i = 0; i < last; i++) {
    const SstLayer *const layer = &network->layers[i];
    const SstConvShape *const shape = &layer->shape[role];

    sum += (guint64) sst_layer_out_size (layer, role) * shape->in_channels
        * shape->kernel * shape->kernel;
  }
  return sum;
}

size_t
sst_network_trace_size (const SstNetwork * network, SstNetworkRole role)
{
  return network->plans[role].total;
}

size_t
sst_network_workspace_size (const SstNetwork * network, gboolean training)
{
  return network->scratch_size
      + (training ? SST_N_BUFFERS * network->buffer_size : 0);
}

size_t
sst_network_cells_size (const SstNetwork * network)
{
  return network->cells_size;
}

size_t
sst_network_unit_cells_size (const SstNetwork * network)
{
  return (size_t) network->config.channels[2] * network->n_compared;
}

size_t
sst_network_n_lower (const SstNetwork * network)
{
  /* layers lie in their order, the lower half's first */
  return network->layers[network->lateral != SST_NO_LAYER ? network->stage[3]
      : network->neck].weights;
}

size_t
sst_network_middle_size (const SstNetwork * network, SstNetworkRole role)
{
  return (size_t) network->config.channels[2]
      * network->plans[role].n_cells;
}

const float *
sst_network_template_cells (const SstNetwork * network, const float *trace)
{
  return trace + network->plans[SST_ROLE_TEMPLATE].cells;
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
  return trace + network->plans[role].fused;
}

const float *
sst_network_fine_features (const SstNetwork * network, SstNetworkRole role,
    const float *trace)
{
  const int last = network->stage[1] + 2 * network->blocks[1];

  return trace + network->plans[role].output[last];
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
            SST_NETWORK_LOG_LIMIT));    /* NaN gives the least */
  return (SstBox) { cx - side[0], cy - side[1], side[0] + side[2],
    side[1] + side[3]
  };
}
