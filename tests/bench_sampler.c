/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Microseconds of one core for a sample: 192 x 192 of square regions, centred
 * in a picture of 1280 x 720. The best of several rounds, as others may use
 * the machine. */

#include <stdio.h>
#include "picture/sampler.h"

#define WIDTH 1280
#define HEIGHT 720
#define OUT 192
#define ROUNDS 15
#define CALLS 20

typedef struct
{
  const char *name;
  SstFormat format;
  int bytes[3];                 /* of a row of each plane */
  int rows[3];
} Format;

static const Format formats[] = {
  {"I420", SST_FORMAT_I420, {WIDTH, WIDTH / 2, WIDTH / 2},
      {HEIGHT, HEIGHT / 2, HEIGHT / 2}},
  {"NV12", SST_FORMAT_NV12, {WIDTH, WIDTH}, {HEIGHT, HEIGHT / 2}},
  {"YUY2", SST_FORMAT_YUY2, {WIDTH * 2}, {HEIGHT}},
  {"RGB", SST_FORMAT_RGB, {WIDTH * 3}, {HEIGHT}},
  {"BGRX", SST_FORMAT_BGRX, {WIDTH * 4}, {HEIGHT}},
};

static const struct
{
  const char *name;
  SstSampleSpace space;
} spaces[] = {
  {"luma", SST_SAMPLE_LUMA}, {"ycc", SST_SAMPLE_YCC}, {"rgb", SST_SAMPLE_RGB},
};

static const float sides[] = { 30, 60, 200, 500, 1500, 3000, 8000 };

int
main (void)
{
  SstSampler *sampler = sst_sampler_new ();
  float *tensor = g_new (float, 3 * OUT * OUT);

  printf ("%-12s", "us, side");
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    printf (" %7.0f", (double) sides[i]);
  printf ("\n");

  for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
    SstFrame frame = { formats[f].format, SST_MATRIX_BT601, FALSE,
      WIDTH, HEIGHT
    };
    guint8 *planes[3] = { NULL };

    for (int p = 0; p < sst_format_n_planes (frame.format); p++) {
      const gsize size = (gsize) formats[f].bytes[p] * formats[f].rows[p];

      planes[p] = g_malloc (size);
      for (gsize i = 0; i < size; i++)
        planes[p][i] = (guint8) (i * 2654435761u >> 24);
      frame.plane[p] = planes[p];
      frame.stride[p] = formats[f].bytes[p];
    }

    for (guint s = 0; s < G_N_ELEMENTS (spaces); s++) {
      printf ("%-6s%-6s", formats[f].name, spaces[s].name);
      for (guint i = 0; i < G_N_ELEMENTS (sides); i++) {
        const SstBox region = sst_box_from_center (WIDTH / 2.f + 0.3f,
            HEIGHT / 2.f - 0.2f, sides[i], sides[i]);
        gint64 best = G_MAXINT64;

        for (int round = 0; round < ROUNDS; round++) {
          const gint64 t = g_get_monotonic_time ();

          for (int call = 0; call < CALLS; call++)
            sst_sampler_sample (sampler, &frame, &region, spaces[s].space,
                OUT, OUT, tensor);
          best = MIN (best, g_get_monotonic_time () - t);
        }
        printf (" %7.1f", (double) best / CALLS);
      }
      printf ("\n");
    }
    for (int p = 0; p < 3; p++)
      g_free (planes[p]);
  }

  g_free (tensor);
  sst_sampler_free (&sampler);
  return 0;
}
