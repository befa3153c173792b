/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <sstrack/learner.h>

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
  *params = (SstLearnerParams) {
    .seed = 1,
    .from = SST_LEARN_FROM_MOTION | SST_LEARN_FROM_TARGETS,
    .paused_when = SST_LEARN_PAUSE_STILL | SST_LEARN_PAUSE_LOST
        | SST_LEARN_PAUSE_BLURRED | SST_LEARN_PAUSE_CUT,
    .profile = SST_LEARN_NORMAL,
    .tone = TRUE,
    .memory = (size_t) 448 << 20,
    .reset_after = (SstTime) 3600 * G_GUINT64_CONSTANT (1000000000),
    .batch = 16,
    .check_steps = 40,
    .check_pairs = 256,
  };
}
