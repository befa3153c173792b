/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Pace: the share of a core that a worker takes, measured by its own CPU clock;
 * stopping it. */

#include <check.h>
#include <stdlib.h>
#include <time.h>

#include <sstrack/pace.h>

#define MAX_PIECES 20000
/* Seconds: the two clocks are read one after the other, and a busy machine may
 * interrupt in between. */
#define TOLERANCE 0.02

/* What a worker did, piece by piece. */
typedef struct
{
  SstPace *pace;
  double piece;                 /* CPU time of one, seconds */
  double until;                 /* monotonic; the end of its work */
  guint n;
  double at[MAX_PIECES];        /* monotonic, seconds, after a wait */
  double used[MAX_PIECES];      /* CPU time then */
  double failed;                /* when a wait failed; 0: never */
} Work;

static double
now_of (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

static gpointer
burn (gpointer data)
{
  Work *const work = data;

  while (work->failed == 0.0 && work->n < MAX_PIECES
      && now_of (CLOCK_MONOTONIC) < work->until) {
    const double end = now_of (CLOCK_THREAD_CPUTIME_ID) + work->piece;

    while (now_of (CLOCK_THREAD_CPUTIME_ID) < end);
    if (!sst_pace_wait (work->pace))
      work->failed = now_of (CLOCK_MONOTONIC);
    work->at[work->n] = now_of (CLOCK_MONOTONIC);
    work->used[work->n++] = now_of (CLOCK_THREAD_CPUTIME_ID);
  }
  return NULL;
}

static Work *
work_new (double share, double piece, double seconds)
{
  Work *work = g_new0 (Work, 1);

  work->pace = sst_pace_new ();
  sst_pace_set_share (work->pace, share);
  work->piece = piece;
  work->until = now_of (CLOCK_MONOTONIC) + seconds;
  return work;
}

static void
work_free (Work * work)
{
  sst_pace_free (&work->pace);
  ck_assert_ptr_null (work->pace);
  sst_pace_free (&work->pace);
  g_free (work);
}

/* The largest share over any stretch of at least that many seconds. */
static double
largest_share (const Work * work, double seconds)
{
  double most = 0.0;

  for (guint i = 0; i < work->n; i++)
    for (guint k = i + 1; k < work->n; k++)
      if (work->at[k] - work->at[i] >= seconds)
        most = MAX (most, (work->used[k] - work->used[i])
            / (work->at[k] - work->at[i]));
  return most;
}

/* The bound holds over any second and a half, and is made use of; used says
 * what the thread's own clock does. Other work may keep the thread from its
 * share: the bound below is a loose one. */
START_TEST (test_share)
{
  const double share = 0.25;
  Work *const work = work_new (share, _i ? 0.02 : 0.0005, 2.5);
  double whole;

  sst_pace_wait (work->pace);
  g_thread_join (g_thread_new ("burn", burn, work));
  ck_assert_uint_gt (work->n, 20);
  whole = (work->used[work->n - 1] - work->used[0])
      / (work->at[work->n - 1] - work->at[0]);
  ck_assert_double_lt (largest_share (work, 1.5), 1.1 * share);
  ck_assert_double_gt (whole, 0.7 * share);
  ck_assert_double_lt (whole, 1.05 * share);
  /* another thread's first wait only starts the clock */
  ck_assert_double_eq_tol (1e-9 * (double) sst_pace_get_used (work->pace),
      work->used[work->n - 1] - work->used[0], TOLERANCE);
  work_free (work);
}
END_TEST

/* At share 1 it never sleeps, whatever was done before. */
START_TEST (test_unbounded)
{
  Work *const work = work_new (1.0, 0.001, 0.2);
  const double before = now_of (CLOCK_MONOTONIC);

  burn (work);
  ck_assert_double_lt (now_of (CLOCK_MONOTONIC) - before, 1.0);
  ck_assert_double_eq (work->failed, 0.0);
  ck_assert_double_eq_tol (1e-9 * (double) sst_pace_get_used (work->pace),
      work->used[work->n - 1] - work->used[0], TOLERANCE);
  work_free (work);
  ck_assert (sst_pace_wait (NULL));
}
END_TEST

/* A worker that owes half a minute of sleep wakes at once. */
START_TEST (test_stop)
{
  Work *const work = work_new (0.0, 0.3, 60.0);
  GThread *thread;
  double stopped;

  thread = g_thread_new ("burn", burn, work);
  while (sst_pace_get_used (work->pace) == 0)
    g_usleep (10000);
  g_usleep (50000);
  stopped = now_of (CLOCK_MONOTONIC);
  sst_pace_stop (work->pace);
  g_thread_join (thread);
  ck_assert_double_ge (work->failed, stopped);
  ck_assert_double_lt (work->failed - stopped, 0.2);
  ck_assert (!sst_pace_wait (work->pace));
  ck_assert (!sst_pace_wait (work->pace));
  sst_pace_resume (work->pace);
  sst_pace_set_share (work->pace, 1.0);
  ck_assert (sst_pace_wait (work->pace));
  work_free (work);
}
END_TEST

/* A new share holds at once, also for one that sleeps; what was saved up is no
 * more than a fifth of a second's. */
START_TEST (test_change)
{
  Work *const work = work_new (0.01, 0.005, 2.0);
  GThread *thread;
  double changed, most;

  sst_pace_wait (work->pace);
  g_usleep (300000);
  thread = g_thread_new ("burn", burn, work);
  g_usleep (400000);
  changed = now_of (CLOCK_MONOTONIC);
  sst_pace_set_share (work->pace, 0.4);
  g_thread_join (thread);
  most = 0.0;
  for (guint i = 0; i < work->n && work->at[i] < changed; i++)
    most = work->used[i];
  ck_assert_double_lt (most, 0.01 * (0.2 + 0.4) + 2 * 0.005);
  most = work->used[work->n - 1] - most;
  ck_assert_double_gt (most, 0.2);
  ck_assert_double_lt (most, 0.4 * (1.6 + 0.2) + 0.005);
  work_free (work);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("pace");
  TCase *tcase = tcase_create ("pace");
  SRunner *runner;
  int failed;

  tcase_set_timeout (tcase, 30);
  tcase_add_loop_test (tcase, test_share, 0, 2);
  tcase_add_test (tcase, test_unbounded);
  tcase_add_test (tcase, test_stop);
  tcase_add_test (tcase, test_change);
  suite_add_tcase (suite, tcase);
  runner = srunner_create (suite);
  srunner_run_all (runner, CK_NORMAL);
  failed = srunner_ntests_failed (runner);
  srunner_free (runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
