/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Network: finds the target of a template in a search region.
 *
 *   template 96 x 96 --+                        +-> what it is compared with:
 *                      +- backbone -> features -+    cells, which of them are
 *   search 192 x 192 --+    at stride 8         |    target, what it is made of
 *                                               |          |
 *                                               |      correlate
 *                                               |          |
 *                                               +-> score, box, quality, mask
 *                                                   of each cell
 *
 * Backbone: 3 x 3 convolutions of stride 2, each followed by residual blocks of
 * two 3 x 3 convolutions (He et al. 2016), without batch normalisation
 * (nn/standardize.h), down to stride 8 or 16; the map of stride 16, which sees
 * the whole, is enlarged and added to that of stride 8, which knows places (Lin
 * et al., "Feature Pyramid Networks", 2017). Head: cosines of each search cell
 * with the 64 cells of the template's middle (nn/correlate.h), how much it is
 * like the target and like its surroundings (nn/likeness.h), and a few channels
 * of the search features, scaled and shifted by what the target is made of
 * (Perez et al., "FiLM", 2018); 3 x 3 convolutions, in two towers for score and
 * box; and a few values a cell. Both inputs go through the same backbone (a
 * Siamese network, Bertinetto et al. 2016). One code serves training and
 * tracking: tracking leaves out the backward half.
 *
 * The configuration says which of these there are; that of the first generation
 * has no stride 16, one tower, and the 64 cosines alone.
 *
 * Three blocks of floats go with it: parameters (the numbers that training
 * changes and a file holds), kernels (parameters folded for use) and a trace
 * (the activations of one image). The network itself is immutable.
 *
 * Thread-safety: every function is pure but for the blocks it is given. */

#pragma once

#include <sstrack/box.h>
#include <sstrack/weights.h>

#include "base/random.h"

G_BEGIN_DECLS

/* Channels of a layer, at most. */
#define SST_NETWORK_MAX_CHANNELS 256

typedef struct
{
  int channels[3];              /* at strides 2, 4 and 8; the last is the width
                                 * of the features; 1..256 each */
  int blocks;                   /* residual blocks at stride 8, 0..8 */
  int reduced;                  /* channels of the search features that the
                                 * head sees beside the cosines, 1..256 */
  int head;                     /* channels of the head, 1..256 */
  int embedding;                /* length of an embedding, 1..256 */
  int blocks4;                  /* residual blocks at stride 4, 0..8 */
  int channels16, blocks16;     /* the same at stride 16; 0, 0: none */
  gboolean towers;              /* score and box from convolutions of their own */
  gboolean target;              /* sees which pixels of the template are target:
                                 * likeness, scale and shift */
  gboolean mask;                /* says of each cell whether it is target */
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
 * expects). A network with a mask has one more: whether the cell is target (a
 * logit). */
#define SST_NETWORK_OUTPUTS 6
#define SST_NETWORK_MAX_OUTPUTS 7
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

/* A network whose convolutions are done in bfloat16 where the CPU has a matrix
 * unit for it (nn/bfloat.h): several times faster there, with the same parameters,
 * and results that differ by rounding. Elsewhere it is the value that
 * sst_network_new() sets. Models that follow are made of it, and training where it
 * is asked for. */
SstNetwork *sst_network_new_bfloat (const SstNetworkConfig * config,
    GError ** error);

/* From now on the backward functions leave out everything up to the convolution
 * that leads to stride 8, which takes much of their time: the kernels' gradient
 * stays as it is there. Those layers' parameters are the first ones, as many as
 * are returned. Only before the network is shared. */
size_t sst_network_freeze_stem (SstNetwork * network);

const SstNetworkConfig *sst_network_get_config (const SstNetwork * network);

/* Planes of its output: SST_NETWORK_OUTPUTS or SST_NETWORK_MAX_OUTPUTS. */
int sst_network_n_outputs (const SstNetwork * network);

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

/* The cost of running an input of that role through the network, whatever the
 * machine: multiplications, each with an addition, of its convolutions done
 * plainly and of the comparison with the template. */
guint64 sst_network_operations (const SstNetwork * network,
    SstNetworkRole role);

/* Floats of a trace, and of the scratch that any call below needs. */
size_t sst_network_trace_size (const SstNetwork * network, SstNetworkRole role);
size_t sst_network_workspace_size (const SstNetwork * network,
    gboolean training);

/* Runs the template through the network.
 * sample: SST_SAMPLE_YCC, SST_TEMPLATE_SIDE squared. box: the target in it, in
 * its pixels; sides over 0. */
void sst_network_template (const SstNetwork * network, const float *kernels,
    const float *sample, const SstBox * box, float *trace, float *workspace);

/* The template that a search is compared with: planes of template cells of
 * length 1, as many as the features have; and for a network that sees the
 * target, which of them are inside it, 0..1, and scale and shift of the reduced
 * features. */
size_t sst_network_cells_size (const SstNetwork * network);
/* Floats of the cells alone, which come first. */
size_t sst_network_unit_cells_size (const SstNetwork * network);
const float *sst_network_template_cells (const SstNetwork * network,
    const float *trace);

/* to = share of from, the rest of to as it was; cells get length 1 again.
 * Both as of sst_network_template_cells(); share 0..1. */
void sst_network_mix_cells (const SstNetwork * network, const float *from,
    float share, float *to);

/* Runs a search region through the network.
 * cells: of a template, or a mixture of several. */
void sst_network_search (const SstNetwork * network, const float *kernels,
    const float *cells, const float *sample, float *trace, float *workspace);

/* Runs a part of a search region through the network, at a quarter of the cost.
 * Pixels beyond the part are not seen: near its border a cell's output differs
 * from that of the whole region.
 * sample: of the whole region. x, y: the part's left top cell, 0 ..
 * SST_NETWORK_GRID - SST_CLOSE_GRID. trace: of SST_ROLE_CLOSE.
 * output: sst_network_n_outputs() planes of SST_NETWORK_CELLS; the part's cells
 * are overwritten, the others are left alone. */
void sst_network_search_close (const SstNetwork * network,
    const float *kernels, const float *cells, const float *sample, int x,
    int y, float *trace, float *workspace, float *output);

/* In the trace of a search: sst_network_n_outputs() planes of SST_NETWORK_GRID
 * squared cells. */
const float *sst_network_output (const SstNetwork * network,
    const float *trace);

/* In any trace: the features after the backbone, channels[2] planes at stride
 * SST_NETWORK_STRIDE; and after its second convolution, channels[1] planes at
 * stride 4. */
const float *sst_network_features (const SstNetwork * network,
    SstNetworkRole role, const float *trace);
const float *sst_network_fine_features (const SstNetwork * network,
    SstNetworkRole role, const float *trace);

/* Runs a region of SST_SEARCH_SIDE only as far as its fine features, a tenth of
 * the whole's cost or less. trace: of SST_ROLE_SEARCH. Returns what
 * sst_network_fine_features() does. */
const float *sst_network_look_fine (const SstNetwork * network,
    const float *kernels, const float *sample, float *trace,
    float *workspace);

/* The cell of the highest of SST_NETWORK_CELLS scores, logits or not: those of an
 * output come first in it. y * SST_NETWORK_GRID + x; of equal ones the first. */
int sst_network_best_cell (const float *scores);

/* The box that a cell of an output stands for, in pixels of the search region. */
SstBox sst_network_box (const float *output, int x, int y);

/* Backward: adds the gradient of the kernels. box: as given to
 * sst_network_template(). dcells, dfeatures: NULL or those of
 * sst_network_template_cells() and of sst_network_features(). */
void sst_network_template_backward (const SstNetwork * network,
    const float *kernels, const SstBox * box, const float *trace,
    const float *dcells,
    const float *dfeatures, float *dkernels, float *workspace);

/* Backward: adds the gradient of the kernels and overwrites dcells. cells: as given
 * to sst_network_search(). doutput, dfeatures: NULL, or gradients of the
 * output and of the features; without doutput, dcells is not touched. */
void sst_network_search_backward (const SstNetwork * network,
    const float *kernels, const float *cells, const float *trace,
    const float *doutput, const float *dfeatures, float *dkernels,
    float *dcells, float *workspace);

/* The same in two halves, for who has something to do with the gradient of the one
 * while the other is on its way: the upper half is the heads and stride 16, where
 * most parameters are, the lower one strides 2 to 8, which take a quarter of the
 * time. Of all parameters the first sst_network_n_lower() are the lower half's.
 * middle: the gradient of the lower half's output, sst_network_middle_size() floats;
 * upper overwrites it. Upper, then lower, adds to each parameter's gradient what
 * the whole does, to the bit. */
size_t sst_network_n_lower (const SstNetwork * network);
size_t sst_network_middle_size (const SstNetwork * network,
    SstNetworkRole role);
void sst_network_template_backward_upper (const SstNetwork * network,
    const float *kernels, const SstBox * box, const float *trace,
    const float *dcells, const float *dfeatures, float *dkernels,
    float *middle, float *workspace);
void sst_network_search_backward_upper (const SstNetwork * network,
    const float *kernels, const float *cells, const float *trace,
    const float *doutput, const float *dfeatures, float *dkernels,
    float *dcells, float *middle, float *workspace);
void sst_network_backward_lower (const SstNetwork * network,
    const float *kernels, SstNetworkRole role, const float *trace,
    const float *middle, float *dkernels, float *workspace);

/* The contents of a box as one vector: the features' mean over the box (pooled,
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
