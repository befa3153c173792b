/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/text.h"
#include "fit/trainer.h"

#include "gstssreader.h"
#include "ranks.h"

#define MAX_STATE_SIZE (1 << 20)

const Term terms[N_TERMS] = {
#define TERM(name, field, help) \
  { name, G_STRUCT_OFFSET (SstLossWeights, field), help }
  TERM ("focal", focal, "Where the centre is"),
  TERM ("giou", giou, "Overlap of the box"),
  TERM ("l1", l1, "Sides of the box"),
  TERM ("quality", quality, "Its own guess of the overlap"),
  TERM ("mask", mask, "Which cells are target, where the network says so"),
  TERM ("instance", instance, "Two views of a target are alike (NT-Xent)"),
  TERM ("reconstruction", reconstruct, "Colours copied by likeness"),
  TERM ("placement", placement, "Whether a crop shows the target"),
  TERM ("ordering", ordering, "Which of two crops came first"),
  TERM ("intra", intra, "Nearest neighbours in one clip"),
  TERM ("inter", inter, "Nearest neighbours among clips"),
  TERM ("multilabel", multilabel, "What else is in a scene"),
#undef TERM
};

Options options;

/* What belongs to a run, and is kept with it. */
static GOptionEntry entries[] = {
  {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output,
      "Write the model there", "FILE.sst"},
  {"model", 'm', 0, G_OPTION_ARG_FILENAME, &options.model,
        "Start from this model; \"builtin\" is the shipped one (default: "
        "random weights)", "FILE.sst"},
  {"network", 0, 0, G_OPTION_ARG_STRING, &options.network,
        "Architecture of random weights: first, or a description as a "
        "model's (default: first)", "NAME"},
  {"bfloat16", 0, 0, G_OPTION_ARG_NONE, &options.bfloat,
        "Convolve in bfloat16 where the CPU has a matrix unit (AMX): several "
        "times faster, other weights by rounding", NULL},
  {"store", 0, 0, G_OPTION_ARG_FILENAME, &options.store,
        "Keep pictures there instead of in memory, and learn from all that "
        "are there; made if missing, files in it are not read again",
      "FOLDER"},
  {"rights", 0, 0, G_OPTION_ARG_STRING, &options.rights,
        "Learn only from what has these in the store, such as \"free\" "
        "(column \"rights\" of a SOURCE.tsv beside the files)", "WORD"},
  {"tracklets", 0, 0, G_OPTION_ARG_FILENAME, &options.tracklets,
        "Read mined tracklets there, or mine and write them (default: in the "
        "store, or the work folder)", "FILE"},
  {"verify", 0, 0, G_OPTION_ARG_FILENAME, &options.verify,
        "Keep of the tracklets what this model agrees with (FILE.verified)",
      "FILE.sst"},
  {"retrack", 0, 0, G_OPTION_ARG_FILENAME, &options.retrack,
        "Make tracklets of moving things longer with this model: what comes "
        "back to where it began (FILE.retracked)", "MODEL"},
  {"log", 0, 0, G_OPTION_ARG_FILENAME, &options.log,
      "Write a line of tab-separated numbers a step", "FILE.tsv"},
  {"minutes", 0, 0, G_OPTION_ARG_DOUBLE, &options.minutes,
      "Train that long", "MINUTES"},
  {"steps", 0, 0, G_OPTION_ARG_INT64, &options.steps,
        "Train so many steps instead, which gives the same model every time",
      "N"},
  {"seed", 0, 0, G_OPTION_ARG_INT64, &options.seed, "Of all chance", "N"},
  {"batch", 0, 0, G_OPTION_ARG_INT, &options.batch, "Pairs a step", "N"},
  {"rate", 0, 0, G_OPTION_ARG_DOUBLE, &options.rate,
      "Learning rate at its highest", "RATE"},
  {"decay", 0, 0, G_OPTION_ARG_DOUBLE, &options.decay,
      "Share of the training over whose end the rate falls", "0..1"},
  {"ema", 0, 0, G_OPTION_ARG_DOUBLE, &options.ema,
      "How slowly the written weights follow, a step", "0..1"},
  {"threads", 0, 0, G_OPTION_ARG_INT, &options.threads,
      "Threads that work", "N"},
  {"tracklet-share", 0, 0, G_OPTION_ARG_DOUBLE, &options.tracklet_share,
      "Share of pairs from tracklets, the others are made up", "0..1"},
  {"forward-share", 0, 0, G_OPTION_ARG_DOUBLE, &options.forward_share,
        "Share of these whose template the network finds by itself in the "
        "whole picture", "0..1"},
  {"curriculum", 0, 0, G_OPTION_ARG_DOUBLE, &options.curriculum,
      "How much reliable tracklets come first", "0..1"},
  {"frame-rate", 0, 0, G_OPTION_ARG_DOUBLE, &options.frame_rate,
      "Pictures a second of video, at most", "RATE"},
  {"max-side", 0, 0, G_OPTION_ARG_INT, &options.max_side,
      "Longer side of a picture in memory, at most", "PIXELS"},
  {"short-side", 0, 0, G_OPTION_ARG_INT, &options.short_side,
      "Shorter side of a picture that is read into the store, at most",
      "PIXELS"},
  {"memory", 0, 0, G_OPTION_ARG_DOUBLE, &options.memory,
        "For pictures without a store, at most; what is too much is thinned "
        "out", "GB"},
  {"keep-every", 0, 0, G_OPTION_ARG_DOUBLE, &options.keep_every,
      "Also keep numbered models in the work folder", "MINUTES"},
  {NULL}
};

static GOptionEntry loss_entries[N_TERMS + 1];

/* What is said anew each time. */
static GOptionEntry other_entries[] = {
  {"work", 'w', 0, G_OPTION_ARG_FILENAME, &options.work,
      "Folder for checkpoints and tracklets, made if missing", "FOLDER"},
  {"resume", 'r', 0, G_OPTION_ARG_NONE, &options.resume,
        "Go on with the run in the work folder; files and options are "
        "remembered, new ones count; what is written elsewhere is named "
        "again", NULL},
  {"profile", 'p', 0, G_OPTION_ARG_STRING, &options.profile,
      "quick or full (default): sets --minutes", "NAME"},
  {"mine-only", 0, 0, G_OPTION_ARG_NONE, &options.mine_only,
      "Write tracklets, and do not train", NULL},
  {"remine", 0, 0, G_OPTION_ARG_NONE, &options.remine,
      "Mine again even if there are tracklets", NULL},
  {"place", 0, 0, G_OPTION_ARG_NONE, &options.place,
        "Fit a model to one place, from what a fixed camera recorded there, as "
        "sstrain does on line: one pass, or --steps", NULL},
  {"merge", 0, 0, G_OPTION_ARG_NONE, &options.merge,
        "Average the models (FILE.sst...) that cameras learned from one base, "
        "and write the mean if it is not worse than that at any of the cameras "
        "whose FOLDER|FILE are named too", NULL},
  {"list", 0, 0, G_OPTION_ARG_NONE, &options.list,
      "Show what is in the store, and do not train", NULL},
  {"info", 0, 0, G_OPTION_ARG_FILENAME, &options.info,
        "Show what is in a model, \"builtin\" or a file, and what made it",
      "FILE.sst"},
  {"quiet", 'q', 0, G_OPTION_ARG_NONE, &options.quiet,
      "Say only what is wrong", NULL},
  {"version", 0, 0, G_OPTION_ARG_NONE, &options.version,
      "Show the version", NULL},
  {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.paths,
      NULL, NULL},
  {NULL}
};

static const struct
{
  const gchar *name;
  gdouble minutes;
} profiles[] = {
  /* Reading and mining take the rest of ten minutes. */
  {"quick", 8},
  {"full", 480},
};

/* What a text option holds; NULL for another. */
static gchar **
text_of (const GOptionEntry * entry)
{
  return entry->arg == G_OPTION_ARG_STRING
      || entry->arg == G_OPTION_ARG_FILENAME ? entry->arg_data : NULL;
}

static void
free_texts (const GOptionEntry * entry)
{
  for (; entry->long_name != NULL; entry++)
    if (text_of (entry) != NULL)
      g_free (*text_of (entry));
}

void
free_options (void)
{
  free_texts (entries);
  free_texts (other_entries);
  g_strfreev (options.paths);
  memset (&options, 0, sizeof (options));
}

/* 0.02 rather than 0.0199999996. */
static gdouble
neat (gfloat value)
{
  gchar text[G_ASCII_DTOSTR_BUF_SIZE];

  return g_ascii_strtod (g_ascii_formatd (text, sizeof (text), "%.6g",
          (gdouble) value), NULL);
}

void
make_loss_entries (void)
{
  for (guint i = 0; i < N_TERMS; i++)
    loss_entries[i] = (GOptionEntry) {
      terms[i].name, 0, 0, G_OPTION_ARG_DOUBLE, &options.terms[i],
      terms[i].help, "WEIGHT"
    };
}

/* Processors for this process, where it is not alone on the machine: as many
 * as for each other, unless who started it has given it some. */
static gint
count_processors (void)
{
  const glong online = sysconf (_SC_NPROCESSORS_ONLN);
  const gint mine = (gint) g_get_num_processors ();

  return mine < online ? mine : MAX (mine / (gint) ranks_n_here (), 1);
}

void
set_defaults (void)
{
  SstTrainerParams params;
  GstSsReaderParams reader;

  sst_trainer_params_init (&params);
  gst_ss_reader_params_init (&reader);
  options.seed = (gint64) params.seed;
  options.batch = params.batch;
  options.rate = neat (params.learning_rate);
  options.decay = neat (params.decay);
  options.ema = neat (params.ema);
  options.threads = count_processors ();
  options.tracklet_share = neat (params.tracklet_share);
  options.forward_share = neat (params.forward_share);
  options.curriculum = neat (params.curriculum);
  options.frame_rate = reader.frame_rate;
  options.max_side = reader.max_side;
  options.short_side = reader.short_side;
  options.memory = neat ((gfloat) reader.memory / 1e9f);
  for (guint i = 0; i < N_TERMS; i++)
    options.terms[i] = neat (G_STRUCT_MEMBER (gfloat, &params.weights,
            terms[i].offset));
}

gchar *
entry_get (const GOptionEntry * entry)
{
  gchar text[G_ASCII_DTOSTR_BUF_SIZE];

  switch (entry->arg) {
    case G_OPTION_ARG_DOUBLE:
      return g_strdup (g_ascii_dtostr (text, sizeof (text),
              *(gdouble *) entry->arg_data));
    case G_OPTION_ARG_INT:
      return g_strdup_printf ("%d", *(gint *) entry->arg_data);
    case G_OPTION_ARG_NONE:
      return g_strdup (*(gboolean *) entry->arg_data ? "1" : "0");
    case G_OPTION_ARG_INT64:
      return g_strdup_printf ("%" G_GINT64_FORMAT,
          *(gint64 *) entry->arg_data);
    default:
      return g_strdup (*(gchar **) entry->arg_data);
  }
}

gboolean
parse_double (const gchar * text, gdouble * value)
{
  gchar *end;

  *value = g_ascii_strtod (text, &end);
  return end != text && *end == '\0' && isfinite (*value);
}

/* FALSE where the text is no value of the option, which then stays. */
static gboolean
entry_set (const GOptionEntry * entry, const gchar * text)
{
  gint64 number;
  gdouble value;

  switch (entry->arg) {
    case G_OPTION_ARG_DOUBLE:
      if (!parse_double (text, &value))
        return FALSE;
      *(gdouble *) entry->arg_data = value;
      return TRUE;
    case G_OPTION_ARG_INT:
      if (!g_ascii_string_to_signed (text, 10, G_MININT, G_MAXINT, &number,
              NULL))
        return FALSE;
      *(gint *) entry->arg_data = (gint) number;
      return TRUE;
    case G_OPTION_ARG_NONE:
      *(gboolean *) entry->arg_data = strcmp (text, "1") == 0;
      return strcmp (text, "1") == 0 || strcmp (text, "0") == 0;
    case G_OPTION_ARG_INT64:
      return g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64,
          entry->arg_data, NULL);
    default:
      *(gchar **) entry->arg_data = g_strdup (text);
      return TRUE;
  }
}

const GOptionEntry *
run_entry (guint i)
{
  const guint n = G_N_ELEMENTS (entries) - 1;

  return i < n ? &entries[i] : i < n + N_TERMS ? &loss_entries[i - n] : NULL;
}

gchar *
describe_options (void)
{
  const Options mine = options;
  GString *text = g_string_new (NULL);
  const GOptionEntry *entry;

  for (guint i = 0; (entry = run_entry (i)) != NULL; i++) {
    gchar *value, *usual;

    if (entry->arg == G_OPTION_ARG_FILENAME
        || entry->arg_data == &options.threads)
      continue;
    value = entry_get (entry);
    if (value == NULL)
      continue;
    memset (&options, 0, sizeof (options));
    set_defaults ();
    usual = entry_get (entry);
    options = mine;
    if (g_strcmp0 (value, usual) != 0)
      g_string_append_printf (text, "%s--%s=%s", text->len > 0 ? " " : "",
          entry->long_name, value);
    g_free (usual);
    g_free (value);
  }
  return g_string_free (text, FALSE);
}

GPtrArray *
add_defaults (void)
{
  GPtrArray *texts = g_ptr_array_new_with_free_func (g_free);
  const guint n = G_N_ELEMENTS (entries) - 1;

  for (guint i = 0; i < n + N_TERMS; i++) {
    GOptionEntry *entry = i < n ? &entries[i] : &loss_entries[i - n];
    gchar *value, *text;

    /* Of these 0 means none. */
    if (entry->arg == G_OPTION_ARG_FILENAME
        || entry->arg == G_OPTION_ARG_STRING
        || entry->arg == G_OPTION_ARG_NONE
        || entry->arg_data == &options.minutes
        || entry->arg_data == &options.steps
        || entry->arg_data == &options.keep_every)
      continue;
    value = entry_get (entry);
    text = g_strdup_printf ("%s (default: %s)", entry->description, value);
    g_ptr_array_add (texts, text);
    entry->description = text;
    g_free (value);
  }
  return texts;
}

static GOptionContext *
make_context (void)
{
  GOptionContext *context = g_option_context_new ("FOLDER|FILE...");
  GOptionGroup *group = g_option_group_new ("loss", "Weights of the loss "
      "(0 leaves a term out):", "Show the weights of the loss", NULL, NULL);

  g_option_group_add_entries (group, loss_entries);
  g_option_context_add_group (context, group);
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_main_entries (context, other_entries, NULL);
  g_option_context_set_summary (context,
      "Makes a model for sstracker from video files and photographs, without "
      "labels.\nFolders are read with all below them; text and annotations "
      "are never opened."
#ifdef HAVE_MPI
      "\nSeveral of it, started by mpirun, train one model together."
#endif
      );
  return context;
}

gchar *
in_work (const gchar * name)
{
  return g_build_filename (options.work, name, NULL);
}

/* Files that a run writes. */
typedef struct
{
  const gchar *name;            /* of the option */
  gchar **path;
  gboolean named;               /* on this command line */
} Written;

static Written written[] = {
  {"output", &options.output, FALSE},
  {"log", &options.log, FALSE},
  {"tracklets", &options.tracklets, FALSE},
};

/* Whether a path is a name in the work folder or below, and no link there. */
static gboolean
is_in_work (const gchar * path)
{
  gchar *parent = g_path_get_dirname (path);
  gchar *folder = realpath (options.work, NULL);
  gchar *real = realpath (parent, NULL);
  const gsize n = folder != NULL ? strlen (folder) : 0;
  const gboolean inside = folder != NULL && real != NULL
      && strncmp (real, folder, n) == 0
      && (real[n] == '\0' || real[n] == G_DIR_SEPARATOR)
      && !g_file_test (path, G_FILE_TEST_IS_SYMLINK);

  free (folder);
  free (real);
  g_free (parent);
  return inside;
}

/* Tracklets that are there are only read. */
static gboolean
is_only_read (const Written * file)
{
  return file->path == &options.tracklets && !options.remine
      && options.verify == NULL && options.retrack == NULL
      && g_file_test (options.tracklets, G_FILE_TEST_EXISTS);
}

/* A work folder may come from anywhere, so nothing is written out of it because
 * a file in it says so. */
static gboolean
check_written (GError ** error)
{
  for (guint i = 0; i < G_N_ELEMENTS (written); i++) {
    const Written *file = &written[i];

    if (file->named || *file->path == NULL || is_only_read (file)
        || is_in_work (*file->path))
      continue;
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
        "the run would write \"%s\", which is not in its work folder; say "
        "--%s=\"%s\" as well if it should", *file->path, file->name,
        *file->path);
    return FALSE;
  }
  return TRUE;
}

gchar *
how_to_resume (void)
{
  GString *text = g_string_new (NULL);

  g_string_printf (text, NAME " --resume --work \"%s\"", options.work);
  for (guint i = 0; i < G_N_ELEMENTS (written); i++)
    if (*written[i].path != NULL && !is_only_read (&written[i])
        && !is_in_work (*written[i].path))
      g_string_append_printf (text, " --%s=\"%s\"", written[i].name,
          *written[i].path);
  return g_string_free (text, FALSE);
}

/* Paths are kept with a run, and have to hold wherever it is resumed. */
static void
make_absolute (gchar ** path)
{
  gchar *absolute;

  if (*path == NULL || strcmp (*path, "builtin") == 0)
    return;
  absolute = g_canonicalize_filename (*path, NULL);
  g_free (*path);
  *path = absolute;
}

static void
make_paths_absolute (const GOptionEntry * entry)
{
  for (; entry->long_name != NULL; entry++)
    if (entry->arg == G_OPTION_ARG_FILENAME)
      make_absolute (entry->arg_data);
}

/* The text of a file; of several ranks the first one reads it for all. */
static gchar *
read_for_all (const gchar * path, GError ** error)
{
  gchar *text = ranks_is_first () ? sst_text_read (path, MAX_STATE_SIZE, NULL,
      error) : NULL;
  GByteArray *bytes;

  if (ranks == NULL)
    return text;
  if (!ranks_settle (text != NULL || !ranks_is_first (), error))
    return NULL;
  bytes = g_byte_array_new ();
  if (text != NULL)
    g_byte_array_append (bytes, (const guint8 *) text,
        (guint) strlen (text) + 1);
  g_free (text);
  ranks_share (bytes);
  return (gchar *) g_byte_array_free (bytes, FALSE);
}

/* Reads what a run was started with. */
static GKeyFile *
load_state (const gchar * folder, GError ** error)
{
  GKeyFile *state = g_key_file_new ();
  gchar *path = g_build_filename (folder, "run.ini", NULL);
  gchar *text = read_for_all (path, error);
  const gboolean loaded = text != NULL
      && g_key_file_load_from_data (state, text, strlen (text),
      G_KEY_FILE_NONE, error);
  gint version;

  g_free (text);
  if (!loaded) {
    g_prefix_error (error, "There is no run to resume in \"%s\": ", folder);
    goto failed;
  }
  version = g_key_file_get_integer (state, RUN_GROUP, "version", NULL);
  if (version != RUN_VERSION) {
    g_set_error (error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE,
        "\"%s\" is of version %d, this program knows %d", path, version,
        RUN_VERSION);
    goto failed;
  }
  g_free (path);
  return state;

failed:
  g_free (path);
  g_key_file_free (state);
  return NULL;
}

static gboolean
apply_state (GKeyFile * state, GError ** error)
{
  const GOptionEntry *entry;
  gboolean good = TRUE;

  for (guint i = 0; good && (entry = run_entry (i)) != NULL; i++) {
    gchar *value = g_key_file_get_string (state, OPTIONS_GROUP,
        entry->long_name, NULL);

    good = value == NULL || entry_set (entry, value);
    if (!good)
      g_set_error (error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE,
          "run.ini: \"%s\" is no value of %s", value, entry->long_name);
    g_free (value);
  }
  return good;
}

static gboolean
usage_error (GError ** error, const gchar * text)
{
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, text);
  return FALSE;
}

/* Numbers that an option may have: least to most. */
typedef enum
{
  BOTH,                         /* these too */
  ABOVE,                        /* not least */
  BELOW,                        /* not most */
} Ends;

static const struct
{
  gconstpointer option;
  gdouble least, most;
  Ends ends;
  const gchar *wrong;
} limits[] = {
  {&options.batch, 1, 4096, BOTH, "--batch is 1 to 4096"},
  {&options.threads, 1, 64, BOTH, "--threads is 1 to 64"},
  {&options.rate, 0, 1, ABOVE, "--rate is over 0, up to 1"},
  {&options.decay, 0, 1, ABOVE, "--decay is over 0, up to 1"},
  {&options.ema, 0, 1, BELOW, "--ema is 0 to below 1"},
  {&options.tracklet_share, 0, 1, BOTH, "--tracklet-share is 0 to 1"},
  {&options.forward_share, 0, 1, BOTH, "--forward-share is 0 to 1"},
  {&options.curriculum, 0, 1, BOTH, "--curriculum is 0 to 1"},
  {&options.frame_rate, 0, 1000, ABOVE, "--frame-rate is over 0, up to 1000"},
  {&options.max_side, 64, 4096, BOTH, "--max-side is 64 to 4096"},
  {&options.short_side, 64, 4096, BOTH, "--short-side is 64 to 4096"},
  {&options.memory, 0, 1e6, ABOVE, "--memory is over 0, in GB"},
  {&options.keep_every, 0, G_MAXDOUBLE, BOTH, "--keep-every is 0 or more"},
  {&options.steps, 0, G_MAXDOUBLE, BOTH, "--minutes and --steps are over 0"},
  {&options.minutes, 0, G_MAXDOUBLE, BOTH, "--minutes and --steps are over 0"},
};

static gdouble
number_of (gconstpointer option)
{
  for (guint i = 0; i < G_N_ELEMENTS (entries) - 1; i++) {
    if (entries[i].arg_data != option)
      continue;
    if (entries[i].arg == G_OPTION_ARG_INT)
      return *(const gint *) option;
    if (entries[i].arg == G_OPTION_ARG_INT64)
      return (gdouble) *(const gint64 *) option;
    return *(const gdouble *) option;
  }
  g_return_val_if_reached (NAN);
}

/* What is wrong with the numbers; NULL: nothing. */
static const gchar *
find_wrong_number (void)
{
  for (guint i = 0; i < N_TERMS; i++)
    if (!(options.terms[i] >= 0) || !isfinite (options.terms[i]))
      return "weights of the loss are 0 or more";
  for (guint i = 0; i < G_N_ELEMENTS (limits); i++) {
    const gdouble value = number_of (limits[i].option);

    /* not NaN either */
    if (!(value >= limits[i].least && value <= limits[i].most)
        || (limits[i].ends == ABOVE && value == limits[i].least)
        || (limits[i].ends == BELOW && value == limits[i].most))
      return limits[i].wrong;
  }
  return NULL;
}

/* Whether the paths are models and cameras. */
static gboolean
check_merge (GError ** error)
{
  guint n_models = 0, n = 0;

  if (options.place || options.work != NULL || options.store != NULL
      || options.mine_only || options.list)
    return usage_error (error, "--place, --work, --store, --mine-only and "
        "--list do not go with --merge");
  for (; options.paths != NULL && options.paths[n] != NULL; n++)
    n_models += g_str_has_suffix (options.paths[n], ".sst");
  if (n_models < 2)
    return usage_error (error, "--merge takes two models (FILE.sst) or more");
  if (n_models == n)
    return usage_error (error, "--merge takes FOLDER or FILE of each camera at "
        "which the mean has to hold");
  return TRUE;
}

/* What several ranks can't do. */
static gboolean
check_ranks (GError ** error)
{
  if (ranks == NULL || ranks->n == 1)
    return TRUE;
  if (options.place || options.merge)
    return usage_error (error, "--place and --merge are for one process, not "
        "for several");
  if (!options.list && !options.mine_only
      && (guint) options.batch % ranks->n != 0) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
        "--batch=%d is no equal share for each of %u ranks; %u would be",
        options.batch, ranks->n, ((guint) options.batch + ranks->n - 1)
        / ranks->n * ranks->n);
    return FALSE;
  }
  return TRUE;
}

/* Whether the run can write where it is told to; makes the work folder. */
static gboolean
check_places (GError ** error)
{
  gchar *folder;

  if (options.work != NULL && g_mkdir_with_parents (options.work, 0777) != 0) {
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
        "Could not make the work folder \"%s\": %s", options.work,
        g_strerror (errno));
    return FALSE;
  }
  if (options.mine_only || options.list)
    return TRUE;
  folder = g_path_get_dirname (options.output);
  if (g_access (folder, W_OK) != 0) {
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
        "Could not write \"%s\": %s", options.output, g_strerror (errno));
    g_free (folder);
    return FALSE;
  }
  g_free (folder);
  if (g_file_test (options.output, G_FILE_TEST_EXISTS)
      && !g_file_test (options.output, G_FILE_TEST_IS_REGULAR)) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "Could not write \"%s\": not a regular file", options.output);
    return FALSE;
  }
  return TRUE;
}

/* What no later step would find out, or not before hours have passed. */
static gboolean
check_options (GError ** error)
{
  const gchar *wrong = find_wrong_number ();

  if (options.store == NULL && (options.list || options.rights != NULL))
    return usage_error (error, "--list and --rights need a --store");
  if (options.paths == NULL && options.store == NULL)
    return usage_error (error, "no FOLDER or FILE to learn from");
  if (options.mine_only) {
    if (options.tracklets == NULL && options.work == NULL
        && options.store == NULL)
      return usage_error (error, "--mine-only needs --tracklets, --work or "
          "--store to write to");
  } else if (options.output == NULL && !options.list) {
    return usage_error (error, "no --output for the model");
  }

  if (options.place && (options.work != NULL || options.mine_only
          || options.list || options.minutes > 0))
    return usage_error (error, "--place ends with its footage or after "
        "--steps; --work, --minutes, --mine-only and --list do not go with it");

  if (wrong != NULL)
    return usage_error (error, wrong);
  if (options.keep_every > 0 && options.work == NULL)
    return usage_error (error, "--keep-every needs --work");
  if (options.merge && !check_merge (error))
    return FALSE;
  return check_ranks (error)
      && (!ranks_is_first () || check_places (error));
}

static gboolean
parse (gchar ** arguments, GError ** error)
{
  GOptionContext *context = make_context ();
  gchar **copy = g_strdupv (arguments);
  const gboolean ok = g_option_context_parse_strv (context, &copy, error);

  g_strfreev (copy);
  g_option_context_free (context);
  return ok;
}

/* The same over options that are set: GLib does not free the texts that it
 * replaces. */
static gboolean
parse_over (gchar ** arguments, GError ** error)
{
  GPtrArray *texts = g_ptr_array_new ();
  const GOptionEntry *entry;
  gboolean ok;

  for (guint i = 0; (entry = run_entry (i)) != NULL; i++)
    g_ptr_array_add (texts, text_of (entry) != NULL ? *text_of (entry) : NULL);
  ok = parse (arguments, error);
  for (guint i = 0; (entry = run_entry (i)) != NULL; i++) {
    gchar *const before = g_ptr_array_index (texts, i);

    if (before != NULL && *text_of (entry) != before)
      g_free (before);
  }
  g_ptr_array_unref (texts);
  return ok;
}

gboolean
get_options (gchar ** arguments, GKeyFile ** state, GError ** error)
{
  gdouble minutes = 0;
  gint64 steps = 0;
  gchar *profile, *folder;
  gboolean resume, ok = FALSE;

  if (!parse (arguments, error))
    return FALSE;
  if (options.version || options.info != NULL)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (written); i++)
    written[i].named = *written[i].path != NULL;
  profile = g_strdup (options.profile != NULL ? options.profile : "full");
  folder = g_strdup (options.work);
  resume = options.resume;
  free_options ();

  set_defaults ();
  for (guint i = 0; i < G_N_ELEMENTS (profiles); i++)
    if (strcmp (profile, profiles[i].name) == 0)
      minutes = profiles[i].minutes;
  if (minutes == 0) {
    usage_error (error, "--profile is quick or full");
    goto done;
  }
  if (resume) {
    if (folder == NULL) {
      usage_error (error, "--resume needs the --work folder of the run");
      goto done;
    }
    *state = load_state (folder, error);
    if (*state == NULL || !apply_state (*state, error))
      goto done;
    minutes = options.minutes;
    steps = options.steps;
    options.minutes = 0;
    options.steps = 0;
  }
  if (!parse_over (arguments, error))
    goto done;
  /* What was read into a store need not be looked for again. */
  if (options.paths == NULL && options.store == NULL && *state != NULL)
    options.paths = g_key_file_get_string_list (*state, RUN_GROUP, "paths",
        NULL, NULL);
  if (options.minutes != 0 && options.steps != 0) {
    usage_error (error, "give --minutes or --steps, not both");
    goto done;
  }
  if (options.minutes == 0 && options.steps == 0 && !options.place
      && !options.merge) {
    options.minutes = minutes;
    options.steps = steps;
  }
  make_paths_absolute (entries);
  make_paths_absolute (other_entries);
  for (guint i = 0; options.paths != NULL && options.paths[i] != NULL; i++)
    make_absolute (&options.paths[i]);
  if (!check_options (error)
      || (resume && ranks_is_first () && !check_written (error)))
    goto done;
  if (!resume && ranks_is_first () && folder != NULL && !options.mine_only
      && !options.list) {
    gchar *path = in_work ("run.ini");
    const gboolean taken = g_file_test (path, G_FILE_TEST_EXISTS);

    g_free (path);
    if (taken) {
      usage_error (error, "there is a run in the work folder already: go on "
          "with --resume, or give another folder");
      goto done;
    }
  }
  ok = TRUE;

done:
  g_free (profile);
  g_free (folder);
  return ok;
}
