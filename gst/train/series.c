/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "series.h"

/* Rates halve so often, then stretches go, up to all but the first of 2 to the
 * power of STRETCH_LEVELS; what is still too much after that halves its rate
 * again. */
#define RATE_LEVELS 2
#define STRETCH_LEVELS 10
#define STRETCH_SECONDS 10
#define MAX_LEVEL 30

GstSsSeries *
gst_ss_series_new (gdouble frame_rate)
{
  GstSsSeries *series = g_new0 (GstSsSeries, 1);

  series->pictures = g_array_new (FALSE, FALSE, sizeof (GstSsPicture));
  /* A whole number of the slots that stay at the lowest rate. */
  if (frame_rate > 0.)
    series->stretch = MAX (1, (guint) (STRETCH_SECONDS * frame_rate)
        >> RATE_LEVELS) << RATE_LEVELS;
  return series;
}

void
gst_ss_series_free (gpointer data)
{
  GstSsSeries *series = data;

  if (series == NULL)
    return;
  for (guint i = 0; i < series->pictures->len; i++)
    sst_image_unref (g_array_index (series->pictures, GstSsPicture, i).image);
  g_array_unref (series->pictures);
  g_free (series);
}

gboolean
gst_ss_series_keeps (const GstSsSeries * series, guint slot, guint level)
{
  guint rate = level, stretches = 0;

  if (series->stretch > 0 && level > RATE_LEVELS) {
    stretches = MIN (level - RATE_LEVELS, STRETCH_LEVELS);
    rate = level - stretches;
  }
  return slot % (1u << rate) == 0 && (stretches == 0
      || slot / series->stretch % (1u << stretches) == 0);
}

void
gst_ss_series_drop_alpha (GstSsSeries * series, SstImage * added)
{
  sst_image_remove_alpha (added);
  if (series->pictures->len == 1) {
    SstImage *const first =
        g_array_index (series->pictures, GstSsPicture, 0).image;

    series->bytes -= sst_image_size (first);
    sst_image_remove_alpha (first);
    series->bytes += sst_image_size (first);
  }
}

void
gst_ss_series_add (GstSsSeries * series, const GstSsPicture * picture)
{
  g_array_append_val (series->pictures, *picture);
  series->bytes += sst_image_size (picture->image);
}

void
gst_ss_series_thin (GstSsSeries * series, guint64 share)
{
  while (series->bytes > share && series->pictures->len > 1
      && series->level < MAX_LEVEL) {
    guint n = 0;

    series->level++;
    for (guint i = 0; i < series->pictures->len; i++) {
      const GstSsPicture picture = g_array_index (series->pictures,
          GstSsPicture, i);

      if (gst_ss_series_keeps (series, picture.slot, series->level)) {
        g_array_index (series->pictures, GstSsPicture, n++) = picture;
      } else {
        series->bytes -= sst_image_size (picture.image);
        sst_image_unref (picture.image);
      }
    }
    g_array_set_size (series->pictures, n);
  }
}

gboolean
gst_ss_series_joins (const GstSsSeries * series, const GstSsPicture * a,
    const GstSsPicture * b)
{
  const SstFrame *const one = &a->image->frame, *const two = &b->image->frame;

  if (one->width != two->width || one->height != two->height)
    return FALSE;
  return series->level <= RATE_LEVELS
      || b->slot / series->stretch - a->slot / series->stretch <= 1;
}
