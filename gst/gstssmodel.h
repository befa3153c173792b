/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* The properties "model" and "max-operations" of the elements. */

#pragma once

#include <gst/gst.h>
#include <sstrack/model.h>

G_BEGIN_DECLS

/* Multiplications that a search of a network may cost: three times those of the
 * model that is built in, some 15 ms of a core of 2023. */
#define GST_SS_DEFAULT_MAX_OPERATIONS ((guint64) 1000000000)
/* Loads the file of weights at location, or takes the built-in model where that
 * is NULL or "". *model is NULL where there is none built in. A file may come
 * from anywhere: one whose search costs more than max_operations (0: any) of
 * sst_model_operations() can't be used.
 *
 * Returns FALSE, with *model NULL, where the file can't be used; an error is
 * posted then that says why, and names the other values of the property:
 * alternative is the end of its sentence, as in "or leave it unset". Call it
 * without holding the object lock. */
gboolean gst_ss_model_load (GstElement * element, const gchar * location,
    guint64 max_operations, const gchar * alternative, SstModel ** model);

G_END_DECLS
