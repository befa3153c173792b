/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Features: where the channels of the on-line model come from.
 *
 * A source turns a square sample of the picture into a grid of cells with
 * several channels each. The on-line model (dcf.h) takes any source; the
 * hand-made one below needs no training. A source is immutable and can be
 * shared by any number of trackers and threads; the caller brings the memory
 * that it works in. */

#pragma once

#include "picture/sampler.h"

G_BEGIN_DECLS

typedef struct _SstFeatureSource SstFeatureSource;

struct _SstFeatureSource
{
  const char *name;             /* for messages and ablations */
  SstSampleSpace space;         /* of the sample that extract() takes */
  int stride;                   /* pixels of the sample a cell covers, each way */
  int n_channels;

  /* Floats of scratch memory that extract() needs for a sample of side pixels. */
  size_t (*scratch_size) (const SstFeatureSource * source, int side);

  /* sample: planes of the source's space, side x side each, side a multiple of
   *     stride. channels: n_channels planes of (side / stride) squared cells,
   *     row by row, each plane with zero mean. Deterministic; allocates
   *     nothing. */
  void (*extract) (const SstFeatureSource * source, const float *sample,
      int side, float *scratch, float *channels);
};

/* Hand-made channels on cells of 4 x 4 pixels, in this order: 9 gradient
 * orientations without sign, channel b around b pi / 9 from the x axis to the y
 * axis, normalised by the gradient energy of the neighbouring cells (after
 * Dalal and Triggs 2005); 6 soft bins of the luma, from black to white; and the
 * chroma split by sign: Cb above and below 0, Cr above and below 0. For a grey
 * picture the chroma channels are zero.
 * Returns a static object; never NULL. */
const SstFeatureSource *sst_features_handmade (void);

G_END_DECLS
