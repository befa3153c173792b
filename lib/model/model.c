/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */


#include <string.h>

#include "base/floats.h"
#include "model/builtin.h"
#include "model/difference.h"
#include "model/model_private.h"

/* A network and what it computes with; models that differ in the tone share
 * it. */
typedef struct
{
  gatomicrefcount ref_count;
  SstNetwork *network;
  float *kernels;
} Engine;

struct _SstModel
{
  gatomicrefcount ref_count;
  Engine *engine;
  SstWeights *weights;
  gboolean has_tone;
  SstTone tone;
};

static const SstTensorSpec tone_spec = { "tone", 1, { SST_TONE_N_VALUES } };

static gboolean
check_tensor (const SstWeights * weights, const SstTensorSpec * wanted,
    GError ** error)
{
  const SstTensorSpec *spec;
  gboolean same;

  if (sst_weights_find (weights, wanted->name, &spec) == NULL) {
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_ARCHITECTURE,
        "the weights '%s' are missing", wanted->name);
    return FALSE;
  }
  same = spec->n_dims == wanted->n_dims;
  for (int k = 0; same && k < spec->n_dims; k++)
    same = spec->dims[k] == wanted->dims[k];
  if (!same)
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_ARCHITECTURE,
        "the weights '%s' have another shape than their architecture says",
        wanted->name);
  return same;
}

/* Whether the weights are just the network's parameters, in any order, and
 * perhaps a tone. */
static gboolean
check_tensors (const SstNetwork * network, const SstWeights * weights,
    GError ** error)
{
  const float *const tone = sst_weights_find (weights, tone_spec.name, NULL);
  const int n_tensors = sst_weights_n_tensors (weights) - (tone != NULL);
  int n_specs;
  const SstTensorSpec *const specs = sst_network_specs (network, &n_specs);

  if (n_tensors != n_specs) {
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_ARCHITECTURE,
        "%d tensors of weights, where the architecture has %d", n_tensors,
        n_specs);
    return FALSE;
  }
  for (int i = 0; i < n_specs; i++)
    if (!check_tensor (weights, &specs[i], error))
      return FALSE;
  return tone == NULL || check_tensor (weights, &tone_spec, error);
}

/* The tone of checked weights. */
static gboolean
take_tone (SstModel * model, GError ** error)
{
  const float *const values =
      sst_weights_find (model->weights, tone_spec.name, NULL);

  model->has_tone = values != NULL;
  if (!model->has_tone)
    return TRUE;
  model->tone = sst_tone_from_values (values);
  if (sst_tone_is_valid (&model->tone))
    return TRUE;
  g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_VALUE,
      "the tone is out of range");
  return FALSE;
}

static void
engine_unref (Engine * engine)
{
  if (engine == NULL || !g_atomic_ref_count_dec (&engine->ref_count))
    return;
  sst_network_free (&engine->network);
  g_aligned_free (engine->kernels);
  g_free (engine);
}

/* A model of checked weights, whose engine may still be without kernels. Takes
 * over the reference of engine. */
static SstModel *
model_new (Engine * engine, SstWeights * weights, GError ** error)
{
  SstModel *model = g_new0 (SstModel, 1);

  g_atomic_ref_count_init (&model->ref_count);
  model->engine = engine;
  model->weights = sst_weights_ref (weights);
  if (!take_tone (model, error))
    g_clear_pointer (&model, sst_model_unref);
  return model;
}

static void
fold (SstModel * model)
{
  Engine *const engine = model->engine;
  float *const parameters =
      g_new (float, sst_network_n_parameters (engine->network));

  engine->kernels =
      sst_floats_new (sst_network_kernels_size (engine->network, FALSE));
  sst_model_get_parameters (model, parameters);
  sst_network_fold (engine->network, parameters, FALSE, engine->kernels);
  g_free (parameters);
}

/* The models that there are, by their checksums, so that those who read one
 * file share what it takes. The table holds no reference. */
static GMutex known_lock;
static GHashTable *known;       /* under it; NULL: there was none yet */

/* A reference, unless the last one is gone. */
static gboolean
try_ref (SstModel * model)
{
  gint n = g_atomic_int_get (&model->ref_count);

  while (n > 0) {
    if (g_atomic_int_compare_and_exchange (&model->ref_count, n, n + 1))
      return TRUE;
    n = g_atomic_int_get (&model->ref_count);
  }
  return FALSE;
}

/* NULL where there is none of these weights. */
static SstModel *
find_known (const SstWeights * weights)
{
  SstModel *model = NULL;

  g_mutex_lock (&known_lock);
  if (known != NULL)
    model = g_hash_table_lookup (known, sst_weights_get_checksum (weights));
  if (model != NULL && !try_ref (model))
    model = NULL;
  g_mutex_unlock (&known_lock);
  return model;
}

static void
make_known (SstModel * model)
{
  g_mutex_lock (&known_lock);
  if (known == NULL)
    known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_replace (known,
      g_strdup (sst_weights_get_checksum (model->weights)), model);
  g_mutex_unlock (&known_lock);
}

/* Another one of the same weights may have taken its place. */
static void
forget_known (const SstModel * model)
{
  const char *const checksum = sst_weights_get_checksum (model->weights);

  g_mutex_lock (&known_lock);
  if (known != NULL && g_hash_table_lookup (known, checksum) == model)
    g_hash_table_remove (known, checksum);
  g_mutex_unlock (&known_lock);
}

/* Of a whole set of weights. */
static SstModel *
new_from_whole (SstWeights * weights, GError ** error)
{
  SstModel *const same = find_known (weights);
  SstNetworkConfig config;
  SstNetwork *network;
  SstModel *model;
  Engine *engine;

  if (same != NULL)
    return same;
  if (!sst_network_parse (sst_weights_get_architecture (weights), &config,
          error))
    return NULL;
  network = sst_network_new_bfloat (&config, error);
  if (network == NULL)
    return NULL;
  if (!check_tensors (network, weights, error)) {
    sst_network_free (&network);
    return NULL;
  }
  engine = g_new0 (Engine, 1);
  g_atomic_ref_count_init (&engine->ref_count);
  engine->network = network;
  model = model_new (engine, weights, error);
  if (model != NULL) {
    fold (model);
    make_known (model);
  }
  return model;
}

/* What a difference is one to. */
static SstModel *
new_from_difference (const SstWeights * difference, GError ** error)
{
  SstModel *const base = sst_model_builtin ();
  SstWeights *weights = NULL;
  SstModel *model = NULL;

  if (base == NULL)
    g_set_error_literal (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_BASE,
        "a difference to a built-in model, and this build has none");
  else
    weights = sst_difference_apply (difference, base->weights, error);
  if (weights != NULL)
    model = new_from_whole (weights, error);
  sst_weights_unref (weights);
  sst_model_unref (base);
  return model;
}

SstModel *
sst_model_new_from_weights (SstWeights * weights, GError ** error)
{
  g_return_val_if_fail (weights != NULL, NULL);

  return sst_difference_is_one (weights) ? new_from_difference (weights, error)
      : new_from_whole (weights, error);
}

static gpointer
make_builtin (gpointer data)
{
  SstWeights *weights = sst_weights_builtin ();
  GError *error = NULL;
  SstModel *model;

  if (weights == NULL)
    return NULL;
  model = new_from_whole (weights, &error);
  if (model == NULL)
    g_error ("the built-in model is broken: %s", error->message);
  sst_weights_unref (weights);
  return model;
}

/* Checking and folding it takes longer than a start should, and a dozen
 * megabytes that all can share. */
SstModel *
sst_model_builtin (void)
{
  static GOnce once = G_ONCE_INIT;
  SstModel *const model = g_once (&once, make_builtin, NULL);

  return model != NULL ? sst_model_ref (model) : NULL;
}

SstModel *
sst_model_load (const char *path, GError ** error)
{
  g_return_val_if_fail (path != NULL, NULL);

  SstWeights *weights = sst_weights_load (path, error);
  SstModel *model;

  if (weights == NULL)
    return NULL;
  model = sst_model_new_from_weights (weights, error);
  if (model == NULL)
    g_prefix_error (error, "%s: ", path);
  sst_weights_unref (weights);
  return model;
}

gboolean
sst_model_save (const SstModel * model, const char *path, GError ** error)
{
  g_return_val_if_fail (model != NULL, FALSE);
  g_return_val_if_fail (path != NULL, FALSE);

  SstModel *const base = sst_model_builtin ();
  SstWeights *difference = NULL;
  gboolean saved;

  if (base != NULL && base->weights != model->weights)
    difference = sst_difference_new (model->weights, base->weights, NULL);
  saved = sst_weights_save (difference != NULL ? difference : model->weights,
      path, error);
  sst_weights_unref (difference);
  sst_model_unref (base);
  return saved;
}

/* Weights of a network's tensors, to each of which data points, and a tone. */
static SstWeights *
make_weights (const SstNetwork * network, const char *architecture,
    const char *metadata, const float *const *data, const SstTone * tone,
    GError ** error)
{
  const gboolean toned = tone != NULL && !sst_tone_is_neutral (tone);
  int n;
  const SstTensorSpec *const network_specs = sst_network_specs (network, &n);
  SstTensorSpec *const specs = g_new (SstTensorSpec, n + 1);
  const float **const all = g_new (const float *, n + 1);
  float values[SST_TONE_N_VALUES];
  SstWeights *weights;

  for (int i = 0; i < n; i++) {
    specs[i] = network_specs[i];
    all[i] = data[i];
  }
  if (toned) {
    sst_tone_to_values (tone, values);
    specs[n] = tone_spec;
    all[n] = values;
  }
  weights = sst_weights_new (architecture, metadata, specs, n + toned, all,
      error);
  g_free (specs);
  g_free (all);
  return weights;
}

SstModel *
sst_model_new (const SstNetworkConfig * config, const float *parameters,
    const SstTone * tone, const char *metadata, GError ** error)
{
  SstNetwork *network = sst_network_new (config, error);
  const SstTensorSpec *specs;
  const float **data;
  char *architecture;
  SstWeights *weights;
  SstModel *model = NULL;
  int n_specs;

  if (network == NULL)
    return NULL;
  specs = sst_network_specs (network, &n_specs);
  data = g_new (const float *, n_specs);
  for (int i = 0; i < n_specs; i++) {
    data[i] = parameters;
    parameters += sst_tensor_spec_size (&specs[i]);
  }
  architecture = sst_network_describe (network);
  weights = make_weights (network, architecture, metadata, data, tone, error);
  if (weights != NULL) {
    model = sst_model_new_from_weights (weights, error);
    sst_weights_unref (weights);
  }
  g_free (architecture);
  g_free (data);
  sst_network_free (&network);
  return model;
}

SstModel *
sst_model_new_with_tone (const SstModel * model, const SstTone * tone)
{
  g_return_val_if_fail (model != NULL, NULL);

  Engine *const engine = model->engine;
  int n;
  const SstTensorSpec *const specs = sst_network_specs (engine->network, &n);
  const float **const data = g_new (const float *, n);
  SstWeights *weights;
  SstModel *result;

  for (int i = 0; i < n; i++)
    data[i] = sst_weights_find (model->weights, specs[i].name, NULL);
  weights = make_weights (engine->network,
      sst_weights_get_architecture (model->weights),
      sst_weights_get_metadata (model->weights), data, tone, NULL);
  g_atomic_ref_count_inc (&engine->ref_count);
  result = model_new (engine, weights, NULL);
  sst_weights_unref (weights);
  g_free (data);
  return result;
}

SstModel *
sst_model_new_random (const SstNetworkConfig * config, guint64 seed,
    GError ** error)
{
  SstNetwork *network = sst_network_new (config, error);
  SstRandom random = sst_random_init (seed, 0);
  SstModel *model;
  float *parameters;

  if (network == NULL)
    return NULL;
  parameters = g_new (float, sst_network_n_parameters (network));
  sst_network_init_parameters (network, &random, parameters);
  model = sst_model_new (config, parameters, NULL, NULL, error);
  g_free (parameters);
  sst_network_free (&network);
  return model;
}

SstModel *
sst_model_ref (SstModel * model)
{
  g_return_val_if_fail (model != NULL, NULL);

  g_atomic_ref_count_inc (&model->ref_count);
  return model;
}

void
sst_model_unref (SstModel * model)
{
  if (model == NULL || !g_atomic_ref_count_dec (&model->ref_count))
    return;
  forget_known (model);
  engine_unref (model->engine);
  sst_weights_unref (model->weights);
  g_free (model);
}

const SstNetwork *
sst_model_network (const SstModel * model)
{
  return model->engine->network;
}

const SstTone *
sst_model_tone (const SstModel * model)
{
  g_return_val_if_fail (model != NULL, NULL);

  return model->has_tone ? &model->tone : NULL;
}

const float *
sst_model_kernels (const SstModel * model)
{
  return model->engine->kernels;
}

guint64
sst_model_operations (const SstModel * model)
{
  g_return_val_if_fail (model != NULL, 0);

  return sst_network_operations (model->engine->network, SST_ROLE_SEARCH);
}

SstWeights *
sst_model_weights (const SstModel * model)
{
  g_return_val_if_fail (model != NULL, NULL);

  return model->weights;
}

void
sst_model_get_parameters (const SstModel * model, float *parameters)
{
  int n_specs;
  const SstTensorSpec *const specs =
      sst_network_specs (model->engine->network, &n_specs);

  for (int i = 0; i < n_specs; i++) {
    const size_t size = sst_tensor_spec_size (&specs[i]);

    memcpy (parameters, sst_weights_find (model->weights, specs[i].name,
            NULL), size * sizeof (float));
    parameters += size;
  }
}
