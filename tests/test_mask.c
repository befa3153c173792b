/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Masks: their geometry, the box that is read off them, and how they start and
 * are carried in drawn scenes, whose truth is exact. */

#include "dense.h"
#include "suite.h"

#include "base/floats.h"
#include "mask/barrier.h"
#include "mask/bounds.h"
#include "mask/carry.h"
#include "mask/moves.h"
#include "mask/parts.h"
#include "mask/smooth.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 320
#define HEIGHT 240

/* --- geometry --- */

/* An ellipse in the window, touching its sides. */
static void
draw_ellipse (SstMask * mask, const SstBox * window, float rx, float ry)
{
  mask->window = *window;
  for (int y = 0; y < SST_MASK_SIDE; y++) {
    for (int x = 0; x < SST_MASK_SIDE; x++) {
      const float u = (x + 0.5f - SST_MASK_SIDE / 2) / rx;
      const float v = (y + 0.5f - SST_MASK_SIDE / 2) / ry;

      mask->target[y * SST_MASK_SIDE + x] = u * u + v * v <= 1.f;
    }
  }
}

static int
count (const guint8 * data, int width, int height)
{
  int n = 0;

  for (int i = 0; i < width * height; i++) {
    ck_assert (data[i] == 0 || data[i] == 255);
    n += data[i] == 255;
  }
  return n;
}

START_TEST (a_mask_is_drawn_where_its_window_is)
{
  SstMask *mask = g_new (SstMask, 1);
  guint8 *data = g_malloc (WIDTH * HEIGHT);
  const SstBox all = { 0, 0, WIDTH, HEIGHT };
  const SstBox half = { 0, 0, WIDTH / 2, HEIGHT };
  const float area = (float) G_PI * 60 * 40 / 4;        /* at half the size */

  draw_ellipse (mask, &(SstBox) { 112, 72, 96, 96 }, 60, 40);
  ck_assert_float_eq_tol (sst_mask_area (mask), area, 0.01f * area);
  sst_mask_draw (mask, &all, WIDTH, HEIGHT, data, WIDTH);
  ck_assert_int_le (abs (count (data, WIDTH, HEIGHT) - (int) area), 40);
  ck_assert_int_eq (data[120 * WIDTH + 160], 255);
  ck_assert_int_eq (data[120 * WIDTH + 160 - 29], 255);
  ck_assert_int_eq (data[120 * WIDTH + 160 - 32], 0);
  ck_assert_int_eq (data[(120 - 19) * WIDTH + 160], 255);
  ck_assert_int_eq (data[(120 - 22) * WIDTH + 160], 0);

  /* the left half of the picture, at half its size: a quarter of a half */
  sst_mask_draw (mask, &half, WIDTH / 4, HEIGHT / 2, data, WIDTH / 4);
  ck_assert_int_le (abs (count (data, WIDTH / 4, HEIGHT / 2)
          - (int) (area / 8)), 20);

  /* a window that reaches beyond the picture, and one wholly outside it */
  draw_ellipse (mask, &(SstBox) { -48, 72, 96, 96 }, 60, 40);
  sst_mask_draw (mask, &all, WIDTH, HEIGHT, data, WIDTH);
  ck_assert_int_le (abs (count (data, WIDTH, HEIGHT) - (int) (area / 2)), 40);
  draw_ellipse (mask, &(SstBox) { -200, 72, 96, 96 }, 60, 40);
  sst_mask_draw (mask, &all, WIDTH, HEIGHT, data, WIDTH);
  ck_assert_int_eq (count (data, WIDTH, HEIGHT), 0);
  g_free (data);
  g_free (mask);
}
END_TEST

START_TEST (a_picture_becomes_the_same_mask)
{
  SstMask *mask = g_new (SstMask, 1), *again = g_new (SstMask, 1);
  guint8 *data = g_malloc0 (WIDTH * HEIGHT);
  const SstBox all = { 0, 0, WIDTH, HEIGHT }, window = { 112, 72, 96, 96 };

  draw_ellipse (mask, &window, 60, 40);
  sst_mask_draw (mask, &all, WIDTH, HEIGHT, data, WIDTH);
  sst_mask_from_picture (&(SstMaskPicture) { data, WIDTH, HEIGHT, WIDTH },
      WIDTH, HEIGHT, &window, again);
  ck_assert_float_gt (dense_jaccard (mask->target, again->target,
          SST_MASK_PIXELS), 0.97f);

  /* of half the picture's size it is stretched */
  sst_mask_draw (mask, &all, WIDTH / 2, HEIGHT / 2, data, WIDTH / 2);
  sst_mask_from_picture (&(SstMaskPicture) { data, WIDTH / 2, HEIGHT / 2,
      WIDTH / 2 }, WIDTH, HEIGHT, &window, again);
  ck_assert_float_gt (dense_jaccard (mask->target, again->target,
          SST_MASK_PIXELS), 0.93f);
  g_free (data);
  g_free (again);
  g_free (mask);
}
END_TEST

START_TEST (the_window_moves_with_the_box)
{
  SstMask *mask = g_new (SstMask, 1);
  const SstBox from = { 100, 100, 20, 40 }, to = { 50, 80, 40, 60 };
  SstBox raw;

  draw_ellipse (mask, &(SstBox) { 90, 90, 40, 60 }, 96, 96);
  sst_mask_move (mask, &from, &to);
  ck_assert_float_eq_tol (mask->window.x, 30, 1e-3f);
  ck_assert_float_eq_tol (mask->window.y, 65, 1e-3f);
  ck_assert_float_eq_tol (mask->window.width, 80, 1e-3f);
  ck_assert_float_eq_tol (mask->window.height, 90, 1e-3f);
  ck_assert (sst_mask_bounds (mask, &raw));
  ck_assert_float_eq_tol (sst_box_center_x (&raw), 70, 0.5f);
  ck_assert_float_eq_tol (sst_box_center_y (&raw), 110, 0.5f);
  g_free (mask);
}
END_TEST

START_TEST (bounds_are_calibrated_to_the_box)
{
  SstMask *mask = g_new (SstMask, 1);
  SstMaskCalibration calibration;
  const SstBox truth = { 130, 100, 60, 40 };
  SstBox raw, box;

  draw_ellipse (mask, &(SstBox) { 112, 72, 96, 96 }, 60, 40);
  ck_assert (sst_mask_bounds (mask, &raw));
  /* percentiles lie within the extent, a few pixels from it */
  ck_assert_float_gt (sst_box_iou (&raw, &truth), 0.8f);
  ck_assert (raw.width < truth.width && raw.height < truth.height);
  calibration = sst_mask_calibrate (&raw, &truth);
  box = sst_mask_apply (&calibration, &raw);
  ck_assert_float_gt (sst_box_iou (&box, &truth), 0.999f);

  box = sst_mask_between (&raw, &truth, 0.f);
  ck_assert_float_gt (sst_box_iou (&box, &raw), 0.999f);
  box = sst_mask_between (&raw, &truth, 1.f);
  ck_assert_float_gt (sst_box_iou (&box, &truth), 0.999f);

  memset (mask->target, 0, sizeof mask->target);
  ck_assert (!sst_mask_bounds (mask, &raw));
  g_free (mask);
}
END_TEST

START_TEST (the_part_of_the_seed_is_kept)
{
  float p[SST_MASK_CELLS] = { 0 };
  guint8 keep[SST_MASK_CELLS];
  int scratch[2 * SST_MASK_CELLS];
  const int seed[4] = { 10, 10, 20, 20 };

  /* 5 x 5 that touches the seed, as much beside it, and a speck in it */
  for (int y = 0; y < 5; y++) {
    for (int x = 0; x < 5; x++) {
      p[(8 + y) * SST_MASK_GRID + 8 + x] = 0.9f;
      p[(30 + y) * SST_MASK_GRID + 30 + x] = 0.9f;
    }
  }
  ck_assert_int_eq (sst_parts_keep (p, seed, keep, scratch), 25);
  ck_assert (keep[8 * SST_MASK_GRID + 8]);
  ck_assert (!keep[30 * SST_MASK_GRID + 30]);
  /* what is linked by a corner is one part */
  for (int i = 13; i < 30; i++)
    p[i * SST_MASK_GRID + i] = 0.6f;
  ck_assert_int_eq (sst_parts_keep (p, seed, keep, scratch), 67);
  memset (p, 0, sizeof p);
  ck_assert_int_eq (sst_parts_keep (p, seed, keep, scratch), 0);
}
END_TEST

/* A picture of two halves, logits that only say something away from where they
 * meet: the mask ends where the picture's edge is. */
START_TEST (a_mask_ends_at_the_edges_of_the_picture)
{
  float *const sample = g_new0 (float, 3 * SST_MASK_PIXELS);
  float *const logits = g_new (float, SST_MASK_PIXELS);
  float *const right = g_new (float, SST_MASK_PIXELS);
  float *const below = g_new (float, SST_MASK_PIXELS);
  float *const m = g_new (float, SST_MASK_PIXELS);

  for (int i = 0; i < SST_MASK_PIXELS; i++) {
    const int x = i % SST_MASK_SIDE;

    sample[i] = (x < 100 ? 60.f : 160.f) + 8.f * scene_random (1, i);
    logits[i] = x < 96 ? 1.f : x < 104 ? 0.f : -1.f;
  }
  sst_smooth_weights (sample, right, below);
  sst_smooth (logits, right, below, 1.f, 6, m);
  for (int i = 0; i < SST_MASK_PIXELS; i++)
    ck_assert_msg ((m[i] > 0.5f) == (i % SST_MASK_SIDE < 100),
        "column %d: %g", i % SST_MASK_SIDE, m[i]);
  g_free (m);
  g_free (below);
  g_free (right);
  g_free (logits);
  g_free (sample);
}
END_TEST

/* A thing of another colour is behind a barrier as high as the difference; the
 * ground about it is not, though it changes more from one side to the other;
 * nor is there a way to what lies outside the picture. */
START_TEST (a_barrier_is_as_high_as_the_edge)
{
  SstBarrier *barrier = sst_barrier_new ();
  float *const sample = g_new0 (float, 3 * SST_MASK_PIXELS);
  float *const distances = g_new (float, SST_MASK_PIXELS);
  guint8 *const inside = g_malloc (SST_MASK_PIXELS);
  guint8 *const seeds = g_malloc0 (SST_MASK_PIXELS);

  for (int i = 0; i < SST_MASK_PIXELS; i++) {
    const int x = i % SST_MASK_SIDE, y = i / SST_MASK_SIDE;
    const gboolean thing = abs (x - 96) < 20 && abs (y - 96) < 20;

    sample[i] = thing ? 150.f : (float) y;
    sample[SST_MASK_PIXELS + i] = thing ? 10.f : 0.f;
    inside[i] = x < 180;
    seeds[i] = x < 40 || x > 150;
  }
  sst_barrier_find (barrier, sample, inside, seeds, distances);
  for (int i = 0; i < SST_MASK_PIXELS; i++) {
    const int x = i % SST_MASK_SIDE, y = i / SST_MASK_SIDE;

    if (x >= 180)
      ck_assert_float_eq (distances[i], SST_BARRIER_FAR);
    else if (abs (x - 96) < 20 && abs (y - 96) < 20)
      /* from its lower edge, row 115 or 116, and twice the chroma */
      ck_assert_float_eq_tol (distances[i], 150.f - 116.f + 20.f, 1.5f);
    else
      ck_assert_float_eq (distances[i], 0.f);
  }
  memset (seeds, 0, SST_MASK_PIXELS);
  sst_barrier_find (barrier, sample, inside, seeds, distances);
  ck_assert_float_eq (distances[0], SST_BARRIER_FAR);
  g_free (seeds);
  g_free (inside);
  g_free (distances);
  g_free (sample);
  sst_barrier_free (&barrier);
}
END_TEST

/* --- carrying --- */

static Scene *
make_scene (guint seed, gboolean changes, int *sprite)
{
  Scene *const scene = scene_new (WIDTH, HEIGHT, seed);

  scene->camera.vx = 1.f;
  *sprite = scene_add_sprite (scene, &(SceneSprite) {
      .x = 120.f,.y = 110.f,.width = 62.f,.height = 44.f,.seed = 50 + seed,
      .shape = SCENE_ELLIPSE,.vx = 3.f,.vy = 1.f,
      .grow = changes ? 0.01f : 0.f});
  return scene;
}

static float
truth_of (const Scene * scene, int sprite, const SstMask * mask)
{
  float *const cells = g_new (float, SST_MASK_PIXELS);
  float jaccard;

  dense_mask (scene, sprite, SCENE_ELLIPSE, &mask->window, SST_MASK_SIDE, 1,
      cells);
  jaccard = dense_jaccard (cells, mask->target, SST_MASK_PIXELS);
  g_free (cells);
  return jaccard;
}

/* The first mask fits better than the box does, or the ellipse in a box that
 * is not quite right. */
START_TEST (the_first_mask_beats_the_box)
{
  int sprite;
  Scene *scene = make_scene (1 + _i / 2, FALSE, &sprite);
  const SstFrame frame = scene_render (scene, 0);
  const SstBox box = scene_truth (scene, sprite).box;
  SstMaskCarrier *carrier = sst_mask_carrier_new (NULL, NULL, NULL);
  SstSampler *sampler = sst_sampler_new ();
  SstMask *mask = g_new (SstMask, 1), *square = g_new (SstMask, 1);

  sst_mask_carrier_start (carrier, sampler, &frame, &box, NULL, NULL,
      _i % 2 == 0 ? NULL : &(SstMaskUse) { .shown = TRUE }, mask);
  sst_mask_from_box (&box, &mask->window, square);
  ck_assert_float_gt (truth_of (scene, sprite, mask), 0.85f);
  ck_assert_float_lt (truth_of (scene, sprite, square), 0.82f);
  g_free (square);
  g_free (mask);
  sst_sampler_free (&sampler);
  sst_mask_carrier_free (&carrier);
  scene_free (&scene);
}
END_TEST

/* Carried with a box that stays as large as it was on a target that grows, and
 * lags behind it: the mask is the target's, not the box's. */
START_TEST (a_carried_mask_follows_its_target)
{
  int sprite;
  Scene *scene = make_scene (1 + _i, TRUE, &sprite);
  SstFrame frame = scene_render (scene, 0);
  SstBox box = scene_truth (scene, sprite).box;
  SstMaskCarrier *carrier = sst_mask_carrier_new (NULL, NULL, NULL);
  SstSampler *sampler = sst_sampler_new ();
  SstMask *mask = g_new (SstMask, 1), *moved = g_new (SstMask, 1);
  float carried = 0.f, base = 0.f;

  sst_mask_carrier_start (carrier, sampler, &frame, &box, NULL, NULL, NULL,
      mask);
  *moved = *mask;
  for (int t = 1; t <= 12; t++) {
    SstMaskMeasures measures;
    SstBox now, last = box;

    frame = scene_render (scene, t);
    now = scene_truth (scene, sprite).box;
    box = sst_box_from_center (sst_box_center_x (&now) - 4.f,
        sst_box_center_y (&now) + 3.f, 62.f, 44.f);
    ck_assert (sst_mask_carrier_next (carrier, sampler, &frame, &box, NULL,
            NULL, TRUE, mask, &measures));
    ck_assert_float_gt (measures.separation, measures.around);
    ck_assert (measures.sureness > 0.f && measures.sureness <= 1.f);
    sst_mask_move (moved, &last, &box);
    carried += truth_of (scene, sprite, mask) / 12.f;
    base += truth_of (scene, sprite, moved) / 12.f;
  }
  ck_assert_float_gt (carried, 0.75f);
  ck_assert_float_gt (carried, base + 0.05f);
  g_free (moved);
  g_free (mask);
  sst_sampler_free (&sampler);
  sst_mask_carrier_free (&carrier);
  scene_free (&scene);
}
END_TEST

/* Mean vote of the cells whose middle lies in the box, and of those around. */
static void
mean_votes (const SstMaskView * view, const SstBox * box, const float *votes,
    float *in, float *around)
{
  const float step = view->window.width / SST_MASK_GRID;
  float n_in = 0.f, n_around = 0.f;

  *in = *around = 0.f;
  for (int i = 0; i < SST_MASK_CELLS; i++) {
    const float x = view->window.x + (i % SST_MASK_GRID + 0.5f) * step;
    const float y = view->window.y + (i / SST_MASK_GRID + 0.5f) * step;
    const gboolean inside = x > box->x && y > box->y
        && x < box->x + box->width && y < box->y + box->height;

    *(inside ? in : around) += votes[i];
    *(inside ? &n_in : &n_around) += 1.f;
  }
  *in /= n_in;
  *around /= n_around;
}

/* Before a camera that pans the thing stands out, however its window goes;
 * where the camera's motion is not known nothing is said. */
START_TEST (motion_of_its_own_votes_for_the_target)
{
  int sprite;
  Scene *scene = make_scene (1, TRUE, &sprite);
  SstMaskEye *eye = sst_mask_eye_new (NULL);
  SstSampler *sampler = sst_sampler_new ();
  SstMoves *moves = sst_moves_new ();
  float *const memory = sst_floats_new (sst_mask_eye_scratch_size (NULL)
      + sst_mask_view_size (NULL) + SST_MOVES_SCRATCH);
  float *const scratch = memory + sst_mask_eye_scratch_size (NULL)
      + sst_mask_view_size (NULL);
  float *const votes = g_new (float, SST_MASK_CELLS);
  SstMaskView *view = g_new0 (SstMaskView, 1);
  float in, around;

  scene->camera.vx = 2.f;
  sst_mask_view_place (eye, memory + sst_mask_eye_scratch_size (NULL), view);
  for (int t = 0; t <= 6; t++) {
    const SstFrame frame = scene_render (scene, t);
    const SstCameraMotion camera = scene_motion (scene);
    const SstBox box = scene_truth (scene, sprite).box;
    const SstBox window = sst_mask_window (&box, 2.2f + 0.05f * t, 1.4f);

    sst_mask_eye_look (eye, sampler, &frame, &window, t == 0, memory, view);
    if (t == 0)
      sst_moves_start (moves, view);
    else
      sst_moves_next (moves, sampler, view, t == 1 ? NULL : &camera, scratch);
    sst_moves_vote (moves, view, &box, votes);
    mean_votes (view, &box, votes, &in, &around);
    if (t < 2)
      ck_assert (in == 0.f && around == 0.f);
  }
  ck_assert_float_gt (in, around + 1.f);
  g_free (view);
  g_free (votes);
  g_aligned_free (memory);
  sst_moves_free (&moves);
  sst_sampler_free (&sampler);
  sst_mask_eye_free (&eye);
  scene_free (&scene);
}
END_TEST

/* A target that is not there: a mask of nothing, or of less than a tenth. */
START_TEST (a_target_that_is_gone_has_no_mask)
{
  int sprite;
  Scene *scene = make_scene (1, FALSE, &sprite);
  SstFrame frame = scene_render (scene, 0);
  const SstBox box = scene_truth (scene, sprite).box;
  SstMaskCarrier *carrier = sst_mask_carrier_new (NULL, NULL, NULL);
  SstSampler *sampler = sst_sampler_new ();
  SstMask *mask = g_new (SstMask, 1);

  sst_mask_carrier_start (carrier, sampler, &frame, &box, NULL, NULL, NULL,
      mask);
  scene_sprite (scene, sprite)->hidden = TRUE;
  frame = scene_render (scene, 1);
  if (sst_mask_carrier_next (carrier, sampler, &frame, &box, NULL, NULL,
          FALSE, mask, NULL))
    ck_assert_float_lt (sst_mask_area (mask), 0.1f * box.width * box.height);
  g_free (mask);
  sst_sampler_free (&sampler);
  sst_mask_carrier_free (&carrier);
  scene_free (&scene);
}
END_TEST

static Suite *
mask_suite (void)
{
  Suite *suite = suite_create ("mask");
  TCase *tcase = tcase_create ("mask");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, a_mask_is_drawn_where_its_window_is);
  tcase_add_test (tcase, a_picture_becomes_the_same_mask);
  tcase_add_test (tcase, the_window_moves_with_the_box);
  tcase_add_test (tcase, bounds_are_calibrated_to_the_box);
  tcase_add_test (tcase, the_part_of_the_seed_is_kept);
  tcase_add_test (tcase, a_mask_ends_at_the_edges_of_the_picture);
  tcase_add_test (tcase, a_barrier_is_as_high_as_the_edge);
  tcase_add_loop_test (tcase, the_first_mask_beats_the_box, 0, 6);
  tcase_add_loop_test (tcase, a_carried_mask_follows_its_target, 0, 3);
  tcase_add_test (tcase, motion_of_its_own_votes_for_the_target);
  tcase_add_test (tcase, a_target_that_is_gone_has_no_mask);

  return suite;
}

SUITE_MAIN (mask)
