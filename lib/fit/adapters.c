/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "fit/adapters.h"

#include <string.h>

/* Weights of these layers are adapters; of all layers gains, biases and scales
 * are. */
static const char *const layers[] = { "embedding", "out", "score", "box" };

static gboolean
is_adapter (const char *name)
{
  const char *const part = strrchr (name, '.');

  if (strcmp (part, ".weight") != 0)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (layers); i++)
    if (strlen (layers[i]) == (size_t) (part - name)
        && strncmp (name, layers[i], part - name) == 0)
      return TRUE;
  return FALSE;
}

GArray *
sst_adapters_of (const SstNetwork * network)
{
  GArray *const spans = g_array_new (FALSE, FALSE, sizeof (SstSpan));
  int n_specs;
  const SstTensorSpec *const specs = sst_network_specs (network, &n_specs);
  size_t at = 0;

  for (int i = 0; i < n_specs; i++) {
    const SstSpan span = { at, sst_tensor_spec_size (&specs[i]) };
    SstSpan *const last = spans->len > 0 ? &g_array_index (spans, SstSpan,
        spans->len - 1) : NULL;

    at += span.n;
    if (!is_adapter (specs[i].name))
      continue;
    if (last != NULL && last->first + last->n == span.first)
      last->n += span.n;
    else
      g_array_append_val (spans, span);
  }
  return spans;
}
