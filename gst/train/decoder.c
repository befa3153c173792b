/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "decoder.h"

#include <string.h>

#include <gst/video/video.h>

#include "gstssframe.h"

/* A file that gives no picture for that long is given up. */
#define STALL_US (30 * G_USEC_PER_SEC)
/* And one that failed, if it does not end by itself. */
#define DRAIN_US (G_USEC_PER_SEC / 5)
/* How often errors and the clock are looked at while no picture comes. */
#define POLL_TIME (10 * GST_MSECOND)

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

gboolean
gst_ss_decoder_init (GstSsDecoder * decoder, GError ** error)
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

void
gst_ss_decoder_clear (GstSsDecoder * decoder)
{
  if (decoder->pipeline != NULL)
    gst_element_set_state (decoder->pipeline, GST_STATE_NULL);
  gst_clear_object (&decoder->bus);
  gst_clear_object (&decoder->pipeline);
}

/* The next picture; NULL at the end. error is set where that came early. */
static GstSample *
decoder_pull (GstSsDecoder * decoder, GError ** error)
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

SstImage *
gst_ss_image_from_sample (GstSample * sample, gint max_side, gint short_side)
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

void
gst_ss_walk_start (GstSsWalk * walk, GstSsDecoder * decoder,
    const GstSsFile * file, gdouble frame_rate)
{
  *walk = (GstSsWalk) {
    .decoder = decoder,
    /* Time stamps are rounded, to milliseconds in some files. */
    .interval = (guint64) (GST_SECOND / frame_rate) * 98 / 100,
    .last = GST_CLOCK_TIME_NONE,.kept = GST_CLOCK_TIME_NONE,
  };
  g_object_set (decoder->source, "location", file->path, NULL);
  gst_element_set_state (decoder->pipeline, GST_STATE_PLAYING);
}

GstSample *
gst_ss_walk_next (GstSsWalk * walk)
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

void
gst_ss_walk_end (GstSsWalk * walk, GstSsFile * file, guint n)
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
