/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Difference (internal): weights as the values that differ from their base.
 *
 * A file (weights.h) whose architecture is "difference-1 " and that of the base, and
 * which holds only the tensors that are not the base's to the bit, each whole, and
 * "tone" where the base has none. Its metadata are those of the weights, among which
 * "base" names the base by its checksum. A model that learned at one place so takes
 * a hundredth of the file, and the base is still there to go back to.
 *
 * Nothing of a difference is trusted: another base than the one named, a tensor that
 * the base has not got, and one of another shape are refused.
 *
 * Thread-safety: pure functions. */

#pragma once

#include <sstrack/weights.h>

G_BEGIN_DECLS

/* Whether these weights are a difference. */
gboolean sst_difference_is_one (const SstWeights * weights);

/* The checksum of the model that weights were learned from: the metadata's "base",
 * or their own checksum where they name none. Free with g_free(). */
char *sst_difference_dup_base (const SstWeights * weights);

/* The values of weights that differ from base, which has to be the one that they
 * name; of weights that are base, the first tensor. NULL with error
 * (SST_WEIGHTS_ERROR_BASE) where they are of another base or architecture, or the
 * base has a tensor that they have not got. */
SstWeights *sst_difference_new (const SstWeights * weights,
    const SstWeights * base, GError ** error);

/* The weights that a difference was made of, to the byte. NULL with error where
 * it is no difference to base. */
SstWeights *sst_difference_apply (const SstWeights * difference,
    const SstWeights * base, GError ** error);

G_END_DECLS
