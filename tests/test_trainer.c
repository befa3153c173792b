/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "fit/adapters.h"
#include "fit/auxiliary.h"
#include "fit/trainer.h"

#include "suite.h"

static const SstNetworkConfig tiny = { {4, 6, 8}, 1, 5, 7, 6 };

#define BATCH 4
#define N_CLIPS 5
#define N_FRAMES 4

/* --- footage ------------------------------------------------------------ */

/* A picture of blobs, all of it moved by shift. */
static SstImage *
draw_image (guint64 seed, float shift)
{
  SstRandom random = sst_random_init (seed, 1);
  SstImage *image = sst_image_new (160, 120);
  float wave[3][4][4];

  for (int c = 0; c < 3; c++)
    for (int k = 0; k < 4; k++) {
      wave[c][k][0] = sst_random_uniform (&random, -0.3f, 0.3f);
      wave[c][k][1] = sst_random_uniform (&random, -0.3f, 0.3f);
      wave[c][k][2] = sst_random_uniform (&random, 0.f, 6.f);
      wave[c][k][3] = sst_random_uniform (&random, 8.f, c == 0 ? 30.f : 20.f);
    }
  for (int c = 0; c < 3; c++) {
    guint8 *to = sst_image_plane (image, c);
    const int scale = c == 0 ? 1 : 2;

    for (int y = 0; y < 120 / scale; y++)
      for (int x = 0; x < 160 / scale; x++) {
        float sum = 126.f;

        for (int k = 0; k < 4; k++)
          sum += wave[c][k][3] * sinf (wave[c][k][0] * (x * scale - shift)
              + wave[c][k][1] * y * scale + wave[c][k][2]);
        *to++ = (guint8) CLAMP (sum, 16.f, 235.f);
      }
  }
  return image;
}

static SstFootage *
make_footage (void)
{
  SstFootage *footage = sst_footage_new ();

  for (guint i = 0; i < N_CLIPS; i++) {
    char name[16];
    SstClip *clip;

    g_snprintf (name, sizeof (name), "clip%u", i);
    clip = sst_footage_add_clip (footage, name);
    for (guint t = 0; t < N_FRAMES; t++)
      sst_clip_add (clip, draw_image (100 + i, 5.f * t), t * 300000000ull);
  }
  return footage;
}

/* One thing of every clip, which moves as all of it does. */
static SstTracklets *
make_tracklets (void)
{
  SstTracklets *tracklets = sst_tracklets_new ();

  for (guint i = 0; i < N_CLIPS; i++) {
    SstTrackletStep steps[N_FRAMES];
    const SstTracklet tracklet = {
      .clip = i, .moving = i % 2, .quality = 0.5f + 0.1f * i, .motion = 0.3f,
      .n_steps = N_FRAMES, .steps = steps
    };

    for (guint t = 0; t < N_FRAMES; t++)
      steps[t] = (SstTrackletStep) { t, { 50.f + 5.f * t, 40.f, 36.f, 30.f } };
    sst_tracklets_add (tracklets, &tracklet);
  }
  return tracklets;
}

static SstFootage *footage;
static SstTracklets *tracklets;

static SstTrainerParams
default_params (void)
{
  SstTrainerParams params;

  sst_trainer_params_init (&params);
  params.batch = BATCH;
  params.warmup_steps = 0;
  params.ema = 0.9f;
  params.n_threads = 0;
  return params;
}

static const SstLossWeights every = {
  1.f, 2.f, 5.f, 0.5f, 0.3f, 0.3f, 0.3f, 0.3f, 0.3f, 0.3f, 0.3f
};

static SstTrainer *
make_trainer (const SstTrainerParams * params, const SstNetworkConfig * config)
{
  SstModel *model = sst_model_new_random (config, 3, NULL);
  SstTrainer *trainer = sst_trainer_new (params, model, footage, tracklets);

  sst_model_unref (model);
  return trainer;
}

static char *
checksum_of (const SstTrainer * trainer)
{
  SstModel *model = sst_trainer_snapshot (trainer, NULL, NULL, NULL);
  char *checksum;

  ck_assert_ptr_nonnull (model);
  checksum = g_strdup (sst_weights_get_checksum (sst_model_weights (model)));
  sst_model_unref (model);
  return checksum;
}

static void
step (SstTrainer * trainer, int n, float progress, SstTrainerReport * report)
{
  for (int i = 0; i < n; i++) {
    sst_trainer_step (trainer, progress, report);
    ck_assert (report->finite);
    ck_assert (isfinite (report->loss) && report->gradient > 0.f);
  }
}

static char *
train (guint64 seed, guint n_threads, gboolean auxiliary, int n)
{
  SstTrainerParams params = default_params ();
  SstTrainerReport report;
  SstTrainer *trainer;
  char *checksum;

  params.seed = seed;
  params.n_threads = n_threads;
  if (auxiliary)
    params.weights = every;
  trainer = make_trainer (&params, &tiny);
  step (trainer, n, 0.5f, &report);
  ck_assert_uint_eq (report.step, n);
  checksum = checksum_of (trainer);
  sst_trainer_free (&trainer);
  ck_assert_ptr_null (trainer);
  return checksum;
}

/* --- the whole of it ---------------------------------------------------- */

START_TEST (threads_change_no_result)
{
  char *alone = train (5, 0, _i, 4);
  char *crew = train (5, 3, _i, 4);
  char *other = train (6, 3, _i, 4);

  ck_assert_str_eq (alone, crew);
  ck_assert_str_ne (alone, other);
  g_free (alone);
  g_free (crew);
  g_free (other);
}
END_TEST

START_TEST (training_lowers_the_loss)
{
  SstTrainerParams params = default_params ();
  SstTrainerReport report;
  float first = 0.f, last = 0.f;
  SstTrainer *trainer;

  params.learning_rate = 5e-3f;
  trainer = make_trainer (&params, &tiny);
  for (int i = 0; i < 50; i++) {
    sst_trainer_step (trainer, i / 50.f, &report);
    ck_assert (report.finite);
    ck_assert_float_eq_tol (report.loss, report.terms.focal
        + 2.f * report.terms.giou + 5.f * report.terms.l1
        + 0.5f * report.terms.quality, 1e-4f);
    ck_assert (report.iou >= 0.f && report.iou <= 1.f);
    if (i < 10)
      first += report.loss / 10.f;
    if (i >= 40)
      last += report.loss / 10.f;
  }
  ck_assert_msg (last < 0.85f * first, "loss %g to %g", first, last);
  sst_trainer_free (&trainer);
}
END_TEST

/* --- how it goes on ----------------------------------------------------- */

static float *
parameters_of (const SstTrainer * trainer, size_t * n)
{
  SstModel *model = sst_trainer_snapshot (trainer, NULL, NULL, NULL);
  float *parameters;

  *n = sst_network_n_parameters (sst_model_network (model));
  parameters = g_new (float, *n);
  sst_model_get_parameters (model, parameters);
  sst_model_unref (model);
  return parameters;
}

/* Few lanes do what many do, but for the order of sums; and each lane takes
 * memory of its own, also where pairs share it one after another. */
START_TEST (few_lanes_do_what_many_do)
{
  static const guint n_lanes[] = { 16, 3, 1 };
  float *first = NULL;

  for (guint k = 0; k < G_N_ELEMENTS (n_lanes); k++) {
    SstTrainerParams params = default_params ();
    SstTrainerReport report;
    SstTrainer *trainer;
    float *parameters;
    size_t n;

    params.n_lanes = n_lanes[k];
    if (_i)
      params.weights = every;
    params.batch = 7;
    params.ema = 0.f;
    trainer = make_trainer (&params, &tiny);
    step (trainer, 1, 0.5f, &report);
    parameters = parameters_of (trainer, &n);
    if (first == NULL) {
      first = parameters;
    } else {
      double off = 0.0;

      for (size_t i = 0; i < n; i++)
        off += fabs ((double) parameters[i] - first[i]);
      /* Adam's first step is the gradient's sign times the rate, where it is
       * not next to 0 */
      ck_assert_double_lt (off / n, 0.01 * params.learning_rate);
      g_free (parameters);
    }
    sst_trainer_free (&trainer);
  }
  g_free (first);
}
END_TEST

/* All templates where forward tracking finds the target. */
START_TEST (forward_tracking_chooses_the_templates)
{
  SstTrainerParams params = default_params ();
  SstModel *model = sst_model_builtin ();
  SstTrainer *without, *trainer;
  SstTrainerReport report, other;
  char *before, *after;

  if (model == NULL)            /* a network that finds nothing: steps all the
                                 * same */
    model = sst_model_new_random (&tiny, 3, NULL);
  params.batch = 2;
  params.tracklet_share = 1.f;
  without = sst_trainer_new (&params, model, footage, tracklets);
  params.forward_share = 1.f;
  trainer = sst_trainer_new (&params, model, footage, tracklets);
  before = checksum_of (trainer);
  step (without, 2, 0.5f, &other);
  step (trainer, 2, 0.5f, &report);
  after = checksum_of (trainer);
  ck_assert_str_ne (before, after);
  if (sst_network_n_parameters (sst_model_network (model)) > 20000)
    ck_assert (report.loss != other.loss);      /* it was used */
  g_free (before);
  g_free (after);
  sst_trainer_free (&without);
  sst_trainer_free (&trainer);
  sst_model_unref (model);
}
END_TEST

/* The pull towards the start: the stronger, the less far it gets. */
START_TEST (a_stronger_anchor_drifts_less)
{
  float drift[3];

  for (int k = 0; k < 3; k++) {
    SstTrainerParams params = default_params ();
    SstTrainerReport report;
    SstTrainer *trainer;

    params.anchor = k == 0 ? 0.f : k == 1 ? 50.f : 500.f;
    params.learning_rate = 1e-3f;
    params.weight_decay = 0.f;
    trainer = make_trainer (&params, &tiny);
    ck_assert_float_eq (sst_trainer_drift (trainer), 0.f);
    for (int i = 0; i < 20; i++)
      step (trainer, 1, 0.f, &report);
    drift[k] = sst_trainer_drift (trainer);
    sst_trainer_free (&trainer);
  }
  ck_assert_msg (drift[0] > 1.2f * drift[1] && drift[1] > 1.5f * drift[2]
      && drift[2] > 0.f, "drift %g, %g, %g", drift[0], drift[1], drift[2]);
}
END_TEST

/* The strided layers stay to the bit, whatever else there is. */
START_TEST (a_frozen_stem_stays)
{
  SstTrainerParams params = default_params ();
  SstModel *start = sst_model_new_random (&tiny, 3, NULL);
  const SstNetwork *const network = sst_model_network (start);
  SstTrainerReport report;
  SstTrainer *trainer;
  const SstTensorSpec *specs;
  float *before, *after;
  size_t n, at = 0;
  int n_specs;

  params.freeze_stem = TRUE;
  params.weight_decay = 0.1f;
  params.anchor = _i ? 0.5f : 0.f;
  if (_i)
    params.weights = every;
  trainer = make_trainer (&params, &tiny);
  before = parameters_of (trainer, &n);
  step (trainer, 3, 0.f, &report);
  after = parameters_of (trainer, &n);
  specs = sst_network_specs (network, &n_specs);
  for (int i = 0; i < n_specs; i++) {
    const size_t size = sst_tensor_spec_size (&specs[i]);
    const gboolean same = memcmp (before + at, after + at,
        size * sizeof (float)) == 0;

    /* without its terms the embedding has weight decay alone */
    ck_assert_msg (same == g_str_has_prefix (specs[i].name, "stem"),
        "%s", specs[i].name);
    at += size;
  }
  ck_assert_uint_eq (at, n);
  g_free (before);
  g_free (after);
  sst_trainer_free (&trainer);
  sst_model_unref (start);
}
END_TEST

/* In one place nothing is a negative but what is seen at the same time
 * elsewhere, which is there where pairs are drawn together. */
START_TEST (things_seen_together_are_negatives)
{
  SstTrainerParams params = default_params ();
  SstTracklets *seen = sst_tracklets_new ();
  SstModel *model = sst_model_new_random (&tiny, 3, NULL);
  SstTrainerReport report;
  SstTrainer *trainer;

  for (guint clip = 0; clip < N_CLIPS; clip++) {
    for (int i = 0; i < 2; i++) {
      SstTrackletStep steps[N_FRAMES];

      for (guint t = 0; t < N_FRAMES; t++)
        steps[t] = (SstTrackletStep) {
          t, {20.f + 90.f * i + 5.f * t, 20.f + 60.f * i, 20.f, 16.f}
        };
      sst_tracklets_add (seen, &(SstTracklet) {
          .clip = clip,.moving = TRUE,.quality = 1.f,.n_steps = N_FRAMES,
          .steps = steps});
    }
  }
  params.weights = (SstLossWeights) { .instance = 1.f };
  params.tracklet_share = 1.f;
  params.together = _i == 2 ? 2 : 1;
  trainer = sst_trainer_new (&params, model, footage, seen);
  sst_trainer_set_place (trainer, _i == 0 ? 0 : N_CLIPS);
  for (int i = 0; i < 4; i++) {
    sst_trainer_step (trainer, 0.f, &report);
    ck_assert (report.finite);
    /* a pair in ten shows something else instead */
    if (_i == 1)
      ck_assert_float_eq (report.terms.instance, 0.f);
  }
  ck_assert (_i == 1 || sst_trainer_drift (trainer) > 0.f);
  sst_trainer_free (&trainer);
  sst_tracklets_free (&seen);
  sst_model_unref (model);
}
END_TEST

/* Whether a name is one of an adapter, said in another way than adapters.c. */
static gboolean
is_adapter (const char *name)
{
  static const char *const matrices[] = {
    "embedding.weight", "out.weight", "score.weight", "box.weight"
  };

  for (guint i = 0; i < G_N_ELEMENTS (matrices); i++)
    if (g_str_equal (name, matrices[i]))
      return TRUE;
  return !g_str_has_suffix (name, ".weight");
}

/* They are trained, what isn't one stays to the bit, and they are few. */
START_TEST (adapters_alone_are_trained)
{
  static const char *const shipped[] = {
    "siamese-1 channels=16,32,64 blocks=2 reduced=32 head=64 embedding=64",
    "siamese-2 channels=16,32,64,128 blocks=0,2,3 reduced=32 head=64 "
        "embedding=64 towers=1 target=1 mask=1"
  };
  SstTrainerParams params = default_params ();
  SstTrainerReport report;
  SstTrainer *trainer;
  SstModel *start;
  const SstTensorSpec *specs;
  float *before, *after;
  size_t n, at = 0;
  int n_specs;

  for (guint i = 0; i < G_N_ELEMENTS (shipped); i++) {
    SstNetworkConfig config;
    SstNetwork *network;
    GArray *spans;

    ck_assert (sst_network_parse (shipped[i], &config, NULL));
    network = sst_network_new (&config, NULL);
    spans = sst_adapters_of (network);
    n = 0;
    for (guint k = 0; k < spans->len; k++)
      n += g_array_index (spans, SstSpan, k).n;
    ck_assert_uint_gt (n, 3000);
    ck_assert_float_lt ((float) n, SST_ADAPTERS_MAX_SHARE
        * (float) sst_network_n_parameters (network));
    g_array_unref (spans);
    sst_network_free (&network);
  }

  params.adapters = TRUE;
  params.freeze_stem = _i == 2;
  params.weight_decay = 0.1f;
  params.anchor = _i ? 0.5f : 0.f;
  params.weights = every;
  trainer = make_trainer (&params, &tiny);
  before = parameters_of (trainer, &n);
  step (trainer, 3, 0.f, &report);
  ck_assert (report.finite);
  ck_assert_float_gt (sst_trainer_drift (trainer), 0.f);
  after = parameters_of (trainer, &n);
  start = sst_trainer_snapshot (trainer, NULL, NULL, NULL);
  specs = sst_network_specs (sst_model_network (start), &n_specs);
  for (int i = 0; i < n_specs; i++) {
    const size_t size = sst_tensor_spec_size (&specs[i]);
    const gboolean same = memcmp (before + at, after + at,
        size * sizeof (float)) == 0;
    const gboolean trained = is_adapter (specs[i].name)
        && !(_i == 2 && g_str_has_prefix (specs[i].name, "stem"));

    ck_assert_msg (same != trained, "%s", specs[i].name);
    at += size;
  }
  ck_assert_uint_eq (at, n);
  g_free (before);
  g_free (after);
  sst_model_unref (start);
  sst_trainer_free (&trainer);
}
END_TEST

static gpointer
stop_soon (gpointer pace)
{
  g_usleep (60000);
  sst_pace_stop (pace);
  return NULL;
}

/* A step that is stopped, before it or in it, has not been. */
START_TEST (a_stopped_step_was_not_taken)
{
  SstTrainerParams params = default_params ();
  SstTrainerReport report;
  SstTrainer *trainer, *free_one;
  char *before, *after, *expected;
  GThread *thread;

  if (_i)
    params.weights = every;
  free_one = make_trainer (&params, &tiny);
  step (free_one, 2, 0.5f, &report);
  expected = checksum_of (free_one);
  sst_trainer_free (&free_one);

  params.pace = sst_pace_new ();
  trainer = make_trainer (&params, &tiny);
  step (trainer, 1, 0.5f, &report);
  before = checksum_of (trainer);

  sst_pace_stop (params.pace);
  sst_trainer_step (trainer, 0.5f, &report);
  ck_assert (!report.finite);
  ck_assert_uint_eq (report.step, 1);
  after = checksum_of (trainer);
  ck_assert_str_eq (before, after);
  g_free (after);

  sst_pace_resume (params.pace);
  sst_pace_set_share (params.pace, 0.01);
  thread = g_thread_new ("stop", stop_soon, params.pace);
  sst_trainer_step (trainer, 0.5f, &report);
  g_thread_join (thread);
  ck_assert (!report.finite);
  ck_assert_uint_eq (report.step, 1);
  after = checksum_of (trainer);
  ck_assert_str_eq (before, after);
  g_free (after);

  sst_pace_resume (params.pace);
  sst_pace_set_share (params.pace, 1.0);
  step (trainer, 1, 0.5f, &report);
  ck_assert_uint_eq (report.step, 2);
  after = checksum_of (trainer);
  ck_assert_str_eq (after, expected);
  ck_assert_uint_gt (sst_pace_get_used (params.pace), 0);
  g_free (before);
  g_free (after);
  g_free (expected);
  sst_trainer_free (&trainer);
  sst_pace_free (&params.pace);
}
END_TEST

/* Other pictures in the middle of it; those of before may go. */
START_TEST (data_may_change_in_the_middle)
{
  SstTrainerParams params = default_params ();
  SstFootage *other = sst_footage_new ();
  SstTrainer *trainer = make_trainer (&params, &tiny);
  SstTrainer *same = make_trainer (&params, &tiny);
  SstTrainerReport report, unchanged;
  char *a, *b;

  sst_clip_add (sst_footage_add_clip (other, "other"), draw_image (77, 0.f), 0);
  step (trainer, 1, 0.f, &report);
  step (same, 1, 0.f, &unchanged);
  sst_trainer_set_data (same, footage, tracklets);
  sst_trainer_set_data (trainer, other, NULL);
  step (same, 1, 0.f, &unchanged);
  step (trainer, 1, 0.f, &report);
  ck_assert (report.loss != unchanged.loss);
  sst_trainer_set_data (trainer, footage, tracklets);
  sst_footage_free (&other);
  step (trainer, 2, 0.f, &report);
  sst_trainer_free (&trainer);

  /* the same again changes nothing */
  a = checksum_of (same);
  trainer = make_trainer (&params, &tiny);
  step (trainer, 2, 0.f, &report);
  b = checksum_of (trainer);
  ck_assert_str_eq (a, b);
  g_free (a);
  g_free (b);
  sst_trainer_free (&same);
  sst_trainer_free (&trainer);
}
END_TEST

START_TEST (the_learning_rate_may_change)
{
  SstTrainerParams params = default_params ();
  SstTrainer *trainer = make_trainer (&params, &tiny);
  SstTrainerReport report;
  float drift;

  step (trainer, 1, 0.f, &report);
  drift = sst_trainer_drift (trainer);
  sst_trainer_set_learning_rate (trainer, 0.f);
  step (trainer, 1, 0.f, &report);
  ck_assert_float_eq (sst_trainer_drift (trainer), drift);
  sst_trainer_set_learning_rate (trainer, 1e-2f);
  step (trainer, 1, 0.f, &report);
  ck_assert_float_gt (sst_trainer_drift (trainer), 2.f * drift);
  sst_trainer_free (&trainer);
}
END_TEST

/* Half of the way, and all of it: as if nothing had been. */
START_TEST (a_pull_leads_back_to_the_start)
{
  SstTrainerParams params = default_params ();
  SstModel *model = sst_model_new_random (&tiny, 3, NULL);
  SstTrainerReport report;
  SstTrainer *trainer;
  char *fresh, *again;
  float *parameters, *start;
  float drift, half;
  double off = 0.0;
  size_t n;

  params.seed = 9;
  params.ema = 0.f;             /* the mean is the weights */
  trainer = make_trainer (&params, &tiny);
  start = parameters_of (trainer, &n);
  step (trainer, 3, 0.f, &report);
  drift = sst_trainer_drift (trainer);
  ck_assert_float_gt (drift, 0.f);
  sst_trainer_pull (trainer, model, 0.f);
  ck_assert_float_eq (sst_trainer_drift (trainer), drift);
  sst_trainer_pull (trainer, model, 0.5f);
  half = sst_trainer_drift (trainer);
  ck_assert_float_eq_tol (half, 0.5f * drift, 1e-3f * drift);
  parameters = parameters_of (trainer, &n);
  for (size_t i = 0; i < n; i++)
    off += (parameters[i] - start[i]) * (double) (parameters[i] - start[i]);
  ck_assert_double_gt (off, 0.0);       /* the mean moved with them */
  g_free (parameters);

  sst_trainer_pull (trainer, model, 1.f);
  ck_assert_float_eq (sst_trainer_drift (trainer), 0.f);
  parameters = parameters_of (trainer, &n);
  ck_assert_mem_eq (parameters, start, n * sizeof (float));
  g_free (parameters);
  g_free (start);
  sst_trainer_free (&trainer);

  /* no moment is left over: different ways to the pull, the same step after */
  params.learning_rate = 1e-3f;
  trainer = make_trainer (&params, &tiny);
  sst_trainer_set_learning_rate (trainer, 0.5f);
  step (trainer, 1, 0.f, &report);
  sst_trainer_pull (trainer, model, 1.f);
  sst_trainer_set_learning_rate (trainer, 1e-3f);
  step (trainer, 1, 0.f, &report);
  fresh = checksum_of (trainer);
  sst_trainer_free (&trainer);
  trainer = make_trainer (&params, &tiny);
  sst_trainer_set_learning_rate (trainer, 1e-4f);
  step (trainer, 1, 0.f, &report);
  sst_trainer_pull (trainer, model, 1.f);
  sst_trainer_set_learning_rate (trainer, 1e-3f);
  step (trainer, 1, 0.f, &report);
  again = checksum_of (trainer);
  ck_assert_str_eq (fresh, again);
  g_free (fresh);
  g_free (again);
  sst_trainer_free (&trainer);
  sst_model_unref (model);
}
END_TEST

/* --- terms alone -------------------------------------------------------- */

#define N_TERMS 7

static float *
term (SstLossWeights * weights, int i)
{
  float *const all[N_TERMS] = {
    &weights->instance, &weights->reconstruct, &weights->placement,
    &weights->ordering, &weights->intra, &weights->inter, &weights->multilabel
  };

  return all[i];
}

/* Each trains on its own, reports itself and nothing else beside the box's. */
START_TEST (each_term_trains_and_reports_itself)
{
  SstTrainerParams params = default_params ();
  SstTrainerReport report;
  SstTrainer *trainer;
  char *before, *after;

  params.weights = (SstLossWeights) { 0 };
  *term (&params.weights, _i) = 1.f;
  params.tracklet_share = 1.f;  /* ordering wants time */
  trainer = make_trainer (&params, &tiny);
  before = checksum_of (trainer);
  /* the first steps fill the queue; 20 of it are alike to multilabel */
  for (int i = 0; i < (_i == 6 ? 9 : 4); i++) {
    sst_trainer_step (trainer, 1.f, &report);
    ck_assert (report.finite);
    ck_assert_float_eq_tol (report.loss, *term (&report.terms, _i), 1e-5f);
    for (int k = 0; k < N_TERMS; k++)
      if (k != _i)
        ck_assert_float_eq (*term (&report.terms, k), 0.f);
  }
  after = checksum_of (trainer);
  if (_i != 5) {                /* neighbours are not good enough at once */
    ck_assert_float_gt (report.loss, 0.f);
    ck_assert_float_gt (report.gradient, 0.f);
    ck_assert_str_ne (before, after);
  }
  g_free (before);
  g_free (after);
  sst_trainer_free (&trainer);
}
END_TEST

/* What a batch of pairs goes through, by hand. */
typedef struct
{
  SstNetwork *network;
  SstAuxiliary *auxiliary;
  size_t n, n_heads;
  float *parameters, *kernels, *workspace;      /* parameters: also heads */
  SstPair pairs[BATCH];
  float *trace[BATCH][2];
} Rig;

static void
rig_init (Rig * rig, const SstLossWeights * weights)
{
  SstRandom random = sst_random_init (9, 1);
  SstTrackletSampler *sampler = sst_tracklet_sampler_new (footage, tracklets);

  rig->network = sst_network_new (&tiny, NULL);
  rig->auxiliary = sst_auxiliary_new (rig->network, weights, 0.5f, BATCH,
      0, BATCH);
  rig->n = sst_network_n_parameters (rig->network);
  rig->n_heads = sst_auxiliary_n_parameters (rig->auxiliary);
  rig->parameters = g_new (float, rig->n + rig->n_heads);
  sst_network_init_parameters (rig->network, &random, rig->parameters);
  sst_auxiliary_init_parameters (rig->auxiliary, &random,
      rig->parameters + rig->n);
  /* heads that are undecided have no gradient to pass on */
  for (size_t i = 0; i < rig->n_heads; i++)
    rig->parameters[rig->n + i] += sst_random_normal (&random, 0.1f);
  rig->kernels = g_new (float, sst_network_kernels_size (rig->network, TRUE));
  rig->workspace = g_new (float, sst_network_workspace_size (rig->network,
          TRUE));
  for (int i = 0; i < BATCH; i++) {
    SstPair *const pair = &rig->pairs[i];

    pair->templ = g_new (float, SST_TEMPLATE_SIZE);
    pair->search = g_new (float, SST_SEARCH_SIZE);
    sst_tracklet_sampler_pair (sampler, &random, 1.f, 0.f, pair);
    pair->source = i;
    pair->present = i != 2;
    pair->seconds = i % 2 ? 0.2f : 3.f;
    pair->weight = 0.5f + 0.1f * i;
    sst_auxiliary_prepare (rig->auxiliary, i, pair, &random);
    for (int role = 0; role < 2; role++)
      rig->trace[i][role] = g_new0 (float, sst_network_trace_size (rig->network,
              role));
  }
  sst_tracklet_sampler_free (&sampler);
}

static void
rig_clear (Rig * rig)
{
  for (int i = 0; i < BATCH; i++) {
    g_free (rig->pairs[i].templ);
    g_free (rig->pairs[i].search);
    g_free (rig->trace[i][0]);
    g_free (rig->trace[i][1]);
  }
  sst_auxiliary_free (&rig->auxiliary);
  sst_network_free (&rig->network);
  g_free (rig->parameters);
  g_free (rig->kernels);
  g_free (rig->workspace);
}

/* The queue before every loss: things of other sources, and a bar that all
 * neighbours pass. */
static void
fill_queue (Rig * rig)
{
  SstQueue *const queue = sst_auxiliary_queue (rig->auxiliary);
  SstRandom random = sst_random_init (4, 4);
  float z[32 * 6], g[32 * 8];
  guint sources[32];

  if (queue == NULL)
    return;
  for (int i = 0; i < 32; i++) {
    float z_length = 0.f, g_length = 0.f;

    for (int k = 0; k < 6; k++) {
      z[i * 6 + k] = sst_random_normal (&random, 1.f);
      z_length += z[i * 6 + k] * z[i * 6 + k];
    }
    for (int k = 0; k < 8; k++) {
      g[i * 8 + k] = sst_random_uniform (&random, 0.f, 1.f);
      g_length += g[i * 8 + k] * g[i * 8 + k];
    }
    for (int k = 0; k < 6; k++)
      z[i * 6 + k] /= sqrtf (z_length);
    for (int k = 0; k < 8; k++)
      g[i * 8 + k] /= sqrtf (g_length);
    sources[i] = 100 + i;
  }
  ck_assert (sst_queue_restore (queue, 32, 32, z, g, sources));
  sst_auxiliary_threshold (rig->auxiliary)->value = -1.f;
}

static double
rig_loss (Rig * rig, const SstLossWeights * weights, float *dheads)
{
  SstLossWeights terms = { 0 };
  double loss = 0.0;

  fill_queue (rig);
  sst_network_fold (rig->network, rig->parameters, TRUE, rig->kernels);
  for (int i = 0; i < BATCH; i++) {
    SstRandom random = sst_random_init (11, i);

    sst_network_template (rig->network, rig->kernels, rig->pairs[i].templ,
        &rig->pairs[i].templ_box, rig->trace[i][0], rig->workspace);
    sst_network_search (rig->network, rig->kernels,
        sst_network_template_cells (rig->network, rig->trace[i][0]),
        rig->pairs[i].search, rig->trace[i][1], rig->workspace);
    sst_auxiliary_forward (rig->auxiliary, i, rig->kernels, &rig->pairs[i],
        rig->trace[i], &random);
  }
  sst_auxiliary_loss (rig->auxiliary, rig->parameters + rig->n, 1.f, &terms,
      dheads);
  for (int k = 0; k < N_TERMS; k++) {
    SstLossWeights w = *weights;

    loss += (double) *term (&w, k) * *term (&terms, k);
  }
  return loss;
}

/* After rig_loss(), to whose dheads this gradient goes on. */
static void
rig_gradient (Rig * rig, float *dparameters)
{
  float *dkernels = g_new0 (float, rig->n);
  float *dfeatures[2] = { g_new (float, 8 * 144),
    g_new (float, 8 * SST_NETWORK_CELLS)
  };

  for (int i = 0; i < BATCH; i++) {
    /* overwritten: whatever they are */
    memset (dfeatures[0], 0x42, 8 * 144 * sizeof (float));
    memset (dfeatures[1], 0x42, 8 * SST_NETWORK_CELLS * sizeof (float));
    sst_auxiliary_backward (rig->auxiliary, i, rig->kernels, dfeatures,
        dkernels);
    sst_network_search_backward (rig->network, rig->kernels,
        sst_network_template_cells (rig->network, rig->trace[i][0]),
        rig->trace[i][1], NULL, dfeatures[1], dkernels, NULL, rig->workspace);
    sst_network_template_backward (rig->network, rig->kernels,
        &rig->pairs[i].templ_box, rig->trace[i][0], NULL, dfeatures[0],
        dkernels, rig->workspace);
  }
  sst_network_fold_backward (rig->network, rig->parameters, dkernels,
      dparameters);
  g_free (dkernels);
  g_free (dfeatures[0]);
  g_free (dfeatures[1]);
}

/* Along its gradient the loss of a term, or of all, grows as that says. */
START_TEST (losses_grow_along_their_gradients)
{
  SstLossWeights weights = { 0 };
  float *gradient, *saved;
  double norm = 0.0, ratio = 0.0;
  size_t n;
  Rig rig;

  for (int k = 0; k < N_TERMS; k++)
    if (k == _i || (_i == N_TERMS && k != 1))
      *term (&weights, k) = 0.7f;
  rig_init (&rig, &weights);
  n = rig.n + rig.n_heads;
  gradient = g_new0 (float, n);
  saved = g_memdup2 (rig.parameters, n * sizeof (float));
  ck_assert_double_gt (rig_loss (&rig, &weights, gradient + rig.n), 0.0);
  rig_gradient (&rig, gradient);
  for (size_t i = 0; i < n; i++)
    norm += (double) gradient[i] * gradient[i];
  norm = sqrt (norm);
  ck_assert_double_gt (norm, 1e-4);
  /* a long step meets the kinks of rectifiers, a short one rounding */
  for (double length = 1e-3; length < 2e-2; length *= 2.0) {
    float *unused = g_new0 (float, rig.n_heads);
    double change = 0.0, now;

    for (int sign = -1; sign <= 1; sign += 2) {
      for (size_t i = 0; i < n; i++)
        rig.parameters[i] = (float) (saved[i] + sign * length * gradient[i]
            / norm);
      change += sign * rig_loss (&rig, &weights, unused);
    }
    now = change / (2.0 * length * norm);
    if (fabs (now - 1.0) < fabs (ratio - 1.0))
      ratio = now;
    g_free (unused);
  }
  /* reconstruction takes the weights of its cells for constants, which they are
   * not */
  ck_assert_msg (fabs (ratio - 1.0) < (_i == 1 ? 0.4 : 0.03),
      "term %d: differences give %g of the gradient, which is %g", _i, ratio,
      norm);
  g_free (gradient);
  g_free (saved);
  rig_clear (&rig);
}
END_TEST

/* A NaN is not remembered. */
START_TEST (nan_is_not_remembered)
{
  const SstLossWeights weights = { .intra = 1.f, .inter = 1.f,
    .multilabel = 1.f
  };
  const SstQueue *queue;
  float *unused;
  Rig rig;

  rig_init (&rig, &weights);
  unused = g_new0 (float, rig.n_heads);
  rig_loss (&rig, &weights, unused);
  queue = sst_auxiliary_queue (rig.auxiliary);
  ck_assert_int_eq (queue->length, 32 + BATCH - 1);     /* one is absent */
  for (size_t i = 1; i <= 8; i++)       /* a row of the embedding's matrix */
    rig.parameters[rig.n - i] = 3e38f;
  rig_loss (&rig, &weights, unused);
  ck_assert_int_eq (queue->length, 32);
  for (int i = 0; i < queue->length * queue->dim; i++)
    ck_assert (isfinite (queue->embeddings[i]));
  for (int i = 0; i < queue->length * queue->feature_dim; i++)
    ck_assert (isfinite (queue->features[i]));
  ck_assert (isfinite (sst_auxiliary_threshold (rig.auxiliary)->value));
  g_free (unused);
  rig_clear (&rig);
}
END_TEST

/* --- checkpoints -------------------------------------------------------- */

static char *
temporary (const char *name)
{
  return g_strdup_printf ("%s/sst-test-%d-%s", g_get_tmp_dir (),
      (int) getpid (), name);
}

/* Two steps, a checkpoint, two more: as four, also where there is a queue. */
START_TEST (a_checkpoint_goes_on_as_one)
{
  SstTrainerParams params = default_params ();
  char *path = temporary ("checkpoint");
  char *straight, *resumed, *between;
  SstTrainerReport report;
  SstTrainer *trainer;
  GError *error = NULL;

  if (_i)
    params.weights = every;
  trainer = make_trainer (&params, &tiny);
  step (trainer, 2, 0.6f, &report);
  between = checksum_of (trainer);
  ck_assert (sst_trainer_save (trainer, path, &error));
  ck_assert_ptr_null (error);
  step (trainer, 2, 0.6f, &report);
  straight = checksum_of (trainer);

  /* back in the same trainer */
  ck_assert (sst_trainer_load (trainer, path, &error));
  resumed = checksum_of (trainer);
  ck_assert_str_eq (resumed, between);
  g_free (resumed);
  step (trainer, 2, 0.6f, &report);
  ck_assert_uint_eq (report.step, 4);
  resumed = checksum_of (trainer);
  ck_assert_str_eq (resumed, straight);
  g_free (resumed);
  sst_trainer_free (&trainer);

  /* and in another one, that was somewhere else */
  trainer = make_trainer (&params, &tiny);
  step (trainer, 1, 0.1f, &report);
  ck_assert (sst_trainer_load (trainer, path, &error));
  step (trainer, 2, 0.6f, &report);
  resumed = checksum_of (trainer);
  ck_assert_str_eq (resumed, straight);

  g_unlink (path);
  g_free (path);
  g_free (straight);
  g_free (resumed);
  g_free (between);
  sst_trainer_free (&trainer);
}
END_TEST

/* A checkpoint from before the first step: its queue is empty. */
START_TEST (a_checkpoint_before_the_first_step_works)
{
  SstTrainerParams params = default_params ();
  char *path = temporary ("first");
  SstTrainerReport report;
  SstTrainer *trainer;
  char *straight, *resumed;

  params.weights = every;
  trainer = make_trainer (&params, &tiny);
  ck_assert (sst_trainer_save (trainer, path, NULL));
  step (trainer, 2, 0.9f, &report);
  straight = checksum_of (trainer);
  ck_assert (sst_trainer_load (trainer, path, NULL));
  step (trainer, 2, 0.9f, &report);
  ck_assert_uint_eq (report.step, 2);
  resumed = checksum_of (trainer);
  ck_assert_str_eq (resumed, straight);
  g_unlink (path);
  g_free (path);
  g_free (straight);
  g_free (resumed);
  sst_trainer_free (&trainer);
}
END_TEST

static void
check_refused (SstTrainer * trainer, const char *path, const char *what)
{
  char *before = checksum_of (trainer), *after;
  GError *error = NULL;

  ck_assert_msg (!sst_trainer_load (trainer, path, &error), "%s", what);
  ck_assert_msg (error != NULL && strstr (error->message, path) != NULL,
      "%s: %s", what, error != NULL ? error->message : "no message");
  g_clear_error (&error);
  ck_assert (!sst_trainer_load (trainer, path, NULL));
  after = checksum_of (trainer);
  ck_assert_str_eq (before, after);
  g_free (before);
  g_free (after);
}

START_TEST (foreign_checkpoints_are_refused)
{
  const SstNetworkConfig other = { {4, 6, 8}, 1, 5, 8, 6 };
  SstTrainerParams params = default_params ();
  char *path = temporary ("refused"), *contents;
  SstTrainer *trainer = make_trainer (&params, &tiny), *stranger;
  SstTrainerReport report;
  SstModel *model;
  gsize size;

  step (trainer, 1, 0.f, &report);
  check_refused (trainer, "/nonexistent/checkpoint", "no file");
  ck_assert (!sst_trainer_save (trainer, "/nonexistent/checkpoint", NULL));

  stranger = make_trainer (&params, &other);
  ck_assert (sst_trainer_save (stranger, path, NULL));
  check_refused (trainer, path, "another network");
  sst_trainer_free (&stranger);

  params.weights = every;       /* more parameters */
  stranger = make_trainer (&params, &tiny);
  ck_assert (sst_trainer_save (stranger, path, NULL));
  check_refused (trainer, path, "heads");
  sst_trainer_free (&stranger);

  model = sst_trainer_snapshot (trainer, NULL, NULL, NULL);
  ck_assert (sst_weights_save (sst_model_weights (model), path, NULL));
  check_refused (trainer, path, "a model");
  sst_model_unref (model);

  ck_assert (sst_trainer_save (trainer, path, NULL));
  ck_assert (g_file_get_contents (path, &contents, &size, NULL));
  for (int k = 0; k < 8; k++) {
    ck_assert (g_file_set_contents (path, contents, size * k / 8, NULL));
    check_refused (trainer, path, "truncated");
  }
  for (int k = 0; k < 8; k++) {
    contents[size * k / 8] ^= 0x10;
    ck_assert (g_file_set_contents (path, contents, size, NULL));
    check_refused (trainer, path, "damaged");
    contents[size * k / 8] ^= 0x10;
  }
  ck_assert (g_file_set_contents (path, contents, size, NULL));
  ck_assert (sst_trainer_load (trainer, path, NULL));
  g_unlink (path);
  g_free (path);
  g_free (contents);
  sst_trainer_free (&trainer);
}
END_TEST

/* Weights that a rate threw out of what floats hold are no model, and that is
 * said. */
START_TEST (weights_that_overflow_are_no_model)
{
  SstTrainerParams params = default_params ();
  GError *error = NULL;
  SstTrainer *trainer;
  SstTrainerReport report;

  params.learning_rate = 3e38f;
  params.weight_decay = 1e3f;
  params.ema = 0.f;
  trainer = make_trainer (&params, &tiny);
  step (trainer, 1, 0.5f, &report);
  ck_assert_ptr_null (sst_trainer_snapshot (trainer, NULL, NULL, &error));
  ck_assert_ptr_nonnull (error);
  ck_assert (error->domain == SST_WEIGHTS_ERROR);
  g_error_free (error);
  sst_trainer_free (&trainer);
}
END_TEST

/* What gets shipped is the mean, and goes through a file. */
START_TEST (a_snapshot_is_the_mean)
{
  SstTrainerParams params = default_params ();
  char *path = temporary ("snapshot");
  SstTrainer *trainer = make_trainer (&params, &tiny);
  SstModel *start = sst_model_new_random (&tiny, 3, NULL), *model, *loaded;
  SstTrainerReport report;
  GError *error = NULL;

  model = sst_trainer_snapshot (trainer, NULL, NULL, NULL);
  ck_assert_str_eq (sst_weights_get_checksum (sst_model_weights (model)),
      sst_weights_get_checksum (sst_model_weights (start)));
  sst_model_unref (model);
  step (trainer, 2, 0.f, &report);
  model = sst_trainer_snapshot (trainer, NULL, NULL, NULL);
  ck_assert_str_ne (sst_weights_get_checksum (sst_model_weights (model)),
      sst_weights_get_checksum (sst_model_weights (start)));
  ck_assert (sst_weights_save (sst_model_weights (model), path, NULL));
  loaded = sst_model_load (path, &error);
  ck_assert_ptr_null (error);
  ck_assert_str_eq (sst_weights_get_checksum (sst_model_weights (model)),
      sst_weights_get_checksum (sst_model_weights (loaded)));
  sst_trainer_free (&trainer);
  sst_model_unref (start);
  sst_model_unref (model);
  sst_model_unref (loaded);
  g_unlink (path);
  g_free (path);
}
END_TEST

/* Without tracklets, of one photograph, one pair at a time. */
START_TEST (one_photograph_is_enough)
{
  SstTrainerParams params = default_params ();
  SstModel *model = sst_model_new_random (&tiny, 3, NULL);
  SstFootage *photograph = sst_footage_new ();
  SstTracklets *none = sst_tracklets_new ();
  SstTrainerReport report;
  SstTrainer *trainer;

  sst_clip_add (sst_footage_add_clip (photograph, "photograph"),
      draw_image (1, 0.f), 0);
  params.batch = 1;
  params.tracklet_share = 1.f;
  params.weights = every;
  for (int k = 0; k < 2; k++) {
    trainer = sst_trainer_new (&params, model, photograph, k ? none : NULL);
    step (trainer, 3, 1.f, &report);
    sst_trainer_free (&trainer);
  }
  sst_tracklets_free (&none);
  sst_footage_free (&photograph);
  sst_model_unref (model);
}
END_TEST

static void
make_data (void)
{
  footage = make_footage ();
  tracklets = make_tracklets ();
}

static void
free_data (void)
{
  sst_tracklets_free (&tracklets);
  sst_footage_free (&footage);
}

static Suite *
trainer_suite (void)
{
  Suite *suite = suite_create ("trainer");
  TCase *tcase = tcase_create ("trainer");

  tcase_add_unchecked_fixture (tcase, make_data, free_data);
  tcase_add_loop_test (tcase, threads_change_no_result, 0, 2);
  tcase_add_test (tcase, training_lowers_the_loss);
  tcase_add_loop_test (tcase, few_lanes_do_what_many_do, 0, 2);
  tcase_add_test (tcase, forward_tracking_chooses_the_templates);
  tcase_add_test (tcase, a_stronger_anchor_drifts_less);
  tcase_add_loop_test (tcase, a_frozen_stem_stays, 0, 2);
  tcase_add_loop_test (tcase, adapters_alone_are_trained, 0, 3);
  tcase_add_loop_test (tcase, things_seen_together_are_negatives, 0, 3);
  tcase_add_loop_test (tcase, a_stopped_step_was_not_taken, 0, 2);
  tcase_add_test (tcase, data_may_change_in_the_middle);
  tcase_add_test (tcase, the_learning_rate_may_change);
  tcase_add_test (tcase, a_pull_leads_back_to_the_start);
  tcase_add_loop_test (tcase, each_term_trains_and_reports_itself, 0, N_TERMS);
  tcase_add_loop_test (tcase, losses_grow_along_their_gradients, 0,
      N_TERMS + 1);
  tcase_add_test (tcase, nan_is_not_remembered);
  tcase_add_loop_test (tcase, a_checkpoint_goes_on_as_one, 0, 2);
  tcase_add_test (tcase, a_checkpoint_before_the_first_step_works);
  tcase_add_test (tcase, foreign_checkpoints_are_refused);
  tcase_add_test (tcase, a_snapshot_is_the_mean);
  tcase_add_test (tcase, weights_that_overflow_are_no_model);
  tcase_add_test (tcase, one_photograph_is_enough);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (trainer)
