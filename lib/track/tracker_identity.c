/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/tracker_identity.h"

#include "track/tracker_private.h"

const SstGallery *
sst_tracker_gallery (const SstTracker * tracker, const char **model)
{
  if (tracker->matcher == NULL || !tracker->trusted)
    return NULL;
  *model = g_intern_string (sst_weights_get_checksum (sst_model_weights
          (sst_matcher_model (tracker->matcher))));
  return tracker->gallery;
}

const float *
sst_tracker_portrait (const SstTracker * tracker, guint * length,
    gboolean * sure)
{
  if (!tracker->drawn)
    return NULL;
  *length = (guint) sst_matcher_portrait_length (tracker->matcher);
  *sure = tracker->drawn_surely;
  return sst_matcher_portrait (tracker->matcher);
}
