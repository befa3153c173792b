/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "fit/trainer.h"
#include "footage/pattern.h"

#include "suite.h"
#include "team.h"

/* With stride 16, and without. */
static const SstNetworkConfig networks[] = {
  {{4, 6, 8}, 0, 5, 7, 6, 0, 8, 1, TRUE, TRUE, TRUE},
  {{4, 6, 8}, 1, 5, 7, 6},
};

static const SstLossWeights every = {
  1.f, 2.f, 5.f, 0.5f, 0.5f, 0.3f, 0.3f, 0.3f, 0.3f, 0.3f, 0.3f, 0.3f
};

/* The thread sanitizer looks for races, which need no long training. */
#ifdef __SANITIZE_THREAD__
#define N_STEPS 12
#else
#define N_STEPS 50
#endif
#define BATCH 8
#define MAX_RANKS 4

static SstFootage *footage;
static SstTracklets *tracklets;

/* Pictures of patterns, and a few things that stand still in pairs of them. */
static void
make_data (void)
{
  SstFootage *pictures = sst_footage_new ();

  footage = sst_footage_new ();
  tracklets = sst_tracklets_new ();
  ck_assert (sst_pattern_fill (pictures, 7, 8, 160, 120, NULL));
  for (guint i = 0; i < 4; i++) {
    char *const name = g_strdup_printf ("clip%u", i);
    SstClip *const clip = sst_footage_add_clip (footage, name);
    SstTrackletStep steps[2];

    for (guint t = 0; t < 2; t++) {
      const SstClip *const from = sst_footage_clip (pictures, 2 * i + t);

      sst_clip_add (clip, sst_image_ref (g_ptr_array_index (from->images, 0)),
          t * 500000000ull);
      steps[t] = (SstTrackletStep) {t, {40.f + 9.f * t, 30.f, 36.f, 30.f}};
    }
    sst_tracklets_add (tracklets, &(SstTracklet) {
        .clip = i,.moving = TRUE,.quality = 0.8f,.n_steps = 2,.steps = steps});
    g_free (name);
  }
  sst_footage_free (&pictures);
}

/* What a rank does, and what it saw. */
typedef struct
{
  const SstNetworkConfig *config;
  const SstLossWeights *weights;        /* NULL: as by default */
  guint from, to;               /* steps */
  const char *load, *save;      /* the first rank's files, or NULL */
  float loss[N_STEPS];
  float norm[N_STEPS];
  char *checksum;               /* of the model in the end */
} Job;

static void
work (SstRanks * ranks, gpointer data)
{
  Job *const job = data;
  SstModel *model = sst_model_new_random (job->config, 3, NULL);
  SstTrainerParams params;
  SstTrainer *trainer;

  sst_trainer_params_init (&params);
  params.batch = BATCH;
  params.n_threads = 0;
  params.ranks = ranks;
  if (job->weights != NULL)
    params.weights = *job->weights;
  trainer = sst_trainer_new (&params, model, footage, tracklets);
  sst_model_unref (model);
  if (job->load != NULL && ranks->rank == 0)
    ck_assert (sst_trainer_load (trainer, job->load, NULL));
  sst_trainer_share (trainer);
  for (guint i = job->from; i < job->to; i++) {
    SstTrainerReport report;

    sst_trainer_step (trainer, (float) i / N_STEPS, &report);
    ck_assert (report.finite);
    ck_assert_uint_eq (report.step, i + 1);
    job->loss[i] = report.loss;
    job->norm[i] = report.gradient;
  }
  if (job->save != NULL && ranks->rank == 0)
    ck_assert (sst_trainer_save (trainer, job->save, NULL));
  model = sst_trainer_snapshot (trainer, NULL, NULL, NULL);
  job->checksum = g_strdup (sst_weights_get_checksum (sst_model_weights
          (model)));
  sst_model_unref (model);
  sst_trainer_free (&trainer);
}

/* Runs the same job in n ranks, which have to see the same. Free the checksum.
 */
static Job
run_job (guint n, Job job)
{
  Job jobs[MAX_RANKS];
  gpointer data[MAX_RANKS];

  for (guint r = 0; r < n; r++) {
    jobs[r] = job;
    data[r] = &jobs[r];
  }
  team_run (n, work, data);
  for (guint r = 1; r < n; r++) {
    ck_assert_str_eq (jobs[r].checksum, jobs[0].checksum);
    ck_assert_mem_eq (jobs[r].loss, jobs[0].loss, sizeof (jobs[0].loss));
    g_free (jobs[r].checksum);
  }
  return jobs[0];
}

static float
largest_difference (const Job * a, const Job * b, guint from)
{
  float most = 0.f;

  for (guint i = from; i < a->to; i++)
    most = fmaxf (most, fabsf (a->loss[i] - b->loss[i]));
  return most;
}

/* --- tests -------------------------------------------------------------- */

/* One rank with the whole batch and four with a quarter each: the same losses,
 * the same learning. */
START_TEST (the_number_of_ranks_does_not_matter)
{
  /* all losses over the whole time, the box's in another network for a while */
  const Job job = { &networks[_i], _i == 0 ? &every : NULL, 0, _i == 0 ? N_STEPS
        : 10 };
  Job alone = run_job (1, job);
  Job four = run_job (4, job);
  const float off = largest_difference (&alone, &four, 0);

  ck_assert_msg (off <= 1e-4f, "%g", off);
  for (guint i = 0; i < job.to; i++)
    ck_assert_float_eq_tol (alone.norm[i], four.norm[i],
        2e-3f * alone.norm[i]);
  g_free (alone.checksum);
  g_free (four.checksum);
}
END_TEST

/* A run of four ranks goes on with two, where one alone would have got to. */
START_TEST (it_goes_on_with_another_number)
{
  char *path = g_strdup_printf ("%s/ranks-%d.sst", g_get_tmp_dir (),
      (int) getpid ());
  Job job = { &networks[0], &every, 0, 12 };
  Job whole = run_job (1, job);
  Job first, rest;

  job.to = 6;
  job.save = path;
  first = run_job (4, job);
  job = (Job) { &networks[0], &every, 6, 12, path };
  rest = run_job (2, job);
  ck_assert_float_gt (rest.loss[11], 0.f);
  ck_assert_float_le (largest_difference (&whole, &rest, 6), 1e-4f);
  g_unlink (path);
  g_free (path);
  g_free (whole.checksum);
  g_free (first.checksum);
  g_free (rest.checksum);
}
END_TEST

/* Where each rank saw its own pairs alone in the contrast, the loss would be
 * that of a batch of so many. */
START_TEST (contrast_sees_the_pairs_of_all)
{
  const SstLossWeights contrast = {.instance = 1.f };
  const Job job = { &networks[0], &contrast, 0, 1 };
  Job alone = run_job (1, job);
  Job four = run_job (4, job);

  /* of random embeddings: the logarithm of as many as are compared, which are
   * up to 14; of two pairs it would be that of 3 at most */
  ck_assert_float_gt (alone.loss[0], logf (3.f) + 0.3f);
  ck_assert_float_eq_tol (alone.loss[0], four.loss[0], 1e-4f);
  g_free (alone.checksum);
  g_free (four.checksum);
}
END_TEST

/* Ranks that look at what is summed. */
typedef struct
{
  SstRanks ranks;               /* first, so that they are ranks as well */
  SstRanks *team;
  size_t n_upper, n_lower;
  guint n_seen;                 /* sums of the upper half */
  gboolean early;               /* when the lower half was not begun */
} Spy;

static void
spy_sum (SstRanks * ranks, float *x, size_t n)
{
  Spy *const spy = (Spy *) ranks;

  if (n == spy->n_upper) {
    spy->n_seen++;
    spy->early = TRUE;
    for (size_t i = 1; i <= spy->n_lower; i++)
      spy->early &= x[-(ptrdiff_t) i] == 0.f;
  }
  spy->team->sum (spy->team, x, n);
}

static void
spy_wait (SstRanks * ranks)
{
  SstRanks *const team = ((Spy *) ranks)->team;

  team->wait (team);
}

static void
spy (SstRanks * team, gpointer data)
{
  Spy *const spy = data;
  SstModel *model = sst_model_new_random (&networks[0], 3, NULL);
  const SstNetwork *const network = sst_model_network (model);
  SstTrainerParams params;
  SstTrainerReport report;
  SstTrainer *trainer;

  *spy = (Spy) {
    .ranks = { team->rank, team->n, spy_sum, spy_wait },.team = team,
    .n_lower = sst_network_n_lower (network)
  };
  spy->n_upper = sst_network_n_parameters (network) - spy->n_lower;
  sst_trainer_params_init (&params);
  params.batch = 2;
  params.n_threads = 0;
  params.ranks = &spy->ranks;
  trainer = sst_trainer_new (&params, model, footage, tracklets);
  sst_trainer_step (trainer, 0.f, &report);
  ck_assert (report.finite);
  sst_trainer_free (&trainer);
  sst_model_unref (model);
}

/* The upper half's gradient is on its way before the lower half's is found. */
START_TEST (sums_overlap_with_the_way_back)
{
  Spy spies[2];
  gpointer data[] = { &spies[0], &spies[1] };

  team_run (2, spy, data);
  for (int r = 0; r < 2; r++) {
    ck_assert_uint_gt (spies[r].n_lower, 0);
    ck_assert_uint_eq (spies[r].n_seen, 1);
    ck_assert (spies[r].early);
  }
}
END_TEST

static void
setup (void)
{
  make_data ();
}

static void
teardown (void)
{
  sst_tracklets_free (&tracklets);
  sst_footage_free (&footage);
}

static Suite *
ranks_suite (void)
{
  Suite *suite = suite_create ("ranks");
  TCase *tcase = tcase_create ("all");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_loop_test (tcase, the_number_of_ranks_does_not_matter, 0, 2);
  tcase_add_test (tcase, it_goes_on_with_another_number);
  tcase_add_test (tcase, contrast_sees_the_pairs_of_all);
  tcase_add_test (tcase, sums_overlap_with_the_way_back);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (ranks)
