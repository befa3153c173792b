/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "dense.h"

#include "picture/features.h"

#include <math.h>

#define COLORS 3
#define COLOR_SCALE (1.f / 128.f)

int
dense_n_channels (void)
{
  return sst_features_handmade ()->n_channels + COLORS;
}

float *
dense_sample (const SstFrame *frame, const SstBox *region, int side)
{
  SstSampler *sampler = sst_sampler_new ();
  float *sample = g_new (float, COLORS * side * side);

  sst_sampler_sample (sampler, frame, region, SST_SAMPLE_YCC, side, side,
      sample);
  sst_sampler_free (&sampler);
  return sample;
}

/* Means of blocks of block x block. */
static void
pool (const float *in, int side, int block, float scale, float offset,
    float *out)
{
  const int cells = side / block;

  for (int y = 0; y < cells; y++)
    for (int x = 0; x < cells; x++) {
      float sum = 0.f;

      for (int v = 0; v < block; v++)
        for (int u = 0; u < block; u++)
          sum += in[(y * block + v) * side + x * block + u];
      out[y * cells + x] = scale * sum / (float) (block * block) + offset;
    }
}

float *
dense_features (const SstFrame *frame, const SstBox *region, int side,
    int stride)
{
  const SstFeatureSource *source = sst_features_handmade ();
  const int fine = side / source->stride, cells = side / stride;
  float *sample = dense_sample (frame, region, side);
  float *scratch = g_new (float, source->scratch_size (source, side));
  float *channels = g_new (float, source->n_channels * fine * fine);
  float *features = g_new (float, dense_n_channels () * cells * cells);

  source->extract (source, sample, side, scratch, channels);
  for (int c = 0; c < source->n_channels; c++)
    pool (channels + c * fine * fine, fine, stride / source->stride, 1.f, 0.f,
        features + c * cells * cells);
  for (int c = 0; c < COLORS; c++)
    pool (sample + c * side * side, side, stride, COLOR_SCALE,
        c == 0 ? -1.f : 0.f,
        features + (source->n_channels + c) * cells * cells);
  g_free (channels);
  g_free (scratch);
  g_free (sample);
  return features;
}

void
dense_mask (const Scene *scene, int sprite, SceneShape shape,
    const SstBox *region, int side, int stride, float *mask)
{
  const SceneTruth truth = scene_truth (scene, sprite);
  const float cx = sst_box_center_x (&truth.box);
  const float cy = sst_box_center_y (&truth.box);
  float *pixels = g_new (float, side * side);

  for (int y = 0; y < side; y++)
    for (int x = 0; x < side; x++) {
      const float u = 2.f / truth.box.width
          * (region->x + (x + 0.5f) * region->width / side - cx);
      const float v = 2.f / truth.box.height
          * (region->y + (y + 0.5f) * region->height / side - cy);

      pixels[y * side + x] = shape == SCENE_ELLIPSE ? u * u + v * v <= 1.f
          : fabsf (u) <= 1.f && fabsf (v) <= 1.f;
    }
  pool (pixels, side, stride, 1.f, 0.f, mask);
  g_free (pixels);
}

float
dense_auc (const float *score, const float *mask, int n)
{
  double wins = 0., pairs = 0.;

  for (int i = 0; i < n; i++)
    for (int j = 0; mask[i] > 0.5f && j < n; j++)
      if (mask[j] <= 0.5f) {
        wins += score[i] > score[j] ? 1. : score[i] == score[j] ? 0.5 : 0.;
        pairs += 1.;
      }
  return pairs > 0. ? (float) (wins / pairs) : 0.f;
}

float
dense_correlation (const float *a, const float *b, int n)
{
  double ma = 0., mb = 0., ab = 0., aa = 0., bb = 0.;

  for (int i = 0; i < n; i++) {
    ma += a[i] / n;
    mb += b[i] / n;
  }
  for (int i = 0; i < n; i++) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
  }
  return aa * bb > 0. ? (float) (ab / sqrt (aa * bb)) : 0.f;
}

float
dense_jaccard (const float *a, const float *b, int n)
{
  int both = 0, either = 0;

  for (int i = 0; i < n; i++) {
    both += a[i] > 0.5f && b[i] > 0.5f;
    either += a[i] > 0.5f || b[i] > 0.5f;
  }
  return either > 0 ? (float) both / (float) either : 1.f;
}
