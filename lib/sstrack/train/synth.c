/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <sstrack/train/synth.h>

#include <string.h>

#include <sstrack/simd.h>
#include <sstrack/train/augment.h>

/* Shares of the pairs. */
#define P_OBJECT 0.25f
#define P_LOOKALIKE 0.4f
#define P_OCCLUDER 0.2f
#define P_ABSENT 0.05f
#define P_MIRROR 0.5f

/* Of objects: search has the background of another clip. */
#define P_OTHER_BACKGROUND 0.25f
/* The largest that an object is on it, as a share of its shorter side. */
#define MAX_BACKGROUND 0.3f
#define P_INSIDE 0.7f
/* Of other backgrounds: template and search from this many pictures apart. */
#define NEAR_PICTURES 5
/* Of objects: parts bend; standard deviation of the bumps, in half sizes. */
#define P_BEND 0.35f
#define BUMP_SIGMA 0.08f

/* Of look-alikes: cut from the same picture (and of these, the object itself in
 * other colours), in the template too, over the target. */
#define P_SAME_PICTURE 0.6f
#define P_SAME_PATCH 0.3f
#define P_IN_TEMPLATE 0.7f
#define P_OVER 0.3f
#define MAX_OTHERS 3

/* The most of a target's box that things cover. */
#define MOST_OVER 0.3f
#define MOST_OCCLUDED 0.6f
#define P_ERASE 0.3f

/* Targets, pixels of their picture or share of its shorter side. */
#define MIN_SIZE 16.f
#define MAX_SIZE 0.6f
#define ASPECT_SIGMA 0.45f
#define MIN_ASPECT 0.3f
#define MAX_ASPECT 3.2f
#define REGION_DRAWS 3
#define MAX_REGION_DRAWS 6
#define TEXTURE_SIDE 16
#define FLAT (6.f * 6.f)        /* variance below which more are drawn */

/* Search: scale, place (share of the side), stretch, turn (degrees). */
#define SCALE_SIGMA 0.25f
#define MIN_SCALE 0.5f
#define MAX_SCALE 2.f
#define SHIFT 0.33f
#define STRETCH_SIGMA 0.07f
#define P_STRETCH_MORE 0.12f
#define STRETCH_MORE_SIGMA 0.2f
#define P_TURN 0.5f
#define TURN_SIGMA 8.f
#define P_TURN_MORE 0.1f
#define TURN_MORE 30.f

/* Template: errors of who draws the first box, as a share of the target. */
#define TEMPLATE_SCALE_SIGMA 0.05f
#define TEMPLATE_SHIFT_SIGMA 0.03f

/* A target is where its mask is over this. */
#define VISIBLE 0.4f

/* Size of a target in a tensor, where the scale is right. */
#define SIZE (SST_SEARCH_SIDE / SST_SEARCH_FACTOR)

/* The largest sample that is warped, and samples for each pixel of the result:
 * more than one, so that a second interpolation does not blur. */
#define SOURCE_SIDE 352
#define DENSITY 1.25f

/* A warp is exact at every so many pixels and linear between. */
#define CELL 8
#define MAX_WINDOW 320
#define MAX_NODES (MAX_WINDOW / CELL + 2)

/* Pixels for a unit of an object when only its bounds are looked for. */
#define MEASURE 12.f

#define BUMPS 4

/* Luma, the chromas, mask. */
typedef float Pixel
    __attribute__ ((vector_size (4 * sizeof (float)), aligned (4)));

/* Something cut from a picture. In its own coordinates it reaches from
 * (-x_reach, -y_reach) to (x_reach, y_reach), whose product is 1: its size is
 * 2. */
typedef struct
{
  const SstFrame *frame;
  SstBox region;
  float x_reach, y_reach;
  gboolean flip, recolored;
  float gain, offset;           /* of luma */
  float c, s;                   /* turn and stretch of the chromas */
  float blob[SST_AUGMENT_BLOB_SIZE];
} Object;

/* Where a point of a deformed object was before. */
typedef struct
{
  struct
  {
    float x, y, dx, dy, per_square;
  } bump[BUMPS];
  gboolean bend;                /* beyond a line the rest is turned and moved */
  float normal_x, normal_y, line, per_width;
  float c, s, dx, dy;
} Deformation;

/* An object in a tensor: (x, y) in pixels is
 * scale * (xx, xy; yx, yy) object + (x, y). */
typedef struct
{
  const Object *object;
  Deformation deformation;
  float xx, xy, yx, yy;
  float scale, x, y;
  SstBox bounds;                /* at scale 1, x = y = 0 */
  SstBox box;                   /* in pixels of the tensor */
} Layer;

/* Object coordinates, as shares of the reach, of pixels of a window. */
typedef struct
{
  int left, top, width, height;
  int cell, columns;
  float u[MAX_NODES * MAX_NODES], v[MAX_NODES * MAX_NODES];
} Mesh;

/* The largest mask in each column and row of a window. */
typedef struct
{
  float column[MAX_WINDOW], row[MAX_WINDOW];
} Profile;

/* Pixels of a tensor to pixels of a picture. */
typedef struct
{
  const SstFrame *frame;
  float xx, xy, yx, yy, x, y;
} View;

struct _SstSynth
{
  const SstFootage *footage;
  SstSynthParams params;
  guint n_clips;
  float *ladder;                /* [n_clips] sums of the clips' weights */

  SstSampler *sampler;
  Object target, other[MAX_OTHERS];
  Mesh mesh;
  Profile profile;
  float *planes;                /* 3 planes of up to SOURCE_SIDE^2 */
  Pixel *pixels;                /* the same, interleaved */
  float *blob;                  /* of an occluder */
  float *scratch;               /* of augmentation */
};

void
sst_synth_params_init (SstSynthParams * params)
{
  *params = (SstSynthParams) {
    .object = P_OBJECT, .lookalike = P_LOOKALIKE, .occluder = P_OCCLUDER,
    .absent = P_ABSENT, .strength = 1.f
  };
}

SstSynth *
sst_synth_new (const SstFootage * footage)
{
  const size_t area = (size_t) SOURCE_SIDE * SOURCE_SIDE;
  SstSynth *synth = g_new0 (SstSynth, 1);
  float sum = 0.f;

  synth->footage = footage;
  synth->n_clips = sst_footage_n_clips (footage);
  synth->ladder = g_new (float, synth->n_clips);
  /* the pictures of a clip are much alike */
  for (guint i = 0; i < synth->n_clips; i++) {
    sum += sqrtf ((float) sst_clip_length (sst_footage_clip (footage, i)));
    synth->ladder[i] = sum;
  }
  synth->sampler = sst_sampler_new ();
  synth->planes = g_new (float, 3 * area);
  synth->pixels = g_new (Pixel, area);
  synth->blob = g_new (float, SST_AUGMENT_BLOB_SIZE);
  synth->scratch = g_new (float, SST_AUGMENT_SCRATCH (SST_SEARCH_SIDE));
  sst_synth_params_init (&synth->params);
  return synth;
}

void
sst_synth_free (SstSynth ** synth)
{
  if (*synth == NULL)
    return;
  sst_sampler_free (&(*synth)->sampler);
  g_free ((*synth)->ladder);
  g_free ((*synth)->planes);
  g_free ((*synth)->pixels);
  g_free ((*synth)->blob);
  g_free ((*synth)->scratch);
  g_clear_pointer (synth, g_free);
}

void
sst_synth_set_params (SstSynth * synth, const SstSynthParams * params)
{
  synth->params = *params;
}

/* e to a normal of that sigma, which is cut at 3. */
static float
log_normal (SstRandom * random, float sigma)
{
  const float x = sst_random_normal (random, 1.f);

  return expf (sigma * CLAMP (x, -3.f, 3.f));
}

/* --- What is in the footage --- */

static guint
draw_clip (const SstSynth * synth, SstRandom * random)
{
  const float at = sst_random_uniform (random, 0.f,
      synth->ladder[synth->n_clips - 1]);
  guint low = 0, high = synth->n_clips - 1;

  while (low < high) {
    const guint middle = (low + high) / 2;

    if (synth->ladder[middle] <= at)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* Another than clip not, if there is one. */
static guint
draw_other_clip (const SstSynth * synth, guint not, SstRandom * random)
{
  const guint clip = draw_clip (synth, random);

  if (clip != not || synth->n_clips == 1)
    return clip;
  return (not + 1 + sst_random_below (random, synth->n_clips - 1))
      % synth->n_clips;
}

static const SstFrame *
draw_frame (const SstSynth * synth, guint clip, SstRandom * random)
{
  const SstClip *const c = sst_footage_clip (synth->footage, clip);

  return sst_clip_fetch (c, sst_random_below (random, sst_clip_length (c)));
}

static float
texture (SstSynth * synth, const SstFrame * frame, const SstBox * region)
{
  const int n = TEXTURE_SIDE * TEXTURE_SIDE;
  float sum = 0.f, squares = 0.f;

  sst_sampler_sample (synth->sampler, frame, region, SST_SAMPLE_LUMA,
      TEXTURE_SIDE, TEXTURE_SIDE, synth->planes);
  for (int i = 0; i < n; i++) {
    sum += synth->planes[i];
    squares += synth->planes[i] * synth->planes[i];
  }
  return squares / n - (sum / n) * (sum / n);
}

/* A region with some texture, if there is any. */
static SstBox
draw_region (SstSynth * synth, const SstFrame * frame, SstRandom * random)
{
  const float shorter = MIN (frame->width, frame->height);
  const float largest = MAX_SIZE * shorter;
  const float smallest = MIN (MIN_SIZE, largest);
  SstBox best = { 0.f, 0.f, 0.f, 0.f };
  float most = -1.f;

  for (int i = 0; i < (most < FLAT ? MAX_REGION_DRAWS : REGION_DRAWS); i++) {
    const float size = expf (sst_random_uniform (random, logf (smallest),
            logf (largest)));
    const float drawn = log_normal (random, ASPECT_SIGMA);
    const float aspect = sqrtf (CLAMP (drawn, MIN_ASPECT, MAX_ASPECT));
    const float width = MIN (size * aspect, 0.9f * frame->width);
    const float height = MIN (size / aspect, 0.9f * frame->height);
    const SstBox region = {
      sst_random_uniform (random, 0.f, frame->width - width),
      sst_random_uniform (random, 0.f, frame->height - height), width, height
    };
    const float found = texture (synth, frame, &region);

    if (found > most) {
      most = found;
      best = region;
    }
  }
  return best;
}

/* --- Pictures into tensors --- */

/* How search is turned and stretched. */
static void
draw_linear (SstRandom * random, float *xx, float *xy, float *yx, float *yy)
{
  const float degree = (float) G_PI / 180.f;
  const float angle = degree * (sst_random_chance (random, P_TURN_MORE)
      ? sst_random_uniform (random, -TURN_MORE, TURN_MORE)
      : sst_random_chance (random, P_TURN)
      ? sst_random_normal (random, TURN_SIGMA) : 0.f);
  const float stretch = log_normal (random,
      sst_random_chance (random, P_STRETCH_MORE) ? STRETCH_MORE_SIGMA
      : STRETCH_SIGMA);
  const float c = cosf (angle), s = sinf (angle);

  *xx = stretch * c;
  *xy = -stretch * s;
  *yx = s / stretch;
  *yy = c / stretch;
}

/* A view in which the picture's (px, py) is at (x, y) of the tensor, and which
 * maps by (xx, xy; yx, yy) from picture to tensor. */
static View
view_make (const SstFrame * frame, float xx, float xy, float yx, float yy,
    float px, float py, float x, float y)
{
  const float per_det = 1.f / (xx * yy - xy * yx);
  View view = { frame, yy * per_det, -xy * per_det, -yx * per_det,
    xx * per_det, 0.f, 0.f
  };

  view.x = px - view.xx * x - view.xy * y;
  view.y = py - view.yx * x - view.yy * y;
  return view;
}

/* Bilinear, the border repeated. */
SST_ALWAYS_INLINE Pixel
pixel_at (const Pixel * source, int width, int height, float x, float y)
{
  const float u = CLAMP (x, 0.f, (float) (width - 1));
  const float v = CLAMP (y, 0.f, (float) (height - 1));
  const int i = (int) u, j = (int) v;
  const float fu = u - i, fv = v - j;
  const Pixel *a = source + (size_t) j * width + i;
  const Pixel *b = j + 1 < height ? a + width : a;
  const int next = i + 1 < width;
  const Pixel above = a[0] + fu * (a[next] - a[0]);
  const Pixel below = b[0] + fu * (b[next] - b[0]);

  return above + fv * (below - above);
}

SST_MULTIVERSION static void
interleave (const float *planes, int n, Pixel * pixels)
{
  for (int i = 0; i < n; i++)
    pixels[i] = (Pixel) { planes[i], planes[n + i], planes[2 * n + i], 0.f };
}

SST_MULTIVERSION static void
warp_affine (const Pixel * source, int width, int height, const View * view,
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

static void
render (SstSynth * synth, const View * view, int side, float *tensor)
{
  /* the bounds of the tensor's corners */
  const float left = MIN (view->xx, 0.f) * side + MIN (view->xy, 0.f) * side;
  const float top = MIN (view->yx, 0.f) * side + MIN (view->yy, 0.f) * side;
  const float wide = (fabsf (view->xx) + fabsf (view->xy)) * side;
  const float high = (fabsf (view->yx) + fabsf (view->yy)) * side;
  const SstBox region = { view->x + left, view->y + top, wide, high };
  const float density = DENSITY / sqrtf (fabsf (view->xx * view->yy
          - view->xy * view->yx));
  int width, height;
  View warp = *view;

  if (view->xy == 0.f && view->yx == 0.f) {
    sst_sampler_sample (synth->sampler, view->frame, &region, SST_SAMPLE_YCC,
        side, side, tensor);
    return;
  }
  width = (int) CLAMP (wide * density, 2.f, (float) SOURCE_SIDE);
  height = (int) CLAMP (high * density, 2.f, (float) SOURCE_SIDE);
  sst_sampler_sample (synth->sampler, view->frame, &region, SST_SAMPLE_YCC,
      width, height, synth->planes);
  interleave (synth->planes, width * height, synth->pixels);

  warp.xx *= width / wide;
  warp.xy *= width / wide;
  warp.x = (view->x - region.x) * width / wide;
  warp.yx *= height / high;
  warp.yy *= height / high;
  warp.y = (view->y - region.y) * height / high;
  warp_affine (synth->pixels, width, height, &warp, side, tensor);
}

/* --- Objects into tensors --- */

static void
object_make (Object * object, const SstFrame * frame, const SstBox * region,
    SstRandom * random)
{
  object->frame = frame;
  object->region = *region;
  object->x_reach = sqrtf (region->width / region->height);
  object->y_reach = 1.f / object->x_reach;
  object->flip = object->recolored = FALSE;
  sst_augment_blob (object->blob, random);
}

static void
draw_deformation (Deformation * deformation, const Object * object,
    float sigma, SstRandom * random)
{
  const float amount = fabsf (sst_random_normal (random, sigma));
  float angle;

  for (int i = 0; i < BUMPS; i++) {
    const float reach = sst_random_uniform (random, 0.5f, 1.f);

    deformation->bump[i].x = object->x_reach
        * sst_random_uniform (random, -1.f, 1.f);
    deformation->bump[i].y = object->y_reach
        * sst_random_uniform (random, -1.f, 1.f);
    deformation->bump[i].dx = amount * CLAMP (sst_random_normal (random, 2.f),
        -4.f, 4.f);
    deformation->bump[i].dy = amount * CLAMP (sst_random_normal (random, 2.f),
        -4.f, 4.f);
    deformation->bump[i].per_square = 1.f / (reach * reach);
  }

  deformation->bend = sst_random_chance (random, P_BEND);
  /* most often across the longer side, as limbs are */
  angle = sst_random_normal (random, 0.6f)
      + (object->x_reach < object->y_reach ? (float) G_PI_2 : 0.f)
      + (sst_random_chance (random, 0.5f) ? (float) G_PI : 0.f);
  deformation->normal_x = cosf (angle);
  deformation->normal_y = sinf (angle);
  deformation->line = sst_random_uniform (random, -0.3f, 0.5f)
      * MAX (object->x_reach, object->y_reach);
  deformation->per_width = 1.f / sst_random_uniform (random, 0.15f, 0.6f);
  angle = sst_random_normal (random, 0.25f);
  angle = CLAMP (angle, -0.5f, 0.5f);
  deformation->c = cosf (angle);
  deformation->s = sinf (angle);
  deformation->dx = sst_random_uniform (random, -0.15f, 0.15f);
  deformation->dy = sst_random_uniform (random, -0.15f, 0.15f);
}

static void
deform (const Deformation * d, float *px, float *py)
{
  const float x = *px, y = *py;
  float u = x, v = y;

  for (int i = 0; i < BUMPS; i++) {
    const float dx = x - d->bump[i].x, dy = y - d->bump[i].y;
    const float w = 1.f / (1.f + (dx * dx + dy * dy) * d->bump[i].per_square);

    u += d->bump[i].dx * w * w;
    v += d->bump[i].dy * w * w;
  }
  if (d->bend) {
    const float beyond = u * d->normal_x + v * d->normal_y - d->line;
    const float t = CLAMP (0.5f + beyond * d->per_width, 0.f, 1.f);
    const float w = t * t * (3.f - 2.f * t);
    /* about the middle of the line */
    const float x0 = d->line * d->normal_x, y0 = d->line * d->normal_y;
    const float du = u - x0, dv = v - y0;

    u += w * (x0 + d->c * du - d->s * dv + d->dx - u);
    v += w * (y0 + d->s * du + d->c * dv + d->dy - v);
  }
  *px = u;
  *py = v;
}

/* The mesh of a window of the layer as it would be at that scale and place. */
static void
mesh_make (Mesh * mesh, const Layer * layer, float scale, float x, float y,
    int cell)
{
  const float per_det = 1.f / (scale * (layer->xx * layer->yy
          - layer->xy * layer->yx));
  const float per_x = 1.f / layer->object->x_reach;
  const float per_y = 1.f / layer->object->y_reach;
  const int rows = (mesh->height - 1) / cell + 2;

  mesh->cell = cell;
  mesh->columns = (mesh->width - 1) / cell + 2;
  for (int j = 0; j < rows; j++) {
    for (int i = 0; i < mesh->columns; i++) {
      const float dx = mesh->left + i * cell + 0.5f - x;
      const float dy = mesh->top + j * cell + 0.5f - y;
      float px = (layer->yy * dx - layer->xy * dy) * per_det;
      float py = (layer->xx * dy - layer->yx * dx) * per_det;

      deform (&layer->deformation, &px, &py);
      mesh->u[j * mesh->columns + i] = px * per_x;
      mesh->v[j * mesh->columns + i] = py * per_y;
    }
  }
}

/* One row of a window in the coordinates of a source of n_x by n_y pixels that
 * covers the margin of a blob. */
SST_MULTIVERSION static void
mesh_row (const Mesh * mesh, int row, int n_x, int n_y, float *restrict x,
    float *restrict y)
{
  const int node = row / mesh->cell;
  const float t = (row - node * mesh->cell) / (float) mesh->cell;
  const float per_cell = 1.f / mesh->cell;
  const float *u = mesh->u + node * mesh->columns;
  const float *v = mesh->v + node * mesh->columns;
  const float x_scale = n_x / (2.f * SST_AUGMENT_BLOB_MARGIN);
  const float y_scale = n_y / (2.f * SST_AUGMENT_BLOB_MARGIN);
  const float x_middle = 0.5f * (n_x - 1), y_middle = 0.5f * (n_y - 1);

  for (int k = 0; k < mesh->columns - 1; k++) {
    const int n = MIN (mesh->cell, mesh->width - k * mesh->cell);
    const float u0 = u[k] + t * (u[mesh->columns + k] - u[k]);
    const float v0 = v[k] + t * (v[mesh->columns + k] - v[k]);
    const float u1 = u[k + 1] + t * (u[mesh->columns + k + 1] - u[k + 1]);
    const float v1 = v[k + 1] + t * (v[mesh->columns + k + 1] - v[k + 1]);
    const float du = (u1 - u0) * per_cell, dv = (v1 - v0) * per_cell;

    for (int i = 0; i < n; i++) {
      x[k * mesh->cell + i] = (u0 + i * du) * x_scale + x_middle;
      y[k * mesh->cell + i] = (v0 + i * dv) * y_scale + y_middle;
    }
  }
}

/* From where on a profile is over VISIBLE, and until where. */
static gboolean
crossings (const float *profile, int n, float *from, float *to)
{
  int first = 0, last = n - 1;

  while (first < n && profile[first] <= VISIBLE)
    first++;
  while (last > first && profile[last] <= VISIBLE)
    last--;
  if (first >= n)
    return FALSE;
  /* pixel i has its middle at i + 0.5 */
  *from = first == 0 ? 0.f : first + 0.5f - (profile[first] - VISIBLE)
      / (profile[first] - profile[first - 1]);
  *to = last == n - 1 ? n : last + 0.5f + (profile[last] - VISIBLE)
      / (profile[last] - profile[last + 1]);
  return TRUE;
}

static gboolean
profile_box (const Profile * profile, const Mesh * mesh, SstBox * box)
{
  float right, bottom;

  if (!crossings (profile->column, mesh->width, &box->x, &right)
      || !crossings (profile->row, mesh->height, &box->y, &bottom))
    return FALSE;
  box->width = right - box->x;
  box->height = bottom - box->y;
  box->x += mesh->left;
  box->y += mesh->top;
  return box->width > 0.f && box->height > 0.f;
}

SST_MULTIVERSION static void
profile_blob (const Mesh * mesh, const float *blob, Profile * profile)
{
  const int n = SST_AUGMENT_BLOB_SIDE;
  float x[MAX_WINDOW], y[MAX_WINDOW];

  memset (profile->column, 0, mesh->width * sizeof (float));
  for (int j = 0; j < mesh->height; j++) {
    float most = 0.f;

    mesh_row (mesh, j, n, n, x, y);
    for (int i = 0; i < mesh->width; i++) {
      const float u = CLAMP (x[i], 0.f, n - 1.001f);
      const float v = CLAMP (y[i], 0.f, n - 1.001f);
      const int iu = (int) u, iv = (int) v;
      const float fu = u - iu, fv = v - iv;
      const float *at = blob + iv * n + iu;
      const float above = at[0] + fu * (at[1] - at[0]);
      const float below = at[n] + fu * (at[n + 1] - at[n]);
      const float mask = above + fv * (below - above);

      most = MAX (most, mask);
      profile->column[i] = MAX (profile->column[i], mask);
    }
    profile->row[j] = most;
  }
}

/* Draws how an object looks in one tensor. FALSE: nothing of it is left. */
static gboolean
layer_shape (SstSynth * synth, Layer * layer, const Object * object,
    float sigma, SstRandom * random)
{
  Mesh *const mesh = &synth->mesh;
  float reach_x, reach_y;
  int x, y;

  layer->object = object;
  draw_deformation (&layer->deformation, object, sigma, random);

  /* far enough for anything that the deformation does */
  reach_x = object->x_reach + 0.25f * (object->x_reach + object->y_reach);
  reach_y = object->y_reach + 0.25f * (object->x_reach + object->y_reach);
  x = (int) ceilf (MEASURE * (fabsf (layer->xx) * reach_x
          + fabsf (layer->xy) * reach_y));
  y = (int) ceilf (MEASURE * (fabsf (layer->yx) * reach_x
          + fabsf (layer->yy) * reach_y));
  mesh->width = MIN (2 * x, MAX_WINDOW);
  mesh->height = MIN (2 * y, MAX_WINDOW);
  mesh->left = -mesh->width / 2;
  mesh->top = -mesh->height / 2;
  mesh_make (mesh, layer, MEASURE, 0.f, 0.f, CELL);
  profile_blob (mesh, object->blob, &synth->profile);
  if (!profile_box (&synth->profile, mesh, &layer->bounds))
    return FALSE;
  layer->bounds.x /= MEASURE;
  layer->bounds.y /= MEASURE;
  layer->bounds.width /= MEASURE;
  layer->bounds.height /= MEASURE;
  return TRUE;
}

/* Puts the middle of its bounds at a place and gives them a size. */
static void
layer_put (Layer * layer, float x, float y, float size)
{
  const SstBox *const bounds = &layer->bounds;

  layer->scale = size / sst_box_scale (bounds);
  layer->x = x - layer->scale * sst_box_center_x (bounds);
  layer->y = y - layer->scale * sst_box_center_y (bounds);
  layer->box = sst_box_from_center (x, y, layer->scale * bounds->width,
      layer->scale * bounds->height);
}

/* The object's pixels with its mask, width by height of them. */
static void
load_object (SstSynth * synth, const Object * object, int width, int height)
{
  const float margin = SST_AUGMENT_BLOB_MARGIN;
  const SstBox region = sst_box_from_center (sst_box_center_x (&object->region),
      sst_box_center_y (&object->region), margin * object->region.width,
      margin * object->region.height);
  const int blob_side = SST_AUGMENT_BLOB_SIDE, n = width * height;
  const float x_step = blob_side / (float) width;
  const float y_step = blob_side / (float) height;
  Pixel *pixel = synth->pixels;

  sst_sampler_sample (synth->sampler, object->frame, &region, SST_SAMPLE_YCC,
      width, height, synth->planes);
  for (int y = 0; y < height; y++) {
    const float v = CLAMP ((y + 0.5f) * y_step - 0.5f, 0.f,
        blob_side - 1.001f);
    const int iv = (int) v;

    for (int x = 0; x < width; x++, pixel++) {
      const float *from = synth->planes + (size_t) y * width
          + (object->flip ? width - 1 - x : x);
      const float u = CLAMP ((x + 0.5f) * x_step - 0.5f, 0.f,
          blob_side - 1.001f);
      const int iu = (int) u;
      const float fu = u - iu, fv = v - iv;
      const float *mask = object->blob + iv * blob_side + iu;
      const float above = mask[0] + fu * (mask[1] - mask[0]);
      const float below = mask[blob_side]
          + fu * (mask[blob_side + 1] - mask[blob_side]);

      *pixel = (Pixel) { from[0], from[n], from[2 * n],
        above + fv * (below - above)
      };
    }
  }
  if (!object->recolored)
    return;
  for (int i = 0; i < n; i++) {
    const Pixel p = synth->pixels[i];
    const float luma = p[0] * object->gain + object->offset;
    const float cb = object->c * p[1] - object->s * p[2];
    const float cr = object->s * p[1] + object->c * p[2];

    synth->pixels[i] = (Pixel) { CLAMP (luma, 0.f, 255.f),
      CLAMP (cb, -128.f, 128.f), CLAMP (cr, -128.f, 128.f), p[3]
    };
  }
}

SST_MULTIVERSION static void
lay_over (const Pixel * source, int width, int height, const Mesh * mesh,
    int side, float *tensor, Profile * profile)
{
  const size_t area = (size_t) side * side;
  float x[MAX_WINDOW], y[MAX_WINDOW];

  memset (profile->column, 0, mesh->width * sizeof (float));
  for (int j = 0; j < mesh->height; j++) {
    const gboolean inside = mesh->top + j >= 0 && mesh->top + j < side;
    float most = 0.f;

    mesh_row (mesh, j, width, height, x, y);
    for (int i = 0; i < mesh->width; i++) {
      const int at = mesh->left + i;
      const Pixel p = pixel_at (source, width, height, x[i], y[i]);
      const float mask = p[3];

      most = MAX (most, mask);
      profile->column[i] = MAX (profile->column[i], mask);
      if (inside && at >= 0 && at < side && mask > 0.f) {
        float *to = tensor + (size_t) (mesh->top + j) * side + at;

        to[0] += mask * (p[0] - to[0]);
        to[area] += mask * (p[1] - to[area]);
        to[2 * area] += mask * (p[2] - to[2 * area]);
      }
    }
    profile->row[j] = most;
  }
}

/* Draws a layer that has been put, and measures its box. */
static void
layer_draw (SstSynth * synth, Layer * layer, int side, float *tensor)
{
  const Object *const object = layer->object;
  const float reach = SST_AUGMENT_BLOB_MARGIN * DENSITY * 2.f * layer->scale;
  const int width = (int) CLAMP (ceilf (reach * object->x_reach), 4.f,
      (float) SOURCE_SIDE);
  const int height = (int) CLAMP (ceilf (reach * object->y_reach), 4.f,
      (float) SOURCE_SIDE);
  /* the soft edge is outside the bounds */
  const float edge = 3.f + 0.1f * layer->scale;
  Mesh *const mesh = &synth->mesh;
  SstBox box;

  mesh->left = (int) floorf (layer->box.x - edge);
  mesh->top = (int) floorf (layer->box.y - edge);
  mesh->width = MIN ((int) ceilf (layer->box.x + layer->box.width + edge)
      - mesh->left, MAX_WINDOW);
  mesh->height = MIN ((int) ceilf (layer->box.y + layer->box.height + edge)
      - mesh->top, MAX_WINDOW);
  if (mesh->left >= side || mesh->top >= side || mesh->left + mesh->width <= 0
      || mesh->top + mesh->height <= 0)
    return;

  load_object (synth, object, width, height);
  mesh_make (mesh, layer, layer->scale, layer->x, layer->y, CELL);
  lay_over (synth->pixels, width, height, mesh, side, tensor,
      &synth->profile);
  if (profile_box (&synth->profile, mesh, &box))
    layer->box = box;
}

/* --- Pairs --- */

static float
draw_search_size (SstRandom * random)
{
  const float scale = log_normal (random, SCALE_SIGMA);

  return SIZE / CLAMP (scale, MIN_SCALE, MAX_SCALE);
}

static float
draw_search_place (SstRandom * random)
{
  return SST_SEARCH_SIDE * (0.5f + sst_random_uniform (random, -SHIFT, SHIFT));
}

static float
draw_template_size (SstRandom * random)
{
  return SIZE * log_normal (random, TEMPLATE_SCALE_SIGMA);
}

static float
draw_template_place (SstRandom * random)
{
  return SST_TEMPLATE_SIDE * 0.5f + sst_random_normal (random,
      TEMPLATE_SHIFT_SIGMA * SIZE);
}

static gboolean
overlap (const SstBox * a, const SstBox * b)
{
  return a->x < b->x + b->width && b->x < a->x + a->width
      && a->y < b->y + b->height && b->y < a->y + a->height;
}

/* A place of size's neighbourhood in which the region does not show. FALSE:
 * there seems to be none. */
static gboolean
draw_elsewhere (const SstFrame * frame, const SstBox * region, float side,
    float *x, float *y, SstRandom * random)
{
  for (int i = 0; i < 8; i++) {
    SstBox seen;

    *x = sst_random_uniform (random, 0.f, frame->width);
    *y = sst_random_uniform (random, 0.f, frame->height);
    /* however it is turned */
    seen = sst_box_from_center (*x, *y, 1.45f * side, 1.45f * side);
    if (!overlap (&seen, region))
      return TRUE;
  }
  return FALSE;
}

static void
draw_regions (SstSynth * synth, SstRandom * random, gboolean absent,
    SstPair * pair)
{
  const guint clip = draw_clip (synth, random);
  const SstFrame *frame = draw_frame (synth, clip, random);
  const SstBox region = draw_region (synth, frame, random);
  const float size = sst_box_scale (&region);
  const float templ_scale = draw_template_size (random) / size;
  const float templ_x = draw_template_place (random);
  const float templ_y = draw_template_place (random);
  const float search_scale = draw_search_size (random) / size;
  const float search_x = draw_search_place (random);
  const float search_y = draw_search_place (random);
  float x = sst_box_center_x (&region), y = sst_box_center_y (&region);
  float xx, xy, yx, yy, scale = search_scale;
  View view = view_make (frame, templ_scale, 0.f, 0.f, templ_scale, x, y,
      templ_x, templ_y);

  render (synth, &view, SST_TEMPLATE_SIDE, pair->templ);
  pair->source = clip;
  pair->templ_box = sst_box_from_center (templ_x, templ_y,
      templ_scale * region.width, templ_scale * region.height);

  pair->present = TRUE;
  if (absent) {
    if (synth->n_clips == 1 || sst_random_chance (random, 0.5f))
      pair->present = !draw_elsewhere (frame, &region,
          SST_SEARCH_SIDE / scale, &x, &y, random);
    if (pair->present && synth->n_clips > 1) {
      SstBox other;

      frame = draw_frame (synth, draw_other_clip (synth, clip, random),
          random);
      other = draw_region (synth, frame, random);
      x = sst_box_center_x (&other);
      y = sst_box_center_y (&other);
      scale *= size / sst_box_scale (&other);
      pair->present = FALSE;
    } else if (pair->present) {
      x = sst_box_center_x (&region);
      y = sst_box_center_y (&region);
    }
  }

  draw_linear (random, &xx, &xy, &yx, &yy);
  view = view_make (frame, scale * xx, scale * xy, scale * yx, scale * yy, x,
      y, pair->present ? search_x : SST_SEARCH_SIDE * 0.5f,
      pair->present ? search_y : SST_SEARCH_SIDE * 0.5f);
  render (synth, &view, SST_SEARCH_SIDE, pair->search);
  pair->box = sst_box_from_center (search_x, search_y, scale
      * (fabsf (xx) * region.width + fabsf (xy) * region.height), scale
      * (fabsf (yx) * region.width + fabsf (yy) * region.height));
}

/* What is not the target, but might be taken for it. */
typedef struct
{
  float size;                   /* the target's is 1 */
  float distance, angle;        /* from it, in its sizes */
  gboolean same_patch;
} Neighbour;

static gboolean
draw_neighbour (SstSynth * synth, Object * object, guint clip,
    Neighbour * neighbour, SstRandom * random)
{
  const Object *const target = &synth->target;

  neighbour->size = log_normal (random, 0.25f);
  neighbour->distance = 0.5f * (1.f + neighbour->size)
      * sst_random_uniform (random, 0.6f, 1.7f);
  neighbour->angle = sst_random_uniform (random, 0.f, 2.f * (float) G_PI);
  neighbour->same_patch = FALSE;

  if (!sst_random_chance (random, P_SAME_PICTURE)) {
    const SstFrame *frame;
    SstBox region;

    if (synth->n_clips == 1)
      return FALSE;
    frame = draw_frame (synth, draw_other_clip (synth, clip, random), random);
    region = draw_region (synth, frame, random);
    object_make (object, frame, &region, random);
    object->flip = sst_random_chance (random, 0.3f);
    return TRUE;
  }
  if (!sst_random_chance (random, P_SAME_PATCH)) {
    for (int i = 0; i < 4; i++) {
      const SstBox region = draw_region (synth, target->frame, random);

      if (sst_box_iou (&region, &target->region) > 0.1f)
        continue;
      object_make (object, target->frame, &region, random);
      object->flip = sst_random_chance (random, 0.3f);
      return TRUE;
    }
    return FALSE;
  }
  {
    const float turn = sst_random_uniform (random, 0.7f, 2.f * (float) G_PI
        - 0.7f);
    const float gain = log_normal (random, 0.3f);

    object_make (object, target->frame, &target->region, random);
    if (sst_random_chance (random, 0.5f))
      memcpy (object->blob, target->blob, sizeof object->blob);
    object->flip = sst_random_chance (random, 0.5f);
    object->recolored = TRUE;
    object->c = cosf (turn);
    object->s = sinf (turn);
    /* what has no colour has to become lighter or darker */
    object->gain = gain > 1.f ? gain + 0.25f : 1.f / (1.f / gain + 0.25f);
    object->offset = sst_random_uniform (random, -30.f, 30.f);
    neighbour->same_patch = TRUE;
  }
  return TRUE;
}

static gboolean
neighbour_layer (SstSynth * synth, Layer * layer, const Layer * target,
    const Object * object, float size, float distance, float angle,
    SstRandom * random)
{
  const float unit = sst_box_scale (&target->box);

  layer->xx = target->xx;
  layer->xy = target->xy;
  layer->yx = target->yx;
  layer->yy = target->yy;
  if (!layer_shape (synth, layer, object, 0.5f * BUMP_SIGMA, random))
    return FALSE;
  layer_put (layer, sst_box_center_x (&target->box)
      + unit * distance * cosf (angle), sst_box_center_y (&target->box)
      + unit * distance * sinf (angle), unit * size);
  return TRUE;
}

/* How many pixels of a background make the size of an object: as sharp as the
 * object or nearly so, and few enough for search to show more than borders. */
static float
background_size (const SstFrame * frame, float size, SstRandom * random)
{
  const float most = MAX_BACKGROUND * MIN (frame->width, frame->height);

  return CLAMP (size * log_normal (random, 0.4f), MIN (12.f, most), most);
}

/* A place on it that mostly is far enough from its borders for search to show
 * none. */
static float
background_place (int side, float size, SstRandom * random)
{
  const float margin = sst_random_chance (random, P_INSIDE)
      ? MIN (0.5f * SST_SEARCH_FACTOR * size, 0.4f * side) : 0.1f * side;

  return sst_random_uniform (random, margin, side - margin);
}

/* FALSE if the object could not be drawn. */
static gboolean
draw_objects (SstSynth * synth, SstRandom * random, gboolean absent,
    int n_others, SstPair * pair, gboolean *covered)
{
  const guint clip = draw_clip (synth, random);
  const SstFrame *const frame = draw_frame (synth, clip, random);
  const SstBox region = draw_region (synth, frame, random);
  const float size = sst_box_scale (&region);
  const guint back_clip = draw_other_clip (synth, clip, random);
  const SstClip *const back = sst_footage_clip (synth->footage, back_clip);
  const int n = (int) sst_clip_length (back);
  const int at = (int) sst_random_below (random, n);
  const int near = at + (int) sst_random_below (random, 2 * NEAR_PICTURES + 1)
      - NEAR_PICTURES;
  const SstFrame *ground = sst_clip_frame (back, at);
  Object *const target = &synth->target;
  Neighbour neighbour[MAX_OTHERS];
  Layer layer, other[MAX_OTHERS];
  float ground_size, x, y, scale;
  int over = -1;
  View view;

  object_make (target, frame, &region, random);
  for (int i = 0; i < n_others; i++) {
    if (!draw_neighbour (synth, &synth->other[i], clip, &neighbour[i], random))
      n_others = i;
  }
  /* the picture that the object is cut from shows it as well */
  pair->present = !absent || back_clip == clip;
  pair->source = clip;
  *covered = FALSE;

  /* template */
  layer.xx = layer.yy = 1.f;
  layer.xy = layer.yx = 0.f;
  if (!layer_shape (synth, &layer, target, BUMP_SIGMA, random))
    return FALSE;
  layer_put (&layer, draw_template_place (random),
      draw_template_place (random), draw_template_size (random));
  ground_size = background_size (ground, size, random);
  x = background_place (ground->width, ground_size, random);
  y = background_place (ground->height, ground_size, random);
  scale = 2.f * layer.scale / ground_size;
  view = view_make (ground, scale, 0.f, 0.f, scale, x, y,
      sst_box_center_x (&layer.box), sst_box_center_y (&layer.box));
  render (synth, &view, SST_TEMPLATE_SIDE, pair->templ);
  for (int i = 0; i < n_others; i++) {
    if (sst_random_chance (random, P_IN_TEMPLATE)
        && neighbour_layer (synth, &other[i], &layer, &synth->other[i],
            neighbour[i].size, neighbour[i].distance, neighbour[i].angle,
            random))
      layer_draw (synth, &other[i], SST_TEMPLATE_SIDE, pair->templ);
  }
  layer_draw (synth, &layer, SST_TEMPLATE_SIDE, pair->templ);
  pair->templ_box = layer.box;

  /* search */
  draw_linear (random, &layer.xx, &layer.xy, &layer.yx, &layer.yy);
  if (!layer_shape (synth, &layer, target, BUMP_SIGMA, random))
    return FALSE;
  layer_put (&layer, draw_search_place (random), draw_search_place (random),
      draw_search_size (random));
  if (sst_random_chance (random, P_OTHER_BACKGROUND)) {
    ground = draw_frame (synth, draw_other_clip (synth, clip, random), random);
    ground_size = background_size (ground, size, random);
    x = background_place (ground->width, ground_size, random);
    y = background_place (ground->height, ground_size, random);
  } else {
    ground = sst_clip_frame (back, CLAMP (near, 0, n - 1));
    x += sst_random_normal (random, 0.6f * ground_size);
    y += sst_random_normal (random, 0.6f * ground_size);
    x = CLAMP (x, 0.f, (float) ground->width);
    y = CLAMP (y, 0.f, (float) ground->height);
  }
  scale = 2.f * layer.scale / ground_size * log_normal (random, 0.06f);
  /* the camera turns, or the object */
  if (sst_random_chance (random, 0.5f))
    view = view_make (ground, scale * layer.xx, scale * layer.xy,
        scale * layer.yx, scale * layer.yy, x, y,
        sst_box_center_x (&layer.box), sst_box_center_y (&layer.box));
  else
    view = view_make (ground, scale, 0.f, 0.f, scale, x, y,
        sst_box_center_x (&layer.box), sst_box_center_y (&layer.box));
  render (synth, &view, SST_SEARCH_SIDE, pair->search);

  for (int i = 0; i < n_others; i++) {
    const SstBox *const a = &layer.box, *const b = &other[i].box;
    float w, h;

    if ((!pair->present && neighbour[i].same_patch)
        || !neighbour_layer (synth, &other[i], &layer, &synth->other[i],
            neighbour[i].size * log_normal (random, 0.1f),
            neighbour[i].distance * sst_random_uniform (random, 0.7f, 1.4f),
            neighbour[i].angle + sst_random_normal (random, 0.5f), random))
      continue;
    w = fminf (a->x + a->width, b->x + b->width) - fmaxf (a->x, b->x);
    h = fminf (a->y + a->height, b->y + b->height) - fmaxf (a->y, b->y);
    if (pair->present && over < 0 && sst_random_chance (random, P_OVER)
        && (w <= 0.f || h <= 0.f
            || w * h <= MOST_OVER * a->width * a->height)) {
      over = i;
      *covered = w > 0.f && h > 0.f;
    } else {
      layer_draw (synth, &other[i], SST_SEARCH_SIDE, pair->search);
    }
  }
  if (!pair->present)
    return TRUE;
  layer_draw (synth, &layer, SST_SEARCH_SIDE, pair->search);
  pair->box = layer.box;
  if (over >= 0)
    layer_draw (synth, &other[over], SST_SEARCH_SIDE, pair->search);
  return TRUE;
}

/* Puts something over the target. */
static void
occlude (SstSynth * synth, SstRandom * random, float most, SstPair * pair)
{
  const SstBox box = sst_augment_occluder (&pair->box, most, random);
  const float *blob = NULL;

  if (sst_random_chance (random, 0.7f)) {
    sst_augment_blob (synth->blob, random);
    blob = synth->blob;
  }
  if (sst_random_chance (random, P_ERASE)) {
    sst_augment_erase (pair->search, SST_SEARCH_SIDE, &box, blob, random);
  } else {
    const SstFrame *const frame = draw_frame (synth, draw_other_clip (synth,
            pair->source, random), random);
    SstBox region = draw_region (synth, frame, random);

    /* keeps its proportions */
    region = sst_box_from_center (sst_box_center_x (&region),
        sst_box_center_y (&region), box.width * sst_box_scale (&region)
        / sst_box_scale (&box), box.height * sst_box_scale (&region)
        / sst_box_scale (&box));
    sst_augment_paste_frame (pair->search, SST_SEARCH_SIDE, &box,
        synth->sampler, frame, &region, blob, synth->scratch);
  }
}

void
sst_synth_pair (SstSynth * synth, SstRandom * random, SstPair * pair)
{
  const SstSynthParams *const params = &synth->params;
  const float kind = sst_random_uniform (random, 0.f, 1.f);
  const gboolean absent = sst_random_chance (random, params->absent);
  gboolean covered = FALSE;

  pair->weight = 1.f;
  pair->seconds = 0.f;
  if (kind >= params->object + params->lookalike
      || !draw_objects (synth, random, absent, kind < params->object ? 0
          : (int) sst_random_below (random, MAX_OTHERS + 1), pair, &covered)) {
    covered = FALSE;
    draw_regions (synth, random, absent, pair);
  }

  if (pair->present && sst_random_chance (random, params->occluder))
    occlude (synth, random, covered ? MOST_OCCLUDED - MOST_OVER
        : MOST_OCCLUDED, pair);
  if (sst_random_chance (random, P_MIRROR))
    sst_augment_mirror (pair);
  if (!pair->present)
    pair->box = (SstBox) { 0.f, 0.f, 0.f, 0.f };
  if (params->strength > 0.f)
    sst_augment_pair (pair, params->strength, random, synth->scratch);
}
