/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* On which of two twins that crossed is the box afterwards?
 *
 *   twins [N [FIRST]] [-v]
 *
 * Of N drawn scenes (40), from number FIRST (0) on: right, the box is on the
 * one that it was given; wrong, it is on the other or elsewhere, and the state
 * is "tracking"; silent, neither. Once with the model that is built in, once
 * without one. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sstrack/model.h>

#include "twins.h"

static void
count (guint first, guint n, SstModel * model, gboolean verbose)
{
  guint counts[3] = { 0 };

  for (guint i = first; i < first + n; i++) {
    const TwinsOutcome outcome = twins_run (i, model, verbose);

    counts[outcome]++;
    printf ("%u%c ", i, "+-o"[outcome]);
    fflush (stdout);
  }
  printf ("\n%s: %u right, %u wrong, %u silent\n", model != NULL ?
      "network" : "none", counts[TWINS_RIGHT], counts[TWINS_WRONG],
      counts[TWINS_SILENT]);
}

int
main (int argc, char **argv)
{
  const gboolean verbose = argc > 1 && strcmp (argv[argc - 1], "-v") == 0;
  const guint n = argc > 1 ? (guint) atoi (argv[1]) : 40;
  const guint first = argc > 2 ? (guint) atoi (argv[2]) : 0;
  SstModel *model = sst_model_builtin ();

  count (first, n, model, verbose);
  if (!verbose)
    count (first, n, NULL, FALSE);
  sst_model_unref (model);
  return EXIT_SUCCESS;
}
