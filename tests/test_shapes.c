/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Targets of extreme shapes, and such as look the same along one direction,
 * with the model that is built in and without one. */

#include "scene.h"
#include "suite.h"

#include <sstrack/tracker.h>

#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "model/model_private.h"

#define WIDTH 320
#define HEIGHT 240

static SstTrackerParams
make_params (gboolean with_model)
{
  SstTrackerParams params = SST_TRACKER_PARAMS_DEFAULT;

  if (with_model) {
    params.model = sst_model_builtin ();
    ck_assert_ptr_nonnull (params.model);
  }
  return params;
}

static const float sizes[][2] = {
  {250, 10}, {200, 8}, {200, 20}, {160, 20}, {160, 30}, {120, 40}, {60, 40},
  {40, 60}, {40, 120}, {30, 160}, {20, 160}, {10, 200}, {8, 200}, {10, 230},
};

/* They keep their size and place for 60 frames. */
START_TEST (thin_things_keep_their_size_and_place)
{
  const float *const size = sizes[_i % G_N_ELEMENTS (sizes)];
  SstTrackerParams params =
      make_params (_i < (int) G_N_ELEMENTS (sizes));
  SstTracker *tracker = sst_tracker_new (&params);
  Scene *scene = scene_new (WIDTH, HEIGHT, 1);
  const SceneSprite sprite = {
    .x = 150,.y = 118,.width = size[0],.height = size[1],.seed = 3
  };
  const int thing = scene_add_sprite (scene, &sprite);
  SstFrame frame = scene_render (scene, 0);
  SstBox truth = scene_truth (scene, thing).box;
  SstTrackerResult result;
  double sum = 0.;

  ck_assert (sst_tracker_start (tracker, &frame, &truth, 0, NULL));
  for (int t = 1; t <= 60; t++) {
    frame = scene_render (scene, t);
    sst_tracker_update (tracker, &frame, t * SST_SECOND / 30, NULL, &result);
    truth = scene_truth (scene, thing).box;
    sum += sst_box_iou (&truth, &result.box);
  }
  ck_assert_msg (sum / 60 >= 0.85, "%gx%g: IoU %.2f, at the end %gx%g",
      size[0], size[1], sum / 60, result.box.width, result.box.height);
  sst_tracker_free (&tracker);
  scene_free (&scene);
  sst_model_unref (params.model);
}
END_TEST

#define N_NOISE (3 * WIDTH * HEIGHT)

static float *
make_noise (GRand * rand)
{
  float *noise = g_new0 (float, N_NOISE);

  for (int i = 0; i < N_NOISE; i++)
    for (int k = 0; k < 3; k++)
      noise[i] += (float) g_rand_double_range (rand, -3, 3);
  return noise;
}

/* A picture that is the same along its rows, or along its columns, but for
 * noise: stripes, or one edge. */
typedef enum
{
  STRIPE,
  POLE,
  HORIZON,
  N_PATTERNS
} Pattern;

/* Another part of the noise for each frame. */
static void
draw (Pattern pattern, guint8 * pixels, GRand * rand, const float *noise)
{
  noise += g_rand_int_range (rand, 0, N_NOISE - WIDTH * HEIGHT);
  for (int y = 0; y < HEIGHT; y++) {
    for (int x = 0; x < WIDTH; x++) {
      const int across = pattern == POLE ? x - WIDTH / 2 : y - HEIGHT / 2;
      const int level = pattern == HORIZON ? (across < 0 ? 190 : 70)
          : (abs (across) < 10 ? 200 : 90);

      pixels[y * WIDTH + x] = (guint8) lrintf (level + *noise++);
    }
  }
}

/* It stays where it is. */
START_TEST (a_texture_of_one_direction_stays)
{
  const Pattern pattern = (Pattern) (_i % N_PATTERNS);
  SstTrackerParams params = make_params (_i < N_PATTERNS);
  SstTracker *tracker = sst_tracker_new (&params);
  GRand *rand = g_rand_new_with_seed (7);
  guint8 *pixels = g_malloc (WIDTH * HEIGHT);
  float *noise = make_noise (rand);
  const SstBox box = { WIDTH / 2 - 25, HEIGHT / 2 - 25, 50, 50 };
  const SstFrame frame = {
    .format = SST_FORMAT_GRAY8,.width = WIDTH,.height = HEIGHT,
    .plane = {pixels},.stride = {WIDTH}
  };
  SstTrackerResult result;

  draw (pattern, pixels, rand, noise);
  ck_assert (sst_tracker_start (tracker, &frame, &box, 0, NULL));
  for (int t = 1; t <= 60; t++) {
    draw (pattern, pixels, rand, noise);
    sst_tracker_update (tracker, &frame, t * SST_SECOND / 30, NULL, &result);
    if (result.state == SST_STATE_TRACKING)
      ck_assert_msg (sst_box_iou (&box, &result.box) > 0.6f,
          "frame %d: %g,%g %gx%g, confidence %g", t, result.box.x,
          result.box.y, result.box.width, result.box.height,
          result.confidence);
  }
  g_free (noise);
  g_free (pixels);
  g_rand_free (rand);
  sst_tracker_free (&tracker);
  sst_model_unref (params.model);
}
END_TEST

static Suite *
shapes_suite (void)
{
  Suite *suite = suite_create ("shapes");
  TCase *tcase = tcase_create ("shapes");

  tcase_add_loop_test (tcase, thin_things_keep_their_size_and_place, 0,
      2 * G_N_ELEMENTS (sizes));
  tcase_add_loop_test (tcase, a_texture_of_one_direction_stays, 0,
      2 * N_PATTERNS);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (shapes)
