/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "model/difference.h"
#include "model/mean.h"
#include "model/model_private.h"

#include "suite.h"

static const SstNetworkConfig tiny = { {4, 6, 8}, 1, 5, 7, 6 };

/* The weights of a model with a parameter of the embedding changed, that name
 * their base; toned: seen with a tone, too. */
static SstWeights *
learned_from (const SstModel * base, gboolean toned, const char *base_name)
{
  const size_t n = sst_network_n_parameters (sst_model_network (base));
  const SstTone tone = { 2.f, -20.f, { 1.f, 1.f }, { 0.f, 0.f }, 1.f };
  float *const parameters = g_new (float, n);
  char *const metadata = g_strdup_printf ("base=%s\nsteps=7\n", base_name);
  SstWeights *weights;
  SstModel *model;

  sst_model_get_parameters (base, parameters);
  parameters[n - 1] += 0.25f;
  model = sst_model_new (sst_network_get_config (sst_model_network (base)),
      parameters, toned ? &tone : NULL, metadata, NULL);
  ck_assert_ptr_nonnull (model);
  weights = sst_weights_ref (sst_model_weights (model));
  sst_model_unref (model);
  g_free (metadata);
  g_free (parameters);
  return weights;
}

static const char *
name_of (const SstModel * model)
{
  return sst_weights_get_checksum (sst_model_weights (model));
}

/* There and back gives the same bytes, and only what differs is there. */
START_TEST (a_difference_restores_the_same_bytes)
{
  SstModel *base = sst_model_new_random (&tiny, 3, NULL);
  SstWeights *weights = learned_from (base, _i, name_of (base));
  GError *error = NULL;
  SstWeights *difference, *again;
  char *name;

  difference = sst_difference_new (weights, sst_model_weights (base), &error);
  ck_assert_ptr_nonnull (difference);
  ck_assert_ptr_null (error);
  ck_assert (sst_difference_is_one (difference));
  ck_assert (!sst_difference_is_one (weights));
  ck_assert_int_eq (sst_weights_n_tensors (difference), 1 + _i);
  ck_assert_ptr_nonnull (sst_weights_find (difference, "embedding.weight",
          NULL));
  name = sst_difference_dup_base (difference);
  ck_assert_str_eq (name, name_of (base));
  g_free (name);
  name = sst_difference_dup_base (sst_model_weights (base));
  ck_assert_str_eq (name, name_of (base));
  g_free (name);

  again = sst_difference_apply (difference, sst_model_weights (base), &error);
  ck_assert_ptr_nonnull (again);
  ck_assert_str_eq (sst_weights_get_checksum (again),
      sst_weights_get_checksum (weights));
  sst_weights_unref (again);
  sst_weights_unref (difference);
  sst_weights_unref (weights);
  sst_model_unref (base);
}
END_TEST

static void
check_refused (const SstWeights * weights, GError ** error)
{
  ck_assert_ptr_null (weights);
  ck_assert_ptr_nonnull (*error);
  ck_assert (g_error_matches (*error, SST_WEIGHTS_ERROR,
          SST_WEIGHTS_ERROR_BASE));
  g_clear_error (error);
}

/* A difference with these tensors of ones. */
static SstWeights *
forged (const SstModel * base, const SstTensorSpec * spec)
{
  char *const network = sst_network_describe (sst_model_network (base));
  char *const architecture = g_strconcat ("difference-1 ", network, NULL);
  char *const metadata = g_strdup_printf ("base=%s\n", name_of (base));
  float *const ones = g_new (float, sst_tensor_spec_size (spec));
  const float *const data[] = { ones };
  SstWeights *weights;

  for (size_t i = 0; i < sst_tensor_spec_size (spec); i++)
    ones[i] = 1.f;
  weights = sst_weights_new (architecture, metadata, spec, 1, data, NULL);
  ck_assert_ptr_nonnull (weights);
  g_free (ones);
  g_free (metadata);
  g_free (architecture);
  g_free (network);
  return weights;
}

/* Nothing of a difference is trusted. */
START_TEST (damaged_differences_are_refused)
{
  static const SstTensorSpec strange[] = {
    {"embedding.weight", 2, {6, 9}}, {"embedding.weight", 1, {48}},
    {"nowhere.weight", 1, {4}}, {"stem0.gain", 1, {5}}
  };
  SstModel *base = sst_model_new_random (&tiny, 3, NULL);
  SstModel *other = sst_model_new_random (&tiny, 4, NULL);
  SstWeights *weights = learned_from (base, FALSE, name_of (base));
  SstWeights *toned = learned_from (other, TRUE, name_of (other));
  SstWeights *difference = sst_difference_new (weights,
      sst_model_weights (base), NULL);
  GError *error = NULL;
  SstModel *toned_base = sst_model_new_from_weights (toned, NULL);
  SstWeights *plain = learned_from (other, FALSE, name_of (toned_base));

  check_refused (sst_difference_new (weights, sst_model_weights (other),
          &error), &error);
  check_refused (sst_difference_apply (difference, sst_model_weights (other),
          &error), &error);
  /* what the base has and the weights have not, can't be said */
  check_refused (sst_difference_new (plain, sst_model_weights (toned_base),
          &error), &error);
  for (guint i = 0; i < G_N_ELEMENTS (strange); i++) {
    SstWeights *const bad = forged (base, &strange[i]);

    check_refused (sst_difference_apply (bad, sst_model_weights (base),
            &error), &error);
    sst_weights_unref (bad);
  }
  /* its base is not the one built in */
  ck_assert_ptr_null (sst_model_new_from_weights (difference, &error));
  ck_assert (g_error_matches (error, SST_WEIGHTS_ERROR,
          SST_WEIGHTS_ERROR_BASE));
  g_clear_error (&error);
  sst_weights_unref (plain);
  sst_model_unref (toned_base);
  sst_weights_unref (difference);
  sst_weights_unref (toned);
  sst_weights_unref (weights);
  sst_model_unref (other);
  sst_model_unref (base);
}
END_TEST

static gint64
size_of (const char *path)
{
  GStatBuf st;

  ck_assert_int_eq (g_stat (path, &st), 0);
  return st.st_size;
}

/* What was learned from the built-in model is saved small, and loads as any
 * model; what was not, is saved whole. */
START_TEST (learned_models_are_saved_small)
{
  char *path = g_strdup_printf ("%s/sst-test-%d-difference.sst",
      g_get_tmp_dir (), (int) getpid ());
  SstModel *builtin = sst_model_builtin ();
  SstModel *tiny_model = sst_model_new_random (&tiny, 3, NULL);
  SstModel *model, *loaded;
  SstWeights *weights;

  ck_assert_ptr_nonnull (builtin);
  weights = learned_from (builtin, TRUE, name_of (builtin));
  model = sst_model_new_from_weights (weights, NULL);
  ck_assert (sst_model_save (model, path, NULL));
  ck_assert_int_lt (size_of (path), 30000);
  loaded = sst_model_load (path, NULL);
  ck_assert_ptr_nonnull (loaded);
  ck_assert_str_eq (name_of (loaded), name_of (model));
  ck_assert_ptr_nonnull (sst_model_tone (loaded));
  sst_model_unref (loaded);
  sst_model_unref (model);
  sst_weights_unref (weights);

  for (int i = 0; i < 2; i++) {
    SstModel *const whole = i ? builtin : tiny_model;

    ck_assert (sst_model_save (whole, path, NULL));
    loaded = sst_model_load (path, NULL);
    ck_assert_ptr_nonnull (loaded);
    ck_assert_str_eq (name_of (loaded), name_of (whole));
    sst_model_unref (loaded);
  }
  ck_assert_int_gt (size_of (path), 1000000);
  g_unlink (path);
  g_free (path);
  sst_model_unref (tiny_model);
  sst_model_unref (builtin);
}
END_TEST

/* The mean is half of the way where one of two is changed, forgets the tone,
 * and says what it was made of. */
START_TEST (it_is_half_of_the_way)
{
  SstModel *base = sst_model_new_random (&tiny, 3, NULL);
  SstModel *other = sst_model_new_random (&tiny, 4, NULL);
  const size_t n = sst_network_n_parameters (sst_model_network (base));
  SstWeights *weights = learned_from (base, TRUE, name_of (base));
  SstModel *learned = sst_model_new_from_weights (weights, NULL);
  SstModel *const models[] = { learned, base };
  SstModel *const wrong[] = { learned, other };
  static const char *const names[] = { "a", "b" };
  float *const x = g_new (float, n), *const y = g_new (float, n);
  char *const made_of = g_strconcat (name_of (learned), " ", name_of (base),
      NULL);
  GError *error = NULL;
  SstModel *mean = sst_model_mean (base, models, names, 2, "date=today\n",
      &error);
  char *text;

  ck_assert_ptr_nonnull (mean);
  ck_assert_ptr_null (sst_model_tone (mean));
  sst_model_get_parameters (base, x);
  sst_model_get_parameters (mean, y);
  ck_assert_mem_eq (x, y, (n - 1) * sizeof (float));
  ck_assert_float_eq_tol (y[n - 1], x[n - 1] + 0.125f, 1e-6f);
  text = sst_weights_dup_metadata (sst_model_weights (mean), "merged");
  ck_assert_str_eq (text, made_of);
  g_free (text);
  text = sst_difference_dup_base (sst_model_weights (mean));
  ck_assert_str_eq (text, name_of (base));
  g_free (text);

  ck_assert_ptr_null (sst_model_mean (base, wrong, names, 2, NULL, &error));
  ck_assert (g_error_matches (error, SST_WEIGHTS_ERROR,
          SST_WEIGHTS_ERROR_BASE));
  g_clear_error (&error);
  g_free (made_of);
  g_free (x);
  g_free (y);
  sst_model_unref (mean);
  sst_model_unref (learned);
  sst_weights_unref (weights);
  sst_model_unref (other);
  sst_model_unref (base);
}
END_TEST

static Suite *
difference_suite (void)
{
  Suite *suite = suite_create ("difference");
  TCase *tcase = tcase_create ("difference");

  tcase_add_loop_test (tcase, a_difference_restores_the_same_bytes, 0, 2);
  tcase_add_test (tcase, damaged_differences_are_refused);
  tcase_add_test (tcase, learned_models_are_saved_small);
  tcase_add_test (tcase, it_is_half_of_the_way);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (difference)
