/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Footage: the unlabeled pictures that training draws from.
 *
 * Clips of pictures, in memory or mapped into it (store.h); a photograph is a clip
 * of one picture. No boxes, no labels, no files: the code that fills it decides
 * where pictures come from.
 *
 * Pictures are shared and never change; how they are seen (tone.h) is a matter of
 * the footage that has them.
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
  GArray *views;                /* of SstFrame: each image as it is seen */
  const SstTone *tone;          /* of the views: the footage's; NULL: none */
} SstClip;

typedef struct
{
  GPtrArray *clips;             /* of SstClip: its own and those listed */
  GPtrArray *own;               /* of SstClip */
  SstTone tone;                 /* that its own are seen with, where one is set */
} SstFootage;

SstFootage *sst_footage_new (void);

/* Frees *footage with all clips and sets it to NULL. */
void sst_footage_free (SstFootage ** footage);

/* Adds an empty clip; the footage owns it. */
SstClip *sst_footage_add_clip (SstFootage * footage, const char *name);

/* Lists a clip that belongs to another footage, which has to outlive this one. A
 * clip that is listed several times is drawn that much more often. */
void sst_footage_list (SstFootage * footage, const SstFootage * other, guint clip);

/* Has the pictures of its own clips seen with a tone from now on, those that are
 * still to be added too. tone: copied. Nobody may be looking at them. */
void sst_footage_see (SstFootage * footage, const SstTone * tone);

/* Appends a picture; takes the reference. */
void sst_clip_add (SstClip * clip, SstImage * image, guint64 time);

/* Keeps the first n pictures. */
void sst_clip_truncate (SstClip * clip, guint n);

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

/* The picture as it is seen. */
static inline const SstFrame *
sst_clip_frame (const SstClip *clip, guint i)
{
  return &g_array_index (clip->views, SstFrame, i);
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

/* The kind of a clip. */
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
