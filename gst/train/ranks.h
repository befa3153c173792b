/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Ranks (of sstrack-train): the processes of one training, on one machine or many.
 *
 * Where mpirun or srun started several, each is a rank. This file stands on
 * fit/ranks.h alone and knows no MPI; ranks_mpi.c is what carries bytes, and is the
 * only thing that is linked with it. Every function that says "all ranks" is called
 * by all of them, in the same order. */

#pragma once

#include "fit/ranks.h"

/* The ranks; NULL: this process is alone, and nothing below does anything. */
extern SstRanks *ranks;

/* Joins the others, if there are any. FALSE with error where they are of another
 * version, or can't be joined: started as several, but built without MPI. */
gboolean ranks_begin (GError ** error);

/* Leaves them. Where this rank alone failed, which nobody has settled, all of them
 * are ended, with status. */
void ranks_end (gint status);

/* Whether this rank writes files and tells the progress: the first one. */
gboolean ranks_is_first (void);

/* Whether this rank has to tell errors: the first does, and one whose error the
 * others do not know. */
gboolean ranks_says_errors (void);

/* "rank 2 (its machine)"; of ranks only. Belongs to the ranks. */
const gchar *ranks_name (guint rank);

/* How many ranks there are on this machine, 1 or more. */
guint ranks_n_here (void);

/* Whether all ranks got on well. Where one did not, all have its error, and say so
 * together. ok, error: of this rank; ok FALSE without an error is one that was
 * interrupted. All ranks. */
gboolean ranks_settle (gboolean ok, GError ** error);

/* Whether any of the ranks says yes. All ranks. */
gboolean ranks_any (gboolean yes);

/* FALSE with error where a rank has another text; what: the kind of text, as in
 * "options". All ranks. */
gboolean ranks_compare (const gchar * what, const gchar * text,
    GError ** error);

/* The contribution of each rank, however long: an array of GByteArray in their
 * order, to be freed (g_ptr_array_unref()). All ranks. */
GPtrArray *ranks_exchange (const GByteArray * mine);

/* Replaces bytes by those of the first rank. All ranks. */
void ranks_share (GByteArray * bytes);

/* --- ranks_mpi.c --- */

/* Joins the ranks that mpirun started. argv[0] is never looked at. NULL with
 * error. */
SstRanks *ranks_mpi_new (GError ** error);

/* Frees it; the last that is done with MPI. abort: ends all others too. */
void ranks_mpi_free (SstRanks ** mpi, gboolean abort, gint status);
