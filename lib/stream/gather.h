/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Gather (internal): the tracklets of a window that can be learned from.
 *
 * Candidates are moving regions (mine.h), and boxes that a tracker or a detector
 * knew in the window's first picture. All have to come through the miner's own
 * checks (carried far enough, back to the start), to be 16 pixels large, and to
 * be found by the teacher where the flow says (verify.h); a target of a tracker
 * must also be where the tracker has it later on. A detector's box is where to
 * look, nothing more. Where there is little contrast, as at night, the miner is
 * shown a copy with more.
 *
 * Thread-safety: belongs to one thread at a time. */

#pragma once

#include <sstrack/model.h>

#include "stream/window.h"

G_BEGIN_DECLS

typedef struct _SstGather SstGather;

/* seed: of the random candidates. */
SstGather *sst_gather_new (guint64 seed);
void sst_gather_free (SstGather ** gather);

/* Adds what passes to tracklets, which is empty; steps number the window's
 * pictures.
 *
 * window: one that a judge let pass.
 * number: of the window; the same gives the same random candidates.
 * refused: SST_N_REFUSED counters, which what fails is added to. Candidates that
 *     just do not move are nobody's fault and not counted.
 * Returns FALSE where the pace (may be NULL) says stop: tracklets and counters
 * mean nothing then. */
gboolean sst_gather_run (SstGather * gather, const SstWindow * window,
    guint64 number, SstLearnFrom from, SstModel * teacher, SstPace * pace,
    SstTracklets * tracklets, guint64 * refused);

/* Bytes of scratch memory: the most that the miner takes for such pictures, and
 * a copy of them. */
#define SST_GATHER_SIZE ((size_t) 52 << 20)

G_END_DECLS
