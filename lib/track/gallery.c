/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/gallery.h"

#include <math.h>
#include <string.h>

/* Parts of the box, one above the other, and the hues, saturations and
 * lumas that colours are told apart by in each. */
#define PARTS 2
#define HUES 8
#define SATURATIONS 4
#define LUMAS 8
/* Where one saturation ends and the next begins: distance from grey. */
static const float saturations[SATURATIONS - 1] = { 6.f, 18.f, 40.f };

/* What is more like a portrait that is there says nothing new. */
#define NOVEL 0.85f
/* A pixel counts as a Gaussian of that standard deviation over the box does, as
 * the corners of a box are ground. */
#define WIDTH 0.2f

struct _SstGallery
{
  int length, n;
  guint serial;
  float *portraits;             /* SST_GALLERY_CAPACITY rows of length */
};

G_STATIC_ASSERT (PARTS * HUES * SATURATIONS * LUMAS == SST_PORTRAIT_COLORS);

/* --- portraits --- */

static int
bin_of (float y, float cb, float cr)
{
  const float turn = 0.5f + atan2f (cr, cb) * (float) (0.5 / G_PI);
  const int hue = CLAMP ((int) (turn * HUES), 0, HUES - 1);
  const int luma = CLAMP ((int) (y / 256.f * LUMAS), 0, LUMAS - 1);
  const float distance = hypotf (cb, cr);
  int saturation = 0;

  while (saturation < SATURATIONS - 1 && distance >= saturations[saturation])
    saturation++;
  return (hue * SATURATIONS + saturation) * LUMAS + luma;
}

/* First pixel of a side of a box, and the one after the last; at least one for
 * each part. */
static void
span (float start, float length, int side, int *from, int *to)
{
  *from = CLAMP ((int) lrintf (start), 0, side - PARTS);
  *to = CLAMP ((int) lrintf (start + length), *from + PARTS, side);
}

static float
weight_of (int i, int from, int to)
{
  const float d = (i + 0.5f - from) / (to - from) - 0.5f;

  return expf (-d * d / (2.f * WIDTH * WIDTH));
}

/* Roots of shares, so that their squares add up to that. */
static void
to_roots (float *values, int n, float squares)
{
  float sum = 1e-9f;

  for (int i = 0; i < n; i++)
    sum += values[i];
  for (int i = 0; i < n; i++)
    values[i] = sqrtf (squares * values[i] / sum);
}

void
sst_portrait_finish (float *portrait, int n, const float *sample, int side,
    const SstBox * box)
{
  const int bins = HUES * SATURATIONS * LUMAS;
  const size_t plane = (size_t) side * side;
  float *const colors = portrait + n;
  int x0, x1, y0, y1;

  span (box->x, box->width, side, &x0, &x1);
  span (box->y, box->height, side, &y0, &y1);
  memset (colors, 0, SST_PORTRAIT_COLORS * sizeof (float));
  for (int y = y0; y < y1; y++) {
    float *const part = colors + PARTS * (y - y0) / (y1 - y0) * bins;
    const float weight = weight_of (y, y0, y1);

    for (int x = x0; x < x1; x++) {
      const float *const p = sample + (size_t) y * side + x;

      part[bin_of (p[0], p[plane], p[2 * plane])] += weight
          * weight_of (x, x0, x1);
    }
  }
  for (int i = 0; i < PARTS; i++)
    to_roots (colors + i * bins, bins, 0.5f / PARTS);
  for (int i = 0; i < n; i++)
    portrait[i] *= (float) G_SQRT2 / 2.f;
}

float
sst_portrait_compare (const float *a, const float *b, int length)
{
  float sum = 0.f;

  for (int i = 0; i < length; i++)
    sum += a[i] * b[i];
  return sum;
}

/* --- gallery --- */

SstGallery *
sst_gallery_new (int length)
{
  SstGallery *gallery = g_new0 (SstGallery, 1);

  gallery->length = length;
  gallery->portraits = g_new0 (float, (size_t) SST_GALLERY_CAPACITY * length);
  return gallery;
}

void
sst_gallery_free (SstGallery ** gallery)
{
  if (*gallery == NULL)
    return;
  g_free ((*gallery)->portraits);
  g_clear_pointer (gallery, g_free);
}

void
sst_gallery_copy (SstGallery ** to, const SstGallery * from)
{
  if (*to != NULL && (*to)->length != from->length)
    sst_gallery_free (to);
  if (*to == NULL)
    *to = sst_gallery_new (from->length);
  (*to)->n = from->n;
  (*to)->serial++;
  memcpy ((*to)->portraits, from->portraits,
      (size_t) from->n * from->length * sizeof (float));
}

static float *
row (const SstGallery * gallery, int i)
{
  return gallery->portraits + (size_t) i * gallery->length;
}

static void
put (SstGallery * gallery, int i, const float *portrait)
{
  memcpy (row (gallery, i), portrait, gallery->length * sizeof (float));
  gallery->serial++;
}

/* The highest likeness with any but one of them; -1: with any. */
static float
likeness_beside (const SstGallery * gallery, const float *portrait, int but)
{
  float best = -1.f;

  for (int i = 0; i < gallery->n; i++)
    if (i != but)
      best = fmaxf (best, sst_portrait_compare (row (gallery, i), portrait,
              gallery->length));
  return best;
}

void
sst_gallery_start (SstGallery * gallery, const float *portrait)
{
  put (gallery, 0, portrait);
  gallery->n = 1;
}

/* The one, not the first, that is most like another; how much: *likeness. */
static int
most_redundant (const SstGallery * gallery, float *likeness)
{
  int found = 1;

  *likeness = -1.f;
  for (int i = 1; i < gallery->n; i++) {
    const float other = likeness_beside (gallery, row (gallery, i), i);

    if (other > *likeness) {
      *likeness = other;
      found = i;
    }
  }
  return found;
}

gboolean
sst_gallery_learn (SstGallery * gallery, const float *portrait)
{
  const float likeness = likeness_beside (gallery, portrait, -1);
  float redundant;
  int place;

  if (!(likeness < NOVEL))
    return FALSE;
  if (gallery->n < SST_GALLERY_CAPACITY) {
    put (gallery, gallery->n++, portrait);
    return TRUE;
  }
  place = most_redundant (gallery, &redundant);
  if (likeness >= redundant)
    return FALSE;
  put (gallery, place, portrait);
  return TRUE;
}

int
sst_gallery_count (const SstGallery * gallery)
{
  return gallery->n;
}

int
sst_gallery_length (const SstGallery * gallery)
{
  return gallery->length;
}

const float *
sst_gallery_portraits (const SstGallery * gallery)
{
  return gallery->portraits;
}

guint
sst_gallery_serial (const SstGallery * gallery)
{
  return gallery->serial;
}

float
sst_gallery_compare (const SstGallery * gallery, const float *portrait)
{
  return likeness_beside (gallery, portrait, -1);
}
