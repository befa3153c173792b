/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: 2026 The sstracker authors */

/* Setting what a property stands for, and telling whether that changed it, as
 * properties with explicit notification do. */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* Sets a field; whether that changed it goes to the variable `changed`. */
#define UPDATE(field, value) G_STMT_START { \
  changed = (field) != (value); \
  (field) = (value); \
} G_STMT_END

/* Makes *field (to be freed) a copy of a string value; returns whether that
 * changed it. */
static inline gboolean
update_string (gchar ** field, const GValue * value)
{
  const gchar *text = g_value_get_string (value);
  const gboolean changed = g_strcmp0 (*field, text) != 0;

  if (changed) {
    g_free (*field);
    *field = g_strdup (text);
  }
  return changed;
}

G_END_DECLS
