/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Masker (internal): the masks of one tracker, and their box.
 *
 * Carries the target's mask (carry.h), every frame or every so many and then
 * moves it with the box between them; reads a box off it (bounds.h), and says
 * how far to trust that: a logistic model of how sure the tracker is, how well
 * the two boxes agree and how well the mask stands out.
 *
 * Thread-safety: belongs to one thread at a time. Allocates at creation only,
 * but a sampler that is not warm. Deterministic. */

#pragma once

#include "mask/carry.h"

G_BEGIN_DECLS

/* The tracker's part of a frame. */
typedef struct
{
  SstBox box;                   /* where it says that the target is */
  float confidence;             /* 0..1 */
  float quality;                /* IoU that the network expects, 0 without */
  gboolean seen;                /* FALSE: lost, or not looked at */
  gboolean learn;               /* the frame is one to learn from */
  const SstCameraMotion *camera;        /* from the frame before; NULL: not known */
} SstMaskerInput;

/* The traits that trust is made of, for fitting it. */
#define SST_MASKER_TRAITS 7

typedef struct _SstMasker SstMasker;

/* model: NULL for none; a reference is taken, and kept: the mask goes on with the
 * features that it was started with. scratch: as of a carrier (carry.h). */
SstMasker *sst_masker_new (SstModel * model, SstScratch * scratch);
void sst_masker_free (SstMasker ** masker);

/* The model that it was made with. */
SstModel *sst_masker_model (const SstMasker * masker);

/* See sst_mask_carrier_start(). use: its points live as long as the masker, or until
 * the next start. */
void sst_masker_start (SstMasker * masker, SstSampler * sampler,
    const SstFrame * frame, const SstBox * box, const SstMaskPicture * given,
    const SstMaskHint * hint, const SstMaskUse * use);

/* Goes on to the next frame. interval: 1: carries in every frame; n: in every
 * n-th; 0: as often as the box gains by it: in the first frames, in which it is
 * calibrated, in every second one, and where the target is in doubt.
 * box: NULL, or written: the input's, mixed with the mask's; between frames in which
 * a mask is carried, as differently from the input's as in the last of them. */
void sst_masker_next (SstMasker * masker, SstSampler * sampler,
    const SstFrame * frame, const SstMaskerInput * input,
    const SstMaskHint * hint, int interval, SstBox * box);

/* The mask's box in the last frame and the traits that the trust in it was made
 * of (SST_MASKER_TRAITS floats), for fitting it; FALSE where it was not carried. */
gboolean sst_masker_reading (const SstMasker * masker, SstBox * box,
    float *traits);

/* Between frames that are looked at: the mask goes with the box. */
void sst_masker_move (SstMasker * masker, const SstBox * box);

/* The picture's size changed by these factors. */
void sst_masker_rescale (SstMasker * masker, float sx, float sy);

/* The target's mask; NULL where nothing of it was found. */
const SstMask *sst_masker_mask (const SstMasker * masker);

G_END_DECLS
