/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/recognition.h"

#include <math.h>

#define BIAS -10.1f
#define SCORE 2.85f             /* of the logarithm */
#define QUALITY 7.f
#define RESPONSE 0.95f          /* of the logarithm */
#define PORTRAIT 10.f

/* A frame counts for so much at most: frames that follow each other are
 * alike. */
#define MOST_FOR 1.5f
#define MOST_AGAINST -2.f
/* What it takes to hold and to fail, and when patience ends. */
#define HELD 6.f
#define FAILED -1.f
#define LEAST_LOOKS 5
#define MOST_LOOKS 30
/* The advantage of where it was lost. */
#define NEAR 1.5f

float
sst_recognition_probability (const SstEvidence * e)
{
  const float z = BIAS + SCORE * logf (CLAMP (e->score, 1e-3f, 1.f))
      + QUALITY * e->quality
      + RESPONSE * logf (CLAMP (e->response, 0.05f, 1.2f))
      + PORTRAIT * e->portrait;

  return 1.f / (1.f + expf (-z));
}

static float
weigh (float probability)
{
  const float p = CLAMP (probability, 1e-3f, 1.f - 1e-3f);

  return CLAMP (logf (p / (1.f - p)), MOST_AGAINST, MOST_FOR);
}

void
sst_trial_start (SstTrial * trial, float probability, gboolean near)
{
  trial->n_looks = 1;
  trial->odds = weigh (probability) + (near ? NEAR : 0.f);
}

SstTrialState
sst_trial_add (SstTrial * trial, float probability)
{
  trial->n_looks++;
  trial->odds += weigh (probability);
  if (trial->odds <= FAILED || trial->n_looks >= MOST_LOOKS)
    return SST_TRIAL_FAILED;
  return trial->odds >= HELD && trial->n_looks >= LEAST_LOOKS ?
      SST_TRIAL_HELD : SST_TRIAL_OPEN;
}
