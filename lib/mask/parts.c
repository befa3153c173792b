/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "mask/parts.h"

#include <string.h>

#define GRID SST_MASK_GRID
#define KEEP_SHARE 0.1f

/* Fills the part of a cell with its number; returns what of it is in the
 * seed. */
static float
fill (const float *p, const int seed[4], int start, int number, int *part,
    int *stack)
{
  float weight = 0.f;
  int n = 0;

  part[start] = number;
  stack[n++] = start;
  while (n > 0) {
    const int i = stack[--n], x = i % GRID, y = i / GRID;

    if (x >= seed[0] && y >= seed[1] && x < seed[2] && y < seed[3])
      weight += p[i];
    for (int v = MAX (y - 1, 0); v <= MIN (y + 1, GRID - 1); v++) {
      for (int u = MAX (x - 1, 0); u <= MIN (x + 1, GRID - 1); u++) {
        const int j = v * GRID + u;

        if (part[j] == 0 && p[j] > 0.5f) {
          part[j] = number;
          stack[n++] = j;
        }
      }
    }
  }
  return weight;
}

int
sst_parts_keep (const float *p, const int seed[4], guint8 * keep, int *scratch)
{
  float weights[SST_MASK_CELLS / 4 + 2];        /* no more parts fit */
  int *const part = scratch, *const stack = scratch + SST_MASK_CELLS;
  float most = 0.f;
  int n_parts = 0, n = 0;

  memset (part, 0, SST_MASK_CELLS * sizeof (int));
  for (int i = 0; i < SST_MASK_CELLS; i++) {
    if (part[i] != 0 || !(p[i] > 0.5f))
      continue;
    n_parts++;
    weights[n_parts] = fill (p, seed, i, n_parts, part, stack);
    most = MAX (most, weights[n_parts]);
  }
  for (int i = 0; i < SST_MASK_CELLS; i++) {
    keep[i] = part[i] != 0 && weights[part[i]] > 0.f
        && weights[part[i]] >= KEEP_SHARE * most;
    n += keep[i];
  }
  return n;
}
