/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Boxes: the geometry that every other module shares.
 *
 * Thread-safety: pure functions, safe everywhere. */

#pragma once

#include <math.h>

/* An upright rectangle in pixels of a picture. The origin is the picture's
 * top-left corner; pixel (i, j) covers [i, i + 1) x [j, j + 1), so a box that
 * covers the whole of a W x H picture is {0, 0, W, H}. A box may reach outside
 * the picture. */
typedef struct
{
  float x, y;                   /* top-left corner */
  float width, height;          /* > 0 in every box that the library returns,
                                 * except that of a refused target */
} SstBox;

static inline float
sst_box_center_x (const SstBox *box)
{
  return box->x + box->width * 0.5f;
}

static inline float
sst_box_center_y (const SstBox *box)
{
  return box->y + box->height * 0.5f;
}

static inline SstBox
sst_box_from_center (float cx, float cy, float width, float height)
{
  return (SstBox) { cx - width * 0.5f, cy - height * 0.5f, width, height };
}

/* Geometric mean of the sides: the length that stands for a box's size. */
static inline float
sst_box_scale (const SstBox *box)
{
  return sqrtf (box->width * box->height);
}

/* Intersection over union, 0 to 1. */
static inline float
sst_box_iou (const SstBox *a, const SstBox *b)
{
  const float w = fminf (a->x + a->width, b->x + b->width) - fmaxf (a->x, b->x);
  const float h =
      fminf (a->y + a->height, b->y + b->height) - fmaxf (a->y, b->y);
  const float inter = fmaxf (w, 0.f) * fmaxf (h, 0.f);
  const float uni = a->width * a->height + b->width * b->height - inter;

  return uni > 0.f ? inter / uni : 0.f;
}
