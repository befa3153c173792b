/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "test_train_media.h"

#include <unistd.h>
#include <glib/gstdio.h>
#include <gst/app/gstappsrc.h>
#include <gst/check/gstcheck.h>

#include "scene.h"

static GstElement *
start (const gchar * launch)
{
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (launch, &error);

  fail_unless (error == NULL, "%s: %s", launch,
      error != NULL ? error->message : "");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  return pipeline;
}

static void
finish (GstElement * pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

  fail_unless (message != NULL);
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_EOS);
  gst_message_unref (message);
  gst_object_unref (bus);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

void
media_run (const gchar * launch, const gchar * path)
{
  gchar **parts = g_strsplit (launch, "%s", -1);
  gchar *text = g_strjoinv (path, parts);

  finish (start (text));
  g_free (text);
  g_strfreev (parts);
}

void
media_write_video (const gchar * folder, const gchar * name, int width,
    int height, int n_frames, guint seed)
{
  const float size = MIN (width, height);
  gchar *launch = g_strdup_printf ("appsrc name=in format=time "
      "caps=video/x-raw,format=I420,width=%d,height=%d,framerate=30/1 ! "
      "jpegenc ! avimux ! filesink location=\"%s/%s\"", width, height, folder,
      name);
  GstElement *pipeline = start (launch);
  GstElement *in = gst_bin_get_by_name (GST_BIN (pipeline), "in");
  Scene *scene = scene_new (width, height, seed);

  scene_add_sprite (scene, &(SceneSprite) {
      .x = 0.3f * width, .y = 0.4f * height, .width = 0.3f * size,
      .height = 0.25f * size, .seed = seed + 7, .vx = 0.01f * size,
      .sway_y = 0.05f * size, .period = 40,
  });
  scene_add_sprite (scene, &(SceneSprite) {
      .x = 0.7f * width, .y = 0.7f * height, .width = 0.25f * size,
      .height = 0.3f * size, .seed = seed + 8, .vx = -0.012f * size,
      .shape = SCENE_ELLIPSE,
  });
  for (int t = 0; t < n_frames; t++) {
    GstBuffer *buffer;

    scene_render (scene, t);
    buffer = gst_buffer_new_memdup (scene->i420, scene->size);
    GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (t, GST_SECOND, 30);
    GST_BUFFER_DURATION (buffer) = GST_SECOND / 30;
    fail_unless_equals_int (gst_app_src_push_buffer (GST_APP_SRC (in), buffer),
        GST_FLOW_OK);
  }
  gst_app_src_end_of_stream (GST_APP_SRC (in));
  finish (pipeline);
  gst_object_unref (in);
  scene_free (&scene);
  g_free (launch);
}

void
media_write (const gchar * folder, const gchar * name, const gchar * data,
    gsize size)
{
  gchar *path = g_build_filename (folder, name, NULL);
  gchar *parent = g_path_get_dirname (path);

  fail_unless (g_mkdir_with_parents (parent, 0777) == 0);
  fail_unless (g_file_set_contents (path, data, (gssize) size, NULL));
  g_free (parent);
  g_free (path);
}

void
media_cut (const gchar * folder, const gchar * name, gdouble share)
{
  gchar *path = g_build_filename (folder, name, NULL);
  GStatBuf st;

  fail_unless (g_stat (path, &st) == 0);
  fail_unless (truncate (path, (off_t) (share * (gdouble) st.st_size)) == 0);
  g_free (path);
}

void
media_remove (const gchar * path)
{
  if (g_file_test (path, G_FILE_TEST_IS_DIR)
      && !g_file_test (path, G_FILE_TEST_IS_SYMLINK)) {
    GDir *dir = g_dir_open (path, 0, NULL);
    const gchar *name;

    while ((name = g_dir_read_name (dir)) != NULL) {
      gchar *inside = g_build_filename (path, name, NULL);

      media_remove (inside);
      g_free (inside);
    }
    g_dir_close (dir);
  }
  g_remove (path);
}
