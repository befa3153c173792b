/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "footage/mined.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/text.h"

#define MAGIC "sstracker-mined 1"
#define LIST "mined.txt"
#define LOCK "mined.lock"
#define MAX_LIST_SIZE (G_GINT64_CONSTANT (1) << 28)

/* A file of tracklets. */
typedef struct
{
  guint number;                 /* in its name */
  GPtrArray *clips;             /* names of those that it was mined in */
} Batch;

struct _SstMined
{
  char *folder;
  guint version;
  int lock;                     /* file descriptor; -1: not writable */
  GPtrArray *batches;           /* of Batch, of this version */
  GHashTable *clips;            /* all their names */
  GArray *stale;                /* numbers of files that are not wanted */
};

static void
batch_free (gpointer data)
{
  Batch *batch = data;

  g_ptr_array_unref (batch->clips);
  g_free (batch);
}

static Batch *
batch_new (guint number)
{
  Batch *batch = g_new0 (Batch, 1);

  batch->number = number;
  batch->clips = g_ptr_array_new_with_free_func (g_free);
  return batch;
}

static char *
batch_path (const SstMined * mined, guint number)
{
  char name[32];

  g_snprintf (name, sizeof (name), "tracklets-%u.txt", number);
  return g_build_filename (mined->folder, name, NULL);
}

/* "batch NUMBER VERSION": FALSE where it says something else. */
static gboolean
parse_batch (const char *line, guint * number, guint * version)
{
  char **const cells = g_strsplit (line, " ", -1);
  guint64 value[2];
  gboolean ok = g_strv_length (cells) == 3 && strcmp (cells[0], "batch") == 0;

  for (int i = 0; ok && i < 2; i++)
    ok = g_ascii_string_to_unsigned (cells[i + 1], 10, 0, G_MAXINT, &value[i],
        NULL);
  if (ok) {
    *number = (guint) value[0];
    *version = (guint) value[1];
  }
  g_strfreev (cells);
  return ok;
}

/* Takes the batches of a list; lines: between its head and its end. */
static gboolean
parse_list (SstMined * mined, char **lines, guint n)
{
  /* Clips of another version are of no interest. */
  Batch *batch = NULL;

  for (guint i = 0; i < n; i++) {
    guint number, version;

    if (i > 0 && g_str_has_prefix (lines[i], "clip ")) {
      char *const name = sst_text_unescape (lines[i] + strlen ("clip "));

      if (name == NULL)
        return FALSE;
      if (batch != NULL && g_hash_table_add (mined->clips, name))
        g_ptr_array_add (batch->clips, name);
      else
        g_free (name);
      continue;
    }
    if (!parse_batch (lines[i], &number, &version))
      return FALSE;
    batch = NULL;
    if (version != mined->version) {
      g_array_append_val (mined->stale, number);
    } else {
      batch = batch_new (number);
      g_ptr_array_add (mined->batches, batch);
    }
  }
  return TRUE;
}

static gboolean
load_list (SstMined * mined, GError ** error)
{
  char *const path = g_build_filename (mined->folder, LIST, NULL);
  char *text = NULL, **lines = NULL;
  GError *problem = NULL;
  gboolean ok = FALSE;
  guint n;

  text = sst_text_read (path, MAX_LIST_SIZE, NULL, &problem);
  if (g_error_matches (problem, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
    g_clear_error (&problem);
    ok = TRUE;
  } else if (text == NULL) {
    g_propagate_error (error, problem);
  } else {
    lines = g_strsplit (text, "\n", -1);
    n = g_strv_length (lines);
    /* the last one is what is behind the last newline */
    ok = n >= 3 && strcmp (lines[0], MAGIC) == 0
        && strcmp (lines[n - 2], "end") == 0 && lines[n - 1][0] == '\0'
        && parse_list (mined, lines + 1, n - 3);
    if (!ok)
      g_set_error (error, SST_TRACKLET_ERROR, SST_TRACKLET_ERROR_FORMAT,
          "%s: damaged; without it all is mined anew", path);
  }
  g_strfreev (lines);
  g_free (text);
  g_free (path);
  return ok;
}

static gboolean
lock (SstMined * mined, GError ** error)
{
  char *const path = g_build_filename (mined->folder, LOCK, NULL);

  mined->lock = open (path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (mined->lock < 0 || flock (mined->lock, LOCK_EX | LOCK_NB) != 0) {
    const int number = errno;

    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number),
        "Could not lock the tracklets of \"%s\": %s", mined->folder,
        number == EWOULDBLOCK ? "another process mines" :
        g_strerror (number));
    g_free (path);
    return FALSE;
  }
  g_free (path);
  return TRUE;
}

SstMined *
sst_mined_open (const char *folder, guint version, gboolean writable,
    GError ** error)
{
  SstMined *mined = g_new0 (SstMined, 1);

  mined->folder = g_strdup (folder);
  mined->version = version;
  mined->lock = -1;
  mined->batches = g_ptr_array_new_with_free_func (batch_free);
  mined->clips = g_hash_table_new (g_str_hash, g_str_equal);
  mined->stale = g_array_new (FALSE, FALSE, sizeof (guint));
  if ((writable && !lock (mined, error)) || !load_list (mined, error))
    sst_mined_free (&mined);
  return mined;
}

void
sst_mined_free (SstMined ** mined)
{
  if (*mined == NULL)
    return;
  if ((*mined)->lock >= 0)
    close ((*mined)->lock);
  g_hash_table_unref ((*mined)->clips);
  g_ptr_array_unref ((*mined)->batches);
  g_array_unref ((*mined)->stale);
  g_free ((*mined)->folder);
  g_clear_pointer (mined, g_free);
}

gboolean
sst_mined_has (const SstMined * mined, const char *clip)
{
  return g_hash_table_contains (mined->clips, clip);
}

void
sst_mined_forget (SstMined * mined)
{
  for (guint i = 0; i < mined->batches->len; i++) {
    const Batch *const batch = g_ptr_array_index (mined->batches, i);

    g_array_append_val (mined->stale, batch->number);
  }
  g_hash_table_remove_all (mined->clips);
  g_ptr_array_set_size (mined->batches, 0);
}

/* Higher than any number in the list, wanted or not. */
static guint
new_number (const SstMined * mined)
{
  guint number = 0;

  for (guint i = 0; i < mined->batches->len; i++)
    number = MAX (number,
        ((Batch *) g_ptr_array_index (mined->batches, i))->number);
  for (guint i = 0; i < mined->stale->len; i++)
    number = MAX (number, g_array_index (mined->stale, guint, i));
  return number + 1;
}

static gboolean
save_list (const SstMined * mined, GError ** error)
{
  char *const path = g_build_filename (mined->folder, LIST, NULL);
  GString *const text = g_string_new (MAGIC "\n");
  gboolean ok;

  for (guint i = 0; i < mined->batches->len; i++) {
    const Batch *const batch = g_ptr_array_index (mined->batches, i);

    g_string_append_printf (text, "batch %u %u\n", batch->number,
        mined->version);
    for (guint k = 0; k < batch->clips->len; k++) {
      char *const name = g_strescape (g_ptr_array_index (batch->clips, k),
          NULL);

      g_string_append_printf (text, "clip %s\n", name);
      g_free (name);
    }
  }
  g_string_append (text, "end\n");
  ok = g_file_set_contents_full (path, text->str, (gssize) text->len,
      G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0644,
      error);
  g_string_free (text, TRUE);
  g_free (path);
  return ok;
}

gboolean
sst_mined_add (SstMined * mined, const SstTracklets * tracklets,
    const SstFootage * footage, const GArray * clips, GError ** error)
{
  Batch *const batch = batch_new (new_number (mined));
  char *const path = batch_path (mined, batch->number);
  gboolean ok;

  g_return_val_if_fail (mined->lock >= 0, FALSE);

  ok = sst_tracklets_save (tracklets, footage, path, error);
  g_free (path);
  g_ptr_array_add (mined->batches, batch);
  for (guint i = 0; i < clips->len; i++) {
    char *const name = g_strdup (sst_footage_clip (footage,
            g_array_index (clips, guint, i))->name);

    g_ptr_array_add (batch->clips, name);
    g_hash_table_add (mined->clips, name);
  }
  if (!ok || !save_list (mined, error))
    return FALSE;
  for (guint i = 0; i < mined->stale->len; i++) {
    char *const old = batch_path (mined, g_array_index (mined->stale, guint,
            i));

    g_unlink (old);
    g_free (old);
  }
  g_array_set_size (mined->stale, 0);
  return TRUE;
}

SstTracklets *
sst_mined_load (const SstMined * mined, const SstFootage * footage,
    GError ** error)
{
  SstTracklets *all = sst_tracklets_new ();

  for (guint i = 0; i < mined->batches->len; i++) {
    const Batch *const batch = g_ptr_array_index (mined->batches, i);
    char *const path = batch_path (mined, batch->number);
    SstTracklets *some = sst_tracklets_load (path, footage, NULL, error);

    g_free (path);
    if (some == NULL) {
      sst_tracklets_free (&all);
      return NULL;
    }
    sst_tracklets_take (all, some);
    sst_tracklets_free (&some);
  }
  return all;
}
