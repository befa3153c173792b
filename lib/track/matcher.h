/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Matcher (internal): one target's learned half, the answer of a network (network.h) and
 * a memory of templates to a search region.
 *
 * The memory holds the first appearance, kept for ever, and a running mean of
 * the recent ones; a region is compared with a mixture of both. All memory is
 * planned at creation; no other function allocates but a sampler that is not
 * warm, and the first sst_matcher_set_model() with other weights. The samples of
 * templates are kept to 1 / 128 of a level. Results are finite whatever the model holds.
 *
 * Thread-safety: belongs to one thread at a time; any number of them may share a
 * model. */

#pragma once


#include "base/scratch.h"
#include "model/model_private.h"
#include "picture/sampler.h"

G_BEGIN_DECLS

typedef struct _SstMatcher SstMatcher;

/* Floats that a call needs while it runs. */
size_t sst_matcher_scratch_size (const SstModel * model);

/* Takes a reference of the model, and of scratch, which many matchers may share;
 * NULL: one of its own. */
SstMatcher *sst_matcher_new (SstModel * model, SstScratch * scratch);

/* Frees *matcher and sets it to NULL. *matcher may be NULL. */
void sst_matcher_free (SstMatcher ** matcher);

/* Learns the first appearance, of the target in box, in the middle of a square of
 * side pixels of the frame, SST_TEMPLATE_FACTOR times the target's size or so. */
void sst_matcher_start (SstMatcher * matcher, SstSampler * sampler,
    const SstFrame * frame, const SstBox * box, float side);

/* Mixes another appearance into the recent ones. rate: 0..1. */
void sst_matcher_learn (SstMatcher * matcher, SstSampler * sampler,
    const SstFrame * frame, const SstBox * box, float side, float rate);

/* The portrait (gallery.h) of the template that was learned last, by any of the
 * functions that look at a template, sst_matcher_change() too; how many values it
 * has. With sst_matcher_draw() that of any box, of which nothing is learned. */
int sst_matcher_portrait_length (const SstMatcher * matcher);
const float *sst_matcher_portrait (const SstMatcher * matcher);
void sst_matcher_draw (SstMatcher * matcher, SstSampler * sampler,
    const SstFrame * frame, const SstBox * box, float side);

/* The model in use. */
const SstModel *sst_matcher_model (const SstMatcher * matcher);

/* Changes the model to another of the same configuration (nothing else is
 * accepted), of which it takes a reference. Each call of sst_matcher_change()
 * then costs one template at most; after two of them at most the new model is in
 * use, and sst_matcher_is_changing() says FALSE again. Until then the old one is.
 *
 * The first appearance becomes what the new model makes of it; the recent ones,
 * what it makes of the last of them. The same weights (by their checksum) are
 * taken over at once and change nothing; so are any by sst_matcher_start(). */
void sst_matcher_set_model (SstMatcher * matcher, SstModel * model);
gboolean sst_matcher_is_changing (const SstMatcher * matcher);
/* Whether the first of the two steps is done: the portrait was the first
 * appearance's, and the next one will be the last one's. */
gboolean sst_matcher_change_has_begun (const SstMatcher * matcher);
void sst_matcher_change (SstMatcher * matcher);

/* Compares a search region with the memory.
 * sample: SST_SAMPLE_YCC, SST_SEARCH_SIDE squared.
 * recent: share of the recent appearances in the mixture, 0..1. */
void sst_matcher_search (SstMatcher * matcher, const float *sample,
    float recent);

/* The same of the part of the region around a pixel of the sample, as far as it
 * lies inside (sst_network_search_close()). The scores of the other cells become
 * 0, and their boxes mean nothing.
 *
 * A network that goes to stride 16 sees far, and a part is another thing to it:
 * that costs it 0.002 to 0.004 of AUC on 79 sequences of data/dev, and saves a
 * fifth of a frame's time (docs/lab/second-generation.md). */
void sst_matcher_search_close (SstMatcher * matcher, const float *sample,
    float recent, float x, float y);

/* Of the last search: how likely each cell is the target's centre, 0..1;
 * SST_NETWORK_GRID squared. */
const float *sst_matcher_scores (const SstMatcher * matcher);

/* Of the last search: whether each cell is target, SST_NETWORK_GRID squared
 * logits; cells that a close look did not see are left out. NULL where the
 * network gives no mask. */
const float *sst_matcher_mask (const SstMatcher * matcher);

/* Of the last search: the box that a cell stands for (x, y: 0 ..
 * SST_NETWORK_GRID - 1), in pixels of the region's sample, and the IoU that it
 * expects of it, 0..1. */
SstBox sst_matcher_box (const SstMatcher * matcher, int x, int y,
    float *quality);

G_END_DECLS
