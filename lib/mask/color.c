/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "mask/color.h"

#include <math.h>
#include <string.h>

#include "base/simd.h"

/* Added to a density: what was not seen says little. */
#define UNSEEN 2e-5f
/* Chroma is seldom far from grey: its bins are half as wide. */
#define CHROMA_RANGE 128.f

SST_ALWAYS_INLINE int
bin_of (float value, float low, float range)
{
  const float at = (value - low) * (SST_COLOR_BINS / range);

  return (int) CLAMP (at, 0.f, SST_COLOR_BINS - 1.f);
}

SST_MULTIVERSION static void
index_row (const float *luma, const float *cb, const float *cr, int n,
    guint16 * bins)
{
  for (int i = 0; i < n; i++) {
    const int y = bin_of (luma[i], 0.f, 256.f);
    const int b = bin_of (cb[i], -0.5f * CHROMA_RANGE, CHROMA_RANGE);
    const int r = bin_of (cr[i], -0.5f * CHROMA_RANGE, CHROMA_RANGE);

    bins[i] = (guint16) ((y * SST_COLOR_BINS + b) * SST_COLOR_BINS + r);
  }
}

void
sst_color_index (const float *sample, guint16 * bins)
{
  index_row (sample, sample + SST_MASK_PIXELS, sample + 2 * SST_MASK_PIXELS,
      SST_MASK_PIXELS, bins);
}

/* Blurs by (0.2, 0.6, 0.2) along one axis. */
static void
blur (const float *in, int step, float *out)
{
  for (int i = 0; i < SST_COLOR_SIZE; i++) {
    const int at = i / step % SST_COLOR_BINS;
    float sum = 0.6f * in[i];

    if (at > 0)
      sum += 0.2f * in[i - step];
    if (at < SST_COLOR_BINS - 1)
      sum += 0.2f * in[i + step];
    out[i] = sum;
  }
}

static float
total (const float *v)
{
  float sum = 0.f;

  for (int i = 0; i < SST_COLOR_SIZE; i++)
    sum += v[i];
  return sum;
}

/* Blurs along all axes, brings the sum to 1 (0 stays 0) and mixes it in. */
static void
mix (float *fresh, float *scratch, float rate, float *sums)
{
  float sum;

  blur (fresh, 1, scratch);
  blur (scratch, SST_COLOR_BINS, fresh);
  blur (fresh, SST_COLOR_BINS * SST_COLOR_BINS, scratch);
  sum = total (scratch);
  if (!(sum > 0.f))
    return;
  for (int i = 0; i < SST_COLOR_SIZE; i++)
    sums[i] += rate * (scratch[i] / sum - sums[i]);
}

void
sst_color_learn (SstColor * color, const guint16 * bins,
    const float *target, const float *counts, float rate, float *scratch)
{
  float *const fresh = color->evidence;         /* is made anew below */

  if (rate >= 1.f) {
    memset (color->target, 0, sizeof color->target);
    memset (color->other, 0, sizeof color->other);
  }
  memset (fresh, 0, sizeof color->evidence);
  for (int i = 0; i < SST_MASK_PIXELS; i++)
    fresh[bins[i]] += counts[i] * target[i];
  mix (fresh, scratch, rate, color->target);
  memset (fresh, 0, sizeof color->evidence);
  for (int i = 0; i < SST_MASK_PIXELS; i++)
    fresh[bins[i]] += counts[i] * (1.f - target[i]);
  mix (fresh, scratch, rate, color->other);
  for (int i = 0; i < SST_COLOR_SIZE; i++) {
    const float ratio = logf ((color->target[i] + UNSEEN)
        / (color->other[i] + UNSEEN));

    color->evidence[i] = CLAMP (ratio, -SST_COLOR_LIMIT, SST_COLOR_LIMIT);
  }
}

void
sst_color_look (const SstColor * color, const guint16 * bins,
    float *evidence)
{
  for (int i = 0; i < SST_MASK_PIXELS; i++)
    evidence[i] = color->evidence[bins[i]];
}
