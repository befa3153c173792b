/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "mask/alike.h"

#include <cblas.h>
#include <string.h>

#include "base/floats.h"
#include "base/simd.h"

#define GRID SST_COARSE_GRID
#define CELLS SST_COARSE_CELLS
#define FINE SST_MASK_GRID
#define KEPT SST_ALIKE_CELLS

/* How alike makes how sure. */
#define KAPPA 12.f
/* Best matches that count. */
#define BEST 3
/* Rows of cells that are worked on together. */
#define ROWS 8
#define COLUMNS (ROWS * GRID)

typedef struct
{
  float *cells;                 /* n_channels rows of KEPT */
  int n;
} Class;

struct _SstAlike
{
  int n_channels;
  Class classes[2];             /* target, background */
  float *products;              /* KEPT x COLUMNS */
  float best[BEST][COLUMNS];
  float votes[CELLS];           /* of coarse cells */
};

SstAlike *
sst_alike_new (int n_channels)
{
  SstAlike *const alike = g_new0 (SstAlike, 1);

  alike->n_channels = n_channels;
  for (int i = 0; i < 2; i++)
    alike->classes[i].cells = sst_floats_new ((size_t) KEPT * n_channels);
  alike->products = sst_floats_new (KEPT * COLUMNS);
  return alike;
}

void
sst_alike_free (SstAlike ** alike)
{
  if (*alike == NULL)
    return;
  for (int i = 0; i < 2; i++)
    g_aligned_free ((*alike)->classes[i].cells);
  g_aligned_free ((*alike)->products);
  g_clear_pointer (alike, g_free);
}

static gboolean
is_of (float label, gboolean target)
{
  return target ? label > SST_ALIKE_TARGET : label < SST_ALIKE_OTHER;
}

/* Fills a class with cells, evenly spread over all of them. */
static void
choose (SstAlike * alike, const float *cells, const float *labels,
    gboolean target, Class * class)
{
  int total = 0;

  for (int i = 0; i < CELLS; i++)
    total += is_of (labels[i], target);
  class->n = 0;
  for (int i = 0, seen = 0; i < CELLS && class->n < KEPT; i++) {
    if (!is_of (labels[i], target))
      continue;
    if (total <= KEPT || seen * KEPT / total >= class->n) {
      for (int c = 0; c < alike->n_channels; c++)
        class->cells[c * KEPT + class->n] = cells[(size_t) c * CELLS + i];
      class->n++;
    }
    seen++;
  }
}

void
sst_alike_start (SstAlike * alike, const float *cells, const float *labels)
{
  for (int i = 0; i < 2; i++)
    choose (alike, cells, labels, i == 0, &alike->classes[i]);
}

/* Puts a row of values among the best ones of each column. */
SST_MULTIVERSION static void
offer (const float *restrict values, int n, float *restrict first,
    float *restrict second, float *restrict third)
{
  for (int i = 0; i < n; i++) {
    const float v = values[i], a = first[i], b = second[i];
    const float under_a = v < a ? v : a;
    const float under_b = under_a < b ? under_a : b;

    first[i] = v > a ? v : a;
    second[i] = under_a > b ? under_a : b;
    third[i] = under_b > third[i] ? under_b : third[i];
  }
}

/* Adds how alike n cells are to the best ones of a class, times factor. */
static void
add_likeness (SstAlike * alike, const Class * class, const float *cells, int n,
    float factor, float *votes)
{
  float (*const best)[COLUMNS] = alike->best;

  cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, class->n, n,
      alike->n_channels, 1.f, class->cells, KEPT, cells, CELLS, 0.f,
      alike->products, COLUMNS);
  for (int k = 0; k < BEST; k++)
    for (int i = 0; i < n; i++)
      best[k][i] = -1.f;
  for (int k = 0; k < class->n; k++)
    offer (alike->products + (size_t) k * COLUMNS, n, best[0], best[1],
        best[2]);
  for (int i = 0; i < n; i++)
    votes[i] += factor / BEST * (best[0][i] + best[1][i] + best[2][i]);
}

/* From coarse cells, those beyond rows y0 .. y1 - 1 as the last ones. */
static void
enlarge_row (const float *coarse, int y0, int y1, int y, float *row)
{
  const int near = y / 2, far = CLAMP (y % 2 == 0 ? near - 1 : near + 1, y0,
      y1 - 1);
  const float *const a = coarse + near * GRID, *const b = coarse + far * GRID;
  float line[GRID];

  for (int x = 0; x < GRID; x++)
    line[x] = 0.75f * a[x] + 0.25f * b[x];
  for (int x = 0; x < FINE; x++) {
    const int beside = x % 2 == 0 ? x / 2 - 1 : x / 2 + 1;

    row[x] = 0.75f * line[x / 2] + 0.25f * line[CLAMP (beside, 0, GRID - 1)];
  }
}

void
sst_alike_vote (SstAlike * alike, const float *cells, int y0, int y1,
    float *votes)
{
  const Class *const classes = alike->classes;
  const int first = y0 / 2, end = (y1 + 1) / 2;

  memset (votes, 0, SST_MASK_CELLS * sizeof (float));
  if (classes[0].n == 0 || classes[1].n == 0)
    return;
  memset (alike->votes, 0, sizeof alike->votes);
  for (int y = first; y < end; y += ROWS) {
    const int n = MIN (ROWS, end - y) * GRID;

    for (int i = 0; i < 2; i++)
      add_likeness (alike, &classes[i], cells + y * GRID, n,
          i == 0 ? KAPPA : -KAPPA, alike->votes + y * GRID);
  }
  for (int y = y0; y < y1; y++)
    enlarge_row (alike->votes, first, end, y, votes + y * FINE);
}
