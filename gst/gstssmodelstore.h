/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* GstSsModelStore: where the elements of a pipeline share what was learned.
 *
 * sstrain publishes immutable snapshots under a name, sstracker takes them. One
 * store serves all elements of a pipeline, found through #GstContext (type
 * %GST_SS_MODEL_STORE_CONTEXT) the way GL and CUDA displays are: by asking the
 * neighbours, then the application, and by making one where nobody has it. It
 * lives as long as the pipeline, and so do the models in it.
 *
 * Thread-safety: everything may be called from any thread. */

#pragma once

#include <gst/gst.h>
#include <sstrack/model.h>

G_BEGIN_DECLS

#define GST_SS_MODEL_STORE_CONTEXT "sstracker.model-store"
#define GST_TYPE_SS_MODEL_STORE (gst_ss_model_store_get_type ())
G_DECLARE_FINAL_TYPE (GstSsModelStore, gst_ss_model_store, GST, SS_MODEL_STORE,
    GObject)

/* Finds the store that the pipeline shares and puts it into *store, unless there
 * is one; makes and announces one where nobody has it. Call it before PAUSED,
 * without holding the object lock. */
void gst_ss_model_store_ensure (GstElement * element,
    GstSsModelStore ** store);

/* For GstElement.set_context: takes the context's store over. */
void gst_ss_model_store_set_context (GstElement * element,
    GstContext * context, GstSsModelStore ** store);

/* The element's store, a new reference; NULL where it takes no part. */
GstSsModelStore *gst_ss_model_store_ref (GstElement * element,
    GstSsModelStore ** store);

/* Drops the element's store; it takes no part any more. */
void gst_ss_model_store_leave (GstElement * element,
    GstSsModelStore ** store);

/* For a query function: answers a CONTEXT query where the element takes part.
 * Returns whether it did. */
gboolean gst_ss_model_store_handle_query (GstElement * element,
    GstQuery * query, GstSsModelStore ** store);

/* The name that models are published under by an element whose property
 * "model-name" is model_name (NULL, "": unset, so that it shares with those that
 * see the same stream). stream_id may be NULL: not known yet. Returns a new
 * string; NULL where there is no name yet. */
gchar *gst_ss_model_store_make_name (const gchar * model_name,
    const gchar * stream_id);

/* Makes model the newest of that name (not NULL; "" is a name too). Takes a
 * reference. */
void gst_ss_model_store_publish (GstSsModelStore * store, const gchar * name,
    SstModel * model);

/* Forgets the model of that name, if there is one. */
void gst_ss_model_store_withdraw (GstSsModelStore * store,
    const gchar * name);

/* A number that changes with each publication of any name: cheap (atomic), to be
 * looked at every frame. */
guint gst_ss_model_store_serial (GstSsModelStore * store);

/* The newest model of that name, a new reference; NULL where there is none. */
SstModel *gst_ss_model_store_get (GstSsModelStore * store, const gchar * name);

G_END_DECLS
