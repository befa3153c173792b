/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Rights: how a file may be used, from a table beside it.
 *
 * The table is called SOURCE.tsv: rows of cells between tabs, the first one names
 * the columns, of which "file" and "rights" count. "file" is a name in that folder,
 * or a pattern for such with * and ?; where more than one row fits, a name goes
 * before patterns and the first pattern before others. It is not trusted.
 *
 * Thread-safety: belongs to one thread at a time. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SST_RIGHTS_TABLE "SOURCE.tsv"
#define SST_RIGHTS_UNKNOWN "unknown"

typedef struct _SstRights SstRights;

/* Makes a reader of tables, which keeps what it has read. */
SstRights *sst_rights_new (void);
void sst_rights_free (SstRights ** rights);

/* The rights of a file, which belong to the reader: SST_RIGHTS_UNKNOWN where no
 * table says. */
const char *sst_rights_of (SstRights * rights, const char *path);

G_END_DECLS
