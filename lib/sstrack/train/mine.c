/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Coordinates in this file: pixels of the shrunken pictures of flow.h. */

#include <sstrack/train/mine.h>

#include <math.h>
#include <string.h>

#include <sstrack/flow.h>
#include <sstrack/motion.h>
#include <sstrack/simd.h>

#define MAX_SIDE SST_FLOW_MAX_SIDE
#define MAX_PIXELS (MAX_SIDE * MAX_SIDE)
#define MAX_CANDIDATES 128

/* A grid of points: cells of this many pixels. */
#define CELL 4
#define MAX_CELLS ((MAX_SIDE / CELL) * (MAX_SIDE / CELL))
#define CAMERA_CELL 24          /* for the camera alone */
#define MIN_SUPPORT 0.3f        /* share of points that a camera motion needs */

/* Candidates of motion. */
#define MIN_RESIDUAL 0.9f       /* pixels */
#define RESIDUAL_BIN 0.05f
#define RESIDUAL_BINS 400
#define CELL_GRADIENT 2.f       /* mean, grey levels a pixel, of a cell that
                                 * can be told to move */
#define MAX_MOVING_SHARE 0.5f   /* of the picture; more is a bad fit */
#define MIN_COMPONENT 4         /* cells */
#define MIN_FILL 0.35f
#define MAX_AREA 0.35f          /* of the picture */
#define MIN_MOVING_SIDE 8.f
#define BORDER 2.f
#define SAME_OVERLAP 0.6f       /* of the smaller box: one thing, if not a part
                                 * of it */
#define REFINE_MARGIN 8         /* pixels, and */
#define REFINE_SHARE 0.15f      /* of the sides, that an outline may grow */
#define REFINE_WAY 4.f          /* pixels over the ground that part the two
                                 * motions; more covers more ground */
#define REFINE_BLUR 2           /* pixels to each side */
#define REFINE_WIN 2.f          /* grey levels by which a motion explains a
                                 * pixel better */
#define REFINE_GAP 4            /* pixels */
#define REFINE_TRIM 0.25f       /* of the fullest row: thinner is no body */

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

static const guint spans[] = { 3, 7 };
static const float thresholds[] = { 3.f, 6.f };

typedef struct
{
  SstBox box;
  gboolean moving, proposed;
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

  /* the grid */
  int cells_x, cells_y;
  SstPoint at[MAX_CELLS], moved[MAX_CELLS];
  float error[MAX_CELLS];
  float residual[MAX_CELLS], smooth[MAX_CELLS]; /* under 0: unknown */
  guint8 mask[MAX_CELLS], spare[MAX_CELLS];
  int queue[MAX_CELLS];
  SstPoint part_at[MAX_CELLS], part_moved[MAX_CELLS];
  float part_error[MAX_CELLS];

  float *camera_misfit, *own_misfit, *blur;     /* of MAX_PIXELS */
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
  miner->camera_misfit = g_new (float, MAX_PIXELS);
  miner->own_misfit = g_new (float, MAX_PIXELS);
  miner->blur = g_new (float, MAX_PIXELS);
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
  g_free ((*miner)->camera_misfit);
  g_free ((*miner)->own_misfit);
  g_free ((*miner)->blur);
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

  miner->cells_x = miner->width / cell;
  miner->cells_y = miner->height / cell;
  for (int y = 0; y < miner->cells_y; y++)
    for (int x = 0; x < miner->cells_x; x++)
      miner->at[n++] = (SstPoint) { (x + 0.5f) * cell, (y + 0.5f) * cell };
  return n;
}

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

static void
follow_camera (SstMiner * miner, SstRandom * random)
{
  const guint n = set_grid (miner, CAMERA_CELL);

  miner->camera[0] = SST_AFFINE_IDENTITY;
  for (guint k = 1; k < miner->n_images && go_on (miner); k++) {
    SstAffine step;

    sst_flow_points (miner->image[k - 1], miner->image[k], n, miner->at,
        (SstPoint) { 0.f, 0.f }, miner->moved, miner->error);
    if (sst_flow_fit (n, miner->at, miner->moved, miner->error, random,
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

/* --- candidates of motion ----------------------------------------------- */

static float
median_residual (const SstMiner * miner, guint n)
{
  guint bins[RESIDUAL_BINS] = { 0 };
  guint known = 0, sum = 0;
  int bin = 0;

  for (guint i = 0; i < n; i++)
    if (miner->residual[i] >= 0.f) {
      bins[MIN ((int) (miner->residual[i] / RESIDUAL_BIN),
              RESIDUAL_BINS - 1)]++;
      known++;
    }
  while (bin < RESIDUAL_BINS - 1 && sum + bins[bin] < known / 2)
    sum += bins[bin++];
  return (bin + 0.5f) * RESIDUAL_BIN;
}

/* How far the grid's flow leaves the camera's, and the same smoothed. */
static void
set_residual (SstMiner * miner, guint n, const SstAffine * camera)
{
  for (guint i = 0; i < n; i++) {
    const SstPoint at = miner->at[i], to = miner->moved[i];
    const SstPoint ground = sst_affine_apply (camera, at);
    const SstBox around = sst_box_from_center (at.x, at.y, 3.f * CELL,
        3.f * CELL);

    miner->residual[i] = -1.f;
    if (sst_flow_is_consistent (hypotf (to.x - at.x, to.y - at.y),
            miner->error[i])
        && mean_in (miner, miner->gradient, &around) > CELL_GRADIENT)
      miner->residual[i] = hypotf (to.x - ground.x, to.y - ground.y);
  }
  for (int y = 0; y < miner->cells_y; y++)
    for (int x = 0; x < miner->cells_x; x++) {
      const int x0 = MAX (x - 1, 0), x1 = MIN (x + 1, miner->cells_x - 1);
      const int y0 = MAX (y - 1, 0), y1 = MIN (y + 1, miner->cells_y - 1);
      float sum = 0.f;
      int known = 0;

      for (int v = y0; v <= y1; v++)
        for (int u = x0; u <= x1; u++) {
          const float r = miner->residual[v * miner->cells_x + u];

          if (r >= 0.f) {
            sum += r;
            known++;
          }
        }
      miner->smooth[y * miner->cells_x + x] =
          miner->residual[y * miner->cells_x + x] >= 0.f ? sum / known : -1.f;
    }
}

/* Sets cells of to that have at least that many set neighbours in from, among
 * the 9 with their own. */
static void
count_neighbours (const SstMiner * miner, const guint8 * from, int least,
    gboolean need_self, guint8 * to)
{
  const int columns = miner->cells_x, rows = miner->cells_y;

  for (int y = 0; y < rows; y++)
    for (int x = 0; x < columns; x++) {
      int n = 0;

      for (int v = MAX (y - 1, 0); v <= MIN (y + 1, rows - 1); v++)
        for (int u = MAX (x - 1, 0); u <= MIN (x + 1, columns - 1); u++)
          n += from[v * columns + u] != 0;
      to[y * columns + x] = n >= least
          && (!need_self || from[y * columns + x]);
    }
}

/* Takes the component of cell start out of the mask into the queue. */
static guint
take_component (SstMiner * miner, int start)
{
  const int columns = miner->cells_x, rows = miner->cells_y;
  guint n = 1;

  miner->queue[0] = start;
  miner->mask[start] = 0;
  for (guint head = 0; head < n; head++) {
    const int x = miner->queue[head] % columns;
    const int y = miner->queue[head] / columns;

    for (int v = MAX (y - 1, 0); v <= MIN (y + 1, rows - 1); v++)
      for (int u = MAX (x - 1, 0); u <= MIN (x + 1, columns - 1); u++) {
        const int cell = v * columns + u;

        if (miner->mask[cell]) {
          miner->mask[cell] = 0;
          miner->queue[n++] = cell;
        }
      }
  }
  return n;
}

/* Means over squares, each row and then each column. */
SST_MULTIVERSION static void
blur_plane (float *plane, float *spare, int width, int height)
{
  const float gain = 1.f / (2 * REFINE_BLUR + 1);

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      float sum = 0.f;

      for (int i = -REFINE_BLUR; i <= REFINE_BLUR; i++)
        sum += plane[y * width + CLAMP (x + i, 0, width - 1)];
      spare[y * width + x] = sum * gain;
    }
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      float sum = 0.f;

      for (int i = -REFINE_BLUR; i <= REFINE_BLUR; i++)
        sum += spare[CLAMP (y + i, 0, height - 1) * width + x];
      plane[y * width + x] = sum * gain;
    }
}

/* The part of a profile about its middle of mass that is not thin. */
static void
trim (const int *profile, int n, int *from, int *to)
{
  gint64 mass = 0, sum = 0;
  int most = 0, middle = 0, thin, gap;

  for (int i = 0; i < n; i++) {
    mass += profile[i];
    most = MAX (most, profile[i]);
  }
  thin = MAX (1, (int) (REFINE_TRIM * most));
  while (middle < n - 1 && 2 * (sum + profile[middle]) < mass)
    sum += profile[middle++];
  *from = *to = middle;
  gap = 0;
  for (int i = middle; i >= 0 && gap <= REFINE_GAP; i--) {
    gap = profile[i] >= thin ? 0 : gap + 1;
    if (gap == 0)
      *from = i;
  }
  gap = 0;
  for (int i = middle; i < n && gap <= REFINE_GAP; i++) {
    gap = profile[i] >= thin ? 0 : gap + 1;
    if (gap == 0)
      *to = i;
  }
}

/* Draws the outline of a component anew: the pixels that its own motion
 * explains better than the camera's. That is told from a picture in which the
 * two are just far enough apart.
 *
 * span: to the picture that the grid's flow leads to.
 * Returns how clear it is, 0..1; 0 leaves the box as it is. */
static float
refine (SstMiner * miner, guint span, guint n_cells, const SstAffine * camera,
    SstRandom * random, SstBox * box)
{
  const SstFlowImage *const image = miner->image[0];
  const int margin_x = (int) (REFINE_MARGIN + REFINE_SHARE * box->width);
  const int margin_y = (int) (REFINE_MARGIN + REFINE_SHARE * box->height);
  const int x0 = MAX ((int) box->x - margin_x, 0);
  const int y0 = MAX ((int) box->y - margin_y, 0);
  const int x1 = MIN ((int) (box->x + box->width) + margin_x, miner->width);
  const int y1 = MIN ((int) (box->y + box->height) + margin_y, miner->height);
  const int width = x1 - x0, height = y1 - y0;
  int columns[MAX_SIDE] = { 0 }, rows[MAX_SIDE] = { 0 };
  SstPoint way = { 0.f, 0.f }, shift = { 0.f, 0.f };
  const SstFlowImage *later;
  float contrast = 0.f;
  int left, right, top, bottom;
  guint n = 0, area = 0, near;
  SstAffine own;

  for (guint i = 0; i < n_cells; i++) {
    const int cell = miner->queue[i];
    SstPoint ground;

    if (miner->residual[cell] < 0.f)
      continue;
    miner->part_at[n] = miner->at[cell];
    miner->part_moved[n] = miner->moved[cell];
    miner->part_error[n++] = miner->error[cell];
    ground = sst_affine_apply (camera, miner->at[cell]);
    way.x += miner->moved[cell].x - ground.x;
    way.y += miner->moved[cell].y - ground.y;
    shift.x += miner->moved[cell].x - miner->at[cell].x;
    shift.y += miner->moved[cell].y - miner->at[cell].y;
  }
  if (n == 0)
    return 0.f;
  way = (SstPoint) { way.x / n, way.y / n };
  shift = (SstPoint) { shift.x / n, shift.y / n };
  near = (guint) CLAMP (ceilf (span * REFINE_WAY
          / fmaxf (hypotf (way.x, way.y), 1e-3f)), 1.f, (float) span);
  if (near < span) {
    shift.x *= near / (float) span;
    shift.y *= near / (float) span;
    camera = &miner->camera[near];
    sst_flow_points (image, miner->image[near], n, miner->part_at, shift,
        miner->part_moved, miner->part_error);
  }
  later = miner->image[near];
  if (sst_flow_fit (n, miner->part_at, miner->part_moved, miner->part_error,
          random, &own) < MIN_SUPPORT)
    own = (SstAffine) { 1.f, 0.f, 0.f, 1.f, shift.x, shift.y };

  for (int y = 0; y < height; y++) {
    const float *const row = sst_flow_image_row (image, y0 + y);

    for (int x = 0; x < width; x++) {
      const SstPoint p = { x0 + x + 0.5f, y0 + y + 0.5f };
      const SstPoint a = sst_affine_apply (camera, p);
      const SstPoint b = sst_affine_apply (&own, p);

      miner->camera_misfit[y * width + x] =
          fabsf (sst_flow_image_at (later, a.x, a.y) - row[x0 + x]);
      miner->own_misfit[y * width + x] =
          fabsf (sst_flow_image_at (later, b.x, b.y) - row[x0 + x]);
    }
  }
  blur_plane (miner->camera_misfit, miner->blur, width, height);
  blur_plane (miner->own_misfit, miner->blur, width, height);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const float a = miner->camera_misfit[y * width + x];
      const float b = miner->own_misfit[y * width + x];

      if (a - b < REFINE_WIN || b > 0.6f * a)
        continue;
      columns[x]++;
      rows[y]++;
      contrast += (a - b) / (a + b);
      area++;
    }
  if (area == 0)
    return 0.f;
  trim (columns, width, &left, &right);
  trim (rows, height, &top, &bottom);
  if (right - left < 0.5f * box->width || bottom - top < 0.5f * box->height)
    return 0.f;
  *box = (SstBox) { x0 + left, y0 + top, right - left + 1, bottom - top + 1 };
  return contrast / area
      * fminf (1.f, area / (0.5f * box->width * box->height));
}

static gboolean
is_new (const SstMiner * miner, const SstBox * box)
{
  const float area = box->width * box->height;

  for (guint i = 0; i < miner->n_candidates; i++) {
    const SstBox *const other = &miner->candidate[i].box;
    const float other_area = other->width * other->height;
    const float iou = sst_box_iou (box, other);
    const float common = iou / (1.f + iou) * (area + other_area);

    if (common > SAME_OVERLAP * fminf (area, other_area)
        && area > 0.5f * other_area && area < 2.f * other_area)
      return FALSE;
  }
  return TRUE;
}

static void
add_component (SstMiner * miner, guint span, guint n_cells,
    const SstAffine * camera, SstRandom * random)
{
  int x0 = G_MAXINT, y0 = G_MAXINT, x1 = 0, y1 = 0;
  float goodness;
  SstBox box;

  for (guint i = 0; i < n_cells; i++) {
    const int x = miner->queue[i] % miner->cells_x;
    const int y = miner->queue[i] / miner->cells_x;

    x0 = MIN (x0, x);
    y0 = MIN (y0, y);
    x1 = MAX (x1, x + 1);
    y1 = MAX (y1, y + 1);
  }
  if (n_cells < MIN_COMPONENT || n_cells < MIN_FILL * (x1 - x0) * (y1 - y0))
    return;
  box = (SstBox) { x0 * CELL, y0 * CELL, (x1 - x0) * CELL, (y1 - y0) * CELL };
  goodness = refine (miner, span, n_cells, camera, random, &box);
  if (goodness == 0.f || fminf (box.width, box.height) < MIN_MOVING_SIDE
      || box.x < BORDER || box.y < BORDER
      || box.x + box.width > miner->width - BORDER
      || box.y + box.height > miner->height - BORDER
      || box.width * box.height > MAX_AREA * miner->width * miner->height
      || !is_new (miner, &box) || miner->n_candidates == MAX_CANDIDATES)
    return;
  miner->candidate[miner->n_candidates++] = (Candidate) { box, TRUE, FALSE,
    0.4f + 0.6f * fminf (1.f, goodness / 0.6f)
  };
}

static void
find_moving (SstMiner * miner, guint most, SstRandom * random)
{
  const SstPoint middle = { 0.5f * miner->width, 0.5f * miner->height };
  const guint n = set_grid (miner, CELL);

  for (guint s = 0; s < G_N_ELEMENTS (spans) && go_on (miner); s++) {
    const guint span = MIN (spans[s], miner->n_images - 1);
    const SstFlowImage *const later = miner->image[span];
    const SstPoint to = sst_affine_apply (&miner->camera[span], middle);
    const SstPoint guess = { to.x - middle.x, to.y - middle.y };
    SstAffine camera;
    float median;

    if (fabsf (guess.x) >= miner->width || fabsf (guess.y) >= miner->height)
      continue;
    sst_flow_points (miner->image[0], later, n, miner->at, guess,
        miner->moved, miner->error);
    if (sst_flow_fit (n, miner->at, miner->moved, miner->error, random,
            &camera) < MIN_SUPPORT)
      continue;
    set_residual (miner, n, &camera);
    median = median_residual (miner, n);
    for (guint q = 0; q < G_N_ELEMENTS (thresholds); q++) {
      const float least = fmaxf (MIN_RESIDUAL, thresholds[q] * median);
      guint set = 0;

      for (guint i = 0; i < n; i++)
        miner->mask[i] = miner->smooth[i] > least;
      /* specks go, holes close */
      count_neighbours (miner, miner->mask, 3, TRUE, miner->spare);
      count_neighbours (miner, miner->spare, 1, FALSE, miner->mask);
      for (guint i = 0; i < n; i++)
        miner->mask[i] = !miner->mask[i];
      count_neighbours (miner, miner->mask, 1, FALSE, miner->spare);
      for (guint i = 0; i < n; i++)
        set += miner->mask[i] = !miner->spare[i];
      if (set > MAX_MOVING_SHARE * n)
        continue;
      for (guint i = 0; i < n; i++)
        if (miner->mask[i])
          add_component (miner, span, take_component (miner, (int) i),
              &camera, random);
    }
  }
  /* a random choice of too many */
  for (guint i = 0; i < MIN (most, miner->n_candidates); i++) {
    const guint other = i + sst_random_below (random,
        miner->n_candidates - i);
    const Candidate candidate = miner->candidate[i];

    miner->candidate[i] = miner->candidate[other];
    miner->candidate[other] = candidate;
  }
  miner->n_candidates = MIN (miner->n_candidates, most);
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
      FALSE, 0.7f
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
      miner->candidate[miner->n_candidates++] = (Candidate) { box, FALSE, TRUE,
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
  SstTracklet tracklet = {.clip = clip,.moving = candidate->moving,
    .steps = steps
  };
  SstMineCounts *const counts = &miner->counts;
  SstPoint speed = { 0.f, 0.f };
  SstBox box = *start;
  const SstPoint centre = { sst_box_center_x (start),
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
        sst_affine_apply (&miner->camera[steps[i].frame], centre);

    tracklet.motion = fmaxf (tracklet.motion,
        hypotf (sst_box_center_x (&steps[i].box) - ground.x,
            sst_box_center_y (&steps[i].box) - ground.y)
        / sst_box_scale (start));
  }
  if (candidate->proposed) {
    tracklet.moving = tracklet.motion >= STILL;
  } else if (tracklet.motion < STILL && (candidate->moving
          || sst_random_chance (random, STILL_REFUSED))) {
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
      find_moving (miner, params->n_moving, random);
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
