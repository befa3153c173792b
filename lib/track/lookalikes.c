/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/lookalikes.h"

#include <math.h>
#include <string.h>

/* Distances are in sizes of the target: of its width across, of its height up
 * and down. A track and a candidate that are further apart than the first have
 * nothing to do with each other, and it costs so much to leave the target's
 * track, and another one, without one. */
#define REACH 0.75f
#define LEFT_OUT 0.8f
#define OTHER_LEFT_OUT 0.4f
/* What the target's candidate costs for what it lacks to the highest one. */
#define WEAKNESS 1.f
/* Another candidate than the highest one is the target if that costs so much
 * less. */
#define MARGIN 0.15f
/* What is that near to where the target is expected, by a line through so many
 * sightings, and so strong over the highest response, is it, whoever has that
 * one. */
#define IN_PLACE 0.35f
#define IN_LINE 5
#define EQUAL 0.6f
/* Nearer to each other than that, two tracks cover each other in part, and
 * what is seen of them is not where they are. */
#define BESIDE 0.8f
#define COVERED 0.5f
/* Sightings that make a track one to reckon with, and one that may cover the
 * target unseen; how strong the first is over the highest response. */
#define KNOWN 2
#define ESTABLISHED 3
#define STRONG 0.45f
/* Weaker ones, over the highest response, are not taken for the target where
 * they pass it. */
#define ALIKE 0.65f
#define ALIKE_RATE 0.3f
/* Seconds that a track lasts unseen: usually, one of which the course is not
 * known, and one that covers the target or is covered by it; and after which
 * what is seen of one that is covered in part counts again. */
#define LASTS 1.f
#define POOR_LASTS 0.5f
#define COVERED_LASTS 2.5f
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
start (SstLookalikes * lookalikes, const SstCandidate * candidate,
    float highest)
{
  SstShortTrack *const track = &lookalikes->tracks[lookalikes->n_tracks++];

  *track = (SstShortTrack) {
    .x = candidate->x, .y = candidate->y, .n_seen = 1,
    .alike = candidate->strength / highest
  };
  see (track, candidate->x, candidate->y);
}

/* Where the straight line through the sightings is now; of less than three the
 * last one. */
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
is_known (const SstShortTrack * track)
{
  return track->n_seen >= KNOWN;
}

/* Whether it could be taken for the target where it is in its place. */
static gboolean
is_double (const SstShortTrack * track, guint n_seen)
{
  return track->n_seen >= n_seen && track->alike >= ALIKE;
}

gboolean
sst_lookalikes_is_far (const SstLookalikes * lookalikes, float x, float y,
    float width, float height)
{
  const SstShortTrack *const target = &lookalikes->tracks[0];

  return lookalikes->n_tracks > 0 && target->n_seen >= ESTABLISHED
      && distance (target, x, y, width, height) > REACH;
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
  search (matching, i + 1, taken, sum + (i == 0 ? LEFT_OUT : OTHER_LEFT_OUT));
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

/* The track, not the target's, that has a candidate, of those that are known;
 * 0: none. */
static int
owner_of (const Matching * matching, int candidate)
{
  for (int i = 1; i < matching->lookalikes->n_tracks; i++)
    if (matching->best[i] == candidate
        && is_known (&matching->lookalikes->tracks[i]))
      return i;
  return 0;
}

/* Whether a candidate is where the target is expected, nearly as strong as the
 * highest one, and something like it is known to be about. */
static gboolean
is_in_place (const Matching * matching, int candidate,
    const SstCandidate * candidates, int main, float width, float height)
{
  const SstLookalikes *const lookalikes = matching->lookalikes;

  return lookalikes->n_tracks > 1 && lookalikes->tracks[0].n_trail >= IN_LINE
      && candidates[candidate].strength >= EQUAL * candidates[main].strength
      && distance (&lookalikes->tracks[0], candidates[candidate].x,
      candidates[candidate].y, width, height) <= IN_PLACE;
}

/* An established track that has no candidate and is expected where the target
 * is; 0: none. */
static int
covers (const Matching * matching, float width, float height)
{
  const SstShortTrack *const target = &matching->lookalikes->tracks[0];

  for (int i = 1; i < matching->lookalikes->n_tracks; i++) {
    const SstShortTrack *const track = &matching->lookalikes->tracks[i];

    if (matching->best[i] < 0 && is_double (track, ESTABLISHED)
        && distance (track, target->x, target->y, width, height) < COVERED)
      return i;
  }
  return 0;
}

static SstApart
judge (Matching * matching, const SstCandidate * candidates, int main,
    float width, float height, int *chosen)
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
  if (with_main - least < MARGIN || (owner == 0 && (best[0] < 0
              || !is_in_place (matching, best[0], candidates, main, width,
                  height))))
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

gboolean
sst_lookalikes_is_crowded (const SstLookalikes * lookalikes, float width,
    float height)
{
  const SstShortTrack *const target = &lookalikes->tracks[0];

  for (int i = 1; i < lookalikes->n_tracks; i++) {
    const SstShortTrack *const other = &lookalikes->tracks[i];

    if (is_double (other, KNOWN) && distance (other, target->x, target->y,
            width, height) < BESIDE)
      return TRUE;
  }
  return FALSE;
}

/* Takes a track to its candidate, or lets it go on along its line, so long as
 * that is fresh. */
static void
follow (SstShortTrack * track, const SstCandidate * candidate,
    float highest, gboolean on_line, gboolean covered)
{
  const gboolean stale = track->trail[0].age >= STALE;

  track->n_seen++;
  track->unseen = 0.f;
  track->alike += ALIKE_RATE * (candidate->strength / highest - track->alike);
  if (covered || (on_line && !stale && track->n_trail >= IN_LINE))
    return;
  if (stale)
    track->n_trail = 0;
  track->x = candidate->x;
  track->y = candidate->y;
  see (track, candidate->x, candidate->y);
}

static float
patience (const SstLookalikes * lookalikes, const SstShortTrack * track,
    float width, float height)
{
  if (track->n_trail < 3)
    return POOR_LASTS;
  return distance (&lookalikes->tracks[0], track->x, track->y, width, height)
      < COVERED ? COVERED_LASTS : LASTS;
}

static void
drop_old (SstLookalikes * lookalikes, float width, float height)
{
  int n = 1;

  for (int i = 1; i < lookalikes->n_tracks; i++)
    if (lookalikes->tracks[i].unseen <= patience (lookalikes,
            &lookalikes->tracks[i], width, height))
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
      start (lookalikes, &candidates[k], candidates[main].strength);
  }
}

SstApart
sst_lookalikes_match (SstLookalikes * lookalikes,
    const SstCandidate * candidates, int n, int main, float width,
    float height, int *chosen)
{
  Matching matching = { .lookalikes = lookalikes, .n = n };
  gboolean crowded;
  guint taken = 0;
  SstApart apart;

  *chosen = main;
  if (lookalikes->n_tracks == 0) {
    start (lookalikes, &candidates[main], candidates[main].strength);
    start_new (lookalikes, candidates, n, main, 1u << main, width, height);
    return SST_APART_PLAIN;
  }
  fill_costs (&matching, candidates, main, width, height);
  apart = judge (&matching, candidates, main, width, height, chosen);
  if (apart == SST_APART_PLAIN)
    matching.best[0] = main;
  crowded = sst_lookalikes_is_crowded (lookalikes, width, height);
  for (int i = 0; i < lookalikes->n_tracks; i++) {
    const int k = matching.best[i];

    if (k < 0)
      continue;
    taken |= 1u << k;
    follow (&lookalikes->tracks[i], &candidates[k], candidates[main].strength,
        i == 0 && crowded, i == 0 && apart == SST_APART_COVERED);
  }
  drop_old (lookalikes, width, height);
  start_new (lookalikes, candidates, n, main, taken, width, height);
  return apart;
}
