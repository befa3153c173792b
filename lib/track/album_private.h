/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Album (internal): the calls of sets of targets.
 *
 * Thread-safety: everything may be called from any thread. */

#pragma once

#include <sstrack/album.h>

#include "track/gallery.h"

G_BEGIN_DECLS

/* A target of a member: the key. */
typedef struct
{
  guint64 member, id;
  const char *source;           /* interned */
} SstAlbumKey;

/* Copies the portraits of a target into the album, in the place of its earlier ones.
 * model: interned checksum of the weights that its portraits are of.
 * in_sight: it is being followed. */
void sst_album_put (SstAlbum * album, const SstAlbumKey * key,
    const SstGallery * gallery, const char *model, gboolean in_sight,
    SstTime now);

/* The target ended: it is kept until then. id 0: all of the member's that have
 * not ended. */
void sst_album_end (SstAlbum * album, guint64 member, guint64 id,
    SstTime until);

/* Forgets all of a member's. */
void sst_album_forget (SstAlbum * album, guint64 member);

/* The target that a new one looks like, by n portraits of it, if there is one that
 * it looks like enough (docs/lab/identity.md says what that gives): not itself, nor
 * one that the same member follows at this moment, nor one whose time is over.
 * portraits: n rows of length values. */
gboolean sst_album_recognize (SstAlbum * album, const SstAlbumKey * key,
    const float *portraits, int n, int length, const char *model, SstTime now,
    SstSighting * sighting);

G_END_DECLS
