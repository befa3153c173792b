/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Reader: video files and photographs as footage for training, in memory or in a
 * store.
 *
 * Whatever decodebin decodes, from files and folders (with all below them):
 *
 *   - A video becomes a clip: its first video stream, one picture every
 *     1 / frame_rate seconds or less often. It becomes several where its
 *     picture changes size, or where stretches had to be left out (below).
 *   - A photograph, that is a file with one picture, becomes a clip of one. Its
 *     alpha, if it has any that is not opaque everywhere, is kept: a cut-out.
 *   - What is no media, or broken from the start, is skipped with a warning; of
 *     a file that breaks later, the pictures before the break count.
 *
 * Which files are opened, and in which order, says files.h. The same files and
 * parameters give the same footage.
 *
 * In memory: kept pictures fit into params.memory; reading may need half as much
 * on top. Pictures that do not fit are thinned out where most are: the longest
 * videos and the folders with the most photographs lose every other picture, and
 * again as often as it takes. A video that came down to a quarter of its rate
 * keeps it (motion has to stay followable) and loses every other stretch of ten
 * seconds instead. */

#pragma once

#include <gst/gst.h>

#include "footage/store.h"

#include "files.h"

G_BEGIN_DECLS

#define GST_SS_READER_FRAME_RATE 15.0
#define GST_SS_READER_MAX_SIDE 640
#define GST_SS_READER_SHORT_SIDE 360

typedef struct
{
  gdouble frame_rate;           /* pictures a second, at most */
  gint max_side;                /* longer side of a kept picture, pixels;
                                 * 0: as it is; in memory */
  gint short_side;              /* shorter side, 0: as it is; in a store */
  guint64 memory;               /* bytes of kept pictures, at most; in memory */
  guint n_pipelines;            /* files decoded at a time, 1 or more; in
                                 * memory */

  /* Both are called in the thread that reads, and may be NULL. */
  void (*progress) (guint n_done, guint n_files, guint64 bytes, gpointer data);
  GstSsWarning warning;
  gpointer data;

  /* Which files are read; NULL: all. Files are named and ordered as if all were. */
  GstSsWants wants;
  gpointer wants_data;
} GstSsReaderParams;

typedef struct
{
  guint n_files;                /* opened */
  guint n_skipped;              /* of these, without a picture */
  guint n_known;                /* not opened: in the store already */
  guint n_videos, n_photographs;        /* that were read, cut-outs with the
                                         * photographs */
  guint n_pictures;
  gdouble seconds;              /* length of the videos */
  guint64 bytes;
  gboolean thinned;             /* more than params.memory was there */
} GstSsReaderSummary;

/* Rate and sides as above, two pipelines, and half of the machine's memory but
 * not more than 6 GB. */
void gst_ss_reader_params_init (GstSsReaderParams * params);

/* Reads files and folders (NULL-terminated list of paths). summary may be NULL.
 *
 * Returns NULL and sets error (domain GST_RESOURCE_ERROR) if a path does not
 * exist or can not be listed, or no picture was found at all. */
SstFootage *gst_ss_reader_read (const gchar * const *paths,
    const GstSsReaderParams * params, GstSsReaderSummary * summary,
    GError ** error);

/* Reads those of the files that are not in a writable store into it, one after
 * the other, nothing is thinned. A file that has another size or time than when
 * it was read is warned of, and stays as it was; the rights of a file come from
 * the table beside it (footage/rights.h), which is the one text that is opened.
 * Files that were read before an error are in the store.
 *
 * Returns FALSE and sets error if a path does not exist or can not be listed
 * (GST_RESOURCE_ERROR), or the store can not be written (G_FILE_ERROR). */
gboolean gst_ss_reader_fill (SstStore * store, const gchar * const *paths,
    const GstSsReaderParams * params, GstSsReaderSummary * summary,
    GError ** error);

G_END_DECLS
