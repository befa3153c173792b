/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Mover (internal): things that move, out of the parts of many pictures.
 *
 * Each picture of a shot has parts (extent.h): pieces of things, things, things
 * that run into each other. A mover is a way through pictures, a part in each or
 * none in a few of them, along which the parts, carried by their flow, overlap,
 * stand out of their surroundings and are filled: the best by dynamic
 * programming (Viterbi), then the best of the parts that it leaves, and so on.
 * The thing may change its size and shape as it likes, as long as it does not
 * jump.
 *
 * The sides of its boxes are then smoothed over time (local lines, Tukey's
 * weights), and how far they were off says how well its extent is known.
 *
 * Coordinates: pixels of the shrunken pictures of flow.h.
 *
 * Thread-safety: belongs to one thread at a time. */

#pragma once

#include "footage/extent.h"

G_BEGIN_DECLS

#define SST_MOVER_MAX_PICTURES 160

/* A mover in a picture. */
typedef struct
{
  SstBox box;                   /* smoothed */
  gboolean measured;            /* there was a part; if not, of what follows
                                 * there is nothing */
  float overlap;                /* IoU of the part and the one before, as the flow
                                 * carries it; 1 in the first */
  float unrest;                 /* mean distance of the part's sides from the
                                 * smoothed ones, over the box's size */
  float inside, around;         /* the part's */
  gboolean cut;                 /* the part touches the picture's border */
} SstMoverStep;

typedef struct
{
  guint from, until;            /* pictures, at least 2; until is not one */
  SstMoverStep step[SST_MOVER_MAX_PICTURES];    /* of from..until - 1 */
} SstMover;

/* Means over the pictures in which a mover was measured. */
typedef struct
{
  guint n_measured;
  float overlap, unrest, inside, around, cut;
} SstMoverSummary;

typedef struct _SstMovers SstMovers;

SstMovers *sst_movers_new (void);

/* Frees *movers and sets it to NULL. *movers may be NULL. */
void sst_movers_free (SstMovers ** movers);

/* Forgets all parts. */
void sst_movers_reset (SstMovers * movers);

/* Adds the next picture's n parts, at most SST_EXTENT_MAX_PARTS, and for each the
 * shift that takes it to the picture after. No more than
 * SST_MOVER_MAX_PICTURES pictures. */
void sst_movers_add (SstMovers * movers, const SstExtentPart * parts,
    const SstPoint * shifts, guint n);

/* Takes the best mover that is left, of at least that many pictures. Returns FALSE
 * where there is none. */
gboolean sst_movers_take (SstMovers * movers, guint min_length,
    SstMover * mover);

/* Finds a stretch in which one of n movers is alone: its box has little room in
 * common with the box of another, none ended in it before or began in it after,
 * and its area does not jump.
 *
 * movers: as they were taken; which: the one that is asked for.
 * start, min_length: the first stretch that begins there or later and is so
 *     long.
 * mover: set to the mover in that stretch.
 * Returns FALSE where there is none. */
gboolean sst_mover_find_alone (const SstMover * movers, guint n, guint which,
    guint start, guint min_length, SstMover * mover);

SstMoverSummary sst_mover_sum_up (const SstMover * mover);

G_END_DECLS
