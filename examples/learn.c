/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Runs a pipeline with an sstrain in it and says how the learning goes:
 *
 *   learn [--every SECONDS] PIPELINE...
 *
 * the pipeline in the language of gst-launch-1.0. A line of the property
 * "stats" every few seconds, and one for each message of sstrain. Ctrl-C ends
 * the stream; a second one kills. */

#include <signal.h>
#include <stdlib.h>

#include <glib-unix.h>
#include <gst/gst.h>

typedef struct
{
  GMainLoop *loop;
  GstElement *pipeline, *train;
  gint64 start;                 /* microseconds of the system's clock */
  gboolean failed;
} Learn;

static guint64
count (const GstStructure * stats, const gchar * name)
{
  guint64 value = 0;

  gst_structure_get_uint64 (stats, name, &value);
  return value;
}

static gdouble
number (const GstStructure * stats, const gchar * name)
{
  gdouble value = 0;

  gst_structure_get_double (stats, name, &value);
  return value;
}

static gboolean
print_stats (gpointer user_data)
{
  Learn *learn = user_data;
  g_autoptr (GstStructure) stats = NULL;
  gboolean resting = FALSE;

  g_object_get (learn->train, "stats", &stats, NULL);
  gst_structure_get_boolean (stats, "resting", &resting);
  g_print ("%6.0f s  %" G_GUINT64_FORMAT " frames, %" G_GUINT64_FORMAT
      " tracklets found, %" G_GUINT64_FORMAT " steps, %" G_GUINT64_FORMAT
      " accepted, %" G_GUINT64_FORMAT " refused; score %.3f (%.3f before), "
      "%.0f %% of a core%s\n",
      (gdouble) (g_get_monotonic_time () - learn->start) / G_USEC_PER_SEC,
      count (stats, "frames"), count (stats, "tracklets"),
      count (stats, "steps"), count (stats, "accepted"),
      count (stats, "refused"), number (stats, "score"),
      number (stats, "base-score"), 100 * number (stats, "cpu-share"),
      resting ? ", resting" : "");
  return G_SOURCE_CONTINUE;
}

static void
print_problem (Learn * learn, GstMessage * message)
{
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
    learn->failed = TRUE;
    g_main_loop_quit (learn->loop);
  }
}

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Learn *learn = user_data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      if (GST_MESSAGE_SRC (message) == GST_OBJECT (learn->train)) {
        g_print ("%s\n", gst_structure_get_name (gst_message_get_structure
                (message)));
        print_stats (learn);
      }
      break;
    case GST_MESSAGE_WARNING:
    case GST_MESSAGE_ERROR:
      print_problem (learn, message);
      break;
    case GST_MESSAGE_EOS:
      print_stats (learn);
      g_main_loop_quit (learn->loop);
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

/* The stream ends, so that files are finished; one that has not begun to flow
 * can't. */
static gboolean
on_interrupt (gpointer user_data)
{
  Learn *learn = user_data;

  if (GST_STATE (learn->pipeline) == GST_STATE_PLAYING)
    gst_element_send_event (learn->pipeline, gst_event_new_eos ());
  else
    g_main_loop_quit (learn->loop);
  signal (SIGINT, SIG_DFL);
  return G_SOURCE_REMOVE;
}

/* The first sstrain of a pipeline; NULL if there is none. */
static GstElement *
find_train (GstElement * pipeline)
{
  g_autoptr (GstIterator) elements = NULL;
  GValue item = G_VALUE_INIT;
  GstElement *train = NULL;

  if (!GST_IS_BIN (pipeline))
    return NULL;
  elements = gst_bin_iterate_all_by_element_factory_name (GST_BIN (pipeline),
      "sstrain");
  if (gst_iterator_next (elements, &item) == GST_ITERATOR_OK) {
    train = g_value_dup_object (&item);
    g_value_unset (&item);
  }
  return train;
}

int
main (int argc, char **argv)
{
  gint every = 5;
  g_auto (GStrv) words = NULL;
  const GOptionEntry entries[] = {
    {"every", 0, 0, G_OPTION_ARG_INT, &every, "Between lines", "SECONDS"},
    {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &words, NULL,
        "PIPELINE..."},
    {NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstBus) bus = NULL;
  Learn learn = { NULL };

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error)
      || words == NULL) {
    g_printerr ("learn: %s\n", error != NULL ? error->message :
        "want a pipeline; see --help");
    return EXIT_FAILURE;
  }
  learn.pipeline = gst_parse_launchv ((gpointer) words, &error);
  if (error != NULL) {
    g_printerr ("learn: %s\n", error->message);
    g_clear_pointer (&learn.pipeline, gst_object_unref);
    return EXIT_FAILURE;
  }
  learn.train = find_train (learn.pipeline);
  if (learn.train == NULL) {
    g_printerr ("learn: no sstrain in the pipeline\n");
    gst_object_unref (learn.pipeline);
    return EXIT_FAILURE;
  }

  learn.loop = g_main_loop_new (NULL, FALSE);
  learn.start = g_get_monotonic_time ();
  bus = gst_element_get_bus (learn.pipeline);
  gst_bus_add_watch (bus, on_message, &learn);
  g_unix_signal_add (SIGINT, on_interrupt, &learn);
  g_timeout_add_seconds ((guint) MAX (every, 1), print_stats, &learn);
  gst_element_set_state (learn.pipeline, GST_STATE_PLAYING);
  g_main_loop_run (learn.loop);
  gst_element_set_state (learn.pipeline, GST_STATE_NULL);

  gst_bus_remove_watch (bus);
  g_main_loop_unref (learn.loop);
  gst_object_unref (learn.train);
  gst_object_unref (learn.pipeline);
  return learn.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
