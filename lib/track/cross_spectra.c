/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/cross_spectra.h"

#include <math.h>
#include <string.h>

#include "base/simd.h"

#define LANES SST_LANES
typedef SstLanes Lanes;

/* As many frequencies are worked on together as there are lanes: their part of
 * a spectrum stays in the first-level cache, and the matrices are read in one
 * stream. Floats of a number for each lane: real parts, then imaginary ones. */
#define NUMBER (2 * LANES)

/* A number's parts, for all lanes. */
#define RE(number) (*(const Lanes *) (number))
#define IM(number) (*(const Lanes *) ((number) + LANES))

struct _SstCrossSpectra
{
  int n_channels;
  size_t n_frequencies, n_groups;       /* of LANES frequencies */
  size_t group_size;            /* floats of a group's lower triangles */
  float *matrices;              /* group by group, row by row of the triangle */
  float *in, *out;              /* a group's numbers of each channel */
};

SstCrossSpectra *
sst_cross_spectra_new (int n_channels, size_t n_frequencies)
{
  SstCrossSpectra *s = g_new0 (SstCrossSpectra, 1);

  s->n_channels = n_channels;
  s->n_frequencies = n_frequencies;
  s->n_groups = (n_frequencies + LANES - 1) / LANES;
  s->group_size = (size_t) n_channels * (n_channels + 1) / 2 * NUMBER;
  s->matrices = g_new0 (float, s->n_groups * s->group_size);
  s->in = g_new0 (float,
      (size_t) SST_CROSS_SPECTRA_MAX_ADDED * n_channels * NUMBER);
  s->out = g_new0 (float, (size_t) n_channels * NUMBER);
  return s;
}

void
sst_cross_spectra_free (SstCrossSpectra ** spectra)
{
  if (*spectra == NULL)
    return;
  g_free ((*spectra)->matrices);
  g_free ((*spectra)->in);
  g_free ((*spectra)->out);
  g_clear_pointer (spectra, g_free);
}

void
sst_cross_spectra_clear (SstCrossSpectra * spectra)
{
  memset (spectra->matrices, 0,
      spectra->n_groups * spectra->group_size * sizeof (float));
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

/* matrix = kept matrix + sum_i x_i x_i^H */
SST_MULTIVERSION static void
add_group (int n_channels, float kept, int n, const float *x, float *matrix)
{
  for (int c = 0; c < n_channels; c++) {
    for (int d = 0; d <= c; d++) {
      Lanes re = kept * RE (matrix), im = kept * IM (matrix);

      for (int i = 0; i < n; i++) {
        const float *const a = x + (i * n_channels + c) * NUMBER;
        const float *const b = x + (i * n_channels + d) * NUMBER;

        re += RE (a) * RE (b) + IM (a) * IM (b);
        im += IM (a) * RE (b) - RE (a) * IM (b);
      }
      *(Lanes *) matrix = re;
      *(Lanes *) (matrix + LANES) = im;
      matrix += NUMBER;
    }
  }
}

/* out = factor matrix x. Below the diagonal an element is as stored, above it
 * the conjugate of its mirror image. */
SST_MULTIVERSION static void
multiply_group (int n_channels, float factor, const float *matrix,
    const float *x, float *out)
{
  for (int c = 0; c < n_channels; c++) {
    Lanes re = { 0 }, im = { 0 };

    for (int d = 0; d <= c; d++) {
      const float *const a = matrix + (c * (c + 1) / 2 + d) * NUMBER;
      const float *const b = x + d * NUMBER;

      re += RE (a) * RE (b) - IM (a) * IM (b);
      im += IM (a) * RE (b) + RE (a) * IM (b);
    }
    for (int d = c + 1; d < n_channels; d++) {
      const float *const a = matrix + (d * (d + 1) / 2 + c) * NUMBER;
      const float *const b = x + d * NUMBER;

      re += RE (a) * RE (b) + IM (a) * IM (b);
      im += RE (a) * IM (b) - IM (a) * RE (b);
    }
    *(Lanes *) (out + c * NUMBER) = factor * re;
    *(Lanes *) (out + c * NUMBER + LANES) = factor * im;
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
    add_group (s->n_channels, kept, n, s->in,
        s->matrices + group * s->group_size);
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
        s->matrices + group * s->group_size, s->in, s->out);
    scatter (s, group, s->out, out);
  }
}
