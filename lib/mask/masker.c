/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "mask/masker.h"

#include <math.h>
#include <string.h>

#include "mask/bounds.h"

/* Frames in which the calibration is still measured, and their share of it. */
#define EARLY_FRAMES 3
#define EARLY_SHARE 0.5f
/* The most of the mask's box that is taken. */
#define MAX_TRUST 0.9f
/* A mask that is wanted for its box alone is carried in every such frame, and
 * where the tracker is less sure than DOUBT. */
#define BOX_INTERVAL 2
#define DOUBT 0.6f

struct _SstMasker
{
  SstModel *model;              /* the carrier holds it */
  SstMaskCarrier *carrier;
  SstPoints *points;            /* the caller's, or NULL */
  gboolean is_camera_known;
  SstCameraMotion camera;       /* since the mask was carried last */
  SstMask mask;
  gboolean found;
  SstBox box;                   /* that the mask lies at */
  guint n_frames;               /* since the start */
  SstMaskCalibration first, sum, calibration;
  guint n_early;
  gboolean is_mixed;            /* the last box that was asked for */
  SstMaskCalibration lack;      /* of the tracker's box to it */
  gboolean has_reading;
  SstBox reading;               /* the mask's box, calibrated */
  float traits[SST_MASKER_TRAITS];
};

/* Of the traits below, fitted on data/dev. */
static const float weights[SST_MASKER_TRAITS] = {
  0.08f, 1.01f, -0.77f, -0.93f, 0.93f, 0.66f, -0.52f
};

SstMasker *
sst_masker_new (SstModel * model, SstScratch * scratch)
{
  SstMasker *const masker = g_new0 (SstMasker, 1);

  masker->model = model;
  masker->carrier = sst_mask_carrier_new (model, scratch, NULL);
  return masker;
}

void
sst_masker_free (SstMasker ** masker)
{
  if (*masker == NULL)
    return;
  sst_mask_carrier_free (&(*masker)->carrier);
  g_clear_pointer (masker, g_free);
}

SstModel *
sst_masker_model (const SstMasker * masker)
{
  return masker->model;
}

/* Nothing moved since the mask was carried. */
static void
forget_camera (SstMasker * masker)
{
  masker->is_camera_known = TRUE;
  masker->camera = SST_CAMERA_MOTION_IDENTITY;
  masker->camera.support = 1.f;
}

/* Takes the camera's motion into another frame along. */
static void
add_camera (SstMasker * masker, const SstCameraMotion * next)
{
  const SstCameraMotion last = masker->camera;

  if (next == NULL || next->cut || next->support < SST_MOTION_MIN_SUPPORT) {
    masker->is_camera_known = FALSE;
    return;
  }
  masker->camera = (SstCameraMotion) {
    .a = next->a * last.a - next->b * last.b,
    .b = next->b * last.a + next->a * last.b,
    .support = fminf (last.support, next->support)
  };
  sst_camera_motion_apply (next, last.tx, last.ty, &masker->camera.tx,
      &masker->camera.ty);
}

void
sst_masker_start (SstMasker * masker, SstSampler * sampler,
    const SstFrame * frame, const SstBox * box, const SstMaskPicture * given,
    const SstMaskHint * hint, const SstMaskUse * use)
{
  SstBox raw;

  masker->points = use->points;
  forget_camera (masker);
  sst_mask_carrier_start (masker->carrier, sampler, frame, box, given,
      hint, use, &masker->mask);
  masker->box = *box;
  masker->n_frames = masker->n_early = 0;
  masker->has_reading = masker->is_mixed = FALSE;
  masker->first = masker->sum = (SstMaskCalibration) { 0.f };
  masker->found = sst_mask_bounds (&masker->mask, &raw);
  if (masker->found)
    masker->first = sst_mask_calibrate (&raw, box);
  masker->calibration = masker->first;
}

/* The tracker's box is still right: what do carried masks lack to it? */
static void
calibrate_early (SstMasker * masker, const SstBox * raw, const SstBox * box)
{
  const SstMaskCalibration *const first = &masker->first;
  const SstMaskCalibration now = sst_mask_calibrate (raw, box);
  SstMaskCalibration *const sum = &masker->sum;
  const float share = EARLY_SHARE;
  float scale;

  masker->n_early++;
  scale = share / masker->n_early;
  *sum = (SstMaskCalibration) { sum->x + now.x, sum->y + now.y,
    sum->log_width + now.log_width, sum->log_height + now.log_height
  };
  masker->calibration = (SstMaskCalibration) {
    (1.f - share) * first->x + scale * sum->x,
    (1.f - share) * first->y + scale * sum->y,
    (1.f - share) * first->log_width + scale * sum->log_width,
    (1.f - share) * first->log_height + scale * sum->log_height
  };
}

static void
set_traits (SstMasker * masker, const SstMaskerInput * input,
    const SstMaskMeasures * measures)
{
  float *const t = masker->traits;
  const float beside = measures->separation - measures->around;

  t[0] = 1.f;
  t[1] = (sst_box_iou (&input->box, &masker->reading) - 0.7f) / 0.2f;
  t[2] = (input->confidence - 0.8f) / 0.2f;
  t[3] = (input->quality - 0.7f) / 0.15f;
  t[4] = CLAMP (measures->separation - 1.3f, -1.5f, 1.5f);
  t[5] = CLAMP ((beside - 4.f) / 2.f, -1.5f, 1.5f);
  t[6] = (measures->sureness - 0.93f) / 0.05f;
}

static float
trust (const SstMasker * masker)
{
  float z = 0.f;

  for (int i = 0; i < SST_MASKER_TRAITS; i++)
    z += weights[i] * masker->traits[i];
  return fminf (1.f / (1.f + expf (-z)), MAX_TRUST);
}

/* Reads the box off the mask that was carried. */
static void
read_box (SstMasker * masker, const SstMaskerInput * input,
    const SstMaskMeasures * measures)
{
  SstBox raw;

  if (!masker->found || !sst_mask_bounds (&masker->mask, &raw))
    return;
  if (masker->n_early < EARLY_FRAMES)
    calibrate_early (masker, &raw, &input->box);
  masker->reading = sst_mask_apply (&masker->calibration, &raw);
  masker->has_reading = TRUE;
  set_traits (masker, input, measures);
}

static gboolean
is_due (const SstMasker * masker, const SstMaskerInput * input, int interval)
{
  if (interval > 0)
    return masker->n_frames % (guint) interval == 0;
  return masker->n_frames <= EARLY_FRAMES
      || masker->n_frames % BOX_INTERVAL == 0 || input->confidence < DOUBT;
}

/* The box that the tracker has, mixed with the one that was read. */
static void
mix (SstMasker * masker, const SstMaskerInput * input, SstBox * box)
{
  masker->is_mixed = masker->has_reading && masker->n_frames > EARLY_FRAMES;
  if (!masker->is_mixed)
    return;
  *box = sst_mask_between (&input->box, &masker->reading, trust (masker));
  masker->lack = sst_mask_calibrate (&input->box, box);
}

/* The mask and the points go with the box. */
static void
move (SstMasker * masker, const SstBox * box)
{
  sst_mask_move (&masker->mask, &masker->box, box);
  if (masker->points != NULL)
    sst_points_move (masker->points, &masker->box, box);
  masker->box = *box;
}

void
sst_masker_next (SstMasker * masker, SstSampler * sampler,
    const SstFrame * frame, const SstMaskerInput * input,
    const SstMaskHint * hint, int interval, SstBox * box)
{
  SstMaskMeasures measures;

  masker->n_frames++;
  masker->has_reading = FALSE;
  add_camera (masker, input->camera);
  if (box != NULL)
    *box = input->box;
  if (!input->seen || !is_due (masker, input, interval)) {
    move (masker, &input->box);
    if (box != NULL && input->seen && masker->is_mixed)
      *box = sst_mask_apply (&masker->lack, &input->box);
    return;
  }
  masker->found = sst_mask_carrier_next (masker->carrier, sampler, frame,
      &input->box, hint, masker->is_camera_known ? &masker->camera : NULL,
      input->learn, &masker->mask, &measures);
  forget_camera (masker);
  masker->box = input->box;
  read_box (masker, input, &measures);
  if (box != NULL)
    mix (masker, input, box);
}

gboolean
sst_masker_reading (const SstMasker * masker, SstBox * box, float *traits)
{
  *box = masker->reading;
  memcpy (traits, masker->traits, sizeof masker->traits);
  return masker->has_reading;
}

void
sst_masker_move (SstMasker * masker, const SstBox * box)
{
  masker->is_camera_known = FALSE;
  move (masker, box);
}

void
sst_masker_rescale (SstMasker * masker, float sx, float sy)
{
  SstBox box = masker->box;

  box = (SstBox) { box.x * sx, box.y * sy, box.width * sx, box.height * sy };
  sst_masker_move (masker, &box);
}

const SstMask *
sst_masker_mask (const SstMasker * masker)
{
  return masker->found ? &masker->mask : NULL;
}
