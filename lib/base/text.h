/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Text files that others wrote: lists of tracklets, the state of a run. Whether
 * it is a regular file is looked at before it is read. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The text of a regular file of at most max_size bytes, a zero behind it; free
 * it. NULL with a G_FILE_ERROR that names the file where there is none, it can't
 * be read, is too large, or no regular file: a FIFO without a writer or a device
 * without an end is never waited for. size (may be NULL): bytes of the text,
 * without that zero; it may have zeros of its own. Any thread. */
char *sst_text_read (const char *path, gsize max_size, gsize *size,
    GError **error);

/* Undoes g_strescape(); free the result. NULL where no name is escaped like
 * that: it ends in a lone backslash. Any thread. */
char *sst_text_unescape (const char *text);

G_END_DECLS
