/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Points: places on a target, carried along with it.
 *
 * A target's points are numbered from 0 in the order in which they came; none goes
 * before the target does. How they are carried: mask/carry_points.h. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Of a target, at most. */
#define SST_POINTS_MAX 256
/* Rows and columns of a grid of points, at most. */
#define SST_POINTS_MAX_GRID 16

typedef struct
{
  float x, y;                   /* pixels of the frame; may lie outside */
  float likeness;               /* -1..1: the mean cosine of its surroundings
                                 * with those that were there first; 0: not
                                 * looked at */
  gboolean visible;             /* it is taken to be seen there: alike enough, and on
                                 * the target's mask. Else the place is a guess */
} SstTargetPoint;

G_END_DECLS
