/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "fit/mask_loss.h"

#include "fit/bce.h"

/* So many cells count as present, at least: fewer do not weigh the more. */
#define LEAST_CELLS 1.f

float
sst_mask_loss (const float *logits, const float *mask, int n, float scale,
    float *dlogits)
{
  float inside = 0.f, loss = 0.f, per_in, per_out;

  for (int i = 0; i < n; i++)
    inside += mask[i];
  per_in = 0.5f / MAX (inside, LEAST_CELLS);
  per_out = 0.5f / MAX (n - inside, LEAST_CELLS);
  for (int i = 0; i < n; i++) {
    const float in = mask[i] * per_in, out = (1.f - mask[i]) * per_out;
    const float p = sst_sigmoid (logits[i]);

    loss += in * sst_softplus (-logits[i]) + out * sst_softplus (logits[i]);
    dlogits[i] = scale * (out * p - in * (1.f - p));
  }
  return loss;
}
