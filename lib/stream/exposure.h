/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Exposure (internal): the usual look of a stream's pictures, and the tone that
 * makes them look like others.
 *
 * Counts, over pictures that come window by window and fade with time, the mean
 * of each component, how it varies within a picture, how much of the chroma the
 * luma tells already, how broad edges are (from how much gradients lose when
 * blurred twice as much, as Zhuo and Sim, "Defocus map estimation from a single
 * image", 2011), and what camera and coder add (artifacts.h). The tone (tone.h)
 *
 *   luma      stretches less contrast than usual to the usual, about a level
 *             that is the nearer to the usual, the more it stretches
 *   chroma    is left alone where it is about usual; otherwise it is centred,
 *             and scaled to the usual times the share that luma does not tell
 *             (the root of 1 - r^2): under a sodium lamp chroma is nothing but
 *             luma once more; what is noise of it is taken off its weight (the
 *             gain of Wiener's filter)
 *   noise     is what makes a picture and the next differ, where that is much, as
 *             stretched, and there is noise to be seen
 *   softness  grows with the noise (less, where that is taken off over time), and
 *             with the steps between a coder's blocks, as stretched
 *   sharpness sets in where the strongest edges are broader than usual, unless
 *             it would show nothing but noise
 *
 * "Usual" are the means over footage of many cameras. The method is our own; the
 * simplest of its kind is histogram stretching.
 *
 * Thread-safety: belongs to one thread at a time. */

#pragma once

#include <sstrack/tone.h>

#include "footage/footage.h"
#include "picture/artifacts.h"

G_BEGIN_DECLS

typedef struct
{
  float mean[3];                /* Y 0..255; Cb, Cr about 0 */
  float deviation[3];           /* within a picture */
  float told[2];                /* correlation of Cb and Cr with Y, 0..1 */
  SstArtifacts artifacts;
  float blur;                   /* of edges, as in SstTone */
} SstExposureLook;

typedef struct _SstExposure SstExposure;

SstExposure *sst_exposure_new (void);
void sst_exposure_free (SstExposure ** exposure);

/* Forgets all. */
void sst_exposure_reset (SstExposure * exposure);

/* Looks at a few pictures of a clip; pictures seen before count a little less
 * from now on: half after 22 clips. artifacts: of the frames that the pictures
 * were shrunk from, which takes them away. Returns what this clip is like. */
SstExposureLook sst_exposure_add (SstExposure * exposure, const SstClip * clip,
    const SstArtifacts * artifacts);

/* Clips looked at since the start or reset. */
guint sst_exposure_n_clips (const SstExposure * exposure);

/* The look of pictures; of at least a clip. */
SstExposureLook sst_exposure_look (const SstExposure * exposure);

/* The tone for such pictures; valid. */
SstTone sst_exposure_tone (const SstExposureLook * look);

/* Whether pictures like that are too bright, dark or harsh for a tone: another
 * light than it was made for. */
gboolean sst_exposure_is_glaring (const SstExposureLook * look,
    const SstTone * tone);

G_END_DECLS
