/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "mask/cluster.h"
#include "mask/propagate.h"
#include "nn/affinity.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#define POOL 2                  /* times top_k are left for the votes to choose
                                 * from */
#define MAX_POOL (POOL * SST_PROPAGATE_MAX_K)
#define FIRST 0.85f             /* weight of a point's first features: they do
                                 * not drift, the last ones keep up with what
                                 * changes */
#define N_AROUND 9              /* cells about a point */
#define SEED 1                  /* of the k-means */

typedef struct
{
  float *features;              /* unit, [C][n] */
  float *labels;                /* [n_labels][n] */
  int *regions;                 /* n */
  int n_regions;
} Slot;

typedef struct
{
  float share;                  /* the cosine first */
  int slot, cell;
} Source;

typedef struct
{
  float x, y;
  float *first;                 /* features about it at the start, N_AROUND x C,
                                 * unit */
} Point;

struct _SstPropagate
{
  SstPropagateParams params;
  SstClusterParams clusters;
  int n, n_slots, n_used;       /* cells; slots, of which so many are in use */
  int last;                     /* the slot of the frame before */
  Slot *slots;                  /* 0: the first frame; one more than n_slots,
                                 * for the frame at hand */
  int pool;
  Source *sources;              /* n x pool, the most alike first */
  int *n_sources;               /* n */
  float *cosines;               /* of a row of cells and a window's rows */
  float *votes;                 /* for regions of all slots */
  float *norms;                 /* n */
  void *cluster_scratch;
  Point *points;
  int n_points;
  float *firsts;                /* memory of the points */
  float *around;                /* N_AROUND x C */
  float *likeness;              /* of a window */
};

void
sst_propagate_params_init (SstPropagateParams *params, int channels,
    int height, int width)
{
  *params = (SstPropagateParams) {
    .channels = channels,.height = height,.width = width,.n_labels = 1,
    .n_recent = 3,.radius = MAX (MAX (height, width) / 4, 1),.top_k = 4,
    .temperature = 0.05f,.n_clusters = 0,.vote = 0.5f,.max_points = 64,
  };
}

SstPropagate *
sst_propagate_new (const SstPropagateParams *params)
{
  SstPropagate *p = g_new0 (SstPropagate, 1);
  const int window = 2 * params->radius + 1;
  const size_t n = (size_t) params->height * params->width;
  const size_t around = (size_t) N_AROUND * params->channels;

  p->params = *params;
  p->params.top_k = CLAMP (params->top_k, 1, SST_PROPAGATE_MAX_K);
  p->params.n_recent = CLAMP (params->n_recent, 1, SST_PROPAGATE_MAX_RECENT);
  p->n = (int) n;
  p->n_slots = 1 + p->params.n_recent;
  p->slots = g_new0 (Slot, p->n_slots + 1);
  for (int i = 0; i <= p->n_slots; i++) {
    p->slots[i].features = g_new (float, params->channels * n);
    p->slots[i].labels = g_new (float, params->n_labels * n);
    p->slots[i].regions = g_new0 (int, n);
  }
  p->pool = params->n_clusters > 0 ? POOL * p->params.top_k : p->params.top_k;
  p->sources = g_new (Source, n * p->pool);
  p->n_sources = g_new (int, n);
  p->cosines = g_new (float, (size_t) params->width * params->width
      * MIN (window, params->height));
  p->votes = g_new (float, n * p->n_slots);
  p->norms = g_new (float, n);
  if (params->n_clusters > 0) {
    sst_cluster_params_init (&p->clusters, params->channels, params->height,
        params->width);
    p->clusters.n_clusters = params->n_clusters;
    p->cluster_scratch = g_malloc (sst_cluster_scratch_size (&p->clusters));
  }
  p->points = g_new (Point, params->max_points);
  p->firsts = g_new (float, around * params->max_points);
  for (int i = 0; i < params->max_points; i++)
    p->points[i].first = p->firsts + i * around;
  p->around = g_new (float, around);
  p->likeness = g_new (float, (size_t) window * window);
  return p;
}

void
sst_propagate_free (SstPropagate **propagate)
{
  SstPropagate *p = *propagate;

  if (p == NULL)
    return;
  for (int i = 0; i <= p->n_slots; i++) {
    g_free (p->slots[i].features);
    g_free (p->slots[i].labels);
    g_free (p->slots[i].regions);
  }
  g_free (p->slots);
  g_free (p->sources);
  g_free (p->n_sources);
  g_free (p->cosines);
  g_free (p->votes);
  g_free (p->norms);
  g_free (p->cluster_scratch);
  g_free (p->points);
  g_free (p->firsts);
  g_free (p->around);
  g_free (p->likeness);
  g_clear_pointer (propagate, g_free);
}

static void
set_features (SstPropagate *p, const float *features, Slot *slot)
{
  sst_affinity_normalise (features, p->params.channels, p->n, slot->features,
      p->norms);
  if (p->params.n_clusters > 0) {
    SstRandom random = sst_random_init (SEED, 0);

    slot->n_regions = sst_cluster_segment (&p->clusters, features, &random,
        slot->regions, NULL, p->cluster_scratch);
  }
}

/* Features about a point, between cells by bilinear interpolation, unit. */
static void
get_around (const SstPropagate *p, const float *features, float x, float y,
    float *around)
{
  const int width = p->params.width, height = p->params.height;

  for (int o = 0; o < N_AROUND; o++) {
    const float sx = CLAMP (x - 0.5f + o % 3 - 1.f, 0.f, width - 1.f);
    const float sy = CLAMP (y - 0.5f + o / 3 - 1.f, 0.f, height - 1.f);
    const int x0 = (int) sx, x1 = MIN (x0 + 1, width - 1);
    const int y0 = (int) sy, y1 = MIN (y0 + 1, height - 1);
    const float fx = sx - x0, fy = sy - y0;
    float *out = around + o * p->params.channels;
    float square = SST_AFFINITY_EPSILON;

    for (int c = 0; c < p->params.channels; c++) {
      const float *map = features + (size_t) c * p->n;

      out[c] = (1.f - fy) * ((1.f - fx) * map[y0 * width + x0]
          + fx * map[y0 * width + x1])
          + fy * ((1.f - fx) * map[y1 * width + x0]
          + fx * map[y1 * width + x1]);
      square += out[c] * out[c];
    }
    cblas_sscal (p->params.channels, 1.f / sqrtf (square), out, 1);
  }
}

void
sst_propagate_start (SstPropagate *p, const float *features,
    const float *labels, const SstPropagatePoint *points, int n_points)
{
  Slot *slot = &p->slots[0];
  const size_t size = (size_t) p->params.n_labels * p->n;

  set_features (p, features, slot);
  if (labels != NULL)
    memcpy (slot->labels, labels, size * sizeof *labels);
  else
    memset (slot->labels, 0, size * sizeof *labels);
  p->n_points = MIN (n_points, p->params.max_points);
  for (int i = 0; i < p->n_points; i++) {
    p->points[i].x = points[i].x;
    p->points[i].y = points[i].y;
    get_around (p, slot->features, points[i].x, points[i].y,
        p->points[i].first);
  }
  p->n_used = 1;
  p->last = 0;
}

/* Puts a source among the n of a list, the most alike first, if it is alike
 * enough for the first size of them. Returns how many there are now. */
static inline int
offer (Source *list, int n, int size, Source source)
{
  int i = n;

  if (n == size) {
    if (source.share <= list[n - 1].share)
      return n;
    i--;
  }
  for (; i > 0 && list[i - 1].share < source.share; i--)
    list[i] = list[i - 1];
  list[i] = source;
  return MIN (n + 1, size);
}

/* The most alike cells of all frames in memory, for all cells. */
static void
find_sources (SstPropagate *p, const Slot *now)
{
  const int width = p->params.width, height = p->params.height;
  const int radius = p->params.radius;

  memset (p->n_sources, 0, p->n * sizeof *p->n_sources);
  for (int s = 0; s < p->n_used; s++)
    for (int y = 0; y < height; y++) {
      const int top = MAX (y - radius, 0);
      const int bottom = MIN (y + radius, height - 1);
      const int m = (bottom - top + 1) * width;

      cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, width, m,
          p->params.channels, 1.f, now->features + (size_t) y * width, p->n,
          p->slots[s].features + (size_t) top * width, p->n, 0.f, p->cosines,
          m);
      for (int x = 0; x < width; x++) {
        const int left = MAX (x - radius, 0), cell = y * width + x;
        const int right = MIN (x + radius, width - 1);
        Source *list = p->sources + (size_t) cell * p->pool;
        int n = p->n_sources[cell];

        for (int v = top; v <= bottom; v++) {
          const float *row = p->cosines + (size_t) x * m + (v - top) * width;

          for (int u = left; u <= right; u++)
            n = offer (list, n, p->pool, (Source) { row[u], s, v * width + u});
        }
        p->n_sources[cell] = n;
      }
    }
}

/* Turns the likeness of a cell's n first sources into shares that sum to 1. */
static void
share (Source *list, int n, float temperature)
{
  float row[MAX_POOL];

  for (int k = 0; k < n; k++)
    row[k] = list[k].share;
  sst_affinity_softmax (row, n, temperature);
  for (int k = 0; k < n; k++)
    list[k].share = row[k];
}

/* Lets each region settle on the regions that it came from, and leaves the
 * top_k of each cell. */
static void
vote (SstPropagate *p, const Slot *now)
{
  int offset[1 + SST_PROPAGATE_MAX_RECENT], n_regions = 0;

  for (int s = 0; s < p->n_used; s++) {
    offset[s] = n_regions;
    n_regions += p->slots[s].n_regions;
  }
  for (int r = 0; r < now->n_regions; r++) {
    float total = 0.f;

    memset (p->votes, 0, n_regions * sizeof *p->votes);
    for (int i = 0; i < p->n; i++)
      for (int k = 0; now->regions[i] == r && k < p->n_sources[i]; k++) {
        const Source *source = &p->sources[(size_t) i * p->pool + k];

        p->votes[offset[source->slot]
            + p->slots[source->slot].regions[source->cell]] += source->share;
        total += source->share;
      }
    for (int q = 0; q < n_regions; q++)
      p->votes[q] = p->votes[q] > 0.f
          ? powf (p->votes[q] / total, p->params.vote) : 0.f;
    for (int i = 0; i < p->n; i++) {
      Source *list = p->sources + (size_t) i * p->pool, voted[MAX_POOL];
      const int n = p->n_sources[i];
      float sum = 0.f;

      if (now->regions[i] != r)
        continue;
      memcpy (voted, list, n * sizeof *list);
      p->n_sources[i] = 0;
      for (int k = 0; k < n; k++) {
        voted[k].share *= p->votes[offset[voted[k].slot]
            + p->slots[voted[k].slot].regions[voted[k].cell]];
        p->n_sources[i] = offer (list, p->n_sources[i], p->params.top_k,
            voted[k]);
      }
      for (int k = 0; k < p->n_sources[i]; k++)
        sum += list[k].share;
      for (int k = 0; k < p->n_sources[i]; k++)
        list[k].share /= sum;
    }
  }
}

static void
carry_labels (SstPropagate *p, Slot *now)
{
  find_sources (p, now);
  for (int i = 0; i < p->n; i++)
    share (p->sources + (size_t) i * p->pool, p->n_sources[i],
        p->params.temperature);
  if (p->params.n_clusters > 0)
    vote (p, now);
  for (int l = 0; l < p->params.n_labels; l++)
    for (int i = 0; i < p->n; i++) {
      const Source *list = p->sources + (size_t) i * p->pool;
      float sum = 0.f;

      for (int k = 0; k < p->n_sources[i]; k++)
        sum += list[k].share * p->slots[list[k].slot].labels[(size_t) l * p->n
            + list[k].cell];
      now->labels[(size_t) l * p->n + i] = sum;
    }
}

/* How like the features about a cell are. */
static float
likeness_at (const SstPropagate *p, const float *features, int x, int y)
{
  float sum = 0.f;

  for (int o = 0; o < N_AROUND; o++) {
    const int u = CLAMP (x + o % 3 - 1, 0, p->params.width - 1);
    const int v = CLAMP (y + o / 3 - 1, 0, p->params.height - 1);

    sum += cblas_sdot (p->params.channels, p->around + o * p->params.channels,
        1, features + v * p->params.width + u, p->n);
  }
  return sum / N_AROUND;
}

/* Where between its neighbours the top of a parabola through three values is,
 * -0.5..0.5. */
static float
find_top (float before, float at, float after)
{
  const float bend = before - 2.f * at + after;

  return bend < 0.f ? CLAMP (0.5f * (before - after) / bend, -0.5f, 0.5f) : 0.f;
}

static float
carry_point (SstPropagate *p, const Slot *now, Point *point)
{
  const int width = p->params.width, height = p->params.height;
  const int x = CLAMP ((int) point->x, 0, width - 1);
  const int y = CLAMP ((int) point->y, 0, height - 1);
  const int left = MAX (x - p->params.radius, 0);
  const int right = MIN (x + p->params.radius, width - 1);
  const int top = MAX (y - p->params.radius, 0);
  const int bottom = MIN (y + p->params.radius, height - 1);
  const int step = right - left + 1;
  const float *best = p->likeness;
  int bx, by;

  get_around (p, p->slots[p->last].features, point->x, point->y, p->around);
  for (int i = 0; i < N_AROUND * p->params.channels; i++)
    p->around[i] += FIRST * (point->first[i] - p->around[i]);
  for (int v = top; v <= bottom; v++)
    for (int u = left; u <= right; u++) {
      float *at = p->likeness + (v - top) * step + u - left;

      *at = likeness_at (p, now->features, u, v);
      if (*at > *best)
        best = at;
    }
  bx = left + (int) ((best - p->likeness) % step);
  by = top + (int) ((best - p->likeness) / step);
  point->x = bx + 0.5f;
  point->y = by + 0.5f;
  if (bx > left && bx < right)
    point->x += find_top (best[-1], *best, best[1]);
  if (by > top && by < bottom)
    point->y += find_top (best[-step], *best, best[step]);
  return *best;
}

void
sst_propagate_next (SstPropagate *p, const float *features, float *labels,
    SstPropagatePoint *points)
{
  Slot *now = &p->slots[p->n_slots], kept;

  set_features (p, features, now);
  carry_labels (p, now);
  if (labels != NULL)
    memcpy (labels, now->labels, (size_t) p->params.n_labels * p->n
        * sizeof *labels);
  for (int i = 0; i < p->n_points; i++) {
    const float likeness = carry_point (p, now, &p->points[i]);

    if (points != NULL)
      points[i] = (SstPropagatePoint) { p->points[i].x, p->points[i].y,
          likeness};
  }

  p->last = p->last % p->params.n_recent + 1;
  p->n_used = MIN (p->n_used + 1, p->n_slots);
  kept = p->slots[p->last];
  p->slots[p->last] = *now;
  *now = kept;
}
