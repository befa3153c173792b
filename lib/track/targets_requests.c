/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* What is asked for between frames (targets are added, corrected and removed),
 * and how a frame takes it. */

#include "track/targets_private.h"

#include <math.h>

/* Starts in a frame, which cost some 8 ms each with a network and 2 ms without
 * one: about as long as a frame of a camera lasts. */
#define MAX_STARTS 4
#define MAX_STARTS_WITHOUT_NETWORK 16

const char *
sst_targets_intern_label (const char *label)
{
  return g_intern_string (label != NULL ? label : "");
}

guint64
sst_targets_reserve_id (SstTargets * targets)
{
  g_return_val_if_fail (targets != NULL, 0);

  return atomic_fetch_add (&targets->last_id, 1) + 1;
}

guint64
sst_targets_add (SstTargets * targets, guint64 id, const SstBox * box,
    const char *label, SstOrigin origin)
{
  g_return_val_if_fail (targets != NULL, 0);
  g_return_val_if_fail (box != NULL, 0);

  const SstPending pending = {
    .id = id != 0 ? id : sst_targets_reserve_id (targets),
    .box = *box,
    .label = sst_targets_intern_label (label),
    .origin = origin,
  };

  g_array_append_val (targets->pending, pending);
  return pending.id;
}

guint
sst_targets_n_waiting (const SstTargets * targets)
{
  g_return_val_if_fail (targets != NULL, 0);

  return targets->pending->len;
}

gboolean
sst_targets_correct (SstTargets * targets, guint64 id, const SstBox * box)
{
  g_return_val_if_fail (targets != NULL, FALSE);
  g_return_val_if_fail (box != NULL, FALSE);

  for (guint i = 0; i < targets->slots->len; i++) {
    SstSlot *const slot = sst_targets_slot (targets, i);

    if (slot->target.id == id && !slot->removing) {
      slot->correction = *box;
      return slot->correcting = TRUE;
    }
  }
  for (guint i = 0; i < targets->pending->len; i++) {
    SstPending *const pending = sst_targets_pending (targets, i);

    if (pending->id == id && !pending->removing) {
      pending->correction = *box;
      return pending->correcting = TRUE;
    }
  }
  return FALSE;
}

/* Points that may wait for a frame. */
#define MAX_WANTED_POINTS 65536

static gboolean
is_waiting (const SstTargets * targets, guint64 id)
{
  for (guint i = 0; i < targets->pending->len; i++)
    if (sst_targets_pending (targets, i)->id == id)
      return TRUE;
  return FALSE;
}

/* A target that runs and has a tracker; NULL: there is none. */
static SstSlot *
find_slot (const SstTargets * targets, guint64 id)
{
  for (guint i = 0; i < targets->slots->len; i++) {
    SstSlot *const slot = sst_targets_slot (targets, i);

    if (slot->target.id == id && sst_slot_is_running (slot)
        && slot->tracker != NULL)
      return slot;
  }
  return NULL;
}

gboolean
sst_targets_add_point (SstTargets * targets, guint64 id, float x, float y)
{
  g_return_val_if_fail (targets != NULL, FALSE);

  const SstWantedPoint point = { id, x, y };

  if (!isfinite (x) || !isfinite (y)
      || targets->wanted_points->len == MAX_WANTED_POINTS
      || (find_slot (targets, id) == NULL && !is_waiting (targets, id)))
    return FALSE;
  g_array_append_val (targets->wanted_points, point);
  return TRUE;
}

void
sst_targets_take_points (SstTargets * targets)
{
  guint n_kept = 0;

  for (guint i = 0; i < targets->wanted_points->len; i++) {
    SstWantedPoint *const points =
        (SstWantedPoint *) (void *) targets->wanted_points->data;
    SstSlot *const slot = find_slot (targets, points[i].id);

    if (slot != NULL)
      sst_tracker_add_point (slot->tracker, points[i].x, points[i].y);
    else if (is_waiting (targets, points[i].id))
      points[n_kept++] = points[i];
  }
  g_array_set_size (targets->wanted_points, n_kept);
}

gboolean
sst_targets_remove (SstTargets * targets, guint64 id)
{
  g_return_val_if_fail (targets != NULL, FALSE);

  for (guint i = 0; i < targets->slots->len; i++) {
    SstSlot *const slot = sst_targets_slot (targets, i);

    if (slot->target.id == id && !slot->removing)
      return slot->removing = TRUE;
  }
  for (guint i = 0; i < targets->pending->len; i++) {
    SstPending *const pending = sst_targets_pending (targets, i);

    if (pending->id == id && !pending->removing)
      return pending->removing = TRUE;
  }
  return FALSE;
}

void
sst_targets_remove_all (SstTargets * targets, int origin)
{
  g_return_if_fail (targets != NULL);

  for (guint i = 0; i < targets->slots->len; i++) {
    SstSlot *const slot = sst_targets_slot (targets, i);

    if (origin < 0 || (int) slot->target.origin == origin)
      slot->removing = TRUE;
  }
  for (guint i = 0; i < targets->pending->len; i++) {
    SstPending *const pending = sst_targets_pending (targets, i);

    if (origin < 0 || (int) pending->origin == origin)
      pending->removing = TRUE;
  }
}

/* A box that was asked for may hold anything; what is reported, not. */
static SstBox
presentable_box (const SstBox * box)
{
  const SstBox none = { 0.f, 0.f, 0.f, 0.f };

  if (isfinite (box->x) && isfinite (box->y) && isfinite (box->width)
      && isfinite (box->height) && box->width > 0.f && box->height > 0.f)
    return *box;
  return none;
}

guint
sst_targets_max_starts (const SstTargets * targets)
{
  const SstTargetsParams *const params = &targets->params;
  const guint most = params->tracker.model != NULL ? MAX_STARTS
      : MAX_STARTS_WITHOUT_NETWORK;

  return params->budget > 0 ? MIN (params->budget, most) : most;
}

/* Takes the box of a target that waits along with the camera. */
static void
move_pending (const SstCameraMotion * moved, SstPending * pending)
{
  const float scale = hypotf (moved->a, moved->b);
  SstBox *const box = &pending->box;
  float x, y;

  sst_camera_motion_apply (moved, sst_box_center_x (box),
      sst_box_center_y (box), &x, &y);
  *box = sst_box_from_center (x, y, scale * box->width, scale * box->height);
}

gboolean
sst_targets_make_room (SstTargets * targets)
{
  SstSlot *longest = NULL;

  for (guint i = 0; i < targets->slots->len; i++) {
    SstSlot *const slot = sst_targets_slot (targets, i);

    if (sst_slot_is_running (slot) && slot->lost && !slot->matched
        && slot->target.now.state == SST_STATE_LOST
        && (longest == NULL || slot->lost_since < longest->lost_since))
      longest = slot;
  }
  if (longest != NULL)
    sst_slot_end (longest, SST_END_DISPLACED);
  return longest != NULL;
}

/* Makes the slot of a target in the place that its id asks for. */
static SstSlot *
insert_slot (SstTargets * targets, guint64 id, const SstBox * box,
    const char *label, SstOrigin origin, guint * position)
{
  SstSlot slot = {
    .target = {
          .id = id,
          .label = label,
          .origin = origin,
          .event = SST_EVENT_STARTED,
          .now = {
                .state = SST_STATE_TRACKING,
                .confidence = 1.f,
                .box = *box,
                .first_seen = targets->time,
                .last_seen = targets->time,
              },
        },
    .claim = 1.f,
  };
  guint i = targets->slots->len;

  while (i > 0 && sst_targets_slot (targets, i - 1)->target.id > id)
    i--;
  g_array_insert_val (targets->slots, i, slot);
  *position = i;
  return sst_targets_slot (targets, i);
}

SstSlot *
sst_targets_place (SstTargets * targets, const SstPending * pending,
    SstEndReason refusal)
{
  const SstBox box = presentable_box (&pending->box);
  guint position;
  SstSlot *const slot = insert_slot (targets, pending->id, &box, pending->label,
      pending->origin, &position);

  slot->target.asked = pending->box;
  if (refusal != SST_END_NONE) {
    sst_slot_end (slot, refusal);
    return slot;
  }
  sst_targets_acquire_tracker (targets, slot);
  slot->has_detection = pending->has_detection;
  slot->detection = pending->detection;
  targets->n_starts++;
  return slot;
}

/* A correction comes before the box that was asked for first, where it can be
 * followed. Returns why it can not be, NULL where it can or there is none. */
static GError *
correct_pending (const SstFrame * frame, SstPending * pending)
{
  GError *error = NULL;

  if (!pending->correcting)
    return NULL;
  pending->correcting = FALSE;
  if (sst_tracker_check_box (&pending->correction, frame->width, frame->height,
          &error))
    pending->box = pending->correction;
  return error;
}

void
sst_targets_take_pending (SstTargets * targets, guint n_running)
{
  const SstFrame *const frame = targets->frame;
  guint n_kept = 0;

  for (guint i = 0; i < targets->pending->len; i++) {
    SstPending pending = *sst_targets_pending (targets, i);
    SstEndReason refusal = SST_END_NONE;
    gboolean keep = FALSE, full = FALSE;
    GError *error = NULL;
    SstSlot *slot;

    if (pending.seen && targets->moved != NULL)
      move_pending (targets->moved, &pending);
    if (frame != NULL)
      error = correct_pending (frame, &pending);
    if (pending.removing)
      refusal = SST_END_REMOVED;
    else if (frame == NULL)
      keep = TRUE;
    else if (!sst_tracker_check_box (&pending.box, frame->width, frame->height,
            error == NULL ? &error : NULL))
      refusal = SST_END_REFUSED;
    else
      full = n_running + n_kept >= targets->params.max_targets;
    if (full && sst_targets_make_room (targets))
      n_running--;
    else if (full)
      refusal = SST_END_NO_ROOM;
    if (frame != NULL && refusal == SST_END_NONE)
      keep = pending.seen =
          targets->n_starts >= sst_targets_max_starts (targets);

    if (keep) {
      *sst_targets_pending (targets, n_kept++) = pending;
      g_clear_error (&error);
    } else {
      slot = sst_targets_place (targets, &pending, refusal);
      if (error != NULL && refusal == SST_END_NONE)
        slot->target.asked = pending.correction;
      sst_targets_blame (targets, slot, error);
      n_running += refusal == SST_END_NONE;
      targets->n_turned_away += refusal == SST_END_NO_ROOM;
    }
  }
  g_array_set_size (targets->pending, n_kept);
}

void
sst_targets_plan_corrections (SstTargets * targets)
{
  for (guint i = 0; i < targets->slots->len; i++) {
    SstSlot *const slot = sst_targets_slot (targets, i);
    GError *error = NULL;

    if (!slot->correcting)
      continue;
    slot->correcting = FALSE;
    if (!sst_slot_is_running (slot) || slot->target.event == SST_EVENT_STARTED)
      continue;
    slot->target.asked = slot->correction;
    if (!sst_tracker_check_box (&slot->correction, targets->frame->width,
            targets->frame->height, &error)) {
      sst_targets_blame (targets, slot, error);
      continue;
    }
    slot->detection = slot->correction;
    slot->matched = TRUE;
    sst_targets_add_job (targets, i, SST_JOB_CORRECT);
  }
}
