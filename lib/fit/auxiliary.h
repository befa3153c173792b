/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Auxiliary (internal): the losses beside the box's, of a batch of pairs.
 *
 * Of every pair the network gives an embedding u of the target in the template, v
 * of the target in the search region and a few of other boxes there. On these:
 * instance contrast (A), placement and ordering (C), intra and inter contrast with
 * a queue of earlier embeddings (D), and the multi-label loss with the queue as
 * its dictionary (E). On the feature maps themselves: the template's colours
 * copied from the search region (B). The formulas are in contrast.h, pose.h,
 * queue.h, multilabel.h and reconstruct.h; this file says which rows go to which
 * term, and when. A term of weight 0 costs nothing. NaN and infinity do not get
 * into the queue.
 *
 * Placement and ordering have small heads of their own, which exist in training
 * only.
 *
 * Thread-safety: sst_auxiliary_forward() and _backward() may be called for
 * different pairs at the same time, nothing else. */

#pragma once

#include "fit/queue.h"
#include "fit/loss_weights.h"
#include "fit/ranks.h"
#include "footage/pair.h"
#include "footage/tracklet.h"
#include "model/network.h"

G_BEGIN_DECLS

typedef struct _SstAuxiliary SstAuxiliary;

/* Whether any of the terms has a weight. */
gboolean sst_auxiliary_needed (const SstLossWeights * weights);

/* temperature: of the instance contrast; SSTrack's is 0.5.
 * first, n_mine: pairs of the batch that this rank brings, as many as each other
 * does; without other ranks 0 and batch. */
SstAuxiliary *sst_auxiliary_new (const SstNetwork * network,
    const SstLossWeights * weights, float temperature, int batch, int first,
    int n_mine);
void sst_auxiliary_free (SstAuxiliary ** auxiliary);

/* Parameters of the heads, and their values at the start. */
size_t sst_auxiliary_n_parameters (const SstAuxiliary * auxiliary);
void sst_auxiliary_init_parameters (const SstAuxiliary * auxiliary,
    SstRandom * random, float *parameters);

/* The things of the pairs from now on; NULL: nobody knows. Things that are seen at
 * the same time in two places are each other's negatives in the instance contrast
 * (sst_tracklets_are_apart()). tracklets has to outlive its use. */
void sst_auxiliary_set_tracklets (SstAuxiliary * auxiliary,
    const SstTracklets * tracklets);

/* Before pair i of the batch, one of this rank's, goes through the network: may take a colour from
 * it. */
void sst_auxiliary_prepare (SstAuxiliary * auxiliary, int i, SstPair * pair,
    SstRandom * random);

/* After: embeds what is to be compared, from the traces by role. */
void sst_auxiliary_forward (SstAuxiliary * auxiliary, int i,
    const float *kernels, const SstPair * pair, float *const trace[2],
    SstRandom * random);

/* Gets the rows of the other ranks' pairs, after all of the own ones went
 * forward. */
void sst_auxiliary_gather (SstAuxiliary * auxiliary, SstRanks * ranks);

/* The losses of the whole batch, before their weights, into terms; but the one of reconstruction,
 * which knows nothing of other pairs, of this rank's share of it. Adds the heads' gradient, that of
 * the whole batch. progress: 0..1; neighbours of other clips come in with it. */
void sst_auxiliary_loss (SstAuxiliary * auxiliary, const float *parameters,
    float progress, SstLossWeights * terms, float *dparameters);

/* The gradient of pair i: overwrites dfeatures, by role, and adds to dkernels. */
void sst_auxiliary_backward (SstAuxiliary * auxiliary, int i,
    const float *kernels, float *const dfeatures[2], float *dkernels);

/* Its memory of earlier batches, for a checkpoint: the queue (NULL where no term
 * needs one), and the bar for neighbours. */
SstQueue *sst_auxiliary_queue (SstAuxiliary * auxiliary);
SstThreshold *sst_auxiliary_threshold (SstAuxiliary * auxiliary);

/* Every rank remembers from now on what the first one does. */
void sst_auxiliary_share (SstAuxiliary * auxiliary, SstRanks * ranks);

/* Forgets both: as before the first batch. */
void sst_auxiliary_forget (SstAuxiliary * auxiliary);

G_END_DECLS
