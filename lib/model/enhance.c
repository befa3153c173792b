/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "base/simd.h"
#include "model/enhance.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#define TURNED 0.25f            /* pixels that a rotation moves a corner before
                                 * it is worth an interpolation */
#define RIM 1.f                 /* pixels of the picture near its end that the
                                 * sampler mixes with what is repeated there */

/* Planes of the scratch. */
enum
{
  BEFORE, TURN, SEEN, N_PLANES
};

size_t
sst_enhance_scratch_size (int side)
{
  return (size_t) N_PLANES * side * side;
}

/* The camera's motion backwards: where a point of the present was. */
SST_ALWAYS_INLINE void
go_back (const SstCameraMotion *motion, float x, float y, float *px, float *py)
{
  const float square = motion->a * motion->a + motion->b * motion->b;
  const float u = x - motion->tx, v = y - motion->ty;

  *px = (motion->a * u + motion->b * v) / square;
  *py = (motion->a * v - motion->b * u) / square;
}

/* Rotates a sample about its centre, bilinearly; beyond its border it is
 * repeated. sine, cosine: from a place in out to one in in. */
SST_MULTIVERSION static void
turn (const float *in, int side, float sine, float cosine, float *out)
{
  const float middle = 0.5f * (side - 1);

  for (int y = 0; y < side; y++)
    for (int x = 0; x < side; x++) {
      const float u = x - middle, v = y - middle;
      const float sx = CLAMP (cosine * u - sine * v + middle, 0.f,
          (float) (side - 1));
      const float sy = CLAMP (sine * u + cosine * v + middle, 0.f,
          (float) (side - 1));
      const int ix = MIN ((int) sx, side - 2), iy = MIN ((int) sy, side - 2);
      const float fx = sx - ix, fy = sy - iy;
      const float *p = in + iy * side + ix;

      out[y * side + x] = (1.f - fy) * ((1.f - fx) * p[0] + fx * p[1])
          + fy * ((1.f - fx) * p[side] + fx * p[side + 1]);
    }
}

/* The larger of both differences, over the pixels that are this far apart. */
SST_ALWAYS_INLINE float
gradient (const float *p, int left, int right, int up, int down)
{
  const float gx = fabsf (p[right] - p[left]), gy = fabsf (p[down] - p[up]);

  return 0.5f * (gx > gy ? gx : gy);
}

SST_ALWAYS_INLINE float
excess (const float *now, const float *before, float seen, float mean,
    int left, int right, int up, int down)
{
  const float gn = gradient (now, left, right, up, down);
  const float gb = gradient (before, left, right, up, down);
  const float d = *now - *before - mean;
  const float e = fabsf (d) - SST_ENHANCE_NOISE
      - SST_ENHANCE_SHIFT * (gn > gb ? gn : gb);
  const float size = e < 0.f ? 0.f : e > SST_ENHANCE_MAX ? SST_ENHANCE_MAX : e;

  return seen * (d < 0.f ? -size : size);
}

SST_MULTIVERSION static void
subtract (const float *now, const float *before, const float *seen, int side,
    float mean, float *residual)
{
  for (int y = 0; y < side; y++) {
    const int up = y > 0 ? -side : 0, down = y < side - 1 ? side : 0;
    const int row = y * side, last = row + side - 1;

    residual[row] = excess (now + row, before + row, seen[row], mean, 0, 1, up,
        down);
    for (int i = row + 1; i < last; i++)
      residual[i] = excess (now + i, before + i, seen[i], mean, -1, 1, up,
          down);
    residual[last] = excess (now + last, before + last, seen[last], mean, -1,
        0, up, down);
  }
}

/* 1 where a pixel of the region lies inside both pictures, else 0. */
SST_MULTIVERSION static void
find_seen (int side, const SstBox *region, const SstFrame *frame,
    const SstCameraMotion *motion, float *seen)
{
  const float step_x = region->width / side, step_y = region->height / side;
  const float rim_x = step_x > RIM ? step_x : RIM;
  const float rim_y = step_y > RIM ? step_y : RIM;
  const float end_x = frame->width - rim_x, end_y = frame->height - rim_y;

  for (int y = 0; y < side; y++)
    for (int x = 0; x < side; x++) {
      const float px = region->x + (x + 0.5f) * step_x;
      const float py = region->y + (y + 0.5f) * step_y;
      float qx, qy;

      go_back (motion, px, py, &qx, &qy);
      seen[y * side + x] = (px >= rim_x) & (qx >= rim_x) & (px <= end_x)
          & (qx <= end_x) & (py >= rim_y) & (qy >= rim_y) & (py <= end_y)
          & (qy <= end_y);
    }
}

gboolean
sst_enhance_residual (const float *luma, int side, const SstBox *region,
    const SstFrame *frame, const SstFrame *previous,
    const SstCameraMotion *motion, SstSampler *sampler, float *scratch,
    float *residual)
{
  const size_t size = (size_t) side * side;
  const float zoom = sqrtf (motion->a * motion->a + motion->b * motion->b);
  float *before = scratch + BEFORE * size, *seen = scratch + SEEN * size;
  float cx, cy;
  double sum = 0., n_seen = 0.;
  SstBox was;

  if (motion->cut || !(motion->support >= SST_MOTION_MIN_SUPPORT)
      || side < 2 || !(zoom > 0.f) || frame->width != previous->width
      || frame->height != previous->height)
    return FALSE;

  go_back (motion, sst_box_center_x (region), sst_box_center_y (region), &cx,
      &cy);
  was = sst_box_from_center (cx, cy, region->width / zoom,
      region->height / zoom);
  sst_sampler_sample (sampler, previous, &was, SST_SAMPLE_LUMA, side, side,
      before);
  if (fabsf (motion->b) / zoom * side * (float) G_SQRT2 * 0.5f > TURNED) {
    float *turned = scratch + TURN * size;

    turn (before, side, -motion->b / zoom, motion->a / zoom, turned);
    before = turned;
  }

  find_seen (side, region, frame, motion, seen);
  for (size_t i = 0; i < size; i++) {
    sum += seen[i] * (luma[i] - before[i]);
    n_seen += seen[i];
  }
  subtract (luma, before, seen, side,
      n_seen > 0. ? (float) (sum / n_seen) : 0.f, residual);
  return TRUE;
}

void
sst_enhance_strength (const float *residual, int side, int stride,
    float *strength)
{
  const int cells = side / stride;
  const float scale = 1.f / (float) (stride * stride);

  memset (strength, 0, (size_t) cells * cells * sizeof *strength);
  for (int y = 0; y < cells * stride; y++)
    for (int x = 0; x < cells * stride; x++)
      strength[y / stride * cells + x / stride]
          += scale * fabsf (residual[y * side + x]);
}

void
sst_enhance_forward (const float *image, const float *residual,
    const float *alpha, int n_channels, int size, float *out)
{
  if (out != image)
    memcpy (out, image, (size_t) n_channels * size * sizeof *out);
  for (int c = 0; residual != NULL && c < n_channels; c++)
    cblas_saxpy (size, alpha[c], residual, 1, out + (size_t) c * size, 1);
}

void
sst_enhance_backward (const float *dout, const float *residual,
    int n_channels, int size, float *dalpha)
{
  for (int c = 0; residual != NULL && c < n_channels; c++)
    dalpha[c] += cblas_sdot (size, dout + (size_t) c * size, 1, residual, 1);
}
