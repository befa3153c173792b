/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Registration of the plugin's elements and metadata, nothing else. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssgiven.h"
#include "gstsstracker.h"
#include "gstsstrain.h"
#include "gstsstrackmeta.h"

GST_DEBUG_CATEGORY (gst_ss_tracker_debug);

static gboolean
plugin_init (GstPlugin * plugin)
{
  GST_DEBUG_CATEGORY_INIT (gst_ss_tracker_debug, "sstracker", 0,
      "Follows things in video");
  gst_ss_given_register ();
  gst_ss_track_meta_register ();

  return GST_ELEMENT_REGISTER (sstracker, plugin)
      && GST_ELEMENT_REGISTER (sstrain, plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, sstracker,
    "Follows things in live video", plugin_init, PACKAGE_VERSION, "LGPL",
    GST_PACKAGE_NAME, GST_PACKAGE_ORIGIN)
