/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* The reader's second door: files into a store, one after the other. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssreader.h"

#include "footage/rights.h"

#include "decoder.h"
#include "files.h"

typedef struct
{
  const GstSsReaderParams *params;
  SstStore *store;
  GstSsFiles files;
  GstSsDecoder decoder;
  GstSsReaderSummary *summary;
  SstRights *rights;
  SstImage *held;               /* the first picture of a file, until it is
                                 * known whether more follow */
  guint64 held_time;
} Filling;

static gboolean
fill_add (Filling * filling, SstImage * image, guint64 time, GError ** error)
{
  const gboolean ok = sst_store_add (filling->store, image, time,
      FALSE, error);

  filling->summary->n_pictures++;
  filling->summary->bytes += sst_image_size (image);
  sst_image_unref (image);
  return ok;
}

/* Takes the n-th picture of a file. */
static gboolean
fill_picture (Filling * filling, SstImage * image, guint64 time, guint n,
    GError ** error)
{
  SstImage *const first = g_steal_pointer (&filling->held);

  if (n == 0) {
    filling->held = image;
    filling->held_time = time;
    return TRUE;
  }
  sst_image_remove_alpha (image);
  if (first != NULL) {
    sst_image_remove_alpha (first);
    if (!fill_add (filling, first, filling->held_time, error)) {
      sst_image_unref (image);
      return FALSE;
    }
  }
  return fill_add (filling, image, time, error);
}

/* Decodes a file into the store. FALSE: it could not be written. */
static gboolean
fill_file (Filling * filling, GstSsFile * file, GError ** error)
{
  GstSsReaderSummary *const summary = filling->summary;
  const SstStoreFile entry = { file->path, file->size, file->mtime,
    g_strdup (sst_rights_of (filling->rights, file->path))
  };
  guint64 first = 0, last = 0;
  gboolean ok = TRUE;
  GstSample *sample;
  guint n = 0;
  GstSsWalk walk;

  sst_store_begin (filling->store, &entry, file->name);
  gst_ss_walk_start (&walk, &filling->decoder, file,
      filling->params->frame_rate);
  while (ok && (sample = gst_ss_walk_next (&walk)) != NULL) {
    SstImage *const image = gst_ss_image_from_sample (sample, 0,
        filling->params->short_side);

    last = walk.kept;
    first = n == 0 ? last : first;
    if (image != NULL)
      ok = fill_picture (filling, image, last, n++, error);
    gst_sample_unref (sample);
  }
  gst_ss_walk_end (&walk, file, n);
  if (ok && filling->held != NULL)
    ok = fill_add (filling, g_steal_pointer (&filling->held), first, error);
  if (ok)
    ok = sst_store_commit (filling->store, error);
  summary->n_skipped += n == 0;
  summary->n_videos += n > 1;
  summary->n_photographs += n == 1;
  summary->seconds += (gdouble) (last - first) / GST_SECOND;
  g_free (entry.rights);
  return ok;
}

static gboolean
fill (Filling * filling, GError ** error)
{
  const GstSsReaderParams *const params = filling->params;
  const guint n_files = filling->files.list->len;

  for (guint i = 0; i < n_files; i++) {
    GstSsFile *const file = gst_ss_files_get (&filling->files, i);

    if (!fill_file (filling, file, error)) {
      /* What is whole stays. */
      sst_store_abort (filling->store);
      sst_store_flush (filling->store, NULL);
      return FALSE;
    }
    if (file->warning != NULL && params->warning != NULL)
      params->warning (file->warning, params->data);
    if (params->progress != NULL)
      params->progress (i + 1, n_files, filling->summary->bytes, params->data);
  }
  return sst_store_flush (filling->store, error);
}

gboolean
gst_ss_reader_fill (SstStore * store, const gchar * const *paths,
    const GstSsReaderParams * params, GstSsReaderSummary * summary,
    GError ** error)
{
  GstSsReaderSummary own_summary;
  Filling filling = {.params = params,.store = store,.summary =
        summary != NULL ? summary : &own_summary
  };
  gboolean ok;

  *filling.summary = (GstSsReaderSummary) { 0 };
  gst_ss_files_init (&filling.files, store, params->warning, params->data);
  filling.rights = sst_rights_new ();
  ok = gst_ss_files_list (&filling.files, paths, error);
  gst_ss_files_drop (&filling.files, params->wants, params->wants_data);
  filling.summary->n_files = filling.files.list->len;
  filling.summary->n_known = filling.files.n_known;
  ok = ok && (filling.files.list->len == 0
      || (gst_ss_decoder_init (&filling.decoder, error)
          && fill (&filling, error)));
  gst_ss_decoder_clear (&filling.decoder);
  sst_image_unref (filling.held);
  sst_rights_free (&filling.rights);
  gst_ss_files_clear (&filling.files);
  return ok;
}
