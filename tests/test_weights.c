/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "model/builtin.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "suite.h"

/* Offsets of the format as weights.h describes it. */
#define VERSION 8
#define N_TENSORS 12
#define HASH 16
#define SIZE 24
#define N_ARCHITECTURE 32
#define N_METADATA 36
#define ZERO 40
#define RECORDS 64
#define RECORD 88
#define TYPE 48
#define N_DIMS 52
#define DIMS 56
#define OFFSET 72
#define BYTES 80
#define TEXTS (RECORDS + N_SPECS * RECORD)
#define DIGEST 32

#define ARCHITECTURE "siamese-1 channels=16,32,64 blocks=2 head=64"
#define METADATA "steps=1200\nseed=7\nnote=a=b, grün\nempty=\n"

#define N_SPECS 3
#define LONGEST "a-name.of/47_characters.which.is.the.longest.01"
static const SstTensorSpec specs[N_SPECS] = {
  {"conv1/weight", 4, {2, 3, 1, 2}},
  {"conv1/bias", 1, {17}},
  {LONGEST, 2, {1, 5}},
};

static float values[N_SPECS][17];
static const float *const data[N_SPECS] = { values[0], values[1], values[2] };

static SstWeights *
new_weights (void)
{
  GError *error = NULL;
  SstWeights *weights;

  for (int i = 0; i < N_SPECS; i++) {
    for (int j = 0; j < 17; j++)
      values[i][j] = (i - 1.25f) * (j + 0.1f);
  }
  /* bits that a detour over text or double would change */
  values[0][1] = -0.f;
  values[0][2] = 1e-45f;
  values[0][3] = 3.4028235e38f;
  weights = sst_weights_new (ARCHITECTURE, METADATA, specs, N_SPECS, data,
      &error);
  ck_assert_msg (weights != NULL, "%s", error ? error->message : "");
  return weights;
}

/* The bytes of the file, to change. */
static GByteArray *
new_file (void)
{
  SstWeights *weights = new_weights ();
  GByteArray *file =
      g_bytes_unref_to_array (sst_weights_to_bytes (weights));

  sst_weights_unref (weights);
  return file;
}

static void
put (guint8 * to, int n, guint64 value)
{
  for (int i = 0; i < n; i++)
    to[i] = (guint8) (value >> 8 * i);
}

static guint64
get (const guint8 * from, int n)
{
  guint64 value = 0;

  for (int i = 0; i < n; i++)
    value |= (guint64) from[i] << 8 * i;
  return value;
}

/* Makes size and checksum right again, so that what is wrong is only what a
 * test made wrong. */
static void
seal (GByteArray * file)
{
  const gsize n = file->len - DIGEST;
  gsize n_digest = DIGEST;
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);

  put (file->data + SIZE, 8, file->len);
  g_checksum_update (checksum, file->data, n);
  g_checksum_get_digest (checksum, file->data + n, &n_digest);
  g_checksum_free (checksum);
}

static SstWeights *
load (const GByteArray * file, GError ** error)
{
  /* its own memory: an address sanitizer sees a byte too far */
  GBytes *bytes = g_bytes_new (file->data, file->len);
  SstWeights *weights = sst_weights_load_bytes (bytes, error);

  g_bytes_unref (bytes);
  ck_assert ((weights == NULL) == (*error != NULL));
  return weights;
}

/* The file is refused for that reason; frees it. */
static void
check_refused (GByteArray * file, SstWeightsError code, const char *says)
{
  GError *error = NULL;

  ck_assert_msg (load (file, &error) == NULL, "accepted: %s", says);
  ck_assert_msg (g_error_matches (error, SST_WEIGHTS_ERROR, code),
      "%s instead of %s", error->message, says);
  ck_assert_msg (strstr (error->message, says) != NULL, "%s: no \"%s\"",
      error->message, says);
  g_error_free (error);
  g_byte_array_unref (file);
}

static void
check_same (const SstWeights * weights)
{
  ck_assert_str_eq (sst_weights_get_architecture (weights), ARCHITECTURE);
  ck_assert_str_eq (sst_weights_get_metadata (weights), METADATA);
  ck_assert_int_eq (sst_weights_n_tensors (weights), N_SPECS);
  for (int i = 0; i < N_SPECS; i++) {
    const SstTensorSpec *spec = NULL, *found = NULL;
    const float *const tensor = sst_weights_tensor (weights, i, &spec);

    ck_assert_ptr_eq (sst_weights_find (weights, specs[i].name, &found),
        tensor);
    ck_assert_ptr_eq (spec, found);
    ck_assert_str_eq (spec->name, specs[i].name);
    ck_assert_int_eq (spec->n_dims, specs[i].n_dims);
    ck_assert_mem_eq (spec->dims, specs[i].dims, sizeof spec->dims);
    ck_assert_uint_eq ((uintptr_t) tensor % 64, 0);
    ck_assert_mem_eq (tensor, values[i],
        sizeof (float) * sst_tensor_spec_size (spec));
  }
}

static gchar *
new_directory (void)
{
  gchar *directory = g_dir_make_tmp ("sst-weights-XXXXXX", NULL);

  ck_assert_ptr_nonnull (directory);
  return directory;
}

static guint
count_files (const gchar * directory)
{
  GDir *dir = g_dir_open (directory, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  g_dir_close (dir);
  return n;
}

START_TEST (weights_come_back)
{
  SstWeights *weights = new_weights ();
  const SstTensorSpec *spec = specs;
  GBytes *bytes = sst_weights_to_bytes (weights), *again;
  SstWeights *loaded = sst_weights_load_bytes (bytes, NULL);
  gchar *text;

  check_same (weights);
  check_same (loaded);
  ck_assert_str_eq (sst_weights_get_checksum (weights),
      sst_weights_get_checksum (loaded));
  ck_assert_uint_eq (strlen (sst_weights_get_checksum (weights)), 64);
  again = sst_weights_to_bytes (loaded);
  ck_assert (g_bytes_equal (bytes, again));

  ck_assert_ptr_null (sst_weights_find (weights, "conv1", &spec));
  ck_assert_ptr_eq (spec, specs);

  text = sst_weights_dup_metadata (weights, "steps");
  ck_assert_str_eq (text, "1200");
  g_free (text);
  text = sst_weights_dup_metadata (weights, "note");
  ck_assert_str_eq (text, "a=b, grün");
  g_free (text);
  text = sst_weights_dup_metadata (weights, "empty");
  ck_assert_str_eq (text, "");
  g_free (text);
  ck_assert_ptr_null (sst_weights_dup_metadata (weights, "step"));
  ck_assert_ptr_null (sst_weights_dup_metadata (weights, "stepss"));

  ck_assert_ptr_eq (sst_weights_ref (weights), weights);
  sst_weights_unref (weights);
  check_same (weights);
  sst_weights_unref (weights);
  sst_weights_unref (loaded);
  sst_weights_unref (NULL);
  g_bytes_unref (bytes);
  g_bytes_unref (again);
}
END_TEST

/* The bytes are where weights.h says, whatever machine this is. */
START_TEST (bytes_lie_where_the_header_says)
{
  GByteArray *file = new_file ();
  const guint8 *const record = file->data + RECORDS;
  const gsize offset = get (record + OFFSET, 8);
  gchar *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256,
      ARCHITECTURE, -1);
  union
  {
    guint32 bits;
    float value;
  } first;

  ck_assert_mem_eq (file->data, "\x89SST\r\n\x1a\n", 8);
  ck_assert_uint_eq (get (file->data + VERSION, 4), 1);
  ck_assert_uint_eq (get (file->data + N_TENSORS, 4), N_SPECS);
  for (int i = 0; i < 8; i++)
    ck_assert_int_eq (file->data[HASH + i],
        16 * g_ascii_xdigit_value (hash[2 * i])
        + g_ascii_xdigit_value (hash[2 * i + 1]));
  ck_assert_uint_eq (get (file->data + SIZE, 8), file->len);
  ck_assert_str_eq ((const char *) record, specs[0].name);
  ck_assert_uint_eq (get (record + N_DIMS, 4), 4);
  ck_assert_uint_eq (get (record + DIMS + 4, 4), 3);
  ck_assert_uint_eq (get (record + BYTES, 8), 4 * 12);
  ck_assert_mem_eq (file->data + TEXTS, ARCHITECTURE METADATA,
      strlen (ARCHITECTURE METADATA));
  ck_assert_uint_eq (offset, (TEXTS + strlen (ARCHITECTURE METADATA) + 63)
      / 64 * 64);
  first.bits = (guint32) get (file->data + offset, 4);
  ck_assert (first.value == values[0][0]);
  ck_assert_uint_eq (get (record + RECORD + OFFSET, 8), offset + 64);
  /* 17 floats take one place more */
  ck_assert_uint_eq (get (record + 2 * RECORD + OFFSET, 8), offset + 192);
  ck_assert_uint_eq (file->len, offset + 192 + 4 * 5 + DIGEST);
  g_free (hash);
  g_byte_array_unref (file);
}
END_TEST

START_TEST (bad_tensors_are_refused)
{
  static const struct
  {
    const char *architecture, *metadata, *name;
    int n_dims, dims[4], n;
    float value;
    SstWeightsError code;
  } cases[] = {
    {"", "", "a", 1, {4}, 1, 0, SST_WEIGHTS_ERROR_ARCHITECTURE},
    {"a\n", "", "a", 1, {4}, 1, 0, SST_WEIGHTS_ERROR_ARCHITECTURE},
    {"a", "no line", "a", 1, {4}, 1, 0, SST_WEIGHTS_ERROR_METADATA},
    {"a", "k=v", "a", 1, {4}, 1, 0, SST_WEIGHTS_ERROR_METADATA},
    {"a", "k=v\n=v\n", "a", 1, {4}, 1, 0, SST_WEIGHTS_ERROR_METADATA},
    {"a", "k=v\n\n", "a", 1, {4}, 1, 0, SST_WEIGHTS_ERROR_METADATA},
    {"a", "k=\xff\n", "a", 1, {4}, 1, 0, SST_WEIGHTS_ERROR_METADATA},
    {"a", "k=\033[m\n", "a", 1, {4}, 1, 0, SST_WEIGHTS_ERROR_METADATA},
    {"a", NULL, "", 1, {4}, 1, 0, SST_WEIGHTS_ERROR_NAME},
    {"a", NULL, "a b", 1, {4}, 1, 0, SST_WEIGHTS_ERROR_NAME},
    {"a", NULL, LONGEST "2", 1, {4}, 1, 0, SST_WEIGHTS_ERROR_NAME},
    {"a", NULL, "a", 1, {2}, 2, 0, SST_WEIGHTS_ERROR_NAME},
    {"a", NULL, "a", 1, {4}, 0, 0, SST_WEIGHTS_ERROR_DIMS},
    {"a", NULL, "a", 1, {4}, -1, 0, SST_WEIGHTS_ERROR_DIMS},
    {"a", NULL, "a", 0, {4}, 1, 0, SST_WEIGHTS_ERROR_DIMS},
    {"a", NULL, "a", 5, {1, 1, 1, 1}, 1, 0, SST_WEIGHTS_ERROR_DIMS},
    {"a", NULL, "a", 2, {4, 0}, 1, 0, SST_WEIGHTS_ERROR_DIMS},
    {"a", NULL, "a", 2, {4, -1}, 1, 0, SST_WEIGHTS_ERROR_DIMS},
    {"a", NULL, "a", 4, {65536, 65536, 65536, 65536}, 1, 0,
        SST_WEIGHTS_ERROR_DIMS},
    {"a", NULL, "a", 1, {4}, 1, NAN, SST_WEIGHTS_ERROR_VALUE},
    {"a", NULL, "a", 1, {4}, 1, INFINITY, SST_WEIGHTS_ERROR_VALUE},
    {"a", NULL, "a", 1, {4}, 1, -INFINITY, SST_WEIGHTS_ERROR_VALUE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const float tensor[4] = { 0, 0, 0, cases[i].value };
    const float *const both[2] = { tensor, tensor };
    SstTensorSpec spec[2];
    GError *error = NULL;

    for (int j = 0; j < 2; j++) {
      spec[j].name = cases[i].name;
      spec[j].n_dims = cases[i].n_dims;
      memcpy (spec[j].dims, cases[i].dims, sizeof spec[j].dims);
    }
    ck_assert_msg (sst_weights_new (cases[i].architecture, cases[i].metadata,
            spec, cases[i].n, both, &error) == NULL, "case %u", i);
    ck_assert_msg (g_error_matches (error, SST_WEIGHTS_ERROR, cases[i].code),
        "case %u: %s", i, error->message);
    g_error_free (error);
  }
}
END_TEST

/* A byte string at a place of the file, sealed. */
static GByteArray *
changed (gsize place, const void *bytes, gsize n)
{
  GByteArray *file = new_file ();

  ck_assert_uint_le (place + n, file->len - DIGEST);
  memcpy (file->data + place, bytes, n);
  seal (file);
  return file;
}

static GByteArray *
changed_number (gsize place, int n, guint64 value)
{
  guint8 bytes[8];

  put (bytes, n, value);
  return changed (place, bytes, n);
}

START_TEST (bad_headers_are_refused)
{
  GByteArray *file;

  check_refused (g_byte_array_new (), SST_WEIGHTS_ERROR_SHORT, "short");
  check_refused (changed (0, "\x89PNG", 4), SST_WEIGHTS_ERROR_FORMAT,
      "not a file of weights");
  check_refused (changed_number (VERSION, 4, 2), SST_WEIGHTS_ERROR_VERSION,
      "version 2");
  check_refused (changed_number (VERSION, 4, 0), SST_WEIGHTS_ERROR_VERSION,
      "version 0");
  check_refused (changed_number (N_TENSORS, 4, 0), SST_WEIGHTS_ERROR_DIMS,
      "0 tensors");
  check_refused (changed_number (N_TENSORS, 4, G_MAXUINT32),
      SST_WEIGHTS_ERROR_DIMS, "4294967295 tensors");
  check_refused (changed_number (N_TENSORS, 4, 4096),
      SST_WEIGHTS_ERROR_LAYOUT, "outside");
  check_refused (changed (HASH, "otherone", 8),
      SST_WEIGHTS_ERROR_ARCHITECTURE, "hash");
  check_refused (changed_number (N_ARCHITECTURE, 4, 0),
      SST_WEIGHTS_ERROR_ARCHITECTURE, "0 characters");
  check_refused (changed_number (N_ARCHITECTURE, 4, G_MAXUINT32),
      SST_WEIGHTS_ERROR_LAYOUT, "outside");
  check_refused (changed_number (N_METADATA, 4, G_MAXUINT32),
      SST_WEIGHTS_ERROR_LAYOUT, "outside");
  check_refused (changed (ZERO + 23, "x", 1), SST_WEIGHTS_ERROR_LAYOUT,
      "unknown meaning");
  check_refused (changed (TEXTS + 2, "", 1), SST_WEIGHTS_ERROR_ARCHITECTURE,
      "zero");
  check_refused (changed (TEXTS + 2, "\t", 1),
      SST_WEIGHTS_ERROR_ARCHITECTURE, "printable");
  check_refused (changed (TEXTS + strlen (ARCHITECTURE), "", 1),
      SST_WEIGHTS_ERROR_METADATA, "zero");
  check_refused (changed (TEXTS + strlen (ARCHITECTURE), "\xc3", 1),
      SST_WEIGHTS_ERROR_METADATA, "UTF-8");
  check_refused (changed (TEXTS + strlen (ARCHITECTURE METADATA) - 1, "x", 1),
      SST_WEIGHTS_ERROR_METADATA, "newline");

  /* sealed, but of another size than it says */
  file = new_file ();
  g_byte_array_append (file, (const guint8 *) "more", 4);
  check_refused (file, SST_WEIGHTS_ERROR_LAYOUT, "too long");
  file = new_file ();
  put (file->data + SIZE, 8, G_MAXUINT64);
  check_refused (file, SST_WEIGHTS_ERROR_SHORT, "18446744073709551615");
  file = new_file ();
  file->data[file->len - 1] ^= 1;
  check_refused (file, SST_WEIGHTS_ERROR_CHECKSUM, "damaged");
}
END_TEST

START_TEST (bad_records_are_refused)
{
  const gsize first = RECORDS, second = RECORDS + RECORD,
      third = RECORDS + 2 * RECORD;
  GByteArray *file = new_file ();
  const gsize start = get (file->data + RECORDS + OFFSET, 8);
  gchar name[48];

  g_byte_array_unref (file);

  memset (name, 'a', sizeof name);
  check_refused (changed (second, name, 48), SST_WEIGHTS_ERROR_NAME,
      "tensor 1 is not terminated");
  check_refused (changed (second + 40, "x", 1), SST_WEIGHTS_ERROR_NAME,
      "filled up");
  memset (name, 0, sizeof name);
  check_refused (changed (second, name, 48), SST_WEIGHTS_ERROR_NAME,
      "tensor 1");
  check_refused (changed (second, "\xff", 1), SST_WEIGHTS_ERROR_NAME,
      "tensor 1");
  g_strlcpy (name, "conv1/weight", sizeof name);
  check_refused (changed (second, name, 48), SST_WEIGHTS_ERROR_NAME,
      "two tensors \"conv1/weight\"");

  check_refused (changed_number (first + TYPE, 4, 1),
      SST_WEIGHTS_ERROR_LAYOUT, "unknown type");
  check_refused (changed_number (first + N_DIMS, 4, 0),
      SST_WEIGHTS_ERROR_DIMS, "\"conv1/weight\"");
  check_refused (changed_number (first + N_DIMS, 4, 5),
      SST_WEIGHTS_ERROR_DIMS, "1 to 4 dimensions");
  check_refused (changed_number (first + N_DIMS, 4, G_MAXUINT32),
      SST_WEIGHTS_ERROR_DIMS, "1 to 4 dimensions");
  check_refused (changed_number (first + N_DIMS, 4, 3),
      SST_WEIGHTS_ERROR_DIMS, "1 to 4 dimensions");
  check_refused (changed_number (first + DIMS, 4, 0),
      SST_WEIGHTS_ERROR_DIMS, "dimension");
  check_refused (changed_number (first + DIMS, 4, 0x80000000),
      SST_WEIGHTS_ERROR_DIMS, "dimension");
  check_refused (changed_number (first + DIMS, 4, G_MAXINT),
      SST_WEIGHTS_ERROR_DIMS, "too large");
  check_refused (changed (first + DIMS, "\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0",
          16), SST_WEIGHTS_ERROR_DIMS, "too large");
  check_refused (changed_number (first + DIMS, 4, 4),
      SST_WEIGHTS_ERROR_LAYOUT, "as its dimensions");
  check_refused (changed_number (first + BYTES, 8, 44),
      SST_WEIGHTS_ERROR_LAYOUT, "as its dimensions");

  check_refused (changed_number (second + OFFSET, 8, start + 68),
      SST_WEIGHTS_ERROR_LAYOUT, "misaligned");
  check_refused (changed_number (second + OFFSET, 8, start),
      SST_WEIGHTS_ERROR_LAYOUT, "overlap");
  check_refused (changed_number (first + OFFSET, 8, 0),
      SST_WEIGHTS_ERROR_LAYOUT, "overlap");
  check_refused (changed_number (first + OFFSET, 8, start + 64),
      SST_WEIGHTS_ERROR_LAYOUT, "gap");
  check_refused (changed_number (third + OFFSET, 8, start + 256),
      SST_WEIGHTS_ERROR_LAYOUT, "outside");
  check_refused (changed_number (third + OFFSET, 8, G_MAXUINT64 - 63),
      SST_WEIGHTS_ERROR_LAYOUT, "outside");
  check_refused (changed (start - 1, "x", 1), SST_WEIGHTS_ERROR_LAYOUT,
      "before tensor \"conv1/weight\"");
  check_refused (changed (start + 48, "x", 1), SST_WEIGHTS_ERROR_LAYOUT,
      "before tensor \"conv1/bias\"");
  file = new_file ();
  g_byte_array_append (file, (const guint8 *) "more", 4);
  seal (file);
  check_refused (file, SST_WEIGHTS_ERROR_LAYOUT, "after the last");

  check_refused (changed_number (start + 8, 4, 0x7fc00000),
      SST_WEIGHTS_ERROR_VALUE, "value 2 of tensor \"conv1/weight\"");
  check_refused (changed_number (start + 64, 4, 0xff800000),
      SST_WEIGHTS_ERROR_VALUE, "value 0 of tensor \"conv1/bias\"");
}
END_TEST

START_TEST (truncated_files_are_refused)
{
  GByteArray *whole = new_file ();

  for (guint n = 0; n < whole->len; n++) {
    GByteArray *part = g_byte_array_new ();

    g_byte_array_append (part, whole->data, n);
    check_refused (part, SST_WEIGHTS_ERROR_SHORT, "short");
  }
  /* and with a checksum and a size that fit */
  for (guint n = RECORDS + DIGEST; n < whole->len; n++) {
    GByteArray *part = g_byte_array_new ();
    GError *error = NULL;

    g_byte_array_append (part, whole->data, n);
    seal (part);
    ck_assert_ptr_null (load (part, &error));
    g_error_free (error);
    g_byte_array_unref (part);
  }
  g_byte_array_unref (whole);
}
END_TEST

START_TEST (damaged_files_are_refused)
{
  static const guint8 masks[] = { 0xff, 0x01, 0x80 };
  GByteArray *file = new_file ();

  for (guint i = 0; i < file->len; i++) {
    for (guint j = 0; j < G_N_ELEMENTS (masks); j++) {
      GError *error = NULL;

      file->data[i] ^= masks[j];
      ck_assert_msg (load (file, &error) == NULL, "byte %u", i);
      g_clear_error (&error);
      file->data[i] ^= masks[j];
    }
  }
  g_byte_array_unref (file);
}
END_TEST

/* With a right checksum, a file with a byte changed is either refused, or is
 * just what it says: it saves to the same bytes. */
START_TEST (forged_files_are_refused_or_harmless)
{
  GByteArray *whole = new_file ();
  guint n_accepted = 0;

  for (guint i = 0; i < whole->len - DIGEST; i++) {
    guint8 byte = whole->data[i] ^ 0xff;
    GByteArray *file = changed (i, &byte, 1);
    GError *error = NULL;
    SstWeights *weights = load (file, &error);

    if (weights != NULL) {
      GBytes *bytes = sst_weights_to_bytes (weights);

      n_accepted++;
      ck_assert_mem_eq (g_bytes_get_data (bytes, NULL), file->data,
          file->len);
      g_bytes_unref (bytes);
    }
    sst_weights_unref (weights);
    g_clear_error (&error);
    g_byte_array_unref (file);
  }
  /* values may be anything that is finite */
  ck_assert_uint_gt (n_accepted, 4 * (12 + 17 + 5) / 2);
  g_byte_array_unref (whole);
}
END_TEST

START_TEST (a_saved_file_has_its_mode_and_contents)
{
  gchar *directory = new_directory ();
  gchar *path = g_build_filename (directory, "a model.sst", NULL);
  SstWeights *weights = new_weights (), *loaded;
  GError *error = NULL;
  const mode_t mask = umask (027);
  struct stat status;

  for (int i = 0; i < 2; i++) {
    ck_assert (sst_weights_save (weights, path, &error));
    ck_assert_ptr_null (error);
    ck_assert_int_eq (stat (path, &status), 0);
    ck_assert_int_eq (status.st_mode & 07777, 0640);
    ck_assert_uint_eq (count_files (directory), 1);
    loaded = sst_weights_load (path, &error);
    ck_assert_ptr_nonnull (loaded);
    check_same (loaded);
    ck_assert_str_eq (sst_weights_get_checksum (weights),
        sst_weights_get_checksum (loaded));
    sst_weights_unref (loaded);
  }
  umask (mask);

  /* the limit is the caller's */
  loaded = sst_weights_load_limited (path, (size_t) status.st_size, &error);
  ck_assert_ptr_nonnull (loaded);
  sst_weights_unref (loaded);
  ck_assert_ptr_null (sst_weights_load_limited (path,
          (size_t) status.st_size - 1, &error));
  ck_assert (g_error_matches (error, SST_WEIGHTS_ERROR,
          SST_WEIGHTS_ERROR_TOO_LARGE));
  ck_assert (strstr (error->message, "a model.sst") != NULL);
  g_clear_error (&error);
  /* 64 MiB and a byte, of which none is on the disk */
  ck_assert_int_eq (truncate (path, (64 << 20) + 1), 0);
  ck_assert_ptr_null (sst_weights_load (path, &error));
  ck_assert (g_error_matches (error, SST_WEIGHTS_ERROR,
          SST_WEIGHTS_ERROR_TOO_LARGE));
  g_clear_error (&error);

  g_unlink (path);
  g_rmdir (directory);
  g_free (path);
  g_free (directory);
  sst_weights_unref (weights);
}
END_TEST

START_TEST (a_failed_save_leaves_the_old_file)
{
  gchar *directory = new_directory ();
  gchar *path = g_build_filename (directory, "model.sst", NULL);
  gchar *nowhere = g_build_filename (directory, "no", "model.sst", NULL);
  SstWeights *weights = new_weights (), *loaded;
  GError *error = NULL;
  struct rlimit limit, old;

  ck_assert (sst_weights_save (weights, path, NULL));

  /* a disk that is full, so to say */
  signal (SIGXFSZ, SIG_IGN);
  getrlimit (RLIMIT_FSIZE, &old);
  limit = old;
  limit.rlim_cur = 100;
  setrlimit (RLIMIT_FSIZE, &limit);
  ck_assert (!sst_weights_save (weights, path, &error));
  setrlimit (RLIMIT_FSIZE, &old);
  signal (SIGXFSZ, SIG_DFL);
  ck_assert (error->domain == G_FILE_ERROR);
  ck_assert (strstr (error->message, "model.sst") != NULL);
  g_clear_error (&error);
  ck_assert_uint_eq (count_files (directory), 1);
  loaded = sst_weights_load (path, NULL);
  check_same (loaded);
  sst_weights_unref (loaded);

  ck_assert (!sst_weights_save (weights, nowhere, &error));
  ck_assert (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT));
  g_clear_error (&error);

  g_unlink (path);
  ck_assert_int_eq (mkfifo (path, 0600), 0);
  ck_assert (!sst_weights_save (weights, path, &error));
  ck_assert (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_INVAL));
  ck_assert (strstr (error->message, "model.sst") != NULL);
  ck_assert (!g_file_test (path, G_FILE_TEST_IS_REGULAR));
  g_clear_error (&error);

  g_unlink (path);
  g_rmdir (directory);
  g_free (nowhere);
  g_free (path);
  g_free (directory);
  sst_weights_unref (weights);
}
END_TEST

START_TEST (files_that_are_none_are_refused)
{
  gchar *directory = new_directory ();
  gchar *fifo = g_build_filename (directory, "fifo.sst", NULL);
  GError *error = NULL;

  ck_assert_int_eq (mkfifo (fifo, 0600), 0);
  ck_assert_ptr_null (sst_weights_load (fifo, &error));
  ck_assert (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_INVAL));
  g_clear_error (&error);
  ck_assert_ptr_null (sst_weights_load ("/dev/zero", &error));
  ck_assert (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_INVAL));
  g_clear_error (&error);
  ck_assert_ptr_null (sst_weights_load (directory, &error));
  ck_assert (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_ISDIR));
  g_clear_error (&error);
  g_unlink (fifo);
  ck_assert_ptr_null (sst_weights_load (fifo, &error));
  ck_assert (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT));
  ck_assert (g_str_has_prefix (error->message, fifo));
  g_clear_error (&error);
  g_rmdir (directory);
  g_free (fifo);
  g_free (directory);
}
END_TEST

/* The library carries models/default.sst of the source, and nothing where there
 * is none. If this fails after a model came or went, configure again. */
START_TEST (the_builtin_weights_are_the_shipped_file)
{
  const char *const models = getenv ("SST_MODELS");
  SstWeights *weights = sst_weights_builtin ();
  SstWeights *again = sst_weights_builtin ();

  ck_assert_ptr_eq (weights, again);
  if (models != NULL) {
    gchar *path = g_build_filename (models, "default.sst", NULL);
    GError *error = NULL;
    SstWeights *file = sst_weights_load (path, &error);

    if (weights != NULL) {
      ck_assert_msg (file != NULL, "%s", error ? error->message : "");
      ck_assert_str_eq (sst_weights_get_checksum (weights),
          sst_weights_get_checksum (file));
    } else {
      ck_assert (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT));
    }
    g_clear_error (&error);
    sst_weights_unref (file);
    g_free (path);
  }
  sst_weights_unref (weights);
  sst_weights_unref (again);
}
END_TEST

static Suite *
weights_suite (void)
{
  Suite *suite = suite_create ("weights");
  TCase *tcase = tcase_create ("weights");

  tcase_add_test (tcase, weights_come_back);
  tcase_add_test (tcase, bytes_lie_where_the_header_says);
  tcase_add_test (tcase, bad_tensors_are_refused);
  tcase_add_test (tcase, bad_headers_are_refused);
  tcase_add_test (tcase, bad_records_are_refused);
  tcase_add_test (tcase, truncated_files_are_refused);
  tcase_add_test (tcase, damaged_files_are_refused);
  tcase_add_test (tcase, forged_files_are_refused_or_harmless);
  tcase_add_test (tcase, a_saved_file_has_its_mode_and_contents);
  tcase_add_test (tcase, a_failed_save_leaves_the_old_file);
  tcase_add_test (tcase, files_that_are_none_are_refused);
  tcase_add_test (tcase, the_builtin_weights_are_the_shipped_file);
  suite_add_tcase (suite, tcase);
  return suite;
}

SUITE_MAIN (weights)
