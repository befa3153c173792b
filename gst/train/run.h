/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Run (of sstrack-train): training, its checkpoints, its log. */

#pragma once

#include <glib.h>

/* All that comes after the options; goes on with the run of state where that is not
 * NULL. FALSE with error, or without one where it was interrupted. */
gboolean work (GKeyFile * state, GError ** error);
