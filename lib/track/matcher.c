/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/matcher.h"

#include <math.h>
#include <string.h>

#include "base/floats.h"
#include "track/gallery.h"

/* Levels of a template's sample are kept in so many parts, as shorts. */
#define PARTS 128.f

/* A mask's logit of what is surely none. */
#define NOT_TARGET -4.f

struct _SstMatcher
{
  SstModel *model;
  const SstNetwork *network;
  const float *kernels;
  SstModel *next;               /* takes over once the cells are its own too;
                                 * NULL: none */
  gint16 *first_sample, *recent_sample; /* of templates, the last learned */
  SstBox first_box, recent_box; /* the target in them */
  gboolean learned;             /* there is a recent_sample */
  SstScratch *scratch;
  float *first, *recent;        /* template cells */
  float *next_first;            /* of the next model; NULL: there was none */
  gboolean next_has_first;
  float *portrait;              /* of the template that was looked at last */
  size_t cells_size;
  float output[SST_NETWORK_MAX_OUTPUTS * SST_NETWORK_CELLS];
  float scores[SST_NETWORK_CELLS];
};

/* Takes the reference over. */
static void
use_model (SstMatcher * matcher, SstModel * model)
{
  sst_model_unref (matcher->model);
  matcher->model = model;
  matcher->network = sst_model_network (model);
  matcher->kernels = sst_model_kernels (model);
}

/* A trace starts on a cache line, and the workspace behind it does. */
static size_t
trace_size (const SstNetwork * network)
{
  size_t size = 0;

  for (int role = 0; role < SST_N_ROLES; role++)
    size = MAX (size, sst_network_trace_size (network, role));
  return sst_floats_round_up (size);
}

size_t
sst_matcher_scratch_size (const SstModel * model)
{
  const SstNetwork *const network = sst_model_network (model);

  return trace_size (network) + sst_network_workspace_size (network, FALSE)
      + sst_network_cells_size (network) + SST_TEMPLATE_SIZE;
}

/* A block of scratch: a trace, the network's workspace, the cells that are
 * compared with, and a template's sample. */
typedef struct
{
  float *trace, *workspace, *cells, *sample;
} Block;

static Block
take_block (SstMatcher * matcher, const SstModel * model)
{
  const SstNetwork *const network = sst_model_network (model);
  float *const memory = sst_scratch_take (matcher->scratch,
      sst_matcher_scratch_size (model));
  float *const workspace = memory + trace_size (network);
  float *const cells = workspace + sst_network_workspace_size (network, FALSE);

  return (Block) { memory, workspace, cells,
    cells + sst_network_cells_size (network)
  };
}

static void
give_block (SstMatcher * matcher, const Block * block)
{
  sst_scratch_give (matcher->scratch, block->trace);
}

SstMatcher *
sst_matcher_new (SstModel * model, SstScratch * scratch)
{
  SstMatcher *matcher = g_new0 (SstMatcher, 1);
  const SstNetwork *const network = sst_model_network (model);

  use_model (matcher, sst_model_ref (model));
  matcher->first_sample = g_new0 (gint16, SST_TEMPLATE_SIZE);
  matcher->recent_sample = g_new0 (gint16, SST_TEMPLATE_SIZE);
  matcher->scratch = scratch != NULL ? sst_scratch_ref (scratch) :
      sst_scratch_new ();
  matcher->cells_size = sst_network_cells_size (network);
  matcher->first = sst_floats_new (matcher->cells_size);
  matcher->recent = sst_floats_new (matcher->cells_size);
  matcher->portrait = g_new0 (float, sst_matcher_portrait_length (matcher));
  return matcher;
}

void
sst_matcher_free (SstMatcher ** matcher)
{
  SstMatcher *m = *matcher;

  if (m == NULL)
    return;
  sst_model_unref (m->model);
  sst_model_unref (m->next);
  g_free (m->first_sample);
  g_free (m->recent_sample);
  sst_scratch_unref (m->scratch);
  g_aligned_free (m->first);
  g_aligned_free (m->recent);
  g_aligned_free (m->next_first);
  g_free (m->portrait);
  g_clear_pointer (matcher, g_free);
}

/* Takes a template's sample into the block. Returns where the target is in
 * it: in the middle. */
static SstBox
sample_template (SstSampler * sampler, const SstFrame * frame,
    const SstBox * box, float side, const Block * block)
{
  const SstBox region = sst_box_from_center (sst_box_center_x (box),
      sst_box_center_y (box), side, side);
  const float scale = SST_TEMPLATE_SIDE / side;

  sst_sampler_sample (sampler, frame, &region, SST_SAMPLE_YCC,
      SST_TEMPLATE_SIDE, SST_TEMPLATE_SIDE, block->sample);
  return sst_box_from_center (0.5f * SST_TEMPLATE_SIDE,
      0.5f * SST_TEMPLATE_SIDE, scale * box->width, scale * box->height);
}

static void
keep_sample (const Block * block, gint16 * kept)
{
  for (int i = 0; i < SST_TEMPLATE_SIZE; i++)
    kept[i] = (gint16) floorf (PARTS * block->sample[i] + 0.5f);
}

static void
recall_sample (const gint16 * kept, const Block * block)
{
  for (int i = 0; i < SST_TEMPLATE_SIZE; i++)
    block->sample[i] = kept[i] / PARTS;
}

/* What a model makes of the block's sample; it stays in the block. So does the
 * portrait of what is in the box, in the matcher. */
static const float *
make_cells (SstMatcher * matcher, const SstModel * model, const SstBox * box,
    const Block * block)
{
  const SstNetwork *const network = sst_model_network (model);
  float pooled[SST_NETWORK_MAX_CHANNELS];

  sst_network_template (network, sst_model_kernels (model), block->sample, box,
      block->trace, block->workspace);
  sst_network_embed (network, sst_model_kernels (model), SST_ROLE_TEMPLATE,
      block->trace, box, pooled, matcher->portrait);
  sst_portrait_finish (matcher->portrait,
      sst_network_get_config (network)->embedding, block->sample,
      SST_TEMPLATE_SIDE, box);
  return sst_network_template_cells (network, block->trace);
}

static void
get_cells (SstMatcher * matcher, const SstModel * model,
    const gint16 * sample, const SstBox * box, float *cells)
{
  const Block block = take_block (matcher, model);

  recall_sample (sample, &block);
  memcpy (cells, make_cells (matcher, model, box, &block),
      matcher->cells_size * sizeof (float));
  give_block (matcher, &block);
}

static void
copy_cells (const SstMatcher * matcher, const float *from, float *to)
{
  memcpy (to, from, matcher->cells_size * sizeof (float));
}

void
sst_matcher_start (SstMatcher * matcher, SstSampler * sampler,
    const SstFrame * frame, const SstBox * box, float side)
{
  Block block;

  /* Nothing of the old model's will be left. */
  if (matcher->next != NULL)
    use_model (matcher, g_steal_pointer (&matcher->next));

  block = take_block (matcher, matcher->model);
  matcher->first_box = sample_template (sampler, frame, box, side, &block);
  keep_sample (&block, matcher->first_sample);
  give_block (matcher, &block);
  get_cells (matcher, matcher->model, matcher->first_sample,
      &matcher->first_box, matcher->first);
  copy_cells (matcher, matcher->first, matcher->recent);
  matcher->learned = FALSE;
}

void
sst_matcher_learn (SstMatcher * matcher, SstSampler * sampler,
    const SstFrame * frame, const SstBox * box, float side, float rate)
{
  const Block block = take_block (matcher, matcher->model);

  matcher->recent_box = sample_template (sampler, frame, box, side, &block);
  keep_sample (&block, matcher->recent_sample);
  recall_sample (matcher->recent_sample, &block);
  sst_network_mix_cells (matcher->network, make_cells (matcher,
          matcher->model, &matcher->recent_box, &block), rate,
      matcher->recent);
  give_block (matcher, &block);
  matcher->learned = TRUE;
}

void
sst_matcher_draw (SstMatcher * matcher, SstSampler * sampler,
    const SstFrame * frame, const SstBox * box, float side)
{
  const Block block = take_block (matcher, matcher->model);
  const SstBox inside = sample_template (sampler, frame, box, side, &block);

  make_cells (matcher, matcher->model, &inside, &block);
  give_block (matcher, &block);
}

int
sst_matcher_portrait_length (const SstMatcher * matcher)
{
  return sst_network_get_config (matcher->network)->embedding
      + SST_PORTRAIT_COLORS;
}

const float *
sst_matcher_portrait (const SstMatcher * matcher)
{
  return matcher->portrait;
}

const SstModel *
sst_matcher_model (const SstMatcher * matcher)
{
  return matcher->model;
}

void
sst_matcher_set_model (SstMatcher * matcher, SstModel * model)
{
  const SstNetworkConfig *const config =
      sst_network_get_config (matcher->network);

  g_return_if_fail (memcmp (config,
          sst_network_get_config (sst_model_network (model)),
          sizeof *config) == 0);

  sst_model_ref (model);
  sst_model_unref (matcher->next);
  matcher->next = NULL;
  if (g_str_equal (sst_weights_get_checksum (sst_model_weights (model)),
          sst_weights_get_checksum (sst_model_weights (matcher->model)))) {
    use_model (matcher, model);
  } else {
    matcher->next = model;
    matcher->next_has_first = FALSE;
    if (matcher->next_first == NULL)
      matcher->next_first = sst_floats_new (matcher->cells_size);
  }
}

gboolean
sst_matcher_is_changing (const SstMatcher * matcher)
{
  return matcher->next != NULL;
}

gboolean
sst_matcher_change_has_begun (const SstMatcher * matcher)
{
  return matcher->next != NULL && matcher->next_has_first;
}

void
sst_matcher_change (SstMatcher * matcher)
{
  if (matcher->next == NULL)
    return;
  if (!matcher->next_has_first) {
    get_cells (matcher, matcher->next, matcher->first_sample,
        &matcher->first_box, matcher->next_first);
    matcher->next_has_first = TRUE;
    if (matcher->learned)
      return;
    copy_cells (matcher, matcher->next_first, matcher->recent);
  } else {
    get_cells (matcher, matcher->next, matcher->learned ?
        matcher->recent_sample : matcher->first_sample, matcher->learned ?
        &matcher->recent_box : &matcher->first_box, matcher->recent);
  }
  copy_cells (matcher, matcher->next_first, matcher->first);
  use_model (matcher, g_steal_pointer (&matcher->next));
}

/* A model may hold numbers so large that its output is none. */
static float
probability (float logit)
{
  return isnan (logit) ? 0.f : 1.f / (1.f + expf (-logit));
}

/* What is searched for. */
static void
mix_templates (const SstMatcher * matcher, float recent, float *cells)
{
  copy_cells (matcher, matcher->first, cells);
  if (recent > 0.f)
    sst_network_mix_cells (matcher->network, matcher->recent, recent, cells);
}

void
sst_matcher_search (SstMatcher * matcher, const float *sample, float recent)
{
  const Block block = take_block (matcher, matcher->model);

  mix_templates (matcher, recent, block.cells);
  sst_network_search (matcher->network, matcher->kernels, block.cells, sample,
      block.trace, block.workspace);
  memcpy (matcher->output, sst_network_output (matcher->network, block.trace),
      (size_t) sst_network_n_outputs (matcher->network) * SST_NETWORK_CELLS
      * sizeof (float));
  give_block (matcher, &block);
  for (int i = 0; i < SST_NETWORK_CELLS; i++)
    matcher->scores[i] = probability (matcher->output[i]);
}

/* The first cell of a close look around a pixel: where a coarser stage has a
 * cell begin as well. */
static int
close_start (const SstMatcher * matcher, float pixel)
{
  const int step =
      sst_network_get_config (matcher->network)->channels16 > 0 ? 2 : 1;
  const int middle = (int) lrintf (pixel / (step * SST_NETWORK_STRIDE));

  return CLAMP (step * middle - SST_CLOSE_GRID / 2, 0,
      SST_NETWORK_GRID - SST_CLOSE_GRID);
}

/* Takes what the mask said beside the part that was looked at, in an earlier
 * region, out of it. */
static void
clear_beside (SstMatcher * matcher, int left, int top)
{
  float *const mask = matcher->output
      + SST_NETWORK_OUTPUTS * SST_NETWORK_CELLS;

  if (sst_network_n_outputs (matcher->network) <= SST_NETWORK_OUTPUTS)
    return;
  for (int y = 0; y < SST_NETWORK_GRID; y++)
    for (int x = 0; x < SST_NETWORK_GRID; x++)
      if (x < left || y < top || x >= left + SST_CLOSE_GRID
          || y >= top + SST_CLOSE_GRID)
        mask[y * SST_NETWORK_GRID + x] = NOT_TARGET;
}

void
sst_matcher_search_close (SstMatcher * matcher, const float *sample,
    float recent, float x, float y)
{
  const int left = close_start (matcher, x), top = close_start (matcher, y);
  const Block block = take_block (matcher, matcher->model);

  mix_templates (matcher, recent, block.cells);
  sst_network_search_close (matcher->network, matcher->kernels, block.cells,
      sample, left, top, block.trace, block.workspace, matcher->output);
  give_block (matcher, &block);
  clear_beside (matcher, left, top);
  memset (matcher->scores, 0, sizeof matcher->scores);
  for (int v = top; v < top + SST_CLOSE_GRID; v++)
    for (int u = left; u < left + SST_CLOSE_GRID; u++)
      matcher->scores[v * SST_NETWORK_GRID + u] =
          probability (matcher->output[v * SST_NETWORK_GRID + u]);
}

const float *
sst_matcher_scores (const SstMatcher * matcher)
{
  return matcher->scores;
}

const float *
sst_matcher_mask (const SstMatcher * matcher)
{
  return sst_network_n_outputs (matcher->network) > SST_NETWORK_OUTPUTS ?
      matcher->output + SST_NETWORK_OUTPUTS * SST_NETWORK_CELLS : NULL;
}

SstBox
sst_matcher_box (const SstMatcher * matcher, int x, int y, float *quality)
{
  *quality = probability (matcher->output[(SST_NETWORK_OUTPUTS - 1)
          * SST_NETWORK_CELLS + y * SST_NETWORK_GRID + x]);
  return sst_network_box (matcher->output, x, y);
}
