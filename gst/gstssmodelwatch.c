/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssmodelwatch.h"

struct _GstSsModelWatch
{
  gchar *path;
  GstSsModelWatchFunc func;
  gpointer data;

  GMainContext *context;
  GFileMonitor *monitor;
  GThread *thread;
  gint stopping;                /* atomic */
};

/* A file that is moved here, and one that a writer has closed, both end with
 * CHANGES_DONE_HINT. */
static void
on_changed (GFileMonitor * monitor, GFile * file, GFile * other_file,
    GFileMonitorEvent event, gpointer data)
{
  const GstSsModelWatch *watch = data;
  GError *error = NULL;
  SstModel *model;

  if (event != G_FILE_MONITOR_EVENT_CHANGES_DONE_HINT)
    return;
  model = sst_model_load (watch->path, &error);
  watch->func (model, error, watch->data);
  sst_model_unref (model);
  g_clear_error (&error);
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

  watch->path = g_strdup (path);
  watch->func = func;
  watch->data = data;
  watch->context = g_main_context_new ();

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
