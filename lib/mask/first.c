/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "mask/first.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "base/floats.h"
#include "mask/barrier.h"
#include "mask/color.h"
#include "mask/smooth.h"

#define GRID SST_MASK_GRID
#define CELLS SST_MASK_CELLS
#define PIXELS SST_MASK_PIXELS

#define NETWORK_LIMIT 4.f
/* Cells outside the box that a cell is compared with, and how near they may not
 * be. */
#define OUTSIDE_CELLS 512
#define APART 2
/* Novelty: what is no novelty, and the bounds. */
#define NOVELTY_USUAL 0.7f
#define NOVELTY_MIN -1.f
#define NOVELTY_MAX 4.f
/* Barrier: what is added to a distance before its logarithm is taken, and the
 * distance that says nothing. */
#define BARRIER_SOFT 5.f
#define BARRIER_USUAL 60.f
/* Turns of color; rounds of smoothing in each. */
#define TURNS 4
#define ROUNDS 6
/* Shares of the box between which a mask is one. */
#define LEAST 0.2f
#define MOST 0.95f
#define TRIES 8
#define STEP 0.5f
/* Of what lies outside the box. */
#define NOWHERE -12.f

struct _SstMaskFirst
{
  SstMaskFirstParams params;
  SstColor color;
  SstBarrier *barrier;
  guint8 known[PIXELS], seeds[PIXELS];  /* picture; of this what is outside the
                                         * box */
  guint16 bins[PIXELS];
  float prior[PIXELS], fixed[PIXELS], logits[PIXELS], evidence[PIXELS];
  float counts[PIXELS], right[PIXELS], below[PIXELS];
  float histogram[SST_COLOR_SIZE];
  float cells[CELLS];
  float *outside, *products;    /* n_channels, GRID rows of OUTSIDE_CELLS */
  int places[OUTSIDE_CELLS];
};

void
sst_mask_first_params_init (SstMaskFirstParams * params)
{
  *params = (SstMaskFirstParams) {
    .prior = 3.5f,
    .novelty = 0.6f,
    .barrier = 0.f,
    .color = 0.8f,
    .network = 0.2f,
    .bias = -1.2f,
    .smoothness = 1.f
  };
}

void
sst_mask_first_params_init_shown (SstMaskFirstParams * params)
{
  sst_mask_first_params_init (params);
  params->prior = 1.5f;
  params->novelty = 1.2f;
  params->barrier = 4.f;
  params->bias = -1.6f;
}

SstMaskFirst *
sst_mask_first_new (const SstMaskFirstParams * params)
{
  SstMaskFirst *const first = g_new0 (SstMaskFirst, 1);

  if (params != NULL)
    first->params = *params;
  else
    sst_mask_first_params_init (&first->params);
  if (first->params.barrier != 0.f)
    first->barrier = sst_barrier_new ();
  return first;
}

void
sst_mask_first_free (SstMaskFirst ** first_p)
{
  SstMaskFirst *const first = *first_p;

  if (first == NULL)
    return;
  sst_barrier_free (&first->barrier);
  g_aligned_free (first->outside);
  g_aligned_free (first->products);
  g_clear_pointer (first_p, g_free);
}

void
sst_mask_hint_cells (const SstMaskHint * hint, const SstBox * window,
    float *cells)
{
  const int side = SST_NETWORK_GRID;
  const float scale_x = side / hint->region.width;
  const float scale_y = side / hint->region.height;
  const float step = window->width / GRID;

  for (int y = 0; y < GRID; y++) {
    const float v = (window->y + (y + 0.5f) * step - hint->region.y) * scale_y
        - 0.5f;
    const int v0 = CLAMP ((int) floorf (v), 0, side - 2);
    const float fv = CLAMP (v - v0, 0.f, 1.f);

    for (int x = 0; x < GRID; x++) {
      const float u = (window->x + (x + 0.5f) * step - hint->region.x)
          * scale_x - 0.5f;
      const int u0 = CLAMP ((int) floorf (u), 0, side - 2);
      const float fu = CLAMP (u - u0, 0.f, 1.f);
      const float *const p = hint->logits + v0 * side + u0;
      const float upper = p[0] + fu * (p[1] - p[0]);
      const float lower = p[side] + fu * (p[side + 1] - p[side]);
      const float z = upper + fv * (lower - upper);

      cells[y * GRID + x] = isfinite (z) ?
          CLAMP (z, -NETWORK_LIMIT, NETWORK_LIMIT) : 0.f;
    }
  }
}

/* The box in pixels of the window. */
static SstBox
in_window (const SstBox * box, const SstBox * window)
{
  const float scale = SST_MASK_SIDE / window->width;

  return (SstBox) { (box->x - window->x) * scale, (box->y - window->y) * scale,
    box->width * scale, box->height * scale
  };
}

static void
make_prior (SstMaskFirst * first, const SstBox * box)
{
  const float cx = sst_box_center_x (box), cy = sst_box_center_y (box);

  for (int y = 0; y < SST_MASK_SIDE; y++) {
    const float v = (y + 0.5f - cy) * 2.f / box->height;

    for (int x = 0; x < SST_MASK_SIDE; x++) {
      const float u = (x + 0.5f - cx) * 2.f / box->width;

      first->prior[y * SST_MASK_SIDE + x] =
          fabsf (u) <= 1.f && fabsf (v) <= 1.f ?
          1.f - sqrtf (u * u + v * v) : NOWHERE;
    }
  }
}

/* --- novelty --- */

/* Gathers cells that lie wholly outside the box, evenly. Returns how many. */
static int
gather_outside (SstMaskFirst * first, const SstMaskView * view, int n_channels,
    const SstBox * box)
{
  const float cell = SST_MASK_CELL;
  int total = 0, n = 0;

  for (int turn = 0; turn < 2; turn++) {
    for (int i = 0, seen = 0; i < CELLS; i++) {
      const float x = i % GRID * cell, y = i / GRID * cell;

      if (!view->inside[i] || (x + cell > box->x && y + cell > box->y
              && x < box->x + box->width && y < box->y + box->height))
        continue;
      if (turn == 0) {
        total++;
        continue;
      }
      if (n < OUTSIDE_CELLS && (total <= OUTSIDE_CELLS
              || (gint64) seen * OUTSIDE_CELLS / total >= n)) {
        first->places[n] = i;
        for (int c = 0; c < n_channels; c++)
          first->outside[c * OUTSIDE_CELLS + n] =
              view->cells[(size_t) c * CELLS + i];
        n++;
      }
      seen++;
    }
  }
  return n;
}

/* Mean of the three highest cosines with cells that are not near. */
static float
likeness_outside (const float *cosines, const int *places, int n, int x, int y)
{
  float best[3] = { -1.f, -1.f, -1.f };

  for (int k = 0; k < n; k++) {
    const float v = cosines[k];

    if (v <= best[2] || (ABS (places[k] % GRID - x) <= APART
            && ABS (places[k] / GRID - y) <= APART))
      continue;
    best[2] = v;
    for (int j = 2; j > 0 && best[j] > best[j - 1]; j--) {
      const float t = best[j];

      best[j] = best[j - 1];
      best[j - 1] = t;
    }
  }
  return (best[0] + best[1] + best[2]) / 3.f;
}

/* Into first->cells. */
static void
find_novelty (SstMaskFirst * first, const SstMaskView * view, int n_channels,
    const SstBox * box)
{
  const int n = gather_outside (first, view, n_channels, box);
  double sum = 0., squares = 0.;
  float mean, deviation;

  if (n < 16) {
    memset (first->cells, 0, sizeof first->cells);
    return;
  }
  for (int y = 0; y < GRID; y++) {
    cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, GRID, n, n_channels,
        1.f, view->cells + y * GRID, CELLS, first->outside, OUTSIDE_CELLS, 0.f,
        first->products, n);
    for (int x = 0; x < GRID; x++)
      first->cells[y * GRID + x] = likeness_outside (first->products
          + (size_t) x * n, first->places, n, x, y);
  }
  for (int k = 0; k < n; k++) {
    const double v = first->cells[first->places[k]];

    sum += v;
    squares += v * v;
  }
  mean = (float) (sum / n);
  deviation = sqrtf (fmaxf ((float) (squares / n) - mean * mean, 0.f)) + 1e-3f;
  for (int i = 0; i < CELLS; i++) {
    const float novelty = (mean - first->cells[i]) / deviation;

    first->cells[i] = CLAMP (novelty, NOVELTY_MIN, NOVELTY_MAX)
        - NOVELTY_USUAL;
  }
}

/* --- barrier --- */

static void
add_barrier (SstMaskFirst * first, const float *sample)
{
  float *const distances = first->logits;       /* made anew below */

  for (int i = 0; i < PIXELS; i++) {
    first->known[i] = first->counts[i] > 0.f;
    first->seeds[i] = first->known[i] && first->prior[i] <= NOWHERE;
  }
  sst_barrier_find (first->barrier, sample, first->known, first->seeds,
      distances);
  for (int i = 0; i < PIXELS; i++)
    if (first->prior[i] > NOWHERE && distances[i] < SST_BARRIER_FAR)
      first->fixed[i] += first->params.barrier * logf ((distances[i]
              + BARRIER_SOFT) / BARRIER_USUAL);
}

/* --- pixels --- */

static void
add_cells (const float *cells, float weight, float *pixels)
{
  for (int y = 0; y < SST_MASK_SIDE; y++) {
    const float v = CLAMP ((y + 0.5f) / SST_MASK_CELL - 0.5f, 0.f, GRID - 1.f);
    const int v0 = MIN ((int) v, GRID - 2);

    for (int x = 0; x < SST_MASK_SIDE; x++) {
      const float u = CLAMP ((x + 0.5f) / SST_MASK_CELL - 0.5f, 0.f,
          GRID - 1.f);
      const int u0 = MIN ((int) u, GRID - 2);
      const float *const p = cells + v0 * GRID + u0;
      const float upper = p[0] + (u - u0) * (p[1] - p[0]);
      const float lower = p[GRID] + (u - u0) * (p[GRID + 1] - p[GRID]);

      pixels[y * SST_MASK_SIDE + x] += weight * (upper + (v - v0) * (lower
              - upper));
    }
  }
}

/* Smooths, and returns which share of the box is target. */
static float
settle (SstMaskFirst * first, float bias, float *m)
{
  float sum = 0.f, total = 0.f;

  for (int i = 0; i < PIXELS; i++)
    first->logits[i] = first->fixed[i] + bias
        + first->params.color * first->evidence[i];
  sst_smooth (first->logits, first->right, first->below,
      first->params.smoothness, ROUNDS, m);
  for (int i = 0; i < PIXELS; i++) {
    const gboolean in_box = first->prior[i] > NOWHERE;

    m[i] = in_box ? m[i] : 0.f;
    sum += m[i] > 0.5f;
    total += in_box;
  }
  return total > 0.f ? sum / total : 0.f;
}

static void
fall_back (const SstMaskFirst * first, float *m)
{
  for (int i = 0; i < PIXELS; i++)
    m[i] = first->prior[i] > 0.f;
}

void
sst_mask_first_make (SstMaskFirst * first, const SstMaskView * view,
    int n_channels, const SstBox * box_p, const SstMaskHint * hint,
    SstMask * mask)
{
  const SstMaskFirstParams *const params = &first->params;
  const SstBox box = in_window (box_p, &view->window);
  float bias = params->bias, share = 0.f;
  float *const m = mask->target;

  if (first->outside == NULL) {
    first->outside = sst_floats_new ((size_t) OUTSIDE_CELLS * n_channels);
    first->products = sst_floats_new ((size_t) GRID * OUTSIDE_CELLS);
  }
  mask->window = view->window;
  make_prior (first, &box);
  for (int i = 0; i < PIXELS; i++) {
    first->counts[i] = view->inside[i / SST_MASK_SIDE / SST_MASK_CELL * GRID
        + i % SST_MASK_SIDE / SST_MASK_CELL];
    first->fixed[i] = first->prior[i] > NOWHERE ?
        params->prior * first->prior[i] : NOWHERE;
    first->evidence[i] = 0.f;
  }
  sst_color_index (view->sample, first->bins);
  sst_smooth_weights (view->sample, first->right, first->below);
  if (params->novelty != 0.f) {
    find_novelty (first, view, n_channels, &box);
    add_cells (first->cells, params->novelty, first->fixed);
  }
  if (params->barrier != 0.f)
    add_barrier (first, view->sample);
  if (hint != NULL && params->network != 0.f) {
    sst_mask_hint_cells (hint, &view->window, first->cells);
    add_cells (first->cells, params->network, first->fixed);
  }
  settle (first, bias, m);
  for (int turn = 0; turn < TURNS; turn++) {
    sst_color_learn (&first->color, first->bins, m, first->counts, 1.f,
        first->histogram);
    sst_color_look (&first->color, first->bins, first->evidence);
    share = settle (first, bias, m);
    for (int i = 0; i < TRIES && (share < LEAST || share > MOST); i++) {
      bias += share < LEAST ? STEP : -STEP;
      share = settle (first, bias, m);
    }
  }
  if (share < LEAST || share > MOST)
    fall_back (first, m);
}
