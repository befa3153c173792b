/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* A frame goes through the set in two rounds of jobs, one job a target: first
 * all that run are updated (or coast) and all that were added start; then the
 * detector's boxes are matched, and those that are matched or new are corrected
 * or started. The jobs of a round touch nothing but their own target, so that
 * threads may share them out in any order without any trace in the results;
 * every decision lies between the rounds, on the caller's thread.
 *
 * Arrays and trackers are kept for reuse: a set that has seen its largest frame
 * allocates nothing. (That is why the sort below is our own: qsort() may call
 * malloc().) */

#include <sstrack/targets.h>

#include <stdatomic.h>
#include <string.h>

#include "base/blas.h"
#include "base/crew.h"
#include "picture/denoise.h"
#include "picture/features.h"
#include "track/matcher.h"

/* Overlap (IoU) above which a box and a target are taken for the same thing. */
#define MATCH_MIN_IOU 0.3f
/* Overlap above which they are, whatever the labels: detectors change their
 * minds. */
#define SAME_IOU 0.6f
/* Two targets whose boxes overlap by more than that for so long are on one
 * thing, and one of them has to step back: the newer one, unless the older
 * one's confidence, a running mean, is that much less. */
#define SHARED_IOU 0.7f
#define SHARED_TIME (SST_SECOND / 2)
#define CLAIM_RATE 0.1f
#define CLAIM_MARGIN 0.1f
/* Overlap with a target that is seen at which a lost one has not been found. */
#define TAKEN_IOU 0.5f
/* Likeness at which a box may be the return of a lost target. On sequences of
 * data/dev, one to three seconds after the start and with boxes as inexact as a
 * detector's, it lets 90 % of the targets through and 0.4 % of what is beside
 * them. */
#define RETURN_MIN_SIMILARITY 0.25f
/* How far from where it was last seen a lost target may return: so many times
 * its own size at once, and so many more for each second since. */
#define RETURN_REACH 2.f
#define RETURN_REACH_PER_SECOND 2.f
/* Ratio of sizes (geometric means) that a return may have, either way. */
#define RETURN_MAX_SIZE_RATIO 2.f
/* Likenesses computed in a frame, the nearest boxes first; each costs about as
 * much as the update of a target. */
#define MAX_LIKENESSES 16
/* What a second of waiting adds to a target's urgency, which is about 0 to 2. A
 * lost target is always urgent; it must not take every turn from the others. */
#define URGENCY_PER_SECOND 5.f

/* Starts in a frame, which cost some 8 ms each with a network and 2 ms without
 * one: about as long as a frame of a camera lasts. */
#define MAX_STARTS 4
#define MAX_STARTS_WITHOUT_NETWORK 16

#define MAX_TARGETS 1024
/* An idle tracker that was not needed for that long is freed. */
#define POOL_REST (10 * SST_SECOND)
#define MAX_THREADS (1 + SST_CREW_MAX_THREADS)

typedef enum
{
  JOB_UPDATE,
  JOB_COAST,
  JOB_START,
  JOB_CORRECT,
} Job;

typedef struct
{
  SstTarget target;
  SstTracker *tracker;          /* NULL: never got that far */
  const SstFeatureSource *features;     /* that the tracker was made with */
  Job job;
  gboolean refused;             /* by sst_tracker_start() */
  gboolean removing;            /* ends with the next frame */
  gboolean searching;           /* lost, and it is its turn in this frame */
  gboolean lost;                /* "lost" was the last thing reported */
  SstTime lost_since;
  SstTime looked_at;            /* when it last did not coast */
  SstTrackerResult before;      /* in the last frame */
  float claim;                  /* running mean of the confidence */
  gboolean shares;              /* what it is on, with a target that has the
                                 * stronger claim, in this frame */
  gboolean shared;              /* the same in the last frame */
  SstTime shared_since;
  gboolean matched;             /* with a detection of this frame */
  gboolean has_detection;
  SstBox detection;             /* the last one matched, or a correction */
  gboolean correcting;          /* correction waits for a frame */
  SstBox correction;
} Slot;

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
  gboolean has_detection;       /* as in Slot */
  SstBox detection;
} Pending;

/* A candidate for something of which the best few are taken. */
typedef struct
{
  float score;
  guint slot, detection;
} Pair;

typedef enum
{
  DETECTION_FREE,
  DETECTION_INVALID,
  DETECTION_MATCHED,
} DetectionState;

struct _SstTargets
{
  SstTargetsParams params;
  atomic_ullong last_id;
  SstTime time;                 /* of the last frame */
  guint64 changed_id;           /* the last target that changed its model */

  GArray *slots;                /* Slot, running, sorted by id; also the ended
                                 * ones of a frame while it is processed */
  GArray *pending;              /* Pending, in the order of the calls */
  GArray *reported;             /* SstTarget, what sst_targets_get() gives */
  GPtrArray *pool;              /* idle trackers with the present features */
  guint pool_least;             /* how few they were since then */
  SstTime pool_since;
  SstScratch *scratch;          /* of all trackers */

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
  GArray *pairs;                /* Pair */
  GByteArray *detection_states; /* DetectionState */
};

/* ---- names ---- */

const char *
sst_event_to_string (SstEvent event)
{
  switch (event) {
    case SST_EVENT_NONE:
      return "";
    case SST_EVENT_STARTED:
      return "started";
    case SST_EVENT_LOST:
      return "lost";
    case SST_EVENT_RECOVERED:
      return "recovered";
    case SST_EVENT_ENDED:
      return "ended";
  }
  return "";
}

const char *
sst_end_reason_to_string (SstEndReason reason)
{
  switch (reason) {
    case SST_END_NONE:
      return "";
    case SST_END_REMOVED:
      return "removed";
    case SST_END_TIMEOUT:
      return "timeout";
    case SST_END_REFUSED:
      return "refused";
    case SST_END_NO_ROOM:
      return "no-room";
    case SST_END_DISPLACED:
      return "displaced";
  }
  return "";
}

/* ---- jobs ---- */

static inline Slot *
slot_at (const SstTargets * targets, guint i)
{
  return &g_array_index (targets->slots, Slot, i);
}

static inline float
seconds (SstTime time)
{
  return (float) ((double) time / SST_SECOND);
}

static inline gboolean
slot_is_running (const Slot * slot)
{
  return slot->target.now.state != SST_STATE_ENDED;
}

/* The tone that targets start with; NULL: none. */
static const SstTone *
model_tone (const SstTargets * targets)
{
  const SstModel *const model = targets->params.tracker.model;

  return model != NULL ? sst_model_tone (model) : NULL;
}

/* The frame for a target, without noise if it is seen with the tone of now. */
static const SstFrame *
frame_for (const SstTargets * targets, const Slot * slot)
{
  const SstTone *const present = model_tone (targets);
  const SstTone *const tone = slot->job == JOB_START ? present
      : sst_tracker_tone (slot->tracker);

  return targets->denoised != NULL && tone != NULL
      && memcmp (tone, present, sizeof (SstTone)) == 0 ? targets->denoised
      : targets->frame;
}

static void
run_job (gpointer data, guint i)
{
  const SstTargets *const targets = data;
  Slot *const slot = slot_at (targets, g_array_index (targets->jobs, guint, i));
  SstTrackerResult *const now = &slot->target.now;

  switch (slot->job) {
    case JOB_UPDATE:
      sst_tracker_update (slot->tracker, frame_for (targets, slot),
          targets->time, targets->moved, now);
      break;
    case JOB_COAST:
      sst_tracker_coast (slot->tracker, targets->time, targets->moved, now);
      break;
    case JOB_START:
      slot->refused = !sst_tracker_start (slot->tracker,
          frame_for (targets, slot), &now->box, targets->time, NULL);
      break;
    case JOB_CORRECT:
      sst_tracker_correct (slot->tracker, frame_for (targets, slot),
          &slot->detection, targets->time, now);
      break;
  }
}

/* Says which targets have masks: the first ones. */
static void
share_masks (SstTargets * targets)
{
  SstTrackerParams with = targets->params.tracker, without = with;
  guint n = 0;

  without.mask_interval = 0;
  without.mask_box = FALSE;
  if (with.mask_interval <= 0 && !with.mask_box)
    return;
  for (guint i = 0; i < targets->slots->len; i++) {
    Slot *const slot = slot_at (targets, i);

    if (slot_is_running (slot) && slot->tracker != NULL)
      sst_tracker_set_params (slot->tracker,
          n++ < targets->params.mask_targets ? &with : &without);
  }
}

/* Runs the collected jobs and empties the list. */
static void
run_jobs (SstTargets * targets)
{
  const SstModel *const model = targets->params.tracker.model;

  if (model != NULL)
    sst_scratch_reserve (targets->scratch, MIN (targets->params.n_threads,
            targets->jobs->len), sst_matcher_scratch_size (model));
  share_masks (targets);
  sst_crew_run (targets->crew, run_job, targets, targets->jobs->len);
  g_array_set_size (targets->jobs, 0);
}

static void
add_job (SstTargets * targets, guint i, Job job)
{
  Slot *const slot = slot_at (targets, i);

  slot->job = job;
  if (job != JOB_COAST)
    slot->looked_at = targets->time;
  g_array_append_val (targets->jobs, i);
}

/* ---- pairs ---- */

/* The larger score first; a total order, so that it has one outcome. */
static inline gboolean
pair_precedes (const Pair * a, const Pair * b)
{
  if (a->score != b->score)
    return a->score > b->score;
  if (a->slot != b->slot)
    return a->slot < b->slot;
  return a->detection < b->detection;
}

/* Heapsort: sorts in place whatever the length. */
static void
sort_pairs (GArray * pairs)
{
  Pair *const p = (Pair *) (void *) pairs->data;
  guint n = pairs->len;
  guint start = n / 2;

  while (n > 1) {
    Pair moving;
    guint i, child;

    if (start > 0) {
      moving = p[i = --start];
    } else {
      moving = p[--n];
      p[n] = p[i = 0];
    }
    for (; (child = 2 * i + 1) < n; i = child) {
      if (child + 1 < n && pair_precedes (&p[child], &p[child + 1]))
        child++;
      if (!pair_precedes (&moving, &p[child]))
        break;
      p[i] = p[child];
    }
    p[i] = moving;
  }
}

static void
add_pair (GArray * pairs, float score, guint slot, guint detection)
{
  /* A NaN has no place in an order. */
  const Pair pair = { isnan (score) ? 0.f : score, slot, detection };

  g_array_append_val (pairs, pair);
}

/* ---- slots ---- */

static void
release_tracker (SstTargets * targets, Slot * slot)
{
  if (slot->tracker == NULL)
    return;
  if (slot->features == targets->params.tracker.features) {
    g_ptr_array_add (targets->pool, slot->tracker);
    slot->tracker = NULL;
  } else {
    sst_tracker_free (&slot->tracker);
  }
}

static void
acquire_tracker (SstTargets * targets, Slot * slot)
{
  const SstTrackerParams *const params = &targets->params.tracker;

  slot->features = params->features;
  while (slot->tracker == NULL && targets->pool->len > 0) {
    slot->tracker = g_ptr_array_steal_index_fast (targets->pool,
        targets->pool->len - 1);
    if (sst_tracker_set_model (slot->tracker, params->model, NULL))
      sst_tracker_set_params (slot->tracker, params);
    else
      sst_tracker_free (&slot->tracker);
  }
  if (slot->tracker == NULL)
    slot->tracker = sst_tracker_new (params);
}

/* The set holds a reference of its model: it makes trackers with it later. */
static void
hold_model (SstTargets * targets, SstModel * model)
{
  SstModel **const held = &targets->params.tracker.model;

  if (model != NULL)
    sst_model_ref (model);
  sst_model_unref (*held);
  *held = model;
}

static void
trim_pool (SstTargets * targets, guint length)
{
  while (targets->pool->len > length) {
    SstTracker *tracker = g_ptr_array_steal_index_fast (targets->pool,
        targets->pool->len - 1);

    sst_tracker_free (&tracker);
  }
}

/* Of nothing that runs one tracker is kept for what comes next; of idle ones
 * beside others those go that were not needed for a while. */
static void
give_back_idle (SstTargets * targets, guint n_running)
{
  const SstTime now = targets->time;

  if (n_running == 0) {
    trim_pool (targets, 1);
    sst_scratch_trim (targets->scratch, 1);
  }
  targets->pool_least = MIN (targets->pool_least, targets->pool->len);
  if (now >= targets->pool_since && now - targets->pool_since < POOL_REST)
    return;
  trim_pool (targets, targets->pool->len - targets->pool_least);
  targets->pool_least = targets->pool->len;
  targets->pool_since = now;
}

static void
end_slot (Slot * slot, SstEndReason reason)
{
  SstTrackerResult *const now = &slot->target.now;

  slot->target.event = SST_EVENT_ENDED;
  slot->target.end_reason = reason;
  now->state = SST_STATE_ENDED;
  now->confidence = 0.f;
  now->predicted = TRUE;
}

/* Makes the slot of a target in the place that its id asks for. */
static Slot *
insert_slot (SstTargets * targets, guint64 id, const SstBox * box,
    const char *label, SstOrigin origin, guint * position)
{
  Slot slot = {
    .target = {
          .id = id,
          .label = label,
          .origin = origin,
          .event = SST_EVENT_STARTED,
          .now = {
                .state = SST_STATE_TRACKING,
                .confidence = 1.f,
                .box = *box,
                .first_seen = targets->time,
                .last_seen = targets->time,
              },
        },
    .claim = 1.f,
  };
  guint i = targets->slots->len;

  while (i > 0 && slot_at (targets, i - 1)->target.id > id)
    i--;
  g_array_insert_val (targets->slots, i, slot);
  *position = i;
  return slot_at (targets, i);
}

static guint
count_running (const SstTargets * targets)
{
  guint n = 0;

  for (guint i = 0; i < targets->slots->len; i++)
    n += slot_is_running (slot_at (targets, i));
  return n;
}

static const char *
intern_label (const char *label)
{
  return g_intern_string (label != NULL ? label : "");
}

/* ---- life ---- */

static void
apply_params (SstTargets * targets, const SstTargetsParams * params)
{
  SstTargetsParams *const p = &targets->params;

  hold_model (targets, params->tracker.model);
  *p = *params;
  p->max_targets = CLAMP (p->max_targets, 1, MAX_TARGETS);
  p->n_threads = CLAMP (p->n_threads, 1, MAX_THREADS);
  p->tracker.scratch = targets->scratch;
  if (p->tracker.features == NULL)
    p->tracker.features = sst_features_handmade ();
  if (p->search_windows > 0)
    p->tracker.redetect_windows = (int) MIN ((guint)
        MAX (p->tracker.redetect_windows, 0), p->search_windows);
  sst_crew_resize (targets->crew, p->n_threads - 1);
}

SstTargets *
sst_targets_new (const SstTargetsParams * params)
{
  const SstTargetsParams defaults = SST_TARGETS_PARAMS_DEFAULT;
  SstTargets *const targets = g_new0 (SstTargets, 1);

  targets->slots = g_array_new (FALSE, FALSE, sizeof (Slot));
  targets->pending = g_array_new (FALSE, FALSE, sizeof (Pending));
  targets->reported = g_array_new (FALSE, FALSE, sizeof (SstTarget));
  targets->pool = g_ptr_array_new ();
  targets->scratch = sst_scratch_new ();
  targets->jobs = g_array_new (FALSE, FALSE, sizeof (guint));
  targets->pairs = g_array_new (FALSE, FALSE, sizeof (Pair));
  targets->detection_states = g_byte_array_new ();
  targets->denoiser = sst_denoiser_new ();
  targets->motion = sst_motion_new ();
  targets->camera = SST_CAMERA_MOTION_IDENTITY;
  targets->crew = sst_crew_new ();
  apply_params (targets, params != NULL ? params : &defaults);
  return targets;
}

void
sst_targets_free (SstTargets ** targets_p)
{
  SstTargets *const targets = *targets_p;

  if (targets == NULL)
    return;
  *targets_p = NULL;

  sst_crew_free (&targets->crew);
  sst_targets_clear (targets);
  trim_pool (targets, 0);
  sst_scratch_unref (targets->scratch);
  hold_model (targets, NULL);
  sst_motion_free (&targets->motion);
  sst_denoiser_free (&targets->denoiser);
  g_byte_array_unref (targets->detection_states);
  g_array_unref (targets->pairs);
  g_array_unref (targets->jobs);
  g_ptr_array_unref (targets->pool);
  g_array_unref (targets->reported);
  g_array_unref (targets->pending);
  g_array_unref (targets->slots);
  g_free (targets);
}

void
sst_targets_set_params (SstTargets * targets, const SstTargetsParams * params)
{
  const SstFeatureSource *const features = targets->params.tracker.features;
  const guint n_running = targets->slots->len;

  apply_params (targets, params);
  for (guint i = 0; i < n_running; i++)
    sst_tracker_set_params (slot_at (targets, i)->tracker,
        &targets->params.tracker);
  if (targets->params.tracker.features != features)
    trim_pool (targets, 0);
  else
    trim_pool (targets, targets->params.max_targets -
        MIN (targets->params.max_targets, n_running));
}

static gboolean
have_same_tone (const SstModel * a, const SstModel * b)
{
  const SstTone *const x = a != NULL ? sst_model_tone (a) : NULL;
  const SstTone *const y = b != NULL ? sst_model_tone (b) : NULL;

  return x == y
      || (x != NULL && y != NULL && memcmp (x, y, sizeof (SstTone)) == 0);
}

gboolean
sst_targets_set_model (SstTargets * targets, SstModel * model, GError ** error)
{
  const SstModel *const old = targets->params.tracker.model;

  if (old != NULL && model != NULL
      && !sst_tracker_check_model (old, model, error))
    return FALSE;
  if (!have_same_tone (old, model))
    targets->motion_warm = FALSE;       /* pictures look otherwise now */
  hold_model (targets, model);
  /* Idle trackers would hold the old one. */
  trim_pool (targets, 0);
  for (guint i = 0; i < targets->slots->len; i++)
    sst_tracker_set_model (slot_at (targets, i)->tracker, model, NULL);
  return TRUE;
}

guint
sst_targets_n_changing_model (const SstTargets * targets)
{
  guint n = 0;

  for (guint i = 0; i < targets->slots->len; i++)
    n += sst_tracker_is_changing_model (slot_at (targets, i)->tracker);
  return n;
}

guint64
sst_targets_reserve_id (SstTargets * targets)
{
  return atomic_fetch_add (&targets->last_id, 1) + 1;
}

guint64
sst_targets_add (SstTargets * targets, guint64 id, const SstBox * box,
    const char *label, SstOrigin origin)
{
  const Pending pending = {
    .id = id != 0 ? id : sst_targets_reserve_id (targets),
    .box = *box,
    .label = intern_label (label),
    .origin = origin,
  };

  g_array_append_val (targets->pending, pending);
  return pending.id;
}

guint
sst_targets_n_waiting (const SstTargets * targets)
{
  return targets->pending->len;
}

gboolean
sst_targets_wants_frames (const SstTargets * targets)
{
  const SstTone *const tone = model_tone (targets);

  return targets->slots->len > 0 || targets->pending->len > 0
      || (tone != NULL && tone->noise > 0.f);
}

guint
sst_targets_n_turned_away (const SstTargets * targets)
{
  return targets->n_turned_away;
}

gboolean
sst_targets_correct (SstTargets * targets, guint64 id, const SstBox * box)
{
  for (guint i = 0; i < targets->slots->len; i++) {
    Slot *const slot = slot_at (targets, i);

    if (slot->target.id == id && !slot->removing) {
      slot->correction = *box;
      return slot->correcting = TRUE;
    }
  }
  for (guint i = 0; i < targets->pending->len; i++) {
    Pending *const pending = &g_array_index (targets->pending, Pending, i);

    if (pending->id == id && !pending->removing) {
      pending->box = *box;
      return TRUE;
    }
  }
  return FALSE;
}

gboolean
sst_targets_remove (SstTargets * targets, guint64 id)
{
  for (guint i = 0; i < targets->slots->len; i++) {
    Slot *const slot = slot_at (targets, i);

    if (slot->target.id == id && !slot->removing)
      return slot->removing = TRUE;
  }
  for (guint i = 0; i < targets->pending->len; i++) {
    Pending *const pending = &g_array_index (targets->pending, Pending, i);

    if (pending->id == id && !pending->removing)
      return pending->removing = TRUE;
  }
  return FALSE;
}

void
sst_targets_remove_all (SstTargets * targets, int origin)
{
  for (guint i = 0; i < targets->slots->len; i++) {
    Slot *const slot = slot_at (targets, i);

    if (origin < 0 || (int) slot->target.origin == origin)
      slot->removing = TRUE;
  }
  for (guint i = 0; i < targets->pending->len; i++) {
    Pending *const pending = &g_array_index (targets->pending, Pending, i);

    if (origin < 0 || (int) pending->origin == origin)
      pending->removing = TRUE;
  }
}

void
sst_targets_clear (SstTargets * targets)
{
  for (guint i = 0; i < targets->slots->len; i++)
    release_tracker (targets, slot_at (targets, i));
  g_array_set_size (targets->slots, 0);
  g_array_set_size (targets->pending, 0);
  g_array_set_size (targets->reported, 0);
  targets->motion_warm = FALSE;
  sst_denoiser_reset (targets->denoiser);
  targets->camera = SST_CAMERA_MOTION_IDENTITY;
  targets->time = 0;
  give_back_idle (targets, 0);
}

const SstTarget *
sst_targets_get (const SstTargets * targets, guint * n_targets)
{
  *n_targets = targets->reported->len;
  return (const SstTarget *) (const void *) targets->reported->data;
}

SstCameraMotion
sst_targets_get_camera_motion (const SstTargets * targets)
{
  return targets->camera;
}

void
sst_targets_discontinuity (SstTargets * targets)
{
  for (guint i = 0; i < targets->slots->len; i++)
    sst_tracker_discontinuity (slot_at (targets, i)->tracker);
  targets->motion_warm = FALSE;
  sst_denoiser_reset (targets->denoiser);
}

static void
scale_box (SstBox * box, float sx, float sy)
{
  box->x *= sx;
  box->y *= sy;
  box->width *= sx;
  box->height *= sy;
}

void
sst_targets_rescale (SstTargets * targets, float sx, float sy)
{
  for (guint i = 0; i < targets->slots->len; i++) {
    Slot *const slot = slot_at (targets, i);
    SstTrackerResult *const now = &slot->target.now;

    sst_tracker_rescale (slot->tracker, sx, sy);
    /* What is reported if it is removed before it is looked at again. */
    scale_box (&now->box, sx, sy);
    now->vx *= sx;
    now->vy *= sy;
    slot->has_detection = FALSE;
    scale_box (&slot->correction, sx, sy);
  }
  for (guint i = 0; i < targets->pending->len; i++) {
    Pending *const pending = &g_array_index (targets->pending, Pending, i);

    scale_box (&pending->box, sx, sy);
  }
  targets->motion_warm = FALSE;
}

/* ---- a frame ---- */

/* One step of the next target, by id, that has an old model: however often the
 * model is changed, all have their turn. */
static void
change_a_model (SstTargets * targets)
{
  Slot *chosen = NULL;

  for (guint i = 0; i < targets->slots->len; i++) {
    Slot *const slot = slot_at (targets, i);

    if (!sst_tracker_is_changing_model (slot->tracker))
      continue;
    if (chosen == NULL || slot->target.id > targets->changed_id)
      chosen = slot;
    if (slot->target.id > targets->changed_id)
      break;
  }
  if (chosen == NULL)
    return;
  sst_tracker_change_model (chosen->tracker);
  if (!sst_tracker_is_changing_model (chosen->tracker))
    targets->changed_id = chosen->target.id;
}

/* Takes the noise off the frame where the model's tone asks for it; without
 * targets too, so that a target's first appearance is a clear one. */
static void
denoise (SstTargets * targets)
{
  const SstFrame *const frame = targets->frame;
  const SstTone *const tone = model_tone (targets);

  if (frame == NULL)
    return;
  if (tone != NULL && tone->noise > 0.f
      && MIN (frame->width, frame->height) >= SST_DENOISER_MIN_SIDE
      && MAX (frame->width, frame->height) <= SST_DENOISER_MAX_SIDE)
    targets->denoised = sst_denoiser_process (targets->denoiser, frame, tone);
  else
    sst_denoiser_reset (targets->denoiser);
}

/* The frame as the model sees it. */
static SstFrame
see (const SstTargets * targets)
{
  SstFrame seen = *targets->frame;

  if (targets->denoised != NULL)
    return *targets->denoised;
  seen.tone = model_tone (targets);
  return seen;
}

/* Where the camera is wanted: its motion into this frame; and remembers the
 * frame for the next. */
static void
estimate_motion (SstTargets * targets)
{
  const SstFrame seen = see (targets);
  SstCameraMotion camera;

  if (!targets->motion_warm)
    sst_motion_reset (targets->motion);
  camera = sst_motion_update (targets->motion, &seen);
  if (targets->motion_warm) {
    targets->camera = camera;
    targets->moved = &targets->camera;
  }
  targets->motion_warm = TRUE;
}

/* A box that was asked for may hold anything; what is reported, not. */
static SstBox
presentable_box (const SstBox * box)
{
  const SstBox none = { 0.f, 0.f, 0.f, 0.f };

  if (isfinite (box->x) && isfinite (box->y) && isfinite (box->width)
      && isfinite (box->height) && box->width > 0.f && box->height > 0.f)
    return *box;
  return none;
}

static guint
max_starts (const SstTargets * targets)
{
  const SstTargetsParams *const params = &targets->params;
  const guint most = params->tracker.model != NULL ? MAX_STARTS
      : MAX_STARTS_WITHOUT_NETWORK;

  return params->budget > 0 ? MIN (params->budget, most) : most;
}

/* Takes the box of a target that waits along with the camera. */
static void
move_pending (const SstCameraMotion * moved, Pending * pending)
{
  const float scale = hypotf (moved->a, moved->b);
  SstBox *const box = &pending->box;
  float x, y;

  sst_camera_motion_apply (moved, sst_box_center_x (box),
      sst_box_center_y (box), &x, &y);
  *box = sst_box_from_center (x, y, scale * box->width, scale * box->height);
}

/* Ends what has been lost longest. Returns whether something was. */
static gboolean
make_room (SstTargets * targets)
{
  Slot *longest = NULL;

  for (guint i = 0; i < targets->slots->len; i++) {
    Slot *const slot = slot_at (targets, i);

    if (slot_is_running (slot) && slot->lost && !slot->matched
        && slot->target.now.state == SST_STATE_LOST
        && (longest == NULL || slot->lost_since < longest->lost_since))
      longest = slot;
  }
  if (longest != NULL)
    end_slot (longest, SST_END_DISPLACED);
  return longest != NULL;
}

/* Gives a target that was added a slot; refused for a reason, or to start. */
static void
place_pending (SstTargets * targets, const Pending * pending,
    SstEndReason refusal)
{
  const SstBox box = presentable_box (&pending->box);
  guint position;
  Slot *const slot = insert_slot (targets, pending->id, &box, pending->label,
      pending->origin, &position);

  slot->target.asked = pending->box;
  if (refusal != SST_END_NONE) {
    end_slot (slot, refusal);
    return;
  }
  acquire_tracker (targets, slot);
  slot->has_detection = pending->has_detection;
  slot->detection = pending->detection;
  targets->n_starts++;
}

/* Gives the targets that were added slots and, where they may, jobs. */
static void
take_pending (SstTargets * targets, guint n_running)
{
  const SstFrame *const frame = targets->frame;
  guint n_kept = 0;

  for (guint i = 0; i < targets->pending->len; i++) {
    Pending pending = g_array_index (targets->pending, Pending, i);
    SstEndReason refusal = SST_END_NONE;
    gboolean keep = FALSE, full = FALSE;

    if (pending.seen && targets->moved != NULL)
      move_pending (targets->moved, &pending);
    if (pending.removing)
      refusal = SST_END_REMOVED;
    else if (frame == NULL)
      keep = TRUE;
    else if (!sst_tracker_check_box (&pending.box, frame->width, frame->height,
            NULL))
      refusal = SST_END_REFUSED;
    else
      full = n_running + n_kept >= targets->params.max_targets;
    if (full && make_room (targets))
      n_running--;
    else if (full)
      refusal = SST_END_NO_ROOM;
    if (frame != NULL && refusal == SST_END_NONE)
      keep = pending.seen = targets->n_starts >= max_starts (targets);

    if (keep) {
      g_array_index (targets->pending, Pending, n_kept++) = pending;
    } else {
      place_pending (targets, &pending, refusal);
      n_running += refusal == SST_END_NONE;
      targets->n_turned_away += refusal == SST_END_NO_ROOM;
    }
  }
  g_array_set_size (targets->pending, n_kept);
}

static float
urgency (const SstTargets * targets, const Slot * slot)
{
  return sst_tracker_urgency (slot->tracker)
      + URGENCY_PER_SECOND * seconds (targets->time - slot->looked_at);
}

/* Marks the lost targets that may be searched for in this frame: those that
 * have waited longest. */
static void
choose_searches (SstTargets * targets)
{
  const guint windows = targets->params.search_windows;
  const guint each = (guint) MAX (targets->params.tracker.redetect_windows, 1);
  const guint n = windows > 0 ? MAX (windows / each, 1) : G_MAXUINT;

  g_array_set_size (targets->pairs, 0);
  for (guint i = 0; i < targets->slots->len; i++) {
    Slot *const slot = slot_at (targets, i);

    slot->searching = FALSE;
    if (slot_is_running (slot) && slot->target.now.state == SST_STATE_LOST)
      add_pair (targets->pairs, seconds (targets->time - slot->looked_at), i,
          0);
  }
  sort_pairs (targets->pairs);
  for (guint k = 0; k < MIN (n, targets->pairs->len); k++)
    slot_at (targets, g_array_index (targets->pairs, Pair, k).slot)->searching =
        TRUE;
}

/* Jobs of the first round. Slots hold still from here on. */
static void
plan_round (SstTargets * targets)
{
  const guint budget = targets->params.budget > 0 ? targets->params.budget
      : G_MAXUINT;

  choose_searches (targets);
  g_array_set_size (targets->pairs, 0);
  for (guint i = 0; i < targets->slots->len; i++) {
    const Slot *const slot = slot_at (targets, i);

    if (!slot_is_running (slot))
      continue;
    if (slot->target.event == SST_EVENT_STARTED)
      add_job (targets, i, JOB_START);
    else if (targets->frame == NULL
        || (slot->target.now.state == SST_STATE_LOST && !slot->searching))
      add_job (targets, i, JOB_COAST);
    else
      add_pair (targets->pairs, urgency (targets, slot), i, 0);
  }
  sort_pairs (targets->pairs);
  for (guint k = 0; k < targets->pairs->len; k++)
    add_job (targets, g_array_index (targets->pairs, Pair, k).slot,
        k < budget ? JOB_UPDATE : JOB_COAST);
}

static void
end_refused (SstTargets * targets)
{
  for (guint i = 0; i < targets->slots->len; i++) {
    Slot *const slot = slot_at (targets, i);

    if (slot->refused && slot_is_running (slot))
      end_slot (slot, SST_END_REFUSED);
  }
}

/* ---- corrections ---- */

/* Plans the corrections that were asked for. They come after the update, which
 * moves the target's time and camera on, and before detections. */
static void
plan_corrections (SstTargets * targets)
{
  for (guint i = 0; i < targets->slots->len; i++) {
    Slot *const slot = slot_at (targets, i);

    if (!slot->correcting)
      continue;
    slot->correcting = FALSE;
    if (!slot_is_running (slot) || slot->target.event == SST_EVENT_STARTED
        || !sst_tracker_check_box (&slot->correction, targets->frame->width,
            targets->frame->height, NULL))
      continue;
    slot->detection = slot->correction;
    slot->matched = TRUE;
    add_job (targets, i, JOB_CORRECT);
  }
}

/* ---- detections ---- */

static inline gboolean
boxes_are_identical (const SstBox * a, const SstBox * b)
{
  return memcmp (a, b, sizeof *a) == 0;
}

static gboolean
labels_agree (const char *a, const char *b)
{
  return b == NULL || *a == '\0' || *b == '\0' || strcmp (a, b) == 0;
}

/* Matches the sorted pairs from the first on, each side once. */
static void
take_pairs (SstTargets * targets, const SstDetection * detections)
{
  guint8 *const states = targets->detection_states->data;

  for (guint k = 0; k < targets->pairs->len; k++) {
    const Pair *const pair = &g_array_index (targets->pairs, Pair, k);
    Slot *const slot = slot_at (targets, pair->slot);

    if (slot->matched || states[pair->detection] != DETECTION_FREE)
      continue;
    states[pair->detection] = DETECTION_MATCHED;
    slot->matched = TRUE;
    slot->has_detection = TRUE;
    slot->detection = detections[pair->detection].box;
    /* In the frame that a target starts in, its box is what was asked for. */
    if (slot->target.event != SST_EVENT_STARTED)
      add_job (targets, pair->slot, JOB_CORRECT);
  }
}

/* A box that was not there for a frame is seen anew when it comes back. */
static void
forget_detections (SstTargets * targets, const SstDetection * detections,
    guint n)
{
  for (guint i = 0; i < targets->slots->len; i++) {
    Slot *const slot = slot_at (targets, i);
    gboolean repeated = FALSE;

    for (guint d = 0; d < n && slot->has_detection && !repeated; d++)
      repeated = boxes_are_identical (&slot->detection, &detections[d].box);
    slot->has_detection = repeated;
  }
}

/* Detectors that don't run on every frame may leave their last boxes on those
 * between. The target has moved on since; such a box is neither a correction
 * nor a new target. */
static void
match_repeated (SstTargets * targets, const SstDetection * detections, guint n)
{
  guint8 *const states = targets->detection_states->data;

  for (guint d = 0; d < n; d++) {
    for (guint i = 0; i < targets->slots->len; i++) {
      Slot *const slot = slot_at (targets, i);

      if (states[d] == DETECTION_FREE && slot_is_running (slot)
          && slot->has_detection
          && boxes_are_identical (&slot->detection, &detections[d].box)) {
        states[d] = DETECTION_MATCHED;
        slot->matched = TRUE;
      }
    }
  }
}

static void
match_by_overlap (SstTargets * targets, const SstDetection * detections,
    guint n)
{
  const guint8 *const states = targets->detection_states->data;

  g_array_set_size (targets->pairs, 0);
  for (guint i = 0; i < targets->slots->len; i++) {
    const Slot *const slot = slot_at (targets, i);

    if (!slot_is_running (slot) || slot->matched)
      continue;
    for (guint d = 0; d < n; d++) {
      const gboolean agree =
          labels_agree (slot->target.label, detections[d].label);
      float iou;

      if (states[d] != DETECTION_FREE)
        continue;
      iou = sst_box_iou (&slot->target.now.box, &detections[d].box);
      if (iou > (agree ? MATCH_MIN_IOU : SAME_IOU))
        add_pair (targets->pairs, agree ? iou + 1.f : iou, i, d);
    }
  }
  sort_pairs (targets->pairs);
  take_pairs (targets, detections);
}

/* Distance of a box from a lost target's, 1 at the limit of what is plausible.
 * Above 1 where it is not. */
static float
return_distance (const SstTargets * targets, const Slot * slot,
    const SstBox * box)
{
  const SstTrackerResult *const now = &slot->target.now;
  const float scale = sst_box_scale (&now->box);
  const float ratio = sst_box_scale (box) / scale;
  const float unseen = seconds (targets->time - now->last_seen);
  const float reach = scale * (RETURN_REACH + RETURN_REACH_PER_SECOND * unseen);

  if (ratio > RETURN_MAX_SIZE_RATIO || ratio * RETURN_MAX_SIZE_RATIO < 1.f)
    return INFINITY;
  return hypotf (sst_box_center_x (box) - sst_box_center_x (&now->box),
      sst_box_center_y (box) - sst_box_center_y (&now->box)) / reach;
}

static void
match_by_likeness (SstTargets * targets, const SstDetection * detections,
    guint n)
{
  GArray *const pairs = targets->pairs;
  const guint8 *const states = targets->detection_states->data;
  guint n_alike = 0;

  g_array_set_size (pairs, 0);
  for (guint i = 0; i < targets->slots->len; i++) {
    const Slot *const slot = slot_at (targets, i);

    if (slot->target.now.state != SST_STATE_LOST || slot->matched)
      continue;
    for (guint d = 0; d < n; d++) {
      float distance;

      if (states[d] != DETECTION_FREE
          || !labels_agree (slot->target.label, detections[d].label))
        continue;
      distance = return_distance (targets, slot, &detections[d].box);
      if (distance <= 1.f)
        add_pair (pairs, -distance, i, d);
    }
  }
  sort_pairs (pairs);
  g_array_set_size (pairs, MIN (pairs->len, MAX_LIKENESSES));
  for (guint k = 0; k < pairs->len; k++) {
    Pair pair = g_array_index (pairs, Pair, k);
    const Slot *const slot = slot_at (targets, pair.slot);

    pair.score = sst_tracker_similarity (slot->tracker,
        frame_for (targets, slot), &detections[pair.detection].box);
    if (pair.score >= RETURN_MIN_SIMILARITY)
      g_array_index (pairs, Pair, n_alike++) = pair;
  }
  g_array_set_size (pairs, n_alike);
  sort_pairs (pairs);
  take_pairs (targets, detections);
}

/* Whether a box shows what has been matched already. */
static gboolean
is_duplicate (const SstTargets * targets, const SstBox * box)
{
  for (guint i = 0; i < targets->slots->len; i++) {
    const Slot *const slot = slot_at (targets, i);

    if (slot_is_running (slot) && slot->matched
        && (sst_box_iou (&slot->target.now.box, box) > MATCH_MIN_IOU
            || sst_box_iou (&slot->detection, box) > MATCH_MIN_IOU))
      return TRUE;
  }
  return FALSE;
}

/* Whether a box shows what waits for its start; if a detector asked for that,
 * this is where it is now. */
static gboolean
is_pending (SstTargets * targets, const SstBox * box)
{
  for (guint i = 0; i < targets->pending->len; i++) {
    Pending *const pending = &g_array_index (targets->pending, Pending, i);

    if (sst_box_iou (&pending->box, box) <= MATCH_MIN_IOU
        && !(pending->has_detection
            && boxes_are_identical (&pending->detection, box)))
      continue;
    if (pending->has_detection
        && !boxes_are_identical (&pending->detection, box))
      pending->box = pending->detection = *box;
    return TRUE;
  }
  return FALSE;
}

/* The newest id is the largest: no slot that has a job moves. */
static void
start_detection (SstTargets * targets, const SstDetection * detection)
{
  const Pending pending = {
    .id = sst_targets_reserve_id (targets),
    .box = detection->box,
    .label = intern_label (detection->label),
    .origin = SST_ORIGIN_DETECTION,
    .seen = TRUE,
    .has_detection = TRUE,
    .detection = detection->box,
  };

  if (targets->n_starts >= max_starts (targets)) {
    g_array_append_val (targets->pending, pending);
  } else {
    const guint position = targets->slots->len;

    place_pending (targets, &pending, SST_END_NONE);
    slot_at (targets, position)->matched = TRUE;
    add_job (targets, position, JOB_START);
  }
}

static void
start_unmatched (SstTargets * targets, const SstDetection * detections, guint n)
{
  guint n_taken = count_running (targets) + targets->pending->len;
  const guint8 *const states = targets->detection_states->data;

  for (guint d = 0; d < n; d++) {
    const SstBox *const box = &detections[d].box;

    if (states[d] != DETECTION_FREE || is_duplicate (targets, box)
        || is_pending (targets, box))
      continue;
    if (n_taken >= targets->params.max_targets && !make_room (targets)) {
      targets->n_turned_away++;
      continue;
    }
    start_detection (targets, &detections[d]);
    n_taken = count_running (targets) + targets->pending->len;
  }
}

static void
take_detections (SstTargets * targets, const SstDetection * detections, guint n)
{
  g_byte_array_set_size (targets->detection_states, n);
  for (guint d = 0; d < n; d++)
    targets->detection_states->data[d] =
        sst_tracker_check_box (&detections[d].box, targets->frame->width,
        targets->frame->height, NULL) ? DETECTION_FREE : DETECTION_INVALID;

  match_repeated (targets, detections, n);
  match_by_overlap (targets, detections, n);
  match_by_likeness (targets, detections, n);
  start_unmatched (targets, detections, n);
}

/* ---- one thing, one target ---- */

static gboolean
slot_is_seen (const Slot * slot)
{
  return slot_is_running (slot) && !slot->target.now.predicted
      && slot->target.now.state != SST_STATE_LOST;
}

/* Of two targets on one thing that with the weaker claim, the first being the
 * older one. */
static Slot *
weaker_of (Slot * older, Slot * newer)
{
  const float difference = newer->claim - older->claim;

  if (older->matched != newer->matched)
    return older->matched ? newer : older;
  return difference > CLAIM_MARGIN ? older : newer;
}

/* A lost target that was found where another is has not been found. */
static void
refuse_taken (SstTargets * targets)
{
  for (guint i = 0; i < targets->slots->len; i++) {
    Slot *const slot = slot_at (targets, i);

    if (!slot->lost || slot->matched || !slot_is_seen (slot))
      continue;
    for (guint k = 0; k < targets->slots->len; k++) {
      const Slot *const other = slot_at (targets, k);

      if (k == i || other->lost || !slot_is_seen (other)
          || sst_box_iou (&slot->target.now.box, &other->target.now.box)
          <= TAKEN_IOU)
        continue;
      sst_tracker_step_back (slot->tracker, &slot->before, &slot->target.now);
      break;
    }
  }
}

/* Marks the slots that share what they are on with one that has a stronger
 * claim. */
static void
find_sharing (SstTargets * targets)
{
  for (guint i = 0; i < targets->slots->len; i++)
    slot_at (targets, i)->shares = FALSE;
  for (guint i = 1; i < targets->slots->len; i++) {
    Slot *const newer = slot_at (targets, i);

    for (guint k = 0; k < i && slot_is_seen (newer); k++) {
      Slot *const older = slot_at (targets, k);

      if (slot_is_seen (older)
          && sst_box_iou (&older->target.now.box, &newer->target.now.box)
          > SHARED_IOU)
        weaker_of (older, newer)->shares = TRUE;
    }
  }
}

/* Of two targets that have been on one thing for a while one is lost. */
static void
part_targets (SstTargets * targets)
{
  refuse_taken (targets);
  find_sharing (targets);
  for (guint i = 0; i < targets->slots->len; i++) {
    Slot *const slot = slot_at (targets, i);
    SstTrackerResult *const now = &slot->target.now;

    if (!slot_is_running (slot))
      continue;
    slot->claim += CLAIM_RATE * (now->confidence - slot->claim);
    if (slot->shares && slot->shared
        && targets->time - slot->shared_since >= SHARED_TIME)
      sst_tracker_step_back (slot->tracker, NULL, now);
    else if (slot->shares && !slot->shared)
      slot->shared_since = targets->time;
    slot->shared = slot->shares;
  }
}

/* ---- */

/* Turns the trackers' states into events, and ends what was lost too long. */
static void
settle_slot (const SstTargets * targets, Slot * slot)
{
  const SstTime timeout = targets->params.lost_timeout;
  const SstState state = slot->target.now.state;

  if (state == SST_STATE_LOST && !slot->lost) {
    slot->lost = TRUE;
    slot->lost_since = targets->time;
    slot->target.event = SST_EVENT_LOST;
  } else if (state == SST_STATE_TRACKING && slot->lost) {
    slot->lost = FALSE;
    slot->target.event = SST_EVENT_RECOVERED;
  }

  if (state == SST_STATE_LOST && timeout != G_MAXUINT64
      && targets->time - slot->lost_since >= timeout)
    end_slot (slot, SST_END_TIMEOUT);
}

/* Writes the report and lets go of what ended. Returns how many run on. */
static guint
finish_frame (SstTargets * targets)
{
  guint n_running = 0;

  g_array_set_size (targets->reported, 0);
  for (guint i = 0; i < targets->slots->len; i++) {
    Slot *const slot = slot_at (targets, i);

    slot->target.mask = NULL;
    if (slot_is_running (slot)) {
      settle_slot (targets, slot);
      slot->target.mask = sst_tracker_mask (slot->tracker);
    }
    g_array_append_val (targets->reported, slot->target);
    if (!slot_is_running (slot))
      release_tracker (targets, slot);
    else if (n_running++ != i)
      *slot_at (targets, n_running - 1) = *slot;
  }
  g_array_set_size (targets->slots, n_running);
  give_back_idle (targets, n_running);
  return n_running;
}

/* Of the frame nothing is known yet; what was removed ends. */
static void
begin_frame (SstTargets * targets, const SstFrame * frame, SstTime time)
{
  targets->time = MAX (time, targets->time);
  targets->frame = frame;
  targets->camera = SST_CAMERA_MOTION_IDENTITY;
  targets->moved = NULL;
  targets->n_starts = targets->n_turned_away = 0;

  for (guint i = 0; i < targets->slots->len; i++) {
    Slot *const slot = slot_at (targets, i);

    slot->target.event = SST_EVENT_NONE;
    slot->matched = FALSE;
    slot->before = slot->target.now;
    if (slot->removing)
      end_slot (slot, SST_END_REMOVED);
  }
}

void
sst_targets_process (SstTargets * targets, const SstFrame * frame, SstTime time,
    const SstDetection * detections, guint n_detections)
{
  const gboolean want_motion = frame != NULL && targets->params.camera_motion;
  guint n_running;

  sst_blas_begin ();
  begin_frame (targets, frame, time);
  change_a_model (targets);
  denoise (targets);
  n_running = count_running (targets);
  if (want_motion && n_running > 0)
    estimate_motion (targets);
  take_pending (targets, n_running);
  plan_round (targets);
  run_jobs (targets);
  end_refused (targets);

  if (frame != NULL) {
    plan_corrections (targets);
    run_jobs (targets);
    forget_detections (targets, detections, n_detections);
  }
  if (frame != NULL && n_detections > 0) {
    take_detections (targets, detections, n_detections);
    run_jobs (targets);
    end_refused (targets);
  }

  if (frame != NULL)
    part_targets (targets);

  /* The motion from the frame in which the first target starts to the next one
   * is wanted too. Without targets the memory of the last picture goes stale;
   * over a missing frame it does not: the next motion then spans the gap. */
  if (finish_frame (targets) == 0 || !targets->params.camera_motion)
    targets->motion_warm = FALSE;
  else if (want_motion && n_running == 0)
    estimate_motion (targets);
  targets->frame = targets->denoised = NULL;
  targets->moved = NULL;
  sst_blas_end ();
}

void
sst_targets_repeat (SstTargets * targets, SstTime time)
{
  begin_frame (targets, NULL, time);
  take_pending (targets, count_running (targets));
  if (finish_frame (targets) == 0)
    targets->motion_warm = FALSE;
}
