/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* What live cameras and the applications around them do: marks of what was
 * dropped, clocks that stand still, players that seek and loop, elements that
 * are taken out. */

#include <string.h>

#include "test_sstracker_common.h"

/* A leaky queue marks what follows a frame that it dropped. The mark changes
 * nothing, however often it comes. */
GST_START_TEST (test_marks_of_a_leaky_queue)
{
  Fixture *plain = fixture_new ("sstracker name=t", NULL);
  Fixture *marked = fixture_new ("sstracker name=t", NULL);

  fixture_follow (plain);
  fixture_follow (marked);
  for (int i = 0; i < 25; i++) {
    GstBuffer *a = fixture_buffer (plain);
    GstBuffer *b = fixture_buffer (marked);
    Found expected, found;

    GST_BUFFER_FLAG_SET (b, GST_BUFFER_FLAG_DISCONT);
    a = fixture_push_buffer (plain, a);
    b = fixture_push_buffer (marked, b);
    expected = get_target (a, 0);
    found = get_target (b, 0);
    fail_unless (memcmp (&found, &expected, sizeof found) == 0);
    gst_buffer_unref (a);
    gst_buffer_unref (b);
  }
  fixture_free (plain);
  fixture_free (marked);
}

GST_END_TEST;

static Suite *
sstracker_live_suite (void)
{
  Suite *s = suite_create ("sstracker live");
  TCase *tc = tcase_create ("live");

  tcase_add_test (tc, test_marks_of_a_leaky_queue);
  suite_add_tcase (s, tc);
  return s;
}

GST_CHECK_MAIN (sstracker_live);
