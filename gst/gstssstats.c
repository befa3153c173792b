/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <math.h>

#include "gstssstats.h"

#define BUCKETS_PER_OCTAVE 8
/* Upper edge of the first bucket; the last one's is 2^32 times that. */
#define FIRST_NS 256.0

void
gst_ss_stats_add_time (GstSsStats * stats, guint64 ns)
{
  const gdouble octaves = log2 (MAX ((gdouble) ns, FIRST_NS) / FIRST_NS);
  const gint bucket = (gint) ceil (octaves * BUCKETS_PER_OCTAVE);

  stats->tracked_frames++;
  stats->total_ns += ns;
  stats->max_ns = MAX (stats->max_ns, ns);
  stats->histogram[CLAMP (bucket, 0, GST_SS_STATS_BUCKETS - 1)]++;
}

void
gst_ss_stats_set_model (GstSsStats * stats, const SstModel * model)
{
  g_strlcpy (stats->model, model != NULL ?
      sst_weights_get_checksum (sst_model_weights (model)) : "",
      sizeof stats->model);
}

gdouble
gst_ss_stats_percentile (const GstSsStats * stats, gdouble share)
{
  const gdouble wanted = share * (gdouble) stats->tracked_frames;
  guint64 sum = 0;

  if (stats->tracked_frames == 0)
    return 0.0;

  for (guint i = 0; i < GST_SS_STATS_BUCKETS; i++) {
    sum += stats->histogram[i];
    if ((gdouble) sum >= wanted) {
      const gdouble edge = FIRST_NS * exp2 ((gdouble) i / BUCKETS_PER_OCTAVE);

      return MIN (edge, (gdouble) stats->max_ns) / 1000.0;
    }
  }
  return (gdouble) stats->max_ns / 1000.0;
}

GstStructure *
gst_ss_stats_to_structure (const GstSsStats * stats)
{
  const gdouble mean_us = stats->tracked_frames > 0 ?
      (gdouble) stats->total_ns / (gdouble) stats->tracked_frames / 1000.0 :
      0.0;

  return gst_structure_new ("application/x-sstracker-stats",
      "frames", G_TYPE_UINT64, stats->frames,
      "tracked-frames", G_TYPE_UINT64, stats->tracked_frames,
      "mean-us", G_TYPE_DOUBLE, mean_us,
      "p95-us", G_TYPE_DOUBLE, gst_ss_stats_percentile (stats, 0.95),
      "max-us", G_TYPE_DOUBLE, (gdouble) stats->max_ns / 1000.0,
      "targets", G_TYPE_UINT, stats->targets,
      "started", G_TYPE_UINT64, stats->started,
      "lost", G_TYPE_UINT64, stats->lost,
      "recovered", G_TYPE_UINT64, stats->recovered,
      "ended", G_TYPE_UINT64, stats->ended,
      "json-lines", G_TYPE_UINT64, stats->json_lines,
      "json-dropped", G_TYPE_UINT64, stats->json_dropped,
      "model", G_TYPE_STRING, stats->model,
      "model-swaps", G_TYPE_UINT64, stats->model_swaps, NULL);
}
