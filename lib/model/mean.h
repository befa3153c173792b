/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Mean (internal): several models that were learned from one base as a single one.
 *
 * The mean of weights that were fine-tuned from the same start lies in the same
 * basin, and mostly does what each of them does (Wortsman et al., "Model soups",
 * 2022; of clients that keep their data, McMahan et al., "Communication-efficient
 * learning of deep networks from decentralized data", 2017). Mostly: whether it does
 * has to be asked (stream/jury.h).
 *
 * Thread-safety: a pure function. */

#pragma once

#include "model/model_private.h"

G_BEGIN_DECLS

/* The mean of the parameters of n models, 1 or more, each of which was learned from
 * base, as its metadata say ("base" of what was learned in a place, "from" of what
 * sstrack-train made of a model), or is base. It has the tone of base: a camera's own
 * tone is of no use to others. Its metadata name the base and what was merged.
 * names: of the models, for messages. metadata: more lines, or NULL.
 * NULL with error: SST_WEIGHTS_ERROR_BASE where one is of another base,
 * SST_WEIGHTS_ERROR_ARCHITECTURE where it is of another architecture. */
SstModel *sst_model_mean (SstModel * base, SstModel * const *models,
    const char *const *names, guint n, const char *metadata, GError ** error);

G_END_DECLS
