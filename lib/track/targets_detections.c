/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Matching with a detector's boxes: by what overlaps, and lost targets by what
 * looks like them; what is left starts new targets. */

#include "track/targets_private.h"

#include <string.h>

/* Overlap (IoU) above which a box and a target are taken for the same thing. */
#define MATCH_MIN_IOU 0.3f
/* Overlap above which they are, whatever the labels: detectors change their
 * minds. */
#define SAME_IOU 0.6f
/* Likeness at which a box may be the return of a lost target. On sequences of
 * data/dev, one to three seconds after the start and with boxes as inexact as a
 * detector's, it lets 90 % of the targets through and 0.4 % of what is beside
 * them. */
#define RETURN_MIN_SIMILARITY 0.25f
/* How far from where it was last seen a lost target may return: so many times
 * its own size at once, and so many more for each second since. */
#define RETURN_REACH 2.f
#define RETURN_REACH_PER_SECOND 2.f
/* Ratio of sizes (geometric means) that a return may have, either way. */
#define RETURN_MAX_SIZE_RATIO 2.f
/* Likenesses computed in a frame, the nearest boxes first; each costs about as
 * much as the update of a target. */
#define MAX_LIKENESSES 16

typedef enum
{
  DETECTION_FREE,
  DETECTION_INVALID,
  DETECTION_MATCHED,
} DetectionState;

static inline gboolean
boxes_are_identical (const SstBox * a, const SstBox * b)
{
  return memcmp (a, b, sizeof *a) == 0;
}

static gboolean
labels_agree (const char *a, const char *b)
{
  return b == NULL || *a == '\0' || *b == '\0' || strcmp (a, b) == 0;
}

/* Matches the sorted pairs from the first on, each side once. */
static void
take_pairs (SstTargets * targets, const SstDetection * detections)
{
  guint8 *const states = targets->detection_states->data;

  for (guint k = 0; k < targets->pairs->len; k++) {
    const SstPairing *const pair =
        &g_array_index (targets->pairs, SstPairing, k);
    SstSlot *const slot = sst_targets_slot (targets, pair->slot);

    if (slot->matched || states[pair->detection] != DETECTION_FREE)
      continue;
    states[pair->detection] = DETECTION_MATCHED;
    slot->matched = TRUE;
    slot->has_detection = TRUE;
    slot->detection = detections[pair->detection].box;
    /* In the frame that a target starts in, its box is what was asked for. */
    if (slot->target.event != SST_EVENT_STARTED)
      sst_targets_add_job (targets, pair->slot, SST_JOB_CORRECT);
  }
}

void
sst_targets_forget_detections (SstTargets * targets,
    const SstDetection * detections, guint n)
{
  for (guint i = 0; i < targets->slots->len; i++) {
    SstSlot *const slot = sst_targets_slot (targets, i);
    gboolean repeated = FALSE;

    for (guint d = 0; d < n && slot->has_detection && !repeated; d++)
      repeated = boxes_are_identical (&slot->detection, &detections[d].box);
    slot->has_detection = repeated;
  }
}

/* Detectors that don't run on every frame may leave their last boxes on those
 * between. The target has moved on since; such a box is neither a correction
 * nor a new target. */
static void
match_repeated (SstTargets * targets, const SstDetection * detections, guint n)
{
  guint8 *const states = targets->detection_states->data;

  for (guint d = 0; d < n; d++) {
    for (guint i = 0; i < targets->slots->len; i++) {
      SstSlot *const slot = sst_targets_slot (targets, i);

      if (states[d] == DETECTION_FREE && sst_slot_is_running (slot)
          && slot->has_detection
          && boxes_are_identical (&slot->detection, &detections[d].box)) {
        states[d] = DETECTION_MATCHED;
        slot->matched = TRUE;
      }
    }
  }
}

static void
match_by_overlap (SstTargets * targets, const SstDetection * detections,
    guint n)
{
  const guint8 *const states = targets->detection_states->data;

  g_array_set_size (targets->pairs, 0);
  for (guint i = 0; i < targets->slots->len; i++) {
    const SstSlot *const slot = sst_targets_slot (targets, i);

    if (!sst_slot_is_running (slot) || slot->matched)
      continue;
    for (guint d = 0; d < n; d++) {
      const gboolean agree =
          labels_agree (slot->target.label, detections[d].label);
      float iou;

      if (states[d] != DETECTION_FREE)
        continue;
      iou = sst_box_iou (&slot->target.now.box, &detections[d].box);
      if (iou > (agree ? MATCH_MIN_IOU : SAME_IOU))
        sst_pairings_add (targets->pairs, agree ? iou + 1.f : iou, i, d);
    }
  }
  sst_pairings_sort (targets->pairs);
  take_pairs (targets, detections);
}

/* Distance of a box from a lost target's, 1 at the limit of what is plausible.
 * Above 1 where it is not. */
static float
return_distance (const SstTargets * targets, const SstSlot * slot,
    const SstBox * box)
{
  const SstTrackerResult *const now = &slot->target.now;
  const float scale = sst_box_scale (&now->box);
  const float ratio = sst_box_scale (box) / scale;
  const float unseen = sst_seconds (targets->time - now->last_seen);
  const float reach = scale * (RETURN_REACH + RETURN_REACH_PER_SECOND * unseen);

  if (ratio > RETURN_MAX_SIZE_RATIO || ratio * RETURN_MAX_SIZE_RATIO < 1.f)
    return INFINITY;
  return hypotf (sst_box_center_x (box) - sst_box_center_x (&now->box),
      sst_box_center_y (box) - sst_box_center_y (&now->box)) / reach;
}

static void
match_by_likeness (SstTargets * targets, const SstDetection * detections,
    guint n)
{
  GArray *const pairs = targets->pairs;
  const guint8 *const states = targets->detection_states->data;
  guint n_alike = 0;

  g_array_set_size (pairs, 0);
  for (guint i = 0; i < targets->slots->len; i++) {
    const SstSlot *const slot = sst_targets_slot (targets, i);

    if (slot->target.now.state != SST_STATE_LOST || slot->matched)
      continue;
    for (guint d = 0; d < n; d++) {
      float distance;

      if (states[d] != DETECTION_FREE
          || !labels_agree (slot->target.label, detections[d].label))
        continue;
      distance = return_distance (targets, slot, &detections[d].box);
      if (distance <= 1.f)
        sst_pairings_add (pairs, -distance, i, d);
    }
  }
  sst_pairings_sort (pairs);
  g_array_set_size (pairs, MIN (pairs->len, MAX_LIKENESSES));
  for (guint k = 0; k < pairs->len; k++) {
    SstPairing pair = g_array_index (pairs, SstPairing, k);
    const SstSlot *const slot = sst_targets_slot (targets, pair.slot);
    const SstFrame view = sst_targets_view_for (targets, slot);

    pair.score = sst_tracker_similarity (slot->tracker, &view,
        &detections[pair.detection].box);
    if (pair.score >= RETURN_MIN_SIMILARITY)
      g_array_index (pairs, SstPairing, n_alike++) = pair;
  }
  g_array_set_size (pairs, n_alike);
  sst_pairings_sort (pairs);
  take_pairs (targets, detections);
}

/* Whether a box shows what has been matched already. */
static gboolean
is_duplicate (const SstTargets * targets, const SstBox * box)
{
  for (guint i = 0; i < targets->slots->len; i++) {
    const SstSlot *const slot = sst_targets_slot (targets, i);

    if (sst_slot_is_running (slot) && slot->matched
        && (sst_box_iou (&slot->target.now.box, box) > MATCH_MIN_IOU
            || sst_box_iou (&slot->detection, box) > MATCH_MIN_IOU))
      return TRUE;
  }
  return FALSE;
}

/* Whether a box shows what waits for its start; if a detector asked for that,
 * this is where it is now. */
static gboolean
is_pending (SstTargets * targets, const SstBox * box)
{
  for (guint i = 0; i < targets->pending->len; i++) {
    SstPending *const pending = sst_targets_pending (targets, i);

    if (sst_box_iou (&pending->box, box) <= MATCH_MIN_IOU
        && !(pending->has_detection
            && boxes_are_identical (&pending->detection, box)))
      continue;
    if (pending->has_detection
        && !boxes_are_identical (&pending->detection, box))
      pending->box = pending->detection = *box;
    return TRUE;
  }
  return FALSE;
}

/* The newest id is the largest: no slot that has a job moves. */
static void
start_detection (SstTargets * targets, const SstDetection * detection)
{
  const SstPending pending = {
    .id = sst_targets_reserve_id (targets),
    .box = detection->box,
    .label = sst_targets_intern_label (detection->label),
    .origin = SST_ORIGIN_DETECTION,
    .seen = TRUE,
    .has_detection = TRUE,
    .detection = detection->box,
  };

  if (targets->n_starts >= sst_targets_max_starts (targets)) {
    g_array_append_val (targets->pending, pending);
  } else {
    const guint position = targets->slots->len;

    sst_targets_place (targets, &pending, SST_END_NONE);
    sst_targets_slot (targets, position)->matched = TRUE;
    sst_targets_add_job (targets, position, SST_JOB_START);
  }
}

static void
start_unmatched (SstTargets * targets, const SstDetection * detections, guint n)
{
  guint n_taken = sst_targets_n_running (targets) + targets->pending->len;
  const guint8 *const states = targets->detection_states->data;

  for (guint d = 0; d < n; d++) {
    const SstBox *const box = &detections[d].box;

    if (states[d] != DETECTION_FREE || is_duplicate (targets, box)
        || is_pending (targets, box))
      continue;
    if (n_taken >= targets->params.max_targets
        && !sst_targets_make_room (targets)) {
      targets->n_turned_away++;
      continue;
    }
    start_detection (targets, &detections[d]);
    n_taken = sst_targets_n_running (targets) + targets->pending->len;
  }
}

void
sst_targets_take_detections (SstTargets * targets,
    const SstDetection * detections, guint n)
{
  g_byte_array_set_size (targets->detection_states, n);
  for (guint d = 0; d < n; d++)
    targets->detection_states->data[d] =
        sst_tracker_check_box (&detections[d].box, targets->frame->width,
        targets->frame->height, NULL) ? DETECTION_FREE : DETECTION_INVALID;

  match_repeated (targets, detections, n);
  match_by_overlap (targets, detections, n);
  match_by_likeness (targets, detections, n);
  start_unmatched (targets, detections, n);
}
