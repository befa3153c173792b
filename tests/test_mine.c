/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "scene.h"
#include "suite.h"

#include "footage/mine.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 640
#define HEIGHT 360
#define LENGTH 40
#define N_SPRITES 3

/* A clip of a scene, and where its sprites truly are. */
typedef struct
{
  Scene *scene;
  SstFootage *footage;
  SstClip *clip;
  int sprite[N_SPRITES];
  int n_sprites;
  SceneTruth truth[LENGTH][N_SPRITES];
} Film;

static Film *
film_new (int width, int height, guint seed)
{
  Film *film = g_new0 (Film, 1);

  film->scene = scene_new (width, height, seed);
  film->scene->look.noise = 2.f;
  film->footage = sst_footage_new ();
  film->clip = sst_footage_add_clip (film->footage, "film");
  return film;
}

static void
film_free (Film * film)
{
  scene_free (&film->scene);
  sst_footage_free (&film->footage);
  g_free (film);
}

static void
film_shoot (Film * film, int from, int until)
{
  for (int t = from; t < until; t++) {
    const SstFrame frame = scene_render (film->scene, t);

    sst_clip_add (film->clip, sst_image_new_from_frame (&frame, 0),
        t * 40 * G_GUINT64_CONSTANT (1000000));
    for (int i = 0; i < film->n_sprites; i++)
      film->truth[t][i] = scene_truth (film->scene, film->sprite[i]);
  }
}

/* Three sprites that go their ways under a camera that pans. */
static Film *
film_sprites (guint seed)
{
  static const float speed[N_SPRITES][2] = { {4.f, 1.f}, {-3.f, 1.5f},
  {2.f, -3.f}
  };
  Film *film = film_new (WIDTH, HEIGHT, seed);
  SceneCamera *const camera = &film->scene->camera;

  film->n_sprites = N_SPRITES;
  camera->vx = seed % 4 * 2.f - 2.f;
  camera->vy = seed % 2;
  for (guint i = 0; i < N_SPRITES; i++)
    film->sprite[i] = scene_add_sprite (film->scene, &(SceneSprite) {
        .x = 140.f + 170.f * i + 10.f * seed,
        .y = 120.f + 60.f * ((i + seed) % 3),
        .width = 50.f + 15.f * ((i * 5 + seed) % 5),
        .height = 40.f + 20.f * ((i + seed * 3) % 4),
        .shape = i % 2 ? SCENE_ELLIPSE : SCENE_RECTANGLE,
        .seed = seed * 10 + i + 1,
        .vx = speed[i][0] + camera->vx,.vy = speed[i][1] + camera->vy});
  return film;
}

static SstTracklets *
mine (const Film * film, SstMiner * miner, const SstMineParams * params)
{
  SstMiner *own = miner ? NULL : sst_miner_new ();
  SstTracklets *found = sst_tracklets_new ();
  SstRandom random = sst_random_init (5, 0);

  sst_mine_clip (miner ? miner : own, film->footage, 0, params, &random,
      found);
  sst_miner_free (&own);
  for (guint i = 0; i < sst_tracklets_length (found); i++) {
    const SstTracklet *const t = sst_tracklets_get (found, i);

    ck_assert_uint_eq (t->clip, 0);
    ck_assert_uint_ge (t->n_steps, 2);
    ck_assert_uint_le (t->n_steps, SST_TRACKLET_MAX_STEPS);
    ck_assert (t->quality > 0.f && t->quality <= 1.f);
    ck_assert (t->motion >= 0.f && isfinite (t->motion));
    for (guint k = 0; k < t->n_steps; k++) {
      ck_assert_uint_lt (t->steps[k].frame, sst_clip_length (film->clip));
      ck_assert (k == 0 || t->steps[k].frame > t->steps[k - 1].frame);
      ck_assert (sst_box_scale (&t->steps[k].box) > 5.f);
    }
  }
  return found;
}

/* Every sprite is found, its box is about right, and it is still right at the
 * end. */
START_TEST (finds_and_carries_what_moves)
{
  const SstMineParams params = { LENGTH, LENGTH, 16, 0 };
  Film *film = film_sprites (_i == 1 ? 4 : _i);   /* two meet in 1 */
  SstTracklets *found;
  float sum = 0.f;
  guint n = 0;

  film_shoot (film, 0, LENGTH);
  found = mine (film, NULL, &params);
  for (int s = 0; s < N_SPRITES; s++) {
    float best = 0.f;

    for (guint i = 0; i < sst_tracklets_length (found); i++) {
      const SstTracklet *const t = sst_tracklets_get (found, i);
      const SstTrackletStep *const last = &t->steps[t->n_steps - 1];
      const float first_iou = sst_box_iou (&t->steps[0].box,
          &film->truth[t->steps[0].frame][s].box);
      const SceneTruth *const truth = &film->truth[last->frame][s];

      ck_assert (t->moving);
      best = fmaxf (best, first_iou);
      if (first_iou < 0.5f || truth->visible < 0.9f)
        continue;
      ck_assert_float_ge (sst_box_iou (&last->box, &truth->box), 0.75f);
      ck_assert_float_gt (t->motion, 0.4f);
      ck_assert_float_gt (t->quality, 0.5f);
      n++;
    }
    ck_assert_msg (best > 0.5f, "sprite %d: %.2f", s, best);
    sum += best;
  }
  ck_assert_uint_ge (n, 2);
  ck_assert_msg (sum > 0.85f * N_SPRITES, "mean %.2f", sum / N_SPRITES);
  sst_tracklets_free (&found);
  film_free (film);
}
END_TEST

/* A thing that comes near or turns its side to the camera keeps its box,
 * picture by picture. */
START_TEST (follows_a_change_of_shape)
{
  const SstMineParams params = { LENGTH, LENGTH, 16, 0 };
  Film *film = film_new (WIDTH, HEIGHT, 5);
  const SceneSprite sprite = {.x = 200.f,.y = 160.f,.width = 60.f,
    .height = 90.f,.vx = 3.f,.seed = 17,.grow = _i == 0 ? 0.018f : 0.f
  };
  SstTracklets *found;
  guint n = 0;

  film->n_sprites = 1;
  film->sprite[0] = scene_add_sprite (film->scene, &sprite);
  for (int t = 0; t < LENGTH; t++) {
    if (_i == 1)
      scene_sprite (film->scene, film->sprite[0])->width = 50.f + 2.5f * t;
    film_shoot (film, t, t + 1);
  }
  found = mine (film, NULL, &params);
  for (guint i = 0; i < sst_tracklets_length (found); i++) {
    const SstTracklet *const t = sst_tracklets_get (found, i);
    const SstTrackletStep *const last = &t->steps[t->n_steps - 1];
    const float wider = last->box.width / t->steps[0].box.width;

    if (last->frame - t->steps[0].frame < 20)
      continue;
    for (guint k = 0; k < t->n_steps; k++)
      ck_assert_float_gt (sst_box_iou (&t->steps[k].box,
              &film->truth[t->steps[k].frame][0].box), 0.75f);
    ck_assert_float_gt (wider, 1.4f);
    if (_i == 1)
      ck_assert_float_gt (wider, 1.3f * last->box.height
          / t->steps[0].box.height);
    n++;
  }
  ck_assert_uint_eq (n, 1);
  sst_tracklets_free (&found);
  film_free (film);
}
END_TEST

/* Boxes of the ground stay on it, and know that they do not move. */
START_TEST (carries_the_ground)
{
  const SstMineParams params = { 27, LENGTH, 0, 30 };
  Film *film = film_new (WIDTH, HEIGHT, 21);
  SstTracklets *found;

  film->scene->camera.vx = 3.f;
  film->scene->camera.vy = -1.f;
  film->scene->camera.grow = 0.004f;
  film_shoot (film, 0, LENGTH);
  found = mine (film, NULL, &params);
  ck_assert_uint_ge (sst_tracklets_length (found), 8);
  for (guint i = 0; i < sst_tracklets_length (found); i++) {
    const SstTracklet *const t = sst_tracklets_get (found, i);
    const SstTrackletStep *const last = &t->steps[t->n_steps - 1];
    const float zoom = powf (1.f + film->scene->camera.grow, last->frame);
    const SstBox *const box = &t->steps[0].box;
    const SstBox truth = sst_box_from_center (
        (sst_box_center_x (box) - 3.f * last->frame - WIDTH / 2.f) * zoom
        + WIDTH / 2.f,
        (sst_box_center_y (box) + 1.f * last->frame - HEIGHT / 2.f) * zoom
        + HEIGHT / 2.f, box->width * zoom, box->height * zoom);

    ck_assert (!t->moving);
    ck_assert_msg (sst_box_iou (&last->box, &truth) > 0.8f,
        "%.2f at frame %u", sst_box_iou (&last->box, &truth), last->frame);
    ck_assert_float_lt (t->motion, 0.2f);
  }
  sst_tracklets_free (&found);
  film_free (film);
}
END_TEST

START_TEST (refuses_what_has_no_texture)
{
  const SstMineParams params = { LENGTH, LENGTH, 16, 40 };
  Film *film = film_new (WIDTH, HEIGHT, 31);
  SstTracklets *found;

  /* nothing but noise */
  film->scene->look.gain = -1.f;
  film_shoot (film, 0, LENGTH);
  found = mine (film, NULL, &params);
  ck_assert_uint_eq (sst_tracklets_length (found), 0);
  sst_tracklets_free (&found);
  film_free (film);
}
END_TEST

START_TEST (ends_at_a_cut)
{
  const guint cut = 17;
  const SstMineParams params = SST_MINE_PARAMS_DEFAULT;
  Film *film = film_sprites (2);
  SstTracklets *found;
  guint before = 0, after = 0;

  film_shoot (film, 0, cut);
  scene_set_ground (film->scene, 99);
  for (int i = 0; i < N_SPRITES; i++)
    scene_sprite (film->scene, film->sprite[i])->hidden = TRUE;
  film_shoot (film, cut, LENGTH);
  found = mine (film, NULL, &params);
  for (guint i = 0; i < sst_tracklets_length (found); i++) {
    const SstTracklet *const t = sst_tracklets_get (found, i);

    if (t->steps[0].frame < cut) {
      ck_assert_uint_lt (t->steps[t->n_steps - 1].frame, cut);
      before++;
    } else {
      ck_assert_uint_eq (t->steps[0].frame, cut);
      after++;
    }
  }
  ck_assert_uint_gt (before, 3);
  ck_assert_uint_gt (after, 1);
  sst_tracklets_free (&found);
  film_free (film);
}
END_TEST

static guint
sum_of (const SstMineCounts * counts)
{
  return counts->n_added + counts->n_outside + counts->n_small
      + counts->n_plain + counts->n_short + counts->n_cycle + counts->n_still;
}

/* A miner that was used before finds the same, and accounts for all. */
START_TEST (is_deterministic)
{
  const SstMineParams params = { 20, 20, 8, 8 };
  Film *film = film_sprites (1);
  SstMiner *miner = sst_miner_new ();
  SstTracklets *first, *second, *fresh;
  const SstMineCounts *counts;

  film_shoot (film, 0, 20);
  first = mine (film, miner, &params);
  second = mine (film, miner, &params);
  fresh = mine (film, NULL, &params);
  counts = sst_miner_get_counts (miner);
  ck_assert_uint_gt (counts->n_candidates, 8);
  ck_assert_uint_eq (sum_of (counts), counts->n_candidates);
  ck_assert_uint_eq (counts->n_added, sst_tracklets_length (second));
  ck_assert_uint_gt (counts->n_still, 0);
  ck_assert_uint_gt (sst_tracklets_length (first), 5);
  ck_assert_uint_eq (sst_tracklets_length (first),
      sst_tracklets_length (second));
  ck_assert_uint_eq (sst_tracklets_length (first),
      sst_tracklets_length (fresh));
  for (guint i = 0; i < sst_tracklets_length (first); i++) {
    const SstTracklet *const a = sst_tracklets_get (first, i);

    for (int k = 0; k < 2; k++) {
      const SstTracklet *const b = sst_tracklets_get (k ? second : fresh, i);

      ck_assert (a->quality == b->quality && a->motion == b->motion);
      ck_assert_uint_eq (a->n_steps, b->n_steps);
      ck_assert (memcmp (a->steps, b->steps,
              a->n_steps * sizeof (SstTrackletStep)) == 0);
    }
  }
  sst_tracklets_free (&first);
  sst_tracklets_free (&second);
  sst_tracklets_free (&fresh);
  sst_miner_free (&miner);
  ck_assert_ptr_null (miner);
  sst_miner_free (&miner);
  film_free (film);
}
END_TEST

/* Given boxes are carried from where they are; what is no box is refused, and
 * what was refused is counted. */
START_TEST (carries_proposals)
{
  const SstMineParams params = { 27, 20, 5, 5 };
  const SstBox others[] = {
    {300.f, 20.f, 60.f, 50.f},  /* ground */
    {200.f, 100.f, 6.f, 6.f},   /* small */
    {-200.f, 10.f, 50.f, 50.f}, {600.f, 100.f, 200.f, 200.f},
    {0.f, 0.f, WIDTH, HEIGHT}, {10.f, 10.f, -40.f, 60.f},
    {NAN, 10.f, 50.f, 50.f}, {10.f, 10.f, 50.f, NAN},
    {10.f, 10.f, INFINITY, 50.f}, {-1e30f, 0.f, 2e30f, 30.f}
  };
  const guint n_others = G_N_ELEMENTS (others);
  Film *film = film_sprites (1);
  SstMiner *miner = sst_miner_new ();
  SstTracklets *found = sst_tracklets_new ();
  SstBox boxes[N_SPRITES + G_N_ELEMENTS (others)];
  const SstMineCounts *counts = sst_miner_get_counts (miner);
  guint n;

  ck_assert_uint_eq (sum_of (counts), 0);
  film_shoot (film, 0, LENGTH);
  for (int s = 0; s < N_SPRITES; s++)
    boxes[s] = film->truth[2][s].box;
  memcpy (boxes + N_SPRITES, others, sizeof (others));
  ck_assert_uint_eq (sst_mine_boxes (miner, film->footage, 0, 2, &params, boxes,
          N_SPRITES + n_others, found), 22);
  ck_assert_uint_eq (counts->n_candidates, N_SPRITES + n_others);
  ck_assert_uint_eq (sum_of (counts), N_SPRITES + n_others);
  ck_assert_uint_eq (counts->n_outside, n_others - 2);
  ck_assert_uint_eq (counts->n_small, 1);
  ck_assert_uint_eq (counts->n_added, sst_tracklets_length (found));
  ck_assert_uint_eq (counts->n_added, N_SPRITES + 1);
  for (guint i = 0; i < sst_tracklets_length (found); i++) {
    const SstTracklet *const t = sst_tracklets_get (found, i);
    const SstTrackletStep *const last = &t->steps[t->n_steps - 1];

    ck_assert_uint_eq (t->steps[0].frame, 2);
    ck_assert_uint_gt (t->n_steps, 3);
    ck_assert_float_gt (sst_box_iou (&t->steps[0].box, &boxes[i]), 0.99f);
    ck_assert (t->moving == (i < N_SPRITES));
    ck_assert_float_gt (t->quality, 0.2f);
    if (i < N_SPRITES)
      ck_assert_float_gt (sst_box_iou (&last->box,
              &film->truth[last->frame][i].box), 0.8f);
  }

  /* the same whatever was done before; none, many and a window too short */
  n = sst_tracklets_length (found);
  sst_mine_boxes (miner, film->footage, 0, 2, &params, boxes, N_SPRITES,
      found);
  ck_assert_uint_eq (sst_tracklets_length (found), n + N_SPRITES);
  for (guint i = 0; i < N_SPRITES; i++)
    ck_assert_float_eq (sst_tracklets_get (found, i)->quality,
        sst_tracklets_get (found, n + i)->quality);
  n = sst_tracklets_length (found);
  sst_mine_boxes (miner, film->footage, 0, 2, &params, NULL, 0, found);
  ck_assert_uint_eq (sum_of (counts), 0);
  ck_assert_uint_eq (sst_mine_boxes (miner, film->footage, 0, LENGTH - 5,
          &params, boxes, N_SPRITES, found), LENGTH);
  ck_assert_uint_eq (sum_of (counts), 0);
  ck_assert_uint_eq (sst_tracklets_length (found), n);
  sst_tracklets_free (&found);
  sst_miner_free (&miner);
  film_free (film);
}
END_TEST

static gpointer
stop_soon (gpointer pace)
{
  g_usleep (100000);
  sst_pace_stop (pace);
  return NULL;
}

/* Stopped before it or in the middle, it has added nothing. */
START_TEST (ends_when_told)
{
  SstMineParams params = { 15, 15, 6, 6 };
  Film *film = film_sprites (1);
  SstMiner *miner = sst_miner_new ();
  SstTracklets *expected, *found;
  SstRandom random = sst_random_init (5, 0);
  const SstBox box = { 140.f, 120.f, 60.f, 50.f };

  film_shoot (film, 0, 17);
  expected = mine (film, miner, &params);
  ck_assert_uint_gt (sst_tracklets_length (expected), 5);
  params.pace = sst_pace_new ();
  found = mine (film, miner, &params);  /* at its leisure */
  ck_assert_uint_eq (sst_tracklets_length (found),
      sst_tracklets_length (expected));

  for (int k = 0; k < 3; k++) {
    const guint n = sst_tracklets_length (found);
    GThread *const thread = g_thread_new ("stop", stop_soon, params.pace);

    sst_pace_set_share (params.pace, 0.02);     /* it would take long */
    if (k == 0)
      ck_assert_uint_eq (sst_mine_window (miner, film->footage, 0, 2, &params,
              &random, found), 2);
    else if (k == 1)
      ck_assert_uint_eq (sst_mine_boxes (miner, film->footage, 0, 1, &params,
              &box, 1, found), 1);
    else
      sst_mine_clip (miner, film->footage, 0, &params, &random, found);
    ck_assert_uint_eq (sst_tracklets_length (found), n);
    ck_assert_uint_eq (sst_miner_get_counts (miner)->n_added, 0);
    ck_assert (!sst_pace_wait (params.pace));
    g_thread_join (thread);
    sst_pace_resume (params.pace);
  }
  sst_tracklets_free (&expected);
  sst_tracklets_free (&found);
  sst_pace_free (&params.pace);
  sst_miner_free (&miner);
  film_free (film);
}
END_TEST

/* Small pictures and short clips, one miner for all. */
START_TEST (survives_odd_sizes)
{
  static const int sizes[][3] = { {1, 1, 12}, {500, 4, 12}, {64, 48, 12},
  {25, 33, 11}, {161, 91, 9}, {64, 48, 1}, {401, 300, 12}
  };
  const SstMineParams params = SST_MINE_PARAMS_DEFAULT;
  SstMiner *miner = sst_miner_new ();

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    Film *film = film_new (sizes[i][0], sizes[i][1], i);
    SstTracklets *found;

    film->scene->camera.vx = 2.f;
    film_shoot (film, 0, sizes[i][2]);
    found = mine (film, miner, &params);
    if (sizes[i][2] < SST_MINE_MIN_WINDOW || sizes[i][1] < 12)
      ck_assert_uint_eq (sst_tracklets_length (found), 0);
    sst_tracklets_free (&found);
    film_free (film);
  }
  sst_miner_free (&miner);
}
END_TEST

static Suite *
mine_suite (void)
{
  Suite *suite = suite_create ("mine");
  TCase *tcase = tcase_create ("mine");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, finds_and_carries_what_moves, 0, 3);
  tcase_add_loop_test (tcase, follows_a_change_of_shape, 0, 2);
  tcase_add_test (tcase, carries_the_ground);
  tcase_add_test (tcase, refuses_what_has_no_texture);
  tcase_add_test (tcase, ends_at_a_cut);
  tcase_add_test (tcase, is_deterministic);
  tcase_add_test (tcase, carries_proposals);
  tcase_add_test (tcase, ends_when_told);
  tcase_add_test (tcase, survives_odd_sizes);
  return suite;
}

SUITE_MAIN (mine)
