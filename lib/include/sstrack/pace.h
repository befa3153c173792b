/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Pace (internal): bounds the share of one core that a working thread takes,
 * and tells it to stop.
 *
 * The worker calls sst_pace_wait() between small pieces of work; where it has
 * had more than its share of time, the call sleeps. Time that was not used does not
 * pile up for longer than a fifth of a second's allowance, so that the share
 * holds over any few seconds, not on average only.
 *
 * Thread-safety: sst_pace_wait() is the worker's, always the same thread's;
 * everything else may be called from any. */

#pragma once

#include <glib.h>

#include <sstrack/api.h>

G_BEGIN_DECLS

typedef struct _SstPace SstPace;

/* Makes a pace without a bound (share 1), not stopped. */
SST_API SstPace *sst_pace_new (void);

/* Frees *pace and sets it to NULL. *pace may be NULL. No thread waits in it. */
SST_API void sst_pace_free (SstPace ** pace);

/* share: 0.01..1 of one core's time, clamped; takes effect at once. */
SST_API void sst_pace_set_share (SstPace * pace, double share);

/* Wakes the worker and makes its waits fail until sst_pace_resume(). */
SST_API void sst_pace_stop (SstPace * pace);
SST_API void sst_pace_resume (SstPace * pace);

/* Sleeps while the calling thread is over its share. Returns FALSE where the
 * worker has to stop what it does. pace NULL: TRUE at once. */
SST_API gboolean sst_pace_wait (SstPace * pace);

/* CPU time that the worker has taken between waits so far, nanoseconds. */
SST_API guint64 sst_pace_get_used (SstPace * pace);

G_END_DECLS
