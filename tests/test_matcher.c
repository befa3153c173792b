/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "scene.h"
#include "suite.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sstrack/tracker.h>

#include "fit/forward.h"
#include "footage/verify.h"
#include "track/matcher.h"

static const SstNetworkConfig tiny = { {4, 6, 8}, 1, 5, 7, 6 };

/* --- a network made by hand --------------------------------------------- */

static float *
find (const SstNetwork * network, float *parameters, const char *name)
{
  int n_specs;
  const SstTensorSpec *const specs = sst_network_specs (network, &n_specs);

  for (int i = 0; i < n_specs; i++) {
    if (g_str_equal (specs[i].name, name))
      return parameters;
    parameters += sst_tensor_spec_size (&specs[i]);
  }
  ck_abort_msg ("no %s", name);
  return NULL;
}

/* Random features, compared cell by cell: the score of a cell is how alike the
 * nine cells in the middle of the template and those around it are. Its box has
 * 48 pixels a side, as a square target has. */
static SstModel *
make_model (void)
{
  static const SstNetworkConfig config = { {8, 16, 32}, 0, 1, 1, 1 };
  SstNetwork *network = sst_network_new (&config, NULL);
  SstRandom random = sst_random_init (1, 1);
  float *parameters = g_new (float, sst_network_n_parameters (network));
  float *neck, *head, *out;
  SstModel *model;

  sst_network_init_parameters (network, &random, parameters);
  neck = find (network, parameters, "neck.weight");
  for (int i = 0; i < 32 * 32; i++)     /* what all channels share goes */
    neck[i] = (i / 32 == i % 32) - 1.f / 32.f;
  head = find (network, parameters, "head0.weight");
  memset (head, 0, 65 * 9 * sizeof (float));
  for (int k = 0; k < 9; k++)
    head[(8 * (3 + k / 3) + 3 + k % 3) * 9 + k] = 1.f;
  head = find (network, parameters, "head1.weight");
  memset (head, 0, 9 * sizeof (float));
  head[4] = 1.f;
  out = find (network, parameters, "out.weight");
  memset (out, 0, SST_NETWORK_OUTPUTS * sizeof (float));
  out[0] = 1.f;
  model = sst_model_new (&config, parameters, NULL, NULL, NULL);
  ck_assert_ptr_nonnull (model);
  g_free (parameters);
  sst_network_free (&network);
  return model;
}

static void
check_finite (const SstMatcher * matcher)
{
  const float *const scores = sst_matcher_scores (matcher);

  for (int i = 0; i < SST_NETWORK_CELLS; i++) {
    float quality;
    const SstBox box = sst_matcher_box (matcher, i % SST_NETWORK_GRID,
        i / SST_NETWORK_GRID, &quality);

    ck_assert (scores[i] >= 0.f && scores[i] <= 1.f);
    ck_assert (quality >= 0.f && quality <= 1.f);
    ck_assert (isfinite (box.x) && isfinite (box.y) && box.width > 0.f
        && box.height > 0.f && box.width < 1e4f && box.height < 1e4f);
  }
}

/* --- matcher ------------------------------------------------------------ */

/* Finds the target anywhere in the region, by either memory. */
START_TEST (a_target_is_found_anywhere_in_the_region)
{
  SstModel *model = make_model ();
  SstMatcher *matcher = sst_matcher_new (model, NULL);
  SstSampler *sampler = sst_sampler_new ();
  float *sample = g_new (float, 3 * SST_SEARCH_SIDE * SST_SEARCH_SIDE);
  Scene *scene = scene_new (320, 240, 6);
  SstFrame frame;

  scene_add_sprite (scene, &(SceneSprite) {
        .x = 160, .y = 120, .width = 40, .height = 40, .seed = 9 });
  frame = scene_render (scene, 0);
  sst_model_unref (model);      /* it has a reference of its own */
  sst_matcher_start (matcher, sampler, &frame,
      &(SstBox) { 140.f, 100.f, 40.f, 40.f }, 80.f);
  for (int k = 0; k < 8; k++) {
    const float x = 160.f + 40.f * cosf (k), y = 120.f + 40.f * sinf (k);
    const SstBox region = sst_box_from_center (x, y, 160.f, 160.f);
    const SstBox target = sst_box_from_center (96.f + (160.f - x) * 1.2f,
        96.f + (120.f - y) * 1.2f, 48.f, 48.f);
    const float *scores;
    float quality;
    SstBox box;
    int best = 0;

    sst_sampler_sample (sampler, &frame, &region, SST_SAMPLE_YCC,
        SST_SEARCH_SIDE, SST_SEARCH_SIDE, sample);
    sst_matcher_search (matcher, sample, k % 2 ? 1.f : 0.f);
    check_finite (matcher);
    scores = sst_matcher_scores (matcher);
    for (int i = 1; i < SST_NETWORK_CELLS; i++)
      best = scores[i] > scores[best] ? i : best;
    box = sst_matcher_box (matcher, best % SST_NETWORK_GRID,
        best / SST_NETWORK_GRID, &quality);
    ck_assert_msg (sst_box_iou (&box, &target) > 0.5f, "%d: at %g, %g, not "
        "%g, %g", k, sst_box_center_x (&box), sst_box_center_y (&box),
        sst_box_center_x (&target), sst_box_center_y (&target));
  }
  scene_free (&scene);
  g_free (sample);
  sst_sampler_free (&sampler);
  sst_matcher_free (&matcher);
  ck_assert_ptr_null (matcher);
  sst_matcher_free (&matcher);
}
END_TEST

/* A matcher of small random weights, and a search region of plain ground. */
typedef struct
{
  SstModel *model;
  SstMatcher *matcher;
  SstSampler *sampler;
  Scene *scene;
  SstFrame frame;
  float *sample;
} Ground;

static void
ground_setup (Ground * ground)
{
  const SstBox region = { 60.f, 20.f, 160.f, 160.f };

  ground->model = sst_model_new_random (&tiny, 1, NULL);
  ground->matcher = sst_matcher_new (ground->model, NULL);
  ground->sampler = sst_sampler_new ();
  ground->scene = scene_new (320, 240, 4);
  ground->frame = scene_render (ground->scene, 0);
  ground->sample = g_new (float, SST_SEARCH_SIZE);
  sst_sampler_sample (ground->sampler, &ground->frame, &region,
      SST_SAMPLE_YCC, SST_SEARCH_SIDE, SST_SEARCH_SIDE, ground->sample);
}

static void
ground_teardown (Ground * ground)
{
  scene_free (&ground->scene);
  g_free (ground->sample);
  sst_sampler_free (&ground->sampler);
  sst_matcher_free (&ground->matcher);
  sst_model_unref (ground->model);
}

/* The first appearance is for ever; the recent one goes with what is
 * learned. */
START_TEST (first_looks_stay_and_recent_ones_go)
{
  Ground g;
  const size_t size = SST_NETWORK_CELLS * sizeof (float);
  float first[SST_NETWORK_CELLS], other[SST_NETWORK_CELLS];

  ground_setup (&g);
  sst_matcher_start (g.matcher, g.sampler, &g.frame,
      &(SstBox) { 240.f, 50.f, 20.f, 20.f }, 40.f);
  sst_matcher_search (g.matcher, g.sample, 0.f);
  memcpy (other, sst_matcher_scores (g.matcher), size);
  sst_matcher_start (g.matcher, g.sampler, &g.frame,
      &(SstBox) { 140.f, 100.f, 40.f, 40.f }, 80.f);
  sst_matcher_search (g.matcher, g.sample, 0.f);
  memcpy (first, sst_matcher_scores (g.matcher), size);
  ck_assert_mem_ne (first, other, size);

  sst_matcher_learn (g.matcher, g.sampler, &g.frame,
      &(SstBox) { 240.f, 50.f, 20.f, 20.f }, 40.f, 0.f);
  sst_matcher_search (g.matcher, g.sample, 1.f);
  for (int i = 0; i < SST_NETWORK_CELLS; i++)
    ck_assert_float_eq_tol (sst_matcher_scores (g.matcher)[i], first[i], 1e-3f);
  sst_matcher_learn (g.matcher, g.sampler, &g.frame,
      &(SstBox) { 240.f, 50.f, 20.f, 20.f }, 40.f, 1.f);
  sst_matcher_search (g.matcher, g.sample, 1.f);
  for (int i = 0; i < SST_NETWORK_CELLS; i++)
    ck_assert_float_eq_tol (sst_matcher_scores (g.matcher)[i], other[i], 1e-3f);
  sst_matcher_search (g.matcher, g.sample, 0.f);
  ck_assert_mem_eq (sst_matcher_scores (g.matcher), first, size);
  ground_teardown (&g);
}
END_TEST

/* A close look says of the cells that see nothing beyond its part what the
 * whole look says, of those outside nothing, and wherever it is asked for it
 * stays in the region. */
START_TEST (a_close_look_agrees_with_the_whole)
{
  static const float places[][2] = {
    {96.f, 96.f}, {64.f, 128.f}, {77.f, 100.f}, {-1e3f, 1e3f}, {191.f, 0.f}
  };
  Ground g;
  /* the stem, the blocks and the head see a cell further each, or two */
  const int margin = 1 + 2 * tiny.blocks + 2;
  float whole[SST_NETWORK_CELLS];
  SstBox boxes[SST_NETWORK_CELLS];

  ground_setup (&g);
  sst_matcher_start (g.matcher, g.sampler, &g.frame,
      &(SstBox) { 140.f, 100.f, 40.f, 40.f }, 80.f);
  sst_matcher_search (g.matcher, g.sample, 0.f);
  memcpy (whole, sst_matcher_scores (g.matcher), sizeof whole);
  for (int i = 0; i < SST_NETWORK_CELLS; i++) {
    float quality;

    boxes[i] = sst_matcher_box (g.matcher, i % SST_NETWORK_GRID,
        i / SST_NETWORK_GRID, &quality);
  }
  for (guint k = 0; k < G_N_ELEMENTS (places); k++) {
    const float *const scores = sst_matcher_scores (g.matcher);
    const int room = SST_NETWORK_GRID - SST_CLOSE_GRID;
    int left = (int) lrintf (places[k][0] / SST_NETWORK_STRIDE);
    int top = (int) lrintf (places[k][1] / SST_NETWORK_STRIDE);
    int n_same = 0;

    left = CLAMP (left - SST_CLOSE_GRID / 2, 0, room);
    top = CLAMP (top - SST_CLOSE_GRID / 2, 0, room);
    sst_matcher_search_close (g.matcher, g.sample, 0.f, places[k][0],
        places[k][1]);
    check_finite (g.matcher);
    for (int i = 0; i < SST_NETWORK_CELLS; i++) {
      const int x = i % SST_NETWORK_GRID - left;
      const int y = i / SST_NETWORK_GRID - top;
      const gboolean inside = x >= 0 && y >= 0 && x < SST_CLOSE_GRID
          && y < SST_CLOSE_GRID;

      ck_assert_int_eq (inside, scores[i] > 0.f);
      if (x >= margin && y >= margin && x < SST_CLOSE_GRID - margin
          && y < SST_CLOSE_GRID - margin) {
        float quality;
        const SstBox box = sst_matcher_box (g.matcher, x + left, y + top,
            &quality);

        ck_assert_float_eq_tol (scores[i], whole[i], 1e-4f);
        ck_assert_float_gt (sst_box_iou (&box, &boxes[i]), 0.999f);
        n_same++;
      }
    }
    ck_assert_int_gt (n_same, 0);
  }
  ground_teardown (&g);
}
END_TEST

/* With a coarser stage it begins where that has a cell begin. */
START_TEST (a_close_look_begins_at_a_coarse_cell)
{
  SstNetworkConfig coarse = tiny;
  SstModel *model;
  Ground g;

  coarse.channels16 = 16;
  coarse.blocks16 = 1;
  model = sst_model_new_random (&coarse, 1, NULL);
  ck_assert_ptr_nonnull (model);
  ground_setup (&g);
  sst_matcher_free (&g.matcher);
  g.matcher = sst_matcher_new (model, NULL);
  sst_matcher_start (g.matcher, g.sampler, &g.frame,
      &(SstBox) { 140.f, 100.f, 40.f, 40.f }, 80.f);
  for (float x = 0.f; x < SST_SEARCH_SIDE; x += 7.f) {
    const float *const scores = sst_matcher_scores (g.matcher);
    int first = 0, n = 0;

    sst_matcher_search_close (g.matcher, g.sample, 0.f, x, x);
    while (scores[first] <= 0.f)
      first++;
    for (int i = 0; i < SST_NETWORK_CELLS; i++)
      n += scores[i] > 0.f;
    ck_assert_int_eq (n, SST_CLOSE_GRID * SST_CLOSE_GRID);
    ck_assert_int_eq (first % SST_NETWORK_GRID % 2, 0);
    ck_assert_int_eq (first / SST_NETWORK_GRID % 2, 0);
  }
  ground_teardown (&g);
  sst_model_unref (model);
}
END_TEST

/* A file may hold any finite number, and be no good at all. */
static SstModel *
make_bad_model (float size)
{
  SstModel *random = sst_model_new_random (&tiny, 1, NULL), *model;
  const size_t n = sst_network_n_parameters (sst_model_network (random));
  float *parameters = g_new (float, n);

  sst_model_get_parameters (random, parameters);
  for (size_t i = 0; i < n; i++)
    parameters[i] *= size;
  model = sst_model_new (&tiny, parameters, NULL, NULL, NULL);
  ck_assert_ptr_nonnull (model);
  sst_model_unref (random);
  g_free (parameters);
  return model;
}

/* A tracker with any model follows something in pictures and boxes of any size,
 * and what it says is always finite. */
START_TEST (any_model_gives_finite_boxes)
{
  static const float bad[] = { 1.f, 0.f, 1e6f, 1e20f, 1e37f };
  static const struct
  {
    int width, height;
    SstBox box;
  } cases[] = {
    {160, 120, {60.f, 40.f, 30.f, 30.f}},
    {31, 47, {3.f, 2.f, 25.f, 40.f}},
    {4, 4, {0.f, 0.f, 4.f, 4.f}},
    {320, 8, {100.f, 1.f, 90.f, 3.f}},
    {200, 160, {-20.f, 130.f, 40.f, 40.f}},
  };
  SstModel *model = make_bad_model (bad[_i]);

  for (guint k = 0; k < G_N_ELEMENTS (cases); k++) {
    SstTrackerParams params = SST_TRACKER_PARAMS_DEFAULT;
    SstTracker *tracker;
    Scene *scene = scene_new (cases[k].width, cases[k].height, k);

    params.model = model;
    tracker = sst_tracker_new (&params);
    for (int t = 0; t < 6; t++) {
      SstTrackerResult result;
      SstFrame frame;

      scene->camera.x = 3.f * t;
      frame = scene_render (scene, t);
      if (t == 0) {
        ck_assert (sst_tracker_start (tracker, &frame, &cases[k].box, 0,
                NULL));
        continue;
      }
      sst_tracker_update (tracker, &frame, t * SST_SECOND / 30, NULL, &result);
      ck_assert (isfinite (result.box.x) && isfinite (result.box.y)
          && isfinite (result.vx) && isfinite (result.vy));
      ck_assert (result.box.width > 0.f && result.box.height > 0.f
          && result.box.width < 1e5f && result.box.height < 1e5f);
      ck_assert (result.confidence >= 0.f && result.confidence <= 1.f);
    }
    sst_tracker_free (&tracker);
    scene_free (&scene);
  }
  sst_model_unref (model);
}
END_TEST

/* Follows a sprite for some frames; returns the last confidence, and the
 * boxes. */
static float
follow (SstTracker * tracker, int seed, int n, SstBox * boxes)
{
  Scene *scene = scene_new (320, 240, seed);
  SstTrackerResult result = { 0 };
  int id;

  scene->look.noise = 2;
  id = scene_add_sprite (scene, &(SceneSprite) {
        .x = 120, .y = 100, .width = 50, .height = 40, .seed = seed,
        .vx = 2.f });
  for (int t = 0; t < n; t++) {
    const SstFrame frame = scene_render (scene, t);
    const SstBox box = scene_truth (scene, id).box;

    if (t == 0) {
      ck_assert (sst_tracker_start (tracker, &frame, &box, 0, NULL));
      continue;
    }
    sst_tracker_update (tracker, &frame, t * SST_SECOND / 30, NULL, &result);
    boxes[t] = result.box;
  }
  scene_free (&scene);
  return result.confidence;
}

/* With a network too a start forgets what was before, also a sure target. */
START_TEST (a_start_forgets_what_was_before)
{
  enum { N = 12 };
  SstTrackerParams params = SST_TRACKER_PARAMS_DEFAULT;
  SstBox fresh[N] = { 0 }, again[N] = { 0 };
  SstTracker *tracker;

  params.model = sst_model_builtin ();
  if (params.model == NULL) {
    printf ("skipped: built without models/default.sst\n");
    return;
  }
  tracker = sst_tracker_new (&params);
  follow (tracker, 5, N, fresh);
  sst_tracker_free (&tracker);
  tracker = sst_tracker_new (&params);
  ck_assert_float_gt (follow (tracker, 8, N, again), 0.8f);
  follow (tracker, 5, N, again);
  ck_assert_mem_eq (fresh, again, sizeof fresh);
  sst_tracker_free (&tracker);
  sst_model_unref (params.model);
}
END_TEST

/* --- forward ------------------------------------------------------------ */

/* Finds a target that jumped to anywhere in the picture, of any shape. */
START_TEST (a_jump_across_the_picture_is_found)
{
  static const int sizes[][2] = { {320, 240}, {640, 180}, {100, 100} };
  const int width = sizes[_i][0], height = sizes[_i][1];
  SstModel *model = make_model ();
  SstForward *forward = sst_forward_new (sst_model_network (model));
  const SstBox known = sst_box_from_center (50.f, 50.f, 40.f, 40.f);

  for (int k = 0; k < 6; k++) {
    const float x = 25.f + (width - 50.f) * k / 5.f;
    const float y = 25.f + (height - 50.f) * ((2 * k) % 6) / 5.f;
    Scene *before = scene_new (width, height, 6);
    Scene *after = scene_new (width, height, 6);
    SstFrame from, to;
    SstBox found;
    float score;

    scene_add_sprite (before, &(SceneSprite) {
          .x = 50, .y = 50, .width = 40, .height = 40, .seed = 9 });
    scene_add_sprite (after, &(SceneSprite) {
          .x = x, .y = y, .width = 40, .height = 40, .seed = 9 });
    from = scene_render (before, 0);
    to = scene_render (after, 0);
    score = sst_forward_find (forward, sst_model_kernels (model), &from,
        &known, &to, &found);
    ck_assert (score > 0.f && score <= 1.f);
    ck_assert_msg (hypotf (sst_box_center_x (&found) - x,
            sst_box_center_y (&found) - y) < 8.f,
        "%d: at %g, %g, found at %g, %g", k, x, y, sst_box_center_x (&found),
        sst_box_center_y (&found));
    scene_free (&before);
    scene_free (&after);
  }
  sst_forward_free (&forward);
  sst_model_unref (model);
}
END_TEST

/* --- verify ------------------------------------------------------------- */

#define N_STEPS 8

/* A thing that moves over a ground. */
static SstFootage *
make_footage (SstTrackletStep * steps)
{
  SstFootage *footage = sst_footage_new ();
  SstClip *clip = sst_footage_add_clip (footage, "clip");
  Scene *scene = scene_new (320, 240, 6);
  const int thing = scene_add_sprite (scene, &(SceneSprite) {
        .x = 110, .y = 110, .width = 44, .height = 44, .seed = 9, .vx = 6 });

  for (guint t = 0; t < N_STEPS; t++) {
    const SstFrame frame = scene_render (scene, t);

    sst_clip_add (clip, sst_image_new_from_frame (&frame, 0), t * 100000000ull);
    steps[t] = (SstTrackletStep) { t, scene_truth (scene, thing).box };
  }
  scene_free (&scene);
  return footage;
}

/* The steps from jump on are somewhere else; 0: none. Checks it twice: the same
 * comes of the same. */
static SstTracklet
verify (SstModel * model, guint jump, gboolean * kept)
{
  SstTrackletStep steps[N_STEPS];
  SstFootage *footage = make_footage (steps);
  SstTracklet results[2];

  for (int k = 0; k < 2; k++) {
    SstVerifier *verifier = sst_verifier_new (model);
    SstTracklets *store = sst_tracklets_new ();
    SstRandom random = sst_random_init (3, 1);
    SstTracklet *tracklet = sst_tracklets_add (store, &(SstTracklet) {
          .clip = 0, .quality = 0.8f, .motion = 1.f, .n_steps = N_STEPS,
          .steps = steps });
    gboolean now;

    for (guint t = jump; jump > 0 && t < N_STEPS; t++)
      tracklet->steps[t].box.y += 90.f;
    now = sst_verifier_check (verifier, footage, tracklet, &random);
    ck_assert (k == 0 || now == *kept);
    *kept = now;
    results[k] = *tracklet;
    results[k].steps = NULL;
    sst_tracklets_free (&store);
    sst_verifier_free (&verifier);
    ck_assert_ptr_null (verifier);
    sst_verifier_free (&verifier);
  }
  sst_footage_free (&footage);
  ck_assert_uint_eq (results[0].n_steps, results[1].n_steps);
  ck_assert_float_eq (results[0].quality, results[1].quality);
  return results[0];
}

/* A network that can see keeps what is right and cuts where a box jumps. */
START_TEST (tracks_are_cut_where_a_box_jumps)
{
  SstModel *model = make_model ();
  gboolean kept;
  SstTracklet tracklet = verify (model, 0, &kept);

  ck_assert (kept);
  ck_assert_uint_eq (tracklet.n_steps, N_STEPS);
  ck_assert_float_lt (tracklet.quality, 0.8f);
  ck_assert_float_ge (tracklet.quality, 0.8f * SST_VERIFY_AGREEMENT);
  for (guint jump = 2; jump < N_STEPS; jump += 3) {
    tracklet = verify (model, jump, &kept);
    ck_assert (kept);
    ck_assert_uint_eq (tracklet.n_steps, jump);
    ck_assert_float_ge (tracklet.quality, 0.8f * SST_VERIFY_AGREEMENT);
  }
  tracklet = verify (model, 1, &kept);
  ck_assert (!kept);
  ck_assert_float_eq (tracklet.quality, 0.f);
  sst_model_unref (model);
}
END_TEST

/* Any other gives a consistent answer. */
START_TEST (untrained_models_verify_consistently)
{
  SstModel *model = _i < 3 ? sst_model_new_random (&tiny, _i, NULL)
      : make_bad_model (1e37f);
  gboolean kept;
  const SstTracklet tracklet = verify (model, 0, &kept);

  ck_assert_uint_ge (tracklet.n_steps, 2);
  ck_assert_uint_le (tracklet.n_steps, N_STEPS);
  if (kept) {
    ck_assert_float_ge (tracklet.quality, 0.8f * SST_VERIFY_AGREEMENT);
    ck_assert_float_le (tracklet.quality, 0.8f);
  } else {
    ck_assert_float_eq (tracklet.quality, 0.f);
  }
  sst_model_unref (model);
}
END_TEST

static Suite *
matcher_suite (void)
{
  Suite *suite = suite_create ("matcher");
  TCase *tcase = tcase_create ("matcher");

  tcase_add_test (tcase, a_target_is_found_anywhere_in_the_region);
  tcase_add_test (tcase, first_looks_stay_and_recent_ones_go);
  tcase_add_test (tcase, a_close_look_agrees_with_the_whole);
  tcase_add_test (tcase, a_close_look_begins_at_a_coarse_cell);
  tcase_add_loop_test (tcase, any_model_gives_finite_boxes, 0, 5);
  tcase_add_test (tcase, a_start_forgets_what_was_before);
  tcase_add_loop_test (tcase, a_jump_across_the_picture_is_found, 0, 3);
  tcase_add_test (tcase, tracks_are_cut_where_a_box_jumps);
  tcase_add_loop_test (tcase, untrained_models_verify_consistently, 0, 4);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (matcher)
