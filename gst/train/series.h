/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* GstSsSeries: pictures that are thinned out as one, a video or the photographs of a
 * folder, so that they fit into memory. The rate halves twice; after that every
 * other stretch of ten seconds goes, since motion has to stay followable.
 *
 * Thread-safety: none; a series belongs to one thread at a time. */

#pragma once

#include <glib.h>

#include "picture/image.h"

G_BEGIN_DECLS

typedef struct
{
  guint slot;                   /* number in its series, before thinning */
  guint file;
  guint64 time;                 /* nanoseconds */
  SstImage *image;
} GstSsPicture;

/* The unit of thinning: a video, or the photographs of a folder. */
typedef struct
{
  GArray *pictures;             /* of GstSsPicture */
  guint64 bytes;
  guint level;                  /* how often it was thinned */
  guint stretch;                /* slots of a stretch; 0: has none */
} GstSsSeries;

/* frame_rate: pictures a second; 0 for photographs, which have no stretches. */
GstSsSeries *gst_ss_series_new (gdouble frame_rate);
void gst_ss_series_free (gpointer data);

/* Whether a picture stays at a level. One that stays at a level stayed at all lower
 * ones, so a series may be thinned while it grows. */
gboolean gst_ss_series_keeps (const GstSsSeries * series, guint slot, guint level);

/* To be called before the second picture and the following ones are added: only a
 * single picture can be a cut-out. */
void gst_ss_series_drop_alpha (GstSsSeries * series, SstImage * added);

/* Takes the picture over. */
void gst_ss_series_add (GstSsSeries * series, const GstSsPicture * picture);

/* Thins a series until it is no larger than share, bytes. */
void gst_ss_series_thin (GstSsSeries * series, guint64 share);

/* Whether two neighbours of a series belong to one clip. */
gboolean gst_ss_series_joins (const GstSsSeries * series, const GstSsPicture * a,
    const GstSsPicture * b);

G_END_DECLS
