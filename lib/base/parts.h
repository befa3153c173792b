/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Parts (internal): a block of floats that holds several arrays one after the other,
 * each at the start of a cache line. One table of them gives the size of the block
 * and, once there is one, the place of each. */

#pragma once

#include "base/floats.h"

G_BEGIN_DECLS

typedef struct
{
  size_t size;                  /* floats */
  float **place;                /* where its address goes */
} SstPart;

/* Returns how many floats n parts take. memory: at the start of a cache line; NULL:
 * no place is touched. */
static inline size_t
sst_parts_lay_out (const SstPart *parts, guint n, float *memory)
{
  size_t size = 0;

  for (guint i = 0; i < n; i++) {
    if (memory != NULL)
      *parts[i].place = memory + size;
    size += sst_floats_round_up (parts[i].size);
  }
  return size;
}

G_END_DECLS
