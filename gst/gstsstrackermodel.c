/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Where the model of sstracker comes from: a file that is watched, and the
 * store that elements share. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstsstrackerprivate.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ss_tracker_debug);
#define GST_CAT_DEFAULT gst_ss_tracker_debug

/* Called in the watch's thread, with what the file of the property "model" now
 * holds. */
static void
gst_ss_tracker_reloaded (SstModel * model, const GError * error, gpointer data)
{
  GstSsTracker *self = GST_SS_TRACKER (data);
  SstModel *present = NULL, *old = NULL;
  GError *refusal = NULL;

  if (model != NULL) {
    GST_OBJECT_LOCK (self);
    if (self->learned != NULL)
      present = sst_model_ref (self->learned);
    GST_OBJECT_UNLOCK (self);
  }
  if (present != NULL && !sst_tracker_check_model (present, model, &refusal))
    error = refusal;
  sst_model_unref (present);
  if (error != NULL)
    goto refused;

  GST_OBJECT_LOCK (self);
  old = self->reloaded;
  self->reloaded = sst_model_ref (model);
  GST_OBJECT_UNLOCK (self);
  sst_model_unref (old);
  return;

  /* ERRORS */
refused:
  GST_ELEMENT_WARNING (self, RESOURCE, READ,
      ("The file of \"model\" has changed, but can not be used; the model that "
          "was loaded before stays: %s.", error->message), (NULL));
  g_clear_error (&refusal);
}

/* Watches the file of weights. Without that the element still works. */
static void
gst_ss_tracker_watch (GstSsTracker * self, const gchar * location)
{
  GError *error = NULL;

  self->watch = gst_ss_model_watch_new (location, gst_ss_tracker_reloaded, self,
      &error);
  if (self->watch == NULL) {
    GST_ELEMENT_WARNING (self, RESOURCE, READ,
        ("Can not watch the file of \"model\" for changes: %s.",
            error->message), ("model=%s", location));
    g_clear_error (&error);
  }
}

void
gst_ss_tracker_stop_model (GstSsTracker * self)
{
  SstModel *models[3];

  gst_ss_model_watch_free (&self->watch);
  gst_ss_model_store_leave (GST_ELEMENT (self), &self->filter.store);

  GST_OBJECT_LOCK (self);
  models[0] = g_steal_pointer (&self->learned);
  models[1] = g_steal_pointer (&self->shared);
  models[2] = g_steal_pointer (&self->reloaded);
  GST_OBJECT_UNLOCK (self);

  for (guint i = 0; i < G_N_ELEMENTS (models); i++)
    sst_model_unref (models[i]);
}

gboolean
gst_ss_tracker_start_model (GstSsTracker * self)
{
  SstModel *model = NULL;
  gchar *location;
  gboolean reload, loaded = TRUE;
  guint64 max_operations;

  GST_OBJECT_LOCK (self);
  location = g_strdup (self->model);
  max_operations = self->max_operations;
  reload = self->reload;
  GST_OBJECT_UNLOCK (self);

  if (g_strcmp0 (location, MODEL_NONE) != 0) {
    /* First, so that no change of the file falls between. */
    if (reload && location != NULL && *location != '\0')
      gst_ss_tracker_watch (self, location);
    else if (reload)
      GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
          ("\"reload\" has no file to watch: \"model\" is not set."), (NULL));
    loaded = gst_ss_model_load (GST_ELEMENT (self), location, max_operations,
        "leave it unset for the built-in model, or set it to \"" MODEL_NONE
        "\"", &model);
    if (loaded)
      gst_ss_model_store_ensure (GST_ELEMENT (self), &self->filter.store);
  } else {
    gst_ss_model_store_leave (GST_ELEMENT (self), &self->filter.store);
  }
  g_free (location);

  GST_OBJECT_LOCK (self);
  self->learned = model;
  self->store_serial = 0;
  GST_OBJECT_UNLOCK (self);
  if (!loaded)
    gst_ss_tracker_stop_model (self);
  return loaded;
}

/* Goes on with another model, unless it has the weights of the present one. */
static void
gst_ss_tracker_swap_model (GstSsTracker * self, SstModel * model,
    const gchar * origin)
{
  const SstWeights *weights = sst_model_weights (model);
  const gchar *checksum = sst_weights_get_checksum (weights);
  SstModel *old = self->learned;
  GError *error = NULL;

  if (old != NULL && strcmp (checksum,
          sst_weights_get_checksum (sst_model_weights (old))) == 0)
    return;
  if (!sst_targets_set_model (self->targets, model, &error))
    goto refused;

  GST_INFO_OBJECT (self, "model from %s: %s, SHA-256 %s", origin,
      sst_weights_get_architecture (weights), checksum);
  GST_OBJECT_LOCK (self);
  self->learned = sst_model_ref (model);
  gst_ss_stats_set_model (&self->stats, model);
  self->stats.model_swaps++;
  GST_OBJECT_UNLOCK (self);
  sst_model_unref (old);
  return;

  /* ERRORS */
refused:
  GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
      ("Can not go on with the model from %s, the present one stays: %s.",
          origin, error->message), (NULL));
  g_clear_error (&error);
}

/* The name of the models to take from the pipeline; NULL: none. A model that
 * was asked for stays, unless a name was asked for, too. With the object lock
 * held. */
static gchar *
gst_ss_tracker_shared_name (const GstSsTracker * self)
{
  const gboolean named = self->model_name != NULL && *self->model_name != '\0';
  const gboolean own = self->model != NULL && *self->model != '\0';

  if (own && !named)
    return NULL;
  return gst_ss_model_store_make_name (self->model_name, self->stream_id);
}

void
gst_ss_tracker_take_model (GstSsTracker * self)
{
  SstModel *reloaded, *shared = NULL;
  GstSsModelStore *store = NULL;
  gchar *name = NULL;

  GST_OBJECT_LOCK (self);
  reloaded = g_steal_pointer (&self->reloaded);
  if (self->filter.store != NULL) {
    const guint serial = gst_ss_model_store_serial (self->filter.store);

    if (serial != self->store_serial) {
      self->store_serial = serial;
      name = gst_ss_tracker_shared_name (self);
      if (name != NULL)
        store = g_object_ref (self->filter.store);
    }
  }
  GST_OBJECT_UNLOCK (self);

  if (store != NULL) {
    shared = gst_ss_model_store_get (store, name);
    g_object_unref (store);
    g_free (name);
  }
  /* The store's news may have been of another name. */
  if (shared != NULL && shared != self->shared) {
    sst_model_unref (self->shared);
    self->shared = sst_model_ref (shared);
    if (reloaded == NULL)
      gst_ss_tracker_swap_model (self, shared, "the pipeline");
  }
  if (reloaded != NULL)
    gst_ss_tracker_swap_model (self, reloaded, "the file");
  sst_model_unref (shared);
  sst_model_unref (reloaded);
}
