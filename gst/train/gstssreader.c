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

#include "footage/rights.h"

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
  gint64 size, mtime;           /* of the file: bytes, nanoseconds */
  Series *series;               /* NULL: nothing there, or a photograph */
  gchar *warning;
  gboolean done;
  gboolean skipped;
} File;

typedef struct
{
  const GstSsReaderParams *params;
  SstStore *store;              /* where pictures go; NULL: to memory */
  GArray *files;                /* of File */
  guint n_known;                /* that are in the store */
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

/* Only a single picture can be a cut-out. */
static void
series_drop_alpha (Series * series, SstImage * added)
{
  sst_image_remove_alpha (added);
  if (series->pictures->len == 1) {
    SstImage *const first = g_array_index (series->pictures, Picture, 0).image;

    series->bytes -= sst_image_size (first);
    sst_image_remove_alpha (first);
    series->bytes += sst_image_size (first);
  }
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

/* How much each pixel belongs to a cut-out, where the decoder says so. */
static void
add_alpha (SstImage * image, const GstVideoFrame * frame)
{
  if (GST_VIDEO_INFO_HAS_ALPHA (&frame->info))
    sst_image_add_alpha_from (image, GST_VIDEO_FRAME_COMP_DATA (frame,
            GST_VIDEO_COMP_A), GST_VIDEO_FRAME_COMP_STRIDE (frame,
            GST_VIDEO_COMP_A), GST_VIDEO_FRAME_COMP_PSTRIDE (frame,
            GST_VIDEO_COMP_A), GST_VIDEO_FRAME_WIDTH (frame),
        GST_VIDEO_FRAME_HEIGHT (frame));
}

static SstImage *
image_from_sample (GstSample * sample, gint max_side, gint short_side)
{
  SstImage *image = NULL;
  GstVideoInfo info;
  GstVideoFrame frame;
  SstFrame view;

  if (!gst_video_info_from_caps (&info, gst_sample_get_caps (sample))
      || !gst_video_frame_map (&frame, &info, gst_sample_get_buffer (sample),
          GST_MAP_READ))
    return NULL;
  if (gst_ss_frame_from_video (&frame, &view)) {
    image = sst_image_new_within (&view, max_side, short_side);
    add_alpha (image, &frame);
  }
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

/* A file on its way: its pictures at the rate that is wanted. */
typedef struct
{
  Decoder *decoder;
  guint64 interval;             /* between pictures, at least */
  GstClockTime last, kept;
  GError *error;                /* that it ended with */
} Walk;

static void
walk_start (Walk * walk, Decoder * decoder, const File * file,
    gdouble frame_rate)
{
  *walk = (Walk) {
    .decoder = decoder,
    /* Time stamps are rounded, to milliseconds in some files. */
    .interval = (guint64) (GST_SECOND / frame_rate) * 98 / 100,
    .last = GST_CLOCK_TIME_NONE,.kept = GST_CLOCK_TIME_NONE,
  };
  g_object_set (decoder->source, "location", file->path, NULL);
  gst_element_set_state (decoder->pipeline, GST_STATE_PLAYING);
}

/* The next picture, of time walk->kept; NULL at the end. */
static GstSample *
walk_next (Walk * walk)
{
  GstSample *sample;

  while ((sample = decoder_pull (walk->decoder, &walk->error)) != NULL) {
    const guint64 time = sample_time (sample, walk->last);

    walk->last = time;
    if (!GST_CLOCK_TIME_IS_VALID (walk->kept)
        || (time > walk->kept && time - walk->kept >= walk->interval)) {
      walk->kept = time;
      return sample;
    }
    gst_sample_unref (sample);
  }
  return NULL;
}

/* Ends it. n: pictures that came; what is wrong is noted with the file. */
static void
walk_end (Walk * walk, File * file, guint n)
{
  gst_element_set_state (walk->decoder->pipeline, GST_STATE_NULL);
  if (n == 0) {
    file->skipped = TRUE;
    file->warning = g_strdup_printf ("\"%s\" is skipped: %s", file->path,
        walk->error != NULL ? walk->error->message : "no picture in it");
  } else if (walk->error != NULL) {
    file->warning = g_strdup_printf ("\"%s\" is read to %.1f s only: %s",
        file->path, (gdouble) walk->last / GST_SECOND, walk->error->message);
  }
  g_clear_error (&walk->error);
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
  Series *series = series_new (stretch);
  GstSample *sample;
  guint slot = 0;
  Walk walk;

  walk_start (&walk, decoder, file, params->frame_rate);
  while ((sample = walk_next (&walk)) != NULL) {
    Picture picture = { slot, index, walk.kept, NULL };

    if (stays (series, slot++, series->level))
      picture.image = image_from_sample (sample, params->max_side, 0);
    if (picture.image != NULL) {
      if (series->pictures->len > 0)
        series_drop_alpha (series, picture.image);
      series_add (series, &picture);
      series_thin (series, reader_get_limit (reader));
    }
    gst_sample_unref (sample);
  }

  walk_end (&walk, file, series->pictures->len);
  if (series->pictures->len > 0)
    file->series = series;
  else
    series_free (series);
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
warn (const Reader * reader, const gchar * what, const gchar * path,
    const gchar * reason)
{
  gchar *text;

  if (reader->params->warning == NULL)
    return;
  text = g_strdup_printf ("\"%s\" is %s: %s", path, what, reason);
  reader->params->warning (text, reader->params->data);
  g_free (text);
}

/* Whether the store has that file. */
static gboolean
is_known (Reader * reader, const File * file)
{
  const SstStoreFile *known = reader->store != NULL ?
      sst_store_find (reader->store, file->path) : NULL;

  if (known == NULL)
    return FALSE;
  reader->n_known++;
  if (known->size != file->size || known->mtime != file->mtime)
    warn (reader, "not read again", file->path,
        "it changed, but the store keeps what it was");
  return TRUE;
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

static void
add_file (Reader * reader, const gchar * path, const struct stat *st,
    const gchar * name, guint folder, guint rank)
{
  File file = { .path = g_canonicalize_filename (path, NULL),
    .size = st->st_size,
    .mtime = (gint64) st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
    .folder = folder,.rank = rank
  };
  gchar *shown;

  if (is_known (reader, &file)) {
    file_clear (&file);
    return;
  }
  shown = g_filename_display_name (name);

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
      add_file (reader, file_path, &st, clip_name, folder, rank++);
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
    warn (reader, "skipped", path, S_ISREG (st.st_mode) ?
        "training reads no text or annotations" : "not a file");
  } else if (visit (reader, &st)) {
    /* Photographs that are named one by one form a folder of their own. */
    add_file (reader, path, &st, name, 0, rank);
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
reader_init (Reader * reader, const GstSsReaderParams * params,
    SstStore * store)
{
  *reader = (Reader) {.params = params,.store = store };
  reader->files = g_array_new (FALSE, FALSE, sizeof (File));
  g_array_set_clear_func (reader->files, file_clear);
  reader->folders = g_ptr_array_new_with_free_func (series_free);
  reader->visited = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      NULL);
  reader->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_mutex_init (&reader->lock);
  g_cond_init (&reader->changed);
}

static void
reader_clear (Reader * reader)
{
  g_cond_clear (&reader->changed);
  g_mutex_clear (&reader->lock);
  g_hash_table_unref (reader->names);
  g_hash_table_unref (reader->visited);
  g_ptr_array_unref (reader->folders);
  g_array_unref (reader->files);
}

static gboolean
list_paths (Reader * reader, const gchar * const *paths, GError ** error)
{
  gboolean ok = TRUE;

  add_folder (reader);
  for (guint i = 0; ok && paths[i] != NULL; i++)
    ok = list_path (reader, paths[i], i, error);
  return ok;
}

SstFootage *
gst_ss_reader_read (const gchar * const *paths,
    const GstSsReaderParams * params, GstSsReaderSummary * summary,
    GError ** error)
{
  GstSsReaderSummary own_summary;
  SstFootage *footage = NULL;
  GThread **threads;
  guint n_threads;
  Reader reader;

  if (summary == NULL)
    summary = &own_summary;
  *summary = (GstSsReaderSummary) { 0 };
  reader_init (&reader, params, NULL);
  if (!list_paths (&reader, paths, error))
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
  reader_clear (&reader);
  return footage;
}

/* ---- into a store ---- */

typedef struct
{
  Reader *reader;
  GstSsReaderSummary *summary;
  SstRights *rights;
  SstImage *held;               /* the first picture of a file, until it is
                                 * known whether more follow */
  guint64 held_time;
} Filling;

static gboolean
fill_add (Filling * filling, SstImage * image, guint64 time, GError ** error)
{
  const gboolean ok = sst_store_add (filling->reader->store, image, time,
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
fill_file (Filling * filling, Decoder * decoder, File * file, GError ** error)
{
  Reader *const reader = filling->reader;
  GstSsReaderSummary *const summary = filling->summary;
  const SstStoreFile entry = { file->path, file->size, file->mtime,
    g_strdup (sst_rights_of (filling->rights, file->path))
  };
  guint64 first = 0, last = 0;
  gboolean ok = TRUE;
  GstSample *sample;
  guint n = 0;
  Walk walk;

  sst_store_begin (reader->store, &entry, file->name);
  walk_start (&walk, decoder, file, reader->params->frame_rate);
  while (ok && (sample = walk_next (&walk)) != NULL) {
    SstImage *const image = image_from_sample (sample, 0,
        reader->params->short_side);

    last = walk.kept;
    first = n == 0 ? last : first;
    if (image != NULL)
      ok = fill_picture (filling, image, last, n++, error);
    gst_sample_unref (sample);
  }
  walk_end (&walk, file, n);
  if (ok && filling->held != NULL)
    ok = fill_add (filling, g_steal_pointer (&filling->held), first, error);
  if (ok)
    ok = sst_store_commit (reader->store, error);
  summary->n_skipped += n == 0;
  summary->n_videos += n > 1;
  summary->n_photographs += n == 1;
  summary->seconds += (gdouble) (last - first) / GST_SECOND;
  g_free (entry.rights);
  return ok;
}

static gboolean
fill (Filling * filling, Decoder * decoder, GError ** error)
{
  const Reader *const reader = filling->reader;
  const GstSsReaderParams *const params = reader->params;

  for (guint i = 0; i < reader->files->len; i++) {
    File *const file = &g_array_index (reader->files, File, i);

    if (!fill_file (filling, decoder, file, error)) {
      /* What is whole stays. */
      sst_store_abort (reader->store);
      sst_store_flush (reader->store, NULL);
      return FALSE;
    }
    if (file->warning != NULL && params->warning != NULL)
      params->warning (file->warning, params->data);
    if (params->progress != NULL)
      params->progress (i + 1, reader->files->len, filling->summary->bytes,
          params->data);
  }
  return sst_store_flush (reader->store, error);
}

gboolean
gst_ss_reader_fill (SstStore * store, const gchar * const *paths,
    const GstSsReaderParams * params, GstSsReaderSummary * summary,
    GError ** error)
{
  GstSsReaderSummary own_summary;
  Filling filling = {.summary = summary != NULL ? summary : &own_summary };
  Decoder decoder = { NULL, };
  Reader reader;
  gboolean ok;

  *filling.summary = (GstSsReaderSummary) { 0 };
  reader_init (&reader, params, store);
  filling.reader = &reader;
  filling.rights = sst_rights_new ();
  ok = list_paths (&reader, paths, error);
  filling.summary->n_files = reader.files->len;
  filling.summary->n_known = reader.n_known;
  ok = ok && (reader.files->len == 0
      || (decoder_init (&decoder, error) && fill (&filling, &decoder, error)));
  decoder_clear (&decoder);
  sst_image_unref (filling.held);
  sst_rights_free (&filling.rights);
  reader_clear (&reader);
  return ok;
}
