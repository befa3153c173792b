/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Flow (internal): where points of one picture are in another.
 *
 * Pyramidal Lucas-Kanade (Lucas and Kanade 1981; Bouguet, "Pyramidal
 * Implementation of the Lucas Kanade Feature Tracker", 2001) on luma shrunk to
 * SST_FLOW_MAX_SIDE or less, windows of 8 x 8 pixels, a change of brightness left out,
 * damped so that a point on a straight edge keeps what the coarser levels say
 * along it. Each point is carried back as well: the distance it returns with is
 * its error.
 *
 * Points and shifts are in pixels of the shrunken pictures, see
 * sst_flow_image_scale(); conventions as in box.h.
 *
 * Thread-safety: an image is written by one thread at a time; any number may
 * read it. The other functions are pure. */

#pragma once

#include "base/random.h"
#include "picture/sampler.h"

G_BEGIN_DECLS

/* Longest side of a shrunken picture. Smaller ones stay as they are. */
#define SST_FLOW_MAX_SIDE 400

/* Whether a shift of that length and error may be trusted (the usual bound of
 * forward-backward checks, Sundaram et al. 2010, for pixels). */
static inline gboolean
sst_flow_is_consistent (float shift, float error)
{
  return error < 0.5f + 0.05f * shift;
}

typedef struct
{
  float x, y;
} SstPoint;

/* A picture, ready for flow. */
typedef struct _SstFlowImage SstFlowImage;

/* max_side: longest side of the shrunken picture, 1..SST_FLOW_MAX_SIDE. */
SstFlowImage *sst_flow_image_new (int max_side);

/* Frees *image and sets it to NULL. *image may be NULL. */
void sst_flow_image_free (SstFlowImage ** image);

/* Takes a picture in place of the one before; the frame is not needed any
 * longer. Allocates only when the size changes.
 * frame: a view that sst_frame_validate() accepts. */
void sst_flow_image_set (SstFlowImage * image, SstSampler * sampler,
    const SstFrame * frame);

/* The same of luma that is there already: height rows of width grey levels, without
 * gaps, neither side longer than max_side. */
void sst_flow_image_set_luma (SstFlowImage * image, const float *luma,
    int width, int height);

/* Size of the shrunken picture; 0 before one was set. */
int sst_flow_image_width (const SstFlowImage * image);
int sst_flow_image_height (const SstFlowImage * image);

/* Pixels of the frame a pixel of the shrunken picture, 1 or more. */
float sst_flow_image_scale (const SstFlowImage * image);

/* A row of the shrunken picture, luma 0..255. Readable from -8 to the width
 * + 7, where it repeats the border; so are rows -8 to the height + 7. */
const float *sst_flow_image_row (const SstFlowImage * image, int y);

/* The picture between its pixels (bilinear), border repeated. */
float sst_flow_image_at (const SstFlowImage * image, float x, float y);

/* Follows n points.
 *
 * at: where they are in from, inside it.
 * guess: the shift to start with, for all; it has to be less than the
 *     picture's size.
 * moved: set to where they are in to.
 * error: set to the forward-backward error in pixels, INFINITY for a point
 *     that was lost (it left the picture, or has no texture). */
void sst_flow_points (const SstFlowImage * from, const SstFlowImage * to,
    guint n, const SstPoint * at, SstPoint guess, SstPoint * moved,
    float *error);

/* Squared grey levels a pixel: the gradients that a little noise gives a flat
 * patch. */
#define SST_FLOW_DAMPING 0.7f

/* The same one way, without an error, for those who see themselves what fits; a
 * point that is lost goes as far as the coarser levels say.
 * damping: sst_flow_points() has SST_FLOW_DAMPING; the more, the less noise
 *     is followed. */
void sst_flow_shift_points (const SstFlowImage * from,
    const SstFlowImage * to, guint n, const SstPoint * at, float damping,
    SstPoint * moved);

/* x' = a x + b y + tx,  y' = c x + d y + ty. */
typedef struct
{
  float a, b, c, d, tx, ty;
} SstAffine;

#define SST_AFFINE_IDENTITY ((SstAffine) { 1.f, 0.f, 0.f, 1.f, 0.f, 0.f })

static inline SstPoint
sst_affine_apply (const SstAffine *t, SstPoint p)
{
  return (SstPoint) { t->a * p.x + t->b * p.y + t->tx,
    t->c * p.x + t->d * p.y + t->ty
  };
}

/* The affine motion that most of the points follow: random samples of three
 * (RANSAC, Fischler and Bolles 1981, with the truncated loss of MSAC), then
 * reweighted least squares.
 *
 * n: 0 or more points, from their place at[i] to moved[i]; those with an error
 *     that is not consistent are left out.
 * Returns the share of the consistent points that follow it within 1 pixel, and
 * sets motion; 0 and the identity where there are too few. */
float sst_flow_fit (guint n, const SstPoint * at, const SstPoint * moved,
    const float *error, SstRandom * random, SstAffine * motion);

G_END_DECLS
