/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Colours are given as R'G'B' and turned into the picture's components, once
 * for each target:
 *
 *   Y' = Kr R' + Kg G' + Kb B',  Cb = (B' - Y') / (2 - 2 Kb),
 *   Cr = (R' - Y') / (2 - 2 Kr)
 *
 * with the weights of the picture's matrix, then scaled and shifted to its
 * range. Everything drawn is made of filled rectangles. A chroma sample that
 * several luma samples share takes the colour if any of them does. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <math.h>
#include <string.h>

#include "gstssfont.h"
#include "gstssframe.h"
#include "gstssoverlay.h"

/* A picture's height for each pixel of thickness, and of a font's pixel. */
#define HEIGHT_PER_THICKNESS 240
#define HEIGHT_PER_FONT_PIXEL 240
/* A font's pixel, at least, so that the half of it can be seen. */
#define MIN_FONT_PIXEL 2
/* Characters of a target's label that are shown. */
#define MAX_LABEL 24
/* Length of a dash and of a gap, in thicknesses, by how much is known. */
#define DASH_UNCERTAIN 4
#define DASH_LOST 1
/* Labels that others keep clear of; who has so many targets reads no labels. */
#define MAX_PLACED 64
/* Sides of a point, in thicknesses. */
#define POINT_SIDE 2
/* Heights of a label that one moves up or down to have its place. */
#define MAX_STEPS 12

typedef struct
{
  guint16 component[4];
} Color;

typedef struct
{
  gdouble r, g, b;              /* 0..1 */
} Rgb;

/* A target's by its id. All are light enough for black letters. Neighbours are
 * told apart by colour-blind people, too (after Okabe and Ito, "Color Universal
 * Design", 2008). */
static const Rgb palette[] = {
  {0.0, 0.9, 0.2}, {1.0, 0.6, 0.0}, {0.35, 0.75, 1.0}, {0.95, 0.9, 0.25},
  {1.0, 0.5, 0.75}, {0.3, 0.95, 0.9}, {1.0, 0.45, 0.3}, {0.8, 0.7, 1.0}
};

static const Rgb rgb_black = { 0.0, 0.0, 0.0 };
static const Rgb rgb_white = { 1.0, 1.0, 1.0 };

typedef struct
{
  gint x0, y0, x1, y1;
} Area;

/* Where labels of this picture are. */
typedef struct
{
  Area areas[MAX_PLACED];
  guint n;
} Placed;

static Color
color_from_rgb (const GstVideoFrame * frame, const Rgb * rgb)
{
  const GstVideoInfo *info = &frame->info;
  gdouble value[4] = { rgb->r, rgb->g, rgb->b, 1.0 };
  gint offset[GST_VIDEO_MAX_COMPONENTS], scale[GST_VIDEO_MAX_COMPONENTS];
  GstVideoColorRange range = info->colorimetry.range;
  Color color;

  if (!GST_VIDEO_INFO_IS_RGB (info)) {
    gdouble kr, kb, luma;

    if (!gst_video_color_matrix_get_Kr_Kb (info->colorimetry.matrix, &kr, &kb))
      gst_video_color_matrix_get_Kr_Kb (GST_VIDEO_COLOR_MATRIX_BT601, &kr, &kb);
    luma = kr * rgb->r + (1.0 - kr - kb) * rgb->g + kb * rgb->b;
    value[0] = luma;
    value[1] = (rgb->b - luma) / (2.0 - 2.0 * kb);
    value[2] = (rgb->r - luma) / (2.0 - 2.0 * kr);
    if (range == GST_VIDEO_COLOR_RANGE_UNKNOWN)
      range = GST_VIDEO_COLOR_RANGE_16_235;
  } else {
    range = GST_VIDEO_COLOR_RANGE_0_255;
  }

  gst_video_color_range_offsets (range, info->finfo, offset, scale);
  for (guint i = 0; i < 3; i++)
    color.component[i] = (guint16) CLAMP (lrint (offset[i] +
            value[i] * scale[i]), 0,
        (1 << GST_VIDEO_FORMAT_INFO_DEPTH (info->finfo, i)) - 1);
  color.component[3] = 255;     /* alpha: what is drawn is there */
  return color;
}

/* One component of a row of NV12_10LE32, samples first to last of its own. */
static void
fill_words (guint8 * row, gint words, gint c, gint first, gint last,
    guint32 value)
{
  const gint step = c > 0 ? 2 : 1, from = MAX (c - 1, 0);

  for (gint x = first; x <= last; x++) {
    const gint i = x * step + from, shift = i % 3 * 10;

    /* the last pair of an odd width may be cut */
    if (i / 3 < words) {
      guint8 *const at = row + (gssize) (i / 3) * 4;

      GST_WRITE_UINT32_LE (at, (GST_READ_UINT32_LE (at) & ~(0x3ffu << shift))
          | value << shift);
    }
  }
}

/* Fills x0 <= x < x1, y0 <= y < y1. */
static void
fill (GstVideoFrame * frame, gint x0, gint y0, gint x1, gint y1,
    const Color * color)
{
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  const gboolean in_words = GST_VIDEO_FRAME_FORMAT (frame) ==
      GST_VIDEO_FORMAT_NV12_10LE32;

  x0 = MAX (x0, 0);
  y0 = MAX (y0, 0);
  x1 = MIN (x1, GST_VIDEO_FRAME_WIDTH (frame));
  y1 = MIN (y1, GST_VIDEO_FRAME_HEIGHT (frame));
  if (x0 >= x1 || y0 >= y1)
    return;

  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (frame); c++) {
    const gint x_shift = GST_VIDEO_FORMAT_INFO_W_SUB (finfo, c);
    const gint y_shift = GST_VIDEO_FORMAT_INFO_H_SUB (finfo, c);
    const gint step = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, c);
    const gint stride = GST_VIDEO_FRAME_COMP_STRIDE (frame, c);
    const gint first = x0 >> x_shift, last = (x1 - 1) >> x_shift;
    const guint16 value = (guint16) (color->component[c] <<
        GST_VIDEO_FORMAT_INFO_SHIFT (finfo, c));
    const gboolean wide = GST_VIDEO_FORMAT_INFO_DEPTH (finfo, c) > 8;
    guint8 *data = gst_ss_frame_component_data (frame, c);

    for (gint y = y0 >> y_shift; y <= (y1 - 1) >> y_shift; y++) {
      guint8 *row = data + (gssize) y * stride + (gssize) first * step;

      if (in_words) {
        fill_words (data + (gssize) y * stride,
            (GST_VIDEO_FRAME_WIDTH (frame) + 2) / 3, (gint) c, first, last,
            color->component[c]);
      } else if (step == 1) {
        memset (row, value, (gsize) (last - first + 1));
      } else if (wide) {
        /* a stride may be odd */
        for (gint x = first; x <= last; x++, row += step) {
          row[0] = value & 0xff;
          row[1] = value >> 8;
        }
      } else {
        for (gint x = first; x <= last; x++, row += step)
          *row = (guint8) value;
      }
    }
  }
}

/* A rectangle from `from` to `to` along one axis, cut into dashes that start at
 * `from`. Only those that can be seen are drawn, however long it is. */
static void
fill_dashed (GstVideoFrame * frame, gboolean horizontal, gint from, gint to,
    gint across0, gint across1, gint dash, const Color * color)
{
  const gint limit = horizontal ? GST_VIDEO_FRAME_WIDTH (frame) :
      GST_VIDEO_FRAME_HEIGHT (frame);
  gint at = from < 0 ? from + (-from / (2 * dash)) * 2 * dash : from;

  for (; at < MIN (to, limit); at += 2 * dash) {
    const gint end = MIN (at + dash, to);

    if (horizontal)
      fill (frame, at, across0, end, across1, color);
    else
      fill (frame, across0, at, across1, end, color);
  }
}

/* dash: thicknesses, 0: a line. */
static void
draw_rectangle (GstVideoFrame * frame, gint x0, gint y0, gint x1, gint y1,
    gint thickness, gint dash, const Color * color)
{
  const gint across = MIN (thickness, x1 - x0);
  const gint down = MIN (thickness, y1 - y0);

  dash *= thickness;
  if (dash > 0) {
    fill_dashed (frame, TRUE, x0, x1, y0, y0 + down, dash, color);
    fill_dashed (frame, TRUE, x0, x1, y1 - down, y1, dash, color);
    fill_dashed (frame, FALSE, y0, y1, x0, x0 + across, dash, color);
    fill_dashed (frame, FALSE, y0, y1, x1 - across, x1, dash, color);
  } else {
    fill (frame, x0, y0, x1, y0 + down, color);
    fill (frame, x0, y1 - down, x1, y1, color);
    fill (frame, x0, y0, x0 + across, y1, color);
    fill (frame, x1 - across, y0, x1, y1, color);
  }
}

static void
draw_glyph (GstVideoFrame * frame, const guint8 * rows, gint x, gint y,
    gint pixel, const Color * color)
{
  for (gint i = 0; i < GST_SS_FONT_HEIGHT; i++) {
    for (gint j = 0; j < GST_SS_FONT_WIDTH; j++) {
      if (rows[i] >> (GST_SS_FONT_WIDTH - 1 - j) & 1)
        fill (frame, x + j * pixel, y + i * pixel, x + (j + 1) * pixel,
            y + (i + 1) * pixel, color);
    }
  }
}

/* "#3 CAR 93%"; the label cut to MAX_LABEL characters, whatever its bytes. */
static guint
compose_text (const SstTarget * target, gunichar * text, guint size)
{
  gchar number[32], tail[16];
  const gchar *at = target->label;
  guint n = 0;

  g_snprintf (number, sizeof number, "#%" G_GUINT64_FORMAT " ", target->id);
  if (target->now.state == SST_STATE_LOST)
    g_strlcpy (tail, "LOST", sizeof tail);
  else
    g_snprintf (tail, sizeof tail, "%d%%",
        (gint) lrintf (100.f * CLAMP (target->now.confidence, 0.f, 1.f)));

  for (const gchar * p = number; *p != '\0'; p++)
    text[n++] = (gunichar) * p;
  for (guint i = 0; i < MAX_LABEL && *at != '\0'; i++) {
    const gunichar c = g_utf8_get_char_validated (at, -1);
    const gboolean valid = c < (gunichar) - 2;

    text[n++] = valid ? c : '?';
    at = valid ? g_utf8_next_char (at) : at + 1;
  }
  if (*target->label != '\0')
    text[n++] = ' ';
  for (const gchar * p = tail; *p != '\0'; p++)
    text[n++] = (gunichar) * p;
  g_assert (n <= size);
  return n;
}

/* Whether a label would lie in the picture and on no other one. */
static gboolean
is_free (const Placed * placed, const Area * area, gint height)
{
  if (area->y0 < 0 || area->y1 > height)
    return FALSE;
  for (guint i = 0; i < placed->n; i++) {
    const Area *other = &placed->areas[i];

    if (area->x0 < other->x1 && other->x0 < area->x1
        && area->y0 < other->y1 && other->y0 < area->y1)
      return FALSE;
  }
  return TRUE;
}

/* The first free place: above the box, below it, inside; then further up and
 * down. Inside where none is. area: its x and its size, with y0 = 0. */
static void
place_label (Placed * placed, Area * area, gint y0, gint y1, gint height)
{
  const gint size = area->y1;
  gint places[3 + 2 * MAX_STEPS];
  guint n = 0, i;

  places[n++] = y0 - size;
  places[n++] = y1;
  places[n++] = CLAMP (y0, 0, MAX (height - size, 0));
  for (gint step = 1; step <= MAX_STEPS; step++) {
    places[n++] = y0 - (step + 1) * size;
    places[n++] = y0 + step * size;
  }
  for (i = 0; i < n; i++) {
    area->y0 = places[i];
    area->y1 = places[i] + size;
    if (is_free (placed, area, height))
      break;
  }
  if (i == n) {
    area->y0 = places[2];
    area->y1 = places[2] + size;
  }
  if (placed->n < MAX_PLACED)
    placed->areas[placed->n++] = *area;
}

static void
draw_label (GstVideoFrame * frame, const SstTarget * target, gint x0, gint y0,
    gint y1, const Color * color, Placed * placed)
{
  const Color ink = color_from_rgb (frame, &rgb_black);
  const gint width = GST_VIDEO_FRAME_WIDTH (frame);
  const gint height = GST_VIDEO_FRAME_HEIGHT (frame);
  const gint pixel = MAX ((height + HEIGHT_PER_FONT_PIXEL / 2) /
      HEIGHT_PER_FONT_PIXEL, MIN_FONT_PIXEL);
  gunichar text[32 + MAX_LABEL + 16];
  const guint n = compose_text (target, text, G_N_ELEMENTS (text));
  const gint text_width = (gint) n * (GST_SS_FONT_WIDTH + 1) * pixel + pixel;
  Area area = { CLAMP (x0, 0, MAX (width - text_width, 0)), 0, 0,
    (GST_SS_FONT_HEIGHT + 2) * pixel
  };

  area.x1 = area.x0 + text_width;
  place_label (placed, &area, y0, y1, height);
  fill (frame, area.x0, area.y0, area.x1, area.y1, color);
  for (guint i = 0; i < n; i++)
    draw_glyph (frame, gst_ss_font_glyph (text[i]),
        area.x0 + pixel + (gint) i * (GST_SS_FONT_WIDTH + 1) * pixel,
        area.y0 + pixel, pixel, &ink);
}

/* To a whole number that fits, whatever it is. */
static gint
to_pixel (gdouble value)
{
  return (gint) fmin (fmax (value, -1e8), 1e8);
}

/* What of a target is in the picture. FALSE: nothing. */
static gboolean
get_area (const GstVideoFrame * frame, const SstBox * box, Area * area)
{
  area->x0 = to_pixel (floor (box->x));
  area->y0 = to_pixel (floor (box->y));
  area->x1 = to_pixel (ceil ((gdouble) box->x + box->width));
  area->y1 = to_pixel (ceil ((gdouble) box->y + box->height));
  return area->x1 > area->x0 && area->y1 > area->y0 && area->x1 > 0
      && area->y1 > 0 && area->y0 < GST_VIDEO_FRAME_HEIGHT (frame)
      && area->x0 < GST_VIDEO_FRAME_WIDTH (frame);
}

static Color
color_of (const GstVideoFrame * frame, const SstTarget * target)
{
  return color_from_rgb (frame, GST_VIDEO_INFO_IS_GRAY (&frame->info) ?
      &rgb_white : &palette[(target->id - 1) % G_N_ELEMENTS (palette)]);
}

static gint
get_thickness (const GstVideoFrame * frame, const GstSsOverlayStyle * style)
{
  return style->thickness > 0 ? (gint) style->thickness :
      MAX ((GST_VIDEO_FRAME_HEIGHT (frame) + HEIGHT_PER_THICKNESS / 2) /
      HEIGHT_PER_THICKNESS, 1);
}

static void
draw_box (GstVideoFrame * frame, const GstSsOverlayStyle * style,
    GstSsEffect * effect, const SstTarget * target, const Area * area)
{
  const SstState state = target->now.state;
  const Color color = color_of (frame, target);
  const gint thickness = get_thickness (frame, style);
  const gint dash = state == SST_STATE_LOST ? DASH_LOST :
      state == SST_STATE_UNCERTAIN || target->now.predicted ? DASH_UNCERTAIN :
      0;

  gst_ss_effect_tint (effect, frame, target, color.component, thickness);
  /* without colour, gaps are black: white is seen on any ground then */
  if (dash > 0 && GST_VIDEO_INFO_IS_GRAY (&frame->info)) {
    const Color ink = color_from_rgb (frame, &rgb_black);

    draw_rectangle (frame, area->x0, area->y0, area->x1, area->y1, thickness,
        0, &ink);
  }
  draw_rectangle (frame, area->x0, area->y0, area->x1, area->y1, thickness,
      dash, &color);
}

/* A square in the target's colour with a black edge; where the point is not
 * seen an edge in that colour alone. */
static void
draw_points (GstVideoFrame * frame, const GstSsOverlayStyle * style,
    const SstTarget * target)
{
  const Color color = color_of (frame, target);
  const Color ink = color_from_rgb (frame, &rgb_black);
  const gint side = POINT_SIDE * get_thickness (frame, style);
  const gint edge = MAX (side / 4, 1);

  for (guint i = 0; i < target->n_points; i++) {
    const SstTargetPoint *const point = &target->points[i];
    const gint x = to_pixel (floorf (point->x)) - side / 2;
    const gint y = to_pixel (floorf (point->y)) - side / 2;

    draw_rectangle (frame, x - edge, y - edge, x + side + edge,
        y + side + edge, edge, 0, point->visible ? &ink : &color);
    if (point->visible)
      fill (frame, x, y, x + side, y + side, &color);
  }
}

void
gst_ss_overlay_draw_drag (GstVideoFrame * frame,
    const GstSsOverlayStyle * style, const SstBox * box)
{
  const Color color = color_from_rgb (frame, &rgb_white);
  Area area;

  if (get_area (frame, box, &area))
    draw_rectangle (frame, area.x0, area.y0, area.x1, area.y1,
        get_thickness (frame, style), DASH_UNCERTAIN, &color);
}

void
gst_ss_overlay_draw (GstVideoFrame * frame, const GstSsOverlayStyle * style,
    GstSsEffect * effect, const SstTarget * targets, guint n_targets)
{
  Placed placed;
  Area area;

  for (guint i = 0; i < n_targets; i++)
    if (get_area (frame, &targets[i].now.box, &area))
      draw_box (frame, style, effect, &targets[i], &area);
  for (guint i = 0; i < n_targets; i++)
    draw_points (frame, style, &targets[i]);
  /* no line goes through a label */
  placed.n = 0;
  for (guint i = 0; style->labels && i < n_targets; i++)
    if (get_area (frame, &targets[i].now.box, &area)) {
      const Color color = color_of (frame, &targets[i]);

      draw_label (frame, &targets[i], area.x0, area.y0, area.y1, &color,
          &placed);
    }
}
