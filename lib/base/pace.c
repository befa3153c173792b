/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <sstrack/pace.h>

#include <stdatomic.h>
#include <time.h>

#include "base/blas.h"
#include "base/pace_private.h"

#define MIN_SHARE 0.01
/* Allowance that is kept for later, seconds of it. */
#define MAX_SAVED 0.2

/* A token bucket: CPU time flows in at share, up to the allowance of MAX_SAVED,
 * and what the worker used is taken out; it may owe any amount. */
struct _SstPace
{
  GMutex lock;
  GCond changed;
  double share;
  atomic_bool stopped;          /* written under the lock */
  double balance;               /* seconds of CPU time, at filled */
  double filled;                /* monotonic, seconds */
  GThread *worker;              /* that waited last; NULL: none yet */
  guint64 worker_time;          /* its CPU time then, nanoseconds */
  guint64 used;
};

static guint64
cpu_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (guint64) now.tv_sec * G_GUINT64_CONSTANT (1000000000)
      + (guint64) now.tv_nsec;
}

static double
monotonic_time (void)
{
  return 1e-6 * (double) g_get_monotonic_time ();
}

SstPace *
sst_pace_new (void)
{
  SstPace *pace = g_new0 (SstPace, 1);

  g_mutex_init (&pace->lock);
  g_cond_init (&pace->changed);
  pace->share = 1.0;
  pace->filled = monotonic_time ();
  return pace;
}

void
sst_pace_free (SstPace ** pace)
{
  if (*pace == NULL)
    return;
  g_mutex_clear (&(*pace)->lock);
  g_cond_clear (&(*pace)->changed);
  g_clear_pointer (pace, g_free);
}

/* Pays in what has come together since the last time. */
static void
fill (SstPace * pace)
{
  const double now = monotonic_time ();

  pace->balance = MIN (pace->balance + pace->share * (now - pace->filled),
      pace->share * MAX_SAVED);
  pace->filled = now;
}

void
sst_pace_set_share (SstPace * pace, double share)
{
  g_return_if_fail (pace != NULL);

  g_mutex_lock (&pace->lock);
  fill (pace);
  pace->share = CLAMP (share, MIN_SHARE, 1.0);
  g_cond_signal (&pace->changed);
  g_mutex_unlock (&pace->lock);
}

static void
set_stopped (SstPace * pace, gboolean stopped)
{
  g_mutex_lock (&pace->lock);
  atomic_store (&pace->stopped, stopped);
  g_cond_signal (&pace->changed);
  g_mutex_unlock (&pace->lock);
}

void
sst_pace_stop (SstPace * pace)
{
  g_return_if_fail (pace != NULL);

  set_stopped (pace, TRUE);
}

void
sst_pace_resume (SstPace * pace)
{
  g_return_if_fail (pace != NULL);

  set_stopped (pace, FALSE);
}

gboolean
sst_pace_wait (SstPace * pace)
{
  guint64 now;
  gboolean go_on;

  if (pace == NULL)
    return TRUE;
  now = cpu_time ();
  g_mutex_lock (&pace->lock);
  fill (pace);
  if (pace->worker == g_thread_self ()) {
    pace->used += now - pace->worker_time;
    pace->balance -= 1e-9 * (double) (now - pace->worker_time);
  }
  pace->worker = g_thread_self ();
  pace->worker_time = now;
  if (pace->share >= 1.0)
    pace->balance = MAX (pace->balance, 0.0);   /* clocks differ a little */
  while (!pace->stopped && pace->balance < 0.0) {
    sst_blas_pause ();
    g_cond_wait_until (&pace->changed, &pace->lock, g_get_monotonic_time ()
        + 1 + (gint64) (-1e6 * pace->balance / pace->share));
    sst_blas_resume ();
    fill (pace);
  }
  go_on = !pace->stopped;
  g_mutex_unlock (&pace->lock);
  return go_on;
}

gboolean
sst_pace_is_stopped (const SstPace * pace)
{
  return atomic_load_explicit (&pace->stopped, memory_order_relaxed);
}

guint64
sst_pace_get_used (SstPace * pace)
{
  g_return_val_if_fail (pace != NULL, 0);

  guint64 used;

  g_mutex_lock (&pace->lock);
  used = pace->used;
  g_mutex_unlock (&pace->lock);
  return used;
}
