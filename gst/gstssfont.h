/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* A tiny bitmap font: capital letters, digits and the commonest signs. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define GST_SS_FONT_WIDTH 5
#define GST_SS_FONT_HEIGHT 7
/* GST_SS_FONT_HEIGHT rows from the top, a pixel a bit, the rightmost in bit 0.
 * Small letters look like capital ones; characters that are missing look like
 * "?". */
const guint8 *gst_ss_font_glyph (gunichar c);

G_END_DECLS
