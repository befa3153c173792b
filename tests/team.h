/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Team: ranks (fit/ranks.h) that are threads of one process, for tests. */

#pragma once

#include "fit/ranks.h"

/* What a rank does; in a thread of its own. */
typedef void (*TeamWork) (SstRanks * ranks, gpointer data);

/* Runs work in n ranks, 1..16, with data[rank], until all are done. */
void team_run (guint n, TeamWork work, gpointer * data);
