/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssreader.h"

#include <unistd.h>

#include "decoder.h"
#include "files.h"
#include "series.h"

/* Nothing is thinned below a share of this size: about a picture. */
#define SMALLEST_SHARE (64 * 1024)

typedef struct
{
  GstSsSeries *series;          /* NULL: nothing there, or a photograph that is
                                 * with its folder's */
  gboolean done;
} Decoded;

typedef struct
{
  const GstSsReaderParams *params;
  GstSsFiles files;
  Decoded *decoded;             /* of each file */
  GPtrArray *folders;           /* of GstSsSeries: photographs by folder */

  GMutex lock;                  /* of all below */
  GCond changed;
  guint next;                   /* the next file to decode */
  guint committed;              /* files before this one are accounted for */
  guint64 waiting;              /* bytes that are decoded and not committed */
  guint64 bytes;                /* bytes of committed series */
  guint64 share;                /* bytes of a series, at most */
  guint64 limit;                /* the same of a video, since that is in memory
                                 * before it is accounted for; constant */
} Reader;

/* Thins what is committed until it fits. */
static void
reader_thin (Reader * reader)
{
  while (reader->bytes > reader->params->memory
      && reader->share > SMALLEST_SHARE) {
    reader->share -= reader->share / 4;
    reader->bytes = 0;
    for (guint i = 0; i < reader->committed; i++) {
      GstSsSeries *series = reader->decoded[i].series;

      if (series != NULL) {
        gst_ss_series_thin (series, MIN (reader->share, reader->limit));
        reader->bytes += series->bytes;
      }
    }
    for (guint i = 0; i < reader->folders->len; i++) {
      GstSsSeries *series = g_ptr_array_index (reader->folders, i);

      gst_ss_series_thin (series, reader->share);
      reader->bytes += series->bytes;
    }
  }
}

/* Accounts for the files that are decoded, in their order, so that what is
 * thinned does not depend on which pipeline was faster. */
static void
reader_commit (Reader * reader)
{
  while (reader->committed < reader->files.list->len) {
    const GstSsFile *file = gst_ss_files_get (&reader->files,
        reader->committed);
    Decoded *decoded = &reader->decoded[reader->committed];
    GstSsSeries *series = decoded->series;

    if (!decoded->done)
      return;
    reader->committed++;
    if (series == NULL)
      continue;

    reader->waiting -= series->bytes;
    if (series->pictures->len == 1 && series->level == 0) {
      GstSsPicture *picture = &g_array_index (series->pictures, GstSsPicture,
          0);
      GstSsSeries *folder = g_ptr_array_index (reader->folders, file->folder);

      if (gst_ss_series_keeps (folder, file->rank, folder->level)) {
        const guint64 before = folder->bytes;

        picture->slot = file->rank;
        gst_ss_series_add (folder, picture);
        g_array_set_size (series->pictures, 0);
        gst_ss_series_thin (folder, reader->share);
        reader->bytes += folder->bytes;
        reader->bytes -= before;
      }
      g_clear_pointer (&decoded->series, gst_ss_series_free);
    } else {
      gst_ss_series_thin (series, MIN (reader->share, reader->limit));
      reader->bytes += series->bytes;
    }
    reader_thin (reader);
  }
}

/* What a video may take while it is decoded. */
static guint64
reader_get_limit (Reader * reader)
{
  guint64 limit;

  g_mutex_lock (&reader->lock);
  limit = MIN (reader->share, reader->limit);
  g_mutex_unlock (&reader->lock);
  return limit;
}

/* Decodes a file. Nobody else looks at it until it is done. */
static void
decode (Reader * reader, GstSsDecoder * decoder, guint index)
{
  const GstSsReaderParams *params = reader->params;
  GstSsFile *file = gst_ss_files_get (&reader->files, index);
  GstSsSeries *series = gst_ss_series_new (params->frame_rate);
  GstSample *sample;
  guint slot = 0;
  GstSsWalk walk;

  gst_ss_walk_start (&walk, decoder, file, params->frame_rate);
  while ((sample = gst_ss_walk_next (&walk)) != NULL) {
    GstSsPicture picture = { slot, index, walk.kept, NULL };

    if (gst_ss_series_keeps (series, slot++, series->level))
      picture.image = gst_ss_image_from_sample (sample, params->max_side, 0);
    if (picture.image != NULL) {
      if (series->pictures->len > 0)
        gst_ss_series_drop_alpha (series, picture.image);
      gst_ss_series_add (series, &picture);
      gst_ss_series_thin (series, reader_get_limit (reader));
    }
    gst_sample_unref (sample);
  }

  gst_ss_walk_end (&walk, file, series->pictures->len);
  if (series->pictures->len > 0)
    reader->decoded[index].series = series;
  else
    gst_ss_series_free (series);
}

static gpointer
work (gpointer data)
{
  Reader *reader = data;
  GstSsDecoder decoder = { NULL, };
  GError *error = NULL;

  gst_ss_decoder_init (&decoder, &error);

  g_mutex_lock (&reader->lock);
  while (TRUE) {
    Decoded *decoded;
    GstSsFile *file;
    guint index;

    /* Decoding far ahead of a file that takes long would need memory. */
    while (reader->next < reader->files.list->len
        && reader->next > reader->committed
        && reader->waiting > reader->params->memory / 8)
      g_cond_wait (&reader->changed, &reader->lock);
    if (reader->next >= reader->files.list->len)
      break;
    index = reader->next++;
    file = gst_ss_files_get (&reader->files, index);
    decoded = &reader->decoded[index];
    g_mutex_unlock (&reader->lock);

    if (error == NULL) {
      decode (reader, &decoder, index);
    } else {
      file->skipped = TRUE;
      file->warning = g_strdup_printf ("\"%s\" is skipped: %s", file->path,
          error->message);
    }

    g_mutex_lock (&reader->lock);
    decoded->done = TRUE;
    if (decoded->series != NULL)
      reader->waiting += decoded->series->bytes;
    reader_commit (reader);
    g_cond_broadcast (&reader->changed);
  }
  g_mutex_unlock (&reader->lock);

  gst_ss_decoder_clear (&decoder);
  g_clear_error (&error);
  return NULL;
}

static void
add_video (SstFootage * footage, const GstSsFile * file,
    const GstSsSeries * series, GstSsReaderSummary * summary)
{
  const GstSsPicture *last = NULL;
  SstClip *clip = NULL;
  guint64 start = 0;
  guint n = 0;

  for (guint i = 0; i < series->pictures->len; i++) {
    const GstSsPicture *picture = &g_array_index (series->pictures,
        GstSsPicture, i);

    if (clip == NULL || !gst_ss_series_joins (series, last, picture)) {
      gchar *name = n == 0 ? g_strdup (file->name) :
          g_strdup_printf ("%s #%u", file->name, n + 1);

      clip = sst_footage_add_clip (footage, name);
      start = picture->time;
      n++;
      g_free (name);
    }
    sst_clip_add (clip, sst_image_ref (picture->image), picture->time - start);
    summary->n_pictures++;
    last = picture;
  }
  summary->n_videos++;
  if (last != NULL)
    summary->seconds += (gdouble) (last->time
        - g_array_index (series->pictures, GstSsPicture, 0).time) / GST_SECOND;
}

static SstFootage *
make_footage (Reader * reader, GstSsReaderSummary * summary)
{
  SstFootage *footage = sst_footage_new ();
  SstImage **photographs = g_new0 (SstImage *, reader->files.list->len);

  for (guint i = 0; i < reader->folders->len; i++) {
    const GstSsSeries *series = g_ptr_array_index (reader->folders, i);

    summary->thinned |= series->level > 0;
    for (guint k = 0; k < series->pictures->len; k++) {
      const GstSsPicture *picture = &g_array_index (series->pictures,
          GstSsPicture, k);

      photographs[picture->file] = picture->image;
    }
  }

  summary->n_files = reader->files.list->len;
  for (guint i = 0; i < reader->files.list->len; i++) {
    const GstSsFile *file = gst_ss_files_get (&reader->files, i);
    const GstSsSeries *series = reader->decoded[i].series;

    summary->n_skipped += file->skipped;
    if (series != NULL) {
      summary->thinned |= series->level > 0;
      add_video (footage, file, series, summary);
    } else if (photographs[i] != NULL) {
      sst_clip_add (sst_footage_add_clip (footage, file->name),
          sst_image_ref (photographs[i]), 0);
      summary->n_photographs++;
      summary->n_pictures++;
    }
  }
  summary->bytes = sst_footage_size (footage);
  g_free (photographs);
  return footage;
}

void
gst_ss_reader_params_init (GstSsReaderParams * params)
{
  const guint64 limit = G_GUINT64_CONSTANT (6000000000);
  const glong pages = sysconf (_SC_PHYS_PAGES);
  const glong page = sysconf (_SC_PAGESIZE);

  *params = (GstSsReaderParams) {
    .frame_rate = GST_SS_READER_FRAME_RATE,
    .max_side = GST_SS_READER_MAX_SIDE,
    .short_side = GST_SS_READER_SHORT_SIDE,
    .memory = limit,
    .n_pipelines = 2,
  };
  if (pages > 0 && page > 0)
    params->memory = MIN (limit, (guint64) pages * (guint64) page / 2);
}

/* Tells of what the workers do until they are through. */
static void
watch (Reader * reader)
{
  const GstSsReaderParams *params = reader->params;
  const guint n_files = reader->files.list->len;
  guint told = 0, committed;

  do {
    const gint64 until = g_get_monotonic_time () + G_USEC_PER_SEC / 4;
    guint64 bytes;

    g_mutex_lock (&reader->lock);
    if (reader->committed == told && told < n_files)
      g_cond_wait_until (&reader->changed, &reader->lock, until);
    committed = reader->committed;
    bytes = reader->bytes;
    g_mutex_unlock (&reader->lock);

    for (; told < committed; told++) {
      const GstSsFile *file = gst_ss_files_get (&reader->files, told);

      if (file->warning != NULL && params->warning != NULL)
        params->warning (file->warning, params->data);
    }
    if (params->progress != NULL)
      params->progress (committed, n_files, bytes, params->data);
  } while (committed < n_files);
}

/* All that is in the files. */
static SstFootage *
read_files (Reader * reader, GstSsReaderSummary * summary)
{
  const GstSsReaderParams *params = reader->params;
  const guint n_files = reader->files.list->len;
  const guint n_threads = MIN (MAX (params->n_pipelines, 1), n_files);
  GThread **threads = g_new (GThread *, n_threads);

  reader->decoded = g_new0 (Decoded, n_files);
  for (guint i = 0; i < reader->files.n_folders; i++)
    g_ptr_array_add (reader->folders, gst_ss_series_new (0.));
  reader->share = params->memory;
  reader->limit = params->memory / CLAMP (n_files, 1, 8);
  for (guint i = 0; i < n_threads; i++)
    threads[i] = g_thread_new ("reader", work, reader);
  watch (reader);
  for (guint i = 0; i < n_threads; i++)
    g_thread_join (threads[i]);
  g_free (threads);
  return make_footage (reader, summary);
}

static void
reader_init (Reader * reader, const GstSsReaderParams * params)
{
  *reader = (Reader) {.params = params };
  gst_ss_files_init (&reader->files, NULL, params->warning, params->data);
  reader->folders = g_ptr_array_new_with_free_func (gst_ss_series_free);
  g_mutex_init (&reader->lock);
  g_cond_init (&reader->changed);
}

static void
reader_clear (Reader * reader)
{
  if (reader->decoded != NULL)
    for (guint i = 0; i < reader->files.list->len; i++)
      gst_ss_series_free (reader->decoded[i].series);
  g_free (reader->decoded);
  g_cond_clear (&reader->changed);
  g_mutex_clear (&reader->lock);
  g_ptr_array_unref (reader->folders);
  gst_ss_files_clear (&reader->files);
}

SstFootage *
gst_ss_reader_read (const gchar * const *paths,
    const GstSsReaderParams * params, GstSsReaderSummary * summary,
    GError ** error)
{
  GstSsReaderSummary own_summary;
  SstFootage *footage = NULL;
  Reader reader;

  if (summary == NULL)
    summary = &own_summary;
  *summary = (GstSsReaderSummary) { 0 };
  reader_init (&reader, params);
  if (gst_ss_files_list (&reader.files, paths, error)) {
    gst_ss_files_drop (&reader.files, params->wants, params->wants_data);
    footage = read_files (&reader, summary);
  }
  if (footage != NULL && sst_footage_n_clips (footage) == 0) {
    sst_footage_free (&footage);
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
        reader.files.list->len > 0 ? "None of %u files is a video or "
        "photograph that could be read" : "There is no video or photograph "
        "(%u files)", reader.files.list->len);
  }
  reader_clear (&reader);
  return footage;
}
