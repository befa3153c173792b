/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Counters of a run, and the distribution of the time a frame costs.
 *
 * Times fall into the buckets of a histogram of fixed size, eight to an octave,
 * so a percentile is right to 9 % and a frame costs no memory. */

#pragma once

#include <gst/gst.h>
#include <sstrack/model.h>

G_BEGIN_DECLS

#define GST_SS_STATS_BUCKETS 256

typedef struct
{
  guint64 frames;               /* buffers that passed */
  guint64 tracked_frames;       /* those with a target: only these are timed */
  guint64 started, lost, recovered, ended;      /* events of targets */
  guint targets;                /* running now */
  guint64 json_lines, json_dropped;
  gchar model[65];              /* SHA-256 of the model in use, "" for none */
  guint64 model_swaps;          /* how often another one took over */
  guint64 total_ns, max_ns;
  guint64 histogram[GST_SS_STATS_BUCKETS];
} GstSsStats;

/* Counts a tracked frame that cost that long. */
void gst_ss_stats_add_time (GstSsStats * stats, guint64 ns);

/* NULL: none. */
void gst_ss_stats_set_model (GstSsStats * stats, const SstModel * model);

/* The time, in microseconds, that a share (0..1) of the frames stayed under. */
gdouble gst_ss_stats_percentile (const GstSsStats * stats, gdouble share);

/* "application/x-sstracker-stats"; see GstSsTracker:stats for the fields. */
GstStructure *gst_ss_stats_to_structure (const GstSsStats * stats);

G_END_DECLS
