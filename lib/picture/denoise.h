/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Denoiser (internal): takes noise off a stream's luma, over time.
 *
 * A camera in the dark, or one whose contrast a tone (tone.h) stretches tenfold,
 * shows more noise than picture. Smoothing in space takes small targets with it;
 * the mean over the last pictures does not, where it follows what moves. So this is
 * the recursive filter that cameras have themselves (motion-compensated temporal
 * noise reduction: Dubois and Sabri, "Noise Reduction in Image Sequences Using
 * Motion-Compensated Temporal Filtering", 1984):
 *
 *   mean (x) = (n past (x + shift) + now (x)) / (n + 1),   n at most 6,
 *
 * The shifts are those of points on a grid (flow.h), from the picture to the mean of
 * those before it. n is kept for cells of 4 x 4 pixels, moves with them, grows by one
 * with each picture, and shrinks by exp (-d^2 / 2 (2.2 s)^2) where now and past differ by
 * d over about three cells; s is the value that noise alone gives, and belongs to the
 * tone (SstTone.noise). So what was hidden, or moves otherwise than its surroundings,
 * starts anew.
 *
 * Chroma stays as it is. Memory: 15 bytes a pixel.
 *
 * Thread-safety: a denoiser belongs to one thread at a time. */

#pragma once

#include <sstrack/frame.h>

G_BEGIN_DECLS

/* Sides of a frame that it takes. */
#define SST_DENOISER_MIN_SIDE 32
#define SST_DENOISER_MAX_SIDE 4096

typedef struct _SstDenoiser SstDenoiser;

SstDenoiser *sst_denoiser_new (void);

/* Frees *denoiser and sets it to NULL. *denoiser may be NULL. */
void sst_denoiser_free (SstDenoiser ** denoiser);

/* Forgets the pictures before. */
void sst_denoiser_reset (SstDenoiser * denoiser);

/* Takes the next picture; another size or tone than the last one's starts anew.
 * Allocates only where the size is new.
 *
 * frame: a view that sst_frame_validate() accepts, of SST_DENOISER_MIN_SIDE to
 *     SST_DENOISER_MAX_SIDE pixels a side.
 * tone: to see it with, with noise > 0.
 *
 * Returns a view of the picture with the luma's part of the tone in its planes,
 * and the rest of it as its tone. It belongs to the denoiser, refers to the
 * frame's planes, and is good until the next call. */
const SstFrame *sst_denoiser_process (SstDenoiser * denoiser,
    const SstFrame * frame, const SstTone * tone);

/* The share of the noise of one picture that is left after averaging as above: a
 * standard deviation in levels of 255, from two pictures of a stream that follow
 * each other, of one size, as above. 0 where they are the same. Allocates. */
float sst_denoiser_measure (const SstFrame * before, const SstFrame * now);

G_END_DECLS
