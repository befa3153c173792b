/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "nn/pool.h"

#include <math.h>
#include <string.h>

/* From where to where a box reaches. */
typedef struct
{
  float x_lo, x_hi, y_lo, y_hi;
} Reach;

static void
stretch (float from, float length, int cells, float *lo, float *hi)
{
  const float half = 0.5f * fmaxf (length, 1.f);
  const float middle = CLAMP (from + 0.5f * length, 0.5f, cells - 0.5f);

  *lo = fmaxf (middle - half, 0.f);
  *hi = fminf (middle + half, (float) cells);
}

static Reach
reach_of (const SstBox * box, int side)
{
  Reach reach;

  stretch (box->x, box->width, side, &reach.x_lo, &reach.x_hi);
  stretch (box->y, box->height, side, &reach.y_lo, &reach.y_hi);
  return reach;
}

static float
area_of (const Reach * reach)
{
  return (reach->x_hi - reach->x_lo) * (reach->y_hi - reach->y_lo);
}

/* How much of cell i the stretch from lo to hi covers. */
static float
share (int i, float lo, float hi)
{
  return fmaxf (fminf (hi, i + 1.f) - fmaxf (lo, (float) i), 0.f);
}

void
sst_pool_box_forward (int channels, int side, const float *x,
    const SstBox * box, float *mean)
{
  const Reach reach = reach_of (box, side);

  for (int c = 0; c < channels; c++, x += side * side) {
    float sum = 0.f;

    for (int v = (int) reach.y_lo; v < side && v < reach.y_hi; v++)
      for (int u = (int) reach.x_lo; u < side && u < reach.x_hi; u++)
        sum += x[v * side + u] * share (v, reach.y_lo, reach.y_hi)
            * share (u, reach.x_lo, reach.x_hi);
    mean[c] = sum / area_of (&reach);
  }
}

void
sst_pool_box_backward (int channels, int side, const SstBox * box,
    const float *dmean, float *dx)
{
  const Reach reach = reach_of (box, side);

  for (int c = 0; c < channels; c++, dx += side * side) {
    const float part = dmean[c] / area_of (&reach);

    for (int v = (int) reach.y_lo; v < side && v < reach.y_hi; v++)
      for (int u = (int) reach.x_lo; u < side && u < reach.x_hi; u++)
        dx[v * side + u] += part * share (v, reach.y_lo, reach.y_hi)
            * share (u, reach.x_lo, reach.x_hi);
  }
}

void
sst_pool_box_cover (int side, const SstBox * box, float *cover)
{
  const Reach reach = reach_of (box, side);

  for (int v = 0; v < side; v++)
    for (int u = 0; u < side; u++)
      cover[v * side + u] = share (v, reach.y_lo, reach.y_hi)
          * share (u, reach.x_lo, reach.x_hi);
}
