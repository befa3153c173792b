/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* sstrack-train: makes a model from video files and photographs.
 *
 * Reads footage (gstssreader.h), into memory or a store on disk
 * (footage/store.h), mines tracklets in it (footage/mine.h),
 * trains (fit/trainer.h) and writes the averaged weights. A work
 * folder holds what it takes to go on after an interruption:
 *
 *   run.ini             options, files, and which checkpoint is the last; it is
 *                       written after the checkpoint, and replaced as a whole
 *   checkpoint-N.sst    everything of the trainer after step N
 *   tracklets.txt       what was mined; tracklets.txt.verified: what of it a
 *                       model agreed with (--verify), tracklets.txt.retracked:
 *                       how far a model followed it on (--retrack)
 *   snapshot-N.sst      models after N pairs (--keep-every)
 *
 * Tracklets of a store are kept in its folder (footage/mined.h). */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cblas.h>
#include <glib/gstdio.h>
#include "base/text.h"
#include "fit/trainer.h"
#include "footage/mine.h"
#include "footage/mined.h"
#include "footage/retrack.h"
#include "footage/store.h"
#include "footage/verify.h"

#include "gstsscommit.h"
#include "gstssinfo.h"
#include "gstssreader.h"

#define NAME "sstrack-train"
#define EXIT_USAGE 2

/* Between checkpoints; and between lines where no terminal is looking. */
#define SAVE_SECONDS 120
#define LINE_SECONDS 15
/* Pictures that are mined between writing to the store: minutes of work. */
#define BATCH_PICTURES 6000
/* So many steps in a row that were not finite are no accident. */
#define MAX_BAD_STEPS 50

#define RUN_GROUP "run"
#define OPTIONS_GROUP "options"
#define RUN_VERSION 1
#define MAX_STATE_SIZE (1 << 20)
/* Longer than anybody trains, or waits for a step. */
#define MAX_SECONDS 1e9
#define MAX_STEP (G_GUINT64_CONSTANT (1) << 48)

#define LOG_HEAD "step\tpairs\tseconds\tloss"
#define MAX_LOG_SIZE (1 << 30)

/* ---- options ---- */

/* The terms of the loss, in the order of --help and of the log. */
static const struct
{
  const gchar *name;
  gsize offset;
  const gchar *help;
} terms[] = {
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

#define N_TERMS G_N_ELEMENTS (terms)

typedef struct
{
  gchar *output, *model, *network, *work, *tracklets, *verify, *retrack, *log;
  gchar *profile, *info;
  gchar *store, *rights;
  gchar **paths;
  gdouble minutes, keep_every;
  gint64 steps, seed;
  gint batch, threads, max_side, short_side;
  gdouble rate, decay, ema, tracklet_share, forward_share, curriculum;
  gdouble frame_rate, memory;
  gdouble terms[N_TERMS];
  gboolean bfloat, resume, mine_only, remine, list, quiet, version;
} Options;

static Options options;

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

static void
free_options (void)
{
  g_free (options.output);
  g_free (options.model);
  g_free (options.network);
  g_free (options.work);
  g_free (options.tracklets);
  g_free (options.verify);
  g_free (options.retrack);
  g_free (options.log);
  g_free (options.profile);
  g_free (options.info);
  g_free (options.store);
  g_free (options.rights);
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

static void
make_loss_entries (void)
{
  for (guint i = 0; i < N_TERMS; i++)
    loss_entries[i] = (GOptionEntry) {
      terms[i].name, 0, 0, G_OPTION_ARG_DOUBLE, &options.terms[i],
      terms[i].help, "WEIGHT"
    };
}

static void
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
  options.threads = (gint) g_get_num_processors ();
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

/* The value of an option as text, and back. NULL: it has none. */
static gchar *
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

/* The whole text as a number that is one. */
static gboolean
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

/* The i-th option that belongs to a run, NULL after the last. */
static const GOptionEntry *
run_entry (guint i)
{
  const guint n = G_N_ELEMENTS (entries) - 1;

  return i < n ? &entries[i] : i < n + N_TERMS ? &loss_entries[i - n] : NULL;
}

/* The options that are not as by default, without the paths of this machine. */
static gchar *
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

/* Texts of --help with the defaults in them, which are what is set now. */
static GPtrArray *
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
      "are never opened.");
  return context;
}

/* ---- what is said ---- */

/* Lines about what goes on replace each other on a terminal, and come now and
 * then where something else reads. */
static struct
{
  gboolean terminal, pending;
  gint64 last;
} display;

static void
clear_line (void)
{
  if (display.pending)
    fputs ("\r\033[K", stderr);
  display.pending = FALSE;
}

G_GNUC_PRINTF (1, 2)
static void
say (const gchar * format, ...)
{
  va_list args;

  if (options.quiet)
    return;
  clear_line ();
  va_start (args, format);
  vfprintf (stderr, format, args);
  va_end (args);
  fputc ('\n', stderr);
}

G_GNUC_PRINTF (1, 2)
static void
complain (const gchar * format, ...)
{
  va_list args;

  clear_line ();
  fputs (NAME ": ", stderr);
  va_start (args, format);
  vfprintf (stderr, format, args);
  va_end (args);
  fputc ('\n', stderr);
}

/* Whether it is time for a line of progress. */
static gboolean
line_is_due (void)
{
  const gint64 now = g_get_monotonic_time ();
  const gint64 pause = display.terminal ? G_USEC_PER_SEC / 2 :
      LINE_SECONDS * G_USEC_PER_SEC;

  if (options.quiet || now - display.last < pause)
    return FALSE;
  display.last = now;
  return TRUE;
}

G_GNUC_PRINTF (1, 2)
static void
show_progress (const gchar * format, ...)
{
  struct winsize size = { 0, };
  va_list args;
  gchar *text;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  if (display.terminal) {
    /* A line that wraps could not be replaced. */
    if (ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1
        && strlen (text) >= size.ws_col)
      text[size.ws_col - 1] = '\0';
    fprintf (stderr, "\r%s\033[K", text);
    display.pending = TRUE;
  } else {
    fprintf (stderr, "%s\n", text);
  }
  g_free (text);
}

static void
format_time (gdouble seconds, gchar * text, gsize size)
{
  if (seconds < 100)
    g_snprintf (text, size, "%.0f s", seconds);
  else if (seconds < 6000)
    g_snprintf (text, size, "%.0f min", seconds / 60);
  else
    g_snprintf (text, size, "%.1f h", seconds / 3600);
}

/* ---- signals ---- */

static volatile sig_atomic_t interrupted;

static void
on_signal (int number)
{
  interrupted = 1;
}

/* The first signal lets the run end well; the second one has its own way. */
static void
catch_signals (void)
{
  struct sigaction action = {.sa_handler = on_signal,
    .sa_flags = (int) SA_RESETHAND
  };

  sigemptyset (&action.sa_mask);
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
}

/* ---- footage ---- */

static void
on_reader_progress (guint n_done, guint n_files, guint64 bytes, gpointer data)
{
  if (line_is_due ())
    show_progress ("reading: %u of %u files, %.0f MB", n_done, n_files,
        (gdouble) bytes / 1e6);
}

static void
on_reader_warning (const gchar * text, gpointer data)
{
  complain ("warning: %s", text);
}

/* What footage is made of. */
typedef struct
{
  guint n_clips[3];             /* by SstClipKind */
  gdouble seconds;              /* length of the videos */
} Contents;

static void
count_contents (const SstFootage * footage, Contents * contents)
{
  *contents = (Contents) { {0}, 0 };
  for (guint i = 0; i < sst_footage_n_clips (footage); i++) {
    const SstClip *clip = sst_footage_clip (footage, i);

    contents->n_clips[sst_clip_kind (clip)]++;
    contents->seconds += (gdouble) sst_clip_time (clip,
        sst_clip_length (clip) - 1) / GST_SECOND;
  }
}

static void
get_reader_params (GstSsReaderParams * params)
{
  gst_ss_reader_params_init (params);
  params->frame_rate = options.frame_rate;
  params->max_side = options.max_side;
  params->short_side = options.short_side;
  params->memory = (guint64) (options.memory * 1e9);
  params->progress = on_reader_progress;
  params->warning = on_reader_warning;
}

static SstFootage *
read_footage (GError ** error)
{
  GstSsReaderSummary summary;
  GstSsReaderParams params;
  SstFootage *footage;

  get_reader_params (&params);
  footage = gst_ss_reader_read ((const gchar * const *) options.paths,
      &params, &summary, error);
  if (footage == NULL)
    return NULL;
  if (summary.n_skipped > 0)
    say ("%u of %u files skipped", summary.n_skipped, summary.n_files);
  if (summary.thinned)
    complain ("warning: there is more than %g GB of pictures, so every other "
        "one was left out where most were; --memory, --frame-rate and "
        "--max-side change that, or --store", options.memory);
  return footage;
}

/* Reads what the store has not got. */
static gboolean
fill_store (GError ** error)
{
  GstSsReaderSummary summary;
  GstSsReaderParams params;
  SstStore *store = sst_store_open (options.store, TRUE, error);
  gboolean ok;

  if (store == NULL)
    return FALSE;
  if (sst_store_n_ignored (store) > 0)
    complain ("warning: the end of the store was not whole: %.1f MB are cut "
        "off", (gdouble) sst_store_n_ignored (store) / 1e6);
  get_reader_params (&params);
  ok = gst_ss_reader_fill (store, (const gchar * const *) options.paths,
      &params, &summary, error);
  sst_store_free (&store);
  if (ok)
    say ("read %u files into the store (%u videos, %u photographs, %u "
        "pictures, %.0f MB), %u skipped; %u were in it",
        summary.n_files - summary.n_skipped, summary.n_videos,
        summary.n_photographs, summary.n_pictures,
        (gdouble) summary.bytes / 1e6, summary.n_skipped, summary.n_known);
  return ok;
}

static SstFootage *
stored_footage (GError ** error)
{
  SstStore *store;
  SstFootage *footage;

  if (options.paths != NULL && !fill_store (error))
    return NULL;
  store = sst_store_open (options.store, FALSE, error);
  if (store == NULL)
    return NULL;
  footage = sst_store_footage (store, options.rights, error);
  if (footage != NULL && sst_footage_n_clips (footage) == 0) {
    sst_footage_free (&footage);
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
        "There are no pictures%s%s in the store \"%s\"",
        options.rights != NULL ? " of rights " : "",
        options.rights != NULL ? options.rights : "", options.store);
  }
  sst_store_free (&store);
  return footage;
}

static SstFootage *
get_footage (GError ** error)
{
  SstFootage *footage = options.store != NULL ? stored_footage (error) :
      read_footage (error);
  Contents contents;

  if (footage != NULL) {
    count_contents (footage, &contents);
    say ("footage: %u videos (%.0f s), %u photographs, %u cut-outs: %u "
        "pictures, %.0f MB", contents.n_clips[SST_CLIP_VIDEO],
        contents.seconds, contents.n_clips[SST_CLIP_PHOTOGRAPH],
        contents.n_clips[SST_CLIP_CUTOUT], sst_footage_n_images (footage),
        (gdouble) sst_footage_size (footage) / 1e6);
  }
  return footage;
}

/* ---- what is in the store ---- */

static const gchar *const kinds[] = { "video", "photograph", "cut-out" };

/* A line of the list: clips of one kind and rights. */
typedef struct
{
  SstClipKind kind;
  const gchar *rights;
  guint n_clips, n_pictures;
  gdouble seconds, bytes;
} Row;

static gint
compare_rows (gconstpointer a, gconstpointer b)
{
  const Row *const one = a, *const two = b;

  return one->kind != two->kind ? (gint) one->kind - (gint) two->kind :
      strcmp (one->rights, two->rights);
}

static void
row_add (Row * row, const SstStoreClip * clip)
{
  row->n_clips++;
  row->n_pictures += clip->n;
  row->seconds += (gdouble) clip->times[clip->n - 1] / GST_SECOND;
  row->bytes += (gdouble) clip->bytes;
}

static void
print_row (const gchar * kind, const Row * row)
{
  g_print ("%-11s %-11s %7u %9u %8.1f %9.1f\n", kind, row->rights,
      row->n_clips, row->n_pictures, row->seconds / 60, row->bytes / 1e6);
}

static Row *
find_row (GArray * rows, SstClipKind kind, const gchar * rights)
{
  const Row row = { kind, rights, 0, 0, 0, 0 };

  for (guint i = 0; i < rows->len; i++)
    if (compare_rows (&g_array_index (rows, Row, i), &row) == 0)
      return &g_array_index (rows, Row, i);
  g_array_append_val (rows, row);
  return &g_array_index (rows, Row, rows->len - 1);
}

static gboolean
list_store (GError ** error)
{
  GArray *rows = g_array_new (FALSE, FALSE, sizeof (Row));
  SstStore *store = sst_store_open (options.store, FALSE, error);
  SstMined *mined = store != NULL ? sst_mined_open (options.store,
      SST_MINE_VERSION, FALSE, error) : NULL;
  const gboolean ok = mined != NULL;
  Row all = {.rights = "" };
  guint n_mined = 0, n_videos = 0;

  for (guint i = 0; ok && i < sst_store_n_clips (store); i++) {
    const SstStoreClip *clip = sst_store_clip (store, i);

    row_add (find_row (rows, clip->kind,
            sst_store_file (store, clip->file)->rights), clip);
    row_add (&all, clip);
    n_videos += clip->kind == SST_CLIP_VIDEO;
    n_mined += sst_mined_has (mined, clip->name);
  }
  if (ok) {
    g_array_sort (rows, compare_rows);
    g_print ("%-11s %-11s %7s %9s %8s %9s\n", "kind", "rights", "clips",
        "pictures", "minutes", "MB");
    for (guint i = 0; i < rows->len; i++)
      print_row (kinds[g_array_index (rows, Row, i).kind],
          &g_array_index (rows, Row, i));
    print_row ("all", &all);
    g_print ("%u files; %u of %u videos are mined\n",
        sst_store_n_files (store), n_mined, n_videos);
  }
  g_array_unref (rows);
  sst_mined_free (&mined);
  sst_store_free (&store);
  return ok;
}

/* Names the footage, to notice when a run is resumed with another one. */
static gchar *
footage_checksum (const SstFootage * footage)
{
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gchar *text;

  for (guint i = 0; i < sst_footage_n_clips (footage); i++) {
    const SstClip *clip = sst_footage_clip (footage, i);
    const SstFrame *frame = sst_clip_frame (clip, 0);
    gchar *line = g_strdup_printf ("%s %u %d %d %" G_GUINT64_FORMAT "\n",
        clip->name, sst_clip_length (clip), frame->width, frame->height,
        sst_clip_time (clip, sst_clip_length (clip) - 1));

    g_checksum_update (checksum, (const guchar *) line, -1);
    g_free (line);
  }
  text = g_strndup (g_checksum_get_string (checksum), 16);
  g_checksum_free (checksum);
  return text;
}

/* ---- models ---- */

/* A model by file or as "builtin"; random weights for NULL. */
static SstModel *
get_model (const gchar * name, GError ** error)
{
  SstNetworkConfig config = SST_NETWORK_CONFIG_DEFAULT;
  SstModel *model;

  if (name == NULL && options.network != NULL
      && strcmp (options.network, "first") != 0
      && !sst_network_parse (options.network, &config, error))
    return NULL;
  if (name == NULL)
    return sst_model_new_random (&config, (guint64) options.seed, error);
  if (strcmp (name, "builtin") != 0)
    return sst_model_load (name, error);
  model = sst_model_builtin ();
  if (model == NULL)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
        "This build has no model of its own; give the file of one");
  return model;
}

/* Prints what is in the model that --info names. */
static gboolean
show_info (GError ** error)
{
  SstModel *model = get_model (options.info, error);
  gchar *text;
  GStatBuf st;

  if (model == NULL)
    return FALSE;
  text = gst_ss_info_describe (model);
  if (g_stat (options.info, &st) == 0)
    g_print ("size: %" G_GINT64_FORMAT " bytes\n", (gint64) st.st_size);
  g_print ("%s", text);
  g_free (text);
  sst_model_unref (model);
  return TRUE;
}

/* ---- mining ---- */

/* Work that the threads share. */
typedef struct
{
  const SstFootage *footage;
  SstTracklets *tracklets;
  SstModel *model;              /* that verifies, or follows them on */
  GArray *order;                /* of guint: clips, the longest first */
  SstTracklets **found;         /* by place in that order; NULL: nobody was
                                 * through with it */
  guint n_jobs;
  gint next;                    /* the next job */
  gint n_done;                  /* pictures or tracklets */
  gint n_longer;                /* tracklets that were followed on */
  gint n_running;               /* threads */
} Shared;

/* What a window looks at comes from the disk at once. */
static void
fetch_window (const SstClip * clip, guint first, guint n)
{
  for (guint i = first; i < MIN (first + n, sst_clip_length (clip)); i++)
    sst_image_fetch (g_ptr_array_index (clip->images, i));
}

/* Mines a clip; NULL if that was interrupted. Chance depends on the clip alone,
 * not on what else there is. */
static SstTracklets *
mine_clip (SstMiner * miner, Shared * shared, guint number)
{
  const SstMineParams params = SST_MINE_PARAMS_DEFAULT;
  const SstClip *clip = sst_footage_clip (shared->footage, number);
  const guint length = sst_clip_length (clip);
  SstRandom random = sst_random_init ((guint64) options.seed,
      g_str_hash (clip->name));
  SstTracklets *found = sst_tracklets_new ();

  for (guint first = 0; first < length;) {
    guint next;

    fetch_window (clip, first, params.window);
    next = sst_mine_window (miner, shared->footage, number, first, &params,
        &random, found);
    g_atomic_int_add (&shared->n_done, (gint) (MIN (next, length) - first));
    first = next;
    if (interrupted && first < length) {
      sst_tracklets_free (&found);
      break;
    }
  }
  return found;
}

static gpointer
mine_clips (gpointer data)
{
  SstMiner *miner = sst_miner_new ();
  Shared *shared = data;
  guint i;

  while (!interrupted
      && (i = (guint) g_atomic_int_add (&shared->next, 1)) < shared->n_jobs)
    shared->found[i] = mine_clip (miner, shared,
        g_array_index (shared->order, guint, i));
  sst_miner_free (&miner);
  g_atomic_int_add (&shared->n_running, -1);
  return NULL;
}

static gpointer
verify_tracklets (gpointer data)
{
  Shared *shared = data;
  SstVerifier *verifier = sst_verifier_new (shared->model);
  guint i;

  while (!interrupted
      && (i = (guint) g_atomic_int_add (&shared->next, 1)) < shared->n_jobs) {
    SstRandom random = sst_random_init ((guint64) options.seed, i);

    sst_verifier_check (verifier, shared->footage,
        sst_tracklets_get (shared->tracklets, i), &random);
    g_atomic_int_inc (&shared->n_done);
  }
  sst_verifier_free (&verifier);
  g_atomic_int_add (&shared->n_running, -1);
  return NULL;
}

static gpointer
retrack_tracklets (gpointer data)
{
  Shared *shared = data;
  SstRetracker *retracker = sst_retracker_new (shared->model);
  guint i;

  while (!interrupted
      && (i = (guint) g_atomic_int_add (&shared->next, 1)) < shared->n_jobs) {
    SstTracklet *const tracklet = sst_tracklets_get (shared->tracklets, i);

    if (tracklet->moving
        && sst_retracker_lengthen (retracker, shared->footage, tracklet))
      g_atomic_int_inc (&shared->n_longer);
    g_atomic_int_inc (&shared->n_done);
  }
  sst_retracker_free (&retracker);
  g_atomic_int_add (&shared->n_running, -1);
  return NULL;
}

/* Runs threads until the work is done; total: what n_done will come to. Returns
 * the seconds it took. */
static gdouble
run_threads (Shared * shared, GThreadFunc function, const gchar * what,
    guint total)
{
  GThread **threads = g_new (GThread *, options.threads);
  const gint64 start = g_get_monotonic_time ();

  shared->n_running = options.threads;
  for (gint i = 0; i < options.threads; i++)
    threads[i] = g_thread_new ("work", function, shared);
  while (g_atomic_int_get (&shared->n_running) > 0) {
    g_usleep (G_USEC_PER_SEC / 20);
    if (line_is_due ())
      show_progress ("%s: %d of %u", what, g_atomic_int_get (&shared->n_done),
          total);
  }
  for (gint i = 0; i < options.threads; i++)
    g_thread_join (threads[i]);
  g_free (threads);
  return (gdouble) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
}

/* The longest first. */
static gint
compare_lengths (gconstpointer a, gconstpointer b, gpointer data)
{
  const SstFootage *footage = data;
  const guint one = *(const guint *) a, two = *(const guint *) b;
  const guint first = sst_clip_length (sst_footage_clip (footage, one));
  const guint second = sst_clip_length (sst_footage_clip (footage, two));

  if (first != second)
    return first < second ? 1 : -1;
  return one > two ? 1 : -1;
}

/* The videos that mined (may be NULL) has not, the longest first. n_pictures:
 * in them. */
static GArray *
find_unmined (const SstFootage * footage, const SstMined * mined,
    guint * n_pictures)
{
  GArray *clips = g_array_new (FALSE, FALSE, sizeof (guint));

  *n_pictures = 0;
  for (guint i = 0; i < sst_footage_n_clips (footage); i++) {
    const SstClip *clip = sst_footage_clip (footage, i);

    if (sst_clip_kind (clip) == SST_CLIP_VIDEO
        && (mined == NULL || !sst_mined_has (mined, clip->name))) {
      g_array_append_val (clips, i);
      *n_pictures += sst_clip_length (clip);
    }
  }
  g_array_sort_with_data (clips, compare_lengths, (gpointer) footage);
  return clips;
}

/* Takes over what the last jobs, from first on, found. done: clips that
 * somebody was through with. */
static SstTracklets *
collect_found (Shared * shared, guint first, GArray * done)
{
  SstTracklets *tracklets = sst_tracklets_new ();

  for (guint i = first; i < shared->n_jobs; i++)
    if (shared->found[i] != NULL) {
      g_array_append_val (done, g_array_index (shared->order, guint, i));
      sst_tracklets_take (tracklets, shared->found[i]);
      sst_tracklets_free (&shared->found[i]);
    }
  return tracklets;
}

/* How many of the jobs from first on are written at once. */
static guint
end_of_batch (const Shared * shared, guint first)
{
  guint n = 0, i = first;

  while (i < shared->order->len && n < BATCH_PICTURES)
    n += sst_clip_length (sst_footage_clip (shared->footage,
            g_array_index (shared->order, guint, i++)));
  return i;
}

/* Mines what mined has not, and adds it there now and then; without mined, all
 * at once, in tracklets. FALSE with error, or without one where that was
 * interrupted: then clips that somebody was through with are in mined. */
static gboolean
mine_footage (const SstFootage * footage, SstMined * mined,
    SstTracklets * tracklets, GError ** error)
{
  Shared shared = {.footage = footage };
  guint n_pictures, n_found = 0;
  gdouble seconds = 0;
  gboolean ok = TRUE;

  shared.order = find_unmined (footage, mined, &n_pictures);
  shared.found = g_new0 (SstTracklets *, MAX (1, shared.order->len));
  for (guint first = 0; ok && first < shared.order->len && !interrupted;
      first = shared.n_jobs) {
    GArray *done = g_array_new (FALSE, FALSE, sizeof (guint));
    SstTracklets *found;

    shared.n_jobs = mined != NULL ? end_of_batch (&shared, first) :
        shared.order->len;
    shared.next = (gint) first;
    seconds += run_threads (&shared, mine_clips, "mining: pictures",
        n_pictures);
    found = collect_found (&shared, first, done);
    n_found += sst_tracklets_length (found);
    if (mined == NULL)
      sst_tracklets_take (tracklets, found);
    else if (done->len > 0)
      ok = sst_mined_add (mined, found, footage, done, error);
    sst_tracklets_free (&found);
    g_array_unref (done);
  }
  if (ok && !interrupted)
    say ("mined %u tracklets in %.0f s", n_found, seconds);
  g_free (shared.found);
  g_array_unref (shared.order);
  return ok && !interrupted;
}

/* Keeps what a model agrees with. FALSE with error, or without one where that
 * was interrupted. */
static gboolean
verify_footage (const SstFootage * footage, SstTracklets * tracklets,
    GError ** error)
{
  const guint n = sst_tracklets_length (tracklets);
  Shared shared = {.footage = footage,.tracklets = tracklets,.n_jobs = n };
  gdouble seconds;

  shared.model = get_model (options.verify, error);
  if (shared.model == NULL)
    return FALSE;
  seconds = run_threads (&shared, verify_tracklets, "verifying: tracklets", n);
  sst_model_unref (shared.model);
  if (interrupted)
    return FALSE;
  /* What nothing is left of has quality 0. */
  sst_tracklets_remove_below (tracklets, G_MINFLOAT);
  say ("verified in %.0f s: %u of %u tracklets are kept", seconds,
      sst_tracklets_length (tracklets), n);
  return TRUE;
}

/* Follows them on with a model. FALSE with error, or without one where that was
 * interrupted. */
static gboolean
retrack_footage (const SstFootage * footage, SstTracklets * tracklets,
    GError ** error)
{
  const guint n = sst_tracklets_length (tracklets);
  Shared shared = {.footage = footage,.tracklets = tracklets,.n_jobs = n };
  gdouble seconds;

  shared.model = get_model (options.retrack, error);
  if (shared.model == NULL)
    return FALSE;
  seconds = run_threads (&shared, retrack_tracklets, "retracking: tracklets",
      n);
  sst_model_unref (shared.model);
  if (interrupted)
    return FALSE;
  say ("retracked in %.0f s: %d of %u tracklets are longer", seconds,
      shared.n_longer, n);
  return TRUE;
}

static gchar *
in_work (const gchar * name)
{
  return g_build_filename (options.work, name, NULL);
}

static SstTracklets *
load_tracklets (const gchar * path, const SstFootage * footage,
    GError ** error)
{
  guint n_left_out = 0;
  SstTracklets *tracklets = sst_tracklets_load (path, footage, &n_left_out,
      error);

  if (tracklets != NULL)
    say ("tracklets: %u from %s, %u of other footage left out",
        sst_tracklets_length (tracklets), path, n_left_out);
  else
    g_prefix_error (error, "Tracklets can't be used, --remine makes new "
        "ones: ");
  return tracklets;
}

/* Tracklets in the store, after what it has none of is mined. */
static SstTracklets *
get_stored_tracklets (const SstFootage * footage, GError ** error)
{
  SstMined *mined = sst_mined_open (options.store, SST_MINE_VERSION, FALSE,
      error);
  SstTracklets *tracklets = NULL;
  gboolean ok = mined != NULL;
  guint n_pictures = 0;

  if (ok)
    g_array_unref (find_unmined (footage, mined, &n_pictures));
  /* Only who mines needs the lock. */
  if (ok && (options.remine || n_pictures > 0)) {
    sst_mined_free (&mined);
    mined = sst_mined_open (options.store, SST_MINE_VERSION, TRUE, error);
    if (mined != NULL && options.remine)
      sst_mined_forget (mined);
    ok = mined != NULL && mine_footage (footage, mined, NULL, error);
  }
  if (ok) {
    tracklets = sst_mined_load (mined, footage, error);
    if (tracklets != NULL)
      say ("tracklets: %u in the store", sst_tracklets_length (tracklets));
    else
      g_prefix_error (error, "Tracklets can't be used, --remine makes new "
          "ones: ");
  }
  sst_mined_free (&mined);
  return tracklets;
}

/* Tracklets in a file (NULL: there is none), or new ones that are written to
 * it. */
static SstTracklets *
get_file_tracklets (const SstFootage * footage, const gchar * path,
    GError ** error)
{
  SstTracklets *tracklets;

  if (path != NULL && !options.remine
      && g_file_test (path, G_FILE_TEST_EXISTS))
    return load_tracklets (path, footage, error);
  tracklets = sst_tracklets_new ();
  if (!mine_footage (footage, NULL, tracklets, error) || (path != NULL
          && !sst_tracklets_save (tracklets, footage, path, error)))
    sst_tracklets_free (&tracklets);
  return tracklets;
}

/* What models make of tracklets, as the options ask. */
static gboolean
refine_tracklets (const SstFootage * footage, SstTracklets * tracklets,
    GError ** error)
{
  return (options.verify == NULL || verify_footage (footage, tracklets, error))
      && (options.retrack == NULL
      || retrack_footage (footage, tracklets, error));
}

/* Tracklets of an earlier time, or new ones, which are written; NULL with
 * error, or without one where that was interrupted. A run that is resumed gets
 * those that it had. */
static SstTracklets *
get_tracklets (const SstFootage * footage, GError ** error)
{
  gchar *path = options.tracklets != NULL ? g_strdup (options.tracklets) :
      options.work != NULL ? in_work ("tracklets.txt") : NULL;
  const gboolean refine = options.verify != NULL || options.retrack != NULL;
  gchar *refined = path == NULL || !refine ? NULL :
      g_strconcat (path, options.verify != NULL ? ".verified" : "",
      options.retrack != NULL ? ".retracked" : "", NULL);
  SstTracklets *tracklets = NULL;

  if (refined != NULL && options.resume && !options.remine
      && g_file_test (refined, G_FILE_TEST_EXISTS)) {
    tracklets = load_tracklets (refined, footage, error);
    goto done;
  }

  tracklets = options.store != NULL && options.tracklets == NULL ?
      get_stored_tracklets (footage, error) :
      get_file_tracklets (footage, path, error);
  if (tracklets != NULL && refine
      && (!refine_tracklets (footage, tracklets, error) || (refined != NULL
              && !sst_tracklets_save (tracklets, footage, refined, error))))
    sst_tracklets_free (&tracklets);

done:
  g_free (refined);
  g_free (path);
  return tracklets;
}

/* ---- where a run may write ---- */

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

/* ---- a run ---- */

typedef struct
{
  const SstFootage *footage;
  Contents contents;
  SstTrainer *trainer;
  gchar *footage_checksum;
  gchar *checkpoint;            /* path of the last one, or NULL */
  FILE *log;
  guint64 step;
  gdouble seconds;              /* spent training */
  guint n_bad;                  /* steps in a row that were not finite */
  /* since the last line: */
  guint n_steps;
  gdouble line_seconds;
  SstTrainerReport sum;
} Run;

static guint64
run_pairs (const Run * run)
{
  return run->step * (guint64) options.batch;
}

static gdouble
run_progress (const Run * run)
{
  return options.steps > 0 ? (gdouble) run->step / (gdouble) options.steps :
      run->seconds / (options.minutes * 60.0);
}

static gchar *
make_version (void)
{
  return *SST_COMMIT != '\0' ? g_strdup (PACKAGE_VERSION " (" SST_COMMIT ")") :
      g_strdup (PACKAGE_VERSION);
}

static gchar *
run_metadata (const Run * run)
{
  GDateTime *now = g_date_time_new_now_utc ();
  gchar *date = g_date_time_format (now, "%Y-%m-%d");
  gchar *changed = describe_options (), *version = make_version ();
  const gchar *start = options.model == NULL ? "random" :
      strcmp (options.model, "builtin") == 0 ? "builtin" : "file";
  gchar *text = g_strdup_printf ("steps=%" G_GUINT64_FORMAT "\n"
      "pairs=%" G_GUINT64_FORMAT "\n"
      "seed=%" G_GINT64_FORMAT "\n" "start=%s\n" "date=%s\n"
      "data=%u videos (%.0f s), %u photographs, %u cut-outs, %u pictures\n"
      "options=%s\n" "version=%s\n",
      run->step, run_pairs (run), options.seed, start, date,
      run->contents.n_clips[SST_CLIP_VIDEO], run->contents.seconds,
      run->contents.n_clips[SST_CLIP_PHOTOGRAPH],
      run->contents.n_clips[SST_CLIP_CUTOUT],
      sst_footage_n_images (run->footage), changed, version);

  g_free (version);
  g_free (changed);
  g_free (date);
  g_date_time_unref (now);
  return text;
}

/* Writes the averaged weights as a model. */
static gboolean
save_model (const Run * run, const gchar * path, GError ** error)
{
  SstModel *snapshot = sst_trainer_snapshot (run->trainer, error);
  const SstNetwork *network;
  gchar *metadata;
  float *parameters;
  SstModel *model;
  gboolean ok;

  if (snapshot == NULL) {
    g_prefix_error (error, "The training diverged, try a lower --rate than "
        "%g: ", options.rate);
    return FALSE;
  }
  network = sst_model_network (snapshot);
  parameters = g_new (float, sst_network_n_parameters (network));
  metadata = run_metadata (run);
  sst_model_get_parameters (snapshot, parameters);
  model = sst_model_new (sst_network_get_config (network), parameters,
      metadata, error);
  ok = model != NULL && sst_weights_save (sst_model_weights (model), path,
      error);
  sst_model_unref (model);
  sst_model_unref (snapshot);
  g_free (metadata);
  g_free (parameters);
  return ok;
}

static gboolean
save_state (const Run * run, const gchar * checkpoint, GError ** error)
{
  GKeyFile *file = g_key_file_new ();
  gchar *path = in_work ("run.ini");
  const GOptionEntry *entry;
  gchar *text;
  gsize size;
  gboolean ok;

  g_key_file_set_integer (file, RUN_GROUP, "version", RUN_VERSION);
  g_key_file_set_string (file, RUN_GROUP, "checkpoint", checkpoint);
  g_key_file_set_uint64 (file, RUN_GROUP, "step", run->step);
  g_key_file_set_double (file, RUN_GROUP, "seconds", run->seconds);
  g_key_file_set_string (file, RUN_GROUP, "footage", run->footage_checksum);
  if (options.paths != NULL)
    g_key_file_set_string_list (file, RUN_GROUP, "paths",
        (const gchar * const *) options.paths, g_strv_length (options.paths));
  for (guint i = 0; (entry = run_entry (i)) != NULL; i++) {
    gchar *value = entry_get (entry);

    if (value != NULL)
      g_key_file_set_string (file, OPTIONS_GROUP, entry->long_name, value);
    g_free (value);
  }
  text = g_key_file_to_data (file, &size, NULL);
  ok = g_file_set_contents_full (path, text, (gssize) size,
      G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0666,
      error);
  g_free (text);
  g_free (path);
  g_key_file_free (file);
  return ok;
}

/* Checkpoint, then what names it, then the model; the one before goes last. */
static gboolean
save_run (Run * run, GError ** error)
{
  if (options.work != NULL) {
    gchar *name = g_strdup_printf ("checkpoint-%" G_GUINT64_FORMAT ".sst",
        run->step);
    gchar *path = in_work (name);
    const gboolean ok = sst_trainer_save (run->trainer, path, error)
        && save_state (run, name, error);

    g_free (name);
    if (!ok) {
      g_free (path);
      return FALSE;
    }
    if (run->checkpoint != NULL && strcmp (run->checkpoint, path) != 0)
      g_unlink (run->checkpoint);
    g_free (run->checkpoint);
    run->checkpoint = path;
  }
  return save_model (run, options.output, error);
}

static gboolean
keep_model (const Run * run, GError ** error)
{
  gchar *name = g_strdup_printf ("snapshot-%09" G_GUINT64_FORMAT ".sst",
      run_pairs (run));
  gchar *path = in_work (name);
  const gboolean ok = save_model (run, path, error);

  g_free (path);
  g_free (name);
  return ok;
}

/* ---- the log ---- */

static gfloat
term (const SstTrainerReport * report, guint i)
{
  return G_STRUCT_MEMBER (gfloat, &report->terms, terms[i].offset);
}

/* What is in the log of the run that is resumed; NULL without an error where
 * there is none, and with one where something else is in its place, which stays
 * as it is. */
static gchar *
read_log (GError ** error)
{
  GError *problem = NULL;
  gchar *old;

  /* a device takes lines, and has none */
  if (g_file_test (options.log, G_FILE_TEST_EXISTS)
      && !g_file_test (options.log, G_FILE_TEST_IS_REGULAR))
    return NULL;
  old = sst_text_read (options.log, MAX_LOG_SIZE, NULL, &problem);
  if (g_error_matches (problem, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
    g_clear_error (&problem);
  } else if (problem != NULL) {
    g_propagate_error (error, problem);
  } else if (*old != '\0' && !g_str_has_prefix (old, LOG_HEAD)) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
        "\"%s\" is not the log of a run", options.log);
    g_clear_pointer (&old, g_free);
  }
  return old;
}

/* Opens the log. Of a run that is resumed, lines of steps that will come again
 * are dropped. */
static gboolean
open_log (Run * run, GError ** error)
{
  GString *head = g_string_new (LOG_HEAD);
  GError *problem = NULL;
  gchar *old = NULL;

  if (options.log != NULL && options.resume)
    old = read_log (&problem);
  if (options.log == NULL || problem != NULL) {
    g_string_free (head, TRUE);
    if (problem != NULL)
      g_propagate_error (error, problem);
    return options.log == NULL;
  }
  for (guint i = 0; i < N_TERMS; i++)
    g_string_append_printf (head, "\t%s", terms[i].name);
  g_string_append (head, "\tiou\tgradient\n");

  if (run->step > 0 && old != NULL) {
    gchar *line = strchr (old, '\n');

    while (line != NULL && line[1] != '\0'
        && g_ascii_strtoull (line + 1, NULL, 10) <= run->step) {
      gchar *end = strchr (line + 1, '\n');

      if (end == NULL)
        break;
      g_string_append_len (head, line + 1, end - line);
      line = end;
    }
  }
  run->log = fopen (options.log, "we");
  if (run->log != NULL) {
    setvbuf (run->log, NULL, _IOLBF, 0);
    fputs (head->str, run->log);
  } else {
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
        "Could not open the log \"%s\": %s", options.log,
        g_strerror (errno));
  }
  g_free (old);
  g_string_free (head, TRUE);
  return run->log != NULL;
}

static void
put_number (FILE * file, gdouble value)
{
  gchar text[G_ASCII_DTOSTR_BUF_SIZE];

  fprintf (file, "\t%s", g_ascii_formatd (text, sizeof (text), "%.6g",
          value));
}

static void
log_step (const Run * run, const SstTrainerReport * report)
{
  if (run->log == NULL)
    return;
  fprintf (run->log, "%" G_GUINT64_FORMAT "\t%" G_GUINT64_FORMAT, run->step,
      run_pairs (run));
  put_number (run->log, run->seconds);
  put_number (run->log, report->loss);
  for (guint i = 0; i < N_TERMS; i++)
    put_number (run->log, term (report, i));
  put_number (run->log, report->iou);
  put_number (run->log, report->gradient);
  fputc ('\n', run->log);
}

/* Adds to the means of the next line. */
static void
sum_step (Run * run, const SstTrainerReport * report)
{
  if (!report->finite)
    return;
  run->n_steps++;
  run->sum.loss += report->loss;
  run->sum.iou += report->iou;
  for (guint i = 0; i < N_TERMS; i++)
    G_STRUCT_MEMBER (gfloat, &run->sum.terms, terms[i].offset) +=
        term (report, i);
}

static void
show_run (Run * run)
{
  const gdouble progress = run_progress (run);
  const gdouble left = run->seconds * (1.0 - progress)
      / MAX (progress, 1e-6);
  const gdouble n = MAX (run->n_steps, 1);
  GString *parts = g_string_new (NULL);
  gchar time[32];

  for (guint i = 0; i < N_TERMS; i++)
    if (options.terms[i] > 0)
      g_string_append_printf (parts, "%s%s %.3f", parts->len > 0 ? ", " : "",
          terms[i].name, term (&run->sum, i) / n);
  format_time (left, time, sizeof (time));
  show_progress ("step %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT
      " pairs, %.0f a second, loss %.3f (%s), IoU %.3f, %s left", run->step,
      run_pairs (run), run->n_steps * options.batch
      / MAX (run->seconds - run->line_seconds, 1e-3), run->sum.loss / n,
      parts->str, run->sum.iou / n, time);
  g_string_free (parts, TRUE);
  run->sum = (SstTrainerReport) { 0 };
  run->n_steps = 0;
  run->line_seconds = run->seconds;
}

/* ---- training ---- */

static void
get_params (SstTrainerParams * params)
{
  sst_trainer_params_init (params);
  params->seed = (guint64) options.seed;
  params->batch = options.batch;
  params->learning_rate = (gfloat) options.rate;
  params->decay = (gfloat) options.decay;
  params->ema = (gfloat) options.ema;
  params->tracklet_share = (gfloat) options.tracklet_share;
  params->forward_share = (gfloat) options.forward_share;
  params->curriculum = (gfloat) options.curriculum;
  params->n_threads = (guint) options.threads - 1;
  params->bfloat = options.bfloat;
  for (guint i = 0; i < N_TERMS; i++)
    G_STRUCT_MEMBER (gfloat, &params->weights, terms[i].offset) =
        (gfloat) options.terms[i];
}

/* Trains until the schedule or somebody ends it. */
static gboolean
train (Run * run, GError ** error)
{
  gdouble saved = run->seconds;
  guint64 kept = options.keep_every > 0 ?
      (guint64) (run->seconds / (options.keep_every * 60.0)) : 0;

  run->line_seconds = run->seconds;
  while (!interrupted && run_progress (run) < 1.0) {
    const gint64 start = g_get_monotonic_time ();
    SstTrainerReport report;

    sst_trainer_step (run->trainer, (gfloat) run_progress (run), &report);
    run->step = report.step;
    run->seconds += (gdouble) (g_get_monotonic_time () - start)
        / G_USEC_PER_SEC;
    log_step (run, &report);
    sum_step (run, &report);

    run->n_bad = report.finite ? 0 : run->n_bad + 1;
    if (run->n_bad == 1)
      complain ("warning: step %" G_GUINT64_FORMAT " was not finite and is "
          "left out", run->step);
    if (run->n_bad == MAX_BAD_STEPS) {
      g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_VALUE,
          "The training diverged: %d steps in a row were not finite. Try a "
          "lower --rate than %g", MAX_BAD_STEPS, options.rate);
      return FALSE;
    }

    if (line_is_due ())
      show_run (run);
    if (run->seconds - saved >= SAVE_SECONDS) {
      saved = run->seconds;
      if (!save_run (run, error))
        return FALSE;
    }
    if (options.keep_every > 0
        && run->seconds >= (gdouble) (kept + 1) * options.keep_every * 60.0) {
      kept++;
      if (!keep_model (run, error))
        return FALSE;
    }
  }
  return save_run (run, error);
}

static void
run_clear (Run * run)
{
  sst_trainer_free (&run->trainer);
  g_free (run->footage_checksum);
  g_free (run->checkpoint);
  if (run->log != NULL)
    fclose (run->log);
}

/* How far it got. FALSE where that is nothing that a run gets to. */
static gboolean
get_progress (Run * run, GKeyFile * state)
{
  gchar *step = g_key_file_get_string (state, RUN_GROUP, "step", NULL);
  gchar *seconds = g_key_file_get_string (state, RUN_GROUP, "seconds", NULL);
  const gboolean good = step != NULL && seconds != NULL
      && g_ascii_string_to_unsigned (step, 10, 0, MAX_STEP, &run->step, NULL)
      && parse_double (seconds, &run->seconds)
      && run->seconds >= 0 && run->seconds <= MAX_SECONDS;

  g_free (step);
  g_free (seconds);
  return good;
}

/* Takes up where a state stands. */
static gboolean
restore_run (Run * run, GKeyFile * state, GError ** error)
{
  gchar *name = g_key_file_get_string (state, RUN_GROUP, "checkpoint", error);
  gchar *checksum = g_key_file_get_string (state, RUN_GROUP, "footage", NULL);
  const gboolean same = g_strcmp0 (checksum, run->footage_checksum) == 0;

  g_free (checksum);
  if (name == NULL)
    return FALSE;
  /* Another name would be a path out of the work folder. */
  if (strchr (name, G_DIR_SEPARATOR) != NULL) {
    g_set_error (error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE,
        "run.ini names no checkpoint but \"%s\"", name);
    g_free (name);
    return FALSE;
  }
  if (!same)
    complain ("warning: the footage is not what this run started with; it "
        "goes on, but not as it would have");
  run->checkpoint = in_work (name);
  g_free (name);
  if (!get_progress (run, state)) {
    g_set_error_literal (error, G_KEY_FILE_ERROR,
        G_KEY_FILE_ERROR_INVALID_VALUE,
        "run.ini does not say how far the run got");
    return FALSE;
  }
  return sst_trainer_load (run->trainer, run->checkpoint, error);
}

/* Says it with the files that are not in the work folder. */
static void
say_how_to_resume (void)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (written); i++)
    if (*written[i].path != NULL && !is_only_read (&written[i])
        && !is_in_work (*written[i].path))
      g_string_append_printf (text, " --%s=\"%s\"", written[i].name,
          *written[i].path);
  say ("go on with: " NAME " --resume --work \"%s\"%s", options.work,
      text->str);
  g_string_free (text, TRUE);
}

/* All that comes after the options. */
static gboolean
work (GKeyFile * state, GError ** error)
{
  SstFootage *footage;
  SstTracklets *tracklets = NULL;
  SstModel *model = NULL;
  SstTrainerParams params;
  Run run = { NULL, };
  gboolean ok = FALSE;

  if (options.list)
    return (options.paths == NULL || fill_store (error)) && list_store (error);
  footage = get_footage (error);
  if (footage == NULL)
    return FALSE;
  run.footage = footage;
  count_contents (footage, &run.contents);
  catch_signals ();
  get_params (&params);
  if (options.mine_only || params.tracklet_share > 0) {
    tracklets = get_tracklets (footage, error);
    if (tracklets == NULL) {
      if (interrupted)
        complain ("interrupted before the training began");
      goto done;
    }
    if (sst_tracklets_length (tracklets) == 0)
      say ("no tracklets in this footage: all pairs are made up");
  }
  if (options.mine_only) {
    ok = TRUE;
    goto done;
  }

  model = get_model (options.model, error);
  if (model == NULL)
    goto done;
  if (sst_model_tone (model) != NULL)
    complain ("%s has the tone of a camera, which is left out: the footage is "
        "learned from as it is", options.model);
  run.footage_checksum = footage_checksum (footage);
  run.trainer = sst_trainer_new (&params, model, footage, tracklets);
  if (state != NULL && !restore_run (&run, state, error))
    goto done;
  if (!open_log (&run, error))
    goto done;
  if (state != NULL)
    say ("going on after step %" G_GUINT64_FORMAT, run.step);
  if (run_progress (&run) >= 1.0)
    say ("this run is complete; more --minutes or --steps would lengthen it");

  ok = train (&run, error);
  if (!ok)
    goto done;
  say ("%s step %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT " pairs, %.0f s of "
      "training: the model is %s", interrupted ? "interrupted after" :
      "done:", run.step, run_pairs (&run), run.seconds, options.output);
  if (interrupted && options.work != NULL)
    say_how_to_resume ();
  else if (interrupted)
    say ("without --work it can't go on exactly, but --model=%s would start "
        "from there", options.output);

done:
  run_clear (&run);
  sst_model_unref (model);
  sst_tracklets_free (&tracklets);
  sst_footage_free (&footage);
  return ok;
}

/* ---- command line ---- */

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
make_paths_absolute (void)
{
  make_absolute (&options.output);
  make_absolute (&options.model);
  make_absolute (&options.work);
  make_absolute (&options.store);
  make_absolute (&options.tracklets);
  make_absolute (&options.verify);
  make_absolute (&options.retrack);
  make_absolute (&options.log);
  for (guint i = 0; options.paths != NULL && options.paths[i] != NULL; i++)
    make_absolute (&options.paths[i]);
}

/* Reads what a run was started with. */
static GKeyFile *
load_state (const gchar * folder, GError ** error)
{
  GKeyFile *state = g_key_file_new ();
  gchar *path = g_build_filename (folder, "run.ini", NULL);
  gchar *text = sst_text_read (path, MAX_STATE_SIZE, NULL, error);
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

/* What no later step would find out, or not before hours have passed. */
static gboolean
check_options (GError ** error)
{
  const gchar *wrong = NULL;
  gchar *folder;

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

  if (options.batch < 1 || options.batch > 4096)
    wrong = "--batch is 1 to 4096";
  else if (options.threads < 1 || options.threads > 64)
    wrong = "--threads is 1 to 64";
  else if (!(options.rate > 0 && options.rate <= 1))
    wrong = "--rate is over 0, up to 1";
  else if (!(options.decay > 0 && options.decay <= 1))
    wrong = "--decay is over 0, up to 1";
  else if (!(options.ema >= 0 && options.ema < 1))
    wrong = "--ema is 0 to below 1";
  else if (!(options.tracklet_share >= 0 && options.tracklet_share <= 1))
    wrong = "--tracklet-share is 0 to 1";
  else if (!(options.forward_share >= 0 && options.forward_share <= 1))
    wrong = "--forward-share is 0 to 1";
  else if (!(options.curriculum >= 0 && options.curriculum <= 1))
    wrong = "--curriculum is 0 to 1";
  else if (!(options.frame_rate > 0 && options.frame_rate <= 1000))
    wrong = "--frame-rate is over 0, up to 1000";
  else if (options.max_side < 64 || options.max_side > 4096)
    wrong = "--max-side is 64 to 4096";
  else if (options.short_side < 64 || options.short_side > 4096)
    wrong = "--short-side is 64 to 4096";
  else if (!(options.memory > 0 && options.memory <= 1e6))
    wrong = "--memory is over 0, in GB";
  else if (!(options.keep_every >= 0) || !isfinite (options.keep_every))
    wrong = "--keep-every is 0 or more";
  else if (options.steps < 0 || !(options.minutes >= 0)
      || !isfinite (options.minutes))
    wrong = "--minutes and --steps are over 0";
  for (guint i = 0; i < N_TERMS; i++)
    if (!(options.terms[i] >= 0) || !isfinite (options.terms[i]))
      wrong = "weights of the loss are 0 or more";
  if (wrong != NULL)
    return usage_error (error, wrong);
  if (options.keep_every > 0 && options.work == NULL)
    return usage_error (error, "--keep-every needs --work");

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

/* Options: defaults (as they are set), profile, the run that is resumed, the
 * command line; each over the ones before. state is set to the run's, if one is
 * resumed. */
static gboolean
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
  if (!parse (arguments, error))
    goto done;
  /* What was read into a store need not be looked for again. */
  if (options.paths == NULL && options.store == NULL && *state != NULL)
    options.paths = g_key_file_get_string_list (*state, RUN_GROUP, "paths",
        NULL, NULL);
  if (options.minutes != 0 && options.steps != 0) {
    usage_error (error, "give --minutes or --steps, not both");
    goto done;
  }
  if (options.minutes == 0 && options.steps == 0) {
    options.minutes = minutes;
    options.steps = steps;
  }
  make_paths_absolute ();
  if (!check_options (error) || (resume && !check_written (error)))
    goto done;
  if (!resume && folder != NULL && !options.mine_only
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

int
main (int argc, char **argv)
{
  GKeyFile *state = NULL;
  GError *error = NULL;
  gchar **arguments = g_strdupv (argv);
  gint status = EXIT_SUCCESS;
  GPtrArray *texts;

  setlocale (LC_ALL, "");
  display.terminal = isatty (STDERR_FILENO);
  make_loss_entries ();
  set_defaults ();
  texts = add_defaults ();
  if (!get_options (arguments, &state, &error)) {
    status = error->domain == G_OPTION_ERROR ? EXIT_USAGE : EXIT_FAILURE;
    complain ("%s", error->message);
    if (status == EXIT_USAGE)
      complain ("\"" NAME " --help\" explains the options");
  } else if (options.version) {
    gchar *version = make_version ();

    g_print (NAME " %s\n", version);
    g_free (version);
  } else if (options.info != NULL) {
    if (!show_info (&error)) {
      status = EXIT_FAILURE;
      complain ("%s", error->message);
    }
  } else {
    gst_init (NULL, NULL);
    /* The trainer has threads of its own. */
    openblas_set_num_threads (1);
    if (!work (state, &error)) {
      status = EXIT_FAILURE;
      if (error != NULL)
        complain ("%s", error->message);
    }
    gst_deinit ();
  }
  g_clear_error (&error);
  g_clear_pointer (&state, g_key_file_free);
  g_strfreev (arguments);
  g_ptr_array_unref (texts);
  free_options ();
  return status;
}
