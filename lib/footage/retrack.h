/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Retrack (internal): makes tracklets longer with a network.
 *
 * Mining (mine.h) holds a thing as long as it moves by itself, a second or two: it
 * hardly changes meanwhile. A network that has learned from such tracklets follows
 * the thing on, where it changes more. The network is believed where it comes
 * back: from the last picture it follows the thing backward, to where it began,
 * having seen nothing of the way there (cycle consistency: Wang et al., CVPR 2019;
 * UDT, Wang et al., CVPR 2019; the backward half of SSTrack). The boxes are then
 * the mean of both ways.
 *
 * On the pictures of data/dev boxes beyond the mined ones have a mean IoU of 0.62
 * with the true ones, the mined ones of 0.59 and 0.57 (docs/lab/mining.md).
 *
 * Thread-safety: a retracker belongs to one thread at a time; several may share a
 * model and work on different tracklets. */

#pragma once

#include "footage/tracklet.h"
#include "model/model_private.h"

G_BEGIN_DECLS

/* How far a tracklet is followed beyond each end, nanoseconds. */
#define SST_RETRACK_REACH ((guint64) 6 * 1000 * 1000 * 1000)
/* Mean IoU of the ways there and back from which on they are believed. */
#define SST_RETRACK_AGREEMENT 0.7f

typedef struct _SstRetracker SstRetracker;

SstRetracker *sst_retracker_new (SstModel * model);

/* Frees *retracker and sets it to NULL. *retracker may be NULL. */
void sst_retracker_free (SstRetracker ** retracker);

/* Follows the thing of a tracklet before and behind it, and adds the steps that
 * came back, about five a second; where they become more than
 * SST_TRACKLET_MAX_STEPS, some of all are left out. The steps that it had stay
 * as they were mined, its quality too. Returns whether it became longer. */
gboolean sst_retracker_lengthen (SstRetracker * retracker,
    const SstFootage * footage, SstTracklet * tracklet);

G_END_DECLS
