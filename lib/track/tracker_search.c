/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Looking for a target that is lost, knowing it again, and one that may have
 * jumped. */

#include "track/tracker_private.h"

#include <math.h>

/* Factors of the field of view that are tried, about the middle of the picture:
 * another lens, a preset of the zoom. With what a look bears on both sides they
 * cover 0.35 to 3. */
static const float view_factors[] = { 0.5f, 2.f, 0.7f, 1.4f, 0.35f, 2.8f };

/* What is looked at closely: a cell that the network gives that score, or a
 * peak that high over the usual one. */
#define PROMISING_SCORE 0.1f
#define PROMISING_RATIO 0.35f
/* How probable a candidate is that goes on trial; where it was lost, the
 * other. */
#define CLAIM 0.5f
#define CLAIM_HERE 0.3f
/* How much larger or smaller than it was a lost target is found. */
#define MOST_GROWTH 2.5f

/* A look after a jump shows the target above these. */
#define RECOVER_CONFIDENCE 0.4f
#define RECOVER_LIKENESS 0.45f

/* ---- lost ---- */

static gboolean
is_promising (const SstTracker * tracker, const SstLook * look)
{
  return look->ratio >= PROMISING_RATIO
      || (tracker->trusted && look->score >= PROMISING_SCORE);
}

/* The target's box in a look; without a network it has the size that it was
 * looked for in, factor times the lost one's. */
static SstBox
box_in (const SstTracker * tracker, const SstLook * look, float factor)
{
  const SstBox *const lost = &tracker->lost_box;

  if (tracker->trusted && look->boxed)
    factor = CLAMP (sst_box_scale (&look->box) / sst_box_scale (lost),
        1.f / MOST_GROWTH, MOST_GROWTH);
  return sst_box_from_center (look->target_x, look->target_y,
      factor * lost->width, factor * lost->height);
}

float
sst_tracker_recognize (SstTracker * tracker, const SstFrame * frame,
    const SstLook * look)
{
  const SstBox *const box = &look->box;
  SstEvidence evidence;

  if (!is_promising (tracker, look))
    return 0.f;
  if (!tracker->trusted)
    return fmaxf (look->likeness.first, look->likeness.recent)
        >= RECOVER_LIKENESS ? look->confidence : 0.f;
  sst_matcher_draw (tracker->matcher, tracker->sampler, frame, box,
      sst_tracker_template_side (box->width, box->height));
  evidence = (SstEvidence) {
    .score = look->score,
    .quality = look->quality,
    .response = look->response,
    .portrait = sst_gallery_compare (tracker->gallery,
        sst_matcher_portrait (tracker->matcher)),
  };
  return sst_recognition_probability (&evidence);
}

/* Without a network nothing says how large it is: what looks like it in
 * another size is as large as it was, if it looks like it so too. Returns
 * the factor. */
static float
prefer_same_size (SstTracker * tracker, const SstFrame * frame, float factor,
    float *probability, SstLook * look)
{
  const SstLook same = sst_tracker_look (tracker, frame, look->target_x,
      look->target_y, sst_tracker_search_side (tracker->lost_box.width,
          tracker->lost_box.height));
  const float of_same = sst_tracker_recognize (tracker, frame, &same);

  if (of_same < CLAIM || of_same < *probability)
    return factor;
  *probability = of_same;
  *look = same;
  return 1.f;
}

/* Whether a promising look holds when looked at from close by: the target goes
 * there, on trial. */
static gboolean
claim (SstTracker * tracker, const SstFrame * frame, float factor,
    gboolean here, SstLook * look)
{
  SstBox box = box_in (tracker, look, factor);
  float probability;

  if (!is_promising (tracker, look))
    return FALSE;
  *look = sst_tracker_look (tracker, frame, look->target_x, look->target_y,
      sst_tracker_search_side (box.width, box.height));
  probability = look->ridge && factor != 1.f ? 0.f
      : sst_tracker_recognize (tracker, frame, look);
  if (probability < (here && !tracker->cut ? CLAIM_HERE : CLAIM))
    return FALSE;
  if (factor != 1.f && !tracker->trusted)
    factor = prefer_same_size (tracker, frame, factor, &probability, look);
  box = box_in (tracker, look, factor);
  tracker->cx = look->target_x;
  tracker->cy = look->target_y;
  tracker->width = box.width;
  tracker->height = box.height;
  tracker->on_trial = TRUE;
  sst_trial_start (&tracker->trial, probability, here && !tracker->cut);
  return TRUE;
}

/* Looks for it where it was lost. */
static gboolean
search_here (SstTracker * tracker, const SstFrame * frame, float side,
    SstLook * look)
{
  *look = sst_tracker_look (tracker, frame, tracker->cx, tracker->cy, side);
  return claim (tracker, frame, 1.f, TRUE, look);
}

/* Looks where it is if the field of view changed, about the middle of the
 * picture. */
static gboolean
search_through (SstTracker * tracker, const SstFrame * frame, float side,
    float factor, SstLook * look)
{
  const float x = 0.5f * frame->width, y = 0.5f * frame->height;
  const SstBox *const lost = &tracker->lost_box;

  if (factor * fminf (lost->width, lost->height) < SST_TRACKER_MIN_SIDE
      || factor * lost->width > frame->width
      || factor * lost->height > frame->height)
    return FALSE;
  *look = sst_tracker_look (tracker, frame, x + factor * (tracker->cx - x),
      y + factor * (tracker->cy - y), factor * side);
  return claim (tracker, frame, factor, FALSE, look);
}

/* Looks in the next window of the picture. */
static gboolean
search_window (SstTracker * tracker, const SstFrame * frame, float side,
    SstLook * look)
{
  float x, y, factor;

  sst_search_next (&tracker->search, frame->width, frame->height,
      &tracker->lost_box, side, tracker->trusted, &x, &y, &factor);
  *look = sst_tracker_look (tracker, frame, x, y, factor * side);
  return claim (tracker, frame, factor, FALSE, look);
}

gboolean
sst_tracker_search (SstTracker * tracker, const SstFrame * frame,
    SstLook * look)
{
  const float side = sst_tracker_search_side (tracker->width, tracker->height);

  tracker->lost_box = sst_tracker_box (tracker);
  for (int i = 0; i < tracker->params.redetect_windows; i++) {
    const guint turn = tracker->n_searched++;
    gboolean found;

    if (turn % 3 == 0)
      found = search_here (tracker, frame, side, look);
    else if (turn % 6 == 5)
      found = search_through (tracker, frame, side,
          view_factors[turn / 6 % G_N_ELEMENTS (view_factors)], look);
    else
      found = search_window (tracker, frame, side, look);
    if (found)
      return TRUE;
  }
  return FALSE;
}

/* ---- a jump ---- */

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

/* Whether a promising look holds when looked at from close by. */
static gboolean
confirm (SstTracker * tracker, const SstFrame * frame, SstLook * look)
{
  if (look->ratio < SST_LEARN_RATIO
      || look->likeness.first < 0.5f * RECOVER_LIKENESS)
    return FALSE;
  *look = sst_tracker_look (tracker, frame, look->target_x, look->target_y,
      look->side);
  return look->confidence >= fmaxf (RECOVER_CONFIDENCE,
      tracker->params.min_confidence) && look->ratio >= SST_LEARN_RATIO
      && fmaxf (look->likeness.first, look->likeness.recent)
      >= RECOVER_LIKENESS;
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
  if (!confirm (tracker, frame, look) || look->ridge)
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
