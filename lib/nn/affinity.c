/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "base/simd.h"
#include "nn/affinity.h"
#include "nn/exponential.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

/* Sums of a row go into so many running sums, which the compiler may keep in
 * one register, as it may not reorder a single one. */
#define LANES 8

SST_MULTIVERSION static void
affinity_normalize (const float *planes, int channels, int n, float *unit,
    float *inverse_norm)
{
  for (int i = 0; i < n; i++)
    inverse_norm[i] = SST_AFFINITY_EPSILON;
  for (int c = 0; c < channels; c++) {
    const float *f = planes + (size_t) c * n;

    for (int i = 0; i < n; i++)
      inverse_norm[i] += f[i] * f[i];
  }
  for (int i = 0; i < n; i++)
    inverse_norm[i] = 1.f / sqrtf (inverse_norm[i]);
  for (int c = 0; c < channels; c++) {
    const float *f = planes + (size_t) c * n;
    float *u = unit + (size_t) c * n;

    for (int i = 0; i < n; i++)
      u[i] = f[i] * inverse_norm[i];
  }
}

void
sst_affinity_normalize (const float *planes, int channels, int n, float *unit,
    float *inverse_norm)
{
  affinity_normalize (planes, channels, n, unit, inverse_norm);
}

SST_MULTIVERSION static void
affinity_normalize_backward (const float *unit, const float *inverse_norm,
    const float *dunit, int channels, int n, float *dot, float *dplanes)
{
  for (int i = 0; i < n; i++)
    dot[i] = 0.f;
  for (int c = 0; c < channels; c++) {
    const float *u = unit + (size_t) c * n;
    const float *du = dunit + (size_t) c * n;

    for (int i = 0; i < n; i++)
      dot[i] += u[i] * du[i];
  }
  for (int c = 0; c < channels; c++) {
    const float *u = unit + (size_t) c * n;
    const float *du = dunit + (size_t) c * n;
    float *df = dplanes + (size_t) c * n;

    for (int i = 0; i < n; i++)
      df[i] += (du[i] - u[i] * dot[i]) * inverse_norm[i];
  }
}

void
sst_affinity_normalize_backward (const float *unit, const float *inverse_norm,
    const float *dunit, int channels, int n, float *dot, float *dplanes)
{
  affinity_normalize_backward (unit, inverse_norm, dunit, channels, n, dot,
      dplanes);
}

void
sst_affinity_cosines (const float *u, int n, const float *v, int m,
    int channels, float *cosines)
{
  cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, n, m, channels, 1.f, u,
      n, v, m, 0.f, cosines, m);
}

SST_MULTIVERSION static gboolean
affinity_softmax (float *row, int m, float temperature)
{
  const float scale = 1.f / temperature;
  float highest[LANES], sums[LANES] = { 0.f };
  float top = SST_AFFINITY_NEVER, sum = 0.f;
  int j = 0;

  for (int l = 0; l < LANES; l++)
    highest[l] = SST_AFFINITY_NEVER;
  for (; j + LANES <= m; j += LANES)
    for (int l = 0; l < LANES; l++)
      highest[l] = row[j + l] > highest[l] ? row[j + l] : highest[l];
  for (int l = 0; l < LANES; l++)
    top = MAX (top, highest[l]);
  for (; j < m; j++)
    top = MAX (top, row[j]);
  if (!(top > SST_AFFINITY_NEVER)) {
    memset (row, 0, m * sizeof *row);
    return FALSE;
  }

  for (j = 0; j < m; j++) {
    const float share = sst_exp_negative ((row[j] - top) * scale);

    row[j] = row[j] > SST_AFFINITY_NEVER ? share : 0.f;
  }
  for (j = 0; j + LANES <= m; j += LANES)
    for (int l = 0; l < LANES; l++)
      sums[l] += row[j + l];
  for (int l = 0; l < LANES; l++)
    sum += sums[l];
  for (; j < m; j++)
    sum += row[j];
  sum = 1.f / sum;
  for (j = 0; j < m; j++)
    row[j] *= sum;
  return TRUE;
}

gboolean
sst_affinity_softmax (float *row, int m, float temperature)
{
  return affinity_softmax (row, m, temperature);
}

SST_MULTIVERSION static void
affinity_softmax_backward (const float *shares, int m, float temperature,
    float *dshares)
{
  const float scale = 1.f / temperature;
  float sums[LANES] = { 0.f }, sum = 0.f;
  int j = 0;

  for (; j + LANES <= m; j += LANES)
    for (int l = 0; l < LANES; l++)
      sums[l] += shares[j + l] * dshares[j + l];
  for (int l = 0; l < LANES; l++)
    sum += sums[l];
  for (; j < m; j++)
    sum += shares[j] * dshares[j];
  for (j = 0; j < m; j++)
    dshares[j] = shares[j] * (dshares[j] - sum) * scale;
}

void
sst_affinity_softmax_backward (const float *shares, int m, float temperature,
    float *dshares)
{
  affinity_softmax_backward (shares, m, temperature, dshares);
}

SST_MULTIVERSION static float
affinity_density (const float *cosines, int m, float temperature)
{
  const float scale = 1.f / temperature;
  float sums[LANES] = { 0.f }, sum = 0.f;
  int j = 0;

  for (; j + LANES <= m; j += LANES)
    for (int l = 0; l < LANES; l++)
      sums[l] += sst_exp_negative ((cosines[j + l] - 1.f) * scale);
  for (int l = 0; l < LANES; l++)
    sum += sums[l];
  for (; j < m; j++)
    sum += sst_exp_negative ((cosines[j] - 1.f) * scale);
  return m > 0 ? sum / (float) m : 0.f;
}

float
sst_affinity_density (const float *cosines, int m, float temperature)
{
  return affinity_density (cosines, m, temperature);
}
