/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Replay (internal): a bounded memory of a stream's pictures.
 *
 * Windows with their tracklets; of their pictures those alone that a tracklet
 * has a step in. One of SST_REPLAY_HOLD_OUT windows of a stream is held out: never
 * trained on, only judged with. Where the memory is full, a random window makes room
 * for a new one (reservoir sampling, Vitter 1985, with the newest always taken
 * in), so that windows of the whole past stay, fewer the older they are. Windows
 * that are held out take a quarter of the memory at most.
 *
 * Thread-safety: belongs to one thread at a time. */

#pragma once

#include "base/random.h"
#include "footage/tracklet.h"

G_BEGIN_DECLS

/* Of the windows of each stream one in so many is held out, of the next stream
 * another one, so that all are judged by. */
#define SST_REPLAY_HOLD_OUT 4

typedef struct _SstReplay SstReplay;

/* limit: bytes. */
SstReplay *sst_replay_new (guint64 seed, size_t limit);
void sst_replay_free (SstReplay ** replay);

/* Forgets all windows. */
void sst_replay_clear (SstReplay * replay);

/* Takes in a clip with the tracklets that are in it (their clip number is
 * ignored); all is copied or referenced. Where there are none, a few pictures of
 * the clip are kept, to make synthetic pairs of. Returns FALSE where it is larger
 * than the limit by itself.
 *
 * stream: number of the one that it is of. */
gboolean sst_replay_add (SstReplay * replay, guint stream, const SstClip * clip,
    const SstTracklets * tracklets);

/* Of the windows to train on, or of those that are held out. */
guint sst_replay_n_windows (const SstReplay * replay, gboolean held_out);

/* Counts the changes. */
guint sst_replay_version (const SstReplay * replay, gboolean held_out);

/* Bytes of everything in it. */
size_t sst_replay_size (const SstReplay * replay);

/* Adds a clip for each window to footage, and the tracklets in them to
 * tracklets. Pictures are shared. */
void sst_replay_get (const SstReplay * replay, gboolean held_out,
    SstFootage * footage, SstTracklets * tracklets);

G_END_DECLS
