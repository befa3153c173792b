/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/dcf.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

/* Steps after which small problems are solved for good. */
#define ENOUGH 400

/* A model and what is needed to feed it, with nothing of the library's own
 * transforms: spectra come from the definition, in double precision. */
typedef struct
{
  GRand *rand;
  SstDcfParams params;
  SstDcf *dcf;
  int n, m, n_channels;
  size_t cells, plane, size;    /* size: cells of all channels */
  double *cosine;               /* of 2 pi i / n */
  double *half;                 /* n x 2m: rows transformed */
  float *spectrum, *response, *filter;
  float *work;                  /* lent */
} Model;

static void
model_setup (Model * model, const char *test, const SstDcfParams * params)
{
  const char *const given = getenv ("SST_TEST_SEED");
  const guint32 seed =
      given ? (guint32) strtoul (given, NULL, 0) : g_random_int ();
  const int n = params->grid;

  printf ("%s: SST_TEST_SEED=%u\n", test, seed);
  *model = (Model) {
  .params = *params,.n = n,.m = n / 2 + 1};
  model->rand = g_rand_new_with_seed (seed);
  model->n_channels = params->n_channels;
  model->cells = (size_t) n * n;
  model->plane = (size_t) n * model->m;
  model->size = model->cells * params->n_channels;
  model->dcf = sst_dcf_new (params);
  model->work = g_new (float, sst_dcf_work_size (model->dcf));
  sst_dcf_lend (model->dcf, model->work);
  ck_assert_uint_eq (sst_dcf_spectrum_size (model->dcf),
      2 * model->plane * params->n_channels);

  model->cosine = g_new (double, n);
  for (int i = 0; i < n; i++)
    model->cosine[i] = cos (2.0 * G_PI * i / n);
  model->half = g_new (double, 2 * model->plane);
  model->spectrum = g_new (float, sst_dcf_spectrum_size (model->dcf));
  model->response = g_new (float, model->cells);
  model->filter = g_new (float, model->size);
}

static void
model_teardown (Model * model)
{
  sst_dcf_free (&model->dcf);
  ck_assert_ptr_null (model->dcf);
  g_free (model->work);
  g_rand_free (model->rand);
  g_free (model->cosine);
  g_free (model->half);
  g_free (model->spectrum);
  g_free (model->response);
  g_free (model->filter);
}

/* A second model with the parameters of the first, that works where it does. */
static SstDcf *
model_twin (const Model * model, float width, float height)
{
  SstDcf *const twin = sst_dcf_new (&model->params);

  sst_dcf_lend (twin, model->work);
  sst_dcf_set_target_size (twin, width, height);
  return twin;
}

static double
uniform (Model * model, double low, double high)
{
  return g_rand_double_range (model->rand, low, high);
}

/* cos and sin of 2 pi k / n, for any k >= 0. */
static double
cos_at (const Model * model, int k)
{
  return model->cosine[k % model->n];
}

static double
sin_at (const Model * model, int k)
{
  return sin (2.0 * G_PI * (k % model->n) / model->n);
}

/* The half spectrum of one grid. */
static void
transform_grid (Model * model, const float *grid, float *spectrum)
{
  const int n = model->n, m = model->m;

  for (int k = 0; k < m; k++) {
    for (int y = 0; y < n; y++) {
      double *const out = model->half + 2 * (y * m + k);

      out[0] = out[1] = 0.0;
      for (int x = 0; x < n; x++) {
        out[0] += grid[y * n + x] * cos_at (model, k * x);
        out[1] -= grid[y * n + x] * sin_at (model, k * x);
      }
    }
    for (int l = 0; l < n; l++) {
      double re = 0.0, im = 0.0;

      for (int y = 0; y < n; y++) {
        const double *const in = model->half + 2 * (y * m + k);
        const double c = cos_at (model, l * y), s = sin_at (model, l * y);

        re += in[0] * c + in[1] * s;
        im += in[1] * c - in[0] * s;
      }
      spectrum[l * m + k] = (float) re;
      spectrum[model->plane + l * m + k] = (float) im;
    }
  }
}

/* Those of all channels, without a window, into model->spectrum. Between two
 * calls somebody else worked where the model does. */
static const float *
transform (Model * model, const float *channels)
{
  for (size_t i = 0; i < sst_dcf_work_size (model->dcf); i++)
    model->work[i] = NAN;
  for (int c = 0; c < model->n_channels; c++)
    transform_grid (model, channels + c * model->cells,
        model->spectrum + 2 * model->plane * c);
  return model->spectrum;
}

static const float *
respond (Model * model, const float *channels)
{
  sst_dcf_respond (model->dcf, transform (model, channels), model->response);
  return model->response;
}

static float *
noise (Model * model)
{
  float *const channels = g_new (float, model->size);

  for (size_t i = 0; i < model->size; i++)
    channels[i] = (float) uniform (model, -1, 1);
  return channels;
}

/* Content moved by whole cells, circularly. */
static float *
rolled (const Model * model, const float *channels, int dx, int dy)
{
  const int n = model->n;
  float *const out = g_new (float, model->size);

  for (int c = 0; c < model->n_channels; c++)
    for (int y = 0; y < n; y++)
      for (int x = 0; x < n; x++)
        out[c * model->cells + ((y + dy + n) % n) * n + (x + dx + n) % n] =
            channels[c * model->cells + y * n + x];
  return out;
}

/* A picture that is known between its cells: waves of few periods a side. */
#define WAVES 24

typedef struct
{
  struct
  {
    int kx, ky;
    double phase, height;
  } wave[WAVES];
} Waves;

static void
waves_init (Model * model, Waves * waves, int n_channels)
{
  const int top = MIN (model->n / 2 - 1, 8);

  for (int c = 0; c < n_channels; c++) {
    for (int i = 0; i < WAVES; i++) {
      waves[c].wave[i].kx = g_rand_int_range (model->rand, -top, top + 1);
      waves[c].wave[i].ky = g_rand_int_range (model->rand, -top, top + 1);
      waves[c].wave[i].phase = uniform (model, 0, 2 * G_PI);
      waves[c].wave[i].height = uniform (model, 0.1, 0.3);
    }
  }
}

/* Adds the waves to channels, moved by (dx, dy). */
static void
waves_add (const Model * model, const Waves * waves, double dx, double dy,
    float *channels)
{
  const int n = model->n;

  for (int c = 0; c < model->n_channels; c++) {
    for (int y = 0; y < n; y++) {
      for (int x = 0; x < n; x++) {
        double sum = 0.0;

        for (int i = 0; i < WAVES; i++)
          sum += waves[c].wave[i].height
              * cos (2.0 * G_PI * (waves[c].wave[i].kx * (x - dx)
                  + waves[c].wave[i].ky * (y - dy)) / n
              + waves[c].wave[i].phase);
        channels[c * model->cells + y * n + x] += (float) sum;
      }
    }
  }
}

/* What dcf.h says of the mask and of labels. */
static double
mask_profile (double distance, double side, int n)
{
  const double half = 1.05 * 0.5 * CLAMP (side, 1.0, n);
  const double t = (distance - half) / (half / 4 + 1.5);

  return 1.0 - CLAMP (t, 0.0, 1.0);
}

static double
mask_at (int n, double width, double height, int x, int y)
{
  return mask_profile (fabs (x - 0.5 * (n - 1)), width, n)
      * mask_profile (fabs (y - 0.5 * (n - 1)), height, n);
}

static double
bump_at (int n, double x, double y, double sigma)
{
  const double u = remainder (x, n), v = remainder (y, n);

  return exp (-0.5 * (u * u + v * v) / (sigma * sigma));
}

static double
label_sigma (const SstDcfParams * params, double width, double height)
{
  return fmax (params->label_sigma * sqrt (width * height), 0.3);
}

/* Shares as dcf.h says, to be compared. */
typedef struct
{
  double rate, first;
  int n;
  double weight[128];
} Shares;

static void
shares_add (Shares * shares, double scale)
{
  const int k = shares->n + 1;

  for (int i = 1; i < shares->n; i++)
    shares->weight[i] *= 1.0 - shares->rate * scale;
  shares->weight[shares->n++] =
      shares->rate * scale * (k < 8 ? 8.0 / k : 1.0);
}

static double
shares_get (const Shares * shares, int i)
{
  double others = 0.0;

  for (int k = 1; k < shares->n; k++)
    others += shares->weight[k];
  if (others <= 1.0 - shares->first)
    return i == 0 ? 1.0 - others : shares->weight[i];
  return i == 0 ? shares->first
      : shares->weight[i] * (1.0 - shares->first) / others;
}

/* Solves A x = b in place, A of n x n, by elimination with pivots. */
static void
eliminate (double *a, double *b, int n)
{
  for (int k = 0; k < n; k++) {
    int pivot = k;

    for (int i = k + 1; i < n; i++)
      if (fabs (a[i * n + k]) > fabs (a[pivot * n + k]))
        pivot = i;
    if (pivot != k) {
      for (int j = 0; j < n; j++) {
        const double t = a[k * n + j];

        a[k * n + j] = a[pivot * n + j];
        a[pivot * n + j] = t;
      }
      const double t = b[k];

      b[k] = b[pivot];
      b[pivot] = t;
    }
    for (int i = k + 1; i < n; i++) {
      const double factor = a[i * n + k] / a[k * n + k];

      if (factor == 0.0)
        continue;
      for (int j = k; j < n; j++)
        a[i * n + j] -= factor * a[k * n + j];
      b[i] -= factor * b[k];
    }
  }
  for (int i = n - 1; i >= 0; i--) {
    for (int j = i + 1; j < n; j++)
      b[i] -= a[i * n + j] * b[j];
    b[i] /= a[i * n + i];
  }
}

typedef struct
{
  float *channels;              /* as stored: the target is central */
  double *label;
  double share;
} Sample;

/* The filter of the definition: normal equations in the cells themselves, of
 * the unknowns g, row by row. */
static double *
solve_directly (Model * model, const Sample * samples, int n_samples,
    double width, double height)
{
  const int n = model->n, cells = n * n, size = (int) model->size;
  double *const a = g_new0 (double, (size_t) size * size);
  double *const b = g_new0 (double, size);
  double energy = 0.0;

  transform (model, samples[0].channels);
  for (size_t i = 0; i < sst_dcf_spectrum_size (model->dcf); i++)
    energy += (double) model->spectrum[i] * model->spectrum[i];
  energy /= model->plane;

  for (int u = 0; u < size; u++) {
    const int tx = u % n, ty = u / n % n;
    const double mask = mask_at (n, width, height, tx, ty);

    for (int i = 0; i < n_samples && mask > 0.0; i++) {
      const float *const x = samples[i].channels + u / cells * cells;

      for (int s = 0; s < cells; s++) {
        const int sx = s % n, sy = s / n;
        const double left = mask * samples[i].share
            * x[(ty + sy) % n * n + (tx + sx) % n];

        b[u] += left * samples[i].label[s];
        for (int v = 0; v <= u; v++) {
          const int vx = v % n, vy = v / n % n;

          a[u * size + v] += left
              * samples[i].channels[v / cells * cells + (vy + sy) % n * n
              + (vx + sx) % n];
        }
      }
    }
  }
  for (int u = 0; u < size; u++) {
    for (int v = 0; v <= u; v++) {
      a[u * size + v] *= mask_at (n, width, height, v % n, v / n % n);
      a[v * size + u] = a[u * size + v];
    }
    a[u * size + u] += model->params.regularization * energy;
  }
  eliminate (a, b, size);
  for (int u = 0; u < size; u++)
    b[u] *= mask_at (n, width, height, u % n, u / n % n);
  g_free (a);
  return b;
}

static double
largest (const float *values, size_t n)
{
  double top = 0.0;

  for (size_t i = 0; i < n; i++)
    top = fmax (top, fabs ((double) values[i]));
  return top;
}

static void
check_finite (const float *values, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (!isfinite (values[i]))
      ck_abort_msg ("%g at %zu", (double) values[i], i);
}

/* The whole definition at once: several channels and samples, shifts, labels
 * of different sizes, a distractor, weights and the mask. */
START_TEST (the_filter_solves_its_equations)
{
  static const struct
  {
    int n, n_channels;
    float width, height, regularization;
  } cases[] = {
    {8, 1, 3, 3, 0.02f},
    {8, 3, 3, 2.5f, 0.02f},
    {8, 2, 8, 1, 0.1f},
    {10, 2, 3.7f, 2.2f, 0.005f},
  };
  SstDcfParams params = SST_DCF_PARAMS_DEFAULT;
  const SstDistractor distractor = { 3.25f, -1.5f, 0.7f };
  const float width = cases[_i].width, height = cases[_i].height;
  const int n = cases[_i].n;
  Shares shares = { 0.1, 0.3, 1, {1.0} };
  Sample samples[3];
  double *expected, top;
  float *shown;
  Model model;

  params.grid = n;
  params.n_channels = cases[_i].n_channels;
  params.regularization = cases[_i].regularization;
  params.label_sigma = 0.25f;
  params.learning_rate = 0.1f;
  params.first_weight = 0.3f;
  model_setup (&model, "direct", &params);

  for (int i = 0; i < 3; i++) {
    const int dx = i == 0 ? 0 : -1, dy = i == 0 ? 0 : 2;
    const float size = i == 1 ? 1.5f : 1.f;
    const double sigma = label_sigma (&params, size * width, size * height);

    samples[i].channels = noise (&model);
    samples[i].label = g_new (double, model.cells);
    for (int s = 0; s < n * n; s++) {
      samples[i].label[s] = bump_at (n, s % n, s / n, sigma);
      if (i == 2)
        samples[i].label[s] -= distractor.strength
            * bump_at (n, s % n - (distractor.x - dx),
            s / n - (distractor.y - dy), 1.5);
    }
    sst_dcf_set_target_size (model.dcf, size * width, size * height);
    shown = rolled (&model, samples[i].channels, dx, dy);
    sst_dcf_add_sample (model.dcf, transform (&model, shown), (float) dx,
        (float) dy, i == 1 ? 0.5f : 1.f, &distractor, i == 2);
    if (i > 0)
      shares_add (&shares, i == 1 ? 0.5 : 1.0);
    g_free (shown);
  }
  for (int i = 0; i < 3; i++)
    samples[i].share = shares_get (&shares, i);

  ck_assert_float_lt (sst_dcf_solve (model.dcf, ENOUGH), 1e-3f);
  sst_dcf_get_filter (model.dcf, model.filter);
  expected = solve_directly (&model, samples, 3, width, height);
  top = 0.0;
  for (size_t i = 0; i < model.size; i++)
    top = fmax (top, fabs (expected[i]));
  ck_assert_double_gt (top, 1e-3);
  /* samples are kept to 1 / 512 */
  for (size_t i = 0; i < model.size; i++)
    if (!(fabs (model.filter[i] - expected[i]) < 6e-3 * top))
      ck_abort_msg ("cell %zu: %g instead of %g", i, (double) model.filter[i],
          expected[i]);

  /* and the response is its correlation with a sample */
  respond (&model, samples[1].channels);
  for (int s = 0; s < n * n; s++) {
    double sum = 0.0;

    for (int u = 0; u < (int) model.size; u++)
      sum += model.filter[u] * samples[1].channels[u / (n * n) * (n * n)
          + (u / n % n + s / n) % n * n + (u % n + s % n) % n];
    ck_assert_double_eq_tol (model.response[(s / n + n / 2) % n * n
            + (s % n + n / 2) % n], sum, 2e-3);
  }

  g_free (expected);
  for (int i = 0; i < 3; i++) {
    g_free (samples[i].channels);
    g_free (samples[i].label);
  }
  model_teardown (&model);
}
END_TEST

/* With one sample that is a single cell the equations fall apart, one for
 * each cell of the filter, from which the mask can be told. */
START_TEST (the_mask_weighs_each_cell)
{
  static const float sizes[][2] = {
    {1, 1}, {3, 2.5f}, {6, 20}, {24, 24}, {0.1f, 5}, {1e3f, 7},
  };
  const int n = 24;
  SstDcfParams params = SST_DCF_PARAMS_DEFAULT;
  float *channels;
  Model model;

  params.grid = n;
  params.regularization = 1;
  params.label_sigma = 100;
  model_setup (&model, "mask", &params);
  channels = g_new0 (float, model.size);
  channels[n / 2 * n + n / 2] = 1;

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    const float width = sizes[i][0], height = sizes[i][1];
    const double sigma = label_sigma (&params, width, height);

    sst_dcf_reset (model.dcf);
    sst_dcf_set_target_size (model.dcf, width, height);
    sst_dcf_add_sample (model.dcf, transform (&model, channels), 0, 0, 1, NULL,
        0);
    sst_dcf_solve (model.dcf, ENOUGH);
    sst_dcf_get_filter (model.dcf, model.filter);
    for (int y = 0; y < n; y++) {
      for (int x = 0; x < n; x++) {
        const double share = model.filter[y * n + x]
            / bump_at (n, x - n / 2, y - n / 2, sigma);
        const double mask = sqrt (fmax (share / (1.0 - share), 0.0));

        ck_assert_double_eq_tol (mask, mask_at (n, width, height, x, y), 2e-3);
      }
    }
  }
  g_free (channels);
  model_teardown (&model);
}
END_TEST

/* Each sample has a channel of its own, so that the filter tells their shares
 * apart: the first one's least share and forgetting, in and out of the sums. */
START_TEST (samples_have_the_shares_they_should)
{
  static const struct
  {
    float rate, first;
  } cases[] = {
    {0.025f, 0.2f}, {0.1f, 0.05f}, {0.3f, 0.4f}, {1, 0}, {0.5f, 1},
  };
  const int n = 8, total = 20;
  SstDcfParams params = SST_DCF_PARAMS_DEFAULT;
  Shares shares = { cases[_i].rate, cases[_i].first, 1, {1.0} };
  float *channels;
  Model model;

  params.grid = n;
  params.n_channels = total;
  params.regularization = 0.05f;
  params.learning_rate = cases[_i].rate;
  params.first_weight = cases[_i].first;
  model_setup (&model, "weights", &params);
  sst_dcf_set_target_size (model.dcf, 3, 3);
  channels = g_new0 (float, model.size);

  for (int i = 0; i < total; i++) {
    const float scale = (float) uniform (&model, 0.2, 1);
    const size_t center = n / 2 * n + n / 2;

    channels[i * model.cells + center] = 1;
    sst_dcf_add_sample (model.dcf, transform (&model, channels), 0, 0, scale,
        NULL, 0);
    channels[i * model.cells + center] = 0;
    if (i > 0)
      shares_add (&shares, scale);

    sst_dcf_solve (model.dcf, ENOUGH);
    sst_dcf_get_filter (model.dcf, model.filter);
    for (int k = 0; k < total; k++) {
      const double q = model.filter[k * model.cells + center];
      const double got = q / (1.0 - q) * params.regularization;
      const double expected = k < shares.n ? shares_get (&shares, k) : 0.0;

      if (!(fabs (got - expected) < 5e-4))
        ck_abort_msg ("sample %d after %d: %g instead of %g", k, i, got,
            expected);
    }
  }
  g_free (channels);
  model_teardown (&model);
}
END_TEST

/* A window of Hann's, and no more. */
START_TEST (a_sample_is_windowed_by_hann)
{
  SstDcfParams params = SST_DCF_PARAMS_DEFAULT;
  float *channels, *before, *spectrum;
  Model model;

  params.grid = 10;
  params.n_channels = 3;
  model_setup (&model, "transform", &params);
  channels = noise (&model);
  before = g_new (float, model.size);
  memcpy (before, channels, model.size * sizeof (float));
  spectrum = g_new (float, sst_dcf_spectrum_size (model.dcf));
  sst_dcf_transform (model.dcf, channels, spectrum);
  ck_assert_mem_eq (before, channels, model.size * sizeof (float));

  for (size_t i = 0; i < model.size; i++) {
    const double x = i % 10 + 0.5, y = i / 10 % 10 + 0.5;

    channels[i] *= (float) (sin (G_PI * x / 10) * sin (G_PI * x / 10)
        * sin (G_PI * y / 10) * sin (G_PI * y / 10));
  }
  transform (&model, channels);
  for (size_t i = 0; i < sst_dcf_spectrum_size (model.dcf); i++)
    ck_assert_double_eq_tol (spectrum[i], model.spectrum[i], 2e-5);

  g_free (channels);
  g_free (before);
  g_free (spectrum);
  model_teardown (&model);
}
END_TEST

/* A sample shifted by the model is one that was shifted before: by whole cells
 * whatever it holds, between cells what has no detail finer than they. */
START_TEST (the_model_shifts_a_sample_exactly)
{
  SstDcfParams params = SST_DCF_PARAMS_DEFAULT;
  const int n = 12;
  Model model;

  params.grid = n;
  params.n_channels = 2;
  params.label_sigma = 0.3f;
  model_setup (&model, "shift", &params);
  for (int i = 0; i < 12; i++) {
    SstDcf *twin = model_twin (&model, 4, 3);
    float *const expected = g_new (float, model.size);
    float *central, *shown;
    double dx = uniform (&model, -3, 3), dy = uniform (&model, -3, 3);

    if (i % 2 == 0) {
      dx = i == 0 ? 0 : rint (dx);
      dy = i == 2 ? 0 : rint (dy);
      central = noise (&model);
      shown = rolled (&model, central, (int) dx, (int) dy);
    } else {
      Waves waves[2];

      waves_init (&model, waves, 2);
      central = g_new0 (float, model.size);
      shown = g_new0 (float, model.size);
      waves_add (&model, waves, 0, 0, central);
      waves_add (&model, waves, dx, dy, shown);
    }
    sst_dcf_add_sample (twin, transform (&model, central), 0, 0, 1, NULL, 0);
    sst_dcf_solve (twin, ENOUGH);
    sst_dcf_get_filter (twin, expected);

    sst_dcf_reset (model.dcf);
    sst_dcf_set_target_size (model.dcf, 4, 3);
    sst_dcf_add_sample (model.dcf, transform (&model, shown), (float) dx,
        (float) dy, 1, NULL, 0);
    sst_dcf_solve (model.dcf, ENOUGH);
    sst_dcf_get_filter (model.dcf, model.filter);
    for (size_t k = 0; k < model.size; k++)
      if (!(fabs ((double) model.filter[k] - expected[k])
              < 2e-3 * largest (expected, model.size)))
        ck_abort_msg ("(%g, %g), cell %zu: %g instead of %g", dx, dy, k,
            (double) model.filter[k], (double) expected[k]);

    sst_dcf_free (&twin);
    g_free (expected);
    g_free (central);
    g_free (shown);
  }
  model_teardown (&model);
}
END_TEST

/* Between cells the finest waves, n / 2 periods a side, keep the part of them
 * that a grid can show: cos (pi (x - dx)) counts as cos (pi x) cos (pi dx). */
START_TEST (the_finest_waves_keep_what_a_grid_can_show)
{
  SstDcfParams params = SST_DCF_PARAMS_DEFAULT;
  const int n = 8;
  Model model;

  params.grid = n;
  model_setup (&model, "shift, finest", &params);
  for (int i = 0; i < 8; i++) {
    const double dx = uniform (&model, -2, 2), dy = uniform (&model, -2, 2);
    SstDcf *twin = model_twin (&model, 4, 3);
    float *const grid[2] = { g_new (float, n * n), g_new (float, n * n) };
    float *const expected = g_new (float, model.size);

    for (int c = 0; c < 2 * n * n; c++) {
      const int shown = c / (n * n), x = c % n, y = c / n % n;
      const double mx = shown ? dx : 0, my = shown ? dy : 0;
      const double fx = cos (G_PI * x) * cos (G_PI * mx);
      const double fy = cos (G_PI * y) * cos (G_PI * my);

      grid[shown][c % (n * n)] = (float) (fx
          * sin (2 * G_PI * 3 * (y - my) / n + 1)
          + 0.7 * fy * sin (2 * G_PI * (x - mx) / n + 2)
          + cos (2 * G_PI * (2 * (x - mx) + (y - my)) / n));
    }
    /* away from the plain grid; back to it would lose of the finest twice */
    sst_dcf_add_sample (twin, transform (&model, grid[1]), 0, 0, 1, NULL, 0);
    sst_dcf_solve (twin, ENOUGH);
    sst_dcf_get_filter (twin, expected);
    sst_dcf_reset (model.dcf);
    sst_dcf_set_target_size (model.dcf, 4, 3);
    sst_dcf_add_sample (model.dcf, transform (&model, grid[0]), (float) -dx,
        (float) -dy, 1, NULL, 0);
    sst_dcf_solve (model.dcf, ENOUGH);
    sst_dcf_get_filter (model.dcf, model.filter);
    for (size_t k = 0; k < model.size; k++)
      ck_assert_double_eq_tol (model.filter[k], expected[k],
          3e-3 * largest (expected, model.size));

    sst_dcf_free (&twin);
    g_free (grid[0]);
    g_free (grid[1]);
    g_free (expected);
  }
  model_teardown (&model);
}
END_TEST

/* The response's peak, between cells, from the centre of the grid. The bump is
 * a Gaussian: its logarithm a parabola. */
static float
find_peak (const float *response, int n, double *px, double *py)
{
  int best = n + 1;

  for (int y = 1; y < n - 1; y++)
    for (int x = 1; x < n - 1; x++)
      if (response[y * n + x] > response[best])
        best = y * n + x;
  for (int axis = 0; axis < 2; axis++) {
    const int step = axis == 0 ? 1 : n;
    const double l = log (fmax (response[best - step], 1e-3));
    const double c = log (fmax (response[best], 1e-3));
    const double r = log (fmax (response[best + step], 1e-3));
    const double bend = l - 2 * c + r;
    const double offset = bend < 0 ? 0.5 * (l - r) / bend : 0;

    *(axis == 0 ? px : py) = (axis == 0 ? best % n : best / n) - n / 2 + offset;
  }
  return response[best];
}

/* The peak is where the target went. */
START_TEST (the_peak_follows_the_target)
{
  SstDcfParams params = SST_DCF_PARAMS_DEFAULT;
  const int n = 24;
  Waves waves[6];
  float *channels;
  Model model;

  params.grid = n;
  params.n_channels = 6;
  params.label_sigma = 0.15f;
  params.regularization = 0.005f;
  model_setup (&model, "peak", &params);
  sst_dcf_set_target_size (model.dcf, 9, 7);
  waves_init (&model, waves, 6);
  channels = g_new0 (float, model.size);
  waves_add (&model, waves, 2.3, -1.6, channels);
  transform (&model, channels);

  sst_dcf_respond (model.dcf, model.spectrum, model.response);
  for (int i = 0; i < n * n; i++)
    ck_assert_float_eq (model.response[i], 0);
  sst_dcf_add_sample (model.dcf, model.spectrum, 2.3f, -1.6f, 1, NULL, 0);
  sst_dcf_solve (model.dcf, 60);

  for (int i = 0; i < 20; i++) {
    const double dx = uniform (&model, -8, 8), dy = uniform (&model, -8, 8);
    double px, py;
    float height;

    memset (channels, 0, model.size * sizeof (float));
    waves_add (&model, waves, dx, dy, channels);
    respond (&model, channels);
    height = find_peak (model.response, n, &px, &py);
    if (!(hypot (px - dx, py - dy) < 0.15))
      ck_abort_msg ("(%g, %g) instead of (%g, %g)", px, py, dx, dy);
    ck_assert_float_gt (height, 0.3f);
    ck_assert_float_lt (height, 1.15f);
  }
  g_free (channels);
  model_teardown (&model);
}
END_TEST

/* A patch of texture, about 6 cells wide, at (dx, dy) from the centre. */
static void
add_patch (const Model * model, const float *texture, int dx, int dy,
    float height, float *channels)
{
  const int n = model->n;

  for (int c = 0; c < model->n_channels; c++) {
    for (int y = 0; y < n; y++) {
      for (int x = 0; x < n; x++) {
        const size_t from = c * model->cells + y * n + x;
        const size_t to = c * model->cells + (y + dy + n) % n * n
            + (x + dx + n) % n;

        channels[to] += height * texture[from]
            * (float) bump_at (n, x - 0.5 * (n - 1), y - 0.5 * (n - 1), 3);
      }
    }
  }
}

/* A place marked as a distractor answers less, less than without the mark; the
 * target goes on to answer. */
START_TEST (a_distractor_answers_less)
{
  SstDcfParams params = SST_DCF_PARAMS_DEFAULT;
  const int n = 24, dx = 8, dy = -3;
  const int target = n / 2 * n + n / 2, other = target + dy * n + dx;
  const SstDistractor distractor = { dx, dy, 0.5f };
  float *first, *both, *texture, *spectrum;
  float at_target[3], at_other[3];
  Model model;

  params.grid = n;
  params.n_channels = 4;
  params.regularization = 0.005f;
  params.learning_rate = 0.2f;
  model_setup (&model, "distractor", &params);
  texture = noise (&model);
  first = noise (&model);
  both = noise (&model);
  for (size_t i = 0; i < model.size; i++) {
    first[i] *= 0.2f;
    both[i] *= 0.2f;
  }
  add_patch (&model, texture, 0, 0, 1, first);
  add_patch (&model, texture, 0, 0, 1, both);
  /* a look-alike: not the same */
  for (size_t i = 0; i < model.size; i++)
    texture[i] += 0.5f * (float) uniform (&model, -1, 1);
  add_patch (&model, texture, dx, dy, 0.9f, both);
  spectrum = g_new (float, sst_dcf_spectrum_size (model.dcf));
  memcpy (spectrum, transform (&model, both),
      sst_dcf_spectrum_size (model.dcf) * sizeof (float));

  /* not seen; seen; seen and marked */
  for (int k = 0; k < 3; k++) {
    sst_dcf_reset (model.dcf);
    sst_dcf_set_target_size (model.dcf, 6, 6);
    sst_dcf_add_sample (model.dcf, transform (&model, first), 0, 0, 1, NULL, 0);
    if (k > 0)
      sst_dcf_add_sample (model.dcf, spectrum, 0, 0, 1, &distractor, k == 2);
    sst_dcf_solve (model.dcf, ENOUGH);
    sst_dcf_respond (model.dcf, spectrum, model.response);
    at_target[k] = model.response[target];
    at_other[k] = model.response[other];
  }
  ck_assert_float_gt (at_other[0], 0.4f);
  ck_assert_float_lt (at_other[1], 0.8f * at_other[0]);
  ck_assert_float_lt (at_other[2], at_other[1] - 0.1f);
  for (int k = 0; k < 3; k++)
    ck_assert_float_gt (at_target[k], 0.4f);
  ck_assert_float_lt (at_target[1] - at_target[2],
      0.6f * (at_other[1] - at_other[2]));

  /* and the place is relative to the sample, not to the target in it */
  sst_dcf_reset (model.dcf);
  sst_dcf_add_sample (model.dcf, transform (&model, first), 0, 0, 1, NULL, 0);
  {
    float *const moved = rolled (&model, both, 3, 2);
    const SstDistractor there = { dx + 3, dy + 2, 0.5f };

    sst_dcf_add_sample (model.dcf, transform (&model, moved), 3, 2, 1, &there,
        1);
    g_free (moved);
  }
  sst_dcf_solve (model.dcf, ENOUGH);
  sst_dcf_respond (model.dcf, spectrum, model.response);
  ck_assert_double_eq_tol (model.response[target], at_target[2], 0.01);
  ck_assert_double_eq_tol (model.response[other], at_other[2], 0.01);

  g_free (texture);
  g_free (first);
  g_free (both);
  g_free (spectrum);
  model_teardown (&model);
}
END_TEST

/* Many short solutions, each from where the last stood, come to the one long;
 * and a new sample is only a small step. */
START_TEST (short_solutions_reach_the_long_one)
{
  SstDcfParams params = SST_DCF_PARAMS_DEFAULT;
  float *first, *second, *expected;
  float last, now;
  double top;
  SstDcf *twin;
  Model model;

  params.grid = 16;
  params.n_channels = 3;
  model_setup (&model, "warm start", &params);
  first = noise (&model);
  second = noise (&model);
  for (size_t i = 0; i < model.size; i++)
    second[i] = first[i] + 0.3f * second[i];
  expected = g_new (float, model.size);
  twin = model_twin (&model, 5, 6);
  sst_dcf_set_target_size (model.dcf, 5, 6);

  transform (&model, first);
  ck_assert_float_eq (sst_dcf_solve (model.dcf, 5), 0);
  sst_dcf_add_sample (model.dcf, model.spectrum, 0, 0, 1, NULL, 0);
  sst_dcf_add_sample (twin, model.spectrum, 0, 0, 1, NULL, 0);
  ck_assert_float_eq (sst_dcf_solve (model.dcf, 0), 1);
  last = sst_dcf_solve (model.dcf, 3);
  ck_assert_float_lt (last, 1);
  /* no step: the residual of where it stands */
  ck_assert_double_eq_tol (sst_dcf_solve (model.dcf, 0), last, 1e-4);
  for (int i = 0; i < 60; i++)
    now = sst_dcf_solve (model.dcf, 5);
  ck_assert_float_lt (now, 0.05f * last);
  sst_dcf_solve (twin, ENOUGH);
  sst_dcf_get_filter (twin, expected);
  sst_dcf_get_filter (model.dcf, model.filter);
  top = largest (expected, model.size);
  ck_assert_double_gt (top, 0);
  for (size_t i = 0; i < model.size; i++)
    ck_assert_double_eq_tol (model.filter[i], expected[i], 2e-3 * top);

  transform (&model, second);
  sst_dcf_add_sample (model.dcf, model.spectrum, 0, 0, 1, NULL, 0);
  sst_dcf_add_sample (twin, model.spectrum, 0, 0, 1, NULL, 0);
  ck_assert_float_lt (sst_dcf_solve (model.dcf, 0), 0.5f);
  now = sst_dcf_solve (model.dcf, 3);
  sst_dcf_free (&twin);
  twin = model_twin (&model, 5, 6);
  transform (&model, first);
  sst_dcf_add_sample (twin, model.spectrum, 0, 0, 1, NULL, 0);
  transform (&model, second);
  sst_dcf_add_sample (twin, model.spectrum, 0, 0, 1, NULL, 0);
  ck_assert_float_lt (now, 0.5f * sst_dcf_solve (twin, 3));

  sst_dcf_free (&twin);
  g_free (first);
  g_free (second);
  g_free (expected);
  model_teardown (&model);
}
END_TEST

/* The same calls give the same bits, in a new model and after a reset. */
START_TEST (the_same_calls_give_the_same_bits)
{
  SstDcfParams params = SST_DCF_PARAMS_DEFAULT;
  float *channels[6], *expected, *spectrum;
  Model model;

  params.grid = 16;
  params.n_channels = 3;
  model_setup (&model, "reset", &params);
  expected = g_new (float, model.cells);
  spectrum = g_new (float, sst_dcf_spectrum_size (model.dcf));
  for (guint i = 0; i < G_N_ELEMENTS (channels); i++)
    channels[i] = noise (&model);

  for (int k = 0; k < 3; k++) {
    SstDcf *fresh = k == 1 ? model_twin (&model, 4, 4) : NULL;
    SstDcf *const dcf = fresh != NULL ? fresh : model.dcf;

    sst_dcf_reset (dcf);
    sst_dcf_transform (dcf, channels[0], spectrum);
    sst_dcf_respond (dcf, spectrum, model.response);
    sst_dcf_get_filter (dcf, model.filter);
    ck_assert_double_eq (largest (model.response, model.cells), 0);
    ck_assert_double_eq (largest (model.filter, model.size), 0);

    sst_dcf_set_target_size (dcf, 4, 4);
    for (guint i = 0; i < G_N_ELEMENTS (channels); i++) {
      const SstDistractor distractor = { -3, 4.5f, 0.2f };

      sst_dcf_transform (dcf, channels[i], spectrum);
      sst_dcf_add_sample (dcf, spectrum, 0.1f * i, -0.3f * i, 0.8f,
          &distractor, i == 3);
      sst_dcf_solve (dcf, i == 0 ? 20 : 3);
    }
    sst_dcf_respond (dcf, spectrum, model.response);
    ck_assert_double_gt (largest (model.response, model.cells), 0.01);
    if (k == 0)
      memcpy (expected, model.response, model.cells * sizeof (float));
    else
      ck_assert_mem_eq (expected, model.response, model.cells * sizeof (float));
    sst_dcf_free (&fresh);
  }
  for (guint i = 0; i < G_N_ELEMENTS (channels); i++)
    g_free (channels[i]);
  g_free (expected);
  g_free (spectrum);
  model_teardown (&model);
}
END_TEST

/* Whatever is finite in is finite out. */
START_TEST (finite_numbers_stay_finite)
{
  static const float sizes[] = { FLT_MIN, 1e-30f, 0.5f, 8, 1e4f, 1e30f,
    FLT_MAX
  };
  static const float levels[] = { 0, 1, 1e-20f, 1e-6f, 1e6f };
  const guint n_sizes = G_N_ELEMENTS (sizes), n_levels = G_N_ELEMENTS (levels);
  SstDcfParams params = SST_DCF_PARAMS_DEFAULT;
  float *channels, *spectrum;
  Model model;

  params.grid = 8;
  params.n_channels = 2;
  model_setup (&model, "hostile", &params);
  channels = g_new (float, model.size);
  spectrum = g_new (float, sst_dcf_spectrum_size (model.dcf));

  for (guint i = 0; i < n_sizes * n_sizes * n_levels * 3; i++) {
    const float width = sizes[i % n_sizes];
    const float height = sizes[i / n_sizes % n_sizes];
    const guint level = i / (n_sizes * n_sizes) % n_levels;
    const guint kind = i / (n_sizes * n_sizes * n_levels);

    sst_dcf_reset (model.dcf);
    sst_dcf_set_target_size (model.dcf, width, height);
    for (int k = 0; k < 4; k++) {
      const SstDistractor distractors[4] = {
        {0, 0, 1}, {1e4f, -1e4f, 1}, {4, 4, 100}, {0.5f, 3, 1e-10f}
      };

      /* constant; noise; and the one after the other */
      for (size_t c = 0; c < model.size; c++)
        channels[c] = levels[(level + (kind == 2 ? k : 0)) % n_levels]
            * (kind == 0 ? 1.f : (float) uniform (&model, -1, 1));
      sst_dcf_transform (model.dcf, channels, spectrum);
      check_finite (spectrum, sst_dcf_spectrum_size (model.dcf));
      sst_dcf_add_sample (model.dcf, spectrum, k == 2 ? 1e4f : 0.5f * k,
          k == 2 ? -1e4f : 0, k == 3 ? 0 : 1, distractors, k);
      ck_assert (isfinite (sst_dcf_solve (model.dcf, 5)));
      sst_dcf_respond (model.dcf, spectrum, model.response);
      check_finite (model.response, model.cells);
      sst_dcf_get_filter (model.dcf, model.filter);
      check_finite (model.filter, model.size);
      if (level == 0 && kind < 2)
        ck_assert_double_eq (largest (model.response, model.cells), 0);
    }
  }
  g_free (channels);
  g_free (spectrum);
  model_teardown (&model);
}
END_TEST

START_TEST (null_is_freed_in_peace)
{
  SstDcf *dcf = NULL;

  sst_dcf_free (&dcf);
  ck_assert_ptr_null (dcf);
}
END_TEST

static Suite *
dcf_suite (void)
{
  Suite *suite = suite_create ("dcf");
  TCase *tcase = tcase_create ("dcf");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, the_filter_solves_its_equations, 0, 4);
  tcase_add_test (tcase, the_mask_weighs_each_cell);
  tcase_add_loop_test (tcase, samples_have_the_shares_they_should, 0, 5);
  tcase_add_test (tcase, a_sample_is_windowed_by_hann);
  tcase_add_test (tcase, the_model_shifts_a_sample_exactly);
  tcase_add_test (tcase, the_finest_waves_keep_what_a_grid_can_show);
  tcase_add_test (tcase, the_peak_follows_the_target);
  tcase_add_test (tcase, a_distractor_answers_less);
  tcase_add_test (tcase, short_solutions_reach_the_long_one);
  tcase_add_test (tcase, the_same_calls_give_the_same_bits);
  tcase_add_test (tcase, finite_numbers_stay_finite);
  tcase_add_test (tcase, null_is_freed_in_peace);

  return suite;
}

SUITE_MAIN (dcf)
