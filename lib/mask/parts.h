/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Parts (internal): the connected parts of a mask, and which of them are kept.
 *
 * Thread-safety: pure functions. Nothing allocates. */

#pragma once

#include <sstrack/mask.h>

G_BEGIN_DECLS

/* Of the cells with p over 0.5, keeps the parts (eight neighbours) that touch
 * the seed, as far as they weigh a tenth of the heaviest there: the sum of p in
 * it.
 * p: SST_MASK_CELLS. seed: x0, y0, x1, y1 in cells, the last ones not in it.
 * keep: written, whether a cell is kept.
 * scratch: 2 x SST_MASK_CELLS ints. Returns how many are. */
int sst_parts_keep (const float *p, const int seed[4], guint8 * keep,
    int *scratch);

G_END_DECLS
