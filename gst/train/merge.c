/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "merge.h"

#include <sstrack/learner.h>

#include "footage/mine.h"
#include "model/difference.h"
#include "model/mean.h"
#include "stream/jury.h"

#include "material.h"
#include "options.h"
#include "terminal.h"
#include "version.h"

/* A thing is followed that long, as in a window of sstrain's, nanoseconds. */
#define MAX_TIME ((guint64) 3 * 1000 * 1000 * 1000)

/* What the command line names: models end in .sst, the others are cameras. */
typedef struct
{
  GPtrArray *models;            /* of SstModel */
  GPtrArray *names;             /* of char, the command line's */
  GPtrArray *cameras;           /* the same */
} Things;

/* A model, or what it differs by from the base. */
static SstModel *
load_model (SstModel * base, const gchar * path, GError ** error)
{
  SstWeights *weights = sst_weights_load (path, error);
  SstModel *model = NULL;

  if (weights != NULL && sst_difference_is_one (weights)) {
    SstWeights *const whole = sst_difference_apply (weights,
        sst_model_weights (base), error);

    sst_weights_unref (weights);
    weights = whole;
    if (whole == NULL)
      g_prefix_error (error, "%s: ", path);
  }
  if (weights != NULL)
    model = sst_model_new_from_weights (weights, error);
  sst_weights_unref (weights);
  return model;
}

static gboolean
load_models (Things * things, SstModel * base, GError ** error)
{
  for (guint i = 0; options.paths[i] != NULL; i++) {
    gchar *const path = options.paths[i];
    SstModel *model;

    if (!g_str_has_suffix (path, ".sst")) {
      g_ptr_array_add (things->cameras, path);
      continue;
    }
    model = load_model (base, path, error);
    if (model == NULL)
      return FALSE;
    if (sst_model_tone (model) != NULL)
      say ("%s has the tone of its camera, which stays there", path);
    g_ptr_array_add (things->models, model);
    g_ptr_array_add (things->names, path);
  }
  return TRUE;
}

static SstModel *
make_mean (const Things * things, SstModel * base, GError ** error)
{
  GDateTime *now = g_date_time_new_now_utc ();
  gchar *date = g_date_time_format (now, "%Y-%m-%d");
  gchar *version = make_version ();
  gchar *metadata = g_strdup_printf ("date=%s\nversion=%s\n", date, version);
  SstModel *mean = sst_model_mean (base,
      (SstModel * const *) things->models->pdata,
      (const char *const *) things->names->pdata, things->models->len,
      metadata, error);

  g_free (metadata);
  g_free (version);
  g_free (date);
  g_date_time_unref (now);
  return mean;
}

/* What there is to judge by. */
static SstTracklets *
mine (const SstFootage * footage)
{
  const SstMineParams params = SST_MINE_PARAMS_DEFAULT;
  SstTracklets *tracklets = sst_tracklets_new ();
  SstRandom random = sst_random_init ((guint64) options.seed, 0);
  SstMiner *miner = sst_miner_new ();

  for (guint i = 0; i < sst_footage_n_clips (footage) && !interrupted; i++)
    if (sst_clip_length (sst_footage_clip (footage, i)) > 1)
      sst_mine_clip (miner, footage, i, &params, &random, tracklets);
  sst_miner_free (&miner);
  for (guint i = 0; i < sst_tracklets_length (tracklets); i++) {
    SstTracklet *const t = sst_tracklets_get (tracklets, i);

    sst_tracklet_shorten (t, sst_footage_clip (footage, t->clip), MAX_TIME);
  }
  return tracklets;
}

static void
say_verdict (const gchar * camera, SstVerdict verdict,
    const SstJuryScores * scores)
{
  const SstGain *const gains[] = { &scores->tried_track, &scores->tried_know,
    &scores->tried_pairs
  };
  static const gchar *const names[] = { "things followed", "things known",
    "pairs"
  };
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (gains); i++)
    if (gains[i]->n > 0)
      g_string_append_printf (text, ", %s %+.3f +- %.3f of %u", names[i],
          gains[i]->gain, gains[i]->error, gains[i]->n);
  say ("%s: the mean %s%s", camera, verdict == SST_VERDICT_ACCEPTED ? "holds" :
      verdict == SST_VERDICT_WORSE ? "is worse on pictures of no camera"
      : "is worse than the base", text->str);
  g_string_free (text, TRUE);
}

/* Whether a model holds at a camera: footage of it and what was found there,
 * which become the jury's. */
static gboolean
holds (SstModel * base, SstModel * mean, const gchar * camera,
    SstFootage * footage, SstTracklets * tracklets)
{
  SstLearnerParams params;
  SstJuryScores scores;
  SstVerdict verdict;
  SstJury *jury;

  sst_learner_params_init (&params);
  jury = sst_jury_new (base, params.check_pairs, params.check_things);
  sst_jury_bring (jury, mean, SST_PROOF_HOLDS, 1, footage, tracklets);
  do
    verdict = sst_jury_work (jury, NULL);
  while (verdict == SST_VERDICT_OPEN && !interrupted);
  sst_jury_get_scores (jury, &scores);
  if (!interrupted)
    say_verdict (camera, verdict, &scores);
  sst_jury_free (&jury);
  return verdict == SST_VERDICT_ACCEPTED;
}

/* Asks at each camera. n_worse: where it does not hold. FALSE with error where
 * a camera has nothing to ask, or without one where that was interrupted. */
static gboolean
judge (const Things * things, SstModel * base, SstModel * mean,
    guint * n_worse, GError ** error)
{
  *n_worse = 0;
  for (guint i = 0; i < things->cameras->len; i++) {
    gchar *const camera = g_ptr_array_index (things->cameras, i);
    SstFootage *const footage = read_footage_of (camera, error);

    if (footage == NULL)
      return FALSE;
    *n_worse += !holds (base, mean, camera, footage, mine (footage));
    if (interrupted) {
      complain ("interrupted: nothing is written");
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
merge (Things * things, SstModel * base, GError ** error)
{
  SstModel *mean;
  guint n_worse;
  gboolean ok;

  if (!load_models (things, base, error))
    return FALSE;
  mean = make_mean (things, base, error);
  if (mean == NULL)
    return FALSE;
  ok = judge (things, base, mean, &n_worse, error);
  if (ok && n_worse > 0) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "The mean of %u "
        "models is worse than their base at %u of %u cameras: nothing is "
        "written", things->models->len, n_worse, things->cameras->len);
    ok = FALSE;
  }
  ok = ok && sst_model_save (mean, options.output, error);
  if (ok)
    say ("done: the mean of %u models holds at %u cameras: the model is %s",
        things->models->len, things->cameras->len, options.output);
  sst_model_unref (mean);
  return ok;
}

gboolean
merge_models (GError ** error)
{
  Things things = {
    g_ptr_array_new_with_free_func ((GDestroyNotify) sst_model_unref),
    g_ptr_array_new (), g_ptr_array_new ()
  };
  SstModel *base = get_model (options.model != NULL ? options.model
      : "builtin", error);
  gboolean ok = FALSE;

  catch_signals ();
  if (base != NULL)
    ok = merge (&things, base, error);
  sst_model_unref (base);
  g_ptr_array_unref (things.cameras);
  g_ptr_array_unref (things.names);
  g_ptr_array_unref (things.models);
  return ok;
}
