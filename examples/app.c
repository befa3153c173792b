/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* A GStreamer application around sstracker:
 *
 *   app [--start SECONDS] [--end SECONDS] [--video OUT.webm] [--json OUT.jsonl]
 *       VIDEO X,Y,W,H
 *
 * follows the box from the frame at that time on, and shows the two ways
 * to hear from the element: messages on the bus when something happens to a
 * target, and the metadata on every frame. With --video it also leaves the
 * video with the overlay. */

#include <stdlib.h>

#include <gst/gst.h>

typedef struct
{
  GMainLoop *loop;
  GstElement *tracker;
  GstClockTime start, end;      /* when to set init-box, and when to stop */
  gboolean started;
  const gchar *box;
  GstClockTime next_print;
  gboolean failed;
} App;

/* Runs in the streaming thread, before the tracker sees a frame: a box that is
 * set here is in this very frame. An application that knows its box from the
 * start sets the property before it plays. */
static GstPadProbeReturn
on_frame_in (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  App *app = user_data;
  const GstClockTime time = GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info));

  if (time >= app->end) {
    gst_pad_send_event (pad, gst_event_new_eos ());
    return GST_PAD_PROBE_DROP;
  }
  if (time >= app->start && !app->started) {
    g_object_set (app->tracker, "init-box", app->box, NULL);
    app->started = TRUE;
  }
  return GST_PAD_PROBE_OK;
}

/* Metadata: a structure with a list of targets, see gst/gstsstrackmeta.h. Runs
 * in the streaming thread; prints the targets every five seconds. */
static GstPadProbeReturn
on_frame_out (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  App *app = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "GstSsTrackMeta");
  const GValue *targets;

  if (meta == NULL || GST_BUFFER_PTS (buffer) < app->next_print)
    return GST_PAD_PROBE_OK;
  app->next_print = GST_BUFFER_PTS (buffer) + 5 * GST_SECOND;

  targets = gst_structure_get_value (gst_custom_meta_get_structure (meta),
      "targets");
  for (guint i = 0; i < gst_value_list_get_size (targets); i++) {
    const GValue *value = gst_value_list_get_value (targets, i);
    const GstStructure *target = gst_value_get_structure (value);
    const gchar *state = gst_structure_get_string (target, "state");
    gdouble confidence = 0, x = 0, y = 0, width = 0, height = 0;
    guint64 id = 0;

    gst_structure_get (target, "id", G_TYPE_UINT64, &id,
        "confidence", G_TYPE_DOUBLE, &confidence,
        "x", G_TYPE_DOUBLE, &x, "y", G_TYPE_DOUBLE, &y,
        "width", G_TYPE_DOUBLE, &width, "height", G_TYPE_DOUBLE, &height, NULL);
    g_print ("%7.2f s  target %" G_GUINT64_FORMAT
        " %s, confidence %.2f, at %.0f,%.0f, size %.0fx%.0f\n",
        (gdouble) GST_BUFFER_PTS (buffer) / GST_SECOND, id, state, confidence,
        x, y, width, height);
  }
  return GST_PAD_PROBE_OK;
}

static void
print_stats (App * app)
{
  g_autoptr (GstStructure) stats = NULL;
  gdouble mean = 0, p95 = 0;
  guint64 started = 0;

  g_object_get (app->tracker, "stats", &stats, NULL);
  gst_structure_get (stats, "mean-us", G_TYPE_DOUBLE, &mean,
      "p95-us", G_TYPE_DOUBLE, &p95, "started", G_TYPE_UINT64, &started, NULL);
  if (started == 0) {
    g_printerr ("nothing was followed\n");
    app->failed = TRUE;
  }
  if (mean > 0)
    g_print ("speed: %.0f frames a second in the tracker (%.2f ms a frame, "
        "95 %% under %.2f ms)\n", 1e6 / mean, mean / 1000, p95 / 1000);
}

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  App *app = user_data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:{
      const GstStructure *structure = gst_message_get_structure (message);
      const gchar *event = gst_structure_get_string (structure, "event");
      guint64 id, time;

      if (GST_MESSAGE_SRC (message) == GST_OBJECT (app->tracker)
          && gst_structure_get (structure, "id", G_TYPE_UINT64, &id,
              "stream-time", G_TYPE_UINT64, &time, NULL))
        g_print ("%7.2f s  target %" G_GUINT64_FORMAT " %s\n",
            (gdouble) time / GST_SECOND, id, event);
      break;
    }
    case GST_MESSAGE_WARNING:
    case GST_MESSAGE_ERROR:{
      const gboolean fatal = GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR;
      g_autoptr (GError) error = NULL;
      g_autofree gchar *debug = NULL;

      if (fatal)
        gst_message_parse_error (message, &error, &debug);
      else
        gst_message_parse_warning (message, &error, &debug);
      /* what file it was, say, stands in the second part */
      g_printerr ("%s: %s: %s\n%s\n", GST_MESSAGE_SRC_NAME (message),
          fatal ? "error" : "warning", error->message,
          debug != NULL ? debug : "");
      if (fatal) {
        app->failed = TRUE;
        g_main_loop_quit (app->loop);
      }
      break;
    }
    case GST_MESSAGE_EOS:
      print_stats (app);
      g_main_loop_quit (app->loop);
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

/* Builds the pipeline; returns NULL and sets error where elements miss. A
 * phone's video says which way up it is, and videoflip turns it. */
static GstElement *
make_pipeline (const gchar * input, const gchar * output, GError ** error)
{
  const gchar *description = output == NULL ?
      "filesrc name=in ! decodebin ! videoconvert ! videoflip "
      "video-direction=auto ! sstracker name=tracker ! fakesink" :
      "filesrc name=in ! decodebin ! videoconvert ! videoflip "
      "video-direction=auto ! sstracker name=tracker overlay=true "
      "! videoconvert ! vp8enc deadline=1 cpu-used=8 threads=2 "
      "target-bitrate=2000000 ! webmmux ! filesink name=out";
  GstElement *pipeline = gst_parse_launch (description, error);

  if (*error != NULL) {
    gst_clear_object (&pipeline);
  } else {
    gst_child_proxy_set (GST_CHILD_PROXY (pipeline), "in::location", input,
        NULL);
    if (output != NULL)
      gst_child_proxy_set (GST_CHILD_PROXY (pipeline), "out::location", output,
          NULL);
  }
  return pipeline;
}

int
main (int argc, char **argv)
{
  g_autofree gchar *video = NULL, *json = NULL;
  g_auto (GStrv) rest = NULL;
  gdouble start = 0, end = 0;
  const GOptionEntry entries[] = {
    {"start", 0, 0, G_OPTION_ARG_DOUBLE, &start,
        "Start in the frame at that time", "SECONDS"},
    {"end", 0, 0, G_OPTION_ARG_DOUBLE, &end,
        "Stop before the frame at that time", "SECONDS"},
    {"video", 0, 0, G_OPTION_ARG_FILENAME, &video,
        "Write the video with the overlay", "OUT.webm"},
    {"json", 0, 0, G_OPTION_ARG_FILENAME, &json,
        "Write a JSON line a frame", "OUT.jsonl"},
    {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rest, NULL,
        "VIDEO X,Y,W,H"},
    {NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstPad) sink = NULL, src = NULL;
  App app = { NULL };

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("app: %s\n", error->message);
    return EXIT_FAILURE;
  }
  if (rest == NULL || g_strv_length (rest) != 2) {
    g_printerr ("app: want VIDEO X,Y,W,H; see --help\n");
    return EXIT_FAILURE;
  }
  pipeline = make_pipeline (rest[0], video, &error);
  if (pipeline == NULL) {
    g_printerr ("app: %s\n", error->message);
    return EXIT_FAILURE;
  }

  app.start = (GstClockTime) (MAX (start, 0) * GST_SECOND);
  app.end = end > 0 ? (GstClockTime) (end * GST_SECOND) : GST_CLOCK_TIME_NONE;
  app.box = rest[1];
  app.tracker = gst_bin_get_by_name (GST_BIN (pipeline), "tracker");
  g_object_set (app.tracker, "json-location", json, NULL);
  sink = gst_element_get_static_pad (app.tracker, "sink");
  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER, on_frame_in, &app, NULL);
  src = gst_element_get_static_pad (app.tracker, "src");
  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER, on_frame_out, &app, NULL);

  app.loop = g_main_loop_new (NULL, FALSE);
  bus = gst_element_get_bus (pipeline);
  gst_bus_add_watch (bus, on_message, &app);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_main_loop_run (app.loop);
  gst_element_set_state (pipeline, GST_STATE_NULL);

  gst_bus_remove_watch (bus);
  g_main_loop_unref (app.loop);
  gst_object_unref (app.tracker);
  return app.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
