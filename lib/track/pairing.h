/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Pairing (internal): candidates for pairs of a target and a detection, of which the
 * best few are taken.
 *
 * The caller owns the array (of SstPairing), which grows and is kept for reuse.
 * Thread-safety: an array belongs to one thread at a time. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  float score;
  guint slot, detection;
} SstPairing;

/* score: a NaN, which has no place in an order, counts as 0. */
void sst_pairings_add (GArray * pairs, float score, guint slot, guint detection);

/* Sorts in place: the larger score first, then the smaller slot and detection,
 * so that there is one outcome. Allocates nothing, whatever the length. */
void sst_pairings_sort (GArray * pairs);

G_END_DECLS
