/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* GstSsTrackMeta: the targets of a frame, in full.
 *
 * A GstCustomMeta, so that C, Python and the rest read it alike:
 *
 *   meta = buffer.get_custom_meta ("GstSsTrackMeta")
 *   structure = meta.get_structure ()
 *
 * Fields of the structure:
 *
 *   version        uint      of this layout: 1
 *   source         string    name of the element that wrote it
 *   frame          guint64   number of the frame in the run, from 0
 *   running-time   guint64   of the frame, nanoseconds
 *   width, height  int       the picture that the boxes are in, pixels
 *   targets        GstValueList of GstStructure "target", sorted by id, with
 *                            the fields of gstsstarget.h, those of gstssmask.h
 *                            where it has a mask, "points" of gstsspoints.h where
 *                            it has some, and "embedding" of gstssgallery.h where
 *                            that is asked for
 *
 * A frame without targets carries none. Several trackers in a row each add
 * theirs. The meta survives conversion of the format, and follows the picture
 * when that is scaled; where an element can't say how it moved the picture
 * (cropping and flipping before GStreamer 1.28, letterboxing), the meta is
 * left behind rather than wrong.
 *
 * Receivers in another process (unixfdsrc) have to have the plugin loaded, or
 * to register the name. */

#pragma once

#include <gst/gst.h>
#include <sstrack/learner.h>
#include <sstrack/targets.h>

#include "gstsstarget.h"

G_BEGIN_DECLS

#define GST_SS_TRACK_META_NAME "GstSsTrackMeta"
#define GST_SS_TRACK_META_VERSION 1
/* Registers the meta; once is enough, more does no harm. */
void gst_ss_track_meta_register (void);

/* Adds the meta to a writable buffer. */
void gst_ss_track_meta_add (GstBuffer * buffer, const gchar * source,
    guint64 frame, GstClockTime running_time, const GstSsTargetParts * parts,
    const SstTarget * targets, guint n_targets);

/* A target as a meta lists it. */
typedef struct
{
  guint64 id;                   /* 0 where it has none */
  SstBox box;
} GstSsListed;

/* Appends what the metas of all trackers list to listed (a GArray of
 * GstSsListed). */
void gst_ss_track_meta_list (GstBuffer * buffer, GArray * listed);

/* Whether a target with about that box is listed; with id not 0, one of that
 * id. */
gboolean gst_ss_track_meta_lists (const GArray * listed, const SstBox * box,
    guint64 id);

/* Appends the targets that the metas of all trackers list to proposals (a GArray
 * of SstProposal). Their ids are made different for trackers of different
 * names. A box that is only predicted has confidence 0. */
void gst_ss_track_meta_collect (GstBuffer * buffer, GArray * proposals);

G_END_DECLS
