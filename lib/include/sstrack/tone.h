/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Tone: how a camera's pictures are brought to look like those that a model has
 * learned from.
 *
 * Fog, a thermal camera or a street lamp leave a picture with a fraction of its
 * contrast, or all of it in one colour. A tone stretches and shifts each
 * component by the usual values of that camera, can smooth noise, and sharpen a
 * picture that is out of focus. It is a part of a model (model.h): a learner finds it
 * on a stream (stream/exposure.h), and the sampler applies it to the samples it makes
 * (SstFrame.tone).
 *
 *   Y' = luma_gain Y + luma_offset,   Cb' = chroma_gain[0] Cb + chroma_offset[0],
 *
 * Cr' like Cb'; Y is 0..255, Cb and Cr about 0, as in SST_SAMPLE_YCC, and the
 * results are clamped to the bounds given there. Luma is then sharpened:
 *
 *   Y" = Y' + sharpness (Y' - Y' blurred),
 *
 * clamped too.
 *
 * A tone also says how much noise there is. A caller that has a stream, not one
 * picture, takes the noise off over time (denoise.h); the sampler ignores it.
 *
 * Thread-safety: a plain value. */

#pragma once

#include <glib.h>

#include <sstrack/api.h>

G_BEGIN_DECLS

#define SST_TONE_MAX_GAIN 16.f
#define SST_TONE_MAX_OFFSET 8192.f
#define SST_TONE_MAX_SOFTNESS 4.f
#define SST_TONE_MAX_SHARPNESS 4.f
#define SST_TONE_MAX_BLUR 0.03f
#define SST_TONE_MAX_NOISE 64.f

typedef struct
{
  float luma_gain, luma_offset; /* gain: 1/16..16; offset: -8192..8192 */
  float chroma_gain[2];         /* of Cb and Cr, 0..16 */
  float chroma_offset[2];       /* -8192..8192 */
  float softness;               /* 1..4: half the width of the sampler's kernel,
                                 * pixels of the frame, where the sample's scale
                                 * asks for a narrower one */
  float sharpness;              /* 0..4 */
  float blur;                   /* standard deviation, of the root of the
                                 * frame's area, so that it is the same for a
                                 * shrunk copy: 0..0.03 */
  float noise;                  /* of luma, before the gain, as denoise.h measures
                                 * it; 0: so little that it is left in. 0..64 */
} SstTone;

/* Changes nothing. */
#define SST_TONE_NEUTRAL \
  ((SstTone) { 1.f, 0.f, { 1.f, 1.f }, { 0.f, 0.f }, 1.f, 0.f, 0.f, 0.f })

#define SST_TONE_N_VALUES 10

/* For callers that can not say "neutral" with NULL. */
static inline SstTone
sst_tone_or_neutral (const SstTone *tone)
{
  return tone != NULL ? *tone : SST_TONE_NEUTRAL;
}

/* Whether all values are finite and in range. */
SST_API gboolean sst_tone_is_valid (const SstTone * tone);

SST_API gboolean sst_tone_is_neutral (const SstTone * tone);

/* The values in the order of the structure, as a file holds them. The tone made
 * of them may be invalid. */
SST_API void sst_tone_to_values (const SstTone * tone,
    float values[SST_TONE_N_VALUES]);
SST_API SstTone sst_tone_from_values (const float values[SST_TONE_N_VALUES]);

/* How different pictures look under two valid tones: 0 for the same; 1 where
 * the contrast of some component is twice the other, its level is off by 64,
 * softness by a pixel, sharpness by 2, or noise, as stretched, by 2. mean: of the
 * pictures, as in SstTone. */
SST_API float sst_tone_distance (const SstTone * a, const SstTone * b,
    const float mean[3]);

G_END_DECLS
