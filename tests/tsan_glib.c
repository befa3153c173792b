/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Tells the thread sanitizer what GLib's locks, once-only calls, queues and
 * reference counts order. GLib makes GMutex and GCond of bare futexes,
 * calls its own locks past the dynamic linker, and counts in functions of
 * its own, which the sanitizer, unless GLib is built with it, can't see:
 * everything that they protect would be reported as a race. GRecMutex is
 * what a pad's stream lock is. To be preloaded into programs built with
 * -fsanitize=thread. */

#include <dlfcn.h>

#include <glib.h>

void __tsan_acquire (void *address);
void __tsan_release (void *address);

static __typeof__ (&g_mutex_lock) real_lock;
static __typeof__ (&g_mutex_trylock) real_trylock;
static __typeof__ (&g_mutex_unlock) real_unlock;
static __typeof__ (&g_rec_mutex_lock) real_rec_lock;
static __typeof__ (&g_rec_mutex_trylock) real_rec_trylock;
static __typeof__ (&g_rec_mutex_unlock) real_rec_unlock;
static __typeof__ (&g_rw_lock_writer_lock) real_writer_lock;
static __typeof__ (&g_rw_lock_writer_trylock) real_writer_trylock;
static __typeof__ (&g_rw_lock_writer_unlock) real_writer_unlock;
static __typeof__ (&g_rw_lock_reader_lock) real_reader_lock;
static __typeof__ (&g_rw_lock_reader_trylock) real_reader_trylock;
static __typeof__ (&g_rw_lock_reader_unlock) real_reader_unlock;
static __typeof__ (&g_once_impl) real_once;
static gboolean (*real_once_enter) (void *location);
static void (*real_once_leave) (void *location, gsize result);
static __typeof__ (&g_async_queue_push) real_push;
static __typeof__ (&g_async_queue_pop) real_pop;
static __typeof__ (&g_async_queue_try_pop) real_try_pop;
static __typeof__ (&g_async_queue_timeout_pop) real_timeout_pop;
static __typeof__ (&g_cond_wait) real_wait;
static gboolean (*real_unref) (gatomicrefcount * count);
static __typeof__ (&g_cond_wait_until) real_wait_until;

/* A library's constructor may call before ours has run; still before any
 * thread. */
#define REAL(function) \
  (real_##function != NULL ? real_##function : \
      (find_real_functions (), real_##function))

#define FIND(function, name) \
  (real_##function = (__typeof__ (real_##function)) dlsym (RTLD_NEXT, name))

__attribute__((constructor))
static void
find_real_functions (void)
{
  FIND (lock, "g_mutex_lock");
  FIND (trylock, "g_mutex_trylock");
  FIND (unlock, "g_mutex_unlock");
  FIND (rec_lock, "g_rec_mutex_lock");
  FIND (rec_trylock, "g_rec_mutex_trylock");
  FIND (rec_unlock, "g_rec_mutex_unlock");
  FIND (writer_lock, "g_rw_lock_writer_lock");
  FIND (writer_trylock, "g_rw_lock_writer_trylock");
  FIND (writer_unlock, "g_rw_lock_writer_unlock");
  FIND (reader_lock, "g_rw_lock_reader_lock");
  FIND (reader_trylock, "g_rw_lock_reader_trylock");
  FIND (reader_unlock, "g_rw_lock_reader_unlock");
  FIND (once, "g_once_impl");
  FIND (once_enter, "g_once_init_enter");
  FIND (once_leave, "g_once_init_leave");
  FIND (push, "g_async_queue_push");
  FIND (pop, "g_async_queue_pop");
  FIND (try_pop, "g_async_queue_try_pop");
  FIND (timeout_pop, "g_async_queue_timeout_pop");
  FIND (unref, "g_atomic_ref_count_dec");
  FIND (wait, "g_cond_wait");
  FIND (wait_until, "g_cond_wait_until");
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

void
g_rec_mutex_lock (GRecMutex * mutex)
{
  REAL (rec_lock) (mutex);
  __tsan_acquire (mutex);
}

gboolean
g_rec_mutex_trylock (GRecMutex * mutex)
{
  const gboolean locked = REAL (rec_trylock) (mutex);

  if (locked)
    __tsan_acquire (mutex);
  return locked;
}

void
g_rec_mutex_unlock (GRecMutex * mutex)
{
  __tsan_release (mutex);
  REAL (rec_unlock) (mutex);
}

void
g_rw_lock_writer_lock (GRWLock * lock)
{
  REAL (writer_lock) (lock);
  __tsan_acquire (lock);
}

gboolean
g_rw_lock_writer_trylock (GRWLock * lock)
{
  const gboolean locked = REAL (writer_trylock) (lock);

  if (locked)
    __tsan_acquire (lock);
  return locked;
}

void
g_rw_lock_writer_unlock (GRWLock * lock)
{
  __tsan_release (lock);
  REAL (writer_unlock) (lock);
}

void
g_rw_lock_reader_lock (GRWLock * lock)
{
  REAL (reader_lock) (lock);
  __tsan_acquire (lock);
}

gboolean
g_rw_lock_reader_trylock (GRWLock * lock)
{
  const gboolean locked = REAL (reader_trylock) (lock);

  if (locked)
    __tsan_acquire (lock);
  return locked;
}

void
g_rw_lock_reader_unlock (GRWLock * lock)
{
  __tsan_release (lock);
  REAL (reader_unlock) (lock);
}

/* The one thread that makes it tells all that find it made. */
typedef struct
{
  GThreadFunc function;
  gpointer argument;
  GOnce *once;
} OnceCall;

static gpointer
call_once (gpointer data)
{
  const OnceCall *call = data;
  gpointer value = call->function (call->argument);

  __tsan_release (call->once);
  return value;
}

gpointer
g_once_impl (GOnce * once, GThreadFunc function, gpointer argument)
{
  OnceCall call = { function, argument, once };
  gpointer value = REAL (once) (once, call_once, &call);

  __tsan_acquire (once);
  return value;
}

/* These names are macros too. */
gboolean
(g_once_init_enter) (volatile void *location)
{
  const gboolean first = REAL (once_enter) ((void *) (guintptr) location);

  __tsan_acquire ((void *) (guintptr) location);
  return first;
}

void
(g_once_init_leave) (volatile void *location, gsize result)
{
  __tsan_release ((void *) (guintptr) location);
  REAL (once_leave) ((void *) (guintptr) location, result);
}

void
g_async_queue_push (GAsyncQueue * queue, gpointer data)
{
  __tsan_release (queue);
  REAL (push) (queue, data);
}

static gpointer
taken (GAsyncQueue * queue, gpointer data)
{
  if (data != NULL)
    __tsan_acquire (queue);
  return data;
}

gpointer
g_async_queue_pop (GAsyncQueue * queue)
{
  return taken (queue, REAL (pop) (queue));
}

gpointer
g_async_queue_try_pop (GAsyncQueue * queue)
{
  return taken (queue, REAL (try_pop) (queue));
}

gpointer
g_async_queue_timeout_pop (GAsyncQueue * queue, guint64 timeout)
{
  return taken (queue, REAL (timeout_pop) (queue, timeout));
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
  gboolean signaled;

  __tsan_release (mutex);
  signaled = REAL (wait_until) (cond, mutex, end_time);
  __tsan_acquire (mutex);
  return signaled;
}
