/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Raw frames, and the model to follow in them with, for the programs beside. */

#pragma once

#include <sstrack/frame.h>
#include <sstrack/model.h>

#include <string.h>

/* A frame in I420 without gaps between its rows and planes; it points into
 * data. */
static inline SstFrame
view_i420 (const guint8 * data, int width, int height)
{
  const int chroma_width = (width + 1) / 2, chroma_height = (height + 1) / 2;
  const size_t luma = (size_t) width * height;
  const size_t chroma = (size_t) chroma_width * chroma_height;

  return (SstFrame) {
    .format = SST_FORMAT_I420,
    .width = width,
    .height = height,
    .plane = { data, data + luma, data + luma + chroma },
    .stride = { width, chroma_width, chroma_width },
  };
}

/* A file's model, or "builtin". NULL with error. */
static inline SstModel *
load_model (const char *name, GError ** error)
{
  return strcmp (name, "builtin") == 0 ? sst_model_builtin ()
      : sst_model_load (name, error);
}
