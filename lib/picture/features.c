/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "picture/features.h"

#include <math.h>
#include <string.h>

#include "base/simd.h"

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

SST_MULTIVERSION static void
sum_by_stride (const float *restrict row, int n, float *restrict out)
{
  for (int x = 0; x < n; x++)
    out[x] = row[4 * x] + row[4 * x + 1] + row[4 * x + 2] + row[4 * x + 3];
}

SST_MULTIVERSION static void
add_square (const float *restrict x, size_t n, float *restrict sums)
{
  for (size_t i = 0; i < n; i++)
    sums[i] += x[i] * x[i];
}

/* Sums over three rows, any of which may be the same. */
SST_MULTIVERSION static void
sum_rows (const float *a, const float *b, const float *c, int n,
    float *restrict sums)
{
  for (int x = 0; x < n; x++)
    sums[x] = a[x] + b[x] + c[x];
}

/* One over the root of the sum over three neighbours in a row. sums: from the
 * one before the first to the one behind the last. */
SST_MULTIVERSION static void
inverse_root_row (const float *restrict sums, int n, float *restrict inverse)
{
  for (int x = 0; x < n; x++)
    inverse[x] =
        1.f / sqrtf (FLAT_ENERGY + sums[x] + sums[x + 1] + sums[x + 2]);
}

SST_MULTIVERSION static void
scale_and_saturate (const float *restrict factor, size_t n, float *restrict x)
{
  for (size_t i = 0; i < n; i++) {
    const float v = x[i] * factor[i];

    x[i] = v < SATURATION ? v : SATURATION;
  }
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
  for (int b = 0; b < N_ORIENTATIONS; b++)
    add_square (channels + b * cells, cells, energy);
  /* there is nothing beyond the first and the last row and column */
  memset (length, 0, n * sizeof (float));
  sums[0] = sums[n + 1] = 0.f;
  for (int y = 0; y < n; y++) {
    sum_rows (y > 0 ? energy + (y - 1) * n : length, energy + y * n,
        y < n - 1 ? energy + (y + 1) * n : length, n, sums + 1);
    inverse_root_row (sums, n, inverse + y * n);
  }
  for (int b = 0; b < N_ORIENTATIONS; b++)
    scale_and_saturate (inverse, cells, channels + b * cells);
}

SST_MULTIVERSION static void
mean_rows (const float *restrict rows, int side, float *restrict means)
{
  for (int x = 0; x < side; x++)
    means[x] = (rows[x] + rows[side + x] + rows[2 * side + x]
        + rows[3 * side + x]) * (1.f / (STRIDE * STRIDE));
}

/* Means over the cells of a plane. row: scratch, a row of pixels. */
static void
cell_means (const float *plane, int side, float *row, float *means)
{
  const int n = side / STRIDE;

  for (int y = 0; y < n; y++) {
    mean_rows (plane + (size_t) y * STRIDE * side, side, row);
    sum_by_stride (row, n, means + y * n);
  }
}

SST_MULTIVERSION static void
luma_bin (const float *restrict means, float center, size_t n,
    float *restrict bin)
{
  for (size_t i = 0; i < n; i++) {
    const float t = (means[i] - center) * (1.f / 64.f);
    const float v = 1.f - t * t, u = v > 0.f ? v : 0.f;

    bin[i] = 0.5f * u * u;
  }
}

SST_MULTIVERSION static void
chroma_halves (const float *restrict means, size_t n, float *restrict positive,
    float *restrict negative)
{
  for (size_t i = 0; i < n; i++) {
    const float t = means[i] * (1.f / 32.f);

    positive[i] = CLAMP (t, 0.f, 1.f);
    negative[i] = CLAMP (-t, 0.f, 1.f);
  }
}

static void
color_channels (const float *sample, int side, float *scratch, float *channels)
{
  const size_t pixels = (size_t) side * side;
  const size_t cells = pixels / (STRIDE * STRIDE);
  float *const row = scratch, *const means = row + side;

  cell_means (sample, side, row, means);
  for (int b = 0; b < N_LUMA_BINS; b++)
    luma_bin (means, 255.f * b / (N_LUMA_BINS - 1), cells,
        channels + b * cells);
  channels += N_LUMA_BINS * cells;
  for (int c = 0; c < 2; c++) {
    float *const positive = channels + 2 * c * cells;

    cell_means (sample + (c + 1) * pixels, side, row, means);
    chroma_halves (means, cells, positive, positive + cells);
  }
}

/* Takes the mean off. Eight sums side by side, as one waits for itself. */
SST_MULTIVERSION static void
center (float *x, size_t n)
{
  float sums[8] = { 0 }, mean = 0.f;

  for (size_t i = 0; i + 8 <= n; i += 8)
    for (int k = 0; k < 8; k++)
      sums[k] += x[i + k];
  for (size_t i = n / 8 * 8; i < n; i++)
    mean += x[i];
  for (int k = 0; k < 8; k++)
    mean += sums[k];
  mean /= n;
  for (size_t i = 0; i < n; i++)
    x[i] -= mean;
}

static void
extract (const SstFeatureSource * source, const float *sample, int side,
    float *scratch, float *channels)
{
  const size_t cells = (size_t) (side / STRIDE) * (side / STRIDE);

  gradient_channels (sample, side, scratch, channels);
  color_channels (sample, side, scratch, channels + N_ORIENTATIONS * cells);
  for (int c = 0; c < N_CHANNELS; c++)
    center (channels + c * cells, cells);
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
