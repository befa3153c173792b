/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Propagate: masks and points, carried from frame to frame by likeness.
 *
 * A cell of a new frame takes the labels of the cells of earlier frames that it
 * is like:
 *
 *   l_i = sum_j A_ij l_j,   A_ij = softmax_j (cos (f_i, f_j) / tau)
 *
 * over the top_k most alike cells j within a window of the first frame and of
 * the last few (Wang, Jabri and Efros, arXiv 1903.07593, section 3.5; Jabri,
 * Owens and Efros, arXiv 2006.14613, section 4).
 *
 * One ranking of all cells goes wrong where a texture repeats: a few alike cells
 * of the ground outvote the object's. With several clusters (MER, Zhou, Dai, Song
 * and Fang, arXiv 2503.12026) whole regions vote: with r (i) the region of a cell
 * (mask/cluster.h),
 *
 *   B_RQ = share of the A_ij of all i in R that goes to cells j in Q
 *   A'_ij ~ A_ij (B_r(i)r(j))^vote
 *
 * before the top_k are taken, so that a region's cells settle together on where
 * it came from.
 *
 * A point goes where the features about it are found again:
 *
 *   s_j = mean_o <g_o, f_(j + o) / |f_(j + o)|>,   o: 3 x 3 cells
 *   g_o = 0.85 f (p_first + o) + 0.15 f (p_last + o), both f over their lengths
 *
 * to the highest s_j within a window about where it was, refined by a parabola (f
 * between cells: bilinear).
 *
 * On drawn scenes with hand-made channels, masks of about 52 x 44 pixels carried
 * over 10 frames: Jaccard index 0.84 by one ranking and 0.85 by 8 clusters with
 * cells of 8 pixels; 0.70 and 0.84 among look-alikes. Points within a tenth of the
 * object's longer side (PCK@.1): 0.82 with cells of 8 pixels, 0.94 with 4. A frame
 * of 24 x 24 cells of 22 channels takes 2 ms, 4.5 ms with clusters.
 *
 * Features come as maps [C][height][width], of whatever makes them: the cells of
 * the network, or the hand-made channels. Nothing here knows pixels: the caller
 * keeps the maps of one place or moves them along, and the labels with them.
 *
 * Thread-safety: a propagator belongs to one thread at a time. Deterministic.
 * Allocates nothing after creation. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  int channels, height, width;  /* of the features */
  int n_labels;                 /* planes of a label map, 1 or more */
  int n_recent;                 /* frames remembered beside the first,
                                 * 1..SST_PROPAGATE_MAX_RECENT */
  int radius;                   /* of the window, cells, >= 0 */
  int top_k;                    /* 1..SST_PROPAGATE_MAX_K */
  float temperature;            /* tau > 0 */
  int n_clusters;               /* 0: one ranking; else as of
                                 * SstClusterParams, with votes */
  float vote;                   /* exponent, 0 or more */
  int max_points;               /* 0 or more */
} SstPropagateParams;

#define SST_PROPAGATE_MAX_K 32
#define SST_PROPAGATE_MAX_RECENT 16

/* Of a map of height x width cells: one label, 3 recent frames, a window of a
 * quarter of the longer side, 4 cells at temperature 0.05, one ranking, vote 0.5,
 * 64 points. */
void sst_propagate_params_init (SstPropagateParams * params, int channels,
    int height, int width);

typedef struct
{
  float x, y;                   /* cells; the first cell covers 0..1 */
  float likeness;               /* s at its place, -1..1; 1 at the start */
} SstPropagatePoint;

typedef struct _SstPropagate SstPropagate;

SstPropagate *sst_propagate_new (const SstPropagateParams * params);

/* Frees *propagate and sets it to NULL. *propagate may be NULL. */
void sst_propagate_free (SstPropagate ** propagate);

/* Starts with a first frame: its features, its labels ([n_labels][height]
 * [width], any range) or NULL for zeros, and points (only x and y are read; at
 * most max_points). What was before is forgotten. */
void sst_propagate_start (SstPropagate * propagate, const float * features,
    const float * labels, const SstPropagatePoint * points, int n_points);

/* Carries everything to the next frame. Needs a start.
 * labels: written, as laid out above; or NULL.
 * points: written, as many as at the start, in their order; or NULL. */
void sst_propagate_next (SstPropagate * propagate, const float * features,
    float * labels, SstPropagatePoint * points);

G_END_DECLS
