/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Loss weights (internal): the terms of the loss, and the weight of each. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Weights of the terms of the loss; 0 leaves a term out and costs nothing. */
typedef struct
{
  float focal, giou, l1;        /* the box (SSTrack) */
  float quality;                /* the IoU that it expects of its box */
  float mask;                   /* which cells are target (mask_loss.h), where the
                                 * network says so and the pair knows */
  float instance;               /* NT-Xent between two views (SSTrack) */
  float reconstruct;            /* colour copied by affinity (MER) */
  float placement, ordering;    /* pose embeddings */
  float intra, inter;           /* nearest neighbours (IIVCL) */
  float multilabel;             /* pseudo-labels of scene crops (MLS) */
} SstLossWeights;

G_END_DECLS
