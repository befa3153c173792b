/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#pragma once

#include "gstssfilter.h"

G_BEGIN_DECLS

#define GST_TYPE_SS_TRAIN (gst_ss_train_get_type ())
G_DECLARE_FINAL_TYPE (GstSsTrain, gst_ss_train, GST, SS_TRAIN,
    GstSsFilter)

/**
 * GstSsTrainLearnFrom:
 * @GST_SS_TRAIN_LEARN_FROM_MOTION: moving regions that it finds itself
 * @GST_SS_TRAIN_LEARN_FROM_TARGETS: what an sstracker upstream follows
 *     confidently
 * @GST_SS_TRAIN_LEARN_FROM_ROI: what other elements upstream detected, as a
 *     place to look, never as the truth
 *
 * What to learn from.
 *
 * Since: 0.1
 */
typedef enum
{
  GST_SS_TRAIN_LEARN_FROM_MOTION = 1 << 0,
  GST_SS_TRAIN_LEARN_FROM_TARGETS = 1 << 1,
  GST_SS_TRAIN_LEARN_FROM_ROI = 1 << 2,
} GstSsTrainLearnFrom;

/**
 * GstSsTrainPausedWhen:
 * @GST_SS_TRAIN_PAUSED_WHEN_STILL: nothing moves
 * @GST_SS_TRAIN_PAUSED_WHEN_LOST: an sstracker upstream lost its target
 * @GST_SS_TRAIN_PAUSED_WHEN_BLURRED: the picture has no sharp edge, or next to
 *     no contrast
 * @GST_SS_TRAIN_PAUSED_WHEN_CUT: scene changes follow each other too fast
 * @GST_SS_TRAIN_PAUSED_WHEN_PAUSED: the pipeline is in PAUSED; the element's
 *     own, which the learner knows nothing of
 *
 * When not to learn.
 *
 * Since: 0.1
 */
typedef enum
{
  GST_SS_TRAIN_PAUSED_WHEN_STILL = 1 << 0,
  GST_SS_TRAIN_PAUSED_WHEN_LOST = 1 << 1,
  GST_SS_TRAIN_PAUSED_WHEN_BLURRED = 1 << 2,
  GST_SS_TRAIN_PAUSED_WHEN_CUT = 1 << 3,
  GST_SS_TRAIN_PAUSED_WHEN_PAUSED = 1 << 4,
} GstSsTrainPausedWhen;

/**
 * GstSsTrainProfile:
 * @GST_SS_TRAIN_PROFILE_GENTLE: smaller steps
 * @GST_SS_TRAIN_PROFILE_NORMAL: normal steps
 *
 * How strongly to learn.
 *
 * Since: 0.1
 */
typedef enum
{
  GST_SS_TRAIN_PROFILE_GENTLE,
  GST_SS_TRAIN_PROFILE_NORMAL,
} GstSsTrainProfile;

GST_ELEMENT_REGISTER_DECLARE (sstrain);

G_END_DECLS
