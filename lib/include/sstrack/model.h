/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Model: a network with its parameters, and the tone with which it sees pictures,
 * ready for use.
 *
 * Immutable and reference-counted: a snapshot that any number of trackers share
 * while the next one is being trained. Its parameters are folded once
 * (sst_network_fold()), when it is made.
 *
 * Thread-safety: references may be taken and dropped anywhere, and everything
 * else only reads. */

#pragma once

#include <sstrack/api.h>
#include <sstrack/tone.h>
#include <sstrack/weights.h>

G_BEGIN_DECLS

typedef struct _SstModel SstModel;

/* The model that the library ships with. A process has one, which stays until the
 * process ends; each call returns a new reference to it. NULL where the library was
 * built without a model. */
SST_API SstModel *sst_model_builtin (void);

/* Reads and checks a weights file (weights.h): a whole model, or the difference of
 * one to the built-in model. While a process has a model of the same checksum it is
 * that one, a reference more. NULL with error (domain SST_WEIGHTS_ERROR or
 * G_FILE_ERROR) where the file is damaged, has an architecture that this version
 * does not know, or is a difference to another model than the built-in one. */
SST_API SstModel *sst_model_load (const char *path, GError ** error);

/* Writes a model as sst_weights_save() does. One that was learned from the built-in
 * model, which its metadata say ("base", the checksum of that), is written as
 * what differs: a small file, which needs this built-in model to be loaded. All
 * others are written whole. */
SST_API gboolean sst_model_save (const SstModel * model, const char *path,
    GError ** error);

/* Makes a model of weights already in memory; it takes a reference of its own. */
SST_API SstModel *sst_model_new_from_weights (SstWeights * weights,
    GError ** error);

/* A model with the same parameters and metadata that sees pictures with another
 * tone (a valid one; NULL: as they are). The two share their memory. In a file the
 * tone is one more tensor, "tone", of SST_TONE_N_VALUES values, where it is not neutral. */
SST_API SstModel *sst_model_new_with_tone (const SstModel * model,
    const SstTone * tone);

SST_API SstModel *sst_model_ref (SstModel * model);
/* NULL is ignored. */
SST_API void sst_model_unref (SstModel * model);

/* The tone with which the model sees pictures (SstFrame.tone); NULL: as they are.
 * It belongs to the model. */
SST_API const SstTone *sst_model_tone (const SstModel * model);

/* The cost of looking for a target in one region, whatever the machine: the number
 * of multiplications, each with an addition, of the network's convolutions done
 * plainly and of the comparison with the template. */
SST_API guint64 sst_model_operations (const SstModel * model);

/* Its weights, with their metadata and checksum; they belong to the model. */
SST_API SstWeights *sst_model_weights (const SstModel * model);

G_END_DECLS
