/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* The properties of sstracker. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssproperty.h"
#include "gstsstrackerprivate.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ss_tracker_debug);
#define GST_CAT_DEFAULT gst_ss_tracker_debug

enum
{
  PROP_0,
  PROP_INIT_BOX,
  PROP_INIT_FROM,
  PROP_INIT_LABEL,
  PROP_MAX_TARGETS,
  PROP_LOST_TIMEOUT,
  PROP_MIN_CONFIDENCE,
  PROP_BUDGET,
  PROP_SEARCH_WINDOWS,
  PROP_CAMERA_MOTION,
  PROP_RESET_ON,
  PROP_OVERLAY,
  PROP_OVERLAY_THICKNESS,
  PROP_OVERLAY_LABELS,
  PROP_MESSAGES,
  PROP_JSON_LOCATION,
  PROP_MODEL,
  PROP_MODEL_NAME,
  PROP_MAX_OPERATIONS,
  PROP_RELOAD,
  PROP_SELECT_ON_CLICK,
  PROP_CLICK_SIZE,
  PROP_CLICK_FIT,
  PROP_N_THREADS,
  PROP_MASK,
  PROP_MASK_INTERVAL,
  PROP_MASK_TARGETS,
  PROP_MASK_BOX,
  PROP_POINTS,
  PROP_EFFECT,
  PROP_GALLERY_TIMEOUT,
  PROP_GALLERY_NAME,
  PROP_EMBEDDING,
  PROP_STATS,
};

GType
gst_ss_tracker_messages_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {GST_SS_TRACKER_MESSAGES_NONE, "No messages", "none"},
    {GST_SS_TRACKER_MESSAGES_STATE,
        "When a target starts, is lost, is found again or ends", "state"},
    {GST_SS_TRACKER_MESSAGES_FRAME, "These, and one for each frame", "frame"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstSsTrackerMessages",
            values));
  return type;
}

GType
gst_ss_tracker_init_from_get_type (void)
{
  static gsize type = 0;
  static const GFlagsValue values[] = {
    {GST_SS_TRACKER_INIT_FROM_PROPERTY, "The property init-box", "property"},
    {GST_SS_TRACKER_INIT_FROM_ROI,
        "Regions and objects that elements upstream detected", "roi"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_flags_register_static ("GstSsTrackerInitFrom",
            values));
  return type;
}

GType
gst_ss_tracker_embedding_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {GST_SS_TRACKER_EMBEDDING_NONE, "None", "none"},
    {GST_SS_TRACKER_EMBEDDING_ALL, "Those of all targets", "all"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstSsTrackerEmbedding",
            values));
  return type;
}

GType
gst_ss_tracker_reset_on_get_type (void)
{
  static gsize type = 0;
  static const GFlagsValue values[] = {
    {GST_SS_TRACKER_RESET_ON_FLUSH, "A flush, as of a seek", "flush"},
    {GST_SS_TRACKER_RESET_ON_SEGMENT, "A new segment", "segment"},
    {GST_SS_TRACKER_RESET_ON_STREAM_START, "Another stream", "stream-start"},
    {GST_SS_TRACKER_RESET_ON_CAPS, "A picture of another shape", "caps"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_flags_register_static ("GstSsTrackerResetOn",
            values));
  return type;
}

void
gst_ss_tracker_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  GstSsTracker *self = GST_SS_TRACKER (object);
  Settings *settings = &self->settings;
  gboolean changed = FALSE;

  GST_OBJECT_LOCK (self);
  switch (prop_id) {
    case PROP_INIT_BOX:
      changed = update_string (&self->init_box, value);
      self->init_box_pending = TRUE;
      break;
    case PROP_INIT_FROM:
      UPDATE (settings->init_from, g_value_get_flags (value));
      break;
    case PROP_INIT_LABEL:
      changed = update_string (&self->init_label, value);
      break;
    case PROP_MAX_TARGETS:
      UPDATE (settings->max_targets, g_value_get_uint (value));
      break;
    case PROP_LOST_TIMEOUT:
      UPDATE (settings->lost_timeout, g_value_get_uint64 (value));
      break;
    case PROP_MIN_CONFIDENCE:
      UPDATE (settings->min_confidence, g_value_get_double (value));
      break;
    case PROP_BUDGET:
      UPDATE (settings->budget, g_value_get_uint (value));
      break;
    case PROP_SEARCH_WINDOWS:
      UPDATE (settings->search_windows, g_value_get_uint (value));
      break;
    case PROP_CAMERA_MOTION:
      UPDATE (settings->camera_motion, g_value_get_boolean (value));
      break;
    case PROP_RESET_ON:
      UPDATE (settings->reset_on, g_value_get_flags (value));
      break;
    case PROP_OVERLAY:
      UPDATE (settings->overlay, g_value_get_boolean (value));
      break;
    case PROP_OVERLAY_THICKNESS:
      UPDATE (settings->style.thickness, g_value_get_uint (value));
      break;
    case PROP_MASK:
      UPDATE (settings->mask, (GstSsMaskPart) g_value_get_enum (value));
      break;
    case PROP_MASK_INTERVAL:
      UPDATE (settings->mask_interval, g_value_get_uint (value));
      break;
    case PROP_MASK_TARGETS:
      UPDATE (settings->mask_targets, g_value_get_uint (value));
      break;
    case PROP_MASK_BOX:
      UPDATE (settings->mask_box, g_value_get_boolean (value));
      break;
    case PROP_POINTS:
      UPDATE (settings->points, g_value_get_uint (value));
      break;
    case PROP_EFFECT:
      UPDATE (settings->effect, (GstSsEffectKind) g_value_get_enum (value));
      break;
    case PROP_GALLERY_TIMEOUT:
      UPDATE (settings->gallery_timeout, g_value_get_uint64 (value));
      break;
    case PROP_GALLERY_NAME:
      changed = update_string (&self->gallery_name, value);
      break;
    case PROP_EMBEDDING:
      UPDATE (settings->embedding, (GstSsTrackerEmbedding)
          g_value_get_enum (value));
      break;
    case PROP_OVERLAY_LABELS:
      UPDATE (settings->style.labels, g_value_get_boolean (value));
      break;
    case PROP_MESSAGES:
      UPDATE (settings->messages, (GstSsTrackerMessages)
          g_value_get_enum (value));
      break;
    case PROP_JSON_LOCATION:
      changed = update_string (&self->json_location, value);
      break;
    case PROP_MODEL:
      changed = update_string (&self->model, value);
      break;
    case PROP_MODEL_NAME:
      changed = update_string (&self->model_name, value);
      break;
    case PROP_MAX_OPERATIONS:
      UPDATE (self->max_operations, g_value_get_uint64 (value));
      break;
    case PROP_RELOAD:
      UPDATE (self->reload, g_value_get_boolean (value));
      break;
    case PROP_SELECT_ON_CLICK:
      UPDATE (settings->select_on_click, g_value_get_boolean (value));
      self->click.pressed = FALSE;
      break;
    case PROP_CLICK_FIT:
      UPDATE (settings->click_fit, g_value_get_boolean (value));
      break;
    case PROP_CLICK_SIZE:
      UPDATE (settings->click_size, g_value_get_uint (value));
      break;
    case PROP_N_THREADS:
      UPDATE (settings->n_threads, g_value_get_uint (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);

  if (changed)
    g_object_notify_by_pspec (object, pspec);
}

void
gst_ss_tracker_get_property (GObject * object, guint prop_id, GValue * value,
    GParamSpec * pspec)
{
  GstSsTracker *self = GST_SS_TRACKER (object);
  const Settings *settings = &self->settings;

  GST_OBJECT_LOCK (self);
  switch (prop_id) {
    case PROP_INIT_BOX:
      g_value_set_string (value, self->init_box);
      break;
    case PROP_INIT_FROM:
      g_value_set_flags (value, settings->init_from);
      break;
    case PROP_INIT_LABEL:
      g_value_set_string (value, self->init_label);
      break;
    case PROP_MAX_TARGETS:
      g_value_set_uint (value, settings->max_targets);
      break;
    case PROP_LOST_TIMEOUT:
      g_value_set_uint64 (value, settings->lost_timeout);
      break;
    case PROP_MIN_CONFIDENCE:
      g_value_set_double (value, settings->min_confidence);
      break;
    case PROP_BUDGET:
      g_value_set_uint (value, settings->budget);
      break;
    case PROP_SEARCH_WINDOWS:
      g_value_set_uint (value, settings->search_windows);
      break;
    case PROP_CAMERA_MOTION:
      g_value_set_boolean (value, settings->camera_motion);
      break;
    case PROP_RESET_ON:
      g_value_set_flags (value, settings->reset_on);
      break;
    case PROP_OVERLAY:
      g_value_set_boolean (value, settings->overlay);
      break;
    case PROP_OVERLAY_THICKNESS:
      g_value_set_uint (value, settings->style.thickness);
      break;
    case PROP_MASK:
      g_value_set_enum (value, settings->mask);
      break;
    case PROP_MASK_INTERVAL:
      g_value_set_uint (value, settings->mask_interval);
      break;
    case PROP_MASK_TARGETS:
      g_value_set_uint (value, settings->mask_targets);
      break;
    case PROP_MASK_BOX:
      g_value_set_boolean (value, settings->mask_box);
      break;
    case PROP_POINTS:
      g_value_set_uint (value, settings->points);
      break;
    case PROP_EFFECT:
      g_value_set_enum (value, settings->effect);
      break;
    case PROP_GALLERY_TIMEOUT:
      g_value_set_uint64 (value, settings->gallery_timeout);
      break;
    case PROP_GALLERY_NAME:
      g_value_set_string (value, self->gallery_name);
      break;
    case PROP_EMBEDDING:
      g_value_set_enum (value, (gint) settings->embedding);
      break;
    case PROP_OVERLAY_LABELS:
      g_value_set_boolean (value, settings->style.labels);
      break;
    case PROP_MESSAGES:
      g_value_set_enum (value, (gint) settings->messages);
      break;
    case PROP_JSON_LOCATION:
      g_value_set_string (value, self->json_location);
      break;
    case PROP_MODEL:
      g_value_set_string (value, self->model);
      break;
    case PROP_MODEL_NAME:
      g_value_set_string (value, self->model_name);
      break;
    case PROP_MAX_OPERATIONS:
      g_value_set_uint64 (value, self->max_operations);
      break;
    case PROP_RELOAD:
      g_value_set_boolean (value, self->reload);
      break;
    case PROP_SELECT_ON_CLICK:
      g_value_set_boolean (value, settings->select_on_click);
      break;
    case PROP_CLICK_FIT:
      g_value_set_boolean (value, settings->click_fit);
      break;
    case PROP_CLICK_SIZE:
      g_value_set_uint (value, settings->click_size);
      break;
    case PROP_N_THREADS:
      g_value_set_uint (value, settings->n_threads);
      break;
    case PROP_STATS:
      g_value_take_boxed (value, gst_ss_stats_to_structure (&self->stats));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

void
gst_ss_tracker_install_properties (GObjectClass * object_class)
{
  const GParamFlags ready = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
      G_PARAM_EXPLICIT_NOTIFY | GST_PARAM_MUTABLE_READY;
  const GParamFlags playing = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
      G_PARAM_EXPLICIT_NOTIFY | GST_PARAM_MUTABLE_PLAYING;
  const GParamFlags controllable = playing | GST_PARAM_CONTROLLABLE;

  /**
   * GstSsTracker:init-box:
   *
   * Boxes to start targets in, "x,y,width,height" in pixels of the picture,
   * several separated by ";". A value may be followed by "%" and then is a part
   * of the picture's width or height: "10%,20%,5%,5%". The whole list takes
   * effect on the next frame, also while playing: its targets replace those
   * that the property started before, "" ends them. Setting the same value
   * again starts anew.
   *
   * Text that can't be read is an error at the start, and while playing
   * changes nothing and gives a warning on the bus, as does a box that can't
   * be followed, which also ends as a target at once ("refused").
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_INIT_BOX,
      g_param_spec_string ("init-box", "Initial boxes",
          "Boxes to follow, \"x,y,width,height\" in pixels or with %, several "
          "separated by \";\"; replaces the targets it started before",
          DEFAULT_PROP_INIT_BOX, playing));

  /**
   * GstSsTracker:init-from:
   *
   * Where targets come from, beside #GstSsTracker::add-target and clicks. With
   * `roi`, regions that an element upstream attached start targets, correct
   * those they match, and end their loss; what a tracker like this one attached
   * is left out. Where that leaves nothing to start from, a warning says so.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_INIT_FROM,
      g_param_spec_flags ("init-from", "Start from",
          "What starts targets", GST_TYPE_SS_TRACKER_INIT_FROM,
          DEFAULT_PROP_INIT_FROM, playing));

  /**
   * GstSsTracker:init-label:
   *
   * Only regions from upstream with this label count; unset or "", all do.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_INIT_LABEL,
      g_param_spec_string ("init-label", "Label to start from",
          "Take only regions from upstream that have this label",
          DEFAULT_PROP_INIT_LABEL, playing));

  /**
   * GstSsTracker:max-targets:
   *
   * Targets at a time. A lower value ends none that run. Where another has no
   * room, the one that has been lost longest ends ("displaced"). Where none is
   * lost, the other is turned away, which "sstracker/no-room" says.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MAX_TARGETS,
      g_param_spec_uint ("max-targets", "Maximum targets",
          "Targets at a time", 1, 1024, DEFAULT_PROP_MAX_TARGETS, playing));

  /**
   * GstSsTracker:lost-timeout:
   *
   * A target that stays lost for that long ends, in nanoseconds of the
   * stream's time; 18446744073709551615 is never.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_LOST_TIMEOUT,
      g_param_spec_uint64 ("lost-timeout", "Timeout of lost targets",
          "How long a lost target is searched for before it ends (ns)", 0,
          G_MAXUINT64, DEFAULT_PROP_LOST_TIMEOUT, playing));

  /**
   * GstSsTracker:min-confidence:
   *
   * Below this confidence a target is uncertain, and lost when that lasts.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MIN_CONFIDENCE,
      g_param_spec_double ("min-confidence", "Minimum confidence",
          "Confidence below which a target is uncertain", 0.0, 1.0,
          DEFAULT_PROP_MIN_CONFIDENCE, controllable));

  /**
   * GstSsTracker:budget:
   *
   * Targets that are looked at in one frame, the most urgent first; the others
   * move on by their motion and take their turn. 0 looks at all.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_BUDGET,
      g_param_spec_uint ("budget", "Budget",
          "Targets looked at in a frame (0 = all)", 0, 1024,
          DEFAULT_PROP_BUDGET, playing));

  /**
   * GstSsTracker:search-windows:
   *
   * Places of the picture that are searched in one frame for all lost targets
   * together, which take turns. Each costs about as much as a look at a target
   * that is followed. 0 searches two places for each of them.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_SEARCH_WINDOWS,
      g_param_spec_uint ("search-windows", "Search windows",
          "Places searched in a frame for all lost targets together (0 = two "
          "for each)", 0, 1024, DEFAULT_PROP_SEARCH_WINDOWS, playing));

  /**
   * GstSsTracker:camera-motion:
   *
   * Estimate how the camera moves and take it into account.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_CAMERA_MOTION,
      g_param_spec_boolean ("camera-motion", "Camera motion",
          "Estimate and compensate the camera's motion",
          DEFAULT_PROP_CAMERA_MOTION, playing));

  /**
   * GstSsTracker:reset-on:
   *
   * What ends all targets: a flush (as of a seek), a new segment, a stream with
   * another id, caps with another size and display aspect ratio (a
   * difference of less than 16 rows or columns is rounding, as encoders do it).
   * The default
   * leaves out segments: they also come in the middle of a scene.
   *
   * The boxes of #GstSsTracker:init-box start again, where their targets ended,
   * after a flush that goes back to or before where they began, as in a player
   * that loops. What was asked for when no frame but the preroll's was seen
   * starts anew in the first frame after the flush, with the same id, and
   * "started" is told again: that is how players start at a position. In other
   * cases set the property again.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_RESET_ON,
      g_param_spec_flags ("reset-on", "Reset on",
          "What in the stream ends all targets", GST_TYPE_SS_TRACKER_RESET_ON,
          DEFAULT_PROP_RESET_ON, playing));

  /**
   * GstSsTracker:overlay:
   *
   * Draw the targets into the picture: a colour for each, which stays, the line
   * whole while it is tracked, dashed while uncertain, dotted when lost.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_OVERLAY,
      g_param_spec_boolean ("overlay", "Overlay",
          "Draw the targets into the picture", DEFAULT_PROP_OVERLAY,
          controllable));

  /**
   * GstSsTracker:overlay-thickness:
   *
   * Thickness of the lines that are drawn, in pixels. 0 goes by the picture's
   * height, 2 for 480 rows.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_OVERLAY_THICKNESS,
      g_param_spec_uint ("overlay-thickness", "Overlay thickness",
          "Thickness of the overlay's lines in pixels (0 = by the height)", 0,
          64, DEFAULT_PROP_OVERLAY_THICKNESS, controllable));

  /**
   * GstSsTracker:overlay-labels:
   *
   * Also draw id, label and confidence.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_OVERLAY_LABELS,
      g_param_spec_boolean ("overlay-labels", "Overlay labels",
          "Draw id, label and confidence beside the boxes",
          DEFAULT_PROP_OVERLAY_LABELS, controllable));

  /**
   * GstSsTracker:mask:
   *
   * Say of each target which pixels it has, and of which part of the picture
   * that is written: its box, the window in which it is looked for, or all. The
   * mask goes into GstSsTrackMeta (fields of gstssmask.h), as run lengths into
   * the JSON lines, as a GstAnalyticsSegmentationMtd into the analytics meta
   * (GStreamer 1.26 or newer), and #GstSsTracker:overlay tints it.
   *
   * A frame costs about 5 ms more for each target with one (a core of 2024).
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MASK,
      g_param_spec_enum ("mask", "Mask",
          "Part of the picture of which targets' masks are written",
          GST_TYPE_SS_MASK_PART, DEFAULT_PROP_MASK, playing));

  /**
   * GstSsTracker:mask-interval:
   *
   * Every so many frames masks are made; between them they move and grow with
   * the box.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MASK_INTERVAL,
      g_param_spec_uint ("mask-interval", "Mask interval",
          "Frames from a mask that is made to the next", 1, 1000,
          DEFAULT_PROP_MASK_INTERVAL, playing));

  /**
   * GstSsTracker:mask-targets:
   *
   * At most so many targets have masks: those that were added first.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MASK_TARGETS,
      g_param_spec_uint ("mask-targets", "Mask targets",
          "Targets that have a mask, at most", 1, 1024,
          DEFAULT_PROP_MASK_TARGETS, playing));

  /**
   * GstSsTracker:mask-box:
   *
   * Mix the boxes of targets with what their masks say, as far as these are
   * trusted: better boxes, most of all of what changes its shape. Masks are
   * made for it where #GstSsTracker:mask is none, too, in every second frame
   * and where a target is in doubt, of as many targets as
   * #GstSsTracker:mask-targets allows. Turned off, a frame takes less time. It
   * needs a model.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MASK_BOX,
      g_param_spec_boolean ("mask-box", "Mask box",
          "Mix boxes with what masks say", DEFAULT_PROP_MASK_BOX, playing));

  /**
   * GstSsTracker:points:
   *
   * Rows and columns of a grid of points that is laid over the box of a target
   * that starts, of which those that lie on its mask are carried along with it
   * (as by #GstSsTracker::add-points). Only targets that have a mask get some
   * (#GstSsTracker:mask-targets). 0: none.
   *
   * Since: 0.2
   */
  g_object_class_install_property (object_class, PROP_POINTS,
      g_param_spec_uint ("points", "Points",
          "Rows and columns of points that are carried along with a target", 0,
          SST_POINTS_MAX_GRID, DEFAULT_PROP_POINTS, playing));

  /**
   * GstSsTracker:effect:
   *
   * Change the picture by where the targets are, for privacy or to point at
   * them. Where something is to be hidden, what is in doubt is hidden (see
   * gstsseffect.h). Masks are made for it as #GstSsTracker:mask-interval and
   * #GstSsTracker:mask-targets say; a target without one is its box.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_EFFECT,
      g_param_spec_enum ("effect", "Effect",
          "What is done to the picture by where the targets are",
          GST_TYPE_SS_EFFECT_KIND, DEFAULT_PROP_EFFECT, playing));

  /**
   * GstSsTracker:gallery-timeout:
   *
   * How long an ended target is remembered, in nanoseconds of running time, so
   * that one that comes back is known again ("Seen before", above);
   * 18446744073709551615 is for as long as there is room. 0: nothing is
   * remembered. It needs a model.
   *
   * Since: 0.2
   */
  g_object_class_install_property (object_class, PROP_GALLERY_TIMEOUT,
      g_param_spec_uint64 ("gallery-timeout", "Gallery timeout",
          "How long the looks of an ended target are remembered (ns, 0 = not "
          "at all)", 0, G_MAXUINT64, DEFAULT_PROP_GALLERY_TIMEOUT, ready));

  /**
   * GstSsTracker:gallery-name:
   *
   * Trackers of a process, in one pipeline or in several, that have this name
   * in common know each other's targets, as far as they use the same model.
   * Unset (or ""), the element keeps to itself. It does something where
   * #GstSsTracker:gallery-timeout is not 0.
   *
   * Since: 0.2
   */
  g_object_class_install_property (object_class, PROP_GALLERY_NAME,
      g_param_spec_string ("gallery-name", "Gallery name",
          "Name under which trackers of a process share the looks of their "
          "targets", DEFAULT_PROP_GALLERY_NAME, ready));

  /**
   * GstSsTracker:embedding:
   *
   * Write what targets look like into GstSsTrackMeta and the JSON lines: a
   * vector of length 1, of which the product of two says how alike they are,
   * with the same model. It is written in the frames in which it was computed
   * anew: a target's first, and about every fifth of those that it is sure of.
   *
   * Since: 0.2
   */
  g_object_class_install_property (object_class, PROP_EMBEDDING,
      g_param_spec_enum ("embedding", "Embedding",
          "Targets of which a vector of their looks is written",
          GST_TYPE_SS_TRACKER_EMBEDDING, DEFAULT_PROP_EMBEDDING, playing));

  /**
   * GstSsTracker:messages:
   *
   * What is posted on the bus.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MESSAGES,
      g_param_spec_enum ("messages", "Messages",
          "What is posted on the bus", GST_TYPE_SS_TRACKER_MESSAGES,
          DEFAULT_PROP_MESSAGES, playing));

  /**
   * GstSsTracker:json-location:
   *
   * Where to write a JSON object a frame, each on a line: a file (emptied
   * first), a FIFO, or "-" for standard output. Several elements may write to
   * one file or FIFO. A new value takes effect with the next start. A reader
   * that is missing or does not keep up costs lines, whole ones, and never
   * waiting: see "json-dropped" in #GstSsTracker:stats.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_JSON_LOCATION,
      g_param_spec_string ("json-location", "JSON location",
          "File or FIFO to write JSON lines to, \"-\" for standard output",
          DEFAULT_PROP_JSON_LOCATION, ready));

  /**
   * GstSsTracker:model:
   *
   * File of weights (`.sst`) of the network. Unset (or ""), the model that is
   * built in, if there is one; "none", no network: hand-made features alone
   * follow the targets. A file that is missing, damaged or of another
   * architecture is an error at the start. It is read at the start, and again
   * when it changes if #GstSsTracker:reload says so. To load a file of that
   * name, say "./none".
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MODEL,
      g_param_spec_string ("model", "Model",
          "File of weights (.sst) of the network (unset = built-in, "
          "\"none\" = hand-made features only)",
          DEFAULT_PROP_MODEL, ready));

  /**
   * GstSsTracker:model-name:
   *
   * Go on with the models that elements which learn (`sstrain`) publish under
   * this name in the pipeline. #GstSsTracker:model is what it starts with. With
   * "none" there, nothing is taken.
   *
   * Unset (or ""), it takes what is learned from the same stream (by its id,
   * which is the same in all branches of a tee), but nothing if
   * #GstSsTracker:model is set.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MODEL_NAME,
      g_param_spec_string ("model-name", "Model name",
          "Name under which models are shared in the pipeline",
          DEFAULT_PROP_MODEL_NAME, ready));

  /**
   * GstSsTracker:max-operations:
   *
   * What the file of #GstSsTracker:model may cost for each target in each
   * frame, counted in multiplications, which do not depend on the machine; 0:
   * whatever it costs. A file that costs more is an error at the start, which
   * names the figure to set. The built-in model is not asked. A file may come
   * from anywhere, and the largest that can be written takes half a second.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_MAX_OPERATIONS,
      g_param_spec_uint64 ("max-operations", "Max operations",
          "Multiplications for a target in a frame that the network of "
          "\"model\" may cost (0 = any number)", 0, G_MAXUINT64,
          DEFAULT_PROP_MAX_OPERATIONS, ready));

  /**
   * GstSsTracker:reload:
   *
   * Watch the file of #GstSsTracker:model, and go on with what it holds when it
   * was replaced (best by renaming another to its name, which is never half
   * written) or rewritten. One that is damaged or of another architecture gives
   * a warning on the bus and changes nothing. It is read in another thread. A
   * change behind a symbolic link is seen within some seconds.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_RELOAD,
      g_param_spec_boolean ("reload", "Reload",
          "Load the file of weights again when it changes",
          DEFAULT_PROP_RELOAD, ready));

  /**
   * GstSsTracker:select-on-click:
   *
   * Take the pointer's events from a video sink: drag a box with the left
   * button or a finger, or click, to start a target; what is dragged beyond the
   * picture ends at its border; click on one with the right button to
   * end it; press "r" to end all. The wheel over a target, or the keys "+" and
   * "-", take the next larger or smaller thing that is there in its place: the
   * target begins anew, with its id. A click takes the region of an element
   * upstream where there is one, or else a square of
   * #GstSsTracker:click-size. A click on what is followed starts nothing; the
   * message "sstracker/selected", like "sstracker/state", says which target it
   * was. Where there is no room the oldest target of a click makes way. What is
   * taken is not passed on upstream.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_SELECT_ON_CLICK,
      g_param_spec_boolean ("select-on-click", "Select on click",
          "Select targets by mouse in the sink's window",
          DEFAULT_PROP_SELECT_ON_CLICK, playing));

  /**
   * GstSsTracker:click-size:
   *
   * Side of the box around a click, in pixels; 0 takes an eighth of the
   * picture's height.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_CLICK_SIZE,
      g_param_spec_uint ("click-size", "Click size",
          "Side of the box around a click in pixels (0 = height / 8)", 0,
          8192, DEFAULT_PROP_CLICK_SIZE, playing));

  /**
   * GstSsTracker:click-fit:
   *
   * A click selects the thing that is there, not a square
   * (#GstSsTracker:click-size): its box is found in the picture with the
   * network, which takes about 0.3 s. Without a network, or where no thing is
   * found, it is the square.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_CLICK_FIT,
      g_param_spec_boolean ("click-fit", "Click fit",
          "A click selects the thing that is there, not a square",
          DEFAULT_PROP_CLICK_FIT, playing));

  /**
   * GstSsTracker:n-threads:
   *
   * Threads that share the targets of a frame. The results do not depend on
   * it.
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_N_THREADS,
      g_param_spec_uint ("n-threads", "Threads",
          "Threads that share the targets of a frame", 1, 64,
          DEFAULT_PROP_N_THREADS, playing));

  /**
   * GstSsTracker:stats:
   *
   * Figures of this run, or of the last one, "application/x-sstracker-stats":
   *
   * - "frames" (guint64): buffers that passed
   * - "tracked-frames" (guint64): those that were worked on; only these are
   *   timed
   * - "mean-us", "p95-us", "max-us" (gdouble): microseconds such a frame took:
   *   mean, 95th percentile (to 9 %), maximum
   * - "targets" (guint): running now
   * - "started", "lost", "recovered", "ended" (guint64): how often that
   *   happened to a target
   * - "json-lines", "json-dropped" (guint64): written and dropped
   * - "model" (string): SHA-256 of the model in use, "" without one
   * - "model-swaps" (guint64): how often another model took over
   *
   * Since: 0.1
   */
  g_object_class_install_property (object_class, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics", "Figures of the run",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}
