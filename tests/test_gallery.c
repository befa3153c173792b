/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/gallery.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "suite.h"

#define SIDE 32
#define N 4                     /* values of an embedding */
#define LENGTH (N + SST_PORTRAIT_COLORS)

static const SstBox middle = { 8.f, 8.f, 16.f, 16.f };

/* A sample of one colour in the box, and another around it. */
static void
paint (float *sample, const float inside[3], const float outside[3])
{
  for (int c = 0; c < 3; c++)
    for (int y = 0; y < SIDE; y++)
      for (int x = 0; x < SIDE; x++)
        sample[(c * SIDE + y) * SIDE + x] =
            x >= 8 && x < 24 && y >= 8 && y < 24 ? inside[c] : outside[c];
}

/* The portrait of such a box with an embedding along one axis. */
static void
portray (float *portrait, int axis, const float inside[3],
    const float outside[3])
{
  float sample[3 * SIDE * SIDE];

  paint (sample, inside, outside);
  for (int i = 0; i < N; i++)
    portrait[i] = i == axis ? 1.f : 0.f;
  sst_portrait_finish (portrait, N, sample, SIDE, &middle);
}

/* One that has this cosine with the first axis, and is of length 1. */
static void
point (float *portrait, float cosine, int axis)
{
  for (int i = 0; i < LENGTH; i++)
    portrait[i] = 0.f;
  portrait[0] = cosine;
  portrait[axis] += sqrtf (1.f - cosine * cosine);
}

static const float red[3] = { 90.f, -20.f, 80.f };
static const float blue[3] = { 60.f, 90.f, -20.f };
static const float gray[3] = { 200.f, 0.f, 0.f };

START_TEST (sees_form_and_color)
{
  float a[LENGTH], b[LENGTH], form[LENGTH], color[LENGTH];

  portray (a, 0, red, gray);
  portray (b, 0, red, blue);    /* what is around does not count */
  portray (form, 1, red, gray);
  portray (color, 0, blue, gray);
  ck_assert_float_eq_tol (sst_portrait_compare (a, a, LENGTH), 1.f, 1e-5f);
  ck_assert_float_eq_tol (sst_portrait_compare (a, b, LENGTH), 1.f, 1e-5f);
  ck_assert_float_eq_tol (sst_portrait_compare (a, form, LENGTH), 0.5f, 1e-5f);
  ck_assert_float_eq_tol (sst_portrait_compare (a, color, LENGTH), 0.5f,
      1e-5f);
}
END_TEST

START_TEST (bears_odd_boxes_and_colors)
{
  static const SstBox boxes[] = {
    {-50.f, -50.f, 10.f, 10.f}, {100.f, 100.f, 1.f, 1.f},
    {16.f, 16.f, 0.01f, 0.01f}, {-1e6f, -1e6f, 2e6f, 2e6f}
  };
  float sample[3 * SIDE * SIDE], portrait[LENGTH] = { 1.f };
  const float far[3] = { 900.f, -500.f, 500.f };

  paint (sample, far, gray);
  sst_portrait_finish (portrait, N, sample, SIDE, &boxes[_i]);
  ck_assert_float_eq_tol (sst_portrait_compare (portrait, portrait, LENGTH),
      1.f, 1e-5f);
}
END_TEST

START_TEST (keeps_what_is_new)
{
  SstGallery *gallery = sst_gallery_new (LENGTH);
  float first[LENGTH], alike[LENGTH], other[LENGTH];

  point (first, 1.f, 1);
  point (alike, 0.95f, 1);
  point (other, 0.5f, 1);
  sst_gallery_start (gallery, first);
  ck_assert (!sst_gallery_learn (gallery, alike));
  ck_assert_int_eq (sst_gallery_count (gallery), 1);
  ck_assert_float_eq_tol (sst_gallery_compare (gallery, other), 0.5f, 1e-5f);
  ck_assert (sst_gallery_learn (gallery, other));
  ck_assert_int_eq (sst_gallery_count (gallery), 2);
  /* the most alike counts */
  ck_assert_float_eq_tol (sst_gallery_compare (gallery, other), 1.f, 1e-5f);
  ck_assert_float_eq_tol (sst_gallery_compare (gallery, first), 1.f, 1e-5f);
  sst_gallery_start (gallery, first);
  ck_assert_int_eq (sst_gallery_count (gallery), 1);
  sst_gallery_free (&gallery);
  ck_assert_ptr_null (gallery);
}
END_TEST

START_TEST (never_loses_the_first)
{
  SstGallery *gallery = sst_gallery_new (LENGTH);
  float portrait[LENGTH], first[LENGTH], late[LENGTH], near[LENGTH];

  point (first, 1.f, 1);
  sst_gallery_start (gallery, first);
  for (int i = 0; i < SST_GALLERY_CAPACITY - 1; i++) {
    /* each less like the first than the one before */
    point (portrait, 0.85f - 0.05f * i, 1);
    sst_gallery_learn (gallery, portrait);
  }
  /* full of alike ones: what differs from all takes the place of one of them */
  for (int i = 0; i < 40; i++) {
    point (late, 0.f, 2 + i);
    sst_gallery_learn (gallery, late);
  }
  ck_assert_int_le (sst_gallery_count (gallery), SST_GALLERY_CAPACITY);
  ck_assert_float_eq_tol (sst_gallery_compare (gallery, first), 1.f, 1e-5f);
  /* a full gallery of things that differ takes nothing that is more alike */
  point (near, 0.7f, 1);
  if (sst_gallery_count (gallery) == SST_GALLERY_CAPACITY)
    ck_assert (!sst_gallery_learn (gallery, near));
  sst_gallery_free (&gallery);
}
END_TEST

static Suite *
gallery_suite (void)
{
  Suite *suite = suite_create ("gallery");
  TCase *tcase = tcase_create ("gallery");

  tcase_add_test (tcase, sees_form_and_color);
  tcase_add_loop_test (tcase, bears_odd_boxes_and_colors, 0, 4);
  tcase_add_test (tcase, keeps_what_is_new);
  tcase_add_test (tcase, never_loses_the_first);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (gallery)
