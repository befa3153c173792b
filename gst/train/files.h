/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Files: the files to read, found by their names alone.
 *
 * Annotations are not for training without labels. So files whose names end
 * like text and tables (gst_ss_files_skips()), hidden files, and folders named
 * "annotations", "groundtruth", "labels" or "masks" are left out.
 *
 * The order is that of the arguments, in a folder that of names (as bytes). */

#pragma once

#include <glib.h>

#include "footage/store.h"

G_BEGIN_DECLS

typedef struct
{
  gchar *path;
  gchar *name;                  /* of its clip */
  guint folder, rank;           /* its folder's photographs, its place there */
  gint64 size, mtime;           /* of the file: bytes, nanoseconds */
  gchar *warning;               /* the error that it had, or NULL */
  gboolean skipped;
} GstSsFile;

typedef void (*GstSsWarning) (const gchar * text, gpointer data);

/* Whether the file of that path is to be read. */
typedef gboolean (*GstSsWants) (const gchar * path, gpointer data);

typedef struct
{
  GArray *list;                 /* of GstSsFile */
  guint n_folders;              /* of photographs; the first has those that were
                                 * named one by one */
  guint n_known;                /* that were left out: the store has them */
  SstStore *store;              /* whose files are left out, or NULL */
  GHashTable *visited;          /* inodes */
  GHashTable *names;            /* of clips */
  GstSsWarning warning;         /* may be NULL */
  gpointer data;
} GstSsFiles;

/* The store is not owned. */
void gst_ss_files_init (GstSsFiles * files, SstStore * store, GstSsWarning warning,
    gpointer data);
void gst_ss_files_clear (GstSsFiles * files);

GstSsFile *gst_ss_files_get (const GstSsFiles * files, guint i);

/* Adds files, and those that folders hold (NULL-terminated list of paths).
 * Returns FALSE and sets error (GST_RESOURCE_ERROR) if a path does not
 * exist or can not be listed. */
gboolean gst_ss_files_list (GstSsFiles * files, const gchar * const *paths,
    GError ** error);

/* Forgets the files that are not wanted (NULL: all are); the others keep
 * names, folders and order. */
void gst_ss_files_drop (GstSsFiles * files, GstSsWants wants, gpointer data);

/* Whether a file of that name is left unopened. */
gboolean gst_ss_files_skips (const gchar * name);

G_END_DECLS
