/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* CPU (internal): the features of the processor, in one place, and a way to do
 * without some of them.
 *
 * A fast kernel asks sst_cpu_has() and stands beside its twin for any processor;
 * tests/test_kernels.c holds each level that the machine has against the lowest. The
 * environment variable SSTRACK_CPU ("plain", "fma", "avx512", "amx") is the highest
 * level that a process uses. Functions that the compiler makes for two processors
 * (simd.h) give the same bits on both and are not meant here.
 *
 * Thread-safety: everything may be called from any thread. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Each level includes those before it. */
typedef enum
{
  SST_CPU_PLAIN,                /* any */
  SST_CPU_FMA,                  /* x86-64: AVX2 and FMA; 64-bit Arm: NEON, which
                                 * is always there */
  SST_CPU_AVX512,               /* AVX-512 F */
  SST_CPU_AMX,                  /* AVX-512 BW, VL and BF16; tiles of bfloat16, which
                                 * the system has granted */
  SST_N_CPU_LEVELS
} SstCpuLevel;

/* "plain", "fma", ... */
const char *sst_cpu_level_to_string (SstCpuLevel level);

/* Whether kernels of a level may be used. */
gboolean sst_cpu_has (SstCpuLevel level);

/* From now on no level above that is used; for tests. SST_CPU_AMX: all that the
 * machine has, whatever the environment says. */
void sst_cpu_limit (SstCpuLevel level);

G_END_DECLS
