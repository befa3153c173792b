/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "track/album_private.h"

/* Of 158 later appearances of 79 sequences of data/dev, three portraits each
 * against six of each sequence, 0.61 are more like their own than like any
 * other and above that, and 0.057 of them are above it for another of 78, most
 * of these of the same scene (docs/lab/identity.md). */
#define SAME 0.8f

typedef struct
{
  SstAlbumKey key;              /* member 0: empty */
  const char *model;
  SstGallery *gallery;          /* kept for reuse */
  gboolean in_sight, ended;
  SstTime since;                /* it is there */
  SstTime until;                /* of what ended */
} Entry;

struct _SstAlbum
{
  gint n_references;            /* atomic */
  GMutex lock;
  /* Under the lock. */
  guint64 last_member;
  Entry entries[SST_ALBUM_CAPACITY];
};

SstAlbum *
sst_album_new (void)
{
  SstAlbum *album = g_new0 (SstAlbum, 1);

  album->n_references = 1;
  g_mutex_init (&album->lock);
  return album;
}

SstAlbum *
sst_album_ref (SstAlbum * album)
{
  g_return_val_if_fail (album != NULL, NULL);

  g_atomic_int_inc (&album->n_references);
  return album;
}

void
sst_album_unref (SstAlbum * album)
{
  if (album == NULL || !g_atomic_int_dec_and_test (&album->n_references))
    return;
  for (guint i = 0; i < SST_ALBUM_CAPACITY; i++)
    sst_gallery_free (&album->entries[i].gallery);
  g_mutex_clear (&album->lock);
  g_free (album);
}

guint64
sst_album_join (SstAlbum * album)
{
  g_return_val_if_fail (album != NULL, 0);

  guint64 member;

  g_mutex_lock (&album->lock);
  member = ++album->last_member;
  g_mutex_unlock (&album->lock);
  return member;
}

guint
sst_album_count (SstAlbum * album)
{
  g_return_val_if_fail (album != NULL, 0);

  guint n = 0;

  g_mutex_lock (&album->lock);
  for (guint i = 0; i < SST_ALBUM_CAPACITY; i++)
    n += album->entries[i].key.member != 0;
  g_mutex_unlock (&album->lock);
  return n;
}

static gboolean
is_over (const Entry * entry, SstTime now)
{
  return entry->ended && now >= entry->until;
}

static gboolean
is_of (const Entry * entry, guint64 member, guint64 id)
{
  return entry->key.member == member && entry->key.id == id;
}

static Entry *
find_entry (SstAlbum * album, guint64 member, guint64 id)
{
  for (guint i = 0; i < SST_ALBUM_CAPACITY; i++)
    if (is_of (&album->entries[i], member, id))
      return &album->entries[i];
  return NULL;
}

/* Whether a makes room before b does. */
static gboolean
goes_before (const Entry * a, const Entry * b)
{
  if ((a->key.member == 0) != (b->key.member == 0))
    return a->key.member == 0;
  if (a->ended != b->ended)
    return a->ended;
  return a->ended ? a->until < b->until : a->since < b->since;
}

static Entry *
make_room (SstAlbum * album, SstTime now)
{
  Entry *first = &album->entries[0];

  for (guint i = 1; i < SST_ALBUM_CAPACITY; i++)
    if (goes_before (&album->entries[i], first))
      first = &album->entries[i];
  first->since = now;
  return first;
}

void
sst_album_put (SstAlbum * album, const SstAlbumKey * key,
    const SstGallery * gallery, const char *model, gboolean in_sight,
    SstTime now)
{
  Entry *entry;

  g_mutex_lock (&album->lock);
  entry = find_entry (album, key->member, key->id);
  if (entry == NULL)
    entry = make_room (album, now);
  entry->key = *key;
  entry->model = model;
  entry->in_sight = in_sight;
  entry->ended = FALSE;
  sst_gallery_copy (&entry->gallery, gallery);
  g_mutex_unlock (&album->lock);
}

void
sst_album_end (SstAlbum * album, guint64 member, guint64 id, SstTime until)
{
  g_mutex_lock (&album->lock);
  for (guint i = 0; i < SST_ALBUM_CAPACITY; i++) {
    Entry *const entry = &album->entries[i];

    if (entry->key.member != member || entry->ended
        || (id != 0 && entry->key.id != id))
      continue;
    entry->in_sight = FALSE;
    entry->ended = TRUE;
    entry->until = until;
  }
  g_mutex_unlock (&album->lock);
}

void
sst_album_forget (SstAlbum * album, guint64 member)
{
  g_mutex_lock (&album->lock);
  for (guint i = 0; i < SST_ALBUM_CAPACITY; i++)
    if (album->entries[i].key.member == member)
      album->entries[i].key.member = 0;
  g_mutex_unlock (&album->lock);
}

/* Mean of how much each of the portraits is like the gallery. */
static float
similarity_of (const SstGallery * gallery, const float *portraits, int n,
    int length)
{
  float sum = 0.f;

  for (int i = 0; i < n; i++)
    sum += sst_gallery_compare (gallery, portraits + (size_t) i * length);
  return CLAMP (sum / n, 0.f, 1.f);
}

/* Of one thing's two names the later one counts: it is the likelier one to be
 * asked for. */
static gboolean
is_better (float similarity, const Entry * entry, float best,
    const Entry * former)
{
  if (former == NULL || similarity != best)
    return similarity > best;
  return entry->since > former->since;
}

gboolean
sst_album_recognize (SstAlbum * album, const SstAlbumKey * key,
    const float *portraits, int n, int length, const char *model, SstTime now,
    SstSighting * sighting)
{
  const Entry *found = NULL;
  float best = SAME;

  g_mutex_lock (&album->lock);
  for (guint i = 0; i < SST_ALBUM_CAPACITY; i++) {
    const Entry *const entry = &album->entries[i];
    float similarity;

    if (entry->key.member == 0 || entry->model != model
        || is_over (entry, now) || is_of (entry, key->member, key->id)
        || (entry->key.member == key->member && entry->in_sight))
      continue;
    similarity = similarity_of (entry->gallery, portraits, n, length);
    if (is_better (similarity, entry, best, found)) {
      best = similarity;
      found = entry;
    }
  }
  if (found != NULL)
    *sighting = (SstSighting) { found->key.id, found->key.source, best };
  g_mutex_unlock (&album->lock);
  return found != NULL;
}

/* Puts a sighting where it belongs among those that are there, the likest
 * first, if there is room for it. Returns how many are there then. */
static guint
insert (SstSighting * found, guint count, guint n, SstSighting sighting)
{
  guint place = count;

  while (place > 0 && found[place - 1].similarity < sighting.similarity)
    place--;
  if (place >= n)
    return count;
  count = MIN (count + 1, n);
  for (guint i = count - 1; i > place; i--)
    found[i] = found[i - 1];
  found[place] = sighting;
  return count;
}

guint
sst_album_find_similar (SstAlbum * album, guint64 member, guint64 id,
    SstTime now, SstSighting * found, guint n)
{
  g_return_val_if_fail (album != NULL, 0);

  const Entry *self;
  guint count = 0;

  g_mutex_lock (&album->lock);
  self = find_entry (album, member, id);
  for (guint i = 0; i < SST_ALBUM_CAPACITY && self != NULL
      && !is_over (self, now); i++) {
    const Entry *const entry = &album->entries[i];

    if (entry == self || entry->key.member == 0 || is_over (entry, now)
        || entry->model != self->model)
      continue;
    count = insert (found, count, n, (SstSighting) {
          entry->key.id, entry->key.source,
          similarity_of (entry->gallery,
              sst_gallery_portraits (self->gallery),
              sst_gallery_count (self->gallery),
              sst_gallery_length (self->gallery))});
  }
  g_mutex_unlock (&album->lock);
  return count;
}
