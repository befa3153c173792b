/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Mined: the tracklets of a store of pictures (store.h), kept in its folder, with
 * which clips they were mined in, so that a store that grew is not mined anew.
 *
 *   tracklets-N.txt    what was mined at one time (tracklet.h)
 *   mined.txt          which of these count, by which version of mining, and
 *                      the clips that were mined for each
 *
 * A file of tracklets that mined.txt does not name was written by somebody who
 * died, and is written over. Tracklets of another version of mining do not
 * count. Nothing read is trusted.
 *
 * Thread-safety: belongs to one thread at a time. One process writes at a time
 * (it holds a lock), any number reads. */

#pragma once

#include "footage/tracklet.h"

G_BEGIN_DECLS

typedef struct _SstMined SstMined;

/* Opens the tracklets of a folder, in which there may be none yet.
 *
 * version: of the mining (SST_MINE_VERSION).
 * writable: sst_mined_add() may be called.
 * Returns NULL and sets error (SST_TRACKLET_ERROR, G_FILE_ERROR) where mined.txt
 * is no good, or another process writes. */
SstMined *sst_mined_open (const char *folder, guint version, gboolean writable,
    GError ** error);
void sst_mined_free (SstMined ** mined);

/* Whether a clip was mined, with or without anything found. */
gboolean sst_mined_has (const SstMined * mined, const char *clip);

/* Adds what was mined in these clips (array of guint: numbers in the footage) to
 * the disk. */
gboolean sst_mined_add (SstMined * mined, const SstTracklets * tracklets,
    const SstFootage * footage, const GArray * clips, GError ** error);

/* Forgets everything; files go with the next sst_mined_add(). */
void sst_mined_forget (SstMined * mined);

/* All tracklets of the clips that the footage has. NULL with error (of
 * sst_tracklets_load()) where a file is no good. */
SstTracklets *sst_mined_load (const SstMined * mined,
    const SstFootage * footage, GError ** error);

G_END_DECLS
