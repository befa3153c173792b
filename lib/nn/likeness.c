/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "nn/likeness.h"

#include <math.h>
#include <string.h>

#include "base/simd.h"
#include "nn/exponential.h"

/* b: how hard the maximum is. */
#define SHARPNESS 12.f
/* e^(b (c - 1)) of an unlike cell is far below this. */
#define LEAST 1e-6f

/* One over the sum of what is inside, and of what is outside. */
static void
measure (int n, const float *inside, float *per_in, float *per_out)
{
  float in = 1e-6f, out = 1e-6f;

  for (int k = 0; k < n; k++) {
    in += inside[k];
    out += 1.f - inside[k];
  }
  *per_in = 1.f / in;
  *per_out = 1.f / out;
}

SST_MULTIVERSION static void
add_densities (int m, const float *cosines, float in, float out, float *sums)
{
  for (int j = 0; j < m; j++) {
    const float e = sst_exp_negative (SHARPNESS * (cosines[j] - 1.f));

    sums[j] += in * e;
    sums[m + j] += out * e;
  }
}

void
sst_likeness_forward (int n, int m, const float *cosines, const float *inside,
    float *out, float *sums)
{
  float per_in, per_out;

  measure (n, inside, &per_in, &per_out);
  memset (sums, 0, 2 * m * sizeof (float));
  for (int k = 0; k < n; k++)
    add_densities (m, cosines + (size_t) k * m, inside[k] * per_in,
        (1.f - inside[k]) * per_out, sums);
  for (int j = 0; j < 2 * m; j++)
    out[j] = 1.f + logf (sums[j] + LEAST) / SHARPNESS;
}

/* d F_j / d c_kj = w_k e / (sum + e): the b of the exponent and of the
 * logarithm cancel. */
SST_MULTIVERSION static void
add_gradient (int m, const float *cosines, float in, float out,
    const float *sums, const float *dout, float *dcosines)
{
  for (int j = 0; j < m; j++) {
    const float e = sst_exp_negative (SHARPNESS * (cosines[j] - 1.f));

    dcosines[j] += e * (in * dout[j] / (sums[j] + LEAST)
        + out * dout[m + j] / (sums[m + j] + LEAST));
  }
}

void
sst_likeness_backward (int n, int m, const float *cosines, const float *inside,
    const float *sums, const float *dout, float *dcosines)
{
  float per_in, per_out;

  measure (n, inside, &per_in, &per_out);
  for (int k = 0; k < n; k++)
    add_gradient (m, cosines + (size_t) k * m, inside[k] * per_in,
        (1.f - inside[k]) * per_out, sums, dout, dcosines + (size_t) k * m);
}
