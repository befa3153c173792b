/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Verify (internal): keeps of a tracklet what two independent ways agree on, the
 * flow that mined it and a network.
 *
 * The network looks for the tracklet's first appearance around each later box,
 * not right in the middle. Where its box overlaps too little with the flow's,
 * one of them lost the thing, and the tracklet ends before. As the network gets
 * better, mining and verifying again keeps more (methods.md 4.1).
 *
 * Thread-safety: a verifier belongs to one thread at a time; several may share a
 * model and work on different tracklets. */

#pragma once


#include "footage/tracklet.h"
#include "model/model_private.h"

G_BEGIN_DECLS

/* Overlap of the two boxes (IoU) from which on they agree. */
#define SST_VERIFY_AGREEMENT 0.45f

typedef struct _SstVerifier SstVerifier;

SstVerifier *sst_verifier_new (SstModel * model);
void sst_verifier_free (SstVerifier ** verifier);

/* Truncates the tracklet to the steps on which both agree, and multiplies its
 * quality by how well they do (mean IoU of the kept ones). Returns FALSE where
 * not even two steps are left: the tracklet's quality is 0 then, to be removed
 * with sst_tracklets_remove_below(). */
gboolean sst_verifier_check (SstVerifier * verifier,
    const SstFootage * footage, SstTracklet * tracklet, SstRandom * random);

G_END_DECLS
