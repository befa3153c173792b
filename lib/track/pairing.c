/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/pairing.h"

#include <math.h>

/* The larger score first; a total order, so that it has one outcome. */
static inline gboolean
pair_precedes (const SstPairing * a, const SstPairing * b)
{
  if (a->score != b->score)
    return a->score > b->score;
  if (a->slot != b->slot)
    return a->slot < b->slot;
  return a->detection < b->detection;
}

/* Heapsort. */
void
sst_pairings_sort (GArray * pairs)
{
  SstPairing *const p = (SstPairing *) (void *) pairs->data;
  guint n = pairs->len;
  guint start = n / 2;

  while (n > 1) {
    SstPairing moving;
    guint i, child;

    if (start > 0) {
      moving = p[i = --start];
    } else {
      moving = p[--n];
      p[n] = p[i = 0];
    }
    for (; (child = 2 * i + 1) < n; i = child) {
      if (child + 1 < n && pair_precedes (&p[child], &p[child + 1]))
        child++;
      if (!pair_precedes (&moving, &p[child]))
        break;
      p[i] = p[child];
    }
    p[i] = moving;
  }
}

void
sst_pairings_add (GArray * pairs, float score, guint slot, guint detection)
{
  /* A NaN has no place in an order. */
  const SstPairing pair = { isnan (score) ? 0.f : score, slot, detection };

  g_array_append_val (pairs, pair);
}
