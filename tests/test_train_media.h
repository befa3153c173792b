/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Files with pictures for the tests of training. All fail the test where
 * something can't be made. */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Runs a pipeline, given as for gst_parse_launch() with %s in it for a path, to
 * its end. */
void media_run (const gchar * launch, const gchar * path);

/* A video (Motion JPEG in AVI, 30 a second) of two textured things that move
 * over a textured ground, different for each seed. */
void media_write_video (const gchar * folder, const gchar * name, int width,
    int height, int n_frames, guint seed);

/* A file of these bytes; folders in its name are made. */
void media_write (const gchar * folder, const gchar * name,
    const gchar * data, gsize size);

/* Cuts a file to a share of its size. */
void media_cut (const gchar * folder, const gchar * name, gdouble share);

/* Removes a folder with all in it. */
void media_remove (const gchar * path);

G_END_DECLS
