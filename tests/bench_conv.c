/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Milliseconds of one core for a 3 x 3 convolution, forward (with bias and
 * rectifier) and its two gradients, unfolded (im2col and sgemm) and by
 * Winograd's filtering, and GFLOP/s of the direct sum that they stand for. Time
 * that the thread had the core, the best of several rounds, in turns, as others
 * may use the machine; OPENBLAS_NUM_THREADS must be 1. The weights are
 * transformed beforehand; their own time is the last column. */

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cblas.h>
#include <sstrack/nn/winograd.h>
#include <sstrack/random.h>

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
};

typedef struct
{
  SstConvShape shape;
  float *x, *dy, *weights, *bias, *transformed, *flipped;       /* read */
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

static void
unfold (const SstConvShape *shape, const float *x, float *unfolded)
{
  const int height = shape->height, width = shape->width;

  for (int c = 0; c < shape->in_channels; c++) {
    for (int k = 0; k < 9; k++) {
      const int dx = k % 3 - 1;
      const int first = MAX (-dx, 0), last = MIN (width, width - dx);

      for (int row = 0; row < height; row++, unfolded += width) {
        const int from = row + k / 3 - 1;

        if (from < 0 || from >= height) {
          memset (unfolded, 0, width * sizeof (float));
          continue;
        }
        unfolded[0] = unfolded[width - 1] = 0.f;
        memcpy (unfolded + first,
            x + ((size_t) c * height + from) * width + first + dx,
            (last - first) * sizeof (float));
      }
    }
  }
}

static void
fold (const SstConvShape *shape, const float *unfolded, float *dx)
{
  const int height = shape->height, width = shape->width;

  memset (dx, 0, sst_conv_in_size (shape) * sizeof (float));
  for (int c = 0; c < shape->in_channels; c++) {
    for (int k = 0; k < 9; k++) {
      const int shift = k % 3 - 1;

      for (int row = 0; row < height; row++, unfolded += width) {
        const int to = row + k / 3 - 1;
        float *const plane = dx + ((size_t) c * height + to) * width + shift;

        if (to < 0 || to >= height)
          continue;
        for (int col = MAX (-shift, 0); col < MIN (width, width - shift); col++)
          plane[col] += unfolded[col];
      }
    }
  }
}

static void
forward_unfolded (const Bench *bench)
{
  const SstConvShape *const shape = &bench->shape;
  const int cells = shape->height * shape->width;
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
forward_winograd (const Bench *bench)
{
  sst_winograd_forward (&bench->shape, bench->x, bench->transformed,
      bench->bias, TRUE, bench->y, bench->scratch);
}

static void
input_unfolded (const Bench *bench)
{
  const SstConvShape *const shape = &bench->shape;
  const int cells = shape->height * shape->width;
  const int inner = shape->in_channels * 9;

  cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, inner, cells,
      shape->out_channels, 1.f, bench->weights, inner, bench->dy, cells, 0.f,
      bench->unfolded, cells);
  fold (shape, bench->unfolded, bench->dx);
}

static void
input_winograd (const Bench *bench)
{
  sst_winograd_backward_input (&bench->shape, bench->dy, bench->flipped,
      bench->dx, bench->scratch);
}

static void
weights_unfolded (const Bench *bench)
{
  const SstConvShape *const shape = &bench->shape;
  const int cells = shape->height * shape->width;
  const int inner = shape->in_channels * 9;

  unfold (shape, bench->x, bench->unfolded);
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, shape->out_channels,
      inner, cells, 1.f, bench->dy, cells, bench->unfolded, cells, 1.f,
      bench->dweights, inner);
}

static void
weights_winograd (const Bench *bench)
{
  sst_winograd_backward_weights (&bench->shape, bench->x, bench->dy,
      bench->dweights, bench->scratch);
}

static void
transform (const Bench *bench)
{
  sst_winograd_transform_weights (&bench->shape, bench->weights, FALSE,
      bench->made);
}

static const struct
{
  const char *name;
  void (*run) (const Bench * bench);
} ways[] = {
  {"y, im2col", forward_unfolded}, {"Winograd", forward_winograd},
  {"dx, im2col", input_unfolded}, {"Winograd", input_winograd},
  {"dw, im2col", weights_unfolded}, {"Winograd", weights_winograd},
  {"transform", transform},
};

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

  printf ("%-18s", "ms (GFLOP/s)");
  for (guint w = 0; w < G_N_ELEMENTS (ways); w++)
    printf (" %14s", ways[w].name);
  printf ("\n");

  for (guint s = 0; s < G_N_ELEMENTS (shapes); s++) {
    const SstConvShape *const shape = &shapes[s];
    const size_t cells = (size_t) shape->height * shape->width;
    const size_t transformed = sst_winograd_weights_size (shape);
    const double flop = 2. * 9 * shape->in_channels * sst_conv_out_size (shape);
    Bench bench = { *shape,
      random_floats (&random, sst_conv_in_size (shape)),
      random_floats (&random, sst_conv_out_size (shape)),
      random_floats (&random, sst_conv_weights_size (shape)),
      random_floats (&random, shape->out_channels),
      random_floats (&random, transformed),
      random_floats (&random, transformed),
      random_floats (&random, sst_conv_out_size (shape)),
      random_floats (&random, sst_conv_in_size (shape)),
      random_floats (&random, sst_conv_weights_size (shape)),
      random_floats (&random, transformed),
      random_floats (&random, shape->in_channels * 9 * cells),
      random_floats (&random, sst_winograd_scratch_size (shape))
    };
    double best[G_N_ELEMENTS (ways)];

    for (int round = 0; round < ROUNDS; round++) {
      for (guint w = 0; w < G_N_ELEMENTS (ways); w++) {
        const double t = thread_ms ();
        double taken;

        for (int call = 0; call < CALLS; call++)
          ways[w].run (&bench);
        taken = thread_ms () - t;
        best[w] = round == 0 ? taken : MIN (best[w], taken);
      }
    }

    printf ("%3d->%-3d %3d x %-4d", shape->in_channels, shape->out_channels,
        shape->height, shape->width);
    for (guint w = 0; w < G_N_ELEMENTS (ways); w++) {
      const double ms = best[w] / CALLS;

      if (ways[w].run == transform)
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
    g_aligned_free (bench.y);
    g_aligned_free (bench.dx);
    g_aligned_free (bench.dweights);
    g_aligned_free (bench.made);
    g_aligned_free (bench.unfolded);
    g_aligned_free (bench.scratch);
  }
  return 0;
}
