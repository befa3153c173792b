/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "base/simd.h"
#include "mask/cluster.h"
#include "nn/affinity.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#define POSITIONS 2             /* dimensions of x_i beside the features */
#define CORE_RATIO 0.7f         /* squared distance to the own centre over that
                                 * to the next one, in a core */
#define NONE (-1)
#define N_NEIGHBORS 4

typedef struct
{
  float distance;
  int order;                    /* first come, first served among equals */
  int cell, region;
} Candidate;

/* The parts of the scratch. n cells in d dimensions. */
typedef struct
{
  int n, d;
  float *points;                /* [d][n] */
  float *norms;                 /* n, squared lengths */
  float *centers;               /* SST_CLUSTER_MAX x d */
  float *products;              /* SST_CLUSTER_MAX x n */
  float *nearest, *second;      /* n, squared distances */
  float *means;                 /* sums of the regions' points, n x d */
  int *cluster;                 /* n */
  int *size;                    /* n, of the regions */
  int *queue;                   /* n */
  Candidate *heap;              /* N_NEIGHBORS n + 1 */
  size_t bytes;
} Plan;

static Plan
plan (const SstClusterParams *params, void *scratch)
{
  const size_t n = (size_t) params->height * params->width;
  const size_t d = params->channels + POSITIONS;
  Plan p = {.n = (int) n,.d = (int) d };
  struct
  {
    void *part;
    size_t bytes;
  } parts[] = {
    {&p.points, d * n * sizeof (float)}, {&p.norms, n * sizeof (float)},
    {&p.centers, SST_CLUSTER_MAX * d * sizeof (float)},
    {&p.products, SST_CLUSTER_MAX * n * sizeof (float)},
    {&p.nearest, n * sizeof (float)}, {&p.second, n * sizeof (float)},
    {&p.means, n * d * sizeof (float)},
    {&p.cluster, n * sizeof (int)}, {&p.size, n * sizeof (int)},
    {&p.queue, n * sizeof (int)},
    {&p.heap, (N_NEIGHBORS * n + 1) * sizeof (Candidate)},
  };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++) {
    if (scratch != NULL) {
      void *at = (char *) scratch + p.bytes;

      memcpy (parts[i].part, &at, sizeof at);
    }
    p.bytes += (parts[i].bytes + 63) & ~(size_t) 63;
  }
  return p;
}

void
sst_cluster_params_init (SstClusterParams *params, int channels, int height,
    int width)
{
  *params = (SstClusterParams) {
    .channels = channels,.height = height,.width = width,
    .n_clusters = 8,.position = 0.5f,.iterations = 8,.min_core = 2,
  };
}

size_t
sst_cluster_scratch_size (const SstClusterParams *params)
{
  return plan (params, NULL).bytes;
}

static void
set_points (const SstClusterParams *params, const float *features,
    const Plan *p)
{
  float *y = p->points + (size_t) params->channels * p->n, *x = y + p->n;

  sst_affinity_normalize (features, params->channels, p->n, p->points,
      p->norms);
  for (int i = 0; i < p->n; i++) {
    y[i] = params->position * (i / params->width) / params->height;
    x[i] = params->position * (i % params->width) / params->width;
  }
  memset (p->norms, 0, p->n * sizeof *p->norms);
  for (int c = 0; c < p->d; c++)
    for (int i = 0; i < p->n; i++)
      p->norms[i] += p->points[(size_t) c * p->n + i]
          * p->points[(size_t) c * p->n + i];
}

static void
get_point (const Plan *p, int cell, float *point)
{
  for (int c = 0; c < p->d; c++)
    point[c] = p->points[(size_t) c * p->n + cell];
}

/* Squared distances of all points to the first k centres: the nearest, whose
 * it is, and the second. */
SST_MULTIVERSION static void
rank (const float *products, const float *center_squares, int k, int n,
    float *nearest, float *second, int *cluster)
{
  for (int i = 0; i < n; i++) {
    nearest[i] = second[i] = G_MAXFLOAT;
    cluster[i] = 0;
  }
  for (int j = 0; j < k; j++) {
    const float *product = products + (size_t) j * n;
    const float square = center_squares[j];

    for (int i = 0; i < n; i++) {
      const float distance = square - 2.f * product[i];
      const float first = nearest[i];
      const float loser = distance < first ? first : distance;

      cluster[i] = distance < first ? j : cluster[i];
      nearest[i] = distance < first ? distance : first;
      second[i] = loser < second[i] ? loser : second[i];
    }
  }
}

static void
assign (const Plan *p, int k)
{
  float squares[SST_CLUSTER_MAX];

  for (int j = 0; j < k; j++)
    squares[j] = cblas_sdot (p->d, p->centers + (size_t) j * p->d, 1,
        p->centers + (size_t) j * p->d, 1);
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, k, p->n, p->d, 1.f,
      p->centers, p->d, p->points, p->n, 0.f, p->products, p->n);
  rank (p->products, squares, k, p->n, p->nearest, p->second, p->cluster);
  for (int i = 0; i < p->n; i++) {
    p->nearest[i] = MAX (p->nearest[i] + p->norms[i], 0.f);
    p->second[i] = MAX (p->second[i] + p->norms[i], 0.f);
  }
}

/* The first centre by chance, each further one with a chance that goes with the
 * squared distance to those already there. Returns how many there are: fewer
 * than wanted if there are not so many different points. */
static int
seed_centers (const SstClusterParams *params, const Plan *p, SstRandom *random)
{
  const int wanted = CLAMP (params->n_clusters, 1, MIN (SST_CLUSTER_MAX, p->n));
  int cell = (int) sst_random_below (random, p->n);

  for (int k = 0;;) {
    double sum = 0., draw;

    get_point (p, cell, p->centers + (size_t) k++ * p->d);
    if (k == wanted)
      return k;
    assign (p, k);
    for (int i = 0; i < p->n; i++)
      sum += p->nearest[i];
    if (!(sum > 1e-6 * p->n))
      return k;
    draw = sst_random_uniform (random, 0.f, 1.f) * sum;
    for (cell = 0; cell < p->n - 1 && draw >= p->nearest[cell]; cell++)
      draw -= p->nearest[cell];
  }
}

/* Moves the centres into the middle of their points. An empty cluster gets the
 * point that is farthest from its centre. Returns whether any moved. */
static gboolean
move_centers (const Plan *p, int k)
{
  gboolean moved = FALSE;

  for (int j = 0; j < k; j++) {
    float *center = p->centers + (size_t) j * p->d;
    int size = 0, farthest = 0;

    for (int i = 0; i < p->n; i++) {
      size += p->cluster[i] == j;
      if (p->nearest[i] > p->nearest[farthest])
        farthest = i;
    }
    if (size == 0) {
      get_point (p, farthest, center);
      p->nearest[farthest] = 0.f;
      moved = TRUE;
      continue;
    }
    for (int c = 0; c < p->d; c++) {
      const float *row = p->points + (size_t) c * p->n;
      float sum = 0.f;

      for (int i = 0; i < p->n; i++)
        sum += p->cluster[i] == j ? row[i] : 0.f;
      sum /= (float) size;
      moved |= fabsf (sum - center[c]) > 1e-5f;
      center[c] = sum;
    }
  }
  return moved;
}

/* The neighbours of a cell; returns how many. */
static int
get_neighbors (int cell, int height, int width, int out[N_NEIGHBORS])
{
  const int y = cell / width, x = cell % width;
  int n = 0;

  if (y > 0)
    out[n++] = cell - width;
  if (x > 0)
    out[n++] = cell - 1;
  if (x < width - 1)
    out[n++] = cell + 1;
  if (y < height - 1)
    out[n++] = cell + width;
  return n;
}

static void
join (const Plan *p, int cell, int region, int *labels)
{
  float *mean = p->means + (size_t) region * p->d;

  labels[cell] = region;
  p->size[region]++;
  for (int c = 0; c < p->d; c++)
    mean[c] += p->points[(size_t) c * p->n + cell];
}

/* Makes regions of touching cores of a cluster that are no fewer than min_core.
 * Other cells get NONE. Cells with a ratio of distances up to core_ratio are
 * cores. Returns the number of regions. */
static int
find_regions (const SstClusterParams *params, const Plan *p, float core_ratio,
    int min_core, int *labels)
{
  const int todo = NONE - 1;
  int n_regions = 0;

  for (int i = 0; i < p->n; i++)
    labels[i] = p->nearest[i] <= core_ratio * p->second[i] ? todo : NONE;
  for (int start = 0; start < p->n; start++) {
    int head = 0, tail = 0;

    if (labels[start] != todo)
      continue;
    labels[start] = n_regions;
    p->queue[tail++] = start;
    while (head < tail) {
      const int cell = p->queue[head++];
      int next[N_NEIGHBORS];
      const int n = get_neighbors (cell, params->height, params->width, next);

      for (int k = 0; k < n; k++)
        if (labels[next[k]] == todo
            && p->cluster[next[k]] == p->cluster[start]) {
          labels[next[k]] = n_regions;
          p->queue[tail++] = next[k];
        }
    }
    if (tail < min_core) {
      for (int k = 0; k < tail; k++)
        labels[p->queue[k]] = NONE;
      continue;
    }
    p->size[n_regions] = 0;
    memset (p->means + (size_t) n_regions * p->d, 0,
        p->d * sizeof *p->means);
    for (int k = 0; k < tail; k++)
      join (p, p->queue[k], n_regions, labels);
    n_regions++;
  }
  return n_regions;
}

static gboolean
is_before (const Candidate *a, const Candidate *b)
{
  return a->distance < b->distance
      || (a->distance == b->distance && a->order < b->order);
}

static void
heap_push (Candidate *heap, int *n, Candidate candidate)
{
  int i = (*n)++;

  while (i > 0 && is_before (&candidate, &heap[(i - 1) / 2])) {
    heap[i] = heap[(i - 1) / 2];
    i = (i - 1) / 2;
  }
  heap[i] = candidate;
}

static Candidate
heap_pop (Candidate *heap, int *n)
{
  const Candidate top = heap[0], last = heap[--*n];
  int i = 0;

  for (;;) {
    int child = 2 * i + 1;

    if (child >= *n)
      break;
    if (child + 1 < *n && is_before (&heap[child + 1], &heap[child]))
      child++;
    if (!is_before (&heap[child], &last))
      break;
    heap[i] = heap[child];
    i = child;
  }
  heap[i] = last;
  return top;
}

static float
distance_to_region (const Plan *p, int cell, int region)
{
  const float *mean = p->means + (size_t) region * p->d;
  const float scale = 1.f / (float) p->size[region];
  float sum = 0.f;

  for (int c = 0; c < p->d; c++) {
    const float d = p->points[(size_t) c * p->n + cell] - mean[c] * scale;

    sum += d * d;
  }
  return sum;
}

/* Offers the free neighbours of a cell to its region. */
static void
offer (const SstClusterParams *params, const Plan *p, int cell,
    const int *labels, int *n_heap, int *order)
{
  int next[N_NEIGHBORS];
  const int n = get_neighbors (cell, params->height, params->width, next);

  for (int k = 0; k < n; k++)
    if (labels[next[k]] == NONE)
      heap_push (p->heap, n_heap, (Candidate) {
          distance_to_region (p, next[k], labels[cell]), (*order)++, next[k],
          labels[cell]});
}

/* A cell is offered by each neighbour at most once, which bounds the heap. */
static void
grow (const SstClusterParams *params, const Plan *p, int *labels)
{
  int n_heap = 0, order = 0;

  for (int i = 0; i < p->n; i++)
    if (labels[i] != NONE)
      offer (params, p, i, labels, &n_heap, &order);
  while (n_heap > 0) {
    const Candidate next = heap_pop (p->heap, &n_heap);

    if (labels[next.cell] != NONE)
      continue;
    join (p, next.cell, next.region, labels);
    offer (params, p, next.cell, labels, &n_heap, &order);
  }
}

/* Renumbers the regions, the largest first. */
static void
order_by_size (const Plan *p, int n_regions, int *labels)
{
  int *number = p->queue;

  for (int r = 0; r < n_regions; r++) {
    number[r] = 0;
    for (int s = 0; s < n_regions; s++)
      number[r] += p->size[s] > p->size[r]
          || (p->size[s] == p->size[r] && s < r);
  }
  for (int i = 0; i < p->n; i++)
    labels[i] = number[labels[i]];
}

/* Needs p->means of the old numbers: goes by labels alone. */
static void
measure_coherence (const SstClusterParams *params, const Plan *p,
    int n_regions, const int *labels, float *coherence)
{
  memset (p->means, 0, (size_t) n_regions * p->d * sizeof *p->means);
  for (int c = 0; c < params->channels; c++)
    for (int i = 0; i < p->n; i++)
      p->means[(size_t) labels[i] * p->d + c]
          += p->points[(size_t) c * p->n + i];
  for (int r = 0; r < n_regions; r++) {
    float *mean = p->means + (size_t) r * p->d;
    const float square = cblas_sdot (params->channels, mean, 1, mean, 1);

    cblas_sscal (params->channels,
        1.f / sqrtf (square + SST_AFFINITY_EPSILON), mean, 1);
  }
  memset (coherence, 0, p->n * sizeof *coherence);
  for (int c = 0; c < params->channels; c++)
    for (int i = 0; i < p->n; i++)
      coherence[i] += p->points[(size_t) c * p->n + i]
          * p->means[(size_t) labels[i] * p->d + c];
}

int
sst_cluster_segment (const SstClusterParams *params, const float *features,
    SstRandom *random, int *labels, float *coherence, void *scratch)
{
  const Plan p = plan (params, scratch);
  int k, n_regions;

  set_points (params, features, &p);
  k = seed_centers (params, &p, random);
  for (int i = 0; i < params->iterations; i++) {
    assign (&p, k);
    if (!move_centers (&p, k))
      break;
  }
  assign (&p, k);
  n_regions = find_regions (params, &p, CORE_RATIO, params->min_core, labels);
  if (n_regions == 0)           /* nothing stands out: as the k-means has it */
    n_regions = find_regions (params, &p, 1.f, 1, labels);
  grow (params, &p, labels);
  order_by_size (&p, n_regions, labels);
  if (coherence != NULL)
    measure_coherence (params, &p, n_regions, labels, coherence);
  return n_regions;
}

/* Whether any cell within reach has another label. */
static gboolean
is_at_border (const SstClusterParams *params, const int *labels, int cell,
    int reach)
{
  const int y = cell / params->width, x = cell % params->width;

  for (int v = MAX (y - reach, 0); v <= MIN (y + reach, params->height - 1);
      v++)
    for (int u = MAX (x - reach, 0); u <= MIN (x + reach, params->width - 1);
        u++)
      if (labels[v * params->width + u] != labels[cell])
        return TRUE;
  return FALSE;
}

void
sst_cluster_refine (const SstClusterParams *params, const float *features,
    const int *coarse, int coarse_height, int coarse_width, int n_regions,
    int *labels, void *scratch)
{
  const Plan p = plan (params, scratch);
  const int factor = params->height / coarse_height;
  int *whole = p.cluster;       /* the labels before */

  set_points (params, features, &p);
  memset (p.size, 0, n_regions * sizeof *p.size);
  memset (p.means, 0, (size_t) n_regions * p.d * sizeof *p.means);
  for (int i = 0; i < p.n; i++)
    whole[i] = coarse[i / params->width / factor * coarse_width
        + i % params->width / factor];
  for (int i = 0; i < p.n; i++) {
    labels[i] = NONE;
    if (!is_at_border (params, whole, i, factor))
      join (&p, i, whole[i], labels);
  }
  for (int r = 0; r < n_regions; r++)
    p.queue[r] = p.size[r] == 0;
  for (int i = 0; i < p.n; i++) /* too thin to have an inside */
    if (p.queue[whole[i]])
      join (&p, i, whole[i], labels);
  grow (params, &p, labels);
}

/* How many cells each region gives. */
static void
share_out (const int *size, int n_regions, int n_wanted, int *quota)
{
  gboolean more = TRUE;

  memset (quota, 0, n_regions * sizeof *quota);
  while (more && n_wanted > 0) {
    more = FALSE;
    for (int r = 0; r < n_regions && n_wanted > 0; r++)
      if (quota[r] < size[r]) {
        quota[r]++;
        n_wanted--;
        more = TRUE;
      }
  }
}

int
sst_cluster_choose (const int *labels, int n_regions, int n,
    const float *value, int n_wanted, int *chosen, void *scratch)
{
  int *size = scratch, *quota = size + n_regions, *cells = quota + n_regions;
  gboolean *taken = cells + n;
  int n_chosen = 0;

  memset (size, 0, n_regions * sizeof *size);
  memset (taken, 0, n * sizeof *taken);
  for (int i = 0; i < n; i++)
    if (labels[i] >= 0)
      size[labels[i]]++;
  share_out (size, n_regions, n_wanted, quota);
  for (int r = 0; r < n_regions; r++) {
    int m = 0;

    if (quota[r] == 0)
      continue;
    for (int i = 0; i < n; i++)
      if (labels[i] == r)
        cells[m++] = i;
    for (int k = 0; k < quota[r]; k++) {
      int best = value != NULL ? k
          : (int) ((2 * (gint64) k + 1) * m / (2 * quota[r]));

      for (int l = k + 1; value != NULL && l < m; l++)
        if (value[cells[l]] > value[cells[best]])
          best = l;
      taken[cells[best]] = TRUE;
      if (value != NULL) {      /* out of the way of the next */
        const int cell = cells[best];

        cells[best] = cells[k];
        cells[k] = cell;
      }
    }
  }
  for (int i = 0; i < n; i++)
    if (taken[i])
      chosen[n_chosen++] = i;
  return n_chosen;
}
