/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <sstrack/weights.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/cut.h"

#define MAGIC "\x89SST\r\n\x1a\n"
#define MAGIC_SIZE 8
#define VERSION 1
#define ALIGNMENT 64
#define CHECKSUM_SIZE 32

/* Offsets in the header. */
#define HEADER_VERSION 8
#define HEADER_N_TENSORS 12
#define HEADER_HASH 16
#define HEADER_SIZE 24
#define HEADER_ARCHITECTURE 32
#define HEADER_METADATA 36
#define HEADER_ZERO 40
#define HEADER_END 64

/* Offsets in a record. */
#define NAME_SIZE (SST_WEIGHTS_MAX_NAME + 1)
#define RECORD_TYPE 48
#define RECORD_N_DIMS 52
#define RECORD_DIMS 56
#define RECORD_OFFSET 72
#define RECORD_SIZE 80
#define RECORD_END 88

#define TYPE_FLOAT32 0

/* No larger set can be made: sums of sizes stay far from overflow. */
#define MAX_FLOATS (G_GUINT64_CONSTANT (1) << 29)

G_STATIC_ASSERT (sizeof (float) == 4);

typedef struct
{
  SstTensorSpec spec;           /* the name is the one below */
  char name[NAME_SIZE];
  size_t start;                 /* of its values, in floats */
} Tensor;

struct _SstWeights
{
  gatomicrefcount ref_count;
  char *architecture, *metadata;
  char checksum[2 * CHECKSUM_SIZE + 1];
  int n_tensors;
  Tensor *tensor;
  size_t n_floats;              /* with what aligns them */
  float *data;                  /* laid out as in the file */
};

G_DEFINE_QUARK (sst-weights-error-quark, sst_weights_error)

/* Little-endian numbers at any address. */

static guint32
get_u32 (const guint8 * from)
{
  guint32 value;

  memcpy (&value, from, sizeof value);
  return GUINT32_FROM_LE (value);
}

static guint64
get_u64 (const guint8 * from)
{
  guint64 value;

  memcpy (&value, from, sizeof value);
  return GUINT64_FROM_LE (value);
}

static void
put_u32 (guint8 * to, guint32 value)
{
  value = GUINT32_TO_LE (value);
  memcpy (to, &value, sizeof value);
}

static void
put_u64 (guint8 * to, guint64 value)
{
  value = GUINT64_TO_LE (value);
  memcpy (to, &value, sizeof value);
}

/* Values from or to a file; the same both ways. */
static void
copy_floats (void *to, const void *from, size_t n)
{
  memcpy (to, from, n * sizeof (float));
#if G_BYTE_ORDER == G_BIG_ENDIAN
  for (size_t i = 0; i < n; i++) {
    guint32 bits;

    memcpy (&bits, (guint8 *) to + 4 * i, 4);
    bits = GUINT32_SWAP_LE_BE (bits);
    memcpy ((guint8 *) to + 4 * i, &bits, 4);
  }
#endif
}

static guint64
align (guint64 size)
{
  return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* About a millisecond of work. */
#define HASHED_AT_ONCE ((size_t) 1 << 18)

static void
sha256 (const void *data, size_t size, guint8 digest[CHECKSUM_SIZE])
{
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize n = CHECKSUM_SIZE;

  for (size_t done = 0; done < size && !sst_cut_is_due ();) {
    const size_t part = MIN (size - done, HASHED_AT_ONCE);

    g_checksum_update (checksum, (const guchar *) data + done, (gssize) part);
    done += part;
  }
  g_checksum_get_digest (checksum, digest, &n);
  g_checksum_free (checksum);
}

static void
set_checksum (SstWeights * weights, const guint8 digest[CHECKSUM_SIZE])
{
  for (int i = 0; i < CHECKSUM_SIZE; i++)
    g_snprintf (weights->checksum + 2 * i, 3, "%02x", digest[i]);
}

static guint64
architecture_hash (const char *architecture)
{
  guint8 digest[CHECKSUM_SIZE];

  sha256 (architecture, strlen (architecture), digest);
  return get_u64 (digest);
}

/* What is checked alike in a file and in what is to become one. */

static gboolean
check_architecture (const char *architecture, GError ** error)
{
  const size_t length = strlen (architecture);

  if (length == 0 || length > SST_WEIGHTS_MAX_ARCHITECTURE) {
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_ARCHITECTURE,
        "the architecture's text has %" G_GSIZE_FORMAT " characters, not 1 to "
        "%d", length, SST_WEIGHTS_MAX_ARCHITECTURE);
    return FALSE;
  }
  for (size_t i = 0; i < length; i++) {
    if (!g_ascii_isprint (architecture[i])) {
      g_set_error_literal (error, SST_WEIGHTS_ERROR,
          SST_WEIGHTS_ERROR_ARCHITECTURE,
          "the architecture's text is not printable ASCII");
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
check_metadata (const char *metadata, GError ** error)
{
  const size_t length = strlen (metadata);
  const char *wrong = NULL;

  if (length > SST_WEIGHTS_MAX_METADATA)
    wrong = "are too long";
  else if (!g_utf8_validate (metadata, (gssize) length, NULL))
    wrong = "are not UTF-8";
  else if (length > 0 && metadata[length - 1] != '\n')
    wrong = "don't end with a newline";
  for (size_t i = 0; i < length && wrong == NULL; i++) {
    if (metadata[i] != '\n' && g_ascii_iscntrl (metadata[i]))
      wrong = "hold a control character";
  }
  for (const char *line = metadata; wrong == NULL && *line != '\0';
      line = strchr (line, '\n') + 1) {
    const size_t key = strcspn (line, "=\n");

    if (key == 0 || line[key] != '=')
      wrong = "hold a line that is not \"key=value\"";
  }
  if (wrong != NULL)
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_METADATA,
        "the metadata %s", wrong);
  return wrong == NULL;
}

static gboolean
check_n_tensors (guint32 n, GError ** error)
{
  if (n >= 1 && n <= SST_WEIGHTS_MAX_TENSORS)
    return TRUE;
  g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_DIMS,
      "there are %u tensors, not 1 to %d", n, SST_WEIGHTS_MAX_TENSORS);
  return FALSE;
}

/* name: terminated. */
static gboolean
check_name (const char *name, int index, GError ** error)
{
  const size_t length = strlen (name);
  gboolean good = length >= 1 && length <= SST_WEIGHTS_MAX_NAME;

  for (size_t i = 0; i < length && good; i++)
    good = g_ascii_isalnum (name[i]) || strchr ("._/-", name[i]) != NULL;
  if (!good)
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_NAME,
        "the name of tensor %d is not of 1 to %d characters A-Z a-z 0-9 . _ / "
        "-", index, SST_WEIGHTS_MAX_NAME);
  return good;
}

static gboolean
check_unique (const SstWeights * weights, GError ** error)
{
  GHashTable *names = g_hash_table_new (g_str_hash, g_str_equal);
  const char *twice = NULL;

  for (int i = 0; i < weights->n_tensors && twice == NULL; i++) {
    char *const name = weights->tensor[i].name;

    if (!g_hash_table_add (names, name))
      twice = name;
  }
  g_hash_table_destroy (names);
  if (twice != NULL)
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_NAME,
        "there are two tensors \"%s\"", twice);
  return twice == NULL;
}

static gboolean
check_dims (const SstTensorSpec * spec, GError ** error)
{
  guint64 size = 1;

  if (spec->n_dims < 1 || spec->n_dims > SST_WEIGHTS_MAX_DIMS) {
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_DIMS,
        "tensor \"%s\" does not have 1 to %d dimensions", spec->name,
        SST_WEIGHTS_MAX_DIMS);
    return FALSE;
  }
  for (int i = 0; i < spec->n_dims; i++) {
    if (spec->dims[i] < 1) {
      g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_DIMS,
          "tensor \"%s\" has a dimension that is not 1 to %d", spec->name,
          G_MAXINT);
      return FALSE;
    }
    size *= spec->dims[i];
    if (size > MAX_FLOATS) {
      g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_DIMS,
          "tensor \"%s\" is too large", spec->name);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
check_values (const SstWeights * weights, GError ** error)
{
  for (int i = 0; i < weights->n_tensors; i++) {
    const Tensor *const tensor = &weights->tensor[i];
    const size_t n = sst_tensor_spec_size (&tensor->spec);
    const float *const values = weights->data + tensor->start;

    for (size_t j = 0; j < n; j++) {
      guint32 bits;

      /* an exponent of all ones: infinite, or not a number */
      memcpy (&bits, values + j, sizeof bits);
      if ((bits & 0x7f800000) == 0x7f800000) {
        g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_VALUE,
            "value %" G_GSIZE_FORMAT " of tensor \"%s\" is not finite", j,
            tensor->name);
        return FALSE;
      }
    }
  }
  return TRUE;
}

/* Where the values of the first tensor are in the file. */
static guint64
values_offset (const SstWeights * weights)
{
  return align (HEADER_END + (guint64) RECORD_END * weights->n_tensors
      + strlen (weights->architecture) + strlen (weights->metadata));
}

/* Values up to, and with what aligns the next. */
static guint64
next_start (const Tensor * tensor)
{
  return tensor->start
      + align (sizeof (float) * sst_tensor_spec_size (&tensor->spec))
      / sizeof (float);
}

/* The last tensor has nothing to align behind it. */
static guint64
file_size (const SstWeights * weights)
{
  const Tensor *const last = &weights->tensor[weights->n_tensors - 1];

  return values_offset (weights) + CHECKSUM_SIZE + sizeof (float)
      * (last->start + sst_tensor_spec_size (&last->spec));
}

static SstWeights *
new_empty (int n_tensors)
{
  SstWeights *weights = g_new0 (SstWeights, 1);

  g_atomic_ref_count_init (&weights->ref_count);
  weights->n_tensors = n_tensors;
  weights->tensor = g_new0 (Tensor, n_tensors);
  return weights;
}

static void
allocate_data (SstWeights * weights)
{
  const size_t size = weights->n_floats * sizeof (float);

  weights->data = aligned_alloc (ALIGNMENT, size);
  if (weights->data == NULL)
    g_error ("can't allocate %" G_GSIZE_FORMAT " bytes", size);
  memset (weights->data, 0, size);
}

size_t
sst_tensor_spec_size (const SstTensorSpec * spec)
{
  g_return_val_if_fail (spec != NULL, 0);

  size_t size = 1;

  for (int i = 0; i < spec->n_dims; i++)
    size *= spec->dims[i];
  return size;
}

SstWeights *
sst_weights_ref (SstWeights * weights)
{
  g_return_val_if_fail (weights != NULL, NULL);

  g_atomic_ref_count_inc (&weights->ref_count);
  return weights;
}

void
sst_weights_unref (SstWeights * weights)
{
  if (weights == NULL || !g_atomic_ref_count_dec (&weights->ref_count))
    return;
  g_free (weights->architecture);
  g_free (weights->metadata);
  g_free (weights->tensor);
  free (weights->data);
  g_free (weights);
}

/* The file in new memory of file_size() bytes. */
static guint8 *
encode (const SstWeights * weights)
{
  const size_t size = file_size (weights);
  const size_t values = values_offset (weights);
  guint8 *const file = g_malloc0 (size);
  guint8 *to = file + HEADER_END;
  const size_t n_architecture = strlen (weights->architecture);
  const size_t n_metadata = strlen (weights->metadata);

  memcpy (file, MAGIC, MAGIC_SIZE);
  put_u32 (file + HEADER_VERSION, VERSION);
  put_u32 (file + HEADER_N_TENSORS, weights->n_tensors);
  put_u64 (file + HEADER_HASH, architecture_hash (weights->architecture));
  put_u64 (file + HEADER_SIZE, size);
  put_u32 (file + HEADER_ARCHITECTURE, n_architecture);
  put_u32 (file + HEADER_METADATA, n_metadata);
  for (int i = 0; i < weights->n_tensors; i++, to += RECORD_END) {
    const Tensor *const tensor = &weights->tensor[i];
    const size_t n = sst_tensor_spec_size (&tensor->spec);
    const size_t offset = values + tensor->start * sizeof (float);

    memcpy (to, tensor->name, NAME_SIZE);
    put_u32 (to + RECORD_TYPE, TYPE_FLOAT32);
    put_u32 (to + RECORD_N_DIMS, tensor->spec.n_dims);
    for (int j = 0; j < SST_WEIGHTS_MAX_DIMS; j++)
      put_u32 (to + RECORD_DIMS + 4 * j, tensor->spec.dims[j]);
    put_u64 (to + RECORD_OFFSET, offset);
    put_u64 (to + RECORD_SIZE, n * sizeof (float));
    copy_floats (file + offset, weights->data + tensor->start, n);
  }
  memcpy (to, weights->architecture, n_architecture);
  memcpy (to + n_architecture, weights->metadata, n_metadata);
  sha256 (file, size - CHECKSUM_SIZE, file + size - CHECKSUM_SIZE);
  return file;
}

SstWeights *
sst_weights_new (const char *architecture, const char *metadata,
    const SstTensorSpec * specs, int n_tensors, const float *const *data,
    GError ** error)
{
  SstWeights *weights;
  guint64 n_floats = 0;
  guint8 *file;

  g_return_val_if_fail (architecture != NULL, NULL);
  g_return_val_if_fail (specs != NULL && data != NULL, NULL);
  if (metadata == NULL)
    metadata = "";
  if (!check_architecture (architecture, error)
      || !check_metadata (metadata, error)
      || !check_n_tensors ((guint32) MAX (n_tensors, 0), error))
    return NULL;

  weights = new_empty (n_tensors);
  weights->architecture = g_strdup (architecture);
  weights->metadata = g_strdup (metadata);
  for (int i = 0; i < n_tensors; i++) {
    Tensor *const tensor = &weights->tensor[i];

    if (!check_name (specs[i].name, i, error)
        || !check_dims (&specs[i], error))
      goto fail;
    strcpy (tensor->name, specs[i].name);
    tensor->spec.name = tensor->name;
    tensor->spec.n_dims = specs[i].n_dims;
    for (int j = 0; j < specs[i].n_dims; j++)
      tensor->spec.dims[j] = specs[i].dims[j];
    tensor->start = n_floats;
    n_floats = next_start (tensor);
    if (n_floats > MAX_FLOATS) {
      g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_DIMS,
          "the tensors are too large together");
      goto fail;
    }
  }
  if (!check_unique (weights, error))
    goto fail;
  weights->n_floats = n_floats;
  allocate_data (weights);
  for (int i = 0; i < n_tensors; i++)
    memcpy (weights->data + weights->tensor[i].start, data[i],
        sizeof (float) * sst_tensor_spec_size (&specs[i]));
  if (!check_values (weights, error))
    goto fail;

  file = encode (weights);
  set_checksum (weights, file + file_size (weights) - CHECKSUM_SIZE);
  g_free (file);
  return weights;

fail:
  sst_weights_unref (weights);
  return NULL;
}

const char *
sst_weights_get_architecture (const SstWeights * weights)
{
  g_return_val_if_fail (weights != NULL, NULL);

  return weights->architecture;
}

const char *
sst_weights_get_metadata (const SstWeights * weights)
{
  g_return_val_if_fail (weights != NULL, NULL);

  return weights->metadata;
}

const char *
sst_weights_get_checksum (const SstWeights * weights)
{
  g_return_val_if_fail (weights != NULL, NULL);

  return weights->checksum;
}

char *
sst_weights_dup_metadata (const SstWeights * weights, const char *key)
{
  g_return_val_if_fail (weights != NULL, NULL);
  g_return_val_if_fail (key != NULL, NULL);

  const size_t length = strlen (key);

  for (const char *line = weights->metadata; *line != '\0';
      line = strchr (line, '\n') + 1) {
    const size_t n = strcspn (line, "=");

    if (n == length && memcmp (line, key, n) == 0)
      return g_strndup (line + n + 1, strcspn (line + n + 1, "\n"));
  }
  return NULL;
}

int
sst_weights_n_tensors (const SstWeights * weights)
{
  g_return_val_if_fail (weights != NULL, 0);

  return weights->n_tensors;
}

const float *
sst_weights_tensor (const SstWeights * weights, int index,
    const SstTensorSpec ** spec)
{
  g_return_val_if_fail (weights != NULL, NULL);

  g_return_val_if_fail (index >= 0 && index < weights->n_tensors, NULL);
  if (spec != NULL)
    *spec = &weights->tensor[index].spec;
  return weights->data + weights->tensor[index].start;
}

const float *
sst_weights_find (const SstWeights * weights, const char *name,
    const SstTensorSpec ** spec)
{
  g_return_val_if_fail (weights != NULL, NULL);
  g_return_val_if_fail (name != NULL, NULL);

  for (int i = 0; i < weights->n_tensors; i++) {
    if (strcmp (weights->tensor[i].name, name) == 0)
      return sst_weights_tensor (weights, i, spec);
  }
  return NULL;
}

static gboolean
is_zero (const guint8 * data, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    if (data[i] != 0)
      return FALSE;
  }
  return TRUE;
}

/* Magic, version, size and checksum: is it a file of ours, and whole? */
static gboolean
check_file (const guint8 * file, size_t size, GError ** error)
{
  guint8 digest[CHECKSUM_SIZE];
  guint64 claimed;

  if (size < MAGIC_SIZE ? memcmp (file, MAGIC, size) != 0
      : memcmp (file, MAGIC, MAGIC_SIZE) != 0) {
    g_set_error_literal (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_FORMAT,
        "not a file of weights (.sst)");
    return FALSE;
  }
  if (size >= HEADER_N_TENSORS && get_u32 (file + HEADER_VERSION) != VERSION) {
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_VERSION,
        "version %u of the format; only version %d can be read",
        get_u32 (file + HEADER_VERSION), VERSION);
    return FALSE;
  }
  if (size < HEADER_END + CHECKSUM_SIZE) {
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_SHORT,
        "the file is short: it ends after %" G_GSIZE_FORMAT " bytes", size);
    return FALSE;
  }
  claimed = get_u64 (file + HEADER_SIZE);
  if (size != claimed) {
    g_set_error (error, SST_WEIGHTS_ERROR, size < claimed
        ? SST_WEIGHTS_ERROR_SHORT : SST_WEIGHTS_ERROR_LAYOUT,
        "the file is %s: it has %" G_GSIZE_FORMAT " bytes and should have %"
        G_GUINT64_FORMAT, size < claimed ? "short" : "too long", size, claimed);
    return FALSE;
  }
  sha256 (file, size - CHECKSUM_SIZE, digest);
  if (memcmp (digest, file + size - CHECKSUM_SIZE, CHECKSUM_SIZE) != 0) {
    g_set_error_literal (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_CHECKSUM,
        "the file is damaged: its checksum is wrong");
    return FALSE;
  }
  return TRUE;
}

/* A text of n bytes in the file, NULL if a zero is among them: what comes after
 * it would be hidden. */
static char *
decode_text (const guint8 * from, size_t n)
{
  return memchr (from, 0, n) == NULL ? g_strndup ((const char *) from, n)
      : NULL;
}

/* A record, except where its values are. */
static gboolean
decode_spec (const guint8 * from, int index, Tensor * tensor, GError ** error)
{
  const guint8 *const end = memchr (from, 0, NAME_SIZE);
  SstTensorSpec *const spec = &tensor->spec;

  if (end == NULL || !is_zero (end, from + NAME_SIZE - end)) {
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_NAME,
        "the name of tensor %d is not %s", index,
        end == NULL ? "terminated" : "filled up with zeros");
    return FALSE;
  }
  memcpy (tensor->name, from, NAME_SIZE);
  spec->name = tensor->name;
  if (!check_name (spec->name, index, error))
    return FALSE;
  if (get_u32 (from + RECORD_TYPE) != TYPE_FLOAT32) {
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_LAYOUT,
        "the values of tensor \"%s\" are of an unknown type", spec->name);
    return FALSE;
  }
  /* what does not fit an int becomes one that is refused */
  spec->n_dims = (int) MIN (get_u32 (from + RECORD_N_DIMS), G_MAXINT);
  for (int i = 0; i < SST_WEIGHTS_MAX_DIMS; i++) {
    const guint32 dim = get_u32 (from + RECORD_DIMS + 4 * i);

    if (i < spec->n_dims)
      spec->dims[i] = dim <= G_MAXINT ? (int) dim : 0;
    else if (dim != 0)
      spec->n_dims = 0;
  }
  return check_dims (spec, error);
}

/* The values of a record, which have to be where the last one's end. */
static gboolean
check_place (const guint8 * from, const SstTensorSpec * spec, guint64 expected,
    guint64 end, GError ** error)
{
  const guint64 offset = get_u64 (from + RECORD_OFFSET);
  const guint64 size = get_u64 (from + RECORD_SIZE);
  const char *wrong = NULL;

  if (size != sizeof (float) * (guint64) sst_tensor_spec_size (spec))
    wrong = "are not as many as its dimensions say";
  else if (offset > end || size > end - offset)
    wrong = "reach outside of the file";
  else if (offset % ALIGNMENT != 0)
    wrong = "are misaligned";
  else if (offset < expected)
    wrong = "overlap others";
  else if (offset > expected)
    wrong = "leave a gap before them";
  if (wrong != NULL)
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_LAYOUT,
        "the values of tensor \"%s\" %s", spec->name, wrong);
  return wrong == NULL;
}

/* All between the header and the checksum of a file that is whole. */
static gboolean
decode (SstWeights * weights, const guint8 * file, size_t size,
    GError ** error)
{
  const guint32 n_architecture = get_u32 (file + HEADER_ARCHITECTURE);
  const guint32 n_metadata = get_u32 (file + HEADER_METADATA);
  const size_t end = size - CHECKSUM_SIZE;
  const guint8 *record = file + HEADER_END;
  const size_t texts =
      HEADER_END + (size_t) RECORD_END * weights->n_tensors;
  guint64 expected, done;

  if (!is_zero (file + HEADER_ZERO, HEADER_END - HEADER_ZERO)) {
    g_set_error_literal (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_LAYOUT,
        "the header has bytes of unknown meaning");
    return FALSE;
  }
  if (texts + (guint64) n_architecture + n_metadata > end) {
    g_set_error_literal (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_LAYOUT,
        "the header reaches outside of the file");
    return FALSE;
  }
  weights->architecture = decode_text (file + texts, n_architecture);
  weights->metadata = decode_text (file + texts + n_architecture, n_metadata);
  if (weights->architecture == NULL) {
    g_set_error_literal (error, SST_WEIGHTS_ERROR,
        SST_WEIGHTS_ERROR_ARCHITECTURE, "the architecture's text holds a zero");
    return FALSE;
  }
  if (!check_architecture (weights->architecture, error))
    return FALSE;
  if (get_u64 (file + HEADER_HASH)
      != architecture_hash (weights->architecture)) {
    g_set_error_literal (error, SST_WEIGHTS_ERROR,
        SST_WEIGHTS_ERROR_ARCHITECTURE,
        "the architecture's hash is not that of its text");
    return FALSE;
  }
  if (weights->metadata == NULL) {
    g_set_error_literal (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_METADATA,
        "the metadata hold a zero");
    return FALSE;
  }
  if (!check_metadata (weights->metadata, error))
    return FALSE;

  done = texts + n_architecture + n_metadata;
  expected = values_offset (weights);
  for (int i = 0; i < weights->n_tensors; i++, record += RECORD_END) {
    Tensor *const tensor = &weights->tensor[i];

    if (!decode_spec (record, i, tensor, error)
        || !check_place (record, &tensor->spec, expected, end, error))
      return FALSE;
    if (!is_zero (file + done, expected - done)) {
      g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_LAYOUT,
          "there is something before tensor \"%s\"", tensor->name);
      return FALSE;
    }
    tensor->start = weights->n_floats;
    weights->n_floats = next_start (tensor);
    done = expected + sizeof (float) * sst_tensor_spec_size (&tensor->spec);
    expected = align (done);
  }
  if (done != end) {
    g_set_error_literal (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_LAYOUT,
        "there is something after the last tensor");
    return FALSE;
  }
  if (!check_unique (weights, error))
    return FALSE;

  allocate_data (weights);
  expected = values_offset (weights);
  for (int i = 0; i < weights->n_tensors; i++)
    copy_floats (weights->data + weights->tensor[i].start,
        file + expected + sizeof (float) * weights->tensor[i].start,
        sst_tensor_spec_size (&weights->tensor[i].spec));
  return check_values (weights, error);
}

static SstWeights *
load_memory (const guint8 * file, size_t size, GError ** error)
{
  SstWeights *weights;
  guint32 n_tensors;

  if (!check_file (file, size, error))
    return NULL;
  n_tensors = get_u32 (file + HEADER_N_TENSORS);
  if (!check_n_tensors (n_tensors, error))
    return NULL;
  weights = new_empty ((int) n_tensors);
  if (!decode (weights, file, size, error)) {
    sst_weights_unref (weights);
    return NULL;
  }
  set_checksum (weights, file + size - CHECKSUM_SIZE);
  return weights;
}

SstWeights *
sst_weights_load_bytes (GBytes * bytes, GError ** error)
{
  g_return_val_if_fail (bytes != NULL, NULL);

  gsize size;
  const guint8 *const file = g_bytes_get_data (bytes, &size);

  /* no bytes may be a null pointer */
  return load_memory (size > 0 ? file : (const guint8 *) "", size, error);
}

static void
set_file_error (GError ** error, const char *what)
{
  const int number = errno;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "%s: %s",
      what, g_strerror (number));
}

static SstWeights *
load_file (int file, size_t max_size, GError ** error)
{
  struct stat status;
  SstWeights *weights;
  guint8 *data;
  size_t size, done = 0;

  if (fstat (file, &status) < 0) {
    set_file_error (error, "can't be looked at");
    return NULL;
  }
  if (!S_ISREG (status.st_mode)) {
    g_set_error_literal (error, G_FILE_ERROR, S_ISDIR (status.st_mode)
        ? G_FILE_ERROR_ISDIR : G_FILE_ERROR_INVAL, "not a regular file");
    return NULL;
  }
  if ((guint64) status.st_size > max_size) {
    g_set_error (error, SST_WEIGHTS_ERROR, SST_WEIGHTS_ERROR_TOO_LARGE,
        "the file is too large: %" G_GUINT64_FORMAT " bytes, where at most %"
        G_GSIZE_FORMAT " are allowed", (guint64) status.st_size, max_size);
    return NULL;
  }
  size = (size_t) status.st_size;
  data = g_malloc (size + 1);
  while (done < size) {
    const ssize_t n = read (file, data + done, size - done);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      set_file_error (error, "can't be read");
      g_free (data);
      return NULL;
    }
    if (n == 0)
      break;                    /* it shrinks as we read */
    done += n;
  }
  weights = load_memory (data, done, error);
  g_free (data);
  return weights;
}

SstWeights *
sst_weights_load_limited (const char *path, size_t max_size, GError ** error)
{
  g_return_val_if_fail (path != NULL, NULL);

  /* O_NONBLOCK: a FIFO without a writer opens at once, and is refused. */
  const int file = g_open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
  SstWeights *weights = NULL;

  if (file < 0) {
    set_file_error (error, "can't be opened");
  } else {
    weights = load_file (file, max_size, error);
    close (file);
  }
  if (weights == NULL) {
    char *const name = g_filename_display_name (path);

    g_prefix_error (error, "%s: ", name);
    g_free (name);
  }
  return weights;
}

SstWeights *
sst_weights_load (const char *path, GError ** error)
{
  g_return_val_if_fail (path != NULL, NULL);

  return sst_weights_load_limited (path, SST_WEIGHTS_MAX_MODEL_FILE, error);
}

GBytes *
sst_weights_to_bytes (const SstWeights * weights)
{
  g_return_val_if_fail (weights != NULL, NULL);

  return g_bytes_new_take (encode (weights), file_size (weights));
}

gboolean
sst_weights_save (const SstWeights * weights, const char *path,
    GError ** error)
{
  g_return_val_if_fail (weights != NULL, FALSE);
  g_return_val_if_fail (path != NULL, FALSE);

  guint8 *file;
  gboolean done;

  /* a rename would put a file in the place of a device */
  if (g_file_test (path, G_FILE_TEST_EXISTS)
      && !g_file_test (path, G_FILE_TEST_IS_REGULAR)) {
    char *const name = g_filename_display_name (path);

    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "%s: not a regular file", name);
    g_free (name);
    return FALSE;
  }
  file = encode (weights);
  done = g_file_set_contents_full (path, (const char *) file,
      (gssize) file_size (weights),
      G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0666,
      error);

  g_free (file);
  return done;
}
