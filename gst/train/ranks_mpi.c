/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* What carries bytes between ranks: MPI.
 *
 * Sums are non-blocking all-reductions. MPI moves them on only while somebody
 * calls it, so a thread of its own does, with pauses, while the others work:
 * that is what lets the sums overlap with the backward pass, and it leaves the
 * processor to them where there are more ranks than cores. A lock lets one
 * thread call MPI at a time, which every MPI can do (MPI_THREAD_SERIALIZED).
 * An error of MPI ends the job. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "ranks.h"

#include <string.h>

#include <gio/gio.h>
#include <mpi.h>

/* Looks in vain before it sleeps, and how long then, microseconds. */
#define EAGER_LOOKS 20
#define PAUSE 50

/* Largest block that one call moves: counts are ints. */
#define MAX_BLOCK ((size_t) 1 << 24)

typedef struct
{
  SstRanks ranks;               /* first, so that it is the ranks as well */
  MPI_Comm comm;
  GThread *thread;
  GMutex mpi;                   /* held to call MPI */
  GMutex lock;                  /* of what follows */
  GCond begun, done;
  GArray *requests;             /* of MPI_Request: sums on their way */
  GPtrArray *copies;            /* what they add, one each */
  gboolean quit;
} Mpi;

static void
pause_a_little (guint * looks)
{
  if (++*looks > EAGER_LOOKS)
    g_usleep (PAUSE);
  else
    g_thread_yield ();
}

/* Waits for something that is begun. */
static void
complete (Mpi * mpi, MPI_Request * request)
{
  gint done = 0;
  guint looks = 0;

  while (!done) {
    g_mutex_lock (&mpi->mpi);
    MPI_Test (request, &done, MPI_STATUS_IGNORE);
    g_mutex_unlock (&mpi->mpi);
    if (!done)
      pause_a_little (&looks);
  }
}

/* Moves the sums on their way. Returns whether all are there. */
static gboolean
look_at_sums (Mpi * mpi)
{
  gint done;

  g_mutex_lock (&mpi->mpi);
  MPI_Testall ((gint) mpi->requests->len, (MPI_Request *) mpi->requests->data,
      &done, MPI_STATUSES_IGNORE);
  g_mutex_unlock (&mpi->mpi);
  return done;
}

static gpointer
move_on (gpointer data)
{
  Mpi *const mpi = data;
  guint looks = 0;

  g_mutex_lock (&mpi->lock);
  while (TRUE) {
    while (mpi->requests->len == 0 && !mpi->quit)
      g_cond_wait (&mpi->begun, &mpi->lock);
    if (mpi->requests->len == 0)
      break;
    if (look_at_sums (mpi)) {
      g_array_set_size (mpi->requests, 0);
      g_ptr_array_set_size (mpi->copies, 0);
      g_cond_signal (&mpi->done);
      looks = 0;
      continue;
    }
    g_mutex_unlock (&mpi->lock);
    pause_a_little (&looks);
    g_mutex_lock (&mpi->lock);
  }
  g_mutex_unlock (&mpi->lock);
  return NULL;
}

static void
mpi_sum (SstRanks * ranks_, float *x, size_t n)
{
  Mpi *const mpi = (Mpi *) ranks_;
  /* in place some MPIs take a tree, whose root gets all the bytes, and not a
   * ring */
  float *const copy = g_memdup2 (x, n * sizeof (float));
  MPI_Request request;

  g_mutex_lock (&mpi->lock);
  g_mutex_lock (&mpi->mpi);
  MPI_Iallreduce (copy, x, (gint) n, MPI_FLOAT, MPI_SUM, mpi->comm, &request);
  g_mutex_unlock (&mpi->mpi);
  g_array_append_val (mpi->requests, request);
  g_ptr_array_add (mpi->copies, copy);
  g_cond_signal (&mpi->begun);
  g_mutex_unlock (&mpi->lock);
}

static void
mpi_wait (SstRanks * ranks_)
{
  Mpi *const mpi = (Mpi *) ranks_;

  g_mutex_lock (&mpi->lock);
  while (mpi->requests->len > 0)
    g_cond_wait (&mpi->done, &mpi->lock);
  g_mutex_unlock (&mpi->lock);
}

static void
gather_block (Mpi * mpi, gpointer all, size_t size)
{
  MPI_Request request;

  g_mutex_lock (&mpi->mpi);
  MPI_Iallgather (MPI_IN_PLACE, 0, MPI_BYTE, all, (gint) size, MPI_BYTE,
      mpi->comm, &request);
  g_mutex_unlock (&mpi->mpi);
  complete (mpi, &request);
}

static void
mpi_gather (SstRanks * ranks_, gpointer all, size_t size)
{
  Mpi *const mpi = (Mpi *) ranks_;
  guint8 *const bytes = all;
  guint8 *block;

  if (size <= MAX_BLOCK) {
    gather_block (mpi, all, size);
    return;
  }
  block = g_malloc (MAX_BLOCK * ranks_->n);
  for (size_t at = 0; at < size; at += MAX_BLOCK) {
    const size_t part = MIN (MAX_BLOCK, size - at);

    memcpy (block + ranks_->rank * part, bytes + ranks_->rank * size + at,
        part);
    gather_block (mpi, block, part);
    for (guint i = 0; i < ranks_->n; i++)
      memcpy (bytes + i * size + at, block + i * part, part);
  }
  g_free (block);
}

static void
mpi_share (SstRanks * ranks_, gpointer data, size_t size)
{
  Mpi *const mpi = (Mpi *) ranks_;

  for (size_t at = 0; at < size; at += MAX_BLOCK) {
    MPI_Request request;

    g_mutex_lock (&mpi->mpi);
    MPI_Ibcast ((guint8 *) data + at, (gint) MIN (MAX_BLOCK, size - at),
        MPI_BYTE, 0, mpi->comm, &request);
    g_mutex_unlock (&mpi->mpi);
    complete (mpi, &request);
  }
}

SstRanks *
ranks_mpi_new (GError ** error)
{
  gint provided, rank, n;
  Mpi *mpi;

  if (MPI_Init_thread (NULL, NULL, MPI_THREAD_SERIALIZED,
          &provided) != MPI_SUCCESS || provided < MPI_THREAD_SERIALIZED) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
        "This MPI can't be called from several threads");
    return NULL;
  }
  MPI_Comm_rank (MPI_COMM_WORLD, &rank);
  MPI_Comm_size (MPI_COMM_WORLD, &n);
  mpi = g_new0 (Mpi, 1);
  mpi->ranks = (SstRanks) {
    (guint) rank, (guint) n, mpi_sum, mpi_wait, mpi_gather, mpi_share
  };
  mpi->comm = MPI_COMM_WORLD;
  g_mutex_init (&mpi->mpi);
  g_mutex_init (&mpi->lock);
  g_cond_init (&mpi->begun);
  g_cond_init (&mpi->done);
  mpi->requests = g_array_new (FALSE, FALSE, sizeof (MPI_Request));
  mpi->copies = g_ptr_array_new_with_free_func (g_free);
  mpi->thread = g_thread_new ("mpi", move_on, mpi);
  return &mpi->ranks;
}

void
ranks_mpi_free (SstRanks ** ranks_, gboolean abort, gint status)
{
  Mpi *const mpi = (Mpi *) *ranks_;

  if (abort)
    MPI_Abort (mpi->comm, status);
  g_mutex_lock (&mpi->lock);
  mpi->quit = TRUE;
  g_cond_signal (&mpi->begun);
  g_mutex_unlock (&mpi->lock);
  g_thread_join (mpi->thread);
  MPI_Finalize ();
  g_array_unref (mpi->requests);
  g_ptr_array_unref (mpi->copies);
  g_mutex_clear (&mpi->mpi);
  g_mutex_clear (&mpi->lock);
  g_cond_clear (&mpi->begun);
  g_cond_clear (&mpi->done);
  g_free (mpi);
  *ranks_ = NULL;
}
