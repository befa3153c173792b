/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/scale.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#define N SST_SCALE_N
#define LABEL_SIGMA 1.0f        /* in steps */
#define REGULARIZATION 0.01f    /* of the mean energy of a sample */
#define NO_ANSWER 1e-3f         /* what rounding may answer to a flat picture */

struct _SstScale
{
  const SstFeatureSource *features;
  int n_features;
  float *weights;               /* n_features */
  gboolean ready;

  /* Lent. */
  float *sample, *scratch;
  float *rows;                  /* N x n_features */
  float *learned;               /* n_features, of the present frame */
};

SstScale *
sst_scale_new (const SstFeatureSource * features)
{
  SstScale *scale = g_new0 (SstScale, 1);
  const int side = SST_SCALE_SIDE;
  const int cells = (side / features->stride) * (side / features->stride);

  scale->features = features;
  scale->n_features = cells * features->n_channels;
  scale->weights = g_new0 (float, scale->n_features);
  return scale;
}

void
sst_scale_free (SstScale ** scale)
{
  if (*scale == NULL)
    return;
  g_free ((*scale)->weights);
  g_clear_pointer (scale, g_free);
}

static size_t
sample_size (const SstScale * scale)
{
  return (size_t) SST_SCALE_SIDE * SST_SCALE_SIDE
      * sst_sample_space_n_planes (scale->features->space);
}

size_t
sst_scale_work_size (const SstScale * scale)
{
  return sample_size (scale) + (size_t) (N + 1) * scale->n_features
      + scale->features->scratch_size (scale->features, SST_SCALE_SIDE);
}

void
sst_scale_lend (SstScale * scale, float *work)
{
  if (work == NULL) {
    scale->sample = scale->rows = scale->learned = scale->scratch = NULL;
    return;
  }
  scale->sample = work;
  scale->rows = scale->sample + sample_size (scale);
  scale->learned = scale->rows + (size_t) N * scale->n_features;
  scale->scratch = scale->learned + scale->n_features;
}

void
sst_scale_reset (SstScale * scale)
{
  scale->ready = FALSE;
}

static void
extract_rows (SstScale * scale, SstSampler * sampler, const SstFrame * frame,
    const SstBox * box)
{
  for (int i = 0; i < N; i++) {
    const float factor = powf (SST_SCALE_STEP, i - N / 2);
    const SstBox region = sst_box_from_center (sst_box_center_x (box),
        sst_box_center_y (box), box->width * factor, box->height * factor);

    sst_sampler_sample (sampler, frame, &region, scale->features->space,
        SST_SCALE_SIDE, SST_SCALE_SIDE, scale->sample);
    scale->features->extract (scale->features, scale->sample, SST_SCALE_SIDE,
        scale->scratch, scale->rows + (size_t) i * scale->n_features);
  }
}

/* Solves A x = b in place for a symmetric positive definite A, by Cholesky. */
static void
solve_dual (float A[N][N], float b[N])
{
  for (int j = 0; j < N; j++) {
    for (int k = 0; k < j; k++)
      A[j][j] -= A[j][k] * A[j][k];
    A[j][j] = sqrtf (fmaxf (A[j][j], 1e-12f));
    for (int i = j + 1; i < N; i++) {
      for (int k = 0; k < j; k++)
        A[i][j] -= A[i][k] * A[j][k];
      A[i][j] /= A[j][j];
    }
  }
  for (int i = 0; i < N; i++) {
    for (int k = 0; k < i; k++)
      b[i] -= A[i][k] * b[k];
    b[i] /= A[i][i];
  }
  for (int i = N - 1; i >= 0; i--) {
    for (int k = i + 1; k < N; k++)
      b[i] -= A[k][i] * b[k];
    b[i] /= A[i][i];
  }
}

/* Learns from the rows, where the target has the size of row N / 2 + offset. */
static void
learn_rows (SstScale * scale, float offset, float rate)
{
  const int d = scale->n_features;
  float gram[N][N], dual[N];
  float trace = 0.f;

  cblas_ssyrk (CblasRowMajor, CblasLower, CblasNoTrans, N, d, 1.f, scale->rows,
      d, 0.f, &gram[0][0], N);
  for (int i = 0; i < N; i++)
    trace += gram[i][i];
  for (int i = 0; i < N; i++) {
    const float t = (i - N / 2 - offset) / LABEL_SIGMA;

    gram[i][i] += REGULARIZATION * trace / N + 1e-6f;
    dual[i] = expf (-0.5f * t * t);
  }
  solve_dual (gram, dual);
  cblas_sgemv (CblasRowMajor, CblasTrans, N, d, 1.f, scale->rows, d, dual, 1,
      0.f, scale->learned, 1);
  if (!scale->ready)
    rate = 1.f;
  cblas_sscal (d, 1.f - rate, scale->weights, 1);
  if (!scale->ready)
    memset (scale->weights, 0, d * sizeof (float));
  cblas_saxpy (d, rate, scale->learned, 1, scale->weights, 1);
  scale->ready = TRUE;
}

void
sst_scale_learn (SstScale * scale, SstSampler * sampler,
    const SstFrame * frame, const SstBox * box, float rate)
{
  extract_rows (scale, sampler, frame, box);
  learn_rows (scale, 0.f, rate);
}

void
sst_scale_learn_estimated (SstScale * scale, float factor, float rate)
{
  const float offset = logf (factor) / logf (SST_SCALE_STEP);

  if (scale->ready && fabsf (offset) <= N / 2)
    learn_rows (scale, offset, rate);
}

float
sst_scale_estimate (SstScale * scale, SstSampler * sampler,
    const SstFrame * frame, const SstBox * box, float *certainty)
{
  const int d = scale->n_features;
  float answer[N], offset = 0.f;
  int best = 0;

  *certainty = 0.f;
  if (!scale->ready)
    return 1.f;
  extract_rows (scale, sampler, frame, box);
  cblas_sgemv (CblasRowMajor, CblasNoTrans, N, d, 1.f, scale->rows, d,
      scale->weights, 1, 0.f, answer, 1);
  for (int i = 1; i < N; i++) {
    if (answer[i] > answer[best])
      best = i;
  }
  if (!(answer[best] > NO_ANSWER))
    return 1.f;
  if (best > 0 && best < N - 1) {
    const float l = answer[best - 1], c = answer[best], r = answer[best + 1];
    const float bend = l - 2.f * c + r;

    offset = bend < -1e-6f ? CLAMP (0.5f * (l - r) / bend, -0.5f, 0.5f) : 0.f;
  }
  *certainty = CLAMP (answer[best], 0.f, 1.f);
  return powf (SST_SCALE_STEP, best - N / 2 + offset);
}
