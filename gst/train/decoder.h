/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* GstSsDecoder: the pictures of a file, one after the other.
 *
 * Thread-safety: none; each thread has its own. */

#pragma once

#include <gst/app/gstappsink.h>
#include <gst/gst.h>

#include "picture/image.h"

#include "files.h"

G_BEGIN_DECLS

/* Used for one file after the other: taking it to NULL and back is much cheaper
 * than making it anew. */
typedef struct
{
  GstElement *pipeline, *source, *convert;
  GstAppSink *sink;
  GstBus *bus;
} GstSsDecoder;

/* A file on its way: its pictures at the rate that is wanted. */
typedef struct
{
  GstSsDecoder *decoder;
  guint64 interval;             /* between pictures, at least */
  GstClockTime last, kept;
  GError *error;                /* that it ended with */
} GstSsWalk;

/* Returns FALSE and sets error (GST_CORE_ERROR) if an element is missing; to be
 * cleared in either case. */
gboolean gst_ss_decoder_init (GstSsDecoder * decoder, GError ** error);
void gst_ss_decoder_clear (GstSsDecoder * decoder);

/* Begins a file. frame_rate: pictures a second, at most. */
void gst_ss_walk_start (GstSsWalk * walk, GstSsDecoder * decoder,
    const GstSsFile * file, gdouble frame_rate);

/* The next picture, of time walk->kept; NULL at the end. */
GstSample *gst_ss_walk_next (GstSsWalk * walk);

/* Ends it. n: pictures that came; errors are noted with the file. */
void gst_ss_walk_end (GstSsWalk * walk, GstSsFile * file, guint n);

/* A picture with its alpha; sides as in sst_image_new_within(). NULL where it can
 * not be mapped or its format is not known. */
SstImage *gst_ss_image_from_sample (GstSample * sample, gint max_side, gint short_side);

G_END_DECLS
