/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "dense.h"
#include "suite.h"

#include "model/enhance.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 192
#define SIZE (SIDE * SIDE)
#define STRIDE 8
#define N (SIDE / STRIDE * (SIDE / STRIDE))

/* The frame last drawn, to keep. */
static SstFrame
keep (const Scene * scene, guint8 ** memory)
{
  SstFrame frame = scene_frame (scene);

  *memory = g_realloc (*memory, scene->size);
  memcpy (*memory, scene->i420, scene->size);
  for (int p = 0; p < 3; p++)
    frame.plane[p] = *memory + (frame.plane[p] - scene->i420);
  return frame;
}

/* The residual of a region of the frame last drawn. */
static gboolean
find_residual (const Scene * scene, const SstFrame * previous,
    const SstCameraMotion * motion, const SstBox * region, float *residual)
{
  const SstFrame frame = scene_frame (scene);
  SstSampler *sampler = sst_sampler_new ();
  float *sample = dense_sample (&frame, region, SIDE);
  float *scratch = g_new (float, sst_enhance_scratch_size (SIDE));
  const gboolean found = sst_enhance_residual (sample, SIDE, region, &frame,
      previous, motion, sampler, scratch, residual);

  g_free (scratch);
  g_free (sample);
  sst_sampler_free (&sampler);
  return found;
}

static float
mean_inside (const float *residual, const float *mask, gboolean inside)
{
  double sum = 0.;
  int n = 0;

  for (int i = 0; i < SIZE; i++)
    if ((mask[i] > 0.5f) == inside) {
      sum += fabsf (residual[i]);
      n++;
    }
  return n > 0 ? (float) (sum / n) : 0.f;
}

static const struct
{
  SceneCamera camera;
  SceneLook look;
  float least;                  /* inside over outside */
} clips[] = {
  {{0}, {0}, 20.f},
  {{.vx = 3.3f}, {0}, 20.f},
  {{.vx = -7.f,.vy = 2.4f}, {0}, 20.f},
  {{.vx = 2.f,.spin = 0.01f}, {0}, 20.f},
  {{.vx = 2.f,.grow = 0.01f}, {0}, 20.f},
  {{.vx = 3.3f}, {.noise = 4.f}, 3.f},
  {{.vx = 3.3f}, {.blur = 1.5f}, 10.f},
};

START_TEST (shows_what_moves_and_not_the_ground)
{
  const SceneShape shape = _i & 1 ? SCENE_ELLIPSE : SCENE_RECTANGLE;
  Scene *scene = scene_new (480, 320, 1 + _i);
  SstMotion *motion = sst_motion_new ();
  float *residual = g_new (float, SIZE), *mask = g_new (float, SIZE);
  float strength[N], cells[N];
  guint8 *memory = NULL;
  SstFrame previous = { 0 };

  scene->camera = clips[_i].camera;
  scene->look = clips[_i].look;
  scene_add_sprite (scene, &(SceneSprite) {
      .x = 230.f,.y = 150.f,.width = 52.f,.height = 44.f,.seed = 50 + _i,
      .shape = shape,.vx = 3.f,.vy = 1.f});
  for (int t = 0; t < 4; t++) {
    const SstFrame frame = scene_render (scene, t);
    const SstCameraMotion camera = sst_motion_update (motion, &frame);
    const SstBox box = scene_truth (scene, 0).box;
    const SstBox region = sst_box_from_center (sst_box_center_x (&box) + 10.f,
        sst_box_center_y (&box) - 7.f, SIDE, SIDE);

    if (t > 0) {
      float inside, outside, auc;

      ck_assert (find_residual (scene, &previous, &camera, &region, residual));
      dense_mask (scene, 0, shape, &region, SIDE, 1, mask);
      inside = mean_inside (residual, mask, TRUE);
      outside = mean_inside (residual, mask, FALSE);
      ck_assert_msg (inside > 2.f && inside > clips[_i].least * outside,
          "frame %d: %g inside, %g outside", t, inside, outside);
      sst_enhance_strength (residual, SIDE, STRIDE, strength);
      dense_mask (scene, 0, shape, &region, SIDE, STRIDE, cells);
      auc = dense_auc (strength, cells, N);
      ck_assert_msg (auc > 0.97f, "frame %d: area under the curve %g", t, auc);
    }
    previous = keep (scene, &memory);
  }
  g_free (memory);
  g_free (mask);
  g_free (residual);
  sst_motion_free (&motion);
  scene_free (&scene);
}
END_TEST

/* A change of brightness, and ground that was not in the picture before, are no
 * motion. */
START_TEST (light_and_new_ground_do_not_move)
{
  Scene *scene = scene_new (480, 320, 3);
  const SstBox region = { 480.f - 120.f, 100.f, SIDE, SIDE };
  float *residual = g_new (float, SIZE);
  guint8 *memory = NULL;
  SstFrame previous;
  SstCameraMotion camera;
  double sum = 0.;

  scene->camera.vx = 12.f;
  scene_render (scene, 0);
  previous = keep (scene, &memory);
  scene->look.offset = 12.f;
  scene_render (scene, 1);
  camera = scene_motion (scene);
  ck_assert (find_residual (scene, &previous, &camera, &region, residual));
  for (int i = 0; i < SIZE; i++)
    sum += fabsf (residual[i]) / SIZE;
  ck_assert_msg (sum < 0.2, "mean %g", sum);
  g_free (memory);
  g_free (residual);
  scene_free (&scene);
}
END_TEST

START_TEST (knows_when_there_is_nothing_to_go_by)
{
  Scene *scene = scene_new (320, 240, 3), *other = scene_new (300, 240, 3);
  const SstBox region = { 60.f, 20.f, SIDE, SIDE };
  const SstBox outside = { 4000.f, -900.f, SIDE, SIDE };
  const SstFrame previous = scene_render (scene, 0);
  const SstFrame smaller = scene_render (other, 0);
  float *residual = g_new0 (float, SIZE);
  SstCameraMotion camera = { 1.f, 0.f, 0.f, 0.f, 1.f, FALSE };

  residual[5] = 3.f;
  ck_assert (!find_residual (scene, &smaller, &camera, &region, residual));
  camera.cut = TRUE;
  ck_assert (!find_residual (scene, &previous, &camera, &region, residual));
  camera = SST_CAMERA_MOTION_IDENTITY;
  ck_assert (!find_residual (scene, &previous, &camera, &region, residual));
  ck_assert (residual[5] == 3.f);
  camera.support = 1.f;
  ck_assert (find_residual (scene, &previous, &camera, &region, residual));
  ck_assert (residual[5] == 0.f);
  ck_assert (find_residual (scene, &previous, &camera, &outside, residual));
  for (int i = 0; i < SIZE; i++)
    ck_assert (residual[i] == 0.f);
  g_free (residual);
  scene_free (&scene);
  scene_free (&other);
}
END_TEST

START_TEST (layer_and_its_gradient)
{
  enum { size = 50, n_channels = 3 };
  float image[n_channels * size], out[n_channels * size], in_place[sizeof image
      / sizeof *image], weight[n_channels * size], residual[size];
  float alpha[n_channels] = { 0.1f, -0.4f, 0.f }, dalpha[n_channels] = { 7.f };

  for (int i = 0; i < n_channels * size; i++) {
    image[i] = 255.f * scene_random (1, i);
    weight[i] = scene_random (2, i) - 0.5f;
  }
  image[3] = -0.f;
  for (int i = 0; i < size; i++)
    residual[i] = 60.f * (scene_random (3, i) - 0.5f);

  sst_enhance_forward (image, NULL, alpha, n_channels, size, out);
  ck_assert (memcmp (image, out, sizeof out) == 0);
  sst_enhance_backward (weight, NULL, n_channels, size, dalpha);
  ck_assert (dalpha[0] == 7.f && dalpha[1] == 0.f);

  sst_enhance_forward (image, residual, alpha, n_channels, size, out);
  memcpy (in_place, image, sizeof image);
  sst_enhance_forward (in_place, residual, alpha, n_channels, size, in_place);
  ck_assert (memcmp (in_place, out, sizeof out) == 0);
  for (int i = 0; i < n_channels * size; i++)
    ck_assert (fabsf (out[i] - image[i] - alpha[i / size] * residual[i % size])
        < 1e-4f);

  /* Of L = sum weight O, which is linear in alpha. */
  dalpha[0] = 0.f;
  sst_enhance_backward (weight, residual, n_channels, size, dalpha);
  for (int c = 0; c < n_channels; c++) {
    double loss[2] = { 0., 0. };

    for (int k = 0; k < 2; k++) {
      alpha[c] += k == 0 ? 0.5f : -1.f;
      sst_enhance_forward (image, residual, alpha, n_channels, size, out);
      for (int i = 0; i < n_channels * size; i++)
        loss[k] += weight[i] * out[i];
    }
    alpha[c] += 0.5f;
    ck_assert (fabs (loss[0] - loss[1] - dalpha[c]) < 1e-2);
    ck_assert (fabsf (dalpha[c]) > 1e-1f);
  }
}
END_TEST

static Suite *
enhance_suite (void)
{
  Suite *suite = suite_create ("enhance");
  TCase *tcase = tcase_create ("enhance");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, shows_what_moves_and_not_the_ground, 0,
      G_N_ELEMENTS (clips));
  tcase_add_test (tcase, light_and_new_ground_do_not_move);
  tcase_add_test (tcase, knows_when_there_is_nothing_to_go_by);
  tcase_add_test (tcase, layer_and_its_gradient);
  return suite;
}

SUITE_MAIN (enhance)
