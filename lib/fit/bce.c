/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "fit/bce.h"

#include <math.h>

float
sst_sigmoid (float logit)
{
  const float e = expf (-fabsf (logit));

  return (logit < 0.f ? e : 1.f) / (1.f + e);
}

float
sst_softplus (float x)
{
  return (x < 0.f ? 0.f : x) + log1pf (expf (-fabsf (x)));
}

float
sst_balanced_bce (const float *logits, const float *targets,
    const float *weights, int n, float *dlogits)
{
  double sums[2] = { 0.0, 0.0 }, losses[2] = { 0.0, 0.0 };
  float shares[2], loss = 0.f;

  for (int i = 0; i < n; i++)
    if (targets[i] >= 0.f)
      sums[targets[i] > 0.f] += weights == NULL ? 1.f : weights[i];
  for (int c = 0; c < 2; c++)
    shares[c] = sums[c] > 0.0 ? (float) (0.5 / sums[c]) : 0.f;

  for (int i = 0; i < n; i++) {
    const gboolean positive = targets[i] > 0.f;
    const float w = weights == NULL ? 1.f : weights[i];
    const float wrong = positive ? -logits[i] : logits[i];

    if (targets[i] < 0.f || w == 0.f) {
      dlogits[i] = 0.f;
      continue;
    }
    losses[positive] += w * sst_softplus (wrong);
    dlogits[i] = (positive ? -1.f : 1.f) * w * shares[positive]
        * sst_sigmoid (wrong);
  }
  for (int c = 0; c < 2; c++)
    loss += (float) (shares[c] * losses[c]);
  return loss;
}
