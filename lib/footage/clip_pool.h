/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Clip pool (internal): clips of one kind that are drawn from, longer ones more often: by
 * the root of their length, as the pictures of a clip are much alike.
 *
 * A value type. Thread-safety: made by one thread, then read by any number. */

#pragma once

#include "base/random.h"
#include "footage/footage.h"

G_BEGIN_DECLS

typedef enum
{
  SST_CONTENT_ALL,
  SST_CONTENT_OPAQUE,           /* no cut-outs */
  SST_CONTENT_CUTOUT,           /* cut-outs, but for those whose names begin with
                                 * "bust_", which end where their picture does */
} SstContent;

typedef struct
{
  guint n;
  guint *clip;                  /* cut-outs are in the order of their names */
  float *ladder;                /* sums of weights */
} SstClipPool;

/* Fills a pool, whose memory is then its own; its earlier contents are not
 * freed. */
void sst_clip_pool_init (SstClipPool * pool, const SstFootage * footage, SstContent content);

/* Frees what is in it and empties it. */
void sst_clip_pool_clear (SstClipPool * pool);

/* Draws a clip of a pool that is not empty: its number in the footage. Another one
 * than clip not, if there is another; G_MAXUINT: any. */
guint sst_clip_pool_draw (const SstClipPool * pool, guint not, SstRandom * random);

G_END_DECLS
