/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Frame: a borrowed view of one picture, in the format it arrived in.
 *
 * A view owns nothing: the planes belong to the caller and have to stay valid
 * and unchanged until the call returns that was given the view. Nothing is
 * converted or copied; the sampler (sampler.h) reads just the pixels that a
 * region needs.
 *
 * Thread-safety: views are plain values; all functions are pure. */

#pragma once

#include <stddef.h>

#include <sstrack/api.h>
#include <sstrack/tone.h>

G_BEGIN_DECLS

/* Layouts. Of each sample 8 bits are read. Where a format has alpha or
 * padding ("X"), it is ignored, so RGBX serves for RGBA too, XBGR for ABGR, and
 * so on. */
typedef enum
{
  SST_FORMAT_UNKNOWN = 0,
  SST_FORMAT_I420,              /* planes Y, U, V; chroma halved both ways */
  SST_FORMAT_YV12,              /* planes Y, V, U */
  SST_FORMAT_NV12,              /* planes Y, UV interleaved */
  SST_FORMAT_NV21,              /* planes Y, VU interleaved */
  SST_FORMAT_YUY2,              /* Y U Y V; chroma halved horizontally */
  SST_FORMAT_UYVY,              /* U Y V Y */
  SST_FORMAT_GRAY8,
  SST_FORMAT_RGB,
  SST_FORMAT_BGR,
  SST_FORMAT_RGBX,
  SST_FORMAT_BGRX,
  SST_FORMAT_XRGB,
  SST_FORMAT_XBGR,
  SST_FORMAT_P010,              /* as NV12, of 16 bits, little endian, of which
                                 * the high 8 are read */
  SST_FORMAT_I420_10,           /* as I420, of 16 bits, little endian, whose low
                                 * 10 are the sample (GStreamer's I420_10LE) */
  SST_FORMAT_NV12_10_32,        /* as NV12, three samples of 10 bits in each 32,
                                 * little endian, from the low bits on; each row
                                 * of a plane begins anew (NV12_10LE32) */
} SstFormat;

/* Which R'G'B' weights make the luma of a YUV format (ignored for RGB). */
typedef enum
{
  SST_MATRIX_BT601 = 0,
  SST_MATRIX_BT709,
  SST_MATRIX_BT2020,
} SstMatrix;

typedef struct
{
  SstFormat format;
  SstMatrix matrix;             /* YUV formats only; default BT.601 */
  gboolean full_range;          /* YUV and GRAY8: 0..255 rather than 16..235;
                                 * RGB formats are always full range */
  int width, height;            /* pixels, 1..32768 each; odd sizes allowed */
  const guint8 *plane[3];       /* as many as the format has, in its order;
                                 * YV12: plane[1] is V, plane[2] is U */
  ptrdiff_t stride[3];          /* bytes from a row to the next; may exceed the
                                 * row, may be negative (picture upside down
                                 * in memory) */
  const SstTone *tone;          /* with which the picture is seen: a valid one,
                                 * which belongs to the caller; NULL (default):
                                 * the picture is seen as it is */
} SstFrame;

#define SST_FRAME_MAX_SIDE 32768

#define SST_FRAME_ERROR (sst_frame_error_quark ())
typedef enum
{
  SST_FRAME_ERROR_FORMAT,       /* no such format */
  SST_FRAME_ERROR_SIZE,         /* width or height outside 1..32768 */
  SST_FRAME_ERROR_PLANE,        /* a plane is missing or its stride too short */
} SstFrameError;

SST_API GQuark sst_frame_error_quark (void);

/* Checks that a view is usable: a known format, sides within 1..32768, every
 * plane present and every stride at least as long as its row. Every other
 * function of the library expects a view that passed.
 *
 * Returns FALSE and sets error (domain SST_FRAME_ERROR) where it is not. */
SST_API gboolean sst_frame_validate (const SstFrame * frame, GError ** error);

/* Number of planes of a format, 0 for SST_FORMAT_UNKNOWN or no format. */
SST_API int sst_format_n_planes (SstFormat format);

/* Whether the format carries colour (all but GRAY8). */
SST_API gboolean sst_format_has_color (SstFormat format);

/* Whether the components are R, G, B rather than Y, Cb, Cr. */
SST_API gboolean sst_format_is_rgb (SstFormat format);

/* How samples lie in memory. */
typedef enum
{
  SST_PACKING_BYTES = 0,        /* a byte each */
  SST_PACKING_LOW_BITS,         /* the low 10 of 16 bits, little endian */
  SST_PACKING_WORDS,            /* three of 10 in 32 bits, little endian */
} SstPacking;

/* One component of a picture as a strided plane. */
typedef struct
{
  SstPacking packing;
  const guint8 *data;           /* its first sample; with SST_PACKING_WORDS the
                                 * first word of the plane */
  int first;                    /* SST_PACKING_WORDS: sample of the row that is
                                 * the component's first, 0 or 1; else 0 */
  ptrdiff_t stride;             /* bytes between rows */
  int step;                     /* bytes between neighbours in a row, 1..4; with
                                 * SST_PACKING_WORDS samples, 1 or 2 */
  int width, height;            /* of the component: chroma rounded up, but with
                                 * SST_PACKING_WORDS to what the row holds */
  int x_shift, y_shift;         /* log2 of its subsampling, 0 or 1 */
} SstComponent;

/* Component 0, 1, 2 of a valid view: Y, Cb, Cr for YUV formats; R, G, B for RGB
 * formats; GRAY8 has component 0 alone. */
SST_API SstComponent sst_frame_component (const SstFrame * frame, int component);

G_END_DECLS
