/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "base/crew.h"

#include <stdatomic.h>

/* The threads sleep until tickets are offered; one that takes a ticket works on
 * jobs until none are left. A ticket that nobody took in time is withdrawn, so
 * that a round never waits for a thread that has yet to wake. */
struct _SstCrew
{
  GMutex mutex;
  GCond wake, done;
  GThread *thread[SST_CREW_MAX_THREADS];
  guint n_threads;
  guint tickets, busy;
  gboolean quit;

  /* The round. */
  SstCrewJob job;
  gpointer data;
  guint n_jobs;
  atomic_uint next_job;
};

SstCrew *
sst_crew_new (void)
{
  SstCrew *crew = g_new0 (SstCrew, 1);

  g_mutex_init (&crew->mutex);
  g_cond_init (&crew->wake);
  g_cond_init (&crew->done);
  return crew;
}

void
sst_crew_free (SstCrew ** crew)
{
  if (*crew == NULL)
    return;
  sst_crew_resize (*crew, 0);
  g_mutex_clear (&(*crew)->mutex);
  g_cond_clear (&(*crew)->wake);
  g_cond_clear (&(*crew)->done);
  g_clear_pointer (crew, g_free);
}

/* Works on jobs until none are left; any number of threads at a time. */
static void
work (SstCrew * crew)
{
  for (;;) {
    const guint i = atomic_fetch_add (&crew->next_job, 1);

    if (i >= crew->n_jobs)
      return;
    crew->job (crew->data, i);
  }
}

static gpointer
thread_main (gpointer data)
{
  SstCrew *const crew = data;

  g_mutex_lock (&crew->mutex);
  for (;;) {
    while (!crew->quit && crew->tickets == 0)
      g_cond_wait (&crew->wake, &crew->mutex);
    if (crew->quit)
      break;
    crew->tickets--;
    crew->busy++;
    g_mutex_unlock (&crew->mutex);

    work (crew);

    g_mutex_lock (&crew->mutex);
    if (--crew->busy == 0)
      g_cond_signal (&crew->done);
  }
  g_mutex_unlock (&crew->mutex);
  return NULL;
}

void
sst_crew_resize (SstCrew * crew, guint n)
{
  n = MIN (n, SST_CREW_MAX_THREADS);
  if (n == crew->n_threads)
    return;

  g_mutex_lock (&crew->mutex);
  crew->quit = TRUE;
  g_cond_broadcast (&crew->wake);
  g_mutex_unlock (&crew->mutex);
  while (crew->n_threads > 0)
    g_thread_join (crew->thread[--crew->n_threads]);

  crew->quit = FALSE;
  while (crew->n_threads < n) {
    GThread *const thread =
        g_thread_try_new ("sst-crew", thread_main, crew, NULL);

    if (thread == NULL)
      break;
    crew->thread[crew->n_threads++] = thread;
  }
}

void
sst_crew_run (SstCrew * crew, SstCrewJob job, gpointer data, guint n_jobs)
{
  if (crew->n_threads == 0 || n_jobs <= 1) {
    for (guint i = 0; i < n_jobs; i++)
      job (data, i);
    return;
  }

  g_mutex_lock (&crew->mutex);
  crew->job = job;
  crew->data = data;
  crew->n_jobs = n_jobs;
  atomic_store (&crew->next_job, 0);
  crew->tickets = MIN (crew->n_threads, n_jobs - 1);
  for (guint i = 0; i < crew->tickets; i++)
    g_cond_signal (&crew->wake);
  g_mutex_unlock (&crew->mutex);

  work (crew);

  g_mutex_lock (&crew->mutex);
  crew->tickets = 0;
  while (crew->busy > 0)
    g_cond_wait (&crew->done, &crew->mutex);
  g_mutex_unlock (&crew->mutex);
}
