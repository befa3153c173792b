/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* A learner that plays a script, in the place of the library's.
 *
 * A test program that has scripted_learner.c in it, and the library and the plugin
 * linked, has this in the place of learner.c: what the real one takes minutes of
 * stream to come to, happens when the test says so, and what the element asks of
 * it can be counted.
 *
 * Thread-safety: everything may be called from any thread. */

#pragma once

#include <sstrack/learner.h>

G_BEGIN_DECLS

/* What the element did with learners since script_clear(). */
typedef struct
{
  guint learners, streams;      /* made, minus freed */
  guint wants;                  /* asked */
  guint pushed, interrupts;
  guint worked;                 /* pieces of work begun */
  int width, height;            /* of the last frame pushed */
  SstTime time;
  SstProposal proposals[8];     /* of the last frame pushed */
  guint n_proposals;
  SstLearnerParams params;      /* set last */
} ScriptCounts;

/* Forgets the script and the counts. */
void script_clear (void);
ScriptCounts script_counts (void);

/* Whether the learner wants pictures; at first, it does. */
void script_want (gboolean want);

/* Lets the next piece of work come to that. ACCEPTED makes another model,
 * ROLLED_BACK publishes the one before, RESET the base. WORKED takes 20 ms of time
 * in small pieces. A rollback or reset that the element asks for comes
 * first. */
void script_add (SstLearnerEvent event);

/* From now on what comes to WORKED goes on until the pace says stop. */
void script_never_end (void);

/* From now on each piece of work that is not scripted comes to that; IDLE at
 * first. */
void script_repeat (SstLearnerEvent event);

G_END_DECLS
