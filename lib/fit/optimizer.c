/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "fit/optimizer.h"

#include <math.h>
#include <string.h>

#include "base/simd.h"

#define BETA1 0.9f
#define BETA2 0.999f
#define EPSILON 1e-8f

SstOptimizer *
sst_optimizer_new (size_t n, const float *parameters)
{
  SstOptimizer *optimizer = g_new0 (SstOptimizer, 1);

  optimizer->n = n;
  optimizer->parameters = g_memdup2 (parameters, n * sizeof (float));
  optimizer->mean = g_memdup2 (parameters, n * sizeof (float));
  optimizer->first = g_new0 (float, n);
  optimizer->second = g_new0 (float, n);
  optimizer->decay = g_new0 (float, n);
  optimizer->trained = g_array_new (FALSE, FALSE, sizeof (SstSpan));
  sst_optimizer_train_only (optimizer, &(SstSpan) { 0, n }, 1);
  return optimizer;
}

void
sst_optimizer_train_only (SstOptimizer * optimizer, const SstSpan * spans,
    guint n)
{
  g_array_set_size (optimizer->trained, 0);
  g_array_append_vals (optimizer->trained, spans, n);
}

void
sst_optimizer_free (SstOptimizer ** optimizer)
{
  if (*optimizer == NULL)
    return;
  g_free ((*optimizer)->parameters);
  g_free ((*optimizer)->mean);
  g_free ((*optimizer)->first);
  g_free ((*optimizer)->second);
  g_free ((*optimizer)->decay);
  g_array_unref ((*optimizer)->trained);
  g_clear_pointer (optimizer, g_free);
}

SST_MULTIVERSION static void
update (SstOptimizer * optimizer, SstSpan span, const float *gradient,
    float shrink, float rate, float weight_decay, float ema)
{
  const float age = (float) optimizer->step;
  const float unbias1 = 1.f / (1.f - powf (BETA1, age));
  const float unbias2 = 1.f / (1.f - powf (BETA2, age));
  float *const p = optimizer->parameters, *const mean = optimizer->mean;
  float *const first = optimizer->first, *const second = optimizer->second;
  const float *const decay = optimizer->decay;
  const float *const anchor = optimizer->anchor;
  const float pull = rate * optimizer->pull;
  const size_t end = span.first + span.n;

  for (size_t i = span.first; i < MIN (end, optimizer->n_anchored); i++)
    p[i] -= pull * (p[i] - anchor[i]);
  for (size_t i = span.first; i < end; i++) {
    const float g = gradient[i] * shrink;

    first[i] = BETA1 * first[i] + (1.f - BETA1) * g;
    second[i] = BETA2 * second[i] + (1.f - BETA2) * g * g;
    p[i] -= rate * (first[i] * unbias1
        / (sqrtf (second[i] * unbias2) + EPSILON)
        + weight_decay * decay[i] * p[i]);
    mean[i] = ema * mean[i] + (1.f - ema) * p[i];
  }
}

float
sst_optimizer_step (SstOptimizer * optimizer, const float *gradient,
    float rate, float weight_decay, float clip, float ema)
{
  const GArray *const spans = optimizer->trained;
  double squares = 0.0;
  float norm;

  for (guint k = 0; k < spans->len; k++) {
    const SstSpan span = g_array_index (spans, SstSpan, k);

    for (size_t i = span.first; i < span.first + span.n; i++)
      squares += (double) gradient[i] * gradient[i];
  }
  norm = (float) sqrt (squares);
  if (!isfinite (norm))
    return norm;
  optimizer->step++;
  ema = fminf (ema, (1.f + optimizer->step) / (10.f + optimizer->step));
  for (guint k = 0; k < spans->len; k++)
    update (optimizer, g_array_index (spans, SstSpan, k), gradient,
        norm > clip ? clip / norm : 1.f, rate, weight_decay, ema);
  return norm;
}

SST_MULTIVERSION static void
approach (float *x, const float *to, size_t n, float share)
{
  for (size_t i = 0; i < n; i++)
    x[i] += share * (to[i] - x[i]);
}

void
sst_optimizer_pull (SstOptimizer * optimizer, const float *parameters,
    size_t n, float share)
{
  if (share < 1.f) {
    approach (optimizer->parameters, parameters, n, share);
    approach (optimizer->mean, parameters, n, share);
    return;
  }
  memcpy (optimizer->parameters, parameters, n * sizeof (float));
  memcpy (optimizer->mean, parameters, n * sizeof (float));
  memset (optimizer->first, 0, optimizer->n * sizeof (float));
  memset (optimizer->second, 0, optimizer->n * sizeof (float));
  optimizer->step = 0;
}
