/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* A click on a drawn thing selects it, large or small. */

#include "scene.h"
#include "suite.h"

#include <sstrack/select.h>

#include "model/model_private.h"

#include <check.h>
#include <stdlib.h>

#define WIDTH 320
#define HEIGHT 240

static float
click (SstSelector * selector, float side, guint seed)
{
  Scene *scene = scene_new (WIDTH, HEIGHT, seed);
  const int thing = scene_add_sprite (scene, &(SceneSprite) {
      .x = 160.f,.y = 120.f,.width = side,.height = 0.8f * side,
      .shape = SCENE_ELLIPSE,.seed = 20 + seed});
  const SstFrame frame = scene_render (scene, 0);
  const SstBox truth = scene_truth (scene, thing).box;
  SstBox box, again;
  float iou = 0.f;

  if (sst_selector_thing (selector, &frame, 160.f, 120.f, &box)) {
    ck_assert (box.x >= 0.f && box.y >= 0.f && box.x + box.width <= WIDTH
        && box.y + box.height <= HEIGHT);
    iou = sst_box_iou (&box, &truth);
    /* nothing is left of an earlier click */
    ck_assert (sst_selector_thing (selector, &frame, 160.f, 120.f, &again));
    ck_assert (box.x == again.x && box.y == again.y
        && box.width == again.width && box.height == again.height);
  }
  scene_free (&scene);
  return iou;
}

START_TEST (clicks_select_things_of_any_size)
{
  static const float sides[] = { 30.f, 60.f, 110.f };
  SstModel *model = sst_model_builtin ();
  SstSelector *selector;
  float sum = 0.f;

  if (model == NULL)
    return;                     /* built without one */
  selector = sst_selector_new (model);
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    sum += click (selector, sides[i], 1 + i);
  ck_assert_float_gt (sum / G_N_ELEMENTS (sides), 0.5f);
  sst_selector_free (&selector);
  sst_model_unref (model);
}
END_TEST

/* A click at the picture's edge, and beyond it, is no error. */
START_TEST (a_click_beyond_the_edge_is_no_error)
{
  static const float places[][2] = { {0.f, 0.f}, {319.f, 239.f} };
  SstModel *model = sst_model_new_random (&(SstNetworkConfig) {
        {4, 6, 8}, 1, 5, 7, 6}, 1, NULL);
  SstSelector *selector = sst_selector_new (model);
  Scene *scene = scene_new (WIDTH, HEIGHT, 1);
  const SstFrame frame = scene_render (scene, 0);

  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    SstBox box = { 0.f, 0.f, 0.f, 0.f };

    if (sst_selector_thing (selector, &frame, places[i][0], places[i][1],
            &box))
      ck_assert (box.width >= 3.f && box.height >= 3.f
          && box.x + box.width <= WIDTH && box.y + box.height <= HEIGHT);
  }
  scene_free (&scene);
  sst_selector_free (&selector);
  sst_model_unref (model);
}
END_TEST

static Suite *
select_suite (void)
{
  Suite *suite = suite_create ("select");
  TCase *tcase = tcase_create ("select");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, clicks_select_things_of_any_size);
  tcase_add_test (tcase, a_click_beyond_the_edge_is_no_error);

  return suite;
}

SUITE_MAIN (select)
