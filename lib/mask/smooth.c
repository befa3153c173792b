/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "mask/smooth.h"

#include <math.h>
#include <string.h>

#include "nn/exponential.h"

#define SIDE SST_MASK_SIDE

/* Squared distances of the colours to the next pixel; returns their sum. */
SST_MULTIVERSION static double
distances (const float *sample, int n, int step, float *out)
{
  const float *const y = sample, *const b = sample + SST_MASK_PIXELS;
  const float *const r = b + SST_MASK_PIXELS;
  float sum = 0.f;

  for (int i = 0; i < n; i++) {
    const float dy = y[i + step] - y[i], db = b[i + step] - b[i];
    const float dr = r[i + step] - r[i];

    out[i] = dy * dy + db * db + dr * dr;
  }
  for (int i = 0; i < n; i++)
    sum += out[i];
  return sum;
}

SST_MULTIVERSION static void
fall (float *d, float scale, int n)
{
  for (int i = 0; i < n; i++)
    d[i] = sst_exp_negative (-scale * d[i]);
}

void
sst_smooth_weights (const float *sample, float *right, float *below)
{
  double sum = 0.;
  float scale;

  for (int y = 0; y < SIDE; y++) {
    sum += distances (sample + y * SIDE, SIDE - 1, 1, right + y * SIDE);
    right[y * SIDE + SIDE - 1] = 0.f;
    if (y < SIDE - 1)
      sum += distances (sample + y * SIDE, SIDE, SIDE, below + y * SIDE);
  }
  scale = 1.f / (2.f * (float) (sum / (2. * SST_MASK_PIXELS)) + 1e-6f);
  fall (right, scale, SST_MASK_PIXELS);
  fall (below, scale, SST_MASK_PIXELS - SIDE);
  for (int y = 0; y < SIDE; y++)
    right[y * SIDE + SIDE - 1] = 0.f;
  memset (below + SST_MASK_PIXELS - SIDE, 0, SIDE * sizeof (float));
}

SST_ALWAYS_INLINE float
sigmoid (float z)
{
  const float e = sst_exp_negative (-fabsf (z));
  const float p = 1.f / (1.f + e);

  return z >= 0.f ? p : 1.f - p;
}

/* A row of one round. above, under: m of the rows beside it; up: weights of the
 * row above. Reads m of the row as it was, from before. */
SST_MULTIVERSION static void
smooth_row (const float *restrict z, const float *restrict before,
    const float *restrict above, const float *restrict under,
    const float *restrict right, const float *restrict up,
    const float *restrict down, float lambda, float *restrict out)
{
  out[0] = sigmoid (z[0] + lambda * (right[0] * (2.f * before[1] - 1.f)
          + up[0] * (2.f * above[0] - 1.f) + down[0] * (2.f * under[0] - 1.f)));
  for (int x = 1; x < SIDE - 1; x++) {
    const float sum = right[x] * (2.f * before[x + 1] - 1.f)
        + right[x - 1] * (2.f * before[x - 1] - 1.f)
        + up[x] * (2.f * above[x] - 1.f) + down[x] * (2.f * under[x] - 1.f);

    out[x] = sigmoid (z[x] + lambda * sum);
  }
  out[SIDE - 1] = sigmoid (z[SIDE - 1] + lambda * (right[SIDE - 2]
          * (2.f * before[SIDE - 2] - 1.f)
          + up[SIDE - 1] * (2.f * above[SIDE - 1] - 1.f)
          + down[SIDE - 1] * (2.f * under[SIDE - 1] - 1.f)));
}

SST_MULTIVERSION static void
start (const float *z, int n, float *m)
{
  for (int i = 0; i < n; i++)
    m[i] = sigmoid (z[i]);
}

void
sst_smooth (const float *logits, const float *right, const float *below,
    float lambda, int rounds, float *m)
{
  static const float nothing[SIDE];
  float before[SIDE];

  start (logits, SST_MASK_PIXELS, m);
  for (int k = 0; k < rounds; k++) {
    /* down and up in turn: what is above has been renewed, what is below not */
    for (int i = 0; i < SIDE; i++) {
      const int y = k % 2 == 0 ? i : SIDE - 1 - i;
      const int at = y * SIDE;

      memcpy (before, m + at, sizeof before);
      smooth_row (logits + at, before, y > 0 ? m + at - SIDE : before,
          y < SIDE - 1 ? m + at + SIDE : before, right + at,
          y > 0 ? below + at - SIDE : nothing, below + at, lambda, m + at);
    }
  }
}
