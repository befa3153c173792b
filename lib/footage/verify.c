/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "footage/verify.h"

#include "track/matcher.h"

/* How far off the middle of the search region a box may be, over its side. */
#define SHIFT 0.2f

struct _SstVerifier
{
  SstMatcher *matcher;
  SstSampler *sampler;
  float *sample;
};

SstVerifier *
sst_verifier_new (SstModel * model)
{
  SstVerifier *verifier = g_new0 (SstVerifier, 1);

  verifier->matcher = sst_matcher_new (model, NULL);
  verifier->sampler = sst_sampler_new ();
  verifier->sample = g_new (float, SST_SEARCH_SIZE);
  return verifier;
}

void
sst_verifier_free (SstVerifier ** verifier)
{
  if (*verifier == NULL)
    return;
  sst_matcher_free (&(*verifier)->matcher);
  sst_sampler_free (&(*verifier)->sampler);
  g_free ((*verifier)->sample);
  g_clear_pointer (verifier, g_free);
}

/* The overlap of the flow's box with the one that the network finds. */
static float
agreement (SstVerifier * verifier, const SstFrame * frame, const SstBox * box,
    SstRandom * random)
{
  const float side = SST_SEARCH_FACTOR * sst_box_scale (box);
  const SstBox region = sst_box_from_center (sst_box_center_x (box)
      + sst_random_uniform (random, -SHIFT, SHIFT) * side,
      sst_box_center_y (box) + sst_random_uniform (random, -SHIFT, SHIFT)
      * side, side, side);
  const float scale = side / SST_SEARCH_SIDE;
  float quality;
  SstBox found;
  int best;

  sst_sampler_sample (verifier->sampler, frame, &region, SST_SAMPLE_YCC,
      SST_SEARCH_SIDE, SST_SEARCH_SIDE, verifier->sample);
  sst_matcher_search (verifier->matcher, verifier->sample, 0.f);
  best = sst_network_best_cell (sst_matcher_scores (verifier->matcher));
  found = sst_matcher_box (verifier->matcher, best % SST_NETWORK_GRID,
      best / SST_NETWORK_GRID, &quality);
  found = (SstBox) { region.x + found.x * scale, region.y + found.y * scale,
    found.width * scale, found.height * scale
  };
  return sst_box_iou (&found, box);
}

gboolean
sst_verifier_check (SstVerifier * verifier, const SstFootage * footage,
    SstTracklet * tracklet, SstRandom * random)
{
  const SstClip *const clip = sst_footage_clip (footage, tracklet->clip);
  const SstTrackletStep *const first = &tracklet->steps[0];
  float sum = 0.f;
  guint n = 1;

  sst_matcher_start (verifier->matcher, verifier->sampler,
      sst_clip_fetch (clip, first->frame), &first->box,
      SST_TEMPLATE_FACTOR * sst_box_scale (&first->box));
  for (; n < tracklet->n_steps; n++) {
    const SstTrackletStep *const step = &tracklet->steps[n];
    const float overlap = agreement (verifier, sst_clip_fetch (clip,
            step->frame), &step->box, random);

    if (overlap < SST_VERIFY_AGREEMENT)
      break;
    sum += overlap;
  }
  if (n < 2) {
    sst_tracklet_set_quality (tracklet, 0.f);
    return FALSE;
  }
  sst_tracklet_truncate (tracklet, n);
  sst_tracklet_set_quality (tracklet, tracklet->quality * sum / (n - 1));
  return TRUE;
}
