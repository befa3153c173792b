/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "model/builtin.h"

#ifdef HAVE_BUILTIN_MODEL

#include "sstrack-models.h"

static gpointer
load (gpointer unused)
{
  GError *error = NULL;
  SstWeights *weights = NULL;
  GBytes *file;

  sst_models_register_resource ();
  file = g_resource_lookup_data (sst_models_get_resource (),
      "/sstrack/models/default.sst", G_RESOURCE_LOOKUP_FLAGS_NONE, &error);
  if (file != NULL) {
    weights = sst_weights_load_bytes (file, &error);
    g_bytes_unref (file);
  }
  if (weights == NULL)
    g_error ("the built-in weights are broken: %s", error->message);
  return weights;
}

SstWeights *
sst_weights_builtin (void)
{
  static GOnce once = G_ONCE_INIT;

  return sst_weights_ref (g_once (&once, load, NULL));
}

#else

SstWeights *
sst_weights_builtin (void)
{
  return NULL;
}

#endif
