/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Toy: small learning problems with a known answer, for the tests of losses. */

#pragma once

#include "base/random.h"

/* A linear map with its gradient: y = W x, W of out x in. */
typedef struct
{
  int in, out;
  float *weights, *gradient;
} ToyLinear;

ToyLinear *toy_linear_new (int in, int out, guint64 seed);
void toy_linear_free (ToyLinear ** linear);

/* z: the rows of y = W x, made unit long; norms: n, their lengths before. */
void toy_forward (const ToyLinear * linear, const float *x, int n, float *z,
    float *norms);

/* Adds the gradient of the weights from dz; dx, unless NULL, is overwritten. */
void toy_backward (ToyLinear * linear, const float *x, const float *z,
    const float *norms, const float *dz, int n, float *dx);

/* Plain gradient descent; zeroes the gradient. */
void toy_step (ToyLinear * linear, float rate);

/* Normal numbers; rows made unit long. */
void toy_fill (SstRandom * random, float *x, size_t n, float sigma);
void toy_normalize (float *x, int n, int dim);

/* Share of the rows of a whose most similar row of b is the one of its number. */
float toy_recall (const float *a, const float *b, int n, int dim);

/* Mean over the rows of a of the similarity to their row of b less that to the
 * most similar other row of b. */
float toy_margin (const float *a, const float *b, int n, int dim);

/* Least and mean standard deviation of a dimension, times sqrt (dim). */
void toy_spread (const float *x, int n, int dim, float *least, float *mean);

/* Area under the receiver operating characteristic, and average precision, of
 * scores for what is marked. */
float toy_roc_auc (const float *scores, const gboolean * marked, int n);
float toy_average_precision (const float *scores, const gboolean * marked,
    int n);

/* Compares gradient, n floats, with central differences of loss in x. before:
 * what gradient held before the analytic one was added; scale: what it was
 * multiplied with. Tolerance is a share of the largest component. */
typedef float (*ToyLoss) (gpointer data);
void toy_check_gradient (ToyLoss loss, gpointer data, float *x, int n,
    const float *gradient, float before, float scale);
