/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "footage/pattern.h"
#include "stream/check.h"

#include "suite.h"

static const SstNetworkConfig tiny = { {4, 6, 8}, 1, 5, 7, 6 };

#define N 24
#define N_CLIPS 6
#define WIDTH 200
#define HEIGHT 150

static SstFootage *footage;

static float
mean_of (const float *scores, guint n)
{
  float mean = 0.f;

  for (guint i = 0; i < n; i++) {
    ck_assert (scores[i] >= 0.f && scores[i] <= 1.f);
    mean += scores[i] / n;
  }
  return mean;
}

/* Pictures that stand still: what is in a box is in the same box later. */
static SstTracklets *
make_tracklets (SstFootage * still)
{
  SstTracklets *tracklets = sst_tracklets_new ();

  for (guint i = 0; i < N_CLIPS; i++) {
    SstImage *image = sst_pattern_image (50 + i, WIDTH, HEIGHT);
    const SstBox box = { 70.f + i, 50.f, 50.f, 40.f };
    SstTrackletStep steps[2] = { {0, box}, {1, box} };
    const SstTracklet tracklet = { .clip = i, .quality = 1.f, .n_steps = 2,
      .steps = steps
    };
    char name[16];
    SstClip *clip;

    g_snprintf (name, sizeof (name), "still-%u", i);
    clip = sst_footage_add_clip (still, name);
    sst_clip_add (clip, sst_image_ref (image), 0);
    sst_clip_add (clip, image, 1000000000);
    sst_tracklets_add (tracklets, &tracklet);
  }
  return tracklets;
}

/* A model that has learned scores clearly better than one that has not, on
 * pairs of either kind, and sees differences. */
START_TEST (a_model_that_learned_scores_better)
{
  const SstNetworkConfig config = SST_NETWORK_CONFIG_DEFAULT;
  SstModel *model = sst_model_builtin ();
  SstModel *untrained = sst_model_new_random (&config, 1, NULL);
  SstFootage *still = sst_footage_new ();
  SstTracklets *tracklets = make_tracklets (still);
  SstCheck *check = _i ? sst_check_new (still, tracklets, 1, N)
      : sst_check_new (footage, NULL, 1, N);
  float good[N], bad[N], error, gain, spread;

  if (model != NULL) {
    ck_assert (sst_check_run (check, model, NULL, good, &spread));
    ck_assert_float_gt (spread, 0.5f);
    ck_assert_float_lt (spread, 1.1f);
    ck_assert (sst_check_run (check, untrained, NULL, bad, NULL));
    ck_assert_float_gt (mean_of (good, N), 0.55f);
    ck_assert_float_lt (mean_of (bad, N), 0.4f);
    gain = sst_check_compare (bad, good, N, &error);
    ck_assert_float_gt (gain, 4.f * error);
  }
  sst_check_free (&check);
  sst_tracklets_free (&tracklets);
  sst_footage_free (&still);
  sst_model_unref (model);
  sst_model_unref (untrained);
}
END_TEST

/* The same pairs whoever asks, whatever was asked before; others for another
 * seed. */
START_TEST (the_seed_alone_decides_which_pairs)
{
  SstModel *a = sst_model_new_random (&tiny, 1, NULL);
  SstModel *b = sst_model_new_random (&tiny, 2, NULL);
  SstCheck *check = sst_check_new (footage, NULL, 7, N);
  SstCheck *again = sst_check_new (footage, NULL, 7, N);
  SstCheck *shorter = sst_check_new (footage, NULL, 7, N / 2);
  SstCheck *other = sst_check_new (footage, NULL, 8, N);
  float first[N], second[N], spread, same;

  ck_assert (sst_check_run (check, a, NULL, first, &spread));
  ck_assert (sst_check_run (check, b, NULL, second, NULL));
  ck_assert_mem_ne (first, second, sizeof (first));
  ck_assert (sst_check_run (check, a, NULL, second, &same));
  ck_assert_mem_eq (first, second, sizeof (first));
  ck_assert_float_eq (spread, same);
  ck_assert (sst_check_run (again, a, NULL, second, NULL));
  ck_assert_mem_eq (first, second, sizeof (first));
  ck_assert (sst_check_run (shorter, a, NULL, second, NULL));
  ck_assert_mem_eq (first, second, sizeof (first) / 2);
  ck_assert (sst_check_run (other, a, NULL, second, NULL));
  ck_assert_mem_ne (first, second, sizeof (first));
  sst_check_free (&check);
  ck_assert_ptr_null (check);
  sst_check_free (&check);
  sst_check_free (&again);
  sst_check_free (&shorter);
  sst_check_free (&other);
  sst_model_unref (a);
  sst_model_unref (b);
}
END_TEST

/* A network whose features do not depend on the picture any more. */
START_TEST (collapsed_features_are_told)
{
  SstModel *model = sst_model_new_random (&tiny, 1, NULL), *collapsed;
  const SstNetwork *const network = sst_model_network (model);
  SstCheck *check = sst_check_new (footage, NULL, 7, N);
  SstCheck *one = sst_check_new (footage, NULL, 7, 1);
  float *parameters = g_new (float, sst_network_n_parameters (network));
  float scores[N], spread;
  const SstTensorSpec *specs;
  size_t at = 0;
  int n;

  ck_assert (sst_check_run (check, model, NULL, scores, &spread));
  ck_assert_float_gt (spread, 0.05f);
  ck_assert (sst_check_run (one, model, NULL, scores, &spread));
  ck_assert_float_eq (spread, 0.f);
  sst_model_get_parameters (model, parameters);
  specs = sst_network_specs (network, &n);
  for (int i = 0; i < n; i++) {
    const size_t size = sst_tensor_spec_size (&specs[i]);

    for (size_t k = 0; k < size; k++) {
      if (g_str_equal (specs[i].name, "stem0.gain"))
        parameters[at + k] = 0.f;
      if (g_str_equal (specs[i].name, "stem0.bias"))
        parameters[at + k] = 1.f;
    }
    at += size;
  }
  collapsed = sst_model_new (&tiny, parameters, NULL, NULL, NULL);
  ck_assert (sst_check_run (check, collapsed, NULL, scores, &spread));
  ck_assert_float_eq_tol (spread, 0.f, 1e-4f);
  g_free (parameters);
  sst_check_free (&check);
  sst_check_free (&one);
  sst_model_unref (model);
  sst_model_unref (collapsed);
}
END_TEST

START_TEST (a_stopped_check_gives_no_scores)
{
  SstModel *model = sst_model_new_random (&tiny, 1, NULL);
  SstCheck *check = sst_check_new (footage, NULL, 7, N);
  SstPace *pace = sst_pace_new ();
  float free_scores[N], scores[N];

  ck_assert (sst_check_run (check, model, NULL, free_scores, NULL));
  sst_pace_stop (pace);
  ck_assert (!sst_check_run (check, model, pace, scores, NULL));
  sst_pace_resume (pace);
  ck_assert (sst_check_run (check, model, pace, scores, NULL));
  ck_assert_mem_eq (scores, free_scores, sizeof (scores));
  ck_assert_uint_gt (sst_pace_get_used (pace), 0);
  sst_pace_free (&pace);
  sst_check_free (&check);
  sst_model_unref (model);
}
END_TEST

/* By hand: differences 0.1, 0.3, -0.1, 0.1; mean 0.1, deviation 0.163. */
START_TEST (the_standard_error_is_as_computed_by_hand)
{
  const float a[4] = { 0.5f, 0.2f, 0.9f, 0.f };
  const float b[4] = { 0.6f, 0.5f, 0.8f, 0.1f };
  float error;

  ck_assert_float_eq_tol (sst_check_compare (a, b, 4, &error), 0.1f, 1e-6f);
  ck_assert_float_eq_tol (error, sqrtf (0.08f / 3.f / 4.f), 1e-6f);
  ck_assert_float_eq_tol (sst_check_compare (b, a, 4, NULL), -0.1f, 1e-6f);
  ck_assert_float_eq (sst_check_compare (a, a, 4, &error), 0.f);
  ck_assert_float_eq (error, 0.f);
  ck_assert_float_eq_tol (sst_check_compare (a, b, 1, &error), 0.1f, 1e-6f);
  ck_assert (isinf (error));
}
END_TEST

static void
make_footage (void)
{
  footage = sst_pattern_footage (5, N_CLIPS, WIDTH, HEIGHT);
}

static void
free_footage (void)
{
  sst_footage_free (&footage);
}

static Suite *
check_suite (void)
{
  Suite *suite = suite_create ("check");
  TCase *tcase = tcase_create ("check");

  tcase_add_unchecked_fixture (tcase, make_footage, free_footage);
  tcase_add_loop_test (tcase, a_model_that_learned_scores_better, 0, 2);
  tcase_add_test (tcase, the_seed_alone_decides_which_pairs);
  tcase_add_test (tcase, collapsed_features_are_told);
  tcase_add_test (tcase, a_stopped_check_gives_no_scores);
  tcase_add_test (tcase, the_standard_error_is_as_computed_by_hand);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (check)
