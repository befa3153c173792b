/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* SIMD: lets one binary use wide vectors where the CPU has them. Internal, not
 * installed.
 *
 * SST_MULTIVERSION before a static function's definition (the library would
 * export any other) compiles it twice, for x86-64-v3 (AVX2, FMA) and for the
 * baseline; the loader picks one. Such a function is never inlined, so put it
 * around a whole loop. A function that it calls runs as baseline code unless it
 * is inlined for certain: define helpers with SST_ALWAYS_INLINE in place of
 * static inline. Both versions give the same
 * bits: -std=c11 forbids contraction to fused multiply-add, and nothing may
 * reorder sums.
 *
 * Elsewhere the macro is empty: Clang 14 has no such attribute, older GCCs do
 * not know that architecture in it, musl has no ifunc, and GCC instruments the
 * resolver for ThreadSanitizer, which crashes as it runs too early. To build
 * without, define the macro as empty (-DSST_MULTIVERSION=). */

#pragma once

#include <limits.h>               /* defines __GLIBC__ */

#if !defined (SST_MULTIVERSION) && defined (__GNUC__) && !defined (__clang__) \
    && defined (__x86_64__) && defined (__GLIBC__) \
    && !defined (__SANITIZE_THREAD__)
#if __GNUC__ >= 12
#define SST_MULTIVERSION \
  __attribute__ ((target_clones ("arch=x86-64-v3", "default")))
#endif
#endif

#ifndef SST_MULTIVERSION
#define SST_MULTIVERSION
#endif

/* Floats that are worked on together, at any address of a float. */
#define SST_LANES 8
typedef float SstLanes
    __attribute__ ((vector_size (SST_LANES * sizeof (float)), aligned (4),
        may_alias));

#if defined (__GNUC__)
#define SST_ALWAYS_INLINE static inline __attribute__ ((always_inline))
#else
#define SST_ALWAYS_INLINE static inline
#endif
