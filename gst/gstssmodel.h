/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* The property "model" of the elements. */

#pragma once

#include <gst/gst.h>
#include <sstrack/model.h>

G_BEGIN_DECLS
/* Loads the file of weights at location, or takes the built-in model where that
 * is NULL or "". *model is NULL where there is none built in.
 *
 * Returns FALSE, with *model NULL, where the file can't be used; an error is
 * posted then that says why, and what else the property may be set to:
 * alternative is the end of its sentence, as in "or leave it unset". Call it
 * without holding the object lock. */
gboolean gst_ss_model_load (GstElement * element, const gchar * location,
    const gchar * alternative, SstModel ** model);

G_END_DECLS
