/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "fit/trainer_private.h"

#include <math.h>
#include <string.h>

#include "base/crew.h"
#include "base/cut.h"
#include "base/floats.h"
#include "base/simd.h"
#include "fit/adapters.h"
#include "fit/auxiliary.h"
#include "fit/box_loss.h"
#include "fit/forward.h"
#include "fit/mask_loss.h"
#include "fit/optimizer.h"
#include "footage/synth.h"

/* Streams of random numbers beside those of the pairs. */
#define STREAM_HEADS 1
#define STREAM_PAIRS 16
/* What is drawn together has a seed of its own. */
#define TOGETHER_SEED G_GUINT64_CONSTANT (0x746f676574686572)
#define MAX_TOGETHER 16

/* What forward tracking has to be like to be used. */
#define FORWARD_SCORE 0.2f
#define FORWARD_GROWTH 2.f

void
sst_trainer_params_init (SstTrainerParams * params)
{
  *params = (SstTrainerParams) {
    .seed = 1,
    .batch = 32,
    .learning_rate = 1e-3f,
    .final_rate = 0.02f,
    .decay = 1.f,
    .weight_decay = 1e-4f,
    .clip = 5.f,
    .ema = 0.998f,
    .warmup_steps = 100,
    .tracklet_share = 0.5f,
    .n_lanes = MAX_LANES,
    .temperature = 0.5f,
    .together = 1,
    .weights = {
      .focal = 1.f, .giou = 2.f, .l1 = 5.f, .quality = 0.5f, .mask = 0.5f
    }
  };
}

/* Weight decay is for matrices alone, not for gains, biases and scales. */
static void
mark_decay (SstTrainer * trainer)
{
  int n_specs;
  const SstTensorSpec *const specs =
      sst_network_specs (trainer->network, &n_specs);
  size_t at = 0;

  for (int i = 0; i < n_specs; i++) {
    const size_t size = sst_tensor_spec_size (&specs[i]);

    for (size_t k = 0; k < size; k++)
      trainer->optimizer->decay[at + k] = specs[i].n_dims > 1 ? 1.f : 0.f;
    at += size;
  }
}

/* What is trained; the heads of the auxiliary losses always are. */
static void
choose_trained (SstTrainer * trainer)
{
  SstOptimizer *const optimizer = trainer->optimizer;
  const size_t n_frozen = trainer->params.freeze_stem ?
      sst_network_freeze_stem (trainer->network) : 0;
  GArray *spans;
  SstSpan span = { n_frozen, trainer->n - n_frozen };

  if (trainer->params.adapters) {
    spans = sst_adapters_of (trainer->network);
    for (guint i = 0; i < spans->len;) {
      SstSpan *const s = &g_array_index (spans, SstSpan, i);

      if (s->first < n_frozen)
        g_array_remove_index (spans, i);
      else
        i++;
    }
  } else {
    spans = g_array_new (FALSE, FALSE, sizeof (SstSpan));
    g_array_append_val (spans, span);
  }
  span = (SstSpan) { trainer->n, optimizer->n - trainer->n };
  g_array_append_val (spans, span);
  sst_optimizer_train_only (optimizer, (const SstSpan *) spans->data,
      spans->len);
  g_array_unref (spans);
}

/* What forward tracking finds counts unless it is unsure, or clearly of another
 * size. */
static gboolean
find_forward (gpointer data, const SstFrame * known, const SstBox * known_box,
    const SstFrame * picture, SstBox * found)
{
  Lane *const lane = data;
  const float score = sst_forward_find (lane->forward, lane->kernels, known,
      known_box, picture, found);
  const float growth = sst_box_scale (found) / sst_box_scale (known_box);

  return score >= FORWARD_SCORE && growth > 1.f / FORWARD_GROWTH
      && growth < FORWARD_GROWTH;
}

/* What draws pairs; the rest of the lane stays. */
static void
lane_set_data (Lane * lane, const SstTrainer * trainer,
    const SstFootage * footage, const SstTracklets * tracklets)
{
  const float forward_share = trainer->params.forward_share;

  sst_tracklet_sampler_free (&lane->tracklets);
  if (lane->synth == NULL)
    lane->synth = sst_synth_new (footage);
  else
    sst_synth_set_footage (lane->synth, footage);
  if (tracklets == NULL || sst_tracklets_length (tracklets) == 0)
    return;
  lane->tracklets = sst_tracklet_sampler_new (footage, tracklets);
  if (forward_share > 0.f) {
    if (lane->forward == NULL)
      lane->forward = sst_forward_new (trainer->network);
    sst_tracklet_sampler_set_finder (lane->tracklets, forward_share,
        find_forward, lane);
  }
}

/* What the auxiliary losses are told of tracklets: nothing, where pairs are
 * drawn each by itself. */
static const SstTracklets *
known_things (const SstTrainer * trainer, const SstTracklets * tracklets)
{
  return trainer->params.together > 1 ? tracklets : NULL;
}

/* Whether other ranks train the same model. */
static gboolean
has_others (const SstTrainer * trainer)
{
  return trainer->params.ranks != NULL && trainer->params.ranks->n > 1;
}

static void
item_init (Item * item, const SstTrainer * trainer)
{
  item->pair.templ = sst_floats_new (SST_TEMPLATE_SIZE);
  item->pair.search = sst_floats_new (SST_SEARCH_SIZE);
  item->pair.templ_mask = sst_floats_new (SST_TEMPLATE_MASK_SIDE
      * SST_TEMPLATE_MASK_SIDE);
  item->pair.search_mask = sst_floats_new (SST_NETWORK_CELLS);
  for (int role = 0; role < 2; role++)
    item->trace[role] =
        sst_floats_new (sst_network_trace_size (trainer->network, role));
  item->doutput = sst_floats_new ((size_t) SST_NETWORK_MAX_OUTPUTS
      * SST_NETWORK_CELLS);
  item->dcells = sst_floats_new (sst_network_cells_size (trainer->network));
  if (trainer->auxiliary != NULL) {
    const size_t cells = SST_TEMPLATE_SIDE / SST_NETWORK_STRIDE;

    item->dfeatures[SST_ROLE_TEMPLATE] = sst_floats_new (cells * cells
        * trainer->config.channels[2]);
    item->dfeatures[SST_ROLE_SEARCH] = sst_floats_new ((size_t)
        SST_NETWORK_CELLS * trainer->config.channels[2]);
  }
  for (int role = 0; role < 2 && has_others (trainer); role++)
    item->middle[role] =
        sst_floats_new (sst_network_middle_size (trainer->network, role));
}

static void
item_clear (Item * item)
{
  g_aligned_free (item->pair.templ);
  g_aligned_free (item->pair.search);
  g_aligned_free (item->pair.templ_mask);
  g_aligned_free (item->pair.search_mask);
  g_aligned_free (item->trace[0]);
  g_aligned_free (item->trace[1]);
  g_aligned_free (item->doutput);
  g_aligned_free (item->dcells);
  g_aligned_free (item->dfeatures[0]);
  g_aligned_free (item->dfeatures[1]);
  g_aligned_free (item->middle[0]);
  g_aligned_free (item->middle[1]);
}

SstTrainer *
sst_trainer_new (const SstTrainerParams * params, const SstModel * model,
    const SstFootage * footage, const SstTracklets * tracklets)
{
  SstTrainer *trainer = g_new0 (SstTrainer, 1);
  SstRandom random = sst_random_init (params->seed, STREAM_HEADS);
  SstOptimizer *optimizer;
  float *parameters;
  size_t n;

  trainer->params = *params;
  trainer->config = *sst_network_get_config (sst_model_network (model));
  trainer->network = params->bfloat ? sst_network_new_bfloat
      (&trainer->config, NULL) : sst_network_new (&trainer->config, NULL);
  trainer->n = n = sst_network_n_parameters (trainer->network);
  trainer->kernels = sst_floats_new (sst_network_kernels_size (trainer->network,
          TRUE));
  trainer->n_mine = (guint) params->batch;
  if (has_others (trainer)) {
    trainer->n_mine /= params->ranks->n;
    trainer->first = params->ranks->rank * trainer->n_mine;
  }
  if (sst_auxiliary_needed (&params->weights)) {
    trainer->auxiliary = sst_auxiliary_new (trainer->network,
        &params->weights, params->temperature, params->batch, trainer->first,
        (int) trainer->n_mine);
    n += sst_auxiliary_n_parameters (trainer->auxiliary);
    sst_auxiliary_set_tracklets (trainer->auxiliary, known_things (trainer,
            tracklets));
  }
  parameters = g_new0 (float, n);
  sst_model_get_parameters (model, parameters);
  if (trainer->auxiliary != NULL)
    sst_auxiliary_init_parameters (trainer->auxiliary, &random,
        parameters + trainer->n);
  trainer->optimizer = optimizer = sst_optimizer_new (n, parameters);
  trainer->start = parameters;
  trainer->dparameters = sst_floats_new (n);
  mark_decay (trainer);
  choose_trained (trainer);
  if (params->anchor > 0.f) {
    optimizer->anchor = trainer->start;
    optimizer->n_anchored = trainer->n;
    optimizer->pull = params->anchor;
  }

  trainer->n_lanes = CLAMP (params->n_lanes, 1, MAX_LANES);
  trainer->n_lanes = MIN (trainer->n_lanes, trainer->n_mine);
  trainer->n_buffers = trainer->auxiliary != NULL || has_others (trainer)
      ? trainer->n_mine : trainer->n_lanes;
  trainer->items = g_new0 (Item, trainer->n_mine);
  for (guint i = 0; i < trainer->n_buffers; i++)
    item_init (&trainer->items[i], trainer);
  for (guint i = trainer->n_buffers; i < trainer->n_mine; i++)
    trainer->items[i] = trainer->items[i % trainer->n_lanes];
  for (guint i = 0; i < trainer->n_lanes; i++) {
    Lane *const lane = &trainer->lanes[i];

    lane->kernels = trainer->kernels;
    lane->workspace =
        sst_floats_new (sst_network_workspace_size (trainer->network, TRUE));
    lane->dkernels = sst_floats_new (trainer->n);
    lane_set_data (lane, trainer, footage, tracklets);
  }
  trainer->crew = sst_crew_new ();
  sst_crew_resize (trainer->crew, params->n_threads);
  return trainer;
}

void
sst_trainer_free (SstTrainer ** trainer)
{
  SstTrainer *t = *trainer;

  if (t == NULL)
    return;
  sst_crew_free (&t->crew);
  for (guint i = 0; i < t->n_buffers; i++)
    item_clear (&t->items[i]);
  g_free (t->items);
  for (guint i = 0; i < t->n_lanes; i++) {
    Lane *const lane = &t->lanes[i];

    sst_synth_free (&lane->synth);
    sst_tracklet_sampler_free (&lane->tracklets);
    sst_forward_free (&lane->forward);
    g_aligned_free (lane->workspace);
    g_aligned_free (lane->dkernels);
  }
  sst_auxiliary_free (&t->auxiliary);
  sst_optimizer_free (&t->optimizer);
  g_aligned_free (t->kernels);
  g_aligned_free (t->dparameters);
  g_free (t->start);
  sst_network_free (&t->network);
  g_clear_pointer (trainer, g_free);
}

void
sst_trainer_set_data (SstTrainer * trainer, const SstFootage * footage,
    const SstTracklets * tracklets)
{
  for (guint i = 0; i < trainer->n_lanes; i++)
    lane_set_data (&trainer->lanes[i], trainer, footage, tracklets);
  if (trainer->auxiliary != NULL)
    sst_auxiliary_set_tracklets (trainer->auxiliary, known_things (trainer,
            tracklets));
}

void
sst_trainer_set_place (SstTrainer * trainer, guint n_clips)
{
  trainer->n_place = n_clips;
}

void
sst_trainer_set_learning_rate (SstTrainer * trainer, float rate)
{
  trainer->params.learning_rate = rate;
}

void
sst_trainer_set_pace (SstTrainer * trainer, SstPace * pace)
{
  trainer->params.pace = pace;
}

void
sst_trainer_pull (SstTrainer * trainer, const SstModel * model, float share)
{
  float *const parameters = g_new (float, trainer->n);

  sst_model_get_parameters (model, parameters);
  sst_optimizer_pull (trainer->optimizer, parameters, trainer->n,
      CLAMP (share, 0.f, 1.f));
  g_free (parameters);
}

float
sst_trainer_drift (const SstTrainer * trainer)
{
  const float *const now = trainer->optimizer->parameters;
  const GArray *const spans = trainer->optimizer->trained;
  double way = 0.0, length = 0.0;

  for (guint k = 0; k < spans->len; k++) {
    const SstSpan span = g_array_index (spans, SstSpan, k);
    const size_t end = MIN (span.first + span.n, trainer->n);

    for (size_t i = span.first; i < end; i++) {
      const double x = trainer->start[i], d = now[i] - x;

      way += d * d;
      length += x * x;
    }
  }
  return (float) (sqrt (way) / fmax (sqrt (length), 1e-12));
}

/* Which tracklet pair i of the batch is drawn of, with those that it is drawn
 * together with; each of them draws the same. FALSE: none of them is of one. */
static gboolean
pick_together (const SstTrainer * trainer, const Lane * lane, guint i,
    SstRandom * random, guint * tracklet)
{
  const SstTrainerParams *const params = &trainer->params;
  const guint n = MIN (params->together, MAX_TOGETHER), group = i / n;
  SstRandom shared = sst_random_init (params->seed ^ TOGETHER_SEED,
      trainer->step * params->batch + group);
  guint picks[MAX_TOGETHER], n_picks;

  if (!sst_random_chance (&shared, params->tracklet_share))
    return FALSE;
  n_picks = sst_tracklet_sampler_pick_together (lane->tracklets, &shared,
      trainer->progress, params->curriculum, n, picks);
  *tracklet = i % n < n_picks ? picks[i % n]
      : sst_tracklet_sampler_pick (lane->tracklets, random, trainer->progress,
      params->curriculum);
  return TRUE;
}

/* Draws pair i of the batch of a tracklet; FALSE: it is to be made up. */
static gboolean
draw_real (SstTrainer * trainer, Lane * lane, Item * item, guint i)
{
  const SstTrainerParams *const params = &trainer->params;
  guint tracklet;

  if (lane->tracklets == NULL)
    return FALSE;
  if (params->together > 1) {
    if (!pick_together (trainer, lane, i, &item->random, &tracklet))
      return FALSE;
    sst_tracklet_sampler_pair_of (lane->tracklets, tracklet, &item->random,
        trainer->progress, params->curriculum, &item->pair);
    return TRUE;
  }
  if (!sst_random_chance (&item->random, params->tracklet_share))
    return FALSE;
  sst_tracklet_sampler_pair (lane->tracklets, &item->random,
      trainer->progress, params->curriculum, &item->pair);
  return TRUE;
}

/* Draws pair i of the batch. */
static void
draw_pair (SstTrainer * trainer, Lane * lane, Item * item, guint i)
{
  const SstTrainerParams *const params = &trainer->params;

  item->random = sst_random_init (params->seed,
      STREAM_PAIRS + trainer->step * params->batch + i);
  if (!draw_real (trainer, lane, item, i))
    sst_synth_pair (lane->synth, &item->random, &item->pair);
  if (item->pair.source < trainer->n_place)
    item->pair.source = 0;
  if (trainer->auxiliary != NULL)
    sst_auxiliary_prepare (trainer->auxiliary, i, &item->pair, &item->random);
}

/* The loss of the mask, where there is one; its gradient is the last plane. */
static float
mask_loss (const SstTrainer * trainer, Item * item)
{
  const size_t plane = (size_t) SST_NETWORK_OUTPUTS * SST_NETWORK_CELLS;
  const float weight = trainer->params.weights.mask;

  if (!trainer->config.mask)
    return 0.f;
  if (weight <= 0.f || !item->pair.masks_known) {
    memset (item->doutput + plane, 0, SST_NETWORK_CELLS * sizeof (float));
    return 0.f;
  }
  return sst_mask_loss (sst_network_output (trainer->network,
          item->trace[SST_ROLE_SEARCH]) + plane, item->pair.search_mask,
      SST_NETWORK_CELLS, weight * item->pair.weight / trainer->params.batch,
      item->doutput + plane);
}

/* Draws the i-th pair of this rank, runs it forward and takes its loss. */
static void
run_pair_forward (SstTrainer * trainer, Lane * lane, guint i)
{
  const SstLossWeights *const w = &trainer->params.weights;
  const SstBoxTerms weights = { w->focal, w->giou, w->l1, w->quality };
  Item *const item = &trainer->items[i];

  draw_pair (trainer, lane, item, trainer->first + i);
  sst_network_template (trainer->network, trainer->kernels,
      item->pair.templ, &item->pair.templ_box,
      item->trace[SST_ROLE_TEMPLATE], lane->workspace);
  sst_network_search (trainer->network, trainer->kernels,
      sst_network_template_cells (trainer->network,
          item->trace[SST_ROLE_TEMPLATE]), item->pair.search,
      item->trace[SST_ROLE_SEARCH], lane->workspace);
  item->terms = sst_box_loss (sst_network_output (trainer->network,
          item->trace[SST_ROLE_SEARCH]), &item->pair.box,
      item->pair.present, &weights,
      item->pair.weight / trainer->params.batch, item->doutput, &item->iou);
  item->mask = mask_loss (trainer, item);
  if (trainer->auxiliary != NULL)
    sst_auxiliary_forward (trainer->auxiliary, trainer->first + i,
        trainer->kernels, &item->pair, item->trace, &item->random);
}

static void
run_pair_backward (SstTrainer * trainer, Lane * lane, guint i)
{
  Item *const item = &trainer->items[i];

  if (trainer->auxiliary != NULL)
    sst_auxiliary_backward (trainer->auxiliary, trainer->first + i,
        trainer->kernels, item->dfeatures, lane->dkernels);
  sst_network_search_backward (trainer->network, trainer->kernels,
      sst_network_template_cells (trainer->network,
          item->trace[SST_ROLE_TEMPLATE]), item->trace[SST_ROLE_SEARCH],
      item->doutput, item->dfeatures[SST_ROLE_SEARCH], lane->dkernels,
      item->dcells, lane->workspace);
  sst_network_template_backward (trainer->network, trainer->kernels,
      &item->pair.templ_box, item->trace[SST_ROLE_TEMPLATE], item->dcells,
      item->dfeatures[SST_ROLE_TEMPLATE], lane->dkernels, lane->workspace);
}

/* Asks the pace, which there is only where lanes run one after another. */
static gboolean
go_on (SstTrainer * trainer)
{
  if (trainer->params.pace != NULL && !trainer->stopped)
    trainer->stopped = sst_cut_is_due ()
        || !sst_pace_wait (trainer->params.pace);
  return !trainer->stopped;
}

/* The lane's pairs forward and back, one after another. */
static void
run_pairs (gpointer data, guint index)
{
  SstTrainer *const trainer = data;
  Lane *const lane = &trainer->lanes[index];

  memset (lane->dkernels, 0, trainer->n * sizeof (float));
  for (guint i = index; i < trainer->n_mine; i += trainer->n_lanes) {
    if (!go_on (trainer))
      return;
    run_pair_forward (trainer, lane, i);
    if (!go_on (trainer))
      return;
    run_pair_backward (trainer, lane, i);
  }
}

/* All of the lane's pairs forward, and then all of them back, where a loss is
 * between that sees the batch as a whole. */
static void
run_forward (gpointer data, guint index)
{
  SstTrainer *const trainer = data;

  for (guint i = index; i < trainer->n_mine && go_on (trainer);
      i += trainer->n_lanes)
    run_pair_forward (trainer, &trainer->lanes[index], i);
}

static void
run_backward (gpointer data, guint index)
{
  SstTrainer *const trainer = data;
  Lane *const lane = &trainer->lanes[index];

  memset (lane->dkernels, 0, trainer->n * sizeof (float));
  for (guint i = index; i < trainer->n_mine; i += trainer->n_lanes) {
    sst_pace_wait (trainer->params.pace);
    run_pair_backward (trainer, lane, i);
  }
}

/* The same in two halves: all pairs through the one, all of them through the
 * other, so that there is time to add up the first over the ranks. */
static void
run_upper (gpointer data, guint index)
{
  SstTrainer *const trainer = data;
  Lane *const lane = &trainer->lanes[index];

  memset (lane->dkernels, 0, trainer->n * sizeof (float));
  for (guint i = index; i < trainer->n_mine; i += trainer->n_lanes) {
    Item *const item = &trainer->items[i];

    if (trainer->auxiliary != NULL)
      sst_auxiliary_backward (trainer->auxiliary, trainer->first + i,
          trainer->kernels, item->dfeatures, lane->dkernels);
    sst_network_search_backward_upper (trainer->network, trainer->kernels,
        sst_network_template_cells (trainer->network,
            item->trace[SST_ROLE_TEMPLATE]), item->trace[SST_ROLE_SEARCH],
        item->doutput, item->dfeatures[SST_ROLE_SEARCH], lane->dkernels,
        item->dcells, item->middle[SST_ROLE_SEARCH], lane->workspace);
    sst_network_template_backward_upper (trainer->network, trainer->kernels,
        &item->pair.templ_box, item->trace[SST_ROLE_TEMPLATE], item->dcells,
        item->dfeatures[SST_ROLE_TEMPLATE], lane->dkernels,
        item->middle[SST_ROLE_TEMPLATE], lane->workspace);
  }
}

static void
run_lower (gpointer data, guint index)
{
  SstTrainer *const trainer = data;
  Lane *const lane = &trainer->lanes[index];

  for (guint i = index; i < trainer->n_mine; i += trainer->n_lanes) {
    Item *const item = &trainer->items[i];

    for (int role = SST_ROLE_SEARCH; role >= SST_ROLE_TEMPLATE; role--)
      sst_network_backward_lower (trainer->network, trainer->kernels, role,
          item->trace[role], item->middle[role], lane->dkernels,
          lane->workspace);
  }
}

SST_MULTIVERSION static void
add (const float *x, float *y, size_t n)
{
  for (size_t i = 0; i < n; i++)
    y[i] += x[i];
}

static float
rate_at (const SstTrainer * trainer, float progress)
{
  const SstTrainerParams *const params = &trainer->params;
  const float fallen = fmaxf (0.f, 1.f - (1.f - progress)
      / fmaxf (params->decay, 1e-6f));
  const float wave = 0.5f + 0.5f * cosf ((float) G_PI * fallen);
  const float warm = fminf (1.f, (trainer->step + 1.f)
      / (params->warmup_steps + 1.f));

  return params->learning_rate * warm
      * (params->final_rate + (1.f - params->final_rate) * wave);
}

/* Sums over this rank's pairs; iou as well. Returns how many of them have a
 * target. */
static guint
sum_terms (const SstTrainer * trainer, SstTrainerReport * report)
{
  const float share = 1.f / trainer->params.batch;
  guint n_present = 0;

  for (guint i = 0; i < trainer->n_mine; i++) {
    const Item *const item = &trainer->items[i];
    const float weight = share * item->pair.weight;

    report->terms.focal += weight * item->terms.focal;
    report->terms.giou += weight * item->terms.giou;
    report->terms.l1 += weight * item->terms.l1;
    report->terms.quality += weight * item->terms.quality;
    report->terms.mask += weight * item->mask;
    n_present += item->pair.present;
    report->iou += item->pair.present ? item->iou : 0.f;
  }
  return n_present;
}

static float
weighted_sum (const SstLossWeights * w, const SstLossWeights * terms)
{
  return w->focal * terms->focal + w->giou * terms->giou + w->l1 * terms->l1
      + w->quality * terms->quality + w->mask * terms->mask
      + w->instance * terms->instance
      + w->reconstruct * terms->reconstruct
      + w->placement * terms->placement + w->ordering * terms->ordering
      + w->intra * terms->intra + w->inter * terms->inter
      + w->multilabel * terms->multilabel;
}

/* Adds up the lanes' gradients of parameters first to end, in the first lane.
 */
static void
add_lanes (SstTrainer * trainer, size_t first, size_t end)
{
  for (guint i = 1; i < trainer->n_lanes; i++)
    add (trainer->lanes[i].dkernels + first,
        trainer->lanes[0].dkernels + first, end - first);
}

static void
take_batch_losses (SstTrainer * trainer, SstTrainerReport * report)
{
  sst_auxiliary_loss (trainer->auxiliary,
      trainer->optimizer->parameters + trainer->n, trainer->progress,
      &report->terms, trainer->dparameters + trainer->n);
}

/* The gradient of the kernels, in the first lane, and that of the heads.
 * FALSE: the pace stopped it. */
static gboolean
find_gradient (SstTrainer * trainer, SstTrainerReport * report)
{
  guint n_present;

  sst_crew_run (trainer->crew, trainer->auxiliary != NULL ? run_forward
      : run_pairs, trainer, trainer->n_lanes);
  if (sst_cut_end () || trainer->stopped)
    return FALSE;
  n_present = sum_terms (trainer, report);
  report->iou /= MAX (n_present, 1);
  if (trainer->auxiliary != NULL) {
    take_batch_losses (trainer, report);
    sst_crew_run (trainer->crew, run_backward, trainer, trainer->n_lanes);
  }
  add_lanes (trainer, 0, trainer->n);
  return TRUE;
}

/* Where in a report the sums over pairs are. */
static void
list_sums (SstTrainerReport * report, float *sums[7])
{
  SstLossWeights *const terms = &report->terms;
  float *const all[] = { &terms->focal, &terms->giou, &terms->l1,
    &terms->quality, &terms->mask, &terms->reconstruct, &report->iou
  };

  memcpy (sums, all, sizeof (all));
}

/* The same over all ranks. What is found first is on its way while the rest is
 * worked on. */
static gboolean
find_gradient_together (SstTrainer * trainer, SstTrainerReport * report)
{
  SstRanks *const ranks = trainer->params.ranks;
  float *const dkernels = trainer->lanes[0].dkernels;
  float *const dheads = trainer->dparameters + trainer->n;
  const size_t n_heads = trainer->optimizer->n - trainer->n;
  const size_t n_lower = sst_network_n_lower (trainer->network);
  float *sums[7];

  sst_crew_run (trainer->crew, run_forward, trainer, trainer->n_lanes);
  sst_cut_end ();
  trainer->sums[7] = (float) sum_terms (trainer, report);
  if (trainer->auxiliary != NULL) {
    sst_auxiliary_gather (trainer->auxiliary, ranks);
    take_batch_losses (trainer, report);
    /* each rank has the gradient of the whole batch's */
    if (ranks->rank > 0)
      memset (dheads, 0, n_heads * sizeof (float));
    sst_ranks_sum (ranks, dheads, n_heads);
  }
  list_sums (report, sums);
  for (int i = 0; i < 7; i++)
    trainer->sums[i] = *sums[i];
  sst_ranks_sum (ranks, trainer->sums, G_N_ELEMENTS (trainer->sums));
  sst_crew_run (trainer->crew, run_upper, trainer, trainer->n_lanes);
  add_lanes (trainer, n_lower, trainer->n);
  sst_ranks_sum (ranks, dkernels + n_lower, trainer->n - n_lower);
  sst_crew_run (trainer->crew, run_lower, trainer, trainer->n_lanes);
  add_lanes (trainer, 0, n_lower);
  sst_ranks_sum (ranks, dkernels, n_lower);
  ranks->wait (ranks);
  for (int i = 0; i < 7; i++)
    *sums[i] = trainer->sums[i];
  report->iou /= MAX (trainer->sums[7], 1.f);
  return TRUE;
}

void
sst_trainer_step (SstTrainer * trainer, float progress,
    SstTrainerReport * report)
{
  const SstTrainerParams *const params = &trainer->params;
  float *const dkernels = trainer->lanes[0].dkernels;

  *report = (SstTrainerReport) { .step = trainer->step };
  trainer->progress = CLAMP (progress, 0.f, 1.f);
  trainer->stopped = FALSE;
  sst_cut_begin (params->pace);
  sst_network_fold (trainer->network, trainer->optimizer->parameters, TRUE,
      trainer->kernels);
  memset (trainer->dparameters, 0, trainer->optimizer->n * sizeof (float));
  if (!(has_others (trainer) ? find_gradient_together (trainer, report)
          : find_gradient (trainer, report)))
    return;
  report->loss = weighted_sum (&params->weights, &report->terms);
  sst_network_fold_backward (trainer->network,
      trainer->optimizer->parameters, dkernels, trainer->dparameters);
  /* the queue of the losses of batches has learned from this one already */
  if (trainer->auxiliary == NULL && !go_on (trainer))
    return;
  report->gradient = sst_optimizer_step (trainer->optimizer,
      trainer->dparameters, rate_at (trainer, trainer->progress),
      params->weight_decay, params->clip, params->ema);
  report->finite = isfinite (report->gradient);
  report->step = ++trainer->step;
}

void
sst_trainer_share (SstTrainer * trainer)
{
  SstRanks *const ranks = trainer->params.ranks;
  SstOptimizer *const optimizer = trainer->optimizer;
  float *const arrays[] = { optimizer->parameters, optimizer->mean,
    optimizer->first, optimizer->second
  };

  if (!has_others (trainer))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (arrays); i++)
    ranks->share (ranks, arrays[i], optimizer->n * sizeof (float));
  ranks->share (ranks, &optimizer->step, sizeof (optimizer->step));
  ranks->share (ranks, &trainer->step, sizeof (trainer->step));
  if (trainer->auxiliary != NULL)
    sst_auxiliary_share (trainer->auxiliary, ranks);
}

SstModel *
sst_trainer_snapshot (const SstTrainer * trainer, const SstTone * tone,
    const char *metadata, GError ** error)
{
  return sst_model_new (&trainer->config, trainer->optimizer->mean, tone,
      metadata, error);
}
