/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "scene.h"

#include <sstrack/train/learner.h>

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 320
#define HEIGHT 180
#define FRAME ((SstTime) 33333333)      /* 30 a second */
#define WINDOW 63               /* frames that fill a window */
#define MAX_LOSS 0.005          /* of the check score, whatever the stream */

/* --- help --------------------------------------------------------------- */

/* The shipped model: the teacher has to know what it sees. */
static SstModel *
shipped_model (void)
{
  SstModel *model = sst_model_builtin ();

  if (model == NULL) {
    char *const path = g_build_filename (getenv ("SST_MODELS"), "default.sst",
        NULL);

    model = sst_model_load (path, NULL);
    g_free (path);
  }
  ck_assert_ptr_nonnull (model);
  return model;
}

/* It with a parameter's values changed: x factor + offset. first, n: which of
 * the values; n 0: all. */
static SstModel *
spoil (const char *name, guint first, guint n, float factor, float offset)
{
  SstModel *model = shipped_model (), *spoilt;
  const SstNetwork *const network = sst_model_network (model);
  float *const parameters = g_new (float, sst_network_n_parameters (network));
  int n_specs;
  const SstTensorSpec *const specs = sst_network_specs (network, &n_specs);
  size_t at = 0;
  int i = 0;

  sst_model_get_parameters (model, parameters);
  for (; !g_str_equal (specs[i].name, name); i++) {
    at += sst_tensor_spec_size (&specs[i]);
    ck_assert_int_lt (i + 1, n_specs);
  }
  for (guint k = 0; k < (n > 0 ? n : sst_tensor_spec_size (&specs[i])); k++) {
    float *const value = &parameters[at + first + k];

    *value = *value * factor + offset;
  }
  spoilt = sst_model_new (sst_network_get_config (network), parameters, NULL,
      NULL);
  ck_assert_ptr_nonnull (spoilt);
  g_free (parameters);
  sst_model_unref (model);
  return spoilt;
}

/* Boxes a fifth too large on each side: soon put right. */
static SstModel *
clumsy_model (void)
{
  return spoil ("out.bias", 1, 4, 1.f, 0.2f);
}

static SstLearnerParams
fast_params (void)
{
  SstLearnerParams params;

  sst_learner_params_init (&params);
  params.batch = 2;
  params.check_steps = 10;
  return params;
}

static Scene *
street (int width, int height)
{
  Scene *scene = scene_new (width, height, 3);

  scene->look.noise = 2.f;
  scene->camera.vx = 0.4f;
  for (int i = 0; i < 3; i++)
    scene_add_sprite (scene, &(SceneSprite) {
        .x = 60.f + 100.f * i, .y = 50.f + 40.f * i, .width = 44.f + 6.f * i,
        .height = 36.f, .seed = 7 + i, .sway_x = 40.f, .sway_y = 14.f,
        .period = 80.f + 17.f * i
    });
  return scene;
}

static SstLearnerStats
stats_of (SstLearner * learner)
{
  SstLearnerStats stats;

  sst_learner_get_stats (learner, &stats);
  return stats;
}

typedef struct
{
  SstLearner *learner;
  SstTime time;
  int t;
  guint events[SST_LEARNER_STOPPED + 1];
} Watcher;

static Watcher
watch_with (const SstLearnerParams * params, SstModel * base)
{
  Watcher w = { .learner = sst_learner_new (params, base) };

  sst_model_unref (base);
  return w;
}

/* Works until there is nothing to do, or at most so often. Returns the last
 * event. */
static SstLearnerEvent
work (Watcher * w, guint most)
{
  SstLearnerEvent event = SST_LEARNER_IDLE;

  for (guint i = 0; i < most; i++) {
    event = sst_learner_work (w->learner, NULL);
    w->events[event]++;
    if (event == SST_LEARNER_IDLE)
      break;
  }
  return event;
}

static void
push (Watcher * w, const SstFrame * frame, const SstProposal * proposals,
    guint n)
{
  sst_learner_push (w->learner, frame, w->time, proposals, n);
  w->time += FRAME;
}

/* Shows so many frames of a scene, and does a piece of work now and then. */
static void
watch (Watcher * w, Scene * scene, guint n, int every)
{
  for (guint i = 0; i < n; i++, w->t++) {
    if (sst_learner_wants (w->learner, w->time)) {
      const SstFrame frame = scene_render (scene, w->t);

      push (w, &frame, NULL, 0);
    } else {
      w->time += FRAME;
    }
    if (w->t % every == 0)
      work (w, 1);
  }
}

/* Whether the published model is that one. */
static gboolean
publishes (const Watcher * w, const SstModel * model)
{
  SstModel *published = sst_learner_get_model (w->learner);

  sst_model_unref (published);
  return published == model;
}

static char *
published_checksum (const Watcher * w)
{
  SstModel *model = sst_learner_get_model (w->learner);
  char *const checksum =
      g_strdup (sst_weights_get_checksum (sst_model_weights (model)));

  sst_model_unref (model);
  return checksum;
}

/* --- learning ----------------------------------------------------------- */

START_TEST (test_learns)
{
  const SstLearnerParams params = fast_params ();
  SstModel *base = shipped_model ();
  Watcher w = watch_with (&params, sst_model_ref (base));
  Scene *scene = street (WIDTH, HEIGHT);
  SstLearnerStats stats;

  ck_assert (publishes (&w, base));
  watch (&w, scene, 2 * WINDOW, 2);
  work (&w, 8);
  stats = stats_of (w.learner);
  ck_assert_uint_gt (stats.frames, 0);
  ck_assert_uint_eq (stats.taken, 2 * 32);
  ck_assert_uint_eq (stats.windows, 2);
  ck_assert_uint_ge (stats.tracklets, 4);
  ck_assert_uint_gt (stats.steps, 20);
  ck_assert_uint_eq (stats.bad_steps, 0);
  ck_assert (stats.loss > 0. && stats.drift > 0. && stats.drift < 0.05);
  ck_assert (stats.base_score > 0.5 && stats.base_score < 1.);
  ck_assert (stats.spread > 0.2);
  ck_assert (stats.score >= stats.base_score - MAX_LOSS);
  ck_assert_uint_le (stats.memory, params.memory);
  for (int i = 0; i < SST_N_REFUSED; i++)
    ck_assert_uint_eq (stats.windows_refused[i], 0);

  /* nothing new: it comes to rest */
  work (&w, 500);
  ck_assert_int_eq (work (&w, 1), SST_LEARNER_IDLE);
  ck_assert_uint_le (stats_of (w.learner).steps, 60);
  sst_learner_free (&w.learner);
  ck_assert_ptr_null (w.learner);
  sst_model_unref (base);
  scene_free (&scene);
}
END_TEST

/* A model that is no good gets better and is published, the same both times; it
 * is taken back on request, and everything forgotten on another. */
START_TEST (test_accepts)
{
  SstLearnerParams params = fast_params ();
  SstModel *base = clumsy_model ();
  char *checksums[2];

  params.learning_rate = 2e-3f;
  for (int run = 0; run < 2; run++) {
    Watcher w = watch_with (&params, sst_model_ref (base));
    Scene *scene = street (WIDTH, HEIGHT);
    SstLearnerStats stats;

    for (int i = 0; i < 30 && w.events[SST_LEARNER_ACCEPTED] == 0; i++)
      watch (&w, scene, WINDOW / 2, 3);
    stats = stats_of (w.learner);
    ck_assert_uint_eq (stats.accepted, 1);
    ck_assert (stats.stream_gain > 0.);
    ck_assert (stats.score >= stats.base_score - MAX_LOSS);
    ck_assert (!publishes (&w, base));
    checksums[run] = published_checksum (&w);

    sst_learner_rollback (w.learner);
    ck_assert_int_eq (work (&w, 1), SST_LEARNER_ROLLED_BACK);
    ck_assert_uint_eq (stats_of (w.learner).rolled_back,
        stats.rolled_back + 1);
    ck_assert (publishes (&w, base));
    ck_assert (stats_of (w.learner).score == stats.base_score);
    sst_learner_reset (w.learner);
    ck_assert_int_eq (work (&w, 1), SST_LEARNER_RESET);
    ck_assert (publishes (&w, base));
    stats = stats_of (w.learner);
    ck_assert_uint_eq (stats.resets, 1);
    ck_assert (stats.drift == 0. && stats.stream_gain == 0.);
    sst_learner_free (&w.learner);
    scene_free (&scene);
  }
  ck_assert_str_eq (checksums[0], checksums[1]);
  g_free (checksums[0]);
  g_free (checksums[1]);
  sst_model_unref (base);
}
END_TEST

/* There are tracklets at night, too, and in fog. */
START_TEST (test_night)
{
  static const SceneLook looks[] = {
    { .gain = -0.8f, .offset = -70.f, .noise = 2.f },
    { .gain = -0.7f, .offset = 40.f, .noise = 1.f }
  };
  const SstLearnerParams params = fast_params ();
  Watcher w = watch_with (&params, shipped_model ());
  Scene *scene = street (WIDTH, HEIGHT);

  scene->look = looks[_i];
  watch (&w, scene, WINDOW + 6, 1);
  ck_assert_uint_ge (stats_of (w.learner).tracklets, 2);
  sst_learner_free (&w.learner);
  scene_free (&scene);
}
END_TEST

/* What others know of: boxes to look at, targets to learn from. */
START_TEST (test_proposals)
{
  SstLearnerParams params = fast_params ();
  guint64 n[4];

  for (int kind = 0; kind < 4; kind++) {
    Watcher w;
    Scene *scene = street (WIDTH, HEIGHT);

    params.from = kind == 0 ? SST_LEARN_FROM_ROI : SST_LEARN_FROM_TARGETS;
    w = watch_with (&params, shipped_model ());
    for (int t = 0; t < WINDOW; t++) {
      const SstFrame frame = scene_render (scene, t);
      SstProposal proposals[2];

      for (int i = 0; i < 2; i++)
        proposals[i] = (SstProposal) { scene_truth (scene, i).box,
          kind == 0 ? 0 : i + 1, kind == 2 ? 0.3f : 0.9f, FALSE };
      if (kind == 3 && t > 4)   /* the tracker soon is elsewhere */
        proposals[0].box.x = proposals[1].box.x = 280.f;
      push (&w, &frame, proposals, 2);
    }
    work (&w, 4);
    n[kind] = stats_of (w.learner).tracklets;
    if (kind == 3)
      ck_assert_uint_eq (stats_of (w.learner).tracklets_refused
          [SST_REFUSED_DISAGREED], 2);
    sst_learner_free (&w.learner);
    scene_free (&scene);
  }
  ck_assert_uint_eq (n[0], 2);
  ck_assert_uint_eq (n[1], 2);
  ck_assert_uint_eq (n[2], 0);  /* the tracker is not sure */
  ck_assert_uint_eq (n[3], 0);
}
END_TEST

/* --- safeguards --------------------------------------------------------- */

typedef enum
{
  BLACK, GREY, STILL, REPEATED, NOISE, STROBE, LOST, RESIZED, JUMPS,
  N_HOSTILE
} Hostile;

static const SstRefused reasons[N_HOSTILE] = {
  SST_REFUSED_BLURRED, SST_REFUSED_BLURRED, SST_REFUSED_STILL,
  SST_REFUSED_STILL, SST_REFUSED_CUT, SST_REFUSED_CUT, SST_REFUSED_LOST,
  SST_REFUSED_CUT, SST_REFUSED_CUT
};

/* A frame of a stream that nothing good comes of. */
static void
push_hostile (Watcher * w, Scene * scene, Hostile kind, int t)
{
  const SstProposal lost = { { 10.f, 10.f, 40.f, 40.f }, 1, 0.f, TRUE };
  SstFrame frame;

  switch (kind) {
    case BLACK:
      scene->look = (SceneLook) { -1.f, -110.f, 1.f, 0.f };
      break;
    case GREY:
      scene->look.gain = -1.f;
      scene->look.noise = 0.f;
      break;
    case NOISE:
      scene->look = (SceneLook) { -1.f, 0.f, 60.f, 0.f };
      break;
    case STROBE:
      scene_set_ground (scene, 100 + (guint) t / 7);
      break;
    default:
      break;
  }
  frame = scene_render (scene, kind == REPEATED ? 0 : t);
  if (kind == RESIZED && t / 9 % 2 != 0)
    frame.width = WIDTH / 2;
  if (kind == JUMPS && t % 9 == 0)
    w->time += (t / 9 % 2 != 0 ? 5 : -3) * 30 * FRAME;
  push (w, &frame, &lost, kind == LOST);
}

START_TEST (test_hostile)
{
  const SstLearnerParams params = fast_params ();
  SstModel *base = shipped_model ();
  Watcher w = watch_with (&params, sst_model_ref (base));
  SstLearnerStats stats;
  Scene *scene;

  if (_i == STILL) {
    scene = scene_new (WIDTH, HEIGHT, 3);
    scene->look.noise = 3.f;
  } else
    scene = street (WIDTH, HEIGHT);
  w.time = 1000 * FRAME;
  for (int t = 0; t < 2 * WINDOW; t++) {
    push_hostile (&w, scene, _i, t);
    work (&w, 100);
  }
  stats = stats_of (w.learner);
  ck_assert_uint_eq (stats.frames, 2 * WINDOW);
  ck_assert_uint_ge (stats.windows, 2);
  for (int i = 0; i < SST_N_REFUSED; i++)
    ck_assert_msg (stats.windows_refused[i]
        == (i == (int) reasons[_i] ? stats.windows : 0), "%s: %u of %u",
        sst_refused_to_string (i), (guint) stats.windows_refused[i],
        (guint) stats.windows);
  ck_assert_uint_eq (stats.tracklets, 0);
  ck_assert_uint_eq (stats.steps, 0);
  ck_assert (publishes (&w, base));
  ck_assert (stats.score == stats.base_score);
  sst_learner_free (&w.learner);
  sst_model_unref (base);
  scene_free (&scene);
}
END_TEST

/* Noise and what stands still are no good even where no switch is set. */
START_TEST (test_unguarded)
{
  static const Hostile kinds[] = { BLACK, NOISE, STROBE };
  SstLearnerParams params = fast_params ();
  SstModel *base = shipped_model ();

  params.paused_when = 0;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    Watcher w = watch_with (&params, sst_model_ref (base));
    Scene *scene = street (WIDTH, HEIGHT);

    for (int t = 0; t < 2 * WINDOW; t++) {
      push_hostile (&w, scene, kinds[i], t);
      work (&w, 100);
    }
    ck_assert_uint_eq (stats_of (w.learner).tracklets, 0);
    ck_assert_uint_eq (stats_of (w.learner).steps, 0);
    ck_assert (publishes (&w, base));
    sst_learner_free (&w.learner);
    scene_free (&scene);
  }
  sst_model_unref (base);
}
END_TEST

/* Weights that run away are put back, again and again, at last more slowly;
 * what is published stays. */
START_TEST (test_drift)
{
  SstLearnerParams params = fast_params ();
  SstModel *base = shipped_model ();
  Scene *scene = street (WIDTH, HEIGHT);
  SstLearnerStats stats;
  Watcher w;

  params.learning_rate = 1e3f;
  w = watch_with (&params, sst_model_ref (base));
  watch (&w, scene, 2 * WINDOW, 1);
  stats = stats_of (w.learner);
  ck_assert_uint_ge (stats.rolled_back, 3);
  ck_assert_uint_eq (stats.rolled_back, w.events[SST_LEARNER_ROLLED_BACK]);
  ck_assert (stats.resting);
  ck_assert_uint_eq (stats.steps, stats.rolled_back);
  ck_assert (stats.drift == 0.);
  ck_assert_uint_eq (stats.accepted, 0);
  ck_assert (publishes (&w, base));

  /* two more windows end the rest */
  watch (&w, scene, 3 * WINDOW, 1);
  ck_assert_uint_gt (stats_of (w.learner).steps, stats.steps);
  sst_learner_free (&w.learner);
  sst_model_unref (base);
  scene_free (&scene);
}
END_TEST

/* Where the drift is small beside weights that are large (and do not matter, as
 * they are standardised), there is the guard against what is no number. */
START_TEST (test_not_finite)
{
  SstLearnerParams params = fast_params ();
  SstModel *base = spoil ("stem0.weight", 0, 0, 1e12f, 0.f);
  Scene *scene = street (WIDTH, HEIGHT);
  SstLearnerStats stats;
  Watcher w;

  params.learning_rate = 1e9f;
  w = watch_with (&params, sst_model_ref (base));
  watch (&w, scene, WINDOW + 30, 1);
  stats = stats_of (w.learner);
  ck_assert_uint_ge (stats.tracklets, 2);
  ck_assert_uint_gt (stats.bad_steps, 3);
  ck_assert_uint_ge (stats.rolled_back, 1);
  ck_assert (publishes (&w, base));
  sst_learner_free (&w.learner);
  sst_model_unref (base);
  scene_free (&scene);
}
END_TEST

/* Steps that lead nowhere good are refused before they are published. */
START_TEST (test_refuses)
{
  SstLearnerParams params = fast_params ();
  SstModel *base = shipped_model ();
  Scene *scene = street (WIDTH, HEIGHT);
  SstLearnerStats stats;
  Watcher w;

  params.learning_rate = 1.5e-3f;
  w = watch_with (&params, sst_model_ref (base));
  for (int i = 0; i < 30 && stats_of (w.learner).refused == 0; i++)
    watch (&w, scene, WINDOW / 2, 3);
  stats = stats_of (w.learner);
  ck_assert_uint_ge (stats.refused, 1);
  ck_assert_uint_eq (stats.accepted, 0);
  ck_assert (publishes (&w, base));
  ck_assert (stats.score == stats.base_score);
  sst_learner_free (&w.learner);
  sst_model_unref (base);
  scene_free (&scene);
}
END_TEST

/* Every so often, in the stream's time, half of the way back. */
START_TEST (test_soft_reset)
{
  SstLearnerParams params = fast_params ();
  Scene *scene = street (WIDTH, HEIGHT);
  double before, after;
  Watcher w;

  params.reset_after = 4 * 30 * FRAME;
  w = watch_with (&params, shipped_model ());
  watch (&w, scene, 3 * 30, 2);
  ck_assert_uint_eq (w.events[SST_LEARNER_RESET], 0);
  before = stats_of (w.learner).drift;
  ck_assert (before > 0.);
  for (int t = 0; t < 31; t++) {
    const SstFrame frame = scene_render (scene, 0);

    push (&w, &frame, NULL, 0);
  }
  ck_assert_int_eq (work (&w, 1), SST_LEARNER_RESET);
  after = stats_of (w.learner).drift;
  ck_assert_msg (fabs (after - 0.5 * before) < 1e-6, "%g to %g", before,
      after);
  ck_assert_uint_eq (stats_of (w.learner).resets, 1);
  ck_assert_int_ne (work (&w, 1), SST_LEARNER_RESET);
  sst_learner_free (&w.learner);
  scene_free (&scene);
}
END_TEST

/* --- bounds ------------------------------------------------------------- */

/* Where nobody works, no more than a window is taken. */
START_TEST (test_behind)
{
  const SstLearnerParams params = fast_params ();
  Watcher w = watch_with (&params, shipped_model ());
  Scene *scene = street (WIDTH, HEIGHT);
  SstLearnerStats stats;
  guint n_wanted = 0;

  for (int t = 0; t < 5 * WINDOW; t++) {
    const SstFrame frame = scene_render (scene, t);

    n_wanted += sst_learner_wants (w.learner, w.time);
    push (&w, &frame, NULL, 0);
  }
  stats = stats_of (w.learner);
  ck_assert_uint_eq (n_wanted, 32);
  ck_assert_uint_eq (stats.taken, 32);
  ck_assert_uint_eq (stats.windows, 1);
  ck_assert_uint_eq (stats.frames, 5 * WINDOW);
  work (&w, 3);                 /* prepares, checks the base, mines */
  ck_assert (sst_learner_wants (w.learner, w.time));
  sst_learner_interrupt (w.learner);    /* nothing is there to end */
  ck_assert_uint_eq (stats_of (w.learner).windows, 1);
  sst_learner_free (&w.learner);
  scene_free (&scene);
}
END_TEST

/* The least memory, and windows of all shapes. */
START_TEST (test_memory)
{
  static const int sizes[][2] = { {640, 360}, {480, 480}, {270, 480} };
  SstLearnerParams params = fast_params ();
  Watcher w;

  params.memory = SST_LEARNER_MIN_MEMORY;
  params.learning_rate = 1e3f;  /* to rest rather than to train */
  w = watch_with (&params, shipped_model ());
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    Scene *scene = street (sizes[i][0], sizes[i][1]);

    for (int t = 0; t < WINDOW + 20; t++) {
      if (sst_learner_wants (w.learner, w.time)) {
        const SstFrame frame = scene_render (scene, t);

        push (&w, &frame, NULL, 0);
      } else
        w.time += FRAME;
      work (&w, 1);
      ck_assert_uint_le (stats_of (w.learner).memory, params.memory);
    }
    scene_free (&scene);
  }
  ck_assert_uint_ge (stats_of (w.learner).windows, G_N_ELEMENTS (sizes));
  ck_assert_uint_gt (stats_of (w.learner).tracklets, 0);
  sst_learner_free (&w.learner);
}
END_TEST

/* Stopped anywhere, it goes on, and comes to the same. */
START_TEST (test_stop)
{
  SstPace *pace = sst_pace_new ();
  double loss[2];
  guint64 n[2];

  for (int run = 0; run < 2; run++) {
    const SstLearnerParams params = fast_params ();
    Watcher w = watch_with (&params, shipped_model ());
    Scene *scene = street (WIDTH, HEIGHT);

    for (int t = 0; t < WINDOW; t++) {
      const SstFrame frame = scene_render (scene, t);

      push (&w, &frame, NULL, 0);
    }
    for (int i = 0; i < 10; i++) {
      if (run == 1) {
        sst_pace_stop (pace);
        ck_assert_int_eq (sst_learner_work (w.learner, pace),
            SST_LEARNER_STOPPED);
        sst_pace_resume (pace);
      }
      ck_assert_int_ne (sst_learner_work (w.learner, run == 1 ? pace : NULL),
          SST_LEARNER_STOPPED);
    }
    loss[run] = stats_of (w.learner).loss;
    n[run] = stats_of (w.learner).steps;
    sst_learner_free (&w.learner);
    scene_free (&scene);
  }
  ck_assert_uint_gt (n[0], 3);
  ck_assert_uint_eq (n[0], n[1]);
  ck_assert (loss[0] == loss[1]);
  sst_pace_free (&pace);
}
END_TEST

/* --- threads ------------------------------------------------------------ */

typedef struct
{
  SstLearner *learner;
  SstPace *pace;
  gboolean quit;                /* atomic */
  int n_stopped;                /* atomic */
} Worker;

static gpointer
run_worker (gpointer data)
{
  Worker *const worker = data;

  while (!g_atomic_int_get (&worker->quit)) {
    const SstLearnerEvent event = sst_learner_work (worker->learner,
        worker->pace);

    if (event == SST_LEARNER_IDLE)
      sst_learner_wait (worker->learner, G_USEC_PER_SEC);
    else if (event == SST_LEARNER_STOPPED) {
      g_atomic_int_inc (&worker->n_stopped);
      sst_learner_wait (worker->learner, 1000);
    }
  }
  return NULL;
}

/* A stream, a worker, and a third that asks and changes things. The pace stops
 * the worker in the middle of what it does. */
START_TEST (test_threads)
{
  SstLearnerParams params = fast_params ();
  Scene *scene = street (WIDTH, HEIGHT);
  Worker worker = { .pace = sst_pace_new () };
  SstModel *base = shipped_model ();
  SstTime time = 0;
  GThread *thread;
  int n_stopped;

  params.batch = 2;
  params.check_steps = 4;
  params.reset_after = 3 * 30 * FRAME;
  worker.learner = sst_learner_new (&params, base);
  thread = g_thread_new ("worker", run_worker, &worker);
  for (int t = 0; t < 6 * WINDOW; t++, time += FRAME) {
    SstLearnerStats stats;
    SstModel *model;

    if (sst_learner_wants (worker.learner, time)) {
      const SstFrame frame = scene_render (scene, t);

      sst_learner_push (worker.learner, &frame, time, NULL, 0);
    }
    sst_learner_get_stats (worker.learner, &stats);
    model = sst_learner_get_model (worker.learner);
    ck_assert_ptr_nonnull (model);
    sst_model_unref (model);
    if (t % 50 == 20)
      sst_pace_stop (worker.pace);
    if (t % 50 == 30)
      sst_pace_resume (worker.pace);
    if (t % 100 == 60)
      sst_learner_rollback (worker.learner);
    if (t % 150 == 140)
      sst_learner_interrupt (worker.learner);
    params.profile = t % 2;
    sst_learner_set_params (worker.learner, &params);
    g_usleep (10000);
  }
  n_stopped = g_atomic_int_get (&worker.n_stopped);
  sst_pace_stop (worker.pace);
  sst_learner_reset (worker.learner);
  while (g_atomic_int_get (&worker.n_stopped) == n_stopped)
    g_usleep (1000);
  g_atomic_int_set (&worker.quit, TRUE);
  sst_learner_wake (worker.learner);
  g_thread_join (thread);
  ck_assert_uint_gt (stats_of (worker.learner).windows, 0);
  sst_pace_resume (worker.pace);
  ck_assert_int_eq (sst_learner_work (worker.learner, worker.pace),
      SST_LEARNER_RESET);
  sst_learner_free (&worker.learner);
  sst_pace_free (&worker.pace);
  sst_model_unref (base);
  scene_free (&scene);
}
END_TEST

START_TEST (test_names)
{
  ck_assert_str_eq (sst_refused_to_string (SST_REFUSED_STILL), "still");
  ck_assert_str_eq (sst_refused_to_string (SST_REFUSED_SMALL), "small");
  ck_assert_str_eq (sst_learner_event_to_string (SST_LEARNER_IDLE), "idle");
  ck_assert_str_eq (sst_learner_event_to_string (SST_LEARNER_STOPPED),
      "stopped");
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("learner");
  TCase *tcase;
  SRunner *runner;
  int failed;

#ifndef __SANITIZE_THREAD__       /* there is but one in these */
  tcase = tcase_create ("learning");
  tcase_add_test (tcase, test_names);
  tcase_add_test (tcase, test_learns);
  tcase_add_test (tcase, test_accepts);
  tcase_add_test (tcase, test_proposals);
  tcase_add_loop_test (tcase, test_night, 0, 2);
  suite_add_tcase (suite, tcase);
  tcase = tcase_create ("safeguards");
  tcase_add_loop_test (tcase, test_hostile, 0, N_HOSTILE);
  tcase_add_test (tcase, test_unguarded);
  tcase_add_test (tcase, test_drift);
  tcase_add_test (tcase, test_not_finite);
  tcase_add_test (tcase, test_refuses);
  tcase_add_test (tcase, test_soft_reset);
  suite_add_tcase (suite, tcase);
  tcase = tcase_create ("bounds");
  tcase_add_test (tcase, test_behind);
  tcase_add_test (tcase, test_memory);
  tcase_add_test (tcase, test_stop);
  suite_add_tcase (suite, tcase);
#endif
  tcase = tcase_create ("threads");
  tcase_add_test (tcase, test_threads);
  suite_add_tcase (suite, tcase);
  runner = srunner_create (suite);
  srunner_run_all (runner, CK_ENV);
  failed = srunner_ntests_failed (runner);
  srunner_free (runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
