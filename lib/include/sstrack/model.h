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

/* The model that the library ships with; a new reference to the one that there
 * is in a process, which stays until its end. NULL where it was built without
 * one. */
SST_API SstModel *sst_model_builtin (void);

/* Reads and checks a weights file (weights.h): a whole model, or the difference of
 * one to the built-in model. NULL with error (domain SST_WEIGHTS_ERROR or
 * G_FILE_ERROR) where it is damaged, not of an architecture that this version
 * knows, or a difference to another model than the one built in. */
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

/* The same parameters, to see pictures with another tone (valid; NULL: as they
 * are), with the metadata of model. Shares what model computes with. In a file the
 * tone is one more tensor, "tone", of SST_TONE_N_VALUES values, where it is not neutral. */
SST_API SstModel *sst_model_new_with_tone (const SstModel * model,
    const SstTone * tone);

SST_API SstModel *sst_model_ref (SstModel * model);
/* NULL is ignored. */
SST_API void sst_model_unref (SstModel * model);

/* The tone to see pictures with (SstFrame.tone); NULL: as they are. It belongs to
 * the model. */
SST_API const SstTone *sst_model_tone (const SstModel * model);

/* What looking for a target in a region costs, whatever the machine:
 * multiplications, each with an addition, of the network's convolutions done
 * plainly and of the comparison with the template. */
SST_API guint64 sst_model_operations (const SstModel * model);

/* Its weights, with their metadata and checksum; they belong to the model. */
SST_API SstWeights *sst_model_weights (const SstModel * model);

G_END_DECLS
