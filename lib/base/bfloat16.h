/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Bfloat16 (internal): floats kept in 16 bits: the sign, the exponent and
 * 8 bits of the mantissa, rounded to the nearest even; off by 1 / 512 of a value
 * at most. For what is kept long and used seldom. */

#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

/* from: finite, and short of the largest float by 1 / 256. from and to do not
 * overlap. */
static inline void
sst_bfloat16_set (const float *restrict from, size_t n, guint16 * restrict to)
{
  for (size_t i = 0; i < n; i++) {
    guint32 bits;

    memcpy (&bits, from + i, sizeof bits);
    to[i] = (guint16) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  }
}

static inline void
sst_bfloat16_get (const guint16 * restrict from, size_t n, float *restrict to)
{
  for (size_t i = 0; i < n; i++) {
    const guint32 bits = (guint32) from[i] << 16;

    memcpy (to + i, &bits, sizeof bits);
  }
}

G_END_DECLS
