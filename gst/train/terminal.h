/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Terminal (of sstrack-train): messages on the terminal, and signals. */

#pragma once

#include <signal.h>
#include <glib.h>

/* A line of progress, unless --quiet; of several ranks the first one's. */
G_GNUC_PRINTF (1, 2)
void say (const gchar * format, ...);

/* A line about an error; it says which rank's it is, where that is not the
 * first. */
G_GNUC_PRINTF (1, 2)
void complain (const gchar * format, ...);

/* Whether it is time for a line of progress. */
gboolean line_is_due (void);

/* A line of progress, which the next one replaces on a terminal. */
G_GNUC_PRINTF (1, 2)
void show_progress (const gchar * format, ...);

/* Seconds as a few characters. */
void format_time (gdouble seconds, gchar * text, gsize size);

/* Set by SIGINT and SIGTERM, of several ranks by SIGUSR1 too: stop at the next good
 * moment. */
extern volatile sig_atomic_t interrupted;

/* The first signal lets the run end well; the second one has its own way. */
void catch_signals (void);

/* Looks whether a terminal is there to show lines; before any of them. */
void start_display (void);
