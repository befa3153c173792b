/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "scene.h"
#include "suite.h"

#include "footage/extent.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

#define WIDTH 384
#define HEIGHT 216
#define LENGTH 44
#define PAN 1.5f                /* pixels a picture */

typedef struct
{
  Scene *scene;
  SstSampler *sampler;
  SstFlowImage *image[LENGTH];
  SstAffine camera[LENGTH];
  SceneTruth truth[LENGTH];
  SstExtent *extent;
} Shot;

/* sprite: NULL: nothing but the ground. wrong: pixels by which the camera's
 * motion is off, every second picture. gain: contrast over 1. */
static Shot *
shot_new (const SceneSprite * sprite, float wrong, float gain)
{
  Shot *shot = g_new0 (Shot, 1);
  int number = -1;

  shot->scene = scene_new (WIDTH, HEIGHT, 12);
  shot->scene->camera.vx = PAN;
  shot->scene->look.noise = 2.f;
  shot->scene->look.gain = gain;
  shot->sampler = sst_sampler_new ();
  shot->extent = sst_extent_new ();
  if (sprite != NULL)
    number = scene_add_sprite (shot->scene, sprite);
  for (int k = 0; k < LENGTH; k++) {
    const SstFrame frame = scene_render (shot->scene, k);

    shot->image[k] = sst_flow_image_new (SST_FLOW_MAX_SIDE);
    sst_flow_image_set (shot->image[k], shot->sampler, &frame);
    shot->camera[k] = SST_AFFINE_IDENTITY;
    shot->camera[k].tx = -PAN * k + (k % 2 ? wrong : 0.f);
    if (number >= 0)
      shot->truth[k] = scene_truth (shot->scene, number);
  }
  sst_extent_set (shot->extent, shot->image, shot->camera, LENGTH);
  return shot;
}

static void
shot_free (Shot * shot)
{
  for (int k = 0; k < LENGTH; k++)
    sst_flow_image_free (&shot->image[k]);
  sst_extent_free (&shot->extent);
  ck_assert_ptr_null (shot->extent);
  sst_extent_free (&shot->extent);
  sst_sampler_free (&shot->sampler);
  scene_free (&shot->scene);
  g_free (shot);
}

/* A thing that moves is a part, whole and without the ground that it covers
 * next; a fast one, a slow one, and one that stands still at times. */
START_TEST (finds_the_whole)
{
  const SceneSprite sprites[] = {
    {.x = 100.f,.y = 100.f,.width = 60.f,.height = 44.f,.vx = 5.f,.seed = 4},
    {.x = 220.f,.y = 110.f,.width = 50.f,.height = 70.f,.vx = PAN,
        .vy = -1.5f,.seed = 5,.shape = SCENE_ELLIPSE},
    {.x = 220.f,.y = 110.f,.width = 50.f,.height = 40.f,.vx = PAN,
        .sway_x = 30.f,.period = 40.f,.seed = 6},
  };
  Shot *shot = shot_new (&sprites[_i], 0.6f, 0.f);
  SstExtentPart parts[SST_EXTENT_MAX_PARTS];
  float sum = 0.f;
  int count = 0;

  for (guint k = 10; k < LENGTH - 10; k += 3) {
    const guint n = sst_extent_find (shot->extent, k, parts);
    float best = 0.f;

    ck_assert_uint_le (n, SST_EXTENT_MAX_PARTS);
    for (guint i = 0; i < n; i++) {
      const float iou = sst_box_iou (&parts[i].box, &shot->truth[k].box);

      ck_assert (parts[i].inside >= 0.f && parts[i].inside <= 1.f);
      ck_assert (parts[i].around >= 0.f && parts[i].around <= 1.f);
      if (iou > best && iou > 0.7f) {
        ck_assert_float_gt (parts[i].inside, 3.f * parts[i].around);
        ck_assert (!parts[i].cut);
      }
      best = fmaxf (best, iou);
    }
    sum += best;
    count++;
  }
  ck_assert_msg (sum > 0.8f * count, "mean %.2f", sum / count);
  shot_free (shot);
}
END_TEST

/* The ground is no part, also where the camera's motion is off by little. */
START_TEST (leaves_the_ground)
{
  Shot *shot = shot_new (NULL, 0.7f, 0.f);
  SstExtentPart parts[SST_EXTENT_MAX_PARTS];
  guint n = 0;

  for (guint k = 5; k < LENGTH - 5; k += 3)
    n += sst_extent_find (shot->extent, k, parts);
  ck_assert_uint_eq (n, 0);
  shot_free (shot);
}
END_TEST

/* Where the camera's motion is wrong, nothing is said. */
START_TEST (refuses_a_bad_fit)
{
  Shot *shot = shot_new (NULL, 0.f, 1.5f);
  SstExtentPart parts[SST_EXTENT_MAX_PARTS];

  for (guint k = 0; k < LENGTH; k++)
    shot->camera[k].ty = 9.f * k;
  ck_assert_uint_eq (sst_extent_find (shot->extent, LENGTH / 2, parts), 0);
  shot_free (shot);
}
END_TEST

START_TEST (knows_the_border)
{
  const SceneSprite sprite = {.x = 180.f,.y = 5.f,.width = 60.f,.height = 50.f,
    .vx = 4.f,.seed = 8
  };
  Shot *shot = shot_new (&sprite, 0.f, 0.f);
  SstExtentPart parts[SST_EXTENT_MAX_PARTS];
  const guint n = sst_extent_find (shot->extent, 12, parts);
  guint n_cut = 0;

  for (guint i = 0; i < n; i++)
    n_cut += parts[i].cut;
  ck_assert_uint_ge (n_cut, 1);
  shot_free (shot);
}
END_TEST

static Suite *
extent_suite (void)
{
  Suite *suite = suite_create ("extent");
  TCase *tcase = tcase_create ("extent");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, finds_the_whole, 0, 3);
  tcase_add_test (tcase, leaves_the_ground);
  tcase_add_test (tcase, refuses_a_bad_fit);
  tcase_add_test (tcase, knows_the_border);
  return suite;
}

SUITE_MAIN (extent)
