/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssmodelstore.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ss_tracker_debug);
#define GST_CAT_DEFAULT gst_ss_tracker_debug

/* Field of the context's structure. */
#define CONTEXT_FIELD "store"

struct _GstSsModelStore
{
  GObject parent;

  GMutex lock;
  GHashTable *models;           /* name to SstModel, under lock */
  guint serial;                 /* atomic */
};

#define gst_ss_model_store_parent_class parent_class
G_DEFINE_TYPE (GstSsModelStore, gst_ss_model_store, G_TYPE_OBJECT);

/* ---- store ---- */

gchar *
gst_ss_model_store_make_name (const gchar * model_name, const gchar * stream_id)
{
  if (model_name != NULL && *model_name != '\0')
    return g_strdup (model_name);
  /* No property holds a line break by accident. */
  return stream_id != NULL ? g_strconcat ("\n", stream_id, NULL) : NULL;
}

void
gst_ss_model_store_publish (GstSsModelStore * store, const gchar * name,
    SstModel * model)
{
  SstModel *old = NULL;
  gchar *old_name = NULL;

  g_return_if_fail (GST_IS_SS_MODEL_STORE (store));
  g_return_if_fail (name != NULL);
  g_return_if_fail (model != NULL);

  g_mutex_lock (&store->lock);
  g_hash_table_steal_extended (store->models, name, (gpointer *) & old_name,
      (gpointer *) & old);
  g_hash_table_insert (store->models, g_strdup (name), sst_model_ref (model));
  /* After the table: who sees the new number finds the new model. */
  g_atomic_int_inc (&store->serial);
  g_mutex_unlock (&store->lock);

  /* This may be the last reference, which takes a while to drop. */
  sst_model_unref (old);
  g_free (old_name);
}

void
gst_ss_model_store_withdraw (GstSsModelStore * store, const gchar * name)
{
  SstModel *old = NULL;
  gchar *old_name = NULL;

  g_return_if_fail (GST_IS_SS_MODEL_STORE (store));
  g_return_if_fail (name != NULL);

  g_mutex_lock (&store->lock);
  g_hash_table_steal_extended (store->models, name, (gpointer *) & old_name,
      (gpointer *) & old);
  g_mutex_unlock (&store->lock);
  sst_model_unref (old);
  g_free (old_name);
}

guint
gst_ss_model_store_serial (GstSsModelStore * store)
{
  return (guint) g_atomic_int_get (&store->serial);
}

SstModel *
gst_ss_model_store_get (GstSsModelStore * store, const gchar * name)
{
  SstModel *model;

  g_return_val_if_fail (GST_IS_SS_MODEL_STORE (store), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  g_mutex_lock (&store->lock);
  model = g_hash_table_lookup (store->models, name);
  if (model != NULL)
    sst_model_ref (model);
  g_mutex_unlock (&store->lock);
  return model;
}

static void
gst_ss_model_store_finalize (GObject * object)
{
  GstSsModelStore *store = GST_SS_MODEL_STORE (object);

  g_hash_table_unref (store->models);
  g_mutex_clear (&store->lock);

  G_OBJECT_CLASS (parent_class)->finalize (object);
}

/* The text of a context with it, which tools print: which store that is. */
static gchar *
serialize (const GValue * value)
{
  return g_strdup_printf ("\"%p\"", g_value_get_object (value));
}

static void
gst_ss_model_store_class_init (GstSsModelStoreClass * klass)
{
  /* GStreamer keeps the address. */
  static GstValueTable table = {.serialize = serialize };

  table.type = G_TYPE_FROM_CLASS (klass);
  gst_value_register (&table);
  G_OBJECT_CLASS (klass)->finalize = gst_ss_model_store_finalize;
}

static void
gst_ss_model_store_init (GstSsModelStore * store)
{
  g_mutex_init (&store->lock);
  store->models = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      (GDestroyNotify) sst_model_unref);
}

/* ---- sharing ---- */

/* Persistent, or else bins would forget it on the way down to READY, where some
 * elements still hold it: those in other branches would make another. */
static GstContext *
new_context (GstSsModelStore * store)
{
  GstContext *context = gst_context_new (GST_SS_MODEL_STORE_CONTEXT, TRUE);

  gst_structure_set (gst_context_writable_structure (context), CONTEXT_FIELD,
      GST_TYPE_SS_MODEL_STORE, store, NULL);
  return context;
}

static gboolean
has_store (GstElement * element, GstSsModelStore ** store)
{
  gboolean has;

  GST_OBJECT_LOCK (element);
  has = *store != NULL;
  GST_OBJECT_UNLOCK (element);
  return has;
}

void
gst_ss_model_store_set_context (GstElement * element, GstContext * context,
    GstSsModelStore ** store)
{
  GstSsModelStore *found = NULL, *old;

  if (context == NULL
      || !gst_context_has_context_type (context, GST_SS_MODEL_STORE_CONTEXT))
    return;
  if (!gst_structure_get (gst_context_get_structure (context), CONTEXT_FIELD,
          GST_TYPE_SS_MODEL_STORE, &found, NULL) || found == NULL) {
    GST_WARNING_OBJECT (element, "a context without a store: %" GST_PTR_FORMAT,
        gst_context_get_structure (context));
    return;
  }

  GST_OBJECT_LOCK (element);
  old = *store;
  *store = found;
  GST_OBJECT_UNLOCK (element);

  if (old != found)
    GST_DEBUG_OBJECT (element, "takes part in the model store %p", found);
  g_clear_object (&old);
}

/* Asks the neighbours at the pads of an iterator (which it frees). */
static gboolean
query_neighbors (GstElement * element, GstIterator * pads, GstQuery * query)
{
  GValue item = G_VALUE_INIT;
  gboolean answered = FALSE;
  gboolean done = FALSE;

  while (!done) {
    switch (gst_iterator_next (pads, &item)) {
      case GST_ITERATOR_OK:
        answered = done =
            gst_pad_peer_query (g_value_get_object (&item), query);
        g_value_reset (&item);
        break;
      case GST_ITERATOR_RESYNC:
        gst_iterator_resync (pads);
        break;
      case GST_ITERATOR_ERROR:
      case GST_ITERATOR_DONE:
        done = TRUE;
        break;
    }
  }
  g_value_unset (&item);
  gst_iterator_free (pads);
  return answered;
}

void
gst_ss_model_store_ensure (GstElement * element, GstSsModelStore ** store)
{
  GstContext *context;
  GstSsModelStore *made;
  GstQuery *query;

  g_return_if_fail (GST_IS_ELEMENT (element));
  g_return_if_fail (store != NULL);

  if (has_store (element, store))
    return;

  context = gst_element_get_context (element, GST_SS_MODEL_STORE_CONTEXT);
  gst_ss_model_store_set_context (element, context, store);
  g_clear_pointer (&context, gst_context_unref);
  if (has_store (element, store))
    return;

  /* Setting a context goes through the element's set_context, which calls the
   * function above. */
  query = gst_query_new_context (GST_SS_MODEL_STORE_CONTEXT);
  if (query_neighbors (element, gst_element_iterate_src_pads (element), query)
      || query_neighbors (element, gst_element_iterate_sink_pads (element),
          query)) {
    gst_query_parse_context (query, &context);  /* lent */
    if (context != NULL)
      gst_element_set_context (element, context);
  }
  gst_query_unref (query);
  if (has_store (element, store))
    return;

  gst_element_post_message (element,
      gst_message_new_need_context (GST_OBJECT (element),
          GST_SS_MODEL_STORE_CONTEXT));
  if (has_store (element, store))
    return;

  made = g_object_new (GST_TYPE_SS_MODEL_STORE, NULL);
  context = new_context (made);
  GST_DEBUG_OBJECT (element, "makes the model store %p", made);
  g_object_unref (made);
  gst_element_set_context (element, context);
  gst_element_post_message (element,
      gst_message_new_have_context (GST_OBJECT (element), context));
}

GstSsModelStore *
gst_ss_model_store_ref (GstElement * element, GstSsModelStore ** store)
{
  GstSsModelStore *found = NULL;

  GST_OBJECT_LOCK (element);
  g_set_object (&found, *store);
  GST_OBJECT_UNLOCK (element);
  return found;
}

void
gst_ss_model_store_leave (GstElement * element, GstSsModelStore ** store)
{
  GstSsModelStore *old;

  GST_OBJECT_LOCK (element);
  old = g_steal_pointer (store);
  GST_OBJECT_UNLOCK (element);
  g_clear_object (&old);
}

gboolean
gst_ss_model_store_handle_query (GstElement * element, GstQuery * query,
    GstSsModelStore ** store)
{
  const gchar *type;
  GstSsModelStore *found;
  GstContext *context;

  if (GST_QUERY_TYPE (query) != GST_QUERY_CONTEXT
      || !gst_query_parse_context_type (query, &type)
      || g_strcmp0 (type, GST_SS_MODEL_STORE_CONTEXT) != 0)
    return FALSE;
  found = gst_ss_model_store_ref (element, store);
  if (found == NULL)
    return FALSE;
  context = new_context (found);
  gst_query_set_context (query, context);
  gst_context_unref (context);
  g_object_unref (found);
  return TRUE;
}
