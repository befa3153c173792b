/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* A frame goes through the set in two rounds of jobs, one job a target: first
 * all that run are updated (or coast) and all that were added start; then the
 * detector's boxes are matched, and those that are matched or new are corrected
 * or started. The jobs of a round touch nothing but their own target, so that
 * threads may share them out in any order without any trace in the results;
 * every decision lies between the rounds, on the caller's thread.
 *
 * Arrays and trackers are kept for reuse: a set that has seen its largest frame
 * allocates nothing. (That is why pairs.h sorts by itself: qsort() may call
 * malloc().) */

#include "track/targets_private.h"

#include <string.h>

#include "base/blas.h"
#include "mask/carry.h"
#include "picture/features.h"
#include "picture/toned.h"
#include "track/album_private.h"

/* What a second of waiting adds to a target's urgency, which is about 0 to 2. A
 * lost target is always urgent; it must not take every turn from the others. */
#define URGENCY_PER_SECOND 5.f

#define MAX_TARGETS 1024
/* An idle tracker that was not needed for that long is freed. */
#define POOL_REST (10 * SST_SECOND)
#define MAX_THREADS (1 + SST_CREW_MAX_THREADS)

/* ---- names ---- */

const char *
sst_event_to_string (SstEvent event)
{
  static const char *const names[] = {
    [SST_EVENT_NONE] = "",
    [SST_EVENT_STARTED] = "started",
    [SST_EVENT_LOST] = "lost",
    [SST_EVENT_RECOVERED] = "recovered",
    [SST_EVENT_ENDED] = "ended",
  };

  g_return_val_if_fail ((guint) event < G_N_ELEMENTS (names), NULL);

  return names[event];
}

const char *
sst_end_reason_to_string (SstEndReason reason)
{
  static const char *const names[] = {
    [SST_END_NONE] = "",
    [SST_END_REMOVED] = "removed",
    [SST_END_TIMEOUT] = "timeout",
    [SST_END_REFUSED] = "refused",
    [SST_END_NO_ROOM] = "no-room",
    [SST_END_DISPLACED] = "displaced",
    [SST_END_EOS] = "eos",
    [SST_END_FLUSH] = "flush",
    [SST_END_SEGMENT] = "segment",
    [SST_END_STREAM_START] = "stream-start",
    [SST_END_CAPS] = "caps",
    [SST_END_STOP] = "stop",
  };

  g_return_val_if_fail ((guint) reason < G_N_ELEMENTS (names), NULL);

  return names[reason];
}

/* ---- jobs ---- */

/* The tone that targets start with; NULL: none. */
static const SstTone *
model_tone (const SstTargets * targets)
{
  const SstModel *const model = targets->params.tracker.model;

  return model != NULL ? sst_model_tone (model) : NULL;
}

SstFrame
sst_targets_view_for (const SstTargets * targets, const SstSlot * slot)
{
  const SstTone *const present = model_tone (targets);
  const SstTone *const tone = slot->job == SST_JOB_START ? present
      : sst_tracker_tone (slot->tracker);

  return targets->denoised != NULL && tone != NULL
      && memcmp (tone, present, sizeof (SstTone)) == 0 ? *targets->denoised
      : sst_frame_with_tone (targets->frame, tone);
}

static void
run_job (gpointer data, guint i)
{
  const SstTargets *const targets = data;
  SstSlot *const slot = sst_targets_slot (targets,
      g_array_index (targets->jobs, guint, i));
  SstTrackerResult *const now = &slot->target.now;
  SstFrame view;

  switch (slot->job) {
    case SST_JOB_UPDATE:
      view = sst_targets_view_for (targets, slot);
      sst_tracker_update (slot->tracker, &view, targets->time, targets->moved,
          now);
      break;
    case SST_JOB_COAST:
      sst_tracker_coast (slot->tracker, targets->time, targets->moved, now);
      break;
    case SST_JOB_START:
      view = sst_targets_view_for (targets, slot);
      slot->refused = !sst_tracker_start (slot->tracker, &view, &now->box,
          targets->time, &slot->error);
      break;
    case SST_JOB_CORRECT:
      view = sst_targets_view_for (targets, slot);
      sst_tracker_correct (slot->tracker, &view, &slot->detection,
          targets->time, now);
      break;
  }
}

/* Says which targets have masks: the first ones. */
static void
share_masks (SstTargets * targets)
{
  SstTrackerParams with = targets->params.tracker, without = with;
  guint n = 0;

  without.mask_interval = without.point_grid = 0;
  without.mask_box = FALSE;
  if (with.mask_interval <= 0 && with.point_grid <= 0 && !with.mask_box)
    return;
  for (guint i = 0; i < targets->slots->len; i++) {
    SstSlot *const slot = sst_targets_slot (targets, i);

    if (sst_slot_is_running (slot) && slot->tracker != NULL)
      sst_tracker_set_params (slot->tracker,
          n++ < targets->params.mask_targets ? &with : &without);
  }
}

/* Floats of scratch that a tracker of these takes at a time. */
static gsize
scratch_size (const SstTrackerParams * params)
{
  const gsize matcher = params->model != NULL ?
      sst_matcher_scratch_size (params->model) : 0;
  const gboolean masks = params->mask_interval > 0 || params->point_grid > 0
      || (params->mask_box && params->model != NULL);

  return masks ? MAX (matcher, sst_mask_carrier_scratch_size (params->model))
      : matcher;
}

/* Runs the collected jobs and empties the list. */
static void
run_jobs (SstTargets * targets)
{
  sst_workshop_reserve (targets->workshop, MIN (targets->params.n_threads,
          targets->jobs->len),
      targets->frame != NULL ? targets->frame->width : 0,
      scratch_size (&targets->params.tracker));
  share_masks (targets);
  sst_crew_run (targets->crew, run_job, targets, targets->jobs->len);
  g_array_set_size (targets->jobs, 0);
}

void
sst_targets_add_job (SstTargets * targets, guint i, SstJob job)
{
  SstSlot *const slot = sst_targets_slot (targets, i);

  slot->job = job;
  if (job != SST_JOB_COAST)
    slot->looked_at = targets->time;
  g_array_append_val (targets->jobs, i);
}

/* ---- slots ---- */

static void
release_tracker (SstTargets * targets, SstSlot * slot)
{
  sst_slot_free_introduction (slot);
  if (slot->tracker == NULL)
    return;
  sst_tracker_remove_points (slot->tracker);
  if (slot->features == targets->params.tracker.features) {
    g_ptr_array_add (targets->pool, slot->tracker);
    slot->tracker = NULL;
  } else {
    sst_tracker_free (&slot->tracker);
  }
}

void
sst_targets_acquire_tracker (SstTargets * targets, SstSlot * slot)
{
  const SstTrackerParams *const params = &targets->params.tracker;

  slot->features = params->features;
  while (slot->tracker == NULL && targets->pool->len > 0) {
    slot->tracker = g_ptr_array_steal_index_fast (targets->pool,
        targets->pool->len - 1);
    if (sst_tracker_set_model (slot->tracker, params->model, NULL))
      sst_tracker_set_params (slot->tracker, params);
    else
      sst_tracker_free (&slot->tracker);
  }
  if (slot->tracker == NULL)
    slot->tracker = sst_tracker_new (params);
}

/* The set holds a reference of its model: it makes trackers with it later. */
static void
hold_model (SstTargets * targets, SstModel * model)
{
  SstModel **const held = &targets->params.tracker.model;

  if (model != NULL)
    sst_model_ref (model);
  sst_model_unref (*held);
  *held = model;
}

/* The same of its album. */
static void
hold_album (SstTargets * targets, SstAlbum * album)
{
  SstAlbum *const held = targets->params.membership.album;

  if (held != NULL && held != album)
    sst_album_forget (held, targets->params.membership.member);
  if (album != NULL)
    sst_album_ref (album);
  sst_album_unref (held);
  targets->params.membership.album = album;
}

static void
trim_pool (SstTargets * targets, guint length)
{
  while (targets->pool->len > length) {
    SstTracker *tracker = g_ptr_array_steal_index_fast (targets->pool,
        targets->pool->len - 1);

    sst_tracker_free (&tracker);
  }
}

/* Of nothing that runs one tracker is kept for what comes next; of idle ones
 * beside others those go that were not needed for a while. */
static void
give_back_idle (SstTargets * targets, guint n_running)
{
  const SstTime now = targets->time;

  if (n_running == 0 && targets->works) {
    trim_pool (targets, 1);
    sst_workshop_trim (targets->workshop, 1);
  }
  targets->works = n_running > 0;
  targets->pool_least = MIN (targets->pool_least, targets->pool->len);
  if (now >= targets->pool_since && now - targets->pool_since < POOL_REST)
    return;
  trim_pool (targets, targets->pool->len - targets->pool_least);
  targets->pool_least = targets->pool->len;
  targets->pool_since = now;
}

void
sst_slot_end (SstSlot * slot, SstEndReason reason)
{
  SstTrackerResult *const now = &slot->target.now;

  slot->target.event = SST_EVENT_ENDED;
  slot->target.end_reason = reason;
  now->state = SST_STATE_ENDED;
  now->confidence = 0.f;
  now->predicted = TRUE;
}

void
sst_targets_blame (SstTargets * targets, SstSlot * slot, GError * error)
{
  if (error == NULL)
    return;
  g_ptr_array_add (targets->errors, error);
  slot->target.error = error;
}

guint
sst_targets_n_running (const SstTargets * targets)
{
  guint n = 0;

  for (guint i = 0; i < targets->slots->len; i++)
    n += sst_slot_is_running (sst_targets_slot (targets, i));
  return n;
}

/* ---- life ---- */

static void
apply_params (SstTargets * targets, const SstTargetsParams * params)
{
  SstTargetsParams *const p = &targets->params;

  hold_model (targets, params->tracker.model);
  hold_album (targets, params->membership.album);
  *p = *params;
  p->max_targets = CLAMP (p->max_targets, 1, MAX_TARGETS);
  p->n_threads = CLAMP (p->n_threads, 1, MAX_THREADS);
  p->tracker.workshop = targets->workshop;
  if (p->tracker.features == NULL)
    p->tracker.features = sst_features_handmade ();
  if (p->search_windows > 0)
    p->tracker.redetect_windows = (int) MIN ((guint)
        MAX (p->tracker.redetect_windows, 0), p->search_windows);
  sst_crew_resize (targets->crew, p->n_threads - 1);
}

SstTargets *
sst_targets_new (const SstTargetsParams * params)
{
  const SstTargetsParams defaults = SST_TARGETS_PARAMS_DEFAULT;
  SstTargets *const targets = g_new0 (SstTargets, 1);

  targets->slots = g_array_new (FALSE, FALSE, sizeof (SstSlot));
  targets->pending = g_array_new (FALSE, FALSE, sizeof (SstPending));
  targets->wanted_points = g_array_new (FALSE, FALSE, sizeof (SstWantedPoint));
  targets->reported = g_array_new (FALSE, FALSE, sizeof (SstTarget));
  targets->errors = g_ptr_array_new_with_free_func ((GDestroyNotify)
      g_error_free);
  targets->pool = g_ptr_array_new ();
  targets->workshop = sst_workshop_shared ();
  targets->jobs = g_array_new (FALSE, FALSE, sizeof (guint));
  targets->pairs = g_array_new (FALSE, FALSE, sizeof (SstPairing));
  targets->detection_states = g_byte_array_new ();
  targets->denoiser = sst_denoiser_new ();
  targets->motion = sst_motion_new ();
  targets->camera = SST_CAMERA_MOTION_IDENTITY;
  targets->crew = sst_crew_new ();
  apply_params (targets, params != NULL ? params : &defaults);
  return targets;
}

void
sst_targets_free (SstTargets ** targets_p)
{
  SstTargets *const targets = *targets_p;

  if (targets == NULL)
    return;
  *targets_p = NULL;

  sst_crew_free (&targets->crew);
  sst_targets_clear (targets);
  trim_pool (targets, 0);
  sst_workshop_unref (targets->workshop);
  hold_model (targets, NULL);
  sst_album_unref (targets->params.membership.album);
  sst_motion_free (&targets->motion);
  sst_denoiser_free (&targets->denoiser);
  g_byte_array_unref (targets->detection_states);
  g_array_unref (targets->pairs);
  g_array_unref (targets->jobs);
  g_ptr_array_unref (targets->pool);
  g_ptr_array_unref (targets->errors);
  g_array_unref (targets->reported);
  g_array_unref (targets->pending);
  g_array_unref (targets->wanted_points);
  g_array_unref (targets->slots);
  g_free (targets);
}

void
sst_targets_set_params (SstTargets * targets, const SstTargetsParams * params)
{
  g_return_if_fail (targets != NULL);
  g_return_if_fail (params != NULL);

  const SstFeatureSource *const features = targets->params.tracker.features;
  const guint n_running = targets->slots->len;
  SstTargetsParams kept = *params;

  kept.tracker.model = targets->params.tracker.model;
  apply_params (targets, &kept);
  for (guint i = 0; i < n_running; i++)
    sst_tracker_set_params (sst_targets_slot (targets, i)->tracker,
        &targets->params.tracker);
  if (targets->params.tracker.features != features)
    trim_pool (targets, 0);
  else
    trim_pool (targets, targets->params.max_targets -
        MIN (targets->params.max_targets, n_running));
}

static gboolean
have_same_tone (const SstModel * a, const SstModel * b)
{
  const SstTone *const x = a != NULL ? sst_model_tone (a) : NULL;
  const SstTone *const y = b != NULL ? sst_model_tone (b) : NULL;

  return x == y
      || (x != NULL && y != NULL && memcmp (x, y, sizeof (SstTone)) == 0);
}

gboolean
sst_targets_set_model (SstTargets * targets, SstModel * model, GError ** error)
{
  g_return_val_if_fail (targets != NULL, FALSE);

  const SstModel *const old = targets->params.tracker.model;

  /* without targets nothing was seen with the old one */
  if (targets->slots->len > 0 && old != NULL && model != NULL
      && !sst_tracker_check_model (old, model, error))
    return FALSE;
  if (!have_same_tone (old, model))
    targets->motion_warm = FALSE;       /* pictures look otherwise now */
  hold_model (targets, model);
  /* Idle trackers would hold the old one. */
  trim_pool (targets, 0);
  for (guint i = 0; i < targets->slots->len; i++)
    sst_tracker_set_model (sst_targets_slot (targets, i)->tracker, model, NULL);
  return TRUE;
}

guint
sst_targets_n_changing_model (const SstTargets * targets)
{
  g_return_val_if_fail (targets != NULL, 0);

  guint n = 0;

  for (guint i = 0; i < targets->slots->len; i++)
    n += sst_tracker_is_changing_model (sst_targets_slot (targets, i)->tracker);
  return n;
}

gboolean
sst_targets_wants_frames (const SstTargets * targets)
{
  g_return_val_if_fail (targets != NULL, FALSE);

  const SstTone *const tone = model_tone (targets);

  return targets->slots->len > 0 || targets->pending->len > 0
      || (tone != NULL && tone->noise > 0.f);
}

guint
sst_targets_n_turned_away (const SstTargets * targets)
{
  g_return_val_if_fail (targets != NULL, 0);

  return targets->n_turned_away;
}

static void
forget_reported (SstTargets * targets)
{
  g_array_set_size (targets->reported, 0);
  g_ptr_array_set_size (targets->errors, 0);
}

/* All that runs, and what is known of the stream. */
static void
drop_slots (SstTargets * targets)
{
  sst_targets_end_in_album (targets);
  for (guint i = 0; i < targets->slots->len; i++)
    release_tracker (targets, sst_targets_slot (targets, i));
  g_array_set_size (targets->slots, 0);
  targets->motion_warm = FALSE;
  sst_denoiser_reset (targets->denoiser);
  targets->camera = SST_CAMERA_MOTION_IDENTITY;
  targets->time = 0;
  give_back_idle (targets, 0);
}

void
sst_targets_clear (SstTargets * targets)
{
  g_return_if_fail (targets != NULL);

  drop_slots (targets);
  g_array_set_size (targets->pending, 0);
  g_array_set_size (targets->wanted_points, 0);
  forget_reported (targets);
}

static void
report_end (SstTargets * targets, SstSlot * slot, SstEndReason reason)
{
  sst_slot_end (slot, reason);
  slot->target.mask = NULL;
  slot->target.points = NULL;
  slot->target.n_points = 0;
  slot->target.portrait = NULL;
  slot->target.recognized = FALSE;
  slot->target.error = NULL;
  g_array_append_val (targets->reported, slot->target);
}

void
sst_targets_end_all (SstTargets * targets, SstEndReason reason)
{
  g_return_if_fail (targets != NULL);

  forget_reported (targets);
  for (guint i = 0; i < targets->slots->len; i++)
    report_end (targets, sst_targets_slot (targets, i), reason);
  drop_slots (targets);
  g_array_set_size (targets->pending, 0);
  g_array_set_size (targets->wanted_points, 0);
}

void
sst_targets_begin_again (SstTargets * targets, SstEndReason reason)
{
  g_return_if_fail (targets != NULL);

  guint n_again = 0;

  forget_reported (targets);
  for (guint i = 0; i < targets->pending->len; i++)
    sst_targets_pending (targets, i)->seen = FALSE;
  for (guint i = 0; i < targets->slots->len; i++) {
    SstSlot *const slot = sst_targets_slot (targets, i);
    const SstTarget *const target = &slot->target;
    const SstPending pending = {.id = target->id,.box = target->now.box,
      .label = target->label,.origin = target->origin
    };

    if (target->origin == SST_ORIGIN_DETECTION)
      report_end (targets, slot, reason);
    else
      g_array_insert_val (targets->pending, n_again++, pending);
  }
  drop_slots (targets);
}

/* Takes a target out of what is reported. */
static void
forget_told (SstTargets * targets, guint64 id)
{
  for (guint i = 0; i < targets->reported->len; i++)
    if (g_array_index (targets->reported, SstTarget, i).id == id) {
      g_array_remove_index (targets->reported, i);
      return;
    }
}

gboolean
sst_targets_begin_at (SstTargets * targets, guint64 id, const SstBox * box)
{
  g_return_val_if_fail (targets != NULL, FALSE);
  g_return_val_if_fail (box != NULL, FALSE);

  if (!sst_tracker_check_box (box, SST_FRAME_MAX_SIDE, SST_FRAME_MAX_SIDE,
          NULL))
    return FALSE;
  for (guint i = 0; i < targets->slots->len; i++) {
    SstSlot *const slot = sst_targets_slot (targets, i);

    if (slot->target.id != id || slot->removing)
      continue;
    forget_told (targets, id);
    sst_targets_add (targets, id, box, slot->target.label,
        slot->target.origin);
    release_tracker (targets, slot);
    g_array_remove_index (targets->slots, i);
    return TRUE;
  }
  return FALSE;
}

void
sst_targets_forget_ended (SstTargets * targets)
{
  g_return_if_fail (targets != NULL);

  guint n = 0;

  for (guint i = 0; i < targets->reported->len; i++) {
    const SstTarget target = g_array_index (targets->reported, SstTarget, i);

    if (target.now.state != SST_STATE_ENDED)
      g_array_index (targets->reported, SstTarget, n++) = target;
  }
  g_array_set_size (targets->reported, n);
}

const SstTarget *
sst_targets_get (const SstTargets * targets, guint * n_targets)
{
  g_return_val_if_fail (targets != NULL, NULL);
  g_return_val_if_fail (n_targets != NULL, NULL);

  *n_targets = targets->reported->len;
  return (const SstTarget *) (const void *) targets->reported->data;
}

/* The target's mask and points; none of one that ended. */
static void
show_parts (const SstSlot * slot, SstTarget * target)
{
  target->mask = NULL;
  target->points = NULL;
  target->n_points = 0;
  if (!sst_slot_is_running (slot))
    return;
  target->mask = sst_tracker_mask (slot->tracker);
  target->points = sst_tracker_points (slot->tracker, &target->n_points);
}

gboolean
sst_targets_give_mask (SstTargets * targets, guint64 id,
    const SstFrame * frame, const SstMaskPicture * mask)
{
  g_return_val_if_fail (targets != NULL, FALSE);
  g_return_val_if_fail (frame != NULL, FALSE);
  g_return_val_if_fail (mask != NULL, FALSE);

  for (guint i = 0; i < targets->slots->len; i++) {
    SstSlot *const slot = sst_targets_slot (targets, i);

    if (slot->target.id != id)
      continue;
    if (slot->target.event != SST_EVENT_STARTED
        || !sst_tracker_give_mask (slot->tracker, frame, mask))
      return FALSE;
    for (guint k = 0; k < targets->reported->len; k++) {
      SstTarget *const told = &g_array_index (targets->reported, SstTarget, k);

      if (told->id == id)
        show_parts (slot, told);
    }
    return TRUE;
  }
  return FALSE;
}

SstCameraMotion
sst_targets_get_camera_motion (const SstTargets * targets)
{
  g_return_val_if_fail (targets != NULL, SST_CAMERA_MOTION_IDENTITY);

  return targets->camera;
}

void
sst_targets_discontinuity (SstTargets * targets)
{
  g_return_if_fail (targets != NULL);

  for (guint i = 0; i < targets->slots->len; i++)
    sst_tracker_discontinuity (sst_targets_slot (targets, i)->tracker);
  targets->motion_warm = FALSE;
  sst_denoiser_reset (targets->denoiser);
}

static void
scale_box (SstBox * box, float sx, float sy)
{
  box->x *= sx;
  box->y *= sy;
  box->width *= sx;
  box->height *= sy;
}

static void
scale_result (SstTrackerResult * result, float sx, float sy)
{
  scale_box (&result->box, sx, sy);
  result->vx *= sx;
  result->vy *= sy;
}

void
sst_targets_rescale (SstTargets * targets, float sx, float sy)
{
  g_return_if_fail (targets != NULL);

  for (guint i = 0; i < targets->slots->len; i++) {
    SstSlot *const slot = sst_targets_slot (targets, i);

    sst_tracker_rescale (slot->tracker, sx, sy);
    /* What is reported if it is removed before it is looked at again. */
    scale_result (&slot->target.now, sx, sy);
    slot->has_detection = FALSE;
    scale_box (&slot->correction, sx, sy);
  }
  for (guint i = 0; i < targets->pending->len; i++) {
    SstPending *const pending = sst_targets_pending (targets, i);

    scale_box (&pending->box, sx, sy);
    scale_box (&pending->correction, sx, sy);
  }
  for (guint i = 0; i < targets->reported->len; i++)
    scale_result (&g_array_index (targets->reported, SstTarget, i).now, sx, sy);
  targets->motion_warm = FALSE;
}

/* ---- a frame ---- */

/* One step of the next target, by id, that has an old model: however often the
 * model is changed, all have their turn. */
static void
change_a_model (SstTargets * targets)
{
  SstSlot *chosen = NULL;

  for (guint i = 0; i < targets->slots->len; i++) {
    SstSlot *const slot = sst_targets_slot (targets, i);

    if (!sst_tracker_is_changing_model (slot->tracker))
      continue;
    if (chosen == NULL || slot->target.id > targets->changed_id)
      chosen = slot;
    if (slot->target.id > targets->changed_id)
      break;
  }
  if (chosen == NULL)
    return;
  sst_tracker_change_model (chosen->tracker);
  if (!sst_tracker_is_changing_model (chosen->tracker))
    targets->changed_id = chosen->target.id;
}

/* Takes the noise off the frame where the model's tone asks for it; without
 * targets too, so that a target's first appearance is a clear one. */
static void
denoise (SstTargets * targets)
{
  const SstFrame *const frame = targets->frame;
  const SstTone *const tone = model_tone (targets);

  if (frame == NULL)
    return;
  if (tone != NULL && tone->noise > 0.f
      && MIN (frame->width, frame->height) >= SST_DENOISER_MIN_SIDE
      && MAX (frame->width, frame->height) <= SST_DENOISER_MAX_SIDE)
    targets->denoised = sst_denoiser_process (targets->denoiser, frame, tone);
  else
    sst_denoiser_reset (targets->denoiser);
}

/* The frame as the model sees it. */
static SstFrame
see (const SstTargets * targets)
{
  return targets->denoised != NULL ? *targets->denoised
      : sst_frame_with_tone (targets->frame, model_tone (targets));
}

/* Where the camera is wanted: its motion into this frame; and remembers the
 * frame for the next. */
static void
estimate_motion (SstTargets * targets)
{
  const SstFrame seen = see (targets);
  SstCameraMotion camera;

  if (!targets->motion_warm)
    sst_motion_reset (targets->motion);
  camera = sst_motion_update (targets->motion, &seen);
  if (targets->motion_warm) {
    targets->camera = camera;
    targets->moved = &targets->camera;
  }
  targets->motion_warm = TRUE;
}

static float
urgency (const SstTargets * targets, const SstSlot * slot)
{
  return sst_tracker_urgency (slot->tracker)
      + URGENCY_PER_SECOND * sst_seconds (targets->time - slot->looked_at);
}

static SstSlot *
paired_slot (const SstTargets * targets, guint k)
{
  return sst_targets_slot (targets,
      g_array_index (targets->pairs, SstPairing, k).slot);
}

/* Marks the lost targets that may be searched for in this frame: those that
 * have waited longest. */
static void
choose_searches (SstTargets * targets)
{
  const guint windows = targets->params.search_windows;
  const guint each = (guint) MAX (targets->params.tracker.redetect_windows, 1);
  const guint n = windows > 0 ? MAX (windows / each, 1) : G_MAXUINT;

  g_array_set_size (targets->pairs, 0);
  for (guint i = 0; i < targets->slots->len; i++) {
    SstSlot *const slot = sst_targets_slot (targets, i);

    slot->searching = FALSE;
    if (sst_slot_is_running (slot) && slot->target.now.state == SST_STATE_LOST)
      sst_pairings_add (targets->pairs,
          sst_seconds (targets->time - slot->looked_at), i, 0);
  }
  sst_pairings_sort (targets->pairs);
  for (guint k = 0; k < MIN (n, targets->pairs->len); k++)
    paired_slot (targets, k)->searching = TRUE;
}

/* Jobs of the first round. Slots hold still from here on. */
static void
plan_round (SstTargets * targets)
{
  const guint budget = targets->params.budget > 0 ? targets->params.budget
      : G_MAXUINT;

  choose_searches (targets);
  g_array_set_size (targets->pairs, 0);
  for (guint i = 0; i < targets->slots->len; i++) {
    const SstSlot *const slot = sst_targets_slot (targets, i);

    if (!sst_slot_is_running (slot))
      continue;
    if (slot->target.event == SST_EVENT_STARTED)
      sst_targets_add_job (targets, i, SST_JOB_START);
    else if (targets->frame == NULL
        || (slot->target.now.state == SST_STATE_LOST && !slot->searching))
      sst_targets_add_job (targets, i, SST_JOB_COAST);
    else
      sst_pairings_add (targets->pairs, urgency (targets, slot), i, 0);
  }
  sst_pairings_sort (targets->pairs);
  for (guint k = 0; k < targets->pairs->len; k++)
    sst_targets_add_job (targets,
        g_array_index (targets->pairs, SstPairing, k).slot,
        k < budget ? SST_JOB_UPDATE : SST_JOB_COAST);
}

static void
end_refused (SstTargets * targets)
{
  for (guint i = 0; i < targets->slots->len; i++) {
    SstSlot *const slot = sst_targets_slot (targets, i);

    if (slot->refused && sst_slot_is_running (slot)) {
      sst_slot_end (slot, SST_END_REFUSED);
      sst_targets_blame (targets, slot, g_steal_pointer (&slot->error));
    }
  }
}

/* Turns the trackers' states into events, and ends what was lost too long. */
static void
settle_slot (const SstTargets * targets, SstSlot * slot)
{
  const SstTime timeout = targets->params.lost_timeout;
  const SstState state = slot->target.now.state;

  if (state == SST_STATE_LOST && !slot->lost) {
    slot->lost = TRUE;
    slot->lost_since = targets->time;
    slot->target.event = SST_EVENT_LOST;
  } else if (state == SST_STATE_TRACKING && slot->lost) {
    slot->lost = FALSE;
    slot->target.event = SST_EVENT_RECOVERED;
  }

  if (state == SST_STATE_LOST && timeout != G_MAXUINT64
      && targets->time - slot->lost_since >= timeout)
    sst_slot_end (slot, SST_END_TIMEOUT);
}

/* Writes the report and lets go of what ended. Returns how many run on. */
static guint
finish_frame (SstTargets * targets)
{
  guint n_running = 0;

  for (guint i = 0; i < targets->slots->len; i++) {
    SstSlot *const slot = sst_targets_slot (targets, i);

    if (sst_slot_is_running (slot))
      settle_slot (targets, slot);
    show_parts (slot, &slot->target);
    sst_targets_portray (targets, slot);
    g_array_append_val (targets->reported, slot->target);
    if (!sst_slot_is_running (slot))
      release_tracker (targets, slot);
    else if (n_running++ != i)
      *sst_targets_slot (targets, n_running - 1) = *slot;
  }
  g_array_set_size (targets->slots, n_running);
  give_back_idle (targets, n_running);
  return n_running;
}

/* Of the frame nothing is known yet; what was removed ends. */
static void
begin_frame (SstTargets * targets, const SstFrame * frame, SstTime time)
{
  targets->time = MAX (time, targets->time);
  targets->frame = frame;
  targets->camera = SST_CAMERA_MOTION_IDENTITY;
  targets->moved = NULL;
  targets->n_starts = targets->n_turned_away = 0;

  forget_reported (targets);
  for (guint i = 0; i < targets->slots->len; i++) {
    SstSlot *const slot = sst_targets_slot (targets, i);

    slot->target.event = SST_EVENT_NONE;
    slot->target.error = NULL;
    slot->matched = FALSE;
    slot->before = slot->target.now;
    if (slot->removing)
      sst_slot_end (slot, SST_END_REMOVED);
  }
}

void
sst_targets_process (SstTargets * targets, const SstFrame * frame, SstTime time,
    const SstDetection * detections, guint n_detections)
{
  g_return_if_fail (targets != NULL);

  const gboolean want_motion = frame != NULL && targets->params.camera_motion;
  guint n_running;

  sst_blas_begin ();
  begin_frame (targets, frame, time);
  change_a_model (targets);
  denoise (targets);
  n_running = sst_targets_n_running (targets);
  if (want_motion && n_running > 0)
    estimate_motion (targets);
  sst_targets_take_pending (targets, n_running);
  if (frame != NULL)
    sst_targets_take_points (targets);
  plan_round (targets);
  run_jobs (targets);
  end_refused (targets);

  if (frame != NULL) {
    sst_targets_plan_corrections (targets);
    run_jobs (targets);
    sst_targets_forget_detections (targets, detections, n_detections);
  }
  if (frame != NULL && n_detections > 0) {
    sst_targets_take_detections (targets, detections, n_detections);
    run_jobs (targets);
    end_refused (targets);
  }

  if (frame != NULL)
    sst_targets_part (targets);

  /* The motion from the frame in which the first target starts to the next one
   * is wanted too. Without targets the memory of the last picture goes stale;
   * over a missing frame it does not: the next motion then spans the gap. */
  if (finish_frame (targets) == 0 || !targets->params.camera_motion)
    targets->motion_warm = FALSE;
  else if (want_motion && n_running == 0)
    estimate_motion (targets);
  targets->frame = targets->denoised = NULL;
  targets->moved = NULL;
  sst_blas_end ();
}

void
sst_targets_repeat (SstTargets * targets, SstTime time)
{
  g_return_if_fail (targets != NULL);

  begin_frame (targets, NULL, time);
  sst_targets_take_pending (targets, sst_targets_n_running (targets));
  if (finish_frame (targets) == 0)
    targets->motion_warm = FALSE;
}
