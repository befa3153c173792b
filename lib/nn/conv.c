/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "nn/conv.h"

#include <cblas.h>
#include <string.h>

#include "base/simd.h"

/* Rows of the unfolded image: one for each weight of an output channel. */
static int
unfolded_rows (const SstConvShape * shape)
{
  return shape->in_channels * shape->kernel * shape->kernel;
}

static gboolean
is_pointwise (const SstConvShape * shape)
{
  return shape->kernel == 1 && shape->stride == 1;
}

size_t
sst_conv_scratch_size (const SstConvShape * shape)
{
  if (is_pointwise (shape))
    return 0;
  return (size_t) unfolded_rows (shape) * sst_conv_out_height (shape)
      * sst_conv_out_width (shape);
}

/* Cells lo <= x < hi of an output row that read inside the input at that
 * offset from their own place. */
SST_ALWAYS_INLINE void
inside (int out, int in, int stride, int offset, int *lo, int *hi)
{
  *lo = offset < 0 ? (-offset + stride - 1) / stride : 0;
  *hi = MIN (out, in > offset ? (in - offset + stride - 1) / stride : 0);
  *lo = MIN (*lo, out);
  *hi = MAX (*hi, *lo);
}

/* im2col: row (c, ky, kx) holds, for every output cell, the input that this
 * weight multiplies. */
SST_MULTIVERSION static void
unfold (const SstConvShape * shape, const float *x, float *rows)
{
  const int pad = shape->kernel / 2, stride = shape->stride;
  const int height = sst_conv_out_height (shape);
  const int width = sst_conv_out_width (shape);

  for (int c = 0; c < shape->in_channels; c++) {
    const float *plane = x + (size_t) c * shape->height * shape->width;

    for (int k = 0; k < shape->kernel * shape->kernel; k++) {
      const int dy = k / shape->kernel - pad, dx = k % shape->kernel - pad;
      int x_lo, x_hi;

      inside (width, shape->width, stride, dx, &x_lo, &x_hi);
      for (int oy = 0; oy < height; oy++, rows += width) {
        const int iy = oy * stride + dy;
        const float *row;

        if (iy < 0 || iy >= shape->height) {
          memset (rows, 0, width * sizeof (float));
          continue;
        }
        row = plane + (size_t) iy * shape->width + dx;
        for (int ox = 0; ox < x_lo; ox++)
          rows[ox] = 0.f;
        if (stride == 1)
          memcpy (rows + x_lo, row + x_lo, (x_hi - x_lo) * sizeof (float));
        else
          for (int ox = x_lo; ox < x_hi; ox++)
            rows[ox] = row[ox * stride];
        for (int ox = x_hi; ox < width; ox++)
          rows[ox] = 0.f;
      }
    }
  }
}

/* The transpose of unfold(): every row adds to where it was read from. */
SST_MULTIVERSION static void
fold (const SstConvShape * shape, const float *rows, float *x)
{
  const int pad = shape->kernel / 2, stride = shape->stride;
  const int height = sst_conv_out_height (shape);
  const int width = sst_conv_out_width (shape);

  memset (x, 0, sst_conv_in_size (shape) * sizeof (float));
  for (int c = 0; c < shape->in_channels; c++) {
    float *plane = x + (size_t) c * shape->height * shape->width;

    for (int k = 0; k < shape->kernel * shape->kernel; k++) {
      const int dy = k / shape->kernel - pad, dx = k % shape->kernel - pad;
      int x_lo, x_hi;

      inside (width, shape->width, stride, dx, &x_lo, &x_hi);
      for (int oy = 0; oy < height; oy++, rows += width) {
        const int iy = oy * stride + dy;
        float *row;

        if (iy < 0 || iy >= shape->height)
          continue;
        row = plane + (size_t) iy * shape->width + dx;
        if (stride == 1)
          for (int ox = x_lo; ox < x_hi; ox++)
            row[ox] += rows[ox];
        else
          for (int ox = x_lo; ox < x_hi; ox++)
            row[ox * stride] += rows[ox];
      }
    }
  }
}

SST_MULTIVERSION static void
add_bias (float *y, const float *bias, gboolean relu, int channels,
    size_t cells)
{
  for (int c = 0; c < channels; c++, y += cells) {
    const float b = bias != NULL ? bias[c] : 0.f;

    if (relu)
      for (size_t i = 0; i < cells; i++)
        y[i] = y[i] + b > 0.f ? y[i] + b : 0.f;
    else
      for (size_t i = 0; i < cells; i++)
        y[i] += b;
  }
}

void
sst_conv_forward (const SstConvShape * shape, const float *x,
    const float *weights, const float *bias, gboolean relu, float *y,
    float *scratch)
{
  const int cells = sst_conv_out_height (shape) * sst_conv_out_width (shape);
  const int rows = unfolded_rows (shape);

  if (!is_pointwise (shape)) {
    unfold (shape, x, scratch);
    x = scratch;
  }
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, shape->out_channels,
      cells, rows, 1.f, weights, rows, x, cells, 0.f, y, cells);
  if (bias != NULL || relu)
    add_bias (y, bias, relu, shape->out_channels, cells);
}

void
sst_conv_backward_input (const SstConvShape * shape, const float *dy,
    const float *weights, float *dx, float *scratch)
{
  const int cells = sst_conv_out_height (shape) * sst_conv_out_width (shape);
  const int rows = unfolded_rows (shape);

  cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, rows, cells,
      shape->out_channels, 1.f, weights, rows, dy, cells, 0.f,
      is_pointwise (shape) ? dx : scratch, cells);
  if (!is_pointwise (shape))
    fold (shape, scratch, dx);
}

void
sst_conv_backward_weights (const SstConvShape * shape, const float *x,
    const float *dy, float *dweights, float *scratch)
{
  const int cells = sst_conv_out_height (shape) * sst_conv_out_width (shape);
  const int rows = unfolded_rows (shape);

  if (!is_pointwise (shape)) {
    unfold (shape, x, scratch);
    x = scratch;
  }
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, shape->out_channels,
      rows, cells, 1.f, dy, cells, x, cells, 1.f, dweights, rows);
}

SST_MULTIVERSION static void
conv_backward_bias (const SstConvShape * shape, const float *dy,
    float *dbias)
{
  const int cells = sst_conv_out_height (shape) * sst_conv_out_width (shape);

  for (int c = 0; c < shape->out_channels; c++, dy += cells) {
    float lanes[8] = { 0.f };   /* independent sums, so that they vectorise */
    float sum = 0.f;
    int i = 0;

    for (; i + 8 <= cells; i += 8)
      for (int k = 0; k < 8; k++)
        lanes[k] += dy[i + k];
    for (; i < cells; i++)
      sum += dy[i];
    for (int k = 0; k < 8; k++)
      sum += lanes[k];
    dbias[c] += sum;
  }
}

void
sst_conv_backward_bias (const SstConvShape * shape, const float *dy,
    float *dbias)
{
  conv_backward_bias (shape, dy, dbias);
}

SST_MULTIVERSION static void
relu_backward (const float *y, float *dy, size_t n)
{
  for (size_t i = 0; i < n; i++)
    dy[i] = y[i] > 0.f ? dy[i] : 0.f;
}

void
sst_relu_backward (const float *y, float *dy, size_t n)
{
  relu_backward (y, dy, n);
}
