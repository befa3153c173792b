/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "base/cpu.h"

#if defined (__GNUC__) && defined (__x86_64__)
#include <cpuid.h>
#define HAVE_X86_LEVELS 1
#if defined (__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#define HAVE_TILES 1
#endif
#endif

static const char *const names[SST_N_CPU_LEVELS] = {
  "plain", "fma", "avx512", "amx"
};

/* The highest level in use; -1: not asked yet. */
static gint used = -1;

const char *
sst_cpu_level_to_string (SstCpuLevel level)
{
  g_return_val_if_fail ((guint) level < SST_N_CPU_LEVELS, NULL);

  return names[level];
}

#ifdef HAVE_TILES
/* Linux grants a process the state of the tiles where it asks. */
static gboolean
have_tiles (void)
{
  const long request_permission = 0x1023, tile_data = 18;
  unsigned a, b, c, d;

  if (!__builtin_cpu_supports ("avx512bw")
      || !__builtin_cpu_supports ("avx512vl")
      || !__builtin_cpu_supports ("avx512bf16"))
    return FALSE;
  if (!__get_cpuid_count (7, 0, &a, &b, &c, &d) || !(d & 1u << 22)
      || !(d & 1u << 24))
    return FALSE;
  return syscall (SYS_arch_prctl, request_permission, tile_data) == 0;
}
#endif

static SstCpuLevel
detect (void)
{
  SstCpuLevel level = SST_CPU_PLAIN;

#if defined (__GNUC__) && defined (__aarch64__)
  level = SST_CPU_FMA;
#elif defined (HAVE_X86_LEVELS)
  if (!__builtin_cpu_supports ("avx2") || !__builtin_cpu_supports ("fma"))
    return level;
  level = SST_CPU_FMA;
  if (!__builtin_cpu_supports ("avx512f"))
    return level;
  level = SST_CPU_AVX512;
#ifdef HAVE_TILES
  if (have_tiles ())
    level = SST_CPU_AMX;
#endif
#endif
  return level;
}

/* What the environment allows. */
static SstCpuLevel
allowed (void)
{
  const char *const name = g_getenv ("SSTRACK_CPU");

  for (int i = 0; name != NULL && i < SST_N_CPU_LEVELS; i++)
    if (g_str_equal (name, names[i]))
      return i;
  if (name != NULL)
    g_warning ("SSTRACK_CPU=%s is none of plain, fma, avx512, amx", name);
  return SST_CPU_AMX;
}

gboolean
sst_cpu_has (SstCpuLevel level)
{
  gint now = g_atomic_int_get (&used);

  if (now < 0) {
    now = MIN (detect (), allowed ());
    g_atomic_int_set (&used, now);
  }
  return now >= (gint) level;
}

void
sst_cpu_limit (SstCpuLevel level)
{
  g_atomic_int_set (&used, MIN (detect (), level));
}
