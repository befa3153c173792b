/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "base/cut.h"

#include "base/pace_private.h"

/* The piece of work of a thread that may be left. */
static _Thread_local SstPace *cut_pace;
static _Thread_local gboolean cut_due;

void
sst_cut_begin (SstPace * pace)
{
  g_return_if_fail (cut_pace == NULL);
  cut_pace = pace;
  cut_due = FALSE;
}

gboolean
sst_cut_is_due (void)
{
  if (cut_pace != NULL && !cut_due)
    cut_due = sst_pace_is_stopped (cut_pace);
  return cut_due;
}

gboolean
sst_cut_end (void)
{
  const gboolean due = cut_due;

  cut_pace = NULL;
  cut_due = FALSE;
  return due;
}
