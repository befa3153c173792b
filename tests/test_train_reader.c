/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* The reader of footage: what it opens, what it keeps, and what it says. */

#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>

#include "../gst/train/files.h"
#include "../gst/train/gstssreader.h"
#include "test_train_media.h"

static gchar *folder;
static GPtrArray *warnings;

static void
on_warning (const gchar * text, gpointer data)
{
  g_ptr_array_add (warnings, g_strdup (text));
}

static void
setup (void)
{
  folder = g_dir_make_tmp ("sstrack-XXXXXX", NULL);
  warnings = g_ptr_array_new_with_free_func (g_free);
}

static void
teardown (void)
{
  g_ptr_array_unref (warnings);
  media_remove (folder);
  g_free (folder);
}

static GstSsReaderParams
get_params (void)
{
  GstSsReaderParams params;

  gst_ss_reader_params_init (&params);
  params.warning = on_warning;
  return params;
}

/* Reads `folder`. */
static SstFootage *
read_folder (const GstSsReaderParams * params, GstSsReaderSummary * summary)
{
  const gchar *paths[] = { folder, NULL };
  GError *error = NULL;
  SstFootage *footage = gst_ss_reader_read (paths, params, summary, &error);

  fail_unless (footage != NULL, "%s", error != NULL ? error->message : "?");
  return footage;
}

/* The clip of a file in `folder`; NULL if there is none. */
static const SstClip *
find_clip (const SstFootage * footage, const gchar * name)
{
  gchar *base = g_path_get_basename (folder);
  gchar *full = g_build_filename (base, name, NULL);
  const SstClip *found = NULL;

  for (guint i = 0; i < sst_footage_n_clips (footage); i++)
    if (strcmp (sst_footage_clip (footage, i)->name, full) == 0)
      found = sst_footage_clip (footage, i);
  g_free (full);
  g_free (base);
  return found;
}

static const SstClip *
get_clip (const SstFootage * footage, const gchar * name)
{
  const SstClip *clip = find_clip (footage, name);

  fail_unless (clip != NULL, "no clip of %s", name);
  return clip;
}

/* Whether a clip has n pictures that are `step` apart, give or take a
 * millisecond. */
static void
assert_times (const SstClip * clip, guint n, GstClockTime step)
{
  fail_unless_equals_int (sst_clip_length (clip), n);
  for (guint i = 0; i < n; i++)
    fail_unless (ABS ((gint64) (sst_clip_time (clip, i) - i * step))
        < (gint64) GST_MSECOND, "picture %u at %" GST_TIME_FORMAT, i,
        GST_TIME_ARGS (sst_clip_time (clip, i)));
}

static gchar *
checksum (const SstFootage * footage)
{
  GChecksum *sum = g_checksum_new (G_CHECKSUM_SHA256);
  gchar *text;

  for (guint i = 0; i < sst_footage_n_clips (footage); i++) {
    const SstClip *clip = sst_footage_clip (footage, i);

    g_checksum_update (sum, (const guchar *) clip->name, -1);
    for (guint k = 0; k < sst_clip_length (clip); k++) {
      const SstImage *image = g_ptr_array_index (clip->images, k);
      const guint64 time = sst_clip_time (clip, k);

      g_checksum_update (sum, (const guchar *) &time, sizeof (time));
      g_checksum_update (sum, image->data, (gssize) sst_image_size (image));
    }
  }
  text = g_strdup (g_checksum_get_string (sum));
  g_checksum_free (sum);
  return text;
}

GST_START_TEST (files_are_skipped_by_their_names)
{
  fail_unless (gst_ss_files_skips ("groundtruth_rect.txt"));
  fail_unless (gst_ss_files_skips ("a.b.JSON"));
  fail_unless (gst_ss_files_skips ("model.sst"));
  fail_unless (gst_ss_files_skips ("live.m3u8"));
  fail_unless (gst_ss_files_skips (".hidden.jpg"));
  fail_if (gst_ss_files_skips ("a.mp4"));
  fail_if (gst_ss_files_skips ("txt"));
  fail_if (gst_ss_files_skips ("a.txt.jpg"));
}

GST_END_TEST;

/* A video with sound: every other picture of 30 a second, and its sound is left
 * out. */
GST_START_TEST (a_video_has_its_rate_and_no_sound)
{
  GstSsReaderParams params = get_params ();
  GstSsReaderSummary summary;
  SstFootage *footage;
  const SstClip *clip;

  media_run ("videotestsrc pattern=ball num-buffers=30 ! "
      "video/x-raw,width=160,height=120,framerate=30/1 ! jpegenc ! mux. "
      "audiotestsrc num-buffers=40 ! audio/x-raw,rate=44100 ! mux. "
      "avimux name=mux ! filesink location=\"%s/a.avi\"", folder);
  footage = read_folder (&params, &summary);
  clip = get_clip (footage, "a.avi");
  assert_times (clip, 15, GST_SECOND / 15);
  fail_unless_equals_int (sst_clip_frame (clip, 0)->width, 160);
  fail_unless_equals_int (sst_clip_frame (clip, 0)->height, 120);
  fail_unless_equals_int (summary.n_videos, 1);
  fail_unless_equals_int (summary.n_pictures, 15);
  fail_unless_equals_uint64 (summary.bytes, 15 * 160 * 120 * 3 / 2);
  fail_unless (summary.seconds > 0.9 && summary.seconds < 1.0);
  fail_if (summary.thinned);
  fail_unless_equals_int (warnings->len, 0);
  sst_footage_free (&footage);

  params.frame_rate = 4;
  params.max_side = 80;
  footage = read_folder (&params, NULL);
  clip = get_clip (footage, "a.avi");
  /* as even as pictures 33 ms apart allow */
  assert_times (clip, 4, GST_SECOND * 8 / 30);
  fail_unless_equals_int (sst_clip_frame (clip, 0)->width, 80);
  fail_unless_equals_int (sst_clip_frame (clip, 0)->height, 60);
  sst_footage_free (&footage);
}

GST_END_TEST;

static int
mean (const SstImage * image, int plane)
{
  const gboolean chroma = plane > 0;
  const int width = (image->frame.width + chroma) >> chroma;
  const int height = (image->frame.height + chroma) >> chroma;
  gint64 sum = 0;

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      sum += image->frame.plane[plane][y * image->frame.stride[plane] + x];
  return (int) (sum / (width * height));
}

/* Photographs in two forms, of an odd size, whose rows do not lie close in a
 * buffer of GStreamer. */
GST_START_TEST (photographs_are_read_as_they_are)
{
  static const gchar *const names[] = { "a.jpg", "b.png" };
  GstSsReaderParams params = get_params ();
  GstSsReaderSummary summary;
  SstFootage *footage;

  media_run ("videotestsrc num-buffers=1 pattern=solid-color "
      "foreground-color=0xffc04020 ! video/x-raw,format=RGB,width=173,"
      "height=99 ! jpegenc quality=95 ! filesink location=\"%s/a.jpg\"",
      folder);
  media_run ("videotestsrc num-buffers=1 pattern=solid-color "
      "foreground-color=0xffc04020 ! video/x-raw,format=RGB,width=173,"
      "height=99 ! pngenc ! filesink location=\"%s/b.png\"", folder);
  media_run ("videotestsrc num-buffers=1 pattern=gradient ! "
      "video/x-raw,format=RGB,width=173,height=99 ! pngenc ! "
      "filesink location=\"%s/c.png\"", folder);
  footage = read_folder (&params, &summary);
  fail_unless_equals_int (sst_footage_n_clips (footage), 3);
  fail_unless_equals_int (summary.n_photographs, 3);
  fail_unless_equals_int (summary.n_videos, 0);

  /* Y, Cb, Cr of C04020 by BT.601, limited range */
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    const SstClip *clip = get_clip (footage, names[i]);
    const SstImage *image = g_ptr_array_index (clip->images, 0);

    fail_unless_equals_int (sst_clip_length (clip), 1);
    fail_unless_equals_int (image->frame.width, 173);
    fail_unless_equals_int (image->frame.height, 99);
    fail_unless (ABS (mean (image, 0) - 101) <= 2, "%d", mean (image, 0));
    fail_unless (ABS (mean (image, 1) - 95) <= 2, "%s %d", names[i],
        mean (image, 1));
    fail_unless (ABS (mean (image, 2) - 185) <= 2, "%d", mean (image, 2));
  }

  /* from top to bottom, each row alike: no stride is off */
  {
    const SstFrame *frame = sst_clip_frame (get_clip (footage, "c.png"), 0);
    int last = 0;

    for (int y = 0; y < 99; y++) {
      const guint8 *row = frame->plane[0] + y * frame->stride[0];

      for (int x = 1; x < 173; x++)
        fail_unless (ABS (row[x] - row[0]) <= 2, "%d in row %d", x, y);
      fail_unless (row[0] >= last - 1);
      last = row[0];
    }
    fail_unless (last > 150 && frame->plane[0][0] < 50);
  }
  sst_footage_free (&footage);
}

GST_END_TEST;

static void
expect_warning (const gchar * name, const gchar * text)
{
  guint n = 0;

  for (guint i = 0; i < warnings->len; i++) {
    const gchar *warning = g_ptr_array_index (warnings, i);

    n += strstr (warning, name) != NULL && strstr (warning, text) != NULL;
  }
  fail_unless (n == 1, "%u warnings of %s", n, name);
}

/* What is no media, or half of one. */
GST_START_TEST (broken_files_are_skipped_or_cut_short)
{
  GstSsReaderParams params = get_params ();
  GstSsReaderSummary summary;
  SstFootage *footage;

  media_write_video (folder, "half.avi", 160, 120, 30, 1);
  media_cut (folder, "half.avi", 0.5);
  media_run ("audiotestsrc num-buffers=10 ! wavenc ! "
      "filesink location=\"%s/sound.wav\"", folder);
  media_run ("videotestsrc num-buffers=1 ! video/x-raw,width=64,height=64 ! "
      "jpegenc ! filesink location=\"%s/cut.jpg\"", folder);
  media_cut (folder, "cut.jpg", 0.02);
  media_write (folder, "empty.mp4", "", 0);
  media_write (folder, "noise.mkv", "\x01\x02not a video at all", 20);

  footage = read_folder (&params, &summary);
  fail_unless (sst_clip_length (get_clip (footage, "half.avi")) >= 5);
  fail_unless_equals_int (sst_footage_n_clips (footage), 1);
  fail_unless_equals_int (summary.n_files, 5);
  fail_unless_equals_int (summary.n_skipped, 4);
  expect_warning ("sound.wav", "skipped");
  expect_warning ("cut.jpg", "skipped");
  expect_warning ("empty.mp4", "skipped");
  expect_warning ("noise.mkv", "skipped");
  sst_footage_free (&footage);
}

GST_END_TEST;

/* Pictures in disguise, which would show if they were opened. */
GST_START_TEST (annotations_are_never_opened)
{
  static const gchar *const names[] = {
    "boxes.txt", "boxes.csv", ".hidden.png", "masks/0.png",
    "sub/Annotations/0.png", ".git/0.png"
  };
  GstSsReaderParams params = get_params ();
  GstSsReaderSummary summary;
  SstFootage *footage;
  gchar *path, *data;
  gsize size;

  media_run ("videotestsrc num-buffers=1 ! video/x-raw,width=64,height=64 ! "
      "pngenc ! filesink location=\"%s/seen.png\"", folder);
  path = g_build_filename (folder, "seen.png", NULL);
  fail_unless (g_file_get_contents (path, &data, &size, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    media_write (folder, names[i], data, size);
  media_write (folder, "sub/too.png", data, size);

  footage = read_folder (&params, &summary);
  fail_unless_equals_int (summary.n_files, 2);
  fail_unless_equals_int (sst_footage_n_clips (footage), 2);
  get_clip (footage, "seen.png");
  get_clip (footage, "sub/too.png");
  fail_unless_equals_int (warnings->len, 0);
  sst_footage_free (&footage);

  /* Neither when it is named. */
  {
    gchar *text = g_build_filename (folder, "boxes.txt", NULL);
    const gchar *paths[] = { text, path, NULL };

    footage = gst_ss_reader_read (paths, &params, &summary, NULL);
    fail_unless_equals_int (sst_footage_n_clips (footage), 1);
    expect_warning ("boxes.txt", "no text");
    sst_footage_free (&footage);
    g_free (text);
  }
  g_free (data);
  g_free (path);
}

GST_END_TEST;

static void
assert_error (const gchar * path, const gchar * text)
{
  const gchar *paths[] = { path, NULL };
  GstSsReaderParams params = get_params ();
  GError *error = NULL;

  fail_unless (gst_ss_reader_read (paths, &params, NULL, &error) == NULL);
  fail_unless (g_error_matches (error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_NOT_FOUND));
  fail_unless (strstr (error->message, text) != NULL, "%s", error->message);
  g_error_free (error);
}

GST_START_TEST (nothing_to_read_is_an_error)
{
  assert_error (folder, "no video or photograph");
  assert_error ("/nowhere/at all", "/nowhere/at all");
  media_write (folder, "noise", "noise", 5);
  assert_error (folder, "None of 1 files");
}

GST_END_TEST;

/* The longer one loses pictures, the shorter one none. */
GST_START_TEST (the_longest_video_is_thinned)
{
  GstSsReaderParams params = get_params ();
  GstSsReaderSummary summary;
  SstFootage *footage;

  media_write_video (folder, "long.avi", 160, 120, 60, 1);
  media_write_video (folder, "short.avi", 160, 120, 12, 2);
  params.memory = 32 * 160 * 120 * 3 / 2;
  params.frame_rate = 30;
  footage = read_folder (&params, &summary);
  fail_unless (summary.thinned);
  fail_unless (summary.bytes <= params.memory);
  fail_unless_equals_uint64 (summary.bytes, sst_footage_size (footage));
  assert_times (get_clip (footage, "long.avi"), 15, GST_SECOND * 4 / 30);
  assert_times (get_clip (footage, "short.avi"), 12, GST_SECOND / 30);
  sst_footage_free (&footage);

  params.memory = 74 * 160 * 120 * 3 / 2;
  params.n_pipelines = 1;
  footage = read_folder (&params, &summary);
  fail_if (summary.bytes > params.memory);
  sst_footage_free (&footage);
}

GST_END_TEST;

/* So long a video that stretches of it have to go: the rest are clips that keep
 * a quarter of the rate. */
GST_START_TEST (a_long_video_loses_stretches)
{
  GstSsReaderParams params = get_params ();
  GstSsReaderSummary summary;
  SstFootage *footage;

  media_write_video (folder, "a.avi", 80, 60, 900, 1);
  params.memory = 80 * 80 * 60 * 3 / 2;
  footage = read_folder (&params, &summary);
  fail_unless (summary.thinned);
  fail_unless (summary.bytes <= params.memory);
  fail_unless_equals_int (summary.n_videos, 1);
  fail_unless_equals_int (sst_footage_n_clips (footage), 2);
  assert_times (get_clip (footage, "a.avi"), 37, GST_SECOND * 4 / 15);
  assert_times (get_clip (footage, "a.avi #2"), 37, GST_SECOND * 4 / 15);
  sst_footage_free (&footage);
}

GST_END_TEST;

/* Photographs of a folder are thinned evenly. */
GST_START_TEST (a_folder_is_thinned_evenly)
{
  GstSsReaderParams params = get_params ();
  GstSsReaderSummary summary;
  SstFootage *footage;
  gchar *path, *data;
  gsize size;

  media_run ("videotestsrc num-buffers=1 ! video/x-raw,width=320,height=240 ! "
      "jpegenc ! filesink location=\"%s/00.jpg\"", folder);
  path = g_build_filename (folder, "00.jpg", NULL);
  fail_unless (g_file_get_contents (path, &data, &size, NULL));
  for (int i = 1; i < 16; i++) {
    gchar *name = g_strdup_printf ("%02d.jpg", i);

    media_write (folder, name, data, size);
    g_free (name);
  }
  params.memory = 9 * 320 * 240 * 3 / 2;
  footage = read_folder (&params, &summary);
  fail_unless (summary.thinned);
  fail_unless_equals_int (summary.n_photographs, 8);
  for (int i = 0; i < 16; i++) {
    gchar *name = g_strdup_printf ("%02d.jpg", i);

    fail_unless ((find_clip (footage, name) != NULL) == (i % 2 == 0));
    g_free (name);
  }
  sst_footage_free (&footage);
  g_free (data);
  g_free (path);
}

GST_END_TEST;

/* Whatever the number of pipelines, and where memory is short. */
GST_START_TEST (pipelines_do_not_change_the_footage)
{
  GstSsReaderParams params = get_params ();
  gchar *expected = NULL;

  for (int i = 0; i < 5; i++) {
    gchar *name = g_strdup_printf ("%d.avi", i);

    media_write_video (folder, name, 160, 120, 20 + 15 * (i % 3), i);
    g_free (name);
  }
  params.memory = 40 * 160 * 120 * 3 / 2;
  for (guint i = 0; i < 4; i++) {
    SstFootage *footage;
    gchar *sum;

    params.n_pipelines = 1 + i % 3;
    footage = read_folder (&params, NULL);
    sum = checksum (footage);
    if (expected == NULL)
      expected = g_strdup (sum);
    fail_unless_equals_string (sum, expected);
    g_free (sum);
    sst_footage_free (&footage);
  }
  g_free (expected);
}

GST_END_TEST;

/* One file by three names counts once; two files by one name are two clips. */
GST_START_TEST (a_file_counts_once)
{
  GstSsReaderParams params = get_params ();
  gchar *one = g_build_filename (folder, "a", "x", NULL);
  gchar *two = g_build_filename (folder, "b", "x", NULL);
  gchar *file = g_build_filename (one, "1.jpg", NULL);
  gchar *loop = g_build_filename (one, "loop", NULL);
  const gchar *paths[] = { one, file, two, one, NULL };
  SstFootage *footage;

  g_mkdir_with_parents (one, 0777);
  g_mkdir_with_parents (two, 0777);
  media_run ("videotestsrc num-buffers=1 ! video/x-raw,width=64,height=64 ! "
      "jpegenc ! filesink location=\"%s/1.jpg\"", one);
  media_run ("videotestsrc num-buffers=1 ! video/x-raw,width=48,height=64 ! "
      "jpegenc ! filesink location=\"%s/1.jpg\"", two);
  fail_unless (symlink (one, loop) == 0);

  footage = gst_ss_reader_read (paths, &params, NULL, NULL);
  fail_unless_equals_int (sst_footage_n_clips (footage), 2);
  fail_unless_equals_string (sst_footage_clip (footage, 0)->name, "x/1.jpg");
  fail_unless_equals_string (sst_footage_clip (footage, 1)->name,
      "x/1.jpg (2)");
  fail_unless_equals_int (sst_clip_frame (sst_footage_clip (footage, 1), 0)
      ->width, 48);
  sst_footage_free (&footage);
  g_free (loop);
  g_free (file);
  g_free (two);
  g_free (one);
}

GST_END_TEST;

/* ---- alpha, and the store ---- */

/* A PNG with alpha: left half half-transparent, or all opaque. */
static void
write_alpha_png (const gchar * name, gboolean opaque)
{
  gchar *path = g_build_filename (folder, name, NULL);
  gchar *launch = g_strdup_printf ("appsrc name=in caps=video/x-raw,"
      "format=RGBA,width=40,height=30,framerate=1/1 ! pngenc ! "
      "filesink location=\"%s\"", path);
  GstElement *pipeline = gst_parse_launch (launch, NULL);
  GstElement *in = gst_bin_get_by_name (GST_BIN (pipeline), "in");
  GstBus *bus = gst_element_get_bus (pipeline);
  guint8 *data = g_malloc (40 * 30 * 4);
  GstMessage *message;
  GstFlowReturn flow;

  for (int i = 0; i < 40 * 30; i++) {
    data[4 * i] = data[4 * i + 1] = data[4 * i + 2] = 200;
    data[4 * i + 3] = opaque || i % 40 >= 20 ? 255 : 100;
  }
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_signal_emit_by_name (in, "push-buffer", gst_buffer_new_wrapped (data,
          40 * 30 * 4), &flow);
  g_signal_emit_by_name (in, "end-of-stream", &flow);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_EOS);
  gst_message_unref (message);
  gst_object_unref (bus);
  gst_object_unref (in);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  g_free (launch);
  g_free (path);
}

static void
assert_alpha (const SstFootage * footage)
{
  const SstClip *clip = get_clip (footage, "alpha.png");
  const guint8 *alpha = sst_clip_alpha (clip, 0);

  fail_unless_equals_int (sst_clip_kind (clip), SST_CLIP_CUTOUT);
  for (int i = 0; i < 40 * 30; i++)
    fail_unless_equals_int (alpha[i], i % 40 >= 20 ? 255 : 100);
  clip = get_clip (footage, "opaque.png");
  fail_unless_equals_int (sst_clip_kind (clip), SST_CLIP_PHOTOGRAPH);
}

GST_START_TEST (a_single_picture_keeps_its_alpha)
{
  GstSsReaderParams params = get_params ();
  SstFootage *footage;

  write_alpha_png ("alpha.png", FALSE);
  write_alpha_png ("opaque.png", TRUE);
  footage = read_folder (&params, NULL);
  assert_alpha (footage);
  sst_footage_free (&footage);
}

GST_END_TEST;

/* Reads `folder` into the store in it, which is hidden from that. Returns the
 * footage. */
static SstFootage *
fill_store (const GstSsReaderParams * params, GstSsReaderSummary * summary,
    const gchar * rights)
{
  gchar *path = g_build_filename (folder, ".store", NULL);
  const gchar *paths[] = { folder, NULL };
  GError *error = NULL;
  SstStore *store = sst_store_open (path, TRUE, &error);
  SstFootage *footage;

  fail_unless (store != NULL, "%s", error != NULL ? error->message : "");
  fail_unless (gst_ss_reader_fill (store, paths, params, summary, &error),
      "%s", error != NULL ? error->message : "");
  footage = sst_store_footage (store, rights, &error);
  fail_unless (footage != NULL);
  sst_store_free (&store);
  g_free (path);
  return footage;
}

GST_START_TEST (a_store_takes_each_file_once)
{
  static const gchar table[] = "file\trights\nalpha.png\tfree\n"
      "*.png\tresearch\n";
  GstSsReaderParams params = get_params ();
  GstSsReaderSummary summary;
  SstFootage *footage;
  gchar *path;

  media_write_video (folder, "a.avi", 160, 120, 20, 1);
  write_alpha_png ("alpha.png", FALSE);
  write_alpha_png ("opaque.png", TRUE);
  media_write (folder, "noise.jpg", "noise", 5);
  media_write (folder, "SOURCE.tsv", table, strlen (table));
  params.short_side = 60;
  params.max_side = 10;         /* means nothing here */
  footage = fill_store (&params, &summary, NULL);
  fail_unless_equals_int (summary.n_files, 4);
  fail_unless_equals_int (summary.n_known, 0);
  fail_unless_equals_int (summary.n_skipped, 1);
  fail_unless_equals_int (summary.n_videos, 1);
  fail_unless_equals_int (summary.n_photographs, 2);
  fail_unless_equals_int (summary.n_pictures, 12);
  fail_unless_equals_uint64 (summary.bytes, sst_footage_size (footage));
  fail_unless_equals_int (warnings->len, 1);
  expect_warning ("noise.jpg", "skipped");
  assert_times (get_clip (footage, "a.avi"), 10, GST_SECOND / 15);
  fail_unless_equals_int (sst_clip_frame (get_clip (footage, "a.avi"), 0)
      ->width, 80);
  assert_alpha (footage);
  sst_footage_free (&footage);

  /* Only what is new is opened; who changed is named. */
  path = g_build_filename (folder, "a.avi", NULL);
  media_write (folder, "a.avi", "other", 5);
  media_write_video (folder, "b.avi", 160, 120, 12, 2);
  footage = fill_store (&params, &summary, NULL);
  fail_unless_equals_int (summary.n_files, 2);
  fail_unless_equals_int (summary.n_known, 3);
  fail_unless_equals_int (summary.n_videos, 1);
  expect_warning (path, "changed");
  assert_times (get_clip (footage, "a.avi"), 10, GST_SECOND / 15);
  assert_times (get_clip (footage, "b.avi"), 6, GST_SECOND / 15);
  fail_unless_equals_int (sst_footage_n_clips (footage), 4);
  sst_footage_free (&footage);
  g_free (path);

  footage = fill_store (&params, &summary, "free");
  fail_unless_equals_int (sst_footage_n_clips (footage), 1);
  get_clip (footage, "alpha.png");
  sst_footage_free (&footage);
  footage = fill_store (&params, &summary, "unknown");
  fail_unless_equals_int (sst_footage_n_clips (footage), 2);
  sst_footage_free (&footage);
}

GST_END_TEST;

/* Two files by one name are two clips, also when they come one after the
 * other. */
GST_START_TEST (clips_of_a_store_have_names_of_their_own)
{
  GstSsReaderParams params = get_params ();
  gchar *path = g_build_filename (folder, ".store", NULL);
  SstStore *store = sst_store_open (path, TRUE, NULL);

  for (guint i = 0; i < 3; i++) {
    gchar *name = g_strdup_printf ("%u/x", i % 2);
    gchar *inside = g_build_filename (folder, name, NULL);
    const gchar *paths[] = { inside, NULL };

    g_mkdir_with_parents (inside, 0777);
    if (i < 2)
      media_write_video (inside, "a.avi", 64, 48, 4, i);
    fail_unless (gst_ss_reader_fill (store, paths, &params, NULL, NULL));
    g_free (inside);
    g_free (name);
  }
  fail_unless_equals_int (sst_store_n_clips (store), 2);
  fail_unless_equals_string (sst_store_clip (store, 0)->name, "x/a.avi");
  fail_unless_equals_string (sst_store_clip (store, 1)->name, "x/a.avi (2)");
  sst_store_free (&store);
  g_free (path);
}

GST_END_TEST;

static Suite *
train_reader_suite (void)
{
  Suite *s = suite_create ("reader of footage");
  TCase *tc = tcase_create ("reader");

  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, files_are_skipped_by_their_names);
  tcase_add_test (tc, a_video_has_its_rate_and_no_sound);
  tcase_add_test (tc, photographs_are_read_as_they_are);
  tcase_add_test (tc, broken_files_are_skipped_or_cut_short);
  tcase_add_test (tc, annotations_are_never_opened);
  tcase_add_test (tc, nothing_to_read_is_an_error);
  tcase_add_test (tc, the_longest_video_is_thinned);
  tcase_add_test (tc, a_long_video_loses_stretches);
  tcase_add_test (tc, a_folder_is_thinned_evenly);
  tcase_add_test (tc, pipelines_do_not_change_the_footage);
  tcase_add_test (tc, a_file_counts_once);
  tcase_add_test (tc, a_single_picture_keeps_its_alpha);
  tcase_add_test (tc, a_store_takes_each_file_once);
  tcase_add_test (tc, clips_of_a_store_have_names_of_their_own);
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (train_reader);
