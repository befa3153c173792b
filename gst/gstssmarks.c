/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssmarks.h"

void
gst_ss_marks_reset (GstSsMarks * marks)
{
  *marks = (GstSsMarks) { FALSE, 0 };
}

gboolean
gst_ss_marks_overdue (const GstSsMarks * marks, SstTime now)
{
  return marks->in_row && now > marks->row_began
      && now - marks->row_began >= GST_SS_MARKS_PATIENCE;
}

GstSsPicture
gst_ss_marks_judge (GstSsMarks * marks, GstBuffer * buffer, SstTime now)
{
  const gboolean gap = GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP);
  const gboolean corrupted =
      GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_CORRUPTED);

  if (!gap && !corrupted) {
    marks->in_row = FALSE;
    return GST_SS_PICTURE_NEW;
  }
  if (!marks->in_row)
    *marks = (GstSsMarks) { TRUE, now };
  if (corrupted && !gst_ss_marks_overdue (marks, now))
    return GST_SS_PICTURE_BROKEN;
  return gap ? GST_SS_PICTURE_REPEATED : GST_SS_PICTURE_NEW;
}
