/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Exponential (internal): exp() of numbers of 0 and less, as a polynomial that
 * a compiler can work on in vectors. */

#pragma once

#include <glib.h>
#include "base/simd.h"

/* exp (x) for x <= 0, with a relative error of 2e-7; a number less than -87
 * counts as -87. 2^n by the exponent's bits, the rest by its series. */
SST_ALWAYS_INLINE float
sst_exp_negative (float x)
{
  const float log2_e = 1.44269504f;
  const float ln2_high = 0.693359375f;  /* exact for the exponents that occur */
  const float ln2_low = -2.12194440e-4f;
  const float round = 12582912.f;       /* 1.5 x 2^23: adding it rounds to an
                                         * integer */
  const float y = x > -87.f ? x : -87.f;
  const float n = (y * log2_e + round) - round;
  const float r = (y - n * ln2_high) - n * ln2_low;
  union
  {
    gint32 bits;
    float value;
  } power = {.bits = ((gint32) n + 127) * (1 << 23)};
  float e = 1.f / 720.f;

  e = e * r + 1.f / 120.f;
  e = e * r + 1.f / 24.f;
  e = e * r + 1.f / 6.f;
  e = e * r + 0.5f;
  e = e * r + 1.f;
  e = e * r + 1.f;
  return e * power.value;
}
