/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Looking for a target that is lost, or that may have jumped. */

#include "track/tracker_private.h"

#include <math.h>

/* Factors of the field of view that are tried, about the middle of the picture:
 * another lens, a preset of the zoom. With what a look bears on both sides they
 * cover 0.35 to 3. */
static const float view_factors[] = { 0.5f, 2.f, 0.7f, 1.4f, 0.35f, 2.8f };

/* A candidate is the lost target again above these; where it was last, so many
 * times min_confidence do. */
#define RECOVER_CONFIDENCE 0.4f
#define RECOVER_LIKENESS 0.45f
#define RECOVER_HERE 1.25f

/* The k-th point of a square spiral: 0, 0; 1, 0; 1, 1; 0, 1; -1, 1 ... Ring r
 * has 8 r points, a side of 2 r after the other, and starts at (2 r - 1)^2. */
static void
spiral (guint k, int *x, int *y)
{
  const int r = (int) ceil (0.5 * (sqrt (k + 1.0) - 1.0));
  const int i = (int) k - (2 * r - 1) * (2 * r - 1);

  if (r == 0) {
    *x = *y = 0;
  } else if (i < 2 * r) {
    *x = r;
    *y = 1 - r + i;
  } else if (i < 4 * r) {
    *x = 3 * r - 1 - i;
    *y = r;
  } else if (i < 6 * r) {
    *x = -r;
    *y = 5 * r - 1 - i;
  } else {
    *x = i - 7 * r + 1;
    *y = -r;
  }
}

/* Next window of the sweep over the picture, which spirals outwards from where
 * the target was lost and starts again when it has been everywhere. */
static void
next_window (SstTracker * tracker, const SstFrame * frame, float step,
    float *x, float *y)
{
  const float reach_x = fmaxf (tracker->cx, frame->width - tracker->cx);
  const float reach_y = fmaxf (tracker->cy, frame->height - tracker->cy);
  const int rings = (int) ceilf (fmaxf (reach_x, reach_y) / step);
  const guint total = (guint) (2 * rings + 1) * (2 * rings + 1);

  for (guint tries = 0; tries < total; tries++) {
    int ix, iy;

    spiral (tracker->n_swept % total, &ix, &iy);
    tracker->n_swept++;
    *x = tracker->cx + ix * step;
    *y = tracker->cy + iy * step;
    if (*x >= 0.f && *y >= 0.f && *x < frame->width && *y < frame->height)
      return;
  }
  *x = tracker->cx;
  *y = tracker->cy;
}

/* Whether a promising look holds when looked at from close by. */
static gboolean
confirm (SstTracker * tracker, const SstFrame * frame, gboolean here,
    SstLook * look)
{
  const float min = tracker->params.min_confidence;
  const float enough = here ? fminf (RECOVER_HERE * min, RECOVER_CONFIDENCE)
      : RECOVER_CONFIDENCE;

  if (look->ratio < SST_LEARN_RATIO || (!here
          && look->likeness.first < 0.5f * RECOVER_LIKENESS))
    return FALSE;
  *look = sst_tracker_look (tracker, frame, look->target_x, look->target_y,
      look->side);
  return look->confidence >= fmaxf (enough, min)
      && look->ratio >= SST_LEARN_RATIO && (here
      || fmaxf (look->likeness.first, look->likeness.recent)
      >= RECOVER_LIKENESS);
}

/* Looks at a place for a target of so many times its size, which is taken if it
 * is there. On a ridge it looks the same at many sizes. */
static gboolean
look_scaled (SstTracker * tracker, const SstFrame * frame, float x, float y,
    float factor, SstLook * look)
{
  const float width = tracker->width * factor;
  const float height = tracker->height * factor;

  if (fminf (width, height) < SST_TRACKER_MIN_SIDE || width > frame->width
      || height > frame->height)
    return FALSE;
  *look = sst_tracker_look (tracker, frame, x, y,
      sst_tracker_search_side (width, height));
  if (!confirm (tracker, frame, FALSE, look) || look->ridge)
    return FALSE;
  tracker->width = width;
  tracker->height = height;
  return TRUE;
}

/* Looks where the target is if the field of view changed by a factor, about the
 * middle of the picture. */
static gboolean
look_through (SstTracker * tracker, const SstFrame * frame, float factor,
    SstLook * look)
{
  const float x = 0.5f * frame->width, y = 0.5f * frame->height;

  return look_scaled (tracker, frame, x + factor * (tracker->cx - x),
      y + factor * (tracker->cy - y), factor, look);
}

/* The same for all factors, in one frame. */
static gboolean
look_through_all (SstTracker * tracker, const SstFrame * frame, SstLook * look)
{
  for (guint i = 0; i < G_N_ELEMENTS (view_factors); i++) {
    if (look_through (tracker, frame, view_factors[i], look))
      return TRUE;
  }
  return FALSE;
}

gboolean
sst_tracker_search (SstTracker * tracker, const SstFrame * frame,
    SstLook * look)
{
  const float side = sst_tracker_search_side (tracker->width, tracker->height);

  for (int i = 0; i < tracker->params.redetect_windows; i++) {
    const gboolean here = i == 0
        && (tracker->params.redetect_windows > 1 || tracker->swept);
    float x = tracker->cx, y = tracker->cy;

    if (here && tracker->n_here++ % 2 == 1) {
      tracker->swept = FALSE;
      if (look_through (tracker, frame, view_factors[tracker->n_here / 2
                  % G_N_ELEMENTS (view_factors)], look))
        return TRUE;
      continue;
    }
    if (!here)
      next_window (tracker, frame, 0.5f * side, &x, &y);
    tracker->swept = !here;
    *look = sst_tracker_look (tracker, frame, x, y, side);
    if (confirm (tracker, frame, here, look))
      return TRUE;
  }
  return FALSE;
}

/* Whether there is no need to look elsewhere. */
static gboolean
is_convincing (const SstLook * look)
{
  return look->ratio >= SST_LEARN_RATIO
      && look->confidence >= RECOVER_CONFIDENCE;
}

/* After a jump of the stream the target may be anywhere near; most often it is
 * where it is expected. */
static SstLook
look_around (SstTracker * tracker, const SstFrame * frame, float side)
{
  SstLook best = sst_tracker_look (tracker, frame, tracker->cx, tracker->cy,
      side);

  if (is_convincing (&best))
    return best;
  for (guint k = 1; k < 9; k++) {
    SstLook look;
    int x, y;

    spiral (k, &x, &y);
    look = sst_tracker_look (tracker, frame, tracker->cx + 0.5f * side * x,
        tracker->cy + 0.5f * side * y, side);
    if (look.confidence > best.confidence)
      best = look;
  }
  /* what is learned from is the last look */
  return sst_tracker_look (tracker, frame, best.target_x, best.target_y, side);
}

SstLook
sst_tracker_look_for_jump (SstTracker * tracker, const SstFrame * frame,
    const SstCameraMotion * camera, float x, float y, float side)
{
  const float factor = camera != NULL && camera->cut ? hypotf (camera->a,
      camera->b) : 1.f;
  SstLook near, look;

  if (factor != 1.f) {
    sst_camera_motion_apply (camera, x, y, &x, &y);
    if (look_scaled (tracker, frame, x, y, factor, &look))
      return look;
  }
  near = look_around (tracker, frame, side);
  if (is_convincing (&near) || look_through_all (tracker, frame, &look))
    return is_convincing (&near) ? near : look;
  return sst_tracker_look (tracker, frame, near.target_x, near.target_y, side);
}
