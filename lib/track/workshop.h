/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Workshop (internal): the memory that trackers need while they work and not between,
 * some 9 MB. All sets of a process share one, so that it is there as often as trackers
 * work at the same time, not as often as there are cameras or targets.
 *
 * As many threads work there at a time as there are processors; the next one waits
 * until one of them has done, as it would for a processor. Where that takes a quarter
 * of a second, others have the processors, and twice as many may work. So memory is
 * bounded however late all cameras are. Benches that were not needed for a while go. A
 * thread at a bench waits for nobody.
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

/* An empty one without a bound, with one reference: for who works on its own, and
 * sleeps at a bench too. */
SstWorkshop *sst_workshop_new (void);
/* The process's, a new reference; the last one frees it. */
SstWorkshop *sst_workshop_shared (void);
SstWorkshop *sst_workshop_ref (SstWorkshop * workshop);
/* The last reference frees it; nobody may work in it then. NULL is ignored. */
void sst_workshop_unref (SstWorkshop * workshop);

/* Where networks work (matcher.h). */
SstScratch *sst_workshop_scratch (SstWorkshop * workshop);

/* Makes sure that so many calls at a time allocate nothing while nobody else works
 * there: benches like the largest that was asked for so far, for frames of that
 * width in pixels, and as many blocks of scratch floats for networks. What is taken
 * stays as it is. */
void sst_workshop_reserve (SstWorkshop * workshop, guint n, int width,
    gsize scratch);

/* Frees all benches and blocks but n and those that are taken. */
void sst_workshop_trim (SstWorkshop * workshop, guint n);

/* How many benches there are. */
guint sst_workshop_n_benches (SstWorkshop * workshop);

/* A bench with that many floats or more and a sampler, warm for samples of side
 * pixels; waits for one where there is a bound. A thread takes one at a time. It goes
 * back by sst_workshop_give(). */
SstBench *sst_workshop_take (SstWorkshop * workshop, gsize floats, int side);
void sst_workshop_give (SstWorkshop * workshop, SstBench * bench);

G_END_DECLS
