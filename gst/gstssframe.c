/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssframe.h"

/* Takes the name of a converter. */
#define DEVICE_LAYOUT "Frames of the layout of a device (format=DMA_DRM) can " \
    "not be read here; put %s before this element."

SstFormat
gst_ss_format_from_video (GstVideoFormat format)
{
  switch (format) {
    case GST_VIDEO_FORMAT_I420:
      return SST_FORMAT_I420;
    case GST_VIDEO_FORMAT_YV12:
      return SST_FORMAT_YV12;
    case GST_VIDEO_FORMAT_NV12:
      return SST_FORMAT_NV12;
    case GST_VIDEO_FORMAT_NV21:
      return SST_FORMAT_NV21;
    case GST_VIDEO_FORMAT_YUY2:
      return SST_FORMAT_YUY2;
    case GST_VIDEO_FORMAT_UYVY:
      return SST_FORMAT_UYVY;
    case GST_VIDEO_FORMAT_GRAY8:
      return SST_FORMAT_GRAY8;
    case GST_VIDEO_FORMAT_RGB:
      return SST_FORMAT_RGB;
    case GST_VIDEO_FORMAT_BGR:
      return SST_FORMAT_BGR;
    case GST_VIDEO_FORMAT_RGBx:
    case GST_VIDEO_FORMAT_RGBA:
      return SST_FORMAT_RGBX;
    case GST_VIDEO_FORMAT_BGRx:
    case GST_VIDEO_FORMAT_BGRA:
      return SST_FORMAT_BGRX;
    case GST_VIDEO_FORMAT_xRGB:
    case GST_VIDEO_FORMAT_ARGB:
      return SST_FORMAT_XRGB;
    case GST_VIDEO_FORMAT_xBGR:
    case GST_VIDEO_FORMAT_ABGR:
      return SST_FORMAT_XBGR;
    case GST_VIDEO_FORMAT_P010_10LE:
      return SST_FORMAT_P010;
    case GST_VIDEO_FORMAT_I420_10LE:
      return SST_FORMAT_I420_10;
    case GST_VIDEO_FORMAT_NV12_10LE32:
      return SST_FORMAT_NV12_10_32;
    default:
      return SST_FORMAT_UNKNOWN;
  }
}

static SstMatrix
matrix_from_video (GstVideoColorMatrix matrix)
{
  switch (matrix) {
    case GST_VIDEO_COLOR_MATRIX_BT709:
      return SST_MATRIX_BT709;
    case GST_VIDEO_COLOR_MATRIX_BT2020:
      return SST_MATRIX_BT2020;
    default:
      return SST_MATRIX_BT601;
  }
}

void
gst_ss_frame_limit_allocation (GstQuery * query)
{
  guint i;

  if (gst_query_find_allocation_meta (query, GST_VIDEO_CROP_META_API_TYPE, &i))
    gst_query_remove_nth_allocation_meta (query, i);
}

gboolean
gst_ss_frame_from_video (const GstVideoFrame * frame, SstFrame * view)
{
  const GstVideoColorimetry *colorimetry = &frame->info.colorimetry;

  *view = (SstFrame) {
    .format = gst_ss_format_from_video (GST_VIDEO_FRAME_FORMAT (frame)),
    .matrix = matrix_from_video (colorimetry->matrix),
    .full_range = colorimetry->range == GST_VIDEO_COLOR_RANGE_0_255,
    .width = GST_VIDEO_FRAME_WIDTH (frame),
    .height = GST_VIDEO_FRAME_HEIGHT (frame),
  };

  for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES (frame) && i < 3; i++) {
    view->plane[i] = GST_VIDEO_FRAME_PLANE_DATA (frame, i);
    view->stride[i] = GST_VIDEO_FRAME_PLANE_STRIDE (frame, i);
  }

  return sst_frame_validate (view, NULL);
}

gboolean
gst_ss_frame_map (const GstVideoInfo * info, GstBuffer * buffer,
    GstMapFlags flags, GstVideoFrame * frame, SstFrame * view)
{
  GstVideoInfo *mapped = &frame->info;

  if (!gst_video_frame_map (frame, info, buffer,
          flags | GST_VIDEO_FRAME_MAP_FLAG_NO_REF))
    return FALSE;
  if (GST_VIDEO_INFO_WIDTH (mapped) >= GST_VIDEO_INFO_WIDTH (info)
      && GST_VIDEO_INFO_HEIGHT (mapped) >= GST_VIDEO_INFO_HEIGHT (info)) {
    GST_VIDEO_INFO_WIDTH (mapped) = GST_VIDEO_INFO_WIDTH (info);
    GST_VIDEO_INFO_HEIGHT (mapped) = GST_VIDEO_INFO_HEIGHT (info);
    if (gst_ss_frame_from_video (frame, view))
      return TRUE;
  }
  gst_video_frame_unmap (frame);
  return FALSE;
}

guint8 *
gst_ss_frame_component_data (const GstVideoFrame * frame, guint c)
{
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  const guint plane = GST_VIDEO_FORMAT_INFO_PLANE (finfo, c);

  if (GST_VIDEO_FORMAT_INFO_DEPTH (finfo, c) == 8)
    return GST_VIDEO_FRAME_COMP_DATA (frame, c);
  return (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, plane)
      + (GST_VIDEO_FRAME_FORMAT (frame) == GST_VIDEO_FORMAT_P010_10LE && c == 2
      ? 2 : 0);
}

/* What brings the memory of some allocators into the computer's. */
static const gchar *
memory_converter (const gchar * type)
{
  static const gchar *const converters[][2] = {
    {"VAMemory", "vapostproc ! video/x-raw"},
    {"dmabuf", "vapostproc ! video/x-raw"},
    {"gst.gl.", "gldownload"},
    {"gst.cuda.", "cudadownload"},
    {"NVMM", "nvvideoconvert ! video/x-raw"},
    {"gst.vulkan.", "vulkandownload"},
    {"D3D11Memory", "d3d11download"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (converters); i++) {
    if (g_str_has_prefix (type, converters[i][0]))
      return converters[i][1];
  }
  return "the download element of its plugin";
}

gchar *
gst_ss_frame_explain_memory (GstBuffer * buffer)
{
  for (guint i = 0; i < gst_buffer_n_memory (buffer); i++) {
    GstMemory *const memory = gst_buffer_peek_memory (buffer, i);
    const gchar *type = memory->allocator->mem_type;
    GstMapInfo map;

    if (!gst_memory_map (memory, &map, GST_MAP_READ))
      return g_strdup_printf ("Frames of the memory \"%s\" can not be read "
          "here; put %s before this element.", type, memory_converter (type));
    gst_memory_unmap (memory, &map);
  }
  return NULL;
}

/* From GStreamer 1.24 on caps can say that only a device knows how a
 * picture lies in its memory: format=DMA_DRM. Whether all of them do. */
static gboolean
is_device_layout (const GstCaps * caps)
{
  const guint n = caps != NULL ? gst_caps_get_size (caps) : 0;

  for (guint i = 0; i < n; i++) {
    const GstStructure *const structure = gst_caps_get_structure (caps, i);

    if (g_strcmp0 (gst_structure_get_string (structure, "format"), "DMA_DRM"))
      return FALSE;
  }
  return n > 0;
}

static GstPadProbeReturn
refuse_device_layout (GstPad * pad, GstPadProbeInfo * info, gpointer element)
{
  GstEvent *const event = GST_PAD_PROBE_INFO_EVENT (info);
  GstCaps *caps;

  (void) pad;
  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps (event, &caps);
  if (is_device_layout (caps))
    GST_ELEMENT_ERROR (element, STREAM, FORMAT, (DEVICE_LAYOUT,
            memory_converter ("dmabuf")), ("%" GST_PTR_FORMAT, caps));
  return GST_PAD_PROBE_OK;
}

/* Who has nothing else to offer asks first, and fails by itself. Where somebody
 * only tries, this is no error. */
static GstPadProbeReturn
explain_device_layout (GstPad * pad, GstPadProbeInfo * info, gpointer element)
{
  static const gchar told[] = "sstrack-told-device-layout";
  GstQuery *const query = GST_PAD_PROBE_INFO_QUERY (info);
  GstCaps *caps = NULL;

  (void) pad;
  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS)
    gst_query_parse_caps (query, &caps);
  else if (GST_QUERY_TYPE (query) == GST_QUERY_ACCEPT_CAPS)
    gst_query_parse_accept_caps (query, &caps);
  if (!is_device_layout (caps) || g_object_get_data (element, told) != NULL)
    return GST_PAD_PROBE_OK;
  g_object_set_data (element, told, GINT_TO_POINTER (TRUE));
  GST_ELEMENT_WARNING (element, STREAM, FORMAT, (DEVICE_LAYOUT,
          memory_converter ("dmabuf")), ("%" GST_PTR_FORMAT, caps));
  return GST_PAD_PROBE_OK;
}

void
gst_ss_frame_watch_caps (GstElement * element, GstPad * sink)
{
  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      refuse_device_layout, element, NULL);
  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM
      | GST_PAD_PROBE_TYPE_PUSH, explain_device_layout, element, NULL);
}
