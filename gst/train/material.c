/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "material.h"

#include <string.h>

#include <glib/gstdio.h>

#include "footage/mine.h"
#include "footage/mined.h"
#include "model/model_private.h"

#include "gstssinfo.h"
#include "gstssreader.h"
#include "options.h"
#include "ranks.h"
#include "sharing.h"
#include "terminal.h"

static void
on_reader_progress (guint n_done, guint n_files, guint64 bytes, gpointer data)
{
  if (line_is_due ())
    show_progress ("reading: %u of %u files, %.0f MB", n_done, n_files,
        (gdouble) bytes / 1e6);
}

static void
on_reader_warning (const gchar * text, gpointer data)
{
  complain ("warning: %s", text);
}

void
count_contents (const SstFootage * footage, Contents * contents)
{
  *contents = (Contents) { {0}, 0 };
  for (guint i = 0; i < sst_footage_n_clips (footage); i++) {
    const SstClip *clip = sst_footage_clip (footage, i);

    contents->n_clips[sst_clip_kind (clip)]++;
    contents->seconds += (gdouble) sst_clip_time (clip,
        sst_clip_length (clip) - 1) / GST_SECOND;
  }
}

static void
get_reader_params (GstSsReaderParams * params)
{
  gst_ss_reader_params_init (params);
  params->frame_rate = options.frame_rate;
  params->max_side = options.max_side;
  params->short_side = options.short_side;
  params->memory = (guint64) (options.memory * 1e9);
  params->progress = on_reader_progress;
  params->warning = on_reader_warning;
}

static SstFootage *
read_footage (const gchar * const *paths, GError ** error)
{
  GstSsReaderSummary summary;
  GstSsReaderParams params;
  SstFootage *footage;

  get_reader_params (&params);
  footage = (ranks != NULL ? read_together : gst_ss_reader_read)
      (paths, &params, &summary, error);
  if (footage == NULL)
    return NULL;
  if (summary.n_skipped > 0)
    say ("%u of %u files skipped", summary.n_skipped, summary.n_files);
  if (summary.thinned)
    complain ("warning: there is more than %g GB of pictures, so every other "
        "one was left out where most were; --memory, --frame-rate and "
        "--max-side change that, or --store", options.memory);
  return footage;
}

SstFootage *
read_footage_of (const gchar * path, GError ** error)
{
  const gchar *const paths[] = { path, NULL };

  return read_footage (paths, error);
}

/* Reads into the store; this process alone. */
static gboolean
fill_alone (const GstSsReaderParams * params, GstSsReaderSummary * summary,
    GError ** error)
{
  SstStore *store = sst_store_open (options.store, TRUE, error);
  gboolean ok;

  if (store == NULL)
    return FALSE;
  if (sst_store_n_ignored (store) > 0)
    complain ("warning: the end of the store was not whole: %.1f MB are cut "
        "off", (gdouble) sst_store_n_ignored (store) / 1e6);
  ok = gst_ss_reader_fill (store, (const gchar * const *) options.paths,
      params, summary, error);
  sst_store_free (&store);
  return ok;
}

gboolean
fill_store (GError ** error)
{
  GstSsReaderSummary summary;
  GstSsReaderParams params;
  gboolean ok;

  get_reader_params (&params);
  ok = ranks != NULL ? fill_together (options.store,
      (const gchar * const *) options.paths, &params, &summary, error)
      : fill_alone (&params, &summary, error);
  if (ok)
    say ("read %u files into the store (%u videos, %u photographs, %u "
        "pictures, %.0f MB), %u skipped; %u were in it",
        summary.n_files - summary.n_skipped, summary.n_videos,
        summary.n_photographs, summary.n_pictures,
        (gdouble) summary.bytes / 1e6, summary.n_skipped, summary.n_known);
  return ok;
}

static SstFootage *
stored_footage (GError ** error)
{
  SstStore *store;
  SstFootage *footage;

  if (options.paths != NULL && !fill_store (error))
    return NULL;
  store = sst_store_open (options.store, FALSE, error);
  if (store == NULL)
    return NULL;
  footage = sst_store_footage (store, options.rights, error);
  if (footage != NULL && sst_footage_n_clips (footage) == 0) {
    sst_footage_free (&footage);
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
        "There are no pictures%s%s in the store \"%s\"",
        options.rights != NULL ? " of rights " : "",
        options.rights != NULL ? options.rights : "", options.store);
  }
  sst_store_free (&store);
  return footage;
}

SstFootage *
get_footage (GError ** error)
{
  SstFootage *footage = options.store != NULL ? stored_footage (error) :
      read_footage ((const gchar * const *) options.paths, error);
  Contents contents;

  if (footage != NULL) {
    count_contents (footage, &contents);
    say ("footage: %u videos (%.0f s), %u photographs, %u cut-outs: %u "
        "pictures, %.0f MB", contents.n_clips[SST_CLIP_VIDEO],
        contents.seconds, contents.n_clips[SST_CLIP_PHOTOGRAPH],
        contents.n_clips[SST_CLIP_CUTOUT], sst_footage_n_images (footage),
        (gdouble) sst_footage_size (footage) / 1e6);
  }
  return footage;
}

static const gchar *const kinds[] = { "video", "photograph", "cut-out" };

/* A line of the list: clips of one kind and rights. */
typedef struct
{
  SstClipKind kind;
  const gchar *rights;
  guint n_clips, n_pictures;
  gdouble seconds, bytes;
} Row;

static gint
compare_rows (gconstpointer a, gconstpointer b)
{
  const Row *const one = a, *const two = b;

  return one->kind != two->kind ? (gint) one->kind - (gint) two->kind :
      strcmp (one->rights, two->rights);
}

static void
row_add (Row * row, const SstStoreClip * clip)
{
  row->n_clips++;
  row->n_pictures += clip->n;
  row->seconds += (gdouble) clip->times[clip->n - 1] / GST_SECOND;
  row->bytes += (gdouble) clip->bytes;
}

static void
print_row (const gchar * kind, const Row * row)
{
  g_print ("%-11s %-11s %7u %9u %8.1f %9.1f\n", kind, row->rights,
      row->n_clips, row->n_pictures, row->seconds / 60, row->bytes / 1e6);
}

static Row *
find_row (GArray * rows, SstClipKind kind, const gchar * rights)
{
  const Row row = { kind, rights, 0, 0, 0, 0 };

  for (guint i = 0; i < rows->len; i++)
    if (compare_rows (&g_array_index (rows, Row, i), &row) == 0)
      return &g_array_index (rows, Row, i);
  g_array_append_val (rows, row);
  return &g_array_index (rows, Row, rows->len - 1);
}

gboolean
list_store (GError ** error)
{
  GArray *rows = g_array_new (FALSE, FALSE, sizeof (Row));
  SstStore *store = sst_store_open (options.store, FALSE, error);
  SstMined *mined = store != NULL ? sst_mined_open (options.store,
      SST_MINE_VERSION, FALSE, error) : NULL;
  const gboolean ok = mined != NULL;
  Row all = {.rights = "" };
  guint n_mined = 0, n_videos = 0;

  for (guint i = 0; ok && i < sst_store_n_clips (store); i++) {
    const SstStoreClip *clip = sst_store_clip (store, i);

    row_add (find_row (rows, clip->kind,
            sst_store_file (store, clip->file)->rights), clip);
    row_add (&all, clip);
    n_videos += clip->kind == SST_CLIP_VIDEO;
    n_mined += sst_mined_has (mined, clip->name);
  }
  if (ok) {
    g_array_sort (rows, compare_rows);
    g_print ("%-11s %-11s %7s %9s %8s %9s\n", "kind", "rights", "clips",
        "pictures", "minutes", "MB");
    for (guint i = 0; i < rows->len; i++)
      print_row (kinds[g_array_index (rows, Row, i).kind],
          &g_array_index (rows, Row, i));
    print_row ("all", &all);
    g_print ("%u files; %u of %u videos are mined\n",
        sst_store_n_files (store), n_mined, n_videos);
  }
  g_array_unref (rows);
  sst_mined_free (&mined);
  sst_store_free (&store);
  return ok;
}

gchar *
footage_checksum (const SstFootage * footage)
{
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gchar *text;

  for (guint i = 0; i < sst_footage_n_clips (footage); i++) {
    const SstClip *clip = sst_footage_clip (footage, i);
    const SstFrame *frame = sst_clip_frame (clip, 0);
    gchar *line = g_strdup_printf ("%s %u %d %d %" G_GUINT64_FORMAT "\n",
        clip->name, sst_clip_length (clip), frame->width, frame->height,
        sst_clip_time (clip, sst_clip_length (clip) - 1));

    g_checksum_update (checksum, (const guchar *) line, -1);
    g_free (line);
  }
  text = g_strndup (g_checksum_get_string (checksum), 16);
  g_checksum_free (checksum);
  return text;
}

SstModel *
get_model (const gchar * name, GError ** error)
{
  SstNetworkConfig config = SST_NETWORK_CONFIG_DEFAULT;
  SstModel *model;

  if (name == NULL && options.network != NULL
      && strcmp (options.network, "first") != 0
      && !sst_network_parse (options.network, &config, error))
    return NULL;
  if (name == NULL)
    return sst_model_new_random (&config, (guint64) options.seed, error);
  if (strcmp (name, "builtin") != 0)
    return sst_model_load (name, error);
  model = sst_model_builtin ();
  if (model == NULL)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
        "This build has no model of its own; give the file of one");
  return model;
}

SstModel *
share_model (SstModel * model, GError ** error)
{
  GByteArray *bytes;
  SstWeights *weights;
  GBytes *data;

  if (ranks == NULL)
    return model;
  bytes = g_byte_array_new ();
  if (model != NULL) {
    data = sst_weights_to_bytes (sst_model_weights (model));
    g_byte_array_append (bytes, g_bytes_get_data (data, NULL),
        (guint) g_bytes_get_size (data));
    g_bytes_unref (data);
  }
  ranks_share (bytes);
  data = g_byte_array_free_to_bytes (bytes);
  if (model == NULL) {
    weights = sst_weights_load_bytes (data, error);
    if (weights != NULL)
      model = sst_model_new_from_weights (weights, error);
    sst_weights_unref (weights);
  }
  g_bytes_unref (data);
  if (!ranks_settle (model != NULL, error))
    g_clear_pointer (&model, sst_model_unref);
  return model;
}

gboolean
show_info (GError ** error)
{
  SstModel *model = get_model (options.info, error);
  gchar *text;
  GStatBuf st;

  if (model == NULL)
    return FALSE;
  text = gst_ss_info_describe (model);
  if (g_stat (options.info, &st) == 0)
    g_print ("size: %" G_GINT64_FORMAT " bytes\n", (gint64) st.st_size);
  g_print ("%s", text);
  g_free (text);
  sst_model_unref (model);
  return TRUE;
}
