/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Milliseconds of one core for a convolution, forward (with bias and rectifier)
 * and its two gradients, unfolded (im2col and sgemm), fast, which is by
 * Winograd's filtering at stride 1 and by strided.h at stride 2, and in
 * bfloat16, where the CPU does that, and GFLOP/s of the direct sum that they
 * stand for; 1 x 1 needs no unfolding: fast is sgemm. Time that the thread had
 * the core, the best of several rounds, in turns, as others may use the
 * machine; OPENBLAS_NUM_THREADS must be 1. The weights are transformed
 * beforehand; their own time is in the last columns. */

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cblas.h>
#include "base/random.h"
#include "nn/bfloat.h"
#include "nn/conv.h"
#include "nn/strided.h"
#include "nn/winograd.h"

#define ROUNDS 60
#define CALLS 4

static const SstConvShape shapes[] = {
  {64, 64, 3, 1, 24, 24},
  {96, 64, 3, 1, 24, 24},
  {96, 96, 3, 1, 24, 24},
  {48, 48, 3, 1, 24, 24},
  {32, 32, 3, 1, 24, 24},
  {16, 16, 3, 1, 24, 24},
  {64, 4, 3, 1, 24, 24},
  {3, 64, 3, 1, 24, 24},
  {8, 64, 3, 1, 24, 24},
  {64, 64, 3, 1, 12, 12},
  {96, 96, 3, 1, 12, 12},
  {32, 32, 3, 1, 48, 48},
  {128, 128, 3, 1, 12, 12},
  {128, 64, 3, 1, 24, 24},
  {64, 64, 1, 1, 24, 24},
  {64, 32, 1, 1, 24, 24},
  {128, 64, 1, 1, 24, 24},
  {128, 64, 1, 1, 12, 12},
  {64, 6, 1, 1, 24, 24},
  {3, 16, 3, 2, 192, 192},
  {3, 32, 3, 2, 192, 192},
  {16, 32, 3, 2, 96, 96},
  {32, 48, 3, 2, 96, 96},
  {32, 64, 3, 2, 48, 48},
  {64, 128, 3, 2, 24, 24},
  {96, 128, 3, 2, 24, 24},
  {3, 16, 3, 2, 96, 96},
  {16, 32, 3, 2, 48, 48},
  {32, 64, 3, 2, 24, 24},
};

typedef struct
{
  SstConvShape shape;
  float *x, *dy, *weights, *bias, *transformed, *flipped;       /* read */
  float *prepared, *turned;     /* in bfloat16, read */
  float *y, *dx, *dweights, *made, *unfolded, *scratch; /* written */
} Bench;

static float *
random_floats (SstRandom *random, size_t n)
{
  float *const floats = g_aligned_alloc (n, sizeof (float), 64);

  for (size_t i = 0; i < n; i++)
    floats[i] = sst_random_normal (random, 1.f);
  return floats;
}

/* The rows and columns of the output that read inside the input with a tap. */
static void
inside (int in, int out, int stride, int tap, int *first, int *last)
{
  *first = tap == 0 ? 1 : 0;
  *last = MIN (out, (in - tap) / stride + 1);
}

static void
unfold (const SstConvShape *shape, const float *x, float *unfolded)
{
  const int height = sst_conv_out_height (shape);
  const int width = sst_conv_out_width (shape), stride = shape->stride;

  for (int c = 0; c < shape->in_channels; c++) {
    for (int k = 0; k < 9; k++) {
      int top, bottom, left, right;

      inside (shape->height, height, stride, k / 3, &top, &bottom);
      inside (shape->width, width, stride, k % 3, &left, &right);
      for (int row = 0; row < height; row++, unfolded += width) {
        const float *const from = x + ((size_t) c * shape->height
            + row * stride + k / 3 - 1) * shape->width + k % 3 - 1;

        if (row < top || row >= bottom) {
          memset (unfolded, 0, width * sizeof (float));
          continue;
        }
        unfolded[0] = unfolded[width - 1] = 0.f;
        if (stride == 1)
          memcpy (unfolded + left, from + left,
              (right - left) * sizeof (float));
        else
          for (int col = left; col < right; col++)
            unfolded[col] = from[2 * col];
      }
    }
  }
}

static void
fold (const SstConvShape *shape, const float *unfolded, float *dx)
{
  const int height = sst_conv_out_height (shape);
  const int width = sst_conv_out_width (shape), stride = shape->stride;

  memset (dx, 0, sst_conv_in_size (shape) * sizeof (float));
  for (int c = 0; c < shape->in_channels; c++) {
    for (int k = 0; k < 9; k++) {
      int top, bottom, left, right;

      inside (shape->height, height, stride, k / 3, &top, &bottom);
      inside (shape->width, width, stride, k % 3, &left, &right);
      for (int row = 0; row < height; row++, unfolded += width) {
        float *const to = dx + ((size_t) c * shape->height
            + row * stride + k / 3 - 1) * shape->width + k % 3 - 1;

        if (row < top || row >= bottom)
          continue;
        if (stride == 1)
          for (int col = left; col < right; col++)
            to[col] += unfolded[col];
        else
          for (int col = left; col < right; col++)
            to[2 * col] += unfolded[col];
      }
    }
  }
}

static void
forward_unfolded (const Bench *bench)
{
  const SstConvShape *const shape = &bench->shape;
  const int cells = sst_conv_out_height (shape) * sst_conv_out_width (shape);
  const int inner = shape->in_channels * 9;

  unfold (shape, bench->x, bench->unfolded);
  for (int c = 0; c < shape->out_channels; c++) {
    for (int i = 0; i < cells; i++)
      bench->y[(size_t) c * cells + i] = bench->bias[c];
  }
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, shape->out_channels,
      cells, inner, 1.f, bench->weights, inner, bench->unfolded, cells, 1.f,
      bench->y, cells);
  for (size_t i = 0; i < sst_conv_out_size (shape); i++)
    bench->y[i] = MAX (bench->y[i], 0.f);
}

static void
forward_fast (const Bench *bench)
{
  if (bench->shape.stride == 2)
    sst_strided_forward (&bench->shape, bench->x, bench->weights, bench->bias,
        TRUE, bench->y, bench->scratch);
  else if (bench->shape.kernel == 1)
    sst_conv_forward (&bench->shape, bench->x, bench->weights, bench->bias,
        TRUE, bench->y, bench->scratch);
  else
    sst_winograd_forward (&bench->shape, bench->x, bench->transformed,
        bench->bias, TRUE, bench->y, bench->scratch);
}

static void
forward_bfloat (const Bench *bench)
{
  sst_bfloat_forward (&bench->shape, bench->x, bench->prepared, bench->bias,
      TRUE, bench->y, bench->scratch);
}

static void
input_unfolded (const Bench *bench)
{
  const SstConvShape *const shape = &bench->shape;
  const int cells = sst_conv_out_height (shape) * sst_conv_out_width (shape);
  const int inner = shape->in_channels * 9;

  cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, inner, cells,
      shape->out_channels, 1.f, bench->weights, inner, bench->dy, cells, 0.f,
      bench->unfolded, cells);
  fold (shape, bench->unfolded, bench->dx);
}

static void
input_fast (const Bench *bench)
{
  if (bench->shape.stride == 2)
    sst_strided_backward_input (&bench->shape, bench->dy, bench->weights,
        bench->dx, bench->scratch);
  else if (bench->shape.kernel == 1)
    sst_conv_backward_input (&bench->shape, bench->dy, bench->weights,
        bench->dx, bench->scratch);
  else
    sst_winograd_backward_input (&bench->shape, bench->dy, bench->flipped,
        bench->dx, bench->scratch);
}

static void
input_bfloat (const Bench *bench)
{
  sst_bfloat_backward_input (&bench->shape, bench->dy, bench->turned,
      bench->dx, bench->scratch);
}

static void
weights_unfolded (const Bench *bench)
{
  const SstConvShape *const shape = &bench->shape;
  const int cells = sst_conv_out_height (shape) * sst_conv_out_width (shape);
  const int inner = shape->in_channels * 9;

  unfold (shape, bench->x, bench->unfolded);
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, shape->out_channels,
      inner, cells, 1.f, bench->dy, cells, bench->unfolded, cells, 1.f,
      bench->dweights, inner);
}

static void
weights_fast (const Bench *bench)
{
  if (bench->shape.stride == 2)
    sst_strided_backward_weights (&bench->shape, bench->x, bench->dy,
        bench->dweights, bench->scratch);
  else if (bench->shape.kernel == 1)
    sst_conv_backward_weights (&bench->shape, bench->x, bench->dy,
        bench->dweights, NULL, bench->scratch);
  else
    sst_winograd_backward_weights (&bench->shape, bench->x, bench->dy,
        bench->dweights, bench->scratch);
}

static void
weights_bfloat (const Bench *bench)
{
  sst_bfloat_backward_weights (&bench->shape, bench->x, bench->dy,
      bench->dweights, bench->scratch);
}

static void
transform (const Bench *bench)
{
  sst_winograd_transform_weights (&bench->shape, bench->weights, FALSE,
      bench->made);
}

static void
prepare (const Bench *bench)
{
  sst_bfloat_prepare_weights (&bench->shape, bench->weights, FALSE,
      bench->made);
}

typedef enum
{ UNFOLDED, FAST, BFLOAT } Kind;

static const struct
{
  const char *name;
  Kind kind;
  gboolean sums;                /* or gets the weights ready */
  void (*run) (const Bench * bench);
} ways[] = {
  {"y, im2col", UNFOLDED, TRUE, forward_unfolded},
  {"fast", FAST, TRUE, forward_fast},
  {"bfloat", BFLOAT, TRUE, forward_bfloat},
  {"dx, im2col", UNFOLDED, TRUE, input_unfolded},
  {"fast", FAST, TRUE, input_fast},
  {"bfloat", BFLOAT, TRUE, input_bfloat},
  {"dw, im2col", UNFOLDED, TRUE, weights_unfolded},
  {"fast", FAST, TRUE, weights_fast},
  {"bfloat", BFLOAT, TRUE, weights_bfloat},
  {"transform", FAST, FALSE, transform},
  {"prepare", BFLOAT, FALSE, prepare},
};

static gboolean
applies (guint way, const SstConvShape *shape)
{
  if (ways[way].kind == BFLOAT)
    return sst_bfloat_can (shape);
  if (ways[way].kind == UNFOLDED)
    return shape->kernel == 3;
  return ways[way].sums || (shape->kernel == 3 && shape->stride == 1);
}

static double
thread_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

int
main (void)
{
  SstRandom random = sst_random_init (1, 1);

  printf ("%-21s", "ms (GFLOP/s)");
  for (guint w = 0; w < G_N_ELEMENTS (ways); w++)
    printf (" %14s", ways[w].name);
  printf ("\n");

  for (guint s = 0; s < G_N_ELEMENTS (shapes); s++) {
    const SstConvShape *const shape = &shapes[s];
    const size_t cells = (size_t) sst_conv_out_height (shape)
        * sst_conv_out_width (shape);
    const size_t prepared = sst_bfloat_weights_size (shape);
    const size_t transformed = MAX (sst_winograd_weights_size (shape),
        prepared);
    const double flop = 2. * shape->kernel * shape->kernel
        * shape->in_channels * sst_conv_out_size (shape);
    Bench bench = { *shape,
      random_floats (&random, sst_conv_in_size (shape)),
      random_floats (&random, sst_conv_out_size (shape)),
      random_floats (&random, sst_conv_weights_size (shape)),
      random_floats (&random, shape->out_channels),
      random_floats (&random, transformed),
      random_floats (&random, transformed),
      random_floats (&random, prepared),
      random_floats (&random, prepared),
      random_floats (&random, sst_conv_out_size (shape)),
      random_floats (&random, sst_conv_in_size (shape)),
      random_floats (&random, sst_conv_weights_size (shape)),
      random_floats (&random, transformed),
      random_floats (&random, shape->in_channels * 9 * cells),
      random_floats (&random, MAX (MAX (sst_winograd_scratch_size (shape),
                  sst_strided_scratch_size (shape)),
              sst_bfloat_scratch_size (shape)))
    };
    double best[G_N_ELEMENTS (ways)];

    if (sst_bfloat_can (shape)) {
      sst_bfloat_prepare_weights (shape, bench.weights, FALSE, bench.prepared);
      sst_bfloat_prepare_weights (shape, bench.weights, TRUE, bench.turned);
    }

    for (int round = 0; round < ROUNDS; round++) {
      for (guint w = 0; w < G_N_ELEMENTS (ways); w++) {
        const double t = thread_ms ();
        double taken;

        if (!applies (w, shape))
          continue;
        for (int call = 0; call < CALLS; call++)
          ways[w].run (&bench);
        taken = thread_ms () - t;
        best[w] = round == 0 ? taken : MIN (best[w], taken);
      }
    }

    printf ("%3d->%-3d %3d x %-3d %d/%d", shape->in_channels,
        shape->out_channels, shape->height, shape->width, shape->kernel,
        shape->stride);
    for (guint w = 0; w < G_N_ELEMENTS (ways); w++) {
      const double ms = best[w] / CALLS;

      if (!applies (w, shape))
        printf (" %14s", "-");
      else if (!ways[w].sums)
        printf (" %14.3f", ms);
      else
        printf (" %7.3f (%4.0f)", ms, flop / ms / 1e6);
    }
    printf ("\n");

    g_aligned_free (bench.x);
    g_aligned_free (bench.dy);
    g_aligned_free (bench.weights);
    g_aligned_free (bench.bias);
    g_aligned_free (bench.transformed);
    g_aligned_free (bench.flipped);
    g_aligned_free (bench.prepared);
    g_aligned_free (bench.turned);
    g_aligned_free (bench.y);
    g_aligned_free (bench.dx);
    g_aligned_free (bench.dweights);
    g_aligned_free (bench.made);
    g_aligned_free (bench.unfolded);
    g_aligned_free (bench.scratch);
  }
  return 0;
}
