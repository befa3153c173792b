/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <sstrack/matcher.h>

#include <math.h>
#include <string.h>

#include <sstrack/nn/correlate.h>

struct _SstMatcher
{
  SstModel *model;
  const SstNetwork *network;
  const float *kernels;
  float *sample;                /* of a template */
  float *trace[2];              /* by role */
  float *workspace;
  float *first, *recent, *mixture;      /* template cells */
  size_t cells_size;
  float scores[SST_NETWORK_CELLS];
};

static float *
new_floats (size_t n)
{
  return g_aligned_alloc0 (n, sizeof (float), 64);
}

SstMatcher *
sst_matcher_new (SstModel * model)
{
  SstMatcher *matcher = g_new0 (SstMatcher, 1);
  const SstNetwork *const network = sst_model_network (model);

  matcher->model = sst_model_ref (model);
  matcher->network = network;
  matcher->kernels = sst_model_kernels (model);
  matcher->sample = new_floats (3 * SST_TEMPLATE_SIDE * SST_TEMPLATE_SIDE);
  for (int role = 0; role < 2; role++)
    matcher->trace[role] = new_floats (sst_network_trace_size (network, role));
  matcher->workspace = new_floats (sst_network_workspace_size (network,
          FALSE));
  matcher->cells_size = sst_network_cells_size (network);
  matcher->first = new_floats (matcher->cells_size);
  matcher->recent = new_floats (matcher->cells_size);
  matcher->mixture = new_floats (matcher->cells_size);
  return matcher;
}

void
sst_matcher_free (SstMatcher ** matcher)
{
  SstMatcher *m = *matcher;

  if (m == NULL)
    return;
  sst_model_unref (m->model);
  g_aligned_free (m->sample);
  g_aligned_free (m->trace[0]);
  g_aligned_free (m->trace[1]);
  g_aligned_free (m->workspace);
  g_aligned_free (m->first);
  g_aligned_free (m->recent);
  g_aligned_free (m->mixture);
  g_clear_pointer (matcher, g_free);
}

/* to = share of from, the rest of to as it was; each cell gets length 1. */
static void
mix (const SstMatcher * matcher, const float *from, float share, float *to)
{
  const int channels =
      sst_network_get_config (matcher->network)->channels[2];

  for (size_t i = 0; i < matcher->cells_size; i++)
    to[i] += share * (from[i] - to[i]);
  sst_normalize_cells_forward (channels, (int) (matcher->cells_size
          / channels), to, to, NULL);
}

static const float *
cells_of (SstMatcher * matcher, SstSampler * sampler, const SstFrame * frame,
    float cx, float cy, float side)
{
  const SstBox region = sst_box_from_center (cx, cy, side, side);

  sst_sampler_sample (sampler, frame, &region, SST_SAMPLE_YCC,
      SST_TEMPLATE_SIDE, SST_TEMPLATE_SIDE, matcher->sample);
  sst_network_template (matcher->network, matcher->kernels, matcher->sample,
      matcher->trace[SST_ROLE_TEMPLATE], matcher->workspace);
  return sst_network_template_cells (matcher->network,
      matcher->trace[SST_ROLE_TEMPLATE]);
}

void
sst_matcher_start (SstMatcher * matcher, SstSampler * sampler,
    const SstFrame * frame, float cx, float cy, float side)
{
  const float *const cells =
      cells_of (matcher, sampler, frame, cx, cy, side);

  memcpy (matcher->first, cells, matcher->cells_size * sizeof (float));
  memcpy (matcher->recent, cells, matcher->cells_size * sizeof (float));
}

void
sst_matcher_learn (SstMatcher * matcher, SstSampler * sampler,
    const SstFrame * frame, float cx, float cy, float side, float rate)
{
  mix (matcher, cells_of (matcher, sampler, frame, cx, cy, side), rate,
      matcher->recent);
}

/* A model may hold numbers so large that its output is none. */
static float
probability (float logit)
{
  return isnan (logit) ? 0.f : 1.f / (1.f + expf (-logit));
}

void
sst_matcher_search (SstMatcher * matcher, const float *sample, float recent)
{
  float *const trace = matcher->trace[SST_ROLE_SEARCH];
  const float *output;

  memcpy (matcher->mixture, matcher->first,
      matcher->cells_size * sizeof (float));
  if (recent > 0.f)
    mix (matcher, matcher->recent, recent, matcher->mixture);
  sst_network_search (matcher->network, matcher->kernels, matcher->mixture,
      sample, trace, matcher->workspace);
  output = sst_network_output (matcher->network, trace);
  for (int i = 0; i < SST_NETWORK_CELLS; i++)
    matcher->scores[i] = probability (output[i]);
}

const float *
sst_matcher_scores (const SstMatcher * matcher)
{
  return matcher->scores;
}

SstBox
sst_matcher_box (const SstMatcher * matcher, int x, int y, float *quality)
{
  const float *const output = sst_network_output (matcher->network,
      matcher->trace[SST_ROLE_SEARCH]);

  *quality = probability (output[(SST_NETWORK_OUTPUTS - 1)
          * SST_NETWORK_CELLS + y * SST_NETWORK_GRID + x]);
  return sst_network_box (output, x, y);
}
