/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "stream/replay.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

#define LENGTH 12
#define SIDE 64
#define IMAGE_SIZE (SIDE * SIDE * 3 / 2)

/* Steps of the two tracklets of a window; four pictures in all. */
static const guint frames[2][3] = { { 0, 4, 9 }, { 4, 9, 11 } };
#define N_KEPT 4

/* A clip whose pictures' luma is their number, and its name is number. */
static SstFootage *
make_window (guint number, int side, SstTracklets ** tracklets)
{
  SstFootage *footage = sst_footage_new ();
  char *const name = g_strdup_printf ("%u", number);
  SstClip *const clip = sst_footage_add_clip (footage, name);

  for (guint i = 0; i < LENGTH; i++) {
    SstImage *image = sst_image_new (side, side);

    memset (sst_image_plane (image, 0), (int) i, (size_t) side * side);
    sst_clip_add (clip, image, i * 1000);
  }
  *tracklets = sst_tracklets_new ();
  for (guint i = 0; i < G_N_ELEMENTS (frames); i++) {
    SstTrackletStep steps[3];
    const SstTracklet tracklet = { .clip = 5, .quality = 0.5f, .n_steps = 3,
      .steps = steps
    };

    for (guint k = 0; k < 3; k++)
      steps[k] = (SstTrackletStep) { frames[i][k], { 1.f, 2.f, 20.f, 20.f } };
    sst_tracklets_add (*tracklets, &tracklet);
  }
  g_free (name);
  return footage;
}

static gboolean
add_of (SstReplay * replay, guint stream, guint number, int side)
{
  SstTracklets *tracklets;
  SstFootage *footage = make_window (number, side, &tracklets);
  const gboolean added = sst_replay_add (replay, stream,
      sst_footage_clip (footage, 0), tracklets);

  sst_footage_free (&footage);
  sst_tracklets_free (&tracklets);
  return added;
}

static gboolean
add (SstReplay * replay, guint number, int side)
{
  return add_of (replay, 0, number, side);
}

/* One of four is held out, and what is in neither has no overlap. */
START_TEST (one_of_four_is_held_out)
{
  SstReplay *replay = sst_replay_new (1, 100 << 20);
  guint seen[16] = { 0 };

  for (guint i = 0; i < 16; i++) {
    const guint version[] = { sst_replay_version (replay, FALSE),
      sst_replay_version (replay, TRUE)
    };

    ck_assert (add (replay, i, SIDE));
    /* just one of them changes */
    ck_assert_uint_eq (sst_replay_version (replay, FALSE)
        + sst_replay_version (replay, TRUE), version[0] + version[1] + 1);
    if (i == 2)                 /* not all too late */
      ck_assert_uint_eq (sst_replay_n_windows (replay, TRUE), 1);
  }
  ck_assert_uint_eq (sst_replay_n_windows (replay, FALSE), 12);
  ck_assert_uint_eq (sst_replay_n_windows (replay, TRUE), 4);
  for (int held_out = 0; held_out < 2; held_out++) {
    SstFootage *footage = sst_footage_new ();
    SstTracklets *tracklets = sst_tracklets_new ();

    sst_replay_get (replay, held_out, footage, tracklets);
    for (guint i = 0; i < sst_footage_n_clips (footage); i++)
      seen[atoi (sst_footage_clip (footage, i)->name)]++;
    ck_assert_uint_eq (sst_tracklets_length (tracklets), held_out ? 8 : 24);
    sst_footage_free (&footage);
    sst_tracklets_free (&tracklets);
  }
  for (guint i = 0; i < 16; i++)
    ck_assert_uint_eq (seen[i], 1);
  sst_replay_clear (replay);
  ck_assert_uint_eq (sst_replay_n_windows (replay, FALSE), 0);
  ck_assert_uint_eq (sst_replay_n_windows (replay, TRUE), 0);
  ck_assert_uint_eq (sst_replay_size (replay), 0);
  sst_replay_free (&replay);
  ck_assert_ptr_null (replay);
}
END_TEST

/* Of windows that come of several streams in turn, each has its share held out,
 * whatever their number. */
START_TEST (of_each_stream_one_of_four_is_held_out)
{
  for (guint n_streams = 1; n_streams <= 5; n_streams++) {
    SstReplay *replay = sst_replay_new (1, 100 << 20);
    SstFootage *footage = sst_footage_new ();
    SstTracklets *tracklets = sst_tracklets_new ();
    guint n[5] = { 0 };

    for (guint i = 0; i < 8 * n_streams; i++) {
      add_of (replay, i % n_streams, i, SIDE);
      if (i == 4)               /* not all too late */
        ck_assert_uint_ge (sst_replay_n_windows (replay, TRUE), 1);
    }
    sst_replay_get (replay, TRUE, footage, tracklets);
    for (guint i = 0; i < sst_footage_n_clips (footage); i++)
      n[(guint) atoi (sst_footage_clip (footage, i)->name) % n_streams]++;
    for (guint i = 0; i < n_streams; i++)
      ck_assert_uint_eq (n[i], 2);
    sst_footage_free (&footage);
    sst_tracklets_free (&tracklets);
    sst_replay_free (&replay);
  }
}
END_TEST

/* Pictures that no tracklet has a step in are gone; steps find theirs. */
START_TEST (pictures_without_a_step_are_dropped)
{
  SstReplay *replay = sst_replay_new (1, 100 << 20);
  SstFootage *footage = sst_footage_new ();
  SstTracklets *tracklets = sst_tracklets_new ();

  for (guint i = 0; i < 3; i++)
    add (replay, i, SIDE);
  ck_assert_uint_ge (sst_replay_size (replay), 3 * N_KEPT * IMAGE_SIZE);
  ck_assert_uint_le (sst_replay_size (replay), 3 * N_KEPT * IMAGE_SIZE + 2000);
  sst_replay_get (replay, FALSE, footage, tracklets);
  ck_assert_uint_eq (sst_footage_n_clips (footage), 2);
  ck_assert_uint_eq (sst_tracklets_length (tracklets), 4);
  sst_replay_free (&replay);    /* they are references */
  for (guint i = 0; i < 4; i++) {
    const SstTracklet *const t = sst_tracklets_get (tracklets, i);
    const SstClip *const clip = sst_footage_clip (footage, t->clip);

    ck_assert_uint_eq (t->clip, i / 2);
    ck_assert_uint_eq (sst_clip_length (clip), N_KEPT);
    for (guint k = 0; k < t->n_steps; k++) {
      const guint frame = t->steps[k].frame;

      ck_assert_uint_eq (sst_clip_frame (clip, frame)->plane[0][0],
          frames[i % 2][k]);
      ck_assert_uint_eq (sst_clip_time (clip, frame), frames[i % 2][k] * 1000);
    }
  }
  sst_footage_free (&footage);
  sst_tracklets_free (&tracklets);
}
END_TEST

/* Without tracklets, some pictures of the whole window are kept. */
START_TEST (windows_without_tracklets_keep_some_pictures)
{
  SstReplay *replay = sst_replay_new (1, 100 << 20);
  SstTracklets *none = sst_tracklets_new (), *tracklets;
  SstFootage *window = make_window (0, SIDE, &tracklets);
  SstFootage *footage = sst_footage_new ();
  const SstClip *clip;
  guint n;

  ck_assert (sst_replay_add (replay, 0, sst_footage_clip (window, 0), none));
  sst_replay_get (replay, FALSE, footage, none);
  ck_assert_uint_eq (sst_tracklets_length (none), 0);
  clip = sst_footage_clip (footage, 0);
  n = sst_clip_length (clip);
  ck_assert_uint_ge (n, 2);
  ck_assert_uint_lt (n, LENGTH);
  ck_assert_uint_eq (sst_clip_frame (clip, 0)->plane[0][0], 0);
  ck_assert_uint_ge (sst_clip_frame (clip, n - 1)->plane[0][0], LENGTH / 2);
  sst_replay_free (&replay);
  sst_footage_free (&window);
  sst_footage_free (&footage);
  sst_tracklets_free (&tracklets);
  sst_tracklets_free (&none);
}
END_TEST

/* Bounded for ever, with windows of the whole past in it; the same seed keeps
 * the same ones. */
START_TEST (memory_is_bounded_and_all_the_past_is_in_it)
{
  const size_t limit = 40 * N_KEPT * IMAGE_SIZE;
  SstReplay *replay = sst_replay_new (7, limit);
  SstReplay *again = sst_replay_new (7, limit);
  SstFootage *footage = sst_footage_new (), *footage2 = sst_footage_new ();
  SstTracklets *tracklets = sst_tracklets_new ();
  guint n, n_old = 0, n_new = 0;

  for (guint i = 0; i < 120; i++) {
    add (replay, i, SIDE);
    add (again, i, SIDE);
    ck_assert_uint_le (sst_replay_size (replay), limit);
  }
  ck_assert_uint_ge (sst_replay_n_windows (replay, FALSE), 28);
  ck_assert_uint_ge (sst_replay_n_windows (replay, TRUE), 9);
  ck_assert_uint_le (sst_replay_n_windows (replay, TRUE), 10);
  sst_replay_get (replay, FALSE, footage, tracklets);
  sst_replay_get (again, FALSE, footage2, tracklets);
  n = sst_footage_n_clips (footage);
  ck_assert_uint_eq (sst_footage_n_clips (footage2), n);
  for (guint i = 0; i < n; i++) {
    const char *const name = sst_footage_clip (footage, i)->name;

    ck_assert_str_eq (name, sst_footage_clip (footage2, i)->name);
    n_old += atoi (name) < 60;
    n_new += atoi (name) >= 100;
  }
  ck_assert_uint_gt (n_old, 0);
  ck_assert_uint_gt (n_new, 5);

  /* one that has no room at all changes nothing */
  n = sst_replay_version (replay, FALSE) + sst_replay_version (replay, TRUE);
  ck_assert (!add (replay, 200, 10 * SIDE));
  ck_assert_uint_eq (sst_replay_version (replay, FALSE)
      + sst_replay_version (replay, TRUE), n);
  sst_replay_free (&replay);
  sst_replay_free (&again);
  sst_footage_free (&footage);
  sst_footage_free (&footage2);
  sst_tracklets_free (&tracklets);
}
END_TEST

static Suite *
replay_suite (void)
{
  Suite *suite = suite_create ("replay");
  TCase *tcase = tcase_create ("replay");

  tcase_add_test (tcase, one_of_four_is_held_out);
  tcase_add_test (tcase, of_each_stream_one_of_four_is_held_out);
  tcase_add_test (tcase, pictures_without_a_step_are_dropped);
  tcase_add_test (tcase, windows_without_tracklets_keep_some_pictures);
  tcase_add_test (tcase, memory_is_bounded_and_all_the_past_is_in_it);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (replay)
