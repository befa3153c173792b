/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "nn/upsample.h"

#include <string.h>

#include "base/simd.h"

#define NEAR 0.75f
#define FAR 0.25f

/* The row beside row i on that side, where there is one. */
static int
beside (int i, int step, int side)
{
  const int at = i + step;

  return at < 0 || at >= side ? i : at;
}

SST_MULTIVERSION static void
upsample_add (int channels, int side, const float *x, float *y)
{
  float row[256];

  for (int c = 0; c < channels; c++, x += side * side)
    for (int i = 0; i < 2 * side; i++, y += 2 * side) {
      const float *const a = x + i / 2 * side;
      const float *const b = x + beside (i / 2, i % 2 ? 1 : -1, side) * side;

      for (int j = 0; j < side; j++)
        row[j] = NEAR * a[j] + FAR * b[j];
      for (int j = 0; j < side; j++) {
        y[2 * j] += NEAR * row[j] + FAR * row[j > 0 ? j - 1 : 0];
        y[2 * j + 1] += NEAR * row[j] + FAR * row[j + 1 < side ? j + 1 : j];
      }
    }
}

void
sst_upsample_add (int channels, int side, const float *x, float *y)
{
  upsample_add (channels, side, x, y);
}

SST_MULTIVERSION static void
upsample_backward (int channels, int side, const float *dy, float *dx)
{
  float row[256];

  memset (dx, 0, (size_t) channels * side * side * sizeof (float));
  for (int c = 0; c < channels; c++, dx += side * side)
    for (int i = 0; i < 2 * side; i++, dy += 2 * side) {
      float *const a = dx + i / 2 * side;
      float *const b = dx + beside (i / 2, i % 2 ? 1 : -1, side) * side;

      for (int j = 0; j < side; j++) {
        const float before = dy[j > 0 ? 2 * j - 1 : 0];
        const float after = dy[j + 1 < side ? 2 * j + 2 : 2 * j + 1];

        row[j] = NEAR * (dy[2 * j] + dy[2 * j + 1]) + FAR * (before + after);
      }
      for (int j = 0; j < side; j++) {
        a[j] += NEAR * row[j];
        b[j] += FAR * row[j];
      }
    }
}

void
sst_upsample_backward (int channels, int side, const float *dy, float *dx)
{
  upsample_backward (channels, side, dy, dx);
}
