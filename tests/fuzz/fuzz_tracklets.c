/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* A list of tracklets. What loads is within the footage that it is for. */

#include "fuzz.h"

#include <unistd.h>

#include <glib/gstdio.h>

#include "footage/tracklet.h"

static SstFootage *
make_footage (void)
{
  SstFootage *const footage = sst_footage_new ();
  SstClip *const clip = sst_footage_add_clip (footage, "clip");

  for (guint i = 0; i < 5; i++)
    sst_clip_add (clip, sst_image_new (64, 48), i * 40000000);
  return footage;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  SstFootage *footage = make_footage ();
  GError *error = NULL;
  gchar *path;
  SstTracklets *tracklets;
  guint n_left_out = 0;
  const int fd = g_file_open_tmp ("sst-fuzz-XXXXXX", &path, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, data, size), ==, (gssize) size);
  close (fd);
  tracklets = sst_tracklets_load (path, footage, &n_left_out, &error);
  g_assert_true ((tracklets != NULL) == (error == NULL));
  if (tracklets != NULL)
    g_assert_true (sst_tracklets_save (tracklets, footage, path, NULL));
  sst_tracklets_free (&tracklets);
  g_clear_error (&error);
  g_unlink (path);
  g_free (path);
  sst_footage_free (&footage);
  return 0;
}
