/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Network, for its own sources (internal): the plan that network.c makes and
 * network_run.c runs. */

#pragma once

#include "model/network.h"
#include "nn/layer.h"

G_BEGIN_DECLS

/* Strides 2, 4, 8 and 16. */
#define SST_N_STAGES 4
#define SST_MAX_BLOCKS 8
#define SST_MAX_LAYERS (SST_N_STAGES * (1 + 2 * SST_MAX_BLOCKS) + 9)
#define SST_MAX_SPECS (3 * SST_MAX_LAYERS + 5)
#define SST_NO_LAYER (-1)
#define SST_MAX_TRAITS (256 + 2)

/* Buffers of gradients that the backward pass needs at a time. */
#define SST_N_BUFFERS 4

/* Cells of the template, each way: all of them, and its middle. */
#define SST_TEMPLATE_GRID (SST_TEMPLATE_SIDE / SST_NETWORK_STRIDE)
#define SST_TEMPLATE_CELLS (SST_TEMPLATE_GRID * SST_TEMPLATE_GRID)
#define SST_MIDDLE_GRID 8
#define SST_MIDDLE_CELLS (SST_MIDDLE_GRID * SST_MIDDLE_GRID)

/* Where the activations of a role lie in its trace. */
typedef struct
{
  int side;                     /* of the input, pixels */
  int n_cells;                  /* of the features */
  size_t input;
  size_t output[SST_MAX_LAYERS];        /* by layer */
  size_t fused;                 /* the features, where there is stride 16 */
  size_t cells;                 /* template: the template that a search is
                                 * compared with;
                                 * search: all cells, of length 1 */
  size_t length;                /* the lengths that they were divided by */
  size_t pooled;                /* template: what it is made of */
  size_t cosines, sums;         /* search, where the target is seen */
  size_t head;                  /* search: the input of the head */
  size_t total;
} SstNetworkPlan;

struct _SstNetwork
{
  SstNetworkConfig config;
  gboolean bfloat;
  SstLayer layers[SST_MAX_LAYERS];
  int n_layers;
  int stage[SST_N_STAGES];      /* their strided layers; SST_NO_LAYER */
  int blocks[SST_N_STAGES];     /* how many follow, of two layers each */
  int lateral, neck, reduce, head0, head1;      /* layers or SST_NO_LAYER */
  int score_tower, box_tower;   /* the same */
  int out, out_box;             /* out is the score's where there are towers */
  size_t scale, likeness, film, film_bias, embed;       /* parameters that are no
                                                         * convolution's */
  size_t n_parameters;
  size_t kernels_size[2];       /* by whether training */
  SstTensorSpec specs[SST_MAX_SPECS];
  char names[SST_MAX_SPECS][SST_WEIGHTS_MAX_NAME + 1];
  int n_specs;
  SstNetworkPlan plans[SST_N_ROLES];
  int n_compared;               /* template cells: all, or the middle */
  int n_head;                   /* planes that the head sees */
  size_t inside, modulation;    /* in the block of cells, where the target is
                                 * seen */
  size_t cells_size;
  size_t buffer_size;           /* the largest activation */
  size_t scratch_size;          /* of the convolutions */
  gboolean stem_frozen;
};

/* Numbers that the target's scale and shift come from: its pooled features and
 * the logarithms of its sides. */
static inline int
sst_network_n_traits (const SstNetwork *network)
{
  return network->config.channels[2] + 2;
}

G_END_DECLS
