/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "base/blas.h"

#include <cblas.h>

static GMutex lock;
/* Under the lock. */
static guint n_users;
static int found;               /* threads before the first of them */

static _Thread_local guint depth;       /* of this thread's calls */

static void
enter (void)
{
  if (openblas_get_parallel () == OPENBLAS_OPENMP)
    return;
  g_mutex_lock (&lock);
  if (n_users++ == 0) {
    found = openblas_get_num_threads ();
    if (found != 1)
      openblas_set_num_threads (1);
  }
  g_mutex_unlock (&lock);
}

static void
leave (void)
{
  if (openblas_get_parallel () == OPENBLAS_OPENMP)
    return;
  g_mutex_lock (&lock);
  /* What somebody else set meanwhile stays. */
  if (--n_users == 0 && found != 1 && openblas_get_num_threads () == 1)
    openblas_set_num_threads (found);
  g_mutex_unlock (&lock);
}

void
sst_blas_begin (void)
{
  if (depth++ == 0)
    enter ();
}

void
sst_blas_end (void)
{
  g_assert (depth > 0);
  if (--depth == 0)
    leave ();
}

void
sst_blas_pause (void)
{
  if (depth > 0)
    leave ();
}

void
sst_blas_resume (void)
{
  if (depth > 0)
    enter ();
}
