/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Points on a drawn thing, whose places are known: carried along, hidden,
 * found again, added and removed. */

#include "scene.h"
#include "suite.h"

#include <sstrack/targets.h>
#include <sstrack/tracker.h>

#include <check.h>
#include <math.h>
#include <stdlib.h>

#define WIDTH 320
#define HEIGHT 240
#define SIDE 5
#define FRAME_TIME (SST_SECOND / 25)

typedef struct
{
  Scene *scene;
  int thing;
  SceneSprite first;
  SstTracker *tracker;
  SstTrackerResult result;
} World;

static World
world_new (guint seed, int grid)
{
  SstTrackerParams params = SST_TRACKER_PARAMS_DEFAULT;
  World world = { .scene = scene_new (WIDTH, HEIGHT, seed) };

  world.first = (SceneSprite) { .x = 110.f, .y = 110.f, .width = 70.f,
    .height = 60.f, .seed = 20 + seed, .vx = 3.f, .vy = 1.f, .spin = 0.015f,
    .grow = 0.008f
  };
  world.thing = scene_add_sprite (world.scene, &world.first);
  params.point_grid = grid;
  world.tracker = sst_tracker_new (&params);
  return world;
}

static void
world_free (World * world)
{
  sst_tracker_free (&world->tracker);
  scene_free (&world->scene);
}

static void
start (World * world)
{
  const SstFrame frame = scene_render (world->scene, 0);
  const SstBox box = scene_truth (world->scene, world->thing).box;

  ck_assert (sst_tracker_start (world->tracker, &frame, &box, 0, NULL));
}

static void
follow (World * world, int t)
{
  const SstFrame frame = scene_render (world->scene, t);
  const SstCameraMotion camera = scene_motion (world->scene);

  sst_tracker_update (world->tracker, &frame, t * FRAME_TIME, &camera,
      &world->result);
}

/* Where a place on the thing in frame 0 is in frame t. */
static void
truth_of (const World * world, const SstTargetPoint * first, int t, float *x,
    float *y)
{
  const SceneSprite *const s = &world->first;
  const float size = powf (1.f + s->grow, t), angle = s->spin * t;
  const float u = size * (first->x - s->x), v = size * (first->y - s->y);

  *x = s->x + s->vx * t + u * cosf (angle) - v * sinf (angle);
  *y = s->y + s->vy * t + u * sinf (angle) + v * cosf (angle);
}

/* Mean distance from the truth, in pixels; and which share is visible. */
static float
error_of (const World * world, const SstTargetPoint * first, guint n, int t,
    float *visible)
{
  guint n_now;
  const SstTargetPoint *const now =
      sst_tracker_points (world->tracker, &n_now);
  float sum = 0.f;

  ck_assert_uint_eq (n_now, n);
  *visible = 0.f;
  for (guint i = 0; i < n; i++) {
    float x, y;

    truth_of (world, &first[i], t, &x, &y);
    sum += hypotf (now[i].x - x, now[i].y - y) / n;
    *visible += now[i].visible ? 1.f / n : 0.f;
    ck_assert (now[i].likeness >= -1.f && now[i].likeness <= 1.01f);
  }
  return sum;
}

static SstTargetPoint *
copy_points (const World * world, guint * n)
{
  const SstTargetPoint *const points = sst_tracker_points (world->tracker, n);

  return g_memdup2 (points, *n * sizeof *points);
}

START_TEST (points_go_with_their_place_on_the_target)
{
  World world = world_new (1 + _i, SIDE);
  SstTargetPoint *first;
  float error = 0.f, visible = 0.f, share;
  guint n;

  start (&world);
  first = copy_points (&world, &n);
  ck_assert_uint_ge (n, SIDE * SIDE / 2);
  ck_assert_uint_le (n, SIDE * SIDE);
  for (guint i = 0; i < n; i++)
    ck_assert (first[i].visible && first[i].likeness == 1.f);
  for (int t = 1; t <= 15; t++) {
    follow (&world, t);
    error = error_of (&world, first, n, t, &share);
    visible += share / 15.f;
  }
  ck_assert_float_lt (error, 4.f);
  ck_assert_float_gt (visible, 0.8f);
  g_free (first);
  world_free (&world);
}
END_TEST

/* While something is before them they are not visible, and then again where
 * they are. */
START_TEST (hidden_points_are_found_again)
{
  World world = world_new (3, SIDE);
  const int cover = scene_add_sprite (world.scene, &(SceneSprite) {
      .x = 150.f,.y = 125.f,.width = 110.f,.height = 110.f,.seed = 90,
      .from = 10,.until = 15});
  SstTargetPoint *first;
  float before, hidden, after, error;
  guint n;

  ck_assert_int_ge (cover, 0);
  start (&world);
  first = copy_points (&world, &n);
  for (int t = 1; t < 10; t++)
    follow (&world, t);
  error_of (&world, first, n, 9, &before);
  for (int t = 10; t < 15; t++)
    follow (&world, t);
  error_of (&world, first, n, 14, &hidden);
  for (int t = 15; t < 22; t++)
    follow (&world, t);
  error = error_of (&world, first, n, 21, &after);
  ck_assert_float_gt (before, 0.8f);
  ck_assert_float_lt (hidden, 0.3f);
  ck_assert_float_gt (after, 0.6f);
  ck_assert_float_lt (error, 8.f);
  g_free (first);
  world_free (&world);
}
END_TEST

/* Points that are added lie where they were put, in their order; one that
 * is no place, or one too many, is refused; one far outside goes along and
 * is never seen. */
START_TEST (points_are_added_and_removed)
{
  World world = world_new (2, 0);
  guint n;

  ck_assert (sst_tracker_add_point (world.tracker, 110.f, 105.f));
  ck_assert (!sst_tracker_add_point (world.tracker, NAN, 1.f));
  ck_assert_ptr_null (sst_tracker_points (world.tracker, &n));
  start (&world);
  ck_assert_ptr_nonnull (sst_tracker_points (world.tracker, &n));
  ck_assert_uint_eq (n, 1);
  ck_assert (sst_tracker_add_point (world.tracker, 120.f, 112.f));
  ck_assert (sst_tracker_add_point (world.tracker, 300.f, 20.f));
  follow (&world, 1);
  {
    const SstTargetPoint *const points =
        sst_tracker_points (world.tracker, &n);
    float before;

    ck_assert_uint_eq (n, 3);
    ck_assert_float_eq_tol (points[0].x, 113.f, 1.5f);
    ck_assert_float_eq_tol (points[0].y, 106.f, 1.5f);
    ck_assert_float_eq_tol (points[1].x, 120.f, 0.01f);
    ck_assert_float_eq_tol (points[2].x, 300.f, 0.5f);
    ck_assert (points[0].visible && points[1].visible && !points[2].visible);
    before = points[2].x;
    follow (&world, 2);
    ck_assert (!points[2].visible);
    ck_assert_float_eq_tol (points[2].x, before + 3.f, 6.f);
  }
  for (int i = 0; i < SST_POINTS_MAX - 3; i++)
    ck_assert (sst_tracker_add_point (world.tracker, 120.f, 110.f));
  ck_assert (!sst_tracker_add_point (world.tracker, 120.f, 110.f));
  follow (&world, 3);
  ck_assert_ptr_nonnull (sst_tracker_points (world.tracker, &n));
  ck_assert_uint_eq (n, SST_POINTS_MAX);
  sst_tracker_remove_points (world.tracker);
  follow (&world, 4);
  ck_assert_ptr_null (sst_tracker_points (world.tracker, &n));
  ck_assert_uint_eq (n, 0);
  world_free (&world);
}
END_TEST

/* In frames that are not looked at they go with the box; another target starts
 * without them. */
START_TEST (points_belong_to_their_target)
{
  World world = world_new (4, SIDE);
  const SstTargetPoint *points;
  SstTargetPoint *first;
  SstTrackerResult coasted;
  SstBox other;
  SstFrame frame;
  guint n, n_now;

  start (&world);
  follow (&world, 1);
  follow (&world, 2);
  first = copy_points (&world, &n);
  sst_tracker_coast (world.tracker, 3 * FRAME_TIME, NULL, &coasted);
  points = sst_tracker_points (world.tracker, &n_now);
  ck_assert_uint_eq (n_now, n);
  for (guint i = 0; i < n; i++) {
    ck_assert (!points[i].visible && points[i].likeness == 0.f);
    ck_assert_float_eq_tol (points[i].x - first[i].x,
        coasted.box.x - world.result.box.x, 3.f);
  }
  ck_assert (sst_tracker_add_point (world.tracker, 60.f, 60.f));
  frame = scene_frame (world.scene);
  other = (SstBox) { 30.f, 30.f, 60.f, 60.f };
  ck_assert (sst_tracker_start (world.tracker, &frame, &other, 4 * FRAME_TIME,
          NULL));
  points = sst_tracker_points (world.tracker, &n_now);
  ck_assert_uint_ge (n_now, 1);
  ck_assert_float_eq_tol (points[0].x, 60.f, 0.01f);
  for (guint i = 0; i < n_now; i++)
    ck_assert (points[i].x > 30.f && points[i].x < 90.f && points[i].y > 30.f
        && points[i].y < 90.f);
  g_free (first);
  world_free (&world);
}
END_TEST

/* Of a set: points wait with a target that starts with them, and end with
 * it; a target that begins anew keeps its id. */
START_TEST (points_are_asked_for_by_id)
{
  SstTargets *targets = sst_targets_new (NULL);
  Scene *scene = scene_new (WIDTH, HEIGHT, 5);
  const int thing = scene_add_sprite (scene, &(SceneSprite) {
      .x = 110.f,.y = 110.f,.width = 60.f,.height = 50.f,.seed = 5,.vx = 2.f});
  SstFrame frame = scene_render (scene, 0);
  const SstBox box = scene_truth (scene, thing).box;
  const SstBox smaller = { 95.f, 95.f, 34.f, 32.f };
  const guint64 id = sst_targets_add (targets, 0, &box, "a", SST_ORIGIN_USER);
  const SstTarget *told;
  guint n;

  ck_assert (sst_targets_add_point (targets, id, 110.f, 110.f));
  ck_assert (!sst_targets_add_point (targets, id + 1, 110.f, 110.f));
  ck_assert (!sst_targets_add_point (targets, id, INFINITY, 110.f));
  sst_targets_process (targets, &frame, 0, NULL, 0);
  told = sst_targets_get (targets, &n);
  ck_assert_uint_eq (n, 1);
  ck_assert_uint_eq (told->n_points, 1);
  ck_assert_float_eq_tol (told->points[0].x, 110.f, 0.01f);
  ck_assert (sst_targets_add_point (targets, id, 100.f, 100.f));
  frame = scene_render (scene, 1);
  sst_targets_process (targets, &frame, FRAME_TIME, NULL, 0);
  told = sst_targets_get (targets, &n);
  ck_assert_uint_eq (told->n_points, 2);

  ck_assert (!sst_targets_begin_at (targets, id + 1, &smaller));
  ck_assert (!sst_targets_begin_at (targets, id, &(SstBox) { 0.f, 0.f, 0.f,
          0.f }));
  ck_assert (sst_targets_begin_at (targets, id, &smaller));
  sst_targets_get (targets, &n);
  ck_assert_uint_eq (n, 0);
  frame = scene_render (scene, 2);
  sst_targets_process (targets, &frame, 2 * FRAME_TIME, NULL, 0);
  told = sst_targets_get (targets, &n);
  ck_assert_uint_eq (n, 1);
  ck_assert (told->id == id && told->event == SST_EVENT_STARTED);
  ck_assert_str_eq (told->label, "a");
  ck_assert_float_gt (sst_box_iou (&told->now.box, &smaller), 0.9f);
  ck_assert_uint_eq (told->n_points, 0);

  ck_assert (sst_targets_add_point (targets, id, 110.f, 110.f));
  ck_assert (sst_targets_remove (targets, id));
  frame = scene_render (scene, 3);
  sst_targets_process (targets, &frame, 3 * FRAME_TIME, NULL, 0);
  told = sst_targets_get (targets, &n);
  ck_assert_uint_eq (n, 1);
  ck_assert (told->now.state == SST_STATE_ENDED && told->points == NULL);
  scene_free (&scene);
  sst_targets_free (&targets);
}
END_TEST

static Suite *
points_suite (void)
{
  Suite *suite = suite_create ("points");
  TCase *tcase = tcase_create ("points");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, points_go_with_their_place_on_the_target, 0, 3);
  tcase_add_test (tcase, hidden_points_are_found_again);
  tcase_add_test (tcase, points_are_added_and_removed);
  tcase_add_test (tcase, points_belong_to_their_target);
  tcase_add_test (tcase, points_are_asked_for_by_id);

  return suite;
}

SUITE_MAIN (points)
