/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Synth (internal): training pairs made from any pictures, with exact boxes.
 *
 * A target is cut from a picture and appears in a template and in a search
 * region, changed as targets change; where it is is known since it was put there
 * (Li, Wang et al., "Self-Supervised Tracking via Target-Aware Data Synthesis",
 * Crop-Transform-Paste, 2021). Kinds of target:
 *
 *   region   a rectangle of a picture, in its place. It moves since the search
 *            region is cut elsewhere, a little turned and stretched.
 *   cut-out  a picture of a clip with alpha (sst_clip_alpha()), but for those
 *            whose names begin with "bust_", which end where their picture does.
 *   blob     a soft-edged blob of any other picture.
 *   solid    a box, cylinder or ellipsoid that shows such a picture.
 *
 * All but regions are things (thing.h) over a picture that is no cut-out. Two
 * matters are apart. The place and size that the tracker believes in are wrong:
 * the place by up to a third of the region, the size by a factor of sigma 0.2,
 * of a tenth of the pairs up to 2. And the target's shape changes, by a strength
 * that is drawn for each pair (70 % up to 1/3, mild; 20 % up to 2/3, medium; 10
 * % up to 1, extreme) and limits, see the table in synth.c, how it stretches,
 * turns in the picture and in 3-D, bends and folds, and how much sharper the
 * nearer view is.
 *
 * Things may move while the shutter is open, alone or before a picture that
 * does; have look-alikes beside them (themselves in other colours and another
 * stance, their kind, or any other thing) in template and search; and be behind
 * one of these or something else, of which their box takes no notice. Where the
 * target is absent, every other time the search region shows the template's
 * background and a look-alike, else another background, and on it another thing
 * or nothing. Pairs go through sst_augment_pair().
 *
 * Thread-safety: an object is scratch of one thread; any number of them may draw
 * from the same footage, which must not change meanwhile. */

#pragma once

#include "base/random.h"
#include "footage/footage.h"
#include "footage/pair.h"

G_BEGIN_DECLS

/* Shares, 0..1, */
typedef struct
{
  float region;                 /* of the pairs */
  float solid;                  /* of the others */
  float cutout;                 /* of what is neither, where there are any; the
                                 * rest is blobs */
  float lookalike;              /* of all but regions: with others beside */
  float motion;                 /* of these: the target blurs */
  float occluder;               /* with something over the target */
  float absent;                 /* without target in search; fewer where the
                                 * footage shows nothing but the target */
  float medium, extreme;        /* change of shape; the rest is mild */
  float strength;               /* of sst_augment_pair(), 0: none */
} SstSynthParams;

/* Defaults: see synth.c. */
void sst_synth_params_init (SstSynthParams * params);

typedef struct _SstSynth SstSynth;

/* Makes a source of pairs, with the defaults, from a footage of at least one
 * clip, which has to outlive it. Takes about 10 MB. */
SstSynth *sst_synth_new (const SstFootage * footage);

/* Draws from another footage, of at least one clip, from now on; it has to outlive
 * the object. */
void sst_synth_set_footage (SstSynth * synth, const SstFootage * footage);

void sst_synth_set_params (SstSynth * synth, const SstSynthParams * params);

/* Frees *synth and sets it to NULL. *synth may be NULL. */
void sst_synth_free (SstSynth ** synth);

/* Draws a pair; templ and search, and the masks if not NULL, are the caller's.
 * Everything is written, but masks of regions, which are not known. A target's
 * box is the bounds of where its mask, were nothing before it, is over
 * SST_THING_VISIBLE (a region's: of its turned rectangle); a part of it may be
 * outside the tensor. Its masks are of its visible part. weight is 1, source
 * the clip that the target is cut from, seconds 0. The same generator gives the
 * same pair. Allocates nothing. */
void sst_synth_pair (SstSynth * synth, SstRandom * random, SstPair * pair);

G_END_DECLS
