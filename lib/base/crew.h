/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Crew (internal): threads that share out the jobs of a round.
 *
 * The caller works too; a crew of no threads is the caller alone, and then
 * nothing is locked. The threads sleep between rounds. Running a round allocates
 * nothing.
 *
 * Thread-safety: a crew belongs to one thread at a time. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SST_CREW_MAX_THREADS 63

typedef struct _SstCrew SstCrew;

/* Does job i of the round; jobs run in any order and at the same time, so they
 * may not touch what another one touches. */
typedef void (*SstCrewJob) (gpointer data, guint i);

/* Makes a crew of no threads. */
SstCrew *sst_crew_new (void);

/* Ends the threads, frees *crew and sets it to NULL. *crew may be NULL. */
void sst_crew_free (SstCrew ** crew);

/* Makes it n threads beside the caller's, at most SST_CREW_MAX_THREADS; fewer
 * where the system gives no more. */
void sst_crew_resize (SstCrew * crew, guint n);

/* Does jobs 0 .. n_jobs - 1 and returns when all are done. */
void sst_crew_run (SstCrew * crew, SstCrewJob job, gpointer data,
    guint n_jobs);

G_END_DECLS
