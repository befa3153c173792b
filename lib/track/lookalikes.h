/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Look-alikes (internal): which of several places that look like the target is it.
 *
 * Every high place of a response is a candidate. They are followed as short tracks of
 * their own, the target as one of them, and in each frame all tracks and candidates are
 * matched one to one by the least sum of costs, so that what is beside the target keeps
 * being that when it crosses (the idea is KeepTrack's, Mayer et al. 2021; here costs are
 * the distance from where a track is expected, in sizes of the target, and for the
 * target what its response lacks to the highest one).
 *
 * A track is expected on the straight line through its last sightings, the camera's
 * motion taken out. While two tracks have one candidate between them, the one that is
 * covered goes on along its line, and nothing is learned of either's course.
 *
 * Thread-safety: a plain value; one thread at a time. */

#pragma once

#include <glib.h>

#include <sstrack/motion.h>

G_BEGIN_DECLS

/* Tracks beside the target's, candidates, and sightings of a track, at most. */
#define SST_LOOKALIKES_MAX 4
#define SST_CANDIDATES_MAX 6
#define SST_TRAIL_MAX 15

/* A place that looks like the target. */
typedef struct
{
  float x, y;                   /* pixels of the frame */
  float strength;               /* of the response, > 0 */
} SstCandidate;

typedef struct
{
  float x, y;                   /* pixels of the present frame */
  float age;                    /* seconds */
} SstSightingPoint;

typedef struct
{
  SstSightingPoint trail[SST_TRAIL_MAX];        /* the newest first */
  int n_trail;
  float x, y;                   /* where it is expected, then where it is */
  guint n_seen;
  float alike;                  /* its strength over the highest one, running
                                 * mean */
  float unseen;                 /* seconds since it was seen */
} SstShortTrack;

typedef struct
{
  SstShortTrack tracks[1 + SST_LOOKALIKES_MAX]; /* the target's is the first */
  int n_tracks;                 /* 0: nothing is known */
} SstLookalikes;

typedef enum
{
  SST_APART_PLAIN,              /* the target is the candidate that looks most
                                 * like it, as far as that can be said */
  SST_APART_OTHER,              /* it is another one */
  SST_APART_COVERED,            /* it and another have one candidate: it is where
                                 * it is expected */
  SST_APART_ABSENT,             /* the thing that looks like it is another */
} SstApart;

/* Knows nothing from now on. */
void sst_lookalikes_reset (SstLookalikes * lookalikes);

/* Takes what is known into the next frame: afterwards each track is where it is
 * expected. camera: NULL: none is known. seconds: since the last frame. */
void sst_lookalikes_predict (SstLookalikes * lookalikes,
    const SstCameraMotion * camera, float seconds);

/* Whether a place is further from where the target is expected than it goes from one
 * frame to the next, as far as its course is known; FALSE where it is not. */
gboolean sst_lookalikes_is_far (const SstLookalikes * lookalikes, float x,
    float y, float width, float height);

/* Says which of n candidates, 1 or more, is the target, and follows the tracks on.
 *
 * main: which of them looks most like it. width, height: of the target, pixels.
 * *chosen: out, the target's candidate; main where it has none. Where the target is
 * covered or absent, tracks[0] is where it is expected. */
SstApart sst_lookalikes_match (SstLookalikes * lookalikes,
    const SstCandidate * candidates, int n, int main, float width,
    float height, int *chosen);

/* Whether a known look-alike is so near to the target that it covers part of it. */
gboolean sst_lookalikes_is_crowded (const SstLookalikes * lookalikes,
    float width, float height);

/* Follows a change of the frame's size by the factors sx and sy. */
void sst_lookalikes_rescale (SstLookalikes * lookalikes, float sx, float sy);

G_END_DECLS
