/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Cross-spectra: for every frequency the Hermitian matrix
 *
 *   S_cd = sum_i w_i X_ic conj (X_id)
 *
 * over the channels c, d of weighted spectra X_i: all that least squares with
 * correlation filters needs to know of its samples, however many. Internal.
 *
 * A spectrum is n_channels times n_frequencies real parts followed by as many
 * imaginary parts. All memory is planned at creation: the diagonals are floats, and
 * the elements beside them 16 bits a part, in units of 1 / 32767 of the root of
 * S_cc S_dd, which it is never beyond. So each addition rounds S_cd by half a unit.
 *
 * Thread-safety: an object belongs to one thread at a time. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* At most so many spectra are added in one go. */
#define SST_CROSS_SPECTRA_MAX_ADDED 4

typedef struct _SstCrossSpectra SstCrossSpectra;

/* Makes matrices of zero. */
SstCrossSpectra *sst_cross_spectra_new (int n_channels, size_t n_frequencies);

/* Frees *spectra and sets it to NULL. *spectra may be NULL. */
void sst_cross_spectra_free (SstCrossSpectra ** spectra);

/* Sets all matrices to zero. */
void sst_cross_spectra_clear (SstCrossSpectra * spectra);

/* S = kept S + sum_i weights[i] X_i X_i^H, i in 0..n-1. The matrices are gone
 * through once, whatever n.
 * n: 1..SST_CROSS_SPECTRA_MAX_ADDED. weights: >= 0. */
void sst_cross_spectra_add (SstCrossSpectra * spectra, float kept, int n,
    const float *const *added, const float *weights);

/* out_c = factor sum_d S_cd in_d, frequency by frequency. in and out are spectra
 * and do not overlap. */
void sst_cross_spectra_multiply (SstCrossSpectra * spectra, float factor,
    const float *in, float *out);

G_END_DECLS
