/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "footage/smear.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "suite.h"

#define WIDTH 60
#define HEIGHT 50

typedef struct
{
  double mass, x, y, along, across;
} Moments;

/* Of what is not 0; angle: of the way that along is taken. */
static Moments
moments_of (const float *picture, int n_floats, int element, double angle)
{
  Moments m = { 0.0 };

  for (int pass = 0; pass < 2; pass++) {
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
      const double w = picture[i * n_floats + element];
      const double x = i % WIDTH, y = i / WIDTH;

      if (pass == 0) {
        m.mass += w;
        m.x += w * x;
        m.y += w * y;
      } else {
        const double a = (x - m.x) * cos (angle) + (y - m.y) * sin (angle);
        const double b = (y - m.y) * cos (angle) - (x - m.x) * sin (angle);

        m.along += w * a * a / m.mass;
        m.across += w * b * b / m.mass;
      }
    }
    if (pass == 0) {
      m.x /= m.mass;
      m.y /= m.mass;
    }
  }
  return m;
}

/* A point becomes a stroke of that length and direction about it. */
START_TEST (a_point_becomes_a_stroke)
{
  const double length = 2.0 + _i;
  float *picture = malloc (2 * WIDTH * HEIGHT * sizeof (float));
  float *scratch = malloc (2 * WIDTH * HEIGHT * sizeof (float));

  for (int k = 0; k < 24; k++) {
    const double angle = 3.14159265 * k / 24.0;
    Moments m;

    for (int i = 0; i < 2 * WIDTH * HEIGHT; i++)
      picture[i] = 0.f;
    picture[2 * (25 * WIDTH + 30)] = 100.f;
    picture[2 * (20 * WIDTH + 28) + 1] = 50.f;
    sst_smear (picture, WIDTH, HEIGHT, 2, (float) (length * cos (angle)),
        (float) (length * sin (angle)), scratch);
    m = moments_of (picture, 2, 0, angle);
    ck_assert (fabs (m.mass - 100.0) < 1e-3);
    ck_assert (fabs (m.x - 30.0) < 1e-3 && fabs (m.y - 25.0) < 1e-3);
    /* a stroke's standard deviation is its length by the root of 12 */
    ck_assert (fabs (sqrt (12.0 * m.along) - length) < 1.5);
    ck_assert (sqrt (m.across) < 0.9);
    m = moments_of (picture, 2, 1, angle);
    ck_assert (fabs (m.mass - 50.0) < 1e-3);
    ck_assert (fabs (m.x - 28.0) < 1e-3 && fabs (m.y - 20.0) < 1e-3);
  }
  free (picture);
  free (scratch);
}
END_TEST

/* What is all alike stays so, to the border; a stroke of less than a pixel
 * changes nothing; one that is longer than the picture is no matter. */
/* However long the stroke, nothing beside the picture is read. */
START_TEST (strokes_may_be_longer_than_the_picture)
{
  enum { SIDE = 9, N = SIDE * SIDE, ROOM = 64 * SIDE };
  static float room[2][ROOM + N + ROOM];

  for (int k = 0; k < 24; k++) {
    const double angle = 3.14159265 * k / 12.0;

    for (int i = 0; i < ROOM + N + ROOM; i++)
      room[0][i] = room[1][i] = i >= ROOM && i < ROOM + N ? 5.f : NAN;
    sst_smear (room[0] + ROOM, SIDE, SIDE, 1, 30.f * (float) cos (angle),
        30.f * (float) sin (angle), room[1] + ROOM);
    for (int i = ROOM; i < ROOM + N; i++)
      ck_assert_float_eq (room[0][i], 5.f);
  }
}
END_TEST

START_TEST (flat_pictures_stay_flat)
{
  float *picture = malloc (WIDTH * HEIGHT * sizeof (float));
  float *scratch = malloc (WIDTH * HEIGHT * sizeof (float));

  for (int i = 0; i < WIDTH * HEIGHT; i++)
    picture[i] = i % WIDTH;
  sst_smear (picture, WIDTH, HEIGHT, 1, 0.5f, -0.9f, scratch);
  for (int i = 0; i < WIDTH * HEIGHT; i++)
    ck_assert (picture[i] == i % WIDTH);
  sst_smear (picture, WIDTH, HEIGHT, 1, 0.f, 20.f, scratch);
  for (int i = 0; i < WIDTH * HEIGHT; i++)
    ck_assert (picture[i] == i % WIDTH);
  sst_smear (picture, WIDTH, HEIGHT, 1, 199.f, -180.f, scratch);
  for (int i = 0; i < WIDTH * HEIGHT; i++)
    ck_assert (picture[i] >= 0.f && picture[i] < WIDTH);
  free (picture);
  free (scratch);
}
END_TEST

static Suite *
smear_suite (void)
{
  Suite *suite = suite_create ("smear");
  TCase *tcase = tcase_create ("smear");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, a_point_becomes_a_stroke, 0, 19);
  tcase_add_test (tcase, strokes_may_be_longer_than_the_picture);
  tcase_add_test (tcase, flat_pictures_stay_flat);

  return suite;
}

SUITE_MAIN (smear)
