/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "watcher.h"

#include <check.h>
#include <stdlib.h>

#include "model/model_private.h"

SstModel *
watcher_model (void)
{
  char *const path = g_build_filename (getenv ("SST_MODELS"), "light.sst",
      NULL);
  SstModel *const model = sst_model_load (path, NULL);

  ck_assert_ptr_nonnull (model);
  g_free (path);
  return model;
}

SstModel *
watcher_spoilt_model (const char *name, guint first, guint n, float factor,
    float offset)
{
  SstModel *model = watcher_model (), *spoilt;
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
      NULL, NULL);
  ck_assert_ptr_nonnull (spoilt);
  g_free (parameters);
  sst_model_unref (model);
  return spoilt;
}

SstModel *
watcher_small_model (void)
{
  static const SstNetworkConfig small = { {4, 6, 8}, 1, 5, 7, 6 };

  return sst_model_new_random (&small, 3, NULL);
}

SstLearnerParams
watcher_params (void)
{
  SstLearnerParams params;

  sst_learner_params_init (&params);
  params.batch = 2;
  params.check_steps = 10;
  params.check_pairs = 32;
  params.check_things = 1;      /* whole tracks take too long */
  return params;
}

Scene *
watcher_street (int width, int height)
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

Watcher
watcher_new (const SstLearnerParams * params, SstModel * base)
{
  Watcher w = { .learner = sst_learner_new (params, base) };

  sst_model_unref (base);
  return w;
}

void
watcher_clear (Watcher * w)
{
  sst_learner_free (&w->learner);
  ck_assert_ptr_null (w->learner);
}

SstLearnerStats
watcher_stats (const Watcher * w)
{
  SstLearnerStats stats;

  sst_learner_get_stats (w->learner, &stats);
  return stats;
}

SstLearnerEvent
watcher_work (Watcher * w, guint most)
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

void
watcher_mine (Watcher * w)
{
  while (!sst_learner_wants (w->learner, w->time))
    ck_assert_int_ne (watcher_work (w, 1), SST_LEARNER_IDLE);
}

void
watcher_push (Watcher * w, const SstFrame * frame,
    const SstProposal * proposals, guint n)
{
  sst_learner_push (w->learner, frame, w->time, proposals, n);
  w->time += WATCHER_FRAME;
}

void
watcher_show (Watcher * w, Scene * scene, guint n)
{
  for (guint i = 0; i < n; i++, w->t++) {
    if (sst_learner_wants (w->learner, w->time)) {
      const SstFrame frame = scene_render (scene, w->t);

      watcher_push (w, &frame, NULL, 0);
    } else
      w->time += WATCHER_FRAME;
  }
}

void
watcher_learn (Watcher * w, Scene * scene, guint n)
{
  watcher_show (w, scene, n);
  sst_learner_interrupt (w->learner);
  watcher_mine (w);
}

void
watcher_learn_until (Watcher * w, Scene * scene, SstLearnerEvent event)
{
  for (int i = 0; i < 16 && w->events[event] == 0; i++) {
    watcher_learn (w, scene, WATCHER_PART);
    for (int k = 0; k < 16 && w->events[event] == 0; k++)
      watcher_work (w, 1);
  }
}

gboolean
watcher_publishes (const Watcher * w, const SstModel * model)
{
  SstModel *published = sst_learner_get_model (w->learner);

  sst_model_unref (published);
  return published == model;
}
