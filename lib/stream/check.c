/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "stream/check.h"

#include <math.h>

#include "base/floats.h"
#include "footage/synth.h"

struct _SstCheck
{
  SstSynth *synth;              /* this, or */
  SstTrackletSampler *tracklets;        /* that */
  guint64 seed;
  guint n;
  SstPair pair;

  /* For networks of one configuration; NULL before the first. */
  float *trace[2];              /* by role */
  float *workspace;
  double *sum;                  /* of all templates' cells */
};

SstCheck *
sst_check_new (const SstFootage * footage, const SstTracklets * tracklets,
    guint64 seed, guint n)
{
  SstCheck *check = g_new0 (SstCheck, 1);

  check->seed = seed;
  check->n = n;
  check->pair.templ = sst_floats_new (SST_TEMPLATE_SIZE);
  check->pair.search = sst_floats_new (SST_SEARCH_SIZE);
  if (tracklets != NULL) {
    check->tracklets = sst_tracklet_sampler_new (footage, tracklets);
    sst_tracklet_sampler_set_strength (check->tracklets, 0.f);
  } else {
    check->synth = sst_synth_new (footage);
  }
  return check;
}

void
sst_check_free (SstCheck ** check)
{
  SstCheck *c = *check;

  if (c == NULL)
    return;
  sst_synth_free (&c->synth);
  sst_tracklet_sampler_free (&c->tracklets);
  g_aligned_free (c->pair.templ);
  g_aligned_free (c->pair.search);
  g_aligned_free (c->trace[0]);
  g_aligned_free (c->trace[1]);
  g_aligned_free (c->workspace);
  g_free (c->sum);
  g_clear_pointer (check, g_free);
}

static void
prepare (SstCheck * check, const SstNetwork * network)
{
  const size_t n = sst_network_unit_cells_size (network);

  if (check->workspace == NULL) {
    for (int role = 0; role < 2; role++)
      check->trace[role] =
          sst_floats_new (sst_network_trace_size (network, role));
    check->workspace = sst_floats_new (sst_network_workspace_size (network,
            FALSE));
    check->sum = g_new (double, n);
  }
  for (size_t k = 0; k < n; k++)
    check->sum[k] = 0.0;
}

static void
draw_pair (SstCheck * check, guint i)
{
  SstRandom random = sst_random_init (check->seed, i);

  if (check->tracklets != NULL)
    sst_tracklet_sampler_pair (check->tracklets, &random, 1.f, 0.f,
        &check->pair);
  else
    sst_synth_pair (check->synth, &random, &check->pair);
}

static float
score_pair (SstCheck * check, const SstModel * model)
{
  const SstNetwork *const network = sst_model_network (model);
  const float *const kernels = sst_model_kernels (model);
  const SstPair *const pair = &check->pair;
  const float *output;
  SstBox box;
  int best;

  sst_network_template (network, kernels, pair->templ, &pair->templ_box,
      check->trace[SST_ROLE_TEMPLATE], check->workspace);
  sst_network_search (network, kernels, sst_network_template_cells (network,
          check->trace[SST_ROLE_TEMPLATE]), pair->search,
      check->trace[SST_ROLE_SEARCH], check->workspace);
  output = sst_network_output (network, check->trace[SST_ROLE_SEARCH]);
  best = sst_network_best_cell (output);
  if (!pair->present)
    return 1.f / (1.f + expf (output[best]));
  box = sst_network_box (output, best % SST_NETWORK_GRID,
      best / SST_NETWORK_GRID);
  return sst_box_iou (&box, &pair->box);
}

gboolean
sst_check_run (SstCheck * check, const SstModel * model, SstPace * pace,
    float *scores, float *spread)
{
  const SstNetwork *const network = sst_model_network (model);
  const size_t n = sst_network_unit_cells_size (network);
  double alike = 0.0, own = 0.0;

  prepare (check, network);
  for (guint i = 0; i < check->n; i++) {
    const float *cells;

    if (!sst_pace_wait (pace))
      return FALSE;
    draw_pair (check, i);
    scores[i] = score_pair (check, model);
    cells = sst_network_template_cells (network,
        check->trace[SST_ROLE_TEMPLATE]);
    for (size_t k = 0; k < n; k++) {
      check->sum[k] += cells[k];
      own += (double) cells[k] * cells[k];
    }
  }
  /* The square of the sum is all the products of two, each with itself too. All
   * templates are of one length. */
  for (size_t k = 0; k < n; k++)
    alike += check->sum[k] * check->sum[k];
  if (spread != NULL)
    *spread = check->n < 2 ? 0.f
        : (float) (1.0 - (alike - own) / (own * (check->n - 1)));
  return TRUE;
}

float
sst_check_compare (const float *a, const float *b, guint n, float *error)
{
  double mean = 0.0, squares = 0.0;

  for (guint i = 0; i < n; i++)
    mean += ((double) b[i] - a[i]) / n;
  for (guint i = 0; i < n; i++) {
    const double off = (double) b[i] - a[i] - mean;

    squares += off * off;
  }
  if (error != NULL)
    *error = n < 2 ? INFINITY
        : (float) sqrt (squares / (n - 1.0) / (double) n);
  return (float) mean;
}
