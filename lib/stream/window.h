/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Window (internal): a few seconds of a stream, to mine things in.
 *
 * Up to SST_WINDOW_LENGTH pictures of one shot, some 12 a second, shrunk to
 * SST_WINDOW_MAX_SIDE and SST_WINDOW_MAX_PIXELS, with the boxes that somebody
 * else knew in each. A judge says how far a window is any good: up to a cut, a
 * picture in which a target is lost, or one without an edge; and whether
 * anything moves in it.
 *
 * Thread-safety: a window belongs to one thread at a time, filled by one and then
 * handed to another. A judge belongs to one thread at a time. */

#pragma once

#include <sstrack/frame.h>
#include <sstrack/learn.h>
#include <sstrack/time.h>

#include "footage/mine.h"
#include "picture/artifacts.h"

G_BEGIN_DECLS

#define SST_WINDOW_LENGTH 32
#define SST_WINDOW_MAX_SIDE 480
#define SST_WINDOW_MAX_PIXELS (480 * 270)
/* Bytes of its pictures and pieces. */
#define SST_WINDOW_MAX_SIZE ((size_t) 3 \
    * (SST_WINDOW_LENGTH * SST_WINDOW_MAX_PIXELS \
        + 2 * SST_ARTIFACTS_WIDTH * SST_ARTIFACTS_HEIGHT) / 2)
#define SST_WINDOW_MAX_PROPOSALS 64     /* of a picture; the first ones */

/* From a picture to the next, nanoseconds: at least this (12 to 16 pictures a
 * second at the usual rates, which are whole fractions of theirs), and at most
 * that, or the window ends. */
#define SST_WINDOW_MIN_GAP ((SstTime) 62 * 1000 * 1000)
#define SST_WINDOW_MAX_GAP ((SstTime) 1000 * 1000 * 1000)

/* Pictures that a window has to have, anyhow, and where those with a cut soon
 * are refused (SST_LEARN_PAUSE_CUT). */
#define SST_WINDOW_MIN_LENGTH SST_MINE_MIN_WINDOW
#define SST_WINDOW_WANTED_LENGTH 16

typedef struct
{
  SstFootage *footage;          /* one clip: the pictures, times from the first's
                                 * on; no clip before the first picture */
  GPtrArray *proposals;         /* of GArray of SstProposal, one for each
                                 * picture, in pixels of that picture */
  guint stream;                 /* number of that, for who has several */
  int width, height;            /* of the stream's frames */
  SstTime first, last;          /* times of the pictures */
  SstArtifacts artifacts;       /* of the first frame; flicker not yet */
  SstImage *piece[2];           /* of the first two frames, to measure that with;
                                 * may be NULL */
} SstWindow;

SstWindow *sst_window_new (void);

/* Frees *window and sets it to NULL. *window may be NULL. */
void sst_window_free (SstWindow ** window);

guint sst_window_length (const SstWindow * window);

/* Bytes of its pictures and pieces, SST_WINDOW_MAX_SIZE at most. */
size_t sst_window_size (const SstWindow * window);

/* Whether a picture of that time is due; one of which sst_window_continues() has
 * to be true, too. */
gboolean sst_window_is_due (const SstWindow * window, SstTime time);

/* Whether a picture of that time and size may follow: the time does not go back,
 * nor far ahead. Anything may follow on nothing. */
gboolean sst_window_continues (const SstWindow * window, int width, int height,
    SstTime time);

/* Takes a shrunk copy of a picture that continues the window. frame: a view that
 * sst_frame_validate() accepts. proposals: in pixels of the frame. */
void sst_window_add (SstWindow * window, SstSampler * sampler,
    const SstFrame * frame, SstTime time, const SstProposal * proposals, guint n);

/* Measures the flicker of the artifacts, in 2 ms; it stays 0 where there is only one
 * picture, or it is too small. */
void sst_window_measure_flicker (SstWindow * window);

/* Keeps the first n pictures; 1 or more. */
void sst_window_truncate (SstWindow * window, guint n);

typedef struct _SstWindowJudge SstWindowJudge;

SstWindowJudge *sst_window_judge_new (void);
void sst_window_judge_free (SstWindowJudge ** judge);

/* Truncates a window, of a picture or more, to its good part. Work that may be left
 * (cut.h); the window is as it was then.
 *
 * paused_when: the reason against it. A cut ends it whatever is set.
 * refused: set to the reason where it is FALSE.
 * Returns whether it may be learned from. */
gboolean sst_window_judge (SstWindowJudge * judge, SstWindow * window,
    SstLearnPause paused_when, SstRefused * refused);

G_END_DECLS
