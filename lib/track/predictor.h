/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Predictor: where a target is expected in the next frame.
 *
 * Two hypotheses run side by side, each with a velocity of its own, smoothed:
 *
 *   over the scene     the target moves with the camera's motion (things that
 *                      stand, or go their own way while the camera turns);
 *   over the picture   it moves in the picture, whatever the camera does
 *                      (things that the camera follows).
 *
 * Each expects the target where it was last, moved with its frame of reference,
 * plus half of its velocity. The one that has been off by less lately, by a
 * running mean, is believed: a small case of interacting multiple models (Blom
 * and Bar-Shalom, 1988) with a hard choice.
 *
 * A value type without owned memory: zero it with sst_predictor_reset().
 * Thread-safety: a predictor belongs to one thread at a time. */

#pragma once

#include <glib.h>

#include <sstrack/motion.h>

G_BEGIN_DECLS

typedef enum
{
  SST_PREDICTOR_SCENE,
  SST_PREDICTOR_PICTURE,
  SST_PREDICTOR_N
} SstPredictorReference;

typedef struct
{
  float rest_x, rest_y;         /* where the target would be, had it stayed */
  float vx, vy;                 /* pixels a second */
  float error;                  /* pixels, running mean */
} SstPredictorHypothesis;

typedef struct
{
  SstPredictorHypothesis hypotheses[SST_PREDICTOR_N];
} SstPredictor;

/* Forgets everything: a target that stands, and whose scene is believed. */
void sst_predictor_reset (SstPredictor * predictor);

/* Where the target is expected.
 *
 * camera: motion from the last frame to this one; NULL: none is known, and both
 *     hypotheses rest where they are.
 * seconds: since the last frame, >= 0; more than 0.5 count as 0.5.
 * x, y: in, where the target was in the last frame, out, where it is expected
 *     in this one; pixels of the frame. */
void sst_predictor_predict (SstPredictor * predictor,
    const SstCameraMotion * camera, float seconds, float *x, float *y);

/* Tells where the target was found in the frame of the last prediction.
 *
 * seconds: as given to the prediction; velocities are only learned if > 0.
 * limit: largest part of a velocity along an axis, pixels a second, beyond
 *     which it is a slip of the clock. */
void sst_predictor_found (SstPredictor * predictor, float seconds, float limit,
    float x, float y);

/* Tells that it was not found in the frame of the last prediction: velocities
 * fade. x, y: out, where it stays, resting in the scene. */
void sst_predictor_missed (SstPredictor * predictor, float *x, float *y);

/* Sets the velocities to 0. */
void sst_predictor_stop (SstPredictor * predictor);

/* Follows a change of the frame's size by the factors sx and sy. */
void sst_predictor_rescale (SstPredictor * predictor, float sx, float sy);

G_END_DECLS
