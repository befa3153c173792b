/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "fit/forward.h"

#include <math.h>

#include "base/floats.h"

/* Regions overlap by the rest of their side, unless there are too many. */
#define STEP 0.75f

struct _SstForward
{
  const SstNetwork *network;
  SstSampler *sampler;
  float *templ, *search;        /* samples */
  float *trace[2];              /* by role */
  float *workspace;
};

SstForward *
sst_forward_new (const SstNetwork * network)
{
  SstForward *forward = g_new0 (SstForward, 1);

  forward->network = network;
  forward->sampler = sst_sampler_new ();
  forward->templ = sst_floats_new (SST_TEMPLATE_SIZE);
  forward->search = sst_floats_new (SST_SEARCH_SIZE);
  for (int role = 0; role < 2; role++)
    forward->trace[role] =
        sst_floats_new (sst_network_trace_size (network, role));
  forward->workspace = sst_floats_new (sst_network_workspace_size (network,
          FALSE));
  return forward;
}

void
sst_forward_free (SstForward ** forward)
{
  SstForward *f = *forward;

  if (f == NULL)
    return;
  sst_sampler_free (&f->sampler);
  g_aligned_free (f->templ);
  g_aligned_free (f->search);
  g_aligned_free (f->trace[0]);
  g_aligned_free (f->trace[1]);
  g_aligned_free (f->workspace);
  g_clear_pointer (forward, g_free);
}

/* How many regions of that side cover a stretch of that length. */
static int
count_regions (float length, float side)
{
  return length <= side ? 1
      : 1 + (int) ceilf ((length - side) / (STEP * side));
}

/* The middle of region i of n over a stretch. */
static float
region_center (float length, float side, int i, int n)
{
  return n == 1 ? 0.5f * length
      : 0.5f * side + (length - side) * i / (n - 1.f);
}

float
sst_forward_find (SstForward * forward, const float *kernels,
    const SstFrame * known_frame, const SstBox * known_box,
    const SstFrame * frame, SstBox * found)
{
  const float scale = sst_box_scale (known_box);
  const float cx = sst_box_center_x (known_box);
  const float cy = sst_box_center_y (known_box);
  const SstBox around = sst_box_from_center (cx, cy,
      SST_TEMPLATE_FACTOR * scale, SST_TEMPLATE_FACTOR * scale);
  const float nominal = SST_TEMPLATE_SIDE / SST_TEMPLATE_FACTOR;
  float side = SST_SEARCH_FACTOR * scale, best = 0.f;
  SstBox templ_box;
  int columns, rows;

  while ((columns = count_regions (frame->width, side))
      * (rows = count_regions (frame->height, side)) > SST_FORWARD_MAX_REGIONS)
    side *= 1.1f;
  sst_sampler_sample (forward->sampler, known_frame, &around, SST_SAMPLE_YCC,
      SST_TEMPLATE_SIDE, SST_TEMPLATE_SIDE, forward->templ);
  templ_box = sst_box_from_center (0.5f * SST_TEMPLATE_SIDE,
      0.5f * SST_TEMPLATE_SIDE, nominal * known_box->width / scale,
      nominal * known_box->height / scale);
  sst_network_template (forward->network, kernels, forward->templ, &templ_box,
      forward->trace[SST_ROLE_TEMPLATE], forward->workspace);
  for (int i = 0; i < columns * rows; i++) {
    const SstBox region = sst_box_from_center (region_center (frame->width,
            side, i % columns, columns), region_center (frame->height, side,
            i / columns, rows), side, side);
    const float pixel = side / SST_SEARCH_SIDE;
    const float *output;
    SstBox box;
    int cell;

    sst_sampler_sample (forward->sampler, frame, &region, SST_SAMPLE_YCC,
        SST_SEARCH_SIDE, SST_SEARCH_SIDE, forward->search);
    sst_network_search (forward->network, kernels,
        sst_network_template_cells (forward->network,
            forward->trace[SST_ROLE_TEMPLATE]), forward->search,
        forward->trace[SST_ROLE_SEARCH], forward->workspace);
    output = sst_network_output (forward->network,
        forward->trace[SST_ROLE_SEARCH]);
    cell = sst_network_best_cell (output);
    if (i > 0 && output[cell] <= best)
      continue;
    best = output[cell];
    box = sst_network_box (output, cell % SST_NETWORK_GRID,
        cell / SST_NETWORK_GRID);
    *found = (SstBox) { region.x + box.x * pixel, region.y + box.y * pixel,
      box.width * pixel, box.height * pixel
    };
  }
  return 1.f / (1.f + expf (-best));
}
