/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "twins.h"

#include <math.h>
#include <stdio.h>

#define RATE 25

/* Of a scene: a number from low to high that depends on it and which it is. */
static float
pick (guint number, guint which, float low, float high)
{
  return low + (high - low) * scene_random (1000 + number, which);
}

/* A sprite that is in the middle of the picture, or a little off it, when they
 * meet. */
static SceneSprite
make (guint number, float angle, float speed, float off)
{
  const float width = pick (number, 0, 26.f, 44.f);
  const float half = TWINS_FRAMES / 2;
  SceneSprite sprite = {
    .width = width,
    .height = width * pick (number, 1, 0.8f, 1.8f),
    .seed = number + 3,
    .vx = speed * cosf (angle),
    .vy = speed * sinf (angle),
  };

  sprite.x = 0.5f * TWINS_WIDTH - half * sprite.vx;
  sprite.y = 0.5f * TWINS_HEIGHT - half * sprite.vy + off * sprite.height;
  if (number % 2 == 1) {
    sprite.sway_y = pick (number, 2, 4.f, 10.f);
    sprite.period = 2 * TWINS_FRAMES;
  }
  return sprite;
}

Scene *
twins_scene (guint number, int *target, int *twin)
{
  const float speed = pick (number, 3, 0.8f, 2.4f);
  const float angle = pick (number, 4, -0.5f, 0.5f);
  const float between = pick (number, 5, 2.2f, 3.6f);
  const SceneSprite a = make (number, angle, speed, 0.f);
  const SceneSprite b = make (number, angle + between,
      speed * pick (number, 6, 0.7f, 1.3f), pick (number, 7, -0.3f, 0.3f));
  Scene *scene = scene_new (TWINS_WIDTH, TWINS_HEIGHT, number + 1);

  if (number % 4 < 2) {
    *target = scene_add_sprite (scene, &a);
    *twin = scene_add_sprite (scene, &b);
  } else {
    *twin = scene_add_sprite (scene, &b);
    *target = scene_add_sprite (scene, &a);
  }
  return scene;
}

TwinsOutcome
twins_run (guint number, SstModel * model, gboolean print)
{
  SstTrackerParams params = SST_TRACKER_PARAMS_DEFAULT;
  SstTracker *tracker;
  SstTrackerResult result;
  TwinsOutcome outcome;
  int target, twin;
  Scene *scene = twins_scene (number, &target, &twin);
  SstFrame frame = scene_render (scene, 0);
  SstBox own = scene_truth (scene, target).box, other;

  params.model = model;
  tracker = sst_tracker_new (&params);
  g_assert_true (sst_tracker_start (tracker, &frame, &own, 0, NULL));
  for (int t = 1; t < TWINS_FRAMES; t++) {
    frame = scene_render (scene, t);
    sst_tracker_update (tracker, &frame, t * SST_SECOND / RATE, NULL, &result);
    own = scene_truth (scene, target).box;
    other = scene_truth (scene, twin).box;
    if (print)
      printf ("%u %d %s %.2f  IoU %.2f, twin %.2f, of both %.2f\n", number, t,
          sst_state_to_string (result.state), result.confidence,
          sst_box_iou (&result.box, &own), sst_box_iou (&result.box, &other),
          sst_box_iou (&own, &other));
  }
  if (sst_box_iou (&result.box, &own) > 0.3f
      && sst_box_iou (&result.box, &own) > sst_box_iou (&result.box, &other))
    outcome = TWINS_RIGHT;
  else
    outcome = result.state == SST_STATE_TRACKING ? TWINS_WRONG : TWINS_SILENT;
  sst_tracker_free (&tracker);
  scene_free (&scene);
  return outcome;
}
