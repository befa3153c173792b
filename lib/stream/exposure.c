/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "stream/exposure.h"

#include <math.h>

#include "picture/sampler.h"
#include "picture/toned.h"

/* Of a clip. */
#define N_LOOKS 4
/* What a clip counts, a clip later. */
#define MEMORY 0.97

/* What is usual: means over the footage that docs/learning.md names. */
#define USUAL_LUMA 125.f
#define USUAL_LUMA_DEVIATION 52.f
#define USUAL_CHROMA_DEVIATION 11.5f

#define MAX_LUMA_GAIN 12.f
#define MAX_CHROMA_GAIN 12.f

/* Where chroma is not about usual: off centre, next to none, told by luma. */
#define MAX_CHROMA_LEVEL 20.f
#define MIN_CHROMA_DEVIATION 4.f
#define MAX_TOLD 0.75f
/* There is none. */
#define NO_CHROMA 0.3f

/* Noise, and steps between blocks, as stretched, that a pixel of softness is
 * good for; 4 pixels make ramps of the steps, from middle to middle. */
#define NOISE_PER_SOFTNESS 5.f
#define MAX_NOISE_SOFTNESS 3.f
#define STEP_PER_SOFTNESS 1.6f
#define MAX_BLOCK_SOFTNESS 3.5f
/* Noise for a pixel of softness where it is taken off over time, which starts
 * from so much flicker, as stretched. */
#define DENOISED_PER_SOFTNESS 8.5f
#define MIN_FLICKER 1.2f
/* What flickers, and shows less noise than that in one picture, over its
 * flicker, is not noise: things move in it. */
#define MIN_SEEN 0.25f
/* The mean of flicker is that of its logarithm, beyond this: where everything
 * moves it is something else. */
#define LEAST_FLICKER 0.05f
/* Of chroma: cameras smooth it, which second differences make too much of. */
#define CORRELATED_NOISE 1.5f
/* Standard deviation of all that a coder took away or added, of the steps that
 * it left: measured of JPEG at quality 4 (docs/learning.md). */
#define STEP_ERROR 2.7f
#define MIN_SIGNAL_SHARE 0.3f

/* Sharpening: from such a blur on, all of it from another one on, and as far as
 * there is none of so much noise, as stretched. */
#define SHARPNESS 1.5f
#define MIN_BLUR 0.0045f
#define FULL_BLUR 0.0055f
#define SHARPEN_NOISE 5.f

/* Blur is measured in the middle of a picture, between two kernels of so many
 * pixels' half width, where a gradient's square is so many times the mean. */
#define BLUR_WIDTH 256
#define BLUR_HEIGHT 144
#define NARROW 3.67f
#define WIDE 7.35f
#define EDGE 4.

/* As a tone leaves them. */
#define GLARING_LEVEL 80.f      /* beyond black or white */
#define GLARING_CONTRAST 2.2f   /* of the usual */

/* Of a sample: Y, Cb, Cr. */
enum
{
  SUM_Y, SUM_B, SUM_R, SUM_YY, SUM_BB, SUM_RR, SUM_YB, SUM_YR, N_SUMS
};

/* Of pictures, in the units of SstExposureLook. */
enum
{
  TOTAL_WEIGHT,
  TOTAL_MEAN,                   /* 3 of them */
  TOTAL_VARIANCE = TOTAL_MEAN + 3,
  TOTAL_NOISE = TOTAL_VARIANCE + 3,
  TOTAL_BLOCKS = TOTAL_NOISE + 3,
  TOTAL_BLUR = TOTAL_BLOCKS + 3,
  TOTAL_FLICKER,                /* of the logarithm */
  TOTAL_COVARIANCE,             /* 2, of chroma with luma */
  N_TOTALS = TOTAL_COVARIANCE + 2
};

struct _SstExposure
{
  guint n_clips;
  double totals[N_TOTALS];      /* fading */
};

SstExposure *
sst_exposure_new (void)
{
  return g_new0 (SstExposure, 1);
}

void
sst_exposure_free (SstExposure ** exposure)
{
  g_clear_pointer (exposure, g_free);
}

void
sst_exposure_reset (SstExposure * exposure)
{
  *exposure = (SstExposure) { 0 };
}

/* Sums over the chroma samples, each with one of its luma samples. */
static void
sum_samples (const SstFrame * frame, double sums[N_SUMS])
{
  const int width = frame->width / 2, height = frame->height / 2;

  for (int i = 0; i < N_SUMS; i++)
    sums[i] = 0.;
  for (int y = 0; y < height; y++) {
    const guint8 *const luma = frame->plane[0] + 2 * y * frame->stride[0];
    const guint8 *const cb = frame->plane[1] + y * frame->stride[1];
    const guint8 *const cr = frame->plane[2] + y * frame->stride[2];
    guint64 row[N_SUMS] = { 0 };

    for (int x = 0; x < width; x++) {
      const guint v = luma[2 * x], b = cb[x], r = cr[x];

      row[SUM_Y] += v;
      row[SUM_B] += b;
      row[SUM_R] += r;
      row[SUM_YY] += v * v;
      row[SUM_BB] += b * b;
      row[SUM_RR] += r * r;
      row[SUM_YB] += v * b;
      row[SUM_YR] += v * r;
    }
    for (int i = 0; i < N_SUMS; i++)
      sums[i] += (double) row[i] / ((double) width * height);
  }
}

static inline double
squared_gradient (const float *p, int stride)
{
  const double x = p[1] - p[-1], y = p[stride] - p[-stride];

  return x * x + y * y;
}

/* Standard deviation of what blurred the strongest edges, of the root of the
 * picture's area; 0 where there are none. An edge blurred by s loses of its
 * gradient, blurred by a more, as 1 / sqrt (s^2 + a^2). */
static float
measure_blur (const SstFrame * frame)
{
  const int width = MIN (frame->width, BLUR_WIDTH);
  const int height = MIN (frame->height, BLUR_HEIGHT);
  const SstBox middle = { (float) ((frame->width - width) / 2),
    (float) ((frame->height - height) / 2), width, height
  };
  const double a2 = NARROW * NARROW / 6., b2 = WIDE * WIDE / 6.;
  const float halves[2] = { NARROW, WIDE };
  float *tensors[2];
  SstSampler *sampler;
  double mean = 0., narrow = 0., wide = 0., s2 = 0.;

  if (width < 3 || height < 3)
    return 0.f;
  sampler = sst_sampler_new ();
  for (int i = 0; i < 2; i++) {
    SstTone tone = SST_TONE_NEUTRAL;
    const SstFrame view = sst_frame_with_tone (frame, &tone);

    tone.softness = halves[i];
    tensors[i] = g_new (float, (gsize) width * height);
    sst_sampler_sample (sampler, &view, &middle, SST_SAMPLE_LUMA, width,
        height, tensors[i]);
  }
  for (int pass = 0; pass < 2; pass++) {
    for (int y = 1; y < height - 1; y++) {
      for (int x = 1; x < width - 1; x++) {
        const gsize at = (gsize) y * width + x;
        const double g = squared_gradient (tensors[0] + at, width);

        if (pass == 0) {
          mean += g / ((width - 2) * (height - 2));
        } else if (g > EDGE * mean) {
          narrow += g;
          wide += squared_gradient (tensors[1] + at, width);
        }
      }
    }
  }
  /* narrow / wide = (s2 + b2) / (s2 + a2) */
  if (narrow > wide)
    s2 = (b2 - a2) / (narrow / MAX (wide, 1e-9) - 1.) - a2;
  for (int i = 0; i < 2; i++)
    g_free (tensors[i]);
  sst_sampler_free (&sampler);
  return (float) MIN (sqrt (MAX (s2, 0.)
          / ((double) frame->width * frame->height)), SST_TONE_MAX_BLUR);
}

static void
add_picture (const SstFrame * frame, const SstArtifacts * artifacts,
    double totals[N_TOTALS])
{
  const double scale[3] = { frame->full_range ? 1. : 255. / 219.,
    frame->full_range ? 1. : 255. / 224., frame->full_range ? 1. : 255. / 224.
  };
  const double zero[3] = { frame->full_range ? 0. : 16., 128., 128. };
  double s[N_SUMS];

  if (frame->width < 2 || frame->height < 2)
    return;
  sum_samples (frame, s);
  totals[TOTAL_WEIGHT] += 1.;
  totals[TOTAL_BLUR] += measure_blur (frame);
  totals[TOTAL_FLICKER] += log (artifacts->flicker + LEAST_FLICKER);
  for (int c = 0; c < 3; c++) {
    totals[TOTAL_MEAN + c] += scale[c] * (s[SUM_Y + c] - zero[c]);
    totals[TOTAL_VARIANCE + c] += scale[c] * scale[c]
        * (s[SUM_YY + c] - s[SUM_Y + c] * s[SUM_Y + c]);
    totals[TOTAL_NOISE + c] += artifacts->noise[c];
    totals[TOTAL_BLOCKS + c] += artifacts->blocks[c];
  }
  for (int c = 0; c < 2; c++)
    totals[TOTAL_COVARIANCE + c] += scale[0] * scale[1 + c]
        * (s[SUM_YB + c] - s[SUM_Y] * s[SUM_B + c]);
}

static SstExposureLook
make_look (const double totals[N_TOTALS])
{
  const double weight = MAX (totals[TOTAL_WEIGHT], 1e-9);
  const double *const variance = totals + TOTAL_VARIANCE;
  SstExposureLook look;

  for (int c = 0; c < 3; c++) {
    look.mean[c] = (float) (totals[TOTAL_MEAN + c] / weight);
    look.deviation[c] = (float) sqrt (MAX (variance[c] / weight, 0.));
    look.artifacts.noise[c] = (float) (totals[TOTAL_NOISE + c] / weight);
    look.artifacts.blocks[c] = (float) (totals[TOTAL_BLOCKS + c] / weight);
  }
  look.blur = (float) (totals[TOTAL_BLUR] / weight);
  look.artifacts.flicker = fmaxf ((float) exp (totals[TOTAL_FLICKER] / weight)
      - LEAST_FLICKER, 0.f);
  for (int c = 0; c < 2; c++)
    look.told[c] = (float) CLAMP (fabs (totals[TOTAL_COVARIANCE + c])
        / MAX (sqrt (variance[0] * variance[1 + c]), 1e-9), 0., 1.);
  return look;
}

SstExposureLook
sst_exposure_add (SstExposure * exposure, const SstClip * clip,
    const SstArtifacts * artifacts)
{
  const guint n = sst_clip_length (clip);
  const guint n_looks = MIN (n, N_LOOKS);
  double totals[N_TOTALS] = { 0. };

  for (guint i = 0; i < n_looks; i++)
    add_picture (sst_clip_frame (clip, i * n / n_looks), artifacts, totals);
  for (int i = 0; i < N_TOTALS; i++)
    exposure->totals[i] = MEMORY * exposure->totals[i] + totals[i];
  exposure->n_clips++;
  return make_look (totals);
}

guint
sst_exposure_n_clips (const SstExposure * exposure)
{
  return exposure->n_clips;
}

SstExposureLook
sst_exposure_look (const SstExposure * exposure)
{
  return make_look (exposure->totals);
}

static gboolean
has_unusual_chroma (const SstExposureLook * look)
{
  gboolean unusual = FALSE;

  for (int c = 0; c < 2; c++) {
    if (look->deviation[1 + c] < NO_CHROMA)
      return FALSE;
    unusual = unusual || fabsf (look->mean[1 + c]) > MAX_CHROMA_LEVEL
        || look->deviation[1 + c] < MIN_CHROMA_DEVIATION
        || look->told[c] > MAX_TOLD;
  }
  return unusual;
}

/* Of what luma does not tell of a chroma component, the share of its variance
 * that camera and coder did not add. */
static float
signal_share (const SstExposureLook * look, int c)
{
  const float told = look->told[c], deviation = look->deviation[1 + c];
  const float noise = CORRELATED_NOISE * look->artifacts.noise[1 + c];
  const float error = STEP_ERROR * look->artifacts.blocks[1 + c];

  if (deviation < NO_CHROMA)
    return 1.f;
  return fmaxf (1.f - (noise * noise + error * error)
      / fmaxf (deviation * deviation * (1.f - told * told), 1e-3f),
      MIN_SIGNAL_SHARE);
}

SstTone
sst_exposure_tone (const SstExposureLook * look)
{
  SstTone tone = SST_TONE_NEUTRAL;
  const SstArtifacts *const artifacts = &look->artifacts;
  const gboolean unusual = has_unusual_chroma (look);
  const float gain = CLAMP (USUAL_LUMA_DEVIATION
      / fmaxf (look->deviation[0], 1e-3f), 1.f, MAX_LUMA_GAIN);
  const float level = USUAL_LUMA + (look->mean[0] - USUAL_LUMA) / gain;

  tone.luma_gain = gain;
  tone.luma_offset = level - gain * look->mean[0];
  if (artifacts->flicker * gain >= MIN_FLICKER
      && artifacts->noise[0] >= MIN_SEEN * artifacts->flicker)
    tone.noise = fminf (artifacts->flicker, SST_TONE_MAX_NOISE);
  tone.softness = fmaxf (CLAMP (artifacts->noise[0] * gain
          / (tone.noise > 0.f ? DENOISED_PER_SOFTNESS : NOISE_PER_SOFTNESS),
          1.f, MAX_NOISE_SOFTNESS),
      CLAMP (artifacts->blocks[0] * gain / STEP_PER_SOFTNESS, 1.f,
          MAX_BLOCK_SOFTNESS));
  tone.sharpness = SHARPNESS * CLAMP ((look->blur - MIN_BLUR)
      / (FULL_BLUR - MIN_BLUR), 0.f, 1.f)
      * CLAMP (2.f - artifacts->noise[0] * gain / SHARPEN_NOISE, 0.f, 1.f);
  if (tone.sharpness > 0.f)
    tone.blur = look->blur;
  for (int c = 0; c < 2; c++) {
    tone.chroma_gain[c] = signal_share (look, c);
    if (!unusual)
      continue;
    tone.chroma_gain[c] *= fminf (USUAL_CHROMA_DEVIATION
        / look->deviation[1 + c], MAX_CHROMA_GAIN)
        * sqrtf (1.f - look->told[c] * look->told[c]);
    tone.chroma_offset[c] = -tone.chroma_gain[c] * look->mean[1 + c];
  }
  return tone;
}

gboolean
sst_exposure_is_glaring (const SstExposureLook * look, const SstTone * tone)
{
  const float level = tone->luma_gain * look->mean[0] + tone->luma_offset;

  return level < -GLARING_LEVEL || level > 255.f + GLARING_LEVEL
      || tone->luma_gain * look->deviation[0]
      > fmaxf (GLARING_CONTRAST * USUAL_LUMA_DEVIATION, look->deviation[0]
      * 1.01f);
}
