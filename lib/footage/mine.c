/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Coordinates in this file: pixels of the shrunken pictures of flow.h. */

#include "footage/mine.h"

#include <math.h>
#include <string.h>

#include <sstrack/motion.h>

#include "footage/mover.h"
#include "picture/flow.h"

#define MAX_SIDE SST_FLOW_MAX_SIDE
#define MAX_CANDIDATES 128

/* The grid of points whose flow is followed: cells of this many pixels. */
#define CELL 12
#define MAX_CELLS ((MAX_SIDE / CELL) * (MAX_SIDE / CELL))
#define MIN_SUPPORT 0.3f        /* share of points that a camera motion needs */

/* Things that move. */
#define MIN_MOVER 10            /* pictures */
#define MIN_MARGIN 2            /* pictures at the ends of a shot that are seen
                                 * from one side */
#define MAX_MARGIN 10
#define MAX_AREA 0.35f          /* of the picture */
#define MOVES 85                /* of 255, of the extent's map */
#define MIN_MOVER_SCALE 12.f    /* pixels; of a smaller one the extent is not
                                 * known well */
#define SMALL 10.f              /* pixels, of so little quality: */
#define SMALL_WORTH 0.3f
#define LARGE 60.f
#define MOVER_STEPS 24
#define MOVER_GAP 3             /* pictures from a step to the next, at least */

/* Random candidates. */
#define MIN_RANDOM_SIDE 12.f
#define MAX_RANDOM_SIDE 0.5f    /* of the picture's shorter side */
#define RANDOM_ASPECT 0.45f
#define RANDOM_DRAWS 5
#define RANDOM_TEXTURE 0.6f     /* what texture counts against change */
#define CHANGE_SPAN 4           /* pictures */

/* Proposals. */
#define MAX_PROPOSALS 64
#define PROPOSAL_GOODNESS 0.9f

/* All of them. */
#define MIN_GRADIENT 5.f        /* mean, grey levels a pixel */
#define MIN_SCALE 10.f          /* geometric mean of the sides, and */
#define MIN_FRAME_SCALE 12.f    /* the same in pixels of the picture */
#define STILL 0.15f             /* of its size: hardly moves */
#define STILL_REFUSED 0.6f      /* of the random ones that hardly move; all of
                                 * those that were said to */

/* Carrying. */
#define SHIFT_POINTS 64
#define POINTS_SIDE 8
#define POINTS (POINTS_SIDE * POINTS_SIDE)
#define MIN_CONSISTENT 0.45f
#define MAX_ZOOM 1.08f          /* a picture */
#define MIN_SIDE 5.f
#define MIN_VISIBLE 0.7f        /* of the box, in the picture */
#define VIEW_SIDE 12            /* of what is compared of a box, pixels */
#define VIEW_PIXELS (VIEW_SIDE * VIEW_SIDE)
#define MIN_LIKENESS 0.3f       /* correlation with the first view: a box that
                                 * slid off its thing, or something before it */
#define FULL_LIKENESS 0.7f

/* Pictures of a window that become steps: denser at first, so that pairs are
 * near and far. */
static const guint kept[] = { 0, 4, 9, 16, 26, 39, 51, 63 };

typedef struct
{
  SstBox box;
  gboolean proposed;
  float goodness;               /* 0..1 of the box */
} Candidate;

struct _SstMiner
{
  SstSampler *sampler;
  SstMotion *motion;
  SstFlowImage *image[SST_MINE_MAX_WINDOW];
  SstAffine camera[SST_MINE_MAX_WINDOW];        /* from the first picture */
  guint n_images;
  int width, height;
  float scale;                  /* pixels of the frame a pixel here */

  double *gradient, *change;    /* sums over all that is left and above, of
                                 * width + 1 columns */
  Candidate candidate[MAX_CANDIDATES];
  guint n_candidates;
  SstMineCounts counts;
  SstPace *pace;                /* of the call being made, and */
  gboolean stopped;             /* whether it said so */

  /* the grid, and where the flow takes it from each picture to the next */
  guint n_at;
  SstPoint at[MAX_CELLS];
  SstPoint moved[SST_MINE_MAX_WINDOW][MAX_CELLS];
  float error[SST_MINE_MAX_WINDOW][MAX_CELLS];

  SstExtent *extent;
  SstMovers *movers;
};

SstMiner *
sst_miner_new (void)
{
  SstMiner *miner = g_new0 (SstMiner, 1);
  const size_t sums = (MAX_SIDE + 1) * (MAX_SIDE + 1);

  miner->sampler = sst_sampler_new ();
  miner->motion = sst_motion_new ();
  for (guint i = 0; i < SST_MINE_MAX_WINDOW; i++)
    miner->image[i] = sst_flow_image_new (SST_FLOW_MAX_SIDE);
  miner->gradient = g_new (double, sums);
  miner->change = g_new (double, sums);
  miner->extent = sst_extent_new ();
  miner->movers = sst_movers_new ();
  return miner;
}

void
sst_miner_free (SstMiner ** miner)
{
  if (*miner == NULL)
    return;
  sst_sampler_free (&(*miner)->sampler);
  sst_motion_free (&(*miner)->motion);
  for (guint i = 0; i < SST_MINE_MAX_WINDOW; i++)
    sst_flow_image_free (&(*miner)->image[i]);
  g_free ((*miner)->gradient);
  g_free ((*miner)->change);
  sst_extent_free (&(*miner)->extent);
  sst_movers_free (&(*miner)->movers);
  g_clear_pointer (miner, g_free);
}

static gboolean
go_on (SstMiner * miner)
{
  if (!miner->stopped)
    miner->stopped = !sst_pace_wait (miner->pace);
  return !miner->stopped;
}

/* --- the window --------------------------------------------------------- */

static SstAffine
compose (const SstAffine * second, const SstAffine * first)
{
  const SstPoint t = sst_affine_apply (second,
      (SstPoint) { first->tx, first->ty });

  return (SstAffine) {
    second->a * first->a + second->b * first->c,
    second->a * first->b + second->b * first->d,
    second->c * first->a + second->d * first->c,
    second->c * first->b + second->d * first->d,
    t.x, t.y
  };
}

/* The motion between two pictures, of those that lead to them from another. */
static SstAffine
between (const SstAffine * from, const SstAffine * to)
{
  const float det = from->a * from->d - from->b * from->c;
  const SstAffine back = { from->d / det, -from->b / det, -from->c / det,
    from->a / det, (from->b * from->ty - from->d * from->tx) / det,
    (from->c * from->tx - from->a * from->ty) / det
  };

  return compose (to, &back);
}

/* Loads the pictures up to a cut. Returns how many are left out because of
 * it. */
static guint
load_window (SstMiner * miner, const SstClip * clip, guint first, guint n)
{
  sst_motion_reset (miner->motion);
  miner->n_images = 0;
  for (guint k = 0; k < n && go_on (miner); k++) {
    const SstFrame *const frame = sst_clip_frame (clip, first + k);

    if (sst_motion_update (miner->motion, frame).cut)
      break;
    sst_flow_image_set (miner->image[k], miner->sampler, frame);
    miner->n_images++;
  }
  if (miner->stopped)
    return 0;
  miner->width = sst_flow_image_width (miner->image[0]);
  miner->height = sst_flow_image_height (miner->image[0]);
  miner->scale = sst_flow_image_scale (miner->image[0]);
  return n - miner->n_images;
}

/* Fills the grid with the points in the middle of cells. */
static guint
set_grid (SstMiner * miner, int cell)
{
  guint n = 0;

  for (int y = 0; y < miner->height / cell; y++)
    for (int x = 0; x < miner->width / cell; x++)
      miner->at[n++] = (SstPoint) { (x + 0.5f) * cell, (y + 0.5f) * cell };
  return n;
}

/* Follows the grid, and fits the camera's motion to it. */
static void
follow_camera (SstMiner * miner, SstRandom * random)
{
  miner->n_at = set_grid (miner, CELL);
  miner->camera[0] = SST_AFFINE_IDENTITY;
  for (guint k = 1; k < miner->n_images && go_on (miner); k++) {
    SstPoint *const moved = miner->moved[k - 1];
    float *const error = miner->error[k - 1];
    SstAffine step;

    sst_flow_points (miner->image[k - 1], miner->image[k], miner->n_at,
        miner->at, (SstPoint) { 0.f, 0.f }, moved, error);
    if (sst_flow_fit (miner->n_at, miner->at, moved, error, random,
            &step) < MIN_SUPPORT)
      step = SST_AFFINE_IDENTITY;
    miner->camera[k] = compose (&step, &miner->camera[k - 1]);
  }
}

/* Sums of the gradient's length in the first picture, and of the difference to
 * a later one. */
static void
sum_up (SstMiner * miner)
{
  const SstFlowImage *const image = miner->image[0];
  const SstFlowImage *const later =
      miner->image[MIN (CHANGE_SPAN, miner->n_images - 1)];
  const int columns = miner->width + 1;

  memset (miner->gradient, 0, columns * sizeof (double));
  memset (miner->change, 0, columns * sizeof (double));
  for (int y = 0; y < miner->height; y++) {
    const float *const above = sst_flow_image_row (image, y - 1);
    const float *const row = sst_flow_image_row (image, y);
    const float *const below = sst_flow_image_row (image, y + 1);
    const float *const next = sst_flow_image_row (later, y);
    double *const gradient = miner->gradient + (y + 1) * columns;
    double *const change = miner->change + (y + 1) * columns;
    double sum_gradient = 0., sum_change = 0.;

    gradient[0] = change[0] = 0.;
    for (int x = 0; x < miner->width; x++) {
      const float gx = row[x + 1] - row[x - 1], gy = below[x] - above[x];

      sum_gradient += 0.5f * sqrtf (gx * gx + gy * gy);
      sum_change += fabsf (next[x] - row[x]);
      gradient[x + 1] = gradient[x + 1 - columns] + sum_gradient;
      change[x + 1] = change[x + 1 - columns] + sum_change;
    }
  }
}

static float
mean_in (const SstMiner * miner, const double *sums, const SstBox * box)
{
  const int columns = miner->width + 1;
  const int x0 = CLAMP ((int) box->x, 0, miner->width - 1);
  const int y0 = CLAMP ((int) box->y, 0, miner->height - 1);
  const int x1 = CLAMP ((int) ceilf (box->x + box->width), x0 + 1,
      miner->width);
  const int y1 = CLAMP ((int) ceilf (box->y + box->height), y0 + 1,
      miner->height);

  return (float) ((sums[y1 * columns + x1] - sums[y1 * columns + x0]
          - sums[y0 * columns + x1] + sums[y0 * columns + x0])
      / ((x1 - x0) * (y1 - y0)));
}

/* --- candidates of texture ---------------------------------------------- */

static void
add_random (SstMiner * miner, guint n, SstRandom * random)
{
  const float shorter = MIN (miner->width, miner->height);
  const float log_min = logf (MIN_RANDOM_SIDE);
  const float log_max = logf (fmaxf (MAX_RANDOM_SIDE * shorter,
          MIN_RANDOM_SIDE));

  if (shorter < 2.f * MIN_RANDOM_SIDE)
    return;
  for (guint i = 0; i < n && miner->n_candidates < MAX_CANDIDATES; i++) {
    SstBox chosen = { 0.f, 0.f, 0.f, 0.f };
    float best = -1.f;

    for (int draw = 0; draw < RANDOM_DRAWS; draw++) {
      const float size = expf (sst_random_uniform (random, log_min, log_max));
      const float aspect = expf (sst_random_normal (random, RANDOM_ASPECT));
      const float stretch = sqrtf (CLAMP (aspect, 0.3f, 3.2f));
      const float width = fminf (size * stretch, 0.9f * miner->width);
      const float height = fminf (size / stretch, 0.9f * miner->height);
      const SstBox box = {
        sst_random_uniform (random, 0.f, miner->width - width),
        sst_random_uniform (random, 0.f, miner->height - height),
        width, height
      };
      const float score = mean_in (miner, miner->change, &box)
          + RANDOM_TEXTURE * mean_in (miner, miner->gradient, &box);

      if (score > best) {
        best = score;
        chosen = box;
      }
    }
    miner->candidate[miner->n_candidates++] = (Candidate) { chosen, FALSE,
      0.7f
    };
  }
}

/* --- carrying ----------------------------------------------------------- */

static void
sort_floats (float *values, guint n)
{
  for (guint i = 1; i < n; i++) {
    const float v = values[i];
    guint k = i;

    for (; k > 0 && values[k - 1] > v; k--)
      values[k] = values[k - 1];
    values[k] = v;
  }
}

static float
median_of (const float *values, guint n)
{
  float sorted[POINTS];

  memcpy (sorted, values, n * sizeof (float));
  sort_floats (sorted, n);
  return sorted[n / 2];
}

/* Carries a box from a picture to the next. speed: the shift expected; set to
 * the one found. Returns FALSE where too few points agree. */
static gboolean
carry (const SstFlowImage * from, const SstFlowImage * to, SstPoint * speed,
    SstBox * box)
{
  const float width = sst_flow_image_width (from);
  const float height = sst_flow_image_height (from);
  SstPoint at[POINTS], moved[POINTS];
  float error[POINTS], dx[POINTS], dy[POINTS], off[POINTS];
  float mx, my, far;
  float px = 0.f, py = 0.f, qx = 0.f, qy = 0.f;
  float xx = 0.f, yy = 0.f, xq = 0.f, yq = 0.f;
  float sx, sy, both, cx, cy;
  guint n = 0, n_good = 0, n_near = 0;

  for (int y = 0; y < POINTS_SIDE; y++)
    for (int x = 0; x < POINTS_SIDE; x++) {
      const SstPoint p = {
        box->x + box->width * (x + 0.5f) / POINTS_SIDE,
        box->y + box->height * (y + 0.5f) / POINTS_SIDE
      };

      if (p.x >= 0.f && p.y >= 0.f && p.x <= width && p.y <= height)
        at[n++] = p;
    }
  sst_flow_points (from, to, n, at, *speed, moved, error);
  for (guint i = 0; i < n; i++) {
    const float u = moved[i].x - at[i].x, v = moved[i].y - at[i].y;

    if (!sst_flow_is_consistent (hypotf (u, v), error[i]))
      continue;
    at[n_good] = at[i];
    moved[n_good] = moved[i];
    dx[n_good] = u;
    dy[n_good++] = v;
  }
  if (n_good < MIN_CONSISTENT * POINTS)
    return FALSE;

  mx = median_of (dx, n_good);
  my = median_of (dy, n_good);
  for (guint i = 0; i < n_good; i++)
    off[i] = hypotf (dx[i] - mx, dy[i] - my);
  far = fmaxf (1.f, 3.f * median_of (off, n_good));
  for (guint i = 0; i < n_good; i++) {
    if (off[i] >= far)
      continue;
    at[n_near] = at[i];
    moved[n_near++] = moved[i];
    px += at[i].x;
    py += at[i].y;
    qx += moved[i].x;
    qy += moved[i].y;
  }
  px /= n_near;
  py /= n_near;
  qx /= n_near;
  qy /= n_near;
  for (guint i = 0; i < n_near; i++) {
    const float x = at[i].x - px, y = at[i].y - py;

    xx += x * x;
    yy += y * y;
    xq += x * (moved[i].x - qx);
    yq += y * (moved[i].y - qy);
  }
  sx = CLAMP (xq / fmaxf (xx, 1e-6f), 1.f / MAX_ZOOM, MAX_ZOOM);
  sy = CLAMP (yq / fmaxf (yy, 1e-6f), 1.f / MAX_ZOOM, MAX_ZOOM);
  /* aspects change slowly */
  both = 0.5f * (sx + sy);
  sx = 0.5f * (sx + both);
  sy = 0.5f * (sy + both);
  cx = sst_box_center_x (box);
  cy = sst_box_center_y (box);
  *box = sst_box_from_center (qx + sx * (cx - px), qy + sy * (cy - py),
      box->width * sx, box->height * sy);
  *speed = (SstPoint) { mx, my };
  return TRUE;
}

/* Whether enough of a box is in the picture. */
static gboolean
is_inside (const SstMiner * miner, const SstBox * box)
{
  const float w = fminf (box->x + box->width, miner->width)
      - fmaxf (box->x, 0.f);
  const float h = fminf (box->y + box->height, miner->height)
      - fmaxf (box->y, 0.f);

  return w > 0.f && h > 0.f
      && w * h >= MIN_VISIBLE * box->width * box->height;
}

/* That, and it is no dot. */
static gboolean
is_seen (const SstMiner * miner, const SstBox * box)
{
  return fminf (box->width, box->height) >= MIN_SIDE && is_inside (miner, box);
}

/* What a box shows, in small; mean off, length 1. */
static void
view_box (const SstFlowImage * image, const SstBox * box, float *view)
{
  float mean = 0.f, square = 1e-6f;

  for (int i = 0; i < VIEW_PIXELS; i++) {
    const float x = (i % VIEW_SIDE + 0.5f) / VIEW_SIDE;
    const float y = (i / VIEW_SIDE + 0.5f) / VIEW_SIDE;

    view[i] = sst_flow_image_at (image, box->x + x * box->width,
        box->y + y * box->height);
    mean += view[i];
  }
  mean /= VIEW_PIXELS;
  for (int i = 0; i < VIEW_PIXELS; i++) {
    view[i] -= mean;
    square += view[i] * view[i];
  }
  square = 1.f / sqrtf (square);
  for (int i = 0; i < VIEW_PIXELS; i++)
    view[i] *= square;
}

static void
add_proposals (SstMiner * miner, const SstBox * boxes, guint n)
{
  for (guint i = 0; i < MIN (n, MAX_PROPOSALS); i++) {
    const SstBox box = { boxes[i].x / miner->scale, boxes[i].y / miner->scale,
      boxes[i].width / miner->scale, boxes[i].height / miner->scale
    };

    if (isfinite (box.x + box.y + box.width + box.height)
        && is_inside (miner, &box)
        && box.width * box.height <= MAX_AREA * miner->width * miner->height) {
      miner->candidate[miner->n_candidates++] = (Candidate) { box, TRUE,
        PROPOSAL_GOODNESS
      };
    } else {
      miner->counts.n_candidates++;
      miner->counts.n_outside++;
    }
  }
}

/* Carries a candidate forward and back, and adds what comes of it. */
static void
follow (SstMiner * miner, const Candidate * candidate, guint clip, guint first,
    SstRandom * random, SstTracklets * out)
{
  const SstBox *const start = &candidate->box;
  SstTrackletStep steps[G_N_ELEMENTS (kept)];
  SstTracklet tracklet = {.clip = clip,.steps = steps
  };
  SstMineCounts *const counts = &miner->counts;
  SstPoint speed = { 0.f, 0.f };
  SstBox box = *start;
  const SstPoint center = { sst_box_center_x (start),
    sst_box_center_y (start)
  };
  float first_view[VIEW_PIXELS], view[VIEW_PIXELS];
  float cycle, strength, alike = 1.f;
  guint n = 1;

  if (sst_box_scale (start) < MIN_SCALE
      || sst_box_scale (start) * miner->scale < MIN_FRAME_SCALE) {
    counts->n_small++;
    return;
  }
  if (mean_in (miner, miner->gradient, start) < MIN_GRADIENT) {
    counts->n_plain++;
    return;
  }
  steps[0] = (SstTrackletStep) { 0, box };
  view_box (miner->image[0], &box, first_view);
  for (guint k = 1; k < miner->n_images && n < G_N_ELEMENTS (kept); k++) {
    if (!go_on (miner))
      return;
    if (!carry (miner->image[k - 1], miner->image[k], &speed, &box)
        || !is_seen (miner, &box))
      break;
    if (k == kept[n]) {
      float likeness = 0.f;

      view_box (miner->image[k], &box, view);
      for (int i = 0; i < VIEW_PIXELS; i++)
        likeness += first_view[i] * view[i];
      if (likeness < MIN_LIKENESS)
        break;
      alike = fminf (alike, likeness);
      steps[n++] = (SstTrackletStep) { k, box };
    }
  }
  if (n < 2) {
    counts->n_short++;
    return;
  }
  /* and back, from the end or, if that fails, from before it */
  for (cycle = 0.f; n >= 2; n--) {
    gboolean ok = TRUE;

    box = steps[n - 1].box;
    speed = (SstPoint) { 0.f, 0.f };
    for (guint k = steps[n - 1].frame; k > 0 && ok; k--) {
      if (!go_on (miner))
        return;
      ok = carry (miner->image[k], miner->image[k - 1], &speed, &box);
    }
    cycle = ok ? sst_box_iou (&box, start) : 0.f;
    if (cycle >= SST_MINE_MIN_CYCLE)
      break;
  }
  if (n < 2) {
    counts->n_cycle++;
    return;
  }

  for (guint i = 1; i < n; i++) {
    const SstPoint ground =
        sst_affine_apply (&miner->camera[steps[i].frame], center);

    tracklet.motion = fmaxf (tracklet.motion,
        hypotf (sst_box_center_x (&steps[i].box) - ground.x,
            sst_box_center_y (&steps[i].box) - ground.y)
        / sst_box_scale (start));
  }
  if (candidate->proposed) {
    tracklet.moving = tracklet.motion >= STILL;
  } else if (tracklet.motion < STILL
      && sst_random_chance (random, STILL_REFUSED)) {
    counts->n_still++;
    return;
  }
  cycle = fminf (1.f, (cycle - 0.3f) / (SST_MINE_FULL_CYCLE - 0.3f));
  strength = 0.4f + 0.6f * fminf (1.f, 2.f * tracklet.motion);
  tracklet.quality = cycle * strength * candidate->goodness
      * fminf (1.f, alike / FULL_LIKENESS);
  tracklet.n_steps = n;
  for (guint i = 0; i < n; i++) {
    SstBox *const b = &steps[i].box;

    steps[i].frame += first;
    *b = (SstBox) { b->x * miner->scale, b->y * miner->scale,
      b->width * miner->scale, b->height * miner->scale
    };
  }
  sst_tracklets_add (out, &tracklet);
  counts->n_added++;
}

/* --- things that move ----------------------------------------------------- */

/* How the flow takes the part to the next picture: the median shift of the
 * points of the grid that move in it or, where none does, that are nearest. */
static SstPoint
shift_of (const SstMiner * miner, guint k, const SstBox * box)
{
  const guint8 *const map = sst_extent_map (miner->extent);
  float dx[SHIFT_POINTS], dy[SHIFT_POINTS];
  const float cx = sst_box_center_x (box), cy = sst_box_center_y (box);
  float nearest = INFINITY;
  SstPoint near = { 0.f, 0.f };
  guint n = 0;

  if (k + 1 >= miner->n_images)
    return near;
  for (guint i = 0; i < miner->n_at; i++) {
    const SstPoint at = miner->at[i];
    const float u = miner->moved[k][i].x - at.x;
    const float v = miner->moved[k][i].y - at.y;
    const float far = fabsf (at.x - cx) / box->width
        + fabsf (at.y - cy) / box->height;

    if (!sst_flow_is_consistent (hypotf (u, v), miner->error[k][i]))
      continue;
    if (far < nearest) {
      nearest = far;
      near = (SstPoint) { u, v };
    }
    if (n < SHIFT_POINTS && at.x >= box->x && at.y >= box->y
        && at.x <= box->x + box->width && at.y <= box->y + box->height
        && map[(int) at.y * miner->width + (int) at.x] >= MOVES) {
      dx[n] = u;
      dy[n++] = v;
    }
  }
  return n > 0 ? (SstPoint) { median_of (dx, n), median_of (dy, n) } : near;
}

static void
add_parts (SstMiner * miner, guint k)
{
  SstExtentPart parts[SST_EXTENT_MAX_PARTS];
  SstPoint shifts[SST_EXTENT_MAX_PARTS];
  const guint n = sst_extent_find (miner->extent, k, parts);

  for (guint i = 0; i < n; i++)
    shifts[i] = shift_of (miner, k, &parts[i].box);
  sst_movers_add (miner->movers, parts, shifts, n);
}

/* How far it gets over the ground, in sizes of its own. */
static float
way_over_ground (const SstMiner * miner, const SstMover * mover)
{
  const SstBox *const start = &mover->step[mover->from].box;
  float way = 0.f;

  for (guint k = mover->from + 1; k < mover->until; k++) {
    const SstAffine there = between (&miner->camera[mover->from],
        &miner->camera[k]);
    const SstPoint ground = sst_affine_apply (&there,
        (SstPoint) { sst_box_center_x (start), sst_box_center_y (start) });

    way = fmaxf (way, hypotf (sst_box_center_x (&mover->step[k].box) - ground.x,
            sst_box_center_y (&mover->step[k].box) - ground.y)
        / sst_box_scale (start));
  }
  return way;
}

/* How well a mover's boxes are known, 0..1: better of larger things, and of
 * such whose parts overlap and whose sides are calm (docs/lab/mining.md), and
 * less where the picture's border cuts them. */
static float
quality_of (const SstMoverSummary * mover, float scale)
{
  const float size = CLAMP (logf (scale / SMALL) / logf (LARGE / SMALL), 0.f,
      1.f);

  return (SMALL_WORTH + (1.f - SMALL_WORTH) * size) * mover->overlap
      * CLAMP (1.f - 5.f * mover->unrest, 0.f, 1.f) * (1.f - 0.5f * mover->cut);
}

/* Adds a mover as a tracklet. */
static void
add_mover (SstMiner * miner, const SstMover * mover, guint clip, guint first,
    SstTracklets * out)
{
  SstTrackletStep steps[MOVER_STEPS];
  const guint length = mover->until - mover->from;
  const guint gap = MAX (MOVER_GAP, (length + MOVER_STEPS - 2)
      / (MOVER_STEPS - 1));
  const SstMoverSummary summary = sst_mover_sum_up (mover);
  SstTracklet tracklet = {.clip = clip,.moving = TRUE,.steps = steps };

  miner->counts.n_candidates++;
  tracklet.motion = way_over_ground (miner, mover);
  tracklet.quality = quality_of (&summary,
      sst_box_scale (&mover->step[mover->from].box));
  if (tracklet.motion < STILL) {
    miner->counts.n_still++;
    return;
  }
  for (guint k = mover->from; k < mover->until
      && tracklet.n_steps < MOVER_STEPS; k++) {
    const SstBox *const b = &mover->step[k].box;

    if (!mover->step[k].measured || sst_box_scale (b) < MIN_MOVER_SCALE
        || sst_box_scale (b) * miner->scale < MIN_FRAME_SCALE
        || (tracklet.n_steps > 0
            && k + first < steps[tracklet.n_steps - 1].frame + gap))
      continue;
    steps[tracklet.n_steps++] = (SstTrackletStep) { k + first,
      { b->x * miner->scale, b->y * miner->scale, b->width * miner->scale,
            b->height * miner->scale }
    };
  }
  if (tracklet.n_steps < 2) {
    miner->counts.n_small++;
    return;
  }
  sst_tracklets_add (out, &tracklet);
  miner->counts.n_added++;
}

/* until: pictures from there on are the next window's. */
static void
mine_movers (SstMiner * miner, guint most, guint until, guint clip,
    guint first, SstTracklets * out)
{
  const guint margin = CLAMP (miner->n_images / 6, MIN_MARGIN, MAX_MARGIN);
  SstMover *movers, mover;
  guint n = 0;

  until += margin;
  sst_movers_reset (miner->movers);
  sst_extent_set (miner->extent, miner->image, miner->camera,
      miner->n_images);
  for (guint k = 0; k < miner->n_images && go_on (miner); k++)
    if (k >= margin && k + margin < miner->n_images)
      add_parts (miner, k);
    else
      sst_movers_add (miner->movers, NULL, NULL, 0);
  movers = g_new (SstMover, most + 1);
  while (n < most && go_on (miner)
      && sst_movers_take (miner->movers, MIN_MOVER, &movers[n]))
    n++;
  for (guint i = 0; i < n && go_on (miner); i++)
    for (guint start = movers[i].from;
        sst_mover_find_alone (movers, n, i, start, MIN_MOVER, &mover);
        start = mover.until)
      if (mover.from < until)
        add_mover (miner, &mover, clip, first, out);
  g_free (movers);
}

/* The window at first; its candidates are found, or (proposals not NULL) those
 * n given. */
static guint
mine_window (SstMiner * miner, const SstFootage * footage, guint clip,
    guint first, const SstMineParams * params, const SstBox * proposals,
    guint n_proposals, SstRandom * random, SstTracklets * out)
{
  const SstClip *const pictures = sst_footage_clip (footage, clip);
  const guint length = sst_clip_length (pictures);
  const guint n = first < length ? MIN (params->window, length - first) : 0;
  const guint n_before = sst_tracklets_length (out);
  guint left_out;

  miner->counts = (SstMineCounts) { 0 };
  miner->pace = params->pace;
  miner->stopped = FALSE;
  if (n < SST_MINE_MIN_WINDOW)
    return length;
  left_out = load_window (miner, pictures, first, n);
  if (miner->n_images >= SST_MINE_MIN_WINDOW && go_on (miner)) {
    follow_camera (miner, random);
    sum_up (miner);
    miner->n_candidates = 0;
    if (proposals != NULL) {
      add_proposals (miner, proposals, n_proposals);
    } else {
      mine_movers (miner, params->n_moving, left_out ? miner->n_images
          : params->stride, clip, first, out);
      add_random (miner, params->n_random, random);
    }
    miner->counts.n_candidates += miner->n_candidates;
    for (guint i = 0; i < miner->n_candidates && go_on (miner); i++)
      follow (miner, &miner->candidate[i], clip, first, random, out);
  }
  if (miner->stopped) {
    g_ptr_array_set_size (out->items, (int) n_before);
    miner->counts.n_added = 0;
    return first;
  }
  return left_out > 0 ? first + MIN (miner->n_images, params->stride)
      : first + params->stride;
}

guint
sst_mine_window (SstMiner * miner, const SstFootage * footage, guint clip,
    guint first, const SstMineParams * params, SstRandom * random,
    SstTracklets * out)
{
  return mine_window (miner, footage, clip, first, params, NULL, 0, random,
      out);
}

guint
sst_mine_boxes (SstMiner * miner, const SstFootage * footage, guint clip,
    guint first, const SstMineParams * params, const SstBox * boxes, guint n,
    SstTracklets * out)
{
  static const SstBox none[1];
  SstRandom random = sst_random_init (first, clip);     /* to fit the camera's
                                                         * motion */

  return mine_window (miner, footage, clip, first, params,
      n > 0 ? boxes : none, n, &random, out);
}

const SstMineCounts *
sst_miner_get_counts (const SstMiner * miner)
{
  return &miner->counts;
}

void
sst_mine_clip (SstMiner * miner, const SstFootage * footage, guint clip,
    const SstMineParams * params, SstRandom * random, SstTracklets * out)
{
  const guint length = sst_clip_length (sst_footage_clip (footage, clip));
  const guint n_before = sst_tracklets_length (out);

  miner->stopped = FALSE;
  for (guint first = 0; first < length && !miner->stopped;)
    first = sst_mine_window (miner, footage, clip, first, params, random, out);
  if (miner->stopped)
    g_ptr_array_set_size (out->items, (int) n_before);
}
