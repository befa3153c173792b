/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Bounds (internal): the box that a mask says, and how far to trust it.
 *
 * Raw: percentiles of the marginals of the target's pixels (2 % and 98 %).
 * Calibrated: what lacks to the first box, half as measured on the first mask and
 * half as on the masks of the first frames, in which the tracker's box is still
 * right: masks shrink systematically.
 *
 * Thread-safety: pure functions. */

#pragma once

#include <sstrack/mask.h>

G_BEGIN_DECLS

/* The correction of a raw box: of the centre in its sides, logarithms of the
 * sides. */
typedef struct
{
  float x, y, log_width, log_height;
} SstMaskCalibration;

/* FALSE where the mask is empty, or all of it smaller than a pixel. */
gboolean sst_mask_bounds (const SstMask * mask, SstBox * box);

/* The correction that turns raw into box. */
SstMaskCalibration sst_mask_calibrate (const SstBox * raw, const SstBox * box);

SstBox sst_mask_apply (const SstMaskCalibration * calibration,
    const SstBox * raw);

/* Between two boxes: centre linearly, sides by their logarithms. share: of b. */
SstBox sst_mask_between (const SstBox * a, const SstBox * b, float share);

G_END_DECLS
