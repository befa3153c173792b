/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "base/simd.h"
#include "picture/sampler.h"
#include "picture/toned.h"

/* Two passes, for LANES rows at a time. blend_bytes() adds up the source rows
 * under the kernel of each output row: neighbouring bytes, whatever component
 * they belong to, so that it vectorises for every format. interleave() turns
 * each component of these sums by a quarter, so that the second pass,
 * resize_rows(), which picks other columns for each output pixel, works on
 * LANES rows with each instruction.
 *
 * Where the height is enlarged it goes the other way round, since the second
 * pass is the dear one: each source row is resized once, and the output rows
 * are blends of two of them. */

#define LANES SST_LANES
typedef SstLanes Lanes;

/* Bytes of a row for each one needed from which on the needed ones are picked
 * out first: that costs about as much as adding so many more of them up. */
#define SPARSE_BYTES 4

/* The taps of every output pixel along one axis of a component. Taps stand on
 * grid points; point m is the source sample MIN (m * grid, size - 1). */
typedef struct
{
  int n;                        /* output pixels; 0: not made yet */
  int size;                     /* samples of the component */
  int grid;                     /* samples between neighbouring points */
  int first, last;              /* points that have taps */
  int taps;                     /* most taps of an output pixel */
  gboolean enlarge;
  int *start;                   /* [n] point of the first tap */
  guint8 *count;                /* [n] */
  float *weight;                /* [taps][n], 0 from count on */
} Axis;

/* Components that share rows of memory. */
typedef struct
{
  const guint8 *data;
  ptrdiff_t stride;
  const Axis *y;
  int n_components;
  int n_outputs;                /* n_components, or 1: luma of R, G, B */
  SstPacking packing;
  gboolean sparse;              /* picks out what it needs before blending */
  int byte;                     /* first of a row that is read, if not sparse */
  int blend_size;               /* floats of a blend of rows */
  struct
  {
    int index;                  /* 0, 1, 2 of the picture */
    int offset, step;
    const Axis *x;
    int place, pitch;           /* of the points in a blend */
  } component[3];
} Group;

/* What becomes of a component's value: v * scale + bias, then clamped. */
typedef struct
{
  float scale, bias, low, high;
} Levels;

static const Levels raw_levels = { 1.f, 0.f, -G_MAXFLOAT, G_MAXFLOAT };

struct _SstSampler
{
  /* By subsampling: 0 full, 1 half. */
  Axis x[2], y[2];

  float *blends;                /* [LANES] sums of source rows */
  float *points;                /* [...][LANES] a component of them, turned */
  guint8 *picked;               /* [SST_SAMPLER_MAX_TAPS] picked out bytes */
  void *width_memory;
  int max_width;                /* these have space for such pictures */

  float *blocks[2];             /* LANES resized rows, of up to 3 components */
  void *side_memory;
  int max_side;                 /* these and the axes have space for */

  float *blurred;               /* luma, where a tone sharpens */
  gsize max_area;
};

/* Where the rows of a group go. */
typedef struct
{
  float *data[3];               /* by place in the group */
  gsize stride;
  Levels levels[3];
} Target;

SstSampler *
sst_sampler_new (void)
{
  return g_new0 (SstSampler, 1);
}

void
sst_sampler_free (SstSampler ** sampler)
{
  if (!*sampler)
    return;
  g_free ((*sampler)->width_memory);
  g_free ((*sampler)->side_memory);
  g_free ((*sampler)->blurred);
  g_free (*sampler);
  *sampler = NULL;
}

static float *
allocate (gsize n, void **memory)
{
  const gsize align = LANES * sizeof (float);

  g_free (*memory);
  /* Zeroed, since taps of weight 0 may read what was never written: it has to
   * be finite. */
  *memory = g_malloc0 (n * sizeof (float) + align);
  return (float *) (((guintptr) * memory + align - 1) & ~(align - 1));
}

void
sst_sampler_reserve (SstSampler * sampler, int width, int side)
{
  if (width > sampler->max_width) {
    /* 4 bytes a pixel at most, the width rounded up for packed YUV; a point
     * beyond the border, and the taps that fill up an output pixel's. */
    const gsize points = (gsize) width + 2 + SST_SAMPLER_MAX_TAPS;

    sampler->max_width = width;
    sampler->blends = allocate (LANES * (4 + 1) * points
        + SST_SAMPLER_MAX_TAPS * points, &sampler->width_memory);
    sampler->points = sampler->blends + LANES * 4 * points;
    sampler->picked = (guint8 *) (sampler->points + LANES * points);
  }
  if (side > sampler->max_side) {
    /* A whole number of lanes, to keep everything aligned. */
    const gsize n = ((gsize) side + LANES - 1) / LANES * LANES;
    const gsize axis_size = n * (1 + 1 + SST_SAMPLER_MAX_TAPS);
    const gsize block_size = n * 3 * LANES;
    float *next = allocate (4 * axis_size + 2 * block_size,
        &sampler->side_memory);

    sampler->max_side = side;
    for (int i = 0; i < 4; i++, next += axis_size) {
      Axis *axis = i < 2 ? &sampler->x[i] : &sampler->y[i - 2];

      axis->start = (int *) next;
      axis->count = (guint8 *) (next + n);
      axis->weight = next + 2 * n;
    }
    for (int i = 0; i < 2; i++, next += block_size)
      sampler->blocks[i] = next;
  }
}

/* The taps of n output pixels that cover length samples from origin on of a
 * component of size samples; softness: half of the narrowest kernel. Doubles,
 * since regions may be anywhere: all that is cast to int has been found to be
 * small before. */
SST_MULTIVERSION static void
make_axis (Axis * axis, double origin, double length, int n, int size,
    double softness)
{
  const double scale = length / n;
  const double half = MAX (scale, softness);
  const double per_half = 1. / half;
  const double grid = ceil (half / (SST_SAMPLER_MAX_TAPS / 2));
  const double per_grid = 1. / grid;
  const int end = (int) ceil ((size - 1) / grid);
  const int most = (int) MIN (ceil (2. * half * per_grid),
      (double) SST_SAMPLER_MAX_TAPS);

  axis->n = n;
  axis->size = size;
  axis->grid = (int) MIN (grid, (double) SST_FRAME_MAX_SIDE);
  axis->enlarge = scale < 1. && half == 1.;     /* two taps */
  axis->first = end;
  axis->last = 0;
  axis->taps = 1;

  for (int i = 0; i < n; i++) {
    const double center = origin + (i + 0.5) * scale;
    double weight[SST_SAMPLER_MAX_TAPS] = { 1. };
    double per_sum = 1.;
    int start, count = 1;

    if (center + half <= 0.5) {
      start = 0;
    } else if (center - half >= size - 0.5) {
      start = end;
    } else {
      /* The kernel touches the picture, so |center| <= half + size. */
      const int from = (int) floor ((center - half - 0.5) * per_grid) + 1;
      const int to = MIN ((int) ceil ((center + half - 0.5) * per_grid) - 1,
          from + most - 1);
      double sum = 0.;

      start = CLAMP (from, 0, end);
      count = CLAMP (to, 0, end) - start + 1;
      weight[0] = 0.;
      for (int m = from; m <= to; m++) {
        const double distance = fabs (m * grid + 0.5 - center);
        const double w = MAX (1. - distance * per_half, 0.);

        weight[CLAMP (m, 0, end) - start] += w;
        sum += w;
      }
      per_sum = 1. / sum;
    }

    axis->start[i] = start;
    axis->count[i] = (guint8) count;
    for (int k = 0; k < most; k++)
      axis->weight[(gsize) k * n + i] = (float) (weight[k] * per_sum);
    axis->first = MIN (axis->first, start);
    axis->last = MAX (axis->last, start + count - 1);
    axis->taps = MAX (axis->taps, count);
  }
}

/* Source sample of a point. */
static inline int
axis_sample (const Axis * axis, int point)
{
  return (int) MIN ((gint64) point * axis->grid, (gint64) axis->size - 1);
}

/* The kernels below take the number of taps as a constant, which unrolls the
 * loop over the taps. */
#define SWITCH_TAPS(n, call) \
  switch (n) { \
    case 1: call (1); break; \
    case 2: call (2); break; \
    case 3: call (3); break; \
    case 4: call (4); break; \
    case 5: call (5); break; \
    case 6: call (6); break; \
    case 7: call (7); break; \
    default: call (8); break; \
  }

SST_ALWAYS_INLINE void
blend_bytes_taps (const guint8 * const *rows, const float *weight, int taps,
    int n, float *restrict out)
{
  for (int i = 0; i < n; i++) {
    float sum = weight[0] * rows[0][i];

    for (int k = 1; k < taps; k++)
      sum += weight[k] * rows[k][i];
    out[i] = sum;
  }
}

SST_MULTIVERSION static void
blend_bytes (const guint8 * const *rows, const float *weight, int taps, int n,
    float *restrict out)
{
#define CALL(t) blend_bytes_taps (rows, weight, t, n, out)
  SWITCH_TAPS (taps, CALL);
#undef CALL
}

SST_ALWAYS_INLINE void
interleave_pitch (const float *restrict rows, gsize stride, int pitch, int n,
    float *restrict out)
{
  for (int i = 0; i < n; i++) {
    for (int r = 0; r < LANES; r++)
      out[i * LANES + r] = rows[r * stride + (gsize) i * pitch];
  }
}

/* Takes every pitch-th column of LANES rows, n of them. */
SST_MULTIVERSION static void
interleave (const float *restrict rows, gsize stride, int pitch, int n,
    float *restrict out)
{
  switch (pitch) {
    case 1:
      interleave_pitch (rows, stride, 1, n, out);
      break;
    case 2:
      interleave_pitch (rows, stride, 2, n, out);
      break;
    case 3:
      interleave_pitch (rows, stride, 3, n, out);
      break;
    case 4:
      interleave_pitch (rows, stride, 4, n, out);
      break;
    default:
      interleave_pitch (rows, stride, pitch, n, out);
      break;
  }
}

/* Likewise, of the luma (BT.601) of R, G and B. */
SST_MULTIVERSION static void
interleave_luma (const float *red, const float *green, const float *blue,
    gsize stride, int pitch, int n, float *restrict out)
{
  for (int i = 0; i < n; i++) {
    for (int r = 0; r < LANES; r++) {
      const gsize at = r * stride + (gsize) i * pitch;

      out[i * LANES + r] =
          0.299f * red[at] + 0.587f * green[at] + 0.114f * blue[at];
    }
  }
}

SST_ALWAYS_INLINE float
apply_levels (float v, const Levels * levels)
{
  const float result = v * levels->scale + levels->bias;

  return CLAMP (result, levels->low, levels->high);
}

/* Output columns i to i + columns - 1 of the first n_rows lanes. */
SST_ALWAYS_INLINE void
resize_tile (const float *restrict points, const Axis * x, int i, int columns,
    int n_rows, int taps, const Levels * levels, float *restrict out,
    gsize stride)
{
  Lanes tile[LANES];

  for (int j = 0; j < columns; j++) {
    const float *at = points + (gsize) (x->start[i + j] - x->first) * LANES;
    const float *weight = x->weight + i + j;
    Lanes sum = *(const Lanes *) at * weight[0];

    for (int k = 1; k < taps; k++)
      sum += *(const Lanes *) (at + k * LANES) * weight[(gsize) k * x->n];
    tile[j] = sum;
  }
  for (int r = 0; r < n_rows; r++) {
    for (int j = 0; j < columns; j++)
      out[r * stride + i + j] = apply_levels (tile[j][r], levels);
  }
}

SST_ALWAYS_INLINE void
resize_rows_taps (const float *restrict points, const Axis * x, int n_rows,
    int taps, const Levels levels, float *restrict out, gsize stride)
{
  int i = 0;

  if (n_rows == LANES) {
    for (; i + LANES <= x->n; i += LANES)
      resize_tile (points, x, i, LANES, LANES, taps, &levels, out, stride);
  }
  for (; i < x->n; i += LANES)
    resize_tile (points, x, i, MIN (LANES, x->n - i), n_rows, taps, &levels,
        out, stride);
}

/* points: from the axis's first one on, LANES rows. out: n_rows of them. */
SST_MULTIVERSION static void
resize_rows (const float *restrict points, const Axis * x, int n_rows,
    Levels levels, float *restrict out, gsize stride)
{
#define CALL(t) resize_rows_taps (points, x, n_rows, t, levels, out, stride)
  SWITCH_TAPS (x->taps, CALL);
#undef CALL
}

SST_MULTIVERSION static void
blend_two (const float *a, float weight_a, const float *b, float weight_b,
    int n, Levels levels, float *restrict out)
{
  for (int i = 0; i < n; i++)
    out[i] = apply_levels (a[i] * weight_a + b[i] * weight_b, &levels);
}

/* In place: R, G, B become Y, Cb, Cr of BT.601. */
SST_MULTIVERSION static void
rgb_to_ycc (gsize n, float *restrict p0, float *restrict p1, float *restrict p2)
{
  for (gsize i = 0; i < n; i++) {
    const float r = p0[i], g = p1[i], b = p2[i];
    const float y = 0.299f * r + 0.587f * g + 0.114f * b;

    p0[i] = MIN (y, 255.f);     /* which rounding may pass */
    p1[i] = (b - y) * (0.5f / (1.f - 0.114f));
    p2[i] = (r - y) * (0.5f / (1.f - 0.299f));
  }
}

/* In place: Y, Cb, Cr become R, G, B. */
SST_MULTIVERSION static void
ycc_to_rgb (SstMatrix matrix, gsize n, float *restrict p0, float *restrict p1,
    float *restrict p2)
{
  const float kr = matrix == SST_MATRIX_BT709 ? 0.2126f
      : matrix == SST_MATRIX_BT2020 ? 0.2627f : 0.299f;
  const float kb = matrix == SST_MATRIX_BT709 ? 0.0722f
      : matrix == SST_MATRIX_BT2020 ? 0.0593f : 0.114f;
  const float kg = 1.f - kr - kb;
  const float r_cr = 2.f * (1.f - kr), b_cb = 2.f * (1.f - kb);
  const float g_cr = -r_cr * kr / kg, g_cb = -b_cb * kb / kg;

  for (gsize i = 0; i < n; i++) {
    const float y = p0[i], cb = p1[i], cr = p2[i];
    const float r = y + r_cr * cr;
    const float g = y + g_cb * cb + g_cr * cr;
    const float b = y + b_cb * cb;

    p0[i] = CLAMP (r, 0.f, 255.f);
    p1[i] = CLAMP (g, 0.f, 255.f);
    p2[i] = CLAMP (b, 0.f, 255.f);
  }
}

/* Decides where the components of a group lie in a blend. */
static void
plan_group (Group * group)
{
  int end = 0, n_points = 0;

  group->byte = G_MAXINT;
  for (int c = 0; c < group->n_components; c++) {
    const Axis *x = group->component[c].x;
    const int step = group->component[c].step;
    const int offset = group->component[c].offset;

    group->byte = MIN (group->byte, axis_sample (x, x->first) * step + offset);
    end = MAX (end, axis_sample (x, x->last) * step + offset + 1);
    n_points += x->last - x->first + 1;
  }
  group->sparse = group->packing != SST_PACKING_BYTES
      || end - group->byte >= SPARSE_BYTES * n_points;
  group->blend_size = group->sparse ? n_points : end - group->byte;

  n_points = 0;
  for (int c = 0; c < group->n_components; c++) {
    const Axis *x = group->component[c].x;

    if (group->sparse) {
      group->component[c].pitch = 1;
      group->component[c].place = n_points;
      n_points += x->last - x->first + 1;
    } else {
      group->component[c].pitch = group->component[c].step * x->grid;
      group->component[c].place =
          axis_sample (x, x->first) * group->component[c].step
          + group->component[c].offset - group->byte;
    }
  }
}

/* The high 8 of the 10 bits of sample i of a row. */
SST_ALWAYS_INLINE guint8
read_low_bits (const guint8 *at)
{
  return (guint8) (at[0] >> 2 | at[1] << 6);
}

SST_ALWAYS_INLINE guint8
read_word (const guint8 *row, int i)
{
  const guint8 *const at = row + (gsize) (i / 3) * 4;
  const guint32 word = at[0] | (guint32) at[1] << 8 | (guint32) at[2] << 16
      | (guint32) at[3] << 24;

  return (guint8) (word >> (i % 3 * 10 + 2));
}

/* Picks the points of all components, of which each has more than 8 bits, out
 * of a row. */
static void
pick_samples (const Group *group, const guint8 *row, guint8 *restrict out)
{
  for (int c = 0; c < group->n_components; c++) {
    const Axis *x = group->component[c].x;
    const int step = group->component[c].step;
    const int offset = group->component[c].offset;

    for (int point = x->first; point <= x->last; point++) {
      const int at = axis_sample (x, point) * step + offset;

      *out++ = group->packing == SST_PACKING_WORDS ? read_word (row, at)
          : read_low_bits (row + at);
    }
  }
}

/* Picks the points of all components out of a row. */
static void
pick_bytes (const Group * group, const guint8 * row, guint8 * restrict out)
{
  for (int c = 0; c < group->n_components; c++) {
    const Axis *x = group->component[c].x;
    const int step = group->component[c].step;
    const int n = x->last - x->first;
    const ptrdiff_t pitch = (ptrdiff_t) x->grid * step;
    const guint8 *at = row + group->component[c].offset;

    out[n] = at[axis_sample (x, x->last) * step];
    at += axis_sample (x, x->first) * step;
    for (int i = 0; i < n; i++, at += pitch)
      out[i] = *at;
    out += n + 1;
  }
}

/* Sums count source rows, from point start of the y axis on. */
static void
blend_row (SstSampler * sampler, const Group * group, int start,
    const float *weight, int count, float *out)
{
  const guint8 *rows[SST_SAMPLER_MAX_TAPS];

  for (int k = 0; k < count; k++) {
    const guint8 *row =
        group->data + group->stride * axis_sample (group->y, start + k);

    if (group->sparse) {
      guint8 *const picked = sampler->picked + (gsize) k * group->blend_size;

      if (group->packing == SST_PACKING_BYTES)
        pick_bytes (group, row, picked);
      else
        pick_samples (group, row, picked);
      rows[k] = picked;
    } else {
      rows[k] = row + group->byte;
    }
  }
  blend_bytes (rows, weight, count, group->blend_size, out);
}

/* Makes n rows, at most LANES, resized along x: output rows from one on or,
 * where the height is enlarged, source rows from that point on. */
static void
make_rows (SstSampler * sampler, const Group * group, int from, int n,
    const Target * target)
{
  const Axis *y = group->y;
  const gsize stride = (gsize) group->blend_size;

  for (int r = 0; r < n; r++) {
    float weight[SST_SAMPLER_MAX_TAPS] = { 1.f };
    int start = from + r, count = 1;

    if (!y->enlarge) {
      start = y->start[from + r];
      count = y->count[from + r];
      for (int k = 0; k < count; k++)
        weight[k] = y->weight[(gsize) k * y->n + from + r];
    }
    blend_row (sampler, group, start, weight, count,
        sampler->blends + r * stride);
  }

  for (int c = 0; c < group->n_outputs; c++) {
    const Axis *x = group->component[c].x;
    const int pitch = group->component[c].pitch;
    const int n_points = x->last - x->first;
    const float *first = sampler->blends + group->component[c].place;
    /* The last point may be nearer, as it stops at the border. */
    const int last = group->sparse ? n_points
        : (axis_sample (x, x->last) - axis_sample (x, x->first))
        * group->component[c].step;
    float *const points = sampler->points;

    if (group->n_outputs == group->n_components) {
      interleave (first, stride, pitch, n_points, points);
      interleave (first + last, stride, 1, 1, points + n_points * LANES);
    } else {
      const float *green = sampler->blends + group->component[1].place;
      const float *blue = sampler->blends + group->component[2].place;

      interleave_luma (first, green, blue, stride, pitch, n_points, points);
      interleave_luma (first + last, green + last, blue + last, stride, 1, 1,
          points + n_points * LANES);
    }
    resize_rows (points, x, n, target->levels[c], target->data[c],
        target->stride);
  }
}

/* Where the height is enlarged: the resized source row of a point. Rows are
 * made by the block, and two blocks are kept. */
static const float *
source_row (SstSampler * sampler, const Group * group, int point, int width,
    int have[2])
{
  const Axis *y = group->y;
  const int index = (point - y->first) / LANES;
  const int from = y->first + index * LANES;
  const gsize stride = (gsize) width * group->n_outputs;
  float *const block = sampler->blocks[index % 2];

  if (have[index % 2] != index) {
    Target target = { {NULL}, stride };

    for (int c = 0; c < group->n_outputs; c++) {
      target.data[c] = block + (gsize) c * width;
      target.levels[c] = raw_levels;
    }
    make_rows (sampler, group, from, MIN (LANES, y->last - from + 1), &target);
    have[index % 2] = index;
  }
  return block + (point - from) * stride;
}

/* Makes the target's rows, one for each output row. */
static void
make_group (SstSampler * sampler, const Group * group, int width, int height,
    const Target * target)
{
  const Axis *y = group->y;
  int have[2] = { -1, -1 };

  if (!y->enlarge) {
    for (int i = 0; i < height; i += LANES) {
      Target part = *target;

      for (int c = 0; c < group->n_outputs; c++)
        part.data[c] += i * target->stride;
      make_rows (sampler, group, i, MIN (LANES, height - i), &part);
    }
    return;
  }

  for (int i = 0; i < height; i++) {
    const int start = y->start[i], end = start + y->count[i] - 1;
    const float *a = source_row (sampler, group, start, width, have);
    const float *b = source_row (sampler, group, end, width, have);
    const float weight_b = end > start ? y->weight[y->n + i] : 0.f;

    for (int c = 0; c < group->n_outputs; c++)
      blend_two (a + (gsize) c * width, y->weight[i], b + (gsize) c * width,
          weight_b, width, target->levels[c],
          target->data[c] + i * target->stride);
  }
}

/* Components of the frame that make up the space, in groups. */
static int
make_groups (SstSampler * sampler, const SstFrame * frame,
    const SstBox * region, SstSampleSpace space, const SstTone * tone,
    int out_width, int out_height, Group groups[3])
{
  const int n_planes = sst_format_n_planes (frame->format);
  const int n_components = !sst_format_has_color (frame->format)
      || (space == SST_SAMPLE_LUMA && !sst_format_is_rgb (frame->format))
      ? 1 : 3;
  int n_groups = 0;

  for (int i = 0; i < 2; i++)
    sampler->x[i].n = sampler->y[i].n = 0;

  for (int c = 0; c < n_components; c++) {
    const SstComponent component = sst_frame_component (frame, c);
    const double x_scale = 1. / (1 << component.x_shift);
    const double y_scale = 1. / (1 << component.y_shift);
    const double softness = tone != NULL ? tone->softness : 1.;
    Axis *x = &sampler->x[component.x_shift];
    Axis *y = &sampler->y[component.y_shift];
    Group *group;
    int at;

    if (x->n == 0)
      make_axis (x, region->x * x_scale, region->width * x_scale, out_width,
          component.width, MAX (softness * x_scale, 1.));
    if (y->n == 0)
      make_axis (y, region->y * y_scale, region->height * y_scale, out_height,
          component.height, MAX (softness * y_scale, 1.));

    if (n_groups == 0 || n_planes == 3 || (n_planes == 2 && n_groups == 1)) {
      group = &groups[n_groups++];
      group->data = n_planes == 3 ? component.data : frame->plane[n_groups - 1];
      group->stride = component.stride;
      group->y = y;
      group->packing = component.packing;
      group->n_components = 0;
    } else {
      group = &groups[n_groups - 1];
    }
    at = group->n_components++;
    group->component[at].index = c;
    group->component[at].offset = component.first
        + (int) (component.data - group->data);
    group->component[at].step = component.step;
    group->component[at].x = x;
  }
  return n_groups;
}

/* What a tone makes of a component. */
static void
tone_levels (const SstTone * tone, int component, float *gain, float *offset)
{
  *gain = component == 0 ? tone->luma_gain : tone->chroma_gain[component - 1];
  *offset = component == 0 ? tone->luma_offset
      : tone->chroma_offset[component - 1];
}

SST_MULTIVERSION static void
change_levels (const Levels levels, gsize n, float *restrict plane)
{
  for (gsize i = 0; i < n; i++)
    plane[i] = apply_levels (plane[i], &levels);
}

/* Where the components had to become others first. */
static void
apply_tone (const SstTone * tone, gsize area, int n_planes, float *tensor)
{
  for (int c = 0; c < n_planes; c++) {
    Levels levels = { 1.f, 0.f, c > 0 ? -128.f : 0.f, c > 0 ? 128.f : 255.f };

    tone_levels (tone, c, &levels.scale, &levels.bias);
    change_levels (levels, area, tensor + c * area);
  }
}

SST_MULTIVERSION static void
unsharp_mask (const float *restrict blurred, float amount, gsize n,
    float *restrict luma)
{
  for (gsize i = 0; i < n; i++) {
    const float v = luma[i] + amount * (luma[i] - blurred[i]);

    luma[i] = CLAMP (v, 0.f, 255.f);
  }
}

/* The same sample once more, with a wider kernel, is what is out of focus. */
static void
sharpen (SstSampler * sampler, const SstFrame * frame, const SstBox * region,
    const SstTone * tone, int out_width, int out_height, float *luma)
{
  const gsize area = (gsize) out_width * out_height;
  const float scale = MIN (region->width / out_width,
      region->height / out_height);
  SstTone wide = *tone;
  const SstFrame view = sst_frame_with_tone (frame, &wide);

  /* of the linear kernel, sqrt (6) standard deviations */
  wide.softness = 2.45f * tone->blur
      * sqrtf ((float) frame->width * (float) frame->height);
  wide.sharpness = 0.f;
  if (wide.softness <= MAX (scale, tone->softness))
    return;
  if (area > sampler->max_area) {
    g_free (sampler->blurred);
    sampler->blurred = g_new (float, area);
    sampler->max_area = area;
  }
  sst_sampler_sample (sampler, &view, region, SST_SAMPLE_LUMA, out_width,
      out_height, sampler->blurred);
  unsharp_mask (sampler->blurred, tone->sharpness, area, luma);
}

void
sst_sampler_sample (SstSampler * sampler, const SstFrame * frame,
    const SstBox * region, SstSampleSpace space, int out_width,
    int out_height, float *tensor)
{
  const gboolean is_rgb = sst_format_is_rgb (frame->format);
  const gboolean has_color = sst_format_has_color (frame->format);
  const gboolean limited = !is_rgb && !frame->full_range;
  /* Otherwise the values are clamped when they have become R, G, B. */
  const gboolean clamp = is_rgb || !has_color || space != SST_SAMPLE_RGB;
  const SstTone *const tone = space == SST_SAMPLE_RGB ? NULL : frame->tone;
  const gsize area = (gsize) out_width * out_height;
  Group groups[3];
  int n_groups;

  g_return_if_fail (out_width >= 1 && out_width <= 4096);
  g_return_if_fail (out_height >= 1 && out_height <= 4096);
  g_return_if_fail (isfinite (region->x) && isfinite (region->y));
  g_return_if_fail (isfinite (region->width) && region->width > 0.f);
  g_return_if_fail (isfinite (region->height) && region->height > 0.f);

  sst_sampler_reserve (sampler, frame->width, MAX (out_width, out_height));
  n_groups = make_groups (sampler, frame, region, space, tone, out_width,
      out_height, groups);

  for (int g = 0; g < n_groups; g++) {
    Group *group = &groups[g];
    Target target = { {NULL}, (gsize) out_width };

    for (int c = 0; c < group->n_components; c++) {
      const int index = group->component[c].index;
      const gboolean chroma = index > 0 && !is_rgb;
      const float zero = chroma ? 128.f : limited ? 16.f : 0.f;
      const float scale = !limited ? 1.f : 255.f / (chroma ? 224.f : 219.f);

      target.data[c] = tensor + (gsize) index * area;
      target.levels[c].scale = scale;
      target.levels[c].bias = -zero * scale;
      if (tone != NULL && !is_rgb) {
        float gain, offset;

        tone_levels (tone, index, &gain, &offset);
        target.levels[c].scale *= gain;
        target.levels[c].bias = target.levels[c].bias * gain + offset;
      }
      target.levels[c].low = !clamp ? -G_MAXFLOAT : chroma ? -128.f : 0.f;
      target.levels[c].high = !clamp ? G_MAXFLOAT : chroma ? 128.f : 255.f;
    }
    group->n_outputs = is_rgb && space == SST_SAMPLE_LUMA ? 1
        : group->n_components;
    plan_group (group);
    make_group (sampler, group, out_width, out_height, &target);
  }

  if (is_rgb && space == SST_SAMPLE_YCC)
    rgb_to_ycc (area, tensor, tensor + area, tensor + 2 * area);
  if (is_rgb && tone != NULL)
    apply_tone (tone, area, sst_sample_space_n_planes (space), tensor);
  if (tone != NULL && tone->sharpness > 0.f)
    sharpen (sampler, frame, region, tone, out_width, out_height, tensor);
  if (space == SST_SAMPLE_LUMA)
    return;
  if (!has_color) {
    for (gsize i = 0; i < area; i++)
      tensor[area + i] = tensor[2 * area + i] =
          space == SST_SAMPLE_RGB ? tensor[i] : 0.f;
  } else if (!is_rgb && space == SST_SAMPLE_RGB) {
    ycc_to_rgb (frame->matrix, area, tensor, tensor + area, tensor + 2 * area);
  }
}
