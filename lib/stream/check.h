/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Check (internal): how good a model is on pairs whose boxes are known, to accept
 * it or not.
 *
 * A pair's score is the IoU of the best cell's box with the true one where the
 * target is in the search region, and 1 minus the best cell's score where it is
 * not. The pairs follow from a seed, so that two models see the very same ones
 * and their scores can be compared pair by pair; they are drawn anew each time
 * rather than kept, at half a megabyte each.
 *
 * Thread-safety: a check belongs to one thread at a time. */

#pragma once

#include <sstrack/pace.h>

#include "footage/tracklet.h"
#include "model/model_private.h"

G_BEGIN_DECLS

typedef struct _SstCheck SstCheck;

/* Makes a check of n pairs. footage (at least one clip) and tracklets have to
 * outlive it and stay as they are. tracklets NULL: synthetic pairs, exact boxes
 * (synth.h); otherwise pairs cut plainly out of tracklets (strength 0), of which
 * there has to be at least one. */
SstCheck *sst_check_new (const SstFootage * footage,
    const SstTracklets * tracklets, guint64 seed, guint n);
void sst_check_free (SstCheck ** check);

/* Scores each pair, n of them, 0..1. The networks of all models have to be of
 * one configuration. pace may be NULL; returns FALSE where it says stop: the
 * scores mean nothing then.
 *
 * spread: set, where not NULL, to 1 minus the mean cosine between the templates
 *     (sst_network_template_cells()) of different pairs: 0 where the network sees
 *     the same in everything, that is where it has collapsed; 0 for n 1. */
gboolean sst_check_run (SstCheck * check, const SstModel * model,
    SstPace * pace, float *scores, float *spread);

/* Compares scores pair by pair. Returns the mean of b - a; error is set, where
 * not NULL, to its standard error, which is infinite for n 1. */
float sst_check_compare (const float *a, const float *b, guint n,
    float *error);

G_END_DECLS
