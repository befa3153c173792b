/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Targets that run change to another model. */

#include "scene.h"
#include "suite.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sstrack/targets.h>

#include "track/matcher.h"

#define PERIOD (SST_SECOND / 30)
#define N_TARGETS 3

static const SstNetworkConfig tiny = { {4, 6, 8}, 1, 5, 7, 6 };
static const SstNetworkConfig other = { {4, 6, 8}, 1, 5, 8, 6 };

static SstModel *
make_model (guint64 seed)
{
  SstModel *const model = sst_model_new_random (&tiny, seed, NULL);

  ck_assert_ptr_nonnull (model);
  return model;
}

/* Three things, two of which move. */
static Scene *
make_scene (void)
{
  Scene *scene = scene_new (320, 240, 1);

  scene_add_sprite (scene, &(SceneSprite) {
        .x = 70, .y = 70, .width = 36, .height = 36, .seed = 11, .vx = 1 });
  scene_add_sprite (scene, &(SceneSprite) {
        .x = 240, .y = 80, .width = 40, .height = 32, .seed = 12 });
  scene_add_sprite (scene, &(SceneSprite) {
        .x = 160, .y = 180, .width = 30, .height = 44, .seed = 13, .vy = -1 });
  return scene;
}

/* --- matcher ------------------------------------------------------------ */

/* A matcher that learned, and a region to search. */
typedef struct
{
  SstSampler *sampler;
  Scene *scene;
  SstFrame frame;
  float sample[3 * SST_SEARCH_SIDE * SST_SEARCH_SIDE];
  float scores[SST_NETWORK_CELLS];
} Stage;

static Stage *
stage_new (void)
{
  Stage *stage = g_new0 (Stage, 1);
  const SstBox region = { 20.f, 10.f, 150.f, 150.f };

  stage->sampler = sst_sampler_new ();
  stage->scene = make_scene ();
  stage->frame = scene_render (stage->scene, 0);
  sst_sampler_sample (stage->sampler, &stage->frame, &region, SST_SAMPLE_YCC,
      SST_SEARCH_SIDE, SST_SEARCH_SIDE, stage->sample);
  return stage;
}

static void
stage_free (Stage * stage)
{
  sst_sampler_free (&stage->sampler);
  scene_free (&stage->scene);
  g_free (stage);
}

static void
start (Stage * stage, SstMatcher * matcher)
{
  const SstBox box = sst_box_from_center (70.f, 70.f, 36.f, 36.f);

  sst_matcher_start (matcher, stage->sampler, &stage->frame, &box, 72.f);
}

static void
learn (Stage * stage, SstMatcher * matcher, float x, float rate)
{
  const SstBox box = sst_box_from_center (x, 72.f, 35.f, 35.f);

  sst_matcher_learn (matcher, stage->sampler, &stage->frame, &box, 70.f,
      rate);
}

/* What a matcher sees, in memory that is kept until the next call. */
static const float *
search (Stage * stage, SstMatcher * matcher, float recent)
{
  sst_matcher_search (matcher, stage->sample, recent);
  memcpy (stage->scores, sst_matcher_scores (matcher), sizeof stage->scores);
  return stage->scores;
}

static void
assert_scores (Stage * stage, SstMatcher * matcher, SstMatcher * expected,
    float recent, float tolerance)
{
  const float *const scores = search (stage, matcher, recent);
  float spread = 0.f;

  sst_matcher_search (expected, stage->sample, recent);
  for (int i = 0; i < SST_NETWORK_CELLS; i++) {
    ck_assert_float_eq_tol (scores[i], sst_matcher_scores (expected)[i],
        tolerance);
    spread = fmaxf (spread, fabsf (scores[i] - scores[0]));
  }
  ck_assert_float_gt (spread, 100.f * tolerance);
}

static gboolean
same_scores (Stage * stage, SstMatcher * a, SstMatcher * b, float recent)
{
  search (stage, a, recent);
  sst_matcher_search (b, stage->sample, recent);
  return memcmp (stage->scores, sst_matcher_scores (b),
      sizeof stage->scores) == 0;
}

/* After the change the memory is what a matcher of the new model has that saw
 * the first appearance and the last one; until then, the old one. */
START_TEST (memories_are_made_anew_after_a_change)
{
  const gboolean learned = _i != 0;
  SstModel *old = make_model (1), *new = make_model (2);
  SstMatcher *matcher = sst_matcher_new (old, NULL);
  SstMatcher *before = sst_matcher_new (old, NULL);
  SstMatcher *after = sst_matcher_new (new, NULL);
  Stage *stage = stage_new ();

  start (stage, matcher);
  start (stage, before);
  start (stage, after);
  if (learned) {
    learn (stage, matcher, 80.f, 0.3f);
    learn (stage, before, 80.f, 0.3f);
    learn (stage, matcher, 64.f, 0.3f);
    learn (stage, before, 64.f, 0.3f);
    learn (stage, after, 64.f, 1.f);
  }
  ck_assert (!sst_matcher_is_changing (matcher));
  sst_matcher_set_model (matcher, new);
  ck_assert (same_scores (stage, matcher, before, 0.4f));
  ck_assert (sst_matcher_is_changing (matcher));
  sst_matcher_change (matcher);
  if (learned) {
    ck_assert (sst_matcher_is_changing (matcher));
    ck_assert (same_scores (stage, matcher, before, 0.4f));
    sst_matcher_change (matcher);
  }
  ck_assert (!sst_matcher_is_changing (matcher));
  ck_assert_ptr_eq (sst_matcher_model (matcher), new);
  ck_assert (!same_scores (stage, matcher, before, 0.4f));
  ck_assert (same_scores (stage, matcher, after, 0.f));
  assert_scores (stage, matcher, after, 0.4f, 1e-5f);
  assert_scores (stage, matcher, after, 1.f, 1e-5f);

  /* There is nothing left to do. */
  sst_matcher_change (matcher);
  ck_assert (same_scores (stage, matcher, after, 0.f));

  /* A new target knows nothing of the old model, nor of the old target. */
  sst_matcher_set_model (matcher, old);
  start (stage, matcher);
  start (stage, before);
  ck_assert (!sst_matcher_is_changing (matcher));
  ck_assert (same_scores (stage, matcher, before, 0.4f));
  sst_matcher_set_model (matcher, new);
  sst_matcher_change (matcher);
  ck_assert (!sst_matcher_is_changing (matcher));
  start (stage, after);
  ck_assert (same_scores (stage, matcher, after, 0.4f));

  stage_free (stage);
  sst_matcher_free (&after);
  sst_matcher_free (&before);
  sst_matcher_free (&matcher);
  sst_model_unref (new);
  sst_model_unref (old);
}
END_TEST

/* A newer model overtakes one that was on its way; the way back is open. */
START_TEST (a_newer_model_overtakes)
{
  SstModel *old = make_model (1), *new = make_model (2);
  SstModel *newer = make_model (3);
  SstMatcher *matcher = sst_matcher_new (old, NULL);
  SstMatcher *expected = sst_matcher_new (newer, NULL);
  Stage *stage = stage_new ();

  start (stage, matcher);
  learn (stage, matcher, 80.f, 0.3f);
  start (stage, expected);
  sst_matcher_set_model (matcher, new);
  sst_matcher_change (matcher);
  sst_model_unref (new);
  sst_matcher_set_model (matcher, newer);
  sst_matcher_change (matcher);
  ck_assert (sst_matcher_is_changing (matcher));
  sst_matcher_change (matcher);
  ck_assert (!sst_matcher_is_changing (matcher));
  ck_assert (same_scores (stage, matcher, expected, 0.f));

  sst_matcher_set_model (matcher, old);
  sst_matcher_change (matcher);
  sst_matcher_set_model (matcher, newer);       /* after all */
  ck_assert (!sst_matcher_is_changing (matcher));
  ck_assert (same_scores (stage, matcher, expected, 0.f));

  stage_free (stage);
  sst_matcher_free (&expected);
  sst_matcher_free (&matcher);
  sst_model_unref (newer);
  sst_model_unref (old);
}
END_TEST

/* --- targets ------------------------------------------------------------ */

typedef struct
{
  SstTargets *targets;
  Scene *scene;
  int t;
} Feed;

static Feed
feed_new (SstModel * model, guint n_threads)
{
  SstTargetsParams params = SST_TARGETS_PARAMS_DEFAULT;
  Feed feed = { .scene = make_scene () };

  params.tracker.model = model;
  params.n_threads = n_threads;
  params.lost_timeout = G_MAXUINT64;
  feed.targets = sst_targets_new (&params);
  scene_render (feed.scene, 0);
  for (int i = 0; i < N_TARGETS; i++) {
    const SstBox box = scene_truth (feed.scene, i).box;

    sst_targets_add (feed.targets, 0, &box, NULL, SST_ORIGIN_USER);
  }
  return feed;
}

static void
feed_free (Feed * feed)
{
  sst_targets_free (&feed->targets);
  scene_free (&feed->scene);
}

static void
run (Feed * feed, int n)
{
  for (int i = 0; i < n; i++) {
    const SstFrame frame = scene_render (feed->scene, feed->t);

    sst_targets_process (feed->targets, &frame, feed->t * PERIOD, NULL, 0);
    feed->t++;
  }
}

static gboolean
same_targets (const Feed * a, const Feed * b)
{
  guint n, m;
  const SstTarget *const x = sst_targets_get (a->targets, &n);
  const SstTarget *const y = sst_targets_get (b->targets, &m);

  ck_assert_uint_eq (n, m);
  ck_assert_uint_gt (n, 0);
  for (guint i = 0; i < n; i++)
    if (x[i].now.state != y[i].now.state
        || x[i].now.confidence != y[i].now.confidence
        || memcmp (&x[i].now.box, &y[i].now.box, sizeof (SstBox)) != 0)
      return FALSE;
  return TRUE;
}

/* The same weights, in another object: the results are the same to the bit, and
 * the old object goes. Others: the results differ. */
START_TEST (the_same_weights_change_no_bit)
{
  SstModel *model = make_model (1), *again = make_model (1);
  SstModel *another = make_model (2);
  Feed plain = feed_new (model, 1), same = feed_new (model, 1);
  Feed changed = feed_new (model, 1), threads = feed_new (model, 3);
  gboolean differs = FALSE;

  sst_model_unref (model);      /* the sets hold it */
  run (&plain, 8);
  run (&same, 8);
  run (&changed, 8);
  run (&threads, 8);
  ck_assert (sst_targets_set_model (same.targets, again, NULL));
  ck_assert (sst_targets_set_model (changed.targets, another, NULL));
  ck_assert (sst_targets_set_model (threads.targets, another, NULL));
  sst_model_unref (again);
  sst_model_unref (another);
  for (int i = 0; i < 12; i++) {
    run (&plain, 1);
    run (&same, 1);
    run (&changed, 1);
    run (&threads, 1);
    ck_assert (same_targets (&plain, &same));
    ck_assert (same_targets (&changed, &threads));
    differs = differs || !same_targets (&plain, &changed);
  }
  ck_assert (differs);
  feed_free (&threads);
  feed_free (&changed);
  feed_free (&same);
  feed_free (&plain);
}
END_TEST

/* One target a frame, each in its turn, also where models come faster than all
 * of them can follow. */
START_TEST (targets_change_one_a_frame)
{
  SstModel *models[2] = { make_model (1), make_model (2) };
  Feed feed = feed_new (models[0], 1);
  guint left = N_TARGETS, n_frames = 0;
  const SstTarget *targets;
  guint n;

  run (&feed, 8);
  ck_assert_uint_eq (sst_targets_n_changing_model (feed.targets), 0);
  ck_assert (sst_targets_set_model (feed.targets, models[1], NULL));
  ck_assert_uint_eq (sst_targets_n_changing_model (feed.targets), left);
  while (left > 0) {
    const guint before = left;

    run (&feed, 1);
    left = sst_targets_n_changing_model (feed.targets);
    ck_assert_uint_le (before - left, 1);
    ck_assert_uint_le (++n_frames, 2 * N_TARGETS);
  }

  /* Without a picture too. */
  ck_assert (sst_targets_set_model (feed.targets, models[0], NULL));
  for (int i = 0; i < 2 * N_TARGETS; i++)
    sst_targets_process (feed.targets, NULL, feed.t * PERIOD, NULL, 0);
  ck_assert_uint_eq (sst_targets_n_changing_model (feed.targets), 0);

  /* Three models for every two targets that can change. */
  for (int i = 0; i < 12; i++) {
    SstModel *model = make_model (10 + i);

    ck_assert (sst_targets_set_model (feed.targets, model, NULL));
    sst_model_unref (model);
    run (&feed, 4);
  }
  run (&feed, 2 * N_TARGETS);
  ck_assert_uint_eq (sst_targets_n_changing_model (feed.targets), 0);

  /* One that ends while it waits, and one that starts, which waits for
   * nothing. */
  ck_assert (sst_targets_set_model (feed.targets, models[1], NULL));
  targets = sst_targets_get (feed.targets, &n);
  sst_targets_remove (feed.targets, targets[n - 1].id);
  run (&feed, 1);
  ck_assert_uint_le (sst_targets_n_changing_model (feed.targets),
      N_TARGETS - 1);
  sst_targets_add (feed.targets, 0, &(SstBox) { 220.f, 64.f, 40.f, 32.f }, NULL,
      SST_ORIGIN_USER);
  run (&feed, 1);
  ck_assert_uint_le (sst_targets_n_changing_model (feed.targets),
      N_TARGETS - 1);
  run (&feed, 2 * (N_TARGETS - 1));
  ck_assert_uint_eq (sst_targets_n_changing_model (feed.targets), 0);

  feed_free (&feed);
  sst_model_unref (models[1]);
  sst_model_unref (models[0]);
}
END_TEST

/* A target that starts after the change is that of a set which always had the
 * new model, whether its tracker is new or was used before. */
START_TEST (later_targets_start_with_the_new_model)
{
  SstModel *old = make_model (1), *new = make_model (2);
  Feed fresh = feed_new (new, 1), changed = feed_new (old, 1);

  run (&changed, 3);
  if (_i == 0)
    sst_targets_remove_all (changed.targets, -1);
  ck_assert (sst_targets_set_model (changed.targets, new, NULL));
  sst_targets_remove_all (changed.targets, -1);
  run (&changed, 2);
  changed.t = 0;
  sst_targets_clear (changed.targets);
  scene_render (changed.scene, 0);
  for (int i = 0; i < N_TARGETS; i++) {
    const SstBox box = scene_truth (changed.scene, i).box;

    sst_targets_add (changed.targets, 0, &box, NULL, SST_ORIGIN_USER);
  }
  for (int i = 0; i < 6; i++) {
    run (&fresh, 1);
    run (&changed, 1);
    ck_assert_uint_eq (sst_targets_n_changing_model (changed.targets), 0);
    ck_assert (same_targets (&fresh, &changed));
  }
  feed_free (&changed);
  feed_free (&fresh);
  sst_model_unref (new);
  sst_model_unref (old);
}
END_TEST

/* How far the boxes of two sets are apart, at most, in pixels. */
static float
apart (const Feed * a, const Feed * b)
{
  guint n, m;
  const SstTarget *const x = sst_targets_get (a->targets, &n);
  const SstTarget *const y = sst_targets_get (b->targets, &m);
  float most = 0.f;

  ck_assert_uint_eq (n, m);
  for (guint i = 0; i < n; i++) {
    const SstBox *const p = &x[i].now.box, *const q = &y[i].now.box;

    most = fmaxf (most, fmaxf (fmaxf (fabsf (p->x - q->x),
                fabsf (p->y - q->y)), fmaxf (fabsf (p->width - q->width),
                fabsf (p->height - q->height))));
  }
  return most;
}

/* With a tone that gives pictures of half the contrast their contrast back,
 * targets go where they go in the pictures themselves; also after a change to
 * another tone, since each keeps its own. A new one takes the new tone. */
START_TEST (each_target_keeps_its_tone)
{
  SstTone tone = SST_TONE_NEUTRAL, wrong = SST_TONE_NEUTRAL;
  SstModel *plain_model = make_model (1), *toned, *other_tone;
  Feed plain, pale;
  SstBox box;

  tone.luma_gain = tone.chroma_gain[0] = tone.chroma_gain[1] = 2.f;
  tone.luma_offset = -112.f * 255.f / 219.f;
  wrong.luma_gain = 0.0625f;
  toned = sst_model_new_with_tone (plain_model, &tone);
  other_tone = sst_model_new_with_tone (plain_model, &wrong);
  plain = feed_new (plain_model, 1);
  pale = feed_new (toned, 1);
  pale.scene->look.gain = -0.5f;
  for (int i = 0; i < 12; i++) {
    if (i == 6)
      ck_assert (sst_targets_set_model (pale.targets, other_tone, NULL));
    run (&plain, 1);
    run (&pale, 1);
    ck_assert_msg (apart (&plain, &pale) < 1.f, "%d: %g", i,
        (double) apart (&plain, &pale));
  }

  /* from here on as dark as the new tone makes them */
  box = scene_truth (pale.scene, 1).box;
  sst_targets_remove_all (pale.targets, -1);
  sst_targets_remove_all (plain.targets, -1);
  run (&plain, 1);
  run (&pale, 1);
  sst_targets_add (pale.targets, 0, &box, NULL, SST_ORIGIN_USER);
  sst_targets_add (plain.targets, 0, &box, NULL, SST_ORIGIN_USER);
  run (&plain, 8);
  run (&pale, 8);
  ck_assert (!same_targets (&plain, &pale));
  feed_free (&pale);
  feed_free (&plain);
  sst_model_unref (other_tone);
  sst_model_unref (toned);
  sst_model_unref (plain_model);
}
END_TEST

/* A tone with noise: targets that started without it go on as if there were
 * none (but for the camera's motion); those that start later see another
 * picture, the same with any number of threads. */
START_TEST (each_target_keeps_its_noise)
{
  SstTone tone = SST_TONE_NEUTRAL;
  SstModel *plain_model = make_model (1), *denoising;
  Feed plain = feed_new (plain_model, 1), feed = feed_new (plain_model, 1);
  Feed threads = feed_new (plain_model, 3);
  Feed *const all[] = { &plain, &feed, &threads };
  gboolean differs = FALSE;

  tone.noise = 2.f;
  denoising = sst_model_new_with_tone (plain_model, &tone);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++) {
    all[i]->scene->look.noise = 12.f;
    run (all[i], 3);
    if (i > 0)
      ck_assert (sst_targets_set_model (all[i]->targets, denoising, NULL));
  }
  for (int t = 0; t < 10; t++) {
    for (guint i = 0; i < G_N_ELEMENTS (all); i++)
      run (all[i], 1);
    ck_assert (apart (&plain, &feed) < 1.f);
    ck_assert (same_targets (&feed, &threads));
  }
  for (guint i = 0; i < G_N_ELEMENTS (all); i++) {
    const SstBox box = scene_truth (all[i]->scene, 1).box;

    sst_targets_remove_all (all[i]->targets, -1);
    run (all[i], 1);
    sst_targets_add (all[i]->targets, 0, &box, NULL, SST_ORIGIN_USER);
  }
  for (int t = 0; t < 8; t++) {
    for (guint i = 0; i < G_N_ELEMENTS (all); i++)
      run (all[i], 1);
    differs = differs || !same_targets (&plain, &feed);
    ck_assert (same_targets (&feed, &threads));
  }
  ck_assert (differs);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    feed_free (all[i]);
  sst_model_unref (denoising);
  sst_model_unref (plain_model);
}
END_TEST

/* Before the first target any model will do, and targets start with it. */
START_TEST (any_model_will_do_before_the_first_target)
{
  SstModel *model = make_model (1);
  SstModel *foreign = sst_model_new_random (&other, 1, NULL);
  SstTargetsParams params = SST_TARGETS_PARAMS_DEFAULT;
  SstTargets *targets;
  Scene *scene = scene_new (320, 240, 3);
  SstFrame frame = scene_render (scene, 0);

  params.tracker.model = model;
  targets = sst_targets_new (&params);
  sst_targets_process (targets, &frame, 0, NULL, 0);
  ck_assert (sst_targets_set_model (targets, foreign, NULL));
  sst_targets_add (targets, 0, &(SstBox) { 60.f, 60.f, 30.f, 30.f }, NULL,
      SST_ORIGIN_USER);
  for (int i = 1; i < 4; i++)
    sst_targets_process (targets, &frame, i * SST_SECOND / 25, NULL, 0);
  ck_assert (!sst_targets_set_model (targets, model, NULL));
  sst_targets_free (&targets);
  scene_free (&scene);
  sst_model_unref (model);
  sst_model_unref (foreign);
}
END_TEST

/* Another architecture is refused by name and changes nothing. Without a model
 * there is nothing to change, but later targets get one. */
START_TEST (another_architecture_is_refused)
{
  SstModel *model = make_model (1), *again = make_model (1);
  SstModel *foreign = sst_model_new_random (&other, 1, NULL);
  Feed plain = feed_new (model, 1), feed = feed_new (model, 1);
  Feed none = feed_new (NULL, 1), none_plain = feed_new (NULL, 1);
  SstTrackerParams params = SST_TRACKER_PARAMS_DEFAULT;
  SstTracker *tracker;
  GError *error = NULL;

  run (&plain, 4);
  run (&feed, 4);
  ck_assert (!sst_targets_set_model (feed.targets, foreign, &error));
  ck_assert (g_error_matches (error, SST_TRACKER_ERROR,
          SST_TRACKER_ERROR_MODEL));
  ck_assert_ptr_nonnull (strstr (error->message,
          sst_weights_get_architecture (sst_model_weights (model))));
  ck_assert_ptr_nonnull (strstr (error->message,
          sst_weights_get_architecture (sst_model_weights (foreign))));
  g_clear_error (&error);
  ck_assert_uint_eq (sst_targets_n_changing_model (feed.targets), 0);
  run (&plain, 4);
  run (&feed, 4);
  ck_assert (same_targets (&plain, &feed));

  run (&none, 4);
  run (&none_plain, 4);
  ck_assert (sst_targets_set_model (none.targets, model, &error));
  ck_assert_uint_eq (sst_targets_n_changing_model (none.targets), 0);
  run (&none, 4);
  run (&none_plain, 4);
  ck_assert (same_targets (&none, &none_plain));
  ck_assert (!sst_targets_set_model (none.targets, foreign, NULL));
  sst_targets_add (none.targets, 0, &(SstBox) { 60.f, 60.f, 30.f, 30.f }, NULL,
      SST_ORIGIN_USER);
  run (&none, 1);
  ck_assert (sst_targets_set_model (none.targets, again, NULL));
  ck_assert_uint_eq (sst_targets_n_changing_model (none.targets), 0);

  /* No model for later targets; those that run keep theirs. */
  ck_assert (sst_targets_set_model (feed.targets, NULL, NULL));
  run (&plain, 4);
  run (&feed, 4);
  ck_assert (same_targets (&plain, &feed));
  ck_assert (sst_targets_set_model (feed.targets, foreign, NULL));
  run (&plain, 4);
  run (&feed, 4);
  ck_assert (same_targets (&plain, &feed));

  tracker = sst_tracker_new (&params);
  ck_assert (!sst_tracker_set_model (tracker, model, &error));
  ck_assert_ptr_nonnull (strstr (error->message, "none"));
  g_clear_error (&error);
  ck_assert (sst_tracker_set_model (tracker, NULL, NULL));
  sst_tracker_change_model (tracker);
  ck_assert (!sst_tracker_is_changing_model (tracker));
  sst_tracker_free (&tracker);

  feed_free (&none_plain);
  feed_free (&none);
  feed_free (&feed);
  feed_free (&plain);
  sst_model_unref (foreign);
  sst_model_unref (again);
  sst_model_unref (model);
}
END_TEST

/* There is one way to change the model. */
START_TEST (settings_keep_the_model)
{
  SstModel *model = make_model (1);
  SstModel *foreign = sst_model_new_random (&other, 1, NULL);
  SstTargetsParams params = SST_TARGETS_PARAMS_DEFAULT;
  Feed feed = feed_new (model, 1);

  run (&feed, 2);
  params.tracker.model = foreign;
  sst_targets_set_params (feed.targets, &params);
  ck_assert (!sst_targets_set_model (feed.targets, foreign, NULL));
  run (&feed, 2);
  params.tracker.model = NULL;
  sst_targets_set_params (feed.targets, &params);
  ck_assert (!sst_targets_set_model (feed.targets, foreign, NULL));
  feed_free (&feed);
  sst_model_unref (foreign);
  sst_model_unref (model);
}
END_TEST

/* Prints what a step costs with the network that is in use. */
START_TEST (the_cost_of_a_change_is_printed)
{
  const int n = 40;
  SstModel *models[2];
  SstMatcher *matcher;
  Stage *stage = stage_new ();
  gint64 began, steps;

  for (int i = 0; i < 2; i++)
    models[i] = sst_model_new_random (&SST_NETWORK_CONFIG_DEFAULT, i, NULL);
  matcher = sst_matcher_new (models[0], NULL);
  start (stage, matcher);
  learn (stage, matcher, 64.f, 0.3f);
  began = g_get_monotonic_time ();
  for (int i = 0; i < n; i++) {
    sst_matcher_set_model (matcher, models[(i + 1) % 2]);
    sst_matcher_change (matcher);
    sst_matcher_change (matcher);
    ck_assert (!sst_matcher_is_changing (matcher));
  }
  steps = g_get_monotonic_time () - began;
  began = g_get_monotonic_time ();
  for (int i = 0; i < n; i++)
    sst_matcher_search (matcher, stage->sample, 0.4f);
  printf ("a step of a change: %.3f ms; a search: %.3f ms\n",
      steps / 2e3 / n, (g_get_monotonic_time () - began) / 1e3 / n);
  sst_matcher_free (&matcher);
  sst_model_unref (models[0]);
  sst_model_unref (models[1]);
  stage_free (stage);
}
END_TEST

static Suite *
model_change_suite (void)
{
  Suite *suite = suite_create ("model_change");
  TCase *tcase = tcase_create ("model_change");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, memories_are_made_anew_after_a_change, 0, 2);
  tcase_add_test (tcase, a_newer_model_overtakes);
  tcase_add_test (tcase, the_same_weights_change_no_bit);
  tcase_add_test (tcase, targets_change_one_a_frame);
  tcase_add_loop_test (tcase, later_targets_start_with_the_new_model, 0, 2);
  tcase_add_test (tcase, each_target_keeps_its_tone);
  tcase_add_test (tcase, each_target_keeps_its_noise);
  tcase_add_test (tcase, any_model_will_do_before_the_first_target);
  tcase_add_test (tcase, another_architecture_is_refused);
  tcase_add_test (tcase, settings_keep_the_model);
  tcase_add_test (tcase, the_cost_of_a_change_is_printed);

  return suite;
}

SUITE_MAIN (model_change)
