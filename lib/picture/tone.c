/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <sstrack/tone.h>

#include <math.h>
#include <string.h>

/* What counts as much as twice the contrast. */
#define LEVELS 64.f
#define SHARPNESS 2.f
#define NOISE 2.f

G_STATIC_ASSERT (sizeof (SstTone) == SST_TONE_N_VALUES * sizeof (float));

static gboolean
is_within (float x, float low, float high)
{
  return x >= low && x <= high; /* NaN is not */
}

gboolean
sst_tone_is_valid (const SstTone * tone)
{
  g_return_val_if_fail (tone != NULL, FALSE);

  gboolean valid = is_within (tone->luma_gain, 1.f / SST_TONE_MAX_GAIN,
      SST_TONE_MAX_GAIN)
      && is_within (tone->luma_offset, -SST_TONE_MAX_OFFSET,
      SST_TONE_MAX_OFFSET)
      && is_within (tone->softness, 1.f, SST_TONE_MAX_SOFTNESS)
      && is_within (tone->sharpness, 0.f, SST_TONE_MAX_SHARPNESS)
      && is_within (tone->blur, 0.f, SST_TONE_MAX_BLUR)
      && is_within (tone->noise, 0.f, SST_TONE_MAX_NOISE);

  for (int c = 0; c < 2; c++)
    valid = valid && is_within (tone->chroma_gain[c], 0.f, SST_TONE_MAX_GAIN)
        && is_within (tone->chroma_offset[c], -SST_TONE_MAX_OFFSET,
        SST_TONE_MAX_OFFSET);
  return valid;
}

gboolean
sst_tone_is_neutral (const SstTone * tone)
{
  g_return_val_if_fail (tone != NULL, FALSE);

  const SstTone neutral = SST_TONE_NEUTRAL;

  return memcmp (tone, &neutral, sizeof (SstTone)) == 0;
}

void
sst_tone_to_values (const SstTone * tone, float values[SST_TONE_N_VALUES])
{
  g_return_if_fail (tone != NULL);
  g_return_if_fail (values != NULL);

  memcpy (values, tone, sizeof (SstTone));
}

SstTone
sst_tone_from_values (const float values[SST_TONE_N_VALUES])
{
  g_return_val_if_fail (values != NULL, SST_TONE_NEUTRAL);

  SstTone tone;

  memcpy (&tone, values, sizeof (SstTone));
  return tone;
}

static float
difference (float gain, float offset, float other_gain, float other_offset,
    float mean)
{
  /* a component without any gain is as good as one with next to none */
  const float contrast = fabsf (log2f (MAX (gain, 0.01f)
          / MAX (other_gain, 0.01f)));
  const float level = fabsf ((gain - other_gain) * mean + offset
      - other_offset) / LEVELS;

  return MAX (contrast, level);
}

float
sst_tone_distance (const SstTone * a, const SstTone * b, const float mean[3])
{
  g_return_val_if_fail (a != NULL, 0.f);
  g_return_val_if_fail (b != NULL, 0.f);
  g_return_val_if_fail (mean != NULL, 0.f);

  float distance = difference (a->luma_gain, a->luma_offset, b->luma_gain,
      b->luma_offset, mean[0]);

  for (int c = 0; c < 2; c++)
    distance = MAX (distance, difference (a->chroma_gain[c],
            a->chroma_offset[c], b->chroma_gain[c], b->chroma_offset[c],
            mean[1 + c]));
  distance = MAX (distance, fabsf (a->softness - b->softness));
  distance = MAX (distance, fabsf (a->sharpness - b->sharpness) / SHARPNESS);
  return MAX (distance, fabsf (a->luma_gain * a->noise
          - b->luma_gain * b->noise) / NOISE);
}
