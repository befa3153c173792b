/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* The target and what looks like it: candidates of a look, and what is made of
 * how they are matched with what was there before. */

#include "track/tracker_private.h"

#include <math.h>

#define GRID SST_RESPONSE_GRID

/* Places of the response that high, over its peak, are candidates, without a
 * network and with one, which is surer of what is none; that high, distractors
 * that the on-line model learns to refuse. */
#define CANDIDATE 0.35f
#define CANDIDATE_BESIDE 0.6f
#define DISTRACTOR 0.4f

/* How probable what the peak jumped to has to be, by all that is known. */
#define CREDIBLE 0.05f

/* Confidence at most where the target is covered by what looks like it: that it
 * is where it is expected is as likely as not. */
#define COVERED_CONFIDENCE 0.5f

int
sst_tracker_list_rivals (const SstTracker * tracker, const SstPeak * peak,
    SstDistractor * rivals)
{
  SstSpot spots[SST_LOOKALIKES_MAX + 1];
  int n, count = 0;

  if (!(peak->value > 0.f))
    return 0;
  n = sst_peak_list (tracker->fused, DISTRACTOR * peak->value, spots,
      G_N_ELEMENTS (spots));
  for (int i = 0; i < n && count < SST_LOOKALIKES_MAX; i++)
    if (fabsf (spots[i].x - peak->x) > SST_PEAK_RADIUS
        || fabsf (spots[i].y - peak->y) > SST_PEAK_RADIUS)
      rivals[count++] = (SstDistractor) {
        spots[i].x, spots[i].y, spots[i].value
      };
  return count;
}

/* The spot that a look is at; -1: it is none of them. */
static int
spot_of (const SstSpot * spots, int n, const SstPeak * peak)
{
  int nearest = -1;
  float least = SST_PEAK_RADIUS;

  for (int i = 0; i < n; i++) {
    const float far = hypotf (spots[i].x - peak->x, spots[i].y - peak->y);

    if (far < least) {
      least = far;
      nearest = i;
    }
  }
  return nearest;
}

/* Lists the candidates of a look, the places of its response as spots. Returns
 * how many; *main: the one that the look is at. */
static int
list_candidates (const SstTracker * tracker, const SstLook * look,
    SstSpot * spots, SstCandidate * candidates, int *main)
{
  const float cx = sst_box_center_x (&tracker->looked_at);
  const float cy = sst_box_center_y (&tracker->looked_at);
  const float scale = look->side / GRID;
  const float least = tracker->trusted ? CANDIDATE_BESIDE : CANDIDATE;
  int n = sst_peak_list (tracker->fused, least * look->peak.value, spots,
      SST_CANDIDATES_MAX);

  *main = spot_of (spots, n, &look->peak);
  if (*main < 0) {
    n = MIN (n + 1, SST_CANDIDATES_MAX);
    *main = n - 1;
    spots[*main] = (SstSpot) { look->peak.x, look->peak.y, look->peak.value };
  }
  for (int i = 0; i < n; i++)
    candidates[i] = (SstCandidate) {
      cx + spots[i].x * scale, cy + spots[i].y * scale, spots[i].value
    };
  candidates[*main].x = look->target_x;
  candidates[*main].y = look->target_y;
  return n;
}

/* Whether what a look is at, where the target does not get to from one frame to
 * the next, may be it all the same. */
static gboolean
is_credible (SstTracker * tracker, const SstFrame * frame,
    const SstLook * look)
{
  return !tracker->trusted
      || !sst_lookalikes_is_far (&tracker->lookalikes, look->target_x,
      look->target_y, tracker->width, tracker->height)
      || sst_tracker_recognize (tracker, frame, look) >= CREDIBLE;
}

/* The target is where it is expected, with so much confidence at most. */
static SstApart
expect (SstTracker * tracker, float confidence, SstApart apart, SstLook * look)
{
  look->target_x = tracker->lookalikes.tracks[0].x;
  look->target_y = tracker->lookalikes.tracks[0].y;
  look->confidence = fminf (look->confidence, confidence);
  return apart;
}

SstApart
sst_tracker_tell_apart (SstTracker * tracker, const SstFrame * frame,
    const SstCameraMotion * camera, float seconds, SstLook * look)
{
  const float doubt = 0.5f * tracker->params.min_confidence;
  SstLookalikes *const lookalikes = &tracker->lookalikes;
  SstCandidate candidates[SST_CANDIDATES_MAX];
  SstSpot spots[SST_CANDIDATES_MAX];
  int n, main, chosen;
  SstApart apart;

  sst_lookalikes_predict (lookalikes, camera, seconds);
  if (look->ridge || !(look->peak.value > 0.f)) {
    sst_lookalikes_reset (lookalikes);
    return SST_APART_PLAIN;
  }
  if (!is_credible (tracker, frame, look))
    return expect (tracker, doubt, SST_APART_ABSENT, look);
  n = list_candidates (tracker, look, spots, candidates, &main);
  apart = sst_lookalikes_match (lookalikes, candidates, n, main,
      tracker->width, tracker->height, &chosen);
  if (apart == SST_APART_OTHER)
    sst_tracker_look_at (tracker, &spots[chosen], look);
  if (apart == SST_APART_COVERED)
    return expect (tracker, COVERED_CONFIDENCE, apart, look);
  if (apart != SST_APART_ABSENT)
    return apart;
  /* what a network takes for the target is it more often than the track says
   * (docs/lab/identity.md) */
  return tracker->trusted ? SST_APART_PLAIN
      : expect (tracker, doubt, apart, look);
}
