/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Overlay: draws targets into a picture, in whatever format it has.
 *
 * A target has one colour, by its id, from its start to its end. The line tells
 * the state: whole while the target is tracked, dashed while that is uncertain or
 * nothing was seen in the frame, dotted when it is lost. A label says "#3 CAR
 * 93%", or "#3 CAR LOST", as near to its box as others leave room. */

#pragma once

#include <gst/video/video.h>
#include <sstrack/targets.h>

#include "gstsseffect.h"

G_BEGIN_DECLS

typedef struct
{
  guint thickness;              /* of lines, pixels; 0: by the height */
  gboolean labels;
} GstSsOverlayStyle;

/* Draws into a frame that is mapped for reading and writing. Boxes may be
 * anywhere and of any size; lines outside the picture are cut. A target that
 * has a mask is tinted and outlined in its box's colour; its points are squares, hollow
 * where they are not seen. effect: memory to work
 * in. */
void gst_ss_overlay_draw (GstVideoFrame * frame,
    const GstSsOverlayStyle * style, GstSsEffect * effect,
    const SstTarget * targets, guint n_targets);

/* Draws the box that a pointer drags: dashed, white. */
void gst_ss_overlay_draw_drag (GstVideoFrame * frame,
    const GstSsOverlayStyle * style, const SstBox * box);

G_END_DECLS
