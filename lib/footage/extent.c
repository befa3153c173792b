/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "footage/extent.h"

#include <math.h>
#include <string.h>

#include "base/simd.h"

#define MAX_SIDE SST_FLOW_MAX_SIDE

#define LEVELS 256
#define MIN_DIFFERENCE 8        /* grey levels */
#define NOISE_SHARE 0.6f        /* of the pixels that are taken for noise */
#define NOISE_FACTOR 3
#define MAX_THRESHOLD 48        /* grey levels; more is a bad fit, and so is */
#define MAX_MOVING_SHARE 0.5f   /* more of the picture */
#define BLUR 2                  /* pixels to each side */

#define MIN_AREA 24             /* pixels */
#define MIN_PART_SIDE 5
#define TRIM 0.25f              /* of the fullest row: thinner is no body */
#define BORDER 2                /* pixels */
#define RING 3                  /* pixels, and */
#define RING_SHARE 0.15f        /* of the sides */

static const guint spans[] = { 2, 5, 10, 20 };

/* Reaches over which pieces are one, pixels, and how much moves there. */
static const struct
{
  int reach;
  guint8 least;
} passes[] = { {2, 70}, {5, 70}, {10, 70}, {4, 140} };

typedef struct
{
  guint8 *value, *low, *high;   /* the luma; least and most of 3 x 3 */
} Picture;

struct _SstExtent
{
  int width, height;
  guint n, n_allocated;
  size_t size;                  /* bytes of a plane */
  Picture *pictures;
  const SstAffine *camera;

  guint8 *most[2];              /* differences to one side, the largest first */
  guint8 *known;                /* how many there are */
  guint8 *map, *moved, *mask, *spare;
  int *queue;
  guint32 *sums;                /* of the map, over all that is left and above,
                                 * of width + 1 columns */
};

SstExtent *
sst_extent_new (void)
{
  return g_new0 (SstExtent, 1);
}

static void
free_planes (SstExtent * extent)
{
  for (guint i = 0; i < extent->n_allocated; i++)
    g_free (extent->pictures[i].value);
  g_free (extent->pictures);
  extent->pictures = NULL;
  extent->n_allocated = 0;
  g_free (extent->map);
  g_free (extent->queue);
  g_free (extent->sums);
}

void
sst_extent_free (SstExtent ** extent)
{
  if (*extent == NULL)
    return;
  free_planes (*extent);
  g_clear_pointer (extent, g_free);
}

static void
set_size (SstExtent * extent, int width, int height)
{
  const size_t size = (size_t) width * height;

  if (width == extent->width && height == extent->height)
    return;
  free_planes (extent);
  extent->width = width;
  extent->height = height;
  extent->size = size;
  extent->map = g_malloc (7 * size);
  extent->moved = extent->map + size;
  extent->mask = extent->map + 2 * size;
  extent->spare = extent->map + 3 * size;
  extent->known = extent->map + 4 * size;
  for (int i = 0; i < 2; i++)
    extent->most[i] = extent->map + (5 + i) * size;
  extent->queue = g_new (int, size);
  extent->sums = g_new (guint32, (size_t) (width + 1) * (height + 1));
}

/* Least and most of three neighbours in rows, then in columns. */
SST_MULTIVERSION static void
set_range (const Picture * p, guint8 * spare, int width, int height)
{
  for (int side = 0; side < 2; side++) {
    guint8 *const out = side ? p->high : p->low;

    for (int y = 0; y < height; y++) {
      const guint8 *const row = p->value + (size_t) y * width;
      guint8 *const to = spare + (size_t) y * width;

      to[0] = row[0];
      to[width - 1] = row[width - 1];
      for (int x = 1; x < width - 1; x++) {
        const guint8 a = row[x - 1], b = row[x], c = row[x + 1];

        to[x] = side ? MAX (MAX (a, b), c) : MIN (MIN (a, b), c);
      }
    }
    for (int y = 0; y < height; y++) {
      const guint8 *const row = spare + (size_t) y * width;
      const guint8 *const above = y > 0 ? row - width : row;
      const guint8 *const below = y < height - 1 ? row + width : row;
      guint8 *const to = out + (size_t) y * width;

      for (int x = 0; x < width; x++)
        to[x] = side ? MAX (MAX (above[x], row[x]), below[x])
            : MIN (MIN (above[x], row[x]), below[x]);
    }
  }
}

void
sst_extent_set (SstExtent * extent, SstFlowImage * const *images,
    const SstAffine * camera, guint n)
{
  set_size (extent, sst_flow_image_width (images[0]),
      sst_flow_image_height (images[0]));
  if (n > extent->n_allocated) {
    extent->pictures = g_renew (Picture, extent->pictures, n);
    for (guint i = extent->n_allocated; i < n; i++) {
      Picture *const p = &extent->pictures[i];

      p->value = g_malloc (3 * extent->size);
      p->low = p->value + extent->size;
      p->high = p->low + extent->size;
    }
    extent->n_allocated = n;
  }
  extent->n = n;
  extent->camera = camera;
  for (guint i = 0; i < n; i++) {
    Picture *const p = &extent->pictures[i];

    for (int y = 0; y < extent->height; y++) {
      const float *const row = sst_flow_image_row (images[i], y);

      for (int x = 0; x < extent->width; x++)
        p->value[y * extent->width + x] = (guint8) (row[x] + 0.5f);
    }
    set_range (p, extent->spare, extent->width, extent->height);
  }
}

/* --- what moves --------------------------------------------------------- */

/* The motion from picture i to picture k. */
static SstAffine
motion_between (const SstExtent * extent, guint i, guint k)
{
  const SstAffine *const f = &extent->camera[i], *const g = &extent->camera[k];
  const float det = f->a * f->d - f->b * f->c;
  const SstAffine back = { f->d / det, -f->b / det, -f->c / det, f->a / det,
    (f->b * f->ty - f->d * f->tx) / det, (f->c * f->tx - f->a * f->ty) / det
  };
  const SstPoint t = sst_affine_apply (g, (SstPoint) { back.tx, back.ty });

  return (SstAffine) {
    g->a * back.a + g->b * back.c, g->a * back.b + g->b * back.d,
    g->c * back.a + g->d * back.c, g->c * back.b + g->d * back.d, t.x, t.y
  };
}

/* Puts the difference of picture k to picture other among the largest. */
SST_MULTIVERSION static void
compare (SstExtent * extent, guint k, guint other)
{
  const SstAffine t = motion_between (extent, k, other);
  const Picture *const p = &extent->pictures[other];
  const int width = extent->width, height = extent->height;
  const guint8 *const value = extent->pictures[k].value;

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const float fx = t.a * (x + 0.5f) + t.b * (y + 0.5f) + t.tx;
      const float fy = t.c * (x + 0.5f) + t.d * (y + 0.5f) + t.ty;
      const int i = y * width + x;
      int at, d;

      if (!(fx >= 0.f && fy >= 0.f && fx < width && fy < height))
        continue;
      at = (int) fy * width + (int) fx;
      d = MAX (MAX (value[i] - p->high[at], p->low[at] - value[i]), 0);
      extent->known[i]++;
      if (d > extent->most[0][i]) {
        extent->most[1][i] = extent->most[0][i];
        extent->most[0][i] = (guint8) d;
      } else if (d > extent->most[1][i]) {
        extent->most[1][i] = (guint8) d;
      }
    }
}

/* Compares picture k to one side of time, and takes the least of that and what
 * moved holds. */
static void
look_to (SstExtent * extent, guint k, int side, guint n_spans, int rank)
{
  memset (extent->known, 0, 3 * extent->size);  /* and what is most */
  for (guint s = 0; s < n_spans; s++)
    compare (extent, k, (guint) ((int) k + side * (int) spans[s]));
  for (size_t i = 0; i < extent->size; i++) {
    const int known = extent->known[i];

    if (known > 0)
      extent->moved[i] = MIN (extent->moved[i],
          extent->most[MIN (rank, known) - 1][i]);
  }
}

/* Which of the largest differences counts: one may be what the camera's motion,
 * far from there, is wrong by. */
static int
rank_of (guint n_spans)
{
  return n_spans > 2 ? 2 : 1;
}

/* Sets moved: the difference of picture k to its neighbours. */
static void
set_moved (SstExtent * extent, guint k)
{
  guint before = 0, after = 0;

  while (before < G_N_ELEMENTS (spans) && spans[before] <= k)
    before++;
  while (after < G_N_ELEMENTS (spans) && k + spans[after] < extent->n)
    after++;
  memset (extent->moved, LEVELS - 1, extent->size);
  look_to (extent, k, -1, before, rank_of (before));
  look_to (extent, k, 1, after, rank_of (after));
  for (size_t i = 0; i < extent->size; i++)
    if (extent->moved[i] == LEVELS - 1)
      extent->moved[i] = 0;     /* nobody saw it */
}

/* The difference that noise does not make. */
static int
find_threshold (const SstExtent * extent)
{
  guint bins[LEVELS] = { 0 };
  guint sum = 0;
  int level = 0;

  for (size_t i = 0; i < extent->size; i++)
    bins[extent->moved[i]]++;
  while (level < LEVELS - 1
      && sum + bins[level] < NOISE_SHARE * extent->size)
    sum += bins[level++];
  return MAX (MIN_DIFFERENCE, NOISE_FACTOR * (level + 1));
}

/* Sets the map from moved: means over squares of how far the threshold is
 * passed. Returns the share of the picture that moves. */
SST_MULTIVERSION static float
set_map (SstExtent * extent, int threshold)
{
  const int width = extent->width, height = extent->height;
  const int side = 2 * BLUR + 1;
  guint8 table[LEVELS];
  guint n = 0;

  for (int i = 0; i < LEVELS; i++)
    table[i] = (guint8) MIN (LEVELS - 1, 170 * i / threshold);
  for (size_t i = 0; i < extent->size; i++)
    extent->moved[i] = table[extent->moved[i]];
  for (int y = 0; y < height; y++) {
    const guint8 *const row = extent->moved + (size_t) y * width;
    int sum = 0;

    for (int x = -BLUR; x <= BLUR; x++)
      sum += row[CLAMP (x, 0, width - 1)];
    for (int x = 0; x < width; x++) {
      extent->spare[y * width + x] = (guint8) (sum / side);
      sum += row[MIN (x + BLUR + 1, width - 1)] - row[MAX (x - BLUR, 0)];
    }
  }
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      int sum = 0;

      for (int v = -BLUR; v <= BLUR; v++)
        sum += extent->spare[CLAMP (y + v, 0, height - 1) * width + x];
      extent->map[y * width + x] = (guint8) (sum / side);
      n += sum / side >= 85;
    }
  return n / (float) extent->size;
}

static void
sum_up (SstExtent * extent)
{
  const int width = extent->width, columns = width + 1;

  memset (extent->sums, 0, columns * sizeof (guint32));
  for (int y = 0; y < extent->height; y++) {
    guint32 *const sums = extent->sums + (size_t) (y + 1) * columns;
    guint32 sum = 0;

    sums[0] = 0;
    for (int x = 0; x < width; x++) {
      sum += MIN (extent->map[y * width + x], 170);
      sums[x + 1] = sums[x + 1 - columns] + sum;
    }
  }
}

static float
sum_in (const SstExtent * extent, int x0, int y0, int x1, int y1, float *area)
{
  const int columns = extent->width + 1;
  const guint32 *const s = extent->sums;

  x0 = MAX (x0, 0);
  y0 = MAX (y0, 0);
  x1 = MIN (x1, extent->width);
  y1 = MIN (y1, extent->height);
  *area = (float) (x1 - x0) * (y1 - y0);
  return (s[y1 * columns + x1] - s[y0 * columns + x1] - s[y1 * columns + x0]
      + s[y0 * columns + x0]) / 170.f;
}

/* --- parts -------------------------------------------------------------- */

/* Running most (or least) of 2 reach + 1 neighbours, along rows or columns. */
SST_MULTIVERSION static void
spread (const guint8 * from, guint8 * to, int width, int height, int reach,
    gboolean along_rows, gboolean most)
{
  for (int y = 0; y < height; y++) {
    guint8 *const out = to + (size_t) y * width;

    memcpy (out, from + (size_t) y * width, width);
    for (int d = -reach; d <= reach; d++) {
      const int v = along_rows ? y : CLAMP (y + d, 0, height - 1);
      const int shift = along_rows ? d : 0;
      const int x0 = MAX (0, -shift), x1 = MIN (width, width - shift);
      const guint8 *const row = from + (size_t) v * width + shift;

      if (most)
        for (int x = x0; x < x1; x++)
          out[x] = MAX (out[x], row[x]);
      else
        for (int x = x0; x < x1; x++)
          out[x] = MIN (out[x], row[x]);
    }
  }
}

/* The mask of what is over least, gaps of twice the reach closed. */
static void
set_mask (SstExtent * extent, int reach, guint8 least)
{
  const int width = extent->width, height = extent->height;

  for (size_t i = 0; i < extent->size; i++)
    extent->mask[i] = extent->map[i] >= least;
  spread (extent->mask, extent->spare, width, height, reach, TRUE, TRUE);
  spread (extent->spare, extent->mask, width, height, reach, FALSE, TRUE);
  spread (extent->mask, extent->spare, width, height, reach, TRUE, FALSE);
  spread (extent->spare, extent->mask, width, height, reach, FALSE, FALSE);
}

static void
trim (const int *profile, int *from, int *until)
{
  int most = 0;

  for (int i = *from; i < *until; i++)
    most = MAX (most, profile[i]);
  while (profile[*from] < TRIM * most)
    ++*from;
  while (profile[*until - 1] < TRIM * most)
    --*until;
}

/* Takes the component of pixel start out of the mask. Returns FALSE where it is
 * no part. */
static gboolean
take_part (SstExtent * extent, int start, guint8 least, SstExtentPart * part)
{
  const int width = extent->width, height = extent->height;
  int columns[MAX_SIDE] = { 0 }, rows[MAX_SIDE] = { 0 };
  int x0 = width, y0 = height, x1 = 0, y1 = 0, n = 1, area = 0;
  float inner, outer;
  int mx, my;

  extent->queue[0] = start;
  extent->mask[start] = 0;
  for (int head = 0; head < n; head++) {
    const int x = extent->queue[head] % width, y = extent->queue[head] / width;

    x0 = MIN (x0, x);
    y0 = MIN (y0, y);
    x1 = MAX (x1, x + 1);
    y1 = MAX (y1, y + 1);
    if (extent->map[extent->queue[head]] >= least) {
      columns[x]++;
      rows[y]++;
      area++;
    }
    for (int v = MAX (y - 1, 0); v <= MIN (y + 1, height - 1); v++)
      for (int u = MAX (x - 1, 0); u <= MIN (x + 1, width - 1); u++)
        if (extent->mask[v * width + u]) {
          extent->mask[v * width + u] = 0;
          extent->queue[n++] = v * width + u;
        }
  }
  if (area < MIN_AREA)
    return FALSE;
  trim (columns, &x0, &x1);
  trim (rows, &y0, &y1);
  if (x1 - x0 < MIN_PART_SIDE || y1 - y0 < MIN_PART_SIDE)
    return FALSE;
  part->box = (SstBox) { x0, y0, x1 - x0, y1 - y0 };
  part->cut = x0 < BORDER || y0 < BORDER || x1 > width - BORDER
      || y1 > height - BORDER;
  part->inside = sum_in (extent, x0, y0, x1, y1, &inner);
  mx = RING + (int) (RING_SHARE * (x1 - x0));
  my = RING + (int) (RING_SHARE * (y1 - y0));
  part->around = sum_in (extent, x0 - mx, y0 - my, x1 + mx, y1 + my, &outer)
      - part->inside;
  part->around /= fmaxf (outer - inner, 1.f);
  part->inside /= inner;
  return TRUE;
}

static gboolean
is_new (const SstExtentPart * parts, guint n, const SstExtentPart * part)
{
  for (guint i = 0; i < n; i++)
    if (sst_box_iou (&parts[i].box, &part->box) > 0.9f)
      return FALSE;
  return TRUE;
}

guint
sst_extent_find (SstExtent * extent, guint k, SstExtentPart * parts)
{
  guint n = 0;
  int threshold;

  set_moved (extent, k);
  threshold = find_threshold (extent);
  if (set_map (extent, threshold) > MAX_MOVING_SHARE
      || threshold > MAX_THRESHOLD)
    return 0;
  sum_up (extent);
  for (guint p = 0; p < G_N_ELEMENTS (passes); p++) {
    set_mask (extent, passes[p].reach, passes[p].least);
    for (size_t i = 0; i < extent->size && n < SST_EXTENT_MAX_PARTS; i++)
      if (extent->mask[i] && take_part (extent, (int) i, passes[p].least,
              &parts[n]) && is_new (parts, n, &parts[n]))
        n++;
  }
  return n;
}

const guint8 *
sst_extent_map (const SstExtent * extent)
{
  return extent->map;
}
