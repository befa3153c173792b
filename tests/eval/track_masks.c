/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Follows one thing in raw I420 frames and writes its mask of every frame, for
 * vos.py:
 *
 *   track_masks WIDTHxHEIGHT X,Y,W,H carry|move MODEL|builtin [MASK]
 *       < frames.i420 > masks.gray
 *
 * MASK: the true first mask, WIDTH x HEIGHT bytes; without it one is made from
 * the box. "move" moves the first mask with the tracker's box and carries none.
 * The processor time of an update, masks included, goes to standard error:
 * milliseconds a frame. */

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sstrack/sstrack.h>

#include "raw.h"
#include "raw_target.h"

#define FRAME_TIME (SST_SECOND / 24)

typedef struct
{
  int width, height;
  SstBox box;
  gboolean carry;
  const char *model, *mask;
} Options;

static gboolean
parse (int argc, char **argv, Options * o)
{
  if (argc < 5 || argc > 6
      || sscanf (argv[1], "%dx%d", &o->width, &o->height) != 2
      || sscanf (argv[2], "%f,%f,%f,%f", &o->box.x, &o->box.y, &o->box.width,
          &o->box.height) != 4
      || (strcmp (argv[3], "carry") != 0 && strcmp (argv[3], "move") != 0))
    return FALSE;
  o->carry = strcmp (argv[3], "carry") == 0;
  o->model = argv[4];
  o->mask = argc == 6 ? argv[5] : NULL;
  return o->width > 0 && o->height > 0 && o->width <= SST_FRAME_MAX_SIDE
      && o->height <= SST_FRAME_MAX_SIDE;
}

static gboolean
run (const Options * o, GError ** error)
{
  const size_t pixels = (size_t) o->width * o->height;
  const size_t size = pixels + 2 * (size_t) ((o->width + 1) / 2)
      * ((o->height + 1) / 2);
  g_autofree guint8 *data = g_malloc (size), *out = g_malloc (pixels);
  const SstFrame frame = view_i420 (data, o->width, o->height);
  const SstBox all = { 0.f, 0.f, o->width, o->height };
  SstTrackerParams params = SST_TRACKER_PARAMS_DEFAULT;
  SstTracker *tracker;
  SstMotion *motion = sst_motion_new ();
  SstModel *model = load_model (o->model, error);
  gboolean ok = model != NULL;
  gint64 time = 0;
  guint n = 0;

  params.model = model;
  params.mask_interval = 1;
  tracker = sst_tracker_new (&params);
  for (; ok && fread (data, size, 1, stdin) == 1; n++) {
    const SstCameraMotion camera = sst_motion_update (motion, &frame);
    const gint64 before = cpu_time ();
    const SstMask *mask;
    SstTrackerResult result;

    if (n == 0) {
      ok = start_target (tracker, &frame, &o->box, o->mask, error);
      params.mask_interval = o->carry ? 1 : G_MAXINT;
      sst_tracker_set_params (tracker, &params);
    } else {
      sst_tracker_update (tracker, &frame, n * FRAME_TIME, &camera, &result);
      time += cpu_time () - before;
    }
    mask = sst_tracker_mask (tracker);
    if (mask != NULL)
      sst_mask_draw (mask, &all, o->width, o->height, out, o->width);
    else
      memset (out, 0, pixels);
    ok = ok && fwrite (out, pixels, 1, stdout) == 1;
  }
  fprintf (stderr, "%.2f\n", n > 1 ? time / 1e3 / (n - 1) : 0.);
  sst_tracker_free (&tracker);
  sst_motion_free (&motion);
  sst_model_unref (model);
  return ok;
}

int
main (int argc, char **argv)
{
  Options options;
  g_autoptr (GError) error = NULL;

  if (!parse (argc, argv, &options)) {
    fputs ("track_masks: want WIDTHxHEIGHT X,Y,W,H carry|move MODEL|builtin "
        "[MASK]\n", stderr);
    return EXIT_FAILURE;
  }
  openblas_set_num_threads (1);
  if (!run (&options, &error)) {
    fprintf (stderr, "track_masks: %s\n", error != NULL ? error->message
        : "could not write");
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
