/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "nn/kernel.h"

#include "nn/bfloat.h"
#include "nn/conv.h"
#include "nn/strided.h"
#include "nn/winograd.h"

static gboolean
suits_all (const SstConvShape * shape)
{
  return TRUE;
}

static const SstKernel kernels[] = {
  {"bfloat", SST_CPU_AMX, SST_CPU_AMX, TRUE, sst_bfloat_suits,
        sst_bfloat_scratch_size, sst_bfloat_weights_size,
        sst_bfloat_prepare_weights, sst_bfloat_forward,
      sst_bfloat_backward_input, sst_bfloat_backward_weights},
  {"strided", SST_CPU_PLAIN, SST_CPU_FMA, FALSE, sst_strided_suits,
        sst_strided_scratch_size, NULL, NULL, sst_strided_forward,
      sst_strided_backward_input, sst_strided_backward_weights},
  {"winograd", SST_CPU_PLAIN, SST_CPU_AVX512, FALSE, sst_winograd_suits,
        sst_winograd_scratch_size, sst_winograd_weights_size,
        sst_winograd_transform_weights, sst_winograd_forward,
      sst_winograd_backward_input, sst_winograd_backward_weights},
  {"unfolded", SST_CPU_PLAIN, SST_CPU_PLAIN, FALSE, suits_all,
        sst_conv_scratch_size, NULL, NULL, sst_conv_forward,
      sst_conv_backward_input, sst_conv_backward_weights},
};

const SstKernel *
sst_kernels (guint * n)
{
  *n = G_N_ELEMENTS (kernels);
  return kernels;
}

const SstKernel *
sst_kernel_choose (const SstConvShape * shape, gboolean bfloat)
{
  const SstKernel *kernel = kernels;

  while ((kernel->rounds && !bfloat) || !kernel->suits (shape))
    kernel++;
  return kernel;
}
