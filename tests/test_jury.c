/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "suite.h"
#include "watcher.h"

#include "footage/pattern.h"
#include "stream/jury.h"

#include <check.h>
#include <stdlib.h>

#define N_CLIPS 8
#define N_SPRITES 3
#define LENGTH 6
#define BRIGHT 228.f            /* offset of the light */

/* The shipped model with boxes too large by that on each side. */
static SstModel *
model_off_by (float logarithm)
{
  return watcher_spoilt_model ("out.bias", 1, 4, 1.f, logarithm);
}

/* Brings a model with pictures of things that do not move. */
static void
bring_with (SstJury * jury, SstModel * candidate, guint version,
    SstProof proof)
{
  SstFootage *footage = sst_footage_new ();
  SstTracklets *tracklets = sst_tracklets_new ();

  for (guint i = 0; i < N_CLIPS; i++) {
    SstImage *image = sst_pattern_image (50 + N_CLIPS * version + i, 200, 150);
    const SstBox box = { 70.f + i, 50.f, 50.f, 40.f };
    SstTrackletStep steps[2] = { {0, box}, {1, box} };
    const SstTracklet tracklet = { .clip = i, .quality = 1.f, .n_steps = 2,
      .steps = steps
    };
    SstClip *clip = sst_footage_add_clip (footage, "still");

    sst_clip_add (clip, sst_image_ref (image), 0);
    sst_clip_add (clip, image, 1000000000);
    sst_tracklets_add (tracklets, &tracklet);
  }
  sst_jury_bring (jury, candidate, proof, version, footage, tracklets);
  sst_model_unref (candidate);
}

static void
bring (SstJury * jury, SstModel * candidate, guint version)
{
  bring_with (jury, candidate, version, SST_PROOF_BETTER);
}

/* Things that cross a street, in light of which a level in twelve is left. */
static void
bring_street (SstJury * jury, SstModel * candidate, guint version, float offset,
    SstProof proof)
{
  SstFootage *footage = sst_footage_new ();
  SstTracklets *tracklets = sst_tracklets_new ();

  for (guint i = 0; i < 2; i++) {
    Scene *scene = watcher_street (WATCHER_WIDTH, WATCHER_HEIGHT);
    SstClip *clip = sst_footage_add_clip (footage, "street");
    SstTrackletStep steps[N_SPRITES][LENGTH];

    scene->camera.vx = 0.f;
    scene->look = (SceneLook) { .gain = -11.f / 12.f, .offset = offset };
    for (guint t = 0; t < LENGTH; t++) {
      const SstFrame frame = scene_render (scene, (int) (30 * i + 4 * t));

      sst_clip_add (clip, sst_image_new_from_frame (&frame, 0),
          t * G_GUINT64_CONSTANT (130000000));
      for (int k = 0; k < N_SPRITES; k++)
        steps[k][t] = (SstTrackletStep) { t, scene_truth (scene, k).box };
    }
    for (int k = 0; k < N_SPRITES; k++)
      sst_tracklets_add (tracklets, &(SstTracklet) {
          .clip = i, .moving = TRUE, .quality = 1.f, .n_steps = LENGTH,
          .steps = steps[k]});
    scene_free (&scene);
  }
  sst_jury_bring (jury, candidate, proof, version, footage, tracklets);
  sst_model_unref (candidate);
}

/* Until there is a verdict. Returns how many checks it took. */
static guint
work (SstJury * jury, SstVerdict * verdict)
{
  guint n = 0;

  while ((*verdict = sst_jury_work (jury, NULL)) == SST_VERDICT_OPEN)
    n++;
  return n;
}

static SstJuryScores
scores_of (SstJury * jury)
{
  SstJuryScores scores;

  sst_jury_get_scores (jury, &scores);
  return scores;
}

/* Better ones are accepted one after the other, worse ones not, and the way
 * back leads over the same ones. What is worse on the base pairs, or sees the
 * same in everything, goes at once. A check that was stopped counts for
 * nothing. One jury for all: checks take time. */
START_TEST (better_models_are_accepted_and_taken_back)
{
  SstModel *base = model_off_by (0.4f);
  SstJury *jury = sst_jury_new (base, 64, 24);
  const SstTone tone = { 3.f, -100.f, { 1.f, 1.f }, { 0.f, 0.f }, 1.f };
  SstModel *second, *third;
  SstJuryScores first, later;
  SstPace *pace = sst_pace_new ();
  SstVerdict verdict;

  sst_pace_stop (pace);
  for (int i = 0; i < 2; i++)
    ck_assert_int_eq (sst_jury_work (jury, pace), SST_VERDICT_STOPPED);
  ck_assert (scores_of (jury).base_score == 0.);
  sst_pace_resume (pace);
  ck_assert_int_eq (sst_jury_work (jury, pace), SST_VERDICT_OPEN);
  ck_assert_uint_eq (work (jury, &verdict), 0);
  ck_assert_int_eq (verdict, SST_VERDICT_NONE);
  first = scores_of (jury);
  ck_assert (first.base_score > 0. && first.base_score < 1.);
  ck_assert (first.score == first.base_score && first.stream_gain == 0.);
  ck_assert_ptr_eq (sst_jury_accepted (jury), base);

  /* surely better, but by so little that it says nothing about tracks */
  bring (jury, model_off_by (0.38f), 0);
  ck_assert_uint_eq (work (jury, &verdict), 5);
  ck_assert_int_eq (verdict, SST_VERDICT_NO_BETTER);

  /* what is known of the accepted one is not asked again */
  bring (jury, second = model_off_by (0.2f), 0);
  ck_assert_uint_eq (work (jury, &verdict), 3);
  ck_assert_int_eq (verdict, SST_VERDICT_ACCEPTED);
  ck_assert_ptr_eq (sst_jury_accepted (jury), second);
  later = scores_of (jury);
  ck_assert (later.score > first.score);
  ck_assert (later.stream_gain > 0.01);
  ck_assert (later.base_score == first.base_score);

  bring (jury, third = model_off_by (0.f), 0);
  ck_assert_uint_eq (work (jury, &verdict), 3);
  ck_assert_int_eq (verdict, SST_VERDICT_ACCEPTED);
  ck_assert_ptr_eq (sst_jury_accepted (jury), third);
  ck_assert (scores_of (jury).stream_gain > later.stream_gain);

  /* no worse than the base, but not better than the third; on other windows */
  bring (jury, sst_model_ref (third), 1);
  ck_assert_uint_eq (work (jury, &verdict), 5);
  ck_assert_int_eq (verdict, SST_VERDICT_NO_BETTER);

  sst_jury_roll_back (jury);
  ck_assert_ptr_eq (sst_jury_accepted (jury), second);
  ck_assert (scores_of (jury).score == later.score);
  ck_assert (scores_of (jury).stream_gain == later.stream_gain);
  sst_jury_roll_back (jury);
  ck_assert_ptr_eq (sst_jury_accepted (jury), base);
  sst_jury_roll_back (jury);
  ck_assert_ptr_eq (sst_jury_accepted (jury), base);
  ck_assert (scores_of (jury).score == first.base_score);

  /* a tone: the pictures are not seen through it here, so that it is not worse,
   * nor better */
  bring_with (jury, sst_model_new_with_tone (base, &tone), 1,
      SST_PROOF_BETTER);
  ck_assert_uint_ge (work (jury, &verdict), 1);
  ck_assert_int_eq (verdict, SST_VERDICT_NO_BETTER);
  bring_with (jury, sst_model_new_with_tone (base, &tone), 1,
      SST_PROOF_NOT_WORSE);
  work (jury, &verdict);
  ck_assert_int_eq (verdict, SST_VERDICT_ACCEPTED);
  ck_assert_ptr_nonnull (sst_model_tone (sst_jury_accepted (jury)));
  /* who goes back need not prove anything on the stream */
  bring_with (jury, sst_model_ref (base), 1, SST_PROOF_NONE);
  ck_assert_uint_eq (work (jury, &verdict), 1);
  ck_assert_int_eq (verdict, SST_VERDICT_ACCEPTED);
  ck_assert_ptr_null (sst_model_tone (sst_jury_accepted (jury)));
  sst_jury_reset (jury);
  ck_assert_ptr_eq (sst_jury_accepted (jury), base);

  bring (jury, model_off_by (0.8f), 1);
  ck_assert_uint_eq (work (jury, &verdict), 1);
  ck_assert_int_eq (verdict, SST_VERDICT_WORSE);
  ck_assert_float_eq_tol ((float) scores_of (jury).spread,
      (float) first.spread, 1e-6f);
  /* features that hardly depend on the picture */
  bring (jury, watcher_spoilt_model ("neck.bias", 0, 0, 1.f, 50.f), 1);
  ck_assert_uint_eq (work (jury, &verdict), 1);
  ck_assert_int_eq (verdict, SST_VERDICT_WORSE);
  ck_assert (scores_of (jury).spread < 0.5 * first.spread);
  ck_assert_ptr_eq (sst_jury_accepted (jury), base);

  bring (jury, sst_model_ref (base), 1);
  sst_jury_dismiss (jury);
  ck_assert_int_eq (sst_jury_work (jury, NULL), SST_VERDICT_NONE);
  sst_pace_free (&pace);
  sst_jury_free (&jury);
  ck_assert_ptr_null (jury);
  sst_model_unref (base);
}
END_TEST

/* Where things move, they are followed and told apart: who does it as well as
 * the accepted model is no better. */
START_TEST (no_gain_in_following_things_is_no_better)
{
  SstModel *base = watcher_model ();
  SstJury *jury = sst_jury_new (base, 16, 24);
  SstVerdict verdict;

  /* the base pairs, twice, the base's rehearsal and its own */
  bring_street (jury, sst_model_ref (base), 0, BRIGHT, SST_PROOF_BETTER);
  ck_assert_uint_eq (work (jury, &verdict), 4);
  ck_assert_int_eq (verdict, SST_VERDICT_NO_BETTER);
  ck_assert_ptr_eq (sst_jury_accepted (jury), base);
  ck_assert_uint_eq (scores_of (jury).track.n, 0);

  /* but it holds */
  bring_street (jury, sst_model_ref (base), 0, BRIGHT, SST_PROOF_HOLDS);
  work (jury, &verdict);
  ck_assert_int_eq (verdict, SST_VERDICT_ACCEPTED);
  ck_assert_uint_eq (scores_of (jury).tried_track.n, 2 * N_SPRITES);
  ck_assert_double_eq (scores_of (jury).tried_track.gain, 0.0);
  sst_jury_free (&jury);
  sst_model_unref (base);
}
END_TEST

/* Better than the base, but worse than what is accepted at following what
 * moves: that does not hold. */
START_TEST (what_follows_worse_does_not_hold)
{
  SstModel *base = model_off_by (0.4f);
  SstJury *jury = sst_jury_new (base, 16, 24);
  SstVerdict verdict;

  bring_street (jury, watcher_model (), 0, BRIGHT, SST_PROOF_NONE);
  work (jury, &verdict);
  ck_assert_int_eq (verdict, SST_VERDICT_ACCEPTED);
  bring_street (jury, model_off_by (0.35f), 0, BRIGHT, SST_PROOF_HOLDS);
  work (jury, &verdict);
  ck_assert_int_eq (verdict, SST_VERDICT_NO_BETTER);
  ck_assert_double_lt (scores_of (jury).tried_track.gain, 0.0);
  sst_jury_free (&jury);
  sst_model_unref (base);
}
END_TEST

/* Pictures of the stream do not outlive a reset. */
START_TEST (a_reset_forgets_pictures)
{
  SstModel *base = watcher_model ();
  SstJury *jury = sst_jury_new (base, 64, 24);
  SstImage *image = sst_image_new (64, 48);

  for (int i = 0; i < 2; i++) {
    SstFootage *footage = sst_footage_new ();

    sst_clip_add (sst_footage_add_clip (footage, "window"),
        sst_image_ref (image), 0);
    sst_jury_bring (jury, base, SST_PROOF_BETTER, 0, footage,
        sst_tracklets_new ());
    ck_assert (!g_atomic_ref_count_compare (&image->ref_count, 1));
    if (i == 0) {
      sst_jury_reset (jury);
    } else {
      sst_jury_dismiss (jury);
      sst_jury_forget (jury);
    }
    ck_assert (g_atomic_ref_count_compare (&image->ref_count, 1));
  }
  sst_image_unref (image);
  sst_jury_free (&jury);
  sst_model_unref (base);
}
END_TEST

static Suite *
jury_suite (void)
{
  Suite *suite = suite_create ("jury");
  TCase *tcase = tcase_create ("jury");

  tcase_set_timeout (tcase, 300);       /* 90 seconds under a sanitizer */
  tcase_add_test (tcase, better_models_are_accepted_and_taken_back);
  tcase_add_test (tcase, a_reset_forgets_pictures);
  suite_add_tcase (suite, tcase);
  tcase = tcase_create ("things");
  tcase_set_timeout (tcase, 300);
  tcase_add_test (tcase, no_gain_in_following_things_is_no_better);
  tcase_add_test (tcase, what_follows_worse_does_not_hold);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (jury)
