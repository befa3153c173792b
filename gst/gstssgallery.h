/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Galleries by name: where trackers of a process share what their targets looked
 * like.
 *
 * A gallery lives as long as somebody takes part in it. Nothing of it is ever
 * written, and nothing leaves the process.
 *
 * Thread-safety: everything may be called from any thread. */

#pragma once

#include <gst/gst.h>
#include <sstrack/album.h>
#include <sstrack/targets.h>

G_BEGIN_DECLS

/* The gallery of that name, made where nobody has it; NULL and "": one that nobody else
 * gets. Goes back by gst_ss_gallery_leave(). */
SstAlbum *gst_ss_gallery_join (const gchar * name);

/* Takes *album back, with the name it was joined by, and sets it to NULL. *album may
 * be NULL. */
void gst_ss_gallery_leave (const gchar * name, SstAlbum ** album);

/* Sightings as a structure "sstracker/similar", with a GstValueList "targets" of
 * structures "target": "id" (guint64), "source" (string), "similarity" (double). */
GstStructure *gst_ss_gallery_describe (const SstSighting * sightings,
    guint n);

/* Adds what a target was seen as: "seen-as" (guint64), "seen-as-source" (string),
 * "similarity" (double); nothing where it was not seen before. */
void gst_ss_gallery_set_fields (GstStructure * structure,
    const SstTarget * target);

/* Adds the target's portrait, if it has one in this frame: "embedding" (GstBuffer,
 * floats of 32 bits in the machine's order, together of length 1). */
void gst_ss_gallery_set_embedding (GstStructure * structure,
    const SstTarget * target);

G_END_DECLS
