/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "picture/flow.h"

#include <math.h>
#include <string.h>

#include "base/simd.h"

#define MAX_LEVELS 4
#define MIN_LEVEL_SIDE 16       /* of the coarsest level's shorter side */
#define PAD 8                   /* repeated border, for windows at the rim */

#define WINDOW 8                /* one vector of AVX2 a row */
#define HALF (WINDOW / 2)
#define PIXELS (WINDOW * WINDOW)
#define MAX_STEPS 6
#define COARSEST_STEPS 10
#define CLOSE 0.03f             /* pixels; a shorter step is the last */
#define MIN_GRADIENT 1.2f       /* mean squared, both directions: flat */

#define FIT_DRAWS 150
#define FIT_SCORED 256          /* points that judge a draw */
#define FIT_NEAR 1.f            /* pixels: follows */
#define FIT_ROUNDS 4
#define FIT_MIN 8               /* points */

typedef struct
{
  int width, height;
  ptrdiff_t stride;
  float *at;                    /* pixel (0, 0) */
} Level;

struct _SstFlowImage
{
  int max_side;
  int frame_width, frame_height;
  float scale;
  int n_levels;
  Level level[MAX_LEVELS];
  float *memory;
  float *tensor;
};

SstFlowImage *
sst_flow_image_new (int max_side)
{
  SstFlowImage *const image = g_new0 (SstFlowImage, 1);

  g_assert (max_side >= 1 && max_side <= SST_FLOW_MAX_SIDE);
  image->max_side = max_side;
  return image;
}

void
sst_flow_image_free (SstFlowImage ** image)
{
  if (*image == NULL)
    return;
  g_free ((*image)->memory);
  g_clear_pointer (image, g_free);
}

static void
set_frame_size (SstFlowImage * image, int width, int height)
{
  const int longer = MAX (width, height);
  const float scale = fmaxf ((float) longer / image->max_side, 1.f);
  size_t size = 0;
  float *at;

  image->frame_width = width;
  image->frame_height = height;
  image->scale = scale;
  image->n_levels = 0;
  for (int l = 0; l < MAX_LEVELS; l++) {
    Level *const level = &image->level[l];

    level->width = MAX (1, (int) lrintf (width / scale) >> l);
    level->height = MAX (1, (int) lrintf (height / scale) >> l);
    if (l > 0 && MIN (level->width, level->height) < MIN_LEVEL_SIDE)
      break;
    level->stride = (level->width + 2 * PAD + 7) / 8 * 8;
    size += level->stride * (level->height + 2 * PAD);
    image->n_levels++;
  }
  g_free (image->memory);
  image->memory = g_new (float, size
      + (size_t) image->level[0].width * image->level[0].height);
  at = image->memory;
  for (int l = 0; l < image->n_levels; l++) {
    Level *const level = &image->level[l];

    level->at = at + PAD * level->stride + PAD;
    at += level->stride * (level->height + 2 * PAD);
  }
  image->tensor = at;
}

static void
repeat_border (const Level * level)
{
  const size_t row = (level->width + 2 * PAD) * sizeof (float);
  float *const last = level->at + (level->height - 1) * level->stride - PAD;

  for (int y = 0; y < level->height; y++) {
    float *const p = level->at + y * level->stride;

    for (int x = 1; x <= PAD; x++) {
      p[-x] = p[0];
      p[level->width - 1 + x] = p[level->width - 1];
    }
  }
  for (int y = 1; y <= PAD; y++) {
    memcpy (level->at - PAD - y * level->stride, level->at - PAD, row);
    memcpy (last + y * level->stride, last, row);
  }
}

/* Halves a level with the binomial kernel of four, which keeps the centres of
 * pixels where x / 2 has them. */
SST_MULTIVERSION static void
halve (const Level * from, const Level * to)
{
  float row[SST_FLOW_MAX_SIDE + 2 * PAD];

  for (int y = 0; y < to->height; y++) {
    const float *const p = from->at + (2 * y - 1) * from->stride;
    const float *const q = p + from->stride, *const r = q + from->stride;
    const float *const s = r + from->stride;
    float *const out = to->at + y * to->stride;

    for (int x = 0; x < 2 * to->width + 2; x++)
      row[x] = p[x - 1] + 3.f * (q[x - 1] + r[x - 1]) + s[x - 1];
    for (int x = 0; x < to->width; x++)
      out[x] = (row[2 * x] + 3.f * (row[2 * x + 1] + row[2 * x + 2])
          + row[2 * x + 3]) * (1.f / 64.f);
  }
}

/* Takes the finest level, without gaps, and makes the others. */
static void
make_levels (SstFlowImage * image, const float *luma)
{
  const Level *const base = &image->level[0];

  for (int y = 0; y < base->height; y++)
    memcpy (base->at + y * base->stride, luma + (size_t) y * base->width,
        base->width * sizeof (float));
  repeat_border (base);
  for (int l = 1; l < image->n_levels; l++) {
    halve (&image->level[l - 1], &image->level[l]);
    repeat_border (&image->level[l]);
  }
}

void
sst_flow_image_set (SstFlowImage * image, SstSampler * sampler,
    const SstFrame * frame)
{
  const SstBox all = { 0.f, 0.f, frame->width, frame->height };

  if (frame->width != image->frame_width
      || frame->height != image->frame_height)
    set_frame_size (image, frame->width, frame->height);
  sst_sampler_sample (sampler, frame, &all, SST_SAMPLE_LUMA,
      image->level[0].width, image->level[0].height, image->tensor);
  make_levels (image, image->tensor);
}

void
sst_flow_image_set_luma (SstFlowImage * image, const float *luma, int width,
    int height)
{
  g_return_if_fail (MAX (width, height) <= image->max_side);

  if (width != image->frame_width || height != image->frame_height)
    set_frame_size (image, width, height);
  make_levels (image, luma);
}

int
sst_flow_image_width (const SstFlowImage * image)
{
  return image->level[0].width;
}

int
sst_flow_image_height (const SstFlowImage * image)
{
  return image->level[0].height;
}

float
sst_flow_image_scale (const SstFlowImage * image)
{
  return image->scale;
}

const float *
sst_flow_image_row (const SstFlowImage * image, int y)
{
  return image->level[0].at + y * image->level[0].stride;
}

float
sst_flow_image_at (const SstFlowImage * image, float x, float y)
{
  const Level *const base = &image->level[0];
  const float fx = CLAMP (x - 0.5f, 0.f, (float) (base->width - 1));
  const float fy = CLAMP (y - 0.5f, 0.f, (float) (base->height - 1));
  const int ix = (int) fx, iy = (int) fy;
  const float wx = fx - ix, wy = fy - iy;
  const float *const p = base->at + iy * base->stride + ix;
  const float *const q = p + base->stride;

  return (1.f - wy) * ((1.f - wx) * p[0] + wx * p[1])
      + wy * ((1.f - wx) * q[0] + wx * q[1]);
}

/* --- points ------------------------------------------------------------- */

/* Samples size x size pixels about a point. */
#define SAMPLE(level, x, y, size, statement) \
  G_STMT_START { \
    const float left = (x) - (size) * 0.5f, top = (y) - (size) * 0.5f; \
    const float ix = floorf (left), iy = floorf (top); \
    const float wx = left - ix, wy = top - iy; \
    const float w00 = (1.f - wx) * (1.f - wy), w01 = wx * (1.f - wy); \
    const float w10 = (1.f - wx) * wy, w11 = wx * wy; \
    const float *p = (level)->at + (ptrdiff_t) iy * (level)->stride \
        + (ptrdiff_t) ix; \
    for (int r = 0; r < (size); r++, p += (level)->stride) { \
      const float *const q = p + (level)->stride; \
      for (int c = 0; c < (size); c++) { \
        const float v = w00 * p[c] + w01 * p[c + 1] + w10 * q[c] \
            + w11 * q[c + 1]; \
        statement; \
      } \
    } \
  } G_STMT_END

SST_ALWAYS_INLINE float
sum_window (const float *columns)
{
  return ((columns[0] + columns[1]) + (columns[2] + columns[3]))
      + ((columns[4] + columns[5]) + (columns[6] + columns[7]));
}

/* Follows a point at one level from the shift that the coarser ones found.
 * Returns whether the level has texture there. */
SST_ALWAYS_INLINE gboolean
track_level (const Level * from, const Level * to, float x, float y,
    int max_steps, float damping, float *dx, float *dy)
{
  float patch[WINDOW + 2][WINDOW + 2];
  float templ[WINDOW][WINDOW], gx[WINDOW][WINDOW], gy[WINDOW][WINDOW];
  float sx[WINDOW] = { 0 }, sy[WINDOW] = { 0 };
  float sxx[WINDOW] = { 0 }, sxy[WINDOW] = { 0 }, syy[WINDOW] = { 0 };
  float mx, my, hxx, hxy, hyy, det;

  SAMPLE (from, x, y, WINDOW + 2, patch[r][c] = v);
  for (int r = 0; r < WINDOW; r++)
    for (int c = 0; c < WINDOW; c++) {
      const float u = 0.5f * (patch[r + 1][c + 2] - patch[r + 1][c]);
      const float v = 0.5f * (patch[r + 2][c + 1] - patch[r][c + 1]);

      templ[r][c] = patch[r + 1][c + 1];
      gx[r][c] = u;
      gy[r][c] = v;
      sx[c] += u;
      sy[c] += v;
      sxx[c] += u * u;
      sxy[c] += u * v;
      syy[c] += v * v;
    }
  /* gradients about their mean leave an even change of brightness out */
  mx = sum_window (sx) / PIXELS;
  my = sum_window (sy) / PIXELS;
  hxx = sum_window (sxx) / PIXELS - mx * mx;
  hxy = sum_window (sxy) / PIXELS - mx * my;
  hyy = sum_window (syy) / PIXELS - my * my;
  if (hxx + hyy < MIN_GRADIENT)
    return FALSE;
  hxx += damping;
  hyy += damping;
  det = 1.f / (hxx * hyy - hxy * hxy);

  for (int step = 0; step < max_steps; step++) {
    const float px = CLAMP (x + *dx, -1.f, to->width + 1.f);
    const float py = CLAMP (y + *dy, -1.f, to->height + 1.f);
    float d[WINDOW] = { 0 }, dgx[WINDOW] = { 0 }, dgy[WINDOW] = { 0 };
    float mean, bx, by, ux, uy;

    SAMPLE (to, px, py, WINDOW, const float e = v - templ[r][c];
        d[c] += e; dgx[c] += e * gx[r][c]; dgy[c] += e * gy[r][c]);
    mean = sum_window (d) / PIXELS;
    bx = sum_window (dgx) / PIXELS - mean * mx;
    by = sum_window (dgy) / PIXELS - mean * my;
    ux = (hyy * bx - hxy * by) * det;
    uy = (hxx * by - hxy * bx) * det;
    ux = CLAMP (ux, -2.f, 2.f);
    uy = CLAMP (uy, -2.f, 2.f);
    *dx = px - x - ux;
    *dy = py - y - uy;
    if (ux * ux + uy * uy < CLOSE * CLOSE)
      break;
  }
  return TRUE;
}

SST_ALWAYS_INLINE gboolean
track (const SstFlowImage * from, const SstFlowImage * to, SstPoint at,
    SstPoint guess, float damping, SstPoint * moved)
{
  const int coarsest = from->n_levels - 1;
  const float width = from->level[0].width, height = from->level[0].height;
  float dx = guess.x / (float) (1 << coarsest);
  float dy = guess.y / (float) (1 << coarsest);
  gboolean textured = FALSE;

  for (int l = coarsest; l >= 0; l--) {
    const Level *const a = &from->level[l], *const b = &to->level[l];
    const float share = 1.f / (float) (1 << l);
    const float x = CLAMP (at.x * share, 0.f, (float) a->width);
    const float y = CLAMP (at.y * share, 0.f, (float) a->height);

    textured = track_level (a, b, x, y,
        l == coarsest ? COARSEST_STEPS : MAX_STEPS, damping, &dx, &dy);
    if (l > 0) {
      dx *= 2.f;
      dy *= 2.f;
    }
  }
  *moved = (SstPoint) { at.x + dx, at.y + dy };
  return textured && moved->x >= 0.f && moved->y >= 0.f
      && moved->x <= width && moved->y <= height;
}

SST_MULTIVERSION static void
track_points (const SstFlowImage * from, const SstFlowImage * to, guint n,
    const SstPoint * at, SstPoint guess, SstPoint * moved, float *error)
{
  const SstPoint back_guess = { -guess.x, -guess.y };

  for (guint i = 0; i < n; i++) {
    SstPoint back;

    error[i] = INFINITY;
    if (track (from, to, at[i], guess, SST_FLOW_DAMPING, &moved[i])
        && track (to, from, moved[i], back_guess, SST_FLOW_DAMPING, &back))
      error[i] = sqrtf ((back.x - at[i].x) * (back.x - at[i].x)
          + (back.y - at[i].y) * (back.y - at[i].y));
  }
}

void
sst_flow_points (const SstFlowImage * from, const SstFlowImage * to, guint n,
    const SstPoint * at, SstPoint guess, SstPoint * moved, float *error)
{
  g_return_if_fail (from->n_levels > 0);
  g_return_if_fail (from->level[0].width == to->level[0].width);
  g_return_if_fail (from->level[0].height == to->level[0].height);

  track_points (from, to, n, at, guess, moved, error);
}

SST_MULTIVERSION static void
shift_points (const SstFlowImage * from, const SstFlowImage * to, guint n,
    const SstPoint * at, float damping, SstPoint * moved)
{
  const SstPoint guess = { 0.f, 0.f };

  for (guint i = 0; i < n; i++)
    track (from, to, at[i], guess, damping, &moved[i]);
}

void
sst_flow_shift_points (const SstFlowImage * from, const SstFlowImage * to,
    guint n, const SstPoint * at, float damping, SstPoint * moved)
{
  g_return_if_fail (from->n_levels > 0);
  g_return_if_fail (from->level[0].width == to->level[0].width);
  g_return_if_fail (from->level[0].height == to->level[0].height);

  shift_points (from, to, n, at, damping, moved);
}

/* --- one motion for all ------------------------------------------------- */

static gboolean
is_usable (const SstPoint * at, const SstPoint * moved, float error)
{
  return sst_flow_is_consistent (hypotf (moved->x - at->x, moved->y - at->y),
      error);
}

/* Solves the 3 x 3 symmetric system of the rows m for two right sides. */
static gboolean
solve (const double m[6], const double u[3], const double v[3], double cx,
    double cy, SstAffine * motion)
{
  /* cofactors of (xx xy x; xy yy y; x y 1) */
  const double c00 = m[3] * m[5] - m[4] * m[4];
  const double c01 = m[4] * m[2] - m[1] * m[5];
  const double c02 = m[1] * m[4] - m[3] * m[2];
  const double c11 = m[0] * m[5] - m[2] * m[2];
  const double c12 = m[1] * m[2] - m[0] * m[4];
  const double c22 = m[0] * m[3] - m[1] * m[1];
  const double det = m[0] * c00 + m[1] * c01 + m[2] * c02;
  double a, b, c, d, tx, ty;

  if (!(fabs (det) > 1e-6 * m[5] * m[5] * m[5]))
    return FALSE;
  a = (c00 * u[0] + c01 * u[1] + c02 * u[2]) / det;
  b = (c01 * u[0] + c11 * u[1] + c12 * u[2]) / det;
  tx = (c02 * u[0] + c12 * u[1] + c22 * u[2]) / det;
  c = (c00 * v[0] + c01 * v[1] + c02 * v[2]) / det;
  d = (c01 * v[0] + c11 * v[1] + c12 * v[2]) / det;
  ty = (c02 * v[0] + c12 * v[1] + c22 * v[2]) / det;
  *motion = (SstAffine) { a, b, c, d, tx - a * cx - b * cy,
    ty - c * cx - d * cy
  };
  return TRUE;
}

static void
add_row (double m[6], double u[3], double v[3], double w, double x, double y,
    const SstPoint * to)
{
  m[0] += w * x * x;
  m[1] += w * x * y;
  m[2] += w * x;
  m[3] += w * y * y;
  m[4] += w * y;
  m[5] += w;
  u[0] += w * x * to->x;
  u[1] += w * y * to->x;
  u[2] += w * to->x;
  v[0] += w * x * to->y;
  v[1] += w * y * to->y;
  v[2] += w * to->y;
}

static float
squared_residual (const SstAffine * motion, SstPoint at, SstPoint moved)
{
  const SstPoint p = sst_affine_apply (motion, at);

  return (p.x - moved.x) * (p.x - moved.x) + (p.y - moved.y) * (p.y - moved.y);
}

float
sst_flow_fit (guint n, const SstPoint * at, const SstPoint * moved,
    const float *error, SstRandom * random, SstAffine * motion)
{
  SstPoint from[FIT_SCORED], to[FIT_SCORED];
  guint n_usable = 0, n_scored = 0, near = 0;
  double cx = 0., cy = 0.;
  float best = INFINITY;

  *motion = SST_AFFINE_IDENTITY;
  /* those that judge: a random, even choice (reservoir sampling) */
  for (guint i = 0; i < n; i++) {
    guint slot;

    if (!is_usable (&at[i], &moved[i], error[i]))
      continue;
    cx += at[i].x;
    cy += at[i].y;
    slot = n_usable < FIT_SCORED ? n_usable
        : sst_random_below (random, n_usable + 1);
    n_usable++;
    if (slot >= FIT_SCORED)
      continue;
    from[slot] = at[i];
    to[slot] = moved[i];
    n_scored = MAX (n_scored, slot + 1);
  }
  if (n_usable < FIT_MIN)
    return 0.f;
  cx /= n_usable;
  cy /= n_usable;

  for (int draw = 0; draw < FIT_DRAWS; draw++) {
    double m[6] = { 0. }, u[3] = { 0. }, v[3] = { 0. };
    SstAffine trial;
    float loss = 0.f;

    for (int k = 0; k < 3; k++) {
      const guint i = sst_random_below (random, n_scored);

      add_row (m, u, v, 1., from[i].x - cx, from[i].y - cy, &to[i]);
    }
    if (!solve (m, u, v, cx, cy, &trial))
      continue;
    for (guint i = 0; i < n_scored && loss < best; i++)
      loss += fminf (squared_residual (&trial, from[i], to[i]),
          FIT_NEAR * FIT_NEAR);
    if (loss < best) {
      best = loss;
      *motion = trial;
    }
  }
  for (int round = 0; round < FIT_ROUNDS; round++) {
    double m[6] = { 0. }, u[3] = { 0. }, v[3] = { 0. };
    SstAffine refined;

    for (guint i = 0; i < n; i++) {
      float r;

      if (!is_usable (&at[i], &moved[i], error[i]))
        continue;
      /* Tukey's weight, gone at one and a half times what is near */
      r = squared_residual (motion, at[i], moved[i])
          / (2.25f * FIT_NEAR * FIT_NEAR);
      if (r < 1.f)
        add_row (m, u, v, (1. - r) * (1. - r), at[i].x - cx, at[i].y - cy,
            &moved[i]);
    }
    if (m[5] < 3. || !solve (m, u, v, cx, cy, &refined))
      break;
    *motion = refined;
  }
  for (guint i = 0; i < n; i++)
    near += is_usable (&at[i], &moved[i], error[i])
        && squared_residual (motion, at[i], moved[i]) < FIT_NEAR * FIT_NEAR;
  if (near < FIT_MIN) {
    *motion = SST_AFFINE_IDENTITY;
    return 0.f;
  }
  return near / (float) n_usable;
}
