/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "footage/thing.h"

#include <string.h>

#define DEGREE ((float) G_PI / 180.f)

/* What is read around a cut-out, which is nothing but room for its edge. */
#define CUTOUT_MARGIN 1.1f

/* Bends are kept below this, tilts below that, so that something is seen. */
#define MAX_ANGLE (150.f * DEGREE)
#define MAX_TILT (72.f * DEGREE)

/* Of first stances: much longer or shorter than what they are cut from; half of
 * the log of the aspect, the most. */
#define P_LONG 0.2f
#define MAX_LONG 1.f

/* Quads of the sheets of each form. */
#define FLAT_CELLS 8
#define BOX_CELLS 2
#define ROUND_CELLS 16
#define CAP_CELLS 2
#define BALL_CELLS 8

/* Places of a flat thing's mask that its bounds are looked for at. */
#define COARSE (SST_AUGMENT_BLOB_SIDE / 4)

/* A normal of that sigma, cut at 2.5. */
static float
normal (SstRandom * random, float sigma)
{
  const float x = sst_random_normal (random, 1.f);

  return sigma * CLAMP (x, -2.5f, 2.5f);
}

static float
either (SstRandom * random, float most)
{
  return sst_random_uniform (random, -most, most);
}

/* --- Things --- */

/* How far out its line is. */
static float
line_of (const SstHinge * hinge)
{
  return hinge->x * hinge->normal_x + hinge->y * hinge->normal_y;
}

static void
draw_hinges (SstThing * thing, SstRandom * random)
{
  const float longer = MAX (thing->reach[0], thing->reach[1]);
  const gboolean tall = thing->reach[1] > thing->reach[0];
  const gboolean jointed = sst_random_chance (random, 0.6f);

  thing->n_hinges = jointed ? 1 + (int) sst_random_below (random,
      SST_THING_HINGES) : 0;
  for (int i = 0; i < thing->n_hinges; i++) {
    SstHinge *const hinge = &thing->hinge[i];
    /* most often across the longer side, as limbs are */
    const float angle = sst_random_normal (random, 0.5f)
        + (tall ? (float) G_PI_2 : 0.f)
        + (sst_random_chance (random, 0.5f) ? (float) G_PI : 0.f);
    const float line = longer * sst_random_uniform (random, -0.2f, 0.6f);
    const float aside = either (random, 0.2f);

    hinge->normal_x = cosf (angle);
    hinge->normal_y = sinf (angle);
    hinge->x = hinge->normal_x * line - hinge->normal_y * aside;
    hinge->y = hinge->normal_y * line + hinge->normal_x * aside;
    hinge->per_width = 1.f / sst_random_uniform (random, 0.1f, 0.5f);
    hinge->fold = sst_random_chance (random, 0.35f);
  }
  /* the outer ones turn first, and are carried along by the inner ones */
  for (int i = 1; i < thing->n_hinges; i++) {
    for (int k = i; k > 0 && line_of (&thing->hinge[k])
        > line_of (&thing->hinge[k - 1]); k--) {
      const SstHinge outer = thing->hinge[k];

      thing->hinge[k] = thing->hinge[k - 1];
      thing->hinge[k - 1] = outer;
    }
  }
}

static void
init (SstThing * thing, SstThingForm form, const SstFrame * frame,
    const SstBox * region)
{
  thing->form = form;
  thing->frame = frame;
  thing->alpha = NULL;
  thing->region = *region;
  thing->margin = 1.f;
  thing->reach[0] = sqrtf (region->width / region->height);
  thing->reach[1] = 1.f / thing->reach[0];
  thing->reach[2] = 0.f;
  thing->n_hinges = 0;
  thing->recolored = FALSE;
}

void
sst_thing_make_patch (SstThing * thing, const SstFrame * frame,
    const SstBox * region, SstRandom * random)
{
  init (thing, SST_THING_FLAT, frame, region);
  thing->margin = SST_AUGMENT_BLOB_MARGIN;
  sst_augment_blob (thing->mask, random);
  draw_hinges (thing, random);
}

void
sst_thing_make_cutout (SstThing * thing, const SstFrame * frame,
    const guint8 * alpha, SstSampler * sampler, SstRandom * random)
{
  const SstFrame mask = { SST_FORMAT_GRAY8, SST_MATRIX_BT601, TRUE,
    frame->width, frame->height, {alpha}, {frame->width}
  };
  const SstBox region = { 0.f, 0.f, frame->width, frame->height };
  const SstBox wider = sst_box_from_center (frame->width * 0.5f,
      frame->height * 0.5f, CUTOUT_MARGIN * frame->width,
      CUTOUT_MARGIN * frame->height);
  const int n = SST_AUGMENT_BLOB_SIDE;
  const int border = (int) (0.5f * n * (1.f - 1.f / CUTOUT_MARGIN));

  init (thing, SST_THING_FLAT, frame, &region);
  thing->alpha = alpha;
  thing->margin = CUTOUT_MARGIN;
  sst_sampler_sample (sampler, &mask, &wider, SST_SAMPLE_LUMA, n, n,
      thing->mask);
  for (int y = 0; y < n; y++) {
    for (int x = 0; x < n; x++) {
      const gboolean inside = x >= border && x < n - border && y >= border
          && y < n - border;

      thing->mask[y * n + x] *= inside ? 1.f / 255.f : 0.f;
    }
  }
  draw_hinges (thing, random);
}

void
sst_thing_make_solid (SstThing * thing, const SstFrame * frame,
    const SstBox * region, SstRandom * random)
{
  float volume, x, y, z;

  init (thing, SST_THING_BOX + sst_random_below (random, 3), frame, region);
  x = expf (normal (random, 0.4f));
  y = expf (normal (random, 0.5f));
  z = thing->form == SST_THING_CYLINDER ? x : expf (normal (random, 0.4f));
  volume = 1.f / cbrtf (x * y * z);
  thing->reach[0] = x * volume;
  thing->reach[1] = y * volume;
  thing->reach[2] = z * volume;
}

void
sst_thing_recolor (SstThing * thing, SstRandom * random)
{
  const float turn = sst_random_uniform (random, 0.5f, 2.f * (float) G_PI
      - 0.5f);
  const float gain = sst_random_uniform (random, 0.1f, 0.5f);
  const float saturation = expf (normal (random, 0.3f));

  thing->recolored = TRUE;
  thing->c = saturation * cosf (turn);
  thing->s = saturation * sinf (turn);
  /* what has no colour has to become lighter or darker */
  thing->gain = expf (sst_random_chance (random, 0.5f) ? gain : -gain);
  thing->offset = either (random, 20.f);
  thing->cb = normal (random, 6.f);
  thing->cr = normal (random, 6.f);
}

void
sst_thing_paint (SstThing * thing, SstRandom * random)
{
  thing->recolored = TRUE;
  thing->c = thing->s = 0.f;
  thing->gain = sst_random_chance (random, 0.5f) ? 0.f : 0.15f;
  thing->offset = sst_random_uniform (random, 10.f, 220.f);
  thing->cb = normal (random, 20.f);
  thing->cr = normal (random, 20.f);
}

/* --- Stances --- */

/* to = turn by angle about an axis (Rodrigues) after from. */
static void
rotate (float to[3][3], const float from[3][3], const float axis[3],
    float angle)
{
  const float c = cosf (angle), s = sinf (angle), d = 1.f - c;
  const float x = axis[0], y = axis[1], z = axis[2];
  const float turn[3][3] = {
    {c + x * x * d, x * y * d - z * s, x * z * d + y * s},
    {y * x * d + z * s, c + y * y * d, y * z * d - x * s},
    {z * x * d - y * s, z * y * d + x * s, c + z * z * d}
  };
  float result[3][3];

  for (int i = 0; i < 3; i++) {
    for (int k = 0; k < 3; k++)
      result[i][k] = turn[i][0] * from[0][k] + turn[i][1] * from[1][k]
          + turn[i][2] * from[2][k];
  }
  memcpy (to, result, sizeof result);
}

static void
draw_direction (float axis[3], SstRandom * random)
{
  const float z = either (random, 1.f), flat = sqrtf (1.f - z * z);
  const float angle = either (random, (float) G_PI);

  axis[0] = flat * cosf (angle);
  axis[1] = flat * sinf (angle);
  axis[2] = z;
}

static void
draw_bumps (SstStance * stance, const SstThing * thing, float sigma,
    SstRandom * random)
{
  const float amount = fabsf (normal (random, sigma));

  for (int i = 0; i < SST_THING_BUMPS; i++) {
    const float reach = sst_random_uniform (random, 0.5f, 1.f);

    stance->bump[i].x = thing->reach[0] * either (random, 1.f);
    stance->bump[i].y = thing->reach[1] * either (random, 1.f);
    stance->bump[i].dx = amount * normal (random, 1.5f);
    stance->bump[i].dy = amount * normal (random, 1.5f);
    stance->bump[i].per_square = 1.f / (reach * reach);
  }
}

static void
draw_seen (SstStance * stance, SstRandom * random)
{
  stance->perspective = sst_random_uniform (random, 0.05f, 0.35f);
  /* mostly from above */
  stance->light[0] = either (random, 0.8f);
  stance->light[1] = sst_random_uniform (random, -0.9f, 0.2f);
  stance->light[2] = -0.6f;
}

void
sst_stance_init (SstStance * stance, const SstThing * thing, SstRandom * random)
{
  static const float none[3][3] = { {1.f, 0.f, 0.f}, {0.f, 1.f, 0.f},
  {0.f, 0.f, 1.f}
  };
  static const float up[3] = { 0.f, 1.f, 0.f }, right[3] = { 1.f, 0.f, 0.f };
  const float longer = either (random, sst_random_chance (random, P_LONG)
      ? MAX_LONG : 0.f);
  float axis[3];

  stance->turn = normal (random, sst_random_chance (random, 0.1f) ? 1.2f
      : 0.07f);
  stance->tilt_x = normal (random, 0.15f);
  stance->tilt_y = normal (random, 0.15f);
  stance->stretch_x = either (random, 0.1f) + longer;
  stance->stretch_y = either (random, 0.1f) - longer;
  stance->mirrored = sst_random_chance (random, 0.5f);
  for (int i = 0; i < SST_THING_HINGES; i++)
    stance->angle[i] = normal (random, 0.15f);
  draw_bumps (stance, thing, 0.06f, random);
  draw_seen (stance, random);

  rotate (stance->spin, none, up, either (random, (float) G_PI));
  rotate (stance->spin, stance->spin, right, normal (random, 0.35f));
  if (sst_random_chance (random, 0.2f)) {
    draw_direction (axis, random);
    rotate (stance->spin, stance->spin, axis, either (random, (float) G_PI));
  }
}

void
sst_stance_change (SstStance * stance, const SstThing * thing,
    const SstStance * from, const SstChange * change, SstRandom * random)
{
  float axis[3];

  stance->turn = from->turn + either (random, change->turn);
  stance->tilt_x = CLAMP (from->tilt_x + either (random, change->tilt),
      -MAX_TILT, MAX_TILT);
  stance->tilt_y = CLAMP (from->tilt_y + either (random, change->tilt),
      -MAX_TILT, MAX_TILT);
  stance->stretch_x = from->stretch_x + normal (random, change->stretch);
  stance->stretch_y = from->stretch_y + normal (random, change->stretch);
  stance->mirrored = from->mirrored
      ^ sst_random_chance (random, change->mirror);
  for (int i = 0; i < SST_THING_HINGES; i++)
    stance->angle[i] = CLAMP (from->angle[i] + either (random, change->bend),
        -MAX_ANGLE, MAX_ANGLE);
  draw_bumps (stance, thing, change->bumps, random);
  draw_seen (stance, random);
  draw_direction (axis, random);
  rotate (stance->spin, from->spin, axis, either (random, change->spin));
}

/* --- Meshes --- */

typedef struct
{
  float v[3];
} Point;

static void
bump (const SstStance * stance, Point * p)
{
  const float x = p->v[0], y = p->v[1];

  for (int i = 0; i < SST_THING_BUMPS; i++) {
    const float dx = x - stance->bump[i].x, dy = y - stance->bump[i].y;
    const float w = 1.f / (1.f + (dx * dx + dy * dy)
        * stance->bump[i].per_square);

    p->v[0] += stance->bump[i].dx * w * w;
    p->v[1] += stance->bump[i].dy * w * w;
  }
}

/* Turns what was at (x, y) about a hinge. */
static void
bend (const SstHinge * hinge, float angle, float x, float y, Point * p)
{
  const float beyond = (x - hinge->x) * hinge->normal_x
      + (y - hinge->y) * hinge->normal_y;
  const float t = CLAMP (0.5f + beyond * hinge->per_width, 0.f, 1.f);
  const float w = t * t * (3.f - 2.f * t);
  const float dx = p->v[0] - hinge->x, dy = p->v[1] - hinge->y;
  float c, s;

  if (w <= 0.f)
    return;
  c = cosf (w * angle);
  s = sinf (w * angle);
  if (hinge->fold) {
    const float out = dx * hinge->normal_x + dy * hinge->normal_y;
    const float more = out * c - p->v[2] * s - out;

    p->v[2] = out * s + p->v[2] * c;
    p->v[0] += more * hinge->normal_x;
    p->v[1] += more * hinge->normal_y;
  } else {
    p->v[0] = hinge->x + c * dx - s * dy;
    p->v[1] = hinge->y + s * dx + c * dy;
  }
}

static void
tilt (const SstStance * stance, Point * p)
{
  const float cx = cosf (stance->tilt_x), sx = sinf (stance->tilt_x);
  const float cy = cosf (stance->tilt_y), sy = sinf (stance->tilt_y);
  const float x = cy * p->v[0] + sy * p->v[2];
  const float z = cy * p->v[2] - sy * p->v[0];
  const float y = cx * p->v[1] - sx * z;

  p->v[2] = sx * p->v[1] + cx * z;
  p->v[0] = x;
  p->v[1] = y;
}

/* Point and normal of a solid in its own coordinates, u and v being 0..1 on the
 * sheet; and where its picture is read. */
static void
box_point (int sheet, float u, float v, Point * p, Point * n, SstVertex * at)
{
  const int axis = sheet / 2, a = (axis + 1) % 3, b = (axis + 2) % 3;
  const float sign = sheet & 1 ? 1.f : -1.f;
  const float inset = 0.01f;

  *n = (Point) { 0 };
  n->v[axis] = sign;
  p->v[axis] = sign;
  /* seen from without, u goes right and v down */
  p->v[a] = sign * (2.f * u - 1.f);
  p->v[b] = 2.f * v - 1.f;
  at->u = (sheet % 3 + inset + (1.f - 2.f * inset) * u) / 3.f;
  at->v = (sheet / 3 + inset + (1.f - 2.f * inset) * v) / 2.f;
}

static void
cylinder_point (int sheet, float u, float v, Point * p, Point * n,
    SstVertex * at)
{
  const float angle = 2.f * (float) G_PI * u;
  const float c = cosf (angle), s = sinf (angle);

  if (sheet == 0) {
    *n = (Point) { {c, 0.f, s} };
    *p = (Point) { {c, 1.f - 2.f * v, s} };
    at->u = u;
    at->v = 0.6f * v;
  } else {
    const float sign = sheet == 1 ? 1.f : -1.f;

    *n = (Point) { {0.f, sign, 0.f} };
    *p = (Point) { {v * c, sign, sign * v * s} };
    at->u = (sheet == 1 ? 0.25f : 0.75f) + 0.24f * v * c;
    at->v = 0.8f + 0.19f * v * s;
  }
}

static void
ellipsoid_point (float u, float v, Point * p, Point * n, SstVertex * at)
{
  const float angle = 2.f * (float) G_PI * u, height = (float) G_PI * v;

  *p = (Point) { {sinf (height) * cosf (angle), cosf (height), sinf (height)
          * sinf (angle)} };
  *n = *p;
  at->u = u;
  at->v = v;
}

static Point
turn_in_space (const float spin[3][3], const Point * p)
{
  Point q;

  for (int i = 0; i < 3; i++)
    q.v[i] = spin[i][0] * p->v[0] + spin[i][1] * p->v[1]
        + spin[i][2] * p->v[2];
  return q;
}

static Point
solid_point (const SstThing * thing, const SstStance * stance, int sheet,
    float u, float v, SstVertex * at)
{
  Point p, n;
  float light, length = 0.f;

  if (thing->form == SST_THING_BOX)
    box_point (sheet, u, v, &p, &n, at);
  else if (thing->form == SST_THING_CYLINDER)
    cylinder_point (sheet, u, v, &p, &n, at);
  else
    ellipsoid_point (u, v, &p, &n, at);
  for (int i = 0; i < 3; i++) {
    p.v[i] *= thing->reach[i];
    n.v[i] /= thing->reach[i];
    length += n.v[i] * n.v[i];
  }
  n = turn_in_space (stance->spin, &n);
  light = (n.v[0] * stance->light[0] + n.v[1] * stance->light[1]
      + n.v[2] * stance->light[2]) / sqrtf (length);
  at->gain = 0.7f + 0.4f * light;
  return turn_in_space (stance->spin, &p);
}

static Point
flat_point (const SstThing * thing, const SstStance * stance, float u, float v,
    SstVertex * at)
{
  const float x = (2.f * u - 1.f) * thing->margin * thing->reach[0];
  const float y = (2.f * v - 1.f) * thing->margin * thing->reach[1];
  Point p = { {x, y, 0.f} };

  bump (stance, &p);
  for (int i = 0; i < thing->n_hinges; i++)
    bend (&thing->hinge[i], stance->angle[i], x, y, &p);
  if (stance->mirrored)
    p.v[0] = -p.v[0];
  tilt (stance, &p);
  at->u = u;
  at->v = v;
  at->gain = 1.f;
  return p;
}

static void
add_sheet (SstPaintLayer * layer, const SstStance * stance, int columns,
    int rows)
{
  const SstThing *const thing = layer->thing;
  const int sheet = layer->n_sheets++;
  const int first = sheet == 0 ? 0 : layer->sheet[sheet - 1].first
      + (layer->sheet[sheet - 1].columns + 1)
      * (layer->sheet[sheet - 1].rows + 1);
  const float reach = MAX (MAX (thing->reach[0], thing->reach[1]),
      thing->reach[2]);
  const float c = cosf (stance->turn), s = sinf (stance->turn);
  const float sx = expf (stance->stretch_x), sy = expf (stance->stretch_y);

  layer->sheet[sheet].first = first;
  layer->sheet[sheet].columns = columns;
  layer->sheet[sheet].rows = rows;
  for (int j = 0; j <= rows; j++) {
    for (int i = 0; i <= columns; i++) {
      SstVertex *const at = &layer->vertex[first + j * (columns + 1) + i];
      const float u = i / (float) columns, v = j / (float) rows;
      const Point p = thing->form == SST_THING_FLAT
          ? flat_point (thing, stance, u, v, at)
          : solid_point (thing, stance, sheet, u, v, at);
      const float depth = stance->perspective * p.v[2] / reach;
      const float near = 1.f / (1.f + MAX (depth, -0.7f));
      const float x = p.v[0] * sx * near, y = p.v[1] * sy * near;

      at->x = c * x - s * y;
      at->y = s * x + c * y;
      at->z = p.v[2];
    }
  }
}

typedef struct
{
  float left, top, right, bottom;
} Bounds;

static void
extend (Bounds * bounds, float x, float y)
{
  bounds->left = MIN (bounds->left, x);
  bounds->right = MAX (bounds->right, x);
  bounds->top = MIN (bounds->top, y);
  bounds->bottom = MAX (bounds->bottom, y);
}

/* Whether any of a coarse place of the mask is seen. */
static gboolean
is_seen (const SstThing * thing, int column, int row)
{
  const int n = SST_AUGMENT_BLOB_SIDE, step = n / COARSE;
  const float *const mask = thing->mask + row * step * n + column * step;

  for (int i = 0; i < step * step; i++) {
    if (mask[i / step * n + i % step] > SST_THING_VISIBLE)
      return TRUE;
  }
  return FALSE;
}

/* Where the coarse places of a flat thing that are seen come to be. */
static void
flat_bounds (const SstPaintLayer * layer, Bounds * bounds)
{
  const int per_cell = COARSE / FLAT_CELLS;

  for (int j = 0; j < COARSE; j++) {
    for (int i = 0; i < COARSE; i++) {
      const SstVertex *const a = layer->vertex
          + j / per_cell * (FLAT_CELLS + 1) + i / per_cell;
      const SstVertex *const b = a + FLAT_CELLS + 1;
      const float u = (i % per_cell + 0.5f) / per_cell;
      const float v = (j % per_cell + 0.5f) / per_cell;

      if (is_seen (layer->thing, i, j))
        extend (bounds, (1.f - v) * ((1.f - u) * a[0].x + u * a[1].x)
            + v * ((1.f - u) * b[0].x + u * b[1].x),
            (1.f - v) * ((1.f - u) * a[0].y + u * a[1].y)
            + v * ((1.f - u) * b[0].y + u * b[1].y));
    }
  }
}

/* Squeezes the longer side of what is longer than allowed. */
static void
limit_aspect (SstPaintLayer * layer)
{
  SstBox *const bounds = &layer->bounds;
  const float most = 0.97f * SST_THING_MAX_ASPECT;
  const float aspect = bounds->width / bounds->height;
  const float x = aspect > most ? most / aspect : 1.f;
  const float y = aspect < 1.f / most ? most * aspect : 1.f;

  if (x == 1.f && y == 1.f)
    return;
  for (int i = 0; i < SST_THING_VERTICES; i++) {
    layer->vertex[i].x *= x;
    layer->vertex[i].y *= y;
  }
  bounds->x *= x;
  bounds->width *= x;
  bounds->y *= y;
  bounds->height *= y;
}

static void
add_sheets (SstPaintLayer * layer, const SstStance * stance)
{
  layer->n_sheets = 0;
  switch (layer->thing->form) {
    case SST_THING_FLAT:
      add_sheet (layer, stance, FLAT_CELLS, FLAT_CELLS);
      break;
    case SST_THING_BOX:
      for (int i = 0; i < 6; i++)
        add_sheet (layer, stance, BOX_CELLS, BOX_CELLS);
      break;
    case SST_THING_CYLINDER:
      add_sheet (layer, stance, ROUND_CELLS, CAP_CELLS);
      add_sheet (layer, stance, ROUND_CELLS, 1);
      add_sheet (layer, stance, ROUND_CELLS, 1);
      break;
    case SST_THING_ELLIPSOID:
      add_sheet (layer, stance, ROUND_CELLS, BALL_CELLS);
      break;
  }
}

gboolean
sst_paint_layer_shape (SstPaintLayer * layer, const SstThing * thing,
    const SstStance * stance)
{
  Bounds bounds = { G_MAXFLOAT, G_MAXFLOAT, -G_MAXFLOAT, -G_MAXFLOAT };
  float room = 0.f;

  layer->thing = thing;
  layer->folded = FALSE;
  layer->detail = 1.f;
  layer->blur_x = layer->blur_y = 0.f;
  memset (layer->vertex, 0, sizeof layer->vertex);
  add_sheets (layer, stance);
  if (thing->form == SST_THING_FLAT) {
    flat_bounds (layer, &bounds);
    for (int i = 0; i < thing->n_hinges; i++)
      layer->folded |= fabsf (stance->angle[i]) > 0.3f;
    /* to the edges of the outermost coarse places */
    room = 0.5f / COARSE;
  } else {
    for (int i = 0; i < layer->n_sheets; i++) {
      const int n = (layer->sheet[i].columns + 1) * (layer->sheet[i].rows + 1);

      for (int k = 0; k < n; k++)
        extend (&bounds, layer->vertex[layer->sheet[i].first + k].x,
            layer->vertex[layer->sheet[i].first + k].y);
    }
  }
  if (bounds.right <= bounds.left || bounds.bottom <= bounds.top)
    return FALSE;
  layer->bounds = sst_box_from_center (0.5f * (bounds.left + bounds.right),
      0.5f * (bounds.top + bounds.bottom),
      (1.f + 2.f * room) * (bounds.right - bounds.left),
      (1.f + 2.f * room) * (bounds.bottom - bounds.top));
  limit_aspect (layer);
  return TRUE;
}

void
sst_paint_layer_put (SstPaintLayer * layer, float x, float y, float size)
{
  const SstBox *const bounds = &layer->bounds;

  layer->scale = size / sst_box_scale (bounds);
  layer->x = x - layer->scale * sst_box_center_x (bounds);
  layer->y = y - layer->scale * sst_box_center_y (bounds);
  layer->box = sst_box_from_center (x, y, layer->scale * bounds->width,
      layer->scale * bounds->height);
}
