/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Image (internal): a picture that owns its memory, for training.
 *
 * Immutable once filled, reference-counted, always I420: half the memory of RGB,
 * and what the sampler reads fastest.
 *
 * Thread-safety: references may be taken and dropped anywhere. */

#pragma once

#include <sstrack/frame.h>

G_BEGIN_DECLS

typedef struct
{
  gatomicrefcount ref_count;
  SstFrame frame;               /* planes inside data */
  guint8 *data;
  guint8 *alpha;                /* of a cut-out: frame.width x frame.height
                                 * bytes, 0 where it is not; NULL: the picture
                                 * is opaque */
} SstImage;

/* A picture of limited range, BT.601, with undefined pixels for the caller to
 * fill (through data and frame.stride). width, height: 1..SST_FRAME_MAX_SIDE. */
SstImage *sst_image_new (int width, int height);

/* Gives a picture that has not been shared yet an alpha plane, for the caller to
 * fill; it is returned. */
guint8 *sst_image_add_alpha (SstImage * image);

/* A copy of a valid frame of any format, shrunk (anti-aliased) so that its
 * longer side is at most max_side; never enlarged. max_side 0, or more than
 * 4096: 4096. Components of a YUV frame stay as they are, with its matrix. */
SstImage *sst_image_new_from_frame (const SstFrame * frame, int max_side);

SstImage *sst_image_ref (SstImage * image);
void sst_image_unref (SstImage * image);

/* Writable plane of a picture that has not been shared yet. */
guint8 *sst_image_plane (SstImage * image, int plane);

/* Bytes of its pixels, alpha with them. */
size_t sst_image_size (const SstImage * image);

G_END_DECLS
