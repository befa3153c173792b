/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Eight cameras of one process that come and go at random, follow, learn
 * together or apart, fail, and are asked meanwhile. What is tested is that
 * nothing breaks and nobody waits for ever: the thread and the address
 * sanitizer look on.
 *
 * SST_CAMERAS_SECONDS=60: for so long; SST_CAMERAS_SEED=7: otherwise. */

#include <stdlib.h>

#include <gst/check/check.h>

#define N_CAMERAS 8
#define DEFAULT_SECONDS 1
#define MIN_VISITS 3            /* of each camera, however long that takes */

typedef struct
{
  guint number;
  guint32 seed;
  gint visits;                  /* atomic */
  guint64 frames;
} Camera;

static gint stop;               /* atomic */

static guint
environment (const gchar * name, guint otherwise)
{
  const gchar *text = g_getenv (name);

  return text != NULL ? (guint) atoi (text) : otherwise;
}

static gboolean
chance (GRand * random, gdouble share)
{
  return g_rand_double (random) < share;
}

/* A camera as it is this time: with or without a target, a learner, a name
 * that it shares, an end, a failure. */
static GstElement *
make_pipeline (const Camera * camera, GRand * random)
{
  GString *text = g_string_new (NULL);
  GstElement *pipeline;

  g_string_printf (text, "videotestsrc pattern=ball num-buffers=%d ! "
      "video/x-raw,format=%s,width=%d,height=120,framerate=15/1 ! ",
      g_rand_int_range (random, 1, 60), chance (random, 0.5) ? "NV12" : "I420",
      g_rand_int_range (random, 4, 12) * 16);
  if (chance (random, 0.2))
    g_string_append_printf (text, "identity error-after=%d ! ",
        g_rand_int_range (random, 1, 20));
  g_string_append_printf (text, "sstracker name=tracker %s ! ",
      chance (random, 0.7) ? "init-box=20,40,30,30" : "");
  if (chance (random, 0.7))
    g_string_append_printf (text, "sstrain name=train cpu-share=1 %s ! ",
        camera->number % 4 == 3 ? "" : camera->number % 2 == 0 ?
        "group=even" : "group=odd");
  g_string_append (text, "fakesink name=sink sync=false");
  pipeline = gst_parse_launch (text->str, NULL);
  fail_unless (pipeline != NULL, "%s", text->str);
  g_string_free (text, TRUE);
  return pipeline;
}

/* Asks and changes something, as an application does. */
static void
meddle (GstElement * pipeline, GRand * random)
{
  GstElement *tracker = gst_bin_get_by_name (GST_BIN (pipeline), "tracker");
  GstElement *train = gst_bin_get_by_name (GST_BIN (pipeline), "train");
  GstStructure *stats;
  guint64 id;

  g_object_get (tracker, "stats", &stats, NULL);
  gst_structure_free (stats);
  if (chance (random, 0.3))
    g_signal_emit_by_name (tracker, "add-target", 40., 40., 20., 20., &id);
  if (train != NULL) {
    g_object_get (train, "stats", &stats, NULL);
    gst_structure_free (stats);
    g_object_set (train, "enabled", chance (random, 0.8), "cpu-share",
        g_rand_double_range (random, 0.3, 1.0), NULL);
    if (chance (random, 0.2))
      g_signal_emit_by_name (train, "rollback");
    gst_object_unref (train);
  }
  gst_object_unref (tracker);
}

/* Frames that passed the tracker. */
static guint64
count_frames (GstElement * pipeline)
{
  GstElement *tracker = gst_bin_get_by_name (GST_BIN (pipeline), "tracker");
  GstStructure *stats;
  guint64 n;

  g_object_get (tracker, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, "frames", &n));
  gst_structure_free (stats);
  gst_object_unref (tracker);
  return n;
}

static gpointer
come_and_go (gpointer data)
{
  Camera *camera = data;
  GRand *random = g_rand_new_with_seed (camera->seed);

  while (!g_atomic_int_get (&stop)) {
    GstElement *pipeline = make_pipeline (camera, random);
    const gint n = g_rand_int_range (random, 0, 6);

    gst_element_set_state (pipeline, chance (random, 0.9) ?
        GST_STATE_PLAYING : GST_STATE_PAUSED);
    for (gint i = 0; i < n; i++) {
      g_usleep ((gulong) g_rand_int_range (random, 0, 20000));
      meddle (pipeline, random);
    }
    if (chance (random, 0.3)) {
      gst_element_set_state (pipeline, GST_STATE_READY);
      gst_element_set_state (pipeline, GST_STATE_PLAYING);
      g_usleep ((gulong) g_rand_int_range (random, 0, 20000));
    }
    camera->frames += count_frames (pipeline);
    gst_element_set_state (pipeline, GST_STATE_NULL);
    gst_object_unref (pipeline);
    g_atomic_int_inc (&camera->visits);
  }
  g_rand_free (random);
  return NULL;
}

static gboolean
have_all_come (Camera * cameras)
{
  for (guint i = 0; i < N_CAMERAS; i++)
    if (g_atomic_int_get (&cameras[i].visits) < MIN_VISITS)
      return FALSE;
  return TRUE;
}

GST_START_TEST (cameras_come_and_go)
{
  const guint seed = environment ("SST_CAMERAS_SEED", 1);
  const guint n_seconds = environment ("SST_CAMERAS_SECONDS", DEFAULT_SECONDS);
  const gint64 end = g_get_monotonic_time () + n_seconds * G_USEC_PER_SEC;
  Camera cameras[N_CAMERAS];
  GThread *threads[N_CAMERAS];
  guint64 frames = 0;

  for (guint i = 0; i < N_CAMERAS; i++) {
    cameras[i] = (Camera) { .number = i, .seed = 100 * seed + i };
    threads[i] = g_thread_new ("camera", come_and_go, &cameras[i]);
  }
  while (g_get_monotonic_time () < end || !have_all_come (cameras))
    g_usleep (G_USEC_PER_SEC / 50);
  g_atomic_int_set (&stop, 1);
  for (guint i = 0; i < N_CAMERAS; i++) {
    g_thread_join (threads[i]);
    frames += cameras[i].frames;
  }
  fail_unless (frames >= N_CAMERAS, "hardly a frame went through");
}

GST_END_TEST;

static Suite *
cameras_suite (void)
{
  Suite *s = suite_create ("cameras");
  TCase *tc = tcase_create ("cameras");

  /* five minutes beyond what was asked for: sanitizers are slow */
  tcase_set_timeout (tc, 300. + environment ("SST_CAMERAS_SECONDS",
          DEFAULT_SECONDS));
  tcase_add_test (tc, cameras_come_and_go);
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (cameras);
