/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "base/floats.h"
#include "base/simd.h"
#include "fit/reconstruct.h"
#include "nn/affinity.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#define COLORS SST_RECONSTRUCT_COLORS
#define LUMA_MIDDLE 128.f
#define LUMA_SPREAD 128.f
#define CHROMA_SPREAD 64.f
#define MIX_STEPS 20            /* halvings in search of the mix */
#define FLAT 1e-12              /* a variance that is none */

/* The parts of the scratch. n cells of the target, at most m candidates. */
typedef struct
{
  int n, m_max;
  float *target, *target_norm;  /* unit features [C][n], 1 / length */
  float *refs, *refs_norm;      /* of the candidates: [C][m] */
  float *colors;                /* theirs: [3][m] */
  float *cx, *cy;               /* their places on the target's map */
  float *shares;                /* A, n x m; cosines, n x max (n, m) */
  float *dshares;               /* n x m */
  float *prediction;            /* [3][n] */
  float *dprediction;           /* [3][n], w inside, the division not yet */
  float *has;                   /* n: 1 where a cell has candidates */
  float *dunit;                 /* [C][max (n, m)] */
  float *dot;                   /* max (n, m) */
  float *dgathered;             /* [C][m] */
  float *total;                 /* 1: sum of w */
  size_t size;
} Plan;

static Plan
plan (const SstReconstructParams *params, float *scratch)
{
  const size_t n = (size_t) params->height * params->width;
  const size_t m =
      (size_t) params->ref_height * params->ref_width * params->n_refs;
  const size_t most = MAX (n, m), channels = params->channels;
  Plan p = {.n = (int) n,.m_max = (int) m };
  const SstFloatsPart parts[] = {
    {channels * n, &p.target}, {n, &p.target_norm},
    {channels * m, &p.refs}, {m, &p.refs_norm},
    {COLORS * m, &p.colors}, {m, &p.cx}, {m, &p.cy},
    {n * most, &p.shares}, {n * m, &p.dshares},
    {COLORS * n, &p.prediction}, {COLORS * n, &p.dprediction}, {n, &p.has},
    {channels * most, &p.dunit}, {most, &p.dot},
    {channels * m, &p.dgathered}, {1, &p.total},
  };

  p.size = sst_floats_lay_out (parts, G_N_ELEMENTS (parts), scratch);
  return p;
}

void
sst_reconstruct_params_init (SstReconstructParams *params, int channels,
    int side, int ref_side)
{
  *params = (SstReconstructParams) {
    .channels = channels,.height = side,.width = side,
    .ref_height = ref_side,.ref_width = ref_side,.n_refs = 1,
    .radius = -1,.temperature = 0.07f,.huber = 0.1f,
  };
}

void
sst_reconstruct_fusion_init (SstReconstructFusion *fusion)
{
  *fusion = (SstReconstructFusion) {
    .value = 1.f,.motion = 1.f,.coherence = 0.5f,
    .omega = 1.f,.value_temperature = 0.1f,.entropy_floor = 0.9f,
  };
}

void
sst_reconstruct_colors (const float *sample, int side, int stride,
    float *colors)
{
  const int cells = side / stride;
  const float area = 1.f / (float) (stride * stride);

  for (int c = 0; c < COLORS; c++) {
    const float middle = c == 0 ? LUMA_MIDDLE : 0.f;
    const float scale = 1.f / (c == 0 ? LUMA_SPREAD : CHROMA_SPREAD);

    for (int y = 0; y < cells; y++)
      for (int x = 0; x < cells; x++) {
        const float *in = sample + ((size_t) c * side + y * stride) * side
            + x * stride;
        float sum = 0.f;

        for (int v = 0; v < stride; v++)
          for (int u = 0; u < stride; u++)
            sum += in[v * side + u];
        colors[(c * cells + y) * cells + x] = (sum * area - middle) * scale;
      }
  }
}

guint
sst_reconstruct_draw_channel (SstRandom *random)
{
  return 2u << sst_random_below (random, 2);
}

void
sst_reconstruct_drop_channel (float *sample, int side, guint channel)
{
  const size_t size = (size_t) side * side;

  for (int c = 0; c < COLORS; c++)
    if (channel & 1u << c) {
      const float gray = c == 0 ? LUMA_MIDDLE : 0.f;

      for (size_t i = 0; i < size; i++)
        sample[c * size + i] = gray;
    }
}

size_t
sst_reconstruct_scratch_size (const SstReconstructParams *params)
{
  return plan (params, NULL).size;
}

static int
n_candidates (const SstReconstructInput *input, const Plan *p)
{
  return input->chosen != NULL ? input->n_chosen : p->m_max;
}

/* Puts the planes of all references into [n_planes][m] of the candidates. */
static void
gather (const SstReconstructParams *params, const SstReconstructInput *input,
    const float *const *maps, int n_planes, int m, float *gathered)
{
  const int cells = params->ref_height * params->ref_width;

  for (int c = 0; c < n_planes; c++) {
    float *row = gathered + (size_t) c * m;

    if (input->chosen == NULL)
      for (int r = 0; r < params->n_refs; r++)
        memcpy (row + r * cells, maps[r] + (size_t) c * cells,
            cells * sizeof *row);
    else
      for (int j = 0; j < m; j++)
        row[j] = maps[input->chosen[j] / cells][(size_t) c * cells
            + input->chosen[j] % cells];
  }
}

static void
place (const SstReconstructParams *params, const SstReconstructInput *input,
    int m, float *cx, float *cy)
{
  const int cells = params->ref_height * params->ref_width;
  const float dx = 0.5f * (params->width - params->ref_width);
  const float dy = 0.5f * (params->height - params->ref_height);

  for (int j = 0; j < m; j++) {
    const int cell = (input->chosen != NULL ? input->chosen[j] : j) % cells;

    cx[j] = dx + cell % params->ref_width;
    cy[j] = dy + cell / params->ref_width;
  }
}

/* Takes out what is outside the window about (x, y). Half a cell of slack: maps
 * whose sides differ by an odd number lie half a cell apart. */
SST_MULTIVERSION static void
mask_window (const float *cx, const float *cy, int m, float x, float y,
    float radius, float *row)
{
  for (int j = 0; j < m; j++) {
    const float dx = fabsf (cx[j] - x), dy = fabsf (cy[j] - y);

    row[j] = ((dx <= radius) & (dy <= radius)) ? row[j] : SST_AFFINITY_NEVER;
  }
}

float
sst_reconstruct_forward (const SstReconstructParams *params,
    const SstReconstructInput *input, float *prediction, float *scratch)
{
  const Plan p = plan (params, scratch);
  const int n = p.n, m = n_candidates (input, &p);
  const float delta = params->huber;
  float total = 0.f, loss = 0.f;
  int n_channels = 0;

  for (int c = 0; c < COLORS; c++)
    n_channels += input->color_channels >> c & 1;
  memset (p.prediction, 0, (size_t) COLORS * n * sizeof *p.prediction);
  memset (p.dprediction, 0, (size_t) COLORS * n * sizeof *p.dprediction);
  *p.total = 0.f;
  if (m > 0) {
    sst_affinity_normalize (input->features, params->channels, n, p.target,
        p.target_norm);
    gather (params, input, input->ref_features, params->channels, m, p.refs);
    sst_affinity_normalize (p.refs, params->channels, m, p.refs, p.refs_norm);
    gather (params, input, input->ref_colors, COLORS, m, p.colors);
    sst_affinity_cosines (p.target, n, p.refs, m, params->channels, p.shares);
    if (params->radius >= 0)
      place (params, input, m, p.cx, p.cy);
    for (int i = 0; i < n; i++) {
      float *row = p.shares + (size_t) i * m;

      if (params->radius >= 0)
        mask_window (p.cx, p.cy, m, (float) (i % params->width),
            (float) (i / params->width), params->radius + 0.5f, row);
      p.has[i] = (float) sst_affinity_softmax (row, m, params->temperature);
    }
    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, COLORS, n, m, 1.f,
        p.colors, m, p.shares, m, 0.f, p.prediction, n);

    for (int i = 0; i < n; i++) {
      const float w = p.has[i] * (input->weights ? input->weights[i] : 1.f);

      total += w;
      for (int c = 0; c < COLORS; c++) {
        const float d = p.prediction[c * n + i] - input->colors[c * n + i];
        const float size = fabsf (d);

        if (!(input->color_channels & 1u << c))
          continue;
        loss += w * (size <= delta ? 0.5f * d * d / delta : size
            - 0.5f * delta);
        p.dprediction[c * n + i] = w * CLAMP (d / delta, -1.f, 1.f);
      }
    }
    *p.total = total * n_channels;
  }
  if (prediction != NULL)
    memcpy (prediction, p.prediction, (size_t) COLORS * n
        * sizeof *prediction);
  return *p.total > 0.f ? loss / *p.total : 0.f;
}

/* Adds the gradients of the candidates to those of their maps. */
static void
scatter (const SstReconstructParams *params, const SstReconstructInput *input,
    int m, const float *gathered, float *const *maps)
{
  const int cells = params->ref_height * params->ref_width;

  for (int c = 0; c < params->channels; c++) {
    const float *row = gathered + (size_t) c * m;

    for (int j = 0; j < m; j++) {
      const int cell = input->chosen != NULL ? input->chosen[j] : j;
      float *map = maps[cell / cells];

      if (map != NULL)
        map[(size_t) c * cells + cell % cells] += row[j];
    }
  }
}

void
sst_reconstruct_backward (const SstReconstructParams *params,
    const SstReconstructInput *input, float weight, float *dfeatures,
    float *const *dref_features, float *scratch)
{
  const Plan p = plan (params, scratch);
  const int n = p.n, m = n_candidates (input, &p), channels = params->channels;

  if (m == 0 || !(*p.total > 0.f))
    return;
  cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, n, m, COLORS,
      weight / *p.total, p.dprediction, n, p.colors, m, 0.f, p.dshares, m);
  for (int i = 0; i < n; i++)
    sst_affinity_softmax_backward (p.shares + (size_t) i * m, m,
        params->temperature, p.dshares + (size_t) i * m);

  if (dfeatures != NULL) {
    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, channels, n, m, 1.f,
        p.refs, m, p.dshares, m, 0.f, p.dunit, n);
    sst_affinity_normalize_backward (p.target, p.target_norm, p.dunit,
        channels, n, p.dot, dfeatures);
  }
  if (dref_features != NULL) {
    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, channels, m, n,
        1.f, p.target, n, p.dshares, m, 0.f, p.dunit, m);
    memset (p.dgathered, 0, (size_t) channels * m * sizeof *p.dgathered);
    sst_affinity_normalize_backward (p.refs, p.refs_norm, p.dunit, channels, m,
        p.dot, p.dgathered);
    scatter (params, input, m, p.dgathered, dref_features);
  }
}

void
sst_reconstruct_value (const SstReconstructParams *params,
    const SstReconstructInput *input, const SstReconstructFusion *fusion,
    float *value, float *scratch)
{
  const Plan p = plan (params, scratch);
  const int n = p.n, m = n_candidates (input, &p), channels = params->channels;

  sst_affinity_normalize (input->features, channels, n, p.target,
      p.target_norm);
  memset (value, 0, n * sizeof *value);
  if (m > 0) {
    gather (params, input, input->ref_features, channels, m, p.refs);
    sst_affinity_normalize (p.refs, channels, m, p.refs, p.refs_norm);
    sst_affinity_cosines (p.target, n, p.refs, m, channels, p.shares);
    for (int i = 0; i < n; i++)
      value[i] = sst_affinity_density (p.shares + (size_t) i * m, m,
          fusion->value_temperature);
  }
  sst_affinity_cosines (p.target, n, p.target, n, channels, p.shares);
  for (int i = 0; i < n; i++)
    value[i] -= fusion->omega * sst_affinity_density (p.shares + (size_t) i * n,
        n, fusion->value_temperature);
}

/* Adds scale z (x) to sum. */
static void
add_standardized (const float *x, int n, float scale, float *sum)
{
  double mean = 0., square = 0.;

  for (int i = 0; i < n; i++)
    mean += x[i];
  mean /= n;
  for (int i = 0; i < n; i++)
    square += (x[i] - mean) * (x[i] - mean);
  square /= n;
  if (square <= FLAT * mean * mean || square < G_MINFLOAT)
    return;
  for (int i = 0; i < n; i++)
    sum[i] += scale * (float) ((x[i] - mean) / sqrt (square));
}

/* H of w mixed with its mean. */
static float
entropy_of_mix (const float *weights, int n, float mix)
{
  double total = 0., sum = 0., mean;

  for (int i = 0; i < n; i++)
    total += weights[i];
  if (n == 1 || !(total > 0.))
    return total > 0. ? 1.f : 0.f;
  mean = total / n;
  for (int i = 0; i < n; i++) {
    const double p = ((1.f - mix) * weights[i] + mix * mean) / total;

    if (p > 0.)
      sum -= p * log (p);
  }
  return (float) (sum / log (n));
}

float
sst_reconstruct_entropy (const float *weights, int n)
{
  return entropy_of_mix (weights, n, 0.f);
}

void
sst_reconstruct_fuse (const SstReconstructFusion *fusion, int n,
    const float *value, const float *motion, const float *coherence,
    float *weights)
{
  float lo = 0.f, hi = 1.f, mean = 0.f;

  memset (weights, 0, n * sizeof *weights);
  if (value != NULL)
    add_standardized (value, n, fusion->value, weights);
  if (motion != NULL)
    add_standardized (motion, n, fusion->motion, weights);
  for (int i = 0; coherence != NULL && i < n; i++)
    weights[i] += fusion->coherence * coherence[i];
  for (int i = 0; i < n; i++) {
    weights[i] = 1.f / (1.f + expf (-weights[i]));
    mean += weights[i] / n;
  }

  if (sst_reconstruct_entropy (weights, n) >= fusion->entropy_floor)
    return;
  for (int step = 0; step < MIX_STEPS; step++) {
    const float mix = 0.5f * (lo + hi);

    if (entropy_of_mix (weights, n, mix) >= fusion->entropy_floor)
      hi = mix;
    else
      lo = mix;
  }
  for (int i = 0; i < n; i++)
    weights[i] = (1.f - hi) * weights[i] + hi * mean;
}
