/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Floats (internal): memory for tensors. */

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

G_END_DECLS
