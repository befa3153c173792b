/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Built-in weights (internal): the model that the library was built with. */

#pragma once

#include <sstrack/weights.h>

G_BEGIN_DECLS

/* A new reference to the weights of models/default.sst, which is part of the
 * library; NULL where there was no such file as the library was configured.
 * Read once, on the first call, with the checks of any file; it stays in memory
 * from then on. A damaged one ends the process: the library is broken.
 * Thread-safety: may be called from any thread. */
SstWeights *sst_weights_builtin (void);

G_END_DECLS
