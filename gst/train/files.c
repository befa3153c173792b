/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <gst/gst.h>

gboolean
gst_ss_files_skips (const gchar * name)
{
  /* Tables, text and what this program writes; and lists of other files. */
  static const gchar *const endings[] = {
    "txt", "csv", "tsv", "json", "jsonl", "xml", "yaml", "yml", "ini", "log",
    "md", "html", "htm", "mat", "npy", "npz", "h5", "pkl", "sst", "m3u",
    "m3u8", "mpd", "pls", "sdp", "smil", "asx", "ram", "srt", "vtt", "sub",
  };
  const gchar *dot = strrchr (name, '.');

  if (name[0] == '.')
    return TRUE;
  if (dot == NULL)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    if (g_ascii_strcasecmp (dot + 1, endings[i]) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
skips_folder (const gchar * name)
{
  static const gchar *const names[] = {
    "annotations", "groundtruth", "labels", "masks"
  };

  if (name[0] == '.')
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (name, names[i]) == 0)
      return TRUE;
  return FALSE;
}

static void
warn (const GstSsFiles * files, const gchar * what, const gchar * path,
    const gchar * reason)
{
  gchar *text;

  if (files->warning == NULL)
    return;
  text = g_strdup_printf ("\"%s\" is %s: %s", path, what, reason);
  files->warning (text, files->data);
  g_free (text);
}

/* Whether the store has that file. */
static gboolean
is_known (GstSsFiles * files, const GstSsFile * file)
{
  const SstStoreFile *known = files->store != NULL ?
      sst_store_find (files->store, file->path) : NULL;

  if (known == NULL)
    return FALSE;
  files->n_known++;
  if (known->size != file->size || known->mtime != file->mtime)
    warn (files, "not read again", file->path,
        "it changed, but the store keeps what it was");
  return TRUE;
}

static void
file_clear (gpointer data)
{
  GstSsFile *file = data;

  g_free (file->path);
  g_free (file->name);
  g_free (file->warning);
}

static void
add_file (GstSsFiles * files, const gchar * path, const struct stat *st,
    const gchar * name, guint folder, guint rank)
{
  GstSsFile file = { .path = g_canonicalize_filename (path, NULL),
    .size = st->st_size,
    .mtime = (gint64) st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
    .folder = folder,.rank = rank
  };
  gchar *shown;

  if (is_known (files, &file)) {
    file_clear (&file);
    return;
  }
  shown = g_filename_display_name (name);

  /* Two folders may have the same name. */
  file.name = g_strdup (shown);
  for (guint i = 2; g_hash_table_contains (files->names, file.name); i++) {
    g_free (file.name);
    file.name = g_strdup_printf ("%s (%u)", shown, i);
  }
  g_hash_table_add (files->names, g_strdup (file.name));
  g_array_append_val (files->list, file);
  g_free (shown);
}

/* FALSE for what was there already, under whatever name. */
static gboolean
visit (GstSsFiles * files, const struct stat *st)
{
  return g_hash_table_add (files->visited,
      g_strdup_printf ("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT,
          (guint64) st->st_dev, (guint64) st->st_ino));
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const gchar * const *) a, *(const gchar * const *) b);
}

/* Files first, then what is below: photographs of a folder are neighbours. */
static gboolean
list_folder (GstSsFiles * files, const gchar * path, const gchar * name,
    GError ** error)
{
  GPtrArray *names, *folders;
  GDir *dir = g_dir_open (path, 0, error);
  const gchar *entry;
  guint folder, rank = 0;
  gboolean ok = TRUE;

  if (dir == NULL)
    return FALSE;
  names = g_ptr_array_new_with_free_func (g_free);
  folders = g_ptr_array_new ();
  while ((entry = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_strdup (entry));
  g_dir_close (dir);
  g_ptr_array_sort (names, compare_names);

  folder = files->n_folders++;
  for (guint i = 0; i < names->len; i++) {
    gchar *const file_name = g_ptr_array_index (names, i);
    gchar *file_path = g_build_filename (path, file_name, NULL);
    gchar *clip_name = g_build_filename (name, file_name, NULL);
    struct stat st;

    if (stat (file_path, &st) != 0) {
      /* a link to nowhere */
    } else if (S_ISDIR (st.st_mode)) {
      if (!skips_folder (file_name) && visit (files, &st))
        g_ptr_array_add (folders, file_name);
    } else if (S_ISREG (st.st_mode) && !gst_ss_files_skips (file_name)
        && visit (files, &st)) {
      add_file (files, file_path, &st, clip_name, folder, rank++);
    }
    g_free (clip_name);
    g_free (file_path);
  }

  for (guint i = 0; ok && i < folders->len; i++) {
    const gchar *const folder_name = g_ptr_array_index (folders, i);
    gchar *folder_path = g_build_filename (path, folder_name, NULL);
    gchar *clip_name = g_build_filename (name, folder_name, NULL);

    ok = list_folder (files, folder_path, clip_name, error);
    g_free (clip_name);
    g_free (folder_path);
  }
  g_ptr_array_unref (folders);
  g_ptr_array_unref (names);
  return ok;
}

static gboolean
list_path (GstSsFiles * files, const gchar * path, guint rank, GError ** error)
{
  gchar *absolute = g_canonicalize_filename (path, NULL);
  gchar *name = g_path_get_basename (absolute);
  gboolean ok = TRUE;
  struct stat st;

  if (stat (path, &st) != 0) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
        "Could not open \"%s\": %s", path, g_strerror (errno));
    ok = FALSE;
  } else if (S_ISDIR (st.st_mode)) {
    GError *list_error = NULL;

    if (visit (files, &st)
        && !list_folder (files, path, name, &list_error)) {
      g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ,
          "%s", list_error->message);
      g_error_free (list_error);
      ok = FALSE;
    }
  } else if (!S_ISREG (st.st_mode) || gst_ss_files_skips (name)) {
    warn (files, "skipped", path, S_ISREG (st.st_mode) ?
        "training reads no text or annotations" : "not a file");
  } else if (visit (files, &st)) {
    /* Photographs that are named one by one form a folder of their own. */
    add_file (files, path, &st, name, 0, rank);
  }
  g_free (name);
  g_free (absolute);
  return ok;
}

gboolean
gst_ss_files_list (GstSsFiles * files, const gchar * const *paths,
    GError ** error)
{
  gboolean ok = TRUE;

  files->n_folders = MAX (files->n_folders, 1);
  for (guint i = 0; ok && paths[i] != NULL; i++)
    ok = list_path (files, paths[i], i, error);
  return ok;
}

void
gst_ss_files_drop (GstSsFiles * files, GstSsWants wants, gpointer data)
{
  for (guint i = 0; i < files->list->len && wants != NULL;) {
    if (wants (gst_ss_files_get (files, i)->path, data))
      i++;
    else
      g_array_remove_index (files->list, i);
  }
}

void
gst_ss_files_init (GstSsFiles * files, SstStore * store, GstSsWarning warning,
    gpointer data)
{
  *files = (GstSsFiles) {
    .store = store,.warning = warning,.data = data,
    .list = g_array_new (FALSE, FALSE, sizeof (GstSsFile)),
    .visited = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
    .names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
  };
  g_array_set_clear_func (files->list, file_clear);
}

void
gst_ss_files_clear (GstSsFiles * files)
{
  g_hash_table_unref (files->names);
  g_hash_table_unref (files->visited);
  g_array_unref (files->list);
}

GstSsFile *
gst_ss_files_get (const GstSsFiles * files, guint i)
{
  return &g_array_index (files->list, GstSsFile, i);
}
