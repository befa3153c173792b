/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Pair: one training sample, the target as it was and where it is now.
 *
 * Tensors are what the tracker's own sampler gives (SST_SAMPLE_YCC, planes of
 * rows, luma 0..255, chroma about 0), so that training sees what tracking
 * sees. */

#pragma once

#include <sstrack/network.h>
#include <sstrack/sampler.h>

G_BEGIN_DECLS

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
  float seconds;                /* from templ to search, may be negative; 0
                                 * where there is no time between them */
} SstPair;

G_END_DECLS
