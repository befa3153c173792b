/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Follows one thing in raw I420 frames, and writes the tracker's box, the
 * mask's and what the trust between them is made of, for fit_trust.py:
 *
 *   mask_box WIDTHxHEIGHT X,Y,W,H MODEL|builtin < frames.i420
 *
 * A line for each frame after the first: x y width height of the tracker's
 * box, confidence, 1 or 0 (whether the mask has a box), its x y width
 * height, and SST_MASKER_TRAITS numbers. The mask is carried in every
 * frame, and the tracker does not go on from its box, so that a mixture of
 * the two with any trust can be judged without another run. */

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sstrack/sstrack.h>

#include "raw.h"
#include "track/tracker_private.h"

#define FRAME_TIME (SST_SECOND / 30)

static void
print_box (const SstBox * box)
{
  printf ("%.4f %.4f %.4f %.4f ", box->x, box->y, box->width, box->height);
}

static void
print_frame (const SstTracker * tracker)
{
  float traits[SST_MASKER_TRAITS];
  SstBox reading;
  const gboolean has = tracker->masked
      && sst_masker_reading (tracker->masker, &reading, traits);

  print_box (&tracker->result.box);
  printf ("%.4f %d ", tracker->result.confidence, has);
  print_box (has ? &reading : &tracker->result.box);
  for (int i = 0; i < SST_MASKER_TRAITS; i++)
    printf ("%.4f%c", has ? traits[i] : 0.f,
        i < SST_MASKER_TRAITS - 1 ? ' ' : '\n');
}

static gboolean
run (int width, int height, const SstBox * box, SstModel * model,
    GError ** error)
{
  const size_t size = (size_t) width * height + 2
      * (size_t) ((width + 1) / 2) * ((height + 1) / 2);
  g_autofree guint8 *data = g_malloc (size);
  const SstFrame frame = view_i420 (data, width, height);
  SstTrackerParams params = SST_TRACKER_PARAMS_DEFAULT;
  SstMotion *motion = sst_motion_new ();
  SstTracker *tracker;
  gboolean ok = TRUE;

  params.model = model;
  params.mask_interval = 1;
  params.mask_box = FALSE;      /* it would move the tracker */
  tracker = sst_tracker_new (&params);
  for (guint n = 0; ok && fread (data, size, 1, stdin) == 1; n++) {
    const SstCameraMotion camera = sst_motion_update (motion, &frame);
    SstTrackerResult result;

    if (n == 0) {
      ok = sst_tracker_start (tracker, &frame, box, 0, error);
      continue;
    }
    sst_tracker_update (tracker, &frame, n * FRAME_TIME, &camera, &result);
    print_frame (tracker);
  }
  sst_tracker_free (&tracker);
  sst_motion_free (&motion);
  return ok;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  SstModel *model;
  SstBox box;
  int width, height;
  gboolean ok;

  if (argc != 4 || sscanf (argv[1], "%dx%d", &width, &height) != 2
      || sscanf (argv[2], "%f,%f,%f,%f", &box.x, &box.y, &box.width,
          &box.height) != 4 || width < 1 || height < 1
      || width > SST_FRAME_MAX_SIDE || height > SST_FRAME_MAX_SIDE) {
    fputs ("mask_box: want WIDTHxHEIGHT X,Y,W,H MODEL|builtin\n", stderr);
    return EXIT_FAILURE;
  }
  openblas_set_num_threads (1);
  model = load_model (argv[3], &error);
  ok = model != NULL && run (width, height, &box, model, &error);
  sst_model_unref (model);
  if (!ok)
    fprintf (stderr, "mask_box: %s\n", error->message);
  return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
