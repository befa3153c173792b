/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Time: a point in time or a length of it, by the caller's clock. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Nanoseconds. */
typedef guint64 SstTime;
#define SST_SECOND G_GUINT64_CONSTANT (1000000000)

G_END_DECLS
