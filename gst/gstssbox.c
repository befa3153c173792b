/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "gstssbox.h"

/* Far outside any picture, and still exact in a float. */
#define MAX_VALUE 1e6

static const gchar *const value_names[4] = { "x", "y", "width", "height" };

static const gchar *
skip_spaces (const gchar * at)
{
  while (g_ascii_isspace (*at))
    at++;
  return at;
}

/* Reads one value. Returns where it ends, or NULL. What g_ascii_strtod() takes
 * beyond plain numbers (hexadecimal ones, "inf", "nan") is refused. */
static const gchar *
parse_value (const gchar * at, gdouble * value, gboolean * percent)
{
  gchar *end;

  if (strspn (at, "+-.0123456789") == 0)
    return NULL;
  *value = g_ascii_strtod (at, &end);
  if (end == at || strspn (at, "+-.eE0123456789") < (gsize) (end - at))
    return NULL;

  at = skip_spaces (end);
  *percent = *at == '%';
  return skip_spaces (*percent ? at + 1 : at);
}

/* What stands at a place, short enough for a message. */
static gchar *
quote (const gchar * at)
{
  gchar *valid, *quoted;

  if (*at == '\0')
    return g_strdup ("the end");
  valid = g_utf8_make_valid (at, (gssize) strcspn (at, ",;"));
  if (g_utf8_strlen (valid, -1) > 20)
    *g_utf8_offset_to_pointer (valid, 20) = '\0';
  quoted = g_strdup_printf ("\"%s\"", *valid != '\0' ? valid :
      (*at == ',' ? "," : ";"));
  g_free (valid);
  return quoted;
}

/* What stands between two ";": the first n_values of x, y, width, height. */
typedef struct
{
  const gchar *name, *form;
  guint n_values;
} Kind;

static const Kind kind_box = { "box", "a box is x,y,width,height", 4 };
static const Kind kind_point = { "point", "a point is x,y", 2 };

static const gchar *
parse_item (const Kind * kind, const gchar * text, const gchar * at, guint n,
    GstSsBox * box, GError ** error)
{
  const guint last = kind->n_values - 1;
  gchar *found;
  guint i;

  for (i = 0; i <= last; i++) {
    const gchar *start = at = skip_spaces (at);

    at = parse_value (start, &box->value[i], &box->percent[i]);
    if (at == NULL) {
      at = start;
      goto not_a_number;
    }
    if (ABS (box->value[i]) > MAX_VALUE) {
      at = start;
      goto too_large;
    }
    if (i >= 2 && box->value[i] <= 0.0) {
      at = start;
      goto no_area;
    }
    if (i >= 2 && box->value[i] < 1.0 && !box->percent[i]) {
      at = start;
      goto part_of_a_pixel;
    }
    if (i < last) {
      if (*at != ',')
        goto no_comma;
      at++;
    }
  }
  if (*at != ';' && *at != '\0')
    goto trailing;
  return at;

  /* ERRORS */
not_a_number:
  found = quote (at);
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      "%s %u, character %u: %s is not a number, %s was expected", kind->name, n,
      (guint) (at - text) + 1, found, value_names[i]);
  g_free (found);
  return NULL;
too_large:
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      "%s %u, character %u: %s is out of range (%.0f at most)", kind->name, n,
      (guint) (at - text) + 1, value_names[i], MAX_VALUE);
  return NULL;
no_area:
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      "%s %u, character %u: %s must be larger than 0", kind->name, n,
      (guint) (at - text) + 1, value_names[i]);
  return NULL;
part_of_a_pixel:
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      "%s %u, character %u: %s is less than a pixel (parts of the picture are "
      "given with %%: \"%g%%\")", kind->name, n, (guint) (at - text) + 1,
      value_names[i], 100.0 * box->value[i]);
  return NULL;
no_comma:
  found = quote (at);
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      "%s %u, character %u: %s stands where a comma and %s were expected "
      "(%s)", kind->name, n, (guint) (at - text) + 1, found,
      value_names[i + 1], kind->form);
  g_free (found);
  return NULL;
trailing:
  found = quote (at);
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      "%s %u, character %u: %s stands where \";\" or the end was expected "
      "(%s)", kind->name, n, (guint) (at - text) + 1, found, kind->form);
  g_free (found);
  return NULL;
}

static gboolean
parse_list (const Kind * kind, const gchar * text, GArray * boxes,
    GError ** error)
{
  const guint before = boxes->len;
  const gchar *at;

  if (text == NULL)
    return TRUE;

  at = skip_spaces (text);
  while (*at != '\0') {
    GstSsBox box = { {0.0}, {FALSE} };

    if (boxes->len - before == GST_SS_BOX_MAX) {
      g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
          "more than %u of them", GST_SS_BOX_MAX);
      goto failed;
    }
    at = parse_item (kind, text, at, boxes->len - before + 1, &box, error);
    if (at == NULL)
      goto failed;
    g_array_append_val (boxes, box);
    if (*at == ';')
      at = skip_spaces (at + 1);
  }
  return TRUE;

  /* ERRORS */
failed:
  g_array_set_size (boxes, before);
  return FALSE;
}

gboolean
gst_ss_box_parse (const gchar * text, GArray * boxes, GError ** error)
{
  return parse_list (&kind_box, text, boxes, error);
}

gboolean
gst_ss_box_parse_points (const gchar * text, GArray * points, GError ** error)
{
  return parse_list (&kind_point, text, points, error);
}

SstBox
gst_ss_box_resolve (const GstSsBox * box, gint width, gint height)
{
  gfloat v[4];

  for (guint i = 0; i < 4; i++) {
    const gdouble unit = box->percent[i] ?
        (i % 2 == 0 ? width : height) / 100.0 : 1.0;

    v[i] = (gfloat) (box->value[i] * unit);
  }
  return (SstBox) { v[0], v[1], v[2], v[3] };
}
