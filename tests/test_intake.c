/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Intake: which frames are taken, and how the stream's time is counted. */

#include "stream/intake.h"

#include <check.h>
#include <stdlib.h>

#include "scene.h"
#include "suite.h"

#define WIDTH 64
#define HEIGHT 48
#define GAP SST_WINDOW_MIN_GAP

static void
add (SstIntake * intake, Scene * scene, SstTime time)
{
  const SstFrame frame = scene_render (scene, 0);

  sst_intake_add (intake, &frame, time, NULL, 0);
}

START_TEST (a_frame_is_decided_on_once)
{
  SstIntake *intake = sst_intake_new ();
  Scene *scene = scene_new (WIDTH, HEIGHT, 1);
  SstWindow *window;

  /* nothing is being filled */
  ck_assert_int_eq (sst_intake_decide (intake, 0, 0, 5), SST_INTAKE_BEGIN);
  add (intake, scene, 5);
  /* size unknown, and known */
  for (int i = 0; i < 2; i++) {
    const int width = i * WIDTH, height = i * HEIGHT;

    ck_assert_int_eq (sst_intake_decide (intake, width, height, 5 + GAP - 1),
        SST_INTAKE_PASS);
    ck_assert_int_eq (sst_intake_decide (intake, width, height, 5 + GAP),
        SST_INTAKE_TAKE);
    ck_assert_int_eq (sst_intake_decide (intake, width, height, 4),
        SST_INTAKE_TURN);
    ck_assert_int_eq (sst_intake_decide (intake, width, height,
            6 + SST_WINDOW_MAX_GAP), SST_INTAKE_TURN);
  }
  ck_assert_int_eq (sst_intake_decide (intake, WIDTH, HEIGHT + 1, 6),
      SST_INTAKE_TURN);

  window = sst_intake_steal (intake);
  ck_assert_uint_eq (sst_window_length (window), 1);
  ck_assert_uint_eq (sst_window_length (sst_intake_window (intake)), 0);
  ck_assert_int_eq (sst_intake_decide (intake, 0, 0, 6), SST_INTAKE_BEGIN);
  sst_window_free (&window);
  sst_intake_free (&intake);
  ck_assert_ptr_null (intake);
  scene_free (&scene);
}
END_TEST

START_TEST (time_is_counted_without_jumps)
{
  SstIntake *intake = sst_intake_new ();

  sst_intake_count (intake, 100);
  sst_intake_count (intake, 130);
  sst_intake_count (intake, 130);       /* asked about it, then given it */
  ck_assert_uint_eq (sst_intake_take_passed (intake), 30);
  ck_assert_uint_eq (sst_intake_take_passed (intake), 0);
  sst_intake_count (intake, 50);        /* back */
  sst_intake_count (intake, 60);
  sst_intake_count (intake, 61 + SST_WINDOW_MAX_GAP);   /* too far ahead */
  ck_assert_uint_eq (sst_intake_take_passed (intake), 10);
  sst_intake_interrupt (intake);
  sst_intake_count (intake, 70 + SST_WINDOW_MAX_GAP);
  ck_assert_uint_eq (sst_intake_take_passed (intake), 0);
  sst_intake_free (&intake);
}
END_TEST

static Suite *
intake_suite (void)
{
  Suite *suite = suite_create ("intake");
  TCase *test_case = tcase_create ("intake");

  tcase_add_test (test_case, a_frame_is_decided_on_once);
  tcase_add_test (test_case, time_is_counted_without_jumps);
  suite_add_tcase (suite, test_case);
  return suite;
}

SUITE_MAIN (intake)
