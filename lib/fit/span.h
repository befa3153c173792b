/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Span (internal): a run of parameters. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  size_t first, n;
} SstSpan;

G_END_DECLS
