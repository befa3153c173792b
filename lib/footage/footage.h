/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Footage: the unlabeled pictures that training draws from.
 *
 * Clips of pictures, in memory or mapped into it (store.h); a photograph is a clip
 * of one picture. No boxes, no labels, no files: who fills it decides where
 * pictures come from.
 *
 * Thread-safety: filled by one thread, then read by any number. */

#pragma once

#include "picture/image.h"

G_BEGIN_DECLS

typedef struct
{
  char *name;                   /* for messages; unique in the footage */
  GPtrArray *images;            /* of SstImage, in order of time, at least one,
                                 * all of one size */
  GArray *times;                /* of guint64: nanoseconds from the clip's start,
                                 * one for each image, increasing */
} SstClip;

typedef struct
{
  GPtrArray *clips;             /* of SstClip */
} SstFootage;

SstFootage *sst_footage_new (void);

/* Frees *footage with all clips and sets it to NULL. */
void sst_footage_free (SstFootage ** footage);

/* Adds an empty clip; the footage owns it. */
SstClip *sst_footage_add_clip (SstFootage * footage, const char *name);

/* Appends a picture; takes the reference. */
void sst_clip_add (SstClip * clip, SstImage * image, guint64 time);

static inline guint
sst_footage_n_clips (const SstFootage *footage)
{
  return footage->clips->len;
}

static inline const SstClip *
sst_footage_clip (const SstFootage *footage, guint i)
{
  return (const SstClip *) g_ptr_array_index (footage->clips, i);
}

static inline guint
sst_clip_length (const SstClip *clip)
{
  return clip->images->len;
}

static inline const SstFrame *
sst_clip_frame (const SstClip *clip, guint i)
{
  return &((const SstImage *) g_ptr_array_index (clip->images, i))->frame;
}

/* The same of a picture that is drawn at random and looked at now: see
 * sst_image_fetch(). */
static inline const SstFrame *
sst_clip_fetch (const SstClip *clip, guint i)
{
  sst_image_fetch ((const SstImage *) g_ptr_array_index (clip->images, i));
  return sst_clip_frame (clip, i);
}

/* Of a cut-out, how much each pixel of its picture belongs to the thing that was
 * cut out: rows of as many bytes as the picture is wide, 0..255. NULL for a
 * picture that is opaque. */
static inline const guint8 *
sst_clip_alpha (const SstClip *clip, guint i)
{
  return ((const SstImage *) g_ptr_array_index (clip->images, i))->alpha;
}

static inline guint64
sst_clip_time (const SstClip *clip, guint i)
{
  return g_array_index (clip->times, guint64, i);
}

/* What a clip shows. */
typedef enum
{
  SST_CLIP_VIDEO,               /* two pictures or more */
  SST_CLIP_PHOTOGRAPH,          /* one */
  SST_CLIP_CUTOUT,              /* one with alpha: a thing without its ground */
} SstClipKind;

static inline SstClipKind
sst_clip_kind (const SstClip *clip)
{
  return sst_clip_length (clip) > 1 ? SST_CLIP_VIDEO :
      sst_clip_alpha (clip, 0) != NULL ? SST_CLIP_CUTOUT : SST_CLIP_PHOTOGRAPH;
}

/* Pictures in all clips, and bytes of their pixels. */
guint sst_footage_n_images (const SstFootage * footage);
size_t sst_footage_size (const SstFootage * footage);

G_END_DECLS
