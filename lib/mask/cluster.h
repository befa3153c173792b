/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Cluster: which parts a picture falls into, and cells chosen from all of them.
 *
 * The multi-cluster sampler of MER (Zhou, Dai, Song and Fang, arXiv 2503.12026):
 * k-means gives first outlines of the parts, region growing refines them, and
 * reference cells are taken from several parts, not from one ranking of all
 * cells, which a part with much of the same would fill by itself.
 *
 * 1. k-means (Lloyd 1982; seeded by Arthur and Vassilvitskii 2007) of
 *      x_i = (f_i / |f_i|, position * y_i / h, position * x_i / w),
 *    h, w: the map's sides.
 * 2. The cells that are much nearer to their own centre than to the next one are
 *    cores. Cores of one cluster that touch (four neighbours) are a region;
 *    specks of fewer than min_core cells are none.
 * 3. Regions grow: of all cells next to a region, the one nearest to that
 *    region's mean joins it, and so on (seeded region growing, Adams and Bischof
 *    1994).
 *
 * So a region hangs together, and two look-alikes are two regions.
 *
 * Thread-safety: pure functions; every thread brings its own scratch and
 * generator. Deterministic. Nothing allocates. */

#pragma once

#include "base/random.h"

G_BEGIN_DECLS

typedef struct
{
  int channels, height, width;  /* of the features, [C][height][width] */
  int n_clusters;               /* of the k-means, 1..SST_CLUSTER_MAX */
  float position;               /* how much places count, 0 or more */
  int iterations;               /* of the k-means, at most */
  int min_core;                 /* cells */
} SstClusterParams;

#define SST_CLUSTER_MAX 32

/* 8 clusters, position 0.5, 8 iterations, cores of 2 cells. On drawn scenes of
 * 24 x 24 cells that is some 60 regions; those that lie in the object for the
 * most part cover it with a mean Jaccard index of 0.77 (0.64 with cores of 4,
 * 0.73 with position 1). */
void sst_cluster_params_init (SstClusterParams * params, int channels,
    int height, int width);

/* Bytes of scratch of the functions below. */
size_t sst_cluster_scratch_size (const SstClusterParams * params);

/* Finds the regions of a map.
 * labels: one a cell, 0 for the largest region and so on by size.
 * coherence: how alike a cell is to the mean direction of its region, the cosine
 *     of features alone, -1..1; or NULL.
 * Returns the number of regions, 1 to the number of cells. */
int sst_cluster_segment (const SstClusterParams * params,
    const float * features, SstRandom * random, int *labels, float *coherence,
    void *scratch);

/* The same regions on a map of finer cells: cells inside a region keep it, those
 * along its border, a coarse cell wide on both sides, are grown again by the finer features.
 * params: of the finer map, whose sides are a multiple of the coarse map's.
 * coarse: labels of a coarse_height x coarse_width map, n_regions of them; all
 *     labels occur.
 * labels: of the finer map, with the numbers of the coarse one. */
void sst_cluster_refine (const SstClusterParams * params,
    const float * features, const int *coarse, int coarse_height,
    int coarse_width, int n_regions, int *labels, void *scratch);

/* Chooses n_wanted cells (all, if there are no more) from all regions in turn:
 * as many from each as there are turns, fewer only where it has no more.
 * value: the highest of a region are taken (sst_reconstruct_value() has some);
 *     NULL: cells evenly spread over it. A negative label is no region.
 * n: cells of labels. scratch: of a map of that size. chosen: n_wanted ints, ascending.
 * Returns how many were chosen. */
int sst_cluster_choose (const int *labels, int n_regions, int n,
    const float * value, int n_wanted, int *chosen, void *scratch);

G_END_DECLS
