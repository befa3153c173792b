/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* The state of a run (run.ini), as sstrack-train --resume reads it: a work
 * folder may come from anybody. What is taken over is within the options'
 * ranges, and writes nothing outside the work folder, which WORK stands for
 * in the seeds. */

#include "fuzz.h"

#include <glib/gstdio.h>

#include "train/options.h"

/* A work folder for all runs. */
static gchar *
get_folder (void)
{
  static gchar *folder;

  if (folder == NULL) {
    folder = g_dir_make_tmp ("sst-fuzz-XXXXXX", NULL);
    g_assert_nonnull (folder);
    make_loss_entries ();
  }
  return folder;
}

static void
check_options (const gchar * folder)
{
  g_assert_cmpint (options.batch, >=, 1);
  g_assert_cmpint (options.threads, >=, 1);
  g_assert_true (options.rate > 0 && options.rate <= 1);
  g_assert_true (options.output != NULL || options.mine_only || options.list);
  for (guint i = 0; i < N_TERMS; i++)
    g_assert_true (options.terms[i] >= 0);
  if (options.output != NULL)
    g_assert_true (g_str_has_prefix (options.output, folder));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  gchar *const folder = get_folder ();
  gchar *const path = g_build_filename (folder, "run.ini", NULL);
  GString *const text = g_string_new_len ((const gchar *) data, (gssize) size);
  gchar *arguments[] = { (gchar *) NAME, (gchar *) "--quiet",
    (gchar *) "--resume", (gchar *) "--work", folder, NULL
  };
  GKeyFile *state = NULL;
  GError *error = NULL;

  g_string_replace (text, "WORK", folder, 0);
  g_assert_true (g_file_set_contents (path, text->str, (gssize) text->len,
          NULL));
  if (get_options (arguments, &state, &error)) {
    g_assert_no_error (error);
    check_options (folder);
  } else {
    g_assert_nonnull (error);
  }
  g_clear_error (&error);
  g_clear_pointer (&state, g_key_file_free);
  free_options ();
  g_unlink (path);
  g_string_free (text, TRUE);
  g_free (path);
  return 0;
}
