/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Multilabel (internal): recognises the other things of the scene, from
 * pseudo-labels.
 *
 * Multi-label self-supervision on scene images (Zhu, Fu and Wu, MLS, 2023). A
 * dictionary has D entries, each of a feature g (backbone, slow, trusted) and an
 * embedding z (projected, trained); see SstQueue. Every entry is a class that a
 * crop of a scene may belong to or not, D independent questions:
 *
 *   y_d = 1 if g . Qg_d is among the top_k of all d, else 0
 *   l_d = gain * z . Qz_d
 *   L = 1/2 mean over y_d = 1 of log (1 + exp (-l_d))
 *     + 1/2 mean over y_d = 0 of log (1 + exp l_d)
 *
 * Labels come from g and logits from z, as labels taken from the same vectors
 * would only confirm them. No dense matching, no search for objects.
 *
 * Entries of a crop's own source are neither positive nor negative: pictures of
 * one clip are alike, and would take all top_k places.
 *
 * Thread-safety: pure functions; every thread brings its own scratch. */

#pragma once

#include "fit/queue.h"

G_BEGIN_DECLS

typedef struct
{
  int top_k;                    /* 20 of 4096 is usual */
  float gain;                   /* of the logits, as cosines are small; 10 */
} SstMultilabel;

/* The labels y: n x dictionary->length, 1, 0, or -1 where the source is the
 * row's own. Equal similarities: the lowest entry first. Rows left out and those
 * with no more than top_k entries to choose from are -1 throughout.
 * features: g, n x dictionary->feature_dim. scratch: top_k floats. */
void sst_multilabel_targets (const SstMultilabel * multilabel,
    const SstQueue * dictionary, const SstEmbeddings * batch,
    const float *features, float *targets, float *scratch);

/* Weighted mean of L over the rows that have labels; 0 if none has. Adds its
 * gradient, times scale, to dembeddings; the value returned is not scaled.
 * embeddings, dembeddings: z, n x dictionary->dim. Crops should be labelled
 * before they are pushed to the dictionary themselves.
 * scratch: sst_multilabel_scratch_size (multilabel, dictionary, n) floats. */
float sst_multilabel_loss (const SstMultilabel * multilabel,
    const SstQueue * dictionary, const SstEmbeddings * batch,
    const float *features, const float *embeddings, float scale,
    float *dembeddings, float *scratch);

size_t sst_multilabel_scratch_size (const SstMultilabel * multilabel,
    const SstQueue * dictionary, int n);

G_END_DECLS
