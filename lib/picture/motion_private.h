/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Motion, for its own sources (internal): the parts that they share. Names are
 * short, as nobody else includes this.
 *
 *   motion.c           life, and what is made of a pair of pictures
 *   motion_picture.c   the pyramid of a picture
 *   motion_align.c     a transform that lays one picture on the other, and how well
 *   motion_view.c      the same scene through another lens
 *
 * Coordinates are pixels of a level of the pyramid from the centre of the
 * thumbnail, so that a transform passes from a level to the next finer one by
 * doubling its shift. Pixel i of a level has its centre at i + 0.5 - cx.
 *
 * Per level, T the previous picture and I the present one, Gauss-Newton on
 *
 *   sum_x w (x) rho (I (W (x)) - gain T (x) - offset)
 *
 * over the small motion of T that explains the difference; its inverse is
 * composed into W. As the small motion acts on T, its derivatives are those of
 * T and wait ready from the call before. rho is Tukey's, with a scale from a
 * quantile; w keeps a few strong edges from outvoting the rest of the picture.
 * Gain and offset are fitted in turn with the motion.
 *
 * Support counts textured pixels alone, among those that both pictures show:
 * flat ones follow any motion. A picture without texture, and one that is less
 * than MIN_SIDE pixels high or wide as a thumbnail, has support 0. */

#pragma once

#include <sstrack/motion.h>

#include "picture/sampler.h"

G_BEGIN_DECLS

#define THUMB_SIDE 160          /* longest side of the thumbnail */
#define MIN_SIDE 8              /* a side under it can't be aligned */
#define MAX_LEVELS 3
#define COARSEST_SIDE 40        /* no more halving at or under this */
#define MAX_TEXTURED 1024       /* of them are looked at, evenly spread */
#define COARSEST_STEPS 10
#define STEPS 5
#define TUKEY 2.f               /* sigmas. Tight, as 4.685, which is 95 %
                                 * efficient, is drawn to large things that
                                 * move by a few pixels */
#define MAX_TURN 0.26f          /* sine of the angle, 15 degrees */

typedef struct
{
  int width, height;
  float cx, cy;
  float *image;
  float *gx, *gy;               /* central differences; 0 at the rim */
  float *weight;                /* w; 0 at the rim */
  int *textured;                /* indices of pixels with a gradient */
  int n_textured;
} Level;

typedef struct
{
  Level level[MAX_LEVELS];
  float mean, deviation;        /* of the coarsest level */
  gboolean flat;
} Picture;

typedef struct
{
  float a, b, tx, ty;
  float gain, offset;
  float expected;               /* a, before the pictures are asked */
} Fit;

#define SST_MOTION_STILL ((Fit) { 1.f, 0.f, 0.f, 0.f, 1.f, 0.f, 1.f })

/* Sums that the normal equations are made of, each one a row of columns: the
 * position along the row is factored out of them. gx, gy are the gradient, y
 * the line, r the difference, t and i the pictures' values. */
enum
{
  SUM_XX, SUM_XX_Y, SUM_XX_YY,  /* gx gx {1, y, y y} */
  SUM_XY, SUM_XY_Y, SUM_XY_YY,  /* gx gy */
  SUM_YY, SUM_YY_Y, SUM_YY_YY,  /* gy gy */
  SUM_XR, SUM_XR_Y,             /* gx r */
  SUM_YR, SUM_YR_Y,             /* gy r */
  SUM_1, SUM_T, SUM_I, SUM_TT, SUM_TI,
  N_SUMS
};

typedef float Sums[N_SUMS][THUMB_SIDE];

struct _SstMotion
{
  SstSampler *sampler;
  int frame_width, frame_height;
  float scale;                  /* pixels of the frame a thumbnail's pixel */
  int n_levels;                 /* 0: too small for anything */
  Picture picture[2];
  int present;                  /* which of them is the latest */
  gboolean has_picture;
  float *memory;
  int *index_memory;
  Fit last;                     /* the result of the previous call */
  float *warped;
  Sums sums;
};

/* About the textured pixels that are in both pictures. */
typedef struct
{
  float support;                /* share of those that follow */
  float cost;                   /* mean of Tukey's rho, 0..1 */
  float likeness;               /* correlation of the gradients, -1..1 */
} Verdict;

/* ---- motion_picture.c ---- */

/* Plans the pyramid for a size of frame, and forgets what there was. */
void sst_motion_set_frame_size (SstMotion * motion, int width, int height);

/* Makes picture the pyramid of a frame. */
void sst_motion_take_picture (SstMotion * motion, const SstFrame * frame, Picture * picture);

/* ---- motion_align.c ---- */

/* warped = the image of now at the fit's places, one a pixel of before; a value that
 * no pixel has where they are outside. */
void sst_motion_warp (const Level * before, const Level * now, const Fit * fit,
    float *restrict warped);

/* Standard deviation of the difference, from a low quantile over the textured
 * pixels. */
float sst_motion_difference_scale (const Level * level, const Fit * fit, const float *warped);

/* The best whole-pixel shift at the coarsest level. */
void sst_motion_search_shift (const SstMotion * motion, Fit * fit);

/* Some steps of Gauss and Newton, fewer where they become short. shift_first:
 * neither zoom nor turn in the first two. */
void sst_motion_refine (SstMotion * motion, const Level * before, const Level * now, Fit * fit,
    int steps, gboolean shift_first);

/* How well a fit does. warped: of the fit. limit: of Tukey's rho, grey levels. */
Verdict sst_motion_judge (const Level * level, const Fit * fit, const float *warped, float limit);

/* ---- motion_view.c ---- */

/* Whether the two pictures show the same through different lenses: one of them
 * is a part of the other. */
gboolean sst_motion_find_other_view (SstMotion * motion, Fit * fit, float *support);

G_END_DECLS
