/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Pace (internal). */

#pragma once

#include <sstrack/pace.h>

G_BEGIN_DECLS

/* Whether sst_pace_stop() was called and nobody resumed it since. Thread-safe,
 * without a lock. */
gboolean sst_pace_is_stopped (const SstPace * pace);

G_END_DECLS
