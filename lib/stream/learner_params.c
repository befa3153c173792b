/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <sstrack/learner.h>

#include <math.h>

const char *
sst_learner_event_to_string (SstLearnerEvent event)
{
  static const char *const names[] = {
    "idle", "worked", "accepted", "refused", "rolled-back", "reset", "stopped"
  };

  g_return_val_if_fail ((guint) event < G_N_ELEMENTS (names), NULL);

  return names[event];
}

void
sst_learner_params_init (SstLearnerParams * params)
{
  g_return_if_fail (params != NULL);

  *params = (SstLearnerParams) {
    .seed = 1,
    .from = SST_LEARN_FROM_MOTION | SST_LEARN_FROM_TARGETS,
    .paused_when = SST_LEARN_PAUSE_STILL | SST_LEARN_PAUSE_LOST
        | SST_LEARN_PAUSE_BLURRED | SST_LEARN_PAUSE_CUT,
    .profile = SST_LEARN_NORMAL,
    .tone = TRUE,
    .memory = (size_t) 448 << 20,
    .reset_after = (SstTime) 3600 * G_GUINT64_CONSTANT (1000000000),
    .batch = 8,
    .check_steps = 100,
    .check_pairs = 256,
    .check_things = 24,
  };
}

/* "name better by 0.030 +/- 0.010 (24 things)" */
static void
add_gain (GString * text, const char *name, const SstLearnerGain * gain)
{
  if (gain->n == 0)
    return;
  g_string_append_printf (text, "; %s %s by %.3f +/- %.3f (%u things)", name,
      gain->gain < 0. ? "worse" : "better", fabs (gain->gain), gain->error,
      gain->n);
}

char *
sst_learner_describe (const SstLearnerStats * stats)
{
  g_return_val_if_fail (stats != NULL, NULL);

  GString *const text = g_string_new (NULL);

  g_string_append_printf (text, "learned from %" G_GUINT64_FORMAT
      " things that moved, %" G_GUINT64_FORMAT " of them seen beside others, "
      "in %" G_GUINT64_FORMAT " tracks of %" G_GUINT64_FORMAT " windows",
      stats->things, stats->together, stats->tracklets, stats->windows);
  add_gain (text, "holds on to things", &stats->track);
  add_gain (text, "tells them apart", &stats->know);
  if (stats->track.n == 0 && stats->know.n == 0)
    g_string_append (text, "; no weights are better than the base's yet");
  return g_string_free (text, FALSE);
}
