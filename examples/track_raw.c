/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Follows one thing in raw I420 frames with nothing but libsstrack:
 *
 *   track_raw 768x576 10 641,240,43,80 street.yuv > boxes.csv
 *
 * reads frames of the given size and rate from a file, or from standard input
 * without one, and prints a line of comma-separated values a frame. Make raw
 * frames of a video with
 *
 *   gst-launch-1.0 -q filesrc location=street.avi ! decodebin ! videoconvert \
 *       ! video/x-raw,format=I420 ! filesink location=street.yuv
 *
 * (for sizes that are multiples of 8: GStreamer pads the rows of others). */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <sstrack/sstrack.h>

typedef struct
{
  int width, height;
  double rate;
  SstBox box;
  const char *path;             /* NULL: standard input */
} Options;

static gboolean
parse_options (int argc, char **argv, Options *options, GError **error)
{
  g_auto (GStrv) rest = NULL;
  const GOptionEntry entries[] = {
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rest, NULL,
        "WIDTHxHEIGHT FRAMES-A-SECOND X,Y,W,H [FILE]" },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  guint n;

  g_option_context_set_summary (context,
      "Follows the thing in the box X,Y,W,H of the first frame.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;

  n = rest != NULL ? g_strv_length (rest) : 0;
  if (n < 3 || n > 4
      || sscanf (rest[0], "%dx%d", &options->width, &options->height) != 2
      || options->width < 1 || options->width > SST_FRAME_MAX_SIDE
      || options->height < 1 || options->height > SST_FRAME_MAX_SIDE
      || sscanf (rest[1], "%lf", &options->rate) != 1
      || !(options->rate > 0. && options->rate <= 1e6)
      || sscanf (rest[2], "%f,%f,%f,%f", &options->box.x, &options->box.y,
          &options->box.width, &options->box.height) != 4) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "want WIDTHxHEIGHT FRAMES-A-SECOND X,Y,W,H [FILE]; see --help");
    return FALSE;
  }
  options->path = n == 4 ? g_intern_string (rest[3]) : NULL;
  return TRUE;
}

/* A view of the frame in data: three planes, one after the other. */
static SstFrame
view_i420 (const guint8 *data, int width, int height)
{
  const int chroma_width = (width + 1) / 2, chroma_height = (height + 1) / 2;
  const size_t luma = (size_t) width * height;
  const size_t chroma = (size_t) chroma_width * chroma_height;

  return (SstFrame) {
    .format = SST_FORMAT_I420,
    .width = width,
    .height = height,
    .plane = { data, data + luma, data + luma + chroma },
    .stride = { width, chroma_width, chroma_width },
  };
}

static gboolean
track (const Options *options, FILE *file, GError **error)
{
  const int width = options->width, height = options->height;
  const size_t size = (size_t) width * height
      + 2 * (size_t) ((width + 1) / 2) * ((height + 1) / 2);
  g_autofree guint8 *data = g_malloc (size);
  const SstFrame frame = view_i420 (data, width, height);
  SstTargets *targets;
  guint64 n;

  if (!sst_frame_validate (&frame, error)
      || !sst_tracker_check_box (&options->box, width, height, error))
    return FALSE;

  targets = sst_targets_new (NULL);
  sst_targets_add (targets, 0, &options->box, NULL, SST_ORIGIN_USER);
  printf ("frame,id,state,confidence,x,y,width,height\n");
  for (n = 0; fread (data, size, 1, file) == 1; n++) {
    const SstTarget *target;
    guint n_targets, i;

    sst_targets_process (targets, &frame, n * SST_SECOND / options->rate,
        NULL, 0);
    target = sst_targets_get (targets, &n_targets);
    for (i = 0; i < n_targets; i++, target++)
      printf ("%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT
          ",%s,%.3f,%.2f,%.2f,%.2f,%.2f\n", n, target->id,
          sst_state_to_string (target->now.state), target->now.confidence,
          target->now.box.x, target->now.box.y, target->now.box.width,
          target->now.box.height);
  }
  sst_targets_free (&targets);

  if (n == 0) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
        "no whole frame of %zu bytes to read", size);
    return FALSE;
  }
  return TRUE;
}

int
main (int argc, char **argv)
{
  Options options;
  g_autoptr (GError) error = NULL;
  FILE *file = stdin;
  gboolean ok;

  if (!parse_options (argc, argv, &options, &error)) {
    fprintf (stderr, "track_raw: %s\n", error->message);
    return EXIT_FAILURE;
  }
  if (options.path != NULL && (file = fopen (options.path, "rb")) == NULL) {
    fprintf (stderr, "track_raw: %s: %s\n", options.path, g_strerror (errno));
    return EXIT_FAILURE;
  }
  ok = track (&options, file, &error);
  if (!ok)
    fprintf (stderr, "track_raw: %s\n", error->message);
  if (file != stdin)
    fclose (file);
  return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
