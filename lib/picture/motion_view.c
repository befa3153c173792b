/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "picture/motion_private.h"

#include <math.h>

/* Another field of view: sizes of the narrow picture's pixels in those of
 * the wide one, of which twice as many lie along a side, so that factors of
 * 0.33 to 0.77 and their inverses are found; the step of the search and the
 * share of the narrow picture that is to be seen in the wide one; what
 * makes a place worth a closer look, and what holds. */
static const float view_sizes[] =
    { 0.7f, 0.8f, 0.91f, 1.03f, 1.17f, 1.33f, 1.5f };
#define VIEW_STEP 2.f
#define VIEW_INSIDE 0.8f
#define VIEW_LIKENESS 0.4f
#define VIEW_SUPPORT 0.5f

/* How like the pixels of the narrow picture are to those of the wide one at a
 * fit's places: correlation, -1..1; -1 where too few are inside. */
static float
correlate (const Level * narrow, const Level * wide, const Fit * fit)
{
  float n = 0.f, t = 0.f, i = 0.f, tt = 0.f, ii = 0.f, ti = 0.f;
  int all = 0;

  for (int y = 0; y < narrow->height; y += 2) {
    const float v = fit->a * (y + 0.5f - narrow->cy) + fit->ty + wide->cy;

    for (int x = 0; x < narrow->width; x += 2) {
      const float u = fit->a * (x + 0.5f - narrow->cx) + fit->tx + wide->cx;
      float a, b;

      all++;
      if (u < 0.f || v < 0.f || u >= wide->width || v >= wide->height)
        continue;
      a = narrow->image[y * narrow->width + x];
      b = wide->image[(int) v * wide->width + (int) u];
      n += 1.f;
      t += a;
      i += b;
      tt += a * a;
      ii += b * b;
      ti += a * b;
    }
  }
  if (n < VIEW_INSIDE * all)
    return -1.f;
  tt -= t * t / n;
  ii -= i * i / n;
  return (ti - t * i / n) / sqrtf ((tt + n) * (ii + n));
}

/* Where in the wide picture the narrow one is, at a given size. */
static Fit
search_view (const Level * narrow, const Level * wide, float size, float *best)
{
  const float reach_x = MAX (wide->cx - (VIEW_INSIDE - 0.5f) * size
      * narrow->width, 0.f);
  const float reach_y = MAX (wide->cy - (VIEW_INSIDE - 0.5f) * size
      * narrow->height, 0.f);
  Fit fit = SST_MOTION_STILL, found = SST_MOTION_STILL;

  *best = -1.f;
  fit.a = fit.expected = size;
  for (fit.ty = -reach_y; fit.ty <= reach_y; fit.ty += VIEW_STEP)
    for (fit.tx = -reach_x; fit.tx <= reach_x; fit.tx += VIEW_STEP) {
      const float likeness = correlate (narrow, wide, &fit);

      if (likeness > *best) {
        *best = likeness;
        found = fit;
      }
    }
  return found;
}

/* Aligns a narrow picture in a wide one, which shows it at about half its size:
 * the narrow one's levels are taken one higher, so that their pixels are about
 * as large. The result is for the finest level. */
static Verdict
find_view (SstMotion * motion, const Picture * narrow, const Picture * wide,
    Fit * fit)
{
  const int l = MAX_LEVELS - 2;
  Verdict best = { 0.f, 1.f, 0.f };

  for (guint k = 0; k < G_N_ELEMENTS (view_sizes); k++) {
    Verdict verdict;
    float likeness;
    Fit one = search_view (&narrow->level[l + 1], &wide->level[l],
        view_sizes[k], &likeness);

    if (likeness < VIEW_LIKENESS)
      continue;
    sst_motion_refine (motion, &narrow->level[l + 1], &wide->level[l], &one,
        COARSEST_STEPS, TRUE);
    one.tx *= 2.f;
    one.ty *= 2.f;
    sst_motion_refine (motion, &narrow->level[l], &wide->level[l - 1], &one,
        STEPS, FALSE);
    sst_motion_warp (&narrow->level[l], &wide->level[l - 1], &one,
        motion->warped);
    verdict = sst_motion_judge (&narrow->level[l], &one, motion->warped, 1.f);
    if (verdict.support > best.support && one.a > 0.f
        && fabsf (one.b) < MAX_TURN * one.a) {
      best = verdict;
      *fit = one;
    }
  }
  fit->a *= 0.5f;
  fit->b *= 0.5f;
  return best;
}

static Fit
invert (const Fit * fit)
{
  const float square = fit->a * fit->a + fit->b * fit->b;
  Fit inverse = *fit;

  inverse.a = fit->a / square;
  inverse.b = -fit->b / square;
  inverse.tx = -(inverse.a * fit->tx - inverse.b * fit->ty);
  inverse.ty = -(inverse.b * fit->tx + inverse.a * fit->ty);
  return inverse;
}

gboolean
sst_motion_find_other_view (SstMotion * motion, Fit * fit, float *support)
{
  const Picture *before = &motion->picture[!motion->present];
  const Picture *now = &motion->picture[motion->present];
  Fit wider = SST_MOTION_STILL, closer = SST_MOTION_STILL;
  Verdict out, in;

  if (motion->n_levels < MAX_LEVELS)
    return FALSE;
  out = find_view (motion, before, now, &wider);
  in = find_view (motion, now, before, &closer);
  if (MAX (out.support, in.support) < VIEW_SUPPORT)
    return FALSE;
  *support = MAX (out.support, in.support);
  *fit = out.support >= in.support ? wider : invert (&closer);
  return TRUE;
}
