/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "footage/rights.h"

#include <string.h>

#include "base/text.h"

#define MAX_TABLE_SIZE (64 << 20)

typedef struct
{
  GHashTable *names;            /* to rights */
  GPtrArray *patterns;          /* and the rights of each behind it */
} Table;

struct _SstRights
{
  GHashTable *tables;           /* by folder */
};

static void
table_free (gpointer data)
{
  Table *table = data;

  g_hash_table_unref (table->names);
  g_ptr_array_unref (table->patterns);
  g_free (table);
}

static int
find_column (char **cells, const char *name)
{
  for (int i = 0; cells[i] != NULL; i++)
    if (strcmp (g_strstrip (cells[i]), name) == 0)
      return i;
  return -1;
}

static void
table_add (Table * table, const char *file, const char *rights)
{
  if (strpbrk (file, "*?") != NULL) {
    g_ptr_array_add (table->patterns, g_strdup (file));
    g_ptr_array_add (table->patterns, g_strdup (rights));
  } else if (!g_hash_table_contains (table->names, file)) {
    g_hash_table_insert (table->names, g_strdup (file), g_strdup (rights));
  }
}

static void
table_parse (Table * table, const char *text)
{
  char **const lines = g_strsplit (text, "\n", -1);
  char **head = lines[0] != NULL ? g_strsplit (lines[0], "\t", -1) : NULL;
  const int file = head != NULL ? find_column (head, "file") : -1;
  const int rights = head != NULL ? find_column (head, "rights") : -1;

  for (guint i = 1; file >= 0 && rights >= 0 && lines[i] != NULL; i++) {
    char **const cells = g_strsplit (lines[i], "\t", -1);

    if ((int) g_strv_length (cells) > MAX (file, rights)
        && *g_strstrip (cells[rights]) != '\0')
      table_add (table, g_strstrip (cells[file]), cells[rights]);
    g_strfreev (cells);
  }
  g_strfreev (head);
  g_strfreev (lines);
}

static Table *
table_load (const char *folder)
{
  char *const path = g_build_filename (folder, SST_RIGHTS_TABLE, NULL);
  Table *table = g_new0 (Table, 1);
  char *const text = sst_text_read (path, MAX_TABLE_SIZE, NULL, NULL);

  table->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      g_free);
  table->patterns = g_ptr_array_new_with_free_func (g_free);
  if (text != NULL)
    table_parse (table, text);
  g_free (text);
  g_free (path);
  return table;
}

SstRights *
sst_rights_new (void)
{
  SstRights *rights = g_new0 (SstRights, 1);

  rights->tables = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      table_free);
  return rights;
}

void
sst_rights_free (SstRights ** rights)
{
  if (*rights == NULL)
    return;
  g_hash_table_unref ((*rights)->tables);
  g_clear_pointer (rights, g_free);
}

const char *
sst_rights_of (SstRights * rights, const char *path)
{
  char *const folder = g_path_get_dirname (path);
  char *const name = g_path_get_basename (path);
  Table *table = g_hash_table_lookup (rights->tables, folder);
  const char *found;

  if (table == NULL) {
    table = table_load (folder);
    g_hash_table_insert (rights->tables, g_strdup (folder), table);
  }
  found = g_hash_table_lookup (table->names, name);
  for (guint i = 0; found == NULL && i < table->patterns->len; i += 2)
    if (g_pattern_match_simple (g_ptr_array_index (table->patterns, i), name))
      found = g_ptr_array_index (table->patterns, i + 1);
  g_free (name);
  g_free (folder);
  return found != NULL ? found : SST_RIGHTS_UNKNOWN;
}
