/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Search (internal): where to look next for a target that is lost.
 *
 * Windows of one size cover the whole picture, overlapping. A round visits each of
 * them once, those nearest to where the target was lost first; where it was lost at
 * the picture's edge, which is how things leave it, those along the edges first,
 * since there it comes back. The next round has windows of another size, as a
 * target far from where it was may be nearer or further away. So a whole picture is
 * seen within a bounded number of looks, however small the target.
 *
 * Thread-safety: a plain value; one thread at a time. */

#pragma once

#include <sstrack/box.h>

#include <glib.h>

G_BEGIN_DECLS

/* Windows in a round, at most; of more they are made larger. */
#define SST_SEARCH_MAX_WINDOWS 256

typedef struct
{
  guint round;
  int columns, rows;            /* of the round; 0: it has not begun */
  guint n_left;                 /* windows not visited */
  guint8 visited[SST_SEARCH_MAX_WINDOWS];
} SstSearch;

/* The target is lost from now on. */
void sst_search_start (SstSearch * search);

/* The next window in a picture of width x height pixels: a square of the target's
 * usual search region, side, or some times that. lost: the box in which the target
 * was last. far_sighted: a look knows the target at half its size, too. *x, *y,
 * *factor: the window's middle, and its side over side. */
void sst_search_next (SstSearch * search, float width, float height,
    const SstBox * lost, float side, gboolean far_sighted, float *x, float *y,
    float *factor);

G_END_DECLS
