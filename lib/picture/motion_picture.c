/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "picture/motion_private.h"

#include <math.h>

#include "base/simd.h"

#define EDGE 8.f                /* gradient at which a pixel's vote saturates,
                                 * grey levels per pixel */
#define TEXTURED 2.f            /* gradient that makes a pixel count */
#define MIN_TEXTURED 0.01f      /* share under which a picture is flat */

void
sst_motion_set_frame_size (SstMotion * motion, int width, int height)
{
  const float scale = MAX ((float) MAX (width, height) / THUMB_SIDE, 1.f);
  const int thumb_width = CLAMP ((int) (width / scale), 1, THUMB_SIDE);
  const int thumb_height = CLAMP ((int) (height / scale), 1, THUMB_SIDE);
  const size_t pixels = (size_t) thumb_width * thumb_height;
  float *at;
  int *index_at;

  sst_motion_reset (motion);
  motion->frame_width = width;
  motion->frame_height = height;
  motion->scale = scale;
  motion->n_levels = MIN (thumb_width, thumb_height) >= MIN_SIDE ? 1 : 0;
  while (motion->n_levels > 0 && motion->n_levels < MAX_LEVELS
      && MAX (thumb_width, thumb_height) >> (motion->n_levels - 1) >
      COARSEST_SIDE
      && MIN (thumb_width, thumb_height) >> motion->n_levels >= MIN_SIDE)
    motion->n_levels++;

  g_free (motion->memory);
  g_free (motion->index_memory);
  /* Four planes a level of two pictures, and the warped one; the levels above
   * the first take less than half as much as it does. */
  motion->memory = g_new0 (float, 12 * pixels + pixels);
  motion->index_memory = g_new0 (int, 2 * MAX_LEVELS * MAX_TEXTURED);
  motion->warped = motion->memory;
  at = motion->memory + pixels;
  index_at = motion->index_memory;
  for (int p = 0; p < 2; p++) {
    for (int l = 0; l < motion->n_levels; l++) {
      Level *level = &motion->picture[p].level[l];
      size_t n;

      level->width = thumb_width >> l;
      level->height = thumb_height >> l;
      level->cx = thumb_width * 0.5f / (float) (1 << l);
      level->cy = thumb_height * 0.5f / (float) (1 << l);
      n = (size_t) level->width * level->height;
      level->image = at;
      level->gx = at + n;
      level->gy = at + 2 * n;
      level->weight = at + 3 * n;
      at += 4 * n;
      level->textured = index_at;
      index_at += MAX_TEXTURED;
    }
  }
}

SST_MULTIVERSION static void
halve (const Level * from, Level * to)
{
  for (int y = 0; y < to->height; y++) {
    const float *a = from->image + (size_t) (2 * y) * from->width;
    const float *b = a + from->width;
    float *out = to->image + (size_t) y * to->width;

    for (int x = 0; x < to->width; x++)
      out[x] = 0.25f * (a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1]);
  }
}

/* The rim stays 0, as it was allocated. */
SST_MULTIVERSION static void
make_gradients (Level * level)
{
  const int width = level->width;

  for (int y = 1; y < level->height - 1; y++) {
    const float *in = level->image + (size_t) y * width;
    float *gx = level->gx + (size_t) y * width;
    float *gy = level->gy + (size_t) y * width;
    float *weight = level->weight + (size_t) y * width;

    for (int x = 1; x < width - 1; x++) {
      const float dx = 0.5f * (in[x + 1] - in[x - 1]);
      const float dy = 0.5f * (in[x + width] - in[x - width]);

      gx[x] = dx;
      gy[x] = dy;
      weight[x] = 1.f / (1.f + (dx * dx + dy * dy) * (1.f / (EDGE * EDGE)));
    }
  }
}

/* weight is a function of the gradient, so it tells who is textured. */
static void
list_textured (Level * level)
{
  const float limit = 1.f / (1.f + TEXTURED * TEXTURED / (EDGE * EDGE));
  const int n = level->width * level->height;
  const int every = (n + MAX_TEXTURED - 1) / MAX_TEXTURED;
  int count = 0;

  /* A step that shares no factor with the width would be better spread; odd
   * steps are enough to leave no column out. */
  for (int i = 0; i < n; i += every)
    if (level->weight[i] > 0.f && level->weight[i] < limit)
      level->textured[count++] = i;
  level->n_textured = count;
}

static void
measure (Picture * picture, const Level * level)
{
  const int n = level->width * level->height;
  double sum = 0., squares = 0.;

  for (int i = 0; i < n; i++) {
    sum += level->image[i];
    squares += (double) level->image[i] * level->image[i];
  }
  sum /= n;
  picture->mean = (float) sum;
  picture->deviation = (float) sqrt (MAX (squares / n - sum * sum, 0.));
  picture->flat = level->n_textured < MIN_TEXTURED * n;
}

void
sst_motion_take_picture (SstMotion * motion, const SstFrame * frame,
    Picture * picture)
{
  Level *level = picture->level;
  const SstBox region = { 0.f, 0.f, level->width * motion->scale,
    level->height * motion->scale
  };

  sst_sampler_sample (motion->sampler, frame, &region, SST_SAMPLE_LUMA,
      level->width, level->height, level->image);
  for (int l = 0; l < motion->n_levels; l++) {
    if (l > 0)
      halve (&level[l - 1], &level[l]);
    make_gradients (&level[l]);
    list_textured (&level[l]);
  }
  measure (picture, &level[motion->n_levels - 1]);
}
