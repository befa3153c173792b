/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/search.h"

#include <math.h>
#include <string.h>

/* Windows overlap by the rest of their side. */
#define STEP 0.65f

/* Sides of the windows in the rounds, over the usual one. The network was
 * trained with targets of half to double their nominal size: of targets
 * that it looks for in windows of 1.6 it sees first 0.83, of 1 0.77, which
 * are 2.5 times as many (docs/lab/identity.md). Hand-made features know the
 * size that they learned. */
static const float wide[] = { 1.6f, 1.f, 2.2f };
static const float narrow[] = { 1.f, 1.5f, 0.75f };

/* How many sides further away a window in the middle counts where the
 * target was lost at an edge, and how near to it that is, over the box. */
#define EDGE_HANDICAP 2.f
#define EDGE_NEAR 0.1f

void
sst_search_start (SstSearch * search)
{
  search->round = 0;
  search->columns = search->rows = 0;
  search->n_left = 0;
}

static int
count_windows (float length, float side)
{
  return length <= side ? 1 : 1 + (int) ceilf ((length - side) / (STEP * side));
}

/* The middle of window i of n along a stretch. */
static float
middle_of (float length, float side, int i, int n)
{
  return n == 1 ? 0.5f * length
      : 0.5f * side + (length - side) * i / (n - 1.f);
}

/* The side of a round's windows, large enough for there to be not too many. */
static float
plan_round (float width, float height, float side, int *columns, int *rows)
{
  while ((*columns = count_windows (width, side))
      * (*rows = count_windows (height, side)) > SST_SEARCH_MAX_WINDOWS)
    side *= 1.1f;
  return side;
}

static gboolean
is_at_edge (const SstBox * box, float width, float height)
{
  const float x = EDGE_NEAR * box->width, y = EDGE_NEAR * box->height;

  return box->x < x || box->y < y || box->x + box->width > width - x
      || box->y + box->height > height - y;
}

void
sst_search_next (SstSearch * search, float width, float height,
    const SstBox * lost, float side, gboolean far_sighted, float *x, float *y,
    float *factor)
{
  const float *const factors = far_sighted ? wide : narrow;
  const gboolean at_edge = is_at_edge (lost, width, height);
  float cost, least = INFINITY, window;
  int columns, rows, best = 0;

  if (search->columns > 0 && search->n_left == 0) {
    search->round++;
    search->columns = 0;
  }
  window = plan_round (width, height,
      factors[search->round % G_N_ELEMENTS (wide)] * side, &columns, &rows);
  if (columns != search->columns || rows != search->rows) {
    memset (search->visited, FALSE, sizeof search->visited);
    search->columns = columns;
    search->rows = rows;
    search->n_left = columns * rows;
  }
  for (int i = 0; i < columns * rows; i++) {
    const int u = i % columns, v = i / columns;
    const gboolean middle = u > 0 && v > 0 && u < columns - 1 && v < rows - 1;

    if (search->visited[i])
      continue;
    cost = hypotf (middle_of (width, window, u, columns)
        - sst_box_center_x (lost), middle_of (height, window, v, rows)
        - sst_box_center_y (lost)) / window;
    if (at_edge && middle)
      cost += EDGE_HANDICAP;
    if (cost < least) {
      least = cost;
      best = i;
    }
  }
  search->visited[best] = TRUE;
  search->n_left--;
  *x = middle_of (width, window, best % columns, columns);
  *y = middle_of (height, window, best / columns, rows);
  *factor = window / side;
}
