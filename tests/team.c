/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "team.h"

#include <string.h>

#define MAX_RANKS 16
#define MAX_SUMS 64

typedef struct _Team Team;

/* Something that a rank has brought. */
typedef struct
{
  float *x;
  size_t n;
} Sum;

typedef struct
{
  SstRanks ranks;               /* first, so that it is the rank as well */
  Team *team;
  TeamWork work;
  gpointer data;
  Sum sums[MAX_SUMS];
  guint n_sums;
  gpointer shown;               /* what the others may read */
} Rank;

struct _Team
{
  GMutex lock;
  GCond all_here;
  guint n, n_here, n_meetings;
  Rank rank[MAX_RANKS];
};

/* Returns when all ranks are here. */
static void
meet (Team * team)
{
  guint meeting;

  g_mutex_lock (&team->lock);
  meeting = team->n_meetings;
  if (++team->n_here == team->n) {
    team->n_here = 0;
    team->n_meetings++;
    g_cond_broadcast (&team->all_here);
  }
  while (meeting == team->n_meetings)
    g_cond_wait (&team->all_here, &team->lock);
  g_mutex_unlock (&team->lock);
}

static void
team_sum (SstRanks * ranks, float *x, size_t n)
{
  Rank *const rank = (Rank *) ranks;

  g_assert (rank->n_sums < MAX_SUMS);
  rank->sums[rank->n_sums++] = (Sum) { x, n };
}

/* The first rank adds all up, in their order, and gives the sum to each. */
static void
add_up (Team * team, guint k)
{
  const Sum *const first = &team->rank[0].sums[k];

  for (guint r = 1; r < team->n; r++) {
    const Sum *const other = &team->rank[r].sums[k];

    g_assert (other->n == first->n);
    for (size_t i = 0; i < first->n; i++)
      first->x[i] += other->x[i];
  }
  for (guint r = 1; r < team->n; r++)
    memcpy (team->rank[r].sums[k].x, first->x, first->n * sizeof (float));
}

static void
team_wait (SstRanks * ranks)
{
  Rank *const rank = (Rank *) ranks;

  meet (rank->team);
  if (ranks->rank == 0)
    for (guint k = 0; k < rank->n_sums; k++)
      add_up (rank->team, k);
  meet (rank->team);
  rank->n_sums = 0;
}

static void
team_gather (SstRanks * ranks, gpointer all, size_t size)
{
  Rank *const rank = (Rank *) ranks;

  rank->shown = (char *) all + ranks->rank * size;
  meet (rank->team);
  for (guint r = 0; r < ranks->n; r++)
    if (r != ranks->rank)
      memcpy ((char *) all + r * size, rank->team->rank[r].shown, size);
  meet (rank->team);
}

static void
team_share (SstRanks * ranks, gpointer data, size_t size)
{
  Rank *const rank = (Rank *) ranks;

  rank->shown = data;
  meet (rank->team);
  if (ranks->rank > 0)
    memcpy (data, rank->team->rank[0].shown, size);
  meet (rank->team);
}

static gpointer
run_rank (gpointer data)
{
  Rank *const rank = data;

  rank->work (&rank->ranks, rank->data);
  return NULL;
}

void
team_run (guint n, TeamWork work, gpointer * data)
{
  Team *const team = g_new0 (Team, 1);
  GThread *threads[MAX_RANKS];

  g_assert (n >= 1 && n <= MAX_RANKS);
  team->n = n;
  g_mutex_init (&team->lock);
  g_cond_init (&team->all_here);
  for (guint r = 0; r < n; r++)
    team->rank[r] = (Rank) {
      .ranks = { r, n, team_sum, team_wait, team_gather, team_share },
      .team = team,.work = work,.data = data[r]
    };
  for (guint r = 0; r < n; r++)
    threads[r] = g_thread_new ("rank", run_rank, &team->rank[r]);
  for (guint r = 0; r < n; r++)
    g_thread_join (threads[r]);
  g_cond_clear (&team->all_here);
  g_mutex_clear (&team->lock);
  g_free (team);
}
