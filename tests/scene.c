/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "scene.h"

#include <math.h>
#include <string.h>

#define SPRITE_TEXELS 128       /* a side of a sprite's texture */
#define MAX_LEVELS 13
#define DEFAULT_FEATHER 1.5f
#define JUNK 0xa5               /* in padding, and where a format has alpha */

/* Y, Cb, Cr of a square that goes on at its other side, with a pyramid of
 * halved copies. */
typedef struct
{
  int size;                     /* a power of two */
  int n_levels;
  float *plane[3][MAX_LEVELS];
} Texture;

/* p = a x - b y + tx and so on, as in SstCameraMotion. */
typedef struct
{
  double a, b, tx, ty;
} View;

/* Where a sprite is in the picture. */
typedef struct
{
  float x, y, half_width, half_height, cosine, sine;
  gboolean there;
} Pose;

typedef struct
{
  SceneSprite sprite;
  Texture *texture;
  guint seed, palette;          /* that the texture was made of */
  SceneTruth truth;
} Slot;

struct _ScenePrivate
{
  guint seed;
  Texture *ground;
  GArray *slots;
  View view, last_view;
  float *plane[3];
  float *bare[3];               /* the ground alone, as bare_view shows it */
  View bare_view;               /* a of 0: nothing was drawn */
  float *scratch;               /* as large as the luma plane */
  guint8 *owner;                /* the sprite on top, 255: the ground */
};

/* --- numbers ------------------------------------------------------------ */

static inline guint64
mix (guint64 x)
{
  x += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  x = (x ^ (x >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return x ^ (x >> 31);
}

float
scene_random (guint seed, guint index)
{
  return (float) (mix (((guint64) seed << 32) | index) >> 40) / 16777215.f;
}

/* About normal, variance 1: four uniform numbers. */
static inline float
normal (guint64 bits)
{
  const int sum = (int) ((bits & 0xffff) + ((bits >> 16) & 0xffff)
      + ((bits >> 32) & 0xffff) + (bits >> 48));

  return (float) (sum - 131070) * (1.f / 37837.f);
}

static inline float
clamp (float x, float low, float high)
{
  return x < low ? low : x > high ? high : x;
}

/* --- textures ----------------------------------------------------------- */

/* Adds noise whose values stand every cell texels, with smooth steps between
 * them. */
static void
add_octave (float *plane, int size, int cell, float amplitude, guint64 seed)
{
  const int n = size / cell;
  float *top = g_new (float, 2 * size);
  float *bottom = top + size;

  for (int j = 0; j < n; j++) {
    for (int side = 0; side < 2; side++) {
      float *row = side ? bottom : top;
      const guint64 line = (guint64) ((j + side) % n) * n;

      for (int i = 0; i < n; i++) {
        const float v0 = normal (mix (seed + line + i));
        const float v1 = normal (mix (seed + line + (i + 1) % n));

        for (int k = 0; k < cell; k++) {
          const float t = (k + 0.5f) / cell;

          row[i * cell + k] = v0 + (v1 - v0) * t * t * (3.f - 2.f * t);
        }
      }
    }
    for (int k = 0; k < cell; k++) {
      const float t = (k + 0.5f) / cell;
      const float weight = t * t * (3.f - 2.f * t);
      float *out = plane + (size_t) (j * cell + k) * size;

      for (int i = 0; i < size; i++)
        out[i] += amplitude * (top[i] + (bottom[i] - top[i]) * weight);
    }
  }
  g_free (top);
}

/* Octaves from largest to smallest, each half as strong (in energy) as the next
 * larger one, much as in photographs. The result has mean 0, variance 1. */
static void
make_noise (float *plane, int size, int largest, int smallest, guint64 seed)
{
  const size_t n = (size_t) size * size;
  double sum = 0., squares = 0.;

  memset (plane, 0, n * sizeof (float));
  for (int cell = largest; cell >= smallest; cell /= 2)
    add_octave (plane, size, cell, sqrtf ((float) cell),
        mix (seed + (guint64) cell));
  for (size_t i = 0; i < n; i++) {
    sum += plane[i];
    squares += (double) plane[i] * plane[i];
  }

  const float mean = (float) (sum / n);
  const float scale = (float) (1. / sqrt (squares / n - mean * mean + 1e-9));

  for (size_t i = 0; i < n; i++)
    plane[i] = (plane[i] - mean) * scale;
}

static void
make_levels (Texture * texture)
{
  for (int c = 0; c < 3; c++) {
    int size = texture->size;

    for (int level = 1; level < texture->n_levels; level++) {
      const float *from = texture->plane[c][level - 1];
      float *to = g_new (float, (size_t) (size / 2) * (size / 2));

      for (int y = 0; y < size / 2; y++)
        for (int x = 0; x < size / 2; x++) {
          const float *in = from + (size_t) (2 * y) * size + 2 * x;

          to[(size_t) y * (size / 2) + x] =
              0.25f * (in[0] + in[1] + in[size] + in[size + 1]);
        }
      texture->plane[c][level] = to;
      size /= 2;
    }
  }
}

/* Two colours of the palette in patches with edges, and detail over them.
 * spread: how far the colours are apart from each other and from grey. */
static Texture *
texture_new (int size, int largest, guint seed, guint palette, float spread)
{
  const size_t n = (size_t) size * size;
  Texture *texture = g_new0 (Texture, 1);
  float color[2][3];

  texture->size = size;
  while ((size >> texture->n_levels) >= 2 && texture->n_levels < MAX_LEVELS)
    texture->n_levels++;
  for (int c = 0; c < 3; c++)
    texture->plane[c][0] = g_new (float, n);
  for (int i = 0; i < 2; i++) {
    color[i][0] = 126.f + spread * 90.f
        * (scene_random (palette, i) - 0.5f) + (i ? 30.f : -30.f) * spread;
    for (int c = 1; c < 3; c++)
      color[i][c] = 128.f + spread * 120.f
          * (scene_random (palette, 10 * c + i) - 0.5f);
  }

  float *patches = texture->plane[1][0];
  float *detail = texture->plane[2][0];

  make_noise (patches, size, largest, MAX (largest / 16, 4), mix (seed));
  make_noise (detail, size, largest, 4, mix (seed + 1));
  for (size_t i = 0; i < n; i++) {
    const float t = clamp (0.5f + 4.f * patches[i], 0.f, 1.f);
    const float d = detail[i];

    texture->plane[0][0][i] = clamp (color[0][0] + (color[1][0] - color[0][0])
        * t + 22.f * d, 20.f, 230.f);
    texture->plane[1][0][i] = clamp (color[0][1]
        + (color[1][1] - color[0][1]) * t + 4.f * d, 20.f, 235.f);
    texture->plane[2][0][i] = clamp (color[0][2]
        + (color[1][2] - color[0][2]) * t - 4.f * d, 20.f, 235.f);
  }
  make_levels (texture);
  return texture;
}

static void
texture_free (Texture * texture)
{
  if (!texture)
    return;
  for (int c = 0; c < 3; c++)
    for (int level = 0; level < texture->n_levels; level++)
      g_free (texture->plane[c][level]);
  g_free (texture);
}

/* floorf(), which is a function call without SSE 4.1. |x| < 2^31. */
static inline float
round_down (float x)
{
  const float whole = (float) (int) x;

  return whole > x ? whole - 1.f : whole;
}

static inline float
sample_level (const float *plane, int size, float x, float y)
{
  const float fx = round_down (x), fy = round_down (y);
  const int mask = size - 1;
  const int x0 = (int) fx & mask, x1 = (x0 + 1) & mask;
  const int y0 = (int) fy & mask, y1 = (y0 + 1) & mask;
  const float *top = plane + (size_t) y0 * size;
  const float *bottom = plane + (size_t) y1 * size;
  const float t = top[x0] + (top[x1] - top[x0]) * (x - fx);
  const float b = bottom[x0] + (bottom[x1] - bottom[x0]) * (x - fx);

  return t + (b - t) * (y - fy);
}

/* level: log2 of the texels that a pixel covers, blended between the two
 * nearest levels. x, y: texels from the corner. */
static inline float
sample_texture (const Texture * texture, int component, float level, float x,
    float y)
{
  const int i = (int) level;
  const float part = level - i;
  const float scale = 1.f / (float) (1 << i);
  float v = sample_level (texture->plane[component][i], texture->size >> i,
      x * scale - 0.5f, y * scale - 0.5f);

  if (part > 0.f)
    v += part * (sample_level (texture->plane[component][i + 1],
            texture->size >> (i + 1), x * scale * 0.5f - 0.5f,
            y * scale * 0.5f - 0.5f) - v);
  return v;
}

static float
texture_level (const Texture * texture, float texels)
{
  return clamp (log2f (texels), 0.f, (float) (texture->n_levels - 1) - 0.001f);
}

/* --- poses -------------------------------------------------------------- */

static View
view_at (const Scene * scene, int t)
{
  const SceneCamera *camera = &scene->camera;
  const double cx = scene->width * 0.5, cy = scene->height * 0.5;
  const double zoom = (1. + camera->zoom) * pow (1. + camera->grow, t);
  const double angle = camera->angle + (double) camera->spin * t;
  const double x = cx + camera->x + (double) camera->vx * t;
  const double y = cy + camera->y + (double) camera->vy * t;
  View view = { zoom * cos (angle), zoom * sin (angle), 0., 0. };

  view.tx = cx - (view.a * x - view.b * y);
  view.ty = cy - (view.b * x + view.a * y);
  return view;
}

static Pose
pose_at (const SceneSprite * s, const View * view, int t)
{
  double x = s->x + (double) s->vx * t, y = s->y + (double) s->vy * t;
  double scale = pow (1. + s->grow, t);
  double angle = s->angle + (double) s->spin * t;
  Pose pose;

  if (s->period > 0.f) {
    const double phase = 2. * G_PI * t / s->period;

    x += s->sway_x * sin (phase);
    y += s->sway_y * (cos (phase) - 1.);
  }
  if (!s->on_glass) {
    const double wx = x, wy = y;

    x = view->a * wx - view->b * wy + view->tx;
    y = view->b * wx + view->a * wy + view->ty;
    scale *= hypot (view->a, view->b);
    angle += atan2 (view->b, view->a);
  }
  pose.x = (float) x;
  pose.y = (float) y;
  pose.half_width = (float) (s->width * scale * 0.5);
  pose.half_height = (float) (s->height * scale * 0.5);
  pose.cosine = (float) cos (angle);
  pose.sine = (float) sin (angle);
  pose.there = !s->hidden && t >= s->from && (s->until == 0 || t < s->until);
  return pose;
}

static SstBox
pose_box (const Pose * pose, SceneShape shape)
{
  const float wc = pose->half_width * pose->cosine;
  const float ws = pose->half_width * pose->sine;
  const float hc = pose->half_height * pose->cosine;
  const float hs = pose->half_height * pose->sine;
  float x, y;

  if (shape == SCENE_ELLIPSE) {
    x = sqrtf (wc * wc + hs * hs);
    y = sqrtf (ws * ws + hc * hc);
  } else {
    x = fabsf (wc) + fabsf (hs);
    y = fabsf (ws) + fabsf (hc);
  }
  return sst_box_from_center (pose->x, pose->y, 2.f * x, 2.f * y);
}

/* --- drawing ------------------------------------------------------------ */

static void
draw_ground (Scene * scene, int component)
{
  const ScenePrivate *priv = scene->priv;
  const int shift = component ? 1 : 0;
  const int width = (scene->width + shift) >> shift;
  const int height = (scene->height + shift) >> shift;
  const double square =
      priv->view.a * priv->view.a + priv->view.b * priv->view.b;
  const double a = priv->view.a / square, b = -priv->view.b / square;
  const float level = texture_level (priv->ground,
      (float) ((1 << shift) / sqrt (square)));
  float *out = priv->bare[component];

  for (int j = 0; j < height; j++)
    for (int i = 0; i < width; i++) {
      const double x = (i + 0.5) * (1 << shift) - priv->view.tx;
      const double y = (j + 0.5) * (1 << shift) - priv->view.ty;

      *out++ = sample_texture (priv->ground, component, level,
          (float) (a * x - b * y), (float) (b * x + a * y));
    }
}

/* Most cameras stand still: what they see is drawn once. */
static void
show_ground (Scene * scene)
{
  ScenePrivate *priv = scene->priv;
  const View *seen = &priv->bare_view, *view = &priv->view;
  const gboolean same = seen->a == view->a && seen->b == view->b
      && seen->tx == view->tx && seen->ty == view->ty;

  for (int c = 0; c < 3; c++) {
    const int shift = c ? 1 : 0;
    const size_t n = (size_t) ((scene->width + shift) >> shift)
        * ((scene->height + shift) >> shift);

    if (!same)
      draw_ground (scene, c);
    memcpy (priv->plane[c], priv->bare[c], n * sizeof (float));
  }
  priv->bare_view = *view;
}

static inline float
sprite_alpha (const Pose * pose, SceneShape shape, float feather, float u,
    float v)
{
  float distance;

  if (shape == SCENE_ELLIPSE) {
    const float x = u / pose->half_width, y = v / pose->half_height;
    const float gx = x / pose->half_width, gy = y / pose->half_height;
    const float f = sqrtf (x * x + y * y), g = sqrtf (gx * gx + gy * gy);

    distance = g > 1e-6f ? f * (f - 1.f) / g
        : -MIN (pose->half_width, pose->half_height);
  } else {
    distance = MAX (fabsf (u) - pose->half_width, fabsf (v)
        - pose->half_height);
  }
  return clamp (0.5f - distance / feather, 0.f, 1.f);
}

/* Returns the number of pixels that the sprite covers, in the picture or
 * outside. */
static int
draw_sprite (Scene * scene, int component, int index, const Pose * pose)
{
  const ScenePrivate *priv = scene->priv;
  const Slot *slot = &g_array_index (priv->slots, Slot, index);
  const SceneSprite *s = &slot->sprite;
  const Texture *texture = slot->texture;
  const int shift = component ? 1 : 0;
  const int width = (scene->width + shift) >> shift;
  const int height = (scene->height + shift) >> shift;
  const float pixel = (float) (1 << shift);
  const float feather = s->feather > 0.f ? s->feather : DEFAULT_FEATHER;
  const SstBox box = pose_box (pose, s->shape);
  const int x0 = (int) floorf ((box.x - feather) / pixel);
  const int y0 = (int) floorf ((box.y - feather) / pixel);
  const int x1 = (int) ceilf ((box.x + box.width + feather) / pixel);
  const int y1 = (int) ceilf ((box.y + box.height + feather) / pixel);
  const float sx = texture->size * 0.5f / pose->half_width;
  const float sy = texture->size * 0.5f / pose->half_height;
  const float level = texture_level (texture, pixel * sqrtf (sx * sy));
  /* The texture must not wrap around at the sprite's edges. */
  const float rim = 0.5f * exp2f (ceilf (level));
  int covered = 0;

  for (int j = y0; j < y1; j++)
    for (int i = x0; i < x1; i++) {
      const gboolean inside = i >= 0 && j >= 0 && i < width && j < height;
      const float dx = (i + 0.5f) * pixel - pose->x;
      const float dy = (j + 0.5f) * pixel - pose->y;
      const float u = pose->cosine * dx + pose->sine * dy;
      const float v = pose->cosine * dy - pose->sine * dx;

      if (!inside && component > 0)
        continue;

      const float alpha = sprite_alpha (pose, s->shape, feather, u, v);

      if (alpha >= 0.5f)
        covered++;
      if (!inside || alpha <= 0.f)
        continue;

      const size_t at = (size_t) j * width + i;
      float *out = priv->plane[component] + at;

      *out += alpha * (sample_texture (texture, component, level,
              clamp (u * sx + texture->size * 0.5f, rim, texture->size - rim),
              clamp (v * sy + texture->size * 0.5f, rim, texture->size - rim))
          - *out);
      if (component == 0 && alpha >= 0.5f)
        priv->owner[at] = (guint8) index;
    }
  return covered;
}

static void
blur_plane (float *plane, float *scratch, int width, int height, float sigma)
{
  float kernel[64], sum = 1.f;
  const int radius = MIN ((int) ceilf (3.f * sigma), 63);

  kernel[0] = 1.f;
  for (int k = 1; k <= radius; k++) {
    kernel[k] = expf (-0.5f * k * k / (sigma * sigma));
    sum += 2.f * kernel[k];
  }
  for (int j = 0; j < height; j++)
    for (int i = 0; i < width; i++) {
      const float *row = plane + (size_t) j * width;
      float v = kernel[0] * row[i];

      for (int k = 1; k <= radius; k++)
        v += kernel[k] * (row[MAX (i - k, 0)] + row[MIN (i + k, width - 1)]);
      scratch[(size_t) j * width + i] = v / sum;
    }
  for (int j = 0; j < height; j++) {
    float *out = plane + (size_t) j * width;

    for (int i = 0; i < width; i++)
      out[i] = kernel[0] * scratch[(size_t) j * width + i];
    for (int k = 1; k <= radius; k++) {
      const float *up = scratch + (size_t) MAX (j - k, 0) * width;
      const float *down = scratch + (size_t) MIN (j + k, height - 1) * width;

      for (int i = 0; i < width; i++)
        out[i] += kernel[k] * (up[i] + down[i]);
    }
    for (int i = 0; i < width; i++)
      out[i] /= sum;
  }
}

static void
finish_plane (Scene * scene, int component, int t, guint8 * out)
{
  const ScenePrivate *priv = scene->priv;
  const SceneLook *look = &scene->look;
  const int shift = component ? 1 : 0;
  const int width = (scene->width + shift) >> shift;
  const int height = (scene->height + shift) >> shift;
  const size_t n = (size_t) width * height;
  float *plane = priv->plane[component];
  const float gain = 1.f + look->gain;
  const float offset = component ? 0.f : look->offset;
  const float noise = look->noise / (float) (1 << shift);
  const float high = component ? 240.f : 235.f;
  const guint64 seed =
      mix (((guint64) priv->seed << 32) + 3 * (guint64) t + component);

  if (look->blur > 0.f)
    blur_plane (plane, priv->scratch, width, height,
        look->blur / (float) (1 << shift));
  for (size_t i = 0; i < n; i++) {
    float v = 128.f + (plane[i] - 128.f) * gain + offset;

    if (noise > 0.f)
      v += noise * normal (mix (seed + i));
    out[i] = (guint8) (clamp (v, 16.f, high) + 0.5f);
  }
}

/* --- the scene ---------------------------------------------------------- */

static int
power_of_two (int least)
{
  int size = 64;

  while (size < least)
    size *= 2;
  return size;
}

void
scene_set_ground (Scene * scene, guint seed)
{
  const int size =
      power_of_two ((int) (1.2f * MAX (scene->width, scene->height)));

  texture_free (scene->priv->ground);
  scene->priv->ground =
      texture_new (size, size / 16, seed * 2 + 1, seed * 2 + 1, 0.5f);
  scene->priv->bare_view = (View) { 0. };
}

Scene *
scene_new (int width, int height, guint seed)
{
  Scene *scene = g_new0 (Scene, 1);
  const size_t luma = (size_t) width * height;
  const size_t chroma = (size_t) ((width + 1) / 2) * ((height + 1) / 2);
  ScenePrivate *priv = g_new0 (ScenePrivate, 1);

  scene->priv = priv;
  scene->width = width;
  scene->height = height;
  scene->t = -1;
  scene->size = luma + 2 * chroma;
  scene->i420 = g_malloc (scene->size);
  priv->seed = seed;
  priv->slots = g_array_new (FALSE, TRUE, sizeof (Slot));
  for (int c = 0; c < 3; c++) {
    priv->plane[c] = g_new (float, c ? chroma : luma);
    priv->bare[c] = g_new (float, c ? chroma : luma);
  }
  priv->scratch = g_new (float, luma);
  priv->owner = g_new (guint8, luma);
  scene_set_ground (scene, seed);
  return scene;
}

void
scene_free (Scene ** scene)
{
  if (!*scene)
    return;

  ScenePrivate *priv = (*scene)->priv;

  for (guint i = 0; i < priv->slots->len; i++)
    texture_free (g_array_index (priv->slots, Slot, i).texture);
  g_array_free (priv->slots, TRUE);
  texture_free (priv->ground);
  for (int c = 0; c < 3; c++) {
    g_free (priv->plane[c]);
    g_free (priv->bare[c]);
  }
  g_free (priv->scratch);
  g_free (priv->owner);
  g_free (priv);
  g_free ((*scene)->i420);
  g_free (*scene);
  *scene = NULL;
}

int
scene_add_sprite (Scene * scene, const SceneSprite * sprite)
{
  const Slot slot = { *sprite };

  g_assert (scene->priv->slots->len < 250);
  g_assert (sprite->width > 0.f && sprite->height > 0.f);
  g_array_append_val (scene->priv->slots, slot);
  return (int) scene->priv->slots->len - 1;
}

SceneSprite *
scene_sprite (Scene * scene, int sprite)
{
  g_assert (sprite >= 0 && sprite < (int) scene->priv->slots->len);
  return &g_array_index (scene->priv->slots, Slot, sprite).sprite;
}

/* Textures are made when first drawn, so that seeds can change as well. */
static void
prepare_slot (Slot * slot)
{
  const guint seed = slot->sprite.seed;
  const guint palette = slot->sprite.palette ? slot->sprite.palette : seed;

  if (slot->texture && slot->seed == seed && slot->palette == palette)
    return;
  texture_free (slot->texture);
  slot->texture = texture_new (SPRITE_TEXELS, SPRITE_TEXELS / 2, seed * 2,
      palette * 2, 1.f);
  slot->seed = seed;
  slot->palette = palette;
}

static void
draw_all (Scene * scene, int t)
{
  ScenePrivate *priv = scene->priv;
  int covered[256] = { 0 }, seen[256] = { 0 };
  const size_t luma = (size_t) scene->width * scene->height;

  memset (priv->owner, 255, luma);
  show_ground (scene);
  for (guint i = 0; i < priv->slots->len; i++) {
    Slot *slot = &g_array_index (priv->slots, Slot, i);
    const Pose pose = pose_at (&slot->sprite, &priv->view, t);

    slot->truth.box = pose_box (&pose, slot->sprite.shape);
    if (!pose.there)
      continue;
    prepare_slot (slot);
    covered[i] = draw_sprite (scene, 0, (int) i, &pose);
    for (int c = 1; c < 3; c++)
      draw_sprite (scene, c, (int) i, &pose);
  }
  for (size_t i = 0; i < luma; i++)
    seen[priv->owner[i]]++;
  for (guint i = 0; i < priv->slots->len; i++)
    g_array_index (priv->slots, Slot, i).truth.visible =
        covered[i] ? (float) seen[i] / covered[i] : 0.f;
}

SstFrame
scene_render (Scene * scene, int t)
{
  ScenePrivate *priv = scene->priv;
  guint8 *out = scene->i420;

  g_assert (t >= 0);
  priv->last_view = priv->view;
  priv->view = view_at (scene, t);
  if (scene->t < 0)
    priv->last_view = priv->view;
  scene->t = t;
  draw_all (scene, t);
  for (int c = 0; c < 3; c++) {
    const int shift = c ? 1 : 0;

    finish_plane (scene, c, t, out);
    out += (size_t) ((scene->width + shift) >> shift)
        * ((scene->height + shift) >> shift);
  }
  return scene_frame (scene);
}

SstFrame
scene_frame (const Scene * scene)
{
  const int chroma_width = (scene->width + 1) / 2;
  const size_t luma = (size_t) scene->width * scene->height;
  const size_t chroma = (size_t) chroma_width * ((scene->height + 1) / 2);

  SstFrame frame = { SST_FORMAT_I420 };

  frame.width = scene->width;
  frame.height = scene->height;
  frame.plane[0] = scene->i420;
  frame.plane[1] = scene->i420 + luma;
  frame.plane[2] = scene->i420 + luma + chroma;
  frame.stride[0] = scene->width;
  frame.stride[1] = chroma_width;
  frame.stride[2] = chroma_width;
  return frame;
}

SceneTruth
scene_truth (const Scene * scene, int sprite)
{
  g_assert (sprite >= 0 && sprite < (int) scene->priv->slots->len);
  return g_array_index (scene->priv->slots, Slot, sprite).truth;
}

SstCameraMotion
scene_motion (const Scene * scene)
{
  const View *from = &scene->priv->last_view, *to = &scene->priv->view;
  const double square = from->a * from->a + from->b * from->b;
  const double a = (to->a * from->a + to->b * from->b) / square;
  const double b = (to->b * from->a - to->a * from->b) / square;

  SstCameraMotion motion = SST_CAMERA_MOTION_IDENTITY;

  motion.a = (float) a;
  motion.b = (float) b;
  motion.tx = (float) (to->tx - (a * from->tx - b * from->ty));
  motion.ty = (float) (to->ty - (b * from->tx + a * from->ty));
  motion.support = 1.f;
  return motion;
}

/* --- other formats ------------------------------------------------------ */

/* Bytes that a plane's row needs. */
static int
row_bytes (SstFormat format, int plane, int width)
{
  const int chroma = (width + 1) / 2;

  switch (format) {
    case SST_FORMAT_I420:
    case SST_FORMAT_YV12:
      return plane ? chroma : width;
    case SST_FORMAT_NV12:
    case SST_FORMAT_NV21:
      return plane ? 2 * chroma : width;
    case SST_FORMAT_P010:
      return plane ? 4 * chroma : 2 * width;
    case SST_FORMAT_I420_10:
      return 2 * (plane ? chroma : width);
    case SST_FORMAT_NV12_10_32:
      return (width + 2) / 3 * 4;
    case SST_FORMAT_YUY2:
    case SST_FORMAT_UYVY:
      return 4 * chroma;
    case SST_FORMAT_GRAY8:
      return width;
    case SST_FORMAT_RGB:
    case SST_FORMAT_BGR:
      return 3 * width;
    default:
      return 4 * width;
  }
}

static int
count_planes (SstFormat format)
{
  switch (format) {
    case SST_FORMAT_I420:
    case SST_FORMAT_YV12:
    case SST_FORMAT_I420_10:
      return 3;
    case SST_FORMAT_NV12:
    case SST_FORMAT_NV21:
    case SST_FORMAT_P010:
    case SST_FORMAT_NV12_10_32:
      return 2;
    default:
      return 1;
  }
}

static inline guint8
to_byte (float v)
{
  return (guint8) (clamp (v, 0.f, 255.f) + 0.5f);
}

static void
write_rgb (guint8 * out, SstFormat format, int y, int u, int v)
{
  /* Where R, G, B go, and how many bytes a pixel has. */
  static const guint8 layout[][4] = {
    [SST_FORMAT_RGB] = {0, 1, 2, 3},
    [SST_FORMAT_BGR] = {2, 1, 0, 3},
    [SST_FORMAT_RGBX] = {0, 1, 2, 4},
    [SST_FORMAT_BGRX] = {2, 1, 0, 4},
    [SST_FORMAT_XRGB] = {1, 2, 3, 4},
    [SST_FORMAT_XBGR] = {3, 2, 1, 4},
  };
  const float luma = (float) (y - 16) * (255.f / 219.f);
  const float cb = (float) (u - 128) * (255.f / 224.f);
  const float cr = (float) (v - 128) * (255.f / 224.f);

  out[layout[format][0]] = to_byte (luma + 1.402f * cr);
  out[layout[format][1]] = to_byte (luma - 0.344136f * cb - 0.714136f * cr);
  out[layout[format][2]] = to_byte (luma + 1.772f * cb);
}

/* Ten bits of which the low two are not 0. */
static void
write_low_bits (guint8 * out, int i, guint8 value)
{
  const guint ten = value * 4u + 3u;

  out[2 * i] = ten & 0xff;
  out[2 * i + 1] = (guint8) (ten >> 8);
}

static void
write_word (guint8 * row, int words, int i, guint8 value)
{
  guint32 word;

  if (i / 3 >= words)
    return;
  memcpy (&word, row + i / 3 * 4, 4);
  word = GUINT32_FROM_LE (word);
  word &= ~(0x3ffu << (i % 3 * 10));
  word |= (value * 4u + 1u) << (i % 3 * 10);
  word = GUINT32_TO_LE (word);
  memcpy (row + i / 3 * 4, &word, 4);
}

/* Writes the pixel x, y of a picture, and the chroma that goes with it. */
static void
write_pixel (SstFormat format, guint8 * const *plane, const ptrdiff_t *stride,
    int width, int x, int y, const guint8 yuv[3])
{
  guint8 *row[3];
  const int half = x / 2;

  for (int p = 0; p < 3; p++) {
    const int line = p ? y / 2 : y;

    row[p] = plane[p] ? plane[p] + line * stride[p] : NULL;
  }
  switch (format) {
    case SST_FORMAT_I420:
    case SST_FORMAT_YV12:
      row[0][x] = yuv[0];
      row[format == SST_FORMAT_I420 ? 1 : 2][half] = yuv[1];
      row[format == SST_FORMAT_I420 ? 2 : 1][half] = yuv[2];
      break;
    case SST_FORMAT_NV12:
    case SST_FORMAT_NV21:
      row[0][x] = yuv[0];
      row[1][2 * half] = yuv[format == SST_FORMAT_NV12 ? 1 : 2];
      row[1][2 * half + 1] = yuv[format == SST_FORMAT_NV12 ? 2 : 1];
      break;
    case SST_FORMAT_P010:
      row[0][2 * x] = row[1][4 * half] = row[1][4 * half + 2] = 0;
      row[0][2 * x + 1] = yuv[0];
      row[1][4 * half + 1] = yuv[1];
      row[1][4 * half + 3] = yuv[2];
      break;
    case SST_FORMAT_I420_10:
      write_low_bits (row[0], x, yuv[0]);
      write_low_bits (row[1], half, yuv[1]);
      write_low_bits (row[2], half, yuv[2]);
      break;
    case SST_FORMAT_NV12_10_32:
      write_word (row[0], (width + 2) / 3, x, yuv[0]);
      write_word (row[1], (width + 2) / 3, 2 * half, yuv[1]);
      write_word (row[1], (width + 2) / 3, 2 * half + 1, yuv[2]);
      break;
    case SST_FORMAT_YUY2:
      row[0][2 * x] = yuv[0];
      row[0][4 * half + 1] = yuv[1];
      row[0][4 * half + 3] = yuv[2];
      break;
    case SST_FORMAT_UYVY:
      row[0][2 * x + 1] = yuv[0];
      row[0][4 * half] = yuv[1];
      row[0][4 * half + 2] = yuv[2];
      break;
    case SST_FORMAT_GRAY8:
      row[0][x] = yuv[0];
      break;
    case SST_FORMAT_RGB:
    case SST_FORMAT_BGR:
      write_rgb (row[0] + 3 * x, format, yuv[0], yuv[1], yuv[2]);
      break;
    default:
      write_rgb (row[0] + 4 * x, format, yuv[0], yuv[1], yuv[2]);
      break;
  }
}

guint8 *
scene_convert_frame (const SstFrame * i420, SstFormat format, int padding,
    SstFrame * frame)
{
  guint8 *plane[3] = { NULL };
  SstFrame out = { format };
  size_t size = 0;

  g_assert (i420->format == SST_FORMAT_I420);
  g_assert (format > SST_FORMAT_UNKNOWN && format <= SST_FORMAT_NV12_10_32);
  out.width = i420->width;
  out.height = i420->height;
  for (int p = 0; p < count_planes (format); p++) {
    out.stride[p] = row_bytes (format, p, i420->width) + padding;
    size += (size_t) out.stride[p] * (p ? (i420->height + 1) / 2
        : i420->height);
  }

  guint8 *const memory = g_malloc (size);
  guint8 *at = memory;

  memset (memory, JUNK, size);
  for (int p = 0; p < count_planes (format); p++) {
    plane[p] = at;
    out.plane[p] = at;
    at += out.stride[p] * (p ? (i420->height + 1) / 2 : i420->height);
  }
  for (int y = 0; y < i420->height; y++) {
    const guint8 *in[3];

    for (int p = 0; p < 3; p++)
      in[p] = i420->plane[p] + (p ? y / 2 : y) * i420->stride[p];
    for (int x = 0; x < i420->width; x++) {
      const guint8 yuv[3] = { in[0][x], in[1][x / 2], in[2][x / 2] };

      write_pixel (format, plane, out.stride, i420->width, x, y, yuv);
    }
  }
  *frame = out;
  return memory;
}

guint8 *
scene_convert (const Scene * scene, SstFormat format, int padding,
    SstFrame * frame)
{
  const SstFrame view = scene_frame (scene);

  return scene_convert_frame (&view, format, padding, frame);
}
