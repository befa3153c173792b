/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Gallery (internal): the portraits of a target, by which it is known again.
 *
 * A portrait says in one vector of length 1 what is in a box: the network's
 * embedding (network.h), and how the pixels of its upper and of its lower half are
 * distributed over hue, saturation and luma, those in the middle counting most.
 * Both are as long: the product of two portraits is the mean of both cosines. The
 * embedding tells things of different kinds apart, colours those of one kind
 * (docs/lab/identity.md).
 *
 * A gallery keeps a few of them: the first one for ever, and others that differ
 * from those that are there. A caller that gives it only sure ones keeps it pure;
 * it does not judge that.
 *
 * Thread-safety: belongs to one thread at a time. */

#pragma once

#include <glib.h>

#include <sstrack/box.h>

G_BEGIN_DECLS

/* Values of a portrait beside the embedding. */
#define SST_PORTRAIT_COLORS 512

/* Portraits in a gallery. */
#define SST_GALLERY_CAPACITY 8

/* Completes a portrait: embedding of n values, of length 1, comes first in it and
 * is scaled, and the colours of what is in box follow.
 * sample: SST_SAMPLE_YCC, side squared; box: pixels of it, at least one of which
 * counts.
 * portrait: n + SST_PORTRAIT_COLORS values. */
void sst_portrait_finish (float *portrait, int n, const float *sample, int side,
    const SstBox * box);

/* Cosine of two portraits of so many values, -1..1. */
float sst_portrait_compare (const float *a, const float *b, int length);

typedef struct _SstGallery SstGallery;

/* length: values of a portrait. */
SstGallery *sst_gallery_new (int length);
/* Frees *gallery and sets it to NULL. *gallery may be NULL. */
void sst_gallery_free (SstGallery ** gallery);

/* Forgets everything but a first portrait. */
void sst_gallery_start (SstGallery * gallery, const float *portrait);

/* Adds a portrait unless one like it is there. In a full gallery it takes the
 * place of the one, not the first, that is most like another, if it is less like
 * any than that. Returns whether it was added. */
gboolean sst_gallery_learn (SstGallery * gallery, const float *portrait);

/* The portraits, rows of sst_gallery_length() values, the first one first. */
int sst_gallery_count (const SstGallery * gallery);
int sst_gallery_length (const SstGallery * gallery);
const float *sst_gallery_portraits (const SstGallery * gallery);

/* Another number whenever what is in it changed. */
guint sst_gallery_serial (const SstGallery * gallery);

/* Makes *to, NULL or a gallery, hold what from does. Allocates where *to is NULL or
 * its portraits are of another length. */
void sst_gallery_copy (SstGallery ** to, const SstGallery * from);

/* How much a portrait is like the one in the gallery that it is most like,
 * -1..1. */
float sst_gallery_compare (const SstGallery * gallery, const float *portrait);

G_END_DECLS
