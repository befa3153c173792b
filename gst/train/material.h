/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Material (of sstrack-train): pictures of files or of a store, and models. */

#pragma once

#include <sstrack/model.h>
#include "footage/store.h"

/* What footage is made of. */
typedef struct
{
  guint n_clips[3];             /* by SstClipKind */
  gdouble seconds;              /* length of the videos */
} Contents;

/* Counts clips and photographs of footage. */
void count_contents (const SstFootage * footage, Contents * contents);

/* Reads the files that the store has not got. */
gboolean fill_store (GError ** error);

/* What to learn from: of the store, or read into memory. */
SstFootage *get_footage (GError ** error);

/* Footage of a single file or folder, read into memory. */
SstFootage *read_footage_of (const gchar * path, GError ** error);

/* Prints the contents of the store. */
gboolean list_store (GError ** error);

/* Names the footage, to notice when a run is resumed with another one. */
gchar *footage_checksum (const SstFootage * footage);

/* A model by file or as "builtin"; random weights for NULL. */
SstModel *get_model (const gchar * name, GError ** error);

/* The first rank's model, for all of them; takes over the reference, NULL on the
 * others. NULL with error. All ranks. */
SstModel *share_model (SstModel * model, GError ** error);

/* Prints the contents of the model that --info names. */
gboolean show_info (GError ** error);
