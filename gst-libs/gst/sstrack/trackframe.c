/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "trackframe.h"

#define META_NAME "GstSsTrackMeta"
/* Of the layout that is read here. */
#define META_VERSION 1

struct _GstSsTrackFrame
{
  gchar *source;
  guint64 number;
  GstClockTime running_time;
  gint width, height;
  GPtrArray *targets;           /* of GstSsTrackTarget, owned */
};

G_DEFINE_BOXED_TYPE (GstSsTrackFrame, gst_ss_track_frame,
    gst_ss_track_frame_ref, gst_ss_track_frame_unref)

/* The next structure of a tracker on the buffer that can be read here. */
static const GstStructure *
iterate (GstBuffer * buffer, gpointer * state)
{
  const GstMetaInfo *info = gst_meta_get_info (META_NAME);
  GstMeta *meta;

  if (info == NULL)
    return NULL;
  while ((meta = gst_buffer_iterate_meta (buffer, state)) != NULL) {
    const GstStructure *structure;
    guint version = 0;

    if (meta->info != info)
      continue;
    structure = gst_custom_meta_get_structure ((GstCustomMeta *) meta);
    if (gst_structure_get_uint (structure, "version", &version)
        && version == META_VERSION)
      return structure;
  }
  return NULL;
}

static GPtrArray *
read_targets (const GstStructure * structure)
{
  GPtrArray *targets = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_ss_track_target_unref);
  const GValue *list = gst_structure_get_value (structure, "targets");
  const guint n = list != NULL && GST_VALUE_HOLDS_LIST (list) ?
      gst_value_list_get_size (list) : 0;

  for (guint i = 0; i < n; i++) {
    const GValue *item = gst_value_list_get_value (list, i);
    GstSsTrackTarget *target = GST_VALUE_HOLDS_STRUCTURE (item) ?
        gst_ss_track_target_from_structure (gst_value_get_structure (item))
        : NULL;

    if (target != NULL)
      g_ptr_array_add (targets, target);
  }
  return targets;
}

static GstSsTrackFrame *
read_frame (const GstStructure * structure)
{
  GstSsTrackFrame *frame = g_atomic_rc_box_new0 (GstSsTrackFrame);
  const gchar *source = gst_structure_get_string (structure, "source");

  frame->source = g_strdup (source != NULL ? source : "");
  frame->running_time = GST_CLOCK_TIME_NONE;
  gst_structure_get_uint64 (structure, "frame", &frame->number);
  gst_structure_get_uint64 (structure, "running-time", &frame->running_time);
  gst_structure_get_int (structure, "width", &frame->width);
  gst_structure_get_int (structure, "height", &frame->height);
  frame->targets = read_targets (structure);
  return frame;
}

GstSsTrackFrame *
gst_ss_track_frame_get (GstBuffer * buffer, const gchar * source)
{
  const GstStructure *structure;
  gpointer state = NULL;

  g_return_val_if_fail (GST_IS_BUFFER (buffer), NULL);

  while ((structure = iterate (buffer, &state)) != NULL)
    if (source == NULL || g_strcmp0 (source,
            gst_structure_get_string (structure, "source")) == 0)
      return read_frame (structure);
  return NULL;
}

GPtrArray *
gst_ss_track_frame_get_all (GstBuffer * buffer)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_ss_track_frame_unref);
  const GstStructure *structure;
  gpointer state = NULL;

  g_return_val_if_fail (GST_IS_BUFFER (buffer), all);

  while ((structure = iterate (buffer, &state)) != NULL)
    g_ptr_array_add (all, read_frame (structure));
  return all;
}

GstSsTrackFrame *
gst_ss_track_frame_ref (GstSsTrackFrame * frame)
{
  g_return_val_if_fail (frame != NULL, NULL);

  return g_atomic_rc_box_acquire (frame);
}

static void
clear_frame (gpointer data)
{
  GstSsTrackFrame *frame = data;

  g_ptr_array_unref (frame->targets);
  g_free (frame->source);
}

void
gst_ss_track_frame_unref (GstSsTrackFrame * frame)
{
  g_return_if_fail (frame != NULL);

  g_atomic_rc_box_release_full (frame, clear_frame);
}

const gchar *
gst_ss_track_frame_get_source (const GstSsTrackFrame * frame)
{
  g_return_val_if_fail (frame != NULL, NULL);

  return frame->source;
}

guint64
gst_ss_track_frame_get_number (const GstSsTrackFrame * frame)
{
  g_return_val_if_fail (frame != NULL, 0);

  return frame->number;
}

GstClockTime
gst_ss_track_frame_get_running_time (const GstSsTrackFrame * frame)
{
  g_return_val_if_fail (frame != NULL, GST_CLOCK_TIME_NONE);

  return frame->running_time;
}

gint
gst_ss_track_frame_get_width (const GstSsTrackFrame * frame)
{
  g_return_val_if_fail (frame != NULL, 0);

  return frame->width;
}

gint
gst_ss_track_frame_get_height (const GstSsTrackFrame * frame)
{
  g_return_val_if_fail (frame != NULL, 0);

  return frame->height;
}

GPtrArray *
gst_ss_track_frame_get_targets (const GstSsTrackFrame * frame)
{
  g_return_val_if_fail (frame != NULL, NULL);

  return frame->targets;
}

GstSsTrackTarget *
gst_ss_track_frame_find_target (const GstSsTrackFrame * frame, guint64 id)
{
  g_return_val_if_fail (frame != NULL, NULL);

  for (guint i = 0; i < frame->targets->len; i++) {
    GstSsTrackTarget *target = g_ptr_array_index (frame->targets, i);

    if (target->id == id)
      return target;
  }
  return NULL;
}
