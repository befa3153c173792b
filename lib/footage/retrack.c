/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "footage/retrack.h"

#include <math.h>

#include "track/matcher.h"

/* Time from a picture that is looked at to the next. */
#define STEP_TIME ((guint64) 70 * 1000 * 1000)
#define MAX_VISITS 96
/* Visits from a step that is kept to the next. */
#define VISITS_PER_STEP 3
/* The network's box counts from these on. */
#define MIN_SCORE 0.4f
#define MIN_QUALITY 0.5f
/* Share of a window over the region in what is searched for the highest place:
 * things don't jump. */
#define WINDOW_SHARE 0.3f
/* How much of the box's change of size is taken, times the score. */
#define SIZE_RATE 0.5f
/* Templates of the recent past: every so many visits, how fast they follow, and
 * their share beside the first one. */
#define TEMPLATE_INTERVAL 4
#define TEMPLATE_RATE 0.1f
#define TEMPLATE_SHARE 0.3f
/* Sides of what can be learned from, pixels. */
#define MIN_SIDE 8.f
/* IoU of the ways there and back: below the first it has lost the thing; where
 * it began, and at the steps that are kept. */
#define LOST 0.2f
#define MIN_RETURN 0.6f
#define MIN_AGREEMENT 0.6f
/* Where the far end does not come back, a nearer one may: so often halved. */
#define N_TRIES 3

typedef struct
{
  guint frame;
  SstBox there, back;
} Visit;

struct _SstRetracker
{
  SstMatcher *matcher;
  SstSampler *sampler;
  float *sample;
  float window[SST_NETWORK_CELLS];
  Visit visits[MAX_VISITS];
};

SstRetracker *
sst_retracker_new (SstModel * model)
{
  SstRetracker *retracker = g_new0 (SstRetracker, 1);

  retracker->matcher = sst_matcher_new (model, NULL);
  retracker->sampler = sst_sampler_new ();
  retracker->sample = g_new (float, SST_SEARCH_SIZE);
  for (int y = 0; y < SST_NETWORK_GRID; y++) {
    for (int x = 0; x < SST_NETWORK_GRID; x++) {
      const float root = sinf ((float) G_PI * (x + 0.5f) / SST_NETWORK_GRID)
          * sinf ((float) G_PI * (y + 0.5f) / SST_NETWORK_GRID);

      retracker->window[y * SST_NETWORK_GRID + x] = root * root;
    }
  }
  return retracker;
}

void
sst_retracker_free (SstRetracker ** retracker)
{
  if (*retracker == NULL)
    return;
  sst_matcher_free (&(*retracker)->matcher);
  sst_sampler_free (&(*retracker)->sampler);
  g_free ((*retracker)->sample);
  g_clear_pointer (retracker, g_free);
}

static float
template_side (const SstBox * box)
{
  return SST_TEMPLATE_FACTOR * sst_box_scale (box);
}

/* The cell that the thing is in, most likely. */
static int
best_cell (const SstRetracker * retracker)
{
  const float *const scores = sst_matcher_scores (retracker->matcher);
  float best = -1.f;
  int cell = 0;

  for (int i = 0; i < SST_NETWORK_CELLS; i++) {
    const float value = (1.f - WINDOW_SHARE) * scores[i]
        + WINDOW_SHARE * retracker->window[i];

    if (value > best) {
      best = value;
      cell = i;
    }
  }
  return cell;
}

/* Whether there is enough of it in the picture. */
static gboolean
is_usable (const SstBox * box, const SstFrame * frame)
{
  const float x = sst_box_center_x (box), y = sst_box_center_y (box);

  return fminf (box->width, box->height) >= MIN_SIDE
      && box->width <= frame->width && box->height <= frame->height
      && x >= 0.f && y >= 0.f && x < frame->width && y < frame->height;
}

/* Where the thing that was in *box is in that picture; FALSE: not sure. */
static gboolean
follow (SstRetracker * retracker, const SstFrame * frame, SstBox * box)
{
  const float side = SST_SEARCH_FACTOR * sst_box_scale (box);
  const float scale = side / SST_SEARCH_SIDE;
  const SstBox region = sst_box_from_center (sst_box_center_x (box),
      sst_box_center_y (box), side, side);
  float score, quality;
  SstBox found;
  int cell;

  sst_sampler_sample (retracker->sampler, frame, &region, SST_SAMPLE_YCC,
      SST_SEARCH_SIDE, SST_SEARCH_SIDE, retracker->sample);
  sst_matcher_search (retracker->matcher, retracker->sample, TEMPLATE_SHARE);
  cell = best_cell (retracker);
  score = sst_matcher_scores (retracker->matcher)[cell];
  found = sst_matcher_box (retracker->matcher, cell % SST_NETWORK_GRID,
      cell / SST_NETWORK_GRID, &quality);
  if (score < MIN_SCORE || quality < MIN_QUALITY)
    return FALSE;
  *box = sst_box_from_center (region.x + sst_box_center_x (&found) * scale,
      region.y + sst_box_center_y (&found) * scale,
      box->width * powf (found.width * scale / box->width, SIZE_RATE * score),
      box->height * powf (found.height * scale / box->height,
          SIZE_RATE * score));
  return is_usable (box, frame);
}

static void
start (SstRetracker * retracker, const SstFrame * frame, const SstBox * box)
{
  sst_matcher_start (retracker->matcher, retracker->sampler, frame, box,
      template_side (box));
}

static guint64
time_between (const SstClip * clip, guint a, guint b)
{
  const guint64 one = sst_clip_time (clip, a), two = sst_clip_time (clip, b);

  return one > two ? one - two : two - one;
}

/* The picture that is looked at after that one; way: 1 or -1. The clip's length
 * or beyond where there is none. */
static guint
next_frame (const SstClip * clip, guint frame, int way)
{
  guint i = frame;

  do
    i += way;
  while (i < sst_clip_length (clip)
      && time_between (clip, frame, i) < STEP_TIME);
  return i;
}

/* From a step on, away from the tracklet; its own picture is the first visit.
 * Returns how many there are. */
static guint
go_there (SstRetracker * retracker, const SstClip * clip,
    const SstTrackletStep * from, int way)
{
  Visit *const visits = retracker->visits;
  SstBox box = from->box;
  guint n = 0;

  start (retracker, sst_clip_fetch (clip, from->frame), &box);
  visits[n++] = (Visit) { from->frame, box, box };
  while (n < MAX_VISITS) {
    const guint i = next_frame (clip, visits[n - 1].frame, way);

    if (i >= sst_clip_length (clip)
        || time_between (clip, from->frame, i) > SST_RETRACK_REACH
        || !follow (retracker, sst_clip_fetch (clip, i), &box))
      break;
    visits[n++] = (Visit) { i, box, box };
    if (n % TEMPLATE_INTERVAL == 0)
      sst_matcher_learn (retracker->matcher, retracker->sampler,
          sst_clip_frame (clip, i), &box, template_side (&box), TEMPLATE_RATE);
  }
  return n;
}

/* From the last of n visits back to the first. Returns both ways' mean IoU;
 * 0 where it does not get there. */
static float
come_back (SstRetracker * retracker, const SstClip * clip, guint n)
{
  Visit *const visits = retracker->visits;
  SstBox box = visits[n - 1].there;
  float sum = 0.f, iou = 0.f;

  start (retracker, sst_clip_fetch (clip, visits[n - 1].frame), &box);
  for (guint k = n - 1; k-- > 0;) {
    if (!follow (retracker, sst_clip_fetch (clip, visits[k].frame), &box))
      return 0.f;
    visits[k].back = box;
    iou = sst_box_iou (&box, &visits[k].there);
    sum += iou;
    if (iou < LOST)
      return 0.f;
  }
  return iou >= MIN_RETURN ? sum / (n - 1) : 0.f;
}

static SstBox
mean_box (const SstBox * a, const SstBox * b)
{
  return (SstBox) { 0.5f * (a->x + b->x), 0.5f * (a->y + b->y),
    0.5f * (a->width + b->width), 0.5f * (a->height + b->height)
  };
}

/* Appends what both ways agree on to steps, of n visits. */
static void
take_visits (const SstRetracker * retracker, guint n, GArray * steps)
{
  for (guint k = VISITS_PER_STEP; k < n; k += VISITS_PER_STEP) {
    const Visit *const visit = &retracker->visits[k];
    const SstTrackletStep step = { visit->frame,
      mean_box (&visit->there, &visit->back)
    };

    if (sst_box_iou (&visit->there, &visit->back) >= MIN_AGREEMENT)
      g_array_append_val (steps, step);
  }
}

/* Follows the thing from a step away from the tracklet, and appends what came
 * back to steps. */
static void
carry_on (SstRetracker * retracker, const SstClip * clip,
    const SstTrackletStep * from, int way, GArray * steps)
{
  guint n = go_there (retracker, clip, from, way);

  for (int i = 0; i < N_TRIES && n > VISITS_PER_STEP; i++, n /= 2) {
    if (come_back (retracker, clip, n) >= SST_RETRACK_AGREEMENT) {
      take_visits (retracker, n, steps);
      return;
    }
  }
}

static int
compare_frames (gconstpointer a, gconstpointer b)
{
  const guint x = ((const SstTrackletStep *) a)->frame;
  const guint y = ((const SstTrackletStep *) b)->frame;

  return x < y ? -1 : x > y;
}

/* Leaves max steps, evenly picked; the first and the last stay. */
static void
thin_out (GArray * steps, guint max)
{
  if (steps->len <= max)
    return;
  for (guint i = 0; i < max; i++)
    g_array_index (steps, SstTrackletStep, i) = g_array_index (steps,
        SstTrackletStep, i * (steps->len - 1) / (max - 1));
  g_array_set_size (steps, max);
}

gboolean
sst_retracker_lengthen (SstRetracker * retracker, const SstFootage * footage,
    SstTracklet * tracklet)
{
  const SstClip *const clip = sst_footage_clip (footage, tracklet->clip);
  GArray *steps = g_array_new (FALSE, FALSE, sizeof (SstTrackletStep));
  gboolean longer;

  g_array_append_vals (steps, tracklet->steps, tracklet->n_steps);
  carry_on (retracker, clip, &tracklet->steps[tracklet->n_steps - 1], 1,
      steps);
  carry_on (retracker, clip, &tracklet->steps[0], -1, steps);
  longer = steps->len > tracklet->n_steps;
  if (longer) {
    g_array_sort (steps, compare_frames);
    thin_out (steps, SST_TRACKLET_MAX_STEPS);
    sst_tracklet_set_steps (tracklet, (const SstTrackletStep *) steps->data,
        steps->len);
  }
  g_array_unref (steps);
  return longer;
}
