/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* DFT (internal): two-dimensional discrete Fourier transforms of small real
 * grids, as products with the Fourier basis.
 *
 * A grid is n x n floats, row by row. Its half spectrum is n rows (frequencies
 * along y: 0, 1 .. n / 2, then negative ones) of m = n / 2 + 1 columns
 * (frequencies along x: 0 .. n / 2): a plane of n x m real parts, then one of
 * imaginary parts. With n about 50 a transform costs 0.34 MFLOP, all of it in
 * sgemm; and where only a part of the grid is not zero or is wanted,
 * as for a masked filter, only that part is paid for.
 *
 * Thread-safety: a plan never changes, any number of threads may use it; each
 * brings its own work memory. */

#pragma once

#include <stddef.h>
#include <glib.h>

G_BEGIN_DECLS

typedef struct _SstDft SstDft;

/* A part of a grid: rows y0 .. y1 - 1, columns x0 .. x1 - 1; not empty. */
typedef struct
{
  int x0, y0, x1, y1;
} SstDftRect;

/* The plan for n, even, 2..128: there is one of each, which all share who have
 * it; the last one to give it back frees it. */
SstDft *sst_dft_get (int n);
void sst_dft_free (SstDft ** dft);

/* Floats of work memory that the functions below need; its contents before and
 * afterwards mean nothing. */
size_t sst_dft_work_size (const SstDft * dft);

/* Transforms count grids into as many half spectra. Cells outside part are taken
 * as zero and not read; part NULL: the whole grid. */
void sst_dft_forward (const SstDft * dft, const float *grids, int count,
    const SstDftRect * part, float *work, float *spectra);

/* The inverse, scaled by 1 / n^2. Cells outside part are not written. */
void sst_dft_inverse (const SstDft * dft, const float *spectra, int count,
    const SstDftRect * part, float *work, float *grids);

G_END_DECLS
