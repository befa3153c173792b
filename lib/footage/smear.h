/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Smear (internal): the blur of a thing that moves in a straight line while the
 * shutter is open.
 *
 * The mean along a stroke, by doubling: the picture and itself shifted by half
 * of the stroke, of the result that and itself shifted by a quarter, and so on,
 * which takes the logarithm of the stroke's length of passes. Shifts are whole
 * pixels; the stroke's middle stays where it was.
 *
 * Thread-safety: all state is in the arguments. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* rows of width elements of n_floats floats, in place; the border counts as
 * repeated. (dx, dy): the stroke, pixels, at most 200 each way; one that is
 * shorter than a pixel changes nothing. scratch: as large as the picture. */
void sst_smear (float *picture, int width, int height, int n_floats, float dx,
    float dy, float *scratch);

G_END_DECLS
