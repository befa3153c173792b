/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Cut (internal): leaves a piece of work in the middle. A worker's thread has a low
 * priority: on a busy machine a tenth of a second of its work can take seconds, and
 * the thread that stops it waits for that.
 *
 * A caller that starts a piece which may be dropped, and has a pace (pace.h), says
 * so; the functions that it calls ask, every millisecond or so of work, and return
 * at once where the pace was stopped. Their result then means nothing, and they may
 * have changed nothing else.
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

/* The end of the piece. Returns whether the work was left in the middle, so that
 * its result is to be dropped. */
gboolean sst_cut_end (void);

G_END_DECLS
