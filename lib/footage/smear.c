/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "footage/smear.h"

#include <math.h>
#include <string.h>

#include "base/simd.h"

#define MAX_PASSES 10

typedef struct
{
  int x, y;
} Shift;

SST_MULTIVERSION static void
mean_of_two (float *restrict to, const float *a, const float *b, int n)
{
  for (int i = 0; i < n; i++)
    to[i] = 0.5f * (a[i] + b[i]);
}

/* The mean of what is ahead of each pixel and what is behind it. */
static void
pass (const float *from, float *to, int width, int height, int n_floats,
    Shift ahead, Shift behind)
{
  const int reach = MAX (abs (ahead.x), abs (behind.x));
  const size_t row = (size_t) width * n_floats;

  for (int y = 0; y < height; y++, to += row) {
    const float *const a = from + CLAMP (y + ahead.y, 0, height - 1) * row;
    const float *const b = from + CLAMP (y - behind.y, 0, height - 1) * row;

    for (int x = 0; x < width; x++) {
      if (x == reach && width - reach > x) {
        mean_of_two (to + x * n_floats, a + (x + ahead.x) * n_floats,
            b + (x - behind.x) * n_floats, (width - 2 * reach) * n_floats);
        x = width - reach;
        if (x >= width)
          break;
      }
      mean_of_two (to + x * n_floats,
          a + CLAMP (x + ahead.x, 0, width - 1) * n_floats,
          b + CLAMP (x - behind.x, 0, width - 1) * n_floats, n_floats);
    }
  }
}

/* Halves of what is left of the stroke, in whole pixels, and their sum even, so
 * that there is a middle. */
static int
plan (float dx, float dy, Shift shift[MAX_PASSES])
{
  Shift sum = { 0, 0 };
  int n = 0;

  while (n < MAX_PASSES - 1 && fmaxf (fabsf (dx), fabsf (dy)) >= 1.f) {
    dx *= 0.5f;
    dy *= 0.5f;
    shift[n] = (Shift) { (int) lrintf (dx), (int) lrintf (dy) };
    sum.x += shift[n].x;
    sum.y += shift[n].y;
    if (shift[n].x != 0 || shift[n].y != 0)
      n++;
  }
  if (n > 0 && ((sum.x | sum.y) & 1))
    shift[n++] = (Shift) { sum.x & 1, sum.y & 1 };
  return n;
}

void
sst_smear (float *picture, int width, int height, int n_floats, float dx,
    float dy, float *scratch)
{
  Shift shift[MAX_PASSES];
  const int n = plan (dx, dy, shift);
  float *from = picture, *to = scratch;
  Shift sum = { 0, 0 }, done = { 0, 0 };

  for (int i = 0; i < n; i++) {
    sum.x += shift[i].x;
    sum.y += shift[i].y;
  }
  for (int i = 0; i < n; i++) {
    /* halves, whose rounding the passes make up for among themselves */
    Shift ahead;

    if (i == n - 1) {
      ahead.x = sum.x / 2 - done.x;
      ahead.y = sum.y / 2 - done.y;
    } else {
      ahead.x = shift[i].x / 2;
      ahead.y = shift[i].y / 2;
    }
    done.x += ahead.x;
    done.y += ahead.y;
    pass (from, to, width, height, n_floats, ahead, (Shift) { shift[i].x
        - ahead.x, shift[i].y - ahead.y});
    {
      float *const t = from;

      from = to;
      to = t;
    }
  }
  if (from != picture)
    memcpy (picture, from, (size_t) width * height * n_floats
        * sizeof (float));
}
