/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "footage/painter.h"

#include <string.h>

#include "base/simd.h"
#include "footage/smear.h"

/* Samples for each pixel of the result: of things more than one, so that a
 * second interpolation does not blur. */
#define DENSITY 1.2f
#define VIEW_DENSITY 1.05f

#define SOURCE_SIDE SST_PAINTER_MAX_SOURCE
#define MAX_WINDOW SST_PAINTER_MAX_WINDOW
#define MAX_QUADS 160

/* Luma, the chromas, mask; of things, the first three times the last. */
typedef float Pixel
    __attribute__ ((vector_size (4 * sizeof (float)), aligned (4)));

/* The largest mask in each column and row of a window. */
typedef struct
{
  float column[MAX_WINDOW], row[MAX_WINDOW];
} Profile;

typedef struct
{
  int left, top, width, height; /* in the tensor */
  int fine;                     /* pixels drawn for one of the tensor's, 1..2 */
} Window;

typedef struct
{
  const SstVertex *corner[4];   /* around it */
  float depth;
} Quad;

struct _SstPainter
{
  SstSampler *sampler;
  float *planes;                /* 4 planes of up to SOURCE_SIDE^2 */
  Pixel *texture;               /* up to SOURCE_SIDE^2 */
  Pixel *window, *spare;        /* up to MAX_WINDOW^2 */
  Quad quad[MAX_QUADS];
  Profile profile;
};

SstPainter *
sst_painter_new (SstSampler * sampler)
{
  const size_t area = (size_t) SOURCE_SIDE * SOURCE_SIDE;
  const size_t most = (size_t) MAX_WINDOW * MAX_WINDOW;
  SstPainter *const painter = g_new0 (SstPainter, 1);

  painter->sampler = sampler;
  painter->planes = g_new (float, 4 * area);
  painter->texture = g_new (Pixel, area);
  painter->window = g_new (Pixel, most);
  painter->spare = g_new (Pixel, most);
  return painter;
}

void
sst_painter_free (SstPainter ** painter)
{
  if (*painter == NULL)
    return;
  g_free ((*painter)->planes);
  g_free ((*painter)->texture);
  g_free ((*painter)->window);
  g_free ((*painter)->spare);
  g_clear_pointer (painter, g_free);
}

/* Bilinear, the border repeated; width, height > 1. */
SST_ALWAYS_INLINE Pixel
pixel_at (const Pixel * source, int width, int height, float x, float y)
{
  const float u = CLAMP (x, 0.f, width - 1.001f);
  const float v = CLAMP (y, 0.f, height - 1.001f);
  const int i = (int) u, j = (int) v;
  const float fu = u - i, fv = v - j;
  const Pixel *const a = source + (size_t) j * width + i, *const b = a + width;
  const Pixel above = a[0] + fu * (a[1] - a[0]);
  const Pixel below = b[0] + fu * (b[1] - b[0]);

  return above + fv * (below - above);
}

/* --- Pictures --- */

SST_MULTIVERSION static void
interleave (const float *planes, int n, Pixel * pixels)
{
  for (int i = 0; i < n; i++)
    pixels[i] = (Pixel) { planes[i], planes[n + i], planes[2 * n + i], 0.f };
}

SST_MULTIVERSION static void
warp_affine (const Pixel * source, int width, int height, const SstView * view,
    int side, float *tensor)
{
  const size_t area = (size_t) side * side;

  for (int y = 0; y < side; y++) {
    float *row = tensor + (size_t) y * side;

    for (int x = 0; x < side; x++) {
      const float fx = x + 0.5f, fy = y + 0.5f;
      const Pixel p = pixel_at (source, width, height,
          view->xx * fx + view->xy * fy + view->x - 0.5f,
          view->yx * fx + view->yy * fy + view->y - 0.5f);

      row[x] = p[0];
      row[area + x] = p[1];
      row[2 * area + x] = p[2];
    }
  }
}

void
sst_painter_view (SstPainter * painter, const SstView * view, int side,
    float detail, float *tensor)
{
  /* the bounds of the tensor's corners */
  const float left = (MIN (view->xx, 0.f) + MIN (view->xy, 0.f)) * side;
  const float top = (MIN (view->yx, 0.f) + MIN (view->yy, 0.f)) * side;
  const float wide = (fabsf (view->xx) + fabsf (view->xy)) * side;
  const float high = (fabsf (view->yx) + fabsf (view->yy)) * side;
  const SstBox region = { view->x + left, view->y + top, wide, high };
  const float area = fabsf (view->xx * view->yy - view->xy * view->yx);
  const float density = detail * VIEW_DENSITY / sqrtf (area);
  int width, height;
  SstView warp = *view;

  if (view->xy == 0.f && view->yx == 0.f && detail > 0.8f) {
    sst_sampler_sample (painter->sampler, view->frame, &region, SST_SAMPLE_YCC,
        side, side, tensor);
    return;
  }
  width = (int) CLAMP (wide * density, 2.f, (float) SOURCE_SIDE);
  height = (int) CLAMP (high * density, 2.f, (float) SOURCE_SIDE);
  sst_sampler_sample (painter->sampler, view->frame, &region, SST_SAMPLE_YCC,
      width, height, painter->planes);
  interleave (painter->planes, width * height, painter->texture);

  warp.xx *= width / wide;
  warp.xy *= width / wide;
  warp.x = (view->x - region.x) * width / wide;
  warp.yx *= height / high;
  warp.yy *= height / high;
  warp.y = (view->y - region.y) * height / high;
  warp_affine (painter->texture, width, height, &warp, side, tensor);
}

/* --- Textures --- */

/* How much of pixel i of n is within a picture that the margin surrounds. */
static float
inside (int i, int n, float margin)
{
  const float border = 0.5f * n * (1.f - 1.f / margin);
  const float far = MIN (i + 0.5f, n - i - 0.5f) - border;

  return CLAMP (far + 0.5f, 0.f, 1.f);
}

/* A cut-out's mask: nothing beyond its picture. */
static void
load_alpha (SstPainter * painter, const SstThing * thing,
    const SstBox * region, int width, int height, float *mask)
{
  const SstFrame frame = { SST_FORMAT_GRAY8, SST_MATRIX_BT601, TRUE,
    thing->frame->width, thing->frame->height, {thing->alpha},
    {thing->frame->width}
  };

  sst_sampler_sample (painter->sampler, &frame, region, SST_SAMPLE_LUMA, width,
      height, mask);
  for (int y = 0; y < height; y++) {
    const float within = inside (y, height, thing->margin) / 255.f;

    for (int x = 0; x < width; x++)
      *mask++ *= within * inside (x, width, thing->margin);
  }
}

/* A blob's, enlarged. */
SST_MULTIVERSION static void
load_blob (const float *blob, int width, int height, float *mask)
{
  const int n = SST_AUGMENT_BLOB_SIDE;
  const float x_step = n / (float) width, y_step = n / (float) height;

  for (int y = 0; y < height; y++, mask += width) {
    const float v = CLAMP ((y + 0.5f) * y_step - 0.5f, 0.f, n - 1.001f);
    const int iv = (int) v;
    const float *const row = blob + iv * n;
    const float fv = v - iv;

    for (int x = 0; x < width; x++) {
      const float u = CLAMP ((x + 0.5f) * x_step - 0.5f, 0.f, n - 1.001f);
      const int i = (int) u;
      const float fu = u - i;
      const float above = row[i] + fu * (row[i + 1] - row[i]);
      const float below = row[n + i] + fu * (row[n + i + 1] - row[n + i]);

      mask[x] = above + fv * (below - above);
    }
  }
}

/* At the edge of a cut-out there is some of what it was cut from: there, takes
 * the colours of those neighbours that are more of it. */
static void
bleed (const float *planes, int width, int height, Pixel * texture)
{
  const int n = width * height;
  const float *const mask = planes + 3 * (size_t) n;

  for (int y = 1; y < height - 1; y++) {
    for (int x = 1; x < width - 1; x++) {
      const int at = y * width + x;
      Pixel sum = { 0.f, 0.f, 0.f, 0.f };

      if (mask[at] <= 0.f || mask[at] >= 0.95f)
        continue;
      for (int k = 0; k < 9; k++) {
        const int i = at + (k / 3 - 1) * width + k % 3 - 1;
        const float w = mask[i] * mask[i] * mask[i] + 1e-6f;

        sum += w * (Pixel) { planes[i], planes[n + i], planes[2 * n + i],
          1.f
        };
      }
      texture[at] = sum / sum[3];
      texture[at][3] = mask[at];
    }
  }
}

SST_MULTIVERSION static void
interleave_masked (const float *planes, int n, Pixel * texture)
{
  for (int i = 0; i < n; i++)
    texture[i] = (Pixel) { planes[i], planes[n + i], planes[2 * n + i],
      planes[3 * n + i]
    };
}

SST_MULTIVERSION static void
recolor (Pixel * texture, int n, const SstThing * thing)
{
  for (int i = 0; i < n; i++) {
    const Pixel p = texture[i];
    const float luma = p[0] * thing->gain + thing->offset;
    const float cb = thing->c * p[1] - thing->s * p[2] + thing->cb;
    const float cr = thing->s * p[1] + thing->c * p[2] + thing->cr;

    texture[i] = (Pixel) { CLAMP (luma, 0.f, 255.f), CLAMP (cb, -128.f, 128.f),
      CLAMP (cr, -128.f, 128.f), p[3]
    };
  }
}

SST_MULTIVERSION static void
premultiply (Pixel * texture, int n)
{
  for (int i = 0; i < n; i++) {
    const float mask = texture[i][3];

    texture[i] *= (Pixel) { mask, mask, mask, 1.f };
  }
}

/* Texture of width by height pixels of what is read of the thing's picture. */
static void
load (SstPainter * painter, const SstThing * thing, int width, int height)
{
  const SstBox region = sst_box_from_center (sst_box_center_x (&thing->region),
      sst_box_center_y (&thing->region), thing->margin * thing->region.width,
      thing->margin * thing->region.height);
  const int n = width * height;
  float *const planes = painter->planes, *const mask = planes + 3 * (size_t) n;

  sst_sampler_sample (painter->sampler, thing->frame, &region, SST_SAMPLE_YCC,
      width, height, planes);
  if (thing->form != SST_THING_FLAT) {
    for (int i = 0; i < n; i++)
      mask[i] = 1.f;
  } else if (thing->alpha != NULL) {
    load_alpha (painter, thing, &region, width, height, mask);
  } else {
    load_blob (thing->mask, width, height, mask);
  }
  interleave_masked (planes, n, painter->texture);
  if (thing->alpha != NULL)
    bleed (planes, width, height, painter->texture);
  if (thing->recolored)
    recolor (painter->texture, n, thing);
  if (thing->form == SST_THING_FLAT)
    premultiply (painter->texture, n);
}

/* --- Triangles --- */

/* Where the side from a to b crosses a row; the same for whoever shares it. */
SST_ALWAYS_INLINE float
crossing (const SstVertex * a, const SstVertex * b, float y)
{
  const SstVertex *const top = a->y <= b->y ? a : b;
  const SstVertex *const bottom = a->y <= b->y ? b : a;

  return top->x + (y - top->y) * (bottom->x - top->x) / (bottom->y - top->y);
}

typedef struct
{
  const Pixel *texture;
  int texture_width, texture_height;
  Pixel *window;
  int width, height;
} Canvas;

/* Draws those pixels whose middles are in the triangle. u and v of the vertices
 * are in pixels of the texture. */
SST_MULTIVERSION static void
draw_triangle (const Canvas * canvas, const SstVertex * a, const SstVertex * b,
    const SstVertex * c)
{
  const float bx = b->x - a->x, by = b->y - a->y;
  const float cx = c->x - a->x, cy = c->y - a->y;
  const float det = bx * cy - by * cx;
  const float lowest = fminf (fminf (a->y, b->y), c->y);
  const float highest = fmaxf (fmaxf (a->y, b->y), c->y);
  const int first = MAX ((int) ceilf (lowest - 0.5f), 0);
  const int end = MIN ((int) ceilf (highest - 0.5f), canvas->height);
  float ux, uy, vx, vy, gx, gy;

  if (fabsf (det) < 1e-6f)
    return;
  ux = ((b->u - a->u) * cy - (c->u - a->u) * by) / det;
  uy = ((c->u - a->u) * bx - (b->u - a->u) * cx) / det;
  vx = ((b->v - a->v) * cy - (c->v - a->v) * by) / det;
  vy = ((c->v - a->v) * bx - (b->v - a->v) * cx) / det;
  gx = ((b->gain - a->gain) * cy - (c->gain - a->gain) * by) / det;
  gy = ((c->gain - a->gain) * bx - (b->gain - a->gain) * cx) / det;

  for (int y = first; y < end; y++) {
    const float at = y + 0.5f;
    const SstVertex *const corner[4] = { a, b, c, a };
    float left = G_MAXFLOAT, right = -G_MAXFLOAT;
    int from, to;

    for (int i = 0; i < 3; i++) {
      const SstVertex *const p = corner[i], *const q = corner[i + 1];

      if ((p->y <= at) != (q->y <= at)) {
        const float x = crossing (p, q, at);

        left = fminf (left, x);
        right = fmaxf (right, x);
      }
    }
    if (right <= left)
      continue;
    from = (int) ceilf (fmaxf (left - 0.5f, 0.f));
    to = (int) ceilf (fminf (right - 0.5f, canvas->width));
    for (int x = from; x < to; x++) {
      const float dx = x + 0.5f - a->x, dy = at - a->y;
      const float gain = a->gain + gx * dx + gy * dy;
      const Pixel p = pixel_at (canvas->texture, canvas->texture_width,
          canvas->texture_height, a->u + ux * dx + uy * dy,
          a->v + vx * dx + vy * dy) * (Pixel) { gain, 1.f, 1.f, 1.f };
      Pixel *const to_pixel = canvas->window + (size_t) y * canvas->width + x;

      *to_pixel = p + *to_pixel * (1.f - p[3]);
    }
  }
}

/* Twice the area, negative of a face of a solid that faces who looks. */
static float
area_of (const Quad * quad)
{
  const SstVertex *const *const q = quad->corner;

  return (q[2]->x - q[0]->x) * (q[3]->y - q[1]->y)
      - (q[2]->y - q[0]->y) * (q[3]->x - q[1]->x);
}

/* The quads that are seen, the far ones first. Returns how many. */
static int
list_quads (SstPainter * painter, const SstPaintLayer * layer)
{
  const gboolean solid = layer->thing->form != SST_THING_FLAT;
  int n = 0;

  for (int s = 0; s < layer->n_sheets; s++) {
    const int columns = layer->sheet[s].columns;

    for (int i = 0; i < columns * layer->sheet[s].rows; i++) {
      const SstVertex *const a = layer->vertex + layer->sheet[s].first
          + i / columns * (columns + 1) + i % columns;
      const SstVertex *const b = a + columns + 1;
      const Quad quad = { {a, a + 1, b + 1, b},
        a[0].z + a[1].z + b[0].z + b[1].z
      };
      int k = n;

      if (solid && area_of (&quad) >= 0.f)
        continue;
      while (layer->folded && k > 0
          && painter->quad[k - 1].depth < quad.depth) {
        painter->quad[k] = painter->quad[k - 1];
        k--;
      }
      painter->quad[k] = quad;
      n++;
    }
  }
  return n;
}

static float
distance (const SstVertex * a, const SstVertex * b)
{
  return sqrtf ((a->x - b->x) * (a->x - b->x) + (a->y - b->y) * (a->y - b->y));
}

/* How large a texture is as sharp as the layer shows it. */
static void
texture_size (const SstPainter * painter, int n, float scale, int *width,
    int *height)
{
  float along_u = 0.f, along_v = 0.f, u = 0.f, v = 0.f;

  for (int i = 0; i < n; i++) {
    const SstVertex *const *const q = painter->quad[i].corner;

    along_u += distance (q[0], q[1]) + distance (q[3], q[2]);
    along_v += distance (q[0], q[3]) + distance (q[1], q[2]);
    u += hypotf (q[1]->u - q[0]->u, q[1]->v - q[0]->v)
        + hypotf (q[2]->u - q[3]->u, q[2]->v - q[3]->v);
    v += hypotf (q[3]->u - q[0]->u, q[3]->v - q[0]->v)
        + hypotf (q[2]->u - q[1]->u, q[2]->v - q[1]->v);
  }
  *width = (int) CLAMP (ceilf (scale * along_u / MAX (u, 1e-6f)), 4.f,
      (float) SOURCE_SIDE);
  *height = (int) CLAMP (ceilf (scale * along_v / MAX (v, 1e-6f)), 4.f,
      (float) SOURCE_SIDE);
}

static void
draw_quads (SstPainter * painter, const SstPaintLayer * layer,
    const Window * window, int n, const Canvas * canvas)
{
  const float scale = layer->scale * window->fine;
  const float x = (layer->x - window->left) * window->fine;
  const float y = (layer->y - window->top) * window->fine;

  for (int i = 0; i < n; i++) {
    SstVertex corner[4];

    for (int k = 0; k < 4; k++) {
      corner[k] = *painter->quad[i].corner[k];
      corner[k].x = scale * corner[k].x + x;
      corner[k].y = scale * corner[k].y + y;
      corner[k].u = corner[k].u * canvas->texture_width - 0.5f;
      corner[k].v = corner[k].v * canvas->texture_height - 0.5f;
    }
    draw_triangle (canvas, &corner[0], &corner[1], &corner[2]);
    draw_triangle (canvas, &corner[0], &corner[2], &corner[3]);
  }
}

/* --- Windows --- */

/* FALSE: no part of it is in the tensor. */
static gboolean
make_window (const SstPaintLayer * layer, int side, Window * window)
{
  /* the soft edge is outside the bounds */
  const float edge = 3.f + 0.1f * layer->scale;
  const float dx = edge + 0.5f * fabsf (layer->blur_x);
  const float dy = edge + 0.5f * fabsf (layer->blur_y);
  const SstBox *const box = &layer->box;

  window->left = (int) floorf (box->x - dx);
  window->top = (int) floorf (box->y - dy);
  window->width = MIN ((int) ceilf (box->x + box->width + dx) - window->left,
      MAX_WINDOW);
  window->height = MIN ((int) ceilf (box->y + box->height + dy) - window->top,
      MAX_WINDOW);
  window->fine = layer->thing->form != SST_THING_FLAT
      && MAX (window->width, window->height) <= MAX_WINDOW / 2 ? 2 : 1;
  return window->left < side && window->top < side
      && window->left + window->width > 0
      && window->top + window->height > 0;
}

SST_MULTIVERSION static void
halve (const Pixel * from, int width, int height, Pixel * to)
{
  for (int y = 0; y < height; y++, from += 4 * width, to += width) {
    for (int x = 0; x < width; x++)
      to[x] = 0.25f * (from[2 * x] + from[2 * x + 1]
          + from[2 * width + 2 * x] + from[2 * width + 2 * x + 1]);
  }
}

SST_MULTIVERSION static void
take_profile (const Pixel * pixels, int width, int height, Profile * profile)
{
  memset (profile->column, 0, width * sizeof (float));
  for (int y = 0; y < height; y++, pixels += width) {
    float most = 0.f;

    for (int x = 0; x < width; x++) {
      most = MAX (most, pixels[x][3]);
      profile->column[x] = MAX (profile->column[x], pixels[x][3]);
    }
    profile->row[y] = most;
  }
}

/* From where on a profile is over VISIBLE, and until where. */
static gboolean
crossings (const float *profile, int n, float *from, float *to)
{
  const float level = SST_THING_VISIBLE;
  int first = 0, last = n - 1;

  while (first < n && profile[first] <= level)
    first++;
  while (last > first && profile[last] <= level)
    last--;
  if (first >= n)
    return FALSE;
  /* pixel i has its middle at i + 0.5 */
  *from = first == 0 ? 0.f : first + 0.5f - (profile[first] - level)
      / (profile[first] - profile[first - 1]);
  *to = last == n - 1 ? n : last + 0.5f + (profile[last] - level)
      / (profile[last] - profile[last + 1]);
  return TRUE;
}

static gboolean
profile_box (const Profile * profile, const Window * window, SstBox * box)
{
  float left, top, right, bottom;

  if (!crossings (profile->column, window->width, &left, &right)
      || !crossings (profile->row, window->height, &top, &bottom)
      || right <= left || bottom <= top)
    return FALSE;
  *box = (SstBox) { window->left + left, window->top + top, right - left,
    bottom - top
  };
  return TRUE;
}

SST_MULTIVERSION static void
lay_over (const Pixel * pixels, const Window * window, int side, float *tensor,
    float *own, float *others)
{
  const size_t area = (size_t) side * side;
  const int left = MAX (window->left, 0);
  const int right = MIN (window->left + window->width, side);

  for (int y = MAX (window->top, 0);
      y < MIN (window->top + window->height, side); y++) {
    const Pixel *p = pixels + (size_t) (y - window->top) * window->width
        + left - window->left;

    for (int x = left; x < right; x++, p++) {
      const size_t at = (size_t) y * side + x;
      const float mask = (*p)[3], rest = 1.f - mask;

      if (mask <= 0.f)
        continue;
      /* light may have made it too bright */
      tensor[at] = rest * tensor[at] + MIN ((*p)[0], 255.f * mask);
      tensor[area + at] = rest * tensor[area + at] + (*p)[1];
      tensor[2 * area + at] = rest * tensor[2 * area + at] + (*p)[2];
      if (own != NULL)
        own[at] = mask;
      if (others != NULL)
        others[at] *= rest;
    }
  }
}

gboolean
sst_painter_draw (SstPainter * painter, SstPaintLayer * layer, int side,
    float *tensor, float *own, float *others)
{
  Window window;
  Canvas canvas;
  Pixel *pixels = painter->window;
  int n;

  if (own != NULL)
    memset (own, 0, (size_t) side * side * sizeof (float));
  if (!make_window (layer, side, &window))
    return FALSE;
  canvas.texture = painter->texture;
  canvas.window = painter->window;
  canvas.width = window.fine * window.width;
  canvas.height = window.fine * window.height;
  memset (canvas.window, 0, (size_t) canvas.width * canvas.height
      * sizeof (Pixel));
  n = list_quads (painter, layer);
  texture_size (painter, n, layer->scale * DENSITY * layer->detail,
      &canvas.texture_width, &canvas.texture_height);
  load (painter, layer->thing, canvas.texture_width, canvas.texture_height);
  draw_quads (painter, layer, &window, n, &canvas);

  if (window.fine == 2) {
    halve (painter->window, window.width, window.height, painter->spare);
    pixels = painter->spare;
  }
  sst_smear ((float *) pixels, window.width, window.height, 4, layer->blur_x,
      layer->blur_y, (float *) (pixels == painter->window ? painter->spare
          : painter->window));
  take_profile (pixels, window.width, window.height, &painter->profile);
  lay_over (pixels, &window, side, tensor, own, others);
  return profile_box (&painter->profile, &window, &layer->box);
}
