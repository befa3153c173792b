/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "footage/pattern.h"

#include <math.h>

#include "base/cut.h"
#include "base/random.h"
#include "base/simd.h"

/* Noise: a plane that repeats itself, sums of smoothed random lattices. */
#define NOISE_SIDE 256
#define NOISE_OCTAVES 7

/* Leaves: radius in pixels, or as a share of the picture's shorter side. */
#define MIN_RADIUS 3.f
#define MAX_RADIUS 0.5f
#define MAX_LEAVES 6000
#define MOST_OPEN 0.005f        /* of the picture that is left to the ground */
#define SEEN 0.004f             /* a share that is not worth drawing */
#define MAX_CORNERS 7

#define GOLDEN G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)

typedef enum
{
  SHAPE_ELLIPSE, SHAPE_RECTANGLE, SHAPE_POLYGON, SHAPE_BLOB, N_SHAPES
} Shape;

typedef enum
{
  TEXTURE_SMOOTH, TEXTURE_NOISE, TEXTURE_STRIPES, TEXTURE_CHECKS,
  TEXTURE_DOTS, N_TEXTURES
} Texture;

/* Luma and two chromas, as the planes have them. */
typedef struct
{
  float y, cb, cr;
} Color;

typedef struct
{
  float cx, cy, radius;
  float ux, uy, vx, vy;         /* pixels to units of the shape */
  Shape shape;
  float corner_x[MAX_CORNERS], corner_y[MAX_CORNERS];
  int n_corners;
  float ragged;                 /* how far noise moves a blob's outline */
  float edge;                   /* radius over the width of the soft edge */

  Color from, to;               /* the texture goes between them */
  Texture texture;
  float tx, ty, sx, sy;         /* pixels to the texture's periods */
  float steepness;              /* of stripes and the like */
  float warp;                   /* how far noise bends them, periods */
  float nx, ny, frequency;      /* pixels to the noise's cells */
  float grain;                  /* share of noise in any texture */
  float bulge, slope_x, slope_y;        /* shading */
} Leaf;

/* What all leaves of a picture have in common. */
typedef struct
{
  float *noise;                 /* NOISE_SIDE squared, 0..1, mean 1/2 */
  float exponent;               /* of the radii's density */
  float light, contrast;        /* of luma: middle, and spread of the leaves' */
  float color;                  /* spread of chroma */
  float inner;                  /* contrast of textures */
  float plain;                  /* share of leaves without texture */
  float focus;                  /* pixels of the sharpest edge */
} Style;

typedef struct
{
  int width, height;
  float *open;                  /* share of a pixel that shows what is behind */
  float *y, *cb, *cr;           /* what has been drawn of it */
} Canvas;

static float
log_uniform (SstRandom * random, float lo, float hi)
{
  return expf (sst_random_uniform (random, logf (lo), logf (hi)));
}

/* Noise of cells that span the plane: bilinear between random values, with
 * smooth steps. */
SST_MULTIVERSION static void
add_octave (float *noise, const float *lattice, int cells, float gain)
{
  const int span = NOISE_SIDE / cells;

  for (int y = 0; y < NOISE_SIDE; y++) {
    const float *const above = lattice + y / span * cells;
    const float *const below = lattice + (y / span + 1) % cells * cells;
    const float v = y % span / (float) span, fy = v * v * (3.f - 2.f * v);

    for (int x = 0; x < NOISE_SIDE; x++) {
      const int a = x / span, b = (a + 1) % cells;
      const float u = x % span / (float) span, fx = u * u * (3.f - 2.f * u);
      const float top = above[a] + fx * (above[b] - above[a]);
      const float bottom = below[a] + fx * (below[b] - below[a]);

      noise[y * NOISE_SIDE + x] += gain * (top + fy * (bottom - top));
    }
  }
}

static float *
make_noise (SstRandom * random)
{
  float *const noise = g_new0 (float, NOISE_SIDE * NOISE_SIDE);
  float *const lattice = g_new (float, NOISE_SIDE * NOISE_SIDE);
  const float persistence = sst_random_uniform (random, 0.5f, 0.8f);
  float gain = 1.f, lo = 1e9f, hi = -1e9f;

  for (int o = 0, cells = 4; o < NOISE_OCTAVES; o++, cells *= 2) {
    for (int i = 0; i < cells * cells; i++)
      lattice[i] = sst_random_uniform (random, -1.f, 1.f);
    add_octave (noise, lattice, cells, gain);
    gain *= persistence;
  }
  for (int i = 0; i < NOISE_SIDE * NOISE_SIDE; i++) {
    lo = fminf (lo, noise[i]);
    hi = fmaxf (hi, noise[i]);
  }
  for (int i = 0; i < NOISE_SIDE * NOISE_SIDE; i++)
    noise[i] = (noise[i] - lo) / (hi - lo);
  g_free (lattice);
  return noise;
}

SST_ALWAYS_INLINE float
noise_at (const float *noise, float x, float y)
{
  const float left = floorf (x), top = floorf (y);
  const float u = x - left, v = y - top;
  const int x0 = (int) left & (NOISE_SIDE - 1);
  const int x1 = (x0 + 1) & (NOISE_SIDE - 1);
  const float *const above =
      noise + ((int) top & (NOISE_SIDE - 1)) * NOISE_SIDE;
  const float *const below =
      noise + (((int) top + 1) & (NOISE_SIDE - 1)) * NOISE_SIDE;
  const float a = above[x0] + u * (above[x1] - above[x0]);
  const float b = below[x0] + u * (below[x1] - below[x0]);

  return a + v * (b - a);
}

/* 0 in the middle of a leaf, 1 at its outline; u, v: units of the shape. */
SST_ALWAYS_INLINE float
distance_at (const Leaf * leaf, float u, float v, float noise)
{
  switch (leaf->shape) {
    case SHAPE_RECTANGLE:
      return fmaxf (fabsf (u), fabsf (v));
    case SHAPE_POLYGON:{
      float far = 0.f;

      for (int i = 0; i < leaf->n_corners; i++)
        far = fmaxf (far, u * leaf->corner_x[i] + v * leaf->corner_y[i]);
      return far;
    }
    case SHAPE_BLOB:
      return sqrtf (u * u + v * v) + leaf->ragged * (noise - 0.5f);
    default:
      return sqrtf (u * u + v * v);
  }
}

/* A triangle wave of period 1, 0..1, made steeper. */
SST_ALWAYS_INLINE float
wave (float x, float steepness)
{
  const float up = fabsf (2.f * (x - floorf (x)) - 1.f);

  return fminf (fmaxf (0.5f + steepness * (up - 0.5f), 0.f), 1.f);
}

/* Where between its two colours a leaf is; s, t: periods. */
SST_ALWAYS_INLINE float
texture_at (const Leaf * leaf, float s, float t, float noise)
{
  const float bend = leaf->warp * noise;

  switch (leaf->texture) {
    case TEXTURE_NOISE:
      return fminf (fmaxf (0.5f + leaf->steepness * (noise - 0.5f), 0.f), 1.f);
    case TEXTURE_STRIPES:
      return wave (s + bend, leaf->steepness);
    case TEXTURE_CHECKS:{
      const float a = wave (s + bend, leaf->steepness);
      const float b = wave (t + bend, leaf->steepness);

      return a + b - 2.f * a * b;
    }
    case TEXTURE_DOTS:{
      const float x = s + bend - floorf (s + bend) - 0.5f;
      const float y = t + bend - floorf (t + bend) - 0.5f;

      return fminf (fmaxf (0.5f + leaf->steepness * (0.32f
                  - sqrtf (x * x + y * y)), 0.f), 1.f);
    }
    default:
      return 0.f;
  }
}

/* Puts a leaf behind what is there. Returns how much of it is seen, pixels. */
SST_MULTIVERSION static float
draw_leaf (const Leaf * leaf, const float *noise, Canvas * canvas)
{
  const float reach = leaf->radius * (1.5f + 0.5f / leaf->edge) + 1.f;
  const int x0 = (int) fmaxf (leaf->cx - reach, 0.f);
  const int y0 = (int) fmaxf (leaf->cy - reach, 0.f);
  const int x1 = (int) fminf (leaf->cx + reach + 1.f, (float) canvas->width);
  const int y1 = (int) fminf (leaf->cy + reach + 1.f, (float) canvas->height);
  float seen = 0.f;

  for (int py = y0; py < y1; py++) {
    const float dy = py + 0.5f - leaf->cy;

    for (int px = x0; px < x1; px++) {
      const size_t at = (size_t) py * canvas->width + px;
      const float open = canvas->open[at];
      const float dx = px + 0.5f - leaf->cx;
      const float u = dx * leaf->ux + dy * leaf->uy;
      const float v = dx * leaf->vx + dy * leaf->vy;
      float grain, far, cover, t, light;

      if (open < SEEN || u * u + v * v > 4.f * (1.f + 1.f / leaf->edge))
        continue;
      grain = noise_at (noise, leaf->nx + dx * leaf->frequency,
          leaf->ny + dy * leaf->frequency);
      far = distance_at (leaf, u, v, grain);
      cover = fminf (0.5f + (1.f - far) * leaf->edge, 1.f);
      if (cover <= 0.f)
        continue;
      t = texture_at (leaf, leaf->tx + dx * leaf->sx + dy * leaf->sy,
          leaf->ty - dx * leaf->sy + dy * leaf->sx, grain);
      t += leaf->grain * (grain - 0.5f);
      light = 1.f + leaf->slope_x * u + leaf->slope_y * v
          - leaf->bulge * (u * u + v * v);
      cover *= open;
      canvas->y[at] += cover * light * (leaf->from.y
          + t * (leaf->to.y - leaf->from.y));
      canvas->cb[at] += cover * (leaf->from.cb
          + t * (leaf->to.cb - leaf->from.cb));
      canvas->cr[at] += cover * (leaf->from.cr
          + t * (leaf->to.cr - leaf->from.cr));
      canvas->open[at] = open - cover;
      seen += cover;
    }
  }
  return seen;
}

static float
inside (float x, float least, float most)
{
  return fminf (fmaxf (x, least), most);
}

static Color
random_color (const Style * style, SstRandom * random)
{
  const float y = inside (style->light + sst_random_normal (random,
          style->contrast), 4.f, 251.f);
  /* what is dark or bright has little colour */
  const float spread = style->color
      * (1.f - powf (fabsf (y - 127.5f) / 127.5f, 3.f));
  const float cb = sst_random_normal (random, spread);
  const float cr = sst_random_normal (random, spread);

  return (Color) { y, inside (cb, -90.f, 90.f), inside (cr, -90.f, 90.f) };
}

/* radius 0: the ground, that is everywhere. */
static Leaf
random_leaf (const Style * style, SstRandom * random, const Canvas * canvas,
    float radius)
{
  const float turn = sst_random_uniform (random, 0.f, 2.f * (float) G_PI);
  const float aspect = inside (expf (sst_random_normal (random, 0.4f)), 0.3f,
      3.3f);
  const gboolean ground = radius == 0.f;
  float size = ground ? hypotf (canvas->width, canvas->height) : radius;
  Leaf leaf = {
    .cx = sst_random_uniform (random, 0.f, canvas->width),
    .cy = sst_random_uniform (random, 0.f, canvas->height),
    .shape = ground ? SHAPE_ELLIPSE : (Shape) sst_random_below (random,
        N_SHAPES),
    .frequency = log_uniform (random, 0.15f, 2.f),
    .nx = sst_random_uniform (random, 0.f, NOISE_SIDE),
    .ny = sst_random_uniform (random, 0.f, NOISE_SIDE),
  };
  const float period = log_uniform (random, 3.f, fmaxf (4.f,
          fminf (size, 40.f)));
  const float way = sst_random_uniform (random, 0.f, 2.f * (float) G_PI);
  const float soft = sst_random_chance (random, 0.12f)
      ? sst_random_uniform (random, 0.05f, 0.6f) * size : 0.f;
  const float difference = style->inner * log_uniform (random, 0.15f, 2.f);
  float stretch = sqrtf (aspect);

  if (ground) {
    leaf.cx = 0.5f * canvas->width;
    leaf.cy = 0.5f * canvas->height;
    stretch = 1.f;
  } else if (leaf.shape == SHAPE_RECTANGLE) {
    size *= 0.8f;
  }
  leaf.radius = size * fmaxf (stretch, 1.f / stretch);
  leaf.ux = cosf (turn) / (size * stretch);
  leaf.uy = sinf (turn) / (size * stretch);
  leaf.vx = -sinf (turn) * stretch / size;
  leaf.vy = cosf (turn) * stretch / size;
  leaf.edge = size / fmaxf (style->focus, soft);
  leaf.ragged = sst_random_uniform (random, 0.5f, 1.3f);
  if (leaf.shape == SHAPE_BLOB) /* a cell of its noise is a part of it */
    leaf.frequency = sst_random_uniform (random, 8.f, 40.f) / size;
  leaf.n_corners = 3 + (int) sst_random_below (random, MAX_CORNERS - 2);
  for (int i = 0; i < leaf.n_corners; i++) {
    const float angle = 2.f * (float) G_PI * (i
        + sst_random_uniform (random, -0.3f, 0.3f)) / leaf.n_corners;
    const float near = sst_random_uniform (random, 1.f, 1.5f);

    leaf.corner_x[i] = near * cosf (angle);
    leaf.corner_y[i] = near * sinf (angle);
  }

  leaf.texture = sst_random_chance (random, style->plain) ? TEXTURE_SMOOTH
      : sst_random_chance (random, 0.5f) ? TEXTURE_NOISE
      : (Texture) sst_random_below (random, N_TEXTURES);
  leaf.sx = cosf (way) / period;
  leaf.sy = sinf (way) / period;
  leaf.tx = sst_random_uniform (random, 0.f, 1.f);
  leaf.ty = sst_random_uniform (random, 0.f, 1.f);
  /* edges of a texture are no sharper than the picture's */
  leaf.steepness = leaf.texture == TEXTURE_NOISE
      ? log_uniform (random, 1.f, 6.f)
      : log_uniform (random, 1.f, fmaxf (1.5f, 0.5f * period / style->focus));
  leaf.warp = sst_random_chance (random, 0.4f)
      ? sst_random_uniform (random, 0.2f, 3.f) : 0.f;
  leaf.grain = log_uniform (random, 0.02f, 0.6f);
  leaf.bulge = sst_random_chance (random, 0.5f)
      ? sst_random_uniform (random, 0.f, 0.5f) : 0.f;
  leaf.slope_x = sst_random_normal (random, 0.15f);
  leaf.slope_y = sst_random_normal (random, 0.15f);
  leaf.from = random_color (style, random);
  leaf.to = random_color (style, random);
  leaf.to.y = inside (leaf.from.y + difference * (leaf.to.y < leaf.from.y
          ? -1.f : 1.f), 0.f, 255.f);
  leaf.to.cb = leaf.from.cb + 0.5f * (leaf.to.cb - leaf.from.cb);
  leaf.to.cr = leaf.from.cr + 0.5f * (leaf.to.cr - leaf.from.cr);
  return leaf;
}

/* Radii of density r^-exponent; at 3 all sizes cover the same area. */
static float
random_radius (const Style * style, SstRandom * random, float most)
{
  const float u = sst_random_uniform (random, 0.f, 1.f);
  const float e = 1.f - style->exponent;
  const float lo = powf (MIN_RADIUS, e), hi = powf (most, e);

  return powf (lo + u * (hi - lo), 1.f / e);
}

/* Light that falls on all, and the grain of a sensor; to limited range. */
static void
develop (const Canvas * canvas, const Style * style, SstRandom * random,
    SstImage * image)
{
  const float cell = sst_random_uniform (random, 8.f, 40.f)
      / MAX (canvas->width, canvas->height);
  const float depth = sst_random_uniform (random, 0.f, 0.6f);
  const float x0 = sst_random_uniform (random, 0.f, NOISE_SIDE);
  const float y0 = sst_random_uniform (random, 0.f, NOISE_SIDE);
  const float sensor = log_uniform (random, 0.2f, 5.f);
  const int width = canvas->width, height = canvas->height;
  const int half_width = (width + 1) / 2, half_height = (height + 1) / 2;
  guint8 *to = sst_image_plane (image, 0);

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const float light = 1.f + depth * (noise_at (style->noise,
              x0 + x * cell, y0 + y * cell) - 0.5f);
      /* nearly normal */
      const guint32 bits = sst_random_bits (random);
      const float grain = ((bits & 255) + ((bits >> 8) & 255)
          + ((bits >> 16) & 255) - 382.5f) / 128.f;
      const float value = canvas->y[(size_t) y * width + x] * light
          + sensor * grain;

      *to++ = (guint8) (16.5f + inside (value, 0.f, 255.f) * (219.f / 255.f));
    }
  for (int c = 1; c < 3; c++) {
    const float *const from = c == 1 ? canvas->cb : canvas->cr;

    to = sst_image_plane (image, c);
    for (int y = 0; y < half_height; y++)
      for (int x = 0; x < half_width; x++) {
        const int right = MIN (2 * x + 1, width - 1);
        const size_t top = (size_t) 2 * y * width;
        const size_t bottom = (size_t) MIN (2 * y + 1, height - 1) * width;
        const float value = 0.25f * (from[top + 2 * x] + from[top + right]
            + from[bottom + 2 * x] + from[bottom + right]);

        *to++ = (guint8) (128.5f + inside (value, -112.f, 112.f));
      }
  }
}

SstImage *
sst_pattern_image (guint64 seed, int width, int height)
{
  SstRandom random = sst_random_init (seed, 0);
  const size_t n = (size_t) width * height;
  const float most = fmaxf (MAX_RADIUS * MIN (width, height),
      2.f * MIN_RADIUS);
  Canvas canvas = { width, height, g_new (float, n), g_new0 (float, n),
    g_new0 (float, n), g_new0 (float, n)
  };
  const Style style = {
    .noise = make_noise (&random),
    .exponent = sst_random_uniform (&random, 1.8f, 3.2f),
    .light = sst_random_uniform (&random, 60.f, 180.f),
    .contrast = log_uniform (&random, 12.f, 70.f),
    .color = log_uniform (&random, 2.f, 32.f),
    .inner = log_uniform (&random, 10.f, 80.f),
    .plain = sst_random_uniform (&random, 0.f, 0.3f),
    .focus = sst_random_uniform (&random, 0.8f, 2.5f)
  };
  SstImage *const image = sst_image_new (width, height);
  double open = (double) n;
  Leaf leaf;

  for (size_t i = 0; i < n; i++)
    canvas.open[i] = 1.f;
  for (int i = 0; i < MAX_LEAVES && open > MOST_OPEN * n
      && !sst_cut_is_due (); i++) {
    leaf = random_leaf (&style, &random, &canvas, random_radius (&style,
            &random, most));
    open -= draw_leaf (&leaf, style.noise, &canvas);
  }
  leaf = random_leaf (&style, &random, &canvas, 0.f);
  draw_leaf (&leaf, style.noise, &canvas);
  develop (&canvas, &style, &random, image);
  g_free (style.noise);
  g_free (canvas.open);
  g_free (canvas.y);
  g_free (canvas.cb);
  g_free (canvas.cr);
  return image;
}

gboolean
sst_pattern_fill (SstFootage * footage, guint64 seed, guint n, int width,
    int height, SstPace * pace)
{
  for (guint i = sst_footage_n_clips (footage); i < n; i++) {
    SstImage *image;
    char name[24];

    if (!sst_pace_wait (pace))
      return FALSE;
    sst_cut_begin (pace);
    image = sst_pattern_image (seed + (i + 1) * GOLDEN, width, height);
    if (sst_cut_end ()) {
      sst_image_unref (image);
      return FALSE;
    }
    g_snprintf (name, sizeof (name), "pattern-%u", i);
    sst_clip_add (sst_footage_add_clip (footage, name), image, 0);
  }
  return TRUE;
}

SstFootage *
sst_pattern_footage (guint64 seed, guint n, int width, int height)
{
  SstFootage *footage = sst_footage_new ();

  sst_pattern_fill (footage, seed, n, width, height, NULL);
  return footage;
}
