/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Gather: that each check refuses what it is there to refuse, alone. Every
 * scene comes with a twin that differs in that alone, and passes. */

#include "suite.h"
#include "watcher.h"

#include "stream/gather.h"

#include <check.h>
#include <stdlib.h>

#define LENGTH 20               /* pictures of a window: four steps of a
                                 * tracklet, 0, 4, 9 and 16 */
#define N_STEPS 4
#define PICTURE (2 * WATCHER_FRAME)

static Scene *
make_scene (int width, int height)
{
  Scene *scene = scene_new (width, height, 3);

  scene->look.noise = 2.f;
  return scene;
}

/* A window of the scene; nobody knows of anything in it. */
static SstWindow *
shoot (Scene * scene)
{
  SstWindow *window = sst_window_new ();
  SstSampler *sampler = sst_sampler_new ();

  for (int t = 0; t < LENGTH; t++) {
    const SstFrame frame = scene_render (scene, t);

    sst_window_add (window, sampler, &frame, t * PICTURE, NULL, 0);
  }
  sst_sampler_free (&sampler);
  return window;
}

/* Somebody knows of a box, in pixels of the window's picture. */
static void
propose (SstWindow * window, guint picture, SstProposal proposal)
{
  GArray *const proposals = g_ptr_array_index (window->proposals, picture);

  g_array_append_val (proposals, proposal);
}

static void
propose_box (SstWindow * window, SstBox box)
{
  propose (window, 0, (SstProposal) { box, 0, 0.f, FALSE });
}

static SstTracklets *
gather (const SstWindow * window, SstLearnFrom from, guint64 * refused)
{
  SstGather *gather = sst_gather_new (1);
  SstModel *teacher = watcher_model ();
  SstTracklets *found = sst_tracklets_new ();

  for (int i = 0; i < SST_N_REFUSED; i++)
    refused[i] = 0;
  ck_assert (sst_gather_run (gather, window, 0, from, teacher, NULL, found,
          refused));
  sst_model_unref (teacher);
  sst_gather_free (&gather);
  ck_assert_ptr_null (gather);
  return found;
}

/* That it comes to a tracklet of so many steps, or to none for that reason
 * (SST_N_REFUSED: for none that is counted). */
static void
assert_gathers (const SstWindow * window, SstLearnFrom from, guint n_steps,
    SstRefused reason)
{
  guint64 refused[SST_N_REFUSED];
  SstTracklets *found = gather (window, from, refused);

  for (int i = 0; i < SST_N_REFUSED; i++)
    ck_assert_msg (refused[i] == (n_steps == 0 && i == (int) reason),
        "%s: %u; %u pass", sst_refused_to_string (i), (guint) refused[i],
        sst_tracklets_length (found));
  ck_assert_uint_eq (sst_tracklets_length (found), n_steps > 0);
  if (n_steps > 0)
    ck_assert_uint_eq (sst_tracklets_get (found, 0)->n_steps, n_steps);
  sst_tracklets_free (&found);
}

/* --- there and back ----------------------------------------------------- */

/* Something passes before a box of the ground. Most of the box still is ground
 * on the way there; at the end most of it is what passes, and the way back goes
 * along with that. */
START_TEST (a_passer_by_is_no_track_of_the_ground)
{
  const SstBox box = { 60.f, 58.f, 64.f, 64.f };
  Scene *scene = make_scene (WATCHER_WIDTH, WATCHER_HEIGHT);
  const int bus = scene_add_sprite (scene, &(SceneSprite) {
      .x = 60.f + 64.f + 11.f + 70.f, .y = 90.f, .width = 140.f,
      .height = 140.f, .seed = 12, .vx = -12.f });
  SstWindow *window = shoot (scene);

  propose_box (window, box);
  assert_gathers (window, SST_LEARN_FROM_ROI, 0, SST_REFUSED_CYCLE);
  sst_window_free (&window);

  scene_sprite (scene, bus)->hidden = TRUE;
  window = shoot (scene);
  propose_box (window, box);
  assert_gathers (window, SST_LEARN_FROM_ROI, N_STEPS, SST_N_REFUSED);
  sst_window_free (&window);
  scene_free (&scene);
}
END_TEST

/* --- 16 pixels ---------------------------------------------------------- */

/* A proposal that is too small is not even looked at. It is the pixels of the
 * window that count: three quarters of these frames' ones. */
START_TEST (small_proposals_are_not_looked_at)
{
  static const struct
  {
    float width, height;
    guint n_steps;
  } sizes[] = { { 20.f, 28.f, 0 }, { 28.f, 20.f, 0 }, { 28.f, 28.f, N_STEPS } };
  const float scale = 0.75f;
  Scene *scene = make_scene (2 * WATCHER_WIDTH, 2 * WATCHER_HEIGHT);
  const int car = scene_add_sprite (scene, &(SceneSprite) {
      .x = 100.f, .y = 180.f, .width = 1.f, .height = 1.f, .seed = 7,
      .vx = 2.f });

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    SstWindow *window;
    SstBox box;

    scene_sprite (scene, car)->width = sizes[i].width;
    scene_sprite (scene, car)->height = sizes[i].height;
    window = shoot (scene);
    scene_render (scene, 0);
    box = scene_truth (scene, car).box;
    propose_box (window, (SstBox) { box.x * scale, box.y * scale,
          box.width * scale, box.height * scale });
    assert_gathers (window, SST_LEARN_FROM_ROI, sizes[i].n_steps,
        SST_N_REFUSED);
    sst_window_free (&window);
  }
  scene_free (&scene);
}
END_TEST

/* What goes away ends where it gets too small, and is refused where that is at
 * once. */
START_TEST (tracks_end_where_their_target_gets_small)
{
  static const struct
  {
    float side, grow;
    guint n_steps;
  } cars[] = {
    { 46.f, -0.03f, N_STEPS },  /* 28 pixels at the end */
    { 23.f, -0.03f, 3 },        /* 17 in picture 9, 14 in 16 */
    { 17.f, -0.05f, 0 },        /* 14 in picture 4 */
  };

  for (guint i = 0; i < G_N_ELEMENTS (cars); i++) {
    Scene *scene = make_scene (WATCHER_WIDTH, WATCHER_HEIGHT);
    const int car = scene_add_sprite (scene, &(SceneSprite) {
        .x = 60.f, .y = 90.f, .width = cars[i].side, .height = cars[i].side,
        .seed = 7, .vx = 2.f, .grow = cars[i].grow });
    SstWindow *window = shoot (scene);

    scene_render (scene, 0);
    propose_box (window, scene_truth (scene, car).box);
    assert_gathers (window, SST_LEARN_FROM_ROI, cars[i].n_steps,
        SST_REFUSED_SMALL);
    sst_window_free (&window);
    scene_free (&scene);
  }
}
END_TEST

/* --- what a tracker says ------------------------------------------------ */

/* A car, and what a tracker says of it from a picture on; before that it is
 * right. */
static void
assert_tracker (SstWindow * window, const SstBox * truth, guint from,
    SstProposal said, guint n_steps)
{
  const SstBox elsewhere = { 200.f, 20.f, 40.f, 32.f };

  for (guint i = 0; i < LENGTH; i++) {
    GArray *const proposals = g_ptr_array_index (window->proposals, i);

    g_array_set_size (proposals, 0);
    propose (window, i, (SstProposal) { truth[i], 1, 0.9f, FALSE });
    if (i >= from)
      g_array_index (proposals, SstProposal, 0) = said;
    /* that of another target is no news of this one */
    if (i > 0)
      propose (window, i, (SstProposal) { elsewhere, 2, 0.9f, i % 2 });
  }
  assert_gathers (window, SST_LEARN_FROM_TARGETS, n_steps,
      SST_REFUSED_DISAGREED);
}

START_TEST (a_track_ends_where_the_tracker_disagrees)
{
  const SstProposal elsewhere = { { 200.f, 20.f, 40.f, 32.f }, 1, 0.9f,
    FALSE
  };
  Scene *scene = make_scene (WATCHER_WIDTH, WATCHER_HEIGHT);
  const int car = scene_add_sprite (scene, &(SceneSprite) {
      .x = 60.f, .y = 90.f, .width = 40.f, .height = 32.f, .seed = 7,
      .vx = 2.f });
  SstWindow *window = shoot (scene);
  SstBox truth[LENGTH];

  for (int t = 0; t < LENGTH; t++) {
    scene_render (scene, t);
    truth[t] = scene_truth (scene, car).box;
  }
  assert_tracker (window, truth, LENGTH, elsewhere, N_STEPS);
  for (int lost = 0; lost < 2; lost++) {
    SstProposal said = elsewhere;

    if (lost) {                 /* and its box means nothing, even if right */
      said.box = truth[9];
      said.lost = TRUE;
    }
    assert_tracker (window, truth, 10, said, 3);
    assert_tracker (window, truth, 5, said, 2);
    assert_tracker (window, truth, 1, said, 0);
  }
  sst_window_free (&window);
  scene_free (&scene);
}
END_TEST

/* A target counts where the tracker has it, is sure of it, and is to be learned
 * from; a detector's box where that is. */
START_TEST (proposals_count_where_they_are_sure)
{
  static const struct
  {
    guint64 id;
    float confidence;
    gboolean lost;
    SstLearnFrom from;
    guint n_steps;
  } cases[] = {
    { 1, 0.51f, FALSE, SST_LEARN_FROM_TARGETS, N_STEPS },
    { 1, 0.49f, FALSE, SST_LEARN_FROM_TARGETS, 0 },
    { 1, 0.9f, TRUE, SST_LEARN_FROM_TARGETS, 0 },
    { 1, 0.9f, FALSE, SST_LEARN_FROM_ROI, 0 },
    { 0, 0.f, FALSE, SST_LEARN_FROM_ROI, N_STEPS },
    { 0, 0.9f, FALSE, SST_LEARN_FROM_TARGETS, 0 },
  };
  Scene *scene = make_scene (WATCHER_WIDTH, WATCHER_HEIGHT);
  const int car = scene_add_sprite (scene, &(SceneSprite) {
      .x = 60.f, .y = 90.f, .width = 40.f, .height = 32.f, .seed = 7,
      .vx = 2.f });
  SstWindow *window = shoot (scene);
  SstBox box;

  scene_render (scene, 0);
  box = scene_truth (scene, car).box;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_array_set_size (g_ptr_array_index (window->proposals, 0), 0);
    propose (window, 0, (SstProposal) { box, cases[i].id,
          cases[i].confidence, cases[i].lost });
    assert_gathers (window, cases[i].from, cases[i].n_steps, SST_N_REFUSED);
  }
  sst_window_free (&window);
  scene_free (&scene);
}
END_TEST

static Suite *
gather_suite (void)
{
  Suite *suite = suite_create ("gather");
  TCase *tcase = tcase_create ("gather");

  tcase_add_test (tcase, a_passer_by_is_no_track_of_the_ground);
  tcase_add_test (tcase, small_proposals_are_not_looked_at);
  tcase_add_test (tcase, tracks_end_where_their_target_gets_small);
  tcase_add_test (tcase, a_track_ends_where_the_tracker_disagrees);
  tcase_add_test (tcase, proposals_count_where_they_are_sure);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (gather)
