/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* GstSsModelWatch: loads a file of weights again whenever it changes.
 *
 * A thread of its own, with a main context of its own, waits for the file to be
 * replaced (as by rename) or closed by a writer, and needs nothing of the
 * application's main loop. Where the path leads through symbolic links, and on
 * network file systems, the system does not tell of all changes: once a second
 * the thread looks whether the path leads to another file or content, which it
 * takes when nothing has happened to it until the next look. */

#pragma once

#include <gio/gio.h>
#include <sstrack/model.h>

G_BEGIN_DECLS

typedef struct _GstSsModelWatch GstSsModelWatch;

/* Called in the watch's thread. model: the contents of the file now; it belongs
 * to the caller. NULL with error: it can not be used. */
typedef void (*GstSsModelWatchFunc) (SstModel * model, const GError * error,
    gpointer data);

/* Starts to watch: from the return on no change is missed. The file need not be
 * there. NULL with error where it can't be watched. */
GstSsModelWatch *gst_ss_model_watch_new (const gchar * path,
    GstSsModelWatchFunc func, gpointer data, GError ** error);

/* Stops, waits for a call that is under way, and sets *watch to NULL. *watch may
 * be NULL. Not from the function. */
void gst_ss_model_watch_free (GstSsModelWatch ** watch);

G_END_DECLS
