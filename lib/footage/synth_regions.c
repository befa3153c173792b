/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Regions: rectangles of a picture as targets, in their place. */

#include "footage/synth_private.h"

#include <math.h>

/* Targets, pixels of their picture or share of its shorter side. */
#define MIN_SIZE 16.f
#define MAX_REGION 0.3f         /* of regions: search is mostly picture */
#define ASPECT_SIGMA 0.45f
#define P_LONG 0.15f
#define REGION_DRAWS 3
#define MAX_REGION_DRAWS 6
#define FLAT (6.f * 6.f)        /* variance below which more are drawn */
/* Regions are not turned farther than that: their boxes would be loose. */
#define MAX_REGION_TURN (18.f * SST_SYNTH_DEGREE)       /* square ones */

static float
texture_of (SstSynth * synth, const SstFrame * frame, const SstBox * region)
{
  const int n = SST_SYNTH_TEXTURE_SIDE * SST_SYNTH_TEXTURE_SIDE;
  float sum = 0.f, squares = 0.f;

  sst_sampler_sample (synth->sampler, frame, region, SST_SAMPLE_LUMA,
      SST_SYNTH_TEXTURE_SIDE, SST_SYNTH_TEXTURE_SIDE, synth->texture);
  for (int i = 0; i < n; i++) {
    sum += synth->texture[i];
    squares += synth->texture[i] * synth->texture[i];
  }
  return squares / n - (sum / n) * (sum / n);
}

static float
draw_aspect (SstRandom * random)
{
  return sst_random_chance (random, P_LONG)
      ? sst_synth_log_uniform (random, SST_THING_MAX_ASPECT)
      : sst_synth_log_normal (random, ASPECT_SIGMA);
}

SstBox
sst_synth_region (SstSynth * synth, const SstFrame * frame, float most_share,
    SstRandom * random)
{
  const float shorter = MIN (frame->width, frame->height);
  const float largest = most_share * shorter;
  const float smallest = MIN (MIN_SIZE, largest);
  SstBox best = { 0.f, 0.f, 0.f, 0.f };
  float most = -1.f;

  for (int i = 0; i < (most < FLAT ? MAX_REGION_DRAWS : REGION_DRAWS); i++) {
    const float size = expf (sst_random_uniform (random, logf (smallest),
            logf (largest)));
    const float aspect = sqrtf (draw_aspect (random));
    const float width = MIN (size * aspect, 0.9f * frame->width);
    const float height = MIN (size / aspect, 0.9f * frame->height);
    const SstBox region = {
      sst_random_uniform (random, 0.f, frame->width - width),
      sst_random_uniform (random, 0.f, frame->height - height), width, height
    };
    const float found = texture_of (synth, frame, &region);

    if (found > most) {
      most = found;
      best = region;
    }
  }
  return best;
}

static gboolean
overlap (const SstBox * a, const SstBox * b)
{
  return a->x < b->x + b->width && b->x < a->x + a->width
      && a->y < b->y + b->height && b->y < a->y + a->height;
}

/* A place of size's neighbourhood in which the region does not show. FALSE:
 * there seems to be none. */
static gboolean
draw_elsewhere (const SstFrame * frame, const SstBox * region, float side,
    float *x, float *y, SstRandom * random)
{
  for (int i = 0; i < 8; i++) {
    SstBox seen;

    *x = sst_random_uniform (random, 0.f, frame->width);
    *y = sst_random_uniform (random, 0.f, frame->height);
    /* however it is turned and stretched */
    seen = sst_box_from_center (*x, *y, 1.6f * side, 1.6f * side);
    if (!overlap (&seen, region))
      return TRUE;
  }
  return FALSE;
}

/* Another region, in this picture or another, that the target is not in.
 * FALSE: there is none. */
static gboolean
draw_instead (SstSynth * synth, SstRandom * random, guint clip,
    const SstFrame ** frame, const SstBox * region, float *scale, float *x,
    float *y)
{
  SstBox other;

  if ((synth->grounds.n == 1
          || sst_random_chance (random, SST_SYNTH_ABSENT_NEAR))
      && draw_elsewhere (*frame, region, SST_SEARCH_SIDE / *scale, x, y,
          random))
    return TRUE;
  if (synth->grounds.n == 1) {
    *x = sst_box_center_x (region);
    *y = sst_box_center_y (region);
    return FALSE;
  }
  *frame = sst_synth_frame (synth, sst_clip_pool_draw (&synth->grounds, clip,
          random), random);
  other = sst_synth_region (synth, *frame, MAX_REGION, random);
  *x = sst_box_center_x (&other);
  *y = sst_box_center_y (&other);
  *scale *= sst_box_scale (region) / sst_box_scale (&other);
  return TRUE;
}

void
sst_synth_regions (SstSynth * synth, SstRandom * random, gboolean absent,
    SstPair * pair)
{
  const guint clip = sst_clip_pool_draw (&synth->grounds, G_MAXUINT, random);
  const SstFrame *frame = sst_synth_frame (synth, clip, random);
  const SstBox region = sst_synth_region (synth, frame, MAX_REGION, random);
  const float size = sst_box_scale (&region);
  const float aspect = region.width / region.height;
  const float most = MAX_REGION_TURN * MIN (aspect, 1.f / aspect);
  const float turn = CLAMP (sst_random_uniform (random, -synth->change.turn,
          synth->change.turn), -most, most);
  const float stretch = sst_synth_log_normal (random, synth->change.stretch);
  const float xx = stretch * cosf (turn), xy = -stretch * sinf (turn);
  const float yx = sinf (turn) / stretch, yy = cosf (turn) / stretch;
  const float templ_scale = sst_synth_template_size (random) / size;
  const float templ_x = sst_synth_template_place (random);
  const float templ_y = sst_synth_template_place (random);
  const float search_x = sst_synth_search_place (random);
  const float search_y = sst_synth_search_place (random);
  float x = sst_box_center_x (&region), y = sst_box_center_y (&region);
  const float width = fabsf (xx) * region.width + fabsf (xy) * region.height;
  const float height = fabsf (yx) * region.width + fabsf (yy) * region.height;
  const float search_scale = sst_synth_search_size (random)
      / sqrtf (width * height);
  float scale = search_scale;
  SstView view = sst_synth_view (frame, templ_scale, 0.f, 0.f, templ_scale,
      x, y, templ_x, templ_y);

  sst_painter_view (synth->painter, &view, SST_TEMPLATE_SIDE,
      synth->templ_detail, pair->templ);
  pair->source = clip;
  pair->masks_known = FALSE;
  pair->templ_box = sst_box_from_center (templ_x, templ_y,
      templ_scale * region.width, templ_scale * region.height);

  pair->present = !(absent && draw_instead (synth, random, clip, &frame,
          &region, &scale, &x, &y));
  view = sst_synth_view (frame, scale * xx, scale * xy, scale * yx,
      scale * yy, x, y, pair->present ? search_x : SST_SEARCH_SIDE * 0.5f,
      pair->present ? search_y : SST_SEARCH_SIDE * 0.5f);
  sst_painter_view (synth->painter, &view, SST_SEARCH_SIDE,
      synth->search_detail, pair->search);
  pair->box = sst_box_from_center (search_x, search_y, search_scale * width,
      search_scale * height);
}
