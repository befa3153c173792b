/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Targets, for their own sources (internal): the parts that they share.
 *
 *   targets.c              life, the rounds of jobs, a frame
 *   targets_requests.c     what is asked for between frames
 *   targets_detections.c   matching with a detector's boxes
 *   targets_sharing.c      one thing, one target
 *   targets_album.c        what they look like, and whom they look like
 *
 * All functions belong to the caller's thread; only jobs run on others. */

#pragma once

#include <sstrack/targets.h>

#include <stdatomic.h>

#include "base/crew.h"
#include "picture/denoise.h"
#include "track/matcher.h"
#include "track/pairing.h"
#include "track/workshop.h"

G_BEGIN_DECLS

typedef enum
{
  SST_JOB_UPDATE,
  SST_JOB_COAST,
  SST_JOB_START,
  SST_JOB_CORRECT,
} SstJob;

typedef struct
{
  SstTarget target;
  SstTracker *tracker;          /* NULL: never got that far */
  const SstFeatureSource *features;     /* that the tracker was made with */
  SstJob job;
  gboolean refused;             /* by sst_tracker_start() */
  GError *error;                /* the same, until the round is over */
  gboolean removing;            /* ends with the next frame */
  gboolean searching;           /* lost, and it is its turn in this frame */
  gboolean lost;                /* "lost" was the last thing reported */
  SstTime lost_since;
  SstTime looked_at;            /* when it last did not coast */
  SstTrackerResult before;      /* in the last frame */
  float claim;                  /* running mean of the confidence */
  gboolean shares;              /* the thing that it is on, with a target that
                                 * has the stronger claim, in this frame */
  gboolean shared;              /* the same in the last frame */
  SstTime shared_since;
  float *introduction;          /* rows of its first sure portraits, until it was
                                 * compared with others; NULL: none yet */
  guint n_introduced;
  gboolean compared;
  const char *introduced_by;    /* checksum of the model that they are of */
  guint album_serial;           /* of its gallery when it was put into the
                                 * album; 0: it was not */
  gboolean album_in_sight;      /* as it stands there */
  gboolean matched;             /* with a detection of this frame */
  gboolean has_detection;
  SstBox detection;             /* the last one matched, or a correction */
  gboolean correcting;          /* correction waits for a frame */
  SstBox correction;
} SstSlot;

/* A target that was added and waits for a picture to start in. */
typedef struct
{
  guint64 id;
  SstBox box;
  const char *label;
  SstOrigin origin;
  gboolean removing;
  gboolean seen;                /* its box is of the last picture, not of the
                                 * next: others were started first */
  gboolean has_detection;       /* as in SstSlot */
  SstBox detection;
  gboolean correcting;
  SstBox correction;
} SstPending;

/* A point that was added and waits for a picture. */
typedef struct
{
  guint64 id;
  float x, y;
} SstWantedPoint;

struct _SstTargets
{
  SstTargetsParams params;
  atomic_ullong last_id;
  SstTime time;                 /* of the last frame */
  guint64 changed_id;           /* the last target that changed its model */

  GArray *slots;                /* SstSlot, running, sorted by id; also the ended
                                 * ones of a frame while it is processed */
  GArray *pending;              /* SstPending, in the order of the calls */
  GArray *wanted_points;        /* SstWantedPoint */
  GArray *reported;             /* SstTarget, the result of sst_targets_get() */
  GPtrArray *errors;            /* GError, of these */
  GPtrArray *pool;              /* idle trackers with the present features */
  guint pool_least;             /* how few they were since then */
  SstTime pool_since;
  SstWorkshop *workshop;        /* of the process */
  gboolean works;               /* a target ran in the last frame */

  SstDenoiser *denoiser;
  const SstFrame *denoised;     /* the frame without noise; NULL where the
                                 * model's tone does not ask for that */

  SstMotion *motion;
  gboolean motion_warm;         /* it knows the previous picture */
  guint n_starts;               /* in this frame */
  guint n_turned_away;          /* the same */
  SstCameraMotion camera;

  /* The round of jobs. */
  const SstFrame *frame;
  const SstCameraMotion *moved; /* NULL: unknown */
  GArray *jobs;                 /* guint, indices of slots */
  SstCrew *crew;

  /* Scratch. */
  GArray *pairs;                /* SstPairing */
  GByteArray *detection_states; /* DetectionState */
};

static inline SstSlot *
sst_targets_slot (const SstTargets * targets, guint i)
{
  return &g_array_index (targets->slots, SstSlot, i);
}

static inline SstPending *
sst_targets_pending (const SstTargets * targets, guint i)
{
  return &g_array_index (targets->pending, SstPending, i);
}

static inline gboolean
sst_slot_is_running (const SstSlot * slot)
{
  return slot->target.now.state != SST_STATE_ENDED;
}

static inline float
sst_seconds (SstTime time)
{
  return (float) ((double) time / SST_SECOND);
}

/* ---- targets.c ---- */

guint sst_targets_n_running (const SstTargets * targets);

/* The target of a slot ends in this frame. */
void sst_slot_end (SstSlot * slot, SstEndReason reason);

/* Says with a target what could not be done; takes the error over. NULL: nothing. */
void sst_targets_blame (SstTargets * targets, SstSlot * slot, GError * error);

/* Gives a slot a tracker: an idle one, or a new one. */
void sst_targets_acquire_tracker (SstTargets * targets, SstSlot * slot);

/* Adds a job to the next round. */
void sst_targets_add_job (SstTargets * targets, guint slot, SstJob job);

/* The frame as a target sees it: with the tone that it was started with, without
 * noise if that is the tone of now. */
SstFrame sst_targets_view_for (const SstTargets * targets, const SstSlot * slot);

/* ---- targets_requests.c ---- */

/* NULL counts as an empty label. */
const char *sst_targets_intern_label (const char *label);

/* How many targets may start in a frame. */
guint sst_targets_max_starts (const SstTargets * targets);

/* Ends what has been lost longest. Returns whether something was. */
gboolean sst_targets_make_room (SstTargets * targets);

/* Gives a target that was added a slot and a tracker, which starts in the next
 * round if it is given a job. Returns the slot.
 *
 * refusal: not SST_END_NONE: the slot ends at once, for that reason. */
SstSlot *sst_targets_place (SstTargets * targets, const SstPending * pending,
    SstEndReason refusal);

/* Gives the targets that were added slots; those that have to wait stay.
 * n_running: how many run at present. */
void sst_targets_take_pending (SstTargets * targets, guint n_running);

/* Gives the points that were added to the trackers of their targets; those of targets
 * that have to wait stay. */
void sst_targets_take_points (SstTargets * targets);

/* Adds jobs for the corrections that were asked for. They come after the
 * update, which moves the target's time and camera on, and before
 * detections. */
void sst_targets_plan_corrections (SstTargets * targets);

/* ---- targets_detections.c ---- */

/* A box that was not there for a frame is seen anew when it comes back. */
void sst_targets_forget_detections (SstTargets * targets,
    const SstDetection * detections, guint n);

/* Matches the boxes with the targets and adds jobs: corrections, and starts of
 * new targets. */
void sst_targets_take_detections (SstTargets * targets,
    const SstDetection * detections, guint n);

/* ---- targets_sharing.c ---- */

/* A lost target that was found where another is has not been found; of two
 * targets that have been on one thing for a while one is lost. */
void sst_targets_part (SstTargets * targets);

/* ---- targets_album.c ---- */

/* Tells what the target of a slot looks like in this frame, and whom it looks like; the
 * album is told of it, and that it ended. */
void sst_targets_portray (SstTargets * targets, SstSlot * slot);

/* The album counts all of this set's as ended. */
void sst_targets_end_in_album (SstTargets * targets);

/* Frees what a slot keeps for the album. */
void sst_slot_free_introduction (SstSlot * slot);

G_END_DECLS
