/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Place (of sstrack-train): learns from the videos of one fixed camera, as sstrain
 * does it on line (learner.h). */

#pragma once

#include <sstrack/learner.h>

#include "footage/footage.h"

/* Which part of the videos to learn from, and for how long. */
typedef struct
{
  gdouble from, to;             /* shares of each video's time */
  guint64 steps;                /* of training, at most; 0: as many as one pass
                                 * gives */
  /* Told of everything that is more than work; may be NULL. */
  void (*event) (SstLearnerEvent event, SstLearner * learner, gpointer data);
  gpointer data;
} PlaceParams;

/* An event as a line of text, with its step and a summary of what was learned (the
 * caller frees it). */
gchar *describe_event (SstLearnerEvent event, const SstLearnerStats * stats);

/* Shows the videos of footage to a learner, one after the other, and again until
 * there are so many steps; photographs are left out. No clock has a say: after each
 * window all is done that there is to do, training for twelve steps, so that the same
 * footage gives the same model. Ends early when interrupted. Returns how
 * much of footage's time was shown, in seconds. */
gdouble show_place (SstLearner * learner, const SstFootage * footage,
    const PlaceParams * params);

/* All of --place: reads the footage, learns, writes the model. FALSE with error. */
gboolean learn_place (GError ** error);
