/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Scratch (internal): blocks of floats that several objects share, each for as
 * long as a call takes, so that there are as many blocks as calls at the same
 * time, not as many as objects.
 *
 * Thread-safety: any thread. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _SstScratch SstScratch;

/* An empty one, with one reference. */
SstScratch *sst_scratch_new (void);
SstScratch *sst_scratch_ref (SstScratch * scratch);
/* The last reference frees it; nobody may have a block then. NULL is ignored. */
void sst_scratch_unref (SstScratch * scratch);

/* Makes sure that so many of its blocks have size floats, so that so many calls
 * at a time allocate nothing; those that are taken stay as they are. */
void sst_scratch_reserve (SstScratch * scratch, guint n_blocks, gsize size);

/* Frees all blocks but n_blocks and those that are taken. */
void sst_scratch_trim (SstScratch * scratch, guint n_blocks);

/* A block of size floats or more, at the start of a cache line; its contents are
 * undefined. It goes back by sst_scratch_give(). */
float *sst_scratch_take (SstScratch * scratch, gsize size);
void sst_scratch_give (SstScratch * scratch, float *block);

G_END_DECLS
