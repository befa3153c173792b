/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Colour (internal): which colours are the target's.
 *
 * Two histograms over SST_COLOR_BINS cubed colours, of target and of
 * background, blurred by a bin; a colour's evidence is the logarithm of the
 * ratio of the two densities, -3 .. 3.
 *
 * Thread-safety: pure functions. Nothing allocates. */

#pragma once

#include <sstrack/mask.h>

G_BEGIN_DECLS

#define SST_COLOR_BINS 16
#define SST_COLOR_SIZE (SST_COLOR_BINS * SST_COLOR_BINS * SST_COLOR_BINS)
#define SST_COLOR_LIMIT 3.f

typedef struct
{
  float target[SST_COLOR_SIZE], other[SST_COLOR_SIZE];         /* sums */
  float evidence[SST_COLOR_SIZE];
} SstColor;

/* The bin of every pixel of a sample (SST_SAMPLE_YCC, SST_MASK_SIDE squared). */
void sst_color_index (const float *sample, guint16 * bins);

/* Mixes what a window shows into the histograms.
 * target: 0..1 a pixel. counts: the weight of a pixel, 0 .. 1 (0 outside the
 *     picture). rate: share of the new, 1: forgets the old. scratch:
 *     SST_COLOR_SIZE floats. */
void sst_color_learn (SstColor * color, const guint16 * bins,
    const float *target, const float *counts, float rate, float *scratch);

/* The evidence of each pixel. */
void sst_color_look (const SstColor * color, const guint16 * bins,
    float *evidence);

G_END_DECLS
