/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "nn/standardize.h"

#include <math.h>

#define EPSILON 1e-6

/* Mean of n weights, and what they are divided by but for the gain. */
static void
statistics (int n, const float *weights, float *mean, float *scale)
{
  const double gamma = sqrt (2.0 / (1.0 - 1.0 / G_PI));
  double sum = 0.0, squares = 0.0;

  for (int i = 0; i < n; i++)
    sum += weights[i];
  sum /= n;
  for (int i = 0; i < n; i++)
    squares += (weights[i] - sum) * (weights[i] - sum);
  *mean = (float) sum;
  *scale = (float) (gamma / sqrt ((squares / n + EPSILON) * n));
}

void
sst_standardize_forward (int channels, int n, const float *weights,
    const float *gain, float *out)
{
  for (int c = 0; c < channels; c++, weights += n, out += n) {
    float mean, scale;

    statistics (n, weights, &mean, &scale);
    scale *= gain[c];
    for (int i = 0; i < n; i++)
      out[i] = (weights[i] - mean) * scale;
  }
}

void
sst_standardize_backward (int channels, int n, const float *weights,
    const float *gain, const float *dout, float *dweights, float *dgain)
{
  const double gamma = sqrt (2.0 / (1.0 - 1.0 / G_PI));

  for (int c = 0; c < channels; c++, weights += n, dout += n, dweights += n) {
    double sum = 0.0, product = 0.0;
    float mean, scale, along;

    statistics (n, weights, &mean, &scale);
    for (int i = 0; i < n; i++) {
      sum += dout[i];
      product += (double) dout[i] * (weights[i] - mean);
    }
    dgain[c] += (float) (product * scale);
    /* d scale / d w_i = - scale^3 (w_i - mean) / gamma^2, as scale is
     * gamma / sqrt (sum of squares + n epsilon) */
    along = (float) (product * scale * scale / (gamma * gamma));
    sum /= n;
    for (int i = 0; i < n; i++)
      dweights[i] += gain[c] * scale
          * (dout[i] - (float) sum - along * (weights[i] - mean));
  }
}
