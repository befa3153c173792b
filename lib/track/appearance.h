/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Appearance (internal): the earlier looks of the target, to compare with.
 *
 * Two templates of the feature channels inside the target's box: the first
 * appearance, kept for ever, and a running mean of the recent ones. The
 * on-line model (dcf.h) answers "where"; this answers "is it still that?",
 * from the target alone and without what the model has learned since.
 *
 * Thread-safety: belongs to one thread at a time. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _SstAppearance SstAppearance;

/* grid: cells a side of the feature planes. It holds what the largest target so
 * far needed: only sst_appearance_start() allocates. */
SstAppearance *sst_appearance_new (int grid, int n_channels);
void sst_appearance_free (SstAppearance ** appearance);

/* Learns the first appearance: the target is width x height cells large, in
 * the middle of the planes. */
void sst_appearance_start (SstAppearance * appearance, const float *channels,
    float width, float height);

/* Mixes in the appearance dx, dy cells off the middle. rate: 0..1. */
void sst_appearance_learn (SstAppearance * appearance, const float *channels,
    float dx, float dy, float rate);

/* Cosine between what is dx, dy cells off the middle and the templates, -1..1;
 * -1 where it reaches outside the planes. */
typedef struct
{
  float first, recent;
} SstLikeness;

SstLikeness sst_appearance_compare (const SstAppearance * appearance,
    const float *channels, float dx, float dy);

G_END_DECLS
