/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Ranks (internal): the processes, on one machine or many, that train one model
 * together.
 *
 * The seam between the sums, which the trainer knows, and the code that carries the
 * numbers, which it does not: in the command that is MPI (gst/train/ranks_mpi.c),
 * which only the command is linked with; in tests it is threads (tests/team.h). So
 * the library needs no MPI and knows none of its types, and what is learned by
 * several is tested without it.
 *
 * All ranks make the same calls in the same order, with the same sizes. All of them
 * have the same kind of floats. There is no way back from a rank that is gone: who
 * carries the numbers ends the process then.
 *
 * Thread-safety: belongs to one thread at a time. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _SstRanks SstRanks;

struct _SstRanks
{
  guint rank;                   /* which one this is, from 0 */
  guint n;                      /* how many there are, 1 or more */

  /* Begins to replace each of n floats by its sum over all ranks, and returns at
   * once; until wait() x belongs to the sum. Every rank gets the same sums, to the
   * bit. Several may be on their way at a time. */
  void (*sum) (SstRanks * ranks, float *x, size_t n);
  void (*wait) (SstRanks * ranks);

  /* all: a block of size bytes for each rank, in their order. Each rank has filled
   * in its own; returns when all are there. */
  void (*gather) (SstRanks * ranks, gpointer all, size_t size);

  /* Replaces size bytes by those of the first rank. */
  void (*share) (SstRanks * ranks, gpointer data, size_t size);
};

/* Floats that are summed at a time: large enough that the time of a round trip is
 * small beside them, small enough that the first are through when the last are
 * added. */
#define SST_RANKS_BUCKET ((size_t) 1 << 18)

/* Begins to sum n floats, a bucket at a time. */
static inline void
sst_ranks_sum (SstRanks *ranks, float *x, size_t n)
{
  for (size_t i = 0; i < n; i += SST_RANKS_BUCKET)
    ranks->sum (ranks, x + i, MIN (SST_RANKS_BUCKET, n - i));
}

G_END_DECLS
