/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Workshop (internal): the memory that trackers need while they work and not
 * between. The trackers of a set share one, so that it is there as often as some
 * of them work at the same time, not as often as there are of them.
 *
 * Thread-safety: any thread. */

#pragma once

#include "base/scratch.h"
#include "picture/sampler.h"

G_BEGIN_DECLS

typedef struct _SstWorkshop SstWorkshop;

/* The memory that one tracker works with during a call. */
typedef struct
{
  SstSampler *sampler;
  float *memory;                /* at the start of a cache line; its contents
                                 * are undefined */
} SstBench;

/* An empty one, with one reference. */
SstWorkshop *sst_workshop_new (void);
SstWorkshop *sst_workshop_ref (SstWorkshop * workshop);
/* The last reference frees it; nobody may work in it then. NULL is ignored. */
void sst_workshop_unref (SstWorkshop * workshop);

/* Where networks work (matcher.h). */
SstScratch *sst_workshop_scratch (SstWorkshop * workshop);

/* Makes sure that so many calls at a time allocate nothing: benches like the
 * largest that was asked for so far, for frames of that width in pixels, and as
 * many blocks of scratch floats for networks. Not while any is taken. */
void sst_workshop_reserve (SstWorkshop * workshop, guint n, int width,
    gsize scratch);

/* Frees all benches and blocks but n. Not while any is taken. */
void sst_workshop_trim (SstWorkshop * workshop, guint n);

/* A bench with that many floats or more and a sampler, warm for samples of side
 * pixels. It goes back by sst_workshop_give(). */
SstBench *sst_workshop_take (SstWorkshop * workshop, gsize floats, int side);
void sst_workshop_give (SstWorkshop * workshop, SstBench * bench);

G_END_DECLS
