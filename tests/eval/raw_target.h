/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* A target in raw frames, for the programs beside. */

#pragma once

#include <sstrack/tracker.h>

#include <time.h>

/* Processor time of the thread, microseconds. */
static inline gint64
cpu_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * G_GINT64_CONSTANT (1000000) + now.tv_nsec / 1000;
}

/* Starts with a box and, where there is a file of a byte a pixel, its mask. */
static inline gboolean
start_target (SstTracker * tracker, const SstFrame * frame, const SstBox * box,
    const char *mask_file, GError ** error)
{
  g_autofree char *mask = NULL;
  gsize size;

  if (!sst_tracker_start (tracker, frame, box, 0, error))
    return FALSE;
  if (mask_file == NULL)
    return TRUE;
  if (!g_file_get_contents (mask_file, &mask, &size, error))
    return FALSE;
  if (size != (gsize) frame->width * frame->height
      || !sst_tracker_give_mask (tracker, frame, &(SstMaskPicture) {
          (const guint8 *) mask, frame->width, frame->height, frame->width })) {
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
        "the mask is none of this target in this picture");
    return FALSE;
  }
  return TRUE;
}
