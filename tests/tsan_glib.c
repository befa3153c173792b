/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Tells the thread sanitizer what GLib's mutexes and reference counts order.
 * GLib makes GMutex and GCond of bare futexes, and counts in functions of its
 * own, which the sanitizer, unless GLib is built with it, can't see: everything
 * that they protect would be reported as a race. To be preloaded into programs
 * built with -fsanitize=thread. */

#include <dlfcn.h>

#include <glib.h>

void __tsan_acquire (void *address);
void __tsan_release (void *address);

static __typeof__ (&g_mutex_lock) real_lock;
static __typeof__ (&g_mutex_trylock) real_trylock;
static __typeof__ (&g_mutex_unlock) real_unlock;
static __typeof__ (&g_cond_wait) real_wait;
static gboolean (*real_unref) (gatomicrefcount * count);
static __typeof__ (&g_cond_wait_until) real_wait_until;

/* A library's constructor may call before ours has run; still before any
 * thread. */
#define REAL(function) \
  (real_##function != NULL ? real_##function : \
      (find_real_functions (), real_##function))

__attribute__((constructor))
static void
find_real_functions (void)
{
  real_lock = (__typeof__ (real_lock)) dlsym (RTLD_NEXT, "g_mutex_lock");
  real_trylock =
      (__typeof__ (real_trylock)) dlsym (RTLD_NEXT, "g_mutex_trylock");
  real_unlock = (__typeof__ (real_unlock)) dlsym (RTLD_NEXT, "g_mutex_unlock");
  real_unref = (__typeof__ (real_unref)) dlsym (RTLD_NEXT,
      "g_atomic_ref_count_dec");
  real_wait = (__typeof__ (real_wait)) dlsym (RTLD_NEXT, "g_cond_wait");
  real_wait_until =
      (__typeof__ (real_wait_until)) dlsym (RTLD_NEXT, "g_cond_wait_until");
}

void
g_mutex_lock (GMutex * mutex)
{
  REAL (lock) (mutex);
  __tsan_acquire (mutex);
}

gboolean
g_mutex_trylock (GMutex * mutex)
{
  const gboolean locked = REAL (trylock) (mutex);

  if (locked)
    __tsan_acquire (mutex);
  return locked;
}

void
g_mutex_unlock (GMutex * mutex)
{
  __tsan_release (mutex);
  REAL (unlock) (mutex);
}

/* The name is a macro too. */
gboolean
(g_atomic_ref_count_dec) (gatomicrefcount * count)
{
  gboolean last;

  __tsan_release (count);
  last = REAL (unref) (count);
  if (last)
    __tsan_acquire (count);
  return last;
}

void
g_cond_wait (GCond * cond, GMutex * mutex)
{
  __tsan_release (mutex);
  REAL (wait) (cond, mutex);
  __tsan_acquire (mutex);
}

gboolean
g_cond_wait_until (GCond * cond, GMutex * mutex, gint64 end_time)
{
  gboolean signalled;

  __tsan_release (mutex);
  signalled = REAL (wait_until) (cond, mutex, end_time);
  __tsan_acquire (mutex);
  return signalled;
}
