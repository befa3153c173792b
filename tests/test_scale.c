/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "scene.h"
#include "suite.h"

#include "track/scale.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 320
#define HEIGHT 240
#define RATE 0.05f

/* The largest factor that is looked for, either way. */
static float
range (void)
{
  return powf (SST_SCALE_STEP, SST_SCALE_N / 2 + 0.5f);
}

typedef struct
{
  SstSampler *sampler;
  SstScale *scale;
  float *work;
} Fixture;

static void
setup (Fixture * f)
{
  f->sampler = sst_sampler_new ();
  f->scale = sst_scale_new (sst_features_handmade ());
  f->work = g_new (float, sst_scale_work_size (f->scale));
  sst_scale_lend (f->scale, f->work);
}

static void
teardown (Fixture * f)
{
  sst_sampler_free (&f->sampler);
  sst_scale_free (&f->scale);
  ck_assert_ptr_null (f->scale);
  g_free (f->work);
}

/* A sprite of that growth a frame, followed at its true places: the estimate
 * leads from the size in the last frame to that in this. It learns from a look
 * of its own, or from what the estimate looked at. */
START_TEST (growth_is_told_from_frame_to_frame)
{
  static const struct
  {
    float side, grow;
    guint seed;
  } cases[] = {
    {40, 0.01f, 3}, {40, 0.02f, 4}, {30, 0.03f, 5},
    {100, -0.01f, 6}, {110, -0.02f, 7}, {120, -0.03f, 8},
    {50, 0, 9}, {25, 0, 10}, {90, 0, 11},
  };
  const int k = _i / 2;
  const gboolean looks_again = _i % 2 == 0;
  const float grow = cases[k].grow;
  Scene *scene = scene_new (WIDTH, HEIGHT, 100 + k);
  const SceneSprite sprite = {.x = WIDTH / 2,.y = HEIGHT / 2,
    .width = cases[k].side,.height = 0.8f * cases[k].side,
    .seed = cases[k].seed,.grow = grow,.vx = 0.5f
  };
  const int id = scene_add_sprite (scene, &sprite);
  const int frames = 30;
  double bias = 0.0, error = 0.0;
  SstBox last = { 0, 0, 1, 1 };
  Fixture f;

  setup (&f);
  scene->look.noise = 2;
  for (int t = 0; t <= frames; t++) {
    const SstFrame frame = scene_render (scene, t);
    const SstBox box = scene_truth (scene, id).box;

    if (t > 0) {
      const SstBox from = sst_box_from_center (sst_box_center_x (&box),
          sst_box_center_y (&box), last.width, last.height);
      const double truth = log (sst_box_scale (&box) / sst_box_scale (&last));
      float certainty;
      const double got = log (sst_scale_estimate (f.scale, f.sampler, &frame,
              &from, &certainty));

      ck_assert_double_eq_tol (truth, log (1 + grow), 1e-3);
      ck_assert_float_gt (certainty, 0.1f);
      ck_assert_float_le (certainty, 1);
      bias += (got - truth) / frames;
      error += fabs (got - truth) / frames;
    }
    if (t == 0 || looks_again)
      sst_scale_learn (f.scale, f.sampler, &frame, &box, RATE);
    else
      sst_scale_learn_estimated (f.scale,
          sst_box_scale (&box) / sst_box_scale (&last), RATE);
    last = box;
  }
  printf ("growth %g: mean %+.4f off, mean error %.4f\n", (double) grow, bias,
      error);
  ck_assert_double_lt (fabs (bias), 0.003);
  ck_assert_double_lt (error, 0.006);

  teardown (&f);
  scene_free (&scene);
}
END_TEST

/* From one picture: boxes too small by a factor are told so, and the other way,
 * as far as the range goes. */
START_TEST (wrong_boxes_are_told_by_their_factor)
{
  Scene *scene = scene_new (WIDTH, HEIGHT, 20);
  const SceneSprite sprite = {.x = 150,.y = 110,.width = 60,.height = 44,
    .seed = 21
  };
  const int id = scene_add_sprite (scene, &sprite);
  const SstFrame frame = scene_render (scene, 0);
  const SstBox box = scene_truth (scene, id).box;
  Fixture f;

  setup (&f);
  sst_scale_learn (f.scale, f.sampler, &frame, &box, RATE);
  for (int i = -14; i <= 14; i++) {
    const float factor = powf (1.01f, (float) i);
    const SstBox from = sst_box_from_center (sst_box_center_x (&box),
        sst_box_center_y (&box), box.width / factor, box.height / factor);
    float certainty;
    const float got = sst_scale_estimate (f.scale, f.sampler, &frame, &from,
        &certainty);

    if (!(fabsf (got / factor - 1) < 0.007f))
      ck_abort_msg ("%g instead of %g", (double) got, (double) factor);
    ck_assert_float_gt (certainty, 0.5f);
  }
  /* out of the range there is nothing to learn from */
  {
    float before, after;
    float certainty;

    before = sst_scale_estimate (f.scale, f.sampler, &frame, &box, &certainty);
    sst_scale_learn_estimated (f.scale, range () * 1.02f, 1.f);
    sst_scale_learn_estimated (f.scale, 1.f / range () / 1.02f, 1.f);
    after = sst_scale_estimate (f.scale, f.sampler, &frame, &box, &certainty);
    ck_assert_float_eq (after, before);
    sst_scale_learn_estimated (f.scale, 1.05f, 1.f);
    after = sst_scale_estimate (f.scale, f.sampler, &frame, &box, &certainty);
    ck_assert_float_eq_tol (after, 1.05f, 0.007f);
  }
  teardown (&f);
  scene_free (&scene);
}
END_TEST

/* Before anything was learned, and after a reset, there is no opinion; the
 * first lesson after it counts in full, and is the only one. */
START_TEST (a_reset_scale_has_no_opinion)
{
  Scene *scene = scene_new (WIDTH, HEIGHT, 30);
  SstFrame frame = scene_render (scene, 0);
  const SstBox first = { 30, 40, 50, 30 }, second = { 200, 100, 40, 60 };
  const SstBox smaller = { 202, 103, 36, 54 };
  float certainty = 9, expected, expected_certainty;
  Fixture f, fresh;

  setup (&f);
  setup (&fresh);
  ck_assert_float_eq (sst_scale_estimate (f.scale, f.sampler, &frame, &first,
          &certainty), 1);
  ck_assert_float_eq (certainty, 0);
  sst_scale_learn (fresh.scale, fresh.sampler, &frame, &second, 0.5f);
  expected = sst_scale_estimate (fresh.scale, fresh.sampler, &frame, &smaller,
      &expected_certainty);
  ck_assert_float_gt (expected, 1.05f);

  sst_scale_learn (f.scale, f.sampler, &frame, &first, 0.3f);
  sst_scale_reset (f.scale);
  certainty = 9;
  ck_assert_float_eq (sst_scale_estimate (f.scale, f.sampler, &frame, &first,
          &certainty), 1);
  ck_assert_float_eq (certainty, 0);
  sst_scale_learn (f.scale, f.sampler, &frame, &second, 0.1f);
  ck_assert_float_eq (sst_scale_estimate (f.scale, f.sampler, &frame, &smaller,
          &certainty), expected);
  ck_assert_float_eq (certainty, expected_certainty);

  /* a rate of 0 learns nothing */
  sst_scale_learn (f.scale, f.sampler, &frame, &first, 0);
  ck_assert_float_eq (sst_scale_estimate (f.scale, f.sampler, &frame, &smaller,
          &certainty), expected);

  teardown (&f);
  teardown (&fresh);
  scene_free (&scene);
}
END_TEST

/* Pictures without anything in them, and boxes of all sizes and places. */
START_TEST (empty_pictures_and_odd_boxes_are_borne)
{
  static const SstBox boxes[] = {
    {10, 10, 20, 20}, {-500, -500, 30, 20}, {0, 0, 64, 48},
    {31, 20, 0.01f, 0.01f}, {-1e4f, -1e4f, 2e4f, 2e4f}, {5, 5, 1, 40},
  };
  guint8 planes[64 * 48 * 3 / 2];
  const SstFrame flat = { SST_FORMAT_I420, SST_MATRIX_BT601, FALSE, 64, 48,
    {planes, planes + 64 * 48, planes + 64 * 60}, {64, 32, 32}
  };
  Scene *scene = scene_new (64, 48, 40);
  const SstFrame rich = scene_render (scene, 0);
  const float top = range ();
  Fixture f;

  setup (&f);
  for (guint i = 0; i < 6 * G_N_ELEMENTS (boxes); i++) {
    const SstBox *const learned = &boxes[i % G_N_ELEMENTS (boxes)];

    memset (planes, (int) (i % 3 * 127), sizeof planes);
    if (i % 2)
      sst_scale_reset (f.scale);
    sst_scale_learn (f.scale, f.sampler, i % 4 == 3 ? &rich : &flat, learned,
        0.5f);
    for (guint k = 0; k < 2 * G_N_ELEMENTS (boxes); k++) {
      float certainty;
      const float factor = sst_scale_estimate (f.scale, f.sampler,
          k % 2 ? &rich : &flat, &boxes[k / 2], &certainty);

      if (!(factor >= 1 / top && factor <= top))
        ck_abort_msg ("factor %g", (double) factor);
      if (!(certainty >= 0 && certainty <= 1))
        ck_abort_msg ("certainty %g", (double) certainty);
    }
  }
  teardown (&f);
  scene_free (&scene);
}
END_TEST

/* A flat picture tells nothing of size. */
START_TEST (a_flat_picture_tells_no_size)
{
  guint8 planes[64 * 48 * 3 / 2];
  const SstFrame flat = { SST_FORMAT_I420, SST_MATRIX_BT601, FALSE, 64, 48,
    {planes, planes + 64 * 48, planes + 64 * 60}, {64, 32, 32}
  };
  const SstBox box = { 10, 10, 20, 20 };
  float certainty;
  Fixture f;

  memset (planes, 90, sizeof planes);
  setup (&f);
  for (int i = 0; i < 3; i++) {
    sst_scale_learn (f.scale, f.sampler, &flat, &box, RATE);
    ck_assert_float_eq (sst_scale_estimate (f.scale, f.sampler, &flat, &box,
            &certainty), 1);
    ck_assert_float_eq (certainty, 0);
  }
  teardown (&f);
}
END_TEST

START_TEST (null_is_freed_in_peace)
{
  SstScale *scale = NULL;

  sst_scale_free (&scale);
  ck_assert_ptr_null (scale);
}
END_TEST

static Suite *
scale_suite (void)
{
  Suite *suite = suite_create ("scale");
  TCase *tcase = tcase_create ("scale");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, growth_is_told_from_frame_to_frame, 0, 2 * 9);
  tcase_add_test (tcase, wrong_boxes_are_told_by_their_factor);
  tcase_add_test (tcase, a_reset_scale_has_no_opinion);
  tcase_add_test (tcase, a_flat_picture_tells_no_size);
  tcase_add_test (tcase, empty_pictures_and_odd_boxes_are_borne);
  tcase_add_test (tcase, null_is_freed_in_peace);

  return suite;
}

SUITE_MAIN (scale)
