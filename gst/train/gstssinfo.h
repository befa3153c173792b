/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* The contents of a file of weights, for people. */

#pragma once

#include <sstrack/model.h>

G_BEGIN_DECLS

/* Lines "name: value" of a model: architecture, hash, its size and cost, the
 * tone that it sees with, and the run that made it, which the file says itself
 * and nobody checks. No control character of the file gets into them. Free the
 * text. Any thread. */
gchar *gst_ss_info_describe (const SstModel * model);

G_END_DECLS
