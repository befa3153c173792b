/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Points (internal): places on a target, carried from view to view (view.h).
 *
 * The look of a point is 3 x 3 cells about it when it came, and stays. From one view to
 * the next
 *
 * 1. it is followed by flow (flow.h) from the last window to this one; both are tied to
 *    the target's box, so that only motion within it is left. Where flow does not come
 *    back to where it began, the place is that of before, moved by the median of the
 *    points that could be followed.
 * 2. among the cells j around that place p the best is
 *
 *      s_j = LIKE mean_o <g_o, f_(j + o)> + MASK log m_j - |j - p|^2 / (2 sigma^2)
 *
 *    g, f: vectors of cells, m: the target's mask, sigma: little where flow is
 *    trusted, more where it is not. Where it is better than p by a margin the point
 *    goes there (between cells by parabolas): points that drifted off come back,
 *    and hidden ones are found.
 *
 * So flow gives the place to a part of a pixel, and the first look and the mask keep it
 * from going astray. Figures, by each part alone: docs/lab/masks.md.
 *
 * Thread-safety: belongs to one thread at a time. Allocates where points are added and
 * in the first view after that. Deterministic. */

#pragma once

#include <sstrack/points.h>

#include "mask/view.h"

G_BEGIN_DECLS

typedef struct _SstPoints SstPoints;

SstPoints *sst_points_new (void);
void sst_points_free (SstPoints ** points);

/* Forgets those that were carried, or looked at: another target starts. Those that
 * were added since the last view are its. */
void sst_points_begin (SstPoints * points);

/* Forgets all. */
void sst_points_clear (SstPoints * points);

/* Adds a point, in pixels of the frame of the next view. FALSE: that is no place, or
 * there are SST_POINTS_MAX. One that lies outside the next view's window goes with it
 * and is never seen. */
gboolean sst_points_add (SstPoints * points, float x, float y);

/* The first view of a target, or the first with other features than before. Places a
 * grid of side x side points over the box, of which those are taken that lie on the
 * mask (of the view's window), in place of those of an earlier grid; and takes in what all
 * points look like. side: 0..SST_POINTS_MAX_GRID. n_channels: of the view's cells. */
void sst_points_start (SstPoints * points, const SstMaskView * view,
    int n_channels, const SstMask * mask, const SstBox * box, int side);

/* Carries the points into the next view, and takes in the look of those that were added
 * since the last one. */
void sst_points_next (SstPoints * points, const SstMaskView * view,
    int n_channels, const SstMask * mask);

/* No view: they go with the target's box, unseen. */
void sst_points_move (SstPoints * points, const SstBox * from,
    const SstBox * to);

/* Whether there are any, or are to be. */
gboolean sst_points_wanted (const SstPoints * points);

/* Where they are; those that were added since the last view are not among them. Valid until
 * the next call. */
const SstTargetPoint *sst_points_get (const SstPoints * points, guint * n);

G_END_DECLS
