/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssgallery.h"

typedef struct
{
  SstAlbum *album;
  guint n_members;
} Shared;

static GMutex lock;
/* Under the lock: Shared by name; NULL: there is none. */
static GHashTable *shared;

static gboolean
is_private (const gchar * name)
{
  return name == NULL || *name == '\0';
}

SstAlbum *
gst_ss_gallery_join (const gchar * name)
{
  SstAlbum *album;
  Shared *found;

  if (is_private (name))
    return sst_album_new ();
  g_mutex_lock (&lock);
  if (shared == NULL)
    shared = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  found = g_hash_table_lookup (shared, name);
  if (found == NULL) {
    found = g_new0 (Shared, 1);
    found->album = sst_album_new ();
    g_hash_table_insert (shared, g_strdup (name), found);
  }
  found->n_members++;
  album = sst_album_ref (found->album);
  g_mutex_unlock (&lock);
  return album;
}

/* With the lock held: the last one of that name leaves. */
static void
drop (const gchar * name, Shared * found)
{
  sst_album_unref (found->album);
  g_hash_table_remove (shared, name);
  if (g_hash_table_size (shared) == 0)
    g_clear_pointer (&shared, g_hash_table_unref);
}

void
gst_ss_gallery_leave (const gchar * name, SstAlbum ** album)
{
  if (*album == NULL)
    return;
  if (!is_private (name)) {
    Shared *found;

    g_mutex_lock (&lock);
    found = g_hash_table_lookup (shared, name);
    if (--found->n_members == 0)
      drop (name, found);
    g_mutex_unlock (&lock);
  }
  g_clear_pointer (album, sst_album_unref);
}

GstStructure *
gst_ss_gallery_describe (const SstSighting * sightings, guint n)
{
  GstStructure *structure = gst_structure_new_empty ("sstracker/similar");
  GValue list = G_VALUE_INIT;

  g_value_init (&list, GST_TYPE_LIST);
  for (guint i = 0; i < n; i++) {
    GValue item = G_VALUE_INIT;

    g_value_init (&item, GST_TYPE_STRUCTURE);
    g_value_take_boxed (&item, gst_structure_new ("target",
            "id", G_TYPE_UINT64, sightings[i].id,
            "source", G_TYPE_STRING, sightings[i].source,
            "similarity", G_TYPE_DOUBLE, (gdouble) sightings[i].similarity,
            NULL));
    gst_value_list_append_and_take_value (&list, &item);
  }
  gst_structure_take_value (structure, "targets", &list);
  return structure;
}

void
gst_ss_gallery_set_fields (GstStructure * structure, const SstTarget * target)
{
  const SstSighting *seen_as = &target->seen_as;

  if (seen_as->id == 0)
    return;
  gst_structure_set (structure,
      "seen-as", G_TYPE_UINT64, seen_as->id,
      "seen-as-source", G_TYPE_STRING, seen_as->source,
      "similarity", G_TYPE_DOUBLE, (gdouble) seen_as->similarity, NULL);
}

void
gst_ss_gallery_set_embedding (GstStructure * structure,
    const SstTarget * target)
{
  GstBuffer *buffer;
  gsize size;

  if (target->portrait == NULL)
    return;
  size = target->portrait_length * sizeof (float);
  buffer = gst_buffer_new_allocate (NULL, size, NULL);
  if (buffer == NULL)
    return;
  gst_buffer_fill (buffer, 0, target->portrait, size);
  gst_structure_set (structure, "embedding", GST_TYPE_BUFFER, buffer, NULL);
  gst_buffer_unref (buffer);
}
