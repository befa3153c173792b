/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "suite.h"
#include "watcher.h"

#include "stream/rehearsal.h"

#include <check.h>
#include <stdlib.h>

#define LENGTH 14
#define N_SPRITES 3
#define TIME_STEP G_GUINT64_CONSTANT (66000000)

/* A clip of things that cross a street, with what is known of them. */
typedef struct
{
  SstFootage *footage;
  SstTracklets *tracklets;
} Street;

static Street
street_new (void)
{
  Street street = { sst_footage_new (), sst_tracklets_new () };
  SstClip *clip = sst_footage_add_clip (street.footage, "street");
  Scene *scene = watcher_street (WATCHER_WIDTH, WATCHER_HEIGHT);
  SstTrackletStep steps[N_SPRITES][LENGTH];

  scene->camera.vx = 0.f;
  for (guint t = 0; t < LENGTH; t++) {
    const SstFrame frame = scene_render (scene, 2 * (int) t);

    sst_clip_add (clip, sst_image_new_from_frame (&frame, 0), t * TIME_STEP);
    for (int i = 0; i < N_SPRITES; i++)
      steps[i][t] = (SstTrackletStep) { t, scene_truth (scene, i).box };
  }
  for (int i = 0; i < N_SPRITES; i++)
    sst_tracklets_add (street.tracklets, &(SstTracklet) {
        .moving = TRUE, .quality = 1.f, .n_steps = LENGTH, .steps = steps[i]});
  /* a patch of the wall, and what is seen for too short a time alone */
  sst_tracklets_add (street.tracklets, &(SstTracklet) {
      .quality = 1.f, .n_steps = LENGTH, .steps = steps[0]});
  sst_tracklets_add (street.tracklets, &(SstTracklet) {
      .moving = TRUE, .quality = 1.f, .n_steps = 3, .steps = steps[0]});
  scene_free (&scene);
  return street;
}

static void
street_clear (Street * street)
{
  sst_tracklets_free (&street->tracklets);
  sst_footage_free (&street->footage);
}

/* Things are followed there and back, and told apart, by a model that can; one
 * that sees the same in everything does neither as well. What lasts too short a
 * time is not followed, patches are not asked about. */
START_TEST (a_model_that_can_follow_scores_better)
{
  Street street = street_new ();
  SstRehearsal *rehearsal = sst_rehearsal_new (street.footage,
      street.tracklets, 24);
  SstModel *model = watcher_model ();
  SstModel *blind = watcher_spoilt_model ("embedding.weight", 0, 0, 0.f, 1.f);
  SstRehearsalScores scores;
  float know[SST_REHEARSAL_MAX_THINGS];
  SstPace *pace = sst_pace_new ();

  ck_assert_uint_eq (sst_rehearsal_n_tracks (rehearsal), N_SPRITES);
  ck_assert_uint_eq (sst_rehearsal_n_known (rehearsal), N_SPRITES + 1);
  for (guint i = 0; i < N_SPRITES; i++)
    ck_assert_uint_eq (sst_rehearsal_track (rehearsal, i), i);
  ck_assert_uint_eq (sst_rehearsal_known (rehearsal, N_SPRITES), 4);

  ck_assert (sst_rehearsal_run (rehearsal, model, NULL, &scores));
  for (guint i = 0; i < N_SPRITES; i++)
    ck_assert_msg (scores.track[i] > 0.6f && scores.track[i] <= 1.f, "%u: %g",
        i, scores.track[i]);
  for (guint i = 0; i < N_SPRITES; i++)
    ck_assert_float_eq (scores.know[i], 1.f);
  ck_assert (sst_rehearsal_look (rehearsal, blind, FALSE, NULL, know));
  for (guint i = 0; i < N_SPRITES; i++)
    ck_assert_float_eq (know[i], 0.f);

  sst_pace_stop (pace);
  ck_assert (!sst_rehearsal_run (rehearsal, model, pace, &scores));
  sst_pace_free (&pace);
  sst_rehearsal_free (&rehearsal);
  ck_assert_ptr_null (rehearsal);
  sst_rehearsal_free (&rehearsal);
  sst_model_unref (blind);
  sst_model_unref (model);
  street_clear (&street);
}
END_TEST

/* Who stays where the thing was comes back to the start, and has still lost it;
 * of more things than are wanted, some are picked. */
START_TEST (staying_at_the_start_counts_as_lost)
{
  Street street = street_new ();
  SstTracklet *const t = sst_tracklets_get (street.tracklets, 0);
  SstModel *model = watcher_model ();
  SstRehearsal *rehearsal;
  SstRehearsalScores scores;

  /* flow has it at the other end of the street */
  t->steps[LENGTH - 1].box.x = t->steps[LENGTH - 1].box.x < 160.f ? 260.f : 4.f;
  rehearsal = sst_rehearsal_new (street.footage, street.tracklets, 1);
  ck_assert_uint_eq (sst_rehearsal_n_tracks (rehearsal), 1);
  ck_assert_uint_eq (sst_rehearsal_n_known (rehearsal), 1);
  ck_assert (sst_rehearsal_run (rehearsal, model, NULL, &scores));
  ck_assert_float_eq (scores.track[0], 0.f);
  sst_rehearsal_free (&rehearsal);
  sst_model_unref (model);
  street_clear (&street);
}
END_TEST

static Suite *
rehearsal_suite (void)
{
  Suite *suite = suite_create ("rehearsal");
  TCase *tcase = tcase_create ("rehearsal");

  tcase_set_timeout (tcase, 120);
  tcase_add_test (tcase, a_model_that_can_follow_scores_better);
  tcase_add_test (tcase, staying_at_the_start_counts_as_lost);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (rehearsal)
