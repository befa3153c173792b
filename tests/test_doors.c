/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* The library's public doors: NULL where an object is wanted is said and does
 * no harm. tests/symbols.py looks for the question in each of them. */

#include "suite.h"

#include <sstrack/sstrack.h>

#define REFUSES(call) \
  g_test_expect_message (NULL, G_LOG_LEVEL_CRITICAL, "*!= NULL*"); \
  call; \
  g_test_assert_expected_messages ()

START_TEST (objects_that_are_missing_are_told)
{
  SstTracker *tracker = sst_tracker_new (NULL);
  const SstBox box = { 0.f, 0.f, 10.f, 10.f };
  GError *error = NULL;

  REFUSES (sst_targets_process (NULL, NULL, 0, NULL, 0));
  REFUSES (ck_assert_uint_eq (sst_targets_add (NULL, 0, &box, NULL,
              SST_ORIGIN_USER), 0));
  REFUSES (ck_assert (!sst_tracker_start (tracker, NULL, &box, 0, &error)));
  ck_assert_ptr_null (error);
  REFUSES (sst_tracker_update (tracker, NULL, 0, NULL, NULL));
  REFUSES (ck_assert_ptr_null (sst_model_load (NULL, &error)));
  ck_assert_ptr_null (error);
  REFUSES (ck_assert_ptr_null (sst_weights_get_checksum (NULL)));
  REFUSES (ck_assert_int_eq (sst_learner_work (NULL, NULL), SST_LEARNER_IDLE));
  REFUSES (ck_assert (!sst_tone_is_valid (NULL)));
  sst_tracker_free (&tracker);
}
END_TEST

START_TEST (null_where_it_is_allowed_is_silent)
{
  SstTargets *targets = NULL;
  SstTracker *tracker = NULL;
  SstLearner *learner = NULL;

  sst_targets_free (&targets);
  sst_tracker_free (&tracker);
  sst_learner_free (&learner);
  sst_model_unref (NULL);
  sst_weights_unref (NULL);
  sst_album_unref (NULL);
  ck_assert (sst_pace_wait (NULL));
}
END_TEST

static Suite *
doors_suite (void)
{
  Suite *suite = suite_create ("doors");
  TCase *tcase = tcase_create ("doors");

  tcase_add_test (tcase, objects_that_are_missing_are_told);
  tcase_add_test (tcase, null_where_it_is_allowed_is_silent);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (doors)
