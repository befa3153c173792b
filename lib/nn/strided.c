/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "nn/strided.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/cpu.h"
#include "base/simd.h"
#include "nn/transpose.h"

#if defined (__GNUC__) && defined (__x86_64__)
#include <immintrin.h>
#define HAVE_FMA_KERNEL 1
#define TARGET_FMA __attribute__ ((target ("avx2,fma")))
#elif defined (__GNUC__) && defined (__aarch64__)
#include <arm_neon.h>
#define HAVE_FMA_KERNEL 1
#define TARGET_FMA
#endif

#define TAPS 9
#define ROWS 4                  /* of a block: channels of the result */
#define COLS 24                 /* cells of the result */
#define LANES 16                /* of a panel of the gradient of the output */
#define SUMS 6                  /* weights that are summed up at a time */
#define BAND_CELLS 192          /* about that many at a time stay in cache */

/* A band is some rows of the output, and what they see or go to. In it, rows
 * of as many floats as the output has columns follow each other, so that cells
 * that neighbour in the output do so for each tap.
 *
 * Input: a channel is three planes, which taps to the left, in the middle and
 * to the right read; a plane is rows + 1 odd rows, starting at the one above,
 * then rows even ones. Gradient of the output: a channel is two planes, as it
 * is and shifted by one column; a plane is rows + 1 rows. */
typedef struct
{
  int in, out;                  /* channels */
  int height, width;            /* of the output */
  int rows;                     /* of a band */
  int cells;                    /* of a band, padded to a multiple of COLS */
  size_t plane, dplane;         /* floats of an input's, a gradient's plane */
} Plan;

/* A matrix product: sums over channels and taps of factors, in panels of ROWS,
 * times cells, which begin at the tap's offset in each channel. */
typedef struct
{
  int channels, taps;
  size_t channel;               /* floats from a channel to the next */
  size_t offset[TAPS];
} Product;

/* ROWS x COLS of a product, rows of c c_row apart, and no less than floor.
 * start: what the rows' sums start from. */
typedef void (*Block) (const Product * product, const float *factors,
    const float *cells, const float *start, float floor, float *c,
    size_t c_row);

SST_ALWAYS_INLINE int
round_up (int n, int multiple)
{
  return (n + multiple - 1) / multiple * multiple;
}

static Plan
plan_new (const SstConvShape *shape)
{
  Plan plan = { shape->in_channels, shape->out_channels,
    sst_conv_out_height (shape), sst_conv_out_width (shape)
  };

  plan.rows = CLAMP (BAND_CELLS / plan.width, 1, plan.height);
  plan.cells = round_up (plan.rows * plan.width, COLS);
  plan.plane = (size_t) (2 * plan.rows + 1) * plan.width;
  plan.dplane = (size_t) (plan.rows + 1) * plan.width;
  return plan;
}

/* Scratch of each kind; blocks read up to COLS beyond the last cell. */
static size_t
band_size (const Plan *plan)
{
  return round_up (3 * plan->in * plan->plane + COLS, LANES);
}

static size_t
dband_size (const Plan *plan)
{
  return round_up (2 * plan->out * plan->dplane + COLS, LANES);
}

static size_t
panels_size (const Plan *plan)
{
  return (size_t) plan->cells * round_up (plan->out, LANES);
}

static size_t
sums_size (const Plan *plan)
{
  return (size_t) round_up (plan->in * TAPS, SUMS)
      * round_up (plan->out, LANES);
}

static gboolean
have_fma (void)
{
#ifdef HAVE_FMA_KERNEL
  return sst_cpu_has (SST_CPU_FMA);
#else
  return FALSE;
#endif
}

gboolean
sst_strided_suits (const SstConvShape *shape)
{
  return shape->kernel == 3 && shape->stride == 2 && have_fma ();
}

size_t
sst_strided_scratch_size (const SstConvShape *shape)
{
  const Plan plan = plan_new (shape);
  const size_t forward = band_size (&plan)
      + (size_t) round_up (plan.out, ROWS) * plan.in * TAPS;
  const size_t input = dband_size (&plan)
      + (size_t) round_up (plan.in, ROWS) * (plan.out * TAPS + 4 * plan.cells);
  const size_t weights = band_size (&plan) + panels_size (&plan)
      + sums_size (&plan);

  /* LANES to align it */
  return LANES + MAX (forward, MAX (input, weights));
}

static float *
align_scratch (float *scratch)
{
  const uintptr_t misfit = (uintptr_t) scratch / sizeof (float) % LANES;

  return scratch + (LANES - misfit) % LANES;
}

/* The columns of an input row that each of the three taps reads. */
SST_ALWAYS_INLINE void
split_row (const float *row, int width, float *restrict left,
    float *restrict middle, float *restrict right)
{
  const int pairs = width / 2, out = (width + 1) / 2;

  for (int i = 0; i < pairs; i++) {
    middle[i] = row[2 * i];
    right[i] = row[2 * i + 1];
  }
  if (out > pairs) {
    middle[pairs] = row[2 * pairs];
    right[pairs] = 0.f;
  }
  left[0] = 0.f;
  memcpy (left + 1, right, (out - 1) * sizeof (float));
}

/* What n output rows from top on see. */
SST_MULTIVERSION static void
fill_band (const Plan *plan, const SstConvShape *shape, const float *x,
    int top, int n, float *band)
{
  const int width = plan->width;

  for (int c = 0; c < plan->in; c++, band += 3 * plan->plane) {
    const float *const image = x + (size_t) c * shape->height * shape->width;

    for (int i = 0; i < 2 * n + 1; i++) {
      const gboolean odd = i <= n;
      const int y = 2 * top + (odd ? 2 * i - 1 : 2 * (i - n - 1));
      float *const to = band
          + (size_t) (odd ? i : plan->rows + i - n) * width;

      if (y < 0 || y >= shape->height) {
        for (int p = 0; p < 3; p++)
          memset (to + p * plan->plane, 0, width * sizeof (float));
      } else {
        split_row (image + (size_t) y * shape->width, shape->width, to,
            to + plan->plane, to + 2 * plan->plane);
      }
    }
  }
}

/* Where in a channel of the band a tap begins. */
static size_t
tap_offset (const Plan *plan, int tap)
{
  const int row[3] = { 0, plan->rows + 1, 1 };

  return tap % 3 * plan->plane + (size_t) row[tap / 3] * plan->width;
}

/* What n rows of pairs of input rows, from top on, went to. */
SST_MULTIVERSION static void
fill_dband (const Plan *plan, const float *dy, int top, int n, float *band)
{
  const size_t width = plan->width, size = width * sizeof (float);

  for (int c = 0; c < plan->out; c++, band += 2 * plan->dplane) {
    const float *from = dy + ((size_t) c * plan->height + top) * width;
    float *to = band;

    for (int i = 0; i <= n; i++, from += width, to += width) {
      float *const shifted = to + plan->dplane;

      if (top + i >= plan->height) {
        memset (to, 0, size);
        memset (shifted, 0, size);
        continue;
      }
      memcpy (to, from, size);
      memcpy (shifted, from + 1, size - sizeof (float));
      shifted[width - 1] = 0.f;
    }
  }
}

/* Panels of ROWS rows of a matrix, turned; what a last one lacks is zero. */
SST_MULTIVERSION static void
pack_rows (const float *matrix, int rows, int cols, float *panels)
{
  for (int row = 0; row < rows; row += ROWS, panels += ROWS * cols) {
    const int n = MIN (rows - row, ROWS);

    if (n < ROWS)
      memset (panels, 0, (size_t) ROWS * cols * sizeof (float));
    sst_transpose (matrix + (size_t) row * cols, cols, n, cols, panels, ROWS);
  }
}

/* Panels of the weights of ROWS input channels, for every output channel those
 * of some taps; what a last one lacks is zero. */
SST_MULTIVERSION static void
pack_taps (const Plan *plan, const float *weights, int n_taps, const int *taps,
    float *panels)
{
  const size_t out_step = (size_t) plan->in * TAPS;

  for (int c = 0; c < plan->in; c += ROWS) {
    const float *from = weights + c * TAPS;

    for (int o = 0; o < plan->out; o++, from += out_step)
      for (int t = 0; t < n_taps; t++, panels += ROWS)
        for (int i = 0; i < ROWS; i++)
          panels[i] = c + i < plan->in ? from[i * TAPS + taps[t]] : 0.f;
  }
}

/* Panels of LANES output channels of the gradient, turned. */
SST_MULTIVERSION static void
fill_panels (const Plan *plan, const float *dy, int cells, float *panels)
{
  const size_t channel = (size_t) plan->height * plan->width;

  for (int o = 0; o < plan->out; o += LANES, panels += LANES * cells) {
    const int n = MIN (plan->out - o, LANES);

    if (n < LANES)
      memset (panels, 0, (size_t) LANES * cells * sizeof (float));
    sst_transpose (dy + o * channel, channel, n, cells, panels, LANES);
  }
}

/* dweights += sums, turned. sums: inner rows of padded output channels. */
SST_MULTIVERSION static void
add_turned (const float *sums, int inner, int out, float *dweights)
{
  const size_t padded = (size_t) round_up (out, LANES);
  float rows[4 * LANES];

  for (int o = 0; o < out; o += 4) {
    const int n = MIN (out - o, 4);

    for (int k = 0; k < inner; k += LANES) {
      const int m = MIN (inner - k, LANES);

      sst_transpose (sums + k * padded + o, padded, m, n, rows, LANES);
      for (int i = 0; i < n; i++) {
        float *const to = dweights + (size_t) (o + i) * inner + k;

        for (int j = 0; j < m; j++)
          to[j] += rows[i * LANES + j];
      }
    }
  }
}

/* A few columns at a time, which stay in registers. */
static void
block_plain (const Product *product, const float *factors, const float *cells,
    const float *start, float floor, float *c, size_t c_row)
{
  for (int col = 0; col < COLS; col += 4, cells += 4, c += 4) {
    const float *a = factors, *channel = cells;
    float sum[ROWS][4];

    for (int i = 0; i < ROWS; i++)
      for (int j = 0; j < 4; j++)
        sum[i][j] = start[i];
    for (int k = 0; k < product->channels; k++, channel += product->channel) {
      for (int t = 0; t < product->taps; t++, a += ROWS) {
        const float *const b = channel + product->offset[t];

        for (int i = 0; i < ROWS; i++)
          for (int j = 0; j < 4; j++)
            sum[i][j] += a[i] * b[j];
      }
    }
    for (int i = 0; i < ROWS; i++)
      for (int j = 0; j < 4; j++)
        c[i * c_row + j] = sum[i][j] < floor ? floor : sum[i][j];
  }
}

/* sums += the products of SUMS rows of n cells and panels of LANES
 * of their gradient; sums: LANES of a row. */
static void
accumulate_plain (const float *const *cells, int n,
    const float *panel, float *sums, size_t sums_row)
{
  for (int i = 0; i < SUMS; i++) {
    float sum[LANES];

    memcpy (sum, sums + i * sums_row, sizeof sum);
    for (int k = 0; k < n; k++)
      for (int j = 0; j < LANES; j++)
        sum[j] += cells[i][k] * panel[k * LANES + j];
    memcpy (sums + i * sums_row, sum, sizeof sum);
  }
}

#ifdef HAVE_FMA_KERNEL
/* The sums have names of their own: of an array, GCC 12 writes every element to
 * memory in every turn of the loop. */
#ifdef __aarch64__
SST_ALWAYS_INLINE void
block_fma (const int taps, const Product *product, const float *factors,
    const float *cells, const float *start, float floor, float *c, size_t c_row)
{
  const float32x4_t lowest = vdupq_n_f32 (floor);

#define FOR_ROWS(do) do (0) do (1) do (2) do (3)
#define START(i) \
  float32x4_t sum##i##0 = vdupq_n_f32 (start[i]), sum##i##1 = sum##i##0; \
  float32x4_t sum##i##2 = sum##i##0, sum##i##3 = sum##i##0; \
  float32x4_t sum##i##4 = sum##i##0, sum##i##5 = sum##i##0;
#define ADD(i) \
  sum##i##0 = vfmaq_laneq_f32 (sum##i##0, b0, factor, i); \
  sum##i##1 = vfmaq_laneq_f32 (sum##i##1, b1, factor, i); \
  sum##i##2 = vfmaq_laneq_f32 (sum##i##2, b2, factor, i); \
  sum##i##3 = vfmaq_laneq_f32 (sum##i##3, b3, factor, i); \
  sum##i##4 = vfmaq_laneq_f32 (sum##i##4, b4, factor, i); \
  sum##i##5 = vfmaq_laneq_f32 (sum##i##5, b5, factor, i);
#define STORE(i) \
  vst1q_f32 (c + i * c_row, vmaxq_f32 (lowest, sum##i##0)); \
  vst1q_f32 (c + i * c_row + 4, vmaxq_f32 (lowest, sum##i##1)); \
  vst1q_f32 (c + i * c_row + 8, vmaxq_f32 (lowest, sum##i##2)); \
  vst1q_f32 (c + i * c_row + 12, vmaxq_f32 (lowest, sum##i##3)); \
  vst1q_f32 (c + i * c_row + 16, vmaxq_f32 (lowest, sum##i##4)); \
  vst1q_f32 (c + i * c_row + 20, vmaxq_f32 (lowest, sum##i##5));

  FOR_ROWS (START);
  for (int k = product->channels; k > 0; k--, cells += product->channel) {
#pragma GCC unroll 9
    for (int t = 0; t < taps; t++, factors += ROWS) {
      const float *const b = cells + product->offset[t];
      const float32x4_t factor = vld1q_f32 (factors);
      const float32x4_t b0 = vld1q_f32 (b), b1 = vld1q_f32 (b + 4);
      const float32x4_t b2 = vld1q_f32 (b + 8), b3 = vld1q_f32 (b + 12);
      const float32x4_t b4 = vld1q_f32 (b + 16), b5 = vld1q_f32 (b + 20);

      FOR_ROWS (ADD);
    }
  }
  FOR_ROWS (STORE);

#undef FOR_ROWS
#undef START
#undef ADD
#undef STORE
}
#else
TARGET_FMA SST_ALWAYS_INLINE void
block_fma (const int taps, const Product *product, const float *factors,
    const float *cells, const float *start, float floor, float *c, size_t c_row)
{
  const __m256 lowest = _mm256_set1_ps (floor);

#define FOR_ROWS(do) do (0) do (1) do (2) do (3)
#define START(i) \
  __m256 left##i = _mm256_broadcast_ss (start + i); \
  __m256 middle##i = left##i, right##i = left##i;
#define ADD(i) \
  factor = _mm256_broadcast_ss (factors + i); \
  left##i = _mm256_fmadd_ps (factor, b0, left##i); \
  middle##i = _mm256_fmadd_ps (factor, b1, middle##i); \
  right##i = _mm256_fmadd_ps (factor, b2, right##i);
#define STORE(i) \
  _mm256_storeu_ps (c + i * c_row, _mm256_max_ps (lowest, left##i)); \
  _mm256_storeu_ps (c + i * c_row + 8, _mm256_max_ps (lowest, middle##i)); \
  _mm256_storeu_ps (c + i * c_row + 16, _mm256_max_ps (lowest, right##i));

  FOR_ROWS (START);
  for (int k = product->channels; k > 0; k--, cells += product->channel) {
#pragma GCC unroll 9
    for (int t = 0; t < taps; t++, factors += ROWS) {
      const float *const b = cells + product->offset[t];
      const __m256 b0 = _mm256_loadu_ps (b), b1 = _mm256_loadu_ps (b + 8);
      const __m256 b2 = _mm256_loadu_ps (b + 16);
      __m256 factor;

      FOR_ROWS (ADD);
    }
  }
  FOR_ROWS (STORE);

#undef FOR_ROWS
#undef START
#undef ADD
#undef STORE
}
#endif

/* With the number of taps fixed, their loop is unrolled. */
#define BLOCK_FMA(taps) \
  TARGET_FMA static void \
  block_fma_##taps (const Product *product, const float *factors, \
      const float *cells, const float *start, float floor, float *c, \
      size_t c_row) \
  { \
    block_fma (taps, product, factors, cells, start, floor, c, c_row); \
  }
BLOCK_FMA (1)
BLOCK_FMA (2)
BLOCK_FMA (4)
BLOCK_FMA (9)

#ifdef __aarch64__
static void
accumulate_fma (const float *const *cells, int n, const float *panel,
    float *sums, size_t sums_row)
{
#define FOR_ROWS(do) do (0) do (1) do (2) do (3) do (4) do (5)
#define START(i) \
  const float *const cells##i = cells[i]; \
  float32x4_t sum##i##0 = vld1q_f32 (sums + i * sums_row); \
  float32x4_t sum##i##1 = vld1q_f32 (sums + i * sums_row + 4); \
  float32x4_t sum##i##2 = vld1q_f32 (sums + i * sums_row + 8); \
  float32x4_t sum##i##3 = vld1q_f32 (sums + i * sums_row + 12);
#define ADD(i) \
  sum##i##0 = vfmaq_n_f32 (sum##i##0, b0, cells##i[k]); \
  sum##i##1 = vfmaq_n_f32 (sum##i##1, b1, cells##i[k]); \
  sum##i##2 = vfmaq_n_f32 (sum##i##2, b2, cells##i[k]); \
  sum##i##3 = vfmaq_n_f32 (sum##i##3, b3, cells##i[k]);
#define STORE(i) \
  vst1q_f32 (sums + i * sums_row, sum##i##0); \
  vst1q_f32 (sums + i * sums_row + 4, sum##i##1); \
  vst1q_f32 (sums + i * sums_row + 8, sum##i##2); \
  vst1q_f32 (sums + i * sums_row + 12, sum##i##3);

  FOR_ROWS (START);
  for (ptrdiff_t k = 0; k < n; k++, panel += LANES) {
    const float32x4_t b0 = vld1q_f32 (panel), b1 = vld1q_f32 (panel + 4);
    const float32x4_t b2 = vld1q_f32 (panel + 8), b3 = vld1q_f32 (panel + 12);

    FOR_ROWS (ADD);
  }
  FOR_ROWS (STORE);

#undef FOR_ROWS
#undef START
#undef ADD
#undef STORE
}
#else
TARGET_FMA static void
accumulate_fma (const float *const *cells, int n, const float *panel,
    float *sums, size_t sums_row)
{
#define FOR_ROWS(do) do (0) do (1) do (2) do (3) do (4) do (5)
#define START(i) \
  const float *const cells##i = cells[i]; \
  __m256 low##i = _mm256_loadu_ps (sums + i * sums_row); \
  __m256 high##i = _mm256_loadu_ps (sums + i * sums_row + 8);
#define ADD(i) \
  factor = _mm256_broadcast_ss (cells##i + k); \
  low##i = _mm256_fmadd_ps (factor, b0, low##i); \
  high##i = _mm256_fmadd_ps (factor, b1, high##i);
#define STORE(i) \
  _mm256_storeu_ps (sums + i * sums_row, low##i); \
  _mm256_storeu_ps (sums + i * sums_row + 8, high##i);

  FOR_ROWS (START);
  for (ptrdiff_t k = 0; k < n; k++, panel += LANES) {
    const __m256 b0 = _mm256_loadu_ps (panel);
    const __m256 b1 = _mm256_loadu_ps (panel + 8);
    __m256 factor;

    FOR_ROWS (ADD);
  }
  FOR_ROWS (STORE);

#undef FOR_ROWS
#undef START
#undef ADD
#undef STORE
}
#endif
#endif

static Block
block_of (int taps)
{
#ifdef HAVE_FMA_KERNEL
  if (have_fma ())
    return taps == 1 ? block_fma_1 : taps == 2 ? block_fma_2
        : taps == 4 ? block_fma_4 : block_fma_9;
#endif
  return block_plain;
}

static void
accumulate (const float *const *cells, int n, const float *panel, float *sums,
    size_t sums_row)
{
#ifdef HAVE_FMA_KERNEL
  if (have_fma ()) {
    accumulate_fma (cells, n, panel, sums, sums_row);
    return;
  }
#endif
  accumulate_plain (cells, n, panel, sums, sums_row);
}

/* rows x cols of a product, rows of c c_row apart. start: as many floats as
 * rows, or NULL. */
static void
multiply (const Product *product, const float *factors, const float *cells,
    int rows, int cols, const float *start, float floor, float *c, size_t c_row)
{
  const size_t panel = (size_t) product->channels * product->taps * ROWS;
  const Block block = block_of (product->taps);

  for (int col = 0; col < cols; col += COLS) {
    const float *a = factors;

    for (int row = 0; row < rows; row += ROWS, a += panel) {
      const int n = MIN (rows - row, ROWS), m = MIN (cols - col, COLS);
      float *const to = c + row * c_row + col;
      float first[ROWS] = { 0.f }, part[ROWS * COLS];

      if (start != NULL)
        memcpy (first, start + row, n * sizeof (float));
      if (n == ROWS && m == COLS) {
        block (product, a, cells + col, first, floor, to, c_row);
        continue;
      }
      block (product, a, cells + col, first, floor, part, COLS);
      for (int i = 0; i < n; i++)
        memcpy (to + i * c_row, part + i * COLS, m * sizeof (float));
    }
  }
}

void
sst_strided_forward (const SstConvShape *shape, const float *x,
    const float *weights, const float *bias, gboolean relu, float *y,
    float *scratch)
{
  const Plan plan = plan_new (shape);
  const int inner = plan.in * TAPS;
  const size_t cells = (size_t) plan.height * plan.width;
  Product product = { plan.in, TAPS, 3 * plan.plane };
  float *const band = align_scratch (scratch);
  float *const factors = band + band_size (&plan);

  for (int k = 0; k < TAPS; k++)
    product.offset[k] = tap_offset (&plan, k);
  pack_rows (weights, plan.out, inner, factors);
  for (int top = 0; top < plan.height; top += plan.rows) {
    const int n = MIN (plan.rows, plan.height - top);

    fill_band (&plan, shape, x, top, n, band);
    multiply (&product, factors, band, plan.out, n * plan.width, bias,
        relu ? 0.f : -INFINITY, y + (size_t) top * plan.width, cells);
  }
}

/* Pixels of dx come in four kinds, by whether their row and their column are
 * odd; each kind has its own taps, a place each way, which lead to gradients
 * in the own or the next row and column. */
static Product
product_of_kind (const Plan *plan, int kind, int *taps)
{
  const int odd_y = kind / 2, odd_x = kind % 2;
  Product product = { plan->out, 0, 2 * plan->dplane };

  for (int ky = !odd_y; ky < 3; ky += 2) {
    for (int kx = !odd_x; kx < 3; kx += 2) {
      taps[product.taps] = ky * 3 + kx;
      product.offset[product.taps++] = (kx == 0 ? plan->dplane : 0)
          + (ky == 0 ? plan->width : 0);
    }
  }
  return product;
}

/* n rows of pairs of rows of dx, from top on. */
SST_MULTIVERSION static void
merge_kinds (const Plan *plan, const SstConvShape *shape, const float *kinds,
    int top, int n, float *dx)
{
  const size_t kind = (size_t) round_up (plan->in, ROWS) * plan->cells;
  const int pairs = shape->width / 2;

  for (int c = 0; c < plan->in; c++) {
    for (int i = 0; i < 2 * n && 2 * top + i < shape->height; i++) {
      const float *const even = kinds + i % 2 * 2 * kind
          + (size_t) c * plan->cells + (size_t) (i / 2) * plan->width;
      const float *const odd = even + kind;
      float *const row = dx + ((size_t) c * shape->height + 2 * top + i)
          * shape->width;

      for (int j = 0; j < pairs; j++) {
        row[2 * j] = even[j];
        row[2 * j + 1] = odd[j];
      }
      if (shape->width > 2 * pairs)
        row[2 * pairs] = even[pairs];
    }
  }
}

void
sst_strided_backward_input (const SstConvShape *shape, const float *dy,
    const float *weights, float *dx, float *scratch)
{
  const Plan plan = plan_new (shape);
  const int rows = round_up (plan.in, ROWS);
  Product products[4];
  float *const band = align_scratch (scratch);
  float *const kinds = band + dband_size (&plan);
  float *const factors = kinds + (size_t) 4 * rows * plan.cells;
  float *to = factors;

  for (int k = 0; k < 4; k++) {
    int taps[4];

    products[k] = product_of_kind (&plan, k, taps);
    pack_taps (&plan, weights, products[k].taps, taps, to);
    to += (size_t) rows * plan.out * products[k].taps;
  }
  for (int top = 0; top < plan.height; top += plan.rows) {
    const int n = MIN (plan.rows, plan.height - top);
    const float *from = factors;

    fill_dband (&plan, dy, top, n, band);
    for (int k = 0; k < 4; k++) {
      multiply (&products[k], from, band, rows, plan.cells, NULL, -INFINITY,
          kinds + (size_t) k * rows * plan.cells, plan.cells);
      from += (size_t) rows * plan.out * products[k].taps;
    }
    merge_kinds (&plan, shape, kinds, top, n, dx);
  }
}

void
sst_strided_backward_weights (const SstConvShape *shape, const float *x,
    const float *dy, float *dweights, float *scratch)
{
  const Plan plan = plan_new (shape);
  const int inner = plan.in * TAPS, out = round_up (plan.out, LANES);
  float *const band = align_scratch (scratch);
  float *const panels = band + band_size (&plan);
  float *const sums = panels + panels_size (&plan);

  memset (sums, 0, sums_size (&plan) * sizeof (float));
  for (int top = 0; top < plan.height; top += plan.rows) {
    const int cells = MIN (plan.rows, plan.height - top) * plan.width;

    fill_band (&plan, shape, x, top, cells / plan.width, band);
    fill_panels (&plan, dy + (size_t) top * plan.width, cells, panels);
    for (int o = 0; o < out; o += LANES) {
      for (int row = 0; row < inner; row += SUMS) {
        const float *rows[SUMS];

        for (int i = 0; i < SUMS; i++) {
          const int tap = MIN (row + i, inner - 1);

          rows[i] = band + 3 * plan.plane * (tap / TAPS)
              + tap_offset (&plan, tap % TAPS);
        }
        accumulate (rows, cells, panels + (size_t) o * cells,
            sums + (size_t) row * out + o, out);
      }
    }
  }
  add_turned (sums, inner, plan.out, dweights);
}
