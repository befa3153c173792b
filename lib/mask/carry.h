/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Carry: a target's mask, from frame to frame.
 *
 * The window is tied to the target's box. For each cell, votes are logits that a
 * fixed mixture adds up:
 *
 *   first      likeness to the first frame's target and background, wherever
 *              they lie (alike.h)
 *   propagated logit of the labels that alike cells of the first and of the last
 *              frame had, near by (recall.h)
 *   color      of the first frame (color.h)
 *   network    the mask that the network gives with its search
 *   motion     what does not move as the camera does (moves.h), of masks that are
 *              shown
 *
 * The sum goes to pixels with the colour's detail, and along the picture's edges
 * (smooth.h); those cells are kept that hang together with cells in the box
 * (parts.h).
 *
 * Thread-safety: belongs to one thread at a time. Allocates at creation only,
 * but a sampler that is not warm. Deterministic. */

#pragma once

#include <sstrack/motion.h>

#include "base/scratch.h"
#include "mask/first.h"
#include "mask/carry_points.h"

G_BEGIN_DECLS

typedef enum
{
  SST_VOTE_FIRST,
  SST_VOTE_PROPAGATED,
  SST_VOTE_COLOR,
  SST_VOTE_NETWORK,
  SST_VOTE_MOTION,
  SST_N_VOTES
} SstMaskVote;

typedef struct
{
  float factor, tall;           /* of the window, see sst_mask_window() */
  float weights[SST_N_VOTES];   /* 0: not computed */
  float bias;
  float smoothness;             /* lambda of smooth.h */
  int rounds;                   /* the same, 0: none */
  SstMaskFirstParams first;     /* of masks that are not shown */
  SstMaskFirstParams shown;     /* of those that are */
} SstMaskCarryParams;

/* The purpose of a mask. */
typedef struct
{
  gboolean shown;               /* it is looked at, not its box alone */
  SstPoints *points;            /* are carried along; the caller's. NULL: none */
  int grid;                     /* side of the grid of points that is placed (carry_points.h) */
} SstMaskUse;

void sst_mask_carry_params_init (SstMaskCarryParams * params);

/* Figures that a mask can be judged by. */
typedef struct
{
  float separation;             /* F - B times kappa, mean over the mask */
  float around;                 /* the same over the cells beside it */
  float sureness;               /* mean |2 p - 1| near the box */
  float area;                   /* of the mask, pixels of the picture */
} SstMaskMeasures;

typedef struct _SstMaskCarrier SstMaskCarrier;

/* model: of the network's features, NULL for none; a reference is taken.
 * scratch: where it works, while a call takes; a reference is taken; NULL: one of
 * its own. params NULL: the defaults. */
SstMaskCarrier *sst_mask_carrier_new (SstModel * model, SstScratch * scratch,
    const SstMaskCarryParams * params);

/* Floats that it takes of scratch at a time. */
size_t sst_mask_carrier_scratch_size (const SstModel * model);

void sst_mask_carrier_free (SstMaskCarrier ** carrier);

/* Starts with the target in box. given: its mask in this frame, of any window;
 * NULL: one is made (first.h). hint: NULL or what the network said. use: NULL: its box
 * alone. mask: written, with the window that is carried. Forgets what was. */
void sst_mask_carrier_start (SstMaskCarrier * carrier, SstSampler * sampler,
    const SstFrame * frame, const SstBox * box, const SstMaskPicture * given,
    const SstMaskHint * hint, const SstMaskUse * use, SstMask * mask);

/* Carries the mask into a frame in which the target is in box.
 * camera: from the last frame that it was carried into; NULL: not known.
 * learn: whether the frame is one to learn from.
 * measures: NULL or written. Returns FALSE, and leaves mask empty, where nothing
 * was found. */
gboolean sst_mask_carrier_next (SstMaskCarrier * carrier, SstSampler * sampler,
    const SstFrame * frame, const SstBox * box, const SstMaskHint * hint,
    const SstCameraMotion * camera, gboolean learn, SstMask * mask, SstMaskMeasures * measures);

G_END_DECLS
