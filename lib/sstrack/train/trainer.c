/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <sstrack/train/trainer.h>

#include <math.h>
#include <string.h>

#include <sstrack/crew.h>
#include <sstrack/simd.h>
#include <sstrack/train/box_loss.h>
#include <sstrack/train/optimizer.h>
#include <sstrack/train/synth.h>

/* A batch is shared out to this many lanes, whatever the number of threads, and
 * their gradients are summed in order: the same sums on every machine. */
#define N_LANES 16

/* Streams of random numbers beside those of the pairs. */
#define STREAM_PAIRS 16

/* One pair of the batch on its way forward and back. */
typedef struct
{
  SstPair pair;
  float *trace[2];              /* by role */
  float *doutput, *dcells;
  SstBoxTerms terms;
  float iou;
} Item;

/* What one job works with. */
typedef struct
{
  SstSynth *synth;
  SstTrackletSampler *tracklets;
  float *workspace;
  float *dkernels;
} Lane;

struct _SstTrainer
{
  SstTrainerParams params;
  SstNetworkConfig config;
  SstNetwork *network;
  SstOptimizer *optimizer;
  size_t n;                     /* parameters of the network */
  float *kernels, *dparameters;
  Lane lanes[N_LANES];
  Item *items;                  /* params.batch of them */
  SstCrew *crew;
  guint64 step;                 /* also counts steps left out */
  float progress;               /* of the step being made */
};

void
sst_trainer_params_init (SstTrainerParams * params)
{
  *params = (SstTrainerParams) {
    .seed = 1,
    .batch = 32,
    .learning_rate = 1e-3f,
    .final_rate = 0.02f,
    .weight_decay = 1e-4f,
    .clip = 5.f,
    .ema = 0.998f,
    .warmup_steps = 100,
    .tracklet_share = 0.5f,
    .weights = {
      .focal = 1.f, .giou = 2.f, .l1 = 5.f, .quality = 0.5f
    }
  };
}

static float *
new_floats (size_t n)
{
  float *x = g_aligned_alloc (n, sizeof (float), 64);

  memset (x, 0, n * sizeof (float));
  return x;
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

SstTrainer *
sst_trainer_new (const SstTrainerParams * params, const SstModel * model,
    const SstFootage * footage, const SstTracklets * tracklets)
{
  SstTrainer *trainer = g_new0 (SstTrainer, 1);
  float *parameters;

  trainer->params = *params;
  trainer->config = *sst_network_get_config (sst_model_network (model));
  trainer->network = sst_network_new (&trainer->config, NULL);
  trainer->n = sst_network_n_parameters (trainer->network);
  trainer->kernels = new_floats (sst_network_kernels_size (trainer->network,
          TRUE));
  trainer->dparameters = new_floats (trainer->n);
  parameters = g_new (float, trainer->n);
  sst_model_get_parameters (model, parameters);
  trainer->optimizer = sst_optimizer_new (trainer->n, parameters);
  g_free (parameters);
  mark_decay (trainer);

  trainer->items = g_new0 (Item, params->batch);
  for (int i = 0; i < params->batch; i++) {
    Item *const item = &trainer->items[i];

    item->pair.templ = new_floats (SST_TEMPLATE_SIZE);
    item->pair.search = new_floats (SST_SEARCH_SIZE);
    for (int role = 0; role < 2; role++)
      item->trace[role] = new_floats (sst_network_trace_size (trainer->network,
              role));
    item->doutput = new_floats ((size_t) SST_NETWORK_OUTPUTS
        * SST_NETWORK_CELLS);
    item->dcells = new_floats (sst_network_cells_size (trainer->network));
  }
  for (int i = 0; i < N_LANES; i++) {
    Lane *const lane = &trainer->lanes[i];

    lane->synth = sst_synth_new (footage, NULL);
    if (tracklets != NULL && sst_tracklets_length (tracklets) > 0)
      lane->tracklets = sst_tracklet_sampler_new (footage, tracklets);
    lane->workspace = new_floats (sst_network_workspace_size (trainer->network,
            TRUE));
    lane->dkernels = new_floats (trainer->n);
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
  for (int i = 0; i < t->params.batch; i++) {
    Item *const item = &t->items[i];

    g_aligned_free (item->pair.templ);
    g_aligned_free (item->pair.search);
    g_aligned_free (item->trace[0]);
    g_aligned_free (item->trace[1]);
    g_aligned_free (item->doutput);
    g_aligned_free (item->dcells);
  }
  g_free (t->items);
  for (int i = 0; i < N_LANES; i++) {
    Lane *const lane = &t->lanes[i];

    sst_synth_free (&lane->synth);
    sst_tracklet_sampler_free (&lane->tracklets);
    g_aligned_free (lane->workspace);
    g_aligned_free (lane->dkernels);
  }
  sst_optimizer_free (&t->optimizer);
  g_aligned_free (t->kernels);
  g_aligned_free (t->dparameters);
  sst_network_free (&t->network);
  g_clear_pointer (trainer, g_free);
}

static void
draw_pair (SstTrainer * trainer, Lane * lane, Item * item, guint i)
{
  const SstTrainerParams *const params = &trainer->params;
  SstRandom random = sst_random_init (params->seed,
      STREAM_PAIRS + trainer->step * params->batch + i);

  if (lane->tracklets != NULL
      && sst_random_chance (&random, params->tracklet_share))
    sst_tracklet_sampler_pair (lane->tracklets, &random, trainer->progress,
        params->curriculum, &item->pair);
  else
    sst_synth_pair (lane->synth, &random, &item->pair);
}

/* Draws the lane's pairs, runs them forward and takes the losses of each. */
static void
run_forward (gpointer data, guint index)
{
  SstTrainer *const trainer = data;
  Lane *const lane = &trainer->lanes[index];
  const SstLossWeights *const w = &trainer->params.weights;
  const SstBoxTerms weights = { w->focal, w->giou, w->l1, w->quality };

  for (int i = index; i < trainer->params.batch; i += N_LANES) {
    Item *const item = &trainer->items[i];

    draw_pair (trainer, lane, item, i);
    sst_network_template (trainer->network, trainer->kernels,
        item->pair.templ, item->trace[SST_ROLE_TEMPLATE], lane->workspace);
    sst_network_search (trainer->network, trainer->kernels,
        sst_network_template_cells (trainer->network,
            item->trace[SST_ROLE_TEMPLATE]), item->pair.search,
        item->trace[SST_ROLE_SEARCH], lane->workspace);
    item->terms = sst_box_loss (sst_network_output (trainer->network,
            item->trace[SST_ROLE_SEARCH]), &item->pair.box,
        item->pair.present, &weights,
        item->pair.weight / trainer->params.batch, item->doutput, &item->iou);
  }
}

static void
run_backward (gpointer data, guint index)
{
  SstTrainer *const trainer = data;
  Lane *const lane = &trainer->lanes[index];

  memset (lane->dkernels, 0, trainer->n * sizeof (float));
  for (int i = index; i < trainer->params.batch; i += N_LANES) {
    Item *const item = &trainer->items[i];

    sst_network_search_backward (trainer->network, trainer->kernels,
        sst_network_template_cells (trainer->network,
            item->trace[SST_ROLE_TEMPLATE]), item->trace[SST_ROLE_SEARCH],
        item->doutput, NULL, lane->dkernels, item->dcells, lane->workspace);
    sst_network_template_backward (trainer->network, trainer->kernels,
        item->trace[SST_ROLE_TEMPLATE], item->dcells, NULL, lane->dkernels,
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
  const float wave = 0.5f + 0.5f * cosf ((float) G_PI * progress);
  const float warm = fminf (1.f, (trainer->step + 1.f)
      / (params->warmup_steps + 1.f));

  return params->learning_rate * warm
      * (params->final_rate + (1.f - params->final_rate) * wave);
}

static void
sum_terms (const SstTrainer * trainer, SstTrainerReport * report)
{
  const SstLossWeights *const w = &trainer->params.weights;
  const float share = 1.f / trainer->params.batch;
  int n_present = 0;

  for (int i = 0; i < trainer->params.batch; i++) {
    const Item *const item = &trainer->items[i];
    const float weight = share * item->pair.weight;

    report->terms.focal += weight * item->terms.focal;
    report->terms.giou += weight * item->terms.giou;
    report->terms.l1 += weight * item->terms.l1;
    report->terms.quality += weight * item->terms.quality;
    n_present += item->pair.present;
    report->iou += item->pair.present ? item->iou : 0.f;
  }
  report->iou /= MAX (n_present, 1);
  report->loss = w->focal * report->terms.focal
      + w->giou * report->terms.giou + w->l1 * report->terms.l1
      + w->quality * report->terms.quality;
}

void
sst_trainer_step (SstTrainer * trainer, float progress,
    SstTrainerReport * report)
{
  const SstTrainerParams *const params = &trainer->params;
  float *const dkernels = trainer->lanes[0].dkernels;

  *report = (SstTrainerReport) { 0 };
  trainer->progress = CLAMP (progress, 0.f, 1.f);
  sst_network_fold (trainer->network, trainer->optimizer->parameters, TRUE,
      trainer->kernels);
  sst_crew_run (trainer->crew, run_forward, trainer, N_LANES);
  sum_terms (trainer, report);
  sst_crew_run (trainer->crew, run_backward, trainer, N_LANES);

  for (int i = 1; i < N_LANES; i++)
    add (trainer->lanes[i].dkernels, dkernels, trainer->n);
  memset (trainer->dparameters, 0, trainer->n * sizeof (float));
  sst_network_fold_backward (trainer->network,
      trainer->optimizer->parameters, dkernels, trainer->dparameters);
  report->gradient = sst_optimizer_step (trainer->optimizer,
      trainer->dparameters, rate_at (trainer, trainer->progress),
      params->weight_decay, params->clip, params->ema);
  report->finite = isfinite (report->gradient);
  report->step = ++trainer->step;
}

SstModel *
sst_trainer_snapshot (const SstTrainer * trainer)
{
  return sst_model_new (&trainer->config, trainer->optimizer->mean, NULL,
      NULL);
}

/* A checkpoint is a weights file with the optimiser's four arrays in it. */
#define N_ARRAYS 4
#define CHECKPOINT_PREFIX "checkpoint-1 "

static void
list_arrays (const SstTrainer * trainer, SstTensorSpec * specs, float **arrays)
{
  static const char *const names[N_ARRAYS] = {
    "parameters", "mean", "first", "second"
  };
  const SstOptimizer *const optimizer = trainer->optimizer;

  arrays[0] = optimizer->parameters;
  arrays[1] = optimizer->mean;
  arrays[2] = optimizer->first;
  arrays[3] = optimizer->second;
  for (int i = 0; i < N_ARRAYS; i++)
    specs[i] = (SstTensorSpec) { names[i], 1, { (int) optimizer->n } };
}

static char *
checkpoint_architecture (const SstTrainer * trainer)
{
  char *const network = sst_network_describe (trainer->network);
  char *const text = g_strconcat (CHECKPOINT_PREFIX, network, NULL);

  g_free (network);
  return text;
}

gboolean
sst_trainer_save (const SstTrainer * trainer, const char *path,
    GError ** error)
{
  SstTensorSpec specs[N_ARRAYS];
  float *arrays[N_ARRAYS];
  char *const architecture = checkpoint_architecture (trainer);
  char *const metadata = g_strdup_printf ("step=%" G_GUINT64_FORMAT
      "\noptimizer-step=%" G_GUINT64_FORMAT "\n", trainer->step,
      trainer->optimizer->step);
  SstWeights *weights;
  gboolean saved = FALSE;

  list_arrays (trainer, specs, arrays);
  weights = sst_weights_new (architecture, metadata, specs, N_ARRAYS,
      (const float *const *) arrays, error);
  if (weights != NULL)
    saved = sst_weights_save (weights, path, error);
  sst_weights_unref (weights);
  g_free (architecture);
  g_free (metadata);
  return saved;
}

static gboolean
get_number (const SstWeights * weights, const char *key, guint64 * number)
{
  char *const text = sst_weights_dup_metadata (weights, key);
  const gboolean good = text != NULL
      && g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, number, NULL);

  g_free (text);
  return good;
}

static gboolean
restore (SstTrainer * trainer, const SstWeights * weights, const char *path,
    GError ** error)
{
  char *const architecture = checkpoint_architecture (trainer);
  const gboolean same = g_str_equal (architecture,
      sst_weights_get_architecture (weights));
  SstTensorSpec specs[N_ARRAYS];
  float *arrays[N_ARRAYS];
  const float *data[N_ARRAYS];
  guint64 step, optimizer_step;

  g_free (architecture);
  list_arrays (trainer, specs, arrays);
  if (!same) {
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_ARCHITECTURE,
        "%s: not a checkpoint of this network but '%s'", path,
        sst_weights_get_architecture (weights));
    return FALSE;
  }
  for (int i = 0; i < N_ARRAYS; i++) {
    const SstTensorSpec *spec;

    data[i] = sst_weights_find (weights, specs[i].name, &spec);
    if (data[i] == NULL || spec->n_dims != 1
        || spec->dims[0] != specs[i].dims[0]) {
      g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_ARCHITECTURE,
          "%s: the checkpoint's '%s' is missing or of another size", path,
          specs[i].name);
      return FALSE;
    }
  }
  if (!get_number (weights, "step", &step)
      || !get_number (weights, "optimizer-step", &optimizer_step)) {
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_METADATA,
        "%s: the checkpoint does not say its step", path);
    return FALSE;
  }
  for (int i = 0; i < N_ARRAYS; i++)
    memcpy (arrays[i], data[i], trainer->optimizer->n * sizeof (float));
  trainer->step = step;
  trainer->optimizer->step = optimizer_step;
  return TRUE;
}

gboolean
sst_trainer_load (SstTrainer * trainer, const char *path, GError ** error)
{
  SstWeights *weights = sst_weights_load_limited (path,
      SST_WEIGHTS_MAX_CHECKPOINT_FILE, error);
  const gboolean loaded = weights != NULL
      && restore (trainer, weights, path, error);

  sst_weights_unref (weights);
  return loaded;
}
