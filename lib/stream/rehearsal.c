/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "stream/rehearsal.h"

#include <string.h>

#include <sstrack/tracker.h>

#include "track/gallery.h"
#include "track/matcher.h"

/* Below this overlap with where flow had the thing last, it is another one. */
#define MIN_FAR_IOU 0.2f
/* Things that one is looked for among, at most. */
#define MAX_OTHERS 15

struct _SstRehearsal
{
  const SstFootage *footage;
  const SstTracklets *tracklets;
  GArray *tracks;               /* of guint: numbers of tracklets */
  GArray *known;                /* the same */
};

/* --- what there is ------------------------------------------------------- */

static const SstTracklet *
get (const SstRehearsal * rehearsal, guint number)
{
  return sst_tracklets_get (rehearsal->tracklets, number);
}

static gboolean
lasts (const SstRehearsal * rehearsal, const SstTracklet * tracklet)
{
  const SstClip *const clip = sst_footage_clip (rehearsal->footage,
      tracklet->clip);
  const guint64 from = sst_clip_time (clip, tracklet->steps[0].frame);
  const guint64 to = sst_clip_time (clip,
      tracklet->steps[tracklet->n_steps - 1].frame);

  return to - from >= SST_REHEARSAL_MIN_TIME;
}

/* Who is seen together with a thing. Returns how many; others: MAX_OTHERS. */
static guint
find_others (const SstRehearsal * rehearsal, guint number,
    const SstTracklet ** others)
{
  const SstTracklet *const thing = get (rehearsal, number);
  guint n = 0;

  for (guint i = 0; i < sst_tracklets_length (rehearsal->tracklets)
      && n < MAX_OTHERS; i++)
    if (i != number && sst_tracklets_are_apart (thing, get (rehearsal, i)))
      others[n++] = get (rehearsal, i);
  return n;
}

/* Leaves n numbers at most, evenly picked. */
static void
thin_out (GArray * numbers, guint n)
{
  if (numbers->len <= n)
    return;
  for (guint i = 0; i < n; i++)
    g_array_index (numbers, guint, i) = g_array_index (numbers, guint,
        (guint) ((guint64) i * numbers->len / n));
  g_array_set_size (numbers, n);
}

SstRehearsal *
sst_rehearsal_new (const SstFootage * footage, const SstTracklets * tracklets,
    guint n_things)
{
  SstRehearsal *rehearsal = g_new0 (SstRehearsal, 1);
  const SstTracklet *others[MAX_OTHERS];

  n_things = CLAMP (n_things, 1, SST_REHEARSAL_MAX_THINGS);
  rehearsal->footage = footage;
  rehearsal->tracklets = tracklets;
  rehearsal->tracks = g_array_new (FALSE, FALSE, sizeof (guint));
  rehearsal->known = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; i < sst_tracklets_length (tracklets); i++) {
    if (!get (rehearsal, i)->moving)
      continue;
    if (lasts (rehearsal, get (rehearsal, i)))
      g_array_append_val (rehearsal->tracks, i);
    if (find_others (rehearsal, i, others) > 0)
      g_array_append_val (rehearsal->known, i);
  }
  thin_out (rehearsal->tracks, n_things);
  thin_out (rehearsal->known, n_things);
  return rehearsal;
}

void
sst_rehearsal_free (SstRehearsal ** rehearsal)
{
  if (*rehearsal == NULL)
    return;
  g_array_unref ((*rehearsal)->tracks);
  g_array_unref ((*rehearsal)->known);
  g_clear_pointer (rehearsal, g_free);
}

guint
sst_rehearsal_n_tracks (const SstRehearsal * rehearsal)
{
  return rehearsal->tracks->len;
}

guint
sst_rehearsal_n_known (const SstRehearsal * rehearsal)
{
  return rehearsal->known->len;
}

guint
sst_rehearsal_track (const SstRehearsal * rehearsal, guint i)
{
  return g_array_index (rehearsal->tracks, guint, i);
}

guint
sst_rehearsal_known (const SstRehearsal * rehearsal, guint i)
{
  return g_array_index (rehearsal->known, guint, i);
}

/* --- track --------------------------------------------------------------- */

/* Follows what is in *box from picture from to picture to, either way in time.
 * lost: set, with the box where it ends. Returns FALSE where the pace says
 * stop. */
static gboolean
follow (SstTracker * tracker, const SstClip * clip, guint from, guint to,
    SstPace * pace, SstBox * box, gboolean * lost)
{
  const int way = to > from ? 1 : -1;
  const guint64 start = sst_clip_time (clip, from);
  SstTrackerResult result = { .state = SST_STATE_TRACKING, .box = *box };

  *lost = !sst_tracker_start (tracker, sst_clip_frame (clip, from), box, 0,
      NULL);
  for (guint i = from; i != to && !*lost;) {
    i += way;
    if (!sst_pace_wait (pace))
      return FALSE;
    sst_tracker_update (tracker, sst_clip_frame (clip, i), way > 0
        ? sst_clip_time (clip, i) - start : start - sst_clip_time (clip, i),
        NULL, &result);
  }
  *lost = *lost || result.state == SST_STATE_LOST;
  *box = result.box;
  return TRUE;
}

static gboolean
track_thing (const SstRehearsal * rehearsal, SstTracker * tracker,
    const SstTracklet * tracklet, SstPace * pace, float *score)
{
  const SstClip *const clip = sst_footage_clip (rehearsal->footage,
      tracklet->clip);
  const SstTrackletStep *const first = &tracklet->steps[0];
  const SstTrackletStep *const last = &tracklet->steps[tracklet->n_steps - 1];
  SstBox box = first->box;
  gboolean lost;

  *score = 0.f;
  if (!follow (tracker, clip, first->frame, last->frame, pace, &box, &lost))
    return FALSE;
  if (lost || sst_box_iou (&box, &last->box) < MIN_FAR_IOU)
    return TRUE;
  if (!follow (tracker, clip, last->frame, first->frame, pace, &box, &lost))
    return FALSE;
  if (!lost)
    *score = sst_box_iou (&box, &first->box);
  return TRUE;
}

static gboolean
run_tracks (const SstRehearsal * rehearsal, SstModel * model, SstPace * pace,
    float *scores)
{
  SstTrackerParams params = SST_TRACKER_PARAMS_DEFAULT;
  SstTracker *tracker;
  gboolean done = TRUE;

  params.model = model;
  tracker = sst_tracker_new (&params);
  for (guint i = 0; i < rehearsal->tracks->len && done; i++)
    done = track_thing (rehearsal, tracker, get (rehearsal,
            sst_rehearsal_track (rehearsal, i)), pace, &scores[i]);
  sst_tracker_free (&tracker);
  return done;
}

/* --- know ---------------------------------------------------------------- */

/* The artist of portraits. */
typedef struct
{
  SstMatcher *matcher;
  SstSampler *sampler;
  int length;                   /* of a portrait, as far as it counts */
} Painter;

/* What a thing looks like in its step that is nearest to a picture. portrait:
 * of the painter's length. */
static void
draw (const SstRehearsal * rehearsal, const Painter * painter,
    const SstTracklet * thing, guint frame, float *portrait)
{
  const SstClip *const clip = sst_footage_clip (rehearsal->footage,
      thing->clip);
  const SstTrackletStep *step = &thing->steps[0];

  for (guint i = 1; i < thing->n_steps; i++)
    if (ABS ((int) thing->steps[i].frame - (int) frame)
        < ABS ((int) step->frame - (int) frame))
      step = &thing->steps[i];
  sst_matcher_draw (painter->matcher, painter->sampler,
      sst_clip_frame (clip, step->frame), &step->box,
      SST_TEMPLATE_FACTOR * sst_box_scale (&step->box));
  memcpy (portrait, sst_matcher_portrait (painter->matcher),
      painter->length * sizeof (float));
}

/* Whether a thing, as it is in picture from, is found among the others, as all
 * of them are in picture to. portraits: two. */
static gboolean
recognize (const SstRehearsal * rehearsal, const Painter * painter,
    const SstTracklet * thing, guint from, guint to,
    const SstTracklet * const *others, guint n, float *const *portraits)
{
  float own;

  draw (rehearsal, painter, thing, from, portraits[0]);
  draw (rehearsal, painter, thing, to, portraits[1]);
  own = sst_portrait_compare (portraits[0], portraits[1], painter->length);
  for (guint i = 0; i < n; i++) {
    draw (rehearsal, painter, others[i], to, portraits[1]);
    /* so that one that looks the same in everything knows nothing */
    if (!(sst_portrait_compare (portraits[0], portraits[1], painter->length)
            < own))
      return FALSE;
  }
  return TRUE;
}

gboolean
sst_rehearsal_look (SstRehearsal * rehearsal, SstModel * model,
    gboolean colors, SstPace * pace, float *know)
{
  Painter painter = { sst_matcher_new (model, NULL), sst_sampler_new (), 0 };
  const SstTracklet *others[MAX_OTHERS];
  float *portraits[2];
  gboolean done = TRUE;

  painter.length = colors ? sst_matcher_portrait_length (painter.matcher)
      : sst_network_get_config (sst_model_network (model))->embedding;
  for (int i = 0; i < 2; i++)
    portraits[i] = g_new (float, painter.length);
  for (guint i = 0; i < rehearsal->known->len && done; i++) {
    const guint number = sst_rehearsal_known (rehearsal, i);
    const SstTracklet *const thing = get (rehearsal, number);
    const guint n = find_others (rehearsal, number, others);
    const guint first = thing->steps[0].frame;
    const guint last = thing->steps[thing->n_steps - 1].frame;

    done = sst_pace_wait (pace);
    know[i] = 0.5f * recognize (rehearsal, &painter, thing, first, last,
        others, n, portraits);
    done = done && sst_pace_wait (pace);
    know[i] += 0.5f * recognize (rehearsal, &painter, thing, last, first,
        others, n, portraits);
  }
  for (int i = 0; i < 2; i++)
    g_free (portraits[i]);
  sst_matcher_free (&painter.matcher);
  sst_sampler_free (&painter.sampler);
  return done;
}

gboolean
sst_rehearsal_run (SstRehearsal * rehearsal, SstModel * model,
    SstPace * pace, SstRehearsalScores * scores)
{
  return sst_rehearsal_look (rehearsal, model, TRUE, pace, scores->know)
      && run_tracks (rehearsal, model, pace, scores->track);
}
