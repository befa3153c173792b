/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Tone: what is one, and that a model keeps it. */


#include "footage/pattern.h"
#include "model/model_private.h"
#include "stream/exposure.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

#define WIDTH 320
#define HEIGHT 180
#define N_PICTURES 12

static const SstNetworkConfig tiny = { {4, 6, 8}, 1, 5, 7, 6 };

START_TEST (bad_tones_are_refused)
{
  const SstTone neutral = SST_TONE_NEUTRAL;

  ck_assert (sst_tone_is_valid (&neutral) && sst_tone_is_neutral (&neutral));
  for (int i = 0; i < SST_TONE_N_VALUES; i++) {
    static const float bad[] = { NAN, INFINITY, -INFINITY, 1e4f, -1e4f };

    for (guint k = 0; k < G_N_ELEMENTS (bad); k++) {
      float values[SST_TONE_N_VALUES];
      SstTone tone;

      sst_tone_to_values (&neutral, values);
      values[i] = bad[k];
      tone = sst_tone_from_values (values);
      ck_assert (!sst_tone_is_valid (&tone) && !sst_tone_is_neutral (&tone));
    }
  }
}
END_TEST

START_TEST (distances_are_as_computed_by_hand)
{
  const float mean[3] = { 200.f, 30.f, 0.f };
  const SstTone neutral = SST_TONE_NEUTRAL;
  SstTone twice = SST_TONE_NEUTRAL, lower = SST_TONE_NEUTRAL;
  SstTone sharper = SST_TONE_NEUTRAL;
  SstTone softer = SST_TONE_NEUTRAL, gray = SST_TONE_NEUTRAL;

  ck_assert (sst_tone_distance (&neutral, &neutral, mean) == 0.f);
  /* about the mean, so that the level stays */
  twice.luma_gain = 2.f;
  twice.luma_offset = -200.f;
  ck_assert_float_eq_tol (sst_tone_distance (&neutral, &twice, mean), 1.f,
      1e-5f);
  lower.chroma_offset[0] = -32.f;
  ck_assert_float_eq_tol (sst_tone_distance (&neutral, &lower, mean), 0.5f,
      1e-5f);
  sharper.sharpness = 1.f;
  ck_assert_float_eq_tol (sst_tone_distance (&neutral, &sharper, mean), 0.5f,
      1e-5f);
  softer.softness = 2.f;
  ck_assert_float_eq_tol (sst_tone_distance (&neutral, &softer, mean), 1.f,
      1e-5f);
  gray.chroma_gain[1] = 0.f;
  ck_assert_float_ge (sst_tone_distance (&neutral, &gray, mean), 2.f);
  ck_assert_float_le (sst_tone_distance (&neutral, &gray, mean), 100.f);
}
END_TEST

/* A model's tone goes with it through a file and changes its name, and one
 * without is as it was. A file's tone is not trusted. */
START_TEST (a_tone_goes_with_its_model)
{
  SstTone tone = SST_TONE_NEUTRAL;
  SstModel *plain = sst_model_new_random (&tiny, 3, NULL);
  SstModel *toned, *again;
  SstWeights *weights;
  GError *error = NULL;
  GBytes *bytes;

  tone.luma_gain = 7.f;
  tone.chroma_offset[1] = -3.f;
  tone.softness = 2.5f;
  ck_assert_ptr_null (sst_model_tone (plain));
  toned = sst_model_new_with_tone (plain, &tone);
  ck_assert_mem_eq (sst_model_tone (toned), &tone, sizeof tone);
  ck_assert_str_ne (sst_weights_get_checksum (sst_model_weights (toned)),
      sst_weights_get_checksum (sst_model_weights (plain)));
  ck_assert_mem_eq (sst_model_kernels (toned), sst_model_kernels (plain),
      sst_network_kernels_size (sst_model_network (plain), FALSE)
      * sizeof (float));

  bytes = sst_weights_to_bytes (sst_model_weights (toned));
  weights = sst_weights_load_bytes (bytes, &error);
  g_assert_no_error (error);
  again = sst_model_new_from_weights (weights, &error);
  g_assert_no_error (error);
  ck_assert_mem_eq (sst_model_tone (again), &tone, sizeof tone);
  sst_weights_unref (weights);
  g_bytes_unref (bytes);
  sst_model_unref (again);

  again = sst_model_new_with_tone (toned, NULL);
  ck_assert_ptr_null (sst_model_tone (again));
  ck_assert_str_eq (sst_weights_get_checksum (sst_model_weights (again)),
      sst_weights_get_checksum (sst_model_weights (plain)));
  sst_model_unref (again);
  sst_model_unref (toned);

  tone.luma_gain = 1e6f;
  {
    const SstWeights *const good = sst_model_weights (plain);
    const int n = sst_weights_n_tensors (good);
    SstTensorSpec *specs = g_new0 (SstTensorSpec, n + 1);
    const float **data = g_new (const float *, n + 1);
    float values[2 * SST_TONE_N_VALUES] = { 0.f };

    for (int i = 0; i < n; i++) {
      const SstTensorSpec *spec;

      data[i] = sst_weights_tensor (good, i, &spec);
      specs[i] = *spec;
    }
    sst_tone_to_values (&tone, values);
    data[n] = values;
    for (int size = SST_TONE_N_VALUES - 1; size <= SST_TONE_N_VALUES + 1;
        size++) {
      specs[n] = (SstTensorSpec) { "tone", 1, { size } };
      weights = sst_weights_new (sst_weights_get_architecture (good), NULL,
          specs, n + 1, data, NULL);
      ck_assert_ptr_null (sst_model_new_from_weights (weights, &error));
      ck_assert (g_error_matches (error, SST_WEIGHTS_ERROR,
              size == SST_TONE_N_VALUES ? SST_WEIGHTS_ERROR_VALUE
              : SST_WEIGHTS_ERROR_ARCHITECTURE));
      g_clear_error (&error);
      sst_weights_unref (weights);
    }
    g_free (specs);
    g_free (data);
  }
  sst_model_unref (plain);
}
END_TEST

/* --- exposure ------------------------------------------------------------- */

/* What a camera makes of a picture: of each component of a chroma sample's
 * colour, in full range. */
typedef void (*Camera) (float ycc[3], GRand * rand);

static void
fog (float ycc[3], G_GNUC_UNUSED GRand * rand)
{
  ycc[0] = 180.f + 0.1f * ycc[0];
  ycc[1] *= 0.1f;
  ycc[2] *= 0.1f;
}

static void
thermal (float ycc[3], GRand * rand)
{
  ycc[0] = 140.f - 0.08f * ycc[0]
      + 4.f * (float) (g_rand_double (rand) + g_rand_double (rand) - 1.);
  ycc[1] = ycc[2] = 0.f;
}

static void
sodium (float ycc[3], G_GNUC_UNUSED GRand * rand)
{
  ycc[1] = -0.3f * ycc[0] + 0.1f * ycc[1];
  ycc[2] = 0.3f * ycc[0] + 0.1f * ycc[2];
}

static void
night (float ycc[3], GRand * rand)
{
  for (int c = 0; c < 3; c++)
    ycc[c] = 0.6f * ycc[c]
        + 16.f * (float) (g_rand_double (rand) + g_rand_double (rand) - 1.);
}

static void
usual (G_GNUC_UNUSED float ycc[3], G_GNUC_UNUSED GRand * rand)
{
}

static guint8
byte (float x, float scale, float zero)
{
  return (guint8) CLAMP (x * scale + zero + 0.5f, 0.f, 255.f);
}

/* What a coder of few bits leaves: the mean of each block. */
static void
quantize_blocks (SstImage * image)
{
  for (int p = 0; p < 3; p++) {
    const int width = p > 0 ? WIDTH / 2 : WIDTH;
    const int height = p > 0 ? HEIGHT / 2 : HEIGHT;
    guint8 *const plane = sst_image_plane (image, p);
    const int stride = image->frame.stride[p];

    for (int y0 = 0; y0 < height; y0 += 8) {
      for (int x0 = 0; x0 < width; x0 += 8) {
        const int x1 = MIN (x0 + 8, width), y1 = MIN (y0 + 8, height);
        int sum = 0;

        for (int y = y0; y < y1; y++)
          for (int x = x0; x < x1; x++)
            sum += plane[y * stride + x];
        for (int y = y0; y < y1; y++)
          for (int x = x0; x < x1; x++)
            plane[y * stride + x] =
                (guint8) (sum / ((x1 - x0) * (y1 - y0)));
      }
    }
  }
}

/* Out of focus: means of 7 luma samples, three times each way. */
#define DEFOCUS sqrt (3. * (7. * 7. - 1.) / 12.)

static void
defocus (SstImage * image)
{
  guint8 *const plane = sst_image_plane (image, 0);
  const int stride = image->frame.stride[0];

  for (int pass = 0; pass < 6; pass++) {
    const gboolean across = pass % 2 == 0;
    const int n = across ? WIDTH : HEIGHT, step = across ? 1 : stride;

    for (int line = 0; line < (across ? HEIGHT : WIDTH); line++) {
      guint8 *const p = plane + line * (across ? stride : 1);
      guint8 old[WIDTH];

      for (int i = 0; i < n; i++)
        old[i] = p[i * step];
      for (int i = 0; i < n; i++) {
        int sum = 0;

        for (int k = i - 3; k <= i + 3; k++)
          sum += old[CLAMP (k, 0, n - 1)];
        p[i * step] = (guint8) ((sum + 3) / 7);
      }
    }
  }
}

static SstArtifacts
measure (const SstFrame * frame)
{
  SstSampler *sampler = sst_sampler_new ();
  const SstArtifacts artifacts = sst_artifacts_measure (sampler, frame);

  sst_sampler_free (&sampler);
  return artifacts;
}

typedef void (*Flaw) (SstImage * image);

static SstExposureLook
look_through (Camera camera, Flaw flaw)
{
  SstExposure *exposure = sst_exposure_new ();
  GRand *rand = g_rand_new_with_seed (5);
  SstExposureLook look;

  for (int i = 0; i < N_PICTURES; i++) {
    SstImage *const from = sst_pattern_image (70 + i, WIDTH, HEIGHT);
    SstImage *const to = sst_image_new (WIDTH, HEIGHT);
    SstFootage *footage = sst_footage_new ();
    const SstFrame *const f = &from->frame;
    SstArtifacts artifacts;

    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        const gsize c = (gsize) (y / 2) * f->stride[1] + x / 2;
        float ycc[3] = {
          (f->plane[0][y * f->stride[0] + x] - 16) * 255.f / 219.f,
          (f->plane[1][c] - 128) * 255.f / 224.f,
          (f->plane[2][c] - 128) * 255.f / 224.f
        };

        camera (ycc, rand);
        sst_image_plane (to, 0)[y * to->frame.stride[0] + x] =
            byte (ycc[0], 219.f / 255.f, 16.f);
        for (int p = 1; p < 3; p++)
          sst_image_plane (to, p)[(y / 2) * to->frame.stride[p] + x / 2] =
              byte (ycc[p], 224.f / 255.f, 128.f);
      }
    }
    sst_clip_add (sst_footage_add_clip (footage, "picture"), to, 0);
    if (flaw != NULL)
      flaw (to);
    artifacts = measure (&to->frame);
    sst_exposure_add (exposure, sst_footage_clip (footage, 0), &artifacts);
    sst_footage_free (&footage);
    sst_image_unref (from);
  }
  ck_assert_uint_eq (sst_exposure_n_clips (exposure), N_PICTURES);
  look = sst_exposure_look (exposure);
  sst_exposure_reset (exposure);
  ck_assert_uint_eq (sst_exposure_n_clips (exposure), 0);
  sst_exposure_free (&exposure);
  ck_assert_ptr_null (exposure);
  g_rand_free (rand);
  return look;
}

/* What a tone leaves of a picture's contrast and level. */
START_TEST (contrast_and_level_are_brought_back)
{
  static const Camera cameras[] = { usual, night, fog, thermal, sodium };
  const SstExposureLook plain = look_through (usual, NULL);

  ck_assert_float_le (plain.artifacts.noise[0], 3.f);
  for (guint i = 0; i < G_N_ELEMENTS (cameras); i++) {
    const SstExposureLook look = look_through (cameras[i], NULL);
    const SstTone tone = sst_exposure_tone (&look);
    const float contrast = tone.luma_gain * look.deviation[0];
    const float level = tone.luma_gain * look.mean[0] + tone.luma_offset;

    ck_assert (sst_tone_is_valid (&tone));
    ck_assert_msg (contrast > 35.f && contrast < 90.f, "%u: %g", i,
        (double) contrast);
    ck_assert_msg (level > 90.f && level < 165.f, "%u: %g", i, (double) level);
    ck_assert (!sst_exposure_is_glaring (&look, &tone));
    ck_assert (tone.sharpness == 0.f && tone.blur == 0.f);
    if (cameras[i] == usual) {
      /* drawn pictures have a little less contrast than others */
      ck_assert_float_le (tone.luma_gain, 1.6f);
      ck_assert_float_ge (tone.chroma_gain[0], 0.9f);
      ck_assert (tone.chroma_offset[0] == 0.f);
      ck_assert (tone.softness == 1.f);
    } else if (cameras[i] == night) {
      ck_assert_float_ge (tone.luma_gain, 1.3f);
      ck_assert_float_le (tone.chroma_gain[0], 0.8f);
      ck_assert_float_ge (tone.softness, 1.2f);
    } else if (cameras[i] == fog) {
      ck_assert_float_ge (tone.luma_gain, 5.f);
      ck_assert_float_ge (tone.chroma_gain[0], 1.5f);
      ck_assert (tone.softness == 1.f);
      /* the fog lifts */
      ck_assert (sst_exposure_is_glaring (&plain, &tone));
    } else if (cameras[i] == thermal) {
      ck_assert_float_ge (tone.luma_gain, 5.f);
      ck_assert (tone.chroma_gain[0] == 1.f && tone.chroma_offset[0] == 0.f);
      ck_assert_float_ge (tone.softness, 1.5f);
    } else {
      ck_assert_float_ge (look.told[0], 0.9f);
      for (int c = 0; c < 2; c++) {
        ck_assert_float_le (tone.chroma_gain[c], 0.8f);
        ck_assert_float_eq_tol (tone.chroma_gain[c] * look.mean[1 + c]
            + tone.chroma_offset[c], 0.f, 1e-3f);
      }
    }
  }
}
END_TEST

/* Noise is measured whatever the picture, and only where it is. */
START_TEST (noise_is_measured_whatever_the_picture)
{
  const SstExposureLook clean = look_through (fog, NULL);
  const SstExposureLook noisy = look_through (thermal, NULL);

  ck_assert_float_le (clean.artifacts.noise[0], 0.5f);
  /* 4 times the deviation of the sum of two uniform numbers */
  ck_assert_float_eq_tol (noisy.artifacts.noise[0], 4.f / sqrtf (6.f), 0.5f);
}
END_TEST

/* Blocks are found, and make for softness and less chroma. */
START_TEST (blocks_are_found)
{
  const SstExposureLook plain = look_through (sodium, NULL);
  const SstExposureLook blocky = look_through (sodium, quantize_blocks);
  const SstTone sharp = sst_exposure_tone (&plain);
  const SstTone soft = sst_exposure_tone (&blocky);

  for (int c = 0; c < 3; c++) {
    ck_assert_float_le (plain.artifacts.blocks[c], 0.5f);
    ck_assert_float_ge (blocky.artifacts.blocks[c], 1.f);
  }
  ck_assert_float_ge (soft.softness, 3.f);
  for (int c = 0; c < 2; c++)
    ck_assert_float_le (soft.chroma_gain[c], 0.8f * sharp.chroma_gain[c]);
}
END_TEST

/* How broad edges are is seen through fog, and in noise nothing is
 * sharpened. */
START_TEST (the_breadth_of_edges_is_seen)
{
  const float blur = (float) (DEFOCUS / sqrt ((double) WIDTH * HEIGHT));
  const SstExposureLook clear = look_through (usual, defocus);
  const SstExposureLook foggy = look_through (fog, defocus);
  SstExposureLook noisy = clear;
  SstTone tone = sst_exposure_tone (&clear);

  ck_assert_float_le (look_through (usual, NULL).blur, 0.3f * blur);
  ck_assert_float_eq_tol (clear.blur, blur, 0.25f * blur);
  ck_assert_float_eq_tol (foggy.blur, blur, 0.25f * blur);
  ck_assert (sst_tone_is_valid (&tone));
  ck_assert (tone.sharpness > 1.f && tone.blur == clear.blur);
  noisy.artifacts.noise[0] = 12.f;
  tone = sst_exposure_tone (&noisy);
  ck_assert (tone.sharpness == 0.f && tone.blur == 0.f);
}
END_TEST

/* A picture that the next differs from by noise is averaged over time, and
 * needs less smoothing then; a little, and what the stretching does not make
 * more of, stays. One window in which everything moves says little. */
START_TEST (flicker_is_averaged_over_time)
{
  SstExposureLook look = look_through (thermal, NULL);
  SstTone still = sst_exposure_tone (&look), tone;
  SstExposure *exposure = sst_exposure_new ();
  SstFootage *footage = sst_footage_new ();
  SstImage *const image = sst_image_new (WIDTH, HEIGHT);
  SstArtifacts artifacts = { {0.f}, {0.f}, 0.2f };

  ck_assert (still.noise == 0.f);
  look.artifacts.flicker = 0.25f;
  tone = sst_exposure_tone (&look);
  ck_assert (sst_tone_is_valid (&tone) && tone.noise == 0.25f);
  ck_assert_float_lt (tone.softness, still.softness);
  look.artifacts.noise[0] = 0.03f;      /* something moves, nothing is noisy */
  ck_assert (sst_exposure_tone (&look).noise == 0.f);
  look = look_through (thermal, NULL);
  look.artifacts.flicker = 0.02f;
  tone = sst_exposure_tone (&look);
  ck_assert (tone.noise == 0.f && tone.softness == still.softness);
  look = look_through (usual, NULL);
  look.artifacts.flicker = 0.25f;
  ck_assert (sst_exposure_tone (&look).noise == 0.f);

  memset (image->data, 128, sst_image_size (image));
  sst_clip_add (sst_footage_add_clip (footage, "picture"), image, 0);
  for (int i = 0; i < 8; i++) {
    artifacts.flicker = i == 3 ? 10.f : 0.2f;
    sst_exposure_add (exposure, sst_footage_clip (footage, 0), &artifacts);
  }
  look = sst_exposure_look (exposure);
  ck_assert (look.artifacts.flicker >= 0.19f && look.artifacts.flicker < 0.6f);
  sst_footage_free (&footage);
  sst_exposure_free (&exposure);
}
END_TEST

/* Nothing that a picture can be breaks it. */
START_TEST (extreme_pictures_break_nothing)
{
  static const int sides[][2] = { {1, 1}, {2, 1}, {1, 9}, {2, 2}, {3, 3} };

  for (guint i = 0; i < G_N_ELEMENTS (sides) * 3; i++) {
    const int *const side = sides[i / 3];
    SstExposure *exposure = sst_exposure_new ();
    SstFootage *footage = sst_footage_new ();
    SstImage *const image = sst_image_new (side[0], side[1]);
    SstExposureLook look;
    SstArtifacts artifacts;
    SstTone tone;

    for (int p = 0; p < 3; p++)
      memset (sst_image_plane (image, p), i % 3 == 0 ? 0 : i % 3 == 1 ? 128
          : 255, (gsize) image->frame.stride[p]
          * (p > 0 ? (side[1] + 1) / 2 : side[1]));
    sst_clip_add (sst_footage_add_clip (footage, "picture"), image, 0);
    artifacts = measure (&image->frame);
    sst_exposure_add (exposure, sst_footage_clip (footage, 0), &artifacts);
    look = sst_exposure_look (exposure);
    tone = sst_exposure_tone (&look);
    ck_assert (sst_tone_is_valid (&tone));
    sst_exposure_is_glaring (&look, &tone);
    sst_footage_free (&footage);
    sst_exposure_free (&exposure);
  }
}
END_TEST

static Suite *
tone_suite (void)
{
  Suite *suite = suite_create ("tone");
  TCase *tcase = tcase_create ("tone");

  tcase_add_test (tcase, bad_tones_are_refused);
  tcase_add_test (tcase, distances_are_as_computed_by_hand);
  tcase_add_test (tcase, a_tone_goes_with_its_model);
  tcase_add_test (tcase, contrast_and_level_are_brought_back);
  tcase_add_test (tcase, noise_is_measured_whatever_the_picture);
  tcase_add_test (tcase, blocks_are_found);
  tcase_add_test (tcase, the_breadth_of_edges_is_seen);
  tcase_add_test (tcase, flicker_is_averaged_over_time);
  tcase_add_test (tcase, extreme_pictures_break_nothing);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (tone)
