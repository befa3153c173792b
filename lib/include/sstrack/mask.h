/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Mask: which pixels of a picture are the target.
 *
 * A mask is a square window of the picture in SST_MASK_SIDE x SST_MASK_SIDE
 * samples, each the probability that the pixels under it are target; no pixel
 * outside the window is.
 *
 * Thread-safety: pure functions; a mask belongs to one thread at a time. */

#pragma once

#include <glib.h>
#include <sstrack/api.h>
#include <sstrack/box.h>

G_BEGIN_DECLS

#define SST_MASK_SIDE 192
#define SST_MASK_PIXELS (SST_MASK_SIDE * SST_MASK_SIDE)
/* Cells that a mask is made of, each way, and pixels of a cell. */
#define SST_MASK_GRID 48
#define SST_MASK_CELLS (SST_MASK_GRID * SST_MASK_GRID)
#define SST_MASK_CELL (SST_MASK_SIDE / SST_MASK_GRID)

typedef struct
{
  SstBox window;                /* a square, pixels of the picture */
  float target[SST_MASK_PIXELS];        /* 0..1, row by row */
} SstMask;

/* A mask of 8 bits for a whole picture, 255 where all is target: a view of memory
 * that belongs to the caller. stride: bytes between rows, at least width. */
typedef struct
{
  const guint8 *data;
  int width, height;            /* 1..32768 */
  ptrdiff_t stride;
} SstMaskPicture;

/* Cuts a window out of the mask of a picture of width x height. The mask may have
 * other sides than the picture: it is stretched over it. */
SST_API void sst_mask_from_picture (const SstMaskPicture * picture, int width,
    int height, const SstBox * window, SstMask * mask);

/* Writes the mask of a region of the picture, resized: width x height bytes with
 * stride bytes between rows; 255 where the mask is over 0.5, 0 elsewhere. */
SST_API void sst_mask_draw (const SstMask * mask, const SstBox * region, int width,
    int height, guint8 * data, ptrdiff_t stride);

/* The mask of a picture of that size as the run lengths of COCO: the value of
 * "counts" there, compressed to a string of printable characters. Runs go down the
 * columns from the left; the first run is of pixels that are not target. To be
 * freed with g_free(). */
SST_API char *sst_mask_run_lengths (const SstMask * mask, int width, int height);

/* Moves a mask along with a box: a pixel at some place in from comes to the same
 * place in to. Both boxes have sides over 0. */
SST_API void sst_mask_move (SstMask * mask, const SstBox * from, const SstBox * to);

/* Pixels of the picture that are target (sum of probabilities over 0.5). */
SST_API float sst_mask_area (const SstMask * mask);

/* The mask of a box: 1 where a pixel of the window lies in it. */
SST_API void sst_mask_from_box (const SstBox * box, const SstBox * window,
    SstMask * mask);

G_END_DECLS
