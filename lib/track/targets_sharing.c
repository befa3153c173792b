/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* One thing, one target: of two that are on the same thing one steps back. */

#include "track/targets_private.h"

/* Two targets whose boxes overlap by more than that for so long are on one
 * thing, and one of them has to step back: the newer one, unless the older
 * one's confidence, a running mean, is that much less. */
#define SHARED_IOU 0.7f
#define SHARED_TIME (SST_SECOND / 2)
#define CLAIM_RATE 0.1f
#define CLAIM_MARGIN 0.1f
/* Overlap with a target that is seen at which a lost one has not been found. */
#define TAKEN_IOU 0.5f

static gboolean
slot_is_seen (const SstSlot * slot)
{
  return sst_slot_is_running (slot) && !slot->target.now.predicted
      && slot->target.now.state != SST_STATE_LOST;
}

/* Of two targets on one thing that with the weaker claim, the first being the
 * older one. */
static SstSlot *
weaker_of (SstSlot * older, SstSlot * newer)
{
  const float difference = newer->claim - older->claim;

  if (older->matched != newer->matched)
    return older->matched ? newer : older;
  return difference > CLAIM_MARGIN ? older : newer;
}

/* A lost target that was found where another is has not been found. */
static void
refuse_taken (SstTargets * targets)
{
  for (guint i = 0; i < targets->slots->len; i++) {
    SstSlot *const slot = sst_targets_slot (targets, i);

    if (!slot->lost || slot->matched || !slot_is_seen (slot))
      continue;
    for (guint k = 0; k < targets->slots->len; k++) {
      const SstSlot *const other = sst_targets_slot (targets, k);

      if (k == i || other->lost || !slot_is_seen (other)
          || sst_box_iou (&slot->target.now.box, &other->target.now.box)
          <= TAKEN_IOU)
        continue;
      sst_tracker_step_back (slot->tracker, &slot->before, &slot->target.now);
      break;
    }
  }
}

/* Marks the slots that share what they are on with one that has a stronger
 * claim. */
static void
find_sharing (SstTargets * targets)
{
  for (guint i = 0; i < targets->slots->len; i++)
    sst_targets_slot (targets, i)->shares = FALSE;
  for (guint i = 1; i < targets->slots->len; i++) {
    SstSlot *const newer = sst_targets_slot (targets, i);

    for (guint k = 0; k < i && slot_is_seen (newer); k++) {
      SstSlot *const older = sst_targets_slot (targets, k);

      if (slot_is_seen (older)
          && sst_box_iou (&older->target.now.box, &newer->target.now.box)
          > SHARED_IOU)
        weaker_of (older, newer)->shares = TRUE;
    }
  }
}

void
sst_targets_part (SstTargets * targets)
{
  refuse_taken (targets);
  find_sharing (targets);
  for (guint i = 0; i < targets->slots->len; i++) {
    SstSlot *const slot = sst_targets_slot (targets, i);
    SstTrackerResult *const now = &slot->target.now;

    if (!sst_slot_is_running (slot))
      continue;
    slot->claim += CLAIM_RATE * (now->confidence - slot->claim);
    if (slot->shares && slot->shared
        && targets->time - slot->shared_since >= SHARED_TIME)
      sst_tracker_step_back (slot->tracker, NULL, now);
    else if (slot->shares && !slot->shared)
      slot->shared_since = targets->time;
    slot->shared = slot->shares;
  }
}
