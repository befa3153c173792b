/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Intake (internal): the stream's side of a learner. It decides which frames
 * are taken, fills a window with them, and counts the stream's time.
 *
 * Thread-safety: belongs to the stream's thread. */

#pragma once

#include "stream/window.h"

G_BEGIN_DECLS

typedef struct _SstIntake SstIntake;

SstIntake *sst_intake_new (void);

/* Frees *intake, with the window in it, and sets it to NULL. *intake may be
 * NULL. */
void sst_intake_free (SstIntake ** intake);

/* The fate of a frame. */
typedef enum
{
  SST_INTAKE_PASS,              /* none is due */
  SST_INTAKE_TAKE,              /* it goes into the window */
  SST_INTAKE_BEGIN,             /* it begins a window, if the worker wants one */
  SST_INTAKE_TURN,              /* it ends the window, and may begin another */
} SstIntakeFate;

/* Decides on a frame. width, height: 0: as in the window. Changes nothing. */
SstIntakeFate sst_intake_decide (const SstIntake * intake, int width,
    int height, SstTime time);

/* Takes a frame that continues the window; see sst_window_add(). */
void sst_intake_add (SstIntake * intake, const SstFrame * frame, SstTime time,
    const SstProposal * proposals, guint n);

/* The window that is being filled; the intake keeps it. */
const SstWindow *sst_intake_window (const SstIntake * intake);

/* Hands the window over and begins an empty one. */
SstWindow *sst_intake_steal (SstIntake * intake);

/* Counts the stream's time up to a frame, without jumps: each frame once or
 * more, taken or not. */
void sst_intake_count (SstIntake * intake, SstTime time);

/* Returns the time counted since the last call. */
SstTime sst_intake_take_passed (SstIntake * intake);

/* The next frame does not follow on the last: its time is not counted. */
void sst_intake_interrupt (SstIntake * intake);

G_END_DECLS
