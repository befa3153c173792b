/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* The mask of a target: when one is started, carried on and moved. */

#include "track/tracker_private.h"

/* What the network said, NULL where it has no say or no mask. */
static const SstMaskHint *
mask_hint (const SstTracker * tracker, SstMaskHint * hint)
{
  *hint = (SstMaskHint) { tracker->looked_at, tracker->network_mask };
  return tracker->trusted && tracker->has_network_mask ? hint : NULL;
}

/* Its trust in a mask's box rests on what the network says as well, which has
 * not learned what is very thin. */
static gboolean
wants_box (const SstTracker * tracker)
{
  return tracker->params.mask_box && tracker->trusted
      && !sst_tracker_is_thin (tracker);
}

/* Points are carried on the mask. */
static gboolean
wants_points (const SstTracker * tracker)
{
  return tracker->params.point_grid > 0 || sst_points_wanted (tracker->points);
}

/* For whatever use. */
static gboolean
wants_mask (const SstTracker * tracker)
{
  return tracker->params.mask_interval > 0 || wants_points (tracker)
      || wants_box (tracker);
}

void
sst_tracker_start_mask (SstTracker * tracker, const SstFrame * seen,
    const SstMaskPicture * given)
{
  const SstBox box = sst_tracker_box (tracker);
  SstModel *const model = tracker->params.model;
  const SstMaskUse use = {
    .shown = tracker->params.mask_interval > 0 || wants_points (tracker),
    .points = tracker->points,
    .grid = tracker->params.point_grid
  };
  SstMaskHint hint;

  tracker->masked = wants_mask (tracker);
  if (!tracker->masked)
    return;
  if (tracker->masker != NULL && sst_masker_model (tracker->masker) != model)
    sst_masker_free (&tracker->masker);
  if (tracker->masker == NULL)
    tracker->masker = sst_masker_new (model,
        sst_workshop_scratch (tracker->workshop));
  sst_masker_start (tracker->masker, tracker->sampler, seen, &box, given,
      mask_hint (tracker, &hint), &use);
}

SstBox
sst_tracker_carry_mask (SstTracker * tracker, const SstFrame * seen,
    const SstCameraMotion * camera, const SstLook * look)
{
  const SstMaskerInput input = {
    .box = sst_tracker_box (tracker),
    .confidence = look != NULL ? look->confidence : 0.f,
    .quality = look != NULL ? look->quality : 0.f,
    .seen = look != NULL,
    .learn = look != NULL && sst_look_is_worth_learning (look),
    .camera = camera
  };
  SstBox box = input.box;
  SstMaskHint hint;

  if (!wants_mask (tracker)) {
    tracker->masked = FALSE;
    sst_masker_free (&tracker->masker);
  } else if (!tracker->masked) {
    if (look != NULL)
      sst_tracker_start_mask (tracker, seen, NULL);
  } else {
    sst_masker_next (tracker->masker, tracker->sampler, seen, &input,
        mask_hint (tracker, &hint),
        wants_points (tracker) ? 1 : tracker->params.mask_interval,
        wants_box (tracker) && look != NULL && !look->ridge ? &box : NULL);
  }
  return box;
}

void
sst_tracker_move_mask (SstTracker * tracker)
{
  if (tracker->masked)
    sst_masker_move (tracker->masker, &tracker->result.box);
}

/* How much of the target's box a mask says is target. */
static float
fill_of (const SstTracker * tracker, const SstFrame * frame,
    const SstMaskPicture * given)
{
  const SstBox box = sst_tracker_box (tracker);
  int in = 0, total = 0;

  for (int y = 0; y < given->height; y++) {
    const float v = (y + 0.5f) * frame->height / given->height;

    for (int x = 0; x < given->width; x++) {
      const float u = (x + 0.5f) * frame->width / given->width;

      if (u < box.x || v < box.y || u >= box.x + box.width
          || v >= box.y + box.height)
        continue;
      total++;
      in += given->data[y * given->stride + x] > 127;
    }
  }
  return total > 0 ? (float) in / total : 0.f;
}

/* Between which a mask is one of the target in the box. */
#define MIN_FILL 0.05f
#define MAX_FILL 0.99f

gboolean
sst_tracker_give_mask (SstTracker * tracker, const SstFrame * frame,
    const SstMaskPicture * mask)
{
  g_return_val_if_fail (tracker != NULL, FALSE);
  g_return_val_if_fail (frame != NULL, FALSE);
  g_return_val_if_fail (mask != NULL, FALSE);

  const SstFrame seen = sst_tracker_see (tracker, frame);
  const float fill = fill_of (tracker, frame, mask);

  if (!wants_mask (tracker) || fill < MIN_FILL || fill > MAX_FILL)
    return FALSE;
  sst_tracker_sit_down (tracker);
  sst_tracker_start_mask (tracker, &seen, mask);
  sst_tracker_get_up (tracker);
  return TRUE;
}

const SstMask *
sst_tracker_mask (const SstTracker * tracker)
{
  g_return_val_if_fail (tracker != NULL, NULL);

  return tracker->masked && tracker->params.mask_interval > 0 ?
      sst_masker_mask (tracker->masker) : NULL;
}

gboolean
sst_tracker_add_point (SstTracker * tracker, float x, float y)
{
  g_return_val_if_fail (tracker != NULL, FALSE);

  return sst_points_add (tracker->points, x, y);
}

void
sst_tracker_remove_points (SstTracker * tracker)
{
  g_return_if_fail (tracker != NULL);

  sst_points_clear (tracker->points);
}

const SstTargetPoint *
sst_tracker_points (const SstTracker * tracker, guint * n)
{
  g_return_val_if_fail (tracker != NULL, NULL);
  g_return_val_if_fail (n != NULL, NULL);

  *n = 0;
  return tracker->masked ? sst_points_get (tracker->points, n) : NULL;
}
