/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssjson.h"

#ifdef HAVE_JSON

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gstssclaim.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ss_tracker_debug);
#define GST_CAT_DEFAULT gst_ss_tracker_debug

/* What a pipe is asked to hold for a reader that is slow for a while; nobody
 * waits for it. */
#define PIPE_SIZE (1 << 20)
/* Significant digits: enough for two decimals of any coordinate. */
#define DIGITS 9

struct _GstSsJson
{
  gchar *location;
  int fd;                       /* -1: a FIFO without a reader, or given up */
  gboolean is_fifo;             /* by name: it can be opened again */
  gboolean is_file;             /* opened by us */
  gboolean may_wait;            /* a pipe, socket or device: poll() first */
  gboolean warned;
  GString *line;                /* the line in work; what is left of it if the
                                 * reader took only a part */
  gsize written;                /* bytes of it that are out */
};

/* ---- files ---- */

/* Standard output is shared with others, so its flags are not ours to change. A
 * pipe or a terminal is opened anew, to be able not to block in it. */
static int
open_stdout (void)
{
  struct stat st;
  int fd = -1;

  if (fstat (STDOUT_FILENO, &st) != 0)
    return -1;
  if (S_ISFIFO (st.st_mode) || S_ISCHR (st.st_mode))
    fd = open ("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0)
    fd = fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  return fd;
}

/* Appending, so that the lines of several writers stay whole. */
static int
open_location (const gchar * location)
{
  return open (location, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY |
      O_CLOEXEC, 0666);
}

/* Empties a file that nobody else in the process writes to, by any name. */
static void
begin_file (GstSsJson * json, const struct stat *st)
{
  gchar *const claim = g_strdup_printf ("json %" G_GUINT64_FORMAT ":%"
      G_GUINT64_FORMAT, (guint64) st->st_dev, (guint64) st->st_ino);

  if (gst_ss_claim (json, NULL, claim) && ftruncate (json->fd, 0) != 0)
    GST_DEBUG ("could not empty %s: %s", json->location, g_strerror (errno));
  g_free (claim);
}

/* Where that is refused it holds what it always does. */
static void
enlarge_pipe (int fd)
{
#ifdef F_SETPIPE_SZ
  struct stat st;

  if (fd >= 0 && fstat (fd, &st) == 0 && S_ISFIFO (st.st_mode)
      && fcntl (fd, F_GETPIPE_SZ) < PIPE_SIZE
      && fcntl (fd, F_SETPIPE_SZ, PIPE_SIZE) < 0)
    GST_DEBUG ("could not enlarge a pipe: %s", g_strerror (errno));
#endif
}

GstSsJson *
gst_ss_json_open (const gchar * location, GError ** error)
{
  const gboolean is_stdout = strcmp (location, "-") == 0;
  const int fd = is_stdout ? open_stdout () : open_location (location);
  const int reason = errno;
  gboolean is_fifo = FALSE;
  GstSsJson *json;
  struct stat st;

  if (fd < 0) {
    /* ENXIO: a FIFO without a reader, or a socket or device without a use. */
    is_fifo = !is_stdout && reason == ENXIO && stat (location, &st) == 0
        && S_ISFIFO (st.st_mode);
    if (!is_fifo)
      goto no_file;
  } else if (fstat (fd, &st) != 0) {
    st = (struct stat) {.st_mode = S_IFREG };
  }

  json = g_new0 (GstSsJson, 1);
  json->location = g_strdup (location);
  json->fd = fd;
  json->is_fifo = !is_stdout && S_ISFIFO (st.st_mode);
  json->is_file = !is_stdout && S_ISREG (st.st_mode);
  json->may_wait = !S_ISREG (st.st_mode);
  json->line = g_string_sized_new (1024);
  enlarge_pipe (fd);
  if (json->is_file)
    begin_file (json, &st);
  return json;

  /* ERRORS */
no_file:
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE,
      "Could not open \"%s\" for writing: %s", location, g_strerror (reason));
  return NULL;
}

void
gst_ss_json_close (GstSsJson ** json_p)
{
  GstSsJson *json = *json_p;

  if (json == NULL)
    return;
  *json_p = NULL;

  /* No half line stays at the end of a file. */
  if (json->fd >= 0 && json->is_file && json->written > 0) {
    const off_t end = lseek (json->fd, 0, SEEK_CUR);
    struct stat st;

    if (fstat (json->fd, &st) == 0 && end == st.st_size
        && end >= (off_t) json->written
        && ftruncate (json->fd, end - (off_t) json->written) != 0)
      GST_DEBUG ("could not cut a half line off %s", json->location);
  }
  if (json->fd >= 0)
    close (json->fd);
  gst_ss_unclaim (json, NULL);
  g_string_free (json->line, TRUE);
  g_free (json->location);
  g_free (json);
}

/* write() that reports a broken pipe by EPIPE alone: the signal, which would
 * end the process, is held back from this thread and then taken out. */
static gssize
write_without_signal (int fd, const gchar * data, gsize size)
{
  const struct timespec now = { 0, 0 };
  sigset_t pipe_set, old_set, pending;
  gboolean was_pending;
  gssize result;
  int reason;

  sigemptyset (&pipe_set);
  sigaddset (&pipe_set, SIGPIPE);
  sigpending (&pending);
  was_pending = sigismember (&pending, SIGPIPE);
  pthread_sigmask (SIG_BLOCK, &pipe_set, &old_set);

  result = write (fd, data, size);
  reason = errno;
  if (result < 0 && reason == EPIPE && !was_pending) {
    while (sigtimedwait (&pipe_set, NULL, &now) < 0 && errno == EINTR);
  }

  pthread_sigmask (SIG_SETMASK, &old_set, NULL);
  errno = reason;
  return result;
}

/* Whether there is room at once. */
static gboolean
has_room (GstSsJson * json)
{
  struct pollfd poll_fd = { .fd = json->fd, .events = POLLOUT };
  int n;

  do
    n = poll (&poll_fd, 1, 0);
  while (n < 0 && errno == EINTR);
  return n != 0;
}

/* Writes on where the line stands. Returns 0 when it is out, else why not. */
static int
flush_line (GstSsJson * json)
{
  while (json->written < json->line->len) {
    gssize n;

    if (json->may_wait && !has_room (json))
      return EAGAIN;
    n = write_without_signal (json->fd, json->line->str + json->written,
        json->line->len - json->written);
    if (n >= 0) {
      json->written += (gsize) n;
    } else if (errno == EAGAIN) {
      /* Room for less than a line that has to go in one piece. */
      return EAGAIN;
    } else if (errno != EINTR) {
      return errno;
    }
  }
  g_string_truncate (json->line, 0);
  json->written = 0;
  return 0;
}

static void
forget_line (GstSsJson * json)
{
  g_string_truncate (json->line, 0);
  json->written = 0;
}

static void
hang_up (GstSsJson * json)
{
  close (json->fd);
  json->fd = -1;
  forget_line (json);
}

/* Makes ready for a line: a reader that came is welcomed, the rest of a line
 * that was cut goes out first. */
static int
prepare (GstSsJson * json)
{
  if (json->fd < 0) {
    if (!json->is_fifo)
      return EPIPE;
    json->fd = open (json->location,
        O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (json->fd < 0)
      return errno;
    enlarge_pipe (json->fd);
  }
  return flush_line (json);
}

/* ---- lines ---- */

static gdouble
round_to (gdouble value, gdouble unit)
{
  return isfinite (value) ? round (value * unit) / unit : 0.0;
}

static json_t *
sighting_to_json (const SstSighting * sighting)
{
  json_t *const object = json_object ();

  json_object_set_new (object, "id",
      json_integer ((json_int_t) sighting->id));
  json_object_set_new (object, "source", json_string (sighting->source));
  json_object_set_new (object, "similarity",
      json_real (round_to (sighting->similarity, 1000.0)));
  return object;
}

static json_t *
target_to_json (const SstTarget * target)
{
  const SstTrackerResult *now = &target->now;
  json_t *object = json_object ();
  json_t *box = json_array ();

  json_array_append_new (box, json_real (round_to (now->box.x, 100.0)));
  json_array_append_new (box, json_real (round_to (now->box.y, 100.0)));
  json_array_append_new (box, json_real (round_to (now->box.width, 100.0)));
  json_array_append_new (box, json_real (round_to (now->box.height, 100.0)));

  json_object_set_new (object, "id", json_integer ((json_int_t) target->id));
  json_object_set_new (object, "label", json_string (target->label));
  json_object_set_new (object, "state",
      json_string (sst_state_to_string (now->state)));
  json_object_set_new (object, "confidence",
      json_real (round_to (now->confidence, 1000.0)));
  json_object_set_new (object, "box", box);
  json_object_set_new (object, "first_seen",
      json_integer ((json_int_t) now->first_seen));
  json_object_set_new (object, "last_seen",
      json_integer ((json_int_t) now->last_seen));
  if (target->seen_as.id != 0)
    json_object_set_new (object, "seen_as",
        sighting_to_json (&target->seen_as));
  return object;
}

static void
add_embedding (json_t * object, const SstTarget * target)
{
  json_t *const list = json_array ();

  for (guint i = 0; i < target->portrait_length; i++)
    json_array_append_new (list, json_real (round_to (target->portrait[i],
                1e4)));
  json_object_set_new (object, "embedding", list);
}

static void
add_mask (json_t * object, const SstMask * mask, gint width, gint height)
{
  json_t *const entry = json_object (), *const size = json_array ();
  gchar *const counts = sst_mask_run_lengths (mask, width, height);

  json_array_append_new (size, json_integer (height));
  json_array_append_new (size, json_integer (width));
  json_object_set_new (entry, "size", size);
  json_object_set_new (entry, "counts", json_string (counts));
  json_object_set_new (object, "mask", entry);
  g_free (counts);
}

/* [x, y, likeness, visible] each. */
static void
add_points (json_t * object, const SstTarget * target)
{
  json_t *const list = json_array ();

  for (guint i = 0; i < target->n_points; i++) {
    const SstTargetPoint *const point = &target->points[i];
    json_t *const entry = json_array ();

    json_array_append_new (entry, json_real (round_to (point->x, 100.0)));
    json_array_append_new (entry, json_real (round_to (point->y, 100.0)));
    json_array_append_new (entry,
        json_real (round_to (point->likeness, 1000.0)));
    json_array_append_new (entry, json_boolean (point->visible));
    json_array_append_new (list, entry);
  }
  json_object_set_new (object, "points", list);
}

static json_t *
ends_to_json (const GArray * ended)
{
  json_t *list = json_array ();

  for (guint i = 0; i < ended->len; i++) {
    const SstTarget *target = &g_array_index (ended, SstTarget, i);
    json_t *object = target_to_json (target);

    json_object_set_new (object, "reason",
        json_string (sst_end_reason_to_string (target->end_reason)));
    json_array_append_new (list, object);
  }
  return list;
}

static int
append_text (const char *text, size_t size, void *line)
{
  g_string_append_len (line, text, (gssize) size);
  return 0;
}

static void
compose_line (GString * line, const GstSsJsonFrame * frame,
    const SstTarget * targets, guint n_targets, const GArray * ended)
{
  json_t *object = json_object ();
  json_t *list = json_array ();

  for (guint i = 0; i < n_targets; i++) {
    json_t *target = target_to_json (&targets[i]);

    if (frame->masks && targets[i].mask != NULL)
      add_mask (target, targets[i].mask, frame->width, frame->height);
    if (targets[i].n_points > 0)
      add_points (target, &targets[i]);
    if (frame->embeddings && targets[i].portrait != NULL)
      add_embedding (target, &targets[i]);
    json_array_append_new (list, target);
  }

  json_object_set_new (object, "v", json_integer (1));
  if (frame->is_frame) {
    json_object_set_new (object, "n", json_integer ((json_int_t) frame->frame));
    json_object_set_new (object, "pts", GST_CLOCK_TIME_IS_VALID (frame->pts) ?
        json_integer ((json_int_t) frame->pts) : json_null ());
  }
  json_object_set_new (object, "running_time",
      json_integer ((json_int_t) frame->running_time));
  json_object_set_new (object, "width", json_integer (frame->width));
  json_object_set_new (object, "height", json_integer (frame->height));
  json_object_set_new (object, "targets", list);
  if (ended->len > 0)
    json_object_set_new (object, "ended", ends_to_json (ended));

  json_dump_callback (object, append_text, line,
      JSON_COMPACT | JSON_REAL_PRECISION (DIGITS));
  g_string_append_c (line, '\n');
  json_decref (object);
}

static void
set_dropped_error (const GstSsJson * json, int reason, GError ** error)
{
  const gchar *why = reason == EAGAIN ? "the reader does not keep up" :
      reason == ENXIO ? "nobody reads it" :
      reason == EPIPE ? "the reader is gone" : g_strerror (reason);

  g_set_error (error, GST_RESOURCE_ERROR,
      reason == ENOSPC ? GST_RESOURCE_ERROR_NO_SPACE_LEFT :
      GST_RESOURCE_ERROR_WRITE,
      "JSON lines are being dropped, \"%s\" can not be written: %s",
      json->location, why);
}

gboolean
gst_ss_json_write (GstSsJson * json, const GstSsJsonFrame * frame,
    const SstTarget * targets, guint n_targets, const GArray * ended,
    GError ** error)
{
  int reason = prepare (json);

  if (reason == 0) {
    compose_line (json->line, frame, targets, n_targets, ended);
    reason = flush_line (json);
    if (reason == 0)
      return TRUE;
    if (json->written > 0 && reason == EAGAIN)
      return TRUE;              /* its rest goes out before the next line */
    if (json->written == 0)
      forget_line (json);
  }

  if (reason == EPIPE && json->fd >= 0)
    hang_up (json);
  if (!json->warned) {
    json->warned = TRUE;
    set_dropped_error (json, reason, error);
  }
  return FALSE;
}

#else /* !HAVE_JSON */

GstSsJson *
gst_ss_json_open (const gchar * location, GError ** error)
{
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE,
      "Could not write JSON lines to \"%s\": this plugin was built without "
      "jansson", location);
  return NULL;
}

void
gst_ss_json_close (GstSsJson ** json)
{
  *json = NULL;
}

gboolean
gst_ss_json_write (GstSsJson * json, const GstSsJsonFrame * frame,
    const SstTarget * targets, guint n_targets, const GArray * ended,
    GError ** error)
{
  return FALSE;
}

#endif
