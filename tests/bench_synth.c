/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Microseconds of one core for a synthetic pair, augmentation and all, and for
 * the augmentation alone. Processor time, and the best of several rounds, as
 * others may use the machine. */

#include <stdio.h>
#include <time.h>
#include "footage/augment.h"
#include "footage/synth.h"

#define WIDTH 640
#define HEIGHT 360
#define CLIPS 24
#define ROUNDS 7
#define PAIRS 400

/* Squares of all sizes over noise; a cut-out is a ring. */
static SstImage *
make_image (gboolean cutout, SstRandom * random)
{
  const int width = cutout ? 200 : WIDTH, height = cutout ? 240 : HEIGHT;
  SstImage *const image = sst_image_new (width, height);
  guint8 *alpha = cutout ? sst_image_add_alpha (image) : NULL;

  for (int p = 0; p < 3; p++) {
    const int w = p == 0 ? width : (width + 1) / 2;
    const int h = p == 0 ? height : (height + 1) / 2;
    guint8 *const plane = sst_image_plane (image, p);

    for (int i = 0; i < w * h; i++)
      plane[i] = (guint8) (100 + sst_random_below (random, 40));
    for (int k = 0; k < 60; k++) {
      const int side = 4 + (int) sst_random_below (random, 60);
      const int left = (int) sst_random_below (random, MAX (w - side, 1));
      const int top = (int) sst_random_below (random, MAX (h - side, 1));
      const int level = 20 + (int) sst_random_below (random, 200);

      for (int y = top; y < MIN (top + side, h); y++)
        for (int x = left; x < MIN (left + side, w); x++)
          plane[y * image->frame.stride[p] + x] = (guint8) level;
    }
  }
  for (int i = 0; alpha != NULL && i < width * height; i++) {
    const float x = (i % width + 0.5f) / width - 0.5f;
    const float y = (i / width + 0.5f) / height - 0.5f;
    const float far = sqrtf (x * x + y * y);

    alpha[i] = far > 0.15f && far < 0.5f ? 255 : 0;
  }
  return image;
}

static gint64
cpu_time (void)
{
  struct timespec t;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return (gint64) t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static double
measure (SstSynth * synth, SstPair * pair, float *scratch)
{
  gint64 best = G_MAXINT64;

  for (int round = 0; round < ROUNDS; round++) {
    SstRandom random = sst_random_init (1, round % 2);
    const gint64 start = cpu_time ();

    for (int i = 0; i < PAIRS; i++) {
      if (synth != NULL)
        sst_synth_pair (synth, &random, pair);
      else
        sst_augment_pair (pair, 1.f, &random, scratch);
    }
    best = MIN (best, cpu_time () - start);
  }
  return (double) best / PAIRS;
}

int
main (void)
{
  float *const scratch = g_new (float, SST_AUGMENT_SCRATCH (SST_SEARCH_SIDE));
  SstPair pair = { g_new (float, SST_TEMPLATE_SIZE),
    g_new (float, SST_SEARCH_SIZE)
  };
  SstRandom random = sst_random_init (0, 0);

  for (int cutouts = 0; cutouts < 2; cutouts++) {
    SstFootage *footage = sst_footage_new ();
    SstSynth *synth;
    SstSynthParams params;

    for (int i = 0; i < CLIPS; i++)
      sst_clip_add (sst_footage_add_clip (footage, "clip"),
          make_image (cutouts && i % 2, &random), 0);
    synth = sst_synth_new (footage);
    printf ("%s cut-outs: %7.1f us a pair", cutouts ? "with" : "without",
        measure (synth, &pair, scratch));
    sst_synth_params_init (&params);
    params.strength = 0.f;
    sst_synth_set_params (synth, &params);
    printf (", %7.1f us without augmentation\n",
        measure (synth, &pair, scratch));
    sst_synth_free (&synth);
    sst_footage_free (&footage);
  }
  printf ("augmentation alone: %7.1f us\n", measure (NULL, &pair, scratch));
  g_free (pair.templ);
  g_free (pair.search);
  g_free (scratch);
  return 0;
}
