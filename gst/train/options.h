/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Options (of sstrack-train): the command line, the part of it that a run remembers,
 * and the places where a run may write. */

#pragma once

#include <glib.h>
#include "fit/loss_weights.h"

#define NAME "sstrack-train"
#define EXIT_USAGE 2
#define RUN_GROUP "run"
#define OPTIONS_GROUP "options"
#define RUN_VERSION 1
/* Longer than anybody trains, or waits for a step. */
#define MAX_SECONDS 1e9
#define MAX_STEP (G_GUINT64_CONSTANT (1) << 48)

/* The terms of the loss, in the order of --help and of the log. */
typedef struct
{
  const gchar *name;
  gsize offset;                 /* in SstLossWeights */
  const gchar *help;
} Term;

#define N_TERMS 12
extern const Term terms[N_TERMS];

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
  gboolean bfloat, resume, mine_only, remine, list, place, merge;
  gboolean quiet, version;
} Options;

/* What was said on the command line. */
extern Options options;

/* Frees what the options hold. */
void free_options (void);

/* Makes the options of the terms of the loss, once, before anything is parsed. */
void make_loss_entries (void);

/* Gives the options the values that they have where nothing is said. */
void set_defaults (void);

/* The value of an option as text; free it. NULL: it has none. */
gchar *entry_get (const GOptionEntry * entry);

/* The whole text as a number that is one. */
gboolean parse_double (const gchar * text, gdouble * value);

/* The i-th option that belongs to a run, NULL after the last. */
const GOptionEntry *run_entry (guint i);

/* The options that are not as by default, without the paths of this machine. */
gchar *describe_options (void);

/* Texts of --help with the defaults in them, which are what is set now. */
GPtrArray *add_defaults (void);

/* The path of a name in the work folder; free it. */
gchar *in_work (const gchar * name);

/* The command that resumes the run, with its files that are not in the work folder;
 * free it. */
gchar *how_to_resume (void);

/* Options: defaults (as they are set), profile, the run that is resumed, the
 * command line; each over the ones before. state is set to the run's, if one is
 * resumed. */
gboolean get_options (gchar ** arguments, GKeyFile ** state, GError ** error);
