/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "picture/motion_private.h"

#include <math.h>
#include <string.h>

#include "base/simd.h"

#define SEARCH_SHARE 0.17f      /* of the longest side: a first shift's reach */
#define SEARCH_CAP 16.f         /* grey levels; more is another thing */
#define CLOSE 0.03f             /* pixels; a shorter step is the last */

#define QUANTILE 0.35f          /* of the difference: bears more that moves than
                                 * the median does */
#define QUANTILE_SIGMAS 0.4538f /* where it is in a normal distribution */
#define MIN_SIGMA 1.5f          /* of the difference; rounding makes 0.5 */
#define LINEAR_PRIOR 0.05f      /* zoom and rotation expected in a frame, for
                                 * pictures that hardly show them */
#define BINS 256
#define BIN_SCALE 2.f           /* bins a grey level */
#define OUTSIDE 1e6f            /* a value no pixel has: no weight is left */

/* A pixel follows if it differs by no more than this and what half a pixel of
 * misfit makes, and has half its gradient still. Of 650 pairs of pictures from
 * different sequences, 1 % had more followers than 0.18, of 7361 pairs of
 * neighbours 1 % had fewer than 0.27. */
#define FOLLOW_GRAY 5.f
#define FOLLOW_SHIFT 0.5f
#define FOLLOW_SLOPE 0.5f

/* The fetches do not vectorise, so they have a loop of their own. */
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

void
sst_motion_warp (const Level * before, const Level * now, const Fit * fit,
    float *restrict warped)
{
  warp (before, now, fit, warped);
}

float
sst_motion_difference_scale (const Level * level, const Fit * fit,
    const float *warped)
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
  sigma = sst_motion_difference_scale (before, fit, motion->warped);
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

void
sst_motion_refine (SstMotion * motion, const Level * before,
    const Level * now, Fit * fit, int steps, gboolean shift_first)
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

void
sst_motion_search_shift (const SstMotion * motion, Fit * fit)
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

Verdict
sst_motion_judge (const Level * level, const Fit * fit, const float *warped,
    float limit)
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
    const int near = fabsf (r) <= FOLLOW_GRAY + FOLLOW_SHIFT * sqrtf (square);
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
