/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* JSON lines: what they say, and where they can go. */

#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "test_sstracker_common.h"

static gchar *directory;

static void
setup (void)
{
  directory = g_dir_make_tmp ("sstracker-XXXXXX", NULL);
}

static void
teardown (void)
{
  GDir *dir = g_dir_open (directory, 0, NULL);
  const gchar *name;

  while ((name = g_dir_read_name (dir)) != NULL) {
    gchar *path = g_build_filename (directory, name, NULL);

    g_remove (path);
    g_free (path);
  }
  g_dir_close (dir);
  g_rmdir (directory);
  g_free (directory);
}

static gchar *
in_directory (const gchar * name)
{
  return g_build_filename (directory, name, NULL);
}

/* An sstracker that writes there. */
static Fixture *
fixture_writing (const gchar * location)
{
  gchar *launch = g_strdup_printf ("sstracker name=t json-location=\"%s\"",
      location);
  Fixture *f = fixture_new (launch, NULL);

  g_free (launch);
  return f;
}

static json_t *
parse (const gchar * line)
{
  json_error_t error;
  json_t *object = json_loads (line, JSON_REJECT_DUPLICATES, &error);

  fail_unless (object != NULL, "%s: %s", error.text, line);
  return object;
}

/* Whether text is n whole lines of JSON, numbered from `start`. */
static void
assert_lines (const gchar * text, guint n, guint start)
{
  gchar **lines = g_strsplit (text, "\n", -1);

  fail_unless_equals_int (g_strv_length (lines), n + 1);
  fail_unless_equals_string (lines[n], "");
  for (guint i = 0; i < n; i++) {
    json_t *object = parse (lines[i]);

    fail_unless_equals_int (json_integer_value (json_object_get (object, "n")),
        start + i);
    json_decref (object);
  }
  g_strfreev (lines);
}

/* Fails unless the list "ended" of a line is of that length and ends with a
 * target that ended for that reason. */
static void
assert_ended (const gchar * line, guint n, guint64 id, const gchar * reason)
{
  json_t *object = parse (line);
  json_t *list = json_object_get (object, "ended");
  json_t *last = json_array_get (list, n - 1);

  fail_unless_equals_int (json_array_size (list), n);
  fail_unless_equals_uint64 ((guint64) json_integer_value (json_object_get
          (last, "id")), id);
  fail_unless_equals_string (json_string_value (json_object_get (last,
              "reason")), reason);
  fail_unless_equals_string (json_string_value (json_object_get (last,
              "state")), "ended");
  fail_unless_equals_int (json_array_size (json_object_get (object,
              "targets")), json_object_get (object, "n") != NULL);
  json_decref (object);
}

/* The end of the stream ends the targets, which messages tell, and the
 * file: there are as many lines as pictures. */
GST_START_TEST (the_end_of_the_stream_ends_the_file)
{
  gchar *path = in_directory ("lines");
  Fixture *f = fixture_writing (path);
  gchar *text;

  fixture_follow (f);
  fixture_run (f, 2);
  gst_harness_push_event (f->h, gst_event_new_eos ());
  fail_unless_equals_uint64 (expect_event (f, "started", ""), 1);
  fail_unless_equals_uint64 (expect_event (f, "ended", "eos"), 1);
  gst_element_set_state (f->tracker, GST_STATE_READY);

  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  assert_lines (text, 2, 0);
  g_free (text);
  while (gst_bus_have_pending (f->bus))
    gst_message_unref (gst_bus_pop (f->bus));
  fixture_free (f);
  g_unlink (path);
  g_free (path);
}

GST_END_TEST;

/* What is turned away is told, and so is what ends between two frames and when
 * the element stops, by messages too. */
GST_START_TEST (every_end_is_told)
{
  gchar *path = in_directory ("lines");
  Fixture *f = fixture_writing (path);
  gchar *text, **lines;

  g_object_set (f->tracker, "max-targets", 1, "init-box",
      "90,110,48,40;20,20,40,40;400,400,10,10", NULL);
  fixture_run (f, 2);
  expect_event (f, "started", "");
  fail_unless_equals_uint64 (expect_event (f, "ended", "no-room"), 2);
  fail_unless_equals_uint64 (expect_event (f, "ended", "refused"), 3);
  gst_harness_push_event (f->h, gst_event_new_stream_start ("another"));
  fail_unless_equals_uint64 (expect_event (f, "ended", "stream-start"), 1);
  fixture_follow (f);
  fixture_run (f, 2);
  fail_unless_equals_uint64 (expect_event (f, "started", ""), 4);
  gst_element_set_state (f->tracker, GST_STATE_READY);
  fail_unless_equals_uint64 (expect_event (f, "ended", "stop"), 4);
  expect_no_event (f);

  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  fail_unless_equals_int (g_strv_length (lines), 6);
  assert_ended (lines[0], 2, 3, "refused");
  fail_unless (strstr (lines[1], "ended") == NULL);
  assert_ended (lines[2], 1, 1, "stream-start");
  assert_ended (lines[4], 1, 4, "stop");
  fail_unless (strstr (lines[4], "\"n\":") == NULL);
  g_strfreev (lines);
  g_free (text);
  while (gst_bus_have_pending (f->bus))
    gst_message_unref (gst_bus_pop (f->bus));
  fixture_free (f);
  g_unlink (path);
  g_free (path);
}

GST_END_TEST;

/* Points as lists: x, y, likeness, visible. */
GST_START_TEST (lines_tell_of_points)
{
  gchar *path = in_directory ("lines");
  Fixture *f = fixture_writing (path);
  gchar *text, **lines;
  json_t *line, *points;
  SstBox truth;

  g_object_set (f->tracker, "points", 3, NULL);
  fixture_follow (f);
  fixture_run (f, 2);
  truth = fixture_truth (f);
  gst_element_set_state (f->tracker, GST_STATE_READY);

  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  line = parse (lines[1]);
  points = json_object_get (json_array_get (json_object_get (line, "targets"),
          0), "points");
  fail_unless (json_array_size (points) >= 3 && json_array_size (points) <= 9);
  for (gsize i = 0; i < json_array_size (points); i++) {
    const json_t *const point = json_array_get (points, i);
    const gdouble x = json_number_value (json_array_get (point, 0));
    const gdouble y = json_number_value (json_array_get (point, 1));

    fail_unless_equals_int (json_array_size (point), 4);
    fail_unless (x > truth.x - 3. && x < truth.x + truth.width + 3.);
    fail_unless (y > truth.y - 3. && y < truth.y + truth.height + 3.);
    fail_unless (json_is_real (json_array_get (point, 2)));
    fail_unless (json_is_boolean (json_array_get (point, 3)));
  }
  json_decref (line);
  g_strfreev (lines);
  g_free (text);
  fixture_free (f);
  g_unlink (path);
  g_free (path);
}

GST_END_TEST;

GST_START_TEST (lines_hold_what_the_metadata_holds)
{
  gchar *path = in_directory ("lines");
  Fixture *f = fixture_writing (path);
  gchar *text, **lines;
  Found found[5];

  fixture_run (f, 2);
  fixture_follow (f);
  for (int i = 2; i < 5; i++) {
    GstBuffer *buffer = fixture_push (f);

    found[i] = get_target (buffer, 0);
    gst_buffer_unref (buffer);
    /* Each line is out when its frame is. */
    fail_unless (g_file_get_contents (path, &text, NULL, NULL));
    assert_lines (text, (guint) i + 1, 0);
    g_free (text);
  }
  {
    GstBuffer *buffer = fixture_buffer (f);

    GST_BUFFER_PTS (buffer) = GST_CLOCK_TIME_NONE;
    g_signal_emit_by_name (f->tracker, "reset");
    gst_buffer_unref (fixture_push_buffer (f, buffer));
  }
  fail_unless_equals_uint64 (get_stat (f, "json-lines"), 6);
  fail_unless_equals_uint64 (get_stat (f, "json-dropped"), 0);
  fixture_free (f);

  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  /* The contract, to the letter. */
  fail_unless_equals_string (lines[1], "{\"v\":1,\"n\":1,\"pts\":40000000,"
      "\"running_time\":40000000,\"width\":320,\"height\":240,\"targets\":[]}");
  fail_unless (g_str_has_prefix (lines[2], "{\"v\":1,\"n\":2,\"pts\":80000000,"
          "\"running_time\":80000000,\"width\":320,\"height\":240,\"targets\":"
          "[{\"id\":1,\"label\":\"\",\"state\":\"tracking\",\"confidence\":"));
  fail_unless (strstr (lines[2], ",\"first_seen\":80000000,"
          "\"last_seen\":80000000}]}") != NULL);
  fail_unless (g_str_has_prefix (lines[5], "{\"v\":1,\"n\":5,\"pts\":null,"
          "\"running_time\":200000000,\"width\":320,\"height\":240,"
          "\"targets\":[],\"ended\":[{\"id\":1,"));
  fail_unless (g_str_has_suffix (lines[5], ",\"reason\":\"removed\"}]}"));
  for (int i = 2; i < 5; i++) {
    json_t *object = parse (lines[i]);
    json_t *target = json_array_get (json_object_get (object, "targets"), 0);
    json_t *box = json_object_get (target, "box");
    const float values[4] = { found[i].box.x, found[i].box.y,
      found[i].box.width, found[i].box.height
    };

    fail_unless_equals_int (json_object_size (object), 7);
    fail_unless_equals_int (json_object_size (target), 7);
    fail_unless_equals_int (json_array_size (box), 4);
    for (guint k = 0; k < 4; k++)
      fail_unless (fabs (json_real_value (json_array_get (box, k)) -
              values[k]) <= 0.0051);
    fail_unless (fabs (json_real_value (json_object_get (target,
                    "confidence")) - found[i].confidence) <= 0.00051);
    fail_unless (strlen (lines[i]) < 230, "%s", lines[i]);
    json_decref (object);
  }
  g_strfreev (lines);
  g_free (text);
  g_free (path);
}

GST_END_TEST;

GST_START_TEST (labels_are_escaped)
{
  static const gchar *labels[][2] = {
    {"say \"hi\"\n\\", "say \"hi\"\n\\"}, {"Stra\xc3\x9f" "e", "Stra\xc3\x9f"
          "e"}, {"\xff", "\xef\xbf\xbd"}
  };
  gchar *path = in_directory ("lines"), *text, **lines;
  Fixture *f = fixture_writing (path);
  GstBuffer *buffer = fixture_buffer (f);
  json_t *object;

  for (guint i = 0; i < G_N_ELEMENTS (labels); i++)
    gst_buffer_add_video_region_of_interest_meta (buffer, labels[i][0],
        100 * i, 100, 50, 50);
  gst_buffer_unref (fixture_push_buffer (f, buffer));
  fixture_free (f);

  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  object = parse (lines[0]);
  for (guint i = 0; i < G_N_ELEMENTS (labels); i++)
    fail_unless_equals_string (json_string_value (json_object_get
            (json_array_get (json_object_get (object, "targets"), i),
                "label")), labels[i][1]);
  json_decref (object);
  g_strfreev (lines);
  g_free (text);
  g_free (path);
}

GST_END_TEST;

GST_START_TEST (each_run_writes_a_file_anew)
{
  gchar *path = in_directory ("lines"), *other = in_directory ("other"), *text;
  Fixture *f = fixture_writing (path);

  fixture_run (f, 5);
  /* Another place, from the next start on. */
  g_object_set (f->tracker, "json-location", other, NULL);
  fixture_run (f, 1);
  fail_if (g_file_test (other, G_FILE_TEST_EXISTS));
  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  assert_lines (text, 6, 0);
  g_free (text);
  for (int run = 0; run < 2; run++) {
    gst_element_set_state (f->tracker, GST_STATE_READY);
    gst_element_set_state (f->tracker, GST_STATE_PLAYING);
    gst_harness_push_event (f->h, gst_event_new_stream_start ("again"));
    gst_harness_push_event (f->h,
        gst_event_new_caps (gst_caps_from_string (I420_CAPS)));
    fixture_run (f, 2);
    fail_unless (g_file_get_contents (other, &text, NULL, NULL));
    assert_lines (text, 2, 0);
    g_free (text);
  }
  fixture_free (f);
  g_free (path);
  g_free (other);
}

GST_END_TEST;

GST_START_TEST (unwritable_places_are_errors)
{
  gchar *missing = in_directory ("no/such/directory");
  const gchar *locations[] = { missing, directory, "/dev/null/x" };

  for (guint i = 0; i < G_N_ELEMENTS (locations); i++) {
    gchar *launch = g_strdup_printf ("videotestsrc num-buffers=1 ! "
        "sstracker json-location=\"%s\" ! fakesink", locations[i]);
    GstElement *pipeline = gst_parse_launch (launch, NULL);
    GstBus *bus = gst_element_get_bus (pipeline);
    GstMessage *message;
    GError *error = NULL;

    fail_unless_equals_int (gst_element_set_state (pipeline,
            GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    fail_unless (message != NULL);
    gst_message_parse_error (message, &error, NULL);
    fail_unless (g_error_matches (error, GST_RESOURCE_ERROR,
            GST_RESOURCE_ERROR_OPEN_WRITE), "%s", error->message);
    fail_unless (strstr (error->message, locations[i]) != NULL);
    g_error_free (error);
    gst_message_unref (message);
    gst_element_set_state (pipeline, GST_STATE_NULL);
    gst_object_unref (bus);
    gst_object_unref (pipeline);
    g_free (launch);
  }
  g_free (missing);
}

GST_END_TEST;

GST_START_TEST (a_full_disk_is_told_once)
{
  Fixture *f = fixture_writing ("/dev/full");

  fixture_run (f, 5);
  expect_warning (f, "No space left on device");
  expect_no_warning (f);
  fail_unless_equals_uint64 (get_stat (f, "json-lines"), 0);
  fail_unless_equals_uint64 (get_stat (f, "json-dropped"), 5);
  fixture_free (f);
}

GST_END_TEST;

/* How often this thread, which pushes the frames, has waited for something. */
static glong
count_waits (void)
{
  struct rusage usage;

  fail_unless (getrusage (RUSAGE_THREAD, &usage) == 0);
  return usage.ru_nvcsw;
}

/* Reads what is there now. */
static gchar *
read_all (int fd)
{
  GString *text = g_string_new (NULL);
  gchar part[4096];
  gssize n;

  while ((n = read (fd, part, sizeof part)) > 0)
    g_string_append_len (text, part, n);
  return g_string_free (text, FALSE);
}

GST_START_TEST (lines_are_dropped_while_nobody_reads)
{
  gchar *path = in_directory ("fifo"), *text;
  Fixture *f;
  int fd;

  fail_unless_equals_int (mkfifo (path, 0600), 0);
  f = fixture_writing (path);

  /* Nobody reads: frames flow, lines are dropped and counted. */
  fixture_run (f, 4);
  expect_warning (f, "nobody reads it");
  fail_unless_equals_uint64 (get_stat (f, "json-dropped"), 4);

  /* Somebody comes, */
  fd = open (path, O_RDONLY | O_NONBLOCK);
  fixture_run (f, 3);
  text = read_all (fd);
  assert_lines (text, 3, 4);
  g_free (text);
  /* goes: which would be the end of a process that does not mind SIGPIPE, */
  close (fd);
  fixture_run (f, 2);
  fail_unless_equals_uint64 (get_stat (f, "json-dropped"), 6);
  /* and comes again. */
  fd = open (path, O_RDONLY | O_NONBLOCK);
  fixture_run (f, 3);
  text = read_all (fd);
  assert_lines (text, 3, 9);
  g_free (text);
  expect_no_warning (f);
  fail_unless_equals_uint64 (get_stat (f, "json-lines"), 6);
  close (fd);
  fixture_free (f);
  g_free (path);
}

GST_END_TEST;

GST_START_TEST (a_slow_reader_gets_whole_lines)
{
  gchar *path = in_directory ("fifo"), *text, **lines;
  const guint n = 3000, n_last = 50;
  Fixture *f;
  glong n_waits = 0;
  static gchar taken[50 * 4096 + 1];
  gsize n_taken = 0;
  guint n_lines;
  int fd;

  fail_unless_equals_int (mkfifo (path, 0600), 0);
  fd = open (path, O_RDONLY | O_NONBLOCK);
  f = fixture_writing (path);
  g_object_set (f->tracker, "init-box", "10,10,40,40;100,10,40,40;200,10,40,40;"
      "10,100,40,40;100,100,40,40;200,100,40,40", "camera-motion",
      FALSE, NULL);

  /* A pipe holds less than these. Before each of the last ones the reader
   * takes a little; a frame that waited for it would give up the core. */
  for (guint i = 0; i < n; i++) {
    GstBuffer *buffer = gst_buffer_new ();

    if (i == n - n_last) {
      fail_unless (get_stat (f, "json-dropped") > 0);
      n_waits = count_waits ();
    }
    if (i >= n - n_last) {
      gssize n_read = read (fd, taken + n_taken, 4096);

      fail_unless_equals_int (n_read, 4096);
      n_taken += (gsize) n_read;
    }
    /* Cheap ones: nothing to look at after the first. */
    if (i == 0)
      buffer = (gst_buffer_unref (buffer), fixture_buffer (f));
    GST_BUFFER_PTS (buffer) = i * FRAME_TIME;
    if (i > 0)
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
    gst_buffer_unref (fixture_push_buffer (f, buffer));
  }
  fail_unless (count_waits () - n_waits < (glong) n_last / 2);
  fail_unless (get_stat (f, "json-dropped") > 10);
  fail_unless_equals_uint64 (get_stat (f, "json-lines") + get_stat (f,
          "json-dropped"), n);
  expect_warning (f, "does not keep up");
  expect_no_warning (f);

  /* Once there is room lines come again; all that came are whole. */
  {
    gchar *rest = read_all (fd);

    text = g_strconcat (taken, rest, NULL);
    g_free (rest);
  }
  lines = g_strsplit (text, "\n", -1);
  n_lines = g_strv_length (lines) - 1;
  for (guint i = 0; i < n_lines; i++)
    json_decref (parse (lines[i]));
  g_strfreev (lines);
  fixture_run (f, 2);
  {
    gchar *more = read_all (fd);
    gchar *joined = g_strconcat (text, more, NULL);
    json_t *last;

    lines = g_strsplit (joined, "\n", -1);
    n_lines = g_strv_length (lines) - 1;
    fail_unless_equals_uint64 (n_lines, get_stat (f, "json-lines"));
    for (guint i = 0; i < n_lines; i++)
      json_decref (parse (lines[i]));
    last = parse (lines[n_lines - 1]);
    fail_unless_equals_int (json_integer_value (json_object_get (last, "n")),
        n + 1);
    json_decref (last);
    g_strfreev (lines);
    g_free (joined);
    g_free (more);
  }
  g_free (text);
  close (fd);
  fixture_free (f);
  g_free (path);
}

GST_END_TEST;

/* Two trackers with one file: all lines of both, each whole, also of the one
 * that began earlier. */
GST_START_TEST (two_trackers_share_a_file)
{
  gchar *path = in_directory ("shared.json"), *text, **lines;
  Fixture *a = fixture_writing (path), *b;

  fixture_follow (a);
  fixture_run (a, 5);
  b = fixture_writing (path);
  fixture_run (b, 5);
  for (guint i = 0; i < 15; i++) {
    fixture_run (a, 1);
    fixture_run (b, 1);
  }
  fixture_free (a);
  fixture_free (b);
  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  /* the one that followed something says at its end what ended */
  fail_unless_equals_int (g_strv_length (lines) - 1, 41);
  for (guint i = 0; i < 41; i++)
    json_decref (parse (lines[i]));
  g_strfreev (lines);
  g_free (text);
  g_free (path);
}

GST_END_TEST;

GST_START_TEST (standard_output_stays_as_it_was)
{
  int ends[2], saved = dup (STDOUT_FILENO), flags;
  Fixture *f;
  gchar *text;

  /* As in a shell's pipe; and its reader goes before the end. */
  fflush (stdout);
  fail_unless_equals_int (pipe (ends), 0);
  flags = fcntl (ends[1], F_GETFL);
  dup2 (ends[1], STDOUT_FILENO);
  f = fixture_writing ("-");
  fixture_run (f, 3);
  /* What others share with us is as it was. */
  fail_unless_equals_int (fcntl (ends[1], F_GETFL), flags);
  close (ends[1]);
  fcntl (ends[0], F_SETFL, O_NONBLOCK);
  text = read_all (ends[0]);
  assert_lines (text, 3, 0);
  g_free (text);
  close (ends[0]);
  fixture_run (f, 2);
  dup2 (saved, STDOUT_FILENO);
  close (saved);
  expect_warning (f, "the reader is gone");
  expect_no_warning (f);
  fail_unless_equals_uint64 (get_stat (f, "json-dropped"), 2);
  fixture_free (f);
}

GST_END_TEST;

GST_START_TEST (standard_output_to_a_file_is_appended_to)
{
  gchar *path = in_directory ("lines"), *text;
  int saved = dup (STDOUT_FILENO);
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  Fixture *f;

  fflush (stdout);
  dup2 (fd, STDOUT_FILENO);
  close (fd);
  /* What stands there before is not overwritten. */
  fail_unless_equals_int (write (STDOUT_FILENO, "{\"n\":0}\n", 8), 8);
  f = fixture_writing ("-");
  fixture_run (f, 1);
  fixture_free (f);
  dup2 (saved, STDOUT_FILENO);
  close (saved);
  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  fail_unless (g_str_has_prefix (text, "{\"n\":0}\n{\"v\":1,\"n\":0,"));
  g_free (text);
  g_free (path);
}

GST_END_TEST;

static Suite *
sstracker_json_suite (void)
{
  Suite *s = suite_create ("sstracker JSON");
  TCase *tc = tcase_create ("lines");

  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, lines_tell_of_points);
  tcase_add_test (tc, lines_hold_what_the_metadata_holds);
  tcase_add_test (tc, the_end_of_the_stream_ends_the_file);
  tcase_add_test (tc, every_end_is_told);
  tcase_add_test (tc, labels_are_escaped);
  tcase_add_test (tc, each_run_writes_a_file_anew);
  tcase_add_test (tc, unwritable_places_are_errors);
  tcase_add_test (tc, a_full_disk_is_told_once);
  tcase_add_test (tc, lines_are_dropped_while_nobody_reads);
  tcase_add_test (tc, a_slow_reader_gets_whole_lines);
  tcase_add_test (tc, two_trackers_share_a_file);
  tcase_add_test (tc, standard_output_stays_as_it_was);
  tcase_add_test (tc, standard_output_to_a_file_is_appended_to);
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (sstracker_json);
