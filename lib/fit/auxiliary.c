/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "fit/auxiliary.h"

#include <math.h>
#include <string.h>

#include "fit/contrast.h"
#include "fit/multilabel.h"
#include "fit/pose.h"
#include "fit/reconstruct.h"

/* Other boxes of a search region that are compared with the target, and how far
 * off they are drawn, in sizes of the target. */
#define N_CROPS 4
#define CROP_SHIFT 0.6f
#define CROP_SCALE 0.25f

#define CONTRAST_TEMPERATURE 0.1f
#define QUEUE_CAPACITY 4096
#define THRESHOLD_RATE 0.005f
/* Neighbours of other clips: none before the first, all of the weight from the
 * second share of the training on; and the quantile that is turned away, at
 * the beginning and at the end. */
#define INTER_FROM 0.1f
#define INTER_FULL 0.4f
#define INTER_QUANTILE_FIRST 0.9f
#define INTER_QUANTILE_LAST 0.5f

/* Seconds: close, far from, far to (pose.h). */
static const SstOrdering ordering = { 0.4f, 1.2f, 10.f, FALSE };
static const SstMultilabel multilabel = { 20, 10.f };

/* One pair's part. */
typedef struct
{
  SstBox boxes[2];              /* of the target, by role */
  SstBox crops[N_CROPS];
  float lengths[2], crop_lengths[N_CROPS];
  gboolean present;
  float *trace[2];              /* the caller's */
  float weight;
  guint channel;                /* that reconstruction looks at */
  float *colors[2];             /* by role */
  float *fusion;                /* weights of the template's cells */
  float *scratch;               /* of the reconstruction */
  float reconstruct;            /* its loss */
} Part;

struct _SstAuxiliary
{
  const SstNetwork *network;
  SstLossWeights weights;
  float temperature;            /* of the instance contrast */
  const SstTracklets *tracklets;        /* the caller's, or NULL */
  int batch, dim, channels;
  int first, n_mine;            /* pairs that are this rank's */
  Part *parts;                  /* batch of them; those of others stay empty */
  SstReconstructParams reconstruct;
  SstReconstructFusion fusion;
  gboolean embeds;              /* whether any term needs embeddings */
  /* rows of a pair: embeddings, features before the matrix, gradients */
  float *z[2], *pooled[2], *unit[2], *dz[2];
  float *crop_z, *crop_pooled, *crop_dz, *ious;
  int *targets;
  guint *sources, *things;
  guint8 *apart;                /* batch x batch */
  float *seconds, *row_weights, *crop_weights, *labels;
  float *neighbors, *similarities;
  int *entries;
  float *neighbor_weights;
  SstQueue *queue;              /* NULL: not needed */
  SstThreshold threshold;
  float *scratch;
};

gboolean
sst_auxiliary_needed (const SstLossWeights * w)
{
  return w->instance > 0.f || w->reconstruct > 0.f || w->placement > 0.f
      || w->ordering > 0.f || w->intra > 0.f || w->inter > 0.f
      || w->multilabel > 0.f;
}

static int
cells_of (SstNetworkRole role)
{
  const int side = role == SST_ROLE_SEARCH ? SST_NETWORK_GRID
      : SST_TEMPLATE_SIDE / SST_NETWORK_STRIDE;

  return side * side;
}

static void
plan_reconstruction (SstAuxiliary * auxiliary)
{
  sst_reconstruct_params_init (&auxiliary->reconstruct, auxiliary->channels,
      SST_TEMPLATE_SIDE / SST_NETWORK_STRIDE, SST_NETWORK_GRID);
  sst_reconstruct_fusion_init (&auxiliary->fusion);
  for (int i = 0; i < auxiliary->n_mine; i++) {
    Part *const part = &auxiliary->parts[auxiliary->first + i];

    for (int role = 0; role < 2; role++)
      part->colors[role] = g_new0 (float,
          SST_RECONSTRUCT_COLORS * cells_of (role));
    part->fusion = g_new0 (float, 2 * cells_of (SST_ROLE_TEMPLATE));
    part->scratch = g_new0 (float,
        sst_reconstruct_scratch_size (&auxiliary->reconstruct));
  }
}

SstAuxiliary *
sst_auxiliary_new (const SstNetwork * network, const SstLossWeights * weights,
    float temperature, int batch, int first, int n_mine)
{
  SstAuxiliary *auxiliary = g_new0 (SstAuxiliary, 1);
  const SstNetworkConfig *const config = sst_network_get_config (network);
  const int dim = config->embedding, channels = config->channels[2];
  size_t scratch;

  auxiliary->network = network;
  auxiliary->weights = *weights;
  auxiliary->temperature = temperature;
  auxiliary->batch = batch;
  auxiliary->first = first;
  auxiliary->n_mine = n_mine;
  auxiliary->dim = dim;
  auxiliary->channels = channels;
  auxiliary->embeds = weights->instance > 0.f || weights->placement > 0.f
      || weights->ordering > 0.f || weights->intra > 0.f
      || weights->inter > 0.f || weights->multilabel > 0.f;
  auxiliary->parts = g_new0 (Part, batch);
  if (weights->reconstruct > 0.f)
    plan_reconstruction (auxiliary);
  for (int role = 0; role < 2; role++) {
    auxiliary->z[role] = g_new0 (float, (size_t) batch * dim);
    auxiliary->dz[role] = g_new0 (float, (size_t) batch * dim);
    auxiliary->pooled[role] = g_new0 (float, (size_t) batch * channels);
    auxiliary->unit[role] = g_new0 (float, (size_t) batch * channels);
  }
  auxiliary->crop_z = g_new0 (float, (size_t) batch * N_CROPS * dim);
  auxiliary->crop_dz = g_new0 (float, (size_t) batch * N_CROPS * dim);
  auxiliary->crop_pooled = g_new0 (float, (size_t) batch * N_CROPS * channels);
  auxiliary->ious = g_new0 (float, batch * N_CROPS);
  auxiliary->crop_weights = g_new0 (float, batch * N_CROPS);
  auxiliary->targets = g_new0 (int, batch * N_CROPS);
  for (int i = 0; i < batch * N_CROPS; i++)
    auxiliary->targets[i] = i / N_CROPS;
  auxiliary->sources = g_new0 (guint, batch);
  auxiliary->things = g_new0 (guint, batch);
  auxiliary->apart = g_new0 (guint8, (size_t) batch * batch);
  auxiliary->seconds = g_new0 (float, batch);
  auxiliary->row_weights = g_new0 (float, batch);
  auxiliary->neighbor_weights = g_new0 (float, batch);
  auxiliary->labels = g_new0 (float, batch);
  auxiliary->neighbors = g_new0 (float, (size_t) batch * dim);
  auxiliary->similarities = g_new0 (float, batch);
  auxiliary->entries = g_new0 (int, batch);
  scratch = MAX (sst_nt_xent_scratch_size (batch, dim),
      sst_ordering_scratch_size (batch, dim));
  scratch = MAX (scratch, (size_t) 2 * batch * N_CROPS);
  if (weights->intra > 0.f || weights->inter > 0.f
      || weights->multilabel > 0.f) {
    auxiliary->queue = sst_queue_new (QUEUE_CAPACITY, dim, channels);
    sst_auxiliary_forget (auxiliary);
    scratch = MAX (scratch, sst_info_nce_scratch_size (auxiliary->queue,
            batch));
    scratch = MAX (scratch, sst_queue_scratch_size (auxiliary->queue, batch));
    scratch = MAX (scratch, sst_multilabel_scratch_size (&multilabel,
            auxiliary->queue, batch));
  }
  auxiliary->scratch = g_new0 (float, scratch);
  return auxiliary;
}

void
sst_auxiliary_free (SstAuxiliary ** auxiliary)
{
  SstAuxiliary *a = *auxiliary;

  if (a == NULL)
    return;
  for (int i = 0; i < a->batch; i++) {
    g_free (a->parts[i].colors[0]);
    g_free (a->parts[i].colors[1]);
    g_free (a->parts[i].fusion);
    g_free (a->parts[i].scratch);
  }
  g_free (a->parts);
  for (int role = 0; role < 2; role++) {
    g_free (a->z[role]);
    g_free (a->dz[role]);
    g_free (a->pooled[role]);
    g_free (a->unit[role]);
  }
  g_free (a->crop_z);
  g_free (a->crop_dz);
  g_free (a->crop_pooled);
  g_free (a->ious);
  g_free (a->crop_weights);
  g_free (a->targets);
  g_free (a->sources);
  g_free (a->things);
  g_free (a->apart);
  g_free (a->seconds);
  g_free (a->row_weights);
  g_free (a->neighbor_weights);
  g_free (a->labels);
  g_free (a->neighbors);
  g_free (a->similarities);
  g_free (a->entries);
  g_free (a->scratch);
  sst_queue_free (&a->queue);
  g_clear_pointer (auxiliary, g_free);
}

size_t
sst_auxiliary_n_parameters (const SstAuxiliary * auxiliary)
{
  SstTensorSpec placement[SST_PLACEMENT_N_TENSORS];
  SstTensorSpec order[SST_ORDERING_N_TENSORS];

  return sst_placement_specs (auxiliary->dim, placement)
      + sst_ordering_specs (auxiliary->dim, order);
}

/* Where the ordering's parameters start. */
static size_t
ordering_offset (const SstAuxiliary * auxiliary)
{
  SstTensorSpec placement[SST_PLACEMENT_N_TENSORS];

  return sst_placement_specs (auxiliary->dim, placement);
}

void
sst_auxiliary_init_parameters (const SstAuxiliary * auxiliary,
    SstRandom * random, float *parameters)
{
  sst_placement_init (auxiliary->dim, parameters);
  sst_ordering_init (auxiliary->dim, random, parameters
      + ordering_offset (auxiliary));
}

void
sst_auxiliary_set_tracklets (SstAuxiliary * auxiliary,
    const SstTracklets * tracklets)
{
  auxiliary->tracklets = tracklets;
}

void
sst_auxiliary_prepare (SstAuxiliary * auxiliary, int i, SstPair * pair,
    SstRandom * random)
{
  Part *const part = &auxiliary->parts[i];

  if (auxiliary->weights.reconstruct <= 0.f)
    return;
  sst_reconstruct_colors (pair->templ, SST_TEMPLATE_SIDE, SST_NETWORK_STRIDE,
      part->colors[SST_ROLE_TEMPLATE]);
  sst_reconstruct_colors (pair->search, SST_SEARCH_SIDE, SST_NETWORK_STRIDE,
      part->colors[SST_ROLE_SEARCH]);
  part->channel = sst_reconstruct_draw_channel (random);
  sst_reconstruct_drop_channel (pair->templ, SST_TEMPLATE_SIDE,
      part->channel);
  sst_reconstruct_drop_channel (pair->search, SST_SEARCH_SIDE, part->channel);
}

static SstReconstructInput
reconstruct_input (const SstAuxiliary * auxiliary, const Part * part,
    const float **ref_features, const float **ref_colors)
{
  *ref_features = sst_network_features (auxiliary->network, SST_ROLE_SEARCH,
      part->trace[SST_ROLE_SEARCH]);
  *ref_colors = part->colors[SST_ROLE_SEARCH];
  return (SstReconstructInput) {
    .features = sst_network_features (auxiliary->network, SST_ROLE_TEMPLATE,
        part->trace[SST_ROLE_TEMPLATE]),
    .colors = part->colors[SST_ROLE_TEMPLATE],
    .weights = part->fusion,
    .ref_features = ref_features, .ref_colors = ref_colors,
    .color_channels = part->channel
  };
}

/* The template's colours, from where they went in the search region. */
static void
forward_reconstruction (SstAuxiliary * auxiliary, Part * part)
{
  const int cells = cells_of (SST_ROLE_TEMPLATE);
  float *const value = part->fusion + cells;
  const float *features, *colors;
  const SstReconstructInput input = reconstruct_input (auxiliary, part,
      &features, &colors);

  sst_reconstruct_value (&auxiliary->reconstruct, &input, &auxiliary->fusion,
      value, part->scratch);
  sst_reconstruct_fuse (&auxiliary->fusion, cells, value, NULL, NULL,
      part->fusion);
  part->reconstruct = sst_reconstruct_forward (&auxiliary->reconstruct,
      &input, NULL, part->scratch);
}

static void
draw_crops (SstAuxiliary * auxiliary, int i, const float *kernels,
    const SstPair * pair, SstRandom * random)
{
  Part *const part = &auxiliary->parts[i];
  const float nominal = SST_SEARCH_SIDE / SST_SEARCH_FACTOR;
  const SstBox middle = sst_box_from_center (0.5f * SST_SEARCH_SIDE,
      0.5f * SST_SEARCH_SIDE, nominal, nominal);
  const SstBox *const around = pair->present ? &pair->box : &middle;

  for (int k = 0; k < N_CROPS; k++) {
    /* half of them near, so that all overlaps occur */
    const float shift = k % 2 ? 2.f * CROP_SHIFT : 0.3f * CROP_SHIFT;
    const float size = expf (sst_random_normal (random, CROP_SCALE));
    const SstBox box = sst_box_from_center (CLAMP (sst_box_center_x (around)
            + around->width * sst_random_normal (random, shift), 0.f,
            SST_SEARCH_SIDE), CLAMP (sst_box_center_y (around)
            + around->height * sst_random_normal (random, shift), 0.f,
            SST_SEARCH_SIDE), around->width * size, around->height * size);
    const int row = i * N_CROPS + k;

    part->crops[k] = box;
    auxiliary->ious[row] = pair->present ? sst_box_iou (&box, &pair->box) : 0.f;
    auxiliary->crop_weights[row] = pair->weight;
    part->crop_lengths[k] = sst_network_embed (auxiliary->network,
        kernels, SST_ROLE_SEARCH, part->trace[SST_ROLE_SEARCH], &box,
        auxiliary->crop_pooled + (size_t) row * auxiliary->channels,
        auxiliary->crop_z + (size_t) row * auxiliary->dim);
  }
}

static void
to_unit (const float *x, int n, float *unit)
{
  float length = 1e-12f;

  for (int k = 0; k < n; k++)
    length += x[k] * x[k];
  length = 1.f / sqrtf (length);
  for (int k = 0; k < n; k++)
    unit[k] = x[k] * length;
}

void
sst_auxiliary_forward (SstAuxiliary * auxiliary, int i, const float *kernels,
    const SstPair * pair, float *const trace[2], SstRandom * random)
{
  Part *const part = &auxiliary->parts[i];

  part->present = pair->present;
  part->weight = pair->weight;
  part->boxes[SST_ROLE_TEMPLATE] = pair->templ_box;
  part->boxes[SST_ROLE_SEARCH] = pair->box;
  part->trace[0] = trace[0];
  part->trace[1] = trace[1];
  if (auxiliary->weights.reconstruct > 0.f && pair->present)
    forward_reconstruction (auxiliary, part);
  if (!auxiliary->embeds)
    return;
  auxiliary->sources[i] = pair->source;
  auxiliary->things[i] = pair->thing;
  auxiliary->seconds[i] = pair->seconds;
  auxiliary->row_weights[i] = pair->present ? pair->weight : 0.f;
  for (int role = 0; role < 2; role++) {
    float *const pooled = auxiliary->pooled[role]
        + (size_t) i * auxiliary->channels;

    if (role == SST_ROLE_SEARCH && !pair->present)
      continue;
    part->lengths[role] = sst_network_embed (auxiliary->network, kernels, role,
        trace[role], &part->boxes[role], pooled,
        auxiliary->z[role] + (size_t) i * auxiliary->dim);
    to_unit (pooled, auxiliary->channels, auxiliary->unit[role]
        + (size_t) i * auxiliary->channels);
  }
  if (auxiliary->weights.placement > 0.f)
    draw_crops (auxiliary, i, kernels, pair, random);
}

/* The contrast of IIVCL: with the other view, and with neighbours of other
 * clips. */
static void
contrast_with_queue (SstAuxiliary * auxiliary, const SstEmbeddings * batch,
    float progress, SstLossWeights * terms)
{
  const SstLossWeights *const w = &auxiliary->weights;
  const float *const u = auxiliary->z[SST_ROLE_TEMPLATE];
  float *const du = auxiliary->dz[SST_ROLE_TEMPLATE];
  const float ramp = CLAMP ((progress - INTER_FROM)
      / (INTER_FULL - INTER_FROM), 0.f, 1.f);
  const float quantile = INTER_QUANTILE_FIRST + progress
      * (INTER_QUANTILE_LAST - INTER_QUANTILE_FIRST);
  const SstEmbeddings with_neighbor = {
    batch->n, batch->dim, batch->sources, auxiliary->neighbor_weights
  };

  if (w->intra > 0.f)
    terms->intra = sst_info_nce (batch, u, auxiliary->z[SST_ROLE_SEARCH],
        auxiliary->queue, NULL, CONTRAST_TEMPERATURE, w->intra, du,
        auxiliary->dz[SST_ROLE_SEARCH], auxiliary->scratch);
  if (w->inter <= 0.f)
    return;
  sst_queue_nearest (auxiliary->queue, batch, u, auxiliary->entries,
      auxiliary->similarities, auxiliary->scratch);
  for (int i = 0; i < batch->n; i++)
    auxiliary->neighbor_weights[i] = auxiliary->entries[i] >= 0
        && batch->weights[i] > 0.f
        && sst_threshold_pass (&auxiliary->threshold,
        auxiliary->similarities[i], quantile) ? batch->weights[i] : 0.f;
  if (ramp <= 0.f)
    return;
  sst_queue_gather (auxiliary->queue, auxiliary->entries, batch->n,
      auxiliary->neighbors);
  terms->inter = sst_info_nce (&with_neighbor, u, auxiliary->neighbors,
      auxiliary->queue, auxiliary->entries, CONTRAST_TEMPERATURE,
      w->inter * ramp, du, NULL, auxiliary->scratch);
}

/* A row with a NaN would spoil every batch until it leaves the queue. */
static void
remember (SstAuxiliary * auxiliary, const SstEmbeddings * batch)
{
  const float *const v = auxiliary->z[SST_ROLE_SEARCH];
  const float *const unit = auxiliary->unit[SST_ROLE_SEARCH];

  for (int i = 0; i < batch->n; i++) {
    float sum = 0.f;

    for (int k = 0; k < auxiliary->dim; k++)
      sum += v[(size_t) i * auxiliary->dim + k];
    for (int k = 0; k < auxiliary->channels; k++)
      sum += unit[(size_t) i * auxiliary->channels + k];
    if (!isfinite (sum))
      auxiliary->row_weights[i] = 0.f;
  }
  sst_queue_push (auxiliary->queue, batch, v, unit);
}

/* Which rows surely show different things; NULL where nobody knows. */
static const guint8 *
find_apart (SstAuxiliary * auxiliary)
{
  const int n = auxiliary->batch;
  const SstTracklets *const tracklets = auxiliary->tracklets;
  const guint *const things = auxiliary->things;

  if (tracklets == NULL)
    return NULL;
  for (int i = 0; i < n; i++)
    for (int k = 0; k < n; k++)
      auxiliary->apart[(size_t) i * n + k] = things[i] > 0 && things[k] > 0
          && sst_tracklets_are_apart (sst_tracklets_get (tracklets,
              things[i] - 1), sst_tracklets_get (tracklets, things[k] - 1));
  return auxiliary->apart;
}

void
sst_auxiliary_gather (SstAuxiliary * auxiliary, SstRanks * ranks)
{
  const size_t dim = auxiliary->dim * sizeof (float);
  const size_t channels = auxiliary->channels * sizeof (float);
  const struct
  {
    gpointer rows;
    size_t size;                /* of a pair's */
    gboolean needed;
  } all[] = {
    {auxiliary->z[0], dim, TRUE},
    {auxiliary->z[1], dim, TRUE},
    {auxiliary->unit[0], channels, auxiliary->queue != NULL},
    {auxiliary->unit[1], channels, auxiliary->queue != NULL},
    {auxiliary->crop_z, N_CROPS * dim, auxiliary->weights.placement > 0.f},
    {auxiliary->ious, N_CROPS * sizeof (float),
        auxiliary->weights.placement > 0.f},
    {auxiliary->crop_weights, N_CROPS * sizeof (float),
        auxiliary->weights.placement > 0.f},
    {auxiliary->sources, sizeof (guint), TRUE},
    {auxiliary->things, sizeof (guint), auxiliary->tracklets != NULL},
    {auxiliary->seconds, sizeof (float), TRUE},
    {auxiliary->row_weights, sizeof (float), TRUE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (all) && auxiliary->embeds; i++)
    if (all[i].needed)
      ranks->gather (ranks, all[i].rows, auxiliary->n_mine * all[i].size);
}

void
sst_auxiliary_loss (SstAuxiliary * auxiliary, const float *parameters,
    float progress, SstLossWeights * terms, float *dparameters)
{
  const SstLossWeights *const w = &auxiliary->weights;
  const int n = auxiliary->batch, dim = auxiliary->dim;
  const size_t order = ordering_offset (auxiliary);
  const SstEmbeddings batch = {
    n, dim, auxiliary->sources, auxiliary->row_weights,
    find_apart (auxiliary)
  };
  float *const u = auxiliary->z[SST_ROLE_TEMPLATE];
  float *const v = auxiliary->z[SST_ROLE_SEARCH];
  float *const du = auxiliary->dz[SST_ROLE_TEMPLATE];
  float *const dv = auxiliary->dz[SST_ROLE_SEARCH];

  for (int i = 0; i < n; i++)
    if (auxiliary->parts[i].present)
      terms->reconstruct += auxiliary->parts[i].reconstruct / n;
  if (!auxiliary->embeds)
    return;
  memset (du, 0, (size_t) n * dim * sizeof (float));
  memset (dv, 0, (size_t) n * dim * sizeof (float));
  memset (auxiliary->crop_dz, 0, (size_t) n * N_CROPS * dim * sizeof (float));
  if (w->instance > 0.f)
    terms->instance = sst_nt_xent (&batch, u, v, auxiliary->temperature,
        w->instance, du, dv, auxiliary->scratch);
  if (w->placement > 0.f) {
    const SstPlacement placement = {
      n * N_CROPS, dim, auxiliary->targets, auxiliary->ious,
      auxiliary->crop_weights
    };

    terms->placement = sst_placement_loss (&placement, parameters, u,
        auxiliary->crop_z, w->placement, dparameters, du, auxiliary->crop_dz,
        auxiliary->scratch);
  }
  if (w->ordering > 0.f) {
    for (int i = 0; i < n; i++)
      auxiliary->labels[i] = sst_ordering_label (&ordering,
          auxiliary->seconds[i], FALSE);
    terms->ordering = sst_ordering_loss (&batch, parameters + order, u, v,
        auxiliary->labels, w->ordering, dparameters + order, du, dv,
        auxiliary->scratch);
  }
  if (auxiliary->queue == NULL)
    return;
  contrast_with_queue (auxiliary, &batch, progress, terms);
  if (w->multilabel > 0.f)
    terms->multilabel = sst_multilabel_loss (&multilabel, auxiliary->queue,
        &batch, auxiliary->unit[SST_ROLE_TEMPLATE], u, w->multilabel, du,
        auxiliary->scratch);
  remember (auxiliary, &batch);
}

static void
backward_reconstruction (SstAuxiliary * auxiliary, Part * part,
    float *const dfeatures[2])
{
  float *dref = dfeatures[SST_ROLE_SEARCH];
  const float *features, *colors;
  const SstReconstructInput input = reconstruct_input (auxiliary, part,
      &features, &colors);

  sst_reconstruct_backward (&auxiliary->reconstruct, &input,
      auxiliary->weights.reconstruct / auxiliary->batch,
      dfeatures[SST_ROLE_TEMPLATE], &dref, part->scratch);
}

void
sst_auxiliary_backward (SstAuxiliary * auxiliary, int i, const float *kernels,
    float *const dfeatures[2], float *dkernels)
{
  Part *const part = &auxiliary->parts[i];
  const int channels = auxiliary->channels, dim = auxiliary->dim;

  for (int role = 0; role < 2; role++)
    memset (dfeatures[role], 0, (size_t) channels * cells_of (role)
        * sizeof (float));
  if (auxiliary->weights.reconstruct > 0.f && part->present)
    backward_reconstruction (auxiliary, part, dfeatures);
  if (!auxiliary->embeds)
    return;
  for (int role = 0; role < 2; role++)
    if (role == SST_ROLE_TEMPLATE || part->present)
      sst_network_embed_backward (auxiliary->network, kernels, role,
          &part->boxes[role],
          auxiliary->pooled[role] + (size_t) i * channels,
          auxiliary->z[role] + (size_t) i * dim, part->lengths[role],
          auxiliary->dz[role] + (size_t) i * dim, dfeatures[role], dkernels);
  if (auxiliary->weights.placement <= 0.f)
    return;
  for (int k = 0; k < N_CROPS; k++) {
    const size_t row = (size_t) i * N_CROPS + k;

    sst_network_embed_backward (auxiliary->network, kernels, SST_ROLE_SEARCH,
        &part->crops[k], auxiliary->crop_pooled + row * channels,
        auxiliary->crop_z + row * dim, part->crop_lengths[k],
        auxiliary->crop_dz + row * dim, dfeatures[SST_ROLE_SEARCH], dkernels);
  }
}

SstQueue *
sst_auxiliary_queue (SstAuxiliary * auxiliary)
{
  return auxiliary->queue;
}

SstThreshold *
sst_auxiliary_threshold (SstAuxiliary * auxiliary)
{
  return &auxiliary->threshold;
}

void
sst_auxiliary_share (SstAuxiliary * auxiliary, SstRanks * ranks)
{
  SstQueue *const queue = auxiliary->queue;

  ranks->share (ranks, &auxiliary->threshold, sizeof (auxiliary->threshold));
  if (queue == NULL)
    return;
  ranks->share (ranks, &queue->length, sizeof (queue->length));
  ranks->share (ranks, &queue->next, sizeof (queue->next));
  ranks->share (ranks, queue->embeddings, (size_t) queue->length * queue->dim
      * sizeof (float));
  ranks->share (ranks, queue->features, (size_t) queue->length
      * queue->feature_dim * sizeof (float));
  ranks->share (ranks, queue->sources, queue->length * sizeof (guint));
}

void
sst_auxiliary_forget (SstAuxiliary * auxiliary)
{
  SstQueue *const queue = auxiliary->queue;

  if (queue != NULL)
    sst_queue_restore (queue, 0, 0, queue->embeddings, queue->features,
        queue->sources);
  auxiliary->threshold = (SstThreshold) { 1.f, THRESHOLD_RATE };
}
