/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "mask/carry_points.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/simd.h"
#include "picture/flow.h"

#define GRID SST_MASK_GRID
#define CELLS SST_MASK_CELLS
#define SIDE SST_MASK_SIDE
#define CELL SST_MASK_CELL

/* Cells about a point that it is known by. */
#define AROUND 9
/* The search: rows and columns of cells, of which those count that lie so
 * near. */
#define FIELD 16
#define REACH_FOLLOWED 3
#define REACH_LOST 7
/* Flow is trusted that comes back to so near (pixels of the window) and goes no
 * further than that (cells). */
#define FLOW_ERROR 0.6f
#define FLOW_REACH 6.f
/* Points that say how the others move. */
#define MIN_FOLLOWED 3
/* The score's weights, deviations in cells, and the margins by which
 * another place has to be better. */
#define LIKE 8.f
#define MASK 1.5f
#define LEAST_MASK 0.02f
#define SIGMA_FOLLOWED 1.f
#define SIGMA_LOST 2.f
#define MARGIN_FOLLOWED 1.f
#define MARGIN_LOST 0.2f
/* From which on a point is seen. */
#define SEEN_LIKENESS 0.5f
#define SEEN_MASK 0.3f

typedef struct
{
  float x, y;                   /* pixels of the window */
  gboolean placed;              /* else it was added: pixels of the frame */
  gboolean outside;             /* it came outside the window */
  gboolean of_grid;
} Point;

struct _SstPoints
{
  int n, n_known;               /* first come those that were described */
  Point points[SST_POINTS_MAX];
  SstTargetPoint now[SST_POINTS_MAX];
  SstBox window;                /* of the last view, moved since */
  int n_channels;
  int room;                     /* points that around has room for */
  float *around;                /* AROUND x n_channels a point, of length 1 */
  SstFlowImage *last, *other;   /* of the last view, and memory for the next */
  SstPoint from[SST_POINTS_MAX], to[SST_POINTS_MAX];
  float errors[SST_POINTS_MAX];
};

SstPoints *
sst_points_new (void)
{
  return g_new0 (SstPoints, 1);
}

void
sst_points_free (SstPoints ** points)
{
  if (*points == NULL)
    return;
  g_free ((*points)->around);
  sst_flow_image_free (&(*points)->last);
  sst_flow_image_free (&(*points)->other);
  g_clear_pointer (points, g_free);
}

void
sst_points_begin (SstPoints * points)
{
  const int n = points->n - points->n_known;

  memmove (points->points, points->points + points->n_known,
      n * sizeof *points->points);
  points->n = n;
  points->n_known = 0;
}

void
sst_points_clear (SstPoints * points)
{
  points->n = points->n_known = 0;
}

gboolean
sst_points_add (SstPoints * points, float x, float y)
{
  if (!isfinite (x) || !isfinite (y) || points->n == SST_POINTS_MAX)
    return FALSE;
  points->points[points->n++] = (Point) { .x = x, .y = y };
  return TRUE;
}

/* ---- what a point looks like ---- */

/* The vectors of the cells about a place in the window, between cells
 * bilinear. */
static void
describe (const float *cells, int n_channels, const Point * point,
    float *around)
{
  for (int o = 0; o < AROUND; o++) {
    const float u = CLAMP (point->x / CELL - 0.5f + o % 3 - 1, 0.f, GRID - 1.f);
    const float v = CLAMP (point->y / CELL - 0.5f + o / 3 - 1, 0.f, GRID - 1.f);
    const int x = MIN ((int) u, GRID - 2), y = MIN ((int) v, GRID - 2);
    const float *p = cells + y * GRID + x;
    float *const out = around + o * n_channels;
    float sum = 1e-6f;

    for (int c = 0; c < n_channels; c++, p += CELLS) {
      const float upper = p[0] + (u - x) * (p[1] - p[0]);
      const float lower = p[GRID] + (u - x) * (p[GRID + 1] - p[GRID]);

      out[c] = upper + (v - y) * (lower - upper);
      sum += out[c] * out[c];
    }
    for (int c = 0; c < n_channels; c++)
      out[c] /= sqrtf (sum);
  }
}

static float *
around_of (SstPoints * points, int i)
{
  return points->around + (size_t) i * AROUND * points->n_channels;
}

/* A row of FIELD likenesses, the first of the cell at x, y; all cells about
 * them lie in the window. */
SST_MULTIVERSION static void
compare_row (const float *cells, int n_channels, const float *around, int x,
    int y, float *out)
{
  float sums[FIELD] = { 0.f };

  for (int o = 0; o < AROUND; o++) {
    const float *p = cells + (y + o / 3 - 1) * GRID + x + o % 3 - 1;

    for (int c = 0; c < n_channels; c++, p += CELLS) {
      const float g = around[o * n_channels + c];

      for (int i = 0; i < FIELD; i++)
        sums[i] += g * p[i];
    }
  }
  for (int i = 0; i < FIELD; i++)
    out[i] = sums[i] / AROUND;
}

/* ---- where it is ---- */

/* Likenesses and scores of the cells about a place. */
typedef struct
{
  int x, y, height;             /* the first cell, and rows */
  float like[FIELD][FIELD], score[FIELD][FIELD];
} Field;

static float
mask_of_cell (const SstMask * mask, int x, int y)
{
  const float *p = mask->target + y * CELL * SIDE + x * CELL;
  float sum = 0.f;

  for (int v = 0; v < CELL; v++, p += SIDE)
    for (int u = 0; u < CELL; u++)
      sum += p[u];
  return sum / (CELL * CELL);
}

/* place: in cells. */
static void
look_around (const SstMaskView * view, int n_channels, const float *around,
    const SstMask * mask, SstPoint place, gboolean followed, Field * field)
{
  const int reach = followed ? REACH_FOLLOWED : REACH_LOST;
  const float sigma = followed ? SIGMA_FOLLOWED : SIGMA_LOST;
  const int x = (int) floorf (place.x), y = (int) floorf (place.y);
  const int last = CLAMP (y + reach, 1, GRID - 2);

  field->x = CLAMP (x - FIELD / 2, 1, GRID - 1 - FIELD);
  field->y = CLAMP (y - reach, 1, GRID - 2);
  field->height = last + 1 - field->y;
  for (int v = 0; v < field->height; v++) {
    const float dy = field->y + v + 0.5f - place.y;

    compare_row (view->cells, n_channels, around, field->x, field->y + v,
        field->like[v]);
    for (int u = 0; u < FIELD; u++) {
      const float dx = field->x + u + 0.5f - place.x;
      const float m = mask_of_cell (mask, field->x + u, field->y + v);

      field->score[v][u] = abs (field->x + u - x) > reach ? -INFINITY
          : LIKE * field->like[v][u] + MASK * logf (MAX (m, LEAST_MASK))
          - (dx * dx + dy * dy) / (2.f * sigma * sigma);
    }
  }
}

/* A value of the field between its cells. */
static float
between (const Field * field, const float (*values)[FIELD], SstPoint place)
{
  const float u = CLAMP (place.x - 0.5f - field->x, 0.f, FIELD - 1.f);
  const float v = CLAMP (place.y - 0.5f - field->y, 0.f, field->height - 1.f);
  const int x = MIN ((int) u, FIELD - 2), y = MAX (MIN ((int) v,
          field->height - 2), 0);
  const int below = MIN (y + 1, field->height - 1);
  const float upper = values[y][x] + (u - x) * (values[y][x + 1]
      - values[y][x]);
  const float lower = values[below][x] + (u - x) * (values[below][x + 1]
      - values[below][x]);

  return upper + (v - y) * (lower - upper);
}

/* Where between its neighbours the top of a parabola through three values
 * is. */
static float
find_top (float before, float at, float after)
{
  const float bend = before - 2.f * at + after;

  if (!isfinite (bend) || !(bend < 0.f))
    return 0.f;
  return CLAMP (0.5f * (before - after) / bend, -0.5f, 0.5f);
}

/* The best cell; score: written. */
static SstPoint
find_best (const Field * field, float *score)
{
  const float (*const s)[FIELD] = field->score;
  SstPoint best;
  int x = 0, y = 0;

  for (int v = 0; v < field->height; v++)
    for (int u = 0; u < FIELD; u++)
      if (s[v][u] > s[y][x] || !isfinite (s[y][x])) {
        x = u;
        y = v;
      }
  *score = s[y][x];
  best = (SstPoint) { field->x + x + 0.5f, field->y + y + 0.5f };
  if (x > 0 && x < FIELD - 1)
    best.x += find_top (s[y][x - 1], s[y][x], s[y][x + 1]);
  if (y > 0 && y < field->height - 1)
    best.y += find_top (s[y - 1][x], s[y][x], s[y + 1][x]);
  return best;
}

/* Says where the point is, how alike, and whether it is seen. */
static void
settle (SstPoints * points, int i, float likeness, const SstMask * mask)
{
  const Point *const point = &points->points[i];
  const int x = CLAMP ((int) (point->x / CELL), 0, GRID - 1);
  const int y = CLAMP ((int) (point->y / CELL), 0, GRID - 1);

  points->now[i] = (SstTargetPoint) {
    points->window.x + point->x * points->window.width / SIDE,
    points->window.y + point->y * points->window.height / SIDE,
    point->outside ? 0.f : likeness,
    !point->outside && likeness > SEEN_LIKENESS
        && mask_of_cell (mask, x, y) > SEEN_MASK
  };
}

/* ---- flow ---- */

/* The picture of the view, for flow to the next one. */
static void
keep_picture (SstPoints * points, const SstMaskView * view)
{
  SstFlowImage *const image = points->other != NULL ? points->other
      : sst_flow_image_new (SIDE);

  sst_flow_image_set_luma (image, view->sample, SIDE, SIDE);
  points->other = points->last;
  points->last = image;
}

static int
compare_floats (gconstpointer a, gconstpointer b)
{
  const float x = *(const float *) a, y = *(const float *) b;

  return (x > y) - (x < y);
}

static float
median (float *values, int n)
{
  qsort (values, n, sizeof (float), compare_floats);
  return values[n / 2];
}

static gboolean
is_followed (const SstPoints * points, int i)
{
  const float dx = points->to[i].x - points->from[i].x;
  const float dy = points->to[i].y - points->from[i].y;

  return !points->points[i].outside && points->errors[i] < FLOW_ERROR
      && hypotf (dx, dy) < FLOW_REACH * CELL;
}

/* How far most of them moved. */
static SstPoint
common_shift (const SstPoints * points)
{
  float x[SST_POINTS_MAX], y[SST_POINTS_MAX];
  int n = 0;

  for (int i = 0; i < points->n_known; i++)
    if (is_followed (points, i)) {
      x[n] = points->to[i].x - points->from[i].x;
      y[n++] = points->to[i].y - points->from[i].y;
    }
  return n < MIN_FOLLOWED ? (SstPoint) { 0.f, 0.f }
      : (SstPoint) { median (x, n), median (y, n) };
}

/* From the view before (points->other) to this one, into points->to and
 * points->errors. */
static void
flow (SstPoints * points)
{
  for (int i = 0; i < points->n_known; i++)
    points->from[i] = (SstPoint) { CLAMP (points->points[i].x, 0.f, SIDE),
      CLAMP (points->points[i].y, 0.f, SIDE) };
  sst_flow_points (points->other, points->last, (guint) points->n_known,
      points->from, (SstPoint) { 0.f, 0.f }, points->to, points->errors);
}

/* ---- views ---- */

static void
carry (SstPoints * points, int i, const SstMaskView * view,
    const SstMask * mask, SstPoint shift)
{
  Point *const point = &points->points[i];
  const gboolean followed = is_followed (points, i);
  const SstPoint near = followed ? (SstPoint) { points->to[i].x / CELL,
    points->to[i].y / CELL } : (SstPoint) { (point->x + shift.x) / CELL,
    (point->y + shift.y) / CELL };
  SstPoint best, taken = near;
  float highest;
  Field field;

  if (point->outside) {
    settle (points, i, 0.f, mask);
    return;
  }
  look_around (view, points->n_channels, around_of (points, i), mask, near,
      followed, &field);
  best = find_best (&field, &highest);
  if (highest > between (&field, field.score, near) + (followed ?
          MARGIN_FOLLOWED : MARGIN_LOST))
    taken = best;
  point->x = CLAMP (taken.x * CELL, 0.f, SIDE);
  point->y = CLAMP (taken.y * CELL, 0.f, SIDE);
  settle (points, i, between (&field, field.like, taken), mask);
}

/* Makes room for what n points look like. */
static void
make_room (SstPoints * points, int n)
{
  if (n <= points->room)
    return;
  points->room = n;
  points->around = g_renew (float, points->around,
      (size_t) n * AROUND * points->n_channels);
}

/* From pixels of the frame to pixels of the window. */
static void
place (const SstPoints * points, Point * point)
{
  const SstBox *const w = &points->window;

  if (point->placed)
    return;
  point->x = (point->x - w->x) * SIDE / w->width;
  point->y = (point->y - w->y) * SIDE / w->height;
  point->outside = !(point->x >= 0.f && point->y >= 0.f && point->x < SIDE
      && point->y < SIDE);
  point->placed = TRUE;
}

/* Takes in what the points from the first on look like. */
static void
take_in (SstPoints * points, int first, const SstMaskView * view,
    const SstMask * mask)
{
  make_room (points, points->n);
  for (int i = first; i < points->n; i++) {
    Point *const point = &points->points[i];

    place (points, point);
    if (!point->outside)
      describe (view->cells, points->n_channels, point, around_of (points, i));
    settle (points, i, 1.f, mask);
  }
  points->n_known = points->n;
}

/* Points of an earlier grid go, those of this one come. */
static void
place_grid (SstPoints * points, const SstMask * mask, const SstBox * box,
    int side)
{
  int n = 0;

  for (int i = 0; i < points->n; i++)
    if (!points->points[i].of_grid)
      points->points[n++] = points->points[i];
  points->n = n;
  for (int i = 0; i < side * side; i++) {
    const float x = box->x + (i % side + 0.5f) * box->width / side;
    const float y = box->y + (i / side + 0.5f) * box->height / side;
    const int u = (int) ((x - mask->window.x) * SIDE / mask->window.width);
    const int v = (int) ((y - mask->window.y) * SIDE / mask->window.height);

    if (u >= 0 && v >= 0 && u < SIDE && v < SIDE
        && mask->target[v * SIDE + u] > 0.5f && sst_points_add (points, x, y))
      points->points[points->n - 1].of_grid = TRUE;
  }
}

void
sst_points_start (SstPoints * points, const SstMaskView * view, int n_channels,
    const SstMask * mask, const SstBox * box, int side)
{
  if (n_channels != points->n_channels) {
    g_clear_pointer (&points->around, g_free);
    points->room = 0;
    points->n_channels = n_channels;
  }
  points->window = view->window;
  for (int i = 0; i < points->n_known; i++) {
    /* anew, where they are */
    points->points[i].x = points->now[i].x;
    points->points[i].y = points->now[i].y;
    points->points[i].placed = FALSE;
  }
  place_grid (points, mask, box, CLAMP (side, 0, SST_POINTS_MAX_GRID));
  points->n_known = 0;
  if (points->n == 0)
    return;
  take_in (points, 0, view, mask);
  keep_picture (points, view);
}

void
sst_points_next (SstPoints * points, const SstMaskView * view, int n_channels,
    const SstMask * mask)
{
  g_assert (n_channels == points->n_channels);
  points->window = view->window;
  if (points->n == 0)
    return;
  keep_picture (points, view);
  if (points->n_known > 0) {
    SstPoint shift;

    flow (points);
    shift = common_shift (points);
    for (int i = 0; i < points->n_known; i++)
      carry (points, i, view, mask, shift);
  }
  take_in (points, points->n_known, view, mask);
}

void
sst_points_move (SstPoints * points, const SstBox * from, const SstBox * to)
{
  const float sx = to->width / from->width, sy = to->height / from->height;
  SstBox *const w = &points->window;

  if (w->width <= 0.f)
    return;                     /* there was no view */
  *w = (SstBox) { to->x + (w->x - from->x) * sx, to->y + (w->y - from->y) * sy,
    w->width * sx, w->height * sy
  };
  for (int i = 0; i < points->n; i++) {
    Point *const point = &points->points[i];

    place (points, point);
    points->now[i] = (SstTargetPoint) { w->x + point->x * w->width / SIDE,
      w->y + point->y * w->height / SIDE, 0.f, FALSE
    };
  }
}

gboolean
sst_points_wanted (const SstPoints * points)
{
  return points->n > 0;
}

const SstTargetPoint *
sst_points_get (const SstPoints * points, guint * n)
{
  *n = (guint) points->n_known;
  return points->n_known > 0 ? points->now : NULL;
}
