/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* replay COPIES FOLDER: runs the seeds of a folder, and changed copies of
 * each. */

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "base/random.h"

#define MAX_CHANGES 8
#define MAX_GROWTH 64

/* A copy with some bytes changed, left out, repeated or made up. */
static GByteArray *
change (const GByteArray * seed, SstRandom * random)
{
  GByteArray *const copy = g_byte_array_new ();
  const guint n = 1 + sst_random_below (random, MAX_CHANGES);

  g_byte_array_append (copy, seed->data, seed->len);
  for (guint i = 0; i < n && copy->len > 0; i++) {
    const guint at = sst_random_below (random, copy->len);
    const guint length =
        1 + sst_random_below (random, MIN (copy->len - at, MAX_GROWTH));
    guint8 run[MAX_GROWTH];

    switch (sst_random_below (random, 5)) {
      case 0:
        copy->data[at] ^= (guint8) (1 << sst_random_below (random, 8));
        break;
      case 1:
        copy->data[at] = (guint8) sst_random_below (random, 256);
        break;
      case 2:
        g_byte_array_remove_range (copy, at, length);
        break;
      case 3:
        memcpy (run, copy->data + at, length);
        g_byte_array_append (copy, run, length);
        break;
      default:
        memset (copy->data + at, sst_random_below (random, 2) ? 0xff : 0,
            length);
        break;
    }
  }
  return copy;
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  const gchar *const *const one = a, *const *const two = b;

  return strcmp (*one, *two);
}

int
main (int argc, char **argv)
{
  const int copies = argc == 3 ? atoi (argv[1]) : 0;
  SstRandom random = sst_random_init (1, 1);
  GDir *folder;
  GPtrArray *names;
  const gchar *name;

  if (argc != 3 || (folder = g_dir_open (argv[2], 0, NULL)) == NULL)
    g_error ("usage: replay COPIES FOLDER");
  names = g_ptr_array_new_with_free_func (g_free);
  while ((name = g_dir_read_name (folder)) != NULL)
    g_ptr_array_add (names, g_build_filename (argv[2], name, NULL));
  g_dir_close (folder);
  g_assert_cmpuint (names->len, >, 0);
  g_ptr_array_sort (names, compare);

  LLVMFuzzerTestOneInput ((const uint8_t *) "", 0);
  for (guint i = 0; i < names->len; i++) {
    GByteArray *seed;
    gchar *text;
    gsize size;

    g_assert_true (g_file_get_contents (names->pdata[i], &text, &size, NULL));
    seed = g_byte_array_new_take ((guint8 *) text, size);
    LLVMFuzzerTestOneInput (seed->data, seed->len);
    for (int k = 0; k < copies; k++) {
      GByteArray *const copy = change (seed, &random);

      LLVMFuzzerTestOneInput (copy->data, copy->len);
      g_byte_array_unref (copy);
    }
    g_byte_array_unref (seed);
  }
  g_ptr_array_unref (names);
  return EXIT_SUCCESS;
}
