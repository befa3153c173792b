/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/lookalikes.h"

#include <math.h>
#include <string.h>

/* Distances are in sizes of the target: of its width across, of its height up and
 * down. A track and a candidate that are further apart than the first have nothing to
 * do with each other, and it costs the second to leave a track without one. */
#define REACH 0.75f
#define LEFT_OUT 0.8f
/* What the target's candidate costs for what it lacks to the highest response. */
#define WEAKNESS 1.f
/* Another candidate than the highest one is the target if that costs so much less. */
#define MARGIN 0.15f
/* Nearer to each other than that, two tracks cover each other in part, and
 * what is seen of them is not where they are. */
#define BESIDE 0.8f
#define COVERED 0.5f
/* Sightings that make a track one to reckon with, and how strong they are over the
 * highest response. */
#define ESTABLISHED 5
#define STRONG 0.45f
/* Seconds that a track lasts unseen, and after which what is seen of one that is
 * covered in part counts again. */
#define LASTS 1.f
#define STALE 0.6f

typedef struct
{
  const SstLookalikes *lookalikes;
  int n;                        /* candidates */
  float costs[1 + SST_LOOKALIKES_MAX][SST_CANDIDATES_MAX];
  int given[1 + SST_LOOKALIKES_MAX];    /* candidate of each track, -1: none */
  int best[1 + SST_LOOKALIKES_MAX];
  float least;
} Matching;

void
sst_lookalikes_reset (SstLookalikes * lookalikes)
{
  lookalikes->n_tracks = 0;
}

/* ---- tracks ---- */

static void
see (SstShortTrack * track, float x, float y)
{
  const int n = MIN (track->n_trail, SST_TRAIL_MAX - 1);

  memmove (track->trail + 1, track->trail, n * sizeof (track->trail[0]));
  track->trail[0] = (SstSightingPoint) { x, y, 0.f };
  track->n_trail = n + 1;
}

static void
start (SstLookalikes * lookalikes, const SstCandidate * candidate)
{
  SstShortTrack *const track = &lookalikes->tracks[lookalikes->n_tracks++];

  *track = (SstShortTrack) { .x = candidate->x, .y = candidate->y, .n_seen = 1 };
  see (track, candidate->x, candidate->y);
}

/* Where the straight line through the sightings is now; of less than three the last
 * one. */
static void
extrapolate (SstShortTrack * track)
{
  const int n = track->n_trail;
  float t = 0.f, x = 0.f, y = 0.f, tt = 0.f, tx = 0.f, ty = 0.f, spread;

  track->x = track->trail[0].x;
  track->y = track->trail[0].y;
  for (int i = 0; i < n; i++) {
    const SstSightingPoint *const p = &track->trail[i];

    t -= p->age / n;
    x += p->x / n;
    y += p->y / n;
  }
  for (int i = 0; i < n; i++) {
    const SstSightingPoint *const p = &track->trail[i];
    const float dt = -p->age - t;

    tt += dt * dt;
    tx += dt * (p->x - x);
    ty += dt * (p->y - y);
  }
  spread = tt / n;
  if (n < 3 || spread < 1e-6f)
    return;
  track->x = x - tx / tt * t;
  track->y = y - ty / tt * t;
}

static void
move (SstShortTrack * track, const SstCameraMotion * camera, float seconds)
{
  for (int i = 0; i < track->n_trail; i++) {
    SstSightingPoint *const p = &track->trail[i];
    float x, y;

    p->age += seconds;
    if (camera == NULL)
      continue;
    sst_camera_motion_apply (camera, p->x, p->y, &x, &y);
    if (isfinite (x) && isfinite (y)) {
      p->x = x;
      p->y = y;
    }
  }
  track->unseen += seconds;
  extrapolate (track);
}

void
sst_lookalikes_predict (SstLookalikes * lookalikes,
    const SstCameraMotion * camera, float seconds)
{
  for (int i = 0; i < lookalikes->n_tracks; i++)
    move (&lookalikes->tracks[i], camera, seconds);
}

void
sst_lookalikes_rescale (SstLookalikes * lookalikes, float sx, float sy)
{
  for (int i = 0; i < lookalikes->n_tracks; i++) {
    SstShortTrack *const track = &lookalikes->tracks[i];

    for (int k = 0; k < track->n_trail; k++) {
      track->trail[k].x *= sx;
      track->trail[k].y *= sy;
    }
    track->x *= sx;
    track->y *= sy;
  }
}

/* ---- matching ---- */

static float
distance (const SstShortTrack * track, float x, float y, float width,
    float height)
{
  return hypotf ((track->x - x) / width, (track->y - y) / height);
}

static gboolean
is_established (const SstShortTrack * track)
{
  return track->n_seen >= ESTABLISHED;
}

static void
fill_costs (Matching * matching, const SstCandidate * candidates, int main,
    float width, float height)
{
  const SstLookalikes *const lookalikes = matching->lookalikes;

  for (int i = 0; i < lookalikes->n_tracks; i++) {
    for (int k = 0; k < matching->n; k++) {
      const float far = distance (&lookalikes->tracks[i], candidates[k].x,
          candidates[k].y, width, height);
      float cost = far;

      if (i == 0)
        cost += WEAKNESS * fmaxf (1.f - candidates[k].strength
            / candidates[main].strength, 0.f);
      matching->costs[i][k] = far <= REACH ? cost : INFINITY;
    }
  }
}

/* Goes through all ways to give tracks from i on candidates. */
static void
search (Matching * matching, int i, guint taken, float sum)
{
  if (sum >= matching->least)
    return;
  if (i == matching->lookalikes->n_tracks) {
    matching->least = sum;
    memcpy (matching->best, matching->given, sizeof (matching->best));
    return;
  }
  for (int k = 0; k < matching->n; k++) {
    if ((taken & (1u << k)) != 0 || !isfinite (matching->costs[i][k]))
      continue;
    matching->given[i] = k;
    search (matching, i + 1, taken | (1u << k), sum + matching->costs[i][k]);
  }
  matching->given[i] = -1;
  search (matching, i + 1, taken, sum + LEFT_OUT);
}

/* The least cost with the target at a candidate. */
static float
cost_with (Matching * matching, int candidate)
{
  matching->least = INFINITY;
  matching->given[0] = candidate;
  search (matching, 1, 1u << candidate, isfinite (matching->costs[0][candidate])
      ? matching->costs[0][candidate] : LEFT_OUT);
  return matching->least;
}

/* The established track, not the target's, that has a candidate, or else the one
 * nearest to it within reach that has none; 0: none. */
static int
owner_of (const Matching * matching, int candidate)
{
  for (int i = 1; i < matching->lookalikes->n_tracks; i++)
    if (matching->best[i] == candidate
        && is_established (&matching->lookalikes->tracks[i]))
      return i;
  return 0;
}

/* An established track that has no candidate and is expected where the target is; 0:
 * none. */
static int
covers (const Matching * matching, float width, float height)
{
  const SstShortTrack *const target = &matching->lookalikes->tracks[0];

  for (int i = 1; i < matching->lookalikes->n_tracks; i++) {
    const SstShortTrack *const track = &matching->lookalikes->tracks[i];

    if (matching->best[i] < 0 && is_established (track)
        && distance (track, target->x, target->y, width, height) < COVERED)
      return i;
  }
  return 0;
}

static SstApart
judge (Matching * matching, int main, float width, float height, int *chosen)
{
  const SstShortTrack *const target = &matching->lookalikes->tracks[0];
  int best[1 + SST_LOOKALIKES_MAX];
  float least, with_main;
  int owner;

  *chosen = main;
  matching->least = INFINITY;
  search (matching, 0, 0, 0.f);
  least = matching->least;
  if (matching->best[0] == main)
    return covers (matching, width, height) > 0 ? SST_APART_COVERED
        : SST_APART_PLAIN;
  owner = owner_of (matching, main);
  memcpy (best, matching->best, sizeof (best));
  with_main = cost_with (matching, main);
  if (owner == 0 || with_main - least < MARGIN)
    return SST_APART_PLAIN;     /* what it is given stays as computed last */
  memcpy (matching->best, best, sizeof (best));
  if (best[0] >= 0) {
    *chosen = best[0];
    return SST_APART_OTHER;
  }
  return distance (&matching->lookalikes->tracks[owner], target->x, target->y,
      width, height) < BESIDE ? SST_APART_COVERED : SST_APART_ABSENT;
}

/* ---- what follows ---- */

/* Whether another track that counts is so near that what is seen of this one is
 * not where it is. */
static gboolean
is_crowded (const SstLookalikes * lookalikes, int i, float width, float height)
{
  const SstShortTrack *const track = &lookalikes->tracks[i];

  for (int k = 0; k < lookalikes->n_tracks; k++)
    if (k != i && (k == 0 || is_established (&lookalikes->tracks[k]))
        && distance (&lookalikes->tracks[k], track->x, track->y, width,
            height) < BESIDE)
      return TRUE;
  return FALSE;
}

/* Takes a track to its candidate. */
static void
follow (SstShortTrack * track, const SstCandidate * candidate,
    gboolean crowded)
{
  const gboolean stale = track->trail[0].age >= STALE;

  track->n_seen++;
  track->unseen = 0.f;
  if (crowded && !stale)
    return;                     /* it goes on along its line */
  if (stale)
    track->n_trail = 0;
  track->x = candidate->x;
  track->y = candidate->y;
  see (track, candidate->x, candidate->y);
}

static void
drop_old (SstLookalikes * lookalikes)
{
  int n = 1;

  for (int i = 1; i < lookalikes->n_tracks; i++)
    if (lookalikes->tracks[i].unseen <= LASTS)
      lookalikes->tracks[n++] = lookalikes->tracks[i];
  lookalikes->n_tracks = n;
}

/* Starts tracks at strong candidates that belong to none. */
static void
start_new (SstLookalikes * lookalikes, const SstCandidate * candidates, int n,
    int main, guint taken, float width, float height)
{
  for (int k = 0; k < n; k++) {
    gboolean alone = (taken & (1u << k)) == 0
        && candidates[k].strength >= STRONG * candidates[main].strength;

    for (int i = 0; i < lookalikes->n_tracks && alone; i++)
      alone = distance (&lookalikes->tracks[i], candidates[k].x,
          candidates[k].y, width, height) >= BESIDE;
    if (alone && lookalikes->n_tracks < 1 + SST_LOOKALIKES_MAX)
      start (lookalikes, &candidates[k]);
  }
}

SstApart
sst_lookalikes_match (SstLookalikes * lookalikes,
    const SstCandidate * candidates, int n, int main, float width,
    float height, int *chosen)
{
  Matching matching = { .lookalikes = lookalikes, .n = n };
  gboolean crowded[1 + SST_LOOKALIKES_MAX];
  SstApart apart;
  guint taken;

  *chosen = main;
  if (lookalikes->n_tracks == 0) {
    start (lookalikes, &candidates[main]);
    start_new (lookalikes, candidates, n, main, 1u << main, width, height);
    return SST_APART_PLAIN;
  }
  fill_costs (&matching, candidates, main, width, height);
  apart = judge (&matching, main, width, height, chosen);
  if (apart == SST_APART_PLAIN)
    matching.best[0] = main;
  taken = 0;
  for (int i = 0; i < lookalikes->n_tracks; i++)
    crowded[i] = is_crowded (lookalikes, i, width, height);
  for (int i = 0; i < lookalikes->n_tracks; i++) {
    const int k = matching.best[i];

    if (k < 0)
      continue;
    taken |= 1u << k;
    follow (&lookalikes->tracks[i], &candidates[k],
        crowded[i] || (i == 0 && apart == SST_APART_COVERED));
  }
  drop_old (lookalikes);
  start_new (lookalikes, candidates, n, main, taken, width, height);
  return apart;
}
