/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Tracker, for sets of targets (internal): the appearance of its target.
 *
 * Thread-safety: belongs to the thread that the tracker belongs to. */

#pragma once

#include <sstrack/tracker.h>

#include "track/gallery.h"

G_BEGIN_DECLS

/* The portraits of the target; NULL where there is no network that could say.
 * model: interned checksum of the weights that the portraits are of. */
const SstGallery *sst_tracker_gallery (const SstTracker * tracker,
    const char **model);

/* The target's portrait, *length values, if one was drawn in the last
 * frame: in its first one, and then in about every fifth of those that are worth
 * learning from. NULL: none was. Valid until the next call of another function.
 * sure: as sure as the portraits that go into the gallery. */
const float *sst_tracker_portrait (const SstTracker * tracker, guint * length,
    gboolean * sure);

G_END_DECLS
