/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Streams that take turns in filling a window. */

#include "suite.h"

#include <check.h>
#include <stdlib.h>

#include "stream/turns.h"

#define FRAME (SST_SECOND / 15)
#define N 3

typedef struct
{
  SstTurns turns;
  SstTurn turn[N];
} Several;

static Several
several_new (void)
{
  Several s;

  sst_turns_init (&s.turns);
  return s;
}

static void
several_add (Several * s)
{
  for (int i = 0; i < N; i++)
    sst_turns_add (&s->turns, &s->turn[i]);
}

/* A stream that fills the window, if it may; the number of frames that
 * takes. */
static gboolean
fill (Several * s, int i, SstTime time)
{
  if (!sst_turns_ask (&s->turns, &s->turn[i], time))
    return FALSE;
  sst_turns_take (&s->turns, &s->turn[i]);
  return TRUE;
}

START_TEST (numbers_are_used_again)
{
  Several s = several_new ();

  several_add (&s);
  for (guint i = 0; i < N; i++)
    ck_assert_uint_eq (s.turn[i].number, i);
  sst_turns_remove (&s.turns, &s.turn[1]);
  sst_turns_remove (&s.turns, &s.turn[0]);
  sst_turns_add (&s.turns, &s.turn[1]);
  ck_assert_uint_eq (s.turn[1].number, 0);
  sst_turns_clear (&s.turns);
}
END_TEST

START_TEST (one_alone_waits_for_nobody)
{
  Several s = several_new ();

  sst_turns_add (&s.turns, &s.turn[0]);
  for (int k = 0; k < 5; k++) {
    ck_assert (fill (&s, 0, 0));
    ck_assert (sst_turns_grow (&s.turns, &s.turn[0]));
    ck_assert (sst_turns_end (&s.turns, &s.turn[0]));
    ck_assert (!sst_turns_end (&s.turns, &s.turn[0]));
  }
  sst_turns_clear (&s.turns);
}
END_TEST

/* All are shown frames: one after the other, each as often, whoever asks
 * first. */
START_TEST (each_in_turn)
{
  Several s = several_new ();
  int n[N] = { 0 }, holder = -1, filled = 0;

  several_add (&s);
  for (int t = 0; t < 300; t++)
    for (int k = 0; k < N; k++) {
      const int i = (k + t) % N;

      if (i == holder && sst_turns_grow (&s.turns, &s.turn[i])
          && ++filled == 8) {
        ck_assert (sst_turns_end (&s.turns, &s.turn[i]));
        holder = -1;
        filled = 0;
      } else if (holder < 0 && fill (&s, i, t * FRAME)) {
        holder = i;
        n[i]++;
      } else {
        ck_assert (i == holder || !fill (&s, i, t * FRAME));
      }
    }
  for (int i = 0; i < N; i++)
    ck_assert_int_le (abs (n[i] - n[0]), 1);
  ck_assert_int_gt (n[0], 8);
  sst_turns_clear (&s.turns);
}
END_TEST

/* The first one shows nothing: the others wait a second for it, once. */
START_TEST (who_is_absent_is_not_waited_for_again)
{
  Several s = several_new ();
  int waited = 0;

  several_add (&s);
  while (!fill (&s, 1, waited * FRAME))
    waited++;
  ck_assert_int_ge (waited, 15);
  ck_assert_int_le (waited, 16);
  sst_turns_end (&s.turns, &s.turn[1]);
  ck_assert (fill (&s, 2, 0));
  sst_turns_end (&s.turns, &s.turn[2]);
  ck_assert (fill (&s, 1, 100 * FRAME));
  sst_turns_end (&s.turns, &s.turn[1]);
  ck_assert (fill (&s, 2, 100 * FRAME));
  sst_turns_end (&s.turns, &s.turn[2]);

  /* it is back: the first to have its turn */
  ck_assert (sst_turns_ask (&s.turns, &s.turn[0], 0));
  ck_assert (!fill (&s, 1, 101 * FRAME));
  ck_assert (fill (&s, 0, FRAME));
  sst_turns_clear (&s.turns);
}
END_TEST

/* A window that does not grow is taken away after two seconds; what its stream
 * says of it later is nothing. */
START_TEST (who_stands_still_loses_its_turn)
{
  Several s = several_new ();
  SstTime time = 0;

  several_add (&s);
  ck_assert (fill (&s, 0, 0));
  for (; time < 10 * SST_SECOND; time += FRAME) {
    ck_assert (!fill (&s, 1, time));
    if (time % SST_SECOND < FRAME)
      ck_assert (sst_turns_grow (&s.turns, &s.turn[0]));
  }
  for (; time < 11 * SST_SECOND; time += FRAME)
    ck_assert (!fill (&s, 1, time));
  while (!fill (&s, 1, time))
    time += FRAME;
  ck_assert (time > 11 * SST_SECOND && time < 13 * SST_SECOND);
  ck_assert (!sst_turns_grow (&s.turns, &s.turn[0]));
  ck_assert (!sst_turns_end (&s.turns, &s.turn[0]));
  ck_assert (sst_turns_end (&s.turns, &s.turn[1]));

  /* one that goes lets go */
  ck_assert (fill (&s, 2, 0));
  sst_turns_remove (&s.turns, &s.turn[2]);
  ck_assert (sst_turns_ask (&s.turns, &s.turn[1], time));
  sst_turns_clear (&s.turns);
}
END_TEST

/* A stream's time that jumps back begins the waiting anew. */
START_TEST (times_that_jump)
{
  Several s = several_new ();

  several_add (&s);
  ck_assert (fill (&s, 0, 0));
  ck_assert (!fill (&s, 1, 100 * SST_SECOND));
  ck_assert (!fill (&s, 1, 1 * SST_SECOND));
  ck_assert (!fill (&s, 1, 2 * SST_SECOND));
  ck_assert (fill (&s, 1, 3 * SST_SECOND));
  sst_turns_clear (&s.turns);
}
END_TEST

static Suite *
turns_suite (void)
{
  Suite *suite = suite_create ("turns");
  TCase *tcase = tcase_create ("turns");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, numbers_are_used_again);
  tcase_add_test (tcase, one_alone_waits_for_nobody);
  tcase_add_test (tcase, each_in_turn);
  tcase_add_test (tcase, who_is_absent_is_not_waited_for_again);
  tcase_add_test (tcase, who_stands_still_loses_its_turn);
  tcase_add_test (tcase, times_that_jump);
  return suite;
}

SUITE_MAIN (turns)
