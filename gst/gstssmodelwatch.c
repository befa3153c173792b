/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <sys/stat.h>

#include "gstssmodelwatch.h"

/* How often the file that the path leads to is looked at: the system tells of
 * what happens to the path itself, not of what happens behind a link. */
#define LOOK_INTERVAL_MS 1000

/* What tells one content of a file from another without reading it. */
typedef struct
{
  guint64 device, inode, size;
  gint64 changed_s, changed_ns;
} Identity;

struct _GstSsModelWatch
{
  gchar *path;
  GstSsModelWatchFunc func;
  gpointer data;

  Identity loaded;              /* of what func was told of last */
  Identity looked_at;           /* at the last look */

  GMainContext *context;
  GFileMonitor *monitor;
  GThread *thread;
  gint stopping;                /* atomic */
};

/* Zeros where there is no file. */
static Identity
identify (const gchar * path)
{
  struct stat st;
  Identity identity;

  memset (&identity, 0, sizeof identity);
  if (stat (path, &st) == 0) {
    identity.device = st.st_dev;
    identity.inode = st.st_ino;
    identity.size = (guint64) st.st_size;
    identity.changed_s = st.st_ctim.tv_sec;
    identity.changed_ns = st.st_ctim.tv_nsec;
  }
  return identity;
}

static gboolean
is_same (const Identity * a, const Identity * b)
{
  return memcmp (a, b, sizeof *a) == 0;
}

static void
load (GstSsModelWatch * watch)
{
  GError *error = NULL;
  SstModel *model;

  watch->loaded = watch->looked_at = identify (watch->path);
  model = sst_model_load (watch->path, &error);
  watch->func (model, error, watch->data);
  sst_model_unref (model);
  g_clear_error (&error);
}

/* A file that is moved here, and one that a writer has closed, both end with
 * CHANGES_DONE_HINT. */
static void
on_changed (GFileMonitor * monitor, GFile * file, GFile * other_file,
    GFileMonitorEvent event, gpointer data)
{
  GstSsModelWatch *watch = data;
  const Identity now = identify (watch->path);

  if (event == G_FILE_MONITOR_EVENT_CHANGES_DONE_HINT
      && !is_same (&now, &watch->loaded))
    load (watch);
}

/* Takes what is new and was the same a look before, so that nobody is still
 * writing it. */
static gboolean
look (gpointer data)
{
  GstSsModelWatch *watch = data;
  const Identity now = identify (watch->path);
  const gboolean rests = is_same (&now, &watch->looked_at);

  watch->looked_at = now;
  if (rests && now.inode != 0 && !is_same (&now, &watch->loaded))
    load (watch);
  return G_SOURCE_CONTINUE;
}

static gpointer
run (gpointer data)
{
  GstSsModelWatch *watch = data;

  /* where GIO looks every few seconds, it sets its timer up in this thread */
  g_main_context_push_thread_default (watch->context);
  while (!g_atomic_int_get (&watch->stopping))
    g_main_context_iteration (watch->context, TRUE);
  g_main_context_pop_thread_default (watch->context);
  return NULL;
}

GstSsModelWatch *
gst_ss_model_watch_new (const gchar * path, GstSsModelWatchFunc func,
    gpointer data, GError ** error)
{
  GstSsModelWatch *watch = g_new0 (GstSsModelWatch, 1);
  GFile *file = g_file_new_for_path (path);
  GSource *source = g_timeout_source_new (LOOK_INTERVAL_MS);

  watch->path = g_strdup (path);
  watch->loaded = watch->looked_at = identify (path);
  watch->func = func;
  watch->data = data;
  watch->context = g_main_context_new ();
  g_source_set_callback (source, look, watch, NULL);
  g_source_attach (source, watch->context);
  g_source_unref (source);

  /* It reports to the context that is the thread's at its creation. */
  g_main_context_push_thread_default (watch->context);
  watch->monitor = g_file_monitor_file (file, G_FILE_MONITOR_NONE, NULL, error);
  g_main_context_pop_thread_default (watch->context);
  g_object_unref (file);
  if (watch->monitor != NULL) {
    g_signal_connect (watch->monitor, "changed", G_CALLBACK (on_changed),
        watch);
    watch->thread = g_thread_try_new ("sst-model-watch", run, watch, error);
  }
  if (watch->thread == NULL)
    gst_ss_model_watch_free (&watch);
  return watch;
}

void
gst_ss_model_watch_free (GstSsModelWatch ** watch_p)
{
  GstSsModelWatch *watch = *watch_p;

  if (watch == NULL)
    return;
  *watch_p = NULL;

  if (watch->thread != NULL) {
    g_atomic_int_set (&watch->stopping, TRUE);
    g_main_context_wakeup (watch->context);
    g_thread_join (watch->thread);
  }
  if (watch->monitor != NULL) {
    g_file_monitor_cancel (watch->monitor);
    g_object_unref (watch->monitor);
  }
  g_main_context_unref (watch->context);
  g_free (watch->path);
  g_free (watch);
}
