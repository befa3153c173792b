/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <sstrack/frame.h>

/* Where a component lies: plane, first byte, bytes to the next sample; with
 * SST_PACKING_WORDS, first sample, samples to the next one. */
typedef struct
{
  guint8 plane, offset, step;
} ComponentLayout;

typedef struct
{
  guint8 n_planes, n_components;
  guint8 is_rgb;
  guint8 x_shift, y_shift;      /* of components 1 and 2 */
  /* A row of a plane is made of units of so many bytes, each of which covers
   * unit_pixels pixels. */
  guint8 unit_size[3], unit_pixels[3];
  ComponentLayout component[3];
  SstPacking packing;
} FormatLayout;

#define PLANAR_YUV(u, v) \
  { 3, 3, 0, 1, 1, { 1, 1, 1 }, { 1, 2, 2 }, \
    { { 0, 0, 1 }, { u, 0, 1 }, { v, 0, 1 } } }
#define SEMI_PLANAR_YUV(u, v) \
  { 2, 3, 0, 1, 1, { 1, 2 }, { 1, 2 }, \
    { { 0, 0, 1 }, { 1, u, 2 }, { 1, v, 2 } } }
#define PACKED_YUV(y, u, v) \
  { 1, 3, 0, 1, 0, { 4 }, { 2 }, { { 0, y, 2 }, { 0, u, 4 }, { 0, v, 4 } } }
#define PACKED_RGB(size, r, g, b) \
  { 1, 3, 1, 0, 0, { size }, { 1 }, \
    { { 0, r, size }, { 0, g, size }, { 0, b, size } } }

static const FormatLayout layouts[] = {
  [SST_FORMAT_I420] = PLANAR_YUV (1, 2),
  [SST_FORMAT_YV12] = PLANAR_YUV (2, 1),
  [SST_FORMAT_NV12] = SEMI_PLANAR_YUV (0, 1),
  [SST_FORMAT_NV21] = SEMI_PLANAR_YUV (1, 0),
  [SST_FORMAT_YUY2] = PACKED_YUV (0, 1, 3),
  [SST_FORMAT_UYVY] = PACKED_YUV (1, 0, 2),
  [SST_FORMAT_GRAY8] = {1, 1, 0, 0, 0, {1}, {1}, {{0, 0, 1}}},
  [SST_FORMAT_RGB] = PACKED_RGB (3, 0, 1, 2),
  [SST_FORMAT_BGR] = PACKED_RGB (3, 2, 1, 0),
  [SST_FORMAT_RGBX] = PACKED_RGB (4, 0, 1, 2),
  [SST_FORMAT_BGRX] = PACKED_RGB (4, 2, 1, 0),
  [SST_FORMAT_XRGB] = PACKED_RGB (4, 1, 2, 3),
  [SST_FORMAT_XBGR] = PACKED_RGB (4, 3, 2, 1),
  [SST_FORMAT_P010] = {2, 3, 0, 1, 1, {2, 4}, {1, 2},
      {{0, 1, 2}, {1, 1, 4}, {1, 3, 4}}},
  [SST_FORMAT_I420_10] = {3, 3, 0, 1, 1, {2, 2, 2}, {1, 2, 2},
      {{0, 0, 2}, {1, 0, 2}, {2, 0, 2}}, SST_PACKING_LOW_BITS},
  [SST_FORMAT_NV12_10_32] = {2, 3, 0, 1, 1, {4, 4}, {3, 3},
      {{0, 0, 1}, {1, 0, 2}, {1, 1, 2}}, SST_PACKING_WORDS},
};

/* NULL where there is no such format. The value may come from anywhere, so it
 * is compared as an unsigned number. */
static const FormatLayout *
get_layout (SstFormat format)
{
  if ((guint) format >= G_N_ELEMENTS (layouts)
      || layouts[format].n_planes == 0)
    return NULL;
  return &layouts[format];
}

/* Units that cover a side, rounded up. */
static int
units (int side, int pixels)
{
  return (side + pixels - 1) / pixels;
}

G_DEFINE_QUARK (sst-frame-error-quark, sst_frame_error)

gboolean
sst_frame_validate (const SstFrame * frame, GError ** error)
{
  const FormatLayout *layout;

  g_return_val_if_fail (frame != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  layout = get_layout (frame->format);
  if (!layout) {
    g_set_error (error, SST_FRAME_ERROR, SST_FRAME_ERROR_FORMAT,
        "no such pixel format: %d", (int) frame->format);
    return FALSE;
  }

  if (frame->width < 1 || frame->width > SST_FRAME_MAX_SIDE
      || frame->height < 1 || frame->height > SST_FRAME_MAX_SIDE) {
    g_set_error (error, SST_FRAME_ERROR, SST_FRAME_ERROR_SIZE,
        "picture of %d x %d pixels, sides have to be 1 to %d", frame->width,
        frame->height, SST_FRAME_MAX_SIDE);
    return FALSE;
  }

  for (int i = 0; i < layout->n_planes; i++) {
    const ptrdiff_t stride = frame->stride[i];
    const ptrdiff_t row = (ptrdiff_t) layout->unit_size[i]
        * units (frame->width, layout->unit_pixels[i]);

    if (!frame->plane[i]) {
      g_set_error (error, SST_FRAME_ERROR, SST_FRAME_ERROR_PLANE,
          "plane %d is missing", i);
      return FALSE;
    }
    if (stride < row && stride > -row) {
      g_set_error (error, SST_FRAME_ERROR, SST_FRAME_ERROR_PLANE,
          "plane %d has a stride of %" G_GINT64_FORMAT
          " bytes, its rows have %" G_GINT64_FORMAT, i, (gint64) stride,
          (gint64) row);
      return FALSE;
    }
  }
  return TRUE;
}

int
sst_format_n_planes (SstFormat format)
{
  const FormatLayout *layout = get_layout (format);

  return layout ? layout->n_planes : 0;
}

gboolean
sst_format_has_color (SstFormat format)
{
  const FormatLayout *layout = get_layout (format);

  return layout && layout->n_components > 1;
}

gboolean
sst_format_is_rgb (SstFormat format)
{
  const FormatLayout *layout = get_layout (format);

  return layout && layout->is_rgb;
}

SstComponent
sst_frame_component (const SstFrame * frame, int component)
{
  const FormatLayout *layout =
      frame != NULL ? get_layout (frame->format) : NULL;
  const ComponentLayout *at;
  SstComponent result = { SST_PACKING_BYTES };

  g_return_val_if_fail (frame != NULL, result);
  g_return_val_if_fail (layout != NULL, result);
  g_return_val_if_fail (component >= 0 && component < layout->n_components,
      result);

  at = &layout->component[component];
  result.packing = layout->packing;
  result.data = frame->plane[at->plane];
  if (layout->packing == SST_PACKING_WORDS)
    result.first = at->offset;
  else
    result.data += at->offset;
  result.stride = frame->stride[at->plane];
  result.step = at->step;
  result.x_shift = component > 0 ? layout->x_shift : 0;
  result.y_shift = component > 0 ? layout->y_shift : 0;
  result.width = units (frame->width, 1 << result.x_shift);
  result.height = units (frame->height, 1 << result.y_shift);
  /* a row of chroma is as long as one of luma, so the last pair of an odd width
   * may be cut */
  if (layout->packing == SST_PACKING_WORDS)
    result.width = MIN (result.width, 3 * units (frame->width, 3) / at->step);
  return result;
}
