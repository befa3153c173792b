/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "nn/bfloat.h"

#include <stdint.h>
#include <string.h>

#include "base/cpu.h"
#include "base/simd.h"

#if defined (__x86_64__) && defined (__linux__) \
    && (defined (__clang__) ? __clang_major__ >= 12 \
        : defined (__GNUC__) && __GNUC__ >= 11)
#define HAVE_BFLOAT_KERNEL 1
#endif

#ifdef HAVE_BFLOAT_KERNEL

#include <immintrin.h>
#include <math.h>

#define TARGET __attribute__ ((target ("avx512f,avx512bw,avx512vl,avx512bf16," \
    "amx-tile,amx-bf16")))
#define TARGET_INLINE TARGET SST_ALWAYS_INLINE

#define MAX_TAPS 9
#define SIDE 16                 /* rows of a tile, and 32-bit values of a row */
#define TILE (SIDE * SIDE)      /* 32-bit values of a tile */
#define LANES 16                /* of a vector: a cache line of floats */
#define GATHERED (4 * TILE)     /* 32-bit values of a narrow input, 4 tiles */

/* How a picture is laid out, in cells. A plane is zeros (lead), then the rows,
 * a zero at the end of each, then zeros: what a tap sees of consecutive cells
 * of the output are consecutive cells. At stride 2 there is a plane for each of
 * the 4 phases (y % 2, x % 2) of the input. For 1 x 1, a picture is one row,
 * and the zeros are left out. */
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

/* So few channels in that all taps of all of them fit in one tile's depth: they
 * are summed up at once, as channels of a 1 x 1 convolution of as many. */
static gboolean
is_narrow (const Plan *plan)
{
  return plan->taps > 1 && plan->in * plan->taps <= 2 * SIDE;
}

/* That convolution, of cells that lie as before. */
static Plan
plan_flat (const Plan *plan)
{
  Plan flat = *plan;

  flat.in *= plan->taps;
  flat.taps = flat.stride = flat.phases = 1;
  return flat;
}

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

static Plan
plan_new (const SstConvShape *shape)
{
  const gboolean pointwise = shape->kernel == 1;
  Plan plan = { shape->in_channels, shape->out_channels, shape->stride,
    shape->stride * shape->stride, shape->kernel * shape->kernel,
    shape->height, shape->width, sst_conv_out_height (shape),
    sst_conv_out_width (shape)
  };

  if (pointwise) {
    plan.width = plan.cols = shape->height * shape->width;
    plan.height = plan.rows = 1;
  }
  plan.pitch = pointwise ? plan.cols : plan.cols + 1;
  plan.cells = round_up ((size_t) plan.rows * plan.pitch, 2 * SIDE);
  plan.lead = pointwise ? 0 : round_up (plan.pitch + 1, 2 * SIDE);
  plan.plane = plan.lead + plan.cells + plan.lead;
  return plan;
}

static Depth
depth_new (int channels)
{
  const int pairs = (channels + 1) / 2;
  Depth depth = {.steps = (pairs + SIDE - 1) / SIDE };

  depth.pairs = (pairs + depth.steps - 1) / depth.steps;
  return depth;
}

/* The phase that a tap reads, and the cells from an output cell to its. */
static int
tap_phase (const Plan *plan, int tap)
{
  if (plan->stride == 1)
    return 0;
  return (tap / 3 != 1) * 2 + (tap % 3 != 1);
}

static ptrdiff_t
tap_offset (const Plan *plan, int tap)
{
  const int dy = tap / 3 - 1, dx = tap % 3 - 1;

  if (plan->taps == 1)
    return 0;
  if (plan->stride == 1)
    return (ptrdiff_t) dy * plan->pitch + dx;
  return (ptrdiff_t) MIN (dy, 0) * plan->pitch + MIN (dx, 0);
}

/* 32-bit values from a pair of channels to the next, and 16-bit ones from a
 * channel to the next: an odd number of cache lines, so that the rows of a tile
 * fall into different sets of the cache. */
static size_t
pair_row (const Plan *plan, int phases)
{
  return phases * plan->plane + LANES;
}

static size_t
word_row (const Plan *plan)
{
  return plan->plane + (plan->plane % (4 * LANES) ? 0 : 2 * LANES);
}

/* Floats' worth of scratch of each kind. */
static size_t
pairs_size (const Plan *plan, int channels, int phases)
{
  const Depth depth = depth_new (channels);

  return (size_t) depth.steps * depth.pairs * pair_row (plan, phases);
}

static size_t
phases_size (const Plan *plan)
{
  return plan->stride == 1 ? 0
      : (size_t) plan->phases * plan->in * plan->rows * plan->cols;
}

static size_t
words_size (const Plan *plan)
{
  return round_up (plan->out, SIDE) * word_row (plan) / 2;
}

static size_t
block_size (const Plan *plan)
{
  return SIDE * plan->phases * plan->plane / 2;
}

static size_t
turned_size (const Plan *plan)
{
  return round_up (plan->in, SIDE) * plan->phases * plan->cells / 2;
}

static size_t
sums_size (const Plan *plan)
{
  return plan->taps * round_up (plan->out, SIDE) * round_up (plan->in, SIDE);
}

static size_t
row_size (const Plan *plan)
{
  return round_up (plan->in, SIDE) * plan->taps + LANES;
}

static size_t
scratch_size (const Plan *plan)
{
  const Plan flat = is_narrow (plan) ? plan_flat (plan) : *plan;
  const size_t forward = is_narrow (plan) ? GATHERED + block_size (plan)
      : pairs_size (plan, plan->in, plan->phases);
  const size_t input = pairs_size (plan, plan->out, 1) + phases_size (plan);
  const size_t weights = words_size (plan) + block_size (plan)
      + turned_size (&flat) + sums_size (&flat) + row_size (&flat);

  /* LANES to align it */
  return LANES + MAX (forward, MAX (input, weights));
}

static float *
align_scratch (float *scratch)
{
  const uintptr_t misfit = (uintptr_t) scratch / sizeof (float) % LANES;

  return scratch + (LANES - misfit) % LANES;
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

/* A picture as it is: rows x cols floats of two channels, the second of which
 * may be missing, to a plane of pairs. */
TARGET static void
lay_pairs (const Plan *plan, const float *a, const float *b, uint32_t *plane)
{
  uint32_t *const to = plane + plan->lead;
  uint16_t order[2 * LANES];
  __m512i interleave;

  for (int i = 0; i < LANES; i++) {
    order[2 * i] = i;
    order[2 * i + 1] = LANES + i;
  }
  interleave = _mm512_loadu_si512 (order);

  memset (plane, 0, plan->lead * sizeof *plane);
  for (int row = 0; row < plan->rows; row++) {
    const size_t at = (size_t) row * plan->cols;
    uint32_t *const cells = to + (size_t) row * plan->pitch;

    for (int col = 0; col < plan->cols; col += LANES) {
      const __mmask16 mask = first_lanes (plan->cols - col);
      const __m512 va = _mm512_maskz_loadu_ps (mask, a + at + col);
      const __m512 vb = b ? _mm512_maskz_loadu_ps (mask, b + at + col)
          : _mm512_setzero_ps ();

      _mm512_storeu_si512 (cells + col, _mm512_permutexvar_epi16 (interleave,
              (__m512i) _mm512_cvtne2ps_pbh (vb, va)));
    }
    if (plan->lead)
      cells[plan->cols] = 0;
  }
  if (plan->lead)
    memset (to + (size_t) plan->rows * plan->pitch, 0,
        (plan->cells + plan->lead - (size_t) plan->rows * plan->pitch)
        * sizeof *plane);
}

/* A picture of height x width to a plane of pairs for each phase. */
TARGET static void
split_pairs (const Plan *plan, const float *a, const float *b, uint32_t *planes)
{
  const __m512i low = _mm512_set1_epi32 (0xffff);

  for (int phase = 0; phase < 4; phase++) {
    const size_t rows = (plan->height + 1 - phase / 2) / 2;
    uint32_t *const plane = planes + phase * plan->plane;

    memset (plane, 0, plan->lead * sizeof *plane);
    /* Before the rows are written, whose last may go beyond their end. */
    memset (plane + plan->lead + rows * plan->pitch, 0,
        (plan->plane - plan->lead - rows * plan->pitch) * sizeof *plane);
  }
  for (int y = 0; y < plan->height; y++) {
    const float *const row_a = a + (size_t) y * plan->width;
    const float *const row_b = b ? b + (size_t) y * plan->width : NULL;
    uint32_t *const even = planes + y % 2 * 2 * plan->plane + plan->lead
        + (size_t) (y / 2) * plan->pitch;
    uint32_t *const odd = even + plan->plane;

    for (int col = 0; col < plan->cols; col += LANES) {
      const int n = plan->width - 2 * col;
      const __m512i va = load_words (row_a + 2 * col, n);
      const __m512i vb = b ? load_words (row_b + 2 * col, n)
          : _mm512_setzero_si512 ();

      _mm512_storeu_si512 (even + col,
          _mm512_or_si512 (_mm512_and_si512 (va, low),
              _mm512_slli_epi32 (vb, 16)));
      _mm512_storeu_si512 (odd + col,
          _mm512_or_si512 (_mm512_srli_epi32 (va, 16),
              _mm512_andnot_si512 (low, vb)));
    }
    even[plan->cols] = odd[plan->cols] = 0;
  }
}

/* As the two above, of one channel. */
TARGET static void
lay_words (const Plan *plan, const float *from, uint16_t *plane)
{
  uint16_t *const to = plane + plan->lead;

  memset (plane, 0, plan->lead * sizeof *plane);
  for (int row = 0; row < plan->rows; row++) {
    uint16_t *const cells = to + (size_t) row * plan->pitch;

    for (int col = 0; col < plan->cols; col += 2 * LANES)
      _mm512_storeu_si512 (cells + col,
          load_words (from + (size_t) row * plan->cols + col,
              plan->cols - col));
    if (plan->lead)
      cells[plan->cols] = 0;
  }
  if (plan->lead)
    memset (to + (size_t) plan->rows * plan->pitch, 0,
        (plan->cells + plan->lead - (size_t) plan->rows * plan->pitch)
        * sizeof *plane);
}

TARGET static void
split_words (const Plan *plan, const float *from, uint16_t *planes)
{
  for (int phase = 0; phase < 4; phase++) {
    const size_t rows = (plan->height + 1 - phase / 2) / 2;
    uint16_t *const plane = planes + phase * plan->plane;

    memset (plane, 0, plan->lead * sizeof *plane);
    memset (plane + plan->lead + rows * plan->pitch, 0,
        (plan->plane - plan->lead - rows * plan->pitch) * sizeof *plane);
  }
  for (int y = 0; y < plan->height; y++) {
    uint16_t *const even = planes + y % 2 * 2 * plan->plane + plan->lead
        + (size_t) (y / 2) * plan->pitch;
    uint16_t *const odd = even + plan->plane;

    for (int col = 0; col < plan->cols; col += LANES) {
      const __m512i words = load_words (from + (size_t) y * plan->width
          + 2 * col, plan->width - 2 * col);

      _mm256_storeu_si256 ((__m256i *) (even + col),
          _mm512_cvtepi32_epi16 (words));
      _mm256_storeu_si256 ((__m256i *) (odd + col),
          _mm512_cvtepi32_epi16 (_mm512_srli_epi32 (words, 16)));
    }
    even[plan->cols] = odd[plan->cols] = 0;
  }
}

/* n channels of the input as words. */
static void
input_words (const Plan *plan, const float *x, int n, uint16_t *words)
{
  const size_t area = (size_t) plan->height * plan->width;

  for (; n > 0; n--, x += area, words += plan->phases * plan->plane) {
    if (plan->stride == 2)
      split_words (plan, x, words);
    else
      lay_words (plan, x, words);
  }
}

/* Where the taps of a narrow input see it, in the order of conv.h's weights. */
static int
narrow_rows (const Plan *plan, const uint16_t *words,
    const uint16_t *rows[2 * SIDE])
{
  int n = 0;

  for (int c = 0; c < plan->in; c++, words += plan->phases * plan->plane)
    for (int tap = 0; tap < plan->taps; tap++)
      rows[n++] = words + tap_phase (plan, tap) * plan->plane + plan->lead
          + tap_offset (plan, tap);
  return n;
}

/* All channels, in pairs; pairs that fill the last tile up are zeros. */
static void
lay_channels (const Plan *plan, const float *x, int channels, gboolean split,
    uint32_t *to)
{
  const size_t area = split ? (size_t) plan->height * plan->width
      : (size_t) plan->rows * plan->cols;
  const Depth depth = depth_new (channels);
  const size_t row = pair_row (plan, split ? 4 : 1);

  for (int pair = 0; pair < depth.steps * depth.pairs; pair++, to += row) {
    const float *const a = x + 2 * pair * area;
    const float *const b = 2 * pair + 1 < channels ? a + area : NULL;

    if (2 * pair >= channels)
      memset (to, 0, row * sizeof *to);
    else if (split)
      split_pairs (plan, a, b, to);
    else
      lay_pairs (plan, a, b, to);
  }
}

/* The tiles' registers: 0 to 3 are sums; 4, 5 rows of factors, 6, 7 columns of
 * them, by twos along the sum, depth pairs of them. */
typedef struct
{
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} TileConfig;

TARGET static void
tiles_acquire (int depth)
{
  TileConfig config = {.palette = 1 };

  for (int i = 0; i < 8; i++) {
    config.rows[i] = i >= 6 ? depth : SIDE;
    config.row_bytes[i] = (i == 4 || i == 5 ? depth : SIDE) * sizeof (float);
  }
  /* GCC does not know that this, and what loads tiles, reads memory. */
  __asm__ volatile ("" : : "r" (&config) : "memory");
  _tile_loadconfig (&config);
}

TARGET static void
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

/* Sums over channels and taps, as planes without the zeros. A block's go to the
 * result at once: to collect some more, for longer runs of the result's planes,
 * cost more than it brought, and so did to join phases before the last one. */
typedef struct
{
  const float *weights;         /* tiles: channels of the result / SIDE, taps,
                                   steps */
  const uint32_t *cells;        /* cell 0 of the first pair */
  const uint16_t **narrow;      /* or NULL: channels, in place of cells */
  int n_narrow;
  uint32_t *gathered;           /* scratch for those */
  size_t row;                   /* from a pair to the next */
  Depth depth;
  int channels;                 /* of the result */
  int all_taps;                 /* of the weights */
  int taps, tap[MAX_TAPS];      /* those that count */
  ptrdiff_t offset[MAX_TAPS];   /* to the cell that a tap reads */
  const float *bias;            /* or NULL */
  float floor;                  /* no result is less */
  float *to;
} Product;

/* Where SIDE cells go to: those of the mask, to at and following. */
typedef struct
{
  __mmask16 mask;
  int n;
  size_t at;
} Run;

static Run
run_at (const Plan *plan, size_t cell)
{
  const size_t row = cell / plan->pitch, col = cell % plan->pitch;
  const size_t end = (size_t) plan->rows * plan->pitch;
  unsigned mask = cell >= end ? 0
      : end - cell < SIDE ? (1u << (end - cell)) - 1 : 0xffff;

  if (plan->cols < plan->pitch)
    for (size_t zero = plan->cols - col; zero < SIDE; zero += plan->pitch)
      mask &= ~(1u << zero);
  return (Run) {
  mask, __builtin_popcount (mask), row * plan->cols + col};
}

/* Tiles of sums, na x nb, stored as na * SIDE rows of nb * SIDE, to the
 * result. */
TARGET_INLINE void
finish (const Plan *plan, const Product *product, const float *sums, int na,
    int nb, int channel, const Run *runs)
{
  const size_t area = (size_t) plan->rows * plan->cols;
  const int n = MIN (na * SIDE, product->channels - channel);
  const __m512 least = _mm512_set1_ps (product->floor);

  for (int i = 0; i < n; i++, sums += nb * SIDE) {
    float *const plane = product->to + (channel + i) * area;
    const __m512 start =
        _mm512_set1_ps (product->bias ? product->bias[channel + i] : 0.f);

    for (int j = 0; j < nb; j++) {
      const __m512 sum = _mm512_add_ps (_mm512_load_ps (sums + j * SIDE),
          start);

      _mm512_mask_storeu_ps (plane + runs[j].at, first_lanes (runs[j].n),
          _mm512_maskz_compress_ps (runs[j].mask, _mm512_max_ps (least, sum)));
    }
  }
}

/* na x nb tiles of a product. */
TARGET_INLINE void
multiply_block (const Plan *plan, const Product *product, int na, int nb,
    int channel, const uint32_t *cells, const Run *runs)
{
  const size_t tap_size = (size_t) product->depth.steps * TILE;
  const float *const weights = product->weights
      + channel / SIDE * product->all_taps * tap_size;
  Walk walk = {.a_row = SIDE * sizeof (float),.b_row = product->row
        * sizeof (uint32_t),.a_step = TILE * sizeof (float),.b_step =
        product->depth.pairs * product->row * sizeof (uint32_t),.steps =
        product->depth.steps
  };
  float sums[4 * TILE] __attribute__ ((aligned (64)));

  tiles_zero ();
  for (int t = 0; t < product->taps; t++) {
    for (int i = 0; i < na; i++)
      walk.a[i] = (const char *) (weights + (i * product->all_taps
              + product->tap[t]) * tap_size);
    for (int j = 0; j < nb; j++)
      walk.b[j] = (const char *) (cells + product->offset[t] + j * SIDE);
    if (nb == 4)
      multiply_wide (&walk);
    else
      multiply_square (na, nb, &walk);
  }
  _tile_stored (0, sums, nb * SIDE * sizeof (float));
  _tile_stored (1, sums + SIDE, nb * SIDE * sizeof (float));
  if (nb == 4) {
    _tile_stored (2, sums + 2 * SIDE, nb * SIDE * sizeof (float));
    _tile_stored (3, sums + 3 * SIDE, nb * SIDE * sizeof (float));
  } else if (na == 2) {
    _tile_stored (2, sums + 2 * TILE, nb * SIDE * sizeof (float));
    _tile_stored (3, sums + 2 * TILE + SIDE, nb * SIDE * sizeof (float));
  }
  finish (plan, product, sums, na, nb, channel, runs);
}

/* Cells of a narrow input, 2 * SIDE of them or halves times as many, in pairs,
 * in rows of 4 * SIDE. */
TARGET_INLINE void
gather (const Product *product, size_t cell, int halves)
{
  uint32_t *to = product->gathered;
  uint16_t order[4 * LANES];
  __m512i low, high;

  for (int i = 0; i < 4 * LANES; i++)
    order[i] = i / 2 + i % 2 * 2 * LANES;
  low = _mm512_loadu_si512 (order);
  high = _mm512_loadu_si512 (order + 2 * LANES);

  for (int k = 0; k < product->n_narrow; k += 2, to += 4 * SIDE)
    for (int half = 0; half < halves; half++) {
      const size_t at = cell + half * 2 * LANES;
      const __m512i a = _mm512_loadu_si512 (product->narrow[k] + at);
      const __m512i b = k + 1 == product->n_narrow ? _mm512_setzero_si512 ()
          : _mm512_loadu_si512 (product->narrow[k + 1] + at);

      _mm512_store_si512 (to + half * 2 * LANES,
          _mm512_permutex2var_epi16 (a, low, b));
      _mm512_store_si512 (to + half * 2 * LANES + LANES,
          _mm512_permutex2var_epi16 (a, high, b));
    }
  /* as in tiles_acquire () */
  __asm__ volatile ("" : : : "memory");
}

TARGET static void
multiply (const Plan *plan, const Product *product)
{
  for (size_t cell = 0; cell < plan->cells; cell += 4 * SIDE) {
    const gboolean whole = cell + 4 * SIDE <= plan->cells;
    const uint32_t *const cells = product->narrow ? product->gathered
        : product->cells + cell;
    int channel = 0;
    Run runs[4];

    if (product->narrow)
      gather (product, cell, whole ? 2 : 1);
    for (int j = 0; j < (whole ? 4 : 2); j++)
      runs[j] = run_at (plan, cell + j * SIDE);
    for (; channel + SIDE < product->channels; channel += 2 * SIDE) {
      multiply_block (plan, product, 2, 2, channel, cells, runs);
      if (whole)
        multiply_block (plan, product, 2, 2, channel, cells + 2 * SIDE,
            runs + 2);
    }
    if (channel >= product->channels)
      continue;
    if (whole)
      multiply_block (plan, product, 1, 4, channel, cells, runs);
    else
      multiply_block (plan, product, 1, 2, channel, cells, runs);
  }
}

/* A row of a tile of weights: of the channels that are summed up those from
 * first, stride floats apart. */
TARGET static void
prepare_row (const float *weights, size_t stride, int first, int channels,
    int pairs, float *to)
{
  float row[2 * LANES] = { 0.f };

  for (int k = 0; k < MIN (2 * pairs, channels - first); k++)
    row[k] = weights[(first + k) * stride];
  _mm512_storeu_si512 (to, load_words (row, 2 * LANES));
}

/* weights[m][k][tap], with steps of m_step and k_step, to tiles. */
static void
prepare (const float *weights, int taps, int out, int in, size_t out_step,
    size_t in_step, float *prepared)
{
  const Depth depth = depth_new (in);
  const float none[1] = { 0.f };

  for (int first = 0; first < out; first += SIDE)
    for (int tap = 0; tap < taps; tap++)
      for (int step = 0; step < depth.steps; step++)
        for (int i = first; i < first + SIDE; i++, prepared += SIDE)
          prepare_row (i < out ? weights + i * out_step + tap : none, in_step,
              step * 2 * depth.pairs, i < out ? in : 0, depth.pairs, prepared);
}

static size_t
prepared_size (int taps, int out, int in)
{
  return round_up (out, SIDE) / SIDE * taps * depth_new (in).steps * TILE;
}

static void
add_tap (Product *product, int tap, ptrdiff_t offset)
{
  product->tap[product->taps] = tap;
  product->offset[product->taps++] = offset;
}

/* Pictures of the 4 phases, rows x cols each, to one. */
TARGET static void
join_phases (const Plan *plan, const float *phases, float *x)
{
  const size_t size = (size_t) plan->in * plan->rows * plan->cols;
  int32_t order[2 * LANES];
  __m512i low, high;

  for (int i = 0; i < 2 * LANES; i++)
    order[i] = i / 2 + i % 2 * LANES;
  low = _mm512_loadu_si512 (order);
  high = _mm512_loadu_si512 (order + LANES);

  for (int c = 0; c < plan->in; c++)
    for (int y = 0; y < plan->height; y++, x += plan->width) {
      const float *const even = phases + y % 2 * 2 * size
          + ((size_t) c * plan->rows + y / 2) * plan->cols;

      for (int col = 0; col < plan->cols; col += LANES) {
        const __mmask16 mask = first_lanes (plan->cols - col);
        const __m512 ve = _mm512_maskz_loadu_ps (mask, even + col);
        const __m512 vo = _mm512_maskz_loadu_ps (mask, even + size + col);
        const int n = plan->width - 2 * col;

        _mm512_mask_storeu_ps (x + 2 * col, first_lanes (n),
            _mm512_permutex2var_ps (ve, low, vo));
        _mm512_mask_storeu_ps (x + 2 * col + LANES, first_lanes (n - LANES),
            _mm512_permutex2var_ps (ve, high, vo));
      }
    }
}

/* to[j] = lane j of each row. */
TARGET_INLINE void
transpose (const __m512i rows[LANES], __m512i to[LANES])
{
  __m512i a[LANES], b[LANES];

  for (int i = 0; i < LANES; i += 2) {
    a[i] = _mm512_unpacklo_epi32 (rows[i], rows[i + 1]);
    a[i + 1] = _mm512_unpackhi_epi32 (rows[i], rows[i + 1]);
  }
  /* b[i + j]: column j of each 128 bits, of rows i to i + 3 */
  for (int i = 0; i < LANES; i += 4) {
    b[i] = _mm512_unpacklo_epi64 (a[i], a[i + 2]);
    b[i + 1] = _mm512_unpackhi_epi64 (a[i], a[i + 2]);
    b[i + 2] = _mm512_unpacklo_epi64 (a[i + 1], a[i + 3]);
    b[i + 3] = _mm512_unpackhi_epi64 (a[i + 1], a[i + 3]);
  }
  for (int j = 0; j < 4; j++) {
    const __m512i even_top = _mm512_shuffle_i32x4 (b[j], b[j + 4], 0x88);
    const __m512i odd_top = _mm512_shuffle_i32x4 (b[j], b[j + 4], 0xdd);
    const __m512i even_end = _mm512_shuffle_i32x4 (b[j + 8], b[j + 12], 0x88);
    const __m512i odd_end = _mm512_shuffle_i32x4 (b[j + 8], b[j + 12], 0xdd);

    to[j] = _mm512_shuffle_i32x4 (even_top, even_end, 0x88);
    to[j + 4] = _mm512_shuffle_i32x4 (odd_top, odd_end, 0x88);
    to[j + 8] = _mm512_shuffle_i32x4 (even_top, even_end, 0xdd);
    to[j + 12] = _mm512_shuffle_i32x4 (odd_top, odd_end, 0xdd);
  }
}

/* Pairs of neighbouring cells of n rows, up to SIDE, to tiles. */
TARGET static void
turn_words (const uint16_t *const *words, int n, size_t cells, float *tiles)
{
  for (size_t cell = 0; cell < cells; cell += 2 * SIDE, tiles += TILE) {
    __m512i rows[SIDE], turned[SIDE];

    for (int i = 0; i < SIDE; i++)
      rows[i] = i < n ? _mm512_loadu_si512 (words[i] + cell)
          : _mm512_setzero_si512 ();
    transpose (rows, turned);
    for (int i = 0; i < SIDE; i++)
      _mm512_store_si512 (tiles + i * LANES, turned[i]);
  }
}

/* The input as factors of a sum over cells: tiles of two cells by SIDE
 * channels, for each SIDE channels and each phase those of the cells. block:
 * scratch. */
static void
turn_input (const Plan *plan, const float *x, uint16_t *block, float *turned)
{
  const size_t area = (size_t) plan->height * plan->width;

  for (int first = 0; first < plan->in; first += SIDE) {
    const int n = MIN (SIDE, plan->in - first);

    input_words (plan, x + first * area, n, block);
    for (int phase = 0; phase < plan->phases; phase++) {
      const uint16_t *rows[SIDE];

      for (int i = 0; i < n; i++)
        rows[i] = block + (i * plan->phases + phase) * plan->plane
            + plan->lead;
      turn_words (rows, n, plan->cells, turned);
      turned += plan->cells / 2 * SIDE;
    }
  }
}

/* As turn_input (), of a narrow input's taps. */
static void
turn_narrow (const Plan *plan, const float *x, uint16_t *block, float *turned)
{
  const uint16_t *rows[2 * SIDE];
  int n;

  input_words (plan, x, plan->in, block);
  n = narrow_rows (plan, block, rows);
  for (int first = 0; first < n; first += SIDE) {
    turn_words (rows + first, MIN (SIDE, n - first), plan->cells, turned);
    turned += plan->cells / 2 * SIDE;
  }
}

/* One operand of the gradient of the weights: SIDE channels of the gradient of
 * the output, seen from a tap. */
typedef struct
{
  const uint16_t *from;
  float *to;                    /* sums of the tap and these channels */
} Seen;

typedef struct
{
  const float *turned;          /* of the phase, the first SIDE channels */
  size_t turned_step;           /* to the next SIDE channels */
  size_t word_row, sums_row;
  int steps;
} Gradient;

TARGET_INLINE void
store_sums (int na, int nb, const Gradient *gradient, const Seen *seen,
    int channel)
{
  const size_t row = gradient->sums_row * sizeof (float);

  _tile_stored (0, seen[0].to + channel, row);
  if (na == 4) {
    _tile_stored (1, seen[1].to + channel, row);
    _tile_stored (2, seen[2].to + channel, row);
    _tile_stored (3, seen[3].to + channel, row);
    return;
  }
  if (nb > 1)
    _tile_stored (1, seen[0].to + channel + SIDE, row);
  if (na > 1)
    _tile_stored (2, seen[1].to + channel, row);
  if (na > 1 && nb > 1)
    _tile_stored (3, seen[1].to + channel + SIDE, row);
}

TARGET_INLINE void
gradient_block (int na, int nb, const Gradient *gradient, const Seen *seen,
    int channel)
{
  Walk walk = {.a_row = gradient->word_row * sizeof (uint16_t),.b_row =
        SIDE * sizeof (float),.a_step = SIDE * sizeof (float),.b_step =
        TILE * sizeof (float),.steps = gradient->steps
  };

  for (int i = 0; i < na; i++)
    walk.a[i] = (const char *) seen[i].from;
  for (int j = 0; j < nb; j++)
    walk.b[j] = (const char *) (gradient->turned
        + (channel / SIDE + j) * gradient->turned_step);
  tiles_zero ();
  if (na == 4)
    multiply_tall (&walk);
  else
    multiply_square (na, nb, &walk);
  store_sums (na, nb, gradient, seen, channel);
}

/* Sums over the cells, for n operands and all channels of the input. */
TARGET static void
gradient_sums (const Gradient *gradient, const Seen *seen, int n, int in)
{
  int channel = 0;

  for (; channel + SIDE < in; channel += 2 * SIDE) {
    int i = 0;

    for (; i + 2 <= n; i += 2)
      gradient_block (2, 2, gradient, seen + i, channel);
    if (i < n)
      gradient_block (1, 2, gradient, seen + i, channel);
  }
  if (channel < in) {
    int i = 0;

    for (; i + 4 <= n; i += 4)
      gradient_block (4, 1, gradient, seen + i, channel);
    for (; i + 2 <= n; i += 2)
      gradient_block (2, 1, gradient, seen + i, channel);
    if (i < n)
      gradient_block (1, 1, gradient, seen + i, channel);
  }
}

/* The sums of one phase, for the taps that read it, SIDE channels of the output
 * after the other. */
static void
gradient_phase (const Plan *plan, Gradient *gradient, int phase,
    const uint16_t *words, float *sums)
{
  const size_t tap_size = round_up (plan->out, SIDE) * gradient->sums_row;

  for (int first = 0; first < plan->out; first += 2 * SIDE) {
    Seen seen[2 * MAX_TAPS];
    int n = 0;

    for (int tap = 0; tap < plan->taps; tap++)
      for (int c = first; c < MIN (first + 2 * SIDE, plan->out); c += SIDE)
        if (tap_phase (plan, tap) == phase)
          seen[n++] = (Seen) {
            words + c * gradient->word_row + plan->lead
                - tap_offset (plan, tap),
            sums + tap * tap_size + c * gradient->sums_row};
    gradient_sums (gradient, seen, n, plan->in);
  }
}

/* One row of the weights' gradient in the order of conv.h, which ends in
 * LANES beyond it. sums: of the taps, tap_size apart. */
TARGET static void
gather_row (const Plan *plan, const float *sums, size_t tap_size, float *row)
{
  for (int channel = 0; channel < plan->in; channel += LANES) {
    __m512i taps[LANES], turned[LANES];

    for (int tap = 0; tap < LANES; tap++)
      taps[tap] = tap < plan->taps ? _mm512_loadu_si512 (sums + channel
          + tap * tap_size) : _mm512_setzero_si512 ();
    transpose (taps, turned);
    for (int i = 0; i < LANES; i++, row += plan->taps)
      _mm512_storeu_si512 (row, turned[i]);
  }
}

TARGET static void
add_sums (const Plan *plan, const float *sums, float *row, float *dweights)
{
  const size_t sums_row = round_up (plan->in, SIDE);
  const size_t tap_size = round_up (plan->out, SIDE) * sums_row;
  const int n = plan->in * plan->taps;

  for (int c = 0; c < plan->out; c++, sums += sums_row, dweights += n) {
    const float *from = sums;

    if (plan->taps > 1) {
      gather_row (plan, sums, tap_size, row);
      from = row;
    }
    for (int i = 0; i < n; i += LANES) {
      const __mmask16 mask = first_lanes (n - i);

      _mm512_mask_storeu_ps (dweights + i, mask,
          _mm512_add_ps (_mm512_maskz_loadu_ps (mask, dweights + i),
              _mm512_loadu_ps (from + i)));
    }
  }
}

gboolean
sst_bfloat_available (void)
{
  return sst_cpu_has (SST_CPU_AMX);
}

size_t
sst_bfloat_weights_size (const SstConvShape *shape)
{
  const Plan plan = plan_new (shape);
  const Plan flat = is_narrow (&plan) ? plan_flat (&plan) : plan;

  return MAX (prepared_size (flat.taps, plan.out, flat.in),
      prepared_size (plan.taps, plan.in, plan.out));
}

size_t
sst_bfloat_scratch_size (const SstConvShape *shape)
{
  const Plan plan = plan_new (shape);

  return scratch_size (&plan);
}

void
sst_bfloat_prepare_weights (const SstConvShape *shape, const float *weights,
    gboolean flipped, float *prepared)
{
  const Plan plan = plan_new (shape);
  const size_t row = (size_t) plan.in * plan.taps;

  if (flipped)
    prepare (weights, plan.taps, plan.in, plan.out, plan.taps, row, prepared);
  else if (is_narrow (&plan))
    prepare (weights, 1, plan.out, row, row, 1, prepared);
  else
    prepare (weights, plan.taps, plan.out, plan.in, row, plan.taps, prepared);
}

static void
forward_narrow (const Plan *plan, const float *x, Product *product,
    float *scratch)
{
  const Plan flat = plan_flat (plan);
  uint16_t *const words = (uint16_t *) (scratch + GATHERED);
  const uint16_t *rows[2 * SIDE];

  input_words (plan, x, plan->in, words);
  product->n_narrow = narrow_rows (plan, words, rows);
  product->narrow = rows;
  product->gathered = (uint32_t *) scratch;
  product->row = 4 * SIDE;
  product->depth = depth_new (flat.in);
  product->all_taps = 1;
  add_tap (product, 0, 0);
  tiles_acquire (product->depth.pairs);
  multiply (&flat, product);
  tiles_release ();
}

static void
forward_wide (const Plan *plan, const float *x, Product *product,
    float *scratch)
{
  uint32_t *const cells = (uint32_t *) scratch;

  product->cells = cells + plan->lead;
  product->row = pair_row (plan, plan->phases);
  product->depth = depth_new (plan->in);
  product->all_taps = plan->taps;
  for (int tap = 0; tap < plan->taps; tap++)
    add_tap (product, tap, (ptrdiff_t) (tap_phase (plan, tap) * plan->plane)
        + tap_offset (plan, tap));
  lay_channels (plan, x, plan->in, plan->stride == 2, cells);
  tiles_acquire (product->depth.pairs);
  multiply (plan, product);
  tiles_release ();
}

void
sst_bfloat_forward (const SstConvShape *shape, const float *x,
    const float *prepared, const float *bias, gboolean relu, float *y,
    float *scratch)
{
  const Plan plan = plan_new (shape);
  Product product = {.weights = prepared,.channels = plan.out,.bias = bias,
    .floor = relu ? 0.f : -INFINITY,.to = y
  };

  if (is_narrow (&plan))
    forward_narrow (&plan, x, &product, align_scratch (scratch));
  else
    forward_wide (&plan, x, &product, align_scratch (scratch));
}

void
sst_bfloat_backward_input (const SstConvShape *shape, const float *dy,
    const float *flipped, float *dx, float *scratch)
{
  const Plan plan = plan_new (shape);
  const size_t phase_size = (size_t) plan.in * plan.rows * plan.cols;
  uint32_t *const cells = (uint32_t *) align_scratch (scratch);
  float *const phases = (float *) cells + pairs_size (&plan, plan.out, 1);
  Product product = {.weights = flipped,.cells = cells + plan.lead,.row =
        pair_row (&plan, 1),.depth = depth_new (plan.out),.channels = plan.in,
    .all_taps = plan.taps,.floor = -INFINITY
  };

  lay_channels (&plan, dy, plan.out, FALSE, cells);
  tiles_acquire (product.depth.pairs);
  for (int phase = 0; phase < plan.phases; phase++) {
    product.taps = 0;
    for (int tap = 0; tap < plan.taps; tap++)
      if (tap_phase (&plan, tap) == phase)
        add_tap (&product, tap, -tap_offset (&plan, tap));
    product.to = plan.stride == 2 ? phases + phase * phase_size : dx;
    multiply (&plan, &product);
  }
  tiles_release ();
  if (plan.stride == 2)
    join_phases (&plan, phases, dx);
}

void
sst_bfloat_backward_weights (const SstConvShape *shape, const float *x,
    const float *dy, float *dweights, float *scratch)
{
  const Plan plan = plan_new (shape);
  const Plan flat = is_narrow (&plan) ? plan_flat (&plan) : plan;
  const size_t area = (size_t) plan.rows * plan.cols;
  float *const turned = align_scratch (scratch);
  float *const sums = turned + turned_size (&flat);
  float *const row = sums + sums_size (&flat);
  uint16_t *const words = (uint16_t *) (row + row_size (&flat));
  uint16_t *const block = words + 2 * words_size (&plan);
  Gradient gradient = { turned, flat.phases * plan.cells / 2 * SIDE,
    word_row (&plan), round_up (flat.in, SIDE), plan.cells / (2 * SIDE)
  };

  if (is_narrow (&plan))
    turn_narrow (&plan, x, block, turned);
  else
    turn_input (&plan, x, block, turned);
  for (int c = 0; c < plan.out; c++)
    lay_words (&plan, dy + c * area, words + c * gradient.word_row);
  tiles_acquire (SIDE);
  for (int phase = 0; phase < flat.phases; phase++) {
    gradient_phase (&flat, &gradient, phase, words, sums);
    gradient.turned += plan.cells / 2 * SIDE;
  }
  tiles_release ();
  add_sums (&flat, sums, row, dweights);
}

#else

gboolean
sst_bfloat_available (void)
{
  return FALSE;
}

size_t
sst_bfloat_weights_size (const SstConvShape *shape)
{
  return 0;
}

size_t
sst_bfloat_scratch_size (const SstConvShape *shape)
{
  return 0;
}

void
sst_bfloat_prepare_weights (const SstConvShape *shape, const float *weights,
    gboolean flipped, float *prepared)
{
  g_return_if_reached ();
}

void
sst_bfloat_forward (const SstConvShape *shape, const float *x,
    const float *prepared, const float *bias, gboolean relu, float *y,
    float *scratch)
{
  g_return_if_reached ();
}

void
sst_bfloat_backward_input (const SstConvShape *shape, const float *dy,
    const float *flipped, float *dx, float *scratch)
{
  g_return_if_reached ();
}

void
sst_bfloat_backward_weights (const SstConvShape *shape, const float *x,
    const float *dy, float *dweights, float *scratch)
{
  g_return_if_reached ();
}

#endif

gboolean
sst_bfloat_can (const SstConvShape *shape)
{
  return sst_bfloat_available () && ((shape->kernel == 1 && shape->stride == 1)
      || (shape->kernel == 3 && shape->stride <= 2));
}

gboolean
sst_bfloat_suits (const SstConvShape *shape)
{
  if (!sst_bfloat_can (shape))
    return FALSE;
  return shape->kernel == 3
      || (MIN (shape->in_channels, shape->out_channels) > 16
      && shape->height * shape->width >= 16);
}
