/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include "tracktarget.h"

typedef struct
{
  gdouble x, y, likeness;
  gboolean visible;
} Point;

/* What is behind a target that a caller sees. */
typedef struct
{
  GstSsTrackTarget seen;
  gchar *label;
  GstBuffer *mask;              /* NULL without one */
  gint columns, rows;
  gdouble x, y, width, height;  /* the part that it covers */
  guint64 seen_as;              /* 0: not seen before */
  gchar *seen_as_source;
  gdouble similarity;
  GArray *points;               /* of Point; NULL without any */
} Target;

G_DEFINE_BOXED_TYPE (GstSsTrackTarget, gst_ss_track_target,
    gst_ss_track_target_ref, gst_ss_track_target_unref)

/* The nicks are the words of the metadata. */
static const GEnumValue states[] = {
  {GST_SS_TRACK_STATE_UNKNOWN, "GST_SS_TRACK_STATE_UNKNOWN", "unknown"},
  {GST_SS_TRACK_STATE_TRACKING, "GST_SS_TRACK_STATE_TRACKING", "tracking"},
  {GST_SS_TRACK_STATE_UNCERTAIN, "GST_SS_TRACK_STATE_UNCERTAIN", "uncertain"},
  {GST_SS_TRACK_STATE_LOST, "GST_SS_TRACK_STATE_LOST", "lost"},
  {GST_SS_TRACK_STATE_ENDED, "GST_SS_TRACK_STATE_ENDED", "ended"},
  {0, NULL, NULL}
};

static const GEnumValue events[] = {
  {GST_SS_TRACK_EVENT_NONE, "GST_SS_TRACK_EVENT_NONE", "none"},
  {GST_SS_TRACK_EVENT_STARTED, "GST_SS_TRACK_EVENT_STARTED", "started"},
  {GST_SS_TRACK_EVENT_LOST, "GST_SS_TRACK_EVENT_LOST", "lost"},
  {GST_SS_TRACK_EVENT_RECOVERED, "GST_SS_TRACK_EVENT_RECOVERED", "recovered"},
  {GST_SS_TRACK_EVENT_ENDED, "GST_SS_TRACK_EVENT_ENDED", "ended"},
  {0, NULL, NULL}
};

GType
gst_ss_track_state_get_type (void)
{
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstSsTrackState",
            states));
  return type;
}

GType
gst_ss_track_event_get_type (void)
{
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstSsTrackEvent",
            events));
  return type;
}

/* The value whose nick a field has; 0 where it has none of them. */
static gint
get_word (const GstStructure * structure, const gchar * field,
    const GEnumValue * values)
{
  const gchar *word = gst_structure_get_string (structure, field);

  for (guint i = 0; values[i].value_nick != NULL; i++)
    if (g_strcmp0 (word, values[i].value_nick) == 0)
      return values[i].value;
  return 0;
}

static void
get_mask (const GstStructure * structure, Target * target)
{
  if (!gst_structure_get (structure, "mask", GST_TYPE_BUFFER, &target->mask,
          "mask-columns", G_TYPE_INT, &target->columns,
          "mask-rows", G_TYPE_INT, &target->rows,
          "mask-x", G_TYPE_DOUBLE, &target->x,
          "mask-y", G_TYPE_DOUBLE, &target->y,
          "mask-width", G_TYPE_DOUBLE, &target->width,
          "mask-height", G_TYPE_DOUBLE, &target->height, NULL)
      || target->mask == NULL || target->columns <= 0 || target->rows <= 0
      || gst_buffer_get_size (target->mask) / (gsize) target->columns <
      (gsize) target->rows)
    gst_clear_buffer (&target->mask);
}

static void
get_seen_as (const GstStructure * structure, Target * target)
{
  if (!gst_structure_get_uint64 (structure, "seen-as", &target->seen_as))
    return;
  target->seen_as_source =
      g_strdup (gst_structure_get_string (structure, "seen-as-source"));
  gst_structure_get_double (structure, "similarity", &target->similarity);
}

static void
get_points (const GstStructure * structure, Target * target)
{
  const GValue *list = gst_structure_get_value (structure, "points");
  const guint n = list != NULL && GST_VALUE_HOLDS_LIST (list) ?
      gst_value_list_get_size (list) : 0;

  for (guint i = 0; i < n; i++) {
    const GValue *item = gst_value_list_get_value (list, i);
    Point point;

    if (!GST_VALUE_HOLDS_STRUCTURE (item)
        || !gst_structure_get (gst_value_get_structure (item),
            "x", G_TYPE_DOUBLE, &point.x, "y", G_TYPE_DOUBLE, &point.y,
            "likeness", G_TYPE_DOUBLE, &point.likeness,
            "visible", G_TYPE_BOOLEAN, &point.visible, NULL))
      continue;
    if (target->points == NULL)
      target->points = g_array_new (FALSE, FALSE, sizeof (Point));
    g_array_append_val (target->points, point);
  }
}

GstSsTrackTarget *
gst_ss_track_target_from_structure (const GstStructure * structure)
{
  GstSsTrackTarget read = { 0 };
  Target *target;

  g_return_val_if_fail (structure != NULL, NULL);

  if (!gst_structure_get_uint64 (structure, "id", &read.id)
      || !gst_structure_get_double (structure, "x", &read.x)
      || !gst_structure_get_double (structure, "y", &read.y)
      || !gst_structure_get_double (structure, "width", &read.width)
      || !gst_structure_get_double (structure, "height", &read.height))
    return NULL;

  gst_structure_get_double (structure, "confidence", &read.confidence);
  gst_structure_get_double (structure, "velocity-x", &read.velocity_x);
  gst_structure_get_double (structure, "velocity-y", &read.velocity_y);
  gst_structure_get_boolean (structure, "predicted", &read.predicted);
  gst_structure_get_uint64 (structure, "first-seen", &read.first_seen);
  gst_structure_get_uint64 (structure, "last-seen", &read.last_seen);
  read.state = (GstSsTrackState) get_word (structure, "state", states);
  read.event = (GstSsTrackEvent) get_word (structure, "event", events);

  target = g_atomic_rc_box_new0 (Target);
  target->seen = read;
  target->label = g_strdup (gst_structure_get_string (structure, "label"));
  target->seen.label = target->label != NULL ? target->label : "";
  get_mask (structure, target);
  get_seen_as (structure, target);
  get_points (structure, target);
  return &target->seen;
}

GstSsTrackTarget *
gst_ss_track_target_ref (GstSsTrackTarget * target)
{
  g_return_val_if_fail (target != NULL, NULL);

  return g_atomic_rc_box_acquire (target);
}

static void
clear_target (gpointer data)
{
  Target *target = data;

  gst_clear_buffer (&target->mask);
  g_clear_pointer (&target->points, g_array_unref);
  g_free (target->seen_as_source);
  g_free (target->label);
}

void
gst_ss_track_target_unref (GstSsTrackTarget * target)
{
  g_return_if_fail (target != NULL);

  g_atomic_rc_box_release_full (target, clear_target);
}

GBytes *
gst_ss_track_target_get_mask (const GstSsTrackTarget * target, gint * columns,
    gint * rows, gdouble * x, gdouble * y, gdouble * width, gdouble * height)
{
  static const Target none = { .mask = NULL };
  const Target *mine = (const Target *) target;
  gpointer bytes = NULL;
  gsize size = 0;

  g_return_val_if_fail (target != NULL, NULL);

  if (mine->mask == NULL)
    mine = &none;
  if (columns != NULL)
    *columns = mine->columns;
  if (rows != NULL)
    *rows = mine->rows;
  if (x != NULL)
    *x = mine->x;
  if (y != NULL)
    *y = mine->y;
  if (width != NULL)
    *width = mine->width;
  if (height != NULL)
    *height = mine->height;
  if (mine->mask == NULL)
    return NULL;
  gst_buffer_extract_dup (mine->mask, 0, (gsize) mine->columns * mine->rows,
      &bytes, &size);
  return g_bytes_new_take (bytes, size);
}

guint64
gst_ss_track_target_get_seen_as (const GstSsTrackTarget * target,
    const gchar ** source, gdouble * similarity)
{
  const Target *mine = (const Target *) target;

  g_return_val_if_fail (target != NULL, 0);

  if (source != NULL)
    *source = mine->seen_as_source;
  if (similarity != NULL)
    *similarity = mine->similarity;
  return mine->seen_as;
}

guint
gst_ss_track_target_get_n_points (const GstSsTrackTarget * target)
{
  const Target *mine = (const Target *) target;

  g_return_val_if_fail (target != NULL, 0);

  return mine->points != NULL ? mine->points->len : 0;
}

gboolean
gst_ss_track_target_get_point (const GstSsTrackTarget * target, guint index,
    gdouble * x, gdouble * y, gdouble * likeness)
{
  const Target *mine = (const Target *) target;
  Point point = { 0 };

  g_return_val_if_fail (target != NULL, FALSE);

  if (mine->points != NULL && index < mine->points->len)
    point = g_array_index (mine->points, Point, index);
  if (x != NULL)
    *x = point.x;
  if (y != NULL)
    *y = point.y;
  if (likeness != NULL)
    *likeness = point.likeness;
  return point.visible;
}
