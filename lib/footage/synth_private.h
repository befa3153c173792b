/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Synth, for its own sources (internal): the parts that they share.
 *
 *   synth.c            things before a background, and what pairs have in common
 *   synth_regions.c    regions */

#pragma once

#include "footage/painter.h"
#include "footage/clip_pool.h"
#include "footage/synth.h"

G_BEGIN_DECLS

#define SST_SYNTH_DEGREE ((float) G_PI / 180.f)
#define SST_SYNTH_MAX_OTHERS 3
#define SST_SYNTH_TEXTURE_SIDE 16

/* Share of the absent targets whose search region is near the template's place. */
#define SST_SYNTH_ABSENT_NEAR 0.5f

/* A thing in a pair. */
typedef struct
{
  SstThing thing;
  SstStance templ, search;
  SstPaintLayer layer;
  gboolean copy;                /* of the target */
  float size;                   /* the target's is 1 */
  float distance, angle;        /* from it, in its sizes */
} SstActor;

struct _SstSynth
{
  const SstFootage *footage;
  SstSynthParams params;
  SstClipPool grounds, cutouts;

  SstSampler *sampler;
  SstPainter *painter;
  SstActor target, other[SST_SYNTH_MAX_OTHERS], occluder;
  SstChange change;             /* of the pair */
  float templ_detail, search_detail;
  float texture[SST_SYNTH_TEXTURE_SIDE * SST_SYNTH_TEXTURE_SIDE];
  float *mask;                  /* of the target, as large as search */
  float *scratch;               /* of augmentation */
};

/* ---- synth.c ---- */

/* e to a normal of that sigma, which is cut at 3. */
float sst_synth_log_normal (SstRandom * random, float sigma);

/* Between 1 / most and most, evenly in the logarithm. */
float sst_synth_log_uniform (SstRandom * random, float most);

/* A picture of a clip. */
const SstFrame *sst_synth_frame (const SstSynth * synth, guint clip, SstRandom * random);

/* The tracker's belief: size and place of the target in search, pixels, */
float sst_synth_search_size (SstRandom * random);
float sst_synth_search_place (SstRandom * random);
/* and in the template. */
float sst_synth_template_size (SstRandom * random);
float sst_synth_template_place (SstRandom * random);

/* A view in which the picture's (px, py) is at (x, y) of the tensor, and which
 * maps by (xx, xy; yx, yy) from picture to tensor. */
SstView sst_synth_view (const SstFrame * frame, float xx, float xy, float yx,
    float yy, float px, float py, float x, float y);

/* ---- synth_regions.c ---- */

/* A region with some texture, if there is any. most_share: its size at the most,
 * as a share of the picture's shorter side. */
SstBox sst_synth_region (SstSynth * synth, const SstFrame * frame, float most_share,
    SstRandom * random);

/* Draws a pair whose target is a region. absent: without it in search, where there
 * is a place without it. */
void sst_synth_regions (SstSynth * synth, SstRandom * random, gboolean absent,
    SstPair * pair);

G_END_DECLS
