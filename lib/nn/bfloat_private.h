/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Bfloat, for its own sources (internal): the parts that they share.
 *
 *   bfloat.c           what can be done, and in how much memory
 *   bfloat_layout.c    pictures laid out in bfloat16
 *   bfloat_product.c   forward, and the gradient of the input
 *   bfloat_gradient.c  the gradient of the weights
 *
 * bfloat_tiles.h is for the last two. Names are short, as nobody else includes this. */

#pragma once

#include "nn/bfloat.h"

#include <stdint.h>

#include "base/simd.h"

#if defined (__x86_64__) && defined (__linux__) \
    && (defined (__clang__) ? __clang_major__ >= 12 \
        : defined (__GNUC__) && __GNUC__ >= 11)
#define HAVE_BFLOAT_KERNEL 1
#endif

#ifdef HAVE_BFLOAT_KERNEL

#include <immintrin.h>

G_BEGIN_DECLS

#define TARGET __attribute__ ((target ("avx512f,avx512bw,avx512vl,avx512bf16," \
    "amx-tile,amx-bf16")))
#define TARGET_INLINE TARGET SST_ALWAYS_INLINE

#define MAX_TAPS 9
#define SIDE 16        /* rows of a tile, and 32-bit values of a row */
#define TILE (SIDE * SIDE)     /* 32-bit values of a tile */
#define LANES 16           /* 32-bit values of a vector, which is a cache line */

/* How a picture is laid out, in cells. A plane is zeros (lead), then the rows,
 * a zero at the end of each, then zeros: the cells that a tap sees from
 * consecutive cells of the output are consecutive, too. At stride 2 there is a
 * plane for each of the 4 phases (y % 2, x % 2) of the input. For 1 x 1, a
 * picture is one row, and the zeros are left out. */
typedef struct
{
  int in, out;                  /* channels */
  int stride, phases, taps;
  int height, width;            /* of the input */
  int rows, cols;               /* of the output */
  int pitch;                    /* cells from row to row */
  size_t cells;                 /* of the output with its zeros, padded */
  size_t lead, plane;
} Plan;

/* Along the channels that are summed up, in pairs. */
typedef struct
{
  int steps;                    /* tiles */
  int pairs;                    /* of a tile */
} Depth;

static inline size_t
round_up (size_t n, size_t multiple)
{
  return (n + multiple - 1) / multiple * multiple;
}

/* Lanes below n. */
TARGET_INLINE __mmask16
first_lanes (int n)
{
  return n >= LANES ? 0xffff : n <= 0 ? 0 : (__mmask16) ((1u << n) - 1);
}

/* 32 consecutive floats, of which there are n. */
TARGET_INLINE __m512i
load_words (const float *from, int n)
{
  const __m512 low = _mm512_maskz_loadu_ps (first_lanes (n), from);
  const __m512 high =
      _mm512_maskz_loadu_ps (first_lanes (n - LANES), from + LANES);

  return (__m512i) _mm512_cvtne2ps_pbh (high, low);
}

/* ---- bfloat_layout.c ---- */

Plan sst_bfloat_plan_new (const SstConvShape * shape);

Depth sst_bfloat_depth_new (int channels);

/* Whether there are so few channels in that all taps of all of them fit in one
 * tile's depth: they are summed up at once, as channels of a 1 x 1 convolution of
 * as many. */
gboolean sst_bfloat_is_narrow (const Plan * plan);

/* That convolution, of cells that lie as before. */
Plan sst_bfloat_plan_flat (const Plan * plan);

/* The convolution that is summed up: that one where the input is narrow, or plan's. */
Plan sst_bfloat_plan_summed (const Plan * plan);

/* The phase that a tap reads, and the cells from an output cell to its. */
int sst_bfloat_tap_phase (const Plan * plan, int tap);
ptrdiff_t sst_bfloat_tap_offset (const Plan * plan, int tap);

/* 32-bit values from a pair of channels to the next, and 16-bit ones from a
 * channel to the next: an odd number of cache lines, so that the rows of a tile
 * fall into different sets of the cache. */
size_t sst_bfloat_pair_row (const Plan * plan, int phases);
size_t sst_bfloat_word_row (const Plan * plan);

/* Floats' worth of so many channels in pairs, and of a tile's rows of words. */
size_t sst_bfloat_pairs_size (const Plan * plan, int channels, int phases);
size_t sst_bfloat_block_size (const Plan * plan);

/* The first cache line's start in scratch. */
float *sst_bfloat_align_scratch (float *scratch);

/* Lays all channels out, in pairs; pairs that fill the last tile up are zeros.
 * split: x has the size of the input, and gets a plane a phase; else it has the
 * size of the output. */
void sst_bfloat_lay_channels (const Plan * plan, const float *x, int channels,
    gboolean split, uint32_t * to);

/* Lays one channel of the output's size out as words. */
void sst_bfloat_lay_words (const Plan * plan, const float *from, uint16_t * plane);

/* n channels of the input as words. */
void sst_bfloat_input_words (const Plan * plan, const float *x, int n,
    uint16_t * words);

/* Where the taps of a narrow input see its words, in the order of conv.h's weights.
 * Returns how many there are. */
int sst_bfloat_narrow_rows (const Plan * plan, const uint16_t * words,
    const uint16_t * rows[2 * SIDE]);

/* ---- bfloat_product.c and bfloat_gradient.c ---- */

/* Floats' worth of scratch that each needs beside what aligns it. */
size_t sst_bfloat_product_scratch (const Plan * plan);
size_t sst_bfloat_gradient_scratch (const Plan * plan);

G_END_DECLS

#endif
