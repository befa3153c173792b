/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "scene.h"
#include "suite.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "footage/footage.h"
#include "picture/sampler.h"

/* --- pictures ----------------------------------------------------------- */

/* How far two pictures of a size are apart in any component, full-range levels:
 * the mean in *mean, the largest returned. */
static float
difference (const SstFrame * a, const SstFrame * b, float *mean)
{
  const int n = 3 * a->width * a->height;
  const SstBox all = { 0.f, 0.f, a->width, a->height };
  float *x = g_new (float, n), *y = g_new (float, n), largest = 0.f;
  SstSampler *sampler = sst_sampler_new ();
  double sum = 0.0;

  sst_sampler_sample (sampler, a, &all, SST_SAMPLE_YCC, a->width, a->height,
      x);
  sst_sampler_sample (sampler, b, &all, SST_SAMPLE_YCC, a->width, a->height,
      y);
  for (int i = 0; i < n; i++) {
    largest = fmaxf (largest, fabsf (x[i] - y[i]));
    sum += fabsf (x[i] - y[i]);
  }
  *mean = (float) (sum / n);
  sst_sampler_free (&sampler);
  g_free (x);
  g_free (y);
  return largest;
}

/* Any format becomes the same picture, odd sides too. Where a format has chroma
 * for every pixel, what is halved here can only be close on the mean. */
START_TEST (every_format_becomes_the_same_picture)
{
  static const int sizes[][2] = { {64, 48}, {63, 47}, {1, 1}, {2, 1}, {1, 5},
    {33, 2}
  };
  static const SstFormat formats[] = { SST_FORMAT_I420, SST_FORMAT_YV12,
    SST_FORMAT_NV12, SST_FORMAT_NV21, SST_FORMAT_YUY2, SST_FORMAT_UYVY,
    SST_FORMAT_RGB, SST_FORMAT_BGRX, SST_FORMAT_XRGB
  };

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
    Scene *scene = scene_new (sizes[s][0], sizes[s][1], 3);

    scene_render (scene, 0);
    for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
      SstFrame frame;
      guint8 *memory = scene_convert (scene, formats[f], 5, &frame);
      SstImage *image = sst_image_new_from_frame (&frame, 0);
      float mean, largest;

      ck_assert (sst_frame_validate (&image->frame, NULL));
      ck_assert_int_eq (image->frame.width, sizes[s][0]);
      ck_assert_int_eq (image->frame.height, sizes[s][1]);
      ck_assert_int_eq (image->frame.format, SST_FORMAT_I420);
      largest = difference (&frame, &image->frame, &mean);
      ck_assert_msg (mean < 2.f, "format %d, %d x %d: mean %g", formats[f],
          sizes[s][0], sizes[s][1], mean);
      if (formats[f] <= SST_FORMAT_NV21)
        ck_assert_msg (largest < 2.f, "format %d, %d x %d: %g", formats[f],
            sizes[s][0], sizes[s][1], largest);
      sst_image_unref (image);
      g_free (memory);
    }
    scene_free (&scene);
  }
}
END_TEST

/* A plain colour stays what it was, in every range and matrix, also seen as
 * R, G, B. */
START_TEST (plain_colors_stay)
{
  static const guint8 colors[][3] = { {16, 128, 128}, {235, 128, 128},
    {100, 90, 200}, {180, 160, 60}, {60, 200, 110}, {0, 128, 128},
    {255, 128, 128}
  };

  for (guint c = 0; c < G_N_ELEMENTS (colors); c++)
    for (int k = 0; k < 6; k++) {
      guint8 luma[25], u[9], v[9];
      const SstFrame frame = {
        .format = SST_FORMAT_I420, .matrix = k / 2, .full_range = k % 2,
        .width = 5, .height = 5, .plane = { luma, u, v },
        .stride = { 5, 3, 3 }
      };
      const SstBox all = { 0.f, 0.f, 5.f, 5.f };
      SstSampler *sampler = sst_sampler_new ();
      float before[3], after[3];
      SstImage *image;

      memset (luma, colors[c][0], sizeof (luma));
      memset (u, colors[c][1], sizeof (u));
      memset (v, colors[c][2], sizeof (v));
      image = sst_image_new_from_frame (&frame, 0);
      for (int space = SST_SAMPLE_YCC; space <= SST_SAMPLE_RGB; space++) {
        sst_sampler_sample (sampler, &frame, &all, space, 1, 1, before);
        sst_sampler_sample (sampler, &image->frame, &all, space, 1, 1, after);
        for (int i = 0; i < 3; i++)
          ck_assert_msg (fabsf (before[i] - after[i]) < 3.f, "colour %u, "
              "matrix %d, full range %d, space %d, component %d: %g for %g",
              c, k / 2, k % 2, space, i, after[i], before[i]);
      }
      sst_sampler_free (&sampler);
      sst_image_unref (image);
    }
}
END_TEST

/* Shrunk to the longer side, never grown, mean kept. */
START_TEST (pictures_shrink_and_keep_their_mean)
{
  static const struct
  {
    int width, height, max_side, to_width, to_height;
  } cases[] = {
    {200, 100, 50, 50, 25}, {100, 200, 50, 25, 50}, {99, 33, 100, 99, 33},
    {101, 33, 100, 100, 33}, {300, 2, 30, 30, 1}, {7, 5, 1, 1, 1},
    {64, 64, 63, 63, 63},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    Scene *scene = scene_new (cases[i].width, cases[i].height, 5);
    const SstFrame frame = scene_render (scene, 0);
    SstImage *image = sst_image_new_from_frame (&frame, cases[i].max_side);
    double before = 0.0, after = 0.0;
    const guint8 *luma = image->frame.plane[0];
    const int n = cases[i].to_width * cases[i].to_height;

    ck_assert_int_eq (image->frame.width, cases[i].to_width);
    ck_assert_int_eq (image->frame.height, cases[i].to_height);
    for (int k = 0; k < cases[i].width * cases[i].height; k++)
      before += frame.plane[0][k] / (double) (cases[i].width
          * cases[i].height);
    for (int k = 0; k < n; k++)
      after += luma[k] / (double) n;
    ck_assert_msg (fabs (before - after) < 5.0, "%u: %g to %g", i, before,
        after);
    ck_assert_uint_eq (sst_image_size (image), n + 2 * ((cases[i].to_width
                + 1) / 2) * ((cases[i].to_height + 1) / 2));
    sst_image_unref (image);
    scene_free (&scene);
  }
}
END_TEST

START_TEST (an_image_owns_its_planes)
{
  SstImage *image = sst_image_new (5, 3);

  ck_assert (sst_frame_validate (&image->frame, NULL));
  ck_assert_uint_eq (sst_image_size (image), 15 + 2 * 6);
  for (int plane = 0; plane < 3; plane++) {
    guint8 *const to = sst_image_plane (image, plane);

    ck_assert_ptr_eq (to, image->frame.plane[plane]);
    memset (to, plane, plane == 0 ? 15 : 6);    /* all of it is there */
  }
  for (int i = 0; i < 27; i++)
    ck_assert_int_eq (image->data[i], i < 15 ? 0 : i < 21 ? 1 : 2);
  ck_assert_ptr_eq (sst_image_ref (image), image);
  sst_image_unref (image);
  ck_assert_int_eq (image->frame.width, 5);
  sst_image_unref (image);
  sst_image_unref (NULL);
}
END_TEST

/* --- footage ------------------------------------------------------------ */

START_TEST (footage_keeps_its_clips_in_order)
{
  SstFootage *footage = sst_footage_new ();
  SstImage *kept = sst_image_new (4, 2);
  SstClip *clip;
  char name[] = "first";

  ck_assert_uint_eq (sst_footage_n_clips (footage), 0);
  ck_assert_uint_eq (sst_footage_n_images (footage), 0);
  ck_assert_uint_eq (sst_footage_size (footage), 0);
  clip = sst_footage_add_clip (footage, name);
  name[0] = 'x';                /* it has a copy */
  for (guint t = 0; t < 3; t++)
    sst_clip_add (clip, sst_image_ref (kept), t * 40000000ull);
  for (guint i = 0; i < 20; i++) {
    char other[16];

    g_snprintf (other, sizeof (other), "clip%u", i);
    sst_clip_add (sst_footage_add_clip (footage, other), sst_image_new (1, 1),
        G_MAXUINT64);
  }
  ck_assert_uint_eq (sst_footage_n_clips (footage), 21);
  ck_assert_ptr_eq (sst_footage_clip (footage, 0), clip);
  ck_assert_str_eq (clip->name, "first");
  ck_assert_uint_eq (sst_clip_length (clip), 3);
  ck_assert_ptr_eq (sst_clip_frame (clip, 2)->plane[0], kept->frame.plane[0]);
  ck_assert_uint_eq (sst_clip_time (clip, 2), 80000000);
  ck_assert (sst_clip_time (sst_footage_clip (footage, 20), 0) == G_MAXUINT64);
  ck_assert_uint_eq (sst_footage_n_images (footage), 23);
  ck_assert_uint_eq (sst_footage_size (footage), 3 * (8 + 2 * 2) + 20 * 3);
  sst_footage_free (&footage);
  ck_assert_ptr_null (footage);
  sst_footage_free (&footage);
  ck_assert_int_eq (kept->frame.width, 4);
  sst_image_unref (kept);
}
END_TEST

/* Its own clips, not those that it lists; the pictures themselves are shared
 * and stay as they are. */
START_TEST (pictures_are_seen_with_the_tone_of_their_footage)
{
  SstFootage *one = sst_footage_new (), *two = sst_footage_new ();
  SstClip *const clip = sst_footage_add_clip (one, "clip");
  SstClip *const other = sst_footage_add_clip (two, "other");
  SstImage *const image = sst_image_new (4, 4);
  SstTone tone = SST_TONE_NEUTRAL;

  sst_clip_add (clip, sst_image_ref (image), 0);
  sst_clip_add (other, sst_image_ref (image), 0);
  sst_footage_list (two, one, 0);
  sst_footage_list (two, one, 0);
  ck_assert_uint_eq (sst_footage_n_clips (two), 3);
  ck_assert_ptr_eq (sst_footage_clip (two, 1), clip);
  ck_assert_ptr_eq (sst_footage_clip (two, 2), clip);
  ck_assert_uint_eq (sst_footage_n_images (two), 3);

  tone.noise = 3.f;
  sst_footage_see (two, &tone);
  tone.noise = 0.f;
  sst_clip_add (other, sst_image_ref (image), 1);
  for (guint i = 0; i < 2; i++) {
    const SstFrame *const seen = sst_clip_frame (other, i);

    ck_assert_ptr_nonnull (seen->tone);
    ck_assert (seen->tone->noise == 3.f);
    ck_assert_ptr_eq (seen->plane[0], image->frame.plane[0]);
  }
  ck_assert_ptr_null (sst_clip_frame (clip, 0)->tone);
  ck_assert_ptr_null (image->frame.tone);

  sst_clip_truncate (other, 1);
  ck_assert_uint_eq (sst_clip_length (other), 1);
  sst_footage_free (&two);
  ck_assert_uint_eq (sst_footage_n_images (one), 1);
  sst_footage_free (&one);
  sst_image_unref (image);
}
END_TEST

/* --- random numbers ----------------------------------------------------- */

#define N_DRAWS 200000

START_TEST (random_draws_are_the_reference_ones)
{
  SstRandom random = sst_random_init (1, 2), again = random;
  SstRandom known = sst_random_init (42, 54);
  double sum = 0.0, squares = 0.0, fourth = 0.0, normal = 0.0;
  double normal_squares = 0.0, lag = 0.0, before = 0.0;
  int counts[7] = { 0 }, chance = 0;

  /* the reference implementation's demonstration */
  ck_assert_uint_eq (sst_random_bits (&known), 0xa15c02b7);
  ck_assert_uint_eq (sst_random_bits (&known), 0x7b47f409);
  ck_assert_uint_eq (sst_random_bits (&known), 0xba1d3330);

  for (int i = 0; i < N_DRAWS; i++) {
    const float u = sst_random_uniform (&random, 0.f, 1.f);
    float x;

    ck_assert (u >= 0.f && u < 1.f);
    sum += u;
    squares += (double) u * u;
    lag += (u - 0.5) * before;
    before = u - 0.5;
    x = sst_random_normal (&random, 2.f);
    ck_assert (isfinite (x));
    normal += x;
    normal_squares += (double) x * x;
    fourth += pow (x, 4.0);
    counts[sst_random_below (&random, 7)]++;
    chance += sst_random_chance (&random, 0.3f);
  }
  ck_assert_double_eq_tol (sum / N_DRAWS, 0.5, 4e-3);
  ck_assert_double_eq_tol (squares / N_DRAWS, 1.0 / 3.0, 4e-3);
  ck_assert_double_eq_tol (lag / N_DRAWS, 0.0, 1e-3);
  ck_assert_double_eq_tol (normal / N_DRAWS, 0.0, 0.025);
  ck_assert_double_eq_tol (normal_squares / N_DRAWS, 4.0, 0.08);
  ck_assert_double_eq_tol (fourth / N_DRAWS, 48.0, 3.0);
  ck_assert_double_eq_tol (chance / (double) N_DRAWS, 0.3, 6e-3);
  for (int k = 0; k < 7; k++)
    ck_assert_double_eq_tol (counts[k] / (double) N_DRAWS, 1.0 / 7.0, 5e-3);

  random = sst_random_init (1, 2);
  for (int i = 0; i < 100; i++)
    ck_assert_uint_eq (sst_random_bits (&random), sst_random_bits (&again));
  for (int i = 0; i < 100; i++) {
    ck_assert_uint_eq (sst_random_below (&random, 1), 0);
    ck_assert (!sst_random_chance (&random, 0.f));
    ck_assert (sst_random_chance (&random, 1.f));
    ck_assert_float_eq (sst_random_normal (&random, 0.f), 0.f);
  }
}
END_TEST

/* Training gives every pair a stream of its own, one number after the other:
 * the draws at one place of neighbouring streams are as good as those of one,
 * as are those of neighbouring seeds. */
START_TEST (random_streams_are_independent)
{
  for (int place = 0; place < 6; place++) {
    double sum = 0.0, squares = 0.0, next = 0.0, along = 0.0;
    double last = 0.0;
    int cells[8][8] = { {0} };
    const int n = 40000;
    double chi = 0.0;

    for (int i = 0; i < n; i++) {
      SstRandom random = sst_random_init (_i ? i : 1, _i ? 1 : 16 + i);
      double u = 0.0, v;

      for (int k = 0; k <= place; k++)
        u = sst_random_uniform (&random, 0.f, 1.f);
      v = sst_random_uniform (&random, 0.f, 1.f);
      sum += u;
      squares += u * u;
      next += (u - 0.5) * last;
      along += (u - 0.5) * (v - 0.5);
      last = u - 0.5;
      cells[(int) (8.0 * u)][(int) (8.0 * v)]++;
    }
    ck_assert_double_eq_tol (sum / n, 0.5, 8e-3);
    ck_assert_double_eq_tol (squares / n, 1.0 / 3.0, 8e-3);
    /* standard deviation 1 / (12 sqrt (n)): 4e-4 */
    ck_assert_msg (fabs (next / n) < 2.5e-3, "place %d: %g", place, next / n);
    ck_assert_msg (fabs (along / n) < 2.5e-3, "place %d: %g", place,
        along / n);
    for (int k = 0; k < 64; k++)
      chi += pow (cells[k / 8][k % 8] - n / 64.0, 2.0) / (n / 64.0);
    ck_assert_msg (chi < 63.0 + 6.0 * sqrt (126.0), "place %d: %g", place,
        chi);
  }
}
END_TEST

static Suite *
footage_suite (void)
{
  Suite *suite = suite_create ("footage");
  TCase *tcase = tcase_create ("footage");

  tcase_add_test (tcase, every_format_becomes_the_same_picture);
  tcase_add_test (tcase, plain_colors_stay);
  tcase_add_test (tcase, pictures_shrink_and_keep_their_mean);
  tcase_add_test (tcase, an_image_owns_its_planes);
  tcase_add_test (tcase, footage_keeps_its_clips_in_order);
  tcase_add_test (tcase, pictures_are_seen_with_the_tone_of_their_footage);
  tcase_add_test (tcase, random_draws_are_the_reference_ones);
  tcase_add_loop_test (tcase, random_streams_are_independent, 0, 2);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (footage)
