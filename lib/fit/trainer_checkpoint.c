/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "fit/trainer_private.h"

#include <string.h>

/* A checkpoint is a weights file with the optimiser's four arrays in it and,
 * where there is one, the queue: its rows, sources (as numbers) and bar. */
#define N_ARRAYS 4
#define N_QUEUE_ARRAYS 4
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

static SstQueue *
queue_of (const SstTrainer * trainer)
{
  return trainer->auxiliary != NULL ? sst_auxiliary_queue (trainer->auxiliary)
      : NULL;
}

/* A queue of that length. sources: as many floats; state: next, and the bar. */
static void
list_queue (SstQueue * queue, int length, float *sources, float *state,
    SstTensorSpec * specs, float **arrays)
{
  specs[0] = (SstTensorSpec) {
    "queue.embeddings", 2, { length, queue->dim }
  };
  specs[1] = (SstTensorSpec) {
    "queue.features", 2, { length, queue->feature_dim }
  };
  specs[2] = (SstTensorSpec) { "queue.sources", 1, { length } };
  specs[3] = (SstTensorSpec) { "queue.state", 1, { 2 } };
  arrays[0] = queue->embeddings;
  arrays[1] = queue->features;
  arrays[2] = sources;
  arrays[3] = state;
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
  SstTensorSpec specs[N_ARRAYS + N_QUEUE_ARRAYS];
  float *arrays[N_ARRAYS + N_QUEUE_ARRAYS];
  SstQueue *const queue = queue_of (trainer);
  const int length = queue != NULL ? queue->length : 0;
  float *const sources = g_new (float, MAX (length, 1));
  float state[2];
  char *const architecture = checkpoint_architecture (trainer);
  char *const metadata = g_strdup_printf ("step=%" G_GUINT64_FORMAT
      "\noptimizer-step=%" G_GUINT64_FORMAT "\n", trainer->step,
      trainer->optimizer->step);
  SstWeights *weights;
  gboolean saved = FALSE;

  list_arrays (trainer, specs, arrays);
  if (length > 0) {
    list_queue (queue, length, sources, state, specs + N_ARRAYS,
        arrays + N_ARRAYS);
    for (int i = 0; i < length; i++)
      sources[i] = (float) queue->sources[i];
    state[0] = (float) queue->next;
    state[1] = sst_auxiliary_threshold (trainer->auxiliary)->value;
  }
  weights = sst_weights_new (architecture, metadata, specs,
      N_ARRAYS + (length > 0 ? N_QUEUE_ARRAYS : 0),
      (const float *const *) arrays, error);
  if (weights != NULL)
    saved = sst_weights_save (weights, path, error);
  sst_weights_unref (weights);
  g_free (sources);
  g_free (architecture);
  g_free (metadata);
  return saved;
}

/* The queue goes back as it was; one that is not there starts empty. */
static gboolean
restore_queue (SstTrainer * trainer, const SstWeights * weights)
{
  SstQueue *const queue = queue_of (trainer);
  const SstTensorSpec *found[N_QUEUE_ARRAYS];
  const float *data[N_QUEUE_ARRAYS];
  SstTensorSpec specs[N_QUEUE_ARRAYS];
  float *arrays[N_QUEUE_ARRAYS];
  gboolean good = TRUE;
  guint *sources;
  int length;

  if (queue == NULL)
    return TRUE;
  if (sst_weights_find (weights, "queue.sources", &found[0]) == NULL) {
    sst_auxiliary_forget (trainer->auxiliary);
    return TRUE;
  }
  length = found[0]->dims[0];
  list_queue (queue, length, NULL, NULL, specs, arrays);
  for (int i = 0; i < N_QUEUE_ARRAYS; i++) {
    data[i] = sst_weights_find (weights, specs[i].name, &found[i]);
    if (data[i] == NULL || found[i]->n_dims != specs[i].n_dims
        || memcmp (found[i]->dims, specs[i].dims, sizeof (specs[i].dims)) != 0)
      return FALSE;
  }
  sources = g_new (guint, length);
  for (int i = 0; i < length; i++) {
    good = good && data[2][i] >= 0.f && data[2][i] < 0x1p24f;
    sources[i] = good ? (guint) data[2][i] : 0;
  }
  good = good && data[3][0] >= 0.f && data[3][0] <= queue->capacity
      && sst_queue_restore (queue, length, (int) data[3][0], data[0], data[1],
      sources);
  if (good)
    sst_auxiliary_threshold (trainer->auxiliary)->value = data[3][1];
  g_free (sources);
  return good;
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
  if (!restore_queue (trainer, weights)) {
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_ARCHITECTURE,
        "%s: the checkpoint's queue is of another size", path);
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
