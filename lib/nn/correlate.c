/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "nn/correlate.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "base/simd.h"

#define EPSILON 1e-6f
/* Cells handled at a time, so that sums across planes stay in cache. */
#define CHUNK 64

SST_MULTIVERSION static void
normalize_cells_forward (int channels, int cells, const float *x,
    float *out, float *length)
{
  for (int at = 0; at < cells; at += CHUNK) {
    const int n = MIN (CHUNK, cells - at);
    float squares[CHUNK] = { 0.f };

    for (int c = 0; c < channels; c++) {
      const float *from = x + (size_t) c * cells + at;

      for (int i = 0; i < n; i++)
        squares[i] += from[i] * from[i];
    }
    for (int i = 0; i < n; i++)
      squares[i] = sqrtf (squares[i] + EPSILON);
    if (length != NULL)
      for (int i = 0; i < n; i++)
        length[at + i] = squares[i];
    for (int i = 0; i < n; i++)
      squares[i] = 1.f / squares[i];
    for (int c = 0; c < channels; c++) {
      const float *from = x + (size_t) c * cells + at;
      float *to = out + (size_t) c * cells + at;

      for (int i = 0; i < n; i++)
        to[i] = from[i] * squares[i];
    }
  }
}

void
sst_normalize_cells_forward (int channels, int cells, const float *x,
    float *out, float *length)
{
  normalize_cells_forward (channels, cells, x, out, length);
}

SST_MULTIVERSION static void
normalize_cells_backward (int channels, int cells, const float *out,
    const float *length, const float *dout, float *dx)
{
  for (int at = 0; at < cells; at += CHUNK) {
    const int n = MIN (CHUNK, cells - at);
    float along[CHUNK] = { 0.f };

    for (int c = 0; c < channels; c++) {
      const size_t row = (size_t) c * cells + at;

      for (int i = 0; i < n; i++)
        along[i] += out[row + i] * dout[row + i];
    }
    for (int c = 0; c < channels; c++) {
      const size_t row = (size_t) c * cells + at;

      for (int i = 0; i < n; i++)
        dx[row + i] = (dout[row + i] - out[row + i] * along[i])
            / length[at + i];
    }
  }
}

void
sst_normalize_cells_backward (int channels, int cells, const float *out,
    const float *length, const float *dout, float *dx)
{
  normalize_cells_backward (channels, cells, out, length, dout, dx);
}

void
sst_central_cells_forward (int channels, int width, int side, const float *x,
    float *out)
{
  const int first = (width - side) / 2;

  for (int c = 0; c < channels; c++)
    for (int y = 0; y < side; y++, out += side)
      memcpy (out, x + ((size_t) c * width + first + y) * width + first,
          side * sizeof (float));
}

void
sst_central_cells_backward (int channels, int width, int side,
    const float *dout, float *dx)
{
  const int first = (width - side) / 2;

  memset (dx, 0, (size_t) channels * width * width * sizeof (float));
  for (int c = 0; c < channels; c++)
    for (int y = 0; y < side; y++, dout += side)
      memcpy (dx + ((size_t) c * width + first + y) * width + first, dout,
          side * sizeof (float));
}

void
sst_correlate_forward (int channels, int n_a, int n_b, float scale,
    const float *a, const float *b, float *out)
{
  cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, n_a, n_b, channels,
      scale, a, n_a, b, n_b, 0.f, out, n_b);
}

SST_MULTIVERSION static void
scale_floats (float scale, float *x, size_t n)
{
  for (size_t i = 0; i < n; i++)
    x[i] *= scale;
}

void
sst_correlate_backward (int channels, int n_a, int n_b, float scale,
    const float *a, const float *b, const float *dout, float *da, float *db,
    float *dscale)
{
  const size_t n = (size_t) channels * n_a;
  double product = 0.0;

  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, channels, n_a, n_b,
      1.f, b, n_b, dout, n_b, 0.f, da, n_a);
  /* <dout, out> / scale, also where the scale is 0 */
  for (size_t i = 0; i < n; i++)
    product += (double) a[i] * da[i];
  *dscale += (float) product;
  scale_floats (scale, da, n);
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, channels, n_b, n_a,
      scale, a, n_a, dout, n_b, 0.f, db, n_b);
}
