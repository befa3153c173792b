/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <math.h>
#include <gst/video/navigation.h>

#include "gstssclick.h"

#define BUTTON_LEFT 1
#define BUTTON_RIGHT 3

gboolean
gst_ss_click_get_drag (const GstSsClick * click, SstBox * box)
{
  const gdouble width = fabs (click->to_x - click->x);
  const gdouble height = fabs (click->to_y - click->y);

  if (!click->pressed || (width < GST_SS_CLICK_SLACK
          && height < GST_SS_CLICK_SLACK))
    return FALSE;
  *box = (SstBox) { (gfloat) fmin (click->to_x, click->x),
    (gfloat) fmin (click->to_y, click->y), (gfloat) width, (gfloat) height
  };
  return TRUE;
}

static GstSsClickResult
handle_press (GstSsClick * click, gint button, gdouble x, gdouble y,
    GstSsRequest * request)
{
  if (button == BUTTON_LEFT) {
    click->pressed = TRUE;
    click->x = click->to_x = click->at_x = x;
    click->y = click->to_y = click->at_y = y;
    return GST_SS_CLICK_TAKEN;
  }
  if (button == BUTTON_RIGHT) {
    *request = (GstSsRequest) {
      .kind = GST_SS_REQUEST_REMOVE_AT,
      .box = { (gfloat) x, (gfloat) y, 0.f, 0.f },
    };
    return GST_SS_CLICK_REQUEST;
  }
  return GST_SS_CLICK_FOREIGN;
}

static GstSsClickResult
handle_release (GstSsClick * click, gint button, gdouble x, gdouble y,
    GstSsRequest * request)
{
  SstBox box;

  if (button == BUTTON_RIGHT)
    return GST_SS_CLICK_TAKEN;
  if (button != BUTTON_LEFT || !click->pressed)
    return GST_SS_CLICK_FOREIGN;
  click->to_x = x;
  click->to_y = y;
  if (!gst_ss_click_get_drag (click, &box)) {
    *request = (GstSsRequest) {
      .kind = GST_SS_REQUEST_ADD_AT,
      .box = { (gfloat) click->x, (gfloat) click->y, 0.f, 0.f },
    };
  } else {
    *request = (GstSsRequest) {
      .kind = GST_SS_REQUEST_ADD_DRAGGED,
      .box = box,
    };
  }
  click->pressed = FALSE;
  return GST_SS_CLICK_REQUEST;
}

static void
handle_move (GstSsClick * click, gdouble x, gdouble y)
{
  if (!isfinite (x) || !isfinite (y))
    return;
  click->to_x = click->at_x = x;
  click->to_y = click->at_y = y;
}

static GstSsClickResult
ask_for_size (gboolean larger, gdouble x, gdouble y, GstSsRequest * request)
{
  *request = (GstSsRequest) {
    .kind = larger ? GST_SS_REQUEST_LARGER_AT : GST_SS_REQUEST_SMALLER_AT,
    .box = { (gfloat) x, (gfloat) y, 0.f, 0.f },
  };
  return GST_SS_CLICK_REQUEST;
}

/* A wheel may turn by parts of a step. */
static GstSsClickResult
handle_scroll (GstSsClick * click, gdouble x, gdouble y, gdouble steps,
    GstSsRequest * request)
{
  gboolean larger;

  if (!isfinite (steps) || !isfinite (x) || !isfinite (y))
    return GST_SS_CLICK_FOREIGN;
  click->scrolled += CLAMP (steps, -1.0, 1.0);
  if (fabs (click->scrolled) < 1.0)
    return GST_SS_CLICK_TAKEN;
  larger = click->scrolled > 0.0;
  click->scrolled = 0.0;
  return ask_for_size (larger, x, y, request);
}

/* By the names of X11's keys, as sinks send them; some send the character. */
static GstSsClickResult
handle_key (const GstSsClick * click, const gchar * key,
    GstSsRequest * request)
{
  static const gchar *const larger[] = { "plus", "+", "KP_Add", NULL };
  static const gchar *const smaller[] = { "minus", "-", "KP_Subtract", NULL };

  if (key == NULL)
    return GST_SS_CLICK_FOREIGN;
  if (g_strcmp0 (key, "r") == 0) {
    *request = (GstSsRequest) { .kind = GST_SS_REQUEST_RESET };
    return GST_SS_CLICK_REQUEST;
  }
  if (g_strv_contains (larger, key))
    return ask_for_size (TRUE, click->at_x, click->at_y, request);
  if (g_strv_contains (smaller, key))
    return ask_for_size (FALSE, click->at_x, click->at_y, request);
  return GST_SS_CLICK_FOREIGN;
}

GstSsClickResult
gst_ss_click_handle (GstSsClick * click, GstEvent * event,
    GstSsRequest * request)
{
  const gchar *key;
  gdouble x, y, steps;
  gint button;
  guint finger;

  switch (gst_navigation_event_get_type (event)) {
    case GST_NAVIGATION_EVENT_MOUSE_BUTTON_PRESS:
      if (gst_navigation_event_parse_mouse_button_event (event, &button, &x,
              &y) && isfinite (x) && isfinite (y))
        return handle_press (click, button, x, y, request);
      break;
    case GST_NAVIGATION_EVENT_MOUSE_BUTTON_RELEASE:
      if (gst_navigation_event_parse_mouse_button_event (event, &button, &x,
              &y) && isfinite (x) && isfinite (y))
        return handle_release (click, button, x, y, request);
      break;
    case GST_NAVIGATION_EVENT_TOUCH_DOWN:
      if (!click->pressed && gst_navigation_event_parse_touch_event (event,
              &click->finger, &x, &y, NULL) && isfinite (x) && isfinite (y))
        return handle_press (click, BUTTON_LEFT, x, y, request);
      break;
    case GST_NAVIGATION_EVENT_TOUCH_UP:
      if (gst_navigation_event_parse_touch_up_event (event, &finger, &x, &y)
          && finger == click->finger && isfinite (x) && isfinite (y))
        return handle_release (click, BUTTON_LEFT, x, y, request);
      break;
      /* Where the pointer is may matter to others, too. */
    case GST_NAVIGATION_EVENT_MOUSE_MOVE:
      if (gst_navigation_event_parse_mouse_move_event (event, &x, &y))
        handle_move (click, x, y);
      break;
    case GST_NAVIGATION_EVENT_TOUCH_MOTION:
      if (gst_navigation_event_parse_touch_event (event, &finger, &x, &y, NULL)
          && finger == click->finger)
        handle_move (click, x, y);
      break;
    case GST_NAVIGATION_EVENT_KEY_PRESS:
      if (gst_navigation_event_parse_key_event (event, &key))
        return handle_key (click, key, request);
      break;
    case GST_NAVIGATION_EVENT_MOUSE_SCROLL:
      if (gst_navigation_event_parse_mouse_scroll_event (event, &x, &y, NULL,
              &steps))
        return handle_scroll (click, x, y, steps, request);
      break;
    default:
      break;
  }
  return GST_SS_CLICK_FOREIGN;
}
