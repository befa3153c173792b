/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "sharing.h"

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "ranks.h"
#include "terminal.h"

/* Files that are named where not all can read them. */
#define MAX_NAMED 5

/* A file that some rank sees. */
typedef struct
{
  gchar *path;
  gint64 size;                  /* as the first rank that sees it has it */
  guint8 *readers;              /* of each rank, whether it can read it */
  guint n_readers;
  guint owner;                  /* who reads it */
} Entry;

typedef struct
{
  GPtrArray *entries;           /* of Entry, in one order for all ranks */
  GHashTable *by_path;          /* path to number + 1 */
  guint n_known;                /* files that were left out: a store has them */
} Catalogue;

static void
entry_free (gpointer data)
{
  Entry *const entry = data;

  g_free (entry->path);
  g_free (entry->readers);
  g_free (entry);
}

static Entry *
get_entry (const Catalogue * catalogue, guint i)
{
  return g_ptr_array_index (catalogue->entries, i);
}

/* What this rank sees that is not in the store (or NULL), a line a file; and of
 * the paths those that are there, the caller's strings. */
static gchar *
list_mine (Catalogue * catalogue, const gchar * const *paths,
    SstStore * store, const GstSsReaderParams * params, GPtrArray * there)
{
  GString *text = g_string_new (NULL);
  GstSsFiles files;

  gst_ss_files_init (&files, store, ranks_is_first () ? params->warning : NULL,
      params->data);
  for (guint i = 0; paths[i] != NULL; i++) {
    const gchar *const one[] = { paths[i], NULL };

    if (gst_ss_files_list (&files, one, NULL))
      g_ptr_array_add (there, (gpointer) paths[i]);
  }
  g_ptr_array_add (there, NULL);
  for (guint i = 0; i < files.list->len; i++) {
    const GstSsFile *const file = gst_ss_files_get (&files, i);
    gchar *const path = g_strescape (file->path, NULL);

    if (access (file->path, R_OK) == 0)
      g_string_append_printf (text, "%" G_GINT64_FORMAT " %s\n", file->size,
          path);
    g_free (path);
  }
  catalogue->n_known = files.n_known;
  gst_ss_files_clear (&files);
  return g_string_free (text, FALSE);
}

/* Notes that a rank can read a file. */
static void
note_reader (Catalogue * catalogue, const gchar * path, gint64 size,
    guint rank)
{
  const guint number = GPOINTER_TO_UINT (g_hash_table_lookup
      (catalogue->by_path, path));
  Entry *entry;

  if (number > 0) {
    entry = get_entry (catalogue, number - 1);
  } else {
    entry = g_new0 (Entry, 1);
    entry->path = g_strdup (path);
    entry->size = size;
    entry->readers = g_new0 (guint8, ranks->n);
    g_ptr_array_add (catalogue->entries, entry);
    g_hash_table_insert (catalogue->by_path, entry->path,
        GUINT_TO_POINTER (catalogue->entries->len));
  }
  /* a file of another size is another one, and the first rank's counts */
  if (entry->size == size && !entry->readers[rank]) {
    entry->readers[rank] = TRUE;
    entry->n_readers++;
  }
}

static void
read_list (Catalogue * catalogue, const GByteArray * bytes, guint rank)
{
  gchar *const text = g_strndup (bytes->len > 0 ? (const gchar *) bytes->data
      : "", bytes->len);
  gchar **const lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++) {
    gchar *end;
    const gint64 size = g_ascii_strtoll (lines[i], &end, 10);
    gchar *const path = g_strcompress (end + 1);

    note_reader (catalogue, path, size, rank);
    g_free (path);
  }
  g_strfreev (lines);
  g_free (text);
}

/* Each file to the one of its readers that has the fewest bytes. */
static void
share_out (Catalogue * catalogue)
{
  guint64 *const load = g_new0 (guint64, ranks->n);

  for (guint i = 0; i < catalogue->entries->len; i++) {
    Entry *const entry = get_entry (catalogue, i);
    gint owner = -1;

    for (guint r = 0; r < ranks->n; r++)
      if (entry->readers[r] && (owner < 0 || load[r] < load[owner]))
        owner = (gint) r;
    entry->owner = (guint) owner;
    load[owner] += (guint64) entry->size;
  }
  g_free (load);
}

/* Says which files only some ranks can read. */
static void
say_who_lacks (const Catalogue * catalogue)
{
  guint n = 0;

  for (guint i = 0; i < catalogue->entries->len; i++) {
    const Entry *const entry = get_entry (catalogue, i);
    GString *lacking;

    if (entry->n_readers == ranks->n || ++n > MAX_NAMED)
      continue;
    lacking = g_string_new (NULL);
    for (guint r = 0; r < ranks->n; r++)
      if (!entry->readers[r])
        g_string_append_printf (lacking, "%s%s", lacking->len > 0 ? ", " : "",
            ranks_name (r));
    complain ("warning: \"%s\" can't be read by %s, or is another file there; "
        "%s reads it", entry->path, lacking->str, ranks_name (entry->owner));
    g_string_free (lacking, TRUE);
  }
  if (n > 0)
    complain ("warning: of %u files only some ranks can read %u; they are all "
        "learned from, but would be missing without those ranks",
        catalogue->entries->len, n);
}

static void
catalogue_clear (Catalogue * catalogue)
{
  g_hash_table_unref (catalogue->by_path);
  g_ptr_array_unref (catalogue->entries);
}

/* The files that there are, and who reads which. there: paths of this rank. */
static void
make_catalogue (Catalogue * catalogue, const gchar * const *paths,
    SstStore * store, const GstSsReaderParams * params, GPtrArray * there)
{
  gchar *text = list_mine (catalogue, paths, store, params, there);
  GByteArray *mine = g_byte_array_new_take ((guint8 *) text, strlen (text));
  GPtrArray *all = ranks_exchange (mine);

  catalogue->entries = g_ptr_array_new_with_free_func (entry_free);
  catalogue->by_path = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint r = 0; r < ranks->n; r++)
    read_list (catalogue, g_ptr_array_index (all, r), r);
  share_out (catalogue);
  if (ranks_is_first ())
    say_who_lacks (catalogue);
  g_ptr_array_unref (all);
  g_byte_array_unref (mine);
}

static gboolean
is_mine (const gchar * path, gpointer data)
{
  const Catalogue *const catalogue = data;
  const guint number = GPOINTER_TO_UINT (g_hash_table_lookup
      (catalogue->by_path, path));

  return number > 0
      && get_entry (catalogue, number - 1)->owner == ranks->rank;
}

/* Decodes this rank's files; there may be none. NULL with error. */
static SstFootage *
read_mine (Catalogue * catalogue, GPtrArray * there,
    const GstSsReaderParams * params, GstSsReaderSummary * summary,
    GError ** error)
{
  GstSsReaderParams mine = *params;
  GError *problem = NULL;
  SstFootage *footage;

  *summary = (GstSsReaderSummary) { 0 };
  mine.memory /= ranks->n;
  mine.wants = is_mine;
  mine.wants_data = catalogue;
  footage = gst_ss_reader_read ((const gchar * const *) there->pdata, &mine,
      summary, &problem);
  /* others may have some */
  if (g_error_matches (problem, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_NOT_FOUND)) {
    g_clear_error (&problem);
    footage = sst_footage_new ();
  }
  if (problem != NULL)
    g_propagate_error (error, problem);
  return footage;
}

/* --- pictures on their way ---------------------------------------------- */

/* Of a picture, before its clip's name and its pixels. */
typedef struct
{
  guint64 time;
  guint32 file;                 /* number in the catalogue */
  guint32 clip;                 /* its number among those of its rank */
  gint32 width, height, matrix;
  guint32 has_alpha, name;      /* name: its bytes */
} Label;

/* A clip on its way. */
typedef struct
{
  gchar *name;
  guint32 file;
  GPtrArray *images;            /* of SstImage */
  GArray *times;                /* of guint64 */
} Coming;

static void
coming_free (gpointer data)
{
  Coming *const coming = data;

  g_free (coming->name);
  g_ptr_array_unref (coming->images);
  g_array_unref (coming->times);
  g_free (coming);
}

/* The file that a clip is of: its name is the file's, or begins so where a
 * file has several. */
static guint32
file_of (GHashTable * by_name, const gchar * clip)
{
  gpointer number = g_hash_table_lookup (by_name, clip);

  if (number == NULL) {
    const gchar *const end = g_strrstr (clip, " #");
    gchar *const name = g_strndup (clip, end != NULL ? (gsize) (end - clip)
        : 0);

    number = g_hash_table_lookup (by_name, name);
    g_free (name);
  }
  return GPOINTER_TO_UINT (number) - 1;
}

/* Names of clips to numbers of files + 1, as this rank's reader names them. */
static GHashTable *
name_files (const Catalogue * catalogue, GPtrArray * there)
{
  GHashTable *by_name = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      NULL);
  GstSsFiles files;

  gst_ss_files_init (&files, NULL, NULL, NULL);
  gst_ss_files_list (&files, (const gchar * const *) there->pdata, NULL);
  for (guint i = 0; i < files.list->len; i++) {
    const GstSsFile *const file = gst_ss_files_get (&files, i);

    g_hash_table_insert (by_name, g_strdup (file->name),
        g_hash_table_lookup (catalogue->by_path, file->path));
  }
  gst_ss_files_clear (&files);
  return by_name;
}

static void
put_picture (GByteArray * bytes, const SstClip * clip, guint i, guint32 file,
    guint32 number)
{
  const SstImage *const image = g_ptr_array_index (clip->images, i);
  const SstFrame *const frame = &image->frame;
  const Label label = { sst_clip_time (clip, i), file, number, frame->width,
    frame->height, (gint32) frame->matrix, image->alpha != NULL,
    (guint32) strlen (clip->name)
  };
  const gsize size = sst_image_bytes (frame->width, frame->height, FALSE);

  g_byte_array_append (bytes, (const guint8 *) &label, sizeof (label));
  g_byte_array_append (bytes, (const guint8 *) clip->name, label.name);
  g_byte_array_append (bytes, image->data, (guint) size);
  if (image->alpha != NULL)
    g_byte_array_append (bytes, image->alpha,
        (guint) (frame->width * frame->height));
}

/* Takes a picture of a rank; clips: those of that rank so far. */
static void
take_picture (GPtrArray * clips, const GByteArray * bytes)
{
  const guint8 *at = bytes->data;
  SstImage *image;
  Coming *coming;
  Label label;
  gsize size;

  memcpy (&label, at, sizeof (label));
  at += sizeof (label);
  if (label.clip == clips->len) {
    coming = g_new0 (Coming, 1);
    coming->name = g_strndup ((const gchar *) at, label.name);
    coming->file = label.file;
    coming->images = g_ptr_array_new_with_free_func ((GDestroyNotify)
        sst_image_unref);
    coming->times = g_array_new (FALSE, FALSE, sizeof (guint64));
    g_ptr_array_add (clips, coming);
  }
  coming = g_ptr_array_index (clips, label.clip);
  at += label.name;
  image = sst_image_new (label.width, label.height);
  image->frame.matrix = (SstMatrix) label.matrix;
  size = sst_image_bytes (label.width, label.height, FALSE);
  memcpy (image->data, at, size);
  if (label.has_alpha)
    memcpy (sst_image_add_alpha (image), at + size,
        (gsize) label.width * label.height);
  g_ptr_array_add (coming->images, image);
  g_array_append_val (coming->times, label.time);
}

/* A place in this rank's footage. */
typedef struct
{
  guint clip, picture;
} Place;

/* The next picture, or nothing. */
static void
put_next (GByteArray * bytes, const SstFootage * mine, GHashTable * by_name,
    Place * place)
{
  const SstClip *clip;

  g_byte_array_set_size (bytes, 0);
  if (place->clip == sst_footage_n_clips (mine))
    return;
  clip = sst_footage_clip (mine, place->clip);
  put_picture (bytes, clip, place->picture, file_of (by_name, clip->name),
      place->clip);
  if (++place->picture == sst_clip_length (clip))
    *place = (Place) { place->clip + 1, 0 };
}

/* Every rank's clips, an array of Coming for each: a picture of each rank at a
 * time, until none has any. */
static GPtrArray *
exchange_pictures (const SstFootage * mine, GHashTable * by_name)
{
  GPtrArray *clips = g_ptr_array_new_with_free_func ((GDestroyNotify)
      g_ptr_array_unref);
  GByteArray *bytes = g_byte_array_new ();
  Place place = { 0, 0 };
  gboolean more = TRUE;

  for (guint r = 0; r < ranks->n; r++)
    g_ptr_array_add (clips, g_ptr_array_new_with_free_func (coming_free));
  while (more) {
    GPtrArray *all;

    put_next (bytes, mine, by_name, &place);
    all = ranks_exchange (bytes);
    more = FALSE;
    for (guint r = 0; r < ranks->n; r++) {
      const GByteArray *const theirs = g_ptr_array_index (all, r);

      if (theirs->len > 0)
        take_picture (g_ptr_array_index (clips, r), theirs);
      more |= theirs->len > 0;
    }
    g_ptr_array_unref (all);
  }
  g_byte_array_unref (bytes);
  return clips;
}

/* Adds the clips of a file, which are one after the other with its owner. */
static void
add_file (SstFootage * footage, GHashTable * names, const GPtrArray * clips,
    guint * next, guint32 file, guint owner)
{
  for (; *next < clips->len; (*next)++) {
    const Coming *const coming = g_ptr_array_index (clips, *next);
    gchar *name;
    SstClip *clip;

    if (coming->file != file)
      return;
    /* another rank's may be called the same */
    name = g_hash_table_contains (names, coming->name)
        ? g_strdup_printf ("%s (rank %u)", coming->name, owner)
        : g_strdup (coming->name);
    g_hash_table_add (names, name);
    clip = sst_footage_add_clip (footage, name);
    for (guint i = 0; i < coming->images->len; i++)
      sst_clip_add (clip, sst_image_ref (g_ptr_array_index (coming->images,
                  i)), g_array_index (coming->times, guint64, i));
  }
}

/* All clips, in the order of the catalogue. */
static SstFootage *
put_together (const Catalogue * catalogue, const GPtrArray * clips)
{
  SstFootage *footage = sst_footage_new ();
  GHashTable *names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      NULL);
  guint *const next = g_new0 (guint, ranks->n);

  for (guint i = 0; i < catalogue->entries->len; i++) {
    const guint owner = get_entry (catalogue, i)->owner;

    add_file (footage, names, g_ptr_array_index (clips, owner), &next[owner],
        i, owner);
  }
  g_free (next);
  g_hash_table_unref (names);
  return footage;
}

/* Makes the summary that of all ranks. */
static void
sum_summaries (GstSsReaderSummary * summary)
{
  GstSsReaderSummary *const all = g_new0 (GstSsReaderSummary, ranks->n);

  all[ranks->rank] = *summary;
  ranks->gather (ranks, all, sizeof (*all));
  *summary = (GstSsReaderSummary) { 0 };
  for (guint r = 0; r < ranks->n; r++) {
    summary->n_files += all[r].n_files;
    summary->n_skipped += all[r].n_skipped;
    summary->n_videos += all[r].n_videos;
    summary->n_photographs += all[r].n_photographs;
    summary->n_pictures += all[r].n_pictures;
    summary->seconds += all[r].seconds;
    summary->bytes += all[r].bytes;
    summary->thinned |= all[r].thinned;
  }
  g_free (all);
}

SstFootage *
read_together (const gchar * const *paths, const GstSsReaderParams * params,
    GstSsReaderSummary * summary, GError ** error)
{
  GPtrArray *there = g_ptr_array_new ();
  Catalogue catalogue;
  SstFootage *mine, *footage = NULL;

  make_catalogue (&catalogue, paths, NULL, params, there);
  mine = read_mine (&catalogue, there, params, summary, error);
  if (ranks_settle (mine != NULL, error)) {
    GHashTable *by_name = name_files (&catalogue, there);
    GPtrArray *clips = exchange_pictures (mine, by_name);

    footage = put_together (&catalogue, clips);
    g_ptr_array_unref (clips);
    g_hash_table_unref (by_name);
    sum_summaries (summary);
    if (sst_footage_n_clips (footage) == 0) {
      sst_footage_free (&footage);
      g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
          "None of %u files is a video or photograph that a rank could read",
          catalogue.entries->len);
      ranks_settle (FALSE, error);
    }
  }
  sst_footage_free (&mine);
  catalogue_clear (&catalogue);
  g_ptr_array_unref (there);
  return footage;
}

/* --- a store ------------------------------------------------------------ */

/* The folder in which a rank keeps what it decodes, until the first one has
 * taken it over. */
static gchar *
part_folder (const gchar * folder, guint rank)
{
  gchar *name = g_strdup_printf ("part-%u", rank);
  gchar *path = g_build_filename (folder, name, NULL);

  g_free (name);
  return path;
}

/* Removes a folder of files, if there is one. */
static void
remove_part (const gchar * path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const gchar *name;

  if (dir == NULL)
    return;
  while ((name = g_dir_read_name (dir)) != NULL) {
    gchar *file = g_build_filename (path, name, NULL);

    g_unlink (file);
    g_free (file);
  }
  g_dir_close (dir);
  g_rmdir (path);
}

/* Decodes this rank's files into its part. */
static gboolean
fill_part (const gchar * path, Catalogue * catalogue, GPtrArray * there,
    const GstSsReaderParams * params, GstSsReaderSummary * summary,
    GError ** error)
{
  GstSsReaderParams mine = *params;
  SstStore *part;
  gboolean ok;

  *summary = (GstSsReaderSummary) { 0 };
  remove_part (path);
  part = sst_store_open (path, TRUE, error);
  if (part == NULL)
    return FALSE;
  mine.wants = is_mine;
  mine.wants_data = catalogue;
  ok = gst_ss_reader_fill (part, (const gchar * const *) there->pdata, &mine,
      summary, error);
  sst_store_free (&part);
  return ok;
}

/* A part, as the first rank reads it. */
typedef struct
{
  SstStore *store;
  SstFootage *footage;
  guint next;                   /* clip */
} Part;

/* Takes a clip over into a store. */
static gboolean
copy_clip (SstStore * store, const SstClip * clip, GError ** error)
{
  for (guint i = 0; i < sst_clip_length (clip); i++)
    if (!sst_store_add (store, g_ptr_array_index (clip->images, i),
            sst_clip_time (clip, i), i == 0, error))
      return FALSE;
  return TRUE;
}

/* Takes a file over, whose clips come next in the part; one without any is not
 * there. */
static gboolean
copy_file (SstStore * store, Part * part, const gchar * path, GError ** error)
{
  gboolean begun = FALSE;

  for (; part->next < sst_store_n_clips (part->store); part->next++) {
    const SstStoreClip *const clip = sst_store_clip (part->store, part->next);
    const SstStoreFile *const file = sst_store_file (part->store, clip->file);

    if (strcmp (file->path, path) != 0)
      break;
    if (!begun)
      sst_store_begin (store, file, clip->name);
    begun = TRUE;
    if (!copy_clip (store, sst_footage_clip (part->footage, part->next),
            error)) {
      sst_store_abort (store);
      return FALSE;
    }
  }
  return !begun || sst_store_commit (store, error);
}

static gboolean
open_parts (Part * parts, const gchar * folder, GError ** error)
{
  gboolean ok = TRUE;

  for (guint r = 0; ok && r < ranks->n; r++) {
    gchar *path = part_folder (folder, r);

    parts[r].store = sst_store_open (path, FALSE, error);
    if (parts[r].store != NULL)
      parts[r].footage = sst_store_footage (parts[r].store, NULL, error);
    ok = parts[r].footage != NULL;
    g_free (path);
  }
  return ok;
}

/* The first rank's: all parts into the store, in the order of the
 * catalogue. What is whole stays. */
static gboolean
copy_parts (SstStore * store, const gchar * folder,
    const Catalogue * catalogue, GError ** error)
{
  Part *const parts = g_new0 (Part, ranks->n);
  gboolean ok = open_parts (parts, folder, error);

  for (guint i = 0; ok && i < catalogue->entries->len; i++) {
    const Entry *const entry = get_entry (catalogue, i);

    ok = copy_file (store, &parts[entry->owner], entry->path, error);
  }
  ok = sst_store_flush (store, ok ? error : NULL) && ok;
  for (guint r = 0; r < ranks->n; r++) {
    sst_footage_free (&parts[r].footage);
    sst_store_free (&parts[r].store);
  }
  g_free (parts);
  return ok;
}

/* Opens the store: the first rank's, for writing, is there before the
 * others'. */
static SstStore *
open_together (const gchar * folder, GError ** error)
{
  SstStore *store = NULL;

  if (ranks_is_first ())
    store = sst_store_open (folder, TRUE, error);
  if (!ranks_settle (store != NULL || !ranks_is_first (), error))
    return NULL;
  if (!ranks_is_first ())
    store = sst_store_open (folder, FALSE, error);
  if (!ranks_settle (store != NULL, error))
    sst_store_free (&store);
  return store;
}

gboolean
fill_together (const gchar * folder, const gchar * const *paths,
    const GstSsReaderParams * params, GstSsReaderSummary * summary,
    GError ** error)
{
  SstStore *store = open_together (folder, error);
  GPtrArray *there = g_ptr_array_new ();
  gchar *part = part_folder (folder, ranks->rank);
  Catalogue catalogue;
  gboolean ok = FALSE;

  if (store != NULL) {
    make_catalogue (&catalogue, paths, store, params, there);
    ok = ranks_settle (fill_part (part, &catalogue, there, params, summary,
            error), error)
        && ranks_settle (!ranks_is_first () || copy_parts (store, folder,
            &catalogue, error), error);
    remove_part (part);
    sum_summaries (summary);
    summary->n_known = catalogue.n_known;
    catalogue_clear (&catalogue);
  }
  sst_store_free (&store);
  g_free (part);
  g_ptr_array_unref (there);
  return ok;
}
