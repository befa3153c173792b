/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* The half of a model (internal) that knows its network. */

#pragma once

#include <sstrack/model.h>

#include "model/network.h"

G_BEGIN_DECLS

/* Makes a model of sst_network_n_parameters() parameters, which are copied. NULL
 * with error where the configuration is out of range or a parameter is not
 * finite.
 *
 * tone: to see pictures with, valid; NULL: as they are.
 * metadata: lines of "key=value" for the file, where the model came from; or
 *     NULL. */
SstModel *sst_model_new (const SstNetworkConfig * config,
    const float *parameters, const SstTone * tone, const char *metadata,
    GError ** error);

/* Random parameters: a network that has learned nothing. */
SstModel *sst_model_new_random (const SstNetworkConfig * config, guint64 seed,
    GError ** error);

const SstNetwork *sst_model_network (const SstModel * model);

/* For sst_network_template() and sst_network_search(), not for training. */
const float *sst_model_kernels (const SstModel * model);

/* Its parameters in the network's order, copied to parameters. */
void sst_model_get_parameters (const SstModel * model, float *parameters);

G_END_DECLS
