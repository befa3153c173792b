/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "scene.h"
#include "suite.h"

#include "picture/denoise.h"
#include "picture/sampler.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 320
#define HEIGHT 180
#define NOISE 12.f              /* grey levels */

/* What such noise is to the tone, about. */
#define TONE_NOISE 1.5f

static SstTone
make_tone (float noise)
{
  SstTone tone = SST_TONE_NEUTRAL;

  tone.noise = noise;
  return tone;
}

/* Root of the mean square of luma's difference within box, grey levels of the
 * planes. */
static double
error_within (const SstFrame * a, const SstFrame * b, SstBox box)
{
  const int left = (int) box.x, top = (int) box.y;
  const int right = (int) (box.x + box.width);
  const int bottom = (int) (box.y + box.height);
  double sum = 0.;

  for (int y = top; y < bottom; y++)
    for (int x = left; x < right; x++) {
      const double d = a->plane[0][y * a->stride[0] + x]
          - b->plane[0][y * b->stride[0] + x];

      sum += d * d;
    }
  return sqrt (sum / ((right - left) * (bottom - top)));
}

/* The same scene twice, once with noise. */
typedef struct
{
  Scene *clean, *noisy;
  SstDenoiser *denoiser;
  SstTone tone;
  SstFrame is, seen;            /* the last picture, without and with noise */
  const SstFrame *shown;
} Pair;

static Pair
pair_new (float vx, float vy)
{
  Pair pair = { scene_new (WIDTH, HEIGHT, 5), scene_new (WIDTH, HEIGHT, 5),
    sst_denoiser_new (), make_tone (TONE_NOISE)
  };

  pair.noisy->look.noise = NOISE;
  pair.clean->camera.vx = pair.noisy->camera.vx = vx;
  pair.clean->camera.vy = pair.noisy->camera.vy = vy;
  return pair;
}

static void
pair_add (Pair * pair, const SceneSprite * sprite)
{
  scene_add_sprite (pair->clean, sprite);
  scene_add_sprite (pair->noisy, sprite);
}

static void
pair_free (Pair * pair)
{
  scene_free (&pair->clean);
  scene_free (&pair->noisy);
  sst_denoiser_free (&pair->denoiser);
  ck_assert_ptr_null (pair->denoiser);
}

static void
run (Pair * pair, int t)
{
  pair->is = scene_render (pair->clean, t);
  pair->seen = scene_render (pair->noisy, t);
  pair->shown = sst_denoiser_process (pair->denoiser, &pair->seen,
      &pair->tone);
}

/* A thing of its own motion under a camera of its own. */
static const SceneSprite car = {
  .x = 80.f,.y = 90.f,.width = 60.f,.height = 40.f,.seed = 7,.vx = 4.f
};

/* Noise goes, of what stands, of what the camera makes move, and of what moves
 * by itself. The first picture is as it was. */
START_TEST (noise_goes_while_things_move)
{
  static const float cameras[][2] = { {0.f, 0.f}, {2.3f, -1.4f} };
  const SstBox middle = { 20.f, 20.f, WIDTH - 40.f, HEIGHT - 40.f };
  Pair pair = pair_new (cameras[_i][0], cameras[_i][1]);
  SstBox box;

  pair_add (&pair, &car);
  run (&pair, 0);
  ck_assert_double_le (error_within (&pair.seen, pair.shown, middle), 0.6);
  for (int t = 1; t < 10; t++)
    run (&pair, t);
  ck_assert_double_le (error_within (&pair.is, pair.shown, middle),
      (_i == 0 ? 0.5 : 0.75) * error_within (&pair.is, &pair.seen, middle));
  box = scene_truth (pair.clean, 0).box;
  ck_assert_double_le (error_within (&pair.is, pair.shown, box),
      0.8 * error_within (&pair.is, &pair.seen, box));
  pair_free (&pair);
}
END_TEST

/* What appears is shown at once, and what goes leaves no ghost. */
START_TEST (things_appear_at_once_and_leave_no_ghost)
{
  SceneSprite sprite = car;
  Pair pair = pair_new (0.f, 0.f);
  SstBox box;

  sprite.vx = 0.f;
  sprite.from = 8;
  sprite.until = 12;
  pair_add (&pair, &sprite);
  for (int t = 0; t < 13; t++) {
    run (&pair, t);
    box = scene_truth (pair.clean, 0).box;
    if (t == 8 || t == 12)
      ck_assert_msg (error_within (&pair.is, pair.shown, box)
          <= 1.25 * error_within (&pair.is, &pair.seen, box), "%d: %g, %g", t,
          error_within (&pair.is, pair.shown, box),
          error_within (&pair.is, &pair.seen, box));
  }
  pair_free (&pair);
}
END_TEST

/* Another tone, another size and a reset start anew. */
START_TEST (another_tone_or_size_starts_anew)
{
  const SstBox all = { 0.f, 0.f, WIDTH, HEIGHT };

  for (int how = 0; how < 3; how++) {
    Pair pair = pair_new (0.f, 0.f);

    for (int t = 0; t < 5; t++)
      run (&pair, t);
    ck_assert_double_ge (error_within (&pair.seen, pair.shown, all), 5.);
    if (how == 0) {
      pair.tone.softness = 2.f;
    } else if (how == 1) {
      SstFrame smaller = pair.seen;

      smaller.width -= 7;
      smaller.height -= 3;
      sst_denoiser_process (pair.denoiser, &smaller, &pair.tone);
    } else {
      sst_denoiser_reset (pair.denoiser);
    }
    run (&pair, 5);
    ck_assert_double_le (error_within (&pair.seen, pair.shown, all), 0.6);
    pair_free (&pair);
  }
}
END_TEST

/* Luma's part of the tone is in the planes, the rest is left to the sampler. */
START_TEST (luma_has_its_tone_and_the_rest_is_left)
{
  SstDenoiser *denoiser = sst_denoiser_new ();
  SstSampler *sampler = sst_sampler_new ();
  Scene *scene = scene_new (WIDTH, HEIGHT, 5);
  const SstBox box = { 33.f, 21.f, 200.f, 120.f };
  float *expected = g_new (float, 3 * 100 * 60);
  float *got = g_new (float, 3 * 100 * 60);
  SstTone tone = make_tone (TONE_NOISE);
  SstFrame frame;

  tone.luma_gain = 0.8f;        /* nothing is clamped */
  tone.luma_offset = 20.f;
  tone.chroma_gain[0] = 0.5f;
  tone.chroma_offset[1] = 7.f;
  tone.softness = 2.5f;
  frame = scene_render (scene, 0);
  sst_sampler_sample (sampler, sst_denoiser_process (denoiser, &frame, &tone),
      &box, SST_SAMPLE_YCC, 100, 60, got);
  frame.tone = &tone;
  sst_sampler_sample (sampler, &frame, &box, SST_SAMPLE_YCC, 100, 60,
      expected);
  for (int i = 0; i < 3 * 100 * 60; i++)
    ck_assert_float_eq_tol (got[i], expected[i], 1.f);
  g_free (expected);
  g_free (got);
  scene_free (&scene);
  sst_sampler_free (&sampler);
  sst_denoiser_free (&denoiser);
}
END_TEST

static const SstFormat formats[] = {
  SST_FORMAT_I420, SST_FORMAT_YV12, SST_FORMAT_NV12, SST_FORMAT_NV21,
  SST_FORMAT_YUY2, SST_FORMAT_UYVY, SST_FORMAT_GRAY8, SST_FORMAT_RGB,
  SST_FORMAT_BGR, SST_FORMAT_RGBX, SST_FORMAT_BGRX, SST_FORMAT_XRGB,
  SST_FORMAT_XBGR, SST_FORMAT_P010, SST_FORMAT_I420_10, SST_FORMAT_NV12_10_32
};

/* Every format, of any size, looks like itself. */
/* Any noise that a file may speak of: the picture stays one. */
START_TEST (any_noise_of_a_file_leaves_a_picture)
{
  static const float noises[] = { FLT_TRUE_MIN, 1e-30f, 1e-6f,
    SST_TONE_MAX_NOISE };

  for (guint i = 0; i < G_N_ELEMENTS (noises); i++) {
    Scene *scene = scene_new (WIDTH, HEIGHT, 5);
    SstDenoiser *denoiser = sst_denoiser_new ();
    SstTone tone = make_tone (noises[i]);

    tone.luma_gain = i == 0 ? 1.f / SST_TONE_MAX_GAIN : 1.f;
    ck_assert (sst_tone_is_valid (&tone));
    for (int t = 0; t < 4; t++) {
      const SstFrame frame = scene_render (scene, t);
      const SstFrame *const shown =
          sst_denoiser_process (denoiser, &frame, &tone);
      const SstBox all = { 0, 0, WIDTH, HEIGHT };

      if (i > 0)
        ck_assert_double_lt (error_within (shown, &frame, all), 2.);
    }
    sst_denoiser_free (&denoiser);
    scene_free (&scene);
  }
}
END_TEST

START_TEST (every_format_is_denoised)
{
  static const int sizes[][2] = { {96, 64}, {SST_DENOISER_MIN_SIDE,
          SST_DENOISER_MIN_SIDE}, {33, 77}, {131, 35}, {201, 101} };
  SstDenoiser *denoiser = sst_denoiser_new ();
  SstSampler *sampler = sst_sampler_new ();
  const SstTone tone = make_tone (TONE_NOISE);

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
    const int width = sizes[s][0], height = sizes[s][1];
    const SstBox all = { 0.f, 0.f, width, height };
    float *expected = g_new (float, 3 * width * height);
    float *got = g_new (float, 3 * width * height);
    Scene *scene = scene_new (width, height, 5);
    SstFrame frame;

    scene->camera.vx = 1.f;
    for (int t = 0; t < 3; t++) {
      const SstFrame *shown;
      guint8 *memory;

      scene_render (scene, t);
      memory = scene_convert (scene, formats[_i], 5, &frame);
      shown = sst_denoiser_process (denoiser, &frame, &tone);
      ck_assert (sst_frame_validate (shown, NULL));
      sst_sampler_sample (sampler, shown, &all, SST_SAMPLE_YCC, width, height,
          got);
      sst_sampler_sample (sampler, &frame, &all, SST_SAMPLE_YCC, width, height,
          expected);
      if (t == 0) {
        double sum = 0.;

        for (int i = 0; i < 3 * width * height; i++)
          sum += fabsf (got[i] - expected[i]);
        /* chroma of RGB is halved */
        ck_assert_double_le (sum / (3 * width * height), 2.5);
        for (int i = 0; i < width * height; i++)
          ck_assert_float_eq_tol (got[i], expected[i], 1.3f);
      }
      g_free (memory);
      if (t == 1)
        sst_denoiser_reset (denoiser);
    }
    g_free (expected);
    g_free (got);
    scene_free (&scene);
  }
  sst_sampler_free (&sampler);
  sst_denoiser_free (&denoiser);
}
END_TEST

static float
measure (float noise, float vx, gboolean same)
{
  Scene *scene = scene_new (WIDTH, HEIGHT, 5);
  SstFrame frame, before;
  guint8 *memory;
  float result;

  scene->look.noise = noise;
  scene->camera.vx = vx;
  scene_render (scene, 0);
  memory = scene_convert (scene, SST_FORMAT_I420, 0, &before);
  frame = scene_render (scene, same ? 0 : 1);
  result = sst_denoiser_measure (&before, &frame);
  g_free (memory);
  scene_free (&scene);
  return result;
}

/* Noise is measured about as it is, whether or not the camera moves; without
 * any there is little, and none in the same picture twice. */
START_TEST (noise_is_measured_about_as_it_is)
{
  const float still = measure (NOISE, 0.f, FALSE);

  ck_assert_float_eq_tol (still, TONE_NOISE, 0.5f * TONE_NOISE);
  ck_assert_float_eq_tol (measure (NOISE, 2.4f, FALSE), still, 0.3f * still);
  ck_assert_float_eq_tol (measure (2.f * NOISE, 0.f, FALSE), 2.f * still,
      0.5f * still);
  ck_assert_float_le (measure (0.f, 2.4f, FALSE), 0.25f * still);
  ck_assert (measure (NOISE, 0.f, TRUE) == 0.f);
}
END_TEST

static Suite *
denoise_suite (void)
{
  Suite *suite = suite_create ("denoise");
  TCase *tcase = tcase_create ("denoise");

  tcase_add_loop_test (tcase, noise_goes_while_things_move, 0, 2);
  tcase_add_test (tcase, things_appear_at_once_and_leave_no_ghost);
  tcase_add_test (tcase, another_tone_or_size_starts_anew);
  tcase_add_test (tcase, luma_has_its_tone_and_the_rest_is_left);
  tcase_add_test (tcase, any_noise_of_a_file_leaves_a_picture);
  tcase_add_loop_test (tcase, every_format_is_denoised, 0,
      G_N_ELEMENTS (formats));
  tcase_add_test (tcase, noise_is_measured_about_as_it_is);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (denoise)
