/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "footage/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/text.h"
#include "footage/rights.h"

#define MAGIC "sstracker-store "
#define VERSION 1
#define HEAD MAGIC G_STRINGIFY (VERSION) "\n"
#define PICTURES "pictures"
#define INDEX "index.txt"
#define MAX_INDEX_SIZE (G_GINT64_CONSTANT (1) << 30)
#define MAX_PICTURES (1u << 24) /* of a clip */
#define SUM_DIGITS 16
/* What a crash may cost, bytes of pictures and of index. */
#define FLUSH_BYTES (64 << 20)
#define FLUSH_INDEX (1 << 20)

G_DEFINE_QUARK (sst-store-error-quark, sst_store_error)

/* Shared by the pictures of a footage. */
typedef struct
{
  gatomicrefcount ref_count;
  guint8 *data;
  size_t size;
} Mapping;

struct _SstStore
{
  char *folder;
  int data, index;              /* file descriptors */
  gboolean writable;
  GPtrArray *files;             /* of SstStoreFile */
  GPtrArray *clips;             /* of SstStoreClip */
  GHashTable *by_path;          /* to SstStoreFile */
  GHashTable *names;            /* of clips */
  guint64 end;                  /* of the pictures that are committed */
  guint64 flushed;              /* of those that are on the disk */
  guint64 ignored;
  GString *pending;             /* records to be written */

  /* the file that is being added */
  SstStoreFile *file;
  char *name;
  GPtrArray *added;             /* of SstStoreClip, without names */
  guint64 written;              /* where its next picture goes */
  guint64 start;                /* of the clip, in its times */
};

/* --- parts ---------------------------------------------------------------- */

static void
file_free (gpointer data)
{
  SstStoreFile *file = data;

  g_free (file->path);
  g_free (file->rights);
  g_free (file);
}

static void
clip_free (gpointer data)
{
  SstStoreClip *clip = data;

  if (clip == NULL)
    return;
  g_free (clip->name);
  g_free (clip->times);
  g_free (clip);
}

static void
mapping_unref (gpointer data)
{
  Mapping *mapping = data;

  if (!g_atomic_ref_count_dec (&mapping->ref_count))
    return;
  if (mapping->data != NULL)
    munmap (mapping->data, mapping->size);
  g_free (mapping);
}

static void
set_file_error (GError ** error, const char *what, const char *folder,
    const char *name)
{
  const int number = errno;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number),
      "Could not %s \"%s%s%s\": %s", what, folder, name != NULL ? "/" : "",
      name != NULL ? name : "", g_strerror (number));
}

static size_t
clip_picture_bytes (const SstStoreClip * clip)
{
  return sst_image_bytes (clip->width, clip->height,
      clip->kind == SST_CLIP_CUTOUT);
}

/* --- the index ------------------------------------------------------------ */

typedef struct
{
  char *at, *end;               /* what is left of the text */
} Lines;

/* Cuts the next whole line off; NULL where there is none. */
static char *
next_line (Lines * lines)
{
  char *const line = lines->at;
  char *const end = memchr (line, '\n', (size_t) (lines->end - line));

  if (end == NULL)
    return NULL;
  *end = '\0';
  lines->at = end + 1;
  return line;
}

/* A decimal number of at most max and the space, or the end, behind it. */
static gboolean
get_number (char **at, guint64 max, guint64 * value)
{
  char *end;

  if (!g_ascii_isdigit (**at))
    return FALSE;
  errno = 0;
  *value = g_ascii_strtoull (*at, &end, 10);
  if (errno != 0 || *value > max || (*end != ' ' && *end != '\0'))
    return FALSE;
  *at = *end == ' ' ? end + 1 : end;
  return TRUE;
}

static gboolean
is_word (const char *text)
{
  if (*text == '\0')
    return FALSE;
  for (; *text != '\0'; text++)
    if (!g_ascii_isalnum (*text) && strchr ("-_.", *text) == NULL)
      return FALSE;
  return TRUE;
}

static SstStoreFile *
parse_file (char *line)
{
  guint64 size, mtime;
  char *rights, *path;
  SstStoreFile *file;

  if (!g_str_has_prefix (line, "file "))
    return NULL;
  line += strlen ("file ");
  if (!get_number (&line, G_MAXINT64, &size)
      || !get_number (&line, G_MAXINT64, &mtime))
    return NULL;
  rights = line;
  path = strchr (rights, ' ');
  if (path == NULL)
    return NULL;
  *path++ = '\0';
  if (!is_word (rights) || *path == '\0')
    return NULL;
  path = sst_text_unescape (path);
  if (path == NULL)
    return NULL;
  file = g_new0 (SstStoreFile, 1);
  file->path = path;
  file->size = (gint64) size;
  file->mtime = (gint64) mtime;
  file->rights = g_strdup (rights);
  return file;
}

static gboolean
parse_times (char *line, SstStoreClip * clip)
{
  guint64 time = 0;

  if (!g_str_has_prefix (line, "times "))
    return FALSE;
  line += strlen ("times ");
  /* as many as there are, before memory is taken for what the index says */
  if (strlen (line) / 2 + 1 < clip->n)
    return FALSE;
  clip->times = g_new (guint64, clip->n);
  for (guint i = 0; i < clip->n; i++) {
    guint64 step;

    if (!get_number (&line, G_MAXINT64, &step) || (i == 0) != (step == 0)
        || step > G_MAXINT64 - time)
      return FALSE;
    time += step;
    clip->times[i] = time;
  }
  return *line == '\0';
}

/* A clip of two lines, the second one is taken from lines. */
static SstStoreClip *
parse_clip (char *line, Lines * lines)
{
  guint64 width, height, matrix, alpha, n;
  SstStoreClip *clip;
  char *times;

  if (!g_str_has_prefix (line, "clip "))
    return NULL;
  line += strlen ("clip ");
  if (!get_number (&line, SST_FRAME_MAX_SIDE, &width) || width == 0
      || !get_number (&line, SST_FRAME_MAX_SIDE, &height) || height == 0
      || !get_number (&line, SST_MATRIX_BT2020, &matrix)
      || !get_number (&line, 1, &alpha)
      || !get_number (&line, MAX_PICTURES, &n) || n == 0
      || (alpha && n > 1) || *line == '\0')
    return NULL;
  times = next_line (lines);
  if (times == NULL)
    return NULL;
  clip = g_new0 (SstStoreClip, 1);
  clip->name = sst_text_unescape (line);
  clip->kind = n > 1 ? SST_CLIP_VIDEO : alpha ? SST_CLIP_CUTOUT :
      SST_CLIP_PHOTOGRAPH;
  clip->width = (int) width;
  clip->height = (int) height;
  clip->matrix = (SstMatrix) matrix;
  clip->n = (guint) n;
  clip->bytes = n * clip_picture_bytes (clip);
  if (clip->name == NULL || !parse_times (times, clip))
    g_clear_pointer (&clip, clip_free);
  return clip;
}

/* The sum of a record, up to where its end line begins. */
static char *
record_sum (const char *text, size_t size)
{
  char *sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256,
      (const guchar *) text, size);

  sum[SUM_DIGITS] = '\0';
  return sum;
}

/* Where the end line of the first record of a text begins; NULL: the record is
 * not whole. */
static const char *
find_end (const char *text, const char *end)
{
  const char *at = text;

  while (at < end) {
    const char *const next = memchr (at, '\n', (size_t) (end - at));

    if (next == NULL)
      return NULL;
    if (g_str_has_prefix (at, "end "))
      return at;
    at = next + 1;
  }
  return NULL;
}

/* Takes a file and its clips into the store. */
static void
store_take (SstStore * store, SstStoreFile * file, GPtrArray * clips)
{
  g_ptr_array_add (store->files, file);
  g_hash_table_insert (store->by_path, file->path, file);
  for (guint i = 0; i < clips->len; i++) {
    SstStoreClip *const clip = g_ptr_array_index (clips, i);

    clip->file = store->files->len - 1;
    clip->offset = store->end;
    store->end += clip->bytes;
    g_hash_table_add (store->names, clip->name);
    g_ptr_array_add (store->clips, clip);
  }
  g_ptr_array_set_size (clips, 0);
}

/* What became of a record. */
typedef enum
{
  RECORD_TAKEN,
  RECORD_WRONG,
  RECORD_CUT,                   /* its pictures are not all there */
} Record;

/* A record, without its end line. data_size: of the pictures. */
static Record
parse_record (SstStore * store, Lines * lines, guint64 data_size)
{
  GPtrArray *const clips = g_ptr_array_new ();
  char *line = next_line (lines);
  SstStoreFile *file = line != NULL ? parse_file (line) : NULL;
  Record result = RECORD_WRONG;
  guint64 end = store->end;

  if (file == NULL || g_hash_table_contains (store->by_path, file->path))
    goto done;
  while ((line = next_line (lines)) != NULL) {
    SstStoreClip *const clip = parse_clip (line, lines);

    if (clip == NULL)
      goto done;
    g_ptr_array_add (clips, clip);
    if (g_hash_table_contains (store->names, clip->name)
        || clip->bytes > G_MAXINT64 - end)
      goto done;
    for (guint i = 0; i + 1 < clips->len; i++)
      if (strcmp (((SstStoreClip *) g_ptr_array_index (clips, i))->name,
              clip->name) == 0)
        goto done;
    end += clip->bytes;
  }
  if (clips->len == 0)
    goto done;
  result = end > data_size ? RECORD_CUT : RECORD_TAKEN;
  if (result == RECORD_TAKEN) {
    store_take (store, file, clips);
    file = NULL;
  }

done:
  g_ptr_array_foreach (clips, (GFunc) (void (*)(void)) clip_free, NULL);
  g_ptr_array_unref (clips);
  if (file != NULL)
    file_free (file);
  return result;
}

static gboolean
parse_head (Lines * lines, const char *folder, GError ** error)
{
  char *line = next_line (lines);
  guint64 version;

  if (line == NULL || !g_str_has_prefix (line, MAGIC)) {
    g_set_error (error, SST_STORE_ERROR, SST_STORE_ERROR_FORMAT,
        "\"%s/" INDEX "\" is not the index of a store", folder);
    return FALSE;
  }
  line += strlen (MAGIC);
  if (!get_number (&line, G_MAXINT, &version) || version != VERSION) {
    g_set_error (error, SST_STORE_ERROR, SST_STORE_ERROR_VERSION,
        "\"%s/" INDEX "\" is of a version that is not known", folder);
    return FALSE;
  }
  return TRUE;
}

/* Reads the index. valid: where the last record that counts ends. */
static gboolean
parse_index (SstStore * store, char *text, size_t size, guint64 data_size,
    size_t * valid, GError ** error)
{
  Lines lines = { text, text + size };
  guint n = 0;

  if (!parse_head (&lines, store->folder, error))
    return FALSE;
  for (const char *end; (end = find_end (lines.at, text + size)) != NULL; n++) {
    Lines record = { lines.at, lines.at + (end - lines.at) };
    char *const sum = record_sum (record.at, (size_t) (end - record.at));
    const char *line;
    gboolean same;
    Record result;

    *valid = (size_t) (record.at - text);
    lines.at = record.end;
    line = next_line (&lines) + strlen ("end ");
    same = strcmp (line, sum) == 0;
    g_free (sum);
    result = same ? parse_record (store, &record, data_size) : RECORD_WRONG;
    if (result == RECORD_CUT)
      return TRUE;
    if (result == RECORD_WRONG) {
      g_set_error (error, SST_STORE_ERROR, SST_STORE_ERROR_FORMAT,
          "\"%s/" INDEX "\" is damaged in record %u", store->folder, n + 1);
      return FALSE;
    }
  }
  *valid = (size_t) (lines.at - text);
  return TRUE;
}

/* --- opening -------------------------------------------------------------- */

static int
open_part (const SstStore * store, const char *name, GError ** error)
{
  char *const path = g_build_filename (store->folder, name, NULL);
  /* O_NONBLOCK: nobody waits for who writes into a FIFO. O_NOFOLLOW: what is
   * written, and cut, is in the folder. */
  const int flags = O_CLOEXEC | O_NONBLOCK
      | (store->writable ? O_RDWR | O_CREAT | O_NOFOLLOW : O_RDONLY);
  const int fd = open (path, flags, 0666);

  if (fd < 0)
    set_file_error (error, "open", store->folder, name);
  g_free (path);
  return fd;
}

static gboolean
write_all (int fd, const void *data, size_t size, guint64 offset)
{
  const guint8 *from = data;

  while (size > 0) {
    const ssize_t n = pwrite (fd, from, size, (off_t) offset);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    from += n;
    offset += (guint64) n;
    size -= (size_t) n;
  }
  return TRUE;
}

/* The text of the index, with a zero behind it. */
static char *
read_index (const SstStore * store, size_t * size, GError ** error)
{
  struct stat st;
  char *text;
  size_t done = 0;

  if (fstat (store->index, &st) != 0)
    goto failed;
  if (!S_ISREG (st.st_mode) || st.st_size > MAX_INDEX_SIZE) {
    g_set_error (error, SST_STORE_ERROR, SST_STORE_ERROR_FORMAT,
        "\"%s/" INDEX "\" is not the index of a store", store->folder);
    return NULL;
  }
  text = g_malloc ((size_t) st.st_size + 1);
  while (done < (size_t) st.st_size) {
    const ssize_t n = pread (store->index, text + done,
        (size_t) st.st_size - done, (off_t) done);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      g_free (text);
      goto failed;
    }
    if (n == 0)
      break;
    done += (size_t) n;
  }
  text[done] = '\0';
  *size = done;
  return text;

failed:
  set_file_error (error, "read", store->folder, INDEX);
  return NULL;
}

static gboolean
load (SstStore * store, GError ** error)
{
  size_t size, valid = 0;
  char *const text = read_index (store, &size, error);
  struct stat st;
  gboolean ok = FALSE;

  if (text == NULL)
    return FALSE;
  if (fstat (store->data, &st) != 0) {
    set_file_error (error, "read", store->folder, PICTURES);
  } else if (size == 0 && store->writable && st.st_size == 0) {
    /* A new one: the head goes before any picture, or a crash would leave what
     * nobody knows. */
    ok = write_all (store->index, HEAD, strlen (HEAD), 0);
    if (!ok)
      set_file_error (error, "write", store->folder, INDEX);
  } else if (parse_index (store, text, size, (guint64) st.st_size, &valid,
          error)) {
    store->ignored = size - valid + (guint64) st.st_size - store->end;
    store->flushed = store->end;
    ok = !store->writable
        || (ftruncate (store->index, (off_t) valid) == 0
        && ftruncate (store->data, (off_t) store->end) == 0);
    if (!ok)
      set_file_error (error, "cut", store->folder, NULL);
  }
  g_free (text);
  return ok;
}

SstStore *
sst_store_open (const char *folder, gboolean writable, GError ** error)
{
  SstStore *store = g_new0 (SstStore, 1);

  store->folder = g_strdup (folder);
  store->writable = writable;
  store->data = store->index = -1;
  store->files = g_ptr_array_new_with_free_func (file_free);
  store->clips = g_ptr_array_new_with_free_func (clip_free);
  store->by_path = g_hash_table_new (g_str_hash, g_str_equal);
  store->names = g_hash_table_new (g_str_hash, g_str_equal);
  store->pending = g_string_new (NULL);
  store->added = g_ptr_array_new_with_free_func (clip_free);

  if (writable && g_mkdir_with_parents (folder, 0777) != 0) {
    set_file_error (error, "make the folder", folder, NULL);
    goto failed;
  }
  store->index = open_part (store, INDEX, error);
  if (store->index < 0)
    goto failed;
  if (writable && flock (store->index, LOCK_EX | LOCK_NB) != 0) {
    g_set_error (error, SST_STORE_ERROR, SST_STORE_ERROR_BUSY,
        "Another process writes to the store \"%s\"", folder);
    goto failed;
  }
  store->data = open_part (store, PICTURES, error);
  if (store->data < 0 || !load (store, error))
    goto failed;
  return store;

failed:
  sst_store_free (&store);
  return NULL;
}

void
sst_store_free (SstStore ** store)
{
  if (*store == NULL)
    return;
  sst_store_abort (*store);
  if ((*store)->data >= 0)
    close ((*store)->data);
  if ((*store)->index >= 0)
    close ((*store)->index);
  g_hash_table_unref ((*store)->names);
  g_hash_table_unref ((*store)->by_path);
  g_ptr_array_unref ((*store)->clips);
  g_ptr_array_unref ((*store)->files);
  g_ptr_array_unref ((*store)->added);
  g_string_free ((*store)->pending, TRUE);
  g_free ((*store)->folder);
  g_clear_pointer (store, g_free);
}

guint64
sst_store_n_ignored (const SstStore * store)
{
  return store->ignored;
}

guint
sst_store_n_files (const SstStore * store)
{
  return store->files->len;
}

const SstStoreFile *
sst_store_file (const SstStore * store, guint i)
{
  return g_ptr_array_index (store->files, i);
}

const SstStoreFile *
sst_store_find (const SstStore * store, const char *path)
{
  return g_hash_table_lookup (store->by_path, path);
}

guint
sst_store_n_clips (const SstStore * store)
{
  return store->clips->len;
}

const SstStoreClip *
sst_store_clip (const SstStore * store, guint i)
{
  return g_ptr_array_index (store->clips, i);
}

/* --- adding --------------------------------------------------------------- */

void
sst_store_begin (SstStore * store, const SstStoreFile * file, const char *name)
{
  g_return_if_fail (store->writable && store->file == NULL);
  g_return_if_fail (!g_hash_table_contains (store->by_path, file->path));

  store->file = g_new0 (SstStoreFile, 1);
  store->file->path = g_strdup (file->path);
  store->file->size = MAX (file->size, 0);
  store->file->mtime = MAX (file->mtime, 0);
  store->file->rights = g_strdup (is_word (file->rights) ? file->rights :
      SST_RIGHTS_UNKNOWN);
  store->name = g_strdup (name);
  store->written = store->end;
}

/* Room for the times doubles whenever their number is a power of two. */
static void
clip_add_time (SstStoreClip * clip, guint64 time)
{
  if ((clip->n & (clip->n - 1)) == 0)
    clip->times = g_renew (guint64, clip->times, MAX (1, 2 * clip->n));
  clip->times[clip->n++] = time;
}

static gboolean
continues (const SstStore * store, const SstStoreClip * clip,
    const SstImage * image, guint64 time)
{
  return clip->width == image->frame.width
      && clip->height == image->frame.height
      && clip->matrix == image->frame.matrix
      && clip->kind != SST_CLIP_CUTOUT && image->alpha == NULL
      && clip->n < MAX_PICTURES
      && time > store->start + clip->times[clip->n - 1];
}

gboolean
sst_store_add (SstStore * store, const SstImage * image, guint64 time,
    gboolean cut, GError ** error)
{
  const SstFrame *const frame = &image->frame;
  const size_t bytes = sst_image_bytes (frame->width, frame->height, FALSE);
  const size_t alpha = sst_image_size (image) - bytes;
  SstStoreClip *clip = store->added->len > 0 ?
      g_ptr_array_index (store->added, store->added->len - 1) : NULL;

  if (!write_all (store->data, image->data, bytes, store->written)
      || (alpha > 0 && !write_all (store->data, image->alpha, alpha,
              store->written + bytes))) {
    set_file_error (error, "write", store->folder, PICTURES);
    return FALSE;
  }
  store->written += bytes + alpha;
  if (clip == NULL || cut || !continues (store, clip, image, time)) {
    clip = g_new0 (SstStoreClip, 1);
    clip->kind = alpha > 0 ? SST_CLIP_CUTOUT : SST_CLIP_PHOTOGRAPH;
    clip->width = frame->width;
    clip->height = frame->height;
    clip->matrix = frame->matrix;
    store->start = time;
    g_ptr_array_add (store->added, clip);
  } else {
    clip->kind = SST_CLIP_VIDEO;
  }
  clip_add_time (clip, time - store->start);
  clip->bytes += bytes + alpha;
  return TRUE;
}

/* A name that no clip has, not even one that was added just now. */
static char *
unique_name (const SstStore * store, const char *name)
{
  char *unique = g_strdup (name);

  for (guint i = 2; g_hash_table_contains (store->names, unique); i++) {
    g_free (unique);
    unique = g_strdup_printf ("%s (%u)", name, i);
  }
  return unique;
}

static void
name_clips (const SstStore * store)
{
  char *const base = unique_name (store, store->name);

  for (guint i = 0; i < store->added->len; i++) {
    SstStoreClip *const clip = g_ptr_array_index (store->added, i);
    char *const name = i == 0 ? g_strdup (base) :
        g_strdup_printf ("%s #%u", base, i + 1);

    clip->name = unique_name (store, name);
    g_free (name);
  }
  g_free (base);
}

static void
put_record (const SstStore * store, GString * text)
{
  const SstStoreFile *const file = store->file;
  const size_t start = text->len;
  char *const path = g_strescape (file->path, NULL);
  char *sum;

  g_string_append_printf (text, "file %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
      " %s %s\n", file->size, file->mtime, file->rights, path);
  for (guint i = 0; i < store->added->len; i++) {
    const SstStoreClip *const clip = g_ptr_array_index (store->added, i);
    char *const name = g_strescape (clip->name, NULL);

    g_string_append_printf (text, "clip %d %d %d %d %u %s\ntimes",
        clip->width, clip->height, clip->matrix,
        clip->kind == SST_CLIP_CUTOUT, clip->n, name);
    for (guint k = 0; k < clip->n; k++)
      g_string_append_printf (text, " %" G_GUINT64_FORMAT,
          clip->times[k] - (k > 0 ? clip->times[k - 1] : 0));
    g_string_append_c (text, '\n');
    g_free (name);
  }
  sum = record_sum (text->str + start, text->len - start);
  g_string_append_printf (text, "end %s\n", sum);
  g_free (sum);
  g_free (path);
}

gboolean
sst_store_commit (SstStore * store, GError ** error)
{
  g_return_val_if_fail (store->file != NULL, FALSE);

  if (store->added->len > 0) {
    GPtrArray *const clips = g_ptr_array_new ();

    name_clips (store);
    put_record (store, store->pending);
    while (store->added->len > 0)
      g_ptr_array_add (clips, g_ptr_array_steal_index (store->added, 0));
    store_take (store, g_steal_pointer (&store->file), clips);
    g_ptr_array_unref (clips);
  }
  sst_store_abort (store);
  return (store->end - store->flushed < FLUSH_BYTES
      && store->pending->len < FLUSH_INDEX) || sst_store_flush (store, error);
}

void
sst_store_abort (SstStore * store)
{
  if (store->file != NULL)
    file_free (store->file);
  store->file = NULL;
  g_clear_pointer (&store->name, g_free);
  g_ptr_array_set_size (store->added, 0);
}

gboolean
sst_store_flush (SstStore * store, GError ** error)
{
  struct stat st;

  if (store->pending->len == 0)
    return TRUE;
  if (fdatasync (store->data) != 0) {
    set_file_error (error, "write", store->folder, PICTURES);
    return FALSE;
  }
  if (fstat (store->index, &st) != 0
      || !write_all (store->index, store->pending->str, store->pending->len,
          (guint64) st.st_size)
      || fdatasync (store->index) != 0) {
    set_file_error (error, "write", store->folder, INDEX);
    return FALSE;
  }
  g_string_set_size (store->pending, 0);
  store->flushed = store->end;
  return TRUE;
}

/* --- footage -------------------------------------------------------------- */

static Mapping *
map_pictures (const SstStore * store, GError ** error)
{
  Mapping *mapping;
  void *data = NULL;

  if (store->end > 0) {
    data = mmap (NULL, (size_t) store->end, PROT_READ, MAP_SHARED, store->data,
        0);
    if (data == MAP_FAILED) {
      set_file_error (error, "map", store->folder, PICTURES);
      return NULL;
    }
    /* Read-ahead would bring megabytes for a crop (measured: 7 MB, 6 ms);
     * sst_image_fetch() brings what is wanted. */
    madvise (data, (size_t) store->end, MADV_RANDOM);
  }
  mapping = g_new0 (Mapping, 1);
  g_atomic_ref_count_init (&mapping->ref_count);
  mapping->data = data;
  mapping->size = (size_t) store->end;
  return mapping;
}

static void
map_clip (const SstStoreClip * clip, Mapping * mapping, SstFootage * footage)
{
  SstClip *const to = sst_footage_add_clip (footage, clip->name);
  const size_t bytes = clip_picture_bytes (clip);

  for (guint i = 0; i < clip->n; i++) {
    g_atomic_ref_count_inc (&mapping->ref_count);
    sst_clip_add (to, sst_image_new_borrowed (clip->width, clip->height,
            clip->matrix, clip->kind == SST_CLIP_CUTOUT,
            mapping->data + clip->offset + i * bytes, mapping_unref, mapping),
        clip->times[i]);
  }
}

SstFootage *
sst_store_footage (const SstStore * store, const char *rights, GError ** error)
{
  Mapping *const mapping = map_pictures (store, error);
  SstFootage *footage;

  if (mapping == NULL)
    return NULL;
  footage = sst_footage_new ();
  for (guint i = 0; i < store->clips->len; i++) {
    const SstStoreClip *const clip = sst_store_clip (store, i);

    if (rights == NULL
        || strcmp (sst_store_file (store, clip->file)->rights, rights) == 0)
      map_clip (clip, mapping, footage);
  }
  mapping_unref (mapping);
  return footage;
}
