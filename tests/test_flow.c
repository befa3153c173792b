/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "scene.h"
#include "suite.h"

#include "picture/flow.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 640
#define HEIGHT 360
#define STEP 12.f
#define MAX_POINTS 2048

/* Two pictures of a scene, and flow between them on a grid. */
typedef struct
{
  SstSampler *sampler;
  SstFlowImage *image[2];
  float scale;
  guint n;
  SstPoint at[MAX_POINTS], moved[MAX_POINTS];
  float error[MAX_POINTS];
} Flow;

static Flow *
flow_new (Scene * scene, int t0, int t1, SstPoint guess)
{
  Flow *flow = g_new0 (Flow, 1);

  flow->sampler = sst_sampler_new ();
  for (int i = 0; i < 2; i++) {
    const SstFrame frame = scene_render (scene, i ? t1 : t0);

    flow->image[i] = sst_flow_image_new (SST_FLOW_MAX_SIDE);
    sst_flow_image_set (flow->image[i], flow->sampler, &frame);
  }
  flow->scale = sst_flow_image_scale (flow->image[0]);
  for (float y = 6.f; y < sst_flow_image_height (flow->image[0]); y += STEP)
    for (float x = 6.f; x < sst_flow_image_width (flow->image[0]); x += STEP)
      flow->at[flow->n++] = (SstPoint) { x, y };
  sst_flow_points (flow->image[0], flow->image[1], flow->n, flow->at, guess,
      flow->moved, flow->error);
  return flow;
}

static void
flow_free (Flow * flow)
{
  sst_sampler_free (&flow->sampler);
  for (int i = 0; i < 2; i++)
    sst_flow_image_free (&flow->image[i]);
  ck_assert_ptr_null (flow->image[0]);
  g_free (flow);
}

static gboolean
consistent (const Flow * flow, guint i)
{
  return sst_flow_is_consistent (hypotf (flow->moved[i].x - flow->at[i].x,
          flow->moved[i].y - flow->at[i].y), flow->error[i]);
}

static gboolean
inside (const SstBox * box, float scale, SstPoint p, float margin)
{
  return p.x * scale > box->x + margin && p.y * scale > box->y + margin
      && p.x * scale < box->x + box->width - margin
      && p.y * scale < box->y + box->height - margin;
}

static const SceneCamera cameras[] = {
  {.vx = 0.4f},
  {.vx = 7.f,.vy = -3.f},
  {.vx = -30.f,.vy = 6.f},
  {.grow = 0.03f,.vx = 3.f},
  {.spin = 0.04f},
};

/* Points of the ground go where the camera takes them. */
START_TEST (follows_a_moving_texture)
{
  Scene *scene = scene_new (WIDTH, HEIGHT, 1 + _i);
  SstRandom random = sst_random_init (1, 0);
  guint n_consistent = 0, n_inside = 0, n_exact = 0;
  SstAffine motion;
  SstCameraMotion truth;
  float support;
  Flow *flow;

  scene->camera = cameras[_i];
  scene->look.noise = 2.f;
  flow = flow_new (scene, 0, 1, (SstPoint) { 0.f, 0.f });
  truth = scene_motion (scene);
  for (guint i = 0; i < flow->n; i++) {
    float x, y, off;

    sst_camera_motion_apply (&truth, flow->at[i].x * flow->scale,
        flow->at[i].y * flow->scale, &x, &y);
    if (x < 8.f || y < 8.f || x > WIDTH - 8.f || y > HEIGHT - 8.f)
      continue;
    n_inside++;
    if (!consistent (flow, i))
      continue;
    n_consistent++;
    off = hypotf (flow->moved[i].x - x / flow->scale,
        flow->moved[i].y - y / flow->scale);
    n_exact += off < 0.3f;
  }
  ck_assert_msg (n_consistent > 0.8f * n_inside, "%u of %u consistent",
      n_consistent, n_inside);
  ck_assert_msg (n_exact > 0.95f * n_consistent, "%u of %u exact", n_exact,
      n_consistent);

  support = sst_flow_fit (flow->n, flow->at, flow->moved, flow->error, &random,
      &motion);
  ck_assert_msg (support > 0.9f, "support %.2f", support);
  for (int corner = 0; corner < 4; corner++) {
    const SstPoint p = { corner & 1 ? WIDTH : 0.f, corner & 2 ? HEIGHT : 0.f };
    const SstPoint q = sst_affine_apply (&motion,
        (SstPoint) { p.x / flow->scale, p.y / flow->scale });
    float x, y;

    sst_camera_motion_apply (&truth, p.x, p.y, &x, &y);
    ck_assert_float_le (hypotf (q.x - x / flow->scale,
            q.y - y / flow->scale), 0.15f);
  }
  flow_free (flow);
  scene_free (&scene);
}
END_TEST

/* A good guess brings points home that go too far for the pyramid. */
START_TEST (starts_from_a_guess)
{
  static const float share[] = { 0.f, 0.9f };
  guint n_exact[2] = { 0, 0 };

  for (int k = 0; k < 2; k++) {
    Scene *scene = scene_new (WIDTH, HEIGHT, 11);
    const SstPoint truth = { -200.f / 1.6f, 0.f };
    Flow *flow;

    scene->camera.vx = 200.f;
    flow = flow_new (scene, 0, 1, (SstPoint) { share[k] * truth.x, 0.f });
    for (guint i = 0; i < flow->n; i++)
      n_exact[k] += flow->at[i].x + truth.x > 4.f && consistent (flow, i)
          && hypotf (flow->moved[i].x - flow->at[i].x - truth.x,
          flow->moved[i].y - flow->at[i].y) < 0.5f;
    flow_free (flow);
    scene_free (&scene);
  }
  ck_assert_uint_gt (n_exact[1], 200);
  ck_assert_uint_gt (n_exact[1], 2 * n_exact[0]);
}
END_TEST

/* What gets covered does not come back to where it started. */
START_TEST (rejects_what_is_covered)
{
  Scene *scene = scene_new (WIDTH, HEIGHT, 21);
  const int cover = scene_add_sprite (scene, &(SceneSprite) {
      .x = 150.f,.y = 180.f,.width = 140.f,.height = 200.f,.seed = 3,
      .vx = 150.f});
  guint n_covered = 0, n_kept = 0, n_open = 0, n_open_kept = 0;
  Flow *flow = flow_new (scene, 0, 1, (SstPoint) { 0.f, 0.f });
  const SstBox after = scene_truth (scene, cover).box;
  SstBox before;

  scene_render (scene, 0);
  before = scene_truth (scene, cover).box;
  for (guint i = 0; i < flow->n; i++)
    if (inside (&after, flow->scale, flow->at[i], 12.f)
        && !inside (&before, flow->scale, flow->at[i], -12.f)) {
      n_covered++;
      n_kept += consistent (flow, i);
    } else if (!inside (&after, flow->scale, flow->at[i], -12.f)
        && !inside (&before, flow->scale, flow->at[i], -12.f)) {
      n_open++;
      n_open_kept += consistent (flow, i);
    }
  ck_assert_uint_gt (n_covered, 30);
  ck_assert_msg (n_kept < 0.15f * n_covered, "%u of %u covered kept", n_kept,
      n_covered);
  ck_assert_msg (n_open_kept > 0.8f * n_open, "%u of %u open kept",
      n_open_kept, n_open);
  flow_free (flow);
  scene_free (&scene);
}
END_TEST

/* A large thing with a motion of its own does not bend the camera's. */
START_TEST (fits_what_most_points_follow)
{
  Scene *scene = scene_new (WIDTH, HEIGHT, 31);
  SstRandom random = sst_random_init (2, 0);
  SstAffine motion;
  float support;
  Flow *flow;

  scene->camera.vx = 5.f;
  scene_add_sprite (scene, &(SceneSprite) {
      .x = 250.f,.y = 170.f,.width = 320.f,.height = 260.f,.seed = 4,
      .vx = -3.f,.vy = 4.f});
  flow = flow_new (scene, 0, 1, (SstPoint) { 0.f, 0.f });
  support = sst_flow_fit (flow->n, flow->at, flow->moved, flow->error, &random,
      &motion);
  ck_assert_float_eq_tol (motion.a, 1.f, 1e-3f);
  ck_assert_float_eq_tol (motion.d, 1.f, 1e-3f);
  ck_assert_float_eq_tol (motion.tx, -5.f / flow->scale, 0.2f);
  ck_assert_float_eq_tol (motion.ty, 0.f, 0.2f);
  ck_assert_float_eq_tol (support, 0.64f, 0.12f);
  flow_free (flow);
  scene_free (&scene);
}
END_TEST

static SstFrame
gray_frame (const guint8 * data, int width, int height)
{
  return (SstFrame) {.format = SST_FORMAT_GRAY8,.width = width,
    .height = height,.plane = {data},.stride = {width}
  };
}

START_TEST (loses_points_without_texture)
{
  static guint8 data[WIDTH * HEIGHT];
  const SstFrame frame = gray_frame (data, WIDTH, HEIGHT);
  SstSampler *sampler = sst_sampler_new ();
  SstFlowImage *image = sst_flow_image_new (SST_FLOW_MAX_SIDE);
  SstRandom random = sst_random_init (3, 0);
  const SstPoint at[2] = { {100.f, 100.f}, {0.f, 0.f} };
  SstPoint moved[2];
  float error[2];
  SstAffine motion;

  memset (data, 99, sizeof (data));
  sst_flow_image_set (image, sampler, &frame);
  sst_flow_points (image, image, 2, at, (SstPoint) { 0.f, 0.f }, moved, error);
  ck_assert (isinf (error[0]) && isinf (error[1]));
  ck_assert (sst_flow_fit (2, at, moved, error, &random, &motion) == 0.f);
  ck_assert (motion.a == 1.f && motion.tx == 0.f);
  sst_flow_image_free (&image);
  sst_sampler_free (&sampler);
}
END_TEST

/* Pictures down to a pixel, points at every corner, wild guesses. */
START_TEST (survives_odd_sizes)
{
  static const int sizes[][2] = { {1, 1}, {2, 3}, {1, 500}, {500, 1}, {17, 15},
  {33, 64}, {401, 399}, {1200, 7}
  };
  SstSampler *sampler = sst_sampler_new ();
  SstFlowImage *a = sst_flow_image_new (SST_FLOW_MAX_SIDE);
  SstFlowImage *b = sst_flow_image_new (SST_FLOW_MAX_SIDE);

  for (guint k = 0; k < G_N_ELEMENTS (sizes); k++) {
    const int width = sizes[k][0], height = sizes[k][1];
    guint8 *data = g_malloc (2 * width * height);

    for (int i = 0; i < 2 * width * height; i++)
      data[i] = (guint8) (255.f * scene_random (k, i));

    const SstFrame fa = gray_frame (data, width, height);
    const SstFrame fb = gray_frame (data + width * height, width, height);
    SstPoint at[4], moved[4];
    float error[4];

    sst_flow_image_set (a, sampler, &fa);
    sst_flow_image_set (b, sampler, &fb);
    g_free (data);
    for (int i = 0; i < 4; i++)
      at[i] = (SstPoint) { i & 1 ? sst_flow_image_width (a) : 0.f,
        i & 2 ? sst_flow_image_height (a) : 0.f
      };
    for (int i = 0; i < 4; i++) {
      const SstPoint guess = { i & 1 ? 0.9f * width : 0.f,
        i & 2 ? -0.9f * height : 0.f
      };

      sst_flow_points (a, b, 4, at, guess, moved, error);
      for (int j = 0; j < 4; j++)
        ck_assert (isfinite (moved[j].x) && isfinite (moved[j].y)
            && error[j] >= 0.f);
    }
  }
  sst_flow_image_free (&a);
  sst_flow_image_free (&b);
  sst_flow_image_free (&b);
  sst_sampler_free (&sampler);
}
END_TEST

static Suite *
flow_suite (void)
{
  Suite *suite = suite_create ("flow");
  TCase *tcase = tcase_create ("flow");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, follows_a_moving_texture, 0,
      G_N_ELEMENTS (cameras));
  tcase_add_test (tcase, starts_from_a_guess);
  tcase_add_test (tcase, rejects_what_is_covered);
  tcase_add_test (tcase, fits_what_most_points_follow);
  tcase_add_test (tcase, loses_points_without_texture);
  tcase_add_test (tcase, survives_odd_sizes);
  return suite;
}

SUITE_MAIN (flow)
