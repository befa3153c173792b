/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Weights: the numbers of a network, and their file, `.sst`.
 *
 * SstWeights is an immutable, reference-counted set of named tensors of 32-bit
 * floats, with the architecture they belong to and what is known of their
 * making. The reader (model.h) knows the meaning of each tensor and checks it
 * against its own list; here only the form is checked. Training checkpoints
 * are the same kind of file with more tensors in it.
 *
 * The file. All numbers are little-endian, floats IEEE 754 binary32; the code
 * swaps bytes on a big-endian machine. A set of weights has just one file, to
 * the byte: a file that was loaded is saved as the same bytes.
 *
 *   offset  bytes  header
 *        0      8  magic: 89 'S' 'S' 'T' 0d 0a 1a 0a
 *        8      4  version of the format: 1
 *       12      4  n: number of tensors, 1..4096
 *       16      8  hash of the architecture: the first 8 bytes of its SHA-256
 *       24      8  size of the whole file in bytes
 *       32      4  a: bytes of the architecture, 1..255
 *       36      4  m: bytes of the metadata, 0..65536
 *       40     24  zero
 *
 *       64   n*88  records, each:
 *                    48  name, filled up with zeros (one at least)
 *                     4  type: 0, float32
 *                     4  number of dimensions, 1..4
 *                    16  dimensions, each 4 bytes; 0 for those not used
 *                     8  offset of the values in the file
 *                     8  bytes of the values: 4 times the product of the
 *                        dimensions
 *                a  architecture, not terminated
 *                m  metadata, not terminated
 *                   values of each tensor in the order of the records, the
 *                   last dimension fastest; each starts at the next multiple
 *                   of 64, zeros between
 *  size-32     32  SHA-256 of all before it
 *
 * A file is untrusted input: one that breaks any of this, or holds a value that
 * is not finite, is refused with a message that says what is wrong, and no
 * memory is taken for what a file only claims to hold. The checksum finds
 * damage, not malice: anyone can write a valid file.
 *
 * Thread-safety: all functions may be called from any thread; a set may be
 * shared by any number of them. */

#pragma once

#include <glib.h>

#include <sstrack/api.h>

G_BEGIN_DECLS

#define SST_WEIGHTS_MAX_NAME 47
#define SST_WEIGHTS_MAX_DIMS 4
#define SST_WEIGHTS_MAX_TENSORS 4096
#define SST_WEIGHTS_MAX_ARCHITECTURE 255
#define SST_WEIGHTS_MAX_METADATA 65536

/* Bytes that a model's file may have, and that a checkpoint's should. */
#define SST_WEIGHTS_MAX_MODEL_FILE (64u << 20)
#define SST_WEIGHTS_MAX_CHECKPOINT_FILE (512u << 20)

#define SST_WEIGHTS_ERROR (sst_weights_error_quark ())
SST_API GQuark sst_weights_error_quark (void);

typedef enum
{
  SST_WEIGHTS_ERROR_FORMAT,     /* not such a file at all */
  SST_WEIGHTS_ERROR_VERSION,    /* of a version that is not known here */
  SST_WEIGHTS_ERROR_SHORT,      /* the end is missing */
  SST_WEIGHTS_ERROR_TOO_LARGE,  /* more bytes than the caller allows */
  SST_WEIGHTS_ERROR_CHECKSUM,   /* damaged */
  SST_WEIGHTS_ERROR_LAYOUT,     /* bytes where none may be, or values that
                                 * overlap, are misaligned or reach outside */
  SST_WEIGHTS_ERROR_ARCHITECTURE,       /* its text or hash */
  SST_WEIGHTS_ERROR_METADATA,   /* its text */
  SST_WEIGHTS_ERROR_NAME,       /* of a tensor: form, or twice the same */
  SST_WEIGHTS_ERROR_DIMS,       /* of a tensor, or number of tensors */
  SST_WEIGHTS_ERROR_VALUE,      /* not finite */
  SST_WEIGHTS_ERROR_BASE        /* a difference to a model that is not there */
} SstWeightsError;

typedef struct
{
  const char *name;             /* 1..47 characters of A-Z a-z 0-9 . _ / - */
  int n_dims;                   /* 1..4 */
  int dims[SST_WEIGHTS_MAX_DIMS];       /* each >= 1; those not used are 0 */
} SstTensorSpec;

typedef struct _SstWeights SstWeights;

/* Floats of a valid tensor: the product of its dimensions. */
SST_API size_t sst_tensor_spec_size (const SstTensorSpec * spec);

/* Makes a set of copies.
 *
 * architecture: printable ASCII, not empty. metadata: UTF-8 lines "key=value",
 *     each ended by a newline, with no control characters, or NULL for none; by
 *     convention "steps", "seed", "date", "data", "licence".
 * specs: n_tensors of them, names unique; dims beyond n_dims are ignored.
 * data: where the values of each are, in the same order.
 *
 * NULL with an error of SST_WEIGHTS_ERROR for a set that could not be loaded again:
 * a training that diverged gives VALUE here. */
SST_API SstWeights *sst_weights_new (const char *architecture, const char *metadata,
    const SstTensorSpec * specs, int n_tensors, const float *const *data,
    GError ** error);

SST_API SstWeights *sst_weights_ref (SstWeights * weights);
/* NULL is ignored. */
SST_API void sst_weights_unref (SstWeights * weights);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SstWeights, sst_weights_unref)

/* Text and data belong to the weights. */
SST_API const char *sst_weights_get_architecture (const SstWeights * weights);
/* "" for none */
SST_API const char *sst_weights_get_metadata (const SstWeights * weights);
/* SHA-256 of the file, 64 hexadecimal digits: names this set of weights. */
SST_API const char *sst_weights_get_checksum (const SstWeights * weights);

/* The value of the first metadata line of that key, NULL if there is none. Free
 * with g_free(). */
SST_API char *sst_weights_dup_metadata (const SstWeights * weights, const char *key);

SST_API int sst_weights_n_tensors (const SstWeights * weights);

/* A tensor's values, 64-byte aligned, and, where spec is not NULL, its spec.
 * index: 0..n_tensors - 1. */
SST_API const float *sst_weights_tensor (const SstWeights * weights, int index,
    const SstTensorSpec ** spec);

/* The same by name; NULL if there is none of it, and spec is left as it was. */
SST_API const float *sst_weights_find (const SstWeights * weights, const char *name,
    const SstTensorSpec ** spec);

/* From a file of SST_WEIGHTS_MAX_MODEL_FILE bytes at most, or of max_size.
 * Never waits for a pipe or reads a device: a regular file only. Errors:
 * SST_WEIGHTS_ERROR for what is in the file, G_FILE_ERROR if it can't be read;
 * the message names the file. */
SST_API SstWeights *sst_weights_load (const char *path, GError ** error);
SST_API SstWeights *sst_weights_load_limited (const char *path, size_t max_size,
    GError ** error);

/* From a file's bytes, however many; they are not kept. */
SST_API SstWeights *sst_weights_load_bytes (GBytes * bytes, GError ** error);

/* The bytes of the file. Free with g_bytes_unref(). */
SST_API GBytes *sst_weights_to_bytes (const SstWeights * weights);

/* Writes the file: whoever opens path sees all of the new file or all of what
 * was there before, also after a crash. It is written under another name in the
 * same directory, brought to the disk and renamed; its permissions are what the
 * umask leaves of rw-rw-rw-. If path is a symbolic link, the link is replaced;
 * a directory, device or pipe is not. FALSE with an error of G_FILE_ERROR that
 * names the file. */
SST_API gboolean sst_weights_save (const SstWeights * weights, const char *path,
    GError ** error);

G_END_DECLS
