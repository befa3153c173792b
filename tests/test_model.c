/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "model/model_private.h"

#include "suite.h"


static const SstNetworkConfig tiny = { {4, 6, 8}, 1, 5, 7, 6 };

static char *
temporary (void)
{
  return g_strdup_printf ("%s/sst-test-%d-model.sst", g_get_tmp_dir (),
      (int) getpid ());
}

static const SstBox target = { 24.f, 24.f, 48.f, 48.f };

/* The output for a picture of waves. */
static float *
output_of (const SstModel * model)
{
  const SstNetwork *const network = sst_model_network (model);
  const float *const kernels = sst_model_kernels (model);
  float *sample = g_new (float, 3 * SST_SEARCH_SIDE * SST_SEARCH_SIDE);
  float *workspace = g_new (float, sst_network_workspace_size (network,
          FALSE));
  float *trace[2], *output;

  for (int i = 0; i < 3 * SST_SEARCH_SIDE * SST_SEARCH_SIDE; i++)
    sample[i] = 60.f * sinf (i * 0.37f) + 50.f * cosf (i * 0.0011f);
  for (int role = 0; role < 2; role++)
    trace[role] = g_new (float, sst_network_trace_size (network, role));
  sst_network_template (network, kernels, sample, &target, trace[0], workspace);
  sst_network_search (network, kernels, sst_network_template_cells (network,
          trace[0]), sample, trace[1], workspace);
  output = g_memdup2 (sst_network_output (network, trace[1]),
      SST_NETWORK_OUTPUTS * SST_NETWORK_CELLS * sizeof (float));
  for (int role = 0; role < 2; role++)
    g_free (trace[role]);
  g_free (workspace);
  g_free (sample);
  return output;
}

static void
check_same_output (const SstModel * a, const SstModel * b)
{
  float *x = output_of (a), *y = output_of (b);

  ck_assert_mem_eq (x, y, SST_NETWORK_OUTPUTS * SST_NETWORK_CELLS
      * sizeof (float));
  g_free (x);
  g_free (y);
}

/* The same seed gives the same model, and a file gives it back. */
/* It is folded once in a process, and shared: a start costs nothing of that. */
START_TEST (the_builtin_model_is_made_once)
{
  SstModel *a = sst_model_builtin (), *b = sst_model_builtin ();

  ck_assert_ptr_eq (a, b);
  sst_model_unref (a);
  sst_model_unref (b);
  a = sst_model_builtin ();
  ck_assert_ptr_eq (a, b);
  sst_model_unref (a);
}
END_TEST

START_TEST (a_file_gives_the_same_model)
{
  SstModel *model = sst_model_new_random (&tiny, 1, NULL);
  SstModel *same = sst_model_new_random (&tiny, 1, NULL);
  SstModel *other = sst_model_new_random (&tiny, 2, NULL);
  SstModel *loaded;
  const char *checksum = sst_weights_get_checksum (sst_model_weights (model));
  char *path = temporary ();
  GError *error = NULL;

  ck_assert_str_eq (checksum, sst_weights_get_checksum (sst_model_weights
          (same)));
  ck_assert_str_ne (checksum, sst_weights_get_checksum (sst_model_weights
          (other)));
  ck_assert (sst_weights_save (sst_model_weights (model), path, NULL));
  loaded = sst_model_load (path, &error);
  ck_assert_ptr_null (error);
  ck_assert_str_eq (checksum, sst_weights_get_checksum (sst_model_weights
          (loaded)));
  ck_assert_mem_eq (sst_network_get_config (sst_model_network (loaded)), &tiny,
      sizeof (tiny));
  check_same_output (model, loaded);
  ck_assert (sst_model_load ("/nonexistent.sst", NULL) == NULL);
  ck_assert_ptr_null (sst_model_load ("/nonexistent.sst", &error));
  ck_assert_ptr_nonnull (strstr (error->message, "/nonexistent.sst"));
  g_clear_error (&error);
  sst_model_unref (model);
  sst_model_unref (same);
  sst_model_unref (other);
  sst_model_unref (loaded);
  sst_model_unref (NULL);
  g_unlink (path);
  g_free (path);
}
END_TEST

/* Who reads the same file shares one model, as long as somebody has it. */
START_TEST (a_file_is_one_model)
{
  SstModel *made = sst_model_new_random (&tiny, 3, NULL);
  const SstTone tone = {.luma_gain = 1.5f,.chroma_gain = {1.f, 1.f},
    .softness = 1.f
  };
  SstModel *toned = sst_model_new_with_tone (made, &tone);
  char *path = temporary ();
  SstModel *first, *second;

  ck_assert (sst_weights_save (sst_model_weights (made), path, NULL));
  first = sst_model_load (path, NULL);
  ck_assert_ptr_eq (first, made);
  sst_model_unref (made);
  second = sst_model_load (path, NULL);
  ck_assert_ptr_eq (second, first);
  sst_model_unref (second);
  sst_model_unref (first);
  first = sst_model_load (path, NULL);
  ck_assert_ptr_nonnull (first);
  check_same_output (first, toned);

  ck_assert (sst_weights_save (sst_model_weights (toned), path, NULL));
  second = sst_model_load (path, NULL);
  ck_assert_ptr_ne (second, first);
  ck_assert_float_eq (sst_model_tone (second)->luma_gain, 1.5f);
  ck_assert_ptr_null (sst_model_tone (first));
  sst_model_unref (toned);
  sst_model_unref (first);
  sst_model_unref (second);
  g_unlink (path);
  g_free (path);
}
END_TEST

static gpointer
load_often (gpointer path)
{
  for (int i = 0; i < 40; i++) {
    SstModel *const model = sst_model_load (path, NULL);

    ck_assert_ptr_nonnull (model);
    ck_assert (sst_model_kernels (model) != NULL);
    sst_model_unref (model);
  }
  return NULL;
}

/* The last one lets go of it while the next one reads it. */
START_TEST (threads_load_the_same_file)
{
  SstModel *made = sst_model_new_random (&tiny, 4, NULL);
  char *path = temporary ();
  GThread *threads[4];

  ck_assert (sst_weights_save (sst_model_weights (made), path, NULL));
  sst_model_unref (made);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("loads", load_often, path);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_unlink (path);
  g_free (path);
}
END_TEST

START_TEST (parameters_come_back)
{
  SstModel *model = sst_model_new_random (&tiny, 1, NULL), *again;
  const size_t n = sst_network_n_parameters (sst_model_network (model));
  float *parameters = g_new (float, n), *back = g_new (float, n);
  GError *error = NULL;
  char *steps;

  sst_model_get_parameters (model, parameters);
  parameters[0] = 0.125f;
  parameters[n - 1] = -0.5f;
  again = sst_model_new (&tiny, parameters, NULL, "steps=77\n",
      &error);
  ck_assert_ptr_null (error);
  sst_model_get_parameters (again, back);
  ck_assert_mem_eq (parameters, back, n * sizeof (float));
  steps = sst_weights_dup_metadata (sst_model_weights (again), "steps");
  ck_assert_str_eq (steps, "77");
  g_free (steps);

  for (int k = 0; k < 3; k++) {
    parameters[k * (n - 1) / 2] = k == 1 ? NAN : INFINITY;
    ck_assert_ptr_null (sst_model_new (&tiny, parameters, NULL, NULL,
            &error));
    ck_assert (g_error_matches (error, SST_WEIGHTS_ERROR,
            SST_WEIGHTS_ERROR_VALUE));
    g_clear_error (&error);
    parameters[k * (n - 1) / 2] = 0.f;
  }
  ck_assert_ptr_null (sst_model_new (&tiny, parameters, NULL, "no equals sign",
          &error));
  g_clear_error (&error);
  sst_model_unref (model);
  sst_model_unref (again);
  g_free (parameters);
  g_free (back);
}
END_TEST

/* A random model's tensors, to be spoilt. */
typedef struct
{
  SstModel *model;
  int n;
  SstTensorSpec specs[64];
  const float *data[64];
} Tensors;

static Tensors
tensors_new (void)
{
  Tensors t = { .model = sst_model_new_random (&tiny, 1, NULL) };
  SstWeights *const weights = sst_model_weights (t.model);

  t.n = sst_weights_n_tensors (weights);
  ck_assert_int_lt (t.n, 60);
  for (int i = 0; i < t.n; i++) {
    const SstTensorSpec *spec;

    t.data[i] = sst_weights_tensor (weights, i, &spec);
    t.specs[i] = *spec;
  }
  return t;
}

/* The message has to name what is wrong. */
static void
check_refused (const Tensors * t, const char *architecture, const char *name)
{
  GError *error = NULL;
  char *path = temporary ();
  SstWeights *weights = sst_weights_new (architecture, NULL, t->specs, t->n,
      t->data, &error);

  ck_assert_msg (weights != NULL, "%s", error ? error->message : "");
  ck_assert_ptr_null (sst_model_new_from_weights (weights, NULL));
  ck_assert_ptr_null (sst_model_new_from_weights (weights, &error));
  ck_assert (g_error_matches (error, SST_WEIGHTS_ERROR,
          SST_WEIGHTS_ERROR_ARCHITECTURE));
  ck_assert_msg (strstr (error->message, name) != NULL, "'%s' without '%s'",
      error->message, name);
  g_clear_error (&error);
  ck_assert (sst_weights_save (weights, path, NULL));
  ck_assert_ptr_null (sst_model_load (path, &error));
  ck_assert_ptr_nonnull (strstr (error->message, path));
  g_clear_error (&error);
  g_unlink (path);
  g_free (path);
  sst_weights_unref (weights);
}

START_TEST (files_of_other_networks_are_refused)
{
  static const char *const unknown[] = {
    "siamese-9 channels=4,6,8 blocks=1 reduced=5 head=7 embedding=6",
    "siamese-1 channels=4,6,8 blocks=1 reduced=5 head=7 embedding=6 ",
    "siamese-1 channels=4,6,8  blocks=1 reduced=5 head=7 embedding=6",
    "siamese-1 channels=+4,6,8 blocks=1 reduced=5 head=7 embedding=6",
    "siamese-1 channels=04,6,8 blocks=1 reduced=5 head=7 embedding=6",
    "siamese-1 channels=4294967300,6,8 blocks=1 reduced=5 head=7 embedding=6",
    "siamese-1 channels=4,6,8 blocks=1 reduced=5 head=7", "%s%n", "x"
  };
  static const char good[] =
      "siamese-1 channels=4,6,8 blocks=1 reduced=5 head=7 embedding=6";
  Tensors t = tensors_new (), spoilt;
  const float zero[8 * 6 * 3 * 3] = { 0.f };
  SstWeights *weights;
  SstModel *model;

  for (guint i = 0; i < G_N_ELEMENTS (unknown); i++)
    check_refused (&t, unknown[i], unknown[i]);
  check_refused (&t, "siamese-1 channels=4,6,8 blocks=9 reduced=5 head=7 "
      "embedding=6", "9 residual blocks");
  check_refused (&t, "siamese-1 channels=4,6,8 blocks=1 reduced=5 head=257 "
      "embedding=6", "257");
  check_refused (&t, "siamese-1 channels=4,6,0 blocks=1 reduced=5 head=7 "
      "embedding=6", "0");
  /* another architecture, with as many tensors */
  check_refused (&t, "siamese-1 channels=4,6,8 blocks=1 reduced=5 head=7 "
      "embedding=5", "embedding.weight");
  check_refused (&t, "siamese-1 channels=4,6,8 blocks=2 reduced=5 head=7 "
      "embedding=6", "tensors");

  spoilt = t;
  spoilt.n--;
  check_refused (&spoilt, good, "tensors");
  spoilt = t;
  spoilt.specs[spoilt.n] = (SstTensorSpec) { "more", 1, { 3 } };
  spoilt.data[spoilt.n++] = zero;
  check_refused (&spoilt, good, "tensors");
  spoilt = t;
  spoilt.specs[3].name = "stem9.weight";
  check_refused (&spoilt, good, t.specs[3].name);
  spoilt = t;
  spoilt.specs[0].dims[0]++;
  spoilt.data[0] = zero;
  check_refused (&spoilt, good, spoilt.specs[0].name);
  spoilt = t;                   /* as many values, in another shape */
  spoilt.specs[0] = (SstTensorSpec) { t.specs[0].name, 1, { 4 * 3 * 3 * 3 } };
  check_refused (&spoilt, good, spoilt.specs[0].name);

  /* their order does not matter */
  spoilt = t;
  for (int i = 0; i < t.n; i++) {
    spoilt.specs[i] = t.specs[t.n - 1 - i];
    spoilt.data[i] = t.data[t.n - 1 - i];
  }
  weights = sst_weights_new (good, NULL, spoilt.specs, spoilt.n, spoilt.data,
      NULL);
  model = sst_model_new_from_weights (weights, NULL);
  ck_assert_ptr_nonnull (model);
  check_same_output (t.model, model);
  sst_model_unref (model);
  sst_weights_unref (weights);
  sst_model_unref (t.model);
}
END_TEST

/* The least and some of the most a configuration may be. */
START_TEST (extreme_configurations_work)
{
  static const SstNetworkConfig good[] = {
    {{1, 1, 1}, 0, 1, 1, 1},
    {{3, 2, 5}, 0, 256, 9, 256},
    {{16, 17, 31}, 8, 3, 1, 2},
    {{8, 8, 256}, 1, 1, 256, 1},
  };
  static const SstNetworkConfig bad[] = {
    {{0, 1, 1}, 0, 1, 1, 1}, {{1, 257, 1}, 0, 1, 1, 1},
    {{1, 1, -1}, 0, 1, 1, 1}, {{4, 4, 4}, -1, 1, 1, 1},
    {{4, 4, 4}, 9, 1, 1, 1}, {{4, 4, 4}, 1, 0, 1, 1},
    {{4, 4, 4}, 1, 1, 0, 1}, {{4, 4, 4}, 1, 1, 1, 0},
    {{4, 4, 4}, 1, 1, 1, G_MAXINT},
  };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
    GError *error = NULL;
    SstModel *model = sst_model_new_random (&good[i], i, &error);
    float *output;

    ck_assert_msg (model != NULL, "%s", error ? error->message : "");
    output = output_of (model);
    for (int k = 0; k < SST_NETWORK_OUTPUTS * SST_NETWORK_CELLS; k++)
      ck_assert (isfinite (output[k]));
    g_free (output);
    sst_model_unref (model);
  }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    GError *error = NULL;

    ck_assert_ptr_null (sst_model_new_random (&bad[i], 0, &error));
    ck_assert (g_error_matches (error, SST_WEIGHTS_ERROR,
            SST_WEIGHTS_ERROR_ARCHITECTURE));
    g_clear_error (&error);
    ck_assert_ptr_null (sst_model_new_random (&bad[i], 0, NULL));
  }
}
END_TEST

static gpointer
use (gpointer data)
{
  SstModel *model = data;
  float *output = NULL;

  for (int i = 0; i < 3; i++) {
    SstModel *mine = sst_model_ref (model);

    g_free (output);
    output = output_of (mine);
    sst_model_unref (mine);
  }
  sst_model_unref (model);
  return output;
}

/* Several threads with one model, the last of which frees it. */
START_TEST (threads_share_a_model)
{
  SstModel *model = sst_model_new_random (&tiny, 1, NULL);
  float *expected = output_of (model);
  GThread *threads[4];

  for (int i = 0; i < 4; i++)
    threads[i] = g_thread_new ("user", use, sst_model_ref (model));
  sst_model_unref (model);
  for (int i = 0; i < 4; i++) {
    float *output = g_thread_join (threads[i]);

    ck_assert_mem_eq (output, expected, SST_NETWORK_OUTPUTS
        * SST_NETWORK_CELLS * sizeof (float));
    g_free (output);
  }
  g_free (expected);
}
END_TEST

/* The shipped one, where there is one, is as good as a file. */
START_TEST (the_builtin_model_is_the_shipped_file)
{
  SstModel *model = sst_model_builtin ();
  float *output;

  if (model == NULL)
    return;
  output = output_of (model);
  for (int k = 0; k < SST_NETWORK_OUTPUTS * SST_NETWORK_CELLS; k++)
    ck_assert (isfinite (output[k]));
  g_free (output);
  sst_model_unref (model);
}
END_TEST

static Suite *
model_suite (void)
{
  Suite *suite = suite_create ("model");
  TCase *tcase = tcase_create ("model");

  tcase_add_test (tcase, the_builtin_model_is_made_once);
  tcase_add_test (tcase, a_file_gives_the_same_model);
  tcase_add_test (tcase, a_file_is_one_model);
  tcase_add_test (tcase, threads_load_the_same_file);
  tcase_add_test (tcase, parameters_come_back);
  tcase_add_test (tcase, files_of_other_networks_are_refused);
  tcase_add_test (tcase, extreme_configurations_work);
  tcase_add_test (tcase, threads_share_a_model);
  tcase_add_test (tcase, the_builtin_model_is_the_shipped_file);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (model)
