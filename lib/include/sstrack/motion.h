/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Motion: how the camera moved between two pictures.
 *
 * Estimates the similarity transform (shift, rotation, zoom) that most of the
 * picture follows, from thumbnails of the luma, coarse to fine, with a robust
 * weight that leaves moving objects out (iteratively reweighted Gauss-Newton
 * on the image difference; Lucas and Kanade 1981, inverse-compositional form
 * of Baker and Matthews, "Lucas-Kanade 20 Years On", 2004).
 *
 * Thread-safety: an estimator belongs to one thread at a time. */

#pragma once

#include <sstrack/api.h>
#include <sstrack/frame.h>

G_BEGIN_DECLS

/* Maps a point of the previous picture to the present one:
 *   x' = a x - b y + tx,   y' = b x + a y + ty   (pixels). */
typedef struct
{
  float a, b, tx, ty;
  float support;                /* share of the thumbnail, 0..1, that follows
                                 * it; low after a cut or when a large object
                                 * hides the background. Below
                                 * SST_MOTION_MIN_SUPPORT the transform is
                                 * reported as the identity */
  gboolean cut;                 /* the pictures have little in common: a cut,
                                 * a flash, or a jump in the stream. The
                                 * transform is the identity then, except where one
                                 * picture is a part of the other, by a factor of
                                 * 0.33 to 0.77 or 1.3 to 3 (another lens, a
                                 * preset of the zoom): it says which */
} SstCameraMotion;

#define SST_MOTION_MIN_SUPPORT 0.35f
#define SST_CAMERA_MOTION_IDENTITY \
  ((SstCameraMotion) { 1.f, 0.f, 0.f, 0.f, 0.f, FALSE })

static inline void
sst_camera_motion_apply (const SstCameraMotion *motion, float x, float y,
    float *out_x, float *out_y)
{
  *out_x = motion->a * x - motion->b * y + motion->tx;
  *out_y = motion->b * x + motion->a * y + motion->ty;
}

typedef struct _SstMotion SstMotion;

SST_API SstMotion *sst_motion_new (void);

/* Frees *motion and sets it to NULL. *motion may be NULL. */
SST_API void sst_motion_free (SstMotion ** motion);

/* Forgets the previous picture. */
SST_API void sst_motion_reset (SstMotion * motion);

/* Estimates the motion from the picture of the previous call to this one and
 * remembers this one. The first call, and the first after a reset or a
 * change of the picture's size, returns the identity with support 0.
 * Allocates nothing once warm.
 *
 * frame: a view that sst_frame_validate() accepts. */
SST_API SstCameraMotion sst_motion_update (SstMotion * motion, const SstFrame * frame);

G_END_DECLS
