/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "stream/toning.h"

#include <string.h>

/* Windows looked at before one is proposed, and from one to the next. */
#define MIN_EXPOSED 4
/* From the tone in use, and from the refused one. */
#define MIN_DISTANCE 0.3f
/* Windows in a row. */
#define MAX_GLARING 2

struct _SstToning
{
  SstExposure *exposure;
  SstTone brought, refused;     /* the last ones */
  guint64 retry_at;             /* n_mined, for the refused one */
  guint64 brought_at;           /* n_mined */
  guint glaring;                /* windows in a row */
};

SstToning *
sst_toning_new (void)
{
  SstToning *toning = g_new0 (SstToning, 1);

  toning->exposure = sst_exposure_new ();
  toning->brought = toning->refused = SST_TONE_NEUTRAL;
  return toning;
}

void
sst_toning_free (SstToning ** toning)
{
  if (*toning == NULL)
    return;
  sst_exposure_free (&(*toning)->exposure);
  g_clear_pointer (toning, g_free);
}

void
sst_toning_reset (SstToning * toning)
{
  sst_exposure_reset (toning->exposure);
  toning->retry_at = 0;
  toning->glaring = 0;
}

void
sst_toning_add (SstToning * toning, const SstClip * clip,
    const SstArtifacts * artifacts, const SstTone * in_use)
{
  const SstExposureLook look =
      sst_exposure_add (toning->exposure, clip, artifacts);

  toning->glaring = sst_exposure_is_glaring (&look, in_use)
      ? toning->glaring + 1 : 0;
}

gboolean
sst_toning_withdraw (SstToning * toning, const SstTone * in_use,
    const SstTone * base)
{
  if (toning->glaring < MAX_GLARING
      || memcmp (in_use, base, sizeof (SstTone)) == 0)
    return FALSE;
  sst_exposure_reset (toning->exposure);
  toning->retry_at = 0;
  return TRUE;
}

gboolean
sst_toning_propose (SstToning * toning, const SstTone * in_use,
    guint64 n_mined, SstTone * tone)
{
  SstExposureLook look;

  if (sst_exposure_n_clips (toning->exposure) < MIN_EXPOSED
      || n_mined < toning->brought_at + MIN_EXPOSED)
    return FALSE;
  look = sst_exposure_look (toning->exposure);
  *tone = sst_exposure_tone (&look);
  if (n_mined < toning->retry_at
      && sst_tone_distance (tone, &toning->refused, look.mean)
      < MIN_DISTANCE) {
    /* not the noise: that is taken off over time, which pairs don't show */
    const float noise = tone->noise;

    *tone = *in_use;
    tone->noise = noise;
  }
  return sst_tone_distance (tone, in_use, look.mean) >= MIN_DISTANCE;
}

void
sst_toning_brought (SstToning * toning, const SstTone * tone, guint64 n_mined)
{
  toning->brought = *tone;
  toning->brought_at = n_mined;
}

void
sst_toning_accepted (SstToning * toning)
{
  toning->glaring = 0;
}

void
sst_toning_refused (SstToning * toning, guint64 n_mined)
{
  /* it may have been bad luck: few windows are held out yet */
  toning->refused = toning->brought;
  toning->retry_at = 2 * n_mined;
}

void
sst_toning_taken_back (SstToning * toning, const SstTone * tone)
{
  toning->refused = *tone;
  toning->retry_at = G_MAXUINT64;
}
