/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Sampler: any region of a picture, resized into a float tensor.
 *
 * Reads only the pixels that the region needs, in the picture's own format, and
 * converts colour after the resize, on the small tensor. The region may reach
 * outside the picture; pixels outside repeat the border pixel.
 *
 * Filter: the linear ("triangle") kernel, separable, normalised (a constant
 * picture gives a constant tensor): bilinear when it enlarges, anti-aliased
 * when it shrinks, continuous between. Along each axis of a component, where an
 * output pixel has its centre at c and covers s source samples (sample i has
 * its centre at i + 0.5), sample i weighs
 *
 *   max (0, 1 - |i + 0.5 - c| / h),   h = max (1, s),
 *
 * or, for a frame with a tone (tone.h), h = max (1, s, its softness); the tone's
 * gains and offsets apply to luma and YCC samples, before they are clamped, and
 * not to RGB ones. A picture without chroma stays without. Where the tone
 * sharpens, luma is sampled once more, with the kernel whose standard deviation
 * is the tone's blur, if that one is wider.
 *
 * At most SST_SAMPLER_MAX_TAPS samples are read, so that the cost is bounded
 * whatever the region's size: only those count whose i is a multiple of
 * ceil (2 h / SST_SAMPLER_MAX_TAPS), which leaves nothing out up to s = 4.
 * An i outside the picture stands for the border sample, after that choice.
 * Chroma is taken as centred between the luma samples that share it.
 *
 * Thread-safety: a sampler holds scratch memory and belongs to one thread at a
 * time; any number of samplers may read the same frame. */

#pragma once

#include <sstrack/box.h>
#include <sstrack/frame.h>

G_BEGIN_DECLS

/* Source samples an output pixel may read along each axis. */
#define SST_SAMPLER_MAX_TAPS 8

/* The contents of a tensor's planes. Limited range is expanded to full, and
 * values outside the bounds given here are clamped. */
typedef enum
{
  SST_SAMPLE_LUMA,              /* 1 plane: Y', 0..255, as of SST_SAMPLE_YCC */
  SST_SAMPLE_YCC,               /* 3 planes: Y' 0..255; Cb, Cr about 0,
                                 * -128..128. The components of a YUV picture
                                 * as they are (its matrix does not matter);
                                 * BT.601 for an RGB one; Cb = Cr = 0 for
                                 * grey */
  SST_SAMPLE_RGB,               /* 3 planes: R', G', B', 0..255 */
} SstSampleSpace;

/* Planes of a tensor in that space: 1 or 3. */
static inline int
sst_sample_space_n_planes (SstSampleSpace space)
{
  return space == SST_SAMPLE_LUMA ? 1 : 3;
}

typedef struct _SstSampler SstSampler;

/* Makes a sampler. Its scratch memory grows to the largest request and is
 * kept, so that repeated requests of a size allocate nothing. */
SstSampler *sst_sampler_new (void);

/* Makes room for requests out of frames of that width, of up to side samples
 * each way, 1..4096. */
void sst_sampler_reserve (SstSampler * sampler, int width, int side);

/* Frees *sampler and sets it to NULL. *sampler may be NULL. */
void sst_sampler_free (SstSampler ** sampler);

/* Resizes region of frame into tensor.
 *
 * frame: a view that sst_frame_validate() accepts.
 * region: pixels of the frame; finite, sides > 0. Regions anywhere are
 *     allowed, also wholly outside the picture.
 * out_width, out_height: 1..4096 each.
 * tensor: planes of out_height rows of out_width floats, one after the other,
 *     as many as the space has; the caller's. */
void sst_sampler_sample (SstSampler * sampler, const SstFrame * frame,
    const SstBox * region, SstSampleSpace space, int out_width,
    int out_height, float *tensor);

G_END_DECLS
