/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <math.h>
#include <string.h>

#include "gstsseffect.h"
#include "gstssframe.h"

/* A blur's width is this part of the picture's height, and at least so many
 * pixels; it is done so many times. */
#define BLUR_HEIGHT_DIVISOR 12
#define BLUR_MIN_WIDTH 8
#define BLUR_PASSES 2
/* What is hidden: a margin around a mask, and how much larger a box is that is
 * only guessed. */
#define MARGIN_HEIGHT_DIVISOR 90
#define GUESS_GROWTH 0.5f
/* What is left of brightness and colour beside the spotlight, of 256. */
#define DIM_LUMA 90
#define DIM_CHROMA 77
/* How much of the colour a tint takes, of 256. */
#define TINT 85

struct _GstSsEffect
{
  guint8 *chosen;               /* of the picture: 255 where a target is */
  guint8 *one;                  /* the mask of one of them */
  guint16 *plane, *sums;        /* a component, and it blurred */
  guint32 *line;
  gsize size, side;             /* that there is room for */
};

GType
gst_ss_effect_kind_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {GST_SS_EFFECT_NONE, "None", "none"},
    {GST_SS_EFFECT_BLUR_OTHERS, "Blur everything but the targets",
        "blur-others"},
    {GST_SS_EFFECT_BLUR_TARGETS, "Blur the targets", "blur-targets"},
    {GST_SS_EFFECT_SPOTLIGHT, "Darken everything but the targets",
        "spotlight"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type)) {
    const GType t = g_enum_register_static ("GstSsEffectKind", values);

    g_once_init_leave (&type, t);
  }
  return type;
}

GstSsEffect *
gst_ss_effect_new (void)
{
  return g_new0 (GstSsEffect, 1);
}

static void
clear (GstSsEffect * effect)
{
  g_free (effect->chosen);
  g_free (effect->one);
  g_free (effect->plane);
  g_free (effect->sums);
  g_free (effect->line);
}

void
gst_ss_effect_free (GstSsEffect ** effect)
{
  if (*effect == NULL)
    return;
  clear (*effect);
  g_clear_pointer (effect, g_free);
}

static void
make_room (GstSsEffect * effect, gint width, gint height)
{
  const gsize size = (gsize) width * height;
  const gsize side = MAX (width, height);

  if (size <= effect->size && side <= effect->side)
    return;
  clear (effect);
  effect->chosen = g_malloc (size);
  effect->one = g_malloc (size);
  effect->plane = g_new (guint16, size);
  effect->sums = g_new (guint16, size);
  effect->line = g_new (guint32, side + 1);
  effect->size = size;
  effect->side = side;
}

/* ---- where the targets are ---- */

typedef struct
{
  gint x0, y0, x1, y1;
} Area;

static Area
cut (const SstBox * box, gint width, gint height)
{
  Area area = {
    (gint) fmin (fmax (floor (box->x), 0.), width),
    (gint) fmin (fmax (floor (box->y), 0.), height),
    (gint) fmin (fmax (ceil ((gdouble) box->x + box->width), 0.), width),
    (gint) fmin (fmax (ceil ((gdouble) box->y + box->height), 0.), height)
  };

  area.x1 = MAX (area.x0, area.x1);
  area.y1 = MAX (area.y0, area.y1);
  return area;
}

static void
choose_box (GstSsEffect * effect, const SstBox * box, gint width, gint height)
{
  const Area a = cut (box, width, height);

  for (gint y = a.y0; y < a.y1; y++)
    memset (effect->chosen + (gsize) y * width + a.x0, 255,
        (gsize) (a.x1 - a.x0));
}

/* Adds a target's mask, with a margin all around. */
static void
choose_mask (GstSsEffect * effect, const SstMask * mask, gint width,
    gint height, gint margin)
{
  const Area a = cut (&mask->window, width, height);
  const gint columns = a.x1 - a.x0, rows = a.y1 - a.y0;
  const SstBox region = { a.x0, a.y0, columns, rows };

  if (columns == 0 || rows == 0)
    return;
  sst_mask_draw (mask, &region, columns, rows, effect->one, columns);
  for (gint y = 0; y < rows; y++) {
    for (gint x = 0; x < columns; x++) {
      const gint px = a.x0 + x, py = a.y0 + y;
      gint x0, x1;

      if (effect->one[(gsize) y * columns + x] == 0)
        continue;
      x0 = MAX (px - margin, 0);
      x1 = MIN (px + margin, width - 1);
      /* only where a run of it begins or ends the margin is to be drawn */
      if (margin > 0 && x > 0 && x < columns - 1
          && effect->one[(gsize) y * columns + x - 1] != 0
          && effect->one[(gsize) y * columns + x + 1] != 0)
        x0 = x1 = px;
      for (gint v = MAX (py - margin, 0); v <= MIN (py + margin, height - 1);
          v++)
        memset (effect->chosen + (gsize) v * width + x0, 255,
            (gsize) (x1 - x0 + 1));
    }
  }
}

static gboolean
is_seen (const SstTarget * target)
{
  return !target->now.predicted && target->now.state != SST_STATE_LOST;
}

static SstBox
guess (const SstBox * box)
{
  return sst_box_from_center (sst_box_center_x (box), sst_box_center_y (box),
      box->width * (1.f + GUESS_GROWTH), box->height * (1.f + GUESS_GROWTH));
}

/* Marks the pixels of all targets. */
static void
choose (GstSsEffect * effect, GstSsEffectKind kind, gint width, gint height,
    const SstTarget * targets, guint n_targets)
{
  const gboolean hide = kind == GST_SS_EFFECT_BLUR_TARGETS;
  const gint margin = hide ? MAX (height / MARGIN_HEIGHT_DIVISOR, 2) : 0;

  memset (effect->chosen, 0, (gsize) width * height);
  for (guint i = 0; i < n_targets; i++) {
    const SstTarget *const target = &targets[i];

    if (!is_seen (target)) {
      if (hide) {
        const SstBox box = guess (&target->now.box);

        choose_box (effect, &box, width, height);
      }
    } else if (target->mask != NULL) {
      choose_mask (effect, target->mask, width, height, margin);
    } else {
      choose_box (effect, &target->now.box, width, height);
    }
  }
}

/* ---- components ---- */

/* One component of a picture, as samples of 16 bits. */
typedef struct
{
  guint8 *data;
  gint stride, step, width, height, x_shift, y_shift;
  gboolean wide;                /* two bytes, little endian */
  gint words;                   /* a row, of three samples each (NV12_10LE32);
                                 * 0: not so */
  gint first;                   /* of the samples in a row of words */
  gint shift;                   /* of the value in them */
  gint neutral;                 /* of a dark or grey picture */
  gboolean chroma;
} Component;

static Component
component_of (GstVideoFrame * frame, guint c)
{
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  const gboolean rgb = GST_VIDEO_INFO_IS_RGB (&frame->info);
  gint offset[GST_VIDEO_MAX_COMPONENTS], scale[GST_VIDEO_MAX_COMPONENTS];
  GstVideoColorRange range = frame->info.colorimetry.range;

  if (rgb || range == GST_VIDEO_COLOR_RANGE_UNKNOWN)
    range = rgb ? GST_VIDEO_COLOR_RANGE_0_255 : GST_VIDEO_COLOR_RANGE_16_235;
  gst_video_color_range_offsets (range, finfo, offset, scale);
  return (Component) {
    .data = gst_ss_frame_component_data (frame, c),
    .stride = GST_VIDEO_FRAME_COMP_STRIDE (frame, c),
    .step = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, c),
    .width = GST_VIDEO_FRAME_COMP_WIDTH (frame, c),
    .height = GST_VIDEO_FRAME_COMP_HEIGHT (frame, c),
    .x_shift = GST_VIDEO_FORMAT_INFO_W_SUB (finfo, c),
    .y_shift = GST_VIDEO_FORMAT_INFO_H_SUB (finfo, c),
    .wide = GST_VIDEO_FORMAT_INFO_DEPTH (finfo, c) > 8,
    .words = GST_VIDEO_FRAME_FORMAT (frame) == GST_VIDEO_FORMAT_NV12_10LE32 ?
        (GST_VIDEO_FRAME_WIDTH (frame) + 2) / 3 : 0,
    .first = c == 2,
    .shift = (gint) GST_VIDEO_FORMAT_INFO_SHIFT (finfo, c),
    .neutral = offset[c],
    .chroma = !rgb && c > 0,
  };
}

/* Components that are looked at; alpha stays. */
static guint
n_components (const GstVideoFrame * frame)
{
  return MIN (GST_VIDEO_FRAME_N_COMPONENTS (frame), 3);
}

static inline guint8 *
sample_at (const Component * c, gint x, gint y)
{
  return c->data + (gssize) y * c->stride + (gssize) x * c->step;
}

/* The word that holds a sample, and where in it; NULL: the last pair of an odd
 * width may be cut. */
static inline guint8 *
word_at (const Component * c, gint x, gint y, gint * shift)
{
  const gint i = x * (c->chroma ? 2 : 1) + c->first;

  *shift = i % 3 * 10;
  return i / 3 < c->words ? c->data + (gssize) y * c->stride
      + (gssize) (i / 3) * 4 : NULL;
}

static inline guint16
get (const Component * c, gint x, gint y)
{
  const guint8 *p;
  gint shift;

  if (c->words > 0) {
    p = word_at (c, x, y, &shift);
    return p != NULL ? GST_READ_UINT32_LE (p) >> shift & 0x3ff
        : (guint16) c->neutral;
  }
  p = sample_at (c, x, y);
  return c->wide ? (guint16) ((p[0] | p[1] << 8) >> c->shift) : *p;
}

static inline void
set (const Component * c, gint x, gint y, guint16 value)
{
  guint8 *p;
  gint shift;

  if (c->words > 0) {
    p = word_at (c, x, y, &shift);
    if (p != NULL)
      GST_WRITE_UINT32_LE (p, (GST_READ_UINT32_LE (p) & ~(0x3ffu << shift))
          | (guint32) value << shift);
    return;
  }
  p = sample_at (c, x, y);
  if (c->wide) {
    p[0] = (guint8) (value << c->shift);
    p[1] = (guint8) ((value << c->shift) >> 8);
  } else {
    *p = (guint8) value;
  }
}

/* Whether any pixel of the picture that shares a sample of it is chosen. */
static inline gboolean
is_chosen (const GstSsEffect * effect, const Component * c, gint x, gint y,
    gint width, gint height)
{
  const gint x0 = x << c->x_shift, y0 = y << c->y_shift;
  const gint x1 = MIN (x0 + (1 << c->x_shift), width);
  const gint y1 = MIN (y0 + (1 << c->y_shift), height);

  for (gint v = y0; v < y1; v++)
    for (gint u = x0; u < x1; u++)
      if (effect->chosen[(gsize) v * width + u] != 0)
        return TRUE;
  return FALSE;
}

/* Running mean of n values, step apart, over 2 r + 1 of them; fewer at the
 * ends. */
static void
average (const guint16 * in, gint n, gint step, gint r, guint32 * line,
    guint16 * out)
{
  line[0] = 0;
  for (gint i = 0; i < n; i++)
    line[i + 1] = line[i] + in[(gsize) i * step];
  for (gint i = 0; i < n; i++) {
    const gint a = MAX (i - r, 0), b = MIN (i + r + 1, n);

    out[(gsize) i * step] = (guint16) ((line[b] - line[a]) / (guint) (b - a));
  }
}

/* effect->plane, blurred. */
static void
blur (GstSsEffect * effect, gint width, gint height, gint r)
{
  for (gint pass = 0; pass < BLUR_PASSES; pass++) {
    for (gint y = 0; y < height; y++)
      average (effect->plane + (gsize) y * width, width, 1, r, effect->line,
          effect->sums + (gsize) y * width);
    for (gint x = 0; x < width; x++)
      average (effect->sums + x, height, width, r, effect->line,
          effect->plane + x);
  }
}

static void
blur_component (GstSsEffect * effect, const Component * c, gint width,
    gint height, gboolean others)
{
  const gint r = MAX (height / BLUR_HEIGHT_DIVISOR, BLUR_MIN_WIDTH)
      >> (c->y_shift + 1);

  for (gint y = 0; y < c->height; y++)
    for (gint x = 0; x < c->width; x++)
      effect->plane[(gsize) y * c->width + x] = get (c, x, y);
  blur (effect, c->width, c->height, MAX (r, 1));
  for (gint y = 0; y < c->height; y++)
    for (gint x = 0; x < c->width; x++)
      if (is_chosen (effect, c, x, y, width, height) != others)
        set (c, x, y, effect->plane[(gsize) y * c->width + x]);
}

static void
dim_component (GstSsEffect * effect, const Component * c, gint width,
    gint height)
{
  const gint share = c->chroma ? DIM_CHROMA : DIM_LUMA;

  for (gint y = 0; y < c->height; y++)
    for (gint x = 0; x < c->width; x++)
      if (!is_chosen (effect, c, x, y, width, height))
        set (c, x, y, (guint16) (c->neutral + (get (c, x, y) - c->neutral)
                * share / 256));
}

void
gst_ss_effect_apply (GstSsEffect * effect, GstVideoFrame * frame,
    GstSsEffectKind kind, const SstTarget * targets, guint n_targets)
{
  const gint width = GST_VIDEO_FRAME_WIDTH (frame);
  const gint height = GST_VIDEO_FRAME_HEIGHT (frame);

  if (kind == GST_SS_EFFECT_NONE
      || (kind == GST_SS_EFFECT_BLUR_TARGETS && n_targets == 0))
    return;
  make_room (effect, width, height);
  choose (effect, kind, width, height, targets, n_targets);
  for (guint i = 0; i < n_components (frame); i++) {
    const Component c = component_of (frame, i);

    if (kind == GST_SS_EFFECT_SPOTLIGHT)
      dim_component (effect, &c, width, height);
    else
      blur_component (effect, &c, width, height,
          kind == GST_SS_EFFECT_BLUR_OTHERS);
  }
}

/* ---- tint ---- */

/* Whether a pixel of the mask of one lies within n of what is not. */
static gboolean
is_edge (const guint8 * one, const Area * a, gint x, gint y, gint n)
{
  const gint columns = a->x1 - a->x0, rows = a->y1 - a->y0;

  for (gint v = MAX (y - n, 0); v <= MIN (y + n, rows - 1); v++)
    for (gint u = MAX (x - n, 0); u <= MIN (x + n, columns - 1); u++)
      if (one[(gsize) v * columns + u] == 0)
        return TRUE;
  return FALSE;
}

static void
tint_component (const Component * c, const guint8 * one, const Area * a,
    gint thickness, guint16 color)
{
  const gint columns = a->x1 - a->x0;

  for (gint y = a->y0; y < a->y1; y++) {
    if (y % (1 << c->y_shift) != 0)
      continue;
    for (gint x = a->x0; x < a->x1; x++) {
      const gint u = x >> c->x_shift, v = y >> c->y_shift;
      const guint16 old = get (c, u, v);

      if (x % (1 << c->x_shift) != 0
          || one[(gsize) (y - a->y0) * columns + x - a->x0] == 0)
        continue;
      set (c, u, v, is_edge (one, a, x - a->x0, y - a->y0, thickness) ? color
          : (guint16) (old + (color - old) * TINT / 256));
    }
  }
}

void
gst_ss_effect_tint (GstSsEffect * effect, GstVideoFrame * frame,
    const SstTarget * target, const guint16 color[3], gint thickness)
{
  const gint width = GST_VIDEO_FRAME_WIDTH (frame);
  const gint height = GST_VIDEO_FRAME_HEIGHT (frame);
  SstBox region;
  Area a;

  if (target->mask == NULL)
    return;
  make_room (effect, width, height);
  a = cut (&target->mask->window, width, height);
  region = (SstBox) { a.x0, a.y0, a.x1 - a.x0, a.y1 - a.y0 };
  sst_mask_draw (target->mask, &region, a.x1 - a.x0, a.y1 - a.y0, effect->one,
      a.x1 - a.x0);
  for (guint i = 0; i < n_components (frame); i++) {
    const Component c = component_of (frame, i);

    tint_component (&c, effect->one, &a, thickness, color[i]);
  }
}
