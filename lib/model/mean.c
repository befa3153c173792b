/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "model/mean.h"

#include "model/difference.h"

/* The checksum of the model that weights come from: their own, where nothing is
 * said of another. */
static char *
dup_origin (const SstWeights * weights)
{
  char *const from = sst_weights_dup_metadata (weights, "from");

  return from != NULL ? from : sst_difference_dup_base (weights);
}

/* Whether a model can be merged with others of the base. */
static gboolean
check_model (const SstModel * base, const SstModel * model, const char *name,
    GError ** error)
{
  const SstWeights *const weights = sst_model_weights (model);
  const SstWeights *const others = sst_model_weights (base);
  const char *const architecture = sst_weights_get_architecture (weights);
  const char *const expected = sst_weights_get_architecture (others);
  char *const of = dup_origin (weights);
  const gboolean same_base = g_str_equal (of, sst_weights_get_checksum
      (others));
  const gboolean same = g_str_equal (architecture, expected);

  if (!same)
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_ARCHITECTURE,
        "%s is of the architecture '%s', the base of '%s'", name, architecture,
        expected);
  else if (!same_base)
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_BASE,
        "%s was not learned from the base %.12s, but from %.12s", name,
        sst_weights_get_checksum (others), of);
  g_free (of);
  return same && same_base;
}

static char *
describe (const SstModel * base, SstModel * const *models, guint n,
    const char *metadata)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "base=%s\nmerged=",
      sst_weights_get_checksum (sst_model_weights (base)));
  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? " " : "",
        sst_weights_get_checksum (sst_model_weights (models[i])));
  g_string_append_printf (text, "\n%s", metadata != NULL ? metadata : "");
  return g_string_free (text, FALSE);
}

SstModel *
sst_model_mean (SstModel * base, SstModel * const *models,
    const char *const *names, guint n, const char *metadata, GError ** error)
{
  const SstNetwork *const network = sst_model_network (base);
  const size_t n_parameters = sst_network_n_parameters (network);
  float *one;
  double *sum;
  char *text;
  SstModel *mean;

  for (guint i = 0; i < n; i++)
    if (!check_model (base, models[i], names[i], error))
      return NULL;
  one = g_new (float, n_parameters);
  sum = g_new0 (double, n_parameters);
  for (guint i = 0; i < n; i++) {
    sst_model_get_parameters (models[i], one);
    for (size_t k = 0; k < n_parameters; k++)
      sum[k] += one[k];
  }
  for (size_t k = 0; k < n_parameters; k++)
    one[k] = (float) (sum[k] / n);
  text = describe (base, models, n, metadata);
  mean = sst_model_new (sst_network_get_config (network), one,
      sst_model_tone (base), text, error);
  g_free (text);
  g_free (sum);
  g_free (one);
  return mean;
}
