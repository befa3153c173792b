/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Painter (internal): draws pictures and things into tensors, with exact masks
 * and boxes.
 *
 * Tensors are as of SST_SAMPLE_YCC. A layer is drawn as triangles, the far ones
 * first, into a window of its own, which is then smeared by its motion and laid
 * over what is there. Solids are drawn at twice the resolution, since their
 * edges are those of triangles.
 *
 * Thread-safety: a painter is scratch of one thread. */

#pragma once

#include "footage/thing.h"

G_BEGIN_DECLS

/* Longest side of a layer's window; pixels farther out are not drawn. */
#define SST_PAINTER_MAX_WINDOW 352

/* Longest side of the part of a picture that is read at once. */
#define SST_PAINTER_MAX_SOURCE 352

typedef struct _SstPainter SstPainter;

/* sampler: the caller's, which outlives it. Takes about 8 MB. */
SstPainter *sst_painter_new (SstSampler * sampler);

/* Frees *painter and sets it to NULL. *painter may be NULL. */
void sst_painter_free (SstPainter ** painter);

/* Draws a layer over a tensor and measures its box: the tight bounds of where
 * its mask, blurred as it is drawn, is over SST_THING_VISIBLE, whatever is
 * before it and beyond the tensor. FALSE: the mask nowhere is; box stays.
 *
 * own, others: planes of side rows of side floats, or NULL. own becomes the
 *     layer's mask; others, the mask of the things behind it, loses the pixels
 *     that the layer hides. */
gboolean sst_painter_draw (SstPainter * painter, SstPaintLayer * layer, int side,
    float *tensor, float *own, float *others);

/* A rectangle of a picture, turned and stretched, as a tensor: pixel (x, y) of
 * the tensor is at (xx x + xy y + x0, yx x + yy y + y0) of the picture. */
typedef struct
{
  const SstFrame *frame;
  float xx, xy, yx, yy, x, y;
} SstView;

/* detail: share of the tensor's resolution that is read, 0..1. */
void sst_painter_view (SstPainter * painter, const SstView * view, int side,
    float detail, float *tensor);

G_END_DECLS
