/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Album: portraits of targets, so that those that come later are known again.
 *
 * Sets of targets (targets.h) that share an album put into it a few portraits of each
 * of their targets, and compare new targets with those in it: with targets that are
 * lost or ended, and with those of other sets. So a thing that left one camera is
 * known again in the next one, and one that left comes back by its old name.
 *
 * A portrait is appearance: a network's vector of the contents of a box, and their
 * colours. It is no biometric feature: two people dressed alike are one to it, and one
 * who changed clothes is two. All of it lies in memory, nothing is ever written, and
 * it is gone when it is too old, when others need the room, and with the album.
 *
 * Portraits of different models can't be compared: where a set has another model than
 * the one that was known, nothing matches.
 *
 * Time is that of the sets that share it, SstMembership says how.
 *
 * Thread-safety: everything may be called from any thread. */

#pragma once

#include <sstrack/api.h>
#include <sstrack/time.h>

G_BEGIN_DECLS

/* Targets in an album at most, 20 KB each; of more those go that ended first, then
 * those that are there longest. */
#define SST_ALBUM_CAPACITY 128

typedef struct _SstAlbum SstAlbum;

/* A target that another one looks like. */
typedef struct
{
  guint64 id;                   /* in its set; 0: none */
  const char *source;           /* of its set; interned */
  float similarity;             /* 0..1: mean cosine of their portraits */
} SstSighting;

/* How a set takes part. */
typedef struct
{
  SstAlbum *album;              /* NULL (default): it doesn't. A set takes a
                                 * reference */
  guint64 member;               /* of sst_album_join(), of this set alone */
  const char *source;           /* the name of the set; interned */
  SstTime timeout;              /* how long an ended target is kept */
  SstTime epoch;                /* the start of its time, on the clock of all:
                                 * that much is added. It may grow, not fall */
} SstMembership;

/* Makes an empty album, with one reference. */
SST_API SstAlbum *sst_album_new (void);
SST_API SstAlbum *sst_album_ref (SstAlbum * album);
/* album may be NULL. */
SST_API void sst_album_unref (SstAlbum * album);

/* A number for a set, from 1, that no other one has. */
SST_API guint64 sst_album_join (SstAlbum * album);

/* Targets that it knows, those that ran out of time included until they are
 * needed. */
SST_API guint sst_album_count (SstAlbum * album);

/* The targets that are most like one of a member's, the likest first, whatever they
 * do now: at most n, into found. Returns how many; 0 where the target is not
 * there, or its time is over. now: on the clock of all. Takes some milliseconds
 * where the album is full. */
SST_API guint sst_album_find_similar (SstAlbum * album, guint64 member,
    guint64 id, SstTime now, SstSighting * found, guint n);

G_END_DECLS
