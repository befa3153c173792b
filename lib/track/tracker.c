/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/tracker_private.h"

#include <math.h>
#include <string.h>

#include "base/floats.h"

/* What was tried for each figure stands in docs/lab/tracker.md. */

#define GRID SST_RESPONSE_GRID

/* Sizes of its own a second beyond which a velocity is a slip of the clock. */
#define SPEED_LIMIT 60.0f

/* The on-line model. */
#define DCF_RATE 0.015f
#define DCF_RATE_BESIDE 0.025f  /* where a network helps to stay on it */
#define DCF_LAMBDA 0.04f
#define DCF_SIGMA 0.09f
#define DCF_FIRST_WEIGHT 0.2f
#define FIRST_ITERATIONS 12
#define ITERATIONS 3
#define UPDATES_PER_SOLVE 4

/* A peak counts as the target above that much of the usual peak. */
#define FOLLOW_RATIO 0.2f
/* Where the on-line model's response is under SST_LEARN_RATIO of the usual one,
 * what fell within a frame to this share of its likeness with the target is
 * not trusted until the response is over it again: where the target went,
 * its ground may look like it. */
#define FALL_SHARE 0.65f
#define USUAL_RATE 0.05f

/* What goes into the gallery is at least that sure, and so is the size in
 * which a lost target is looked for. */
#define SURE_CONFIDENCE 0.7f
/* A frame that was not looked at speaks neither for what is on trial nor
 * against it. */
#define NOTHING_SEEN 0.5f

/* Size: how much of an estimated change is taken, and how fast the regressor
 * learns; every so many frames. */
#define SIZE_RATE 0.4f
#define SIZE_RATE_BESIDE 0.3f   /* where a network keeps it from drifting */
#define SIZE_LEARNING_RATE 0.05f
#define SIZE_INTERVAL 2

#define APPEARANCE_RATE 0.02f

/* Where there is a network: how much of its box's size is taken. */
#define BOX_SIZE_RATE 0.2f
#define BOX_SIZE_HASTE 1.f
#define BOX_SIZE_LIMIT 0.8f
/* What looks like the template is a little less than the target, on the mean:
 * logarithm of a side. */
#define BOX_GROWTH 0.01f
/* Templates of the recent past: every so many updates, and how fast they
 * follow. */
#define TEMPLATE_INTERVAL 5
#define TEMPLATE_RATE 0.2f

/* How much of what the mask's box changes the tracker goes on from. */
#define MASK_FEEDBACK 0.5f

/* At least, in a box that a detector gives. */
#define CORRECTED_CONFIDENCE 0.9f

/* After so many seconds without a frame the target may be anywhere near. */
#define GAP_SECONDS 0.25f

/* Confidence halves in so many seconds while nothing is seen. */
#define COAST_HALF_LIFE 0.4f

GQuark
sst_tracker_error_quark (void)
{
  return g_quark_from_static_string ("sst-tracker-error-quark");
}

const char *
sst_state_to_string (SstState state)
{
  static const char *const names[] = {
    [SST_STATE_TRACKING] = "tracking",
    [SST_STATE_UNCERTAIN] = "uncertain",
    [SST_STATE_LOST] = "lost",
    [SST_STATE_ENDED] = "ended",
  };

  g_return_val_if_fail ((guint) state < G_N_ELEMENTS (names), NULL);

  return names[state];
}

SstTracker *
sst_tracker_new (const SstTrackerParams * params)
{
  SstTracker *tracker = g_new0 (SstTracker, 1);
  SstDcfParams dcf = SST_DCF_PARAMS_DEFAULT;
  const SstFeatureSource *features;

  tracker->params = params != NULL ? *params : SST_TRACKER_PARAMS_DEFAULT;
  tracker->points = sst_points_new ();
  if (tracker->params.features == NULL)
    tracker->params.features = sst_features_handmade ();
  features = tracker->params.features;

  tracker->sample_side = GRID * features->stride;
  tracker->workshop = tracker->params.workshop != NULL ?
      sst_workshop_ref (tracker->params.workshop) : sst_workshop_new ();

  dcf.grid = GRID;
  dcf.n_channels = features->n_channels;
  dcf.learning_rate = tracker->params.model != NULL ? DCF_RATE_BESIDE
      : DCF_RATE;
  dcf.regularization = DCF_LAMBDA;
  dcf.label_sigma = DCF_SIGMA;
  dcf.first_weight = DCF_FIRST_WEIGHT;
  tracker->dcf = sst_dcf_new (&dcf);
  tracker->scale = sst_scale_new (features);
  tracker->appearance = sst_appearance_new (GRID, features->n_channels);
  if (tracker->params.model != NULL) {
    g_assert (features->space == SST_SAMPLE_YCC
        && tracker->sample_side == SST_SEARCH_SIDE);
    tracker->matcher = sst_matcher_new (tracker->params.model,
        sst_workshop_scratch (tracker->workshop));
    tracker->gallery = sst_gallery_new (sst_matcher_portrait_length
        (tracker->matcher));
  }
  return tracker;
}

void
sst_tracker_free (SstTracker ** tracker)
{
  SstTracker *t = *tracker;

  if (t == NULL)
    return;
  sst_dcf_free (&t->dcf);
  sst_scale_free (&t->scale);
  sst_appearance_free (&t->appearance);
  sst_matcher_free (&t->matcher);
  sst_gallery_free (&t->gallery);
  sst_masker_free (&t->masker);
  sst_points_free (&t->points);
  sst_workshop_unref (t->workshop);
  g_clear_pointer (tracker, g_free);
}

/* The parts of a bench's memory. Returns how many floats they are; with memory
 * NULL nothing else. */
static gsize
divide (SstTracker * tracker, float *memory)
{
  const SstFeatureSource *const features = tracker->params.features;
  const gsize side = (gsize) tracker->sample_side;
  const SstFloatsPart parts[] = {
    {side * side * sst_sample_space_n_planes (features->space),
        &tracker->sample},
    {features->scratch_size (features, tracker->sample_side),
        &tracker->scratch},
    {(gsize) GRID * GRID * features->n_channels, &tracker->channels},
    {sst_dcf_spectrum_size (tracker->dcf), &tracker->spectrum},
    {GRID * GRID, &tracker->response},
    {GRID * GRID, &tracker->fused},
  };
  const gsize n = sst_floats_lay_out (parts, G_N_ELEMENTS (parts), memory);

  if (memory != NULL) {
    sst_dcf_lend (tracker->dcf, memory + n);
    sst_scale_lend (tracker->scale, memory + n
        + sst_dcf_work_size (tracker->dcf));
  }
  return n + sst_dcf_work_size (tracker->dcf)
      + sst_scale_work_size (tracker->scale);
}

void
sst_tracker_sit_down (SstTracker * tracker)
{
  tracker->bench = sst_workshop_take (tracker->workshop, divide (tracker, NULL),
      tracker->sample_side);
  tracker->sampler = tracker->bench->sampler;
  divide (tracker, tracker->bench->memory);
}

void
sst_tracker_get_up (SstTracker * tracker)
{
  sst_dcf_lend (tracker->dcf, NULL);
  sst_scale_lend (tracker->scale, NULL);
  tracker->sample = tracker->scratch = tracker->channels = NULL;
  tracker->spectrum = tracker->response = tracker->fused = NULL;
  tracker->sampler = NULL;
  sst_workshop_give (tracker->workshop, g_steal_pointer (&tracker->bench));
}

void
sst_tracker_set_params (SstTracker * tracker, const SstTrackerParams * params)
{
  g_return_if_fail (tracker != NULL);
  g_return_if_fail (params != NULL);

  const SstFeatureSource *const features = tracker->params.features;
  SstModel *const model = tracker->params.model;

  tracker->params = *params;
  tracker->params.features = features;
  tracker->params.model = model;
}

static const char *
architecture_of (const SstModel * model)
{
  return model != NULL ?
      sst_weights_get_architecture (sst_model_weights (model)) : "none";
}

gboolean
sst_tracker_check_model (const SstModel * from, const SstModel * to,
    GError ** error)
{
  if (from == NULL && to == NULL)
    return TRUE;
  if (from != NULL && to != NULL
      && memcmp (sst_network_get_config (sst_model_network (from)),
          sst_network_get_config (sst_model_network (to)),
          sizeof (SstNetworkConfig)) == 0)
    return TRUE;
  g_set_error (error, SST_TRACKER_ERROR, SST_TRACKER_ERROR_MODEL,
      "the model's architecture is '%s', but the targets were started with "
      "'%s'", architecture_of (to), architecture_of (from));
  return FALSE;
}

gboolean
sst_tracker_set_model (SstTracker * tracker, SstModel * model, GError ** error)
{
  g_return_val_if_fail (tracker != NULL, FALSE);

  if (!sst_tracker_check_model (tracker->params.model, model, error))
    return FALSE;
  if (model != NULL)
    sst_matcher_set_model (tracker->matcher, model);
  tracker->params.model = model;        /* the matcher holds it */
  return TRUE;
}

gboolean
sst_tracker_is_changing_model (const SstTracker * tracker)
{
  g_return_val_if_fail (tracker != NULL, FALSE);

  return tracker->matcher != NULL && sst_matcher_is_changing (tracker->matcher);
}

void
sst_tracker_change_model (SstTracker * tracker)
{
  g_return_if_fail (tracker != NULL);

  const float *portrait;
  gboolean begun;

  if (!sst_tracker_is_changing_model (tracker))
    return;
  tracker->drawn = FALSE;
  begun = sst_matcher_change_has_begun (tracker->matcher);
  sst_matcher_change (tracker->matcher);
  /* other weights, other portraits: of the first appearance, then of the
   * last */
  portrait = sst_matcher_portrait (tracker->matcher);
  if (begun)
    sst_gallery_learn (tracker->gallery, portrait);
  else
    sst_gallery_start (tracker->gallery, portrait);
}

gboolean
sst_tracker_check_box (const SstBox * box, int width, int height,
    GError ** error)
{
  g_return_val_if_fail (box != NULL, FALSE);

  float inside_width, inside_height;

  if (!isfinite (box->x) || !isfinite (box->y) || !isfinite (box->width)
      || !isfinite (box->height)) {
    g_set_error_literal (error, SST_TRACKER_ERROR, SST_TRACKER_ERROR_BOX,
        "the box has a value that is not a finite number");
    return FALSE;
  }
  if (box->width < SST_TRACKER_MIN_SIDE || box->height < SST_TRACKER_MIN_SIDE) {
    g_set_error (error, SST_TRACKER_ERROR, SST_TRACKER_ERROR_BOX,
        "the box is %g x %g pixels; a target needs at least %g each way",
        box->width, box->height, SST_TRACKER_MIN_SIDE);
    return FALSE;
  }
  if (box->width > width || box->height > height) {
    g_set_error (error, SST_TRACKER_ERROR, SST_TRACKER_ERROR_BOX,
        "the box is %g x %g pixels, larger than the picture of %d x %d",
        box->width, box->height, width, height);
    return FALSE;
  }
  inside_width = fminf (box->x + box->width, width) - fmaxf (box->x, 0.f);
  inside_height = fminf (box->y + box->height, height) - fmaxf (box->y, 0.f);
  if (fmaxf (inside_width, 0.f) * fmaxf (inside_height, 0.f)
      < 0.25f * box->width * box->height) {
    g_set_error (error, SST_TRACKER_ERROR, SST_TRACKER_ERROR_BOX,
        "less than a quarter of the box %g,%g,%g,%g is inside the picture of "
        "%d x %d", box->x, box->y, box->width, box->height, width, height);
    return FALSE;
  }
  return TRUE;
}

SstBox
sst_tracker_box (const SstTracker * tracker)
{
  return sst_box_from_center (tracker->cx, tracker->cy, tracker->width,
      tracker->height);
}

static void
set_target_size (SstTracker * tracker, float side)
{
  sst_dcf_set_target_size (tracker->dcf, tracker->width / side * GRID,
      tracker->height / side * GRID);
}

static void
set_box (SstTracker * tracker, const SstBox * box)
{
  tracker->cx = sst_box_center_x (box);
  tracker->cy = sst_box_center_y (box);
  tracker->width = box->width;
  tracker->height = box->height;
}

gboolean
sst_tracker_start (SstTracker * tracker, const SstFrame * frame,
    const SstBox * box, SstTime time, GError ** error)
{
  g_return_val_if_fail (tracker != NULL, FALSE);
  g_return_val_if_fail (frame != NULL, FALSE);
  g_return_val_if_fail (box != NULL, FALSE);

  const SstTone *const tone = tracker->params.model != NULL ?
      sst_model_tone (tracker->params.model) : NULL;
  SstFrame seen;
  float side;

  if (!sst_tracker_check_box (box, frame->width, frame->height, error))
    return FALSE;
  sst_tracker_sit_down (tracker);
  tracker->has_tone = tone != NULL;
  if (tone != NULL)
    tracker->tone = *tone;
  seen = sst_tracker_see (tracker, frame);
  set_box (tracker, box);
  tracker->sure_width = box->width;
  tracker->sure_height = box->height;
  tracker->result = (SstTrackerResult) { 0 };   /* nothing is sure yet */
  sst_points_begin (tracker->points);
  sst_predictor_reset (&tracker->predictor);
  sst_lookalikes_reset (&tracker->lookalikes);
  tracker->n_updates = tracker->n_frames = tracker->n_searched = 0;
  tracker->jumped = tracker->fell = tracker->on_trial = FALSE;
  tracker->last_likeness = 0.f;
  tracker->time = tracker->sure_time = time;
  tracker->drawn = tracker->drawn_surely = FALSE;
  sst_dcf_reset (tracker->dcf);
  sst_scale_reset (tracker->scale);

  side = sst_tracker_search_side (box->width, box->height);
  set_target_size (tracker, side);
  sst_tracker_sense (tracker, &seen, tracker->cx, tracker->cy, side);
  sst_dcf_add_sample (tracker->dcf, tracker->spectrum, 0.f, 0.f, 1.f, NULL, 0);
  sst_dcf_solve (tracker->dcf, FIRST_ITERATIONS);
  sst_dcf_respond (tracker->dcf, tracker->spectrum, tracker->response);
  tracker->usual_response = sst_peak_find (tracker->response).value;
  tracker->trusted = tracker->matcher != NULL;
  if (tracker->trusted) {
    sst_matcher_start (tracker->matcher, tracker->sampler, &seen, box,
        sst_tracker_template_side (box->width, box->height));
    sst_gallery_start (tracker->gallery,
        sst_matcher_portrait (tracker->matcher));
    tracker->drawn = tracker->drawn_surely = TRUE;
  }
  sst_tracker_respond (tracker, 0.f);
  tracker->usual_peak = sst_peak_find (tracker->fused).value;
  sst_appearance_start (tracker->appearance, tracker->channels,
      box->width / side * GRID, box->height / side * GRID);
  if (tracker->trusted)
    sst_tracker_measure_bias (tracker, &seen, side);
  if (!tracker->trusted)
    tracker->usual_peak = tracker->usual_response;
  sst_scale_learn (tracker->scale, tracker->sampler, &seen, box, 1.f);

  tracker->result = (SstTrackerResult) {
    .state = SST_STATE_TRACKING, .confidence = 1.f, .box = *box,
    .first_seen = time, .last_seen = time
  };
  sst_tracker_start_mask (tracker, &seen, NULL);
  sst_tracker_get_up (tracker);
  return TRUE;
}

static float
seconds_since (SstTime from, SstTime to)
{
  return to > from ? (to - from) / (float) SST_SECOND : 0.f;
}

static void
keep_inside (SstTracker * tracker, const SstFrame * frame)
{
  tracker->cx = CLAMP (tracker->cx, 0.f, frame->width - 1.f);
  tracker->cy = CLAMP (tracker->cy, 0.f, frame->height - 1.f);
  tracker->width = CLAMP (tracker->width, SST_TRACKER_MIN_SIDE,
      fmaxf (frame->width, SST_TRACKER_MIN_SIDE));
  tracker->height = CLAMP (tracker->height, SST_TRACKER_MIN_SIDE,
      fmaxf (frame->height, SST_TRACKER_MIN_SIDE));
}

/* Takes the change of size that the regressor sees, in part. */
static void
take_change (SstTracker * tracker, const SstFrame * frame)
{
  const SstBox box = sst_tracker_box (tracker);
  float certainty, factor;

  factor = sst_scale_estimate (tracker->scale, tracker->sampler, frame, &box,
      &certainty);
  factor = powf (factor, tracker->trusted ? SIZE_RATE_BESIDE : SIZE_RATE);
  tracker->width *= factor;
  tracker->height *= factor;
  keep_inside (tracker, frame);
}

/* A side, moved towards what the network says: a little, as what differs little
 * is noise, and faster the more it differs. */
static float
approach (float side, float seen)
{
  const float change = logf (seen / side) + BOX_GROWTH;
  const float rate = fminf (BOX_SIZE_RATE + BOX_SIZE_HASTE * fabsf (change),
      BOX_SIZE_LIMIT);

  return side * expf (rate * change);
}

/* Takes the size of the network's box, in part. */
static void
take_box (SstTracker * tracker, const SstFrame * frame, const SstBox * box)
{
  tracker->width = approach (tracker->width, box->width);
  tracker->height = approach (tracker->height, box->height);
  keep_inside (tracker, frame);
}

/* The regressor sees small changes well, and drifts; the network's sizes are
 * noisy, and don't. What is a ridge looks the same at many sizes, to both. */
static void
update_size (SstTracker * tracker, const SstFrame * frame, const SstLook * look)
{
  const gboolean due = tracker->n_frames % SIZE_INTERVAL == 0 && !look->ridge;
  const float before = tracker->width * tracker->height;

  if (due)
    take_change (tracker, frame);
  if (look->boxed && !look->ridge && !sst_tracker_is_thin (tracker))
    take_box (tracker, frame, &look->box);
  if (due)
    sst_scale_learn_estimated (tracker->scale,
        sqrtf (tracker->width * tracker->height / before), SIZE_LEARNING_RATE);
}

/* Goes on from where the mask says the target is, in part, place and size
 * together, and learns it there. */
static void
approach_mixed (SstTracker * tracker, const SstFrame * frame,
    const SstBox * mixed, SstLook * look)
{
  const float x = MASK_FEEDBACK * (sst_box_center_x (mixed) - tracker->cx);
  const float y = MASK_FEEDBACK * (sst_box_center_y (mixed) - tracker->cy);

  tracker->cx += x;
  tracker->cy += y;
  look->peak.x += x * GRID / look->side;
  look->peak.y += y * GRID / look->side;
  tracker->width *= powf (mixed->width / tracker->width, MASK_FEEDBACK);
  tracker->height *= powf (mixed->height / tracker->height, MASK_FEEDBACK);
  keep_inside (tracker, frame);
}

/* Learns from the look that the tracker's memory still holds. */
static void
learn (SstTracker * tracker, const SstLook * look)
{
  const SstPeak *const peak = &look->peak;
  SstDistractor rivals[SST_LOOKALIKES_MAX];
  const int n_rivals = sst_tracker_list_rivals (tracker, peak, rivals);

  tracker->usual_peak += USUAL_RATE * (peak->value - tracker->usual_peak);
  tracker->usual_response *= 1.f + USUAL_RATE
      * (CLAMP (look->response, 0.f, 4.f) - 1.f);
  set_target_size (tracker, look->side);
  sst_dcf_add_sample (tracker->dcf, tracker->spectrum, peak->x, peak->y, 1.f,
      rivals, n_rivals);
  sst_appearance_learn (tracker->appearance, tracker->channels, peak->x,
      peak->y, APPEARANCE_RATE);
  tracker->n_updates++;
  if (tracker->n_updates < 4 || tracker->n_updates % UPDATES_PER_SOLVE == 0)
    sst_dcf_solve (tracker->dcf, ITERATIONS);
}

static void
learn_template (SstTracker * tracker, const SstFrame * frame, float confidence)
{
  const SstBox box = sst_tracker_box (tracker);

  if (!tracker->trusted || tracker->n_updates % TEMPLATE_INTERVAL != 0)
    return;
  sst_matcher_learn (tracker->matcher, tracker->sampler, frame, &box,
      sst_tracker_template_side (box.width, box.height), TEMPLATE_RATE);
  tracker->drawn = TRUE;
  tracker->drawn_surely = confidence >= SURE_CONFIDENCE;
  if (tracker->drawn_surely)
    sst_gallery_learn (tracker->gallery,
        sst_matcher_portrait (tracker->matcher));
}

static void
move_to (SstTracker * tracker, float x, float y, float seconds)
{
  const float limit = SPEED_LIMIT * sqrtf (tracker->width * tracker->height);

  sst_predictor_found (&tracker->predictor, seconds, limit, x, y);
  tracker->cx = x;
  tracker->cy = y;
}

/* The target is lost from now on. */
static void
start_search (SstTracker * tracker)
{
  /* what was followed in doubt may have any size */
  tracker->width = tracker->sure_width;
  tracker->height = tracker->sure_height;
  tracker->result.state = SST_STATE_LOST;
  tracker->n_searched = 0;
  sst_search_start (&tracker->search);
  tracker->on_trial = tracker->cut = tracker->fell = FALSE;
  tracker->last_likeness = 0.f;
  sst_lookalikes_reset (&tracker->lookalikes);
  sst_predictor_stop (&tracker->predictor);
}

static void
set_state (SstTracker * tracker, float confidence, gboolean seen)
{
  const SstPredictorHypothesis *const scene =
      &tracker->predictor.hypotheses[SST_PREDICTOR_SCENE];
  SstTrackerResult *const result = &tracker->result;

  result->confidence = confidence;
  if (seen && confidence >= SURE_CONFIDENCE) {
    tracker->sure_width = tracker->width;
    tracker->sure_height = tracker->height;
  }
  if (seen && confidence >= tracker->params.min_confidence) {
    result->state = SST_STATE_TRACKING;
    result->last_seen = tracker->sure_time = tracker->time;
  } else if (result->state == SST_STATE_LOST) {
    sst_predictor_stop (&tracker->predictor);
  } else if (tracker->time - tracker->sure_time >= tracker->params.lost_after) {
    start_search (tracker);
  } else {
    result->state = SST_STATE_UNCERTAIN;
  }
  result->predicted = !seen || result->state == SST_STATE_LOST;
  result->box = sst_tracker_box (tracker);
  result->vx = scene->vx;
  result->vy = scene->vy;
}

/* Looked, and it was not there, whatever the confidence of the look. */
static void
set_unseen (SstTracker * tracker, float confidence)
{
  set_state (tracker, fminf (confidence,
          0.5f * tracker->params.min_confidence), FALSE);
}

/* Whether what is followed stopped to look like the target, within a frame, and
 * did not since. */
static gboolean
has_fallen (SstTracker * tracker, const SstLook * look)
{
  const float likeness = fmaxf (look->likeness.first, look->likeness.recent);

  if (look->response >= SST_LEARN_RATIO)
    tracker->fell = FALSE;
  else if (likeness < FALL_SHARE * tracker->last_likeness)
    tracker->fell = TRUE;
  tracker->last_likeness = likeness;
  return tracker->fell;
}

/* Followed, but it may be something else. */
static void
set_uncertain (SstTracker * tracker, float confidence)
{
  tracker->result.state = SST_STATE_UNCERTAIN;
  tracker->result.confidence = confidence;
  tracker->result.predicted = FALSE;
  tracker->result.box = sst_tracker_box (tracker);
}

/* It was not the target: the search goes on. */
static void
end_trial (SstTracker * tracker)
{
  tracker->on_trial = FALSE;
  tracker->result.state = SST_STATE_LOST;
  set_box (tracker, &tracker->lost_box);
  set_unseen (tracker, tracker->result.confidence);
}

/* Follows what may be the target, learning nothing. */
static void
update_on_trial (SstTracker * tracker, const SstFrame * frame, float seconds)
{
  const SstLook look = sst_tracker_look (tracker, frame, tracker->cx,
      tracker->cy, sst_tracker_search_side (tracker->width, tracker->height));
  const float probability = sst_tracker_recognize (tracker, frame, &look);
  const SstTrialState verdict = sst_trial_add (&tracker->trial, probability);

  if (verdict == SST_TRIAL_FAILED) {
    end_trial (tracker);
    return;
  }
  if (look.ratio >= FOLLOW_RATIO)
    move_to (tracker, look.target_x, look.target_y, seconds);
  if (look.boxed && !look.ridge && !sst_tracker_is_thin (tracker))
    take_box (tracker, frame, &look.box);
  keep_inside (tracker, frame);
  if (verdict == SST_TRIAL_HELD
      && look.confidence >= tracker->params.min_confidence) {
    tracker->on_trial = FALSE;
    set_state (tracker, look.confidence, TRUE);
  } else {
    set_uncertain (tracker, fminf (look.confidence, probability));
  }
}

static void
update_lost (SstTracker * tracker, const SstFrame * frame)
{
  SstLook look = { 0 };

  if (sst_tracker_search (tracker, frame, &look)) {
    keep_inside (tracker, frame);
    set_uncertain (tracker, look.confidence);
  } else {
    set_unseen (tracker, look.confidence);
  }
}

static void
update (SstTracker * tracker, const SstFrame * frame, SstTime time,
    const SstCameraMotion * camera, SstTrackerResult * result)
{
  const SstFrame seen = sst_tracker_see (tracker, frame);
  const float seconds = seconds_since (tracker->time, time);
  const float side = sst_tracker_search_side (tracker->width, tracker->height);
  const float x = tracker->cx, y = tracker->cy;
  const gboolean jumped = tracker->jumped || seconds >= GAP_SECONDS
      || (camera != NULL && camera->cut);
  SstApart apart = SST_APART_PLAIN;
  gboolean seen_itself, alone, worth;
  SstBox mixed;
  SstLook look;

  tracker->time = time;
  tracker->drawn = FALSE;
  tracker->n_frames++;
  sst_predictor_predict (&tracker->predictor, camera, seconds, &tracker->cx,
      &tracker->cy);
  keep_inside (tracker, &seen);
  tracker->jumped = FALSE;
  tracker->cut = tracker->cut || jumped;
  if (tracker->on_trial && jumped)
    end_trial (tracker);        /* there is nothing left to compare with */
  if (tracker->on_trial || tracker->result.state == SST_STATE_LOST) {
    if (tracker->on_trial)
      update_on_trial (tracker, &seen, seconds);
    else
      update_lost (tracker, &seen);
    *result = tracker->result;
    sst_tracker_carry_mask (tracker, &seen, camera, NULL);
    return;
  }

  if (jumped) {
    look = sst_tracker_look_for_jump (tracker, &seen, camera, x, y, side);
    sst_lookalikes_reset (&tracker->lookalikes);
  } else {
    look = sst_tracker_look (tracker, &seen, tracker->cx, tracker->cy, side);
    apart = sst_tracker_tell_apart (tracker, &seen, camera, seconds, &look);
  }

  if (look.ratio >= FOLLOW_RATIO)
    move_to (tracker, look.target_x, look.target_y, seconds);
  else
    sst_predictor_missed (&tracker->predictor, &tracker->cx, &tracker->cy);
  keep_inside (tracker, &seen);
  seen_itself = apart == SST_APART_PLAIN || apart == SST_APART_OTHER;
  alone = seen_itself && !sst_lookalikes_is_crowded (&tracker->lookalikes,
      tracker->width, tracker->height);
  worth = seen_itself && sst_look_is_worth_learning (&look);
  if (worth && alone)
    update_size (tracker, &seen, &look);
  if (has_fallen (tracker, &look))
    look.confidence = fminf (look.confidence,
        0.5f * tracker->params.min_confidence);
  mixed = sst_tracker_carry_mask (tracker, &seen, camera,
      alone ? &look : NULL);
  if (worth) {
    approach_mixed (tracker, &seen, &mixed, &look);
    learn (tracker, &look);
    learn_template (tracker, &seen, look.confidence);
  }
  if (look.ratio >= FOLLOW_RATIO)
    set_state (tracker, look.confidence, TRUE);
  else
    set_unseen (tracker, look.confidence);
  *result = tracker->result;
  result->box = mixed;
}

void
sst_tracker_update (SstTracker * tracker, const SstFrame * frame,
    SstTime time, const SstCameraMotion * camera, SstTrackerResult * result)
{
  g_return_if_fail (tracker != NULL);
  g_return_if_fail (frame != NULL);
  g_return_if_fail (result != NULL);

  sst_tracker_sit_down (tracker);
  update (tracker, frame, time, camera, result);
  sst_tracker_get_up (tracker);
}

void
sst_tracker_coast (SstTracker * tracker, SstTime time,
    const SstCameraMotion * camera, SstTrackerResult * result)
{
  g_return_if_fail (tracker != NULL);
  g_return_if_fail (result != NULL);

  const float seconds = seconds_since (tracker->time, time);
  const float confidence = tracker->result.confidence
      * exp2f (-seconds / COAST_HALF_LIFE);

  tracker->time = time;
  tracker->drawn = FALSE;
  sst_predictor_predict (&tracker->predictor, camera, seconds, &tracker->cx,
      &tracker->cy);
  sst_lookalikes_predict (&tracker->lookalikes, camera, seconds);
  if (tracker->on_trial && sst_trial_add (&tracker->trial, NOTHING_SEEN)
      == SST_TRIAL_FAILED)
    end_trial (tracker);
  else if (tracker->on_trial)
    set_uncertain (tracker, confidence);
  else
    set_state (tracker, confidence, FALSE);
  tracker->result.predicted = TRUE;
  sst_tracker_move_mask (tracker);
  *result = tracker->result;
}

void
sst_tracker_correct (SstTracker * tracker, const SstFrame * frame,
    const SstBox * box, SstTime time, SstTrackerResult * result)
{
  g_return_if_fail (tracker != NULL);
  g_return_if_fail (frame != NULL);
  g_return_if_fail (box != NULL);
  g_return_if_fail (result != NULL);

  const SstFrame seen = sst_tracker_see (tracker, frame);
  const float side = sst_tracker_search_side (box->width, box->height);
  SstLook look;

  sst_tracker_sit_down (tracker);
  tracker->time = time;
  set_box (tracker, box);
  keep_inside (tracker, &seen);
  look = sst_tracker_look (tracker, &seen, tracker->cx, tracker->cy, side);
  /* the box says where the target is, not the response */
  look.peak = sst_peak_beside (tracker->fused, GRID / 2, GRID / 2, (SstPeak) {
      .value = tracker->fused[(GRID / 2) * GRID + GRID / 2] });
  look.response = tracker->response[(GRID / 2) * GRID + GRID / 2]
      / fmaxf (tracker->usual_response, 1e-3f);
  learn (tracker, &look);
  sst_lookalikes_reset (&tracker->lookalikes);
  tracker->on_trial = FALSE;
  sst_scale_learn (tracker->scale, tracker->sampler, &seen, box,
      SIZE_LEARNING_RATE);
  sst_tracker_get_up (tracker);
  set_state (tracker, fmaxf (look.confidence,
          fmaxf (CORRECTED_CONFIDENCE, tracker->params.min_confidence)), TRUE);
  sst_tracker_move_mask (tracker);
  tracker->jumped = FALSE;
  *result = tracker->result;
}

float
sst_tracker_similarity (SstTracker * tracker, const SstFrame * frame,
    const SstBox * box)
{
  g_return_val_if_fail (tracker != NULL, 0.f);
  g_return_val_if_fail (frame != NULL, 0.f);
  g_return_val_if_fail (box != NULL, 0.f);

  const SstFrame seen = sst_tracker_see (tracker, frame);
  const float side = sst_tracker_search_side (box->width, box->height);
  SstLook look;
  float likeness;

  sst_tracker_sit_down (tracker);
  look = sst_tracker_look (tracker, &seen, sst_box_center_x (box),
      sst_box_center_y (box), side);
  sst_tracker_get_up (tracker);
  likeness = fmaxf (look.likeness.first, look.likeness.recent);
  if (fabsf (look.peak.x) > SST_PEAK_RADIUS
      || fabsf (look.peak.y) > SST_PEAK_RADIUS)
    return 0.f;
  return CLAMP (look.ratio, 0.f, 1.f) * CLAMP (likeness, 0.f, 1.f);
}

void
sst_tracker_step_back (SstTracker * tracker, const SstTrackerResult * before,
    SstTrackerResult * result)
{
  g_return_if_fail (tracker != NULL);
  g_return_if_fail (result != NULL);

  SstTrackerResult *const now = &tracker->result;

  if (before != NULL) {
    *now = *before;
    set_box (tracker, tracker->on_trial ? &tracker->lost_box : &before->box);
    now->state = SST_STATE_LOST;
    now->box = sst_tracker_box (tracker);
    tracker->on_trial = FALSE;
  } else {
    now->confidence =
        fminf (now->confidence, 0.5f * tracker->params.min_confidence);
    start_search (tracker);
  }
  now->predicted = TRUE;
  sst_tracker_move_mask (tracker);
  *result = *now;
}

void
sst_tracker_discontinuity (SstTracker * tracker)
{
  g_return_if_fail (tracker != NULL);

  tracker->jumped = TRUE;
}

void
sst_tracker_rescale (SstTracker * tracker, float sx, float sy)
{
  g_return_if_fail (tracker != NULL);

  tracker->cx *= sx;
  tracker->cy *= sy;
  tracker->width *= sx;
  tracker->height *= sy;
  tracker->sure_width *= sx;
  tracker->sure_height *= sy;
  tracker->lost_box = (SstBox) {
    tracker->lost_box.x * sx, tracker->lost_box.y * sy,
    tracker->lost_box.width * sx, tracker->lost_box.height * sy
  };
  sst_predictor_rescale (&tracker->predictor, sx, sy);
  sst_lookalikes_rescale (&tracker->lookalikes, sx, sy);
  tracker->result.box = sst_tracker_box (tracker);
  if (tracker->masked)
    sst_masker_rescale (tracker->masker, sx, sy);
}

float
sst_tracker_urgency (const SstTracker * tracker)
{
  g_return_val_if_fail (tracker != NULL, 0.f);

  const float size = sqrtf (tracker->width * tracker->height);
  const SstPredictorHypothesis *const scene =
      &tracker->predictor.hypotheses[SST_PREDICTOR_SCENE];
  const float speed = hypotf (scene->vx, scene->vy) / fmaxf (size, 1.f);

  /* a coasted target's confidence decays, so that its turn comes */
  return 1.f - tracker->result.confidence + 0.2f * fminf (speed, 5.f);
}
