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
#include "options.h"
#include "place.h"
#include "run.h"
#include "terminal.h"

int
main (int argc, char **argv)
{
  GKeyFile *state = NULL;
  GError *error = NULL;
  gchar **arguments = g_strdupv (argv);
  gint status = EXIT_SUCCESS;
  GPtrArray *texts;

  setlocale (LC_ALL, "");
  start_display ();
  make_loss_entries ();
  set_defaults ();
  texts = add_defaults ();
  if (!get_options (arguments, &state, &error)) {
    status = error->domain == G_OPTION_ERROR ? EXIT_USAGE : EXIT_FAILURE;
    complain ("%s", error->message);
    if (status == EXIT_USAGE)
      complain ("\"" NAME " --help\" explains the options");
  } else if (options.version) {
    gchar *version = make_version ();

    g_print (NAME " %s\n", version);
    g_free (version);
  } else if (options.info != NULL) {
    if (!show_info (&error)) {
      status = EXIT_FAILURE;
      complain ("%s", error->message);
    }
  } else {
    gst_init (NULL, NULL);
    /* The trainer has threads of its own. */
    openblas_set_num_threads (1);
    if (!(options.place ? learn_place (&error) : work (state, &error))) {
      status = EXIT_FAILURE;
      if (error != NULL)
        complain ("%s", error->message);
    }
    gst_deinit ();
  }
  g_clear_error (&error);
  g_clear_pointer (&state, g_key_file_free);
  g_strfreev (arguments);
  g_ptr_array_unref (texts);
  free_options ();
  return status;
}
