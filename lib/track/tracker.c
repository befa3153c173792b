/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <sstrack/tracker.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mask/masker.h"
#include "track/appearance.h"
#include "track/dcf.h"
#include "track/matcher.h"
#include "track/predictor.h"
#include "track/scale.h"

/* What was tried for each figure stands in docs/results.md. */

/* Cells of a search region, each way. */
#define GRID 48

/* The search region: so many times the target's size, but never smaller than
 * so many pixels: a target of a few pixels says little without what is around
 * it, and moves further than its own size. */
#define SEARCH_FACTOR 4.0f
#define SEARCH_MIN_SIDE 16.0f

/* How much a peak at the region's edge is played down. */
#define EDGE_PENALTY 0.25f
/* Sizes of its own a second beyond which a velocity is a slip of the clock. */
#define SPEED_LIMIT 60.0f

/* The network looks closely, not at the whole region, where the target was sure
 * in the last frame, and the on-line model's peak is so high, over its usual
 * height, and every other one so low, over it. */
#define CLOSE_CONFIDENCE 0.7f
#define CLOSE_RATIO 0.6f
#define CLOSE_SECOND 0.5f

/* The on-line model. */
#define DCF_RATE 0.015f
#define DCF_RATE_BESIDE 0.025f  /* where a network helps to stay on it */
#define DCF_LAMBDA 0.04f
#define DCF_SIGMA 0.09f
#define DCF_FIRST_WEIGHT 0.2f
#define FIRST_ITERATIONS 12
#define ITERATIONS 3
#define UPDATES_PER_SOLVE 4

/* A peak counts as the target above FOLLOW_RATIO of the usual peak; above
 * LEARN_RATIO, and with LEARN_CONFIDENCE, the model, the size and the
 * appearance learn from it. */
#define FOLLOW_RATIO 0.2f
#define LEARN_RATIO 0.35f
#define LEARN_CONFIDENCE 0.3f
/* Where the on-line model's response is under LEARN_RATIO of the usual one,
 * what fell within a frame to this share of its likeness with the target is
 * not trusted until the response is over it again: where the target went,
 * its ground may look like it. */
#define FALL_SHARE 0.65f
#define USUAL_RATE 0.05f

/* A second peak above this share of the first one is a distractor, which the
 * model learns to refuse. */
#define DISTRACTOR_RATIO 0.4f

/* Size: how much of an estimated change is taken, and how fast the regressor
 * learns; every so many frames. */
#define SIZE_RATE 0.4f
#define SIZE_RATE_BESIDE 0.3f   /* where a network keeps it from drifting */
#define SIZE_LEARNING_RATE 0.05f
#define SIZE_INTERVAL 2

#define APPEARANCE_RATE 0.02f

/* Where there is a network: its share of the response that is searched for the
 * peak, the rest is the on-line model's. More of it for a target of few pixels,
 * of which the channels see an enlarged blur: from SMALL pixels down to
 * TINY. */
#define FUSION 0.5f
#define FUSION_TINY 0.5f
#define TINY 9.f
#define SMALL 22.f
/* Its box is taken from a cell of at least that score and quality; how much of
 * its size and place is taken. */
#define BOX_SCORE 0.3f
#define BOX_QUALITY 0.4f
#define BOX_SIZE_RATE 0.2f
#define BOX_SIZE_HASTE 1.f
#define BOX_SIZE_LIMIT 0.8f
/* What looks like the template is a little less than the target, on the mean:
 * logarithm of a side. */
#define BOX_GROWTH 0.01f
#define BOX_PLACE 0.5f
/* Beyond this ratio of its sides (as synthetic pairs have it) the network's
 * sizes are not taken. */
#define BOX_MAX_ASPECT 8.f
/* The bias of its boxes: how much of what the first picture shows is taken off,
 * and how far off the middle it is looked at, over the side. A network that is
 * off by more than the maximum has not learned what such a target is (one that
 * is very thin, say): it has no say. */
#define BIAS_SHARE 0.9f
#define BIAS_MAX 0.7f
#define BIAS_SHIFT 0.1f
/* Templates of the recent past: every so many updates, how fast they follow,
 * and their share beside the first one. */
#define TEMPLATE_INTERVAL 5
#define TEMPLATE_RATE 0.2f
#define TEMPLATE_SHARE 0.4f

/* Factors of the field of view that are tried, about the middle of the picture:
 * another lens, a preset of the zoom. With what a look bears on both sides they
 * cover 0.35 to 3. */
static const float view_factors[] = { 0.5f, 2.f, 0.7f, 1.4f, 0.35f, 2.8f };

/* A candidate is the lost target again above these; where it was last, so many
 * times min_confidence do. */
#define RECOVER_CONFIDENCE 0.4f
#define RECOVER_LIKENESS 0.45f
#define RECOVER_HERE 1.25f

/* Logistic model of P (IoU > 0.5), fitted on data/dev and on drawn
 * occlusions. */
#define CONFIDENCE_BIAS -1.72f
#define CONFIDENCE_RATIO 0.58f  /* of the logarithm of peak over usual peak */
#define CONFIDENCE_SHARPNESS 1.27f      /* of its logarithm */
#define CONFIDENCE_SECOND -3.9f /* of the second peak over the first */
#define CONFIDENCE_FIRST 1.0f   /* of the likeness with the first appearance */
#define CONFIDENCE_DRIFT -5.5f  /* of how much the recent one is more like */

/* The same where there is a network. */
#define NET_BIAS -6.9f
#define NET_SHARPNESS -0.17f     /* of its logarithm */
#define NET_SECOND -2.7f
#define NET_DRIFT -7.3f
#define NET_SCORE 0.44f         /* of the logarithm of its score */
#define NET_QUALITY 14.7f        /* of the IoU that it expects */
#define NET_RESPONSE 0.72f      /* of the logarithm of the on-line model's
                                 * response over its usual one */

/* At least, in a box that a detector gives. */
#define CORRECTED_CONFIDENCE 0.9f

/* After so many seconds without a frame the target may be anywhere near. */
#define GAP_SECONDS 0.25f

/* Confidence halves in so many seconds while nothing is seen. */
#define COAST_HALF_LIFE 0.4f

#define MIN_SIDE SST_TRACKER_MIN_SIDE

/* The highest place of a response, and what tells how far to trust it. */
typedef struct
{
  float value;
  float x, y;                   /* cells from the centre, to a fraction */
  float second;                 /* the highest place away from it */
  float second_x, second_y;
  float sharpness;              /* peak to sidelobe ratio (Bolme 2010) */
} Peak;

/* How the network's boxes differ from the target's: what is meant by the
 * target, the whole or a part, only the first box says. */
typedef struct
{
  float x, y;                   /* of the centre, in sizes of the box */
  float log_width, log_height;
} BoxBias;

/* One look at a region of the picture. */
typedef struct
{
  float side;                   /* of the region, pixels of the frame */
  Peak peak;
  float target_x, target_y;     /* the peak, pixels of the frame */
  gboolean ridge;               /* the place along it is not known */
  float ratio;                  /* peak over the usual one */
  SstLikeness likeness;         /* with the templates */
  gboolean boxed;               /* the network says what the box is */
  SstBox box;                   /* pixels of the frame */
  float response;               /* of the on-line model at the peak, over its
                                 * usual one */
  float score, quality;         /* of the network at the peak; 0 without one */
  float confidence;
} Look;

struct _SstTracker
{
  SstTrackerParams params;
  SstSampler *sampler;
  SstDcf *dcf;
  SstScale *scale;
  SstAppearance *appearance;
  SstMatcher *matcher;          /* NULL: there is no network */
  SstMasker *masker;            /* NULL: masks were never wanted */
  gboolean masked;              /* it has started with this target */
  int sample_side;              /* pixels of the search sample */
  float *sample, *scratch, *channels, *spectrum;
  float response[GRID * GRID];  /* of the on-line model */
  float fused[GRID * GRID];     /* with the network; what is searched */
  SstBox looked_at;             /* the region of the last look, and which of its
                                 * cells the network took for target */
  float network_mask[SST_NETWORK_CELLS];
  gboolean has_network_mask;

  gboolean has_tone;
  SstTone tone;                 /* of the model that the target started with:
                                 * what was learned of it was seen like that */
  float cx, cy, width, height;  /* pixels of the frame */
  SstPredictor predictor;
  BoxBias bias;
  gboolean trusted;             /* the network has a say for this target */
  float usual_response;         /* of the on-line model's peak, running mean
                                 * of what was learned from */
  float usual_peak;             /* the same of the peak that was followed */
  guint n_updates;              /* of the model */
  guint n_frames;               /* since the start */
  guint n_swept;                /* windows searched since the loss */
  guint n_here;                 /* of these, where it was last */
  float last_likeness;          /* of the last look; 0: of none */
  gboolean fell;                /* it is not trusted since */
  gboolean swept;               /* the last one was not where it was lost */
  gboolean jumped;              /* look wider in the next update */
  SstTime time, sure_time;      /* of the last frame; when last not uncertain */
  SstTrackerResult result;
};

GQuark
sst_tracker_error_quark (void)
{
  return g_quark_from_static_string ("sst-tracker-error-quark");
}

const char *
sst_state_to_string (SstState state)
{
  static const char *const names[] = {
    "tracking", "uncertain", "lost", "ended"
  };

  return names[state];
}

SstTracker *
sst_tracker_new (const SstTrackerParams * params)
{
  SstTracker *tracker = g_new0 (SstTracker, 1);
  SstDcfParams dcf = SST_DCF_PARAMS_DEFAULT;
  const SstFeatureSource *features;

  tracker->params = params != NULL ? *params : SST_TRACKER_PARAMS_DEFAULT;
  if (tracker->params.features == NULL)
    tracker->params.features = sst_features_handmade ();
  features = tracker->params.features;

  tracker->sample_side = GRID * features->stride;
  tracker->sampler = sst_sampler_new ();
  tracker->sample = g_new (float,
      (size_t) tracker->sample_side * tracker->sample_side
      * sst_sample_space_n_planes (features->space));
  tracker->scratch = g_new (float,
      features->scratch_size (features, tracker->sample_side));
  tracker->channels = g_new (float,
      (size_t) GRID * GRID * features->n_channels);

  dcf.grid = GRID;
  dcf.n_channels = features->n_channels;
  dcf.learning_rate = tracker->params.model != NULL ? DCF_RATE_BESIDE
      : DCF_RATE;
  dcf.regularization = DCF_LAMBDA;
  dcf.label_sigma = DCF_SIGMA;
  dcf.first_weight = DCF_FIRST_WEIGHT;
  tracker->dcf = sst_dcf_new (&dcf);
  tracker->spectrum = g_new (float, sst_dcf_spectrum_size (tracker->dcf));
  tracker->scale = sst_scale_new (features);
  tracker->appearance = sst_appearance_new (GRID, features->n_channels);
  if (tracker->params.model != NULL) {
    g_assert (features->space == SST_SAMPLE_YCC
        && tracker->sample_side == SST_SEARCH_SIDE);
    tracker->matcher = sst_matcher_new (tracker->params.model,
        tracker->params.scratch);
  }
  return tracker;
}

void
sst_tracker_free (SstTracker ** tracker)
{
  SstTracker *t = *tracker;

  if (t == NULL)
    return;
  sst_sampler_free (&t->sampler);
  sst_dcf_free (&t->dcf);
  sst_scale_free (&t->scale);
  sst_appearance_free (&t->appearance);
  sst_matcher_free (&t->matcher);
  sst_masker_free (&t->masker);
  g_free (t->sample);
  g_free (t->scratch);
  g_free (t->channels);
  g_free (t->spectrum);
  g_clear_pointer (tracker, g_free);
}

void
sst_tracker_set_params (SstTracker * tracker, const SstTrackerParams * params)
{
  const SstFeatureSource *const features = tracker->params.features;
  SstModel *const model = tracker->params.model;
  SstScratch *const scratch = tracker->params.scratch;

  tracker->params = *params;
  tracker->params.features = features;
  tracker->params.model = model;
  tracker->params.scratch = scratch;
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
  return tracker->matcher != NULL && sst_matcher_is_changing (tracker->matcher);
}

void
sst_tracker_change_model (SstTracker * tracker)
{
  if (tracker->matcher != NULL)
    sst_matcher_change (tracker->matcher);
}

gboolean
sst_tracker_check_box (const SstBox * box, int width, int height,
    GError ** error)
{
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

static SstBox
current_box (const SstTracker * tracker)
{
  return sst_box_from_center (tracker->cx, tracker->cy, tracker->width,
      tracker->height);
}

static float
search_side (float width, float height)
{
  return fmaxf (SEARCH_FACTOR * sqrtf (width * height), SEARCH_MIN_SIDE);
}

static float
template_side (float side)
{
  return side * (SST_TEMPLATE_FACTOR / SST_SEARCH_FACTOR);
}

/* Offset of the top of a parabola through three equally spaced values. */
static float
vertex (float left, float middle, float right)
{
  const float bend = left - 2.f * middle + right;

  return bend < -1e-9f ? CLAMP (0.5f * (left - right) / bend, -0.5f, 0.5f)
      : 0.f;
}

/* Distance from the peak within which the response belongs to it. */
#define PEAK_RADIUS 5

/* What there is beside the peak in that cell: the second one, and how much the
 * peak stands out. */
static Peak
look_beside (const float *response, int px, int py, Peak peak)
{
  const int middle = GRID / 2;
  float sum = 0.f, squares = 0.f;
  int n = 0;

  peak.second = peak.second_x = peak.second_y = 0.f;
  for (int y = 0; y < GRID; y++) {
    for (int x = 0; x < GRID; x++) {
      const float value = response[y * GRID + x];

      if (abs (x - px) <= PEAK_RADIUS && abs (y - py) <= PEAK_RADIUS)
        continue;
      sum += value;
      squares += value * value;
      n++;
      if (value > peak.second) {
        peak.second = value;
        peak.second_x = x - middle;
        peak.second_y = y - middle;
      }
    }
  }
  if (n > 0) {
    const float mean = sum / n;

    peak.sharpness = (peak.value - mean)
        / sqrtf (fmaxf (squares / n - mean * mean, 1e-8f));
  }
  return peak;
}

static Peak
find_peak (const float *response)
{
  const int middle = GRID / 2;
  Peak peak = { 0 };
  int px = middle, py = middle;
  float best = -G_MAXFLOAT;

  for (int y = 0; y < GRID; y++) {
    for (int x = 0; x < GRID; x++) {
      const float dx = (x - middle) / (float) middle;
      const float dy = (y - middle) / (float) middle;
      const float value = response[y * GRID + x]
          * (1.f - EDGE_PENALTY * fminf (dx * dx + dy * dy, 1.f));

      if (value > best) {
        best = value;
        px = x;
        py = y;
      }
    }
  }
  peak.value = response[py * GRID + px];
  peak.x = px - middle;
  peak.y = py - middle;
  if (px > 0 && px < GRID - 1)
    peak.x += vertex (response[py * GRID + px - 1], peak.value,
        response[py * GRID + px + 1]);
  if (py > 0 && py < GRID - 1)
    peak.y += vertex (response[(py - 1) * GRID + px], peak.value,
        response[(py + 1) * GRID + px]);

  return look_beside (response, px, py, peak);
}

/* Where a target looks the same along one direction (a stripe, a pole, the
 * horizon) the response is a ridge: it bends that much less along it, looked at
 * over so many cells, and the second peak is nearly as high, on the ridge too.
 * On sequences of data/dev what is followed well has neither. */
#define RIDGE_REACH 3
#define RIDGE_BEND 0.55f
#define RIDGE_SECOND 0.5f
/* The ridge is where the target is expected if it is that high there. */
#define RIDGE_HEIGHT 0.5f

/* How much the response bends at a cell: more by the first value along angle,
 * and less across it. FALSE too near to the border. */
static gboolean
bend_at (const float *response, int x, int y, float *more, float *less,
    float *angle)
{
  const int d = RIDGE_REACH;
  const float *const p = response + y * GRID + x;
  float xx, yy, xy, half;

  if (x < d || y < d || x >= GRID - d || y >= GRID - d)
    return FALSE;
  xx = 2.f * p[0] - p[-d] - p[d];
  yy = 2.f * p[0] - p[-d * GRID] - p[d * GRID];
  xy = 0.25f * (p[d * GRID - d] + p[d - d * GRID] - p[d * GRID + d]
      - p[-d * GRID - d]);
  half = hypotf (0.5f * (xx - yy), xy);
  *more = 0.5f * (xx + yy) + half;
  *less = 0.5f * (xx + yy) - half;
  *angle = 0.5f * atan2f (2.f * xy, xx - yy);
  return TRUE;
}

 /* On a ridge the highest place is noise. The target stays where it was
  * expected, along the ridge; across, it goes along with it. Returns whether
  * that was so. */
static gboolean
stay_on_ridge (const float *response, Peak * peak)
{
  const int middle = GRID / 2;
  const int px = CLAMP ((int) lrintf (peak->x) + middle, 0, GRID - 1);
  const int py = CLAMP ((int) lrintf (peak->y) + middle, 0, GRID - 1);
  int best_x = middle, best_y = middle;
  float more, less, angle, across;

  if (peak->second < RIDGE_SECOND * peak->value
      || !bend_at (response, px, py, &more, &less, &angle)
      || less > RIDGE_BEND * more)
    return FALSE;
  for (int y = middle - RIDGE_REACH; y <= middle + RIDGE_REACH; y++)
    for (int x = middle - RIDGE_REACH; x <= middle + RIDGE_REACH; x++)
      if (response[y * GRID + x] > response[best_y * GRID + best_x]) {
        best_x = x;
        best_y = y;
      }
  if (response[best_y * GRID + best_x] < RIDGE_HEIGHT * peak->value
      || !bend_at (response, best_x, best_y, &more, &less, &angle))
    return FALSE;
  across = (best_x - middle) * cosf (angle) + (best_y - middle) * sinf (angle);
  peak->x = across * cosf (angle);
  peak->y = across * sinf (angle);
  return TRUE;
}

static float
confidence_of (const Look * look, gboolean has_network)
{
  const float ratio = logf (CLAMP (look->ratio, 0.05f, 1.2f));
  const float sharpness = logf (CLAMP (look->peak.sharpness, 1.f, 50.f));
  const float second = look->peak.value > 0.f
      ? CLAMP (look->peak.second / look->peak.value, 0.f, 1.f) : 1.f;
  const float drift = fmaxf (look->likeness.recent - look->likeness.first,
      0.f);
  const float z = has_network
      ? NET_BIAS + NET_SHARPNESS * sharpness + NET_SECOND * second
      + NET_DRIFT * drift + NET_SCORE * logf (CLAMP (look->score, 1e-3f, 1.f))
      + NET_QUALITY * look->quality
      + NET_RESPONSE * logf (CLAMP (look->response, 0.05f, 1.2f))
      : CONFIDENCE_BIAS + CONFIDENCE_RATIO * ratio
      + CONFIDENCE_SHARPNESS * sharpness + CONFIDENCE_SECOND * second
      + CONFIDENCE_FIRST * look->likeness.first + CONFIDENCE_DRIFT * drift;

  return 1.f / (1.f + expf (-z));
}

const SstTone *
sst_tracker_tone (const SstTracker * tracker)
{
  return tracker->has_tone ? &tracker->tone : NULL;
}

/* The frame as this target has been seen from its start on. */
static SstFrame
see (const SstTracker * tracker, const SstFrame * frame)
{
  SstFrame seen = *frame;

  if (frame->tone == NULL)
    seen.tone = sst_tracker_tone (tracker);
  return seen;
}

static void
sample_region (SstTracker * tracker, const SstFrame * frame, float cx,
    float cy, float side)
{
  const SstBox region = sst_box_from_center (cx, cy, side, side);

  sst_sampler_sample (tracker->sampler, frame, &region,
      tracker->params.features->space, tracker->sample_side,
      tracker->sample_side, tracker->sample);
}

static void
sense (SstTracker * tracker, const SstFrame * frame, float cx, float cy,
    float side)
{
  const SstFeatureSource *const features = tracker->params.features;

  tracker->looked_at = sst_box_from_center (cx, cy, side, side);
  sample_region (tracker, frame, cx, cy, side);
  features->extract (features, tracker->sample, tracker->sample_side,
      tracker->scratch, tracker->channels);
  sst_dcf_transform (tracker->dcf, tracker->channels, tracker->spectrum);
}

/* Pixels of the sample that a cell of the response covers, and its middle. */
#define CELL (SST_SEARCH_SIDE / GRID)
#define MIDDLE (SST_SEARCH_SIDE / 2)

static float
network_share (const SstTracker * tracker)
{
  const float size = sqrtf (tracker->width * tracker->height);
  const float smallness = CLAMP ((SMALL - size) / (SMALL - TINY), 0.f, 1.f);

  return FUSION + smallness * (FUSION_TINY - FUSION);
}

/* Mixes the on-line model's response with what the network says. A cell of the
 * response lies on the corner of four cells of the network, or in the middle of
 * one, or between two. */
static void
fuse (SstTracker * tracker)
{
  const float *const scores = sst_matcher_scores (tracker->matcher);
  const float fusion = network_share (tracker);
  const float share = (1.f - fusion) / fmaxf (tracker->usual_response, 1e-3f);

  for (int y = 0; y < GRID; y++) {
    const int y0 = MAX ((y - 1) / 2, 0);
    const int y1 = MIN (y / 2, SST_NETWORK_GRID - 1);

    for (int x = 0; x < GRID; x++) {
      const int x0 = MAX ((x - 1) / 2, 0);
      const int x1 = MIN (x / 2, SST_NETWORK_GRID - 1);
      const float score = 0.25f * (scores[y0 * SST_NETWORK_GRID + x0]
          + scores[y0 * SST_NETWORK_GRID + x1]
          + scores[y1 * SST_NETWORK_GRID + x0]
          + scores[y1 * SST_NETWORK_GRID + x1]);

      tracker->fused[y * GRID + x] =
          share * tracker->response[y * GRID + x] + fusion * score;
    }
  }
}

/* Whether the on-line model leaves no doubt where the target is: at peak. */
static gboolean
is_plain (const SstTracker * tracker, Peak * peak)
{
  if (tracker->result.confidence < CLOSE_CONFIDENCE
      || tracker->result.state != SST_STATE_TRACKING)
    return FALSE;
  *peak = find_peak (tracker->response);
  return peak->value >= CLOSE_RATIO * tracker->usual_response
      && peak->second <= CLOSE_SECOND * peak->value;
}

static void
keep_network_mask (SstTracker * tracker)
{
  const float *const mask = sst_matcher_mask (tracker->matcher);

  tracker->has_network_mask = mask != NULL;
  if (mask != NULL)
    memcpy (tracker->network_mask, mask, sizeof (tracker->network_mask));
}

/* What is searched for the peak. recent: share of the recent templates. */
static void
respond (SstTracker * tracker, float recent)
{
  sst_dcf_respond (tracker->dcf, tracker->spectrum, tracker->response);
  if (tracker->trusted) {
    Peak peak;

    if (is_plain (tracker, &peak))
      sst_matcher_search_close (tracker->matcher, tracker->sample, recent,
          MIDDLE + peak.x * CELL, MIDDLE + peak.y * CELL);
    else
      sst_matcher_search (tracker->matcher, tracker->sample, recent);
    keep_network_mask (tracker);
    fuse (tracker);
  } else {
    memcpy (tracker->fused, tracker->response, sizeof (tracker->fused));
  }
}

/* The cell that a peak is in. */
static int
peak_cell (const Peak * peak)
{
  const int x = CLAMP ((int) lrintf (peak->x) + GRID / 2, 0, GRID - 1);
  const int y = CLAMP ((int) lrintf (peak->y) + GRID / 2, 0, GRID - 1);

  return y * GRID + x;
}

/* The network's box of a cell, in pixels of the frame. */
static SstBox
box_at (const SstTracker * tracker, int x, int y, float cx, float cy,
    float side, float *quality)
{
  const float scale = side / SST_SEARCH_SIDE;
  const SstBox box = sst_matcher_box (tracker->matcher, x, y, quality);

  return (SstBox) { cx + (box.x - MIDDLE) * scale,
    cy + (box.y - MIDDLE) * scale, box.width * scale, box.height * scale
  };
}

static void
unbias (const BoxBias * bias, SstBox * box)
{
  const float x = sst_box_center_x (box) + bias->x * box->width;
  const float y = sst_box_center_y (box) + bias->y * box->height;

  *box = sst_box_from_center (x, y, box->width * expf (bias->log_width),
      box->height * expf (bias->log_height));
}

/* Adds what the network's box of a cell lacks to be the target's. */
static void
add_bias (const SstTracker * tracker, int x, int y, float cx, float cy,
    float side, BoxBias * sum)
{
  float quality;
  const SstBox guess = box_at (tracker, x, y, cx, cy, side, &quality);

  sum->x += (tracker->cx - sst_box_center_x (&guess)) / guess.width;
  sum->y += (tracker->cy - sst_box_center_y (&guess)) / guess.height;
  sum->log_width += logf (tracker->width / guess.width);
  sum->log_height += logf (tracker->height / guess.height);
}

/* Measures the bias where the box is known: in the region that was searched
 * last, with the target in its middle, and in regions around. Of these only the
 * part with the target in it is looked at. */
static void
measure_bias (SstTracker * tracker, const SstFrame * frame, float side)
{
  static const float shifts[][2] = {
    {BIAS_SHIFT, 0.f}, {-BIAS_SHIFT, 0.f}, {0.f, BIAS_SHIFT},
    {0.f, -BIAS_SHIFT}
  };
  const int n = 1 + G_N_ELEMENTS (shifts);
  BoxBias sum = { 0 };

  add_bias (tracker, SST_NETWORK_GRID / 2, SST_NETWORK_GRID / 2, tracker->cx,
      tracker->cy, side, &sum);
  for (guint i = 0; i < G_N_ELEMENTS (shifts); i++) {
    const float cx = tracker->cx - shifts[i][0] * side;
    const float cy = tracker->cy - shifts[i][1] * side;
    const float x = 0.5f + shifts[i][0], y = 0.5f + shifts[i][1];

    sample_region (tracker, frame, cx, cy, side);
    sst_matcher_search_close (tracker->matcher, tracker->sample, 0.f,
        x * SST_SEARCH_SIDE, y * SST_SEARCH_SIDE);
    add_bias (tracker, (int) (x * SST_NETWORK_GRID),
        (int) (y * SST_NETWORK_GRID), cx, cy, side, &sum);
  }
  tracker->trusted = fabsf (sum.x / n) <= BIAS_MAX
      && fabsf (sum.y / n) <= BIAS_MAX && fabsf (sum.log_width / n) <= BIAS_MAX
      && fabsf (sum.log_height / n) <= BIAS_MAX;
  tracker->bias = (BoxBias) {
    BIAS_SHARE * sum.x / n, BIAS_SHARE * sum.y / n,
    BIAS_SHARE * sum.log_width / n, BIAS_SHARE * sum.log_height / n
  };
}

/* What the network says about the peak: the best of the cells next to it. */
static void
read_box (SstTracker * tracker, float cx, float cy, Look * look)
{
  const float *const scores = sst_matcher_scores (tracker->matcher);
  const int x = (int) ((MIDDLE + look->peak.x * CELL) / SST_NETWORK_STRIDE);
  const int y = (int) ((MIDDLE + look->peak.y * CELL) / SST_NETWORK_STRIDE);
  int best_x = -1, best_y = -1;

  for (int v = MAX (y - 1, 0); v <= MIN (y + 1, SST_NETWORK_GRID - 1); v++) {
    for (int u = MAX (x - 1, 0); u <= MIN (x + 1, SST_NETWORK_GRID - 1); u++) {
      if (best_x < 0 || scores[v * SST_NETWORK_GRID + u] > look->score) {
        look->score = scores[v * SST_NETWORK_GRID + u];
        best_x = u;
        best_y = v;
      }
    }
  }
  look->box = box_at (tracker, best_x, best_y, cx, cy, look->side,
      &look->quality);
  unbias (&tracker->bias, &look->box);
  look->boxed = look->score >= BOX_SCORE && look->quality >= BOX_QUALITY;
  if (look->boxed && !look->ridge) {
    look->peak.x += BOX_PLACE * ((sst_box_center_x (&look->box) - cx)
        * GRID / look->side - look->peak.x);
    look->peak.y += BOX_PLACE * ((sst_box_center_y (&look->box) - cy)
        * GRID / look->side - look->peak.y);
  }
}

/* Looks for the target in the square of that side around (cx, cy). */
static Look
look_at (SstTracker * tracker, const SstFrame * frame, float cx, float cy,
    float side)
{
  Look look = { .side = side };

  sense (tracker, frame, cx, cy, side);
  respond (tracker, TEMPLATE_SHARE);
  look.peak = find_peak (tracker->fused);
  look.ridge = stay_on_ridge (tracker->fused, &look.peak);
  look.response = tracker->response[peak_cell (&look.peak)]
      / fmaxf (tracker->usual_response, 1e-3f);
  if (tracker->trusted)
    read_box (tracker, cx, cy, &look);
  look.target_x = cx + look.peak.x * side / GRID;
  look.target_y = cy + look.peak.y * side / GRID;
  look.ratio = look.peak.value / fmaxf (tracker->usual_peak, 1e-3f);
  look.likeness = sst_appearance_compare (tracker->appearance,
      tracker->channels, look.peak.x, look.peak.y);
  look.confidence = confidence_of (&look, tracker->trusted);
  return look;
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

/* Whether a look is one to learn from. */
static gboolean
is_worth_learning (const Look * look)
{
  return look->ratio >= LEARN_RATIO && look->confidence >= LEARN_CONFIDENCE;
}

/* --- masks --- */

/* What the network said, NULL where it has no say or no mask. */
static const SstMaskHint *
mask_hint (const SstTracker * tracker, SstMaskHint * hint)
{
  *hint = (SstMaskHint) { tracker->looked_at, tracker->network_mask };
  return tracker->trusted && tracker->has_network_mask ? hint : NULL;
}

/* For whatever use. */
static gboolean
wants_mask (const SstTracker * tracker)
{
  return tracker->params.mask_interval > 0 || tracker->params.mask_box;
}

static void
start_mask (SstTracker * tracker, const SstFrame * seen,
    const SstMaskPicture * given)
{
  const SstBox box = current_box (tracker);
  SstModel *const model = tracker->params.model;
  SstMaskHint hint;

  tracker->masked = wants_mask (tracker);
  if (!tracker->masked)
    return;
  if (tracker->masker != NULL && sst_masker_model (tracker->masker) != model)
    sst_masker_free (&tracker->masker);
  if (tracker->masker == NULL)
    tracker->masker = sst_masker_new (model);
  sst_masker_start (tracker->masker, tracker->sampler, seen, &box, given,
      mask_hint (tracker, &hint));
}

/* Takes the mask into a frame; look: NULL where the target was not seen.
 * result: its box may be mixed with the mask's. */
static void
carry_mask (SstTracker * tracker, const SstFrame * seen, const Look * look,
    SstTrackerResult * result)
{
  const SstMaskerInput input = {
    .box = result->box,
    .confidence = result->confidence,
    .quality = look != NULL ? look->quality : 0.f,
    .seen = look != NULL,
    .learn = look != NULL && is_worth_learning (look)
  };
  SstMaskHint hint;

  if (!wants_mask (tracker)) {
    tracker->masked = FALSE;
  } else if (!tracker->masked) {
    if (look != NULL)
      start_mask (tracker, seen, NULL);
  } else {
    sst_masker_next (tracker->masker, tracker->sampler, seen, &input,
        mask_hint (tracker, &hint), tracker->params.mask_interval,
        tracker->params.mask_box ? &result->box : NULL);
  }
}

static void
move_mask (SstTracker * tracker)
{
  if (tracker->masked)
    sst_masker_move (tracker->masker, &tracker->result.box);
}

/* How much of the target's box a mask says is target. */
static float
fill_of (const SstTracker * tracker, const SstFrame * frame,
    const SstMaskPicture * given)
{
  const SstBox box = current_box (tracker);
  int in = 0, total = 0;

  for (int y = 0; y < given->height; y++) {
    const float v = (y + 0.5f) * frame->height / given->height;

    for (int x = 0; x < given->width; x++) {
      const float u = (x + 0.5f) * frame->width / given->width;

      if (u < box.x || v < box.y || u >= box.x + box.width
          || v >= box.y + box.height)
        continue;
      total++;
      in += given->data[y * given->stride + x] > 127;
    }
  }
  return total > 0 ? (float) in / total : 0.f;
}

/* Between which a mask is one of the target in the box. */
#define MIN_FILL 0.05f
#define MAX_FILL 0.99f

gboolean
sst_tracker_give_mask (SstTracker * tracker, const SstFrame * frame,
    const SstMaskPicture * mask)
{
  const SstFrame seen = see (tracker, frame);
  const float fill = fill_of (tracker, frame, mask);

  if (!wants_mask (tracker) || fill < MIN_FILL || fill > MAX_FILL)
    return FALSE;
  start_mask (tracker, &seen, mask);
  return TRUE;
}

const SstMask *
sst_tracker_mask (const SstTracker * tracker)
{
  return tracker->masked && tracker->params.mask_interval > 0 ?
      sst_masker_mask (tracker->masker) : NULL;
}

gboolean
sst_tracker_start (SstTracker * tracker, const SstFrame * frame,
    const SstBox * box, SstTime time, GError ** error)
{
  const SstTone *const tone = tracker->params.model != NULL ?
      sst_model_tone (tracker->params.model) : NULL;
  SstFrame seen;
  float side;

  if (!sst_tracker_check_box (box, frame->width, frame->height, error))
    return FALSE;
  tracker->has_tone = tone != NULL;
  if (tone != NULL)
    tracker->tone = *tone;
  seen = see (tracker, frame);
  set_box (tracker, box);
  tracker->result = (SstTrackerResult) { 0 };   /* nothing is sure yet */
  sst_predictor_reset (&tracker->predictor);
  tracker->n_updates = tracker->n_frames = tracker->n_swept = 0;
  tracker->jumped = tracker->fell = FALSE;
  tracker->last_likeness = 0.f;
  tracker->time = tracker->sure_time = time;
  sst_dcf_reset (tracker->dcf);
  sst_scale_reset (tracker->scale);

  side = search_side (box->width, box->height);
  set_target_size (tracker, side);
  sense (tracker, &seen, tracker->cx, tracker->cy, side);
  sst_dcf_add_sample (tracker->dcf, tracker->spectrum, 0.f, 0.f, 1.f, NULL, 0);
  sst_dcf_solve (tracker->dcf, FIRST_ITERATIONS);
  sst_dcf_respond (tracker->dcf, tracker->spectrum, tracker->response);
  tracker->usual_response = find_peak (tracker->response).value;
  tracker->trusted = tracker->matcher != NULL;
  if (tracker->trusted)
    sst_matcher_start (tracker->matcher, tracker->sampler, &seen, box,
        template_side (side));
  respond (tracker, 0.f);
  tracker->usual_peak = find_peak (tracker->fused).value;
  sst_appearance_start (tracker->appearance, tracker->channels,
      box->width / side * GRID, box->height / side * GRID);
  if (tracker->trusted)
    measure_bias (tracker, &seen, side);
  if (!tracker->trusted)
    tracker->usual_peak = tracker->usual_response;
  sst_scale_learn (tracker->scale, tracker->sampler, &seen, box, 1.f);

  tracker->result = (SstTrackerResult) {
    .state = SST_STATE_TRACKING, .confidence = 1.f, .box = *box,
    .first_seen = time, .last_seen = time
  };
  start_mask (tracker, &seen, NULL);
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
  tracker->width = CLAMP (tracker->width, MIN_SIDE,
      fmaxf (frame->width, MIN_SIDE));
  tracker->height = CLAMP (tracker->height, MIN_SIDE,
      fmaxf (frame->height, MIN_SIDE));
}

/* Takes the change of size that the regressor sees, in part. */
static void
take_change (SstTracker * tracker, const SstFrame * frame)
{
  const SstBox box = current_box (tracker);
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

static gboolean
is_thin (const SstTracker * tracker)
{
  return fmaxf (tracker->width / tracker->height,
      tracker->height / tracker->width) > BOX_MAX_ASPECT;
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
update_size (SstTracker * tracker, const SstFrame * frame, const Look * look)
{
  const gboolean due = tracker->n_frames % SIZE_INTERVAL == 0 && !look->ridge;
  const float before = tracker->width * tracker->height;

  if (due)
    take_change (tracker, frame);
  if (look->boxed && !look->ridge && !is_thin (tracker))
    take_box (tracker, frame, &look->box);
  if (due)
    sst_scale_learn_estimated (tracker->scale,
        sqrtf (tracker->width * tracker->height / before), SIZE_LEARNING_RATE);
}

/* Learns from the look that the tracker's memory still holds. */
static void
learn (SstTracker * tracker, const Look * look)
{
  const Peak *const peak = &look->peak;
  const SstDistractor rival = { peak->second_x, peak->second_y, peak->second };
  const gboolean has_rival = peak->second > DISTRACTOR_RATIO * peak->value;

  tracker->usual_peak += USUAL_RATE * (peak->value - tracker->usual_peak);
  tracker->usual_response *= 1.f + USUAL_RATE
      * (CLAMP (look->response, 0.f, 4.f) - 1.f);
  set_target_size (tracker, look->side);
  sst_dcf_add_sample (tracker->dcf, tracker->spectrum, peak->x, peak->y, 1.f,
      &rival, has_rival ? 1 : 0);
  sst_appearance_learn (tracker->appearance, tracker->channels, peak->x,
      peak->y, APPEARANCE_RATE);
  tracker->n_updates++;
  if (tracker->n_updates < 4 || tracker->n_updates % UPDATES_PER_SOLVE == 0)
    sst_dcf_solve (tracker->dcf, ITERATIONS);
}

static void
learn_template (SstTracker * tracker, const SstFrame * frame)
{
  const SstBox box = sst_box_from_center (tracker->cx, tracker->cy,
      tracker->width, tracker->height);

  if (tracker->trusted && tracker->n_updates % TEMPLATE_INTERVAL == 0)
    sst_matcher_learn (tracker->matcher, tracker->sampler, frame, &box,
        template_side (search_side (box.width, box.height)), TEMPLATE_RATE);
}

static void
move_to (SstTracker * tracker, float x, float y, float seconds)
{
  const float limit = SPEED_LIMIT * sqrtf (tracker->width * tracker->height);

  sst_predictor_found (&tracker->predictor, seconds, limit, x, y);
  tracker->cx = x;
  tracker->cy = y;
}

/* The k-th point of a square spiral: 0, 0; 1, 0; 1, 1; 0, 1; -1, 1 ... Ring r
 * has 8 r points, a side of 2 r after the other, and starts at (2 r - 1)^2. */
static void
spiral (guint k, int *x, int *y)
{
  const int r = (int) ceil (0.5 * (sqrt (k + 1.0) - 1.0));
  const int i = (int) k - (2 * r - 1) * (2 * r - 1);

  if (r == 0) {
    *x = *y = 0;
  } else if (i < 2 * r) {
    *x = r;
    *y = 1 - r + i;
  } else if (i < 4 * r) {
    *x = 3 * r - 1 - i;
    *y = r;
  } else if (i < 6 * r) {
    *x = -r;
    *y = 5 * r - 1 - i;
  } else {
    *x = i - 7 * r + 1;
    *y = -r;
  }
}

/* Next window of the sweep over the picture, which spirals outwards from where
 * the target was lost and starts again when it has been everywhere. */
static void
next_window (SstTracker * tracker, const SstFrame * frame, float step,
    float *x, float *y)
{
  const float reach_x = fmaxf (tracker->cx, frame->width - tracker->cx);
  const float reach_y = fmaxf (tracker->cy, frame->height - tracker->cy);
  const int rings = (int) ceilf (fmaxf (reach_x, reach_y) / step);
  const guint total = (guint) (2 * rings + 1) * (2 * rings + 1);

  for (guint tries = 0; tries < total; tries++) {
    int ix, iy;

    spiral (tracker->n_swept % total, &ix, &iy);
    tracker->n_swept++;
    *x = tracker->cx + ix * step;
    *y = tracker->cy + iy * step;
    if (*x >= 0.f && *y >= 0.f && *x < frame->width && *y < frame->height)
      return;
  }
  *x = tracker->cx;
  *y = tracker->cy;
}

/* Whether a promising look holds when looked at from close by. */
static gboolean
confirm (SstTracker * tracker, const SstFrame * frame, gboolean here,
    Look * look)
{
  const float min = tracker->params.min_confidence;
  const float enough = here ? fminf (RECOVER_HERE * min, RECOVER_CONFIDENCE)
      : RECOVER_CONFIDENCE;

  if (look->ratio < LEARN_RATIO || (!here
          && look->likeness.first < 0.5f * RECOVER_LIKENESS))
    return FALSE;
  *look = look_at (tracker, frame, look->target_x, look->target_y, look->side);
  return look->confidence >= fmaxf (enough, min)
      && look->ratio >= LEARN_RATIO && (here
      || fmaxf (look->likeness.first, look->likeness.recent)
      >= RECOVER_LIKENESS);
}

/* Looks at a place for a target of so many times its size, which is taken if it
 * is there. On a ridge it looks the same at many sizes. */
static gboolean
look_scaled (SstTracker * tracker, const SstFrame * frame, float x, float y,
    float factor, Look * look)
{
  const float width = tracker->width * factor;
  const float height = tracker->height * factor;

  if (fminf (width, height) < MIN_SIDE || width > frame->width
      || height > frame->height)
    return FALSE;
  *look = look_at (tracker, frame, x, y, search_side (width, height));
  if (!confirm (tracker, frame, FALSE, look) || look->ridge)
    return FALSE;
  tracker->width = width;
  tracker->height = height;
  return TRUE;
}

/* Looks where the target is if the field of view changed by a factor, about the
 * middle of the picture. */
static gboolean
look_through (SstTracker * tracker, const SstFrame * frame, float factor,
    Look * look)
{
  const float x = 0.5f * frame->width, y = 0.5f * frame->height;

  return look_scaled (tracker, frame, x + factor * (tracker->cx - x),
      y + factor * (tracker->cy - y), factor, look);
}

/* The same for all factors, in one frame. */
static gboolean
look_through_all (SstTracker * tracker, const SstFrame * frame, Look * look)
{
  for (guint i = 0; i < G_N_ELEMENTS (view_factors); i++) {
    if (look_through (tracker, frame, view_factors[i], look))
      return TRUE;
  }
  return FALSE;
}

/* Searches for a lost target, a bounded number of windows a frame: where it was
 * last, every second time as if the field of view had changed, then ever
 * further away; with one window both take turns. */
static gboolean
search (SstTracker * tracker, const SstFrame * frame, Look * look)
{
  const float side = search_side (tracker->width, tracker->height);

  for (int i = 0; i < tracker->params.redetect_windows; i++) {
    const gboolean here = i == 0
        && (tracker->params.redetect_windows > 1 || tracker->swept);
    float x = tracker->cx, y = tracker->cy;

    if (here && tracker->n_here++ % 2 == 1) {
      tracker->swept = FALSE;
      if (look_through (tracker, frame, view_factors[tracker->n_here / 2
                  % G_N_ELEMENTS (view_factors)], look))
        return TRUE;
      continue;
    }
    if (!here)
      next_window (tracker, frame, 0.5f * side, &x, &y);
    tracker->swept = !here;
    *look = look_at (tracker, frame, x, y, side);
    if (confirm (tracker, frame, here, look))
      return TRUE;
  }
  return FALSE;
}

/* Whether there is no need to look elsewhere. */
static gboolean
is_convincing (const Look * look)
{
  return look->ratio >= LEARN_RATIO && look->confidence >= RECOVER_CONFIDENCE;
}

/* After a jump of the stream the target may be anywhere near; most often it is
 * where it is expected. */
static Look
look_around (SstTracker * tracker, const SstFrame * frame, float side)
{
  Look best = look_at (tracker, frame, tracker->cx, tracker->cy, side);

  if (is_convincing (&best))
    return best;
  for (guint k = 1; k < 9; k++) {
    Look look;
    int x, y;

    spiral (k, &x, &y);
    look = look_at (tracker, frame, tracker->cx + 0.5f * side * x,
        tracker->cy + 0.5f * side * y, side);
    if (look.confidence > best.confidence)
      best = look;
  }
  /* what is learned from is the last look */
  return look_at (tracker, frame, best.target_x, best.target_y, side);
}

/* Where there is no target around, another lens may show it. camera: where it
 * knows of one, what it says is looked at first; may be NULL. x, y: where the
 * target was before. */
static Look
look_for_jump (SstTracker * tracker, const SstFrame * frame,
    const SstCameraMotion * camera, float x, float y, float side)
{
  const float factor = camera != NULL && camera->cut ? hypotf (camera->a,
      camera->b) : 1.f;
  Look near, look;

  if (factor != 1.f) {
    sst_camera_motion_apply (camera, x, y, &x, &y);
    if (look_scaled (tracker, frame, x, y, factor, &look))
      return look;
  }
  near = look_around (tracker, frame, side);
  if (is_convincing (&near) || look_through_all (tracker, frame, &look))
    return is_convincing (&near) ? near : look;
  return look_at (tracker, frame, near.target_x, near.target_y, side);
}

/* The target is lost from now on. */
static void
start_search (SstTracker * tracker)
{
  tracker->result.state = SST_STATE_LOST;
  tracker->n_swept = 1;
  tracker->n_here = 0;
  tracker->swept = TRUE;
  tracker->fell = FALSE;
  tracker->last_likeness = 0.f;
  sst_predictor_stop (&tracker->predictor);
}

static void
set_state (SstTracker * tracker, float confidence, gboolean seen)
{
  const SstPredictorHypothesis *const scene =
      &tracker->predictor.hypotheses[SST_PREDICTOR_SCENE];
  SstTrackerResult *const result = &tracker->result;

  result->confidence = confidence;
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
  result->box = current_box (tracker);
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
has_fallen (SstTracker * tracker, const Look * look)
{
  const float likeness = fmaxf (look->likeness.first, look->likeness.recent);

  if (look->response >= LEARN_RATIO)
    tracker->fell = FALSE;
  else if (likeness < FALL_SHARE * tracker->last_likeness)
    tracker->fell = TRUE;
  tracker->last_likeness = likeness;
  return tracker->fell;
}

static void
update_lost (SstTracker * tracker, const SstFrame * frame)
{
  Look look = { 0 };

  tracker->jumped = FALSE;      /* it is searched for everywhere anyway */
  if (search (tracker, frame, &look)) {
    tracker->cx = look.target_x;
    tracker->cy = look.target_y;
    keep_inside (tracker, frame);
    set_state (tracker, look.confidence, TRUE);
  } else {
    set_unseen (tracker, look.confidence);
  }
}

void
sst_tracker_update (SstTracker * tracker, const SstFrame * frame,
    SstTime time, const SstCameraMotion * camera, SstTrackerResult * result)
{
  const SstFrame seen = see (tracker, frame);
  const float seconds = seconds_since (tracker->time, time);
  const float side = search_side (tracker->width, tracker->height);
  const float x = tracker->cx, y = tracker->cy;
  Look look;

  tracker->time = time;
  tracker->n_frames++;
  sst_predictor_predict (&tracker->predictor, camera, seconds, &tracker->cx,
      &tracker->cy);
  keep_inside (tracker, &seen);
  if (tracker->result.state == SST_STATE_LOST) {
    update_lost (tracker, &seen);
    *result = tracker->result;
    carry_mask (tracker, &seen, NULL, result);
    return;
  }

  if (tracker->jumped || seconds >= GAP_SECONDS
      || (camera != NULL && camera->cut))
    look = look_for_jump (tracker, &seen, camera, x, y, side);
  else
    look = look_at (tracker, &seen, tracker->cx, tracker->cy, side);
  tracker->jumped = FALSE;

  if (look.ratio >= FOLLOW_RATIO)
    move_to (tracker, look.target_x, look.target_y, seconds);
  else
    sst_predictor_missed (&tracker->predictor, &tracker->cx, &tracker->cy);
  keep_inside (tracker, &seen);
  if (is_worth_learning (&look)) {
    update_size (tracker, &seen, &look);
    learn (tracker, &look);
    learn_template (tracker, &seen);
  }
  if (has_fallen (tracker, &look))
    look.confidence = fminf (look.confidence,
        0.5f * tracker->params.min_confidence);
  if (look.ratio >= FOLLOW_RATIO)
    set_state (tracker, look.confidence, TRUE);
  else
    set_unseen (tracker, look.confidence);
  *result = tracker->result;
  carry_mask (tracker, &seen, &look, result);
}

void
sst_tracker_coast (SstTracker * tracker, SstTime time,
    const SstCameraMotion * camera, SstTrackerResult * result)
{
  const float seconds = seconds_since (tracker->time, time);

  tracker->time = time;
  sst_predictor_predict (&tracker->predictor, camera, seconds, &tracker->cx,
      &tracker->cy);
  set_state (tracker, tracker->result.confidence
      * exp2f (-seconds / COAST_HALF_LIFE), FALSE);
  move_mask (tracker);
  *result = tracker->result;
}

void
sst_tracker_correct (SstTracker * tracker, const SstFrame * frame,
    const SstBox * box, SstTime time, SstTrackerResult * result)
{
  const SstFrame seen = see (tracker, frame);
  const float side = search_side (box->width, box->height);
  Look look;

  tracker->time = time;
  set_box (tracker, box);
  keep_inside (tracker, &seen);
  look = look_at (tracker, &seen, tracker->cx, tracker->cy, side);
  /* the box says where the target is, not the response */
  look.peak = look_beside (tracker->fused, GRID / 2, GRID / 2, (Peak) {
      .value = tracker->fused[(GRID / 2) * GRID + GRID / 2] });
  look.response = tracker->response[(GRID / 2) * GRID + GRID / 2]
      / fmaxf (tracker->usual_response, 1e-3f);
  learn (tracker, &look);
  sst_scale_learn (tracker->scale, tracker->sampler, &seen, box,
      SIZE_LEARNING_RATE);
  set_state (tracker, fmaxf (look.confidence,
          fmaxf (CORRECTED_CONFIDENCE, tracker->params.min_confidence)), TRUE);
  move_mask (tracker);
  tracker->jumped = FALSE;
  *result = tracker->result;
}

float
sst_tracker_similarity (SstTracker * tracker, const SstFrame * frame,
    const SstBox * box)
{
  const SstFrame seen = see (tracker, frame);
  const Look look = look_at (tracker, &seen, sst_box_center_x (box),
      sst_box_center_y (box), search_side (box->width, box->height));
  const float likeness = fmaxf (look.likeness.first, look.likeness.recent);

  if (fabsf (look.peak.x) > PEAK_RADIUS || fabsf (look.peak.y) > PEAK_RADIUS)
    return 0.f;
  return CLAMP (look.ratio, 0.f, 1.f) * CLAMP (likeness, 0.f, 1.f);
}

void
sst_tracker_step_back (SstTracker * tracker, const SstTrackerResult * before,
    SstTrackerResult * result)
{
  SstTrackerResult *const now = &tracker->result;

  if (before != NULL) {
    *now = *before;
    set_box (tracker, &before->box);
  } else {
    now->confidence =
        fminf (now->confidence, 0.5f * tracker->params.min_confidence);
    start_search (tracker);
  }
  now->predicted = TRUE;
  move_mask (tracker);
  *result = *now;
}

void
sst_tracker_discontinuity (SstTracker * tracker)
{
  tracker->jumped = TRUE;
}

void
sst_tracker_rescale (SstTracker * tracker, float sx, float sy)
{
  tracker->cx *= sx;
  tracker->cy *= sy;
  tracker->width *= sx;
  tracker->height *= sy;
  sst_predictor_rescale (&tracker->predictor, sx, sy);
  tracker->result.box = current_box (tracker);
  if (tracker->masked)
    sst_masker_rescale (tracker->masker, sx, sy);
}

float
sst_tracker_urgency (const SstTracker * tracker)
{
  const float size = sqrtf (tracker->width * tracker->height);
  const SstPredictorHypothesis *const scene =
      &tracker->predictor.hypotheses[SST_PREDICTOR_SCENE];
  const float speed = hypotf (scene->vx, scene->vy) / fmaxf (size, 1.f);

  /* a coasted target's confidence decays, so that its turn comes */
  return 1.f - tracker->result.confidence + 0.2f * fminf (speed, 5.f);
}
