/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "mask/recall.h"

#include <math.h>
#include <string.h>

#include "base/floats.h"
#include "base/simd.h"
#include "nn/exponential.h"

#define GRID SST_COARSE_GRID
#define CELLS SST_COARSE_CELLS
#define FINE SST_MASK_GRID
#define RADIUS SST_RECALL_RADIUS
#define SHIFTS (2 * RADIUS + 1)

/* Columns of a memory: some of nothing on both sides. */
#define MARGIN SST_LANES
#define WIDTH (GRID + 2 * MARGIN)

#define TEMPERATURE 0.03f
/* The first frame does not drift. */
#define FIRST_BONUS 0.05f
#define LEAST 0.02f             /* of a label whose logit is taken */

typedef struct
{
  float *cells;                 /* GRID rows of n_channels rows of WIDTH */
  float weights[GRID][WIDTH];   /* 1, beside the window 0 */
  float labels[GRID][WIDTH];    /* times the weights */
} Memory;

struct _SstRecall
{
  int n_channels;
  Memory first, last;
  gboolean has_last;
  float *row;                   /* of the frame at hand: n_channels rows of the
                                 * even columns, then of the odd ones */
};

static void
memory_init (Memory * memory, int n_channels)
{
  memory->cells = sst_floats_new ((size_t) GRID * n_channels * WIDTH);
  for (int y = 0; y < GRID; y++)
    for (int x = 0; x < GRID; x++)
      memory->weights[y][MARGIN + x] = 1.f;
}

SstRecall *
sst_recall_new (int n_channels)
{
  SstRecall *const recall = g_new0 (SstRecall, 1);

  recall->n_channels = n_channels;
  memory_init (&recall->first, n_channels);
  memory_init (&recall->last, n_channels);
  recall->row = sst_floats_new ((size_t) 2 * GRID * n_channels);
  return recall;
}

void
sst_recall_free (SstRecall ** recall)
{
  if (*recall == NULL)
    return;
  g_aligned_free ((*recall)->first.cells);
  g_aligned_free ((*recall)->last.cells);
  g_aligned_free ((*recall)->row);
  g_clear_pointer (recall, g_free);
}

void
sst_recall_keep (SstRecall * recall, const float *cells, const float *labels,
    gboolean first)
{
  Memory *const memory = first ? &recall->first : &recall->last;

  for (int y = 0; y < GRID; y++) {
    float *const row = memory->cells + (size_t) y * recall->n_channels * WIDTH
        + MARGIN;

    for (int c = 0; c < recall->n_channels; c++)
      memcpy (row + c * WIDTH, cells + (size_t) c * CELLS + y * GRID,
          GRID * sizeof (float));
    memcpy (memory->labels[y] + MARGIN, labels + y * GRID,
        GRID * sizeof (float));
  }
  recall->has_last = !first;
}

/* Cosines of SST_LANES cells, every second one, with a row of a memory that
 * begins at the first of them less the radius: for each shift all of them. */
SST_MULTIVERSION static void
multiply (const float *cells, const float *memory, int n_channels,
    float *cosines)
{
  SstLanes sums[SHIFTS] = { {0.f} };

  for (int c = 0; c < n_channels; c++) {
    const SstLanes now = *(const SstLanes *) cells;

#pragma GCC unroll 16
    for (int k = 0; k < SHIFTS; k++)
      sums[k] += now * *(const SstLanes *) (memory + k);
    cells += 2 * GRID;
    memory += WIDTH;
  }
  memcpy (cosines, sums, sizeof sums);
}

/* How much each match weighs. */
SST_MULTIVERSION static void
weigh (float *cosines, float offset)
{
  float t = 1.f/TEMPERATURE;
  for (int i = 0; i < SHIFTS * SST_LANES; i++)
    cosines[i] = sst_exp_negative ((cosines[i] - offset) * t);
}

/* Adds the weights, and what is labelled so. */
SST_MULTIVERSION static void
add (const float *restrict e, const float *restrict weights,
    const float *restrict labels, float *restrict sums,
    float *restrict labeled)
{
  for (int k = 0; k < SHIFTS; k++) {
    for (int i = 0; i < SST_LANES; i++) {
      sums[i] += e[k * SST_LANES + i] * weights[k + i];
      labeled[i] += e[k * SST_LANES + i] * labels[k + i];
    }
  }
}

/* Adds what cells at coarse places (x, y), (x + 1, y) ... find in a memory. */
static void
match_memory (const SstRecall * recall, const Memory * memory,
    const float *cells, int y, int x, float bonus, float *sums,
    float *labeled)
{
  const int n_channels = recall->n_channels, at = MARGIN + x - RADIUS;
  float e[SHIFTS * SST_LANES];

  for (int v = MAX (y - RADIUS, 0); v <= MIN (y + RADIUS, GRID - 1); v++) {
    multiply (cells, memory->cells + (size_t) v * n_channels * WIDTH + at,
        n_channels, e);
    weigh (e, 1.f + FIRST_BONUS - bonus);
    add (e, memory->weights[v] + at, memory->labels[v] + at, sums, labeled);
  }
}

SST_MULTIVERSION static void
split (const float *restrict row, float *restrict even, float *restrict odd)
{
  for (int x = 0; x < GRID; x++) {
    even[x] = row[2 * x];
    odd[x] = row[2 * x + 1];
  }
}

/* Of SST_LANES cells: x, x + 2, ... */
static void
vote (const SstRecall * recall, int y, int x, float *votes)
{
  const float *const cells = recall->row + x % 2 * GRID + x / 2;
  float sums[SST_LANES] = { 0.f }, labeled[SST_LANES] = { 0.f };

  match_memory (recall, &recall->first, cells, y / 2, x / 2, FIRST_BONUS, sums,
      labeled);
  if (recall->has_last)
    match_memory (recall, &recall->last, cells, y / 2, x / 2, 0.f, sums,
        labeled);
  for (int i = 0; i < SST_LANES; i++) {
    const float p = CLAMP (labeled[i] / sums[i], LEAST, 1.f - LEAST);

    votes[x + 2 * i] = logf (p / (1.f - p));
  }
}

void
sst_recall_vote (SstRecall * recall, const float *cells, int y, int x0, int x1,
    float *votes)
{
  for (int c = 0; c < recall->n_channels; c++) {
    float *const row = recall->row + (size_t) c * 2 * GRID;

    split (cells + (size_t) c * SST_MASK_CELLS + y * FINE, row, row + GRID);
  }
  for (int start = x0 & ~1; start < x1; start += 2 * SST_LANES) {
    const int x = MIN (start, FINE - 2 * SST_LANES);

    vote (recall, y, x, votes);
    vote (recall, y, x + 1, votes);
  }
}
