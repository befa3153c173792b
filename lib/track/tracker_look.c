/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* One look: a region is sampled once, the on-line model and the network respond
 * to it, and what they say is mixed, searched for the peak and judged. */

#include "track/tracker_private.h"

#include <math.h>
#include <string.h>

#include "picture/toned.h"

#define GRID SST_RESPONSE_GRID

/* The network looks closely, not at the whole region, where the target was sure
 * in the last frame, and the on-line model's peak is so high, over its usual
 * height, and every other one so low, over it. */
#define CLOSE_CONFIDENCE 0.9f
#define CLOSE_RATIO 0.6f
#define CLOSE_SECOND 0.5f

/* Where there is a network: its share of the response that is searched for the
 * peak, the rest is the on-line model's. */
#define FUSION 0.5f
/* Its box is taken from a cell of at least that score and quality; how much of
 * its size and place is taken. */
#define BOX_SCORE 0.3f
#define BOX_QUALITY 0.4f
#define BOX_PLACE 0.5f
/* The bias of its boxes: how much of what the first picture shows is taken off,
 * and how far off the middle it is looked at, over the side. A network that is
 * off by more than the maximum has not learned what such a target is (one that
 * is very thin, say): it has no say. */
#define BIAS_SHARE 0.9f
#define BIAS_MAX 0.7f
#define BIAS_SHIFT 0.1f
/* Share of the recent templates, beside the first one. */
#define TEMPLATE_SHARE 0.4f

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

static float
confidence_of (const SstLook * look, gboolean has_network)
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
  g_return_val_if_fail (tracker != NULL, NULL);

  return tracker->has_tone ? &tracker->tone : NULL;
}

SstFrame
sst_tracker_see (const SstTracker * tracker, const SstFrame * frame)
{
  return frame->tone != NULL ? *frame
      : sst_frame_with_tone (frame, sst_tracker_tone (tracker));
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

void
sst_tracker_sense (SstTracker * tracker, const SstFrame * frame, float cx,
    float cy, float side)
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

/* Mixes the on-line model's response with what the network says. A cell of the
 * response lies on the corner of four cells of the network, or in the middle of
 * one, or between two. */
static void
fuse (SstTracker * tracker)
{
  const float *const scores = sst_matcher_scores (tracker->matcher);
  const float share = (1.f - FUSION) / fmaxf (tracker->usual_response, 1e-3f);

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
          share * tracker->response[y * GRID + x] + FUSION * score;
    }
  }
}

/* Whether the on-line model leaves no doubt where the target is: at peak. */
static gboolean
is_plain (const SstTracker * tracker, SstPeak * peak)
{
  if (tracker->result.confidence < CLOSE_CONFIDENCE
      || tracker->result.state != SST_STATE_TRACKING)
    return FALSE;
  *peak = sst_peak_find (tracker->response);
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

void
sst_tracker_respond (SstTracker * tracker, float recent)
{
  sst_dcf_respond (tracker->dcf, tracker->spectrum, tracker->response);
  if (tracker->trusted) {
    SstPeak peak;

    if (is_plain (tracker, &peak))
      sst_matcher_search_close (tracker->matcher, tracker->sample, recent,
          MIDDLE + peak.x * CELL, MIDDLE + peak.y * CELL);
    else
      sst_matcher_search (tracker->matcher, tracker->sample, recent);
    keep_network_mask (tracker);
    fuse (tracker);
  } else {
    memcpy (tracker->fused, tracker->response,
        GRID * GRID * sizeof (float));
  }
}

/* The cell that a peak is in. */
static int
peak_cell (const SstPeak * peak)
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
unbias (const SstBoxBias * bias, SstBox * box)
{
  const float x = sst_box_center_x (box) + bias->x * box->width;
  const float y = sst_box_center_y (box) + bias->y * box->height;

  *box = sst_box_from_center (x, y, box->width * expf (bias->log_width),
      box->height * expf (bias->log_height));
}

/* Adds what the network's box of a cell lacks to be the target's. */
static void
add_bias (const SstTracker * tracker, int x, int y, float cx, float cy,
    float side, SstBoxBias * sum)
{
  float quality;
  const SstBox guess = box_at (tracker, x, y, cx, cy, side, &quality);

  sum->x += (tracker->cx - sst_box_center_x (&guess)) / guess.width;
  sum->y += (tracker->cy - sst_box_center_y (&guess)) / guess.height;
  sum->log_width += logf (tracker->width / guess.width);
  sum->log_height += logf (tracker->height / guess.height);
}

void
sst_tracker_measure_bias (SstTracker * tracker, const SstFrame * frame,
    float side)
{
  static const float shifts[][2] = {
    {BIAS_SHIFT, 0.f}, {-BIAS_SHIFT, 0.f}, {0.f, BIAS_SHIFT},
    {0.f, -BIAS_SHIFT}
  };
  const int n = 1 + G_N_ELEMENTS (shifts);
  SstBoxBias sum = { 0 };

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
  tracker->bias = (SstBoxBias) {
    BIAS_SHARE * sum.x / n, BIAS_SHARE * sum.y / n,
    BIAS_SHARE * sum.log_width / n, BIAS_SHARE * sum.log_height / n
  };
}

/* What the network says about the peak: the best of the cells next to it. */
static void
read_box (SstTracker * tracker, float cx, float cy, SstLook * look)
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

/* What is at the peak of a look. */
static void
judge (SstTracker * tracker, float cx, float cy, SstLook * look)
{
  look->response = tracker->response[peak_cell (&look->peak)]
      / fmaxf (tracker->usual_response, 1e-3f);
  if (tracker->trusted)
    read_box (tracker, cx, cy, look);
  look->target_x = cx + look->peak.x * look->side / GRID;
  look->target_y = cy + look->peak.y * look->side / GRID;
  look->ratio = look->peak.value / fmaxf (tracker->usual_peak, 1e-3f);
  look->likeness = sst_appearance_compare (tracker->appearance,
      tracker->channels, look->peak.x, look->peak.y);
  look->confidence = confidence_of (look, tracker->trusted);
}

SstLook
sst_tracker_look (SstTracker * tracker, const SstFrame * frame, float cx,
    float cy, float side)
{
  SstLook look = { .side = side };

  sst_tracker_sense (tracker, frame, cx, cy, side);
  sst_tracker_respond (tracker, TEMPLATE_SHARE);
  look.peak = sst_peak_find (tracker->fused);
  look.ridge = sst_peak_stay_on_ridge (tracker->fused, &look.peak);
  judge (tracker, cx, cy, &look);
  return look;
}

void
sst_tracker_look_at (SstTracker * tracker, const SstSpot * spot, SstLook * look)
{
  const int x = CLAMP ((int) lrintf (spot->x) + GRID / 2, 0, GRID - 1);
  const int y = CLAMP ((int) lrintf (spot->y) + GRID / 2, 0, GRID - 1);

  *look = (SstLook) { .side = look->side };
  look->peak = sst_peak_beside (tracker->fused, x, y, (SstPeak) {
      .value = spot->value, .x = spot->x, .y = spot->y });
  judge (tracker, sst_box_center_x (&tracker->looked_at),
      sst_box_center_y (&tracker->looked_at), look);
}
