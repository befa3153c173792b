/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Learner: that it learns. */

#include "suite.h"
#include "watcher.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

#define MAX_LOSS 0.005          /* of the check score, whatever the stream */

START_TEST (training_raises_the_score_of_the_check)
{
  const SstLearnerParams params = watcher_params ();
  SstModel *base = watcher_model ();
  Watcher w = watcher_new (&params, sst_model_ref (base));
  Scene *scene = watcher_street (WATCHER_WIDTH, WATCHER_HEIGHT);
  SstLearnerStats stats;

  ck_assert (watcher_publishes (&w, base));
  ck_assert_int_eq (watcher_work (&w, 1), SST_LEARNER_IDLE);
  for (int i = 0; i < 2; i++) {
    watcher_show (&w, scene, WATCHER_WINDOW);
    watcher_mine (&w);
  }
  watcher_work (&w, 12);
  stats = watcher_stats (&w);
  ck_assert_uint_eq (stats.taken, 2 * 32);
  ck_assert_uint_eq (stats.frames, stats.taken);
  ck_assert_uint_eq (stats.windows, 2);
  ck_assert_uint_ge (stats.tracklets, 4);
  ck_assert_uint_gt (stats.steps, 20);
  ck_assert_uint_eq (stats.bad_steps, 0);
  ck_assert (stats.loss > 0. && stats.drift > 0. && stats.drift < 0.05);
  ck_assert (stats.base_score > 0.5 && stats.base_score < 1.);
  ck_assert (stats.spread > 0.2);
  ck_assert (stats.score >= stats.base_score - MAX_LOSS);
  ck_assert_uint_le (stats.memory, params.memory);
  for (int i = 0; i < SST_N_REFUSED; i++)
    ck_assert_uint_eq (stats.windows_refused[i], 0);

  /* nothing new: it comes to rest */
  watcher_work (&w, 200);
  ck_assert_int_eq (watcher_work (&w, 1), SST_LEARNER_IDLE);
  ck_assert_uint_le (watcher_stats (&w).steps, 80);
  watcher_clear (&w);
  sst_model_unref (base);
  scene_free (&scene);
}
END_TEST

/* A step that goes far beyond what is allowed, and back. */
static void
run_away (Watcher * w, SstLearnerParams params)
{
  params.learning_rate = 1e3f;
  params.reset_after = 0;
  sst_learner_set_params (w->learner, &params);
  ck_assert_int_eq (watcher_work (w, 1), SST_LEARNER_ROLLED_BACK);
}

/* The published model names the one that it was learned from. */
static void
check_base (const Watcher * w, const SstModel * base)
{
  SstModel *const model = sst_learner_get_model (w->learner);
  char *const name = sst_weights_dup_metadata (sst_model_weights (model),
      "base");

  ck_assert_str_eq (name, sst_weights_get_checksum (sst_model_weights (base)));
  g_free (name);
  sst_model_unref (model);
}

/* A model that is no good gets better and is published; what goes wrong after
 * that goes back to it, half of the way after a soft reset; it is taken back on
 * request, and everything forgotten on another. */
START_TEST (accepted_models_are_published_and_taken_back)
{
  SstLearnerParams params = watcher_params ();
  /* boxes a third too large on each side: soon put right */
  SstModel *base = watcher_spoilt_model ("out.bias", 1, 4, 1.f, 0.3f);
  Scene *scene = watcher_street (WATCHER_WIDTH, WATCHER_HEIGHT);
  SstLearnerStats stats;
  double drift;
  Watcher w;

  params.batch = 1;
  params.check_steps = 30;
  params.learning_rate = 1e-3f;
  params.tone = FALSE;
  w = watcher_new (&params, sst_model_ref (base));
  watcher_learn_until (&w, scene, SST_LEARNER_ACCEPTED);
  stats = watcher_stats (&w);
  ck_assert_uint_eq (stats.accepted, 1);
  ck_assert (stats.stream_gain > 0.);
  ck_assert (stats.score >= stats.base_score - MAX_LOSS);
  ck_assert (!watcher_publishes (&w, base));
  ck_assert_uint_gt (stats.things, 0);
  ck_assert_uint_ge (stats.tracklets, stats.things);
  ck_assert_uint_ge (stats.things, stats.together);
  check_base (&w, base);

  watcher_learn (&w, scene, WATCHER_PART);      /* something to train with */
  run_away (&w, params);
  drift = watcher_stats (&w).drift;
  ck_assert (drift > 0.);
  params.reset_after = 1;
  sst_learner_set_params (w.learner, &params);
  ck_assert_int_eq (watcher_work (&w, 1), SST_LEARNER_RESET);
  ck_assert (!watcher_publishes (&w, base));
  run_away (&w, params);
  ck_assert_msg (fabs (watcher_stats (&w).drift - 0.5 * drift) < 1e-6,
      "%g after %g", watcher_stats (&w).drift, drift);
  ck_assert (!watcher_publishes (&w, base));

  stats = watcher_stats (&w);
  sst_learner_rollback (w.learner);
  ck_assert_int_eq (watcher_work (&w, 1), SST_LEARNER_ROLLED_BACK);
  ck_assert_uint_eq (watcher_stats (&w).rolled_back, stats.rolled_back + 1);
  ck_assert (watcher_publishes (&w, base));
  ck_assert (watcher_stats (&w).score == stats.base_score);
  ck_assert (watcher_stats (&w).drift == 0.);
  sst_learner_reset (w.learner);
  ck_assert_int_eq (watcher_work (&w, 1), SST_LEARNER_RESET);
  ck_assert (watcher_publishes (&w, base));
  stats = watcher_stats (&w);
  ck_assert_uint_eq (stats.resets, 2);
  ck_assert (stats.drift == 0. && stats.stream_gain == 0.);
  watcher_clear (&w);
  scene_free (&scene);
  sst_model_unref (base);
}
END_TEST

static SstTone
published_tone (const Watcher * w)
{
  SstModel *const model = sst_learner_get_model (w->learner);
  const SstTone result = sst_tone_or_neutral (sst_model_tone (model));

  sst_model_unref (model);
  return result;
}

/* In fog, trackers are soon given a tone that takes it away; once it lifts,
 * they are soon given none again. The weights stay. */
START_TEST (fog_gets_a_tone_and_loses_it)
{
  const SceneLook fog = { .gain = -0.85f, .offset = 50.f, .noise = 0.5f };
  SstLearnerParams params = watcher_params ();
  SstModel *base = watcher_model ();
  Scene *scene = watcher_street (WATCHER_WIDTH, WATCHER_HEIGHT);
  const SceneLook clear = scene->look;
  SstLearnerStats stats;
  SstTone tone;
  Watcher w;

  params.check_steps = 1000;
  w = watcher_new (&params, sst_model_ref (base));
  scene->look = fog;
  watcher_learn_until (&w, scene, SST_LEARNER_ACCEPTED);
  stats = watcher_stats (&w);
  ck_assert_uint_eq (stats.accepted, 1);
  ck_assert_uint_eq (stats.refused, 0);
  ck_assert (stats.score == stats.base_score);
  tone = published_tone (&w);
  ck_assert_float_ge (tone.luma_gain, 5.f);

  scene->look = clear;
  for (int i = 0; i < 2; i++) {
    ck_assert_uint_eq (w.events[SST_LEARNER_ROLLED_BACK], 0);
    watcher_learn (&w, scene, WATCHER_PART);
    for (int k = 0; k < 16 && w.events[SST_LEARNER_ROLLED_BACK] == 0; k++)
      watcher_work (&w, 1);
  }
  stats = watcher_stats (&w);
  ck_assert_uint_eq (stats.rolled_back, 1);
  ck_assert_uint_eq (stats.accepted, 1);
  tone = published_tone (&w);
  ck_assert (sst_tone_is_neutral (&tone));
  watcher_clear (&w);

  /* who does not want it does not get it */
  params.tone = FALSE;
  w = watcher_new (&params, sst_model_ref (base));
  scene->look = fog;
  for (int i = 0; i < 12; i++) {
    watcher_learn (&w, scene, WATCHER_PART);
    watcher_work (&w, 2);
  }
  ck_assert (watcher_publishes (&w, base));
  watcher_clear (&w);
  scene_free (&scene);
  sst_model_unref (base);
}
END_TEST

/* What there is of noise is told, too. */
START_TEST (noise_of_the_stream_is_told)
{
  const SstLearnerParams params = watcher_params ();
  Watcher w = watcher_new (&params, watcher_model ());
  Scene *scene = watcher_street (WATCHER_WIDTH, WATCHER_HEIGHT);
  SstTone tone;

  scene->look.noise = 14.f;
  watcher_learn_until (&w, scene, SST_LEARNER_ACCEPTED);
  tone = published_tone (&w);
  ck_assert_float_ge (tone.noise, 1.f);
  ck_assert_float_le (tone.noise, 4.f);
  watcher_clear (&w);
  scene_free (&scene);
}
END_TEST

/* There are tracklets at night, too, and in fog. */
START_TEST (night_and_fog_have_tracklets)
{
  static const SceneLook looks[] = {
    { .gain = -0.8f, .offset = -70.f, .noise = 2.f },
    { .gain = -0.7f, .offset = 40.f, .noise = 1.f }
  };
  const SstLearnerParams params = watcher_params ();
  Watcher w = watcher_new (&params, watcher_model ());
  Scene *scene = watcher_street (WATCHER_WIDTH, WATCHER_HEIGHT);

  for (guint i = 0; i < G_N_ELEMENTS (looks); i++) {
    const guint64 before = watcher_stats (&w).tracklets;

    scene->look = looks[i];
    watcher_learn (&w, scene, WATCHER_PART);
    ck_assert_uint_ge (watcher_stats (&w).tracklets, before + 2);
  }
  watcher_clear (&w);
  scene_free (&scene);
}
END_TEST

/* What others know of: boxes to look at, targets to learn from. */
START_TEST (trusted_proposals_become_tracklets)
{
  SstLearnerParams params = watcher_params ();
  Watcher w = watcher_new (&params, watcher_model ());
  Scene *scene = watcher_street (WATCHER_WIDTH, WATCHER_HEIGHT);

  params.learning_rate = 1e-9f; /* the teacher stays the same */
  for (int kind = 0; kind < 4; kind++) {
    const SstLearnerStats before = watcher_stats (&w);
    SstLearnerStats stats;

    params.from = kind == 0 ? SST_LEARN_FROM_ROI : SST_LEARN_FROM_TARGETS;
    sst_learner_set_params (w.learner, &params);
    for (int t = 0; t < WATCHER_PART; t++) {
      const SstFrame frame = scene_render (scene, t);
      SstProposal proposals[2];

      for (int i = 0; i < 2; i++)
        proposals[i] = (SstProposal) { scene_truth (scene, i).box,
          kind == 0 ? 0 : i + 1, kind == 2 ? 0.3f : 0.9f, FALSE };
      if (kind == 3 && t > 4)   /* the tracker soon is elsewhere */
        proposals[0].box.x = proposals[1].box.x = 280.f;
      watcher_push (&w, &frame, proposals, 2);
    }
    sst_learner_interrupt (w.learner);
    watcher_mine (&w);
    stats = watcher_stats (&w);
    /* kind 2: the tracker is not sure */
    ck_assert_uint_eq (stats.tracklets - before.tracklets, kind < 2 ? 2 : 0);
    ck_assert_uint_eq (stats.tracklets_refused[SST_REFUSED_DISAGREED]
        - before.tracklets_refused[SST_REFUSED_DISAGREED], kind == 3 ? 2 : 0);
  }
  watcher_clear (&w);
  scene_free (&scene);
}
END_TEST

START_TEST (reasons_and_events_have_names)
{
  SstLearnerStats stats = {
    .things = 57, .together = 41, .tracklets = 90, .windows = 30
  };
  char *text;

  ck_assert_str_eq (sst_refused_to_string (SST_REFUSED_STILL), "still");
  ck_assert_str_eq (sst_refused_to_string (SST_REFUSED_SMALL), "small");
  ck_assert_str_eq (sst_learner_event_to_string (SST_LEARNER_IDLE), "idle");
  text = sst_learner_describe (&stats);
  ck_assert_str_eq (text, "learned from 57 things that moved, 41 of them seen "
      "beside others, in 90 tracks of 30 windows; no weights are better than "
      "the base's yet");
  g_free (text);
  stats.track = (SstLearnerGain) { 0.0304, 0.0099, 24 };
  stats.know = (SstLearnerGain) { -0.004, 0.02, 18 };
  text = sst_learner_describe (&stats);
  ck_assert (g_str_has_suffix (text, "; holds on to things better by 0.030 +/- "
          "0.010 (24 things); tells them apart worse by 0.004 +/- 0.020 (18 "
          "things)"));
  g_free (text);
  ck_assert_str_eq (sst_learner_event_to_string (SST_LEARNER_STOPPED),
      "stopped");
}
END_TEST

static Suite *
learner_suite (void)
{
  Suite *suite = suite_create ("learner");
  TCase *tcase = tcase_create ("learner");

  tcase_add_test (tcase, training_raises_the_score_of_the_check);
  tcase_add_test (tcase, accepted_models_are_published_and_taken_back);
  tcase_add_test (tcase, fog_gets_a_tone_and_loses_it);
  tcase_add_test (tcase, noise_of_the_stream_is_told);
  tcase_add_test (tcase, night_and_fog_have_tracklets);
  tcase_add_test (tcase, trusted_proposals_become_tracklets);
  tcase_add_test (tcase, reasons_and_events_have_names);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (learner)
