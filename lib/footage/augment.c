/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "footage/augment.h"

#include <string.h>

#include "base/simd.h"
#include "footage/smear.h"

/* How often, at strength 1. */
#define P_LOW_LIGHT 0.07f
#define P_TONE 0.85f
#define P_COLOR 0.5f
#define P_GRAY 0.12f
#define P_SAME_GRAY 0.85f       /* both tensors of a pair, if one is grey */
#define P_FOCUS 0.22f
#define P_MOTION 0.12f
#define P_LOW_RESOLUTION 0.18f
#define P_NOISE 0.25f
#define P_CODEC 0.18f

/* Of the template. */
#define TEMPLATE_STRENGTH 0.6f

#define REACH SST_AUGMENT_REACH
/* The largest factor of a lower resolution, and samples that one of its pixels
 * takes in along an axis. */
#define MAX_SHRINK 3.f
#define MAX_TAPS 8

#define BLOCK 8

#define DIRECTIONS 64
#define MAX_PARTS 3

/* y * gain + offset, bent by curve, in -1..1: 0 and 255 stay where they are. */
SST_MULTIVERSION static void
tone (float *luma, int n, float gain, float offset, float curve)
{
  for (int i = 0; i < n; i++) {
    const float y = CLAMP (luma[i] * gain + offset, 0.f, 255.f);

    luma[i] = y + curve * y * (1.f - y * (1.f / 255.f));
  }
}

SST_MULTIVERSION static float
mean_of (const float *plane, int n)
{
  SstLanes sums = { 0.f };
  float sum = 0.f;
  int i = 0;

  for (; i + SST_LANES <= n; i += SST_LANES)
    sums += *(const SstLanes *) (plane + i);
  for (; i < n; i++)
    sum += plane[i];
  for (int k = 0; k < SST_LANES; k++)
    sum += sums[k];
  return sum / n;
}

/* A turn and stretch of the plane of colours, and a shift. */
SST_MULTIVERSION static void
recolor (float *cb, float *cr, int n, float c, float s, float cb_offset,
    float cr_offset)
{
  for (int i = 0; i < n; i++) {
    const float b = cb[i], r = cr[i];

    cb[i] = c * b - s * r + cb_offset;
    cr[i] = s * b + c * r + cr_offset;
  }
}

SST_MULTIVERSION static void
limit (float *plane, int n, float low, float high)
{
  for (int i = 0; i < n; i++)
    plane[i] = CLAMP (plane[i], low, high);
}

/* Adds nearly normal noise: the sum of the four bytes of a hash of the place
 * (finaliser of MurmurHash3), whose standard deviation is sqrt (4 (256^2 - 1) /
 * 12). */
SST_MULTIVERSION static void
add_noise (float *plane, int n, float sigma, guint32 seed)
{
  const float scale = sigma / 147.8f;

  for (int i = 0; i < n; i++) {
    guint32 h = ((guint32) i + seed) * 0x9e3779b9u;
    int sum;

    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    h *= 0xc2b2ae35u;
    h ^= h >> 16;
    sum = (int) ((h & 255) + ((h >> 8) & 255) + ((h >> 16) & 255) + (h >> 24));
    plane[i] += (float) (sum - 510) * scale;
  }
}

SST_MULTIVERSION static void
add_row (float *restrict to, const float *restrict from, float weight, int n)
{
  for (int i = 0; i < n; i++)
    to[i] += weight * from[i];
}

/* The plane with its border repeated REACH pixels outwards. */
static void
pad (const float *plane, int side, float *padded)
{
  const int wide = side + 2 * REACH;

  for (int y = 0; y < wide; y++) {
    const float *from = plane + (size_t) CLAMP (y - REACH, 0, side - 1) * side;
    float *to = padded + (size_t) y * wide;

    for (int x = 0; x < REACH; x++) {
      to[x] = from[0];
      to[REACH + side + x] = from[side - 1];
    }
    memcpy (to + REACH, from, side * sizeof (float));
  }
}

/* A line of n pixels and those before and after it. */
SST_MULTIVERSION static void
blur_row (float *restrict to, const float *restrict from, const float *weight,
    int radius, int n)
{
  for (int i = 0; i < n; i++)
    to[i] = weight[0] * from[i];
  for (int k = 1; k <= radius; k++) {
    for (int i = 0; i < n; i++)
      to[i] += weight[k] * (from[i - k] + from[i + k]);
  }
}

SST_MULTIVERSION static void
blur_column (float *restrict to, const float *from, ptrdiff_t stride,
    const float *weight, int radius, int n)
{
  for (int i = 0; i < n; i++)
    to[i] = weight[0] * from[i];
  for (int k = 1; k <= radius; k++) {
    for (int i = 0; i < n; i++)
      to[i] += weight[k] * (from[i - k * stride] + from[i + k * stride]);
  }
}

/* A Gaussian; scratch: a padded plane and side rows more than a plane. */
static void
blur (float *tensor, int side, float sigma, float *scratch)
{
  const int wide = side + 2 * REACH;
  const int radius = MIN ((int) ceilf (2.5f * sigma), REACH);
  float *padded = scratch, *rows = scratch + (size_t) wide * wide;
  float weight[REACH + 1], sum = 0.f;

  for (int k = 0; k <= radius; k++) {
    weight[k] = expf (-0.5f * k * k / (sigma * sigma));
    sum += k == 0 ? weight[k] : 2.f * weight[k];
  }
  for (int k = 0; k <= radius; k++)
    weight[k] /= sum;

  for (int c = 0; c < 3; c++) {
    float *plane = tensor + (size_t) c * side * side;

    pad (plane, side, padded);
    for (int y = 0; y < side + 2 * radius; y++)
      blur_row (rows + (size_t) y * side,
          padded + (size_t) (y + REACH - radius) * wide + REACH, weight,
          radius, side);
    for (int y = 0; y < side; y++)
      blur_column (plane + (size_t) y * side,
          rows + (size_t) (y + radius) * side, side, weight, radius, side);
  }
}

/* The triangle of sampler.h: weights of the pixels that one of n_to takes in of
 * n_from. */
static int
taps_of (int i, int n_to, int n_from, float weight[MAX_TAPS], int *count)
{
  const float scale = n_from / (float) n_to;
  const float half = MAX (scale, 1.f);
  const float center = (i + 0.5f) * scale - 0.5f;
  const int from = MAX ((int) floorf (center - half) + 1, 0);
  const int to = MIN ((int) ceilf (center + half) - 1, n_from - 1);
  float sum = 0.f;

  *count = MIN (to - from + 1, MAX_TAPS);
  for (int k = 0; k < *count; k++) {
    weight[k] = 1.f - fabsf (from + k - center) / half;
    sum += weight[k];
  }
  for (int k = 0; k < *count; k++)
    weight[k] /= sum;
  return from;
}

/* A square plane of n_from to one of n_to; rows: n_to * n_from floats. */
static void
resize (const float *from, int n_from, float *to, int n_to, float *rows)
{
  float weight[MAX_TAPS];
  int count;

  memset (rows, 0, (size_t) n_to * n_from * sizeof (float));
  for (int i = 0; i < n_to; i++) {
    const int first = taps_of (i, n_to, n_from, weight, &count);

    for (int k = 0; k < count; k++)
      add_row (rows + (size_t) i * n_from,
          from + (size_t) (first + k) * n_from, weight[k], n_from);
  }
  for (int i = 0; i < n_to; i++) {
    const int first = taps_of (i, n_to, n_from, weight, &count);

    for (int y = 0; y < n_to; y++) {
      const float *row = rows + (size_t) y * n_from + first;
      float sum = 0.f;

      for (int k = 0; k < count; k++)
        sum += weight[k] * row[k];
      to[(size_t) y * n_to + i] = sum;
    }
  }
}

typedef struct
{
  SstLanes row[BLOCK];
} Block;

/* a b. */
SST_ALWAYS_INLINE void
multiply (const Block * a, const Block * b, Block * to)
{
  for (int i = 0; i < BLOCK; i++) {
    SstLanes sum = a->row[i][0] * b->row[0];

    for (int k = 1; k < BLOCK; k++)
      sum += a->row[i][k] * b->row[k];
    to->row[i] = sum;
  }
}

static void
read_block (const float *plane, int side, int left, int top, Block * block)
{
  for (int y = 0; y < BLOCK; y++) {
    const float *row = plane + (size_t) CLAMP (top + y, 0, side - 1) * side;

    for (int x = 0; x < BLOCK; x++)
      block->row[y][x] = row[CLAMP (left + x, 0, side - 1)];
  }
}

static void
write_block (float *plane, int side, int left, int top, const Block * block)
{
  for (int y = MAX (-top, 0); y < MIN (BLOCK, side - top); y++) {
    for (int x = MAX (-left, 0); x < MIN (BLOCK, side - left); x++)
      plane[(size_t) (top + y) * side + left + x] = block->row[y][x];
  }
}

/* Rounds the DCT of each block to multiples of step. left, top: where the first
 * block begins, -7..0. */
SST_MULTIVERSION static void
quantize (float *plane, int side, int left, int top, const Block * dct,
    const Block * transposed, const Block * step, const Block * per_step)
{
  /* adding this rounds to the nearest whole number */
  const float magic = 12582912.f;

  for (int by = top; by < side; by += BLOCK) {
    for (int bx = left; bx < side; bx += BLOCK) {
      const gboolean whole = by >= 0 && bx >= 0 && by + BLOCK <= side
          && bx + BLOCK <= side;
      float *const at = plane + (ptrdiff_t) by * side + bx;
      Block a, b;

      if (whole) {
        for (int y = 0; y < BLOCK; y++)
          a.row[y] = *(const SstLanes *) (at + (size_t) y * side);
      } else {
        read_block (plane, side, bx, by, &a);
      }
      multiply (dct, &a, &b);
      multiply (&b, transposed, &a);
      for (int y = 0; y < BLOCK; y++)
        a.row[y] = ((a.row[y] * per_step->row[y] + magic) - magic)
            * step->row[y];
      multiply (transposed, &a, &b);
      multiply (&b, dct, &a);
      if (whole) {
        for (int y = 0; y < BLOCK; y++)
          *(SstLanes *) (at + (size_t) y * side) = a.row[y];
      } else {
        write_block (plane, side, bx, by, &a);
      }
    }
  }
}

/* What a codec leaves: steps that grow with the frequency, more so for colour.
 * coarse: the step of the mean, in grey levels. */
static void
codec (float *tensor, int side, float coarse, SstRandom * random)
{
  const int left = -(int) sst_random_below (random, BLOCK);
  const int top = -(int) sst_random_below (random, BLOCK);
  Block dct, transposed, step, per_step;

  for (int i = 0; i < BLOCK; i++) {
    for (int j = 0; j < BLOCK; j++) {
      dct.row[i][j] = sqrtf ((i == 0 ? 1.f : 2.f) / BLOCK)
          * cosf ((float) G_PI / BLOCK * (j + 0.5f) * i);
      transposed.row[j][i] = dct.row[i][j];
    }
  }
  for (int c = 0; c < 3; c++) {
    for (int i = 0; i < BLOCK; i++) {
      for (int j = 0; j < BLOCK; j++) {
        step.row[i][j] = coarse * (1.f + (c == 0 ? 0.5f : 1.2f) * (i + j));
        per_step.row[i][j] = 1.f / step.row[i][j];
      }
    }
    quantize (tensor + (size_t) c * side * side, side, left, top, &dct,
        &transposed, &step, &per_step);
  }
}

/* Noise of the sensor, then the codec. */
static void
record (float *tensor, int side, float noise, float coarse, SstRandom * random)
{
  const int n = side * side;

  if (noise > 0.f) {
    const float chroma = noise * sst_random_uniform (random, 0.f, 0.6f);

    for (int c = 0; c < 3; c++)
      add_noise (tensor + (size_t) c * n, n, c == 0 ? noise : chroma,
          sst_random_bits (random));
  }
  if (coarse > 0.f)
    codec (tensor, side, coarse, random);
}

void
sst_augment_photometric (float *tensor, int side, float strength,
    gboolean gray, SstRandom * random, float *scratch)
{
  const int n = side * side;
  float *cb = tensor + n, *cr = tensor + 2 * n;
  float noise = 0.f, coarse = 0.f;

  if (strength <= 0.f)
    return;
  if (sst_random_chance (random, P_NOISE * strength))
    noise = strength * sst_random_uniform (random, 1.5f, 10.f);
  if (sst_random_chance (random, P_CODEC * strength))
    coarse = strength * sst_random_uniform (random, 3.f, 16.f);

  if (sst_random_chance (random, P_LOW_LIGHT * strength)) {
    const float gain = sst_random_uniform (random, 0.2f, 0.5f);

    tone (tensor, n, gain, sst_random_uniform (random, 0.f, 12.f), 0.f);
    recolor (cb, cr, n, gain, 0.f, 0.f, 0.f);
    noise = MAX (noise, sst_random_uniform (random, 2.f, 7.f));
  }
  if (sst_random_chance (random, P_TONE)) {
    const float gain = 1.f + strength * sst_random_uniform (random, -0.3f,
        0.3f);
    const float mean = mean_of (tensor, n);
    /* what is nearly black or white does not become all so */
    const float room = MIN (MIN (mean, 255.f - mean) * (1.f / 80.f), 1.f);
    const float offset = strength * room
        * sst_random_uniform (random, -25.f, 25.f);
    const float curve = strength * sst_random_uniform (random, -0.35f, 0.35f);

    tone (tensor, n, gain, mean * (1.f - gain) + offset, curve);
  }
  if (gray) {
    memset (cb, 0, 2 * (size_t) n * sizeof (float));
    /* a tinted grey, now and then */
    if (sst_random_chance (random, 0.15f))
      recolor (cb, cr, n, 0.f, 0.f, sst_random_normal (random, 8.f),
          sst_random_normal (random, 8.f));
  } else if (sst_random_chance (random, P_COLOR)) {
    const float saturation = expf (strength * sst_random_normal (random, 0.3f));
    const float hue = strength * sst_random_normal (random, 0.12f);

    recolor (cb, cr, n, saturation * cosf (hue), saturation * sinf (hue),
        strength * sst_random_normal (random, 5.f),
        strength * sst_random_normal (random, 5.f));
  }

  if (sst_random_chance (random, P_FOCUS * strength)) {
    blur (tensor, side, sst_random_uniform (random, 0.5f, 0.5f
            + 1.6f * strength), scratch);
  } else if (sst_random_chance (random, P_MOTION * strength)) {
    const float length = 2.f + strength * sst_random_uniform (random, 0.f,
        2.f * REACH - 3.f);
    const float angle = sst_random_uniform (random, 0.f, (float) G_PI);

    for (int c = 0; c < 3; c++)
      sst_smear (tensor + (size_t) c * n, side, side, 1, length
          * cosf (angle), length * sinf (angle), scratch);
  }

  if (side > BLOCK
      && sst_random_chance (random, P_LOW_RESOLUTION * strength)) {
    const float shrink = expf (sst_random_uniform (random, 0.2f, logf (1.f
                + (MAX_SHRINK - 1.f) * MIN (strength, 1.f))));
    const int small = CLAMP ((int) (side / shrink), BLOCK, side);
    float *low = scratch, *rows = scratch + 3 * (size_t) n;

    for (int c = 0; c < 3; c++)
      resize (tensor + (size_t) c * n, side, low + (size_t) c * small * small,
          small, rows);
    record (low, small, noise, coarse, random);
    for (int c = 0; c < 3; c++)
      resize (low + (size_t) c * small * small, small,
          tensor + (size_t) c * n, side, rows);
  } else {
    record (tensor, side, noise, coarse, random);
  }

  limit (tensor, n, 0.f, 255.f);
  limit (cb, 2 * n, -128.f, 128.f);
}

void
sst_augment_pair (SstPair * pair, float strength, SstRandom * random,
    float *scratch)
{
  const float p_gray = P_GRAY * MIN (strength, 1.f);
  const gboolean gray = sst_random_chance (random, p_gray);
  const gboolean same = sst_random_chance (random, P_SAME_GRAY);
  const gboolean other = sst_random_chance (random, p_gray);

  sst_augment_photometric (pair->templ, SST_TEMPLATE_SIDE,
      TEMPLATE_STRENGTH * strength, gray, random, scratch);
  sst_augment_photometric (pair->search, SST_SEARCH_SIDE, strength,
      same ? gray : other, random, scratch);
}

static void
mirror (float *planes, int rows, int side)
{
  for (int y = 0; y < rows; y++) {
    float *row = planes + (size_t) y * side;

    for (int x = 0; x < side / 2; x++) {
      const float t = row[x];

      row[x] = row[side - 1 - x];
      row[side - 1 - x] = t;
    }
  }
}

void
sst_augment_mirror (SstPair * pair)
{
  mirror (pair->templ, 3 * SST_TEMPLATE_SIDE, SST_TEMPLATE_SIDE);
  mirror (pair->search, 3 * SST_SEARCH_SIDE, SST_SEARCH_SIDE);
  if (pair->masks_known && pair->templ_mask != NULL)
    mirror (pair->templ_mask, SST_TEMPLATE_MASK_SIDE, SST_TEMPLATE_MASK_SIDE);
  if (pair->masks_known && pair->search_mask != NULL)
    mirror (pair->search_mask, SST_SEARCH_MASK_SIDE, SST_SEARCH_MASK_SIDE);
  pair->templ_box.x = SST_TEMPLATE_SIDE - pair->templ_box.x
      - pair->templ_box.width;
  pair->box.x = SST_SEARCH_SIDE - pair->box.x - pair->box.width;
}

/* Part of a blob: how far the edge is from a centre in each direction. A
 * direction (x, y) counts as x / (|x| + |y|), which grows with the angle and
 * needs no arc tangent. */
typedef struct
{
  float x, y;                   /* centre */
  float per_x, per_y;           /* 1 / the half axes */
  float radius[DIRECTIONS + 1]; /* of the half axes; the last is the first */
} Part;

static void
direction (int i, float *x, float *y)
{
  const float turn = 4.f * i / DIRECTIONS;
  const float u = turn < 2.f ? 1.f - turn : turn - 3.f;
  const float v = turn < 2.f ? 1.f - fabsf (u) : fabsf (u) - 1.f;
  const float norm = 1.f / sqrtf (u * u + v * v);

  *x = u * norm;
  *y = v * norm;
}

static void
draw_part (Part * part, SstRandom * random)
{
  const float kind = sst_random_uniform (random, 0.f, 1.f);
  const int n = 5 + (int) sst_random_below (random, 10);
  const float round = sst_random_uniform (random, 1.1f, 1.5f);
  const float deep = sst_random_uniform (random, 0.5f, 0.9f);
  float radius[16];

  for (int i = 0; i < n; i++)
    radius[i] = sst_random_uniform (random, deep, 1.f);
  radius[n] = radius[0];

  for (int i = 0; i < DIRECTIONS; i++) {
    if (kind < 0.35f) {
      part->radius[i] = 1.f;
    } else if (kind < 0.8f) {
      const float at = i * n / (float) DIRECTIONS;
      const int corner = (int) at;

      part->radius[i] = radius[corner]
          + (at - corner) * (radius[corner + 1] - radius[corner]);
    } else {
      float x, y;

      direction (i, &x, &y);
      part->radius[i] = MIN (1.f / MAX (fabsf (x), fabsf (y)), round);
    }
  }
  part->radius[DIRECTIONS] = part->radius[0];
}

/* How far inside the part each pixel of the blob is, where that is more than so
 * far. x, y of the first pixel, and from one to the next. */
SST_MULTIVERSION static void
raise_part (float *blob, const Part * part, float x0, float y0, float dx,
    float dy, float scale)
{
  for (int i = 0; i < SST_AUGMENT_BLOB_SIDE; i++) {
    const float v = (y0 + i * dy - part->y) * part->per_y;

    for (int j = 0; j < SST_AUGMENT_BLOB_SIDE; j++) {
      const float u = (x0 + j * dx - part->x) * part->per_x;
      const float t = u / (fabsf (u) + fabsf (v) + 1e-9f);
      const float turn = v >= 0.f ? 1.f - t : 3.f + t;
      const float at = turn * (DIRECTIONS / 4.f);
      const int k = MIN ((int) at, DIRECTIONS - 1);
      const float edge = part->radius[k]
          + (at - k) * (part->radius[k + 1] - part->radius[k]);
      const float depth = (edge - sqrtf (u * u + v * v)) * scale;
      float *pixel = blob + i * SST_AUGMENT_BLOB_SIDE + j;

      *pixel = MAX (*pixel, depth);
    }
  }
}

SST_MULTIVERSION static void
soften (float *blob, float slope)
{
  for (int i = 0; i < SST_AUGMENT_BLOB_SIZE; i++) {
    const float m = 0.5f + blob[i] * slope;

    blob[i] = CLAMP (m, 0.f, 1.f);
  }
}

void
sst_augment_blob (float *blob, SstRandom * random)
{
  const float margin = SST_AUGMENT_BLOB_MARGIN;
  const int n = sst_random_chance (random, 0.75f) ? 1
      : 2 + (int) sst_random_below (random, MAX_PARTS - 1);
  const float soft = sst_random_uniform (random, 1.f, 3.f);
  float left = G_MAXFLOAT, top = G_MAXFLOAT;
  float right = -G_MAXFLOAT, bottom = -G_MAXFLOAT;
  float half_x, half_y, texel;
  Part part[MAX_PARTS];

  for (int p = 0; p < n; p++) {
    const float wide = n == 1 ? 1.f : sst_random_uniform (random, 0.35f, 0.8f);
    const float high = n == 1 ? 1.f : sst_random_uniform (random, 0.35f, 0.8f);

    draw_part (&part[p], random);
    /* each centre is within the part before it */
    part[p].x = p == 0 ? 0.f : part[p - 1].x
        + sst_random_uniform (random, -0.6f, 0.6f) / part[p - 1].per_x;
    part[p].y = p == 0 ? 0.f : part[p - 1].y
        + sst_random_uniform (random, -0.6f, 0.6f) / part[p - 1].per_y;
    part[p].per_x = 1.f / wide;
    part[p].per_y = 1.f / high;
    for (int i = 0; i < DIRECTIONS; i++) {
      float x, y;

      direction (i, &x, &y);
      x = part[p].x + x * part[p].radius[i] * wide;
      y = part[p].y + y * part[p].radius[i] * high;
      left = MIN (left, x);
      right = MAX (right, x);
      top = MIN (top, y);
      bottom = MAX (bottom, y);
    }
  }
  half_x = (right - left) * 0.5f;
  half_y = (bottom - top) * 0.5f;
  texel = 2.f * margin / SST_AUGMENT_BLOB_SIDE;

  for (int i = 0; i < SST_AUGMENT_BLOB_SIZE; i++)
    blob[i] = -G_MAXFLOAT;
  for (int p = 0; p < n; p++)
    raise_part (blob, &part[p],
        (left + right) * 0.5f + half_x * (0.5f * texel - margin),
        (top + bottom) * 0.5f + half_y * (0.5f * texel - margin),
        half_x * texel, half_y * texel,
        1.f / sqrtf (part[p].per_x * part[p].per_y * half_x * half_y));
  soften (blob, 1.f / (soft * texel));
}

/* The first of the two pixels of n that at is between, and how far it is from
 * it. */
static int
tap_at (float at, int n, float *fraction)
{
  const float inside = CLAMP (at, 0.f, (float) (n - 1));
  const int i = MIN ((int) inside, MAX (n - 2, 0));

  *fraction = inside - i;
  return i;
}

static float
bilinear (const float *plane, int width, int height, float x, float y)
{
  float fx, fy;
  const int x0 = tap_at (x, width, &fx), y0 = tap_at (y, height, &fy);
  const int x1 = MIN (x0 + 1, width - 1);
  const float *a = plane + (size_t) y0 * width;
  const float *b = plane + (size_t) MIN (y0 + 1, height - 1) * width;
  const float above = a[x0] + fx * (a[x1] - a[x0]);
  const float below = b[x0] + fx * (b[x1] - b[x0]);

  return above + fy * (below - above);
}

/* The pixels that a box, and the soft edge of a blob in it, may touch. */
typedef struct
{
  int left, top, right, bottom;
} Extent;

static Extent
extent_of (const SstBox * box, int side, gboolean edge)
{
  const float grow = edge ? 0.5f * (SST_AUGMENT_BLOB_MARGIN - 1.f) : 0.f;
  const float dx = box->width * grow, dy = box->height * grow;
  const Extent extent = {
    (int) CLAMP (ceilf (box->x - dx - 0.5f), 0.f, (float) side),
    (int) CLAMP (ceilf (box->y - dy - 0.5f), 0.f, (float) side),
    (int) CLAMP (ceilf (box->x + box->width + dx - 0.5f), 0.f, (float) side),
    (int) CLAMP (ceilf (box->y + box->height + dy - 0.5f), 0.f, (float) side)
  };

  return extent;
}

/* The blob at a place in a box, u and v being 0..1 within it. */
static float
blob_at (const float *blob, float u, float v)
{
  const float scale = SST_AUGMENT_BLOB_SIDE / SST_AUGMENT_BLOB_MARGIN;
  const float middle = 0.5f * (SST_AUGMENT_BLOB_SIDE - 1);

  return bilinear (blob, SST_AUGMENT_BLOB_SIDE, SST_AUGMENT_BLOB_SIDE,
      (u - 0.5f) * scale + middle, (v - 0.5f) * scale + middle);
}

void
sst_augment_paste (float *tensor, int side, const SstBox * box,
    const float *patch, int width, int height, const float *blob)
{
  const Extent extent = extent_of (box, side, blob != NULL);

  for (int y = extent.top; y < extent.bottom; y++) {
    const float v = (y + 0.5f - box->y) / box->height;

    for (int x = extent.left; x < extent.right; x++) {
      const float u = (x + 0.5f - box->x) / box->width;
      const float mask = blob != NULL ? blob_at (blob, u, v) : 1.f;
      float *pixel = tensor + (size_t) y * side + x;

      if (mask <= 0.f)
        continue;
      for (int c = 0; c < 3; c++, pixel += (size_t) side * side)
        *pixel += mask * (bilinear (patch + (size_t) c * width * height,
                width, height, u * width - 0.5f, v * height - 0.5f) - *pixel);
    }
  }
}

void
sst_augment_paste_frame (float *tensor, int side, const SstBox * box,
    SstSampler * sampler, const SstFrame * frame, const SstBox * region,
    const float *blob, float *scratch)
{
  const int width = (int) CLAMP (ceilf (box->width), 1.f, (float) side);
  const int height = (int) CLAMP (ceilf (box->height), 1.f, (float) side);

  sst_sampler_sample (sampler, frame, region, SST_SAMPLE_YCC, width, height,
      scratch);
  sst_augment_paste (tensor, side, box, scratch, width, height, blob);
}
