/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "nn/bfloat_private.h"

#ifdef HAVE_BFLOAT_KERNEL

#include <math.h>

#include "nn/bfloat_tiles.h"

#define GATHERED (4 * TILE)     /* 32-bit values of a narrow input, 4 tiles */

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

static size_t
phases_size (const Plan *plan)
{
  return plan->stride == 1 ? 0
      : (size_t) plan->phases * plan->in * plan->rows * plan->cols;
}

size_t
sst_bfloat_product_scratch (const Plan *plan)
{
  const size_t forward = sst_bfloat_is_narrow (plan)
      ? GATHERED + sst_bfloat_block_size (plan)
      : sst_bfloat_pairs_size (plan, plan->in, plan->phases);
  const size_t input = sst_bfloat_pairs_size (plan, plan->out, 1)
      + phases_size (plan);

  return MAX (forward, input);
}

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
  const Depth depth = sst_bfloat_depth_new (in);
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
  return round_up (out, SIDE) / SIDE * taps * sst_bfloat_depth_new (in).steps
      * TILE;
}

size_t
sst_bfloat_weights_size (const SstConvShape *shape)
{
  const Plan plan = sst_bfloat_plan_new (shape);
  const Plan flat = sst_bfloat_plan_summed (&plan);

  return MAX (prepared_size (flat.taps, plan.out, flat.in),
      prepared_size (plan.taps, plan.in, plan.out));
}

void
sst_bfloat_prepare_weights (const SstConvShape *shape, const float *weights,
    gboolean flipped, float *prepared)
{
  const Plan plan = sst_bfloat_plan_new (shape);
  const size_t row = (size_t) plan.in * plan.taps;

  if (flipped)
    prepare (weights, plan.taps, plan.in, plan.out, plan.taps, row, prepared);
  else if (sst_bfloat_is_narrow (&plan))
    prepare (weights, 1, plan.out, row, row, 1, prepared);
  else
    prepare (weights, plan.taps, plan.out, plan.in, row, plan.taps, prepared);
}

static void
add_tap (Product *product, int tap, ptrdiff_t offset)
{
  product->tap[product->taps] = tap;
  product->offset[product->taps++] = offset;
}

static void
forward_narrow (const Plan *plan, const float *x, Product *product,
    float *scratch)
{
  const Plan flat = sst_bfloat_plan_flat (plan);
  uint16_t *const words = (uint16_t *) (scratch + GATHERED);
  const uint16_t *rows[2 * SIDE];

  sst_bfloat_input_words (plan, x, plan->in, words);
  product->n_narrow = sst_bfloat_narrow_rows (plan, words, rows);
  product->narrow = rows;
  product->gathered = (uint32_t *) scratch;
  product->row = 4 * SIDE;
  product->depth = sst_bfloat_depth_new (flat.in);
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
  product->row = sst_bfloat_pair_row (plan, plan->phases);
  product->depth = sst_bfloat_depth_new (plan->in);
  product->all_taps = plan->taps;
  for (int tap = 0; tap < plan->taps; tap++)
    add_tap (product, tap, (ptrdiff_t) (sst_bfloat_tap_phase (plan, tap)
            * plan->plane) + sst_bfloat_tap_offset (plan, tap));
  sst_bfloat_lay_channels (plan, x, plan->in, plan->stride == 2, cells);
  tiles_acquire (product->depth.pairs);
  multiply (plan, product);
  tiles_release ();
}

void
sst_bfloat_forward (const SstConvShape *shape, const float *x,
    const float *prepared, const float *bias, gboolean relu, float *y,
    float *scratch)
{
  const Plan plan = sst_bfloat_plan_new (shape);
  Product product = {.weights = prepared,.channels = plan.out,.bias = bias,
    .floor = relu ? 0.f : -INFINITY,.to = y
  };

  if (sst_bfloat_is_narrow (&plan))
    forward_narrow (&plan, x, &product, sst_bfloat_align_scratch (scratch));
  else
    forward_wide (&plan, x, &product, sst_bfloat_align_scratch (scratch));
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

void
sst_bfloat_backward_input (const SstConvShape *shape, const float *dy,
    const float *flipped, float *dx, float *scratch)
{
  const Plan plan = sst_bfloat_plan_new (shape);
  const size_t phase_size = (size_t) plan.in * plan.rows * plan.cols;
  uint32_t *const cells = (uint32_t *) sst_bfloat_align_scratch (scratch);
  float *const phases = (float *) cells
      + sst_bfloat_pairs_size (&plan, plan.out, 1);
  Product product = {.weights = flipped,.cells = cells + plan.lead,.row =
        sst_bfloat_pair_row (&plan, 1),.depth = sst_bfloat_depth_new (plan.out),
    .channels = plan.in,.all_taps = plan.taps,.floor = -INFINITY
  };

  sst_bfloat_lay_channels (&plan, dy, plan.out, FALSE, cells);
  tiles_acquire (product.depth.pairs);
  for (int phase = 0; phase < plan.phases; phase++) {
    product.taps = 0;
    for (int tap = 0; tap < plan.taps; tap++)
      if (sst_bfloat_tap_phase (&plan, tap) == phase)
        add_tap (&product, tap, -sst_bfloat_tap_offset (&plan, tap));
    product.to = plan.stride == 2 ? phases + phase * phase_size : dx;
    multiply (&plan, &product);
  }
  tiles_release ();
  if (plan.stride == 2)
    join_phases (&plan, phases, dx);
}

#endif
