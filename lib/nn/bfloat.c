/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "nn/bfloat_private.h"

#include "base/cpu.h"

#ifdef HAVE_BFLOAT_KERNEL

gboolean
sst_bfloat_available (void)
{
  return sst_cpu_has (SST_CPU_AMX);
}

size_t
sst_bfloat_scratch_size (const SstConvShape *shape)
{
  const Plan plan = sst_bfloat_plan_new (shape);

  /* LANES to align it */
  return LANES + MAX (sst_bfloat_product_scratch (&plan),
      sst_bfloat_gradient_scratch (&plan));
}

#else

gboolean
sst_bfloat_available (void)
{
  return FALSE;
}

size_t
sst_bfloat_weights_size (const SstConvShape *shape)
{
  return 0;
}

size_t
sst_bfloat_scratch_size (const SstConvShape *shape)
{
  return 0;
}

void
sst_bfloat_prepare_weights (const SstConvShape *shape, const float *weights,
    gboolean flipped, float *prepared)
{
  g_return_if_reached ();
}

void
sst_bfloat_forward (const SstConvShape *shape, const float *x,
    const float *prepared, const float *bias, gboolean relu, float *y,
    float *scratch)
{
  g_return_if_reached ();
}

void
sst_bfloat_backward_input (const SstConvShape *shape, const float *dy,
    const float *flipped, float *dx, float *scratch)
{
  g_return_if_reached ();
}

void
sst_bfloat_backward_weights (const SstConvShape *shape, const float *x,
    const float *dy, float *dweights, float *scratch)
{
  g_return_if_reached ();
}

#endif

gboolean
sst_bfloat_can (const SstConvShape *shape)
{
  return sst_bfloat_available () && ((shape->kernel == 1 && shape->stride == 1)
      || (shape->kernel == 3 && shape->stride <= 2));
}

gboolean
sst_bfloat_suits (const SstConvShape *shape)
{
  if (!sst_bfloat_can (shape))
    return FALSE;
  return shape->kernel == 3
      || (MIN (shape->in_channels, shape->out_channels) > 16
      && shape->height * shape->width >= 16);
}
