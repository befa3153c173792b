/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Version (of sstrack-train): the name and version of this program. */

#pragma once

#include <glib.h>

/* The version with its commit; free it. */
gchar *make_version (void);
