/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Tracker, for its own sources (internal): the parts that they share.
 *
 *   tracker.c          life, and the frames: what is done with a look
 *   tracker_look.c     one look at a region
 *   tracker_apart.c    the target and what looks like it
 *   tracker_search.c   many looks, for a target that is lost or has jumped
 *   tracker_mask.c     the target's mask
 *
 * All functions belong to the thread that the tracker belongs to. */

#pragma once

#include <sstrack/tracker.h>

#include <math.h>

#include "base/floats.h"
#include "mask/masker.h"
#include "track/appearance.h"
#include "track/dcf.h"
#include "track/gallery.h"
#include "track/lookalikes.h"
#include "track/matcher.h"
#include "track/peak.h"
#include "track/predictor.h"
#include "track/recognition.h"
#include "track/scale.h"
#include "track/search.h"
#include "track/workshop.h"

G_BEGIN_DECLS

/* The search region: so many times the target's size, but never smaller than
 * so many pixels: a target of a few pixels says little without what is around
 * it, and moves further than its own size. */
#define SST_TRACKER_SEARCH_FACTOR 4.0f
#define SST_TRACKER_SEARCH_MIN_SIDE 16.0f

/* Above this share of the usual peak, and with that confidence, the model, the
 * size and the appearance learn from a look. */
#define SST_LEARN_RATIO 0.35f
#define SST_LEARN_CONFIDENCE 0.3f

/* How the network's boxes differ from the target's: only the first box says
 * whether the whole or a part is meant. */
typedef struct
{
  float x, y;                   /* of the centre, in sizes of the box */
  float log_width, log_height;
} SstBoxBias;

/* One look at a region of the picture. */
typedef struct
{
  float side;                   /* of the region, pixels of the frame */
  SstPeak peak;
  float target_x, target_y;     /* the peak, pixels of the frame */
  gboolean ridge;               /* the place along it is not known */
  float ratio;                  /* peak over the usual one */
  SstLikeness likeness;         /* with the templates */
  gboolean boxed;               /* the network gives the box */
  SstBox box;                   /* pixels of the frame */
  float response;               /* of the on-line model at the peak, over its
                                 * usual one */
  float score, quality;         /* of the network at the peak; 0 without one */
  float confidence;
} SstLook;

struct _SstTracker
{
  SstTrackerParams params;
  SstWorkshop *workshop;
  SstDcf *dcf;
  SstScale *scale;
  SstAppearance *appearance;
  SstMatcher *matcher;          /* NULL: there is no network */
  SstGallery *gallery;          /* the same */
  gboolean drawn;               /* the matcher's portrait is the target's, of the
                                 * last frame */
  gboolean drawn_surely;
  SstMasker *masker;            /* NULL: masks were never wanted */
  SstPoints *points;            /* that it carries along */
  gboolean masked;              /* it has started with this target */
  int sample_side;              /* pixels of the search sample */
  SstBox looked_at;             /* the region of the last look, and which of its
                                 * cells the network took for target */
  float network_mask[SST_NETWORK_CELLS];
  gboolean has_network_mask;

  gboolean has_tone;
  SstTone tone;                 /* of the model that the target started with:
                                 * what was learned of it was seen like that */
  float cx, cy, width, height;  /* pixels of the frame */
  float sure_width, sure_height;        /* when it was sure last */
  SstPredictor predictor;
  SstLookalikes lookalikes;     /* the target, and what looks like it beside it */
  SstBoxBias bias;
  gboolean trusted;             /* the network has a say for this target */
  float usual_response;         /* of the on-line model's peak, running mean
                                 * over the looks that were learned from */
  float usual_peak;             /* the same of the peak that was followed */
  guint n_updates;              /* of the model */
  guint n_frames;               /* since the start */
  SstSearch search;             /* of the picture, since the loss */
  guint n_searched;             /* windows, the same */
  SstBox lost_box;              /* where it was lost */
  gboolean cut;                 /* the stream jumped since: it is no likelier
                                 * there than elsewhere */
  gboolean on_trial;            /* it may have been found again */
  SstTrial trial;
  float last_likeness;          /* of the last look; 0: of none */
  gboolean fell;                /* it is not trusted since */
  gboolean jumped;              /* look wider in the next update */
  SstTime time, sure_time;      /* of the last frame; when last not uncertain */
  SstTrackerResult result;

  /* Of the bench that it works at, from sst_tracker_sit_down() to
   * sst_tracker_get_up(). */
  SstBench *bench;
  SstSampler *sampler;
  float *sample, *scratch, *channels, *spectrum;
  float *response;              /* of the on-line model */
  float *fused;                 /* with the network; the part that is searched */
};

/* ---- tracker.c ---- */

/* Where the target is, as far as is known. */
SstBox sst_tracker_box (const SstTracker * tracker);

/* Takes a bench of the workshop, and gives it back. A look, a lesson and a carried
 * mask need one, and whatever an earlier step left there for a later one is gone
 * then. */
void sst_tracker_sit_down (SstTracker * tracker);
void sst_tracker_get_up (SstTracker * tracker);

/* Longer side over the shorter one, above which the network and all that rests
 * on it have no say about a box: they have not learned such things. */
#define SST_TRACKER_MAX_ASPECT 7.f

static inline gboolean
sst_tracker_is_thin (const SstTracker * tracker)
{
  return fmaxf (tracker->width / tracker->height,
      tracker->height / tracker->width) > SST_TRACKER_MAX_ASPECT;
}

/* Side of the search region for a target of that size, pixels. */
static inline float
sst_tracker_search_side (float width, float height)
{
  return fmaxf (SST_TRACKER_SEARCH_FACTOR * sqrtf (width * height),
      SST_TRACKER_SEARCH_MIN_SIDE);
}

/* Side of the region of a template of a target of that size, pixels. */
static inline float
sst_tracker_template_side (float width, float height)
{
  return sst_tracker_search_side (width, height)
      * (SST_TEMPLATE_FACTOR / SST_SEARCH_FACTOR);
}

/* ---- tracker_look.c ---- */

/* The frame as this target has been seen from its start on. */
SstFrame sst_tracker_see (const SstTracker * tracker, const SstFrame * frame);

/* Samples the square of that side around (cx, cy), pixels of the frame; its
 * channels and their spectrum stay in the tracker. */
void sst_tracker_sense (SstTracker * tracker, const SstFrame * frame, float cx,
    float cy, float side);

/* Computes the responses to the sample that was sensed last: tracker->response
 * is the on-line model's, tracker->fused is searched for the peak.
 *
 * recent: share of the recent templates, 0..1. */
void sst_tracker_respond (SstTracker * tracker, float recent);

/* Measures the bias of the network's boxes where the box is known: in the
 * region that was searched last, with the target in its middle, and in regions
 * around. Of these only the part with the target in it is looked at. Sets
 * tracker->trusted and tracker->bias. */
void sst_tracker_measure_bias (SstTracker * tracker, const SstFrame * frame,
    float side);

/* Looks for the target in the square of that side around (cx, cy). The sample
 * stays in the tracker: the last look is the one that is learned from. */
SstLook sst_tracker_look (SstTracker * tracker, const SstFrame * frame,
    float cx, float cy, float side);

/* Judges a look anew, of which what was sensed is still there, as if a place of its
 * response were its peak. */
void sst_tracker_look_at (SstTracker * tracker, const SstSpot * spot,
    SstLook * look);

/* Whether a look is one to learn from. */
static inline gboolean
sst_look_is_worth_learning (const SstLook * look)
{
  return look->ratio >= SST_LEARN_RATIO
      && look->confidence >= SST_LEARN_CONFIDENCE;
}

/* ---- tracker_apart.c ---- */

/* Says which of the places that look like the target it is (lookalikes.h), in the look
 * of this frame, which is changed where it is not at its peak.
 *
 * frame: as it is seen. camera, seconds: since the last frame. Where the target is covered or
 * absent, the look has the place where it is expected, nothing is to be learned from it, and its
 * confidence says so. */
SstApart sst_tracker_tell_apart (SstTracker * tracker,
    const SstFrame * frame, const SstCameraMotion * camera, float seconds, SstLook * look);

/* Places of the present response beside a peak that look like the target, most of all
 * first: at most SST_LOOKALIKES_MAX. Returns how many. */
int sst_tracker_list_rivals (const SstTracker * tracker, const SstPeak * peak,
    SstDistractor * rivals);

/* ---- tracker_search.c ---- */

/* Searches for a lost target, a bounded number of windows a frame: over the whole
 * picture (search.h), every third time where it was lost, every sixth as if the field
 * of view had changed. Places that may be the target are looked at from close by.
 *
 * look: out, the last look; untouched where there was none. Returns whether it may
 * show the target: then that is there, and on trial. */
gboolean sst_tracker_search (SstTracker * tracker, const SstFrame * frame,
    SstLook * look);

/* How likely it is that a look shows the target, 0..1: by all that is known of it
 * (recognition.h), or without a network by the look alone. */
float sst_tracker_recognize (SstTracker * tracker, const SstFrame * frame,
    const SstLook * look);

/* Looks for a target that may have jumped. Where there is none around, another
 * lens may show it.
 *
 * camera: where it knows of one, its place is looked at first; may be NULL.
 * x, y: where the target was before. Returns the last look. */
SstLook sst_tracker_look_for_jump (SstTracker * tracker,
    const SstFrame * frame, const SstCameraMotion * camera, float x, float y,
    float side);

/* ---- tracker_mask.c ---- */

/* Starts the mask where one is wanted. given: the true one; NULL: it is made
 * from the box. */
void sst_tracker_start_mask (SstTracker * tracker, const SstFrame * seen,
    const SstMaskPicture * given);

/* Takes the mask into a frame. Returns the tracker's box, mixed with the mask's
 * where that is asked for.
 *
 * look: NULL where the target was not seen. */
SstBox sst_tracker_carry_mask (SstTracker * tracker, const SstFrame * seen,
    const SstCameraMotion * camera, const SstLook * look);

/* Moves the mask along with the box, in a frame that it is not carried into. */
void sst_tracker_move_mask (SstTracker * tracker);

G_END_DECLS
