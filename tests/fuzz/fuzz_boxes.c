/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* The text of a box, as "init-box" takes it. What is refused leaves nothing. */

#include "fuzz.h"

#include "gstssbox.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  gchar *const text = g_strndup ((const gchar *) data, size);
  GArray *const boxes = g_array_new (FALSE, FALSE, sizeof (GstSsBox));
  GError *error = NULL;

  if (gst_ss_box_parse (text, boxes, &error)) {
    g_assert_no_error (error);
    g_assert_cmpuint (boxes->len, <=, GST_SS_BOX_MAX);
    for (guint i = 0; i < boxes->len; i++)
      gst_ss_box_resolve (&g_array_index (boxes, GstSsBox, i), 640, 480);
  } else {
    g_assert_nonnull (error);
    g_assert_cmpuint (boxes->len, ==, 0);
  }
  g_clear_error (&error);
  g_array_unref (boxes);
  g_free (text);
  return 0;
}
