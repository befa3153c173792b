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

void
gst_ss_tracker_drop_selector (GstSsTracker * self)
{
  sst_selector_free (&self->selector);
  sst_model_unref (self->selector_model);
  self->selector_model = NULL;
}

gboolean
gst_ss_tracker_queue (GstSsTracker * self, const GstSsRequest * request)
{
  if (self->requests->len >= MAX_REQUESTS)
    return FALSE;
  g_array_append_val (self->requests, *request);
  return TRUE;
}

guint64
gst_ss_tracker_add_target (GstSsTracker * self, gdouble x, gdouble y,
    gdouble width, gdouble height)
{
  GstSsRequest request = {
    .kind = GST_SS_REQUEST_ADD,
    .box = {(gfloat) x, (gfloat) y, (gfloat) width, (gfloat) height},
  };
  GError *error = NULL;
  gboolean queued;

  if (!sst_tracker_check_box (&request.box, LARGEST_SIDE, LARGEST_SIDE, &error))
    goto refused;

  GST_OBJECT_LOCK (self);
  request.id = sst_targets_reserve_id (gst_ss_tracker_ensure_targets (self));
  queued = gst_ss_tracker_queue (self, &request);
  GST_OBJECT_UNLOCK (self);

  if (!queued) {
    GST_WARNING_OBJECT (self, "too many requests wait for a frame");
    return 0;
  }
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

void
gst_ss_tracker_update_target (GstSsTracker * self, guint64 id, gdouble x,
    gdouble y, gdouble width, gdouble height)
{
  const GstSsRequest request = {
    .kind = GST_SS_REQUEST_UPDATE,
    .id = id,
    .box = {(gfloat) x, (gfloat) y, (gfloat) width, (gfloat) height},
  };

  GST_OBJECT_LOCK (self);
  gst_ss_tracker_queue (self, &request);
  GST_OBJECT_UNLOCK (self);
}

void
gst_ss_tracker_remove_target (GstSsTracker * self, guint64 id)
{
  const GstSsRequest request = { .kind = GST_SS_REQUEST_REMOVE, .id = id };

  GST_OBJECT_LOCK (self);
  gst_ss_tracker_queue (self, &request);
  GST_OBJECT_UNLOCK (self);
}

void
gst_ss_tracker_reset (GstSsTracker * self)
{
  const GstSsRequest request = { .kind = GST_SS_REQUEST_RESET };

  GST_OBJECT_LOCK (self);
  /* What was asked for before has no effect any more. */
  g_array_set_size (self->requests, 0);
  self->init_box_pending = FALSE;
  gst_ss_tracker_queue (self, &request);
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
        GST_VIDEO_INFO_WIDTH (&self->info),
        GST_VIDEO_INFO_HEIGHT (&self->info));

    sst_targets_add (self->targets, 0, &box, NULL, SST_ORIGIN_SETTING);
    self->waiting = TRUE;
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
  const SstTarget *best = NULL;

  for (guint i = 0; i < self->shown->len; i++) {
    const SstTarget *target = &g_array_index (self->shown, SstTarget, i);

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
  guint n_running = self->shown->len + self->n_clicked;
  guint i = 0;

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

  gst_ss_tracker_make_room (self, settings);
  id = sst_targets_add (self->targets, 0, box, label, SST_ORIGIN_USER);
  g_array_append_val (self->clicked, id);
  self->last_clicked = *box;
  self->n_clicked++;
  self->waiting = TRUE;
}

/* Forgets which targets were clicked on, of those that ended. */
static void
gst_ss_tracker_forget_clicked (GstSsTracker * self)
{
  guint n = 0;

  for (guint i = 0; i < self->clicked->len; i++) {
    const guint64 id = g_array_index (self->clicked, guint64, i);
    gboolean runs = FALSE;

    for (guint k = 0; k < self->shown->len && !runs; k++)
      runs = g_array_index (self->shown, SstTarget, k).id == id;
    if (runs)
      g_array_index (self->clicked, guint64, n++) = id;
  }
  g_array_set_size (self->clicked, n);
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

  if (self->selector_model != self->learned)
    gst_ss_tracker_drop_selector (self);
  if (self->learned == NULL
      || !gst_ss_tracker_map (self, buffer, GST_MAP_READ,
          "read; the click selects a square", &frame, &view))
    return;
  if (self->selector == NULL) {
    self->selector = sst_selector_new (self->learned);
    self->selector_model = sst_model_ref (self->learned);
  }
  if (sst_selector_thing (self->selector, &view, x, y, &thing))
    *box = thing;
  gst_video_frame_unmap (&frame);
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
      (gfloat) MAX (GST_VIDEO_INFO_HEIGHT (&self->info) /
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

/* What of a box lies in the picture; one without a size where nothing does. */
static SstBox
gst_ss_tracker_clip (const GstSsTracker * self, const SstBox * box)
{
  const gfloat width = (gfloat) GST_VIDEO_INFO_WIDTH (&self->info);
  const gfloat height = (gfloat) GST_VIDEO_INFO_HEIGHT (&self->info);
  const gfloat left = CLAMP (box->x, 0.f, width);
  const gfloat top = CLAMP (box->y, 0.f, height);

  return (SstBox) { left, top, CLAMP (box->x + box->width, 0.f, width) - left,
      CLAMP (box->y + box->height, 0.f, height) - top };
}

/* Ends the smallest target of the last frame around a point. */
static void
gst_ss_tracker_remove_at (GstSsTracker * self, gfloat x, gfloat y)
{
  const SstTarget *target = gst_ss_tracker_target_at (self, x, y);

  if (target != NULL)
    sst_targets_remove (self->targets, target->id);
}

/* Tells where a target is, or says why it can not be there. */
static void
gst_ss_tracker_correct (GstSsTracker * self, const GstSsRequest * request)
{
  const SstBox *box = &request->box;
  GError *error = NULL;

  if (sst_tracker_check_box (box, GST_VIDEO_INFO_WIDTH (&self->info),
          GST_VIDEO_INFO_HEIGHT (&self->info), &error)) {
    if (!sst_targets_correct (self->targets, request->id, box))
      GST_DEBUG_OBJECT (self, "no target %" G_GUINT64_FORMAT " to update",
          request->id);
    return;
  }
  GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
      ("Target %" G_GUINT64_FORMAT " can not be in the box %g,%g,%g,%g, it "
          "stays where it is: %s", request->id, box->x, box->y, box->width,
          box->height, error->message), (NULL));
  g_clear_error (&error);
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
        if (request->id != 0)
          sst_targets_add (self->targets, request->id, &request->box, NULL,
              SST_ORIGIN_USER);
        else
          gst_ss_tracker_add_clicked (self, settings, &request->box, NULL);
        self->waiting = TRUE;
        break;
      case GST_SS_REQUEST_ADD_DRAGGED:
        box = gst_ss_tracker_clip (self, &request->box);
        sst_targets_add (self->targets, 0, &box, NULL, SST_ORIGIN_USER);
        self->waiting = TRUE;
        break;
      case GST_SS_REQUEST_ADD_AT:
        gst_ss_tracker_add_at (self, buffer, settings, request->box.x,
            request->box.y);
        break;
      case GST_SS_REQUEST_UPDATE:
        gst_ss_tracker_correct (self, request);
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
