/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* A mapped GstVideoFrame as the library's view of a picture. */

#pragma once

#include <gst/video/video.h>
#include <sstrack/frame.h>

G_BEGIN_DECLS

/* The formats of the element's pads, as in caps. */
#define GST_SS_FRAME_FORMATS "{ NV12, NV21, I420, YV12, YUY2, UYVY, GRAY8, " \
    "RGB, BGR, RGBx, BGRx, xRGB, xBGR, RGBA, BGRA, ARGB, ABGR, " \
    "P010_10LE, I420_10LE, NV12_10LE32 }"
#define GST_SS_FRAME_FIELDS ", format = (string) " GST_SS_FRAME_FORMATS ", " \
    "width = (int) [ 1, 32768 ], height = (int) [ 1, 32768 ], " \
    "framerate = (fraction) [ 0/1, 2147483647/1 ]"

/* The caps of their templates: the memory of a hardware decoder or a camera is
 * mapped where it lies, see gst_ss_frame_explain_memory(). */
#define GST_SS_FRAME_CAPS "video/x-raw" GST_SS_FRAME_FIELDS "; " \
    "video/x-raw(memory:VAMemory)" GST_SS_FRAME_FIELDS "; " \
    "video/x-raw(memory:DMABuf)" GST_SS_FRAME_FIELDS

/* SST_FORMAT_UNKNOWN for a format that is not among them. */
SstFormat gst_ss_format_from_video (GstVideoFormat format);

/* For propose_allocation of an element that passes its buffers on: takes the
 * layouts that the element does not read out of downstream's answer, once the
 * base class has it: pictures that are a part of their buffer
 * (GstVideoCropMeta). */
void gst_ss_frame_limit_allocation (GstQuery * query);

/* Fills view from frame; no pixel is copied, so view lives as long as frame
 * stays mapped. Both fields of an interlaced picture are seen woven together.
 *
 * Returns FALSE where the library can not read the frame. */
gboolean gst_ss_frame_from_video (const GstVideoFrame * frame, SstFrame * view);

/* Maps a buffer under caps, which info stands for, and fills view with the
 * picture that the caps speak of. A video meta may say that there is more, as
 * decoders do that work in whole blocks: the caps' size, from the left top
 * corner, is what counts, in frame, too.
 * flags: GST_MAP_READ or GST_MAP_READWRITE; buffer has to outlive frame.
 *
 * Returns FALSE where that can not be done; then nothing is mapped. */
gboolean gst_ss_frame_map (const GstVideoInfo * info, GstBuffer * buffer,
    GstMapFlags flags, GstVideoFrame * frame, SstFrame * view);

/* First byte of a component of a mapped frame. Of more than 8 bits, the offset
 * that formats have within a plane is of samples in some versions of GStreamer, of
 * bytes in others, so that it is not asked for. Of NV12_10LE32, of its plane. */
guint8 *gst_ss_frame_component_data (const GstVideoFrame * frame, guint c);

/* Why gst_ss_frame_map() failed for reading, where that is so for every frame:
 * the buffer's memory can not be mapped at all. Names the memory, and the
 * element that brings it into the computer's; the caller frees it. NULL where it
 * can be mapped. */
gchar *gst_ss_frame_explain_memory (GstBuffer * buffer);

/* From now on element posts an error that names the converter where caps arrive at
 * its pad sink that only a device can read, which negotiation refuses without a
 * word, and once a warning where somebody who has no others asks whether they may.
 * element has to outlive the pad. */
void gst_ss_frame_watch_caps (GstElement * element, GstPad * sink);

G_END_DECLS
