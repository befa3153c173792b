/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Reconstruct: the colours of a picture, copied from others by likeness.
 *
 * Features that find the same thing again are those with which a picture's
 * colours can be copied from its neighbours in time. With f the features and y
 * the colours of cells, t the target picture and r the references,
 *
 *   A_ij = softmax_j (cos (f_i^t, f_j^r) / tau)      j: the candidates of i
 *   p_i = sum_j A_ij y_j^r
 *   L = sum_i w_i h (p_i - y_i^t) / sum_i w_i
 *   h (d) = mean over colour channels of d^2 / (2 delta) for |d| <= delta,
 *           |d| - delta / 2 beyond (Huber)
 *
 * (reconstruction: Vondrick et al., arXiv 1806.09594; its form with a local
 * window, Huber's loss and channel dropout: Lai, Lu and Xie, "MAST", arXiv
 * 2002.07793, sections 3.1 to 3.3; the weights w: Zhou, Dai, Song and Fang,
 * "MER", arXiv 2503.12026, whose published text gives no closed form for them:
 * the one here is ours, see below.)
 *
 * Candidates of a target cell are the cells of all references inside a window
 * about the same place, or those of a list (cluster.h makes one), or of the
 * list inside the window. Places are compared with the maps laid over each
 * other centre on centre, as fits a template and a search region of one scale.
 *
 * Layouts: features [C][height][width], colours [3][height][width]; references
 * are counted through, cell j = reference * ref_height * ref_width + y *
 * ref_width + x.
 *
 * 24 x 24 cells of 64 channels from a template of 12 x 12: 0.31 ms forward, 0.37
 * backward, 1 for value and weights (one core); from 24 x 24: 1.1, 1.4, 1.6.
 *
 * Thread-safety: pure functions; every thread brings its own scratch.
 * Deterministic. Nothing allocates. */

#pragma once

#include "base/random.h"

G_BEGIN_DECLS

#define SST_RECONSTRUCT_COLORS 3

/* Every colour channel: bits 0 to 2 are Y', Cb, Cr. */
#define SST_RECONSTRUCT_ALL 7u

typedef struct
{
  int channels;                 /* of the features */
  int height, width;            /* of the target's map, cells */
  int ref_height, ref_width;    /* of each reference's */
  int n_refs;
  int radius;                   /* of the window, cells: |dx|, |dy| <= radius;
                                 * negative: no window */
  float temperature;            /* tau > 0 */
  float huber;                  /* delta > 0 */
} SstReconstructParams;

/* For a template of ref_side and a search map of side cells: no window,
 * tau 0.07, delta 0.1. */
void sst_reconstruct_params_init (SstReconstructParams * params, int channels,
    int side, int ref_side);

typedef struct
{
  const float *features;        /* of the target */
  const float *colors;
  const float *weights;         /* w, one a cell, 0 or more; NULL: all 1 */
  const float *const *ref_features;     /* n_refs of them */
  const float *const *ref_colors;
  const int *chosen;            /* candidates; NULL: all cells */
  int n_chosen;
  guint color_channels;         /* bits: those that the loss looks at */
} SstReconstructInput;

/* Colours of the cells of a sample, each the mean of stride x stride pixels:
 * (Y' - 128) / 128, Cb / 64, Cr / 64, so that all three spread about alike.
 * sample: SST_SAMPLE_YCC planes of side x side, side a multiple of stride.
 * colors: 3 planes of (side / stride)^2. */
void sst_reconstruct_colors (const float * sample, int side, int stride,
    float * colors);

/* Channel dropout. Features that see a colour can pass it on and learn nothing,
 * so one chroma channel, drawn by chance, is set to 0 (grey) in the network's
 * input, the same in target and references, and is what the loss looks at.
 * Returns the bit for color_channels. Colours have to be taken from the
 * samples before the channel is dropped. */
guint sst_reconstruct_draw_channel (SstRandom * random);
void sst_reconstruct_drop_channel (float * sample, int side, guint channel);

/* Floats of scratch of all functions below that take it. */
size_t sst_reconstruct_scratch_size (const SstReconstructParams * params);

/* Returns L, 0 if no cell of positive weight has a candidate.
 * prediction: p, [3][height][width] (all channels, whatever the loss looks at),
 *     0 where a cell has no candidate; or NULL.
 * scratch: keeps what backward() needs; leave it alone until then. */
float sst_reconstruct_forward (const SstReconstructParams * params,
    const SstReconstructInput * input, float * prediction, float * scratch);

/* Adds weight dL / df to the gradients of the features. The same params and
 * input as forward(), and its scratch. w and colours are taken as constants.
 * dfeatures: [C][height][width], or NULL.
 * dref_features: n_refs maps; it, or any of them, may be NULL. One map may stand
 *     for several, the target's too. */
void sst_reconstruct_backward (const SstReconstructParams * params,
    const SstReconstructInput * input, float weight, float * dfeatures,
    float * const * dref_features, float * scratch);

/* --- Which cells count: the weights w --------------------------------------
 *
 * MER weighs the cells of the target picture by how well the references support
 * them (its Value Extraction Network), by their motion and by how they hang
 * together (its adaptive fusion loss):
 *
 *   V_i = mean_j k (f_i^t, f_j^r) - Omega mean_j k (f_i^t, f_j^t)
 *   k (f, g) = exp ((cos (f, g) - 1) / value_temperature)
 *   w_i = sigmoid (a z (V)_i + b z (|m|)_i + c coh_i)
 *
 * z: less its mean, over its standard deviation. MER's V has sums in place of
 * the means, which makes no difference here but to Omega, and k (f_i^t, f_i^t)
 * alone as its second term. That is constant for anything made of cosines and
 * prefers the ground, of which there is more; over all of the target's cells it
 * takes out what is common there. On drawn scenes, all of a template as the
 * references, the area under the ROC curve of V against the object is 0.93 so,
 * and 0.21 by the letter (dot products).
 *
 * The weights are constants of the loss (stop-gradient). So that a few cells
 * can not take all weight, their entropy has a floor: where
 *
 *   H = - sum_i p_i ln p_i / ln n,   p_i = w_i / sum w,   0..1
 *
 * is under it, w is mixed with its mean, just as much as it takes. */

typedef struct
{
  float value, motion, coherence;       /* a, b, c */
  float omega;
  float value_temperature;
  float entropy_floor;          /* 0..1 */
} SstReconstructFusion;

/* a 1, b 1, c 0.5, Omega 1, temperature 0.1, floor 0.9. */
void sst_reconstruct_fusion_init (SstReconstructFusion * fusion);

/* value: V, one a cell of the target. The window and the weights of the input
 * have no say, nor have colours; its list of candidates has: a list of the cells
 * inside the object makes V tell it from the ground.
 * scratch: the values that forward() left are overwritten. */
void sst_reconstruct_value (const SstReconstructParams * params,
    const SstReconstructInput * input, const SstReconstructFusion * fusion,
    float * value, float * scratch);

/* weights: w, n floats of 0..1. value, motion (any scale, for example of
 * sst_enhance_strength()), coherence (-1..1, of sst_cluster_segment()): n each;
 * NULL leaves the term out. All three may be NULL: weights of 0.5. */
void sst_reconstruct_fuse (const SstReconstructFusion * fusion, int n,
    const float * value, const float * motion, const float * coherence,
    float * weights);

/* H of weights that are 0 or more; 1 for one cell, 0 if all are 0. */
float sst_reconstruct_entropy (const float * weights, int n);

G_END_DECLS
