/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <sstrack/features.h>

#include <math.h>
#include <string.h>

#include <sstrack/simd.h>

#define STRIDE 4
#define N_ORIENTATIONS 9
#define N_LUMA_BINS 6
#define N_CHROMA 4
#define N_CHANNELS (N_ORIENTATIONS + N_LUMA_BINS + N_CHROMA)

/* Gradient energy, in units of full-range luma, under which a cell counts as
 * flat; and the value at which a normalised orientation saturates. */
#define FLAT_ENERGY 0.1f
#define SATURATION 0.4f

static size_t
scratch_size (const SstFeatureSource * source, int side)
{
  const size_t cells = (size_t) (side / STRIDE) * (side / STRIDE);

  /* three rows of pixels for each row of a cell, a row of sums, two grids */
  return (size_t) 3 * STRIDE * side + side + 2 * cells;
}

/* Gradient of a row of luma as its length and, to make the angle forget its
 * sign, the cosine and sine of twice the angle. */
SST_MULTIVERSION static void
double_angle_row (const float *restrict above, const float *restrict row,
    const float *restrict below, int side, float *restrict length,
    float *restrict cosine, float *restrict sine)
{
  const float scale = 1.f / 510.f;

  for (int x = 1; x < side - 1; x++) {
    const float gx = (row[x + 1] - row[x - 1]) * scale;
    const float gy = (below[x] - above[x]) * scale;
    const float xx = gx * gx, yy = gy * gy;
    const float inverse = 1.f / (xx + yy + 1e-9f);

    length[x] = sqrtf (xx + yy);
    cosine[x] = (xx - yy) * inverse;
    sine[x] = 2.f * gx * gy * inverse;
  }
  length[0] = length[side - 1] = 0.f;
  cosine[0] = cosine[side - 1] = 0.f;
  sine[0] = sine[side - 1] = 0.f;
}

/* Sums over the rows of a cell: length, weighted by how near the angle is to
 * that of the bin: cos^8 of twice the difference, which falls to a half at
 * half the distance between bins. */
SST_MULTIVERSION static void
orientation_row (const float *restrict length, const float *restrict cosine,
    const float *restrict sine, int side, float bin_cos, float bin_sin,
    float *restrict sums)
{
  for (int x = 0; x < side; x++) {
    float sum = 0.f;

    for (int k = 0; k < STRIDE; k++) {
      const int i = k * side + x;
      const float cosine_to_bin = cosine[i] * bin_cos + sine[i] * bin_sin;
      float w = cosine_to_bin > 0.f ? cosine_to_bin : 0.f;

      w *= w;
      w *= w;
      w *= w;
      sum += length[i] * w;
    }
    sums[x] = sum;
  }
}

static void
sum_by_stride (const float *row, int n, float *out)
{
  for (int x = 0; x < n; x++)
    out[x] = row[4 * x] + row[4 * x + 1] + row[4 * x + 2] + row[4 * x + 3];
}

static void
gradient_channels (const float *luma, int side, float *scratch,
    float *channels)
{
  const int n = side / STRIDE;
  const size_t cells = (size_t) n * n;
  float *length = scratch;
  float *cosine = length + STRIDE * side;
  float *sine = cosine + STRIDE * side;
  float *sums = sine + STRIDE * side;
  float *energy = sums + side;
  float *inverse = energy + cells;

  for (int cy = 0; cy < n; cy++) {
    for (int k = 0; k < STRIDE; k++) {
      const int y = cy * STRIDE + k;
      const float *row = luma + (size_t) y * side;
      const float *above = y > 0 ? row - side : row;
      const float *below = y < side - 1 ? row + side : row;

      double_angle_row (above, row, below, side, length + k * side,
          cosine + k * side, sine + k * side);
    }
    for (int b = 0; b < N_ORIENTATIONS; b++) {
      const float angle = 2.f * (float) G_PI * b / N_ORIENTATIONS;

      orientation_row (length, cosine, sine, side, cosf (angle), sinf (angle),
          sums);
      sum_by_stride (sums, n, channels + b * cells + (size_t) cy * n);
    }
  }

  memset (energy, 0, cells * sizeof (float));
  for (int b = 0; b < N_ORIENTATIONS; b++) {
    const float *h = channels + b * cells;

    for (size_t i = 0; i < cells; i++)
      energy[i] += h[i] * h[i];
  }
  for (int y = 0; y < n; y++) {
    const int y0 = MAX (y - 1, 0), y1 = MIN (y + 1, n - 1);

    for (int x = 0; x < n; x++) {
      const int x0 = MAX (x - 1, 0), x1 = MIN (x + 1, n - 1);
      float sum = FLAT_ENERGY;

      for (int j = y0; j <= y1; j++)
        for (int i = x0; i <= x1; i++)
          sum += energy[j * n + i];
      inverse[y * n + x] = 1.f / sqrtf (sum);
    }
  }
  for (int b = 0; b < N_ORIENTATIONS; b++) {
    float *h = channels + b * cells;

    for (size_t i = 0; i < cells; i++)
      h[i] = h[i] * inverse[i] < SATURATION ? h[i] * inverse[i] : SATURATION;
  }
}

/* Means over the cells of a plane. */
static void
cell_means (const float *plane, int side, float *means)
{
  const int n = side / STRIDE;

  for (int y = 0; y < n; y++) {
    for (int x = 0; x < n; x++) {
      const float *p = plane + (size_t) y * STRIDE * side + x * STRIDE;
      float sum = 0.f;

      for (int j = 0; j < STRIDE; j++)
        for (int i = 0; i < STRIDE; i++)
          sum += p[j * side + i];
      means[y * n + x] = sum / (STRIDE * STRIDE);
    }
  }
}

static void
color_channels (const float *sample, int side, float *means, float *channels)
{
  const size_t pixels = (size_t) side * side;
  const size_t cells = pixels / (STRIDE * STRIDE);

  cell_means (sample, side, means);
  for (int b = 0; b < N_LUMA_BINS; b++) {
    const float center = 255.f * b / (N_LUMA_BINS - 1);

    for (size_t i = 0; i < cells; i++) {
      const float t = (means[i] - center) / 64.f;
      const float v = 1.f - t * t, u = v > 0.f ? v : 0.f;

      channels[b * cells + i] = 0.5f * u * u;
    }
  }
  channels += N_LUMA_BINS * cells;
  for (int c = 0; c < 2; c++) {
    float *positive = channels + 2 * c * cells;
    float *negative = positive + cells;

    cell_means (sample + (c + 1) * pixels, side, means);
    for (size_t i = 0; i < cells; i++) {
      const float t = means[i] / 32.f;

      positive[i] = CLAMP (t, 0.f, 1.f);
      negative[i] = CLAMP (-t, 0.f, 1.f);
    }
  }
}

static void
extract (const SstFeatureSource * source, const float *sample, int side,
    float *scratch, float *channels)
{
  const size_t cells = (size_t) (side / STRIDE) * (side / STRIDE);

  gradient_channels (sample, side, scratch, channels);
  color_channels (sample, side, scratch, channels + N_ORIENTATIONS * cells);
  for (int c = 0; c < N_CHANNELS; c++) {
    float *plane = channels + c * cells;
    float mean = 0.f;

    for (size_t i = 0; i < cells; i++)
      mean += plane[i];
    mean /= cells;
    for (size_t i = 0; i < cells; i++)
      plane[i] -= mean;
  }
}

const SstFeatureSource *
sst_features_handmade (void)
{
  static const SstFeatureSource source = {
    .name = "handmade",
    .space = SST_SAMPLE_YCC,
    .stride = STRIDE,
    .n_channels = N_CHANNELS,
    .scratch_size = scratch_size,
    .extract = extract,
  };

  return &source;
}
