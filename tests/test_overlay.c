/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* What the overlay says: who by colour, how sure by the line, labels apart from
 * each other. */

#include <string.h>
#include <gst/check/gstcheck.h>

#include "../gst/gstssoverlay.h"

#define WIDTH 640
#define HEIGHT 360
#define GROUND 90

static GstVideoInfo info;
static GstBuffer *buffer;
static GstVideoFrame frame;

static void
setup (void)
{
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
  buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
  fail_unless (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READWRITE));
}

static void
teardown (void)
{
  gst_video_frame_unmap (&frame);
  gst_buffer_unref (buffer);
}

static void
draw (gboolean labels, const SstTarget * targets, guint n)
{
  const GstSsOverlayStyle style = { 2, labels };
  GstSsEffect *effect = gst_ss_effect_new ();

  memset (GST_VIDEO_FRAME_PLANE_DATA (&frame, 0), GROUND, info.size);
  gst_ss_overlay_draw (&frame, &style, effect, targets, n);
  gst_ss_effect_free (&effect);
}

static guint32
pixel (gint x, gint y)
{
  const guint8 *p = (const guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0)
      + y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0) + 3 * x;

  return (guint32) (p[0] << 16 | p[1] << 8 | p[2]);
}

static guint
count (guint32 color)
{
  guint n = 0;

  for (gint y = 0; y < HEIGHT; y++)
    for (gint x = 0; x < WIDTH; x++)
      n += pixel (x, y) == color;
  return n;
}

static SstTarget
make (guint64 id, SstState state, gfloat x, gfloat y)
{
  SstTarget target = {.id = id,.label = "" };

  target.now.state = state;
  target.now.confidence = 0.5f;
  target.now.box = (SstBox) { x, y, 80, 60 };
  return target;
}

GST_START_TEST (each_target_keeps_its_color)
{
  guint32 colors[8];

  for (guint i = 0; i < 8; i++) {
    const SstTarget target = make (i + 1, SST_STATE_TRACKING, 100, 100);

    draw (FALSE, &target, 1);
    colors[i] = pixel (100, 100);
    fail_unless (colors[i] != 0x5a5a5a);
    for (guint k = 0; k < i; k++)
      fail_unless (colors[i] != colors[k], "%u and %u", i, k);
  }
  /* it stays, whatever becomes of the target */
  for (guint i = 0; i < 8; i++) {
    const SstTarget target = make (i + 1, i % 2 ? SST_STATE_LOST :
        SST_STATE_UNCERTAIN, 300, 50);

    draw (FALSE, &target, 1);
    fail_unless_equals_int_hex (pixel (300, 50), colors[i]);
  }
}

GST_END_TEST;

/* How often the upper side of the box changes between line and gap. */
static guint
changes (SstState state, gboolean predicted)
{
  SstTarget target = make (1, state, 100, 100);
  guint n = 0;

  target.now.predicted = predicted;
  draw (FALSE, &target, 1);
  for (gint x = 101; x < 180; x++)
    n += pixel (x, 100) != pixel (x - 1, 100);
  return n;
}

GST_START_TEST (lines_say_the_state)
{
  const guint dashed = changes (SST_STATE_UNCERTAIN, FALSE);

  fail_unless_equals_int (changes (SST_STATE_TRACKING, FALSE), 0);
  fail_unless (dashed > 4);
  fail_unless_equals_int (changes (SST_STATE_UNCERTAIN, TRUE), dashed);
  fail_unless_equals_int (changes (SST_STATE_TRACKING, TRUE), dashed);
  fail_unless (changes (SST_STATE_LOST, TRUE) > 3 * dashed);
}

GST_END_TEST;

/* Whatever is in a label alone is there among others. */
GST_START_TEST (labels_stand_beside_each_other)
{
  static const struct
  {
    gfloat x, y, dx, dy;
  } cases[] = {
    {100, 100, 0, 0}, {100, 100, 10, 5}, {560, 0, 0, 0}, {0, 300, 3, 0},
    {300, 150, 0, 18},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    SstTarget targets[5];
    guint alone = 0;

    for (guint k = 0; k < 5; k++) {
      targets[k] = make (k + 1, SST_STATE_TRACKING, cases[i].x
          + (gfloat) k * cases[i].dx, cases[i].y + (gfloat) k * cases[i].dy);
      draw (TRUE, &targets[k], 1);
      alone += count (0);
    }
    draw (TRUE, targets, 5);
    fail_unless (count (0) == alone, "case %u: %u of %u", i, count (0), alone);
  }
}

GST_END_TEST;

/* The least letters can be read at half the size: their strokes are two pixels
 * wide. */
GST_START_TEST (the_least_letters_can_be_read)
{
  const SstTarget target = make (1, SST_STATE_TRACKING, 100, 100);

  draw (TRUE, &target, 1);
  for (gint y = 0; y < 100; y++)
    for (gint x = 1, from = 0; x < WIDTH; x++)
      if (pixel (x, y) != pixel (x - 1, y)) {
        fail_unless (from == 0 || x - from >= 2, "%d %d", x, y);
        from = x;
      }
}

GST_END_TEST;

static Suite *
overlay_suite (void)
{
  Suite *s = suite_create ("overlay");
  TCase *tc = tcase_create ("overlay");

  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, each_target_keeps_its_color);
  tcase_add_test (tc, lines_say_the_state);
  tcase_add_test (tc, labels_stand_beside_each_other);
  tcase_add_test (tc, the_least_letters_can_be_read);
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (overlay);
