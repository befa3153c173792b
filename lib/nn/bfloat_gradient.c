/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "nn/bfloat_private.h"

#ifdef HAVE_BFLOAT_KERNEL

#include "nn/bfloat_tiles.h"

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

static size_t
words_size (const Plan *plan)
{
  return round_up (plan->out, SIDE) * sst_bfloat_word_row (plan) / 2;
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

size_t
sst_bfloat_gradient_scratch (const Plan *plan)
{
  const Plan flat = sst_bfloat_plan_summed (plan);

  return words_size (plan) + sst_bfloat_block_size (plan) + turned_size (&flat)
      + sums_size (&flat) + row_size (&flat);
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

    sst_bfloat_input_words (plan, x + first * area, n, block);
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

  sst_bfloat_input_words (plan, x, plan->in, block);
  n = sst_bfloat_narrow_rows (plan, block, rows);
  for (int first = 0; first < n; first += SIDE) {
    turn_words (rows + first, MIN (SIDE, n - first), plan->cells, turned);
    turned += plan->cells / 2 * SIDE;
  }
}

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
        if (sst_bfloat_tap_phase (plan, tap) == phase)
          seen[n++] = (Seen) {
            words + c * gradient->word_row + plan->lead
                - sst_bfloat_tap_offset (plan, tap),
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

void
sst_bfloat_backward_weights (const SstConvShape *shape, const float *x,
    const float *dy, float *dweights, float *scratch)
{
  const Plan plan = sst_bfloat_plan_new (shape);
  const Plan flat = sst_bfloat_plan_summed (&plan);
  const size_t area = (size_t) plan.rows * plan.cols;
  float *const turned = sst_bfloat_align_scratch (scratch);
  float *const sums = turned + turned_size (&flat);
  float *const row = sums + sums_size (&flat);
  uint16_t *const words = (uint16_t *) (row + row_size (&flat));
  uint16_t *const block = words + 2 * words_size (&plan);
  Gradient gradient = { turned, flat.phases * plan.cells / 2 * SIDE,
    sst_bfloat_word_row (&plan), round_up (flat.in, SIDE),
    plan.cells / (2 * SIDE)
  };

  if (sst_bfloat_is_narrow (&plan))
    turn_narrow (&plan, x, block, turned);
  else
    turn_input (&plan, x, block, turned);
  for (int c = 0; c < plan.out; c++)
    sst_bfloat_lay_words (&plan, dy + c * area, words + c * gradient.word_row);
  tiles_acquire (SIDE);
  for (int phase = 0; phase < flat.phases; phase++) {
    gradient_phase (&flat, &gradient, phase, words, sums);
    gradient.turned += plan.cells / 2 * SIDE;
  }
  tiles_release ();
  add_sums (&flat, sums, row, dweights);
}

#endif
