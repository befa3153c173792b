/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/network.h"

#include "suite.h"

static const SstNetworkConfig small = { {4, 6, 8}, 1, 5, 7, 6 };
static const SstNetworkConfig all = {
  {4, 6, 8}, 1, 5, 7, 6, 1, 9, 2, TRUE, TRUE, TRUE
};
static const SstBox templ_box = { 20.f, 30.f, 50.f, 40.f };
static const SstBox search_box = { 70.f, 60.f, 33.f, 71.f };

/* All the blocks of a network, and a loss: fixed random weights on every
 * output, on the features and on an embedding of each role. */
typedef struct
{
  SstNetwork *network;
  size_t n;
  float *parameters, *kernels, *workspace, *trace[2], *sample[2];
  float *doutput, *dfeatures[2], *dembedding[2];
  int n_features[2];
} Rig;

static float *
normals (SstRandom *random, size_t n, float sigma)
{
  float *x = g_new (float, n);

  for (size_t i = 0; i < n; i++)
    x[i] = sst_random_normal (random, sigma);
  return x;
}

/* A smooth picture: luma about 110, chroma about 0. */
static float *
picture (SstRandom *random, int side)
{
  float *x = g_new (float, 3 * side * side);

  for (int c = 0; c < 3; c++) {
    const float u = sst_random_uniform (random, 0.05f, 0.2f);
    const float v = sst_random_uniform (random, 0.05f, 0.2f);

    for (int i = 0; i < side * side; i++)
      x[c * side * side + i] = (c == 0 ? 110.f : 0.f)
          + (c == 0 ? 60.f : 25.f) * sinf (u * (i % side)) * cosf (v
          * (i / side)) + sst_random_normal (random, 3.f);
  }
  return x;
}

static Rig
rig_new (const SstNetworkConfig *config, guint64 seed)
{
  SstRandom random = sst_random_init (seed, 1);
  Rig rig = { .network = sst_network_new (config, NULL) };

  ck_assert_ptr_nonnull (rig.network);
  rig.n = sst_network_n_parameters (rig.network);
  rig.parameters = g_new (float, rig.n);
  sst_network_init_parameters (rig.network, &random, rig.parameters);
  rig.kernels = g_new (float, sst_network_kernels_size (rig.network, TRUE));
  rig.workspace = g_new (float,
      sst_network_workspace_size (rig.network, TRUE));
  rig.sample[0] = picture (&random, SST_TEMPLATE_SIDE);
  rig.sample[1] = picture (&random, SST_SEARCH_SIDE);
  rig.n_features[0] = config->channels[2] * 144;
  rig.n_features[1] = config->channels[2] * SST_NETWORK_CELLS;
  for (int role = 0; role < 2; role++) {
    rig.trace[role] = g_new0 (float,
        sst_network_trace_size (rig.network, role));
    rig.dfeatures[role] = normals (&random, rig.n_features[role], 0.05f);
    rig.dembedding[role] = normals (&random, config->embedding, 3.f);
  }
  rig.doutput = normals (&random, SST_NETWORK_MAX_OUTPUTS * SST_NETWORK_CELLS,
      0.1f);
  return rig;
}

static void
rig_clear (Rig *rig)
{
  sst_network_free (&rig->network);
  g_free (rig->parameters);
  g_free (rig->kernels);
  g_free (rig->workspace);
  g_free (rig->doutput);
  for (int role = 0; role < 2; role++) {
    g_free (rig->trace[role]);
    g_free (rig->sample[role]);
    g_free (rig->dfeatures[role]);
    g_free (rig->dembedding[role]);
  }
}

static double
dot (const float *a, const float *b, size_t n)
{
  double sum = 0.0;

  for (size_t i = 0; i < n; i++)
    sum += (double) a[i] * b[i];
  return sum;
}

static const SstBox *
box_of (int role)
{
  return role == SST_ROLE_TEMPLATE ? &templ_box : &search_box;
}

static double
rig_loss (Rig *rig)
{
  float pooled[256], embedding[256];
  double loss;

  sst_network_fold (rig->network, rig->parameters, TRUE, rig->kernels);
  sst_network_template (rig->network, rig->kernels, rig->sample[0],
      &templ_box, rig->trace[0], rig->workspace);
  sst_network_search (rig->network, rig->kernels,
      sst_network_template_cells (rig->network, rig->trace[0]),
      rig->sample[1], rig->trace[1], rig->workspace);
  loss = dot (sst_network_output (rig->network, rig->trace[1]), rig->doutput,
      sst_network_n_outputs (rig->network) * SST_NETWORK_CELLS);
  for (int role = 0; role < 2; role++) {
    loss += dot (sst_network_features (rig->network, role, rig->trace[role]),
        rig->dfeatures[role], rig->n_features[role]);
    sst_network_embed (rig->network, rig->kernels, role, rig->trace[role],
        box_of (role), pooled, embedding);
    loss += dot (embedding, rig->dembedding[role],
        sst_network_get_config (rig->network)->embedding);
  }
  return loss;
}

/* The gradient of rig_loss() by the parameters, after it was called. */
static float *
rig_gradient (Rig *rig)
{
  const size_t n_cells = sst_network_cells_size (rig->network);
  float *dkernels = g_new0 (float, rig->n);
  float *dparameters = g_new0 (float, rig->n);
  float *dcells = g_new (float, n_cells);
  float *dfeatures[2];
  float pooled[256], embedding[256];

  for (int role = 0; role < 2; role++) {
    const float length = sst_network_embed (rig->network, rig->kernels, role,
        rig->trace[role], box_of (role), pooled, embedding);

    dfeatures[role] = g_memdup2 (rig->dfeatures[role],
        rig->n_features[role] * sizeof (float));
    sst_network_embed_backward (rig->network, rig->kernels, role,
        box_of (role), pooled, embedding, length, rig->dembedding[role],
        dfeatures[role], dkernels);
  }
  sst_network_search_backward (rig->network, rig->kernels,
      sst_network_template_cells (rig->network, rig->trace[0]),
      rig->trace[1], rig->doutput, dfeatures[1], dkernels, dcells,
      rig->workspace);
  sst_network_template_backward (rig->network, rig->kernels, &templ_box,
      rig->trace[0], dcells, dfeatures[0], dkernels, rig->workspace);
  sst_network_fold_backward (rig->network, rig->parameters, dkernels,
      dparameters);
  for (int role = 0; role < 2; role++)
    g_free (dfeatures[role]);
  g_free (dkernels);
  g_free (dcells);
  return dparameters;
}

/* Along its own gradient, every tensor changes the loss as that says. */
static void
check_gradients (const SstNetworkConfig *config)
{
  Rig rig = rig_new (config, 3);
  int n_specs;
  const SstTensorSpec *const specs = sst_network_specs (rig.network, &n_specs);
  float *gradient;
  size_t at = 0;

  rig_loss (&rig);
  gradient = rig_gradient (&rig);
  for (int i = 0; i < n_specs; i++) {
    const size_t size = sst_tensor_spec_size (&specs[i]);
    const double norm = sqrt (dot (gradient + at, gradient + at, size));
    float *const saved = g_memdup2 (rig.parameters + at, size * sizeof (float));
    const double scale = sqrt (dot (saved, saved, size) + 0.05 * size);
    double error = G_MAXDOUBLE;

    ck_assert_msg (norm > 1e-4, "%s has no gradient", specs[i].name);
    /* a long step meets the kinks of rectifiers, a short one rounding */
    for (double step = 1e-4 * scale; step < 1.5e-3 * scale; step *= 3.0) {
      double change = 0.0;

      for (int sign = -1; sign <= 1; sign += 2) {
        for (size_t k = 0; k < size; k++)
          rig.parameters[at + k] =
              (float) (saved[k] + sign * step * gradient[at + k] / norm);
        change += sign * rig_loss (&rig);
      }
      error = fmin (error, fabs (change / (2.0 * step) - norm));
    }
    memcpy (rig.parameters + at, saved, size * sizeof (float));
    g_free (saved);
    ck_assert_msg (error < 0.03 * norm + 2e-3,
        "%s: %g from what differences give, %g by the backward pass",
        specs[i].name, error, norm);
    at += size;
  }
  ck_assert_uint_eq (at, rig.n);
  g_free (gradient);
  rig_clear (&rig);
}

START_TEST (gradients_are_those_of_a_small_network)
{
  check_gradients (&small);
}
END_TEST

START_TEST (gradients_are_those_of_every_layer)
{
  check_gradients (&all);
}
END_TEST

START_TEST (gradients_are_those_of_the_default)
{
  check_gradients (&SST_NETWORK_CONFIG_DEFAULT);
}
END_TEST

/* Folding for tracking gives what folding for training gives. */
START_TEST (folding_changes_no_output)
{
  Rig rig = rig_new (&SST_NETWORK_CONFIG_DEFAULT, 5);
  const double loss = rig_loss (&rig);
  float *kernels = g_new (float, sst_network_kernels_size (rig.network,
          FALSE));

  sst_network_fold (rig.network, rig.parameters, FALSE, kernels);
  g_free (rig.kernels);
  rig.kernels = kernels;
  sst_network_template (rig.network, rig.kernels, rig.sample[0], &templ_box,
      rig.trace[0], rig.workspace);
  sst_network_search (rig.network, rig.kernels,
      sst_network_template_cells (rig.network, rig.trace[0]), rig.sample[1],
      rig.trace[1], rig.workspace);
  ck_assert (sst_network_kernels_size (rig.network, FALSE)
      <= sst_network_kernels_size (rig.network, TRUE));
  ck_assert (isfinite (loss));
  ck_assert_double_lt (fabs (dot (sst_network_output (rig.network,
                  rig.trace[1]), rig.doutput,
              SST_NETWORK_OUTPUTS * SST_NETWORK_CELLS)), 1e4);
  rig_clear (&rig);
}
END_TEST

/* An untrained network neither dies nor explodes from layer to layer, and says
 * nearly nothing about where the target is. */
START_TEST (an_untrained_network_neither_dies_nor_explodes)
{
  Rig rig = rig_new (&SST_NETWORK_CONFIG_DEFAULT, 7);
  const float *features, *output;
  double square = 0.0;

  rig_loss (&rig);
  features = sst_network_features (rig.network, SST_ROLE_SEARCH, rig.trace[1]);
  square = dot (features, features, rig.n_features[1]) / rig.n_features[1];
  ck_assert_double_gt (square, 0.1);
  ck_assert_double_lt (square, 10.0);
  output = sst_network_output (rig.network, rig.trace[1]);
  for (int i = 0; i < SST_NETWORK_CELLS; i++)
    ck_assert (output[i] > -6.f && output[i] < 0.f);
  rig_clear (&rig);
}
END_TEST

/* Brighter, or with more contrast, the picture gives nearly the same output. */
START_TEST (brightness_and_contrast_hardly_matter)
{
  Rig rig = rig_new (&small, 9);
  const double loss = rig_loss (&rig);

  for (int i = 0; i < SST_SEARCH_SIDE * SST_SEARCH_SIDE; i++)
    rig.sample[1][i] += 40.f;
  ck_assert_double_lt (fabs (rig_loss (&rig) - loss), 1e-2 * fabs (loss)
      + 1e-2);
  rig_clear (&rig);
}
END_TEST

/* The first network, layer by layer: what a search costs, and its parts. */
START_TEST (operations_are_counted_layer_by_layer)
{
  const SstNetworkConfig config = SST_NETWORK_CONFIG_DEFAULT;
  SstNetwork *network = sst_network_new (&config, NULL);
  const guint64 stem = 96 * 96 * 16 * 27 + 48 * 48 * 32 * 16 * 9
      + 24 * 24 * 64 * 32 * 9;
  const guint64 blocks = 4 * 24 * 24 * 64 * 64 * 9, neck = 24 * 24 * 64 * 64;
  const guint64 compared = 64 * 24 * 24 * 64, reduced = 24 * 24 * 32 * 64;
  const guint64 head = 24 * 24 * 9 * 64 * (64 + 32 + 64) + 24 * 24 * 64 * 6;

  ck_assert_uint_eq (sst_network_operations (network, SST_ROLE_TEMPLATE),
      (stem + blocks + neck) / 4);
  ck_assert_uint_eq (sst_network_operations (network, SST_ROLE_SEARCH),
      stem + blocks + neck + compared + reduced + head);
  ck_assert_uint_eq (sst_network_operations (network, SST_ROLE_CLOSE) * 4,
      sst_network_operations (network, SST_ROLE_SEARCH));
  sst_network_free (&network);
}
END_TEST

START_TEST (a_description_is_parsed_back)
{
  SstNetwork *network = sst_network_new (&small, NULL);
  SstNetworkConfig config = { 0 };
  GError *error = NULL;
  char *text = sst_network_describe (network);

  ck_assert (sst_network_parse (text, &config, &error));
  ck_assert_int_eq (memcmp (&config, &small, sizeof (config)), 0);
  g_free (text);
  ck_assert (!sst_network_parse ("siamese-3 channels=4", &config, &error));
  ck_assert_ptr_nonnull (strstr (error->message, "siamese-3"));
  g_clear_error (&error);
  ck_assert (!sst_network_parse ("siamese-1 channels=4,4,4 blocks=1000 "
          "reduced=4 head=4 embedding=4", &config, &error));
  g_clear_error (&error);
  ck_assert (!sst_network_parse ("siamese-1 channels=4,4,4 blocks=1 "
          "reduced=4 head=4 embedding=4 more", &config, &error));
  g_clear_error (&error);
  config = small;
  config.head = 100000;
  ck_assert_ptr_null (sst_network_new (&config, &error));
  g_clear_error (&error);
  sst_network_free (&network);
}
END_TEST

/* The box of a cell: from its middle outwards. */
START_TEST (a_box_reaches_outwards_from_its_cell)
{
  float output[SST_NETWORK_OUTPUTS * SST_NETWORK_CELLS] = { 0 };
  SstBox box = sst_network_box (output, 0, 0);

  ck_assert_float_eq_tol (box.x, 4.f - SST_NETWORK_UNIT, 1e-4);
  ck_assert_float_eq_tol (box.width, 2.f * SST_NETWORK_UNIT, 1e-4);
  output[3 * SST_NETWORK_CELLS + 5 * SST_NETWORK_GRID + 9] = logf (2.f);
  box = sst_network_box (output, 9, 5);
  ck_assert_float_eq_tol (box.x, 76.f - SST_NETWORK_UNIT, 1e-4);
  ck_assert_float_eq_tol (box.y, 44.f - SST_NETWORK_UNIT, 1e-4);
  ck_assert_float_eq_tol (box.width, 3.f * SST_NETWORK_UNIT, 1e-3);
  ck_assert_float_eq_tol (box.height, 2.f * SST_NETWORK_UNIT, 1e-4);
}
END_TEST

static Suite *
network_suite (void)
{
  Suite *suite = suite_create ("network");
  TCase *tcase = tcase_create ("network");

  tcase_add_test (tcase, gradients_are_those_of_a_small_network);
  tcase_add_test (tcase, gradients_are_those_of_every_layer);
  tcase_add_test (tcase, gradients_are_those_of_the_default);
  tcase_add_test (tcase, folding_changes_no_output);
  tcase_add_test (tcase, an_untrained_network_neither_dies_nor_explodes);
  tcase_add_test (tcase, brightness_and_contrast_hardly_matter);
  tcase_add_test (tcase, operations_are_counted_layer_by_layer);
  tcase_add_test (tcase, a_description_is_parsed_back);
  tcase_add_test (tcase, a_box_reaches_outwards_from_its_cell);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (network)
