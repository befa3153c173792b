/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/predictor.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "suite.h"

#define FRAME (1.f / 30.f)
#define LIMIT 10000.f

/* The picture's content moves by that a frame. */
static SstCameraMotion
pan (float x, float y)
{
  SstCameraMotion camera = SST_CAMERA_MOTION_IDENTITY;

  camera.tx = x;
  camera.ty = y;
  return camera;
}

/* Follows a target of that motion in the picture, found exactly where it is,
 * for n frames of a pan; returns how far off the last prediction was. */
static float
follow (SstPredictor * predictor, const SstCameraMotion * camera, int n,
    float step_x, float step_y, float *x, float *y)
{
  float off = 0.f;

  for (int i = 0; i < n; i++) {
    float expected_x = *x, expected_y = *y;

    sst_predictor_predict (predictor, camera, FRAME, &expected_x, &expected_y);
    *x += step_x;
    *y += step_y;
    off = hypotf (*x - expected_x, *y - expected_y);
    sst_predictor_found (predictor, FRAME, LIMIT, *x, *y);
  }
  return off;
}

/* What stands in the scene is expected where the camera's motion takes it, from
 * the first frame. */
START_TEST (a_scene_moves_with_the_camera)
{
  const SstCameraMotion camera = pan (-12.f, 3.f);
  SstPredictor predictor;
  float x = 400.f, y = 100.f;

  sst_predictor_reset (&predictor);
  for (int i = 0; i < 20; i++)
    ck_assert_float_le (follow (&predictor, &camera, 1, -12.f, 3.f, &x, &y),
        1e-3f);
  ck_assert_float_le (fabsf (predictor.hypotheses[SST_PREDICTOR_SCENE].vx),
      1e-2f);
}
END_TEST

/* What the camera follows is expected where it was, after the first frames have
 * shown that; and when it stops to be followed, on the scene again. */
START_TEST (a_followed_target_stays_in_place)
{
  const SstCameraMotion camera = pan (-12.f, 0.f);
  SstPredictor predictor;
  float x = 200.f, y = 100.f;

  sst_predictor_reset (&predictor);
  ck_assert_float_ge (follow (&predictor, &camera, 1, 0.f, 0.f, &x, &y),
      11.9f);
  ck_assert_float_le (follow (&predictor, &camera, 1, 0.f, 0.f, &x, &y),
      1e-3f);
  ck_assert_float_le (follow (&predictor, &camera, 20, 0.f, 0.f, &x, &y),
      1e-3f);
  /* 12 pixels a frame against the scene: what tells the user's metadata */
  ck_assert_float_ge (predictor.hypotheses[SST_PREDICTOR_SCENE].vx, 11.f * 30);

  ck_assert_float_ge (follow (&predictor, &camera, 1, -12.f, 0.f, &x, &y),
      11.9f);
  ck_assert_float_le (follow (&predictor, &camera, 20, -12.f, 0.f, &x, &y),
      0.5f);
}
END_TEST

/* With a camera that stands, or none known, both are one, and half of the
 * velocity is believed. */
START_TEST (half_of_the_velocity_is_believed)
{
  SstPredictor predictor;
  float x = 0.f, y = 50.f;

  sst_predictor_reset (&predictor);
  ck_assert_float_eq_tol (follow (&predictor, NULL, 60, 8.f, -4.f, &x, &y),
      0.5f * hypotf (8.f, 4.f), 1e-2f);
  for (int i = 0; i < SST_PREDICTOR_N; i++) {
    ck_assert_float_eq_tol (predictor.hypotheses[i].vx, 240.f, 0.1f);
    ck_assert_float_eq_tol (predictor.hypotheses[i].vy, -120.f, 0.1f);
  }
}
END_TEST

/* A miss rests in the scene and lets the velocities fade; a long silence is not
 * looked across; stopping and rescaling do what they say. */
START_TEST (misses_rest_in_the_scene)
{
  const SstCameraMotion camera = pan (5.f, 0.f);
  SstPredictor predictor;
  float x = 100.f, y = 50.f, near_x, far_x;

  sst_predictor_reset (&predictor);
  follow (&predictor, NULL, 60, 2.f, 0.f, &x, &y);
  near_x = far_x = x;
  sst_predictor_predict (&predictor, NULL, 0.5f, &near_x, &y);
  sst_predictor_predict (&predictor, NULL, 100.f, &far_x, &y);
  ck_assert_float_eq (near_x, far_x);
  ck_assert_float_eq_tol (near_x, x + 0.5f * 60.f * 0.5f, 0.1f);

  near_x = x;
  sst_predictor_predict (&predictor, &camera, FRAME, &near_x, &y);
  sst_predictor_missed (&predictor, &near_x, &y);
  ck_assert_float_eq (near_x, x + 5.f);
  ck_assert_float_eq_tol (predictor.hypotheses[SST_PREDICTOR_SCENE].vx, 48.f,
      0.1f);

  sst_predictor_rescale (&predictor, 0.5f, 2.f);
  ck_assert_float_eq_tol (predictor.hypotheses[SST_PREDICTOR_SCENE].vx, 24.f,
      0.1f);
  sst_predictor_stop (&predictor);
  for (int i = 0; i < SST_PREDICTOR_N; i++)
    ck_assert_float_eq (predictor.hypotheses[i].vx, 0.f);
}
END_TEST

/* Two frames of one time, a slip of the clock, and a camera that says nonsense
 * leave numbers. */
START_TEST (nonsense_leaves_finite_boxes)
{
  SstCameraMotion camera = pan (NAN, INFINITY);
  SstPredictor predictor;
  float x = 10.f, y = 10.f;

  sst_predictor_reset (&predictor);
  sst_predictor_predict (&predictor, &camera, 0.f, &x, &y);
  ck_assert_float_eq (x, 10.f);
  sst_predictor_found (&predictor, 0.f, LIMIT, 20.f, 20.f);
  ck_assert_float_eq (predictor.hypotheses[SST_PREDICTOR_SCENE].vx, 0.f);
  sst_predictor_predict (&predictor, &camera, 1e-9f, &x, &y);
  sst_predictor_found (&predictor, 1e-9f, 100.f, 500.f, -500.f);
  for (int i = 0; i < SST_PREDICTOR_N; i++) {
    ck_assert_float_le (fabsf (predictor.hypotheses[i].vx), 100.f);
    ck_assert_float_le (fabsf (predictor.hypotheses[i].vy), 100.f);
  }
  sst_predictor_predict (&predictor, &camera, FRAME, &x, &y);
  ck_assert (isfinite (x) && isfinite (y));
}
END_TEST

static Suite *
predictor_suite (void)
{
  Suite *suite = suite_create ("predictor");
  TCase *tcase = tcase_create ("predictor");

  tcase_add_test (tcase, a_scene_moves_with_the_camera);
  tcase_add_test (tcase, a_followed_target_stays_in_place);
  tcase_add_test (tcase, half_of_the_velocity_is_believed);
  tcase_add_test (tcase, misses_rest_in_the_scene);
  tcase_add_test (tcase, nonsense_leaves_finite_boxes);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (predictor)
