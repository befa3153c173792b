/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "nn/winograd.h"

#include <math.h>
#include <stdint.h>
#include <string.h>
#include <cblas.h>

#include "base/cpu.h"
#include "base/simd.h"
#include "nn/transpose.h"

#if defined (__GNUC__) && defined (__x86_64__)
#include <immintrin.h>
#define HAVE_FMA_KERNEL 1
#define HAVE_AVX512_KERNEL 1
#define TARGET_FMA __attribute__ ((target ("avx2,fma")))
#define TARGET_AVX512 __attribute__ ((target ("avx512f")))
#elif defined (__GNUC__) && defined (__aarch64__)
#include <arm_neon.h>
#define HAVE_FMA_KERNEL 1
#define TARGET_FMA
#endif

/* Before a loop: no turn of it writes what another reads or writes. */
#if defined (__clang__)
#define INDEPENDENT _Pragma ("clang loop vectorize(assume_safety)")
#elif defined (__GNUC__)
#define INDEPENDENT _Pragma ("GCC ivdep")
#else
#define INDEPENDENT
#endif

#define TILE 4                  /* side of an output tile */
#define PATCH 6                 /* side of what it sees: TILE + 3 - 1 */
#define PLACES (PATCH * PATCH)
#define LANES 16                /* channels are padded to a multiple */
#define ROWS 6                  /* of a block of the matrix product */
#define ROWS_AVX512 12
#define KERNEL_ROW 12           /* 3 x 3, padded to be turned in fours */

/* Tensors inside are pixels of channels, tiles of channels a place. */
typedef struct
{
  int in, out;                  /* channels, padded */
  int tiles_x, tiles_y, tiles;
  size_t in_place, out_place;   /* floats from a place to the next */
  size_t pixels;                /* floats of the largest image of pixels */
} Plan;

static int
pad_channels (int channels)
{
  return (channels + LANES - 1) / LANES * LANES;
}

/* Floats from a place to the next of transformed weights, which are panels of
 * in x LANES, and of the sums that become their gradient. As elsewhere, the
 * line more keeps places from meeting in one set of the cache. */
static size_t
weights_place (int in, int out)
{
  return (size_t) in * pad_channels (out) + LANES;
}

static Plan
plan_new (const SstConvShape *shape)
{
  Plan plan = { pad_channels (shape->in_channels),
    pad_channels (shape->out_channels),
    (shape->width + TILE - 1) / TILE, (shape->height + TILE - 1) / TILE
  };

  plan.tiles = plan.tiles_x * plan.tiles_y;
  plan.in_place = (size_t) plan.tiles * plan.in + LANES;
  plan.out_place = (size_t) plan.tiles * plan.out + LANES;
  plan.pixels = (size_t) (plan.tiles_x * TILE + 2) * (plan.tiles_y * TILE + 2)
      * MAX (plan.in, plan.out);
  return plan;
}

gboolean
sst_winograd_suits (const SstConvShape *shape)
{
  return shape->kernel == 3 && shape->stride == 1
      && shape->in_channels >= 8 && shape->height >= 8 && shape->width >= 8;
}

size_t
sst_winograd_weights_size (const SstConvShape *shape)
{
  return PLACES * weights_place (pad_channels (shape->in_channels),
      shape->out_channels);
}

size_t
sst_winograd_scratch_size (const SstConvShape *shape)
{
  const Plan plan = plan_new (shape);
  const size_t places = PLACES * (plan.in_place + plan.out_place);

  /* LANES to align it; then a bias, or the products of the weights. */
  return LANES + plan.pixels + places + MAX (plan.in, plan.out)
      + sst_winograd_weights_size (shape);
}

static float *
align_scratch (float *scratch)
{
  const uintptr_t misfit = (uintptr_t) scratch / sizeof (float) % LANES;

  return scratch + (LANES - misfit) % LANES;
}

/* Planes to pixels of padded channels, with zeros around: margin at the left
 * and the top, what is left of rows x cols at the right and the bottom. */
SST_MULTIVERSION static void
pixels_from_planes (const float *planes, int channels, int height, int width,
    int margin, int rows, int cols, float *pixels)
{
  const size_t padded = (size_t) pad_channels (channels);
  const size_t row = cols * padded;
  const size_t before = margin * padded;
  const size_t inside = width * padded;

  for (int y = -margin; y < rows - margin; y++, pixels += row) {
    if (y < 0 || y >= height || padded != (size_t) channels) {
      memset (pixels, 0, row * sizeof (float));
    } else {
      memset (pixels, 0, before * sizeof (float));
      memset (pixels + before + inside, 0,
          (row - before - inside) * sizeof (float));
    }
    if (y >= 0 && y < height)
      sst_transpose (planes + (size_t) y * width, (size_t) height * width,
          channels, width, pixels + before, padded);
  }
}

/* A row of tiles, TILE rows of cols pixels, to the planes. */
SST_MULTIVERSION static void
planes_from_pixels (const float *pixels, int channels, int cols, int top,
    int height, int width, float *planes)
{
  const size_t padded = (size_t) pad_channels (channels);

  for (int y = top; y < MIN (top + TILE, height); y++) {
    sst_transpose (pixels + (y - top) * cols * padded, padded, width, channels,
        planes + (size_t) y * width, (size_t) height * width);
  }
}

/* One dimension of each transform, on vectors that lie from_step and to_step
 * apart. B' of the paper. */
SST_ALWAYS_INLINE void
transform_input (const float *from, size_t from_step, float *to,
    size_t to_step)
{
  INDEPENDENT for (int i = 0; i < LANES; i++) {
    const float d0 = from[i], d1 = from[from_step + i];
    const float d2 = from[2 * from_step + i], d3 = from[3 * from_step + i];
    const float d4 = from[4 * from_step + i], d5 = from[5 * from_step + i];
    const float even = d4 - 4.f * d2, odd = d3 - 4.f * d1;
    const float near = d4 - d2, far = 2.f * (d3 - d1);

    to[i] = 4.f * (d0 - d2) + near;
    to[to_step + i] = even + odd;
    to[2 * to_step + i] = even - odd;
    to[3 * to_step + i] = near + far;
    to[4 * to_step + i] = near - far;
    to[5 * to_step + i] = 4.f * (d1 - d3) + d5 - d3;
  }
}

/* A' of the paper. */
SST_ALWAYS_INLINE void
transform_output (const float *from, size_t from_step, float *to,
    size_t to_step)
{
  INDEPENDENT for (int i = 0; i < LANES; i++) {
    const float m1 = from[from_step + i], m2 = from[2 * from_step + i];
    const float m3 = from[3 * from_step + i], m4 = from[4 * from_step + i];
    const float sum1 = m1 + m2, sum2 = m3 + m4;
    const float diff1 = m1 - m2, diff2 = m3 - m4;

    to[i] = from[i] + sum1 + sum2;
    to[to_step + i] = diff1 + 2.f * diff2;
    to[2 * to_step + i] = sum1 + 4.f * sum2;
    to[3 * to_step + i] = diff1 + 8.f * diff2 + from[5 * from_step + i];
  }
}

/* A, for the gradient of the output. */
SST_ALWAYS_INLINE void
transform_gradient (const float *from, size_t from_step, float *to,
    size_t to_step)
{
  INDEPENDENT for (int i = 0; i < LANES; i++) {
    const float d0 = from[i], d1 = from[from_step + i];
    const float d2 = from[2 * from_step + i], d3 = from[3 * from_step + i];
    const float even1 = d0 + d2, odd1 = d1 + d3;
    const float even2 = d0 + 4.f * d2, odd2 = 2.f * d1 + 8.f * d3;

    to[i] = d0;
    to[to_step + i] = even1 + odd1;
    to[2 * to_step + i] = even1 - odd1;
    to[3 * to_step + i] = even2 + odd2;
    to[4 * to_step + i] = even2 - odd2;
    to[5 * to_step + i] = d3;
  }
}

/* G. */
SST_ALWAYS_INLINE void
transform_kernel (const float *from, ptrdiff_t from_step, float *to,
    size_t to_step)
{
  INDEPENDENT for (int i = 0; i < LANES; i++) {
    const float g0 = from[i], g1 = from[from_step + i];
    const float g2 = from[2 * from_step + i];
    const float even1 = (g0 + g2) * (-1.f / 6), odd1 = g1 * (-1.f / 6);
    const float even2 = g0 * (1.f / 24) + g2 * (1.f / 6);
    const float odd2 = g1 * (1.f / 12);

    to[i] = 0.25f * g0;
    to[to_step + i] = even1 + odd1;
    to[2 * to_step + i] = even1 - odd1;
    to[3 * to_step + i] = even2 + odd2;
    to[4 * to_step + i] = even2 - odd2;
    to[5 * to_step + i] = g2;
  }
}

/* G', for the gradient of the weights. */
SST_ALWAYS_INLINE void
transform_kernel_gradient (const float *from, size_t from_step, float *to,
    size_t to_step)
{
  INDEPENDENT for (int i = 0; i < LANES; i++) {
    const float u1 = from[from_step + i], u2 = from[2 * from_step + i];
    const float u3 = from[3 * from_step + i], u4 = from[4 * from_step + i];
    const float sum1 = (u1 + u2) * (-1.f / 6), sum2 = u3 + u4;

    to[i] = 0.25f * from[i] + sum1 + sum2 * (1.f / 24);
    to[to_step + i] = (u2 - u1) * (1.f / 6) + (u3 - u4) * (1.f / 12);
    to[2 * to_step + i] = sum1 + sum2 * (1.f / 6) + from[5 * from_step + i];
  }
}

/* A where gradient is set, or else B'. */
SST_ALWAYS_INLINE void
transform_pixels (const gboolean gradient, const float *from,
    size_t from_step, float *to, size_t to_step)
{
  if (gradient)
    transform_gradient (from, from_step, to, to_step);
  else
    transform_input (from, from_step, to, to_step);
}

/* V = B' d B of every tile, of pixels with a margin of 1; or A dy A' where
 * gradient is set, of pixels without one. */
SST_ALWAYS_INLINE void
tiles_to_places (const Plan *plan, const gboolean gradient,
    const float *pixels, float *places)
{
  const int side = gradient ? TILE : PATCH;
  const int channels = gradient ? plan->out : plan->in;
  const size_t place = gradient ? plan->out_place : plan->in_place;
  const size_t row =
      (size_t) (plan->tiles_x * TILE + (gradient ? 0 : 2)) * channels;
  float half[PATCH * PATCH * LANES];

  for (int t = 0; t < plan->tiles; t++) {
    const float *const patch = pixels
        + t / plan->tiles_x * TILE * row
        + (size_t) (t % plan->tiles_x) * TILE * channels;
    float *const tile = places + (size_t) t * channels;

    for (int c = 0; c < channels; c += LANES) {
      for (int x = 0; x < side; x++)
        transform_pixels (gradient, patch + (size_t) x * channels + c, row,
            half + x * LANES, side * LANES);
      for (int y = 0; y < PATCH; y++)
        transform_pixels (gradient, half + y * side * LANES, LANES,
            tile + y * PATCH * place + c, place);
    }
  }
}

SST_MULTIVERSION static void
input_to_places (const Plan *plan, const float *pixels, float *places)
{
  tiles_to_places (plan, FALSE, pixels, places);
}

SST_MULTIVERSION static void
gradient_to_places (const Plan *plan, const float *pixels, float *places)
{
  tiles_to_places (plan, TRUE, pixels, places);
}

/* max (A' M A + bias, floor) of a row of tiles, which places begins with. */
SST_MULTIVERSION static void
output_from_places (const Plan *plan, const float *places,
    const float *restrict bias, float floor, float *pixels)
{
  const int channels = plan->out;
  const size_t place = plan->out_place;
  const size_t row = (size_t) plan->tiles_x * TILE * channels;
  float half[TILE * PATCH * LANES];
  float done[TILE * LANES];

  for (int t = 0; t < plan->tiles_x; t++) {
    const float *const tile = places + (size_t) t * channels;
    float *const patch = pixels + (size_t) t * TILE * channels;

    for (int c = 0; c < channels; c += LANES) {
      for (int x = 0; x < PATCH; x++)
        transform_output (tile + x * place + c, PATCH * place, half + x * LANES,
            PATCH * LANES);
      for (int y = 0; y < TILE; y++) {
        transform_output (half + y * PATCH * LANES, LANES, done, LANES);
        for (int x = 0; x < TILE; x++) {
          float *restrict const pixel = patch + y * row
              + (size_t) x * channels + c;

          for (int i = 0; i < LANES; i++) {
            const float value = done[x * LANES + i] + bias[c + i];

            pixel[i] = value < floor ? floor : value;
          }
        }
      }
    }
  }
}

SST_MULTIVERSION static void
transform_weights (const float *weights, int in, int out, gboolean flipped,
    float *transformed)
{
  const size_t place = weights_place (in, out);
  const ptrdiff_t way = flipped ? -LANES : LANES;
  float rows[LANES * KERNEL_ROW] = { 0 };
  float kernel[KERNEL_ROW * LANES];
  float half[PATCH * 3 * LANES];
  const float *const first = kernel + (flipped ? 8 * LANES : 0);

  for (int o = 0; o < out; o += LANES) {
    const int lanes = MIN (out - o, LANES);

    memset (rows, 0, sizeof rows);
    for (int i = 0; i < in; i++) {
      float *const to = transformed + (size_t) o * in + (size_t) i * LANES;

      for (int l = 0; l < lanes; l++) {
        const float *const from = flipped
            ? weights + ((size_t) i * out + o + l) * 9
            : weights + ((size_t) (o + l) * in + i) * 9;

        memcpy (rows + l * KERNEL_ROW, from, 9 * sizeof (float));
      }
      sst_transpose (rows, KERNEL_ROW, LANES, KERNEL_ROW, kernel, LANES);
      for (int x = 0; x < 3; x++)
        transform_kernel (first + x * way, 3 * way, half + x * LANES,
            3 * LANES);
      for (int y = 0; y < PATCH; y++)
        transform_kernel (half + y * 3 * LANES, LANES, to + y * PATCH * place,
            place);
    }
  }
}

void
sst_winograd_transform_weights (const SstConvShape *shape, const float *weights,
    gboolean flipped, float *transformed)
{
  if (flipped)
    transform_weights (weights, shape->out_channels, shape->in_channels, TRUE,
        transformed);
  else
    transform_weights (weights, shape->in_channels, shape->out_channels, FALSE,
        transformed);
}

/* Adds G' dU G to the gradient of the weights. */
SST_MULTIVERSION static void
add_kernel_gradients (const float *places, int in, int out, float *dweights)
{
  const size_t padded = (size_t) pad_channels (out);
  const size_t place = weights_place (in, out);
  float half[3 * PATCH * LANES];
  float kernel[KERNEL_ROW * LANES] = { 0 };
  float rows[LANES * KERNEL_ROW];

  for (int o = 0; o < out; o += LANES) {
    for (int i = 0; i < in; i++) {
      const float *const from = places + i * padded + o;

      for (int x = 0; x < PATCH; x++)
        transform_kernel_gradient (from + x * place, PATCH * place,
            half + x * LANES, PATCH * LANES);
      for (int y = 0; y < 3; y++)
        transform_kernel_gradient (half + y * PATCH * LANES, LANES,
            kernel + 3 * y * LANES, LANES);
      sst_transpose (kernel, LANES, KERNEL_ROW, LANES, rows, KERNEL_ROW);
      for (int l = 0; l < MIN (out - o, LANES); l++) {
        float *const to = dweights + ((size_t) (o + l) * in + i) * 9;

        INDEPENDENT for (int k = 0; k < 9; k++)
          to[k] += rows[l * KERNEL_ROW + k];
      }
    }
  }
}

/* A matrix product c = a b. a: rows x inner, elements a_row and a_step apart.
 * b: panels of inner x LANES, panels b_panel and rows b_step apart. c: rows of
 * cols, a multiple of LANES, without gaps. */
typedef struct
{
  int rows, cols, inner;
  size_t a_row, a_step;
  size_t b_panel, b_step;
} Product;

#ifdef HAVE_FMA_KERNEL
/* Defines multiply_NAME (), which hands blocks of at most max_rows rows to
 * multiply_rows_NAME (). They are of even height: few rows don't fill the
 * units. */
#define MULTIPLY(name, target, max_rows) \
  target static void \
  multiply_##name (const Product *product, const float *a, const float *b, \
      float *c) \
  { \
    const int blocks = (product->rows + max_rows - 1) / max_rows; \
\
    for (int panel = 0; panel < product->cols / LANES; panel++) { \
      const float *const from = b + panel * product->b_panel; \
      int row = 0; \
\
      for (int block = 0; block < blocks; block++) { \
        const int next = product->rows * (block + 1) / blocks; \
\
        multiply_rows_##name (product, next - row, \
            a + row * product->a_row, from, \
            c + (size_t) row * product->cols + panel * LANES); \
        row = next; \
      } \
    } \
  }

#ifdef __aarch64__
/* A row of a panel is four registers of 32. */
SST_ALWAYS_INLINE void
multiply_block_fma (const Product *product, const int rows, const float *a,
    const float *b, float *c)
{
  const size_t a_row = product->a_row, a_step = product->a_step;
  const size_t b_step = product->b_step;
  float32x4_t sum[ROWS][4];

  for (int i = 0; i < rows; i++)
    sum[i][0] = sum[i][1] = sum[i][2] = sum[i][3] = vdupq_n_f32 (0.f);
  for (int k = product->inner; k > 0; k--) {
    const float32x4_t b0 = vld1q_f32 (b), b1 = vld1q_f32 (b + 4);
    const float32x4_t b2 = vld1q_f32 (b + 8), b3 = vld1q_f32 (b + 12);

    for (int i = 0; i < rows; i++) {
      const float factor = a[i * a_row];

      sum[i][0] = vfmaq_n_f32 (sum[i][0], b0, factor);
      sum[i][1] = vfmaq_n_f32 (sum[i][1], b1, factor);
      sum[i][2] = vfmaq_n_f32 (sum[i][2], b2, factor);
      sum[i][3] = vfmaq_n_f32 (sum[i][3], b3, factor);
    }
    a += a_step;
    b += b_step;
  }
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < 4; j++)
      vst1q_f32 (c + (size_t) i * product->cols + 4 * j, sum[i][j]);
}
#else
TARGET_FMA SST_ALWAYS_INLINE void
multiply_block_fma (const Product *product, const int rows, const float *a,
    const float *b, float *c)
{
  const size_t a_row = product->a_row, a_step = product->a_step;
  const size_t b_step = product->b_step;
  __m256 sum[ROWS][2];

  for (int i = 0; i < rows; i++)
    sum[i][0] = sum[i][1] = _mm256_setzero_ps ();
  for (int k = product->inner; k > 0; k--) {
    const __m256 b0 = _mm256_loadu_ps (b), b1 = _mm256_loadu_ps (b + 8);

    for (int i = 0; i < rows; i++) {
      const __m256 factor = _mm256_broadcast_ss (a + i * a_row);

      sum[i][0] = _mm256_fmadd_ps (factor, b0, sum[i][0]);
      sum[i][1] = _mm256_fmadd_ps (factor, b1, sum[i][1]);
    }
    a += a_step;
    b += b_step;
  }
  for (int i = 0; i < rows; i++) {
    _mm256_storeu_ps (c + (size_t) i * product->cols, sum[i][0]);
    _mm256_storeu_ps (c + (size_t) i * product->cols + 8, sum[i][1]);
  }
}
#endif

/* The number of rows is fixed in each, so that the sums stay in registers. */
TARGET_FMA static void
multiply_rows_fma (const Product *product, int rows, const float *a,
    const float *b, float *c)
{
  switch (rows) {
#define ROWS_OF(n) \
    case n: \
      multiply_block_fma (product, n, a, b, c); \
      break;
    ROWS_OF (1) ROWS_OF (2) ROWS_OF (3) ROWS_OF (4) ROWS_OF (5) ROWS_OF (6)
#undef ROWS_OF
  }
}

MULTIPLY (fma, TARGET_FMA, ROWS)
#endif

#ifdef HAVE_AVX512_KERNEL
/* A row of a panel is one register here. */
TARGET_AVX512 SST_ALWAYS_INLINE void
multiply_block_avx512 (const Product *product, const int rows, const float *a,
    const float *b, float *c)
{
  const size_t a_row = product->a_row, a_step = product->a_step;
  const size_t b_step = product->b_step;
  __m512 sum[ROWS_AVX512];

  for (int i = 0; i < rows; i++)
    sum[i] = _mm512_setzero_ps ();
  for (int k = product->inner; k > 0; k--) {
    const __m512 b0 = _mm512_loadu_ps (b);

    for (int i = 0; i < rows; i++)
      sum[i] = _mm512_fmadd_ps (_mm512_set1_ps (a[i * a_row]), b0, sum[i]);
    a += a_step;
    b += b_step;
  }
  for (int i = 0; i < rows; i++)
    _mm512_storeu_ps (c + (size_t) i * product->cols, sum[i]);
}

TARGET_AVX512 static void
multiply_rows_avx512 (const Product *product, int rows, const float *a,
    const float *b, float *c)
{
  switch (rows) {
#define ROWS_OF(n) \
    case n: \
      multiply_block_avx512 (product, n, a, b, c); \
      break;
    ROWS_OF (1) ROWS_OF (2) ROWS_OF (3) ROWS_OF (4) ROWS_OF (5) ROWS_OF (6)
    ROWS_OF (7) ROWS_OF (8) ROWS_OF (9) ROWS_OF (10) ROWS_OF (11) ROWS_OF (12)
#undef ROWS_OF
  }
}

MULTIPLY (avx512, TARGET_AVX512, ROWS_AVX512)
#endif

static void
multiply_blas (const Product *product, const float *a, const float *b, float *c)
{
  const gboolean turned = product->a_step != 1;
  const gboolean whole = product->b_step >= (size_t) product->cols;
  const int cols = whole ? product->cols : LANES;

  for (int col = 0; col < product->cols; col += cols) {
    cblas_sgemm (CblasRowMajor, turned ? CblasTrans : CblasNoTrans,
        CblasNoTrans, product->rows, cols, product->inner, 1.f, a,
        (int) (turned ? product->a_step : product->a_row),
        b + col / LANES * product->b_panel, (int) product->b_step, 0.f,
        c + col, product->cols);
  }
}

static void
multiply (const Product *product, const float *a, const float *b, float *c)
{
#ifdef HAVE_AVX512_KERNEL
  if (sst_cpu_has (SST_CPU_AVX512)) {
    multiply_avx512 (product, a, b, c);
    return;
  }
#endif
#ifdef HAVE_FMA_KERNEL
  if (sst_cpu_has (SST_CPU_FMA)) {
    multiply_fma (product, a, b, c);
    return;
  }
#endif
  multiply_blas (product, a, b, c);
}

void
sst_winograd_forward (const SstConvShape *shape, const float *x,
    const float *transformed, const float *bias, gboolean relu, float *y,
    float *scratch)
{
  const Plan plan = plan_new (shape);
  const int cols = plan.tiles_x * TILE, rows = plan.tiles_y * TILE;
  const Product product = { plan.tiles, plan.out, shape->in_channels,
    plan.in, 1, (size_t) shape->in_channels * LANES, LANES
  };
  float *const pixels = align_scratch (scratch);
  float *const in = pixels + plan.pixels;
  float *const out = in + PLACES * plan.in_place;
  float *const bias_padded = out + PLACES * plan.out_place;

  pixels_from_planes (x, shape->in_channels, shape->height, shape->width, 1,
      rows + 2, cols + 2, pixels);
  input_to_places (&plan, pixels, in);
  for (int place = 0; place < PLACES; place++) {
    multiply (&product, in + place * plan.in_place,
        transformed
        + place * weights_place (shape->in_channels, shape->out_channels),
        out + place * plan.out_place);
  }

  memset (bias_padded, 0, plan.out * sizeof (float));
  if (bias)
    memcpy (bias_padded, bias, shape->out_channels * sizeof (float));
  for (int tile_y = 0; tile_y < plan.tiles_y; tile_y++) {
    output_from_places (&plan,
        out + (size_t) tile_y * plan.tiles_x * plan.out, bias_padded,
        relu ? 0.f : -INFINITY, pixels);
    planes_from_pixels (pixels, shape->out_channels, cols, tile_y * TILE,
        shape->height, shape->width, y);
  }
}

void
sst_winograd_backward_input (const SstConvShape *shape, const float *dy,
    const float *flipped, float *dx, float *scratch)
{
  SstConvShape back = *shape;

  back.in_channels = shape->out_channels;
  back.out_channels = shape->in_channels;
  sst_winograd_forward (&back, dy, flipped, NULL, FALSE, dx, scratch);
}

void
sst_winograd_backward_weights (const SstConvShape *shape, const float *x,
    const float *dy, float *dweights, float *scratch)
{
  const Plan plan = plan_new (shape);
  const int cols = plan.tiles_x * TILE, rows = plan.tiles_y * TILE;
  const Product product = { shape->in_channels, plan.out, plan.tiles,
    1, plan.in, LANES, plan.out
  };
  float *const pixels = align_scratch (scratch);
  float *const in = pixels + plan.pixels;
  float *const out = in + PLACES * plan.in_place;
  float *const sums = out + PLACES * plan.out_place;

  pixels_from_planes (x, shape->in_channels, shape->height, shape->width, 1,
      rows + 2, cols + 2, pixels);
  input_to_places (&plan, pixels, in);
  pixels_from_planes (dy, shape->out_channels, shape->height, shape->width, 0,
      rows, cols, pixels);
  gradient_to_places (&plan, pixels, out);
  for (int place = 0; place < PLACES; place++) {
    multiply (&product, in + place * plan.in_place,
        out + place * plan.out_place,
        sums
        + place * weights_place (shape->in_channels, shape->out_channels));
  }
  add_kernel_gradients (sums, shape->in_channels, shape->out_channels,
      dweights);
}
