/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/cross_spectra.h"

#include <math.h>
#include <string.h>

#include "base/simd.h"

#define LANES SST_LANES
typedef SstLanes Lanes;
typedef gint16 Shorts
    __attribute__ ((vector_size (LANES * sizeof (gint16)), aligned (2),
        may_alias));
typedef gint32 Words
    __attribute__ ((vector_size (LANES * sizeof (gint32)), aligned (4),
        may_alias));

/* As many frequencies are worked on together as there are lanes: their part of
 * a spectrum stays in the first-level cache, and the matrices are read in one
 * stream. Floats of a number for each lane: real parts, then imaginary ones. */
#define NUMBER (2 * LANES)

/* A number's parts, for all lanes. */
#define RE(number) (*(const Lanes *) (number))
#define IM(number) (*(const Lanes *) ((number) + LANES))

/* Below the diagonal a matrix is kept as coherences, S_cd over the root of
 * S_cc S_dd, of which neither part is beyond 1: in units of 1 / UNITS. */
#define UNITS 32767.f

struct _SstCrossSpectra
{
  int n_channels;
  size_t n_frequencies, n_groups;       /* of LANES frequencies */
  size_t group_size;            /* coherences of a group, in shorts */
  float *powers;                /* the diagonals: group by group */
  gint16 *coherences;           /* group by group, row by row of the triangle */
  float *in, *out;              /* a group's numbers of each channel */
  float *sides;                 /* a group's roots of the diagonal, before and
                                 * after, and what divides by them */
};

SstCrossSpectra *
sst_cross_spectra_new (int n_channels, size_t n_frequencies)
{
  SstCrossSpectra *s = g_new0 (SstCrossSpectra, 1);

  s->n_channels = n_channels;
  s->n_frequencies = n_frequencies;
  s->n_groups = (n_frequencies + LANES - 1) / LANES;
  s->group_size = (size_t) n_channels * (n_channels - 1) / 2 * NUMBER;
  s->powers = g_new0 (float, s->n_groups * n_channels * LANES);
  s->coherences = g_new0 (gint16, MAX (s->n_groups * s->group_size, 1));
  s->in = g_new0 (float,
      (size_t) SST_CROSS_SPECTRA_MAX_ADDED * n_channels * NUMBER);
  s->out = g_new0 (float, (size_t) n_channels * NUMBER);
  s->sides = g_new0 (float, (size_t) n_channels * NUMBER);
  return s;
}

void
sst_cross_spectra_free (SstCrossSpectra ** spectra)
{
  if (*spectra == NULL)
    return;
  g_free ((*spectra)->powers);
  g_free ((*spectra)->coherences);
  g_free ((*spectra)->in);
  g_free ((*spectra)->out);
  g_free ((*spectra)->sides);
  g_clear_pointer (spectra, g_free);
}

void
sst_cross_spectra_clear (SstCrossSpectra * spectra)
{
  memset (spectra->powers, 0, spectra->n_groups * spectra->n_channels * LANES
      * sizeof (float));
  memset (spectra->coherences, 0,
      spectra->n_groups * spectra->group_size * sizeof (gint16));
}

/* Frequencies of a group: fewer in the last one. */
static size_t
lanes_of (const SstCrossSpectra * s, size_t group)
{
  return MIN (LANES, s->n_frequencies - group * LANES);
}

/* A group's part of a spectrum, times a factor. Lanes beyond the last frequency
 * are zero. */
static void
gather (const SstCrossSpectra * s, size_t group, const float *spectrum,
    float factor, float *numbers)
{
  const size_t n = lanes_of (s, group);
  const float *from = spectrum + group * LANES;

  for (int part = 0; part < 2 * s->n_channels; part++) {
    for (size_t l = 0; l < n; l++)
      numbers[l] = factor * from[l];
    for (size_t l = n; l < LANES; l++)
      numbers[l] = 0.f;
    numbers += LANES;
    from += s->n_frequencies;
  }
}

static void
scatter (const SstCrossSpectra * s, size_t group, const float *numbers,
    float *spectrum)
{
  const size_t n = lanes_of (s, group);
  float *to = spectrum + group * LANES;

  for (int part = 0; part < 2 * s->n_channels; part++) {
    memcpy (to, numbers, n * sizeof (float));
    numbers += LANES;
    to += s->n_frequencies;
  }
}

/* To the nearest short. The sum's last bits are those of a whole number. By
 * address, as clang takes no vector by value that the CPU may not have. */
SST_ALWAYS_INLINE void
round_to_shorts (const Lanes *x, Shorts *to)
{
  const Lanes sum = *x + 12582912.f;    /* 1.5 * 2^23 */

  *to = __builtin_convertvector ((Words) sum - 0x4b400000, Shorts);
}

/* The diagonal with what is added to it. sides: the roots of what it was, in
 * UNITS, and what the roots of what it is divide by, times UNITS. */
SST_MULTIVERSION static void
add_powers (int n_channels, float kept, int n, const float *x, float *powers,
    float *sides)
{
  for (int c = 0; c < n_channels; c++) {
    float *const before = sides + c * NUMBER, *const after = before + LANES;

    for (int l = 0; l < LANES; l++) {
      const float old = kept * powers[c * LANES + l];
      float sum = old;

      for (int i = 0; i < n; i++) {
        const float *const a = x + (i * n_channels + c) * NUMBER + l;

        sum += a[0] * a[0] + a[LANES] * a[LANES];
      }
      before[l] = sqrtf (old);
      after[l] = sum > G_MINFLOAT ? 1.f / sqrtf (sum) : 0.f;
      powers[c * LANES + l] = sum;
    }
  }
}

/* matrix = kept matrix + sum_i x_i x_i^H below the diagonal, as coherences. */
SST_MULTIVERSION static void
add_group (int n_channels, int n, const float *x, const float *sides,
    gint16 * coherences)
{
  for (int c = 1; c < n_channels; c++) {
    const Lanes before = *(const Lanes *) (sides + c * NUMBER) / UNITS;
    const Lanes after = *(const Lanes *) (sides + c * NUMBER + LANES) * UNITS;

    for (int d = 0; d < c; d++) {
      const Lanes factor = before * *(const Lanes *) (sides + d * NUMBER);
      const Lanes share = after * *(const Lanes *) (sides + d * NUMBER + LANES);
      Shorts *const at = (Shorts *) coherences;
      Lanes re = factor * __builtin_convertvector (at[0], Lanes);
      Lanes im = factor * __builtin_convertvector (at[1], Lanes);

      for (int i = 0; i < n; i++) {
        const float *const a = x + (i * n_channels + c) * NUMBER;
        const float *const b = x + (i * n_channels + d) * NUMBER;

        re += RE (a) * RE (b) + IM (a) * IM (b);
        im += IM (a) * RE (b) - RE (a) * IM (b);
      }
      re *= share;
      im *= share;
      round_to_shorts (&re, &at[0]);
      round_to_shorts (&im, &at[1]);
      coherences += NUMBER;
    }
  }
}

/* out = factor matrix x, of which x is destroyed: with the roots of the
 * diagonal on both sides of the coherences. Each is used twice: as it is,
 * and as its conjugate above the diagonal. */
SST_MULTIVERSION static void
multiply_group (int n_channels, float factor, const float *powers,
    const gint16 * coherences, float *x, float *out)
{
  for (int c = 0; c < n_channels; c++) {
    for (int l = 0; l < LANES; l++) {
      const float root = sqrtf (powers[c * LANES + l]);

      x[c * NUMBER + l] *= root;
      x[c * NUMBER + LANES + l] *= root;
      out[c * NUMBER + l] = UNITS * x[c * NUMBER + l];
      out[c * NUMBER + LANES + l] = UNITS * x[c * NUMBER + LANES + l];
    }
  }
  for (int c = 1; c < n_channels; c++) {
    const Lanes xr = RE (x + c * NUMBER), xi = IM (x + c * NUMBER);
    Lanes re = RE (out + c * NUMBER), im = IM (out + c * NUMBER);

    for (int d = 0; d < c; d++) {
      const Shorts *const at = (const Shorts *) coherences;
      const Lanes ar = __builtin_convertvector (at[0], Lanes);
      const Lanes ai = __builtin_convertvector (at[1], Lanes);
      const float *const b = x + d * NUMBER;
      float *const mirrored = out + d * NUMBER;

      re += ar * RE (b) - ai * IM (b);
      im += ai * RE (b) + ar * IM (b);
      *(Lanes *) mirrored += ar * xr + ai * xi;
      *(Lanes *) (mirrored + LANES) += ar * xi - ai * xr;
      coherences += NUMBER;
    }
    *(Lanes *) (out + c * NUMBER) = re;
    *(Lanes *) (out + c * NUMBER + LANES) = im;
  }
  for (int c = 0; c < n_channels; c++) {
    for (int l = 0; l < LANES; l++) {
      const float share = factor / UNITS * sqrtf (powers[c * LANES + l]);

      out[c * NUMBER + l] *= share;
      out[c * NUMBER + LANES + l] *= share;
    }
  }
}

void
sst_cross_spectra_add (SstCrossSpectra * spectra, float kept, int n,
    const float *const *added, const float *weights)
{
  const SstCrossSpectra *const s = spectra;

  g_return_if_fail (n >= 1 && n <= SST_CROSS_SPECTRA_MAX_ADDED);
  for (size_t group = 0; group < s->n_groups; group++) {
    for (int i = 0; i < n; i++)
      gather (s, group, added[i], sqrtf (weights[i]),
          s->in + (size_t) i * s->n_channels * NUMBER);
    add_powers (s->n_channels, kept, n, s->in,
        s->powers + group * s->n_channels * LANES, s->sides);
    add_group (s->n_channels, n, s->in, s->sides,
        s->coherences + group * s->group_size);
  }
}

void
sst_cross_spectra_multiply (SstCrossSpectra * spectra, float factor,
    const float *in, float *out)
{
  const SstCrossSpectra *const s = spectra;

  for (size_t group = 0; group < s->n_groups; group++) {
    gather (s, group, in, 1.f, s->in);
    multiply_group (s->n_channels, factor,
        s->powers + group * s->n_channels * LANES,
        s->coherences + group * s->group_size, s->in, s->out);
    scatter (s, group, s->out, out);
  }
}
