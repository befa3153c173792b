/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Store: pictures for training in a folder, more than memory holds.
 *
 * Files are decoded and scaled once, by whoever fills it, and kept raw:
 *
 *   pictures     I420 planes, for a cut-out its alpha plane behind, one picture
 *                after the other; only ever appended to
 *   index.txt    what is in there: a record a file that was read, only ever
 *                appended to
 *
 * Footage of a store borrows its pictures from a mapping of the file: it takes the
 * kernel's page cache, which is given back where others need it, and some 150
 * bytes a picture of its own.
 *
 * A record of the index, lines of text (names and paths escaped as in C):
 *
 *   file SIZE MTIME RIGHTS PATH        bytes; nanoseconds since 1970
 *   clip WIDTH HEIGHT MATRIX ALPHA N NAME    MATRIX: SstMatrix; ALPHA: 0 or 1
 *   times T T ...                      N steps from picture to picture, in
 *                                      nanoseconds; the first is 0
 *   (more clips)
 *   end SUM                            SHA-256 of the lines above, 16 digits
 *
 * Where a clip's pictures lie follows from the sizes of those before. The pictures
 * reach the disk before their record does; bytes that a crash left behind the last
 * whole record, and a record whose pictures are not all there, are not in the
 * store, and the next writer cuts them off. Nothing in the index is trusted.
 *
 * Thread-safety: a store belongs to one thread at a time. Its footage is read by
 * any number, and outlives it. One process writes at a time (it holds a lock); any
 * number reads meanwhile, and sees the store as it was when it opened it. */

#pragma once

#include "footage/footage.h"

G_BEGIN_DECLS

#define SST_STORE_ERROR (sst_store_error_quark ())
typedef enum
{
  SST_STORE_ERROR_FORMAT,       /* not a store, or damaged */
  SST_STORE_ERROR_VERSION,      /* of a version that is not known */
  SST_STORE_ERROR_BUSY,         /* somebody else writes to it */
} SstStoreError;

GQuark sst_store_error_quark (void);

/* A file that was read. */
typedef struct
{
  char *path;                   /* absolute */
  gint64 size;                  /* bytes of the file */
  gint64 mtime;                 /* when it was changed, nanoseconds */
  char *rights;                 /* a word (rights.h), such as "free" */
} SstStoreFile;

typedef struct
{
  char *name;                   /* unique in the store */
  guint file;                   /* its number */
  SstClipKind kind;
  int width, height;
  SstMatrix matrix;
  guint n;                      /* pictures */
  guint64 *times;               /* of them, as in SstClip */
  guint64 offset, bytes;        /* where its pictures are */
} SstStoreClip;

typedef struct _SstStore SstStore;

/* Opens a store. writable: the folder is made if it is missing, and locked until
 * the store is freed; else it has to be a store.
 *
 * Returns NULL and sets error (SST_STORE_ERROR, G_FILE_ERROR) where that is not
 * possible. */
SstStore *sst_store_open (const char *folder, gboolean writable,
    GError ** error);

/* Frees *store, without what was not committed, and sets it to NULL. Files that
 * were committed and not flushed are lost. *store may be NULL. */
void sst_store_free (SstStore ** store);

/* Bytes of pictures and of index that were ignored when it was opened. */
guint64 sst_store_n_ignored (const SstStore * store);

guint sst_store_n_files (const SstStore * store);
const SstStoreFile *sst_store_file (const SstStore * store, guint i);

/* The file of that path; NULL: it is not in the store. */
const SstStoreFile *sst_store_find (const SstStore * store, const char *path);

guint sst_store_n_clips (const SstStore * store);
const SstStoreClip *sst_store_clip (const SstStore * store, guint i);

/* Begins to add a file that is not in the store. name: of its clip; others are
 * called "NAME (2)" where there is one of that name already, and "NAME #2" after
 * the first one of a file. Of file nothing is kept; it is copied. */
void sst_store_begin (SstStore * store, const SstStoreFile * file,
    const char *name);

/* Appends a picture to the file. Where size, matrix, or whether it has alpha are
 * not those of the picture before, a new clip begins; also if `cut` says so, or
 * where time does not increase. time: nanoseconds, from anywhere.
 * Returns FALSE and sets error (G_FILE_ERROR) if it could not be written. */
gboolean sst_store_add (SstStore * store, const SstImage * image, guint64 time,
    gboolean cut, GError ** error);

/* Ends the file, which is in the store from now on; of one without pictures
 * nothing is kept. It is flushed now and then. */
gboolean sst_store_commit (SstStore * store, GError ** error);

/* Forgets the file that was begun. */
void sst_store_abort (SstStore * store);

/* Writes what is committed to the disk. */
gboolean sst_store_flush (SstStore * store, GError ** error);

/* Maps what is committed and flushed. rights: clips of these alone; NULL: all.
 * The order is that of the store. There may be no clip at all.
 * Returns NULL and sets error if it can't be mapped. */
SstFootage *sst_store_footage (const SstStore * store, const char *rights,
    GError ** error);

G_END_DECLS
