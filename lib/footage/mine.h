/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Mine (internal): finds things in unlabeled video and carries them along.
 *
 * In a window of pictures, up to the next cut:
 *
 * 1. The camera's motion is fitted to point flow (flow.h), picture by picture.
 * 2. Things that move: in each picture the pixels that the camera's motion does
 *    not explain, from before and after, are divided into parts (extent.h); ways
 *    through the parts that overlap from picture to picture, as the flow takes
 *    them, and stand out of their surroundings, are things (mover.h). The box is
 *    measured in each picture, so that it follows a thing that turns or comes
 *    near. A mover is cut where it may hide another. The pictures at both ends of
 *    a shot, 10 at most, see things from one side of time only and are left out.
 * 3. Random boxes in the first picture, rather where there is texture and change,
 *    and boxes that are given. Each is carried from picture to picture by 8 x 8
 *    points (median flow, Kalal et al. 2010): the median shift of those that pass
 *    the forward-backward check, and a size for each axis. It ends where fewer
 *    than 45 % pass, or where it leaves the picture. It also ends where it does
 *    not look like the first picture any more: flow follows the ground as well
 *    when a thing has left its box. It is carried back to the start, and has to
 *    arrive where it came from.
 *
 * Thread-safety: a miner belongs to one thread at a time; any number may mine
 * the same footage into stores of their own. */

#pragma once

#include <sstrack/pace.h>

#include "footage/tracklet.h"

G_BEGIN_DECLS

#define SST_MINE_MIN_WINDOW 10
#define SST_MINE_MAX_WINDOW 128

/* Goes up whenever other tracklets come out of the same pictures, so that
 * tracklets which were kept (mined.h) are mined again. */
#define SST_MINE_VERSION 1

/* Overlap that the way back has to arrive with, and that is as good as any. */
#define SST_MINE_MIN_CYCLE 0.5f
#define SST_MINE_FULL_CYCLE 0.7f

typedef struct
{
  guint window;                 /* pictures a tracklet may span, 10..128;
                                 * made for 12 to 30 a second. Boxes of texture
                                 * span 64 at most */
  guint stride;                 /* from a window to the next, 1 or more */
  guint n_moving;               /* most candidates of a motion of their own,
                                 * 0..64 */
  guint n_random;               /* boxes of texture, 0..64 */
  SstPace *pace;                /* asked between pictures; NULL: none. Where it
                                 * says stop, the call ends with nothing added */
} SstMineParams;

#define SST_MINE_PARAMS_DEFAULT ((SstMineParams) { 128, 96, 24, 12, NULL })

typedef struct _SstMiner SstMiner;

/* The fate of the boxes that were to be carried; each counts once. */
typedef struct
{
  guint n_candidates;           /* all of them */
  guint n_added;
  guint n_outside;              /* proposals: not in the picture, or most of it */
  guint n_small;
  guint n_plain;                /* without texture */
  guint n_short;                /* lost at once, or not alone for long enough */
  guint n_cycle;                /* did not come back to their start */
  guint n_still;                /* hardly moved */
} SstMineCounts;

/* Makes a miner: about 1.2 MB of scratch memory a picture of the window once warm,
 * and 6 MB. */
SstMiner *sst_miner_new (void);
void sst_miner_free (SstMiner ** miner);

/* Mines the window that starts at picture first of a clip, and adds what it
 * finds to out. Returns where the next window starts, behind a cut if there was
 * one; the clip's length or more: that was the last.
 *
 * params: within the ranges given above.
 * random: decides the random boxes, and nothing else of weight.
 * Where the pace says stop it returns first. */
guint sst_mine_window (SstMiner * miner, const SstFootage * footage,
    guint clip, guint first, const SstMineParams * params,
    SstRandom * random, SstTracklets * out);

/* The same with the boxes to carry given, in pixels of picture first, instead of
 * found: proposals, which have to pass the same checks, but that one that hardly
 * moves is kept: it is a thing, somebody says. Boxes may be anything, also no
 * numbers. n: at most 64 are used. n_moving and n_random of params mean
 * nothing here. */
guint sst_mine_boxes (SstMiner * miner, const SstFootage * footage,
    guint clip, guint first, const SstMineParams * params, const SstBox * boxes,
    guint n, SstTracklets * out);

/* The counts of the last of the two calls above, whether it was stopped or not;
 * zeros where the window was too short or before the first call. */
const SstMineCounts *sst_miner_get_counts (const SstMiner * miner);

/* Mines all windows of a clip. */
void sst_mine_clip (SstMiner * miner, const SstFootage * footage, guint clip,
    const SstMineParams * params, SstRandom * random, SstTracklets * out);

G_END_DECLS
