/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* DCF: the on-line discriminative model of one target, a correlation filter
 * with a memory.
 *
 * Finds the multi-channel filter f = mask g, zero outside a mask of about the
 * target's size, whose g minimises
 *
 *   sum_i w_i | sum_c x_ic (*) f_c - y_i |^2  +  lambda E | g |^2
 *
 * over a memory of samples x_i (grids of features around the target) with
 * weights w_i. (*) is circular correlation: at shift s the sum over t of
 * x (t + s) f (t). y_i is a Gaussian bump of height 1 around s = 0, at least
 * 0.3 cells wide, less one of 1.5 cells for each known distractor. E is the
 * energy of the first sample: |X_c|^2, summed over the channels, its mean over
 * the half spectrum. The mask is the product of a profile of each axis: 1 up to
 * 1.05 times the target's half size h (of 1..n cells) from the middle of the
 * grid, then falling in a straight line to 0 over 1.05 h / 4 + 1.5 cells. It
 * keeps the filter from explaining the surroundings that the circular wrap
 * brings in (Galoogahi et al., "Learning Background-Aware Correlation Filters",
 * 2017; Lukezic et al., CSR-DCF, 2017); the conjugate-gradient solution, started
 * from the last filter, follows Danelljan et al., ECO, 2017. The memory is not a
 * list of samples but their sums: for every frequency the matrix of the channels'
 * products (cross_spectra.h) and that of their products with the label. So the
 * cost of an iteration does not depend on how far back it remembers.
 * Correlations are products of spectra, and the transforms between grids and
 * spectra are matrix products with the Fourier basis (BLAS): at these sizes
 * faster than a general FFT.
 *
 * Grids are n x n, row by row; spectra are half spectra of a real grid,
 * sst_dcf_spectrum_size() floats. Samples and the filter's spectrum are kept in 16
 * bits (brief.h). All memory that a model keeps is planned at creation; no other
 * function allocates. Its working memory is lent to it, so that many models can
 * share one: sst_dcf_lend().
 *
 * Thread-safety: a model belongs to one thread at a time. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  int grid;                     /* n, cells a side, even, 8..128; default 48 */
  int n_channels;               /* 1..256 */
  float regularization;         /* lambda, > 0; default 0.02 */
  float label_sigma;            /* width of the bump over the target's
                                 * size (geometric mean); default 0.09 */
  float learning_rate;          /* weight of a new sample; older ones shrink by
                                 * 1 - learning_rate; 0..1, default 0.025 */
  float first_weight;           /* least share of the first sample, which is
                                 * never forgotten; 0..1, default 0.2. Where
                                 * the others' weights leave more, it has that */
} SstDcfParams;

#define SST_DCF_PARAMS_DEFAULT \
  ((SstDcfParams) { 48, 1, 0.02f, 0.09f, 0.025f, 0.2f })

typedef struct _SstDcf SstDcf;

/* Makes an empty model. */
SstDcf *sst_dcf_new (const SstDcfParams * params);

/* Frees *dcf and sets it to NULL. *dcf may be NULL. */
void sst_dcf_free (SstDcf ** dcf);

/* Floats that a model works in. */
size_t sst_dcf_work_size (const SstDcf * dcf);

/* Lends a model memory to work in, sst_dcf_work_size() floats, until the next
 * call; it has to have some whenever another function but sst_dcf_free() and
 * sst_dcf_spectrum_size() is called. Between two calls of these, its contents
 * mean nothing. work NULL: none. */
void sst_dcf_lend (SstDcf * dcf, float *work);

/* Forgets every sample and the filter. */
void sst_dcf_reset (SstDcf * dcf);

/* Floats in the half spectrum of all channels, and of one grid. */
size_t sst_dcf_spectrum_size (const SstDcf * dcf);

/* Sets the target's width and height in cells (> 0), which has to be done before
 * the first sample; label and mask follow.
 * Samples in memory keep the label of the size they were added with. */
void sst_dcf_set_target_size (SstDcf * dcf, float width, float height);

/* Windows (Hann) the channels of a grid and transforms them.
 * channels: n_channels grids; not changed. spectrum: sst_dcf_spectrum_size(). */
void sst_dcf_transform (SstDcf * dcf, const float *channels, float *spectrum);

/* Response of the present filter: a grid in which the cell (n / 2, n / 2)
 * stands for "the target is at the centre of the sample". Up to about 1 where
 * the filter finds what it learned. All zero before the first solve.
 * spectrum: of sst_dcf_transform(). response: n x n floats. */
void sst_dcf_respond (SstDcf * dcf, const float *spectrum, float *response);

/* A place in a sample that looks like the target and is not. */
typedef struct
{
  float x, y;                   /* cells from the centre of the grid */
  float strength;               /* of the false response, > 0 */
} SstDistractor;

/* Adds a sample in which the target is dx, dy cells from the centre. It is
 * stored shifted (circularly, by a phase), so that the target is central.
 *
 * weight_scale: factor on the learning rate, 0..1 (a confident sample has 1).
 *     The new weight is that product; of the samples 2 to 8 it is more, 8 / k
 *     times it for the k-th.
 * distractors: places where the label is pushed below zero, in cells from the
 *     centre of the sample as given; n_distractors 0..4. */
void sst_dcf_add_sample (SstDcf * dcf, const float *spectrum, float dx,
    float dy, float weight_scale, const SstDistractor * distractors,
    int n_distractors);

/* Improves the filter by that many conjugate-gradient steps from where it
 * stands. Returns the objective's relative residual |b - A f| / |b|. */
float sst_dcf_solve (SstDcf * dcf, int iterations);

/* The filter f in the spatial domain, n_channels grids, each in place over the
 * grid of a sample; for tests and inspection. */
void sst_dcf_get_filter (SstDcf * dcf, float *filter);

G_END_DECLS
