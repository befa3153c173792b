/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Toning (internal): when a tone for the camera's pictures is proposed, and when the
 * one in use is withdrawn. exposure.h says how a tone is found; whether it is good,
 * the jury.
 *
 * The caller counts windows: n_mined is how many were done with so far.
 *
 * Thread-safety: belongs to the worker. */

#pragma once

#include "stream/exposure.h"

G_BEGIN_DECLS

typedef struct _SstToning SstToning;

SstToning *sst_toning_new (void);

/* Frees *toning and sets it to NULL. *toning may be NULL. */
void sst_toning_free (SstToning ** toning);

/* Forgets what the pictures are like, not which tones were proposed. */
void sst_toning_reset (SstToning * toning);

/* Learns what the pictures of a window are like, and whether their light is still
 * the one that the tone in use was made for. clip, artifacts: see
 * sst_exposure_add(). */
void sst_toning_add (SstToning * toning, const SstClip * clip,
    const SstArtifacts * artifacts, const SstTone * in_use);

/* Whether the light is another than that of the tone in use, so that the base's
 * serves until it is known. The statistics of the pictures are forgotten then. */
gboolean sst_toning_withdraw (SstToning * toning, const SstTone * in_use,
    const SstTone * base);

/* Whether there is a new tone for the pictures seen so far: tone, out, which is
 * to be judged. */
gboolean sst_toning_propose (SstToning * toning, const SstTone * in_use,
    guint64 n_mined, SstTone * tone);

/* Tells that a tone was brought before the jury, */
void sst_toning_brought (SstToning * toning, const SstTone * tone,
    guint64 n_mined);
/* that it was accepted, */
void sst_toning_accepted (SstToning * toning);
/* refused (the like of it may come again later), */
void sst_toning_refused (SstToning * toning, guint64 n_mined);
/* or taken back by request (never again the like of it). */
void sst_toning_taken_back (SstToning * toning, const SstTone * tone);

G_END_DECLS
