/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Queue (internal): the embeddings of the last things seen, to compare with.
 *
 * A ring of vectors, each with the source it comes from. Its entries are the
 * negatives and the on-line nearest neighbours of contrast.h (He et al., MoCo,
 * 2020; Dwibedi et al., NNCLR, 2021; Fan et al., IIVCL, 2023) and the dictionary
 * of multilabel.h (Zhu et al., MLS, 2023), which has two vectors for an entry, in
 * the same order: the embedding z that is trained and the feature g of the
 * backbone. Entries are constants: no gradient reaches them.
 *
 * All vectors are expected to have unit length, so that a dot product is a
 * cosine; nothing here normalises.
 *
 * Thread-safety: one thread may change a queue; while none does, any number may
 * search it. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Facts about a batch of n rows of dim floats that the losses on embeddings
 * need beside the rows themselves. */
typedef struct
{
  int n, dim;
  const guint *sources;         /* n; rows of one source may show the same thing
                                 * and are never each other's negatives or
                                 * neighbours. NULL: all differ, from each other
                                 * and from everything in a queue */
  const float *weights;         /* n, >= 0; 0 leaves a row out, which then may
                                 * hold anything. NULL: 1 each */
  const guint8 *apart;          /* n x n, symmetric: whether rows of one source
                                 * surely show different things, and are negatives
                                 * after all, of each other; nothing to a queue.
                                 * NULL: no two are known to */
} SstEmbeddings;

/* Fields may be read; a checkpoint stores the first length rows of the three
 * arrays, length and next, and gives them back to sst_queue_restore(). */
typedef struct
{
  int capacity;                 /* entries at most; 4096 is usual */
  int dim;                      /* floats of an embedding */
  int feature_dim;              /* floats of a feature; 0: there are none */
  int length;                   /* entries there are */
  int next;                     /* where the next one goes, over the oldest */
  float *embeddings;            /* z: length x dim */
  float *features;              /* g: length x feature_dim, or NULL */
  guint *sources;               /* length */
} SstQueue;

SstQueue *sst_queue_new (int capacity, int dim, int feature_dim);
void sst_queue_free (SstQueue ** queue);

/* Appends the rows of the batch whose weight is not 0, in their order.
 * features: n x feature_dim; NULL for a queue without. sources have to be given. */
void sst_queue_push (SstQueue * queue, const SstEmbeddings * batch,
    const float *embeddings, const float *features);

/* Replaces all entries. FALSE, and nothing done, if length and next can't be
 * those of such a queue. features: NULL for a queue without. */
gboolean sst_queue_restore (SstQueue * queue, int length, int next,
    const float *embeddings, const float *features, const guint * sources);

/* For each row of the batch, the entry of another source with the most similar
 * embedding: its number in *entries (the lowest of equals) and the dot product
 * in *similarities; -1 and 0 where there is none, or the row is left out.
 * Exhaustive: one matrix product. Costs 0.4 ms for 32 rows and 4096 entries of 64
 * floats. scratch: sst_queue_scratch_size (queue, batch->n) floats. */
void sst_queue_nearest (const SstQueue * queue, const SstEmbeddings * batch,
    const float *queries, int *entries, float *similarities, float *scratch);

size_t sst_queue_scratch_size (const SstQueue * queue, int n);

/* Copies the embeddings of n entries, n x dim; zeros for an entry of -1. */
void sst_queue_gather (const SstQueue * queue, const int *entries, int n,
    float *embeddings);

/* The moving threshold above which an entry is taken for a neighbour (IIVCL): a
 * neighbour passes if it is more similar than a quantile of the neighbours seen
 * lately, so that the bar rises as the embedding gets better. The quantile of all
 * that are offered, not of those that passed, which would shut the door behind
 * itself.
 *
 * Followed with one number (Robbins and Monro, 1951): value += rate *
 * (quantile - [similarity < value]). Start value at 1, where nothing passes: then
 * no neighbours are taken before it has come down to them. */
typedef struct
{
  float value;                  /* to be stored in a checkpoint */
  float rate;                   /* 0.005 is usual: a memory of some hundreds */
} SstThreshold;

/* Whether similarity passes; then learns from it. quantile: 0..1, share to be
 * turned away; lower it over the training to take more neighbours later. */
static inline gboolean
sst_threshold_pass (SstThreshold *threshold, float similarity, float quantile)
{
  const gboolean pass = similarity > threshold->value;

  threshold->value += threshold->rate * (pass ? quantile : quantile - 1.f);
  return pass;
}

G_END_DECLS
