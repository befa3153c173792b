/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Forward (internal): tracking from a known box into another picture of the
 * clip, searched as a whole.
 *
 * The forward half of SSTrack's decoupled training (Zheng et al. 2025): the box
 * that it finds becomes the template from which the known box is searched for on
 * the way back. Only the way back has losses; no gradient goes through here.
 * Where SSTrack shrinks the whole picture to one search region, here regions of
 * the usual scale cover it, since a target shrunk with it is below what the
 * network has learned to see. At run time a lost target is looked for in the
 * same way.
 *
 * Thread-safety: a finder belongs to one thread at a time. */

#pragma once

#include "model/network.h"
#include "picture/sampler.h"

G_BEGIN_DECLS

/* Regions searched in a picture, at most; they lie closer where they are fewer. */
#define SST_FORWARD_MAX_REGIONS 12

typedef struct _SstForward SstForward;

/* network has to outlive it. */
SstForward *sst_forward_new (const SstNetwork * network);
void sst_forward_free (SstForward ** forward);

/* Finds in frame what is in known_box of known_frame. Returns the score of the
 * best cell, 0..1, and its box in pixels of frame. */
float sst_forward_find (SstForward * forward, const float *kernels,
    const SstFrame * known_frame, const SstBox * known_box,
    const SstFrame * frame, SstBox * found);

G_END_DECLS
