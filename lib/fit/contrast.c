/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "fit/contrast.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

static float
weight (const SstEmbeddings * batch, int i)
{
  return batch->weights == NULL ? 1.f : batch->weights[i];
}

/* Cross entropy of a row of n logits for the class positive; the logits become
 * its derivatives times scale. Logits of -INFINITY take no part. */
static double
cross_entropy (float *row, int n, int positive, float scale)
{
  const float at = row[positive];
  float top = at;
  double sum = 0.0;
  float share;

  for (int k = 0; k < n; k++)
    top = MAX (top, row[k]);
  for (int k = 0; k < n; k++) {
    row[k] = expf (row[k] - top);
    sum += row[k];
  }
  share = (float) (scale / sum);
  for (int k = 0; k < n; k++)
    row[k] *= share;
  row[positive] -= scale;
  return log (sum) - (at - top);
}

size_t
sst_nt_xent_scratch_size (int n, int dim)
{
  return (size_t) 2 * n * (2 * n + dim);
}

/* Both views below each other; rows left out are zeroed, as what they hold may
 * not even be numbers. */
static void
stack_views (const SstEmbeddings * batch, const float *u, const float *v,
    float *x)
{
  const size_t size = sizeof (float) * batch->dim;

  for (int i = 0; i < batch->n; i++) {
    const size_t at = (size_t) i * batch->dim;
    float *second = x + (size_t) batch->n * batch->dim + at;

    if (weight (batch, i) == 0.f) {
      memset (x + at, 0, size);
      memset (second, 0, size);
    } else {
      memcpy (x + at, u + at, size);
      memcpy (second, v + at, size);
    }
  }
}

/* Whether two rows may show the same thing. */
static gboolean
may_be_one (const SstEmbeddings * batch, int i, int k)
{
  return batch->sources != NULL && batch->sources[i] == batch->sources[k]
      && (batch->apart == NULL || !batch->apart[(size_t) i * batch->n + k]);
}

/* Leaves the logits of row i of 2 n to those that it is compared with; FALSE if
 * there is no negative. */
static gboolean
mask_views (const SstEmbeddings * batch, int i, float *row)
{
  const int n = batch->n, pair = i % n;
  gboolean any = FALSE;

  if (weight (batch, pair) == 0.f)
    return FALSE;
  for (int k = 0; k < n; k++) {
    if (k == pair) {
      row[i] = -INFINITY;
    } else if (weight (batch, k) == 0.f || may_be_one (batch, pair, k)) {
      row[k] = row[k + n] = -INFINITY;
    } else {
      any = TRUE;
    }
  }
  return any;
}

float
sst_nt_xent (const SstEmbeddings * batch, const float *u, const float *v,
    float tau, float scale, float *du, float *dv, float *scratch)
{
  const int n = batch->n, dim = batch->dim;
  float *x = scratch, *logits = x + (size_t) 2 * n * dim;
  float *const gradients[2] = { du, dv };
  double loss = 0.0, weights = 0.0;

  stack_views (batch, u, v, x);
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, 2 * n, 2 * n, dim,
      1.f / tau, x, dim, x, dim, 0.f, logits, 2 * n);
  for (int i = 0; i < 2 * n; i++) {
    float *row = logits + (size_t) i * 2 * n;
    const float w = weight (batch, i % n);

    if (mask_views (batch, i, row)) {
      loss += w * cross_entropy (row, 2 * n, (i + n) % (2 * n), w);
      weights += w;
    } else {
      memset (row, 0, sizeof (float) * 2 * n);
    }
  }
  if (weights == 0.0)
    return 0.f;

  /* Every vector is compared and is compared with. */
  scale = (float) (scale / (tau * weights));
  for (int view = 0; view < 2; view++) {
    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, n, dim, 2 * n,
        scale, logits + (size_t) view * n * 2 * n, 2 * n, x, dim, 1.f,
        gradients[view], dim);
    cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, n, dim, 2 * n, scale,
        logits + view * n, 2 * n, x, dim, 1.f, gradients[view], dim);
  }
  return (float) (loss / weights);
}

size_t
sst_info_nce_scratch_size (const SstQueue * queue, int n)
{
  return (size_t) n * (queue->capacity + 1);
}

/* As mask_views(), of a row against the queue. */
static gboolean
mask_entries (const SstEmbeddings * batch, int i, const SstQueue * queue,
    int match, float *row)
{
  gboolean any = FALSE;

  if (weight (batch, i) == 0.f)
    return FALSE;
  for (int k = 0; k < queue->length; k++)
    if (k == match || (batch->sources != NULL
            && batch->sources[i] == queue->sources[k]))
      row[k] = -INFINITY;
    else
      any = TRUE;
  return any;
}

float
sst_info_nce (const SstEmbeddings * batch, const float *queries,
    const float *positives, const SstQueue * queue, const int *matches,
    float tau, float scale, float *dqueries, float *dpositives, float *scratch)
{
  const int n = batch->n, dim = batch->dim, length = queue->length;
  const int stride = length + 1;
  double loss = 0.0, weights = 0.0;

  if (length == 0)
    return 0.f;
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, n, length, dim,
      1.f / tau, queries, dim, queue->embeddings, dim, 0.f, scratch, stride);
  for (int i = 0; i < n; i++) {
    float *row = scratch + (size_t) i * stride;
    const float w = weight (batch, i);

    if (mask_entries (batch, i, queue, matches ? matches[i] : -1, row)) {
      row[length] = cblas_sdot (dim, queries + (size_t) i * dim, 1,
          positives + (size_t) i * dim, 1) / tau;
      loss += w * cross_entropy (row, stride, length, w);
      weights += w;
    } else {
      memset (row, 0, sizeof (float) * stride);
    }
  }
  if (weights == 0.0)
    return 0.f;

  scale = (float) (scale / (tau * weights));
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, n, dim, length, scale,
      scratch, stride, queue->embeddings, dim, 1.f, dqueries, dim);
  for (int i = 0; i < n; i++) {
    const size_t at = (size_t) i * dim;
    const float pull = scale * scratch[(size_t) i * stride + length];

    if (pull == 0.f)
      continue;
    cblas_saxpy (dim, pull, positives + at, 1, dqueries + at, 1);
    if (dpositives != NULL)
      cblas_saxpy (dim, pull, queries + at, 1, dpositives + at, 1);
  }
  return (float) (loss / weights);
}
