/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "footage/augment.h"
#include "picture/image.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

/* No larger than it has to be, so that tools see any access beyond. */
static float *
allocate (size_t n)
{
  return malloc (n * sizeof (float));
}

static void
fill (float *tensor, int side, SstRandom * random)
{
  for (int i = 0; i < side * side; i++) {
    tensor[i] = sst_random_uniform (random, 0.f, 255.f);
    tensor[side * side + i] = sst_random_uniform (random, -128.f, 128.f);
    tensor[2 * side * side + i] = sst_random_uniform (random, -128.f, 128.f);
  }
}

static void
flat (float *tensor, int side, float y, float cb, float cr)
{
  for (int i = 0; i < side * side; i++) {
    tensor[i] = y;
    tensor[side * side + i] = cb;
    tensor[2 * side * side + i] = cr;
  }
}

static void
check_range (const float *tensor, int side)
{
  int wrong = 0;

  for (int i = 0; i < 3 * side * side; i++) {
    const float low = i < side * side ? 0.f : -128.f;
    const float high = i < side * side ? 255.f : 128.f;

    wrong += !(tensor[i] >= low && tensor[i] <= high);
  }
  ck_assert_int_eq (wrong, 0);
}

START_TEST (tensors_keep_their_range)
{
  static const int sides[] = { 8, 9, 33, SST_TEMPLATE_SIDE, SST_SEARCH_SIDE };
  const int side = sides[_i];
  const int rounds = side > 100 ? 40 : 200;
  float *tensor = allocate (3 * (size_t) side * side);
  float *scratch = allocate (SST_AUGMENT_SCRATCH ((size_t) side));
  SstRandom random = sst_random_init (1, _i);

  for (int i = 0; i < rounds; i++) {
    if (i % 4 == 0)
      flat (tensor, side, i % 8 == 0 ? 0.f : 255.f, -128.f, 128.f);
    else
      fill (tensor, side, &random);
    sst_augment_photometric (tensor, side, i % 3 == 0 ? 0.4f
        : i % 3 == 1 ? 1.f : 1.8f, i % 8 == 1, &random, scratch);
    check_range (tensor, side);
  }
  free (tensor);
  free (scratch);
}
END_TEST

START_TEST (the_same_seed_gives_the_same_tensor)
{
  const int side = 40;
  const size_t n = 3 * (size_t) side * side;
  float *a = allocate (n), *b = allocate (n), *source = allocate (n);
  float *scratch = allocate (SST_AUGMENT_SCRATCH (side));
  int differ = 0;

  for (int i = 0; i < 50; i++) {
    SstRandom random = sst_random_init (2, i);
    SstRandom again;

    fill (source, side, &random);
    again = random;
    memcpy (a, source, n * sizeof (float));
    memcpy (b, source, n * sizeof (float));
    sst_augment_photometric (a, side, 0.f, FALSE, &random, scratch);
    ck_assert_mem_eq (a, source, n * sizeof (float));
    random = again;
    sst_augment_photometric (a, side, 1.f, i % 8 == 0, &random, scratch);
    sst_augment_photometric (b, side, 1.f, i % 8 == 0, &again, scratch);
    ck_assert_mem_eq (a, b, n * sizeof (float));
    differ += memcmp (a, source, n * sizeof (float)) != 0;
  }
  ck_assert_int_gt (differ, 45);
  free (a);
  free (b);
  free (source);
  free (scratch);
}
END_TEST

/* What comes out still shows what went in: luma always goes with it, chroma
 * unless there is none; in the dark, noise is the more of it. On the average it
 * is as bright. */
START_TEST (content_survives)
{
  const int side = 48, n = side * side, rounds = 800;
  float *tensor = allocate (3 * (size_t) n);
  float *scratch = allocate (SST_AUGMENT_SCRATCH (side));
  SstRandom random = sst_random_init (3, 0);
  double mean = 0.0;
  int gray = 0, faint = 0;

  for (int k = 0; k < rounds; k++) {
    double with_y = 0.0, with_cb = 0.0, cb_square = 0.0, square = 0.0;
    double y_mean = 0.0, cb_mean = 0.0, y_square = 0.0;

    for (int i = 0; i < n; i++) {
      tensor[i] = 128.f + 2.f * (i % side - (side - 1) * 0.5f);
      tensor[n + i] = 2.f * (i / side - (side - 1) * 0.5f);
      tensor[2 * n + i] = 0.f;
    }
    sst_augment_photometric (tensor, side, 1.f, k % 8 == 0, &random, scratch);
    for (int i = 0; i < n; i++) {
      y_mean += tensor[i] / n;
      cb_mean += tensor[n + i] / n;
    }
    for (int i = 0; i < n; i++) {
      const double u = i % side - (side - 1) * 0.5;
      const double v = i / side - (side - 1) * 0.5;
      const double y = tensor[i] - y_mean, cb = tensor[n + i] - cb_mean;

      with_y += u * y;
      y_square += y * y;
      with_cb += v * cb;
      cb_square += cb * cb;
      square += v * v;
    }
    ck_assert (with_y > 0.3 * sqrt (y_square * square));
    faint += with_y <= 0.7 * sqrt (y_square * square);
    mean += y_mean / rounds;
    gray += with_cb <= 0.5 * sqrt (cb_square * square);
  }
  ck_assert_int_lt (faint, rounds * 0.02);
  ck_assert_int_gt (gray, rounds * 0.08);
  ck_assert_int_lt (gray, rounds * 0.17);
  ck_assert (fabs (mean - 128.0) < 12.0);
  free (tensor);
  free (scratch);
}
END_TEST

START_TEST (both_pictures_of_a_pair_change)
{
  SstPair pair = { allocate (SST_TEMPLATE_SIZE), allocate (SST_SEARCH_SIZE),
    {10.f, 20.f, 30.f, 40.f}, {100.f, 5.f, 50.f, 60.f}, TRUE
  };
  float *templ = allocate (SST_TEMPLATE_SIZE);
  float *search = allocate (SST_SEARCH_SIZE);
  float *scratch = allocate (SST_AUGMENT_SCRATCH (SST_SEARCH_SIDE));
  SstRandom random = sst_random_init (4, 0);

  fill (pair.templ, SST_TEMPLATE_SIDE, &random);
  fill (pair.search, SST_SEARCH_SIDE, &random);
  memcpy (templ, pair.templ, SST_TEMPLATE_SIZE * sizeof (float));
  memcpy (search, pair.search, SST_SEARCH_SIZE * sizeof (float));

  sst_augment_mirror (&pair);
  ck_assert (pair.templ_box.x == 56.f && pair.templ_box.y == 20.f);
  ck_assert (pair.box.x == 42.f && pair.box.width == 50.f);
  ck_assert (pair.search[7] == search[SST_SEARCH_SIDE - 8]);
  ck_assert (pair.templ[SST_TEMPLATE_SIZE - 1]
      == templ[SST_TEMPLATE_SIZE - SST_TEMPLATE_SIDE]);
  sst_augment_mirror (&pair);
  ck_assert_mem_eq (pair.templ, templ, SST_TEMPLATE_SIZE * sizeof (float));
  ck_assert_mem_eq (pair.search, search, SST_SEARCH_SIZE * sizeof (float));
  ck_assert (pair.templ_box.x == 10.f && pair.box.x == 100.f);

  sst_augment_pair (&pair, 0.f, &random, scratch);
  ck_assert_mem_eq (pair.search, search, SST_SEARCH_SIZE * sizeof (float));
  for (int i = 0; i < 20; i++) {
    sst_augment_pair (&pair, 1.f, &random, scratch);
    check_range (pair.templ, SST_TEMPLATE_SIDE);
    check_range (pair.search, SST_SEARCH_SIDE);
  }
  ck_assert (memcmp (pair.templ, templ, SST_TEMPLATE_SIZE * sizeof (float)));
  free (pair.templ);
  free (pair.search);
  free (templ);
  free (search);
  free (scratch);
}
END_TEST

/* A blob touches all four sides of its box, and nothing beyond the margin. */
START_TEST (a_blob_fills_its_box)
{
  const int side = SST_AUGMENT_BLOB_SIDE;
  const float edge = side * 0.5f * (1.f - 1.f / SST_AUGMENT_BLOB_MARGIN);
  float *blob = allocate (SST_AUGMENT_BLOB_SIZE);
  SstRandom random = sst_random_init (5, 0);
  double least = 1.0, most = 0.0;

  for (int k = 0; k < 300; k++) {
    int left = side, top = side, right = -1, bottom = -1;
    double area = 0.0;
    int wrong = 0;

    sst_augment_blob (blob, &random);
    for (int i = 0; i < side * side; i++) {
      const int x = i % side, y = i / side;

      wrong += !(blob[i] >= 0.f && blob[i] <= 1.f);
      wrong += blob[i] > 0.f
          && (x == 0 || y == 0 || x == side - 1 || y == side - 1);
      area += blob[i];
      if (blob[i] > 0.4f) {
        left = MIN (left, x);
        right = MAX (right, x);
        top = MIN (top, y);
        bottom = MAX (bottom, y);
      }
    }
    ck_assert_int_eq (wrong, 0);
    /* a sharp point may not reach the middle of a pixel */
    ck_assert (fabsf (left - edge) < 3.5f);
    ck_assert (fabsf (top - edge) < 3.5f);
    ck_assert (fabsf (right + 1 - (side - edge)) < 3.5f);
    ck_assert (fabsf (bottom + 1 - (side - edge)) < 3.5f);
    area /= (side - 2.f * edge) * (side - 2.f * edge);
    least = MIN (least, area);
    most = MAX (most, area);
  }
  /* shapes differ, none is a mere thread */
  ck_assert (least > 0.2 && least < 0.6 && most > 0.85);
  free (blob);
}
END_TEST

START_TEST (pasting_keeps_to_its_box)
{
  static const SstBox boxes[] = {
    {10.f, 20.f, 16.f, 8.f}, {-6.f, -4.f, 20.f, 15.f}, {30.f, 25.f, 60.f, 60.f},
    {5.5f, 7.25f, 0.5f, 0.5f}, {100.f, 5.f, 10.f, 10.f}, {-5e6f, 3.f, 1.f, 1.f},
    {-10.f, -10.f, 1e6f, 1e6f},
  };
  const SstBox box = boxes[_i];
  const int side = 40, n = side * side, patch_side = 7;
  float *tensor = allocate (3 * (size_t) n);
  float *patch = allocate (3 * (size_t) patch_side * patch_side);
  float *blob = allocate (SST_AUGMENT_BLOB_SIZE);
  SstRandom random = sst_random_init (6, _i);
  int wrong = 0;

  flat (patch, patch_side, 200.f, 30.f, -30.f);
  sst_augment_blob (blob, &random);
  for (int with_blob = 0; with_blob < 2; with_blob++) {
    flat (tensor, side, 50.f, -10.f, 10.f);
    sst_augment_paste (tensor, side, &box, patch, patch_side, patch_side,
        with_blob ? blob : NULL);
    check_range (tensor, side);
    for (int i = 0; i < n; i++) {
      const float x = i % side + 0.5f, y = i / side + 0.5f;
      const gboolean inside = x >= box.x && x < box.x + box.width
          && y >= box.y && y < box.y + box.height;
      const float far = MAX (MAX (box.x - x, x - box.x - box.width),
          MAX (box.y - y, y - box.y - box.height));

      if (!with_blob) {
        wrong += fabsf (tensor[i] - (inside ? 200.f : 50.f)) > 1e-3f;
        wrong += fabsf (tensor[2 * n + i] - (inside ? -30.f : 10.f)) > 1e-3f;
      } else if (far > 0.125f * MAX (box.width, box.height)) {
        wrong += tensor[i] != 50.f;
      } else {
        wrong += tensor[i] < 50.f || tensor[i] > 200.001f;
      }
    }
  }
  ck_assert_int_eq (wrong, 0);
  free (tensor);
  free (patch);
  free (blob);
}
END_TEST

/* The pixels of a region land where they belong. */
START_TEST (pixels_of_a_frame_land_in_their_place)
{
  const int side = 64, width = 100, height = 80;
  const SstBox region = { 20.f, 10.f, 40.f, 50.f };
  const SstBox box = { 11.5f, 8.f, 30.f, 45.f };
  int wrong = 0;
  SstImage *image = sst_image_new (width, height);
  SstSampler *sampler = sst_sampler_new ();
  float *tensor = allocate (3 * (size_t) side * side);
  float *scratch = allocate (SST_AUGMENT_SCRATCH (side));

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      sst_image_plane (image, 0)[y * width + x] = (guint8) (16 + x + y);
  memset (sst_image_plane (image, 1), 128, width * height / 4);
  memset (sst_image_plane (image, 2), 128, width * height / 4);
  flat (tensor, side, 0.f, 0.f, 0.f);
  sst_augment_paste_frame (tensor, side, &box, sampler, &image->frame, &region,
      NULL, scratch);
  for (int y = 10; y < 51; y++) {
    for (int x = 14; x < 40; x++) {
      const float px = region.x + (x + 0.5f - box.x) / box.width
          * region.width;
      const float py = region.y + (y + 0.5f - box.y) / box.height
          * region.height;

      wrong += fabsf (tensor[y * side + x]
          - (px + py - 1.f) * 255.f / 219.f) >= 1.f;
    }
  }
  ck_assert_int_eq (wrong, 0);
  sst_sampler_free (&sampler);
  sst_image_unref (image);
  free (tensor);
  free (scratch);
}
END_TEST

static Suite *
augment_suite (void)
{
  Suite *suite = suite_create ("augment");
  TCase *tcase = tcase_create ("augment");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, tensors_keep_their_range, 0, 5);
  tcase_add_test (tcase, the_same_seed_gives_the_same_tensor);
  tcase_add_test (tcase, content_survives);
  tcase_add_test (tcase, both_pictures_of_a_pair_change);
  tcase_add_test (tcase, a_blob_fills_its_box);
  tcase_add_loop_test (tcase, pasting_keeps_to_its_box, 0, 7);
  tcase_add_test (tcase, pixels_of_a_frame_land_in_their_place);

  return suite;
}

SUITE_MAIN (augment)
