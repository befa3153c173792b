/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Follows one thing in raw I420 frames and writes where points on it are in
 * every frame, for points.py:
 *
 *   track_points WIDTHxHEIGHT X,Y,W,H tracker|flow MODEL|builtin [MASK] \
 *       -- X,Y ...
 *       < frames.i420 > points.txt
 *
 * A line a frame: "x y likeness visible" of each point. MASK: the true
 * first mask, WIDTH x HEIGHT bytes. "flow" is the base line: Lucas-Kanade
 * from frame to frame on pictures of SST_FLOW_MAX_SIDE, nothing else; a
 * point that it can not follow stays. The processor time goes to standard
 * error: milliseconds a frame. */

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sstrack/sstrack.h>

#include "picture/flow.h"
#include "raw.h"
#include "raw_target.h"

#define FRAME_TIME (SST_SECOND / 24)

typedef struct
{
  int width, height;
  SstBox box;
  gboolean flow;
  const char *model, *mask;
  SstPoint points[SST_POINTS_MAX];
  guint n;
} Options;

typedef struct
{
  SstTracker *tracker;
  SstMotion *motion;
  SstFlowImage *last, *now;
  SstSampler *sampler;
  SstPoint at[SST_POINTS_MAX];
  float error[SST_POINTS_MAX];
} Work;

static gboolean
parse (int argc, char **argv, Options * o)
{
  int i = 5;

  if (argc < 6 || sscanf (argv[1], "%dx%d", &o->width, &o->height) != 2
      || sscanf (argv[2], "%f,%f,%f,%f", &o->box.x, &o->box.y, &o->box.width,
          &o->box.height) != 4
      || (strcmp (argv[3], "tracker") != 0 && strcmp (argv[3], "flow") != 0))
    return FALSE;
  o->flow = strcmp (argv[3], "flow") == 0;
  o->model = argv[4];
  if (strcmp (argv[i], "--") != 0)
    o->mask = argv[i++];
  if (i == argc || strcmp (argv[i++], "--") != 0)
    return FALSE;
  for (; i < argc && o->n < SST_POINTS_MAX; i++, o->n++)
    if (sscanf (argv[i], "%f,%f", &o->points[o->n].x, &o->points[o->n].y) != 2)
      return FALSE;
  return o->width > 0 && o->height > 0 && o->width <= SST_FRAME_MAX_SIDE
      && o->height <= SST_FRAME_MAX_SIDE;
}

/* The base line, of one frame. */
static void
flow (Work * work, const SstFrame * frame, const Options * o, gboolean first)
{
  SstPoint moved[SST_POINTS_MAX];
  SstFlowImage *const image = work->last;

  work->last = work->now;
  work->now = image;
  sst_flow_image_set (image, work->sampler, frame);
  if (first)
    for (guint i = 0; i < o->n; i++)
      work->at[i] = (SstPoint) { o->points[i].x / sst_flow_image_scale (image),
        o->points[i].y / sst_flow_image_scale (image) };
  else
    sst_flow_points (work->last, image, o->n, work->at, (SstPoint) { 0.f, 0.f },
        moved, work->error);
  for (guint i = 0; i < o->n; i++) {
    if (!first && work->error[i] < INFINITY)
      work->at[i] = moved[i];
    printf ("%.2f %.2f 0 1 ", work->at[i].x * sst_flow_image_scale (image),
        work->at[i].y * sst_flow_image_scale (image));
  }
}

static gboolean
next (Work * work, const SstFrame * frame, const Options * o, guint n,
    GError ** error)
{
  const SstCameraMotion camera = sst_motion_update (work->motion, frame);
  const SstTargetPoint *points;
  SstTrackerResult result;
  guint n_points;

  for (guint i = 0; n == 0 && i < o->n; i++)
    sst_tracker_add_point (work->tracker, o->points[i].x, o->points[i].y);
  if (n > 0)
    sst_tracker_update (work->tracker, frame, n * FRAME_TIME, &camera, &result);
  else if (!start_target (work->tracker, frame, &o->box, o->mask, error))
    return FALSE;
  points = sst_tracker_points (work->tracker, &n_points);
  for (guint i = 0; i < n_points; i++)
    printf ("%.2f %.2f %.3f %d ", points[i].x, points[i].y, points[i].likeness,
        points[i].visible);
  return TRUE;
}

static gboolean
run (const Options * o, GError ** error)
{
  const size_t size = (size_t) o->width * o->height
      + 2 * (size_t) ((o->width + 1) / 2) * ((o->height + 1) / 2);
  g_autofree guint8 *data = g_malloc (size);
  const SstFrame frame = view_i420 (data, o->width, o->height);
  SstTrackerParams params = SST_TRACKER_PARAMS_DEFAULT;
  SstModel *const model = load_model (o->model, error);
  Work work = { .motion = sst_motion_new (), .sampler = sst_sampler_new () };
  gboolean ok = model != NULL;
  gint64 time = 0;
  guint n = 0;

  params.model = model;
  params.mask_interval = 1;
  work.tracker = sst_tracker_new (&params);
  work.last = sst_flow_image_new (SST_FLOW_MAX_SIDE);
  work.now = sst_flow_image_new (SST_FLOW_MAX_SIDE);
  for (; ok && fread (data, size, 1, stdin) == 1; n++) {
    const gint64 before = cpu_time ();

    if (o->flow)
      flow (&work, &frame, o, n == 0);
    else
      ok = next (&work, &frame, o, n, error);
    time += n > 0 ? cpu_time () - before : 0;
    printf ("\n");
  }
  fprintf (stderr, "%.2f\n", n > 1 ? time / 1e3 / (n - 1) : 0.);
  sst_flow_image_free (&work.last);
  sst_flow_image_free (&work.now);
  sst_tracker_free (&work.tracker);
  sst_sampler_free (&work.sampler);
  sst_motion_free (&work.motion);
  sst_model_unref (model);
  return ok && fflush (stdout) == 0;
}

int
main (int argc, char **argv)
{
  Options options = { 0 };
  g_autoptr (GError) error = NULL;

  if (!parse (argc, argv, &options)) {
    fputs ("track_points: want WIDTHxHEIGHT X,Y,W,H tracker|flow "
        "MODEL|builtin [MASK] -- X,Y ...\n", stderr);
    return EXIT_FAILURE;
  }
  openblas_set_num_threads (1);
  if (!run (&options, &error)) {
    fprintf (stderr, "track_points: %s\n", error != NULL ? error->message
        : "could not write");
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
