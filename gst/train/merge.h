/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Merge (of sstrack-train): the models of several cameras as one for all of them. */

#pragma once

#include <glib.h>

/* All of --merge: the mean of the models among the paths, judged on the footage of
 * each camera among them, written where it holds at all of them. FALSE with error,
 * and nothing written, where it does not. */
gboolean merge_models (GError ** error);
