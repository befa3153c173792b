/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* A target as a GstStructure: the structure that messages and metadata are made
 * of.
 *
 *   id           guint64   never used twice in a run, from 1
 *   label        string    "" where it has none
 *   state        string    "tracking", "uncertain", "lost" or "ended"
 *   event        string    what happened in this frame: "started", "lost",
 *                          "recovered", "ended"; mostly ""
 *   confidence   double    0 to 1: how probably the box is on the target
 *   x, y, width, height
 *                double    the box in pixels of the picture, which it may
 *                          reach out of; in state lost the last one seen
 *   velocity-x, velocity-y
 *                double    pixels a second, without the camera's own motion
 *   predicted    boolean   nothing was seen in this frame: the box is a guess
 *   first-seen, last-seen
 *                guint64   running time, nanoseconds; first-seen never
 *                          changes, last-seen is not before it
 *   seen-as      guint64   only where it looks like an earlier target: that one's
 *                          id, or that of another tracker that shares the
 *                          gallery
 *   seen-as-source
 *                string    the name of the element that followed that one
 *   similarity   double    how much they look alike, 0 to 1 */

#pragma once

#include <gst/gst.h>
#include <sstrack/targets.h>

#include "gstssmask.h"

G_BEGIN_DECLS

/* The fields that a list of targets has beside these. */
typedef struct
{
  GstSsMaskPart mask;           /* the part of their masks (gstssmask.h) */
  gint width, height;           /* of the picture */
  gboolean embedding;           /* their portraits (gstssgallery.h) */
} GstSsTargetParts;

/* Makes a structure of that name with the fields above. */
    GstStructure * gst_ss_target_to_structure (const SstTarget * target,
    const gchar * name);

/* Sets a field of structure to a GstValueList of structures named "target". */
void gst_ss_targets_set_list (GstStructure * structure, const gchar * field,
    const SstTarget * targets, guint n_targets, const GstSsTargetParts * parts);

/* The label as a quark for others' metadata, "object" where it is empty. */
GQuark gst_ss_target_label_quark (const SstTarget * target);

/* The part of the target's box that lies in the picture, in whole pixels.
 * Returns FALSE if none does. */
gboolean gst_ss_target_clip (const SstTarget * target, gint width, gint height,
    gint * x, gint * y, gint * w, gint * h);

G_END_DECLS
