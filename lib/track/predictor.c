/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/predictor.h"

#include <math.h>

#define VELOCITY_TRUST 0.5f     /* share of a velocity that is believed */
#define VELOCITY_RATE 0.3f
#define VELOCITY_FADE 0.8f      /* what is left of it after a miss */
#define ERROR_RATE 0.3f
#define LOOK_AHEAD_MAX 0.5f     /* seconds */

void
sst_predictor_reset (SstPredictor * predictor)
{
  *predictor = (SstPredictor) { 0 };
}

static void
expect (const SstPredictorHypothesis * hypothesis, float seconds, float *x,
    float *y)
{
  const float ahead = VELOCITY_TRUST * fminf (seconds, LOOK_AHEAD_MAX);

  *x = hypothesis->rest_x + ahead * hypothesis->vx;
  *y = hypothesis->rest_y + ahead * hypothesis->vy;
}

void
sst_predictor_predict (SstPredictor * predictor,
    const SstCameraMotion * camera, float seconds, float *x, float *y)
{
  SstPredictorHypothesis *const scene =
      &predictor->hypotheses[SST_PREDICTOR_SCENE];
  SstPredictorHypothesis *const picture =
      &predictor->hypotheses[SST_PREDICTOR_PICTURE];

  picture->rest_x = scene->rest_x = *x;
  picture->rest_y = scene->rest_y = *y;
  if (camera != NULL) {
    float moved_x, moved_y;

    sst_camera_motion_apply (camera, *x, *y, &moved_x, &moved_y);
    if (isfinite (moved_x) && isfinite (moved_y)) {
      scene->rest_x = moved_x;
      scene->rest_y = moved_y;
    }
  }
  expect (picture->error < scene->error ? picture : scene, seconds, x, y);
}

void
sst_predictor_found (SstPredictor * predictor, float seconds, float limit,
    float x, float y)
{
  for (int i = 0; i < SST_PREDICTOR_N; i++) {
    SstPredictorHypothesis *const h = &predictor->hypotheses[i];
    float expected_x, expected_y;

    expect (h, seconds, &expected_x, &expected_y);
    h->error += ERROR_RATE
        * (hypotf (x - expected_x, y - expected_y) - h->error);
    if (seconds > 0.f) {
      const float vx = CLAMP ((x - h->rest_x) / seconds, -limit, limit);
      const float vy = CLAMP ((y - h->rest_y) / seconds, -limit, limit);

      h->vx += VELOCITY_RATE * (vx - h->vx);
      h->vy += VELOCITY_RATE * (vy - h->vy);
    }
  }
}

void
sst_predictor_missed (SstPredictor * predictor, float *x, float *y)
{
  for (int i = 0; i < SST_PREDICTOR_N; i++) {
    predictor->hypotheses[i].vx *= VELOCITY_FADE;
    predictor->hypotheses[i].vy *= VELOCITY_FADE;
  }
  *x = predictor->hypotheses[SST_PREDICTOR_SCENE].rest_x;
  *y = predictor->hypotheses[SST_PREDICTOR_SCENE].rest_y;
}

void
sst_predictor_stop (SstPredictor * predictor)
{
  for (int i = 0; i < SST_PREDICTOR_N; i++)
    predictor->hypotheses[i].vx = predictor->hypotheses[i].vy = 0.f;
}

void
sst_predictor_rescale (SstPredictor * predictor, float sx, float sy)
{
  for (int i = 0; i < SST_PREDICTOR_N; i++) {
    predictor->hypotheses[i].vx *= sx;
    predictor->hypotheses[i].vy *= sy;
    predictor->hypotheses[i].error *= sqrtf (sx * sy);
  }
}
