/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* sstrack-train: makes a model from video files and photographs.
 *
 * Reads footage (gstssreader.h), into memory or a store on disk
 * (footage/store.h), mines tracklets in it (footage/mine.h),
 * trains (fit/trainer.h) and writes the averaged weights. A work
 * folder holds what it takes to go on after an interruption:
 *
 *   run.ini             options, files, and which checkpoint is the last; it is
 *                       written after the checkpoint, and replaced as a whole
 *   checkpoint-N.sst    everything of the trainer after step N
 *   tracklets.txt       what was mined; tracklets.txt.verified: what of it a
 *                       model agreed with (--verify), tracklets.txt.retracked:
 *                       how far a model followed it on (--retrack)
 *   snapshot-N.sst      models after N pairs (--keep-every)
 *
 * Tracklets of a store are kept in its folder (footage/mined.h). */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <locale.h>
#include <stdlib.h>

#include <cblas.h>
#include <gst/gst.h>

#include "material.h"
#include "merge.h"
#include "options.h"
#include "place.h"
#include "ranks.h"
#include "run.h"
#include "terminal.h"
#include "version.h"

/* Says what is wrong; of several ranks that all know of it, one does. */
static gint
fail (const GError * error, gint status)
{
  if (error != NULL && ranks_says_errors ())
    complain ("%s", error->message);
  return status;
}

/* Does what the options ask. Returns what main() returns. */
static gint
run (GKeyFile * state, GError ** error)
{
  gboolean ok = TRUE;

  if (options.version) {
    gchar *version = make_version ();

    if (ranks_is_first ())
      g_print (NAME " %s\n", version);
    g_free (version);
  } else if (options.info != NULL) {
    ok = !ranks_is_first () || show_info (error);
  } else {
    gst_init (NULL, NULL);
    /* The trainer has threads of its own. */
    openblas_set_num_threads (1);
    ok = options.place ? learn_place (error)
        : options.merge ? merge_models (error) : work (state, error);
    gst_deinit ();
  }
  return ok ? EXIT_SUCCESS : fail (*error, EXIT_FAILURE);
}

int
main (int argc, char **argv)
{
  GKeyFile *state = NULL;
  GError *error = NULL;
  gchar **arguments = g_strdupv (argv);
  gchar *text = g_strjoinv (" ", argv + 1);
  gint status;
  GPtrArray *texts = NULL;

  setlocale (LC_ALL, "");
  start_display ();
  make_loss_entries ();
  if (!ranks_begin (&error) || !ranks_compare ("options", text, &error)) {
    status = fail (error, EXIT_FAILURE);
  } else {
    set_defaults ();
    texts = add_defaults ();
    if (ranks_settle (get_options (arguments, &state, &error), &error)) {
      status = run (state, &error);
    } else {
      status = fail (error, error->domain == G_OPTION_ERROR ? EXIT_USAGE
          : EXIT_FAILURE);
      if (status == EXIT_USAGE && ranks_is_first ())
        complain ("\"" NAME " --help\" explains the options");
    }
  }
  g_clear_error (&error);
  g_clear_pointer (&state, g_key_file_free);
  g_strfreev (arguments);
  g_free (text);
  g_clear_pointer (&texts, g_ptr_array_unref);
  free_options ();
  ranks_end (status);
  return status;
}
