/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Targets: many trackers, their names and their lives.
 *
 * Each target has an id that is never used again, a label, an origin and a
 * state. sst_targets_process() is called once a frame; afterwards the targets
 * of that frame can be read, sorted by id, ended ones for the last time.
 *
 * Boxes of a detector ("detections") are matched one to one with the targets
 * (greedily from the largest overlap; a lost target by likeness too), where
 * labels agree or one of the two has none, or the overlap is so strong that both
 * must be the same thing: a match corrects its target, a box
 * without a match starts one, unless it overlaps a target that has a match or
 * there is no room. A box that a detector repeats, to the bit, is not evidence:
 * it goes with the target that it matched and corrects nothing. Boxes that no
 * target could start from are ignored.
 *
 * One thing, one target: of two that have been on one thing for half a second
 * the one with the weaker claim is lost, and none that is lost is found where
 * another is.
 *
 * Where max_targets are there, the one that has been lost longest makes room for
 * another that is seen. Lost targets are searched for in turns.
 *
 * Where the set shares an album (album.h), a target is compared with earlier ones
 * once five sure portraits of it are there, a second after its start or so.
 *
 * A start costs as much as some looks at a target: no frame starts many, the
 * others wait their turn.
 *
 * A model may be replaced while targets run (sst_targets_set_model()).
 *
 * Determinism: the same calls give the same results, whatever n_threads is.
 *
 * Thread-safety: a set belongs to one thread at a time, except
 * sst_targets_reserve_id(), which any thread may call. */

#pragma once

#include <sstrack/album.h>
#include <sstrack/api.h>
#include <sstrack/tracker.h>

G_BEGIN_DECLS

/* The party that asked for a target. */
typedef enum
{
  SST_ORIGIN_USER,              /* a call */
  SST_ORIGIN_SETTING,           /* a list that is replaced as a whole */
  SST_ORIGIN_DETECTION,         /* a detector's box */
} SstOrigin;

/* The event of a target in this frame. Each is told once, in the frame in which
 * it happened; of two the later. */
typedef enum
{
  SST_EVENT_NONE,
  SST_EVENT_STARTED,
  SST_EVENT_LOST,
  SST_EVENT_RECOVERED,          /* tracking again after it was lost */
  SST_EVENT_ENDED,
} SstEvent;

/* Why a target ended. */
typedef enum
{
  SST_END_NONE,
  SST_END_REMOVED,              /* sst_targets_remove(), _remove_all() */
  SST_END_TIMEOUT,              /* lost for lost_timeout */
  SST_END_REFUSED,              /* its first box can not be followed, see
                                 * sst_tracker_check_box() */
  SST_END_NO_ROOM,              /* max_targets were there already, and none
                                 * lost */
  SST_END_DISPLACED,            /* of those it was lost the longest when
                                 * another needed room */
  /* Given to sst_targets_end_all(): the event of the caller's stream. */
  SST_END_EOS,                  /* it ended */
  SST_END_FLUSH,                /* it was flushed, as for a seek */
  SST_END_SEGMENT,              /* another segment of it began */
  SST_END_STREAM_START,         /* another one began */
  SST_END_CAPS,                 /* its pictures have another shape */
  SST_END_STOP,                 /* the caller stopped */
} SstEndReason;

/* "started", "lost", "recovered", "ended"; "removed", "timeout", "refused",
 * "no-room", "displaced", "eos", "flush", "segment", "stream-start", "caps", "stop".
 * NONE gives "". */
SST_API const char *sst_event_to_string (SstEvent event);
SST_API const char *sst_end_reason_to_string (SstEndReason reason);

typedef struct
{
  guint64 id;                   /* from 1 */
  const char *label;            /* "" where it has none; interned */
  SstOrigin origin;
  SstEvent event;
  SstEndReason end_reason;      /* when state is ended */
  SstTrackerResult now;         /* of an ended target: the last box, confidence
                                 * 0; of a refused one the box that was asked
                                 * for, all 0 if that was none */
  const SstMask *mask;          /* which pixels are target; NULL: not asked for,
                                 * not its turn, or nothing was found. Valid as
                                 * long as this is; ended ones have none */
  const SstTargetPoint *points; /* n_points of them, NULL where there are none. Valid
                                 * as long as this is; ended ones have none */
  guint n_points;
  SstSighting seen_as;          /* an earlier target, or another set's, that it looks
                                 * like; id 0: none, or it is too early to say */
  gboolean recognized;          /* that was found in this frame */
  const float *portrait;        /* what it looks like, a vector of length 1, the cosine
                                 * of two of which says how alike they are: the
                                 * network's embedding, and colours. NULL: none was
                                 * drawn in this frame; about every fifth has one. Valid
                                 * as long as this is */
  guint portrait_length;
  SstBox asked;                 /* the box that was asked for last, as it was
                                 * given (where it had to wait, taken along) */
  const GError *error;          /* why that box can not be followed
                                 * (SST_TRACKER_ERROR): of a refused target, and of
                                 * one that a correction of this frame did not
                                 * change; else NULL. Valid as long as this is */
} SstTarget;

typedef struct
{
  SstBox box;
  const char *label;            /* NULL: none */
  float confidence;             /* 0..1; 1 where the detector gives none */
} SstDetection;

typedef struct
{
  SstTrackerParams tracker;
  guint max_targets;            /* 1..1024, default 16; lowering it ends none */
  SstTime lost_timeout;         /* a target lost that long, since the frame that
                                 * said so, ends; default 10 s, G_MAXUINT64
                                 * never */
  guint budget;                 /* targets looked at in a frame, the most urgent
                                 * first, the others coast; 0 all. Default 0.
                                 * Corrections don't count; of starts there are
                                 * as many besides at most, and never so many
                                 * that they take longer than a frame lasts */
  guint search_windows;         /* windows that are searched in a frame for all
                                 * lost targets together, which take turns: one
                                 * costs about as much as a look at a target
                                 * that is followed. Default 1; 0: as many for
                                 * each as tracker.redetect_windows says */
  guint n_threads;              /* 1..64, the caller's among them; default 1 */
  gboolean camera_motion;       /* estimate and compensate it; default TRUE */
  guint mask_targets;           /* targets that have a mask where
                                 * params.tracker asks for them, those
                                 * of the lowest ids; default 4 */
  SstMembership membership;     /* of an album, where new targets are compared with
                                 * earlier ones; default: of none. What is kept
                                 * allocates once for each target */
} SstTargetsParams;

#define SST_TARGETS_PARAMS_DEFAULT ((SstTargetsParams) { \
  SST_TRACKER_PARAMS_DEFAULT, 16, 10 * SST_SECOND, 0, 1, 1, TRUE, 4, \
  { NULL, 0, NULL, 0, 0 } })

typedef struct _SstTargets SstTargets;

/* Makes an empty set. params NULL: the defaults. */
SST_API SstTargets *sst_targets_new (const SstTargetsParams * params);

/* Frees *targets and sets it to NULL. *targets may be NULL. */
SST_API void sst_targets_free (SstTargets ** targets);

/* Changes the limits from the next frame on. Running targets keep their features,
 * and the set its model: sst_targets_set_model() is the one way to change that. */
SST_API void sst_targets_set_params (SstTargets * targets,
    const SstTargetsParams * params);

/* Changes the model of the set, of which it takes a reference, from the next
 * frame on. Running targets follow one after the other, in every frame one step
 * of one target (sst_tracker_change_model()), so that N targets take 2 N frames;
 * until its turn comes a target goes on with its old model. The same weights
 * change nothing. Allocates nothing.
 *
 * FALSE with error (SST_TRACKER_ERROR_MODEL) where there are targets and the set has
 * a model of another architecture, and nothing changes. A running target without a model goes on
 * without; model may be NULL: then later targets have none, while those that run
 * keep theirs. */
SST_API gboolean sst_targets_set_model (SstTargets * targets, SstModel * model,
    GError ** error);

/* Running targets that still wait for the new model. */
SST_API guint sst_targets_n_changing_model (const SstTargets * targets);

/* Takes an id for a later sst_targets_add(). Any thread. */
SST_API guint64 sst_targets_reserve_id (SstTargets * targets);

/* Adds a target that starts in the next frame that is processed and not NULL, or,
 * where more were added than one frame starts, in one of those after it; until
 * then the camera's motion takes its box along.
 * id: a reserved one that has not been added yet, or 0 to take one.
 * box: pixels of that frame; anything. label: copied, or NULL.
 * Returns the id. A target that can't be followed is told of in that frame as one
 * that ended (SST_END_REFUSED, SST_END_NO_ROOM). */
SST_API guint64 sst_targets_add (SstTargets * targets, guint64 id, const SstBox * box,
    const char *label, SstOrigin origin);

/* Targets that were added and have not started. */
SST_API guint sst_targets_n_waiting (const SstTargets * targets);

/* Whether the next frame matters to the set, detections aside: there are targets,
 * or the model's tone takes noise off over time, for those that will start. */
SST_API gboolean sst_targets_wants_frames (const SstTargets * targets);

/* How many found no room in the last processed frame: boxes of a detector, and
 * targets that ended at once (SST_END_NO_ROOM). */
SST_API guint sst_targets_n_turned_away (const SstTargets * targets);

/* Says where a target is in the next frame that is processed and not NULL: there
 * it is corrected (sst_tracker_correct()), whatever detections say; one that has
 * not started starts there. Of several the last counts. Returns whether the
 * target is there. A box that can't be followed (sst_tracker_check_box()) changes
 * nothing; the target's error says so in that frame. */
SST_API gboolean sst_targets_correct (SstTargets * targets, guint64 id,
    const SstBox * box);

/* Starts the mask of a target that started in the frame that was processed last
 * anew with a given one (sst_tracker_give_mask()). FALSE, and nothing changes,
 * where there is no such target, it has no mask, or the mask is none of it.
 * frame: that frame. The targets of sst_targets_get() stay valid. */
SST_API gboolean sst_targets_give_mask (SstTargets * targets, guint64 id,
    const SstFrame * frame, const SstMaskPicture * mask);

/* Adds a point to a target (sst_tracker_add_point()): (x, y) are pixels of the next frame
 * that is processed and not NULL, or, where the target starts in a later one, of that. FALSE
 * where there is no such target, that is no place, or too many points wait. What goes beyond
 * SST_POINTS_MAX points of a target is dropped. */
SST_API gboolean sst_targets_add_point (SstTargets * targets, guint64 id, float x,
    float y);

/* Ends a target with the next frame; also one that was added and has not
 * started. Returns whether it was there, FALSE for one already removed. */
SST_API gboolean sst_targets_remove (SstTargets * targets, guint64 id);

/* Ends all targets of an origin, or all (origin -1), with the next frame. They
 * make room for those that start in it. */
SST_API void sst_targets_remove_all (SstTargets * targets, int origin);

/* Forgets everything at once, without any event, targets that have not started
 * included; ids go on. Time may start anew. */
SST_API void sst_targets_clear (SstTargets * targets);

/* As sst_targets_clear(), but sst_targets_get() tells of those that ran that they
 * ended, and why. */
SST_API void sst_targets_end_all (SstTargets * targets, SstEndReason reason);

/* As sst_targets_end_all(), but only targets of a detector end. Those that somebody
 * asked for begin again in the next frame, each with its id and at its present box;
 * nothing is told of them before. */
SST_API void sst_targets_begin_again (SstTargets * targets, SstEndReason reason);

/* Lets a target that runs begin anew in the next frame that is processed and not NULL, in
 * another box (as sst_targets_add()), with its id, label and origin, as if it had
 * never been followed; nothing is told of the target before. Its points go. FALSE, and
 * nothing changes, where there is no such target, or the box is none that could be
 * followed in any picture. */
SST_API gboolean sst_targets_begin_at (SstTargets * targets, guint64 id,
    const SstBox * box);

/* Processes a frame.
 * frame: a view that sst_frame_validate() accepts; NULL where the frame is
 *     missing or broken: all targets coast, none starts, detections are
 *     ignored.
 * time: never decreasing; one that does is taken for the last.
 * detections: boxes of a detector for this frame; may be NULL with 0. */
SST_API void sst_targets_process (SstTargets * targets, const SstFrame * frame,
    SstTime time, const SstDetection * detections, guint n_detections);

/* Tells of a frame whose picture is that of the last one again: targets stay as
 * they are, and none starts. Targets that were removed end, and so do those that have
 * been lost for too long. time: as above. */
SST_API void sst_targets_repeat (SstTargets * targets, SstTime time);

/* Targets of the last processed frame, sorted by id, ended ones included; valid
 * until the next frame is processed, or the set is changed as a whole (cleared,
 * ended, rescaled, freed). */
SST_API const SstTarget *sst_targets_get (const SstTargets * targets,
    guint * n_targets);

/* From now on sst_targets_get() gives only the targets that run. To be called when
 * the others were told of. */
SST_API void sst_targets_forget_ended (SstTargets * targets);

/* How the camera moved into the last processed frame from the one before; the
 * identity with support 0 where that was not estimated (no targets, no frame,
 * camera_motion off). */
SST_API SstCameraMotion sst_targets_get_camera_motion (const SstTargets * targets);

/* For every target: see sst_tracker_discontinuity(), sst_tracker_rescale().
 * Rescaling takes the boxes of targets that have not started along, and what
 * sst_targets_get() gives. */
SST_API void sst_targets_discontinuity (SstTargets * targets);
SST_API void sst_targets_rescale (SstTargets * targets, float sx, float sy);

G_END_DECLS
