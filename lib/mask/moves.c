/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "mask/moves.h"

#include <stdlib.h>
#include <string.h>

#include "model/enhance.h"

#define GRID SST_MASK_GRID
#define CELLS SST_MASK_CELLS
#define SIDE SST_MASK_SIDE
#define PIXELS SST_MASK_PIXELS

/* Share of the last view in the running mean, once there were some. */
#define RATE 0.3f
/* Cells outside the box that say what is usual, at least. */
#define MIN_OUTSIDE 16
#define SOFT 0.5f               /* grey levels */
#define MIN_VOTE -1.f
#define MAX_VOTE 4.f
#define USUAL 1.f               /* what says nothing */

struct _SstMoves
{
  guint8 luma[PIXELS];          /* of the last view */
  SstBox window;
  float strength[CELLS];
  int n;                        /* views that it is the mean of */
};

SstMoves *
sst_moves_new (void)
{
  return g_new0 (SstMoves, 1);
}

void
sst_moves_free (SstMoves ** moves)
{
  g_clear_pointer (moves, g_free);
}

static void
keep_view (SstMoves * moves, const SstMaskView * view)
{
  for (int i = 0; i < PIXELS; i++)
    moves->luma[i] = (guint8) CLAMP (view->sample[i] + 0.5f, 0.f, 255.f);
  moves->window = view->window;
}

void
sst_moves_start (SstMoves * moves, const SstMaskView * view)
{
  memset (moves->strength, 0, sizeof moves->strength);
  moves->n = 0;
  keep_view (moves, view);
}

/* The camera's motion from pixels of one window to those of another. */
static SstCameraMotion
between_windows (const SstCameraMotion * camera, const SstBox * from,
    const SstBox * to)
{
  const float scale = from->width / to->width, pixel = SIDE / to->width;
  SstCameraMotion motion = *camera;
  float x, y;

  sst_camera_motion_apply (camera, from->x, from->y, &x, &y);
  motion.a = scale * camera->a;
  motion.b = scale * camera->b;
  motion.tx = pixel * (x - to->x);
  motion.ty = pixel * (y - to->y);
  return motion;
}

void
sst_moves_next (SstMoves * moves, SstSampler * sampler,
    const SstMaskView * view, const SstCameraMotion * camera, float *scratch)
{
  const SstBox all = { 0.f, 0.f, SIDE, SIDE };
  const SstFrame last = {
    .format = SST_FORMAT_GRAY8,
    .width = SIDE,
    .height = SIDE,
    .plane = { moves->luma },
    .stride = { SIDE },
  };
  float *const residual = scratch + 3 * PIXELS;
  float strength[CELLS];

  g_assert (sst_enhance_scratch_size (SIDE) <= 3 * PIXELS);
  if (camera != NULL) {
    const SstCameraMotion motion = between_windows (camera, &moves->window,
        &view->window);

    if (sst_enhance_residual (view->sample, SIDE, &all, &last, &last, &motion,
            sampler, scratch, residual)) {
      const float rate = MAX (1.f / (moves->n + 1), RATE);

      sst_enhance_strength (residual, SIDE, SST_MASK_CELL, strength);
      for (int i = 0; i < CELLS; i++)
        moves->strength[i] += rate * (strength[i] - moves->strength[i]);
      moves->n++;
    }
  }
  keep_view (moves, view);
}

/* Blurred, the border repeated. */
static void
blur (const float *in, float *out)
{
  for (int y = 0; y < GRID; y++) {
    const float *const row = in + y * GRID;
    const float *const up = in + MAX (y - 1, 0) * GRID;
    const float *const down = in + MIN (y + 1, GRID - 1) * GRID;
    float column[GRID];

    for (int x = 0; x < GRID; x++)
      column[x] = 0.25f * (up[x] + 2.f * row[x] + down[x]);
    for (int x = 0; x < GRID; x++)
      out[y * GRID + x] = 0.25f * (column[MAX (x - 1, 0)] + 2.f * column[x]
          + column[MIN (x + 1, GRID - 1)]);
  }
}

static int
compare_floats (gconstpointer a, gconstpointer b)
{
  const float x = *(const float *) a, y = *(const float *) b;

  return (x > y) - (x < y);
}

void
sst_moves_vote (const SstMoves * moves, const SstMaskView * view,
    const SstBox * box, float *votes)
{
  const float step = view->window.width / GRID;
  float outside[CELLS], median, spread, sum = 0.f;
  int n = 0;

  blur (moves->strength, votes);
  for (int i = 0; i < CELLS; i++) {
    const float x = view->window.x + (i % GRID + 0.5f) * step;
    const float y = view->window.y + (i / GRID + 0.5f) * step;

    if (view->inside[i] && (x < box->x || y < box->y
            || x > box->x + box->width || y > box->y + box->height)) {
      outside[n++] = votes[i];
      sum += votes[i];
    }
  }
  if (moves->n == 0 || n < MIN_OUTSIDE) {
    memset (votes, 0, CELLS * sizeof (float));
    return;
  }
  qsort (outside, (size_t) n, sizeof (float), compare_floats);
  median = outside[n / 2];
  spread = sum / n + SOFT;
  for (int i = 0; i < CELLS; i++)
    votes[i] = CLAMP ((votes[i] - median) / spread, MIN_VOTE, MAX_VOTE) - USUAL;
}
