/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/album_private.h"

#include <check.h>
#include <math.h>
#include <sstrack/targets.h>

#include "scene.h"
#include "suite.h"

#define LENGTH 8
#define SECOND SST_SECOND
static const char model[] = "weights";

static SstAlbumKey
key_of (guint64 member, guint64 id)
{
  return (SstAlbumKey) { member, id, member == 1 ? "one" : "two" };
}

/* Of length 1, with that cosine to the axis, towards the last one. */
static void
point (float *portrait, int axis, float cosine)
{
  for (int i = 0; i < LENGTH; i++)
    portrait[i] = 0.f;
  portrait[axis] = cosine;
  portrait[LENGTH - 1] += sqrtf (1.f - cosine * cosine);
}

/* Puts a target that looks like an axis. */
static void
put (SstAlbum * album, guint64 member, guint64 id, int axis, gboolean in_sight)
{
  SstGallery *gallery = sst_gallery_new (LENGTH);
  const SstAlbumKey key = key_of (member, id);
  float portrait[LENGTH];

  point (portrait, axis, 1.f);
  sst_gallery_start (gallery, portrait);
  sst_album_put (album, &key, gallery, model, in_sight, 0);
  sst_gallery_free (&gallery);
}

/* Whom a new target of a member looks like at that time; 0: nobody. */
static guint64
recognize (SstAlbum * album, guint64 member, int axis, float cosine,
    SstTime now)
{
  const SstAlbumKey key = key_of (member, 1000);
  SstSighting sighting = { 0 };
  float portraits[2 * LENGTH];

  point (portraits, axis, cosine);
  point (portraits + LENGTH, axis, cosine);
  if (!sst_album_recognize (album, &key, portraits, 2, LENGTH, model, now,
          &sighting))
    return 0;
  ck_assert_float_eq_tol (sighting.similarity, cosine, 1e-5f);
  ck_assert_ptr_nonnull (sighting.source);
  return sighting.id;
}

START_TEST (knows_what_ended_until_its_time_is_over)
{
  SstAlbum *album = sst_album_new ();
  const guint64 one = sst_album_join (album), two = sst_album_join (album);

  ck_assert_uint_ne (one, two);
  put (album, one, 1, 0, TRUE);
  put (album, one, 2, 1, TRUE);
  /* what the set itself follows can't be the new one; another's may be */
  ck_assert_uint_eq (recognize (album, one, 0, 1.f, 0), 0);
  ck_assert_uint_eq (recognize (album, two, 0, 1.f, 0), 1);
  put (album, one, 1, 0, FALSE);        /* lost */
  ck_assert_uint_eq (recognize (album, one, 0, 1.f, 0), 1);
  sst_album_end (album, one, 1, 10 * SECOND);
  ck_assert_uint_eq (recognize (album, one, 0, 1.f, 10 * SECOND - 1), 1);
  ck_assert_uint_eq (recognize (album, one, 0, 1.f, 10 * SECOND), 0);
  ck_assert_uint_eq (recognize (album, two, 1, 0.9f, 10 * SECOND), 2);
  ck_assert_uint_eq (recognize (album, two, 1, 0.5f, 10 * SECOND), 0);
  sst_album_end (album, one, 0, 12 * SECOND);   /* all that have not ended */
  ck_assert_uint_eq (recognize (album, one, 1, 1.f, 11 * SECOND), 2);
  ck_assert_uint_eq (recognize (album, one, 0, 1.f, 11 * SECOND), 0);
  sst_album_forget (album, one);
  ck_assert_uint_eq (sst_album_count (album), 0);
  sst_album_unref (album);
}
END_TEST

START_TEST (portraits_of_other_models_say_nothing)
{
  SstAlbum *album = sst_album_new ();
  const SstAlbumKey key = key_of (2, 1);
  SstSighting sighting;
  float portrait[LENGTH];

  put (album, 1, 1, 0, FALSE);
  point (portrait, 0, 1.f);
  ck_assert (sst_album_recognize (album, &key, portrait, 1, LENGTH, model, 0,
          &sighting));
  ck_assert (!sst_album_recognize (album, &key, portrait, 1, LENGTH,
          "others", 0, &sighting));
  sst_album_unref (album);
}
END_TEST

START_TEST (is_bounded)
{
  SstAlbum *album = sst_album_new ();

  put (album, 1, 1, 0, TRUE);
  put (album, 1, 2, 1, TRUE);
  sst_album_end (album, 1, 2, 1000 * SECOND);
  for (guint64 id = 3; id < 2 * SST_ALBUM_CAPACITY; id++) {
    put (album, 1, id, 2, TRUE);
    sst_album_end (album, 1, id, id * SECOND);
  }
  ck_assert_uint_eq (sst_album_count (album), SST_ALBUM_CAPACITY);
  /* what runs stays, of the others those that are kept longest */
  ck_assert_uint_eq (recognize (album, 2, 0, 1.f, 0), 1);
  ck_assert_uint_eq (recognize (album, 2, 1, 1.f, 0), 2);
  sst_album_unref (album);
}
END_TEST

START_TEST (finds_the_most_similar)
{
  SstAlbum *album = sst_album_new ();
  SstSighting found[4];
  float portrait[LENGTH];

  put (album, 1, 1, 0, TRUE);
  for (guint64 id = 2; id <= 6; id++) {
    const SstAlbumKey key = key_of (2, id);
    SstGallery *gallery = sst_gallery_new (LENGTH);

    point (portrait, 0, 0.15f * id);
    sst_gallery_start (gallery, portrait);
    sst_album_put (album, &key, gallery, model, TRUE, 0);
    sst_gallery_free (&gallery);
  }
  sst_album_end (album, 2, 4, 5 * SECOND);
  ck_assert_uint_eq (sst_album_find_similar (album, 1, 1, 0, found, 4), 4);
  for (guint i = 0; i < 4; i++) {
    ck_assert_uint_eq (found[i].id, 6 - i);
    ck_assert_str_eq (found[i].source, "two");
    ck_assert_float_eq_tol (found[i].similarity, 0.15f * (6 - i), 1e-5f);
  }
  ck_assert_uint_eq (sst_album_find_similar (album, 1, 1, 5 * SECOND, found,
          3), 3);
  ck_assert_uint_eq (found[2].id, 3);
  ck_assert_uint_eq (sst_album_find_similar (album, 1, 2, 0, found, 4), 0);
  ck_assert_uint_eq (sst_album_find_similar (album, 1, 1, 0, found, 0), 0);
  sst_album_unref (album);
}
END_TEST

/* ---- threads ---- */

static gpointer
use_album (gpointer data)
{
  SstAlbum *const album = data;
  const guint64 member = sst_album_join (album);
  SstSighting found[4];

  for (guint64 id = 1; id <= 100; id++) {
    put (album, member, id, id % 3, TRUE);
    recognize (album, member, 0, 1.f, 0);
    sst_album_find_similar (album, member, id, 0, found, 4);
    sst_album_end (album, member, id, id * SECOND);
  }
  sst_album_forget (album, member);
  sst_album_unref (album);
  return NULL;
}

START_TEST (threads_share_it)
{
  SstAlbum *album = sst_album_new ();
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("album", use_album, sst_album_ref (album));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  ck_assert_uint_eq (sst_album_count (album), 0);
  sst_album_unref (album);
}
END_TEST

/* ---- in sets of targets ---- */

typedef struct
{
  SstTargets *targets;
  Scene *scene;
  int man, other;               /* sprites */
  int t;
} Camera;

static Camera
camera_new (SstAlbum * album, const char *source, guint ground)
{
  SstTargetsParams params = SST_TARGETS_PARAMS_DEFAULT;
  Camera camera = { 0 };

  params.tracker.model = sst_model_builtin ();
  params.membership = (SstMembership) {
    .album = album, .member = sst_album_join (album), .source = source,
    .timeout = 10 * SECOND
  };
  camera.targets = sst_targets_new (&params);
  sst_model_unref (params.tracker.model);
  camera.scene = scene_new (320, 240, ground);
  camera.man = scene_add_sprite (camera.scene, &(SceneSprite) {
      .x = 60.f, .y = 120.f, .width = 40.f, .height = 60.f, .seed = 5,
      .palette = 7, .vx = 1.f});
  camera.other = scene_add_sprite (camera.scene, &(SceneSprite) {
      .x = 160.f, .y = 60.f, .width = 50.f, .height = 40.f, .seed = 11,
      .palette = 3, .vx = 0.5f});
  return camera;
}

static void
camera_free (Camera * camera)
{
  sst_targets_free (&camera->targets);
  scene_free (&camera->scene);
}

static guint64
camera_follow (Camera * camera, int sprite)
{
  SstBox box;

  scene_render (camera->scene, camera->t);
  box = scene_truth (camera->scene, sprite).box;
  return sst_targets_add (camera->targets, 0, &box, NULL, SST_ORIGIN_USER);
}

/* Runs some frames. Returns what the target of that id was seen as, which is
 * told in one frame and kept. */
static SstSighting
camera_run (Camera * camera, int n, guint64 id)
{
  SstSighting seen_as = { 0 };
  guint told = 0;

  for (int i = 0; i < n; i++) {
    const SstFrame frame = scene_render (camera->scene, camera->t);
    const SstTarget *targets;
    guint n_targets;

    sst_targets_process (camera->targets, &frame, camera->t * SECOND / 25, NULL,
        0);
    camera->t++;
    targets = sst_targets_get (camera->targets, &n_targets);
    for (guint k = 0; k < n_targets; k++) {
      if (targets[k].id != id)
        continue;
      told += targets[k].recognized;
      seen_as = targets[k].seen_as;
      ck_assert_uint_eq (told, seen_as.id != 0);
    }
  }
  return seen_as;
}

START_TEST (a_target_that_comes_back_is_known)
{
  SstAlbum *album = sst_album_new ();
  Camera camera = camera_new (album, "door", 1);
  const guint64 first = camera_follow (&camera, camera.man);
  SstSighting seen_as;
  guint64 again, other;

  ck_assert_uint_eq (camera_run (&camera, 30, first).id, 0);
  sst_targets_remove (camera.targets, first);
  camera_run (&camera, 3, first);
  again = camera_follow (&camera, camera.man);
  other = camera_follow (&camera, camera.other);
  seen_as = camera_run (&camera, 40, again);
  ck_assert_uint_eq (seen_as.id, first);
  ck_assert_str_eq (seen_as.source, "door");
  ck_assert_float_gt (seen_as.similarity, 0.8f);
  ck_assert_uint_eq (camera_run (&camera, 1, other).id, 0);

  /* it is forgotten in time */
  sst_targets_remove_all (camera.targets, -1);
  camera_run (&camera, 1, first);
  camera.t += 11 * 25;
  scene_sprite (camera.scene, camera.man)->vx = 0.f;
  again = camera_follow (&camera, camera.man);
  ck_assert_uint_eq (camera_run (&camera, 40, again).id, 0);
  camera_free (&camera);
  sst_album_unref (album);
}
END_TEST

START_TEST (another_camera_knows_it)
{
  SstAlbum *album = sst_album_new ();
  Camera door = camera_new (album, "door", 1);
  Camera hall = camera_new (album, "hall", 2);
  const guint64 first = camera_follow (&door, door.man);
  SstSighting seen_as, found[2];
  guint64 again;

  camera_run (&door, 30, first);
  camera_free (&door);          /* what it followed has ended */
  again = camera_follow (&hall, hall.man);
  camera_follow (&hall, hall.other);
  seen_as = camera_run (&hall, 40, again);
  ck_assert_uint_eq (seen_as.id, first);
  ck_assert_str_eq (seen_as.source, "door");
  ck_assert_uint_eq (sst_album_find_similar (album, 2, again, 40 * SECOND / 25,
          found, 2), 2);
  ck_assert_str_eq (found[0].source, "door");
  ck_assert_uint_eq (found[0].id, first);
  ck_assert_str_eq (found[1].source, "hall");
  ck_assert_float_lt (found[1].similarity, found[0].similarity);
  camera_free (&hall);
  sst_album_unref (album);
}
END_TEST

START_TEST (portraits_are_told_now_and_then)
{
  SstAlbum *album = sst_album_new ();
  Camera camera = camera_new (album, "door", 1);
  guint told = 0;

  camera_follow (&camera, camera.man);
  for (int i = 0; i < 20; i++) {
    const SstTarget *target;
    guint n;

    camera_run (&camera, 1, 0);
    target = sst_targets_get (camera.targets, &n);
    ck_assert_uint_eq (n, 1);
    if (target->portrait == NULL) {
      ck_assert_int_gt (i, 0);  /* the first frame has one */
      continue;
    }
    told++;
    ck_assert_float_eq_tol (sst_portrait_compare (target->portrait,
            target->portrait, (int) target->portrait_length), 1.f, 1e-4f);
  }
  ck_assert_uint_ge (told, 3);
  ck_assert_uint_le (told, 6);
  sst_targets_repeat (camera.targets, camera.t * SECOND / 25);
  ck_assert_ptr_null (sst_targets_get (camera.targets, &told)->portrait);
  camera_free (&camera);
  sst_album_unref (album);
}
END_TEST

static Suite *
album_suite (void)
{
  Suite *suite = suite_create ("album");
  TCase *tcase = tcase_create ("album");

  tcase_add_test (tcase, knows_what_ended_until_its_time_is_over);
  tcase_add_test (tcase, portraits_of_other_models_say_nothing);
  tcase_add_test (tcase, is_bounded);
  tcase_add_test (tcase, finds_the_most_similar);
  tcase_add_test (tcase, threads_share_it);
  suite_add_tcase (suite, tcase);

  tcase = tcase_create ("sets");
  tcase_set_timeout (tcase, 60);
  tcase_add_test (tcase, a_target_that_comes_back_is_known);
  tcase_add_test (tcase, another_camera_knows_it);
  tcase_add_test (tcase, portraits_are_told_now_and_then);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (album)
