/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "stream/gather.h"

#include <math.h>
#include <string.h>

#include "footage/verify.h"

#define N_MOVING 8
#define N_RANDOM 4
#define MIN_SIDE 16.f           /* pixels, that a tracklet has to have */
#define MIN_CONFIDENCE 0.5f     /* of a tracker in its target */
#define SAME_BOX 0.8f           /* overlap of a proposal and what came of it */
#define TRACKER_AGREEMENT 0.35f /* of the tracker's later boxes */

/* The miner asks for texture in grey levels. Pictures of less contrast than
 * usual, as of a night or in fog, are stretched for it. */
#define LEVELS 256
#define RANGE_TAIL 0.02f        /* of the pixels, at each end */
#define WANTED_RANGE 130        /* grey levels between the ends */
#define MAX_STRETCH 6.f

/* Streams of random numbers. */
#define STREAM_MINE 0
#define STREAM_VERIFY 1
#define N_STREAMS 2

struct _SstGather
{
  SstMiner *miner;
  guint64 seed;
};

SstGather *
sst_gather_new (guint64 seed)
{
  SstGather *gather = g_new0 (SstGather, 1);

  gather->miner = sst_miner_new ();
  gather->seed = seed;
  return gather;
}

void
sst_gather_free (SstGather ** gather)
{
  if (*gather == NULL)
    return;
  sst_miner_free (&(*gather)->miner);
  g_clear_pointer (gather, g_free);
}

/* Picks the first picture's proposals that params say to learn from. */
static guint
pick_boxes (const SstWindow * window, SstLearnFrom from, SstBox * boxes)
{
  const GArray *const proposals = g_ptr_array_index (window->proposals, 0);
  guint n = 0;

  for (guint i = 0; i < proposals->len; i++) {
    const SstProposal *const p = &g_array_index (proposals, SstProposal, i);

    if (!p->lost && p->box.width >= MIN_SIDE && p->box.height >= MIN_SIDE
        && (p->id != 0 ? (from & SST_LEARN_FROM_TARGETS)
            && p->confidence >= MIN_CONFIDENCE : from & SST_LEARN_FROM_ROI))
      boxes[n++] = p->box;
  }
  return n;
}

/* Cuts a tracklet that began as a tracker's target where the tracker has been
 * elsewhere. Returns its steps that are left. */
static guint
agree_with_tracker (const SstWindow * window, const SstTracklet * tracklet)
{
  const GArray *const first = g_ptr_array_index (window->proposals, 0);
  guint64 id = 0;

  for (guint i = 0; i < first->len && id == 0; i++) {
    const SstProposal *const p = &g_array_index (first, SstProposal, i);

    if (!p->lost && sst_box_iou (&p->box, &tracklet->steps[0].box) >= SAME_BOX)
      id = p->id;
  }
  if (id == 0)
    return tracklet->n_steps;
  for (guint k = 1; k < tracklet->n_steps; k++) {
    const SstTrackletStep *const step = &tracklet->steps[k];
    const GArray *const later = g_ptr_array_index (window->proposals,
        step->frame);

    for (guint i = 0; i < later->len; i++) {
      const SstProposal *const p = &g_array_index (later, SstProposal, i);

      if (p->id == id && (p->lost
              || sst_box_iou (&p->box, &step->box) < TRACKER_AGREEMENT))
        return k;
    }
  }
  return tracklet->n_steps;
}

static guint
large_steps (const SstTracklet * tracklet)
{
  guint k = 0;

  while (k < tracklet->n_steps && fminf (tracklet->steps[k].box.width,
          tracklet->steps[k].box.height) >= MIN_SIDE)
    k++;
  return k;
}

/* Whether a tracklet is any good, cut short where it stops being so. */
static gboolean
keep_tracklet (SstVerifier * verifier, const SstWindow * window,
    SstTracklet * tracklet, SstRandom * random, SstRefused * refused)
{
  guint n = large_steps (tracklet);

  *refused = SST_REFUSED_SMALL;
  if (n < 2)
    return FALSE;
  sst_tracklet_truncate (tracklet, n);
  *refused = SST_REFUSED_DISAGREED;
  n = agree_with_tracker (window, tracklet);
  if (n < 2)
    return FALSE;
  sst_tracklet_truncate (tracklet, n);
  return sst_verifier_check (verifier, window->footage, tracklet, random);
}

/* The grey levels of the window's first picture, without the tails. */
static void
find_range (const SstFrame * frame, int *low, int *high)
{
  const guint n = (guint) (frame->width * frame->height);
  const guint tail = (guint) (RANGE_TAIL * n);
  guint bins[LEVELS] = { 0 };
  guint sum = 0;

  for (int y = 0; y < frame->height; y++)
    for (int x = 0; x < frame->width; x++)
      bins[frame->plane[0][y * frame->stride[0] + x]]++;
  for (*low = 0; *low < LEVELS - 1 && sum + bins[*low] <= tail; (*low)++)
    sum += bins[*low];
  sum = 0;
  for (*high = LEVELS - 1; *high > *low && sum + bins[*high] <= tail;
      (*high)--)
    sum += bins[*high];
}

/* A copy of the window's luma in more contrast; NULL where it has enough. */
static SstFootage *
stretch (const SstWindow * window)
{
  const SstClip *const from = sst_footage_clip (window->footage, 0);
  SstFootage *footage;
  guint8 table[LEVELS];
  SstClip *to;
  int low, high;
  float gain;

  find_range (sst_clip_frame (from, 0), &low, &high);
  if (high - low >= WANTED_RANGE)
    return NULL;
  gain = fminf (WANTED_RANGE / (float) MAX (high - low, 1), MAX_STRETCH);
  for (int i = 0; i < LEVELS; i++)
    table[i] = (guint8) CLAMP (127.5f + gain * (i - 0.5f * (low + high)),
        0.f, 255.f);
  footage = sst_footage_new ();
  to = sst_footage_add_clip (footage, from->name);
  for (guint i = 0; i < sst_clip_length (from); i++) {
    const SstFrame *const frame = sst_clip_frame (from, i);
    SstImage *const image = sst_image_new (frame->width, frame->height);
    guint8 *const luma = sst_image_plane (image, 0);

    for (int y = 0; y < frame->height; y++)
      for (int x = 0; x < frame->width; x++)
        luma[y * image->frame.stride[0] + x] =
            table[frame->plane[0][y * frame->stride[0] + x]];
    for (int c = 1; c < 3; c++)
      memset (sst_image_plane (image, c), 128, (size_t) image->frame.stride[c]
          * ((frame->height + 1) / 2));
    sst_clip_add (to, image, sst_clip_time (from, i));
  }
  return footage;
}

static void
count_refused (const SstGather * gather, guint64 * refused)
{
  const SstMineCounts *const counts = sst_miner_get_counts (gather->miner);

  refused[SST_REFUSED_BLURRED] += counts->n_plain;
  refused[SST_REFUSED_SMALL] += counts->n_small;
  refused[SST_REFUSED_SHORT] += counts->n_short;
  refused[SST_REFUSED_CYCLE] += counts->n_cycle;
}

static void
mine (SstGather * gather, const SstWindow * window, SstLearnFrom from,
    SstPace * pace, SstRandom * random, SstTracklets * tracklets,
    guint64 * refused)
{
  const SstMineParams params = {
    .window = SST_WINDOW_LENGTH, .stride = SST_WINDOW_LENGTH,
    .n_moving = N_MOVING, .n_random = N_RANDOM, .pace = pace
  };
  SstBox boxes[SST_WINDOW_MAX_PROPOSALS];
  const guint n = pick_boxes (window, from, boxes);
  SstFootage *stretched = stretch (window);
  const SstFootage *const footage = stretched != NULL ? stretched
      : window->footage;

  if (from & SST_LEARN_FROM_MOTION) {
    sst_mine_window (gather->miner, footage, 0, 0, &params, random,
        tracklets);
    count_refused (gather, refused);
  }
  if (n > 0) {
    sst_mine_boxes (gather->miner, footage, 0, 0, &params, boxes, n,
        tracklets);
    count_refused (gather, refused);
  }
  sst_footage_free (&stretched);
}

gboolean
sst_gather_run (SstGather * gather, const SstWindow * window, guint64 number,
    SstLearnFrom from, SstModel * teacher, SstPace * pace,
    SstTracklets * tracklets, guint64 * refused)
{
  SstRandom random = sst_random_init (gather->seed,
      number * N_STREAMS + STREAM_MINE);
  SstVerifier *verifier;
  gboolean go_on;

  mine (gather, window, from, pace, &random, tracklets, refused);
  go_on = sst_pace_wait (pace);
  random = sst_random_init (gather->seed, number * N_STREAMS + STREAM_VERIFY);
  verifier = sst_verifier_new (teacher);
  for (guint i = 0; i < sst_tracklets_length (tracklets) && go_on; i++) {
    SstTracklet *const tracklet = sst_tracklets_get (tracklets, i);
    SstRefused reason;

    if (!keep_tracklet (verifier, window, tracklet, &random, &reason)) {
      refused[reason]++;
      tracklet->quality = -1.f;
    }
    go_on = sst_pace_wait (pace);
  }
  sst_tracklets_remove_below (tracklets, 0.f);
  sst_verifier_free (&verifier);
  return go_on;
}
