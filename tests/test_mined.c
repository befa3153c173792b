/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Tracklets kept with a store: what was mined counts once, by one version. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <glib/gstdio.h>

#include "footage/mined.h"

#include "suite.h"

#define N_CLIPS 4

static char *folder;
static SstFootage *footage;

static void
setup (void)
{
  folder = g_dir_make_tmp ("sstrack-XXXXXX", NULL);
  footage = sst_footage_new ();
  for (guint i = 0; i < N_CLIPS; i++) {
    char *const name = g_strdup_printf ("in/\n%u\\", i);
    SstClip *const clip = sst_footage_add_clip (footage, name);

    for (guint k = 0; k < 3; k++)
      sst_clip_add (clip, sst_image_new (20, 10), k);
    g_free (name);
  }
}

static void
teardown (void)
{
  GDir *const dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL) {
    char *const path = g_build_filename (folder, name, NULL);

    g_remove (path);
    g_free (path);
  }
  g_dir_close (dir);
  g_rmdir (folder);
  g_free (folder);
  sst_footage_free (&footage);
}

static SstMined *
open_mined (guint version, gboolean writable)
{
  GError *error = NULL;
  SstMined *mined = sst_mined_open (folder, version, writable, &error);

  ck_assert_msg (mined != NULL, "%s", error != NULL ? error->message : "");
  return mined;
}

/* Adds these clips with a tracklet in the first one alone. */
static void
add (SstMined * mined, guint first, guint n)
{
  SstTrackletStep steps[] = { {0, {1, 2, 5, 4}}, {2, {3, 2, 5, 4}} };
  const SstTracklet tracklet = { first, TRUE, 0.5f, 1.f, 2, steps };
  SstTracklets *tracklets = sst_tracklets_new ();
  GArray *clips = g_array_new (FALSE, FALSE, sizeof (guint));

  sst_tracklets_add (tracklets, &tracklet);
  for (guint i = first; i < first + n; i++)
    g_array_append_val (clips, i);
  ck_assert (sst_mined_add (mined, tracklets, footage, clips, NULL));
  sst_tracklets_free (&tracklets);
  g_array_unref (clips);
}

static void
assert_clips (const SstMined * mined, guint has, guint n_tracklets)
{
  SstTracklets *tracklets = sst_mined_load (mined, footage, NULL);

  ck_assert_ptr_nonnull (tracklets);
  ck_assert_uint_eq (sst_tracklets_length (tracklets), n_tracklets);
  for (guint i = 0; i < N_CLIPS; i++)
    ck_assert_int_eq (sst_mined_has (mined,
            sst_footage_clip (footage, i)->name), (has >> i) & 1);
  sst_tracklets_free (&tracklets);
}

static gboolean
exists (const char *name)
{
  char *const path = g_build_filename (folder, name, NULL);
  const gboolean is = g_file_test (path, G_FILE_TEST_EXISTS);

  g_free (path);
  return is;
}

START_TEST (additions_are_kept_and_locked)
{
  GError *error = NULL;
  SstMined *mined = open_mined (1, FALSE);

  assert_clips (mined, 0, 0);
  sst_mined_free (&mined);
  mined = open_mined (1, TRUE);
  ck_assert_ptr_null (sst_mined_open (folder, 1, TRUE, &error));
  ck_assert_msg (strstr (error->message, "another process") != NULL, "%s",
      error->message);
  g_clear_error (&error);
  add (mined, 0, 2);
  assert_clips (mined, 3, 1);
  sst_mined_free (&mined);

  mined = open_mined (1, TRUE);
  assert_clips (mined, 3, 1);
  add (mined, 3, 1);
  sst_mined_free (&mined);
  mined = open_mined (1, FALSE);
  assert_clips (mined, 11, 2);
  sst_mined_free (&mined);
  ck_assert_ptr_null (mined);
}
END_TEST

/* Another version starts anew, and takes away what nobody reads any more. */
START_TEST (another_version_starts_anew)
{
  SstMined *mined = open_mined (1, TRUE);

  add (mined, 0, 4);
  sst_mined_free (&mined);
  mined = open_mined (2, TRUE);
  assert_clips (mined, 0, 0);
  ck_assert (exists ("tracklets-1.txt"));
  add (mined, 1, 1);
  ck_assert (!exists ("tracklets-1.txt"));
  sst_mined_free (&mined);
  mined = open_mined (2, FALSE);
  assert_clips (mined, 2, 1);
  sst_mined_free (&mined);

  mined = open_mined (2, TRUE);
  sst_mined_forget (mined);
  assert_clips (mined, 0, 0);
  add (mined, 0, 1);
  sst_mined_free (&mined);
  mined = open_mined (2, FALSE);
  assert_clips (mined, 1, 1);
  sst_mined_free (&mined);
}
END_TEST

/* A file that the list does not name was not finished. */
START_TEST (unlisted_files_do_not_count)
{
  char *const path = g_build_filename (folder, "tracklets-1.txt", NULL);
  SstMined *mined;

  ck_assert (g_file_set_contents (path, "half a f", -1, NULL));
  mined = open_mined (1, TRUE);
  assert_clips (mined, 0, 0);
  add (mined, 2, 1);
  assert_clips (mined, 4, 1);
  sst_mined_free (&mined);

  /* One that it names is no good any more. */
  ck_assert (g_file_set_contents (path, "half a f", -1, NULL));
  mined = open_mined (1, FALSE);
  ck_assert_ptr_null (sst_mined_load (mined, footage, NULL));
  sst_mined_free (&mined);
  g_free (path);
}
END_TEST

START_TEST (a_damaged_list_is_refused)
{
  static const char *const texts[] = {
    "", "\n", "end\n", "sstracker-mined 1\n", "sstracker-mined 1\nend",
    "sstracker-mined 2\nend\n", "sstracker-mined 1\nclip x\nend\n",
    "sstracker-mined 1\nbatch 1\nend\n", "sstracker-mined 1\nbatch 1 -1\nend\n",
    "sstracker-mined 1\nbatch 99999999999 1\nend\n",
    "sstracker-mined 1\nbatch ../x 1\nend\n",
    "sstracker-mined 1\nbatch 1 1\nclip x\n",
    "sstracker-mined 1\nbatch 1 1\nclip x\\\nend\n",
  };
  char *const path = g_build_filename (folder, "mined.txt", NULL);
  SstMined *mined;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    GError *error = NULL;

    ck_assert (g_file_set_contents (path, texts[i], -1, NULL));
    ck_assert_msg (sst_mined_open (folder, 1, FALSE, &error) == NULL, "%s",
        texts[i]);
    ck_assert (g_error_matches (error, SST_TRACKLET_ERROR,
            SST_TRACKLET_ERROR_FORMAT));
    g_error_free (error);
  }
  ck_assert (g_file_set_contents (path, "sstracker-mined 1\nend\n", -1, NULL));
  mined = open_mined (1, FALSE);
  assert_clips (mined, 0, 0);
  sst_mined_free (&mined);
  g_free (path);
}
END_TEST

static Suite *
mined_suite (void)
{
  Suite *suite = suite_create ("mined");
  TCase *tcase = tcase_create ("mined");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, additions_are_kept_and_locked);
  tcase_add_test (tcase, another_version_starts_anew);
  tcase_add_test (tcase, unlisted_files_do_not_count);
  tcase_add_test (tcase, a_damaged_list_is_refused);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (mined)
