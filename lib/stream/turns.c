/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "stream/turns.h"

void
sst_turns_init (SstTurns * turns)
{
  *turns = (SstTurns) { g_ptr_array_new (), NULL, 0, 1 };
}

void
sst_turns_clear (SstTurns * turns)
{
  g_clear_pointer (&turns->all, g_ptr_array_unref);
}

static SstTurn *
turn_at (const SstTurns * turns, guint i)
{
  return g_ptr_array_index (turns->all, i);
}

static gboolean
is_number_taken (const SstTurns * turns, guint number)
{
  for (guint i = 0; i < turns->all->len; i++)
    if (turn_at (turns, i)->number == number)
      return TRUE;
  return FALSE;
}

void
sst_turns_add (SstTurns * turns, SstTurn * turn)
{
  *turn = (SstTurn) { 0 };
  while (is_number_taken (turns, turn->number))
    turn->number++;
  g_ptr_array_add (turns->all, turn);
}

void
sst_turns_remove (SstTurns * turns, SstTurn * turn)
{
  sst_turns_end (turns, turn);
  g_ptr_array_remove (turns->all, turn);
}

/* Whether somebody who is there has waited longer. */
static gboolean
has_to_wait (const SstTurns * turns, const SstTurn * turn)
{
  for (guint i = 0; i < turns->all->len; i++) {
    const SstTurn *const other = turn_at (turns, i);

    if (!other->absent && (other->turn < turn->turn
            || (other->turn == turn->turn && other->number < turn->number)))
      return TRUE;
  }
  return FALSE;
}

/* Who did not come though it was their turn is not waited for again, until they
 * ask. */
static void
pass_over (SstTurns * turns, const SstTurn * turn)
{
  for (guint i = 0; i < turns->all->len; i++) {
    SstTurn *const other = turn_at (turns, i);

    other->absent |= other != turn && other->turn <= turn->turn;
  }
}

gboolean
sst_turns_ask (SstTurns * turns, SstTurn * turn, SstTime time)
{
  const gboolean is_free = turns->holder == NULL;

  turn->absent = FALSE;
  if (turns->holder == turn || (is_free && !has_to_wait (turns, turn)))
    return TRUE;
  if (turn->mark != turns->mark || time < turn->since) {
    turn->mark = turns->mark;
    turn->since = time;
  }
  if (time - turn->since < (is_free ? SST_TURNS_PATIENCE
          : SST_TURNS_LONG_PATIENCE))
    return FALSE;
  if (is_free)
    pass_over (turns, turn);
  return TRUE;
}

void
sst_turns_take (SstTurns * turns, SstTurn * turn)
{
  if (turns->holder != NULL && turns->holder != turn)
    turns->holder->absent = TRUE;
  turns->holder = turn;
  turn->turn = ++turns->n_turns;
  turns->mark++;
}

gboolean
sst_turns_grow (SstTurns * turns, SstTurn * turn)
{
  if (turns->holder != turn)
    return FALSE;
  turns->mark++;
  return TRUE;
}

gboolean
sst_turns_end (SstTurns * turns, SstTurn * turn)
{
  if (turns->holder != turn)
    return FALSE;
  turns->holder = NULL;
  turns->mark++;
  return TRUE;
}
