/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Synth (internal): training pairs made from any pictures, with exact boxes.
 *
 * A target is cut from a picture and appears in a template and in a search
 * region, changed as targets change; where it is is known since it was put there
 * (Li, Wang et al., "Self-Supervised Tracking via Target-Aware Data Synthesis",
 * Crop-Transform-Paste, 2021). Three ways:
 *
 *   region      a rectangle of a picture, in its place. It moves since the
 *               search region is cut elsewhere, turned and stretched.
 *   object      a soft-edged blob of a picture over another picture. Template
 *               and search deform it independently (random bumps, parts that
 *               bend), move it over its background, or change that.
 *   look-alikes an object among up to three others, which are more often than
 *               not cut from the same picture or are the object itself in other
 *               colours. At most one covers some of the target.
 *
 * In all of them something may hide part of the target in search (its box stays
 * that of the whole target), the target may be absent, and the pair goes through
 * sst_augment_pair().
 *
 * Thread-safety: an object is scratch of one thread; any number of them may draw
 * from the same footage, which must not change meanwhile. */

#pragma once

#include <sstrack/random.h>
#include <sstrack/train/footage.h>
#include <sstrack/train/pair.h>

G_BEGIN_DECLS

typedef struct
{
  float object, lookalike;      /* shares of the pairs; the rest is regions */
  float occluder;               /* share with something over the target */
  float absent;                 /* share without target in search; fewer where
                                 * the footage shows nothing but the target */
  float strength;               /* of sst_augment_pair(), 0: none */
} SstSynthParams;

/* Defaults: see synth.c. */
void sst_synth_params_init (SstSynthParams * params);

typedef struct _SstSynth SstSynth;

/* Makes a source of pairs, with the defaults, from a footage of at least one
 * clip, which has to outlive it. Takes about 4 MB. */
SstSynth *sst_synth_new (const SstFootage * footage);

void sst_synth_set_params (SstSynth * synth, const SstSynthParams * params);

/* Frees *synth and sets it to NULL. *synth may be NULL. */
void sst_synth_free (SstSynth ** synth);

/* Draws a pair; templ and search are the caller's, everything is written. A
 * target's box is the bounds of where its mask is over 0.4 (a region's: of its
 * turned rectangle); a part of it may be outside the tensor. weight is 1,
 * source the clip that the target is cut from, seconds 0. The same generator
 * gives the same pair. Allocates nothing once the sampler has seen the largest
 * picture. */
void sst_synth_pair (SstSynth * synth, SstRandom * random, SstPair * pair);

G_END_DECLS
