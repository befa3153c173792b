/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Floats (internal): memory for tensors. Pure functions: any thread. */

#pragma once

#include <glib.h>
#include <stddef.h>

G_BEGIN_DECLS

/* n floats, all 0, at the start of a cache line of 64 bytes. To be freed with
 * g_aligned_free(). */
static inline float *
sst_floats_new (size_t n)
{
  return g_aligned_alloc0 (n, sizeof (float), 64);
}

/* n rounded up to whole cache lines, so that the next array starts one, too. */
static inline size_t
sst_floats_round_up (size_t n)
{
  return (n + 15) & ~(size_t) 15;
}

/* One of several arrays that lie in a block of floats one after the other, each at the
 * start of a cache line. A table of them gives the size of the block and, once there is
 * one, the place of each. */
typedef struct
{
  size_t size;                  /* floats */
  float **place;                /* where its address goes */
} SstFloatsPart;

/* Returns how many floats n parts take. memory: at the start of a cache line; NULL:
 * no place is touched. */
static inline size_t
sst_floats_lay_out (const SstFloatsPart *parts, guint n, float *memory)
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
