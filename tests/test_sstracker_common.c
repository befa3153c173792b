/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#include <errno.h>
#include <string.h>

#include <glib/gstdio.h>

#include "model/model_private.h"

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

void
check_property_defaults (const gchar * element, guint n_own)
{
  GstElement *e = gst_element_factory_make (element, NULL);
  guint n, n_found = 0;
  GParamSpec **specs =
      g_object_class_list_properties (G_OBJECT_GET_CLASS (e), &n);

  for (guint i = 0; i < n; i++) {
    GValue value = G_VALUE_INIT;

    if (specs[i]->owner_type != G_OBJECT_TYPE (e))
      continue;
    n_found++;
    fail_unless (strlen (g_param_spec_get_blurb (specs[i])) > 5, "%s",
        specs[i]->name);
    g_value_init (&value, specs[i]->value_type);
    g_object_get_property (G_OBJECT (e), specs[i]->name, &value);
    if (strcmp (specs[i]->name, "stats") != 0) {
      fail_unless (g_param_value_defaults (specs[i], &value), "%s",
          specs[i]->name);
      fail_unless (specs[i]->flags & (GST_PARAM_MUTABLE_READY |
              GST_PARAM_MUTABLE_PLAYING), "%s", specs[i]->name);
      fail_unless (specs[i]->flags & G_PARAM_EXPLICIT_NOTIFY, "%s",
          specs[i]->name);
    }
    g_value_unset (&value);
  }
  fail_unless_equals_int (n_found, n_own);
  g_free (specs);
  gst_object_unref (e);
}

static void
count_notify (GObject * object, GParamSpec * pspec, gpointer n)
{
  (*(guint *) n)++;
}

static void
check_property_case (GObject * object, const PropertyCase * one)
{
  GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS (object),
      one->name);
  gchar *signal = g_strdup_printf ("notify::%s", one->name);
  GValue value = G_VALUE_INIT, back = G_VALUE_INIT;
  guint n = 0;
  gulong handler =
      g_signal_connect (object, signal, G_CALLBACK (count_notify), &n);

  g_value_init (&value, spec->value_type);
  fail_unless (gst_value_deserialize (&value, one->value), "%s", one->name);
  g_object_set_property (object, one->name, &value);
  g_value_init (&back, spec->value_type);
  g_object_get_property (object, one->name, &back);
  fail_unless_equals_int (gst_value_compare (&value, &back), GST_VALUE_EQUAL);
  fail_unless_equals_int (n, 1);
  /* The same again is no change. */
  g_object_set_property (object, one->name, &value);
  fail_unless_equals_int (n, 1);
  g_signal_handler_disconnect (object, handler);
  g_value_unset (&value);
  g_value_unset (&back);
  g_free (signal);
}

void
check_property_cases (const gchar * element, const PropertyCase * cases,
    guint n)
{
  GstElement *e = gst_element_factory_make (element, NULL);

  for (guint i = 0; i < n; i++)
    check_property_case (G_OBJECT (e), &cases[i]);
  gst_object_unref (e);
}

void
check_refused_caps (const gchar * element)
{
  static const gchar *refused[] = {
    "video/x-raw,format=I420_12LE,width=64,height=64,framerate=30/1",
    "video/x-raw,format=NV12,width=32769,height=64,framerate=30/1",
    "video/x-raw(memory:GLMemory),format=RGBA,width=64,height=64",
    "audio/x-raw", "image/jpeg",
  };
  GstElement *e = gst_element_factory_make (element, NULL);
  GstPad *pad = gst_element_get_static_pad (e, "sink");

  for (guint i = 0; i < G_N_ELEMENTS (refused); i++) {
    GstCaps *caps = gst_caps_from_string (refused[i]);

    fail_if (gst_pad_query_accept_caps (pad, caps), "%s", refused[i]);
    gst_caps_unref (caps);
  }
  gst_object_unref (pad);
  gst_object_unref (e);
}

/* The first error, or the end of the stream. */
static GstMessage *
play (GstElement * pipeline, GstStateChangeReturn * change)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;

  *change = gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
      GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  fail_unless (message != NULL);
  gst_object_unref (bus);
  return message;
}

GError *
run_with_model (const gchar * launch, const gchar * model,
    const gchar * max_operations, const gchar * repaired)
{
  GstElement *pipeline = gst_parse_launch (launch, NULL);
  GstElement *element = gst_bin_get_by_name (GST_BIN (pipeline), "t");
  GstStateChangeReturn change;
  GstMessage *message;
  GError *error = NULL;

  g_object_set (element, "model", model, NULL);
  if (max_operations != NULL)
    gst_util_set_object_arg (G_OBJECT (element), "max-operations",
        max_operations);
  message = play (pipeline, &change);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    fail_unless_equals_int (change, GST_STATE_CHANGE_FAILURE);
    fail_unless (GST_MESSAGE_SRC (message) == GST_OBJECT (element));
    gst_message_parse_error (message, &error, NULL);

    /* what is wrong can be put right */
    gst_message_unref (message);
    gst_element_set_state (pipeline, GST_STATE_NULL);
    g_object_set (element, "model", repaired, NULL);
    message = play (pipeline, &change);
    fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_EOS);
  }
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (element);
  gst_object_unref (pipeline);
  return error;
}

void
check_model_error (GError * error, GstResourceError code, const gchar * path,
    const gchar * reason, const gchar * hint)
{
  fail_unless (error != NULL, "%s", path);
  fail_unless (g_error_matches (error, GST_RESOURCE_ERROR, (gint) code), "%s",
      error->message);
  fail_unless (strstr (error->message, path) != NULL, "%s", error->message);
  fail_unless (strstr (error->message, reason) != NULL, "%s", error->message);
  fail_unless (strstr (error->message, hint) != NULL, "%s", error->message);
  g_error_free (error);
}

void
check_model_files (GError * (*run) (const gchar * model),
    void (*expect) (GError * error, GstResourceError code, const gchar * path,
        const gchar * reason))
{
  gchar *directory = g_dir_make_tmp ("sst-model-XXXXXX", NULL);
  gchar *path = g_build_filename (directory, "m.sst", NULL);
  const SstNetworkConfig config = SST_NETWORK_CONFIG_DEFAULT;
  const SstTensorSpec spec = { "a", 1, {1} };
  const float value = 1.f, *const values = &value;
  SstModel *model = sst_model_new_random (&config, 1, NULL);
  SstWeights *other =
      sst_weights_new ("something-else", NULL, &spec, 1, &values, NULL);
  gchar *file;
  gsize size;

  expect (run (path), GST_RESOURCE_ERROR_NOT_FOUND, path, g_strerror (ENOENT));
  expect (run (directory), GST_RESOURCE_ERROR_OPEN_READ, directory,
      "not a regular file");

  fail_unless (sst_weights_save (sst_model_weights (model), path, NULL));
  fail_unless (run (path) == NULL);
  fail_unless (g_file_get_contents (path, &file, &size, NULL));
  fail_unless (g_file_set_contents (path, file, (gssize) size / 2, NULL));
  expect (run (path), GST_RESOURCE_ERROR_READ, path, "short");
  file[size / 2] ^= 1;
  fail_unless (g_file_set_contents (path, file, (gssize) size, NULL));
  expect (run (path), GST_RESOURCE_ERROR_READ, path, "damaged");
  fail_unless (g_file_set_contents (path, "text", -1, NULL));
  expect (run (path), GST_RESOURCE_ERROR_READ, path, "not a file of weights");
  fail_unless (sst_weights_save (other, path, NULL));
  expect (run (path), GST_RESOURCE_ERROR_READ, path, "something-else");

  g_unlink (path);
  g_rmdir (directory);
  sst_weights_unref (other);
  sst_model_unref (model);
  g_free (file);
  g_free (path);
  g_free (directory);
}
