/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "base/random.h"
#include "footage/mover.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "suite.h"

#define LENGTH 80
#define MIN_LENGTH 10

/* What a picture has. */
typedef struct
{
  SstExtentPart part[SST_EXTENT_MAX_PARTS];
  SstPoint shift[SST_EXTENT_MAX_PARTS];
  guint n;
} Picture;

static void
put (Picture * picture, SstBox box, float around, SstPoint shift)
{
  picture->part[picture->n] = (SstExtentPart) {.box = box,.inside = 0.6f,
    .around = around};
  picture->shift[picture->n++] = shift;
}

/* A thing's box that shakes by up to that many pixels. */
static SstBox
shake (SstBox box, float pixels, SstRandom * random)
{
  const float x0 = box.x + sst_random_uniform (random, -pixels, pixels);
  const float y0 = box.y + sst_random_uniform (random, -pixels, pixels);

  return (SstBox) { x0, y0, box.x + box.width - x0
      + sst_random_uniform (random, -pixels, pixels),
    box.y + box.height - y0 + sst_random_uniform (random, -pixels, pixels)
  };
}

static guint
take_all (SstMovers * movers, SstMover * mover, guint most)
{
  guint n = 0;

  while (n < most && sst_movers_take (movers, MIN_LENGTH, &mover[n]))
    n++;
  return n;
}

/* Half of the thing, the thing, and the thing with what is beside it: the whole
 * one is followed, over pictures without a part, and more smoothly than it was
 * measured. */
START_TEST (follows_the_whole)
{
  SstMovers *movers = sst_movers_new ();
  SstMover *const mover = g_new (SstMover, 4);
  SstRandom random = sst_random_init (3, 0);
  const SstPoint shift = { 2.f, 0.5f };
  float off = 0.f;
  SstMoverSummary sum;

  for (int k = 0; k < LENGTH; k++) {
    const SstBox truth = { 20.f + 2.f * k, 50.f + 0.5f * k, 30.f, 40.f };
    Picture picture = {.n = 0 };

    if (k % 20 < 17) {
      put (&picture, (SstBox) { truth.x, truth.y, 30.f, 20.f }, 0.25f, shift);
      put (&picture, shake (truth, 2.f, &random), 0.05f, shift);
      put (&picture, (SstBox) { truth.x - 9.f, truth.y, 50.f, 44.f }, 0.2f,
          shift);
    }
    sst_movers_add (movers, picture.part, picture.shift, picture.n);
  }
  ck_assert_uint_eq (take_all (movers, mover, 4), 1);
  ck_assert_uint_eq (mover->from, 0);
  ck_assert_uint_eq (mover->until, LENGTH - 3);
  sum = sst_mover_sum_up (mover);
  ck_assert_uint_eq (sum.n_measured, LENGTH / 20 * 17);
  ck_assert (sum.unrest > 0.01f && sum.unrest < 0.05f);
  ck_assert (sum.overlap > 0.8f && sum.overlap < 1.f);
  ck_assert_float_eq_tol (sum.inside, 0.6f, 1e-4f);
  ck_assert_float_eq (sum.cut, 0.f);
  for (guint k = mover->from; k < mover->until; k++) {
    const SstBox truth = { 20.f + 2.f * k, 50.f + 0.5f * k, 30.f, 40.f };

    ck_assert (mover->step[k].measured == (k % 20 < 17));
    ck_assert_float_gt (sst_box_iou (&truth, &mover->step[k].box), 0.85f);
    off += fabsf (mover->step[k].box.width - truth.width) / LENGTH;
  }
  /* two sides that shake alone are off by 4/3 in the mean */
  ck_assert_float_lt (off, 0.9f);
  g_free (mover);
  sst_movers_free (&movers);
  ck_assert_ptr_null (movers);
  sst_movers_free (&movers);
}
END_TEST

/* One runs into another, and both are one part from there on: neither is said
 * to be alone then, whichever of the two the part's mover was. */
START_TEST (ends_where_two_meet)
{
  const int meet = 50;
  SstMovers *movers = sst_movers_new ();
  SstMover *const mover = g_new (SstMover, 5);
  guint n, n_alone = 0;

  for (int k = 0; k < LENGTH; k++) {
    const SstBox still = { 150.f, 60.f, 36.f, 40.f };
    const SstBox comes = { 15.f + 2.f * k, 65.f, 30.f, 30.f };
    const float left = fminf (comes.x, still.x);
    const float right = fmaxf (comes.x + 30.f, still.x + 36.f);
    Picture picture = {.n = 0 };

    if (k < meet) {
      put (&picture, still, 0.05f, (SstPoint) { 0.f, 0.f });
      put (&picture, comes, 0.05f, (SstPoint) { 2.f, 0.f });
    } else {
      put (&picture, (SstBox) { left, 60.f, right - left, 40.f }, 0.05f,
          (SstPoint) { 1.f, 0.f });
    }
    sst_movers_add (movers, picture.part, picture.shift, picture.n);
  }
  n = take_all (movers, mover, 4);
  ck_assert_uint_ge (n, 2);
  for (guint i = 0; i < n; i++)
    for (guint start = 0; sst_mover_find_alone (mover, n, i, start, MIN_LENGTH,
            &mover[4]); start = mover[4].until) {
      ck_assert_uint_ge (mover[4].until, mover[4].from + MIN_LENGTH);
      ck_assert_uint_le (mover[4].until, meet);
      n_alone++;
    }
  ck_assert_uint_eq (n_alone, 2);
  g_free (mover);
  sst_movers_free (&movers);
}
END_TEST

/* What comes near is kept, whatever it grows to; what is half as large again at
 * once, as where it takes a shadow in, is kept before and after that. */
START_TEST (tells_growth_from_jumps)
{
  SstMovers *movers = sst_movers_new ();
  SstMover *const mover = g_new (SstMover, 3);
  guint start = 0, n = 0;

  for (int k = 0; k < LENGTH; k++) {
    const float size = 16.f * powf (1.f + (_i == 0) * 0.025f, k);
    const float wide = _i == 1 && k >= LENGTH / 2 ? 1.6f * size : size;
    Picture picture = {.n = 0 };

    put (&picture, (SstBox) { 150.f - wide / 2.f, 110.f - size / 2.f, wide,
          size }, 0.05f, (SstPoint) { 0.f, 0.f });
    sst_movers_add (movers, picture.part, picture.shift, picture.n);
  }
  ck_assert_uint_eq (take_all (movers, mover, 2), 1);
  for (; sst_mover_find_alone (mover, 1, 0, start, MIN_LENGTH, &mover[2]);
      start = mover[2].until, n++)
    if (_i == 1)
      ck_assert (mover[2].until < LENGTH / 2 + 2
          || mover[2].from > LENGTH / 2 - 2);
  ck_assert_uint_eq (n, _i == 0 ? 1 : 2);
  if (_i == 0)
    ck_assert_uint_eq (mover[2].until - mover[2].from, LENGTH);
  g_free (mover);
  sst_movers_free (&movers);
}
END_TEST

/* Parts that have nothing to do with each other are nothing. */
START_TEST (refuses_noise)
{
  SstMovers *movers = sst_movers_new ();
  SstMover *const mover = g_new (SstMover, 1);
  SstRandom random = sst_random_init (7, 0);

  for (int round = 0; round < 2; round++) {
    for (int k = 0; k < LENGTH; k++) {
      Picture picture = {.n = 0 };

      for (int i = 0; i < 5; i++)
        put (&picture, (SstBox) { sst_random_uniform (&random, 0.f, 370.f),
              sst_random_uniform (&random, 0.f, 200.f), 20.f, 20.f }, 0.05f,
            (SstPoint) { 0.f, 0.f });
      sst_movers_add (movers, picture.part, picture.shift, picture.n);
    }
    ck_assert_uint_eq (take_all (movers, mover, 1), 0);
    sst_movers_reset (movers);
    ck_assert_uint_eq (take_all (movers, mover, 1), 0);
  }
  g_free (mover);
  sst_movers_free (&movers);
}
END_TEST

static Suite *
mover_suite (void)
{
  Suite *suite = suite_create ("mover");
  TCase *tcase = tcase_create ("mover");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, follows_the_whole);
  tcase_add_test (tcase, ends_where_two_meet);
  tcase_add_loop_test (tcase, tells_growth_from_jumps, 0, 2);
  tcase_add_test (tcase, refuses_noise);
  return suite;
}

SUITE_MAIN (mover)
