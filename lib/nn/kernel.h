/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Kernel (internal): the ways to compute a convolution, in one table, and which of
 * them is used.
 *
 * The last one, unfolding and a matrix product (conv.h), does every shape on any
 * processor: it is the plain twin of all others. Each other is faster for some
 * shapes at some level of the processor (cpu.h). A kernel that is added here is
 * used by the network and tested by tests/test_kernels.c.
 *
 * Thread-safety: the table is constant, and the functions that it points at are
 * pure; every thread brings its own scratch. */

#pragma once

#include "base/cpu.h"
#include "nn/conv_shape.h"

G_BEGIN_DECLS

typedef struct
{
  const char *name;
  SstCpuLevel lowest;           /* that it needs; plain: none */
  SstCpuLevel highest;          /* above it the kernel computes the same way */
  gboolean rounds;              /* factors to bfloat16: only where asked for */

  /* Whether it does this shape at the present level, and faster than the kernels
   * that follow in the table. */
  gboolean (*suits) (const SstConvShape * shape);

  /* Floats of scratch that any of the functions below needs. */
  size_t (*scratch_size) (const SstConvShape * shape);

  /* Floats of prepared weights, as many flipped, and how they are made (as in
   * winograd.h). NULL: the kernel takes the weights as they are, in conv.h's
   * order, also where flipped ones are wanted. */
  size_t (*weights_size) (const SstConvShape * shape);
  void (*prepare) (const SstConvShape * shape, const float *weights,
      gboolean flipped, float *prepared);

  /* As in conv.h, of prepared weights. The gradient of the weights is added. */
  void (*forward) (const SstConvShape * shape, const float *x, const float *weights,
      const float *bias, gboolean relu, float *y, float *scratch);
  void (*backward_input) (const SstConvShape * shape, const float *dy,
      const float *flipped, float *dx, float *scratch);
  void (*backward_weights) (const SstConvShape * shape, const float *x,
      const float *dy, float *dweights, float *scratch);
} SstKernel;

/* The table, the fastest first. */
const SstKernel *sst_kernels (guint * n);

/* The first kernel that suits. bfloat: one that rounds will do. */
const SstKernel *sst_kernel_choose (const SstConvShape * shape, gboolean bfloat);

G_END_DECLS
