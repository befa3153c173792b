/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Turns (internal): which of a learner's streams fills the window.
 *
 * One window is filled at a time, whatever the number of streams, so that memory
 * is bounded. When it is free, the stream that has waited longest takes it; one that
 * shows no frames holds nobody up for long: others wait a second of their own
 * stream's time for it to ask, once, and take the window away from it after two in
 * which it did not grow.
 *
 * Thread-safety: none of its own; a learner calls it under its lock. */

#pragma once

#include <sstrack/time.h>

G_BEGIN_DECLS

/* Of the asking stream's own time. */
#define SST_TURNS_PATIENCE ((SstTime) SST_SECOND)
#define SST_TURNS_LONG_PATIENCE (2 * (SstTime) SST_SECOND)

/* A stream, as far as it takes turns. */
typedef struct
{
  guint number;                 /* from 0, of no other that is there */
  guint64 turn;                 /* its last; 0: none yet */
  gboolean absent;              /* it let a turn pass */
  guint64 mark;                 /* the mark of the turns when it began to wait,
                                 * and the time */
  SstTime since;
} SstTurn;

typedef struct
{
  GPtrArray *all;               /* SstTurn, not owned */
  SstTurn *holder;              /* NULL: the window is free */
  guint64 n_turns;
  guint64 mark;                 /* counts the events of the window */
} SstTurns;

void sst_turns_init (SstTurns * turns);
void sst_turns_clear (SstTurns * turns);

/* Adds a stream; its struct is the caller's, and stays where it is. */
void sst_turns_add (SstTurns * turns, SstTurn * turn);
/* Takes one out; the window is free if that had it. */
void sst_turns_remove (SstTurns * turns, SstTurn * turn);

/* Whether the stream may begin a window, at that time of its own. Does not take
 * the turn, but remembers that it was asked. */
gboolean sst_turns_ask (SstTurns * turns, SstTurn * turn, SstTime time);

/* It begins one: another's that stood still is lost. */
void sst_turns_take (SstTurns * turns, SstTurn * turn);

/* The window has grown, or is free again. The holder's alone: FALSE where the
 * stream lost it. */
gboolean sst_turns_grow (SstTurns * turns, SstTurn * turn);
gboolean sst_turns_end (SstTurns * turns, SstTurn * turn);

G_END_DECLS
