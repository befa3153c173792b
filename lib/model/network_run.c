/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "model/network_private.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "base/cut.h"
#include "base/simd.h"
#include "nn/correlate.h"
#include "nn/likeness.h"
#include "nn/pool.h"
#include "nn/upsample.h"

/* Luma is brought to mean 0 and, in part, to a standard deviation of 1, so that
 * a dark picture says as much as a bright one; chroma is only scaled. */
#define LUMA_SHARE 0.5f
#define LUMA_FLOOR 30.f
#define CHROMA_SCALE 20.f

/* What the target's size is measured by, in pixels of a template. */
#define NOMINAL (SST_TEMPLATE_SIDE / SST_TEMPLATE_FACTOR)

static float *
buffer (const SstNetwork * network, float *workspace, int i)
{
  return workspace + network->scratch_size + i * network->buffer_size;
}

SST_MULTIVERSION static void
measure_luma (const float *luma, size_t pixels, float *mean, float *scale)
{
  double sum = 0.0, squares = 0.0;

  for (size_t i = 0; i < pixels; i++) {
    sum += luma[i];
    squares += luma[i] * luma[i];
  }
  sum /= pixels;
  *mean = (float) sum;
  *scale = 1.f / (LUMA_SHARE * sqrtf ((float) fmax (squares / pixels
              - sum * sum, 0.0)) + LUMA_FLOOR);
}

SST_MULTIVERSION static void
normalize (const float *x, float mean, float scale, size_t n, float *y)
{
  for (size_t i = 0; i < n; i++)
    y[i] = (x[i] - mean) * scale;
}

static void
normalize_input (const float *sample, size_t pixels, float *input)
{
  float mean, scale;

  measure_luma (sample, pixels, &mean, &scale);
  normalize (sample, mean, scale, pixels, input);
  normalize (sample + pixels, 0.f, 1.f / CHROMA_SCALE, 2 * pixels,
      input + pixels);
}

/* The part of a search region from that pixel on, as it looks in the whole. */
static void
normalize_part (const float *sample, int left, int top, float *input)
{
  const size_t pixels = (size_t) SST_SEARCH_SIDE * SST_SEARCH_SIDE;
  float mean, scale;

  measure_luma (sample, pixels, &mean, &scale);
  for (int c = 0; c < 3; c++) {
    for (int y = 0; y < SST_CLOSE_SIDE; y++) {
      const float *const row = sample + c * pixels
          + (size_t) (top + y) * SST_SEARCH_SIDE + left;

      normalize (row, c == 0 ? mean : 0.f,
          c == 0 ? scale : 1.f / CHROMA_SCALE, SST_CLOSE_SIDE, input);
      input += SST_CLOSE_SIDE;
    }
  }
}

SST_MULTIVERSION static void
add_rectified (const float *x, float *y, size_t n)
{
  for (size_t i = 0; i < n; i++)
    y[i] = x[i] + y[i] > 0.f ? x[i] + y[i] : 0.f;
}

SST_MULTIVERSION static void
add (const float *x, float *y, size_t n)
{
  for (size_t i = 0; i < n; i++)
    y[i] += x[i];
}

/* --- layers --- */

static void
run_layer (const SstNetwork * network, const float *kernels, int i,
    SstNetworkRole role, const float *x, float *trace, float *workspace)
{
  if (sst_cut_is_due ())
    return;
  sst_layer_forward (&network->layers[i], role, kernels, x,
      trace + network->plans[role].output[i], workspace);
}

/* Overwrites dx, unless it is NULL; destroys dy; adds the gradient of the
 * kernels. */
static void
run_layer_backward (const SstNetwork * network, const float *kernels, int i,
    SstNetworkRole role, const float *x, const float *trace, float *dy,
    float *dx, float *dkernels, float *workspace)
{
  if (sst_cut_is_due ())
    return;
  sst_layer_backward (&network->layers[i], role, kernels, x,
      trace + network->plans[role].output[i], dy, dx, dkernels, workspace);
}

/* --- backbone --- */

static size_t
features_size (const SstNetwork * network, SstNetworkRole role)
{
  return (size_t) network->config.channels[2]
      * network->plans[role].n_cells;
}

/* Where the output of a stage is. */
static const float *
stage_output (const SstNetwork * network, SstNetworkRole role, int s,
    const float *trace)
{
  return trace + network->plans[role].output[network->stage[s]
      + 2 * network->blocks[s]];
}

static const float *
run_stage (const SstNetwork * network, const float *kernels,
    SstNetworkRole role, int s, const float *x, float *trace,
    float *workspace)
{
  const SstNetworkPlan *const plan = &network->plans[role];
  const int first = network->stage[s];
  const size_t size = sst_layer_out_size (&network->layers[first], role);

  run_layer (network, kernels, first, role, x, trace, workspace);
  for (int i = first; i < first + 2 * network->blocks[s]; i += 2) {
    run_layer (network, kernels, i + 1, role, trace + plan->output[i], trace,
        workspace);
    run_layer (network, kernels, i + 2, role, trace + plan->output[i + 1],
        trace, workspace);
    add_rectified (trace + plan->output[i], trace + plan->output[i + 2], size);
  }
  return stage_output (network, role, s, trace);
}

SST_MULTIVERSION static void
rectify (float *x, size_t n)
{
  for (size_t i = 0; i < n; i++)
    x[i] = x[i] > 0.f ? x[i] : 0.f;
}

/* From the input, which is in the trace, to features and neck. */
static const float *
run_backbone (const SstNetwork * network, const float *kernels,
    SstNetworkRole role, float *trace, float *workspace)
{
  const SstNetworkPlan *const plan = &network->plans[role];
  float *const fused = trace + plan->fused;
  const float *x = trace + plan->input;

  for (int s = 0; s < 3; s++)
    x = run_stage (network, kernels, role, s, x, trace, workspace);
  if (network->lateral != SST_NO_LAYER) {
    const float *const deep = run_stage (network, kernels, role, 3, x, trace,
        workspace);

    run_layer (network, kernels, network->lateral, role, deep, trace,
        workspace);
    memcpy (fused, x, features_size (network, role) * sizeof (float));
    sst_upsample_add (network->config.channels[2],
        plan->side / (2 * SST_NETWORK_STRIDE),
        trace + plan->output[network->lateral], fused);
    rectify (fused, features_size (network, role));
  }
  run_layer (network, kernels, network->neck, role, fused, trace, workspace);
  return fused;
}

/* d[0]: gradient of the stage's output; d: three buffers, which change places.
 * On return d[0] is that of the stage's input, x, unless that is not wanted. */
static void
run_stage_backward (const SstNetwork * network, const float *kernels,
    SstNetworkRole role, int s, const float *x, const float *trace,
    gboolean wanted, float *d[3], float *dkernels, float *workspace)
{
  const SstNetworkPlan *const plan = &network->plans[role];
  const int first = network->stage[s];
  const size_t size = sst_layer_out_size (&network->layers[first], role);
  const gboolean ends = s == 2 && network->stem_frozen;
  float *swap;

  for (int b = network->blocks[s] - 1; b >= 0; b--) {
    const int i = first + 2 * b;
    const gboolean last = b == 0 && ends;

    sst_relu_backward (trace + plan->output[i + 2], d[0], size);
    run_layer_backward (network, kernels, i + 2, role,
        trace + plan->output[i + 1], trace, d[0], d[1], dkernels, workspace);
    run_layer_backward (network, kernels, i + 1, role,
        trace + plan->output[i], trace, d[1], last ? NULL : d[2], dkernels,
        workspace);
    if (!last)
      add (d[2], d[0], size);
  }
  if (ends)
    return;
  run_layer_backward (network, kernels, first, role, x, trace, d[0],
      wanted ? d[1] : NULL, dkernels, workspace);
  swap = d[0];
  d[0] = d[1];
  d[1] = swap;
}

/* Of the features' gradient d, that of what came from stride 16: adds to d what
 * goes back through it into stride 8. */
static void
run_deep_backward (const SstNetwork * network, const float *kernels,
    SstNetworkRole role, const float *trace, float *d, float *dkernels,
    float *workspace)
{
  const SstNetworkPlan *const plan = &network->plans[role];
  float *b[3] = { buffer (network, workspace, 2),
    buffer (network, workspace, 1), buffer (network, workspace, 3)
  };

  sst_relu_backward (trace + plan->fused, d, features_size (network, role));
  sst_upsample_backward (network->config.channels[2],
      plan->side / (2 * SST_NETWORK_STRIDE), d, b[1]);
  run_layer_backward (network, kernels, network->lateral, role,
      stage_output (network, role, 3, trace), trace, b[1], b[0], dkernels,
      workspace);
  run_stage_backward (network, kernels, role, 3, stage_output (network, role,
          2, trace), trace, TRUE, b, dkernels, workspace);
  add (b[0], d, features_size (network, role));
}

/* The features' gradient is in buffer 0; that of the lower half's output takes
 * its place. */
static void
run_upper_backward (const SstNetwork * network, const float *kernels,
    SstNetworkRole role, const float *trace, float *dkernels,
    float *workspace)
{
  if (network->lateral != SST_NO_LAYER)
    run_deep_backward (network, kernels, role, trace, buffer (network,
            workspace, 0), dkernels, workspace);
}

/* The gradient of the lower half's output is in buffer 0; it is destroyed. */
static void
run_lower_backward (const SstNetwork * network, const float *kernels,
    SstNetworkRole role, const float *trace, float *dkernels,
    float *workspace)
{
  float *d[3] = { buffer (network, workspace, 0),
    buffer (network, workspace, 1), buffer (network, workspace, 2)
  };

  for (int s = 2; s >= (network->stem_frozen ? 2 : 0); s--)
    run_stage_backward (network, kernels, role, s, s > 0 ?
        stage_output (network, role, s - 1, trace)
        : trace + network->plans[role].input, trace, s > 0, d, dkernels,
        workspace);
}

/* --- template --- */

static SstBox
in_cells (const SstBox * box)
{
  const float scale = 1.f / SST_NETWORK_STRIDE;

  return (SstBox) { box->x * scale, box->y * scale, box->width * scale,
    box->height * scale
  };
}

/* What the target is made of, and the scale and shift that follow from it. */
static void
run_modulation (const SstNetwork * network, const float *kernels,
    const float *features, const SstBox * box, float *traits,
    float *modulation)
{
  const int width = network->config.channels[2];
  const int rows = 2 * network->config.reduced;
  const int n_traits = sst_network_n_traits (network);
  const SstBox cells = in_cells (box);

  sst_pool_box_forward (width, SST_TEMPLATE_GRID, features, &cells, traits);
  traits[width] = logf (fmaxf (box->width, 1.f) / NOMINAL);
  traits[width + 1] = logf (fmaxf (box->height, 1.f) / NOMINAL);
  memcpy (modulation, kernels + network->film_bias, rows * sizeof (float));
  cblas_sgemv (CblasRowMajor, CblasNoTrans, rows, n_traits, 1.f,
      kernels + network->film, n_traits, traits, 1, 1.f, modulation, 1);
}

/* Adds to dfeatures and dkernels. */
static void
run_modulation_backward (const SstNetwork * network, const float *kernels,
    const SstBox * box, const float *traits, const float *dmodulation,
    float *dfeatures, float *dkernels)
{
  const int rows = 2 * network->config.reduced;
  const int n_traits = sst_network_n_traits (network);
  const SstBox cells = in_cells (box);
  float dtraits[SST_MAX_TRAITS];

  add (dmodulation, dkernels + network->film_bias, rows);
  cblas_sger (CblasRowMajor, rows, n_traits, 1.f, dmodulation, 1, traits, 1,
      dkernels + network->film, n_traits);
  cblas_sgemv (CblasRowMajor, CblasTrans, rows, n_traits, 1.f,
      kernels + network->film, n_traits, dmodulation, 1, 0.f, dtraits, 1);
  sst_pool_box_backward (network->config.channels[2], SST_TEMPLATE_GRID,
      &cells, dtraits, dfeatures);
}

static int
compared_side (const SstNetwork * network)
{
  return network->config.target ? SST_TEMPLATE_GRID : SST_MIDDLE_GRID;
}

void
sst_network_template (const SstNetwork * network, const float *kernels,
    const float *sample, const SstBox * box, float *trace, float *workspace)
{
  const SstNetworkPlan *const plan = &network->plans[SST_ROLE_TEMPLATE];
  const int channels = network->config.channels[2];
  float *const cells = trace + plan->cells;
  const float *features;

  normalize_input (sample, (size_t) plan->side * plan->side,
      trace + plan->input);
  features = run_backbone (network, kernels, SST_ROLE_TEMPLATE, trace,
      workspace);
  sst_central_cells_forward (channels, SST_TEMPLATE_GRID,
      compared_side (network), trace + plan->output[network->neck], cells);
  sst_normalize_cells_forward (channels, network->n_compared, cells, cells,
      trace + plan->length);
  if (network->config.target) {
    const SstBox at = in_cells (box);

    sst_pool_box_cover (SST_TEMPLATE_GRID, &at, cells + network->inside);
    run_modulation (network, kernels, features, box, trace + plan->pooled,
        cells + network->modulation);
  }
}

void
sst_network_mix_cells (const SstNetwork * network, const float *from,
    float share, float *to)
{
  for (size_t i = 0; i < network->cells_size; i++)
    to[i] += share * (from[i] - to[i]);
  sst_normalize_cells_forward (network->config.channels[2],
      network->n_compared, to, to, NULL);
}

/* Leaves the gradient of the lower half's output in buffer 0. */
static void
run_template_backward (const SstNetwork * network, const float *kernels,
    const SstBox * box, const float *trace, const float *dcells,
    const float *dfeatures, float *dkernels, float *workspace)
{
  const SstNetworkPlan *const plan = &network->plans[SST_ROLE_TEMPLATE];
  const int channels = network->config.channels[2];
  const size_t size = features_size (network, SST_ROLE_TEMPLATE);
  float *const d = buffer (network, workspace, 0);
  float *const other = buffer (network, workspace, 1);

  if (dcells != NULL) {
    float *const third = buffer (network, workspace, 2);

    sst_normalize_cells_backward (channels, network->n_compared,
        trace + plan->cells, trace + plan->length, dcells, third);
    sst_central_cells_backward (channels, SST_TEMPLATE_GRID,
        compared_side (network), third, other);
    run_layer_backward (network, kernels, network->neck, SST_ROLE_TEMPLATE,
        trace + plan->fused, trace, other, d, dkernels, workspace);
    if (network->config.target)
      run_modulation_backward (network, kernels, box, trace + plan->pooled,
          dcells + network->modulation, d, dkernels);
  } else {
    memset (d, 0, size * sizeof (float));
  }
  if (dfeatures != NULL)
    add (dfeatures, d, size);
  run_upper_backward (network, kernels, SST_ROLE_TEMPLATE, trace, dkernels,
      workspace);
}

void
sst_network_template_backward (const SstNetwork * network,
    const float *kernels, const SstBox * box, const float *trace,
    const float *dcells, const float *dfeatures, float *dkernels,
    float *workspace)
{
  run_template_backward (network, kernels, box, trace, dcells, dfeatures,
      dkernels, workspace);
  run_lower_backward (network, kernels, SST_ROLE_TEMPLATE, trace, dkernels,
      workspace);
}

void
sst_network_template_backward_upper (const SstNetwork * network,
    const float *kernels, const SstBox * box, const float *trace,
    const float *dcells, const float *dfeatures, float *dkernels,
    float *middle, float *workspace)
{
  run_template_backward (network, kernels, box, trace, dcells, dfeatures,
      dkernels, workspace);
  memcpy (middle, buffer (network, workspace, 0),
      features_size (network, SST_ROLE_TEMPLATE) * sizeof (float));
}

void
sst_network_backward_lower (const SstNetwork * network, const float *kernels,
    SstNetworkRole role, const float *trace, const float *middle,
    float *dkernels, float *workspace)
{
  memcpy (buffer (network, workspace, 0), middle,
      features_size (network, role) * sizeof (float));
  run_lower_backward (network, kernels, role, trace, dkernels, workspace);
}

/* --- head --- */

/* The row of the cosines of all template cells that is row k of the
 * middle's. */
static int
middle_row (int k)
{
  const int margin = (SST_TEMPLATE_GRID - SST_MIDDLE_GRID) / 2;

  return (margin + k / SST_MIDDLE_GRID) * SST_TEMPLATE_GRID + margin
      + k % SST_MIDDLE_GRID;
}

SST_MULTIVERSION static void
scale_shift (const float *x, float scale, float shift, size_t n, float *y)
{
  for (size_t i = 0; i < n; i++)
    y[i] = scale * x[i] + shift;
}

/* What the head sees where the target is seen: the middle's cosines, likeness,
 * and the reduced features as the target has them. */
static void
run_target (const SstNetwork * network, const float *kernels,
    SstNetworkRole role, const float *cells, float *trace)
{
  const SstNetworkPlan *const plan = &network->plans[role];
  const int n = plan->n_cells, reduced = network->config.reduced;
  const float *const cosines = trace + plan->cosines;
  const float *const scales = cells + network->modulation;
  float *head = trace + plan->head;

  for (int k = 0; k < SST_MIDDLE_CELLS; k++, head += n)
    scale_shift (cosines + (size_t) middle_row (k) * n,
        kernels[network->scale], 0.f, n, head);
  sst_likeness_forward (network->n_compared, n, cosines,
      cells + network->inside, head, trace + plan->sums);
  scale_shift (head, kernels[network->likeness], 0.f, 2 * n, head);
  head += 2 * n;
  for (int c = 0; c < reduced; c++, head += n)
    scale_shift (trace + plan->output[network->reduce] + (size_t) c * n,
        1.f + scales[c], scales[reduced + c], n, head);
}

static float
dot (const float *a, const float *b, int n)
{
  return cblas_sdot (n, a, 1, b, 1);
}

SST_MULTIVERSION static float
sum (const float *x, size_t n)
{
  double total = 0.0;

  for (size_t i = 0; i < n; i++)
    total += x[i];
  return (float) total;
}

/* dhead: gradient of what the head sees. Overwrites dcosines, dreduced and the
 * modulation's part of dcells. */
static void
run_target_backward (const SstNetwork * network, const float *kernels,
    const float *cells, const float *trace, float *dhead, float *dcosines,
    float *dreduced, float *dcells, float *dkernels)
{
  const SstNetworkPlan *const plan = &network->plans[SST_ROLE_SEARCH];
  const int n = SST_NETWORK_CELLS, reduced = network->config.reduced;
  const float *const cosines = trace + plan->cosines;
  const float *const seen = trace + plan->head;
  const float *const scales = cells + network->modulation;
  float *const dscales = dcells + network->modulation;
  const float per_likeness = 1.f / kernels[network->likeness];

  memset (dcosines, 0, (size_t) network->n_compared * n * sizeof (float));
  for (int k = 0; k < SST_MIDDLE_CELLS; k++) {
    const size_t row = (size_t) middle_row (k) * n;

    scale_shift (dhead + (size_t) k * n, kernels[network->scale], 0.f, n,
        dcosines + row);
    dkernels[network->scale] += dot (dhead + (size_t) k * n, cosines + row, n);
  }
  dhead += (size_t) SST_MIDDLE_CELLS * n;
  if (kernels[network->likeness] != 0.f)
    dkernels[network->likeness] += per_likeness * dot (dhead,
        seen + (size_t) SST_MIDDLE_CELLS * n, 2 * n);
  scale_shift (dhead, kernels[network->likeness], 0.f, 2 * n, dhead);
  sst_likeness_backward (network->n_compared, n, cosines,
      cells + network->inside, trace + plan->sums, dhead, dcosines);
  dhead += 2 * n;
  for (int c = 0; c < reduced; c++, dhead += n) {
    dscales[c] = dot (dhead, trace + plan->output[network->reduce]
        + (size_t) c * n, n);
    dscales[reduced + c] = sum (dhead, n);
    scale_shift (dhead, 1.f + scales[c], 0.f, n, dreduced + (size_t) c * n);
  }
}

/* From what the head sees to the output. */
static void
run_outputs (const SstNetwork * network, const float *kernels,
    SstNetworkRole role, float *trace, float *workspace)
{
  const SstNetworkPlan *const plan = &network->plans[role];
  const float *const shared = trace + plan->output[network->head0];

  run_layer (network, kernels, network->head0, role, trace + plan->head, trace,
      workspace);
  if (network->score_tower == SST_NO_LAYER) {
    run_layer (network, kernels, network->head1, role, shared, trace,
        workspace);
    run_layer (network, kernels, network->out, role,
        trace + plan->output[network->head1], trace, workspace);
    return;
  }
  run_layer (network, kernels, network->score_tower, role, shared, trace,
      workspace);
  run_layer (network, kernels, network->out, role,
      trace + plan->output[network->score_tower], trace, workspace);
  run_layer (network, kernels, network->box_tower, role, shared, trace,
      workspace);
  run_layer (network, kernels, network->out_box, role,
      trace + plan->output[network->box_tower], trace, workspace);
}

/* Through a layer of the output and the one before it; x is the latter's input.
 * The gradient of x goes to dx. */
static void
run_tower_backward (const SstNetwork * network, const float *kernels,
    int before, int out, const float *x, const float *trace,
    const float *doutput, float *dx, float *dkernels, float *workspace)
{
  const SstNetworkPlan *const plan = &network->plans[SST_ROLE_SEARCH];
  float *const a = buffer (network, workspace, 0);
  float *const b = buffer (network, workspace, 1);

  memcpy (a, doutput, sst_layer_out_size (&network->layers[out],
          SST_ROLE_SEARCH) * sizeof (float));
  run_layer_backward (network, kernels, out, SST_ROLE_SEARCH,
      trace + plan->output[before], trace, a, b, dkernels, workspace);
  run_layer_backward (network, kernels, before, SST_ROLE_SEARCH, x, trace, b,
      dx, dkernels, workspace);
}

/* Leaves the gradient of what the head sees in buffer 1. */
static void
run_outputs_backward (const SstNetwork * network, const float *kernels,
    const float *trace, const float *doutput, float *dkernels,
    float *workspace)
{
  const SstNetworkPlan *const plan = &network->plans[SST_ROLE_SEARCH];
  const float *const shared = trace + plan->output[network->head0];
  float *const d = buffer (network, workspace, 2);

  if (network->score_tower == SST_NO_LAYER) {
    run_tower_backward (network, kernels, network->head1, network->out, shared,
        trace, doutput, d, dkernels, workspace);
  } else {
    float *const other = buffer (network, workspace, 3);

    run_tower_backward (network, kernels, network->score_tower, network->out,
        shared, trace, doutput, d, dkernels, workspace);
    run_tower_backward (network, kernels, network->box_tower,
        network->out_box, shared, trace, doutput + SST_NETWORK_CELLS, other,
        dkernels, workspace);
    add (other, d, sst_layer_out_size (&network->layers[network->head0],
            SST_ROLE_SEARCH));
  }
  run_layer_backward (network, kernels, network->head0, SST_ROLE_SEARCH,
      trace + plan->head, trace, d, buffer (network, workspace, 1), dkernels,
      workspace);
}

/* From the input, which is in the trace, to the output. */
static void
run_search (const SstNetwork * network, const float *kernels,
    SstNetworkRole role, const float *cells, float *trace, float *workspace)
{
  const SstNetworkPlan *const plan = &network->plans[role];
  const int channels = network->config.channels[2];
  const float *const features = run_backbone (network, kernels, role, trace,
      workspace);
  const gboolean seen = network->config.target;

  sst_normalize_cells_forward (channels, plan->n_cells,
      trace + plan->output[network->neck], trace + plan->cells,
      trace + plan->length);
  run_layer (network, kernels, network->reduce, role, features, trace,
      workspace);
  sst_correlate_forward (channels, network->n_compared, plan->n_cells,
      seen ? 1.f : kernels[network->scale], cells, trace + plan->cells,
      trace + (seen ? plan->cosines : plan->head));
  if (seen)
    run_target (network, kernels, role, cells, trace);
  run_outputs (network, kernels, role, trace, workspace);
}

void
sst_network_search (const SstNetwork * network, const float *kernels,
    const float *cells, const float *sample, float *trace, float *workspace)
{
  const SstNetworkPlan *const plan = &network->plans[SST_ROLE_SEARCH];

  normalize_input (sample, (size_t) plan->side * plan->side,
      trace + plan->input);
  run_search (network, kernels, SST_ROLE_SEARCH, cells, trace, workspace);
}

const float *
sst_network_look_fine (const SstNetwork * network, const float *kernels,
    const float *sample, float *trace, float *workspace)
{
  const SstNetworkPlan *const plan = &network->plans[SST_ROLE_SEARCH];
  const float *x = trace + plan->input;

  normalize_input (sample, (size_t) plan->side * plan->side,
      trace + plan->input);
  for (int s = 0; s < 2; s++)
    x = run_stage (network, kernels, SST_ROLE_SEARCH, s, x, trace, workspace);
  return sst_network_fine_features (network, SST_ROLE_SEARCH, trace);
}

void
sst_network_search_close (const SstNetwork * network, const float *kernels,
    const float *cells, const float *sample, int x, int y, float *trace,
    float *workspace, float *output)
{
  const SstNetworkPlan *const plan = &network->plans[SST_ROLE_CLOSE];
  const float *from = trace + plan->output[network->out];

  normalize_part (sample, x * SST_NETWORK_STRIDE, y * SST_NETWORK_STRIDE,
      trace + plan->input);
  run_search (network, kernels, SST_ROLE_CLOSE, cells, trace, workspace);
  for (int k = 0; k < sst_network_n_outputs (network); k++) {
    for (int row = 0; row < SST_CLOSE_GRID; row++) {
      memcpy (output + k * SST_NETWORK_CELLS + (y + row) * SST_NETWORK_GRID
          + x, from, SST_CLOSE_GRID * sizeof (float));
      from += SST_CLOSE_GRID;
    }
  }
}

/* Leaves the features' gradient in buffer 0. */
static void
run_head_backward (const SstNetwork * network, const float *kernels,
    const float *cells, const float *trace, const float *doutput,
    float *dkernels, float *dcells, float *workspace)
{
  const SstNetworkPlan *const plan = &network->plans[SST_ROLE_SEARCH];
  const int channels = network->config.channels[2];
  const float *const features = trace + plan->fused;
  float *const a = buffer (network, workspace, 0);
  float *const b = buffer (network, workspace, 1);
  float *const c = buffer (network, workspace, 2);
  float *dreduced = b + (size_t) SST_MIDDLE_CELLS * SST_NETWORK_CELLS;
  float *dcosines = b;
  float dunit = 0.f;

  run_outputs_backward (network, kernels, trace, doutput, dkernels,
      workspace);
  if (network->config.target) {
    dcosines = a;
    dreduced = buffer (network, workspace, 3);
    memset (dcells, 0, network->cells_size * sizeof (float));
    run_target_backward (network, kernels, cells, trace, b, dcosines, dreduced,
        dcells, dkernels);
  }
  sst_correlate_backward (channels, network->n_compared, SST_NETWORK_CELLS,
      network->config.target ? 1.f : kernels[network->scale], cells,
      trace + plan->cells, dcosines, dcells, c, network->config.target
      ? &dunit : dkernels + network->scale);
  sst_normalize_cells_backward (channels, SST_NETWORK_CELLS,
      trace + plan->cells, trace + plan->length, c, c);
  run_layer_backward (network, kernels, network->neck, SST_ROLE_SEARCH,
      features, trace, c, a, dkernels, workspace);
  run_layer_backward (network, kernels, network->reduce, SST_ROLE_SEARCH,
      features, trace, dreduced, c, dkernels, workspace);
  add (c, a, features_size (network, SST_ROLE_SEARCH));
}

/* Leaves the gradient of the lower half's output in buffer 0. */
static void
run_search_backward (const SstNetwork * network, const float *kernels,
    const float *cells, const float *trace, const float *doutput,
    const float *dfeatures, float *dkernels, float *dcells, float *workspace)
{
  const size_t size = features_size (network, SST_ROLE_SEARCH);
  float *const d = buffer (network, workspace, 0);

  if (doutput != NULL)
    run_head_backward (network, kernels, cells, trace, doutput, dkernels,
        dcells, workspace);
  else
    memset (d, 0, size * sizeof (float));
  if (dfeatures != NULL)
    add (dfeatures, d, size);
  run_upper_backward (network, kernels, SST_ROLE_SEARCH, trace, dkernels,
      workspace);
}

void
sst_network_search_backward (const SstNetwork * network,
    const float *kernels, const float *cells, const float *trace,
    const float *doutput, const float *dfeatures, float *dkernels,
    float *dcells, float *workspace)
{
  run_search_backward (network, kernels, cells, trace, doutput, dfeatures,
      dkernels, dcells, workspace);
  run_lower_backward (network, kernels, SST_ROLE_SEARCH, trace, dkernels,
      workspace);
}

void
sst_network_search_backward_upper (const SstNetwork * network,
    const float *kernels, const float *cells, const float *trace,
    const float *doutput, const float *dfeatures, float *dkernels,
    float *dcells, float *middle, float *workspace)
{
  run_search_backward (network, kernels, cells, trace, doutput, dfeatures,
      dkernels, dcells, workspace);
  memcpy (middle, buffer (network, workspace, 0),
      features_size (network, SST_ROLE_SEARCH) * sizeof (float));
}

/* --- embedding --- */

float
sst_network_embed (const SstNetwork * network, const float *kernels,
    SstNetworkRole role, const float *trace, const SstBox * box,
    float *pooled, float *embedding)
{
  const int side = network->plans[role].side / SST_NETWORK_STRIDE;
  const int channels = network->config.channels[2];
  const int dimensions = network->config.embedding;
  const SstBox cells = in_cells (box);
  float length = 1e-6f;

  sst_pool_box_forward (channels, side, sst_network_features (network, role,
          trace), &cells, pooled);
  cblas_sgemv (CblasRowMajor, CblasNoTrans, dimensions, channels, 1.f,
      kernels + network->embed, channels, pooled, 1, 0.f, embedding, 1);
  for (int k = 0; k < dimensions; k++)
    length += embedding[k] * embedding[k];
  length = sqrtf (length);
  for (int k = 0; k < dimensions; k++)
    embedding[k] /= length;
  return length;
}

void
sst_network_embed_backward (const SstNetwork * network,
    const float *kernels, SstNetworkRole role, const SstBox * box,
    const float *pooled, const float *embedding, float length,
    const float *dembedding, float *dfeatures, float *dkernels)
{
  const int side = network->plans[role].side / SST_NETWORK_STRIDE;
  const int channels = network->config.channels[2];
  const int dimensions = network->config.embedding;
  const SstBox cells = in_cells (box);
  float mapped[256], dpooled[256], along = 0.f;

  for (int k = 0; k < dimensions; k++)
    along += embedding[k] * dembedding[k];
  for (int k = 0; k < dimensions; k++)
    mapped[k] = (dembedding[k] - embedding[k] * along) / length;
  cblas_sger (CblasRowMajor, dimensions, channels, 1.f, mapped, 1, pooled, 1,
      dkernels + network->embed, channels);
  cblas_sgemv (CblasRowMajor, CblasTrans, dimensions, channels, 1.f,
      kernels + network->embed, channels, mapped, 1, 0.f, dpooled, 1);
  sst_pool_box_backward (channels, side, &cells, dpooled, dfeatures);
}
