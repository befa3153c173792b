/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* The matrix unit's registers (internal): tiles of bfloat16, and sums of products of
 * them. A thread has the registers between tiles_acquire() and
 * tiles_release(). */

#pragma once

#include "nn/bfloat_private.h"

#ifdef HAVE_BFLOAT_KERNEL

G_BEGIN_DECLS

/* The tiles' registers: 0 to 3 are sums; 4, 5 rows of factors, 6, 7 columns of
 * them, by twos along the sum, depth pairs of them. */
typedef struct
{
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} TileConfig;

TARGET static inline void
tiles_acquire (int depth)
{
  TileConfig config = {.palette = 1 };

  for (int i = 0; i < 8; i++) {
    config.rows[i] = i >= 6 ? depth : SIDE;
    config.row_bytes[i] = (i == 4 || i == 5 ? depth : SIDE) * sizeof (float);
  }
  /* GCC does not know that this, and the loads of tiles, read memory. */
  __asm__ volatile ("" : : "r" (&config) : "memory");
  _tile_loadconfig (&config);
}

TARGET static inline void
tiles_release (void)
{
  _tile_release ();
}

/* A walk along the sum, of up to four tiles of each kind. */
typedef struct
{
  const char *a[4], *b[4];
  size_t a_row, b_row;          /* bytes from row to row */
  size_t a_step, b_step;        /* bytes from tile to tile */
  int steps;
} Walk;

TARGET_INLINE void
tiles_zero (void)
{
  _tile_zero (0);
  _tile_zero (1);
  _tile_zero (2);
  _tile_zero (3);
}

/* Adds a product of na x nb tiles: 2 x 2, 2 x 1, 1 x 2 or 1 x 1. The sum of
 * tiles i, j is 2 * i + j. */
TARGET_INLINE void
multiply_square (int na, int nb, const Walk *walk)
{
  const char *a0 = walk->a[0], *a1 = walk->a[1];
  const char *b0 = walk->b[0], *b1 = walk->b[1];

  for (int i = 0; i < walk->steps; i++) {
    _tile_loadd (4, a0, walk->a_row);
    _tile_loadd (6, b0, walk->b_row);
    _tile_dpbf16ps (0, 4, 6);
    if (nb > 1) {
      _tile_loadd (7, b1, walk->b_row);
      _tile_dpbf16ps (1, 4, 7);
      b1 += walk->b_step;
    }
    if (na > 1) {
      _tile_loadd (5, a1, walk->a_row);
      _tile_dpbf16ps (2, 5, 6);
      if (nb > 1)
        _tile_dpbf16ps (3, 5, 7);
      a1 += walk->a_step;
    }
    a0 += walk->a_step;
    b0 += walk->b_step;
  }
}

/* Adds a product of 1 x 4 tiles. */
TARGET_INLINE void
multiply_wide (const Walk *walk)
{
  const char *a = walk->a[0];
  size_t b = 0;

  for (int i = 0; i < walk->steps; i++) {
    _tile_loadd (4, a, walk->a_row);
    _tile_loadd (6, walk->b[0] + b, walk->b_row);
    _tile_dpbf16ps (0, 4, 6);
    _tile_loadd (7, walk->b[1] + b, walk->b_row);
    _tile_dpbf16ps (1, 4, 7);
    _tile_loadd (6, walk->b[2] + b, walk->b_row);
    _tile_dpbf16ps (2, 4, 6);
    _tile_loadd (7, walk->b[3] + b, walk->b_row);
    _tile_dpbf16ps (3, 4, 7);
    a += walk->a_step;
    b += walk->b_step;
  }
}

/* Adds a product of 4 x 1 tiles. */
TARGET_INLINE void
multiply_tall (const Walk *walk)
{
  const char *b = walk->b[0];
  size_t a = 0;

  for (int i = 0; i < walk->steps; i++) {
    _tile_loadd (6, b, walk->b_row);
    _tile_loadd (4, walk->a[0] + a, walk->a_row);
    _tile_dpbf16ps (0, 4, 6);
    _tile_loadd (5, walk->a[1] + a, walk->a_row);
    _tile_dpbf16ps (1, 5, 6);
    _tile_loadd (4, walk->a[2] + a, walk->a_row);
    _tile_dpbf16ps (2, 4, 6);
    _tile_loadd (5, walk->a[3] + a, walk->a_row);
    _tile_dpbf16ps (3, 5, 6);
    a += walk->a_step;
    b += walk->b_step;
  }
}

G_END_DECLS

#endif
