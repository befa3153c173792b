/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* What cameras cost a machine: pipelines that play a file of raw frames in real
 * time, in one process or in as many.
 *
 *   GST_PLUGIN_PATH=BUILD/gst cameras --cameras=1,8,32 [OPTION...]
 *
 * The clip is drawn (scene.h): targets sway over a ground, none leaves. With
 * --video it is that file's, looped no further than it goes, with --boxes. A
 * camera is
 *
 *   filesrc ! rawvideoparse ! identity sync=true ! queue leaky=downstream
 *     ! sstracker ! fakesink
 *
 * so that what the element is too slow for is dropped, and counted. Their
 * frames come one after the other, as those of cameras do that nobody set going
 * at the same moment; --together: all at once. Prints a line for each number of
 * cameras, separated by tabs:
 *
 *   cpu       user and system time of the processes, % of a core a camera
 *   element   of that, of the threads while they were in the element
 *   frame     the same for each frame, ms of CPU time
 *   p95       of a frame's time in the element, ms on the wall
 *   dropped   per cent of the frames
 *   memory    of all processes, MB: their own and their part of what they
 *             share (Pss)
 *   further   MB a camera more than the first line's takes
 *
 * On a machine that is busy otherwise, p95 and dropped mean little. */

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <gst/gst.h>

#include "scene.h"

/* Frames that each camera passes before anything is measured. */
#define WARM_FRAMES 30
/* Frames of the clip beyond those that are measured: not all start at once. */
#define SPARE_SECONDS 40
#define QUEUE_LENGTH 3
#define NS_PER_SECOND 1e9

static gchar *cameras_text, *size_text, *video, *boxes, *properties, *folder;
static gint rate = 15, seconds = 20, n_targets = 1;
static gboolean processes, bare, together;

static GOptionEntry entries[] = {
  {"cameras", 0, 0, G_OPTION_ARG_STRING, &cameras_text,
      "Numbers of cameras to measure; default 1,8,32", "N,..."},
  {"processes", 0, 0, G_OPTION_ARG_NONE, &processes,
      "A process for each camera", NULL},
  {"size", 0, 0, G_OPTION_ARG_STRING, &size_text, "Default 640x360", "WxH"},
  {"rate", 0, 0, G_OPTION_ARG_INT, &rate, "Frames a second; default 15", "N"},
  {"seconds", 0, 0, G_OPTION_ARG_INT, &seconds, "Measured; default 20", "N"},
  {"targets", 0, 0, G_OPTION_ARG_INT, &n_targets,
      "Of each camera, 0 to 16; default 1", "N"},
  {"video", 0, 0, G_OPTION_ARG_FILENAME, &video,
      "To play instead of what is drawn", "FILE"},
  {"boxes", 0, 0, G_OPTION_ARG_STRING, &boxes,
      "init-box with --video, of the size given", "BOXES"},
  {"properties", 0, 0, G_OPTION_ARG_STRING, &properties,
      "More of the element", "NAME=VALUE ..."},
  {"bare", 0, 0, G_OPTION_ARG_NONE, &bare,
      "Without the element: what the rest costs", NULL},
  {"together", 0, 0, G_OPTION_ARG_NONE, &together,
      "All frames come at the same moment", NULL},
  {"folder", 0, 0, G_OPTION_ARG_FILENAME, &folder,
      "For the clip while this runs; default the one for temporary files",
      "FOLDER"},
  {NULL}
};

typedef struct
{
  int width, height;
  gchar *path;
  GString *boxes;               /* of the targets, as init-box has them */
} Clip;

/* What a camera has cost so far, written by its streaming thread. */
typedef struct
{
  GstElement *pipeline;
  _Atomic guint64 n_due, n_in, n_out;   /* frames at the queue, at the element,
                                         * behind it */
  _Atomic guint64 cpu;          /* in the element, nanoseconds */
  atomic_bool measuring;
  guint64 cpu_in;
  gint64 wall_in;
  GArray *times;                /* guint32, microseconds in the element */
} Camera;

/* What a process has to say when it ends; the times follow. */
typedef struct
{
  double wall, cpu, element;    /* seconds */
  double memory;                /* MB */
  guint64 n_due, n_done, n_times;
} Report;

/* --- the clip ----------------------------------------------------------- */

/* Targets on a grid, each swaying in its part of the picture. */
static Scene *
draw_scene (const Clip * clip)
{
  Scene *const scene = scene_new (clip->width, clip->height, 1);
  const int columns = n_targets > 4 ? 4 : n_targets > 1 ? 2 : 1;
  const int rows = (n_targets + columns - 1) / columns;
  const float side = 0.1f * (float) clip->height;

  for (int i = 0; i < n_targets; i++)
    scene_add_sprite (scene, &(SceneSprite) {
          .x = ((float) (i % columns) + 0.4f) * (float) clip->width
              / (float) columns,
          .y = ((float) (i / columns) + 0.6f) * (float) clip->height
              / (float) rows,
          .width = side,.height = 1.4f * side,.seed = 7 + (guint) i,
          .sway_x = 0.15f * (float) clip->width / (float) columns,
          .sway_y = 0.1f * (float) clip->height / (float) rows,
          .period = (float) (60 + 7 * i)});
  return scene;
}

static gboolean
draw_clip (Clip * clip, FILE * file, int n_frames)
{
  Scene *scene = draw_scene (clip);
  gboolean written = TRUE;

  for (int t = 0; t < n_frames && written; t++) {
    scene_render (scene, t);
    for (int i = 0; t == 0 && i < n_targets; i++) {
      const SstBox box = scene_truth (scene, i).box;

      g_string_append_printf (clip->boxes, "%s%.0f,%.0f,%.0f,%.0f",
          i > 0 ? ";" : "", box.x, box.y, box.width, box.height);
    }
    written = fwrite (scene->i420, scene->size, 1, file) == 1;
  }
  scene_free (&scene);
  return written;
}

/* Decodes the video into the file, in a process of its own: GStreamer's threads
 * do not go through fork(). */
static gboolean
decode_clip (const Clip * clip)
{
  const pid_t child = fork ();
  int status = 1;

  if (child == 0) {
    gchar *text = g_strdup_printf ("filesrc name=from ! decodebin ! "
        "videoconvert ! videoscale ! videorate ! video/x-raw,format=I420,"
        "width=%d,height=%d,framerate=%d/1,pixel-aspect-ratio=1/1 ! "
        "filesink name=to", clip->width, clip->height, rate);
    GstElement *pipeline, *part;
    GstMessage *message;

    gst_init (NULL, NULL);
    pipeline = gst_parse_launch (text, NULL);
    part = gst_bin_get_by_name (GST_BIN (pipeline), "from");
    g_object_set (part, "location", video, NULL);
    gst_object_unref (part);
    part = gst_bin_get_by_name (GST_BIN (pipeline), "to");
    g_object_set (part, "location", clip->path, NULL);
    gst_object_unref (part);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    message = gst_bus_timed_pop_filtered (GST_ELEMENT_BUS (pipeline),
        GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    gst_element_set_state (pipeline, GST_STATE_NULL);
    _exit (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS ? 0 : 1);
  }
  return child > 0 && waitpid (child, &status, 0) == child && status == 0;
}

/* Writes the raw frames that all cameras play. */
static gboolean
make_clip (Clip * clip)
{
  const int n_frames = (seconds + SPARE_SECONDS) * rate + WARM_FRAMES;
  gboolean made = FALSE;
  FILE *file;
  int fd;

  clip->boxes = g_string_new (video != NULL ? boxes : NULL);
  clip->path = g_build_filename (folder != NULL ? folder : g_get_tmp_dir (),
      "cameras-XXXXXX", NULL);
  fd = g_mkstemp (clip->path);
  if (fd < 0) {
    g_printerr ("%s: %s\n", clip->path, g_strerror (errno));
    return FALSE;
  }
  if (video != NULL) {
    close (fd);
    made = decode_clip (clip);
  } else {
    file = fdopen (fd, "wb");
    made = draw_clip (clip, file, n_frames);
    made &= fclose (file) == 0;
  }
  if (!made)
    g_printerr ("could not write the clip %s\n", clip->path);
  return made;
}

/* --- cameras ------------------------------------------------------------ */

static guint64
cpu_time (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return (guint64) now.tv_sec * G_GUINT64_CONSTANT (1000000000)
      + (guint64) now.tv_nsec;
}

static GstPadProbeReturn
count_due (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  atomic_fetch_add (&((Camera *) data)->n_due, 1);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
enter (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Camera *const camera = data;

  atomic_fetch_add (&camera->n_in, 1);
  camera->wall_in = g_get_monotonic_time ();
  camera->cpu_in = cpu_time (CLOCK_THREAD_CPUTIME_ID);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
leave (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Camera *const camera = data;
  const guint64 cpu = cpu_time (CLOCK_THREAD_CPUTIME_ID) - camera->cpu_in;
  const guint32 us = (guint32) (g_get_monotonic_time () - camera->wall_in);

  atomic_fetch_add (&camera->cpu, cpu);
  if (atomic_load (&camera->measuring))
    g_array_append_val (camera->times, us);
  atomic_fetch_add (&camera->n_out, 1);
  return GST_PAD_PROBE_OK;
}

static void
add_probe (GstElement * pipeline, const gchar * element, const gchar * name,
    GstPadProbeCallback callback, Camera * camera)
{
  GstElement *const part = gst_bin_get_by_name (GST_BIN (pipeline), element);
  GstPad *const pad = gst_element_get_static_pad (part, name);

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, callback, camera, NULL);
  gst_object_unref (pad);
  gst_object_unref (part);
}

static gboolean
start_camera (Camera * camera, const Clip * clip)
{
  const gchar *const element = bare ? "identity" : "sstracker";
  const gsize size = (gsize) clip->width * (gsize) clip->height * 3 / 2;
  GError *error = NULL;
  GString *text = g_string_new (NULL);

  g_string_printf (text, "filesrc location=\"%s\" blocksize=%" G_GSIZE_FORMAT
      " ! rawvideoparse format=i420 width=%d height=%d framerate=%d/1 "
      "! identity name=due sync=true ! queue leaky=downstream "
      "max-size-buffers=%d max-size-bytes=0 max-size-time=0 "
      "! %s name=element ", clip->path, size, clip->width, clip->height, rate,
      QUEUE_LENGTH, element);
  if (!bare && clip->boxes->len > 0)
    g_string_append_printf (text, "init-box=\"%s\" ", clip->boxes->str);
  if (!bare && properties != NULL)
    g_string_append (text, properties);
  g_string_append (text, " ! fakesink sync=false");
  camera->times = g_array_new (FALSE, FALSE, sizeof (guint32));
  camera->pipeline = gst_parse_launch (text->str, &error);
  g_string_free (text, TRUE);
  if (error != NULL) {
    g_printerr ("%s\n", error->message);
    return FALSE;
  }
  add_probe (camera->pipeline, "due", "src", count_due, camera);
  add_probe (camera->pipeline, "element", "sink", enter, camera);
  add_probe (camera->pipeline, "element", "src", leave, camera);
  return gst_element_set_state (camera->pipeline, GST_STATE_PLAYING)
      != GST_STATE_CHANGE_FAILURE;
}

/* Says what went wrong with a camera, if anything did. */
static gboolean
is_well (const Camera * camera)
{
  GstMessage *const message =
      gst_bus_pop_filtered (GST_ELEMENT_BUS (camera->pipeline),
      GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  GError *error = NULL;

  if (message == NULL)
    return TRUE;
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  g_printerr ("a camera stopped: %s\n", error != NULL ? error->message
      : "the clip is at its end; a longer --video, or fewer --seconds");
  g_clear_error (&error);
  gst_message_unref (message);
  return FALSE;
}

/* MB that the process holds. */
static double
measure_memory (void)
{
  gchar *text = NULL;
  const gchar *line;
  double mb = 0.0;

  if (g_file_get_contents ("/proc/self/smaps_rollup", &text, NULL, NULL)) {
    line = strstr (text, "\nPss:");
    if (line != NULL)
      mb = g_ascii_strtod (line + 5, NULL) / 1024.0;
  }
  g_free (text);
  return mb;
}

/* Sum of a figure that cameras count. */
#define SUM(cameras, n, field) __extension__ ({ \
    guint64 sum_ = 0; \
    for (guint i_ = 0; i_ < (n); i_++) \
      sum_ += atomic_load (&(cameras)[i_].field); \
    sum_; })

/* Waits for the moment of camera i of n. */
static void
wait_for_phase (guint i, guint n)
{
  if (!together)
    g_usleep ((gulong) (G_USEC_PER_SEC / (gulong) rate * i / n));
}

/* Plays n cameras and writes what they cost to fd. */
static int
run_cameras (const Clip * clip, guint n, int fd)
{
  Camera *const cameras = g_new0 (Camera, n);
  Report report = { 0 };
  guint64 wall, cpu, in_element;

  gst_init (NULL, NULL);
  for (guint i = 0; i < n; i++) {
    wait_for_phase (i > 0, n);
    if (!start_camera (&cameras[i], clip))
      return 1;
  }
  for (guint i = 0; i < n; i++)
    while (atomic_load (&cameras[i].n_out) < WARM_FRAMES) {
      if (!is_well (&cameras[i]))
        return 1;
      g_usleep (G_USEC_PER_SEC / 50);
    }

  for (guint i = 0; i < n; i++)
    atomic_store (&cameras[i].measuring, TRUE);
  wall = cpu_time (CLOCK_MONOTONIC);
  cpu = cpu_time (CLOCK_PROCESS_CPUTIME_ID);
  in_element = SUM (cameras, n, cpu);
  report.n_due = SUM (cameras, n, n_due);
  report.n_done = SUM (cameras, n, n_in);
  g_usleep ((gulong) seconds * G_USEC_PER_SEC);
  report.wall = (double) (cpu_time (CLOCK_MONOTONIC) - wall) / NS_PER_SECOND;
  report.cpu = (double) (cpu_time (CLOCK_PROCESS_CPUTIME_ID) - cpu)
      / NS_PER_SECOND;
  report.element = (double) (SUM (cameras, n, cpu) - in_element)
      / NS_PER_SECOND;
  report.n_due = SUM (cameras, n, n_due) - report.n_due;
  report.n_done = SUM (cameras, n, n_in) - report.n_done;
  report.memory = measure_memory ();
  for (guint i = 0; i < n; i++)
    if (!is_well (&cameras[i]))
      return 1;
  for (guint i = 0; i < n; i++)
    gst_element_set_state (cameras[i].pipeline, GST_STATE_NULL);

  report.n_times = 0;
  for (guint i = 0; i < n; i++)
    report.n_times += cameras[i].times->len;
  if (write (fd, &report, sizeof report) != sizeof report)
    return 1;
  for (guint i = 0; i < n; i++) {
    const GArray *const times = cameras[i].times;
    const gsize size = times->len * sizeof (guint32);

    if (write (fd, times->data, size) != (gssize) size)
      return 1;
  }
  return 0;
}

/* --- all of it ---------------------------------------------------------- */

static gboolean
read_all (int fd, gpointer data, gsize size)
{
  for (gsize done = 0; done < size;) {
    const gssize got = read (fd, (char *) data + done, size - done);

    if (got <= 0)
      return FALSE;
    done += (gsize) got;
  }
  return TRUE;
}

/* Adds what a process says of its cameras. */
static gboolean
take_report (int fd, Report * total, GArray * times)
{
  const guint n = times->len;
  Report report;

  if (!read_all (fd, &report, sizeof report))
    return FALSE;
  g_array_set_size (times, n + (guint) report.n_times);
  if (!read_all (fd, &g_array_index (times, guint32, n),
          report.n_times * sizeof (guint32)))
    return FALSE;
  total->wall = MAX (total->wall, report.wall);
  total->cpu += report.cpu;
  total->element += report.element;
  total->memory += report.memory;
  total->n_due += report.n_due;
  total->n_done += report.n_done;
  total->n_times += report.n_times;
  return TRUE;
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
  const guint32 x = *(const guint32 *) a, y = *(const guint32 *) b;

  return x < y ? -1 : x > y;
}

static double
percentile (GArray * times, double share)
{
  if (times->len == 0)
    return 0.0;
  g_array_sort (times, compare_times);
  return g_array_index (times, guint32,
      (guint) (share * (double) (times->len - 1)));
}

/* Runs n cameras; first: of the table, to compare memory with. */
static gboolean
measure (const Clip * clip, guint n, const Report * first, guint n_first,
    Report * total)
{
  const guint n_children = processes ? n : 1;
  int *const fds = g_new (int, n_children);
  GArray *const times = g_array_new (FALSE, FALSE, sizeof (guint32));
  gboolean good = TRUE;

  *total = (Report) { 0 };
  fflush (stdout);
  for (guint i = 0; i < n_children; i++) {
    int ends[2];

    if (pipe (ends) != 0)
      return FALSE;
    if (fork () == 0) {
      wait_for_phase (i, n_children);
      _exit (run_cameras (clip, n / n_children, ends[1]));
    }
    close (ends[1]);
    fds[i] = ends[0];
  }
  for (guint i = 0; i < n_children; i++) {
    good &= take_report (fds[i], total, times);
    close (fds[i]);
  }
  for (guint i = 0; i < n_children; i++)
    wait (NULL);
  if (good) {
    g_print ("%s\t%u\t%dx%d\t%d\t%d\t%.1f\t%.1f\t%.2f\t%.1f\t%.1f\t%.1f\t",
        processes ? "processes" : "one", n, clip->width, clip->height, rate,
        n_targets, 100.0 * total->cpu / total->wall / n,
        100.0 * total->element / total->wall / n,
        1e3 * total->element / (double) MAX (total->n_done, 1),
        1e-3 * percentile (times, 0.95),
        100.0 - 100.0 * (double) total->n_done
        / (double) MAX (total->n_due, 1), total->memory);
    if (n > n_first && n_first > 0)
      g_print ("%.2f\n", (total->memory - first->memory) / (n - n_first));
    else
      g_print ("\n");
  }
  g_array_unref (times);
  g_free (fds);
  return good;
}

static gboolean
check_options (Clip * clip, gchar ** numbers)
{
  if (sscanf (size_text != NULL ? size_text : "640x360", "%dx%d",
          &clip->width, &clip->height) != 2 || clip->width < 16
      || clip->height < 16 || clip->width > 4096 || clip->height > 4096) {
    g_printerr ("--size=%s: a width and a height are meant, as in 640x360\n",
        size_text);
    return FALSE;
  }
  if (rate < 1 || seconds < 1 || n_targets < 0 || n_targets > 16) {
    g_printerr ("--rate and --seconds are 1 or more, --targets 0 to 16\n");
    return FALSE;
  }
  if (video != NULL && boxes == NULL && n_targets > 0) {
    g_printerr ("--video needs --boxes, or --targets=0\n");
    return FALSE;
  }
  for (guint i = 0; numbers[i] != NULL; i++)
    if (atoi (numbers[i]) < 1) {
      g_printerr ("--cameras=%s: numbers from 1 on are meant, as in 1,8\n",
          cameras_text);
      return FALSE;
    }
  return TRUE;
}

int
main (int argc, char **argv)
{
  GOptionContext *const context = g_option_context_new (NULL);
  Report first = { 0 }, report;
  GError *error = NULL;
  guint n_first = 0;
  gboolean good;
  gchar **numbers;
  Clip clip;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc > 1) {
    g_printerr ("%s\n", error != NULL ? error->message : "too many words");
    return 2;
  }
  numbers = g_strsplit (cameras_text != NULL ? cameras_text : "1,8,32", ",",
      -1);
  if (!check_options (&clip, numbers))
    return 2;
  good = make_clip (&clip);
  g_print ("mode\tcameras\tsize\trate\ttargets\tcpu\telement\tframe\tp95\t"
      "dropped\tmemory\tfurther\n");
  for (guint i = 0; good && numbers[i] != NULL; i++) {
    const guint n = (guint) atoi (numbers[i]);

    good = measure (&clip, n, &first, n_first, &report);
    if (n_first == 0) {
      first = report;
      n_first = n;
    }
  }
  g_unlink (clip.path);
  g_option_context_free (context);
  g_strfreev (numbers);
  return good ? 0 : 1;
}
