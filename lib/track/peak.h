/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Peak (internal): where a response says that the target is.
 *
 * A response is SST_RESPONSE_GRID rows of as many cells, by rows: about 1 where
 * the target is, 0 elsewhere. Its middle is the cell (SST_RESPONSE_GRID / 2,
 * SST_RESPONSE_GRID / 2).
 *
 * Pure functions: any thread. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Cells of a search region, each way. */
#define SST_RESPONSE_GRID 48

/* Distance from the peak, in cells, within which the response belongs to it. */
#define SST_PEAK_RADIUS 5

/* The highest place of a response, and figures that tell how far to trust it. */
typedef struct
{
  float value;
  float x, y;                   /* cells from the centre, to a fraction */
  float second;                 /* the highest place away from it */
  float second_x, second_y;
  float sharpness;              /* peak to sidelobe ratio (Bolme 2010) */
} SstPeak;

/* Finds the highest place; one at the edge is played down. */
SstPeak sst_peak_find (const float *response);

/* The peak, with its surroundings, where it lies in the cell (px, py): the
 * second one, and how much the first stands out. */
SstPeak sst_peak_beside (const float *response, int px, int py, SstPeak peak);

typedef struct
{
  float x, y;                   /* cells from the centre, to a fraction */
  float value;
} SstSpot;

/* Lists the highest places of a response above least (> 0), the highest first: cells
 * that are as high as all of SST_SPOT_RADIUS around, one of equals. Returns how many, at
 * most n. */
#define SST_SPOT_RADIUS 3
int sst_peak_list (const float *response, float least, SstSpot * spots, int n);

/* On a ridge the highest place is noise. The target stays where it was
 * expected, along the ridge; across, it goes along with it.
 *
 * peak: in, as found; out, moved if there is a ridge. Returns whether there
 * is. */
gboolean sst_peak_stay_on_ridge (const float *response, SstPeak * peak);

G_END_DECLS
