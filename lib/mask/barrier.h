/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Barrier (internal): how sharply a pixel is divided from pixels that are surely
 * background.
 *
 * The minimum barrier distance: over all paths from a seed to the pixel the least
 * of the changes of colour along the path, that is the sum of each channel's
 * highest value less its lowest one (Strand, Ciesielski, Malmberg and Saha, "The
 * minimum barrier distance", 2013; by raster scans as Zhang et al., "Minimum
 * barrier salient object detection at 80 FPS", ICCV 2015). A background that
 * reaches into the box from beside it is near to it that way, whatever is in it,
 * and a smooth thing with an edge about it is not.
 *
 * Thread-safety: belongs to one thread at a time. Allocates at creation only. */

#pragma once

#include <sstrack/mask.h>

G_BEGIN_DECLS

/* A distance that no path reaches. */
#define SST_BARRIER_FAR 1e9f

typedef struct _SstBarrier SstBarrier;

SstBarrier *sst_barrier_new (void);
void sst_barrier_free (SstBarrier ** barrier);

/* sample: SST_SAMPLE_YCC, SST_MASK_SIDE squared. inside: 0 or 1 a pixel, what of
 * it is picture. seeds: 0 or 1 a pixel. distances: written, 0 and more, units of
 * luma; SST_BARRIER_FAR outside the picture and where there is no seed. */
void sst_barrier_find (SstBarrier * barrier, const float *sample,
    const guint8 * inside, const guint8 * seeds, float *distances);

G_END_DECLS
