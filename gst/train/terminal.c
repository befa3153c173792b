/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "terminal.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "options.h"
#include "ranks.h"

#define LINE_SECONDS 15

/* Lines about what goes on replace each other on a terminal, and come now and
 * then where something else reads. */
static struct
{
  gboolean terminal, pending;
  gint64 last;
} display;

void
start_display (void)
{
  display.terminal = isatty (STDERR_FILENO);
}

static void
clear_line (void)
{
  if (display.pending)
    fputs ("\r\033[K", stderr);
  display.pending = FALSE;
}

void
say (const gchar * format, ...)
{
  va_list args;

  if (options.quiet || !ranks_is_first ())
    return;
  clear_line ();
  va_start (args, format);
  vfprintf (stderr, format, args);
  va_end (args);
  fputc ('\n', stderr);
}

void
complain (const gchar * format, ...)
{
  va_list args;

  clear_line ();
  fputs (NAME ": ", stderr);
  if (!ranks_is_first ())
    fprintf (stderr, "%s: ", ranks_name (ranks->rank));
  va_start (args, format);
  vfprintf (stderr, format, args);
  va_end (args);
  fputc ('\n', stderr);
}

gboolean
line_is_due (void)
{
  const gint64 now = g_get_monotonic_time ();
  const gint64 pause = display.terminal ? G_USEC_PER_SEC / 2 :
      LINE_SECONDS * G_USEC_PER_SEC;

  if (options.quiet || !ranks_is_first () || now - display.last < pause)
    return FALSE;
  display.last = now;
  return TRUE;
}

void
show_progress (const gchar * format, ...)
{
  struct winsize size = { 0, };
  va_list args;
  gchar *text;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  if (display.terminal) {
    /* A line that wraps could not be replaced. */
    if (ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1
        && strlen (text) >= size.ws_col)
      text[size.ws_col - 1] = '\0';
    fprintf (stderr, "\r%s\033[K", text);
    display.pending = TRUE;
  } else {
    fprintf (stderr, "%s\n", text);
  }
  g_free (text);
}

void
format_time (gdouble seconds, gchar * text, gsize size)
{
  if (seconds < 100)
    g_snprintf (text, size, "%.0f s", seconds);
  else if (seconds < 6000)
    g_snprintf (text, size, "%.0f min", seconds / 60);
  else
    g_snprintf (text, size, "%.1f h", seconds / 3600);
}

volatile sig_atomic_t interrupted;

static void
on_signal (int number)
{
  interrupted = 1;
}

void
catch_signals (void)
{
  struct sigaction action = {.sa_handler = on_signal,
    .sa_flags = (int) SA_RESETHAND
  };

  sigemptyset (&action.sa_mask);
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
  /* which mpirun passes on, and a scheduler sends before the time is up */
  if (ranks != NULL)
    sigaction (SIGUSR1, &action, NULL);
}
