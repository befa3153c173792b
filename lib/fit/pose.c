/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "fit/pose.h"

#include "fit/bce.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#define COSINE_GAIN 10.f
#define HIDDEN SST_ORDERING_HIDDEN
#define LEAK 0.1f               /* slope of a rectifier that is off */

size_t
sst_placement_specs (int dim, SstTensorSpec specs[SST_PLACEMENT_N_TENSORS])
{
  specs[0] = (SstTensorSpec) {"placement.weight", 1, {dim}};
  specs[1] = (SstTensorSpec) {"placement.bias", 1, {1}};
  return dim + 1;
}

void
sst_placement_init (int dim, float *params)
{
  for (int j = 0; j < dim; j++)
    params[j] = COSINE_GAIN;
  params[dim] = -0.5f * COSINE_GAIN;
}

static float
placement_logit (int dim, const float *params, const float *u, const float *w)
{
  float sum = params[dim];

  for (int j = 0; j < dim; j++)
    sum += params[j] * u[j] * w[j];
  return sum;
}

float
sst_placement_score (int dim, const float *params, const float *u,
    const float *w)
{
  return sst_sigmoid (placement_logit (dim, params, u, w));
}

static float
placement_label (float iou)
{
  if (iou >= SST_PLACEMENT_INSIDE)
    return 1.f;
  return iou >= 0.f && iou <= SST_PLACEMENT_OUTSIDE ? 0.f : -1.f;
}

float
sst_placement_loss (const SstPlacement * placement, const float *params,
    const float *u, const float *w, float scale, float *dparams, float *du,
    float *dw, float *scratch)
{
  const int n = placement->n, dim = placement->dim;
  const int *targets = placement->targets;
  float *logits = scratch, *labels = scratch + n;
  float loss;

  for (int i = 0; i < n; i++) {
    const size_t row = (size_t) (targets != NULL ? targets[i] : i) * dim;

    labels[i] = placement_label (placement->ious[i]);
    logits[i] = placement_logit (dim, params, u + row, w + (size_t) i * dim);
  }
  loss = sst_balanced_bce (logits, labels, placement->weights, n, logits);

  for (int i = 0; i < n; i++) {
    const float slope = scale * logits[i];
    const size_t at = (size_t) i * dim;
    const size_t row = (size_t) (targets != NULL ? targets[i] : i) * dim;

    if (slope == 0.f)
      continue;
    for (int j = 0; j < dim; j++) {
      dparams[j] += slope * u[row + j] * w[at + j];
      du[row + j] += slope * params[j] * w[at + j];
      dw[at + j] += slope * params[j] * u[row + j];
    }
    dparams[dim] += slope;
  }
  return loss;
}

/* Where the tensors of the ordering head are. */
typedef struct
{
  size_t weight1, bias1, weight2, bias2, size;
} OrderingLayout;

static OrderingLayout
ordering_layout (int dim)
{
  OrderingLayout at = { 0 };

  at.bias1 = (size_t) 3 * dim * HIDDEN;
  at.weight2 = at.bias1 + HIDDEN;
  at.bias2 = at.weight2 + HIDDEN;
  at.size = at.bias2 + 1;
  return at;
}

size_t
sst_ordering_specs (int dim, SstTensorSpec specs[SST_ORDERING_N_TENSORS])
{
  specs[0] = (SstTensorSpec) {"ordering.hidden.weight", 2, {HIDDEN, 3 * dim}};
  specs[1] = (SstTensorSpec) {"ordering.hidden.bias", 1, {HIDDEN}};
  specs[2] = (SstTensorSpec) {"ordering.weight", 1, {HIDDEN}};
  specs[3] = (SstTensorSpec) {"ordering.bias", 1, {1}};
  return ordering_layout (dim).size;
}

void
sst_ordering_init (int dim, SstRandom * random, float *params)
{
  const OrderingLayout at = ordering_layout (dim);
  const float sigma = sqrtf (2.f / (3 * dim));

  memset (params, 0, sizeof (float) * at.size);
  for (size_t i = at.weight1; i < at.bias1; i++)
    params[i] = sst_random_normal (random, sigma);
}

float
sst_ordering_label (const SstOrdering * ordering, float seconds,
    gboolean recurring)
{
  const float apart = fabsf (seconds);

  if (apart == 0.f)
    return -1.f;
  if (apart <= ordering->near)
    return ordering->directed && seconds < 0.f ? 0.f : 1.f;
  return apart >= ordering->from && apart <= ordering->to && !recurring
      ? 0.f : -1.f;
}

size_t
sst_ordering_scratch_size (int n, int dim)
{
  return (size_t) n * (3 * dim + HIDDEN + 1);
}

/* inputs: n x 3 dim, hidden: n x HIDDEN, after its rectifier. */
static void
ordering_forward (int n, int dim, const float *params, const float *a,
    const float *b, float *inputs, float *hidden, float *logits)
{
  const OrderingLayout at = ordering_layout (dim);
  const float root = sqrtf ((float) dim);

  for (int i = 0; i < n; i++) {
    const size_t row = (size_t) i * dim;
    float *x = inputs + 3 * row;

    for (int j = 0; j < dim; j++) {
      x[j] = root * a[row + j];
      x[dim + j] = root * b[row + j];
      x[2 * dim + j] = x[j] * x[dim + j];
    }
    memcpy (hidden + (size_t) i * HIDDEN, params + at.bias1,
        sizeof (float) * HIDDEN);
  }
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, n, HIDDEN, 3 * dim, 1.f,
      inputs, 3 * dim, params + at.weight1, 3 * dim, 1.f, hidden, HIDDEN);
  for (int i = 0; i < n * HIDDEN; i++)
    if (hidden[i] < 0.f)
      hidden[i] *= LEAK;
  for (int i = 0; i < n; i++)
    logits[i] = params[at.bias2] + cblas_sdot (HIDDEN, params + at.weight2, 1,
        hidden + (size_t) i * HIDDEN, 1);
}

float
sst_ordering_score (int dim, const float *params, const float *a,
    const float *b, float *scratch)
{
  float logit;

  ordering_forward (1, dim, params, a, b, scratch, scratch + 3 * dim, &logit);
  return sst_sigmoid (logit);
}

float
sst_ordering_loss (const SstEmbeddings * batch, const float *params,
    const float *a, const float *b, const float *labels, float scale,
    float *dparams, float *da, float *db, float *scratch)
{
  const int n = batch->n, dim = batch->dim;
  const OrderingLayout at = ordering_layout (dim);
  const float root = sqrtf ((float) dim);
  float *inputs = scratch, *hidden = inputs + (size_t) 3 * n * dim;
  float *logits = hidden + (size_t) n * HIDDEN;
  float loss;

  ordering_forward (n, dim, params, a, b, inputs, hidden, logits);
  loss = sst_balanced_bce (logits, labels, batch->weights, n, logits);

  /* hidden becomes its own gradient, then inputs theirs. A row left out may
   * hold NaN. */
  for (int i = 0; i < n; i++) {
    const float slope = scale * logits[i];
    float *h = hidden + (size_t) i * HIDDEN;

    if (slope == 0.f) {
      memset (h, 0, sizeof (float) * HIDDEN);
      memset (inputs + (size_t) 3 * i * dim, 0, sizeof (float) * 3 * dim);
      continue;
    }
    dparams[at.bias2] += slope;
    for (int j = 0; j < HIDDEN; j++) {
      dparams[at.weight2 + j] += slope * h[j];
      h[j] = slope * params[at.weight2 + j] * (h[j] < 0.f ? LEAK : 1.f);
      dparams[at.bias1 + j] += h[j];
    }
  }
  cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, HIDDEN, 3 * dim, n, 1.f,
      hidden, HIDDEN, inputs, 3 * dim, 1.f, dparams + at.weight1, 3 * dim);
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, n, 3 * dim, HIDDEN,
      1.f, hidden, HIDDEN, params + at.weight1, 3 * dim, 0.f, inputs, 3 * dim);
  for (int i = 0; i < n; i++) {
    const size_t row = (size_t) i * dim;
    const float *dx = inputs + 3 * row;

    if (logits[i] == 0.f)
      continue;
    for (int j = 0; j < dim; j++) {
      da[row + j] += root * dx[j] + dim * b[row + j] * dx[2 * dim + j];
      db[row + j] += root * dx[dim + j] + dim * a[row + j] * dx[2 * dim + j];
    }
  }
  return loss;
}
