/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "scene.h"
#include "suite.h"

#include <sstrack/targets.h>

#include "picture/features.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 320
#define HEIGHT 240
#define SIDE 40                 /* of a sprite, unless a test wants another */

/* A scene that is fed to a set, frame by frame. */
typedef struct
{
  Scene *scene;
  SstTargets *targets;
  SstTargetsParams params;
  SstTime period;
  int t;                        /* the next frame */
} Feed;

/* The parameters that tests start from. In scenes what is sure and what is not
 * are far apart; the tests do not hang on where the tracker draws the line. */
static SstTargetsParams
test_params (void)
{
  SstTargetsParams params = SST_TARGETS_PARAMS_DEFAULT;

  params.tracker.min_confidence = 0.85f;
  return params;
}

static void
feed_setup (Feed * feed, const SstTargetsParams * params)
{
  *feed = (Feed) {
  .period = SST_SECOND / 30};
  feed->params = params != NULL ? *params : test_params ();
  feed->scene = scene_new (WIDTH, HEIGHT, 1);
  feed->targets = sst_targets_new (&feed->params);
}

static void
feed_teardown (Feed * feed)
{
  sst_targets_free (&feed->targets);
  ck_assert_ptr_null (feed->targets);
  scene_free (&feed->scene);
}

static int
feed_add_sprite (Feed * feed, float x, float y, guint seed, float vx)
{
  const SceneSprite sprite = {
    .x = x,.y = y,.width = SIDE,.height = SIDE,.seed = seed,.vx = vx
  };

  return scene_add_sprite (feed->scene, &sprite);
}

static SstTime
feed_now (const Feed * feed)
{
  return (SstTime) (feed->t - 1) * feed->period;
}

static void
feed_next (Feed * feed, const SstDetection * detections, guint n)
{
  const SstFrame frame = scene_render (feed->scene, feed->t);

  sst_targets_process (feed->targets, &frame, feed->t++ * feed->period,
      detections, n);
}

static void
feed_missing (Feed * feed)
{
  sst_targets_process (feed->targets, NULL, feed->t++ * feed->period, NULL, 0);
}

/* Where a sprite will be in the next frame, for boxes to start from. */
static SstBox
feed_peek (Feed * feed, int sprite)
{
  scene_render (feed->scene, feed->t);
  return scene_truth (feed->scene, sprite).box;
}

static SstBox
feed_truth (const Feed * feed, int sprite)
{
  return scene_truth (feed->scene, sprite).box;
}

static guint64
feed_add_target (Feed * feed, int sprite)
{
  const SstBox box = feed_peek (feed, sprite);

  return sst_targets_add (feed->targets, 0, &box, NULL, SST_ORIGIN_USER);
}

static const SstTarget *
find (const SstTargets * targets, guint64 id)
{
  guint n;
  const SstTarget *const all = sst_targets_get (targets, &n);

  for (guint i = 0; i < n; i++)
    if (all[i].id == id)
      return &all[i];
  return NULL;
}

static guint
count (const SstTargets * targets)
{
  guint n;

  sst_targets_get (targets, &n);
  return n;
}

static SstEvent
event_of (const SstTargets * targets, guint64 id)
{
  const SstTarget *const target = find (targets, id);

  ck_assert_ptr_nonnull (target);
  return target->event;
}

static void
assert_ended (const SstTargets * targets, guint64 id, SstEndReason reason)
{
  const SstTarget *const target = find (targets, id);

  ck_assert_ptr_nonnull (target);
  ck_assert_int_eq (target->now.state, SST_STATE_ENDED);
  ck_assert_int_eq (target->event, SST_EVENT_ENDED);
  ck_assert_int_eq (target->end_reason, reason);
  ck_assert_float_eq (target->now.confidence, 0.f);
  ck_assert (target->now.predicted);
}

static void
assert_follows (const SstTargets * targets, guint64 id, SstBox truth,
    float min_iou)
{
  const SstTarget *const target = find (targets, id);

  ck_assert_ptr_nonnull (target);
  ck_assert_int_ne (target->now.state, SST_STATE_LOST);
  ck_assert_int_ne (target->now.state, SST_STATE_ENDED);
  ck_assert_float_ge (sst_box_iou (&target->now.box, &truth), min_iou);
}

static SstDetection
detection_at (SstBox box, const char *label)
{
  return (SstDetection) {
  box, label, 1.f};
}

static SstBox
shifted (SstBox box, float dx, float dy)
{
  box.x += dx;
  box.y += dy;
  return box;
}

/* Hides a sprite until the target that follows it is lost. */
static void
feed_lose (Feed * feed, int sprite, guint64 id)
{
  scene_sprite (feed->scene, sprite)->hidden = TRUE;
  for (int i = 0; i < 150; i++) {
    feed_next (feed, NULL, 0);
    if (event_of (feed->targets, id) == SST_EVENT_LOST)
      return;
  }
  ck_abort_msg ("a target that is gone was not lost within 5 s");
}

/* ---- names, ids, order ---- */

START_TEST (states_and_ends_have_names)
{
  ck_assert_str_eq (sst_event_to_string (SST_EVENT_NONE), "");
  ck_assert_str_eq (sst_event_to_string (SST_EVENT_STARTED), "started");
  ck_assert_str_eq (sst_event_to_string (SST_EVENT_LOST), "lost");
  ck_assert_str_eq (sst_event_to_string (SST_EVENT_RECOVERED), "recovered");
  ck_assert_str_eq (sst_event_to_string (SST_EVENT_ENDED), "ended");
  ck_assert_str_eq (sst_end_reason_to_string (SST_END_NONE), "");
  ck_assert_str_eq (sst_end_reason_to_string (SST_END_REMOVED), "removed");
  ck_assert_str_eq (sst_end_reason_to_string (SST_END_TIMEOUT), "timeout");
  ck_assert_str_eq (sst_end_reason_to_string (SST_END_REFUSED), "refused");
  ck_assert_str_eq (sst_end_reason_to_string (SST_END_NO_ROOM), "no-room");
  ck_assert_str_eq (sst_end_reason_to_string (SST_END_EOS), "eos");
  ck_assert_str_eq (sst_end_reason_to_string (SST_END_FLUSH), "flush");
  ck_assert_str_eq (sst_end_reason_to_string (SST_END_SEGMENT), "segment");
  ck_assert_str_eq (sst_end_reason_to_string (SST_END_STREAM_START),
      "stream-start");
  ck_assert_str_eq (sst_end_reason_to_string (SST_END_CAPS), "caps");
  ck_assert_str_eq (sst_end_reason_to_string (SST_END_STOP), "stop");
}
END_TEST

/* A frame that must not be read: the test dies if it is. */
START_TEST (empty_set_reads_nothing)
{
  SstTargets *targets = sst_targets_new (NULL);
  const SstFrame frame = {
    .format = SST_FORMAT_GRAY8,.width = WIDTH,.height = HEIGHT,
    .plane = {(const guint8 *) 16},.stride = {WIDTH}
  };
  guint n = 99;

  for (guint i = 0; i < 100; i++)
    sst_targets_process (targets, &frame, i, NULL, 0);
  sst_targets_get (targets, &n);
  ck_assert_uint_eq (n, 0);
  ck_assert_float_eq (sst_targets_get_camera_motion (targets).support, 0.f);
  sst_targets_free (&targets);
  sst_targets_free (&targets);
}
END_TEST

START_TEST (ids_are_sorted_and_never_used_again)
{
  Feed feed;
  SstBox box;
  guint64 early, late, next;
  guint n;
  const SstTarget *all;

  feed_setup (&feed, NULL);
  box = feed_peek (&feed, feed_add_sprite (&feed, 100, 100, 2, 0));

  early = sst_targets_reserve_id (feed.targets);
  late = sst_targets_add (feed.targets, 0, &box, "b", SST_ORIGIN_USER);
  ck_assert_uint_eq (early, 1);
  ck_assert_uint_eq (late, 2);
  feed_next (&feed, NULL, 0);
  /* Added after the other, but reserved before it. */
  ck_assert_uint_eq (sst_targets_add (feed.targets, early, &box, "a",
          SST_ORIGIN_SETTING), early);
  feed_next (&feed, NULL, 0);
  all = sst_targets_get (feed.targets, &n);
  ck_assert_uint_eq (n, 2);
  ck_assert_uint_eq (all[0].id, early);
  ck_assert_str_eq (all[0].label, "a");
  ck_assert_int_eq (all[0].origin, SST_ORIGIN_SETTING);
  ck_assert_int_eq (all[0].event, SST_EVENT_STARTED);
  ck_assert_uint_eq (all[1].id, late);
  ck_assert_str_eq (all[1].label, "b");
  ck_assert_int_eq (all[1].origin, SST_ORIGIN_USER);
  ck_assert_int_eq (all[1].event, SST_EVENT_NONE);

  sst_targets_remove_all (feed.targets, -1);
  feed_next (&feed, NULL, 0);
  next = sst_targets_add (feed.targets, 0, &box, NULL, SST_ORIGIN_USER);
  ck_assert_uint_eq (next, 3);
  sst_targets_clear (feed.targets);
  next = sst_targets_add (feed.targets, 0, &box, NULL, SST_ORIGIN_USER);
  ck_assert_uint_eq (next, 4);
  feed_next (&feed, NULL, 0);
  ck_assert_str_eq (find (feed.targets, next)->label, "");
  feed_teardown (&feed);
}
END_TEST static gpointer
reserve_many (gpointer targets)
{
  guint64 sum = 0;

  for (int i = 0; i < 1000; i++)
    sum += sst_targets_reserve_id (targets);
  return (gpointer) (gsize) sum;
}

START_TEST (ids_are_unique_across_threads)
{
  SstTargets *targets = sst_targets_new (NULL);
  GThread *thread[4];
  gsize sum = 0;

  for (int i = 0; i < 4; i++)
    thread[i] = g_thread_new ("reserve", reserve_many, targets);
  for (int i = 0; i < 4; i++)
    sum += (gsize) g_thread_join (thread[i]);
  /* 1 + ... + 4000: each id once. */
  ck_assert_uint_eq (sum, 4000 * 4001 / 2);
  sst_targets_free (&targets);
}
END_TEST

/* ---- life ---- */
START_TEST (start_and_removal_are_told_once)
{
  Feed feed;
  int sprite;
  guint64 id;
  const SstTarget *target;

  feed_setup (&feed, NULL);
  sprite = feed_add_sprite (&feed, 100, 100, 2, 2);
  id = feed_add_target (&feed, sprite);
  ck_assert_uint_eq (count (feed.targets), 0);

  feed_next (&feed, NULL, 0);
  target = find (feed.targets, id);
  ck_assert_ptr_nonnull (target);
  ck_assert_int_eq (target->event, SST_EVENT_STARTED);
  ck_assert_int_eq (target->end_reason, SST_END_NONE);
  ck_assert_int_eq (target->now.state, SST_STATE_TRACKING);
  ck_assert (!target->now.predicted);
  ck_assert_uint_eq (target->now.first_seen, feed_now (&feed));
  ck_assert_uint_eq (target->now.last_seen, feed_now (&feed));
  for (int i = 0; i < 10; i++) {
    feed_next (&feed, NULL, 0);
    ck_assert_int_eq (event_of (feed.targets, id), SST_EVENT_NONE);
    ck_assert_uint_eq (find (feed.targets, id)->now.first_seen, 0);
  }
  assert_follows (feed.targets, id, feed_truth (&feed, sprite), 0.5f);

  ck_assert (!sst_targets_remove (feed.targets, id + 1));
  ck_assert (sst_targets_remove (feed.targets, id));
  ck_assert (!sst_targets_remove (feed.targets, id));
  feed_next (&feed, NULL, 0);
  assert_ended (feed.targets, id, SST_END_REMOVED);
  ck_assert_uint_eq (count (feed.targets), 1);
  ck_assert (!sst_targets_remove (feed.targets, id));
  feed_next (&feed, NULL, 0);
  ck_assert_uint_eq (count (feed.targets), 0);
  feed_teardown (&feed);
}
END_TEST

START_TEST (removal_before_the_start)
{
  Feed feed;
  guint64 id;

  feed_setup (&feed, NULL);
  id = feed_add_target (&feed, feed_add_sprite (&feed, 100, 100, 2, 0));
  ck_assert (sst_targets_remove (feed.targets, id));
  ck_assert (!sst_targets_remove (feed.targets, id));
  feed_next (&feed, NULL, 0);
  assert_ended (feed.targets, id, SST_END_REMOVED);
  feed_next (&feed, NULL, 0);
  ck_assert_uint_eq (count (feed.targets), 0);
  feed_teardown (&feed);
}
END_TEST

/* The list of a setting is replaced as a whole, also where it fills the set. */
START_TEST (replacement_by_origin)
{
  SstTargetsParams params = test_params ();
  Feed feed;
  SstBox box[2];
  guint64 user, old, fresh;

  params.max_targets = 2;
  feed_setup (&feed, &params);
  feed_add_sprite (&feed, 80, 100, 2, 0);
  feed_add_sprite (&feed, 200, 100, 3, 0);
  box[0] = feed_peek (&feed, 0);
  box[1] = feed_peek (&feed, 1);
  user = sst_targets_add (feed.targets, 0, &box[0], NULL, SST_ORIGIN_USER);
  old = sst_targets_add (feed.targets, 0, &box[1], NULL, SST_ORIGIN_SETTING);
  feed_next (&feed, NULL, 0);
  ck_assert_uint_eq (count (feed.targets), 2);

  sst_targets_remove_all (feed.targets, SST_ORIGIN_SETTING);
  fresh = sst_targets_add (feed.targets, 0, &box[1], NULL, SST_ORIGIN_SETTING);
  feed_next (&feed, NULL, 0);
  ck_assert_uint_eq (count (feed.targets), 3);
  ck_assert_int_eq (event_of (feed.targets, user), SST_EVENT_NONE);
  assert_ended (feed.targets, old, SST_END_REMOVED);
  ck_assert_int_eq (event_of (feed.targets, fresh), SST_EVENT_STARTED);

  sst_targets_remove_all (feed.targets, -1);
  feed_next (&feed, NULL, 0);
  assert_ended (feed.targets, user, SST_END_REMOVED);
  assert_ended (feed.targets, fresh, SST_END_REMOVED);
  feed_next (&feed, NULL, 0);
  ck_assert_uint_eq (count (feed.targets), 0);
  feed_teardown (&feed);
}
END_TEST

START_TEST (impossible_requests_are_refused)
{
  static const SstBox bad[] = {
    {NAN, 10, 30, 30}, {10, INFINITY, 30, 30}, {10, 10, 0, 30},
    {10, 10, -30, -30}, {10, 10, 30, 1}, {-500, 10, 30, 30},
    {0, 0, 3 * WIDTH, 3 * HEIGHT}, {10, 10, NAN, NAN},
  };
  SstTargetsParams params = test_params ();
  Feed feed;
  guint64 first, good, excess, id[G_N_ELEMENTS (bad)];

  params.max_targets = 2;
  feed_setup (&feed, &params);
  first = feed_add_target (&feed, feed_add_sprite (&feed, 100, 100, 2, 0));
  feed_next (&feed, NULL, 0);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    id[i] = sst_targets_add (feed.targets, 0, &bad[i], NULL, SST_ORIGIN_USER);
  /* What was refused takes no room. */
  good = feed_add_target (&feed, 0);
  excess = feed_add_target (&feed, 0);
  feed_next (&feed, NULL, 0);
  ck_assert_int_eq (event_of (feed.targets, first), SST_EVENT_NONE);
  ck_assert_int_eq (event_of (feed.targets, good), SST_EVENT_STARTED);
  assert_ended (feed.targets, excess, SST_END_NO_ROOM);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    const SstTarget *const target = find (feed.targets, id[i]);

    assert_ended (feed.targets, id[i], SST_END_REFUSED);
    ck_assert (isfinite (target->now.box.x) && isfinite (target->now.box.y)
        && target->now.box.width >= 0.f && target->now.box.height >= 0.f);
    ck_assert_uint_eq (target->now.first_seen, feed_now (&feed));
  }
  feed_next (&feed, NULL, 0);
  ck_assert_uint_eq (count (feed.targets), 2);
  feed_teardown (&feed);
}
END_TEST

/* No frame starts many; those that wait go along with the camera, and where it
 * leaves them behind they are refused. What is beyond the room is refused at
 * once. */
START_TEST (starts_are_spread)
{
  enum { N = 44, ROOM = 40, A_FRAME = 16 };
  SstTargetsParams params = test_params ();
  const SstTarget *all;
  guint n, n_started = 0;
  Feed feed;

  params.max_targets = ROOM;
  feed_setup (&feed, &params);
  feed.scene->camera.vx = -4.f;
  for (int i = 0; i < N; i++) {
    const SstBox box = {
      24.f * (i % 11) + 8.f, 50.f * (i / 11) + 15.f, 20, 20
    };

    sst_targets_add (feed.targets, 0, &box, NULL, SST_ORIGIN_USER);
  }
  for (int t = 0; t < 3; t++) {
    guint n_now = 0;

    feed_next (&feed, NULL, 0);
    all = sst_targets_get (feed.targets, &n);
    for (guint i = 0; i < n; i++) {
      const SstTarget *const target = &all[i];
      const guint k = (guint) target->id - 1;

      if (target->event == SST_EVENT_STARTED) {
        n_now++;
        ck_assert_float_eq_tol (target->now.box.x, 24.f * (k % 11) + 8.f
            + 4.f * t, 2.f);
        ck_assert_float_eq_tol (target->now.box.y, 50.f * (k / 11) + 15.f, 2.f);
      }
    }
    ck_assert_uint_le (n_now, A_FRAME);
    n_started += n_now;
    ck_assert_uint_eq (sst_targets_n_waiting (feed.targets),
        ROOM - n_started);
    if (t == 0)
      assert_ended (feed.targets, N, SST_END_NO_ROOM);
  }
  ck_assert_uint_eq (n_started, ROOM);
  feed_teardown (&feed);
}
END_TEST

/* The same of a detector's boxes, which it may repeat, or not. */
START_TEST (starts_of_detections_are_spread)
{
  enum { N = 24 };
  SstTargetsParams params = test_params ();
  SstDetection detections[N];
  Feed feed;

  params.max_targets = 64;
  feed_setup (&feed, &params);
  for (int i = 0; i < N; i++)
    detections[i] = detection_at ((SstBox) { 38.f * (i % 8) + 8.f,
            70.f * (i / 8) + 15.f, 20, 20}, "car");
  feed_next (&feed, detections, N);
  ck_assert_uint_eq (count (feed.targets), 16);
  ck_assert_uint_eq (sst_targets_n_waiting (feed.targets), N - 16);
  feed_next (&feed, detections, _i == 0 ? N : 0);
  ck_assert_uint_eq (count (feed.targets), N);
  ck_assert_uint_eq (sst_targets_n_waiting (feed.targets), 0);
  ck_assert_uint_eq (sst_targets_reserve_id (feed.targets), N + 1);
  for (guint i = 0; i < N; i++)
    assert_follows (feed.targets, i + 1, detections[i].box, 0.9f);
  feed_teardown (&feed);
}
END_TEST

/* Ages are in time: at any frame rate a target ends when it is due. */
START_TEST (lost_timeout_is_in_time)
{
  static const SstTime periods[] = { SST_SECOND / 30, SST_SECOND / 8 };
  const SstTime period = periods[_i % 2];
  /* A missing frame takes time too. */
  const gboolean missing = _i >= 2;
  SstTargetsParams params = test_params ();
  Feed feed;
  SstTime lost_at, waited;
  guint64 id;

  params.lost_timeout = 2 * SST_SECOND;
  feed_setup (&feed, &params);
  feed.period = period;
  id = feed_add_target (&feed, feed_add_sprite (&feed, 150, 100, 2, 0));
  for (int i = 0; i < 10; i++)
    feed_next (&feed, NULL, 0);
  feed_lose (&feed, 0, id);
  lost_at = feed_now (&feed);
  for (;;) {
    const SstTarget *target;

    if (missing)
      feed_missing (&feed);
    else
      feed_next (&feed, NULL, 0);
    target = find (feed.targets, id);
    ck_assert_ptr_nonnull (target);
    waited = feed_now (&feed) - lost_at;
    if (target->event == SST_EVENT_ENDED)
      break;
    ck_assert_int_eq (target->event, SST_EVENT_NONE);
    ck_assert (target->now.predicted);
    ck_assert_uint_lt (waited, params.lost_timeout);
  }
  assert_ended (feed.targets, id, SST_END_TIMEOUT);
  ck_assert_uint_ge (waited, params.lost_timeout);
  ck_assert_uint_lt (waited, params.lost_timeout + period);
  feed_next (&feed, NULL, 0);
  ck_assert_uint_eq (count (feed.targets), 0);
  feed_teardown (&feed);
}
END_TEST

START_TEST (lost_timeout_never)
{
  SstTargetsParams params = test_params ();
  Feed feed;
  guint64 id;

  params.lost_timeout = G_MAXUINT64;
  feed_setup (&feed, &params);
  id = feed_add_target (&feed, feed_add_sprite (&feed, 150, 100, 2, 0));
  for (int i = 0; i < 10; i++)
    feed_next (&feed, NULL, 0);
  feed_lose (&feed, 0, id);
  sst_targets_process (feed.targets, NULL, 3600 * SST_SECOND, NULL, 0);
  ck_assert_int_eq (find (feed.targets, id)->now.state, SST_STATE_LOST);
  /* An hour later it may be over at once. */
  params.lost_timeout = SST_SECOND;
  sst_targets_set_params (feed.targets, &params);
  sst_targets_process (feed.targets, NULL, 3601 * SST_SECOND, NULL, 0);
  assert_ended (feed.targets, id, SST_END_TIMEOUT);
  feed_teardown (&feed);
}
END_TEST

START_TEST (loss_and_recovery_are_told_once)
{
  Feed feed;
  guint64 id;
  guint told[SST_EVENT_ENDED + 1] = { 0 };
  gboolean was_lost = FALSE;

  feed_setup (&feed, NULL);
  id = feed_add_target (&feed, feed_add_sprite (&feed, 150, 100, 2, 0));
  for (int i = 0; i < 150; i++) {
    const SstTarget *target;

    scene_sprite (feed.scene, 0)->hidden = i >= 20 && i < 80;
    feed_next (&feed, NULL, 0);
    target = find (feed.targets, id);
    ck_assert_ptr_nonnull (target);
    told[target->event]++;
    if (target->event == SST_EVENT_LOST) {
      ck_assert_int_eq (target->now.state, SST_STATE_LOST);
      ck_assert (!was_lost);
      was_lost = TRUE;
    } else if (target->event == SST_EVENT_RECOVERED) {
      ck_assert_int_eq (target->now.state, SST_STATE_TRACKING);
      ck_assert (was_lost);
      ck_assert_int_ge (i, 80);
      was_lost = FALSE;
    } else if (target->now.state == SST_STATE_LOST) {
      ck_assert (was_lost);
    }
  }
  ck_assert_uint_eq (told[SST_EVENT_STARTED], 1);
  ck_assert_uint_eq (told[SST_EVENT_LOST], 1);
  ck_assert_uint_eq (told[SST_EVENT_RECOVERED], 1);
  assert_follows (feed.targets, id, feed_truth (&feed, 0), 0.5f);
  feed_teardown (&feed);
}
END_TEST

START_TEST (missing_frames_are_coasted_over)
{
  Feed feed;
  guint64 id, waiting;
  SstDetection detection;

  feed_setup (&feed, NULL);
  feed_add_sprite (&feed, 80, 100, 2, 2);
  feed_add_sprite (&feed, 250, 180, 3, 0);
  id = feed_add_target (&feed, 0);
  for (int i = 0; i < 15; i++)
    feed_next (&feed, NULL, 0);

  /* Without a picture nothing can start, whoever asks for it. */
  waiting = feed_add_target (&feed, 1);
  detection = detection_at (feed_truth (&feed, 1), NULL);
  for (int i = 0; i < 3; i++) {
    sst_targets_process (feed.targets, NULL, feed.t++ * feed.period,
        &detection, 1);
    ck_assert_uint_eq (count (feed.targets), 1);
    ck_assert (find (feed.targets, id)->now.predicted);
    ck_assert_int_eq (event_of (feed.targets, id), SST_EVENT_NONE);
  }
  feed_next (&feed, NULL, 0);
  ck_assert_uint_eq (count (feed.targets), 2);
  ck_assert_int_eq (event_of (feed.targets, waiting), SST_EVENT_STARTED);
  ck_assert (!find (feed.targets, id)->now.predicted);
  assert_follows (feed.targets, id, feed_truth (&feed, 0), 0.5f);
  /* But it can be removed. */
  sst_targets_remove (feed.targets, waiting);
  feed_missing (&feed);
  assert_ended (feed.targets, waiting, SST_END_REMOVED);
  feed_teardown (&feed);
}
END_TEST

/* ---- detections ---- */
START_TEST (detection_starts_a_target)
{
  static const SstBox bad[] = {
    {NAN, 10, 30, 30}, {10, 10, 1, 1}, {-500, 10, 30, 30}, {10, 10, -5, 30}
  };
  Feed feed;
  SstDetection detections[1 + G_N_ELEMENTS (bad)];
  const SstTarget *target;
  guint64 id;
  guint n;

  feed_setup (&feed, NULL);
  feed_add_sprite (&feed, 100, 100, 2, 2);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    detections[i] = detection_at (bad[i], "bad");
  detections[G_N_ELEMENTS (bad)] = detection_at (feed_peek (&feed, 0), "car");

  feed_next (&feed, detections, G_N_ELEMENTS (detections));
  target = sst_targets_get (feed.targets, &n);
  ck_assert_uint_eq (n, 1);
  ck_assert_int_eq (target->origin, SST_ORIGIN_DETECTION);
  ck_assert_int_eq (target->event, SST_EVENT_STARTED);
  ck_assert_str_eq (target->label, "car");
  ck_assert_mem_eq (&target->now.box,
      &detections[G_N_ELEMENTS (bad)].box, sizeof (SstBox));
  id = target->id;
  for (int i = 0; i < 10; i++) {
    detections[0] = detection_at (feed_peek (&feed, 0), "car");
    feed_next (&feed, detections, G_N_ELEMENTS (bad));
    ck_assert_uint_eq (count (feed.targets), 1);
    ck_assert_int_eq (event_of (feed.targets, id), SST_EVENT_NONE);
  }
  /* It goes on without the detector. */
  for (int i = 0; i < 10; i++)
    feed_next (&feed, NULL, 0);
  ck_assert_uint_eq (count (feed.targets), 1);
  assert_follows (feed.targets, id, feed_truth (&feed, 0), 0.5f);
  feed_teardown (&feed);
}
END_TEST

START_TEST (detection_corrects_its_target)
{
  Feed feed;
  SstBox box;
  SstDetection detection;
  guint64 id;

  feed_setup (&feed, NULL);
  feed_add_sprite (&feed, 100, 100, 2, 0);
  box = shifted (feed_peek (&feed, 0), 12, 9);
  id = sst_targets_add (feed.targets, 0, &box, NULL, SST_ORIGIN_USER);
  detection = detection_at (feed_peek (&feed, 0), "car");

  /* In the frame of its start a target has the box that was asked for. */
  feed_next (&feed, &detection, 1);
  ck_assert_uint_eq (count (feed.targets), 1);
  ck_assert_mem_eq (&find (feed.targets, id)->now.box, &box, sizeof box);

  detection.box = shifted (detection.box, 0.25f, 0);
  feed_next (&feed, &detection, 1);
  ck_assert_uint_eq (count (feed.targets), 1);
  ck_assert_int_eq (find (feed.targets, id)->origin, SST_ORIGIN_USER);
  assert_follows (feed.targets, id, detection.box, 0.9f);
  feed_teardown (&feed);
}
END_TEST

/* Two targets that overlap, and boxes that overlap both. */
START_TEST (detections_match_one_to_one)
{
  Feed feed;
  SstBox a, b;
  SstDetection detections[2];
  guint64 id_a, id_b;

  feed_setup (&feed, NULL);
  feed_add_sprite (&feed, 120, 100, 2, 0);
  feed_add_sprite (&feed, 138, 100, 3, 0);
  a = feed_peek (&feed, 0);
  b = feed_peek (&feed, 1);
  id_a = feed_add_target (&feed, 0);
  id_b = feed_add_target (&feed, 1);
  feed_next (&feed, NULL, 0);

  detections[0] = detection_at (shifted (b, 4, 0), NULL);
  detections[1] = detection_at (shifted (a, 4, 0), NULL);
  feed_next (&feed, detections, 2);
  ck_assert_uint_eq (count (feed.targets), 2);
  assert_follows (feed.targets, id_a, detections[1].box, 0.9f);
  assert_follows (feed.targets, id_b, detections[0].box, 0.9f);

  /* Nearer to the first target, though further from it than 0.3 would allow
   * for the second too: one of both takes it, and nothing starts. */
  detections[0] = detection_at (shifted (a, 6, 0), NULL);
  feed_next (&feed, detections, 1);
  ck_assert_uint_eq (count (feed.targets), 2);
  assert_follows (feed.targets, id_a, detections[0].box, 0.9f);
  ck_assert_float_lt (sst_box_iou (&find (feed.targets, id_b)->now.box,
          &detections[0].box), 0.8f);
  feed_teardown (&feed);
}
END_TEST

START_TEST (duplicates_start_nothing)
{
  Feed feed;

  feed_setup (&feed, NULL);
  feed_add_sprite (&feed, 100, 100, 2, 2);
  feed_add_sprite (&feed, 250, 180, 3, 0);
  for (int i = 0; i < 10; i++) {
    const SstBox box = feed_peek (&feed, 0);
    const SstDetection detections[] = {
      detection_at (box, NULL),
      detection_at (shifted (box, 5, -4), NULL),
      detection_at (shifted (box, -6, 2), "car"),
      detection_at (feed_truth (&feed, 1), NULL),
    };

    feed_next (&feed, detections, G_N_ELEMENTS (detections));
    ck_assert_uint_eq (count (feed.targets), 2);
  }
  feed_teardown (&feed);
}
END_TEST

/* A detector that looks at every tenth frame and leaves its boxes on those
 * between: they neither hold the target back nor start others. */
START_TEST (repeated_detection_is_no_evidence)
{
  Feed feed;
  SstDetection detection = { 0 };

  feed_setup (&feed, NULL);
  feed_add_sprite (&feed, 60, 100, 2, 4);
  for (int i = 0; i < 40; i++) {
    if (i % 20 == 0)
      detection = detection_at (feed_peek (&feed, 0), "car");
    feed_next (&feed, &detection, 1);
    ck_assert_uint_eq (count (feed.targets), 1);
    assert_follows (feed.targets, 1, feed_truth (&feed, 0), 0.5f);
  }
  /* The last box has been left behind, so that it would start another. */
  ck_assert_float_lt (sst_box_iou (&find (feed.targets, 1)->now.box,
          &detection.box), 0.3f);
  /* A change to the least bit makes it one. */
  detection.box.x = nextafterf (detection.box.x, 1000.f);
  feed_next (&feed, &detection, 1);
  ck_assert_uint_eq (count (feed.targets), 2);
  feed_teardown (&feed);
}
END_TEST

/* Left behind by its target, it says nothing while it stays; gone for a frame,
 * it is somebody else's. */
START_TEST (detection_that_comes_back_is_new)
{
  Feed feed;
  SstDetection detection;

  feed_setup (&feed, NULL);
  feed_add_sprite (&feed, 60, 100, 3, 4);
  detection = detection_at (feed_peek (&feed, 0), "car");
  for (int i = 0; i < 25; i++)
    feed_next (&feed, &detection, 1);
  ck_assert_uint_eq (count (feed.targets), 1);
  feed_next (&feed, NULL, 0);
  feed_next (&feed, &detection, 1);
  ck_assert_uint_eq (count (feed.targets), 2);
  feed_teardown (&feed);
}
END_TEST

START_TEST (labels_must_agree)
{
  Feed feed;
  SstBox box;
  SstDetection detection;
  guint64 id;

  feed_setup (&feed, NULL);
  feed_add_sprite (&feed, 100, 100, 2, 0);
  box = feed_peek (&feed, 0);
  id = sst_targets_add (feed.targets, 0, &box, "car", SST_ORIGIN_USER);
  feed_next (&feed, NULL, 0);

  detection = detection_at (shifted (box, 6, 0), NULL);
  feed_next (&feed, &detection, 1);
  ck_assert_uint_eq (count (feed.targets), 1);
  assert_follows (feed.targets, id, detection.box, 0.9f);
  detection = detection_at (shifted (box, 0, 6), "car");
  feed_next (&feed, &detection, 1);
  ck_assert_uint_eq (count (feed.targets), 1);
  assert_follows (feed.targets, id, detection.box, 0.9f);
  /* It is called something else, but it is where the target is. */
  detection = detection_at (shifted (box, 4, 0), "boat");
  feed_next (&feed, &detection, 1);
  ck_assert_uint_eq (count (feed.targets), 1);
  assert_follows (feed.targets, id, detection.box, 0.9f);
  detection = detection_at (shifted (box, 22, 0), "boat");
  feed_next (&feed, &detection, 1);
  ck_assert_uint_eq (count (feed.targets), 2);
  ck_assert_str_eq (find (feed.targets, id + 1)->label, "boat");
  ck_assert_str_eq (find (feed.targets, id)->label, "car");
  feed_teardown (&feed);
}
END_TEST

/* A detector that changes its mind in every frame, and says two things at
 * once. */
START_TEST (labels_that_change_start_nothing)
{
  static const char *const names[] = { "car", "truck", "bus" };
  Feed feed;

  feed_setup (&feed, NULL);
  feed_add_sprite (&feed, 60, 100, 2, 2);
  for (int i = 0; i < 60; i++) {
    const SstBox box = feed_peek (&feed, 0);
    const SstDetection detections[] = {
      detection_at (shifted (box, 2, 1), names[i % 3]),
      detection_at (shifted (box, -1, 2), names[(i + 1) % 3]),
    };

    feed_next (&feed, detections, i % 4 == 0 ? 2 : 1);
    ck_assert_uint_eq (count (feed.targets), 1);
    ck_assert_str_eq (find (feed.targets, 1)->label, "car");
  }
  feed_teardown (&feed);
}
END_TEST

/* Two targets on one thing: the newer one is lost, and not found there again
 * before the older one is gone. */
START_TEST (one_thing_one_target)
{
  Feed feed;
  SstBox own;
  guint n_lost = 0;

  feed_setup (&feed, NULL);
  feed_add_sprite (&feed, 100, 100, 2, 1);
  feed_add_target (&feed, 0);
  for (int t = 0; t < 20; t++)
    feed_next (&feed, NULL, 0);
  own = feed_peek (&feed, 0);
  sst_targets_add (feed.targets, 0, &own, NULL, SST_ORIGIN_USER);
  for (int t = 0; t < 90; t++) {
    feed_next (&feed, NULL, 0);
    n_lost += event_of (feed.targets, 2) == SST_EVENT_LOST;
    ck_assert_int_ne (event_of (feed.targets, 2), SST_EVENT_RECOVERED);
    ck_assert_int_ne (event_of (feed.targets, 1), SST_EVENT_LOST);
  }
  ck_assert_uint_eq (n_lost, 1);
  ck_assert_int_eq (find (feed.targets, 2)->now.state, SST_STATE_LOST);
  assert_follows (feed.targets, 1, feed_truth (&feed, 0), 0.5f);

  sst_targets_remove (feed.targets, 1);
  for (int t = 0; t < 20; t++)
    feed_next (&feed, NULL, 0);
  assert_follows (feed.targets, 2, feed_truth (&feed, 0), 0.5f);
  feed_teardown (&feed);
}
END_TEST

START_TEST (detections_without_room_are_ignored)
{
  SstTargetsParams params = test_params ();
  Feed feed;

  params.max_targets = 1;
  feed_setup (&feed, &params);
  feed_add_sprite (&feed, 80, 100, 2, 0);
  feed_add_sprite (&feed, 220, 100, 3, 0);
  for (int i = 0; i < 5; i++) {
    const SstDetection detections[] = {
      detection_at (shifted (feed_peek (&feed, 0), 0.1f * i, 0), NULL),
      detection_at (shifted (feed_peek (&feed, 1), 0.1f * i, 0), NULL),
    };

    feed_next (&feed, detections, 2);
    ck_assert_uint_eq (count (feed.targets), 1);
    ck_assert_uint_eq (sst_targets_get (feed.targets, &(guint) {
            0})->id, 1);
  }
  /* No id was wasted on them. */
  ck_assert_uint_eq (sst_targets_reserve_id (feed.targets), 2);
  feed_teardown (&feed);
}
END_TEST

/* What comes back elsewhere: the same thing keeps its id, another does not get
 * it, neither does one of another label. The tracker itself does not search. */
START_TEST (lost_target_is_found_by_a_detection)
{
  const gboolean same = _i != 1;
  const gboolean labels_agree = _i != 2;
  SstTargetsParams params = test_params ();
  Feed feed;
  SstDetection detection;
  guint64 id;

  params.tracker.redetect_windows = 0;
  feed_setup (&feed, &params);
  feed_add_sprite (&feed, 120, 100, 2, 0);
  feed_add_sprite (&feed, 180, 130, same ? 2 : 5, 0);
  scene_sprite (feed.scene, 1)->hidden = TRUE;
  detection = detection_at (feed_peek (&feed, 0), "car");
  id = sst_targets_add (feed.targets, 0, &detection.box, "car",
      SST_ORIGIN_USER);
  for (int i = 0; i < 20; i++)
    feed_next (&feed, NULL, 0);
  feed_lose (&feed, 0, id);
  feed_next (&feed, NULL, 0);

  scene_sprite (feed.scene, 1)->hidden = FALSE;
  detection = detection_at (feed_peek (&feed, 1),
      labels_agree ? "car" : "boat");
  ck_assert_float_lt (sst_box_iou (&find (feed.targets, id)->now.box,
          &detection.box), 0.3f);
  feed_next (&feed, &detection, 1);
  if (same && labels_agree) {
    ck_assert_uint_eq (count (feed.targets), 1);
    ck_assert_int_eq (event_of (feed.targets, id), SST_EVENT_RECOVERED);
    assert_follows (feed.targets, id, detection.box, 0.9f);
    for (int i = 0; i < 10; i++) {
      feed_next (&feed, NULL, 0);
      ck_assert_int_eq (event_of (feed.targets, id), SST_EVENT_NONE);
      assert_follows (feed.targets, id, detection.box, 0.5f);
    }
  } else {
    ck_assert_uint_eq (count (feed.targets), 2);
    ck_assert_int_eq (find (feed.targets, id)->now.state, SST_STATE_LOST);
    ck_assert_int_eq (event_of (feed.targets, id + 1), SST_EVENT_STARTED);
  }
  feed_teardown (&feed);
}
END_TEST

/* ---- determinism ---- */
    static void
assert_same (const SstTarget * a, const SstTarget * b)
{
  ck_assert_uint_eq (a->id, b->id);
  ck_assert_ptr_eq (a->label, b->label);
  ck_assert_int_eq (a->origin, b->origin);
  ck_assert_int_eq (a->event, b->event);
  ck_assert_int_eq (a->end_reason, b->end_reason);
  ck_assert_int_eq (a->now.state, b->now.state);
  ck_assert_float_eq (a->now.confidence, b->now.confidence);
  ck_assert_mem_eq (&a->now.box, &b->now.box, sizeof (SstBox));
  ck_assert_float_eq (a->now.vx, b->now.vx);
  ck_assert_float_eq (a->now.vy, b->now.vy);
  ck_assert_int_eq (a->now.predicted, b->now.predicted);
  ck_assert_uint_eq (a->now.first_seen, b->now.first_seen);
  ck_assert_uint_eq (a->now.last_seen, b->now.last_seen);
}

#define N_SPRITES 6
#define N_CROWD_FRAMES 36

/* Everything that happens to several targets, written down: four that are
 * added, all of which a detector sees now and then, one that disappears, one
 * that is removed. threads 0: a different number every few frames. */
static GArray *
record_crowd (guint n_threads, guint budget)
{
  SstTargetsParams params = test_params ();
  GArray *const record = g_array_new (FALSE, FALSE, sizeof (SstTarget));
  Feed feed;

  params.n_threads = MAX (n_threads, 1);
  params.budget = budget;
  params.lost_timeout = SST_SECOND / 5;
  params.tracker.lost_after = SST_SECOND / 10;
  feed_setup (&feed, &params);
  feed.scene->camera.vx = 1.f;
  for (int i = 0; i < N_SPRITES; i++)
    feed_add_sprite (&feed, 45 + 100 * (i % 3), 70 + 100 * (i / 3), 2 + i,
        0.5f * i);
  for (int i = 0; i < 4; i++)
    feed_add_target (&feed, i);
  for (int t = 0; t < N_CROWD_FRAMES; t++) {
    SstDetection detections[N_SPRITES];
    const SstTarget *all;
    guint n = 0;

    if (n_threads == 0 && t % 4 == 0) {
      params.n_threads = 1 + t / 4 % 4;
      sst_targets_set_params (feed.targets, &params);
    }
    scene_sprite (feed.scene, 1)->hidden = t >= 12;
    if (t == 30)
      sst_targets_remove (feed.targets, 1);
    if (t % 6 == 0) {
      scene_render (feed.scene, feed.t);
      for (int i = 0; i < N_SPRITES; i++)
        if (!scene_sprite (feed.scene, i)->hidden)
          detections[n++] = detection_at (shifted (feed_truth (&feed, i), 1,
                  1), NULL);
    }
    feed_next (&feed, detections, n);
    all = sst_targets_get (feed.targets, &n);
    g_array_append_vals (record, all, n);
  }
  feed_teardown (&feed);
  return record;
}

static void
assert_same_records (const GArray * a, const GArray * b)
{
  ck_assert_uint_eq (a->len, b->len);
  for (guint i = 0; i < a->len; i++)
    assert_same (&g_array_index (a, SstTarget, i),
        &g_array_index (b, SstTarget, i));
}

START_TEST (results_do_not_depend_on_threads)
{
  static const guint n_threads[] = { 2, 4, 0 };
  GArray *const one = record_crowd (1, 0);
  guint told[SST_EVENT_ENDED + 1] = { 0 };

  /* The record has a bit of everything in it. */
  for (guint i = 0; i < one->len; i++)
    told[g_array_index (one, SstTarget, i).event]++;
  ck_assert_uint_ge (told[SST_EVENT_STARTED], N_SPRITES);
  ck_assert_uint_ge (told[SST_EVENT_LOST] + told[SST_EVENT_ENDED], 2);

  for (guint i = 0; i < G_N_ELEMENTS (n_threads); i++) {
    GArray *const many = record_crowd (n_threads[i], 0);

    assert_same_records (one, many);
    g_array_unref (many);
  }
  g_array_unref (one);
}
END_TEST

START_TEST (budget_results_do_not_depend_on_threads)
{
  GArray *const one = record_crowd (1, 2);
  GArray *const many = record_crowd (4, 2);
  GArray *const rich = record_crowd (1, 0);
  guint n_predicted = 0;

  assert_same_records (one, many);
  for (guint i = 0; i < one->len; i++)
    n_predicted += g_array_index (one, SstTarget, i).now.predicted;
  for (guint i = 0; i < rich->len; i++)
    n_predicted -= g_array_index (rich, SstTarget, i).now.predicted;
  /* It made a difference. */
  ck_assert_uint_gt (n_predicted, N_CROWD_FRAMES);
  ck_assert_uint_lt (n_predicted, N_CROWD_FRAMES * N_SPRITES);
  g_array_unref (one);
  g_array_unref (many);
  g_array_unref (rich);
}
END_TEST

START_TEST (budget_goes_round)
{
  SstTargetsParams params = test_params ();
  Feed feed;
  guint looked[N_SPRITES] = { 0 };

  params.budget = 2;
  feed_setup (&feed, &params);
  for (int i = 0; i < N_SPRITES; i++) {
    feed_add_sprite (&feed, 45 + 100 * (i % 3), 70 + 100 * (i / 3), 2 + i,
        0.25f * i);
    feed_add_target (&feed, i);
  }
  /* So many start in a frame, too. */
  for (guint n = 2; n <= N_SPRITES; n += 2) {
    feed_next (&feed, NULL, 0);
    ck_assert_uint_eq (count (feed.targets), n);
  }
  for (int t = 0; t < 30; t++) {
    const SstTarget *all;
    guint n, n_looked = 0;

    feed_next (&feed, NULL, 0);
    all = sst_targets_get (feed.targets, &n);
    ck_assert_uint_eq (n, N_SPRITES);
    for (guint i = 0; i < n; i++)
      if (!all[i].now.predicted) {
        looked[i]++;
        n_looked++;
      }
    ck_assert_uint_le (n_looked, params.budget);
  }
  for (int i = 0; i < N_SPRITES; i++) {
    ck_assert_uint_ge (looked[i], 3);
    assert_follows (feed.targets, 1 + i, feed_truth (&feed, i), 0.5f);
  }
  feed_teardown (&feed);
}
END_TEST

/* One that is gone is urgent for ever; the others must not be forgotten. */
START_TEST (budget_is_not_spent_on_the_lost)
{
  SstTargetsParams params = test_params ();
  Feed feed;

  params.budget = 1;
  params.lost_timeout = G_MAXUINT64;
  feed_setup (&feed, &params);
  for (int i = 0; i < 4; i++) {
    feed_add_sprite (&feed, 80 + 140 * (i % 2), 60 + 110 * (i / 2), 2 + i,
        0.25f * i);
    feed_add_target (&feed, i);
  }
  for (int t = 0; t < 40; t++)
    feed_next (&feed, NULL, 0);
  feed_lose (&feed, 0, 1);
  for (int t = 0; t < 60; t++) {
    feed_next (&feed, NULL, 0);
    for (int i = 1; i < 4; i++)
      ck_assert_int_ne (event_of (feed.targets, 1 + i), SST_EVENT_LOST);
  }
  for (int i = 1; i < 4; i++)
    assert_follows (feed.targets, 1 + i, feed_truth (&feed, i), 0.5f);
  feed_teardown (&feed);
}
END_TEST

/* However many are lost, one of them is searched for in a frame; each has its
 * turn and comes back. */
START_TEST (the_lost_take_turns)
{
  SstTargetsParams params = test_params ();
  Feed feed;

  params.lost_timeout = G_MAXUINT64;
  feed_setup (&feed, &params);
  for (int i = 0; i < N_SPRITES; i++) {
    feed_add_sprite (&feed, 45 + 100 * (i % 3), 70 + 100 * (i / 3), 2 + i, 0);
    feed_add_target (&feed, i);
  }
  for (int t = 0; t < 20; t++)
    feed_next (&feed, NULL, 0);
  for (int i = 0; i < N_SPRITES; i++)
    scene_sprite (feed.scene, i)->hidden = TRUE;
  for (int t = 0; t < 60; t++)
    feed_next (&feed, NULL, 0);
  for (int i = 0; i < N_SPRITES; i++) {
    ck_assert_int_eq (find (feed.targets, 1 + i)->now.state, SST_STATE_LOST);
    scene_sprite (feed.scene, i)->hidden = FALSE;
  }
  /* where it was lost it is looked for every third turn, and then on trial */
  for (int t = 0; t < 3 * N_SPRITES + 15; t++) {
    gboolean was_lost[N_SPRITES];
    guint n_found = 0;

    for (int i = 0; i < N_SPRITES; i++)
      was_lost[i] = find (feed.targets, 1 + i)->now.state == SST_STATE_LOST;
    feed_next (&feed, NULL, 0);
    for (int i = 0; i < N_SPRITES; i++)
      n_found += was_lost[i]
          && find (feed.targets, 1 + i)->now.state != SST_STATE_LOST;
    ck_assert_uint_le (n_found, 1);
  }
  for (int i = 0; i < N_SPRITES; i++)
    assert_follows (feed.targets, 1 + i, feed_truth (&feed, i), 0.5f);
  feed_teardown (&feed);
}
END_TEST

/* Whoever asks, what has been lost longest makes room; with none lost, the
 * other is turned away, which is counted. */
START_TEST (the_lost_make_room)
{
  const gboolean by_detector = _i == 1;
  SstTargetsParams params = test_params ();
  SstDetection detections[2];
  Feed feed;

  params.max_targets = 2;
  feed_setup (&feed, &params);
  for (int i = 0; i < 4; i++)
    feed_add_sprite (&feed, 80 + 140 * (i % 2), 60 + 110 * (i / 2), 2 + i, 0);
  feed_add_target (&feed, 0);
  feed_add_target (&feed, 1);
  for (int t = 0; t < 20; t++)
    feed_next (&feed, NULL, 0);
  feed_lose (&feed, 1, 2);
  feed_lose (&feed, 0, 1);
  ck_assert_uint_eq (sst_targets_n_turned_away (feed.targets), 0);

  detections[0] = detection_at (feed_peek (&feed, 2), NULL);
  detections[1] = detection_at (feed_peek (&feed, 3), NULL);
  for (guint k = 0; k < 3; k++) {
    const guint i = MIN (k, 1);

    if (by_detector)
      feed_next (&feed, &detections[i], 1);
    else
      sst_targets_add (feed.targets, 0, &detections[i].box, NULL,
          SST_ORIGIN_USER);
    if (!by_detector)
      feed_next (&feed, NULL, 0);
    if (k < 2) {
      assert_ended (feed.targets, 2 - k, SST_END_DISPLACED);
      ck_assert_int_eq (event_of (feed.targets, 3 + k), SST_EVENT_STARTED);
    }
    ck_assert_uint_eq (sst_targets_n_turned_away (feed.targets),
        k == 2 && !by_detector);
  }
  if (by_detector) {
    const SstDetection another = detection_at ((SstBox) { 140, 100, 30, 30 },
        NULL);

    feed_next (&feed, &another, 1);
    ck_assert_uint_eq (sst_targets_n_turned_away (feed.targets), 1);
  }
  feed_next (&feed, NULL, 0);
  ck_assert_uint_eq (count (feed.targets), 2);
  ck_assert_uint_eq (sst_targets_n_turned_away (feed.targets), 0);
  feed_teardown (&feed);
}
END_TEST

/* ---- changes on the way ---- */
START_TEST (params_change_while_running)
{
  SstTargetsParams params = test_params ();
  Feed feed;
  guint64 id[3], excess;

  feed_setup (&feed, NULL);
  for (int i = 0; i < 3; i++) {
    feed_add_sprite (&feed, 60 + 90 * i, 100, 2 + i, 0.5f);
    id[i] = feed_add_target (&feed, i);
  }
  for (int t = 0; t < 5; t++)
    feed_next (&feed, NULL, 0);

  /* Fewer than there are: none ends, none comes. */
  params.max_targets = 1;
  params.n_threads = 3;
  sst_targets_set_params (feed.targets, &params);
  excess = feed_add_target (&feed, 0);
  feed_next (&feed, NULL, 0);
  ck_assert_uint_eq (count (feed.targets), 4);
  assert_ended (feed.targets, excess, SST_END_NO_ROOM);
  for (int i = 0; i < 3; i++)
    ck_assert_int_eq (event_of (feed.targets, id[i]), SST_EVENT_NONE);

  feed_teardown (&feed);
}
END_TEST

/* The hand-made features, counting how often they are asked. */
static int n_extracted;

static void
extract_and_count (const SstFeatureSource * source, const float *sample,
    int side, float *scratch, float *channels)
{
  const SstFeatureSource *const handmade = sst_features_handmade ();

  g_atomic_int_inc (&n_extracted);
  handmade->extract (handmade, sample, side, scratch, channels);
}

/* Trackers with other features come beside those that run, and neither kind is
 * taken for the other when it is used again. */
START_TEST (features_change_while_running)
{
  SstTargetsParams params = test_params ();
  SstFeatureSource counting = *sst_features_handmade ();
  Feed feed;
  guint64 id[2];
  int before;

  counting.extract = extract_and_count;
  n_extracted = 0;
  feed_setup (&feed, NULL);
  for (int i = 0; i < 2; i++) {
    feed_add_sprite (&feed, 80 + 120 * i, 100, 2 + i, 0.5f);
    id[i] = feed_add_target (&feed, i);
  }
  feed_next (&feed, NULL, 0);

  /* Both end and start again; what they leave behind must not be used. */
  for (int round = 0; round < 4; round++) {
    params.tracker.features = round % 2 == 0 ? &counting : NULL;
    params.n_threads = 1 + round;
    sst_targets_set_params (feed.targets, &params);
    before = n_extracted;
    feed_next (&feed, NULL, 0);
    /* Those that run keep theirs. */
    if (round % 2 == 0)
      ck_assert_int_eq (n_extracted, before);
    else
      ck_assert_int_gt (n_extracted, before);

    before = n_extracted;
    for (int i = 0; i < 2; i++) {
      sst_targets_remove (feed.targets, id[i]);
      id[i] = feed_add_target (&feed, i);
    }
    for (int t = 0; t < 3; t++)
      feed_next (&feed, NULL, 0);
    if (round % 2 == 0)
      ck_assert_int_gt (n_extracted, before);
    else
      ck_assert_int_eq (n_extracted, before);
    for (int i = 0; i < 2; i++)
      assert_follows (feed.targets, id[i], feed_truth (&feed, i), 0.5f);
  }

  /* Used again while others with the same features run. */
  sst_targets_remove (feed.targets, id[0]);
  feed_next (&feed, NULL, 0);
  params.tracker.features = &counting;
  sst_targets_set_params (feed.targets, &params);
  sst_targets_remove (feed.targets, id[1]);
  feed_next (&feed, NULL, 0);
  before = n_extracted;
  id[0] = feed_add_target (&feed, 0);
  feed_next (&feed, NULL, 0);
  ck_assert_int_gt (n_extracted, before);
  feed_teardown (&feed);
}
END_TEST

START_TEST (clear_forgets_everything)
{
  Feed feed;
  guint64 id;

  feed_setup (&feed, NULL);
  feed_add_sprite (&feed, 100, 100, 2, 3);
  feed.scene->camera.vx = 3.f;
  feed.t = 100;
  id = feed_add_target (&feed, 0);
  for (int i = 0; i < 3; i++)
    feed_next (&feed, NULL, 0);
  ck_assert_float_gt (sst_targets_get_camera_motion (feed.targets).support,
      0.f);
  feed_add_target (&feed, 0);
  sst_targets_clear (feed.targets);
  ck_assert_uint_eq (count (feed.targets), 0);
  ck_assert_float_eq (sst_targets_get_camera_motion (feed.targets).support,
      0.f);
  ck_assert (!sst_targets_remove (feed.targets, id));
  ck_assert (!sst_targets_remove (feed.targets, id + 1));

  /* A new life, from time 0. */
  feed.t = 0;
  id = feed_add_target (&feed, 0);
  ck_assert_uint_eq (id, 3);
  feed_next (&feed, NULL, 0);
  ck_assert_uint_eq (count (feed.targets), 1);
  ck_assert_uint_eq (find (feed.targets, id)->now.first_seen, 0);
  ck_assert_float_eq (sst_targets_get_camera_motion (feed.targets).support,
      0.f);
  feed_teardown (&feed);
}
END_TEST

START_TEST (all_ends_are_told_with_their_reason)
{
  Feed feed;
  guint64 first, second;

  feed_setup (&feed, NULL);
  first = feed_add_target (&feed, feed_add_sprite (&feed, 80, 100, 5, 1));
  second = feed_add_target (&feed, feed_add_sprite (&feed, 200, 100, 6, 1));
  for (int i = 0; i < 3; i++)
    feed_next (&feed, NULL, 0);
  sst_targets_add (feed.targets, 0, &(SstBox) { 10, 10, 40, 40 }, NULL,
      SST_ORIGIN_USER);
  sst_targets_end_all (feed.targets, SST_END_EOS);
  ck_assert_uint_eq (count (feed.targets), 2);
  assert_ended (feed.targets, first, SST_END_EOS);
  assert_ended (feed.targets, second, SST_END_EOS);
  ck_assert_uint_eq (sst_targets_n_waiting (feed.targets), 0);
  sst_targets_forget_ended (feed.targets);
  ck_assert_uint_eq (count (feed.targets), 0);
  ck_assert (!sst_targets_wants_frames (feed.targets));

  /* nothing is left of them, and time starts anew */
  feed.t = 0;
  feed_next (&feed, NULL, 0);
  ck_assert_uint_eq (count (feed.targets), 0);
  feed_teardown (&feed);
}
END_TEST

START_TEST (what_was_asked_for_begins_again)
{
  Feed feed;
  SstDetection detection;
  SstBox box;
  guint64 asked, detected;
  int sprite, other;

  feed_setup (&feed, NULL);
  sprite = feed_add_sprite (&feed, 80, 100, 5, 0);
  other = feed_add_sprite (&feed, 200, 100, 6, 0);
  asked = feed_add_target (&feed, sprite);
  detection = detection_at (feed_peek (&feed, other), NULL);
  feed_next (&feed, &detection, 1);
  detected = asked + 1;
  box = find (feed.targets, asked)->now.box;
  sst_targets_begin_again (feed.targets, SST_END_FLUSH);
  ck_assert_uint_eq (count (feed.targets), 1);
  assert_ended (feed.targets, detected, SST_END_FLUSH);
  ck_assert_uint_eq (sst_targets_n_waiting (feed.targets), 1);

  feed.t = 0;
  feed_next (&feed, NULL, 0);
  ck_assert_uint_eq (count (feed.targets), 1);
  ck_assert_int_eq (event_of (feed.targets, asked), SST_EVENT_STARTED);
  ck_assert_float_eq (find (feed.targets, asked)->now.box.x, box.x);
  ck_assert_int_eq (find (feed.targets, asked)->origin, SST_ORIGIN_USER);
  feed_teardown (&feed);
}
END_TEST

/* Whether the target says of that box that it can not be followed. */
static gboolean
blames (const SstTarget * target, const SstBox * box)
{
  return g_error_matches (target->error, SST_TRACKER_ERROR,
      SST_TRACKER_ERROR_BOX) && target->asked.x == box->x
      && target->asked.width == box->width;
}

START_TEST (what_can_not_be_done_is_told_with_its_error)
{
  const SstBox narrow = { 10, 10, 1, 40 };
  Feed feed;
  SstBox truth;
  guint64 id, refused, waiting;
  int sprite;

  feed_setup (&feed, NULL);
  sprite = feed_add_sprite (&feed, 80, 100, 5, 0);
  id = feed_add_target (&feed, sprite);
  refused = sst_targets_add (feed.targets, 0, &narrow, NULL, SST_ORIGIN_USER);
  feed_next (&feed, NULL, 0);
  assert_ended (feed.targets, refused, SST_END_REFUSED);
  ck_assert (blames (find (feed.targets, refused), &narrow));
  ck_assert_ptr_null (find (feed.targets, id)->error);

  /* a correction of one that runs, and of one that waits, change nothing */
  truth = feed_peek (&feed, feed_add_sprite (&feed, 200, 100, 6, 0));
  waiting = sst_targets_add (feed.targets, 0, &truth, NULL, SST_ORIGIN_USER);
  ck_assert (sst_targets_correct (feed.targets, id, &narrow));
  ck_assert (sst_targets_correct (feed.targets, waiting, &narrow));
  feed_next (&feed, NULL, 0);
  ck_assert (blames (find (feed.targets, id), &narrow));
  ck_assert (blames (find (feed.targets, waiting), &narrow));
  assert_follows (feed.targets, id, feed_truth (&feed, sprite), 0.7f);
  ck_assert_float_eq (find (feed.targets, waiting)->now.box.x, truth.x);

  /* and are told once */
  feed_next (&feed, NULL, 0);
  ck_assert_ptr_null (find (feed.targets, id)->error);
  ck_assert_ptr_null (find (feed.targets, waiting)->error);
  feed_teardown (&feed);
}
END_TEST

START_TEST (rescale_takes_all_boxes_along)
{
  const SceneSprite large[] = {
    {.x = 200,.y = 200,.width = 2 * SIDE,.height = 2 * SIDE,.seed = 2},
    {.x = 440,.y = 200,.width = 2 * SIDE,.height = 2 * SIDE,.seed = 3},
  };
  Feed feed;
  guint64 id, gone, waiting;
  SstBox before, *after;

  feed_setup (&feed, NULL);
  feed_add_sprite (&feed, 100, 100, 2, 0);
  feed_add_sprite (&feed, 220, 100, 3, 0);
  id = feed_add_target (&feed, 0);
  gone = feed_add_target (&feed, 1);
  for (int i = 0; i < 5; i++)
    feed_next (&feed, NULL, 0);
  before = find (feed.targets, gone)->now.box;
  waiting = feed_add_target (&feed, 1);
  sst_targets_remove (feed.targets, gone);

  scene_free (&feed.scene);
  feed.scene = scene_new (2 * WIDTH, 2 * HEIGHT, 1);
  for (guint i = 0; i < G_N_ELEMENTS (large); i++)
    scene_add_sprite (feed.scene, &large[i]);
  sst_targets_rescale (feed.targets, 2.f, 2.f);
  feed_next (&feed, NULL, 0);
  assert_follows (feed.targets, id, feed_truth (&feed, 0), 0.6f);
  assert_follows (feed.targets, waiting, feed_truth (&feed, 1), 0.99f);
  after = &(SstBox) {
  2 *before.x, 2 * before.y, 2 * before.width, 2 * before.height};
  ck_assert_mem_eq (&find (feed.targets, gone)->now.box, after, sizeof *after);
  feed_teardown (&feed);
}
END_TEST

START_TEST (time_does_not_go_backwards)
{
  Feed feed;
  SstFrame frame;
  guint64 id;

  feed_setup (&feed, NULL);
  feed_add_sprite (&feed, 100, 100, 2, 0);
  id = feed_add_target (&feed, 0);
  frame = scene_render (feed.scene, 0);
  sst_targets_process (feed.targets, &frame, 5 * SST_SECOND, NULL, 0);
  sst_targets_process (feed.targets, &frame, 6 * SST_SECOND, NULL, 0);
  ck_assert_uint_eq (find (feed.targets, id)->now.last_seen, 6 * SST_SECOND);
  sst_targets_process (feed.targets, &frame, SST_SECOND, NULL, 0);
  ck_assert_uint_eq (find (feed.targets, id)->now.last_seen, 6 * SST_SECOND);
  assert_follows (feed.targets, id, feed_truth (&feed, 0), 0.5f);
  /* What starts then has the same clock. */
  id = feed_add_target (&feed, 0);
  sst_targets_process (feed.targets, &frame, 0, NULL, 0);
  ck_assert_uint_eq (find (feed.targets, id)->now.first_seen, 6 * SST_SECOND);
  feed_teardown (&feed);
}
END_TEST

START_TEST (camera_motion_is_reported)
{
  SstTargetsParams params = test_params ();
  Feed feed;
  SstCameraMotion camera;
  guint64 id;

  feed_setup (&feed, NULL);
  feed.scene->camera.vx = 3.f;
  feed_add_sprite (&feed, 200, 100, 2, 3);
  for (int i = 0; i < 3; i++)
    feed_next (&feed, NULL, 0);
  ck_assert_float_eq (sst_targets_get_camera_motion (feed.targets).support,
      0.f);

  id = feed_add_target (&feed, 0);
  feed_next (&feed, NULL, 0);
  ck_assert_float_eq (sst_targets_get_camera_motion (feed.targets).support,
      0.f);
  /* From the very frame of the start. */
  feed_next (&feed, NULL, 0);
  camera = sst_targets_get_camera_motion (feed.targets);
  ck_assert_float_ge (camera.support, SST_MOTION_MIN_SUPPORT);
  ck_assert_float_eq_tol (camera.tx, -3.f, 1.f);
  ck_assert_float_eq_tol (camera.ty, 0.f, 1.f);
  /* Over a gap. */
  feed_missing (&feed);
  ck_assert_float_eq (sst_targets_get_camera_motion (feed.targets).support,
      0.f);
  feed_next (&feed, NULL, 0);
  camera = sst_targets_get_camera_motion (feed.targets);
  ck_assert_float_ge (camera.support, SST_MOTION_MIN_SUPPORT);
  ck_assert_float_eq_tol (camera.tx, -6.f, 1.f);

  sst_targets_discontinuity (feed.targets);
  feed_next (&feed, NULL, 0);
  ck_assert_float_eq (sst_targets_get_camera_motion (feed.targets).support,
      0.f);
  feed_next (&feed, NULL, 0);
  ck_assert_float_ge (sst_targets_get_camera_motion (feed.targets).support,
      SST_MOTION_MIN_SUPPORT);
  params.camera_motion = FALSE;
  sst_targets_set_params (feed.targets, &params);
  feed_next (&feed, NULL, 0);
  ck_assert_float_eq (sst_targets_get_camera_motion (feed.targets).support,
      0.f);
  assert_follows (feed.targets, id, feed_truth (&feed, 0), 0.5f);
  feed_teardown (&feed);
}
END_TEST

/* ---- anything at all ---- */
    typedef struct
{
  gboolean seen, ended, lost;
} Life;

/* Lives are told without contradiction: started first, ended last, lost and
 * recovered in turn, each id in one stretch. */
static void
check_lives (const SstTargets * targets, GArray * lives, GArray * present)
{
  guint n;
  const SstTarget *const all = sst_targets_get (targets, &n);

  for (guint i = 0; i < n; i++) {
    const SstTarget *const target = &all[i];
    const SstTrackerResult *const now = &target->now;
    Life *life;

    ck_assert (i == 0 || all[i - 1].id < target->id);
    if (target->id >= lives->len)
      g_array_set_size (lives, target->id + 1);
    life = &g_array_index (lives, Life, target->id);
    ck_assert (!life->ended);
    ck_assert (life->seen == (target->event != SST_EVENT_STARTED)
        || (!life->seen && target->event == SST_EVENT_ENDED));
    life->seen = TRUE;
    ck_assert_int_eq (target->event == SST_EVENT_ENDED,
        now->state == SST_STATE_ENDED);
    ck_assert_int_eq (target->event == SST_EVENT_ENDED,
        target->end_reason != SST_END_NONE);
    life->ended = target->event == SST_EVENT_ENDED;
    if (target->event == SST_EVENT_LOST) {
      ck_assert (!life->lost && now->state == SST_STATE_LOST);
      life->lost = TRUE;
    } else if (target->event == SST_EVENT_RECOVERED) {
      ck_assert (life->lost && now->state == SST_STATE_TRACKING);
      life->lost = FALSE;
    }
    ck_assert (now->confidence >= 0.f && now->confidence <= 1.f);
    ck_assert (isfinite (now->box.x) && isfinite (now->box.y));
    ck_assert (isfinite (now->vx) && isfinite (now->vy));
    ck_assert (life->ended || (now->box.width > 0.f && now->box.height > 0.f));
    ck_assert (now->first_seen <= now->last_seen);
    ck_assert_ptr_eq (target->label, g_intern_string (target->label));
  }
  /* Nobody leaves without a word. */
  for (guint i = 0; i < present->len; i++)
    ck_assert_ptr_nonnull (find (targets, g_array_index (present, guint64, i)));
  g_array_set_size (present, 0);
  for (guint i = 0; i < n; i++)
    if (all[i].event != SST_EVENT_ENDED)
      g_array_append_val (present, all[i].id);
}

static SstBox
random_box (GRand * rand)
{
  SstBox box = {
    (float) g_rand_double_range (rand, -30, WIDTH),
    (float) g_rand_double_range (rand, -30, HEIGHT),
    (float) g_rand_double_range (rand, 2, 80),
    (float) g_rand_double_range (rand, 2, 80),
  };

  if (g_rand_int_range (rand, 0, 20) == 0)
    box.y = NAN;
  return box;
}

START_TEST (any_calls_in_any_order)
{
  static const char *const labels[] = { NULL, "car", "boat", "" };
  const guint32 seed = 100 + _i;
  GRand *const rand = g_rand_new_with_seed (seed);
  SstTargetsParams params = test_params ();
  GArray *const lives = g_array_new (FALSE, TRUE, sizeof (Life));
  GArray *const present = g_array_new (FALSE, FALSE, sizeof (guint64));
  guint64 reserved = 0;
  Feed feed;

  g_print ("any_calls_in_any_order: seed %u\n", seed);
  params.lost_timeout = SST_SECOND;
  params.tracker.lost_after = SST_SECOND / 5;
  feed_setup (&feed, &params);
  for (int i = 0; i < N_SPRITES; i++)
    feed_add_sprite (&feed, 45 + 100 * (i % 3), 70 + 100 * (i / 3), 2 + i,
        0.5f * i);
  for (int t = 0; t < 80; t++) {
    SstDetection detections[8];
    const guint n = g_rand_int_range (rand, 0, 9);
    const SstBox box = random_box (rand);
    const char *const label = labels[g_rand_int_range (rand, 0, 4)];

    scene_render (feed.scene, feed.t);
    for (guint i = 0; i < n; i++) {
      detections[i] = detection_at (random_box (rand),
          labels[g_rand_int_range (rand, 0, 4)]);
      if (g_rand_boolean (rand))
        detections[i].box = feed_truth (&feed, i % N_SPRITES);
    }
    switch (g_rand_int_range (rand, 0, 16)) {
      case 0:
        sst_targets_add (feed.targets, reserved, &box, label, SST_ORIGIN_USER);
        reserved = 0;
        break;
      case 1:
        if (reserved == 0)
          reserved = sst_targets_reserve_id (feed.targets);
        break;
      case 2:
        sst_targets_remove_all (feed.targets, SST_ORIGIN_SETTING);
        for (int i = 0; i < 3; i++)
          sst_targets_add (feed.targets, 0, &box, label, SST_ORIGIN_SETTING);
        break;
      case 3:
        sst_targets_remove (feed.targets, g_rand_int_range (rand, 1, 40));
        break;
      case 4:
        params.n_threads = g_rand_int_range (rand, 1, 5);
        params.max_targets = g_rand_int_range (rand, 1, 10);
        params.budget = g_rand_int_range (rand, 0, 4);
        params.camera_motion = g_rand_boolean (rand);
        params.tracker.redetect_windows = g_rand_int_range (rand, 0, 4);
        sst_targets_set_params (feed.targets, &params);
        break;
      case 5:
        sst_targets_discontinuity (feed.targets);
        break;
      case 6:
        sst_targets_rescale (feed.targets, 1.f, 1.f);
        break;
      case 7:
        scene_sprite (feed.scene, g_rand_int_range (rand, 0,
                N_SPRITES))->hidden = g_rand_boolean (rand);
        break;
      case 8:
        if (t % 8 == 0) {
          sst_targets_clear (feed.targets);
          g_array_set_size (present, 0);
        } else {
          sst_targets_remove_all (feed.targets, -1);
        }
        break;
      case 9:
        feed_missing (&feed);
        check_lives (feed.targets, lives, present);
        break;
      default:
        break;
    }
    feed_next (&feed, detections, n);
    check_lives (feed.targets, lives, present);
  }
  /* Enough happened for the above to mean anything. */
  ck_assert_uint_gt (lives->len, 20);
  feed_teardown (&feed);
  g_array_unref (present);
  g_array_unref (lives);
  g_rand_free (rand);
}
END_TEST

static Suite *
targets_suite (void)
{
  Suite *const suite = suite_create ("targets");
  TCase *tcase;

  tcase = tcase_create ("life");
  tcase_add_test (tcase, states_and_ends_have_names);
  tcase_add_test (tcase, empty_set_reads_nothing);
  tcase_add_test (tcase, ids_are_sorted_and_never_used_again);
  tcase_add_test (tcase, ids_are_unique_across_threads);
  tcase_add_test (tcase, start_and_removal_are_told_once);
  tcase_add_test (tcase, removal_before_the_start);
  tcase_add_test (tcase, replacement_by_origin);
  tcase_add_test (tcase, impossible_requests_are_refused);
  tcase_add_test (tcase, starts_are_spread);
  tcase_add_loop_test (tcase, starts_of_detections_are_spread, 0, 2);
  tcase_add_loop_test (tcase, lost_timeout_is_in_time, 0, 4);
  tcase_add_test (tcase, lost_timeout_never);
  tcase_add_test (tcase, loss_and_recovery_are_told_once);
  tcase_add_test (tcase, missing_frames_are_coasted_over);
  suite_add_tcase (suite, tcase);

  tcase = tcase_create ("detections");
  tcase_add_test (tcase, detection_starts_a_target);
  tcase_add_test (tcase, detection_corrects_its_target);
  tcase_add_test (tcase, detections_match_one_to_one);
  tcase_add_test (tcase, duplicates_start_nothing);
  tcase_add_test (tcase, repeated_detection_is_no_evidence);
  tcase_add_test (tcase, detection_that_comes_back_is_new);
  tcase_add_test (tcase, labels_must_agree);
  tcase_add_test (tcase, labels_that_change_start_nothing);
  tcase_add_test (tcase, one_thing_one_target);
  tcase_add_test (tcase, detections_without_room_are_ignored);
  tcase_add_loop_test (tcase, lost_target_is_found_by_a_detection, 0, 3);
  suite_add_tcase (suite, tcase);

  tcase = tcase_create ("threads");
  tcase_add_test (tcase, results_do_not_depend_on_threads);
  suite_add_tcase (suite, tcase);

  tcase = tcase_create ("determinism");
  tcase_add_test (tcase, budget_results_do_not_depend_on_threads);
  tcase_add_test (tcase, budget_goes_round);
  tcase_add_test (tcase, budget_is_not_spent_on_the_lost);
  tcase_add_test (tcase, the_lost_take_turns);
  tcase_add_loop_test (tcase, the_lost_make_room, 0, 2);
  suite_add_tcase (suite, tcase);

  tcase = tcase_create ("changes");
  tcase_add_test (tcase, params_change_while_running);
  tcase_add_test (tcase, features_change_while_running);
  tcase_add_test (tcase, clear_forgets_everything);
  tcase_add_test (tcase, all_ends_are_told_with_their_reason);
  tcase_add_test (tcase, what_was_asked_for_begins_again);
  tcase_add_test (tcase, what_can_not_be_done_is_told_with_its_error);
  tcase_add_test (tcase, rescale_takes_all_boxes_along);
  tcase_add_test (tcase, time_does_not_go_backwards);
  tcase_add_test (tcase, camera_motion_is_reported);
  tcase_add_loop_test (tcase, any_calls_in_any_order, 0, 3);
  suite_add_tcase (suite, tcase);

  return suite;
}

SUITE_MAIN (targets)
