/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <sstrack/sampler.h>
#include <sstrack/simd.h>

/* Two passes. Per output row, blend_bytes() adds up the source rows under the
 * kernel: neighbouring bytes, whatever component they belong to, so that it
 * vectorises for every format. resize_row() then picks each component's
 * columns out of the sum. Where the height is enlarged it goes the other way
 * round, since the second pass is the dear one: each source row is resized
 * once, and the output rows are blends of two of them. */

/* Columns are read one by one rather than with everything between them from
 * this distance between taps on. */
#define SPARSE_GRID 8
/* Floats that padding taps (of weight 0) may read past the end of a row. */
#define ROW_MARGIN (SST_SAMPLER_MAX_TAPS * SPARSE_GRID * 4)

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
  gboolean sparse;
  int byte, n_bytes;            /* range of a row that is read, if not sparse */
  struct
  {
    int index;                  /* 0, 1, 2 of the picture */
    int offset, step;
    const Axis *x;
    int *base;                  /* [x->n] place of the first tap in a blend */
    int place, pitch;           /* of the points in a blend */
  } component[3];
} Group;

/* What becomes of a component's value: v * scale + bias, then clamped. */
typedef struct
{
  float scale, bias, low, high;
} Levels;

struct _SstSampler
{
  /* By subsampling: 0 full, 1 half. */
  Axis x[2], y[2];
  int *base[2];                 /* by subsampling, likewise */
  float *blend;                 /* a row of the source, not yet resized */
  float *rows[3];               /* resized rows, up to 3 components each */

  void *axis_memory;
  int max_side;                 /* axes and rows have space for */
  int max_width;                /* blend has space for a picture of this width */
};

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
  g_free ((*sampler)->axis_memory);
  g_free ((*sampler)->blend);
  g_free (*sampler);
  *sampler = NULL;
}

static void
reserve (SstSampler * sampler, int width, int side)
{
  if (width > sampler->max_width) {
    sampler->max_width = width;
    g_free (sampler->blend);
    /* Zeroed: what padding taps read has to be finite. */
    sampler->blend = g_new0 (float, (gsize) width * 4 + ROW_MARGIN);
  }
  if (side > sampler->max_side) {
    const gsize n = (gsize) side;
    float *next;

    sampler->max_side = side;
    g_free (sampler->axis_memory);
    /* In floats: 4 axes of starts, weights and counts (bytes; taken as whole
     * floats to keep the rest aligned), 2 bases, 3 rows of 3 components. */
    next = g_new0 (float, n * (4 * (1 + SST_SAMPLER_MAX_TAPS + 1) + 2 + 9));
    sampler->axis_memory = next;
    for (int i = 0; i < 4; i++) {
      Axis *axis = i < 2 ? &sampler->x[i] : &sampler->y[i - 2];

      axis->start = (int *) next;
      axis->count = (guint8 *) (next + n);
      axis->weight = next + 2 * n;
      next += (2 + SST_SAMPLER_MAX_TAPS) * n;
    }
    for (int i = 0; i < 2; i++, next += n)
      sampler->base[i] = (int *) next;
    for (int i = 0; i < 3; i++, next += 3 * n)
      sampler->rows[i] = next;
  }
}

/* The taps of n output pixels that cover length samples from origin on of a
 * component of size samples. Doubles, since regions may be anywhere: all that
 * is cast to int has been found to be small before. */
SST_MULTIVERSION static void
make_axis (Axis * axis, double origin, double length, int n, int size)
{
  const double scale = length / n;
  const double half = MAX (scale, 1.);
  const double per_half = 1. / half;
  const double grid = ceil (half / (SST_SAMPLER_MAX_TAPS / 2));
  const int end = (int) ceil ((size - 1) / grid);

  axis->n = n;
  axis->size = size;
  axis->grid = (int) MIN (grid, (double) SST_FRAME_MAX_SIDE);
  axis->enlarge = scale < 1.;
  axis->first = end;
  axis->last = 0;
  axis->taps = 1;

  for (int i = 0; i < n; i++) {
    const double center = origin + (i + 0.5) * scale;
    double weight[SST_SAMPLER_MAX_TAPS] = { 1. };
    double sum = 1.;
    int start, count;

    if (center + half <= 0.5) {
      start = 0;
      count = 1;
    } else if (center - half >= size - 0.5) {
      start = end;
      count = 1;
    } else {
      /* The kernel touches the picture, so |center| <= half + size. */
      const int from = (int) floor ((center - half - 0.5) / grid) + 1;
      const int to = MIN ((int) ceil ((center + half - 0.5) / grid) - 1,
          from + SST_SAMPLER_MAX_TAPS - 1);

      start = CLAMP (from, 0, end);
      count = CLAMP (to, 0, end) - start + 1;
      weight[0] = sum = 0.;
      for (int m = from; m <= to; m++) {
        const double distance = fabs (m * grid + 0.5 - center);
        const double w = MAX (1. - distance * per_half, 0.);

        weight[CLAMP (m, 0, end) - start] += w;
        sum += w;
      }
    }

    axis->start[i] = start;
    axis->count[i] = (guint8) count;
    for (int k = 0; k < SST_SAMPLER_MAX_TAPS; k++)
      axis->weight[(gsize) k * n + i] = (float) (weight[k] / sum);
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

/* The kernels below are static inline with the number of taps as a constant,
 * which unrolls the loop over the taps and vectorises the other one. */
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

static inline void
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

/* As blend_bytes(), of every pitch-th byte. */
static void
blend_sparse (const guint8 * const *rows, const float *weight, int taps,
    int pitch, int n, float *restrict out)
{
  for (int i = 0; i < n; i++) {
    const ptrdiff_t at = (ptrdiff_t) i * pitch;
    float sum = weight[0] * rows[0][at];

    for (int k = 1; k < taps; k++)
      sum += weight[k] * rows[k][at];
    out[i] = sum;
  }
}

static inline void
resize_row_taps (const float *restrict row, const int *restrict base,
    int pitch, const float *restrict weight, int taps, int n,
    float *restrict out)
{
  for (int i = 0; i < n; i++) {
    const float *at = row + base[i];
    float sum = weight[i] * at[0];

    for (int k = 1; k < taps; k++)
      sum += weight[k * n + i] * at[k * pitch];
    out[i] = sum;
  }
}

SST_MULTIVERSION static void
resize_row (const float *restrict row, const int *restrict base, int pitch,
    const float *restrict weight, int taps, int n, float *restrict out)
{
#define CALL(t) resize_row_taps (row, base, pitch, weight, t, n, out)
  SWITCH_TAPS (taps, CALL);
#undef CALL
}

SST_MULTIVERSION static void
blend_two (const float *restrict a, float weight_a, const float *restrict b,
    float weight_b, int n, float *restrict out)
{
  for (int i = 0; i < n; i++)
    out[i] = a[i] * weight_a + b[i] * weight_b;
}

SST_MULTIVERSION static void
apply_levels (const float *restrict in, Levels levels, int n,
    float *restrict out)
{
  for (int i = 0; i < n; i++) {
    const float v = in[i] * levels.scale + levels.bias;

    out[i] = CLAMP (v, levels.low, levels.high);
  }
}

/* BT.601 full range. chroma: planes Cb and Cr, or NULL for luma alone. in and
 * the outputs do not overlap. */
SST_MULTIVERSION static void
rgb_to_ycc (const float *restrict r, const float *restrict g,
    const float *restrict b, int n, float *restrict luma, float *restrict cb,
    float *restrict cr)
{
  /* The inputs may pass 255 by a rounding error. */
  for (int i = 0; i < n; i++) {
    const float y = 0.299f * r[i] + 0.587f * g[i] + 0.114f * b[i];

    luma[i] = MIN (y, 255.f);
  }
  if (!cb)
    return;
  for (int i = 0; i < n; i++) {
    cb[i] = (b[i] - luma[i]) * (0.5f / (1.f - 0.114f));
    cr[i] = (r[i] - luma[i]) * (0.5f / (1.f - 0.299f));
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
plan_group (SstSampler * sampler, Group * group)
{
  int end = 0, next = 0;

  group->sparse = group->component[0].x->grid >= SPARSE_GRID;
  group->byte = G_MAXINT;
  for (int c = 0; c < group->n_components; c++) {
    const Axis *x = group->component[c].x;
    const int step = group->component[c].step;
    const int offset = group->component[c].offset;

    group->byte = MIN (group->byte, axis_sample (x, x->first) * step + offset);
    end = MAX (end, axis_sample (x, x->last) * step + offset + 1);
  }
  group->n_bytes = end - group->byte;

  for (int c = 0; c < group->n_components; c++) {
    const Axis *x = group->component[c].x;
    int *const base = group->component[c].base;
    int pitch, place;

    if (group->sparse) {
      pitch = 1;
      place = next;
      next += x->last - x->first + 1;
    } else {
      pitch = group->component[c].step * x->grid;
      place = axis_sample (x, x->first) * group->component[c].step
          + group->component[c].offset - group->byte;
    }
    group->component[c].pitch = pitch;
    group->component[c].place = place;
    for (int i = 0; i < x->n; i++)
      base[i] = (x->start[i] - x->first) * pitch;
  }
}

/* Sums count source rows from point start of the y axis on and resizes the sum
 * along x. out: n_components rows. */
static void
make_row (SstSampler * sampler, const Group * group, int start,
    const float *weight, int count, int width, float *out)
{
  const guint8 *rows[SST_SAMPLER_MAX_TAPS];
  float *const blend = sampler->blend;

  for (int k = 0; k < count; k++)
    rows[k] = group->data + group->stride * axis_sample (group->y, start + k);

  if (!group->sparse) {
    for (int k = 0; k < count; k++)
      rows[k] += group->byte;
    blend_bytes (rows, weight, count, group->n_bytes, blend);
  }

  for (int c = 0; c < group->n_components; c++) {
    const Axis *x = group->component[c].x;
    const int step = group->component[c].step;
    const int n = x->last - x->first;
    float *const points = blend + group->component[c].place;

    if (group->sparse) {
      const guint8 *at[SST_SAMPLER_MAX_TAPS];

      for (int k = 0; k < count; k++)
        at[k] = rows[k] + group->component[c].offset
            + (ptrdiff_t) axis_sample (x, x->first) * step;
      blend_sparse (at, weight, count, x->grid * step, n, points);
      /* The last point may be nearer, as it stops at the border. */
      for (int k = 0; k < count; k++)
        at[k] = rows[k] + group->component[c].offset
            + (ptrdiff_t) axis_sample (x, x->last) * step;
      blend_sparse (at, weight, count, 1, 1, points + n);
    } else {
      /* Likewise. No other component has a sample at that place. */
      points[n * group->component[c].pitch] =
          points[(axis_sample (x, x->last) - axis_sample (x, x->first)) * step];
    }
  }

  for (int c = 0; c < group->n_components; c++)
    resize_row (blend + group->component[c].place, group->component[c].base,
        group->component[c].pitch, group->component[c].x->weight,
        group->component[c].x->taps, width, out + (gsize) c * width);
}

/* Makes output row i of a group, n_components rows, and returns where it is.
 * have: the points whose resized rows are in rows[0] and rows[1]. */
static const float *
group_row (SstSampler * sampler, const Group * group, int i, int width,
    int have[2])
{
  const Axis *y = group->y;
  const int start = y->start[i], count = y->count[i];
  float weight[SST_SAMPLER_MAX_TAPS];

  for (int k = 0; k < count; k++)
    weight[k] = y->weight[(gsize) k * y->n + i];

  if (!y->enlarge) {
    make_row (sampler, group, start, weight, count, width, sampler->rows[2]);
    return sampler->rows[2];
  }

  for (int m = start; m < start + count; m++) {
    if (have[m & 1] != m) {
      make_row (sampler, group, m, &(const float) { 1.f }, 1, width,
          sampler->rows[m & 1]);
      have[m & 1] = m;
    }
  }
  if (count == 1)
    return sampler->rows[start & 1];
  blend_two (sampler->rows[start & 1], weight[0],
      sampler->rows[(start + 1) & 1], weight[1], width * group->n_components,
      sampler->rows[2]);
  return sampler->rows[2];
}

/* Components of the frame that make up the space, in groups. */
static int
make_groups (SstSampler * sampler, const SstFrame * frame,
    const SstBox * region, SstSampleSpace space, int out_width, int out_height,
    Group groups[3])
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
    Axis *x = &sampler->x[component.x_shift];
    Axis *y = &sampler->y[component.y_shift];
    Group *group;
    int at;

    if (x->n == 0)
      make_axis (x, region->x * x_scale, region->width * x_scale, out_width,
          component.width);
    if (y->n == 0)
      make_axis (y, region->y * y_scale, region->height * y_scale, out_height,
          component.height);

    if (n_groups == 0 || n_planes == 3 || (n_planes == 2 && n_groups == 1)) {
      group = &groups[n_groups++];
      group->data = n_planes == 3 ? component.data : frame->plane[n_groups - 1];
      group->stride = component.stride;
      group->y = y;
      group->n_components = 0;
    } else {
      group = &groups[n_groups - 1];
    }
    at = group->n_components++;
    group->component[at].index = c;
    group->component[at].offset = (int) (component.data - group->data);
    group->component[at].step = component.step;
    group->component[at].x = x;
    group->component[at].base = sampler->base[component.x_shift];
  }
  return n_groups;
}

void
sst_sampler_sample (SstSampler * sampler, const SstFrame * frame,
    const SstBox * region, SstSampleSpace space, int out_width,
    int out_height, float *tensor)
{
  const gboolean is_rgb = sst_format_is_rgb (frame->format);
  const gboolean has_color = sst_format_has_color (frame->format);
  const gboolean limited = !is_rgb && !frame->full_range;
  const gboolean clamp = is_rgb || !has_color || space != SST_SAMPLE_RGB;
  const gsize area = (gsize) out_width * out_height;
  Group groups[3];
  int n_groups;
  Levels levels[3];

  g_return_if_fail (out_width >= 1 && out_width <= 4096);
  g_return_if_fail (out_height >= 1 && out_height <= 4096);
  g_return_if_fail (isfinite (region->x) && isfinite (region->y));
  g_return_if_fail (isfinite (region->width) && region->width > 0.f);
  g_return_if_fail (isfinite (region->height) && region->height > 0.f);

  /* 4 bytes a pixel at most, with the width rounded up for packed YUV. */
  reserve (sampler, frame->width + 1, MAX (out_width, out_height));
  n_groups = make_groups (sampler, frame, region, space, out_width, out_height,
      groups);

  for (int c = 0; c < 3; c++) {
    const gboolean chroma = c > 0 && !is_rgb;
    const float zero = chroma ? 128.f : limited ? 16.f : 0.f;

    levels[c].scale = !limited ? 1.f : 255.f / (chroma ? 224.f : 219.f);
    levels[c].bias = -zero * levels[c].scale;
    levels[c].low = !clamp ? -G_MAXFLOAT : chroma ? -128.f : 0.f;
    levels[c].high = !clamp ? G_MAXFLOAT : chroma ? 128.f : 255.f;
  }

  for (int g = 0; g < n_groups; g++) {
    const Group *group = &groups[g];
    int have[2] = { -1, -1 };

    plan_group (sampler, &groups[g]);
    for (int i = 0; i < out_height; i++) {
      const float *row = group_row (sampler, group, i, out_width, have);
      float *const out = tensor + (gsize) i * out_width;

      if (is_rgb && space != SST_SAMPLE_RGB) {
        const gboolean luma = space == SST_SAMPLE_LUMA;

        rgb_to_ycc (row, row + out_width, row + 2 * out_width, out_width, out,
            luma ? NULL : out + area, luma ? NULL : out + 2 * area);
        continue;
      }
      for (int c = 0; c < group->n_components; c++) {
        const int index = group->component[c].index;

        apply_levels (row + (gsize) c * out_width, levels[index], out_width,
            out + (gsize) index * area);
      }
    }
  }

  if (!has_color && space != SST_SAMPLE_LUMA) {
    for (gsize i = 0; i < area; i++)
      tensor[area + i] = tensor[2 * area + i] =
          space == SST_SAMPLE_RGB ? tensor[i] : 0.f;
  } else if (!is_rgb && space == SST_SAMPLE_RGB) {
    ycc_to_rgb (frame->matrix, area, tensor, tensor + area, tensor + 2 * area);
  }
}
