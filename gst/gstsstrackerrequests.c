/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* What sstracker is asked: by init-box, action signals and clicks. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <math.h>
#include <string.h>

#include "gstssbox.h"
#include "gstssdetections.h"
#include "gstsstrackerprivate.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ss_tracker_debug);
#define GST_CAT_DEFAULT gst_ss_tracker_debug

/* Requests that may wait for a frame. */
#define MAX_REQUESTS 4096
/* click-size 0: this part of the picture's height, but no less than that. */
#define CLICK_HEIGHT_DIVISOR 8
#define CLICK_MIN_SIDE 16
/* A step of the wheel, where there is no network to find things with. */
#define RESIZE_STEP 1.25f

void
gst_ss_tracker_drop_selector (GstSsTracker * self)
{
  sst_selector_free (&self->selector);
  sst_model_unref (self->selector_model);
  self->selector_model = NULL;
}

gboolean
gst_ss_tracker_ask (GstSsTracker * self, const GstSsRequest * request)
{
  gboolean queued, tell;

  GST_OBJECT_LOCK (self);
  queued = self->requests->len < MAX_REQUESTS;
  if (queued)
    g_array_append_val (self->requests, *request);
  tell = !queued && !self->warned_requests;
  self->warned_requests |= tell;
  GST_OBJECT_UNLOCK (self);

  if (tell)
    GST_ELEMENT_WARNING (self, RESOURCE, NO_SPACE_LEFT,
        ("Too many requests wait for a frame; what is asked for beyond that is "
            "dropped."), (NULL));
  return queued;
}

/* ---- action signals ---- */

static guint64
gst_ss_tracker_add_target (GstSsTracker * self, gdouble x, gdouble y,
    gdouble width, gdouble height)
{
  GstSsRequest request = {
    .kind = GST_SS_REQUEST_ADD,
    .box = {(gfloat) x, (gfloat) y, (gfloat) width, (gfloat) height},
  };
  GError *error = NULL;

  if (!sst_tracker_check_box (&request.box, LARGEST_SIDE, LARGEST_SIDE, &error))
    goto refused;

  GST_OBJECT_LOCK (self);
  request.id = sst_targets_reserve_id (gst_ss_tracker_ensure_targets (self));
  GST_OBJECT_UNLOCK (self);

  if (!gst_ss_tracker_ask (self, &request))
    return 0;
  GST_DEBUG_OBJECT (self, "target %" G_GUINT64_FORMAT " requested", request.id);
  return request.id;

  /* ERRORS */
refused:
  GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
      ("Can not follow the box %g,%g,%g,%g: %s", x, y, width, height,
          error->message), (NULL));
  g_clear_error (&error);
  return 0;
}

static void
gst_ss_tracker_update_target (GstSsTracker * self, guint64 id, gdouble x,
    gdouble y, gdouble width, gdouble height)
{
  const GstSsRequest request = {
    .kind = GST_SS_REQUEST_UPDATE,
    .id = id,
    .box = {(gfloat) x, (gfloat) y, (gfloat) width, (gfloat) height},
  };

  gst_ss_tracker_ask (self, &request);
}

static guint
gst_ss_tracker_add_points (GstSsTracker * self, guint64 id, const gchar * text)
{
  GArray *const points = g_array_new (FALSE, FALSE, sizeof (GstSsBox));
  GError *error = NULL;
  guint n = 0;

  if (!gst_ss_box_parse_points (text, points, &error)) {
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("The points \"%s\" can not be read, none is added: %s.", text,
            error->message), (NULL));
    g_clear_error (&error);
  }
  for (; n < points->len; n++) {
    const GstSsBox *const point = &g_array_index (points, GstSsBox, n);
    const GstSsRequest request = {
      .kind = GST_SS_REQUEST_ADD_POINT,
      .id = id,
      .box = {(gfloat) point->value[0], (gfloat) point->value[1], 0.f, 0.f},
      .percent = {point->percent[0], point->percent[1]},
    };

    if (!gst_ss_tracker_ask (self, &request))
      break;
  }
  g_array_unref (points);
  return n;
}

static void
gst_ss_tracker_remove_target (GstSsTracker * self, guint64 id)
{
  const GstSsRequest request = { .kind = GST_SS_REQUEST_REMOVE, .id = id };

  gst_ss_tracker_ask (self, &request);
}

static void
gst_ss_tracker_reset (GstSsTracker * self)
{
  const GstSsRequest request = { .kind = GST_SS_REQUEST_RESET };

  GST_OBJECT_LOCK (self);
  /* What was asked for before has no effect any more. */
  g_array_set_size (self->requests, 0);
  self->init_box_pending = FALSE;
  g_array_append_val (self->requests, request);
  GST_OBJECT_UNLOCK (self);
}

SstTime
gst_ss_tracker_epoch (GstSsTracker * self)
{
  const GstClockTime base = gst_element_get_base_time (GST_ELEMENT (self));

  return GST_CLOCK_TIME_IS_VALID (base) ? base : 0;
}

GstStructure *
gst_ss_tracker_find_similar (GstSsTracker * self, guint64 id, guint n)
{
  SstSighting found[SST_ALBUM_CAPACITY];
  SstAlbum *album = NULL;
  guint64 member;
  SstTime now;
  guint count;

  GST_OBJECT_LOCK (self);
  if (self->album != NULL)
    album = sst_album_ref (self->album);
  member = self->album_member;
  now = self->album_now;
  GST_OBJECT_UNLOCK (self);

  if (album == NULL)
    return NULL;
  count = sst_album_find_similar (album, member, id, now, found,
      MIN (n, SST_ALBUM_CAPACITY));
  sst_album_unref (album);
  return gst_ss_gallery_describe (found, count);
}

void
gst_ss_tracker_apply_init_box (GstSsTracker * self, const gchar * text)
{
  GError *error = NULL;

  g_array_set_size (self->boxes, 0);
  if (!gst_ss_box_parse (text, self->boxes, &error))
    goto invalid;

  sst_targets_remove_all (self->targets, SST_ORIGIN_SETTING);
  for (guint i = 0; i < self->boxes->len; i++) {
    const SstBox box =
        gst_ss_box_resolve (&g_array_index (self->boxes, GstSsBox, i),
        GST_VIDEO_INFO_WIDTH (&self->filter.info),
        GST_VIDEO_INFO_HEIGHT (&self->filter.info));

    sst_targets_add (self->targets, 0, &box, NULL, SST_ORIGIN_SETTING);
  }
  self->had_boxes = self->boxes->len > 0;
  GST_DEBUG_OBJECT (self, "%u targets from init-box", self->boxes->len);
  return;

  /* ERRORS */
invalid:
  GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
      ("The property \"init-box\" can not be read, it changes nothing: %s.",
          error->message), (NULL));
  g_clear_error (&error);
}

static gboolean
is_inside (const SstBox * box, gfloat x, gfloat y)
{
  return x >= box->x && x < box->x + box->width
      && y >= box->y && y < box->y + box->height;
}

/* The smallest target of the last frame around a point; NULL: none. */
static const SstTarget *
gst_ss_tracker_target_at (const GstSsTracker * self, gfloat x, gfloat y)
{
  guint n;
  const SstTarget *targets = gst_ss_tracker_get_targets (self, &n);
  const SstTarget *best = NULL;

  for (guint i = 0; i < n; i++) {
    const SstTarget *target = &targets[i];

    if (is_inside (&target->now.box, x, y)
        && (best == NULL || sst_box_scale (&target->now.box) <
            sst_box_scale (&best->now.box)))
      best = target;
  }
  return best;
}

/* Makes room for what was clicked on: ends the oldest target of a click. */
static void
gst_ss_tracker_make_room (GstSsTracker * self, const Settings * settings)
{
  guint n_running, i = 0;

  gst_ss_tracker_get_targets (self, &n_running);
  n_running += self->n_clicked;
  while (n_running >= settings->max_targets && i < self->clicked->len) {
    if (sst_targets_remove (self->targets,
            g_array_index (self->clicked, guint64, i)))
      n_running--;
    i++;
  }
  if (i > 0)
    g_array_remove_range (self->clicked, 0, i);
}

/* Starts a target that was clicked on or dragged around. */
static void
gst_ss_tracker_add_clicked (GstSsTracker * self, const Settings * settings,
    const SstBox * box, const gchar * label)
{
  guint64 id;

  /* What is refused takes nobody's place. */
  if (sst_tracker_check_box (box, GST_VIDEO_INFO_WIDTH (&self->filter.info),
          GST_VIDEO_INFO_HEIGHT (&self->filter.info), NULL))
    gst_ss_tracker_make_room (self, settings);
  id = sst_targets_add (self->targets, 0, box, label, SST_ORIGIN_USER);
  g_array_append_val (self->clicked, id);
  self->last_clicked = *box;
  self->n_clicked++;
}

/* Forgets which targets were clicked on, of those that ended. */
static void
gst_ss_tracker_forget_clicked (GstSsTracker * self)
{
  guint n_running, n = 0;
  const SstTarget *running = gst_ss_tracker_get_targets (self, &n_running);

  for (guint i = 0; i < self->clicked->len; i++) {
    const guint64 id = g_array_index (self->clicked, guint64, i);
    gboolean runs = FALSE;

    for (guint k = 0; k < n_running && !runs; k++)
      runs = running[k].id == id;
    if (runs)
      g_array_index (self->clicked, guint64, n++) = id;
  }
  g_array_set_size (self->clicked, n);
}

/* What of a box lies in the picture; one without a size where nothing does. */
static SstBox
gst_ss_tracker_clip (const GstSsTracker * self, const SstBox * box)
{
  const gfloat width = (gfloat) GST_VIDEO_INFO_WIDTH (&self->filter.info);
  const gfloat height = (gfloat) GST_VIDEO_INFO_HEIGHT (&self->filter.info);
  const gfloat left = CLAMP (box->x, 0.f, width);
  const gfloat top = CLAMP (box->y, 0.f, height);

  return (SstBox) { left, top, CLAMP (box->x + box->width, 0.f, width) - left,
      CLAMP (box->y + box->height, 0.f, height) - top };
}

/* Makes ready for finding things in a buffer. FALSE: there is no network to
 * find them with, or the buffer can not be read. */
static gboolean
gst_ss_tracker_open_selector (GstSsTracker * self, GstBuffer * buffer,
    const gchar * otherwise, GstVideoFrame * frame, SstFrame * view)
{
  if (self->selector_model != self->learned)
    gst_ss_tracker_drop_selector (self);
  if (self->learned == NULL
      || !gst_ss_filter_map (&self->filter, buffer, GST_MAP_READ, otherwise,
          frame, view))
    return FALSE;
  if (self->selector == NULL) {
    self->selector = sst_selector_new (self->learned);
    self->selector_model = sst_model_ref (self->learned);
  }
  return TRUE;
}

/* The box of the thing at a place of the picture; box stays as it is where none
 * is found, or there is no network to find it with. */
static void
gst_ss_tracker_fit_click (GstSsTracker * self, GstBuffer * buffer, gfloat x,
    gfloat y, SstBox * box)
{
  GstVideoFrame frame;
  SstFrame view;
  SstBox thing;

  if (!gst_ss_tracker_open_selector (self, buffer,
          "read; the click selects a square", &frame, &view))
    return;
  if (sst_selector_thing (self->selector, &view, x, y, &thing))
    *box = thing;
  gst_video_frame_unmap (&frame);
}

/* The target whose size is asked for: that at the place, or the last that was
 * clicked on. NULL: there is none that is seen. */
static const SstTarget *
gst_ss_tracker_target_to_resize (GstSsTracker * self, gfloat x, gfloat y)
{
  const SstTarget *target = gst_ss_tracker_target_at (self, x, y);
  guint n;
  const SstTarget *const all = gst_ss_tracker_get_targets (self, &n);

  for (guint i = 0; target == NULL && self->clicked->len > 0 && i < n; i++)
    if (all[i].id == g_array_index (self->clicked, guint64,
            self->clicked->len - 1))
      target = &all[i];
  return target != NULL && target->now.state != SST_STATE_LOST ? target : NULL;
}

/* Without a network, the next larger or smaller box about the same middle. */
static SstBox
resized (const SstBox * box, gboolean larger)
{
  const gfloat factor = larger ? RESIZE_STEP : 1.f / RESIZE_STEP;

  return sst_box_from_center (sst_box_center_x (box), sst_box_center_y (box),
      factor * box->width, factor * box->height);
}

/* Lets the target at a place begin anew as the next larger or smaller thing. */
static void
gst_ss_tracker_resize_at (GstSsTracker * self, GstBuffer * buffer, gfloat x,
    gfloat y, gboolean larger)
{
  const SstTarget *const target = gst_ss_tracker_target_to_resize (self, x, y);
  GstVideoFrame frame;
  SstFrame view;
  SstBox box;
  gboolean found = TRUE;

  if (target == NULL)
    return;
  if (gst_ss_tracker_open_selector (self, buffer, "read; no size is changed",
          &frame, &view)) {
    found = sst_selector_next (self->selector, &view, &target->now.box, larger,
        &box);
    gst_video_frame_unmap (&frame);
  } else {
    const SstBox next = resized (&target->now.box, larger);

    box = gst_ss_tracker_clip (self, &next);
  }
  if (found)
    sst_targets_begin_at (self->targets, target->id, &box);
}

/* Selects the target where somebody clicked; where none is followed, starts one
 * in what was detected there, or else in what is seen there or in a square. */
static void
gst_ss_tracker_add_at (GstSsTracker * self, GstBuffer * buffer,
    const Settings * settings, gfloat x, gfloat y)
{
  const SstTarget *target = gst_ss_tracker_target_at (self, x, y);
  const SstDetection *detection;
  const gfloat side = settings->click_size > 0 ?
      (gfloat) settings->click_size :
      (gfloat) MAX (GST_VIDEO_INFO_HEIGHT (&self->filter.info) /
      CLICK_HEIGHT_DIVISOR, CLICK_MIN_SIDE);
  SstBox box = sst_box_from_center (x, y, side, side);

  if (target != NULL && target->now.state != SST_STATE_LOST) {
    gst_ss_tracker_post_selected (self, target, settings);
    return;
  }
  /* A double click is one. */
  if (self->n_clicked > 0 && is_inside (&self->last_clicked, x, y))
    return;

  g_array_set_size (self->near, 0);
  gst_ss_detections_collect (buffer, NULL, self->near);
  detection = gst_ss_detections_at (self->near, x, y);
  if (detection != NULL) {
    gst_ss_tracker_add_clicked (self, settings, &detection->box,
        detection->label);
    return;
  }
  if (settings->click_fit)
    gst_ss_tracker_fit_click (self, buffer, x, y, &box);
  gst_ss_tracker_add_clicked (self, settings, &box, NULL);
}

/* Ends the smallest target of the last frame around a point. */
static void
gst_ss_tracker_remove_at (GstSsTracker * self, gfloat x, gfloat y)
{
  const SstTarget *target = gst_ss_tracker_target_at (self, x, y);

  if (target != NULL)
    sst_targets_remove (self->targets, target->id);
}

static void
gst_ss_tracker_add_point (GstSsTracker * self, const GstSsRequest * request)
{
  const GstSsBox given = {
    .value = {request->box.x, request->box.y, 0.0, 0.0},
    .percent = {request->percent[0], request->percent[1]},
  };
  const SstBox point = gst_ss_box_resolve (&given,
      GST_VIDEO_INFO_WIDTH (&self->filter.info),
      GST_VIDEO_INFO_HEIGHT (&self->filter.info));

  if (!sst_targets_add_point (self->targets, request->id, point.x, point.y))
    GST_DEBUG_OBJECT (self, "no point %g,%g for target %" G_GUINT64_FORMAT,
        point.x, point.y, request->id);
}

void
gst_ss_tracker_apply_requests (GstSsTracker * self, GstBuffer * buffer,
    const Settings * settings)
{
  gst_ss_tracker_forget_clicked (self);
  self->n_clicked = 0;
  for (guint i = 0; i < self->taken->len; i++) {
    const GstSsRequest *request = &g_array_index (self->taken, GstSsRequest, i);
    SstBox box;

    switch (request->kind) {
      case GST_SS_REQUEST_ADD:
        sst_targets_add (self->targets, request->id, &request->box, NULL,
            SST_ORIGIN_USER);
        break;
      case GST_SS_REQUEST_ADD_DRAGGED:
        box = gst_ss_tracker_clip (self, &request->box);
        gst_ss_tracker_add_clicked (self, settings, &box, NULL);
        break;
      case GST_SS_REQUEST_ADD_AT:
        gst_ss_tracker_add_at (self, buffer, settings, request->box.x,
            request->box.y);
        break;
      case GST_SS_REQUEST_LARGER_AT:
      case GST_SS_REQUEST_SMALLER_AT:
        gst_ss_tracker_resize_at (self, buffer, request->box.x,
            request->box.y, request->kind == GST_SS_REQUEST_LARGER_AT);
        break;
      case GST_SS_REQUEST_UPDATE:
        if (!sst_targets_correct (self->targets, request->id, &request->box))
          GST_DEBUG_OBJECT (self, "no target %" G_GUINT64_FORMAT " to update",
              request->id);
        break;
      case GST_SS_REQUEST_ADD_POINT:
        gst_ss_tracker_add_point (self, request);
        break;
      case GST_SS_REQUEST_REMOVE:
        sst_targets_remove (self->targets, request->id);
        break;
      case GST_SS_REQUEST_REMOVE_AT:
        gst_ss_tracker_remove_at (self, request->box.x, request->box.y);
        break;
      case GST_SS_REQUEST_RESET:
        sst_targets_remove_all (self->targets, -1);
        self->had_boxes = FALSE;
        break;
    }
  }
  g_array_set_size (self->taken, 0);
}

void
gst_ss_tracker_install_signals (GObjectClass * object_class)
{
  /**
   * GstSsTracker::add-target:
   * @tracker: the element
   * @x: left edge of the box, in pixels of the picture
   * @y: its top edge
   * @width: its width
   * @height: its height
   *
   * Starts a target with the next frame. May be called at any time, from any
   * thread; before the element is started the request waits for the first
   * frame. A box that can't be followed in the picture that comes gives a
   * warning and a message that the target ended ("refused").
   *
   * Returns: the target's id; 0, with a warning, if no picture could have such
   *     a box, or too many requests wait for a frame
   *
   * Since: 0.1
   */
  g_signal_new_class_handler ("add-target",
      G_TYPE_FROM_CLASS (object_class), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_ss_tracker_add_target), NULL, NULL, NULL,
      G_TYPE_UINT64, 4, G_TYPE_DOUBLE, G_TYPE_DOUBLE, G_TYPE_DOUBLE,
      G_TYPE_DOUBLE);

  /**
   * GstSsTracker::update-target:
   * @tracker: the element
   * @id: a target
   * @x: left edge of the box, in pixels of the picture
   * @y: its top edge
   * @width: its width
   * @height: its height
   *
   * Says where a target is in the next frame, as a detector of the
   * application's own saw it, or a person at a screen: the target keeps its id,
   * takes the box, learns what it shows, and is not lost any more. An id that
   * is not there is ignored; a box that can't be followed gives a warning and
   * changes nothing.
   *
   * Since: 0.1
   */
  g_signal_new_class_handler ("update-target",
      G_TYPE_FROM_CLASS (object_class), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_ss_tracker_update_target), NULL, NULL, NULL,
      G_TYPE_NONE, 5, G_TYPE_UINT64, G_TYPE_DOUBLE, G_TYPE_DOUBLE,
      G_TYPE_DOUBLE, G_TYPE_DOUBLE);

  /**
   * GstSsTracker::add-points:
   * @tracker: the element
   * @id: a target
   * @points: "x,y;x,y;...", in pixels of the picture, or with "%" in hundredths
   *     of its sides
   *
   * Adds points to a target, which are places in the next frame: they are
   * carried along with it, and written into GstSsTrackMeta and JSON lines in
   * the order in which they came. A target may have 256; what is too much is
   * ignored, as is an id that is not there. A point beyond the square of 2.2
   * times the target's size around it goes along and is never seen. A target
   * with points has its mask carried in every frame, whatever
   * #GstSsTracker:mask says.
   *
   * Returns: how many were asked for; 0, with a warning, if they can't be read,
   *     fewer than there are where too many requests wait for a frame
   *
   * Since: 0.2
   */
  g_signal_new_class_handler ("add-points",
      G_TYPE_FROM_CLASS (object_class), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_ss_tracker_add_points), NULL, NULL, NULL,
      G_TYPE_UINT, 2, G_TYPE_UINT64, G_TYPE_STRING);

  /**
   * GstSsTracker::remove-target:
   * @tracker: the element
   * @id: a target
   *
   * Ends a target with the next frame. An id that is not there is ignored.
   *
   * Since: 0.1
   */
  g_signal_new_class_handler ("remove-target",
      G_TYPE_FROM_CLASS (object_class), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_ss_tracker_remove_target), NULL, NULL, NULL,
      G_TYPE_NONE, 1, G_TYPE_UINT64);

  /**
   * GstSsTracker::reset:
   * @tracker: the element
   *
   * Ends all targets with the next frame, and takes back what was asked for
   * and has not happened yet. Ids go on.
   *
   * Since: 0.1
   */
  g_signal_new_class_handler ("reset",
      G_TYPE_FROM_CLASS (object_class), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_ss_tracker_reset), NULL, NULL, NULL, G_TYPE_NONE, 0);

  /**
   * GstSsTracker::find-similar:
   * @tracker: the element
   * @id: a target, that runs or ended no longer than
   *     #GstSsTracker:gallery-timeout ago
   * @n: how many are wanted
   *
   * Says which of the targets in the gallery look most like one, the likest
   * first, however little that is. May be called at any time, from any thread;
   * takes some milliseconds where the gallery is full.
   *
   * Returns: (transfer full) (nullable): a structure "sstracker/similar" with
   *     "targets", a #GstValueList of structures "target", each with "id"
   *     (guint64), "source" (string, the element that followed it) and
   *     "similarity" (gdouble, 0 to 1); an empty list where the target is not
   *     there. %NULL while there is no gallery
   *
   * Since: 0.2
   */
  g_signal_new_class_handler ("find-similar",
      G_TYPE_FROM_CLASS (object_class), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_ss_tracker_find_similar), NULL, NULL, NULL,
      GST_TYPE_STRUCTURE, 2, G_TYPE_UINT64, G_TYPE_UINT);
}
