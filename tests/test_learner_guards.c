/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Learner: that nothing makes it worse. */

#include "suite.h"
#include "watcher.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

#define N_SHOWN (WATCHER_WINDOW + WATCHER_PART) /* frames, of what is hostile */

typedef enum
{
  BLACK, GRAY, STILL, REPEATED, NOISE, STROBE, LOST, RESIZED, JUMPS,
  N_HOSTILE
} Hostile;

static const SstRefused reasons[N_HOSTILE] = {
  SST_REFUSED_BLURRED, SST_REFUSED_BLURRED, SST_REFUSED_STILL,
  SST_REFUSED_STILL, SST_REFUSED_CUT, SST_REFUSED_CUT, SST_REFUSED_LOST,
  SST_REFUSED_CUT, SST_REFUSED_CUT
};

/* A frame of a stream that nothing good comes of. */
static void
push_hostile (Watcher * w, Scene * scene, Hostile kind, int t)
{
  const SstProposal lost = { { 10.f, 10.f, 40.f, 40.f }, 1, 0.f, TRUE };
  SstFrame frame;

  switch (kind) {
    case BLACK:
      scene->look = (SceneLook) { -1.f, -110.f, 1.f, 0.f };
      break;
    case GRAY:
      scene->look.gain = -1.f;
      scene->look.noise = 0.f;
      break;
    case NOISE:
      scene->look = (SceneLook) { -1.f, 0.f, 60.f, 0.f };
      break;
    case STROBE:
      scene_set_ground (scene, 100 + (guint) t / 7);
      break;
    default:
      break;
  }
  frame = scene_render (scene, kind == REPEATED ? 0 : t);
  if (kind == RESIZED && t / 9 % 2 != 0)
    frame.width = WATCHER_WIDTH / 2;
  if (kind == JUMPS && t % 9 == 0)
    w->time += (t / 9 % 2 != 0 ? 5 : -3) * 30 * WATCHER_FRAME;
  watcher_push (w, &frame, &lost, kind == LOST);
}

/* A window and more of it. */
static void
show_hostile (Watcher * w, Hostile kind)
{
  Scene *scene;

  if (kind == STILL) {
    scene = scene_new (WATCHER_WIDTH, WATCHER_HEIGHT, 3);
    scene->look.noise = 3.f;
  } else
    scene = watcher_street (WATCHER_WIDTH, WATCHER_HEIGHT);
  for (int t = 0; t < N_SHOWN; t++) {
    push_hostile (w, scene, kind, t);
    watcher_work (w, 100);
  }
  sst_learner_interrupt (w->learner);
  watcher_work (w, 100);
  scene_free (&scene);
}

START_TEST (hostile_streams_are_refused_by_reason)
{
  const SstLearnerParams params = watcher_params ();
  SstModel *base = watcher_small_model ();
  Watcher w = watcher_new (&params, sst_model_ref (base));
  SstLearnerStats before, stats;

  w.time = 1000 * WATCHER_FRAME;
  for (int kind = 0; kind < N_HOSTILE; kind++) {
    before = watcher_stats (&w);
    show_hostile (&w, kind);
    stats = watcher_stats (&w);
    ck_assert_uint_ge (stats.windows, before.windows + 2);
    for (int i = 0; i < SST_N_REFUSED; i++) {
      const guint64 n = stats.windows_refused[i] - before.windows_refused[i];

      ck_assert_msg (n == (i == (int) reasons[kind] ?
              stats.windows - before.windows : 0), "kind %d: %s: %u of %u",
          kind, sst_refused_to_string (i), (guint) n,
          (guint) (stats.windows - before.windows));
    }
  }
  ck_assert_uint_eq (stats.frames, N_HOSTILE * N_SHOWN);
  ck_assert_uint_eq (stats.tracklets, 0);
  ck_assert_uint_eq (stats.steps, 0);
  ck_assert (watcher_publishes (&w, base));
  ck_assert (stats.score == stats.base_score);
  watcher_clear (&w);
  sst_model_unref (base);
}
END_TEST

/* Noise and what stands still are no good even where no switch is set. */
START_TEST (noise_and_stills_teach_nothing_unguarded)
{
  static const Hostile kinds[] = { BLACK, NOISE, STROBE };
  SstLearnerParams params = watcher_params ();
  SstModel *base = watcher_model ();
  Watcher w;

  params.paused_when = 0;
  w = watcher_new (&params, sst_model_ref (base));
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    show_hostile (&w, kinds[i]);
    ck_assert_uint_eq (watcher_stats (&w).tracklets, 0);
    ck_assert_uint_eq (watcher_stats (&w).steps, 0);
    ck_assert (watcher_publishes (&w, base));
  }
  watcher_clear (&w);
  sst_model_unref (base);
}
END_TEST

/* Weights that run away are put back, again and again, at last more slowly;
 * what is published stays. */
START_TEST (weights_that_run_away_are_put_back)
{
  SstLearnerParams params = watcher_params ();
  SstModel *base = watcher_model ();
  Scene *scene = watcher_street (WATCHER_WIDTH, WATCHER_HEIGHT);
  SstLearnerStats stats;
  Watcher w;

  params.learning_rate = 1e3f;
  w = watcher_new (&params, sst_model_ref (base));
  watcher_learn (&w, scene, WATCHER_PART);
  ck_assert_int_eq (watcher_work (&w, 100), SST_LEARNER_IDLE);
  stats = watcher_stats (&w);
  ck_assert_uint_eq (stats.rolled_back, 3);
  ck_assert_uint_eq (stats.rolled_back, w.events[SST_LEARNER_ROLLED_BACK]);
  ck_assert (stats.resting);
  ck_assert_uint_eq (stats.steps, stats.rolled_back);
  ck_assert (stats.drift == 0.);
  ck_assert_uint_eq (stats.accepted, 0);
  ck_assert (watcher_publishes (&w, base));

  /* two more windows end the rest */
  for (int i = 0; i < 2; i++) {
    ck_assert_uint_eq (watcher_stats (&w).steps, stats.steps);
    watcher_learn (&w, scene, WATCHER_PART);
    watcher_work (&w, 1);
  }
  ck_assert_uint_gt (watcher_stats (&w).steps, stats.steps);
  ck_assert (!watcher_stats (&w).resting);
  watcher_clear (&w);
  sst_model_unref (base);
  scene_free (&scene);
}
END_TEST

/* Where the drift is small beside weights that are large (and do not matter, as
 * they are standardised), there is the guard against NaN. */
START_TEST (nan_in_the_weights_is_put_back)
{
  SstLearnerParams params = watcher_params ();
  SstModel *base = watcher_spoilt_model ("stem0.weight", 0, 0, 1e12f, 0.f);
  Scene *scene = watcher_street (WATCHER_WIDTH, WATCHER_HEIGHT);
  SstLearnerStats stats;
  Watcher w;

  params.learning_rate = 1e9f;
  params.whole = TRUE;          /* adapters alone would drift */
  w = watcher_new (&params, sst_model_ref (base));
  watcher_learn (&w, scene, WATCHER_PART);
  watcher_work (&w, 12);
  stats = watcher_stats (&w);
  ck_assert_uint_ge (stats.tracklets, 2);
  ck_assert_uint_gt (stats.bad_steps, 3);
  ck_assert_uint_ge (stats.rolled_back, 1);
  ck_assert (watcher_publishes (&w, base));
  watcher_clear (&w);
  sst_model_unref (base);
  scene_free (&scene);
}
END_TEST

/* Steps that lead nowhere good are refused before they are published. */
START_TEST (bad_steps_are_never_published)
{
  SstLearnerParams params = watcher_params ();
  SstModel *base = watcher_model ();
  Scene *scene = watcher_street (WATCHER_WIDTH, WATCHER_HEIGHT);
  SstLearnerStats stats;
  Watcher w;

  params.batch = 1;
  params.learning_rate = 1.5e-3f;
  params.tone = FALSE;
  w = watcher_new (&params, sst_model_ref (base));
  for (int i = 0; i < 16 && watcher_stats (&w).refused == 0; i++) {
    watcher_learn (&w, scene, WATCHER_PART);
    for (int k = 0; k < 16 && watcher_stats (&w).refused == 0; k++)
      watcher_work (&w, 1);
  }
  stats = watcher_stats (&w);
  ck_assert_uint_ge (stats.refused, 1);
  ck_assert_uint_eq (stats.accepted, 0);
  ck_assert (watcher_publishes (&w, base));
  ck_assert (stats.score == stats.base_score);
  watcher_clear (&w);
  sst_model_unref (base);
  scene_free (&scene);
}
END_TEST

/* A window of the scene, in which a tracker knows where all three things are;
 * flickering, each looks different in every frame. */
static void
learn_targets (Watcher * w, Scene * scene, gboolean flickering)
{
  for (int t = 0; t < WATCHER_PART; t++) {
    SstProposal targets[3];
    SstFrame frame;

    for (int i = 0; i < 3; i++)
      scene_sprite (scene, i)->seed = (flickering ? 100 + 3 * t : 7) + i;
    frame = scene_render (scene, t);
    for (int i = 0; i < 3; i++)
      targets[i] = (SstProposal) { scene_truth (scene, i).box, i + 1, 0.9f,
        FALSE };
    watcher_push (w, &frame, targets, 3);
  }
  sst_learner_interrupt (w->learner);
  watcher_mine (w);
}

/* Where hardly anything passes any more, what was good before is not trained
 * with either, until something passes again. */
START_TEST (low_yield_pauses_training)
{
  SstLearnerParams params = watcher_params ();
  Scene *scene = watcher_street (WATCHER_WIDTH, WATCHER_HEIGHT);
  SstLearnerStats good, stats;
  Watcher w;

  params.from = SST_LEARN_FROM_TARGETS;
  w = watcher_new (&params, watcher_model ());
  learn_targets (&w, scene, FALSE);
  watcher_work (&w, 1);
  good = watcher_stats (&w);
  ck_assert_uint_eq (good.tracklets, 3);
  ck_assert_uint_eq (good.steps, 1);

  /* the good three fade to one, of a dozen tried */
  for (int i = 0; i < 6; i++)
    learn_targets (&w, scene, TRUE);
  stats = watcher_stats (&w);
  ck_assert_uint_eq (stats.windows, good.windows + 6);
  for (int i = 0; i < SST_N_REFUSED; i++) {
    ck_assert_uint_eq (stats.windows_refused[i], 0);
    ck_assert_uint_eq (stats.tracklets_refused[i],
        i == SST_REFUSED_SHORT ? 6 * 3 : 0);
  }
  ck_assert_uint_eq (stats.tracklets, good.tracklets);
  /* the first window is good for more steps than it had */
  ck_assert_int_eq (watcher_work (&w, 1), SST_LEARNER_IDLE);
  ck_assert_uint_eq (watcher_stats (&w).steps, stats.steps);
  ck_assert_uint_eq (stats.bad_steps, 0);

  learn_targets (&w, scene, FALSE);
  ck_assert_uint_eq (watcher_stats (&w).tracklets, good.tracklets + 3);
  watcher_work (&w, 2);
  ck_assert_uint_eq (watcher_stats (&w).steps, stats.steps + 2);
  watcher_clear (&w);
  scene_free (&scene);
}
END_TEST

/* Every so often, in the stream's time, half of the way back. What is not
 * wanted takes time, too; a jump takes none. */
START_TEST (soft_resets_go_by_the_time_of_the_stream)
{
  const SstTime second = 30 * WATCHER_FRAME;
  SstLearnerParams params = watcher_params ();
  Scene *scene = watcher_street (WATCHER_WIDTH, WATCHER_HEIGHT);
  double before, after;
  Watcher w;

  params.reset_after = 8 * second;
  w = watcher_new (&params, watcher_model ());
  watcher_learn (&w, scene, WATCHER_PART);
  watcher_work (&w, 5);
  before = watcher_stats (&w).drift;
  ck_assert (before > 0.);

  watcher_show (&w, scene, WATCHER_WINDOW);
  for (; w.time < 7 * second; w.time += WATCHER_FRAME)
    ck_assert (!sst_learner_wants (w.learner, w.time));
  w.time += 5 * second;
  sst_learner_wants (w.learner, w.time);
  watcher_mine (&w);
  watcher_show (&w, scene, 15);
  watcher_work (&w, 1);
  ck_assert_uint_eq (w.events[SST_LEARNER_RESET], 0);

  before = watcher_stats (&w).drift;
  watcher_show (&w, scene, 30);
  ck_assert_int_eq (watcher_work (&w, 1), SST_LEARNER_RESET);
  after = watcher_stats (&w).drift;
  ck_assert_msg (fabs (after - 0.5 * before) < 1e-6, "%g to %g", before,
      after);
  ck_assert_uint_eq (watcher_stats (&w).resets, 1);
  ck_assert_int_ne (watcher_work (&w, 1), SST_LEARNER_RESET);
  watcher_clear (&w);
  scene_free (&scene);
}
END_TEST

static Suite *
learner_guards_suite (void)
{
  Suite *suite = suite_create ("learner guards");
  TCase *tcase = tcase_create ("learner_guards");

  tcase_add_test (tcase, hostile_streams_are_refused_by_reason);
  tcase_add_test (tcase, noise_and_stills_teach_nothing_unguarded);
  tcase_add_test (tcase, weights_that_run_away_are_put_back);
  tcase_add_test (tcase, nan_in_the_weights_is_put_back);
  tcase_add_test (tcase, bad_steps_are_never_published);
  tcase_add_test (tcase, low_yield_pauses_training);
  tcase_add_test (tcase, soft_resets_go_by_the_time_of_the_stream);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (learner_guards)
