/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "mask/carry.h"

#include <math.h>
#include <string.h>

#include "mask/alike.h"
#include "mask/color.h"
#include "mask/moves.h"
#include "mask/parts.h"
#include "mask/recall.h"
#include "mask/smooth.h"

#define GRID SST_MASK_GRID
#define CELLS SST_MASK_CELLS

/* The most that likeness says. */
#define LIKENESS_LIMIT 4.f
/* Carried labels are made surer, so that they do not fade. */
#define SHARPEN 1.5f

/* How far beside the box the target may reach, in sizes of it. */
#define REACH 0.45f
/* A target that grows does not outgrow the window. */
#define MIN_TALL 1.25f

/* A part of the grid, the last row and column not in it. */
typedef struct
{
  int x0, y0, x1, y1;
} Part;

struct _SstMaskCarrier
{
  SstMaskCarryParams params;
  SstMaskEye *eye;
  SstModel *model;              /* the eye holds it */
  SstScratch *pool;             /* where it works */
  int n_channels;
  SstMaskView view;
  float factor;                 /* window over the box's size, at the start */
  SstAlike *alike;
  SstRecall *recall;
  SstColor color;
  SstMaskUse use;
  SstMoves *moves;              /* NULL: it was never shown */
  /* During a call. */
  float *memory;                /* the eye's, then the following */
  float *evidence, *counts, *logits, *right, *below;    /* SST_MASK_PIXELS */
  guint16 bins[SST_MASK_PIXELS];
  float histogram[SST_COLOR_SIZE];
  float votes[SST_N_VOTES][CELLS];
  float separation[CELLS];
  float p[CELLS];
  guint8 keep[CELLS];
  int scratch[2 * CELLS];
};

void
sst_mask_carry_params_init (SstMaskCarryParams * params)
{
  *params = (SstMaskCarryParams) {
    .factor = 2.2f,
    .tall = 1.4f,
    .weights = {
          [SST_VOTE_FIRST] = 0.5f,
          [SST_VOTE_PROPAGATED] = 0.8f,
          [SST_VOTE_COLOR] = 0.4f,
          [SST_VOTE_NETWORK] = 0.5f,
          [SST_VOTE_MOTION] = 0.2f,
        },
    .bias = -1.f,
    .smoothness = 1.5f,
    .rounds = 4,
  };
  sst_mask_first_params_init (&params->first);
  sst_mask_first_params_init_shown (&params->shown);
}

SstMaskCarrier *
sst_mask_carrier_new (SstModel * model, SstScratch * scratch,
    const SstMaskCarryParams * params)
{
  SstMaskCarrier *const carrier = g_new0 (SstMaskCarrier, 1);

  if (params != NULL)
    carrier->params = *params;
  else
    sst_mask_carry_params_init (&carrier->params);
  carrier->eye = sst_mask_eye_new (model);
  carrier->model = model;
  carrier->pool = scratch != NULL ? sst_scratch_ref (scratch)
      : sst_scratch_new ();
  carrier->n_channels = sst_mask_eye_n_channels (carrier->eye);
  carrier->alike = sst_alike_new (carrier->n_channels);
  carrier->recall = sst_recall_new (carrier->n_channels);
  return carrier;
}

void
sst_mask_carrier_free (SstMaskCarrier ** carrier_p)
{
  SstMaskCarrier *const carrier = *carrier_p;

  if (carrier == NULL)
    return;
  sst_mask_eye_free (&carrier->eye);
  sst_scratch_unref (carrier->pool);
  sst_alike_free (&carrier->alike);
  sst_recall_free (&carrier->recall);
  sst_moves_free (&carrier->moves);
  g_clear_pointer (carrier_p, g_free);
}

size_t
sst_mask_carrier_scratch_size (const SstModel * model)
{
  return sst_mask_eye_scratch_size (model) + sst_mask_view_size (model)
      + 5 * SST_MASK_PIXELS;
}

static void
sit_down (SstMaskCarrier * carrier)
{
  const SstModel *const model = carrier->model;
  float *memory = sst_scratch_take (carrier->pool,
      sst_mask_carrier_scratch_size (model));

  carrier->memory = memory;
  memory += sst_mask_eye_scratch_size (model);
  sst_mask_view_place (carrier->eye, memory, &carrier->view);
  memory += sst_mask_view_size (model);
  carrier->evidence = memory;
  carrier->counts = memory + SST_MASK_PIXELS;
  carrier->logits = memory + 2 * SST_MASK_PIXELS;
  carrier->right = memory + 3 * SST_MASK_PIXELS;
  carrier->below = memory + 4 * SST_MASK_PIXELS;
}

static void
get_up (SstMaskCarrier * carrier)
{
  sst_scratch_give (carrier->pool, g_steal_pointer (&carrier->memory));
}

static float
logit (float p, float least)
{
  const float q = CLAMP (p, least, 1.f - least);

  return logf (q / (1.f - q));
}

static float
sigmoid (float z)
{
  return 1.f / (1.f + expf (-z));
}

/* --- votes --- */

static float
cell_mean (const float *pixels, int x, int y)
{
  const float *p = pixels + y * SST_MASK_CELL * SST_MASK_SIDE
      + x * SST_MASK_CELL;
  float sum = 0.f;

  for (int v = 0; v < SST_MASK_CELL; v++, p += SST_MASK_SIDE)
    for (int u = 0; u < SST_MASK_CELL; u++)
      sum += p[u];
  return sum / (SST_MASK_CELL * SST_MASK_CELL);
}

static void
vote_by_means (const Part * part, const float *pixels, float *votes)
{
  for (int y = part->y0; y < part->y1; y++)
    for (int x = part->x0; x < part->x1; x++)
      votes[y * GRID + x] = cell_mean (pixels, x, y);
}

/* Makes the votes that count. */
static void
vote (SstMaskCarrier * carrier, const Part * part, const SstMaskHint * hint)
{
  const float *const weights = carrier->params.weights;

  memset (carrier->votes, 0, sizeof carrier->votes);
  sst_alike_vote (carrier->alike, carrier->view.coarse, part->y0, part->y1,
      carrier->separation);
  for (int i = 0; i < CELLS; i++)
    carrier->votes[SST_VOTE_FIRST][i] = CLAMP (carrier->separation[i],
        -LIKENESS_LIMIT, LIKENESS_LIMIT);
  if (weights[SST_VOTE_PROPAGATED] != 0.f)
    for (int y = part->y0; y < part->y1; y++)
      sst_recall_vote (carrier->recall, carrier->view.cells, y, part->x0,
          part->x1, carrier->votes[SST_VOTE_PROPAGATED] + y * GRID);
  sst_color_index (carrier->view.sample, carrier->bins);
  sst_color_look (&carrier->color, carrier->bins, carrier->evidence);
  vote_by_means (part, carrier->evidence, carrier->votes[SST_VOTE_COLOR]);
  if (hint != NULL)
    sst_mask_hint_cells (hint, &carrier->view.window,
        carrier->votes[SST_VOTE_NETWORK]);
}

/* What moves by itself votes too, where the mask is shown. */
static void
vote_by_motion (SstMaskCarrier * carrier, SstSampler * sampler,
    const SstBox * box, const SstCameraMotion * camera)
{
  /* counts and the three planes after it are worked out later */
  if (!carrier->use.shown)
    return;
  sst_moves_next (carrier->moves, sampler, &carrier->view, camera,
      carrier->counts);
  sst_moves_vote (carrier->moves, &carrier->view, box,
      carrier->votes[SST_VOTE_MOTION]);
}

/* The mixture of all votes, in a part; below any other outside. */
#define NOWHERE -12.f

static void
mix_votes (const SstMaskCarrier * carrier, const Part * part, float *z)
{
  for (int i = 0; i < CELLS; i++) {
    const int x = i % GRID, y = i / GRID;

    z[i] = NOWHERE;
    if (x < part->x0 || y < part->y0 || x >= part->x1 || y >= part->y1
        || !carrier->view.inside[i])
      continue;
    z[i] = carrier->params.bias;
    for (int k = 0; k < SST_N_VOTES; k++)
      z[i] += carrier->params.weights[k] * carrier->votes[k][i];
  }
}

/* --- pixels --- */

/* Cells to pixels, bilinear. */
static void
enlarge (const float *cells, float *pixels)
{
  for (int y = 0; y < SST_MASK_SIDE; y++) {
    const float v = CLAMP ((y + 0.5f) / SST_MASK_CELL - 0.5f, 0.f, GRID - 1.f);
    const int v0 = MIN ((int) v, GRID - 2);
    const float fv = v - v0;
    float row[GRID];

    for (int x = 0; x < GRID; x++)
      row[x] = cells[v0 * GRID + x]
          + fv * (cells[(v0 + 1) * GRID + x] - cells[v0 * GRID + x]);
    for (int x = 0; x < SST_MASK_SIDE; x++) {
      const float u = CLAMP ((x + 0.5f) / SST_MASK_CELL - 0.5f, 0.f,
          GRID - 1.f);
      const int u0 = MIN ((int) u, GRID - 2);

      pixels[y * SST_MASK_SIDE + x] = row[u0] + (u - u0)
          * (row[u0 + 1] - row[u0]);
    }
  }
}

/* What colour says of a pixel beyond what it says of the cells there. */
static void
add_detail (const SstMaskCarrier * carrier, const float *means,
    const float *evidence, float weight, float *scratch, float *logits)
{
  enlarge (means, scratch);
  for (int i = 0; i < SST_MASK_PIXELS; i++)
    logits[i] += logits[i] > 0.5f * NOWHERE ? weight * (evidence[i]
        - scratch[i]) : 0.f;
}

static void
refine (SstMaskCarrier * carrier, const float *z, float *m)
{
  const SstMaskCarryParams *const params = &carrier->params;

  enlarge (z, carrier->logits);
  add_detail (carrier, carrier->votes[SST_VOTE_COLOR], carrier->evidence,
      params->weights[SST_VOTE_COLOR], m, carrier->logits);
  sst_smooth_weights (carrier->view.sample, carrier->right, carrier->below);
  sst_smooth (carrier->logits, carrier->right, carrier->below,
      params->smoothness, params->rounds, m);
}

/* Removes from the mask what is not in or next to a kept cell. */
static void
cut_out (const guint8 * keep, float *m)
{
  for (int i = 0; i < CELLS; i++) {
    const int x = i % GRID, y = i / GRID;
    gboolean near = FALSE;

    for (int v = MAX (y - 1, 0); v <= MIN (y + 1, GRID - 1) && !near; v++)
      for (int u = MAX (x - 1, 0); u <= MIN (x + 1, GRID - 1) && !near; u++)
        near = keep[v * GRID + u];
    if (near)
      continue;
    for (int v = 0; v < SST_MASK_CELL; v++)
      memset (m + (y * SST_MASK_CELL + v) * SST_MASK_SIDE + x * SST_MASK_CELL,
          0, SST_MASK_CELL * sizeof (float));
  }
}

/* --- start and next --- */

/* What a pixel counts: nothing outside the picture. */
static void
count_inside (SstMaskCarrier * carrier)
{
  for (int y = 0; y < SST_MASK_SIDE; y++)
    for (int x = 0; x < SST_MASK_SIDE; x++)
      carrier->counts[y * SST_MASK_SIDE + x] =
          carrier->view.inside[y / SST_MASK_CELL * GRID + x / SST_MASK_CELL];
}

/* Labels of the cells of a mask; 0.5 (neither) outside the picture. */
static void
label (const SstMaskCarrier * carrier, const SstMask * mask, float *labels)
{
  for (int i = 0; i < CELLS; i++)
    labels[i] = carrier->view.inside[i] ?
        cell_mean (mask->target, i % GRID, i / GRID) : 0.5f;
}

static void
keep_first (SstMaskCarrier * carrier, const float *labels)
{
  float coarse[SST_COARSE_CELLS];

  sst_mask_coarse_means (labels, coarse);
  sst_alike_start (carrier->alike, carrier->view.coarse, coarse);
  sst_recall_keep (carrier->recall, carrier->view.coarse, coarse, TRUE);
}

static void
make_first (SstMaskCarrier * carrier, const SstBox * box,
    const SstMaskHint * hint, SstMask * mask)
{
  SstMaskFirst *first = sst_mask_first_new (carrier->use.shown ?
      &carrier->params.shown : &carrier->params.first);

  sst_mask_first_make (first, &carrier->view, carrier->n_channels, box, hint,
      mask);
  sst_mask_first_free (&first);
}

void
sst_mask_carrier_start (SstMaskCarrier * carrier, SstSampler * sampler,
    const SstFrame * frame, const SstBox * box, const SstMaskPicture * given,
    const SstMaskHint * hint, const SstMaskUse * use, SstMask * mask)
{
  const SstBox window = sst_mask_window (box, carrier->params.factor,
      carrier->params.tall);
  float labels[CELLS];

  carrier->use = use != NULL ? *use : (SstMaskUse) { FALSE, NULL, 0 };
  sit_down (carrier);
  carrier->factor = window.width / sst_box_scale (box);
  sst_mask_eye_look (carrier->eye, sampler, frame, &window, TRUE,
      carrier->memory, &carrier->view);
  count_inside (carrier);
  sst_color_index (carrier->view.sample, carrier->bins);
  if (given != NULL)
    sst_mask_from_picture (given, frame->width, frame->height, &window, mask);
  else
    make_first (carrier, box, hint, mask);
  sst_color_learn (&carrier->color, carrier->bins, mask->target,
      carrier->counts, 1.f, carrier->histogram);
  label (carrier, mask, labels);
  keep_first (carrier, labels);
  if (carrier->use.shown && carrier->moves == NULL)
    carrier->moves = sst_moves_new ();
  if (carrier->use.shown)
    sst_moves_start (carrier->moves, &carrier->view);
  if (carrier->use.points != NULL)
    sst_points_start (carrier->use.points, &carrier->view,
        carrier->n_channels, mask, box, carrier->use.grid);
  get_up (carrier);
}

/* The cells that may be target: those near the box. */
static Part
part_of (const SstMaskCarrier * carrier, const SstBox * box, float reach)
{
  const SstBox *const w = &carrier->view.window;
  const float scale = GRID / w->width;
  const float grow = reach * sst_box_scale (box);
  Part part = {
    (int) floorf ((box->x - grow - w->x) * scale),
    (int) floorf ((box->y - grow - w->y) * scale),
    (int) ceilf ((box->x + box->width + grow - w->x) * scale),
    (int) ceilf ((box->y + box->height + grow - w->y) * scale)
  };

  part.x0 = CLAMP (part.x0, 0, GRID - 1);
  part.y0 = CLAMP (part.y0, 0, GRID - 1);
  part.x1 = CLAMP (part.x1, part.x0 + 1, GRID);
  part.y1 = CLAMP (part.y1, part.y0 + 1, GRID);
  return part;
}

static void
measure (const SstMaskCarrier * carrier, const Part * part,
    const SstMask * mask, SstMaskMeasures * measures)
{
  float in = 0.f, sum_in = 0.f, out = 0.f, sum_out = 0.f, sure = 0.f;
  int n = 0;

  for (int y = part->y0; y < part->y1; y++) {
    for (int x = part->x0; x < part->x1; x++) {
      const int i = y * GRID + x;

      if (!carrier->view.inside[i])
        continue;
      n++;
      sure += fabsf (2.f * carrier->p[i] - 1.f);
      if (carrier->keep[i]) {
        in += carrier->p[i];
        sum_in += carrier->p[i] * carrier->separation[i];
      } else {
        out += 1.f;
        sum_out += carrier->separation[i];
      }
    }
  }
  *measures = (SstMaskMeasures) {
    .separation = in > 0.f ? sum_in / in : 0.f,
    .around = out > 0.f ? sum_out / out : 0.f,
    .sureness = n > 0 ? sure / n : 0.f,
    .area = sst_mask_area (mask)
  };
}

static void
learn (SstMaskCarrier * carrier, const SstMask * mask)
{
  float labels[CELLS], coarse[SST_COARSE_CELLS];

  label (carrier, mask, labels);
  for (int i = 0; i < CELLS; i++)
    if (carrier->view.inside[i])
      labels[i] = sigmoid (SHARPEN * logit (labels[i], 0.01f));
  sst_mask_coarse_means (labels, coarse);
  sst_recall_keep (carrier->recall, carrier->view.coarse, coarse, FALSE);
}

gboolean
sst_mask_carrier_next (SstMaskCarrier * carrier, SstSampler * sampler,
    const SstFrame * frame, const SstBox * box, const SstMaskHint * hint,
    const SstCameraMotion * camera, gboolean may_learn, SstMask * mask,
    SstMaskMeasures * measures)
{
  const SstBox window = sst_mask_window (box, carrier->factor, MIN_TALL);
  float z[CELLS];
  Part part, seed;
  int n;

  sit_down (carrier);
  sst_mask_eye_look (carrier->eye, sampler, frame, &window, FALSE,
      carrier->memory, &carrier->view);
  part = part_of (carrier, box, REACH);
  vote (carrier, &part, hint);
  vote_by_motion (carrier, sampler, box, camera);
  mix_votes (carrier, &part, z);
  mask->window = window;
  refine (carrier, z, mask->target);
  for (int i = 0; i < CELLS; i++)
    carrier->p[i] = cell_mean (mask->target, i % GRID, i / GRID);
  seed = part_of (carrier, box, 0.f);
  n = sst_parts_keep (carrier->p, (int[]) { seed.x0, seed.y0, seed.x1,
      seed.y1 }, carrier->keep, carrier->scratch);
  cut_out (carrier->keep, mask->target);
  if (measures != NULL)
    measure (carrier, &part, mask, measures);
  if (n > 0 && may_learn)
    learn (carrier, mask);
  if (carrier->use.points != NULL)
    sst_points_next (carrier->use.points, &carrier->view, carrier->n_channels,
        mask);
  get_up (carrier);
  return n > 0;
}
