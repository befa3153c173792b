/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "dense.h"
#include "suite.h"

#include "mask/propagate.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 192
#define N_FRAMES 10
#define N_POINTS 16
#define N_CASES 4

static const SstBox region = { 34.f, 14.f, SIDE, SIDE };

/* A sprite that moves under a panning camera; among look-alikes that stand if
 * asked for. Returns its number. */
static int
make_scene (guint seed, SceneShape shape, gboolean look_alikes, Scene ** scene)
{
  *scene = scene_new (320, 240, seed);
  (*scene)->camera.vx = look_alikes ? 0.f : 2.f;
  for (int k = 0; look_alikes && k < 5; k++)
    scene_add_sprite (*scene, &(SceneSprite) {
        .x = 70.f + k % 3 * 62.f + k / 3 * 31.f,.y = 45.f + k / 3 * 128.f,
        .width = 52.f,.height = 44.f,.seed = 50 + seed,.palette = seed,
        .shape = shape});
  return scene_add_sprite (*scene, &(SceneSprite) {
      .x = 110.f,.y = 98.f,.width = 52.f,.height = 44.f,.seed = 50 + seed,
      .palette = look_alikes ? seed : 0,.shape = shape,.vx = 4.f,.vy = 2.f});
}

static void
get_points (const Scene * scene, int sprite, int stride,
    SstPropagatePoint * points)
{
  const SstBox box = scene_truth (scene, sprite).box;

  for (int i = 0; i < N_POINTS; i++) {
    points[i].x = (box.x + box.width * (i % 4 + 1) / 5.f - region.x) / stride;
    points[i].y = (box.y + box.height * (i / 4 + 1) / 5.f - region.y) / stride;
  }
}

/* Carries a sprite's mask and points; the mean Jaccard index and the share of
 * points within a tenth of the sprite's longer side (PCK@.1). */
static void
carry (guint seed, gboolean look_alikes, int stride, int n_clusters, float *j,
    float *pck)
{
  const SceneShape shape = seed & 1 ? SCENE_ELLIPSE : SCENE_RECTANGLE;
  const int cells = SIDE / stride, n = cells * cells;
  float *mask = g_new (float, n), *labels = g_new (float, n);
  SstPropagateParams params;
  SstPropagate *propagate;
  Scene *scene;
  const int sprite = make_scene (seed, shape, look_alikes, &scene);

  sst_propagate_params_init (&params, dense_n_channels (), cells, cells);
  params.n_clusters = n_clusters;
  params.radius = 6;
  propagate = sst_propagate_new (&params);
  *j = *pck = 0.f;
  for (int t = 0; t <= N_FRAMES; t++) {
    const SstFrame frame = scene_render (scene, t);
    float *features = dense_features (&frame, &region, SIDE, stride);
    SstPropagatePoint truth[N_POINTS], points[N_POINTS];

    dense_mask (scene, sprite, shape, &region, SIDE, stride, mask);
    get_points (scene, sprite, stride, truth);
    if (t == 0) {
      sst_propagate_start (propagate, features, mask, truth, N_POINTS);
    } else {
      sst_propagate_next (propagate, features, labels, points);
      *j += dense_jaccard (labels, mask, n) / N_FRAMES;
      for (int i = 0; i < N_POINTS; i++)
        *pck += (hypotf (points[i].x - truth[i].x, points[i].y - truth[i].y)
            * stride <= 5.2f) / (float) (N_FRAMES * N_POINTS);
    }
    g_free (features);
  }
  sst_propagate_free (&propagate);
  scene_free (&scene);
  g_free (mask);
  g_free (labels);
}

START_TEST (carries_a_mask)
{
  const gboolean look_alikes = _i;
  float one = 0.f, several = 0.f;

  for (int k = 0; k < N_CASES; k++) {
    float j, pck;

    carry (1 + k, look_alikes, 8, 0, &j, &pck);
    one += j / N_CASES;
    carry (1 + k, look_alikes, 8, 8, &j, &pck);
    several += j / N_CASES;
  }
  ck_assert_msg (several > (look_alikes ? 0.4f : 0.75f) && several > one,
      "%g with several clusters, %g with one ranking", several, one);
}
END_TEST

START_TEST (carries_points)
{
  float j, pck;

  carry (1 + _i, FALSE, 4, 0, &j, &pck);
  ck_assert_msg (pck > 0.8f, "PCK %g", pck);
  ck_assert_msg (j > 0.7f, "J %g", j);
}
END_TEST

/* A small map of cells that are all different. */
#define HEIGHT 5
#define WIDTH 7
#define CELLS (HEIGHT * WIDTH)
#define CHANNELS 24

static void
shift (const float *in, int n_planes, int dx, float *out)
{
  for (int c = 0; c < n_planes; c++)
    for (int i = 0; i < CELLS; i++)
      out[c * CELLS + i] = in[c * CELLS + i - i % WIDTH
          + (i % WIDTH - dx + WIDTH) % WIDTH];
}

START_TEST (follows_a_shift)
{
  SstPropagateParams params;
  SstPropagate *propagate;
  float features[CHANNELS * CELLS], moved[CHANNELS * CELLS];
  float labels[2 * CELLS], moved_labels[2 * CELLS], carried[2 * CELLS];
  const SstPropagatePoint start[] = { {2.5f, 2.5f, 0.f}, {3.25f, 1.5f, 0.f},
  {0.f, 0.f, 0.f}
  };
  SstPropagatePoint points[3];

  for (int i = 0; i < CHANNELS * CELLS; i++)
    features[i] = scene_random (1, i) - 0.5f;
  for (int i = 0; i < 2 * CELLS; i++)
    labels[i] = scene_random (2, i);
  sst_propagate_params_init (&params, CHANNELS, HEIGHT, WIDTH);
  params.n_labels = 2;
  params.radius = 2;
  params.temperature = 0.02f;
  params.n_clusters = _i ? 3 : 0;
  params.max_points = 2;
  propagate = sst_propagate_new (&params);
  for (int round = 0; round < 2; round++) {
    sst_propagate_start (propagate, features, labels, start, 3);
    for (int t = 1; t <= 2; t++) {
      shift (features, CHANNELS, t, moved);
      shift (labels, 2, t, moved_labels);
      points[2].x = -7.f;
      sst_propagate_next (propagate, moved, carried, points);
      for (int i = 0; i < 2 * CELLS; i++)
        if (i % WIDTH >= 2)     /* the rest came in from the other side */
          ck_assert_msg (fabsf (carried[i] - moved_labels[i]) < 1e-3f,
              "cell %d of frame %d: %g, not %g", i, t, carried[i],
              moved_labels[i]);
      ck_assert (fabsf (points[0].x - 2.5f - t) < 0.1f);
      ck_assert (fabsf (points[0].y - 2.5f) < 0.1f);
      ck_assert (points[0].likeness > 0.9f);
      ck_assert (fabsf (points[1].x - 3.25f - t) < 0.3f);
      ck_assert (points[2].x == -7.f);
    }
  }
  sst_propagate_free (&propagate);
  ck_assert_ptr_null (propagate);
  sst_propagate_free (&propagate);
}
END_TEST

START_TEST (bears_little)
{
  const float features[] = { 0.f, 0.f }, labels[] = { 3.f };
  SstPropagateParams params;
  SstPropagate *propagate;
  float carried[1];

  sst_propagate_params_init (&params, 2, 1, 1);
  params.n_clusters = 4 * _i;
  params.radius = 0;
  params.max_points = 0;
  propagate = sst_propagate_new (&params);
  sst_propagate_start (propagate, features, labels, NULL, 0);
  for (int t = 0; t < 5; t++) {
    sst_propagate_next (propagate, features, carried, NULL);
    ck_assert (fabsf (carried[0] - 3.f) < 1e-5f);
  }
  sst_propagate_start (propagate, features, NULL, NULL, 0);
  sst_propagate_next (propagate, features, carried, NULL);
  ck_assert (carried[0] == 0.f);
  sst_propagate_free (&propagate);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("propagate");
  TCase *tcase = tcase_create ("propagate");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, carries_a_mask, 0, 2);
  tcase_add_loop_test (tcase, carries_points, 0, 2);
  tcase_add_loop_test (tcase, follows_a_shift, 0, 2);
  tcase_add_loop_test (tcase, bears_little, 0, 2);
  return suite_run (suite);
}
