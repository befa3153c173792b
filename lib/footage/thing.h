/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Thing (internal): something cut from a picture that changes its shape.
 *
 * A thing is flat (a blob of a picture, or a cut-out with alpha) or a textured
 * solid (box, cylinder, ellipsoid). A stance is how it is at one time: a flat thing
 * swells and shrinks (bumps), bends and folds at up to three hinges, tilts out
 * of the picture, and is stretched, mirrored and turned; a solid turns in 3-D, so
 * that other faces show, and is stretched and turned. A layer is a stance as a
 * mesh, at a place of a tensor, into which a painter (painter.h) draws it.
 *
 * Coordinates of a thing: its half sizes are reach, its size is 2. x goes right,
 * y down, z away from who looks.
 *
 * Thread-safety: things, stances and layers are plain values. */

#pragma once

#include "base/random.h"
#include "footage/augment.h"
#include "picture/sampler.h"

G_BEGIN_DECLS

/* A target is where its mask is over this. */
#define SST_THING_VISIBLE 0.4f

#define SST_THING_HINGES 3
#define SST_THING_BUMPS 4
#define SST_THING_VERTICES 160
#define SST_THING_SHEETS 6

/* The largest box aspect of a stance, and one over the smallest. */
#define SST_THING_MAX_ASPECT 8.f

/* How much a stance may differ from the one before it. Angles in radians. */
typedef struct
{
  float stretch;                /* of each axis on its own: sigma of the log */
  float turn;                   /* in the picture, the most */
  float tilt;                   /* of what is flat, out of the picture, about
                                 * two axes, the most */
  float spin;                   /* of a solid, about any axis, the most */
  float bend;                   /* of a hinge, the most */
  float bumps;                  /* sigma, in half sizes */
  float mirror;                 /* of what is flat: probability of showing the
                                 * other side */
  float approach;               /* log of the ratio of resolutions, the most */
} SstChange;

typedef enum
{
  SST_THING_FLAT,
  SST_THING_BOX,
  SST_THING_CYLINDER,
  SST_THING_ELLIPSOID,
} SstThingForm;

/* Beyond a line the thing is turned about a point on it, either in its plane, as
 * a limb, or about the line, as a page. */
typedef struct
{
  float x, y;                   /* the point */
  float normal_x, normal_y;
  float per_width;              /* 1 / how wide the transition is */
  gboolean fold;
} SstHinge;

typedef struct
{
  SstThingForm form;
  const SstFrame *frame;
  const guint8 *alpha;          /* of the frame, or NULL */
  SstBox region;                /* the thing, in the frame */
  float margin;                 /* of what is read, to the region */
  float reach[3];
  int n_hinges;
  SstHinge hinge[SST_THING_HINGES];
  gboolean recolored;
  float gain, offset;           /* of luma */
  float c, s;                   /* turn and stretch of the chromas */
  float cb, cr;                 /* added to them */
  float mask[SST_AUGMENT_BLOB_SIZE];    /* of a flat thing, over the margin */
} SstThing;

/* A blob of a region. */
void sst_thing_make_patch (SstThing * thing, const SstFrame * frame,
    const SstBox * region, SstRandom * random);

/* A whole cut-out, alpha as of sst_clip_alpha(). sampler: any. */
void sst_thing_make_cutout (SstThing * thing, const SstFrame * frame,
    const guint8 * alpha, SstSampler * sampler, SstRandom * random);

/* A solid whose faces show parts of a region. */
void sst_thing_make_solid (SstThing * thing, const SstFrame * frame,
    const SstBox * region, SstRandom * random);

/* Gives it other colours, clearly so but not out of all likeness, or one colour
 * all over. */
void sst_thing_recolor (SstThing * thing, SstRandom * random);
void sst_thing_paint (SstThing * thing, SstRandom * random);

typedef struct
{
  float turn, tilt_x, tilt_y;
  float stretch_x, stretch_y;   /* logs */
  gboolean mirrored;
  float spin[3][3];             /* of a solid, a rotation */
  float angle[SST_THING_HINGES];
  struct
  {
    float x, y, dx, dy, per_square;
  } bump[SST_THING_BUMPS];
  float perspective;            /* share of the size that the half size nearest
                                 * gains */
  float light[3];               /* to where it comes from, length 1 */
} SstStance;

/* A first stance: upright and mostly unbent if flat, any if solid. */
void sst_stance_init (SstStance * stance, const SstThing * thing,
    SstRandom * random);

/* Another, that far from one of the same thing. */
void sst_stance_change (SstStance * stance, const SstThing * thing,
    const SstStance * from, const SstChange * change, SstRandom * random);

typedef struct
{
  float x, y, z;                /* z: how far away */
  float u, v;                   /* 0..1 of what is read of the picture */
  float gain;                   /* of light */
} SstVertex;

typedef struct
{
  const SstThing *thing;
  SstVertex vertex[SST_THING_VERTICES];
  struct
  {
    int first, columns, rows;   /* (columns + 1) (rows + 1) vertices */
  } sheet[SST_THING_SHEETS];
  int n_sheets;
  gboolean folded;              /* parts may hide each other */
  SstBox bounds;                /* nearly, at scale 1 about (0, 0) */
  float scale, x, y;            /* into the tensor */
  SstBox box;                   /* there; exact once drawn */
  float detail;                 /* share of full resolution, 0..1 */
  float blur_x, blur_y;         /* stroke of its motion, pixels */
} SstPaintLayer;

/* Takes a stance's shape; detail 1, no blur. FALSE: nothing of it is left. */
gboolean sst_paint_layer_shape (SstPaintLayer * layer, const SstThing * thing,
    const SstStance * stance);

/* Puts the middle of its bounds at a place, and makes the geometric mean of
 * their sides that size. */
void sst_paint_layer_put (SstPaintLayer * layer, float x, float y, float size);

G_END_DECLS
