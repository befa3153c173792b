/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <string.h>

#include "test_sstracker_common.h"

Fixture *
fixture_new (const gchar * launch, const gchar * caps)
{
  Fixture *f = g_new0 (Fixture, 1);

  f->scene = scene_new (WIDTH, HEIGHT, 3);
  f->thing = scene_add_sprite (f->scene, &(SceneSprite) {
      .x = 90, .y = 110, .width = 48, .height = 40, .seed = 11, .vx = 2,
      .vy = 0.5f,
  });
  f->h = gst_harness_new_parse (launch);
  f->tracker = GST_IS_BIN (f->h->element) ?
      gst_bin_get_by_name (GST_BIN (f->h->element), "t") :
      gst_object_ref (f->h->element);
  fail_unless (f->tracker != NULL);
  f->bus = gst_bus_new ();
  gst_element_set_bus (f->tracker, f->bus);
  gst_harness_set_src_caps_str (f->h, caps != NULL ? caps : I420_CAPS);
  return f;
}

void
fixture_free (Fixture * f)
{
  gst_element_set_bus (f->tracker, NULL);
  gst_object_unref (f->tracker);
  gst_harness_teardown (f->h);
  gst_bus_set_flushing (f->bus, TRUE);
  g_queue_clear_full (&f->element, (GDestroyNotify) gst_message_unref);
  g_queue_clear_full (&f->warnings, (GDestroyNotify) gst_message_unref);
  gst_object_unref (f->bus);
  scene_free (&f->scene);
  g_free (f);
}

SstBox
fixture_truth (Fixture * f)
{
  return scene_truth (f->scene, f->thing).box;
}

GstBuffer *
buffer_from_view (const SstFrame * view, const GstVideoInfo * info)
{
  GstBuffer *buffer =
      gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (info), NULL);
  GstVideoFrame frame;

  gst_buffer_memset (buffer, 0, 0, GST_VIDEO_INFO_SIZE (info));
  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE));
  for (guint p = 0; p < GST_VIDEO_FRAME_N_PLANES (&frame); p++) {
    gint components[GST_VIDEO_MAX_COMPONENTS];
    gsize row;
    gint height;

    gst_video_format_info_component (info->finfo, p, components);
    row = MIN ((gsize) ABS (view->stride[p]),
        (gsize) GST_VIDEO_FRAME_PLANE_STRIDE (&frame, p));
    height = GST_VIDEO_FRAME_COMP_HEIGHT (&frame, components[0]);
    for (gint y = 0; y < height; y++)
      memcpy ((guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, p) +
          y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, p),
          view->plane[p] + y * view->stride[p], row);
  }
  gst_video_frame_unmap (&frame);
  return buffer;
}

GstBuffer *
fixture_buffer (Fixture * f)
{
  const SstFrame view = scene_render (f->scene, f->t);
  GstVideoInfo info;
  GstBuffer *buffer;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);
  buffer = buffer_from_view (&view, &info);
  GST_BUFFER_PTS (buffer) = (guint) f->t * FRAME_TIME;
  GST_BUFFER_DURATION (buffer) = FRAME_TIME;
  f->t++;
  return buffer;
}

GstBuffer *
fixture_push_buffer (Fixture * f, GstBuffer * buffer)
{
  fail_unless_equals_int (gst_harness_push (f->h, buffer), GST_FLOW_OK);
  return gst_harness_pull (f->h);
}

GstBuffer *
fixture_push (Fixture * f)
{
  return fixture_push_buffer (f, fixture_buffer (f));
}

void
fixture_run (Fixture * f, int n)
{
  for (int i = 0; i < n; i++)
    gst_buffer_unref (fixture_push (f));
}

void
fixture_follow (Fixture * f)
{
  gchar *text;
  SstBox box;

  scene_render (f->scene, f->t);
  box = fixture_truth (f);
  text = g_strdup_printf ("%d,%d,%d,%d", (int) box.x, (int) box.y,
      (int) box.width, (int) box.height);
  g_object_set (f->tracker, "init-box", text, NULL);
  g_free (text);
}

static const GValue *
get_list (GstBuffer * buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "GstSsTrackMeta");

  return meta == NULL ? NULL :
      gst_structure_get_value (gst_custom_meta_get_structure (meta), "targets");
}

guint
count_targets (GstBuffer * buffer)
{
  const GValue *list = get_list (buffer);

  return list == NULL ? 0 : gst_value_list_get_size (list);
}

Found
read_target (const GstStructure * structure)
{
  Found found = { 0 };
  gdouble x, y, width, height;

  fail_unless (gst_structure_get (structure, "id", G_TYPE_UINT64, &found.id,
          "x", G_TYPE_DOUBLE, &x, "y", G_TYPE_DOUBLE, &y,
          "width", G_TYPE_DOUBLE, &width, "height", G_TYPE_DOUBLE, &height,
          "confidence", G_TYPE_DOUBLE, &found.confidence,
          "velocity-x", G_TYPE_DOUBLE, &found.vx,
          "velocity-y", G_TYPE_DOUBLE, &found.vy,
          "predicted", G_TYPE_BOOLEAN, &found.predicted,
          "first-seen", G_TYPE_UINT64, &found.first_seen,
          "last-seen", G_TYPE_UINT64, &found.last_seen, NULL));
  found.box = (SstBox) { (float) x, (float) y, (float) width, (float) height };
  g_strlcpy (found.label, gst_structure_get_string (structure, "label"),
      sizeof found.label);
  g_strlcpy (found.state, gst_structure_get_string (structure, "state"),
      sizeof found.state);
  g_strlcpy (found.event, gst_structure_get_string (structure, "event"),
      sizeof found.event);
  return found;
}

Found
get_target (GstBuffer * buffer, guint i)
{
  const GValue *list = get_list (buffer);

  fail_unless (list != NULL && i < gst_value_list_get_size (list));
  return read_target (gst_value_get_structure (gst_value_list_get_value (list,
              i)));
}

guint
count_regions (GstBuffer * buffer)
{
  return gst_buffer_get_n_meta (buffer,
      GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE);
}

GstVideoRegionOfInterestMeta *
get_region (GstBuffer * buffer, gint id)
{
  return gst_buffer_get_video_region_of_interest_meta_id (buffer, id);
}

/* The bus gives what was posted in one row; sort that. */
static void
sort_messages (Fixture * f)
{
  GstMessage *message;

  while ((message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_ELEMENT |
              GST_MESSAGE_WARNING)) != NULL)
    g_queue_push_tail (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT ?
        &f->element : &f->warnings, message);
}

GstStructure *
pop_message (Fixture * f, const gchar * name)
{
  GstMessage *message;

  sort_messages (f);
  while ((message = g_queue_pop_head (&f->element)) != NULL) {
    GstStructure *copy = NULL;

    if (gst_message_has_name (message, name))
      copy = gst_structure_copy (gst_message_get_structure (message));
    gst_message_unref (message);
    if (copy != NULL)
      return copy;
  }
  return NULL;
}

guint64
expect_event (Fixture * f, const gchar * event, const gchar * reason)
{
  GstStructure *structure = pop_message (f, "sstracker/state");
  guint64 id;

  fail_unless (structure != NULL, "no message where \"%s\" was due", event);
  fail_unless_equals_string (gst_structure_get_string (structure, "event"),
      event);
  fail_unless_equals_string (gst_structure_get_string (structure, "reason"),
      reason);
  fail_unless (gst_structure_get_uint64 (structure, "id", &id));
  gst_structure_free (structure);
  return id;
}

void
expect_no_event (Fixture * f)
{
  GstStructure *structure = pop_message (f, "sstracker/state");

  fail_unless (structure == NULL, "%" GST_PTR_FORMAT, structure);
}

static gchar *
pop_warning (Fixture * f)
{
  GstMessage *message;
  GError *error = NULL;
  gchar *text;

  sort_messages (f);
  message = g_queue_pop_head (&f->warnings);
  if (message == NULL)
    return NULL;
  gst_message_parse_warning (message, &error, NULL);
  text = g_strdup (error->message);
  g_error_free (error);
  gst_message_unref (message);
  return text;
}

void
expect_warning (Fixture * f, const gchar * text)
{
  gchar *found = pop_warning (f);

  fail_unless (found != NULL, "no warning of \"%s\"", text);
  fail_unless (strstr (found, text) != NULL, "\"%s\" not in \"%s\"", text,
      found);
  g_free (found);
}

void
expect_no_warning (Fixture * f)
{
  gchar *found = pop_warning (f);

  fail_unless (found == NULL, "%s", found);
}

gpointer
fixture_push_all (gpointer fixture)
{
  Fixture *f = fixture;

  while (gst_harness_push (f->h, fixture_buffer (f)) == GST_FLOW_OK);
  return NULL;
}

guint64
get_stat (Fixture * f, const gchar * field)
{
  GstStructure *stats = NULL;
  guint64 value = 0;
  guint small;

  g_object_get (f->tracker, "stats", &stats, NULL);
  fail_unless (gst_structure_has_name (stats, "application/x-sstracker-stats"));
  if (gst_structure_get_uint (stats, field, &small))
    value = small;
  else
    fail_unless (gst_structure_get_uint64 (stats, field, &value));
  gst_structure_free (stats);
  return value;
}

guint64
get_train_stat (Fixture * f, const gchar * field)
{
  GstStructure *stats;
  guint64 number;

  g_object_get (f->tracker, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, field, &number));
  gst_structure_free (stats);
  return number;
}

void
check_plugin_api (const gchar * type)
{
  GObjectClass *object_class = g_type_class_ref (g_type_from_name (type));
  guint n, n_own = 0;
  GParamSpec **specs = g_object_class_list_properties (object_class, &n);

  for (guint i = 0; i < n; i++) {
    const GType value = specs[i]->value_type;

    if (!g_str_has_prefix (g_type_name (value), "GstSs"))
      continue;
    fail_unless (gst_type_is_plugin_api (value, NULL), "%s", specs[i]->name);
    n_own++;
  }
  fail_unless (n_own >= 3);
  g_free (specs);
  g_type_class_unref (object_class);
}
