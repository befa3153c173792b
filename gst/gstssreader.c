/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssreader.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gst/app/gstappsink.h>
#include <gst/video/video.h>

#include "gstssframe.h"

/* A file that gives no picture for that long is given up. */
#define STALL_US (30 * G_USEC_PER_SEC)
/* And one that failed, if it does not end by itself. */
#define DRAIN_US (G_USEC_PER_SEC / 5)
/* How often errors and the clock are looked at while no picture comes. */
#define POLL_TIME (10 * GST_MSECOND)
/* Thinning: rates halve twice, then stretches go, up to all but the first of
 * 2^10; what is still too much after that halves its rate again. */
#define RATE_LEVELS 2
#define STRETCH_LEVELS 10
#define STRETCH_SECONDS 10
/* Nothing is thinned below a share of this size: about a picture. */
#define SMALLEST_SHARE (64 * 1024)
#define MAX_LEVEL 30

typedef struct
{
  guint slot;                   /* number in its series, before thinning */
  guint file;
  guint64 time;                 /* nanoseconds */
  SstImage *image;
} Picture;

/* What is thinned as one: a video, or the photographs of a folder. */
typedef struct
{
  GArray *pictures;             /* of Picture */
  guint64 bytes;
  guint level;                  /* how often it was thinned */
  guint stretch;                /* slots of a stretch; 0: has none */
} Series;

typedef struct
{
  gchar *path;
  gchar *name;                  /* of its clip */
  guint folder, rank;           /* its folder's photographs, its place there */
  Series *series;               /* NULL: nothing there, or a photograph */
  gchar *warning;
  gboolean done;
  gboolean skipped;
} File;

typedef struct
{
  const GstSsReaderParams *params;
  GArray *files;                /* of File */
  GPtrArray *folders;           /* of Series: photographs by folder */
  GHashTable *visited;          /* inodes */
  GHashTable *names;

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

/* ---- thinning ---- */

static Series *
series_new (guint stretch)
{
  Series *series = g_new0 (Series, 1);

  series->pictures = g_array_new (FALSE, FALSE, sizeof (Picture));
  series->stretch = stretch;
  return series;
}

static void
series_free (gpointer data)
{
  Series *series = data;

  if (series == NULL)
    return;
  for (guint i = 0; i < series->pictures->len; i++)
    sst_image_unref (g_array_index (series->pictures, Picture, i).image);
  g_array_unref (series->pictures);
  g_free (series);
}

/* Whether a picture stays at a level. What stays at one stayed at all lower
 * ones, so a series may be thinned while it grows. */
static gboolean
stays (const Series * series, guint slot, guint level)
{
  guint rate = level, stretches = 0;

  if (series->stretch > 0 && level > RATE_LEVELS) {
    stretches = MIN (level - RATE_LEVELS, STRETCH_LEVELS);
    rate = level - stretches;
  }
  return slot % (1u << rate) == 0 && (stretches == 0
      || slot / series->stretch % (1u << stretches) == 0);
}

static void
series_add (Series * series, const Picture * picture)
{
  g_array_append_val (series->pictures, *picture);
  series->bytes += sst_image_size (picture->image);
}

/* Thins a series until it is no larger than share. */
static void
series_thin (Series * series, guint64 share)
{
  while (series->bytes > share && series->pictures->len > 1
      && series->level < MAX_LEVEL) {
    guint n = 0;

    series->level++;
    for (guint i = 0; i < series->pictures->len; i++) {
      const Picture picture = g_array_index (series->pictures, Picture, i);

      if (stays (series, picture.slot, series->level)) {
        g_array_index (series->pictures, Picture, n++) = picture;
      } else {
        series->bytes -= sst_image_size (picture.image);
        sst_image_unref (picture.image);
      }
    }
    g_array_set_size (series->pictures, n);
  }
}

/* Thins what is committed until it fits. */
static void
reader_thin (Reader * reader)
{
  while (reader->bytes > reader->params->memory
      && reader->share > SMALLEST_SHARE) {
    reader->share -= reader->share / 4;
    reader->bytes = 0;
    for (guint i = 0; i < reader->committed; i++) {
      Series *series = g_array_index (reader->files, File, i).series;

      if (series != NULL) {
        series_thin (series, MIN (reader->share, reader->limit));
        reader->bytes += series->bytes;
      }
    }
    for (guint i = 0; i < reader->folders->len; i++) {
      Series *series = g_ptr_array_index (reader->folders, i);

      series_thin (series, reader->share);
      reader->bytes += series->bytes;
    }
  }
}

/* Accounts for the files that are decoded, in their order, so that what is
 * thinned does not depend on which pipeline was faster. */
static void
reader_commit (Reader * reader)
{
  while (reader->committed < reader->files->len) {
    File *file = &g_array_index (reader->files, File, reader->committed);
    Series *series = file->series;

    if (!file->done)
      return;
    reader->committed++;
    if (series == NULL)
      continue;

    reader->waiting -= series->bytes;
    if (series->pictures->len == 1 && series->level == 0) {
      Picture *picture = &g_array_index (series->pictures, Picture, 0);
      Series *folder = g_ptr_array_index (reader->folders, file->folder);

      if (stays (folder, file->rank, folder->level)) {
        const guint64 before = folder->bytes;

        picture->slot = file->rank;
        series_add (folder, picture);
        g_array_set_size (series->pictures, 0);
        series_thin (folder, reader->share);
        reader->bytes += folder->bytes;
        reader->bytes -= before;
      }
      g_clear_pointer (&file->series, series_free);
    } else {
      series_thin (series, MIN (reader->share, reader->limit));
      reader->bytes += series->bytes;
    }
    reader_thin (reader);
  }
}

/* ---- decoding ---- */

/* One for each worker, used for one file after the other: taking it to NULL
 * and back is much cheaper than making it anew. */
typedef struct
{
  GstElement *pipeline, *source, *convert;
  GstAppSink *sink;
  GstBus *bus;
} Decoder;

static void
on_pad_added (GstElement * decodebin, GstPad * pad, gpointer data)
{
  GstPad *sink = gst_element_get_static_pad (data, "sink");

  /* A second video stream, such as a cover, stays unlinked. */
  if (!gst_pad_is_linked (sink))
    gst_pad_link (pad, sink);
  gst_object_unref (sink);
}

/* GstAutoplugSelectResult of decodebin, which installs no header. */
enum
{
  AUTOPLUG_TRY = 0,
  AUTOPLUG_SKIP = 2,
};

/* A playlist would fetch what it lists from wherever that is. */
static gint
on_autoplug_select (GstElement * decodebin, GstPad * pad, GstCaps * caps,
    GstElementFactory * factory, gpointer data)
{
  const gchar *klass = gst_element_factory_get_metadata (factory,
      GST_ELEMENT_METADATA_KLASS);

  return klass != NULL && strstr (klass, "Adaptive") != NULL ?
      AUTOPLUG_SKIP : AUTOPLUG_TRY;
}

static gboolean
decoder_init (Decoder * decoder, GError ** error)
{
  GstElement *decodebin = NULL, *sink = NULL;
  GstCaps *caps;

  decoder->pipeline = gst_pipeline_new (NULL);
  decoder->bus = gst_element_get_bus (decoder->pipeline);
  decoder->source = gst_element_factory_make ("filesrc", NULL);
  decodebin = gst_element_factory_make ("decodebin", NULL);
  decoder->convert = gst_element_factory_make ("videoconvert", NULL);
  sink = gst_element_factory_make ("appsink", NULL);
  if (decoder->source == NULL || decodebin == NULL || decoder->convert == NULL
      || sink == NULL)
    goto no_element;

  /* Audio is not even decoded. */
  caps = gst_caps_from_string ("video/x-raw(ANY)");
  g_object_set (decodebin, "caps", caps, "expose-all-streams", FALSE, NULL);
  gst_caps_unref (caps);
  caps = gst_caps_from_string ("video/x-raw,format=" GST_SS_FRAME_FORMATS);
  g_object_set (sink, "caps", caps, "sync", FALSE, "max-buffers", 4,
      "enable-last-sample", FALSE, NULL);
  gst_caps_unref (caps);

  gst_bin_add_many (GST_BIN (decoder->pipeline), decoder->source, decodebin,
      decoder->convert, sink, NULL);
  gst_element_link (decoder->source, decodebin);
  gst_element_link (decoder->convert, sink);
  g_signal_connect (decodebin, "pad-added", G_CALLBACK (on_pad_added),
      decoder->convert);
  g_signal_connect (decodebin, "autoplug-select",
      G_CALLBACK (on_autoplug_select), NULL);
  decoder->sink = GST_APP_SINK (sink);
  return TRUE;

  /* ERRORS */
no_element:
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
      "GStreamer's element \"%s\" is missing; install the base plugins "
      "(Debian: gstreamer1.0-plugins-base)",
      decoder->source == NULL ? "filesrc" : decodebin == NULL ? "decodebin" :
      decoder->convert == NULL ? "videoconvert" : "appsink");
  gst_clear_object (&decoder->source);
  gst_clear_object (&decodebin);
  gst_clear_object (&decoder->convert);
  gst_clear_object (&sink);
  return FALSE;
}

static void
decoder_clear (Decoder * decoder)
{
  if (decoder->pipeline != NULL)
    gst_element_set_state (decoder->pipeline, GST_STATE_NULL);
  gst_clear_object (&decoder->bus);
  gst_clear_object (&decoder->pipeline);
}

/* The next picture; NULL at the end. error is set where that came early. */
static GstSample *
decoder_pull (Decoder * decoder, GError ** error)
{
  gint64 patience = g_get_monotonic_time () + STALL_US;

  while (TRUE) {
    GstSample *sample = gst_app_sink_try_pull_sample (decoder->sink, POLL_TIME);
    GstMessage *message;

    if (sample != NULL || gst_app_sink_is_eos (decoder->sink))
      return sample;
    message = gst_bus_pop_filtered (decoder->bus, GST_MESSAGE_ERROR);
    if (message != NULL) {
      /* What was decoded before it may still be on its way. */
      if (*error == NULL) {
        gst_message_parse_error (message, error, NULL);
        patience = g_get_monotonic_time () + DRAIN_US;
      }
      gst_message_unref (message);
    }
    if (g_get_monotonic_time () > patience) {
      if (*error == NULL)
        g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED,
            "nothing came for %d seconds", (gint) (STALL_US / G_USEC_PER_SEC));
      return NULL;
    }
  }
}

static SstImage *
image_from_sample (GstSample * sample, gint max_side)
{
  SstImage *image = NULL;
  GstVideoInfo info;
  GstVideoFrame frame;
  SstFrame view;

  if (!gst_video_info_from_caps (&info, gst_sample_get_caps (sample))
      || !gst_video_frame_map (&frame, &info, gst_sample_get_buffer (sample),
          GST_MAP_READ))
    return NULL;
  if (gst_ss_frame_from_video (&frame, &view))
    image = sst_image_new_from_frame (&view, max_side);
  gst_video_frame_unmap (&frame);
  return image;
}

/* When a picture is shown; after `last` where it does not say. */
static guint64
sample_time (GstSample * sample, guint64 last)
{
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  const GstClockTime time = gst_segment_to_running_time (
      gst_sample_get_segment (sample), GST_FORMAT_TIME,
      GST_BUFFER_PTS (buffer));

  if (GST_CLOCK_TIME_IS_VALID (time))
    return time;
  if (!GST_CLOCK_TIME_IS_VALID (last))
    return 0;
  return last + (GST_BUFFER_DURATION_IS_VALID (buffer) ?
      GST_BUFFER_DURATION (buffer) : GST_SECOND / 25);
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
decode (Reader * reader, Decoder * decoder, guint index)
{
  const GstSsReaderParams *params = reader->params;
  File *file = &g_array_index (reader->files, File, index);
  /* A whole number of what stays at the lowest rate. */
  const guint stretch = MAX (1, (guint) (STRETCH_SECONDS * params->frame_rate)
      >> RATE_LEVELS) << RATE_LEVELS;
  /* Time stamps are rounded, to milliseconds in some files. */
  const guint64 interval = (guint64) (GST_SECOND / params->frame_rate) * 98
      / 100;
  Series *series = series_new (stretch);
  GstClockTime last = GST_CLOCK_TIME_NONE, kept = GST_CLOCK_TIME_NONE;
  GError *error = NULL;
  GstSample *sample;
  guint slot = 0;

  g_object_set (decoder->source, "location", file->path, NULL);
  gst_element_set_state (decoder->pipeline, GST_STATE_PLAYING);

  while ((sample = decoder_pull (decoder, &error)) != NULL) {
    const guint64 time = sample_time (sample, last);

    last = time;
    if (!GST_CLOCK_TIME_IS_VALID (kept)
        || (time > kept && time - kept >= interval)) {
      Picture picture = { slot, index, time, NULL };

      kept = time;
      if (stays (series, slot++, series->level))
        picture.image = image_from_sample (sample, params->max_side);
      if (picture.image != NULL) {
        series_add (series, &picture);
        series_thin (series, reader_get_limit (reader));
      }
    }
    gst_sample_unref (sample);
  }

  gst_element_set_state (decoder->pipeline, GST_STATE_NULL);
  if (series->pictures->len > 0) {
    file->series = series;
    if (error != NULL)
      file->warning = g_strdup_printf ("\"%s\" is read to %.1f s only: %s",
          file->path, (gdouble) last / GST_SECOND, error->message);
  } else {
    series_free (series);
    file->skipped = TRUE;
    file->warning = g_strdup_printf ("\"%s\" is skipped: %s", file->path,
        error != NULL ? error->message : "no picture in it");
  }
  g_clear_error (&error);
}

static gpointer
work (gpointer data)
{
  Reader *reader = data;
  Decoder decoder = { NULL, };
  GError *error = NULL;

  decoder_init (&decoder, &error);

  g_mutex_lock (&reader->lock);
  while (TRUE) {
    File *file;
    guint index;

    /* Decoding far ahead of a file that takes long would need memory. */
    while (reader->next < reader->files->len
        && reader->next > reader->committed
        && reader->waiting > reader->params->memory / 8)
      g_cond_wait (&reader->changed, &reader->lock);
    if (reader->next >= reader->files->len)
      break;
    index = reader->next++;
    file = &g_array_index (reader->files, File, index);
    g_mutex_unlock (&reader->lock);

    if (error == NULL) {
      decode (reader, &decoder, index);
    } else {
      file->skipped = TRUE;
      file->warning = g_strdup_printf ("\"%s\" is skipped: %s", file->path,
          error->message);
    }

    g_mutex_lock (&reader->lock);
    file->done = TRUE;
    if (file->series != NULL)
      reader->waiting += file->series->bytes;
    reader_commit (reader);
    g_cond_broadcast (&reader->changed);
  }
  g_mutex_unlock (&reader->lock);

  decoder_clear (&decoder);
  g_clear_error (&error);
  return NULL;
}

/* ---- files ---- */

gboolean
gst_ss_reader_skips (const gchar * name)
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
add_file (Reader * reader, const gchar * path, const gchar * name,
    guint folder, guint rank)
{
  File file = { .path = g_strdup (path),.folder = folder,.rank = rank };
  gchar *shown = g_filename_display_name (name);

  /* Two folders may have the same name. */
  file.name = g_strdup (shown);
  for (guint i = 2; g_hash_table_contains (reader->names, file.name); i++) {
    g_free (file.name);
    file.name = g_strdup_printf ("%s (%u)", shown, i);
  }
  g_hash_table_add (reader->names, g_strdup (file.name));
  g_array_append_val (reader->files, file);
  g_free (shown);
}

static guint
add_folder (Reader * reader)
{
  g_ptr_array_add (reader->folders, series_new (0));
  return reader->folders->len - 1;
}

/* FALSE for what was there already, under whatever name. */
static gboolean
visit (Reader * reader, const struct stat *st)
{
  return g_hash_table_add (reader->visited,
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
list_folder (Reader * reader, const gchar * path, const gchar * name,
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

  folder = add_folder (reader);
  for (guint i = 0; i < names->len; i++) {
    gchar *const file_name = g_ptr_array_index (names, i);
    gchar *file_path = g_build_filename (path, file_name, NULL);
    gchar *clip_name = g_build_filename (name, file_name, NULL);
    struct stat st;

    if (stat (file_path, &st) != 0) {
      /* a link to nowhere */
    } else if (S_ISDIR (st.st_mode)) {
      if (!skips_folder (file_name) && visit (reader, &st))
        g_ptr_array_add (folders, file_name);
    } else if (S_ISREG (st.st_mode) && !gst_ss_reader_skips (file_name)
        && visit (reader, &st)) {
      add_file (reader, file_path, clip_name, folder, rank++);
    }
    g_free (clip_name);
    g_free (file_path);
  }

  for (guint i = 0; ok && i < folders->len; i++) {
    const gchar *const folder_name = g_ptr_array_index (folders, i);
    gchar *folder_path = g_build_filename (path, folder_name, NULL);
    gchar *clip_name = g_build_filename (name, folder_name, NULL);

    ok = list_folder (reader, folder_path, clip_name, error);
    g_free (clip_name);
    g_free (folder_path);
  }
  g_ptr_array_unref (folders);
  g_ptr_array_unref (names);
  return ok;
}

static gboolean
list_path (Reader * reader, const gchar * path, guint rank, GError ** error)
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

    if (visit (reader, &st)
        && !list_folder (reader, path, name, &list_error)) {
      g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ,
          "%s", list_error->message);
      g_error_free (list_error);
      ok = FALSE;
    }
  } else if (!S_ISREG (st.st_mode) || gst_ss_reader_skips (name)) {
    if (reader->params->warning != NULL) {
      gchar *text = g_strdup_printf ("\"%s\" is skipped: %s", path,
          S_ISREG (st.st_mode) ? "training reads no text or annotations" :
          "not a file");

      reader->params->warning (text, reader->params->data);
      g_free (text);
    }
  } else if (visit (reader, &st)) {
    /* Photographs that are named one by one form a folder of their own. */
    add_file (reader, path, name, 0, rank);
  }
  g_free (name);
  g_free (absolute);
  return ok;
}

/* ---- footage ---- */

/* Whether two neighbours of a series belong to one clip. */
static gboolean
belong_together (const Series * series, const Picture * a, const Picture * b)
{
  const SstFrame *const one = &a->image->frame, *const two = &b->image->frame;

  if (one->width != two->width || one->height != two->height)
    return FALSE;
  return series->level <= RATE_LEVELS
      || b->slot / series->stretch - a->slot / series->stretch <= 1;
}

static void
add_video (SstFootage * footage, const File * file,
    GstSsReaderSummary * summary)
{
  const Series *series = file->series;
  const Picture *last = NULL;
  SstClip *clip = NULL;
  guint64 start = 0;
  guint n = 0;

  for (guint i = 0; i < series->pictures->len; i++) {
    const Picture *picture = &g_array_index (series->pictures, Picture, i);

    if (clip == NULL || !belong_together (series, last, picture)) {
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
        - g_array_index (series->pictures, Picture, 0).time) / GST_SECOND;
}

static SstFootage *
make_footage (Reader * reader, GstSsReaderSummary * summary)
{
  SstFootage *footage = sst_footage_new ();
  SstImage **photographs = g_new0 (SstImage *, reader->files->len);

  for (guint i = 0; i < reader->folders->len; i++) {
    const Series *series = g_ptr_array_index (reader->folders, i);

    summary->thinned |= series->level > 0;
    for (guint k = 0; k < series->pictures->len; k++) {
      const Picture *picture = &g_array_index (series->pictures, Picture, k);

      photographs[picture->file] = picture->image;
    }
  }

  summary->n_files = reader->files->len;
  for (guint i = 0; i < reader->files->len; i++) {
    const File *file = &g_array_index (reader->files, File, i);

    summary->n_skipped += file->skipped;
    if (file->series != NULL) {
      summary->thinned |= file->series->level > 0;
      add_video (footage, file, summary);
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

/* ---- the whole ---- */

void
gst_ss_reader_params_init (GstSsReaderParams * params)
{
  const guint64 limit = G_GUINT64_CONSTANT (6000000000);
  const glong pages = sysconf (_SC_PHYS_PAGES);
  const glong page = sysconf (_SC_PAGESIZE);

  *params = (GstSsReaderParams) {
    .frame_rate = GST_SS_READER_FRAME_RATE,
    .max_side = GST_SS_READER_MAX_SIDE,
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
  const guint n_files = reader->files->len;
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
      const File *file = &g_array_index (reader->files, File, told);

      if (file->warning != NULL && params->warning != NULL)
        params->warning (file->warning, params->data);
    }
    if (params->progress != NULL)
      params->progress (committed, n_files, bytes, params->data);
  } while (committed < n_files);
}

static void
file_clear (gpointer data)
{
  File *file = data;

  g_free (file->path);
  g_free (file->name);
  g_free (file->warning);
  series_free (file->series);
}

SstFootage *
gst_ss_reader_read (const gchar * const *paths,
    const GstSsReaderParams * params, GstSsReaderSummary * summary,
    GError ** error)
{
  Reader reader = {.params = params };
  GstSsReaderSummary own_summary;
  SstFootage *footage = NULL;
  GThread **threads;
  gboolean ok = TRUE;
  guint n_threads;

  if (summary == NULL)
    summary = &own_summary;
  *summary = (GstSsReaderSummary) { 0 };
  reader.files = g_array_new (FALSE, FALSE, sizeof (File));
  g_array_set_clear_func (reader.files, file_clear);
  reader.folders = g_ptr_array_new_with_free_func (series_free);
  reader.visited = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      NULL);
  reader.names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_mutex_init (&reader.lock);
  g_cond_init (&reader.changed);

  add_folder (&reader);
  for (guint i = 0; ok && paths[i] != NULL; i++)
    ok = list_path (&reader, paths[i], i, error);
  if (!ok)
    goto done;

  reader.share = params->memory;
  reader.limit = params->memory / CLAMP (reader.files->len, 1, 8);
  n_threads = MIN (MAX (params->n_pipelines, 1), reader.files->len);
  threads = g_new (GThread *, n_threads);
  for (guint i = 0; i < n_threads; i++)
    threads[i] = g_thread_new ("reader", work, &reader);
  watch (&reader);
  for (guint i = 0; i < n_threads; i++)
    g_thread_join (threads[i]);
  g_free (threads);

  footage = make_footage (&reader, summary);
  if (sst_footage_n_clips (footage) == 0) {
    sst_footage_free (&footage);
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
        reader.files->len > 0 ? "None of %u files is a video or photograph "
        "that could be read" : "There is no video or photograph (%u files)",
        reader.files->len);
  }

done:
  g_cond_clear (&reader.changed);
  g_mutex_clear (&reader.lock);
  g_hash_table_unref (reader.names);
  g_hash_table_unref (reader.visited);
  g_ptr_array_unref (reader.folders);
  g_array_unref (reader.files);
  return footage;
}
