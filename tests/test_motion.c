/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "scene.h"
#include "suite.h"

#include <sstrack/motion.h>

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 640
#define HEIGHT 360
#define THUMB 160.f             /* longest side of the estimator's thumbnail */

/* How far the estimate and the truth take a corner of the picture apart, at
 * the worst, in pixels of the thumbnail. */
static float
corner_error (const SstCameraMotion * a, const SstCameraMotion * b, int width,
    int height)
{
  const float pixel = fmaxf ((float) MAX (width, height) / THUMB, 1.f);
  float worst = 0.f;

  for (int i = 0; i < 4; i++) {
    const float x = i & 1 ? (float) width : 0.f;
    const float y = i & 2 ? (float) height : 0.f;
    float ax, ay, bx, by;

    sst_camera_motion_apply (a, x, y, &ax, &ay);
    sst_camera_motion_apply (b, x, y, &bx, &by);
    worst = fmaxf (worst, hypotf (ax - bx, ay - by));
  }
  return worst / pixel;
}

static gboolean
is_identity (const SstCameraMotion * m)
{
  return m->a == 1.f && m->b == 0.f && m->tx == 0.f && m->ty == 0.f;
}

static void
assert_unknown (SstCameraMotion m)
{
  ck_assert (is_identity (&m));
  ck_assert (m.support == 0.f);
  ck_assert (!m.cut);
}

static void
assert_sane (SstCameraMotion m)
{
  ck_assert (isfinite (m.a) && isfinite (m.b));
  ck_assert (isfinite (m.tx) && isfinite (m.ty));
  ck_assert (m.support >= 0.f && m.support <= 1.f);
  ck_assert (m.support >= SST_MOTION_MIN_SUPPORT || is_identity (&m));
}

/* Follows a scene for some frames; every one has to be within the error. */
static void
assert_follows (Scene * scene, int n_frames, float max_error, float min_support)
{
  SstMotion *motion = sst_motion_new ();

  for (int t = 0; t < n_frames; t++) {
    const SstFrame frame = scene_render (scene, t);
    const SstCameraMotion truth = scene_motion (scene);
    const SstCameraMotion m = sst_motion_update (motion, &frame);
    const float error = corner_error (&m, &truth, scene->width, scene->height);

    assert_sane (m);
    if (t == 0)
      continue;
    ck_assert_msg (error <= max_error,
        "frame %d: %.3f pixels off, support %.2f", t, error, m.support);
    ck_assert_msg (m.support >= min_support, "frame %d: support %.2f", t,
        m.support);
    ck_assert (!m.cut);
  }
  sst_motion_free (&motion);
  ck_assert_ptr_null (motion);
}

static const SceneCamera cameras[] = {
  {.vx = 0.f},
  {.vx = 0.7f},
  {.vx = 20.f,.vy = -3.f},
  {.vx = -96.f},                /* 15 % of the width */
  {.vx = 60.f,.vy = 60.f},
  {.grow = 0.1f},
  {.zoom = 0.5f,.grow = -0.0909f},
  {.spin = 0.0873f},            /* 5 degrees */
  {.vx = 64.f,.vy = -25.f,.grow = 0.05f,.spin = -0.0873f},
  {.vx = -30.f,.zoom = 0.3f,.grow = -0.05f,.spin = 0.03f},
};

START_TEST (follows_the_camera)
{
  Scene *scene = scene_new (WIDTH, HEIGHT, 10 + _i);

  scene->camera = cameras[_i];
  assert_follows (scene, 5, 0.1f, 0.8f);
  scene_free (&scene);
}
END_TEST

/* Another lens, of whichever part of the picture. */
START_TEST (finds_another_field_of_view)
{
  static const SceneCamera views[] = {
    {.zoom = 1.f}, {.zoom = 1.f,.x = 120.f,.y = -60.f},
    {.zoom = 2.f,.x = -150.f},
    {.zoom = 0.4f,.x = -60.f,.y = 30.f}, {.zoom = 1.5f,.x = 90.f,.y = 90.f,
        .angle = 0.03f},
  };
  const gboolean back = _i % 2;
  Scene *scene = scene_new (WIDTH, HEIGHT, 60 + _i / 2);
  SstMotion *motion = sst_motion_new ();
  SstCameraMotion m, truth;
  SstFrame frame;

  scene->camera = back ? views[_i / 2] : (SceneCamera) { 0.f };
  frame = scene_render (scene, 0);
  sst_motion_update (motion, &frame);
  scene->camera = back ? (SceneCamera) { 0.f } : views[_i / 2];
  frame = scene_render (scene, 1);
  m = sst_motion_update (motion, &frame);
  truth = scene_motion (scene);
  ck_assert (m.cut);
  ck_assert_float_ge (m.support, 0.5f);
  ck_assert_msg (corner_error (&m, &truth, WIDTH, HEIGHT) < (back ? 1.f : 3.f),
      "factor %g, not %g; corners off by %g, support %.2f", hypotf (m.a, m.b),
      hypotf (truth.a, truth.b), corner_error (&m, &truth, WIDTH, HEIGHT),
      m.support);
  sst_motion_free (&motion);
  scene_free (&scene);
}
END_TEST

/* Other pictures are no parts of each other. */
START_TEST (takes_no_cut_for_another_view)
{
  SstMotion *motion = sst_motion_new ();

  for (int i = 0; i < 3; i++) {
    Scene *scene = scene_new (WIDTH, HEIGHT, 300 + i);

    /* the four quarters of the ground, which repeats after 1024 */
    for (int k = 0; k < 4; k++) {
      SstCameraMotion m;
      SstFrame frame;

      scene->camera.x = 512.f * (k % 2);
      scene->camera.y = 512.f * (k / 2);
      scene->camera.zoom = k == 2 ? 2.f : 0.5f;
      frame = scene_render (scene, 0);
      m = sst_motion_update (motion, &frame);
      ck_assert_msg (is_identity (&m), "picture %d.%d: factor %g, support %.2f",
          i, k, hypotf (m.a, m.b), m.support);
      ck_assert_float_lt (m.support, SST_MOTION_MIN_SUPPORT);
    }
    scene_free (&scene);
  }
  sst_motion_free (&motion);
}
END_TEST

/* Something that covers 30 % of the picture goes its own way. */
START_TEST (leaves_a_large_object_out)
{
  const float side = sqrtf (0.3f);
  Scene *scene = scene_new (WIDTH, HEIGHT, 20 + _i);

  scene->camera = cameras[_i];
  scene_add_sprite (scene, &(SceneSprite) {
      .x = WIDTH * 0.45f,.y = HEIGHT * 0.5f,.width = WIDTH * side,
      .height = HEIGHT * side,.seed = 30 + _i,.vx = 14.f,.vy = 5.f,
      .on_glass = TRUE});
  assert_follows (scene, 5, 0.2f, 0.5f);
  scene_free (&scene);
}
END_TEST

START_TEST (bears_noise_and_blur)
{
  Scene *scene = scene_new (WIDTH, HEIGHT, 40);

  scene->camera.vx = 9.f;
  scene->camera.spin = 0.01f;
  scene->look.noise = 15.f;
  scene->look.blur = 2.f;
  assert_follows (scene, 6, 0.25f, 0.5f);
  scene_free (&scene);
}
END_TEST

START_TEST (bears_a_change_of_light)
{
  SstMotion *motion = sst_motion_new ();
  Scene *scene = scene_new (WIDTH, HEIGHT, 41);

  scene->camera.vx = -12.f;
  scene->camera.grow = 0.01f;
  for (int t = 0; t < 8; t++) {
    scene->look.gain = t & 1 ? -0.2f : 0.1f;
    scene->look.offset = t & 2 ? 15.f : -15.f;

    const SstFrame frame = scene_render (scene, t);
    const SstCameraMotion truth = scene_motion (scene);
    const SstCameraMotion m = sst_motion_update (motion, &frame);

    if (t == 0)
      continue;
    ck_assert (corner_error (&m, &truth, WIDTH, HEIGHT) < 0.15f);
    ck_assert (m.support > 0.7f);
  }
  scene_free (&scene);
  sst_motion_free (&motion);
}
END_TEST

START_TEST (works_in_other_sizes)
{
  static const int sizes[][2] = { {1280, 720}, {240, 400}, {321, 179},
  {96, 64}, {640, 90}, {45, 45}
  };
  const int width = sizes[_i][0], height = sizes[_i][1];
  Scene *scene = scene_new (width, height, 50);

  scene->camera.vx = 0.03f * width;
  scene->camera.vy = 0.01f * height;
  scene->camera.spin = 0.01f;
  assert_follows (scene, 3, 0.25f, 0.7f);
  scene_free (&scene);
}
END_TEST

START_TEST (works_in_every_format)
{
  Scene *scene = scene_new (WIDTH, HEIGHT, 60);

  scene->camera.vx = 15.f;
  scene->camera.spin = -0.02f;
  for (int format = SST_FORMAT_I420; format <= SST_FORMAT_NV12_10_32;
      format++) {
    SstMotion *motion = sst_motion_new ();
    SstCameraMotion m = SST_CAMERA_MOTION_IDENTITY, truth;

    for (int t = 0; t < 2; t++) {
      SstFrame frame;
      guint8 *memory;

      scene_render (scene, t);
      memory = scene_convert (scene, format, 5, &frame);
      m = sst_motion_update (motion, &frame);
      g_free (memory);
    }
    truth = scene_motion (scene);
    ck_assert_msg (corner_error (&m, &truth, WIDTH, HEIGHT) < 0.15f,
        "format %d", format);
    sst_motion_free (&motion);
  }
  scene_free (&scene);
}
END_TEST

START_TEST (sees_a_cut)
{
  SstMotion *motion = sst_motion_new ();
  Scene *scene = scene_new (WIDTH, HEIGHT, 70);
  int seen = 0;

  scene->camera.vx = 5.f;
  for (int t = 0; t < 24; t++) {
    if (t % 3 == 2)
      scene_set_ground (scene, 100 + t);

    const SstFrame frame = scene_render (scene, t);
    const SstCameraMotion m = sst_motion_update (motion, &frame);

    ck_assert (m.cut == (t % 3 == 2));
    if (m.cut) {
      ck_assert (m.support < SST_MOTION_MIN_SUPPORT);
      ck_assert (is_identity (&m));
      seen++;
    } else if (t > 0) {
      ck_assert (m.support > 0.8f);
    }
  }
  ck_assert_int_eq (seen, 8);
  scene_free (&scene);
  sst_motion_free (&motion);
}
END_TEST

START_TEST (knows_nothing_at_first)
{
  SstMotion *motion = sst_motion_new ();
  Scene *large = scene_new (WIDTH, HEIGHT, 80);
  Scene *small = scene_new (320, 180, 80);
  SstFrame frame = scene_render (large, 0);

  assert_unknown (sst_motion_update (motion, &frame));
  ck_assert (sst_motion_update (motion, &frame).support > 0.99f);
  sst_motion_reset (motion);
  assert_unknown (sst_motion_update (motion, &frame));

  frame = scene_render (small, 0);
  assert_unknown (sst_motion_update (motion, &frame));
  ck_assert (sst_motion_update (motion, &frame).support > 0.99f);
  frame = scene_frame (large);
  assert_unknown (sst_motion_update (motion, &frame));
  scene_free (&large);
  scene_free (&small);
  sst_motion_free (&motion);
  sst_motion_free (&motion);
}
END_TEST

static SstFrame
gray_frame (const guint8 * data, int width, int height)
{
  SstFrame frame = { SST_FORMAT_GRAY8 };

  frame.width = width;
  frame.height = height;
  frame.plane[0] = data;
  frame.stride[0] = width;
  return frame;
}

START_TEST (stands_still_on_flat_pictures)
{
  static const guint8 levels[] = { 0, 0, 16, 128, 255, 255, 1, 2, 0 };
  static guint8 data[WIDTH * HEIGHT];
  const SstFrame frame = gray_frame (data, WIDTH, HEIGHT);
  SstMotion *motion = sst_motion_new ();

  for (guint i = 0; i < G_N_ELEMENTS (levels); i++) {
    memset (data, levels[i], sizeof (data));
    assert_unknown (sst_motion_update (motion, &frame));
  }
  sst_motion_free (&motion);
}
END_TEST

START_TEST (sees_a_blackout)
{
  static guint8 black[WIDTH * HEIGHT];
  const SstFrame dark = gray_frame (black, WIDTH, HEIGHT);
  SstMotion *motion = sst_motion_new ();
  Scene *scene = scene_new (WIDTH, HEIGHT, 81);
  const SstFrame frame = scene_render (scene, 0);
  SstCameraMotion m;

  sst_motion_update (motion, &frame);
  m = sst_motion_update (motion, &dark);
  ck_assert (m.cut && is_identity (&m) && m.support == 0.f);
  assert_unknown (sst_motion_update (motion, &dark));
  m = sst_motion_update (motion, &frame);
  ck_assert (m.cut && is_identity (&m) && m.support == 0.f);
  m = sst_motion_update (motion, &frame);
  ck_assert (!m.cut && is_identity (&m) && m.support > 0.99f);
  scene_free (&scene);
  sst_motion_free (&motion);
}
END_TEST

/* Noise that is new in each frame: there is nothing to follow. */
START_TEST (survives_noise)
{
  static guint8 data[320 * 240];
  const SstFrame frame = gray_frame (data, 320, 240);
  SstMotion *motion = sst_motion_new ();

  for (guint t = 0; t < 6; t++) {
    for (guint i = 0; i < sizeof (data); i++)
      data[i] = (guint8) (255.f * scene_random (t, i));

    const SstCameraMotion m = sst_motion_update (motion, &frame);

    assert_sane (m);
    ck_assert (is_identity (&m));
  }
  sst_motion_free (&motion);
}
END_TEST

START_TEST (survives_odd_sizes)
{
  static const int sizes[][2] = { {1, 1}, {2, 2}, {1, 500}, {500, 1}, {7, 7},
  {8, 8}, {9, 8}, {8, 160}, {161, 9}, {15, 17}, {3000, 3}, {31, 700}
  };
  SstMotion *motion = sst_motion_new ();

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    Scene *scene = scene_new (sizes[i][0], sizes[i][1], i);

    scene->camera.vx = 1.f;
    scene->camera.spin = 0.01f;
    for (int t = 0; t < 4; t++) {
      const SstFrame frame = scene_render (scene, t);

      assert_sane (sst_motion_update (motion, &frame));
    }
    scene_free (&scene);
  }
  sst_motion_free (&motion);
}
END_TEST

/* The same pictures give the same bits, in a new estimator and in one that was
 * reset. */
START_TEST (is_deterministic)
{
  SstMotion *motion = sst_motion_new ();
  Scene *scene = scene_new (WIDTH, HEIGHT, 90);
  SstCameraMotion first[6];

  scene->camera.vx = 6.f;
  scene->camera.spin = 0.01f;
  scene->look.noise = 5.f;
  for (int run = 0; run < 3; run++) {
    for (int t = 0; t < 6; t++) {
      const SstFrame frame = scene_render (scene, t);
      const SstCameraMotion m = sst_motion_update (motion, &frame);

      if (run == 0)
        first[t] = m;
      ck_assert (m.a == first[t].a && m.b == first[t].b);
      ck_assert (m.tx == first[t].tx && m.ty == first[t].ty);
      ck_assert (m.support == first[t].support && m.cut == first[t].cut);
    }
    if (run == 0) {
      sst_motion_reset (motion);
    } else {
      sst_motion_free (&motion);
      motion = sst_motion_new ();
    }
  }
  scene_free (&scene);
  sst_motion_free (&motion);
}
END_TEST

/* The truth that the other tests compare with. */
START_TEST (the_scene_tells_the_truth)
{
  Scene *scene = scene_new (WIDTH, HEIGHT, 95);
  const int sprite = scene_add_sprite (scene, &(SceneSprite) {
      .x = 200.f,.y = 100.f,.width = 20.f,.height = 20.f,.seed = 1});
  const int cover = scene_add_sprite (scene, &(SceneSprite) {
      .x = 210.f,.y = 100.f,.width = 20.f,.height = 40.f,.seed = 2,.from = 5});

  scene->camera = (SceneCamera) {.vx = 3.f,.vy = -1.f,.grow = 0.02f,.spin =
        0.03f};
  for (int t = 0; t < 6; t++) {
    const SstBox before = scene_truth (scene, sprite).box;
    float x, y;

    scene_render (scene, t);

    const SceneTruth now = scene_truth (scene, sprite);
    const SstCameraMotion m = scene_motion (scene);

    ck_assert_float_eq_tol (now.visible, t < 5 ? 1.f : 0.5f, 0.06f);
    ck_assert_float_eq_tol (scene_truth (scene, cover).visible,
        t < 5 ? 0.f : 1.f, 1e-6f);
    if (t == 0)
      continue;
    sst_camera_motion_apply (&m, sst_box_center_x (&before),
        sst_box_center_y (&before), &x, &y);
    ck_assert_float_eq_tol (x, sst_box_center_x (&now.box), 1e-2f);
    ck_assert_float_eq_tol (y, sst_box_center_y (&now.box), 1e-2f);
  }
  scene_free (&scene);
}
END_TEST

static Suite *
motion_suite (void)
{
  Suite *suite = suite_create ("motion");
  TCase *tcase = tcase_create ("motion");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, follows_the_camera, 0, G_N_ELEMENTS (cameras));
  tcase_add_loop_test (tcase, leaves_a_large_object_out, 0, 3);
  tcase_add_test (tcase, bears_noise_and_blur);
  tcase_add_test (tcase, bears_a_change_of_light);
  tcase_add_loop_test (tcase, works_in_other_sizes, 0, 6);
  tcase_add_test (tcase, works_in_every_format);
  tcase_add_loop_test (tcase, finds_another_field_of_view, 0, 10);
  tcase_add_test (tcase, takes_no_cut_for_another_view);
  tcase_add_test (tcase, sees_a_cut);
  tcase_add_test (tcase, knows_nothing_at_first);
  tcase_add_test (tcase, stands_still_on_flat_pictures);
  tcase_add_test (tcase, sees_a_blackout);
  tcase_add_test (tcase, survives_noise);
  tcase_add_test (tcase, survives_odd_sizes);
  tcase_add_test (tcase, is_deterministic);
  tcase_add_test (tcase, the_scene_tells_the_truth);
  return suite;
}

SUITE_MAIN (motion)
