/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* A file of weights, as it is and with a size and a checksum that are
 * right, which anyone can write. What loads saves to the same bytes. */

#include "fuzz.h"

#include <string.h>

#include <sstrack/model.h>

#define HEADER 64
#define SIZE_AT 24
#define CHECKSUM 32

static void
load (const guint8 *data, gsize size)
{
  GBytes *const bytes = g_bytes_new (data, size);
  SstWeights *const weights = sst_weights_load_bytes (bytes, NULL);

  if (weights != NULL) {
    GBytes *const again = sst_weights_to_bytes (weights);
    SstModel *const model = sst_model_new_from_weights (weights, NULL);

    g_assert_true (g_bytes_equal (bytes, again));
    sst_model_unref (model);
    g_bytes_unref (again);
    sst_weights_unref (weights);
  }
  g_bytes_unref (bytes);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  guint8 *copy;
  GChecksum *checksum;
  gsize length = CHECKSUM;

  load (data, size);
  if (size < HEADER + CHECKSUM)
    return 0;
  copy = g_memdup2 (data, size);
  for (int i = 0; i < 8; i++)
    copy[SIZE_AT + i] = (guint8) ((guint64) size >> (8 * i));
  checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_checksum_update (checksum, copy, (gssize) (size - CHECKSUM));
  g_checksum_get_digest (checksum, copy + size - CHECKSUM, &length);
  g_checksum_free (checksum);
  load (copy, size);
  g_free (copy);
  return 0;
}
