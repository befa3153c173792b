/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* The process's BLAS threads: one while the library works, what they were
 * before at other times. */

#include <check.h>
#include <cblas.h>

#include <sstrack/targets.h>

#include "base/blas.h"

#include "scene.h"
#include "suite.h"

#define THREADS 3

START_TEST (begins_and_ends)
{
  openblas_set_num_threads (THREADS);
  sst_blas_begin ();
  ck_assert_int_eq (openblas_get_num_threads (), 1);
  sst_blas_begin ();
  sst_blas_pause ();
  ck_assert_int_eq (openblas_get_num_threads (), THREADS);
  sst_blas_resume ();
  ck_assert_int_eq (openblas_get_num_threads (), 1);
  sst_blas_end ();
  ck_assert_int_eq (openblas_get_num_threads (), 1);
  sst_blas_end ();
  ck_assert_int_eq (openblas_get_num_threads (), THREADS);
  sst_blas_pause ();            /* nothing was begun */
  sst_blas_resume ();
  ck_assert_int_eq (openblas_get_num_threads (), THREADS);

  /* what somebody else sets stays */
  sst_blas_begin ();
  openblas_set_num_threads (2);
  sst_blas_end ();
  ck_assert_int_eq (openblas_get_num_threads (), 2);
}
END_TEST

static gpointer
begin (gpointer data)
{
  sst_blas_begin ();
  return NULL;
}

/* The last of two threads that end gives them back. */
START_TEST (two_at_once)
{
  openblas_set_num_threads (THREADS);
  sst_blas_begin ();
  g_thread_join (g_thread_new ("begin", begin, NULL));
  sst_blas_end ();
  ck_assert_int_eq (openblas_get_num_threads (), 1);
}
END_TEST

START_TEST (frames_leave_no_trace)
{
  Scene *scene = scene_new (160, 120, 1);
  SstTargets *targets = sst_targets_new (NULL);
  const SstBox box = { 40.f, 40.f, 30.f, 30.f };

  openblas_set_num_threads (THREADS);
  sst_targets_add (targets, 0, &box, NULL, SST_ORIGIN_USER);
  for (int t = 0; t < 3; t++) {
    const SstFrame frame = scene_render (scene, t);

    sst_targets_process (targets, &frame, t * SST_SECOND / 25, NULL, 0);
    ck_assert_int_eq (openblas_get_num_threads (), THREADS);
  }
  sst_targets_free (&targets);
  scene_free (&scene);
}
END_TEST

static Suite *
blas_suite (void)
{
  Suite *suite = suite_create ("blas");
  TCase *tcase = tcase_create ("threads");

  tcase_add_test (tcase, begins_and_ends);
  tcase_add_test (tcase, two_at_once);
  tcase_add_test (tcase, frames_leave_no_trace);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (blas)
