/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "mask/barrier.h"

#include <math.h>
#include <string.h>

#define SIDE SST_MASK_SIDE
#define PIXELS SST_MASK_PIXELS
#define PASSES 4
#define CHANNELS 3

/* What luma and chroma count: chroma differs less. */
static const float scales[CHANNELS] = { 1.f, 2.f, 2.f };

/* Of a pixel, and of the best path to it. */
typedef struct
{
  float color[CHANNELS], low[CHANNELS], high[CHANNELS];
} Pixel;

struct _SstBarrier
{
  Pixel pixels[PIXELS];
};

SstBarrier *
sst_barrier_new (void)
{
  return g_new0 (SstBarrier, 1);
}

void
sst_barrier_free (SstBarrier ** barrier)
{
  g_clear_pointer (barrier, g_free);
}

/* Goes on to a pixel from one beside it, if that is a better way there. */
static void
step (Pixel * pixels, float *distances, int from, int to)
{
  const Pixel *const before = &pixels[from];
  Pixel *const p = &pixels[to];
  Pixel next;
  float distance = 0.f;

  for (int c = 0; c < CHANNELS; c++) {
    next.low[c] = fminf (before->low[c], p->color[c]);
    next.high[c] = fmaxf (before->high[c], p->color[c]);
    distance += next.high[c] - next.low[c];
  }
  if (!(distance < distances[to]))
    return;
  distances[to] = distance;
  memcpy (p->low, next.low, sizeof p->low);
  memcpy (p->high, next.high, sizeof p->high);
}

/* From the left top down, or from the right bottom up. */
static void
scan (SstBarrier * barrier, const guint8 * inside, int direction,
    float *distances)
{
  for (int k = 0; k < PIXELS; k++) {
    const int i = direction > 0 ? k : PIXELS - 1 - k;
    const int x = i % SIDE - direction, y = i / SIDE - direction;

    if (!inside[i])
      continue;
    if (x >= 0 && x < SIDE && distances[i - direction] < SST_BARRIER_FAR)
      step (barrier->pixels, distances, i - direction, i);
    if (y >= 0 && y < SIDE && distances[i - direction * SIDE]
        < SST_BARRIER_FAR)
      step (barrier->pixels, distances, i - direction * SIDE, i);
  }
}

void
sst_barrier_find (SstBarrier * barrier, const float *sample,
    const guint8 * inside, const guint8 * seeds, float *distances)
{
  for (int i = 0; i < PIXELS; i++) {
    Pixel *const p = &barrier->pixels[i];

    for (int c = 0; c < CHANNELS; c++)
      p->color[c] = p->low[c] = p->high[c] =
          scales[c] * sample[(size_t) c * PIXELS + i];
    distances[i] = seeds[i] && inside[i] ? 0.f : SST_BARRIER_FAR;
  }
  for (int k = 0; k < PASSES; k++)
    scan (barrier, inside, k % 2 == 0 ? 1 : -1, distances);
}
