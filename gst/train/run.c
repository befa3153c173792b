/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "run.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <glib/gstdio.h>

#include "base/text.h"
#include "fit/trainer.h"

#include "material.h"
#include "mining.h"
#include "options.h"
#include "ranks.h"
#include "terminal.h"
#include "version.h"

/* Between checkpoints; and between lines where no terminal is looking. */
#define SAVE_SECONDS 120
/* So many steps in a row that were not finite are no accident. */
#define MAX_BAD_STEPS 50
#define LOG_HEAD "step\tpairs\tseconds\tloss"
#define MAX_LOG_SIZE (1 << 30)

typedef struct
{
  const SstFootage *footage;
  Contents contents;
  SstTrainer *trainer;
  gchar *footage_checksum;
  gchar *from;                  /* line of the metadata: the model that it
                                 * started from; NULL: none */
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
run_metadata (const Run * run)
{
  GDateTime *now = g_date_time_new_now_utc ();
  gchar *date = g_date_time_format (now, "%Y-%m-%d");
  gchar *changed = describe_options (), *version = make_version ();
  const gchar *start = options.model == NULL ? "random" :
      strcmp (options.model, "builtin") == 0 ? "builtin" : "file";
  gchar *text = g_strdup_printf ("steps=%" G_GUINT64_FORMAT "\n"
      "pairs=%" G_GUINT64_FORMAT "\n"
      "seed=%" G_GINT64_FORMAT "\n" "start=%s\n%s" "date=%s\n"
      "data=%u videos (%.0f s), %u photographs, %u cut-outs, %u pictures\n"
      "options=%s\n" "version=%s\n",
      run->step, run_pairs (run), options.seed, start,
      run->from != NULL ? run->from : "", date,
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
  gchar *metadata = run_metadata (run);
  SstModel *model = sst_trainer_snapshot (run->trainer, NULL, metadata, error);
  gboolean ok = FALSE;

  if (model != NULL)
    ok = sst_weights_save (sst_model_weights (model), path, error);
  else
    g_prefix_error (error, "The training diverged, try a lower --rate than "
        "%g: ", options.rate);
  sst_model_unref (model);
  g_free (metadata);
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
keep_model (Run * run, GError ** error)
{
  gchar *name = g_strdup_printf ("snapshot-%09" G_GUINT64_FORMAT ".sst",
      run_pairs (run));
  gchar *path = in_work (name);
  const gboolean ok = save_model (run, path, error);

  g_free (path);
  g_free (name);
  return ok;
}

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
  params->ranks = ranks;
  for (guint i = 0; i < N_TERMS; i++)
    G_STRUCT_MEMBER (gfloat, &params->weights, terms[i].offset) =
        (gfloat) options.terms[i];
}

/* What ranks tell each other before a step: the first one's clock is
 * everybody's, and who was interrupted interrupts all. */
typedef struct
{
  gdouble seconds;
  gdouble interrupted;
} Pulse;

static void
keep_in_step (Run * run)
{
  Pulse *all;

  if (ranks == NULL)
    return;
  all = g_new0 (Pulse, ranks->n);
  all[ranks->rank] = (Pulse) { run->seconds, interrupted };
  ranks->gather (ranks, all, sizeof (Pulse));
  run->seconds = all[0].seconds;
  for (guint i = 0; i < ranks->n; i++)
    if (all[i].interrupted > 0)
      interrupted = 1;
  g_free (all);
}

/* Writes what is due. All ranks come here, and the first one writes. */
static gboolean
save_together (Run * run, gboolean (*save) (Run * run, GError ** error),
    GError ** error)
{
  sst_trainer_share (run->trainer);
  return ranks_settle (!ranks_is_first () || save (run, error), error);
}

/* Writes what is due after the last step. */
static gboolean
save_what_is_due (Run * run, gdouble * saved, guint64 * kept, GError ** error)
{
  if (run->seconds - *saved >= SAVE_SECONDS) {
    *saved = run->seconds;
    if (!save_together (run, save_run, error))
      return FALSE;
  }
  if (options.keep_every > 0
      && run->seconds >= (gdouble) (*kept + 1) * options.keep_every * 60.0) {
    ++*kept;
    return save_together (run, keep_model, error);
  }
  return TRUE;
}

/* A step, and what there is to say of it. FALSE with error: it diverged. */
static gboolean
make_step (Run * run, GError ** error)
{
  const gint64 start = g_get_monotonic_time ();
  SstTrainerReport report;

  sst_trainer_step (run->trainer, (gfloat) run_progress (run), &report);
  run->step = report.step;
  run->seconds += (gdouble) (g_get_monotonic_time () - start)
      / G_USEC_PER_SEC;
  log_step (run, &report);
  sum_step (run, &report);
  run->n_bad = report.finite ? 0 : run->n_bad + 1;
  if (run->n_bad == 1 && ranks_is_first ())
    complain ("warning: step %" G_GUINT64_FORMAT " was not finite and is "
        "left out", run->step);
  if (run->n_bad == MAX_BAD_STEPS) {
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_VALUE,
        "The training diverged: %d steps in a row were not finite. Try a "
        "lower --rate than %g", MAX_BAD_STEPS, options.rate);
    return ranks_settle (FALSE, error);
  }
  if (line_is_due ())
    show_run (run);
  return TRUE;
}

/* Trains until the schedule or somebody ends it. */
static gboolean
train (Run * run, GError ** error)
{
  gdouble saved = run->seconds;
  guint64 kept = options.keep_every > 0 ?
      (guint64) (run->seconds / (options.keep_every * 60.0)) : 0;

  run->line_seconds = run->seconds;
  while (TRUE) {
    keep_in_step (run);
    if (!save_what_is_due (run, &saved, &kept, error))
      return FALSE;
    if (interrupted || run_progress (run) >= 1.0)
      break;
    if (!make_step (run, error))
      return FALSE;
  }
  return save_together (run, save_run, error);
}

static void
run_clear (Run * run)
{
  sst_trainer_free (&run->trainer);
  g_free (run->footage_checksum);
  g_free (run->from);
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

/* The model to start from; of several ranks the first one's, for all. */
static SstModel *
get_start (GError ** error)
{
  SstModel *model = ranks_is_first () ? get_model (options.model, error) : NULL;

  if (!ranks_settle (model != NULL || !ranks_is_first (), error))
    return NULL;
  return share_model (model, error);
}

/* Every rank goes on where the first one does. */
static gboolean
restore_together (Run * run, GKeyFile * state, GError ** error)
{
  if (!ranks_settle (!ranks_is_first () || restore_run (run, state, error),
          error))
    return FALSE;
  if (ranks != NULL) {
    ranks->share (ranks, &run->step, sizeof (run->step));
    ranks->share (ranks, &run->seconds, sizeof (run->seconds));
  }
  sst_trainer_share (run->trainer);
  return TRUE;
}

/* How an interrupted run goes on. */
static void
say_how_to_go_on (void)
{
  gchar *command;

  if (options.work == NULL) {
    say ("without --work it can't go on exactly, but --model=%s would start "
        "from there", options.output);
    return;
  }
  command = how_to_resume ();
  say ("go on with: %s", command);
  g_free (command);
}

/* Trains, from a model on or where a run stands. */
static gboolean
train_from (Run * run, const SstModel * model, const SstTracklets * tracklets,
    GKeyFile * state, GError ** error)
{
  SstTrainerParams params;
  gboolean ok;

  if (ranks_is_first () && sst_model_tone (model) != NULL)
    complain ("%s has the tone of a camera, which is left out: the footage is "
        "learned from as it is", options.model);
  if (options.model != NULL)
    run->from = g_strdup_printf ("from=%s\n",
        sst_weights_get_checksum (sst_model_weights (model)));
  get_params (&params);
  run->trainer = sst_trainer_new (&params, model, run->footage, tracklets);
  if (state != NULL && !restore_together (run, state, error))
    return FALSE;
  if (!ranks_settle (!ranks_is_first () || open_log (run, error), error))
    return FALSE;
  if (state != NULL)
    say ("going on after step %" G_GUINT64_FORMAT, run->step);
  if (run_progress (run) >= 1.0)
    say ("this run is complete; more --minutes or --steps would lengthen it");
  ok = train (run, error);
  if (!ok)
    return FALSE;
  say ("%s step %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT " pairs, %.0f s of "
      "training: the model is %s", interrupted ? "interrupted after" :
      "done:", run->step, run_pairs (run), run->seconds, options.output);
  if (interrupted && ranks_is_first ())
    say_how_to_go_on ();
  return TRUE;
}

/* Footage that is the same for all ranks. */
static SstFootage *
get_same_footage (gchar ** checksum, GError ** error)
{
  SstFootage *footage = get_footage (error);

  if (!ranks_settle (footage != NULL, error)) {
    sst_footage_free (&footage);
    return NULL;
  }
  *checksum = footage_checksum (footage);
  if (!ranks_compare ("footage (a store has to be in a folder that all share)",
          *checksum, error))
    sst_footage_free (&footage);
  return footage;
}

gboolean
work (GKeyFile * state, GError ** error)
{
  SstFootage *footage;
  SstTracklets *tracklets = NULL;
  SstModel *model = NULL;
  Run run = { NULL, };
  gboolean ok = FALSE;

  if (options.list)
    return (options.paths == NULL || fill_store (error))
        && ranks_settle (!ranks_is_first () || list_store (error), error);
  if (ranks != NULL)
    say ("%u ranks of %d threads, %d pairs a step for each", ranks->n,
        options.threads, options.batch / (gint) ranks->n);
  footage = get_same_footage (&run.footage_checksum, error);
  if (footage == NULL)
    goto done;
  run.footage = footage;
  count_contents (footage, &run.contents);
  catch_signals ();
  if (options.mine_only || options.tracklet_share > 0) {
    tracklets = get_tracklets (footage, error);
    if (tracklets == NULL) {
      if (interrupted && ranks_is_first ())
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
  model = get_start (error);
  ok = model != NULL && train_from (&run, model, tracklets, state, error);

done:
  run_clear (&run);
  sst_model_unref (model);
  sst_tracklets_free (&tracklets);
  sst_footage_free (&footage);
  return ok;
}
