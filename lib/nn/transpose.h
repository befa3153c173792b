/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Transpose (internal): turns a matrix, four by four. To be inlined into a
 * function of SST_MULTIVERSION. */

#pragma once

#include <glib.h>
#include "base/simd.h"

#ifdef __SSE__
#include <xmmintrin.h>
#endif

/* to[j][i] = from[i][j] for 4 x 4. */
SST_ALWAYS_INLINE void
sst_transpose_4x4 (const float *from, size_t from_row, float *to, size_t to_row)
{
#ifdef __SSE__
  __m128 a = _mm_loadu_ps (from), b = _mm_loadu_ps (from + from_row);
  __m128 c = _mm_loadu_ps (from + 2 * from_row);
  __m128 d = _mm_loadu_ps (from + 3 * from_row);

  _MM_TRANSPOSE4_PS (a, b, c, d);
  _mm_storeu_ps (to, a);
  _mm_storeu_ps (to + to_row, b);
  _mm_storeu_ps (to + 2 * to_row, c);
  _mm_storeu_ps (to + 3 * to_row, d);
#else
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < 4; j++)
      to[j * to_row + i] = from[i * from_row + j];
  }
#endif
}

/* to[j][i] = from[i][j] for i < rows, j < cols. The matrices' rows lie from_row
 * and to_row floats apart; they may not overlap. */
SST_ALWAYS_INLINE void
sst_transpose (const float *from, size_t from_row, int rows, int cols,
    float *to, size_t to_row)
{
  for (int j = 0; j < cols; j += 4) {
    for (int i = 0; i < rows; i += 4) {
      const float *const block = from + i * from_row + j;
      float *const turned = to + j * to_row + i;

      if (i + 4 <= rows && j + 4 <= cols) {
        sst_transpose_4x4 (block, from_row, turned, to_row);
        continue;
      }
      for (int l = 0; l < MIN (cols - j, 4); l++) {
        for (int k = 0; k < MIN (rows - i, 4); k++)
          turned[l * to_row + k] = block[k * from_row + l];
      }
    }
  }
}
