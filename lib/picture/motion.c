/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Coordinates within this file: pixels of a level of the pyramid from the
 * centre of the thumbnail, so that a transform passes from a level to the next
 * finer one by doubling its shift. Pixel i of a level has its centre at
 * i + 0.5 - cx.
 *
 * Per level, T the previous picture and I the present one, Gauss-Newton on
 *
 *   sum_x w (x) rho (I (W (x)) - gain T (x) - offset)
 *
 * over the small motion of T that explains the difference; its inverse is
 * composed into W. As the small motion acts on T, its derivatives are those of
 * T and wait ready from the call before. rho is Tukey's, with a scale from a
 * quantile; w keeps a few strong edges from outvoting the rest of the picture.
 * Gain and offset are fitted in turn with the motion.
 *
 * Support counts textured pixels alone, among those that both pictures show:
 * flat ones follow any motion. A picture without texture, and one that is less
 * than MIN_SIDE pixels high or wide as a thumbnail, has support 0. */

#include <sstrack/motion.h>

#include "base/simd.h"
#include "picture/sampler.h"

#include <math.h>
#include <string.h>

#define THUMB_SIDE 160          /* longest side of the thumbnail */
#define MIN_SIDE 8              /* a side under it can't be aligned */
#define MAX_LEVELS 3
#define COARSEST_SIDE 40        /* no more halving at or under this */

#define SEARCH_SHARE 0.17f      /* of the longest side: a first shift's reach */
#define SEARCH_CAP 16.f         /* grey levels; more is another thing */
#define COARSEST_STEPS 10
#define STEPS 5
#define FINEST_STEPS 2
#define CLOSE 0.03f             /* pixels; a shorter step is the last */

#define EDGE 8.f                /* gradient at which a pixel's vote saturates,
                                 * grey levels per pixel */
#define TEXTURED 2.f            /* gradient that makes a pixel count */
#define MAX_TEXTURED 1024       /* of them are looked at, evenly spread */
#define MIN_TEXTURED 0.01f      /* share under which a picture is flat */
#define QUANTILE 0.35f          /* of the difference: bears more that moves than
                                 * the median does */
#define QUANTILE_SIGMAS 0.4538f /* where it is in a normal distribution */
#define MIN_SIGMA 1.5f          /* of the difference; rounding makes 0.5 */
#define TUKEY 2.f               /* sigmas. Tight, as 4.685, which is 95 %
                                 * efficient, is drawn to large things that
                                 * move by a few pixels */
#define LINEAR_PRIOR 0.05f      /* zoom and rotation expected in a frame, for
                                 * pictures that hardly show them */
#define BINS 256
#define BIN_SCALE 2.f           /* bins a grey level */
#define OUTSIDE 1e6f            /* a value no pixel has: no weight is left */

#define MAX_ZOOM 1.3f
#define MAX_TURN 0.26f          /* sine of the angle, 15 degrees */
#define MAX_SHIFT 0.3f          /* of the longest side */

/* A pixel follows if it differs by no more than this and what half a pixel of
 * misfit makes, and has half its gradient still. Of 650 pairs of pictures from
 * different sequences, 1 % had more followers than 0.18, of 7361 pairs of
 * neighbours 1 % had fewer than 0.27. */
#define FOLLOW_GREY 5.f
#define FOLLOW_SHIFT 0.5f
#define FOLLOW_SLOPE 0.5f
#define CUT_LIKENESS 0.3f       /* 1 % of those pairs had more, 0.3 % of
                                 * neighbours less */
#define CUT_CONTRAST 8.f        /* a picture with it can not just go flat */

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

typedef struct
{
  int width, height;
  float cx, cy;
  float *image;
  float *gx, *gy;               /* central differences; 0 at the rim */
  float *weight;                /* w; 0 at the rim */
  int *textured;                /* indices of pixels with a gradient */
  int n_textured;
} Level;

typedef struct
{
  Level level[MAX_LEVELS];
  float mean, deviation;        /* of the coarsest level */
  gboolean flat;
} Picture;

typedef struct
{
  float a, b, tx, ty;
  float gain, offset;
  float expected;               /* a, before the pictures are asked */
} Fit;

static const Fit no_motion = { 1.f, 0.f, 0.f, 0.f, 1.f, 0.f, 1.f };

/* Sums that the normal equations are made of, each one a row of columns: the
 * position along the row is factored out of them. gx, gy are the gradient, y
 * the line, r the difference, t and i the pictures' values. */
enum
{
  SUM_XX, SUM_XX_Y, SUM_XX_YY,  /* gx gx {1, y, y y} */
  SUM_XY, SUM_XY_Y, SUM_XY_YY,  /* gx gy */
  SUM_YY, SUM_YY_Y, SUM_YY_YY,  /* gy gy */
  SUM_XR, SUM_XR_Y,             /* gx r */
  SUM_YR, SUM_YR_Y,             /* gy r */
  SUM_1, SUM_T, SUM_I, SUM_TT, SUM_TI,
  N_SUMS
};

typedef float Sums[N_SUMS][THUMB_SIDE];

struct _SstMotion
{
  SstSampler *sampler;
  int frame_width, frame_height;
  float scale;                  /* pixels of the frame a thumbnail's pixel */
  int n_levels;                 /* 0: too small for anything */
  Picture picture[2];
  int present;                  /* which of them is the latest */
  gboolean has_picture;
  float *memory;
  int *index_memory;
  Fit last;                     /* what the previous call found */
  float *warped;
  Sums sums;
};

/* --- pictures ----------------------------------------------------------- */

SstMotion *
sst_motion_new (void)
{
  SstMotion *motion = g_new0 (SstMotion, 1);

  motion->sampler = sst_sampler_new ();
  return motion;
}

void
sst_motion_free (SstMotion ** motion)
{
  if (!*motion)
    return;
  sst_sampler_free (&(*motion)->sampler);
  g_free ((*motion)->memory);
  g_free ((*motion)->index_memory);
  g_free (*motion);
  *motion = NULL;
}

void
sst_motion_reset (SstMotion * motion)
{
  motion->has_picture = FALSE;
  motion->last = no_motion;
}

/* Plans the pyramid for a size of frame. */
static void
set_frame_size (SstMotion * motion, int width, int height)
{
  const float scale = MAX ((float) MAX (width, height) / THUMB_SIDE, 1.f);
  const int thumb_width = CLAMP ((int) (width / scale), 1, THUMB_SIDE);
  const int thumb_height = CLAMP ((int) (height / scale), 1, THUMB_SIDE);
  const size_t pixels = (size_t) thumb_width * thumb_height;
  float *at;
  int *index_at;

  sst_motion_reset (motion);
  motion->frame_width = width;
  motion->frame_height = height;
  motion->scale = scale;
  motion->n_levels = MIN (thumb_width, thumb_height) >= MIN_SIDE ? 1 : 0;
  while (motion->n_levels > 0 && motion->n_levels < MAX_LEVELS
      && MAX (thumb_width, thumb_height) >> (motion->n_levels - 1) >
      COARSEST_SIDE
      && MIN (thumb_width, thumb_height) >> motion->n_levels >= MIN_SIDE)
    motion->n_levels++;

  g_free (motion->memory);
  g_free (motion->index_memory);
  /* Four planes a level of two pictures, and the warped one; the levels above
   * the first take less than half as much as it does. */
  motion->memory = g_new0 (float, 12 * pixels + pixels);
  motion->index_memory = g_new0 (int, 2 * MAX_LEVELS * MAX_TEXTURED);
  motion->warped = motion->memory;
  at = motion->memory + pixels;
  index_at = motion->index_memory;
  for (int p = 0; p < 2; p++) {
    for (int l = 0; l < motion->n_levels; l++) {
      Level *level = &motion->picture[p].level[l];
      size_t n;

      level->width = thumb_width >> l;
      level->height = thumb_height >> l;
      level->cx = thumb_width * 0.5f / (float) (1 << l);
      level->cy = thumb_height * 0.5f / (float) (1 << l);
      n = (size_t) level->width * level->height;
      level->image = at;
      level->gx = at + n;
      level->gy = at + 2 * n;
      level->weight = at + 3 * n;
      at += 4 * n;
      level->textured = index_at;
      index_at += MAX_TEXTURED;
    }
  }
}

SST_MULTIVERSION static void
halve (const Level * from, Level * to)
{
  for (int y = 0; y < to->height; y++) {
    const float *a = from->image + (size_t) (2 * y) * from->width;
    const float *b = a + from->width;
    float *out = to->image + (size_t) y * to->width;

    for (int x = 0; x < to->width; x++)
      out[x] = 0.25f * (a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1]);
  }
}

/* The rim stays 0, as it was allocated. */
SST_MULTIVERSION static void
make_gradients (Level * level)
{
  const int width = level->width;

  for (int y = 1; y < level->height - 1; y++) {
    const float *in = level->image + (size_t) y * width;
    float *gx = level->gx + (size_t) y * width;
    float *gy = level->gy + (size_t) y * width;
    float *weight = level->weight + (size_t) y * width;

    for (int x = 1; x < width - 1; x++) {
      const float dx = 0.5f * (in[x + 1] - in[x - 1]);
      const float dy = 0.5f * (in[x + width] - in[x - width]);

      gx[x] = dx;
      gy[x] = dy;
      weight[x] = 1.f / (1.f + (dx * dx + dy * dy) * (1.f / (EDGE * EDGE)));
    }
  }
}

/* weight is a function of the gradient, so it tells who is textured. */
static void
list_textured (Level * level)
{
  const float limit = 1.f / (1.f + TEXTURED * TEXTURED / (EDGE * EDGE));
  const int n = level->width * level->height;
  const int every = (n + MAX_TEXTURED - 1) / MAX_TEXTURED;
  int count = 0;

  /* A step that shares no factor with the width would be better spread; odd
   * steps are enough to leave no column out. */
  for (int i = 0; i < n; i += every)
    if (level->weight[i] > 0.f && level->weight[i] < limit)
      level->textured[count++] = i;
  level->n_textured = count;
}

static void
measure (Picture * picture, const Level * level)
{
  const int n = level->width * level->height;
  double sum = 0., squares = 0.;

  for (int i = 0; i < n; i++) {
    sum += level->image[i];
    squares += (double) level->image[i] * level->image[i];
  }
  sum /= n;
  picture->mean = (float) sum;
  picture->deviation = (float) sqrt (MAX (squares / n - sum * sum, 0.));
  picture->flat = level->n_textured < MIN_TEXTURED * n;
}

static void
take_picture (SstMotion * motion, const SstFrame * frame, Picture * picture)
{
  Level *level = picture->level;
  const SstBox region = { 0.f, 0.f, level->width * motion->scale,
    level->height * motion->scale
  };

  sst_sampler_sample (motion->sampler, frame, &region, SST_SAMPLE_LUMA,
      level->width, level->height, level->image);
  for (int l = 0; l < motion->n_levels; l++) {
    if (l > 0)
      halve (&level[l - 1], &level[l]);
    make_gradients (&level[l]);
    list_textured (&level[l]);
  }
  measure (picture, &level[motion->n_levels - 1]);
}

/* --- alignment ---------------------------------------------------------- */

/* warped = the image of now at the fit's places, one a pixel of before, OUTSIDE
 * where they are outside. The fetches do not vectorise, so they have a loop of
 * their own. */
SST_MULTIVERSION static void
warp (const Level * before, const Level * now, const Fit * fit,
    float *restrict warped)
{
  const float *restrict image = now->image;
  const int width = before->width, height = before->height;
  const int stride = now->width;
  const float a = fit->a, b = fit->b, cx = before->cx;
  const float right = (float) (now->width - 1);
  const float bottom = (float) (now->height - 1);
  int at[THUMB_SIDE];
  float part_x[THUMB_SIDE], part_y[THUMB_SIDE], outside[THUMB_SIDE];

  for (int j = 0; j < height; j++) {
    const float y = j + 0.5f - before->cy;
    const float u0 = fit->tx + now->cx - 0.5f - b * y;
    const float v0 = fit->ty + now->cy - 0.5f + a * y;
    float *restrict out = warped + (size_t) j * width;

    for (int i = 0; i < width; i++) {
      const float x = i + 0.5f - cx;
      const float u = u0 + a * x, v = v0 + b * x;
      const float uc = MIN (MAX (u, 0.f), right - 0.001f);
      const float vc = MIN (MAX (v, 0.f), bottom - 0.001f);
      const int iu = (int) uc, iv = (int) vc;
      const float du = fabsf (u - uc), dv = fabsf (v - vc);

      at[i] = iv * stride + iu;
      part_x[i] = uc - iu;
      part_y[i] = vc - iv;
      outside[i] = MAX (du, dv);
    }
    for (int i = 0; i < width; i++) {
      const float *restrict in = image + at[i];
      const float p = in[0] + (in[1] - in[0]) * part_x[i];
      const float q = in[stride] + (in[stride + 1] - in[stride]) * part_x[i];

      out[i] = p + (q - p) * part_y[i];
    }
    for (int i = 0; i < width; i++)
      out[i] = outside[i] > 0.002f ? OUTSIDE : out[i];
  }
}

/* Standard deviation of the difference, from a low quantile over the textured
 * pixels. */
static float
difference_scale (const Level * level, const Fit * fit, const float *warped)
{
  int bins[BINS] = { 0 };
  int n = 0, sum = 0, bin = 0;

  for (int k = 0; k < level->n_textured; k++) {
    const int i = level->textured[k];
    const float r = fabsf (warped[i] - fit->gain * level->image[i]
        - fit->offset);

    if (warped[i] < OUTSIDE) {
      bins[(int) MIN (r * BIN_SCALE, BINS - 1.f)]++;
      n++;
    }
  }
  while (bin < BINS - 1 && sum + bins[bin] <= QUANTILE * n)
    sum += bins[bin++];
  return MAX ((bin + 0.5f) / (BIN_SCALE * QUANTILE_SIGMAS), MIN_SIGMA);
}

SST_MULTIVERSION static void
accumulate (const Level * level, const Fit * fit, const float *warped,
    float limit, Sums * sums_out)
{
  const int width = level->width;
  const float gain = fit->gain, offset = fit->offset;
  const float inverse = 1.f / (limit * limit);
  float (*restrict sums)[THUMB_SIDE] = *sums_out;

  for (int s = 0; s < N_SUMS; s++)
    memset (sums[s], 0, width * sizeof (float));
  for (int j = 1; j < level->height - 1; j++) {
    const size_t row = (size_t) j * width;
    const float *restrict gxs = level->gx + row;
    const float *restrict gys = level->gy + row;
    const float *restrict weight = level->weight + row;
    const float *restrict ts = level->image + row;
    const float *restrict is = warped + row;
    const float y = j + 0.5f - level->cy;

    for (int i = 0; i < width; i++) {
      const float t = ts[i];
      const float r = is[i] - gain * t - offset;
      const float rest = 1.f - r * r * inverse;
      const float tukey = rest > 0.f ? rest * rest : 0.f;
      const float w = tukey * weight[i];
      const float gx = gxs[i], gy = gys[i];
      const float wx = w * gx, wy = w * gy;
      const float xx = wx * gx, xy = wx * gy, yy = wy * gy;
      const float xr = wx * r, yr = wy * r;

      sums[SUM_XX][i] += xx;
      sums[SUM_XX_Y][i] += xx * y;
      sums[SUM_XX_YY][i] += xx * y * y;
      sums[SUM_XY][i] += xy;
      sums[SUM_XY_Y][i] += xy * y;
      sums[SUM_XY_YY][i] += xy * y * y;
      sums[SUM_YY][i] += yy;
      sums[SUM_YY_Y][i] += yy * y;
      sums[SUM_YY_YY][i] += yy * y * y;
      sums[SUM_XR][i] += xr;
      sums[SUM_XR_Y][i] += xr * y;
      sums[SUM_YR][i] += yr;
      sums[SUM_YR_Y][i] += yr * y;
      sums[SUM_1][i] += w;
      sums[SUM_T][i] += w * t;
      sums[SUM_I][i] += w * is[i];
      sums[SUM_TT][i] += w * t * t;
      sums[SUM_TI][i] += w * t * is[i];
    }
  }
}

/* Solves h x = g, h symmetric and positive (Cholesky). Returns FALSE where it
 * is not. */
static gboolean
solve (double h[4][4], double g[4])
{
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j <= i; j++) {
      double v = h[i][j];

      for (int k = 0; k < j; k++)
        v -= h[i][k] * h[j][k];
      if (i > j)
        h[i][j] = v / h[j][j];
      else if (v > 1e-9)
        h[i][i] = sqrt (v);
      else
        return FALSE;
    }
  }
  for (int i = 0; i < 4; i++) {
    for (int k = 0; k < i; k++)
      g[i] -= h[i][k] * g[k];
    g[i] /= h[i][i];
  }
  for (int i = 3; i >= 0; i--) {
    for (int k = i + 1; k < 4; k++)
      g[i] -= h[k][i] * g[k];
    g[i] /= h[i][i];
  }
  return TRUE;
}

/* Adds the sums up into the normal equations of (zoom, turn, x, y), the first
 * two times radius, so that all are in pixels. */
static void
gather (const Level * level, const Sums * sums_in, float radius,
    double h[4][4], double g[4], double moments[5])
{
  const float (*s)[THUMB_SIDE] = *sums_in;
  const double unit[4] = { 1. / radius, 1. / radius, 1., 1. };

  memset (h, 0, 16 * sizeof (double));
  memset (g, 0, 4 * sizeof (double));
  memset (moments, 0, 5 * sizeof (double));
  for (int i = 1; i < level->width - 1; i++) {
    const double x = i + 0.5 - level->cx;

    h[0][0] += x * x * s[SUM_XX][i] + 2. * x * s[SUM_XY_Y][i]
        + s[SUM_YY_YY][i];
    h[1][0] += x * x * s[SUM_XY][i] - x * s[SUM_XX_Y][i]
        + x * s[SUM_YY_Y][i] - s[SUM_XY_YY][i];
    h[1][1] += x * x * s[SUM_YY][i] - 2. * x * s[SUM_XY_Y][i]
        + s[SUM_XX_YY][i];
    h[2][0] += x * s[SUM_XX][i] + s[SUM_XY_Y][i];
    h[2][1] += x * s[SUM_XY][i] - s[SUM_XX_Y][i];
    h[2][2] += s[SUM_XX][i];
    h[3][0] += x * s[SUM_XY][i] + s[SUM_YY_Y][i];
    h[3][1] += x * s[SUM_YY][i] - s[SUM_XY_Y][i];
    h[3][2] += s[SUM_XY][i];
    h[3][3] += s[SUM_YY][i];
    g[0] += x * s[SUM_XR][i] + s[SUM_YR_Y][i];
    g[1] += x * s[SUM_YR][i] - s[SUM_XR_Y][i];
    g[2] += s[SUM_XR][i];
    g[3] += s[SUM_YR][i];
    for (int m = 0; m < 5; m++)
      moments[m] += s[SUM_1 + m][i];
  }
  for (int i = 0; i < 4; i++) {
    g[i] *= unit[i];
    for (int k = 0; k <= i; k++)
      h[i][k] *= unit[i] * unit[k];
  }
}

/* Brightness of the present picture as gain and offset of the previous. */
static void
fit_light (Fit * fit, const double moments[5])
{
  const double n = moments[0];

  if (n < 1e-6)
    return;

  const double t = moments[1] / n, i = moments[2] / n;
  const double tt = moments[3] / n - t * t, ti = moments[4] / n - t * i;

  /* A spread of a few grey levels says little about the contrast. */
  fit->gain = (float) CLAMP ((ti + 4.) / (tt + 4.), 0.5, 2.);
  fit->offset = (float) (i - fit->gain * t);
}

/* One step. Returns how far it moved the corners, in pixels of the level, or
 * a negative number where there is nothing to go by. */
static float
improve (SstMotion * motion, const Level * before, const Level * now, Fit * fit,
    gboolean linear)
{
  const float radius = hypotf (before->cx, before->cy);
  double h[4][4], g[4], moments[5];
  float sigma;

  warp (before, now, fit, motion->warped);
  sigma = difference_scale (before, fit, motion->warped);
  accumulate (before, fit, motion->warped, TUKEY * sigma, &motion->sums);
  gather (before, (const Sums *) &motion->sums, radius, h, g, moments);

  /* The prior: zoom and turn are near none, which matters just where the
   * picture says little; all is in units of sigma squared. */
  const double prior = sigma * sigma / (LINEAR_PRIOR * LINEAR_PRIOR
      * radius * radius);

  for (int i = 0; i < 4; i++)
    g[i] *= fit->gain;
  for (int i = 0; i < 4; i++)
    for (int k = 0; k <= i; k++)
      h[i][k] *= fit->gain * fit->gain;
  if (linear) {
    h[0][0] += prior;
    h[1][1] += prior;
    g[0] += prior * (fit->a - fit->expected) * radius;
    g[1] += prior * fit->b * radius;
  } else {
    for (int k = 0; k < 2; k++) {
      h[2][k] = h[3][k] = g[k] = 0.;
      h[k][k] = 1.;
    }
    h[1][0] = 0.;
  }
  h[2][2] += 1e-3;
  h[3][3] += 1e-3;
  if (!solve (h, g))
    return -1.f;

  const double size = sqrt (g[0] * g[0] + g[1] * g[1])
      + sqrt (g[2] * g[2] + g[3] * g[3]);

  if (!(size < 1e6))
    return -1.f;

  /* Steps longer than the gradients hold for are cut short. */
  const double part = size > 2. ? 2. / size : 1.;
  const double za = 1. + part * g[0] / radius, zb = part * g[1] / radius;
  const double zx = part * g[2], zy = part * g[3];
  const double square = za * za + zb * zb;
  /* fit o (z)^-1; as complex numbers fit (z^-1 (p - zt)). */
  const double a = (fit->a * za + fit->b * zb) / square;
  const double b = (fit->b * za - fit->a * zb) / square;

  fit->tx = (float) (fit->tx - (a * zx - b * zy));
  fit->ty = (float) (fit->ty - (b * zx + a * zy));
  fit->a = (float) a;
  fit->b = (float) b;
  fit_light (fit, moments);
  return (float) (part * size);
}

static void
refine (SstMotion * motion, const Level * before, const Level * now, Fit * fit,
    int steps, gboolean shift_first)
{
  for (int i = 0; i < steps; i++) {
    const float moved = improve (motion, before, now, fit,
        !(shift_first && i < 2));

    if (moved < CLOSE && !(shift_first && i < 2))
      break;
  }
}

/* Mean of the capped difference for a shift. */
SST_MULTIVERSION static float
shift_cost (const Level * before, const Level * now, int dx, int dy,
    float offset)
{
  const int width = before->width;
  const int x0 = MAX (0, -dx), x1 = MIN (width, width - dx);
  const int y0 = MAX (0, -dy), y1 = MIN (before->height, before->height - dy);
  float sums[THUMB_SIDE] = { 0.f };
  float sum = 0.f;

  for (int y = y0; y < y1; y++) {
    const float *t = before->image + (size_t) y * width;
    const float *i = now->image + (ptrdiff_t) (y + dy) * width + dx;

    for (int x = x0; x < x1; x++)
      sums[x] += MIN (fabsf (i[x] - t[x] - offset), SEARCH_CAP);
  }
  for (int x = x0; x < x1; x++)
    sum += sums[x];
  return sum / (float) ((x1 - x0) * (y1 - y0));
}

/* The best whole-pixel shift at the coarsest level. */
static void
search_shift (const SstMotion * motion, Fit * fit)
{
  const int l = motion->n_levels - 1;
  const Level *before = &motion->picture[!motion->present].level[l];
  const Level *now = &motion->picture[motion->present].level[l];
  const int reach =
      (int) ceilf (SEARCH_SHARE * MAX (before->width, before->height));
  const int reach_x = MIN (reach, before->width / 3);
  const int reach_y = MIN (reach, before->height / 3);
  float best = G_MAXFLOAT;

  for (int dy = -reach_y; dy <= reach_y; dy++)
    for (int dx = -reach_x; dx <= reach_x; dx++) {
      /* Of shifts that fit alike, the small one. */
      const float far = (float) (dx * dx + dy * dy) / (float) (reach * reach);
      const float cost = (shift_cost (before, now, dx, dy, fit->offset) + 0.5f)
          * (1.f + 0.1f * far);

      if (cost < best) {
        best = cost;
        fit->tx = (float) dx;
        fit->ty = (float) dy;
      }
    }
}

/* --- judgement ---------------------------------------------------------- */

/* About the textured pixels that are in both pictures. */
typedef struct
{
  float support;                /* share of those that follow */
  float cost;                   /* mean of Tukey's rho, 0..1 */
  float likeness;               /* correlation of the gradients, -1..1 */
} Verdict;

/* warped: of the fit. limit: of Tukey's rho. */
static Verdict
judge (const Level * level, const Fit * fit, const float *warped, float limit)
{
  Verdict verdict = { 0.f, 1.f, 0.f };
  const int width = level->width;
  float tt = 0.f, ti = 0.f, ii = 0.f, cost = 0.f;
  int n = 0, followers = 0;

  for (int k = 0; k < level->n_textured; k++) {
    const int at = level->textured[k];
    const float gx = level->gx[at], gy = level->gy[at];
    const float *in = warped + at;
    const float r = in[0] - fit->gain * level->image[at] - fit->offset;
    const float rest = MAX (1.f - r * r / (limit * limit), 0.f);
    const float dx = 0.5f * (in[1] - in[-1]);
    const float dy = 0.5f * (in[width] - in[-width]);
    const float square = gx * gx + gy * gy;
    const float most = MAX (MAX (in[1], in[-1]), MAX (in[width], in[-width]));
    /* Which of them are inside can't be predicted, so no branches. */
    const int inside = most < OUTSIDE;
    const float one = (float) inside;
    const int near = fabsf (r) <= FOLLOW_GREY + FOLLOW_SHIFT * sqrtf (square);
    const int alike = gx * dx + gy * dy >= FOLLOW_SLOPE * square;

    n += inside;
    tt += one * square;
    ti += one * (gx * dx + gy * dy);
    ii += one * (dx * dx + dy * dy);
    cost += one * (1.f - rest * rest * rest);
    followers += inside & near & alike;
  }
  if (n == 0)
    return verdict;
  verdict.support = (float) followers / (float) n;
  verdict.cost = cost / (float) n;
  verdict.likeness = ti / sqrtf (tt * ii + 1e-6f);
  return verdict;
}

static gboolean
is_sane (const SstMotion * motion, const Fit * fit)
{
  const Level *level = motion->picture[0].level;
  const float zoom = hypotf (fit->a, fit->b);
  const float side = (float) MAX (level->width, level->height);

  return zoom < MAX_ZOOM && zoom > 1.f / MAX_ZOOM
      && fabsf (fit->b) < MAX_TURN * zoom && fit->a > 0.f
      && hypotf (fit->tx, fit->ty) < MAX_SHIFT * side;
}

/* From the centre of the thumbnail to the corner of the frame. */
static SstCameraMotion
to_frame (const SstMotion * motion, const Fit * fit)
{
  const Level *level = motion->picture[0].level;
  const float cx = level->cx * motion->scale, cy = level->cy * motion->scale;
  SstCameraMotion result = SST_CAMERA_MOTION_IDENTITY;

  result.a = fit->a;
  result.b = fit->b;
  result.tx = fit->tx * motion->scale + cx - (fit->a * cx - fit->b * cy);
  result.ty = fit->ty * motion->scale + cy - (fit->b * cx + fit->a * cy);
  return result;
}

/* Whether two guesses lead to the same place. */
static gboolean
is_near (const Fit * a, const Fit * b)
{
  return fabsf (a->tx - b->tx) < 0.5f && fabsf (a->ty - b->ty) < 0.5f
      && fabsf (a->a - b->a) < 0.01f && fabsf (a->b - b->b) < 0.01f;
}

/* The best fit at the coarsest level, from several first guesses: the best
 * shift, the motion of the call before, none. A large thing that moves can
 * make a wrong one look right. */
static Fit
start (SstMotion * motion, const Fit * still)
{
  const int l = motion->n_levels - 1;
  const Level *before = &motion->picture[!motion->present].level[l];
  const Level *now = &motion->picture[motion->present].level[l];
  Fit fit[3], *best = fit;
  float limit = G_MAXFLOAT, least = G_MAXFLOAT;
  int n = 1;

  fit[0] = fit[1] = fit[2] = *still;
  search_shift (motion, &fit[0]);
  fit[1].a = motion->last.a;
  fit[1].b = motion->last.b;
  fit[1].tx = motion->last.tx / (float) (1 << l);
  fit[1].ty = motion->last.ty / (float) (1 << l);
  for (int k = 1; k < 3; k++)
    if (!is_near (&fit[k], &fit[0]) && !is_near (&fit[k], &fit[n - 1]))
      fit[n++] = fit[k];
  for (int k = 0; k < n; k++) {
    /* Shift alone first where there is no idea of the rest. */
    refine (motion, before, now, &fit[k], COARSEST_STEPS, fit[k].a == 1.f);
    if (n == 1)
      return fit[0];
    warp (before, now, &fit[k], motion->warped);
    limit = MIN (limit, TUKEY * difference_scale (before, &fit[k],
            motion->warped));
  }
  for (int k = 0; k < n; k++) {
    float cost;

    warp (before, now, &fit[k], motion->warped);
    cost = judge (before, &fit[k], motion->warped, limit).cost;
    if (cost < least) {
      least = cost;
      best = &fit[k];
    }
  }
  return *best;
}

/* Support and likeness at the second level: it bears blur and noise better than
 * the first and tells unlike pictures apart better than the third. */
static Verdict
judge_likeness (SstMotion * motion, const Fit * fit)
{
  const int l = MIN (1, motion->n_levels - 1);
  const Level *before = &motion->picture[!motion->present].level[l];
  Fit scaled = *fit;

  scaled.tx /= (float) (1 << l);
  scaled.ty /= (float) (1 << l);
  warp (before, &motion->picture[motion->present].level[l], &scaled,
      motion->warped);
  return judge (before, &scaled, motion->warped, 1.f);
}

/* Whether the picture went flat from something, or the other way round. */
static gboolean
is_blackout (const Picture * before, const Picture * now)
{
  const float high = MAX (before->deviation, now->deviation);
  const float low = MIN (before->deviation, now->deviation);

  return before->flat != now->flat && high > CUT_CONTRAST && low < 0.25f * high;
}

/* Coarse to fine, and the better one of that and no motion at all. */
static Fit
find_fit (SstMotion * motion, const Fit * still)
{
  const Level *before = motion->picture[!motion->present].level;
  const Level *now = motion->picture[motion->present].level;
  Fit fit = start (motion, still);
  float limit;

  for (int l = motion->n_levels - 2; l >= 0; l--) {
    fit.tx *= 2.f;
    fit.ty *= 2.f;
    refine (motion, &before[l], &now[l], &fit, l == 0 ? FINEST_STEPS : STEPS,
        FALSE);
  }
  if (!is_sane (motion, &fit))
    return *still;
  warp (before, now, &fit, motion->warped);
  limit = TUKEY * difference_scale (before, &fit, motion->warped);
  if (judge (before, still, now->image, limit).cost
      <= judge (before, &fit, motion->warped, limit).cost)
    return *still;
  return fit;
}

/* --- another field of view ---------------------------------------------- */

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
  Fit fit = no_motion, found = no_motion;

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
    refine (motion, &narrow->level[l + 1], &wide->level[l], &one,
        COARSEST_STEPS, TRUE);
    one.tx *= 2.f;
    one.ty *= 2.f;
    refine (motion, &narrow->level[l], &wide->level[l - 1], &one, STEPS, FALSE);
    warp (&narrow->level[l], &wide->level[l - 1], &one, motion->warped);
    verdict = judge (&narrow->level[l], &one, motion->warped, 1.f);
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

/* Whether the two pictures show the same through different lenses: one of them
 * is a part of the other. */
static gboolean
find_other_view (SstMotion * motion, Fit * fit, float *support)
{
  const Picture *before = &motion->picture[!motion->present];
  const Picture *now = &motion->picture[motion->present];
  Fit wider = no_motion, closer = no_motion;
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

static SstCameraMotion
estimate (SstMotion * motion)
{
  const Picture *before = &motion->picture[!motion->present];
  const Picture *now = &motion->picture[motion->present];
  SstCameraMotion result = SST_CAMERA_MOTION_IDENTITY;
  Fit still = no_motion, fit;
  Verdict verdict;

  still.offset = now->mean - before->mean;
  motion->last = no_motion;
  if (before->flat || now->flat) {
    result.cut = is_blackout (before, now);
    return result;
  }
  fit = find_fit (motion, &still);
  verdict = judge_likeness (motion, &fit);
  if (verdict.support >= SST_MOTION_MIN_SUPPORT) {
    motion->last = fit;
    result = to_frame (motion, &fit);
  } else if (verdict.likeness < CUT_LIKENESS) {
    if (find_other_view (motion, &fit, &verdict.support))
      result = to_frame (motion, &fit);
    result.cut = TRUE;
  }
  result.support = verdict.support;
  return result;
}

SstCameraMotion
sst_motion_update (SstMotion * motion, const SstFrame * frame)
{
  SstCameraMotion result = SST_CAMERA_MOTION_IDENTITY;

  if (frame->width != motion->frame_width
      || frame->height != motion->frame_height)
    set_frame_size (motion, frame->width, frame->height);
  if (motion->n_levels == 0)
    return result;
  motion->present = !motion->present;
  take_picture (motion, frame, &motion->picture[motion->present]);
  if (motion->has_picture)
    result = estimate (motion);
  motion->has_picture = TRUE;
  return result;
}
