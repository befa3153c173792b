/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "footage/synth_private.h"

#include <math.h>
#include <string.h>

#include "footage/augment.h"
#include "footage/smear.h"

/* Shares of the pairs, */
#define P_REGION 0.1f
#define P_OCCLUDER 0.25f
#define P_ABSENT 0.2f
#define P_MEDIUM 0.2f
#define P_EXTREME 0.1f
#define P_MIRROR 0.5f
/* of those with a thing, */
#define P_SOLID 0.2f
#define P_LOOKALIKE 0.5f
#define P_MOTION 0.15f
/* and of those without a solid, where there are cut-outs. */
#define P_CUTOUT 0.75f

/* What changes from template to search, at the most, at a strength of 0, 1/3,
 * 2/3 and 1; between these it grows evenly. A mild pair has a strength up to
 * 1/3, a medium one up to 2/3, an extreme one up to 1. */
#define DEGREE SST_SYNTH_DEGREE
#define KNOTS 4
static const SstChange knots[KNOTS] = {
  /* stretch, turn, tilt, spin, bend, bumps, mirror, approach */
  {0.02f, 2.f * DEGREE, 3.f * DEGREE, 5.f * DEGREE, 4.f * DEGREE, 0.02f, 0.f,
      0.f},
  {0.09f, 14.f * DEGREE, 18.f * DEGREE, 30.f * DEGREE, 25.f * DEGREE, 0.06f,
      0.02f, 0.25f},
  {0.2f, 50.f * DEGREE, 40.f * DEGREE, 80.f * DEGREE, 70.f * DEGREE, 0.1f,
      0.1f, 0.7f},
  {0.4f, 180.f * DEGREE, 65.f * DEGREE, 180.f * DEGREE, 140.f * DEGREE, 0.15f,
      0.3f, 1.1f},
};

/* Of things: search has the background of another clip. */
#define P_OTHER_GROUND 0.25f
/* The largest that a thing is on it, as a share of its shorter side. */
#define MAX_GROUND 0.22f
#define P_INSIDE 0.8f            /* mostly no borders are seen */
/* The same clip: template and search from this many pictures apart. */
#define NEAR_PICTURES 5
#define P_CAMERA_TURNS 0.5f

/* Of look-alikes: the thing itself in other colours; or of its kind. */
#define P_COPY 0.4f
#define P_KIND 0.7f
#define P_IN_TEMPLATE 0.7f
#define KIND_REACH 6            /* in the order of names */

/* Of absent targets that are not near the template's place: with any other
 * thing instead. */
#define P_ABSENT_OTHER 0.5f

/* The most of a target's box that another thing's covers. */
#define MOST_OVER 0.3f
#define MOST_OCCLUDED 0.6f
#define LEAST_OCCLUDED 0.1f
#define P_PAINTED 0.25f
#define P_OCCLUDER_MOVES 0.3f

/* Strokes of motion, of the thing's shorter side. */
#define MOTION_LEAST 0.15f
#define MOTION_MOST 0.5f
#define P_TEMPLATE_MOTION 0.3f  /* of those of search */
#define P_GROUND_MOTION 0.06f   /* the camera follows the thing */

/* What the tracker believes of the target, and where and how large it is:
 * scale, place (share of the side). */
#define SCALE_SIGMA 0.2f
#define P_FAR_OFF 0.1f
#define FAR_OFF 2.f
#define SHIFT 0.33f

/* Template: errors of who draws the first box, as a share of the target. */
#define TEMPLATE_SCALE_SIGMA 0.05f
#define TEMPLATE_SHIFT_SIGMA 0.03f

/* The largest target, as a share of the shorter side of its picture. */
#define MAX_SIZE 0.6f

/* Size of a target in a tensor, where the scale is right. */
#define SIZE (SST_SEARCH_SIDE / SST_SEARCH_FACTOR)

/* Where a thing is put on a picture. */
typedef struct
{
  guint clip;
  const SstFrame *frame;
  float x, y, size;             /* pixels of it */
} Ground;

/* --- What is in the footage --- */

void
sst_synth_params_init (SstSynthParams * params)
{
  *params = (SstSynthParams) {
    .region = P_REGION, .solid = P_SOLID, .cutout = P_CUTOUT,
    .lookalike = P_LOOKALIKE, .motion = P_MOTION, .occluder = P_OCCLUDER,
    .absent = P_ABSENT, .medium = P_MEDIUM, .extreme = P_EXTREME,
    .strength = 1.f
  };
}

/* Lets the sampler take the memory that it will ever need. */
static void
warm_up (SstSynth * synth)
{
  const SstFrame *widest = NULL;
  SstBox all;

  for (guint i = 0; i < sst_footage_n_clips (synth->footage); i++) {
    const SstFrame *const frame =
        sst_clip_frame (sst_footage_clip (synth->footage, i), 0);

    if (widest == NULL || frame->width > widest->width)
      widest = frame;
  }
  all = (SstBox) { 0.f, 0.f, widest->width, widest->height };
  sst_sampler_sample (synth->sampler, widest, &all, SST_SAMPLE_YCC,
      SST_PAINTER_MAX_SOURCE, 1, synth->scratch);
}

void
sst_synth_set_footage (SstSynth * synth, const SstFootage * footage)
{
  sst_clip_pool_clear (&synth->grounds);
  sst_clip_pool_clear (&synth->cutouts);
  synth->footage = footage;
  sst_clip_pool_init (&synth->grounds, footage, SST_CONTENT_OPAQUE);
  sst_clip_pool_init (&synth->cutouts, footage, SST_CONTENT_CUTOUT);
  if (synth->grounds.n == 0) {
    sst_clip_pool_clear (&synth->grounds);
    sst_clip_pool_init (&synth->grounds, footage, SST_CONTENT_ALL);
  }
  warm_up (synth);
}

SstSynth *
sst_synth_new (const SstFootage * footage)
{
  SstSynth *synth = g_new0 (SstSynth, 1);

  synth->sampler = sst_sampler_new ();
  synth->painter = sst_painter_new (synth->sampler);
  synth->mask = g_new0 (float, SST_SEARCH_SIDE * SST_SEARCH_SIDE);
  synth->scratch = g_new (float, SST_AUGMENT_SCRATCH (SST_SEARCH_SIDE));
  sst_synth_params_init (&synth->params);
  sst_synth_set_footage (synth, footage);
  return synth;
}

void
sst_synth_free (SstSynth ** synth)
{
  if (*synth == NULL)
    return;
  sst_painter_free (&(*synth)->painter);
  sst_sampler_free (&(*synth)->sampler);
  sst_clip_pool_clear (&(*synth)->grounds);
  sst_clip_pool_clear (&(*synth)->cutouts);
  g_free ((*synth)->mask);
  g_free ((*synth)->scratch);
  g_clear_pointer (synth, g_free);
}

void
sst_synth_set_params (SstSynth * synth, const SstSynthParams * params)
{
  synth->params = *params;
}

float
sst_synth_log_normal (SstRandom * random, float sigma)
{
  const float x = sst_random_normal (random, 1.f);

  return expf (sigma * CLAMP (x, -3.f, 3.f));
}

float
sst_synth_log_uniform (SstRandom * random, float most)
{
  return expf (sst_random_uniform (random, -logf (most), logf (most)));
}

const SstFrame *
sst_synth_frame (const SstSynth * synth, guint clip, SstRandom * random)
{
  const SstClip *const c = sst_footage_clip (synth->footage, clip);

  return sst_clip_fetch (c, sst_random_below (random, sst_clip_length (c)));
}

/* --- How a pair differs --- */

static float
draw_strength (const SstSynthParams * params, SstRandom * random)
{
  const float level = sst_random_uniform (random, 0.f, 1.f);
  const float within = sst_random_uniform (random, 0.f, 1.f);

  return (within + (level < params->extreme ? 2.f
          : level < params->extreme + params->medium ? 1.f : 0.f)) / 3.f;
}

static float
between (float a, float b, float t)
{
  return a + t * (b - a);
}

static SstChange
change_of (float strength)
{
  const float at = strength * (KNOTS - 1);
  const int i = MIN ((int) at, KNOTS - 2);
  const SstChange *const a = &knots[i], *const b = a + 1;
  const float t = at - i;

  return (SstChange) {
    .stretch = between (a->stretch, b->stretch, t),
    .turn = between (a->turn, b->turn, t),
    .tilt = between (a->tilt, b->tilt, t),
    .spin = between (a->spin, b->spin, t),
    .bend = between (a->bend, b->bend, t),
    .bumps = between (a->bumps, b->bumps, t),
    .mirror = between (a->mirror, b->mirror, t),
    .approach = between (a->approach, b->approach, t)
  };
}

/* The nearer view is the sharper one. */
static void
draw_details (SstSynth * synth, SstRandom * random)
{
  const float nearer = sst_random_uniform (random, -synth->change.approach,
      synth->change.approach);

  synth->templ_detail = expf (-MAX (nearer, 0.f));
  synth->search_detail = expf (MIN (nearer, 0.f));
}

float
sst_synth_search_size (SstRandom * random)
{
  return SIZE / (sst_random_chance (random, P_FAR_OFF)
      ? sst_synth_log_uniform (random, FAR_OFF)
      : sst_synth_log_normal (random, SCALE_SIGMA));
}

float
sst_synth_search_place (SstRandom * random)
{
  return SST_SEARCH_SIDE * (0.5f + sst_random_uniform (random, -SHIFT, SHIFT));
}

float
sst_synth_template_size (SstRandom * random)
{
  return SIZE * sst_synth_log_normal (random, TEMPLATE_SCALE_SIGMA);
}

float
sst_synth_template_place (SstRandom * random)
{
  return SST_TEMPLATE_SIDE * 0.5f + sst_random_normal (random,
      TEMPLATE_SHIFT_SIGMA * SIZE);
}

SstView
sst_synth_view (const SstFrame * frame, float xx, float xy, float yx, float yy,
    float px, float py, float x, float y)
{
  const float per_det = 1.f / (xx * yy - xy * yx);
  SstView view = { frame, yy * per_det, -xy * per_det, -yx * per_det,
    xx * per_det, 0.f, 0.f
  };

  view.x = px - view.xx * x - view.xy * y;
  view.y = py - view.yx * x - view.yy * y;
  return view;
}

/* --- Things --- */

static void
make_cutout (SstSynth * synth, SstThing * thing, guint clip,
    SstRandom * random)
{
  const SstClip *const c = sst_footage_clip (synth->footage, clip);
  const guint i = sst_random_below (random, sst_clip_length (c));

  sst_thing_make_cutout (thing, sst_clip_fetch (c, i), sst_clip_alpha (c, i),
      synth->sampler, random);
}

/* Any thing, from another clip than that if there is one. Returns its clip. */
static guint
make_any (SstSynth * synth, SstThing * thing, guint not, SstRandom * random)
{
  const SstSynthParams *const params = &synth->params;
  const gboolean solid = sst_random_chance (random, params->solid);
  const SstFrame *frame;
  SstBox region;
  guint clip;

  if (!solid && synth->cutouts.n > 0
      && sst_random_chance (random, params->cutout)) {
    clip = sst_clip_pool_draw (&synth->cutouts, not, random);
    make_cutout (synth, thing, clip, random);
    return clip;
  }
  clip = sst_clip_pool_draw (&synth->grounds, not, random);
  frame = sst_synth_frame (synth, clip, random);
  region = sst_synth_region (synth, frame, MAX_SIZE, random);
  if (solid)
    sst_thing_make_solid (thing, frame, &region, random);
  else
    sst_thing_make_patch (thing, frame, &region, random);
  return clip;
}

/* Of cut-outs, one whose name is near; else another region of the same picture.
 * FALSE: there is none. */
static gboolean
make_kindred (SstSynth * synth, SstThing * thing, guint clip,
    SstRandom * random)
{
  const SstThing *const target = &synth->target.thing;

  if (target->alpha != NULL) {
    const SstClipPool *const pool = &synth->cutouts;
    guint at = 0;

    while (pool->clip[at] != clip)
      at++;
    at += 1 + sst_random_below (random, KIND_REACH)
        + (sst_random_chance (random, 0.5f) ? 0 : pool->n
        - MIN (KIND_REACH + 1, pool->n));
    at %= pool->n;
    if (pool->clip[at] == clip)
      return FALSE;
    make_cutout (synth, thing, pool->clip[at], random);
    return TRUE;
  }
  for (int i = 0; i < 4; i++) {
    const SstBox region = sst_synth_region (synth, target->frame, MAX_SIZE,
        random);

    if (sst_box_iou (&region, &target->region) > 0.1f)
      continue;
    if (target->form != SST_THING_FLAT)
      sst_thing_make_solid (thing, target->frame, &region, random);
    else
      sst_thing_make_patch (thing, target->frame, &region, random);
    return TRUE;
  }
  return FALSE;
}

/* What is not the target, but might be taken for it. FALSE: there is none. */
static gboolean
cast_other (SstSynth * synth, SstActor * actor, guint clip, gboolean may_copy,
    gboolean kindred, SstRandom * random)
{
  actor->copy = may_copy && sst_random_chance (random, P_COPY);
  actor->size = sst_synth_log_normal (random, 0.25f);
  actor->distance = 0.5f * (1.f + actor->size)
      * sst_random_uniform (random, 0.6f, 1.7f);
  actor->angle = sst_random_uniform (random, 0.f, 2.f * (float) G_PI);
  if (actor->copy) {
    actor->thing = synth->target.thing;
    sst_thing_recolor (&actor->thing, random);
  } else if (!kindred || !make_kindred (synth, &actor->thing, clip, random)) {
    if (synth->grounds.n + synth->cutouts.n == 1)
      return FALSE;
    if (make_any (synth, &actor->thing, clip, random) == clip)
      return FALSE;
  }
  sst_stance_init (&actor->templ, &actor->thing, random);
  sst_stance_change (&actor->search, &actor->thing, &actor->templ,
      &synth->change, random);
  return TRUE;
}

/* How many pixels of a background make the size of a thing: few enough for the
 * picture to fill search. */
static float
ground_size (const SstFrame * frame, SstRandom * random)
{
  const float most = MAX_GROUND * MIN (frame->width, frame->height);

  return CLAMP (0.5f * most * sst_synth_log_normal (random, 0.5f),
      MIN (12.f, most), most);
}

static void
draw_ground (SstSynth * synth, Ground * ground, guint not, SstRandom * random)
{
  ground->clip = sst_clip_pool_draw (&synth->grounds, not, random);
  ground->frame = sst_synth_frame (synth, ground->clip, random);
  ground->size = ground_size (ground->frame, random);
  ground->x = sst_random_uniform (random, 0.f, ground->frame->width);
  ground->y = sst_random_uniform (random, 0.f, ground->frame->height);
}

/* The same a little later. */
static void
move_ground (SstSynth * synth, Ground * ground, SstRandom * random)
{
  const SstClip *const clip = sst_footage_clip (synth->footage, ground->clip);
  const int n = (int) sst_clip_length (clip);
  int at = 0;

  while (at < n - 1 && sst_clip_frame (clip, at) != ground->frame)
    at++;
  at += (int) sst_random_below (random, 2 * NEAR_PICTURES + 1) - NEAR_PICTURES;
  ground->frame = sst_clip_fetch (clip, CLAMP (at, 0, n - 1));
  ground->x += sst_random_normal (random, 0.6f * ground->size);
  ground->y += sst_random_normal (random, 0.6f * ground->size);
  ground->x = CLAMP (ground->x, 0.f, (float) ground->frame->width);
  ground->y = CLAMP (ground->y, 0.f, (float) ground->frame->height);
}

/* Moves it so that a view shows no more than its picture, where that is large
 * enough. */
static void
keep_inside (Ground * ground, const SstView * view, int side)
{
  const float left = view->x + (MIN (view->xx, 0.f) + MIN (view->xy, 0.f))
      * side;
  const float top = view->y + (MIN (view->yx, 0.f) + MIN (view->yy, 0.f))
      * side;
  const float right = left + (fabsf (view->xx) + fabsf (view->xy)) * side;
  const float bottom = top + (fabsf (view->yx) + fabsf (view->yy)) * side;
  const int width = ground->frame->width, height = ground->frame->height;

  if (right - left < width)
    ground->x += MAX (-left, 0.f) - MAX (right - width, 0.f);
  if (bottom - top < height)
    ground->y += MAX (-top, 0.f) - MAX (bottom - height, 0.f);
}

static void
paint_ground (SstSynth * synth, Ground * ground, const SstPaintLayer * layer,
    float size, float turn, int side, float detail, float *tensor,
    SstRandom * random)
{
  const float scale = size / ground->size;
  const float c = scale * cosf (turn), s = scale * sinf (turn);
  SstView view;

  for (int i = 0; i < 2; i++) {
    view = sst_synth_view (ground->frame, c, turn == 0.f ? 0.f : -s,
        turn == 0.f ? 0.f : s, c, ground->x, ground->y,
        sst_box_center_x (&layer->box), sst_box_center_y (&layer->box));
    if (i == 0 && sst_random_chance (random, P_INSIDE))
      keep_inside (ground, &view, side);
  }
  sst_painter_view (synth->painter, &view, side, detail, tensor);
  if (sst_random_chance (random, P_GROUND_MOTION)) {
    const float length = sst_random_uniform (random, 3.f, 24.f);
    const float angle = sst_random_uniform (random, 0.f, (float) G_PI);

    for (int i = 0; i < 3; i++)
      sst_smear (tensor + (size_t) i * side * side, side, side, 1,
          length * cosf (angle), length * sinf (angle), synth->scratch);
  }
}

static void
move_layer (SstPaintLayer * layer, SstRandom * random)
{
  const float length = MIN (layer->box.width, layer->box.height)
      * sst_random_uniform (random, MOTION_LEAST, MOTION_MOST);
  const float angle = sst_random_uniform (random, 0.f, (float) G_PI);

  layer->blur_x = length * cosf (angle);
  layer->blur_y = length * sinf (angle);
}

/* Gives an actor its shape and its place beside the target. */
static gboolean
place_other (SstActor * actor, const SstStance * stance,
    const SstPaintLayer * target, float detail, float stray, SstRandom * random)
{
  const float unit = sst_box_scale (&target->box);
  const float distance = unit * actor->distance
      * (1.f + stray * sst_random_uniform (random, -0.3f, 0.4f));
  const float angle = actor->angle + sst_random_normal (random, 0.5f * stray);

  if (!sst_paint_layer_shape (&actor->layer, &actor->thing, stance))
    return FALSE;
  actor->layer.detail = detail;
  sst_paint_layer_put (&actor->layer, sst_box_center_x (&target->box)
      + distance * cosf (angle), sst_box_center_y (&target->box)
      + distance * sinf (angle), unit * actor->size
      * sst_synth_log_normal (random, 0.1f * stray));
  return TRUE;
}

/* How much of a box another covers. */
static float
cover (const SstBox * box, const SstBox * by)
{
  const float w = fminf (box->x + box->width, by->x + by->width)
      - fmaxf (box->x, by->x);
  const float h = fminf (box->y + box->height, by->y + by->height)
      - fmaxf (box->y, by->y);

  return w <= 0.f || h <= 0.f ? 0.f : w * h / (box->width * box->height);
}

static void
fill_mask (const float *plane, int side, float *mask)
{
  const int n = side / SST_NETWORK_STRIDE;
  const float per_area = 1.f / (SST_NETWORK_STRIDE * SST_NETWORK_STRIDE);

  if (mask == NULL)
    return;
  for (int i = 0; i < n * n; i++) {
    const float *at = plane + (size_t) (i / n) * SST_NETWORK_STRIDE * side
        + i % n * SST_NETWORK_STRIDE;
    float sum = 0.f;

    for (int y = 0; y < SST_NETWORK_STRIDE; y++, at += side) {
      for (int x = 0; x < SST_NETWORK_STRIDE; x++)
        sum += at[x];
    }
    mask[i] = sum * per_area;
  }
}

/* FALSE: the target can't be drawn. */
static gboolean
draw_template (SstSynth * synth, Ground * ground, int n_others,
    gboolean moves, SstPair * pair, SstRandom * random)
{
  SstActor *const target = &synth->target;
  SstPaintLayer *const layer = &target->layer;
  const float detail = synth->templ_detail;
  const float size = sst_synth_template_size (random);
  const int side = SST_TEMPLATE_SIDE;

  if (!sst_paint_layer_shape (layer, &target->thing, &target->templ))
    return FALSE;
  layer->detail = detail;
  sst_paint_layer_put (layer, sst_synth_template_place (random),
      sst_synth_template_place (random), size);
  if (moves && sst_random_chance (random, P_TEMPLATE_MOTION))
    move_layer (layer, random);
  paint_ground (synth, ground, layer, size, 0.f, side, detail, pair->templ,
      random);
  for (int i = 0; i < n_others; i++) {
    if (sst_random_chance (random, P_IN_TEMPLATE)
        && place_other (&synth->other[i], &synth->other[i].templ, layer,
            detail, 0.f, random))
      sst_painter_draw (synth->painter, &synth->other[i].layer, side,
          pair->templ, NULL, NULL);
  }
  if (!sst_painter_draw (synth->painter, layer, side, pair->templ,
          synth->mask, NULL))
    return FALSE;
  fill_mask (synth->mask, side, pair->templ_mask);
  pair->templ_box = layer->box;
  return TRUE;
}

/* Places something before the target. FALSE: it does not fit. */
static gboolean
place_occluder (SstSynth * synth, SstActor * actor, const SstBox * box,
    float most, SstRandom * random)
{
  if (!sst_paint_layer_shape (&actor->layer, &actor->thing, &actor->search))
    return FALSE;
  for (int i = 0; i < 16; i++) {
    float covered;

    sst_paint_layer_put (&actor->layer, box->x + box->width
        * sst_random_uniform (random, -0.4f, 1.4f), box->y + box->height
        * sst_random_uniform (random, -0.4f, 1.4f), 0.9f * sst_box_scale (box)
        * sst_synth_log_normal (random, 0.4f));
    covered = cover (box, &actor->layer.box);
    if (covered < LEAST_OCCLUDED || covered > most)
      continue;
    actor->layer.detail = synth->search_detail;
    if (sst_random_chance (random, P_OCCLUDER_MOVES))
      move_layer (&actor->layer, random);
    return TRUE;
  }
  return FALSE;
}

static void
occlude (SstSynth * synth, guint clip, float most, SstPair * pair,
    SstRandom * random)
{
  SstActor *const actor = &synth->occluder;

  make_any (synth, &actor->thing, clip, random);
  if (sst_random_chance (random, P_PAINTED))
    sst_thing_paint (&actor->thing, random);
  sst_stance_init (&actor->search, &actor->thing, random);
  if (place_occluder (synth, actor, &pair->box, most, random))
    sst_painter_draw (synth->painter, &actor->layer, SST_SEARCH_SIDE,
        pair->search, NULL, synth->mask);
}

/* The others around the target's place; the first of those that cover little of
 * it may be before it. Returns that one, or NULL. */
static SstActor *
draw_others (SstSynth * synth, int n_others, gboolean present,
    SstPair * pair, SstRandom * random)
{
  SstActor *before = NULL;

  for (int i = 0; i < n_others; i++) {
    SstActor *const actor = &synth->other[i];

    if ((actor->copy && !present)
        || !place_other (actor, &actor->search, &synth->target.layer,
            synth->search_detail, 1.f, random))
      continue;
    if (present && before == NULL && cover (&synth->target.layer.box,
            &actor->layer.box) <= MOST_OVER && sst_random_chance (random, 0.3f))
      before = actor;
    else
      sst_painter_draw (synth->painter, &actor->layer, SST_SEARCH_SIDE,
          pair->search, NULL, NULL);
  }
  return before;
}

/* Something else where the target would be. */
static void
draw_in_place (SstSynth * synth, guint clip, gboolean kindred, SstPair * pair,
    SstRandom * random)
{
  SstActor *const actor = &synth->occluder;

  if (!cast_other (synth, actor, clip, FALSE, kindred, random)
      || !sst_paint_layer_shape (&actor->layer, &actor->thing, &actor->search))
    return;
  actor->layer.detail = synth->search_detail;
  sst_paint_layer_put (&actor->layer,
      sst_box_center_x (&synth->target.layer.box),
      sst_box_center_y (&synth->target.layer.box),
      sst_box_scale (&synth->target.layer.box));
  sst_painter_draw (synth->painter, &actor->layer, SST_SEARCH_SIDE,
      pair->search, NULL, NULL);
}

/* FALSE: the target can't be drawn. */
static gboolean
draw_search (SstSynth * synth, Ground * ground, int n_others, gboolean moves,
    SstPair * pair, SstRandom * random)
{
  SstActor *const target = &synth->target;
  SstPaintLayer *const layer = &target->layer;
  const float size = sst_synth_search_size (random);
  const gboolean near = !pair->present
      && sst_random_chance (random, SST_SYNTH_ABSENT_NEAR);
  SstActor *before;

  if (!sst_paint_layer_shape (layer, &target->thing, &target->search))
    return FALSE;
  layer->detail = synth->search_detail;
  sst_paint_layer_put (layer, sst_synth_search_place (random),
      sst_synth_search_place (random), size);
  if (pair->present ? sst_random_chance (random, P_OTHER_GROUND) : !near)
    draw_ground (synth, ground, pair->source, random);
  else
    move_ground (synth, ground, random);
  paint_ground (synth, ground, layer,
      size * sst_synth_log_normal (random, 0.06f),
      sst_random_chance (random, P_CAMERA_TURNS) ? target->search.turn
      - target->templ.turn : 0.f, SST_SEARCH_SIDE, synth->search_detail,
      pair->search, random);
  before = draw_others (synth, n_others, pair->present, pair, random);
  if (!pair->present) {
    if (near || sst_random_chance (random, P_ABSENT_OTHER))
      draw_in_place (synth, pair->source, near, pair, random);
    memset (synth->mask, 0, SST_SEARCH_SIDE * SST_SEARCH_SIDE
        * sizeof (float));
    return TRUE;
  }
  if (moves)
    move_layer (layer, random);
  if (!sst_painter_draw (synth->painter, layer, SST_SEARCH_SIDE, pair->search,
          synth->mask, NULL))
    return FALSE;
  pair->box = layer->box;
  if (before != NULL)
    sst_painter_draw (synth->painter, &before->layer, SST_SEARCH_SIDE,
        pair->search, NULL, synth->mask);
  if (sst_random_chance (random, synth->params.occluder))
    occlude (synth, pair->source, before != NULL ? MOST_OCCLUDED - MOST_OVER
        : MOST_OCCLUDED, pair, random);
  return TRUE;
}

/* FALSE: the target can't be drawn. */
static gboolean
draw_things (SstSynth * synth, SstRandom * random, gboolean absent,
    SstPair * pair)
{
  const SstSynthParams *const params = &synth->params;
  const gboolean moves = sst_random_chance (random, params->motion);
  SstActor *const target = &synth->target;
  int n_others = sst_random_chance (random, params->lookalike)
      ? 1 + (int) sst_random_below (random, SST_SYNTH_MAX_OTHERS) : 0;
  Ground ground;

  pair->source = make_any (synth, &target->thing, G_MAXUINT, random);
  sst_stance_init (&target->templ, &target->thing, random);
  sst_stance_change (&target->search, &target->thing, &target->templ,
      &synth->change, random);
  for (int i = 0; i < n_others; i++) {
    if (!cast_other (synth, &synth->other[i], pair->source, TRUE,
            sst_random_chance (random, P_KIND), random))
      n_others = i;
  }
  draw_ground (synth, &ground, pair->source, random);
  /* the picture that the thing is cut from shows it as well */
  pair->present = !absent || ground.clip == pair->source;
  if (!draw_template (synth, &ground, n_others, moves, pair, random)
      || !draw_search (synth, &ground, n_others, moves, pair, random))
    return FALSE;
  fill_mask (synth->mask, SST_SEARCH_SIDE, pair->search_mask);
  pair->masks_known = TRUE;
  return TRUE;
}

void
sst_synth_pair (SstSynth * synth, SstRandom * random, SstPair * pair)
{
  const SstSynthParams *const params = &synth->params;
  const gboolean region = sst_random_chance (random, params->region);
  const gboolean absent = sst_random_chance (random, params->absent);

  pair->weight = 1.f;
  pair->thing = 0;
  pair->seconds = 0.f;
  pair->strength = draw_strength (params, random);
  synth->change = change_of (pair->strength);
  draw_details (synth, random);
  if (region || !draw_things (synth, random, absent, pair))
    sst_synth_regions (synth, random, absent, pair);

  if (!pair->masks_known && pair->present
      && sst_random_chance (random, params->occluder))
    occlude (synth, pair->source, MOST_OCCLUDED, pair, random);
  if (sst_random_chance (random, P_MIRROR))
    sst_augment_mirror (pair);
  if (!pair->present)
    pair->box = (SstBox) { 0.f, 0.f, 0.f, 0.f };
  if (params->strength > 0.f)
    sst_augment_pair (pair, params->strength, random, synth->scratch);
}
