/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssmodel.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ss_tracker_debug);
#define GST_CAT_DEFAULT gst_ss_tracker_debug

gboolean
gst_ss_model_load (GstElement * element, const gchar * location,
    guint64 max_operations, const gchar * alternative, SstModel ** model)
{
  GError *error = NULL;
  guint64 operations;
  gint code;

  if (location == NULL || *location == '\0') {
    location = "(built-in)";
    *model = sst_model_builtin ();
    if (*model == NULL) {
      GST_INFO_OBJECT (element, "there is no built-in model");
      return TRUE;
    }
  } else {
    *model = sst_model_load (location, &error);
    if (*model == NULL)
      goto no_model;
    operations = sst_model_operations (*model);
    if (max_operations > 0 && operations > max_operations)
      goto too_slow;
  }
  GST_INFO_OBJECT (element, "model %s: %s, SHA-256 %s", location,
      sst_weights_get_architecture (sst_model_weights (*model)),
      sst_weights_get_checksum (sst_model_weights (*model)));
  return TRUE;

  /* ERRORS */
no_model:
  if (error->domain != G_FILE_ERROR)
    code = GST_RESOURCE_ERROR_READ;
  else if (error->code == G_FILE_ERROR_NOENT)
    code = GST_RESOURCE_ERROR_NOT_FOUND;
  else
    code = GST_RESOURCE_ERROR_OPEN_READ;
  gst_element_message_full (element, GST_MESSAGE_ERROR, GST_RESOURCE_ERROR,
      code, g_strdup_printf ("Could not load the model: %s. Set the property "
          "\"model\" to a file of weights (.sst) that this version reads, %s.",
          error->message, alternative), g_strdup_printf ("model=%s", location),
      __FILE__, GST_FUNCTION, __LINE__);
  g_clear_error (&error);
  return FALSE;
too_slow:
  g_clear_pointer (model, sst_model_unref);
  gst_element_message_full (element, GST_MESSAGE_ERROR, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_SETTINGS, g_strdup_printf ("The model %s costs %"
          G_GUINT64_FORMAT " multiplications for each target in each frame, "
          "more than the property \"max-operations\" allows (%"
          G_GUINT64_FORMAT "). Set that to %" G_GUINT64_FORMAT " or to 0 if "
          "there is time for it, or \"model\" to another file, %s.", location,
          operations, max_operations, operations, alternative),
      g_strdup_printf ("model=%s", location), __FILE__, GST_FUNCTION, __LINE__);
  return FALSE;
}
