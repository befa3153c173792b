/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Learns from raw I420 frames, without a clock, for same.sh:
 *
 *   learn_raw WIDTHxHEIGHT MODEL|builtin [SPEED] < frames.i420
 *
 * After each frame all is done that there is to do, so that the same frames
 * give the same model. Prints each event that is more than work, how much was
 * done, and the checksum of the model that is published in the end. Frames are
 * SPEED / 15 seconds apart (default 1). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sstrack/sstrack.h>

#include "raw.h"

static void
work (SstLearner * learner)
{
  SstLearnerEvent event;

  while ((event = sst_learner_work (learner, NULL)) != SST_LEARNER_IDLE)
    if (event != SST_LEARNER_WORKED)
      puts (sst_learner_event_to_string (event));
}

static void
learn (SstLearner * learner, int width, int height, double speed)
{
  const size_t size = (size_t) width * height
      + 2 * (size_t) ((width + 1) / 2) * ((height + 1) / 2);
  guint8 *const data = g_malloc (size);
  const SstFrame frame = view_i420 (data, width, height);

  for (guint i = 0; fread (data, 1, size, stdin) == size; i++) {
    const SstTime time = (SstTime) (i * speed * SST_SECOND / 15.);

    if (sst_learner_wants (learner, time))
      sst_learner_push (learner, &frame, time, NULL, 0);
    work (learner);
  }
  sst_learner_interrupt (learner);
  work (learner);
  g_free (data);
}

static void
report (SstLearner * learner)
{
  SstModel *const model = sst_learner_get_model (learner);
  SstLearnerStats stats;

  sst_learner_get_stats (learner, &stats);
  printf ("%" G_GUINT64_FORMAT " windows, %" G_GUINT64_FORMAT " tracklets, %"
      G_GUINT64_FORMAT " steps, loss %.9g, drift %.9g, score %.9g, %zu bytes, "
      "%s\n", stats.windows, stats.tracklets, stats.steps, stats.loss,
      stats.drift, stats.score, stats.memory,
      sst_weights_get_checksum (sst_model_weights (model)));
  sst_model_unref (model);
}

int
main (int argc, char **argv)
{
  int width, height;
  GError *error = NULL;
  SstLearnerParams params;
  SstLearner *learner;
  SstModel *model;

  if (argc < 3 || argc > 4
      || sscanf (argv[1], "%dx%d", &width, &height) != 2) {
    fprintf (stderr, "usage: learn_raw WIDTHxHEIGHT MODEL|builtin [SPEED] "
        "< frames.i420\n");
    return 2;
  }
  model = load_model (argv[2], &error);
  if (model == NULL) {
    fprintf (stderr, "learn_raw: %s\n", error != NULL ? error->message
        : "no model is built in");
    g_clear_error (&error);
    return 1;
  }
  sst_learner_params_init (&params);
  params.batch = 2;
  params.check_steps = 10;
  params.check_pairs = 32;
  learner = sst_learner_new (&params, model);
  learn (learner, width, height, argc == 4 ? atof (argv[3]) : 1.);
  report (learner);
  sst_learner_free (&learner);
  sst_model_unref (model);
  return 0;
}
