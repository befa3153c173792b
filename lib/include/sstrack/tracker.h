/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Tracker: follows one target from its first box.
 *
 * A frame costs one sample of the search region (about 4 times the target's
 * size), its features, the response of the on-line model (dcf.h), a search over
 * sizes and, when the model is sure, an update. See docs/tracker.md for the
 * steps and what was measured.
 *
 * Time is the caller's clock in nanoseconds, never decreasing; ages are in
 * time, not in frames. The same calls give the same results, whatever the
 * machine's load. After sst_tracker_start() no function allocates, unless
 * frames get wider.
 *
 * Thread-safety: a tracker belongs to one thread at a time. */

#pragma once

#include <sstrack/api.h>
#include <sstrack/box.h>
#include <sstrack/mask.h>
#include <sstrack/model.h>
#include <sstrack/motion.h>
#include <sstrack/points.h>
#include <sstrack/time.h>

G_BEGIN_DECLS

typedef enum
{
  SST_STATE_TRACKING,           /* seen and followed */
  SST_STATE_UNCERTAIN,          /* followed, but it may be something else, or
                                 * hidden; nothing is learned */
  SST_STATE_LOST,               /* not seen; the box is the last one seen, and
                                 * the picture is being searched */
  SST_STATE_ENDED,              /* given up, removed or replaced */
} SstState;

/* "tracking", "uncertain", "lost", "ended". */
SST_API const char *sst_state_to_string (SstState state);

typedef struct
{
  SstState state;
  float confidence;             /* calibrated: P (IoU with the truth > 0.5) */
  SstBox box;                   /* pixels of the frame; may reach outside */
  float vx, vy;                 /* pixels a second, smoothed, without the camera's
                                 * own motion */
  gboolean predicted;           /* the box is a guess, nothing was seen: the
                                 * frame was coasted over, or state is lost */
  SstTime first_seen, last_seen;        /* last_seen: last time in state tracking */
} SstTrackerResult;

/* Where the on-line model's channels come from; there is one, made by hand. */
typedef struct _SstFeatureSource SstFeatureSource;

typedef struct
{
  const SstFeatureSource *features;     /* NULL (default): the one made by hand */
  float min_confidence;         /* below it a target is uncertain; 0..1,
                                 * default 0.2 */
  SstTime lost_after;           /* a target that was uncertain for that long is
                                 * lost; default 0.5 s */
  int redetect_windows;         /* windows that are searched in a frame for a
                                 * lost target, 0..16; with 0 it is never found
                                 * again; default 2 */
  SstModel *model;              /* the learned half; NULL (default): none, the
                                 * target is followed by the features alone.
                                 * A tracker takes a reference. Goes with
                                 * features of stride 4 out of YCC samples */
  struct _SstWorkshop *workshop;        /* memory that trackers share, each while it
                                 * works; some 9 MB for the built-in model. Sets of
                                 * targets bring the process's. NULL (default): one
                                 * of its own. A tracker takes a reference */
  int mask_interval;            /* a mask of the target is carried anew in every
                                 * so many frames, and moves with the box between
                                 * them. 0 (default): no mask */
  gboolean mask_box;            /* the box is mixed with that of a mask of the
                                 * target, as far as the mask is trusted, and the
                                 * tracker goes on from there. Without
                                 * mask_interval a mask is carried in every
                                 * second frame, and where the target is in
                                 * doubt. Without a model no mask is trusted.
                                 * Default TRUE */
  int point_grid;               /* rows and columns of points that are placed over
                                 * the box of a target that starts, of which it
                                 * has those that lie on its mask; 0 (default):
                                 * none; at most SST_POINTS_MAX_GRID. A target with
                                 * points has a mask in every frame */
} SstTrackerParams;

#define SST_TRACKER_PARAMS_DEFAULT \
  ((SstTrackerParams) { NULL, 0.2f, SST_SECOND / 2, 2, NULL, NULL, 0, TRUE, 0 })

typedef struct _SstTracker SstTracker;

/* Makes a tracker. params NULL: the defaults. */
SST_API SstTracker *sst_tracker_new (const SstTrackerParams * params);

/* Frees *tracker and sets it to NULL. *tracker may be NULL. */
SST_API void sst_tracker_free (SstTracker ** tracker);

/* Changes what may change between frames (not the features nor the model: see
 * sst_tracker_set_model()). */
SST_API void sst_tracker_set_params (SstTracker * tracker,
    const SstTrackerParams * params);

/* Whether a target that was started with one model can go on with another: both
 * have the same architecture, or both are NULL; sets error
 * (SST_TRACKER_ERROR_MODEL) where not. */
SST_API gboolean sst_tracker_check_model (const SstModel * from, const SstModel * to,
    GError ** error);

/* Changes the model to another one of the same architecture, between two frames;
 * takes a reference. A running target changes in two steps, so that no frame
 * costs much more: while sst_tracker_is_changing_model(), each call of
 * sst_tracker_change_model() computes one template anew (about a sixth of what
 * the network costs in a frame), and until the last of them, the second at most,
 * the target is followed with the old model. sst_tracker_start() takes the new
 * one at once. The same weights change nothing.
 *
 * A running target keeps what the on-line model, the size and the confidence have
 * learned, the difference between the network's boxes and its own (which says what is
 * meant by the target, the whole or a part), and the tone with which it is seen
 * (tone.h): only targets that start later are seen with the new one. FALSE with error
 * where sst_tracker_check_model() refuses, and nothing changes. */
SST_API gboolean sst_tracker_set_model (SstTracker * tracker, SstModel * model,
    GError ** error);
SST_API gboolean sst_tracker_is_changing_model (const SstTracker * tracker);
SST_API void sst_tracker_change_model (SstTracker * tracker);

/* The tone with which the target was started, NULL where pictures are seen as they
 * are. A frame that has a tone of its own (SstFrame.tone) was made for this tracker,
 * and is seen with that one. */
SST_API const SstTone *sst_tracker_tone (const SstTracker * tracker);

/* Sides of a box, in pixels, that a tracker can follow. */
#define SST_TRACKER_MIN_SIDE 3.f

#define SST_TRACKER_ERROR (sst_tracker_error_quark ())
typedef enum
{
  SST_TRACKER_ERROR_BOX,        /* not finite, a side under
                                 * SST_TRACKER_MIN_SIDE, larger than the
                                 * picture, or less than a quarter inside it */
  SST_TRACKER_ERROR_MODEL,      /* of another architecture */
} SstTrackerError;

SST_API GQuark sst_tracker_error_quark (void);

/* Whether a target can start from a box in a picture of that size; sets error
 * (domain SST_TRACKER_ERROR) where it can not. */
SST_API gboolean sst_tracker_check_box (const SstBox * box, int width, int height,
    GError ** error);

/* Learns the target's first appearance; forgets an earlier target. */
SST_API gboolean sst_tracker_start (SstTracker * tracker, const SstFrame * frame,
    const SstBox * box, SstTime time, GError ** error);

/* Follows the target into the next frame. After a quarter of a second without a
 * frame, or after a cut, a target that is not where it is expected is looked for in a
 * region nine times as large, and then as if the field of view had changed about the
 * picture's middle, by factors from 0.35 to 3.
 * camera: motion from the previous frame to this one; NULL: none known. */
SST_API void sst_tracker_update (SstTracker * tracker, const SstFrame * frame,
    SstTime time, const SstCameraMotion * camera, SstTrackerResult * result);

/* Moves on without looking, where a frame is missing, broken or not worth its
 * cost: the box follows the motion, confidence decays, nothing is learned. */
SST_API void sst_tracker_coast (SstTracker * tracker, SstTime time,
    const SstCameraMotion * camera, SstTrackerResult * result);

/* Tells the tracker where the target is in the frame of the last update, as a
 * detector saw it: takes position and size, learns the appearance as
 * confident, ends a loss. */
SST_API void sst_tracker_correct (SstTracker * tracker, const SstFrame * frame,
    const SstBox * box, SstTime time, SstTrackerResult * result);

/* How well the content of a box resembles the target, 0..1, by the on-line model and
 * the first appearance; for matching a lost target with a detector's box. */
SST_API float sst_tracker_similarity (SstTracker * tracker, const SstFrame * frame,
    const SstBox * box);

/* Takes back that the target was seen in the last frame. before: its result of the
 * frame before, if it was lost there: then it still is, and the search goes on. NULL:
 * it is lost from now on, at its present place. result: the new result. */
SST_API void sst_tracker_step_back (SstTracker * tracker,
    const SstTrackerResult * before, SstTrackerResult * result);

/* The stream jumped: search wider in the next update, unless the target is where
 * it was. */
SST_API void sst_tracker_discontinuity (SstTracker * tracker);

/* The picture's size changed by these factors; boxes and velocities follow. */
SST_API void sst_tracker_rescale (SstTracker * tracker, float sx, float sy);

/* Starts the mask anew with a given one. frame: the picture in which the target was
 * started or last seen. mask: of that picture; it may have other sides and is
 * stretched over it. Returns FALSE, and nothing changes, where no mask is wanted, or
 * where the mask covers less than 5 % or more than 99 % of the target's box: then it is
 * not this target's. */
SST_API gboolean sst_tracker_give_mask (SstTracker * tracker, const SstFrame * frame,
    const SstMaskPicture * mask);

/* The target's mask in the last frame; NULL where there is none or nothing was
 * found. Valid until the next call of another function of the tracker. */
SST_API const SstMask *sst_tracker_mask (const SstTracker * tracker);

/* Adds a point (points.h) to the target: (x, y) are pixels of the frame of the next
 * sst_tracker_start() or sst_tracker_update(). A point that lies further from the target
 * than the window of its mask (2.2 times its size) goes along and is never visible. FALSE
 * where that is no place, or there are SST_POINTS_MAX. Allocates in that frame. */
SST_API gboolean sst_tracker_add_point (SstTracker * tracker, float x, float y);

/* Removes all points, also those that were added and not looked at yet. */
SST_API void sst_tracker_remove_points (SstTracker * tracker);

/* The target's points in the last frame, n of them; NULL where there are none. Valid
 * until the next call of another function of the tracker. */
SST_API const SstTargetPoint *sst_tracker_points (const SstTracker * tracker,
    guint * n);

/* How badly the target needs its next update, larger first: uncertain and
 * fast-moving targets, and those not looked at for long. */
SST_API float sst_tracker_urgency (const SstTracker * tracker);

G_END_DECLS
