/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Network: finds the target of a template in a search region.
 *
 *   template 96 x 96 --+                       +-> cells of its middle (8 x 8)
 *                      +- backbone -> features +          |
 *   search 192 x 192 --+  (stride 8)           |      correlate
 *                                              |          |
 *                                              +-> score, box, quality a cell
 *
 * Backbone: three 3 x 3 convolutions of stride 2, then residual blocks of two
 * 3 x 3 convolutions (He et al. 2016), without batch normalisation
 * (nn/standardize.h). Head: cosines of each search cell with the 64 template
 * cells (nn/correlate.h) and a few channels of the search features, two 3 x 3
 * convolutions, and SST_NETWORK_OUTPUTS values a cell. Both inputs go through
 * the same backbone (a Siamese network, Bertinetto et al. 2016). One code
 * serves training and tracking: tracking leaves out the backward half.
 *
 * Three blocks of floats go with it: parameters (what training changes and
 * what a file holds), kernels (parameters folded for use) and a trace (the
 * activations of one image). The network itself is immutable.
 *
 * Thread-safety: every function is pure but for the blocks it is given. */

#pragma once

#include <sstrack/box.h>
#include <sstrack/random.h>
#include <sstrack/weights.h>

G_BEGIN_DECLS

typedef struct
{
  int channels[3];              /* of the stride-2 convolutions; the last is
                                 * the width of the features; 1..256 each */
  int blocks;                   /* residual blocks, 0..8 */
  int reduced;                  /* channels of the search features that the
                                 * head sees beside the cosines, 1..256 */
  int head;                     /* channels of the head, 1..256 */
  int embedding;                /* length of an embedding, 1..256 */
} SstNetworkConfig;

#define SST_NETWORK_CONFIG_DEFAULT \
  ((SstNetworkConfig) { { 16, 32, 64 }, 2, 32, 64, 64 })

/* Pixels a side of the two inputs, and how many times the target's size
 * (geometric mean of its sides) they cover: the target is 48 pixels large in
 * both. */
#define SST_TEMPLATE_SIDE 96
#define SST_TEMPLATE_FACTOR 2.f
#define SST_SEARCH_SIDE 192
#define SST_SEARCH_FACTOR 4.f
/* Pixels a side of the part of a search region that a close look takes. */
#define SST_CLOSE_SIDE 96
/* Floats of a sample of them (SST_SAMPLE_YCC). */
#define SST_TEMPLATE_SIZE (3 * SST_TEMPLATE_SIDE * SST_TEMPLATE_SIDE)
#define SST_SEARCH_SIZE (3 * SST_SEARCH_SIDE * SST_SEARCH_SIDE)

#define SST_NETWORK_STRIDE 8
/* Cells a side of the search region's output. */
#define SST_NETWORK_GRID (SST_SEARCH_SIDE / SST_NETWORK_STRIDE)
#define SST_NETWORK_CELLS (SST_NETWORK_GRID * SST_NETWORK_GRID)
/* The same of a close look. */
#define SST_CLOSE_GRID (SST_CLOSE_SIDE / SST_NETWORK_STRIDE)

/* Planes of the output: the centre's score (a logit), the logarithms of the
 * distances from the cell's middle to the box's left, top, right and bottom in
 * units of SST_NETWORK_UNIT, and the box's quality (logit of the IoU it
 * expects). */
#define SST_NETWORK_OUTPUTS 6
#define SST_NETWORK_UNIT (SST_SEARCH_SIDE / 8.f)
/* Bounds of those logarithms. */
#define SST_NETWORK_LOG_LIMIT 4.f

typedef enum
{
  SST_ROLE_TEMPLATE,
  SST_ROLE_SEARCH,
  SST_ROLE_CLOSE,               /* a search in a part of the region */
  SST_N_ROLES
} SstNetworkRole;

typedef struct _SstNetwork SstNetwork;

/* NULL with error (domain SST_WEIGHTS_ERROR) where the sizes are out of range. */
SstNetwork *sst_network_new (const SstNetworkConfig * config, GError ** error);
void sst_network_free (SstNetwork ** network);

/* From now on the backward functions leave out the strided convolutions, which
 * take much of their time: the kernels' gradient stays as it is there. Those
 * layers' parameters are the first ones, as many as are returned. Only before
 * the network is shared. */
size_t sst_network_freeze_stem (SstNetwork * network);

const SstNetworkConfig *sst_network_get_config (const SstNetwork * network);

/* The configuration as a text, and back; the architecture of a weights file. */
char *sst_network_describe (const SstNetwork * network);
gboolean sst_network_parse (const char *architecture,
    SstNetworkConfig * config, GError ** error);

/* The parameters' names and shapes, in the order in which they lie in the block
 * of sst_network_n_parameters() floats. */
const SstTensorSpec *sst_network_specs (const SstNetwork * network, int *n);
size_t sst_network_n_parameters (const SstNetwork * network);

/* Random parameters to start training from. */
void sst_network_init_parameters (const SstNetwork * network,
    SstRandom * random, float *parameters);

/* Folds the parameters for use: standardised weights and their transforms.
 * training: whether the backward functions will be called. */
size_t sst_network_kernels_size (const SstNetwork * network, gboolean training);
void sst_network_fold (const SstNetwork * network, const float *parameters,
    gboolean training, float *kernels);

/* Adds to the parameters' gradient that of the kernels, which has as many floats
 * as there are parameters. */
void sst_network_fold_backward (const SstNetwork * network,
    const float *parameters, const float *dkernels, float *dparameters);

/* Floats of a trace, and of the scratch that any call below needs. */
size_t sst_network_trace_size (const SstNetwork * network, SstNetworkRole role);
size_t sst_network_workspace_size (const SstNetwork * network,
    gboolean training);

/* Runs the template through the network.
 * sample: SST_SAMPLE_YCC, SST_TEMPLATE_SIDE squared. */
void sst_network_template (const SstNetwork * network, const float *kernels,
    const float *sample, float *trace, float *workspace);

/* The template cells that a search is compared with: as many planes as the
 * features have, of 64 cells of length 1. */
size_t sst_network_cells_size (const SstNetwork * network);
const float *sst_network_template_cells (const SstNetwork * network,
    const float *trace);

/* Runs a search region through the network.
 * cells: of a template (or a mixture of several, brought to length 1). */
void sst_network_search (const SstNetwork * network, const float *kernels,
    const float *cells, const float *sample, float *trace, float *workspace);

/* Runs a part of a search region through the network, at a quarter of the
 * cost. What lies beyond the part is not seen: near its border a cell's
 * output differs from that of the whole region.
 * sample: of the whole region. x, y: the part's left top cell, 0 ..
 * SST_NETWORK_GRID - SST_CLOSE_GRID. trace: of SST_ROLE_CLOSE.
 * output: SST_NETWORK_OUTPUTS planes of SST_NETWORK_CELLS; the part's cells are
 * overwritten, the others are left alone. */
void sst_network_search_close (const SstNetwork * network,
    const float *kernels, const float *cells, const float *sample, int x,
    int y, float *trace, float *workspace, float *output);

/* In the trace of a search: SST_NETWORK_OUTPUTS planes of
 * SST_NETWORK_GRID squared cells. */
const float *sst_network_output (const SstNetwork * network,
    const float *trace);

/* In any trace: the features after the backbone, channels[2] planes at stride
 * SST_NETWORK_STRIDE; and after its second convolution, channels[1] planes at
 * stride 4. */
const float *sst_network_features (const SstNetwork * network,
    SstNetworkRole role, const float *trace);
const float *sst_network_fine_features (const SstNetwork * network,
    SstNetworkRole role, const float *trace);

/* The cell of the highest of SST_NETWORK_CELLS scores, logits or not: those of an
 * output come first in it. y * SST_NETWORK_GRID + x; of equal ones the first. */
int sst_network_best_cell (const float *scores);

/* The box that a cell of an output stands for, in pixels of the search region. */
SstBox sst_network_box (const float *output, int x, int y);

/* Backward: adds the gradient of the kernels. dcells, dfeatures: NULL or those of
 * sst_network_template_cells() and of sst_network_features(). */
void sst_network_template_backward (const SstNetwork * network,
    const float *kernels, const float *trace, const float *dcells,
    const float *dfeatures, float *dkernels, float *workspace);

/* Backward: adds the gradient of the kernels and overwrites dcells. cells: as given
 * to sst_network_search(). doutput, dfeatures: NULL, or gradients of the
 * output and of the features; without doutput, dcells is not touched. */
void sst_network_search_backward (const SstNetwork * network,
    const float *kernels, const float *cells, const float *trace,
    const float *doutput, const float *dfeatures, float *dkernels,
    float *dcells, float *workspace);

/* What is in a box as one vector: the features' mean over the box (pooled,
 * channels[2] floats), mapped by a matrix and brought to length 1 (embedding).
 * Returns what the mapped vector was divided by.
 * box: pixels of the input; at least one cell counts. */
float sst_network_embed (const SstNetwork * network, const float *kernels,
    SstNetworkRole role, const float *trace, const SstBox * box,
    float *pooled, float *embedding);

/* Adds to dfeatures and dkernels. pooled, embedding, length: of the forward pass. */
void sst_network_embed_backward (const SstNetwork * network,
    const float *kernels, SstNetworkRole role, const SstBox * box,
    const float *pooled, const float *embedding, float length,
    const float *dembedding, float *dfeatures, float *dkernels);

G_END_DECLS
