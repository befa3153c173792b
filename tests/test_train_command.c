/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* The command sstrack-train, run as a user runs it, over a little footage and
 * few steps. SSTRACK_TRAIN: its path. */

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>

#include "model/model_private.h"

#include "test_train_media.h"

#define N_STEPS "12"

static gchar *folder;

/* Footage of a video and two photographs in folder/in. */
static void
setup (void)
{
  gchar *in;

  folder = g_dir_make_tmp ("sstrack-XXXXXX", NULL);
  in = g_build_filename (folder, "in", NULL);
  g_mkdir (in, 0777);
  media_write_video (in, "a.avi", 160, 120, 40, 1);
  media_run ("videotestsrc num-buffers=1 ! video/x-raw,width=160,height=120 ! "
      "jpegenc ! filesink location=\"%s/b.jpg\"", in);
  media_run ("videotestsrc num-buffers=1 pattern=circular ! "
      "video/x-raw,width=160,height=120 ! pngenc ! "
      "filesink location=\"%s/c.png\"", in);
  g_free (in);
}

static void
teardown (void)
{
  media_remove (folder);
  g_free (folder);
}

static gchar *
in_folder (const gchar * name)
{
  return g_build_filename (folder, name, NULL);
}

typedef struct
{
  GPid pid;
  gint err;
} Command;

/* Starts the command in `folder`, with these words, separated by spaces. */
static Command
start (const gchar * words)
{
  gchar *line = g_strconcat (g_getenv ("SSTRACK_TRAIN"), " ", words, NULL);
  gchar **argv = g_strsplit (line, " ", -1);
  GError *error = NULL;
  Command command;

  fail_unless (g_getenv ("SSTRACK_TRAIN") != NULL);
  fail_unless (g_spawn_async_with_pipes (folder, argv, NULL,
          G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &command.pid, NULL, NULL,
          &command.err, &error), "%s", error != NULL ? error->message : "");
  g_strfreev (argv);
  g_free (line);
  return command;
}

/* Waits for its end. Returns what it said; free it. */
static gchar *
finish (Command command, int expected)
{
  GString *text = g_string_new (NULL);
  gchar buffer[1024];
  gssize n;
  int status;

  while ((n = read (command.err, buffer, sizeof (buffer))) > 0)
    g_string_append_len (text, buffer, n);
  close (command.err);
  fail_unless (waitpid (command.pid, &status, 0) == command.pid);
  fail_unless (WIFEXITED (status), "%s", text->str);
  fail_unless (WEXITSTATUS (status) == expected, "exit status %d: %s",
      WEXITSTATUS (status), text->str);
  g_spawn_close_pid (command.pid);
  return g_string_free (text, FALSE);
}

/* Runs it to the end. It has to say `text`. */
static void
expect (const gchar * words, int status, const gchar * text)
{
  gchar *said = finish (start (words), status);

  fail_unless (strstr (said, text) != NULL, "not \"%s\": %s", text, said);
  g_free (said);
}

/* Whether two models have the same parameters. */
static gboolean
same_models (const gchar * a, const gchar * b)
{
  const gchar *const names[] = { a, b };
  float *parameters[2];
  size_t n = 0;
  gboolean same;

  for (int i = 0; i < 2; i++) {
    gchar *path = in_folder (names[i]);
    GError *error = NULL;
    SstModel *model = sst_model_load (path, &error);

    fail_unless (model != NULL, "%s", error != NULL ? error->message : "");
    n = sst_network_n_parameters (sst_model_network (model));
    parameters[i] = g_new (float, n);
    sst_model_get_parameters (model, parameters[i]);
    sst_model_unref (model);
    g_free (path);
  }
  same = memcmp (parameters[0], parameters[1], n * sizeof (float)) == 0;
  g_free (parameters[0]);
  g_free (parameters[1]);
  return same;
}

static gchar *
contents (const gchar * name)
{
  gchar *path = in_folder (name), *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  g_free (path);
  return text != NULL ? text : g_strdup ("");
}

static guint
count_lines (const gchar * name)
{
  gchar *text = contents (name);
  guint n = 0;

  for (const gchar * c = text; *c != '\0'; c++)
    n += *c == '\n';
  g_free (text);
  return n;
}

GST_START_TEST (wrong_options_are_told)
{
  expect ("--quiet", 2, "no FOLDER or FILE");
  expect ("in", 2, "no --output");
  expect ("in -o m.sst --nonsense", 2, "--nonsense");
  expect ("in -o m.sst --batch=0", 2, "--batch is 1 to");
  expect ("in -o m.sst --focal=-1", 2, "weights of the loss");
  expect ("in -o m.sst --steps=1 --minutes=1", 2, "not both");
  expect ("in -o m.sst --profile=slow", 2, "quick or full");
  expect ("in -o m.sst --resume", 2, "--resume needs");
  expect ("in -o m.sst --keep-every=1", 2, "needs --work");
  expect ("in --mine-only", 2, "--mine-only needs");
  expect ("nowhere -o m.sst", 1, "nowhere");
  expect ("in -o nowhere/m.sst", 1, "nowhere/m.sst");
  expect ("in -o in", 1, "not a regular file");
  expect ("in -o m.sst --resume -w w", 1, "no run to resume");
  expect ("in -o m.sst --model=in/b.jpg", 1, "b.jpg");
  fail_unless_equals_int (count_lines ("m.sst"), 0);
}

GST_END_TEST;

/* A run that is interrupted and goes on ends as one that was not. */
GST_START_TEST (an_interrupted_run_goes_on_as_one)
{
  const gchar *const run = " in --steps=" N_STEPS " --batch=2 --seed=5";
  gchar *words = g_strconcat ("-o one.sst --log=one.tsv -w one", run, NULL);
  gchar *path, *said, *old;
  Command command;
  GKeyFile *state;
  guint step;

  expect (words, 0, "done: step " N_STEPS);
  fail_unless_equals_int (count_lines ("one.tsv"), 13);
  expect (words, 2, "there is a run in the work folder already");
  g_free (words);

  words = g_strconcat ("-o two/m.sst --log=two/log.tsv -w two --threads=1", run,
      NULL);
  command = start (words);
  g_free (words);
  for (int i = 0; i < 6000 && count_lines ("two/log.tsv") < 4; i++)
    g_usleep (G_USEC_PER_SEC / 100);
  fail_unless (kill (command.pid, SIGTERM) == 0);
  said = finish (command, 0);
  fail_unless (strstr (said, "--resume --work") != NULL
      && strstr (said, "--output") == NULL, "%s", said);
  g_free (said);

  state = g_key_file_new ();
  path = in_folder ("two/run.ini");
  fail_unless (g_key_file_load_from_file (state, path, 0, NULL));
  step = (guint) g_key_file_get_integer (state, "run", "step", NULL);
  fail_unless (step >= 3 && step < 12, "interrupted at step %u", step);
  fail_if (same_models ("one.sst", "two/m.sst"));
  g_free (path);
  g_key_file_free (state);

  /* A line that is newer than the checkpoint, as after a crash. */
  old = contents ("two/log.tsv");
  path = in_folder ("two/log.tsv");
  words = g_strdup_printf ("%s%u\t0\t0\n", old, step + 1);
  fail_unless (g_file_set_contents (path, words, -1, NULL));
  g_free (words);
  g_free (path);
  g_free (old);

  /* Nothing in the work folder is said anew. */
  expect ("--resume -w two", 0, "done: step " N_STEPS);
  fail_unless (same_models ("one.sst", "two/m.sst"));
  fail_unless_equals_int (count_lines ("two/log.tsv"), 13);
  expect ("--resume -w two", 0, "this run is complete");
  fail_unless (same_models ("one.sst", "two/m.sst"));

  /* A checkpoint that is gone or broken is no reason to start anew. */
  path = in_folder ("two");
  media_cut (path, "checkpoint-" N_STEPS ".sst", 0.5);
  g_free (path);
  expect ("--resume -w two", 1, "checkpoint-" N_STEPS ".sst");
}

GST_END_TEST;

/* Puts another value into the run.ini of the work folder w. */
static void
set_state (const gchar * group, const gchar * key, const gchar * value)
{
  GKeyFile *state = g_key_file_new ();
  gchar *path = in_folder ("w/run.ini");

  fail_unless (g_key_file_load_from_file (state, path, 0, NULL));
  if (value != NULL)
    g_key_file_set_string (state, group, key, value);
  else
    g_key_file_remove_key (state, group, key, NULL);
  fail_unless (g_key_file_save_to_file (state, path, NULL));
  g_key_file_unref (state);
  g_free (path);
}

/* A work folder that may come from anywhere. */
static void
write_run (const gchar * more)
{
  gchar *words = g_strconcat ("in -o w/m.sst --log=w/log.tsv -w w --steps=1 "
      "--batch=2 --tracklet-share=0", more, NULL);

  expect (words, 0, "done: step 1");
  media_write (folder, "precious", "mine\n", 5);
  g_free (words);
}

static void
assert_precious (void)
{
  gchar *text = contents ("precious");

  fail_unless_equals_string (text, "mine\n");
  g_free (text);
}

/* No file elsewhere is written because run.ini says so. */
GST_START_TEST (a_state_may_not_name_files_elsewhere)
{
  static const gchar *const options[] = { "output", "log", "tracklets" };
  gchar *output = in_folder ("w/m.sst"), *precious, *link, *folder_link;
  const gchar *const usual[] = { output, NULL, NULL };

  write_run ("");
  precious = in_folder ("precious");
  link = in_folder ("w/link");
  folder_link = in_folder ("w/out");
  fail_unless (symlink (precious, link) == 0);
  fail_unless (symlink (folder, folder_link) == 0);
  for (guint i = 0; i < G_N_ELEMENTS (options); i++) {
    const gchar *const ways[] = { "precious", "w/../precious", "w/link",
      "w/out/precious", "new"
    };

    for (guint k = 0; k < G_N_ELEMENTS (ways); k++) {
      gchar *path = in_folder (ways[k]);

      set_state ("options", options[i], path);
      expect ("--resume -w w --steps=2 --remine", 2,
          "which is not in its work folder");
      g_free (path);
      assert_precious ();
    }
    set_state ("options", options[i], usual[i]);
  }
  fail_if (count_lines ("new") > 0);

  /* What is named is meant; but a log is no place of anything else. */
  expect ("--resume -w w --steps=2 -o n.sst --log=precious", 1,
      "is not the log of a run");
  assert_precious ();
  expect ("--resume -w w --steps=2 -o n.sst --log=n.tsv", 0, "done: step 2");
  fail_unless (count_lines ("n.tsv") == 2);
  g_free (folder_link);
  g_free (output);
  g_free (link);
  g_free (precious);
}

GST_END_TEST;

/* What run.ini says is looked at before anything comes of it. */
GST_START_TEST (an_odd_state_is_refused)
{
  static const struct
  {
    const gchar *group, *key, *value;
    gint status;
    const gchar *text;
  } cases[] = {
    {"run", "seconds", "-1e300", 1, "how far the run got"},
    {"run", "seconds", "nan", 1, "how far the run got"},
    {"run", "seconds", "inf", 1, "how far the run got"},
    {"run", "seconds", "", 1, "how far the run got"},
    {"run", "seconds", "12 apples", 1, "how far the run got"},
    {"run", "step", "-1", 1, "how far the run got"},
    {"run", "step", "18446744073709551615", 1, "how far the run got"},
    {"run", "checkpoint", "../precious", 1, "names no checkpoint"},
    {"options", "batch", "99999999999999999999", 1, "no value of batch"},
    {"options", "batch", "2x", 1, "no value of batch"},
    {"options", "rate", "nan", 1, "no value of rate"},
    {"options", "rate", "1e999", 1, "no value of rate"},
    {"options", "seed", "", 1, "no value of seed"},
    {"options", "bfloat16", "yes", 1, "no value of bfloat16"},
    {"options", "batch", "-5", 2, "--batch is 1 to"},
  };
  gchar *path;

  write_run ("");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    gchar *before = contents ("w/run.ini");

    set_state (cases[i].group, cases[i].key, cases[i].value);
    expect ("--resume -w w --steps=2", cases[i].status, cases[i].text);
    path = in_folder ("w/run.ini");
    fail_unless (g_file_set_contents (path, before, -1, NULL));
    g_free (path);
    g_free (before);
  }
  expect ("--resume -w w --steps=2", 0, "done: step 2");

  path = in_folder ("w/run.ini");
  g_unlink (path);
  fail_unless (mkfifo (path, 0600) == 0);
  expect ("--resume -w w", 1, "not a regular file");
  g_unlink (path);
  fail_unless (symlink ("/dev/zero", path) == 0);
  expect ("--resume -w w", 1, "not a regular file");
  g_free (path);
  path = in_folder ("fifo");
  fail_unless (mkfifo (path, 0600) == 0);
  expect ("in --mine-only --tracklets=fifo", 1, "not a regular file");
  expect ("in --mine-only --tracklets=/dev/zero", 1, "not a regular file");
  g_free (path);
}

GST_END_TEST;

/* Tracklets are mined once; models start from others; what made a model stands
 * in it. */
GST_START_TEST (tracklets_are_mined_once)
{
  gchar *one, *two, *value, *path;
  SstWeights *weights;

  expect ("in --mine-only --tracklets=t.txt", 0, "mined");
  one = contents ("t.txt");
  fail_unless (strlen (one) > 0);
  expect ("in --mine-only --tracklets=t2.txt --threads=3", 0, "mined");
  two = contents ("t2.txt");
  fail_unless_equals_string (one, two);

  expect ("in -o m.sst --tracklets=t.txt --steps=2 --batch=2 --multilabel=0.5 "
      "--rate=0.002 -w w --keep-every=0.000001", 0, "tracklets: ");
  path = in_folder ("m.sst");
  weights = sst_weights_load (path, NULL);
  value = sst_weights_dup_metadata (weights, "options");
  fail_unless (strstr (value, "--multilabel=0.5") != NULL, "%s", value);
  fail_unless (strstr (value, "--rate=0.002") != NULL, "%s", value);
  fail_unless (strstr (value, "--seed") == NULL, "%s", value);
  g_free (value);
  value = sst_weights_dup_metadata (weights, "pairs");
  fail_unless_equals_string (value, "4");
  g_free (value);
  value = sst_weights_dup_metadata (weights, "data");
  fail_unless (strstr (value, "1 videos") != NULL
      && strstr (value, "2 photographs") != NULL, "%s", value);
  g_free (value);
  fail_unless (strstr (sst_weights_get_metadata (weights), folder) == NULL);
  sst_weights_unref (weights);
  g_free (path);
  fail_unless (same_models ("m.sst", "w/snapshot-000000004.sst"));

  /* No step at that rate moves anything far, so the start shows. */
  expect ("in -o n.sst --model=m.sst --tracklet-share=0 --steps=1 --batch=2",
      0, "done: step 1");
  fail_if (same_models ("m.sst", "n.sst"));
  expect ("in -o v.sst --tracklets=t.txt --verify=m.sst --steps=1 --batch=2",
      0, "verified");
  fail_unless (count_lines ("t.txt.verified") > 0);
  expect ("in -o v.sst --tracklets=t.txt --retrack=m.sst --steps=1 --batch=2",
      0, "retracked");
  fail_unless (count_lines ("t.txt.retracked") >= count_lines ("t.txt"));
  g_free (two);
  two = contents ("t.txt");
  fail_unless_equals_string (one, two);
  g_free (two);
  g_free (one);
}

GST_END_TEST;

/* A file that sstrain has written may have the tone of its camera. */
GST_START_TEST (the_tone_of_a_camera_is_left_behind)
{
  const SstTone camera = { 2.f, -60.f, {1.f, 1.f}, {0.f, 0.f}, 1.5f, 0.f, 0.f };
  gchar *path = in_folder ("camera.sst"), *out = in_folder ("m.sst");
  SstModel *plain = sst_model_builtin (), *toned;

  fail_unless (plain != NULL);
  toned = sst_model_new_with_tone (plain, &camera);
  fail_unless (sst_weights_save (sst_model_weights (toned), path, NULL));
  sst_model_unref (toned);
  sst_model_unref (plain);

  expect ("in -o m.sst --model=camera.sst --tracklet-share=0 --steps=1 "
      "--batch=2", 0, "camera.sst has the tone of a camera");
  toned = sst_model_load (out, NULL);
  fail_unless (toned != NULL && sst_model_tone (toned) == NULL);
  sst_model_unref (toned);
  g_free (out);
  g_free (path);
}

GST_END_TEST;

/* Runs it to the end; what it printed, to be freed. */
static gchar *
printed (const gchar * words)
{
  gchar *line = g_strconcat (g_getenv ("SSTRACK_TRAIN"), " ", words, NULL);
  gchar **argv = g_strsplit (line, " ", -1), *text;
  gint status;

  fail_unless (g_spawn_sync (folder, argv, NULL, 0, NULL, NULL, &text, NULL,
          &status, NULL));
  fail_unless (g_spawn_check_wait_status (status, NULL), "%s", words);
  g_strfreev (argv);
  g_free (line);
  return text;
}

/* What a model is, and what made it. */
GST_START_TEST (info_says_what_a_model_is)
{
  const SstTone camera = { 2.f, 0.f, {1.f, 1.f}, {0.f, 0.f}, 1.5f, 0.f, 0.f };
  const SstNetworkConfig config = SST_NETWORK_CONFIG_DEFAULT;
  SstModel *random = sst_model_new_random (&config, 1, NULL), *model, *toned;
  const gsize n = sst_network_n_parameters (sst_model_network (random));
  float *parameters = g_new (float, n);
  gchar *path = in_folder ("m.sst"), *text, *size;
  GStatBuf st;

  sst_model_get_parameters (random, parameters);
  model = sst_model_new (&config, parameters, NULL, "steps=12\n"
      "data=2 videos \302\233[31m\n", NULL);
  toned = sst_model_new_with_tone (model, &camera);
  fail_unless (sst_weights_save (sst_model_weights (toned), path, NULL));
  fail_unless (g_stat (path, &st) == 0);
  size = g_strdup_printf ("size: %" G_GINT64_FORMAT " bytes\n",
      (gint64) st.st_size);
  text = printed ("--info m.sst");
  fail_unless (strstr (text, size) != NULL, "%s", text);
  fail_unless (strstr (text, "architecture: siamese-1 channels=16,32,64 ") !=
      NULL, "%s", text);
  fail_unless (strstr (text, sst_weights_get_checksum (sst_model_weights
              (toned))) != NULL, "%s", text);
  fail_unless (strstr (text, "parameters: 274839\n") != NULL, "%s", text);
  fail_unless (strstr (text, "tone: luma-gain=2 softness=1.5\n") != NULL,
      "%s", text);
  fail_unless (strstr (text, "steps: 12\ndata: 2 videos ?[31m\n") != NULL,
      "%s", text);
  g_free (text);
  expect ("--info in/b.jpg", 1, "b.jpg");
  expect ("--info nowhere", 1, "nowhere");

  text = printed ("--version");
  fail_unless (g_str_has_prefix (text, "sstrack-train "));
  fail_unless (strstr (text, "unknown") == NULL && strstr (text, "()") == NULL,
      "%s", text);
  g_free (text);
  g_free (size);
  g_free (path);
  g_free (parameters);
  sst_model_unref (toned);
  sst_model_unref (model);
  sst_model_unref (random);
}

GST_END_TEST;

/* Whether two files are the same. */
static gboolean
same_files (const gchar * a, const gchar * b)
{
  gchar *one = contents (a), *two = contents (b);
  const gboolean same = strcmp (one, two) == 0;

  g_free (one);
  g_free (two);
  return same;
}

/* A model that calls base its base, whose parameters are factor times those
 * plus off. */
static void
write_relative (const gchar * name, const SstModel * base, float factor,
    float off)
{
  const SstNetwork *const network = sst_model_network (base);
  const size_t n = sst_network_n_parameters (network);
  float *parameters = g_new (float, n);
  gchar *path = in_folder (name);
  gchar *metadata = g_strdup_printf ("base=%s\n",
      sst_weights_get_checksum (sst_model_weights (base)));
  SstModel *model;

  sst_model_get_parameters (base, parameters);
  for (size_t i = 0; i < n; i++)
    parameters[i] = factor * parameters[i] + off;
  model = sst_model_new (sst_network_get_config (network), parameters, NULL,
      metadata, NULL);
  fail_unless (sst_model_save (model, path, NULL));
  sst_model_unref (model);
  g_free (metadata);
  g_free (path);
  g_free (parameters);
}

/* Two models have nearly the same parameters. */
static void
check_close (const gchar * a, const gchar * b)
{
  gchar *one = in_folder (a), *two = in_folder (b);
  SstModel *first = sst_model_load (one, NULL);
  SstModel *second = sst_model_load (two, NULL);
  float *x, *y;
  size_t n;

  fail_unless (first != NULL && second != NULL);
  n = sst_network_n_parameters (sst_model_network (first));
  x = g_new (float, n);
  y = g_new (float, n);
  sst_model_get_parameters (first, x);
  sst_model_get_parameters (second, y);
  for (size_t i = 0; i < n; i++)
    fail_unless (ABS (x[i] - y[i]) < 1e-6f);
  g_free (x);
  g_free (y);
  g_free (one);
  g_free (two);
  sst_model_unref (first);
  sst_model_unref (second);
}

/* Models of one base give their mean where that holds, and nothing where it
 * does not. */
GST_START_TEST (a_mean_is_written_where_it_holds)
{
  static const SstNetworkConfig tiny = { {4, 6, 8}, 1, 5, 7, 6 };
  static const SstNetworkConfig other = { {4, 6, 8}, 0, 5, 7, 6 };
  SstModel *base = sst_model_new_random (&tiny, 3, NULL);
  SstModel *stranger = sst_model_new_random (&tiny, 4, NULL);
  SstModel *shape = sst_model_new_random (&other, 3, NULL);
  const gchar *const before = "--merge --model=base.sst -o m.sst in";
  gchar *path = in_folder ("base.sst"), *words;

  fail_unless (sst_model_save (base, path, NULL));
  write_relative ("a.sst", base, 1.f, 0.001f);
  write_relative ("b.sst", base, 1.f, -0.001f);
  write_relative ("flat.sst", base, 0.f, 0.f);
  write_relative ("c.sst", stranger, 1.f, 0.f);
  write_relative ("d.sst", shape, 1.f, 0.f);

  expect ("--merge -o m.sst in base.sst", 2, "two models");
  expect ("--merge -o m.sst a.sst b.sst", 2, "FOLDER or FILE of each camera");
  expect ("--merge -o m.sst in a.sst b.sst -w w", 2, "do not go with --merge");
  words = g_strconcat (before, " a.sst c.sst", NULL);
  expect (words, 1, "c.sst was not learned from the base");
  g_free (words);
  words = g_strconcat (before, " a.sst d.sst", NULL);
  expect (words, 1, "d.sst is of the architecture 'siamese-1 ");
  g_free (words);
  words = g_strconcat (before, " a.sst nowhere.sst", NULL);
  expect (words, 1, "nowhere.sst");
  g_free (words);
  expect ("--merge --model=base.sst -o m.sst nowhere a.sst b.sst", 1,
      "nowhere");
  words = g_strconcat (before, " flat.sst flat.sst", NULL);
  expect (words, 1, "worse than their base at 1 of 1 cameras");
  g_free (words);
  fail_unless_equals_int (count_lines ("m.sst"), 0);

  /* what this program has made of the base is of it as well */
  expect ("in --model=base.sst -o e.sst --tracklet-share=0 --steps=1 "
      "--batch=2 --rate=0.000001", 0, "done: step 1");
  words = g_strconcat (before, " a.sst b.sst e.sst", NULL);
  expect (words, 0, "the mean of 3 models holds at 1 cameras");
  g_free (words);
  check_close ("base.sst", "m.sst");
  g_free (path);
  sst_model_unref (base);
  sst_model_unref (stranger);
  sst_model_unref (shape);
}

GST_END_TEST;

/* A store grows folder by folder, what is mined stays mined, and runs need
 * nothing else. */
/* A place is learned as on line; where nothing gets surely better, what is
 * written is the model that it started from. */
GST_START_TEST (a_place_gets_better_or_its_model_stays)
{
  static const SstNetworkConfig tiny = { {4, 6, 8}, 1, 5, 7, 6 };
  SstModel *model = sst_model_new_random (&tiny, 3, NULL);
  gchar *path = in_folder ("tiny.sst");

  fail_unless (sst_model_save (model, path, NULL));
  expect ("in -o p.sst --place --minutes=1", 2, "--place ends with");
  expect ("in -o p.sst --place -w w", 2, "--place ends with");
  expect ("in -o p.sst --place --model=tiny.sst", 0, "of the place");
  fail_unless (same_models ("p.sst", "tiny.sst"));
  g_free (path);
  sst_model_unref (model);
}

GST_END_TEST;

GST_START_TEST (a_store_is_filled_listed_and_mined)
{
  gchar *more = in_folder ("more"), *path;
  GStatBuf before, after;

  expect ("--store=s --list", 1, "index.txt");
  expect ("--list", 2, "--list and --rights need");
  expect ("in -o m.sst --rights=free", 2, "--list and --rights need");
  expect ("in --store=s --list --short-side=5", 2, "--short-side is");

  expect ("in --store=s --list", 0, "read 3 files into the store (1 videos, 2 "
      "photographs, 22 pictures");
  expect ("--store=s --mine-only", 0, "mined");
  fail_unless (count_lines ("s/tracklets-1.txt") > 0);
  path = in_folder ("s/tracklets-1.txt");
  fail_unless (g_stat (path, &before) == 0);

  g_mkdir (more, 0777);
  media_write_video (more, "d.avi", 160, 120, 60, 2);
  media_write (more, "SOURCE.tsv", "file\trights\nd.avi\tfree\n", 23);
  expect ("in more --store=s --mine-only", 0, "read 1 files into the store (1 "
      "videos, 0 photographs, 30 pictures, 1 MB), 0 skipped; 3 were in it");
  /* only what was new */
  fail_unless (g_stat (path, &after) == 0);
  fail_unless (after.st_ino == before.st_ino
      && after.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
  fail_unless (count_lines ("s/tracklets-2.txt") > 0);
  media_remove (more);          /* the store needs it no more */
  expect ("--store=s --mine-only --rights=free", 0, "footage: 1 videos");
  fail_if (count_lines ("s/tracklets-3.txt") > 0);
  expect ("--store=s --mine-only --rights=mine", 1, "no pictures of rights "
      "mine");

  expect ("--store=s -o one.sst -w one --steps=" N_STEPS " --batch=2", 0,
      "footage: 2 videos");
  expect ("--store=s -o two/m.sst -w two --steps=4 --batch=2 --rights=free", 0,
      "footage: 1 videos");
  /* the store is remembered, and its rights */
  expect ("--resume -w two --steps=6", 0, "footage: 1 videos");
  expect ("--resume -w one -o one.sst", 0, "this run is complete");

  /* Mined anew, it comes out as it was. */
  expect ("--store=s --mine-only --tracklets=a.txt", 0, "mined");
  expect ("--store=s --mine-only --remine", 0, "mined");
  fail_if (count_lines ("s/tracklets-1.txt") > 0);
  fail_unless (same_files ("s/tracklets-3.txt", "a.txt"));
  media_cut (folder, "s/tracklets-3.txt", 0.5);
  expect ("--store=s --mine-only", 1, "--remine makes new ones");
  media_cut (folder, "s/pictures", 0.9);
  expect ("more --store=s --list", 1, "the end of the store was not whole");
  expect ("in --store=s --list", 0, "3 were in it");
  g_free (path);
  g_free (more);
}

GST_END_TEST;

static Suite *
train_command_suite (void)
{
  Suite *s = suite_create ("sstrack-train");
  TCase *tc = tcase_create ("command");

  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, wrong_options_are_told);
  tcase_add_test (tc, an_interrupted_run_goes_on_as_one);
  tcase_add_test (tc, a_state_may_not_name_files_elsewhere);
  tcase_add_test (tc, an_odd_state_is_refused);
  tcase_add_test (tc, tracklets_are_mined_once);
  tcase_add_test (tc, the_tone_of_a_camera_is_left_behind);
  tcase_add_test (tc, info_says_what_a_model_is);
  tcase_add_test (tc, a_place_gets_better_or_its_model_stays);
  tcase_add_test (tc, a_mean_is_written_where_it_holds);
  tcase_add_test (tc, a_store_is_filled_listed_and_mined);
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (train_command);
