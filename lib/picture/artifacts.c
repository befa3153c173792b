/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "picture/artifacts.h"

#include <math.h>
#include <string.h>

#include "picture/denoise.h"
#include "picture/sampler.h"

/* The histogram of second differences. */
#define MAX_SECOND_DIFFERENCE 256
#define STEPS 4                 /* to a level */

/* A side of a block, and what a step counts at most: edges of things are
 * higher. */
#define BLOCK 8
#define MAX_STEP 16.f

static float
noise_of (const float *plane, int width, int height)
{
  guint counts[MAX_SECOND_DIFFERENCE * STEPS + 1] = { 0 };
  guint n = 0, below = 0;
  int median = 0;

  for (int y = 1; y < height - 1; y++) {
    const float *const row = plane + (gsize) y * width;
    const float *const above = row - width, *const under = row + width;

    for (int x = 1; x < width - 1; x++, n++) {
      const float d = above[x - 1] + above[x + 1] + under[x - 1]
          + under[x + 1] + 4.f * row[x]
          - 2.f * (above[x] + under[x] + row[x - 1] + row[x + 1]);

      counts[(int) (fminf (fabsf (d), MAX_SECOND_DIFFERENCE) * STEPS)]++;
    }
  }
  if (n == 0)
    return 0.f;
  while ((below += counts[median]) <= n / 2)
    median++;
  return median / (STEPS * 0.6745f * 6.f);
}

/* Of n_lines lines of n samples. */
static float
steps_along (const float *plane, int n, gsize stride, int n_lines,
    gsize line_stride)
{
  double sums[BLOCK] = { 0. };
  guint counts[BLOCK] = { 0 };
  double highest = 0.;

  for (int line = 0; line < n_lines; line++) {
    const float *const p = plane + line * line_stride;

    for (int i = 1; i + 2 < n; i++) {
      const float before = fabsf (p[i * stride] - p[(i - 1) * stride]);
      const float at = fabsf (p[(i + 1) * stride] - p[i * stride]);
      const float behind = fabsf (p[(i + 2) * stride] - p[(i + 1) * stride]);

      sums[i % BLOCK] += CLAMP (at - (before + behind) / 2.f, -MAX_STEP,
          MAX_STEP);
      counts[i % BLOCK]++;
    }
  }
  for (int i = 0; i < BLOCK; i++)
    highest = MAX (highest, sums[i] / MAX (counts[i], 1));
  return (float) highest;
}

static void
measure_plane (const float *plane, int width, int height,
    SstArtifacts * artifacts, int component)
{
  artifacts->noise[component] = noise_of (plane, width, height);
  artifacts->blocks[component] = (steps_along (plane, width, 1, height, width)
      + steps_along (plane, height, width, width, 1)) / 2.f;
}

/* Whole samples of luma, then of chroma, so that sampling smoothes nothing. */
static SstBox
piece_of (const SstFrame * frame)
{
  const int width = MIN (frame->width, SST_ARTIFACTS_WIDTH) & ~1;
  const int height = MIN (frame->height, SST_ARTIFACTS_HEIGHT) & ~1;

  return (SstBox) { (float) ((frame->width - width) / 2 & ~1),
    (float) ((frame->height - height) / 2 & ~1), width, height
  };
}

SstImage *
sst_artifacts_copy_piece (SstSampler * sampler, const SstFrame * frame)
{
  const SstBox piece = piece_of (frame);
  const int width = (int) piece.width, height = (int) piece.height;
  const gsize n = (gsize) width * height;
  SstImage *image;
  float *tensor;

  if (MIN (width, height) < SST_DENOISER_MIN_SIDE)
    return NULL;
  image = sst_image_new (width, height);
  tensor = g_new (float, n);
  sst_sampler_sample (sampler, frame, &piece, SST_SAMPLE_LUMA, width, height,
      tensor);
  for (gsize i = 0; i < n; i++)
    sst_image_plane (image, 0)[i] = (guint8) (tensor[i] * (219.f / 255.f)
        + 16.5f);
  memset (sst_image_plane (image, 1), 128, sst_image_size (image) - n);
  g_free (tensor);
  return image;
}

SstArtifacts
sst_artifacts_measure (SstSampler * sampler, const SstFrame * frame)
{
  const SstBox middle = piece_of (frame);
  const int width = (int) middle.width, height = (int) middle.height;
  const int half_width = width / 2, half_height = height / 2;
  SstArtifacts artifacts = { {0.f}, {0.f}, 0.f };
  float *tensor;

  if (width == 0 || height == 0)
    return artifacts;
  tensor = g_new (float, (gsize) width * height);
  sst_sampler_sample (sampler, frame, &middle, SST_SAMPLE_LUMA, width, height,
      tensor);
  measure_plane (tensor, width, height, &artifacts, 0);
  sst_sampler_sample (sampler, frame, &middle, SST_SAMPLE_YCC, half_width,
      half_height, tensor);
  for (int c = 1; c < 3; c++)
    measure_plane (tensor + (gsize) c * half_width * half_height, half_width,
        half_height, &artifacts, c);
  g_free (tensor);
  return artifacts;
}
