/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#pragma once

#include "gstssfilter.h"

G_BEGIN_DECLS

#define GST_TYPE_SS_TRACKER (gst_ss_tracker_get_type ())
G_DECLARE_FINAL_TYPE (GstSsTracker, gst_ss_tracker, GST, SS_TRACKER,
    GstSsFilter)

/**
 * GstSsTrackerMessages:
 * @GST_SS_TRACKER_MESSAGES_NONE: none
 * @GST_SS_TRACKER_MESSAGES_STATE: "sstracker/state" when a target starts, is
 *     lost, is found again or ends
 * @GST_SS_TRACKER_MESSAGES_FRAME: these, and "sstracker/frame" for each frame
 *
 * What is posted on the bus.
 *
 * Since: 0.1
 */
typedef enum
{
  GST_SS_TRACKER_MESSAGES_NONE,
  GST_SS_TRACKER_MESSAGES_STATE,
  GST_SS_TRACKER_MESSAGES_FRAME,
} GstSsTrackerMessages;

/**
 * GstSsTrackerInitFrom:
 * @GST_SS_TRACKER_INIT_FROM_PROPERTY: the property init-box
 * @GST_SS_TRACKER_INIT_FROM_ROI: metadata of elements upstream
 *
 * Where targets come from, beside the action signal and clicks.
 *
 * Since: 0.1
 */
typedef enum
{
  GST_SS_TRACKER_INIT_FROM_PROPERTY = 1 << 0,
  GST_SS_TRACKER_INIT_FROM_ROI = 1 << 1,
} GstSsTrackerInitFrom;

/**
 * GstSsTrackerResetOn:
 * @GST_SS_TRACKER_RESET_ON_FLUSH: a flush, as of a seek
 * @GST_SS_TRACKER_RESET_ON_SEGMENT: a new segment
 * @GST_SS_TRACKER_RESET_ON_STREAM_START: another stream
 * @GST_SS_TRACKER_RESET_ON_CAPS: a picture of another shape
 *
 * What ends all targets.
 *
 * Since: 0.1
 */
typedef enum
{
  GST_SS_TRACKER_RESET_ON_FLUSH = 1 << 0,
  GST_SS_TRACKER_RESET_ON_SEGMENT = 1 << 1,
  GST_SS_TRACKER_RESET_ON_STREAM_START = 1 << 2,
  GST_SS_TRACKER_RESET_ON_CAPS = 1 << 3,
} GstSsTrackerResetOn;

/**
 * GstSsTrackerEmbedding:
 * @GST_SS_TRACKER_EMBEDDING_NONE: none
 * @GST_SS_TRACKER_EMBEDDING_ALL: of all targets
 *
 * Of which targets it is written what they look like.
 *
 * Since: 0.2
 */
typedef enum
{
  GST_SS_TRACKER_EMBEDDING_NONE,
  GST_SS_TRACKER_EMBEDDING_ALL,
} GstSsTrackerEmbedding;

GST_ELEMENT_REGISTER_DECLARE (sstracker);

G_END_DECLS
