/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Tracklet (internal): where one thing is in a few pictures of a clip, as
 * mining found it (mine.h), without a label; and pairs to train with, drawn from
 * such.
 *
 * A tracklet's quality, 0..1, is how far to trust it: cycle consistency x motion
 * x goodness of the first box. It decides how often a tracklet is drawn, when
 * (the curriculum) and how much its pairs weigh. Code that finds out more, as by
 * asking a network whether it agrees, may change it, or cut the tracklet short.
 *
 * Thread-safety: the store is written by one thread, then read by any number.
 * A sampler belongs to one thread at a time. */

#pragma once

#include "base/random.h"
#include "footage/footage.h"
#include "footage/pair.h"

G_BEGIN_DECLS

#define SST_TRACKLET_MAX_STEPS 64

typedef struct
{
  guint frame;                  /* picture of the clip */
  SstBox box;                   /* pixels of that picture */
} SstTrackletStep;

typedef struct
{
  guint clip;                   /* of the footage */
  gboolean moving;              /* found by a motion of its own; else a box of
                                 * texture, which may be any part of anything */
  float quality;                /* 0..1 */
  float motion;                 /* way over the ground, camera's motion taken
                                 * off, in sizes of the thing; 0 or more */
  guint n_steps;                /* 2 or more */
  SstTrackletStep *steps;       /* frames increase */
} SstTracklet;

typedef struct
{
  GPtrArray *items;             /* of SstTracklet */
} SstTracklets;

#define SST_TRACKLET_ERROR (sst_tracklet_error_quark ())
typedef enum
{
  SST_TRACKLET_ERROR_FORMAT,    /* not such a file, or damaged */
  SST_TRACKLET_ERROR_VERSION,   /* of a version that is not known */
  SST_TRACKLET_ERROR_FOOTAGE,   /* made from other pictures */
} SstTrackletError;

GQuark sst_tracklet_error_quark (void);

SstTracklets *sst_tracklets_new (void);

/* Frees *tracklets and sets it to NULL. *tracklets may be NULL. */
void sst_tracklets_free (SstTracklets ** tracklets);

/* Adds a copy. Returns the store's own, valid until it is removed. */
SstTracklet *sst_tracklets_add (SstTracklets * tracklets,
    const SstTracklet * tracklet);

/* Moves all of from, such as the tracklets that a thread mined, to the end of
 * tracklets. */
void sst_tracklets_take (SstTracklets * tracklets, SstTracklets * from);

/* Removes those of a lower quality. The order of the others stays. */
void sst_tracklets_remove_below (SstTracklets * tracklets, float quality);

static inline guint
sst_tracklets_length (const SstTracklets *tracklets)
{
  return tracklets->items->len;
}

static inline SstTracklet *
sst_tracklets_get (const SstTracklets *tracklets, guint i)
{
  return (SstTracklet *) g_ptr_array_index (tracklets->items, i);
}

/* Sets the quality, clamped to 0..1. */
void sst_tracklet_set_quality (SstTracklet * tracklet, float quality);

/* Keeps the first n_steps steps; 2..tracklet->n_steps. */
void sst_tracklet_truncate (SstTracklet * tracklet, guint n_steps);

/* Keeps the steps of the first duration nanoseconds, two at least.
 *
 * clip: the one that the tracklet is of, tracklet->clip in its footage. */
void sst_tracklet_shorten (SstTracklet * tracklet, const SstClip * clip,
    guint64 duration);

/* Replaces its steps by a copy of those; 2..SST_TRACKLET_MAX_STEPS. */
void sst_tracklet_set_steps (SstTracklet * tracklet,
    const SstTrackletStep * steps, guint n_steps);

/* Whether two tracklets surely show two things: both move, and are in some pictures
 * of a clip at the same time, in none of them near each other (boxes that are half
 * as large again do not touch), as parts of one thing would be. */
gboolean sst_tracklets_are_apart (const SstTracklet * a,
    const SstTracklet * b);

/* Writes text, under a temporary name that is synced and renamed. Clips go by
 * their name, size and number of pictures. footage: what they were mined
 * from. */
gboolean sst_tracklets_save (const SstTracklets * tracklets,
    const SstFootage * footage, const char *path, GError ** error);

/* Reads such a file for footage that may be in another order. Tracklets of
 * clips that it has not got are left out and counted in n_left_out (may be
 * NULL); a clip of that name with other pictures is an error.
 *
 * The file is not trusted. Returns NULL and sets error (SST_TRACKLET_ERROR,
 * G_FILE_ERROR) where it is no good. */
SstTracklets *sst_tracklets_load (const char *path, const SstFootage * footage,
    guint * n_left_out, GError ** error);

/* --- drawing ------------------------------------------------------------ */

typedef struct _SstTrackletSampler SstTrackletSampler;

/* Makes a sampler of at least one tracklet; footage and tracklets have to
 * outlive it and stay as they are. All scratch memory is allocated here. */
SstTrackletSampler *sst_tracklet_sampler_new (const SstFootage * footage,
    const SstTracklets * tracklets);
void sst_tracklet_sampler_free (SstTrackletSampler ** sampler);

/* How strong pairs are augmented, 0..1; default 1. At 0, for pairs to judge
 * with, they are just cut out of the pictures, with nothing pasted in. */
void sst_tracklet_sampler_set_strength (SstTrackletSampler * sampler,
    float strength);

/* Says where in picture what is in known_box of known is; FALSE: not found. */
typedef gboolean (*SstTrackletFinder) (gpointer data, const SstFrame * known,
    const SstBox * known_box, const SstFrame * picture, SstBox * found);

/* From now on that share of the pairs, 0..1, has its template not where the
 * tracklet says but where finder finds the target, from its box in the picture
 * of the search region: the decoupled training of SSTrack (forward.h). */
void sst_tracklet_sampler_set_finder (SstTrackletSampler * sampler,
    float share, SstTrackletFinder finder, gpointer data);

/* Draws a tracklet, by quality and number of steps. One that moves comes three
 * times as often or, where there are many that don't, more often still: patches
 * of texture are at most a fifth of the draws, unless nothing moves.
 *
 * progress: 0..1, how much of the training is over.
 * curriculum: 0: all tracklets at any time; 1: at first the best quarter only,
 *     by quality, those that move before those that do not; all at the end
 *     (methods.md, source C: reliable and clearly moving first).
 * Returns its number. */
guint sst_tracklet_sampler_pick (const SstTrackletSampler * sampler,
    SstRandom * random, float progress, float curriculum);

/* Draws a tracklet in that way, and up to n - 1 others that show other things at
 * the same time (sst_tracklets_are_apart(), each two of them), in random order.
 * Returns how many; picks: n, their numbers. */
guint sst_tracklet_sampler_pick_together (const SstTrackletSampler * sampler,
    SstRandom * random, float progress, float curriculum, guint n,
    guint * picks);

/* Draws a pair: two different steps of a tracklet, in either order of time, with
 * random shift, size, aspect, mirroring, and light; now and then with something
 * else pasted near or over the target, or without the target.
 *
 * pair: its tensors are the caller's; everything in it is set. weight is 0.5 to
 *     1 by quality, source the clip. Depends on nothing but the generator. */
void sst_tracklet_sampler_pair (SstTrackletSampler * sampler,
    SstRandom * random, float progress, float curriculum, SstPair * pair);

/* The same of a given tracklet. */
void sst_tracklet_sampler_pair_of (SstTrackletSampler * sampler,
    guint tracklet, SstRandom * random, float progress, float curriculum,
    SstPair * pair);

/* Finds steps of a tracklet, two or more apart, that show the same view, as a
 * walk does with each stride: there "far in time" does not mean "different"
 * (repetition mining; methods.md, source C). The luma of the boxes' ovals is
 * compared in small (16 x 16, normalised correlation); each of the two has to be
 * as good as the best of all far steps for the other.
 *
 * threshold: correlation, 0..1; 0.9 is careful.
 * recurs: set to n_steps x n_steps of TRUE or FALSE, symmetric.
 * Returns how many pairs recur. */
guint sst_tracklet_sampler_recurrences (SstTrackletSampler * sampler,
    guint tracklet, float threshold, guint8 * recurs);

G_END_DECLS
