/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "mask/bounds.h"

#include <math.h>

#define PERCENTILE 0.02f
#define LIMIT 0.7f              /* of a calibration */

/* Where the running sum of n values reaches a share of their sum; in values,
 * from their start. */
static float
reach (const float *values, int n, float wanted)
{
  float sum = 0.f;

  for (int i = 0; i < n; i++) {
    if (values[i] > 0.f && sum + values[i] >= wanted)
      return i + (wanted - sum) / values[i];
    sum += values[i];
  }
  return n;
}

gboolean
sst_mask_bounds (const SstMask * mask, SstBox * box)
{
  const float scale_x = mask->window.width / SST_MASK_SIDE;
  const float scale_y = mask->window.height / SST_MASK_SIDE;
  float columns[SST_MASK_SIDE] = { 0.f }, rows[SST_MASK_SIDE] = { 0.f };
  float total = 0.f, x0, x1, y0, y1;

  for (int y = 0; y < SST_MASK_SIDE; y++) {
    for (int x = 0; x < SST_MASK_SIDE; x++) {
      const float p = mask->target[y * SST_MASK_SIDE + x];

      if (p > 0.5f) {
        columns[x] += p;
        rows[y] += p;
      }
    }
    total += rows[y];
  }
  if (total < 4.f)
    return FALSE;
  x0 = reach (columns, SST_MASK_SIDE, PERCENTILE * total);
  x1 = reach (columns, SST_MASK_SIDE, (1.f - PERCENTILE) * total);
  y0 = reach (rows, SST_MASK_SIDE, PERCENTILE * total);
  y1 = reach (rows, SST_MASK_SIDE, (1.f - PERCENTILE) * total);
  *box = (SstBox) { mask->window.x + x0 * scale_x,
    mask->window.y + y0 * scale_y, (x1 - x0) * scale_x, (y1 - y0) * scale_y
  };
  return box->width >= 1.f && box->height >= 1.f;
}

SstMaskCalibration
sst_mask_calibrate (const SstBox * raw, const SstBox * box)
{
  const float x = (sst_box_center_x (box) - sst_box_center_x (raw))
      / raw->width;
  const float y = (sst_box_center_y (box) - sst_box_center_y (raw))
      / raw->height;

  return (SstMaskCalibration) {
    CLAMP (x, -LIMIT, LIMIT), CLAMP (y, -LIMIT, LIMIT),
    CLAMP (logf (box->width / raw->width), -LIMIT, LIMIT),
    CLAMP (logf (box->height / raw->height), -LIMIT, LIMIT)
  };
}

SstBox
sst_mask_apply (const SstMaskCalibration * calibration, const SstBox * raw)
{
  return sst_box_from_center (sst_box_center_x (raw)
      + calibration->x * raw->width, sst_box_center_y (raw)
      + calibration->y * raw->height,
      raw->width * expf (calibration->log_width),
      raw->height * expf (calibration->log_height));
}

SstBox
sst_mask_between (const SstBox * a, const SstBox * b, float share)
{
  const float ax = sst_box_center_x (a), ay = sst_box_center_y (a);

  return sst_box_from_center (ax + share * (sst_box_center_x (b) - ax),
      ay + share * (sst_box_center_y (b) - ay),
      a->width * powf (b->width / a->width, share),
      a->height * powf (b->height / a->height, share));
}
