/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Rehearsal (internal): how well a model follows and recognises things, on pictures
 * of a stream that it was not trained on.
 *
 *   track  each thing is followed by the whole tracker (tracker.h), from its first
 *          box to its last picture and, by a tracker that knows only where the first
 *          one ended, back again (forward-backward error, Kalal et al. 2010). The
 *          score is the IoU with the box it began from; 0 where one of the two has
 *          lost it at its end, or is elsewhere at the far end than flow had it, as a
 *          tracker is that does not move at all
 *   know   each thing that is seen together with others is looked for among them by
 *          its portrait (gallery.h), what it looked like first among what all of them
 *          look like last, and the other way round: recall@1, the share of the
 *          questions that are answered right
 *
 * Both are numbers of 0..1, one for each thing, in the same order for every model:
 * they are compared thing by thing, with sst_check_compare().
 *
 * Thread-safety: a rehearsal belongs to one thread at a time. */

#pragma once

#include <sstrack/pace.h>

#include "footage/tracklet.h"
#include "model/model_private.h"

G_BEGIN_DECLS

#define SST_REHEARSAL_MAX_THINGS 256

/* The shortest tracklet that is followed, nanoseconds. */
#define SST_REHEARSAL_MIN_TIME ((guint64) 600 * 1000 * 1000)

typedef struct
{
  float track[SST_REHEARSAL_MAX_THINGS];
  float know[SST_REHEARSAL_MAX_THINGS];
} SstRehearsalScores;

typedef struct _SstRehearsal SstRehearsal;

/* Makes a rehearsal of at most n_things things that move, evenly picked of those
 * that can be followed, and as many of those that are seen together with others;
 * 1..SST_REHEARSAL_MAX_THINGS. footage and tracklets have to outlive it and stay as
 * they are. */
SstRehearsal *sst_rehearsal_new (const SstFootage * footage,
    const SstTracklets * tracklets, guint n_things);
void sst_rehearsal_free (SstRehearsal ** rehearsal);

/* How many things there are of each; perhaps none. */
guint sst_rehearsal_n_tracks (const SstRehearsal * rehearsal);
guint sst_rehearsal_n_known (const SstRehearsal * rehearsal);

/* The tracklet of thing i of those that are followed, or known. */
guint sst_rehearsal_track (const SstRehearsal * rehearsal, guint i);
guint sst_rehearsal_known (const SstRehearsal * rehearsal, guint i);

/* Runs it. The pictures are seen as the footage says (sst_footage_see()). pace may
 * be NULL; FALSE where it says stop: the scores mean nothing then. */
gboolean sst_rehearsal_run (SstRehearsal * rehearsal, SstModel * model,
    SstPace * pace, SstRehearsalScores * scores);

/* The second part alone. know: as many as there are things that are known. colors:
 * whether portraits have them, as in use; FALSE: the embedding alone. */
gboolean sst_rehearsal_look (SstRehearsal * rehearsal, SstModel * model,
    gboolean colors, SstPace * pace, float *know);

G_END_DECLS
