/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Bfloat (internal): convolution of one image in bfloat16 on the matrix unit of
 * an x86-64 CPU (AMX): factors of 8 bits of mantissa, rounded to the nearest even,
 * whose products are summed up as floats.
 *
 * Tensors are as in conv.h, floats: planes of rows, any size from 1; 1 x 1 at
 * stride 1, and 3 x 3 at stride 1 or 2. The weights are rounded and put in order
 * once for a model, or once a training step. Nothing is unfolded: a picture is
 * laid out once, rows following each other with a zero between them, so that a tap
 * reads a shifted run of the cells.
 *
 * On unit normal data an error is, in the root of the mean square, 0.0024 of the
 * results, whatever the shape and however many products are summed up; the
 * largest one of a layer is up to 0.004 of its largest result. Integers up to
 * 256 are exact, as long as their sums are less than 2^24.
 *
 * Thread-safety: pure functions; every thread brings its own scratch. No
 * allocation. The same input gives the same bits. A thread's tile registers are
 * in use within a call only. */

#pragma once

#include "nn/conv_shape.h"

G_BEGIN_DECLS

/* Whether the CPU has the instructions and the operating system lets this
 * process use them, which the first call asks for: Linux grants the tiles' state
 * to a process and its threads from then on. */
gboolean sst_bfloat_available (void);

/* Whether the functions below do this shape, and faster than what there is in
 * floats: 3 x 3, and 1 x 1 of more than 16 channels and of 16 cells. FALSE for
 * all where they are not available. */
gboolean sst_bfloat_suits (const SstConvShape * shape);

/* Whether the functions below do this shape, fast or not. They must not be
 * called for others. */
gboolean sst_bfloat_can (const SstConvShape * shape);

/* Floats' worth of prepared weights; as much flipped. */
size_t sst_bfloat_weights_size (const SstConvShape * shape);

/* Floats' worth of scratch that any of the functions below needs. */
size_t sst_bfloat_scratch_size (const SstConvShape * shape);

/* weights: as in conv.h, of the forward convolution, which shape is as well.
 * flipped: for sst_bfloat_backward_input(), whose weights are these with in and
 * out exchanged. prepared: at any address, fastest at one that 64 divides. */
void sst_bfloat_prepare_weights (const SstConvShape * shape,
    const float *weights, gboolean flipped, float *prepared);

/* y = w * x + b, then max (y, 0) if relu. bias: out_channels floats, or NULL.
 * y may not overlap x. */
void sst_bfloat_forward (const SstConvShape * shape, const float *x,
    const float *prepared, const float *bias, gboolean relu, float *y,
    float *scratch);

/* dx = the gradient of the input; overwritten. flipped: weights prepared so.
 * dy: gradient of the output before its activation. */
void sst_bfloat_backward_input (const SstConvShape * shape, const float *dy,
    const float *flipped, float *dx, float *scratch);

/* Adds the gradient of the weights, in the order of conv.h. */
void sst_bfloat_backward_weights (const SstConvShape * shape, const float *x,
    const float *dy, float *dweights, float *scratch);

G_END_DECLS
