/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Cut (internal): leaves a piece of work in the middle. A worker's thread has a low
 * priority: on a busy machine a tenth of a second of its work can take seconds,
 * and who stops it waits for that.
 *
 * Who starts a piece that may be dropped, and has a pace (pace.h), says so; what
 * it calls asks, every millisecond or so of work, and returns at once where the
 * pace was stopped. What comes out then means nothing, and nothing but that may
 * have been changed.
 *
 *   sst_cut_begin (pace);
 *   work ();                        if (sst_cut_is_due ()) return;
 *   if (sst_cut_end ()) drop ();
 *
 * Thread-safety: all are about the calling thread. */

#pragma once

#include <glib.h>

struct _SstPace;

G_BEGIN_DECLS

/* From here on work of this thread may be left where the pace is stopped. Not
 * within another such piece. pace NULL: it is never left. */
void sst_cut_begin (struct _SstPace *pace);

/* Whether to leave. Once it is TRUE it stays so until sst_cut_end(), also where the
 * pace is resumed meanwhile. FALSE outside of a piece. */
gboolean sst_cut_is_due (void);

/* The end of the piece. Returns whether somebody was told to leave, so that what
 * came out is to be dropped. */
gboolean sst_cut_end (void);

G_END_DECLS
