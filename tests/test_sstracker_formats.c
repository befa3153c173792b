/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Every format, size and layout of memory: frames pass untouched without the
 * overlay, and what the overlay draws is right, and inside the box's reach. */

#include <math.h>
#include <string.h>

#include "test_sstracker_common.h"

static const gchar *formats[] = {
  "NV12", "NV21", "I420", "YV12", "YUY2", "UYVY", "GRAY8", "RGB", "BGR",
  "RGBx", "BGRx", "xRGB", "xBGR", "RGBA", "BGRA", "ARGB", "ABGR",
  "P010_10LE", "I420_10LE", "NV12_10LE32"
};

static const gint sizes[][2] = { {1, 1}, {2, 1}, {1, 3}, {17, 13}, {65, 49},
  {160, 120}
};

static void
make_info (GstVideoInfo * info, const gchar * format, gint width, gint height,
    const gchar * colorimetry)
{
  gchar *text = g_strdup_printf ("video/x-raw,format=%s,width=%d,height=%d,"
      "framerate=25/1%s%s", format, width, height,
      colorimetry != NULL ? ",colorimetry=" : "",
      colorimetry != NULL ? colorimetry : "");
  GstCaps *caps = gst_caps_from_string (text);

  fail_unless (gst_video_info_from_caps (info, caps));
  gst_caps_unref (caps);
  g_free (text);
}

/* Without a network, which sees no more of a format than the correlation filter
 * does: both are given the sampler's crops. */
static GstHarness *
make_harness (const GstVideoInfo * info)
{
  GstElement *tracker = gst_element_factory_make ("sstracker", NULL);
  GstHarness *h;

  fail_unless (tracker != NULL);
  g_object_set (tracker, "model", "none", NULL);
  h = gst_harness_new_with_element (tracker, "sink", "src");
  gst_object_unref (tracker);
  gst_harness_set_src_caps (h, gst_video_info_to_caps (info));
  return h;
}

/* Any bytes at all, the same for the same seed. */
static GstBuffer *
make_noise (const GstVideoInfo * info, guint seed)
{
  GstBuffer *buffer =
      gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (info), NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < map.size; i++)
    map.data[i] = (guint8) (scene_random (seed, (guint) i) * 255.f);
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

static gboolean
same_bytes (GstBuffer * a, GstBuffer * b)
{
  GstMapInfo map;
  gboolean same;

  gst_buffer_map (a, &map, GST_MAP_READ);
  same = gst_buffer_get_size (b) == map.size
      && gst_buffer_memcmp (b, 0, map.data, map.size) == 0;
  gst_buffer_unmap (a, &map);
  return same;
}

GST_START_TEST (pictures_pass_untouched)
{
  const gchar *format = formats[__i__];

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
    GstVideoInfo info;
    GstHarness *h;

    make_info (&info, format, sizes[s][0], sizes[s][1], NULL);
    h = make_harness (&info);
    g_object_set (h->element, "init-box", "20%,20%,50%,50%", NULL);
    for (guint t = 0; t < 3; t++) {
      GstBuffer *buffer = make_noise (&info, t);
      GstBuffer *expected = gst_buffer_copy_deep (buffer);
      GstBuffer *other = NULL;

      /* The only owner; with others; only the memory shared with others. */
      if (t == 1)
        other = gst_buffer_ref (buffer);
      else if (t == 2)
        other = gst_buffer_copy (buffer);
      buffer = gst_harness_push_and_pull (h, buffer);
      fail_unless (same_bytes (buffer, expected), "%s %dx%d", format,
          sizes[s][0], sizes[s][1]);
      if (sizes[s][0] >= 17)
        fail_unless_equals_int (count_targets (buffer), 1);
      gst_buffer_unref (buffer);
      gst_buffer_unref (expected);
      gst_clear_buffer (&other);
    }
    gst_harness_teardown (h);
  }
}

GST_END_TEST;

GST_START_TEST (memory_is_not_copied)
{
  GstVideoInfo info;
  GstHarness *h;

  make_info (&info, "NV12", 160, 120, NULL);
  h = make_harness (&info);
  g_object_set (h->element, "init-box", "20,20,40,40", NULL);
  for (guint t = 0; t < 3; t++) {
    GstBuffer *buffer = make_noise (&info, t);
    GstBuffer *other = gst_buffer_ref (buffer);
    GstMemory *memory = gst_buffer_peek_memory (buffer, 0);

    buffer = gst_harness_push_and_pull (h, buffer);
    fail_unless (buffer != other);
    fail_unless (gst_buffer_peek_memory (buffer, 0) == memory);
    gst_buffer_unref (buffer);
    gst_buffer_unref (other);
  }
  gst_harness_teardown (h);
}

GST_END_TEST;

/* A component's sample at a pixel. */
static gint
sample (GstVideoFrame * frame, guint c, gint x, gint y)
{
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  const guint p = GST_VIDEO_FORMAT_INFO_PLANE (finfo, c);
  const guint8 *row = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, p) +
      (y >> GST_VIDEO_FORMAT_INFO_H_SUB (finfo, c)) *
      GST_VIDEO_FRAME_PLANE_STRIDE (frame, p);
  const gint i = x >> GST_VIDEO_FORMAT_INFO_W_SUB (finfo, c);

  if (GST_VIDEO_FRAME_FORMAT (frame) == GST_VIDEO_FORMAT_NV12_10LE32) {
    const gint at = c > 0 ? 2 * i + (gint) c - 1 : i;

    return GST_READ_UINT32_LE (row + at / 3 * 4) >> at % 3 * 10 & 0x3ff;
  }
  row += i * GST_VIDEO_FRAME_COMP_PSTRIDE (frame, c);
  /* U and V, of 16 bits each, in turn */
  if (GST_VIDEO_FRAME_FORMAT (frame) == GST_VIDEO_FORMAT_P010_10LE)
    return GST_READ_UINT16_LE (row + (c == 2 ? 2 : 0)) >> 6;
  if (GST_VIDEO_FORMAT_INFO_DEPTH (finfo, c) > 8)
    return GST_READ_UINT16_LE (row);
  return row[GST_VIDEO_FORMAT_INFO_POFFSET (finfo, c)];
}

/* Whether a pixel of before and after differ. */
static gboolean
changed (GstVideoFrame * before, GstVideoFrame * after, gint x, gint y)
{
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (before); c++) {
    if (sample (before, c, x, y) != sample (after, c, x, y))
      return TRUE;
  }
  return FALSE;
}

GST_START_TEST (the_overlay_changes_its_lines_alone)
{
  const gchar *format = formats[__i__];

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
    const gint width = sizes[s][0], height = sizes[s][1];
    GstBuffer *buffer, *expected;
    GstVideoFrame before, after;
    GstVideoInfo info;
    GstHarness *h;
    guint n = 0;

    make_info (&info, format, width, height, NULL);
    h = make_harness (&info);
    g_object_set (h->element, "init-box", "20%,20%,60%,60%", "overlay", TRUE,
        "overlay-labels", FALSE, "overlay-thickness", 1, NULL);
    buffer = make_noise (&info, 5);
    expected = gst_buffer_copy_deep (buffer);
    buffer = gst_harness_push_and_pull (h, buffer);
    fail_unless_equals_int (count_targets (buffer), width >= 17);

    gst_video_frame_map (&before, &info, expected, GST_MAP_READ);
    gst_video_frame_map (&after, &info, buffer, GST_MAP_READ);
    if (width < 17) {
      fail_unless (same_bytes (buffer, expected));
    } else {
      const SstBox box = get_target (buffer, 0).box;
      const gint x0 = (gint) floorf (box.x), y0 = (gint) floorf (box.y);
      const gint x1 = (gint) ceilf (box.x + box.width);
      const gint y1 = (gint) ceilf (box.y + box.height);

      for (gint y = 0; y < height; y++) {
        for (gint x = 0; x < width; x++) {
          /* On the line, or sharing a chroma sample with it. */
          const gboolean near_x = x >= x0 - 1 && x <= x1;
          const gboolean near_y = y >= y0 - 1 && y <= y1;
          const gboolean near = near_x && near_y && (x <= x0 + 1
              || x >= x1 - 2 || y <= y0 + 1 || y >= y1 - 2);
          const gboolean on = x >= x0 && x < x1 && y >= y0 && y < y1
              && (x == x0 || x == x1 - 1 || y == y0 || y == y1 - 1);

          if (!near)
            fail_if (changed (&before, &after, x, y), "%s %dx%d at %d,%d",
                format, width, height, x, y);
          if (on) {
            n++;
            /* One colour all along. */
            for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (&after); c++)
              fail_unless_equals_int (sample (&after, c, x, y),
                  sample (&after, c, x0, y0));
          }
        }
      }
      fail_unless (n > 20);
    }
    gst_video_frame_unmap (&after);
    gst_video_frame_unmap (&before);
    gst_buffer_unref (buffer);
    gst_buffer_unref (expected);
    gst_harness_teardown (h);
  }
}

GST_END_TEST;

GST_START_TEST (colors_are_those_of_the_colorimetry)
{
  /* Green of the first target, 0 230 51, as each colorimetry writes it: by hand
   * from Y = Kr R + Kg G + Kb B and so on; white where there is no colour. */
  static const struct
  {
    const gchar *format, *colorimetry;
    gint expected[4];
  } cases[] = {
    {"RGB", NULL, {0, 230, 51, -1}},
    {"BGRA", NULL, {0, 230, 51, 255}},
    {"ARGB", NULL, {0, 230, 51, 255}},
    {"I420", "bt601", {137, 84, 40, -1}},
    {"I420", "bt709", {160, 73, 34, -1}},
    {"NV12", "2:4:7:1", {137, 84, 40, -1}},
    {"NV21", "1:4:7:1", {141, 77, 28, -1}},
    {"YUY2", "bt709", {160, 73, 34, -1}},
    {"UYVY", "1:3:5:1", {168, 65, 21, -1}},
    {"GRAY8", "1:4:0:0", {255, -1, -1, -1}},
    {"P010_10LE", "bt709", {641, 291, 138, -1}},
    {"I420_10LE", "bt709", {641, 291, 138, -1}},
    {"NV12_10LE32", "bt709", {641, 291, 138, -1}},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstVideoFrame frame;
    GstVideoInfo info;
    GstBuffer *buffer;
    GstHarness *h;

    make_info (&info, cases[i].format, 160, 120, cases[i].colorimetry);
    h = make_harness (&info);
    g_object_set (h->element, "init-box", "40,40,60,40", "overlay", TRUE,
        "overlay-labels", FALSE, "overlay-thickness", 4, NULL);
    buffer = gst_harness_push_and_pull (h, make_noise (&info, 9));
    gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ);
    for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (&frame); c++)
      fail_unless (ABS (sample (&frame, c, 41, 41) - cases[i].expected[c]) <= 1,
          "%s %s component %u: %d", cases[i].format, cases[i].colorimetry, c,
          sample (&frame, c, 41, 41));
    gst_video_frame_unmap (&frame);
    gst_buffer_unref (buffer);
    gst_harness_teardown (h);
  }
}

GST_END_TEST;

/* Without colour a lost box is white and black in turn, whatever it lies on. */
GST_START_TEST (a_lost_box_is_white_and_black_without_color)
{
  GstVideoInfo info;
  GstHarness *h;
  guint white = 0, black = 0;

  make_info (&info, "GRAY8", 160, 120, "1:4:0:0");
  h = make_harness (&info);
  g_object_set (h->element, "init-box", "40,40,60,40", "overlay", TRUE,
      "overlay-labels", FALSE, "overlay-thickness", 2, NULL);
  for (guint t = 0; t < 30; t++) {
    GstBuffer *buffer = make_noise (&info, 9);

    if (t > 0)
      gst_buffer_memset (buffer, 0, 128, GST_VIDEO_INFO_SIZE (&info));
    GST_BUFFER_PTS (buffer) = t * GST_SECOND / 25;
    buffer = gst_harness_push_and_pull (h, buffer);
    if (t == 29) {
      const Found target = get_target (buffer, 0);
      const gint x0 = (gint) floorf (target.box.x);
      const gint y0 = (gint) floorf (target.box.y);
      const gint x1 = (gint) ceilf (target.box.x + target.box.width);
      GstVideoFrame frame;

      fail_unless_equals_string (target.state, "lost");
      gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ);
      for (gint x = MAX (x0, 0); x < MIN (x1, 160); x++) {
        white += sample (&frame, 0, x, y0) == 255;
        black += sample (&frame, 0, x, y0) == 0;
      }
      gst_video_frame_unmap (&frame);
    }
    gst_buffer_unref (buffer);
  }
  fail_unless (white > 15, "%u", white);
  fail_unless (black > 15, "%u", black);
  gst_harness_teardown (h);
}

GST_END_TEST;

GST_START_TEST (the_overlay_leaves_shared_memory_alone)
{
  GstBuffer *buffer, *other, *expected;
  GstVideoInfo info;
  GstHarness *h;

  make_info (&info, "I420", 160, 120, NULL);
  h = make_harness (&info);
  g_object_set (h->element, "init-box", "40,40,60,40", "overlay", TRUE, NULL);
  buffer = make_noise (&info, 2);
  other = gst_buffer_ref (buffer);
  expected = gst_buffer_copy_deep (buffer);
  buffer = gst_harness_push_and_pull (h, buffer);
  fail_if (same_bytes (buffer, expected));
  fail_unless (same_bytes (other, expected));
  gst_buffer_unref (buffer);
  gst_buffer_unref (other);
  gst_buffer_unref (expected);
  gst_harness_teardown (h);
}

GST_END_TEST;

GST_START_TEST (readonly_memory_passes)
{
  /* As from a file that is mapped, or a constant in the program. */
  for (int overlay = 0; overlay < 2; overlay++) {
    GstBuffer *buffer, *noise;
    GstVideoInfo info;
    GstMapInfo map;
    GstHarness *h;
    gpointer data;

    make_info (&info, "NV12", 160, 120, NULL);
    h = make_harness (&info);
    g_object_set (h->element, "init-box", "40,40,60,40", "overlay", overlay,
        NULL);
    noise = make_noise (&info, 2);
    gst_buffer_map (noise, &map, GST_MAP_READ);
    data = g_memdup2 (map.data, map.size);
    buffer = gst_buffer_new_wrapped_full (GST_MEMORY_FLAG_READONLY, data,
        map.size, 0, map.size, NULL, NULL);
    buffer = gst_harness_push_and_pull (h, buffer);
    fail_unless_equals_int (count_targets (buffer), 1);
    fail_unless (memcmp (data, map.data, map.size) == 0);
    fail_unless_equals_int (same_bytes (buffer, noise), !overlay);
    gst_buffer_unmap (noise, &map);
    gst_buffer_unref (noise);
    gst_buffer_unref (buffer);
    gst_harness_teardown (h);
    g_free (data);
  }
}

GST_END_TEST;

/* Pixels that changed within a rectangle. */
static guint
count_changed (const GstVideoInfo * info, GstBuffer * a, GstBuffer * b,
    gint x0, gint y0, gint x1, gint y1)
{
  GstVideoFrame before, after;
  guint n = 0;

  gst_video_frame_map (&before, info, a, GST_MAP_READ);
  gst_video_frame_map (&after, info, b, GST_MAP_READ);
  for (gint y = y0; y < y1; y++)
    for (gint x = x0; x < x1; x++)
      n += changed (&before, &after, x, y);
  gst_video_frame_unmap (&after);
  gst_video_frame_unmap (&before);
  return n;
}

GST_START_TEST (properties_change_what_is_drawn)
{
  GstVideoInfo info;
  GstHarness *h;
  guint drawn[4];

  make_info (&info, "GRAY8", 160, 120, NULL);
  h = make_harness (&info);
  g_object_set (h->element, "init-box", "40,40,60,40", NULL);
  for (guint i = 0; i < 4; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL,
        GST_VIDEO_INFO_SIZE (&info), NULL), *expected;

    gst_buffer_memset (buffer, 0, 30, GST_VIDEO_INFO_SIZE (&info));
    expected = gst_buffer_copy_deep (buffer);
    /* Off; lines of one pixel; of three; with a label. While playing. */
    g_object_set (h->element, "init-box", "40,40,60,40", "overlay", i > 0,
        "overlay-thickness", i < 2 ? 1 : 3, "overlay-labels", i == 3, NULL);
    buffer = gst_harness_push_and_pull (h, buffer);
    drawn[i] = count_changed (&info, expected, buffer, 0, 0, 160, 120);
    if (i == 3)
      fail_unless (count_changed (&info, expected, buffer, 40, 31, 80, 40) >
          100);
    gst_buffer_unref (buffer);
    gst_buffer_unref (expected);
  }
  fail_unless_equals_int (drawn[0], 0);
  fail_unless_equals_int (drawn[1], 2 * 60 + 2 * 38);
  fail_unless_equals_int (drawn[2], 60 * 40 - 54 * 34);
  fail_unless (drawn[3] > drawn[2]);
  gst_harness_teardown (h);
}

GST_END_TEST;

GST_START_TEST (boxes_beyond_the_border_are_drawn)
{
  /* Boxes that reach far out, of labels of any kind. */
  static const struct
  {
    gint x, y;
    guint w, h;
    const gchar *label;
  } cases[] = {
    {0, 0, 160, 120, "car"}, {0, 0, 40, 40, "\xff\xfe broken"},
    {120, 80, 60, 60, "a label that is a lot longer than the picture is wide"},
    {120, 0, 40, 40, "\xc3\xa4\xe2\x82\xac ~^"}, {0, 80, 40, 40, ""},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    for (guint thickness = 0; thickness <= 64; thickness += 32) {
      GstBuffer *buffer;
      GstVideoInfo info;
      GstHarness *h;

      make_info (&info, i % 2 ? "NV12" : "YUY2", 160, 120, NULL);
      h = make_harness (&info);
      g_object_set (h->element, "overlay", TRUE, "overlay-thickness",
          thickness, NULL);
      buffer = make_noise (&info, 4);
      gst_buffer_add_video_region_of_interest_meta (buffer, cases[i].label,
          (guint) cases[i].x, (guint) cases[i].y, cases[i].w, cases[i].h);
      buffer = gst_harness_push_and_pull (h, buffer);
      fail_unless_equals_int (count_targets (buffer), 1);
      gst_buffer_unref (buffer);
      gst_harness_teardown (h);
    }
  }
}

GST_END_TEST;

GST_START_TEST (padded_rows_give_the_same_boxes)
{
  /* A decoder's layout: rows longer than they need be, planes apart. */
  const guint padding = 37;
  GstVideoInfo info;
  GstBuffer *plain, *padded;
  GstHarness *h[2];
  Scene *scene = scene_new (160, 120, 8);

  make_info (&info, "I420", 160, 120, NULL);
  for (guint i = 0; i < 2; i++) {
    h[i] = make_harness (&info);
    g_object_set (h[i]->element, "init-box", "50,40,40,40", "overlay", TRUE,
        NULL);
  }
  for (int t = 0; t < 5; t++) {
    const SstFrame view = scene_render (scene, t);
    gsize offset[GST_VIDEO_MAX_PLANES] = { 16, 0, 0 };
    gint stride[GST_VIDEO_MAX_PLANES];
    GstVideoFrame a, b;
    SstBox box[2];

    plain = buffer_from_view (&view, &info);
    for (guint p = 0; p < 3; p++) {
      stride[p] = GST_VIDEO_INFO_PLANE_STRIDE (&info, p) + (gint) padding;
      if (p < 2)
        offset[p + 1] = offset[p] + (gsize) stride[p] * (p == 0 ? 120 : 60) + 5;
    }
    padded = gst_buffer_new_allocate (NULL, offset[2] + (gsize) stride[2] * 60,
        NULL);
    gst_buffer_memset (padded, 0, 0xaa, gst_buffer_get_size (padded));
    gst_buffer_add_video_meta_full (padded, GST_VIDEO_FRAME_FLAG_NONE,
        GST_VIDEO_FORMAT_I420, 160, 120, 3, offset, stride);
    gst_video_frame_map (&a, &info, plain, GST_MAP_READ);
    gst_video_frame_map (&b, &info, padded, GST_MAP_WRITE);
    gst_video_frame_copy (&b, &a);
    gst_video_frame_unmap (&b);
    gst_video_frame_unmap (&a);

    plain = gst_harness_push_and_pull (h[0], plain);
    padded = gst_harness_push_and_pull (h[1], padded);
    /* Same boxes, same picture, drawing included. */
    box[0] = get_target (plain, 0).box;
    box[1] = get_target (padded, 0).box;
    fail_unless (memcmp (&box[0], &box[1], sizeof box[0]) == 0);
    fail_unless_equals_int (count_changed (&info, plain, padded, 0, 0, 160,
            120), 0);
    gst_buffer_unref (plain);
    gst_buffer_unref (padded);
  }
  gst_harness_teardown (h[0]);
  gst_harness_teardown (h[1]);
  scene_free (&scene);
}

GST_END_TEST;

/* A decoder that works in whole blocks says 192x128 under caps of 160x120. */
GST_START_TEST (buffers_larger_than_the_caps_are_read)
{
  GstHarness *h[2];
  GstVideoInfo info, whole;
  Scene *scene = scene_new (160, 120, 3);

  make_info (&info, "I420", 160, 120, NULL);
  make_info (&whole, "I420", 192, 128, NULL);
  for (int i = 0; i < 2; i++) {
    h[i] = make_harness (&info);
    g_object_set (h[i]->element, "init-box", "50,40,40,40", "overlay", TRUE,
        NULL);
  }
  for (int t = 0; t < 5; t++) {
    const SstFrame view = scene_render (scene, t);
    GstBuffer *plain = buffer_from_view (&view, &info);
    GstBuffer *large = gst_buffer_new_allocate (NULL,
        GST_VIDEO_INFO_SIZE (&whole), NULL);
    GstVideoFrame a, b;
    SstBox box[2];

    gst_buffer_memset (large, 0, 0xaa, GST_VIDEO_INFO_SIZE (&whole));
    gst_video_frame_map (&a, &info, plain, GST_MAP_READ);
    gst_video_frame_map (&b, &whole, large, GST_MAP_WRITE);
    b.info.width = 160;
    b.info.height = 120;
    gst_video_frame_copy (&b, &a);
    gst_video_frame_unmap (&b);
    gst_video_frame_unmap (&a);
    gst_buffer_add_video_meta (large, GST_VIDEO_FRAME_FLAG_NONE,
        GST_VIDEO_FORMAT_I420, 192, 128);

    plain = gst_harness_push_and_pull (h[0], plain);
    large = gst_harness_push_and_pull (h[1], large);
    box[0] = get_target (plain, 0).box;
    box[1] = get_target (large, 0).box;
    fail_unless (memcmp (&box[0], &box[1], sizeof box[0]) == 0);

    /* The drawing is the same, too, and does not reach beyond. */
    gst_video_frame_map (&a, &info, plain, GST_MAP_READ);
    gst_video_frame_map (&b, &whole, large, GST_MAP_READ);
    for (guint y = 0; y < 128; y++) {
      const guint8 *row = GST_VIDEO_FRAME_PLANE_DATA (&b, 0);

      row += y * GST_VIDEO_FRAME_PLANE_STRIDE (&b, 0);
      if (y < 120)
        fail_unless (memcmp (row, (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&a,
                    0) + y * GST_VIDEO_FRAME_PLANE_STRIDE (&a, 0), 160) == 0);
      for (guint x = y < 120 ? 160 : 0; x < 192; x++)
        fail_unless_equals_int (row[x], 0xaa);
    }
    gst_video_frame_unmap (&b);
    gst_video_frame_unmap (&a);
    gst_buffer_unref (plain);
    gst_buffer_unref (large);
  }
  gst_harness_teardown (h[0]);
  gst_harness_teardown (h[1]);
  scene_free (&scene);
}

GST_END_TEST;

GST_START_TEST (every_format_is_followed_in)
{
  static const SstFormat views[] = {
    SST_FORMAT_NV12, SST_FORMAT_NV21, SST_FORMAT_I420, SST_FORMAT_YV12,
    SST_FORMAT_YUY2, SST_FORMAT_UYVY, SST_FORMAT_GRAY8, SST_FORMAT_RGB,
    SST_FORMAT_BGR, SST_FORMAT_RGBX, SST_FORMAT_BGRX, SST_FORMAT_XRGB,
    SST_FORMAT_XBGR, SST_FORMAT_RGBX, SST_FORMAT_BGRX, SST_FORMAT_XRGB,
    SST_FORMAT_XBGR, SST_FORMAT_P010, SST_FORMAT_I420_10,
    SST_FORMAT_NV12_10_32
  };
  GstVideoInfo info;
  GstHarness *h;
  Scene *scene = scene_new (161, 121, 3);
  const int thing = scene_add_sprite (scene, &(SceneSprite) {
      .x = 60, .y = 60, .width = 40, .height = 36, .seed = 11, .vx = 1.5f,
  });

  make_info (&info, formats[__i__], 161, 121, NULL);
  h = make_harness (&info);
  g_object_set (h->element, "init-box", "40,42,40,36", NULL);
  for (int t = 0; t < 12; t++) {
    SstFrame view;
    GstBuffer *buffer;
    SstBox truth, box;
    guint8 *memory;

    scene_render (scene, t);
    memory = scene_convert (scene, views[__i__], 0, &view);
    buffer = gst_harness_push_and_pull (h, buffer_from_view (&view, &info));
    truth = scene_truth (scene, thing).box;
    box = get_target (buffer, 0).box;
    fail_unless (sst_box_iou (&truth, &box) > 0.5f, "%s: %g in frame %d",
        formats[__i__], sst_box_iou (&truth, &box), t);
    gst_buffer_unref (buffer);
    g_free (memory);
  }
  gst_harness_teardown (h);
  scene_free (&scene);
}

GST_END_TEST;

static Suite *
sstracker_formats_suite (void)
{
  Suite *s = suite_create ("sstracker formats");
  TCase *tc = tcase_create ("formats");

  tcase_add_loop_test (tc, pictures_pass_untouched, 0, G_N_ELEMENTS (formats));
  tcase_add_test (tc, memory_is_not_copied);
  tcase_add_loop_test (tc, the_overlay_changes_its_lines_alone, 0,
      G_N_ELEMENTS (formats));
  tcase_add_test (tc, colors_are_those_of_the_colorimetry);
  tcase_add_test (tc, a_lost_box_is_white_and_black_without_color);
  tcase_add_test (tc, the_overlay_leaves_shared_memory_alone);
  tcase_add_test (tc, readonly_memory_passes);
  tcase_add_test (tc, properties_change_what_is_drawn);
  tcase_add_test (tc, boxes_beyond_the_border_are_drawn);
  tcase_add_test (tc, padded_rows_give_the_same_boxes);
  tcase_add_test (tc, buffers_larger_than_the_caps_are_read);
  tcase_add_loop_test (tc, every_format_is_followed_in, 0,
      G_N_ELEMENTS (formats));
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (sstracker_formats);
