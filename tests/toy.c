/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "toy.h"

#include <cblas.h>
#include <check.h>
#include <math.h>
#include <string.h>

#define STEP 4e-3f
#define TOLERANCE 0.01

ToyLinear *
toy_linear_new (int in, int out, guint64 seed)
{
  ToyLinear *linear = g_new0 (ToyLinear, 1);
  SstRandom random = sst_random_init (seed, 77);

  linear->in = in;
  linear->out = out;
  linear->weights = g_new (float, in * out);
  linear->gradient = g_new0 (float, in * out);
  toy_fill (&random, linear->weights, in * out, 1.f / sqrtf (in));
  return linear;
}

void
toy_linear_free (ToyLinear ** linear)
{
  g_free ((*linear)->weights);
  g_free ((*linear)->gradient);
  g_clear_pointer (linear, g_free);
}

void
toy_forward (const ToyLinear * linear, const float *x, int n, float *z,
    float *norms)
{
  const int in = linear->in, out = linear->out;

  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, n, out, in, 1.f, x, in,
      linear->weights, in, 0.f, z, out);
  for (int i = 0; i < n; i++) {
    norms[i] = cblas_snrm2 (out, z + i * out, 1);
    cblas_sscal (out, 1.f / norms[i], z + i * out, 1);
  }
}

void
toy_backward (ToyLinear * linear, const float *x, const float *z,
    const float *norms, const float *dz, int n, float *dx)
{
  const int in = linear->in, out = linear->out;
  float *dy = g_new (float, n * out);

  for (int i = 0; i < n; i++) {
    const float *zi = z + i * out, *dzi = dz + i * out;
    const float along = cblas_sdot (out, zi, 1, dzi, 1);

    for (int j = 0; j < out; j++)
      dy[i * out + j] = (dzi[j] - along * zi[j]) / norms[i];
  }
  cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, out, in, n, 1.f, dy,
      out, x, in, 1.f, linear->gradient, in);
  if (dx != NULL)
    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, n, in, out, 1.f, dy,
        out, linear->weights, in, 0.f, dx, in);
  g_free (dy);
}

void
toy_step (ToyLinear * linear, float rate)
{
  const int n = linear->in * linear->out;

  cblas_saxpy (n, -rate, linear->gradient, 1, linear->weights, 1);
  memset (linear->gradient, 0, sizeof (float) * n);
}

void
toy_fill (SstRandom * random, float *x, size_t n, float sigma)
{
  for (size_t i = 0; i < n; i++)
    x[i] = sst_random_normal (random, sigma);
}

void
toy_normalize (float *x, int n, int dim)
{
  for (int i = 0; i < n; i++)
    cblas_sscal (dim, 1.f / cblas_snrm2 (dim, x + i * dim, 1), x + i * dim, 1);
}

float
toy_recall (const float *a, const float *b, int n, int dim)
{
  int hits = 0;

  for (int i = 0; i < n; i++) {
    float top = -INFINITY;
    int best = -1;

    for (int k = 0; k < n; k++) {
      const float s = cblas_sdot (dim, a + i * dim, 1, b + k * dim, 1);

      if (s > top) {
        top = s;
        best = k;
      }
    }
    hits += best == i;
  }
  return (float) hits / n;
}

float
toy_margin (const float *a, const float *b, int n, int dim)
{
  double sum = 0.0;

  for (int i = 0; i < n; i++) {
    float own = 0.f, other = -INFINITY;

    for (int k = 0; k < n; k++) {
      const float s = cblas_sdot (dim, a + i * dim, 1, b + k * dim, 1);

      if (k == i)
        own = s;
      else
        other = MAX (other, s);
    }
    sum += own - other;
  }
  return (float) (sum / n);
}

void
toy_spread (const float *x, int n, int dim, float *least, float *mean)
{
  *least = INFINITY;
  *mean = 0.f;
  for (int j = 0; j < dim; j++) {
    double sum = 0.0, squares = 0.0;
    float deviation;

    for (int i = 0; i < n; i++) {
      sum += x[i * dim + j];
      squares += (double) x[i * dim + j] * x[i * dim + j];
    }
    deviation = (float) sqrt ((squares / n - sum / n * sum / n) * dim);
    *least = MIN (*least, deviation);
    *mean += deviation / dim;
  }
}

float
toy_roc_auc (const float *scores, const gboolean * marked, int n)
{
  double won = 0.0, pairs = 0.0;

  for (int i = 0; i < n; i++)
    for (int k = 0; k < n; k++)
      if (marked[i] && !marked[k]) {
        won += scores[i] > scores[k] ? 1.0 : scores[i] == scores[k] ? 0.5 : 0.0;
        pairs += 1.0;
      }
  return (float) (won / pairs);
}

float
toy_average_precision (const float *scores, const gboolean * marked, int n)
{
  double sum = 0.0;
  int n_marked = 0;

  for (int i = 0; i < n; i++) {
    int before = 0, marked_before = 0;

    if (!marked[i])
      continue;
    n_marked++;
    for (int k = 0; k < n; k++) {
      before += scores[k] >= scores[i];
      marked_before += marked[k] && scores[k] >= scores[i];
    }
    sum += (double) marked_before / before;
  }
  return (float) (sum / n_marked);
}

void
toy_check_gradient (ToyLoss loss, gpointer data, float *x, int n,
    const float *gradient, float before, float scale)
{
  double largest = 0.0;

  for (int i = 0; i < n; i++)
    largest = MAX (largest, fabs ((gradient[i] - before) / scale));
  ck_assert_double_gt (largest, 0.0);
  for (int i = 0; i < n; i++) {
    const float at = x[i];
    double up, down;

    x[i] = at + STEP;
    up = loss (data);
    x[i] = at - STEP;
    down = loss (data);
    x[i] = at;
    ck_assert_double_le (fabs ((up - down) / (2 * STEP)
            - (gradient[i] - before) / scale), TOLERANCE * largest);
  }
}
