/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "picture/denoise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/simd.h"
#include "picture/flow.h"
#include "picture/toned.h"

/* Pixels of a cell, each way. The sizes of planes are rounded up to whole ones,
 * with the border repeated. */
#define CELL 4
#define CELL_PIXELS (CELL * CELL)

#define MAX_AGE 6.f             /* n */
#define GATE 1.8f               /* of the noise */
/* Less noise than this, levels of 255, is none in a picture of whole levels;
 * the square of what a tone may say has no place in a float. */
#define MIN_NOISE 0.01f

/* Points stand on a grid of so many pixels of the flow's picture. Coarse, and
 * well damped: the shifts must not follow the noise. */
#define FLOW_SIDE 200
#define FLOW_STEP 5
#define FLOW_DAMPING 20.f
#define MAX_POINTS ((FLOW_SIDE / FLOW_STEP + 2) * (FLOW_SIDE / FLOW_STEP + 2))

/* Of the differences' sizes the smallest quarter is noise alone; where that is
 * in a normal distribution. */
#define QUANTILE 0.25f
#define QUANTILE_SIGMAS 0.3186f

struct _SstDenoiser
{
  SstSampler *sampler;
  int width, height;            /* of the frames */
  int columns, rows;            /* cells */
  gsize stride;                 /* of planes */
  float *memory;
  float *now, *past, *moved;    /* planes: the picture, the mean of those
                                 * before, the same where things are now */
  float *age, *moved_age;       /* cells: n */
  float *difference, *scratch;  /* cells */
  guint8 *out;                  /* what is shown: luma, and two planes of chroma
                                 * for formats that have none to refer to */
  gboolean has_past;
  SstTone tone;                 /* of the past */
  SstFlowImage *flow_now, *flow_past;
  int points_x, points_y;
  SstPoint at[MAX_POINTS], to[MAX_POINTS];
  float shift[2][MAX_POINTS];   /* pixels of the frame, x and y */
  float smooth[MAX_POINTS];
  SstTone view_tone;
  SstFrame view;
};

SstDenoiser *
sst_denoiser_new (void)
{
  SstDenoiser *denoiser = g_new0 (SstDenoiser, 1);

  denoiser->sampler = sst_sampler_new ();
  denoiser->flow_now = sst_flow_image_new (FLOW_SIDE);
  denoiser->flow_past = sst_flow_image_new (FLOW_SIDE);
  return denoiser;
}

void
sst_denoiser_free (SstDenoiser ** denoiser)
{
  SstDenoiser *const d = *denoiser;

  if (d == NULL)
    return;
  sst_sampler_free (&d->sampler);
  sst_flow_image_free (&d->flow_now);
  sst_flow_image_free (&d->flow_past);
  g_free (d->memory);
  g_free (d->out);
  g_clear_pointer (denoiser, g_free);
}

void
sst_denoiser_reset (SstDenoiser * denoiser)
{
  denoiser->has_past = FALSE;
}

static void
set_size (SstDenoiser * d, int width, int height)
{
  gsize plane, cells;

  if (d->width == width && d->height == height)
    return;
  d->width = width;
  d->height = height;
  d->columns = (width + CELL - 1) / CELL;
  d->rows = (height + CELL - 1) / CELL;
  d->stride = (gsize) d->columns * CELL;
  d->has_past = FALSE;
  plane = d->stride * d->rows * CELL;
  cells = (gsize) d->columns * d->rows;
  g_free (d->memory);
  d->memory = g_new0 (float, 3 * plane + 4 * cells);
  d->now = d->memory;
  d->past = d->now + plane;
  d->moved = d->past + plane;
  d->age = d->moved + plane;
  d->moved_age = d->age + cells;
  d->difference = d->moved_age + cells;
  d->scratch = d->difference + cells;
  g_free (d->out);
  d->out = g_malloc (plane + 2 * (gsize) ((width + 1) / 2)
      * ((height + 1) / 2));
}

/* Luma as the tone has it, neither smoothed nor sharpened. */
static void
take (SstDenoiser * d, const SstFrame * frame, const SstTone * tone)
{
  const SstBox all = { 0.f, 0.f, d->width, d->height };
  SstTone levels = *tone;
  const SstFrame seen = sst_frame_with_tone (frame, &levels);
  const gboolean is_whole = d->stride == (gsize) d->width;
  /* the past is moved later */
  float *const to = is_whole ? d->now : d->moved;

  levels.softness = 1.f;
  levels.sharpness = 0.f;
  sst_sampler_sample (d->sampler, &seen, &all, SST_SAMPLE_LUMA, d->width,
      d->height, to);
  /* the last row again where rows are missing */
  for (int y = is_whole ? d->height : 0; y < d->rows * CELL; y++) {
    const float *const in = to + (gsize) MIN (y, d->height - 1) * d->width;
    float *const out = d->now + y * d->stride;

    memcpy (out, in, d->width * sizeof (float));
    for (gsize x = d->width; x < d->stride; x++)
      out[x] = in[d->width - 1];
  }
  sst_flow_image_set (d->flow_now, d->sampler, &seen);
}

/* --- motion ------------------------------------------------------------- */

/* Means over 3 x 3 with the weights 1 2 1 each way, the border repeated. */
SST_MULTIVERSION static void
smooth (float *restrict grid, int width, int height, float *restrict scratch)
{
  for (int y = 0; y < height; y++) {
    const float *const row = grid + (gsize) y * width;
    float *const out = scratch + (gsize) y * width;

    out[0] = 0.75f * row[0] + 0.25f * row[MIN (1, width - 1)];
    for (int x = 1; x < width - 1; x++)
      out[x] = 0.25f * (row[x - 1] + row[x + 1]) + 0.5f * row[x];
    out[width - 1] = 0.75f * row[width - 1] + 0.25f * row[MAX (width - 2, 0)];
  }
  for (int y = 0; y < height; y++) {
    const float *const row = scratch + (gsize) y * width;
    const float *const above = y > 0 ? row - width : row;
    const float *const below = y < height - 1 ? row + width : row;
    float *const out = grid + (gsize) y * width;

    for (int x = 0; x < width; x++)
      out[x] = 0.25f * (above[x] + below[x]) + 0.5f * row[x];
  }
}

/* Shifts from the picture to where its things are in the past. */
static void
find_shifts (SstDenoiser * d)
{
  const float scale = sst_flow_image_scale (d->flow_now);
  const float right = sst_flow_image_width (d->flow_now) - 0.01f;
  const float bottom = sst_flow_image_height (d->flow_now) - 0.01f;
  int n = 0;

  d->points_x = (int) right / FLOW_STEP + 2;
  d->points_y = (int) bottom / FLOW_STEP + 2;
  for (int y = 0; y < d->points_y; y++)
    for (int x = 0; x < d->points_x; x++)
      d->at[n++] = (SstPoint) { fminf (x * FLOW_STEP, right),
        fminf (y * FLOW_STEP, bottom)
      };
  sst_flow_shift_points (d->flow_now, d->flow_past, n, d->at, FLOW_DAMPING,
      d->to);
  for (int i = 0; i < n; i++) {
    d->shift[0][i] = (d->to[i].x - d->at[i].x) * scale;
    d->shift[1][i] = (d->to[i].y - d->at[i].y) * scale;
  }
  for (int c = 0; c < 2; c++)
    smooth (d->shift[c], d->points_x, d->points_y, d->smooth);
}

static inline float
between (const float *grid, int stride, float wx, float wy)
{
  return (1.f - wy) * ((1.f - wx) * grid[0] + wx * grid[1])
      + wy * ((1.f - wx) * grid[stride] + wx * grid[stride + 1]);
}

/* A row of a cell. */
typedef float Row
    __attribute__ ((vector_size (CELL * sizeof (float)), aligned (4),
        may_alias));

/* The past between its pixels, wx and wy to the right of and below from.
 * Returns the mean of now's difference. */
SST_ALWAYS_INLINE float
move_cell (const float *from, gsize stride, float wx, float wy,
    const float *now, float *to)
{
  Row above = *(const Row *) from;
  Row sum = { 0.f };

  above += wx * (*(const Row *) (from + 1) - above);
  for (int r = 0; r < CELL; r++) {
    const float *const p = from + (r + 1) * stride;
    Row below = *(const Row *) p, v;

    below += wx * (*(const Row *) (p + 1) - below);
    v = above + wy * (below - above);
    *(Row *) (to + r * stride) = v;
    sum += *(const Row *) (now + r * stride) - v;
    above = below;
  }
  return (sum[0] + sum[1] + sum[2] + sum[3]) / CELL_PIXELS;
}

/* Brings the past to where things are now, cell by cell, with its ages, and
 * takes the difference. What comes from outside the picture has no age. */
SST_MULTIVERSION static void
move_past (SstDenoiser * d)
{
  const float step = sst_flow_image_scale (d->flow_now) * FLOW_STEP;
  const float right = (float) (d->stride - CELL - 1) - 0.001f;
  const float bottom = (float) (d->rows * CELL - CELL - 1) - 0.001f;

  for (int row = 0; row < d->rows; row++) {
    const float gy = (row + 0.5f) * CELL / step;
    const int iy = MIN ((int) gy, d->points_y - 2);

    for (int column = 0; column < d->columns; column++) {
      const gsize cell = (gsize) row * d->columns + column;
      const gsize at = (row * d->stride + column) * CELL;
      const float gx = (column + 0.5f) * CELL / step;
      const int ix = MIN ((int) gx, d->points_x - 2);
      const int point = iy * d->points_x + ix;
      const float u = between (d->shift[0] + point, d->points_x, gx - ix,
          gy - iy);
      const float v = between (d->shift[1] + point, d->points_x, gx - ix,
          gy - iy);
      const float x = column * CELL + u, y = row * CELL + v;
      const float inside_x = CLAMP (x, 0.f, right);
      const float inside_y = CLAMP (y, 0.f, bottom);
      const int left = (int) inside_x, top = (int) inside_y;
      const gboolean inside = fabsf (x - inside_x) <= CELL
          && fabsf (y - inside_y) <= CELL;
      const int from_column = MIN ((left + CELL / 2) / CELL, d->columns - 1);
      const int from_row = MIN ((top + CELL / 2) / CELL, d->rows - 1);

      d->difference[cell] = move_cell (d->past + top * d->stride + left,
          d->stride, inside_x - left, inside_y - top, d->now + at,
          d->moved + at);
      d->moved_age[cell] = inside ?
          d->age[(gsize) from_row * d->columns + from_column] : 0.f;
    }
  }
  smooth (d->difference, d->columns, d->rows, d->scratch);
}

/* --- the mean ----------------------------------------------------------- */

static void
age_cells (SstDenoiser * d, float noise)
{
  const gsize n = (gsize) d->columns * d->rows;
  const float gate = GATE * fmaxf (noise, MIN_NOISE);
  const float factor = -0.5f / (gate * gate);

  for (gsize i = 0; i < n; i++)
    d->moved_age[i] *= expf (factor * d->difference[i] * d->difference[i]);
  smooth (d->moved_age, d->columns, d->rows, d->scratch);
}

/* The mean of past and picture becomes the past. */
SST_MULTIVERSION static void
mix (SstDenoiser * d)
{
  for (int row = 0; row < d->rows; row++) {
    const float *const age = d->moved_age + (gsize) row * d->columns;

    for (int y = row * CELL; y < (row + 1) * CELL; y++) {
      const float *restrict now = d->now + y * d->stride;
      const float *restrict moved = d->moved + y * d->stride;
      float *restrict past = d->past + y * d->stride;

      for (int column = 0; column < d->columns; column++) {
        const float share = 1.f / (age[column] + 1.f);

        for (int x = column * CELL; x < (column + 1) * CELL; x++)
          past[x] = moved[x] + share * (now[x] - moved[x]);
      }
    }
    for (int column = 0; column < d->columns; column++)
      d->age[(gsize) row * d->columns + column] =
          fminf (age[column] + 1.f, MAX_AGE);
  }
}

static void
start (SstDenoiser * d)
{
  const gsize n = (gsize) d->columns * d->rows;

  memcpy (d->past, d->now, d->stride * d->rows * CELL * sizeof (float));
  for (gsize i = 0; i < n; i++)
    d->age[i] = 1.f;
}

/* --- what is shown ------------------------------------------------------ */

SST_MULTIVERSION static void
round_plane (const float *restrict in, gsize n, float scale, float offset,
    guint8 * restrict out)
{
  for (gsize i = 0; i < n; i++) {
    const float v = in[i] * scale + offset;

    out[i] = (guint8) CLAMP (v, 0.f, 255.f);
  }
}

/* Chroma planes, as I420 has them, of a frame of another layout. */
static void
take_chroma (SstDenoiser * d, const SstFrame * frame)
{
  const int width = (d->width + 1) / 2, height = (d->height + 1) / 2;
  const gsize n = (gsize) width * height;
  guint8 *const chroma = d->out + d->stride * d->rows * CELL;
  const SstBox halves = { 0.f, 0.f, 2.f * width, 2.f * height };
  const gboolean full = sst_format_is_rgb (frame->format) || frame->full_range;
  const SstFrame seen = sst_frame_with_tone (frame, NULL);

  /* in the place of the past's copy, which is not needed any more: three planes
   * of a quarter */
  sst_sampler_sample (d->sampler, &seen, &halves, SST_SAMPLE_YCC, width, height,
      d->moved);
  for (int c = 0; c < 2; c++) {
    round_plane (d->moved + (c + 1) * n, n, full ? 1.f : 224.f / 255.f, 128.5f,
        chroma + c * n);
    d->view.plane[1 + c] = chroma + c * n;
    d->view.stride[1 + c] = width;
  }
}

static void
show (SstDenoiser * d, const SstFrame * frame)
{
  const gboolean is_rgb = sst_format_is_rgb (frame->format);
  const gboolean full = is_rgb || frame->full_range;

  round_plane (d->past, d->stride * d->rows * CELL, full ? 1.f : 219.f / 255.f,
      full ? 0.5f : 16.5f, d->out);
  d->view = sst_frame_with_tone (frame, &d->view_tone);
  d->view.full_range = full;
  d->view.plane[0] = d->out;
  d->view.stride[0] = d->stride;
  d->view_tone = d->tone;
  d->view_tone.luma_gain = 1.f;
  d->view_tone.luma_offset = 0.f;
  d->view_tone.noise = 0.f;
  if (is_rgb || frame->format == SST_FORMAT_YUY2
      || frame->format == SST_FORMAT_UYVY
      || frame->format == SST_FORMAT_P010
      || frame->format == SST_FORMAT_I420_10
      || frame->format == SST_FORMAT_NV12_10_32) {
    d->view.format = SST_FORMAT_I420;
    if (is_rgb)
      d->view.matrix = SST_MATRIX_BT601;        /* the sampler's */
    take_chroma (d, frame);
  }
}

const SstFrame *
sst_denoiser_process (SstDenoiser * denoiser, const SstFrame * frame,
    const SstTone * tone)
{
  SstDenoiser *const d = denoiser;
  SstFrame mean;

  g_return_val_if_fail (MAX (frame->width, frame->height)
      <= SST_DENOISER_MAX_SIDE, NULL);
  g_return_val_if_fail (MIN (frame->width, frame->height)
      >= SST_DENOISER_MIN_SIDE, NULL);
  g_return_val_if_fail (tone->noise > 0.f, NULL);

  set_size (d, frame->width, frame->height);
  if (d->has_past && memcmp (&d->tone, tone, sizeof (SstTone)) != 0)
    d->has_past = FALSE;
  d->tone = *tone;
  take (d, frame, tone);
  if (d->has_past) {
    find_shifts (d);
    move_past (d);
    age_cells (d, tone->noise * tone->luma_gain);
    mix (d);
  } else {
    start (d);
  }
  d->has_past = TRUE;
  show (d, frame);
  mean = sst_frame_with_tone (&d->view, NULL);
  sst_flow_image_set (d->flow_past, d->sampler, &mean);
  return &d->view;
}

/* --- measuring ---------------------------------------------------------- */

static int
compare_floats (const void *a, const void *b)
{
  const float x = *(const float *) a, y = *(const float *) b;

  return (x > y) - (x < y);
}

float
sst_denoiser_measure (const SstFrame * before, const SstFrame * now)
{
  const SstTone neutral = SST_TONE_NEUTRAL;
  SstDenoiser *d = sst_denoiser_new ();
  SstFlowImage *flow;
  gsize n;
  float noise;

  set_size (d, now->width, now->height);
  take (d, before, &neutral);
  start (d);
  flow = d->flow_past;
  d->flow_past = d->flow_now;
  d->flow_now = flow;
  take (d, now, &neutral);
  find_shifts (d);
  move_past (d);
  n = (gsize) d->columns * d->rows;
  for (gsize i = 0; i < n; i++)
    d->difference[i] = fabsf (d->difference[i]);
  qsort (d->difference, n, sizeof (float), compare_floats);
  noise = d->difference[(gsize) (QUANTILE * n)] / (QUANTILE_SIGMAS
      * (float) G_SQRT2);
  sst_denoiser_free (&d);
  return noise;
}
