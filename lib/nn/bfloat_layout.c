/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "nn/bfloat_private.h"

#ifdef HAVE_BFLOAT_KERNEL

#include <string.h>

gboolean
sst_bfloat_is_narrow (const Plan *plan)
{
  return plan->taps > 1 && plan->in * plan->taps <= 2 * SIDE;
}

Plan
sst_bfloat_plan_flat (const Plan *plan)
{
  Plan flat = *plan;

  flat.in *= plan->taps;
  flat.taps = flat.stride = flat.phases = 1;
  return flat;
}

Plan
sst_bfloat_plan_summed (const Plan *plan)
{
  return sst_bfloat_is_narrow (plan) ? sst_bfloat_plan_flat (plan) : *plan;
}

Plan
sst_bfloat_plan_new (const SstConvShape *shape)
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

Depth
sst_bfloat_depth_new (int channels)
{
  const int pairs = (channels + 1) / 2;
  Depth depth = {.steps = (pairs + SIDE - 1) / SIDE };

  depth.pairs = (pairs + depth.steps - 1) / depth.steps;
  return depth;
}

int
sst_bfloat_tap_phase (const Plan *plan, int tap)
{
  if (plan->stride == 1)
    return 0;
  return (tap / 3 != 1) * 2 + (tap % 3 != 1);
}

ptrdiff_t
sst_bfloat_tap_offset (const Plan *plan, int tap)
{
  const int dy = tap / 3 - 1, dx = tap % 3 - 1;

  if (plan->taps == 1)
    return 0;
  if (plan->stride == 1)
    return (ptrdiff_t) dy * plan->pitch + dx;
  return (ptrdiff_t) MIN (dy, 0) * plan->pitch + MIN (dx, 0);
}

size_t
sst_bfloat_pair_row (const Plan *plan, int phases)
{
  return phases * plan->plane + LANES;
}

size_t
sst_bfloat_word_row (const Plan *plan)
{
  return plan->plane + (plan->plane % (4 * LANES) ? 0 : 2 * LANES);
}

size_t
sst_bfloat_pairs_size (const Plan *plan, int channels, int phases)
{
  const Depth depth = sst_bfloat_depth_new (channels);

  return (size_t) depth.steps * depth.pairs
      * sst_bfloat_pair_row (plan, phases);
}

size_t
sst_bfloat_block_size (const Plan *plan)
{
  return SIDE * plan->phases * plan->plane / 2;
}

float *
sst_bfloat_align_scratch (float *scratch)
{
  const uintptr_t misfit = (uintptr_t) scratch / sizeof (float) % LANES;

  return scratch + (LANES - misfit) % LANES;
}

/* The zeros of a plane, before its rows and after them; to be written before
 * the rows, whose last vector may go beyond their end, with zeros. cell:
 * bytes. */
static void
clear_ends (const Plan *plan, void *plane, size_t rows, size_t cell)
{
  const size_t end = plan->lead + rows * plan->pitch;

  if (plan->lead == 0)
    return;
  memset (plane, 0, plan->lead * cell);
  memset ((char *) plane + end * cell, 0, (plan->plane - end) * cell);
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

  clear_ends (plan, plane, plan->rows, sizeof *plane);
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
}

/* A picture of height x width to a plane of pairs for each phase. */
TARGET static void
split_pairs (const Plan *plan, const float *a, const float *b, uint32_t *planes)
{
  const __m512i low = _mm512_set1_epi32 (0xffff);

  for (int phase = 0; phase < 4; phase++)
    clear_ends (plan, planes + phase * plan->plane,
        (plan->height + 1 - phase / 2) / 2, sizeof *planes);
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

TARGET void
sst_bfloat_lay_words (const Plan *plan, const float *from, uint16_t *plane)
{
  uint16_t *const to = plane + plan->lead;

  clear_ends (plan, plane, plan->rows, sizeof *plane);
  for (int row = 0; row < plan->rows; row++) {
    uint16_t *const cells = to + (size_t) row * plan->pitch;

    for (int col = 0; col < plan->cols; col += 2 * LANES)
      _mm512_storeu_si512 (cells + col,
          load_words (from + (size_t) row * plan->cols + col,
              plan->cols - col));
    if (plan->lead)
      cells[plan->cols] = 0;
  }
}

TARGET static void
split_words (const Plan *plan, const float *from, uint16_t *planes)
{
  for (int phase = 0; phase < 4; phase++)
    clear_ends (plan, planes + phase * plan->plane,
        (plan->height + 1 - phase / 2) / 2, sizeof *planes);
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

void
sst_bfloat_input_words (const Plan *plan, const float *x, int n,
    uint16_t *words)
{
  const size_t area = (size_t) plan->height * plan->width;

  for (; n > 0; n--, x += area, words += plan->phases * plan->plane) {
    if (plan->stride == 2)
      split_words (plan, x, words);
    else
      sst_bfloat_lay_words (plan, x, words);
  }
}

int
sst_bfloat_narrow_rows (const Plan *plan, const uint16_t *words,
    const uint16_t *rows[2 * SIDE])
{
  int n = 0;

  for (int c = 0; c < plan->in; c++, words += plan->phases * plan->plane)
    for (int tap = 0; tap < plan->taps; tap++)
      rows[n++] = words + sst_bfloat_tap_phase (plan, tap) * plan->plane
          + plan->lead + sst_bfloat_tap_offset (plan, tap);
  return n;
}

void
sst_bfloat_lay_channels (const Plan *plan, const float *x, int channels,
    gboolean split, uint32_t *to)
{
  const size_t area = split ? (size_t) plan->height * plan->width
      : (size_t) plan->rows * plan->cols;
  const Depth depth = sst_bfloat_depth_new (channels);
  const size_t row = sst_bfloat_pair_row (plan, split ? 4 : 1);

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

#endif
