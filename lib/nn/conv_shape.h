/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Shape (internal) of a convolution: its sizes, for conv.h and its faster ways. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  int in_channels, out_channels;
  int kernel;                   /* odd: 1, 3, 5 ... */
  int stride;                   /* 1 or 2 */
  int height, width;            /* of the input */
} SstConvShape;

static inline int
sst_conv_out_height (const SstConvShape *shape)
{
  return (shape->height + shape->stride - 1) / shape->stride;
}

static inline int
sst_conv_out_width (const SstConvShape *shape)
{
  return (shape->width + shape->stride - 1) / shape->stride;
}

static inline size_t
sst_conv_in_size (const SstConvShape *shape)
{
  return (size_t) shape->in_channels * shape->height * shape->width;
}

static inline size_t
sst_conv_out_size (const SstConvShape *shape)
{
  return (size_t) shape->out_channels * sst_conv_out_height (shape)
      * sst_conv_out_width (shape);
}

static inline size_t
sst_conv_weights_size (const SstConvShape *shape)
{
  return (size_t) shape->out_channels * shape->in_channels * shape->kernel
      * shape->kernel;
}

G_END_DECLS
