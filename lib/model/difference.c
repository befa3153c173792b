/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "model/difference.h"

#include <string.h>

#define PREFIX "difference-1 "
#define BASE_KEY "base"
/* What a difference may add to its base's tensors. */
#define ADDED "tone"

/* Tensors that belong to others. */
typedef struct
{
  SstTensorSpec *specs;
  const float **data;
  int n;
} Tensors;

static Tensors
tensors_new (int capacity)
{
  return (Tensors) { g_new (SstTensorSpec, capacity),
    g_new (const float *, capacity), 0
  };
}

static void
tensors_add (Tensors * tensors, const SstTensorSpec * spec, const float *data)
{
  tensors->specs[tensors->n] = *spec;
  tensors->data[tensors->n++] = data;
}

static SstWeights *
tensors_end (Tensors * tensors, const char *architecture,
    const char *metadata, GError ** error)
{
  SstWeights *const weights = sst_weights_new (architecture, metadata,
      tensors->specs, tensors->n, tensors->data, error);

  g_free (tensors->specs);
  g_free (tensors->data);
  return weights;
}

gboolean
sst_difference_is_one (const SstWeights * weights)
{
  return g_str_has_prefix (sst_weights_get_architecture (weights), PREFIX);
}

char *
sst_difference_dup_base (const SstWeights * weights)
{
  char *const base = sst_weights_dup_metadata (weights, BASE_KEY);

  return base != NULL ? base : g_strdup (sst_weights_get_checksum (weights));
}

/* Whether base is the one that weights name, and of that architecture. */
static gboolean
check_base (const SstWeights * weights, const char *architecture,
    const SstWeights * base, GError ** error)
{
  char *const name = sst_difference_dup_base (weights);
  const char *const found = sst_weights_get_checksum (base);
  const gboolean good = g_str_equal (name, found)
      && g_str_equal (architecture, sst_weights_get_architecture (base));

  if (!good)
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_BASE,
        "a difference to the model %.16s, '%s', which is not the one that is "
        "there (%.16s, '%s')", name, architecture, found,
        sst_weights_get_architecture (base));
  g_free (name);
  return good;
}

static gboolean
have_one_shape (const SstTensorSpec * a, const SstTensorSpec * b)
{
  gboolean same = a->n_dims == b->n_dims;

  for (int i = 0; same && i < a->n_dims; i++)
    same = a->dims[i] == b->dims[i];
  return same;
}

SstWeights *
sst_difference_new (const SstWeights * weights, const SstWeights * base,
    GError ** error)
{
  const int n = sst_weights_n_tensors (weights);
  char *architecture;
  Tensors kept;
  SstWeights *result;

  if (!check_base (weights, sst_weights_get_architecture (weights), base,
          error))
    return NULL;
  for (int i = 0; i < sst_weights_n_tensors (base); i++) {
    const SstTensorSpec *spec;

    sst_weights_tensor (base, i, &spec);
    if (sst_weights_find (weights, spec->name, NULL) == NULL) {
      g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_BASE,
          "'%s' of the base is missing", spec->name);
      return NULL;
    }
  }
  kept = tensors_new (n);
  for (int i = 0; i < n; i++) {
    const SstTensorSpec *spec, *old_spec;
    const float *const data = sst_weights_tensor (weights, i, &spec);
    const float *const old = sst_weights_find (base, spec->name, &old_spec);

    if (old == NULL || !have_one_shape (spec, old_spec)
        || memcmp (data, old, sizeof (float) * sst_tensor_spec_size (spec)))
      tensors_add (&kept, spec, data);
  }
  if (kept.n == 0) {
    const SstTensorSpec *spec;
    const float *const data = sst_weights_tensor (weights, 0, &spec);

    tensors_add (&kept, spec, data);
  }
  architecture = g_strconcat (PREFIX, sst_weights_get_architecture (base),
      NULL);
  result = tensors_end (&kept, architecture, sst_weights_get_metadata (weights),
      error);
  g_free (architecture);
  return result;
}

/* Whether each tensor of a difference can take the place of the base's. */
static gboolean
check_tensors (const SstWeights * difference, const SstWeights * base,
    GError ** error)
{
  for (int i = 0; i < sst_weights_n_tensors (difference); i++) {
    const SstTensorSpec *spec, *old;

    sst_weights_tensor (difference, i, &spec);
    if (sst_weights_find (base, spec->name, &old) != NULL ?
        have_one_shape (spec, old) : g_str_equal (spec->name, ADDED))
      continue;
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_BASE,
        "the difference has '%s', which its base has not got in that shape",
        spec->name);
    return FALSE;
  }
  return TRUE;
}

SstWeights *
sst_difference_apply (const SstWeights * difference, const SstWeights * base,
    GError ** error)
{
  const char *const architecture = sst_weights_get_architecture (difference);
  const int n = sst_weights_n_tensors (base);
  const SstTensorSpec *spec;
  const float *data;
  Tensors all;

  g_return_val_if_fail (sst_difference_is_one (difference), NULL);

  if (!check_base (difference, architecture + strlen (PREFIX), base, error)
      || !check_tensors (difference, base, error))
    return NULL;
  all = tensors_new (n + 1);
  for (int i = 0; i < n; i++) {
    const float *const old = sst_weights_tensor (base, i, &spec);

    data = sst_weights_find (difference, spec->name, NULL);
    tensors_add (&all, spec, data != NULL ? data : old);
  }
  data = sst_weights_find (difference, ADDED, &spec);
  if (data != NULL && sst_weights_find (base, ADDED, NULL) == NULL)
    tensors_add (&all, spec, data);
  return tensors_end (&all, sst_weights_get_architecture (base),
      sst_weights_get_metadata (difference), error);
}
