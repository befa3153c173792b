/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Mover (internal): things that move, out of the parts of many pictures.
 *
 * Each picture of a shot has parts (extent.h): pieces of things, things, things
 * that run into each other. A mover is a way through pictures, a part in each or
 * none in a few of them, along which the parts, carried by their flow, overlap,
 * stand out of what is around them and are filled: the best by dynamic
 * programming (Viterbi), then the best of what that leaves, and so on. The thing
 * may change its size and shape as it likes, as long as it does not jump.
 *
 * The sides of its boxes are then smoothed over time (local lines, Tukey's
 * weights), and how far they were off says how well its extent is known.
 *
 * Coordinates: pixels of the shrunken pictures of flow.h.
 *
 * Thread-safety: belongs to one thread at a time. */

#pragma once

#include <sstrack/train/extent.h>

G_BEGIN_DECLS

#define SST_MOVER_MAX_PICTURES 160

typedef struct
{
  guint from, until;            /* pictures, at least 2; until is not one */
  guint n_measured;             /* that had a part */
  SstBox box[SST_MOVER_MAX_PICTURES];   /* smoothed; of from..until - 1 */
  gboolean measured[SST_MOVER_MAX_PICTURES];
  float overlap;                /* mean IoU of a part and the one before, as
                                 * the flow carries it */
  float unrest;                 /* mean distance of the sides from the smoothed
                                 * ones, over the box's size */
  float inside, around;         /* means of the parts' */
  float cut;                    /* share of pictures in which it touches the
                                 * picture's border */
} SstMover;

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

/* Cuts one of n movers to the longest stretch in which it is alone: its box has
 * little room in common with the box of another, none ended in it before or began
 * in it after, and its area does not jump. movers: as they were taken. mover: set
 * to what is left of the one. Returns how many pictures that are, or 0. */
guint sst_mover_cut (const SstMover * movers, guint n, guint which,
    SstMover * mover);

G_END_DECLS
