/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Pace: the share of a core that a worker takes, measured by its own CPU clock;
 * stopping it. The clocks are simulated, so that nothing depends on how busy
 * the machine is: the code is compiled in with clocks of the test's own. */

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sstrack/pace.h>

#include "suite.h"

#define SECOND 1000000          /* of the simulated clock, which counts us */
#define MAX_PIECES 20000

static struct
{
  gboolean real;                /* the machine's clocks and waits instead */
  gint64 now;                   /* monotonic */
  gint64 cpu;                   /* of the only thread */
  gint64 late;                  /* by which each sleep is too long */
  gint64 event_at;              /* 0: none */
  void (*event) (SstPace * pace);
  SstPace *pace;
  guint n_sleeps;
} sim;

static gint64
sim_monotonic_time (void)
{
  return sim.real ? g_get_monotonic_time () : sim.now;
}

static int
sim_clock_gettime (clockid_t id, struct timespec *time)
{
  if (sim.real)
    return clock_gettime (id, time);
  ck_assert_int_eq (id, CLOCK_THREAD_CPUTIME_ID);
  time->tv_sec = sim.cpu / SECOND;
  time->tv_nsec = sim.cpu % SECOND * 1000;
  return 0;
}

/* Somebody does something while time passes. */
static void
sim_run_event (void)
{
  void (*const event) (SstPace * pace) = sim.event;

  sim.event = NULL;
  event (sim.pace);
}

static gboolean
sim_cond_wait_until (GCond * cond, GMutex * mutex, gint64 until)
{
  if (sim.real)
    return g_cond_wait_until (cond, mutex, until);
  ck_assert_int_gt (until, sim.now);
  sim.n_sleeps++;
  if (sim.event != NULL && sim.event_at <= until) {
    sim.now = MAX (sim.now, sim.event_at);
    g_mutex_unlock (mutex);
    sim_run_event ();
    g_mutex_lock (mutex);
    return TRUE;
  }
  sim.now = until + sim.late;
  return FALSE;
}

#define clock_gettime sim_clock_gettime
#define g_get_monotonic_time sim_monotonic_time
#define g_cond_wait_until sim_cond_wait_until
#include "base/pace.c"
#include "base/cut.c"
#undef clock_gettime
#undef g_get_monotonic_time
#undef g_cond_wait_until

/* What a worker did, piece by piece: the clocks after each wait. */
typedef struct
{
  guint n;
  gint64 at[MAX_PIECES], used[MAX_PIECES];
  gint64 failed;                /* when a wait failed; 0: never */
} Work;

static void
setup (void)
{
  memset (&sim, 0, sizeof sim);
  sim.now = 1000 * SECOND;
  sim.cpu = 17 * SECOND;
  sim.pace = sst_pace_new ();
}

static void
teardown (void)
{
  sst_pace_free (&sim.pace);
  ck_assert_ptr_null (sim.pace);
  sst_pace_free (&sim.pace);
}

/* Works in pieces of so much CPU time for so long. others: how many more want
 * the core, so that each piece takes longer. */
static Work *
burn (gint64 piece, gint64 duration, int others)
{
  Work *const work = g_new0 (Work, 1);
  const gint64 until = sim.now + duration;

  while (work->failed == 0 && work->n < MAX_PIECES && sim.now < until) {
    sim.cpu += piece;
    sim.now += piece * (1 + others);
    if (sim.event != NULL && sim.now >= sim.event_at)
      sim_run_event ();
    if (!sst_pace_wait (sim.pace))
      work->failed = sim.now;
    work->at[work->n] = sim.now;
    work->used[work->n++] = sim.cpu;
  }
  return work;
}

/* The largest share over any stretch of at least that long. */
static double
largest_share (const Work * work, gint64 duration)
{
  double most = 0.0;

  for (guint i = 0, k = 0; i < work->n; i++) {
    while (k < work->n && work->at[k] - work->at[i] < duration)
      k++;
    if (k == work->n)
      break;
    most = MAX (most, (double) (work->used[k] - work->used[i])
        / (double) (work->at[k] - work->at[i]));
  }
  return most;
}

static double
whole_share (const Work * work)
{
  return (double) (work->used[work->n - 1] - work->used[0])
      / (double) (work->at[work->n - 1] - work->at[0]);
}

/* The bound holds over any second and a half and is made use of, in small
 * pieces and large ones, on a free machine, one with others, one late to
 * wake. */
START_TEST (a_share_is_kept_and_used)
{
  static const struct
  {
    gint64 piece, late;
    int others;
  } cases[] = {
    {500, 0, 0}, {20000, 0, 0}, {500, 0, 2}, {20000, 0, 2}, {20000, 9000, 0},
    {500, 9000, 1},
  };
  Work *work;

  sst_pace_set_share (sim.pace, 0.25);
  sim.late = cases[_i].late;
  sst_pace_wait (sim.pace);
  work = burn (cases[_i].piece, 10 * SECOND, cases[_i].others);
  ck_assert_uint_gt (work->n, 20);
  ck_assert_double_lt (largest_share (work, 3 * SECOND / 2), 1.1 * 0.25);
  ck_assert_double_gt (whole_share (work), 0.95 * 0.25);
  ck_assert_double_lt (whole_share (work), 1.02 * 0.25);
  g_free (work);
}
END_TEST

/* Where others leave less than its share it takes what there is, and makes up
 * for no more than a fifth of a second of it. */
START_TEST (a_starved_worker_makes_up_for_little)
{
  Work *work;
  gint64 before;

  sst_pace_set_share (sim.pace, 0.25);
  sst_pace_wait (sim.pace);
  work = burn (5000, 5 * SECOND, 9);
  ck_assert_uint_eq (sim.n_sleeps, 0);
  ck_assert_double_eq_tol (whole_share (work), 0.1, 1e-6);
  g_free (work);
  before = sim.cpu;
  work = burn (5000, SECOND, 0);
  ck_assert_int_le (sim.cpu - before, SECOND / 4 + SECOND / 20 + 5000);
  g_free (work);
}
END_TEST

/* At share 1 it never sleeps, whatever was done before. */
START_TEST (a_share_of_1_never_sleeps)
{
  Work *const work = burn (1000, SECOND, 0);

  ck_assert_uint_eq (sim.n_sleeps, 0);
  ck_assert_int_eq (work->failed, 0);
  g_free (work);
  ck_assert (sst_pace_wait (NULL));
}
END_TEST

static gpointer
wait_once (gpointer pace)
{
  sst_pace_wait (pace);
  return NULL;
}

/* Used is what passed between two waits of one thread; a thread's first wait
 * only starts the clock. */
START_TEST (use_is_counted_between_waits)
{
  Work *work;

  sst_pace_wait (sim.pace);
  ck_assert_uint_eq (sst_pace_get_used (sim.pace), 0);
  work = burn (3000, 30000, 0);
  ck_assert_uint_eq (sst_pace_get_used (sim.pace), 1000 * 30000);
  sim.cpu += 12345;
  g_thread_join (g_thread_new ("other", wait_once, sim.pace));
  ck_assert_uint_eq (sst_pace_get_used (sim.pace), 1000 * 30000);
  g_free (work);
}
END_TEST

static guint64
real_cpu_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (guint64) now.tv_sec * 1000000000u + (guint64) now.tv_nsec;
}

/* The clock is the thread's own. */
START_TEST (the_clock_is_the_threads_own)
{
  guint64 clock[4];

  sim.real = TRUE;
  clock[0] = real_cpu_time ();
  sst_pace_wait (sim.pace);
  clock[1] = real_cpu_time ();
  do
    clock[2] = real_cpu_time ();
  while (clock[2] - clock[1] < 5000000);
  sst_pace_wait (sim.pace);
  clock[3] = real_cpu_time ();
  ck_assert_uint_ge (sst_pace_get_used (sim.pace), clock[2] - clock[1]);
  ck_assert_uint_le (sst_pace_get_used (sim.pace), clock[3] - clock[0]);
}
END_TEST

/* A worker that owes half a minute of sleep wakes the moment it is stopped. */
START_TEST (stopping_wakes_a_sleeper)
{
  Work *work;

  sst_pace_set_share (sim.pace, 0.0);   /* the least there is */
  sst_pace_wait (sim.pace);
  sim.event = sst_pace_stop;
  sim.event_at = sim.now + 2 * SECOND;
  work = burn (300000, 60 * SECOND, 0);
  ck_assert_int_eq (work->failed, sim.event_at);
  ck_assert (!sst_pace_wait (sim.pace));
  ck_assert (!sst_pace_wait (sim.pace));
  sst_pace_resume (sim.pace);
  sst_pace_set_share (sim.pace, 1.0);
  ck_assert (sst_pace_wait (sim.pace));
  g_free (work);
}
END_TEST

static gint n_at_wait;

static gpointer
wait_an_hour (gpointer pace)
{
  gboolean go_on;

  sst_pace_wait (pace);
  g_mutex_lock (&((SstPace *) pace)->lock);
  ((SstPace *) pace)->balance = -3600.0 * MIN_SHARE;
  g_mutex_unlock (&((SstPace *) pace)->lock);
  g_atomic_int_inc (&n_at_wait);
  go_on = sst_pace_wait (pace);
  return GINT_TO_POINTER (go_on);
}

/* So does a real thread: it would sleep for an hour. */
START_TEST (stopping_wakes_a_real_thread)
{
  GThread *thread;

  sim.real = TRUE;
  sst_pace_set_share (sim.pace, 0.0);
  thread = g_thread_new ("worker", wait_an_hour, sim.pace);
  while (g_atomic_int_get (&n_at_wait) == 0)
    g_thread_yield ();
  g_usleep (20000);             /* most likely it sleeps by now */
  sst_pace_stop (sim.pace);
  ck_assert_ptr_null (g_thread_join (thread));
}
END_TEST

static void
more_share (SstPace * pace)
{
  sst_pace_set_share (pace, 0.4);
}

/* A new share holds at once, also for one that sleeps; what was saved up is no
 * more than a fifth of a second's. */
START_TEST (a_new_share_holds_at_once)
{
  Work *work;
  gint64 started, changed, before = 0;

  sst_pace_set_share (sim.pace, 0.01);
  sst_pace_wait (sim.pace);
  sim.now += SECOND;            /* idle: it saves up */
  started = sim.cpu;
  sim.event = more_share;
  changed = sim.event_at = sim.now + 400000;
  work = burn (5000, 2 * SECOND, 0);
  for (guint i = 0; i < work->n && work->at[i] < changed; i++)
    before = work->used[i] - started;
  ck_assert_int_le (before, (gint64) (0.01 * (200000 + 400000)) + 2 * 5000);
  before = sim.cpu - started - before;
  ck_assert_int_gt (before, (gint64) (0.95 * 0.4 * 1600000));
  ck_assert_int_lt (before, (gint64) (0.4 * (1600000 + 200000)) + 2 * 5000);
  g_free (work);
}
END_TEST

/* A piece of work is left once it was told to, also where the pace is
 * resumed in between, and no other is. */
START_TEST (the_work_that_was_cut_is_left)
{
  ck_assert (!sst_cut_is_due ());
  sst_cut_begin (sim.pace);
  ck_assert (!sst_cut_is_due ());
  sst_pace_stop (sim.pace);
  ck_assert (sst_cut_is_due ());
  sst_pace_resume (sim.pace);
  ck_assert (sst_cut_is_due ());
  ck_assert (sst_cut_end ());
  ck_assert (!sst_cut_is_due ());
  ck_assert (!sst_cut_end ());

  sst_cut_begin (sim.pace);
  ck_assert (!sst_cut_is_due ());
  ck_assert (!sst_cut_end ());
  sst_pace_stop (sim.pace);
  ck_assert (!sst_cut_is_due ());
  sst_cut_begin (NULL);
  ck_assert (!sst_cut_is_due ());
  ck_assert (!sst_cut_end ());
}
END_TEST

static Suite *
pace_suite (void)
{
  Suite *suite = suite_create ("pace");
  TCase *tcase = tcase_create ("pace");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_loop_test (tcase, a_share_is_kept_and_used, 0, 6);
  tcase_add_test (tcase, a_starved_worker_makes_up_for_little);
  tcase_add_test (tcase, a_share_of_1_never_sleeps);
  tcase_add_test (tcase, use_is_counted_between_waits);
  tcase_add_test (tcase, the_clock_is_the_threads_own);
  tcase_add_test (tcase, stopping_wakes_a_sleeper);
  tcase_add_test (tcase, stopping_wakes_a_real_thread);
  tcase_add_test (tcase, a_new_share_holds_at_once);
  tcase_add_test (tcase, the_work_that_was_cut_is_left);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (pace)
