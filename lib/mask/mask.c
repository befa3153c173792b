/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <sstrack/mask.h>

#include <math.h>
#include <string.h>

/* Byte of a mask of the picture at a place, 0..1 of its sides. */
static float
picture_at (const SstMaskPicture * picture, float u, float v)
{
  const float x = u * picture->width - 0.5f, y = v * picture->height - 0.5f;
  const int left = (int) floorf (x), top = (int) floorf (y);
  float sum = 0.f;

  if (u < 0.f || v < 0.f || u > 1.f || v > 1.f)
    return 0.f;
  for (int j = 0; j < 2; j++) {
    for (int i = 0; i < 2; i++) {
      const int px = CLAMP (left + i, 0, picture->width - 1);
      const int py = CLAMP (top + j, 0, picture->height - 1);

      sum += (1.f - fabsf (x - (left + i))) * (1.f - fabsf (y - (top + j)))
          * picture->data[py * picture->stride + px];
    }
  }
  return sum / 255.f;
}

void
sst_mask_from_picture (const SstMaskPicture * picture, int width, int height,
    const SstBox * window, SstMask * mask)
{
  g_return_if_fail (picture != NULL);
  g_return_if_fail (window != NULL);
  g_return_if_fail (mask != NULL);

  mask->window = *window;
  for (int y = 0; y < SST_MASK_SIDE; y++) {
    const float v = window->y + (y + 0.5f) * window->height / SST_MASK_SIDE;

    for (int x = 0; x < SST_MASK_SIDE; x++) {
      const float u = window->x + (x + 0.5f) * window->width / SST_MASK_SIDE;

      mask->target[y * SST_MASK_SIDE + x] =
          picture_at (picture, u / width, v / height);
    }
  }
}

/* Where a row or column of the output falls in the window's samples. */
typedef struct
{
  int first;                    /* -1: outside */
  float share;                  /* of the next one */
} Place;

static Place
place_of (float at, float start, float side)
{
  const float x = (at - start) * SST_MASK_SIDE / side - 0.5f;
  const float inside = CLAMP (x, 0.f, SST_MASK_SIDE - 1.f);
  Place place;

  if (!(x >= -0.5f && x < SST_MASK_SIDE - 0.5f))
    return (Place) { -1, 0.f };
  place.first = MIN ((int) inside, SST_MASK_SIDE - 2);
  place.share = inside - place.first;
  return place;
}

/* The first pixel of the output whose middle lies at or beyond a place. */
static int
pixel_from (float place, float start, float side, int n)
{
  const float at = ceilf ((place - start) * n / side - 0.5f);

  return (int) CLAMP (at, 0.f, (float) n);
}

/* A row of the mask's, between two of its rows. */
static void
draw_row (const SstMask * mask, const SstBox * region, int width, int from,
    int to, Place v, guint8 * out)
{
  const SstBox *const w = &mask->window;
  const float *const row = mask->target + v.first * SST_MASK_SIDE;
  float line[SST_MASK_SIDE];

  for (int x = 0; x < SST_MASK_SIDE; x++)
    line[x] = row[x] + v.share * (row[x + SST_MASK_SIDE] - row[x]);
  for (int x = from; x < to; x++) {
    const Place u = place_of (region->x + (x + 0.5f) * region->width / width,
        w->x, w->width);

    if (u.first >= 0)
      out[x] = line[u.first] + u.share * (line[u.first + 1] - line[u.first])
          > 0.5f ? 255 : 0;
  }
}

void
sst_mask_draw (const SstMask * mask, const SstBox * region, int width,
    int height, guint8 * data, ptrdiff_t stride)
{
  g_return_if_fail (mask != NULL);
  g_return_if_fail (region != NULL);
  g_return_if_fail (data != NULL);

  const SstBox *const w = &mask->window;
  int from, to;

  if (width < 1 || height < 1)
    return;
  from = pixel_from (w->x, region->x, region->width, width);
  to = pixel_from (w->x + w->width, region->x, region->width, width);

  for (int y = 0; y < height; y++) {
    const Place v = place_of (region->y + (y + 0.5f) * region->height / height,
        w->y, w->height);
    guint8 *const out = data + y * stride;

    memset (out, 0, (size_t) width);
    if (v.first >= 0)
      draw_row (mask, region, width, from, to, v, out);
  }
}

void
sst_mask_move (SstMask * mask, const SstBox * from, const SstBox * to)
{
  g_return_if_fail (mask != NULL);
  g_return_if_fail (from != NULL);
  g_return_if_fail (to != NULL);

  SstBox *const w = &mask->window;
  const float sx = to->width / from->width, sy = to->height / from->height;

  *w = (SstBox) { to->x + (w->x - from->x) * sx, to->y + (w->y - from->y) * sy,
    w->width * sx, w->height * sy
  };
}

float
sst_mask_area (const SstMask * mask)
{
  g_return_val_if_fail (mask != NULL, 0.f);

  const float pixel = mask->window.width * mask->window.height
      / SST_MASK_PIXELS;
  float sum = 0.f;

  for (int i = 0; i < SST_MASK_PIXELS; i++)
    sum += mask->target[i] > 0.5f ? mask->target[i] : 0.f;
  return sum * pixel;
}

void
sst_mask_from_box (const SstBox * box, const SstBox * window, SstMask * mask)
{
  g_return_if_fail (box != NULL);
  g_return_if_fail (window != NULL);
  g_return_if_fail (mask != NULL);

  mask->window = *window;
  for (int y = 0; y < SST_MASK_SIDE; y++) {
    const float v = window->y + (y + 0.5f) * window->height / SST_MASK_SIDE;

    for (int x = 0; x < SST_MASK_SIDE; x++) {
      const float u = window->x + (x + 0.5f) * window->width / SST_MASK_SIDE;

      mask->target[y * SST_MASK_SIDE + x] = u >= box->x && v >= box->y
          && u < box->x + box->width && v < box->y + box->height;
    }
  }
}
