/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Effects: blurs and darkens the picture by where the targets are, in every format
 * that the element takes.
 *
 *   blur-others   everything but the targets is blurred beyond recognition
 *   blur-targets  the targets are
 *   spotlight     everything but the targets is dark and almost grey
 *
 * A target is what its mask says; its whole box where it has none. Where something
 * is to be hidden, pixels in doubt are hidden: blur-targets takes a margin around
 * the mask, and the whole box, larger by a half, of a target that was not seen in
 * this frame; blur-others shows no target that was not seen.
 *
 * Blurred is by two running means of a twelfth of the picture's height, of each
 * component on its own. */

#pragma once

#include <gst/video/video.h>
#include <sstrack/targets.h>

G_BEGIN_DECLS

typedef enum
{
  GST_SS_EFFECT_NONE,
  GST_SS_EFFECT_BLUR_OTHERS,
  GST_SS_EFFECT_BLUR_TARGETS,
  GST_SS_EFFECT_SPOTLIGHT,
} GstSsEffectKind;

#define GST_TYPE_SS_EFFECT_KIND (gst_ss_effect_kind_get_type ())
GType gst_ss_effect_kind_get_type (void);

/* Memory to work in, which grows to the largest picture. Belongs to one thread at
 * a time. */
typedef struct _GstSsEffect GstSsEffect;

GstSsEffect *gst_ss_effect_new (void);

/* Frees *effect and sets it to NULL. *effect may be NULL. */
void gst_ss_effect_free (GstSsEffect ** effect);

/* Applies an effect to a frame that is mapped for reading and writing. Without
 * targets blur-others and spotlight take the whole picture. */
void gst_ss_effect_apply (GstSsEffect * effect, GstVideoFrame * frame,
    GstSsEffectKind kind, const SstTarget * targets, guint n_targets);

/* Tints the pixels of a target by a colour (components as the frame's, of as
 * many bits as they have), a third of the way, and draws a mask's outline with it,
 * thickness pixels wide. Nothing happens without a mask. */
void gst_ss_effect_tint (GstSsEffect * effect, GstVideoFrame * frame,
    const SstTarget * target, const guint16 color[3], gint thickness);

G_END_DECLS
