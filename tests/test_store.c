/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* The store of pictures on disk: what goes in comes out, whatever became of its
 * files meanwhile. */

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/random.h"
#include "footage/rights.h"
#include "footage/store.h"

#include "suite.h"

static char *folder;

static char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static void
setup (void)
{
  char *const top = g_dir_make_tmp ("sstrack-XXXXXX", NULL);

  folder = g_build_filename (top, "store", NULL);
  g_free (top);
}

static void
remove_all (const char *path)
{
  GDir *const dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    char *const inside = g_build_filename (path, name, NULL);

    g_remove (inside);
    g_free (inside);
  }
  if (dir != NULL)
    g_dir_close (dir);
  g_rmdir (path);
}

static void
teardown (void)
{
  char *const top = g_path_get_dirname (folder);

  remove_all (folder);
  remove_all (top);
  g_free (top);
  g_free (folder);
}

/* A picture of noise. */
static SstImage *
make_image (int width, int height, gboolean alpha, guint seed)
{
  SstImage *image = sst_image_new (width, height);
  const size_t n = sst_image_size (image);
  SstRandom random = sst_random_init (seed, 0);

  for (size_t i = 0; i < n; i++)
    image->data[i] = (guint8) sst_random_below (&random, 256);
  if (alpha) {
    guint8 *const to = sst_image_add_alpha (image);

    for (int i = 0; i < width * height; i++)
      to[i] = (guint8) sst_random_below (&random, 256);
  }
  return image;
}

static void
assert_image (const SstFootage * footage, guint clip, guint i, int width,
    int height, gboolean alpha, guint seed)
{
  SstImage *const made = make_image (width, height, alpha, seed);
  const SstClip *const from = sst_footage_clip (footage, clip);
  const SstFrame *const frame = sst_clip_frame (from, i);
  const SstImage *const image = g_ptr_array_index (from->images, i);

  ck_assert (sst_frame_validate (frame, NULL));
  ck_assert_int_eq (frame->width, width);
  ck_assert_int_eq (frame->height, height);
  ck_assert_uint_eq (sst_image_size (image), sst_image_size (made));
  for (int c = 0; c < 3; c++)
    ck_assert_int_eq (memcmp (frame->plane[c], made->frame.plane[c],
            (size_t) made->frame.stride[c] * (c == 0 ? height :
                (height + 1) / 2)), 0);
  ck_assert ((sst_clip_alpha (from, i) != NULL) == alpha);
  if (alpha)
    ck_assert_int_eq (memcmp (image->alpha, made->alpha,
            (size_t) width * height), 0);
  sst_image_unref (made);
}

static SstStore *
open_store (gboolean writable)
{
  GError *error = NULL;
  SstStore *store = sst_store_open (folder, writable, &error);

  ck_assert_msg (store != NULL, "%s", error != NULL ? error->message : "");
  return store;
}

static SstFootage *
get_footage (const char *rights)
{
  SstStore *store = open_store (FALSE);
  SstFootage *footage = sst_store_footage (store, rights, NULL);

  sst_store_free (&store);
  ck_assert_ptr_nonnull (footage);
  return footage;
}

static void
begin (SstStore * store, const char *path, const char *rights,
    const char *name)
{
  SstStoreFile file = { g_strdup (path), 100, 200, g_strdup (rights) };

  sst_store_begin (store, &file, name);
  g_free (file.path);
  g_free (file.rights);
}

static void
add (SstStore * store, SstImage * image, guint64 time, gboolean cut)
{
  ck_assert (sst_store_add (store, image, time, cut, NULL));
  sst_image_unref (image);
}

/* A file of a video of n pictures. */
static void
add_video (SstStore * store, const char *path, const char *name, guint n,
    guint seed)
{
  begin (store, path, "free", name);
  for (guint i = 0; i < n; i++)
    add (store, make_image (8, 6, FALSE, seed + i), 1000 + 50 * i, FALSE);
  ck_assert (sst_store_commit (store, NULL));
}

/* A video, a photograph, and a cut-out of odd sides. */
static void
fill_store (void)
{
  SstStore *store = open_store (TRUE);

  add_video (store, "/in/a b\n.mp4", "in/a", 5, 10);
  begin (store, "/in/b.png", "research", "in/b");
  add (store, make_image (7, 5, TRUE, 20), 0, FALSE);
  ck_assert (sst_store_commit (store, NULL));
  begin (store, "/in/c\\", "not a word", "in/c\\");
  add (store, make_image (9, 3, FALSE, 30), 77, FALSE);
  ck_assert (sst_store_commit (store, NULL));
  ck_assert (sst_store_flush (store, NULL));
  sst_store_free (&store);
}

START_TEST (a_store_gives_back_what_it_got)
{
  const SstStoreFile *file;
  SstFootage *footage;
  SstStore *store;

  fill_store ();
  store = open_store (FALSE);
  ck_assert_uint_eq (sst_store_n_files (store), 3);
  ck_assert_uint_eq (sst_store_n_clips (store), 3);
  ck_assert_uint_eq (sst_store_n_ignored (store), 0);
  file = sst_store_find (store, "/in/a b\n.mp4");
  ck_assert_ptr_eq (file, sst_store_file (store, 0));
  ck_assert_int_eq (file->size, 100);
  ck_assert_int_eq (file->mtime, 200);
  ck_assert_str_eq (file->rights, "free");
  ck_assert_str_eq (sst_store_file (store, 2)->rights, SST_RIGHTS_UNKNOWN);
  ck_assert_ptr_eq (sst_store_find (store, "/in/c\\"), sst_store_file (store,
          2));
  ck_assert_ptr_null (sst_store_find (store, "/in/d"));
  ck_assert_int_eq (sst_store_clip (store, 0)->kind, SST_CLIP_VIDEO);
  ck_assert_int_eq (sst_store_clip (store, 1)->kind, SST_CLIP_CUTOUT);
  ck_assert_int_eq (sst_store_clip (store, 2)->kind, SST_CLIP_PHOTOGRAPH);

  footage = sst_store_footage (store, NULL, NULL);
  sst_store_free (&store);
  ck_assert_uint_eq (sst_footage_n_clips (footage), 3);
  ck_assert_str_eq (sst_footage_clip (footage, 0)->name, "in/a");
  ck_assert_str_eq (sst_footage_clip (footage, 2)->name, "in/c\\");
  for (guint i = 0; i < 5; i++) {
    assert_image (footage, 0, i, 8, 6, FALSE, 10 + i);
    ck_assert_uint_eq (sst_clip_time (sst_footage_clip (footage, 0), i),
        50 * i);
  }
  assert_image (footage, 1, 0, 7, 5, TRUE, 20);
  assert_image (footage, 2, 0, 9, 3, FALSE, 30);
  ck_assert_int_eq (sst_clip_kind (sst_footage_clip (footage, 0)),
      SST_CLIP_VIDEO);
  ck_assert_int_eq (sst_clip_kind (sst_footage_clip (footage, 1)),
      SST_CLIP_CUTOUT);
  ck_assert_int_eq (sst_clip_kind (sst_footage_clip (footage, 2)),
      SST_CLIP_PHOTOGRAPH);
  sst_footage_free (&footage);

  footage = get_footage ("research");
  ck_assert_uint_eq (sst_footage_n_clips (footage), 1);
  assert_image (footage, 0, 0, 7, 5, TRUE, 20);
  sst_footage_free (&footage);
  footage = get_footage ("nobody's");
  ck_assert_uint_eq (sst_footage_n_clips (footage), 0);
  sst_footage_free (&footage);
}
END_TEST

/* Pictures take no memory of their own: they lie one behind the other in one
 * mapping, which a picture keeps when the footage has gone. */
START_TEST (pictures_are_borrowed_from_the_mapping)
{
  SstFootage *footage;
  SstImage *kept;
  const guint8 *at = NULL;

  fill_store ();
  footage = get_footage (NULL);
  for (guint i = 0; i < sst_footage_n_clips (footage); i++) {
    const SstClip *const clip = sst_footage_clip (footage, i);

    for (guint k = 0; k < sst_clip_length (clip); k++) {
      const SstImage *const image = g_ptr_array_index (clip->images, k);

      ck_assert (at == NULL || image->data == at);
      at = image->data + sst_image_size (image);
    }
  }
  kept = sst_image_ref (g_ptr_array_index (sst_footage_clip (footage,
              2)->images, 0));
  sst_footage_free (&footage);
  footage = sst_footage_new ();
  sst_clip_add (sst_footage_add_clip (footage, "kept"), kept, 0);
  assert_image (footage, 0, 0, 9, 3, FALSE, 30);
  sst_footage_free (&footage);
}
END_TEST

/* Where a clip ends, and what it is called. */
START_TEST (clips_have_their_ends_and_names)
{
  static const char *const names[] = { "x", "x #2", "x #3", "x #4", "x (2)" };
  static const guint lengths[] = { 2, 1, 2, 1, 1 };
  SstImage *other = make_image (6, 6, FALSE, 1);
  SstStore *store = open_store (TRUE);
  SstFootage *footage;

  begin (store, "/x", "free", "x");
  add (store, make_image (6, 6, FALSE, 1), 5, FALSE);
  add (store, make_image (6, 6, FALSE, 1), 6, FALSE);
  add (store, make_image (6, 8, FALSE, 1), 7, FALSE);   /* size */
  add (store, make_image (6, 6, FALSE, 1), 8, FALSE);
  add (store, make_image (6, 6, FALSE, 1), 9, FALSE);
  other->frame.matrix = SST_MATRIX_BT709;
  add (store, other, 10, FALSE);
  ck_assert (sst_store_commit (store, NULL));
  begin (store, "/nothing", "free", "x");       /* nothing stays of it */
  ck_assert (sst_store_commit (store, NULL));
  begin (store, "/y", "free", "x");
  add (store, make_image (6, 6, FALSE, 1), 5, FALSE);
  add (store, make_image (6, 6, FALSE, 1), 6, TRUE);    /* asked for */
  add (store, make_image (6, 6, FALSE, 1), 6, FALSE);   /* time */
  ck_assert (sst_store_commit (store, NULL));
  ck_assert_uint_eq (sst_store_n_files (store), 2);
  ck_assert (sst_store_flush (store, NULL));
  sst_store_free (&store);

  footage = get_footage (NULL);
  ck_assert_uint_eq (sst_footage_n_clips (footage), 7);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    const SstClip *const clip = sst_footage_clip (footage, i);

    ck_assert_str_eq (clip->name, names[i]);
    ck_assert_uint_eq (sst_clip_length (clip), lengths[i]);
    ck_assert_uint_eq (sst_clip_time (clip, 0), 0);
  }
  ck_assert_int_eq (sst_clip_frame (sst_footage_clip (footage, 3), 0)->matrix,
      SST_MATRIX_BT709);
  ck_assert_str_eq (sst_footage_clip (footage, 6)->name, "x (2) #3");
  sst_footage_free (&footage);
}
END_TEST

static void
append_bytes (const char *name, const char *data, size_t size)
{
  char *const path = in_folder (name);
  FILE *const file = fopen (path, "ae");

  ck_assert_uint_eq (fwrite (data, 1, size, file), size);
  fclose (file);
  g_free (path);
}

static void
cut_bytes (const char *name, guint n)
{
  char *const path = in_folder (name);
  GStatBuf st;

  ck_assert_int_eq (g_stat (path, &st), 0);
  ck_assert_int_eq (truncate (path, st.st_size - n), 0);
  g_free (path);
}

/* What was in there, and a video more. */
static void
assert_appended (guint n_before)
{
  SstStore *store = open_store (TRUE);
  SstFootage *footage;

  ck_assert_uint_eq (sst_store_n_clips (store), n_before);
  add_video (store, "/in/new", "in/new", 3, 50);
  ck_assert (sst_store_flush (store, NULL));
  sst_store_free (&store);
  store = open_store (FALSE);
  ck_assert_uint_eq (sst_store_n_ignored (store), 0);
  sst_store_free (&store);
  footage = get_footage (NULL);
  ck_assert_uint_eq (sst_footage_n_clips (footage), n_before + 1);
  for (guint i = 0; i < 5; i++)
    assert_image (footage, 0, i, 8, 6, FALSE, 10 + i);
  for (guint i = 0; i < 3; i++)
    assert_image (footage, n_before, i, 8, 6, FALSE, 50 + i);
  sst_footage_free (&footage);
}

START_TEST (files_are_appended)
{
  fill_store ();
  assert_appended (3);
}
END_TEST

/* A reader goes on with what it opened while somebody appends, and two do not
 * append at a time. */
START_TEST (one_reads_while_one_appends)
{
  GError *error = NULL;
  SstFootage *footage;
  SstStore *writer, *reader;

  fill_store ();
  writer = open_store (TRUE);
  ck_assert_ptr_null (sst_store_open (folder, TRUE, &error));
  ck_assert (g_error_matches (error, SST_STORE_ERROR, SST_STORE_ERROR_BUSY));
  g_clear_error (&error);
  begin (writer, "/in/long", "free", "long");
  add (writer, make_image (8, 6, FALSE, 40), 0, FALSE);
  reader = open_store (FALSE);
  ck_assert_uint_eq (sst_store_n_clips (reader), 3);
  add (writer, make_image (8, 6, FALSE, 41), 1, FALSE);
  ck_assert (sst_store_commit (writer, NULL));
  ck_assert (sst_store_flush (writer, NULL));
  footage = sst_store_footage (reader, NULL, NULL);
  ck_assert_uint_eq (sst_footage_n_clips (footage), 3);
  assert_image (footage, 2, 0, 9, 3, FALSE, 30);
  sst_footage_free (&footage);
  sst_store_free (&reader);
  sst_store_free (&writer);
  footage = get_footage (NULL);
  ck_assert_uint_eq (sst_footage_n_clips (footage), 4);
  assert_image (footage, 3, 1, 8, 6, FALSE, 41);
  sst_footage_free (&footage);
}
END_TEST

/* Pictures without a record, half a record, both: as a crash leaves them. */
START_TEST (a_crash_loses_nothing_that_was_committed)
{
  static const char half[] = "file 1 2 free /half\nclip 8 6 0 0 1 half\n";
  SstStore *store;
  char junk[100];

  memset (junk, 'x', sizeof (junk));
  fill_store ();
  if (_i & 1)
    append_bytes ("pictures", junk, sizeof (junk));
  if (_i & 2)
    append_bytes ("index.txt", half, strlen (half) - (_i & 4 ? 3 : 0));
  store = open_store (FALSE);
  ck_assert_uint_eq (sst_store_n_ignored (store), (_i & 1 ? 100 : 0)
      + (_i & 2 ? strlen (half) - (_i & 4 ? 3 : 0) : 0));
  sst_store_free (&store);
  assert_appended (3);
}
END_TEST

/* An end that is lost takes the records with it that need it, no others. */
START_TEST (a_lost_end_loses_its_records_alone)
{
  fill_store ();
  cut_bytes (_i == 0 ? "pictures" : "index.txt", 1);
  assert_appended (2);
}
END_TEST

/* What was not committed is not there. */
START_TEST (what_is_aborted_is_not_there)
{
  SstStore *store;

  fill_store ();
  store = open_store (TRUE);
  begin (store, "/in/other", "free", "in/new");
  add (store, make_image (8, 6, FALSE, 99), 0, FALSE);
  if (_i == 0)
    sst_store_abort (store);
  sst_store_free (&store);
  assert_appended (3);
}
END_TEST

/* The first reading was cut short: nothing is there, but it is a store. */
START_TEST (a_crash_of_the_first_reading_leaves_a_store)
{
  SstStore *store = open_store (TRUE);

  begin (store, "/in/a", "free", "a");
  add (store, make_image (8, 6, FALSE, 1), 0, FALSE);
  sst_store_free (&store);
  store = open_store (FALSE);
  ck_assert_uint_eq (sst_store_n_clips (store), 0);
  ck_assert_uint_eq (sst_store_n_ignored (store), 8 * 6 * 3 / 2);
  sst_store_free (&store);
  fill_store ();
  assert_appended (3);
}
END_TEST

/* A full disk is an error, and costs nothing of what was there. */
START_TEST (a_full_disk_costs_nothing_of_before)
{
  struct rlimit limit = { 500, RLIM_INFINITY }, old;
  SstStore *store;
  SstImage *image;
  GError *error = NULL;

  fill_store ();
  store = open_store (TRUE);
  begin (store, "/in/large", "free", "large");
  image = make_image (40, 20, FALSE, 1);
  signal (SIGXFSZ, SIG_IGN);
  ck_assert_int_eq (getrlimit (RLIMIT_FSIZE, &old), 0);
  limit.rlim_max = old.rlim_max;
  ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &limit), 0);
  ck_assert (!sst_store_add (store, image, 0, FALSE, &error));
  ck_assert_int_eq (setrlimit (RLIMIT_FSIZE, &old), 0);
  ck_assert (error->domain == G_FILE_ERROR);
  g_error_free (error);
  sst_image_unref (image);
  sst_store_abort (store);
  ck_assert (sst_store_flush (store, NULL));
  sst_store_free (&store);
  assert_appended (3);
}
END_TEST

/* --- an index that is not trusted ----------------------------------------- */

static char *
read_index (void)
{
  char *const path = in_folder ("index.txt"), *text = NULL;

  ck_assert (g_file_get_contents (path, &text, NULL, NULL));
  g_free (path);
  return text;
}

static void
write_index (const char *text, gssize size)
{
  char *const path = in_folder ("index.txt");
  const size_t n = size < 0 ? strlen (text) : (size_t) size;
  FILE *const file = fopen (path, "we");

  ck_assert_uint_eq (fwrite (text, 1, n, file), n);
  fclose (file);
  g_free (path);
}

/* The code of the error that opening ends with; -1 if it does not. */
static int
open_code (guint * n_clips)
{
  GError *error = NULL;
  SstStore *store = sst_store_open (folder, FALSE, &error);
  int code = -1;

  if (store != NULL) {
    SstFootage *footage = sst_store_footage (store, NULL, NULL);

    *n_clips = sst_store_n_clips (store);
    ck_assert_uint_eq (sst_footage_n_clips (footage), *n_clips);
    sst_footage_free (&footage);
    sst_store_free (&store);
  } else {
    ck_assert (error->domain == SST_STORE_ERROR);
    code = error->code;
    g_error_free (error);
  }
  return code;
}

/* Appends a record with a sum that is right. */
static int
try_record (const char *record, guint * n_clips)
{
  char *const before = read_index ();
  char *const sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, record,
      -1);
  char *const text = g_strdup_printf ("%s%send %.16s\n", before, record, sum);
  int code;

  write_index (text, -1);
  code = open_code (n_clips);
  write_index (before, -1);
  g_free (text);
  g_free (sum);
  g_free (before);
  return code;
}

START_TEST (hostile_records_are_refused)
{
  static const char *const records[] = {
    "clip 1 1 0 0 1 n\ntimes 0\n",
    "file 1 1 free /n\n",
    "file 1 1 free \nclip 1 1 0 0 1 n\ntimes 0\n",
    "file 1 1 fr/ee /n\nclip 1 1 0 0 1 n\ntimes 0\n",
    "file -1 1 free /n\nclip 1 1 0 0 1 n\ntimes 0\n",
    "file 1 99999999999999999999 free /n\nclip 1 1 0 0 1 n\ntimes 0\n",
    "file 1 1 free /in/b.png\nclip 1 1 0 0 1 n\ntimes 0\n",
    "file 1 1 free /n\nclip 1 1 0 0 1 in/a\ntimes 0\n",
    "file 1 1 free /n\nclip 1 1 0 0 1 n\ntimes 0\nclip 1 1 0 0 1 n\ntimes 0\n",
    "file 1 1 free /n\nclip 1 1 0 0 1 n\n",
    "file 1 1 free /n\nclip 1 1 0 0 1 n\ntimes\n",
    "file 1 1 free /n\nclip 1 1 0 0 1 n\ntimes 0 1\n",
    "file 1 1 free /n\nclip 1 1 0 0 1 n\ntimes 1\n",
    "file 1 1 free /n\nclip 1 1 0 0 2 n\ntimes 0\n",
    "file 1 1 free /n\nclip 1 1 0 0 2 n\ntimes 0 0\n",
    "file 1 1 free /n\nclip 1 1 0 0 2 n\ntimes 0 -1\n",
    "file 1 1 free /n\nclip 1 1 0 0 3 n\ntimes 0 9223372036854775807 1\n",
    "file 1 1 free /n\nclip 1 1 0 1 2 n\ntimes 0 1\n",
    "file 1 1 free /n\nclip 1 1 0 2 1 n\ntimes 0\n",
    "file 1 1 free /n\nclip 1 1 9 0 1 n\ntimes 0\n",
    "file 1 1 free /n\nclip 0 1 0 0 1 n\ntimes 0\n",
    "file 1 1 free /n\nclip 1 -1 0 0 1 n\ntimes 0\n",
    "file 1 1 free /n\nclip 40000 1 0 0 1 n\ntimes 0\n",
    "file 1 1 free /n\nclip 4294967297 1 0 0 1 n\ntimes 0\n",
    "file 1 1 free /n\nclip 1 18446744073709551617 0 0 1 n\ntimes 0\n",
    "file 1 1 free /n\nclip 1 1 0 0 0 n\ntimes \n",
    "file 1 1 free /n\nclip 32768 32768 0 0 16777216 n\ntimes 0 1\n",
    "file 1 1 free /n\nclip 32768 32768 0 0 4294967297 n\ntimes 0\n",
    "file 1 1 free /n\\\nclip 1 1 0 0 1 n\ntimes 0\n",
    "file 1 1 free /n\nclip 1 1 0 0 1 n\\\ntimes 0\n",
  };
  guint n_clips;

  fill_store ();
  /* room for a picture of a pixel, which would be taken */
  append_bytes ("pictures", "yuv", 3);
  ck_assert_int_eq (try_record ("file 1 1 free /n\nclip 1 1 0 0 1 n\n"
          "times 0\n", &n_clips), -1);
  ck_assert_uint_eq (n_clips, 4);
  for (guint i = 0; i < G_N_ELEMENTS (records); i++)
    ck_assert_msg (try_record (records[i], &n_clips)
        == SST_STORE_ERROR_FORMAT, "taken: %s", records[i]);

  /* Pictures that nobody has are an end that is lost. */
  ck_assert_int_eq (try_record ("file 1 1 free /n\nclip 32768 32768 0 0 2 n\n"
          "times 0 1\n", &n_clips), -1);
  ck_assert_uint_eq (n_clips, 3);
}
END_TEST

/* What is in the place of a store's files is not waited for, and no link
 * leads a writer out of the folder. */
START_TEST (strange_files_are_neither_read_nor_followed)
{
  char *const index = in_folder ("index.txt"), *const data =
      in_folder ("pictures"), *const other = in_folder ("precious");
  GError *error = NULL;
  char *text;

  g_mkdir_with_parents (folder, 0777);
  ck_assert_int_eq (mkfifo (index, 0600), 0);
  ck_assert_ptr_null (sst_store_open (folder, FALSE, &error));
  ck_assert_ptr_nonnull (error);
  g_clear_error (&error);
  g_unlink (index);

  fill_store ();
  ck_assert (g_file_set_contents (other, "mine", -1, NULL));
  g_unlink (data);
  ck_assert_int_eq (symlink (other, data), 0);
  ck_assert_ptr_null (sst_store_open (folder, TRUE, &error));
  ck_assert_ptr_nonnull (error);
  g_clear_error (&error);
  ck_assert (g_file_get_contents (other, &text, NULL, NULL));
  ck_assert_str_eq (text, "mine");
  g_unlink (other);
  g_free (text);
  g_free (other);
  g_free (data);
  g_free (index);
}
END_TEST

START_TEST (a_store_without_an_index_is_refused)
{
  static const struct
  {
    const char *text;
    int code;
  } cases[] = {
    {"", SST_STORE_ERROR_FORMAT},
    {"sstracker-store 1", SST_STORE_ERROR_FORMAT},
    {"sstracker-tracklets 1\n", SST_STORE_ERROR_FORMAT},
    {"sstracker-store 2\n", SST_STORE_ERROR_VERSION},
    {"sstracker-store x\n", SST_STORE_ERROR_VERSION},
  };
  GError *error = NULL;
  guint n_clips;

  ck_assert_ptr_null (sst_store_open (folder, FALSE, &error));
  ck_assert (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT));
  g_clear_error (&error);
  fill_store ();
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    write_index (cases[i].text, -1);
    ck_assert_int_eq (open_code (&n_clips), cases[i].code);
    /* and no writer takes it for a new store that may be cut */
    ck_assert_ptr_null (sst_store_open (folder, TRUE, NULL));
  }
}
END_TEST

/* Wherever it is cut or changed, it is refused, or what is in it is true. */
START_TEST (damage_is_refused_or_harmless)
{
  SstFootage *footage;
  guint n_clips = 0;
  size_t size;
  char *text;

  fill_store ();
  text = read_index ();
  size = strlen (text);
  for (size_t i = 0; i < size; i++) {
    const char old = text[i];

    write_index (text, (gssize) i);
    if (open_code (&n_clips) == -1)
      ck_assert_uint_lt (n_clips, 3);
    text[i] = i % 3 == 0 ? '\0' : i % 3 == 1 ? '\n' : (char) (old ^ 1);
    if (text[i] != old) {
      write_index (text, (gssize) size);
      if (open_code (&n_clips) == -1)
        ck_assert_uint_lt (n_clips, 3);
    }
    text[i] = old;
  }
  write_index (text, (gssize) size);
  footage = get_footage (NULL);
  assert_image (footage, 2, 0, 9, 3, FALSE, 30);
  sst_footage_free (&footage);
  g_free (text);
}
END_TEST

/* --- alpha, sizes --------------------------------------------------------- */

START_TEST (alpha_is_kept_where_it_says_something)
{
  guint8 rgba[4 * 20 * 10];
  SstImage *image = sst_image_new (20, 10), *half = sst_image_new (10, 5);

  for (int i = 0; i < 200; i++)
    rgba[4 * i + 3] = 255;
  ck_assert (!sst_image_add_alpha_from (image, rgba + 3, 80, 4, 20, 10));
  ck_assert_ptr_null (image->alpha);

  for (int i = 0; i < 200; i++)
    rgba[4 * i + 3] = i % 20 < 10 ? 0 : 255;
  ck_assert (sst_image_add_alpha_from (image, rgba + 3, 80, 4, 20, 10));
  ck_assert_uint_eq (sst_image_size (image), 200 + 200 + 2 * 50);
  for (int i = 0; i < 200; i++)
    ck_assert_int_eq (image->alpha[i], i % 20 < 10 ? 0 : 255);
  ck_assert (sst_image_add_alpha_from (half, rgba + 3, 80, 4, 20, 10));
  for (int i = 0; i < 50; i++) {
    ck_assert (i % 10 >= 4 || half->alpha[i] == 0);
    ck_assert (i % 10 < 6 || half->alpha[i] == 255);
  }
  sst_image_remove_alpha (image);
  ck_assert_uint_eq (sst_image_size (image), 200 + 2 * 50);
  sst_image_unref (half);
  sst_image_unref (image);
}
END_TEST

START_TEST (pictures_shrink_to_fit_within)
{
  static const int cases[][6] = {
    /* from, longer and shorter side at most, to */
    {40, 20, 0, 0, 40, 20},
    {40, 20, 0, 10, 20, 10},
    {20, 40, 0, 10, 10, 20},
    {40, 20, 0, 30, 40, 20},
    {40, 20, 10, 10, 10, 5},
    {40, 20, 30, 5, 10, 5},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    SstImage *from = make_image (cases[i][0], cases[i][1], FALSE, i);
    SstImage *to = sst_image_new_within (&from->frame, cases[i][2],
        cases[i][3]);

    ck_assert_int_eq (to->frame.width, cases[i][4]);
    ck_assert_int_eq (to->frame.height, cases[i][5]);
    sst_image_unref (to);
    sst_image_unref (from);
  }
}
END_TEST

/* --- rights --------------------------------------------------------------- */

static const char *
rights_of (SstRights * rights, const char *name)
{
  char *const path = in_folder (name);
  const char *found = sst_rights_of (rights, path);

  g_free (path);
  return found;
}

START_TEST (rights_come_from_the_table)
{
  char *const path = in_folder (SST_RIGHTS_TABLE);
  SstRights *rights;

  g_mkdir (folder, 0777);
  rights = sst_rights_new ();
  ck_assert_str_eq (rights_of (rights, "a.jpg"), "unknown");
  sst_rights_free (&rights);

  ck_assert (g_file_set_contents (path, "file\torigin\trights\tkind\r\n"
          "a*\tx\tresearch\ty\n" "a.jpg\tx\tfree\ty\n" "short\n"
          "b.jpg\tx\t\ty\n" "?.jpg\tx\tlast\ty", -1, NULL));
  rights = sst_rights_new ();
  ck_assert_str_eq (rights_of (rights, "a.jpg"), "free");
  ck_assert_str_eq (rights_of (rights, "ab.jpg"), "research");
  ck_assert_str_eq (rights_of (rights, "b.jpg"), "last");
  ck_assert_str_eq (rights_of (rights, "short"), "unknown");
  ck_assert_str_eq (rights_of (rights, "cd.jpg"), "unknown");
  sst_rights_free (&rights);

  ck_assert (g_file_set_contents (path, "file\torigin\na.jpg\tfree\n", -1,
          NULL));
  rights = sst_rights_new ();
  ck_assert_str_eq (rights_of (rights, "a.jpg"), "unknown");
  sst_rights_free (&rights);
  ck_assert_ptr_null (rights);
  g_free (path);
}
END_TEST

static Suite *
store_suite (void)
{
  Suite *suite = suite_create ("store");
  TCase *tcase = tcase_create ("store");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, a_store_gives_back_what_it_got);
  tcase_add_test (tcase, pictures_are_borrowed_from_the_mapping);
  tcase_add_test (tcase, clips_have_their_ends_and_names);
  tcase_add_test (tcase, files_are_appended);
  tcase_add_test (tcase, one_reads_while_one_appends);
  tcase_add_loop_test (tcase, a_crash_loses_nothing_that_was_committed, 0, 8);
  tcase_add_loop_test (tcase, a_lost_end_loses_its_records_alone, 0, 2);
  tcase_add_loop_test (tcase, what_is_aborted_is_not_there, 0, 2);
  tcase_add_test (tcase, a_crash_of_the_first_reading_leaves_a_store);
  tcase_add_test (tcase, a_full_disk_costs_nothing_of_before);
  tcase_add_test (tcase, hostile_records_are_refused);
  tcase_add_test (tcase, a_store_without_an_index_is_refused);
  tcase_add_test (tcase, strange_files_are_neither_read_nor_followed);
  tcase_add_test (tcase, damage_is_refused_or_harmless);
  tcase_add_test (tcase, alpha_is_kept_where_it_says_something);
  tcase_add_test (tcase, pictures_shrink_to_fit_within);
  tcase_add_test (tcase, rights_come_from_the_table);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (store)
