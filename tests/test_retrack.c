/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Tracklets that a network follows on, on drawn pictures. */

#include <check.h>
#include <stdlib.h>

#include <sstrack/model.h>

#include "footage/retrack.h"
#include "scene.h"
#include "suite.h"

#define LENGTH 80
#define FIRST 36
#define LAST 44

typedef struct
{
  Scene *scene;
  SstFootage *footage;
  int car;
  SstBox truth[LENGTH];
  SstTracklet tracklet;
  SstTrackletStep steps[2];
} Film;

static SstModel *model;

/* A thing that goes through a picture, until it is away. */
static void
film_shoot (Film * film, int until)
{
  SstClip *clip;

  film->scene = scene_new (320, 240, 3);
  film->footage = sst_footage_new ();
  clip = sst_footage_add_clip (film->footage, "film");
  film->car = scene_add_sprite (film->scene, &(SceneSprite) {
      .x = 70.f,.y = 120.f,.width = 44.f,.height = 36.f,.seed = 5,.vx = 2.2f,
      .grow = 0.004f,.until = until});
  for (int t = 0; t < LENGTH; t++) {
    const SstFrame frame = scene_render (film->scene, t);

    sst_clip_add (clip, sst_image_new_from_frame (&frame, 0),
        t * 40 * G_GUINT64_CONSTANT (1000000));
    film->truth[t] = scene_truth (film->scene, film->car).box;
  }
  film->steps[0] = (SstTrackletStep) { FIRST, film->truth[FIRST] };
  film->steps[1] = (SstTrackletStep) { LAST, film->truth[LAST] };
  film->tracklet = (SstTracklet) {.moving = TRUE,.quality = 0.5f,.n_steps = 2,
    .steps = film->steps
  };
}

static void
film_free (Film * film)
{
  scene_free (&film->scene);
  sst_footage_free (&film->footage);
}

/* Lengthens the film's tracklet in a store; returns the store. */
static SstTracklets *
lengthen (const Film * film, gboolean expected)
{
  SstRetracker *retracker = sst_retracker_new (model);
  SstTracklets *tracklets = sst_tracklets_new ();
  SstTracklet *const tracklet = sst_tracklets_add (tracklets,
      &film->tracklet);

  ck_assert_int_eq (sst_retracker_lengthen (retracker, film->footage,
          tracklet), expected);
  ck_assert_uint_le (tracklet->n_steps, SST_TRACKLET_MAX_STEPS);
  ck_assert (tracklet->quality == film->tracklet.quality);
  for (guint i = 1; i < tracklet->n_steps; i++)
    ck_assert_uint_gt (tracklet->steps[i].frame, tracklet->steps[i - 1].frame);
  for (guint i = 0; i < tracklet->n_steps; i++) {
    const SstTrackletStep *const step = &tracklet->steps[i];

    ck_assert_msg (sst_box_iou (&step->box, &film->truth[step->frame]) > 0.5f,
        "picture %u", step->frame);
  }
  sst_retracker_free (&retracker);
  return tracklets;
}

START_TEST (both_ends_grow)
{
  Film film;
  SstTracklets *tracklets;
  const SstTracklet *tracklet;

  film_shoot (&film, 0);
  tracklets = lengthen (&film, TRUE);
  tracklet = sst_tracklets_get (tracklets, 0);
  ck_assert_uint_lt (tracklet->steps[0].frame, 10);
  ck_assert_uint_gt (tracklet->steps[tracklet->n_steps - 1].frame, 65);
  sst_tracklets_free (&tracklets);
  film_free (&film);
}
END_TEST

/* Something else in its place does not lead back. */
START_TEST (what_is_gone_is_not_followed)
{
  Film film;
  SstTracklets *tracklets;
  const SstTracklet *tracklet;

  film_shoot (&film, LAST + 1);
  tracklets = lengthen (&film, TRUE);
  tracklet = sst_tracklets_get (tracklets, 0);
  ck_assert_uint_lt (tracklet->steps[0].frame, 10);
  ck_assert_uint_eq (tracklet->steps[tracklet->n_steps - 1].frame, LAST);
  sst_tracklets_free (&tracklets);
  film_free (&film);
}
END_TEST

/* A clip without another picture has nothing to add. */
START_TEST (nothing_beyond)
{
  Film film;
  SstTracklets *tracklets;

  film_shoot (&film, 0);
  film.steps[0] = (SstTrackletStep) { 0, film.truth[0] };
  film.steps[1] = (SstTrackletStep) { LENGTH - 1, film.truth[LENGTH - 1] };
  tracklets = lengthen (&film, FALSE);
  ck_assert_uint_eq (sst_tracklets_get (tracklets, 0)->n_steps, 2);
  sst_tracklets_free (&tracklets);
  film_free (&film);
}
END_TEST

static void
free_model (void)
{
  sst_model_unref (model);
}

static Suite *
retrack_suite (void)
{
  Suite *suite = suite_create ("retrack");
  TCase *tcase;

  model = sst_model_builtin ();
  if (model == NULL) {
    suite_skips = "built without a model";
    return suite;
  }
  tcase = tcase_create ("lengthening");
  tcase_add_unchecked_fixture (tcase, NULL, free_model);
  tcase_add_test (tcase, both_ends_grow);
  tcase_add_test (tcase, what_is_gone_is_not_followed);
  tcase_add_test (tcase, nothing_beyond);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (retrack)
