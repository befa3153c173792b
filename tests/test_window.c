/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "scene.h"
#include "suite.h"

#include "stream/window.h"

#include <check.h>
#include <stdlib.h>

#define WIDTH 320
#define HEIGHT 180
#define FRAME ((SstTime) 33333333)      /* 30 a second */
#define ALL (SST_LEARN_PAUSE_STILL | SST_LEARN_PAUSE_LOST \
    | SST_LEARN_PAUSE_BLURRED | SST_LEARN_PAUSE_CUT)

static Scene *
make_scene (void)
{
  Scene *scene = scene_new (WIDTH, HEIGHT, 3);

  scene->look.noise = 2.f;
  return scene;
}

/* A car on a street: a small part of the picture. */
static void
add_car (Scene * scene)
{
  scene_add_sprite (scene, &(SceneSprite) {
      .x = 60.f, .y = 90.f, .width = 32.f, .height = 20.f, .seed = 7,
      .vx = 2.f });
}

/* --- filling ------------------------------------------------------------ */

START_TEST (a_window_fills_at_its_rate)
{
  Scene *scene = scene_new (960, 540, 3);
  SstFrame frame = scene_render (scene, 0);
  SstWindow *window = sst_window_new ();
  SstSampler *sampler = sst_sampler_new ();
  const SstProposal proposal = { { 200.f, 100.f, 60.f, 40.f }, 5, 0.7f };
  guint n_frames = 0;

  ck_assert (sst_window_continues (window, 10, 10, 5));
  for (SstTime time = 1000; sst_window_length (window) < SST_WINDOW_LENGTH;
      time += FRAME) {
    n_frames++;
    ck_assert (sst_window_continues (window, 960, 540, time));
    if (sst_window_is_due (window, time))
      sst_window_add (window, sampler, &frame, time, &proposal, n_frames == 1);
  }
  /* every second one, as 15 a second are in time */
  ck_assert_uint_eq (n_frames, 2 * SST_WINDOW_LENGTH - 1);
  ck_assert_uint_eq (window->last - window->first,
      2 * FRAME * (SST_WINDOW_LENGTH - 1));
  ck_assert_uint_eq (sst_window_size (window),
      (SST_WINDOW_LENGTH * 480 * 270 + 2 * 256 * 144) * 3 / 2);
  for (guint i = 0; i < SST_WINDOW_LENGTH; i++) {
    const GArray *const proposals = g_ptr_array_index (window->proposals, i);

    ck_assert_uint_eq (proposals->len, i == 0);
    if (i == 0) {
      const SstProposal *const p = &g_array_index (proposals, SstProposal, 0);

      ck_assert_float_eq_tol (p->box.x, 100.f, 1e-3f);
      ck_assert_float_eq_tol (p->box.y, 50.f, 1e-3f);
      ck_assert_float_eq_tol (p->box.width, 30.f, 1e-3f);
      ck_assert_float_eq_tol (p->box.height, 20.f, 1e-3f);
      ck_assert_uint_eq (p->id, 5);
    }
  }

  ck_assert (!sst_window_continues (window, 960, 540, window->last - 1));
  ck_assert (!sst_window_continues (window, 540, 960, window->last + FRAME));
  ck_assert (!sst_window_continues (window, 960, 540,
          window->last + SST_WINDOW_MAX_GAP + 1));
  ck_assert (sst_window_continues (window, 960, 540,
          window->last + SST_WINDOW_MAX_GAP));

  sst_window_truncate (window, 11);
  ck_assert_uint_eq (sst_window_length (window), 11);
  ck_assert_uint_eq (window->last - window->first, 2 * FRAME * 10);
  ck_assert (!sst_window_is_due (window, window->last + FRAME));
  ck_assert (sst_window_is_due (window, window->last + 2 * FRAME));
  sst_sampler_free (&sampler);
  sst_window_free (&window);
  ck_assert_ptr_null (window);
  scene_free (&scene);
}
END_TEST

/* The memory does not depend on the shape. */
START_TEST (the_memory_does_not_depend_on_the_shape)
{
  static const int sizes[][2] = { {1920, 1080}, {600, 600}, {300, 1200},
    {1000, 8}, {1, 1}, {64, 48}
  };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    Scene *scene = scene_new (sizes[i][0], sizes[i][1], 1);
    SstFrame frame = scene_render (scene, 0);
    SstWindow *window = sst_window_new ();
    SstSampler *sampler = sst_sampler_new ();

    sst_window_add (window, sampler, &frame, 0, NULL, 0);
    sst_sampler_free (&sampler);
    ck_assert_uint_le (sst_window_size (window),
        (SST_WINDOW_MAX_PIXELS + SST_ARTIFACTS_WIDTH * SST_ARTIFACTS_HEIGHT)
        * 3 / 2 + 1000);
    sst_window_free (&window);
    scene_free (&scene);
  }
}
END_TEST

/* --- judging ------------------------------------------------------------ */

/* What a window of a scene comes to: its length, 0 where it was refused. */
static guint
judge_scene (Scene * scene, int cut_at, int lost_at, SstLearnPause when,
    SstRefused * refused)
{
  SstWindowJudge *judge = sst_window_judge_new ();
  SstWindow *window = sst_window_new ();
  SstSampler *sampler = sst_sampler_new ();
  guint n;

  for (int i = 0; i < SST_WINDOW_LENGTH; i++) {
    const SstProposal p = { { 20.f, 20.f, 40.f, 40.f }, 1, 0.9f,
      lost_at >= 0 && i >= lost_at
    };
    SstFrame frame;

    if (i == cut_at)
      scene_set_ground (scene, 77);
    frame = scene_render (scene, 2 * i);
    sst_window_add (window, sampler, &frame, 2 * FRAME * i, &p, lost_at >= 0);
  }
  n = sst_window_judge (judge, window, when, refused) ?
      sst_window_length (window) : 0;
  sst_sampler_free (&sampler);
  sst_window_free (&window);
  sst_window_judge_free (&judge);
  ck_assert_ptr_null (judge);
  scene_free (&scene);
  return n;
}

#define ck_assert_passes(scene, when, length) G_STMT_START { \
  SstRefused why; \
  ck_assert_uint_eq (judge_scene (scene, -1, -1, when, &why), length); \
} G_STMT_END

#define ck_assert_refused(scene, reason) G_STMT_START { \
  SstRefused why; \
  ck_assert_uint_eq (judge_scene (scene, -1, -1, ALL, &why), 0); \
  ck_assert_str_eq (sst_refused_to_string (why), \
      sst_refused_to_string (reason)); \
} G_STMT_END

/* What a stream may look like and still be learned from. */
START_TEST (streams_of_all_kinds_pass)
{
  static const SceneLook looks[] = {
    { .noise = 2.f },
    { .gain = -0.8f, .offset = -70.f, .noise = 6.f },   /* night */
    { .gain = -0.6f, .offset = 40.f, .noise = 2.f },    /* haze */
    { .blur = 3.f, .noise = 2.f },                      /* out of focus */
    { .noise = 15.f },
  };
  Scene *scene = make_scene ();

  scene->look = looks[_i];
  add_car (scene);
  ck_assert_passes (scene, ALL, SST_WINDOW_LENGTH);
  scene = make_scene ();
  scene->look = looks[_i];
  scene->camera.vx = 0.5f;
  ck_assert_passes (scene, ALL, SST_WINDOW_LENGTH);
}
END_TEST

START_TEST (still_windows_are_refused)
{
  static const float noise[] = { 0.f, 2.f, 8.f, 20.f };

  for (guint i = 0; i < G_N_ELEMENTS (noise); i++) {
    Scene *scene = make_scene ();

    scene->look.noise = noise[i];
    ck_assert_refused (scene, SST_REFUSED_STILL);
    scene = make_scene ();
    scene->look.noise = noise[i];
    ck_assert_passes (scene, ALL & ~SST_LEARN_PAUSE_STILL, SST_WINDOW_LENGTH);
  }
}
END_TEST

START_TEST (blurred_windows_are_refused)
{
  static const SceneLook looks[] = {
    { .gain = -1.f },                                   /* grey */
    { .gain = -1.f, .offset = -110.f, .noise = 1.f },   /* black */
    { .gain = -0.95f },
    { .blur = 40.f },
  };
  Scene *scene = make_scene ();

  scene->look = looks[_i];
  add_car (scene);
  ck_assert_refused (scene, SST_REFUSED_BLURRED);
}
END_TEST

/* A window ends at a cut, and has to be long enough then. */
START_TEST (a_window_ends_at_a_cut)
{
  static const struct
  {
    int at;
    guint careful, careless;    /* lengths, with and without the flag */
  } cuts[] = { { 8, 0, 0 }, { 12, 0, 12 }, { 20, 20, 20 } };
  Scene *scene = make_scene ();
  SstRefused why;

  scene->camera.vx = 1.f;
  ck_assert_uint_eq (judge_scene (scene, cuts[_i].at, -1, ALL, &why),
      cuts[_i].careful);
  if (cuts[_i].careful == 0)
    ck_assert_int_eq (why, SST_REFUSED_CUT);
  scene = make_scene ();
  scene->camera.vx = 1.f;
  ck_assert_uint_eq (judge_scene (scene, cuts[_i].at, -1,
          ALL & ~SST_LEARN_PAUSE_CUT, &why), cuts[_i].careless);
}
END_TEST

START_TEST (a_window_ends_where_a_target_is_lost)
{
  SstRefused why;
  Scene *scene = make_scene ();

  scene->camera.vx = 1.f;
  ck_assert_uint_eq (judge_scene (scene, -1, 6, ALL, &why), 0);
  ck_assert_int_eq (why, SST_REFUSED_LOST);
  scene = make_scene ();
  scene->camera.vx = 1.f;
  ck_assert_uint_eq (judge_scene (scene, -1, 25, ALL, &why), 25);
  scene = make_scene ();
  scene->camera.vx = 1.f;
  ck_assert_uint_eq (judge_scene (scene, -1, 6, ALL & ~SST_LEARN_PAUSE_LOST,
          &why), SST_WINDOW_LENGTH);
}
END_TEST

/* What noise makes of the first picture and the second is measured once there
 * are both. */
START_TEST (noise_is_measured_once_there_are_two)
{
  static const float noises[] = { 0.f, 12.f };
  float flicker[2];

  for (int i = 0; i < 2; i++) {
    Scene *scene = make_scene ();
    SstWindow *window = sst_window_new ();
    SstSampler *sampler = sst_sampler_new ();

    scene->look.noise = noises[i];
    for (int t = 0; t < 3; t++) {
      const SstFrame frame = scene_render (scene, 2 * t);

      sst_window_add (window, sampler, &frame, 2 * t * FRAME, NULL, 0);
      if (t == 0) {
        sst_window_measure_flicker (window);
        ck_assert (window->artifacts.flicker == 0.f);
      }
    }
    sst_window_measure_flicker (window);
    flicker[i] = window->artifacts.flicker;
    sst_sampler_free (&sampler);
    sst_window_free (&window);
    scene_free (&scene);
  }
  ck_assert_float_le (flicker[0], 0.1f);
  ck_assert_float_ge (flicker[1], 0.7f);
}
END_TEST

static Suite *
window_suite (void)
{
  Suite *suite = suite_create ("window");
  TCase *tcase = tcase_create ("filling");

  tcase_add_test (tcase, a_window_fills_at_its_rate);
  tcase_add_test (tcase, noise_is_measured_once_there_are_two);
  tcase_add_test (tcase, the_memory_does_not_depend_on_the_shape);
  suite_add_tcase (suite, tcase);
  tcase = tcase_create ("judging");
  tcase_add_loop_test (tcase, streams_of_all_kinds_pass, 0, 5);
  tcase_add_test (tcase, still_windows_are_refused);
  tcase_add_loop_test (tcase, blurred_windows_are_refused, 0, 4);
  tcase_add_loop_test (tcase, a_window_ends_at_a_cut, 0, 3);
  tcase_add_test (tcase, a_window_ends_where_a_target_is_lost);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (window)
