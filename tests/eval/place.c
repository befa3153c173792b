/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Learns a place from the first 60 % of each video, and judges on the last
 * 40 %, for place.py:
 *
 *   place [OPTION...] VIDEO...
 *
 * One learner, as of sstrain, sees all videos (of one fixed camera), again and
 * again until it made --steps. The things to judge by are mined in the last
 * parts with another seed, and cut to three seconds. Prints events, and then a
 * line for each thing, separated by tabs: what is asked (track, know:
 * rehearsal.h; embed: know, without colours), the thing, and the scores of the
 * base, of the published model, and of the weights in training, whatever the
 * jury said of them. With --boxes, the boxes of the things by picture, for
 * contact sheets. */

#include <stdio.h>
#include <stdlib.h>

#include <cblas.h>

#include "footage/mine.h"
#include "stream/learner_private.h"

#include "gstssreader.h"
#include "options.h"
#include "place.h"

#define SHARE 0.6
#define MINE_SEED 40
#define MAX_TIME ((guint64) 3 * 1000 * 1000 * 1000)

static gchar *model_name, *output;
static gint n_steps = 300, seed = 1, check_steps, n_things = 60;
static gdouble rate;
static gboolean whole, boxes, no_tone;
static gchar **paths;

static GOptionEntry options_here[] = {
  {"model", 0, 0, G_OPTION_ARG_FILENAME, &model_name, "Base", "FILE.sst"},
  {"output", 0, 0, G_OPTION_ARG_FILENAME, &output, "Published model",
      "FILE.sst"},
  {"steps", 0, 0, G_OPTION_ARG_INT, &n_steps, "Of training", "N"},
  {"seed", 0, 0, G_OPTION_ARG_INT, &seed, "Of the learner", "N"},
  {"rate", 0, 0, G_OPTION_ARG_DOUBLE, &rate, "Of learning; 0: usual", "RATE"},
  {"check-steps", 0, 0, G_OPTION_ARG_INT, &check_steps, "0: usual", "N"},
  {"things", 0, 0, G_OPTION_ARG_INT, &n_things, "To judge by, at most", "N"},
  {"whole", 0, 0, G_OPTION_ARG_NONE, &whole, "Train all weights", NULL},
  {"no-tone", 0, 0, G_OPTION_ARG_NONE, &no_tone, "Weights alone", NULL},
  {"boxes", 0, 0, G_OPTION_ARG_NONE, &boxes, "Print them", NULL},
  {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &paths, NULL, NULL},
  {NULL}
};

static void
on_event (SstLearnerEvent event, SstLearner * learner, gpointer data)
{
  SstLearnerStats stats;
  gchar *text;

  sst_learner_get_stats (learner, &stats);
  text = describe_event (event, &stats);
  printf ("# %s; base pairs %.4f (base %.4f), drift %.4f, loss %.3f\n", text,
      stats.score, stats.base_score, stats.drift, stats.loss);
  fflush (stdout);
  g_free (text);
}

/* The last part of each video. */
static SstFootage *
cut_end (const SstFootage * all)
{
  SstFootage *end = sst_footage_new ();

  for (guint i = 0; i < sst_footage_n_clips (all); i++) {
    const SstClip *const from = sst_footage_clip (all, i);
    const guint n = sst_clip_length (from), first = (guint) (SHARE * n);
    SstClip *to;

    if (n < 2)
      continue;
    to = sst_footage_add_clip (end, from->name);
    for (guint k = first; k < n; k++)
      sst_clip_add (to, sst_image_ref (g_ptr_array_index (from->images, k)),
          sst_clip_time (from, k) - sst_clip_time (from, first));
  }
  return end;
}

/* What moves there. */
static SstTracklets *
mine (const SstFootage * footage)
{
  const SstMineParams params = SST_MINE_PARAMS_DEFAULT;
  SstTracklets *tracklets = sst_tracklets_new ();
  SstRandom random = sst_random_init (MINE_SEED, 0);
  SstMiner *miner = sst_miner_new ();

  for (guint i = 0; i < sst_footage_n_clips (footage); i++)
    sst_mine_clip (miner, footage, i, &params, &random, tracklets);
  sst_miner_free (&miner);
  for (guint i = 0; i < sst_tracklets_length (tracklets); i++) {
    SstTracklet *const t = sst_tracklets_get (tracklets, i);

    sst_tracklet_shorten (t, sst_footage_clip (footage, t->clip), MAX_TIME);
    if (!t->moving)
      t->quality = -1.f;
  }
  sst_tracklets_remove_below (tracklets, 0.f);
  return tracklets;
}

static void
print_boxes (const SstFootage * footage, const SstTracklets * tracklets)
{
  for (guint i = 0; i < sst_tracklets_length (tracklets); i++) {
    const SstTracklet *const t = sst_tracklets_get (tracklets, i);
    const SstClip *const clip = sst_footage_clip (footage, t->clip);

    for (guint k = 0; k < t->n_steps; k += MAX (t->n_steps / 4, 1))
      printf ("box\t%u\t%s\t%u\t%.1f\t%.1f\t%.1f\t%.1f\n", i, clip->name,
          t->steps[k].frame, t->steps[k].box.x, t->steps[k].box.y,
          t->steps[k].box.width, t->steps[k].box.height);
  }
}

#define N_MODELS 3

static void
judge (const SstFootage * all, SstModel * const *models)
{
  SstFootage *footage = cut_end (all);
  SstTracklets *tracklets = mine (footage);
  SstRehearsal *rehearsal = sst_rehearsal_new (footage, tracklets,
      (guint) n_things);
  SstRehearsalScores *scores = g_new0 (SstRehearsalScores, 2 * N_MODELS);

  printf ("# judged by %u things that move, %u followed, %u told apart\n",
      sst_tracklets_length (tracklets), sst_rehearsal_n_tracks (rehearsal),
      sst_rehearsal_n_known (rehearsal));
  for (int i = 0; i < N_MODELS; i++) {
    const SstTone tone = sst_tone_or_neutral (sst_model_tone (models[i]));

    sst_footage_see (footage, &tone);
    sst_rehearsal_run (rehearsal, models[i], NULL, &scores[i]);
    sst_rehearsal_look (rehearsal, models[i], FALSE, NULL,
        scores[N_MODELS + i].know);
  }
  for (guint i = 0; i < sst_rehearsal_n_tracks (rehearsal); i++)
    printf ("track\t%u\t%.4f\t%.4f\t%.4f\n", sst_rehearsal_track (rehearsal,
            i), scores[0].track[i], scores[1].track[i], scores[2].track[i]);
  for (int k = 0; k < 2; k++)
    for (guint i = 0; i < sst_rehearsal_n_known (rehearsal); i++)
      printf ("%s\t%u\t%.1f\t%.1f\t%.1f\n", k == 0 ? "know" : "embed",
          sst_rehearsal_known (rehearsal, i), scores[k * N_MODELS].know[i],
          scores[k * N_MODELS + 1].know[i], scores[k * N_MODELS + 2].know[i]);
  if (boxes)
    print_boxes (footage, tracklets);
  g_free (scores);
  sst_rehearsal_free (&rehearsal);
  sst_tracklets_free (&tracklets);
  sst_footage_free (&footage);
}

/* The weights in training, whatever was thought of them. */
static SstModel *
student_of (const SstLearner * learner)
{
  SstModel *const accepted = sst_jury_accepted (learner->worker.jury);

  return sst_trainer_snapshot (learner->worker.trainer,
      sst_model_tone (accepted), NULL, NULL);
}

static SstLearner *
make_learner (SstModel * base)
{
  SstLearnerParams params;

  sst_learner_params_init (&params);
  params.seed = (guint64) seed;
  params.learning_rate = (float) rate;
  params.whole = whole;
  params.tone = !no_tone;
  if (check_steps > 0)
    params.check_steps = (guint) check_steps;
  return sst_learner_new (&params, base);
}

static void
learn (const SstFootage * footage, SstModel * base)
{
  const PlaceParams params = { 0, SHARE, (guint64) n_steps, on_event, NULL };
  SstLearner *learner = make_learner (base);
  const gdouble shown = show_place (learner, footage, &params);
  SstModel *models[N_MODELS] = { base };

  printf ("# %.0f s shown\n", shown);
  on_event (SST_LEARNER_IDLE, learner, NULL);
  models[1] = sst_learner_get_model (learner);
  models[2] = learner->worker.trainer != NULL ? student_of (learner)
      : sst_model_ref (base);
  if (output != NULL)
    sst_model_save (models[1], output, NULL);
  sst_learner_free (&learner);
  judge (footage, models);
  sst_model_unref (models[1]);
  sst_model_unref (models[2]);
}

int
main (int argc, char **argv)
{
  GOptionContext *context = g_option_context_new ("VIDEO...");
  GError *error = NULL;
  GstSsReaderParams params;
  SstFootage *footage = NULL;
  SstModel *base = NULL;

  g_option_context_add_main_entries (context, options_here, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)
      || paths == NULL) {
    fprintf (stderr, "place: %s\n", error != NULL ? error->message
        : "no VIDEO");
    return 2;
  }
  gst_init (NULL, NULL);
  openblas_set_num_threads (1);
  base = model_name == NULL ? sst_model_builtin ()
      : sst_model_load (model_name, &error);
  gst_ss_reader_params_init (&params);
  if (base != NULL)
    footage = gst_ss_reader_read ((const gchar * const *) paths, &params, NULL,
        &error);
  if (footage == NULL) {
    fprintf (stderr, "place: %s\n", error != NULL ? error->message
        : "no model is built in");
    return 1;
  }
  learn (footage, base);
  sst_footage_free (&footage);
  sst_model_unref (base);
  g_option_context_free (context);
  g_strfreev (paths);
  return 0;
}
