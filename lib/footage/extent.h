/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Extent (internal): the pixels of a picture of a shot that do not move as the
 * camera makes the scene move.
 *
 * A pixel belongs to something that moves where it differs from what the camera's
 * motion puts there, from pictures before *and* from pictures after: ground that
 * a thing covers or uncovers differs to one side of time only (double difference;
 * Kameda and Minoh 1996). Several spans, up to about a second, show slow things
 * whole, and such as stand still for a moment. A difference counts from the
 * nearest of 3 x 3 pixels, so that what the camera's motion is fitted to may be
 * off by one.
 *
 * Parts are what is connected in that, at several thresholds and reaches: a thing
 * comes in pieces or runs into another at some of them. Which ones are things can
 * only be said over time (mover.h).
 *
 * Coordinates: pixels of the shrunken pictures of flow.h.
 *
 * Thread-safety: belongs to one thread at a time. */

#pragma once

#include "picture/flow.h"

G_BEGIN_DECLS

#define SST_EXTENT_MAX_PARTS 64

typedef struct
{
  SstBox box;
  float inside, around;         /* how much moves in the box and in a frame
                                 * around it, 0..1 */
  gboolean cut;                 /* it touches the picture's border */
} SstExtentPart;

typedef struct _SstExtent SstExtent;

SstExtent *sst_extent_new (void);

/* Frees *extent and sets it to NULL. *extent may be NULL. */
void sst_extent_free (SstExtent ** extent);

/* Takes the pictures of a shot; they are not needed any longer.
 *
 * images: n of one size, at least one.
 * camera: n motions from the first picture to each, which stay the caller's and
 *     have to stay as they are. */
void sst_extent_set (SstExtent * extent, SstFlowImage * const *images,
    const SstAffine * camera, guint n);

/* Finds the parts of picture k, SST_EXTENT_MAX_PARTS at most. Nothing where most
 * of the picture moves: there the camera's motion is wrong. Returns how many. */
guint sst_extent_find (SstExtent * extent, guint k, SstExtentPart * parts);

/* How much moves at each pixel of the picture last looked at, 0..255, in rows as
 * wide as the pictures. */
const guint8 *sst_extent_map (const SstExtent * extent);

G_END_DECLS
