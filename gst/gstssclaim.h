/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Claims: the things of a process that only one element should use, such as a
 * file that is written to. A claim stops nobody; it tells the second that there
 * is a first.
 *
 * Thread-safety: everything may be called from any thread. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Notes that owner uses what key names. Returns whether nobody else does; who has the
 * same party (NULL: none) is nobody else. The same claim twice is one. */
gboolean gst_ss_claim (gconstpointer owner, gconstpointer party,
    const gchar * key);

/* Takes that back; key NULL: all claims of the owner. */
void gst_ss_unclaim (gconstpointer owner, const gchar * key);

G_END_DECLS
