/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "nn/conv.h"
#include "nn/correlate.h"
#include "nn/standardize.h"

#include "suite.h"

/* What no function may touch. */
#define JUNK 12345.f

static float *
normals (SstRandom * random, size_t n)
{
  float *x = g_new (float, n);

  for (size_t i = 0; i < n; i++)
    x[i] = sst_random_normal (random, 1.f);
  return x;
}

static double
dot (const float *a, const float *b, size_t n)
{
  double sum = 0.0;

  for (size_t i = 0; i < n; i++)
    sum += (double) a[i] * b[i];
  return sum;
}

/* --- convolution -------------------------------------------------------- */

/* The definition, y = w * x + b, with each product handed out: what is given is
 * added to y, dx (transposed) or dw. */
static void
plain (const SstConvShape * s, const float *x, const float *w, const float *dy,
    double *y, double *dx, double *dw)
{
  const int height = sst_conv_out_height (s), width = sst_conv_out_width (s);
  const int k = s->kernel, pad = k / 2;

  for (int o = 0; o < s->out_channels; o++)
    for (int i = 0; i < s->in_channels; i++)
      for (int ky = 0; ky < k; ky++)
        for (int kx = 0; kx < k; kx++)
          for (int oy = 0; oy < height; oy++)
            for (int ox = 0; ox < width; ox++) {
              const int iy = oy * s->stride + ky - pad;
              const int ix = ox * s->stride + kx - pad;
              const int at_w = ((o * s->in_channels + i) * k + ky) * k + kx;
              const int at_x = (i * s->height + iy) * s->width + ix;
              const int at_y = (o * height + oy) * width + ox;

              if (iy < 0 || iy >= s->height || ix < 0 || ix >= s->width)
                continue;
              y[at_y] += (double) w[at_w] * x[at_x];
              dx[at_x] += (double) w[at_w] * dy[at_y];
              dw[at_w] += (double) x[at_x] * dy[at_y];
            }
}

static void
check_close (const float *got, const double *expected, size_t n,
    const char *what, const SstConvShape * s)
{
  for (size_t i = 0; i < n; i++)
    ck_assert_msg (fabs (got[i] - expected[i]) < 1e-4 * (1.0
            + fabs (expected[i])), "%s[%zu] of %d -> %d, kernel %d, stride %d, "
        "%d x %d: %g for %g", what, i, s->in_channels, s->out_channels,
        s->kernel, s->stride, s->height, s->width, got[i], expected[i]);
}

static void
check_conv (const SstConvShape * s, SstRandom * random)
{
  const size_t n_x = sst_conv_in_size (s), n_y = sst_conv_out_size (s);
  const size_t n_w = sst_conv_weights_size (s);
  const size_t cells = n_y / s->out_channels;
  const size_t n_scratch = sst_conv_scratch_size (s);
  float *x = normals (random, n_x), *w = normals (random, n_w);
  float *dy = normals (random, n_y), *bias = normals (random, s->out_channels);
  float *scratch = g_new (float, n_scratch + 1);
  float *y = g_new (float, n_y + 1), *dx = g_new (float, n_x + 1);
  float *dw = g_new (float, n_w + 1), *db = g_new (float, s->out_channels + 1);
  double *ty = g_new0 (double, n_y), *tx = g_new0 (double, n_x);
  double *tw = g_new0 (double, n_w), *tb = g_new0 (double, s->out_channels);

  plain (s, x, w, dy, ty, tx, tw);
  scratch[n_scratch] = y[n_y] = dx[n_x] = dw[n_w] = db[s->out_channels] = JUNK;

  sst_conv_forward (s, x, w, NULL, FALSE, y, scratch);
  check_close (y, ty, n_y, "y", s);
  for (size_t i = 0; i < n_y; i++)
    ty[i] += bias[i / cells];
  sst_conv_forward (s, x, w, bias, FALSE, y, scratch);
  check_close (y, ty, n_y, "y + bias", s);
  sst_conv_forward (s, x, w, bias, TRUE, y, scratch);
  for (size_t i = 0; i < n_y; i++)
    ty[i] = fmax (ty[i], 0.0);
  check_close (y, ty, n_y, "max (y + bias, 0)", s);

  /* overwrites */
  for (size_t i = 0; i < n_x; i++)
    dx[i] = JUNK;
  sst_conv_backward_input (s, dy, w, dx, scratch);
  check_close (dx, tx, n_x, "dx", s);

  /* adds */
  for (size_t i = 0; i < n_w; i++) {
    dw[i] = 2.f;
    tw[i] += 2.0;
  }
  for (int c = 0; c < s->out_channels; c++) {
    db[c] = tb[c] = -1.0;
    for (size_t i = 0; i < cells; i++)
      tb[c] += dy[c * cells + i];
  }
  sst_conv_backward_weights (s, x, dy, dw, scratch);
  check_close (dw, tw, n_w, "dw", s);
  sst_conv_backward_bias (s, dy, db);
  check_close (db, tb, s->out_channels, "db", s);

  ck_assert (scratch[n_scratch] == JUNK && y[n_y] == JUNK && dx[n_x] == JUNK
      && dw[n_w] == JUNK && db[s->out_channels] == JUNK);
  g_free (x);
  g_free (w);
  g_free (dy);
  g_free (bias);
  g_free (scratch);
  g_free (y);
  g_free (dx);
  g_free (dw);
  g_free (db);
  g_free (ty);
  g_free (tx);
  g_free (tw);
  g_free (tb);
}

/* All kernels, strides and sides, down to less than the kernel. */
START_TEST (convolutions_are_sums_of_products)
{
  static const int sides[][2] = {
    {1, 1}, {1, 2}, {2, 1}, {2, 3}, {1, 9}, {7, 1}, {4, 4}, {5, 8}, {9, 7},
    {16, 3}, {13, 19}
  };
  static const int channels[][2] = { {1, 1}, {3, 2}, {2, 5}, {17, 9} };
  SstRandom random = sst_random_init (1, 1);

  for (int kernel = 1; kernel <= 7; kernel += 2)
    for (int stride = 1; stride <= 2; stride++)
      for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
        for (guint k = 0; k < G_N_ELEMENTS (channels); k++)
          check_conv (&(SstConvShape) {
                channels[k][0], channels[k][1], kernel, stride, sides[i][0],
                sides[i][1]}, &random);
}
END_TEST

START_TEST (relu_passes_what_is_positive)
{
  const float y[] = { 1.f, 0.f, 2.f, -0.f, 1e-30f, 0.f, 3.f, 0.f, 4.f };
  float dy[] = { 1.f, 2.f, -3.f, 4.f, 5.f, -6.f, 7.f, 8.f, 9.f };
  const float expected[] = { 1.f, 0.f, -3.f, 0.f, 5.f, 0.f, 7.f, 0.f, 9.f };

  sst_relu_backward (y, dy, G_N_ELEMENTS (y));
  for (guint i = 0; i < G_N_ELEMENTS (y); i++)
    ck_assert_float_eq (dy[i], expected[i]);
}
END_TEST

/* --- gradients by differences ------------------------------------------- */

typedef void (*Forward) (gpointer data, const float *x, float *out);

/* <dout, d out / d x_i> for each i, against what the backward pass says. */
static void
check_gradient (Forward forward, gpointer data, float *x, size_t n,
    const float *dout, size_t n_out, const float *dx, const char *what)
{
  float *low = g_new (float, n_out), *high = g_new (float, n_out);

  for (size_t i = 0; i < n; i++) {
    const float saved = x[i];
    const float step = 3e-3f;
    double difference;

    x[i] = saved - step;
    forward (data, x, low);
    x[i] = saved + step;
    forward (data, x, high);
    x[i] = saved;
    difference = (dot (high, dout, n_out) - dot (low, dout, n_out))
        / (2.0 * step);
    ck_assert_msg (fabs (difference - dx[i]) < 3e-3 * (1.0
            + fabs (difference)), "%s[%zu]: %g, differences give %g", what, i,
        dx[i], difference);
  }
  g_free (low);
  g_free (high);
}

/* --- cells -------------------------------------------------------------- */

typedef struct
{
  int channels, cells;
} Map;

static void
forward_normalize (gpointer data, const float *x, float *out)
{
  const Map *const map = data;

  sst_normalize_cells_forward (map->channels, map->cells, x, out, NULL);
}

START_TEST (cells_are_normalized)
{
  static const Map maps[] = { {1, 1}, {5, 1}, {3, 63}, {4, 64}, {3, 65},
    {7, 130}
  };
  SstRandom random = sst_random_init (2, 1);

  for (guint m = 0; m < G_N_ELEMENTS (maps); m++) {
    Map map = maps[m];
    const int n = map.channels * map.cells;
    float *x = normals (&random, n), *dout = normals (&random, n);
    float *out = g_new (float, n), *dx = g_new (float, n);
    float *length = g_new (float, map.cells);

    sst_normalize_cells_forward (map.channels, map.cells, x, out, length);
    for (int i = 0; i < map.cells; i++) {
      double squares = 0.0;

      for (int c = 0; c < map.channels; c++)
        squares += (double) x[c * map.cells + i] * x[c * map.cells + i];
      ck_assert_double_eq_tol (length[i], sqrt (squares + 1e-6), 1e-5);
      for (int c = 0; c < map.channels; c++)
        ck_assert_double_eq_tol (out[c * map.cells + i],
            x[c * map.cells + i] / sqrt (squares + 1e-6), 1e-5);
    }
    sst_normalize_cells_backward (map.channels, map.cells, out, length, dout,
        dx);
    /* a number alone is nearly its sign, with a slope that no difference
     * finds */
    if (map.channels > 1)
      check_gradient (forward_normalize, &map, x, n, dout, n, dx, "normalize");
    /* in place */
    sst_normalize_cells_backward (map.channels, map.cells, out, length, dout,
        dout);
    ck_assert_mem_eq (dout, dx, n * sizeof (float));
    sst_normalize_cells_forward (map.channels, map.cells, x, x, NULL);
    ck_assert_mem_eq (x, out, n * sizeof (float));
    g_free (x);
    g_free (dout);
    g_free (out);
    g_free (dx);
    g_free (length);
  }
}
END_TEST

/* Cells of nothing stay that, with a gradient that is finite. */
START_TEST (cells_of_zeros_stay_zeros)
{
  float x[6] = { 0.f }, length[3];
  const float dout[6] = { 1.f, -2.f, 3.f, 4.f, 5.f, 6.f };

  sst_normalize_cells_forward (2, 3, x, x, length);
  for (int i = 0; i < 6; i++)
    ck_assert_float_eq (x[i], 0.f);
  sst_normalize_cells_backward (2, 3, x, length, dout, x);
  for (int i = 0; i < 6; i++)
    ck_assert_float_eq_tol (x[i], 1e3f * dout[i], 1.f);
}
END_TEST

/* The middle, and its transpose. */
START_TEST (the_middle_is_cut_out_and_put_back)
{
  static const int sizes[][2] = { {12, 8}, {12, 12}, {5, 3}, {6, 3}, {1, 1} };
  SstRandom random = sst_random_init (3, 1);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    const int width = sizes[i][0], side = sizes[i][1], channels = 3;
    const int first = (width - side) / 2;
    const int n = channels * width * width, n_out = channels * side * side;
    float *x = normals (&random, n), *dout = normals (&random, n_out);
    float *out = g_new (float, n_out), *dx = g_new (float, n);

    sst_central_cells_forward (channels, width, side, x, out);
    for (int k = 0; k < n_out; k++)
      ck_assert_float_eq (out[k], x[(k / (side * side) * width + first
                  + k / side % side) * width + first + k % side]);
    for (int k = 0; k < n; k++)
      dx[k] = JUNK;
    sst_central_cells_backward (channels, width, side, dout, dx);
    ck_assert_double_eq_tol (dot (x, dx, n), dot (out, dout, n_out), 1e-4);
    g_free (x);
    g_free (dout);
    g_free (out);
    g_free (dx);
  }
}
END_TEST

/* All that goes into a correlation: scale, then a, then b. */
static void
forward_correlate (gpointer data, const float *x, float *out)
{
  const int *const size = data;

  sst_correlate_forward (size[0], size[1], size[2], x[0], x + 1,
      x + 1 + size[0] * size[1], out);
}

START_TEST (correlations_are_sums_of_products)
{
  static const float scales[] = { 4.f, -0.7f, 0.f };
  int size[3] = { 5, 4, 7 };    /* channels, n_a, n_b */
  const int n_a = size[0] * size[1], n_b = size[0] * size[2];
  const int n = 1 + n_a + n_b, n_out = size[1] * size[2];
  SstRandom random = sst_random_init (4, 1);

  for (guint s = 0; s < G_N_ELEMENTS (scales); s++) {
    float *x = normals (&random, n), *dout = normals (&random, n_out);
    float *out = g_new (float, n_out), *dx = g_new (float, n);

    x[0] = scales[s];
    forward_correlate (size, x, out);
    for (int k = 0; k < n_out; k++) {
      double sum = 0.0;

      for (int c = 0; c < size[0]; c++)
        sum += (double) x[1 + c * size[1] + k / size[2]]
            * x[1 + n_a + c * size[2] + k % size[2]];
      ck_assert_double_eq_tol (out[k], scales[s] * sum, 1e-4);
    }
    for (int i = 0; i < n; i++)
      dx[i] = JUNK;
    dx[0] = 0.f;
    sst_correlate_backward (size[0], size[1], size[2], x[0], x + 1, x + 1 + n_a,
        dout, dx + 1, dx + 1 + n_a, dx);
    check_gradient (forward_correlate, size, x, n, dout, n_out, dx,
        "correlate");
    dx[0] += 3.f;               /* it adds to this one alone */
    sst_correlate_backward (size[0], size[1], size[2], x[0], x + 1, x + 1 + n_a,
        dout, dx + 1, dx + 1 + n_a, dx);
    dx[0] = 0.5f * (dx[0] - 3.f);
    check_gradient (forward_correlate, size, x, n, dout, n_out, dx,
        "correlate again");
    g_free (x);
    g_free (dout);
    g_free (out);
    g_free (dx);
  }
}
END_TEST

/* --- standardisation ---------------------------------------------------- */

/* Weights, then gains. */
static void
forward_standardize (gpointer data, const float *x, float *out)
{
  const Map *const map = data;

  sst_standardize_forward (map->channels, map->cells, x,
      x + map->channels * map->cells, out);
}

START_TEST (weights_are_standardized)
{
  Map map = { 3, 18 };
  const int n = map.channels * map.cells;
  const double gamma = sqrt (2.0 / (1.0 - 1.0 / G_PI));
  SstRandom random = sst_random_init (5, 1);
  float *x = normals (&random, n + map.channels);
  float *dout = normals (&random, n);
  float *out = g_new (float, n), *dx = g_new0 (float, n + map.channels);

  for (int i = 0; i < map.cells; i++)
    x[i] = 40.f + 0.1f * x[i];  /* a mean that has to go, small weights */
  forward_standardize (&map, x, out);
  for (int c = 0; c < map.channels; c++) {
    double sum = 0.0, squares = 0.0;

    for (int i = 0; i < map.cells; i++) {
      sum += out[c * map.cells + i];
      squares += (double) out[c * map.cells + i] * out[c * map.cells + i];
    }
    ck_assert_double_eq_tol (sum, 0.0, 1e-4);
    /* what makes the output of a rectifier's output of variance 1 so again */
    ck_assert_double_eq_tol (sqrt (squares), gamma * fabs (x[n + c]), 2e-4
        * gamma);
  }
  for (int i = 0; i < map.cells; i++)
    x[i] = (x[i] - 40.f) * 10.f;
  forward_standardize (&map, x, out);
  sst_standardize_backward (map.channels, map.cells, x, x + n, dout, dx,
      dx + n);
  check_gradient (forward_standardize, &map, x, n + map.channels, dout, n, dx,
      "standardize");
  sst_standardize_backward (map.channels, map.cells, x, x + n, dout, dx,
      dx + n);                  /* adds */
  for (int i = 0; i < n + map.channels; i++)
    dx[i] *= 0.5f;
  check_gradient (forward_standardize, &map, x, n + map.channels, dout, n, dx,
      "standardize again");
  g_free (x);
  g_free (dout);
  g_free (out);
  g_free (dx);
}
END_TEST

/* One weight, or all the same: nothing is left of them, and all is finite. */
START_TEST (flat_weights_become_zeros)
{
  const float weights[4] = { 7.f, 7.f, 7.f, 7.f };
  const float gain[4] = { 1.f, 1.f, 1.f, 1.f };
  const float dout[4] = { 1.f, -1.f, 2.f, 3.f };
  float out[4], dweights[4] = { 0.f }, dgain[4] = { 0.f };

  for (int n = 1; n <= 4; n += 3) {
    sst_standardize_forward (4 / n, n, weights, gain, out);
    sst_standardize_backward (4 / n, n, weights, gain, dout, dweights, dgain);
    for (int i = 0; i < 4; i++) {
      ck_assert_float_eq (out[i], 0.f);
      ck_assert (isfinite (dweights[i]) && isfinite (dgain[i]));
    }
  }
}
END_TEST

static Suite *
nn_suite (void)
{
  Suite *suite = suite_create ("nn");
  TCase *tcase = tcase_create ("nn");

  tcase_add_test (tcase, convolutions_are_sums_of_products);
  tcase_add_test (tcase, relu_passes_what_is_positive);
  tcase_add_test (tcase, cells_are_normalized);
  tcase_add_test (tcase, cells_of_zeros_stay_zeros);
  tcase_add_test (tcase, the_middle_is_cut_out_and_put_back);
  tcase_add_test (tcase, correlations_are_sums_of_products);
  tcase_add_test (tcase, weights_are_standardized);
  tcase_add_test (tcase, flat_weights_become_zeros);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (nn)
