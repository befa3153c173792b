/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* Reads what is in the file, in which size bytes are; it may shrink meanwhile.
 * FALSE with errno. */
static gboolean
read_all (int file, char *text, gsize * size)
{
  gsize done = 0;

  while (done < *size) {
    const ssize_t n = read (file, text + done, *size - done);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return FALSE;
    if (n == 0)
      break;
    done += (gsize) n;
  }
  *size = done;
  return TRUE;
}

/* Why a file can't be taken: by errno, or for what it is. */
static void
set_error (GError ** error, const char *path, int number, const char *what)
{
  char *const name = g_filename_display_name (path);

  g_set_error (error, G_FILE_ERROR, number != 0 ?
      (gint) g_file_error_from_errno (number) : G_FILE_ERROR_INVAL, "%s: %s",
      name, number != 0 ? g_strerror (number) : what);
  g_free (name);
}

char *
sst_text_read (const char *path, gsize max_size, gsize * size, GError ** error)
{
  /* O_NONBLOCK: a FIFO opens at once, and is refused. */
  const int file = g_open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
  char *text = NULL;
  struct stat status;
  gsize n;

  if (file < 0 || fstat (file, &status) != 0) {
    set_error (error, path, errno, NULL);
  } else if (!S_ISREG (status.st_mode)) {
    set_error (error, path, 0, "not a regular file");
  } else if ((guint64) status.st_size > max_size) {
    set_error (error, path, 0, "too large");
  } else {
    n = (gsize) status.st_size;
    text = g_malloc (n + 1);
    if (read_all (file, text, &n)) {
      text[n] = '\0';
      if (size != NULL)
        *size = n;
    } else {
      set_error (error, path, errno, NULL);
      g_clear_pointer (&text, g_free);
    }
  }
  if (file >= 0)
    close (file);
  return text;
}

char *
sst_text_unescape (const char *text)
{
  gsize n = 0;

  for (const char *end = text + strlen (text); end > text && end[-1] == '\\';
      end--)
    n++;
  return n % 2 == 0 ? g_strcompress (text) : NULL;
}
