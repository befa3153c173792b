/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "dense.h"
#include "suite.h"

#include "fit/reconstruct.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STRIDE 8
#define SIDE 192
#define CELLS (SIDE / STRIDE)
#define N (CELLS * CELLS)
#define REF_SIDE 96
#define REF_CELLS (REF_SIDE / STRIDE)
#define REF_N (REF_CELLS * REF_CELLS)

static float *
random_floats (guint seed, int n, float scale)
{
  SstRandom random = sst_random_init (seed, 1);
  float *x = g_new (float, n);

  for (int i = 0; i < n; i++)
    x[i] = sst_random_normal (&random, scale);
  return x;
}

/* Gradients against differences: every feature of a small problem, with and
 * without a window, with and without a list. */
#define SMALL_CHANNELS 5

START_TEST (gradients_are_those_of_the_loss)
{
  static const int chosen[] = { 1, 4, 7, 8, 9, 15, 22, 23, 30 };
  const SstReconstructParams params = {
    .channels = SMALL_CHANNELS,.height = 5,.width = 6,
    .ref_height = 4,.ref_width = 4,.n_refs = 2,
    .radius = _i & 1 ? 1 : -1,.temperature = 0.3f,.huber = 0.3f,
  };
  enum { n = 30, m = 16 };
  float *features[3], *gradients[3], *colors[3];
  float *scratch = g_new (float, sst_reconstruct_scratch_size (&params));
  float weights[n], loss;
  double worst = 0., largest = 0.;

  for (int k = 0; k < 3; k++) {
    const int cells = k == 0 ? n : m;

    features[k] = random_floats (10 + k, SMALL_CHANNELS * cells, 1.f);
    colors[k] = random_floats (20 + k, 3 * cells, 0.7f);
    gradients[k] = g_new0 (float, SMALL_CHANNELS * cells);
  }
  for (int i = 0; i < n; i++)
    weights[i] = 0.2f + scene_random (3, i);

  const SstReconstructInput input = {
    .features = features[0],.colors = colors[0],.weights = weights,
    .ref_features = (const float *const *) features + 1,
    .ref_colors = (const float *const *) colors + 1,
    .chosen = _i & 2 ? chosen : NULL,.n_chosen = G_N_ELEMENTS (chosen),
    .color_channels = _i & 4 ? 5u : SST_RECONSTRUCT_ALL,
  };

  loss = sst_reconstruct_forward (&params, &input, NULL, scratch);
  ck_assert (loss > 0.f);
  gradients[0][0] = 1.f;        /* they are added to what is there */
  sst_reconstruct_backward (&params, &input, 2.f, gradients[0], gradients + 1,
      scratch);
  gradients[0][0] -= 1.f;
  for (int k = 0; k < 3; k++)
    for (int i = 0; i < SMALL_CHANNELS * (k == 0 ? n : m); i++) {
      const float step = 4e-3f, x = features[k][i];
      float up, down;

      features[k][i] = x + step;
      up = sst_reconstruct_forward (&params, &input, NULL, scratch);
      features[k][i] = x - step;
      down = sst_reconstruct_forward (&params, &input, NULL, scratch);
      features[k][i] = x;
      largest = fmax (largest, fabs (gradients[k][i]));
      worst = fmax (worst, fabs (2. * (up - down) / (2. * step)
              - gradients[k][i]));
    }
  ck_assert (largest > 1e-3);
  ck_assert_msg (worst < 5e-3 * largest, "%g of %g", worst, largest);

  for (int k = 0; k < 3; k++) {
    g_free (features[k]);
    g_free (colors[k]);
    g_free (gradients[k]);
  }
  g_free (scratch);
}
END_TEST

START_TEST (nothing_to_copy_from)
{
  const SstReconstructParams params = {
    .channels = 2,.height = 3,.width = 3,.ref_height = 3,.ref_width = 3,
    .n_refs = 1,.radius = 0,.temperature = 0.1f,.huber = 0.1f,
  };
  const float features[18] = { 1.f, 2.f }, colors[27] = { 0.5f };
  const float *maps[] = { features }, *tints[] = { colors };
  const int chosen[] = { 4 };
  float gradient[18] = { 0.f }, prediction[27];
  float *scratch = g_new (float, sst_reconstruct_scratch_size (&params));
  SstReconstructInput input = {
    .features = features,.colors = colors,.ref_features = maps,
    .ref_colors = tints,.chosen = chosen,.n_chosen = 0,
    .color_channels = SST_RECONSTRUCT_ALL,
  };

  ck_assert (sst_reconstruct_forward (&params, &input, prediction, scratch)
      == 0.f);
  sst_reconstruct_backward (&params, &input, 1.f, gradient, NULL, scratch);
  /* Cell 4 alone is in reach of anything, and that is itself; cell 0, the one
   * with a colour, is not. */
  input.n_chosen = 1;
  ck_assert (sst_reconstruct_forward (&params, &input, prediction, scratch)
      == 0.f);
  ck_assert (prediction[0] == 0.f && prediction[4] == colors[4]);
  sst_reconstruct_backward (&params, &input, 1.f, gradient, NULL, scratch);
  for (int i = 0; i < 18; i++)
    ck_assert (gradient[i] == 0.f);
  g_free (scratch);
}
END_TEST

START_TEST (drops_one_chroma_channel)
{
  SstRandom random = sst_random_init (1, 2);
  float *sample = random_floats (5, 3 * 16 * 16, 30.f), colors[3 * 4];
  guint seen = 0;

  for (int i = 0; i < 50; i++)
    seen |= sst_reconstruct_draw_channel (&random);
  ck_assert_uint_eq (seen, 6);
  for (int i = 0; i < 16 * 16; i++)
    sample[i] += 128.f;
  sst_reconstruct_drop_channel (sample, 16, 4);
  sst_reconstruct_colors (sample, 16, 8, colors);
  for (int i = 0; i < 4; i++) {
    ck_assert (colors[i] != 0.f && fabsf (colors[i]) < 0.3f);
    ck_assert (colors[4 + i] != 0.f);
    ck_assert (colors[8 + i] == 0.f);
  }
  g_free (sample);
}
END_TEST

/* A sprite of about 48 pixels on a ground that pans, as the tracker sees it: a
 * template at frame 0 and a search region of the same place some frames on. */
typedef struct
{
  float *templ, *before, *now;  /* features */
  float templ_colors[3 * REF_N], before_colors[3 * N], colors[3 * N];
  float mask[N];                /* of the sprite, now */
  float moved[N];               /* where the sprite is or was */
} Case;

static void
case_make (Case * c, guint seed)
{
  const SceneShape shape = seed & 1 ? SCENE_ELLIPSE : SCENE_RECTANGLE;
  Scene *scene = scene_new (320, 240, seed);
  const SstBox wide = sst_box_from_center (132.f, 112.f, SIDE, SIDE);
  const SstBox narrow = sst_box_from_center (132.f, 112.f, REF_SIDE, REF_SIDE);
  float *sample, was[N];
  SstFrame frame;

  scene->camera.vx = 0.7f;
  scene_add_sprite (scene, &(SceneSprite) {
      .x = 132.f,.y = 112.f,.width = 52.f,.height = 44.f,.seed = 50 + seed,
      .shape = shape,.vx = 4.f,.vy = 2.f});
  frame = scene_render (scene, 0);
  dense_mask (scene, 0, shape, &wide, SIDE, STRIDE, was);
  c->templ = dense_features (&frame, &narrow, REF_SIDE, STRIDE);
  sample = dense_sample (&frame, &narrow, REF_SIDE);
  sst_reconstruct_colors (sample, REF_SIDE, STRIDE, c->templ_colors);
  g_free (sample);
  c->before = dense_features (&frame, &wide, SIDE, STRIDE);
  sample = dense_sample (&frame, &wide, SIDE);
  sst_reconstruct_colors (sample, SIDE, STRIDE, c->before_colors);
  g_free (sample);

  frame = scene_render (scene, 6);
  dense_mask (scene, 0, shape, &wide, SIDE, STRIDE, c->mask);
  c->now = dense_features (&frame, &wide, SIDE, STRIDE);
  sample = dense_sample (&frame, &wide, SIDE);
  sst_reconstruct_colors (sample, SIDE, STRIDE, c->colors);
  g_free (sample);
  for (int i = 0; i < N; i++)
    c->moved[i] = c->mask[i] > 0.5f || was[i] > 0.5f;
  scene_free (&scene);
}

static void
case_clear (Case * c)
{
  g_free (c->templ);
  g_free (c->before);
  g_free (c->now);
}

/* Decibels, of the cells of the mask; a peak of 2, black to white. */
static float
psnr (const float *prediction, const float *truth, const float *mask)
{
  double square = 0.;
  int n = 0;

  for (int i = 0; i < N; i++)
    for (int c = 0; c < 3 && mask[i] > 0.5f; c++, n++)
      square += pow (prediction[c * N + i] - truth[c * N + i], 2.);
  return (float) (10. * log10 (4. * n / square));
}

#define N_CASES 8

START_TEST (copying_by_likeness_beats_copying_in_place)
{
  SstReconstructParams params;
  float *scratch, prediction[3 * N], copied = 0.f, still = 0.f;
  const float *maps[1], *tints[1];

  sst_reconstruct_params_init (&params, dense_n_channels (), CELLS, CELLS);
  params.radius = 6;
  params.temperature = 0.03f;
  scratch = g_new (float, sst_reconstruct_scratch_size (&params));
  for (int k = 0; k < N_CASES; k++) {
    Case c;
    SstReconstructInput input = {.color_channels = SST_RECONSTRUCT_ALL };

    case_make (&c, 1 + k);
    maps[0] = c.before;
    tints[0] = c.before_colors;
    input.features = c.now;
    input.colors = c.colors;
    input.ref_features = maps;
    input.ref_colors = tints;
    sst_reconstruct_forward (&params, &input, prediction, scratch);
    copied += psnr (prediction, c.colors, c.moved) / N_CASES;
    still += psnr (c.before_colors, c.colors, c.moved) / N_CASES;
    case_clear (&c);
  }
  ck_assert_msg (copied > still + 2.f, "%g dB, %g in place", copied, still);
  g_free (scratch);
}
END_TEST

START_TEST (the_weights_find_the_object)
{
  SstReconstructParams params;
  SstReconstructFusion fusion;
  float *scratch, value[N], weights[N], motion[N];
  float auc = 0.f, correlation = 0.f, with_motion = 0.f;
  const float *maps[1];

  sst_reconstruct_params_init (&params, dense_n_channels (), CELLS, REF_CELLS);
  sst_reconstruct_fusion_init (&fusion);
  scratch = g_new (float, sst_reconstruct_scratch_size (&params));
  for (int k = 0; k < N_CASES; k++) {
    Case c;
    SstReconstructInput input = {.color_channels = SST_RECONSTRUCT_ALL };

    case_make (&c, 1 + k);
    maps[0] = c.templ;
    input.features = c.now;
    input.ref_features = maps;
    sst_reconstruct_value (&params, &input, &fusion, value, scratch);
    auc += dense_auc (value, c.mask, N) / N_CASES;
    sst_reconstruct_fuse (&fusion, N, value, NULL, NULL, weights);
    correlation += dense_correlation (weights, c.mask, N) / N_CASES;
    for (int i = 0; i < N; i++)
      motion[i] = fabsf (c.colors[i] - c.before_colors[i]);
    sst_reconstruct_fuse (&fusion, N, value, motion, NULL, weights);
    with_motion += dense_correlation (weights, c.mask, N) / N_CASES;
    case_clear (&c);
  }
  ck_assert_msg (auc > 0.85f, "area under the curve %g", auc);
  ck_assert_msg (correlation > 0.3f, "correlation %g", correlation);
  ck_assert_msg (with_motion > 0.3f, "with motion %g", with_motion);
  g_free (scratch);
}
END_TEST

START_TEST (the_entropy_keeps_above_its_floor)
{
  SstReconstructFusion fusion;
  float value[100] = { 0.f }, weights[100], before[100];

  sst_reconstruct_fusion_init (&fusion);
  value[17] = 1e3f;
  value[60] = 500.f;
  fusion.value = 99.f;          /* of nothing else is anything left */
  fusion.entropy_floor = 0.f;
  sst_reconstruct_fuse (&fusion, 100, value, NULL, NULL, before);
  ck_assert (sst_reconstruct_entropy (before, 100) < 0.5f);
  for (float floor_at = 0.3f; floor_at <= 1.f; floor_at += 0.1f) {
    float entropy;

    fusion.entropy_floor = floor_at;
    sst_reconstruct_fuse (&fusion, 100, value, NULL, NULL, weights);
    entropy = sst_reconstruct_entropy (weights, 100);
    ck_assert_msg (entropy > floor_at - 1e-4f, "%g under %g", entropy,
        floor_at);
    ck_assert (floor_at < 0.55f || entropy < floor_at + 1e-2f);
    ck_assert (weights[17] >= weights[0] && weights[0] >= 0.f);
  }
  sst_reconstruct_fuse (&fusion, 100, NULL, NULL, NULL, weights);
  for (int i = 0; i < 100; i++)
    ck_assert (weights[i] == 0.5f);
  memset (weights, 0, sizeof weights);
  ck_assert (sst_reconstruct_entropy (weights, 100) == 0.f);
}
END_TEST

/* Steps down the gradient teach a map to find its colours. */
START_TEST (learns_to_find)
{
  SstReconstructParams params;
  float *features = random_floats (1, 8 * 64, 1.f);
  float *ref = random_floats (2, 8 * 64, 1.f);
  float *colors = random_floats (3, 3 * 64, 0.5f);
  float ref_colors[3 * 64], first = 0.f, last = 0.f;
  float dfeatures[8 * 64], dref[8 * 64];
  const float *maps[] = { ref }, *tints[] = { ref_colors };
  float *drefs[] = { dref }, *scratch;

  for (int c = 0; c < 3; c++)   /* the reference is the target, mirrored */
    for (int i = 0; i < 64; i++)
      ref_colors[c * 64 + 63 - i] = colors[c * 64 + i];
  sst_reconstruct_params_init (&params, 8, 8, 8);
  scratch = g_new (float, sst_reconstruct_scratch_size (&params));

  const SstReconstructInput input = {
    .features = features,.colors = colors,.ref_features = maps,
    .ref_colors = tints,.color_channels = SST_RECONSTRUCT_ALL,
  };

  for (int step = 0; step < 200; step++) {
    last = sst_reconstruct_forward (&params, &input, NULL, scratch);
    first = step == 0 ? last : first;
    memset (dfeatures, 0, sizeof dfeatures);
    memset (dref, 0, sizeof dref);
    sst_reconstruct_backward (&params, &input, 10.f, dfeatures, drefs,
        scratch);
    for (int i = 0; i < 8 * 64; i++) {
      features[i] -= dfeatures[i];
      ref[i] -= dref[i];
    }
  }
  ck_assert_msg (last < 0.35f * first, "from %g to %g", first, last);
  g_free (scratch);
  g_free (features);
  g_free (ref);
  g_free (colors);
}
END_TEST

static Suite *
reconstruct_suite (void)
{
  Suite *suite = suite_create ("reconstruct");
  TCase *tcase = tcase_create ("reconstruct");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, gradients_are_those_of_the_loss, 0, 8);
  tcase_add_test (tcase, nothing_to_copy_from);
  tcase_add_test (tcase, drops_one_chroma_channel);
  tcase_add_test (tcase, copying_by_likeness_beats_copying_in_place);
  tcase_add_test (tcase, the_weights_find_the_object);
  tcase_add_test (tcase, the_entropy_keeps_above_its_floor);
  tcase_add_test (tcase, learns_to_find);
  return suite;
}

SUITE_MAIN (reconstruct)
