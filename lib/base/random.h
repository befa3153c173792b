/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Random: a small seeded generator, the same on every machine.
 *
 * PCG-XSH-RR 64/32 (O'Neill, "PCG: A Family of Simple Fast Space-Efficient
 * Statistically Good Algorithms for Random Number Generation", 2014). It is
 * here for training, where every augmented pixel draws from it.
 *
 * Thread-safety: a generator belongs to one thread at a time; give each its
 * own stream. */

#pragma once

#include <math.h>
#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint64 state, increment;
} SstRandom;

static inline guint32
sst_random_bits (SstRandom *random)
{
  const guint64 old = random->state;
  const guint32 shifted = (guint32) (((old >> 18) ^ old) >> 27);
  const guint turn = (guint) (old >> 59);

  random->state = old * G_GUINT64_CONSTANT (6364136223846793005)
      + random->increment;
  return (shifted >> turn) | (shifted << ((32 - turn) & 31));
}

/* Generators of one seed and different streams are independent. */
static inline SstRandom
sst_random_init (guint64 seed, guint64 stream)
{
  SstRandom random = { 0, (stream << 1) | 1 };

  sst_random_bits (&random);
  random.state += seed;
  sst_random_bits (&random);
  return random;
}

/* lo <= x < hi, where lo is 0; else rounding may give hi. */
static inline float
sst_random_uniform (SstRandom *random, float lo, float hi)
{
  return lo + (hi - lo) * (float) (sst_random_bits (random) >> 8) * 0x1p-24f;
}

/* True with that probability. */
static inline gboolean
sst_random_chance (SstRandom *random, float probability)
{
  return sst_random_uniform (random, 0.f, 1.f) < probability;
}

/* 0 <= x < n, n > 0. */
static inline guint
sst_random_below (SstRandom *random, guint n)
{
  return (guint) (((guint64) sst_random_bits (random) * n) >> 32);
}

/* Normal, mean 0 (Box and Muller). */
static inline float
sst_random_normal (SstRandom *random, float sigma)
{
  const float u = 1.f - sst_random_uniform (random, 0.f, 1.f);
  const float turn = sst_random_uniform (random, 0.f, 2.f * (float) G_PI);

  return sigma * sqrtf (-2.f * logf (u)) * cosf (turn);
}

G_END_DECLS
