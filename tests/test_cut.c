/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Work that is left in the middle: how often it asks whether to, that it
 * does little more once it was told so, and that it is as if it had not
 * been begun. The pace is the test's own: it says stop at the n-th
 * question, so that nothing depends on time. */

#include "scene.h"
#include "suite.h"

#include <sstrack/pace.h>

#include "base/cut.h"
#include "fit/trainer.h"
#include "footage/pattern.h"
#include "stream/window.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 3
#define NEVER G_MAXUINT

static const SstNetworkConfig tiny = { {4, 6, 8}, 1, 5, 7, 6 };

/* --- the pace ----------------------------------------------------------- */

static struct
{
  guint n_asked;
  guint stop_at;                /* the question from which on it says stop */
  guint n_told;                 /* how often it did */
  gboolean in_piece, due;
} pace;

static SstPace *const the_pace = (SstPace *) & pace;

static void
reset_pace (guint stop_at)
{
  memset (&pace, 0, sizeof pace);
  pace.stop_at = stop_at;
}

static gboolean
ask (void)
{
  const gboolean stop = pace.n_asked >= pace.stop_at;

  pace.n_asked++;
  pace.n_told += stop;
  return stop;
}

gboolean
sst_pace_wait (SstPace * given)
{
  return given == NULL || !ask ();
}

void
sst_cut_begin (SstPace * given)
{
  ck_assert (!pace.in_piece);
  pace.in_piece = given != NULL;
  pace.due = FALSE;
}

gboolean
sst_cut_is_due (void)
{
  if (pace.in_piece)
    pace.due = ask () || pace.due;
  return pace.in_piece && pace.due;
}

gboolean
sst_cut_end (void)
{
  const gboolean due = pace.in_piece && pace.due;

  pace.in_piece = FALSE;
  return due;
}

/* --- a step of training -------------------------------------------------- */

static SstTrainer *
make_trainer (const SstFootage * footage, SstPace * asked)
{
  SstModel *model = sst_model_new_random (&tiny, 3, NULL);
  SstTrainerParams params;
  SstTrainer *trainer;

  sst_trainer_params_init (&params);
  params.batch = BATCH;
  params.n_threads = 0;
  params.n_lanes = 1;
  params.pace = asked;
  memset (&params.weights, 0, sizeof params.weights);
  params.weights.focal = params.weights.giou = 1.f;
  trainer = sst_trainer_new (&params, model, footage, NULL);
  sst_model_unref (model);
  return trainer;
}

static char *
checksum_of (const SstTrainer * trainer)
{
  SstModel *model = sst_trainer_snapshot (trainer, NULL, NULL, NULL);
  char *checksum =
      g_strdup (sst_weights_get_checksum (sst_model_weights (model)));

  sst_model_unref (model);
  return checksum;
}

/* Each layer asks, forward and back, of both pictures of a pair: eight of
 * them in the smallest network. */
#define LEAST_ASKED (BATCH * 2 * 2 * 8)

/* Wherever it is stopped, the step was not taken, and the next one is the same
 * as ever. */
START_TEST (a_stopped_step_was_not_taken)
{
  SstFootage *footage = sst_pattern_footage (5, 3, 160, 120);
  SstTrainer *free_one = make_trainer (footage, NULL);
  SstTrainer *trainer = make_trainer (footage, the_pace);
  SstTrainerReport report;
  char *first = checksum_of (free_one), *second, *now;
  guint n;

  sst_trainer_step (free_one, 0.5f, &report);
  second = checksum_of (free_one);
  ck_assert_str_ne (first, second);

  reset_pace (NEVER);
  {
    SstTrainer *other = make_trainer (footage, the_pace);

    sst_trainer_step (other, 0.5f, &report);
    now = checksum_of (other);
    ck_assert_str_eq (now, second);
    g_free (now);
    sst_trainer_free (&other);
  }
  n = pace.n_asked;
  ck_assert_uint_ge (n, LEAST_ASKED);

  for (guint at = 0; at < n; at += 1 + n / 40) {
    reset_pace (at);
    sst_trainer_step (trainer, 0.5f, &report);
    ck_assert_uint_eq (report.step, 0);
    /* what is left asks at most as often as one pair does */
    ck_assert_uint_ge (pace.n_told, 1);
    ck_assert_uint_le (pace.n_told, n / BATCH);
  }
  reset_pace (NEVER);
  now = checksum_of (trainer);
  ck_assert_str_eq (now, first);
  g_free (now);
  sst_trainer_step (trainer, 0.5f, &report);
  ck_assert_uint_eq (report.step, 1);
  now = checksum_of (trainer);
  ck_assert_str_eq (now, second);

  g_free (now);
  g_free (first);
  g_free (second);
  sst_trainer_free (&trainer);
  sst_trainer_free (&free_one);
  sst_footage_free (&footage);
}
END_TEST

/* A snapshot asks too: each layer's weights, and each part that is hashed. */
START_TEST (a_snapshot_asks_at_every_layer)
{
  SstFootage *footage = sst_pattern_footage (5, 3, 160, 120);
  SstTrainer *trainer = make_trainer (footage, the_pace);
  SstModel *model;

  reset_pace (2);
  sst_cut_begin (the_pace);
  model = sst_trainer_snapshot (trainer, NULL, NULL, NULL);
  ck_assert (sst_cut_end ());
  ck_assert_uint_gt (pace.n_asked, 2);
  sst_model_unref (model);
  sst_trainer_free (&trainer);
  sst_footage_free (&footage);
}
END_TEST

/* --- pictures ----------------------------------------------------------- */

/* Pictures that were painted stay, one that was begun is painted anew. */
START_TEST (painted_pictures_stay)
{
  SstFootage *whole = sst_pattern_footage (7, 3, 96, 64);
  SstFootage *parts = sst_footage_new ();
  guint n, tries = 0;

  reset_pace (NEVER);
  ck_assert (sst_pattern_fill (parts, 7, 3, 96, 64, the_pace));
  n = pace.n_asked / 3;
  ck_assert_uint_ge (n, 10);
  sst_footage_free (&parts);
  parts = sst_footage_new ();
  do {
    reset_pace (tries % 2 == 0 ? n / 2 : n + n / 2);
    tries++;
    ck_assert_uint_le (tries, 20);
  } while (!sst_pattern_fill (parts, 7, 3, 96, 64, the_pace));
  ck_assert_uint_gt (tries, 1);
  ck_assert_uint_eq (sst_footage_n_clips (parts), 3);
  for (guint i = 0; i < 3; i++) {
    const SstClip *const a = sst_footage_clip (whole, i);
    const SstClip *const b = sst_footage_clip (parts, i);

    ck_assert_mem_eq (sst_image_plane (g_ptr_array_index (a->images, 0), 0),
        sst_image_plane (g_ptr_array_index (b->images, 0), 0), 96 * 64);
  }
  sst_footage_free (&whole);
  sst_footage_free (&parts);
}
END_TEST

/* --- a window ------------------------------------------------------------ */

/* It asks at every picture, and a window that was not judged to the end is
 * as it was. */
START_TEST (a_window_is_judged_whole_or_not_at_all)
{
  Scene *scene = scene_new (160, 120, 1);
  SstWindow *window = sst_window_new ();
  SstWindowJudge *judge = sst_window_judge_new ();
  SstSampler *sampler = sst_sampler_new ();
  SstRefused why;

  scene->camera.vx = 2.f;
  for (guint i = 0; i < SST_WINDOW_LENGTH; i++) {
    const SstFrame frame = scene_render (scene, (int) i);

    sst_window_add (window, sampler, &frame, i * SST_SECOND / 15, NULL, 0);
  }
  for (guint at = 0; at < SST_WINDOW_LENGTH; at += 5) {
    reset_pace (at);
    sst_cut_begin (the_pace);
    ck_assert (!sst_window_judge (judge, window, 0, &why));
    ck_assert (sst_cut_end ());
    ck_assert_uint_eq (sst_window_length (window), SST_WINDOW_LENGTH);
  }
  reset_pace (NEVER);
  sst_cut_begin (the_pace);
  ck_assert (sst_window_judge (judge, window, 0, &why));
  ck_assert (!sst_cut_end ());
  ck_assert_uint_ge (pace.n_asked, SST_WINDOW_LENGTH);
  sst_window_free (&window);
  sst_window_judge_free (&judge);
  sst_sampler_free (&sampler);
  scene_free (&scene);
}
END_TEST

static Suite *
cut_suite (void)
{
  Suite *suite = suite_create ("cut");
  TCase *tcase = tcase_create ("cut");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, a_stopped_step_was_not_taken);
  tcase_add_test (tcase, a_snapshot_asks_at_every_layer);
  tcase_add_test (tcase, painted_pictures_stay);
  tcase_add_test (tcase, a_window_is_judged_whole_or_not_at_all);
  return suite;
}

SUITE_MAIN (cut)
