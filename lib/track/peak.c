/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/peak.h"

#include <math.h>
#include <stdlib.h>

#define GRID SST_RESPONSE_GRID

/* How much a peak at the region's edge is played down. */
#define EDGE_PENALTY 0.25f

/* Offset of the top of a parabola through three equally spaced values. */
static float
vertex (float left, float middle, float right)
{
  const float bend = left - 2.f * middle + right;

  return bend < -1e-9f ? CLAMP (0.5f * (left - right) / bend, -0.5f, 0.5f)
      : 0.f;
}

SstPeak
sst_peak_beside (const float *response, int px, int py, SstPeak peak)
{
  const int middle = GRID / 2;
  float sum = 0.f, squares = 0.f;
  int n = 0;

  peak.second = peak.second_x = peak.second_y = 0.f;
  for (int y = 0; y < GRID; y++) {
    for (int x = 0; x < GRID; x++) {
      const float value = response[y * GRID + x];

      if (abs (x - px) <= SST_PEAK_RADIUS && abs (y - py) <= SST_PEAK_RADIUS)
        continue;
      sum += value;
      squares += value * value;
      n++;
      if (value > peak.second) {
        peak.second = value;
        peak.second_x = x - middle;
        peak.second_y = y - middle;
      }
    }
  }
  if (n > 0) {
    const float mean = sum / n;

    peak.sharpness = (peak.value - mean)
        / sqrtf (fmaxf (squares / n - mean * mean, 1e-8f));
  }
  return peak;
}

/* The place of the top within a cell. */
static void
refine (const float *response, int px, int py, float *x, float *y)
{
  const float value = response[py * GRID + px];

  *x = px - GRID / 2;
  *y = py - GRID / 2;
  if (px > 0 && px < GRID - 1)
    *x += vertex (response[py * GRID + px - 1], value,
        response[py * GRID + px + 1]);
  if (py > 0 && py < GRID - 1)
    *y += vertex (response[(py - 1) * GRID + px], value,
        response[(py + 1) * GRID + px]);
}

/* Whether no cell around is higher, nor as high and earlier. */
static gboolean
is_top (const float *response, int px, int py)
{
  const float value = response[py * GRID + px];

  for (int y = MAX (py - SST_SPOT_RADIUS, 0);
      y <= MIN (py + SST_SPOT_RADIUS, GRID - 1); y++) {
    for (int x = MAX (px - SST_SPOT_RADIUS, 0);
        x <= MIN (px + SST_SPOT_RADIUS, GRID - 1); x++) {
      const float other = response[y * GRID + x];

      if (other > value || (other == value && y * GRID + x < py * GRID + px))
        return FALSE;
    }
  }
  return TRUE;
}

int
sst_peak_list (const float *response, float least, SstSpot * spots, int n)
{
  int count = 0;

  for (int y = 0; y < GRID; y++) {
    for (int x = 0; x < GRID; x++) {
      SstSpot spot = { 0.f, 0.f, response[y * GRID + x] };
      int place;

      if (!(spot.value > least) || !is_top (response, x, y))
        continue;
      refine (response, x, y, &spot.x, &spot.y);
      for (place = MIN (count, n - 1); place > 0
          && spots[place - 1].value < spot.value; place--)
        spots[place] = spots[place - 1];
      if (count < n || spots[place].value < spot.value)
        spots[place] = spot;
      count = MIN (count + 1, n);
    }
  }
  return count;
}

SstPeak
sst_peak_find (const float *response)
{
  const int middle = GRID / 2;
  SstPeak peak = { 0 };
  int px = middle, py = middle;
  float best = -G_MAXFLOAT;

  for (int y = 0; y < GRID; y++) {
    for (int x = 0; x < GRID; x++) {
      const float dx = (x - middle) / (float) middle;
      const float dy = (y - middle) / (float) middle;
      const float value = response[y * GRID + x]
          * (1.f - EDGE_PENALTY * fminf (dx * dx + dy * dy, 1.f));

      if (value > best) {
        best = value;
        px = x;
        py = y;
      }
    }
  }
  peak.value = response[py * GRID + px];
  refine (response, px, py, &peak.x, &peak.y);
  return sst_peak_beside (response, px, py, peak);
}

/* Where a target looks the same along one direction (a stripe, a pole, the
 * horizon) the response is a ridge: it bends that much less along it, looked at
 * over so many cells, and the second peak is nearly as high, on the ridge too.
 * On sequences of data/dev what is followed well has neither. */
#define RIDGE_REACH 3
#define RIDGE_BEND 0.55f
#define RIDGE_SECOND 0.5f
/* The ridge is where the target is expected if it is that high there. */
#define RIDGE_HEIGHT 0.5f

/* How much the response bends at a cell: more by the first value along angle,
 * and less across it. FALSE too near to the border. */
static gboolean
bend_at (const float *response, int x, int y, float *more, float *less,
    float *angle)
{
  const int d = RIDGE_REACH;
  const float *const p = response + y * GRID + x;
  float xx, yy, xy, half;

  if (x < d || y < d || x >= GRID - d || y >= GRID - d)
    return FALSE;
  xx = 2.f * p[0] - p[-d] - p[d];
  yy = 2.f * p[0] - p[-d * GRID] - p[d * GRID];
  xy = 0.25f * (p[d * GRID - d] + p[d - d * GRID] - p[d * GRID + d]
      - p[-d * GRID - d]);
  half = hypotf (0.5f * (xx - yy), xy);
  *more = 0.5f * (xx + yy) + half;
  *less = 0.5f * (xx + yy) - half;
  *angle = 0.5f * atan2f (2.f * xy, xx - yy);
  return TRUE;
}

gboolean
sst_peak_stay_on_ridge (const float *response, SstPeak * peak)
{
  const int middle = GRID / 2;
  const int px = CLAMP ((int) lrintf (peak->x) + middle, 0, GRID - 1);
  const int py = CLAMP ((int) lrintf (peak->y) + middle, 0, GRID - 1);
  int best_x = middle, best_y = middle;
  float more, less, angle, across;

  if (peak->second < RIDGE_SECOND * peak->value
      || !bend_at (response, px, py, &more, &less, &angle)
      || less > RIDGE_BEND * more)
    return FALSE;
  for (int y = middle - RIDGE_REACH; y <= middle + RIDGE_REACH; y++)
    for (int x = middle - RIDGE_REACH; x <= middle + RIDGE_REACH; x++)
      if (response[y * GRID + x] > response[best_y * GRID + best_x]) {
        best_x = x;
        best_y = y;
      }
  if (response[best_y * GRID + best_x] < RIDGE_HEIGHT * peak->value
      || !bend_at (response, best_x, best_y, &more, &less, &angle))
    return FALSE;
  across = (best_x - middle) * cosf (angle) + (best_y - middle) * sinf (angle);
  peak->x = across * cosf (angle);
  peak->y = across * sinf (angle);
  return TRUE;
}
