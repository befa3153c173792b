/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Pair: one training sample, the target as it was and where it is now.
 *
 * Tensors come from the tracker's own sampler (SST_SAMPLE_YCC, planes of rows,
 * luma 0..255, chroma about 0), so that training and tracking see the same. */

#pragma once

#include "model/network.h"
#include "picture/sampler.h"

G_BEGIN_DECLS

#define SST_TEMPLATE_MASK_SIDE (SST_TEMPLATE_SIDE / SST_NETWORK_STRIDE)
#define SST_SEARCH_MASK_SIDE (SST_SEARCH_SIDE / SST_NETWORK_STRIDE)

typedef struct
{
  float *templ;                 /* SST_TEMPLATE_SIZE; the target in the middle */
  float *search;                /* SST_SEARCH_SIZE; the target somewhere */
  SstBox templ_box;             /* the target, in pixels of templ */
  SstBox box;                   /* the target, in pixels of search */
  gboolean present;             /* whether it is in search at all; if not, box
                                 * means nothing */
  float weight;                 /* how far to trust the pair, 0..1 */
  guint source;                 /* which clip it comes from; pairs of one source
                                 * may show the same thing */
  guint thing;                  /* which tracklet shows the target, from 1; 0:
                                 * none does */
  float seconds;                /* from templ to search, may be negative; 0
                                 * where there is no time between them */
  float strength;               /* how far the target's shape changes from templ
                                 * to search, 0..1; 0 where nobody knows */
  /* How much of each cell of SST_NETWORK_STRIDE pixels the target is seen in,
   * 0..1; rows of cells. The caller's, or NULL. */
  float *templ_mask;            /* SST_TEMPLATE_MASK_SIDE squared */
  float *search_mask;           /* SST_SEARCH_MASK_SIDE squared; all 0 if it is absent */
  gboolean masks_known;         /* whether they were written; else they mean
                                 * nothing */
} SstPair;

G_END_DECLS
