/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Toned (internal): a frame together with the tone with which it is seen.
 *
 * The sampler finds the tone with the frame that it samples (SstFrame.tone). That is
 * written here alone, into a copy: the frame that a caller gave, and the pictures of
 * footage, are never changed. A set of targets decides it for each of its targets
 * (targets.c); a tracker that is used by itself, for a frame without a tone, by its
 * own (tracker_look.c); footage for all of its pictures (footage.c). */

#pragma once

#include <sstrack/frame.h>

G_BEGIN_DECLS

/* The view of a frame with a tone; NULL: as it is. The tone has to outlive the
 * result. */
static inline SstFrame
sst_frame_with_tone (const SstFrame *frame, const SstTone *tone)
{
  SstFrame view = *frame;

  view.tone = tone;
  return view;
}

G_END_DECLS
